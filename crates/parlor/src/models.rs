//! Which language model speaks: the setting, the keys of the environment, and what to tell people.

use crate::config::{Config, Settings};
use crate::wiring;
use anyhow::Context;
use parlor_dialect::llm::{
    ClientOptions, Clients, Keys, Meter, ModelSpec, Models, NamedModel, Provider, Wrap,
};
use parlor_model::world::DialectKind;
use parlor_model::{Clock, Dice, Slug, World};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The setting that leaves the choice to the keys that are there.
pub(crate) const AUTO: &str = "auto";
/// What `auto` asks when there is a key for it.
const AUTO_MODEL: &str = "gemini:gemini-3-flash";

/// What a process does with language models.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// As the settings say.
    BySettings,
    /// Only where a model is named outright: what is repeatable stays so, also with a key in the
    /// environment.
    OnlyByName,
}

/// The models that worlds may ask; `None` when there are none at all.
///
/// # Errors
/// A setting or key that can't be read; the model that the operator names can't be asked.
pub(crate) fn assemble(
    config: &Config,
    asked: Asked,
    meter: &Arc<Meter>,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<Option<Arc<Models>>> {
    let is_auto = config.settings.llm == AUTO;
    if is_off(&config.settings) || is_auto && asked == Asked::OnlyByName {
        return Ok(None);
    }
    let models = unmetered(config, clock)?;
    Ok(Some(Arc::new(models.with_wrap(metered(meter.clone())))))
}

/// The models, outside of the books of their worlds.
///
/// # Errors
/// As [`assemble`].
pub(crate) fn unmetered(config: &Config, clock: Arc<dyn Clock>) -> anyhow::Result<Models> {
    let settings = &config.settings;
    let keys = config.keys()?;
    let default = spec(settings, &keys)?;
    let dice = Dice::new(0, wiring::random_id());
    let clients = Clients::new(keys, options(settings), clock, dice);
    if !default.is_none() {
        clients.get(&default).context("setting 'llm'")?;
    }
    Models::new(clients)
        .with_default(default)
        .with_endpoints(&settings.llm_endpoints)
        .context("setting 'llm_endpoints'")
}

/// Keeps the books of every model of every world, and its budget.
fn metered(meter: Arc<Meter>) -> Wrap {
    Arc::new(move |world, model| meter.metered(model, world))
}

/// The model of worlds that name none.
///
/// # Errors
/// The setting names no model.
pub(crate) fn spec(settings: &Settings, keys: &Keys) -> anyhow::Result<ModelSpec> {
    let text = match settings.llm.as_str() {
        AUTO if keys.get(Provider::Gemini).is_some() => AUTO_MODEL,
        AUTO => return Ok(ModelSpec::None),
        text => text,
    };
    text.parse().context("setting 'llm'")
}

/// True when the operator wants no model at all, whatever worlds name.
pub(crate) fn is_off(settings: &Settings) -> bool {
    settings.llm == ModelSpec::None.to_string()
}

fn options(settings: &Settings) -> ClientOptions {
    let timeout = settings.llm_timeout.duration();
    let attempts_max = settings.llm_attempts_max.max(1);
    ClientOptions {
        timeout,
        deadline: timeout.saturating_mul(attempts_max),
        attempts_max,
        concurrency_max: settings.llm_concurrency_max.max(1),
        ..ClientOptions::default()
    }
}

/// The models that characters of a world speak through; empty where everybody is scripted.
fn named(world: &World, settings: &Settings, keys: &Keys) -> Vec<NamedModel> {
    let default = spec(settings, keys).unwrap_or_default();
    let mut models: Vec<NamedModel> = Vec::new();
    for character in world.cast.iter().filter(|_| !is_off(settings)) {
        let dialect = world.dialects.get(&character.dialect);
        let Some(dialect) = dialect.filter(|dialect| dialect.kind == DialectKind::Llm) else {
            continue;
        };
        let texts = [&character.model, &dialect.model, &world.llm.model];
        let spec = match texts.into_iter().flatten().next() {
            Some(text) => text.parse().unwrap_or_default(),
            None => default.clone(),
        };
        let named = spec.named().filter(|named| !models.contains(named));
        models.extend(named.cloned());
    }
    models
}

fn lacks_key(model: &NamedModel, keys: &Keys) -> bool {
    let provider = model.provider();
    model.url().is_none() && provider != Provider::Ollama && keys.get(provider).is_none()
}

/// The models that worlds speak through, for the API; without those where scripted dialects speak.
///
/// # Errors
/// A key that can't be read.
pub(crate) fn of_worlds(
    worlds: &[Arc<World>],
    config: &Config,
) -> anyhow::Result<BTreeMap<Slug, String>> {
    let keys = config.keys()?;
    let models = worlds.iter().filter_map(|world| {
        let name = of_world(world, &config.settings, &keys)?;
        Some((world.name.clone(), name))
    });
    Ok(models.collect())
}

fn of_world(world: &World, settings: &Settings, keys: &Keys) -> Option<String> {
    let models = named(world, settings, keys);
    let heard = models.iter().filter(|model| !lacks_key(model, keys));
    let names: Vec<String> = heard.map(NamedModel::name).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// Who finds the words, in words: for the banner.
pub(crate) fn in_words(worlds: &[Arc<World>], settings: &Settings, keys: &Keys) -> String {
    let mut texts: Vec<String> = Vec::new();
    for model in worlds.iter().flat_map(|w| named(w, settings, keys)) {
        let variable = model.provider().key_variable();
        let text = match keys.origin(model.provider()) {
            _ if lacks_key(&model, keys) => {
                format!(
                    "{} (silent: set {variable}; its fallback speaks)",
                    model.name()
                )
            }
            Some(origin) => format!("{} ({origin})", model.name()),
            None => model.name(),
        };
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    let asks = |world: &World| world.dialects.values().any(|d| d.kind == DialectKind::Llm);
    match texts.as_slice() {
        [] if is_off(settings) || !worlds.iter().any(|world| asks(world)) => "scripted".to_owned(),
        [] => {
            let variable = Provider::Gemini.key_variable();
            format!("scripted   (set {variable} or --llm, and a language model speaks)")
        }
        texts => texts.join(", "),
    }
}
