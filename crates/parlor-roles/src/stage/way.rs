//! How long the legs of an event's way take, measured as it goes.

use chrono::{DateTime, TimeDelta, Utc};
use parlor_model::{Envelope, Legs};
use std::time::{Duration, Instant};

/// A batch in hand, its scenes loaded.
pub(super) struct Hand {
    received_at: DateTime<Utc>,
    loaded: Duration,
    loaded_at: Instant,
}

/// The way of one event, decided.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way {
    pub(super) received_at: DateTime<Utc>,
    legs: Legs,
    decided_at: Instant,
}

impl Hand {
    /// A batch that was received then, and whose scenes took so long to load until now.
    pub(super) fn new(received_at: DateTime<Utc>, loaded: Duration) -> Self {
        Self {
            received_at,
            loaded,
            loaded_at: Instant::now(),
        }
    }

    /// The way of an event that is decided now.
    pub(super) fn decided(&self, event: &Envelope) -> Way {
        let decided_at = Instant::now();
        // The clock of another machine may be ahead.
        let waited = (self.received_at - event.time).max(TimeDelta::zero());
        Way {
            received_at: self.received_at,
            legs: Legs {
                waited: waited.num_microseconds().unwrap_or(i64::MAX).unsigned_abs(),
                loaded: micros(self.loaded),
                decided: micros(decided_at - self.loaded_at),
                spoke: 0,
            },
            decided_at,
        }
    }
}

impl Way {
    /// The legs of an event whose words are found now.
    pub(super) fn spoken(&self) -> Legs {
        Legs {
            spoke: micros(self.decided_at.elapsed()),
            ..self.legs
        }
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
