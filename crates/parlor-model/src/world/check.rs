//! Reads a world file and says everything that is wrong with it, each with its place.

mod cards;
mod cast;
mod dialects;
mod document;
mod findings;
mod meaning;
mod places;
mod routes;
mod schema;
mod shape;
mod words;

use crate::world::file::WorldFile;
use crate::world::{DialectKind, DialectSpec, World};
use document::Document;
use findings::Findings;
use meaning::Meaning;
use shape::Extent;
use std::fmt;

/// What the file format borrows from elsewhere: the mechanics of the engine and the kinds of
/// dialect that this program has. The binary puts them together.
#[derive(Debug, Clone, Default)]
pub struct Vocabulary {
    /// Tables that may stand under `[mechanics]`.
    pub mechanics: Vec<MechanicEntry>,
    /// Kinds that may stand in `[dialects.*] kind`.
    pub dialects: Vec<DialectEntry>,
}

/// What a dialect must be for somebody who names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Anything.
    Any,
    /// Anything but a language model: its words must come at once.
    Script,
    /// A language model: it is asked for more than words.
    Model,
}

/// A mechanic, as far as the file format is concerned.
#[derive(Debug, Clone, Copy)]
pub struct MechanicEntry {
    /// The table's name under `[mechanics]`.
    pub name: &'static str,
    /// JSON Schema of its settings.
    pub schema: fn() -> serde_json::Value,
    /// Characters (slugs) that its settings name, each with its key: they must be in the cast.
    pub characters: fn(&serde_json::Value) -> Vec<(&'static str, String)>,
    /// Dialects that its settings name, each with its key and what it must be.
    pub dialects: fn(&serde_json::Value) -> Vec<(&'static str, String, Needs)>,
    /// True when it needs places, and everybody's home.
    pub needs_places: bool,
    /// True when it brings its own cast: then the file need not have one.
    pub brings_cast: bool,
    /// True when what it makes is some person's own: the world must be for people who sign in.
    pub needs_sessions: bool,
}

/// A kind of dialect, as far as the file format is concerned.
#[derive(Debug, Clone, Copy)]
pub struct DialectEntry {
    /// The kind.
    pub kind: DialectKind,
    /// Problems of a dialect's file or rules, each a sentence.
    pub check: fn(&DialectSpec) -> Vec<String>,
}

/// One thing that is wrong with a world file.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// The file, as the caller named it.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}:{}: {}",
            self.file, self.line, self.column, self.message
        )?;
        if let Some(help) = &self.help {
            write!(f, " ({help})")?;
        }
        Ok(())
    }
}

/// Everything that is wrong with a world file, in the file's order; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// Reads a world from the text of its file. `file` is its name for messages; `read` gives the bytes
/// of a file that it names, by its path relative to the world file (paths that leave its directory
/// are refused before).
///
/// # Errors
/// [`Problems`]: every one that can be found, not the first.
pub fn load(
    source: &str,
    file: &str,
    vocabulary: &Vocabulary,
    read: &dyn Fn(&str) -> Result<Vec<u8>, String>,
) -> Result<World, Problems> {
    let mut findings = Findings::default();
    let world = examine(source, vocabulary, read, &mut findings);
    match world {
        Some(world) if findings.is_empty() => Ok(world),
        _ => Err(Problems(findings.into_problems(source, file))),
    }
}

/// Syntax, then shape, then meaning; each goes on with what the one before left whole. There is no
/// world exactly when there are findings.
fn examine(
    source: &str,
    vocabulary: &Vocabulary,
    read: &dyn Fn(&str) -> Result<Vec<u8>, String>,
    findings: &mut Findings,
) -> Option<World> {
    let document = Document::parse(source, findings)?;
    let syntax_errors = findings.len();
    let mut json = document.to_json(findings);
    let dialects = dialects::names(&json);
    let extent = if syntax_errors == 0 {
        Extent::Whole
    } else {
        Extent::Fragment
    };
    let schema = schema::for_file(vocabulary, &json);
    shape::check(&document, &mut json, &schema, extent, findings);
    if extent == Extent::Fragment {
        // What a name refers to may be in the part that could not be read.
        findings.drop_echoes(source, syntax_errors);
        return None;
    }
    match serde_json::from_value::<WorldFile>(json) {
        Ok(file) => Meaning {
            document: &document,
            vocabulary,
            read,
            dialects,
        }
        .world(file, findings),
        Err(error) => {
            findings.add(0, || format!("the file can't be read: {error}"));
            None
        }
    }
}

/// The JSON Schema (draft 2020-12) of a world file.
#[must_use]
pub fn schema(vocabulary: &Vocabulary) -> serde_json::Value {
    schema::build(vocabulary)
}
