//! What a language model is asked, and what may be made of its answer.

use super::incident::{fits, one_line};
use super::{Departure, Stop};
use crate::mechanics::travel::Travel;
use parlor_model::travel::{SCENE_CHARS_MAX, SCENE_WORDS_MAX};
use parlor_model::{Character, Incident};
use serde::Deserialize;
use serde_json::{Value, json};
use std::fmt::Write;
use std::sync::Arc;

/// What a model chose: names, not yet held against who is there.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Choice {
    /// Who goes (display names).
    pub go: Vec<String>,
    /// To where (display name).
    pub to: String,
    /// What happens, in one sentence.
    pub scene: String,
    /// What comes of it.
    pub consequence: String,
}

/// What to ask a model, and what its answer must stand up to.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// The ground that the rules stand on.
    pub setting: String,
    /// What is to be decided.
    pub text: String,
    /// Shape of the answer.
    pub schema: Value,
    /// Who may go.
    pub people: Vec<String>,
    /// Where to.
    pub places: Vec<String>,
}

/// The question of an arrival.
#[must_use]
pub fn question_of(stop: &Stop<'_>, travel: &Travel) -> Asked {
    let people = stop.people();
    let names: Vec<String> = people.iter().map(|(_, c)| c.name.clone()).collect();
    let others = || {
        let places = stop.world.places.iter();
        places.filter(|place| place.slug != stop.place.slug)
    };
    let places: Vec<String> = others().map(|place| place.name.clone()).collect();
    let mut text = format!("You are the mind of {}. Here are:\n", stop.place.name);
    for (here, character) in &people {
        let home = stop.world.home_of(character);
        let home = home.map_or("nowhere", |home| home.name.as_str());
        let news = if here.arriving { ", just arrived" } else { "" };
        let tired = if here.tired >= travel.tired_after {
            ", tired"
        } else {
            ""
        };
        let likes = character.likes.join(", ");
        let _ = writeln!(
            text,
            "- {} (home: {home}{news}{tired}) likes: {likes}",
            character.name
        );
    }
    text.push_str("Other places:\n");
    for place in others() {
        let _ = writeln!(text, "- {}: {}", place.name, place.about);
    }
    let _ = write!(
        text,
        "Tell in one sentence of at most {SCENE_WORDS_MAX} words what happens here, and what comes \
         of it in a few words. Choose who goes on together (1 to {}), and to which place. Friends \
         travel together; who is tired goes home.",
        travel.group_max
    );
    Asked {
        setting: format!(
            "{}: {}\n{}: {}",
            stop.world.title, stop.world.about, stop.place.name, stop.place.about
        ),
        text,
        schema: schema(travel),
        people: names,
        places,
    }
}

fn schema(travel: &Travel) -> Value {
    let line = |max: usize| json!({"type": "string", "minLength": 1, "maxLength": max});
    json!({
        "type": "object",
        "properties": {
            "go": {"type": "array", "items": line(120), "minItems": 1,
                "maxItems": travel.group_max, "uniqueItems": true},
            "to": line(120),
            "scene": line(SCENE_CHARS_MAX),
            "consequence": line(120),
        },
        "required": ["go", "to", "scene", "consequence"],
        "additionalProperties": false,
    })
}

impl Choice {
    /// Reads an answer.
    ///
    /// # Errors
    /// What is wrong with it, without its words.
    pub fn read(answer: &Value) -> Result<Self, String> {
        let choice: Self = serde_json::from_value(answer.clone())
            .map_err(|_| "it lacks go, to, scene or consequence".to_owned())?;
        if fits(&choice.scene) {
            Ok(choice)
        } else {
            Err(format!("/scene has more than {SCENE_WORDS_MAX} words"))
        }
    }

    /// What is left of the choice at a place as it is now: those who are still there go. `None` when
    /// nobody is, or it was not a choice.
    #[must_use]
    pub fn at(&self, stop: &Stop<'_>, travel: &Travel) -> Option<(Departure, Incident)> {
        let mut places = stop.world.places.iter();
        let to = places.find(|place| place.name == self.to && place.slug != stop.place.slug)?;
        let people = stop.people();
        let group_max = usize::try_from(travel.group_max).unwrap_or(usize::MAX);
        let mut go: Vec<Arc<Character>> = Vec::with_capacity(self.go.len().min(group_max));
        for name in &self.go {
            let found = people.iter().find(|(_, c)| c.name == *name);
            if let Some((_, character)) = found
                && go.len() < group_max
                && !go.iter().any(|c| c.slug == character.slug)
            {
                go.push((*character).clone());
            }
        }
        if go.is_empty() {
            return None;
        }
        let incident = Incident {
            text: one_line(self.scene.clone()),
            took_part: go.iter().map(|c| c.name.clone()).collect(),
            consequence: one_line(self.consequence.clone()),
        };
        let stay = stop.stays(&go);
        let to = to.clone();
        Some((Departure { go, to, stay }, incident))
    }
}
