//! What a load came to.

use super::crowd::{Crowd, Seen};
use crate::commands::say;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// What was counted so far.
#[derive(Debug, Default)]
pub(super) struct Figures {
    answers: Vec<Duration>,
    failures: BTreeMap<String, u64>,
}

/// What is printed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    /// Conversations that were started.
    started: u64,
    /// Of these, so many ended.
    ended: u64,
    /// Requests that failed, by reason.
    failures: BTreeMap<String, u64>,
    /// From the first request to the end of the last conversation, in seconds.
    seconds: f64,
    /// Messages said in the world meanwhile.
    messages: u64,
    messages_per_second: f64,
    /// Live events that all readers together were given.
    events: u64,
    /// Readers whose stream broke off.
    readers_lost: u64,
    /// Milliseconds to the answer of a request that starts a conversation.
    answer_ms: Quantiles,
}

#[derive(Debug, Serialize)]
struct Quantiles {
    p50: f64,
    p95: f64,
    p99: f64,
    max: f64,
}

impl Figures {
    pub(super) fn count(&mut self, id: Result<String, String>, took: Duration, crowd: &Crowd) {
        match id {
            Ok(id) => {
                self.answers.push(took);
                crowd.expect(id);
            }
            Err(reason) => *self.failures.entry(reason).or_default() += 1,
        }
    }

    pub(super) fn started(&self) -> u64 {
        u64::try_from(self.answers.len()).unwrap_or(u64::MAX)
    }

    pub(super) fn report(mut self, elapsed: Duration, seen: &Seen, ended: u64) -> Report {
        self.answers.sort_unstable();
        let seconds = elapsed.as_secs_f64().max(0.001);
        Report {
            started: self.started(),
            ended,
            seconds,
            messages: seen.messages,
            messages_per_second: float(seen.messages) / seconds,
            events: seen.events,
            readers_lost: seen.lost,
            answer_ms: Quantiles {
                p50: quantile(&self.answers, 50),
                p95: quantile(&self.answers, 95),
                p99: quantile(&self.answers, 99),
                max: quantile(&self.answers, 100),
            },
            failures: self.failures,
        }
    }
}

impl Report {
    /// Nothing failed, and everything ended.
    pub(super) fn is_well(&self) -> bool {
        self.failures.is_empty() && self.ended == self.started && self.readers_lost == 0
    }

    pub(super) fn print(&self) -> anyhow::Result<()> {
        let Quantiles { p50, p95, p99, max } = self.answer_ms;
        say(&format!(
            "conversations  {} started, {} ended, in {:.1} s",
            self.started, self.ended, self.seconds
        ))?;
        say(&format!(
            "messages       {} ({:.0} a second)",
            self.messages, self.messages_per_second
        ))?;
        say(&format!(
            "answers        p50 {p50:.1} ms, p95 {p95:.1} ms, p99 {p99:.1} ms, at most {max:.1} ms"
        ))?;
        say(&format!(
            "live events    {} given, {} readers lost",
            self.events, self.readers_lost
        ))?;
        for (reason, count) in &self.failures {
            say(&format!("failed         {count} × {reason}"))?;
        }
        Ok(())
    }
}

/// The value that `percent` of them do not exceed (nearest rank), in milliseconds.
fn quantile(sorted: &[Duration], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted
        .get(rank - 1)
        .map_or(0.0, |took| took.as_secs_f64() * 1_000.0)
}

/// Counts of a load are far below 2⁵³.
#[expect(clippy::cast_precision_loss, reason = "see above")]
fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_that_were_measured() {
        let sorted: Vec<_> = (1..=200).map(Duration::from_millis).collect();
        let values = [50, 95, 99, 100].map(|percent| quantile(&sorted, percent).round());
        assert_eq!(values, [100.0, 190.0, 198.0, 200.0]);
        assert_eq!(quantile(&sorted[..1], 50).round(), 1.0);
        assert_eq!(quantile(&[], 99), 0.0);
    }
}
