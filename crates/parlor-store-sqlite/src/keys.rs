//! Keys of worlds that are not open to everybody.

use crate::codec;
use crate::fault::{Fault, Result};
use crate::store::SqliteStore;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use parlor_model::Slug;
use parlor_ports::PortResult;
use parlor_ports::keys::{KeyDigest, KeyRecord, Keys};
use rusqlite::types::Type;
use rusqlite::{Connection, Error, OptionalExtension, Row, params};

const ADD: &str = "INSERT INTO api_keys
     (prefix, digest, name, worlds, created_at, expires_at, revoked_at, last_used_at)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (prefix) DO NOTHING";
const FIND: &str = "SELECT prefix, name, worlds, created_at, expires_at, revoked_at, last_used_at,
     digest FROM api_keys WHERE prefix = ?1";
const LIST: &str = "SELECT prefix, name, worlds, created_at, expires_at, revoked_at, last_used_at
     FROM api_keys ORDER BY created_at DESC, prefix LIMIT ?1";
const REVOKE: &str = "UPDATE api_keys SET revoked_at = ifnull(revoked_at, ?2) WHERE prefix = ?1";
const USE: &str = "UPDATE api_keys SET last_used_at = max(ifnull(last_used_at, ?2), ?2)
     WHERE prefix = ?1";
/// The column of a digest in [`FIND`].
const DIGEST: usize = 7;

#[async_trait]
impl Keys for SqliteStore {
    async fn add_key(&self, record: &KeyRecord, digest: &KeyDigest) -> PortResult<bool> {
        let (record, digest) = (record.clone(), digest.0);
        self.write("keep a key", move |tx| {
            let added = tx.conn.prepare_cached(ADD)?.execute(params![
                record.prefix,
                digest,
                record.name,
                words_of(&record.worlds),
                codec::micros(record.created_at),
                record.expires_at.map(codec::micros),
                record.revoked_at.map(codec::micros),
                record.last_used_at.map(codec::micros),
            ])?;
            Ok(added > 0)
        })
        .await
    }

    async fn key(&self, prefix: &str) -> PortResult<Option<(KeyRecord, KeyDigest)>> {
        let prefix = prefix.to_owned();
        self.read("look for a key", move |conn| find(conn, &prefix))
            .await
    }

    async fn keys(&self, limit: u32) -> PortResult<Vec<KeyRecord>> {
        self.read("list keys", move |conn| {
            let mut list = conn.prepare_cached(LIST)?;
            let rows = list.query_map(params![limit], record)?;
            rows.map(|row| row.map_err(Fault::from)).collect()
        })
        .await
    }

    async fn revoke_key(&self, prefix: &str, now: DateTime<Utc>) -> PortResult<bool> {
        let prefix = prefix.to_owned();
        self.write("revoke a key", move |tx| {
            let mut revoke = tx.conn.prepare_cached(REVOKE)?;
            Ok(revoke.execute(params![prefix, codec::micros(now)])? > 0)
        })
        .await
    }

    async fn use_key(&self, prefix: &str, now: DateTime<Utc>) -> PortResult<()> {
        let prefix = prefix.to_owned();
        self.write("keep the use of a key", move |tx| {
            let mut used = tx.conn.prepare_cached(USE)?;
            used.execute(params![prefix, codec::micros(now)])?;
            Ok(())
        })
        .await
    }
}

fn find(conn: &Connection, prefix: &str) -> Result<Option<(KeyRecord, KeyDigest)>> {
    let found = conn
        .prepare_cached(FIND)?
        .query_row(params![prefix], |row| {
            Ok((record(row)?, KeyDigest(row.get(DIGEST)?)))
        })
        .optional()?;
    Ok(found)
}

fn record(row: &Row<'_>) -> rusqlite::Result<KeyRecord> {
    Ok(KeyRecord {
        prefix: row.get(0)?,
        name: row.get(1)?,
        worlds: worlds_of(codec::text(row, 2)?)?,
        created_at: codec::time(row, 3)?,
        expires_at: codec::optional_time(row, 4)?,
        revoked_at: codec::optional_time(row, 5)?,
        last_used_at: codec::optional_time(row, 6)?,
    })
}

fn words_of(worlds: &[Slug]) -> String {
    let words: Vec<_> = worlds.iter().map(Slug::as_str).collect();
    words.join(" ")
}

fn worlds_of(words: &str) -> rusqlite::Result<Vec<Slug>> {
    let slug = |word: &str| {
        Slug::new(word)
            .map_err(|error| Error::FromSqlConversionFailure(2, Type::Text, Box::new(error)))
    };
    words.split_whitespace().map(slug).collect()
}
