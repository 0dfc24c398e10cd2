//! `parlor card`: character cards, to look at, to bring in and to take along.

mod export;
mod keep;
mod show;

use crate::Ended;
use crate::config::Config;
use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use parlor_model::card::{Card, limits};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum CardCommand {
    /// Show what card files hold
    #[command(
        after_help = "Examples:\n  parlor card show marla.png\n  parlor card show *.charx --json"
    )]
    Show(ShowArgs),
    /// Bring characters into a world's catalogue; the same card again replaces the first
    #[command(
        after_help = "Examples:\n  parlor card import marla.png\n  parlor card import *.charx --world coast.toml"
    )]
    Import(ImportArgs),
    /// Show who is in a world's catalogue
    List(ListArgs),
    /// Take a character out of a world's catalogue
    #[command(after_help = "Example:\n  parlor card remove marla-quince")]
    Remove(RemoveArgs),
    /// Write a character as a card
    #[command(
        after_help = "Examples:\n  parlor card export marla-quince --json > marla.json\n  parlor card export ross --png picture.png\n  parlor card export marla.charx --png picture.png --out marla.png\n\nThe card goes into the picture, in place of any that is in it. Without the picture's file, the\ncharacter's own is written there."
    )]
    Export(ExportArgs),
}

/// `parlor card show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// Card files: JSON, PNG or CHARX
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print as JSON Lines
    #[arg(long)]
    json: bool,
}

/// `parlor card import`.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// Card files: JSON, PNG or CHARX
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// For which world: a world file, or the name of a bundled world
    #[arg(long, default_value = "friends")]
    world: String,
}

/// `parlor card list`.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Of which world: a world file, or a world's name
    #[arg(long, default_value = "friends")]
    world: String,
    /// Print as JSON Lines
    #[arg(long)]
    json: bool,
}

/// `parlor card remove`.
#[derive(Debug, Args)]
pub(crate) struct RemoveArgs {
    /// Who, as the list shows them
    slug: String,
    /// Of which world: a world file, or a world's name
    #[arg(long, default_value = "friends")]
    world: String,
}

/// `parlor card export`.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// Who: a slug or a name of the cast or the catalogue; or a card file
    #[arg(value_name = "SLUG")]
    who: String,
    /// The character's world: a world file, or the name of a bundled world
    #[arg(long, default_value = "friends")]
    world: String,
    #[command(flatten)]
    form: Form,
    /// Write here [default: standard output for JSON, the picture itself for PNG]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// The form of an exported card.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Form {
    /// As a PNG picture, with versions 2 and 3 of the card in it
    #[arg(long, value_name = "PICTURE")]
    png: Option<PathBuf>,
    /// As JSON of version 3
    #[arg(long)]
    json: bool,
}

/// Does it.
///
/// # Errors
/// A file that can't be read or written, or is no card; a store that is away.
pub(crate) async fn run(config: &Config, command: CardCommand) -> anyhow::Result<Ended> {
    match command {
        CardCommand::Show(args) => show::run(&args.files, args.json),
        CardCommand::Import(args) => keep::import(config, &args).await,
        CardCommand::List(args) => keep::list(config, &args).await,
        CardCommand::Remove(args) => keep::remove(config, &args).await,
        CardCommand::Export(args) => export::run(config, &args).await,
    }
}

/// The card in a file.
fn read_card(path: &Path) -> anyhow::Result<Card> {
    let bytes = read_file(path)?;
    Card::parse(&bytes).with_context(|| format!("'{}'", path.display()))
}

/// A file's bytes, as many as a card may have.
fn read_file(path: &Path) -> anyhow::Result<Vec<u8>> {
    let context = || format!("'{}' can't be read", path.display());
    let max = limits::FILE_BYTES_MAX as u64;
    let mut bytes = Vec::new();
    File::open(path)
        .with_context(context)?
        .take(max + 1)
        .read_to_end(&mut bytes)
        .with_context(context)?;
    if bytes.len() as u64 > max {
        bail!(
            "'{}' is too large: at most {} MiB are read",
            path.display(),
            max >> 20
        );
    }
    Ok(bytes)
}
