//! Seeded, pronounceable nonsense: what a character says that has no words of its own.
//!
//! A sentence is a statement, a question, an exclamation or one that trails off; longer ones have a
//! comma. Between made-up words stand the small words that every language has, and now and then a
//! word of what was heard comes back, so that two people seem to talk about something.
//!
//! # Adding a dialect like it
//! This is the smallest one: a function from a prompt to a line that draws from the prompt's dice
//! under a label of its own, and [`Dialect`] on top.

use async_trait::async_trait;
use parlor_model::Prompt;
use parlor_model::dice::Roll;
use parlor_ports::dialect::{Dialect, Utterance};
use parlor_ports::error::PortResult;
use std::ops::RangeInclusive;

/// A sentence: how it ends, and its fewest and most words. The commonest stand more often.
const FORMS: [(&str, (usize, usize)); 8] = [
    (".", (4, 12)),
    (".", (4, 12)),
    (".", (5, 10)),
    (".", (3, 8)),
    ("?", (3, 9)),
    ("?", (4, 8)),
    ("!", (3, 6)),
    ("…", (3, 7)),
];
/// From so many words on a sentence may have a comma.
const COMMA_WORDS_MIN: usize = 6;
/// Fewest and most syllables of a word.
const SYLLABLES: (usize, usize) = (1, 3);
/// How often a word is one of the small ones, how often a long sentence has a comma, and how often
/// a word that was heard comes back.
const SMALL: f64 = 0.3;
const COMMA: f64 = 0.6;
const ECHO: f64 = 0.4;
/// Letters of a word that comes back.
const ECHO_LETTERS: RangeInclusive<usize> = 4..=12;
/// Bytes of a heard line that are looked at.
const HEARD_BYTES_MAX: usize = 200;

const SMALL_WORDS: [&str; 10] = ["a", "lo", "mi", "da", "um", "ta", "ne", "oo", "ki", "sho"];
const ONSETS: [&str; 24] = [
    "b", "bl", "br", "d", "dr", "f", "fl", "g", "gl", "h", "j", "k", "l", "m", "n", "p", "pl", "r",
    "s", "sn", "t", "v", "w", "z",
];
const VOWELS: [&str; 10] = ["a", "e", "i", "o", "u", "oo", "ee", "ai", "o", "a"];
const CODAS: [&str; 12] = ["", "", "", "", "n", "m", "r", "l", "sh", "ck", "mp", "zz"];

/// The dialect without rules.
#[derive(Debug, Clone, Copy, Default)]
pub struct Gibberish;

impl Gibberish {
    /// One sentence of 3 to 12 words. The same prompt gives the same words.
    #[must_use]
    pub fn line(prompt: &Prompt) -> String {
        let mut roll = prompt.dice.roll("dialect.gibberish");
        let (end, length) = FORMS[roll.below(FORMS.len())];
        let words = between(&mut roll, length);
        let comma =
            (words >= COMMA_WORDS_MIN && roll.chance(COMMA)).then(|| 1 + roll.below(words - 2));
        let echo = echo(prompt).filter(|_| roll.chance(ECHO));
        let echo_at = roll.below(words);
        let mut line = String::with_capacity(96);
        let mut was_small = false;
        for n in 0..words {
            if n > 0 {
                line.push(' ');
            }
            match echo {
                Some(word) if n == echo_at => {
                    line.extend(word.chars().map(|c| c.to_ascii_lowercase()))
                }
                _ => was_small = push_word(&mut line, !was_small && n + 1 < words, &mut roll),
            }
            if comma == Some(n) {
                line.push(',');
            }
        }
        // Syllables and echoes are ASCII, so the first byte is the first letter.
        if let Some(first) = line.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        line.push_str(end);
        line
    }
}

/// The longest word of what was heard that looks like one of ours.
fn echo(prompt: &Prompt) -> Option<&str> {
    let heard = &prompt.heard()?.text;
    heard[..heard.floor_char_boundary(HEARD_BYTES_MAX)]
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| {
            ECHO_LETTERS.contains(&word.len()) && word.bytes().all(|b| b.is_ascii_alphabetic())
        })
        .max_by_key(|word| word.len())
}

/// True when it was a small word: two of them don't follow each other, and none ends a sentence.
fn push_word(line: &mut String, may_be_small: bool, roll: &mut Roll) -> bool {
    if may_be_small && roll.chance(SMALL) {
        line.push_str(part(roll, &SMALL_WORDS));
        return true;
    }
    for _ in 0..between(roll, SYLLABLES) {
        line.push_str(part(roll, &ONSETS));
        line.push_str(part(roll, &VOWELS));
    }
    line.push_str(part(roll, &CODAS));
    false
}

fn between(roll: &mut Roll, (least, most): (usize, usize)) -> usize {
    least + roll.below(most - least + 1)
}

fn part(roll: &mut Roll, parts: &[&'static str]) -> &'static str {
    roll.pick(parts).copied().unwrap_or_default()
}

#[async_trait]
impl Dialect for Gibberish {
    async fn speak(&self, prompt: &Prompt) -> PortResult<Utterance> {
        Ok(Utterance {
            text: Self::line(prompt),
            fallback: false,
        })
    }
}
