//! `parlor prompt`: what a language model would be asked for a line. Reads the store, asks nobody,
//! and works beside a running server.

use super::say;
use crate::config::Config;
use crate::render::Terminal;
use crate::{Ended, models, resolve, wiring, worlds};
use anyhow::{Context, bail};
use parlor_dialect::llm::model::{Turn, TurnRole};
use parlor_dialect::llm::prompt::{Built, Limits, Report, build};
use parlor_engine::Engine;
use parlor_model::world::DialectKind;
use parlor_model::{Character, Conversation, ConversationId, SystemClock, World};
use parlor_roles::rehearsal::{Rehearsal, Wanted, rehearse};
use serde_json::json;
use std::sync::Arc;

/// What is wanted.
pub(crate) struct PromptArgs {
    pub(crate) conversation: String,
    pub(crate) speaker: Option<String>,
    pub(crate) line: Option<u32>,
    pub(crate) world: Option<String>,
    pub(crate) json: bool,
}

/// Prints the prompt.
pub(crate) async fn run(config: &Config, args: PromptArgs) -> anyhow::Result<Ended> {
    let id: ConversationId = args
        .conversation
        .parse()
        .with_context(|| format!("'{}' is not a conversation's id", args.conversation))?;
    let store = resolve::store(&config.settings, Arc::new(SystemClock)).await?;
    wiring::migrate(&*store, false).await?;
    let Some(conversation) = store.conversation(id).await? else {
        bail!("the store has no conversation {id}");
    };
    let world = world_of(&conversation, args.world.as_deref())?;
    let speaker = match &args.speaker {
        Some(name) => Some(in_cast(&world, name)?),
        None => None,
    };
    let seed = wiring::seed_of(&config.settings, &world);
    let engine = Engine::new(
        world.clone(),
        seed,
        wiring::pace_of(&config.settings, &world),
    )?;
    let wanted = Wanted {
        conversation: id,
        line: args.line,
        speaker,
    };
    let rehearsal = rehearse(&engine, &*store, wanted).await?;
    store.close().await;
    let built = build(&rehearsal.prompt, &Limits::from(&world.llm));
    let model = model_of(config, &world, &rehearsal.prompt.speaker)?;
    if args.json {
        print_json(&conversation, &rehearsal, &built, &world, model.as_deref())?;
    } else {
        print_text(&conversation, &rehearsal, &built, &world, model.as_deref())?;
    }
    Ok(Ended::Well)
}

fn world_of(conversation: &Conversation, file: Option<&str>) -> anyhow::Result<Arc<World>> {
    let name = conversation.world.as_str();
    worlds::load(file.unwrap_or(name)).with_context(|| {
        format!("the conversation is of the world '{name}': name its file with --world FILE")
    })
}

fn in_cast(world: &World, name: &str) -> anyhow::Result<Arc<Character>> {
    world.find(name).cloned().with_context(|| {
        let cast: Vec<_> = world
            .cast
            .iter()
            .take(20)
            .map(|c| c.slug.as_str())
            .collect();
        format!(
            "there is no character '{name}'; the cast: {}",
            cast.join(", ")
        )
    })
}

/// The model that would be asked; `None` where none is named, or the dialect asks none.
fn model_of(config: &Config, world: &World, speaker: &Character) -> anyhow::Result<Option<String>> {
    let dialect = world.dialects.get(&speaker.dialect);
    let Some(dialect) = dialect.filter(|dialect| dialect.kind == DialectKind::Llm) else {
        return Ok(None);
    };
    let default = models::spec(&config.settings, &config.keys()?)?;
    if models::is_off(&config.settings) {
        return Ok(None);
    }
    let named = [&speaker.model, &dialect.model, &world.llm.model];
    let named = named.into_iter().flatten().next().cloned();
    Ok(named.or_else(|| default.named().map(ToString::to_string)))
}

fn print_json(
    conversation: &Conversation,
    rehearsal: &Rehearsal,
    built: &Built,
    world: &World,
    model: Option<&str>,
) -> anyhow::Result<()> {
    let prompt = &rehearsal.prompt;
    let turns: Vec<_> = built
        .request
        .turns
        .iter()
        .zip(&built.report.turn_tokens)
        .map(|(turn, tokens)| json!({ "role": turn.role, "text": turn.text, "tokens": tokens }))
        .collect();
    say(&serde_json::to_string_pretty(&json!({
        "conversation": conversation.id,
        "world": conversation.world,
        "order": rehearsal.order,
        "said": rehearsal.is_past,
        "speaker": prompt.speaker.name,
        "to": prompt.to,
        "dialect": prompt.speaker.dialect,
        "model": model,
        "system": built.request.system,
        "turns": turns,
        "tokens": {
            "system": built.report.system_tokens,
            "total": built.report.tokens,
            "contextMax": world.llm.context_tokens_max,
            "replyMax": built.request.tokens_out_max,
        },
        "dropped": {
            "examples": built.report.examples_dropped,
            "recalled": built.report.recalled_dropped,
            "memory": built.report.memory_dropped,
            "personaCut": built.report.persona_cut,
            "heardCut": built.report.heard_cut,
        },
    }))?)
}

fn print_text(
    conversation: &Conversation,
    rehearsal: &Rehearsal,
    built: &Built,
    world: &World,
    model: Option<&str>,
) -> anyhow::Result<()> {
    let terminal = Terminal::stdout();
    let prompt = &rehearsal.prompt;
    let to = if prompt.to.is_empty() {
        "an aside".to_owned()
    } else {
        format!("to {}", prompt.to.join(", "))
    };
    let when = if rehearsal.is_past { "said" } else { "next" };
    let line = format!(
        "line {} ({when}), {} {to}",
        rehearsal.order, prompt.speaker.name
    );
    say(&terminal.bold(&format!("{} · {line}", conversation.id)))?;
    say(&format!(
        "  model     {}",
        model.map_or_else(|| scripted(prompt), str::to_owned)
    ))?;
    say(&format!(
        "  tokens    {} of {} (system {}, turns {}), reply up to {}",
        built.report.tokens,
        world.llm.context_tokens_max,
        built.report.system_tokens,
        built.report.turn_tokens.iter().sum::<usize>(),
        built.request.tokens_out_max
    ))?;
    say(&format!("  left out  {}", left_out(&built.report)))?;
    say(&terminal.dim("\n── system"))?;
    say(built.request.system.trim_end())?;
    for Turn { role, text, .. } in &built.request.turns {
        let role = match role {
            TurnRole::User => "user",
            TurnRole::Assistant => "assistant",
        };
        say(&terminal.dim(&format!("\n── {role}")))?;
        say(text)?;
    }
    Ok(())
}

fn scripted(prompt: &parlor_model::Prompt) -> String {
    format!(
        "none is asked: the dialect '{}' speaks without one; this is what one would be asked",
        prompt.speaker.dialect
    )
}

fn left_out(report: &Report) -> String {
    let count = |n: usize, what: &str| (n > 0).then(|| format!("{n} {what}"));
    let parts: Vec<String> = [
        count(report.examples_dropped, "example dialogues"),
        count(report.recalled_dropped, "recalled lines"),
        count(report.memory_dropped, "lines of the conversation"),
        report
            .persona_cut
            .then(|| "the end of the persona".to_owned()),
        report
            .heard_cut
            .then(|| "the end of the line to answer".to_owned()),
    ]
    .into_iter()
    .flatten()
    .collect();
    if parts.is_empty() {
        "nothing".to_owned()
    } else {
        parts.join(", ")
    }
}
