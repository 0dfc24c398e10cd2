//! The scripted dialects that come from a file or rules: checked and built in one place.

use crate::markov::Markov;
use crate::replay::{Lines, Replay};
use crate::template::Templates;
use parlor_model::World;
use parlor_model::world::DialectSpec;
use parlor_ports::dialect::Dialect;
use std::sync::Arc;

/// What is wrong with a dialect of kind `markov`.
pub(crate) fn check_markov(spec: &DialectSpec) -> Vec<String> {
    problem(markov(spec))
}

/// What is wrong with a dialect of kind `template`.
pub(crate) fn check_template(spec: &DialectSpec) -> Vec<String> {
    problem(templates(spec))
}

/// What is wrong with a dialect of kind `replay`. The index is not made: that takes its time.
pub(crate) fn check_replay(spec: &DialectSpec) -> Vec<String> {
    let named = lines(spec).and_then(|lines| match &spec.who {
        Some(who) => lines.find(who).map_err(|error| error.to_string()),
        None => Ok(0),
    });
    problem(named)
}

fn problem<T>(built: Result<T, String>) -> Vec<String> {
    built.err().into_iter().collect()
}

/// A dialect of kind `markov`.
///
/// # Errors
/// A sentence.
pub(crate) fn markov(spec: &DialectSpec) -> Result<Markov, String> {
    let bytes = file_of(spec, "a markov model", "parlor dialect train")?;
    Markov::read(bytes).map_err(|error| error.to_string())
}

/// A dialect of kind `replay`.
///
/// # Errors
/// A sentence.
pub(crate) fn replay(spec: &DialectSpec) -> Result<Replay, String> {
    Replay::new(lines(spec)?, spec.who.as_deref()).map_err(|error| error.to_string())
}

fn lines(spec: &DialectSpec) -> Result<Lines, String> {
    let bytes = file_of(spec, "a chat export", "parlor dialect import")?;
    Lines::read(bytes).map_err(|error| error.to_string())
}

fn file_of<'a>(spec: &'a DialectSpec, what: &str, maker: &str) -> Result<&'a [u8], String> {
    match (&spec.source, &spec.rules) {
        (Some(bytes), None) => Ok(bytes),
        _ => Err(format!(
            "it needs 'file' with {what}, as '{maker}' makes it, and no 'rules'"
        )),
    }
}

/// A dialect of kind `template`, without the topics of its world.
pub(crate) fn templates(spec: &DialectSpec) -> Result<Templates, String> {
    let templates = match (spec.text(), &spec.rules) {
        (Some(text), None) => Templates::parse(text?),
        (None, Some(rules)) => Templates::from_rules(rules),
        (Some(_), Some(_)) => return Err("it has either 'file' or 'rules', not both".to_owned()),
        (None, None) => {
            return Err("templates need 'file', or 'rules' in the world file".to_owned());
        }
    };
    templates.map_err(|error| error.to_string())
}

/// A dialect of kind `template` that knows how people feel about the topics of its world.
///
/// # Errors
/// A sentence.
pub(crate) fn template(world: &World, spec: &DialectSpec) -> Result<Templates, String> {
    let feelings = world
        .topics
        .iter()
        .map(|topic| (topic.text.clone(), topic.sentiment));
    Ok(templates(spec)?.with_topics(feelings))
}

/// Any dialect, as the registry keeps it.
pub(crate) fn shared(
    dialect: Result<impl Dialect + 'static, String>,
) -> Result<Arc<dyn Dialect>, String> {
    dialect.map(|dialect| Arc::new(dialect) as Arc<dyn Dialect>)
}
