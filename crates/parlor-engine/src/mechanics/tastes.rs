//! **Tastes** (`[mechanics.tastes]`): companions have categories of topics that they like and such as
//! they can't stand. What is liked is talked about more often and thought better of; what is disliked
//! the other way round. Likes are the character's `likes`, dislikes its `dislikes`.

use super::{Mechanic, Settings};
use parlor_model::Character;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Liked and disliked categories of topics.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Tastes {
    /// What an opinion gains where the category is liked.
    #[schemars(range(min = 0.0, max = 2.0))]
    pub liked: f64,
    /// What it loses where the category is disliked.
    #[schemars(range(min = 0.0, max = 2.0))]
    pub disliked: f64,
    /// How many times likelier a topic is for each participant who likes its category.
    #[schemars(range(min = 1.0, max = 100.0))]
    pub draw: f64,
}

impl Default for Tastes {
    fn default() -> Self {
        Self {
            liked: 0.5,
            disliked: 0.6,
            draw: 1.5,
        }
    }
}

impl Settings for Tastes {
    const NAME: &'static str = "tastes";
}

impl Mechanic for Tastes {}

/// What somebody makes of a category.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Taste {
    /// They like it.
    Liked,
    /// They don't mind it.
    #[default]
    Indifferent,
    /// They can't stand it.
    Disliked,
}

impl Taste {
    /// What a character makes of a category.
    #[must_use]
    pub fn of(character: &Character, category: Option<&str>) -> Self {
        let Some(category) = category else {
            return Self::Indifferent;
        };
        let is_in = |list: &[String]| {
            list.iter()
                .any(|entry| entry.eq_ignore_ascii_case(category))
        };
        if is_in(&character.dislikes) {
            Self::Disliked
        } else if is_in(&character.likes) {
            Self::Liked
        } else {
            Self::Indifferent
        }
    }
}

impl Tastes {
    /// What it adds to an opinion.
    #[must_use]
    pub fn lean(&self, taste: Taste) -> f64 {
        match taste {
            Taste::Liked => self.liked,
            Taste::Indifferent => 0.0,
            Taste::Disliked => -self.disliked,
        }
    }

    /// How many times likelier a topic is of which `likers` participants like the category.
    #[must_use]
    pub fn pull(&self, likers: usize) -> f64 {
        self.draw.powi(i32::try_from(likers).unwrap_or(i32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parlor_model::Slug;

    #[test]
    fn likes_and_dislikes_move_an_opinion_cl88() {
        let mut character = Character::new(Slug::new("ember").unwrap(), "Ember");
        character.likes = vec!["Food".to_owned()];
        character.dislikes = vec!["sport".to_owned()];
        let tastes = Tastes::default();
        let lean = |category| tastes.lean(Taste::of(&character, category));
        assert!((lean(Some("food")) - 0.5).abs() < 1e-9);
        assert!((lean(Some("sport")) + 0.6).abs() < 1e-9);
        assert_eq!((lean(Some("art")), lean(None)), (0.0, 0.0));
    }

    #[test]
    fn each_who_likes_it_makes_a_topic_likelier() {
        let tastes = Tastes::default();
        assert_eq!(tastes.pull(0), 1.0);
        assert_eq!(tastes.pull(2), 2.25);
    }
}
