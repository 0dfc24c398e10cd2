//! What operators see of the calls.

use std::sync::Arc;
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusBuilder;
use parlor_dialect::llm::{BreakerOptions, ClientOptions, Provider};
use parlor_dialect::testkit::{FakeProvider, Fault};
use parlor_model::SystemClock;

use super::support::{ask, client_of, options};

#[test]
fn calls_tokens_retries_and_the_breaker_are_metrics() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let shown = recorder.handle();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();

    metrics::with_local_recorder(&recorder, || runtime.block_on(a_good_call_and_a_bad_one()));

    let shown = shown.render();
    for line in [
        r#"parlor_model_calls_total{provider="openai",model="m",outcome="ok"} 1"#,
        r#"parlor_model_calls_total{provider="openai",model="m",outcome="server_error"} 1"#,
        r#"parlor_model_tokens_total{provider="openai",model="m",direction="in"} 6"#,
        r#"parlor_model_tokens_total{provider="openai",model="m",direction="out"} 5"#,
        r#"parlor_model_retries_total{provider="openai",model="m",fault="server_error"} 2"#,
        r#"parlor_model_call_seconds_count{provider="openai",model="m"} 2"#,
    ] {
        assert!(shown.contains(line), "{line} is not in:\n{shown}");
    }
    let gauge = |name: &str| {
        let line = shown.lines().find(|line| line.starts_with(name)).unwrap();
        line.rsplit_once(' ').unwrap().1.to_owned()
    };
    assert_eq!(gauge("parlor_model_breaker_state{"), "2");
    assert_eq!(gauge("parlor_model_attempts_in_flight{"), "0");
}

async fn a_good_call_and_a_bad_one() {
    let provider = FakeProvider::start().await;
    let options = ClientOptions {
        attempts_max: 2,
        breaker: BreakerOptions {
            failures: 2,
            failing_for: Duration::ZERO,
            ..BreakerOptions::default()
        },
        ..options()
    };
    let spec = provider.spec(Provider::OpenAi, "m");
    let model = client_of(&spec, &provider.keys(), &options, Arc::new(SystemClock));
    let failure = Some(Fault::Status(500));
    provider.fail_next([failure.clone(), None, failure.clone(), failure]);
    ask(&*model).await.unwrap();
    ask(&*model).await.unwrap_err();
}
