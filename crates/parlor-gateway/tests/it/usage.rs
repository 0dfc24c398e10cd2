//! What models were asked for, over HTTP.

use crate::house::{House, app, get, noon, slug};
use async_trait::async_trait;
use axum::http::StatusCode;
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

#[tokio::test]
async fn usage_shows_calls_tokens_latency_failures_fallbacks_and_what_is_left() {
    let (_, app) = app();
    let answer = get(&app, "/api/usage").await;
    assert_eq!(answer.status, StatusCode::OK);
    insta::assert_json_snapshot!("usage", answer.json());
}

#[tokio::test]
async fn usage_is_shown_of_one_world_and_of_open_worlds_only() {
    let (_, app) = app();
    let one = get(&app, "/api/usage?world=friends&days=1").await.json();
    assert_eq!(one["items"].as_array().unwrap().len(), 1);
    assert_eq!(one["budgets"].as_array().unwrap().len(), 1);
    let all = get(&app, "/api/usage").await.json();
    let budgets = all["budgets"].as_array().unwrap();
    assert!(budgets.iter().all(|budget| budget["world"] != "club"));
    let closed = get(&app, "/api/usage?world=club").await;
    assert_eq!(closed.code(), "sign_in_required");
    let unknown = get(&app, "/api/usage?world=nobodys").await;
    assert_eq!(unknown.code(), "unknown_world");
}

#[tokio::test]
async fn usage_refuses_what_it_cannot_show() {
    let (_, app) = app();
    for query in ["days=0", "days=367", "days=x", "day=3"] {
        let answer = get(&app, &format!("/api/usage?{query}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
    }
}
