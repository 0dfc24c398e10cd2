//! Which entries of a lorebook are active.

use super::{Book, Entry, KeyId};
use crate::card::limits::{PATTERN_SCAN_BYTES_MAX, RECURSION_BYTES_MAX, SCAN_BYTES_MAX};
use crate::card::macros::{cut, searchable};

/// What has been said, as far as the character remembers.
#[derive(Debug, Clone, Copy, Default)]
pub struct Talk<'a> {
    /// The lines, oldest first.
    pub lines: &'a [&'a str],
    /// How many lines the character has said in the whole conversation.
    pub said: u32,
    /// Which greeting opened it, if that is known.
    pub greeting: Option<usize>,
}

/// How much lore a prompt has room for.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// Most tokens, whatever the book allows.
    pub tokens_max: usize,
}

/// A key that has not turned up.
const NEVER: u32 = u32::MAX;

/// The entries that are active, in the order in which they go into a prompt.
#[must_use]
pub fn active<'b>(book: &'b Book, talk: &Talk<'_>, budget: Budget) -> Vec<&'b Entry> {
    let mut search = Search {
        book,
        talk,
        depths: vec![NEVER; book.keys.count()],
        is_active: vec![false; book.entries.len()],
    };
    search.lines();
    let mut fresh = search.activate();
    let mut room = Room::new(RECURSION_BYTES_MAX);
    while book.recursive && !fresh.is_empty() && room.bytes > 0 {
        search.contents(&fresh, &mut room);
        fresh = search.activate();
    }
    let tokens_max = book.tokens_max.unwrap_or(usize::MAX).min(budget.tokens_max);
    search.fitting(tokens_max)
}

/// How much more text may be searched, so that a hostile book costs no more than a large one.
struct Room {
    bytes: usize,
    /// The same for regular expressions, which cost more.
    pattern_bytes: usize,
}

impl Room {
    fn new(bytes: usize) -> Self {
        Self {
            bytes,
            pattern_bytes: PATTERN_SCAN_BYTES_MAX,
        }
    }

    fn take(&mut self, bytes: usize) {
        self.bytes -= bytes;
        self.pattern_bytes = self.pattern_bytes.saturating_sub(bytes);
    }
}

struct Search<'a, 'b> {
    book: &'b Book,
    talk: &'a Talk<'a>,
    /// For each key, how far back it turned up last: 1 = in the latest line, 0 = in an active
    /// entry.
    depths: Vec<u32>,
    is_active: Vec<bool>,
}

impl<'b> Search<'_, 'b> {
    /// Looks for keys in the lines, the latest first.
    fn lines(&mut self) {
        let mut room = Room::new(SCAN_BYTES_MAX);
        for (depth, line) in (1..).zip(self.talk.lines.iter().rev()) {
            let line = &line[line.ceil_char_boundary(line.len().saturating_sub(room.bytes))..];
            self.find(line, depth, &mut room);
            if room.bytes == 0 {
                return;
            }
        }
    }

    /// Looks for keys in the contents of entries that have just become active.
    fn contents(&mut self, fresh: &[usize], room: &mut Room) {
        for index in fresh {
            let content = searchable(&self.book.entries[*index].content);
            self.find(cut(&content, room.bytes), 0, room);
        }
    }

    fn find(&mut self, text: &str, depth: u32, room: &mut Room) {
        let depths = &mut self.depths;
        self.book.keys.find(text, room.pattern_bytes, |key| {
            depths[key] = depths[key].min(depth);
        });
        room.take(text.len());
    }

    /// Marks what is active by now; gives what was not before.
    fn activate(&mut self) -> Vec<usize> {
        let fresh: Vec<usize> = (0..self.book.entries.len())
            .filter(|index| !self.is_active[*index] && self.fires(&self.book.entries[*index]))
            .collect();
        for index in &fresh {
            self.is_active[*index] = true;
        }
        fresh
    }

    fn fires(&self, entry: &Entry) -> bool {
        let said = &entry.decorators;
        if !entry.enabled || entry.content.trim().is_empty() {
            return false;
        }
        if said.activate {
            return true;
        }
        let depth = said
            .scan_depth
            .or(self.book.scan_depth)
            .unwrap_or(NEVER - 1);
        let any = |keys: &[KeyId]| keys.iter().any(|key| self.depths[*key] <= depth);
        let greeting_fits = match (said.greeting, self.talk.greeting) {
            (Some(wanted), Some(greeting)) => wanted == greeting,
            _ => true,
        };
        !said.dont_activate
            && greeting_fits
            && said.only_after.is_none_or(|n| self.talk.said >= n)
            && said
                .only_every
                .is_none_or(|n| self.talk.said.is_multiple_of(n))
            && (said.additional_keys.is_empty() || any(&entry.additional))
            && !any(&entry.excluded)
            && (entry.constant || (any(&entry.keys) && self.has_secondary(entry, any)))
    }

    fn has_secondary(&self, entry: &Entry, any: impl Fn(&[KeyId]) -> bool) -> bool {
        !entry.selective || entry.secondary.is_empty() || any(&entry.secondary)
    }

    /// The active entries that fit, the least important ones left out.
    fn fitting(&self, tokens_max: usize) -> Vec<&'b Entry> {
        let entries = &self.book.entries;
        let mut chosen: Vec<(usize, &Entry)> = entries
            .iter()
            .enumerate()
            .filter(|(index, _)| self.is_active[*index])
            .collect();
        chosen.sort_by(|(_, a), (_, b)| importance(b).total_cmp(&importance(a)));
        let mut room = tokens_max;
        let fits = chosen.iter().take_while(|(_, entry)| {
            let needed = tokens(&entry.content);
            let fits = needed <= room;
            room = room.saturating_sub(needed);
            fits
        });
        let mut fitting: Vec<(usize, &Entry)> = fits.copied().collect();
        fitting.sort_by(|(i, a), (j, b)| a.order.total_cmp(&b.order).then(i.cmp(j)));
        fitting.into_iter().map(|(_, entry)| entry).collect()
    }
}

fn importance(entry: &Entry) -> f64 {
    if entry.decorators.dispensable {
        f64::NEG_INFINITY
    } else {
        entry.priority.unwrap_or(entry.order)
    }
}

/// About how many tokens a text has, for no model in particular: a token for four ASCII characters,
/// and one for any other.
#[must_use]
pub fn tokens(text: &str) -> usize {
    let ascii = text.bytes().filter(u8::is_ascii).count();
    let other = text.chars().filter(|c| !c.is_ascii()).count();
    ascii.div_ceil(4) + other
}
