//! Does the language model answer, and does it take the key? Asks each model that is named one short
//! question, which costs a few tokens.

use super::Finding;
use crate::config::Config;
use crate::models;
use parlor_dialect::llm::model::{Model, ModelFault, Request, Turn, TurnRole};
use parlor_dialect::llm::{ModelSpec, Models, Provider};
use parlor_model::world::DialectKind;
use parlor_model::{SystemClock, World};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

/// What the line is called in the report.
const CHECK: &str = "llm";
/// Enough for a model that thinks before it says hello.
const REPLY_TOKENS_MAX: u32 = 256;
/// Models that are asked at most.
const ASKED_MAX: usize = 20;

/// A model, and a world that may ask it.
type Named<'w> = (ModelSpec, Option<&'w Arc<World>>);

/// One line for each model that the settings and the worlds name.
pub(super) async fn findings(config: &Config, worlds: &[Arc<World>]) -> Vec<Finding> {
    if models::is_off(&config.settings) {
        return vec![Finding::good(
            CHECK,
            "none: language models are switched off",
        )];
    }
    let models = match models::unmetered(config, Arc::new(SystemClock)) {
        Ok(models) => models,
        Err(error) => {
            let remedy = "mend the setting llm, or the variable or file that holds the key";
            return vec![Finding::bad(CHECK, format!("{error:#}"), remedy)];
        }
    };
    let (named, mut findings) = named(&models, worlds);
    for (spec, world) in named.into_iter().take(ASKED_MAX) {
        findings.push(match world.map(|world| models.get(world, &spec)) {
            Some(Ok(model)) => ask(&*model, &spec).await,
            Some(Err(error)) => Finding::bad(CHECK, error.to_string(), "set the key"),
            None => continue,
        });
    }
    if findings.is_empty() {
        let variable = Provider::Gemini.key_variable();
        let detail =
            format!("no model is named and {variable} is not set; scripted dialects speak");
        findings.push(Finding::good(CHECK, detail));
    }
    findings
}

/// The models that may be asked, each once with a world that names it; and what is wrong with the
/// others.
fn named<'w>(models: &Models, worlds: &'w [Arc<World>]) -> (Vec<Named<'w>>, Vec<Finding>) {
    let mut specs: BTreeMap<String, Named<'w>> = BTreeMap::new();
    let mut findings = Vec::new();
    let default = models.default_spec();
    if !default.is_none() {
        specs.insert(default.to_string(), (default.clone(), worlds.first()));
    }
    let asks = |world: &World| world.dialects.values().any(|d| d.kind == DialectKind::Llm);
    for world in worlds.iter().filter(|world| asks(world)) {
        for text in world.named_models() {
            match models.named(text) {
                Ok(spec) if spec.is_none() => {}
                Ok(spec) => {
                    specs.entry(spec.to_string()).or_insert((spec, Some(world)));
                }
                Err(error) => findings.push(Finding::bad(
                    CHECK,
                    format!("world '{}': {error}", world.name),
                    "see docs/models.md, \"Models in world files\"",
                )),
            }
        }
    }
    (specs.into_values().collect(), findings)
}

async fn ask(model: &dyn Model, spec: &ModelSpec) -> Finding {
    let request = Request {
        system: "Reply with one word.".to_owned(),
        turns: vec![Turn {
            role: TurnRole::User,
            name: None,
            text: "Hello!".to_owned(),
        }],
        tokens_out_max: REPLY_TOKENS_MAX,
        ..Request::default()
    };
    let started = Instant::now();
    match model.complete(&request, None).await {
        Ok(_) => {
            let detail = format!(
                "{} answers in {} ms",
                model.name(),
                started.elapsed().as_millis()
            );
            Finding::good(CHECK, detail)
        }
        // It answered, and its key was good: that is what was asked.
        Err(error) if matches!(error.kind, ModelFault::Garbage | ModelFault::Refused) => {
            Finding::good(
                CHECK,
                format!("{} answers, but not to hello: {error}", model.name()),
            )
        }
        Err(error) => Finding::bad(CHECK, error.to_string(), remedy(error.kind, spec)),
    }
}

fn remedy(fault: ModelFault, spec: &ModelSpec) -> String {
    let provider = spec.named().map(|named| named.provider());
    let variable = provider.map_or("the key's variable", Provider::key_variable);
    match fault {
        ModelFault::BadKey => format!("set {variable} to a key that the provider takes"),
        ModelFault::UnknownModel => "look the model's name up at the provider".to_owned(),
        ModelFault::RateLimited => "wait, or raise the limit at the provider".to_owned(),
        ModelFault::Timeout | ModelFault::Unreachable => {
            "see that the address is right and can be reached from here".to_owned()
        }
        ModelFault::BadRequest => "see that the address speaks the provider's API".to_owned(),
        _ => "try again later; until then the fallbacks speak".to_owned(),
    }
}
