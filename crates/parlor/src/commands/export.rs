//! `parlor export`: a conversation or a world to standard output. Reads the store, so it works with
//! and without a running server.

use crate::cli::ExportFormat;
use crate::config::Config;
use crate::{Ended, render, resolve, wiring};
use anyhow::{Context, bail};
use parlor_model::{Conversation, ConversationId, Message, Slug, SystemClock};
use parlor_ports::store::{After, ConversationFilter, Cursor, Store};
use std::io::{BufWriter, Write};
use std::sync::Arc;

/// Items read in one go.
const PAGE: u32 = 200;

/// Writes a conversation, or a world (newest conversation first).
pub(crate) async fn run(
    config: &Config,
    conversation: Option<String>,
    world: Option<String>,
    format: ExportFormat,
) -> anyhow::Result<Ended> {
    let store = resolve::store(&config.settings, Arc::new(SystemClock)).await?;
    wiring::migrate(&*store, false).await?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    match (conversation, world) {
        (Some(id), _) => {
            let id: ConversationId = id
                .parse()
                .with_context(|| format!("'{id}' is not a conversation's id"))?;
            let Some(found) = store.conversation(id).await? else {
                bail!("the store has no conversation {id}");
            };
            one(&*store, &found, format, &mut out).await?;
        }
        (None, Some(world)) => {
            let name = world.strip_suffix(".toml").unwrap_or(&world);
            let world = Slug::new(name).context("--world takes a world's name")?;
            whole(&*store, &world, format, &mut out).await?;
        }
        (None, None) => bail!("say what: a conversation's id, or --world NAME"),
    }
    out.flush()?;
    Ok(Ended::Well)
}

async fn whole(
    store: &dyn Store,
    world: &Slug,
    format: ExportFormat,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    if format == ExportFormat::Markdown {
        writeln!(out, "# {world}\n")?;
    }
    let filter = ConversationFilter {
        world: Some(world.clone()),
        ..ConversationFilter::default()
    };
    let mut after: Option<Cursor> = None;
    loop {
        let page = store.conversations(&filter, after, PAGE).await?;
        for conversation in &page.items {
            one(store, conversation, format, out).await?;
        }
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

async fn one(
    store: &dyn Store,
    conversation: &Conversation,
    format: ExportFormat,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let messages = all_messages(store, conversation.id).await?;
    match format {
        ExportFormat::Markdown => write!(out, "{}", render::markdown(conversation, &messages))?,
        ExportFormat::Jsonl => {
            for message in &messages {
                writeln!(out, "{}", serde_json::to_string(message)?)?;
            }
        }
    }
    Ok(())
}

async fn all_messages(store: &dyn Store, id: ConversationId) -> anyhow::Result<Vec<Message>> {
    let mut messages = Vec::new();
    let mut after = After::Start;
    loop {
        let page = store.messages(id, after, PAGE).await?;
        messages.extend(page.items);
        match page.next {
            Some(next) => after = After::Cursor(next),
            None => return Ok(messages),
        }
    }
}
