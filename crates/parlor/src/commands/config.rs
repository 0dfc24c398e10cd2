//! `parlor config`: the settings in force and where each comes from.

use super::say;
use crate::Ended;
use crate::config::Config;
use parlor_dialect::llm::Provider;

/// Prints them, secrets blotted out.
pub(crate) fn run(config: &Config, json: bool) -> anyhow::Result<Ended> {
    let mut rows = config.origins()?;
    rows.push(keys(config)?);
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

/// Which keys of language models are set, and where; never what they are.
fn keys(config: &Config) -> anyhow::Result<(String, String, String)> {
    let keys = config.keys()?;
    let set: Vec<String> = Provider::ALL
        .into_iter()
        .filter_map(|provider| keys.origin(provider))
        .map(|variable| format!("{variable} in {}", config.origin_of(variable)))
        .collect();
    let variables = Provider::ALL.map(Provider::key_variable).join(", ");
    Ok(if set.is_empty() {
        let origin = format!("none of {variables}, nor one of them with _FILE");
        ("llm key".into(), "not set".into(), origin)
    } else {
        ("llm key".into(), "set".into(), set.join(", "))
    })
}
