//! The way from the outbox to the bus.
//!
//! The committing process hands its rows to its [`RelayHandle`], which sends what is due and holds
//! the rest until its time. Nobody reads the table on this path. The [`Relay`] service reads it: it
//! finds rows that were put back (a paused world) and rows whose process is gone.

use crate::stage::Stage;
use crate::stage::track::about;
use chrono::{DateTime, TimeDelta, Utc};
use parlor_model::{Envelope, OutboxRow, Slug};
use parlor_ports::bus::{Bus, Outgoing};
use parlor_ports::store::Abandoned;
use parlor_ports::trace::{self, Kind, Span, Tracer};
use parlor_ports::{PortResult, metric};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Rows that wait for their time in memory; beyond it, committing waits. One conversation has one
/// row on its way, so this is the number of paced conversations that one process carries.
const WAITING_MAX: usize = 1_000_000;
/// Rows sent in one go.
const BATCH_MAX: usize = 512;
/// How long a row may be in hand, once due, before its process counts as gone. Sending it a second
/// time is harmless, so this only has to be longer than a busy process usually takes.
const IN_HAND_MAX: Duration = Duration::from_secs(5);
/// How often the table is looked at.
const SWEEP_EVERY: Duration = Duration::from_millis(250);
/// How often the table is searched for rows whose process is gone. Where rows stay in it while their
/// deliveries wait there may be very many, and only the beginning has rows of a process before.
const SEARCH_EVERY: Duration = Duration::from_secs(1);
const SEARCH_EVERY_WHERE_ROWS_STAY: Duration = Duration::from_secs(10);
/// A new process takes over at once what the one before it left, and what falls due soon after.
const TAKEOVER: Duration = Duration::from_secs(5);
/// How often rows that were sent are cleared when no commit takes them along.
const TIDY_EVERY: Duration = Duration::from_millis(50);

/// Sends rows. Cheap to clone.
#[derive(Clone)]
pub struct RelayHandle {
    shared: Arc<Shared>,
    later: mpsc::Sender<OutboxRow>,
}

struct Shared {
    stage: Arc<Stage>,
    bus: Arc<dyn Bus>,
}

/// What a relay does besides sending what it is handed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayOptions {
    /// Looks through the table for rows of these worlds that nobody sends. Empty: never.
    pub sweeps: Vec<Slug>,
}

/// The service behind the handles of one process.
pub struct Relay {
    shared: Arc<Shared>,
    later: mpsc::Receiver<OutboxRow>,
    options: RelayOptions,
    started: DateTime<Utc>,
    /// When the table was last searched for rows of processes that are gone.
    searched: DateTime<Utc>,
}

impl Relay {
    /// A relay from `stage` to `bus`, and a handle to it.
    #[must_use]
    pub fn new(stage: Arc<Stage>, bus: Arc<dyn Bus>, options: RelayOptions) -> (Self, RelayHandle) {
        let (sender, later) = mpsc::channel(BATCH_MAX * 4);
        let started = stage.clock().now();
        let shared = Arc::new(Shared { stage, bus });
        let handle = RelayHandle {
            shared: shared.clone(),
            later: sender,
        };
        (
            Self {
                shared,
                later,
                options,
                started,
                searched: DateTime::UNIX_EPOCH,
            },
            handle,
        )
    }

    /// Runs until cancelled. What still waits in memory then is in the table, for the next relay.
    pub async fn run(mut self, cancel: CancellationToken) {
        let mut waiting = BinaryHeap::new();
        let mut sweep = tokio::time::interval(SWEEP_EVERY);
        sweep.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut tidy = tokio::time::interval(TIDY_EVERY);
        tidy.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let wait = self.until_due(&waiting);
            tokio::select! {
                () = cancel.cancelled() => break,
                row = self.later.recv(), if waiting.len() < WAITING_MAX => match row {
                    Some(row) => {
                        hold(&mut waiting, row);
                        while let Ok(row) = self.later.try_recv() {
                            hold(&mut waiting, row);
                        }
                    }
                    None => break,
                },
                () = tokio::time::sleep(wait), if !waiting.is_empty() => {
                    self.send_due(&mut waiting).await;
                }
                _ = sweep.tick(), if !self.options.sweeps.is_empty() => self.sweep().await,
                _ = tidy.tick() => self.tidy().await,
            }
        }
        self.tidy().await;
    }

    fn until_due(&self, waiting: &BinaryHeap<Reverse<ByDue>>) -> Duration {
        let now = self.shared.stage.clock().now();
        waiting.peek().map_or(Duration::MAX, |Reverse(row)| {
            (row.0.due_at - now).to_std().unwrap_or(Duration::ZERO)
        })
    }

    async fn send_due(&self, waiting: &mut BinaryHeap<Reverse<ByDue>>) {
        let now = self.shared.stage.clock().now();
        loop {
            let mut batch = Vec::new();
            while batch.len() < BATCH_MAX
                && waiting
                    .peek()
                    .is_some_and(|Reverse(row)| row.0.due_at <= now)
            {
                batch.extend(waiting.pop().map(|Reverse(row)| row.0));
            }
            if batch.is_empty() {
                return;
            }
            self.shared.publish(batch).await;
        }
    }

    /// Sends rows that nobody sends: parked ones each time, those of processes that are gone each
    /// time that a search is due.
    async fn sweep(&mut self) {
        let stage = self.shared.stage.clone();
        let now = stage.clock().now();
        let abandoned = self.search_is_due(now).then(|| self.abandoned(now));
        loop {
            let limit = u32::try_from(BATCH_MAX).unwrap_or(u32::MAX);
            let taken = stage
                .store()
                .take_outbox(&self.options.sweeps, now, abandoned, limit)
                .await;
            match taken {
                Ok(rows) if rows.is_empty() => return,
                Ok(rows) => {
                    metrics::counter!(metric::RELAYED).increment(rows.len() as u64);
                    self.shared.publish(rows).await;
                }
                Err(error) => {
                    tracing::warn!(%error, "the outbox can't be read, trying again");
                    return;
                }
            }
        }
    }

    fn search_is_due(&mut self, now: DateTime<Utc>) -> bool {
        let pause = if now - self.started < TimeDelta::from_std(TAKEOVER).unwrap_or_default() {
            Duration::ZERO
        } else if self.shared.stage.outbox_is_the_durability() {
            SEARCH_EVERY_WHERE_ROWS_STAY
        } else {
            SEARCH_EVERY
        };
        let due = (now - self.searched)
            .to_std()
            .is_ok_and(|since| since >= pause);
        if due {
            self.searched = now;
        }
        due
    }

    /// Which rows are nobody's. Where the bus keeps nothing, a row stays in the table while its
    /// delivery waits, so only rows from before this process are, as soon as they are due.
    fn abandoned(&self, now: DateTime<Utc>) -> Abandoned {
        if self.shared.stage.outbox_is_the_durability() {
            Abandoned {
                taken_before: self.started,
                due_before: now,
            }
        } else {
            Abandoned::older_than(IN_HAND_MAX, now)
        }
    }

    async fn tidy(&self) {
        if let Err(error) = self.shared.stage.clear_sent().await {
            tracing::warn!(%error, "rows that were sent can't be cleared yet");
        }
    }
}

impl RelayHandle {
    /// Sends rows: those that are due before it returns, the others at their time. What can't be
    /// sent now is in the table and is sent later.
    pub async fn send(&self, rows: Vec<OutboxRow>) {
        let now = self.shared.stage.clock().now();
        let (due, later): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.due_at <= now);
        if !due.is_empty() {
            self.shared.publish(due).await;
        }
        for row in later {
            if self.later.send(row).await.is_err() {
                // The relay has ended; the row stays in the table for the next one.
                return;
            }
        }
    }
}

impl RelayHandle {
    /// Sends rows that are in no outbox; what became of each, in order. Only for a bus that keeps what it
    /// has taken: what it has not is the caller's still.
    pub async fn send_unwritten(&self, rows: Vec<OutboxRow>) -> Vec<PortResult<()>> {
        self.shared.send(&outgoing(rows)).await
    }
}

fn outgoing(rows: Vec<OutboxRow>) -> Vec<Outgoing> {
    let outgoing = |row: OutboxRow| Outgoing {
        inbox: row.inbox,
        envelope: row.envelope,
    };
    rows.into_iter().map(outgoing).collect()
}

impl Shared {
    /// Sends rows of the outbox, and remembers which of them may be cleared.
    async fn publish(&self, rows: Vec<OutboxRow>) {
        let batch = outgoing(rows);
        let results = self.send(&batch).await;
        let durable = self.bus.capabilities().durable;
        let mut sent = Vec::with_capacity(batch.len());
        for (outgoing, result) in batch.iter().zip(results) {
            match result {
                Ok(()) if durable => sent.push(outgoing.envelope.id),
                Ok(()) => {}
                // Nobody is there any more, and their inbox is gone.
                Err(error) if !error.is_retryable() && self.is_for_nobody(&outgoing.envelope) => {
                    sent.push(outgoing.envelope.id);
                }
                Err(error) => tracing::warn!(
                    event = %outgoing.envelope.id,
                    conversation = %outgoing.envelope.conversation,
                    trace_id = %outgoing.envelope.trace_id().simple(),
                    inbox = %outgoing.inbox,
                    %error,
                    "not sent yet; it waits in the outbox",
                ),
            }
        }
        self.stage.sent(sent);
    }

    async fn send(&self, batch: &[Outgoing]) -> Vec<PortResult<()>> {
        let began = trace::tracer().map(|tracer| (tracer, self.stage.clock().now()));
        let started = Instant::now();
        let results = self.bus.publish(batch).await;
        metrics::histogram!(metric::PUBLISH_SECONDS).record(started.elapsed());
        if let Some((tracer, began)) = began {
            self.tell(tracer, batch, &results, began, started.elapsed());
        }
        let accepted = batch
            .iter()
            .zip(&results)
            .filter(|(_, result)| result.is_ok());
        self.stage
            .traffic()
            .published(accepted.map(|(outgoing, _)| outgoing.inbox.as_str()));
        self.count(&results);
        results
    }

    fn is_for_nobody(&self, envelope: &Envelope) -> bool {
        let world = self.stage.worlds().get(&envelope.world);
        world.is_some_and(|world| world.may_have_left(&envelope.recipient))
    }

    fn count(&self, results: &[PortResult<()>]) {
        let bus = self.bus.capabilities().name;
        let ok = results.iter().filter(|result| result.is_ok()).count();
        let failed = results.len() - ok;
        metrics::counter!(metric::PUBLISHED, "bus" => bus, "outcome" => "ok").increment(ok as u64);
        if failed > 0 {
            metrics::counter!(metric::PUBLISHED, "bus" => bus, "outcome" => "failed")
                .increment(failed as u64);
        }
    }

    /// Tells traces of what was sent.
    fn tell(
        &self,
        tracer: &dyn Tracer,
        batch: &[Outgoing],
        results: &[PortResult<()>],
        began: DateTime<Utc>,
        took: Duration,
    ) {
        for (Outgoing { inbox, envelope }, result) in batch.iter().zip(results) {
            let made = trace::made(envelope);
            if !tracer.wants(made.trace) {
                continue;
            }
            let sending = began.timestamp_micros().unsigned_abs();
            let id = trace::within_id(trace::made_id(envelope.id), sending);
            let span = Span::new(made, id, Kind::Client, format!("send {inbox}"))
                .at(began, took)
                .with("messaging.system", self.bus.capabilities().name);
            let mut span = about(span, envelope, inbox);
            span.error = result.as_ref().err().map(ToString::to_string);
            tracer.record(span);
        }
    }
}

fn hold(waiting: &mut BinaryHeap<Reverse<ByDue>>, row: OutboxRow) {
    waiting.push(Reverse(ByDue(row)));
}

/// A row, ordered by when it is due.
struct ByDue(OutboxRow);

impl PartialEq for ByDue {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for ByDue {}

impl PartialOrd for ByDue {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ByDue {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.0.due_at, self.0.envelope.id).cmp(&(other.0.due_at, other.0.envelope.id))
    }
}
