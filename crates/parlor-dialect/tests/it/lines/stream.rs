//! A reply that is shown while it grows.

use parlor_dialect::llm::clean::{Cast, Speakers, Stream, clean};
use proptest::prelude::*;
use std::sync::Arc;

fn ross() -> Speakers {
    Speakers::new("Ross", &Arc::new(Cast::new(["Ross", "Rachel", "Joey"])), [])
}

/// What is shown of a reply that comes in pieces of `size` bytes or a little more.
fn shown(reply: &str, size: usize) -> String {
    let ross = ross();
    let mut stream = Stream::new(&ross, 200);
    let mut rest = reply;
    let mut shown = String::new();
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.ceil_char_boundary(size.min(rest.len())));
        shown.extend(stream.feed(piece));
        rest = after;
    }
    shown
}

#[test]
fn words_are_shown_before_the_reply_is_whole() {
    let reply = "Ross: For the record, I was right. It was a Tuesday and nobody wrote it down.";
    for size in 1..20 {
        let shown = shown(reply, size);
        assert!(
            shown.starts_with("For the record, I was right."),
            "{size}: {shown}"
        );
    }
    assert!(shown("It was an ordinary Tuesday and nobody wrote it down", 3).len() > 30);
}

#[test]
fn nothing_of_others_and_no_direction_is_ever_shown() {
    for (reply, never) in [
        (
            "Rachel: I speak for everybody now. I do indeed, all of you.",
            "speak",
        ),
        (
            "Yes, I do. Rachel: No you don't. You never did, you know.",
            "don't",
        ),
        (
            "Yes, I do.\nJoey: Sandwich! I want a sandwich, and I want it now.",
            "Sandwich",
        ),
        (
            "*walks to the door and opens it* Out! Out of here, all of you.",
            "door",
        ),
        (
            "<think>She must not know. She never will.</think> Oh, hello there.",
            "know",
        ),
    ] {
        for size in 1..12 {
            let shown = shown(reply, size);
            assert!(!shown.contains(never), "{size}: {shown}");
        }
    }
}

proptest! {
    #[test]
    fn what_is_shown_of_plain_speech_is_the_start_of_the_line(
        words in prop::collection::vec("[a-z]{1,9}[,.!]?", 1..40), size in 1_usize..30,
    ) {
        let reply = words.join(" ");
        let shown = shown(&reply, size);
        if let Some(line) = clean(&reply, &ross(), 200) {
            prop_assert!(line.starts_with(&shown), "{shown:?} of {line:?}");
        }
    }

    #[test]
    fn no_stream_is_too_strange(reply in any::<String>(), size in 1_usize..9) {
        let _ = shown(&reply, size);
    }
}

#[test]
fn of_an_endless_stream_only_the_beginning_is_looked_at() {
    let ross = ross();
    for endless in ["a ", "<think>x ", "*", "word. "] {
        let mut stream = Stream::new(&ross, 200);
        for piece in std::iter::repeat_n(endless, 60_000 / endless.len()) {
            let _ = stream.feed(piece);
        }
        // Would be shown, had the stream not come to its end long ago.
        assert_eq!(stream.feed("</think>*. So it goes. On and on. "), None);
    }
}
