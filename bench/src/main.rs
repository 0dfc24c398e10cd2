//! Measures what Parlor promises, each figure beside a raw baseline that was taken in the same run
//! on the same servers: hardware is noisy, ratios are less so. See `bench/README.md`.

mod companions;
mod crowd;
mod dialects;
mod embedded;
mod generation;
mod hop;
mod journeys;
mod llm;
mod raw;
mod report;
mod setting;
mod start;
mod stub;
mod throughput;

use anyhow::Context;
use clap::{Parser, Subcommand, ValueEnum};
use report::Report;
use setting::Setting;
use std::path::PathBuf;

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Item {
    /// Messages per second on RabbitMQ and PostgreSQL
    Throughput,
    /// From hearing a line to the answer being heard
    Hop,
    /// Messages per second in one process
    Embedded,
    /// Memory of very many conversations at once
    Crowd,
    /// From the start of the program to the first line
    Start,
    /// Lines per second of each scripted dialect
    Dialects,
    /// What a line of a language model costs beside the model, and very many calls at once
    Llm,
    /// A run in which everybody's companions talk, into PostgreSQL and SQLite
    Generation,
    /// One for ten times as many people; only when it is named
    GenerationLarge,
    /// Reads of conversations where very many messages are stored; only when it is named
    GenerationReads,
    /// Characters who travel between places on Kafka and PostgreSQL
    Journeys,
    /// People who talk with characters on RabbitMQ, PostgreSQL and Redis
    Companions,
}

/// Measures Parlor against raw baselines of the same run
#[derive(Debug, Parser)]
#[command(name = "parlor-bench", version)]
struct Options {
    /// What to measure [default: everything]
    #[arg(long, value_delimiter = ',', value_name = "ITEM,..")]
    only: Vec<Item>,
    /// Baseline and measurement take turns this many times
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// Conversations of one throughput run
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    conversations: u32,
    /// Conversations of the crowd
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    crowd: u32,
    /// People of a run in which companions talk
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(100..=1_000_000))]
    people: u32,
    /// Messages that are stored when conversations are read
    #[arg(long, default_value_t = 10_000_000)]
    stored: u64,
    /// Sessions that people have open at once
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1_000..=50_000))]
    sessions: u32,
    /// Moves of one run of journeys
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(100..=100_000))]
    moves: u32,
    /// The program to measure
    #[arg(long, default_value = "target/release/parlor", value_name = "FILE")]
    parlor: PathBuf,
    /// Where the figures go, as JSON
    #[arg(long, default_value = "bench/results.json", value_name = "FILE")]
    out: PathBuf,
    #[command(subcommand)]
    part: Option<Part>,
}

/// What a benchmark starts besides.
#[derive(Debug, Subcommand)]
enum Part {
    /// A language model that only waits
    #[command(hide = true)]
    Stub(stub::StubOptions),
    /// A bare WebSocket server
    #[command(hide = true)]
    Echo,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    parlor_dialect::llm::install_tls();
    let options = Options::parse();
    match options.part {
        Some(Part::Stub(options)) => return stub::run(options).await,
        Some(Part::Echo) => return raw::echo::run().await,
        None => {}
    }
    let program = options.parlor.canonicalize().with_context(|| {
        format!(
            "there is no '{}': cargo build --release -p parlor",
            options.parlor.display()
        )
    })?;
    let setting = Setting::new(program, options.rounds)?;
    let mut report = Report::new(&*setting.clock);
    let wanted = |item| options.only.is_empty() || options.only.contains(&item);
    if wanted(Item::Dialects) {
        dialects::measure(&setting, &mut report)?;
    }
    if wanted(Item::Start) {
        start::measure(&setting, &mut report).await?;
    }
    if wanted(Item::Embedded) {
        embedded::measure(&setting, &mut report).await?;
    }
    if wanted(Item::Llm) {
        llm::measure(&setting, &mut report).await?;
    }
    if wanted(Item::Hop) {
        hop::measure(&setting, &mut report).await?;
    }
    if wanted(Item::Throughput) {
        throughput::measure(&setting, &mut report, options.conversations).await?;
    }
    if wanted(Item::Journeys) {
        journeys::measure(&setting, &mut report, options.moves).await?;
    }
    if wanted(Item::Companions) {
        companions::measure(&setting, &mut report, options.sessions).await?;
    }
    if wanted(Item::Crowd) {
        crowd::measure(&setting, &mut report, options.crowd).await?;
    }
    if wanted(Item::Generation) {
        generation::measure(&setting, &mut report, options.people).await?;
    }
    if options.only.contains(&Item::GenerationLarge) {
        generation::measure_large(&setting, &mut report, options.people * 10).await?;
    }
    if options.only.contains(&Item::GenerationReads) {
        let (people, stored) = (options.people, options.stored);
        generation::measure_reads(&setting, &mut report, people, stored).await?;
    }
    report.write(&options.out)?;
    println!("\n{}", report.markdown());
    Ok(())
}
