//! Replies as models write them, and what is left of them (FR-12).

use parlor_dialect::llm::clean::{Cast, Speakers, clean};
use proptest::prelude::*;
use std::sync::Arc;

const MAX: usize = 400;

fn speakers_of(speaker: &str) -> Speakers {
    let cast = [
        "Ross",
        "Rachel",
        "Joey",
        "Marla Quince",
        "राम",
        "सीता",
        "小明",
        "小红",
        "ليلى",
    ];
    Speakers::new(speaker, &Arc::new(Cast::new(cast)), ["Chandler"])
}

fn line(reply: &str) -> Option<String> {
    clean(reply, &speakers_of("Ross"), MAX)
}

#[track_caller]
fn all(table: &[(&str, &str)]) {
    for (reply, expected) in table {
        assert_eq!(line(reply).as_deref(), Some(*expected), "{reply:?}");
    }
}

#[test]
fn a_plain_line_stays_as_it_is() {
    for plain in [
        "I'm not lost, I'm in character.",
        "\"Fine,\" she said. Can you believe it? \"Fine!\"",
        "Listen: it's a fossil, not a rock.",
        "It costs 5 * 3 dollars (plus tax) and that's final.",
        "Don't call it snake_case_names, please.",
        "Das ist ja unglaublich – wirklich!",
        "यह बहुत अच्छा है, सच में।",
        "你怎么又迟到了?",
        "هذا غير معقول!",
        "می‌خواهم بروم 👩‍👩‍👧‍👦",
    ] {
        assert_eq!(line(plain).as_deref(), Some(plain));
    }
}

#[test]
fn the_speakers_own_name_comes_off() {
    all(&[
        ("Ross: I have a doctorate.", "I have a doctorate."),
        ("ROSS : I have a doctorate.", "I have a doctorate."),
        ("**Ross:** I have a doctorate.", "I have a doctorate."),
        ("**Ross**: I have a doctorate.", "I have a doctorate."),
        ("[Ross] I have a doctorate.", "I have a doctorate."),
        ("[Ross]: I have a doctorate.", "I have a doctorate."),
        (
            "Ross (adjusting his tie): I have a doctorate.",
            "I have a doctorate.",
        ),
        ("Ross：I have a doctorate.", "I have a doctorate."),
        ("\"Ross: I have a doctorate.\"", "I have a doctorate."),
        ("> Ross: I have a doctorate.", "I have a doctorate."),
        ("assistant: I have a doctorate.", "I have a doctorate."),
        ("Ross:\nI have a doctorate.", "I have a doctorate."),
    ]);
    let marla = speakers_of("Marla Quince");
    for reply in ["Marla Quince: Tea?", "Marla: Tea?", "*Marla Quince:* Tea?"] {
        assert_eq!(
            clean(reply, &marla, MAX).as_deref(),
            Some("Tea?"),
            "{reply}"
        );
    }
}

#[test]
fn other_peoples_lines_are_cut_off() {
    all(&[
        (
            "I disagree.\nRachel: Of course you do.\nRoss: I do!",
            "I disagree.",
        ),
        ("Ross: I disagree.\n\n**Rachel:** Of course.", "I disagree."),
        (
            "Rachel: Why?\nRoss: Because I looked it up.",
            "Because I looked it up.",
        ),
        ("I disagree. Rachel: Of course you do.", "I disagree."),
        ("I disagree.\n[Joey] Me too.", "I disagree."),
        ("I disagree.\nChandler (aside): He does.", "I disagree."),
        ("Ross: One.\nRoss: Two.", "One. Two."),
    ]);
    assert_eq!(line("Rachel: I speak for everybody now."), None);
    assert_eq!(line("Ross: Rachel: hello"), None);
    assert_eq!(line("*Rachel:* hello\n*Joey:* hello"), None);
}

#[test]
fn quotation_marks_around_all_of_it_come_off() {
    all(&[
        ("\"We were on a break.\"", "We were on a break."),
        ("“We were on a break.”", "We were on a break."),
        ("'We were on a break.'", "We were on a break."),
        ("‘It’s a fossil.’", "It’s a fossil."),
        ("„Das stimmt nicht.“", "Das stimmt nicht."),
        ("»Das stimmt nicht.«", "Das stimmt nicht."),
        ("«Ce n'est pas vrai.»", "Ce n'est pas vrai."),
        ("« Ce n'est pas vrai. »", "Ce n'est pas vrai."),
        ("「そうじゃない。」", "そうじゃない。"),
        ("『不是这样的。』", "不是这样的。"),
        ("\"We were on a break", "We were on a break"),
        ("<reply>We were on a break.</reply>", "We were on a break."),
    ]);
}

#[test]
fn stage_directions_come_off_unless_there_is_nothing_else() {
    all(&[
        ("*sighs* It was a Tuesday.", "It was a Tuesday."),
        (
            "*clears throat* It was a Tuesday. *sits down*",
            "It was a Tuesday.",
        ),
        ("(laughs) It was a Tuesday.", "It was a Tuesday."),
        (
            "It was a Tuesday. (pauses) I wrote it down.",
            "It was a Tuesday. I wrote it down.",
        ),
        ("[door opens] It was a Tuesday.", "It was a Tuesday."),
        ("_rolls eyes_ It was a Tuesday.", "It was a Tuesday."),
        ("It was a Tuesday (sighs).", "It was a Tuesday."),
        ("（叹气）你又迟到了。", "你又迟到了。"),
        ("(seufzt) Das war ein Dienstag.", "Das war ein Dienstag."),
        ("*आह भरता है* तुम फिर देर से आए।", "तुम फिर देर से आए।"),
        ("*sighs*", "sighs"),
        ("(laughs)", "laughs"),
    ]);
}

#[test]
fn emphasis_stays_as_words() {
    all(&[
        (
            "I *really* mean it, **really**.",
            "I really mean it, really.",
        ),
        (
            "It is _so_ good, and `that` too.",
            "It is so good, and that too.",
        ),
        ("You did it. *Really?*", "You did it. Really?"),
        ("## Ross\nYes.", "Ross Yes."),
    ]);
}

#[test]
fn several_lines_become_one_and_fences_go() {
    all(&[
        ("One.\n\nTwo.\r\nThree.", "One. Two. Three."),
        ("```\nOne.\n```", "One."),
        ("```text\nRoss: One.\n```\n", "One."),
        ("- One.\n- Two.", "One. Two."),
    ]);
}

#[test]
fn reasoning_is_nobodys_speech() {
    all(&[
        (
            "<think>He is angry.\nRachel: hm</think>\nI am calm.",
            "I am calm.",
        ),
        (
            "<THINKING>a</THINKING>I am calm.<think>b</think>",
            "I am calm.",
        ),
        ("He is angry, so..\n</think>\n\nI am calm.", "I am calm."),
        ("I am calm.<|im_end|>\n<|im_start|>user\nmore", "I am calm."),
        ("I am calm.</s> and on", "I am calm."),
    ]);
    assert_eq!(line("<think>never ends, and ends never"), None);
}

#[test]
fn what_can_not_be_seen_goes_and_what_shapes_letters_stays() {
    all(&[
        ("a\u{202e}b\u{200b}c\u{feff}\u{e0041}d\u{7}", "abcd"),
        ("a\u{200d}b", "ab"),
        ("می\u{200c}خواهم", "می\u{200c}خواهم"),
        ("a\u{a0}b\u{2028}c", "a b c"),
    ]);
}

#[test]
fn other_scripts_have_names_too() {
    for (speaker, reply, expected) in [
        ("राम", "राम: मैं आ रहा हूँ।\nसीता: जल्दी आओ।", "मैं आ रहा हूँ।"),
        ("小明", "小明：我来了。\n小红：快点。", "我来了。"),
        ("小明", "**小明**：“我来了。”", "我来了。"),
        ("ليلى", "ليلى: أنا قادمة.", "أنا قادمة."),
    ] {
        let said = clean(reply, &speakers_of(speaker), MAX);
        assert_eq!(said.as_deref(), Some(expected), "{reply}");
    }
}

#[test]
fn a_long_reply_ends_with_a_sentence_or_a_word() {
    let ross = speakers_of("Ross");
    let cut = |reply: &str, max| clean(reply, &ross, max).unwrap();
    assert_eq!(
        cut("It was old. It was very old indeed.", 20),
        "It was old."
    );
    assert_eq!(
        cut("It was older than anything here.", 20),
        "It was older than…"
    );
    assert_eq!(
        cut("这是一个很长很长的句子没有任何标点符号在里面", 10),
        "这是一个很长很长的…"
    );
    assert_eq!(cut(&"👩‍👩‍👧‍👦".repeat(10), 20), format!("{}…", "👩‍👩‍👧‍👦".repeat(2)));
}

#[test]
fn nothing_to_say_is_none() {
    for nothing in [
        "", "  \n", "...", "\"\"", "*", "```\n```", "Ross:", "—", "\u{200b}", "()",
    ] {
        assert_eq!(line(nothing), None, "{nothing:?}");
    }
}

/// Texts that are near to what models write, so that the rules are hit.
fn reply() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        3 => "[a-zA-Z]{1,8}",
        1 => ".{0,6}",
        4 => prop::sample::select(vec![
            "Ross", "Rachel", "Joey:", "Ross:", "राम", "：", ":", "*", "**", "_", "(", ")", "[", "]",
            "\"", "'", "“", "”", "„", "«", "»", "「", "」", "\n", " ", " ", ". ", "! ", "…", "。",
            "<think>", "</think>", "```", "~~", "<|end|>", "sighs", "\u{200d}", "\u{200c}", "\u{202e}",
            "👩", "- ", "> ", "# ", "（", "）", "{", "}", "`", "<a>", "</a>", "’",
        ]).prop_map(str::to_owned),
    ];
    prop::collection::vec(part, 0..40).prop_map(|parts| parts.concat())
}

fn announces(line: &str, name: &str) -> bool {
    line.to_lowercase()
        .strip_prefix(&name.to_lowercase())
        .is_some_and(|rest| rest.starts_with([':', '：']))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn a_clean_line_is_clean(reply in reply(), max in 1_usize..120) {
        let ross = speakers_of("Ross");
        if let Some(said) = clean(&reply, &ross, max) {
            prop_assert!(said.chars().count() <= max, "{said:?}");
            prop_assert!(!said.contains(['\n', '\r']) && said.trim() == said, "{said:?}");
            for other in ["Rachel", "Joey", "Chandler", "राम", "Ross"] {
                prop_assert!(!announces(&said, other), "{said:?}");
            }
            prop_assert_eq!(clean(&said, &ross, max), Some(said));
        }
    }

    #[test]
    fn no_text_is_too_strange(reply in any::<String>(), max in 0_usize..50) {
        let said = clean(&reply, &speakers_of("Ross"), max);
        prop_assert!(said.is_none_or(|said| said.chars().count() <= max));
    }
}

#[test]
fn endless_replies_are_cleaned_in_no_time() {
    let started = std::time::Instant::now();
    for endless in [
        "(",
        "*a",
        "\"",
        "Ross:",
        "<think>",
        "</think>",
        "[x] ",
        "a. ",
        "「",
        "Rachel:\n",
    ] {
        let _ = line(&endless.repeat(300_000 / endless.len()));
    }
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}
