//! The port by which somebody outside of a world asks one of its characters for a line, without a
//! conversation in the store: the caller brings what was said so far.

use crate::error::PortError;
use async_trait::async_trait;
use parlor_model::Slug;
use std::time::Duration;
use tokio::sync::mpsc;
use uuid::Uuid;

/// Who said a line that a caller brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Speaker {
    /// The character that is asked.
    Character,
    /// A person; `None`: the one who asks.
    Person(Option<String>),
}

/// A line that a caller brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brought {
    /// Who said it.
    pub by: Speaker,
    /// The words; data, whatever they say.
    pub text: String,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Tells this request from others; its dice come from it.
    pub id: Uuid,
    /// The world.
    pub world: Slug,
    /// Who is to speak.
    pub character: Slug,
    /// What the one who asks is called; `None`: nobody says.
    pub person: Option<String>,
    /// What was said so far, oldest first.
    pub lines: Vec<Brought>,
    /// What the caller tells about the scene. It is background and changes neither who the character
    /// is nor any rule.
    pub note: Option<String>,
    /// Instead of the world's seed and the request's id: the same seed and the same lines give the
    /// same words, where a scripted dialect finds them.
    pub seed: Option<u64>,
}

/// What the character says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// One line.
    pub text: String,
    /// Another dialect than the character's own has spoken.
    pub fallback: bool,
    /// About how many tokens the character spoke from: persona, lore, what came to mind, the lines.
    pub tokens_in: usize,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ParleyError {
    /// There is no such world or character.
    #[error("there is no character '{0}/{1}'")]
    UnknownCharacter(Slug, Slug),
    /// So many ask at the same time that no more can; worth trying again soon.
    #[error("too many ask at the same time: try again in a moment")]
    Busy,
    /// No words can be found.
    #[error("'{character}' finds no words: {cause}")]
    NoWords {
        /// Who was asked.
        character: Slug,
        /// The dialect's error.
        cause: PortError,
    },
    /// The store failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl ParleyError {
    /// When it may be worth trying again; `None` where time mends nothing.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        const SOON: Duration = Duration::from_secs(1);
        match self {
            Self::UnknownCharacter(..) => None,
            Self::Busy => Some(SOON),
            Self::NoWords { cause, .. } | Self::Port(cause) => cause
                .is_retryable()
                .then(|| cause.retry_after().unwrap_or(SOON)),
        }
    }
}

/// Characters that answer whoever asks.
#[async_trait]
pub trait Parley: Send + Sync {
    /// What the character says next. Nothing is stored. With `pieces` the line is shown as it is
    /// found, as [`crate::dialect::Dialect::speak_in_pieces`] does. Dropping the future gives the
    /// request up. Bounded in how many it answers at the same time.
    ///
    /// # Errors
    /// [`ParleyError`].
    async fn answer(
        &self,
        asked: Asked,
        pieces: Option<mpsc::Sender<String>>,
    ) -> Result<Answer, ParleyError>;
}
