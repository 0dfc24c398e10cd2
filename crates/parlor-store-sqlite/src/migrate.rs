//! Bringing the tables up to date.

use crate::fault::{Fault, Result};
use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};

/// Names and texts, in the order in which they are applied. An applied one never changes.
const ALL: &[(&str, &str)] = &[
    ("0001_tables", include_str!("../migrations/0001_tables.sql")),
    ("0002_usage", include_str!("../migrations/0002_usage.sql")),
    ("0003_words", include_str!("../migrations/0003_words.sql")),
    (
        "0004_presence",
        include_str!("../migrations/0004_presence.sql"),
    ),
    ("0006_keys", include_str!("../migrations/0006_keys.sql")),
    // Came after 0006: an applied one never moves.
    (
        "0005_catalogue",
        include_str!("../migrations/0005_catalogue.sql"),
    ),
    (
        "0007_accounts",
        include_str!("../migrations/0007_accounts.sql"),
    ),
    (
        "0008_sessions",
        include_str!("../migrations/0008_sessions.sql"),
    ),
    (
        "0010_companions",
        include_str!("../migrations/0010_companions.sql"),
    ),
    // Came after 0010: an applied one never moves.
    (
        "0009_journeys",
        include_str!("../migrations/0009_journeys.sql"),
    ),
    (
        "0014_directory",
        include_str!("../migrations/0014_directory.sql"),
    ),
];

/// Names of those that are not applied yet.
///
/// # Errors
/// When a newer program has been here.
pub(crate) fn pending(conn: &Connection) -> Result<Vec<String>> {
    let applied: i64 = conn.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    match usize::try_from(applied)
        .ok()
        .and_then(|applied| ALL.get(applied..))
    {
        Some(pending) => Ok(pending.iter().map(|(name, _)| (*name).to_owned()).collect()),
        None => Err(Fault::Refused(format!(
            "the database has schema version {applied}, this program knows versions up to {}: \
             use a newer parlor, or another data directory",
            ALL.len()
        ))),
    }
}

/// Applies them. Another process may do the same at the same moment: then the slower one finds
/// the work done. Every failed try of ours means that theirs succeeded, so tries are bounded.
pub(crate) fn migrate(conn: &mut Connection) -> Result<()> {
    let migrations = Migrations::from_iter(ALL.iter().map(|(_, sql)| M::up(sql)));
    let mut tries_left = ALL.len();
    loop {
        let before = pending(conn)?.len();
        if before == 0 {
            return Ok(());
        }
        conn.set_transaction_behavior(rusqlite::TransactionBehavior::Immediate);
        let Err(error) = migrations.to_latest(conn) else {
            return Ok(());
        };
        if pending(conn)?.len() == before || tries_left == 0 {
            return Err(fault(error));
        }
        tries_left -= 1;
    }
}

fn fault(error: rusqlite_migration::Error) -> Fault {
    match error {
        rusqlite_migration::Error::RusqliteError { err, .. } => Fault::Sqlite(err),
        other => Fault::Refused(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_schema_is_refused_with_a_remedy() {
        let mut conn = Connection::open_in_memory().unwrap();
        conn.execute_batch("PRAGMA user_version = 99").unwrap();
        for result in [pending(&conn).map(|_| ()), migrate(&mut conn)] {
            let error = result.unwrap_err().at("migrate");
            assert!(!error.is_retryable());
            assert!(error.to_string().contains("use a newer parlor"), "{error}");
        }
    }
}
