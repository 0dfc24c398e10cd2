//! Runs: begun, cut into batches, claimed, finished; and leases.

use super::rows::{COMPANION, bytes, companion, json, named, ties};
use crate::codec;
use crate::fault::{Fault, Result};
use crate::writer::{Tx, find_world};
use parlor_model::{AccountId, Household, Slug};
use parlor_ports::companions::{Batch, GenerationRun, NewRun, Tally};
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

const DUE: &str = "SELECT id FROM generation_runs WHERE world = ?1 AND due_at = ?2";
const ORDINAL: &str = "SELECT ifnull(max(ordinal), 0) + 1 FROM generation_runs WHERE world = ?1";
const BEGIN: &str = "INSERT INTO generation_runs (id, world, ordinal, seed, at, due_at, percent, \
     planned, status) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'running')";
const PEOPLE: &str = "SELECT owner FROM households WHERE world = ?1 ORDER BY owner LIMIT ?2";
const BATCH: &str = "INSERT INTO generation_batches (run, number, first_owner, last_owner) \
     VALUES (?1, ?2, ?3, ?4)";
const RUN: &str = "SELECT r.id, w.name, r.ordinal, r.seed, r.at, r.due_at, r.ended_at, r.percent, \
     r.planned, r.status FROM generation_runs AS r JOIN worlds AS w ON w.id = r.world ";
const TALLIES: &str = "SELECT tally, tries FROM generation_batches WHERE run = ?1";
pub(crate) const FREE: &str = "SELECT number, first_owner, last_owner FROM generation_batches \
     WHERE run = ?1 AND tally IS NULL AND (claimed_until IS NULL OR claimed_until < ?2) \
     ORDER BY number LIMIT ?3";
const CLAIM: &str = "UPDATE generation_batches SET claimed_until = ?3, tries = tries + 1 \
     WHERE run = ?1 AND number = ?2";
const RELEASE: &str = "UPDATE generation_batches SET claimed_until = NULL \
     WHERE run = ?1 AND number = ?2 AND tally IS NULL";
const FINISH: &str = "UPDATE generation_runs SET status = 'done', ended_at = ifnull(ended_at, ?2) \
     WHERE id = ?1 AND NOT EXISTS \
     (SELECT 1 FROM generation_batches WHERE run = ?1 AND tally IS NULL)";
const LEASE: &str = "INSERT INTO leases (name, holder, held_until) VALUES (?1, ?2, ?4) \
     ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until \
     WHERE holder = excluded.holder OR held_until < ?3";

/// Households between two owners, with their companions, in order.
pub(crate) fn households_query() -> String {
    format!(
        "SELECT h.owner, h.seen_at, h.ties, c.id IS NOT NULL, {COMPANION} FROM households AS h
         LEFT JOIN companions AS c ON c.world = h.world AND c.owner = h.owner
         WHERE h.world = ?1 AND h.owner >= ?2 AND h.owner <= ?3 ORDER BY h.owner, c.number"
    )
}

/// A claimed batch: its number, and from and to whom it goes.
pub(super) type Claimed = (u32, Uuid, Uuid);

pub(super) fn begin(tx: &mut Tx<'_>, run: &NewRun) -> Result<GenerationRun> {
    let world = tx.world(run.world.as_str())?;
    let conn = tx.conn;
    let due_at = run.due_at.map(codec::micros);
    let known = conn
        .prepare_cached(DUE)?
        .query_row(params![world, due_at], |row| codec::uuid(row, 0))
        .optional()?;
    if let Some(id) = known {
        return found(conn, id);
    }
    let ordinal: i64 = conn
        .prepare_cached(ORDINAL)?
        .query_row(params![world], |row| row.get(0))?;
    let id = run.id(ordinal.unsigned_abs());
    let planned = cut(conn, world, id, run)?;
    conn.prepare_cached(BEGIN)?.execute(params![
        bytes(id),
        world,
        ordinal,
        run.seed.cast_signed(),
        codec::micros(run.at),
        due_at,
        run.percent,
        planned,
    ])?;
    found(conn, id)
}

/// Cuts the households into batches; gives how many households those are.
fn cut(conn: &Connection, world: i64, id: Uuid, run: &NewRun) -> Result<i64> {
    let most = run
        .accounts_max
        .map_or(-1, |most| i64::try_from(most).unwrap_or(-1));
    let mut people = conn.prepare_cached(PEOPLE)?;
    let mut add = conn.prepare_cached(BATCH)?;
    let (mut planned, mut number, mut held) = (0_i64, 0_i64, 0_u32);
    let mut bounds: Option<(Uuid, Uuid)> = None;
    let mut rows = people.query(params![world, most])?;
    while let Some(row) = rows.next()? {
        let owner = codec::uuid(row, 0)?;
        bounds = Some((bounds.map_or(owner, |(first, _)| first), owner));
        held += 1;
        planned += 1;
        if held == run.batch.max(1)
            && let Some((first, last)) = bounds.take()
        {
            add.execute(params![bytes(id), number, bytes(first), bytes(last)])?;
            (number, held) = (number + 1, 0);
        }
    }
    if let Some((first, last)) = bounds {
        add.execute(params![bytes(id), number, bytes(first), bytes(last)])?;
    }
    Ok(planned)
}

pub(super) fn list(conn: &Connection, world: &Slug, limit: u32) -> Result<Vec<GenerationRun>> {
    let Some(world) = find_world(conn, world.as_str())? else {
        return Ok(Vec::new());
    };
    let sql = format!("{RUN} WHERE r.world = ?1 ORDER BY r.ordinal DESC LIMIT ?2");
    let mut list = conn.prepare_cached(&sql)?;
    let runs: Vec<GenerationRun> = list
        .query_map(params![world, limit], read)?
        .collect::<rusqlite::Result<_>>()?;
    runs.into_iter().map(|run| tallied(conn, run)).collect()
}

pub(super) fn claim(
    conn: &Connection,
    run: Uuid,
    now: i64,
    until: i64,
    limit: u32,
) -> Result<Vec<Claimed>> {
    let claimed: Vec<Claimed> = conn
        .prepare_cached(FREE)?
        .query_map(params![bytes(run), now, limit], |row| {
            Ok((row.get(0)?, codec::uuid(row, 1)?, codec::uuid(row, 2)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let mut claim = conn.prepare_cached(CLAIM)?;
    for (number, ..) in &claimed {
        claim.execute(params![bytes(run), number, until])?;
    }
    Ok(claimed)
}

pub(super) fn batches(conn: &Connection, world: &Slug, claimed: &[Claimed]) -> Result<Vec<Batch>> {
    let batch = |(number, first, last): &Claimed| {
        Ok(Batch {
            number: *number,
            households: households(conn, world, *first, *last)?,
        })
    };
    claimed.iter().map(batch).collect()
}

pub(super) fn release(
    conn: &Connection,
    run: Uuid,
    numbers: impl Iterator<Item = u32>,
) -> Result<()> {
    let mut release = conn.prepare_cached(RELEASE)?;
    for number in numbers {
        release.execute(params![bytes(run), number])?;
    }
    Ok(())
}

pub(super) fn finish(conn: &Connection, run: Uuid, now: i64) -> Result<Option<GenerationRun>> {
    conn.prepare_cached(FINISH)?
        .execute(params![bytes(run), now])?;
    one(conn, run)
}

pub(super) fn take_lease(
    conn: &Connection,
    name: &str,
    holder: Uuid,
    now: i64,
    until: i64,
) -> Result<bool> {
    let changed = conn
        .prepare_cached(LEASE)?
        .execute(params![name, bytes(holder), now, until])?;
    Ok(changed > 0)
}

pub(super) fn households(
    conn: &Connection,
    world: &Slug,
    first: Uuid,
    last: Uuid,
) -> Result<Vec<Household>> {
    let Some(world) = find_world(conn, world.as_str())? else {
        return Ok(Vec::new());
    };
    let mut all = conn.prepare_cached(&households_query())?;
    let mut rows = all.query(params![world, bytes(first), bytes(last)])?;
    let mut households: Vec<Household> = Vec::new();
    while let Some(row) = rows.next()? {
        let owner = AccountId(codec::uuid(row, 0)?);
        if households.last().is_none_or(|last| last.owner != owner) {
            let bytes: Vec<u8> = row.get(2)?;
            households.push(Household {
                owner,
                seen_at: codec::optional_time(row, 1)?,
                ties: ties(&bytes),
                companions: Vec::new(),
            });
        }
        if row.get(3)?
            && let Some(household) = households.last_mut()
        {
            household.companions.push(companion(row, 4)?);
        }
    }
    Ok(households)
}

fn one(conn: &Connection, id: Uuid) -> Result<Option<GenerationRun>> {
    let run = conn
        .prepare_cached(&format!("{RUN} WHERE r.id = ?1"))?
        .query_row(params![bytes(id)], read)
        .optional()?;
    run.map(|run| tallied(conn, run)).transpose()
}

fn found(conn: &Connection, id: Uuid) -> Result<GenerationRun> {
    one(conn, id)?.ok_or_else(|| Fault::Refused("the run is gone while it began".to_owned()))
}

fn read(row: &Row<'_>) -> rusqlite::Result<GenerationRun> {
    Ok(GenerationRun {
        id: codec::uuid(row, 0)?,
        world: codec::slug(row, 1)?,
        ordinal: row.get::<_, i64>(2)?.unsigned_abs(),
        seed: row.get::<_, i64>(3)?.cast_unsigned(),
        at: codec::time(row, 4)?,
        due_at: codec::optional_time(row, 5)?,
        ended_at: codec::optional_time(row, 6)?,
        percent: row.get(7)?,
        planned: row.get::<_, i64>(8)?.unsigned_abs(),
        status: named(row, 9)?,
        tally: Tally::default(),
    })
}

fn tallied(conn: &Connection, mut run: GenerationRun) -> Result<GenerationRun> {
    let mut tallies = conn.prepare_cached(TALLIES)?;
    let mut rows = tallies.query(params![bytes(run.id)])?;
    while let Some(row) = rows.next()? {
        let tries = row.get::<_, i64>(1)?.unsigned_abs();
        run.tally.errors += tries.saturating_sub(1);
        if !matches!(row.get_ref(0)?, rusqlite::types::ValueRef::Null) {
            run.tally.add(&json::<Tally>(row, 0)?);
        }
    }
    Ok(run)
}
