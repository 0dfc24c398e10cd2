//! How many tokens a text has, at most: an estimate that is made to be too high rather than too low.
//!
//! Every provider cuts texts in a way of its own, so an exact count for one is a guess for the
//! others; `docs/decisions` says what was measured and why there is no tokenizer here.

/// Tokens of a text, rounded up: more than the tokenizers of today's models make of it, for prose in
/// any script. One pass, no allocation.
///
/// A run of ASCII letters costs one token for each four letters begun, and one for each letter after
/// the twelfth. Digits and signs cost one each; spaces are free, other white space costs one. Other letters cost one each, what is written
/// without spaces (Chinese, Japanese, Korean) two, and what lies outside the basic plane (emoji)
/// three.
#[must_use]
pub fn estimate(text: &str) -> usize {
    let mut tokens = 0;
    let mut letters = 0_usize;
    for c in text.chars() {
        if c.is_ascii_alphabetic() {
            if letters.is_multiple_of(4) || letters > 12 {
                tokens += 1;
            }
            letters += 1;
            continue;
        }
        letters = 0;
        tokens += match c {
            ' ' => 0,
            '\u{0}'..='\u{2dff}' => 1,
            '\u{2e80}'..='\u{ffff}' => 2,
            _ => 3,
        };
    }
    tokens
}

/// The start of `text` that has at most `tokens_max` tokens, cut between words where that is
/// possible.
#[must_use]
pub fn head(text: &str, tokens_max: usize) -> &str {
    if estimate(text) <= tokens_max {
        return text;
    }
    let fits = |end: usize| estimate(&text[..end]) <= tokens_max;
    let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let cut = ends.partition_point(|end| fits(*end));
    let end = cut.checked_sub(1).and_then(|last| ends.get(last)).copied();
    let head = &text[..end.unwrap_or(0)];
    match head.rfind(char::is_whitespace) {
        Some(space) if space > head.len() / 2 => &head[..space],
        _ => head,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_counts_more_than_a_tokenizer_does() {
        // Counted with o200k, the tokenizer of the GPT-4o family.
        for (text, counted) in SAMPLES {
            let estimated = estimate(text);
            assert!(estimated >= *counted, "{estimated} < {counted}: {text}");
            assert!(
                estimated <= counted * 4 + 4,
                "{estimated} of {counted}: {text}"
            );
        }
    }

    const SAMPLES: &[(&str, usize)] = &[
        (
            "A palaeontologist who corrects the wall clock. He means well, at length.",
            19,
        ),
        (
            "I'm not saying it's your fault, I'm saying there's a plaque with your name on it.",
            18,
        ),
        (
            "Das ist ja unglaublich, Rüdiger: Donaudampfschifffahrtsgesellschaftskapitän!",
            22,
        ),
        (
            "Je n'ai jamais dit ça; c'était l'été, il faisait très chaud.",
            17,
        ),
        ("Я же говорил тебе, что поезд уже ушёл.", 11),
        ("यह बहुत अच्छा है, राम। तुम कल क्यों नहीं आए?", 13),
        ("你怎么又迟到了?我等了你整整两个小时。", 15),
        ("すみません、電車が遅れていました。", 12),
        ("هذا غير معقول، لقد انتظرتك ساعتين كاملتين.", 15),
        ("ขอโทษครับ รถติดมาก", 8),
        (
            "😀🤖👩\u{200d}👩\u{200d}👧\u{200d}👦 !!! ??? ... --- ***",
            19,
        ),
        ("fn main() { println!(\"{:?}\", vec![1, 2, 3]); }", 19),
        ("1234567890 2026-11-21T10:53:28Z 3.14159", 23),
        (
            "xkqzvwjpfyhgbtdmcnlrsueoia zzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
            32,
        ),
        ("https://example.com/a/b?c=d&e=f#g", 12),
    ];

    #[test]
    fn nothing_is_free_but_spaces() {
        assert_eq!(estimate(""), 0);
        assert_eq!(estimate("   "), 0);
        assert_eq!(estimate("tea"), 1);
        assert_eq!(estimate("teapot"), 2);
        assert_eq!(estimate("a b c"), 3);
        assert_eq!(estimate("\n\n"), 2);
    }

    #[test]
    fn a_head_fits_and_ends_between_words() {
        let text = "He means well, at length, and says so.";
        for tokens in 0..20 {
            assert!(estimate(head(text, tokens)) <= tokens);
        }
        assert_eq!(head(text, 4), "He means");
        assert_eq!(head("您好世界", 4), "您好");
        assert_eq!(head(text, 1_000), text);
    }
}
