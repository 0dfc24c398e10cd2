//! What a language model is asked, as `parlor prompt` shows it and as a provider gets it.

use crate::ross_to_rachel;
use parlor_blackbox::{Scratch, Setting};
use parlor_dialect::llm::Provider;
use parlor_dialect::testkit::{Asked, FAKE_KEY, FakeProvider};
use serde_json::Value;

/// Lets the characters of a test world speak through a model.
fn voiced(scratch: &Scratch) {
    let source = &scratch.world.source;
    let scripted = std::fs::read_to_string(source).unwrap();
    let voiced = scripted.replace("dialect = \"talk\"", "dialect = \"voice\"");
    let dialect = "\n[dialects.voice]\nkind = \"llm\"\nfallback = \"talk\"\n";
    std::fs::write(source, voiced + dialect).unwrap();
    let key = format!("OPENAI_API_KEY={FAKE_KEY}\n");
    std::fs::write(scratch.dir().join(".env"), key).unwrap();
}

/// System text and turns of a request, as one text.
fn sent(asked: &Asked) -> String {
    let messages = asked.body["messages"].as_array().unwrap();
    let texts = messages
        .iter()
        .map(|m| format!("{}: {}", m["role"], m["content"]));
    texts.collect::<Vec<_>>().join("\n")
}

/// The same of what `parlor prompt` printed.
fn shown(prompt: &Value) -> String {
    let system = format!("\"system\": {}", prompt["system"]);
    let turns = prompt["turns"].as_array().unwrap();
    let turns = turns
        .iter()
        .map(|t| format!("{}: {}", t["role"], t["text"]));
    [system]
        .into_iter()
        .chain(turns)
        .collect::<Vec<_>>()
        .join("\n")
}

#[tokio::test]
async fn the_prompt_that_is_shown_is_the_one_that_was_sent() {
    let provider = FakeProvider::start().await;
    provider.reply_with(|_| "*nods* \"For the record,\n I was right.\"".to_owned());
    let scratch = Scratch::with_gossip(Setting::Embedded, 0.0).await;
    voiced(&scratch);
    let llm = format!("--llm={}", provider.spec(Provider::OpenAi, "test-model"));
    let server = scratch.up(&["--pace", "0", &llm]).await;
    let (api, world) = (server.api().await, scratch.world.name.as_str());
    let id = api.start(world, &ross_to_rachel()).await;
    api.closed(&id).await;
    api.quiet(world).await;

    let requests: Vec<String> = provider.requests().iter().map(sent).collect();
    for line in 2..=10 {
        let (order, source) = (line.to_string(), scratch.world.source.as_str());
        let args = [
            "prompt", &id, "--line", &order, "--world", source, "--json", &llm,
        ];
        let printed = scratch.parlor(&args).await.well();
        let prompt: Value = serde_json::from_str(&printed).unwrap();

        assert_eq!(prompt["order"], line);
        assert!(requests.contains(&shown(&prompt)), "line {line}: {printed}");
    }
    let asked = provider.count();
    let last = scratch
        .parlor(&["prompt", &id, "--world", &scratch.world.source, &llm])
        .await
        .well();
    assert!(last.contains("line 10 (said)"), "{last}");
    assert_eq!(provider.count(), asked, "nobody is asked");
    for message in api.messages(&id).await {
        assert_eq!(message["fallback"], false, "{message}");
        let text = message["text"].as_str().unwrap();
        assert!(!text.contains(['*', '"']), "{text}");
    }
}
