//! `parlor dialect`: makes dialects out of texts and chats, and tries them.

mod import;
mod output;
mod train;
mod trial;

use crate::Ended;
use clap::{Args, Subcommand, ValueEnum};
use parlor_dialect::import::Format;
use parlor_dialect::markov::Order;
use std::path::PathBuf;

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum DialectCommand {
    /// Train a markov dialect from texts or chat exports
    #[command(
        after_help = "Examples:\n  parlor dialect train book.txt --out book.markov\n  parlor dialect train chat.txt --who Ann --order 3 --out ann.markov"
    )]
    Train(TrainArgs),
    /// Look into chat exports, and make a replay or markov dialect of them
    #[command(
        after_help = "Reads SMS Backup & Restore (.xml), WhatsApp (.txt), Telegram Desktop (result.json) and lines of\nthe form 'name: text'.\n\nExamples:\n  parlor dialect import chat.txt\n  parlor dialect import chat.txt --pseudonyms --redact --as replay --out chat.replay"
    )]
    Import(ImportArgs),
    /// Say some lines of a dialect's file
    #[command(
        after_help = "Examples:\n  parlor dialect try book.markov\n  parlor dialect try chat.replay --heard 'who ate my sandwich?' --seed 7"
    )]
    Try(TryArgs),
}

/// `parlor dialect train`.
#[derive(Debug, Args)]
pub(crate) struct TrainArgs {
    /// Texts or chat exports
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Where the model goes (NAME.markov)
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    how: HowArgs,
    /// What the files are
    #[arg(long, value_enum, default_value = "auto")]
    format: FormatArg,
}

/// `parlor dialect import`.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// Chat exports
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// What to make of them; without it they are only looked into
    #[arg(long = "as", value_enum, requires = "out", value_name = "KIND")]
    kind: Option<MadeKind>,
    /// Where the dialect goes
    #[arg(long, requires = "kind", value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    how: HowArgs,
    /// The name of who made an SMS export, which does not tell it
    #[arg(long, default_value = "Me", value_name = "NAME")]
    me: String,
    /// Give people made-up names, also where they are named in a message
    #[arg(long)]
    pseudonyms: bool,
    /// Take numbers, links, e-mail and postal addresses out of the messages
    #[arg(long)]
    redact: bool,
    /// What the files are
    #[arg(long, value_enum, default_value = "auto")]
    format: FormatArg,
    /// Print what was found as JSON
    #[arg(long)]
    json: bool,
}

/// What both have.
#[derive(Debug, Args)]
pub(crate) struct HowArgs {
    /// How many words the next one depends on: 1 to 4 (for markov) [default: 2, or 4 for a language
    /// that is written without spaces]
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=4))]
    order: Option<u8>,
    /// Only what this person says, by the name in the export
    #[arg(long, value_name = "NAME")]
    who: Option<String>,
    /// Replace the file if it is there
    #[arg(long)]
    force: bool,
}

impl HowArgs {
    fn order(&self) -> Option<Order> {
        self.order.and_then(Order::new)
    }
}

/// `parlor dialect try`.
#[derive(Debug, Args)]
pub(crate) struct TryArgs {
    /// The dialect's file
    file: PathBuf,
    /// Its kind [default: what the file looks like]
    #[arg(long, value_enum)]
    kind: Option<TryKind>,
    /// For replay: whose lines
    #[arg(long, value_name = "NAME")]
    who: Option<String>,
    /// The line to answer, each time anew; without it two people talk
    #[arg(long, value_name = "TEXT")]
    heard: Option<String>,
    /// What they talk about
    #[arg(long, value_name = "TEXT")]
    topic: Option<String>,
    /// How many lines
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    lines: u32,
}

/// What an import makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MadeKind {
    /// The lines as they stand
    Replay,
    /// A chain of their words
    Markov,
}

/// Kinds that have a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TryKind {
    /// A chain of words
    Markov,
    /// A Tracery grammar
    Grammar,
    /// Opinion templates
    Template,
    /// Lines of an export
    Replay,
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FormatArg {
    /// Found out
    Auto,
    /// Text in sentences (only to train)
    Text,
    /// SMS Backup & Restore
    Sms,
    /// WhatsApp
    Whatsapp,
    /// Telegram Desktop
    Telegram,
    /// 'name: text'
    Plain,
}

impl FormatArg {
    fn format(self) -> Option<Format> {
        match self {
            Self::Auto | Self::Text => None,
            Self::Sms => Some(Format::Sms),
            Self::Whatsapp => Some(Format::WhatsApp),
            Self::Telegram => Some(Format::Telegram),
            Self::Plain => Some(Format::Plain),
        }
    }
}

/// Does what is asked. `seed` is the one on the command line.
pub(crate) fn run(command: DialectCommand, seed: Option<u64>) -> anyhow::Result<Ended> {
    match command {
        DialectCommand::Train(args) => train::run(&args),
        DialectCommand::Import(args) => import::run(&args),
        DialectCommand::Try(args) => trial::run(&args, seed),
    }
}
