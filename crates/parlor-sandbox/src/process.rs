//! A `parlor` process as a user starts it.

use anyhow::{Context, bail};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// How long a process may take to start and to end.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running `parlor up`. Killed when dropped; [`ServerProcess::stop`] ends it softly.
pub struct ServerProcess {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    started: Instant,
}

impl ServerProcess {
    /// Starts `program` with these arguments. Its settings come from the arguments alone: variables
    /// of Parlor's and of its aliases are taken out of the environment.
    ///
    /// # Errors
    /// It can't be started.
    pub fn start(program: &Path, args: &[String], dir: &Path) -> anyhow::Result<Self> {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy();
            if name.starts_with("PARLOR_") || name.ends_with("MQ_URL") || name == "DATABASE_URL" {
                command.env_remove(&*name);
            }
        }
        command
            .args(args)
            .current_dir(dir)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let started = Instant::now();
        let mut child = command.spawn().with_context(|| {
            format!(
                "'{}' can't be started: cargo build --release -p parlor",
                program.display()
            )
        })?;
        let stdout = child
            .stdout
            .take()
            .context("its standard output is piped")?;
        Ok(Self {
            child,
            lines: BufReader::new(stdout).lines(),
            started,
        })
    }

    /// Waits for the first line that `wanted` accepts; gives it and the time since the start.
    ///
    /// # Errors
    /// It ended, or took too long.
    pub async fn line(
        &mut self,
        wanted: impl Fn(&str) -> bool,
    ) -> anyhow::Result<(String, Duration)> {
        let reading = async {
            while let Some(line) = self.lines.next_line().await? {
                let at = self.started.elapsed();
                if wanted(&line) {
                    return Ok((line, at));
                }
            }
            bail!("the server ended before it said what was waited for")
        };
        match tokio::time::timeout(PATIENCE, reading).await {
            Ok(line) => line,
            Err(_) => bail!("the server did not say what was waited for within {PATIENCE:?}"),
        }
    }

    /// Goes on reading what it prints, so that it never waits for a reader.
    pub fn drain(self) -> RunningServer {
        let Self { child, lines, .. } = self;
        let mut rest = lines.into_inner();
        let reader = tokio::spawn(async move {
            let mut buffer = [0u8; 8192];
            while rest.read(&mut buffer).await.is_ok_and(|n| n > 0) {}
        });
        RunningServer { child, reader }
    }

    /// Ends it softly.
    ///
    /// # Errors
    /// As [`RunningServer::stop`].
    pub async fn stop(self) -> anyhow::Result<()> {
        self.drain().stop().await
    }
}

/// A server whose output nobody looks at any more.
pub struct RunningServer {
    child: Child,
    reader: tokio::task::JoinHandle<()>,
}

impl RunningServer {
    /// Its process id.
    ///
    /// # Errors
    /// It has ended.
    pub fn pid(&self) -> anyhow::Result<u32> {
        self.child.id().context("the server has ended")
    }

    /// Most memory that it had resident so far, in bytes.
    ///
    /// # Errors
    /// It has ended, or the system has no `/proc`.
    pub fn peak_rss_bytes(&self) -> anyhow::Result<u64> {
        memory_bytes(self.pid()?, "VmHWM")
    }

    /// Asks it to end (SIGTERM) and waits; kills it if it does not.
    ///
    /// # Errors
    /// It did not end in time.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        if let Some(pid) = self.child.id() {
            // Standard Rust knows no softer signal than SIGKILL.
            Command::new("kill").arg(pid.to_string()).status().await?;
        }
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        self.reader.abort();
        match ended {
            Ok(status) => {
                status?;
                Ok(())
            }
            Err(_) => {
                self.child.kill().await?;
                bail!("the server did not end within {PATIENCE:?} and was killed")
            }
        }
    }
}

/// Memory that a process has resident now, in bytes.
///
/// # Errors
/// It has ended, or the system has no `/proc`.
pub fn rss_bytes(pid: u32) -> anyhow::Result<u64> {
    memory_bytes(pid, "VmRSS")
}

fn memory_bytes(pid: u32, what: &str) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))
        .with_context(|| format!("process {pid} has ended"))?;
    let kib = status.lines().find_map(|line| {
        let rest = line.strip_prefix(what)?.strip_prefix(':')?;
        rest.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()
    });
    kib.map(|kib| kib * 1024)
        .with_context(|| format!("/proc names no {what}"))
}

/// The address in a line such as `address    http://127.0.0.1:8000   (API: /docs)`.
#[must_use]
pub fn address_in(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once("http://")?;
    rest.split_whitespace().next()?.parse().ok()
}

/// True for a line of a transcript: the conversation, an order, who says it, to whom.
#[must_use]
pub fn is_character_line(line: &str) -> bool {
    let mut words = line.split_whitespace().filter(|word| *word != "~");
    let conversation = words
        .next()
        .is_some_and(|word| word.chars().all(|c| c.is_ascii_hexdigit()));
    let order = words
        .next()
        .is_some_and(|word| word.chars().all(|c| c.is_ascii_digit()));
    conversation && order && words.nth(1) == Some("→")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_in_the_banner() {
        let line = "  address    http://127.0.0.1:8123   (API: /docs)";
        assert_eq!(address_in(line), Some(([127, 0, 0, 1], 8123).into()));
        assert_eq!(address_in("  seed       7"), None);
    }

    #[test]
    fn a_character_line_is_told_from_the_banner() {
        assert!(is_character_line("1535  1  Ross → Rachel: hello"));
        assert!(is_character_line("1535    ~  3  Ross → Joey: psst"));
        assert!(!is_character_line("1535 ── Ross and Rachel, about tea"));
        assert!(!is_character_line(
            "  say hello  curl http://127.0.0.1:8000/start-convo-bro"
        ));
    }
}
