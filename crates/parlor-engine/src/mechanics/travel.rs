//! **Travel** (`[mechanics.travel]`): characters go from place to place. Every place has an inbox. What
//! arrives there makes something happen: one sentence, and a choice of who goes on, together with whom,
//! to which other place. Those go in one message. Friends travel together; people go where there is what
//! they like; whoever has been away from home for long goes home. A run begins with everybody at home,
//! and so many groups on their way at once; it ends after `max_moves`, or never.
//!
//! The rules are in [`crate::travel`]; here are their settings. A language model may decide in their
//! place (`mind`): what it says must fit who and what is there, else the rules decide.

use super::{Mechanic, Settings, Wanted};
use parlor_model::world::check::Needs;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Characters who go from place to place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Travel {
    /// Moves of a run, all groups together; then everybody stays where they are. Default: it runs on.
    #[schemars(with = "u32", range(min = 1))]
    pub max_moves: Option<u32>,
    /// Groups that are on their way at once; no more than people are enough for, where they are at home.
    #[schemars(range(min = 1, max = 1000))]
    pub groups: u32,
    /// How many travel together at most.
    #[schemars(range(min = 1, max = 20))]
    pub group_max: u32,
    /// Chance that a friend who is there comes along.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub company: f64,
    /// Moves away from home until somebody is tired and goes there.
    #[schemars(range(min = 1, max = 1000))]
    pub tired_after: u32,
    /// The dialect that tells what happens: a name under [dialects], not a language model. Default: one
    /// plain sentence.
    #[schemars(with = "String")]
    pub scenes: Option<String>,
    /// The language model that decides: a name under [dialects] of kind "llm". Default: the rules decide.
    #[schemars(with = "String")]
    pub mind: Option<String>,
}

impl Default for Travel {
    fn default() -> Self {
        Self {
            max_moves: None,
            groups: 3,
            group_max: 4,
            company: 0.7,
            tired_after: 5,
            scenes: None,
            mind: None,
        }
    }
}

impl Settings for Travel {
    const NAME: &'static str = "travel";
    const NEEDS_PLACES: bool = true;

    fn dialects(&self) -> Vec<Wanted> {
        let scenes = self.scenes.clone();
        let scenes = scenes.map(|name| ("scenes", name, Needs::Script));
        let mind = self.mind.clone();
        let mind = mind.map(|name| ("mind", name, Needs::Model));
        scenes.into_iter().chain(mind).collect()
    }
}

impl Mechanic for Travel {}
