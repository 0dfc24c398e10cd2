//! Macros: `{{char}}`, `{{user}}` and what version 3 adds, filled in a card's text.
//!
//! A text is walked once, from left to right. What a macro stands for is never looked at again, so
//! a name like `{{roll:6}}` stays a name. Arguments may hold macros (`{{random:{{char}},you}}`),
//! to a bounded depth. An unknown macro stays as it is written.

use super::limits::TEXT_BYTES_MAX;
use crate::dice::{Dice, Roll};
use unicode_segmentation::UnicodeSegmentation;

/// Deepest macro within a macro that is filled.
const DEPTH_MAX: usize = 16;
/// Longest name of a macro with the space around it, in bytes.
const NAME_BYTES_MAX: usize = 40;
/// Most that a text has once it is filled, in bytes.
const FILLED_BYTES_MAX: usize = 4 * TEXT_BYTES_MAX;

/// What the macros of a text stand for.
#[derive(Debug, Clone)]
pub struct Filling {
    /// `{{char}}`
    pub me: String,
    /// `{{user}}`: whom the character speaks to.
    pub other: String,
    /// Dice of the line: `{{random:..}}` and `{{roll:..}}`.
    pub dice: Dice,
    /// Dice of the conversation: `{{pick:..}}` picks the same for all its lines.
    pub lasting: Dice,
}

impl Filling {
    /// Fills a text. `part` names it (`scenario`): each part has rolls of its own.
    #[must_use]
    pub fn fill(&self, part: &str, text: &str) -> String {
        self.fill_over(part, text, None)
    }

    /// The same, where `{{original}}` stands for the program's own words.
    #[must_use]
    pub fn fill_over(&self, part: &str, text: &str, original: Option<&str>) -> String {
        let text = cut(text, TEXT_BYTES_MAX);
        let mut filler = Filler {
            filling: self,
            part,
            original,
            text,
            ends: ends(text),
            roll: self.dice.roll(&format!("card/{part}")),
            out: String::with_capacity(text.len()),
        };
        filler.range(0, text.len(), 0);
        filler.out
    }
}

/// The longest beginning of `text` that has at most `max` bytes.
pub(super) fn cut(text: &str, max: usize) -> &str {
    &text[..text.floor_char_boundary(max)]
}

/// For each `{{`, where its `}}` begins, in the order of the beginnings; one pass over the text.
fn ends(text: &str) -> Vec<(usize, usize)> {
    let bytes = text.as_bytes();
    let (mut open, mut pairs, mut at) = (Vec::new(), Vec::new(), 0);
    while at + 1 < bytes.len() {
        match &bytes[at..at + 2] {
            b"{{" => {
                open.push(at);
                at += 2;
            }
            b"}}" => {
                pairs.extend(open.pop().map(|start| (start, at)));
                at += 2;
            }
            _ => at += 1,
        }
    }
    pairs.sort_unstable();
    pairs
}

struct Filler<'a> {
    filling: &'a Filling,
    part: &'a str,
    original: Option<&'a str>,
    text: &'a str,
    ends: Vec<(usize, usize)>,
    roll: Roll,
    out: String,
}

impl<'a> Filler<'a> {
    /// Fills the text from `at` to `end`.
    fn range(&mut self, mut at: usize, end: usize, depth: usize) {
        let text = self.text;
        while at < end {
            let next = text[at..end]
                .find(['{', '<'])
                .map_or(end, |found| at + found);
            self.push(&text[at..next]);
            at = next;
            if at == end {
                return;
            }
            let rest = &text[at..end];
            if let Some((tag, name)) = self.tag(rest) {
                self.push(name);
                at += tag;
            } else if let Some(close) = self.close(at).filter(|close| *close < end)
                && depth < DEPTH_MAX
                && self.macro_at(at + 2, close, depth + 1)
            {
                at = close + 2;
            } else {
                // No macro: what looked like one is text. Its arguments may still hold some.
                let step = if rest.starts_with("{{") { 2 } else { 1 };
                self.push(&rest[..step]);
                at += step;
            }
        }
    }

    fn push(&mut self, text: &str) {
        let room = FILLED_BYTES_MAX.saturating_sub(self.out.len());
        self.out.push_str(cut(text, room));
    }

    fn close(&self, start: usize) -> Option<usize> {
        let found = self.ends.binary_search_by_key(&start, |(start, _)| *start);
        found.ok().map(|index| self.ends[index].1)
    }

    /// `<USER>`, `<BOT>` or `<CHAR>` at the begin of `rest`: its length, and whom it names.
    fn tag(&self, rest: &str) -> Option<(usize, &'a str)> {
        let names = [
            ("<user>", &self.filling.other),
            ("<bot>", &self.filling.me),
            ("<char>", &self.filling.me),
        ];
        names
            .into_iter()
            .find(|(tag, _)| {
                rest.get(..tag.len())
                    .is_some_and(|start| start.eq_ignore_ascii_case(tag))
            })
            .map(|(tag, name)| (tag.len(), name.as_str()))
    }

    /// Fills the macro between `start` and `end` (without its braces). False when there is none of
    /// this name, or its argument makes no sense.
    fn macro_at(&mut self, start: usize, end: usize, depth: usize) -> bool {
        let (filling, inner) = (self.filling, &self.text[start..end]);
        if inner.trim_start().starts_with("//") {
            return true;
        }
        // Looked for in the beginning alone: a text of nothing but braces has many beginnings.
        let head = cut(inner, NAME_BYTES_MAX);
        let (name, argument) = match head.find(':') {
            Some(colon) => (&head[..colon], Some(start + colon + 1)),
            None if head.len() < inner.len() => return false,
            None => (inner, None),
        };
        match (name.trim().to_ascii_lowercase().as_str(), argument) {
            ("char", None) => self.push(&filling.me),
            ("user", None) => self.push(&filling.other),
            ("original", None) => self.push(self.original.unwrap_or_default()),
            ("comment" | "hidden_key", Some(_)) => {}
            ("random", Some(from)) => {
                let options = self.options(from, end);
                let index = self.roll.below(options.len());
                self.option(options[index], depth);
            }
            ("pick", Some(from)) => {
                let options = self.options(from, end);
                let label = format!("card/pick/{}/{start}", self.part);
                let index = filling.lasting.roll(&label).below(options.len());
                self.option(options[index], depth);
            }
            ("roll", Some(from)) => return self.roll_die(&self.text[from..end]),
            ("reverse", Some(from)) => self.reverse(from, end, depth),
            _ => return false,
        }
        true
    }

    /// The options of a list, as ranges: parted by commas that are neither escaped nor inside a
    /// macro, or by `::` where the list has that form. Never empty.
    fn options(&self, from: usize, end: usize) -> Vec<(usize, usize)> {
        let text = &self.text.as_bytes()[..end];
        let from = from + usize::from(text.get(from) == Some(&b':'));
        let parts_by_colons = self.text[from..end].contains("::");
        let (mut parts, mut start, mut at) = (Vec::new(), from, from);
        while at < end {
            match text[at] {
                b'{' if let Some(close) = self.close(at).filter(|close| close + 2 <= end) => {
                    at = close + 2;
                }
                b'\\' => at += 2,
                b',' if !parts_by_colons => {
                    parts.push((start, at));
                    start = at + 1;
                    at = start;
                }
                b':' if parts_by_colons && text.get(at + 1) == Some(&b':') => {
                    parts.push((start, at));
                    start = at + 2;
                    at = start;
                }
                _ => at += 1,
            }
        }
        parts.push((start, end));
        parts
    }

    /// Fills one option, its escaped commas unescaped and the space around it dropped.
    fn option(&mut self, (start, end): (usize, usize), depth: usize) {
        let before = self.out.len();
        self.range(start, end, depth);
        let filled = self.out.split_off(before).replace("\\,", ",");
        self.push(filled.trim());
    }

    fn roll_die(&mut self, argument: &str) -> bool {
        let sides = argument.trim().trim_start_matches(':');
        let sides = sides.strip_prefix(['d', 'D']).unwrap_or(sides);
        let Some(sides) = sides.parse::<u32>().ok().filter(|sides| *sides > 0) else {
            return false;
        };
        let number = self.roll.below(sides as usize) + 1;
        self.push(&number.to_string());
        true
    }

    fn reverse(&mut self, from: usize, end: usize, depth: usize) {
        let before = self.out.len();
        self.range(from, end, depth);
        let reversed: String = self.out.split_off(before).graphemes(true).rev().collect();
        self.push(&reversed);
    }
}

/// A lore entry as others are searched for in it: comments left out, hidden keys laid open.
pub(super) fn searchable(text: &str) -> String {
    let text = cut(text, TEXT_BYTES_MAX);
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (start, end) in ends(text) {
        if start < at {
            continue;
        }
        let inner = &text[start + 2..end];
        let lower = inner.trim_start().to_ascii_lowercase();
        let hidden = lower.starts_with("hidden_key:");
        if !hidden && !lower.starts_with("//") && !lower.starts_with("comment:") {
            continue;
        }
        out.push_str(&text[at..start]);
        if let Some((_, keys)) = inner.split_once(':').filter(|_| hidden) {
            out.push_str(keys);
        }
        at = end + 2;
    }
    out.push_str(&text[at..]);
    out
}
