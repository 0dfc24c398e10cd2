//! The indexer: puts words of what was said into the full-text index, behind the hot path.
//!
//! It works in small batches, each a transaction of its own that also says how far it came, so it
//! may die anywhere and several processes may run one. Idle, a line can be found about a second
//! after it was said. While much is said it takes only a small part of the time
//! ([`BUSY_PAUSE`]), and catches up later.

use crate::retry::Backoff;
use parlor_model::Clock;
use parlor_ports::store::{Cursor, Store};
use parlor_ports::{PortResult, metric};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Messages of one batch: a writer in between waits for a few milliseconds at most.
const BATCH_MAX: u32 = 64;
/// How often it looks when there is nothing to do.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// While others commit, a pause this many times as long as the batch before it took: 3 % of the
/// time.
const BUSY_PAUSE: u32 = 32;
/// And never a longer one.
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// The service.
pub struct Indexer {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
}

impl Indexer {
    /// An indexer of everything in `store`.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// Runs until cancelled.
    pub async fn run(self, cancel: CancellationToken) {
        let mut backoff = Backoff::new(uuid::Uuid::nil());
        let mut latest = Cursor::START;
        loop {
            let started = Instant::now();
            let pause = match self.look().await {
                Ok((indexed, change)) => {
                    backoff = Backoff::new(uuid::Uuid::nil());
                    let is_busy = std::mem::replace(&mut latest, change) != change;
                    pause(indexed, started.elapsed(), is_busy)
                }
                Err(error) => {
                    tracing::warn!(%error, "words can't be indexed, trying again");
                    backoff.next_wait()
                }
            };
            tokio::select! {
                () = cancel.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Indexes a batch, and tells how far behind that leaves it. Gives how much it was, and the
    /// latest change, which shows whether somebody commits.
    async fn look(&self) -> PortResult<(u32, Cursor)> {
        let indexed = self.store.index_words(BATCH_MAX).await?;
        metrics::counter!(metric::WORDS_INDEXED).increment(u64::from(indexed));
        let since = self.store.unindexed_since().await?;
        let behind = since.and_then(|since| (self.clock.now() - since).to_std().ok());
        metrics::gauge!(metric::WORDS_BEHIND).set(behind.unwrap_or_default().as_secs_f64());
        Ok((indexed, self.store.latest_change().await?))
    }
}

/// How long to wait after a batch of so many messages that took so long.
fn pause(indexed: u32, took: Duration, is_busy: bool) -> Duration {
    if indexed < BATCH_MAX {
        LOOK_EVERY
    } else if is_busy {
        (took * BUSY_PAUSE).min(PAUSE_MAX)
    } else {
        // Whoever wants to write is let in.
        took
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_rests_when_all_is_done_hurries_when_alone_and_is_modest_when_not() {
        let took = Duration::from_millis(4);
        assert_eq!(pause(BATCH_MAX - 1, took, false), LOOK_EVERY);
        assert_eq!(pause(BATCH_MAX, took, false), took);
        assert_eq!(pause(BATCH_MAX, took, true), Duration::from_millis(128));
        assert_eq!(pause(BATCH_MAX, PAUSE_MAX, true), PAUSE_MAX);
    }
}
