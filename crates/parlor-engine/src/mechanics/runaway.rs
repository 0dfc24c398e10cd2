//! **Runaway** (`[mechanics.runaway]`): who is unhappy and has `strikes` strikes may run away: after
//! every run, with `chance`. A runaway is won back for coins, with odds that get worse with every
//! failure: easy, then normal, then hard.

use super::{Mechanic, Settings};
use parlor_model::{Difficulty, Mood, Roll};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Running away, and being won back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Runaway {
    /// Strikes from which an unhappy companion may run away.
    #[schemars(range(min = 1, max = 1000))]
    pub strikes: u32,
    /// Chance that it does, after each run.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub chance: f64,
    /// How hard it is at first to win a runaway back: "easy", "normal" or "hard".
    pub difficulty: Difficulty,
    /// Chances that an attempt succeeds.
    pub odds: Odds,
    /// What an attempt costs, in coins, whether it succeeds or not.
    pub price: Price,
}

/// Chances that an attempt succeeds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Odds {
    /// Where it is easy.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub easy: f64,
    /// Where it is normal.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub normal: f64,
    /// Where it is hard.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub hard: f64,
}

impl Default for Odds {
    fn default() -> Self {
        Self {
            easy: 0.80,
            normal: 0.50,
            hard: 0.20,
        }
    }
}

/// What an attempt costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Price {
    /// Where it is easy.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub easy: u32,
    /// Where it is normal.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub normal: u32,
    /// Where it is hard.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub hard: u32,
}

impl Default for Price {
    fn default() -> Self {
        Self {
            easy: 10,
            normal: 25,
            hard: 50,
        }
    }
}

impl Default for Runaway {
    fn default() -> Self {
        Self {
            strikes: 3,
            chance: 0.10,
            difficulty: Difficulty::Normal,
            odds: Odds::default(),
            price: Price::default(),
        }
    }
}

impl Settings for Runaway {
    const NAME: &'static str = "runaway";
}

impl Mechanic for Runaway {}

impl Runaway {
    /// Does somebody in this state run away now?
    pub fn runs(&self, mood: Mood, unhappy_count: u32, roll: &mut Roll) -> bool {
        mood == Mood::Unhappy && unhappy_count >= self.strikes && roll.chance(self.chance)
    }

    /// Chance that an attempt succeeds.
    #[must_use]
    pub fn odds(&self, difficulty: Difficulty) -> f64 {
        match difficulty {
            Difficulty::Easy => self.odds.easy,
            Difficulty::Normal => self.odds.normal,
            Difficulty::Hard => self.odds.hard,
        }
    }

    /// What an attempt costs, in coins.
    #[must_use]
    pub fn price(&self, difficulty: Difficulty) -> u32 {
        match difficulty {
            Difficulty::Easy => self.price.easy,
            Difficulty::Normal => self.price.normal,
            Difficulty::Hard => self.price.hard,
        }
    }

    /// Does the attempt succeed?
    pub fn comes_back(&self, difficulty: Difficulty, roll: &mut Roll) -> bool {
        roll.chance(self.odds(difficulty))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parlor_model::Dice;
    use uuid::Uuid;

    fn roll(seed: u64) -> Roll {
        Dice::new(seed, Uuid::nil()).roll("test")
    }

    /// The statistic for `hits` in `draws` of a chance; 10.83 is passed by chance once in a thousand
    /// times.
    fn chi_squared(hits: u32, draws: u32, chance: f64) -> f64 {
        let (hits, draws) = (f64::from(hits), f64::from(draws));
        let expected = draws * chance;
        (hits - expected).powi(2) / expected + (hits - expected).powi(2) / (draws - expected)
    }

    #[test]
    fn one_in_ten_runs_away_at_three_strikes_cl25_cl69() {
        let (runaway, mut roll) = (Runaway::default(), roll(1));
        let draws = 1_000_000;
        let hits = (0..draws).filter(|_| runaway.runs(Mood::Unhappy, 3, &mut roll));
        let hits = u32::try_from(hits.count()).unwrap();
        assert!(chi_squared(hits, draws, 0.10) < 10.83, "{hits}");
    }

    #[test]
    fn nobody_else_runs_away() {
        let (runaway, mut roll) = (Runaway::default(), roll(2));
        for _ in 0..10_000 {
            assert!(!runaway.runs(Mood::Unhappy, 2, &mut roll));
            assert!(!runaway.runs(Mood::Neutral, 9, &mut roll));
            assert!(!runaway.runs(Mood::Happy, 9, &mut roll));
        }
    }

    #[test]
    fn odds_are_80_50_and_20_in_a_hundred_cl75() {
        let (runaway, mut roll) = (Runaway::default(), roll(3));
        for (difficulty, odds) in Difficulty::ALL.into_iter().zip([0.8, 0.5, 0.2]) {
            let draws = 1_000_000;
            let hits = (0..draws).filter(|_| runaway.comes_back(difficulty, &mut roll));
            let hits = u32::try_from(hits.count()).unwrap();
            assert!(
                chi_squared(hits, draws, odds) < 10.83,
                "{difficulty}: {hits}"
            );
        }
    }
}
