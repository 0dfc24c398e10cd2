//! From a prompt to a clean line: what a model is asked, what becomes of its reply.

mod card;
mod clean;
mod dialect;
mod prompt;
mod stream;
