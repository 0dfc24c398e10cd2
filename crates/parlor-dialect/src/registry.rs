//! The kinds of dialect that this program has, and the dialects of a world by name.

use crate::gibberish::Gibberish;
use crate::grammar::{Grammar, InvalidGrammar};
use crate::llm::decide::Decider;
use crate::llm::dialect::LlmDialect;
use crate::llm::{ModelRefusal, ModelSpec, Models};
use crate::scripted;
use crate::template::Phrasebook;
use crate::voice::{First, Voice};
use parlor_model::World;
use parlor_model::world::check::DialectEntry;
use parlor_model::world::{DialectKind, DialectSpec};
use parlor_ports::dialect::{Dialect, Phrasing};
use parlor_ports::mind::Mind;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// The kinds of dialect that a world file may name, each with what checks its rules.
#[must_use]
pub fn vocabulary() -> Vec<DialectEntry> {
    vec![
        DialectEntry {
            kind: DialectKind::Gibberish,
            check: check_gibberish,
        },
        DialectEntry {
            kind: DialectKind::Markov,
            check: scripted::check_markov,
        },
        DialectEntry {
            kind: DialectKind::Grammar,
            check: check_grammar,
        },
        DialectEntry {
            kind: DialectKind::Template,
            check: scripted::check_template,
        },
        DialectEntry {
            kind: DialectKind::Replay,
            check: scripted::check_replay,
        },
        DialectEntry {
            kind: DialectKind::Llm,
            check: check_llm,
        },
    ]
}

fn check_gibberish(spec: &DialectSpec) -> Vec<String> {
    let has_rules = spec.source.is_some() || spec.rules.is_some();
    let problem =
        "gibberish takes no rules: take 'file' and 'rules' out, or set kind = \"grammar\"";
    has_rules.then(|| problem.to_owned()).into_iter().collect()
}

fn check_grammar(spec: &DialectSpec) -> Vec<String> {
    match compile(spec) {
        Ok(grammar) => grammar.problems(),
        Err(InvalidGrammar(faults)) => faults,
    }
}

fn check_llm(spec: &DialectSpec) -> Vec<String> {
    let has_rules = spec.source.is_some() || spec.rules.is_some();
    let problem = "a language model takes no rules: put them into a dialect of kind \"grammar\" and name that as 'fallback'";
    let no_rules = has_rules.then(|| problem.to_owned());
    let model = spec.model.as_deref().map(str::parse::<ModelSpec>);
    let wrong = model.and_then(Result::err).map(|error| error.to_string());
    no_rules.into_iter().chain(wrong).collect()
}

/// From its file or from the world file, whichever it has.
fn compile(spec: &DialectSpec) -> Result<Grammar, InvalidGrammar> {
    match (spec.text(), &spec.rules) {
        (Some(text), None) => Grammar::parse(text.map_err(|fault| InvalidGrammar(vec![fault]))?),
        (None, Some(rules)) => Grammar::from_rules(rules),
        (Some(_), Some(_)) => Err(InvalidGrammar(vec![
            "a grammar has either 'file' or 'rules', not both".to_owned(),
        ])),
        (None, None) => Err(InvalidGrammar(vec![
            "a grammar needs 'file', or 'rules' in the world file".to_owned(),
        ])),
    }
}

/// What a world's dialects may use of this process.
#[derive(Clone, Default)]
pub struct BuildOptions {
    /// Speak for dialects of kind `llm`; without them the fallbacks do.
    pub models: Option<Arc<Models>>,
}

impl fmt::Debug for BuildOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BuildOptions")
            .field("models", &self.models)
            .finish()
    }
}

/// Why the dialects of a world can't be built. A world that passed the check has none of these.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// Its file or rules can't be used.
    #[error("dialect '{name}': {cause}")]
    Scripted {
        /// The dialect.
        name: String,
        /// What is wrong.
        cause: String,
    },
    /// The rules of a grammar don't parse.
    #[error("dialect '{name}': {cause}")]
    Grammar {
        /// The dialect.
        name: String,
        /// What is wrong.
        cause: InvalidGrammar,
    },
    /// It names a model that it may not ask.
    #[error("dialect '{name}': {cause}")]
    Model {
        /// The dialect.
        name: String,
        /// Why not.
        cause: ModelRefusal,
    },
    /// A character or a fallback names a dialect that the world lacks.
    #[error("{user} names the dialect '{name}', which the world lacks: add [dialects.{name}]")]
    UnknownDialect {
        /// Who names it.
        user: String,
        /// What it names.
        name: String,
    },
}

/// The dialects of a world, ready to speak.
#[derive(Clone)]
pub struct Dialects {
    by_name: BTreeMap<String, Arc<dyn Dialect>>,
}

impl Dialects {
    /// The dialect that a character names ([`parlor_model::Character::dialect`]).
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Arc<dyn Dialect>> {
        self.by_name.get(name).cloned()
    }

    /// Their names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }
}

impl fmt::Debug for Dialects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

/// Builds the dialects of a world.
///
/// # Errors
/// [`BuildError`] for a world that has not passed the check.
pub fn build(world: &World, options: &BuildOptions) -> Result<Dialects, BuildError> {
    let mut bare = BTreeMap::new();
    for (name, spec) in &world.dialects {
        bare.insert(name.as_str(), build_one(world, name, spec)?);
    }
    let mut by_name: BTreeMap<String, Arc<dyn Dialect>> = BTreeMap::new();
    for (name, spec) in &world.dialects {
        let fallback = fallback_of(name, spec, &bare)?;
        let first = match bare.get(name.as_str()).cloned().flatten() {
            Some(scripted) => First::Scripted(scripted),
            None => First::Llm(llm(world, name, spec, options)?),
        };
        by_name.insert(
            name.clone(),
            Arc::new(Voice::new(name.clone(), first, fallback)),
        );
    }
    let lacking = world
        .cast
        .iter()
        .find(|character| !by_name.contains_key(&character.dialect));
    if let Some(character) = lacking {
        let user = format!("the character '{}'", character.slug);
        return Err(BuildError::UnknownDialect {
            user,
            name: character.dialect.clone(),
        });
    }
    Ok(Dialects { by_name })
}

/// Tokens of a decision, at most.
const DECISION_TOKENS_MAX: u32 = 400;

/// The mind of a world that has a dialect of this name: the language model behind it. `None` where there
/// is none to ask, and the world's rules decide.
///
/// # Errors
/// [`BuildError`] for a world that has not passed the check.
pub fn mind(
    world: &World,
    name: &str,
    options: &BuildOptions,
) -> Result<Option<Arc<dyn Mind>>, BuildError> {
    let spec = world.dialects.get(name);
    let spec = spec.ok_or_else(|| BuildError::UnknownDialect {
        user: "a mind".to_owned(),
        name: name.to_owned(),
    })?;
    let model = llm(world, name, spec, options)?.model();
    let decider = model.map(|model| Decider::new(model, DECISION_TOKENS_MAX));
    Ok(decider.map(|decider| Arc::new(decider) as Arc<dyn Mind>))
}

/// Tokens of a whole conversation, or of a list of topics, at most.
const PAGE_TOKENS_MAX: u32 = 3_000;

/// Those who can write a whole conversation at once: the language models behind a world's dialects of
/// kind `llm`, by the dialect's name. Empty where there is none to ask.
///
/// # Errors
/// [`BuildError`] for a world that has not passed the check.
pub fn authors(
    world: &World,
    options: &BuildOptions,
) -> Result<BTreeMap<String, Arc<dyn Mind>>, BuildError> {
    let mut authors: BTreeMap<String, Arc<dyn Mind>> = BTreeMap::new();
    let spoken = world
        .dialects
        .iter()
        .filter(|(_, spec)| spec.kind == DialectKind::Llm);
    for (name, spec) in spoken {
        if let Some(model) = llm(world, name, spec, options)?.model() {
            authors.insert(name.clone(), Arc::new(Decider::new(model, PAGE_TOKENS_MAX)));
        }
    }
    Ok(authors)
}

fn llm(
    world: &World,
    name: &str,
    spec: &DialectSpec,
    options: &BuildOptions,
) -> Result<Arc<LlmDialect>, BuildError> {
    LlmDialect::build(world, name, spec, options.models.as_deref())
        .map(Arc::new)
        .map_err(|cause| BuildError::Model {
            name: name.to_owned(),
            cause,
        })
}

/// `None` for a language model: it is never another dialect's fallback.
fn build_one(
    world: &World,
    name: &str,
    spec: &DialectSpec,
) -> Result<Option<Arc<dyn Dialect>>, BuildError> {
    match spec.kind {
        DialectKind::Gibberish => Ok(Some(Arc::new(Gibberish))),
        DialectKind::Llm => Ok(None),
        DialectKind::Grammar => {
            let grammar = compile(spec).map_err(|cause| BuildError::Grammar {
                name: name.to_owned(),
                cause,
            })?;
            warn_of_strangers(world, name, &grammar);
            let cast = world
                .cast
                .iter()
                .map(|character| character.name.clone())
                .collect();
            Ok(Some(Arc::new(grammar.with_cast(cast))))
        }
        DialectKind::Markov => scripted(name, scripted::shared(scripted::markov(spec))),
        DialectKind::Template => scripted(name, scripted::shared(scripted::template(world, spec))),
        DialectKind::Replay => scripted(name, scripted::shared(scripted::replay(spec))),
    }
}

fn scripted(
    name: &str,
    built: Result<Arc<dyn Dialect>, String>,
) -> Result<Option<Arc<dyn Dialect>>, BuildError> {
    built.map(Some).map_err(|cause| BuildError::Scripted {
        name: name.to_owned(),
        cause,
    })
}

/// Lines for somebody who is not in the cast are never said: most likely a slip of the pen.
fn warn_of_strangers(world: &World, name: &str, grammar: &Grammar) {
    for slug in grammar.slugs() {
        let is_place = world.places.iter().any(|place| place.slug.as_str() == slug);
        let mut cast = world.cast.iter();
        if !is_place && !cast.any(|character| character.slug.as_str() == slug) {
            tracing::warn!(world.name = %world.name, dialect.name = name, character.slug = slug,
                "the grammar has lines for a character that is not in the cast");
        }
    }
}

/// The named fallback; for a language model without one, gibberish, so that it is never at a loss.
fn fallback_of(
    name: &str,
    spec: &DialectSpec,
    bare: &BTreeMap<&str, Option<Arc<dyn Dialect>>>,
) -> Result<Option<Arc<dyn Dialect>>, BuildError> {
    let last_resort =
        || (spec.kind == DialectKind::Llm).then(|| Arc::new(Gibberish) as Arc<dyn Dialect>);
    match &spec.fallback {
        None => Ok(last_resort()),
        Some(fallback) => match bare.get(fallback.as_str()) {
            Some(dialect) => Ok(dialect.clone().or_else(last_resort)),
            None => Err(BuildError::UnknownDialect {
                user: format!("the fallback of dialect '{name}'"),
                name: fallback.clone(),
            }),
        },
    }
}

/// The dialects of a world that can put lines into words that are decided already: those of kind
/// `template`, and those whose fallback is one.
///
/// # Errors
/// Templates can't be used; a checked world's can.
pub fn phrasing(world: &World) -> Result<BTreeMap<String, Arc<dyn Phrasing>>, BuildError> {
    let mut books: BTreeMap<String, Arc<dyn Phrasing>> = BTreeMap::new();
    for (name, spec) in &world.dialects {
        if spec.kind == DialectKind::Template {
            let templates = scripted::templates(spec).map_err(|cause| BuildError::Scripted {
                name: name.clone(),
                cause: cause.to_string(),
            })?;
            books.insert(name.clone(), Arc::new(Phrasebook::new(&templates)));
        }
    }
    for (name, spec) in &world.dialects {
        let fallback = spec.fallback.as_ref().and_then(|name| books.get(name));
        if let (Some(book), false) = (fallback.cloned(), books.contains_key(name)) {
            books.insert(name.clone(), book);
        }
    }
    Ok(books)
}
