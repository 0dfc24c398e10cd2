//! A small vocabulary of our own: one mechanic with a probability and a character, two kinds of
//! dialect.

use parlor_model::World;
use parlor_model::world::check::{
    DialectEntry, MechanicEntry, Problem, Problems, Vocabulary, load,
};
use parlor_model::world::{DialectKind, DialectSpec};
use serde_json::{Value, json};

/// A world as small as it may be.
pub(crate) const SMALL: &str = r#"
[world]
name = "tea-room"

[[characters]]
name = "Ada"

[[characters]]
name = "Bea Quill"
"#;

pub(crate) fn vocabulary() -> Vocabulary {
    Vocabulary {
        mechanics: vec![
            MechanicEntry {
                name: "gossip",
                schema: gossip_schema,
                characters: gossip_characters,
                dialects: |_| Vec::new(),
                needs_places: false,
                brings_cast: false,
                needs_sessions: false,
            },
            MechanicEntry {
                name: "roam",
                schema: || json!({ "type": "object" }),
                characters: |_| Vec::new(),
                dialects: |_| Vec::new(),
                needs_places: true,
                brings_cast: false,
                needs_sessions: false,
            },
        ],
        dialects: vec![
            DialectEntry {
                kind: DialectKind::Gibberish,
                check: |_| Vec::new(),
            },
            DialectEntry {
                kind: DialectKind::Grammar,
                check: grammar_problems,
            },
            DialectEntry {
                kind: DialectKind::Llm,
                check: |_| Vec::new(),
            },
        ],
    }
}

fn gossip_schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "description": "Tells others.",
        "properties": {
            "probability": { "$ref": "#/$defs/Probability" },
            "by": { "type": ["string", "null"] },
            "times": { "anyOf": [{ "type": "integer", "minimum": 1 }, { "type": "null" }] },
        },
        "additionalProperties": false,
        "$defs": { "Probability": { "type": "number", "minimum": 0.0, "maximum": 1.0 } },
    })
}

fn gossip_characters(settings: &Value) -> Vec<(&'static str, String)> {
    let by = settings.get("by").and_then(Value::as_str);
    by.map(|slug| ("by", slug.to_owned())).into_iter().collect()
}

fn grammar_problems(spec: &DialectSpec) -> Vec<String> {
    let text = spec.text().unwrap_or(Ok("")).unwrap_or_default();
    if spec.rules.is_none() && !text.contains("origin") {
        return vec!["its grammar has no 'origin'".to_owned()];
    }
    Vec::new()
}

/// Loads a text as `tea.toml`; `banter.json` and `empty.json` are the only files around it.
pub(crate) fn read(source: &str) -> Result<World, Problems> {
    load(source, "tea.toml", &vocabulary(), &|path| match path {
        "banter.json" => Ok(br#"{"origin": "hm"}"#.to_vec()),
        "empty.json" => Ok(b"{}".to_vec()),
        "huge.json" => Ok(vec![b'x'; (64 << 20) + 1]),
        _ => Err("there is no such file".to_owned()),
    })
}

/// The problems of a text.
pub(crate) fn problems(source: &str) -> Vec<Problem> {
    read(source)
        .map(|_| Vec::new())
        .unwrap_or_else(|problems| problems.0)
}

/// The problems of the small world with something added at its end.
pub(crate) fn with(addition: &str) -> String {
    let problems = problems(&format!("{SMALL}{addition}"));
    problems
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}

/// The problems of a cast of two with something put before it.
pub(crate) fn before(addition: &str) -> String {
    let source = format!("{addition}\n{SMALL}");
    problems(&source)
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}
