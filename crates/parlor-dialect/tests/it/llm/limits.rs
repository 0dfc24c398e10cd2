//! Slots, breaker, deadline and size: what a client never exceeds.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::DateTime;
use futures::future::join_all;
use parlor_dialect::llm::model::{ModelFault, Request};
use parlor_dialect::llm::{
    BreakerOptions, BuildError, ClientOptions, Clients, Keys, ModelSpec, Provider,
};
use parlor_dialect::testkit::{FakeProvider, Fault, Script};
use parlor_model::{Dice, ManualClock, SystemClock};
use uuid::Uuid;

use super::support::{ask, client, client_of, options, until, watch};

#[tokio::test]
async fn no_more_calls_run_than_there_are_slots() {
    let provider = FakeProvider::start().await;
    provider.set_latency(Duration::from_millis(20));
    let options = ClientOptions {
        concurrency_max: 4,
        ..options()
    };
    let model = client(&provider, Provider::OpenAi, &options);

    let results = join_all((0..40).map(|_| ask(&*model))).await;

    assert!(results.iter().all(Result::is_ok));
    assert_eq!(provider.concurrent_max(), 4);
}

#[tokio::test]
async fn waiting_for_a_slot_ends_with_the_deadline() {
    let provider = FakeProvider::start().await;
    provider.fail(Script::new(1).share(Fault::Silence, 1.0));
    let options = ClientOptions {
        concurrency_max: 1,
        timeout: Duration::from_secs(60),
        deadline: Duration::from_millis(300),
        ..options()
    };
    let model = client(&provider, Provider::OpenAi, &options);
    let started = Instant::now();

    let results = join_all((0..3).map(|_| ask(&*model))).await;

    assert!(started.elapsed() < Duration::from_secs(5));
    for result in results {
        assert_eq!(result.unwrap_err().kind, ModelFault::Timeout);
    }
}

#[tokio::test]
async fn a_call_that_is_given_up_frees_its_slot_and_its_connection() {
    let provider = FakeProvider::start().await;
    provider.fail_next([Some(Fault::Silence)]);
    let options = ClientOptions {
        concurrency_max: 1,
        ..options()
    };
    let model = client(&provider, Provider::OpenAi, &options);

    let call = {
        let model = Arc::clone(&model);
        tokio::spawn(async move { ask(&*model).await })
    };
    until("the call is on its way", || provider.running() == 1).await;
    call.abort();
    until("the provider is left alone", || provider.running() == 0).await;

    assert!(ask(&*model).await.is_ok());
}

#[tokio::test]
async fn the_breaker_opens_after_failures_and_closes_when_one_goes_well() {
    let provider = FakeProvider::start().await;
    let clock = Arc::new(ManualClock::new(DateTime::UNIX_EPOCH));
    let options = ClientOptions {
        breaker: BreakerOptions {
            failing_for: Duration::ZERO,
            failures: 3,
            open_for: Duration::from_secs(15),
        },
        ..options()
    };
    let spec = provider.spec(Provider::OpenAi, "m");
    let model = client_of(&spec, &provider.keys(), &options, clock.clone());
    provider.fail_next(vec![Some(Fault::Status(500)); 3]);
    for _ in 0..3 {
        ask(&*model).await.unwrap_err();
    }

    let shut = ask(&*model).await.unwrap_err();
    assert_eq!(shut.kind, ModelFault::BreakerOpen);
    assert_eq!(shut.retry_after, Some(Duration::from_secs(15)));
    assert_eq!(provider.count(), 3, "nobody was sent there");

    clock.advance(Duration::from_secs(15));
    ask(&*model).await.unwrap();
    ask(&*model).await.unwrap();
}

#[tokio::test]
async fn what_the_provider_answers_on_purpose_does_not_open_the_breaker() {
    let provider = FakeProvider::start().await;
    let options = ClientOptions {
        breaker: BreakerOptions {
            failures: 2,
            failing_for: Duration::ZERO,
            ..BreakerOptions::default()
        },
        ..options()
    };
    let model = client(&provider, Provider::OpenAi, &options);
    let limited = Some(Fault::RateLimited(None));
    provider.fail_next([
        limited.clone(),
        limited,
        Some(Fault::Html),
        Some(Fault::Html),
    ]);
    for _ in 0..4 {
        ask(&*model).await.unwrap_err();
    }

    assert!(ask(&*model).await.is_ok());
}

#[tokio::test]
async fn models_behind_one_endpoint_share_its_breaker() {
    let provider = FakeProvider::start().await;
    let options = ClientOptions {
        breaker: BreakerOptions {
            failures: 1,
            failing_for: Duration::ZERO,
            ..BreakerOptions::default()
        },
        ..options()
    };
    let dice = Dice::new(7, Uuid::nil());
    let clients = Clients::new(provider.keys(), options, Arc::new(SystemClock), dice);
    let of = |of, model| clients.get(&provider.spec(of, model)).unwrap();
    provider.fail_next([Some(Fault::Status(500))]);
    ask(&*of(Provider::OpenAi, "a")).await.unwrap_err();

    let neighbour = ask(&*of(Provider::OpenAi, "b")).await.unwrap_err();
    let stranger = ask(&*of(Provider::Gemini, "b")).await;

    assert_eq!(neighbour.kind, ModelFault::BreakerOpen);
    assert!(stranger.is_ok());
    assert!(Arc::ptr_eq(
        &of(Provider::OpenAi, "a"),
        &of(Provider::OpenAi, "a")
    ));
}

#[tokio::test]
async fn a_reply_without_end_is_cut_at_its_bound() {
    let provider = FakeProvider::start().await;
    for of in Provider::ALL {
        let model = client(&provider, of, &options());
        provider.fail_next([Some(Fault::Endless)]);

        let (result, pieces) = watch(&*model).await;

        assert_eq!(result.unwrap_err().kind, ModelFault::Garbage, "{of}");
        let shown: usize = pieces.iter().map(String::len).sum();
        assert!(shown <= options().reply_bytes_max + 1_024, "{of}: {shown}");
        until("the provider is left alone", || provider.running() == 0).await;
    }
}

#[tokio::test]
async fn a_provider_at_home_needs_a_key_and_says_which() {
    let clock = Arc::new(SystemClock);
    let dice = Dice::new(7, Uuid::nil());
    let clients = Clients::new(Keys::default(), options(), clock, dice);
    let error = |text: &str| {
        let spec: ModelSpec = text.parse().unwrap();
        clients.get(&spec).err()
    };

    let missing = error("gemini:gemini-3-flash").unwrap().to_string();

    assert!(missing.contains("GEMINI_API_KEY"), "{missing}");
    assert_eq!(error("none"), Some(BuildError::NoModel));
    assert_eq!(error("ollama:llama3.2"), None);
}

#[tokio::test]
async fn nothing_asked_is_nothing_sent() {
    let provider = FakeProvider::start().await;
    let model = client(&provider, Provider::OpenAi, &options());

    let error = model.complete(&Request::default(), None).await.unwrap_err();

    assert_eq!(error.kind, ModelFault::BadRequest);
    assert_eq!(provider.count(), 0);
}
