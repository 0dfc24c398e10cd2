//! Roles that tell of themselves. A handful of rows, written once a second each.

use crate::codec;
use crate::commit::bytes;
use crate::fault::{Fault, Result};
use crate::store::SqliteStore;
use crate::writer::Tx;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use parlor_ports::PortResult;
use parlor_ports::presence::{FORGOTTEN_AFTER, Presence, Report, RoleRecord, Wanted};
use rusqlite::types::Type;
use rusqlite::{Connection, Error, OptionalExtension, Row, params};
use uuid::Uuid;

const BEAT: &str = "INSERT INTO presence (id, report, began_at, seen_at) VALUES (?1, ?2, ?3, ?4)
     ON CONFLICT (id) DO UPDATE SET report = excluded.report, seen_at = excluded.seen_at, ended = 0";
const FORGET: &str =
    "DELETE FROM presence WHERE max(ifnull(seen_at, 0), ifnull(supervised_at, 0)) < ?1";
const LOOK_AFTER: &str = "INSERT INTO presence (id, report, began_at, supervised_at)
     VALUES (?1, ?2, ?3, ?4)
     ON CONFLICT (id) DO UPDATE SET supervised_at = excluded.supervised_at
     RETURNING stopped";

#[async_trait]
impl Presence for SqliteStore {
    async fn beat(&self, id: Uuid, report: &Report, now: DateTime<Utc>) -> PortResult<()> {
        let (json, began) = (encode(report), codec::micros(report.started_at));
        self.write("keep what a role tells", move |tx| {
            forget(tx, now)?;
            tx.conn.prepare_cached(BEAT)?.execute(params![
                bytes(&id),
                json,
                began,
                codec::micros(now)
            ])?;
            Ok(())
        })
        .await
    }

    async fn leave(&self, id: Uuid) -> PortResult<()> {
        self.write("let a role leave", move |tx| {
            let alone = "DELETE FROM presence WHERE id = ?1 AND supervised_at IS NULL";
            let supervised = "UPDATE presence SET ended = 1 WHERE id = ?1";
            for sql in [alone, supervised] {
                tx.conn.prepare_cached(sql)?.execute(params![bytes(&id)])?;
            }
            Ok(())
        })
        .await
    }

    async fn look_after(
        &self,
        roles: &[(Uuid, Report)],
        now: DateTime<Utc>,
    ) -> PortResult<Vec<Wanted>> {
        let roles: Vec<_> = roles
            .iter()
            .map(|(id, report)| (*id, encode(report), codec::micros(report.started_at)))
            .collect();
        self.write("look after roles", move |tx| {
            forget(tx, now)?;
            let mut keep = tx.conn.prepare_cached(LOOK_AFTER)?;
            let now = codec::micros(now);
            roles
                .iter()
                .map(|(id, json, began)| {
                    let values = params![bytes(id), json, began, now];
                    Ok(wanted(keep.query_row(values, |row| row.get(0))?))
                })
                .collect()
        })
        .await
    }

    async fn give_up(&self, ids: &[Uuid]) -> PortResult<()> {
        let ids = ids.to_vec();
        self.write("forget roles", move |tx| {
            let mut delete = tx
                .conn
                .prepare_cached("DELETE FROM presence WHERE id = ?1")?;
            for id in &ids {
                delete.execute(params![bytes(id)])?;
            }
            Ok(())
        })
        .await
    }

    async fn roles(&self, limit: u32) -> PortResult<Vec<RoleRecord>> {
        self.read("list roles", move |conn| roles(conn, limit))
            .await
    }

    async fn want(&self, id: Uuid, wanted: Wanted) -> PortResult<bool> {
        self.write("keep what is wanted of a role", move |tx| {
            let set = "UPDATE presence SET stopped = ?2 WHERE id = ?1 RETURNING 1";
            let stopped = wanted == Wanted::Stopped;
            let known = tx
                .conn
                .prepare_cached(set)?
                .query_row(params![bytes(&id), stopped], |_| Ok(()))
                .optional()?;
            Ok(known.is_some())
        })
        .await
    }
}

fn forget(tx: &Tx<'_>, now: DateTime<Utc>) -> Result<()> {
    let before = codec::micros(now - FORGOTTEN_AFTER);
    tx.conn.prepare_cached(FORGET)?.execute(params![before])?;
    Ok(())
}

fn roles(conn: &Connection, limit: u32) -> Result<Vec<RoleRecord>> {
    let mut list = conn.prepare_cached(
        "SELECT id, report, seen_at, ended, supervised_at, stopped FROM presence
         ORDER BY began_at, id LIMIT ?1",
    )?;
    let rows = list.query_map(params![limit], record)?;
    rows.map(|row| row.map_err(Fault::from)).collect()
}

fn record(row: &Row<'_>) -> rusqlite::Result<RoleRecord> {
    let report = serde_json::from_str(codec::text(row, 1)?)
        .map_err(|error| Error::FromSqlConversionFailure(1, Type::Text, Box::new(error)))?;
    Ok(RoleRecord {
        id: codec::uuid(row, 0)?,
        report,
        seen_at: codec::optional_time(row, 2)?,
        ended: row.get(3)?,
        supervised_at: codec::optional_time(row, 4)?,
        wanted: wanted(row.get(5)?),
    })
}

fn wanted(stopped: bool) -> Wanted {
    if stopped {
        Wanted::Stopped
    } else {
        Wanted::Running
    }
}

fn encode(report: &Report) -> String {
    serde_json::to_string(report).expect("a report has only string keys and nothing that fails")
}
