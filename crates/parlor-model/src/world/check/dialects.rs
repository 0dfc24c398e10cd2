//! Checks the dialects and reads their files.

use super::cast::wrong_name;
use super::document::escape;
use super::findings::{Findings, list, shorten, suggest};
use super::meaning::Meaning;
use crate::world::file::{DEFAULT_DIALECT, DIALECT_BYTES_MAX, DialectTable};
use crate::world::{DialectKind, DialectSpec};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Most that the files of a world's dialects have together, in bytes.
const FILES_BYTES_MAX: usize = 256 << 20;

/// The names under `[dialects]`, sorted.
pub(super) fn names(json: &Value) -> Vec<String> {
    let tables = json.get("dialects").and_then(Value::as_object);
    let mut names: Vec<String> = tables.into_iter().flat_map(|t| t.keys().cloned()).collect();
    names.sort_unstable();
    names
}

/// Checks the dialects; a world without any gets the built-in one.
pub(super) fn check(
    meaning: &Meaning<'_>,
    tables: &BTreeMap<String, DialectTable>,
    findings: &mut Findings,
) -> BTreeMap<String, DialectSpec> {
    if meaning.dialects.is_empty() {
        return BTreeMap::from([(DEFAULT_DIALECT.to_owned(), built_in())]);
    }
    let mut bytes_left = FILES_BYTES_MAX;
    let mut specs = BTreeMap::new();
    for (name, table) in tables {
        let one = One {
            meaning,
            tables,
            name,
            table,
        };
        if let Some(spec) = one.check(&mut bytes_left, findings) {
            specs.insert(name.clone(), spec);
        }
    }
    specs
}

fn built_in() -> DialectSpec {
    DialectSpec::new(DialectKind::Gibberish)
}

/// One table under `[dialects]`.
struct One<'a> {
    meaning: &'a Meaning<'a>,
    tables: &'a BTreeMap<String, DialectTable>,
    name: &'a str,
    table: &'a DialectTable,
}

impl One<'_> {
    /// Where a key of the table has its value; the table itself where it has no such key.
    fn at(&self, key: &str) -> usize {
        self.meaning
            .at(&format!("/dialects/{}/{key}", escape(self.name)))
    }

    fn check(&self, bytes_left: &mut usize, findings: &mut Findings) -> Option<DialectSpec> {
        if let Some(wrong) = wrong_name(self.name) {
            findings.add(self.at(""), || format!("a dialect's name {wrong}"));
        }
        self.fallback(findings);
        let source = self.source(bytes_left, findings);
        let spec = DialectSpec {
            kind: self.table.kind?,
            source,
            rules: self.table.rules.clone(),
            fallback: self.table.fallback.clone(),
            model: self.table.model.clone(),
            who: self.table.who.clone(),
        };
        let is_readable = self.table.file.is_none() || spec.source.is_some();
        self.kind(&spec, is_readable, findings);
        Some(spec)
    }

    /// Is the kind there, and do its rules suit it?
    fn kind(&self, spec: &DialectSpec, is_readable: bool, findings: &mut Findings) {
        let entries = &self.meaning.vocabulary.dialects;
        let Some(entry) = entries.iter().find(|entry| entry.kind == spec.kind) else {
            findings.add(self.at("kind"), || {
                let kinds = list(entries.iter().map(|entry| kind_name(entry.kind)));
                (
                    format!(
                        "this program has no dialects of kind '{}'",
                        kind_name(spec.kind)
                    ),
                    (!kinds.is_empty()).then(|| format!("it has {kinds}")),
                )
            });
            return;
        };
        if !is_readable || findings.is_full() {
            return;
        }
        let key = if self.table.file.is_some() {
            "file"
        } else if self.table.rules.is_some() || self.table.model.is_none() {
            "rules"
        } else {
            "model"
        };
        for sentence in (entry.check)(spec) {
            findings.add(self.at(key), || {
                format!("dialect '{}': {sentence}", shorten(self.name))
            });
        }
    }

    fn fallback(&self, findings: &mut Findings) {
        let Some(fallback) = &self.table.fallback else {
            if self.table.kind == Some(DialectKind::Llm) {
                findings.add(self.at("kind"), || {
                    (
                        format!(
                            "dialect '{}' of kind 'llm' needs a fallback",
                            shorten(self.name)
                        ),
                        "add fallback = \"..\" with the name of a dialect that always has words"
                            .to_owned(),
                    )
                });
            }
            return;
        };
        let others = || {
            let usable = |(name, table): &(&String, &DialectTable)| {
                name.as_str() != self.name && table.kind != Some(DialectKind::Llm)
            };
            self.tables
                .iter()
                .filter(usable)
                .map(|(name, _)| name.as_str())
        };
        let wrong = if fallback == self.name {
            Some("is the dialect itself")
        } else if self.meaning.dialects.binary_search(fallback).is_err() {
            Some("does not exist")
        } else if self
            .tables
            .get(fallback)
            .is_some_and(|t| t.kind == Some(DialectKind::Llm))
        {
            Some("is of kind 'llm' and may fail as well")
        } else {
            None
        };
        if let Some(wrong) = wrong {
            findings.add(self.at("fallback"), || {
                (
                    format!("the fallback '{}' {wrong}", shorten(fallback)),
                    suggest(
                        fallback,
                        "dialects that can be one",
                        others().collect::<Vec<_>>(),
                    ),
                )
            });
        }
    }

    /// What the dialect's file holds.
    fn source(&self, bytes_left: &mut usize, findings: &mut Findings) -> Option<Arc<[u8]>> {
        let path = self.table.file.as_deref()?;
        if self.table.rules.is_some() {
            findings.add(self.at("rules"), || {
                (
                    format!("dialect '{}' has both a file and rules", shorten(self.name)),
                    "keep one of them".to_owned(),
                )
            });
        }
        if !is_inside(path) {
            findings.add(self.at("file"), || {
                (
                    format!(
                        "'{}' is not inside the directory of this file",
                        shorten(path)
                    ),
                    "write a relative path without '..', with / between its parts".to_owned(),
                )
            });
            return None;
        }
        if findings.is_full() {
            return None;
        }
        match (self.meaning.read)(path) {
            Ok(bytes) if bytes.len() > DIALECT_BYTES_MAX.min(*bytes_left) => {
                findings.add(self.at("file"), || {
                    format!(
                        "'{}' is too large: a dialect's file has at most {} MiB, and all of them {} MiB",
                        shorten(path),
                        DIALECT_BYTES_MAX >> 20,
                        FILES_BYTES_MAX >> 20
                    )
                });
                None
            }
            Ok(bytes) => {
                *bytes_left -= bytes.len();
                Some(bytes.into())
            }
            Err(reason) => {
                findings.add(self.at("file"), || {
                    format!("'{}' can't be read: {reason}", shorten(path))
                });
                None
            }
        }
    }
}

/// A relative path that stays below the directory it starts from, on every system.
pub(super) fn is_inside(path: &str) -> bool {
    !path.contains(['\\', ':'])
        && !path.chars().any(char::is_control)
        && path.split('/').all(|part| !part.is_empty() && part != "..")
}

fn kind_name(kind: DialectKind) -> &'static str {
    match kind {
        DialectKind::Gibberish => "gibberish",
        DialectKind::Markov => "markov",
        DialectKind::Grammar => "grammar",
        DialectKind::Template => "template",
        DialectKind::Replay => "replay",
        DialectKind::Llm => "llm",
    }
}
