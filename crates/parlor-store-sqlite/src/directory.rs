//! Bots that come and go.

use crate::codec;
use crate::commit::bytes;
use crate::fault::{Fault, Result};
use crate::store::SqliteStore;
use crate::writer::Tx;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use parlor_model::{ConversationId, Slug};
use parlor_ports::PortResult;
use parlor_ports::directory::{BotRecord, Directory, Lease, NewBot};
use rusqlite::types::Type;
use rusqlite::{Error, OptionalExtension, Row, params};
use std::collections::HashMap;
use uuid::Uuid;

const HOLD: &str = "INSERT INTO bot_hosts (id, seen_at, until) VALUES (?1, ?2, ?3)
     ON CONFLICT (id) DO UPDATE SET seen_at = ?2, until = ?3";
const RENEW: &str = "UPDATE bot_hosts SET seen_at = ?2, until = ?3 WHERE id = ?1
     AND EXISTS (SELECT 1 FROM bots WHERE host = ?1)";
/// A name is free when nobody has it, or its host's lease has ended.
const TAKE_IN: &str = "INSERT INTO bots (world, name, host, since, dialect, key_digest)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6)
     ON CONFLICT (world, name) DO UPDATE SET
         since = iif(host = ?3, since, ?4), host = ?3, dialect = ?5, key_digest = ?6
     WHERE host = ?3
        OR NOT EXISTS (SELECT 1 FROM bot_hosts h WHERE h.id = bots.host AND h.until >= ?4)";
const LET_GO: &str = "DELETE FROM bots WHERE world = ?1 AND name = ?2 AND host = ?3";
const FORGET_HOST: &str =
    "DELETE FROM bot_hosts WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM bots WHERE host = ?1)";
const ADVANCE: &str = "INSERT INTO directory_versions (world, version) VALUES (?1, 1)
     ON CONFLICT (world) DO UPDATE SET version = version + 1";
const GONE: &str = "DELETE FROM bots
     WHERE host IN (SELECT id FROM bot_hosts WHERE until < ?1)
     RETURNING world, name, host, since, dialect, key_digest,
         (SELECT seen_at FROM bot_hosts h WHERE h.id = bots.host)";
const FORGET_HOSTS: &str = "DELETE FROM bot_hosts WHERE until < ?1";
const VERSIONS: &str = "SELECT world, version FROM directory_versions";
const LIST: &str = "SELECT b.world, b.name, b.host, b.since, b.dialect, b.key_digest, h.seen_at
     FROM bots b JOIN bot_hosts h ON h.id = b.host
     WHERE b.world = ?1 AND b.name > ?2 AND h.until >= ?3 ORDER BY b.name LIMIT ?4";
const FIND: &str = "SELECT b.world, b.name, b.host, b.since, b.dialect, b.key_digest, h.seen_at
     FROM bots b JOIN bot_hosts h ON h.id = b.host
     WHERE b.world = ?1 AND b.name = ?2 AND h.until >= ?3";
const COUNT: &str = "SELECT count(*) FROM bots b JOIN bot_hosts h ON h.id = b.host
     WHERE b.world = ?1 AND h.until >= ?2";
const BUSY: &str = "SELECT participants FROM conversations
     WHERE world = (SELECT id FROM worlds WHERE name = ?1) AND status = 0";

#[async_trait]
impl Directory for SqliteStore {
    async fn take_in(&self, world: &Slug, lease: Lease, bots: &[NewBot]) -> PortResult<Vec<bool>> {
        let (world, bots) = (world.clone(), bots.to_vec());
        self.write("take bots into the directory", move |tx| {
            hold(tx, lease)?;
            let mut take_in = tx.conn.prepare_cached(TAKE_IN)?;
            let taken = bots.iter().map(|bot| {
                let values = params![
                    world.as_str(),
                    bot.name.as_str(),
                    bytes(&lease.host),
                    codec::micros(lease.now),
                    bot.dialect,
                    bot.key_digest,
                ];
                Ok(take_in.execute(values)? > 0)
            });
            let taken: Vec<bool> = taken.collect::<Result<_>>()?;
            if taken.contains(&true) {
                advance(tx, world.as_str())?;
            }
            Ok(taken)
        })
        .await
    }

    async fn renew_lease(&self, lease: Lease) -> PortResult<bool> {
        self.write("renew a lease of bots", move |tx| {
            let mut renew = tx.conn.prepare_cached(RENEW)?;
            let values = params![
                bytes(&lease.host),
                codec::micros(lease.now),
                codec::micros(lease.until)
            ];
            Ok(renew.execute(values)? > 0)
        })
        .await
    }

    async fn let_go(&self, world: &Slug, host: Uuid, names: &[Slug]) -> PortResult<u64> {
        let (world, names) = (world.clone(), names.to_vec());
        self.write("let bots leave", move |tx| {
            let mut let_go = tx.conn.prepare_cached(LET_GO)?;
            let mut left = 0;
            for name in &names {
                left += let_go.execute(params![world.as_str(), name.as_str(), bytes(&host)])?;
            }
            if left > 0 {
                advance(tx, world.as_str())?;
                tx.conn
                    .prepare_cached(FORGET_HOST)?
                    .execute(params![bytes(&host)])?;
            }
            Ok(left as u64)
        })
        .await
    }

    async fn sweep_directory(&self, now: DateTime<Utc>) -> PortResult<Vec<(Slug, BotRecord)>> {
        self.write("sweep the directory", move |tx| {
            let now = params![codec::micros(now)];
            let mut delete = tx.conn.prepare_cached(GONE)?;
            let rows = delete.query_map(now, bot)?;
            let gone: Vec<_> = rows
                .map(|row| row.map_err(Fault::from))
                .collect::<Result<_>>()?;
            tx.conn.prepare_cached(FORGET_HOSTS)?.execute(now)?;
            let mut worlds: Vec<&Slug> = gone.iter().map(|(world, _)| world).collect();
            worlds.sort_unstable();
            worlds.dedup();
            for world in worlds {
                advance(tx, world.as_str())?;
            }
            Ok(gone)
        })
        .await
    }

    async fn directory_versions(&self) -> PortResult<Vec<(Slug, u64)>> {
        self.read("read versions of directories", |conn| {
            let mut versions = conn.prepare_cached(VERSIONS)?;
            let rows = versions.query_map([], |row| Ok((slug(row, 0)?, number(row, 1)?)))?;
            rows.map(|row| row.map_err(Fault::from)).collect()
        })
        .await
    }

    async fn bots(
        &self,
        world: &Slug,
        now: DateTime<Utc>,
        after: Option<&Slug>,
        limit: u32,
    ) -> PortResult<Vec<BotRecord>> {
        let world = world.clone();
        let after = after.map_or_else(String::new, ToString::to_string);
        self.read("list bots", move |conn| {
            let mut list = conn.prepare_cached(LIST)?;
            let values = params![world.as_str(), after, codec::micros(now), limit];
            let rows = list.query_map(values, bot)?;
            rows.map(|row| Ok(row.map_err(Fault::from)?.1)).collect()
        })
        .await
    }

    async fn bot(
        &self,
        world: &Slug,
        name: &Slug,
        now: DateTime<Utc>,
    ) -> PortResult<Option<BotRecord>> {
        let (world, name) = (world.clone(), name.clone());
        self.read("look for a bot", move |conn| {
            let mut find = conn.prepare_cached(FIND)?;
            let values = params![world.as_str(), name.as_str(), codec::micros(now)];
            Ok(find.query_row(values, bot).optional()?.map(|(_, bot)| bot))
        })
        .await
    }

    async fn bots_count(&self, world: &Slug, now: DateTime<Utc>) -> PortResult<u64> {
        let world = world.clone();
        self.read("count bots", move |conn| {
            let mut count = conn.prepare_cached(COUNT)?;
            let values = params![world.as_str(), codec::micros(now)];
            Ok(count.query_row(values, |row| number(row, 0))?)
        })
        .await
    }

    async fn busy(&self, world: &Slug) -> PortResult<HashMap<String, u32>> {
        let world = world.clone();
        self.read("count who talks", move |conn| {
            let mut list = conn.prepare_cached(BUSY)?;
            let mut rows = list.query(params![world.as_str()])?;
            let mut busy: HashMap<String, u32> = HashMap::new();
            while let Some(row) = rows.next()? {
                for name in codec::names(row, 0)? {
                    *busy.entry(name).or_default() += 1;
                }
            }
            Ok(busy)
        })
        .await
    }

    async fn silent(
        &self,
        world: &Slug,
        before: DateTime<Utc>,
        limit: u32,
    ) -> PortResult<Vec<ConversationId>> {
        let world = world.clone();
        self.read("look for silence", move |conn| {
            let mut list = conn.prepare_cached(SILENT)?;
            let values = params![world.as_str(), codec::micros(before), limit];
            let rows = list.query_map(values, |row| Ok(ConversationId(codec::uuid(row, 0)?)))?;
            rows.map(|row| row.map_err(Fault::from)).collect()
        })
        .await
    }
}

/// The latest message of a conversation has its greatest `seq`.
const SILENT: &str = "SELECT c.id FROM conversations c
     WHERE c.world = (SELECT id FROM worlds WHERE name = ?1) AND c.status = 0 AND c.created_at < ?2
       AND ifnull((SELECT m.created_at FROM messages m WHERE m.conversation = c.seq
                   ORDER BY m.seq DESC LIMIT 1), 0) < ?2
     ORDER BY c.seq LIMIT ?3";

fn hold(tx: &Tx<'_>, lease: Lease) -> Result<()> {
    tx.conn.prepare_cached(HOLD)?.execute(params![
        bytes(&lease.host),
        codec::micros(lease.now),
        codec::micros(lease.until)
    ])?;
    Ok(())
}

/// Makes the next version of a world's directory.
fn advance(tx: &Tx<'_>, world: &str) -> Result<()> {
    tx.conn.prepare_cached(ADVANCE)?.execute(params![world])?;
    Ok(())
}

fn bot(row: &Row<'_>) -> rusqlite::Result<(Slug, BotRecord)> {
    let record = BotRecord {
        name: slug(row, 1)?,
        host: codec::uuid(row, 2)?,
        since: codec::time(row, 3)?,
        dialect: row.get(4)?,
        key_digest: row.get(5)?,
        last_seen: codec::time(row, 6)?,
    };
    Ok((slug(row, 0)?, record))
}

fn slug(row: &Row<'_>, column: usize) -> rusqlite::Result<Slug> {
    Slug::new(codec::text(row, column)?)
        .map_err(|error| Error::FromSqlConversionFailure(column, Type::Text, Box::new(error)))
}

/// Counts and versions are never negative.
fn number(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    Ok(u64::try_from(row.get::<_, i64>(column)?).unwrap_or(0))
}
