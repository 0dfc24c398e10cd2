//! Text generators for characters.
//!
//! - [`grammar`]: lines from a Tracery grammar that answers what was said;
//! - [`gibberish`]: pronounceable nonsense;
//! - [`markov`]: a chain of words, trained from text;
//! - [`template`]: opinions by stance and mood;
//! - [`replay`]: the lines of a chat, as answers; [`import`] reads the exports of messengers;
//! - [`llm`]: language models;
//! - [`registry`]: what kinds there are, and the dialects of a world by name.
//!
//! # Adding a dialect
//! 1. A module with a type that implements [`parlor_ports::dialect::Dialect`]. A scripted one draws
//!    only from [`parlor_model::Prompt::dice`], so that a redelivered event says the same line.
//! 2. A row in [`registry::vocabulary`] with a function that finds what is wrong with its rules.
//! 3. An arm in [`registry::build`].
//!
//! # What to notice
//! - What was heard is data. It goes into a line by way of provided symbols and is never parsed.
//! - Nothing here knows a world: a grammar is told names only by the prompt and the cast.
//! - Every line passes through [`text::tidy`], whoever said it.

pub mod gibberish;
pub mod grammar;
pub mod import;
pub mod llm;
pub mod markov;
pub mod registry;
pub mod replay;
mod scripted;
pub mod template;
#[cfg(feature = "testkit")]
pub mod testkit;
pub mod text;
mod voice;
