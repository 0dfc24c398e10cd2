//! Conversations and messages: the shapes of the API, of live events, of envelopes and of JSON
//! Lines, all the same.

use crate::id::{ConversationId, MessageId};
use crate::name::Slug;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What sort of conversation it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConversationKind {
    /// Two talk.
    Duet,
    /// Gossip behind somebody's back; has a parent.
    Side,
    /// Several talk.
    Group,
    /// What happens at a place.
    Scene,
    /// Public posts.
    Feed,
    /// A person talks with a character.
    Session,
}

/// Whether a conversation goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ConversationStatus {
    /// More may be said.
    Active,
    /// Nothing more is said.
    Closed,
}

/// A conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Conversation {
    /// Its id.
    pub id: ConversationId,
    /// The world's slug.
    pub world: Slug,
    /// What sort it is.
    pub kind: ConversationKind,
    /// The conversation that a side thread branched off from.
    pub parent_id: Option<ConversationId>,
    /// Active or closed.
    pub status: ConversationStatus,
    /// Display names, the one who opened it first.
    pub participants: Vec<String>,
    /// What it is about.
    pub topic: Option<String>,
    /// Exchanges so far. A message is an exchange; a side thread goes on from its parent's count,
    /// so this is [`Self::carried`] plus the lines said here.
    pub exchanges: u32,
    /// The count that it began with: 0, or the parent's at the moment it branched off. Kept by the
    /// store, not shown.
    #[serde(skip)]
    pub carried: u32,
    /// When it was opened.
    pub created_at: DateTime<Utc>,
    /// When it was closed.
    pub ended_at: Option<DateTime<Utc>>,
}

impl Conversation {
    /// Lines said here (asides don't count): the order of the latest line.
    #[must_use]
    pub fn lines(&self) -> u32 {
        self.exchanges.saturating_sub(self.carried)
    }

    /// True while more may be said.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.status == ConversationStatus::Active
    }

    /// True when `name` takes part.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.participants.iter().any(|p| p == name)
    }

    /// Everybody but `name`.
    #[must_use]
    pub fn others(&self, name: &str) -> Vec<String> {
        self.participants
            .iter()
            .filter(|p| *p != name)
            .cloned()
            .collect()
    }
}

/// What sort of message it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MessageKind {
    /// Said to the others; an exchange.
    Line,
    /// A comment from outside; never answered, never counted.
    Aside,
    /// What happened at a place.
    Scene,
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SpeakerRole {
    /// A character.
    Ai,
    /// A person.
    User,
}

/// One line said in a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// Its id, derived from the event that caused it.
    pub id: MessageId,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The conversation's parent, for a side thread.
    pub parent_id: Option<ConversationId>,
    /// The conversation's kind.
    pub conversation_kind: ConversationKind,
    /// 1..n over the lines of the conversation; asides have a count of their own.
    pub order: u32,
    /// Who said it (display name).
    pub from: String,
    /// To whom (display names).
    pub to: Vec<String>,
    /// The words.
    pub text: String,
    /// Line, aside or scene.
    pub kind: MessageKind,
    /// A character or a person.
    pub role: SpeakerRole,
    /// VADER compound score, -1.0 (furious) to 1.0 (delighted).
    pub sentiment: f64,
    /// For hearsay: who told it, then who told them, .. back to who said it first
    /// (`["Ross", "Rachel"]`: Ross has it from Rachel). Empty for everything else.
    pub heard_from: Vec<String>,
    /// True when the dialect that was asked for failed and another one spoke.
    pub fallback: bool,
    /// When it was said.
    pub created_at: DateTime<Utc>,
}
