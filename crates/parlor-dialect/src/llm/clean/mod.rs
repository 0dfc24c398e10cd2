//! From what a model wrote to one line of speech.
//!
//! Models put names before lines, quotation marks around them, stage directions between them, and go
//! on with what the others say. All of that comes off here; what is left is one line, of at most as
//! many characters as asked for, or nothing.
//!
//! # What to notice
//! - Cleaning a clean line changes nothing: the steps are repeated until that is so.
//! - Nothing here decides what happens. Also a line that nobody could clean is only words.

mod labels;
mod marks;
mod shape;
mod stream;
mod thoughts;

pub use labels::{Cast, Speakers};
pub use stream::Stream;

/// Bytes of a reply that are looked at; a line is far shorter.
const REPLY_BYTES_MAX: usize = 64 << 10;
/// How often the steps are repeated. A reply that still changes then is none.
const PASSES_MAX: usize = 12;

/// One line of speech of at most `chars_max` characters, or `None` when nothing of the reply is
/// speech of this speaker.
#[must_use]
pub fn clean(reply: &str, speakers: &Speakers, chars_max: usize) -> Option<String> {
    let mut line = once(shape::prefix(reply, REPLY_BYTES_MAX), speakers, chars_max);
    for _ in 0..PASSES_MAX {
        let next = once(&line, speakers, chars_max);
        if next == line {
            return shape::has_words(&line).then_some(line);
        }
        line = next;
    }
    None
}

/// Every step once.
fn once(text: &str, speakers: &Speakers, chars_max: usize) -> String {
    let text = thoughts::without(text);
    let line = labels::own_lines(&text, speakers);
    let line = shape::visible(&line);
    let line = labels::until_others(&line, speakers);
    let line = marks::without_directions(&marks::without_emphasis(line));
    let line = marks::unwrapped(&line);
    shape::limited(line.trim(), chars_max)
}
