//! Puts a server together: worlds, store, bus, stage, relay, director.

use crate::catalogue::{Casts, Follower, Recast};
use crate::config::{Config, Settings};
use crate::models::{self, Asked};
use crate::{chat, recording, resolve, telemetry, worlds};
use anyhow::{Context, bail};
use metrics_exporter_prometheus::PrometheusHandle;
use parlor_dialect::llm::{Meter, Models};
use parlor_dialect::registry::{self, BuildOptions};
use parlor_engine::Engine;
use parlor_gateway::auth::SigningKey;
use parlor_gateway::{Auth, Elsewhere, Forward, SignIn, SignInDesk, Tunnel};
use parlor_model::world::Pace;
use parlor_model::{Clock, Slug, SystemClock, World};
use parlor_ports::bus::Bus;
use parlor_ports::cache::Cache;
use parlor_ports::director::Director;
use parlor_ports::mind::Mind;
use parlor_ports::store::Store;
use parlor_roles::record::Recorder;
use parlor_roles::{Production, Relay, RelayHandle, RelayOptions, Stage, StageDirector};
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Pause between lines where nobody says otherwise: slow enough to follow.
pub(crate) const PACE_DEFAULT: Duration = Duration::from_secs(1);
/// The file that a server holds locked while it uses the embedded default.
const LOCK_FILE: &str = "server.lock";

/// Those who write whole conversations, by dialect.
pub(crate) type Authors = BTreeMap<String, Arc<dyn Mind>>;

/// The parts of a server process.
pub(crate) struct Parts {
    pub(crate) settings: Settings,
    pub(crate) worlds: Vec<Arc<World>>,
    pub(crate) seeds: Vec<u64>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) bus: Arc<dyn Bus>,
    pub(crate) cache: Arc<dyn Cache>,
    pub(crate) stage: Arc<Stage>,
    pub(crate) relay: Relay,
    pub(crate) relay_handle: RelayHandle,
    pub(crate) director: Arc<dyn Director>,
    /// Those who write whole conversations of companions: by world, then by dialect.
    pub(crate) authors: HashMap<Slug, Authors>,
    /// The language models that worlds speak through, for people.
    pub(crate) models: BTreeMap<Slug, String>,
    /// The books of language models.
    pub(crate) meter: Arc<Meter>,
    /// Writes the run down.
    pub(crate) recorder: Option<Recorder>,
    /// Lets casts grow; not in a run that is written down.
    pub(crate) follower: Option<Arc<Follower>>,
    pub(crate) metrics: PrometheusHandle,
    /// Held while the process lives.
    pub(crate) _lock: Option<File>,
}

/// What a process is to be.
pub(crate) struct Purpose<'a> {
    pub(crate) worlds: &'a [String],
    /// Roles run apart, so bus and store must be shared.
    pub(crate) apart: bool,
    /// Looks after the outbox.
    pub(crate) sweeps: bool,
    pub(crate) no_migrate: bool,
    /// Records the run of its only world.
    pub(crate) record: Option<&'a Path>,
}

/// Puts a process together: everything is reachable, migrated and declared when it returns.
///
/// # Errors
/// What is missing and how to mend it.
pub(crate) async fn assemble(config: &Config, purpose: Purpose<'_>) -> anyhow::Result<Parts> {
    let settings = config.settings.clone();
    let cache = resolve::cache(&settings)?;
    for name in config.unknown_variables() {
        tracing::warn!(variable = %name, "is not a setting; `parlor config` lists them");
    }
    let worlds = worlds::load_all(purpose.worlds)?;
    let metrics = telemetry::metrics()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let lock = lock(&settings)?;
    let store = resolve::store(&settings, clock.clone()).await?;
    migrate(&*store, purpose.no_migrate).await?;
    let mut casts = Casts::of(worlds.clone());
    let mut worlds = worlds;
    let restless = worlds.iter().find(|world| world.has_bots());
    if let (Some(world), Some(_)) = (restless, purpose.record) {
        bail!(
            "'{}' can't be recorded: its bots come and go as they like",
            world.name
        );
    }
    // A recording holds what its world is made of; the catalogue is not in it.
    if purpose.record.is_none() {
        for grown in casts.read(&*store, clock.now()).await? {
            if let Some(world) = worlds.iter_mut().find(|world| world.name == grown.name) {
                *world = grown;
            }
        }
    }
    let bus = resolve::bus(&settings, &store, clock.clone()).await?;
    if purpose.apart && !(bus.capabilities().shared && store.is_shared()) {
        bail!(
            "roles can only run apart on a bus and a store that processes share: set --bus amqp://.. \
             or kafka://.. and --store postgres://.. (now: {} and {})",
            bus.capabilities().name,
            store.name()
        );
    }
    let for_people = worlds.iter().find(|world| chat::is_for_people(world));
    if let Some(world) = for_people
        && purpose.apart
        && !cache.capabilities().shared
    {
        bail!(
            "roles of '{}' can only run apart with a cache that processes share: set --cache \
             redis://.. (now: {})",
            world.name,
            cache.capabilities().name
        );
    }
    for world in &worlds {
        bus.declare(&world.topology()).await?;
    }
    let meter = Meter::new(store.clone(), clock.clone());
    let models = models::assemble(config, Asked::BySettings, &meter, clock.clone())?;
    let authors = authors_of(&worlds, models.as_ref())?;
    let recorded = purpose
        .record
        .map(recording::seed_in)
        .transpose()?
        .flatten();
    let seeds = worlds
        .iter()
        .map(|w| recorded.unwrap_or_else(|| seed_of(&settings, w)))
        .collect::<Vec<_>>();
    let mut productions = worlds
        .iter()
        .zip(&seeds)
        .map(|(world, seed)| {
            let pace = pace_of(&settings, world);
            production(world.clone(), *seed, pace, models.clone())
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    let mut recorder = None;
    if let Some(path) = purpose.record {
        let [name] = purpose.worlds else {
            bail!("--record takes one world: start a server of its own for each");
        };
        let world = worlds::load_with_files(name)?;
        let seed = seeds.first().copied().unwrap_or_default();
        let header = recording::header("up", &world, seed, pace_of(&settings, &world.world));
        let production = productions.pop().context("there is no world")?;
        let (begun, listened) = recording::begin(path, &header, production)?;
        productions.push(listened);
        recorder = Some(begun);
    }
    let stage = Arc::new(Stage::new(
        productions,
        store.clone(),
        clock.clone(),
        bus.capabilities().durable,
    ));
    stage.let_decide(minds(&worlds, models.clone())?);
    let follower = purpose.record.is_none().then(|| {
        Arc::new(Follower {
            store: store.clone(),
            bus: bus.clone(),
            clock: clock.clone(),
            stage: stage.clone(),
            recast: recast(&settings, &worlds, &seeds, models),
            closes: purpose.sweeps,
            casts: Mutex::new(casts),
        })
    });
    if let Some(follower) = &follower {
        stage.ask_for_newcomers(follower.clone());
    }
    let sweeps = if purpose.sweeps {
        worlds.iter().map(|w| w.name.clone()).collect()
    } else {
        Vec::new()
    };
    let (relay, relay_handle) = Relay::new(stage.clone(), bus.clone(), RelayOptions { sweeps });
    let director: Arc<dyn Director> =
        Arc::new(StageDirector::new(stage.clone(), relay_handle.clone()));
    let spoken = models::of_worlds(&worlds, config)?;
    Ok(Parts {
        settings,
        worlds,
        seeds,
        clock,
        store,
        bus,
        cache,
        stage,
        relay,
        relay_handle,
        director,
        authors,
        models: spoken,
        meter,
        recorder,
        follower,
        metrics,
        _lock: lock,
    })
}

/// Makes worlds ready for the stage again, as they were made ready at the start.
fn recast(
    settings: &Settings,
    worlds: &[Arc<World>],
    seeds: &[u64],
    models: Option<Arc<Models>>,
) -> Recast {
    let seeds: HashMap<Slug, u64> = worlds
        .iter()
        .map(|world| world.name.clone())
        .zip(seeds.iter().copied())
        .collect();
    let settings = settings.clone();
    Box::new(move |world| {
        let seed = seeds.get(&world.name).copied().unwrap_or_default();
        let pace = pace_of(&settings, &world);
        production(world, seed, pace, models.clone())
    })
}

/// A world, ready for a stage.
///
/// # Errors
/// Its dialects can't be built.
pub(crate) fn production(
    world: Arc<World>,
    seed: u64,
    pace: Duration,
    models: Option<Arc<Models>>,
) -> anyhow::Result<Production> {
    let dialects = registry::build(&world, &BuildOptions { models })
        .with_context(|| format!("world '{}'", world.name))?;
    let voices = dialects
        .names()
        .filter_map(|name| Some((name.to_owned(), dialects.get(name)?)))
        .collect();
    let engine = Engine::new(world.clone(), seed, pace)
        .with_context(|| format!("world '{}'", world.name))?;
    Ok(Production { engine, voices })
}

/// Where people sign in: in the role that the settings name, or here.
///
/// # Errors
/// The address is none, or the signing key can't be had.
pub(crate) fn sign_in(
    settings: &Settings,
    store: &Arc<dyn Store>,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<SignIn> {
    match &settings.auth_addr {
        Some(address) => Forward::new("auth", address)
            .map(SignIn::There)
            .map_err(anyhow::Error::msg),
        None => {
            let key = SigningKey::load_or_make(&settings.data_dir);
            let key = key.or_else(|error| passing_key(settings, error))?;
            Ok(SignIn::Here(desk_with(key, store, clock)))
        }
    }
}

/// What other roles do for a gateway.
///
/// # Errors
/// An address is none.
pub(crate) fn elsewhere(
    settings: &Settings,
    shutdown: &CancellationToken,
) -> anyhow::Result<Elsewhere> {
    let characters = settings.characters_addr.as_deref();
    let characters = characters.map(|address| Forward::new("characters", address));
    let chat = settings.chat_addr.as_deref();
    let chat = chat.map(|address| Tunnel::new(address, shutdown.clone()));
    Ok(Elsewhere {
        characters: characters.transpose().map_err(anyhow::Error::msg)?,
        chat: chat.transpose().map_err(anyhow::Error::msg)?,
    })
}

/// Signs people in with the key of the data directory.
///
/// # Errors
/// The key can't be read or made.
pub(crate) fn desk(
    settings: &Settings,
    store: &Arc<dyn Store>,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<SignInDesk> {
    let key = SigningKey::load_or_make(&settings.data_dir)
        .context("the key that signs access tokens can't be had (see --data-dir)")?;
    Ok(desk_with(key, store, clock))
}

fn desk_with(key: SigningKey, store: &Arc<dyn Store>, clock: &Arc<dyn Clock>) -> SignInDesk {
    let auth = Auth::new(store.clone(), clock.clone());
    SignInDesk::new(auth, key, Arc::new(random_id))
}

/// Where nothing can be written, nobody has to sign in to what is open to everybody, and who does has to
/// renew their token after a restart.
fn passing_key(settings: &Settings, error: io::Error) -> anyhow::Result<SigningKey> {
    let unwritable = [
        io::ErrorKind::PermissionDenied,
        io::ErrorKind::ReadOnlyFilesystem,
    ];
    if !unwritable.contains(&error.kind()) {
        return Err(error).context("the key that signs access tokens can't be had");
    }
    let dir = settings.data_dir.display();
    tracing::warn!(%dir, %error, "access tokens are signed with a key that ends with this process");
    Ok(SigningKey::passing()?)
}

/// The language models that decide where characters of these worlds go.
///
/// # Errors
/// A world names a model that it may not ask.
fn minds(
    worlds: &[Arc<World>],
    models: Option<Arc<Models>>,
) -> anyhow::Result<HashMap<Slug, Arc<dyn Mind>>> {
    let options = BuildOptions { models };
    let mut minds = HashMap::new();
    for world in worlds {
        let name = world
            .mechanics
            .get("travel")
            .and_then(|t| t["mind"].as_str());
        let Some(name) = name else { continue };
        let mind = registry::mind(world, name, &options)
            .with_context(|| format!("world '{}'", world.name))?;
        minds.extend(mind.map(|mind| (world.name.clone(), mind)));
    }
    Ok(minds)
}

/// Those who write whole conversations in worlds whose people have companions.
///
/// # Errors
/// A world names a model that it may not ask.
pub(crate) fn authors_of(
    worlds: &[Arc<World>],
    models: Option<&Arc<Models>>,
) -> anyhow::Result<HashMap<Slug, Authors>> {
    let options = BuildOptions {
        models: models.cloned(),
    };
    let with_companions = worlds
        .iter()
        .filter(|world| world.mechanics.contains_key("group"));
    let authors = with_companions.map(|world| {
        let found = registry::authors(world, &options)
            .with_context(|| format!("world '{}'", world.name))?;
        Ok((world.name.clone(), found))
    });
    authors.collect()
}

/// The seed in force: setting, then world, then a new one.
pub(crate) fn seed_of(settings: &Settings, world: &World) -> u64 {
    settings
        .seed
        .or(world.seed)
        .unwrap_or_else(|| random_id().as_u64_pair().0 >> 12)
}

/// The pause in force: setting, then world, then a second.
pub(crate) fn pace_of(settings: &Settings, world: &World) -> Duration {
    settings
        .pace
        .or(world.pace)
        .map_or(PACE_DEFAULT, Pace::duration)
}

/// A random id, for what callers start without naming it.
pub(crate) fn random_id() -> Uuid {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that makes ids out of nothing"
    )]
    Uuid::new_v4()
}

/// Applies what the store's schema lacks, or refuses.
///
/// # Errors
/// Migrations are pending and may not be applied, or failed.
pub(crate) async fn migrate(store: &dyn Store, refuse: bool) -> anyhow::Result<()> {
    if !refuse {
        return Ok(store.migrate().await?);
    }
    let pending = store.pending_migrations().await?;
    if !pending.is_empty() {
        bail!(
            "the store lacks {} migration(s): {}. Start once without --no-migrate",
            pending.len(),
            pending.join(", ")
        );
    }
    Ok(())
}

/// Binds the address, or says who is in the way and what to do.
pub(crate) async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!(
            "can't listen on {address}: is a server running there? choose another with --listen"
        )
    })
}

/// One server at a time may use the embedded default's directory; commands may use it besides.
pub(crate) fn lock(settings: &Settings) -> anyhow::Result<Option<File>> {
    if settings.bus != "embedded" {
        return Ok(None);
    }
    let dir = &settings.data_dir;
    std::fs::create_dir_all(dir).with_context(|| {
        format!(
            "the data directory '{}' can't be made: set --data-dir",
            dir.display()
        )
    })?;
    let path = dir.join(LOCK_FILE);
    let file =
        File::create(&path).with_context(|| format!("'{}' can't be made", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(std::fs::TryLockError::WouldBlock) => bail!(
            "another server uses the data directory '{}': stop it, or set --data-dir",
            dir.display()
        ),
        Err(std::fs::TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("'{}' can't be locked", path.display()))
        }
    }
}
