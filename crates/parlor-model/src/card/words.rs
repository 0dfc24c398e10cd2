//! What a card lets its character say and what it tells a model, with the macros filled.

use super::macros::cut;
use super::{Card, Filling};
use crate::dice::Dice;
use crate::prompt::{Prompt, Purpose};
use crate::world::Character;
use uuid::Uuid;

/// Most example dialogues, and lines of one, that are given.
const EXAMPLES_MAX: usize = 200;

/// An example dialogue: how the character talks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The lines, in order; never empty.
    pub lines: Vec<Said>,
}

/// A line of an example dialogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// True for the character's own lines.
    pub by_me: bool,
    /// The words, without the name in front.
    pub text: String,
}

/// The greetings that a conversation may be opened with.
#[derive(Debug, Clone, Copy)]
pub struct Greetings<'a> {
    card: &'a Card,
    /// More than two talk.
    in_group: bool,
}

impl<'a> Greetings<'a> {
    /// The greetings of a talk of two, or of a group.
    #[must_use]
    pub fn new(card: &'a Card, in_group: bool) -> Self {
        Self { card, in_group }
    }

    /// The first message (0), the alternate ones (from 1), and for groups those that are only
    /// theirs. Without the empty ones; each with the index that the format gives it.
    pub fn all(&self) -> impl Iterator<Item = (usize, &'a str)> {
        let fields = self.card.fields();
        let group: &[String] = if self.in_group {
            &fields.group_only_greetings
        } else {
            &[]
        };
        std::iter::once(&fields.first_mes)
            .chain(&fields.alternate_greetings)
            .chain(group)
            .map(String::as_str)
            .enumerate()
            .filter(|(_, text)| !text.trim().is_empty())
    }

    /// The greeting that the dice of a conversation choose; always the same for the same dice.
    #[must_use]
    pub fn choose(&self, lasting: Dice) -> Option<(usize, &'a str)> {
        let all: Vec<_> = self.all().collect();
        lasting.roll("card/greeting").pick(&all).copied()
    }
}

impl Filling {
    /// What the macros stand for in a line of `speaker`, said to `to` (display names) in
    /// `conversation`, with the dice of the line.
    #[must_use]
    pub fn new(speaker: &Character, to: &[String], conversation: Option<Uuid>, dice: Dice) -> Self {
        let nickname = speaker
            .card
            .as_ref()
            .and_then(|card| card.fields().nickname.clone());
        Self {
            me: nickname.unwrap_or_else(|| speaker.name.clone()),
            other: if to.is_empty() {
                "everybody".to_owned()
            } else {
                to.join(", ")
            },
            dice,
            lasting: conversation.map_or(dice, |id| dice.about(id)),
        }
    }

    /// What the macros stand for in a line that is prompted.
    #[must_use]
    pub fn of(prompt: &Prompt) -> Self {
        let to = match &prompt.purpose {
            // A comment is said to nobody, but it is about those who are there.
            Purpose::Aside => &prompt.present,
            _ => &prompt.to,
        };
        let conversation = prompt.conversation.map(|id| id.0);
        Self::new(&prompt.speaker, to, conversation, prompt.dice)
    }
}

impl Card {
    /// Instructions for a model in place of the program's own (`original`, which the card may quote
    /// as `{{original}}`); `None` when the card has none.
    #[must_use]
    pub fn system(&self, filling: &Filling, original: &str) -> Option<String> {
        let text = &self.fields().system_prompt;
        filled(filling, "system_prompt", text, Some(original))
    }

    /// Instructions for a model that come after what has been said.
    #[must_use]
    pub fn after(&self, filling: &Filling, original: &str) -> Option<String> {
        let text = &self.fields().post_history_instructions;
        filled(filling, "post_history_instructions", text, Some(original))
    }

    /// Who the character is.
    #[must_use]
    pub fn description(&self, filling: &Filling) -> Option<String> {
        filled(filling, "description", &self.fields().description, None)
    }

    /// The same in short.
    #[must_use]
    pub fn personality(&self, filling: &Filling) -> Option<String> {
        filled(filling, "personality", &self.fields().personality, None)
    }

    /// Where and how the talk takes place.
    #[must_use]
    pub fn scenario(&self, filling: &Filling) -> Option<String> {
        filled(filling, "scenario", &self.fields().scenario, None)
    }

    /// The words that open a conversation, if the card greets: the first message or an alternate
    /// one, as the dice of the conversation choose.
    #[must_use]
    pub fn greeting(&self, filling: &Filling, in_group: bool) -> Option<String> {
        let (_, text) = Greetings::new(self, in_group).choose(filling.lasting)?;
        filled(filling, "greeting", text, None)
    }

    /// The example dialogues.
    #[must_use]
    pub fn examples(&self, filling: &Filling) -> Vec<Example> {
        let text = cut(&self.fields().mes_example, super::limits::TEXT_BYTES_MAX);
        let mut examples = Vec::new();
        let mut lines = Vec::new();
        for line in text.lines() {
            if line.trim().eq_ignore_ascii_case("<start>") {
                push_example(&mut examples, std::mem::take(&mut lines));
            } else if let Some((by_me, words)) = self.speaker_of(line) {
                lines.push((by_me, words.trim().to_owned()));
            } else if let Some((_, words)) = lines.last_mut() {
                words.push('\n');
                words.push_str(line);
            }
        }
        push_example(&mut examples, lines);
        for (index, line) in examples.iter_mut().flat_map(|e| &mut e.lines).enumerate() {
            line.text = filling.fill(&format!("mes_example/{index}"), line.text.trim());
        }
        examples
    }

    /// Who says a line of an example, and what: names and macros for both are understood. `None`
    /// for a line that goes on with the one before.
    fn speaker_of<'a>(&self, line: &'a str) -> Option<(bool, &'a str)> {
        let (who, words) = line.split_once(':')?;
        // A macro with an argument has a colon of its own.
        let who = who.trim();
        let is = |names: &[&str]| names.iter().any(|name| who.eq_ignore_ascii_case(name));
        if is(&[
            "{{char}}",
            "<bot>",
            "<char>",
            &self.fields().name,
            self.fields().short_name(),
        ]) {
            Some((true, words))
        } else if is(&["{{user}}", "<user>"]) {
            Some((false, words))
        } else {
            None
        }
    }
}

fn push_example(examples: &mut Vec<Example>, lines: Vec<(bool, String)>) {
    let lines: Vec<Said> = lines
        .into_iter()
        .map(|(by_me, text)| Said { by_me, text })
        .take(EXAMPLES_MAX)
        .collect();
    if !lines.is_empty() && examples.len() < EXAMPLES_MAX {
        examples.push(Example { lines });
    }
}

fn filled(filling: &Filling, part: &str, text: &str, original: Option<&str>) -> Option<String> {
    if text.trim().is_empty() {
        return None;
    }
    let filled = filling.fill_over(part, text, original);
    let filled = filled.trim();
    (!filled.is_empty()).then(|| filled.to_owned())
}
