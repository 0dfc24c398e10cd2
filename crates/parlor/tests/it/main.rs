//! Tests of the binary's crate: the house's walls, the command line without a server.

mod cli;
mod edges;
