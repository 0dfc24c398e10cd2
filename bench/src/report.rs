//! What was measured, for people and for scripts.

use anyhow::Context;
use chrono::{DateTime, Utc};
use parlor_model::Clock;
use parlor_sandbox::Spread;
use serde::Serialize;
use std::fmt::Write as _;
use std::path::Path;

/// Median and ends of several runs.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Runs {
    median: f64,
    min: f64,
    max: f64,
}

impl From<Spread> for Runs {
    fn from(Spread { median, min, max }: Spread) -> Self {
        Self { median, min, max }
    }
}

/// What a figure must reach.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Target {
    /// At least this.
    AtLeast(f64),
    /// At most this.
    AtMost(f64),
}

impl Target {
    fn is_met(self, value: f64) -> bool {
        match self {
            Self::AtLeast(least) => value >= least,
            Self::AtMost(most) => value <= most,
        }
    }
}

/// One line of the report.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Figure {
    /// What was measured.
    pub(crate) name: String,
    /// Unit of `runs`.
    pub(crate) unit: &'static str,
    /// The measurements.
    pub(crate) runs: Runs,
    /// What the median must reach, if anything.
    pub(crate) target: Option<Target>,
    /// True when it does.
    pub(crate) met: Option<bool>,
}

impl Figure {
    /// A figure without a target.
    pub(crate) fn new(name: impl Into<String>, unit: &'static str, runs: Spread) -> Self {
        Self {
            name: name.into(),
            unit,
            runs: runs.into(),
            target: None,
            met: None,
        }
    }

    /// Says what the median must reach.
    pub(crate) fn target(mut self, target: Target) -> Self {
        self.met = Some(target.is_met(self.runs.median));
        self.target = Some(target);
        self
    }
}

/// All figures of one run.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    at: DateTime<Utc>,
    command: String,
    machine: String,
    figures: Vec<Figure>,
}

impl Report {
    pub(crate) fn new(clock: &dyn Clock) -> Self {
        let words: Vec<_> = std::env::args().skip(1).collect();
        Self {
            at: clock.now(),
            command: format!("bench/run {}", words.join(" "))
                .trim_end()
                .to_owned(),
            machine: machine(),
            figures: Vec::new(),
        }
    }

    /// Adds a figure, and prints it so that a long run can be followed.
    pub(crate) fn add(&mut self, figure: Figure) {
        println!("{}", row(&figure));
        self.figures.push(figure);
    }

    /// Writes everything as JSON.
    ///
    /// # Errors
    /// The file can't be written.
    pub(crate) fn write(&self, path: &Path) -> anyhow::Result<()> {
        let json = serde_json::to_string_pretty(self)? + "\n";
        std::fs::write(path, json).with_context(|| format!("'{}' can't be written", path.display()))
    }

    /// The table of the README.
    pub(crate) fn markdown(&self) -> String {
        let mut text = format!(
            "{} · {} · `{}`\n\n| figure | median | spread | target | |\n| --- | ---: | ---: | ---: | --- |\n",
            self.at.format("%Y-%m-%d"),
            self.machine,
            self.command
        );
        for figure in &self.figures {
            // Writing to a string can't fail.
            let _ = writeln!(text, "{}", row(figure));
        }
        text
    }
}

fn row(figure: &Figure) -> String {
    let Figure {
        name,
        unit,
        runs,
        target,
        met,
    } = figure;
    let target = match target {
        None => String::new(),
        Some(Target::AtLeast(least)) => format!("≥ {} {unit}", short(*least)),
        Some(Target::AtMost(most)) => format!("≤ {} {unit}", short(*most)),
    };
    let met = match met {
        None => "",
        Some(true) => "met",
        Some(false) => "MISSED",
    };
    format!(
        "| {name} | {} {unit} | {} to {} | {} | {met} |",
        short(runs.median),
        short(runs.min),
        short(runs.max),
        target.trim_end()
    )
}

/// Three digits that matter, thousands apart.
fn short(value: f64) -> String {
    match value.abs() {
        v if v >= 1_000.0 => thousands(value),
        v if v >= 100.0 => format!("{value:.0}"),
        v if v >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Processors and their model, as far as the system tells.
fn machine() -> String {
    let cpus = std::thread::available_parallelism().map_or(0, usize::from);
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
        .map_or("unknown processor", |(_, model)| model.trim());
    format!("{cpus} × {model}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_for_people() {
        assert_eq!(short(1_234_567.0), "1,234,567");
        assert_eq!(short(12.345), "12.3");
        assert_eq!(short(0.5), "0.50");
    }

    #[test]
    fn a_target_is_met_by_the_median() {
        let runs = Spread {
            median: 0.5,
            min: 0.4,
            max: 0.6,
        };
        let figure = |target| Figure::new("x", "", runs).target(target).met;
        assert_eq!(figure(Target::AtLeast(0.5)), Some(true));
        assert_eq!(figure(Target::AtMost(0.4)), Some(false));
    }
}
