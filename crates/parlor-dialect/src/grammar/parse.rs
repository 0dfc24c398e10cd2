//! From the text of a rule to a tree: done once, so that nothing is parsed while somebody speaks.

use super::modifier::Modifier;
use std::collections::HashMap;

/// A symbol of one grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct SymbolId(pub(super) u32);

/// A piece of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    /// Words.
    Text(Box<str>),
    /// `#symbol#`.
    Symbol(SymbolId),
    /// `#[action]symbol.modifier#`.
    Tag(Box<Tag>),
    /// `[action]`.
    Act(Action),
}

/// A rule.
pub(super) type Rule = Box<[Node]>;

/// A tag with actions before its symbol or modifiers after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tag {
    /// They hold while the symbol is expanded.
    pub(super) actions: Vec<Action>,
    /// `None` for actions alone.
    pub(super) symbol: Option<SymbolId>,
    /// Applied in order.
    pub(super) modifiers: Vec<Modifier>,
}

/// Something in brackets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Action {
    /// `[key:rule,rule]`: from here on the symbol is one of these, as expanded here.
    Push(SymbolId, Vec<Rule>),
    /// `[key:POP]`: what it was before.
    Pop(SymbolId),
    /// `[#symbol#]`: for its actions, its words are dropped.
    Run(Rule),
}

/// What is wrong with a rule, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SyntaxError {
    /// From 1, in characters.
    pub(super) column: usize,
    /// What.
    pub(super) message: String,
}

/// Numbers the symbols of a grammar.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    by_name: HashMap<Box<str>, SymbolId>,
    names: Vec<Box<str>>,
}

impl Names {
    /// The number of `name`, a new one for a new name.
    pub(super) fn id(&mut self, name: &str) -> SymbolId {
        if let Some(id) = self.by_name.get(name) {
            return *id;
        }
        let id = SymbolId(u32::try_from(self.names.len()).unwrap_or(u32::MAX));
        self.by_name.insert(name.into(), id);
        self.names.push(name.into());
        id
    }

    /// The number of `name`, if it has one.
    pub(super) fn find(&self, name: &str) -> Option<SymbolId> {
        self.by_name.get(name).copied()
    }

    /// The name of a number that was given out.
    pub(super) fn name(&self, id: SymbolId) -> &str {
        &self.names[id.0 as usize]
    }

    /// All names, in the order of their numbers.
    pub(super) fn all(&self) -> &[Box<str>] {
        &self.names
    }
}

/// Deepest nesting of tags and actions in one rule.
const NESTING_MAX: usize = 32;

/// Parses one rule.
pub(super) fn parse_rule(text: &str, names: &mut Names) -> Result<Rule, SyntaxError> {
    let mut parser = Parser {
        text,
        at: 0,
        names,
        nesting: 0,
    };
    let rule = parser.nodes(false)?;
    match parser.peek() {
        None => Ok(rule),
        Some(_) => Err(parser.fault(parser.at, "']' without '[': write \\] for a bracket")),
    }
}

struct Parser<'a> {
    text: &'a str,
    /// In bytes, always at a character.
    at: usize,
    names: &'a mut Names,
    nesting: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn fault(&self, at: usize, message: impl Into<String>) -> SyntaxError {
        SyntaxError {
            column: self.text[..at].chars().count() + 1,
            message: message.into(),
        }
    }

    fn nested<T>(
        &mut self,
        inner: impl FnOnce(&mut Self) -> Result<T, SyntaxError>,
    ) -> Result<T, SyntaxError> {
        self.nesting += 1;
        if self.nesting > NESTING_MAX {
            return Err(self.fault(self.at, format!("nested more than {NESTING_MAX} deep")));
        }
        let result = inner(self);
        self.nesting -= 1;
        result
    }

    /// Up to the end of the text, a `]`, or, inside an action, a `,`; none of them is taken.
    fn nodes(&mut self, in_action: bool) -> Result<Rule, SyntaxError> {
        let mut nodes = Vec::new();
        let mut words = String::new();
        while let Some(c) = self.peek() {
            if c == ']' || (in_action && c == ',') {
                break;
            }
            if c != '#' && c != '[' {
                words.push(self.literal(c));
                continue;
            }
            if !words.is_empty() {
                nodes.push(Node::Text(std::mem::take(&mut words).into()));
            }
            nodes.push(if c == '#' {
                self.nested(Self::tag)?
            } else {
                Node::Act(self.nested(Self::action)?)
            });
        }
        if !words.is_empty() {
            nodes.push(Node::Text(words.into()));
        }
        Ok(nodes.into())
    }

    /// Takes one character of text; a backslash makes the next one ordinary.
    fn literal(&mut self, c: char) -> char {
        self.next();
        if c == '\\' {
            self.next().unwrap_or(c)
        } else {
            c
        }
    }

    fn tag(&mut self) -> Result<Node, SyntaxError> {
        let start = self.at;
        self.next();
        let mut actions = Vec::new();
        while self.peek() == Some('[') {
            actions.push(self.nested(Self::action)?);
        }
        let name = self.until(&['.', '#', '[', ']']);
        if name.is_empty() && actions.is_empty() {
            return Err(self.fault(
                start,
                "a tag without a name: write #symbol#, or \\# for the character",
            ));
        }
        let symbol = (!name.is_empty()).then(|| self.names.id(&name));
        let mut modifiers = Vec::new();
        loop {
            match self.next() {
                Some('#') => break,
                Some('.') => modifiers.push(self.modifier()?),
                Some(c) => {
                    return Err(self.fault(self.at - c.len_utf8(), format!("'{c}' inside a tag")));
                }
                None => {
                    return Err(self.fault(
                        start,
                        "this # has no partner: write #symbol#, or \\# for the character",
                    ));
                }
            }
        }
        Ok(match (symbol, actions.is_empty() && modifiers.is_empty()) {
            (Some(symbol), true) => Node::Symbol(symbol),
            _ => Node::Tag(Box::new(Tag {
                actions,
                symbol,
                modifiers,
            })),
        })
    }

    fn modifier(&mut self) -> Result<Modifier, SyntaxError> {
        let start = self.at;
        let name = self.until(&['.', '#', '(']);
        let mut parameters = Vec::new();
        if self.peek() == Some('(') {
            self.next();
            let inside = self.until(&[')']);
            if self.next().is_none() {
                return Err(self.fault(start, "this modifier's ( is not closed"));
            }
            parameters = inside.split(',').map(str::to_owned).collect();
        }
        if name.is_empty() {
            return Err(self.fault(start, "a modifier without a name after '.'"));
        }
        Modifier::new(&name, &parameters).map_err(|message| self.fault(start, message))
    }

    fn action(&mut self) -> Result<Action, SyntaxError> {
        let start = self.at;
        self.next();
        if self.peek() == Some('#') {
            let rule = self.nodes(false)?;
            self.close_action(start)?;
            return Ok(Action::Run(rule));
        }
        let key = self.until(&[':', ']', '#', '[']);
        if !key.is_empty() && self.peek() == Some(']') {
            // Tracery takes it for a call of a function, and has none.
            self.next();
            return Ok(Action::Run(Rule::default()));
        }
        if key.is_empty() || self.peek() != Some(':') {
            let help = "is not an action: write [key:value], or \\[ for a bracket";
            return Err(self.fault(start, format!("'[{key}' {help}")));
        }
        self.next();
        let symbol = self.names.id(&key);
        let mut rules = vec![self.nodes(true)?];
        while self.peek() == Some(',') {
            self.next();
            rules.push(self.nodes(true)?);
        }
        self.close_action(start)?;
        Ok(match rules.as_slice() {
            [only] if matches!(&**only, [Node::Text(text)] if &**text == "POP") => {
                Action::Pop(symbol)
            }
            _ => Action::Push(symbol, rules),
        })
    }

    fn close_action(&mut self, start: usize) -> Result<(), SyntaxError> {
        match self.next() {
            Some(']') => Ok(()),
            _ => Err(self.fault(
                start,
                "this [ is not closed: end it with ], or write \\[ for a bracket",
            )),
        }
    }

    /// The text up to one of `stops`, which is not taken. A backslash makes the next one ordinary.
    fn until(&mut self, stops: &[char]) -> String {
        let mut text = String::new();
        while let Some(c) = self.peek() {
            if stops.contains(&c) {
                break;
            }
            text.push(self.literal(c));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Rule, SyntaxError> {
        parse_rule(text, &mut Names::default())
    }

    #[test]
    fn a_fault_names_its_column_and_the_remedy() {
        for (text, column, part) in [
            ("one #two", 5, "no partner"),
            ("ä #two", 3, "no partner"),
            ("[]", 1, "write [key:value], or \\["),
            ("[sighs", 1, "write [key:value], or \\["),
            ("a]", 2, "without '['"),
            ("[a:b", 1, "not closed"),
            ("##", 1, "without a name"),
            ("#a.#", 4, "without a name"),
            ("#a.replace(b#", 4, "not closed"),
            ("#a.replace(b)#", 4, "replace(old,new)"),
            ("#a[b]#", 3, "inside a tag"),
        ] {
            let error = parse(text).unwrap_err();
            assert_eq!(error.column, column, "{text}: {error:?}");
            assert!(error.message.contains(part), "{text}: {error:?}");
        }
    }

    #[test]
    fn nesting_is_bounded() {
        assert!(parse(&"[a:#".repeat(1_000)).is_err());
        assert!(parse(&"#[a:".repeat(100_000)).is_err());
    }

    #[test]
    fn an_escaped_hash_or_bracket_is_text() {
        let rule = parse(r"\#1 \[x\] \\").unwrap();
        assert_eq!(&*rule, &[Node::Text(r"#1 [x] \".into())]);
    }
}
