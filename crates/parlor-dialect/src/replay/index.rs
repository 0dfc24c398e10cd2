//! Which stored lines are like a heard one: BM25 over an inverted index.
//!
//! A term is a word in lower case, or two neighbours of a script that is written without spaces.
//! The formula: S. Robertson, H. Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond"
//! (2009), with a term counted once per line, as lines are short.

use parlor_model::dice::Roll;
use std::cmp::Ordering;
use std::collections::HashMap;
use unicode_segmentation::UnicodeSegmentation;

/// BM25's saturation and its weight of length.
const K1: f32 = 1.2;
const B: f32 = 0.75;
/// Terms of a heard line that are looked up, and of a stored one that are indexed.
const TERMS_MAX: usize = 32;
/// Bytes of a heard line that are looked at: the last ones.
const HEARD_BYTES_MAX: usize = 500;
/// Terms of a heard line that count: the rarest say what it is about.
const RAREST: usize = 8;
/// Lines that are compared with a heard one.
const CANDIDATES_MAX: usize = 256;
/// Lines that a search gives at most.
const FOUND_MAX: usize = 64;

/// An inverted index of lines.
#[derive(Debug, Default)]
pub(super) struct Index {
    terms: HashMap<Box<str>, u32>,
    /// Where the lines of a term begin in `lines`; those of the next term are behind them.
    starts: Vec<u32>,
    /// Numbers of lines, ascending within a term.
    lines: Vec<u32>,
    /// Number of terms of each line, by its number; 0 for one that is not indexed.
    lengths: Vec<u8>,
    mean_length: f32,
    /// How many lines are indexed.
    count: u32,
}

impl Index {
    /// Indexes lines, which come by ascending number.
    pub(super) fn new<'a>(lines: impl Iterator<Item = (u32, &'a str)>) -> Self {
        let mut index = Self::default();
        // The terms of each line, one line after the other.
        let mut terms: Vec<u32> = Vec::new();
        for (number, text) in lines {
            let start = terms.len();
            each_term(text, &mut |term| {
                let id = index.id(term);
                if !terms[start..].contains(&id) {
                    terms.push(id);
                }
            });
            index.lengths.resize(number as usize, 0);
            index.lengths.push((terms.len() - start) as u8);
            index.count += 1;
        }
        index.mean_length = terms.len() as f32 / index.count.max(1) as f32;
        index.group(&terms);
        index
    }

    fn id(&mut self, term: &str) -> u32 {
        let next = self.terms.len() as u32;
        match self.terms.get(term) {
            Some(id) => *id,
            None => {
                self.terms.insert(term.into(), next);
                next
            }
        }
    }

    /// Counting sort by term; within a term the order of the lines stays.
    fn group(&mut self, terms: &[u32]) {
        let mut starts = vec![0u32; self.terms.len() + 1];
        for term in terms {
            starts[*term as usize + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut next = starts.clone();
        self.lines = vec![0; terms.len()];
        let mut rest = terms;
        for (line, length) in (0..).zip(&self.lengths) {
            let (of_line, others) = rest.split_at(usize::from(*length));
            for term in of_line {
                let at = &mut next[*term as usize];
                self.lines[*at as usize] = line;
                *at += 1;
            }
            rest = others;
        }
        self.starts = starts;
    }

    fn lines_with(&self, term: u32) -> &[u32] {
        let at = term as usize;
        &self.lines[self.starts[at] as usize..self.starts[at + 1] as usize]
    }

    /// The lines that are most like `heard`, best first, with how much.
    pub(super) fn find(&self, heard: &str, roll: &mut Roll) -> Vec<(f32, u32)> {
        let mut lists = self.lists(heard);
        lists.sort_by_key(|lines| lines.len());
        lists.truncate(RAREST);
        let weights: Vec<f32> = lists.iter().map(|lines| self.rarity(lines.len())).collect();
        let likeness = |line: u32| {
            let shared = lists.iter().zip(&weights);
            let shared = shared.filter(|(lines, _)| lines.binary_search(&line).is_ok());
            shared.map(|(_, weight)| weight).sum::<f32>() * self.saturation(line)
        };
        let candidates = candidates(&lists, roll);
        best(candidates.into_iter().map(|line| (likeness(line), line)))
    }

    /// For each known term of a line the lines that have it.
    fn lists(&self, heard: &str) -> Vec<&[u32]> {
        let from = heard.ceil_char_boundary(heard.len().saturating_sub(HEARD_BYTES_MAX));
        let mut terms = Vec::new();
        each_term(&heard[from..], &mut |term| {
            if let Some(id) = self.terms.get(term)
                && !terms.contains(id)
            {
                terms.push(*id);
            }
        });
        terms
            .into_iter()
            .map(|term| self.lines_with(term))
            .collect()
    }

    /// BM25's weight of a term that so many lines have.
    fn rarity(&self, lines: usize) -> f32 {
        let (all, with) = (self.count as f32, lines as f32);
        (1.0 + (all - with + 0.5) / (with + 0.5)).ln()
    }

    /// BM25's factor for a term that a line of this length has once.
    fn saturation(&self, line: u32) -> f32 {
        let length = self.lengths.get(line as usize).copied().unwrap_or(1);
        let relative = f32::from(length) / self.mean_length.max(1.0);
        (K1 + 1.0) / (1.0 + K1 * (1.0 - B + B * relative))
    }
}

/// Lines that have the rarest of the terms, each once. Of a term that too many have, some from
/// anywhere.
fn candidates(lists: &[&[u32]], roll: &mut Roll) -> Vec<u32> {
    let mut candidates: Vec<u32> = Vec::with_capacity(CANDIDATES_MAX);
    for lines in lists {
        let room = CANDIDATES_MAX - candidates.len();
        if room == 0 {
            break;
        }
        let start = match lines.len().checked_sub(room) {
            Some(spare) => roll.below(spare + 1),
            None => 0,
        };
        candidates.extend(lines[start..].iter().take(room));
    }
    candidates.sort_unstable();
    candidates.dedup();
    candidates
}

/// The best, in an order that depends on nothing else.
fn best(likeness: impl Iterator<Item = (f32, u32)>) -> Vec<(f32, u32)> {
    let order =
        |a: &(f32, u32), b: &(f32, u32)| -> Ordering { b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)) };
    let mut found: Vec<(f32, u32)> = likeness.collect();
    if found.len() > FOUND_MAX {
        found.select_nth_unstable_by(FOUND_MAX, order);
        found.truncate(FOUND_MAX);
    }
    found.sort_unstable_by(order);
    found
}

/// Calls `see` with the terms of a text, the first [`TERMS_MAX`].
fn each_term(text: &str, see: &mut dyn FnMut(&str)) {
    let mut lower = String::new();
    if text.is_ascii() {
        // The rules of Unicode come to about this, and take ten times as long.
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '\'');
        for word in words.filter(|word| !word.is_empty()).take(TERMS_MAX) {
            lower.clear();
            lower.push_str(word);
            lower.make_ascii_lowercase();
            see(&lower);
        }
        return;
    }
    let mut before: Option<(usize, char)> = None;
    for (at, word) in text.unicode_word_indices().take(TERMS_MAX) {
        let mut chars = word.chars();
        let single = chars.next().filter(|_| chars.next().is_none());
        lower.clear();
        if let Some(c) = single.filter(|c| !c.is_ascii()) {
            if let Some((end, last)) = before
                && end == at
            {
                lower.extend([last, c]);
                see(&lower);
            }
            before = Some((at + word.len(), c));
            continue;
        }
        before = None;
        lower.extend(word.chars().flat_map(char::to_lowercase));
        see(&lower);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parlor_model::dice::Dice;
    use uuid::Uuid;

    fn best_of(lines: &[&str], heard: &str) -> Option<u32> {
        let index = Index::new((0..).zip(lines.iter().copied()));
        let mut roll = Dice::new(7, Uuid::nil()).roll("test");
        index.find(heard, &mut roll).first().map(|(_, line)| *line)
    }

    #[test]
    fn the_line_that_shares_the_rare_words_is_the_most_alike() {
        let lines = [
            "are you coming to the party",
            "who ate the sandwich",
            "the dog ate the homework of the boy",
        ];
        assert_eq!(best_of(&lines, "Somebody ate my SANDWICH!"), Some(1));
        assert_eq!(best_of(&lines, "the homework"), Some(2));
        assert_eq!(best_of(&lines, "nothing known"), None);
    }

    #[test]
    fn chinese_is_matched_by_neighbours() {
        let lines = ["我今天很高兴", "你吃饭了吗", "明天见"];
        assert_eq!(best_of(&lines, "你今天吃饭了没有"), Some(1));
    }

    #[test]
    fn a_word_that_is_everywhere_still_finds_something() {
        let lines = vec!["well well"; 5_000];
        assert!(best_of(&lines, "well").is_some());
    }
}
