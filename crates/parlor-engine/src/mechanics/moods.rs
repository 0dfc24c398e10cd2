//! **Moods** (`[mechanics.moods]`): what a conversation does to those who took part.
//!
//! The ladder is happy, neutral, unhappy. A conversation is a *conflict* when the smaller side (for or
//! against the topic) is at least `conflict` of all participants; otherwise it went well.
//!
//! - It went well: everybody moves up by `rise` rungs, so that nobody stays unhappy; whoever is happy
//!   then has their strikes forgotten (`forgive`).
//! - Conflict: whoever was unhappy already gets a strike. Of the others on the smaller side (of both
//!   where they are equal) each becomes unhappy by chance, from `hurt_min` for the calm to `hurt_max` for
//!   the anxious (by neuroticism); where the dice spare all of them, the most anxious does. Who is on
//!   the larger side, or on none, keeps their mood.

use super::{Mechanic, Settings};
use crate::mechanics::opinion::Side;
use parlor_model::{Mood, Roll};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Moods that follow from conversations.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Moods {
    /// The share of participants on the smaller side from which it is a conflict.
    #[schemars(range(min = 0.01, max = 0.5))]
    pub conflict: f64,
    /// Rungs that a good conversation moves everybody up.
    #[schemars(range(min = 1, max = 2))]
    pub rise: u32,
    /// Whoever is happy after a good conversation has their strikes forgotten.
    pub forgive: bool,
    /// Chance that somebody calm on the smaller side becomes unhappy.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub hurt_min: f64,
    /// Chance that somebody as anxious as can be does.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub hurt_max: f64,
}

impl Default for Moods {
    fn default() -> Self {
        Self {
            conflict: 0.3,
            rise: 1,
            forgive: true,
            hurt_min: 0.4,
            hurt_max: 0.9,
        }
    }
}

impl Settings for Moods {
    const NAME: &'static str = "moods";
}

impl Mechanic for Moods {}

/// Somebody in a conversation, as far as moods go.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Feeling {
    /// Which side they were on.
    pub side: Side,
    /// 0 to 1.
    pub neuroticism: f64,
    /// Their mood.
    pub mood: Mood,
    /// Their strikes.
    pub unhappy_count: u32,
}

impl Moods {
    /// True when these sides make a conflict.
    #[must_use]
    pub fn is_conflict(&self, sides: impl Iterator<Item = Side>) -> bool {
        let (fors, againsts, all) = count(sides);
        #[expect(clippy::cast_precision_loss, reason = "a handful of participants")]
        let share = fors.min(againsts) as f64 / all.max(1) as f64;
        share >= self.conflict
    }

    /// Moves moods and strikes; gives whether it was a conflict.
    pub fn settle(&self, feelings: &mut [Feeling], roll: &mut Roll) -> bool {
        if self.is_conflict(feelings.iter().map(|feeling| feeling.side)) {
            self.quarrel(feelings, roll);
            return true;
        }
        for feeling in feelings {
            feeling.mood = feeling.mood.up(self.rise);
            if self.forgive && feeling.mood == Mood::Happy {
                feeling.unhappy_count = 0;
            }
        }
        false
    }

    fn quarrel(&self, feelings: &mut [Feeling], roll: &mut Roll) {
        let (fors, againsts, _) = count(feelings.iter().map(|feeling| feeling.side));
        let loses = |side: Side| match side {
            Side::For => fors <= againsts,
            Side::Against => againsts <= fors,
            Side::Neutral => false,
        };
        let mut hurt = 0;
        let mut spared = false;
        for feeling in feelings.iter_mut() {
            if feeling.mood == Mood::Unhappy {
                feeling.unhappy_count = feeling.unhappy_count.saturating_add(1);
                hurt += 1;
            } else if loses(feeling.side) {
                if roll.chance(self.hurts(feeling.neuroticism)) {
                    feeling.mood = Mood::Unhappy;
                    hurt += 1;
                } else {
                    spared = true;
                }
            }
        }
        if hurt > 0 || !spared {
            return;
        }
        let spared = feelings.iter_mut().filter(|feeling| loses(feeling.side));
        let anxious = spared.max_by(|a, b| a.neuroticism.total_cmp(&b.neuroticism));
        if let Some(feeling) = anxious {
            feeling.mood = Mood::Unhappy;
        }
    }

    fn hurts(&self, neuroticism: f64) -> f64 {
        self.hurt_min + (self.hurt_max - self.hurt_min) * neuroticism
    }
}

/// How many are for it, against it, and there in all.
fn count(sides: impl Iterator<Item = Side>) -> (usize, usize, usize) {
    sides.fold((0, 0, 0), |(fors, againsts, all), side| match side {
        Side::For => (fors + 1, againsts, all + 1),
        Side::Against => (fors, againsts + 1, all + 1),
        Side::Neutral => (fors, againsts, all + 1),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use parlor_model::Dice;
    use uuid::Uuid;

    fn feeling(side: Side, mood: Mood, unhappy_count: u32) -> Feeling {
        Feeling {
            side,
            neuroticism: 0.5,
            mood,
            unhappy_count,
        }
    }

    fn roll(seed: u64) -> Roll {
        Dice::new(seed, Uuid::nil()).roll("test")
    }

    #[test]
    fn agreement_leaves_nobody_unhappy_cl22() {
        let mut all = Mood::ALL.map(|mood| feeling(Side::For, mood, 2)).to_vec();
        assert!(!Moods::default().settle(&mut all, &mut roll(1)));
        let after: Vec<_> = all.iter().map(|f| (f.mood, f.unhappy_count)).collect();
        assert_eq!(
            after,
            [(Mood::Happy, 0), (Mood::Happy, 0), (Mood::Neutral, 2)]
        );
    }

    #[test]
    fn one_against_many_is_no_conflict_yet() {
        let moods = Moods::default();
        let sides = |fors: usize, againsts: usize| {
            let sides = [vec![Side::For; fors], vec![Side::Against; againsts]].concat();
            moods.is_conflict(sides.into_iter())
        };
        assert!(sides(1, 1) && sides(2, 1) && sides(2, 2) && sides(2, 3));
        assert!(!sides(3, 1) && !sides(4, 1) && !sides(5, 0) && !sides(0, 5));
    }

    #[test]
    fn a_conflict_makes_somebody_unhappy_cl23() {
        let gentle = Moods {
            hurt_min: 0.0,
            hurt_max: 0.0,
            ..Moods::default()
        };
        for moods in [Moods::default(), gentle] {
            let mut roll = roll(2);
            for _ in 0..1_000 {
                let mut all = vec![
                    feeling(Side::For, Mood::Happy, 0),
                    feeling(Side::For, Mood::Happy, 0),
                    feeling(Side::Against, Mood::Happy, 0),
                ];
                assert!(moods.settle(&mut all, &mut roll));
                assert_eq!(all[2].mood, Mood::Unhappy);
                assert_eq!((all[0].mood, all[1].mood), (Mood::Happy, Mood::Happy));
                assert!(all.iter().all(|f| f.unhappy_count == 0));
            }
        }
    }

    #[test]
    fn who_is_unhappy_already_gets_a_strike_cl24() {
        let mut all = vec![
            feeling(Side::For, Mood::Unhappy, 1),
            feeling(Side::Against, Mood::Unhappy, 2),
            feeling(Side::Neutral, Mood::Unhappy, 0),
        ];
        assert!(Moods::default().settle(&mut all, &mut roll(3)));
        let strikes: Vec<_> = all.iter().map(|f| f.unhappy_count).collect();
        assert_eq!(strikes, [2, 3, 1]);
        assert!(all.iter().all(|f| f.mood == Mood::Unhappy));
    }

    #[test]
    fn the_anxious_are_hurt_as_often_as_their_nature_says() {
        let moods = Moods::default();
        let mut roll = roll(4);
        let mut hurt = 0_u32;
        for _ in 0..100_000 {
            // Somebody unhappy is there already, so nobody is hurt just to have one.
            let mut all = vec![
                feeling(Side::For, Mood::Unhappy, 0),
                feeling(Side::For, Mood::Happy, 0),
                feeling(Side::Against, Mood::Happy, 0),
            ];
            moods.settle(&mut all, &mut roll);
            hurt += u32::from(all[2].mood == Mood::Unhappy);
        }
        // 0.4 + 0.5 * 0.5 = 0.65; standard deviation 151.
        assert!((64_300..=65_700).contains(&hurt), "{hurt}");
    }
}
