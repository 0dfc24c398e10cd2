//! Messages per second of the embedded default, against bare SQLite.
//!
//! The openings lie in the data directory before the server starts, due at once; its relay finds
//! them. The clock starts when the server prints its address and stops when no conversation is
//! active any more.

use crate::raw::sqlite;
use crate::report::{Figure, Report, Target};
use crate::setting::{Setting, Stageplay, up_args};
use anyhow::ensure;
use parlor_engine::Engine;
use parlor_model::{Clock, World};
use parlor_ports::store::Store;
use parlor_sandbox::process::{RunningServer, address_in};
use parlor_sandbox::{Openings, Samples, ServerProcess, load, scenario};
use parlor_store_sqlite::{SqliteOptions, SqliteStore};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Conversations of one run.
const CONVERSATIONS: usize = 5_000;
/// Lines of a conversation of the Friends.
const LINES: usize = 10;
/// Size of a bare row's text: about that of a line with its names.
const BODY_BYTES: usize = 160;
/// How often the end is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How long a run may take.
const PATIENCE: Duration = Duration::from_secs(300);

/// Measures it.
pub(crate) async fn measure(setting: &Setting, report: &mut Report) -> anyhow::Result<()> {
    let mut bare = Vec::new();
    let mut exact = (Vec::new(), Vec::new());
    let mut chatty = Vec::new();
    for round in 0..setting.rounds {
        let baseline = bare_inserts()?;
        let play = setting.friends(&format!("e{round}"), true)?;
        let (per_s, counts) = run(setting, &play).await?;
        ensure!(
            counts.lines == (CONVERSATIONS * LINES) as u64,
            "not every message is stored: {counts:?}"
        );
        exact.0.push(per_s);
        exact.1.push(per_s / baseline);
        bare.push(baseline);
        let play = setting.friends(&format!("g{round}"), false)?;
        chatty.push(run(setting, &play).await?.0);
    }
    let spread = |values: Vec<f64>| values.into_iter().collect::<Samples>().spread();
    let name = "bare SQLite: batched inserts, one index beside the primary key";
    report.add(Figure::new(name, "rows/s", spread(bare)));
    let name = format!("embedded, {CONVERSATIONS} conversations, gossip and asides off");
    let figure = Figure::new(name.clone(), "messages/s", spread(exact.0));
    report.add(figure.target(Target::AtLeast(20_000.0)));
    report.add(Figure::new(
        format!("{name} ÷ bare SQLite"),
        "",
        spread(exact.1),
    ));
    let name = format!("embedded, {CONVERSATIONS} conversations, gossip and asides on");
    report.add(Figure::new(name, "messages/s", spread(chatty)));
    Ok(())
}

fn bare_inserts() -> anyhow::Result<f64> {
    let dir = tempfile::tempdir()?;
    sqlite::rows_per_s(
        &dir.path().join("bare.db"),
        CONVERSATIONS * LINES,
        BODY_BYTES,
    )
}

async fn run(setting: &Setting, play: &Stageplay) -> anyhow::Result<(f64, load::Counts)> {
    let house = Embedded::prepare(setting, play, CONVERSATIONS, Duration::ZERO).await?;
    let (server, started) = house.start(setting, play, "0").await?;
    let store = house.store(setting).await?;
    load::until_closed(&*store, &play.world.name, LOOK_EVERY, PATIENCE).await?;
    let took = started.elapsed();
    load::until_sent(&*store, &play.world.name, PATIENCE).await?;
    let counts = load::count(&*store, &play.world.name).await?;
    load::check(&counts)?;
    server.stop().await?;
    store.close().await;
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let messages = counts.messages() as f64;
    Ok((messages / took.as_secs_f64(), counts))
}

/// A data directory with conversations about to begin.
pub(crate) struct Embedded {
    data: PathBuf,
}

impl Embedded {
    /// Writes the openings.
    pub(crate) async fn prepare(
        setting: &Setting,
        play: &Stageplay,
        conversations: usize,
        pace: Duration,
    ) -> anyhow::Result<Self> {
        let house = Self {
            data: play.dir.path().join("data"),
        };
        std::fs::create_dir_all(&house.data)?;
        let store = house.store(setting).await?;
        store.migrate().await?;
        let world: Arc<World> = play.world.clone();
        let engine = Engine::new(world, scenario::SEED, pace)?;
        let clock: &dyn Clock = &*setting.clock;
        Openings::write(&engine, &*store, clock, conversations, setting.salt, true).await?;
        store.close().await;
        Ok(house)
    }

    /// Starts the server; gives the moment at which it was up.
    pub(crate) async fn start(
        &self,
        setting: &Setting,
        play: &Stageplay,
        pace: &str,
    ) -> anyhow::Result<(RunningServer, Instant)> {
        let mut args = up_args(play);
        args.extend(["--data-dir".into(), self.data.display().to_string()]);
        if let Some(value) = args
            .iter()
            .position(|a| a == "--pace")
            .and_then(|i| args.get_mut(i + 1))
        {
            pace.clone_into(value);
        }
        let mut server = ServerProcess::start(&setting.program, &args, play.dir.path())?;
        server.line(|line| address_in(line).is_some()).await?;
        Ok((server.drain(), Instant::now()))
    }

    /// The server's store, opened beside it.
    pub(crate) async fn store(&self, setting: &Setting) -> anyhow::Result<Arc<dyn Store>> {
        open(&self.data.join("parlor.db"), &setting.clock).await
    }
}

async fn open(path: &Path, clock: &Arc<dyn Clock>) -> anyhow::Result<Arc<dyn Store>> {
    Ok(Arc::new(
        SqliteStore::open(SqliteOptions::file(path), clock.clone()).await?,
    ))
}
