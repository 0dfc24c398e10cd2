//! What models were asked for, over HTTP.

use crate::house::{House, noon, slug};
use async_trait::async_trait;
use chrono::NaiveDate;
use parlor_model::Slug;
use parlor_ports::usage::{Amount, BudgetDay, Correction, Limits, Usage, UsageEntry, UsageStore};
use parlor_ports::{PortError, PortResult};
use std::time::Duration;

/// Every house has asked one model twice at noon, and in vain once.
fn asked() -> UsageEntry {
    let mut usage = Usage {
        calls: 3,
        tokens_in: 400,
        tokens_out: 60,
        fallbacks: 1,
        ..Usage::default()
    };
    usage.failures.insert("timeout".to_owned(), 1);
    usage.latency.record(Duration::from_millis(300));
    usage.latency.record(Duration::from_millis(500));
    UsageEntry {
        of: BudgetDay {
            world: slug("friends"),
            day: noon().date_naive(),
        },
        model: "gemini:gemini-3-flash".to_owned(),
        usage,
    }
}

fn not_here<T>() -> PortResult<T> {
    Err(PortError::terminal(
        "the house",
        "the gateway does not need this",
    ))
}

#[async_trait]
impl UsageStore for House {
    async fn reserve(&self, _: &BudgetDay, _: Amount, _: Limits) -> PortResult<bool> {
        not_here()
    }

    async fn correct(&self, _: &BudgetDay, _: Correction) -> PortResult<()> {
        not_here()
    }

    async fn spent(&self, _: &BudgetDay) -> PortResult<Amount> {
        Ok(Amount {
            calls: 3,
            tokens: 460,
        })
    }

    async fn add_usage(&self, _: &[UsageEntry]) -> PortResult<()> {
        not_here()
    }

    async fn usage(&self, world: Option<&Slug>, from: NaiveDate) -> PortResult<Vec<UsageEntry>> {
        let asked = asked();
        let wanted = world.is_none_or(|world| *world == asked.of.world) && asked.of.day >= from;
        Ok(if wanted { vec![asked] } else { Vec::new() })
    }
}
