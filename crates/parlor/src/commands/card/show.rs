//! `parlor card show`: what card files hold.

use super::read_card;
use crate::Ended;
use crate::commands::say;
use parlor_model::card::{Card, Greetings};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Most of a text that is shown, in characters.
const SHOWN_CHARS_MAX: usize = 200;

/// Shows each file; a file that is no card is reported, and the others are shown all the same.
pub(super) fn run(files: &[PathBuf], as_json: bool) -> anyhow::Result<Ended> {
    let mut ended = Ended::Well;
    for file in files {
        match read_card(file) {
            Ok(card) if as_json => say(&summary(file, &card).to_string())?,
            Ok(card) => say(&text(file, &card))?,
            Err(error) => {
                eprintln!("parlor: {error:#}");
                ended = Ended::FoundProblems;
            }
        }
    }
    Ok(ended)
}

fn summary(file: &Path, card: &Card) -> Value {
    let fields = card.fields();
    let book = fields.book.as_ref();
    json!({
        "file": file.display().to_string(),
        "name": card.name(),
        "slug": card.slug(),
        "version": card.version().number(),
        "creator": fields.creator,
        "characterVersion": fields.character_version,
        "tags": fields.tags,
        "description": fields.description,
        "creatorNotes": fields.creator_notes,
        "greetings": Greetings::new(card, false).all().count(),
        "groupGreetings": fields.group_only_greetings.len(),
        "loreEntries": book.map_or(0, |book| book.entries.len()),
        "assets": fields.assets.len(),
        "picture": card.picture().map(|picture| picture.media().as_str()),
        "warnings": card.warnings(),
    })
}

fn text(file: &Path, card: &Card) -> String {
    let fields = card.fields();
    let picture = card.picture().map_or("none".to_owned(), |picture| {
        let kib = picture.bytes().len().div_ceil(1024);
        format!("{}, {kib} KiB", picture.media().as_str())
    });
    let lore = fields.book.as_ref().map_or(0, |book| book.entries.len());
    let mut lines = vec![
        format!(
            "{}: {} ({}), a card of version {}",
            printable(&file.display().to_string()),
            printable(&card.name()),
            card.slug(),
            card.version().number()
        ),
        format!(
            "  greetings {} and {} for groups, lore entries {lore}, assets {}, picture {picture}",
            Greetings::new(card, false).all().count(),
            fields.group_only_greetings.len(),
            fields.assets.len(),
        ),
    ];
    let about = [
        ("by", &fields.creator),
        ("its version", &fields.character_version),
        ("who", &fields.description),
        ("notes", &fields.creator_notes),
    ];
    let about = about.iter().filter(|(_, said)| !said.trim().is_empty());
    lines.extend(about.map(|(what, said)| format!("  {what}: {}", printable(said))));
    lines.extend(
        card.warnings()
            .iter()
            .map(|warning| format!("  note: {}", printable(warning))),
    );
    lines.join("\n")
}

/// A stranger's text for a terminal: one line, not too long, nothing that a terminal obeys.
fn printable(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown: String = line
        .chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .take(SHOWN_CHARS_MAX)
        .collect();
    if shown.len() < line.len() {
        format!("{shown} ..")
    } else {
        shown
    }
}
