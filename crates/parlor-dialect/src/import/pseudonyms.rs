//! Other names for the people of an export, in front of their lines and inside them.
//!
//! A name's parts get made-up names in the order in which they first appear, so the same file gives
//! the same names again, and nothing can be computed back from them.

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, MatchKind};
use std::collections::{HashMap, HashSet};

/// Parts of names that are words of their own: in texts they stay.
const WORDS: [&str; 24] = [
    "the", "and", "of", "de", "la", "le", "del", "da", "di", "van", "von", "der", "den", "ter",
    "bin", "ibn", "al", "el", "my", "me", "dr", "mr", "mrs", "ms",
];
const ONSETS: [&str; 14] = [
    "b", "d", "f", "g", "h", "j", "k", "l", "m", "n", "r", "s", "t", "v",
];
const VOWELS: [&str; 5] = ["a", "e", "i", "o", "u"];
const MIDDLES: [&str; 12] = [
    "b", "d", "l", "ll", "m", "n", "nd", "r", "rv", "s", "t", "v",
];
const ENDS: [&str; 6] = ["a", "o", "i", "en", "el", "is"];

/// Names for people, made once all of them are known.
pub struct Pseudonyms {
    /// The part in lower case, and what stands for it.
    by_part: HashMap<String, String>,
    finder: Option<AhoCorasick>,
    /// What stands for the part that the finder's pattern is.
    by_pattern: Vec<String>,
    me: String,
}

impl Pseudonyms {
    /// For these people. `me` is no name and stays.
    #[must_use]
    pub fn new<'a>(names: impl Iterator<Item = &'a str> + Clone, me: &str) -> Self {
        let taken: HashSet<String> = names
            .clone()
            .flat_map(parts)
            .map(str::to_lowercase)
            .collect();
        let mut fresh = (0..)
            .map(made_up)
            .filter(|name| !taken.contains(&name.to_lowercase()));
        let mut by_part = HashMap::new();
        let (mut patterns, mut by_pattern) = (Vec::new(), Vec::new());
        for part in names.filter(|name| *name != me).flat_map(parts) {
            let lower = part.to_lowercase();
            if by_part.contains_key(&lower) {
                continue;
            }
            let Some(name) = fresh.next() else {
                break;
            };
            // A single letter is no name when it stands in a text.
            let is_telling = part.chars().nth(1).is_some() || part.contains(is_wide);
            if is_telling && !WORDS.contains(&lower.as_str()) {
                let mut forms = vec![part.to_owned(), lower.clone(), part.to_uppercase()];
                forms.sort_unstable();
                forms.dedup();
                by_pattern.extend(forms.iter().map(|_| name.clone()));
                patterns.extend(forms);
            }
            by_part.insert(lower, name);
        }
        // Without patterns, or with more than can be searched at once, nothing is found.
        let finder = AhoCorasickBuilder::new()
            .match_kind(MatchKind::LeftmostLongest)
            .ascii_case_insensitive(true)
            .build(&patterns)
            .ok();
        Self {
            by_part,
            finder,
            by_pattern,
            me: me.to_owned(),
        }
    }

    /// What stands for a whole name.
    #[must_use]
    pub fn name(&self, name: &str) -> String {
        if name == self.me {
            return name.to_owned();
        }
        let known = parts(name).filter_map(|part| self.by_part.get(&part.to_lowercase()));
        let name = known.map(String::as_str).collect::<Vec<_>>().join(" ");
        if name.is_empty() {
            "Somebody".to_owned()
        } else {
            name
        }
    }

    /// A text with the names in it replaced, also where only a part of one stands.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        let Some(finder) = &self.finder else {
            return text.to_owned();
        };
        let mut out = String::with_capacity(text.len());
        let mut from = 0;
        for found in finder.find_iter(text) {
            let word = &text[found.range()];
            let before = text[..found.start()].chars().next_back();
            let behind = text[found.end()..].chars().next();
            let inside = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
            if !word.contains(is_wide) && (inside(before) || inside(behind)) {
                continue;
            }
            out.push_str(&text[from..found.start()]);
            out.push_str(&self.by_pattern[found.pattern().as_usize()]);
            from = found.end();
        }
        out.push_str(&text[from..]);
        out
    }
}

impl std::fmt::Debug for Pseudonyms {
    /// Not the names.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pseudonyms")
            .field("parts", &self.by_part.len())
            .finish_non_exhaustive()
    }
}

/// The parts of a name: runs of letters, digits and what is inside a word. A telephone number is
/// one part.
fn parts(name: &str) -> impl Iterator<Item = &str> {
    let is_number = !name.contains(char::is_alphabetic);
    name.split(move |c: char| !(is_number || c.is_alphanumeric() || is_joined(c)))
        .map(str::trim)
        .filter(|part| part.contains(char::is_alphanumeric))
}

/// Marks over and under letters belong to them.
fn is_joined(c: char) -> bool {
    matches!(c, '\u{0300}'..='\u{036f}' | '\u{0900}'..='\u{0dff}' | '\'' | '’')
}

/// Scripts without spaces: a name may stand in the middle of a sentence.
fn is_wide(c: char) -> bool {
    ('\u{0e00}'..='\u{0eff}').contains(&c) || c >= '\u{2e80}'
}

/// The n-th made-up name. Neighbours are not alike.
fn made_up(n: usize) -> String {
    let all = ONSETS.len() * VOWELS.len() * MIDDLES.len() * ENDS.len();
    // 1,009 and the number of names have no common divisor, so every name comes once.
    let mut at = n.wrapping_mul(1_009) % all;
    let mut draw = |parts: &[&'static str]| {
        let part = parts[at % parts.len()];
        at /= parts.len();
        part
    };
    let name = [draw(&ONSETS), draw(&VOWELS), draw(&MIDDLES), draw(&ENDS)].concat();
    let mut name = name;
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    match n / all {
        0 => name,
        again => format!("{name} {}", again + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> Pseudonyms {
        Pseudonyms::new(
            [
                "Ross Geller",
                "Monica Geller",
                "王小明",
                "+49 170 12345",
                "Me",
            ]
            .into_iter(),
            "Me",
        )
    }

    #[test]
    fn a_name_has_the_same_stand_in_everywhere() {
        let names = some();
        let (ross, monica) = (names.name("Ross Geller"), names.name("Monica Geller"));
        let part = |name: &str, at: usize| name.split(' ').nth(at).unwrap().to_owned();
        assert_eq!(part(&ross, 1), part(&monica, 1), "they are siblings still");
        assert_eq!(
            names.text("Ross's sister, monica GELLER, crossed Gellerstrasse"),
            format!(
                "{}'s sister, {monica}, crossed Gellerstrasse",
                part(&ross, 0)
            )
        );
        assert_eq!(names.name("Ross Geller"), some().name("Ross Geller"));
    }

    #[test]
    fn names_without_spaces_around_them_are_found() {
        let names = some();
        assert_eq!(
            names.text("我和王小明去"),
            format!("我和{}去", names.name("王小明"))
        );
        assert_eq!(names.text("tell me"), "tell me");
        assert_ne!(names.name("+49 170 12345"), "+49 170 12345");
    }

    #[test]
    fn made_up_names_differ() {
        let names: HashSet<String> = (0..20_000).map(made_up).collect();
        assert_eq!(names.len(), 20_000);
    }
}
