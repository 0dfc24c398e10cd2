//! A fake provider, a client of it and what is asked.

use std::sync::Arc;
use std::time::Duration;

use parlor_dialect::llm::model::{Completion, Model, ModelError, Request, Turn, TurnRole};
use parlor_dialect::llm::{BreakerOptions, Client, ClientOptions, Keys, ModelSpec, Provider};
use parlor_dialect::testkit::FakeProvider;
use parlor_model::{Clock, Dice, SystemClock};
use tokio::sync::mpsc;
use uuid::Uuid;

/// Limits that make a failing test end soon.
pub(crate) fn options() -> ClientOptions {
    ClientOptions {
        timeout: Duration::from_secs(5),
        deadline: Duration::from_secs(10),
        idle: Duration::from_secs(2),
        connect_timeout: Duration::from_secs(2),
        attempts_max: 1,
        backoff_first: Duration::from_millis(2),
        breaker: BreakerOptions {
            failing_for: Duration::ZERO,
            failures: 1_000,
            ..BreakerOptions::default()
        },
        ..ClientOptions::default()
    }
}

pub(crate) fn client(
    provider: &FakeProvider,
    of: Provider,
    options: &ClientOptions,
) -> Arc<dyn Model> {
    let spec = provider.spec(of, "test-model");
    client_of(&spec, &provider.keys(), options, Arc::new(SystemClock))
}

pub(crate) fn client_of(
    spec: &ModelSpec,
    keys: &Keys,
    options: &ClientOptions,
    clock: Arc<dyn Clock>,
) -> Arc<dyn Model> {
    let dice = Dice::new(7, Uuid::nil());
    Client::build(spec, keys, options, clock, dice).unwrap()
}

pub(crate) fn turn(role: TurnRole, text: &str) -> Turn {
    Turn {
        role,
        name: None,
        text: text.to_owned(),
    }
}

pub(crate) fn request(text: &str) -> Request {
    Request {
        system: "You are Chandler.".to_owned(),
        turns: vec![turn(TurnRole::User, text)],
        tokens_out_max: 60,
        temperature: Some(0.5),
        ..Request::default()
    }
}

pub(crate) async fn ask(model: &dyn Model) -> Result<Completion, ModelError> {
    model.complete(&request("Ross: Hello there."), None).await
}

/// Asks while somebody watches; gives the pieces too.
pub(crate) async fn watch(model: &dyn Model) -> (Result<Completion, ModelError>, Vec<String>) {
    let (sender, mut receiver) = mpsc::channel(1_000);
    let request = request("Ross: Hello there.");
    let result = model.complete(&request, Some(&sender)).await;
    drop(sender);
    let mut pieces = Vec::new();
    while let Some(piece) = receiver.recv().await {
        pieces.push(piece);
    }
    (result, pieces)
}

/// Waits until `holds`, for ten seconds at most.
pub(crate) async fn until(what: &str, holds: impl Fn() -> bool) {
    let waited = tokio::time::timeout(Duration::from_secs(10), async {
        while !holds() {
            tokio::task::yield_now().await;
        }
    });
    waited.await.unwrap_or_else(|_| panic!("never: {what}"));
}
