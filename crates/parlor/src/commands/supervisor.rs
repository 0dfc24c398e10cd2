//! Looks after the processes of `parlor up --split`: starts again those that ended, stops and starts
//! those of which somebody wants it.

use super::say;
use crate::lifecycle::Lifecycle;
use crate::render::Terminal;
use parlor_model::Clock;
use parlor_ports::presence::{BEAT_EVERY, Report, Wanted};
use parlor_ports::store::Store;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, watch};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Pause before a role that ended is started again; doubled each time it ends soon after.
const RESTART_AFTER: Duration = Duration::from_millis(500);
/// Longest such pause.
const RESTART_AFTER_MAX: Duration = Duration::from_secs(15);
/// A role that lived this long is not failing over and over.
const SETTLED: Duration = Duration::from_secs(10);
/// How long a role may take to end.
const STOP_WITHIN: Duration = Duration::from_secs(10);
/// Longest wait for the store with something that is only told.
const TELL_MAX: Duration = Duration::from_secs(1);

/// A process to be.
#[derive(Debug, Clone)]
pub(super) struct RoleProcess {
    /// Its place among the roles that the store knows.
    pub(super) id: Uuid,
    /// For people.
    pub(super) name: String,
    pub(super) program: PathBuf,
    pub(super) args: Vec<String>,
    pub(super) env: Vec<(&'static str, String)>,
    /// Is started again when it ends by itself.
    pub(super) restart: bool,
    /// What is known of it before it tells of itself.
    pub(super) report: Report,
}

/// Looks after `roles`, and after those that come by `more`, until the shutdown.
pub(super) fn look_after(
    lifecycle: &Lifecycle,
    roles: Vec<RoleProcess>,
    more: mpsc::Receiver<RoleProcess>,
    store: &Arc<dyn Store>,
    clock: Arc<dyn Clock>,
) {
    let mut supervisor = Supervisor {
        lifecycle: lifecycle.clone(),
        roles: Vec::with_capacity(roles.len()),
        wishes: Vec::with_capacity(roles.len()),
        store: store.clone(),
        clock,
    };
    for role in roles {
        supervisor.take(role);
    }
    lifecycle.helper(supervisor.heed(more));
}

/// Knows the roles and what is wanted of them.
struct Supervisor {
    lifecycle: Lifecycle,
    roles: Vec<(Uuid, Report)>,
    wishes: Vec<watch::Sender<Wanted>>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
}

impl Supervisor {
    /// Starts a role and keeps it running.
    fn take(&mut self, role: RoleProcess) {
        let (wish, wanted) = watch::channel(Wanted::Running);
        self.roles.push((role.id, role.report.clone()));
        self.wishes.push(wish);
        let shutdown = self.lifecycle.shutdown.clone();
        let task = supervise(role, wanted, self.store.clone(), shutdown);
        self.lifecycle.helper(task);
    }

    /// Asks once a second what is wanted of the roles.
    async fn heed(mut self, mut more: mpsc::Receiver<RoleProcess>) {
        let shutdown = self.lifecycle.shutdown.clone();
        let mut tick = tokio::time::interval(BEAT_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = shutdown.cancelled() => break,
                Some(role) = more.recv() => self.take(role),
                _ = tick.tick() => self.ask().await,
            }
        }
        let ids: Vec<_> = self.roles.into_iter().map(|(id, _)| id).collect();
        tell(self.store.give_up(&ids)).await;
    }

    async fn ask(&self) {
        match self.store.look_after(&self.roles, self.clock.now()).await {
            Ok(wanted) => {
                for (wish, wanted) in self.wishes.iter().zip(wanted) {
                    wish.send_if_modified(|wish| std::mem::replace(wish, wanted) != wanted);
                }
            }
            // What was wanted last still holds.
            Err(error) => tracing::debug!(%error, "what is wanted of the roles is not known"),
        }
    }
}

/// Keeps a role running, while it is wanted, until the shutdown, then ends it.
async fn supervise(
    role: RoleProcess,
    mut wanted: watch::Receiver<Wanted>,
    store: Arc<dyn Store>,
    shutdown: CancellationToken,
) {
    let mut pause = RESTART_AFTER;
    while until(&mut wanted, Wanted::Running, &shutdown).await {
        let started = std::time::Instant::now();
        let ended = match role.spawn() {
            Ok(child) => role.watch(child, &mut wanted, &shutdown).await,
            Err(error) => format!("can't be started: {error}"),
        };
        // One that crashed had no time to tell.
        tell(store.leave(role.id)).await;
        if shutdown.is_cancelled() {
            return;
        }
        if *wanted.borrow() == Wanted::Stopped {
            role.note(&format!("{ended}; it is stopped until somebody starts it"));
            pause = RESTART_AFTER;
            continue;
        }
        if !role.restart {
            role.note(&format!("{ended}; it stays down (--no-restart)"));
            // Stopping and starting it brings it back.
            if until(&mut wanted, Wanted::Stopped, &shutdown).await {
                continue;
            }
            return;
        }
        if started.elapsed() > SETTLED {
            pause = RESTART_AFTER;
        }
        role.note(&format!("{ended}; starting it again in {pause:?}"));
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        pause = (pause * 2).min(RESTART_AFTER_MAX);
    }
}

/// Waits until this is wanted; false when the shutdown comes first.
async fn until(
    wanted: &mut watch::Receiver<Wanted>,
    what: Wanted,
    shutdown: &CancellationToken,
) -> bool {
    tokio::select! {
        biased;
        () = shutdown.cancelled() => false,
        found = wanted.wait_for(|wanted| *wanted == what) => found.is_ok(),
    }
}

/// Tells the store something that nothing depends on.
async fn tell(telling: impl Future<Output = parlor_ports::PortResult<()>>) {
    if let Ok(Err(error)) = tokio::time::timeout(TELL_MAX, telling).await {
        tracing::debug!(%error, "the store was not told of a role's end");
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

    /// Passes on what the role prints until it ends; ends it on shutdown, or when it is to be
    /// stopped, by closing its input.
    async fn watch(
        &self,
        mut child: Child,
        wanted: &mut watch::Receiver<Wanted>,
        shutdown: &CancellationToken,
    ) -> String {
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
            // True: it is to be stopped; false: so is everything.
            _ = until(wanted, Wanted::Stopped, shutdown) => {}
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
