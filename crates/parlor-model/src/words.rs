//! What a text is found by: its words, cut and folded the same way for every store.
//!
//! Words are cut by the rules of Unicode (UAX #29), made lower case and freed of accents: `Grüße`
//! is found by `grusse`. Scripts that leave no space between words (Chinese, Japanese, Thai, ..)
//! and Korean, whose words carry their grammar at the end, are cut into characters and pairs of
//! neighbours: 天气很好 is found by 天气. Vowel signs, as in Hindi, stay: they are part of the word.

use sha2::{Digest, Sha256};
use std::collections::HashSet;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

/// Characters of a word that are looked at; what is longer is cut.
pub const WORD_CHARS_MAX: usize = 32;
/// Words of a text that are looked at.
pub const WORDS_MAX: usize = 512;

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Folded: letters and digits only, never empty.
    pub text: String,
    /// Where it begins in the text, in bytes.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

/// The words of a text in their order, at most [`WORDS_MAX`]. Where words run together: each
/// character, and each pair of neighbours.
#[must_use]
pub fn words(text: &str) -> Vec<Word> {
    let mut cutter = Cutter {
        words: Vec::new(),
        dense: Vec::new(),
        singles: true,
    };
    cutter.cut(text);
    cutter.words
}

/// The words that a question is asked with, each once, in their order. Where words run together:
/// pairs of neighbours, a character alone where it has none.
#[must_use]
pub fn query(text: &str) -> Vec<String> {
    let mut cutter = Cutter {
        words: Vec::new(),
        dense: Vec::new(),
        singles: false,
    };
    cutter.cut(text);
    let mut seen = HashSet::new();
    let words = cutter.words.into_iter().map(|word| word.text);
    words.filter(|word| seen.insert(word.clone())).collect()
}

/// True for the commonest words of English, which tell nothing of what a line is about. Other
/// languages' are known by how often they are said.
#[must_use]
pub fn is_filler(word: &str) -> bool {
    FILLERS.binary_search(&word).is_ok()
}

struct Cutter {
    words: Vec<Word>,
    /// Neighbours of a script without spaces, not yet cut.
    dense: Vec<Word>,
    /// Whether they also count alone.
    singles: bool,
}

impl Cutter {
    fn cut(&mut self, text: &str) {
        for (start, segment) in text.unicode_word_indices() {
            if self.words.len() >= WORDS_MAX {
                break;
            }
            if self.dense.last().is_some_and(|last| last.end != start) {
                self.flush();
            }
            if segment.starts_with(is_dense) {
                for (at, unit) in segment.grapheme_indices(true) {
                    self.push_dense(start + at, unit);
                }
            } else {
                self.flush();
                self.push(start, segment);
            }
        }
        self.flush();
        self.words.truncate(WORDS_MAX);
    }

    fn push(&mut self, start: usize, segment: &str) {
        let bare = segment
            .strip_suffix("'s")
            .or_else(|| segment.strip_suffix("’s"))
            .unwrap_or(segment);
        let text = fold(bare);
        if !text.is_empty() {
            let end = start + bare.len();
            self.words.push(Word { text, start, end });
        }
    }

    fn push_dense(&mut self, start: usize, unit: &str) {
        let text = fold(unit);
        if !text.is_empty() {
            let end = start + unit.len();
            self.dense.push(Word { text, start, end });
        }
        if self.dense.len() >= WORDS_MAX {
            self.flush();
        }
    }

    fn flush(&mut self) {
        let alone = self.dense.len() == 1;
        for (place, unit) in self.dense.iter().enumerate() {
            if self.singles || alone {
                self.words.push(unit.clone());
            }
            if let Some(next) = self.dense.get(place + 1) {
                self.words.push(Word {
                    text: format!("{}{}", unit.text, next.text),
                    start: unit.start,
                    end: next.end,
                });
            }
        }
        self.dense.clear();
    }
}

/// Scripts whose words are not parted by spaces, and Hangul.
fn is_dense(c: char) -> bool {
    matches!(u32::from(c),
        0x0E00..=0x0EFF // Thai, Lao
        | 0x1000..=0x109F // Myanmar
        | 0x1780..=0x17FF // Khmer
        | 0x3040..=0x30FF | 0x31F0..=0x31FF | 0xFF66..=0xFF9F // kana
        | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x2_0000..=0x3_FFFF // Han
        | 0xAC00..=0xD7AF) // Hangul
}

/// Lower case, without accents and punctuation.
fn fold(word: &str) -> String {
    if word.is_ascii() {
        let kept = word.bytes().filter(u8::is_ascii_alphanumeric);
        return kept
            .take(WORD_CHARS_MAX)
            .map(|byte| char::from(byte.to_ascii_lowercase()))
            .collect();
    }
    let mut folded = String::with_capacity(word.len());
    let plain = word.nfkd().filter(|c| !is_accent(*c));
    for c in plain.flat_map(char::to_lowercase) {
        match c {
            'ß' => folded.push_str("ss"),
            'ı' => folded.push('i'),
            c if c.is_alphanumeric() || (is_combining_mark(c) && !is_accent(c)) => folded.push(c),
            _ => {}
        }
    }
    folded.nfc().take(WORD_CHARS_MAX).collect()
}

/// Marks that people leave out when they search: accents of Latin, Greek and Cyrillic letters,
/// vowel points of Hebrew and Arabic.
fn is_accent(c: char) -> bool {
    matches!(u32::from(c), 0x0300..=0x036F | 0x0591..=0x05C7 | 0x064B..=0x065F | 0x0670)
}

/// The mark of all lines of a world.
#[must_use]
pub fn world_mark(world: &str) -> String {
    format!("_w{}", digest(&[world]))
}

/// The mark of the lines of a world that `name` said, heard or overheard.
#[must_use]
pub fn witness_mark(world: &str, name: &str) -> String {
    format!("_a{}", digest(&[world, name]))
}

/// The mark of the lines of a world that `one` knows and that `other` said, or that `one` said to
/// `other`.
#[must_use]
pub fn bond_mark(world: &str, one: &str, other: &str) -> String {
    format!("_b{}", digest(&[world, one, other]))
}

/// The marks of a line, as many as people know of it and are spoken to, and one.
#[must_use]
pub fn marks_of(world: &str, from: &str, to: &[String], audience: &[String]) -> Vec<String> {
    let mut marks = vec![world_mark(world)];
    marks.extend(audience.iter().map(|name| witness_mark(world, name)));
    let listeners = audience.iter().filter(|name| *name != from);
    marks.extend(listeners.map(|name| bond_mark(world, name, from)));
    marks.extend(to.iter().map(|name| bond_mark(world, from, name)));
    marks
}

/// 64 bits in hexadecimal: enough to keep names apart; whoever finds a line by a mark looks at the
/// line's own names as well.
fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let bytes = hash.finalize();
    bytes[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// A piece of a text around what was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snippet {
    /// One line of text; `…` where something is left out.
    pub text: String,
    /// What was found in it: from (inclusive) and to (exclusive) in UTF-16 code units, as
    /// JavaScript counts. Sorted, never overlapping.
    pub marks: Vec<(usize, usize)>,
}

/// Cuts a piece of about `chars_max` characters out of `text`, around the first of `wanted`
/// (words as [`query`] gives them).
#[must_use]
pub fn snippet(text: &str, wanted: &[String], chars_max: usize) -> Snippet {
    let found: Vec<(usize, usize)> = merged(
        words(text)
            .into_iter()
            .filter(|word| wanted.contains(&word.text))
            .map(|word| (word.start, word.end)),
    );
    let (from, to) = window(text, found.first().copied(), chars_max);
    let mut piece = Snippet {
        text: String::new(),
        marks: Vec::new(),
    };
    if from > 0 {
        piece.text.push('…');
    }
    let mut units = piece.text.encode_utf16().count();
    let mut at = from;
    for (start, end) in found.into_iter().filter(|(s, e)| *s >= from && *e <= to) {
        units += push_line(&mut piece.text, &text[at..start]);
        let first = units;
        units += push_line(&mut piece.text, &text[start..end]);
        piece.marks.push((first, units));
        at = end;
    }
    push_line(&mut piece.text, &text[at..to]);
    if to < text.len() {
        piece.text.push('…');
    }
    piece
}

/// Adds text as a part of one line; gives how many UTF-16 code units that are.
fn push_line(line: &mut String, text: &str) -> usize {
    let mut units = 0;
    for c in text.chars().map(|c| if c.is_control() { ' ' } else { c }) {
        units += c.len_utf16();
        line.push(c);
    }
    units
}

/// Places that touch become one. They come sorted by where they begin.
fn merged(places: impl Iterator<Item = (usize, usize)>) -> Vec<(usize, usize)> {
    let mut merged: Vec<(usize, usize)> = Vec::new();
    for (start, end) in places {
        match merged.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => merged.push((start, end)),
        }
    }
    merged
}

/// About `chars_max` characters, a third of them before `place`; ends are ends of characters as
/// people see them, and of words where one is near.
fn window(text: &str, place: Option<(usize, usize)>, chars_max: usize) -> (usize, usize) {
    let (start, end) = place.unwrap_or((0, 0));
    let before = text[..start].grapheme_indices(true).rev();
    let from = before
        .take(chars_max / 3)
        .last()
        .map_or(start, |(at, _)| at);
    let from = match text[from..start].find(' ') {
        Some(space) if from > 0 => from + space + 1,
        _ => from,
    };
    let room = chars_max.saturating_sub(text[from..end].graphemes(true).count());
    let to = text[end..]
        .grapheme_indices(true)
        .nth(room)
        .map_or(text.len(), |(at, _)| end + at);
    let to = match text[end..to].rfind(' ') {
        Some(space) if to < text.len() && space > 0 => end + space,
        _ => to,
    };
    (from, to)
}

#[rustfmt::skip] // one word a line would be a long page
const FILLERS: [&str; 119] = [
    "a", "about", "actually", "after", "again", "all", "also", "always", "am", "an", "and", "any",
    "are", "as", "at", "be", "because", "been", "before", "but", "by", "can", "cant", "could",
    "did", "didnt", "do", "does", "doesnt", "dont", "for", "from", "get", "go", "going", "got",
    "had", "has", "have", "he", "hello", "her", "here", "hey", "hi", "him", "his", "how", "i",
    "if", "ill", "im", "in", "into", "is", "isnt", "it", "its", "ive", "just", "know", "let",
    "like", "me", "more", "my", "never", "no", "not", "now", "of", "oh", "okay", "on", "one",
    "or", "our", "out", "really", "said", "say", "she", "should", "so", "some", "still", "than",
    "that", "the", "them", "then", "there", "they", "thing", "this", "to", "too", "up", "us",
    "very", "want", "was", "wasnt", "we", "well", "were", "what", "when", "where", "which", "who",
    "why", "will", "with", "would", "yes", "you", "your", "youre",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        words(text).into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn fillers_are_sorted_for_the_search() {
        assert!(FILLERS.is_sorted());
        assert!(is_filler("the") && !is_filler("sandwich"));
    }

    #[test]
    fn words_are_folded() {
        assert_eq!(
            texts("Rachel's SANDWICH, isn't it?"),
            ["rachel", "sandwich", "isnt", "it"]
        );
        assert_eq!(
            texts("Schöne Grüße, Straße!"),
            ["schone", "grusse", "strasse"]
        );
        assert_eq!(texts("３.１４ ＡＢＣ"), ["314", "abc"]);
        assert_eq!(texts("… ?! 🎉"), [""; 0]);
    }

    #[test]
    fn vowel_signs_stay() {
        assert_eq!(texts("मुझे हिन्दी पसंद है"), ["मुझे", "हिन्दी", "पसंद", "है"]);
    }

    #[test]
    fn where_words_run_together_pairs_are_found() {
        assert_eq!(texts("天气好"), ["天", "天气", "气", "气好", "好"]);
        assert_eq!(query("天气好"), ["天气", "气好"]);
        assert_eq!(query("好"), ["好"]);
        assert_eq!(query("我爱 Rust 和 猫"), ["我爱", "rust", "和", "猫"]);
        for (text, question) in [
            ("今日は天気がいいです", "天気"),
            ("오늘 날씨가 좋네요", "날씨"),
            ("วันนี้อากาศดี", "อากาศ"),
        ] {
            let known = texts(text);
            let asked = query(question);
            assert!(
                !asked.is_empty() && asked.iter().all(|word| known.contains(word)),
                "{question}: {asked:?} in {known:?}"
            );
        }
    }

    #[test]
    fn a_question_asks_for_each_word_once() {
        assert_eq!(query("no, No, NO way"), ["no", "way"]);
    }

    #[test]
    fn marks_are_no_words_and_differ() {
        let marks = [
            world_mark("friends"),
            witness_mark("friends", "Ross"),
            bond_mark("friends", "Ross", "Rachel"),
            bond_mark("friends", "Rachel", "Ross"),
            witness_mark("friends", "Rachel"),
            witness_mark("friendsR", "oss"),
        ];
        assert_eq!(marks.iter().collect::<HashSet<_>>().len(), marks.len());
        assert!(marks.iter().all(|mark| mark.starts_with('_')));
    }

    #[test]
    fn a_line_is_marked_for_those_who_know_of_it_and_no_others() {
        let names = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let audience = names(&["Ross", "Rachel", "Chandler"]);
        let marks = marks_of("friends", "Ross", &names(&["Rachel"]), &audience);
        let has = |one, other| marks.contains(&bond_mark("friends", one, other));
        assert!(has("Rachel", "Ross") && has("Ross", "Rachel") && has("Chandler", "Ross"));
        assert!(!has("Joey", "Ross") && !has("Chandler", "Rachel") && !has("Ross", "Ross"));
        assert_eq!(marks.len(), 1 + 3 + 2 + 1);
    }

    #[test]
    fn a_snippet_marks_what_was_found() {
        let wanted = query("sandwich");
        let short = snippet("My sandwich!", &wanted, 80);
        assert_eq!(
            (short.text.as_str(), short.marks),
            ("My sandwich!", vec![(3, 11)])
        );
        let long = format!(
            "{}my\n🥪 sandwich{}",
            "before ".repeat(30),
            " after".repeat(30)
        );
        let piece = snippet(&long, &wanted, 60);
        assert!(
            piece.text.starts_with('…') && piece.text.ends_with('…'),
            "{}",
            piece.text
        );
        let units: Vec<u16> = piece.text.encode_utf16().collect();
        let (from, to) = piece.marks[0];
        assert_eq!(String::from_utf16(&units[from..to]).unwrap(), "sandwich");
        let chinese = snippet("今天天气很好", &query("天气很"), 80);
        assert_eq!(chinese.marks, [(2, 5)]);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_cut_within_its_bounds(text in "\\PC{0,200}") {
            for word in words(&text) {
                proptest::prop_assert!(text.is_char_boundary(word.start) && text.is_char_boundary(word.end));
                proptest::prop_assert!(!word.text.is_empty() && !word.text.contains(['_', ' ', '\'', '"', '\\']));
                proptest::prop_assert!(word.text.chars().count() <= WORD_CHARS_MAX);
            }
        }

        #[test]
        fn a_text_is_found_by_what_it_is_asked_with(text in "[a-zA-ZäöüÄÖÜß天气很好ขอबोल '.,!]{0,60}") {
            let known = texts(&text);
            for word in query(&text) {
                proptest::prop_assert!(known.contains(&word), "{} in {:?}", word, known);
            }
        }

        #[test]
        fn marks_of_a_snippet_lie_in_it(text in "\\PC{0,300}", chars_max in 0usize..100) {
            let wanted: Vec<_> = query(&text).into_iter().step_by(3).collect();
            let piece = snippet(&text, &wanted, chars_max);
            let length = piece.text.encode_utf16().count();
            let mut at = 0;
            for (from, to) in piece.marks {
                proptest::prop_assert!(at <= from && from < to && to <= length);
                at = to;
            }
        }
    }
}
