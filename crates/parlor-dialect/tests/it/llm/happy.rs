//! What goes well: each provider, plain and streamed, and what it is sent.

use parlor_dialect::llm::Provider;
use parlor_dialect::llm::model::{OPENING, Schema, TurnRole};
use parlor_dialect::testkit::FakeProvider;
use serde_json::json;

use super::support::{ask, client, client_of, options, request, turn, watch};

#[tokio::test]
async fn every_provider_answers_a_plain_call_and_counts_tokens() {
    let provider = FakeProvider::start().await;
    for of in Provider::ALL {
        let model = client(&provider, of, &options());

        let done = ask(&*model).await.unwrap();

        assert_eq!(model.name(), format!("{of}:test-model"));
        assert_eq!(done.text, "You said Ross: Hello there.?", "{of}");
        assert_eq!((done.tokens_in, done.tokens_out), (6, 5), "{of}");
        assert_eq!(done.attempts, 1, "{of}");
    }
}

#[tokio::test]
async fn every_provider_streams_and_the_pieces_make_up_the_text() {
    let provider = FakeProvider::start().await;
    for of in Provider::ALL {
        let model = client(&provider, of, &options());

        let (done, pieces) = watch(&*model).await;

        let done = done.unwrap();
        assert!(pieces.len() > 1, "{of}: {pieces:?}");
        assert_eq!(pieces.concat(), done.text, "{of}");
        assert_eq!(done.text, "You said Ross: Hello there.?", "{of}");
        assert_eq!((done.tokens_in, done.tokens_out), (6, 5), "{of}");
        assert!(provider.requests().last().unwrap().streamed, "{of}");
    }
}

#[tokio::test]
async fn a_request_arrives_whole_with_its_model_key_and_limits() {
    let provider = FakeProvider::start().await;
    let mut asked = request("Ross: Hello.");
    asked.turns.insert(0, turn(TurnRole::Assistant, "Could I?"));
    asked.stop = vec!["\n".to_owned()];
    for (of, key, limit, stop) in [
        (Provider::OpenAi, "authorization", "/max_tokens", "/stop/0"),
        (
            Provider::Anthropic,
            "x-api-key",
            "/max_tokens",
            "/stop_sequences/0",
        ),
        (
            Provider::Gemini,
            "x-goog-api-key",
            "/generationConfig/maxOutputTokens",
            "/generationConfig/stopSequences/0",
        ),
        (
            Provider::Ollama,
            "authorization",
            "/options/num_predict",
            "/options/stop/0",
        ),
    ] {
        let model = client(&provider, of, &options());

        model.complete(&asked, None).await.unwrap();

        let got = provider.requests().pop().unwrap();
        assert_eq!(got.provider, of);
        assert_eq!(got.model, "test-model", "{of}");
        assert_eq!(got.system, "You are Chandler.", "{of}");
        assert_eq!(got.user, "Ross: Hello.", "{of}");
        assert!(got.header(key).is_some(), "{of}: {:?}", got.headers);
        assert_eq!(got.body.pointer(limit), Some(&json!(60)), "{of}");
        assert_eq!(got.body.pointer(stop), Some(&json!("\n")), "{of}");
        let body = got.body.to_string();
        assert!(body.contains(OPENING), "{of}: a user's turn comes first");
        assert!(body.contains("Could I?"), "{of}");
    }
}

/// The client library reads `-max`, `-low` and the like at the end of a name as how hard to think.
#[tokio::test]
async fn a_models_name_is_sent_as_it_is() {
    let provider = FakeProvider::start().await;
    for of in Provider::ALL {
        for name in [
            "qwen-max",
            "mistral-medium",
            "x-low",
            "y-none",
            "gpt-5-high",
        ] {
            let spec = provider.spec(of, name);
            let keys = provider.keys();
            let clock = std::sync::Arc::new(parlor_model::SystemClock);
            let model = client_of(&spec, &keys, &options(), clock);

            ask(&*model).await.unwrap();

            let got = provider.requests().pop().unwrap();
            assert_eq!(got.model, name, "{of}");
            assert_eq!(got.body.get("reasoning_effort"), None, "{of}");
        }
    }
}

#[tokio::test]
async fn a_schema_reaches_every_provider_that_has_a_place_for_it() {
    let provider = FakeProvider::start().await;
    let schema = json!({
        "type": "object", "additionalProperties": false,
        "properties": {"to": {"type": "string"}}, "required": ["to"],
    });
    let mut asked = request("Ross: Who?");
    asked.schema = Some(Schema {
        name: "move".to_owned(),
        schema: schema.clone(),
    });
    for of in Provider::ALL {
        let model = client(&provider, of, &options());

        model.complete(&asked, None).await.unwrap();

        let got = provider.requests().pop().unwrap().schema.unwrap();
        if of == Provider::Ollama {
            assert!(got.is_null(), "JSON is asked for");
        } else {
            assert_eq!(got["properties"], schema["properties"], "{of}");
        }
    }
}

#[tokio::test]
async fn a_server_by_address_is_asked_without_a_key() {
    let provider = FakeProvider::start().await;
    let spec = provider.spec(Provider::Ollama, "llama3.2:3b");
    let clock = std::sync::Arc::new(parlor_model::SystemClock);
    let model = client_of(
        &spec,
        &parlor_dialect::llm::Keys::default(),
        &options(),
        clock,
    );

    ask(&*model).await.unwrap();

    assert_eq!(provider.requests()[0].header("authorization"), None);
}
