//! One module per command.

pub(crate) mod account;
pub(crate) mod archive;
pub(crate) mod backup;
pub(crate) mod card;
pub(crate) mod check;
pub(crate) mod config;
pub(crate) mod dead_letters;
pub(crate) mod dialect;
pub(crate) mod doctor;
pub(crate) mod export;
pub(crate) mod generate;
pub(crate) mod key;
pub(crate) mod load;
pub(crate) mod migrate;
pub(crate) mod plain;
pub(crate) mod play;
pub(crate) mod prompt;
pub(crate) mod ready;
pub(crate) mod replay;
pub(crate) mod run;
pub(crate) mod seed;
pub(crate) mod split;
pub(crate) mod supervisor;
pub(crate) mod up;
pub(crate) mod usage;
pub(crate) mod watch;
pub(crate) mod world;

use std::io::Write;

/// Writes a line to standard output.
///
/// # Errors
/// It was closed; unlike `println!` that is no panic.
pub(crate) fn say(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(())
}
