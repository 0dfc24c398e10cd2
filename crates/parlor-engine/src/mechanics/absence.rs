//! **Absence** (`[mechanics.absence]`): who has been away for some days is talked about. The topic of
//! a conversation is then sometimes the owner, who is missed.

use super::{Mechanic, Settings};
use chrono::{DateTime, TimeDelta, Utc};
use parlor_model::Roll;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Topics while the owner is away.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Absence {
    /// Days without a visit after which somebody is missed.
    #[schemars(range(min = 1, max = 3650))]
    pub days: u32,
    /// Chance that a conversation is then about it.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub chance: f64,
    /// What it is about.
    #[schemars(length(max = 1000))]
    pub topics: Vec<String>,
}

impl Default for Absence {
    fn default() -> Self {
        Self {
            days: 3,
            chance: 0.5,
            topics: vec!["where our person has gone".to_owned()],
        }
    }
}

impl Settings for Absence {
    const NAME: &'static str = "absence";
}

impl Mechanic for Absence {}

impl Absence {
    /// Is this conversation about somebody who was here at `seen_at` the last time? Who never was is
    /// not missed.
    pub fn draw(
        &self,
        seen_at: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
        roll: &mut Roll,
    ) -> Option<&str> {
        let away = now - seen_at? >= TimeDelta::days(i64::from(self.days));
        if !away || !roll.chance(self.chance) {
            return None;
        }
        roll.pick(&self.topics).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parlor_model::Dice;
    use uuid::Uuid;

    #[test]
    fn who_was_away_for_three_days_is_talked_about() {
        let absence = Absence {
            chance: 1.0,
            ..Absence::default()
        };
        let mut roll = Dice::new(1, Uuid::nil()).roll("test");
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let mut ask = |seen_at| absence.draw(seen_at, now, &mut roll).is_some();
        assert!(ask(Some(now - TimeDelta::days(3))));
        assert!(!ask(Some(now - TimeDelta::days(3) + TimeDelta::seconds(1))));
        assert!(!ask(None));
    }
}
