//! The plain words for types, tables and values.

use super::document::unescape;
use super::findings::{Said, list, nearest, shorten};
use jsonschema::error::TypeKind;
use serde_json::Value;

/// `1.0` is written `1`.
pub(super) fn plain(number: &Value) -> String {
    number
        .as_f64()
        .map_or_else(|| number.to_string(), |float| float.to_string())
}

pub(super) fn no_choice(label: &str, value: &Value, choices: Vec<&str>) -> Said {
    let Some(written) = value.as_str() else {
        return (
            format!(
                "{label} must be {}, but is {}",
                word("string"),
                kind_of(value)
            ),
            format!("one of {}", list(choices)),
        )
            .into();
    };
    let message = format!("{label} can't be '{}'", shorten(written));
    let all = format!("it is one of {}", list(choices.iter().copied()));
    match nearest(written, choices) {
        Some(near) => (message, format!("did you mean '{near}'? {all}")).into(),
        None => (message, all).into(),
    }
}

pub(super) fn wrong_type(label: &str, pointer: &str, kind: &TypeKind, value: &Value) -> Said {
    let wanted: Vec<&str> = match kind {
        TypeKind::Single(kind) => vec![kind.as_str()],
        TypeKind::Multiple(kinds) => kinds
            .iter()
            .map(|kind| kind.as_str())
            .filter(|kind| *kind != "null")
            .collect(),
    };
    let words: Vec<_> = wanted.iter().map(|kind| word(kind)).collect();
    let message = format!(
        "{label} must be {}, but is {}",
        words.join(" or "),
        kind_of(value)
    );
    (
        message,
        rewrite(pointer, wanted.first().copied().unwrap_or_default(), value),
    )
        .into()
}

/// How the value would be right, where that is plain to see.
fn rewrite(pointer: &str, wanted: &str, value: &Value) -> Option<String> {
    let is_top_level = pointer.matches('/').count() == 1;
    let key = unescape(pointer.rsplit('/').next().unwrap_or_default());
    match (wanted, value) {
        ("number" | "integer", Value::String(text)) if text.parse::<f64>().is_ok() => {
            Some(format!("write {} without quotes", shorten(text)))
        }
        ("boolean", Value::String(text)) if text == "true" || text == "false" => {
            Some(format!("write {text} without quotes"))
        }
        ("string", Value::Number(_) | Value::Bool(_)) => {
            Some(format!("put it in quotes: \"{value}\""))
        }
        ("array", Value::Object(_)) if is_top_level => {
            Some(format!("write [[{key}]] with two brackets"))
        }
        ("object", Value::Array(_)) if is_top_level => {
            Some(format!("write [{key}] with one bracket, and only once"))
        }
        ("array", Value::String(text)) => {
            Some(format!("put it in brackets: [\"{}\"]", shorten(text)))
        }
        _ => None,
    }
}

/// A type of JSON Schema in plain words.
fn word(kind: &str) -> &'static str {
    match kind {
        "string" => "a text in quotes",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "true or false",
        "array" => "a list",
        "object" => "a table",
        _ => "nothing",
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(number) if number.is_f64() => "a number with a fraction",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a table",
    }
}

pub(super) fn is_or_are(count: usize) -> String {
    if count == 1 {
        "is only 1".to_owned()
    } else {
        format!("are {count}")
    }
}

/// What a list holds, in the plural.
pub(super) fn entries_of(pointer: &str) -> String {
    match pointer {
        "/characters" | "/places" | "/topics" => table(&format!("{pointer}/0")),
        _ => format!("entries in {}", label(pointer)),
    }
}

/// The table that a pointer names as its header is written: `[mechanics.gossip]`,
/// `[[characters]]`.
pub(super) fn table(pointer: &str) -> String {
    let segments: Vec<String> = pointer.split('/').skip(1).map(unescape).collect();
    let is_index = |segment: &String| segment.bytes().all(|byte| byte.is_ascii_digit());
    let names: Vec<String> = segments
        .iter()
        .filter(|segment| !is_index(segment))
        .map(|name| shorten(name))
        .collect();
    match segments.last() {
        None => "the file".to_owned(),
        Some(last) if is_index(last) => format!("[[{}]]", names.join(".")),
        Some(_) => format!("[{}]", names.join(".")),
    }
}

/// The value that a pointer names: its key, or an entry of one.
pub(super) fn label(pointer: &str) -> String {
    let Some((parent, last)) = pointer.rsplit_once('/') else {
        return "the file".to_owned();
    };
    if !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()) {
        let list = unescape(parent.rsplit('/').next().unwrap_or_default());
        return format!("an entry of '{}'", shorten(&list));
    }
    if parent.is_empty() {
        return format!("[{}]", shorten(&unescape(last)));
    }
    format!("'{}'", shorten(&unescape(last)))
}
