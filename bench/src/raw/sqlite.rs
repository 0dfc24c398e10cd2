//! A bare client on SQLite: rows of the same size in batches, one index beside the primary key.

use rusqlite::{Connection, params};
use std::path::Path;
use std::time::Instant;
use uuid::Uuid;

/// Rows of one transaction: what one step may carry at most.
const BATCH: usize = 256;
/// Lines of one conversation.
const LINES: usize = 10;

/// Writes `rows` rows to a new database, journal and synchronisation as in Parlor's store; gives
/// rows per second.
pub(crate) fn rows_per_s(path: &Path, rows: usize, body_bytes: usize) -> anyhow::Result<f64> {
    let mut connection = Connection::open(path)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = NORMAL;
         PRAGMA cache_size = -65536;
         CREATE TABLE lines (
             id INTEGER PRIMARY KEY, conversation BLOB NOT NULL, n INTEGER NOT NULL,
             created_at INTEGER NOT NULL, body TEXT NOT NULL
         ) STRICT;
         CREATE UNIQUE INDEX lines_by_conversation ON lines (conversation, n);",
    )?;
    let body = "x".repeat(body_bytes);
    let conversations = rows.div_ceil(LINES);
    let started = Instant::now();
    let mut written = 0usize;
    while written < rows {
        let transaction = connection.transaction()?;
        {
            let sql = "INSERT INTO lines (conversation, n, created_at, body) VALUES (?, ?, ?, ?)";
            let mut insert = transaction.prepare_cached(sql)?;
            let end = rows.min(written + BATCH);
            for row in written..end {
                // All conversations go on in turn, as they do in Parlor; ids are spread evenly.
                let (line, n) = (row / conversations, row % conversations);
                let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, &n.to_le_bytes());
                let (line, at) = (i64::try_from(line)?, i64::try_from(row)?);
                insert.execute(params![id.as_bytes(), line, at, body])?;
            }
            written = end;
        }
        transaction.commit()?;
    }
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let rows = rows as f64;
    Ok(rows / started.elapsed().as_secs_f64())
}
