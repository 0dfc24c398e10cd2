//! What operators and the gateway need.

use crate::codec;
use crate::commit::{self, PAUSED, RESUMED, bytes};
use crate::fault::Result;
use crate::library;
use crate::migrate;
use crate::store::SqliteStore;
use crate::writer::Tx;
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use parlor_model::{Conversation, ConversationId, Slug};
use parlor_ports::PortResult;
use parlor_ports::store::Upkeep;
use rusqlite::{OptionalExtension, params};

/// How long an idempotency key is remembered.
const KEY_LIFE: TimeDelta = TimeDelta::days(1);

#[async_trait]
impl Upkeep for SqliteStore {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    /// A file is shared by the processes of one machine, not by several machines.
    fn is_shared(&self) -> bool {
        self.is_file()
    }

    async fn pending_migrations(&self) -> PortResult<Vec<String>> {
        self.read("read the schema version", migrate::pending).await
    }

    async fn migrate(&self) -> PortResult<()> {
        self.writer
            .alone(migrate::migrate)
            .await
            .map_err(|fault| fault.at("migrate"))
    }

    async fn ping(&self) -> PortResult<()> {
        self.read("ping", |conn| {
            // The schema version is in the file's first page: this looks whether the file answers.
            conn.prepare_cached("PRAGMA user_version")?
                .query_row([], |row| row.get::<_, i64>(0))?;
            Ok(())
        })
        .await
    }

    async fn close_conversation(
        &self,
        id: ConversationId,
        now: DateTime<Utc>,
    ) -> PortResult<Option<Conversation>> {
        self.write("close a conversation", move |tx| {
            close_conversation(tx, id, now)
        })
        .await
    }

    async fn set_paused(&self, world: &Slug, paused: bool, now: DateTime<Utc>) -> PortResult<()> {
        let world = world.clone();
        let now = codec::micros(now);
        self.write("pause or resume", move |tx| {
            set_paused(tx, &world, paused, now)
        })
        .await
    }

    async fn is_paused(&self, world: &Slug) -> PortResult<bool> {
        let world = world.clone();
        self.read("read whether a world is paused", move |conn| {
            let paused = conn
                .prepare_cached("SELECT paused FROM worlds WHERE name = ?1")?
                .query_row(params![world.as_str()], |row| row.get(0))
                .optional()?;
            Ok(paused.unwrap_or(false))
        })
        .await
    }

    async fn remember_key(
        &self,
        key: &str,
        digest: &str,
        now: DateTime<Utc>,
    ) -> PortResult<String> {
        let (key, digest) = (key.to_owned(), digest.to_owned());
        let forget_before = codec::micros(now - KEY_LIFE);
        let now = codec::micros(now);
        let remember = move |tx: &mut Tx<'_>| {
            tx.conn
                .prepare_cached("DELETE FROM idempotency_keys WHERE at < ?1")?
                .execute(params![forget_before])?;
            tx.conn
                .prepare_cached(
                    "INSERT INTO idempotency_keys (key, digest, at) VALUES (?1, ?2, ?3)
                     ON CONFLICT (key) DO NOTHING",
                )?
                .execute(params![key, digest, now])?;
            let first = "SELECT digest FROM idempotency_keys WHERE key = ?1";
            Ok(tx
                .conn
                .prepare_cached(first)?
                .query_row(params![key], |row| row.get(0))?)
        };
        self.write("remember a key", remember).await
    }

    async fn close(&self) {
        self.shut().await;
    }
}

fn close_conversation(
    tx: &mut Tx<'_>,
    id: ConversationId,
    now: DateTime<Utc>,
) -> Result<Option<Conversation>> {
    let found = tx
        .conn
        .prepare_cached(
            "SELECT seq, world, exchanges FROM conversations WHERE id = ?1 AND status = 0",
        )?
        .query_row(params![bytes(&id.0)], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    if let Some((seq, world, exchanges)) = found {
        commit::close(tx, seq, world, exchanges, now)?;
    }
    library::find(tx.conn, id)
}

fn set_paused(tx: &mut Tx<'_>, world: &Slug, paused: bool, now: i64) -> Result<()> {
    let world = tx.world(world.as_str())?;
    let changed = tx
        .conn
        .prepare_cached("UPDATE worlds SET paused = ?2 WHERE id = ?1 AND paused <> ?2")?
        .execute(params![world, paused])?;
    if changed == 0 {
        return Ok(());
    }
    commit::happen(
        tx,
        if paused { PAUSED } else { RESUMED },
        world,
        None,
        0,
        now,
    )
}
