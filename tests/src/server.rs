//! The binary, running.

use crate::api::Api;
use crate::log::{Log, Role};
use crate::wait::{SOON, within};
use std::collections::BTreeMap;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// A running process of the binary. Dropped, it is killed, and when the test has failed its log is
/// shown.
pub struct Server {
    child: Child,
    log: Log,
    name: String,
    started: Instant,
}

impl Server {
    /// Starts `command`; `name` is for the report.
    ///
    /// # Panics
    /// It can't be started.
    #[must_use]
    pub fn start(name: &str, mut command: Command) -> Self {
        let started = Instant::now();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary can be started");
        let log = Log::default();
        log.follow(child.stdout.take().expect("it is piped"));
        log.follow(child.stderr.take().expect("it is piped"));
        Self {
            child,
            log,
            name: name.to_owned(),
            started,
        }
    }

    /// Waits until it has printed where it listens.
    ///
    /// # Panics
    /// It ended, or took too long.
    pub async fn ready(&mut self) -> &mut Self {
        let (child, log) = (&mut self.child, &self.log);
        within(SOON, "the server says where it listens", || {
            let ended = child.try_wait().ok().flatten();
            assert!(
                ended.is_none(),
                "it ended at once ({ended:?})\n{}",
                log.text()
            );
            let found = log.address();
            async move { found }
        })
        .await;
        self
    }

    /// Waits until each of these roles has printed where it listens.
    ///
    /// # Panics
    /// It took too long.
    pub async fn roles_ready(&self, names: &[&str]) {
        within(SOON * 2, "every role says where it listens", || {
            let roles = self.log.roles();
            let ready = |name: &&str| roles.get(*name).is_some_and(|role| role.address.is_some());
            let all = names.iter().all(ready);
            async move { all.then_some(()) }
        })
        .await;
    }

    /// The roles that `--split` started, as they are now.
    #[must_use]
    pub fn roles(&self) -> BTreeMap<String, Role> {
        self.log.roles()
    }

    /// Its HTTP address; of the gateway where roles are processes, and the latest one where that
    /// was started again.
    ///
    /// # Panics
    /// Nothing of the kind was printed within half a minute.
    pub async fn address(&self) -> String {
        within(SOON, "the server's address", || {
            let found = self.address_now();
            async move { found }
        })
        .await
    }

    /// [`Server::address`], if it is known at the moment.
    #[must_use]
    pub fn address_now(&self) -> Option<String> {
        let gateway = self.log.roles().get("gateway").cloned();
        gateway.map_or_else(|| self.log.address(), |role| role.address)
    }

    /// A client of it.
    pub async fn api(&self) -> Api {
        Api::new(self.address().await)
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Everything that it printed.
    #[must_use]
    pub fn log(&self) -> String {
        self.log.text()
    }

    /// Whether it printed something like this.
    #[must_use]
    pub fn printed(&self, part: &str) -> bool {
        self.log.has(part)
    }

    /// Time from its start to the first line that a character said.
    pub async fn first_line(&self) -> Duration {
        let at = within(SOON, "a character says something", || {
            let at = self.log.first_line_said();
            async move { at }
        })
        .await;
        at - self.started
    }

    /// Kills it as a crash would, and waits until it is gone.
    ///
    /// # Panics
    /// It can't be killed.
    pub fn kill(&mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it can be waited for");
    }

    /// Asks it to end, and gives how it ended and how long that took.
    ///
    /// # Panics
    /// It did not end within half a minute.
    pub async fn terminate(&mut self) -> (ExitStatus, Duration) {
        let asked = Instant::now();
        signal(self.child.id(), "TERM");
        let child = &mut self.child;
        let status = within(SOON, "the server ends after SIGTERM", || {
            let status = child.try_wait().ok().flatten();
            async move { status }
        })
        .await;
        (status, asked.elapsed())
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("--- {} printed:\n{}---", self.name, self.log.text());
        }
    }
}

/// Sends a signal to a process; one that is gone is no error.
pub(crate) fn signal(pid: u32, name: &str) {
    let sent = Command::new("kill")
        .args([format!("-{name}"), pid.to_string()])
        .stderr(Stdio::null())
        .status();
    assert!(sent.is_ok(), "there is no kill command on this machine");
}

impl Role {
    /// Kills it as a crash would.
    pub fn kill(&self) {
        if let Some(pid) = self.pid {
            signal(pid, "KILL");
        }
    }
}

/// Whether a process of this id exists and is not just the remains of one.
#[must_use]
pub fn exists(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    stat.is_ok_and(|stat| {
        !stat
            .rsplit(')')
            .next()
            .unwrap_or_default()
            .trim_start()
            .starts_with('Z')
    })
}
