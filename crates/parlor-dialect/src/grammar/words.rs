//! Words of a heard line: its tokens, the cues among them, and the most telling one.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::RangeInclusive;

/// Bytes of a heard line that are looked at: the last ones, for what was said last counts.
const HEARD_BYTES_MAX: usize = 2_000;
/// Words that are repeated to somebody have so many characters.
const TELLING_CHARS: RangeInclusive<usize> = 3..=24;

/// A cue of one grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct CueId(pub(super) u16);

/// A word of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word<'a> {
    /// Letters and digits, with apostrophes inside.
    pub(super) text: &'a str,
    /// Counts sentences.
    pub(super) sentence: u32,
    /// It is the first of its sentence.
    pub(super) first: bool,
}

/// The end of a line that is looked at.
pub(super) fn last_part(line: &str) -> &str {
    let from = line.len().saturating_sub(HEARD_BYTES_MAX);
    let from = (from..line.len())
        .find(|at| line.is_char_boundary(*at))
        .unwrap_or(0);
    &line[from..]
}

/// The words of a line.
pub(super) fn words(line: &str) -> Words<'_> {
    Words {
        line,
        at: 0,
        sentence: 0,
        first: true,
    }
}

/// See [`words`].
pub(super) struct Words<'a> {
    line: &'a str,
    at: usize,
    sentence: u32,
    first: bool,
}

impl Words<'_> {
    /// Whether a letter or digit is at `at`, and how many bytes the character there has. ASCII is
    /// told by its byte: this is where most of the time of a line goes.
    fn letter(&self, at: usize) -> (bool, usize) {
        match self.line.as_bytes()[at] {
            byte if byte.is_ascii() => (byte.is_ascii_alphanumeric(), 1),
            _ => {
                let c = self.line[at..].chars().next().unwrap_or_default();
                (c.is_alphanumeric(), c.len_utf8())
            }
        }
    }

    /// Goes to the next word, counting the sentences that end on the way.
    fn skip_to_word(&mut self) {
        while self.at < self.line.len() {
            let (letter, width) = self.letter(self.at);
            if letter {
                break;
            }
            let ends = matches!(self.line.as_bytes()[self.at], b'.' | b'!' | b'?');
            if ends && !self.first {
                self.sentence += 1;
                self.first = true;
            }
            self.at += width;
        }
    }
}

impl<'a> Iterator for Words<'a> {
    type Item = Word<'a>;

    fn next(&mut self) -> Option<Word<'a>> {
        self.skip_to_word();
        let start = self.at;
        while self.at < self.line.len() {
            let (letter, width) = self.letter(self.at);
            let rest = &self.line.as_bytes()[self.at..];
            if !letter && rest[0] != b'\'' && !rest.starts_with("’".as_bytes()) {
                break;
            }
            self.at += width;
        }
        let text = self.line[start..self.at].trim_end_matches(['\'', '’']);
        if text.is_empty() {
            return None;
        }
        let word = Word {
            text,
            sentence: self.sentence,
            first: self.first,
        };
        self.first = false;
        Some(word)
    }
}

/// FNV-1a: words are short and the keys are the author's own, so a fast hash is enough.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

/// A map from words.
pub(super) type WordMap<T> = HashMap<Box<str>, T, BuildHasherDefault<Fnv>>;

/// A phrase that gives a cue, behind its first word.
#[derive(Debug, Clone)]
struct Phrase {
    rest: Vec<Box<str>>,
    cue: CueId,
    chars: usize,
}

/// What was found in a line.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    /// The strongest first.
    pub(super) cues: Vec<CueId>,
    /// The first is a phrase of several words in the last sentence: nothing is more telling.
    pub(super) phrase_last: bool,
}

/// Finds cues in lines.
#[derive(Debug, Clone, Default)]
pub(super) struct CueIndex {
    by_first: WordMap<Vec<Phrase>>,
}

impl CueIndex {
    /// `phrase` (one word or several) gives `cue`. False when it holds no word.
    pub(super) fn add(&mut self, phrase: &str, cue: CueId) -> bool {
        let lower = phrase.to_lowercase();
        let mut parts = words(&lower).map(|word| Box::<str>::from(word.text));
        let Some(first) = parts.next() else {
            return false;
        };
        let rest = parts.collect();
        let phrase = Phrase {
            rest,
            cue,
            chars: lower.chars().count(),
        };
        self.by_first.entry(first).or_default().push(phrase);
        true
    }

    /// The cues in `line`, the strongest first: those of its last sentence before others (that is
    /// what people answer), then by longer phrase, then by place.
    pub(super) fn find(&self, line: &str) -> Found {
        if self.by_first.is_empty() {
            return Found::default();
        }
        let lower = last_part(line).to_lowercase();
        let words: Vec<_> = words(&lower).collect();
        let last = words.last().map_or(0, |word| word.sentence);
        let mut hits: Vec<(bool, usize, &Phrase)> = Vec::new();
        for (at, word) in words.iter().enumerate() {
            for phrase in self.starting_with(word.text) {
                let rest = &words[at + 1..];
                let fits = rest.len() >= phrase.rest.len()
                    && phrase
                        .rest
                        .iter()
                        .zip(rest)
                        .all(|(mine, theirs)| is_word(mine, theirs.text));
                if fits {
                    hits.push((word.sentence != last, usize::MAX - phrase.chars, phrase));
                }
            }
        }
        // Stable, so equals keep the order of their places.
        hits.sort_by_key(|(elsewhere, shortness, _)| (*elsewhere, *shortness));
        let mut cues = Vec::with_capacity(hits.len());
        for (_, _, phrase) in &hits {
            if !cues.contains(&phrase.cue) {
                cues.push(phrase.cue);
            }
        }
        let first = hits.first();
        let phrase_last =
            first.is_some_and(|(elsewhere, _, phrase)| !elsewhere && !phrase.rest.is_empty());
        Found { cues, phrase_last }
    }

    fn starting_with(&self, word: &str) -> &[Phrase] {
        let whole = self.by_first.get(word);
        let stem = bare(word);
        let found = if stem.len() == word.len() {
            whole
        } else {
            whole.or_else(|| self.by_first.get(stem))
        };
        found.map_or(&[], Vec::as_slice)
    }
}

fn is_word(mine: &str, theirs: &str) -> bool {
    mine == theirs || mine == bare(theirs)
}

/// A word without the possessive `'s`.
fn bare(word: &str) -> &str {
    word.strip_suffix("'s")
        .or_else(|| word.strip_suffix("’s"))
        .unwrap_or(word)
}

/// The word of `line` that tells most of what it is about: none of the commonest, none of
/// `names`; the longest, the first of the longest. Lower case where only its place made it a
/// capital.
pub(super) fn telling_word(line: &str, names: &[&str]) -> Option<String> {
    let mut best: Option<(usize, Word<'_>)> = None;
    for word in words(last_part(line)) {
        let text = bare(word.text);
        let chars = text.chars().count();
        let longer = best.as_ref().is_none_or(|(most, _)| chars > *most);
        if longer && TELLING_CHARS.contains(&chars) && is_telling(text, names) {
            best = Some((chars, Word { text, ..word }));
        }
    }
    let (chars, word) = best?;
    let shouted = chars > 4 && !word.text.chars().any(char::is_lowercase);
    Some(if word.first || shouted {
        word.text.to_lowercase()
    } else {
        word.text.to_owned()
    })
}

fn is_telling(word: &str, names: &[&str]) -> bool {
    let lower = word.to_lowercase();
    !word.contains(['\'', '’'])
        && word.chars().any(char::is_alphabetic)
        && STOP_WORDS.binary_search(&lower.as_str()).is_err()
        && !names
            .iter()
            .any(|name| name.split(' ').any(|part| part.eq_ignore_ascii_case(word)))
}

/// Words that say nothing of what a line is about. Sorted.
#[rustfmt::skip] // one word a line would be a long page
const STOP_WORDS: [&str; 252] = [
    "about", "above", "absolutely", "actually", "after", "again", "against", "all", "almost",
    "also", "although", "always", "and", "another", "answer", "any", "anybody", "anyone",
    "anything", "anyway", "anywhere", "are", "around", "ask", "asked", "away", "back",
    "because", "been", "before", "behind", "being", "believe", "besides", "between", "both",
    "bring", "but", "call", "called", "came", "can", "cannot", "come", "completely", "could",
    "course", "definitely", "did", "does", "doing", "done", "down", "during", "each", "either",
    "else", "even", "ever", "every", "everybody", "everyone", "everything", "everywhere",
    "exactly", "feel", "few", "find", "fine", "first", "for", "forget", "found", "from", "gave",
    "get", "getting", "give", "goes", "going", "gone", "gonna", "good", "got", "gotta", "great",
    "had", "half", "has", "have", "having", "hear", "heard", "hello", "her", "here", "hers",
    "herself", "hey", "him", "himself", "his", "honestly", "how", "however", "into", "its",
    "itself", "just", "keep", "kind", "knew", "know", "last", "least", "less", "let", "like",
    "literally", "little", "look", "lot", "made", "make", "many", "may", "maybe", "mean",
    "might", "moment", "more", "most", "much", "must", "myself", "need", "neither", "never",
    "next", "nice", "nobody", "none", "nor", "not", "nothing", "now", "nowhere", "obviously",
    "off", "often", "okay", "once", "one", "only", "other", "others", "our", "ours", "out",
    "over", "own", "people", "perhaps", "please", "probably", "put", "question", "quite",
    "rather", "really", "right", "said", "same", "say", "saying", "see", "seriously", "shall",
    "she", "should", "some", "somebody", "somehow", "someone", "something", "sometimes",
    "somewhere", "sorry", "still", "such", "sure", "take", "talking", "tell", "telling", "than",
    "thank", "thanks", "that", "the", "their", "them", "then", "there", "these", "they",
    "thing", "things", "think", "thinking", "this", "those", "though", "through", "today",
    "told", "tomorrow", "too", "totally", "two", "under", "until", "very", "wait", "wanna",
    "want", "was", "well", "went", "were", "what", "whatever", "when", "where", "which", "who",
    "whoa", "whoever", "whole", "why", "will", "with", "without", "would", "yeah", "yes",
    "yesterday", "yet", "you", "your", "yours", "yourself",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn index(cues: &[(&str, u16)]) -> CueIndex {
        let mut index = CueIndex::default();
        for (phrase, cue) in cues {
            assert!(index.add(phrase, CueId(*cue)));
        }
        index
    }

    fn found(index: &CueIndex, line: &str) -> Vec<u16> {
        index.find(line).cues.into_iter().map(|cue| cue.0).collect()
    }

    #[test]
    fn the_stop_words_are_sorted_for_the_search() {
        assert!(STOP_WORDS.is_sorted());
    }

    #[test]
    fn a_cue_is_a_whole_word_whatever_its_case() {
        let index = index(&[("art", 1)]);
        assert_eq!(found(&index, "ART!"), [1]);
        assert_eq!(found(&index, "art's end"), [1]);
        assert_eq!(found(&index, "party"), [0u16; 0]);
        assert_eq!(found(&index, ""), [0u16; 0]);
    }

    #[test]
    fn the_longest_cue_comes_first_then_the_first() {
        let index = index(&[("job", 1), ("dinosaur", 2), ("cat", 3)]);
        assert_eq!(found(&index, "a job for a dinosaur"), [2, 1]);
        assert_eq!(found(&index, "a cat with a job"), [3, 1]);
    }

    #[test]
    fn the_last_sentence_comes_before_the_others() {
        let index = index(&[("job", 1), ("dinosaur", 2)]);
        assert_eq!(found(&index, "I saw a dinosaur. How is the job?"), [1, 2]);
    }

    #[test]
    fn a_cue_may_be_a_phrase() {
        let index = index(&[("who ate my", 1), ("ate", 2)]);
        assert_eq!(found(&index, "So who ate my soup?"), [1, 2]);
        assert_eq!(found(&index, "So who ate?"), [2]);
        assert_eq!(found(&index, "who"), [0u16; 0]);
    }

    #[test]
    fn the_telling_word_is_the_longest_that_says_something() {
        let word = |line| telling_word(line, &["Ross", "Rachel"]);
        assert_eq!(
            word("Somebody should really feed the pigeons").as_deref(),
            Some("pigeons")
        );
        assert_eq!(word("Pigeons, Rachel!").as_deref(), Some("pigeons"));
        assert_eq!(word("I met Barnaby").as_deref(), Some("Barnaby"));
        assert_eq!(word("MAGNIFICENT").as_deref(), Some("magnificent"));
        assert_eq!(word("what? you and I?"), None);
    }

    #[test]
    fn an_endless_line_is_looked_at_from_its_end() {
        let line = format!("dinosaur {} job", "é".repeat(500_000));
        assert_eq!(found(&index(&[("job", 1), ("dinosaur", 2)]), &line), [1]);
    }
}
