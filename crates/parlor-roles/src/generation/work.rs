//! The workers of a process that share a run, also with those of other processes.

use super::{GenerationOptions, Producer};
use chrono::{DateTime, TimeDelta, Utc};
use parlor_engine::generation::Agenda;
use parlor_model::Clock;
use parlor_model::world::DEFAULT_BATCH;
use parlor_ports::companions::{Batch, BatchResult, BulkOutcome, GenerationRun, RunStatus, Tally};
use parlor_ports::store::Store;
use parlor_ports::{PortError, PortResult};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::{Notify, mpsc};

/// Pause before a worker asks again for what others may give up.
const AGAIN: Duration = Duration::from_millis(200);
/// Longest pause after a failure.
const PAUSE_MAX: Duration = Duration::from_secs(3);

/// Works on a run until nothing of it is left, also for others; tells of each part that this process
/// has written. Gives the run as it is when all is done.
///
/// # Errors
/// The store was away for longer than the options' patience, or said no.
pub async fn work(
    producer: &Arc<Producer>,
    store: &Arc<dyn Store>,
    clock: &Arc<dyn Clock>,
    run: &GenerationRun,
    options: GenerationOptions,
    progress: mpsc::Sender<Tally>,
) -> PortResult<GenerationRun> {
    let pooled = producer.pooled(&**store, run.at).await?;
    let options = producer.options(options);
    let agenda = Arc::new(producer.agenda(&pooled, run.at));
    let mut workers = tokio::task::JoinSet::new();
    let share = Arc::new(Share::of(run));
    for _ in 0..options.workers.max(1) {
        let worker = Worker {
            producer: Arc::clone(producer),
            store: Arc::clone(store),
            clock: Arc::clone(clock),
            agenda: Arc::clone(&agenda),
            run: run.clone(),
            options,
            share: Arc::clone(&share),
            progress: progress.clone(),
        };
        workers.spawn(worker.work());
    }
    drop(progress);
    while let Some(ended) = workers.join_next().await {
        ended.map_err(|error| PortError::terminal("a worker ended", error))??;
    }
    let finished = store.finish_run(run.id, clock.now()).await?;
    finished.ok_or_else(|| PortError::terminal("the run is gone", run.id))
}

/// What the workers of a process know of each other's.
struct Share {
    /// People that none of them has claimed yet, if nobody else works on the run.
    left: AtomicU64,
    /// Wakes those who wait for the end.
    done: Notify,
}

impl Share {
    fn of(run: &GenerationRun) -> Self {
        Self {
            left: AtomicU64::new(run.planned.saturating_sub(run.tally.accounts)),
            done: Notify::new(),
        }
    }

    fn claimed(&self, people: usize) {
        let people = u64::try_from(people).unwrap_or(u64::MAX);
        let less = |left: u64| Some(left.saturating_sub(people));
        // It always has a value.
        let _ = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }
}

struct Worker {
    producer: Arc<Producer>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    agenda: Arc<Agenda>,
    run: GenerationRun,
    options: GenerationOptions,
    share: Arc<Share>,
    progress: mpsc::Sender<Tally>,
}

impl Worker {
    async fn work(self) -> PortResult<()> {
        let mut failing_since: Option<DateTime<Utc>> = None;
        let mut pause = AGAIN;
        loop {
            match self.part().await {
                Ok(true) => return Ok(()),
                Ok(false) => {
                    failing_since = None;
                    pause = AGAIN;
                }
                Err(error) if error.is_retryable() => {
                    let now = self.clock.now();
                    let since = *failing_since.get_or_insert(now);
                    if (now - since).to_std().unwrap_or_default() > self.options.patience {
                        return Err(error);
                    }
                    tracing::warn!(%error, run.id = %self.run.id, "a part of the run is tried again");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(PAUSE_MAX);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// How many batches to take: fewer towards the end, so that nobody is left with much when the
    /// others are done.
    fn batches(&self) -> u32 {
        let left = self.share.left.load(Ordering::Relaxed);
        let workers = u64::try_from(self.options.workers).unwrap_or(1).max(1);
        let each = left / (2 * workers * u64::from(DEFAULT_BATCH));
        u32::try_from(each).map_or(self.options.batches, |each| {
            each.clamp(1, self.options.batches.max(1))
        })
    }

    /// One claim, decided and written; true when the run is done.
    async fn part(&self) -> PortResult<bool> {
        let now = self.clock.now();
        let lease = TimeDelta::from_std(self.options.lease).unwrap_or(TimeDelta::MAX);
        let batches = self
            .store
            .claim_batches(&self.run, now, now + lease, self.batches())
            .await?;
        let people: usize = batches.iter().map(|batch| batch.households.len()).sum();
        self.share.claimed(people);
        if batches.is_empty() {
            let done = self.share.done.notified();
            let run = self.store.finish_run(self.run.id, now).await?;
            if run.is_none_or(|run| run.status == RunStatus::Done) {
                self.share.done.notify_waiters();
                return Ok(true);
            }
            let _ = tokio::time::timeout(AGAIN, done).await;
            return Ok(false);
        }
        let (producer, agenda) = (Arc::clone(&self.producer), Arc::clone(&self.agenda));
        let run = self.run.clone();
        let mut decided = tokio::task::spawn_blocking(move || {
            let decide = |batch: &Batch| producer.decide(&run, &agenda, batch);
            batches.iter().map(decide).collect::<Vec<BatchResult>>()
        })
        .await
        .map_err(|error| PortError::terminal("a part of the run can't be decided", error))?;
        self.producer.write(&mut decided).await;
        let mut tallies: BTreeMap<u32, Tally> = decided
            .iter()
            .map(|batch| (batch.number, batch.tally.clone()))
            .collect();
        match self.store.commit_batches(&self.run, decided).await? {
            BulkOutcome::Applied(numbers) => {
                tallies.retain(|number, _| numbers.contains(number));
                let mut tally = Tally::default();
                tallies.values().for_each(|part| tally.add(part));
                // Whoever looks on may be gone.
                let _ = self.progress.send(tally).await;
            }
            BulkOutcome::Stale => {}
        }
        Ok(false)
    }
}
