//! How fast scripted dialects speak on one core, in this process.

#[path = "../../crates/parlor-dialect/examples/speed/run.rs"]
mod run;

use crate::report::{Figure, Report, Target};
use crate::setting::Setting;
use parlor_sandbox::Samples;

/// Lines per second that a dialect must reach.
const TARGET: f64 = 200_000.0;
/// It has no target: what it costs depends on the export.
const REPLAY: &str = "replay";

/// Measures each of them as often as there are rounds.
pub(crate) fn measure(setting: &Setting, report: &mut Report) -> anyhow::Result<()> {
    let dialects = run::dialects().map_err(|error| anyhow::anyhow!("{error}"))?;
    for dialect in dialects {
        let speeds: Vec<run::Speed> = (0..setting.rounds).map(|_| dialect.measure()).collect();
        let bytes = speeds.iter().map(|speed| speed.bytes_per_line).sum::<f64>();
        let runs: Samples = speeds.iter().map(|speed| speed.lines_per_second).collect();
        let name = format!(
            "one core, dialect {} ({:.0} bytes a line)",
            dialect.name,
            bytes / f64::from(setting.rounds)
        );
        let figure = Figure::new(name, "lines/s", runs.spread());
        report.add(match dialect.name {
            REPLAY => figure,
            _ => figure.target(Target::AtLeast(TARGET)),
        });
    }
    Ok(())
}
