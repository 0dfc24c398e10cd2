//! The caches keep what the port promises, also while Redis comes and goes.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod memory;
mod outage;
mod redis;
