//! **Opinion** (`[mechanics.opinion]`): what somebody thinks of a topic, from who they are. Not a coin
//! toss: the same person thinks much the same of the same topic every time.
//!
//! ```text
//! opinion = feeling * s                   s: how most people feel about the topic, -1 to 1
//!         + Σ character[t] * c(t)         c(t) = 2 * trait - 1, the trait around its middle
//!         + Σ categories[category][t] * c(t)
//!         + whim * u                      u: dice, -1 to 1
//! ```
//!
//! cut to -1..1; from `firm` on it is for the topic, below `-firm` against it. Other mechanics add to
//! it (tastes, friendship, synergy).
//!
//! Traits are the five factors of Goldberg ("An alternative description of personality: the Big-Five
//! factor structure", 1990) and Costa & McCrae (NEO-PI-R, 1992), each 0 to 1.
//!
//! **Where the weights come from.** `character` gives the general lean: agreeable people agree,
//! anxious ones see what is wrong with things (Watson & Clark, "Negative affectivity", 1984), open ones
//! are for what is new (McCrae & Costa, "Conceptions and correlates of openness to experience", 1997).
//! `categories` gives the interest in a field. Its defaults are the correlations of the Big Five with
//! Holland's interests in the meta-analysis of Larson, Rottinghaus & Borgen ("Meta-analyses of Big Six
//! interests and Big Five personality factors", 2002): openness with artistic .48 and investigative .28,
//! extraversion with enterprising .41 and social .31, agreeableness with social .19. Which category of
//! topics belongs to which interest is ours.

use super::{Mechanic, Settings};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The Big Five, by the names of the world file.
pub const TRAITS: [&str; 5] = [
    "openness",
    "conscientiousness",
    "extraversion",
    "agreeableness",
    "neuroticism",
];

/// Openness and artistic interests.
const ARTISTIC: f64 = 0.48;
/// Openness and investigative interests.
const INVESTIGATIVE: f64 = 0.28;
/// Extraversion and enterprising interests.
const ENTERPRISING: f64 = 0.41;
/// Extraversion and social interests.
const SOCIAL: f64 = 0.31;
/// Agreeableness and social interests.
const SOCIAL_AGREEABLE: f64 = 0.19;

/// The five traits of one person, in the order of [`TRAITS`], each 0 to 1.
pub type Traits = [f64; 5];

/// Weights of the five traits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Weights {
    /// Of openness to experience.
    #[schemars(range(min = -2.0, max = 2.0))]
    pub openness: f64,
    /// Of conscientiousness.
    #[schemars(range(min = -2.0, max = 2.0))]
    pub conscientiousness: f64,
    /// Of extraversion.
    #[schemars(range(min = -2.0, max = 2.0))]
    pub extraversion: f64,
    /// Of agreeableness.
    #[schemars(range(min = -2.0, max = 2.0))]
    pub agreeableness: f64,
    /// Of neuroticism.
    #[schemars(range(min = -2.0, max = 2.0))]
    pub neuroticism: f64,
}

impl Weights {
    /// What these traits come to: each around its middle, times its weight.
    fn of(&self, traits: &Traits) -> f64 {
        let weights = [
            self.openness,
            self.conscientiousness,
            self.extraversion,
            self.agreeableness,
            self.neuroticism,
        ];
        let terms = weights.iter().zip(traits);
        terms
            .map(|(weight, value)| weight * (2.0 * value - 1.0))
            .sum()
    }
}

/// What somebody thinks of a topic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Opinion {
    /// How much of it is how most people feel about the topic.
    #[schemars(range(min = 0.0, max = 2.0))]
    pub feeling: f64,
    /// The general lean of a character.
    pub character: Weights,
    /// What a field of interest adds, by a topic's category. What is named here replaces the default
    /// of that category.
    pub categories: BTreeMap<String, Weights>,
    /// How much of it is a whim of the moment.
    #[schemars(range(min = 0.0, max = 2.0))]
    pub whim: f64,
    /// From here on somebody is for a topic, below its opposite against it.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub firm: f64,
}

impl Default for Opinion {
    fn default() -> Self {
        Self {
            feeling: 0.5,
            character: Weights {
                openness: 0.15,
                agreeableness: 0.35,
                neuroticism: -0.25,
                ..Weights::default()
            },
            categories: BTreeMap::new(),
            whim: 0.15,
            firm: 0.1,
        }
    }
}

impl Settings for Opinion {
    const NAME: &'static str = "opinion";
}

impl Mechanic for Opinion {}

/// Which side somebody is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// For the topic.
    For,
    /// Neither.
    Neutral,
    /// Against it.
    Against,
}

impl Side {
    /// One is for it, the other against.
    #[must_use]
    pub fn opposes(self, other: Self) -> bool {
        matches!(
            (self, other),
            (Self::For, Self::Against) | (Self::Against, Self::For)
        )
    }
}

impl Opinion {
    /// What somebody with these traits thinks of a topic, before other mechanics. `whim` is -1 to 1.
    #[must_use]
    pub fn of(&self, traits: &Traits, category: Option<&str>, sentiment: f64, whim: f64) -> f64 {
        let interest = category.map_or(0.0, |category| self.interest(category).of(traits));
        self.feeling * sentiment + self.character.of(traits) + interest + self.whim * whim
    }

    /// The side of an opinion.
    #[must_use]
    pub fn side(&self, opinion: f64) -> Side {
        if opinion >= self.firm {
            Side::For
        } else if opinion <= -self.firm {
            Side::Against
        } else {
            Side::Neutral
        }
    }

    fn interest(&self, category: &str) -> Weights {
        let own = self.categories.get(category).copied();
        own.unwrap_or_else(|| default_interest(category))
    }
}

/// The interest that a category of topics belongs to; none for one that is not known.
fn default_interest(category: &str) -> Weights {
    let mut weights = Weights::default();
    match category {
        "art" | "music" | "books" | "film" | "fashion" => weights.openness = ARTISTIC,
        "science" | "technology" | "nature" | "history" => weights.openness = INVESTIGATIVE,
        "business" | "sport" | "games" | "politics" => weights.extraversion = ENTERPRISING,
        "people" | "food" | "home" | "celebration" => {
            weights.extraversion = SOCIAL;
            weights.agreeableness = SOCIAL_AGREEABLE;
        }
        _ => {}
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIDDLE: Traits = [0.5; 5];

    #[test]
    fn the_same_person_thinks_the_same_of_the_same_topic_cl19() {
        let opinion = Opinion::default();
        let traits = [0.9, 0.2, 0.4, 0.7, 0.1];
        let (one, other) = (
            opinion.of(&traits, Some("music"), 0.3, 0.0),
            opinion.of(&traits, Some("music"), 0.3, 0.0),
        );
        assert_eq!(one, other);
        // 0.5 * 0.3 + (0.15 * 0.8 + 0.35 * 0.4 + 0.25 * 0.8) + 0.48 * 0.8
        assert!((one - (0.15 + 0.46 + 0.384)).abs() < 1e-9, "{one}");
    }

    #[test]
    fn traits_decide_which_side_somebody_is_on() {
        let opinion = Opinion::default();
        let side = |traits: Traits| opinion.side(opinion.of(&traits, Some("art"), 0.0, 0.0));
        assert_eq!(side([0.9, 0.5, 0.5, 0.9, 0.2]), Side::For);
        assert_eq!(side([0.1, 0.5, 0.5, 0.1, 0.9]), Side::Against);
        assert_eq!(side(MIDDLE), Side::Neutral);
    }

    #[test]
    fn a_whim_cannot_turn_a_firm_opinion() {
        let opinion = Opinion::default();
        let convinced = [0.9, 0.5, 0.5, 0.9, 0.1];
        for whim in [-1.0, 1.0] {
            let side = opinion.side(opinion.of(&convinced, Some("science"), 0.2, whim));
            assert_eq!(side, Side::For);
        }
    }

    #[test]
    fn a_world_can_give_a_category_its_own_weights() {
        let json = serde_json::json!({ "categories": { "mud": { "neuroticism": -1.0 } } });
        let opinion: Opinion = serde_json::from_value(json).unwrap();
        let calm = [0.5, 0.5, 0.5, 0.5, 0.0];
        // -0.25 * -1 of the character, -1 * -1 of the category.
        assert!((opinion.of(&calm, Some("mud"), 0.0, 0.0) - 1.25).abs() < 1e-9);
        assert!((opinion.of(&calm, Some("art"), 0.0, 0.0) - 0.25).abs() < 1e-9);
    }

    #[test]
    fn opposites_oppose() {
        assert!(Side::For.opposes(Side::Against));
        assert!(!Side::For.opposes(Side::Neutral) && !Side::For.opposes(Side::For));
    }
}
