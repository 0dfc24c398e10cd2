//! Months that leave the store.

use crate::codec::{self, CLOSED};
use crate::fault::{Fault, Result};
use crate::store::SqliteStore;
use crate::writer::Tx;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use parlor_ports::archive::{Archive, ArchivedRow, Month};
use parlor_ports::{PortError, PortResult};
use rusqlite::{Connection, OptionalExtension, params};

/// ?1: before then.
const MONTHS: &str =
    "SELECT strftime('%Y-%m', m.created_at / 1000000, 'unixepoch') AS month, count(*)
    FROM messages m JOIN conversations c ON c.seq = m.conversation
    WHERE m.created_at < ?1 AND c.status = ?2 GROUP BY month ORDER BY month";
/// A real number as text keeps its last bit.
const ROWS: &str = "SELECT m.seq, json_object(
        'seq', m.seq, 'conversation', lower(hex(c.id)), 'world', w.name, 'id', lower(hex(m.id)),
        'kind', m.kind, 'ord', m.ord, 'role', m.role, 'fallback', m.fallback,
        'sentiment', printf('%!.17g', m.sentiment), 'created_at', m.created_at,
        'speaker', m.speaker, 'addressees', m.addressees, 'audience', m.audience,
        'heard_from', m.heard_from, 'text', m.text)
    FROM messages m JOIN conversations c ON c.seq = m.conversation JOIN worlds w ON w.id = m.world
    WHERE m.seq > ?1 AND m.created_at >= ?2 AND m.created_at < ?3 AND c.status = ?4
    ORDER BY m.seq LIMIT ?5";
const COUNT: &str = "SELECT count(*) FROM messages WHERE created_at >= ?1 AND created_at < ?2
    AND conversation IN (SELECT seq FROM conversations WHERE status = ?3)";
const REMOVE: &str = "DELETE FROM messages WHERE created_at >= ?1 AND created_at < ?2
    AND conversation IN (SELECT seq FROM conversations WHERE status = ?3)";
const PUT: &str = "INSERT INTO messages (seq, conversation, world, id, kind, ord, role, fallback,
        sentiment, created_at, speaker, addressees, audience, heard_from, text)
    SELECT ?1 ->> 'seq', c.seq, c.world, unhex(?1 ->> 'id'), ?1 ->> 'kind', ?1 ->> 'ord', ?1 ->> 'role',
        ?1 ->> 'fallback', CAST(?1 ->> 'sentiment' AS REAL), ?1 ->> 'created_at', ?1 ->> 'speaker',
        ?1 ->> 'addressees', ?1 ->> 'audience', ?1 ->> 'heard_from', ?1 ->> 'text'
    FROM conversations c WHERE c.id = unhex(?1 ->> 'conversation')
    ON CONFLICT DO NOTHING";
/// Whether a place holds the message that was meant for it.
const THERE: &str = "SELECT m.id = unhex(?1 ->> 'id') FROM messages m WHERE m.seq = ?1 ->> 'seq'";

#[async_trait]
impl Archive for SqliteStore {
    async fn months_before(&self, before: DateTime<Utc>) -> PortResult<Vec<(Month, u64)>> {
        let end = codec::micros(Month::of(before).begins());
        self.read("look for months that are over", move |conn| {
            months(conn, end)
        })
        .await
    }

    async fn month_rows(
        &self,
        month: Month,
        after: Option<&str>,
        limit: u32,
    ) -> PortResult<Vec<ArchivedRow>> {
        const WHAT: &str = "read a month";
        let after: i64 = match after {
            Some(place) => place
                .parse()
                .map_err(|_| PortError::terminal(WHAT, format_args!("'{place}' is no place")))?,
            None => 0,
        };
        let (from, to) = ends(month);
        self.read(WHAT, move |conn| {
            let mut rows = conn.prepare_cached(ROWS)?;
            let rows = rows.query_map(params![after, from, to, CLOSED, limit], |row| {
                Ok(ArchivedRow {
                    place: row.get::<_, i64>(0)?.to_string(),
                    json: row.get(1)?,
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    async fn drop_month(&self, month: Month, rows: u64) -> PortResult<bool> {
        let (from, to) = ends(month);
        self.write("remove a month", move |tx| {
            // Nobody else writes meanwhile.
            let there: i64 = tx
                .conn
                .query_row(COUNT, params![from, to, CLOSED], |row| row.get(0))?;
            if there.unsigned_abs() != rows {
                return Ok(false);
            }
            tx.conn.execute(REMOVE, params![from, to, CLOSED])?;
            Ok(true)
        })
        .await
    }

    async fn put_rows(&self, _: Month, rows: &[String]) -> PortResult<u64> {
        let rows = rows.to_vec();
        self.write("put a month back", move |tx| put(tx, &rows))
            .await
    }
}

fn ends(month: Month) -> (i64, i64) {
    (codec::micros(month.begins()), codec::micros(month.ends()))
}

fn months(conn: &Connection, end: i64) -> Result<Vec<(Month, u64)>> {
    let mut months = conn.prepare_cached(MONTHS)?;
    let rows = months.query_map(params![end, CLOSED], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))
    })?;
    let mut all = Vec::new();
    for row in rows {
        let (name, count) = row?;
        let month = name.parse::<Month>();
        let month = month.map_err(|error| Fault::Refused(format!("{name}: {error}")))?;
        all.push((month, count.unsigned_abs()));
    }
    Ok(all)
}

fn put(tx: &mut Tx<'_>, rows: &[String]) -> Result<u64> {
    let mut count = 0;
    for row in rows {
        let put = tx.conn.prepare_cached(PUT)?.execute(params![row])?;
        count += put as u64;
        if put > 0 {
            continue;
        }
        let there: Option<Option<bool>> = tx
            .conn
            .prepare_cached(THERE)?
            .query_row(params![row], |row| row.get(0))
            .optional()?;
        if there.flatten() != Some(true) {
            return Err(Fault::Refused(
                "a line is no message of this store: its conversation is not there, or its place is \
                 another's"
                    .to_owned(),
            ));
        }
    }
    Ok(count)
}
