//! `name: text`, a message a line. An empty line begins another conversation; a line without a name
//! goes on with the message before it.

use super::input::Lines;
use super::{
    ImportError, Message, NAME_CHARS_MAX, Skips, Source, TEXT_BYTES_MAX, clean_name, in_one_line,
};
use std::collections::HashSet;
use std::io::BufRead;

/// Lines that tell whether a text is of this form.
const LOOKED_AT: usize = 200;
/// Where one of these stands before the colon, it is a sentence that has one.
const NOT_IN_NAMES: [char; 8] = ['.', '!', '?', '"', ',', ';', ':', '\t'];

pub(super) struct Plain<R> {
    lines: Lines<R>,
    thread: u32,
    /// The message that the next line may go on with.
    open: Option<Message>,
}

impl<R: BufRead> Plain<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            lines: Lines::new(input),
            thread: 0,
            open: None,
        }
    }
}

impl<R: BufRead> Source for Plain<R> {
    fn next(&mut self, skips: &mut Skips) -> Result<Option<Message>, ImportError> {
        while let Some(line) = self.lines.next(skips)? {
            if line.trim().is_empty() {
                if let Some(done) = self.open.take() {
                    self.thread = self.thread.saturating_add(1);
                    return Ok(Some(done));
                }
                continue;
            }
            let Some((name, text)) = split(&line) else {
                match &mut self.open {
                    Some(open) if open.text.len() < TEXT_BYTES_MAX => {
                        open.text.push(' ');
                        open.text.push_str(&in_one_line(&line, skips));
                    }
                    Some(_) => skips.cut += 1,
                    None => skips.malformed_at(self.lines.line()),
                }
                continue;
            };
            let message = Message {
                thread: self.thread,
                from: clean_name(name),
                text: in_one_line(text, skips),
                at: None,
            };
            if message.text.is_empty() || message.from.is_empty() {
                skips.media += 1;
                continue;
            }
            if let Some(done) = self.open.replace(message) {
                return Ok(Some(done));
            }
        }
        Ok(self.open.take())
    }
}

/// A name as it stands before the colon: without what would end it, or make it look like a sentence.
pub(super) fn written_name(name: &str) -> String {
    let is_kept = |c: &char| !NOT_IN_NAMES.contains(c) && !"#<{[：".contains(*c);
    let kept: String = name
        .chars()
        .map(|c| if is_kept(&c) { c } else { ' ' })
        .collect();
    match clean_name(&kept) {
        name if name.is_empty() => "somebody".to_owned(),
        name => name,
    }
}

/// The name and the text of a line; the colon is followed by a space, or is a full-width one.
pub(super) fn split(line: &str) -> Option<(&str, &str)> {
    let ascii = line.find(": ").map(|at| (at, 2));
    let wide = line.find('：').map(|at| (at, '：'.len_utf8()));
    let (at, width) = match (ascii, wide) {
        (Some(a), Some(w)) => a.min(w),
        (a, w) => a.or(w)?,
    };
    let name = line[..at].trim();
    let is_name = !name.is_empty()
        && name.chars().count() <= NAME_CHARS_MAX
        && !name.starts_with(['#', '<', '{', '['])
        && !name.contains(NOT_IN_NAMES);
    is_name.then(|| (name, &line[at + width..]))
}

/// Most lines are of the form, and few people say them.
pub(super) fn looks_plain(head: &str) -> bool {
    let lines = || {
        head.lines()
            .filter(|line| !line.trim().is_empty())
            .take(LOOKED_AT)
    };
    let all = lines().count();
    let mut names = HashSet::new();
    let fitting = lines()
        .filter_map(split)
        .inspect(|(name, _)| {
            names.insert(*name);
        })
        .count();
    fitting > 0 && fitting * 3 >= all * 2 && (names.len() < 5 || names.len() * 2 <= fitting)
}
