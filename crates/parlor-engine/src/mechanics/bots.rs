//! **Bots** (`[mechanics.bots]`): the cast is not in the file. Any number of bots come and go, in any number
//! of processes; each names itself, is in the directory for as long as it lives, and goes by the rates that
//! stand here. A bot that is free now and then picks somebody and opens a conversation. Whoever hears a
//! line has, with the chance `bored`, had enough: the answer is the last line of the conversation. A bot
//! may leave for good; then another one comes in its place.
//!
//! What happens within a conversation is decided here, in the step, by the event's dice. When a bot opens
//! one, with whom, and when it leaves, is decided by the role that holds it, at its own pace.

use super::{Mechanic, Settings, Wanted};
use crate::plan::Plan;
use crate::scene::Scene;
use parlor_model::dice::Roll;
use parlor_model::world::check::Needs;
use parlor_model::{EventBody, Slug, World};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::time::Duration;

/// How bots call themselves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Names {
    /// Three letters and three digits: abc123.
    #[default]
    Short,
    /// Two words and a number: quiet-heron-42.
    Readable,
}

/// Whom a bot picks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Choose {
    /// Somebody who is in no conversation; nobody where all are.
    #[default]
    Free,
    /// Anybody.
    Anybody,
    /// Whoever is in the fewest conversations.
    Quietest,
}

/// A cast of bots that come and go.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Bots {
    /// How many `parlor up` starts.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub count: u32,
    /// How they call themselves: "short" (abc123) or "readable" (quiet-heron-42).
    pub names: Names,
    /// How often a bot that is free opens a conversation, a minute.
    #[schemars(range(min = 0.0, max = 60_000.0))]
    pub opens_per_minute: f64,
    /// In how many conversations a bot is free to open another one: it is free with fewer than these.
    #[schemars(range(min = 1, max = 1_000))]
    pub talks_max: u32,
    /// Whom it picks: "free" (somebody who is in no conversation), "anybody", or "quietest" (whoever is in
    /// the fewest).
    pub choose: Choose,
    /// The chance, for each line heard, that the answer to it is the last line.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub bored: f64,
    /// How often a bot leaves for good, an hour; another one comes in its place.
    #[schemars(range(min = 0.0, max = 3_600.0))]
    pub leaves_per_hour: f64,
    /// Seconds after which a bot of which nothing was heard is no longer in the directory.
    #[schemars(range(min = 2, max = 3_600))]
    pub lease_seconds: u32,
    /// Seconds after which a bot gives up a conversation in which nothing is said.
    #[schemars(range(min = 5, max = 86_400))]
    pub patience_seconds: u32,
    /// What they speak where they name nothing else: a name under [dialects]. Default: the first one.
    #[schemars(with = "String")]
    pub dialect: Option<String>,
}

impl Default for Bots {
    fn default() -> Self {
        Self {
            count: 20,
            names: Names::Short,
            opens_per_minute: 6.0,
            talks_max: 1,
            choose: Choose::Free,
            bored: 0.15,
            leaves_per_hour: 0.0,
            lease_seconds: 10,
            patience_seconds: 60,
            dialect: None,
        }
    }
}

impl Settings for Bots {
    const NAME: &'static str = "bots";
    const BRINGS_CAST: bool = true;

    fn dialects(&self) -> Vec<Wanted> {
        let dialect = self.dialect.clone();
        let dialect = dialect.map(|name| ("dialect", name, Needs::Any));
        dialect.into_iter().collect()
    }
}

impl Mechanic for Bots {
    /// Whoever is bored says one more line.
    fn decide(&self, _world: &World, scene: &Scene, plan: &mut Plan) {
        let heard = matches!(scene.envelope.body, EventBody::Said(_));
        if heard && plan.dice.chance("bots.bored", self.bored) {
            let next = plan.lines.first().map(crate::plan::PlannedLine::exchange);
            plan.exchanges_max = match (plan.exchanges_max, next) {
                (Some(max), Some(next)) => Some(max.min(next)),
                (max, next) => max.or(next),
            };
        }
    }
}

const FIRST: [&str; 32] = [
    "amber", "brave", "brisk", "calm", "clever", "copper", "cosy", "dapper", "dusky", "eager",
    "fancy", "gentle", "glad", "hasty", "humble", "jolly", "keen", "late", "lucky", "mellow",
    "merry", "misty", "nimble", "odd", "plain", "proud", "quiet", "rusty", "shy", "sleepy",
    "sunny", "witty",
];
const SECOND: [&str; 32] = [
    "badger", "bear", "beetle", "crane", "crow", "dormouse", "falcon", "ferret", "finch", "fox",
    "gull", "hare", "heron", "ibis", "jay", "kite", "lark", "lynx", "marten", "mole", "newt",
    "otter", "owl", "pike", "quail", "raven", "robin", "seal", "stoat", "swift", "toad", "wren",
];

impl Names {
    /// A name, drawn by these dice.
    #[must_use]
    pub fn draw(self, roll: &mut Roll) -> Slug {
        let name = match self {
            Self::Short => {
                let mut name = String::with_capacity(6);
                for _ in 0..3 {
                    name.push(char::from(b"abcdefghijklmnopqrstuvwxyz"[roll.below(26)]));
                }
                format!("{name}{:03}", roll.below(1_000))
            }
            Self::Readable => {
                let (first, second) = (FIRST[roll.below(32)], SECOND[roll.below(32)]);
                format!("{first}-{second}-{}", roll.below(10_000))
            }
        };
        Slug::new(name).expect("lower-case letters, digits and single hyphens")
    }
}

impl Bots {
    /// Who of `others` (names; never empty of meaning, the asker is left out by the caller) is asked for a
    /// conversation, as `busy` tells who is in how many.
    #[must_use]
    pub fn pick<'a>(
        &self,
        others: &'a [Slug],
        busy: &HashMap<String, u32>,
        roll: &mut Roll,
    ) -> Option<&'a Slug> {
        let talks = |name: &Slug| busy.get(name.as_str()).copied().unwrap_or(0);
        match self.choose {
            Choose::Anybody => roll.pick(others),
            Choose::Free => {
                // A few tries are fairer to a crowd than a list of all who are free, and cheaper.
                for _ in 0..16 {
                    let one = roll.pick(others)?;
                    if talks(one) == 0 {
                        return Some(one);
                    }
                }
                let free: Vec<_> = others.iter().filter(|name| talks(name) == 0).collect();
                roll.pick(&free).copied()
            }
            Choose::Quietest => {
                let least = others.iter().map(talks).min()?;
                let quietest: Vec<_> = others.iter().filter(|name| talks(name) == least).collect();
                roll.pick(&quietest).copied()
            }
        }
    }

    /// The chance that something that happens `per_minute` times a minute happens within `span`.
    #[must_use]
    pub fn chance_within(per_minute: f64, span: Duration) -> f64 {
        1.0 - (-per_minute * span.as_secs_f64() / 60.0).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parlor_model::Dice;
    use uuid::Uuid;

    fn slug(text: &str) -> Slug {
        Slug::new(text).unwrap()
    }

    #[test]
    fn a_bot_names_itself_rc23() {
        for n in 0..500 {
            let mut roll = Dice::new(1, Uuid::from_u128(n)).roll("name");
            let name = Names::Short.draw(&mut roll);
            let (letters, digits) = name.as_str().split_at(3);
            assert!(letters.bytes().all(|b| b.is_ascii_lowercase()), "{name}");
            assert!(
                digits.len() == 3 && digits.bytes().all(|b| b.is_ascii_digit()),
                "{name}"
            );
            let readable = Names::Readable.draw(&mut roll);
            assert_eq!(readable.as_str().split('-').count(), 3, "{readable}");
        }
    }

    #[test]
    fn whom_a_bot_picks_goes_by_the_rule_rc24() {
        let others: Vec<_> = ["ann", "bob", "cid"].map(slug).to_vec();
        let busy = HashMap::from([("ann".to_owned(), 1), ("bob".to_owned(), 3)]);
        let picks = |choose: Choose, busy: &HashMap<String, u32>| {
            let bots = Bots {
                choose,
                ..Bots::default()
            };
            let mut seen: Vec<String> = (0..200)
                .filter_map(|n| {
                    let mut roll = Dice::new(1, Uuid::from_u128(n)).roll("pick");
                    bots.pick(&others, busy, &mut roll).map(ToString::to_string)
                })
                .collect();
            seen.sort();
            seen.dedup();
            seen
        };
        assert_eq!(picks(Choose::Free, &busy), ["cid"]);
        assert_eq!(picks(Choose::Anybody, &busy), ["ann", "bob", "cid"]);
        assert_eq!(picks(Choose::Quietest, &busy), ["cid"]);
        let all = HashMap::from(["ann", "bob", "cid"].map(|name| (name.to_owned(), 1)));
        assert_eq!(picks(Choose::Free, &all), Vec::<String>::new());
        assert_eq!(picks(Choose::Quietest, &all), ["ann", "bob", "cid"]);
    }

    #[test]
    fn a_rate_is_the_same_whatever_the_step() {
        let minute = Bots::chance_within(6.0, Duration::from_secs(60));
        let second = Bots::chance_within(6.0, Duration::from_secs(1));
        assert!((1.0 - (1.0 - second).powi(60) - minute).abs() < 1e-9);
        assert_eq!(Bots::chance_within(0.0, Duration::from_secs(60)), 0.0);
    }
}
