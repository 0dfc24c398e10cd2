//! Learning: counts which tokens follow which, in bounded memory, and writes the model's file.

use super::file::{self, MAGIC, PLAIN, VERSION};
use super::tokens::{TOKEN_BYTES_MAX, is_unspaced, sentences, tokens};
use std::collections::HashMap;

/// Most distinct tokens; later ones are not learnt.
pub(super) const WORDS_MAX: usize = 1 << 20;
/// Bytes of all distinct tokens together.
const WORDS_BYTES_MAX: usize = 16 << 20;
/// Tokens of one sentence; a longer one is learnt in pieces.
const SENTENCE_TOKENS_MAX: usize = 60;
/// Distinct runs of tokens that are kept for each direction. Beyond it the rarest are forgotten.
const GRAMS_MAX: usize = 1 << 20;
/// Runs that are collected before they are sorted and counted.
const CHUNK: usize = 1 << 18;
/// Where a sentence begins and ends.
pub(super) const EDGE: u32 = 0;
/// Bits of a token in a key. Five tokens fit.
const TOKEN_BITS: u32 = 24;

/// How many tokens the next one depends on: 1 to 4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order(u8);

impl Order {
    /// `None` outside 1 to 4.
    #[must_use]
    pub fn new(order: u8) -> Option<Self> {
        (1..=4).contains(&order).then_some(Self(order))
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> u8 {
        self.0
    }

    /// What a chain that runs against the reading direction depends on: one token less, for it
    /// only has to lead back to where a sentence could have begun.
    fn backward(self) -> u8 {
        self.0.saturating_sub(1).max(1)
    }
}

/// What was learnt.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Learnt {
    /// Sentences.
    pub sentences: u64,
    /// Tokens: words and marks.
    pub tokens: u64,
    /// Different ones.
    pub words: usize,
    /// Sentences that were passed over, as they hold something too long or the vocabulary is full.
    pub passed_over: u64,
    /// True when the rarest runs of tokens were forgotten to keep the model small.
    pub thinned: bool,
}

/// Why there is no model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TrainError {
    /// Not one sentence.
    #[error("there is no sentence to learn from: give a file with text")]
    NoText,
}

/// Learns from texts, one after the other.
#[derive(Debug)]
pub struct Trainer {
    words: Words,
    /// Tokens of scripts without spaces, and all with letters: they tell which order suits.
    unspaced: u64,
    lettered: u64,
    /// The sentences' tokens, each sentence behind an [`EDGE`]; kept only until the order is known.
    waiting: Vec<u32>,
    order: Option<Order>,
    forward: Grams,
    backward: Grams,
    learnt: Learnt,
}

/// Tokens that are looked at before the order is chosen.
const WAITING_MAX: usize = 100_000;

impl Trainer {
    /// `None` takes the order that suits the text: 2, or 4 where it is written without spaces and a
    /// token is a character.
    #[must_use]
    pub fn new(order: Option<Order>) -> Self {
        Self {
            words: Words::default(),
            unspaced: 0,
            lettered: 0,
            waiting: Vec::new(),
            order,
            forward: Grams::default(),
            backward: Grams::default(),
            learnt: Learnt::default(),
        }
    }

    /// Learns from a text: its sentences, each on its own.
    pub fn add(&mut self, text: &str) {
        for sentence in sentences(text) {
            let tokens = tokens(sentence);
            for part in tokens.chunks(SENTENCE_TOKENS_MAX) {
                let ids: Option<Vec<u32>> = part
                    .iter()
                    .enumerate()
                    .map(|(n, token)| self.words.id(token.spaced && n > 0, token.text))
                    .collect();
                let Some(ids) = ids else {
                    self.learnt.passed_over += 1;
                    continue;
                };
                self.learnt.sentences += 1;
                self.learnt.tokens += ids.len() as u64;
                self.learn(&ids, sentence);
            }
        }
    }

    fn learn(&mut self, ids: &[u32], sentence: &str) {
        if let Some(order) = self.order {
            self.count(ids, order);
            return;
        }
        let letters = || sentence.chars().filter(|c| c.is_alphabetic());
        self.lettered += letters().count() as u64;
        self.unspaced += letters().filter(|c| is_unspaced(*c)).count() as u64;
        self.waiting.push(EDGE);
        self.waiting.extend(ids);
        if self.waiting.len() > WAITING_MAX {
            self.settle_order();
        }
    }

    fn settle_order(&mut self) -> Order {
        if let Some(order) = self.order {
            return order;
        }
        let order = Order(if self.unspaced * 2 > self.lettered {
            4
        } else {
            2
        });
        self.order = Some(order);
        let waiting = std::mem::take(&mut self.waiting);
        for ids in waiting
            .split(|id| *id == EDGE)
            .filter(|ids| !ids.is_empty())
        {
            self.count(ids, order);
        }
        order
    }

    fn count(&mut self, ids: &[u32], order: Order) {
        let edges = || std::iter::once(EDGE);
        let read = edges().chain(ids.iter().copied()).collect::<Vec<_>>();
        self.forward.add(&read, order.get());
        let against = edges().chain(ids.iter().rev().copied()).collect::<Vec<_>>();
        self.backward.add(&against, order.backward());
    }

    /// The bytes of the model; [`super::pack`] makes them smaller for a file.
    ///
    /// # Errors
    /// [`TrainError`] when nothing was learnt.
    pub fn finish(mut self) -> Result<(Vec<u8>, Learnt), TrainError> {
        let order = self.settle_order();
        if self.learnt.sentences == 0 {
            return Err(TrainError::NoText);
        }
        let (texts, new_ids) = self.words.by_frequency();
        self.learnt.words = texts.len();
        let mut bytes = MAGIC.to_vec();
        bytes.extend([VERSION, order.get(), PLAIN]);
        file::write_words(&mut bytes, &texts);
        for (grams, order) in [
            (self.forward, order.get()),
            (self.backward, order.backward()),
        ] {
            let (grams, thinned) = grams.finish(&new_ids);
            self.learnt.thinned |= thinned;
            file::write_trie(&mut bytes, &grams, order);
        }
        Ok((bytes, self.learnt))
    }
}

/// Numbers tokens, from 1.
#[derive(Debug, Default)]
struct Words {
    ids: HashMap<Box<str>, u32>,
    counts: Vec<u64>,
    bytes: usize,
    /// Put together here, so that a look-up makes no new text.
    key: String,
}

impl Words {
    /// `None` for a token that is not learnt.
    fn id(&mut self, spaced: bool, text: &str) -> Option<u32> {
        if text.len() > TOKEN_BYTES_MAX {
            return None;
        }
        self.key.clear();
        if spaced {
            self.key.push(' ');
        }
        self.key.push_str(text);
        if let Some(id) = self.ids.get(self.key.as_str()) {
            self.counts[*id as usize - 1] += 1;
            return Some(*id);
        }
        let is_full =
            self.counts.len() + 1 >= WORDS_MAX || self.bytes + self.key.len() > WORDS_BYTES_MAX;
        if is_full {
            return None;
        }
        self.bytes += self.key.len();
        self.counts.push(1);
        let id = u32::try_from(self.counts.len()).ok()?;
        self.ids.insert(self.key.as_str().into(), id);
        Some(id)
    }

    /// The texts, the commonest first, and what each number becomes: small numbers are short in the
    /// file.
    fn by_frequency(self) -> (Vec<Box<str>>, Vec<u32>) {
        let Self { ids, counts, .. } = self;
        let mut texts: Vec<(u64, Box<str>, u32)> = ids
            .into_iter()
            .map(|(text, id)| (counts[id as usize - 1], text, id))
            .collect();
        texts.sort_unstable_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        let mut new_ids = vec![EDGE; texts.len() + 1];
        for (new, (_, _, old)) in (1..).zip(&texts) {
            new_ids[*old as usize] = new;
        }
        let texts = texts.into_iter().map(|(_, text, _)| text).collect();
        (texts, new_ids)
    }
}

/// A run of up to five tokens: the first in the highest of 24-bit fields, [`EDGE`] behind the end
/// of a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key(u128);

impl Key {
    fn of(tokens: impl Iterator<Item = u32>) -> Self {
        let mut key = 0u128;
        for (place, token) in (0..5).zip(tokens) {
            key |= u128::from(token) << (TOKEN_BITS * (4 - place));
        }
        Self(key)
    }

    /// The token at a place from 0 to 4.
    pub(super) fn token(self, place: u32) -> u32 {
        let field = self.0 >> (TOKEN_BITS * (4 - place));
        u32::try_from(field & ((1 << TOKEN_BITS) - 1)).unwrap_or(EDGE)
    }

    fn renumbered(self, new_ids: &[u32]) -> Self {
        Self::of((0..5).map(|place| {
            let token = self.token(place) as usize;
            new_ids.get(token).copied().unwrap_or(EDGE)
        }))
    }

    /// Spreads keys evenly, for choosing some of them: Fibonacci hashing of both halves.
    fn spread(self) -> u64 {
        let [low, high] = [self.0 as u64, (self.0 >> 64) as u64];
        (low ^ high.rotate_left(29)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 16
    }
}

/// Counts runs of tokens: a chunk as it comes, and what was sorted and counted before. Keys and counts
/// lie apart, as a key is wide and padding would cost a third more.
#[derive(Debug, Default)]
struct Grams {
    chunk: Vec<Key>,
    keys: Vec<Key>,
    counts: Vec<u32>,
    thinned: bool,
}

impl Grams {
    /// Counts every run of `order + 1` tokens of a sentence that begins with an [`EDGE`]; behind its
    /// end there are edges.
    fn add(&mut self, sentence: &[u32], order: u8) {
        for start in 0..sentence.len() {
            let run = sentence[start..].iter().copied();
            self.chunk.push(Key::of(run.take(usize::from(order) + 1)));
        }
        if self.chunk.len() >= CHUNK {
            self.count_chunk();
        }
    }

    /// Merges the chunk into what was counted.
    fn count_chunk(&mut self) {
        self.chunk.sort_unstable();
        let most = self.keys.len() + self.chunk.len();
        let (mut keys, mut counts) = (Vec::with_capacity(most), Vec::<u32>::with_capacity(most));
        let mut push = |key: Key, count: u32| match (keys.last(), counts.last_mut()) {
            (Some(last), Some(sum)) if *last == key => *sum = sum.saturating_add(count),
            _ => {
                keys.push(key);
                counts.push(count);
            }
        };
        let mut old = self
            .keys
            .iter()
            .copied()
            .zip(self.counts.iter().copied())
            .peekable();
        for key in self.chunk.drain(..) {
            while let Some((before, count)) = old.next_if(|(before, _)| *before <= key) {
                push(before, count);
            }
            push(key, 1);
        }
        old.for_each(|(key, count)| push(key, count));
        (self.keys, self.counts) = (keys, counts);
        self.thin();
    }

    /// Forgets runs that came rarest until three quarters of the most are left; of equally rare
    /// ones some, spread over all, so that a text without repetitions stays a text.
    fn thin(&mut self) {
        let target = GRAMS_MAX / 4 * 3;
        let mut rare = 1;
        while self.keys.len() > GRAMS_MAX {
            self.thinned = true;
            let excess = (self.keys.len() - target) as u64;
            let candidates = self.counts.iter().filter(|count| **count == rare).count() as u64;
            let keeps =
                |key: Key, count: u32| count != rare || key.spread() % candidates.max(1) >= excess;
            let mut kept = 0;
            for at in 0..self.keys.len() {
                let (key, count) = (self.keys[at], self.counts[at]);
                if keeps(key, count) {
                    (self.keys[kept], self.counts[kept]) = (key, count);
                    kept += 1;
                }
            }
            self.keys.truncate(kept);
            self.counts.truncate(kept);
            rare += 1;
        }
    }

    fn finish(mut self, new_ids: &[u32]) -> (Vec<(Key, u32)>, bool) {
        self.count_chunk();
        let grams = self.keys.into_iter().zip(self.counts);
        let grams = grams.map(|(key, count)| (key.renumbered(new_ids), count));
        let mut grams: Vec<(Key, u32)> = grams.collect();
        grams.sort_unstable();
        (grams, self.thinned)
    }
}
