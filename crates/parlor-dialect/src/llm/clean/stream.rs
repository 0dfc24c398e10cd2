//! A reply that is shown while it grows.

use super::{Speakers, clean, shape, thoughts};

/// Bytes of a reply that are looked at as they come, besides those of the longest line: room for what
/// is cleaned away. What comes later is only in the whole line. Each word looks at all of it once
/// more, so this bounds the work.
const CLEANED_AWAY_BYTES_MAX: usize = 1 << 10;
/// Most bytes of a character in UTF-8.
const CHAR_BYTES_MAX: usize = 4;
/// The start of a sentence is held back as long as it may still turn out to be a name and a colon;
/// a name may have so many characters around it.
const AROUND_NAME_CHARS: usize = 12;
/// Signs whose partner may be still to come, and change what the words between them are.
const OPENERS: [char; 8] = ['*', '_', '[', '(', '（', '【', '<', '`'];

/// Cleans a reply in pieces. What has been shown is only ever added to; where that can't be, nothing
/// more is shown, and the whole line takes its place in the end.
#[derive(Debug)]
pub struct Stream<'s> {
    speakers: &'s Speakers,
    chars_max: usize,
    reply: String,
    /// Bytes of it that were cleaned the last time.
    cleaned: usize,
    shown: String,
}

impl<'s> Stream<'s> {
    /// For a reply of this speaker.
    #[must_use]
    pub fn new(speakers: &'s Speakers, chars_max: usize) -> Self {
        Self {
            speakers,
            chars_max,
            reply: String::new(),
            cleaned: 0,
            shown: String::new(),
        }
    }

    /// Takes the next piece of the reply; gives what can be shown because of it.
    pub fn feed(&mut self, piece: &str) -> Option<String> {
        let space = self.bytes_max().saturating_sub(self.reply.len());
        if space == 0 {
            return None;
        }
        self.reply.push_str(shape::prefix(piece, space));
        if thoughts::is_thinking(&self.reply) {
            self.forget_thoughts();
            return None;
        }
        let settled = self.settled();
        if settled == self.cleaned {
            return None;
        }
        self.cleaned = settled;
        let settled = &self.reply[..settled];
        let line = clean(settled, self.speakers, self.chars_max)?;
        let is_cut = line.ends_with('…') && settled.chars().count() > self.chars_max;
        let more = line
            .strip_prefix(&self.shown)
            .filter(|more| !more.is_empty() && !is_cut)?;
        let more = more.to_owned();
        self.shown.push_str(&more);
        Some(more)
    }

    fn bytes_max(&self) -> usize {
        self.chars_max
            .saturating_mul(CHAR_BYTES_MAX)
            .saturating_add(CLEANED_AWAY_BYTES_MAX)
    }

    /// While a model thinks only its tag and the last bytes are kept, in which the end may begin.
    fn forget_thoughts(&mut self) {
        let Some(end) = self.reply.find('>').map(|end| end + 1) else {
            return;
        };
        let tail = self.reply.ceil_char_boundary(
            self.reply
                .len()
                .saturating_sub(thoughts::TAG_BYTES_MAX)
                .max(end),
        );
        self.reply.replace_range(end..tail, "");
    }

    /// Up to where what has come will not change its meaning any more.
    fn settled(&self) -> usize {
        let words = self.reply.rfind(char::is_whitespace).unwrap_or(0);
        let text = &self.reply[..words];
        let sentence = text
            .rmatch_indices(|c| shape::ends_sentence(c) || c == '\n')
            .next()
            .map_or(0, |(at, sign)| at + sign.len());
        let held_chars = self.speakers.longest_chars() + AROUND_NAME_CHARS;
        // Past half of the limit a line may be cut at any end of a sentence.
        let is_open = text[sentence..].chars().count() > held_chars
            && !text[sentence..].contains([':', '：'])
            && text.chars().count() <= self.chars_max / 2;
        let end = if is_open { words } else { sentence };
        let text = self.reply[..end].trim_end();
        text[..undecided(text).unwrap_or(text.len())]
            .trim_end()
            .len()
    }
}

/// Where the words begin whose meaning is still open: behind a sign that has no partner yet, or
/// between two with nothing after them.
fn undecided(text: &str) -> Option<usize> {
    let mut open: Option<(usize, char)> = None;
    let mut last = None;
    for (at, c) in text.char_indices() {
        open = match open {
            None if OPENERS.contains(&c) => Some((at, partner(c))),
            Some((start, close)) if c == close => {
                last = Some((start, at + c.len_utf8()));
                None
            }
            other => other,
        };
    }
    let at_end = last.filter(|(_, end)| *end == text.len());
    open.or(at_end.map(|(start, _)| (start, ' ')))
        .map(|(start, _)| start)
}

fn partner(open: char) -> char {
    match open {
        '[' => ']',
        '(' => ')',
        '（' => '）',
        '【' => '】',
        '<' => '>',
        same => same,
    }
}
