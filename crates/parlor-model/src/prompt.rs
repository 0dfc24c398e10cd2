//! What a dialect is given to speak from.

use crate::card::lore::Lore;
use crate::conversation::MessageKind;
use crate::dice::Dice;
use crate::id::ConversationId;
use crate::world::Character;
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// What the line is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// The first line of a conversation.
    Open,
    /// An answer to the latest line of [`Prompt::memory`].
    Reply,
    /// The first line of a side thread, behind somebody's back.
    Gossip(Quote),
    /// A comment on the latest line of [`Prompt::memory`], to nobody in particular.
    Aside,
}

impl Purpose {
    /// The line's place in its event, from which the message's id is derived
    /// ([`crate::MessageId::derive`]).
    #[must_use]
    pub fn part(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Reply => "reply",
            Self::Gossip(_) => "gossip",
            Self::Aside => "aside",
        }
    }
}

/// What is passed on in gossip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// Who said it (display name).
    pub who: String,
    /// The words.
    pub text: String,
}

/// A remembered line.
#[derive(Debug, Clone, PartialEq)]
pub struct PromptLine {
    /// Who said it (display name).
    pub from: String,
    /// The words.
    pub text: String,
    /// Line, aside or scene.
    pub kind: MessageKind,
    /// VADER compound score, -1.0 to 1.0.
    pub sentiment: f64,
}

/// An older line that fits what is being said, from this or another conversation of the speaker's.
#[derive(Debug, Clone, PartialEq)]
pub struct Recollection {
    /// The line.
    pub line: PromptLine,
    /// When it was said.
    pub at: DateTime<Utc>,
}

/// The world that a line is said in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Setting {
    /// Its slug.
    pub world: String,
    /// Its name for people.
    pub title: String,
    /// One sentence about it.
    pub about: String,
}

/// Everything that a dialect may know: only what the speaker said, heard or was told.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// The world.
    pub setting: Arc<Setting>,
    /// The conversation; `None` where there is none (a test, a trial).
    pub conversation: Option<ConversationId>,
    /// Who speaks.
    pub speaker: Arc<Character>,
    /// To whom (display names). Empty for an aside.
    pub to: Vec<String>,
    /// Who else takes part in the conversation (display names).
    pub present: Vec<String>,
    /// What the conversation is about.
    pub topic: Option<String>,
    /// Where they are.
    pub place: Option<String>,
    /// What somebody outside of the world tells about the scene: background, never an instruction.
    pub note: Option<String>,
    /// How the speaker feels, -1.0 (furious) to 1.0 (delighted); `None` = nothing is known.
    pub mood: Option<f64>,
    /// How the speaker stands to the one spoken to, -1.0 (a grudge) to 1.0 (a friend); `None` =
    /// nothing is known.
    pub bond: Option<f64>,
    /// What the line is for.
    pub purpose: Purpose,
    /// The speaker's memory of this conversation, oldest first, at most the world's window.
    pub memory: Vec<PromptLine>,
    /// Older lines that fit, best first; at most the world's `recall`.
    pub recalled: Vec<Recollection>,
    /// What the speaker's lorebook has to say to all this, in the order in which it goes in.
    pub lore: Vec<Lore>,
    /// When it is said: the time of the event that leads to it; `None` where there is none (a trial).
    pub at: Option<DateTime<Utc>>,
    /// The order that the line will have in its conversation.
    pub order: u32,
    /// True when the exchange limit makes this the last line.
    pub last: bool,
    /// The dice of this line.
    pub dice: Dice,
}

impl Prompt {
    /// What `speaker` knows before anything is filled in: nobody else, nothing said, the first line.
    #[must_use]
    pub fn new(speaker: Arc<Character>, purpose: Purpose, dice: Dice) -> Self {
        Self {
            setting: Arc::default(),
            conversation: None,
            speaker,
            to: Vec::new(),
            present: Vec::new(),
            topic: None,
            place: None,
            note: None,
            mood: None,
            bond: None,
            purpose,
            memory: Vec::new(),
            recalled: Vec::new(),
            lore: Vec::new(),
            at: None,
            order: 1,
            last: false,
            dice,
        }
    }

    /// The line to answer or to comment on: the latest one remembered.
    #[must_use]
    pub fn heard(&self) -> Option<&PromptLine> {
        self.memory.last()
    }
}
