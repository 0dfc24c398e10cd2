//! The rules, played out on a toy stage without any input or output.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod cards;
mod generation;
mod mechanics;
mod stage;
mod step;
mod travel;
