//! The dialect port: a prompt in, words out. The only slow and unreliable part of a step.

use crate::error::PortResult;
use async_trait::async_trait;
use parlor_model::Prompt;

/// What a dialect said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Utterance {
    /// One line; data, whatever it says.
    pub text: String,
    /// Another dialect than the one asked for has spoken.
    pub fallback: bool,
}

/// A text generator.
#[async_trait]
pub trait Dialect: Send + Sync {
    /// Says one line. A scripted dialect draws only from the prompt's dice: the same prompt gives
    /// the same words.
    ///
    /// # Errors
    /// Retryable when it may find words later; terminal when it never can.
    async fn speak(&self, prompt: &Prompt) -> PortResult<Utterance>;
}
