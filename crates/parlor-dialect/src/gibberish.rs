//! Seeded, pronounceable nonsense: what a character says that has no words of its own.

use async_trait::async_trait;
use parlor_model::Prompt;
use parlor_model::dice::Roll;
use parlor_ports::dialect::{Dialect, Utterance};
use parlor_ports::error::PortResult;

/// Fewest and most words of a line.
const WORDS: (usize, usize) = (3, 12);
/// Fewest and most syllables of a word.
const SYLLABLES: (usize, usize) = (1, 3);

const ONSETS: [&str; 24] = [
    "b", "bl", "br", "d", "dr", "f", "fl", "g", "gl", "h", "j", "k", "l", "m", "n", "p", "pl", "r",
    "s", "sn", "t", "v", "w", "z",
];
const VOWELS: [&str; 10] = ["a", "e", "i", "o", "u", "oo", "ee", "ai", "o", "a"];
const CODAS: [&str; 12] = ["", "", "", "", "n", "m", "r", "l", "sh", "ck", "mp", "zz"];
/// How a line ends; the commonest ends stand more often.
const ENDS: [&str; 6] = [".", ".", ".", "!", "?", "…"];

/// The dialect without rules.
#[derive(Debug, Clone, Copy, Default)]
pub struct Gibberish;

impl Gibberish {
    /// One sentence of 3 to 12 words. The same prompt gives the same words.
    #[must_use]
    pub fn line(prompt: &Prompt) -> String {
        let mut roll = prompt.dice.roll("dialect.gibberish");
        let mut line = String::new();
        for n in 0..between(&mut roll, WORDS) {
            if n > 0 {
                line.push(' ');
            }
            push_word(&mut line, &mut roll);
        }
        // Syllables are ASCII, so the first byte is the first letter.
        if let Some(first) = line.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        line.push_str(part(&mut roll, &ENDS));
        line
    }
}

fn push_word(line: &mut String, roll: &mut Roll) {
    for _ in 0..between(roll, SYLLABLES) {
        line.push_str(part(roll, &ONSETS));
        line.push_str(part(roll, &VOWELS));
    }
    line.push_str(part(roll, &CODAS));
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
