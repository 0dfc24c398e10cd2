use crate::support::{load, reply, with_dice, worlds};
use futures::executor::block_on;
use parlor_dialect::gibberish::Gibberish;
use parlor_dialect::registry::{self, BuildOptions};
use parlor_model::world::DialectKind;
use parlor_ports::dialect::Utterance;
use parlor_ports::error::PortResult;
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

fn say(dialect: &str) -> PortResult<Utterance> {
    let dialects = registry::build(&load(WORLD).unwrap(), &BuildOptions::default()).unwrap();
    block_on(dialects.get(dialect).unwrap().speak(&reply("Oh")))
}

#[test]
fn without_a_model_the_fallback_speaks_and_nothing_has_failed() {
    for dialect in ["model", "small"] {
        let said = say(dialect).unwrap();
        assert_eq!((said.text.as_str(), said.fallback), ("scripted", false));
    }
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
            DialectKind::Markov,
            DialectKind::Grammar,
            DialectKind::Template,
            DialectKind::Replay,
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
fn gibberish_has_sentences_of_many_forms_rc15() {
    let said: Vec<String> = (0..500)
        .map(|event| Gibberish::line(&with_dice(reply("Do you like DINOSAURS, my friend"), event)))
        .collect();
    let share = |fits: &dyn Fn(&str) -> bool| said.iter().filter(|line| fits(line)).count();
    for end in ['.', '?', '!', '…'] {
        assert!(share(&|line| line.ends_with(end)) > 25, "{end}");
    }
    assert!(share(&|line| line.contains(", ")) > 50);
    assert!((100..300).contains(&share(&|line| line.to_lowercase().contains("dinosaurs"))));
    let consonants = |line: &str| {
        let mut run = 0;
        line.to_lowercase()
            .replace("dinosaurs", "")
            .chars()
            .any(|c| {
                run = if c.is_alphabetic() && !"aeiou".contains(c) {
                    run + 1
                } else {
                    0
                };
                run > 4
            })
    };
    assert_eq!(share(&|line| consonants(line)), 0, "nobody could say them");
}

#[test]
fn every_scripted_kind_speaks_in_a_world_rc16() {
    let world = r#"
[world]
name = "kinds"
[dialects.chain]
kind = "markov"
file = "chain.markov"
[dialects.opinions]
kind = "template"
rules = { neutral = ["Hm, [topic]."] }
[dialects.chat]
kind = "replay"
file = "chat.txt"
who = "Ann"
[[characters]]
name = "Joey"
dialect = "chain"
[[characters]]
name = "Ross"
dialect = "chat"
"#;
    let mut trainer = parlor_dialect::markov::Trainer::new(None);
    trainer.add("The rent is due.");
    let chain = trainer.finish().unwrap().0;
    let read = |path: &str| match path {
        "chain.markov" => Ok(chain.clone()),
        _ => Ok(b"Ben: the rent?\nAnn: paid\n".to_vec()),
    };
    let world =
        crate::support::load_with(world, &read).unwrap_or_else(|problems| panic!("{problems}"));
    let dialects = registry::build(&world, &BuildOptions::default()).unwrap();
    for (name, line) in [
        ("chain", "The rent is due."),
        ("opinions", "Hm, the rent."),
        ("chat", "paid"),
    ] {
        let said = block_on(dialects.get(name).unwrap().speak(&reply("and the rent?"))).unwrap();
        assert_eq!((said.text.as_str(), said.fallback), (line, false), "{name}");
    }
}

#[test]
fn what_is_wrong_with_a_file_is_a_problem_of_the_world_file() {
    let world = |kind: &str, more: &str| {
        format!(
            "[world]\nname = \"x\"\n[dialects.a]\nkind = \"{kind}\"\nfile = \"it\"\n{more}\n\
             [[characters]]\nname = \"A\"\n[[characters]]\nname = \"B\"\n"
        )
    };
    for (kind, more, bytes, part) in [
        ("markov", "", &b"hello"[..], "not a markov model"),
        ("template", "", b"[agree]\nhapy = 'x'", "is it 'happy'?"),
        ("template", "", b"\xff", "not UTF-8"),
        ("replay", "", b"hello", "no known export"),
        (
            "replay",
            "who = \"Cid\"",
            b"Ann: a\nBen: b\n",
            "nobody in it is called 'Cid'",
        ),
    ] {
        let read = |_: &str| Ok(bytes.to_vec());
        let problems = crate::support::load_with(&world(kind, more), &read)
            .unwrap_err()
            .to_string();
        assert!(problems.contains(part), "{problems}");
    }
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
