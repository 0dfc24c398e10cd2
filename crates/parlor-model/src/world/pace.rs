//! The pause between lines, as people write it: `0`, `30ms`, `1s`, `2.5s`, `1m`.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Longest pace.
const PACE_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// A pause between lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pace(Duration);

/// Why a text is not a pace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a pace: write 0, 30ms, 1s, 2.5s or 1m (at most a day)")]
pub struct InvalidPace(pub String);

impl Pace {
    /// No pause.
    pub const NONE: Self = Self(Duration::ZERO);

    /// A pause of `duration`.
    #[must_use]
    pub fn new(duration: Duration) -> Self {
        Self(duration.min(PACE_MAX))
    }

    /// How long.
    #[must_use]
    pub fn duration(self) -> Duration {
        self.0
    }
}

impl FromStr for Pace {
    type Err = InvalidPace;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || InvalidPace(text.chars().take(40).collect());
        let trimmed = text.trim();
        let split = trimmed
            .find(|c: char| c.is_ascii_alphabetic())
            .unwrap_or(trimmed.len());
        let (number, unit) = trimmed.split_at(split);
        let number: f64 = number.trim().parse().map_err(|_| bad())?;
        let seconds = match unit {
            "ms" => number / 1000.0,
            "s" => number,
            "m" | "min" => number * 60.0,
            "" if number == 0.0 => 0.0,
            _ => return Err(bad()),
        };
        let duration = Duration::try_from_secs_f64(seconds).map_err(|_| bad())?;
        if duration > PACE_MAX {
            Err(bad())
        } else {
            Ok(Self(duration))
        }
    }
}

impl fmt::Display for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.as_millis();
        if millis == 0 {
            f.write_str("0")
        } else if millis.is_multiple_of(1000) {
            write!(f, "{}s", millis / 1000)
        } else {
            write!(f, "{millis}ms")
        }
    }
}

impl TryFrom<String> for Pace {
    type Error = InvalidPace;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Pace> for String {
    fn from(pace: Pace) -> Self {
        pace.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_reads_as_people_write_it() {
        for (text, millis) in [
            ("0", 0),
            ("30ms", 30),
            ("1s", 1000),
            ("2.5s", 2500),
            ("1m", 60_000),
        ] {
            assert_eq!(
                text.parse::<Pace>().unwrap().duration().as_millis(),
                millis,
                "{text}"
            );
        }
        for text in [
            "",
            "1",
            "-1s",
            "1h",
            "s",
            "NaNs",
            "infs",
            "99999999999999999999s",
        ] {
            assert!(text.parse::<Pace>().is_err(), "{text}");
        }
    }
}
