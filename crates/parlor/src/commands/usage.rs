//! `parlor usage`: what language models were asked for, and what is left of the budgets. Reads the
//! store, so it works with and without a running server.

use super::say;
use crate::config::Config;
use crate::render::Terminal;
use crate::{Ended, resolve, wiring, worlds};
use anyhow::Context;
use parlor_gateway::usage::{self, Budget, DayUsage, Share, UsageReport, Wanted};
use parlor_model::{Clock, Slug, SystemClock};
use parlor_ports::usage::Limits;
use std::sync::Arc;

const HEADS: [&str; 11] = [
    "day", "world", "model", "calls", "failed", "fallback", "in", "out", "mean", "p50", "p99",
];
/// The first columns hold words, the others numbers.
const WORDS: usize = 3;

/// Prints the usage of the last `days`.
pub(crate) async fn run(
    config: &Config,
    world: Option<String>,
    days: u32,
    json: bool,
) -> anyhow::Result<Ended> {
    let only = world.as_deref().map(world_of).transpose()?;
    let limits = match &only {
        Some(only) => vec![only.clone()],
        None => bundled(),
    };
    let store = resolve::store(&config.settings, Arc::new(SystemClock)).await?;
    wiring::migrate(&*store, false).await?;
    let wanted = Wanted {
        world: only.as_ref().map(|(name, _)| name),
        days,
        today: SystemClock.now().date_naive(),
    };
    let report = usage::report(&*store, &limits, wanted).await?;
    store.close().await;
    if json {
        say(&serde_json::to_string_pretty(&report)?)?;
    } else {
        for line in lines(&report, Terminal::stdout(), only.is_some()) {
            say(&line)?;
        }
    }
    Ok(Ended::Well)
}

/// A world file or the name of a bundled world, with its limits; or only a name, without.
fn world_of(name: &str) -> anyhow::Result<(Slug, Limits)> {
    match worlds::load(name) {
        Ok(world) => Ok((world.name.clone(), usage::limits_of(&world))),
        Err(error) => match Slug::new(name) {
            Ok(slug) => Ok((slug, Limits::default())),
            Err(_) => Err(error).context("--world takes a world file or a world's name"),
        },
    }
}

fn bundled() -> Vec<(Slug, Limits)> {
    worlds::bundled_names()
        .into_iter()
        .filter_map(|name| world_of(name).ok())
        .collect()
}

/// The table, and below it the budgets that have a limit; of one world also without.
fn lines(report: &UsageReport, terminal: Terminal, one_world: bool) -> Vec<String> {
    let mut lines = if report.items.is_empty() {
        vec!["no language model was asked".to_owned()]
    } else {
        table(&report.items, terminal)
    };
    for item in report.items.iter().filter(|item| item.failed > 0) {
        let kinds: Vec<_> = item
            .failures
            .iter()
            .map(|(kind, count)| format!("{kind} {count}"))
            .collect();
        let of = format!("{} {} {}", item.day, item.world, item.model);
        lines.push(terminal.dim(&format!("failed: {of}: {}", kinds.join(", "))));
    }
    let limited = |b: &&Budget| b.calls.max.is_some() || b.tokens.max.is_some();
    let budgets = report
        .budgets
        .iter()
        .filter(|budget| one_world || limited(budget));
    lines.extend(budgets.map(|budget| {
        format!(
            "budget of {} today (UTC): calls {}, tokens {}",
            terminal.bold(&budget.world),
            share(&budget.calls),
            share(&budget.tokens),
        )
    }));
    lines
}

fn share(share: &Share) -> String {
    match (share.max, share.left) {
        (Some(max), Some(left)) => {
            format!(
                "{} of {} spent, {} left",
                grouped(share.spent),
                grouped(max),
                grouped(left)
            )
        }
        _ => format!("{} spent, no limit", grouped(share.spent)),
    }
}

fn table(items: &[DayUsage], terminal: Terminal) -> Vec<String> {
    let rows: Vec<[String; 11]> = items.iter().map(cells).collect();
    let widths: Vec<usize> = (0..HEADS.len())
        .map(|i| {
            let cells = rows.iter().map(|row| row[i].chars().count());
            cells.chain([HEADS[i].len()]).max().unwrap_or(0)
        })
        .collect();
    let line = |cells: &[String]| {
        let padded = cells.iter().zip(&widths).enumerate();
        let padded: Vec<_> = padded
            .map(|(i, (cell, width))| {
                if i < WORDS {
                    format!("{cell:<width$}")
                } else {
                    format!("{cell:>width$}")
                }
            })
            .collect();
        padded.join("  ").trim_end().to_owned()
    };
    let heads = HEADS.map(str::to_owned);
    let mut lines = vec![terminal.bold(&line(&heads))];
    lines.extend(rows.iter().map(|row| line(row)));
    lines
}

fn cells(item: &DayUsage) -> [String; 11] {
    let ms =
        |ms: Option<u64>| ms.map_or_else(|| "-".to_owned(), |ms| format!("{} ms", grouped(ms)));
    [
        item.day.to_string(),
        item.world.clone(),
        item.model.clone(),
        grouped(item.calls),
        grouped(item.failed),
        grouped(item.fallbacks),
        grouped(item.tokens_in),
        grouped(item.tokens_out),
        ms(item.latency_ms.mean),
        ms(item.latency_ms.p50),
        ms(item.latency_ms.p99),
    ]
}

/// `1234567` as `1,234,567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;
    use parlor_gateway::usage::LatencyMs;
    use std::collections::BTreeMap;

    fn item(model: &str, calls: u64) -> DayUsage {
        DayUsage {
            day: NaiveDate::from_ymd_opt(2026, 5, 1).unwrap(),
            world: "friends".to_owned(),
            model: model.to_owned(),
            calls,
            replies: calls,
            tokens_in: 1_234_567,
            tokens_out: 12,
            fallbacks: 0,
            failed: 2,
            failures: BTreeMap::from([("timeout".to_owned(), 2)]),
            latency_ms: LatencyMs {
                mean: Some(410),
                p50: Some(380),
                p99: None,
            },
        }
    }

    #[test]
    fn a_table_is_aligned_and_names_what_failed() {
        let report = UsageReport {
            items: vec![item("gemini:gemini-3-flash", 1_000), item("ollama:x", 7)],
            budgets: vec![Budget {
                world: "friends".to_owned(),
                day: NaiveDate::from_ymd_opt(2026, 5, 1).unwrap(),
                calls: Share {
                    spent: 1_007,
                    max: Some(2_000),
                    left: Some(993),
                },
                tokens: Share {
                    spent: 9,
                    max: None,
                    left: None,
                },
            }],
        };
        let lines = lines(&report, Terminal { colours: false }, false);
        let expected = [
            "day         world    model                  calls  failed  fallback         in  out    mean     p50  p99",
            "2026-05-01  friends  gemini:gemini-3-flash  1,000       2         0  1,234,567   12  410 ms  380 ms    -",
            "2026-05-01  friends  ollama:x                   7       2         0  1,234,567   12  410 ms  380 ms    -",
            "failed: 2026-05-01 friends gemini:gemini-3-flash: timeout 2",
            "failed: 2026-05-01 friends ollama:x: timeout 2",
            "budget of friends today (UTC): calls 1,007 of 2,000 spent, 993 left, tokens 9 spent, no limit",
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn thousands_are_set_apart() {
        let shown = [0, 999, 1_000, 1_234_567].map(grouped);
        assert_eq!(shown, ["0", "999", "1,000", "1,234,567"]);
    }
}
