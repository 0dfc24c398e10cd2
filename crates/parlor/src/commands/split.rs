//! `parlor up --split`: each role as a process of its own, with their logs in one place. A role that
//! ends is started again.

use super::say;
use super::up::transcript;
use crate::Ended;
use crate::cli::{SettingsArgs, UpArgs};
use crate::config::{Config, Settings, redact};
use crate::lifecycle::Lifecycle;
use crate::render::Terminal;
use crate::wiring::{self, Purpose};
use anyhow::Context;
use parlor_model::World;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;

/// Pause before a role that ended is started again; doubled each time it ends soon after.
const RESTART_AFTER: Duration = Duration::from_millis(500);
/// Longest such pause.
const RESTART_AFTER_MAX: Duration = Duration::from_secs(15);
/// A role that lived this long is not failing over and over.
const SETTLED: Duration = Duration::from_secs(10);
/// How long a role may take to end.
const STOP_WITHIN: Duration = Duration::from_secs(10);

/// A process to be.
#[derive(Debug, Clone)]
struct RoleProcess {
    name: String,
    program: PathBuf,
    args: Vec<String>,
    env: Vec<(&'static str, String)>,
    restart: bool,
}

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
    };
    let parts = wiring::assemble(config, purpose).await?;
    let settings = &parts.settings;
    let seed = parts.seeds.first().copied().unwrap_or_default();
    let program = std::env::current_exe().context("the program can't find itself")?;
    let env = environment(settings, flags, &parts.worlds, seed);
    let roles = roles(&program, &args, &parts.worlds, settings.listen, &env);
    let terminal = Terminal::stdout();
    say(&terminal.bold(&format!(
        "Parlor · {} roles, each a process of its own",
        roles.len()
    )))?;
    say(&format!(
        "  address    http://{}   (API: /docs)",
        settings.listen
    ))?;
    say(&format!(
        "  runs on    bus {} · store {}",
        redact(&settings.bus),
        redact(&settings.store)
    ))?;
    say("  try        kill one by hand and watch the others go on")?;
    say("")?;
    let lifecycle = Lifecycle::default();
    if !args.quiet {
        let from = parts.store.latest_change().await?;
        lifecycle.helper(transcript(
            parts.store.clone(),
            from,
            lifecycle.shutdown.clone(),
        ));
    }
    for role in roles {
        lifecycle.helper(supervise(role, lifecycle.shutdown.clone()));
    }
    lifecycle.until_stopped().await?;
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
        ("PARLOR_DATA_DIR", settings.data_dir.display().to_string()),
        ("PARLOR_LOG", settings.log.clone()),
        (
            "PARLOR_LOG_FORMAT",
            format!("{:?}", settings.log_format).to_lowercase(),
        ),
        ("PARLOR_ALLOWED_HOSTS", settings.allowed_hosts.join(",")),
        (
            "PARLOR_LIMITS__MESSAGE_BYTES",
            settings.limits.message_bytes.to_string(),
        ),
        (
            "PARLOR_LIMITS__BODY_BYTES",
            settings.limits.body_bytes.to_string(),
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

fn roles(
    program: &std::path::Path,
    args: &UpArgs,
    worlds: &[Arc<World>],
    listen: SocketAddr,
    env: &[(&'static str, String)],
) -> Vec<RoleProcess> {
    let mut names = vec![
        ("gateway".to_owned(), vec!["gateway".to_owned()]),
        ("relay".to_owned(), vec!["relay".to_owned()]),
    ];
    let mut jobs = vec!["jobs".to_owned()];
    if !args.no_start {
        jobs.push("--start-once".to_owned());
        names.push(("jobs".to_owned(), jobs));
    }
    for (_, role) in &mut names {
        for world in &args.worlds {
            role.extend(["--world".to_owned(), world.clone()]);
        }
    }
    for (world, file) in worlds.iter().zip(&args.worlds) {
        for character in &world.cast {
            let role = [
                "character",
                "--world",
                file,
                "--name",
                character.slug.as_str(),
            ];
            names.push((character.slug.to_string(), role.map(str::to_owned).to_vec()));
        }
    }
    names
        .into_iter()
        .zip(0u16..)
        .map(|((name, role), n)| {
            let port = if listen.port() == 0 {
                0
            } else {
                listen.port().saturating_add(n)
            };
            let listen = SocketAddr::new(listen.ip(), port);
            let mut role_args = vec!["run".to_owned()];
            role_args.extend(role);
            role_args.extend([
                "--until-stdin-closes".to_owned(),
                format!("--listen={listen}"),
            ]);
            RoleProcess {
                name,
                program: program.to_path_buf(),
                args: role_args,
                env: env.to_vec(),
                restart: !args.no_restart,
            }
        })
        .collect()
}

/// Keeps a role running until the shutdown, then ends it.
async fn supervise(role: RoleProcess, shutdown: CancellationToken) {
    let mut pause = RESTART_AFTER;
    loop {
        let started = std::time::Instant::now();
        let ended = match role.spawn() {
            Ok(child) => role.watch(child, &shutdown).await,
            Err(error) => format!("can't be started: {error}"),
        };
        if shutdown.is_cancelled() {
            return;
        }
        if !role.restart {
            role.note(&format!("{ended}; it stays down (--no-restart)"));
            return;
        }
        pause = if started.elapsed() > SETTLED {
            RESTART_AFTER
        } else {
            pause
        };
        role.note(&format!("{ended}; starting it again in {pause:?}"));
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        pause = (pause * 2).min(RESTART_AFTER_MAX);
    }
}

impl RoleProcess {
    fn spawn(&self) -> std::io::Result<Child> {
        Command::new(&self.program)
            .args(&self.args)
            .envs(self.env.iter().map(|(k, v)| (*k, v.as_str())))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C is for the supervisor, which ends the roles in order.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
    }

    /// Passes on what the role prints until it ends; ends it on shutdown by closing its input.
    async fn watch(&self, mut child: Child, shutdown: &CancellationToken) -> String {
        let stdin = child.stdin.take();
        if let Some(out) = child.stdout.take() {
            tokio::spawn(pass_on(self.name.clone(), out));
        }
        if let Some(err) = child.stderr.take() {
            tokio::spawn(pass_on(self.name.clone(), err));
        }
        self.note(&format!(
            "started as process {}",
            child.id().unwrap_or_default()
        ));
        tokio::select! {
            status = child.wait() => return describe(&status),
            () = shutdown.cancelled() => {}
        }
        drop(stdin);
        match tokio::time::timeout(STOP_WITHIN, child.wait()).await {
            Ok(status) => describe(&status),
            Err(_) => "did not end in time and was killed".to_owned(),
        }
    }

    fn note(&self, text: &str) {
        let terminal = Terminal::stdout();
        // A closed standard output is no reason to stop the roles.
        let _ = say(&terminal.dim(&format!("[{}] {text}", self.name)));
    }
}

fn describe(status: &std::io::Result<ExitStatus>) -> String {
    match status {
        Ok(status) => format!("ended ({status})"),
        Err(error) => format!("is lost: {error}"),
    }
}

async fn pass_on(name: String, stream: impl AsyncRead + Unpin) {
    let mut lines = BufReader::new(stream).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if say(&format!("[{name}] {line}")).is_err() {
            return;
        }
    }
}
