//! A copy of the whole database, made while it is used.

use parlor_ports::{PortError, PortResult};
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long it waits for a lock that somebody holds for a moment.
const BUSY: Duration = Duration::from_secs(10);

/// Writes everything in the database `from`, as it is at one moment, into a new file. Writers go on
/// meanwhile, also those of other processes.
///
/// # Errors
/// There is no database, the file is there already, or it can't be written.
pub async fn backup(from: PathBuf, to: PathBuf) -> PortResult<()> {
    let copied = tokio::task::spawn_blocking(move || copy(&from, &to)).await;
    copied
        .map_err(|error| PortError::terminal("backup", error))?
        .map_err(|error| PortError::terminal("backup", error))
}

fn copy(from: &Path, to: &Path) -> rusqlite::Result<()> {
    // Not read-only: where the last writer is gone its log must be taken up first.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(from, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.execute("VACUUM INTO ?1", [to.to_string_lossy()])?;
    Ok(())
}

/// Looks whether a file is a whole database of Parlor's.
///
/// # Errors
/// What is wrong with it, in words.
pub fn check_file(file: &Path) -> Result<(), String> {
    look(file).map_err(|error| error.to_string())?
}

fn look(file: &Path) -> rusqlite::Result<Result<(), String>> {
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let verdict: String =
        connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    let tables: i64 = connection.query_row(
        "SELECT count(*) FROM sqlite_schema WHERE name IN ('conversations', 'messages', 'outbox')",
        [],
        |row| row.get(0),
    )?;
    Ok(match (verdict.as_str(), tables) {
        ("ok", 3) => Ok(()),
        ("ok", _) => Err("it holds no conversations of Parlor's".to_owned()),
        (verdict, _) => Err(verdict.to_owned()),
    })
}
