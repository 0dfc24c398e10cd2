//! Waiting longer each time something fails.

use parlor_model::{Dice, Roll};
use parlor_ports::metric;
use std::time::Duration;
use uuid::Uuid;

const FIRST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(3);

/// Exponential backoff with full jitter: the n-th wait is uniform in 0..=min(50 ms · 2^n, 3 s), so
/// that many who lost the same server don't come back in step.
#[derive(Debug)]
pub struct Backoff {
    ceiling: Duration,
    roll: Roll,
}

impl Backoff {
    /// Starts anew. `salt` makes different waiters wait differently.
    #[must_use]
    pub fn new(salt: Uuid) -> Self {
        Self {
            ceiling: FIRST,
            roll: Dice::new(u64::from(std::process::id()), salt).roll("backoff"),
        }
    }

    /// How long to wait before the next try.
    pub fn next_wait(&mut self) -> Duration {
        let wait = self.ceiling.mul_f64(self.roll.unit());
        self.ceiling = (self.ceiling * 2).min(LONGEST);
        wait
    }

    /// Waits before the next try of `what`, and counts it.
    pub async fn wait(&mut self, what: &'static str) {
        metrics::counter!(metric::RETRIES, "kind" => what).increment(1);
        let wait = self.next_wait();
        tokio::time::sleep(wait).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_bound() {
        let mut backoff = Backoff::new(Uuid::nil());
        let waits: Vec<_> = (0..100).map(|_| backoff.next_wait()).collect();
        assert!(waits[0] <= FIRST);
        assert!(waits.iter().all(|w| *w <= LONGEST));
        assert!(waits.iter().any(|w| *w > LONGEST / 2));
    }
}
