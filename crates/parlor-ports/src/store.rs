//! The store port: what outlives a process. Conversations, messages, the outbox, the log of
//! changes that live views follow.
//!
//! Split by who uses it: [`StepStore`] is the hot path of the workers, [`OutboxStore`] the relay's,
//! [`Library`] what readers ask, [`Recall`] what was said long ago, [`Changes`] the live view's,
//! [`Upkeep`] and [`Inspection`] the operator's, [`Pacing`] the pace that people set, [`Presence`]
//! which roles there are, [`UsageStore`] the books of language models, [`Keys`] who may enter,
//! [`Catalogue`] who came to a world while it ran, [`AccountStore`] who people are, [`Sessions`] what they
//! say to characters, [`Companions`] what they own, [`Generation`] the runs in which that talks, and
//! [`Journeys`] where everybody is. A store implements them all; [`Store`] is the sum.

use crate::accounts::AccountStore;
use crate::archive::Archive;
use crate::bus::DeadLetter;
use crate::catalogue::Catalogue;
use crate::companions::{Companions, Generation};
use crate::directory::Directory;
use crate::error::PortResult;
use crate::inspect::Inspection;
use crate::journeys::Journeys;
use crate::keys::Keys;
use crate::pacing::Pacing;
use crate::presence::Presence;
use crate::recall::Recall;
use crate::sessions::Sessions;
use crate::usage::UsageStore;
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use parlor_model::world::Pace;
use parlor_model::{
    Conversation, ConversationId, ConversationKind, ConversationStatus, Effects, EventId, Message,
    MessageId, Move, OutboxRow, Slug,
};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// What a worker needs to know for one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SceneRequest {
    /// The conversation.
    pub conversation: ConversationId,
    /// The message that the event is about; `None` for an opening.
    pub message: Option<MessageId>,
    /// Who looks (display name): only what they said, heard or overheard is remembered.
    pub viewer: String,
    /// At most this many remembered messages.
    pub window: u32,
    /// At most this many older lines that fit what is being said. 0 costs nothing.
    pub recall: u32,
}

/// What the store knows for one event.
#[derive(Debug, Clone, PartialEq)]
pub struct SceneRecord {
    /// The conversation as it stands.
    pub conversation: Conversation,
    /// The message that the event is about, as stored; `None` when the request named none or the
    /// store has no such message in this conversation.
    pub message: Option<Message>,
    /// The viewer's memory up to and including that message, oldest first: the latest `window`
    /// messages of the conversation whose audience holds the viewer. Lines after the message are
    /// left out. For an opening: whatever there is.
    pub memory: Vec<Message>,
    /// Older lines that fit what is being said (the message, for an opening the topic), best first:
    /// of this and other conversations, only such as the viewer said, heard or overheard, said by or
    /// to somebody of the conversation, and none that is in `memory`. Found by the index of
    /// [`crate::recall::Recall`], put in order by [`parlor_model::recall`].
    pub recalled: Vec<Message>,
    /// The world is paused.
    pub paused: bool,
    /// The pace that somebody set; `None`: the world's own.
    pub pace: Option<Pace>,
}

/// What became of one step's effects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Written.
    Applied,
    /// The guard did not hold: the event was handled before, or the conversation was closed
    /// meanwhile. Nothing but `clears` was written.
    Stale,
}

/// The hot path.
#[async_trait]
pub trait StepStore: Send + Sync {
    /// Loads scenes, one per request, in order; `None` for an unknown conversation. One query (or
    /// a fixed number of them) for the whole batch. Sees every commit that returned before.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn scenes(&self, requests: &[SceneRequest]) -> PortResult<Vec<Option<SceneRecord>>>;

    /// Writes the effects of many steps in **one transaction**, in order, each under its guard
    /// ([`parlor_model::Guard`]), and tells what became of each. On disk when it returns. A message
    /// under [`parlor_model::Guard::Aside`] gets its `order` here (its envelopes, if any, are not
    /// changed). Every opened, closed, and every message is in the log of changes. Calling it again
    /// with the same effects writes nothing twice (they come back `Stale`).
    ///
    /// # Errors
    /// Retryable when the store is away; then nothing or everything of the batch was written.
    async fn commit(&self, steps: Vec<Effects>) -> PortResult<Vec<Outcome>>;
}

/// Which rows in hand nobody is going to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Abandoned {
    /// Taken in hand before this time: whoever had them then is gone.
    pub taken_before: DateTime<Utc>,
    /// And due before this time.
    pub due_before: DateTime<Utc>,
}

impl Abandoned {
    /// Rows that should have been sent, by whoever took them, more than `age` before `now`.
    #[must_use]
    pub fn older_than(age: Duration, now: DateTime<Utc>) -> Self {
        let before = TimeDelta::from_std(age)
            .ok()
            .and_then(|age| now.checked_sub_signed(age))
            .unwrap_or(DateTime::UNIX_EPOCH);
        Self {
            taken_before: before,
            due_before: before,
        }
    }
}

/// The outbox: what is to be sent. A row is *in hand* (some process is sending it) or *parked*.
#[async_trait]
pub trait OutboxStore: Send + Sync {
    /// Takes rows in hand that nobody else takes at the same moment, oldest due first: parked rows
    /// that are due at `now` and whose world is not paused, and, where `abandoned` is given, rows
    /// in hand that were taken in hand before the one time and due before the other (whoever had
    /// them is gone). Only rows of `worlds`.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn take_outbox(
        &self,
        worlds: &[Slug],
        now: DateTime<Utc>,
        abandoned: Option<Abandoned>,
        limit: u32,
    ) -> PortResult<Vec<OutboxRow>>;

    /// Removes rows in hand. Unknown ids are no error. A parked row stays: the delivery was put back
    /// before its sender came to clear it. What this process cleared it never takes again; after it is
    /// gone, rows that were committed together with some it had not cleared may be taken once more.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn clear_outbox(&self, ids: &[EventId]) -> PortResult<()>;

    /// How many rows there are, in hand and parked, for these worlds.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn outbox_depth(&self, worlds: &[Slug]) -> PortResult<u64>;

    /// Keeps a dead letter, for buses that keep nothing themselves; clears its outbox row. The same
    /// id again replaces it.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn keep_dead_letter(&self, letter: DeadLetter, row: Option<OutboxRow>) -> PortResult<()>;

    /// Up to `limit` dead letters of a world, oldest first.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn dead_letters(&self, world: &Slug, limit: u32) -> PortResult<Vec<DeadLetter>>;

    /// Takes out the dead letters with these ids (all of the world's when empty). With `replay`
    /// those that have an outbox row are parked there again, due at `now`, in the same transaction;
    /// those that have none (foreign ones) stay and are not counted. Gives how many were taken out.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn take_dead_letters(
        &self,
        world: &Slug,
        ids: &[String],
        replay: bool,
        now: DateTime<Utc>,
    ) -> PortResult<u64>;
}

/// Conversations that are looked at for one page of those with a participant.
pub const CONVERSATIONS_SEARCHED: u32 = 10_000;

/// Which conversations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConversationFilter {
    /// Of this world.
    pub world: Option<Slug>,
    /// Active or closed ones.
    pub status: Option<ConversationStatus>,
    /// Of this kind.
    pub kind: Option<ConversationKind>,
    /// Side threads of this one.
    pub parent: Option<ConversationId>,
    /// Of one of these worlds.
    pub among: Option<Vec<Slug>>,
    /// In which somebody of this display name takes part.
    pub participant: Option<String>,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Gives the next part; `None` at the end.
    pub next: Option<Cursor>,
}

/// A place in a list: opaque to callers, `Display` and `FromStr` round-trip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cursor {
    /// Orders first (0 where unused).
    pub major: i64,
    /// Orders within `major`.
    pub minor: i64,
}

impl Cursor {
    /// Before everything.
    pub const START: Self = Self { major: 0, minor: 0 };
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}-{:x}", self.major, self.minor)
    }
}

impl FromStr for Cursor {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = |part: &str| i64::from_str_radix(part, 16).ok().filter(|n| *n >= 0);
        text.split_once('-')
            .and_then(|(major, minor)| {
                Some(Self {
                    major: parse(major)?,
                    minor: parse(minor)?,
                })
            })
            .ok_or_else(|| {
                "not a cursor of this server: use a nextCursor or event id as given".to_owned()
            })
    }
}

/// Where to go on in the messages of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum After {
    /// From its beginning.
    Start,
    /// After a page.
    Cursor(Cursor),
    /// After the line with this order (and everything stored before it).
    Order(u32),
    /// After this message; from the beginning when it is not in the conversation.
    Message(MessageId),
}

/// What readers ask. None of it waits for a writer.
#[async_trait]
pub trait Library: Send + Sync {
    /// One conversation.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn conversation(&self, id: ConversationId) -> PortResult<Option<Conversation>>;

    /// Conversations, newest first. With a participant at most [`CONVERSATIONS_SEARCHED`] are looked
    /// at: then a page may hold fewer than `limit`, or none, and yet tell where to go on.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn conversations(
        &self,
        filter: &ConversationFilter,
        after: Option<Cursor>,
        limit: u32,
    ) -> PortResult<Page<Conversation>>;

    /// Messages of one conversation in the order they were stored, asides among them.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn messages(
        &self,
        conversation: ConversationId,
        after: After,
        limit: u32,
    ) -> PortResult<Page<Message>>;

    /// Messages of a world, newest first.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn world_messages(
        &self,
        world: &Slug,
        after: Option<Cursor>,
        limit: u32,
    ) -> PortResult<Page<Message>>;
}

/// Something that happened, for live views.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Where it is in the log: later changes have greater cursors.
    pub cursor: Cursor,
    /// The world.
    pub world: Slug,
    /// What.
    pub what: Happening,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Happening {
    /// Something was said.
    Message(Message),
    /// A conversation was opened; as it was then.
    Opened(Conversation),
    /// A conversation was closed; as it was then.
    Closed(Conversation),
    /// The world was paused (true) or resumed.
    Paused(bool),
    /// The world's pace was set.
    Paced(Pace),
    /// Some have set out, or arrived, as [`Move::state`] says; as it was then.
    Moved(Box<Move>),
}

impl Happening {
    /// The conversation it belongs to, if any.
    #[must_use]
    pub fn conversation(&self) -> Option<ConversationId> {
        match self {
            Self::Message(message) => Some(message.conversation_id),
            Self::Opened(conversation) | Self::Closed(conversation) => Some(conversation.id),
            Self::Paused(_) | Self::Paced(_) | Self::Moved(_) => None,
        }
    }
}

/// The log of changes.
#[async_trait]
pub trait Changes: Send + Sync {
    /// Up to `limit` changes after `after`, in commit order, complete: a change that appears later
    /// never has a smaller cursor than one that was given out, also with several writers.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn changes(&self, after: Cursor, limit: u32) -> PortResult<Vec<Change>>;

    /// The cursor of the latest change, [`Cursor::START`] when there is none.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn latest_change(&self) -> PortResult<Cursor>;

    /// A number that changes soon after something was committed by this process. Others' commits
    /// are found by asking [`Changes::changes`] now and then.
    fn commits(&self) -> tokio::sync::watch::Receiver<u64>;
}

/// What an operator and the commands need.
#[async_trait]
pub trait Upkeep: Send + Sync {
    /// For people: `sqlite`, `postgres`.
    fn name(&self) -> &'static str;

    /// True when several processes (or machines) can share it, so that roles may run apart.
    fn is_shared(&self) -> bool;

    /// Names of the migrations that are not applied yet.
    ///
    /// # Errors
    /// Retryable when the store is away; terminal when the schema is newer than this program.
    async fn pending_migrations(&self) -> PortResult<Vec<String>>;

    /// Applies them. Safe to call from several processes at once.
    ///
    /// # Errors
    /// As above.
    async fn migrate(&self) -> PortResult<()>;

    /// Is it there? A cheap round trip.
    ///
    /// # Errors
    /// Says why not.
    async fn ping(&self) -> PortResult<()>;

    /// Closes a conversation and logs the change; gives it as it is then. `None` when unknown; a
    /// closed one stays as it is.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn close_conversation(
        &self,
        id: ConversationId,
        now: DateTime<Utc>,
    ) -> PortResult<Option<Conversation>>;

    /// Pauses or resumes a world and logs it if that is a change.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn set_paused(&self, world: &Slug, paused: bool, now: DateTime<Utc>) -> PortResult<()>;

    /// Is the world paused? One never heard of is not.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn is_paused(&self, world: &Slug) -> PortResult<bool>;

    /// Remembers that `key` was used for a request with this digest. Gives the digest it was first
    /// used with: equal to `digest` for a new key or a repeated request. Keys older than a day are
    /// forgotten.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn remember_key(&self, key: &str, digest: &str, now: DateTime<Utc>)
    -> PortResult<String>;

    /// Finishes what is being written and closes.
    async fn close(&self);
}

/// A store: all of the above.
pub trait Store:
    StepStore
    + OutboxStore
    + Library
    + Changes
    + Upkeep
    + UsageStore
    + Recall
    + Pacing
    + Presence
    + Inspection
    + Keys
    + Catalogue
    + Companions
    + Generation
    + AccountStore
    + Sessions
    + Journeys
    + Directory
    + Archive
{
}

impl<T> Store for T where
    T: StepStore
        + OutboxStore
        + Library
        + Changes
        + Upkeep
        + UsageStore
        + Recall
        + Pacing
        + Presence
        + Inspection
        + Keys
        + Catalogue
        + Companions
        + Generation
        + AccountStore
        + Sessions
        + Journeys
        + Directory
        + Archive
{
}
