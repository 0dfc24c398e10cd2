//! What is done with hostile bytes, in one place: the fuzz targets call it, and `cargo test` does
//! with a few thousand inputs.

use parlor_dialect::grammar::Grammar;
use parlor_dialect::import::{Collection, Format, Messages, Pseudonyms};
use parlor_dialect::markov::Markov;
use parlor_dialect::replay::{Lines, Replay};
use parlor_dialect::template::Templates;
use parlor_model::dice::Dice;
use parlor_model::{Character, MessageKind, Prompt, PromptLine, Purpose, Slug};
use std::sync::Arc;
use uuid::Uuid;

/// Joey answers Ross.
fn prompt(heard: &str) -> Prompt {
    let name = "Joey";
    let slug = Slug::of_name(name).expect("a name of letters has a slug");
    Prompt {
        to: vec!["Ross".to_owned()],
        topic: Some("the rent".to_owned()),
        memory: vec![PromptLine {
            from: "Ross".to_owned(),
            text: heard.to_owned(),
            kind: MessageKind::Line,
            sentiment: 0.0,
        }],
        ..Prompt::new(
            Arc::new(Character::new(slug, name)),
            Purpose::Reply,
            Dice::new(7, Uuid::nil()),
        )
    }
}

fn is_line(line: &str) {
    assert!(!line.is_empty() && line.chars().count() <= 2_000 && !line.contains('\n'));
}

/// An export of any format: read to its end, concealed, written, read again, spoken.
pub(crate) fn export(bytes: &[u8]) {
    let formats = [
        None,
        Some(Format::Sms),
        Some(Format::WhatsApp),
        Some(Format::Telegram),
        Some(Format::Plain),
    ];
    for format in formats {
        let Ok(mut messages) = Messages::open(bytes, format, "Me") else {
            continue;
        };
        let mut collection = Collection::default();
        for message in (&mut messages).map_while(Result::ok) {
            assert!(!message.text.is_empty() && message.text.len() <= 8 << 10);
            assert!(!message.from.is_empty() && message.from.chars().count() <= 60);
            if collection.add(&message).is_err() {
                break;
            }
        }
        collection.end_file(&messages.skips());
        again(collection);
    }
    if let Ok(lines) = Lines::read(bytes)
        && let Ok(replay) = Replay::new(lines, None)
    {
        is_line(&replay.line(&prompt("who ate my sandwich?")));
    }
}

/// What was read is written and read again: nothing gets lost.
fn again(mut collection: Collection) {
    collection.sort();
    let mut written = Vec::new();
    let count = collection
        .write_plain(&mut written, 1 << 20)
        .expect("memory takes what is written");
    if count > 0 {
        let read = Messages::open(written.as_slice(), Some(Format::Plain), "Me");
        let read = read.expect("a format that is named is not looked for");
        assert_eq!(read.filter_map(Result::ok).count(), count);
    }
    let names: Vec<String> = collection
        .people()
        .iter()
        .map(|person| person.name.clone())
        .collect();
    let pseudonyms = Pseudonyms::new(names.iter().map(String::as_str), "Me");
    let _ = collection.concealed(Some(&pseudonyms), true);
}

/// A grammar, and templates: compiled, checked, spoken.
pub(crate) fn grammar(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(grammar) = Grammar::parse(&text) {
        let _ = grammar.problems();
        for heard in ["hm", text.as_ref()] {
            if let Some(line) = grammar.line(&prompt(heard)) {
                is_line(&line);
            }
        }
    }
    if let Ok(templates) = Templates::parse(&text) {
        let _ = templates.line(&prompt("hm"));
    }
}

/// The bytes of a markov model: read, and spoken.
pub(crate) fn markov(bytes: &[u8]) {
    if let Ok(model) = Markov::read(bytes) {
        for heard in ["hm", "the cat sat on the mat"] {
            is_line(&model.line(&prompt(heard)));
        }
    }
}
