//! One conformance suite per port. An adapter's test calls it with a constructor and runs it whole.

pub mod bus;
pub mod cache;
pub mod store;
