//! The part of the jobs role that goes by the clock: at the times of a world's schedule one of all
//! processes begins a run, and every process works on it; now and then one of them refreshes the topics.
//!
//! A run that was left unfinished (every process was killed) is gone on with at the next look, also at
//! start. A time that passed while no process ran is not made up for.

use crate::generation::{GenerationOptions, Producer, work};
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use parlor_model::world::{Schedule, Topic};
use parlor_model::{Clock, Slug};
use parlor_ports::PortResult;
use parlor_ports::companions::{GenerationRun, NewRun, RunStatus};
use parlor_ports::store::Store;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How often is looked whether there is something to do.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A process that leads does so for this long, unless it says so again.
const LEASE: TimeDelta = TimeDelta::seconds(15);
/// A source that failed is asked again after this long.
const RETRY_SOURCE: TimeDelta = TimeDelta::minutes(15);

/// Where topics come from.
#[async_trait]
pub trait TopicSource: Send + Sync {
    /// What it has now.
    ///
    /// # Errors
    /// A sentence that says why it has nothing.
    async fn fetch(&self) -> Result<Vec<Topic>, String>;
}

/// What the service needs.
pub struct ScheduleOptions {
    /// The times; `None`: topics alone are looked after.
    pub schedule: Option<Schedule>,
    /// The dice.
    pub seed: u64,
    /// This process.
    pub holder: Uuid,
    /// Where topics come from, if they do.
    pub source: Option<Arc<dyn TopicSource>>,
    /// How runs are worked on.
    pub work: GenerationOptions,
}

/// The service.
pub struct ScheduleRole {
    options: ScheduleOptions,
    producer: Arc<Producer>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
}

impl ScheduleRole {
    /// For a world with companions.
    #[must_use]
    pub fn new(
        options: ScheduleOptions,
        producer: Arc<Producer>,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            options,
            producer,
            store,
            clock,
        }
    }

    fn world(&self) -> &Slug {
        &self.producer.world().name
    }

    /// Runs until cancelled.
    pub async fn run(self, cancel: CancellationToken) {
        let mut looked_at = self.clock.now();
        loop {
            let now = self.clock.now();
            let look = self.look(looked_at, now);
            let outcome = tokio::select! {
                () = cancel.cancelled() => return,
                outcome = look => outcome,
            };
            match outcome {
                Ok(()) => looked_at = now,
                Err(error) => {
                    tracing::warn!(world = %self.world(), %error, "no run was begun or gone on with");
                }
            }
            tokio::select! {
                () = cancel.cancelled() => return,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// Does what is due between two looks.
    ///
    /// # Errors
    /// Retryable when the store is away.
    pub async fn look(&self, after: DateTime<Utc>, now: DateTime<Utc>) -> PortResult<()> {
        let lease = format!("generation {}", self.world());
        let leads = self
            .store
            .take_lease(&lease, self.options.holder, now, now + LEASE)
            .await?;
        if leads {
            self.refresh_topics(now).await?;
            self.begin_due(after, now).await?;
        }
        let latest = self.store.runs(self.world(), 1).await?.pop();
        match latest {
            Some(run) if run.status == RunStatus::Running => self.work(&run).await,
            _ => Ok(()),
        }
    }

    async fn begin_due(&self, after: DateTime<Utc>, now: DateTime<Utc>) -> PortResult<()> {
        let Some(schedule) = &self.options.schedule else {
            return Ok(());
        };
        let Some(due_at) = schedule.next_after(after).filter(|due_at| *due_at <= now) else {
            return Ok(());
        };
        let run = NewRun {
            world: self.world().clone(),
            seed: self.options.seed,
            at: due_at,
            due_at: Some(due_at),
            percent: self.producer.generator().rules().group.percent,
            accounts_max: None,
            batch: schedule.batch,
        };
        let run = self.store.begin_run(&run).await?;
        tracing::info!(world = %self.world(), run.id = %run.id, people = run.planned, "began a run");
        Ok(())
    }

    async fn work(&self, run: &GenerationRun) -> PortResult<()> {
        let (sender, mut parts) = mpsc::channel(16);
        let work = work(
            &self.producer,
            &self.store,
            &self.clock,
            run,
            self.options.work,
            sender,
        );
        let (done, ()) = tokio::join!(work, async { while parts.recv().await.is_some() {} });
        let done = done?;
        tracing::info!(
            world = %self.world(),
            run.id = %done.id,
            run.conversations = done.tally.conversations,
            run.runaways = done.tally.runaways,
            "a run is done"
        );
        Ok(())
    }

    /// Asks the source where it is time to.
    async fn refresh_topics(&self, now: DateTime<Utc>) -> PortResult<()> {
        let Some(source) = &self.options.source else {
            return Ok(());
        };
        let pool = &self.producer.generator().rules().pool;
        let state = self.store.pool_state(self.world()).await?;
        let every = TimeDelta::hours(i64::from(pool.refresh_hours));
        let wait = if state.error.is_some() {
            RETRY_SOURCE.min(every)
        } else {
            every
        };
        if state.asked_at.is_some_and(|asked_at| asked_at + wait > now) {
            return Ok(());
        }
        match source.fetch().await {
            Ok(topics) => {
                let expires_at = now + TimeDelta::days(i64::from(pool.expire_days));
                self.store
                    .refresh_pool(self.world(), &topics, now, expires_at)
                    .await?;
                tracing::info!(world = %self.world(), topics = topics.len(), "refreshed the topics");
            }
            Err(reason) => {
                tracing::warn!(world = %self.world(), %reason, "the topics stay as they are");
                self.store.pool_failed(self.world(), &reason, now).await?;
            }
        }
        Ok(())
    }
}
