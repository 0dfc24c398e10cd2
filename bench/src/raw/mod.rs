//! The baselines: the same work without Parlor.

pub(crate) mod amqp;
pub(crate) mod echo;
pub(crate) mod kafka;
pub(crate) mod postgres;
pub(crate) mod sqlite;
