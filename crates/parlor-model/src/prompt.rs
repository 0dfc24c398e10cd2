//! What a dialect is given to speak from.

use crate::conversation::MessageKind;
use crate::dice::Dice;
use crate::world::Character;
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

/// Everything that a dialect may know: only what the speaker said, heard or was told.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// Who speaks.
    pub speaker: Arc<Character>,
    /// To whom (display names). Empty for an aside.
    pub to: Vec<String>,
    /// Who else takes part in the conversation (display names).
    pub present: Vec<String>,
    /// What the conversation is about.
    pub topic: Option<String>,
    /// What the line is for.
    pub purpose: Purpose,
    /// The speaker's memory of this conversation, oldest first, at most the world's window.
    pub memory: Vec<PromptLine>,
    /// The order that the line will have in its conversation.
    pub order: u32,
    /// True when the exchange limit makes this the last line.
    pub last: bool,
    /// The dice of this line.
    pub dice: Dice,
}

impl Prompt {
    /// The line to answer or to comment on: the latest one remembered.
    #[must_use]
    pub fn heard(&self) -> Option<&PromptLine> {
        self.memory.last()
    }
}
