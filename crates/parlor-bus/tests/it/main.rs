//! The bus adapters against their port's conformance suite and, for AMQP and Kafka, a real broker.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod amqp;
mod embedded;
mod kafka;
mod outbox;
mod proxy;

use parlor_model::Slug;
use std::sync::atomic::{AtomicU32, Ordering};

/// A world that no other test, and no other run, uses.
fn fresh_world() -> Slug {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let now = parlor_model::Clock::now(&parlor_model::SystemClock).timestamp_micros();
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    Slug::new(format!("t{now:x}-{}-{count}", std::process::id())).unwrap()
}
