//! Companions, and the runs in which they talk.
//!
//! A run's batches are written in one transaction each, with statements that are prepared once. Its
//! messages have places from [`crate::writer::FIRST_BULK`] on, where the log of changes does not look.

pub(crate) mod bulk;
pub(crate) mod people;
mod pool;
mod rows;
pub(crate) mod runs;
pub(crate) mod talks;

use crate::codec;
use crate::fault::Fault;
use crate::store::SqliteStore;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use parlor_model::world::Topic;
use parlor_model::{AccountId, Companion, ConversationId, Household, Slug};
use parlor_ports::PortResult;
use parlor_ports::companions::{
    Attempt, AttemptOutcome, Batch, BatchResult, BulkOutcome, Companions, Generation,
    GenerationRun, MoodPoint, NewCompanion, NewRun, Notice, PoolState, RunawayRecord, TalkRecord,
};
use parlor_ports::store::{Cursor, Page};
use std::sync::Arc;
use uuid::Uuid;

#[async_trait]
impl Generation for SqliteStore {
    async fn begin_run(&self, run: &NewRun) -> PortResult<GenerationRun> {
        let run = run.clone();
        self.write("begin a run", move |tx| runs::begin(tx, &run))
            .await
    }

    async fn runs(&self, world: &Slug, limit: u32) -> PortResult<Vec<GenerationRun>> {
        let world = world.clone();
        self.read("list runs", move |conn| runs::list(conn, &world, limit))
            .await
    }

    async fn claim_batches(
        &self,
        run: &GenerationRun,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
        limit: u32,
    ) -> PortResult<Vec<Batch>> {
        let id = run.id;
        let (now, until) = (codec::micros(now), codec::micros(until));
        let claimed = self
            .write("claim a batch", move |tx| {
                runs::claim(tx.conn, id, now, until, limit)
            })
            .await?;
        let world = run.world.clone();
        self.read("read a batch", move |conn| {
            runs::batches(conn, &world, &claimed)
        })
        .await
    }

    async fn commit_batches(
        &self,
        run: &GenerationRun,
        batches: Vec<BatchResult>,
    ) -> PortResult<BulkOutcome> {
        let (run, batches) = (Arc::new(run.clone()), Arc::new(batches));
        let (its, parts) = (Arc::clone(&run), Arc::clone(&batches));
        let written = self
            .write_or_undo("write a part of a run", move |tx| {
                bulk::write(tx, &its, &parts)
            })
            .await?;
        if let Some(numbers) = written {
            return Ok(BulkOutcome::Applied(numbers));
        }
        self.write("give up a claim", move |tx| {
            let numbers = batches.iter().map(|batch| batch.number);
            runs::release(tx.conn, run.id, numbers)
        })
        .await?;
        Ok(BulkOutcome::Stale)
    }

    async fn finish_run(&self, run: Uuid, now: DateTime<Utc>) -> PortResult<Option<GenerationRun>> {
        let now = codec::micros(now);
        self.write("finish a run", move |tx| runs::finish(tx.conn, run, now))
            .await
    }

    async fn pooled_topics(&self, world: &Slug, now: DateTime<Utc>) -> PortResult<Vec<Topic>> {
        let (world, now) = (world.clone(), codec::micros(now));
        self.read("read the pool of topics", move |conn| {
            pool::read(conn, &world, now)
        })
        .await
    }

    async fn pool_state(&self, world: &Slug) -> PortResult<PoolState> {
        let world = world.clone();
        self.read("look at the source of topics", move |conn| {
            pool::state(conn, &world)
        })
        .await
    }

    async fn refresh_pool(
        &self,
        world: &Slug,
        topics: &[Topic],
        now: DateTime<Utc>,
        expires_at: DateTime<Utc>,
    ) -> PortResult<()> {
        let (world, topics) = (world.clone(), topics.to_vec());
        let (now, expires_at) = (codec::micros(now), codec::micros(expires_at));
        self.write("refresh the pool of topics", move |tx| {
            pool::refresh(tx, &world, &topics, now, expires_at)
        })
        .await
    }

    async fn pool_failed(&self, world: &Slug, reason: &str, now: DateTime<Utc>) -> PortResult<()> {
        let (world, reason, now) = (world.clone(), reason.to_owned(), codec::micros(now));
        self.write("note that the pool was not refreshed", move |tx| {
            pool::failed(tx, &world, &reason, now)
        })
        .await
    }

    async fn take_lease(
        &self,
        name: &str,
        holder: Uuid,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> PortResult<bool> {
        let name = name.to_owned();
        let (now, until) = (codec::micros(now), codec::micros(until));
        self.write("take a lease", move |tx| {
            runs::take_lease(tx.conn, &name, holder, now, until)
        })
        .await
    }
}

#[async_trait]
impl Companions for SqliteStore {
    async fn give_companions(
        &self,
        world: &Slug,
        owner: AccountId,
        given: &[NewCompanion],
        now: DateTime<Utc>,
    ) -> PortResult<Household> {
        let (world, given, now) = (world.clone(), given.to_vec(), codec::micros(now));
        self.write("give companions", move |tx| {
            people::give(tx, &world, owner, &given, now)
        })
        .await
    }

    async fn seed_households(
        &self,
        world: &Slug,
        people: &[(AccountId, Vec<NewCompanion>)],
        now: DateTime<Utc>,
    ) -> PortResult<()> {
        let (world, people, now) = (world.clone(), people.to_vec(), codec::micros(now));
        self.write("make people for trials", move |tx| {
            people::seed(tx, &world, &people, now)
        })
        .await
    }

    async fn household(&self, world: &Slug, owner: AccountId) -> PortResult<Option<Household>> {
        let world = world.clone();
        self.read("read somebody's companions", move |conn| {
            Ok(runs::households(conn, &world, owner.0, owner.0)?.pop())
        })
        .await
    }

    async fn households_after(
        &self,
        world: &Slug,
        after: Option<AccountId>,
        limit: u32,
    ) -> PortResult<Vec<Household>> {
        let world = world.clone();
        self.read("list people with companions", move |conn| {
            people::households_after(conn, &world, after, limit)
        })
        .await
    }

    async fn owner_seen(
        &self,
        world: &Slug,
        owner: AccountId,
        now: DateTime<Utc>,
    ) -> PortResult<()> {
        let (world, now) = (world.clone(), codec::micros(now));
        self.write("note that somebody is here", move |tx| {
            people::seen(tx, &world, owner, now)
        })
        .await
    }

    async fn meditate(
        &self,
        world: &Slug,
        owner: AccountId,
        companion: Uuid,
        until: Option<DateTime<Utc>>,
    ) -> PortResult<Option<Companion>> {
        let (world, until) = (world.clone(), until.map(codec::micros));
        self.write("let a companion meditate", move |tx| {
            people::meditate(tx, &world, owner, companion, until)
        })
        .await
    }

    async fn talks(
        &self,
        world: &Slug,
        owner: AccountId,
        after: Option<Cursor>,
        limit: u32,
    ) -> PortResult<Page<TalkRecord>> {
        let world = world.clone();
        self.read("list somebody's conversations", move |conn| {
            talks::list(conn, &world, owner, after, limit)
        })
        .await
    }

    async fn talk(&self, owner: AccountId, id: ConversationId) -> PortResult<Option<TalkRecord>> {
        self.read("read a conversation", move |conn| {
            talks::find(conn, owner, id)
        })
        .await
    }

    async fn mark_read(
        &self,
        owner: AccountId,
        id: ConversationId,
        now: DateTime<Utc>,
    ) -> PortResult<bool> {
        let now = codec::micros(now);
        self.write("mark a conversation as read", move |tx| {
            talks::mark_read(tx.conn, owner, id, now)
        })
        .await
    }

    async fn unread(&self, world: &Slug, owner: AccountId) -> PortResult<u32> {
        let world = world.clone();
        self.read("count unread conversations", move |conn| {
            talks::unread(conn, &world, owner)
        })
        .await
    }

    async fn runaways(&self, world: &Slug, owner: AccountId) -> PortResult<Vec<RunawayRecord>> {
        let world = world.clone();
        self.read("list runaways", move |conn| {
            people::runaways(conn, &world, owner)
        })
        .await
    }

    async fn attempt(&self, attempt: &Attempt) -> PortResult<AttemptOutcome> {
        let attempt = attempt.clone();
        self.write("try to win somebody back", move |tx| {
            people::attempt(tx, &attempt)
        })
        .await
    }

    async fn mood_points(
        &self,
        world: &Slug,
        owner: AccountId,
        since: DateTime<Utc>,
    ) -> PortResult<Vec<MoodPoint>> {
        let (world, since) = (world.clone(), codec::micros(since));
        self.read("list moods", move |conn| {
            talks::moods(conn, &world, owner, since)
        })
        .await
    }

    async fn notices(
        &self,
        owner: AccountId,
        after: Option<Cursor>,
        limit: u32,
    ) -> PortResult<Page<Notice>> {
        self.read("list notifications", move |conn| {
            people::notices(conn, owner, after, limit)
        })
        .await
    }
}

impl SqliteStore {
    /// Writes batches, or nothing at all where one of them is stale (`None`).
    async fn write_or_undo(
        &self,
        doing: &str,
        work: impl Fn(&mut crate::writer::Tx<'_>) -> crate::fault::Result<bulk::Written>
        + Send
        + 'static,
    ) -> PortResult<Option<Vec<u32>>> {
        self.write(doing, move |tx| {
            tx.conn.execute_batch("SAVEPOINT part_of_a_run")?;
            let written = work(tx);
            let end = match &written {
                Ok(bulk::Written::Batches(_)) => "RELEASE part_of_a_run",
                _ => "ROLLBACK TO part_of_a_run; RELEASE part_of_a_run",
            };
            tx.conn.execute_batch(end)?;
            Ok::<_, Fault>(match written? {
                bulk::Written::Batches(numbers) => Some(numbers),
                bulk::Written::Stale => None,
            })
        })
        .await
    }
}
