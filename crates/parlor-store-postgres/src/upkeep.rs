//! What an operator and the commands need.

use crate::batch::{self, OutboxPart};
use crate::ledger::Ledger;
use crate::step::lock;
use crate::store::PostgresStore;
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use parlor_model::{Conversation, ConversationId, Slug};
use parlor_ports::PortResult;
use parlor_ports::store::Upkeep;
use sqlx::{Connection, Error, PgConnection};
use std::collections::{BTreeSet, HashSet};

/// How long an idempotency key is remembered, in hours.
const KEY_HOURS: i64 = 24;

/// $1 key, $2 digest, $3 now, $4 keys used before this are forgotten. A few old ones go each time.
const REMEMBER_SQL: &str = "
WITH forgotten AS (
    DELETE FROM idempotency_keys WHERE key IN (
        SELECT key FROM idempotency_keys WHERE used_at < $4 AND key <> $1
        ORDER BY used_at LIMIT 100 FOR UPDATE SKIP LOCKED)
)
INSERT INTO idempotency_keys AS k (key, digest, used_at) VALUES ($1, $2, $3)
ON CONFLICT (key) DO UPDATE SET
    digest = CASE WHEN k.used_at < $4 THEN excluded.digest ELSE k.digest END,
    used_at = CASE WHEN k.used_at < $4 THEN excluded.used_at ELSE k.used_at END
RETURNING digest";

/// No row when that is no change.
const PAUSE_SQL: &str = "
INSERT INTO worlds AS w (slug, paused, changed_at) VALUES ($1, true, $2)
ON CONFLICT (slug) DO UPDATE SET paused = true, changed_at = $2 WHERE NOT w.paused
RETURNING true";
const RESUME_SQL: &str =
    "UPDATE worlds SET paused = false, changed_at = $2 WHERE slug = $1 AND paused RETURNING true";

#[async_trait]
impl Upkeep for PostgresStore {
    fn name(&self) -> &'static str {
        "postgres"
    }

    fn is_shared(&self) -> bool {
        true
    }

    async fn pending_migrations(&self) -> PortResult<Vec<String>> {
        self.schema_pending().await
    }

    async fn migrate(&self) -> PortResult<()> {
        self.schema_migrate().await?;
        self.ensure_partitions(self.clock.now()).await
    }

    async fn ping(&self) -> PortResult<()> {
        const WHAT: &str = "no answer";
        let mut connection = self.connection(WHAT).await?;
        connection
            .ping()
            .await
            .map_err(|error| self.failed(WHAT, &error))
    }

    async fn close_conversation(
        &self,
        id: ConversationId,
        now: DateTime<Utc>,
    ) -> PortResult<Option<Conversation>> {
        const WHAT: &str = "can't close a conversation";
        let mut transaction = self.begin(WHAT).await?;
        let failed = |error: Error| self.failed(WHAT, &error);
        let known = lock(&mut transaction, &BTreeSet::from([id.0]))
            .await
            .map_err(failed)?;
        let Some(conversation) = known.first().map(|entry| entry.conversation.clone()) else {
            self.give_up(WHAT, transaction).await?;
            return Ok(None);
        };
        if !conversation.is_active() {
            self.give_up(WHAT, transaction).await?;
            return Ok(Some(conversation));
        }
        let mut ledger = Ledger::new(known, HashSet::new());
        ledger.close(id, now);
        batch::write(&mut transaction, &ledger, &OutboxPart::nothing(), now)
            .await
            .map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        self.tick();
        Ok(ledger.happened.pop().map(|closed| closed.conversation))
    }

    async fn set_paused(&self, world: &Slug, paused: bool, now: DateTime<Utc>) -> PortResult<()> {
        const WHAT: &str = "can't pause or resume a world";
        let mut transaction = self.begin(WHAT).await?;
        let failed = |error: Error| self.failed(WHAT, &error);
        if write_pause(&mut transaction, world, paused, now)
            .await
            .map_err(failed)?
        {
            transaction.commit().await.map_err(failed)?;
            self.tick();
            return Ok(());
        }
        self.give_up(WHAT, transaction).await
    }

    async fn is_paused(&self, world: &Slug) -> PortResult<bool> {
        const WHAT: &str = "can't ask whether a world is paused";
        let mut connection = self.connection(WHAT).await?;
        sqlx::query_scalar("SELECT EXISTS (SELECT FROM worlds WHERE slug = $1 AND paused)")
            .bind(world.as_str())
            .fetch_one(&mut *connection)
            .await
            .map_err(|error| self.failed(WHAT, &error))
    }

    async fn remember_key(
        &self,
        key: &str,
        digest: &str,
        now: DateTime<Utc>,
    ) -> PortResult<String> {
        const WHAT: &str = "can't remember an idempotency key";
        let mut connection = self.connection(WHAT).await?;
        sqlx::query_scalar(REMEMBER_SQL)
            .bind(key)
            .bind(digest)
            .bind(now)
            .bind(now - TimeDelta::hours(KEY_HOURS))
            .fetch_one(&mut *connection)
            .await
            .map_err(|error| self.failed(WHAT, &error))
    }

    async fn close(&self) {
        self.pool.close().await;
    }
}

/// Taken before a change of a world's standing is written, so that of two changes the later one has
/// the greater transaction id.
pub(crate) async fn lock_world(connection: &mut PgConnection, world: &Slug) -> Result<(), Error> {
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('parlor world ' || $1, 0))")
        .bind(world.as_str())
        .execute(connection)
        .await?;
    Ok(())
}

/// Writes and logs a change; false when it is none.
async fn write_pause(
    connection: &mut PgConnection,
    world: &Slug,
    paused: bool,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    lock_world(connection, world).await?;
    let changed: Option<bool> = sqlx::query_scalar(if paused { PAUSE_SQL } else { RESUME_SQL })
        .bind(world.as_str())
        .bind(now)
        .fetch_optional(&mut *connection)
        .await?;
    if changed.is_none() {
        return Ok(false);
    }
    sqlx::query(
        "INSERT INTO happenings (xact, seq, world, what, carried, logged_at)
         VALUES (pg_current_xact_id(), nextval('change_batches') * 65536, $1, $2, 0, $3)",
    )
    .bind(world.as_str())
    .bind(if paused { "paused" } else { "resumed" })
    .bind(now)
    .execute(connection)
    .await?;
    Ok(true)
}
