//! `parlor config`: the settings in force and where each comes from.

use super::say;
use crate::Ended;
use crate::config::{Config, LLM_KEYS};

/// Prints them, secrets blotted out.
pub(crate) fn run(config: &Config, json: bool) -> anyhow::Result<Ended> {
    let mut rows = config.origins()?;
    rows.push(match config.llm_key() {
        Some((name, origin)) => (
            "llm key".into(),
            "set".into(),
            format!("{name} in {origin}"),
        ),
        None => (
            "llm key".into(),
            "not set".into(),
            format!("none of {}", LLM_KEYS.join(", ")),
        ),
    });
    if json {
        let items: Vec<_> = rows
            .iter()
            .map(|(key, value, origin)| serde_json::json!({ "key": key, "value": value, "from": origin }))
            .collect();
        say(&serde_json::to_string_pretty(&items)?)?;
        return Ok(Ended::Well);
    }
    let width =
        |pick: fn(&(String, String, String)) -> usize| rows.iter().map(pick).max().unwrap_or(0);
    let (keys, values) = (width(|r| r.0.len()), width(|r| r.1.len()));
    for (key, value, origin) in &rows {
        say(format!("{key:keys$}  {value:values$}  {origin}").trim_end())?;
    }
    for name in config.unknown_variables() {
        eprintln!("note: {name} is not a setting");
    }
    Ok(Ended::Well)
}
