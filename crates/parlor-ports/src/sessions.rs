//! Sessions: what people say to characters, and what these answer. Part of the store, kept apart from
//! the conversations of worlds: no list, search, live view or memory of a world ever shows them, only
//! who asks for a person's own.
//!
//! A session is *active* while its lease runs; who holds its connections renews it. One whose process
//! is gone is closed by [`Sessions::close_ended_sessions`]. A closed one can be taken up again.

use crate::error::PortResult;
use crate::store::{Cursor, Page};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use parlor_model::{
    ConversationId, EventBody, MessageId, OutboxRow, Session, SessionLine, Slug, SpeakerRole,
};
use std::sync::Arc;
use uuid::Uuid;

/// Lines that one call of [`Sessions::lines_since`] gives for each session, at most.
pub const LINES_SINCE_MAX: u32 = 64;

/// A line to be added to a session.
#[derive(Debug, Clone, PartialEq)]
pub struct NewLine {
    /// The session.
    pub session: ConversationId,
    /// Its id: the same again adds nothing.
    pub id: MessageId,
    /// Who says it.
    pub role: SpeakerRole,
    /// The words.
    pub text: String,
    /// Another dialect than the character's own has spoken.
    pub fallback: bool,
    /// When it was said.
    pub at: DateTime<Utc>,
    /// The title that the session gets with it, if it has none.
    pub title: Option<String>,
    /// Written to the outbox in the same transaction, in hand of the caller, if the line is new. Its
    /// event gets the order that the line gets.
    pub tell: Option<OutboxRow>,
}

/// What became of a line.
#[derive(Debug, Clone, PartialEq)]
pub enum Appended {
    /// It is the session's latest line now; this row is to be sent.
    Added(SessionLine, Option<OutboxRow>),
    /// It was there already, as this. Nothing happened.
    Known(SessionLine),
    /// There is no such session. Nothing happened.
    Gone,
}

impl Appended {
    /// The line, where there is one.
    #[must_use]
    pub fn line(&self) -> Option<&SessionLine> {
        match self {
            Self::Added(line, _) | Self::Known(line) => Some(line),
            Self::Gone => None,
        }
    }
}

/// Whose sessions are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionFilter {
    /// The person's.
    pub owner: Uuid,
    /// With this character of this world.
    pub with: Option<(Slug, Slug)>,
}

/// Where sessions are kept. On disk when a change returns.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Begins a session, active until `lease_until` unless that is renewed. The same id again changes
    /// nothing. False where its owner has no account (any more).
    ///
    /// # Errors
    /// Retryable when the store is away; then it may have begun.
    async fn begin_session(
        &self,
        session: &Session,
        lease_until: DateTime<Utc>,
    ) -> PortResult<bool>;

    /// Takes a session up again: it is active until `lease_until`. `None` where its owner has none of
    /// this id.
    ///
    /// # Errors
    /// Retryable when the store is away; then it may have been taken up.
    async fn resume_session(
        &self,
        id: ConversationId,
        owner: Uuid,
        now: DateTime<Utc>,
        lease_until: DateTime<Utc>,
    ) -> PortResult<Option<Session>>;

    /// Renews leases; closed sessions are active again. Gives how many lines each has, in any order;
    /// sessions that are gone are left out.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn renew_sessions(
        &self,
        ids: &[ConversationId],
        lease_until: DateTime<Utc>,
    ) -> PortResult<Vec<(ConversationId, u32)>>;

    /// Closes a session. False when it was closed before, or there is none.
    ///
    /// # Errors
    /// Retryable when the store is away; then it may have been closed.
    async fn close_session(&self, id: ConversationId, now: DateTime<Utc>) -> PortResult<bool>;

    /// Closes up to `limit` active sessions whose lease ended before `now`. Gives how many.
    ///
    /// # Errors
    /// Retryable when the store is away; then some may have been closed.
    async fn close_ended_sessions(&self, now: DateTime<Utc>, limit: u32) -> PortResult<u32>;

    /// Adds lines, in one transaction: each gets the next order of its session, in the order given.
    /// Tells what became of each.
    ///
    /// # Errors
    /// Retryable when the store is away; then all or none were added.
    async fn append_lines(&self, lines: Vec<NewLine>) -> PortResult<Vec<Appended>>;

    /// One session, whosever it is.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn session(&self, id: ConversationId) -> PortResult<Option<Session>>;

    /// Somebody's sessions, the latest begun first.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn sessions(
        &self,
        filter: &SessionFilter,
        after: Option<Cursor>,
        limit: u32,
    ) -> PortResult<Page<Session>>;

    /// Lines of a session after the line with the order `after` (0: from the first), oldest first.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn session_lines(
        &self,
        id: ConversationId,
        after: u32,
        limit: u32,
    ) -> PortResult<Vec<SessionLine>>;

    /// A line of a session by its id.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn session_line(
        &self,
        id: ConversationId,
        line: MessageId,
    ) -> PortResult<Option<SessionLine>>;

    /// Lines of several sessions after an order in each: up to [`LINES_SINCE_MAX`] of each, oldest
    /// first. One query.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn lines_since(
        &self,
        seen: &[(ConversationId, u32)],
    ) -> PortResult<Vec<(ConversationId, SessionLine)>>;

    /// Gives a session another title. False where its owner has none of this id.
    ///
    /// # Errors
    /// Retryable when the store is away; then it may have happened.
    async fn rename_session(
        &self,
        id: ConversationId,
        owner: Uuid,
        title: &str,
    ) -> PortResult<bool>;

    /// Deletes a session with everything said in it. False where its owner has none of this id.
    ///
    /// # Errors
    /// Retryable when the store is away; then it may have happened.
    async fn delete_session(&self, id: ConversationId, owner: Uuid) -> PortResult<bool>;

    /// Deletes all sessions of a person with everything said in them. Gives their ids.
    ///
    /// # Errors
    /// Retryable when the store is away; then it may have happened.
    async fn delete_sessions_of(&self, owner: Uuid) -> PortResult<Vec<ConversationId>>;
}

impl NewLine {
    /// The line as it is with this order.
    #[must_use]
    pub fn line(&self, order: u32) -> SessionLine {
        SessionLine {
            id: self.id,
            order,
            role: self.role,
            text: self.text.clone(),
            fallback: self.fallback,
            at: self.at,
        }
    }

    /// The row that tells of the line, with this order.
    #[must_use]
    pub fn told(&self, order: u32) -> Option<OutboxRow> {
        let mut row = self.tell.clone()?;
        let envelope = Arc::make_mut(&mut row.envelope);
        if let EventBody::Wrote(event) | EventBody::Answered(event) = &mut envelope.body {
            event.order = order;
        }
        Some(row)
    }
}
