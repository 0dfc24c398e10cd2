//! The directory: which bots are there.
//!
//! Bots come and go while a world runs, in any number of processes. Each is kept alive by a *host* (the
//! process that acts for it, or the connection of a program from outside): a host holds any number of bots,
//! and its lease, renewed as long as it lives, is theirs. A bot whose host is silent for longer is no longer
//! in the directory, whether or not anybody has swept it out yet. A world's directory has a *version* that
//! grows with every change of who is in it, so that whoever keeps a cast in memory reads it only then.

use crate::error::PortResult;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use parlor_model::{ConversationId, Slug};
use std::collections::HashMap;
use uuid::Uuid;

/// Bots that are listed in one go, at most.
pub const BOTS_AT_ONCE_MAX: u32 = 10_000;

/// Who holds bots, and until when nobody doubts that it lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// The host.
    pub host: Uuid,
    /// Now.
    pub now: DateTime<Utc>,
    /// Its bots are gone after this, unless it is renewed.
    pub until: DateTime<Utc>,
}

/// Somebody who wants to be in the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBot {
    /// Its name, by which it is also known on the bus.
    pub name: Slug,
    /// A dialect of its world; `None`: the world's for bots.
    pub dialect: Option<String>,
    /// SHA-256 of the key by which a program from outside speaks for it; `None`: its host does.
    pub key_digest: Option<Vec<u8>>,
}

/// A bot of the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BotRecord {
    /// Its name.
    pub name: Slug,
    /// Who holds it.
    pub host: Uuid,
    /// When it came.
    pub since: DateTime<Utc>,
    /// When its host was last heard of.
    pub last_seen: DateTime<Utc>,
    /// Its dialect; `None`: the world's for bots.
    pub dialect: Option<String>,
    /// See [`NewBot::key_digest`].
    pub key_digest: Option<Vec<u8>>,
}

impl BotRecord {
    /// True when a program from outside speaks for it.
    #[must_use]
    pub fn is_foreign(&self) -> bool {
        self.key_digest.is_some()
    }
}

/// Where bots register. On disk when a change returns.
#[async_trait]
pub trait Directory: Send + Sync {
    /// Takes bots in, held by this host, and renews its lease. Tells for each, in order, whether it is in
    /// now: a name that somebody else has, alive, is not given again; one whose lease has ended is. A host
    /// that asks again for a bot of its own has it already.
    ///
    /// # Errors
    /// Retryable when the store is away; then they may be in.
    async fn take_in(&self, world: &Slug, lease: Lease, bots: &[NewBot]) -> PortResult<Vec<bool>>;

    /// Renews a host's lease, all its bots together. False when the host holds no bots (any more).
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn renew_lease(&self, lease: Lease) -> PortResult<bool>;

    /// Takes bots of this host out; those that it does not hold are left. Gives how many left.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn let_go(&self, world: &Slug, host: Uuid, names: &[Slug]) -> PortResult<u64>;

    /// Takes out every bot whose host's lease has ended, and gives them by world. Of several who ask at
    /// once, each bot is given to one.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn sweep_directory(&self, now: DateTime<Utc>) -> PortResult<Vec<(Slug, BotRecord)>>;

    /// The versions of all directories that ever had anybody in them. One cheap query.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn directory_versions(&self) -> PortResult<Vec<(Slug, u64)>>;

    /// Up to `limit` living bots of a world, by name, after this one.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn bots(
        &self,
        world: &Slug,
        now: DateTime<Utc>,
        after: Option<&Slug>,
        limit: u32,
    ) -> PortResult<Vec<BotRecord>>;

    /// The living bot with this name.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn bot(
        &self,
        world: &Slug,
        name: &Slug,
        now: DateTime<Utc>,
    ) -> PortResult<Option<BotRecord>>;

    /// How many living bots a world has.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn bots_count(&self, world: &Slug, now: DateTime<Utc>) -> PortResult<u64>;

    /// In how many active conversations each character of a world is, by display name; who is in none is
    /// left out.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn busy(&self, world: &Slug) -> PortResult<HashMap<String, u32>>;

    /// Up to `limit` active conversations of a world in which nothing has been said since `before`, those
    /// that were opened first come first. One that was opened since is not silent.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn silent(
        &self,
        world: &Slug,
        before: DateTime<Utc>,
        limit: u32,
    ) -> PortResult<Vec<ConversationId>>;
}
