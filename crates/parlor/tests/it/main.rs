//! Tests of the binary's crate: the house's walls, the command line without a server.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod cards;
mod catalogue;
mod cli;
mod dialect;
mod edges;
mod replay;
