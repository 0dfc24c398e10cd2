//! `parlor world`: a world with all that belongs to it as one file, to take along or to give away.

mod bundle;
mod pack;
mod unpack;

use crate::Ended;
use crate::config::Config;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum WorldCommand {
    /// Pack a world into one file: its file, dialects, cards, pictures, and its catalogue
    #[command(
        after_help = "Examples:\n  parlor world export friends\n  parlor world export coast.toml --out coast.zip --no-catalogue"
    )]
    Export(ExportArgs),
    /// Unpack a world, and bring its characters into the catalogue
    #[command(
        after_help = "Example:\n  parlor world import coast.world.zip && parlor up coast/coast.toml"
    )]
    Import(ImportArgs),
}

/// `parlor world export`.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// A world file, or the name of a bundled world
    world: String,
    /// Write here [default: NAME.world.zip]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Leave out the characters of the catalogue
    #[arg(long)]
    no_catalogue: bool,
    /// Replace a file that is there
    #[arg(long)]
    force: bool,
}

/// `parlor world import`.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// What `parlor world export` wrote
    file: PathBuf,
    /// Make the world's directory here
    #[arg(long, value_name = "DIR", default_value = ".")]
    dir: PathBuf,
    /// Leave the catalogue as it is
    #[arg(long)]
    no_catalogue: bool,
    /// Replace files that are there
    #[arg(long)]
    force: bool,
}

/// Does it.
///
/// # Errors
/// A world or a file that can't be read or written; a store that is away.
pub(crate) async fn run(config: &Config, command: WorldCommand) -> anyhow::Result<Ended> {
    match command {
        WorldCommand::Export(args) => pack::run(config, &args).await,
        WorldCommand::Import(args) => unpack::run(config, &args).await,
    }
}
