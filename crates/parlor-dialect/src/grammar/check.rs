//! What is wrong with a grammar that parses, before anybody speaks it.

use super::entrance::EntranceName;
use super::parse::{Action, Node, Rule, SymbolId};
use super::{Grammar, given, modifier};
use std::collections::HashSet;

/// Most problems that are told at once.
const PROBLEMS_MAX: usize = 50;

/// Everything that is wrong with `grammar`, each a sentence.
pub(super) fn problems(grammar: &Grammar) -> Vec<String> {
    let mut problems = Vec::new();
    let pushed = pushed_symbols(grammar);
    for (id, symbol) in grammar.defined() {
        let name = grammar.name(id);
        if symbol.rules.is_empty() {
            problems.push(format!(
                "the symbol '{name}' has no rules: give it one, or take it out"
            ));
        }
        for (number, rule) in symbol.rules.iter().enumerate() {
            let place = format!("symbol '{name}', rule {}", number + 1);
            check_rule(grammar, rule, &pushed, &place, &mut problems);
        }
        check_entrance(grammar, name, &mut problems);
    }
    if !grammar.entrances.serves_everybody() {
        problems.push(
            "the grammar has nowhere to begin: give it the symbol 'origin', or both 'open' and 'reply'"
                .to_owned(),
        );
    }
    problems.extend(endless(grammar, &pushed));
    problems.truncate(PROBLEMS_MAX);
    problems
}

fn check_entrance(grammar: &Grammar, name: &str, problems: &mut Vec<String>) {
    let Some(EntranceName { cue: Some(cue), .. }) = EntranceName::read(name) else {
        return;
    };
    if grammar.cue(cue).is_none() {
        let help = nearest(cue, grammar.cue_names()).map_or_else(
            || format!("add a list of words 'cue:{cue}'"),
            |near| format!("is it '{near}'? else add a list of words 'cue:{cue}'"),
        );
        problems.push(format!(
            "the symbol '{name}' answers to '{cue}', which is no cue ({help})"
        ));
    }
}

fn check_rule(
    grammar: &Grammar,
    rule: &Rule,
    pushed: &HashSet<SymbolId>,
    place: &str,
    problems: &mut Vec<String>,
) {
    each_node(rule, &mut |node| match node {
        Node::Symbol(id) => check_symbol(grammar, *id, pushed, place, problems),
        Node::Tag(tag) => {
            if let Some(id) = tag.symbol {
                check_symbol(grammar, id, pushed, place, problems);
            }
            for modifier in &tag.modifiers {
                if let modifier::Modifier::Unknown(name) = modifier {
                    let known = modifier::NAMES.join(", ");
                    problems.push(format!(
                        "{place}: there is no modifier '{name}' (there are {known})"
                    ));
                }
            }
        }
        Node::Text(_) | Node::Act(_) => {}
    });
}

fn check_symbol(
    grammar: &Grammar,
    id: SymbolId,
    pushed: &HashSet<SymbolId>,
    place: &str,
    problems: &mut Vec<String>,
) {
    let symbol = grammar.symbol(id);
    if symbol.defined || symbol.given.is_some() || pushed.contains(&id) {
        return;
    }
    let known = grammar
        .defined()
        .map(|(id, _)| grammar.name(id))
        .chain(given::ALL.iter().map(|g| g.0));
    let name = grammar.name(id);
    let help = nearest(name, known).map_or_else(
        || "give it rules, or write \\# for the character".to_owned(),
        |near| format!("is it '{near}'?"),
    );
    problems.push(format!("{place}: there is no symbol '{name}' ({help})"));
}

/// Symbols that some action sets.
fn pushed_symbols(grammar: &Grammar) -> HashSet<SymbolId> {
    let mut pushed = HashSet::new();
    for (_, symbol) in grammar.defined() {
        for rule in &symbol.rules {
            each_action(rule, &mut |action| {
                if let Action::Push(symbol, _) = action {
                    pushed.insert(*symbol);
                }
            });
        }
    }
    pushed
}

/// Symbols that can't end: every rule leads on to one of them.
fn endless(grammar: &Grammar, pushed: &HashSet<SymbolId>) -> Vec<String> {
    let mut ending: HashSet<SymbolId> = pushed.clone();
    loop {
        let before = ending.len();
        for (id, symbol) in grammar.defined() {
            if !ending.contains(&id) && symbol.rules.iter().any(|rule| ends(grammar, rule, &ending))
            {
                ending.insert(id);
            }
        }
        if ending.len() == before {
            break;
        }
    }
    grammar
        .defined()
        .filter(|(id, symbol)| !ending.contains(id) && !symbol.rules.is_empty())
        .map(|(id, _)| {
            let name = grammar.name(id);
            format!("the symbol '{name}' can never end: every rule of it leads back to itself (add one that does not)")
        })
        .collect()
}

fn ends(grammar: &Grammar, rule: &Rule, ending: &HashSet<SymbolId>) -> bool {
    let mut all = true;
    each_node(rule, &mut |node| {
        let id = match node {
            Node::Symbol(id) => Some(*id),
            Node::Tag(tag) => tag.symbol,
            Node::Text(_) | Node::Act(_) => None,
        };
        // An unknown symbol, or a list without rules, is a problem of its own; it ends.
        all &= id.is_none_or(|id| ending.contains(&id) || grammar.symbol(id).rules.is_empty());
    });
    all
}

/// Every node of a rule, those inside actions too. The parser bounds the depth.
fn each_node<'a>(rule: &'a [Node], see: &mut dyn FnMut(&'a Node)) {
    for node in rule {
        see(node);
        let actions = match node {
            Node::Tag(tag) => tag.actions.as_slice(),
            Node::Act(action) => std::slice::from_ref(action),
            Node::Text(_) | Node::Symbol(_) => &[],
        };
        for action in actions {
            match action {
                Action::Push(_, rules) => rules.iter().for_each(|rule| each_node(rule, see)),
                Action::Run(rule) => each_node(rule, see),
                Action::Pop(_) => {}
            }
        }
    }
}

fn each_action<'a>(rule: &'a [Node], see: &mut dyn FnMut(&'a Action)) {
    each_node(rule, &mut |node| match node {
        Node::Tag(tag) => tag.actions.iter().for_each(&mut *see),
        Node::Act(action) => see(action),
        Node::Text(_) | Node::Symbol(_) => {}
    });
}

/// The known name that is most like `name`, if any is like it.
fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 2.min(candidate.chars().count() / 2))
        .min()
        .map(|(_, candidate)| candidate)
}
