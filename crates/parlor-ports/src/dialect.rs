//! The dialect port: a prompt in, words out. The only slow and unreliable part of a step.

use crate::error::PortResult;
use async_trait::async_trait;
use parlor_model::Prompt;
use tokio::sync::mpsc;

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

    /// True when speaking takes so long (a language model) that nothing else may wait for it.
    fn is_slow(&self) -> bool {
        false
    }

    /// Says one line while somebody watches: pieces of it go to `pieces` as they are found, in
    /// order. The utterance returned is the line; it may differ from the pieces put together where
    /// they had to be cleaned, and whoever showed them shows the line in their place. Pieces of a
    /// call that fails are void. A receiver that is gone changes nothing.
    ///
    /// # Errors
    /// As [`Dialect::speak`].
    async fn speak_in_pieces(
        &self,
        prompt: &Prompt,
        pieces: &mpsc::Sender<String>,
    ) -> PortResult<Utterance> {
        let said = self.speak(prompt).await?;
        let _ = pieces.send(said.text.clone()).await;
        Ok(said)
    }
}
