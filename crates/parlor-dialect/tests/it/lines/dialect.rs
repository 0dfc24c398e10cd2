//! The dialect (RC-17, CC-26) against a real HTTP server that speaks the providers' APIs and fails.

use super::prompt::reply;
use crate::support::load;
use parlor_dialect::llm::{BreakerOptions, ClientOptions, Clients, ModelSpec, Models, Provider};
use parlor_dialect::registry::{self, BuildError, BuildOptions, Dialects};
use parlor_dialect::testkit::{Asked, FakeProvider, Fault, Script};
use parlor_model::{Dice, Prompt, SystemClock};
use parlor_ports::PortResult;
use parlor_ports::dialect::Utterance;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use uuid::Uuid;

const WORLD: &str = r#"
[world]
name = "two"
[llm]
[dialects.small]
kind = "grammar"
rules = { origin = "scripted" }
[dialects.voice]
kind = "llm"
fallback = "small"
[[characters]]
name = "Ross"
dialect = "voice"
[[characters]]
name = "Rachel"
dialect = "voice"
"#;

fn models(provider: &FakeProvider, default: ModelSpec) -> Models {
    let options = ClientOptions {
        timeout: Duration::from_secs(5),
        deadline: Duration::from_secs(10),
        idle: Duration::from_secs(2),
        attempts_max: 1,
        breaker: BreakerOptions {
            failing_for: Duration::ZERO,
            failures: 1_000,
            ..BreakerOptions::default()
        },
        ..ClientOptions::default()
    };
    let dice = Dice::new(7, Uuid::nil());
    let clients = Clients::new(provider.keys(), options, Arc::new(SystemClock), dice);
    Models::new(clients).with_default(default)
}

fn dialects(source: &str, models: Option<Models>) -> Result<Dialects, BuildError> {
    let world = load(source).unwrap_or_else(|problems| panic!("{problems}"));
    let models = models.map(Arc::new);
    registry::build(&world, &BuildOptions { models })
}

/// The world's own Ross answers Rachel.
fn ross(source: &str) -> Prompt {
    let world = load(source).unwrap();
    Prompt {
        speaker: world.find("ross").unwrap().clone(),
        ..reply()
    }
}

async fn say(source: &str, provider: &FakeProvider, of: Provider) -> PortResult<Utterance> {
    let spec = provider.spec(of, "test-model");
    let dialects = dialects(source, Some(models(provider, spec))).unwrap();
    dialects.get("voice").unwrap().speak(&ross(source)).await
}

fn scripted(fallback: bool) -> PortResult<Utterance> {
    Ok(Utterance {
        text: "scripted".to_owned(),
        fallback,
    })
}

fn asked(provider: &FakeProvider) -> Asked {
    provider.requests().pop().unwrap()
}

#[tokio::test]
async fn every_provider_gets_the_prompt_and_its_reply_becomes_a_line() {
    let provider = FakeProvider::start().await;
    provider.reply_with(|_| "**Ross:** *sighs* \"It had a flag.\"\nRachel: So?".to_owned());
    for of in Provider::ALL {
        let said = say(WORLD, &provider, of).await.unwrap();

        assert_eq!(
            (said.text.as_str(), said.fallback),
            ("It had a flag.", false),
            "{of}"
        );
        let asked = asked(&provider);
        assert!(
            asked.system.contains("You are Ross"),
            "{of}: {}",
            asked.system
        );
        assert!(
            asked.user.ends_with("Rachel: A toothpick is not a flag."),
            "{of}: {}",
            asked.user
        );
    }
}

#[tokio::test]
async fn without_any_model_the_scripted_dialect_speaks_and_is_no_fallback() {
    let provider = FakeProvider::start().await;
    for models in [None, Some(models(&provider, ModelSpec::None))] {
        let dialects = dialects(WORLD, models).unwrap();
        let voice = dialects.get("voice").unwrap();

        assert_eq!(voice.speak(&ross(WORLD)).await, scripted(false));
        assert!(!voice.is_slow());
    }
    assert_eq!(provider.count(), 0);
}

#[tokio::test]
async fn a_reply_without_a_line_is_asked_for_once_more() {
    let provider = FakeProvider::start().await;
    provider.reply_with(|asked| {
        let is_again = asked
            .system
            .contains("Your last reply held no line of Ross.");
        if is_again {
            "Fine."
        } else {
            "Rachel: I speak for everybody."
        }
        .to_owned()
    });

    let said = say(WORLD, &provider, Provider::OpenAi).await.unwrap();

    assert_eq!((said.text.as_str(), said.fallback), ("Fine.", false));
    assert_eq!(provider.count(), 2);
}

#[tokio::test]
async fn nonsense_twice_falls_back_also_where_lines_wait() {
    let waits = WORLD.replace("[llm]", "[llm]\non_failure = \"wait\"");
    for world in [WORLD, &waits] {
        let provider = FakeProvider::start().await;
        provider.reply_with(|_| "...".to_owned());

        assert_eq!(
            say(world, &provider, Provider::Gemini).await,
            scripted(true)
        );
        assert_eq!(provider.count(), 2);
    }
}

#[tokio::test]
async fn a_failing_model_falls_back_or_lets_the_line_wait() {
    let waits = WORLD.replace("[llm]", "[llm]\non_failure = \"wait\"");
    for fault in [
        Fault::Status(500),
        Fault::Status(401),
        Fault::Status(404),
        Fault::Reset,
    ] {
        let provider = FakeProvider::start().await;
        provider.fail(Script::new(1).share(fault.clone(), 1.0));

        assert_eq!(
            say(WORLD, &provider, Provider::OpenAi).await,
            scripted(true),
            "{fault:?}"
        );
        let error = say(&waits, &provider, Provider::OpenAi).await.unwrap_err();
        assert!(error.is_retryable(), "{fault:?}: {error}");
    }
}

#[tokio::test]
async fn the_most_specific_model_wins() {
    let provider = FakeProvider::start().await;
    provider.reply_with(|asked| format!("I am {}.", asked.model));
    let named = |model: &str| provider.spec(Provider::OpenAi, model).to_string();
    let world = format!("[llm]\nmodel = \"{}\"", named("of-world"));
    let of_world = WORLD.replace("[llm]", &world);
    let dialect = format!("kind = \"llm\"\nmodel = \"{}\"", named("of-dialect"));
    let of_dialect = of_world.replace("kind = \"llm\"", &dialect);
    let character = format!("name = \"Ross\"\nmodel = \"{}\"", named("of-ross"));
    let of_ross = of_dialect.replace("name = \"Ross\"", &character);
    for (source, expected) in [
        (WORLD, "I am of-server."),
        (&of_world, "I am of-world."),
        (&of_dialect, "I am of-dialect."),
        (&of_ross, "I am of-ross."),
    ] {
        let default = provider.spec(Provider::OpenAi, "of-server");
        let models = models(&provider, default)
            .with_endpoints(&[provider.url(Provider::OpenAi)])
            .unwrap();
        let dialects = dialects(source, Some(models)).unwrap();

        let said = dialects
            .get("voice")
            .unwrap()
            .speak(&ross(source))
            .await
            .unwrap();

        assert_eq!(said.text, expected);
    }
}

#[tokio::test]
async fn an_address_in_a_world_file_is_refused_unless_the_operator_lists_it() {
    let provider = FakeProvider::start().await;
    let inner = provider.spec(Provider::OpenAi, "any").to_string();
    let source = WORLD.replace("[llm]", &format!("[llm]\nmodel = \"{inner}\""));

    let error = dialects(&source, Some(models(&provider, ModelSpec::None))).unwrap_err();

    assert!(error.to_string().contains("llm_endpoints"), "{error}");
    assert_eq!(provider.count(), 0);
    let same = models(&provider, provider.spec(Provider::OpenAi, "any"));
    assert!(
        dialects(&source, Some(same)).is_ok(),
        "the operator named it as well"
    );
}

#[tokio::test]
async fn a_model_without_its_key_falls_back_and_says_so() {
    let provider = FakeProvider::start().await;
    let source = WORLD.replace("[llm]", "[llm]\nmodel = \"anthropic:claude-haiku-4-5\"");
    let dice = Dice::new(7, Uuid::nil());
    let options = ClientOptions::default();
    let clients = Clients::new(Default::default(), options, Arc::new(SystemClock), dice);
    let dialects = dialects(&source, Some(Models::new(clients))).unwrap();

    let said = dialects.get("voice").unwrap().speak(&ross(&source)).await;

    assert_eq!(said, scripted(true));
    assert_eq!(provider.count(), 0);
}

#[test]
fn a_model_that_can_not_be_one_is_a_problem_of_the_world_file() {
    for (place, with) in [
        ("[llm]", "[llm]\nmodel = \"gpt-4o\""),
        ("kind = \"llm\"", "kind = \"llm\"\nmodel = \"gpt-4o\""),
        ("name = \"Ross\"", "name = \"Ross\"\nmodel = \"gpt-4o\""),
    ] {
        let problems = load(&WORLD.replace(place, with)).unwrap_err().to_string();
        assert!(problems.contains("'gpt-4o' names no model"), "{problems}");
    }
}

#[tokio::test]
async fn who_watches_sees_clean_pieces_of_the_line() {
    let provider = FakeProvider::start().await;
    provider.reply_with(|_| {
        "Ross: For the record, I was right. It was a Tuesday. Rachel: It was not.".to_owned()
    });
    let spec = provider.spec(Provider::OpenAi, "test-model");
    let dialects = dialects(WORLD, Some(models(&provider, spec))).unwrap();
    let (sender, mut receiver) = mpsc::channel(1_000);

    let voice = dialects.get("voice").unwrap();
    let said = voice.speak_in_pieces(&ross(WORLD), &sender).await.unwrap();
    drop(sender);

    let mut pieces = Vec::new();
    while let Some(piece) = receiver.recv().await {
        pieces.push(piece);
    }
    assert_eq!(said.text, "For the record, I was right. It was a Tuesday.");
    assert!(!pieces.is_empty());
    assert!(said.text.starts_with(&pieces.concat()), "{pieces:?}");
}
