//! `parlor replay`: a recorded run again, without any model; or differently from one of its messages.

use super::play::{PLAY, curtain_up, show};
use crate::cli::ReplayArgs;
use crate::config::Config;
use crate::models::{self, Asked};
use crate::{Ended, recording, wiring};
use anyhow::{Context, bail};
use parlor_dialect::llm::Meter;
use parlor_engine::Engine;
use parlor_model::{Clock, ManualClock, SystemClock, World};
use parlor_ports::store::{Change, Store, Upkeep};
use parlor_roles::record::{Playback, Player, Recorder, Recording};
use parlor_roles::{Production, Stage};
use parlor_store_sqlite::{SqliteOptions, SqliteStore};
use std::fs::OpenOptions;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Where a replay happens.
struct Scenery {
    world: Arc<World>,
    pace: Duration,
    clock: Arc<ManualClock>,
    store: Arc<dyn Store>,
}

/// Replays it.
pub(crate) async fn run(config: &Config, args: ReplayArgs) -> anyhow::Result<Ended> {
    let recording = recording::read(&args.file)?;
    if args.resume && recording.header.command != PLAY {
        bail!(
            "a server's recording goes on with the server: parlor up {} --record {}",
            recording.header.file,
            args.file.display()
        );
    }
    let scenery = scenery(&recording).await?;
    let mut player = Player::new(&recording);
    let last = args.until.as_ref().or(args.fork.as_ref());
    let playback = Playback {
        until: last.map(|text| player.find(text)).transpose()?,
        lenient: args.lenient,
    };
    let mut written = Ok(());
    let mut print = |change: &Change| {
        if written.is_ok() {
            written = show(&change.what, args.format);
        }
    };
    let stage = replaying(&scenery, &recording, &player)?;
    let clock = &*scenery.clock;
    let taken = player.replay(&stage, clock, &playback, &mut print).await?;
    if args.fork.is_some() {
        let seed = config.settings.seed.unwrap_or(recording.header.seed);
        let stage = speaking(config, &scenery, seed, None)?.0;
        player.go_on(&stage, clock, &mut print).await?;
    }
    if args.resume {
        cut(&args.file, recording.bytes_of(taken))?;
        let seed = recording.header.seed;
        let into = Some((&*args.file, &recording));
        let (stage, recorder) = speaking(config, &scenery, seed, into)?;
        let mut recorder = recorder.context("the recording can't go on")?;
        let world = scenery.world.name.clone();
        let go_on = player.go_on(&stage, clock, |change| {
            recorder.write(std::slice::from_ref(change), &world);
            print(change);
        });
        go_on.await?;
    }
    written?;
    Ok(Ended::Well)
}

async fn scenery(recording: &Recording) -> anyhow::Result<Scenery> {
    let clock = Arc::new(ManualClock::new(curtain_up()));
    let store = SqliteStore::open(SqliteOptions::memory(), clock.clone()).await?;
    store.migrate().await?;
    Ok(Scenery {
        world: recording::world(&recording.header)?,
        pace: Duration::from_micros(recording.header.pace_micros),
        clock,
        store: Arc::new(store),
    })
}

/// A stage on which everybody speaks from the recording.
fn replaying(
    scenery: &Scenery,
    recording: &Recording,
    player: &Player<'_>,
) -> anyhow::Result<Stage> {
    let engine = Engine::new(scenery.world.clone(), recording.header.seed, scenery.pace)?;
    let voices = player.voices(scenery.world.dialects.keys().cloned());
    Ok(stage(scenery, Production { engine, voices }))
}

/// A stage on which everybody finds words of their own, and what records them.
fn speaking(
    config: &Config,
    scenery: &Scenery,
    seed: u64,
    into: Option<(&Path, &Recording)>,
) -> anyhow::Result<(Stage, Option<Recorder>)> {
    let now: Arc<dyn Clock> = Arc::new(SystemClock);
    let meter = Meter::new(scenery.store.clone(), now.clone());
    let models = models::assemble(config, Asked::OnlyByName, &meter, now)?;
    let production = wiring::production(scenery.world.clone(), seed, scenery.pace, models)?;
    let Some((path, recording)) = into else {
        return Ok((stage(scenery, production), None));
    };
    let (recorder, production) = recording::begin(path, &recording.header, production)?;
    Ok((stage(scenery, production), Some(recorder)))
}

fn stage(scenery: &Scenery, production: Production) -> Stage {
    let clock: Arc<dyn Clock> = scenery.clock.clone();
    Stage::new(vec![production], scenery.store.clone(), clock, false)
}

/// Cuts off the step that was not written to its end.
fn cut(path: &Path, bytes: u64) -> anyhow::Result<()> {
    let file = OpenOptions::new().write(true).open(path);
    file.and_then(|file| file.set_len(bytes))
        .with_context(|| format!("'{}' can't be written", path.display()))
}
