//! Keys of worlds that are not open to everybody.

use crate::row::slug;
use crate::store::PostgresStore;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use parlor_model::Slug;
use parlor_ports::PortResult;
use parlor_ports::keys::{KeyDigest, KeyRecord, Keys};
use sqlx::postgres::PgRow;
use sqlx::{Error, Row};

const ADD_SQL: &str = "
INSERT INTO api_keys
    (prefix, digest, name, worlds, created_at, expires_at, revoked_at, last_used_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (prefix) DO NOTHING";
const FIND_SQL: &str = "
SELECT prefix, name, worlds, created_at, expires_at, revoked_at, last_used_at, digest
FROM api_keys WHERE prefix = $1";
const LIST_SQL: &str = "
SELECT prefix, name, worlds, created_at, expires_at, revoked_at, last_used_at
FROM api_keys ORDER BY created_at DESC, prefix LIMIT $1";
const REVOKE_SQL: &str =
    "UPDATE api_keys SET revoked_at = COALESCE(revoked_at, $2) WHERE prefix = $1";
const USE_SQL: &str =
    "UPDATE api_keys SET last_used_at = GREATEST(last_used_at, $2) WHERE prefix = $1";

#[async_trait]
impl Keys for PostgresStore {
    async fn add_key(&self, record: &KeyRecord, digest: &KeyDigest) -> PortResult<bool> {
        const WHAT: &str = "can't keep a key";
        let worlds: Vec<_> = record.worlds.iter().map(Slug::to_string).collect();
        let mut connection = self.connection(WHAT).await?;
        let done = sqlx::query(ADD_SQL)
            .bind(&record.prefix)
            .bind(&digest.0[..])
            .bind(&record.name)
            .bind(worlds)
            .bind(record.created_at)
            .bind(record.expires_at)
            .bind(record.revoked_at)
            .bind(record.last_used_at)
            .execute(&mut *connection)
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        Ok(done.rows_affected() > 0)
    }

    async fn key(&self, prefix: &str) -> PortResult<Option<(KeyRecord, KeyDigest)>> {
        const WHAT: &str = "can't look for a key";
        let mut connection = self.connection(WHAT).await?;
        let row = sqlx::query(FIND_SQL)
            .bind(prefix)
            .fetch_optional(&mut *connection)
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        let found = row.map(|row| Ok((record(&row)?, KeyDigest(row.try_get(7)?))));
        found
            .transpose()
            .map_err(|error: Error| self.failed(WHAT, &error))
    }

    async fn keys(&self, limit: u32) -> PortResult<Vec<KeyRecord>> {
        const WHAT: &str = "can't list keys";
        let mut connection = self.connection(WHAT).await?;
        let rows = sqlx::query(LIST_SQL)
            .bind(i64::from(limit))
            .fetch_all(&mut *connection)
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        let records: Result<Vec<_>, Error> = rows.iter().map(record).collect();
        records.map_err(|error| self.failed(WHAT, &error))
    }

    async fn revoke_key(&self, prefix: &str, now: DateTime<Utc>) -> PortResult<bool> {
        const WHAT: &str = "can't revoke a key";
        self.change(WHAT, REVOKE_SQL, prefix, now).await
    }

    async fn use_key(&self, prefix: &str, now: DateTime<Utc>) -> PortResult<()> {
        const WHAT: &str = "can't keep the use of a key";
        self.change(WHAT, USE_SQL, prefix, now).await.map(|_| ())
    }
}

impl PostgresStore {
    /// Changes the key with this prefix; false when there is none.
    async fn change(
        &self,
        what: &str,
        sql: &'static str,
        prefix: &str,
        now: DateTime<Utc>,
    ) -> PortResult<bool> {
        let mut connection = self.connection(what).await?;
        sqlx::query(sql)
            .bind(prefix)
            .bind(now)
            .execute(&mut *connection)
            .await
            .map(|done| done.rows_affected() > 0)
            .map_err(|error| self.failed(what, &error))
    }
}

fn record(row: &PgRow) -> Result<KeyRecord, Error> {
    let worlds: Vec<String> = row.try_get(2)?;
    let worlds: Result<Vec<_>, Error> = worlds.iter().map(|world| slug(world)).collect();
    Ok(KeyRecord {
        prefix: row.try_get(0)?,
        name: row.try_get(1)?,
        worlds: worlds?,
        created_at: row.try_get(3)?,
        expires_at: row.try_get(4)?,
        revoked_at: row.try_get(5)?,
        last_used_at: row.try_get(6)?,
    })
}
