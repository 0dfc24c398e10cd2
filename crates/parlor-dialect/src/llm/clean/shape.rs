//! The form of a line: what can be seen, in one line, of bounded length.

use crate::text::is_invisible;
use unicode_segmentation::UnicodeSegmentation;

/// What stands for the part that was cut off.
const CUT: char = '…';

/// The first `bytes_max` bytes of `text`, cut between characters.
pub(super) fn prefix(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

/// One line of what can be seen: control characters and white space become single blanks; signs
/// that turn the direction of text, that are not shown, or that smuggle letters are left out.
/// Joiners stay where they shape letters or emoji.
pub(super) fn visible(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut before = ' ';
    while let Some(c) = chars.next() {
        let next = chars.peek().copied().unwrap_or(' ');
        let kept = match c {
            '\u{200c}' | '\u{200d}' if is_shaped(before) && is_shaped(next) => c,
            c if is_hidden(c) => continue,
            c if c.is_whitespace() || c.is_control() => ' ',
            c => c,
        };
        if kept != ' ' || before != ' ' {
            line.push(kept);
            before = kept;
        }
    }
    line.truncate(line.trim_end().len());
    line
}

fn is_hidden(c: char) -> bool {
    is_invisible(c) && !c.is_whitespace()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// Letters of scripts that join, and emoji.
fn is_shaped(c: char) -> bool {
    !c.is_ascii() && !c.is_whitespace() && !is_hidden(c)
}

/// True when there is anything to be said: a letter, a digit, a symbol.
pub(super) fn has_words(line: &str) -> bool {
    let is_symbol = |c: char| matches!(c, '\u{2600}'..='\u{27bf}' | '\u{1f000}'..);
    line.chars().any(|c| c.is_alphanumeric() || is_symbol(c))
}

/// What ends a sentence, in the scripts that most people write.
pub(super) fn ends_sentence(c: char) -> bool {
    matches!(
        c,
        '.' | '!' | '?' | '…' | '。' | '！' | '？' | '．' | '｡' | '।' | '॥' | '؟' | '۔' | '‽'
    )
}

/// `line` in at most `chars_max` characters: whole sentences where that leaves half of it, else
/// whole words and an ellipsis. Never cuts through what looks like one character.
pub(super) fn limited(line: &str, chars_max: usize) -> String {
    let Some((end, _)) = line.char_indices().nth(chars_max) else {
        return line.to_owned();
    };
    let head = &line[..end];
    if let Some(sentences) = whole_sentences(head, &line[end..])
        && sentences.chars().count() >= chars_max / 2
    {
        return sentences.to_owned();
    }
    let mut chars = 0;
    let fits = line.grapheme_indices(true).find_map(|(at, grapheme)| {
        chars += grapheme.chars().count();
        (chars + 1 > chars_max).then_some(at)
    });
    let head = &line[..fits.unwrap_or(0)];
    let head = match head.rfind(' ') {
        Some(space) if space > head.len() / 2 && !line[head.len()..].starts_with(' ') => {
            &head[..space]
        }
        _ => head,
    };
    let head = head.trim_end_matches(|c: char| c.is_whitespace() || c.is_ascii_punctuation());
    if head.is_empty() {
        return String::new();
    }
    format!("{head}{CUT}")
}

/// The sentences of `head` that are whole.
fn whole_sentences<'h>(head: &'h str, after: &str) -> Option<&'h str> {
    let next_of = |at: usize| head[at..].chars().nth(1).or_else(|| after.chars().next());
    let is_end = |at: usize, c: char| {
        ends_sentence(c)
            && next_of(at).is_none_or(|next| c.len_utf8() > 1 || next.is_whitespace())
            && !next_of(at).is_some_and(ends_sentence)
    };
    let (at, c) = head.char_indices().rev().find(|(at, c)| is_end(*at, *c))?;
    Some(&head[..at + c.len_utf8()])
}
