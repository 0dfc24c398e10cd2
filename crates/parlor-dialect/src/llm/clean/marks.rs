//! Signs around words: stage directions, emphasis, quotation marks.

use super::shape::{ends_sentence, has_words};

/// Longest stage direction, in bytes; more than that in brackets is speech.
const DIRECTION_BYTES_MAX: usize = 400;
/// Pairs that a stage direction stands in. Square ones never hold speech.
const BRACKETS: [(char, char); 6] = [
    ('[', ']'),
    ('【', '】'),
    ('［', '］'),
    ('(', ')'),
    ('（', '）'),
    ('{', '}'),
];
/// Pairs of quotation marks, of many languages.
const QUOTES: [(char, char); 12] = [
    ('"', '"'),
    ('\'', '\''),
    ('“', '”'),
    ('„', '“'),
    ('„', '”'),
    ('”', '”'),
    ('‘', '’'),
    ('«', '»'),
    ('»', '«'),
    ('「', '」'),
    ('『', '』'),
    ('‹', '›'),
];
/// Words that look like what somebody does and are not.
const NO_DEEDS: [&str; 10] = [
    "this",
    "always",
    "perhaps",
    "nothing",
    "something",
    "anything",
    "everything",
    "during",
    "sometimes",
    "yes",
];

pub(super) fn is_quote(c: char) -> bool {
    QUOTES.iter().any(|(open, close)| c == *open || c == *close)
}

/// `line` without the signs of strong emphasis, struck-out text and code.
pub(super) fn without_emphasis(line: String) -> String {
    let mut line = line;
    for sign in ["**", "~~", "`"] {
        if line.contains(sign) {
            line = line.replace(sign, "");
        }
    }
    line
}

/// `line` without stage directions; single signs of emphasis come off as well. When there is nothing
/// but directions, their words are kept.
pub(super) fn without_directions(line: &str) -> String {
    if !line.contains(['*', '_', '[', '(', '（', '【', '［', '{']) {
        return line.to_owned();
    }
    let mut spoken = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let after_open = &rest[c.len_utf8()..];
        match span(c, after_open, &spoken) {
            Some((inner, after)) if is_direction(c, inner, &spoken, after) => {
                close_gap(&mut spoken, after);
                rest = after;
            }
            Some((inner, after)) if matches!(c, '*' | '_') => {
                spoken.push_str(inner);
                rest = after;
            }
            _ => {
                spoken.push(c);
                rest = after_open;
            }
        }
    }
    let spoken = spoken.trim().trim_matches('*').trim().to_owned();
    if has_words(&spoken) {
        return spoken;
    }
    let bare = |c: char| c == '*' || c == '_' || BRACKETS.iter().any(|(o, e)| c == *o || c == *e);
    line.replace(bare, " ").trim().to_owned()
}

/// What stands between an opening sign and its partner, and what comes after.
fn span<'t>(open: char, after_open: &'t str, before: &str) -> Option<(&'t str, &'t str)> {
    let close = match open {
        '*' | '_' => return emphasis(open, after_open, before),
        _ => BRACKETS.iter().find(|(o, _)| *o == open)?.1,
    };
    let mut depth = 1;
    for (at, c) in after_open
        .char_indices()
        .take_while(|(at, _)| *at <= DIRECTION_BYTES_MAX)
    {
        if c == open {
            depth += 1;
        } else if c == close {
            depth -= 1;
        }
        if depth == 0 {
            return Some((&after_open[..at], &after_open[at + c.len_utf8()..]));
        }
    }
    None
}

/// A pair of the same sign, as Markdown has it: close to its words, not inside one.
fn emphasis<'t>(sign: char, after_open: &'t str, before: &str) -> Option<(&'t str, &'t str)> {
    let inside = |text: &str| text.chars().next().is_some_and(char::is_alphanumeric);
    if before.ends_with(char::is_alphanumeric) || after_open.starts_with(char::is_whitespace) {
        return None;
    }
    after_open
        .match_indices(sign)
        .take_while(|(at, _)| *at <= DIRECTION_BYTES_MAX)
        .map(|(at, _)| (&after_open[..at], &after_open[at + 1..]))
        .find(|(inner, after)| {
            !inner.is_empty() && !inner.ends_with(char::is_whitespace) && !inside(after)
        })
}

/// Is it something done, rather than said?
fn is_direction(open: char, inner: &str, before: &str, after: &str) -> bool {
    if matches!(open, '[' | '【' | '［') {
        return true;
    }
    let before = before.trim_end();
    let at_start = before.is_empty();
    let at_end = !has_words(after);
    let goes_on = after.trim_start().starts_with(char::is_lowercase);
    let between = at_start || before.ends_with(|c| ends_sentence(c) || is_quote(c));
    if is_deed(inner) {
        return between || at_end;
    }
    let is_emphasis = matches!(open, '*' | '_');
    let is_sentence = inner.starts_with(char::is_uppercase) && inner.ends_with(ends_sentence);
    if is_emphasis && (is_sentence || goes_on) {
        return false;
    }
    if !is_emphasis && at_start {
        return true;
    }
    between && !goes_on
}

/// "sighs", "walking to the door": a lower-case verb of the third person or a participle.
fn is_deed(inner: &str) -> bool {
    let first = inner
        .split(|c: char| !c.is_ascii_alphabetic())
        .next()
        .unwrap_or_default();
    first.len() >= 4
        && first.starts_with(|c: char| c.is_ascii_lowercase())
        && (first.ends_with('s') && !first.ends_with("ss") || first.ends_with("ing"))
        && !NO_DEEDS.contains(&first)
}

/// Where a direction was taken out, two blanks or a blank before a full stop must not stay.
fn close_gap(spoken: &mut String, after: &str) {
    if after.starts_with(['.', ',', '!', '?', ';', ':', ' ']) || after.is_empty() {
        spoken.truncate(spoken.trim_end().len());
    }
}

/// `line` without quotation marks around all of it, and without a single one whose partner is
/// missing.
pub(super) fn unwrapped(line: &str) -> String {
    let mut line = line.trim();
    if let Some(inner) = tagged(line) {
        line = inner;
    }
    for (open, close) in QUOTES {
        if let Some(inner) = quoted(line, open, close) {
            return inner.trim().to_owned();
        }
    }
    without_odd_mark(line).to_owned()
}

/// `<reply>words</reply>`.
fn tagged(line: &str) -> Option<&str> {
    let (name, rest) = line.strip_prefix('<')?.split_once('>')?;
    let is_name =
        !name.is_empty() && name.len() <= 20 && name.bytes().all(|b| b.is_ascii_lowercase());
    let inner = rest
        .strip_suffix('>')?
        .strip_suffix(name)?
        .strip_suffix("</")?;
    is_name.then_some(inner)
}

/// What is between the marks, if they belong together: "yes," he said, "no" has two pairs.
fn quoted(line: &str, open: char, close: char) -> Option<&str> {
    let inner = line.strip_prefix(open)?.strip_suffix(close)?;
    let mut depth = 0_i32;
    for (at, c) in inner.char_indices() {
        if open == close && c == open && !is_apostrophe(inner, at, c) {
            return None;
        }
        if open != close {
            depth += i32::from(c == open) - i32::from(c == close && !is_apostrophe(inner, at, c));
            if depth < 0 {
                return None;
            }
        }
    }
    (depth == 0).then_some(inner)
}

/// A mark between two letters is part of a word.
fn is_apostrophe(text: &str, at: usize, c: char) -> bool {
    matches!(c, '\'' | '’')
        && text[..at].ends_with(char::is_alphanumeric)
        && text[at + c.len_utf8()..].starts_with(char::is_alphanumeric)
}

/// A mark at one end and no other in the line: the reply broke off, or a label took its partner.
fn without_odd_mark(line: &str) -> &str {
    let is_mark = |c: char| is_quote(c) && !matches!(c, '\'' | '’' | '‘');
    let marks = line.chars().filter(|c| is_mark(*c)).count();
    if marks != 1 {
        return line;
    }
    line.trim_start_matches(is_mark)
        .trim_end_matches(is_mark)
        .trim()
}
