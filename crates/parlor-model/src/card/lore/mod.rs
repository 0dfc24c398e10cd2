//! The lorebook of a card: what its character knows when the talk comes to it.
//!
//! An entry has keys; when one of them turns up in the latest lines, the entry is *active* and its
//! content goes into the prompt. Finding them is linear in the talk, however the book is made: all
//! plain keys are one automaton, and regular expressions are of the kind that never backtracks.

mod active;
mod decorators;
mod keys;

pub use active::{Budget, Talk, active, tokens};
pub use decorators::{Decorators, without_decorators};

use super::Filling;
use super::limits::{LORE_ENTRIES_MAX, LORE_TOKENS_MAX};
use super::members::Members;
use crate::prompt::Prompt;
use keys::{KeyId, Keys, KeysBuilder};

/// Where the content of an entry goes in a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LorePlace {
    /// Before the description of the character.
    #[default]
    BeforeDescription,
    /// After it.
    AfterDescription,
    /// With the personality.
    Personality,
    /// With the scenario.
    Scenario,
    /// Among what has been said: so many lines before the end (0 = after the latest).
    Depth(u32),
}

/// Whose words the content of an entry is, in a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LoreRole {
    /// The program's.
    #[default]
    System,
    /// The other's.
    User,
    /// The character's own.
    Assistant,
}

/// The content of an active entry, its macros filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lore {
    /// The words.
    pub text: String,
    /// Where they go.
    pub place: LorePlace,
    /// Whose they are.
    pub role: LoreRole,
}

/// A lorebook.
#[derive(Debug, Clone)]
pub struct Book {
    /// For people.
    pub name: String,
    /// How many of the latest lines are searched, unless an entry says otherwise; `None` = all
    /// that the character remembers.
    pub scan_depth: Option<u32>,
    /// How many tokens the active entries may have together.
    pub tokens_max: Option<usize>,
    /// Are the contents of active entries searched as well?
    pub recursive: bool,
    /// In the book's order.
    pub entries: Vec<Entry>,
    keys: Keys,
}

/// An entry of a lorebook.
#[derive(Debug, Clone)]
pub struct Entry {
    /// For people: its name, or its comment.
    pub name: String,
    /// What goes into the prompt, without decorators.
    pub content: String,
    /// False switches the entry off, whatever else it says.
    pub enabled: bool,
    /// Active without any key.
    pub constant: bool,
    /// Needs a secondary key as well.
    pub selective: bool,
    /// The lower, the earlier in the prompt.
    pub order: f64,
    /// The lowest go first when there are too many; `None` = as `order`.
    pub priority: Option<f64>,
    /// Where the content goes, unless a decorator says otherwise.
    pub place: LorePlace,
    /// What the content says of itself.
    pub decorators: Decorators,
    keys: Vec<KeyId>,
    secondary: Vec<KeyId>,
    additional: Vec<KeyId>,
    excluded: Vec<KeyId>,
}

impl Book {
    /// Reads a book, as far as the limits go; what is not used is reported.
    pub(super) fn read(book: &Members, warnings: &mut Vec<String>) -> Self {
        let objects = book.objects("entries", LORE_ENTRIES_MAX + 1);
        if objects.len() > LORE_ENTRIES_MAX {
            warnings.push(format!(
                "the lorebook has more than {LORE_ENTRIES_MAX} entries; those after are not used"
            ));
        }
        let mut keys = KeysBuilder::default();
        let entries = objects
            .iter()
            .take(LORE_ENTRIES_MAX)
            .map(|object| Entry::read(object, &mut keys))
            .collect();
        Self {
            name: book.text("name"),
            scan_depth: book.number("scan_depth").and_then(count),
            tokens_max: book
                .number("token_budget")
                .and_then(count)
                .map(|n| n as usize),
            recursive: book.get("recursive_scanning").unwrap_or(false),
            entries,
            keys: keys.build(warnings),
        }
    }

    /// Does any entry use decorators?
    #[must_use]
    pub fn has_decorators(&self) -> bool {
        self.entries.iter().any(|entry| entry.decorators.any)
    }
}

impl Entry {
    fn read(object: &Members, keys: &mut KeysBuilder) -> Self {
        let (decorators, content) = Decorators::split(&object.text("content"));
        let extensions = object.object("extensions").unwrap_or_default();
        let flag = |name: &str| object.get::<bool>(name);
        let is_regex = flag("use_regex").unwrap_or(false);
        let is_exact = flag("case_sensitive")
            .or_else(|| extensions.get("case_sensitive"))
            .unwrap_or(false);
        let name = Some(object.text("name"))
            .filter(|name| !name.trim().is_empty())
            .unwrap_or_else(|| object.text("comment"));
        let mut add = |texts: &[String]| keys.add(&name, texts, is_regex, is_exact);
        Self {
            keys: add(&texts(object, "keys")),
            secondary: add(&texts(object, "secondary_keys")),
            additional: add(&decorators.additional_keys),
            // The format has no excluded patterns.
            excluded: if is_regex {
                Vec::new()
            } else {
                add(&decorators.exclude_keys)
            },
            content,
            enabled: flag("enabled").unwrap_or(true),
            constant: flag("constant").unwrap_or(false),
            selective: flag("selective").unwrap_or(false),
            order: object.number("insertion_order").unwrap_or(0.0),
            priority: object.number("priority"),
            place: if object.text("position") == "after_char" {
                LorePlace::AfterDescription
            } else {
                LorePlace::BeforeDescription
            },
            decorators,
            name,
        }
    }
}

/// A list of texts; also one that is written as one text with commas.
fn texts(object: &Members, key: &str) -> Vec<String> {
    let one = object.text(key);
    if one.is_empty() {
        object.texts(key, LORE_ENTRIES_MAX)
    } else {
        one.split(',').map(str::to_owned).collect()
    }
}

/// A number as a count; `None` for one below zero.
fn count(number: f64) -> Option<u32> {
    let fits = (0.0..=f64::from(u32::MAX)).contains(&number);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count is whole, and in range"
    )]
    fits.then_some(number as u32)
}

/// What the speaker's lorebook adds to a prompt, in the order in which it goes in.
#[must_use]
pub fn of_prompt(prompt: &Prompt) -> Vec<Lore> {
    let Some(card) = &prompt.speaker.card else {
        return Vec::new();
    };
    let Some(book) = &card.fields().book else {
        return Vec::new();
    };
    // What the conversation is about counts as the first thing said in it.
    let lines: Vec<&str> = prompt
        .topic
        .as_deref()
        .into_iter()
        .chain(prompt.memory.iter().map(|line| line.text.as_str()))
        .collect();
    let filling = Filling::of(prompt);
    let in_group = prompt.present.len() > 2;
    let is_mine = prompt.present.first() == Some(&prompt.speaker.name);
    let talk = Talk {
        lines: &lines,
        said: prompt.order.saturating_sub(1) / prompt.present.len().max(2) as u32,
        greeting: is_mine
            .then(|| super::Greetings::new(card, in_group).choose(filling.lasting))
            .flatten()
            .map(|(index, _)| index),
    };
    let budget = Budget {
        tokens_max: LORE_TOKENS_MAX,
    };
    active(book, &talk, budget)
        .into_iter()
        .map(|entry| entry.lore(&filling))
        .filter(|lore| !lore.text.is_empty())
        .collect()
}

impl Entry {
    fn lore(&self, filling: &Filling) -> Lore {
        let part = format!("lore/{}", self.name);
        Lore {
            text: filling.fill(&part, &self.content).trim().to_owned(),
            place: self.decorators.place.unwrap_or(self.place),
            role: self.decorators.role.unwrap_or_default(),
        }
    }
}
