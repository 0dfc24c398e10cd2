//! Opinions from templates: what a speaker thinks of the topic chooses the stance, how they feel
//! chooses the mood, and dice choose the line.
//!
//! A file (TOML or JSON) lists lines under a *stance* and a *mood*:
//!
//! ```toml
//! [agree]
//! happy = ["I totally agree with [topic]!"]
//! neutral = ["You have a point about [topic], [other]."]
//! [disagree]
//! neutral = ["I don't know about that..."]
//! [neutral]
//! any = ["I can see both sides of this."]
//! ```
//!
//! Stances: `agree`, `disagree`, `neutral`, `question`, `opening`, `closing`; for conversations that
//! are decided whole ([`Phrasebook`]) also `answer`, `friend`, `rival` and `missing`, and the mood is
//! then the side: happy for the topic, unhappy about it. Moods: `happy`,
//! `neutral`, `unhappy`, and `any` for lines that suit each; a stance may also be a plain list, which
//! is `any`. Variables: `[topic]`, `[other]` (who is spoken to), `[me]`, `[like]` (something that the
//! speaker likes); `[[` is a bracket.
//!
//! # Adding a dialect like it
//! What this one shows: [`sheet`] reads a form that people write, with every mistake named by its
//! place; [`stance`] is the whole rule, a pure function of the prompt; this file puts them together.

mod line;
mod phrasebook;
mod sheet;
mod stance;

pub use phrasebook::Phrasebook;
pub use sheet::InvalidTemplates;

use async_trait::async_trait;
use line::{Line, Words};
use parlor_model::Prompt;
use parlor_model::dice::Roll;
use parlor_ports::dialect::{Dialect, Utterance};
use parlor_ports::error::PortResult;
use sheet::Sheet;
use stance::{Mood, Stance};
use std::collections::HashMap;

/// What is said for want of a line.
const SILENCE: &str = "…";

/// True for a text that has the form of a template file, whether it is right or not.
#[must_use]
pub fn looks_like_templates(text: &str) -> bool {
    sheet::looks_like_templates(text)
}

/// Templates, ready to speak.
#[derive(Debug, Clone)]
pub struct Templates {
    sheet: Sheet,
    /// How most people feel about a topic, by its text.
    feelings: HashMap<String, f64>,
}

impl Templates {
    /// Reads a file: JSON where it begins with a brace, else TOML.
    ///
    /// # Errors
    /// [`InvalidTemplates`]: every mistake, with its place.
    pub fn parse(text: &str) -> Result<Self, InvalidTemplates> {
        sheet::read(text).map(Self::of)
    }

    /// Reads templates that stand in a world file.
    ///
    /// # Errors
    /// [`InvalidTemplates`].
    pub fn from_rules(rules: &serde_json::Value) -> Result<Self, InvalidTemplates> {
        sheet::from_value(rules).map(Self::of)
    }

    fn of(sheet: Sheet) -> Self {
        Self {
            sheet,
            feelings: HashMap::new(),
        }
    }

    /// How most people feel about each topic, -1 to 1: it tells what a speaker thinks of it.
    #[must_use]
    pub fn with_topics(mut self, topics: impl Iterator<Item = (String, f64)>) -> Self {
        self.feelings = topics.collect();
        self
    }

    /// A line for a prompt. The same prompt gives the same line.
    #[must_use]
    pub fn line(&self, prompt: &Prompt) -> String {
        let mut roll = prompt.dice.roll("dialect.template");
        let feeling = prompt
            .topic
            .as_ref()
            .and_then(|topic| self.feelings.get(topic))
            .copied();
        let stance = stance::of(prompt, feeling, &mut roll);
        let lines = self.lines(stance, Mood::of(prompt));
        let words = Words::of(prompt, &mut roll);
        said(&lines, &words, prompt, &mut roll)
    }

    /// The lines that suit best: of the stance in the mood, else of the stance, else of a stance that
    /// commits to nothing, else any.
    fn lines(&self, stance: Stance, mood: Mood) -> Vec<&Line> {
        let stances = [stance, Stance::Neutral, Stance::Opening];
        let moods = [mood, Mood::Neutral];
        for stance in stances {
            for mood in moods {
                let lines = self.sheet.lines(stance, mood);
                if !lines.is_empty() {
                    return lines;
                }
            }
            let all = self.sheet.all_of(stance);
            if !all.is_empty() {
                return all;
            }
        }
        self.sheet.all()
    }
}

/// One of the lines, beginning at any of them: the first that has all its words and was not just
/// said, else one that was not just said, else the first.
fn said(lines: &[&Line], words: &Words<'_>, prompt: &Prompt, roll: &mut Roll) -> String {
    let start = roll.below(lines.len());
    let order = || lines[start..].iter().chain(&lines[..start]);
    let is_new = |text: &String| {
        let mine = |from: &str| from == prompt.speaker.name;
        let mut memory = prompt.memory.iter();
        !memory.any(|line| mine(&line.from) && line.text == *text)
    };
    let whole = order().filter(|line| line.is_whole(words));
    whole
        .chain(order())
        .map(|line| line.fill(words))
        .find(is_new)
        .or_else(|| order().next().map(|line| line.fill(words)))
        .unwrap_or_else(|| SILENCE.to_owned())
}

#[async_trait]
impl Dialect for Templates {
    async fn speak(&self, prompt: &Prompt) -> PortResult<Utterance> {
        Ok(Utterance {
            text: self.line(prompt),
            fallback: false,
        })
    }
}
