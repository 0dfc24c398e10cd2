//! What a model wrote for itself: reasoning, code fences, the signs that end its turn.

use std::borrow::Cow;

/// Tags around reasoning.
const THOUGHTS: [&str; 4] = ["think", "thinking", "thought", "reasoning"];
/// Signs that end a turn; what comes after them is not the reply.
const ENDS: [&str; 8] = [
    "<|im_end|>",
    "<|im_start|>",
    "<|eot_id|>",
    "<|end|>",
    "<|endoftext|>",
    "<end_of_turn>",
    "<start_of_turn>",
    "</s>",
];
/// Longest tag, in bytes.
pub(super) const TAG_BYTES_MAX: usize = 16;

/// `text` without reasoning, without fences, up to the end of the turn. Reasoning that is never
/// closed takes the rest with it; where only its end is there, everything before it goes.
pub(super) fn without(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    for tag in THOUGHTS {
        text = without_tag(text, tag);
    }
    if let Some(end) = ENDS.iter().filter_map(|sign| text.find(sign)).min() {
        text = Cow::Owned(text[..end].to_owned());
    }
    if text.contains("```") || text.contains("~~~") {
        let lines = text.lines().filter(|line| !is_fence(line));
        text = Cow::Owned(lines.collect::<Vec<_>>().join("\n").replace("```", " "));
    }
    text
}

fn is_fence(line: &str) -> bool {
    let line = line.trim();
    ["```", "~~~"].iter().any(|fence| {
        line.strip_prefix(fence).is_some_and(|language| {
            !language.contains(char::is_whitespace) && !language.contains('`')
        })
    })
}

fn without_tag<'a>(text: Cow<'a, str>, tag: &str) -> Cow<'a, str> {
    let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
    if find(&text, &open).is_none() && find(&text, &close).is_none() {
        return text;
    }
    let mut kept = String::new();
    let mut rest: &str = &text;
    loop {
        match (find(rest, &open), find(rest, &close)) {
            (Some(start), Some(end)) if start < end => {
                kept.push_str(&rest[..start]);
                rest = &rest[end + close.len()..];
            }
            (start, Some(_)) => {
                // Only an end: all before the last one ahead of the next beginning was thought.
                let before = &rest[..start.unwrap_or(rest.len())];
                let end = rfind(before, &close).unwrap_or(0);
                kept.clear();
                rest = &rest[end + close.len()..];
            }
            (Some(start), None) => {
                kept.push_str(&rest[..start]);
                return Cow::Owned(kept);
            }
            (None, None) => {
                kept.push_str(rest);
                return Cow::Owned(kept);
            }
        }
    }
}

/// Where an ASCII tag is, whatever its case.
fn find(text: &str, tag: &str) -> Option<usize> {
    let (text, tag) = (text.as_bytes(), tag.as_bytes());
    text.windows(tag.len())
        .position(|window| window.eq_ignore_ascii_case(tag))
}

fn rfind(text: &str, tag: &str) -> Option<usize> {
    let (text, tag) = (text.as_bytes(), tag.as_bytes());
    text.windows(tag.len())
        .rposition(|window| window.eq_ignore_ascii_case(tag))
}

/// True while `text` begins with reasoning that is not closed yet.
pub(super) fn is_thinking(text: &str) -> bool {
    let text = text.trim_start();
    THOUGHTS.iter().any(|tag| {
        let open = format!("<{tag}>");
        find(text, &open) == Some(0) && find(text, &format!("</{tag}>")).is_none()
    })
}
