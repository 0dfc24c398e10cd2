use crate::support::{load, reply, with_dice, worlds};
use async_trait::async_trait;
use futures::executor::block_on;
use parlor_dialect::gibberish::Gibberish;
use parlor_dialect::registry::{self, BuildOptions};
use parlor_model::Prompt;
use parlor_model::world::DialectKind;
use parlor_ports::dialect::{Dialect, Utterance};
use parlor_ports::error::{PortError, PortResult};
use std::sync::Arc;

const WORLD: &str = r#"
[world]
name = "two"
[dialects.small]
kind = "grammar"
rules = { origin = "scripted" }
[dialects.model]
kind = "llm"
fallback = "small"
[[characters]]
name = "Joey"
dialect = "model"
[[characters]]
name = "Ross"
dialect = "small"
"#;

/// A model that answers as it is told.
struct Model(PortResult<&'static str>);

#[async_trait]
impl Dialect for Model {
    async fn speak(&self, _: &Prompt) -> PortResult<Utterance> {
        self.0.clone().map(|text| Utterance {
            text: text.to_owned(),
            fallback: false,
        })
    }
}

fn say(dialect: &str, model: Option<PortResult<&'static str>>) -> PortResult<Utterance> {
    let llm = model.map(|answer| Arc::new(Model(answer)) as Arc<dyn Dialect>);
    let dialects = registry::build(&load(WORLD).unwrap(), &BuildOptions { llm }).unwrap();
    block_on(dialects.get(dialect).unwrap().speak(&reply("Oh")))
}

fn utterance(text: &str, fallback: bool) -> Utterance {
    Utterance {
        text: text.to_owned(),
        fallback,
    }
}

#[test]
fn without_a_model_the_fallback_speaks_and_says_so() {
    assert_eq!(say("model", None), Ok(utterance("scripted", true)));
    assert_eq!(say("small", None), Ok(utterance("scripted", false)));
}

#[test]
fn a_model_speaks_for_itself_in_one_clean_line() {
    assert_eq!(
        say("model", Some(Ok(" a\n b\u{7} "))),
        Ok(utterance("a b", false))
    );
    assert_eq!(say("model", Some(Ok(""))), Ok(utterance("…", false)));
}

#[test]
fn a_model_that_fails_for_good_falls_back_and_one_that_may_recover_is_asked_again() {
    let gone = PortError::terminal("model", "no such model");
    assert_eq!(
        say("model", Some(Err(gone))),
        Ok(utterance("scripted", true))
    );
    let busy = PortError::retryable("model", "busy");
    assert_eq!(say("model", Some(Err(busy.clone()))), Err(busy));
}

#[test]
fn the_vocabulary_names_the_kinds_of_this_program() {
    let kinds: Vec<_> = registry::vocabulary()
        .iter()
        .map(|entry| entry.kind)
        .collect();
    assert_eq!(
        kinds,
        [
            DialectKind::Gibberish,
            DialectKind::Grammar,
            DialectKind::Llm
        ]
    );
}

#[test]
fn a_broken_grammar_is_a_problem_of_the_world_file() {
    let broken = WORLD.replace("scripted", "#nowhere#");
    let problems = load(&broken).unwrap_err().to_string();
    assert!(
        problems.contains("there is no symbol 'nowhere'"),
        "{problems}"
    );
}

#[test]
fn gibberish_is_3_to_12_words_and_the_same_for_the_same_prompt() {
    for event in 0..500 {
        let prompt = with_dice(reply("Oh"), event);
        let line = Gibberish::line(&prompt);
        assert!((3..=12).contains(&line.split(' ').count()), "{line}");
        assert!(
            line.starts_with(|c: char| c.is_ascii_uppercase())
                && line.ends_with(['.', '!', '?', '…']),
            "{line}"
        );
        assert_eq!(line, Gibberish::line(&prompt));
    }
    assert_ne!(
        Gibberish::line(&with_dice(reply("Oh"), 1)),
        Gibberish::line(&with_dice(reply("Oh"), 2))
    );
}

#[test]
fn the_starter_world_passes_the_check_and_speaks() {
    let template = std::fs::read_to_string(worlds().join("new.toml.template")).unwrap();
    let source = template
        .replace("{{name}}", "my-world")
        .replace("{{title}}", "My World");
    let world = load(&source).unwrap_or_else(|problems| panic!("{problems}"));
    let dialects = registry::build(&world, &BuildOptions::default()).unwrap();
    let mut prompt = reply("Will it rain?");
    prompt.speaker = Arc::clone(world.find("ada").unwrap());
    let said = block_on(dialects.get("small-talk").unwrap().speak(&prompt)).unwrap();
    assert!(!said.fallback && !said.text.contains("(("), "{said:?}");
}
