//! Lines from a [Tracery](https://tracery.io) grammar that answers what was said.
//!
//! A grammar is a JSON object: symbol → rule or list of rules. A rule is text with `#symbol#`,
//! `#symbol.modifier#` and actions `[key:value]`, `[key:#symbol#]`, `[key:POP]`; a backslash makes
//! `#`, `[`, `]` and `,` ordinary. Modifiers: `capitalize`, `capitalizeAll`, `a`, `s`, `firstS`, `ed`,
//! `uppercase`, `lowercase`, `inQuotes`, `comma`, `replace(old,new)`. An action without a colon
//! (`[sighs]`) says and does nothing, as everywhere.
//!
//! # Where a line begins
//! At the most specific symbol that the grammar has, by *occasion*, *cue* and speaker:
//! `reply:food@joey`, then `reply:food` (then the same for the next cue), `reply@joey`, `reply`,
//! and at last `origin`. Occasions: `open`, `reply`, `gossip` (else `open`), `aside` (else
//! `reply`), and `last`, a reply that closes the conversation (else `reply`).
//!
//! # Cues
//! A symbol `cue:food` lists words and phrases. The cue is on when one stands in the line that is
//! answered (for an opening in the topic, for gossip in what is passed on). Those of its last
//! sentence count before others, then longer before shorter, first before later. Built-in cues need
//! no words: `angry` (sentiment at most -0.5) comes before all others (but for a phrase of several
//! words in the last sentence), because anger is answered first; yet before it, four times in ten,
//! comes `grudge`: something that the one spoken to said in anger some time ago comes to mind.
//! Behind them come `kind` (at least 0.5), `question` (ends with `?`), `shout` (ends with
//! `!`) and `before` (the other one has said something earlier to come back to).
//!
//! # Provided symbols
//! `#me#`, `#you#`, `#topic#`, `#heard#` (the line, shortened), `#keyword#` (its most telling word),
//! `#before#` (a telling word of what the other one said earlier), `#who#` and `#quote#` (for
//! gossip), `#catchphrase#`, `#like#`, `#other#` (somebody else who is here or was mentioned),
//! `#recalled#` (an older line that fits, where the world's `[memory] recall` is more than 0) and
//! `#recalled_who#` (who said it). A
//! grammar's own rules of that name speak when the prompt has nothing to provide. What is provided
//! is data: `#x#` in a heard line stays as it is.

mod check;
mod entrance;
mod expand;
mod given;
mod modifier;
mod parse;
mod sheet;
mod words;

use crate::text::tidy;
use async_trait::async_trait;
use entrance::{EntranceName, Entrances, Occasion};
use expand::Expansion;
use given::{Facts, Given};
use parlor_model::dice::Roll;
use parlor_model::{Prompt, Purpose};
use parlor_ports::dialect::{Dialect, Utterance};
use parlor_ports::error::{PortError, PortResult};
use parse::{Names, Rule, SymbolId};
use words::{CueId, CueIndex, Found};

/// Times that a line is rolled again when somebody has just said the same.
const REPEATS_MAX: usize = 3;
/// Lines that begin alike for so many bytes are the same to a listener, whatever a slot holds.
const ALIKE_BYTES: usize = 20;
/// VADER's compound score from which a line counts as kind, and below whose opposite as angry.
const STRONG_FEELING: f64 = 0.5;
/// How often a grudge comes up where there is one: a friend who speaks of nothing else is no fun.
const GRUDGE_CHANCE: f64 = 0.4;

/// Cues that need no words, in the order in which they are answered.
const BUILT_IN_CUES: [(&str, Feature); 6] = [
    ("grudge", Feature::Grudge),
    ("angry", Feature::Angry),
    ("kind", Feature::Kind),
    ("question", Feature::Question),
    ("shout", Feature::Shout),
    ("before", Feature::Before),
];

#[derive(Debug, Clone, Copy)]
enum Feature {
    Grudge,
    Angry,
    Kind,
    Question,
    Shout,
    Before,
}

/// Why a grammar can't be read: every fault that was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("; "))]
pub struct InvalidGrammar(pub Vec<String>);

/// A compiled grammar.
#[derive(Debug, Clone)]
pub struct Grammar {
    names: Names,
    symbols: Vec<Symbol>,
    entrances: Entrances,
    cue_index: CueIndex,
    cue_names: Vec<String>,
    cast: Vec<String>,
}

#[derive(Debug, Clone, Default)]
struct Symbol {
    rules: Vec<Rule>,
    /// The grammar lists it, with rules or without.
    defined: bool,
    given: Option<Given>,
}

impl Grammar {
    /// Compiles the text of a grammar's JSON file.
    ///
    /// # Errors
    /// [`InvalidGrammar`]: JSON that is none, with line and column; rules that don't parse, with
    /// symbol, number and column.
    pub fn parse(json: &str) -> Result<Self, InvalidGrammar> {
        sheet::read(json).and_then(|sheet| Self::compile(&sheet))
    }

    /// Compiles rules that stand in a world file.
    ///
    /// # Errors
    /// [`InvalidGrammar`], as above.
    pub fn from_rules(rules: &serde_json::Value) -> Result<Self, InvalidGrammar> {
        sheet::from_value(rules).and_then(|sheet| Self::compile(&sheet))
    }

    /// The display names that `#other#` may find in what was said.
    #[must_use]
    pub fn with_cast(mut self, names: Vec<String>) -> Self {
        self.cast = names;
        self
    }

    /// What is wrong with it although it parses: unknown symbols, modifiers and cues, nowhere to
    /// begin, symbols that can never end. Each a sentence.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        check::problems(self)
    }

    /// Slugs of characters that it has lines for, each once.
    #[must_use]
    pub fn slugs(&self) -> Vec<&str> {
        let mut slugs: Vec<_> = self.entrances.slugs().collect();
        slugs.sort_unstable();
        slugs.dedup();
        slugs
    }

    /// Expands one symbol as plain Tracery does, without a prompt.
    #[must_use]
    pub fn expand(&self, symbol: &str, roll: &mut Roll) -> String {
        match self.names.find(symbol) {
            Some(id) => Expansion::new(self, None, roll).run(id),
            None => format!("(({symbol}))"),
        }
    }

    /// A line for a prompt; `None` when the grammar has nowhere to begin.
    #[must_use]
    pub fn line(&self, prompt: &Prompt) -> Option<String> {
        let facts = Facts::new(prompt, &self.cast);
        let origin = self.origin(prompt, &facts)?;
        let mut roll = prompt.dice.roll("dialect.grammar");
        let mut line = self.roll_line(origin, facts, &mut roll);
        for _ in 0..REPEATS_MAX {
            if !prompt.memory.iter().any(|said| is_alike(&said.text, &line)) {
                break;
            }
            line = self.roll_line(origin, facts, &mut roll);
        }
        Some(line)
    }

    fn roll_line(&self, origin: SymbolId, facts: Facts<'_>, roll: &mut Roll) -> String {
        tidy(Expansion::new(self, Some(facts), roll).run(origin))
    }

    fn origin(&self, prompt: &Prompt, facts: &Facts<'_>) -> Option<SymbolId> {
        let occasions: &[Occasion] = match (&prompt.purpose, prompt.last) {
            (Purpose::Reply, true) => &[Occasion::Last, Occasion::Reply],
            (Purpose::Reply, false) => &[Occasion::Reply],
            (Purpose::Open, _) => &[Occasion::Open],
            (Purpose::Gossip(_), _) => &[Occasion::Gossip, Occasion::Open],
            (Purpose::Aside, _) => &[Occasion::Aside, Occasion::Reply],
        };
        let found = facts
            .heard()
            .map(|heard| self.cue_index.find(heard))
            .unwrap_or_default();
        let is_on = |cue: CueId| {
            let built_in = BUILT_IN_CUES.get(usize::from(cue.0));
            found.cues.contains(&cue) || built_in.is_some_and(|(_, it)| is_on(*it, prompt, facts))
        };
        let slug = prompt.speaker.slug.as_str();
        self.entrances
            .find(occasions, &with_built_in(&found), slug, &is_on)
    }

    fn compile(sheet: &[(String, Vec<String>)]) -> Result<Self, InvalidGrammar> {
        let mut grammar = Self {
            names: Names::default(),
            symbols: Vec::new(),
            entrances: Entrances::default(),
            cue_index: CueIndex::default(),
            cue_names: BUILT_IN_CUES
                .iter()
                .map(|(name, _)| (*name).to_owned())
                .collect(),
            cast: Vec::new(),
        };
        let rules = grammar.parse_rules(sheet)?;
        grammar.symbols = (grammar.names.all().iter())
            .map(|name| Symbol {
                given: Given::named(name),
                ..Symbol::default()
            })
            .collect();
        for (id, rules) in rules {
            let symbol = &mut grammar.symbols[id.0 as usize];
            symbol.rules = rules;
            symbol.defined = true;
        }
        grammar.add_cues(sheet)?;
        grammar.add_entrances();
        Ok(grammar)
    }

    fn parse_rules(
        &mut self,
        sheet: &[(String, Vec<String>)],
    ) -> Result<Vec<(SymbolId, Vec<Rule>)>, InvalidGrammar> {
        let mut faults = Vec::new();
        let mut compiled = Vec::with_capacity(sheet.len());
        for (name, rules) in sheet {
            let id = self.names.id(name);
            let mut trees = Vec::with_capacity(rules.len());
            for (number, rule) in rules.iter().enumerate() {
                match parse::parse_rule(rule, &mut self.names) {
                    Ok(tree) => trees.push(tree),
                    Err(fault) => faults.push(format!(
                        "symbol '{name}', rule {}, column {}: {}",
                        number + 1,
                        fault.column,
                        fault.message
                    )),
                }
            }
            compiled.push((id, trees));
        }
        if faults.is_empty() {
            Ok(compiled)
        } else {
            Err(InvalidGrammar(faults))
        }
    }

    fn add_cues(&mut self, sheet: &[(String, Vec<String>)]) -> Result<(), InvalidGrammar> {
        for (name, phrases) in sheet {
            let Some(cue) = name.strip_prefix("cue:") else {
                continue;
            };
            let id = self.cue(cue).map_or_else(|| self.new_cue(cue), Ok)?;
            for phrase in phrases {
                self.cue_index.add(phrase, id);
            }
        }
        Ok(())
    }

    fn new_cue(&mut self, name: &str) -> Result<CueId, InvalidGrammar> {
        let id = u16::try_from(self.cue_names.len())
            .map_err(|_| InvalidGrammar(vec![format!("more than {} cues", u16::MAX)]))?;
        self.cue_names.push(name.to_owned());
        Ok(CueId(id))
    }

    fn add_entrances(&mut self) {
        let filled: Vec<_> = self
            .defined()
            .filter(|(_, s)| !s.rules.is_empty())
            .map(|(id, _)| id)
            .collect();
        for id in filled {
            let name = self.names.name(id).to_owned();
            if name == "origin" {
                self.entrances.set_origin(id);
            } else if let Some(entrance) = EntranceName::read(&name) {
                let cue = entrance.cue.map(|cue| self.cue(cue));
                // An unknown cue is never on; the check tells.
                if cue != Some(None) {
                    self.entrances
                        .add(entrance.occasion, cue.flatten(), entrance.slug, id);
                }
            }
        }
    }

    fn symbol(&self, id: SymbolId) -> &Symbol {
        &self.symbols[id.0 as usize]
    }

    fn name(&self, id: SymbolId) -> &str {
        self.names.name(id)
    }

    /// The symbols that the grammar lists, in their order.
    fn defined(&self) -> impl Iterator<Item = (SymbolId, &Symbol)> {
        (0..)
            .map(SymbolId)
            .zip(&self.symbols)
            .filter(|(_, symbol)| symbol.defined)
    }

    fn cue(&self, name: &str) -> Option<CueId> {
        let at = self.cue_names.iter().position(|cue| cue == name)?;
        u16::try_from(at).ok().map(CueId)
    }

    fn cue_names(&self) -> impl Iterator<Item = &str> {
        self.cue_names.iter().map(String::as_str)
    }
}

/// The cues among the words and all built-in ones, the strongest first.
fn with_built_in(found: &Found) -> Vec<CueId> {
    let mut cues = found.cues.clone();
    for (number, (_, feature)) in (0..).zip(BUILT_IN_CUES) {
        let first = usize::from(found.phrase_last);
        let at = match feature {
            Feature::Grudge => 0,
            // Behind the grudge.
            Feature::Angry => first + 1,
            _ => cues.len(),
        };
        cues.insert(at, CueId(number));
    }
    cues
}

fn is_alike(said: &str, line: &str) -> bool {
    let start = line.as_bytes().get(..ALIKE_BYTES);
    said == line || (start.is_some() && said.as_bytes().get(..ALIKE_BYTES) == start)
}

fn is_on(feature: Feature, prompt: &Prompt, facts: &Facts<'_>) -> bool {
    let feeling = match prompt.purpose {
        Purpose::Reply | Purpose::Aside => prompt.heard().map_or(0.0, |line| line.sentiment),
        Purpose::Open | Purpose::Gossip(_) => 0.0,
    };
    let ends_with = |mark| {
        facts.heard().is_some_and(|heard| {
            heard
                .trim_end_matches([' ', '"', '”', '\'', ')'])
                .ends_with(mark)
        })
    };
    match feature {
        Feature::Grudge => {
            facts.has_grudge(-STRONG_FEELING)
                && prompt.dice.chance("dialect.grammar/grudge", GRUDGE_CHANCE)
        }
        Feature::Angry => feeling <= -STRONG_FEELING,
        Feature::Kind => feeling >= STRONG_FEELING,
        Feature::Question => ends_with('?'),
        Feature::Shout => ends_with('!'),
        Feature::Before => matches!(prompt.purpose, Purpose::Reply) && facts.before().is_some(),
    }
}

#[async_trait]
impl Dialect for Grammar {
    async fn speak(&self, prompt: &Prompt) -> PortResult<Utterance> {
        self.line(prompt)
            .map(|text| Utterance {
                text,
                fallback: false,
            })
            .ok_or_else(|| {
                PortError::terminal("grammar", "no symbol fits: add 'origin' to its rules")
            })
    }
}
