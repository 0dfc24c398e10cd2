//! `parlor up --split`: each role as a process of its own, with their logs in one place. A role that
//! ends is started again.

use super::say;
use super::supervisor::{self, RoleProcess};
use super::up::transcript;
use crate::Ended;
use crate::chat;
use crate::cli::{SettingsArgs, UpArgs};
use crate::config::{Config, Settings, redact};
use crate::lifecycle::Lifecycle;
use crate::presence::{self, Cast};
use crate::render::Terminal;
use crate::wiring::{self, Purpose};
use anyhow::Context;
use chrono::{DateTime, Utc};
use parlor_model::world::{InboxKind, Place};
use parlor_model::{Clock, Origin, Slug, World};
use parlor_roles::Stage;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::net::TcpSocket;
use tokio::sync::mpsc;

/// The usual ports of the gateway, and of the roles to which it hands requests on: of each the port,
/// the role, and the variable that tells others where it is.
const GATEWAY_PORT: u16 = 8000;
const AUTH: Known = (3001, "auth", "PARLOR_AUTH_ADDR");
const CHARACTERS: Known = (3000, "characters", "PARLOR_CHARACTERS_ADDR");
const CHAT: Known = (8004, "chat-ws", "PARLOR_CHAT_ADDR");

type Known = (u16, &'static str, &'static str);

/// Runs all roles until stopped.
pub(crate) async fn run(
    config: &Config,
    flags: &SettingsArgs,
    args: UpArgs,
) -> anyhow::Result<Ended> {
    let purpose = Purpose {
        worlds: &args.worlds,
        apart: true,
        sweeps: false,
        no_migrate: args.no_migrate,
        record: None,
    };
    let parts = wiring::assemble(config, purpose).await?;
    let settings = &parts.settings;
    let seed = parts.seeds.first().copied().unwrap_or_default();
    let program = std::env::current_exe().context("the program can't find itself")?;
    let mut env = environment(settings, flags, &parts.worlds, seed);
    let (listen, _reserved) = reserve(settings.listen)
        .with_context(|| format!("no free port at {}", settings.listen.ip()))?;
    let mut plans = Plan::all(&args, &parts.worlds);
    let mut found = Found::default();
    found.add(AUTH, settings.auth_addr.as_ref(), listen)?;
    if parts.worlds.iter().any(|world| chat::is_for_people(world)) {
        found.add(CHARACTERS, settings.characters_addr.as_ref(), listen)?;
        found.add(CHAT, settings.chat_addr.as_ref(), listen)?;
    }
    env.append(&mut found.env);
    let now = parts.clock.now();
    let mut troupe = Troupe {
        program,
        env,
        restart: !args.no_restart,
        worlds: parts.worlds.clone(),
        wanted: settings.listen,
        gateway: listen,
        started: 0,
        taken: found.here.iter().map(|(_, at)| at.port()).collect(),
    };
    plans.extend(found.here.iter().map(|(role, listen)| Plan {
        listen: Some(*listen),
        ..Plan::helper(role, &args)
    }));
    let roles: Vec<_> = plans
        .into_iter()
        .map(|plan| troupe.process(plan, now))
        .collect();
    let lifecycle = Lifecycle::new()?;
    let terminal = Terminal::stdout();
    say(&terminal.bold(&format!(
        "Parlor · {} roles, each a process of its own",
        roles.len()
    )))?;
    say(&format!("  address    http://{listen}   (API: /docs)"))?;
    say(&format!(
        "  runs on    bus {} · store {}",
        redact(&settings.bus),
        redact(&settings.store)
    ))?;
    say("  try        kill one by hand and watch the others go on")?;
    say("")?;
    if !args.quiet {
        let from = parts.store.latest_change().await?;
        lifecycle.helper(transcript(
            parts.store.clone(),
            from,
            lifecycle.shutdown.clone(),
        ));
    }
    let (newcomers, more) = mpsc::channel(parts.worlds.len().max(1));
    supervisor::look_after(&lifecycle, roles, more, &parts.store, parts.clock.clone());
    if let Some(follower) = parts.follower {
        lifecycle.helper(follower.run(lifecycle.shutdown.clone()));
    }
    let files = args.worlds.clone();
    let (stage, clock) = (parts.stage.clone(), parts.clock.clone());
    lifecycle.helper(async move { troupe.grow(&stage, &*clock, &files, newcomers).await });
    lifecycle.until_stopped().await;
    parts.bus.close().await;
    parts.store.close().await;
    Ok(Ended::Well)
}

/// The settings in force, as variables: addresses with passwords don't show in the process list.
fn environment(
    settings: &Settings,
    flags: &SettingsArgs,
    worlds: &[Arc<World>],
    seed: u64,
) -> Vec<(&'static str, String)> {
    let mut env = vec![
        ("PARLOR_BUS", settings.bus.clone()),
        ("PARLOR_STORE", settings.store.clone()),
        ("PARLOR_CACHE", settings.cache.clone()),
        ("PARLOR_LLM", settings.llm.clone()),
        ("PARLOR_LLM_TIMEOUT", settings.llm_timeout.to_string()),
        (
            "PARLOR_LLM_ATTEMPTS_MAX",
            settings.llm_attempts_max.to_string(),
        ),
        (
            "PARLOR_LLM_CONCURRENCY_MAX",
            settings.llm_concurrency_max.to_string(),
        ),
        ("PARLOR_LLM_ENDPOINTS", settings.llm_endpoints.join(",")),
        ("PARLOR_DATA_DIR", settings.data_dir.display().to_string()),
        ("PARLOR_LOG", settings.log.clone()),
        (
            "PARLOR_LOG_FORMAT",
            format!("{:?}", settings.log_format).to_lowercase(),
        ),
        ("PARLOR_ALLOWED_HOSTS", settings.allowed_hosts.join(",")),
        ("PARLOR_WEB", settings.web.to_string()),
        ("PARLOR_OPS", format!("{:?}", settings.ops).to_lowercase()),
        (
            "PARLOR_LIMITS__MESSAGE_BYTES",
            settings.limits.message_bytes.to_string(),
        ),
        (
            "PARLOR_LIMITS__BODY_BYTES",
            settings.limits.body_bytes.to_string(),
        ),
        (
            "PARLOR_LIMITS__LINES_PER_MINUTE",
            settings.limits.lines_per_minute.to_string(),
        ),
        (
            "PARLOR_LIMITS__CONNECTIONS_PER_PERSON",
            settings.limits.connections_per_person.to_string(),
        ),
        (
            "PARLOR_TUNING__PREFETCH",
            settings.tuning.prefetch.to_string(),
        ),
        ("PARLOR_TUNING__BATCH", settings.tuning.batch.to_string()),
        ("PARLOR_TUNING__LANES", settings.tuning.lanes.to_string()),
        (
            "PARLOR_TUNING__STORE_CONNECTIONS",
            settings.tuning.store_connections.to_string(),
        ),
    ];
    if let Some(pace) = settings.pace {
        env.push(("PARLOR_PACE", pace.to_string()));
    }
    // Every process must roll the same dice; a world's own seed is in its file.
    if settings.seed.is_some() || worlds.iter().any(|w| w.seed.is_none()) {
        env.push(("PARLOR_SEED", seed.to_string()));
    }
    if let Some(file) = &flags.config {
        env.push(("PARLOR_CONFIG", file.display().to_string()));
    }
    env
}

/// Roles to which others hand requests on: where they are, for all processes to know.
#[derive(Default)]
struct Found {
    /// Those that are to be started.
    here: Vec<(&'static str, SocketAddr)>,
    env: Vec<(&'static str, String)>,
    /// Keep their ports from others.
    reserved: Vec<Option<TcpSocket>>,
}

impl Found {
    /// A role that is started by the side of a gateway, unless the settings say where it is.
    fn add(
        &mut self,
        (port, role, variable): Known,
        elsewhere: Option<&String>,
        gateway: SocketAddr,
    ) -> anyhow::Result<()> {
        let at = match elsewhere {
            Some(address) => address.clone(),
            None => {
                // At the port that goes with the usual one of the gateway, or at any.
                let port = if gateway.port() == GATEWAY_PORT {
                    port
                } else {
                    0
                };
                let (at, reserved) = reserve(SocketAddr::new(gateway.ip(), port))
                    .with_context(|| format!("no free port at {}", gateway.ip()))?;
                self.here.push((role, at));
                self.reserved.push(reserved);
                reached_at(at).to_string()
            }
        };
        self.env.push((variable, at));
        Ok(())
    }
}

/// Makes processes of roles.
struct Troupe {
    program: PathBuf,
    env: Vec<(&'static str, String)>,
    restart: bool,
    worlds: Vec<Arc<World>>,
    /// Where the gateway was to listen, and where it does.
    wanted: SocketAddr,
    gateway: SocketAddr,
    /// Processes so far.
    started: u16,
    /// Ports of those that are found by others.
    taken: Vec<u16>,
}

impl Troupe {
    fn process(&mut self, plan: Plan, now: DateTime<Utc>) -> RoleProcess {
        let mut n = self.started;
        let listen = plan.listen.unwrap_or_else(|| {
            let own = plan.port.filter(|_| self.wanted.port() != 0);
            if let Some(port) = own {
                return SocketAddr::new(self.wanted.ip(), port);
            }
            let mut at = address(self.wanted, self.gateway, n);
            while at.port() != 0 && self.taken.contains(&at.port()) {
                n = n.saturating_add(1);
                at = address(self.wanted, self.gateway, n);
            }
            self.started = n.saturating_add(1);
            at
        });
        RoleProcess {
            id: wiring::random_id(),
            program: self.program.clone(),
            env: self.env.clone(),
            restart: self.restart,
            report: presence::report(plan.role, &plan.cast(&self.worlds), now),
            args: plan.args,
            name: plan.name,
        }
        .listening(listen)
    }

    /// Starts a process for the newcomers of a world as soon as it has any. Ends when each has one,
    /// or nobody takes them.
    async fn grow(
        mut self,
        stage: &Stage,
        clock: &dyn Clock,
        files: &[String],
        newcomers: mpsc::Sender<RoleProcess>,
    ) {
        let mut changes = stage.worlds().changes();
        let places = self.worlds.iter().zip(0..);
        let mut alone: Vec<_> = places
            .filter(|(world, _)| !chat::is_for_people(world))
            // Where places have the inboxes, newcomers need no process.
            .filter(|(world, _)| world.routing.inbox != InboxKind::Place)
            .map(|(world, n)| (world.name.clone(), n))
            .collect();
        while !alone.is_empty() {
            let grown = changes.borrow_and_update().clone();
            let came = |name: &Slug| {
                let world = grown.iter().find(|world| world.name == *name)?;
                let mut cast = world.cast.iter();
                cast.any(|c| c.origin == Origin::Catalogue)
                    .then(|| world.clone())
            };
            for (world, n) in alone.extract_if(.., |(name, _)| came(name).is_some()) {
                let (Some(world), Some(file)) = (came(&world), files.get(n)) else {
                    continue;
                };
                let process = self.process(Plan::newcomers(&world, n, file), clock.now());
                if newcomers.send(process).await.is_err() {
                    return;
                }
            }
            tokio::select! {
                () = newcomers.closed() => return,
                changed = changes.changed() => if changed.is_err() { return },
            }
        }
    }
}

/// A role to be.
struct Plan {
    /// For people.
    name: String,
    role: &'static str,
    /// Whom it acts for; none for nobody, or for all.
    characters: Vec<String>,
    /// Which of the worlds it serves; all of them, or one.
    world: Option<usize>,
    args: Vec<String>,
    /// Where it listens, if that is known to others.
    listen: Option<SocketAddr>,
    /// The port that its world file gives it.
    port: Option<u16>,
}

impl Plan {
    /// The gateway first: its port is the one that people know.
    fn all(args: &UpArgs, worlds: &[Arc<World>]) -> Vec<Self> {
        let mut plans = vec![Self::helper("gateway", args), Self::helper("relay", args)];
        if !args.no_start {
            let mut jobs = Self::helper("jobs", args);
            jobs.args.push("--start-once".to_owned());
            plans.push(jobs);
        }
        if worlds.iter().any(|world| chat::is_for_people(world)) {
            plans.extend(["mind", "dispatcher"].map(|role| Self::helper(role, args)));
        }
        for (n, (world, file)) in worlds.iter().zip(&args.worlds).enumerate() {
            if chat::is_for_people(world) {
                continue;
            }
            if world.has_bots() {
                plans.push(Self::of_world("directory", n, file, Vec::new()));
                let usual = world.mechanics["bots"]["count"].as_u64().unwrap_or(20);
                let count = args.bots.map_or(usual, u64::from);
                if count > 0 {
                    let count = ["--count".to_owned(), count.to_string()];
                    plans.push(Self::of_world("bot", n, file, count.to_vec()));
                }
            }
            let apart = world.places.iter().map(|place| Self::place(place, n, file));
            plans.extend(apart);
            let has_inbox = world.routing.inbox != InboxKind::Place;
            let own = world
                .cast
                .iter()
                .filter(|c| has_inbox && c.origin == Origin::World);
            plans.extend(own.map(|character| {
                let slug = character.slug.to_string();
                let name = ["--name".to_owned(), slug.clone()];
                Self::actor(slug.clone(), n, file, name, vec![slug])
            }));
        }
        plans
    }

    /// Acts for all newcomers of a world: there may be thousands, who come and go.
    fn newcomers(world: &World, n: usize, file: &str) -> Self {
        let name = format!("{}-catalogue", world.name);
        Self::actor(name, n, file, ["--newcomers".to_owned()], Vec::new())
    }

    /// A role that receives who arrives at a place.
    fn place(place: &Place, world: usize, file: &str) -> Self {
        let slug = place.slug.to_string();
        let args = ["place", "--world", file, "--name", &slug];
        Self {
            role: "place",
            args: args.map(str::to_owned).to_vec(),
            port: place.port,
            ..Self::actor(slug.clone(), world, file, [], vec![slug])
        }
    }

    /// A role that acts for characters of a world.
    fn actor(
        name: String,
        world: usize,
        file: &str,
        whom: impl IntoIterator<Item = String>,
        characters: Vec<String>,
    ) -> Self {
        let of_world = ["character", "--world", file].map(str::to_owned);
        Self {
            name,
            role: "character",
            world: Some(world),
            args: of_world.into_iter().chain(whom).collect(),
            port: None,
            characters,
            listen: None,
        }
    }

    /// A role for one world.
    fn of_world(role: &'static str, n: usize, file: &str, more: Vec<String>) -> Self {
        let args = [role, "--world", file].map(str::to_owned);
        Self {
            role,
            args: args.into_iter().chain(more).collect(),
            ..Self::actor(role.to_owned(), n, file, [], Vec::new())
        }
    }

    /// A role for all worlds.
    fn helper(role: &'static str, args: &UpArgs) -> Self {
        let worlds = args.worlds.iter();
        let worlds = worlds.flat_map(|world| ["--world".to_owned(), world.clone()]);
        Self {
            name: role.to_owned(),
            role,
            characters: Vec::new(),
            port: None,
            world: None,
            args: std::iter::once(role.to_owned()).chain(worlds).collect(),
            listen: None,
        }
    }

    fn cast<'a>(&'a self, worlds: &'a [Arc<World>]) -> Cast<'a> {
        Cast {
            worlds: self.world.map_or(worlds, |n| &worlds[n..=n]),
            names: &self.characters,
        }
    }
}

impl RoleProcess {
    /// The same, as `parlor run` is told of it.
    fn listening(mut self, address: SocketAddr) -> Self {
        self.args.insert(0, "run".to_owned());
        self.args.extend([
            "--until-stdin-closes".to_owned(),
            format!("--place={}", self.id),
            format!("--listen={address}"),
        ]);
        self
    }
}

/// Where the `n`-th role listens: the first where the gateway does, the others at the ports that
/// follow, or at any where the gateway's was left open.
fn address(wanted: SocketAddr, gateway: SocketAddr, n: u16) -> SocketAddr {
    let port = match (n, wanted.port()) {
        (0, _) => gateway.port(),
        (_, 0) => 0,
        (n, port) => port.saturating_add(n),
    };
    SocketAddr::new(wanted.ip(), port)
}

/// How processes of this machine reach what listens there.
fn reached_at(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    SocketAddr::new(ip, listen.port())
}

/// Chooses a port where none was named: a gateway that is started again must be found where it was.
/// While the socket is held (on Linux, where it does not keep a process of ours from listening there)
/// nobody else is given the port.
fn reserve(address: SocketAddr) -> std::io::Result<(SocketAddr, Option<TcpSocket>)> {
    if address.port() != 0 {
        return Ok((address, None));
    }
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    let chosen = socket.local_addr()?;
    Ok((chosen, cfg!(target_os = "linux").then_some(socket)))
}
