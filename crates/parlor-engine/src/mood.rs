//! How somebody feels, and how they stand to somebody: from the lines that they know of, and from
//! nothing else.
//!
//! Both are a weighted mean of the lines' sentiments, -1.0 to 1.0:
//!
//! ```text
//! mean = Σ weight * sentiment / Σ weight        weight = 2 ^ (-age / half-life)
//! ```
//!
//! Age is counted from the latest of the lines that are looked at, so that what is known decides
//! alone, not the time at which somebody asks. A mood passes in minutes ([`MOOD_HALF_LIFE`]); a
//! grudge takes weeks ([`BOND_HALF_LIFE`]).

use chrono::{DateTime, TimeDelta, Utc};
use parlor_model::Message;
use parlor_model::recall::nearness;
use std::collections::BTreeMap;

/// After this time a line counts half for the mood.
pub const MOOD_HALF_LIFE: TimeDelta = TimeDelta::minutes(10);
/// After this time a line counts half for how two stand.
pub const BOND_HALF_LIFE: TimeDelta = TimeDelta::days(14);

/// How somebody feels who has said and heard these lines of late; `None` when there are none.
#[must_use]
pub fn mood<'a>(lines: impl IntoIterator<Item = &'a Message>) -> Option<f64> {
    mean(lines, MOOD_HALF_LIFE)
}

/// How `one` stands to any of `others` (display names), by the lines between them among those that
/// `one` knows; `None` when there are none.
#[must_use]
pub fn bond<'a>(
    one: &str,
    others: &[String],
    lines: impl IntoIterator<Item = &'a Message>,
) -> Option<f64> {
    let between = lines
        .into_iter()
        .filter(|line| others.iter().any(|other| is_between(line, one, other)));
    mean(between, BOND_HALF_LIFE)
}

/// How two characters stand.
#[derive(Debug, Clone, PartialEq)]
pub struct Bond {
    /// With whom (display name).
    pub with: String,
    /// -1.0 (a grudge) to 1.0 (a friend).
    pub affinity: f64,
    /// Lines between them that were looked at.
    pub lines: u32,
    /// When the latest of them was said.
    pub last_at: DateTime<Utc>,
}

/// How `one` stands to everybody with whom there are lines among those that `one` knows; who was
/// spoken with last comes first.
#[must_use]
pub fn bonds(one: &str, lines: &[Message]) -> Vec<Bond> {
    let mut between: BTreeMap<&str, Vec<&Message>> = BTreeMap::new();
    for line in lines {
        let partners = std::iter::once(&line.from).chain(&line.to);
        for other in partners.filter(|other| is_between(line, one, other)) {
            between.entry(other).or_default().push(line);
        }
    }
    let mut bonds: Vec<Bond> = between
        .into_iter()
        .filter_map(|(with, lines)| {
            Some(Bond {
                with: with.to_owned(),
                affinity: mean(lines.iter().copied(), BOND_HALF_LIFE)?,
                lines: u32::try_from(lines.len()).unwrap_or(u32::MAX),
                last_at: lines.iter().map(|line| line.created_at).max()?,
            })
        })
        .collect();
    bonds.sort_by(|a, b| b.last_at.cmp(&a.last_at).then_with(|| a.with.cmp(&b.with)));
    bonds
}

/// One of them said it to the other.
fn is_between(line: &Message, one: &str, other: &str) -> bool {
    let said = |from: &str, to: &str| line.from == from && line.to.iter().any(|name| name == to);
    one != other && (said(one, other) || said(other, one))
}

fn mean<'a>(lines: impl IntoIterator<Item = &'a Message>, half_life: TimeDelta) -> Option<f64> {
    let lines: Vec<_> = lines.into_iter().collect();
    let latest = lines.iter().map(|line| line.created_at).max()?;
    let (mut sum, mut weights) = (0.0, 0.0);
    for line in lines {
        // Never nothing: what happened years ago is still better than knowing nothing.
        let weight = nearness(latest - line.created_at, half_life).max(1e-9);
        sum += weight * line.sentiment;
        weights += weight;
    }
    let mean = sum / weights;
    mean.is_finite().then(|| mean.clamp(-1.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use parlor_model::{ConversationId, ConversationKind, MessageId, MessageKind, SpeakerRole};
    use uuid::Uuid;

    fn line(from: &str, to: &str, sentiment: f64, minutes_ago: i64) -> Message {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        Message {
            id: MessageId(Uuid::nil()),
            conversation_id: ConversationId(Uuid::nil()),
            parent_id: None,
            conversation_kind: ConversationKind::Duet,
            order: 1,
            from: from.to_owned(),
            to: vec![to.to_owned()],
            text: String::new(),
            kind: MessageKind::Line,
            role: SpeakerRole::Ai,
            sentiment,
            heard_from: Vec::new(),
            fallback: false,
            created_at: now - TimeDelta::minutes(minutes_ago),
        }
    }

    fn is_near(value: Option<f64>, expected: f64) -> bool {
        value.is_some_and(|value| (value - expected).abs() < 1e-9)
    }

    #[test]
    fn who_knows_nothing_has_no_mood_and_no_bond() {
        assert_eq!(mood([]), None);
        let about_others = [line("Joey", "Rachel", -1.0, 0)];
        assert_eq!(bond("Ross", &["Rachel".to_owned()], &about_others), None);
        assert_eq!(bonds("Ross", &about_others), []);
    }

    #[test]
    fn a_mood_fades_by_half_in_ten_minutes() {
        let lines = [
            line("Rachel", "Ross", 1.0, 0),
            line("Rachel", "Ross", -1.0, 10),
        ];
        // (1 * 1 - 0.5 * 1) / 1.5
        assert!(is_near(mood(&lines), 1.0 / 3.0));
    }

    #[test]
    fn a_grudge_outlives_a_mood() {
        let week = 7 * 24 * 60;
        let lines = [
            line("Rachel", "Ross", -0.9, week),
            line("Ross", "Rachel", 0.1, 0),
        ];
        assert!(mood(&lines).unwrap() > 0.09);
        assert!(bond("Ross", &["Rachel".to_owned()], &lines).unwrap() < -0.3);
    }

    #[test]
    fn bonds_are_told_apart_and_the_latest_comes_first() {
        let lines = [
            line("Rachel", "Ross", -0.5, 30),
            line("Ross", "Joey", 0.5, 5),
            line("Rachel", "Joey", 1.0, 1),
            line("Ross", "Rachel", -0.5, 40),
        ];
        let bonds = bonds("Ross", &lines);
        let seen: Vec<_> = bonds.iter().map(|b| (b.with.as_str(), b.lines)).collect();
        assert_eq!(seen, [("Joey", 1), ("Rachel", 2)]);
        assert!((bonds[1].affinity + 0.5).abs() < 1e-9);
    }

    proptest::proptest! {
        #[test]
        fn a_mean_stays_in_range(lines in proptest::collection::vec((-1.0f64..=1.0, -1_000_000i64..1_000_000), 1..20)) {
            let lines: Vec<_> = lines.into_iter().map(|(s, m)| line("Rachel", "Ross", s, m)).collect();
            let mood = mood(&lines).unwrap();
            proptest::prop_assert!((-1.0..=1.0).contains(&mood));
        }
    }
}
