//! Opening connections.

use crate::fault::{Fault, Result};
use crate::options::{Location, SqliteOptions};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// How long a writer waits for another process's transaction, before the caller is told to try
/// again.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// More than there are different statements, so that none is prepared twice.
const STATEMENTS_MAX: usize = 96;
/// Pages (4 KiB) that the log may hold before they are moved into the database: 8 MiB. Whoever
/// commits waits for the move: 16,384 pages make that 90 ms at load, 2,048 make it 20 ms and the
/// whole no slower (`examples/hot_path.rs`).
const CHECKPOINT_PAGES: u32 = 2_048;
/// The file that the log is cut back to, in bytes, after it once grew larger.
const LOG_BYTES_KEPT: u32 = 64 << 20;
/// Page cache of the writer and of each reader, in KiB. Larger is not faster: every commit looks
/// through the writer's whole cache, and a reader's is void after every commit.
const WRITER_CACHE_KIB: u32 = 16 << 10;
const READER_CACHE_KIB: u32 = 8 << 10;
/// Two processes that make the same new file can meet; that passes in milliseconds.
const WAL_TRIES_MAX: u32 = 100;

/// The connection that writes.
pub(crate) fn writer(options: &SqliteOptions) -> Result<Connection> {
    let conn = match &options.location {
        Location::Memory => Connection::open_in_memory()?,
        Location::File(path) => {
            make_directory(path)?;
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
                | OpenFlags::SQLITE_OPEN_CREATE
                | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let conn = Connection::open_with_flags(path, flags)?;
            conn.busy_timeout(BUSY_TIMEOUT)?;
            enter_wal(&conn)?;
            conn
        }
    };
    let synchronous = if options.synchronous_full {
        "FULL"
    } else {
        "NORMAL"
    };
    conn.execute_batch(&format!(
        "PRAGMA synchronous = {synchronous};
         PRAGMA cache_size = -{WRITER_CACHE_KIB};
         PRAGMA temp_store = MEMORY;
         PRAGMA foreign_keys = ON;"
    ))?;
    pragma(&conn, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    pragma(&conn, "journal_size_limit", LOG_BYTES_KEPT)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    Ok(conn)
}

/// A connection that reads the file at `path`.
pub(crate) fn reader(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(BUSY_TIMEOUT)?;
    conn.execute_batch(&format!(
        "PRAGMA query_only = ON;
         PRAGMA cache_size = -{READER_CACHE_KIB};
         PRAGMA temp_store = MEMORY;
         PRAGMA foreign_keys = ON;"
    ))?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    Ok(conn)
}

fn make_directory(path: &Path) -> Result<()> {
    match path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
    {
        None => Ok(()),
        Some(parent) => std::fs::create_dir_all(parent).map_err(|error| {
            Fault::Refused(format!(
                "can't make the directory '{}': {error}",
                parent.display()
            ))
        }),
    }
}

/// Sets a pragma that answers with its new value.
fn pragma(conn: &Connection, name: &str, value: u32) -> Result<()> {
    Ok(conn.pragma_update_and_check(None, name, value, |_| Ok(()))?)
}

/// SQLite does not wait by itself when another connection turns the same new file to WAL.
fn enter_wal(conn: &Connection) -> Result<()> {
    let mut tries = 0;
    loop {
        tries += 1;
        match conn
            .pragma_update_and_check(None, "journal_mode", "wal", |row| row.get::<_, String>(0))
        {
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok(mode) => {
                return Err(Fault::Refused(format!(
                    "the journal mode stays '{mode}': put the database on a local file system"
                )));
            }
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && tries < WAL_TRIES_MAX =>
            {
                std::thread::sleep(Duration::from_millis(10));
            }
            Err(error) => return Err(error.into()),
        }
    }
}
