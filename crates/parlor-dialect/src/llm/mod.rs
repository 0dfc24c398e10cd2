//! Language models: how Parlor talks to them.
//!
//! - [`model`]: what a model is to the rest: request, completion, error.
//!
//! # What to notice
//! - A key never prints; errors and logs carry neither keys nor text.
//! - What a model replies is data. It decides nothing.

pub mod model;
