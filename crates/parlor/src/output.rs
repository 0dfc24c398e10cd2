//! Files that commands write.

use anyhow::{Context, bail};
use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::path::Path;

/// Opens a new file; an old one only by force.
///
/// # Errors
/// It is there already, or can't be written.
pub(crate) fn create(path: &Path, force: bool) -> anyhow::Result<File> {
    let mut options = OpenOptions::new();
    options
        .write(true)
        .create_new(!force)
        .create(force)
        .truncate(force);
    match options.open(path) {
        Ok(file) => Ok(file),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => bail!(
            "'{}' is there already: choose another name, or replace it with --force",
            path.display()
        ),
        Err(error) => Err(error).with_context(|| format!("'{}' can't be written", path.display())),
    }
}
