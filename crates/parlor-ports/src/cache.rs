//! The cache port: what many processes ask often and may lose at any time.
//!
//! Three things are kept: the latest lines of sessions, who holds a session's connections, and
//! counters. None of it is the truth. A caller whose call fails, or who is told nothing, asks the
//! store or does without: a cache that is away makes a server slower and never wrong. So every
//! error is retryable, comes within [`CALL_TIME_MAX`], and nobody waits for a cache to come back.

use crate::error::PortResult;
use async_trait::async_trait;
use parlor_model::{ConversationId, SessionLine};
use std::time::Duration;
use uuid::Uuid;

/// No call takes longer, whatever is wrong with the other side.
pub const CALL_TIME_MAX: Duration = Duration::from_millis(500);
/// Lines of a session that are kept, the newest.
pub const LINES_MAX: u32 = 256;
/// How long the lines of a session are kept after the latest was added.
pub const LINES_KEPT: Duration = Duration::from_secs(60 * 60);

/// What a cache can do, asked once at start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheCapabilities {
    /// For people: `memory`, `redis`.
    pub name: &'static str,
    /// Several processes see the same.
    pub shared: bool,
}

/// Who holds connections of a session: one process.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Holder {
    /// Tells processes apart, also two that had the same address one after the other.
    pub instance: Uuid,
    /// Where the process is told what is new, as `host:port`.
    pub address: String,
}

/// What a counter says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// How often it was counted in this window, this time included.
    pub count: u64,
    /// When the window ends and it begins at nothing.
    pub ends_in: Duration,
}

/// What may be lost at any time. Cheap to call.
#[async_trait]
pub trait Cache: Send + Sync {
    /// What it can do.
    fn capabilities(&self) -> CacheCapabilities;

    /// Adds lines of a session, in any order. One with an order that is there already takes its
    /// place. Of more than [`LINES_MAX`] the newest stay; all are kept for [`LINES_KEPT`] from now.
    ///
    /// # Errors
    /// Retryable when the cache is away; then it may have happened.
    async fn add_lines(&self, session: ConversationId, lines: &[SessionLine]) -> PortResult<()>;

    /// The `count` lines that end with the line `through`, oldest first: fewer only where the session
    /// begins. `None` where one of them is missing: then the store knows.
    ///
    /// # Errors
    /// Retryable when the cache is away.
    async fn lines(
        &self,
        session: ConversationId,
        through: u32,
        count: u32,
    ) -> PortResult<Option<Vec<SessionLine>>>;

    /// Forgets lines and holders of these sessions.
    ///
    /// # Errors
    /// Retryable when the cache is away; then lines may stay for [`LINES_KEPT`].
    async fn forget(&self, sessions: &[ConversationId]) -> PortResult<()>;

    /// `holder` holds connections of these sessions, for as long as `lease` from now unless it says so
    /// again. A session may have several holders.
    ///
    /// # Errors
    /// Retryable when the cache is away.
    async fn hold(
        &self,
        holder: &Holder,
        sessions: &[ConversationId],
        lease: Duration,
    ) -> PortResult<()>;

    /// `holder` holds no more connections of this session. Tells how many others do.
    ///
    /// # Errors
    /// Retryable when the cache is away; then it is told of until its lease ends.
    async fn release(&self, holder: &Holder, session: ConversationId) -> PortResult<u32>;

    /// Who holds connections of these sessions: for each, in order, in the order of their instances.
    ///
    /// # Errors
    /// Retryable when the cache is away.
    async fn holders(&self, sessions: &[ConversationId]) -> PortResult<Vec<Vec<Holder>>>;

    /// Counts `key` so many times. Its window begins with the first count and is as long as `window`.
    ///
    /// # Errors
    /// Retryable when the cache is away; then it may have been counted.
    async fn count(&self, key: &str, by: u64, window: Duration) -> PortResult<Count>;

    /// Is it there? A cheap round trip.
    ///
    /// # Errors
    /// Says why not.
    async fn ping(&self) -> PortResult<()>;
}
