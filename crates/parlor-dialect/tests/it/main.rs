//! The dialects from outside: grammars as Tracery documents them, answers to what was heard,
//! hostile input, and the world of Friends.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod friends;
mod grammar;
mod hostile;
mod import;
mod lines;
mod llm;
mod markov;
mod registry;
mod replay;
mod support;
mod template;
