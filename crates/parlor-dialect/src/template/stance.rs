//! What a speaker thinks of the topic, and so which lines they have.

use parlor_model::dice::Roll;
use parlor_model::{Act, Prompt, Purpose};

/// From this mood on somebody is happy, below its opposite unhappy.
const STRONG_MOOD: f64 = 0.3;
/// From this opinion on somebody agrees, below its opposite disagrees.
const FIRM_OPINION: f64 = 0.15;
/// How often a lively (extraversion 1) speaker asks back, and how often a quiet one.
const ASKS: (f64, f64) = (0.05, 0.2);
/// What of an opinion is the speaker's own whim: the same for the same speaker and topic.
const WHIM: f64 = 0.5;
/// What of an opinion changes from line to line.
const WAVERING: f64 = 0.2;

/// A group of lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stance {
    Agree,
    Disagree,
    Neutral,
    Question,
    Opening,
    Closing,
    Answer,
    Friend,
    Rival,
    Missing,
}

impl Stance {
    /// The stance of a line that is decided already.
    pub(super) fn of_act(act: Act) -> Self {
        match act {
            Act::Opening => Self::Opening,
            Act::Answer => Self::Answer,
            Act::Agree => Self::Agree,
            Act::Disagree => Self::Disagree,
            Act::Neutral => Self::Neutral,
            Act::Question => Self::Question,
            Act::Closing => Self::Closing,
            Act::Friend => Self::Friend,
            Act::Rival => Self::Rival,
            Act::Missing => Self::Missing,
        }
    }
}

/// Their names in a file.
pub(super) const STANCES: [(&str, Stance); 10] = [
    ("agree", Stance::Agree),
    ("disagree", Stance::Disagree),
    ("neutral", Stance::Neutral),
    ("question", Stance::Question),
    ("opening", Stance::Opening),
    ("closing", Stance::Closing),
    ("answer", Stance::Answer),
    ("friend", Stance::Friend),
    ("rival", Stance::Rival),
    ("missing", Stance::Missing),
];

/// How a line is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    Happy,
    Neutral,
    Unhappy,
}

/// Their names in a file; `any` suits each.
pub(super) const MOODS: [(&str, Option<Mood>); 4] = [
    ("happy", Some(Mood::Happy)),
    ("neutral", Some(Mood::Neutral)),
    ("unhappy", Some(Mood::Unhappy)),
    ("any", None),
];

impl From<parlor_model::Mood> for Mood {
    fn from(mood: parlor_model::Mood) -> Self {
        match mood {
            parlor_model::Mood::Happy => Self::Happy,
            parlor_model::Mood::Neutral => Self::Neutral,
            parlor_model::Mood::Unhappy => Self::Unhappy,
        }
    }
}

impl Mood {
    /// The speaker's, as far as it is known; else how nervous they are by nature leaves it neutral.
    pub(super) fn of(prompt: &Prompt) -> Self {
        match prompt.mood {
            Some(mood) if mood >= STRONG_MOOD => Self::Happy,
            Some(mood) if mood <= -STRONG_MOOD => Self::Unhappy,
            _ => Self::Neutral,
        }
    }
}

/// The stance of a line. `feeling` is how most people feel about the topic, -1 to 1.
pub(super) fn of(prompt: &Prompt, feeling: Option<f64>, roll: &mut Roll) -> Stance {
    match prompt.purpose {
        Purpose::Open | Purpose::Gossip(_) => return Stance::Opening,
        Purpose::Reply | Purpose::Aside if prompt.last => return Stance::Closing,
        Purpose::Reply | Purpose::Aside => {}
    }
    let lively = trait_of(prompt, "extraversion");
    let (quiet, most) = ASKS;
    let asks = roll.chance(quiet + (most - quiet) * lively);
    let wavering = WAVERING * (2.0 * roll.unit() - 1.0);
    if asks && matches!(prompt.purpose, Purpose::Reply) {
        return Stance::Question;
    }
    match opinion(prompt, feeling) + wavering {
        firm if firm >= FIRM_OPINION => Stance::Agree,
        firm if firm <= -FIRM_OPINION => Stance::Disagree,
        _ => Stance::Neutral,
    }
}

/// What the speaker thinks of the topic, about -1 to 1: what they like, how most people feel about
/// it, a whim of their own, and how agreeable and open they are by nature.
fn opinion(prompt: &Prompt, feeling: Option<f64>) -> f64 {
    let topic = prompt.topic.as_deref().unwrap_or_default();
    let agreeable = trait_of(prompt, "agreeableness") - 0.5;
    let open = trait_of(prompt, "openness") - 0.5;
    let bond = prompt.bond.unwrap_or(0.0);
    let liked = if likes(&prompt.speaker.likes, topic) {
        0.8
    } else {
        0.0
    };
    liked
        + 0.5 * feeling.unwrap_or(0.0)
        + WHIM * whim(prompt.speaker.slug.as_str(), topic)
        + 0.8 * agreeable
        + 0.3 * open
        + 0.3 * bond
}

fn trait_of(prompt: &Prompt, name: &str) -> f64 {
    prompt.speaker.traits.get(name).copied().unwrap_or(0.5)
}

/// True when a word of what somebody likes stands in the topic, whatever its case.
fn likes(likes: &[String], topic: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        text.split(|c: char| !c.is_alphanumeric())
            .filter(|word| word.chars().count() > 3)
            .map(str::to_lowercase)
            .collect()
    };
    if likes.is_empty() || topic.is_empty() {
        return false;
    }
    let topic = words(topic);
    likes
        .iter()
        .any(|like| words(like).iter().any(|word| topic.contains(word)))
}

/// -1 to 1, the same for the same speaker and topic in every conversation: FNV-1a.
fn whim(speaker: &str, topic: &str) -> f64 {
    let bytes = speaker.bytes().chain([0]).chain(topic.bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    // The high bits are the well mixed ones.
    let mixed = (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    f64::from(mixed as u32) / f64::from(u32::MAX) * 2.0 - 1.0
}
