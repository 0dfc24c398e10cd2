//! `parlor backup` and `parlor restore`: everything that is kept, as one file and back. A backup is made
//! while servers run; a restore wants none.

mod postgres;
mod rouse;

use super::say;
use crate::config::{Config, redact};
use crate::{Ended, resolve, wiring, worlds};
use anyhow::{Context, bail};
use parlor_model::{Clock, SystemClock};
use parlor_store_sqlite::{Location, SqliteOptions, check_file};
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Writes a backup into `file`, which must not be there yet. It appears whole or not at all.
pub(crate) async fn backup(config: &Config, file: &Path) -> anyhow::Result<Ended> {
    if file.exists() {
        bail!("'{}' is there already: name another file", file.display());
    }
    let part = beside(file, ".part");
    if part.exists() {
        fs::remove_file(&part).with_context(|| format!("'{}' is in the way", part.display()))?;
    }
    let store = &config.settings.store;
    match resolve::sqlite(&config.settings)? {
        Some(options) => from_sqlite(options, &part).await?,
        None => postgres::dump(store, &part).await?,
    }
    File::open(&part)?.sync_all()?;
    fs::rename(&part, file)?;
    say(&format!(
        "{}: {} bytes of {}",
        file.display(),
        fs::metadata(file)?.len(),
        redact(store)
    ))?;
    Ok(Ended::Well)
}

async fn from_sqlite(options: SqliteOptions, part: &Path) -> anyhow::Result<()> {
    let Location::File(path) = options.location else {
        bail!("a store in memory is gone with its process: there is nothing to back up");
    };
    if !path.is_file() {
        bail!("there is no database at '{}'", path.display());
    }
    Ok(parlor_store_sqlite::backup(path, part.to_owned()).await?)
}

/// Puts a backup in the place of what the store holds, and lets conversations that were going on go on;
/// without a file only the latter.
pub(crate) async fn restore(
    config: &Config,
    file: Option<&Path>,
    names: &[String],
    replace: bool,
) -> anyhow::Result<Ended> {
    let worlds = worlds::load_all(names)?;
    // No server may use the data directory meanwhile.
    let _lock = wiring::lock(&config.settings)?;
    if let Some(file) = file {
        if !file.is_file() {
            bail!("there is no file '{}'", file.display());
        }
        match resolve::sqlite(&config.settings)? {
            Some(options) => to_sqlite(&options, file, replace)?,
            None => postgres::load(&config.settings.store, file, replace).await?,
        }
        say(&format!("restored from {}", file.display()))?;
    }
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = resolve::store(&config.settings, clock.clone()).await?;
    wiring::migrate(&*store, false).await?;
    for world in &worlds {
        let roused = rouse::world(&*store, world, &*clock).await?;
        say(&format!(
            "{roused} conversations of {} go on when a server starts",
            world.name
        ))?;
    }
    store.close().await;
    Ok(Ended::Well)
}

fn to_sqlite(options: &SqliteOptions, file: &Path, replace: bool) -> anyhow::Result<()> {
    let Location::File(path) = &options.location else {
        bail!("a store in memory can't be restored: set --store");
    };
    if let Err(reason) = check_file(file) {
        bail!(
            "'{}' is no backup of an SQLite store: {reason}",
            file.display()
        );
    }
    if path.exists() && !replace {
        bail!(
            "there is a database at '{}': stop the server and say --replace, which forgets what is in it",
            path.display()
        );
    }
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir).with_context(|| format!("'{}' can't be made", dir.display()))?;
    }
    let part = beside(path, ".restoring");
    fs::copy(file, &part).with_context(|| format!("'{}' can't be written", part.display()))?;
    File::open(&part)?.sync_all()?;
    // The log of the old database must not be applied to the new one.
    for tail in ["-wal", "-shm"] {
        match fs::remove_file(beside(path, tail)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    Ok(fs::rename(&part, path)?)
}

/// The same path with something behind it.
fn beside(path: &Path, tail: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(tail);
    name.into()
}
