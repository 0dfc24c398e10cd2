//! The house as a whole, in one process.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod budget;
mod chat;
mod crash;
mod grudge;
mod house;
mod injection;
mod knowledge;
mod slow;
mod topics;
