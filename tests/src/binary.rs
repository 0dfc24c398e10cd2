//! The binary under test.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Where the binary is: what `PARLOR_TEST_BINARY` names, else beside the directory of this test.
fn program() -> PathBuf {
    if let Some(named) = std::env::var_os("PARLOR_TEST_BINARY") {
        let path = PathBuf::from(named);
        assert!(
            path.is_file(),
            "PARLOR_TEST_BINARY names '{}', which is no file",
            path.display()
        );
        return path.canonicalize().unwrap_or(path);
    }
    let test = std::env::current_exe().expect("a test knows where it is");
    let path = test
        .parent()
        .and_then(Path::parent)
        .map(|profile| profile.join("parlor"))
        .unwrap_or_default();
    assert!(
        path.is_file(),
        "there is no binary at '{}': build it (cargo build -p parlor), or use make test",
        path.display()
    );
    path
}

/// The binary with nothing of this machine's settings, working in `dir`.
#[must_use]
pub fn command(dir: &Path) -> Command {
    let mut command = Command::new(program());
    command
        .current_dir(dir)
        .env_clear()
        .env("HOME", dir)
        .env("RUST_BACKTRACE", "1")
        .stdin(Stdio::null());
    command
}

/// How a command ended.
#[derive(Debug, Clone)]
pub struct Ended {
    /// Exit code; `None` after a signal.
    pub code: Option<i32>,
    /// What it printed.
    pub out: String,
    /// What it complained of.
    pub err: String,
}

impl Ended {
    /// What it printed, when all went well.
    ///
    /// # Panics
    /// It ended with another code than 0.
    #[must_use]
    pub fn well(self) -> String {
        assert_eq!(self.code, Some(0), "{}\n{}", self.out, self.err);
        self.out
    }

    /// Each line of what it printed, as JSON.
    ///
    /// # Panics
    /// It ended badly, or a line is no JSON.
    #[must_use]
    pub fn json_lines(self) -> Vec<serde_json::Value> {
        let line = |line: &str| {
            serde_json::from_str(line).unwrap_or_else(|e| panic!("not JSON ({e}): {line}"))
        };
        self.well().lines().map(line).collect()
    }
}

/// Runs a command to its end.
///
/// # Panics
/// It can't be started.
pub async fn ended(mut command: Command) -> Ended {
    let run = tokio::task::spawn_blocking(move || command.output());
    let output: Output = run
        .await
        .expect("nothing in there panics")
        .expect("the binary can be started");
    Ended {
        code: output.status.code(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
