//! What a character card adds to a prompt, its macros filled.
//!
//! A card comes from a stranger. What its author asks of a model stands in a section of its own,
//! before the rules of the house: it can shape how the character talks and nothing else.

use super::data::Names;
use super::{data, labelled};
use crate::llm::tokens::head;
use parlor_model::card::lore::{Lore, LorePlace};
use parlor_model::card::{Card, Example, Filling};
use parlor_model::{Character, MessageKind, Prompt, PromptLine};

/// Tokens of the author's instructions and of a scenario, at most, each.
const AUTHOR_TOKENS_MAX: usize = 256;
/// Example dialogues that are looked at.
const EXAMPLES_MAX: usize = 16;

/// The texts of a speaker, cleaned; where there is no card, of the world file alone.
#[derive(Debug, Default)]
pub(super) struct Texts {
    /// Who the character is.
    pub(super) persona: String,
    /// Where and how the talk takes place.
    pub(super) scenario: Vec<String>,
    /// What the author of the card asks of a model.
    pub(super) author: Vec<String>,
    /// How the character talks, one dialogue each.
    pub(super) examples: Vec<String>,
}

impl Texts {
    pub(super) fn of(prompt: &Prompt, names: &Names) -> Self {
        let Some(card) = &prompt.speaker.card else {
            return Self {
                persona: data::paragraphs(&prompt.speaker.persona),
                ..Self::default()
            };
        };
        let filling = Filling::of(prompt);
        let lore = |place: fn(LorePlace) -> bool| lore(&prompt.lore, place);
        let mut persona = lore(|place| place == LorePlace::BeforeDescription);
        persona.extend(own_persona(&prompt.speaker, card).map_or_else(
            || {
                let told = card.description(&filling).into_iter();
                told.chain(card.personality(&filling)).collect()
            },
            |own| vec![own],
        ));
        persona.extend(lore(|place| {
            matches!(place, LorePlace::AfterDescription | LorePlace::Personality)
        }));
        let mut scenario = bounded(card.scenario(&filling));
        let told = lore(|place| matches!(place, LorePlace::Scenario | LorePlace::Depth(_)));
        scenario.extend(told.iter().map(|text| data::paragraphs(text)));
        Self {
            persona: data::paragraphs(&persona.join("\n")),
            scenario,
            author: author(card, &filling),
            examples: examples(prompt, card, &filling, names),
        }
    }
}

/// What a world file says of somebody who has a card: it counts before what the card says.
fn own_persona(speaker: &Character, card: &Card) -> Option<String> {
    let is_own = !speaker.persona.is_empty() && speaker.persona != card.persona();
    is_own.then(|| speaker.persona.clone())
}

/// Cards may quote the program's own instructions; those stand in the prompt as it is.
fn author(card: &Card, filling: &Filling) -> Vec<String> {
    let mut lines = bounded(card.system(filling, ""));
    lines.extend(bounded(card.after(filling, "")));
    lines
}

fn bounded(text: Option<String>) -> Vec<String> {
    let text = data::paragraphs(text.as_deref().unwrap_or_default());
    let text = head(&text, AUTHOR_TOKENS_MAX);
    text.lines().map(str::to_owned).collect()
}

fn lore(lore: &[Lore], is_there: fn(LorePlace) -> bool) -> Vec<String> {
    let there = lore.iter().filter(|entry| is_there(entry.place));
    there.map(|entry| entry.text.clone()).collect()
}

fn examples(prompt: &Prompt, card: &Card, filling: &Filling, names: &Names) -> Vec<String> {
    card.examples(filling)
        .iter()
        .take(EXAMPLES_MAX)
        .map(|example| dialogue(prompt, example, filling, names))
        .collect()
}

fn dialogue(prompt: &Prompt, example: &Example, filling: &Filling, names: &Names) -> String {
    let lines: Vec<String> = example
        .lines
        .iter()
        .map(|said| {
            let from = if said.by_me {
                &prompt.speaker.name
            } else {
                &filling.other
            };
            let line = PromptLine {
                from: from.clone(),
                text: String::new(),
                kind: MessageKind::Line,
                sentiment: 0.0,
            };
            let words = data::said(&said.text, names);
            labelled(&line, &words)
        })
        .collect();
    lines.join("\n")
}
