//! **Rare events** (`[mechanics.rare_events]`): now and then a conversation is a special one, and its
//! owner finds some coins. The topic is one of the event's own, and a notification tells of it.

use super::{Mechanic, Settings};
use parlor_model::Roll;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Special conversations with coins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RareEvents {
    /// Chance that a conversation is one.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub chance: f64,
    /// Fewest coins.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub coins_min: u32,
    /// Most coins.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub coins_max: u32,
    /// What it is about. Without any: a topic like any other.
    #[schemars(length(max = 1000))]
    pub topics: Vec<String>,
}

impl Default for RareEvents {
    fn default() -> Self {
        Self {
            chance: 0.02,
            coins_min: 5,
            coins_max: 25,
            topics: Vec::new(),
        }
    }
}

impl Settings for RareEvents {
    const NAME: &'static str = "rare_events";
}

impl Mechanic for RareEvents {}

/// A rare event that came up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RareEvent<'a> {
    /// Its topic, if it has one of its own.
    pub topic: Option<&'a str>,
    /// What the owner finds.
    pub coins: u32,
}

impl RareEvents {
    /// Is this conversation one?
    pub fn draw(&self, roll: &mut Roll) -> Option<RareEvent<'_>> {
        if !roll.chance(self.chance) {
            return None;
        }
        let span = self.coins_max.saturating_sub(self.coins_min) as usize + 1;
        let more = u32::try_from(roll.below(span)).unwrap_or(0);
        Some(RareEvent {
            topic: roll.pick(&self.topics).map(String::as_str),
            coins: self.coins_min + more,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parlor_model::Dice;
    use uuid::Uuid;

    #[test]
    fn one_in_fifty_finds_coins_cl91() {
        let events = RareEvents::default();
        let mut roll = Dice::new(1, Uuid::nil()).roll("test");
        let (mut hits, mut seen) = (0_u32, [0_u32; 26]);
        for _ in 0..1_000_000 {
            if let Some(event) = events.draw(&mut roll) {
                hits += 1;
                seen[event.coins as usize] += 1;
            }
        }
        // 20,000 expected, standard deviation 140.
        assert!((19_440..=20_560).contains(&hits), "{hits}");
        assert!(seen[..5].iter().all(|n| *n == 0));
        // 952 of each amount expected, standard deviation 30.
        assert!(
            seen[5..].iter().all(|n| (800..1_100).contains(n)),
            "{seen:?}"
        );
    }
}
