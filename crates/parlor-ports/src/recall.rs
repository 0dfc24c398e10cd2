//! The port to what was said long ago: lines found by their words.
//!
//! Words get into the index behind the hot path: [`Recall::index_words`] takes what was committed
//! since, in bounded batches, and whoever calls it may die at any moment. What is not indexed yet
//! is recent, and mostly in the memory window anyway.
//!
//! Lines that come to mind in a scene ([`SceneRequest::recall`]) are found in the same index; see
//! [`crate::store::StepStore::scenes`].

use crate::error::PortResult;
use crate::store::{Cursor, Page, SceneRecord, SceneRequest};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use parlor_model::recall::{Asked, Reminder, Scale, Volume};
use parlor_model::{Conversation, Message, Slug};

/// In which order lines are found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sort {
    /// Newest first.
    #[default]
    Newest,
    /// Best first, among the newest [`BEST_OF`].
    Best,
}

/// How many of the newest lines found are put in order by [`Sort::Best`].
pub const BEST_OF: u32 = 400;

/// What somebody looks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// In these worlds.
    pub worlds: Vec<Slug>,
    /// Lines that have all of these words, as [`parlor_model::words::query`] gives them.
    pub words: Vec<String>,
    /// In this order.
    pub sort: Sort,
}

/// A line that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The line.
    pub message: Message,
    /// Where it was said.
    pub conversation: Conversation,
}

/// The lines that a store found, newest first, each with its place in the order of the store.
pub type Hits = Vec<(i64, Message)>;

/// A page of the newest: of `hits` up to `limit`. `floor` is the place down to which was looked;
/// 0 when that was all there is.
#[must_use]
pub fn newest_page(mut hits: Hits, floor: i64, limit: u32) -> Page<Message> {
    let shown = usize::try_from(limit).unwrap_or(usize::MAX);
    let next = if hits.len() > shown {
        hits.truncate(shown);
        hits.last().map(|(place, _)| *place)
    } else {
        Some(floor).filter(|floor| *floor > 0)
    };
    Page {
        items: hits.into_iter().map(|(_, message)| message).collect(),
        next: next.map(|minor| Cursor { major: 0, minor }),
    }
}

/// A page of the best of `hits`, the same ones for each page: those before the place `end`. The
/// cursor counts the lines shown, and holds `end`, so that what is said meanwhile shifts nothing.
#[must_use]
pub fn best_page(
    hits: Hits,
    (asked, volume): (&[Asked], Volume),
    after: Option<Cursor>,
    end: i64,
    limit: u32,
) -> Page<Message> {
    let latest = hits.first().map(|(_, message)| message.created_at);
    let scale = Scale::new(asked, volume, latest.unwrap_or_default());
    let mut ranked: Vec<_> = hits
        .into_iter()
        .map(|(place, message)| (scale.score(&message), place, message))
        .collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)));
    let skip = usize::try_from(after.map_or(0, |cursor| cursor.major)).unwrap_or(usize::MAX);
    let upto = skip.saturating_add(usize::try_from(limit).unwrap_or(usize::MAX));
    let next = (ranked.len() > upto).then(|| Cursor {
        major: i64::try_from(upto).unwrap_or(i64::MAX),
        minor: end,
    });
    let items = ranked.into_iter().take(upto).skip(skip);
    Page {
        items: items.map(|(_, _, message)| message).collect(),
        next,
    }
}

/// Lines by their words.
#[async_trait]
pub trait Recall: Send + Sync {
    /// Indexes up to `limit` messages that are not indexed yet, in the order of their commits, in
    /// one transaction together with how far it came; gives how many. 0: there are none, or
    /// another process is at it. A message is never indexed twice and none is left out, whoever
    /// calls, however often, and wherever a caller dies.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn index_words(&self, limit: u32) -> PortResult<u32>;

    /// When the oldest message that is not indexed yet was said; `None` when all are.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn unindexed_since(&self) -> PortResult<Option<DateTime<Utc>>>;

    /// Lines that have all the words asked for. A page may hold fewer than `limit` and still have
    /// a next one: a search for common words looks at a bounded number of lines at a time. No
    /// words, or no worlds: nothing is found.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn search(
        &self,
        question: &Question,
        after: Option<Cursor>,
        limit: u32,
    ) -> PortResult<Page<Found>>;

    /// The lines that somebody is reminded of, best first, as in a scene
    /// ([`crate::store::StepStore::scenes`]) but without a conversation.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn remind(&self, reminder: &Reminder) -> PortResult<Vec<Message>>;

    /// What `name` (display name) said, heard or overheard of late: at most `limit` messages,
    /// newest first, among the latest [`LATELY`] of the world. Not by the index, so nothing is
    /// missing because it is too young.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn witnessed(&self, world: &Slug, name: &str, limit: u32) -> PortResult<Vec<Message>>;
}

/// Messages of a world that count as of late.
pub const LATELY: u32 = 2_000;

/// What the viewer of a scene is to be reminded of, if anything: what is being said is the message
/// that the event is about, for an opening the topic.
#[must_use]
pub fn reminder(request: &SceneRequest, record: &SceneRecord) -> Option<Reminder> {
    if request.recall == 0 {
        return None;
    }
    let conversation = &record.conversation;
    let said = match (&record.message, request.message) {
        (Some(message), _) => message.text.as_str(),
        (None, Some(_)) => return None,
        (None, None) => conversation.topic.as_deref()?,
    };
    let present: Vec<_> = conversation
        .participants
        .iter()
        .map(String::as_str)
        .chain([request.viewer.as_str()])
        .collect();
    let words = Reminder::words_of(said, &present);
    let with = conversation.others(&request.viewer);
    if words.is_empty() || with.is_empty() {
        return None;
    }
    let known = record.memory.iter().chain(&record.message);
    Some(Reminder {
        world: conversation.world.clone(),
        viewer: request.viewer.clone(),
        with,
        words,
        known: known.map(|message| message.id).collect(),
        at: record
            .message
            .as_ref()
            .map_or(conversation.created_at, |message| message.created_at),
        limit: request.recall,
    })
}
