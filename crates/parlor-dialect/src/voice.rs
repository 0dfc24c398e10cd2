//! A dialect with its fallback, and the form of a line enforced.

use crate::gibberish::Gibberish;
use crate::llm::dialect::LlmDialect;
use crate::text::tidy;
use async_trait::async_trait;
use parlor_model::Prompt;
use parlor_ports::dialect::{Dialect, Utterance};
use parlor_ports::error::{PortError, PortResult};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::mpsc;

/// What a dialect asks first.
#[derive(Clone)]
pub(crate) enum First {
    /// Something that always has words.
    Scripted(Arc<dyn Dialect>),
    /// A language model, if one is named for the speaker.
    Llm(Arc<LlmDialect>),
}

/// A dialect as the stage knows it.
pub(crate) struct Voice {
    name: String,
    first: First,
    fallback: Option<Arc<dyn Dialect>>,
    failures: AtomicU64,
}

impl Voice {
    pub(crate) fn new(name: String, first: First, fallback: Option<Arc<dyn Dialect>>) -> Self {
        Self {
            name,
            first,
            fallback,
            failures: AtomicU64::new(0),
        }
    }

    /// The words of the fallback. They are marked as such where something else was to speak and
    /// failed.
    async fn fall_back(&self, prompt: &Prompt, marked: bool) -> PortResult<Utterance> {
        let text = match &self.fallback {
            Some(fallback) => fallback.speak(prompt).await?.text,
            None => Gibberish::line(prompt),
        };
        Ok(Utterance {
            text: tidy(text),
            fallback: marked,
        })
    }

    async fn settle(&self, prompt: &Prompt, said: PortResult<Utterance>) -> PortResult<Utterance> {
        match said {
            Ok(said) => Ok(Utterance {
                text: tidy(said.text),
                fallback: said.fallback,
            }),
            Err(error) if error.is_retryable() || self.fallback.is_none() => Err(error),
            Err(error) => {
                self.warn(&error);
                self.fall_back(prompt, true).await
            }
        }
    }

    /// A provider that is down fails every line: the log tells of the first, second, fourth, eighth
    /// failure and so on; the metrics count them all.
    fn warn(&self, error: &PortError) {
        let failures = 1 + self.failures.fetch_add(1, Ordering::Relaxed);
        if failures.is_power_of_two() {
            tracing::warn!(dialect.name = self.name, failures, %error,
                "a dialect failed; its fallback speaks");
        }
    }

    /// The language model, where none is named for the speaker.
    fn is_silent(&self, prompt: &Prompt) -> bool {
        match &self.first {
            First::Scripted(_) => false,
            First::Llm(llm) => !llm.speaks_for(&prompt.speaker),
        }
    }

    fn dialect(&self) -> &dyn Dialect {
        match &self.first {
            First::Scripted(dialect) => &**dialect,
            First::Llm(llm) => &**llm,
        }
    }
}

#[async_trait]
impl Dialect for Voice {
    async fn speak(&self, prompt: &Prompt) -> PortResult<Utterance> {
        if self.is_silent(prompt) {
            return self.fall_back(prompt, false).await;
        }
        let said = self.dialect().speak(prompt).await;
        self.settle(prompt, said).await
    }

    fn is_slow(&self) -> bool {
        self.dialect().is_slow()
    }

    async fn speak_in_pieces(
        &self,
        prompt: &Prompt,
        pieces: &mpsc::Sender<String>,
    ) -> PortResult<Utterance> {
        if self.is_silent(prompt) {
            let said = self.fall_back(prompt, false).await?;
            let _ = pieces.send(said.text.clone()).await;
            return Ok(said);
        }
        let said = self.dialect().speak_in_pieces(prompt, pieces).await;
        self.settle(prompt, said).await
    }
}
