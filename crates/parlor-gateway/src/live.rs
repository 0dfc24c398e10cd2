//! Live events: the log of changes, read once and handed to every reader.
//!
//! One task ([`LiveView::tail`]) reads the log while anybody listens: at once after a commit of this
//! process, every [`POLL`] for those of others. It writes each change as a frame of the event
//! stream once; readers get the same bytes. A reader that is new, or too slow for the ring, reads
//! the store from its own cursor until it has caught up, so it waits for nobody and nobody waits for
//! it. Each batch says where it begins, by which a reader sees that it has missed something.

mod frame;
mod reader;

pub(crate) use frame::Interest;
pub(crate) use reader::Reader;

use crate::problem::Problem;
use axum::http::{HeaderValue, StatusCode, header};
use frame::Batch;
use metrics::gauge;
use parlor_model::Slug;
use parlor_ports::PortError;
use parlor_ports::metric::LIVE_READERS;
use parlor_ports::store::{Cursor, Store};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;

/// Changes read at once, and thus in a batch.
const BATCH_MAX: u32 = 256;
/// Batches that the ring holds for readers that are behind.
const RING_BATCHES: usize = 64;
/// How often the log is asked for the commits of other processes.
const POLL: Duration = Duration::from_millis(100);
/// Pause after a batch. It delays no lone change, and keeps the number of wake-ups (batches times
/// readers) low when much is going on.
const GATHER: Duration = Duration::from_millis(5);
/// Pause after a failure of the store; doubles up to [`RETRY_MAX`].
const RETRY_MIN: Duration = Duration::from_millis(100);
const RETRY_MAX: Duration = Duration::from_secs(2);

/// The live view; cheap to clone.
#[derive(Clone)]
pub(crate) struct LiveView(Arc<Shared>);

struct Shared {
    store: Arc<dyn Store>,
    /// Worlds whose changes everybody may see.
    worlds: HashSet<Slug>,
    batches: broadcast::Sender<Arc<Batch>>,
    readers: watch::Sender<usize>,
    readers_max: usize,
    keep_alive: Duration,
}

impl LiveView {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        worlds: HashSet<Slug>,
        readers_max: usize,
        keep_alive: Duration,
    ) -> Self {
        Self(Arc::new(Shared {
            store,
            worlds,
            batches: broadcast::Sender::new(RING_BATCHES),
            readers: watch::Sender::new(0),
            readers_max,
            keep_alive,
        }))
    }

    /// Hands on what happens, until `shutdown`. Rests while nobody listens.
    pub(crate) async fn tail(self, shutdown: CancellationToken) {
        let work = async {
            let mut readers = self.0.readers.subscribe();
            while readers.wait_for(|count| *count > 0).await.is_ok() {
                self.follow().await;
            }
        };
        shutdown.run_until_cancelled(work).await;
    }

    /// Hands on what happens from now on, until nobody listens.
    async fn follow(&self) {
        let store = &self.0.store;
        let mut commits = store.commits();
        let mut retry = Retry::default();
        let mut at: Option<Cursor> = None;
        while *self.0.readers.borrow() > 0 {
            commits.borrow_and_update();
            match self.step(at).await {
                Ok((cursor, read)) => {
                    retry.succeeded();
                    at = Some(cursor);
                    if read == BATCH_MAX as usize {
                        continue;
                    }
                    if read > 0 {
                        tokio::time::sleep(GATHER).await;
                    }
                }
                Err(error) => {
                    if !retry.is_failing() {
                        tracing::warn!(error = %error, "live events wait for the store");
                    }
                    retry.failed().await;
                }
            }
            if let Ok(Err(_)) = tokio::time::timeout(POLL, commits.changed()).await {
                // The store tells of no more commits: it is being closed.
                tokio::time::sleep(POLL).await;
            }
        }
    }

    /// Reads and hands on one batch; gives where it ended and how many changes it held.
    async fn step(&self, at: Option<Cursor>) -> Result<(Cursor, usize), PortError> {
        let Some(at) = at else {
            let now = self.0.store.latest_change().await?;
            // Readers that came before and stand before this place now know that they must read.
            self.send(Batch::empty(now));
            return Ok((now, 0));
        };
        let changes = self.0.store.changes(at, BATCH_MAX).await?;
        let read = changes.len();
        if read == 0 {
            return Ok((at, 0));
        }
        let batch = Batch::render(at, changes, &self.0.worlds);
        let to = batch.to;
        self.send(batch);
        Ok((to, read))
    }

    fn send(&self, batch: Batch) {
        // It fails when nobody listens any more, which is all right.
        let _ = self.0.batches.send(Arc::new(batch));
    }

    /// How many readers there are.
    pub(crate) fn readers(&self) -> usize {
        *self.0.readers.borrow()
    }

    /// A reader of what happens after `after` (by default: from now on) and is of `interest`.
    pub(crate) async fn join(
        &self,
        interest: Interest,
        after: Option<Cursor>,
    ) -> Result<Reader, Problem> {
        let seat = self.take_seat()?;
        let batches = self.0.batches.subscribe();
        let now = self.0.store.latest_change().await?;
        // A cursor beyond the end is from another database, whose events are not coming.
        let cursor = after.filter(|after| *after <= now).unwrap_or(now);
        Ok(Reader::new(self.clone(), seat, batches, interest, cursor))
    }

    fn take_seat(&self) -> Result<Seat, Problem> {
        let max = self.0.readers_max;
        let taken = self.0.readers.send_if_modified(|count| {
            let free = *count < max;
            *count += usize::from(free);
            free
        });
        if !taken {
            return Err(Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "too_many_readers",
                format!("{max} readers follow the live events already, which is the limit"),
            )
            .with("limit", max)
            .with_header(header::RETRY_AFTER, HeaderValue::from_static("10")));
        }
        gauge!(LIVE_READERS).increment(1);
        Ok(Seat(self.clone()))
    }
}

/// A reader's place among all; given back when dropped.
pub(crate) struct Seat(LiveView);

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.0.readers.send_modify(|count| *count -= 1);
        gauge!(LIVE_READERS).decrement(1);
    }
}

/// Waits longer after each failure.
#[derive(Debug, Default)]
struct Retry {
    pause: Option<Duration>,
}

impl Retry {
    fn is_failing(&self) -> bool {
        self.pause.is_some()
    }

    fn succeeded(&mut self) {
        self.pause = None;
    }

    async fn failed(&mut self) {
        let pause = self
            .pause
            .map_or(RETRY_MIN, |pause| (pause * 2).min(RETRY_MAX));
        self.pause = Some(pause);
        tokio::time::sleep(pause).await;
    }
}
