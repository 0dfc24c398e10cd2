//! The dialect port: a prompt in, words out. The only slow and unreliable part of a step.

use crate::error::PortResult;
use async_trait::async_trait;
use parlor_model::{Act, Mood, Prompt, Roll};
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

/// What a line of a conversation that was decided whole is made of.
#[derive(Debug, Clone, Copy)]
pub struct Phrase<'a> {
    /// What it does.
    pub act: Act,
    /// How it is meant: happy for the topic, unhappy about it.
    pub tone: Mood,
    /// What the conversation is about.
    pub topic: &'a str,
    /// Who speaks.
    pub me: &'a str,
    /// Who is spoken to.
    pub other: &'a str,
    /// Something that the speaker likes.
    pub like: Option<&'a str>,
}

/// Finds words for lines that are decided already, a million of them in seconds. Pure.
pub trait Phrasing: Send + Sync {
    /// Puts a line into words; gives the number of the saying it was made from, too. None of `used`
    /// where another one suits.
    fn say(&self, phrase: &Phrase<'_>, used: &[u32], roll: &mut Roll) -> (u32, String);

    /// Each saying with everyday words in its holes, by its number: what its sentiment is told from.
    fn samples(&self) -> Vec<String>;
}
