//! **Meditation** (`[mechanics.meditation]`): a person can send a companion to meditate. For some
//! hours it takes no part in conversations; each run finds its mood mended by some rungs and, on the
//! way, a strike forgotten. Who meditates does not run away.

use super::{Mechanic, Settings};
use parlor_model::Mood;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An activity that mends moods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Meditation {
    /// How long it takes, in hours.
    #[schemars(range(min = 1, max = 720))]
    pub hours: u32,
    /// Rungs that a mood moves up with each run.
    #[schemars(range(min = 0, max = 2))]
    pub rise: u32,
    /// Strikes that each run forgets.
    #[schemars(range(min = 0, max = 1000))]
    pub forgive: u32,
}

impl Default for Meditation {
    fn default() -> Self {
        Self {
            hours: 12,
            rise: 1,
            forgive: 1,
        }
    }
}

impl Settings for Meditation {
    const NAME: &'static str = "meditation";
}

impl Mechanic for Meditation {}

impl Meditation {
    /// Mood and strikes after one more run.
    #[must_use]
    pub fn mended(&self, mood: Mood, unhappy_count: u32) -> (Mood, u32) {
        (
            mood.up(self.rise),
            unhappy_count.saturating_sub(self.forgive),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_mends_a_mood_rung_by_rung_cl90() {
        let meditation = Meditation::default();
        assert_eq!(meditation.mended(Mood::Unhappy, 3), (Mood::Neutral, 2));
        assert_eq!(meditation.mended(Mood::Neutral, 0), (Mood::Happy, 0));
    }
}
