//! What happens at a place, in one sentence of at most twenty words.

use super::Departure;
use crate::engine::printable;
use parlor_model::travel::{SCENE_CHARS_MAX, SCENE_WORDS_MAX};
use parlor_model::world::Place;
use parlor_model::{Character, Dice, Incident, Prompt, Purpose, World};
use std::sync::Arc;

/// What a dialect is given to tell what happens: the place speaks (`#me#`, `open@its-slug`), of those
/// who go (`#you#`), of one who stays (`#other#`), and of where they go (`#topic#`).
#[must_use]
pub fn prompt_of(
    world: &World,
    place: &Place,
    departure: &Departure,
    dialect: &str,
    dice: Dice,
) -> Prompt {
    let narrator = Character {
        persona: place.about.clone(),
        likes: place.draws.clone(),
        dialect: dialect.to_owned(),
        ..Character::new(place.slug.clone(), place.name.clone())
    };
    Prompt {
        setting: world.setting(),
        to: names(&departure.go),
        present: names(&departure.stay),
        topic: Some(departure.to.name.clone()),
        place: Some(place.name.clone()),
        ..Prompt::new(Arc::new(narrator), Purpose::Open, dice)
    }
}

/// What happened, from the words that tell it; without words, in plain ones. What stands behind the
/// last semicolon is what came of it.
#[must_use]
pub fn incident_of(place: &Place, departure: &Departure, words: Option<String>) -> Incident {
    let plain = || plain(place, departure);
    let text = words.map(one_line).filter(|text| !text.is_empty());
    let text = fit(text.unwrap_or_else(plain)).unwrap_or_else(plain);
    let (told, consequence) = match text.rsplit_once("; ") {
        Some((told, consequence)) => (told, consequence.trim_end_matches('.').to_owned()),
        None => (text.as_str(), onward(departure)),
    };
    let took_part = departure
        .go
        .iter()
        .chain(departure.stay.iter().filter(|c| mentions(told, &c.name)))
        .map(|c| c.name.clone())
        .collect();
    Incident {
        took_part,
        consequence,
        text,
    }
}

/// True when a sentence is short enough.
#[must_use]
pub(super) fn fits(text: &str) -> bool {
    text.split_whitespace().count() <= SCENE_WORDS_MAX && text.chars().count() <= SCENE_CHARS_MAX
}

/// The sentence, without its end where it is too long with it; `None` where it still is.
fn fit(text: String) -> Option<String> {
    if fits(&text) {
        return Some(text);
    }
    let (told, _) = text.rsplit_once("; ")?;
    let told = format!("{told}.");
    fits(&told).then_some(told)
}

fn plain(place: &Place, departure: &Departure) -> String {
    let who = list(&names(&departure.go));
    let verb = if departure.go.len() == 1 {
        "leaves"
    } else {
        "leave"
    };
    let text = format!("{who} {verb} {} for {}.", place.name, departure.to.name);
    if fits(&text) {
        return text;
    }
    let count = departure.go.len();
    let all = format!("{count} of them leave for {}.", departure.to.name);
    if fits(&all) {
        all
    } else {
        format!("{count} of them leave.")
    }
}

fn onward(departure: &Departure) -> String {
    format!("off to {}", departure.to.name)
}

fn names(characters: &[Arc<Character>]) -> Vec<String> {
    characters.iter().map(|c| c.name.clone()).collect()
}

fn list(names: &[String]) -> String {
    match names {
        [] => "Nobody".to_owned(),
        [one] => one.clone(),
        [many @ .., last] => format!("{} and {last}", many.join(", ")),
    }
}

fn mentions(text: &str, name: &str) -> bool {
    let is_edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    text.match_indices(name).any(|(at, found)| {
        is_edge(text[..at].chars().next_back()) && is_edge(text[at + found.len()..].chars().next())
    })
}

/// One line, without what no terminal and no store has a use for.
pub(super) fn one_line(text: String) -> String {
    let text = printable(text);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
