//! From the start of the program to the first line that a character says.

use crate::report::{Figure, Report, Target};
use crate::setting::Setting;
use parlor_sandbox::process::is_character_line;
use parlor_sandbox::{Samples, ServerProcess};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::process::Command;

/// Starts.
const RUNS: usize = 20;

/// Measures it.
pub(crate) async fn measure(setting: &Setting, report: &mut Report) -> anyhow::Result<()> {
    let (mut bare, mut firsts) = (Vec::with_capacity(RUNS), Vec::with_capacity(RUNS));
    for _ in 0..RUNS {
        bare.push(version(&setting.program).await?);
        firsts.push(first_line(setting).await?);
    }
    let spread = |times: Vec<Duration>| times.into_iter().collect::<Samples>().spread();
    report.add(Figure::new(
        "bare process: parlor --version",
        "ms",
        spread(bare),
    ));
    let figure = Figure::new(
        "start to first character line, new data directory",
        "ms",
        spread(firsts),
    );
    report.add(figure.target(Target::AtMost(300.0)));
    Ok(())
}

async fn version(program: &Path) -> anyhow::Result<Duration> {
    let started = Instant::now();
    Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .status()
        .await?;
    Ok(started.elapsed())
}

async fn first_line(setting: &Setting) -> anyhow::Result<Duration> {
    let dir = tempfile::tempdir()?;
    let data = dir.path().join("data").display().to_string();
    let args = ["up", "--data-dir", &data, "--listen", "127.0.0.1:0"].map(str::to_owned);
    let mut server = ServerProcess::start(&setting.program, &args, dir.path())?;
    let (_, took) = server.line(is_character_line).await?;
    server.stop().await?;
    Ok(took)
}
