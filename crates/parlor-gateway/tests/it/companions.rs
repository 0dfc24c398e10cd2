//! A house whose people have no companions.

use crate::house::House;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use parlor_model::world::Topic;
use parlor_model::{AccountId, Companion, ConversationId, Household, Slug};
use parlor_ports::archive::{Archive, ArchivedRow, Month};
use parlor_ports::companions::{
    Attempt, AttemptOutcome, Batch, BatchResult, BulkOutcome, Companions, Generation,
    GenerationRun, MoodPoint, NewCompanion, NewRun, Notice, PoolState, RunStatus, RunawayRecord,
    TalkRecord, Tally,
};
use parlor_ports::store::{Cursor, Page};
use parlor_ports::{PortError, PortResult};
use uuid::Uuid;

fn nothing<T>() -> Page<T> {
    Page {
        items: Vec::new(),
        next: None,
    }
}

#[async_trait]
impl Generation for House {
    async fn begin_run(&self, run: &NewRun) -> PortResult<GenerationRun> {
        self.ask()?;
        Ok(GenerationRun {
            id: run.id(1),
            world: run.world.clone(),
            ordinal: 1,
            seed: run.seed,
            at: run.at,
            due_at: run.due_at,
            ended_at: None,
            percent: run.percent,
            status: RunStatus::Running,
            planned: 0,
            tally: Tally::default(),
        })
    }

    async fn runs(&self, _: &Slug, _: u32) -> PortResult<Vec<GenerationRun>> {
        self.ask()?;
        Ok(Vec::new())
    }

    async fn claim_batches(
        &self,
        _: &GenerationRun,
        _: DateTime<Utc>,
        _: DateTime<Utc>,
        _: u32,
    ) -> PortResult<Vec<Batch>> {
        self.ask()?;
        Ok(Vec::new())
    }

    async fn commit_batches(
        &self,
        _: &GenerationRun,
        _: Vec<BatchResult>,
    ) -> PortResult<BulkOutcome> {
        self.ask()?;
        Ok(BulkOutcome::Applied(Vec::new()))
    }

    async fn finish_run(&self, _: Uuid, _: DateTime<Utc>) -> PortResult<Option<GenerationRun>> {
        self.ask()?;
        Ok(None)
    }

    async fn pooled_topics(&self, _: &Slug, _: DateTime<Utc>) -> PortResult<Vec<Topic>> {
        self.ask()?;
        Ok(Vec::new())
    }

    async fn pool_state(&self, _: &Slug) -> PortResult<PoolState> {
        self.ask()?;
        Ok(PoolState::default())
    }

    async fn refresh_pool(
        &self,
        _: &Slug,
        _: &[Topic],
        _: DateTime<Utc>,
        _: DateTime<Utc>,
    ) -> PortResult<()> {
        self.ask()
    }

    async fn pool_failed(&self, _: &Slug, _: &str, _: DateTime<Utc>) -> PortResult<()> {
        self.ask()
    }

    async fn take_lease(
        &self,
        _: &str,
        _: Uuid,
        _: DateTime<Utc>,
        _: DateTime<Utc>,
    ) -> PortResult<bool> {
        self.ask()?;
        Ok(true)
    }
}

#[async_trait]
impl Companions for House {
    async fn give_companions(
        &self,
        _: &Slug,
        _: AccountId,
        _: &[NewCompanion],
        _: DateTime<Utc>,
    ) -> PortResult<Household> {
        Err(PortError::terminal(
            "can't give companions",
            "nobody has any here",
        ))
    }

    async fn seed_households(
        &self,
        _: &Slug,
        _: &[(AccountId, Vec<NewCompanion>)],
        _: DateTime<Utc>,
    ) -> PortResult<()> {
        self.ask()
    }

    async fn household(&self, _: &Slug, _: AccountId) -> PortResult<Option<Household>> {
        self.ask()?;
        Ok(None)
    }

    async fn households_after(
        &self,
        _: &Slug,
        _: Option<AccountId>,
        _: u32,
    ) -> PortResult<Vec<Household>> {
        self.ask()?;
        Ok(Vec::new())
    }

    async fn owner_seen(&self, _: &Slug, _: AccountId, _: DateTime<Utc>) -> PortResult<()> {
        self.ask()
    }

    async fn meditate(
        &self,
        _: &Slug,
        _: AccountId,
        _: Uuid,
        _: Option<DateTime<Utc>>,
    ) -> PortResult<Option<Companion>> {
        self.ask()?;
        Ok(None)
    }

    async fn talks(
        &self,
        _: &Slug,
        _: AccountId,
        _: Option<Cursor>,
        _: u32,
    ) -> PortResult<Page<TalkRecord>> {
        self.ask()?;
        Ok(nothing())
    }

    async fn talk(&self, _: AccountId, _: ConversationId) -> PortResult<Option<TalkRecord>> {
        self.ask()?;
        Ok(None)
    }

    async fn mark_read(
        &self,
        _: AccountId,
        _: ConversationId,
        _: DateTime<Utc>,
    ) -> PortResult<bool> {
        self.ask()?;
        Ok(false)
    }

    async fn unread(&self, _: &Slug, _: AccountId) -> PortResult<u32> {
        self.ask()?;
        Ok(0)
    }

    async fn runaways(&self, _: &Slug, _: AccountId) -> PortResult<Vec<RunawayRecord>> {
        self.ask()?;
        Ok(Vec::new())
    }

    async fn attempt(&self, _: &Attempt) -> PortResult<AttemptOutcome> {
        self.ask()?;
        Ok(AttemptOutcome::Unknown)
    }

    async fn mood_points(
        &self,
        _: &Slug,
        _: AccountId,
        _: DateTime<Utc>,
    ) -> PortResult<Vec<MoodPoint>> {
        self.ask()?;
        Ok(Vec::new())
    }

    async fn notices(&self, _: AccountId, _: Option<Cursor>, _: u32) -> PortResult<Page<Notice>> {
        self.ask()?;
        Ok(nothing())
    }
}

#[async_trait]
impl Archive for House {
    async fn months_before(&self, _: DateTime<Utc>) -> PortResult<Vec<(Month, u64)>> {
        self.ask()?;
        Ok(Vec::new())
    }

    async fn month_rows(&self, _: Month, _: Option<&str>, _: u32) -> PortResult<Vec<ArchivedRow>> {
        self.ask()?;
        Ok(Vec::new())
    }

    async fn drop_month(&self, _: Month, rows: u64) -> PortResult<bool> {
        self.ask()?;
        Ok(rows == 0)
    }

    async fn put_rows(&self, _: Month, _: &[String]) -> PortResult<u64> {
        self.ask()?;
        Err(PortError::terminal(
            "archive",
            "nothing was ever archived here",
        ))
    }
}
