//! Takes note of prompts while dialects speak.

use super::digest::digest;
use crate::stage::Voices;
use async_trait::async_trait;
use parking_lot::Mutex;
use parlor_model::{MessageId, Prompt};
use parlor_ports::PortResult;
use parlor_ports::dialect::{Dialect, Utterance};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Lines that were spoken and are not in the recording yet, at most.
const NOTES_MAX: usize = 100_000;

/// The digests of prompts by the message that came of them.
#[derive(Debug, Clone, Default)]
pub struct Listener {
    notes: Arc<Mutex<HashMap<MessageId, String>>>,
}

impl Listener {
    /// The same voices, listened to.
    #[must_use]
    pub fn listen_to(&self, voices: Voices) -> Voices {
        let listened = |voice| -> Arc<dyn Dialect> {
            Arc::new(Listened {
                voice,
                listener: self.clone(),
            })
        };
        voices
            .into_iter()
            .map(|(name, voice)| (name, listened(voice)))
            .collect()
    }

    /// The digest of the prompt that led to a message; forgotten with this.
    #[must_use]
    pub fn take(&self, message: MessageId) -> Option<String> {
        self.notes.lock().remove(&message)
    }

    fn note(&self, prompt: &Prompt) {
        let mut notes = self.notes.lock();
        if notes.len() < NOTES_MAX {
            notes.insert(message_of(prompt), digest(prompt));
        }
    }
}

/// The message that a prompt leads to.
pub(super) fn message_of(prompt: &Prompt) -> MessageId {
    MessageId::derive(prompt.dice.event(), prompt.purpose.part())
}

struct Listened {
    voice: Arc<dyn Dialect>,
    listener: Listener,
}

#[async_trait]
impl Dialect for Listened {
    async fn speak(&self, prompt: &Prompt) -> PortResult<Utterance> {
        let said = self.voice.speak(prompt).await?;
        self.listener.note(prompt);
        Ok(said)
    }

    fn is_slow(&self) -> bool {
        self.voice.is_slow()
    }

    async fn speak_in_pieces(
        &self,
        prompt: &Prompt,
        pieces: &mpsc::Sender<String>,
    ) -> PortResult<Utterance> {
        self.voice.speak_in_pieces(prompt, pieces).await
    }
}
