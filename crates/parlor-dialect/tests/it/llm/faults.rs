//! Each way to fail, for each provider, and what is tried again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parlor_dialect::llm::model::ModelFault;
use parlor_dialect::llm::{ClientOptions, Keys, Provider};
use parlor_dialect::testkit::{FakeProvider, Fault, Script};
use parlor_model::SystemClock;

use super::support::{ask, client, client_of, options, watch};

fn hasty() -> ClientOptions {
    ClientOptions {
        timeout: Duration::from_millis(300),
        idle: Duration::from_millis(200),
        ..options()
    }
}

#[tokio::test]
async fn every_fault_of_a_plain_call_has_its_kind() {
    let provider = FakeProvider::start().await;
    for of in Provider::ALL {
        let model = client(&provider, of, &hasty());
        for (fault, kind) in [
            (Fault::RateLimited(None), ModelFault::RateLimited),
            (Fault::Status(500), ModelFault::ServerError),
            (Fault::Status(503), ModelFault::ServerError),
            (Fault::Status(529), ModelFault::ServerError),
            (Fault::Status(401), ModelFault::BadKey),
            (Fault::Status(404), ModelFault::UnknownModel),
            (Fault::Status(302), ModelFault::BadRequest),
            (Fault::Silence, ModelFault::Timeout),
            (Fault::Stall, ModelFault::Timeout),
            (Fault::Reset, ModelFault::Unreachable),
            (Fault::Html, ModelFault::Garbage),
            (Fault::WrongType, ModelFault::Garbage),
            (Fault::Truncated, ModelFault::Garbage),
            (Fault::Empty, ModelFault::Garbage),
            (Fault::Endless, ModelFault::Garbage),
        ] {
            provider.fail_next([Some(fault.clone())]);

            let error = ask(&*model).await.unwrap_err();

            assert_eq!(error.kind, kind, "{of} {fault:?}: {error}");
            assert!(error.message.contains("127.0.0.1"), "{error}");
        }
    }
}

#[tokio::test]
async fn every_fault_of_a_streamed_call_has_its_kind() {
    let provider = FakeProvider::start().await;
    for of in Provider::ALL {
        let model = client(&provider, of, &hasty());
        for (fault, kind) in [
            (Fault::RateLimited(None), ModelFault::RateLimited),
            (Fault::Status(500), ModelFault::ServerError),
            (Fault::Status(401), ModelFault::BadKey),
            (Fault::Silence, ModelFault::Timeout),
            (Fault::Stall, ModelFault::Timeout),
            (Fault::Reset, ModelFault::Unreachable),
            (Fault::Html, ModelFault::Garbage),
            (Fault::Truncated, ModelFault::Garbage),
            (Fault::Empty, ModelFault::Garbage),
        ] {
            provider.fail_next([Some(fault.clone())]);

            let error = watch(&*model).await.0.unwrap_err();

            assert_eq!(error.kind, kind, "{of} {fault:?}: {error}");
        }
    }
}

#[tokio::test]
async fn a_content_filter_is_told_from_nonsense() {
    let provider = FakeProvider::start().await;
    for of in [Provider::OpenAi, Provider::Gemini, Provider::Anthropic] {
        let model = client(&provider, of, &options());
        provider.fail_next([Some(Fault::Refused), Some(Fault::Refused)]);

        let plain = ask(&*model).await.unwrap_err();
        let streamed = watch(&*model).await.0.unwrap_err();

        assert_eq!(plain.kind, ModelFault::Refused, "{of}: {plain}");
        assert_eq!(streamed.kind, ModelFault::Refused, "{of}: {streamed}");
        assert!(!plain.is_retryable());
    }
}

#[tokio::test]
async fn nobody_there_is_unreachable_and_a_wrong_key_is_a_bad_key() {
    let provider = FakeProvider::start().await;
    let clock = Arc::new(SystemClock);
    let nobody = "openai:m@http://127.0.0.1:1/v1".parse().unwrap();
    let nobody = client_of(&nobody, &Keys::default(), &options(), clock.clone());
    for of in [Provider::OpenAi, Provider::Gemini, Provider::Anthropic] {
        let stranger = client_of(
            &provider.spec(of, "m"),
            &Keys::default(),
            &options(),
            clock.clone(),
        );

        assert_eq!(ask(&*stranger).await.unwrap_err().kind, ModelFault::BadKey);
    }

    let error = ask(&*nobody).await.unwrap_err();

    assert_eq!(error.kind, ModelFault::Unreachable);
    assert!(error.message.contains("nothing listens"), "{error}");
}

#[tokio::test]
async fn what_may_pass_is_tried_again_and_what_cannot_is_not() {
    let provider = FakeProvider::start().await;
    let options = ClientOptions {
        attempts_max: 3,
        ..options()
    };
    for of in Provider::ALL {
        let model = client(&provider, of, &options);
        provider.fail_next([Some(Fault::Status(500)), Some(Fault::Html), None]);
        assert_eq!(ask(&*model).await.unwrap().attempts, 3, "{of}");

        let before = provider.count();
        provider.fail_next([Some(Fault::Status(404))]);
        ask(&*model).await.unwrap_err();
        assert_eq!(provider.count(), before + 1, "{of}");
    }
}

#[tokio::test]
async fn attempts_are_bounded() {
    let provider = FakeProvider::start().await;
    provider.fail(Script::new(1).share(Fault::Status(503), 1.0));
    let options = ClientOptions {
        attempts_max: 3,
        ..options()
    };

    let error = ask(&*client(&provider, Provider::OpenAi, &options))
        .await
        .unwrap_err();

    assert_eq!(error.kind, ModelFault::ServerError);
    assert_eq!(provider.count(), 3);
}

#[tokio::test]
async fn retry_after_is_waited_for() {
    let provider = FakeProvider::start().await;
    let options = ClientOptions {
        attempts_max: 2,
        ..options()
    };
    let model = client(&provider, Provider::Gemini, &options);
    provider.fail_next([Some(Fault::RateLimited(Some("1".to_owned())))]);
    let started = Instant::now();

    let done = ask(&*model).await.unwrap();

    assert_eq!(done.attempts, 2);
    assert!(started.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn a_retry_after_that_is_too_long_ends_the_call_and_is_passed_on() {
    let provider = FakeProvider::start().await;
    let options = ClientOptions {
        attempts_max: 3,
        ..options()
    };
    for of in Provider::ALL {
        let model = client(&provider, of, &options);
        provider.fail_next([Some(Fault::RateLimited(Some("3600".to_owned())))]);

        let error = ask(&*model).await.unwrap_err();

        assert_eq!(error.retry_after, Some(Duration::from_secs(3_600)), "{of}");
        assert!(error.is_retryable());
    }
    assert_eq!(provider.count(), 4);
}

#[tokio::test]
async fn what_was_shown_is_not_said_anew() {
    let provider = FakeProvider::start().await;
    let options = ClientOptions {
        attempts_max: 3,
        ..options()
    };
    let model = client(&provider, Provider::OpenAi, &options);
    provider.fail_next([Some(Fault::Reset)]);

    let (result, pieces) = watch(&*model).await;

    assert_eq!(result.unwrap_err().kind, ModelFault::Unreachable);
    assert!(!pieces.is_empty());
    assert_eq!(provider.count(), 1);
}

#[tokio::test]
async fn a_stream_that_fails_before_its_first_piece_is_tried_again() {
    let provider = FakeProvider::start().await;
    let options = ClientOptions {
        attempts_max: 3,
        ..options()
    };
    for of in Provider::ALL {
        let model = client(&provider, of, &options);
        provider.fail_next([Some(Fault::Status(500)), None]);

        let (result, pieces) = watch(&*model).await;

        assert_eq!(result.unwrap().text, pieces.concat(), "{of}");
    }
}

/// The run that the project's targets name: 30% errors, 10% silence, 5% nonsense.
#[tokio::test]
async fn with_enough_attempts_most_calls_come_through_a_bad_day() {
    let provider = FakeProvider::start().await;
    provider.fail(
        Script::new(7)
            .share(Fault::Status(500), 0.3)
            .share(Fault::Silence, 0.1)
            .share(Fault::Truncated, 0.05),
    );
    let options = ClientOptions {
        timeout: Duration::from_millis(100),
        attempts_max: 8,
        ..options()
    };
    let model = client(&provider, Provider::OpenAi, &options);

    let calls = (0..50).map(|_| ask(&*model));
    let results = futures::future::join_all(calls).await;

    let failed = results.iter().filter(|result| result.is_err()).count();
    // 0.45^8 is one in 600.
    assert!(failed <= 2, "{failed} of 50 failed");
}
