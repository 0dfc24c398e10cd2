//! The tables: made, compared with what this program knows, and put right after a restore.

use crate::store::PostgresStore;
use parlor_ports::{PortError, PortResult};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::{Connection, PgConnection};
use std::collections::HashMap;

static MIGRATIONS: Migrator = sqlx::migrate!();

/// After a restore into another server the log may carry transaction ids that this server has not
/// reached, and would hide everything until it does: those changes become the oldest instead.
/// Nothing that was committed here is at or above the snapshot's upper end.
const RESTORED_LOG_SQL: [&str; 2] = [
    "UPDATE messages SET xact = '1' WHERE xact >= pg_snapshot_xmax(pg_current_snapshot())",
    "UPDATE happenings SET xact = '1' WHERE xact >= pg_snapshot_xmax(pg_current_snapshot())",
];
const RESTORED_WHEREABOUTS_SQL: &str =
    "UPDATE whereabouts SET xact = '1' WHERE xact >= pg_snapshot_xmax(pg_current_snapshot())";
const RESTORED_CONVERSATIONS_SQL: &str =
    "UPDATE conversations SET xact = '1' WHERE xact >= pg_snapshot_xmax(pg_current_snapshot())";

/// The index of words goes through the adopted log from its beginning; what it has is not indexed
/// again.
const RESTORED_WORDS_SQL: &str = "UPDATE words_done SET xact = '0', seq = 0 WHERE xact >= pg_snapshot_xmax(pg_current_snapshot())";

impl PostgresStore {
    /// Names of the migrations that are not applied.
    pub(crate) async fn schema_pending(&self) -> PortResult<Vec<String>> {
        const WHAT: &str = "can't look at the schema";
        let mut connection = self.connection(WHAT).await?;
        let applied = applied(&mut connection)
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        if let Some(version) = applied
            .keys()
            .find(|version| !MIGRATIONS.version_exists(**version))
        {
            return Err(newer(WHAT, *version));
        }
        for migration in MIGRATIONS.iter() {
            let other = applied
                .get(&migration.version)
                .filter(|sum| ***sum != *migration.checksum);
            if other.is_some() {
                return Err(edited(WHAT, migration.version));
            }
        }
        let pending = MIGRATIONS
            .iter()
            .filter(|m| !applied.contains_key(&m.version));
        Ok(pending
            .map(|m| format!("{:04}_{}", m.version, m.description))
            .collect())
    }

    /// Applies what is pending. On a connection of its own: it holds the lock that keeps other
    /// processes from migrating at the same time, which ends with it, whatever happens.
    pub(crate) async fn schema_migrate(&self) -> PortResult<()> {
        const WHAT: &str = "can't migrate the schema";
        let mut connection = self.private_connection(WHAT).await?;
        let mut migrator = sqlx::migrate!();
        if let Some(schema) = &self.schema {
            migrator.create_schema(schema.to_string());
        }
        let result = migrator.run_direct(None, &mut connection, false).await;
        result.map_err(|error| self.migration_failed(WHAT, error))?;
        let adopted = adopt_log(&mut connection)
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        if adopted > 0 {
            tracing::info!(
                changes = adopted,
                "adopted the log of changes of a restored database"
            );
        }
        connection
            .close()
            .await
            .map_err(|error| self.failed(WHAT, &error))
    }

    fn migration_failed(&self, what: &str, error: MigrateError) -> PortError {
        match error {
            MigrateError::VersionMissing(version) => newer(what, version),
            MigrateError::VersionMismatch(version) => edited(what, version),
            MigrateError::Execute(error) => self.failed(what, &error),
            MigrateError::ExecuteMigration(error, version) => {
                self.failed(&format!("{what}: migration {version}"), &error)
            }
            other => PortError::terminal(what, other),
        }
    }
}

/// See [`RESTORED_LOG_SQL`]; gives how many changes were put right.
async fn adopt_log(connection: &mut PgConnection) -> Result<u64, sqlx::Error> {
    let mut transaction = connection.begin().await?;
    let mut adopted = 0;
    for sql in RESTORED_LOG_SQL {
        adopted += sqlx::query(sql)
            .execute(&mut *transaction)
            .await?
            .rows_affected();
    }
    if adopted > 0 {
        sqlx::query(RESTORED_CONVERSATIONS_SQL)
            .execute(&mut *transaction)
            .await?;
    }
    sqlx::query(RESTORED_WHEREABOUTS_SQL)
        .execute(&mut *transaction)
        .await?;
    sqlx::query(RESTORED_WORDS_SQL)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(adopted)
}

async fn applied(connection: &mut PgConnection) -> Result<HashMap<i64, Vec<u8>>, sqlx::Error> {
    let exists: bool = sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL")
        .fetch_one(&mut *connection)
        .await?;
    if !exists {
        return Ok(HashMap::new());
    }
    let rows: Vec<(i64, Vec<u8>)> =
        sqlx::query_as("SELECT version, checksum FROM _sqlx_migrations WHERE success")
            .fetch_all(connection)
            .await?;
    Ok(rows.into_iter().collect())
}

fn newer(what: &str, version: i64) -> PortError {
    let cause = format!(
        "the schema is newer than this program (it has migration {version}); update the program"
    );
    PortError::terminal(what, cause)
}

fn edited(what: &str, version: i64) -> PortError {
    let cause = format!(
        "migration {version} was applied by a build of this program that had another one of that \
         number; use that build, or an empty database"
    );
    PortError::terminal(what, cause)
}
