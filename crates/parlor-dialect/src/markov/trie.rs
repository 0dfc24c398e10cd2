//! What follows what: a trie of runs of tokens, walked one token at a time.
//!
//! A node is a run; its children are the tokens that were seen behind it. Each node knows the node
//! of the same run without its oldest token (its *suffix*), so that a step is one draw among the
//! children and at most a few hops, and what was never seen falls back to a shorter memory.

use super::train::EDGE;
use parlor_model::dice::Roll;
use std::ops::Range;

/// A node; 0 is the empty run.
pub(super) type Node = u32;

/// The empty run.
pub(super) const ROOT: Node = 0;
/// Where only one token was ever seen next, the oldest token is forgotten this often: a chain that
/// never does repeats its text by heart.
const FORGETS: f64 = 0.3;

/// A trie; level after level, children of one node beside each other.
#[derive(Debug, Clone)]
pub(super) struct Trie {
    tokens: Vec<u32>,
    /// How often the node and its elder siblings were seen.
    totals: Vec<u32>,
    /// Where the children of a node begin; those of the next node are behind them.
    first_child: Vec<u32>,
    /// The run without its oldest token.
    suffix: Vec<Node>,
    /// The first node of each level.
    levels: Vec<u32>,
}

impl Trie {
    /// The root alone, as a file is read.
    pub(super) fn new() -> Self {
        Self {
            tokens: vec![EDGE],
            totals: vec![0],
            first_child: Vec::new(),
            suffix: Vec::new(),
            levels: vec![0],
        }
    }

    pub(super) fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Children of `parent` follow. Parents come in the order of their numbers.
    pub(super) fn begin_children(&mut self, parent: usize) {
        let next = self.tokens.len() as u32;
        if self.levels.last() == Some(&(parent as u32)) {
            self.levels.push(next);
        }
        self.first_child.push(next);
    }

    /// A child; `total` is how often it and its elder siblings were seen.
    pub(super) fn push(&mut self, token: u32, total: u32) {
        self.tokens.push(token);
        self.totals.push(total);
    }

    /// All nodes are there: finds the suffix of each.
    pub(super) fn close(&mut self) {
        // Nodes of the last level have no children.
        let end = self.tokens.len() as u32;
        self.first_child.resize(self.tokens.len() + 1, end);
        self.suffix = vec![ROOT; self.tokens.len()];
        for parent in 1..self.tokens.len() as u32 {
            for child in self.children(parent) {
                let token = self.tokens[child as usize];
                self.suffix[child as usize] = self.advance(self.suffix[parent as usize], token);
            }
        }
    }

    /// The token of a node; [`EDGE`] for the root.
    pub(super) fn token(&self, node: usize) -> u32 {
        self.tokens.get(node).copied().unwrap_or(EDGE)
    }

    /// How many tokens a node's run has.
    pub(super) fn depth(&self, node: usize) -> usize {
        self.levels
            .partition_point(|first| *first as usize <= node)
            .saturating_sub(1)
    }

    /// How often a token was seen at all.
    pub(super) fn count(&self, token: u32) -> u32 {
        self.child(ROOT, token).map_or(0, |node| {
            let elder = match node {
                1 => 0,
                _ => self.totals[node as usize - 1],
            };
            self.totals[node as usize] - elder
        })
    }

    /// How many tokens were seen, edges included.
    pub(super) fn total(&self) -> u32 {
        self.children(ROOT)
            .last()
            .map_or(0, |last| self.totals[last as usize])
    }

    fn children(&self, node: Node) -> Range<Node> {
        self.first_child[node as usize]..self.first_child[node as usize + 1]
    }

    fn child(&self, node: Node, token: u32) -> Option<Node> {
        let range = self.children(node);
        let siblings = &self.tokens[range.start as usize..range.end as usize];
        let at = siblings.binary_search(&token).ok()?;
        Some(range.start + at as u32)
    }

    /// The longest known run that ends with `token` behind the run of `node`.
    pub(super) fn advance(&self, mut node: Node, token: u32) -> Node {
        loop {
            if let Some(child) = self.child(node, token) {
                return child;
            }
            if node == ROOT {
                return ROOT;
            }
            node = self.suffix[node as usize];
        }
    }

    /// Draws what follows the run of `node`: the token and the run with it. [`EDGE`] is the end.
    pub(super) fn step(&self, mut node: Node, roll: &mut Roll) -> (u32, Node) {
        let is_long = node >= self.levels.get(2).copied().unwrap_or(Node::MAX);
        if is_long && self.children(node).len() == 1 && roll.chance(FORGETS) {
            node = self.suffix[node as usize];
        }
        // Every hop shortens the run, so this ends.
        while self.children(node).is_empty() && node != ROOT {
            node = self.suffix[node as usize];
        }
        let range = self.children(node);
        let totals = &self.totals[range.start as usize..range.end as usize];
        let Some(most) = totals.last() else {
            return (EDGE, ROOT);
        };
        let drawn = roll.below(*most as usize) as u32;
        let at = totals.partition_point(|total| *total <= drawn) as u32;
        let child = range.start + at;
        (self.tokens[child as usize], child)
    }
}
