//! Bots that come and go.

use crate::row::slug;
use crate::store::PostgresStore;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use parlor_model::{ConversationId, Slug};
use parlor_ports::PortResult;
use parlor_ports::directory::{BotRecord, Directory, Lease, NewBot};
use sqlx::postgres::{PgBindIterExt, PgRow};
use sqlx::{Error, PgConnection, Row};
use std::collections::{BTreeSet, HashMap, HashSet};
use uuid::Uuid;

/// $1 host, $2 now, $3 until.
const HOLD_SQL: &str = "
INSERT INTO bot_hosts (id, seen_at, until) VALUES ($1, $2, $3)
ON CONFLICT (id) DO UPDATE SET seen_at = $2, until = $3";
/// $1 host, $2 now, $3 until.
const RENEW_SQL: &str = "
UPDATE bot_hosts SET seen_at = $2, until = $3 WHERE id = $1
AND EXISTS (SELECT 1 FROM bots WHERE host = $1)";
/// A name is free when nobody has it, or its host's lease has ended. In the order of names, so that two
/// who take the same in never wait for each other. $1 world, $2 host, $3 now, $4 names, $5 dialects,
/// $6 digests of keys.
const TAKE_IN_SQL: &str = "
INSERT INTO bots (world, name, host, since, dialect, key_digest)
SELECT $1, u.name, $2, $3, u.dialect, u.key_digest
FROM unnest($4::text[], $5::text[], $6::bytea[]) AS u (name, dialect, key_digest)
ORDER BY u.name COLLATE \"C\"
ON CONFLICT (world, name) DO UPDATE SET
    since = CASE WHEN bots.host = $2 THEN bots.since ELSE $3 END,
    host = $2, dialect = excluded.dialect, key_digest = excluded.key_digest
WHERE bots.host = $2
   OR NOT EXISTS (SELECT 1 FROM bot_hosts h WHERE h.id = bots.host AND h.until >= $3)
RETURNING name";
/// Also the lock under which a world's directory changes.
const ADVANCE_SQL: &str = "
INSERT INTO directory_versions AS v (world, version) VALUES ($1, 1)
ON CONFLICT (world) DO UPDATE SET version = v.version + 1";
/// $1 world, $2 host, $3 names.
const LET_GO_SQL: &str = "DELETE FROM bots WHERE world = $1 AND host = $2 AND name = ANY ($3)";
const FORGET_HOST_SQL: &str = "
DELETE FROM bot_hosts WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM bots WHERE host = $1)";
/// Whoever takes a host out takes its bots, too.
const GONE_SQL: &str = "
WITH ended AS (DELETE FROM bot_hosts WHERE until < $1 RETURNING id, seen_at)
DELETE FROM bots b USING ended h WHERE h.id = b.host
RETURNING b.world, b.name, b.host, b.since, b.dialect, b.key_digest, h.seen_at";
const VERSIONS_SQL: &str = "SELECT world, version FROM directory_versions";
const LIST_SQL: &str = "
SELECT b.world, b.name, b.host, b.since, b.dialect, b.key_digest, h.seen_at
FROM bots b JOIN bot_hosts h ON h.id = b.host
WHERE b.world = $1 AND b.name > $2 AND h.until >= $3 ORDER BY b.name LIMIT $4";
const FIND_SQL: &str = "
SELECT b.world, b.name, b.host, b.since, b.dialect, b.key_digest, h.seen_at
FROM bots b JOIN bot_hosts h ON h.id = b.host
WHERE b.world = $1 AND b.name = $2 AND h.until >= $3";
const COUNT_SQL: &str = "
SELECT count(*) FROM bots b JOIN bot_hosts h ON h.id = b.host
WHERE b.world = $1 AND h.until >= $2";
const BUSY_SQL: &str = "
SELECT who, count(*) FROM conversations c, unnest(c.participants) AS who
WHERE c.world = $1 AND c.status = 'ACTIVE' GROUP BY who";
/// $1 world, $2 before, $3 limit.
const SILENT_SQL: &str = "
SELECT c.id FROM conversations c
WHERE c.world = $1 AND c.status = 'ACTIVE' AND c.created_at < $2
  AND NOT EXISTS (SELECT 1 FROM messages m
                  WHERE m.conversation_id = c.id AND m.position = c.message_count
                    AND m.created_at >= $2)
ORDER BY c.seq LIMIT $3";

#[async_trait]
impl Directory for PostgresStore {
    async fn take_in(&self, world: &Slug, lease: Lease, bots: &[NewBot]) -> PortResult<Vec<bool>> {
        const WHAT: &str = "can't take bots into the directory";
        let mut transaction = self.begin(WHAT).await?;
        let taken = put_in(&mut transaction, world, lease, bots)
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        transaction
            .commit()
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        Ok(bots
            .iter()
            .map(|b| taken.contains(b.name.as_str()))
            .collect())
    }

    async fn renew_lease(&self, lease: Lease) -> PortResult<bool> {
        const WHAT: &str = "can't renew a lease of bots";
        let mut connection = self.connection(WHAT).await?;
        sqlx::query(RENEW_SQL)
            .bind(lease.host)
            .bind(lease.now)
            .bind(lease.until)
            .execute(&mut *connection)
            .await
            .map(|done| done.rows_affected() > 0)
            .map_err(|error| self.failed(WHAT, &error))
    }

    async fn let_go(&self, world: &Slug, host: Uuid, names: &[Slug]) -> PortResult<u64> {
        const WHAT: &str = "can't let bots leave";
        let mut transaction = self.begin(WHAT).await?;
        let left = take_out(&mut transaction, world, host, names)
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        transaction
            .commit()
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        Ok(left)
    }

    async fn sweep_directory(&self, now: DateTime<Utc>) -> PortResult<Vec<(Slug, BotRecord)>> {
        const WHAT: &str = "can't sweep the directory";
        let mut transaction = self.begin(WHAT).await?;
        let failed = |error: Error| self.failed(WHAT, &error);
        let rows = sqlx::query(GONE_SQL)
            .bind(now)
            .fetch_all(&mut *transaction)
            .await
            .map_err(failed)?;
        let gone: Vec<_> = rows
            .iter()
            .map(bot)
            .collect::<Result<_, Error>>()
            .map_err(failed)?;
        let worlds: BTreeSet<&Slug> = gone.iter().map(|(world, _)| world).collect();
        for world in worlds {
            advance(&mut transaction, world).await.map_err(failed)?;
        }
        transaction.commit().await.map_err(failed)?;
        Ok(gone)
    }

    async fn directory_versions(&self) -> PortResult<Vec<(Slug, u64)>> {
        const WHAT: &str = "can't read versions of directories";
        let mut connection = self.connection(WHAT).await?;
        let failed = |error: Error| self.failed(WHAT, &error);
        let rows = sqlx::query(VERSIONS_SQL)
            .fetch_all(&mut *connection)
            .await
            .map_err(failed)?;
        let versions = rows.iter().map(|row| {
            let world: String = row.try_get(0)?;
            Ok((slug(&world)?, number(row, 1)?))
        });
        versions.collect::<Result<_, Error>>().map_err(failed)
    }

    async fn bots(
        &self,
        world: &Slug,
        now: DateTime<Utc>,
        after: Option<&Slug>,
        limit: u32,
    ) -> PortResult<Vec<BotRecord>> {
        const WHAT: &str = "can't list bots";
        let mut connection = self.connection(WHAT).await?;
        let failed = |error: Error| self.failed(WHAT, &error);
        let rows = sqlx::query(LIST_SQL)
            .bind(world.as_str())
            .bind(after.map_or("", Slug::as_str))
            .bind(now)
            .bind(i64::from(limit))
            .fetch_all(&mut *connection)
            .await
            .map_err(failed)?;
        let bots = rows.iter().map(|row| Ok(bot(row)?.1));
        bots.collect::<Result<_, Error>>().map_err(failed)
    }

    async fn bot(
        &self,
        world: &Slug,
        name: &Slug,
        now: DateTime<Utc>,
    ) -> PortResult<Option<BotRecord>> {
        const WHAT: &str = "can't look for a bot";
        let mut connection = self.connection(WHAT).await?;
        let failed = |error: Error| self.failed(WHAT, &error);
        let row = sqlx::query(FIND_SQL)
            .bind(world.as_str())
            .bind(name.as_str())
            .bind(now)
            .fetch_optional(&mut *connection)
            .await
            .map_err(failed)?;
        let found = row.map(|row| Ok(bot(&row)?.1));
        found.transpose().map_err(failed)
    }

    async fn bots_count(&self, world: &Slug, now: DateTime<Utc>) -> PortResult<u64> {
        const WHAT: &str = "can't count bots";
        let mut connection = self.connection(WHAT).await?;
        let count: Result<i64, _> = sqlx::query_scalar(COUNT_SQL)
            .bind(world.as_str())
            .bind(now)
            .fetch_one(&mut *connection)
            .await;
        count
            .map(|count| u64::try_from(count).unwrap_or(0))
            .map_err(|error| self.failed(WHAT, &error))
    }

    async fn busy(&self, world: &Slug) -> PortResult<HashMap<String, u32>> {
        const WHAT: &str = "can't count who talks";
        let mut connection = self.connection(WHAT).await?;
        let rows: Vec<(String, i64)> = sqlx::query_as(BUSY_SQL)
            .bind(world.as_str())
            .fetch_all(&mut *connection)
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        let counted = |(name, count)| (name, u32::try_from(count).unwrap_or(u32::MAX));
        Ok(rows.into_iter().map(counted).collect())
    }

    async fn silent(
        &self,
        world: &Slug,
        before: DateTime<Utc>,
        limit: u32,
    ) -> PortResult<Vec<ConversationId>> {
        const WHAT: &str = "can't look for silence";
        let mut connection = self.connection(WHAT).await?;
        let ids: Vec<Uuid> = sqlx::query_scalar(SILENT_SQL)
            .bind(world.as_str())
            .bind(before)
            .bind(i64::from(limit))
            .fetch_all(&mut *connection)
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        Ok(ids.into_iter().map(ConversationId).collect())
    }
}

async fn put_in(
    connection: &mut PgConnection,
    world: &Slug,
    lease: Lease,
    bots: &[NewBot],
) -> Result<HashSet<String>, Error> {
    advance(&mut *connection, world).await?;
    sqlx::query(HOLD_SQL)
        .bind(lease.host)
        .bind(lease.now)
        .bind(lease.until)
        .execute(&mut *connection)
        .await?;
    let taken: Vec<String> = sqlx::query_scalar(TAKE_IN_SQL)
        .bind(world.as_str())
        .bind(lease.host)
        .bind(lease.now)
        .bind(bots.iter().map(|bot| bot.name.as_str()).bind_iter())
        .bind(bots.iter().map(|bot| bot.dialect.as_deref()).bind_iter())
        .bind(bots.iter().map(|bot| bot.key_digest.as_deref()).bind_iter())
        .fetch_all(&mut *connection)
        .await?;
    Ok(taken.into_iter().collect())
}

async fn take_out(
    connection: &mut PgConnection,
    world: &Slug,
    host: Uuid,
    names: &[Slug],
) -> Result<u64, Error> {
    advance(&mut *connection, world).await?;
    let left = sqlx::query(LET_GO_SQL)
        .bind(world.as_str())
        .bind(host)
        .bind(names.iter().map(Slug::as_str).bind_iter())
        .execute(&mut *connection)
        .await?;
    sqlx::query(FORGET_HOST_SQL)
        .bind(host)
        .execute(&mut *connection)
        .await?;
    Ok(left.rows_affected())
}

/// Makes the next version of a world's directory; nobody else does until the transaction ends.
async fn advance(connection: &mut PgConnection, world: &Slug) -> Result<(), Error> {
    sqlx::query(ADVANCE_SQL)
        .bind(world.as_str())
        .execute(connection)
        .await
        .map(|_| ())
}

fn bot(row: &PgRow) -> Result<(Slug, BotRecord), Error> {
    let (world, name): (String, String) = (row.try_get(0)?, row.try_get(1)?);
    let record = BotRecord {
        name: slug(&name)?,
        host: row.try_get(2)?,
        since: row.try_get(3)?,
        dialect: row.try_get(4)?,
        key_digest: row.try_get(5)?,
        last_seen: row.try_get(6)?,
    };
    Ok((slug(&world)?, record))
}

/// Counts and versions are never negative.
fn number(row: &PgRow, column: usize) -> Result<u64, Error> {
    let number: i64 = row.try_get(column)?;
    Ok(u64::try_from(number).unwrap_or(0))
}
