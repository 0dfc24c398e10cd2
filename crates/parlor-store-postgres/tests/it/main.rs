//! The PostgreSQL store against a real server.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod at_once;
mod companions;
mod conformance;
mod connect;
mod fixture;
mod log;
mod place;
mod plans;
mod restart;
mod schema;
