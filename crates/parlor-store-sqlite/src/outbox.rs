//! The outbox and the dead letters.

use crate::codec;
use crate::commit::{CLEAR, bytes};
use crate::fault::Result;
use crate::store::SqliteStore;
use crate::writer::{Tx, find_world};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use parlor_model::{Envelope, EventId, OutboxRow, Slug};
use parlor_ports::PortResult;
use parlor_ports::bus::DeadLetter;
use parlor_ports::store::{Abandoned, OutboxStore};
use rusqlite::types::Type;
use rusqlite::{Connection, Error, Row, params};
use std::sync::Arc;

/// The columns that [`read_row`] reads, of `outbox AS o JOIN worlds AS w`.
const ROW: &str = "o.seq, o.id, w.name, o.due_at, o.inbox, o.conversation, o.recipient, \
     o.sent_at, o.traceparent, o.kind, o.data";

const INSERT_LETTER: &str = "INSERT OR REPLACE INTO dead_letters (world, id, inbox, reason, at, \
     headers, body, event, row_inbox, conversation, recipient, sent_at, traceparent, kind, data) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)";

/// Of the letters of world ?1 those with an id in the JSON list ?2; all when the list is empty.
const CHOSEN: &str =
    "world = ?1 AND (json_array_length(?2) = 0 OR id IN (SELECT value FROM json_each(?2)))";

/// A row with the JSON of its envelope, made by the caller.
pub(crate) struct Sending {
    pub(crate) row: OutboxRow,
    pub(crate) data: String,
}

impl Sending {
    pub(crate) fn encode(row: OutboxRow) -> Self {
        let data = String::from_utf8(row.envelope.record()).expect("JSON is UTF-8");
        Self { row, data }
    }
}

/// Rows of one world that are parked and due, oldest first, unless it is paused.
pub(crate) fn parked_query() -> String {
    format!(
        "SELECT {ROW} FROM outbox AS o JOIN worlds AS w ON w.id = o.world
         WHERE o.world = ?1 AND o.taken_at IS NULL AND o.due_at <= ?2 AND w.paused = 0
         ORDER BY o.due_at LIMIT ?3"
    )
}

/// Rows of one world whose taker is gone. Reads the whole outbox: an index would cost every row
/// of the hot path, for a question that is asked now and then.
fn stale_query() -> String {
    format!(
        "SELECT {ROW} FROM outbox AS o JOIN worlds AS w ON w.id = o.world
         WHERE o.world = ?1 AND o.taken_at < ?2 AND o.due_at < ?4 ORDER BY o.due_at LIMIT ?3"
    )
}

/// An outbox row and its `seq`.
fn read_row(row: &Row<'_>) -> rusqlite::Result<(i64, OutboxRow)> {
    let envelope = Envelope {
        id: EventId(codec::uuid(row, 1)?),
        world: codec::slug(row, 2)?,
        conversation: codec::uuid(row, 5)?.into(),
        recipient: codec::slug(row, 6)?,
        time: codec::time(row, 7)?,
        traceparent: row.get(8)?,
        body: codec::body(row, 9, 10)?,
    };
    let outbox_row = OutboxRow {
        inbox: row.get(4)?,
        envelope: Arc::new(envelope),
        due_at: codec::time(row, 3)?,
        parked: false,
    };
    Ok((row.get(0)?, outbox_row))
}

#[async_trait]
impl OutboxStore for SqliteStore {
    async fn take_outbox(
        &self,
        worlds: &[Slug],
        now: DateTime<Utc>,
        abandoned: Option<Abandoned>,
        limit: u32,
    ) -> PortResult<Vec<OutboxRow>> {
        let worlds = worlds.to_vec();
        let now = codec::micros(now);
        let take = move |tx: &mut Tx<'_>| take(tx.conn, &worlds, now, abandoned, limit);
        self.write("take rows of the outbox", take).await
    }

    async fn clear_outbox(&self, ids: &[EventId]) -> PortResult<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let ids = ids.to_vec();
        let clear = move |tx: &mut Tx<'_>| {
            let mut clear = tx.conn.prepare_cached(CLEAR)?;
            for id in &ids {
                clear.execute(params![bytes(&id.0)])?;
            }
            Ok(())
        };
        self.write("clear rows of the outbox", clear).await
    }

    async fn outbox_depth(&self, worlds: &[Slug]) -> PortResult<u64> {
        let names = json(worlds.iter().map(Slug::as_str));
        let count = "SELECT count(*) FROM outbox WHERE world IN
             (SELECT id FROM worlds WHERE name IN (SELECT value FROM json_each(?1)))";
        self.read("count the outbox", move |conn| {
            Ok(conn
                .prepare_cached(count)?
                .query_row(params![names], |row| row.get::<_, i64>(0))?
                .unsigned_abs())
        })
        .await
    }

    async fn keep_dead_letter(&self, letter: DeadLetter, row: Option<OutboxRow>) -> PortResult<()> {
        let sending = row.map(Sending::encode);
        let keep = move |tx: &mut Tx<'_>| keep(tx, &letter, sending.as_ref());
        self.write("keep a dead letter", keep).await
    }

    async fn dead_letters(&self, world: &Slug, limit: u32) -> PortResult<Vec<DeadLetter>> {
        let world = world.clone();
        self.read("list dead letters", move |conn| {
            letters(conn, &world, limit)
        })
        .await
    }

    async fn take_dead_letters(
        &self,
        world: &Slug,
        ids: &[String],
        replay: bool,
        now: DateTime<Utc>,
    ) -> PortResult<u64> {
        let (world, ids) = (world.clone(), json(ids.iter().map(String::as_str)));
        let now = codec::micros(now);
        let take = move |tx: &mut Tx<'_>| take_letters(tx.conn, &world, &ids, replay, now);
        self.write("take out dead letters", take).await
    }
}

/// A JSON list, for `json_each`.
fn json<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    serde_json::Value::from_iter(texts).to_string()
}

fn take(
    conn: &Connection,
    worlds: &[Slug],
    now: i64,
    abandoned: Option<Abandoned>,
    limit: u32,
) -> Result<Vec<OutboxRow>> {
    let mut due = Vec::new();
    for world in worlds {
        let Some(world) = find_world(conn, world.as_str())? else {
            continue;
        };
        let mut parked = conn.prepare_cached(&parked_query())?;
        collect(
            parked.query_map(params![world, now, limit], read_row)?,
            &mut due,
        )?;
        if let Some(rows) = abandoned {
            let mut stale = conn.prepare_cached(&stale_query())?;
            collect(
                stale.query_map(
                    params![
                        world,
                        codec::micros(rows.taken_before),
                        limit,
                        codec::micros(rows.due_before)
                    ],
                    read_row,
                )?,
                &mut due,
            )?;
        }
    }
    due.sort_by_key(|(seq, row)| (row.due_at, *seq));
    // A world may have been named twice.
    due.dedup_by_key(|(seq, _)| *seq);
    due.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let mut mark = conn.prepare_cached("UPDATE outbox SET taken_at = ?2 WHERE seq = ?1")?;
    for (seq, _) in &due {
        mark.execute(params![seq, now])?;
    }
    Ok(due.into_iter().map(|(_, row)| row).collect())
}

fn collect<T>(
    rows: impl Iterator<Item = rusqlite::Result<T>>,
    into: &mut Vec<T>,
) -> rusqlite::Result<()> {
    for row in rows {
        into.push(row?);
    }
    Ok(())
}

fn keep(tx: &mut Tx<'_>, letter: &DeadLetter, sending: Option<&Sending>) -> Result<()> {
    let world = tx.world(letter.world.as_str())?;
    let headers = serde_json::Value::from_iter(
        letter
            .headers
            .iter()
            .map(|(name, value)| [name.as_str(), value.as_str()].to_vec()),
    );
    let row = sending.map(|sending| &sending.row);
    let envelope = row.map(|row| &row.envelope);
    tx.conn.prepare_cached(INSERT_LETTER)?.execute(params![
        world,
        letter.id,
        letter.inbox,
        letter.reason,
        codec::micros(letter.at),
        headers.to_string(),
        letter.body,
        envelope.map(|e| bytes(&e.id.0)),
        row.map(|row| row.inbox.as_str()),
        envelope.map(|e| bytes(&e.conversation.0)),
        envelope.map(|e| e.recipient.as_str()),
        envelope.map(|e| codec::micros(e.time)),
        envelope.map(|e| e.traceparent.as_str()),
        envelope.map(|e| codec::body_kind(&e.body)),
        sending.map(|sending| sending.data.as_str()),
    ])?;
    let named = letter.id.parse::<EventId>().ok();
    for id in [named, envelope.map(|e| e.id)].into_iter().flatten() {
        tx.conn
            .prepare_cached(CLEAR)?
            .execute(params![bytes(&id.0)])?;
    }
    Ok(())
}

fn letters(conn: &Connection, world: &Slug, limit: u32) -> Result<Vec<DeadLetter>> {
    let list = "SELECT id, inbox, reason, at, headers, body FROM dead_letters
         WHERE world = (SELECT id FROM worlds WHERE name = ?1) ORDER BY at, rowid LIMIT ?2";
    let mut list = conn.prepare_cached(list)?;
    let rows = list.query_map(params![world.as_str(), limit], |row| {
        let headers = serde_json::from_str(codec::text(row, 4)?)
            .map_err(|error| Error::FromSqlConversionFailure(4, Type::Text, Box::new(error)))?;
        Ok(DeadLetter {
            id: row.get(0)?,
            world: world.clone(),
            inbox: row.get(1)?,
            reason: row.get(2)?,
            at: codec::time(row, 3)?,
            headers,
            body: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn take_letters(conn: &Connection, world: &Slug, ids: &str, replay: bool, now: i64) -> Result<u64> {
    let Some(world) = find_world(conn, world.as_str())? else {
        return Ok(0);
    };
    if !replay {
        let drop = format!("DELETE FROM dead_letters WHERE {CHOSEN}");
        return Ok(conn.prepare_cached(&drop)?.execute(params![world, ids])? as u64);
    }
    let park = format!(
        "INSERT OR REPLACE INTO outbox (id, world, due_at, taken_at, inbox, conversation, \
             recipient, sent_at, traceparent, kind, data)
         SELECT event, world, ?3, NULL, row_inbox, conversation, recipient, sent_at, traceparent, \
             kind, data
         FROM dead_letters WHERE {CHOSEN} AND event IS NOT NULL ORDER BY at, rowid"
    );
    conn.prepare_cached(&park)?
        .execute(params![world, ids, now])?;
    let forget = format!("DELETE FROM dead_letters WHERE {CHOSEN} AND event IS NOT NULL");
    Ok(conn.prepare_cached(&forget)?.execute(params![world, ids])? as u64)
}
