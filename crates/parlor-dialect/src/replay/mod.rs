//! Lines from a chat export: says what followed the stored line that is most like the heard one.
//!
//! The file is any export that [`crate::import`] reads; `parlor dialect import` makes a smaller and
//! more private one. A line is spoken as it stands. Whose lines: those of the person that the world
//! file names with `who`, else of the person with the speaker's name, else everybody's.
//!
//! # Adding a dialect like it
//! What this one shows: what is costly happens once, when the world is loaded ([`index`]); what is
//! looked at for one line is bounded, however large the file is.

mod index;

use crate::import::{ImportError, Messages};
use crate::text::{shorten, tidy};
use async_trait::async_trait;
use index::Index;
use parlor_model::dice::Roll;
use parlor_model::{Prompt, Purpose};
use parlor_ports::dialect::{Dialect, Utterance};
use parlor_ports::error::PortResult;
use std::collections::HashMap;
use std::ops::Range;

/// Most lines that are kept; of a longer export the last ones.
const LINES_MAX: usize = 2_000_000;
/// Lines that are looked at for one that was not just said.
const TRIES_MAX: usize = 32;
/// Of lines whose likeness is at least this part of the best one's, dice choose.
const ALIKE: f32 = 0.8;
/// Names that an error lists.
const NAMES_LISTED: usize = 8;

/// Why a file can't be spoken from.
#[derive(Debug, thiserror::Error)]
pub enum InvalidReplay {
    /// It is no export.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// Nobody says anything in it.
    #[error("there are no messages in it: export a chat in which somebody writes")]
    Empty,
    /// It has more text than can be kept.
    #[error("it has too much text: import the part that matters with 'parlor dialect import'")]
    TooLarge,
    /// The person named with `who` is not there.
    #[error("nobody in it is called '{who}' (there are {people})")]
    Nobody {
        /// The name.
        who: String,
        /// Those who are there.
        people: String,
    },
}

#[derive(Debug, Clone, Copy)]
struct Line {
    start: u32,
    length: u32,
    from: u32,
    thread: u32,
}

/// The lines of an export, in its order.
#[derive(Debug, Default)]
pub struct Lines {
    text: String,
    lines: Vec<Line>,
    people: Vec<String>,
    by_name: HashMap<String, u32>,
}

impl Lines {
    /// Reads an export.
    ///
    /// # Errors
    /// [`InvalidReplay`]: it is none, or nobody speaks in it.
    pub fn read(bytes: &[u8]) -> Result<Self, InvalidReplay> {
        // Room for all of it at once: growing would take twice as much for a while.
        let count = memchr::memchr_iter(b'\n', bytes).count().min(LINES_MAX);
        let mut lines = Self {
            text: String::with_capacity(bytes.len()),
            lines: Vec::with_capacity(count),
            ..Self::default()
        };
        for message in Messages::open(bytes, None, "Me")? {
            let message = message?;
            let from = lines.person(message.from);
            let start = u32::try_from(lines.text.len()).map_err(|_| InvalidReplay::TooLarge)?;
            lines.text.push_str(&message.text);
            lines.lines.push(Line {
                start,
                length: message.text.len() as u32,
                from,
                thread: message.thread,
            });
        }
        lines.text.shrink_to_fit();
        let surplus = lines.lines.len().saturating_sub(LINES_MAX);
        lines.lines.drain(..surplus);
        // An export may mix its conversations; the order within each stays.
        lines.lines.sort_by_key(|line| line.thread);
        if lines.lines.is_empty() {
            return Err(InvalidReplay::Empty);
        }
        Ok(lines)
    }

    fn person(&mut self, name: String) -> u32 {
        let lower = name.to_lowercase();
        if let Some(id) = self.by_name.get(&lower) {
            return *id;
        }
        let id = self.people.len() as u32;
        self.people.push(name);
        self.by_name.insert(lower, id);
        id
    }

    /// The person whom `who` means.
    ///
    /// # Errors
    /// [`InvalidReplay::Nobody`].
    pub fn find(&self, who: &str) -> Result<u32, InvalidReplay> {
        let id = self.by_name.get(&who.to_lowercase()).copied();
        id.ok_or_else(|| {
            let listed = self.people.iter().take(NAMES_LISTED);
            let mut people = listed.map(String::as_str).collect::<Vec<_>>().join(", ");
            if self.people.len() > NAMES_LISTED {
                people.push_str(", ..");
            }
            InvalidReplay::Nobody {
                who: shorten(who, 60),
                people,
            }
        })
    }

    fn text(&self, line: u32) -> &str {
        let line = self.lines[line as usize];
        &self.text[line.start as usize..(line.start + line.length) as usize]
    }

    /// The line that answers a line: the next of the same conversation, by somebody else.
    fn answer(&self, line: u32) -> Option<u32> {
        let (this, next) = (
            self.lines.get(line as usize)?,
            self.lines.get(line as usize + 1)?,
        );
        (this.thread == next.thread && this.from != next.from).then_some(line + 1)
    }
}

/// An export, ready to speak.
#[derive(Debug)]
pub struct Replay {
    lines: Lines,
    index: Index,
    /// Whose lines are spoken, whoever speaks.
    who: Option<u32>,
    /// Lines by who says them: the part of `by_person` for each person.
    parts: Vec<Range<usize>>,
    by_person: Vec<u32>,
}

impl Replay {
    /// Gets lines ready to be spoken, those of `who` alone if somebody is named.
    ///
    /// # Errors
    /// [`InvalidReplay::Nobody`].
    pub fn new(lines: Lines, who: Option<&str>) -> Result<Self, InvalidReplay> {
        let who = who.map(|who| lines.find(who)).transpose()?;
        let mut by_person: Vec<u32> = (0..lines.lines.len() as u32).collect();
        by_person.sort_by_key(|line| lines.lines[*line as usize].from);
        let mut parts = Vec::with_capacity(lines.people.len());
        let mut start = 0;
        for person in 0..lines.people.len() as u32 {
            let from = |line: &u32| lines.lines[*line as usize].from <= person;
            let end = start + by_person[start..].partition_point(from);
            parts.push(start..end);
            start = end;
        }
        let answered = (0..lines.lines.len() as u32)
            .filter(|line| lines.answer(*line).is_some())
            .map(|line| (line, lines.text(line)));
        let index = Index::new(answered);
        Ok(Self {
            index,
            who,
            parts,
            by_person,
            lines,
        })
    }

    /// A line for a prompt. The same prompt gives the same line.
    #[must_use]
    pub fn line(&self, prompt: &Prompt) -> String {
        let mut roll = prompt.dice.roll("dialect.replay");
        let by_name = || self.lines.by_name.get(&prompt.speaker.name.to_lowercase());
        let who = self.who.or_else(|| by_name().copied());
        let is_new = |line: u32| {
            let text = self.lines.text(line);
            !prompt.memory.iter().any(|said| said.text == text)
        };
        let line = self
            .fitting(prompt, who, &is_new, &mut roll)
            .unwrap_or_else(|| self.any(who, &is_new, &mut roll));
        tidy(self.lines.text(line).to_owned())
    }

    /// What answered the lines that are most like the heard one; for an opening a line about the
    /// topic itself.
    fn fitting(
        &self,
        prompt: &Prompt,
        who: Option<u32>,
        is_new: &dyn Fn(u32) -> bool,
        roll: &mut Roll,
    ) -> Option<u32> {
        let (heard, is_opening) = match &prompt.purpose {
            Purpose::Open => (prompt.topic.as_deref()?, true),
            Purpose::Gossip(quote) => (quote.text.as_str(), false),
            Purpose::Reply | Purpose::Aside => (prompt.heard()?.text.as_str(), false),
        };
        let is_theirs =
            |line: &u32| who.is_none_or(|who| self.lines.lines[*line as usize].from == who);
        let mut fitting: Vec<(f32, u32)> = Vec::new();
        for (likeness, like) in self.index.find(heard, roll) {
            let said = if is_opening {
                Some(like).filter(is_theirs)
            } else {
                None
            };
            let said = said.or_else(|| self.lines.answer(like).filter(is_theirs));
            let Some(said) = said.filter(|line| is_new(*line)) else {
                continue;
            };
            let best = fitting.first().map_or(likeness, |(best, _)| *best);
            if likeness < best * ALIKE || fitting.len() >= TRIES_MAX {
                break;
            }
            fitting.push((likeness, said));
        }
        roll.pick(&fitting).map(|(_, line)| *line)
    }

    /// Any line of theirs, one that was not just said if there is one among a few.
    fn any(&self, who: Option<u32>, is_new: &dyn Fn(u32) -> bool, roll: &mut Roll) -> u32 {
        let theirs = who
            .and_then(|who| self.parts.get(who as usize))
            .map_or(self.by_person.as_slice(), |part| {
                &self.by_person[part.clone()]
            });
        let start = roll.below(theirs.len());
        let order = || theirs[start..].iter().chain(&theirs[..start]).copied();
        let mut few = order().take(TRIES_MAX);
        few.find(|line| is_new(*line))
            .or_else(|| order().next())
            .unwrap_or_default()
    }
}

#[async_trait]
impl Dialect for Replay {
    async fn speak(&self, prompt: &Prompt) -> PortResult<Utterance> {
        Ok(Utterance {
            text: self.line(prompt),
            fallback: false,
        })
    }
}
