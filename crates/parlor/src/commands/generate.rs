//! `parlor generate`: lets the companions of a world talk, now, once.

use super::say;
use crate::config::Config;
use crate::models::{self, Asked};
use crate::wiring::Authors;
use crate::{Ended, resolve, wiring, worlds};
use anyhow::Context;
use clap::Args;
use parlor_dialect::llm::Meter;
use parlor_dialect::registry;
use parlor_model::world::{DEFAULT_BATCH, DialectKind};
use parlor_model::{Clock, SystemClock, World};
use parlor_ports::companions::{GenerationRun, NewRun, RunStatus, Tally};
use parlor_ports::store::Store;
use parlor_roles::generation::{GenerationOptions, Producer, work};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use uuid::Uuid;

/// The bar is drawn anew after so long.
const DRAWN_EVERY: Duration = Duration::from_millis(100);
/// Width of the bar.
const BAR_CHARS: usize = 30;

/// What to generate.
#[derive(Debug, Args)]
pub(crate) struct GenerateArgs {
    /// A world file, or the name of a bundled world
    #[arg(default_value = "chatlings")]
    world: String,
    /// At most so many people, in the order of their ids
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    users: Option<u64>,
    /// Only this share of the people: always the same ones, and more of them with a larger share
    #[arg(long, value_name = "PERCENT", default_value_t = 100.0, value_parser = percent)]
    percent: f64,
    /// Write nothing, only say what would come of it
    #[arg(long, conflicts_with = "resume")]
    dry_run: bool,
    /// Go on with the latest run; does nothing where it is finished
    #[arg(long, conflicts_with_all = ["users", "percent"])]
    resume: bool,
    /// Workers that share the run
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=64))]
    workers: u64,
    /// Print no bar; the last line is the summary as JSON
    #[arg(long)]
    json: bool,
}

fn percent(text: &str) -> Result<f64, String> {
    let number: f64 = text
        .trim_end_matches('%')
        .parse()
        .map_err(|_| "not a number")?;
    if (0.0..=100.0).contains(&number) {
        Ok(number)
    } else {
        Err("a share is 0 to 100".to_owned())
    }
}

/// What a run came to.
#[derive(Debug, Serialize)]
struct Summary<'a> {
    run: Uuid,
    accounts: u64,
    conversations: u64,
    messages: u64,
    participants: &'a BTreeMap<u32, u64>,
    skipped: &'a BTreeMap<String, u64>,
    runaways: u64,
    seconds: f64,
}

/// Begins a run, or goes on with one, and works on it to its end.
pub(crate) async fn run(config: &Config, args: GenerateArgs) -> anyhow::Result<Ended> {
    let world = worlds::load(&args.world)?;
    let scripted = producer(&world)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = resolve::store(&config.settings, clock.clone()).await?;
    wiring::migrate(&*store, false).await?;
    let meter = Meter::new(store.clone(), clock.clone());
    let producer = Arc::new(scripted.with_authors(authors(config, &world, &meter, &clock)?));
    let begun = Instant::now();
    if args.dry_run {
        let summary = rehearse(
            &*store,
            &producer,
            &args,
            wiring::seed_of(&config.settings, &world),
        )
        .await?;
        tell(&summary.0, &summary.1, begun, args.json, "would be written")?;
        store.close().await;
        return Ok(Ended::Well);
    }
    let run = if args.resume {
        let latest = store.runs(&world.name, 1).await?.pop();
        latest.with_context(|| format!("world '{}' has no run to go on with", world.name))?
    } else {
        let new = new_run(&world, &args, wiring::seed_of(&config.settings, &world));
        store.begin_run(&new).await?
    };
    let done = if run.status == RunStatus::Done {
        run
    } else {
        generate(&producer, &store, &clock, run, &args).await?
    };
    tell(&done, &done.tally, begun, args.json, "written")?;
    meter.close().await;
    store.close().await;
    Ok(Ended::Well)
}

/// What decides and words a world's conversations.
///
/// # Errors
/// The world has no companions, or somebody has no words.
pub(crate) fn producer(world: &Arc<World>) -> anyhow::Result<Producer> {
    let books = registry::phrasing(world)?;
    Ok(Producer::new(Arc::clone(world), &books)?)
}

/// The language models that write, where the world has such a dialect.
fn authors(
    config: &Config,
    world: &Arc<World>,
    meter: &Arc<Meter>,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<Authors> {
    let mut dialects = world.dialects.values();
    if !dialects.any(|dialect| dialect.kind == DialectKind::Llm) {
        return Ok(Authors::new());
    }
    let models = models::assemble(config, Asked::BySettings, meter, clock.clone())?;
    let all = wiring::authors_of(std::slice::from_ref(world), models.as_ref())?;
    Ok(all.into_values().next().unwrap_or_default())
}

fn new_run(world: &World, args: &GenerateArgs, seed: u64) -> NewRun {
    NewRun {
        world: world.name.clone(),
        seed,
        at: SystemClock.now(),
        due_at: None,
        percent: args.percent,
        accounts_max: args.users,
        batch: world
            .schedule
            .as_ref()
            .map_or(DEFAULT_BATCH, |schedule| schedule.batch),
    }
}

async fn generate(
    producer: &Arc<Producer>,
    store: &Arc<dyn Store>,
    clock: &Arc<dyn Clock>,
    run: GenerationRun,
    args: &GenerateArgs,
) -> anyhow::Result<GenerationRun> {
    let options = GenerationOptions {
        workers: usize::try_from(args.workers).unwrap_or(1),
        ..GenerationOptions::default()
    };
    let (sender, receiver) = mpsc::channel(64);
    let mut bar = Bar::new(&run, !args.json && std::io::stderr().is_terminal());
    let work = work(producer, store, clock, &run, options, sender);
    let (done, ()) = tokio::join!(work, async { bar.follow(receiver).await });
    Ok(done?)
}

/// Decides every batch of a run that is not begun.
async fn rehearse(
    store: &dyn Store,
    producer: &Producer,
    args: &GenerateArgs,
    seed: u64,
) -> anyhow::Result<(GenerationRun, Tally)> {
    let world = producer.world();
    let new = new_run(world, args, seed);
    let last = store.runs(&world.name, 1).await?.pop();
    let ordinal = last.map_or(0, |run| run.ordinal) + 1;
    let run = GenerationRun {
        id: new.id(ordinal),
        world: new.world.clone(),
        ordinal,
        seed: new.seed,
        at: new.at,
        due_at: None,
        ended_at: None,
        percent: new.percent,
        status: RunStatus::Running,
        planned: 0,
        tally: Tally::default(),
    };
    let agenda = producer.agenda(&store.pooled_topics(&world.name, new.at).await?, new.at);
    let (mut tally, mut after) = (Tally::default(), None);
    loop {
        let left = args.users.map_or(u64::MAX, |users| users - tally.accounts);
        let limit = u32::try_from(left.min(1_000)).unwrap_or(1_000);
        let households = store.households_after(&world.name, after, limit).await?;
        let Some(last) = households.last() else { break };
        after = Some(last.owner);
        let batch = parlor_ports::companions::Batch {
            number: 0,
            households,
        };
        tally.add(&producer.decide(&run, &agenda, &batch).tally);
        if args.users.is_some_and(|users| tally.accounts >= users) {
            break;
        }
    }
    Ok((run, tally))
}

fn tell(
    run: &GenerationRun,
    tally: &Tally,
    begun: Instant,
    json: bool,
    verb: &str,
) -> anyhow::Result<()> {
    let seconds = (begun.elapsed().as_secs_f64() * 1_000.0).round() / 1_000.0;
    if json {
        let summary = Summary {
            run: run.id,
            accounts: tally.accounts,
            conversations: tally.conversations,
            messages: tally.messages,
            participants: &tally.participants,
            skipped: &tally.skipped,
            runaways: tally.runaways,
            seconds,
        };
        return say(&serde_json::to_string(&summary)?);
    }
    say(&format!(
        "run {}: {} people, {} conversations and {} messages {verb}, {} companions ran away, {seconds:.1} s",
        run.id, tally.accounts, tally.conversations, tally.messages, tally.runaways
    ))?;
    let sizes: Vec<String> = tally
        .participants
        .iter()
        .map(|(size, count)| format!("{size}: {count}"))
        .collect();
    if !sizes.is_empty() {
        say(&format!("  taking part  {}", sizes.join(", ")))?;
    }
    for (reason, count) in &tally.skipped {
        say(&format!(
            "  skipped      {count} ({})",
            reason.replace('_', " ")
        ))?;
    }
    Ok(())
}

/// A bar on the terminal: how far, how fast, how long still.
struct Bar {
    planned: u64,
    done: u64,
    before: u64,
    shown: bool,
    begun: Instant,
    drawn: Option<Instant>,
}

impl Bar {
    fn new(run: &GenerationRun, shown: bool) -> Self {
        Self {
            planned: run.planned,
            done: run.tally.accounts,
            before: run.tally.accounts,
            shown,
            begun: Instant::now(),
            drawn: None,
        }
    }

    async fn follow(&mut self, mut parts: mpsc::Receiver<Tally>) {
        while let Some(part) = parts.recv().await {
            self.done += part.accounts;
            if self
                .drawn
                .is_none_or(|drawn| drawn.elapsed() >= DRAWN_EVERY)
            {
                self.draw();
            }
        }
        if self.shown {
            self.draw();
            let _ = writeln!(std::io::stderr());
        }
    }

    fn draw(&mut self) {
        if !self.shown {
            return;
        }
        self.drawn = Some(Instant::now());
        let line = line(
            self.done,
            self.planned,
            self.done - self.before,
            self.begun.elapsed(),
        );
        let _ = write!(std::io::stderr(), "\r\x1b[K{line}");
    }
}

#[expect(clippy::cast_precision_loss, reason = "for people to read")]
fn line(done: u64, planned: u64, here: u64, took: Duration) -> String {
    let share = (done as f64 / planned.max(1) as f64).min(1.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "0 to 30"
    )]
    let full = (share * BAR_CHARS as f64) as usize;
    let bar: String = "█".repeat(full) + &"░".repeat(BAR_CHARS - full);
    let rate = here as f64 / took.as_secs_f64().max(0.001);
    let left = planned.saturating_sub(done) as f64 / rate.max(1.0);
    format!(
        "{bar} {:3.0}%  {done} of {planned} people  {rate:.0}/s  {left:.0} s left",
        share * 100.0
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_tells_how_far_how_fast_and_how_long() {
        let half = line(500, 1_000, 500, Duration::from_secs(5));
        assert_eq!(
            half,
            "███████████████░░░░░░░░░░░░░░░  50%  500 of 1000 people  100/s  5 s left"
        );
        assert!(line(0, 0, 0, Duration::ZERO).contains("0 of 0"));
    }

    #[test]
    fn a_share_is_a_number_up_to_a_hundred() {
        assert_eq!(percent("12.5"), Ok(12.5));
        assert_eq!(percent("5%"), Ok(5.0));
        assert!(percent("101").is_err() && percent("-1").is_err() && percent("all").is_err());
    }
}
