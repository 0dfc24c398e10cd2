//! Numbers in words: a model makes more of "you are furious" than of -0.8.

use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// The poles of the Big Five traits: who has much of it, who has little.
const POLES: [(&str, &str, &str); 5] = [
    (
        "openness",
        "curious and inventive",
        "cautious and set in your ways",
    ),
    (
        "conscientiousness",
        "organised and thorough",
        "careless and spontaneous",
    ),
    (
        "extraversion",
        "outgoing and talkative",
        "reserved and quiet",
    ),
    (
        "agreeableness",
        "warm and accommodating",
        "critical and stubborn",
    ),
    (
        "neuroticism",
        "nervous and easily hurt",
        "calm and hard to rattle",
    ),
];

/// What is remarkable in a character: "very curious and inventive, rather reserved and quiet".
/// Traits from 0.4 to 0.6 are like everybody's and left out. `None` when nothing is left.
pub(super) fn traits(traits: &BTreeMap<String, f64>) -> Option<String> {
    let words: Vec<String> = POLES
        .iter()
        .filter_map(|(name, much, little)| {
            let value = *traits.get(*name)?;
            match value {
                v if v >= 0.8 => Some(format!("very {much}")),
                v if v > 0.6 => Some(format!("rather {much}")),
                v if v <= 0.2 => Some(format!("very {little}")),
                v if v < 0.4 => Some(format!("rather {little}")),
                _ => None,
            }
        })
        .collect();
    (!words.is_empty()).then(|| words.join(", "))
}

/// How somebody feels, -1 to 1.
pub(super) fn mood(mood: f64) -> &'static str {
    match mood {
        m if m <= -0.6 => "You are furious and close to losing your temper.",
        m if m <= -0.25 => "You are annoyed.",
        m if m < 0.25 => "You are in an even mood.",
        m if m < 0.6 => "You are in a good mood.",
        _ => "You are delighted.",
    }
}

/// How somebody stands to `whom`, -1 to 1.
pub(super) fn bond(bond: f64, whom: &str) -> String {
    match bond {
        b if b <= -0.6 => format!("You hold a grudge against {whom}."),
        b if b <= -0.25 => format!("Things are tense between you and {whom}."),
        b if b < 0.25 => format!("You neither like nor dislike {whom} in particular."),
        b if b < 0.6 => format!("You like {whom}."),
        _ => format!("{whom} is dear to you."),
    }
}

/// How long before `now` something was: "3 days ago".
pub(super) fn ago(then: DateTime<Utc>, now: DateTime<Utc>) -> String {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    let seconds = (now - then).num_seconds();
    let (count, unit) = match seconds {
        ..MINUTE => return "just now".to_owned(),
        s if s < HOUR => (s / MINUTE, "minute"),
        s if s < DAY => (s / HOUR, "hour"),
        s if s < 14 * DAY => (s / DAY, "day"),
        s if s < 60 * DAY => (s / (7 * DAY), "week"),
        s if s < 730 * DAY => (s / (30 * DAY), "month"),
        s => (s / (365 * DAY), "year"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural} ago")
}

/// Names in a sentence: "Ross, Rachel and Joey".
pub(super) fn list(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    #[test]
    fn how_long_ago_is_told_in_the_largest_unit_that_fits() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let told = |seconds| ago(now - TimeDelta::seconds(seconds), now);
        for (seconds, words) in [
            (-5, "just now"),
            (59, "just now"),
            (60, "1 minute ago"),
            (7_200, "2 hours ago"),
            (86_400 * 7, "7 days ago"),
            (86_400 * 14, "2 weeks ago"),
            (86_400 * 61, "2 months ago"),
            (86_400 * 800, "2 years ago"),
        ] {
            assert_eq!(told(seconds), words);
        }
    }

    #[test]
    fn only_remarkable_traits_are_told() {
        let of = |pairs: &[(&str, f64)]| {
            traits(&pairs.iter().map(|(n, v)| ((*n).to_owned(), *v)).collect())
        };
        assert_eq!(of(&[("openness", 0.5), ("mischief", 1.0)]), None);
        assert_eq!(
            of(&[("extraversion", 0.1), ("openness", 0.7)]).as_deref(),
            Some("rather curious and inventive, very reserved and quiet")
        );
    }
}
