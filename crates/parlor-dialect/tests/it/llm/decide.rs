//! Decisions (HP-6 as a facility): checked against who and what is there.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parlor_dialect::llm::Provider;
use parlor_dialect::llm::decide::Decider;
use parlor_dialect::testkit::{FakeProvider, Fault};
use parlor_ports::mind::{Mind, Question};
use serde_json::json;

use super::support::{client, options};

fn question() -> Question {
    let schema = json!({
        "type": "object", "additionalProperties": false, "required": ["to", "why"],
        "properties": {"to": {"type": "string"}, "why": {"type": "string"}},
    });
    Question::new(
        "next",
        "Ross and Rachel are here.",
        "Who speaks next?",
        schema,
    )
    .only("/to", vec!["Ross".to_owned(), "Rachel".to_owned()])
}

/// A provider that says one thing after the other, and the last one for ever.
async fn saying(replies: &'static [&'static str]) -> FakeProvider {
    let provider = FakeProvider::start().await;
    let said = AtomicUsize::new(0);
    provider.reply_with(move |_| {
        let turn = said.fetch_add(1, Ordering::SeqCst).min(replies.len() - 1);
        replies[turn].to_owned()
    });
    provider
}

#[tokio::test]
async fn a_decision_that_fits_is_taken_from_every_provider() {
    let provider = saying(&["```json\n{\"to\": \"Rachel\", \"why\": \"she asked\"}\n```"]).await;
    for of in Provider::ALL {
        let mind = Decider::new(client(&provider, of, &options()), 60);

        let decision = mind.decide(&question()).await.unwrap();

        assert_eq!(decision["to"], "Rachel", "{of}");
        let asked = provider.requests().pop().unwrap();
        assert!(
            asked.system.contains("\"required\":[\"to\",\"why\"]"),
            "{of}"
        );
    }
}

#[tokio::test]
async fn nonsense_is_asked_again_once_with_what_was_wrong() {
    for (nonsense, wrong) in [
        ("Well, Rachel.", "not JSON"),
        ("[]", "rule /type"),
        ("{\"to\": \"Ross\"}", "rule /required"),
        (
            "{\"to\": \"Gandalf\", \"why\": \"\"}",
            "must be one of: Ross, Rachel",
        ),
    ] {
        let replies: &[&str] = vec![nonsense, "{\"to\": \"Ross\", \"why\": \"\"}"].leak();
        let provider = saying(replies).await;
        let model = client(&provider, Provider::OpenAi, &options());

        let decision = Decider::new(model, 60).decide(&question()).await.unwrap();

        assert_eq!(decision["to"], "Ross", "{nonsense}");
        let again = provider.requests().pop().unwrap();
        assert!(again.user.contains(wrong), "{nonsense}: {}", again.user);
        assert!(again.body.to_string().contains("Who speaks next?"));
    }
}

#[tokio::test]
async fn nonsense_twice_is_undecided_and_the_reason_repeats_none_of_it() {
    let provider = saying(&["{\"to\": \"Gandalf\", \"why\": \"Mellon\"}"]).await;
    let model = client(&provider, Provider::Gemini, &options());

    let undecided = Decider::new(model, 60)
        .decide(&question())
        .await
        .unwrap_err();

    assert_eq!(provider.count(), 2);
    assert!(!undecided.retryable);
    assert!(undecided.reason.contains("nonsense twice"), "{undecided}");
    assert!(!undecided.reason.contains("Gandalf"), "{undecided}");
}

#[tokio::test]
async fn a_model_that_is_away_leaves_it_undecided_for_now() {
    let provider = FakeProvider::start().await;
    provider.fail_next([Some(Fault::Status(503))]);
    let model = client(&provider, Provider::Anthropic, &options());
    let mind: Arc<dyn Mind> = Arc::new(Decider::new(model, 60));

    let undecided = mind.decide(&question()).await.unwrap_err();

    assert!(undecided.retryable, "{undecided}");
}
