//! `parlor run`: one role as a process of its own; and how each role is put together.

use super::say;
use crate::cli::{Ops, RoleName, RunArgs};
use crate::config::{Config, Settings};
use crate::lifecycle::Lifecycle;
use crate::presence::{self, Cast};
use crate::wiring::{self, Parts, Purpose};
use crate::{Ended, chat, gauges, schedule, traces};
use anyhow::{Context, bail};
use clap::ValueEnum;
use metrics_exporter_prometheus::PrometheusHandle;
use parlor_dialect::llm::Meter;
use parlor_gateway::{
    Auth, ChatLimits, Door, Gateway, GatewayOptions, GrpcCourier, Limits, RoleListener,
    RoleTrigger, Router, characters_router, role_router, serve, serve_deliveries,
};
use parlor_model::world::TriggerStart;
use parlor_model::{Clock, Slug, World};
use parlor_ports::bus::Bus;
use parlor_ports::cache::Cache;
use parlor_ports::chat::Chat;
use parlor_ports::director::Director;
use parlor_ports::store::Store;
use parlor_roles::bots::{BotsOptions, BotsRole};
use parlor_roles::cast::{CastOptions, CastRole, Whom};
use parlor_roles::character::{CharacterOptions, CharacterRole, Load};
use parlor_roles::chat::RoomParts;
use parlor_roles::directory::DirectoryRole;
use parlor_roles::jobs::{JobsOptions, JobsRole};
use parlor_roles::place::place_role;
use parlor_roles::{Desk, DeskRole, Indexer, RelayHandle, Stage, StageParley};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use uuid::Uuid;

/// Where keys of new conversations come from.
pub(crate) struct Keys(pub(crate) Arc<dyn Fn() -> Uuid + Send + Sync>);

impl Default for Keys {
    fn default() -> Self {
        Self(Arc::new(wiring::random_id))
    }
}

/// Runs the role until stopped.
pub(crate) async fn run(config: &Config, args: RunArgs) -> anyhow::Result<Ended> {
    traces::install(&format!("parlor-{}", name_of(args.role)))?;
    let listener = wiring::bind(config.settings.listen).await?;
    let purpose = Purpose {
        worlds: &args.worlds,
        apart: true,
        sweeps: args.role == RoleName::Relay,
        no_migrate: args.no_migrate,
        record: None,
    };
    let parts = wiring::assemble(config, purpose).await?;
    let lifecycle = Lifecycle::new()?;
    let name = name_of(args.role);
    say(&format!(
        "{name} ready on http://{}",
        listener.local_addr()?
    ))?;
    if args.until_stdin_closes {
        end_with_stdin(&lifecycle);
    }
    start(&lifecycle, listener, &args, parts).await
}

async fn start(
    lifecycle: &Lifecycle,
    listener: TcpListener,
    args: &RunArgs,
    parts: Parts,
) -> anyhow::Result<Ended> {
    let Parts {
        settings,
        worlds,
        models,
        clock,
        store,
        bus,
        cache,
        stage,
        relay,
        relay_handle,
        director,
        authors,
        meter,
        follower,
        metrics,
        ..
    } = parts;
    gauges::tell(&name_of(args.role));
    let keys = Keys::default();
    let cast = Cast {
        worlds: &worlds,
        names: &args.names,
    };
    let deliveries = match args.role {
        RoleName::ChatWs => Some(deliveries(&settings).await?),
        _ => None,
    };
    presence::announce(
        lifecycle,
        &stage,
        &name_of(args.role),
        &cast,
        args.place,
        deliveries.as_ref().map(|(_, address)| address.clone()),
    );
    lifecycle.helper(relay.run(lifecycle.shutdown.clone()));
    lifecycle.helper(meter.clone().run(lifecycle.shutdown.clone()));
    if let Some(follower) = follower {
        lifecycle.helper(follower.run(lifecycle.shutdown.clone()));
    }
    let (mut trigger, mut sign_in, mut door) = (None, None, None);
    match args.role {
        RoleName::Gateway | RoleName::Characters => {
            let parts = GatewayParts {
                settings: &settings,
                models: &models,
                store: &store,
                bus: &bus,
                director: &director,
                relay: &relay_handle,
                stage: &stage,
                clock: &clock,
                metrics: &metrics,
                chat: None,
            };
            if args.role == RoleName::Gateway {
                gateway(lifecycle, listener, &parts)?;
            } else {
                characters(lifecycle, listener, &parts)?;
            }
            return finish(lifecycle, &bus, &store, &meter).await;
        }
        RoleName::Character => {
            for world in &worlds {
                if chat::is_for_people(world) {
                    bail!(
                        "the characters of '{}' answer people: run its mind and its dispatcher",
                        world.name
                    );
                }
                let (stage, bus) = (stage.clone(), bus.clone());
                let relay = relay_handle.clone();
                let shutdown = lifecycle.shutdown.clone();
                if args.names.is_empty() {
                    let whom = if args.newcomers {
                        Whom::Newcomers
                    } else {
                        Whom::All
                    };
                    let role = cast_role(world, whom, &settings, stage, bus, relay);
                    lifecycle.vital("characters", role.run(shutdown));
                } else {
                    let role = chosen(world, &args.names, &settings, stage, bus, relay)?;
                    lifecycle.vital("character", role.run(shutdown));
                }
            }
            trigger = trigger_of(&worlds, &args.names, &director, &keys);
        }
        RoleName::Auth => sign_in = Some(wiring::desk(&settings, &store, &clock)?),
        RoleName::Place => {
            for world in &worlds {
                let parts = (&stage, &bus, &relay_handle);
                places(lifecycle, world, &args.names, &settings, parts)?;
            }
        }
        RoleName::Bot => {
            for world in &worlds {
                let bots = Bots::named(world, &args.names, args.count, args.dialect.clone())?;
                let parts = (&stage, &bus, &relay_handle, &director);
                start_bots(lifecycle, world, bots, &settings, parts, &keys)?;
            }
        }
        RoleName::Directory => {
            for world in worlds.iter().filter(|world| world.has_bots()) {
                let desk = desk(&stage, &bus, &relay_handle, &director);
                look_after_directory(lifecycle, world, &stage, &bus, desk);
            }
        }
        RoleName::Jobs => {
            for world in &worlds {
                jobs(lifecycle, world, args.start_once, &store, &director, &keys);
                schedule::start(lifecycle, world, &settings, (&store, &clock), &authors)?;
            }
        }
        RoleName::ChatWs => {
            let deliveries = deliveries.context("a chat-ws listens for what is new")?;
            let parts = chat_parts(lifecycle, deliveries, &stage, &relay_handle, &cache);
            let room = chat::room(lifecycle, &settings, parts);
            door = Some(Door {
                worlds: stage.worlds().clone(),
                chat: room,
                auth: Auth::new(store.clone(), clock.clone()),
                clock: clock.clone(),
                ids: keys.0.clone(),
                limits: ChatLimits::default(),
                text_bytes_max: settings.limits.message_bytes,
                shutdown: lifecycle.shutdown.clone(),
            });
        }
        RoleName::Mind | RoleName::Dispatcher => {
            let others = Arc::new(GrpcCourier::default());
            // Nobody is in a session in this process, so nobody needs to find it.
            let nowhere = String::new();
            let parts = chat::parts(&stage, &relay_handle, &cache, nowhere, Some(others));
            for world in worlds.iter().filter(|world| chat::is_for_people(world)) {
                if args.role == RoleName::Mind {
                    chat::mind(lifecycle, &settings, world, &parts, &bus);
                } else {
                    chat::dispatcher(lifecycle, &settings, world, &parts, &bus);
                }
            }
        }
        RoleName::Relay => {
            let indexer = Indexer::new(store.clone(), clock.clone());
            lifecycle.helper(indexer.run(lifecycle.shutdown.clone()));
            let worlds = stage.worlds().clone();
            let (bus, store) = (bus.clone(), store.clone());
            lifecycle.helper(gauges::ask(worlds, bus, store, lifecycle.shutdown.clone()));
        }
    }
    let router = role_router(RoleListener {
        role: name_of(args.role),
        store: store.clone(),
        bus: bus.clone(),
        metrics,
        allowed_hosts: settings.allowed_hosts.clone(),
        trigger,
        sign_in,
        door,
    });
    lifecycle.vital(
        "listener",
        serve(listener, router, lifecycle.shutdown.clone()),
    );
    finish(lifecycle, &bus, &store, &meter).await
}

fn name_of(role: RoleName) -> String {
    let name = role.to_possible_value();
    name.map_or_else(String::new, |name| name.get_name().to_owned())
}

/// Where other processes tell a `chat-ws` what is new, and how they find that.
async fn deliveries(settings: &Settings) -> anyhow::Result<(TcpListener, String)> {
    let listener = wiring::bind(settings.deliveries).await?;
    let port = listener.local_addr()?.port();
    let address = match &settings.deliveries_at {
        Some(host) => format!("{host}:{port}"),
        None => listener.local_addr()?.to_string(),
    };
    Ok((listener, address))
}

/// What the parts of a `chat-ws` share. Other processes tell it what is new at a listener of its own.
fn chat_parts(
    lifecycle: &Lifecycle,
    (listener, address): (TcpListener, String),
    stage: &Arc<Stage>,
    relay: &RelayHandle,
    cache: &Arc<dyn Cache>,
) -> RoomParts {
    let others = Arc::new(GrpcCourier::default());
    let parts = chat::parts(stage, relay, cache, address, Some(others));
    lifecycle.vital(
        "deliveries",
        serve_deliveries(
            listener,
            parts.here.clone(),
            parts.courier.clone(),
            lifecycle.shutdown.clone(),
        ),
    );
    parts
}

async fn finish(
    lifecycle: &Lifecycle,
    bus: &Arc<dyn Bus>,
    store: &Arc<dyn Store>,
    meter: &Meter,
) -> anyhow::Result<Ended> {
    lifecycle.until_stopped().await;
    // Calls that were on their way have ended by now.
    meter.close().await;
    bus.close().await;
    store.close().await;
    Ok(Ended::Well)
}

/// A role must not outlive the supervisor that holds the other end of its standard input.
fn end_with_stdin(lifecycle: &Lifecycle) {
    let shutdown = lifecycle.shutdown.clone();
    tokio::spawn(async move {
        let mut stdin = tokio::io::stdin();
        let mut sink = [0u8; 256];
        while matches!(stdin.read(&mut sink).await, Ok(n) if n > 0) {}
        shutdown.cancel();
    });
}

/// What a gateway is made of.
pub(crate) struct GatewayParts<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) models: &'a BTreeMap<Slug, String>,
    pub(crate) store: &'a Arc<dyn Store>,
    pub(crate) bus: &'a Arc<dyn Bus>,
    pub(crate) director: &'a Arc<dyn Director>,
    pub(crate) relay: &'a RelayHandle,
    pub(crate) stage: &'a Arc<Stage>,
    pub(crate) clock: &'a Arc<dyn Clock>,
    pub(crate) metrics: &'a PrometheusHandle,
    /// Where people talk with characters, if they do in this process.
    pub(crate) chat: Option<Arc<dyn Chat>>,
}

/// What a gateway is given.
///
/// # Errors
/// Nobody can sign in, or the address of another role is none.
fn gateway_options(
    lifecycle: &Lifecycle,
    parts: &GatewayParts<'_>,
) -> anyhow::Result<GatewayOptions> {
    Ok(GatewayOptions {
        worlds: parts.stage.worlds().clone(),
        models: parts.models.clone(),
        store: parts.store.clone(),
        bus: parts.bus.clone(),
        director: parts.director.clone(),
        // More at once would only wait their turn at the provider.
        parley: Arc::new(StageParley::new(
            parts.stage.clone(),
            parts.settings.llm_concurrency_max,
        )),
        clock: parts.clock.clone(),
        ids: Arc::new(wiring::random_id),
        metrics: parts.metrics.clone(),
        limits: Limits {
            body_bytes_max: parts.settings.limits.body_bytes,
            text_bytes_max: parts.settings.limits.message_bytes,
            ..Limits::default()
        },
        web: parts.settings.web,
        ops: match parts.settings.ops {
            Ops::Open => parlor_gateway::Ops::Open,
            Ops::Loopback => parlor_gateway::Ops::Loopback,
            Ops::Off => parlor_gateway::Ops::Off,
        },
        sign_in: wiring::sign_in(parts.settings, parts.store, parts.clock)?,
        allowed_hosts: parts.settings.allowed_hosts.clone(),
        chat: parts.chat.clone(),
        elsewhere: wiring::elsewhere(parts.settings, &lifecycle.shutdown)?,
        bots: desk(parts.stage, parts.bus, parts.relay, parts.director),
        shutdown: lifecycle.shutdown.clone(),
    })
}

/// Starts the HTTP side.
///
/// # Errors
/// Nobody can sign in, or the address of another role is none.
pub(crate) fn gateway(
    lifecycle: &Lifecycle,
    listener: TcpListener,
    parts: &GatewayParts<'_>,
) -> anyhow::Result<()> {
    let options = gateway_options(lifecycle, parts)?;
    if let Some(tunnel) = options.elsewhere.chat.clone() {
        lifecycle.helper(tunnel.ended());
    }
    let gateway = Gateway::new(options);
    let router = gateway.router();
    for world in parts.stage.worlds().all().iter() {
        if let Some(port) = world.trigger.port {
            listen_too(lifecycle, port, parts.settings, &listener, &router);
        }
    }
    lifecycle.vital(
        "gateway",
        serve(listener, router, lifecycle.shutdown.clone()),
    );
    Ok(())
}

/// Starts the HTTP side of the characters that people talk with.
fn characters(
    lifecycle: &Lifecycle,
    listener: TcpListener,
    parts: &GatewayParts<'_>,
) -> anyhow::Result<()> {
    let router = characters_router(gateway_options(lifecycle, parts)?);
    let shutdown = lifecycle.shutdown.clone();
    lifecycle.vital("characters", serve(listener, router, shutdown));
    Ok(())
}

/// Listens at another port as well, where it is free and the first one was not left open.
fn listen_too(
    lifecycle: &Lifecycle,
    port: u16,
    settings: &Settings,
    listener: &TcpListener,
    router: &Router,
) {
    let first = listener.local_addr().map(|address| address.port());
    if settings.listen.port() == 0 || first.is_ok_and(|first| first == port) {
        return;
    }
    let address = SocketAddr::new(settings.listen.ip(), port);
    let (router, shutdown) = (router.clone(), lifecycle.shutdown.clone());
    lifecycle.helper(async move {
        let served = match TcpListener::bind(address).await {
            Ok(listener) => serve(listener, router, shutdown).await,
            Err(error) => Err(error),
        };
        if let Err(error) = served {
            tracing::warn!(%address, %error, "the world's own port is not served");
        }
    });
}

/// Starts the roles of these places of a world; of all where none is named.
///
/// # Errors
/// A place is not there, or nobody travels in the world.
pub(crate) fn places(
    lifecycle: &Lifecycle,
    world: &Arc<World>,
    names: &[String],
    settings: &Settings,
    (stage, bus, relay): (&Arc<Stage>, &Arc<dyn Bus>, &RelayHandle),
) -> anyhow::Result<()> {
    let list = || {
        let places = world
            .places
            .iter()
            .take(20)
            .map(|place| place.slug.as_str());
        places.collect::<Vec<_>>().join(", ")
    };
    let chosen = if names.is_empty() {
        world.places.clone()
    } else {
        let find = |name: &String| {
            let found = world.find_place(name).cloned();
            found.with_context(|| {
                format!(
                    "there is no place '{name}' in '{}'; its places: {}",
                    world.name,
                    list()
                )
            })
        };
        names.iter().map(find).collect::<anyhow::Result<_>>()?
    };
    for place in chosen {
        let (stage, bus, relay) = (stage.clone(), bus.clone(), relay.clone());
        let role = place_role(world, &place, load(settings), stage, bus, relay);
        lifecycle.vital("place", role.run(lifecycle.shutdown.clone()));
    }
    Ok(())
}

pub(crate) fn load(settings: &Settings) -> Load {
    Load {
        prefetch: settings.tuning.prefetch,
        batch_max: settings.tuning.batch,
        lanes: settings.tuning.lanes,
        // More at once would only wait their turn at the provider, and run out of time there.
        slow_max: u16::try_from(settings.llm_concurrency_max).unwrap_or(u16::MAX),
    }
}

/// Bots that a process is to hold.
pub(crate) struct Bots {
    pub(crate) count: u32,
    pub(crate) names: Vec<Slug>,
    pub(crate) dialect: Option<String>,
}

impl Bots {
    /// Bots of a world, as a caller names and counts them.
    ///
    /// # Errors
    /// A name can't be one, there are fewer bots than names, or the dialect is not there.
    pub(crate) fn named(
        world: &World,
        names: &[String],
        count: Option<u32>,
        dialect: Option<String>,
    ) -> anyhow::Result<Self> {
        let names: Vec<Slug> = names
            .iter()
            .map(|name| Slug::new(name).map_err(anyhow::Error::from))
            .collect::<anyhow::Result<_>>()?;
        let named = u32::try_from(names.len()).unwrap_or(u32::MAX);
        let count = count.unwrap_or_else(|| named.max(1));
        if count < named {
            bail!("there are {named} names for {count} bots: leave --count out, or raise it");
        }
        if let Some(dialect) = &dialect
            && !world.dialects.contains_key(dialect)
        {
            let known: Vec<_> = world.dialects.keys().map(String::as_str).collect();
            bail!(
                "there is no dialect '{dialect}' in '{}'; it has: {}",
                world.name,
                known.join(", ")
            );
        }
        Ok(Self {
            count,
            names,
            dialect,
        })
    }
}

/// Starts bots.
///
/// # Errors
/// The world has none.
pub(crate) fn start_bots(
    lifecycle: &Lifecycle,
    world: &World,
    bots: Bots,
    settings: &Settings,
    (stage, bus, relay, director): (&Arc<Stage>, &Arc<dyn Bus>, &RelayHandle, &Arc<dyn Director>),
    keys: &Keys,
) -> anyhow::Result<()> {
    let options = BotsOptions {
        world: world.name.clone(),
        count: bots.count,
        names: bots.names,
        dialect: bots.dialect,
        host: wiring::random_id(),
        keys: keys.0.clone(),
        load: load(settings),
    };
    let (stage, bus) = (stage.clone(), bus.clone());
    let role = BotsRole::new(options, stage, bus, relay.clone(), director.clone())?;
    lifecycle.vital("bots", role.run(lifecycle.shutdown.clone()));
    Ok(())
}

/// The desk for bots of programs from outside.
pub(crate) fn desk(
    stage: &Arc<Stage>,
    bus: &Arc<dyn Bus>,
    relay: &RelayHandle,
    director: &Arc<dyn Director>,
) -> Arc<Desk> {
    Arc::new(Desk::new(
        stage.clone(),
        bus.clone(),
        relay.clone(),
        director.clone(),
        Arc::new(wiring::random_id),
    ))
}

/// Looks after the directory of a world, and serves its desk on the bus.
pub(crate) fn look_after_directory(
    lifecycle: &Lifecycle,
    world: &World,
    stage: &Arc<Stage>,
    bus: &Arc<dyn Bus>,
    desk: Arc<Desk>,
) {
    let served = DeskRole::new(world.name.clone(), desk);
    lifecycle.vital("desk", served.run(lifecycle.shutdown.clone()));
    let role = DirectoryRole::new(world.name.clone(), stage.clone(), bus.clone());
    lifecycle.helper(role.run(lifecycle.shutdown.clone()));
}

/// A role that acts for the cast of a world, or a part of it, as it grows.
pub(crate) fn cast_role(
    world: &World,
    whom: Whom,
    settings: &Settings,
    stage: Arc<Stage>,
    bus: Arc<dyn Bus>,
    relay: RelayHandle,
) -> CastRole {
    let options = CastOptions {
        world: world.name.clone(),
        whom,
        load: load(settings),
    };
    CastRole::new(options, stage, bus, relay)
}

/// A role that acts for the characters that are named.
fn chosen(
    world: &Arc<World>,
    names: &[String],
    settings: &Settings,
    stage: Arc<Stage>,
    bus: Arc<dyn Bus>,
    relay: RelayHandle,
) -> anyhow::Result<CharacterRole> {
    let mut inboxes = Vec::new();
    for name in names {
        let Some(character) = world.find(name) else {
            let cast: Vec<_> = world
                .cast
                .iter()
                .take(20)
                .map(|c| c.name.as_str())
                .collect();
            bail!(
                "there is no character '{name}' in '{}'; its cast: {}",
                world.name,
                cast.join(", ")
            );
        };
        let inbox = world.inbox_of(character);
        if !inboxes.contains(&inbox) {
            inboxes.push(inbox);
        }
    }
    let options = CharacterOptions {
        world: world.clone(),
        group: parlor_roles::cast::group_of(world),
        inboxes,
        load: load(settings),
    };
    Ok(CharacterRole::new(options, stage, bus, relay))
}

/// A character that runs alone answers its world's aliases, beginning itself.
fn trigger_of(
    worlds: &[Arc<World>],
    names: &[String],
    director: &Arc<dyn Director>,
    keys: &Keys,
) -> Option<RoleTrigger> {
    let (world, name) = (worlds.first()?, names.first()?);
    let from: Slug = world.find(name)?.slug.clone();
    Some(RoleTrigger {
        world: world.clone(),
        from,
        director: director.clone(),
        ids: keys.0.clone(),
    })
}

/// Keeps a world going as its trigger says; with `once` one conversation at start in any case.
pub(crate) fn jobs(
    lifecycle: &Lifecycle,
    world: &Arc<World>,
    once: bool,
    store: &Arc<dyn Store>,
    director: &Arc<dyn Director>,
    keys: &Keys,
) {
    // Bots begin by themselves.
    if chat::is_for_people(world) || world.has_bots() {
        return;
    }
    let always = world.trigger.start == TriggerStart::Always;
    // One that goes by the clock waits for its times.
    let timed = world.trigger.start == TriggerStart::Cron;
    if !always && (timed || !once) {
        return;
    }
    let options = JobsOptions {
        world: world.name.clone(),
        travels: world.travels(),
        always,
        keys: keys.0.clone(),
    };
    let role = JobsRole::new(options, store.clone(), director.clone());
    lifecycle.helper(role.run(lifecycle.shutdown.clone()));
}
