//! The form of a line: one line, printable, not empty, not endless.

/// Longest line, in characters; the rest is cut.
pub const LINE_CHARS_MAX: usize = 2_000;
/// What somebody says who has found no words.
const SILENCE: &str = "…";

/// Makes one clean line of `text`: control characters and runs of white space become one space, at
/// most [`LINE_CHARS_MAX`] characters stay, and nothing at all becomes an ellipsis.
#[must_use]
pub fn tidy(text: String) -> String {
    if is_tidy(&text) {
        return text;
    }
    let mut line = String::with_capacity(text.len().min(4 * LINE_CHARS_MAX));
    let mut chars = 0;
    for word in text.split(|c: char| c.is_whitespace() || c.is_control() || is_invisible(c)) {
        if word.is_empty() {
            continue;
        }
        if !line.is_empty() {
            line.push(' ');
            chars += 1;
        }
        for c in word.chars() {
            if chars >= LINE_CHARS_MAX {
                return line.trim_end().to_owned();
            }
            line.push(c);
            chars += 1;
        }
    }
    if line.is_empty() {
        SILENCE.to_owned()
    } else {
        line
    }
}

/// The common case, found without a copy: printable ASCII with single spaces inside.
fn is_tidy(text: &str) -> bool {
    let bytes = text.as_bytes();
    let inside = |w: &[u8]| w != b"  ";
    !bytes.is_empty()
        && bytes.len() <= LINE_CHARS_MAX
        && bytes.first() != Some(&b' ')
        && bytes.last() != Some(&b' ')
        && bytes.iter().all(|b| (0x20..0x7f).contains(b))
        && bytes.windows(2).all(inside)
}

/// Line and paragraph separators, the byte order mark, and what turns the direction of text: they
/// would let a line pretend to be something else in a terminal.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// `text` in at most `chars_max` characters, cut between words where that is possible, with an
/// ellipsis for what is missing.
#[must_use]
pub fn shorten(text: &str, chars_max: usize) -> String {
    let Some((cut, _)) = text.char_indices().nth(chars_max) else {
        return text.to_owned();
    };
    let head = &text[..cut];
    let head = match head.rfind(' ') {
        Some(space) if space > cut / 2 => &head[..space],
        _ => head,
    };
    format!(
        "{}…",
        head.trim_end_matches(|c: char| c.is_whitespace() || c.is_ascii_punctuation())
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_no_line_breaks_nor_control_characters() {
        assert_eq!(tidy(" a\r\n\tb \u{1b}[31m c\u{0}".into()), "a b [31m c");
        assert_eq!(tidy("a\u{202e}b\u{2028}c".into()), "a b c");
        assert_eq!(tidy("as it is".into()), "as it is");
    }

    #[test]
    fn a_line_is_never_empty() {
        for nothing in ["", "  ", "\n", "\u{7f}"] {
            assert_eq!(tidy(nothing.into()), "…");
        }
    }

    #[test]
    fn a_line_is_cut_at_2000_characters_whatever_they_are() {
        assert_eq!(tidy("x".repeat(5_000)).chars().count(), LINE_CHARS_MAX);
        assert_eq!(tidy("ä".repeat(5_000)).chars().count(), LINE_CHARS_MAX);
        assert!(tidy("ab ".repeat(5_000)).chars().count() <= LINE_CHARS_MAX);
    }

    #[test]
    fn a_shortened_text_ends_between_words() {
        assert_eq!(
            shorten("who ate my sandwich, and why", 22),
            "who ate my sandwich…"
        );
        assert_eq!(shorten("short", 22), "short");
        assert_eq!(shorten("ääääääää", 4), "ääää…");
    }
}
