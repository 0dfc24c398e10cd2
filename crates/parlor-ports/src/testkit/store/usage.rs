//! Rules of budgets and figures of language models.

use super::fixture::slug;
use crate::store::Store;
use crate::usage::{Amount, BudgetDay, Correction, Limits, Usage, UsageEntry};
use chrono::NaiveDate;
use std::sync::Arc;
use std::time::Duration;

/// The `n`-th of May 2026.
fn may(n: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 5, n).expect("a day in May")
}

fn day(world: &str, n: u32) -> BudgetDay {
    BudgetDay {
        world: slug(world),
        day: may(n),
    }
}

fn amount(calls: u64, tokens: u64) -> Amount {
    Amount { calls, tokens }
}

fn limits(calls: u64, tokens: u64) -> Limits {
    Limits {
        calls_max: Some(calls),
        tokens_max: Some(tokens),
    }
}

fn entry(world: &str, n: u32, model: &str, calls: u64) -> UsageEntry {
    let mut usage = Usage {
        calls,
        tokens_in: 10 * calls,
        tokens_out: calls,
        fallbacks: 1,
        ..Usage::default()
    };
    usage.failures.insert("timeout".to_owned(), 1);
    usage.latency.record(Duration::from_millis(120));
    UsageEntry {
        of: day(world, n),
        model: model.to_owned(),
        usage,
    }
}

/// Up to the limit, exactly; what is refused changes nothing.
pub async fn a_budget_lets_through_what_stays_within_its_limits(store: Arc<dyn Store>) {
    let today = day("friends", 1);
    let ask = async |want, limits| store.reserve(&today, want, limits).await;
    assert_eq!(ask(amount(11, 0), limits(10, 100)).await, Ok(false));
    assert_eq!(ask(amount(4, 40), limits(10, 100)).await, Ok(true));
    assert_eq!(ask(amount(7, 1), limits(10, 100)).await, Ok(false));
    assert_eq!(ask(amount(1, 61), limits(10, 100)).await, Ok(false));
    assert_eq!(store.spent(&today).await, Ok(amount(4, 40)));
    assert_eq!(ask(amount(6, 60), limits(10, 100)).await, Ok(true));
    assert_eq!(ask(amount(1, 0), limits(10, 100)).await, Ok(false));
    assert_eq!(ask(amount(1, 0), limits(11, 100)).await, Ok(true));
    assert_eq!(ask(amount(5, 5_000), Limits::default()).await, Ok(true));
    assert_eq!(store.spent(&today).await, Ok(amount(16, 5_100)));
}

/// Everybody together gets what the limit allows, and no call more.
pub async fn a_budget_is_never_overdrawn_by_many_at_once(store: Arc<dyn Store>) {
    let all = (0..40).map(|_| {
        let store = Arc::clone(&store);
        let ask = async move {
            let today = day("friends", 1);
            store.reserve(&today, amount(3, 5), limits(50, 1_000)).await
        };
        tokio::spawn(ask)
    });
    let answers = futures::future::join_all(all).await;
    let granted = answers
        .into_iter()
        .filter(|answer| matches!(answer, Ok(Ok(true))))
        .count();
    assert_eq!(granted, 16);
    assert_eq!(store.spent(&day("friends", 1)).await, Ok(amount(48, 80)));
}

/// Each day and each world has a budget of its own.
pub async fn budgets_of_days_and_worlds_are_apart(store: Arc<dyn Store>) {
    for of in [day("friends", 1), day("friends", 2), day("others", 1)] {
        assert_eq!(store.spent(&of).await, Ok(Amount::default()));
        assert_eq!(
            store.reserve(&of, amount(10, 1), limits(10, 10)).await,
            Ok(true)
        );
    }
    assert_eq!(store.spent(&day("friends", 2)).await, Ok(amount(10, 1)));
}

/// What was not needed can be spent by others; what was needed beyond counts as well.
pub async fn what_is_given_back_can_be_spent_again(store: Arc<dyn Store>) {
    let today = day("friends", 1);
    let correct = async |calls, tokens| {
        store
            .correct(&today, Correction { calls, tokens })
            .await
            .expect("a budget can be corrected");
        store.spent(&today).await.expect("it can be asked")
    };
    assert_eq!(correct(-5, 7).await, amount(0, 7));
    assert_eq!(
        store.reserve(&today, amount(10, 3), limits(10, 10)).await,
        Ok(true)
    );
    assert_eq!(correct(-4, 90).await, amount(6, 100));
    assert_eq!(
        store.reserve(&today, amount(4, 0), limits(10, 100)).await,
        Ok(true)
    );
    assert_eq!(correct(-1_000, -1_000).await, Amount::default());
}

/// Figures of the same world, day and model add up, also within one batch.
pub async fn usage_adds_up(store: Arc<dyn Store>) {
    let batch = [
        entry("friends", 1, "gemini:flash", 2),
        entry("friends", 1, "gemini:flash", 3),
        entry("friends", 1, "openai:o'neil \"\u{1F600}\"", 1),
    ];
    store.add_usage(&batch).await.expect("figures can be added");
    store.add_usage(&batch[..1]).await.expect("and again");
    store.add_usage(&[]).await.expect("nothing is no error");

    let kept = store
        .usage(Some(&slug("friends")), may(1))
        .await
        .expect("they can be listed");

    assert_eq!(kept.len(), 2);
    let mut expected = Usage::default();
    for calls in [2, 3, 2] {
        expected.add(&entry("friends", 1, "gemini:flash", calls).usage);
    }
    assert_eq!(kept[0].usage, expected);
    assert_eq!(kept[1], batch[2]);
}

/// Newest day first, then by world and model; only what was asked for.
pub async fn usage_is_listed_newest_day_first(store: Arc<dyn Store>) {
    let entries = [
        entry("friends", 3, "a", 1),
        entry("others", 3, "a", 1),
        entry("friends", 2, "a", 1),
        entry("friends", 2, "b", 1),
        entry("friends", 1, "a", 1),
    ];
    for entry in entries.iter().rev() {
        store
            .add_usage(std::slice::from_ref(entry))
            .await
            .expect("figures can be added");
    }
    let list = async |world: Option<&str>, from| {
        let world = world.map(slug);
        store.usage(world.as_ref(), may(from)).await
    };
    assert_eq!(list(None, 1).await, Ok(entries.to_vec()));
    assert_eq!(list(None, 2).await, Ok(entries[..4].to_vec()));
    assert_eq!(list(Some("others"), 1).await, Ok(vec![entries[1].clone()]));
    assert_eq!(list(Some("nobodys"), 1).await, Ok(Vec::new()));
    assert_eq!(list(None, 4).await, Ok(Vec::new()));
}
