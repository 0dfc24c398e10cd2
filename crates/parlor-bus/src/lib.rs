//! Adapters of the bus port.
//!
//! | adapter | for | durable | shared |
//! | --- | --- | --- | --- |
//! | [`EmbeddedBus`] (feature `embedded`) | everything in one process | no: the outbox is | no |
//! | [`AmqpBus`] (feature `amqp`) | RabbitMQ and other AMQP 0-9-1 brokers | yes | yes |
//! | [`KafkaBus`] (feature `kafka`) | Apache Kafka | yes | yes |
//!
//! # Adding a bus
//! A module here behind a feature, a type that implements [`parlor_ports::bus::Bus`], and in
//! `tests/it` one line, `parlor_ports::bus_conformance!(make)`, which runs every promise of the port
//! on it. What to notice: the bus supervises its own connection; `next` and `publish` wait through
//! an outage; nothing is acknowledged that was not settled.

#[cfg(feature = "amqp")]
pub mod amqp;
#[cfg(feature = "embedded")]
pub mod embedded;
#[cfg(feature = "kafka")]
pub mod kafka;

#[cfg(feature = "amqp")]
pub use amqp::AmqpBus;
#[cfg(feature = "embedded")]
pub use embedded::EmbeddedBus;
#[cfg(feature = "kafka")]
pub use kafka::KafkaBus;
