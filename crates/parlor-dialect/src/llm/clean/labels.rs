//! Names before lines: the speaker's own comes off, anybody else's ends the speech.

use std::collections::HashSet;
use std::sync::Arc;

/// The names of a cast, in the form in which they are compared.
#[derive(Debug, Clone, Default)]
pub struct Cast {
    names: HashSet<String>,
    longest_chars: usize,
}

impl Cast {
    /// Of display names.
    #[must_use]
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let names: HashSet<String> = names
            .into_iter()
            .map(key)
            .filter(|name| !name.is_empty())
            .collect();
        Self {
            longest_chars: names
                .iter()
                .map(|name| name.chars().count())
                .max()
                .unwrap_or(0),
            names,
        }
    }
}

/// How far into a line its label may end, in characters: a name and a word on how it is said.
const LABEL_CHARS_MAX: usize = 90;
/// What a model may call itself.
const ASSISTANT: &str = "assistant";

/// Whose names may stand before a line.
#[derive(Debug, Clone)]
pub struct Speakers {
    own: String,
    /// The first word of a longer name.
    own_short: Option<String>,
    cast: Arc<Cast>,
    present: HashSet<String>,
}

/// Whose line a label announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    Own,
    Others,
}

impl Speakers {
    /// `speaker` speaks; everybody else of `cast` and of `present` does not.
    #[must_use]
    pub fn new<'a>(
        speaker: &str,
        cast: &Arc<Cast>,
        present: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let own = key(speaker);
        let short = own.split_whitespace().next().filter(|short| **short != own);
        let present = present.into_iter().map(key).filter(|name| !name.is_empty());
        Self {
            own_short: short.map(str::to_owned),
            present: present.collect(),
            cast: cast.clone(),
            own,
        }
    }

    /// Characters of the longest name that anybody here has.
    pub(super) fn longest_chars(&self) -> usize {
        let present = self.present.iter().chain([&self.own]);
        let longest = present.map(|name| name.chars().count()).max().unwrap_or(0);
        longest.max(self.cast.longest_chars)
    }

    fn whose(&self, label: &str) -> Option<Whose> {
        let whole = key(label);
        let bare = key(label
            .split(['(', '（', '[', '*'])
            .find(|part| !key(part).is_empty())?);
        self.of(&whole).or_else(|| self.of(&bare))
    }

    fn of(&self, name: &str) -> Option<Whose> {
        let is_other = || self.cast.names.contains(name) || self.present.contains(name);
        if name.is_empty() {
            None
        } else if name == self.own || name == ASSISTANT {
            Some(Whose::Own)
        } else if is_other() {
            Some(Whose::Others)
        } else {
            (self.own_short.as_deref() == Some(name)).then_some(Whose::Own)
        }
    }

    /// The label at the start of a line, and what comes after it.
    fn label<'t>(&self, line: &'t str) -> Option<(Whose, &'t str)> {
        let line = line.trim_start();
        if let Some((label, rest)) = bracketed(line)
            && let Some(whose) = self.whose(label)
        {
            return Some((whose, rest.trim_start_matches([':', '：', ' '])));
        }
        line.char_indices()
            .take(LABEL_CHARS_MAX)
            .filter(|(_, c)| is_colon(*c))
            .find_map(|(at, c)| {
                let whose = self.whose(&line[..at])?;
                Some((whose, after_label(&line[..at], &line[at + c.len_utf8()..])))
            })
    }
}

/// What the speaker says, of all the lines of a reply, put into one: lines of others before it are
/// skipped, and the first after it is the end.
pub(super) fn own_lines(text: &str, speakers: &Speakers) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut skipping = false;
    for line in text.split(['\n', '\r', '\u{2028}', '\u{2029}']) {
        let line = without_list_mark(line.trim());
        match speakers.label(line) {
            Some((Whose::Own, rest)) => {
                skipping = false;
                kept.push(rest);
            }
            Some((Whose::Others, _)) if kept.iter().all(|line| line.trim().is_empty()) => {
                skipping = true;
            }
            Some((Whose::Others, _)) => break,
            None if skipping => {}
            None => kept.push(line),
        }
    }
    kept.join(" ")
}

/// The line up to where somebody else goes on in it ("Sure. Rachel: no"); own labels inside it come
/// off.
pub(super) fn until_others(line: &str, speakers: &Speakers) -> String {
    let mut kept = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(start) = next_sentence(rest) {
        let (sentence, after) = rest.split_at(start);
        kept.push_str(sentence);
        rest = after;
        match speakers.label(after) {
            Some((Whose::Own, speech)) => rest = speech,
            Some((Whose::Others, _)) => return kept.trim_end().to_owned(),
            None => {}
        }
    }
    kept.push_str(rest);
    kept
}

/// Where the next sentence begins, behind the first one.
fn next_sentence(text: &str) -> Option<usize> {
    let mut ended = false;
    for (at, c) in text.char_indices() {
        if super::shape::ends_sentence(c) {
            ended = true;
        } else if ended && !(c.is_whitespace() || super::marks::is_quote(c) || is_wrapping(c)) {
            return Some(at);
        }
    }
    None
}

/// A line without the sign of a list, a heading, a quotation or a spoken line before it.
fn without_list_mark(line: &str) -> &str {
    let bare = line.trim_start_matches(['#', '>']).trim_start();
    let marks = ["- ", "* ", "• ", "— ", "– "];
    let bare = marks.iter().find_map(|mark| bare.strip_prefix(mark));
    bare.unwrap_or_else(|| line.trim_start_matches(['#', '>']))
        .trim_start()
}

/// `[Ross] hello`.
fn bracketed(line: &str) -> Option<(&str, &str)> {
    let inner = line.trim_start_matches('*').strip_prefix('[')?;
    let (label, rest) = inner.split_once(']')?;
    Some((label, rest.trim_start_matches('*')))
}

/// What comes after a label's colon, without the end of what stood around the label (`**Ross:**`).
fn after_label<'t>(label: &str, rest: &'t str) -> &'t str {
    let open: usize = label.chars().take_while(|c| matches!(c, '*' | '_')).count();
    let closed = label.ends_with(['*', '_']);
    let mut rest = rest;
    for _ in 0..(if closed { 0 } else { open }) {
        rest = rest.strip_prefix(['*', '_']).unwrap_or(rest);
    }
    rest.trim_start()
}

fn is_colon(c: char) -> bool {
    matches!(c, ':' | '：')
}

/// What may stand around a name in a label.
fn is_wrapping(c: char) -> bool {
    c.is_whitespace() || super::marks::is_quote(c) || "*_[]()<>#`~-–—（）【】".contains(c)
}

/// A name as it is compared: lower case, single blanks, nothing around it.
fn key(name: &str) -> String {
    let name = name.trim_matches(is_wrapping).to_lowercase();
    if name.contains(|c: char| c.is_whitespace() && c != ' ') || name.contains("  ") {
        return name.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    name
}
