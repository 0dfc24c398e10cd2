//! Companions: what a person owns of a world, and how each of them is.

use crate::id::AccountId;
use crate::name::Slug;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// Companions that one person can have in one world.
pub const COMPANIONS_MAX: usize = 200;

/// How a companion feels: the ladder happy, neutral, unhappy. What is below unhappy is having run
/// away, and then there is no companion any more.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Mood {
    /// The lowest rung.
    Unhappy,
    /// In between.
    #[default]
    Neutral,
    /// The highest rung.
    Happy,
}

impl Mood {
    /// All of them, best first.
    pub const ALL: [Self; 3] = [Self::Happy, Self::Neutral, Self::Unhappy];

    /// So many rungs higher, at most happy.
    #[must_use]
    pub fn up(self, steps: u32) -> Self {
        match (self, steps) {
            (mood, 0) => mood,
            (Self::Unhappy, 1) => Self::Neutral,
            _ => Self::Happy,
        }
    }

    /// So many rungs lower, at most unhappy.
    #[must_use]
    pub fn down(self, steps: u32) -> Self {
        match (self, steps) {
            (mood, 0) => mood,
            (Self::Happy, 1) => Self::Neutral,
            _ => Self::Unhappy,
        }
    }

    /// Its name in data.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Happy => "happy",
            Self::Neutral => "neutral",
            Self::Unhappy => "unhappy",
        }
    }
}

/// What a companion does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Activity {
    /// Takes part in conversations.
    #[default]
    Available,
    /// Meditates: mends its mood and takes no part.
    Meditating,
}

impl Activity {
    /// Its name in data.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Meditating => "meditating",
        }
    }
}

/// How hard it is to win a runaway back.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Difficulty {
    /// It wants to be asked.
    Easy,
    /// It wants to be asked nicely.
    #[default]
    Normal,
    /// It isn't sure that it wants to be asked.
    Hard,
}

impl Difficulty {
    /// All of them, easiest first.
    pub const ALL: [Self; 3] = [Self::Easy, Self::Normal, Self::Hard];

    /// What it becomes when an attempt failed.
    #[must_use]
    pub fn harder(self) -> Self {
        match self {
            Self::Easy => Self::Normal,
            Self::Normal | Self::Hard => Self::Hard,
        }
    }

    /// Its name in data.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Easy => "easy",
            Self::Normal => "normal",
            Self::Hard => "hard",
        }
    }
}

/// A name that is none of its kind's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not one of the names")]
pub struct UnknownName(String);

macro_rules! read_by_name {
    ($kind:ty, $($value:expr),+) => {
        impl FromStr for $kind {
            type Err = UnknownName;
            fn from_str(name: &str) -> Result<Self, Self::Err> {
                let all = [$($value),+];
                let found = all.into_iter().find(|value| value.as_str() == name);
                found.ok_or_else(|| UnknownName(name.chars().take(40).collect()))
            }
        }

        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

read_by_name!(Mood, Mood::Happy, Mood::Neutral, Mood::Unhappy);
read_by_name!(Activity, Activity::Available, Activity::Meditating);
read_by_name!(
    Difficulty,
    Difficulty::Easy,
    Difficulty::Normal,
    Difficulty::Hard
);

/// A person's own copy of a character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Companion {
    /// Its id.
    pub id: Uuid,
    /// The character that it is a copy of.
    pub character: Slug,
    /// What its owner calls it.
    pub name: String,
    /// Tells it from the owner's others; stays the same for good.
    pub number: u8,
    /// How it feels.
    pub mood: Mood,
    /// Strikes: conflicts that it met while it was unhappy already.
    pub unhappy_count: u32,
    /// What it does.
    pub activity: Activity,
    /// Until when it does that; `None`: until further notice.
    pub busy_until: Option<DateTime<Utc>>,
    /// Its place in the owner's team, if it is in it.
    pub team_slot: Option<u8>,
    /// Counts the changes of this row: who writes says which state they saw.
    pub version: i64,
}

/// How two companions of one person stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tie {
    /// The smaller number of the two.
    pub a: u8,
    /// The greater one.
    pub b: u8,
    /// -100 (cannot stand each other) to 100 (inseparable).
    pub affinity: i8,
}

/// All companions of one person in one world.
#[derive(Debug, Clone, PartialEq)]
pub struct Household {
    /// Whose they are.
    pub owner: AccountId,
    /// When the owner was last here; `None`: never.
    pub seen_at: Option<DateTime<Utc>>,
    /// Them, by number.
    pub companions: Vec<Companion>,
    /// How they stand to each other; two that have not talked are not in it.
    pub ties: Vec<Tie>,
}

impl Household {
    /// How two of them stand: -1.0 to 1.0, 0 for strangers.
    #[must_use]
    pub fn affinity(&self, one: u8, other: u8) -> f64 {
        let (a, b) = (one.min(other), one.max(other));
        let tie = self.ties.iter().find(|tie| (tie.a, tie.b) == (a, b));
        tie.map_or(0.0, |tie| f64::from(tie.affinity) / 100.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ladder_has_three_rungs_and_two_ends_cl68() {
        assert_eq!(Mood::Unhappy.up(1), Mood::Neutral);
        assert_eq!(Mood::Neutral.up(1), Mood::Happy);
        assert_eq!(Mood::Happy.up(1), Mood::Happy);
        assert_eq!(Mood::Unhappy.up(2), Mood::Happy);
        assert_eq!(Mood::Happy.down(1), Mood::Neutral);
        assert_eq!(Mood::Happy.down(2), Mood::Unhappy);
        assert_eq!(Mood::Unhappy.down(1), Mood::Unhappy);
        assert_eq!(Mood::Happy.up(0), Mood::Happy);
    }

    #[test]
    fn a_failed_attempt_makes_it_harder_cl76() {
        let steps = [Difficulty::Easy, Difficulty::Normal, Difficulty::Hard];
        assert_eq!(
            steps.map(Difficulty::harder),
            [Difficulty::Normal, Difficulty::Hard, Difficulty::Hard]
        );
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        for mood in Mood::ALL {
            assert_eq!(mood.to_string().parse(), Ok(mood));
        }
        assert!("glad".parse::<Mood>().is_err());
        assert!("Easy".parse::<Difficulty>().is_err());
    }
}
