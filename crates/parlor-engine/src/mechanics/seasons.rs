//! **Seasons** (`[mechanics.seasons]`): topics that belong to a time of the year. A topic with a
//! `season` is talked about only while that season lasts, and then more often than others. A season is
//! days from and to, month and day, both included; it may run over the end of the year.

use super::{Mechanic, Settings};
use chrono::{Datelike, NaiveDate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Topics of the season.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Seasons {
    /// Each season by name, as the days from and to: "12-01..02-28".
    #[schemars(extend("additionalProperties" = {
        "type": "string",
        "pattern": "^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])\\.\\.(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
    }))]
    pub days: BTreeMap<String, String>,
    /// How many times likelier a topic of the season is.
    #[schemars(range(min = 1.0, max = 1000.0))]
    pub draw: f64,
}

impl Default for Seasons {
    fn default() -> Self {
        let days = [
            ("spring", "03-01..05-31"),
            ("summer", "06-01..08-31"),
            ("autumn", "09-01..11-30"),
            ("winter", "12-01..02-29"),
        ];
        Self {
            days: days
                .map(|(name, days)| (name.to_owned(), days.to_owned()))
                .into(),
            draw: 3.0,
        }
    }
}

impl Settings for Seasons {
    const NAME: &'static str = "seasons";
}

impl Mechanic for Seasons {}

impl Seasons {
    /// Does the season last on this day? One that is not listed never does.
    #[must_use]
    pub fn lasts(&self, season: &str, day: NaiveDate) -> bool {
        let Some((from, to)) = self.days.get(season).and_then(|days| days.split_once("..")) else {
            return false;
        };
        let today = format!("{:02}-{:02}", day.month(), day.day());
        let today = today.as_str();
        if from <= to {
            (from..=to).contains(&today)
        } else {
            today >= from || today <= to
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_season_lasts_from_its_first_to_its_last_day_cl93() {
        let seasons = Seasons::default();
        let lasts = |season, month, day| {
            seasons.lasts(season, NaiveDate::from_ymd_opt(2028, month, day).unwrap())
        };
        assert!(lasts("spring", 3, 1) && lasts("spring", 5, 31));
        assert!(!lasts("spring", 2, 29) && !lasts("spring", 6, 1));
        assert!(lasts("winter", 12, 1) && lasts("winter", 1, 15) && lasts("winter", 2, 29));
        assert!(!lasts("winter", 3, 1) && !lasts("winter", 11, 30));
        assert!(!lasts("mud", 3, 1));
    }
}
