//! `parlor play`: one conversation and its gossip on the terminal, without a server.

use super::say;
use crate::cli::{Format, PlayArgs};
use crate::config::Config;
use crate::models::{self, Asked};
use crate::render::Terminal;
use crate::{Ended, recording, wiring, worlds};
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
    let files = worlds::load_with_files(&args.world)?;
    let world = files.world.clone();
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
    let pace = wiring::pace_of(&config.settings, &world);
    let mut production = wiring::production(world.clone(), seed, pace, models)?;
    let mut recorder = None;
    if let Some(path) = &args.record {
        if std::fs::metadata(path).is_ok_and(|file| file.len() > 0) {
            bail!(
                "'{}' is there already: name another file, or go on with it by `parlor replay {} --resume`",
                path.display(),
                path.display()
            );
        }
        let header = recording::header(PLAY, &files, seed, pace);
        let (begun, listened) = recording::begin(path, &header, production)?;
        production = listened;
        recorder = Some(begun);
    }
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
        if let Some(recorder) = &mut recorder {
            recorder.write(std::slice::from_ref(change), &world.name);
        }
        if written.is_ok() {
            written = show(&change.what, args.format);
        }
    })
    .await?;
    written?;
    Ok(Ended::Well)
}

/// What the header of a play's recording says.
pub(super) const PLAY: &str = "play";

pub(super) fn show(what: &Happening, format: Format) -> anyhow::Result<()> {
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
pub(super) fn curtain_up() -> DateTime<Utc> {
    DateTime::from_timestamp(946_684_800, 0).unwrap_or_default()
}
