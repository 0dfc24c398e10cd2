//! The JSON form of a grammar, read so that faults keep their place.

use super::InvalidGrammar;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::collections::HashSet;
use std::fmt;

/// Symbols with their rules, in the file's order.
pub(super) type Sheet = Vec<(String, Vec<String>)>;

/// Reads the text of a grammar file.
pub(super) fn read(json: &str) -> Result<Sheet, InvalidGrammar> {
    let raw: Symbols =
        serde_json::from_str(json.trim_start_matches('\u{feff}')).map_err(invalid)?;
    Ok(raw.0)
}

/// Reads rules that stand in a world file.
pub(super) fn from_value(rules: &serde_json::Value) -> Result<Sheet, InvalidGrammar> {
    Ok(Symbols::deserialize(rules).map_err(invalid)?.0)
}

fn invalid(error: impl fmt::Display) -> InvalidGrammar {
    InvalidGrammar(vec![format!("not a grammar: {error}")])
}

struct Symbols(Sheet);

impl<'de> Deserialize<'de> for Symbols {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(SymbolsVisitor)
    }
}

struct SymbolsVisitor;

impl<'de> Visitor<'de> for SymbolsVisitor {
    type Value = Symbols;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of symbols, each with a rule or a list of rules")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Symbols, A::Error> {
        let mut seen = HashSet::new();
        let mut sheet = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            if !seen.insert(name.clone()) {
                return Err(A::Error::custom(format_args!(
                    "the symbol '{name}' stands here a second time"
                )));
            }
            let Rules(rules) = map.next_value()?;
            sheet.push((name, rules));
        }
        Ok(Symbols(sheet))
    }
}

struct Rules(Vec<String>);

impl<'de> Deserialize<'de> for Rules {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RulesVisitor)
    }
}

struct RulesVisitor;

impl<'de> Visitor<'de> for RulesVisitor {
    type Value = Rules;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a rule or a list of rules (texts)")
    }

    fn visit_str<E: Error>(self, rule: &str) -> Result<Rules, E> {
        Ok(Rules(vec![rule.to_owned()]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Rules, A::Error> {
        let mut rules = Vec::new();
        while let Some(rule) = list.next_element()? {
            rules.push(rule);
        }
        Ok(Rules(rules))
    }
}
