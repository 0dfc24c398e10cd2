//! What operators look into: one message with all that is known of its way, and how much there is.

use crate::error::PortResult;
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use parlor_model::{ConversationId, Legs, Message, MessageId, Slug};

/// A message is found without its conversation among at least this many of the newest ones of all
/// worlds: stores keep no index of message ids, which would cost every line more than all else.
pub const NEWEST_SEARCHED: u32 = 10_000;
/// Conversations are counted up to here.
pub const COUNTED_MAX: u32 = 100_000;

/// A message and its way.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspected {
    /// The message.
    pub message: Message,
    /// Everybody who said, heard or overheard it (display names).
    pub audience: Vec<String>,
    /// How long each leg took; `None` where it was not measured.
    pub legs: Option<Legs>,
    /// The line that came next in the conversation, which answers this one.
    pub next: Option<Answer>,
}

/// When a line was said, and its legs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// When.
    pub created_at: DateTime<Utc>,
    /// Its legs; `None` where they were not measured.
    pub legs: Option<Legs>,
}

impl Answer {
    /// When a role had in hand what it answers.
    #[must_use]
    pub fn received_at(&self) -> Option<DateTime<Utc>> {
        let in_hand = TimeDelta::from_std(self.legs?.in_hand()).ok()?;
        self.created_at.checked_sub_signed(in_hand)
    }
}

/// How much there is, each counted up to [`COUNTED_MAX`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Conversations that go on.
    pub active: u32,
    /// All conversations.
    pub conversations: u32,
}

/// What operators look into. None of it waits for a writer, and all of it is bounded.
#[async_trait]
pub trait Inspection: Send + Sync {
    /// A message with its way: of this conversation, or else among the newest
    /// ([`NEWEST_SEARCHED`]). `None` where it is not found.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn inspect(
        &self,
        id: MessageId,
        within: Option<ConversationId>,
    ) -> PortResult<Option<Inspected>>;

    /// How much there is in these worlds together.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn tally(&self, worlds: &[Slug]) -> PortResult<Tally>;
}
