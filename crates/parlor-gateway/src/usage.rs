//! What language models were asked for and what is left of the budgets, as people see it: the API's
//! answer, and what `parlor usage` prints.

use chrono::{NaiveDate, TimeDelta};
use parlor_model::{Slug, World};
use parlor_ports::PortResult;
use parlor_ports::usage::{BudgetDay, Limits, UsageEntry, UsageStore};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The usage of the last days, and today's budgets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsageReport {
    /// By day (newest first), world and model.
    pub items: Vec<DayUsage>,
    /// What worlds may spend and have spent today.
    pub budgets: Vec<Budget>,
}

/// What one world asked of one model on one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DayUsage {
    /// Day of UTC.
    #[schema(value_type = String, format = Date, example = "2026-01-31")]
    pub day: NaiveDate,
    /// The world's slug.
    pub world: String,
    /// Provider and model.
    pub model: String,
    /// Requests made, those that were tried again among them.
    pub calls: u64,
    /// Replies that came.
    pub replies: u64,
    /// Tokens read, as the provider counts them.
    pub tokens_in: u64,
    /// Tokens written.
    pub tokens_out: u64,
    /// Lines that a fallback spoke instead.
    pub fallbacks: u64,
    /// Asked in vain.
    pub failed: u64,
    /// The same by kind of failure.
    pub failures: BTreeMap<String, u64>,
    /// How long replies took.
    pub latency_ms: LatencyMs,
}

/// How long replies took, in milliseconds; null without replies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LatencyMs {
    /// The mean.
    #[schema(required = true)]
    pub mean: Option<u64>,
    /// Half of them were not slower, about.
    #[schema(required = true)]
    pub p50: Option<u64>,
    /// 99 of 100 were not slower, about.
    #[schema(required = true)]
    pub p99: Option<u64>,
}

/// What a world may spend and has spent today.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Budget {
    /// The world's slug.
    pub world: String,
    /// Day of UTC.
    #[schema(value_type = String, format = Date, example = "2026-01-31")]
    pub day: NaiveDate,
    /// Requests.
    pub calls: Share,
    /// Tokens read and written.
    pub tokens: Share,
}

/// A part of a budget. What a running server has set aside for its next calls counts as spent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Share {
    /// Spent today.
    pub spent: u64,
    /// The limit; null for none.
    #[schema(required = true)]
    pub max: Option<u64>,
    /// What is left; null for no limit.
    #[schema(required = true)]
    pub left: Option<u64>,
}

/// What is wanted of [`report`].
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Only this world.
    pub world: Option<&'a Slug>,
    /// So many days, today among them; 1 or more.
    pub days: u32,
    /// Today, in UTC.
    pub today: NaiveDate,
}

/// The limits of a world file.
#[must_use]
pub fn limits_of(world: &World) -> Limits {
    Limits {
        calls_max: world.llm.calls_per_day_max,
        tokens_max: world.llm.tokens_per_day_max,
    }
}

/// Reads the figures, and today's budgets of `worlds`.
///
/// # Errors
/// Retryable when the store is away.
pub async fn report(
    store: &(dyn UsageStore + '_),
    worlds: &[(Slug, Limits)],
    wanted: Wanted<'_>,
) -> PortResult<UsageReport> {
    let back = TimeDelta::days(i64::from(wanted.days.saturating_sub(1)));
    let from = wanted.today.checked_sub_signed(back).unwrap_or_default();
    let entries = store.usage(wanted.world, from).await?;
    let mut budgets = Vec::new();
    for (world, limits) in worlds {
        if wanted.world.is_none_or(|only| only == world) {
            budgets.push(budget(store, world, *limits, wanted.today).await?);
        }
    }
    Ok(UsageReport {
        items: entries.into_iter().map(DayUsage::of).collect(),
        budgets,
    })
}

async fn budget(
    store: &(dyn UsageStore + '_),
    world: &Slug,
    limits: Limits,
    day: NaiveDate,
) -> PortResult<Budget> {
    let of = BudgetDay {
        world: world.clone(),
        day,
    };
    let spent = store.spent(&of).await?;
    let (calls_left, tokens_left) = limits.left(spent);
    Ok(Budget {
        world: world.to_string(),
        day,
        calls: Share {
            spent: spent.calls,
            max: limits.calls_max,
            left: calls_left,
        },
        tokens: Share {
            spent: spent.tokens,
            max: limits.tokens_max,
            left: tokens_left,
        },
    })
}

impl DayUsage {
    fn of(entry: UsageEntry) -> Self {
        let usage = entry.usage;
        Self {
            day: entry.of.day,
            world: entry.of.world.to_string(),
            model: entry.model,
            calls: usage.calls,
            replies: usage.latency.count(),
            tokens_in: usage.tokens_in,
            tokens_out: usage.tokens_out,
            fallbacks: usage.fallbacks,
            failed: usage.failed(),
            latency_ms: LatencyMs {
                mean: usage.latency.mean_ms(),
                p50: usage.latency.quantile_ms(0.5),
                p99: usage.latency.quantile_ms(0.99),
            },
            failures: usage.failures,
        }
    }
}
