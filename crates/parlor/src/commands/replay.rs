//! `parlor replay`: a recorded run again, without any model; or differently from one of its messages.

use super::play::{PLAY, curtain_up, show};
use crate::cli::{Format, ReplayArgs};
use crate::config::Config;
use crate::models::{self, Asked};
use crate::{Ended, recording, wiring};
use anyhow::{Context, bail};
use parlor_dialect::llm::Meter;
use parlor_engine::Engine;
use parlor_model::{Clock, ManualClock, MessageId, SystemClock, World};
use parlor_ports::store::{Change, Happening, Store, Upkeep};
use parlor_roles::record::{Listener, Playback, Player, Recorder, Recording};
use parlor_roles::{Production, Stage, Voices};
use parlor_store_sqlite::{SqliteOptions, SqliteStore};
use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

/// Where a replay happens.
struct Scenery {
    world: Arc<World>,
    pace: Duration,
    clock: Arc<ManualClock>,
    store: Arc<dyn Store>,
}

impl Scenery {
    /// The names of the world's dialects.
    fn dialects(&self) -> impl Iterator<Item = String> {
        self.world.dialects.keys().cloned()
    }
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
    let mut printer = Printer {
        format: args.format,
        last: args.until.as_ref().and(playback.until),
        written: Ok(()),
        over: false,
    };
    let clock = &*scenery.clock;
    if args.resume {
        resume(
            config,
            &args,
            &recording,
            &scenery,
            &mut player,
            &mut printer,
        )
        .await?;
    } else {
        let stage = replaying(&scenery, &recording, player.voices(scenery.dialects()))?;
        let print = |change: &Change| printer.print(change);
        player.replay(&stage, clock, &playback, print).await?;
    }
    if args.fork.is_some() {
        let seed = config.settings.seed.unwrap_or(recording.header.seed);
        let stage = speaking(config, &scenery, seed, None)?;
        let print = |change: &Change| printer.print(change);
        player.go_on(&stage, clock, print).await?;
    }
    printer.written?;
    Ok(Ended::Well)
}

/// Prints what happens, up to a message.
struct Printer {
    format: Format,
    last: Option<MessageId>,
    written: anyhow::Result<()>,
    over: bool,
}

impl Printer {
    fn print(&mut self, change: &Change) {
        if self.written.is_ok() && !self.over {
            self.written = show(&change.what, self.format);
        }
        if let Happening::Message(message) = &change.what {
            self.over |= Some(message.id) == self.last;
        }
    }
}

/// Replays what is there and goes on, writing the whole run anew; the new file takes the old one's
/// place as soon as it holds as much.
async fn resume(
    config: &Config,
    args: &ReplayArgs,
    recording: &Recording,
    scenery: &Scenery,
    player: &mut Player<'_>,
    printer: &mut Printer,
) -> anyhow::Result<()> {
    let context = || format!("'{}' can't be written", args.file.display());
    let anew = args.file.with_added_extension("resumed");
    File::create(&anew).with_context(context)?;
    let listener = Listener::default();
    let mut recorder = Recorder::open(&anew, &recording.header, listener.clone())?;
    let world = scenery.world.name.clone();
    let mut keep = |change: &Change| {
        recorder.write(std::slice::from_ref(change), &world);
        printer.print(change);
    };
    let voices = listener.listen_to(player.voices(scenery.dialects()));
    let stage = replaying(scenery, recording, voices)?;
    let playback = Playback {
        until: None,
        lenient: args.lenient,
    };
    let clock = &*scenery.clock;
    player.replay(&stage, clock, &playback, &mut keep).await?;
    std::fs::rename(&anew, &args.file).with_context(context)?;
    let stage = speaking(config, scenery, recording.header.seed, Some(&listener))?;
    Ok(player.go_on(&stage, clock, keep).await?)
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
fn replaying(scenery: &Scenery, recording: &Recording, voices: Voices) -> anyhow::Result<Stage> {
    let engine = Engine::new(scenery.world.clone(), recording.header.seed, scenery.pace)?;
    Ok(stage(scenery, Production { engine, voices }))
}

/// A stage on which everybody finds words of their own.
fn speaking(
    config: &Config,
    scenery: &Scenery,
    seed: u64,
    listener: Option<&Listener>,
) -> anyhow::Result<Stage> {
    let now: Arc<dyn Clock> = Arc::new(SystemClock);
    let meter = Meter::new(scenery.store.clone(), now.clone());
    let models = models::assemble(config, Asked::OnlyByName, &meter, now)?;
    let mut production = wiring::production(scenery.world.clone(), seed, scenery.pace, models)?;
    if let Some(listener) = listener {
        production.voices = listener.listen_to(production.voices);
    }
    Ok(stage(scenery, production))
}

fn stage(scenery: &Scenery, production: Production) -> Stage {
    let clock: Arc<dyn Clock> = scenery.clock.clone();
    Stage::new(vec![production], scenery.store.clone(), clock, false)
}
