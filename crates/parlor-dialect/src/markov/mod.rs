//! Lines from a chain of words that was trained from text.
//!
//! [`train`] counts which token follows which run of up to four others, [`file`] keeps the counts,
//! [`trie`] walks them. A line begins with a telling word of what was heard, if the model knows one:
//! from there it grows to both sides, against the reading direction until a sentence could have
//! begun, and along it until one has ended. Where a run was never seen, or only ever went on in one
//! way, a shorter one is asked.
//!
//! # Adding a dialect like it
//! What this one shows: training is apart from speaking; a file of one's own has a magic word and a
//! version, is written in one place, and is looked at number by number when it is read, because it
//! may come from anywhere; speaking draws only from the prompt's dice.

mod file;
mod tokens;
mod train;
mod trie;

pub use file::InvalidModel;
pub use train::{Learnt, Order, TrainError, Trainer};

use crate::text::tidy;
use async_trait::async_trait;
use parlor_model::dice::Roll;
use parlor_model::{Prompt, Purpose};
use parlor_ports::dialect::{Dialect, Utterance};
use parlor_ports::error::PortResult;
use std::collections::HashMap;
use tokens::balance;
use train::EDGE;
use trie::{ROOT, Trie};
use unicode_segmentation::UnicodeSegmentation;

/// Most tokens of a line, and of its part before the word that it begins with.
const TOKENS_MAX: usize = 40;
const TOKENS_BEFORE_MAX: usize = 15;
/// Times that a line is drawn again when it found no end, or was said just before.
const DRAWS_MAX: usize = 4;
/// Bytes of a heard line that are looked at: the last ones.
const HEARD_BYTES_MAX: usize = 240;
/// A word that is more than this share of all that was learnt says nothing of what was heard.
const TELLING_SHARE_MAX: f64 = 0.01;
/// How often a line goes on from what was heard, where it can.
const ANSWERS: f64 = 0.8;
/// Words that are drawn from; the rarest tell most.
const TELLING_WORDS_MAX: usize = 3;

/// A trained chain, ready to speak.
#[derive(Debug, Clone)]
pub struct Markov {
    order: u8,
    /// All tokens, one after the other; a space before a token is its first character.
    text: String,
    ends: Vec<u32>,
    /// The commonest token of each word in lower case.
    by_word: HashMap<Box<str>, u32>,
    forward: Trie,
    backward: Trie,
}

/// True for the bytes of a model's file, whole or not.
#[must_use]
pub fn is_model(bytes: &[u8]) -> bool {
    bytes.starts_with(file::MAGIC)
}

/// The bytes of a model, compressed for its file.
#[must_use]
pub fn pack(model: &[u8]) -> Vec<u8> {
    file::pack(model)
}

impl Markov {
    /// Reads a model that [`Trainer::finish`] made, compressed or not.
    ///
    /// # Errors
    /// [`InvalidModel`]: the bytes are none, or damaged. Bytes from anywhere are safe to read, and
    /// what is read is safe to speak.
    pub fn read(bytes: &[u8]) -> Result<Self, InvalidModel> {
        let parts = file::read(bytes)?;
        let mut model = Self {
            order: parts.order,
            text: parts.text,
            ends: parts.ends,
            by_word: HashMap::new(),
            forward: parts.forward,
            backward: parts.backward,
        };
        model.index_words();
        Ok(model)
    }

    /// How many tokens the next one depends on.
    #[must_use]
    pub fn order(&self) -> u8 {
        self.order
    }

    /// How many different tokens it knows.
    #[must_use]
    pub fn words(&self) -> usize {
        self.ends.len()
    }

    fn index_words(&mut self) {
        for id in 1..=self.ends.len() as u32 {
            let word = self.word(id).trim_start();
            if word.contains(char::is_alphabetic) {
                // Tokens are in the order of how common they are: the first stays.
                self.by_word.entry(word.to_lowercase().into()).or_insert(id);
            }
        }
    }

    /// The text of a token, with its space; none for an edge.
    fn word(&self, id: u32) -> &str {
        let Some(at) = (id as usize).checked_sub(1) else {
            return "";
        };
        let start = match at {
            0 => 0,
            _ => self.ends[at - 1],
        };
        &self.text[start as usize..self.ends[at] as usize]
    }

    /// A line for a prompt. The same prompt gives the same line.
    #[must_use]
    pub fn line(&self, prompt: &Prompt) -> String {
        let mut roll = prompt.dice.roll("dialect.markov");
        let telling = self.telling_words(heard(prompt).unwrap_or_default());
        let mut line = String::new();
        for draw in 0..DRAWS_MAX {
            // A word that leads nowhere new is given up after a while.
            let start = Some(&telling)
                .filter(|telling| !telling.is_empty() && draw < 2 && roll.chance(ANSWERS))
                .and_then(|telling| roll.pick(telling).copied());
            let (tokens, ended) = self.sentence(start, &mut roll);
            line = self.written(&tokens, ended);
            if ended && !prompt.memory.iter().any(|said| said.text == line) {
                break;
            }
        }
        line
    }

    /// The rarest words of a line that the model knows.
    fn telling_words(&self, heard: &str) -> Vec<u32> {
        let most = f64::from(self.forward.total()) * TELLING_SHARE_MAX + 3.0;
        let mut found: Vec<(u32, u32)> = last_part(heard)
            .unicode_words()
            .filter_map(|word| self.by_word.get(word.to_lowercase().as_str()).copied())
            .map(|id| (self.forward.count(id), id))
            .filter(|(count, _)| f64::from(*count) <= most)
            .collect();
        found.sort_unstable();
        found.dedup();
        found.truncate(TELLING_WORDS_MAX);
        found.into_iter().map(|(_, id)| id).collect()
    }

    /// Tokens of a sentence, and whether it came to an end.
    fn sentence(&self, start: Option<u32>, roll: &mut Roll) -> (Vec<u32>, bool) {
        let mut tokens = Vec::with_capacity(TOKENS_MAX);
        if let Some(start) = start {
            let mut node = self.backward.advance(ROOT, start);
            tokens.push(start);
            while tokens.len() < TOKENS_BEFORE_MAX {
                let (token, next) = self.backward.step(node, roll);
                if token == EDGE {
                    break;
                }
                tokens.push(token);
                node = next;
            }
            tokens.reverse();
        }
        let begin = self.forward.advance(ROOT, EDGE);
        let mut node = tokens
            .iter()
            .fold(begin, |node, token| self.forward.advance(node, *token));
        while tokens.len() < TOKENS_MAX {
            let (token, next) = self.forward.step(node, roll);
            if token == EDGE {
                return (tokens, true);
            }
            tokens.push(token);
            node = next;
        }
        (tokens, false)
    }

    fn written(&self, tokens: &[u32], ended: bool) -> String {
        let mut line = String::with_capacity(tokens.len() * 8);
        for token in tokens {
            line.push_str(self.word(*token));
        }
        if !ended {
            line.push('…');
        }
        tidy(balance(line.trim_start()))
    }
}

/// What the line is to go on from: what is answered or passed on; for an opening the topic.
fn heard(prompt: &Prompt) -> Option<&str> {
    match &prompt.purpose {
        Purpose::Open => prompt.topic.as_deref(),
        Purpose::Gossip(quote) => Some(&quote.text),
        Purpose::Reply | Purpose::Aside => prompt.heard().map(|line| line.text.as_str()),
    }
}

fn last_part(heard: &str) -> &str {
    &heard[heard.ceil_char_boundary(heard.len().saturating_sub(HEARD_BYTES_MAX))..]
}

#[async_trait]
impl Dialect for Markov {
    async fn speak(&self, prompt: &Prompt) -> PortResult<Utterance> {
        Ok(Utterance {
            text: self.line(prompt),
            fallback: false,
        })
    }
}
