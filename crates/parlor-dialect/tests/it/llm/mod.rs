//! The model client against a real HTTP server that speaks the providers' APIs and fails.

mod decide;
mod faults;
mod happy;
mod limits;
mod metrics;
mod secrets;
mod support;
