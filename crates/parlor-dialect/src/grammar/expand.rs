//! Speaking: walks the tree of a grammar and rolls at every choice.

use super::Grammar;
use super::given::Facts;
use super::parse::{Action, Node, SymbolId, Tag};
use crate::text::LINE_CHARS_MAX;
use parlor_model::dice::Roll;

/// Deepest expansion of symbols within symbols.
const DEPTH_MAX: u32 = 100;
/// Symbols and actions in one line. A grammar that branches without end stops here.
const STEPS_MAX: u32 = 10_000;
/// Bytes of one line; no character has more than four.
const BYTES_MAX: usize = 4 * LINE_CHARS_MAX;

/// One line in the making.
pub(super) struct Expansion<'a> {
    grammar: &'a Grammar,
    facts: Option<Facts<'a>>,
    roll: &'a mut Roll,
    /// What actions pushed, the latest last. Finished words, never parsed again.
    saved: Vec<(SymbolId, Vec<String>)>,
    out: String,
    steps: u32,
}

impl<'a> Expansion<'a> {
    pub(super) fn new(grammar: &'a Grammar, facts: Option<Facts<'a>>, roll: &'a mut Roll) -> Self {
        Self {
            grammar,
            facts,
            roll,
            saved: Vec::new(),
            out: String::with_capacity(160),
            steps: 0,
        }
    }

    /// The words of `origin`.
    pub(super) fn run(mut self, origin: SymbolId) -> String {
        self.symbol(origin, 0);
        self.out
    }

    fn exhausted(&mut self, depth: u32) -> bool {
        self.steps += 1;
        depth > DEPTH_MAX || self.steps > STEPS_MAX || self.out.len() > BYTES_MAX
    }

    fn rule(&mut self, nodes: &'a [Node], depth: u32) {
        for node in nodes {
            match node {
                Node::Text(text) => self.out.push_str(text),
                Node::Symbol(symbol) => self.symbol(*symbol, depth + 1),
                Node::Tag(tag) => self.tag(tag, depth + 1),
                Node::Act(action) => {
                    self.act(action, depth + 1);
                }
            }
        }
    }

    /// What was pushed comes first, then what the prompt provides, then the grammar's own rules.
    fn symbol(&mut self, id: SymbolId, depth: u32) {
        if self.exhausted(depth) {
            return;
        }
        if let Some((_, words)) = self.saved.iter().rev().find(|(saved, _)| *saved == id) {
            let words = self.roll.pick(words).map_or("", String::as_str);
            self.out.push_str(words);
            return;
        }
        let symbol = self.grammar.symbol(id);
        if let (Some(given), Some(facts)) = (symbol.given, &self.facts)
            && let Some(words) = facts.words(given, self.roll)
        {
            self.out.push_str(&words);
            return;
        }
        match symbol.rules.as_slice() {
            [] => self.nothing(id),
            [only] => self.rule(only, depth),
            many => {
                let rule = &many[self.roll.below(many.len())];
                self.rule(rule, depth);
            }
        }
    }

    /// A provided symbol has words for want of others; an unknown one shows itself.
    fn nothing(&mut self, id: SymbolId) {
        if let Some(given) = self.grammar.symbol(id).given {
            self.out.push_str(given.default_words());
        } else {
            self.out.push_str("((");
            self.out.push_str(self.grammar.name(id));
            self.out.push_str("))");
        }
    }

    fn tag(&mut self, tag: &'a Tag, depth: u32) {
        let pushed: Vec<_> = tag
            .actions
            .iter()
            .filter_map(|action| self.act(action, depth))
            .collect();
        let start = self.out.len();
        if let Some(symbol) = tag.symbol {
            self.symbol(symbol, depth);
        }
        if !tag.modifiers.is_empty() {
            let words = self.out.split_off(start);
            let words = tag
                .modifiers
                .iter()
                .fold(words, |words, modifier| modifier.apply(&words));
            self.out.push_str(&words);
        }
        for symbol in pushed.into_iter().rev() {
            self.pop(symbol);
        }
    }

    /// Gives the symbol that was pushed.
    fn act(&mut self, action: &'a Action, depth: u32) -> Option<SymbolId> {
        if self.exhausted(depth) {
            return None;
        }
        match action {
            Action::Push(symbol, rules) => {
                let words = rules.iter().map(|rule| self.aside(rule, depth)).collect();
                self.saved.push((*symbol, words));
                return Some(*symbol);
            }
            Action::Pop(symbol) => self.pop(*symbol),
            Action::Run(rule) => {
                self.aside(rule, depth);
            }
        }
        None
    }

    fn pop(&mut self, symbol: SymbolId) {
        if let Some(at) = self.saved.iter().rposition(|(saved, _)| *saved == symbol) {
            self.saved.remove(at);
        }
    }

    /// The words of a rule, not said.
    fn aside(&mut self, rule: &'a [Node], depth: u32) -> String {
        let start = self.out.len();
        self.rule(rule, depth);
        self.out.split_off(start)
    }
}
