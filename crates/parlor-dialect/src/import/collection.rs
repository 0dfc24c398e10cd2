//! The messages of one import, kept compactly: they are in the files' order, and whoever wants to
//! speak them needs them by conversation.

use super::{Message, Pseudonyms, Skips, plain, redact};
use chrono::{NaiveDateTime, TimeDelta};
use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{self, Write};

/// Most messages of one import.
const MESSAGES_MAX: usize = 5_000_000;
/// Most bytes of their texts together.
const TEXT_BYTES_MAX: usize = 1 << 30;
/// Most different people.
const PEOPLE_MAX: usize = 100_000;
/// Texts are kept in pages, so that none of them is moved when there are more.
const PAGE_BYTES: usize = 1 << 20;
/// After so long a silence what comes next answers nothing.
const SILENCE: TimeDelta = TimeDelta::hours(6);

/// There are more messages than an import takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "more than {MESSAGES_MAX} messages, {} MiB of text or {PEOPLE_MAX} people: import fewer files at once",
    TEXT_BYTES_MAX >> 20
)]
pub struct Full;

/// Somebody who says something in an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The name in the export.
    pub name: String,
    /// How many messages.
    pub messages: u64,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    thread: u32,
    from: u32,
    page: u32,
    start: u32,
    length: u32,
    at: Option<NaiveDateTime>,
}

/// Messages of one import.
#[derive(Debug, Default)]
pub struct Collection {
    pages: Vec<String>,
    bytes: usize,
    entries: Vec<Entry>,
    people: Vec<Person>,
    by_name: HashMap<String, u32>,
    /// Threads of the files before.
    threads_before: u32,
    threads: u32,
    /// The moment of the message before, in the current file: one that has none was said then.
    last_at: Option<NaiveDateTime>,
    skips: Skips,
}

impl Collection {
    /// Adds a message of the current file.
    ///
    /// # Errors
    /// [`Full`] when there are too many.
    pub fn add(&mut self, message: &Message) -> Result<(), Full> {
        self.bytes += message.text.len();
        if self.entries.len() >= MESSAGES_MAX || self.bytes > TEXT_BYTES_MAX {
            return Err(Full);
        }
        let from = self.person(&message.from)?;
        let thread = self.threads_before.saturating_add(message.thread);
        self.threads = self.threads.max(thread.saturating_add(1));
        let (page, start) = self.store(&message.text);
        let at = message.at.or(self.last_at);
        self.last_at = at;
        self.entries.push(Entry {
            thread,
            from,
            page,
            start,
            length: message.text.len() as u32,
            at,
        });
        Ok(())
    }

    fn person(&mut self, name: &str) -> Result<u32, Full> {
        let id = match self.by_name.get(name) {
            Some(id) => *id,
            None if self.people.len() >= PEOPLE_MAX => return Err(Full),
            None => {
                let id = self.people.len() as u32;
                self.by_name.insert(name.to_owned(), id);
                self.people.push(Person {
                    name: name.to_owned(),
                    messages: 0,
                });
                id
            }
        };
        self.people[id as usize].messages += 1;
        Ok(id)
    }

    fn store(&mut self, text: &str) -> (u32, u32) {
        let fits = |page: &String| page.len() + text.len() <= PAGE_BYTES;
        if !self.pages.last().is_some_and(fits) {
            self.pages
                .push(String::with_capacity(PAGE_BYTES.max(text.len())));
        }
        let number = self.pages.len() - 1;
        let page = &mut self.pages[number];
        let start = page.len() as u32;
        page.push_str(text);
        (number as u32, start)
    }

    /// What comes is of another file: its conversations are others.
    pub fn end_file(&mut self, skips: &Skips) {
        self.threads_before = self.threads;
        self.last_at = None;
        self.skips.add(skips);
    }

    /// How many messages there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True without any message.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many conversations there are.
    #[must_use]
    pub fn threads(&self) -> u32 {
        self.threads
    }

    /// What was passed over.
    #[must_use]
    pub fn skips(&self) -> Skips {
        self.skips
    }

    /// Who says something, in the order in which they first did.
    #[must_use]
    pub fn people(&self) -> &[Person] {
        &self.people
    }

    /// The first and the last moment.
    #[must_use]
    pub fn dates(&self) -> Option<(NaiveDateTime, NaiveDateTime)> {
        let dates = || self.entries.iter().filter_map(|entry| entry.at);
        Some((dates().min()?, dates().max()?))
    }

    /// Puts each conversation together, each in the order of its moments.
    pub fn sort(&mut self) {
        self.entries.sort_by_key(|entry| (entry.thread, entry.at));
    }

    /// The same conversations under other names and without what tells where somebody lives or can
    /// be reached. What has no words left is left out.
    ///
    /// # Errors
    /// [`Full`] when the new names are longer than there is room for.
    pub fn concealed(
        mut self,
        pseudonyms: Option<&Pseudonyms>,
        redacted: bool,
    ) -> Result<Self, Full> {
        let names = self.people.iter().map(|person| match pseudonyms {
            Some(pseudonyms) => pseudonyms.name(&person.name),
            None => person.name.clone(),
        });
        let names: Vec<String> = names.collect();
        let mut out = Self {
            skips: self.skips,
            ..Self::default()
        };
        let mut page = 0;
        for entry in std::mem::take(&mut self.entries) {
            // Pages are given back as soon as they have been read.
            while page < entry.page as usize {
                self.pages[page] = String::new();
                page += 1;
            }
            let mut text = Cow::Borrowed(self.text(&entry));
            if redacted {
                text = Cow::Owned(redact(&text));
            }
            if let Some(pseudonyms) = pseudonyms {
                text = Cow::Owned(pseudonyms.text(&text));
            }
            if text.is_empty() {
                out.skips.media += 1;
                continue;
            }
            out.add(&Message {
                thread: entry.thread,
                from: names[entry.from as usize].clone(),
                text: text.into_owned(),
                at: entry.at,
            })?;
        }
        Ok(out)
    }

    /// Leaves only the lines of one person, each with the line that it answers.
    pub fn keep_only(&mut self, who: &str) {
        let who = self.by_name.get(who).copied();
        let is_theirs = |entry: &Entry| Some(entry.from) == who;
        let keeps: Vec<bool> = (0..self.entries.len())
            .map(|at| {
                let entry = &self.entries[at];
                let answered = self.entries.get(at + 1);
                let is_answered =
                    answered.is_some_and(|next| is_theirs(next) && next.thread == entry.thread);
                is_theirs(entry) || is_answered
            })
            .collect();
        let mut keeps = keeps.into_iter();
        self.entries.retain(|_| keeps.next().unwrap_or(false));
    }

    fn text(&self, entry: &Entry) -> &str {
        let start = entry.start as usize;
        &self.pages[entry.page as usize][start..start + entry.length as usize]
    }

    /// The messages: name and text.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries
            .iter()
            .map(|entry| (self.name(entry), self.text(entry)))
    }

    fn name(&self, entry: &Entry) -> &str {
        &self.people[entry.from as usize].name
    }

    /// Writes them in the form [`super::Format::Plain`], a conversation after the other, at most
    /// `bytes_max` bytes: what is oldest is left out. Gives the number of messages written.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_plain(&self, out: &mut impl Write, bytes_max: usize) -> io::Result<usize> {
        let names: Vec<String> = self
            .people
            .iter()
            .map(|person| plain::written_name(&person.name))
            .collect();
        let oldest = self.oldest_that_fits(&names, bytes_max);
        let mut last: Option<&Entry> = None;
        let mut written = 0;
        for (number, entry) in self.entries.iter().enumerate() {
            if (entry.at, number) < oldest {
                continue;
            }
            if last.is_some_and(|last| is_apart(last, entry)) {
                out.write_all(b"\n")?;
            }
            let name = &names[entry.from as usize];
            writeln!(out, "{name}: {}", self.text(entry))?;
            last = Some(entry);
            written += 1;
        }
        Ok(written)
    }

    fn oldest_that_fits(
        &self,
        names: &[String],
        bytes_max: usize,
    ) -> (Option<NaiveDateTime>, usize) {
        // A colon, a space, a line's end and the empty line before another conversation.
        let size = |entry: &Entry| names[entry.from as usize].len() + entry.length as usize + 4;
        if self.entries.iter().map(size).sum::<usize>() <= bytes_max {
            return (None, 0);
        }
        let mut order: Vec<usize> = (0..self.entries.len()).collect();
        order.sort_unstable_by_key(|number| (self.entries[*number].at, *number));
        let mut room = bytes_max;
        let fits = order.iter().rev().take_while(|number| {
            let rest = room.checked_sub(size(&self.entries[**number]));
            room = rest.unwrap_or(0);
            rest.is_some()
        });
        match fits.last() {
            Some(number) => (self.entries[*number].at, *number),
            None => (Some(NaiveDateTime::MAX), usize::MAX),
        }
    }
}

/// Another conversation: with others, or after a long silence.
fn is_apart(last: &Entry, next: &Entry) -> bool {
    let silence = next
        .at
        .zip(last.at)
        .is_some_and(|(next, last)| next - last > SILENCE);
    last.thread != next.thread || silence
}
