//! The daily budget of a world holds, whoever calls: several processes on one store, one that was
//! killed and started again, calls that are tried again within.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use parlor_dialect::llm::Meter;
use parlor_dialect::llm::model::{Completion, Model, ModelError, ModelFault, Request};
use parlor_model::world::Llm;
use parlor_model::{Clock, ManualClock, World};
use parlor_ports::store::{Store, Upkeep};
use parlor_ports::usage::{Amount, BudgetDay, Usage};
use parlor_sandbox::Scenario;
use parlor_store_sqlite::{SqliteOptions, SqliteStore};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;

const NAME: &str = "openai:stub";

/// A provider that counts what reaches it. Every `fails_each`-th call fails on all its attempts.
#[derive(Default)]
struct Provider {
    requests: AtomicU64,
    calls: AtomicU64,
    fails_each: u64,
    hangs: bool,
}

impl Provider {
    fn requests(&self) -> u64 {
        self.requests.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Model for Provider {
    fn name(&self) -> &str {
        NAME
    }

    fn attempts_max(&self) -> u32 {
        3
    }

    async fn complete(
        &self,
        request: &Request,
        _: Option<&mpsc::Sender<String>>,
    ) -> Result<Completion, ModelError> {
        let number = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        if self.hangs {
            self.requests.fetch_add(1, Ordering::SeqCst);
            std::future::pending::<()>().await;
        }
        if self.fails_each > 0 && number.is_multiple_of(self.fails_each) {
            let attempts = request.attempts_max.unwrap_or(3);
            self.requests.fetch_add(attempts.into(), Ordering::SeqCst);
            return Err(ModelError::new(ModelFault::ServerError, "down").with_requests(attempts));
        }
        self.requests.fetch_add(1, Ordering::SeqCst);
        Ok(Completion {
            text: "So.".to_owned(),
            tokens_in: 20,
            tokens_out: 5,
            attempts: 1,
            elapsed: Duration::from_millis(120),
        })
    }
}

fn world(calls: Option<u64>, tokens: Option<u64>) -> World {
    let bundled = Scenario::bundled("friends").unwrap().world().unwrap();
    let mut world = World::clone(&bundled);
    world.llm = Llm {
        calls_per_day_max: calls,
        tokens_per_day_max: tokens,
        ..Llm::default()
    };
    world
}

fn morning() -> Arc<ManualClock> {
    let start: DateTime<Utc> = "2026-05-01T08:00:00Z".parse().unwrap();
    Arc::new(ManualClock::new(start))
}

async fn open(path: &Path, clock: &Arc<ManualClock>) -> Arc<dyn Store> {
    let clock: Arc<dyn Clock> = clock.clone();
    let store = SqliteStore::open(SqliteOptions::file(path), clock).await;
    let store = store.unwrap();
    store.migrate().await.unwrap();
    Arc::new(store)
}

fn meter(store: &Arc<dyn Store>, clock: &Arc<ManualClock>) -> Arc<Meter> {
    let clock: Arc<dyn Clock> = clock.clone();
    Meter::new(store.clone(), clock)
}

fn request() -> Request {
    Request {
        system: "You are Ross.".to_owned(),
        tokens_out_max: 20,
        ..Request::default()
    }
}

async fn ask(model: &Arc<dyn Model>) -> Result<Completion, ModelError> {
    model.complete(&request(), None).await
}

async fn spent(store: &Arc<dyn Store>, world: &World, clock: &ManualClock) -> Amount {
    let of = BudgetDay {
        world: world.name.clone(),
        day: clock.now().date_naive(),
    };
    store.spent(&of).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_on_one_store_together_make_no_call_more_than_the_limit() {
    let dir = tempfile::tempdir().unwrap();
    let (path, clock) = (dir.path().join("parlor.db"), morning());
    let world = world(Some(1_000), None);
    let provider = Arc::new(Provider {
        fails_each: 7,
        ..Provider::default()
    });
    let mut meters = Vec::new();
    let mut calls = Vec::new();
    for _ in 0..3 {
        let store = open(&path, &clock).await;
        let meter = meter(&store, &clock);
        let model = meter.metered(provider.clone(), &world);
        meters.push((meter, store));
        calls.extend((0..500).map(|_| {
            let model = model.clone();
            tokio::spawn(async move { ask(&model).await })
        }));
    }
    let answers = join_all(calls).await;

    let refused = answers
        .iter()
        .filter(|a| matches!(a, Ok(Err(e)) if e.kind == ModelFault::BudgetSpent));
    assert!(refused.count() > 0, "1,500 calls and more are not allowed");
    assert!(provider.requests() <= 1_000, "{}", provider.requests());
    assert!(provider.requests() > 900, "{}", provider.requests());
    for (meter, _) in &meters {
        meter.close().await;
    }
    let store = &meters[0].1;
    assert_eq!(
        spent(store, &world, &clock).await.calls,
        provider.requests()
    );
}

#[tokio::test]
async fn a_budget_survives_restarts_and_kills_and_begins_anew_at_midnight() {
    let dir = tempfile::tempdir().unwrap();
    let (path, clock) = (dir.path().join("parlor.db"), morning());
    let world = world(Some(50), None);
    let provider = Arc::new(Provider::default());
    // Each process makes some calls and is killed: nobody tells the store that it ended.
    for _ in 0..20 {
        let store = open(&path, &clock).await;
        let model = meter(&store, &clock).metered(provider.clone(), &world);
        for _ in 0..5 {
            let _ = ask(&model).await;
        }
        store.close().await;
    }
    assert!(provider.requests() <= 50, "{}", provider.requests());
    assert!(provider.requests() >= 40, "{}", provider.requests());

    let store = open(&path, &clock).await;
    let meter = meter(&store, &clock);
    let model = meter.metered(provider.clone(), &world);
    let error = ask(&model).await.unwrap_err();
    assert_eq!(error.kind, ModelFault::BudgetSpent);
    assert!(error.is_retryable() && error.retry_after.is_some());
    let before = provider.requests();
    clock.advance(Duration::from_secs(16 * 3_600));
    assert!(ask(&model).await.is_ok(), "a new day");
    assert_eq!(provider.requests(), before + 1);
}

#[tokio::test]
async fn a_small_budget_is_spent_to_the_last_call() {
    let dir = tempfile::tempdir().unwrap();
    let clock = morning();
    let store = open(&dir.path().join("parlor.db"), &clock).await;
    for (calls, tokens) in [(Some(3), None), (Some(3), Some(100_000))] {
        clock.advance(Duration::from_secs(24 * 3_600));
        let (world, provider) = (world(calls, tokens), Arc::new(Provider::default()));
        let model = meter(&store, &clock).metered(provider.clone(), &world);
        while ask(&model).await.is_ok() {}
        assert_eq!(provider.requests(), 3, "{tokens:?}");
    }
}

#[tokio::test]
async fn tokens_are_paid_as_the_provider_counts_them() {
    let dir = tempfile::tempdir().unwrap();
    let clock = morning();
    let store = open(&dir.path().join("parlor.db"), &clock).await;
    let world = world(None, Some(1_000));
    let provider = Arc::new(Provider::default());
    let meter = meter(&store, &clock);
    let model = meter.metered(provider.clone(), &world);
    while ask(&model).await.is_ok() {}

    assert!(provider.requests() * 25 <= 1_000);
    assert!(provider.requests() * 25 > 900, "{}", provider.requests());
    meter.close().await;
    let spent = spent(&store, &world, &clock).await;
    assert_eq!(spent.tokens, provider.requests() * 25);
}

#[tokio::test]
async fn a_call_that_is_given_up_counts_as_made() {
    let dir = tempfile::tempdir().unwrap();
    let clock = morning();
    let store = open(&dir.path().join("parlor.db"), &clock).await;
    let world = world(Some(100), None);
    let provider = Arc::new(Provider {
        hangs: true,
        ..Provider::default()
    });
    let meter = meter(&store, &clock);
    let model = meter.metered(provider.clone(), &world);
    let call = tokio::time::timeout(Duration::from_millis(20), ask(&model)).await;
    assert!(call.is_err());
    meter.close().await;
    assert!(spent(&store, &world, &clock).await.calls >= provider.requests());
}

#[tokio::test]
async fn calls_tokens_latency_failures_and_fallbacks_are_in_the_books() {
    let dir = tempfile::tempdir().unwrap();
    let clock = morning();
    let store = open(&dir.path().join("parlor.db"), &clock).await;
    let world = world(None, None);
    let provider = Arc::new(Provider {
        fails_each: 2,
        ..Provider::default()
    });
    let meter = meter(&store, &clock);
    let model = meter.metered(provider.clone(), &world);
    assert!(ask(&model).await.is_ok());
    assert!(ask(&model).await.is_err());
    model.fell_back();
    meter.close().await;

    let from = clock.now().date_naive() - TimeDelta::days(1);
    let books = store.usage(Some(&world.name), from).await.unwrap();
    let mut expected = Usage {
        calls: 4,
        tokens_in: 20,
        tokens_out: 5,
        fallbacks: 1,
        ..Usage::default()
    };
    expected.failures.insert("server_error".to_owned(), 1);
    expected.latency.record(Duration::from_millis(120));
    assert_eq!(books.len(), 1);
    assert_eq!(
        (books[0].model.as_str(), &books[0].usage),
        (NAME, &expected)
    );
    let spent = spent(&store, &world, &clock).await;
    assert_eq!((spent.calls, spent.tokens), (4, 25), "also without a limit");
}
