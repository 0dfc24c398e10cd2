//! The usage port: what language models were asked for, by world, day and model, and how much of a
//! world's daily budget is left. A day is a day of UTC.
//!
//! A budget holds over all processes that share the store: a process sets an amount aside
//! ([`UsageStore::reserve`]) *before* it calls, and gives back what it did not need. What a process
//! that died had set aside stays spent for the day: nobody knows whether its calls were made, and a
//! limit is a limit.

use crate::error::PortResult;
use async_trait::async_trait;
use chrono::NaiveDate;
use parlor_model::Slug;
use std::collections::BTreeMap;
use std::time::Duration;

/// Upper bounds of the latency buckets, in milliseconds; a last bucket takes what is slower.
pub const LATENCY_MS: [u64; 19] = [
    25, 50, 100, 150, 200, 300, 400, 500, 750, 1_000, 1_500, 2_000, 3_000, 5_000, 7_500, 10_000,
    15_000, 30_000, 60_000,
];
/// Latency buckets.
pub const LATENCY_BUCKETS: usize = LATENCY_MS.len() + 1;

/// A world's budget is kept for each day apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BudgetDay {
    /// The world.
    pub world: Slug,
    /// The day, of UTC.
    pub day: NaiveDate,
}

/// Calls and tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Amount {
    /// Requests to a provider.
    pub calls: u64,
    /// Tokens read and written.
    pub tokens: u64,
}

/// What a world may spend in a day. `None`: as much as it likes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// Requests to a provider.
    pub calls_max: Option<u64>,
    /// Tokens read and written.
    pub tokens_max: Option<u64>,
}

impl Limits {
    /// True when nothing is limited.
    #[must_use]
    pub fn is_none(self) -> bool {
        self == Self::default()
    }

    /// What is left of them after `spent`; `None` where there is no limit.
    #[must_use]
    pub fn left(self, spent: Amount) -> (Option<u64>, Option<u64>) {
        (
            self.calls_max.map(|max| max.saturating_sub(spent.calls)),
            self.tokens_max.map(|max| max.saturating_sub(spent.tokens)),
        )
    }
}

/// A change of what is spent, up or down.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Correction {
    /// Requests to a provider.
    pub calls: i64,
    /// Tokens read and written.
    pub tokens: i64,
}

/// How often replies took how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Latency {
    /// Replies by bucket: at most as slow as [`LATENCY_MS`] says, the last one slower than all.
    pub buckets: [u64; LATENCY_BUCKETS],
    /// All of them together, in microseconds.
    pub sum_us: u64,
}

impl Default for Latency {
    fn default() -> Self {
        Self {
            buckets: [0; LATENCY_BUCKETS],
            sum_us: 0,
        }
    }
}

impl Latency {
    /// Counts one reply.
    pub fn record(&mut self, took: Duration) {
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let slot = LATENCY_MS
            .iter()
            .position(|ms| us <= ms * 1_000)
            .unwrap_or(LATENCY_MS.len());
        if let Some(bucket) = self.buckets.get_mut(slot) {
            *bucket += 1;
        }
        self.sum_us = self.sum_us.saturating_add(us);
    }

    /// How many replies.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }

    /// The mean, in milliseconds; `None` without replies.
    #[must_use]
    pub fn mean_ms(&self) -> Option<u64> {
        (self.sum_us / 1_000).checked_div(self.count())
    }

    /// The time that the share `quantile` (0 to 1) of the replies did not exceed, in milliseconds, as
    /// near as the buckets tell: within its bucket it is taken to be spread evenly. `None` without
    /// replies.
    #[must_use]
    pub fn quantile_ms(&self, quantile: f64) -> Option<u64> {
        let count = self.count();
        if count == 0 {
            return None;
        }
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rank among far fewer than 2^52 replies"
        )]
        let rank = ((count as f64 * quantile.clamp(0.0, 1.0)).ceil() as u64).clamp(1, count);
        let mut before = 0;
        for (slot, in_it) in self.buckets.iter().enumerate() {
            if before + in_it >= rank {
                let low = slot
                    .checked_sub(1)
                    .and_then(|i| LATENCY_MS.get(i))
                    .copied()
                    .unwrap_or(0);
                let high = LATENCY_MS.get(slot).copied().unwrap_or(low);
                return Some(low + (high - low) * (rank - before) / in_it.max(&1));
            }
            before += in_it;
        }
        None
    }

    fn add(&mut self, other: &Self) {
        for (mine, others) in self.buckets.iter_mut().zip(other.buckets) {
            *mine += others;
        }
        self.sum_us = self.sum_us.saturating_add(other.sum_us);
    }
}

/// What a model was asked for and gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage {
    /// Requests made, those that were tried again among them.
    pub calls: u64,
    /// Tokens read.
    pub tokens_in: u64,
    /// Tokens written.
    pub tokens_out: u64,
    /// Lines that a fallback spoke instead.
    pub fallbacks: u64,
    /// Asked in vain, by kind of failure (`timeout`, `rate_limited`, ..).
    pub failures: BTreeMap<String, u64>,
    /// How long replies took.
    pub latency: Latency,
}

impl Usage {
    /// Adds another's figures.
    pub fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        self.tokens_in += other.tokens_in;
        self.tokens_out += other.tokens_out;
        self.fallbacks += other.fallbacks;
        for (kind, count) in &other.failures {
            *self.failures.entry(kind.clone()).or_default() += count;
        }
        self.latency.add(&other.latency);
    }

    /// Asked in vain, in all.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.failures.values().sum()
    }

    /// As named counters, those that are not zero: how a store keeps it, so that a new figure needs
    /// no new column.
    #[must_use]
    pub fn counters(&self) -> Vec<(String, u64)> {
        let mut counters = vec![
            ("calls".to_owned(), self.calls),
            ("tokens_in".to_owned(), self.tokens_in),
            ("tokens_out".to_owned(), self.tokens_out),
            ("fallbacks".to_owned(), self.fallbacks),
            ("latency_us".to_owned(), self.latency.sum_us),
        ];
        let failures = self.failures.iter();
        counters.extend(failures.map(|(kind, count)| (format!("failed.{kind}"), *count)));
        let buckets = self.latency.buckets.iter().enumerate();
        counters.extend(buckets.map(|(slot, count)| (bucket_name(slot), *count)));
        counters.retain(|(_, value)| *value > 0);
        counters
    }

    /// Takes a counter back; one that this version does not know changes nothing.
    pub fn set_counter(&mut self, name: &str, value: u64) {
        match name {
            "calls" => self.calls = value,
            "tokens_in" => self.tokens_in = value,
            "tokens_out" => self.tokens_out = value,
            "fallbacks" => self.fallbacks = value,
            "latency_us" => self.latency.sum_us = value,
            other => {
                if let Some(kind) = other.strip_prefix("failed.") {
                    self.failures.insert(kind.to_owned(), value);
                }
                let slot = (0..LATENCY_BUCKETS).find(|slot| bucket_name(*slot) == other);
                if let Some(bucket) = slot.and_then(|slot| self.latency.buckets.get_mut(slot)) {
                    *bucket = value;
                }
            }
        }
    }
}

fn bucket_name(slot: usize) -> String {
    LATENCY_MS.get(slot).map_or_else(
        || "latency_ms.more".to_owned(),
        |ms| format!("latency_ms.{ms}"),
    )
}

/// The usage of one model by one world on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageEntry {
    /// Who and when.
    pub of: BudgetDay,
    /// Provider and model: `gemini:gemini-3-flash`.
    pub model: String,
    /// The figures.
    pub usage: Usage,
}

/// Days that [`UsageStore::usage`] looks back at most.
pub const DAYS_MAX: u32 = 366;

/// Budgets and figures.
#[async_trait]
pub trait UsageStore: Send + Sync {
    /// Sets `want` aside of a day's budget, if what is spent and set aside by anybody, `want`
    /// included, stays within `limits`; else nothing happens. Atomic over all processes; on disk
    /// when it returns true. Not idempotent: after an error it may have been set aside, and then
    /// stays spent.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn reserve(&self, of: &BudgetDay, want: Amount, limits: Limits) -> PortResult<bool>;

    /// Changes what is spent, without a limit: down for what was set aside and not needed, up for
    /// what was needed beyond it. Never below zero. Not idempotent: after an error don't repeat it
    /// (the amount then counts as spent).
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn correct(&self, of: &BudgetDay, by: Correction) -> PortResult<()>;

    /// What is spent of a day's budget, what is set aside included.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn spent(&self, of: &BudgetDay) -> PortResult<Amount>;

    /// Adds figures to what is there, in one transaction. Not idempotent: after an error they may
    /// have been added. Figures are for people; no decision hangs on them.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn add_usage(&self, entries: &[UsageEntry]) -> PortResult<()>;

    /// The figures from the day `from` on, of one world or of all, newest day first, then by world
    /// and model.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn usage(&self, world: Option<&Slug>, from: NaiveDate) -> PortResult<Vec<UsageEntry>>;
}

/// Puts counters that come ordered by day, world and model together again.
#[must_use]
pub fn entries_of(
    counters: impl IntoIterator<Item = (BudgetDay, String, String, u64)>,
) -> Vec<UsageEntry> {
    let mut entries: Vec<UsageEntry> = Vec::new();
    for (of, model, counter, value) in counters {
        let same = entries
            .last()
            .is_some_and(|last| last.of == of && last.model == model);
        if !same {
            entries.push(UsageEntry {
                of,
                model,
                usage: Usage::default(),
            });
        }
        if let Some(last) = entries.last_mut() {
            last.usage.set_counter(&counter, value);
        }
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_as_near_as_the_buckets() {
        let mut latency = Latency::default();
        assert_eq!(latency.quantile_ms(0.5), None);
        for ms in 1..=100 {
            latency.record(Duration::from_millis(ms));
        }
        assert_eq!(latency.quantile_ms(0.5), Some(50));
        assert_eq!(latency.quantile_ms(0.99), Some(99));
        latency.record(Duration::from_secs(3_600));
        assert_eq!(latency.quantile_ms(1.0), Some(60_000));
    }

    #[test]
    fn figures_survive_being_counters() {
        let mut usage = Usage {
            calls: 3,
            tokens_in: 200,
            tokens_out: 40,
            fallbacks: 1,
            failures: BTreeMap::from([("timeout".to_owned(), 2)]),
            latency: Latency::default(),
        };
        usage.latency.record(Duration::from_millis(240));
        usage.latency.record(Duration::from_secs(100));

        let mut back = Usage::default();
        for (name, value) in usage.counters() {
            back.set_counter(&name, value);
        }
        back.set_counter("of a later version", 7);

        assert_eq!(back, usage);
    }
}
