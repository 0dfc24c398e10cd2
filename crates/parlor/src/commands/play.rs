//! `parlor play`: one conversation and its gossip on the terminal, without a server.

use super::say;
use crate::cli::{Format, PlayArgs};
use crate::config::Config;
use crate::models::{self, Asked};
use crate::render::Terminal;
use crate::{Ended, wiring, worlds};
use anyhow::bail;
use chrono::{DateTime, Utc};
use parlor_dialect::llm::Meter;
use parlor_engine::opening::Wish;
use parlor_model::{Character, Clock, ManualClock, SystemClock, World};
use parlor_ports::store::{Happening, Store, Upkeep};
use parlor_roles::Stage;
use parlor_roles::play::play;
use parlor_store_sqlite::{SqliteOptions, SqliteStore};
use std::sync::Arc;
use uuid::Uuid;

/// Plays it. The clock starts at a fixed moment and moves by the pace, so that the same seed prints
/// the same bytes.
pub(crate) async fn run(config: &Config, args: PlayArgs) -> anyhow::Result<Ended> {
    let world = worlds::load(&args.world)?;
    let seed = wiring::seed_of(&config.settings, &world);
    let wish = Wish {
        from: character(&world, args.from.as_deref())?,
        to: character(&world, args.to.as_deref())?,
        topic: args.topic,
        message: args.message,
    };
    let clock = Arc::new(ManualClock::new(curtain_up()));
    let store = SqliteStore::open(SqliteOptions::memory(), clock.clone()).await?;
    store.migrate().await?;
    let store: Arc<dyn Store> = Arc::new(store);
    let now: Arc<dyn Clock> = Arc::new(SystemClock);
    let meter = Meter::new(store.clone(), now.clone());
    let models = models::assemble(config, Asked::OnlyByName, &meter, now)?;
    let production = wiring::production(
        world.clone(),
        seed,
        wiring::pace_of(&config.settings, &world),
        models,
    )?;
    let stage = Stage::new(
        vec![production],
        store,
        clock.clone() as Arc<dyn Clock>,
        false,
    );
    if args.format == Format::Text {
        eprintln!("{} · seed {seed}", world.title);
    }
    let key = Uuid::new_v5(&Uuid::NAMESPACE_OID, &seed.to_le_bytes());
    let mut written = Ok(());
    play(&stage, &clock, &world.name, wish, key, |change| {
        if written.is_ok() {
            written = show(&change.what, args.format);
        }
    })
    .await?;
    written?;
    Ok(Ended::Well)
}

fn show(what: &Happening, format: Format) -> anyhow::Result<()> {
    match (format, what) {
        (Format::Jsonl, Happening::Message(message)) => say(&serde_json::to_string(message)?),
        (Format::Jsonl, _) => Ok(()),
        (Format::Text, _) => Terminal::stdout()
            .happening(what)
            .map_or(Ok(()), |line| say(&line)),
    }
}

fn character(world: &World, name: Option<&str>) -> anyhow::Result<Option<Arc<Character>>> {
    let Some(name) = name else { return Ok(None) };
    match world.find(name) {
        Some(character) => Ok(Some(character.clone())),
        None => bail!(
            "there is no character '{name}' in '{}'; its cast: {}",
            world.name,
            world
                .cast
                .iter()
                .take(20)
                .map(|c| c.slug.as_str())
                .collect::<Vec<_>>()
                .join(", ")
        ),
    }
}

/// The moment at which every play begins.
fn curtain_up() -> DateTime<Utc> {
    DateTime::from_timestamp(946_684_800, 0).unwrap_or_default()
}
