//! Which older lines come to mind: pure rules, the same whatever store they lie in.
//!
//! A store finds candidates by its full-text index; here it is decided which words are worth asking
//! for, and which of the candidates fit best:
//!
//! ```text
//! score     = relevance * (1 + recency) * (1 + feeling)
//! relevance = BM25 over the words asked for, as a part of what a perfect line would have (0 to 1)
//! recency   = 2 ^ (-age / HALF_LIFE)
//! feeling   = |sentiment|
//! ```
//!
//! So a furious line of last week (`r * 1.5 * 2`) comes before a dull one of today (`r * 2 * 1`).

use crate::conversation::Message;
use crate::id::MessageId;
use crate::name::Slug;
use crate::words::{self, is_filler};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::HashSet;

/// After this time a line is half as near.
pub const HALF_LIFE: TimeDelta = TimeDelta::days(7);
/// Words of what is being said that are considered.
const CONSIDERED_MAX: usize = 24;
/// Words that are asked for: the rarest.
pub const ASKED_MAX: usize = 4;
/// Newest lines that are looked at for each of them.
pub const CANDIDATES_MAX: u32 = 12;
/// A word is common when more lines have it: lines are not recalled by it, and a search for common
/// words alone looks at a part of the lines at a time. So neither costs more as lines grow in number.
pub const COMMON_LINES: u64 = 10_000;
/// Names of company that a store is asked for; of more it is not asked, only what it finds is looked
/// at.
const COMPANY_MAX: usize = 32;
/// A word that is in more than one of so many lines says nothing, once there are many lines.
const TELLING_SHARE: u64 = 4;
/// From so many lines on.
const MANY_LINES: u64 = 100;
/// BM25's constants (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009).
const K1: f64 = 1.2;
const B: f64 = 0.75;

/// What somebody may be reminded of.
#[derive(Debug, Clone, PartialEq)]
pub struct Reminder {
    /// The world.
    pub world: Slug,
    /// Who is reminded (display name): only what they said, heard or overheard comes to mind.
    pub viewer: String,
    /// With whom they are (display names): only lines that one of them said, or that the viewer said
    /// to one of them, come to mind.
    pub with: Vec<String>,
    /// Words of what is being said that may tell what it is about, each once.
    pub words: Vec<String>,
    /// What they have in mind anyway.
    pub known: Vec<MessageId>,
    /// When it is: later lines don't come to mind.
    pub at: DateTime<Utc>,
    /// At most so many.
    pub limit: u32,
}

impl Reminder {
    /// The telling words of what is being said: no fillers, and no names of those who are there,
    /// since nearly every line has them.
    #[must_use]
    pub fn words_of(said: &str, present: &[&str]) -> Vec<String> {
        let names: HashSet<_> = present.iter().flat_map(|name| words::query(name)).collect();
        let telling = words::query(said)
            .into_iter()
            .filter(|word| !is_filler(word) && !names.contains(word));
        telling.take(CONSIDERED_MAX).collect()
    }

    /// The marks of the lines that may come to mind: each of them has one of these.
    #[must_use]
    pub fn marks(&self) -> Vec<String> {
        let world = self.world.as_str();
        if self.with.len() > COMPANY_MAX {
            return vec![words::witness_mark(world, &self.viewer)];
        }
        let company = self.with.iter();
        company
            .map(|name| words::bond_mark(world, &self.viewer, name))
            .collect()
    }

    /// The best of `found`, best first. Neither what is known, nor what is not the viewer's
    /// (`heard` says who knows of each), nor two of the same words.
    #[must_use]
    pub fn best(&self, scale: &Scale, found: Vec<(Message, Vec<String>)>) -> Vec<Message> {
        let mut seen: HashSet<MessageId> = self.known.iter().copied().collect();
        let mut ranked: Vec<(f64, Message)> = found
            .into_iter()
            .filter(|(message, heard)| self.admits(message, heard) && seen.insert(message.id))
            .map(|(message, _)| (scale.score(&message), message))
            .filter(|(score, _)| *score > 0.0)
            .collect();
        ranked.sort_by(|(one, a), (other, b)| {
            other
                .total_cmp(one)
                .then(b.created_at.cmp(&a.created_at))
                .then(b.id.cmp(&a.id))
        });
        let mut texts = HashSet::new();
        ranked.retain(|(_, message)| texts.insert(message.text.clone()));
        ranked.truncate(usize::try_from(self.limit).unwrap_or(usize::MAX));
        ranked.into_iter().map(|(_, message)| message).collect()
    }

    fn admits(&self, message: &Message, heard: &[String]) -> bool {
        let concerns = |name: &String| {
            message.from == *name || (message.from == self.viewer && message.to.contains(name))
        };
        heard.contains(&self.viewer)
            && self.with.iter().any(concerns)
            && message.created_at <= self.at
    }
}

/// How much is said in a world, as far as it is indexed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Volume {
    /// Lines.
    pub lines: u64,
    /// Words in them.
    pub words: u64,
}

/// A word to ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The word.
    pub word: String,
    /// Lines that have it.
    pub lines: u64,
}

/// The words worth asking for, the rarest first: those that are in some line, and not in most.
#[must_use]
pub fn telling(mut counted: Vec<Asked>, volume: Volume) -> Vec<Asked> {
    counted.retain(|asked| {
        (1..=COMMON_LINES).contains(&asked.lines)
            && (volume.lines < MANY_LINES || asked.lines * TELLING_SHARE <= volume.lines)
    });
    counted.sort_by(|a, b| a.lines.cmp(&b.lines).then_with(|| a.word.cmp(&b.word)));
    counted.truncate(ASKED_MAX);
    counted
}

/// Measures how well lines fit.
#[derive(Debug, Clone)]
pub struct Scale {
    weights: Vec<(String, f64)>,
    words_mean: f64,
    at: DateTime<Utc>,
}

impl Scale {
    /// For these words at this time.
    #[must_use]
    pub fn new(asked: &[Asked], volume: Volume, at: DateTime<Utc>) -> Self {
        let lines = number(volume.lines.max(1));
        let weight = |asked: &Asked| {
            let with = number(asked.lines).min(lines);
            (1.0 + (lines - with + 0.5) / (with + 0.5)).ln()
        };
        Self {
            weights: asked
                .iter()
                .map(|asked| (asked.word.clone(), weight(asked)))
                .collect(),
            words_mean: (number(volume.words) / lines).max(1.0),
            at,
        }
    }

    /// 0 (has none of the words) to 4 (is made of them, furious, and just said).
    #[must_use]
    pub fn score(&self, message: &Message) -> f64 {
        let age = (self.at - message.created_at).max(TimeDelta::zero());
        self.relevance(&message.text)
            * (1.0 + nearness(age, HALF_LIFE))
            * (1.0 + message.sentiment.abs().min(1.0))
    }

    fn relevance(&self, text: &str) -> f64 {
        let words = words::words(text);
        let length = 1.0 - B + B * number(words.len() as u64) / self.words_mean;
        let (mut found, mut perfect) = (0.0, 0.0);
        for (word, weight) in &self.weights {
            let times = number(words.iter().filter(|w| w.text == *word).count() as u64);
            found += weight * times * (K1 + 1.0) / (times + K1 * length);
            perfect += weight * (K1 + 1.0);
        }
        if perfect > 0.0 { found / perfect } else { 0.0 }
    }
}

/// 1 for what is now, half of it for every half-life that it is past.
#[must_use]
pub fn nearness(age: TimeDelta, half_life: TimeDelta) -> f64 {
    let (age, half_life) = (age.as_seconds_f64(), half_life.as_seconds_f64());
    (-(age / half_life)).exp2().clamp(0.0, 1.0)
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn number(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::{ConversationKind, MessageKind, SpeakerRole};
    use crate::id::ConversationId;
    use uuid::Uuid;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn line(n: u128, text: &str, sentiment: f64, days_ago: i64) -> (Message, Vec<String>) {
        let message = Message {
            id: MessageId(Uuid::from_u128(n)),
            conversation_id: ConversationId(Uuid::from_u128(1)),
            parent_id: None,
            conversation_kind: ConversationKind::Duet,
            order: 1,
            from: "Rachel".to_owned(),
            to: vec!["Ross".to_owned()],
            text: text.to_owned(),
            kind: MessageKind::Line,
            role: SpeakerRole::Ai,
            sentiment,
            heard_from: Vec::new(),
            fallback: false,
            created_at: now() - TimeDelta::days(days_ago),
        };
        (message, vec!["Rachel".to_owned(), "Ross".to_owned()])
    }

    fn reminder() -> Reminder {
        Reminder {
            world: Slug::new("friends").unwrap(),
            viewer: "Ross".to_owned(),
            with: vec!["Rachel".to_owned()],
            words: vec!["sandwich".to_owned()],
            known: Vec::new(),
            at: now(),
            limit: 2,
        }
    }

    fn scale() -> Scale {
        let asked = [Asked {
            word: "sandwich".to_owned(),
            lines: 3,
        }];
        let volume = Volume {
            lines: 50,
            words: 250,
        };
        Scale::new(&asked, volume, now())
    }

    fn ids(messages: &[Message]) -> Vec<u128> {
        messages.iter().map(|m| m.id.0.as_u128()).collect()
    }

    #[test]
    fn a_furious_line_of_last_week_comes_before_a_dull_one_of_today() {
        let found = vec![
            line(1, "a sandwich for lunch today", 0.0, 0),
            line(2, "you ate my sandwich again", -1.0, 7),
            line(3, "the sandwich shop is shut", 0.0, 30),
            line(4, "nothing of the kind here", -1.0, 0),
        ];
        assert_eq!(ids(&reminder().best(&scale(), found)), [2, 1]);
    }

    #[test]
    fn what_is_known_foreign_or_later_does_not_come_to_mind() {
        let mut overheard = line(2, "my sandwich!", -0.5, 1);
        overheard.1 = vec!["Rachel".to_owned(), "Joey".to_owned()];
        let mut by_joey = line(3, "my sandwich!", -0.5, 1);
        by_joey.0.from = "Joey".to_owned();
        let found = vec![
            line(1, "my sandwich!", -0.5, 1),
            overheard,
            by_joey,
            line(4, "my sandwich!", -0.5, -1),
        ];
        let knowing = Reminder {
            known: vec![MessageId(Uuid::from_u128(1))],
            ..reminder()
        };
        assert_eq!(ids(&knowing.best(&scale(), found)), [0u128; 0]);
    }

    #[test]
    fn the_same_words_come_to_mind_once() {
        let found = vec![
            line(1, "my sandwich!", 0.0, 2),
            line(2, "my sandwich!", 0.0, 1),
        ];
        assert_eq!(ids(&reminder().best(&scale(), found)), [2]);
    }

    #[test]
    fn fillers_and_names_are_not_asked_for() {
        let words = Reminder::words_of("Rachel, have you seen the Sandwich?", &["Ross", "Rachel"]);
        assert_eq!(words, ["seen", "sandwich"]);
    }

    #[test]
    fn rare_words_are_asked_for_and_common_ones_are_not() {
        let asked = |word: &str, lines| Asked {
            word: word.to_owned(),
            lines,
        };
        let counted = vec![
            asked("the", 900),
            asked("fossil", 3),
            asked("unheard", 0),
            asked("cat", 40),
        ];
        let volume = Volume {
            lines: 1_000,
            words: 9_000,
        };
        let words: Vec<_> = telling(counted, volume)
            .into_iter()
            .map(|a| a.word)
            .collect();
        assert_eq!(words, ["fossil", "cat"]);
    }
}
