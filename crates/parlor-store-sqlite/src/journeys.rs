//! Journeys: who is where, and how they came there.

use crate::codec;
use crate::commit::{MOVED, bytes, send_one};
use crate::fault::{Fault, Result};
use crate::outbox::Sending;
use crate::pacing;
use crate::store::SqliteStore;
use crate::writer::{Tx, find_world};
use async_trait::async_trait;
use parlor_model::travel::{HERE_MAX, Here, PlaceRecord};
use parlor_model::{EventId, Move, MoveState, NewMove, NewRun, RunId, Slug};
use parlor_ports::PortResult;
use parlor_ports::journeys::{Crowd, Journeys, PlaceRequest, Run, Whereabouts, gather};
use parlor_ports::store::{Cursor, Page};
use rusqlite::{Connection, OptionalExtension, Row, params};

const RUN: &str = "SELECT id, number, at FROM journey_runs WHERE world = ?1 \
     ORDER BY number DESC LIMIT 1";
pub(crate) const STATE: &str = "SELECT state, run FROM moves WHERE id = ?1";
const IS_THERE: &str = "SELECT 1 FROM whereabouts WHERE world = ?1 AND character = ?2 AND run = ?3 \
     AND place = ?4 AND (state = 1 OR move = ?5)";
const ARRIVE: &str = "UPDATE moves SET state = 1, arrived_at = ?2 WHERE id = ?1 RETURNING data";
const RECEIVE: &str = "UPDATE whereabouts SET state = 1, since = ?4 \
     WHERE world = ?1 AND character = ?2 AND move = ?3 AND state = 0";
const INSERT_MOVE: &str = "INSERT INTO moves (id, world, run, state, made_by, data) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
const LEAVE: &str = "UPDATE whereabouts SET place = ?3, state = 0, move = ?4, moves = moves + 1, \
     tired = ?5, since = ?6 WHERE world = ?1 AND character = ?2 RETURNING moves";
const INSERT_TRAVELLER: &str =
    "INSERT INTO travellers (run, character, nth, move) VALUES (?1, ?2, ?3, ?4)";
const PLACE_ALL: &str = "INSERT INTO whereabouts \
     (world, character, run, place, state, move, moves, tired, since) \
     VALUES (?1, ?2, ?3, ?4, 1, NULL, 0, 0, ?5) ON CONFLICT (world, character) DO UPDATE SET \
     run = ?3, place = ?4, state = 1, move = NULL, moves = 0, tired = 0, since = ?5";
pub(crate) const HERE: &str = "SELECT character, tired, since FROM whereabouts \
     WHERE world = ?1 AND place = ?2 AND state = 1 AND run = ?3 ORDER BY since LIMIT ?4";
const ARRIVING: &str = "SELECT character, tired, since FROM whereabouts \
     WHERE world = ?1 AND character = ?2 AND move = ?3 AND state = 0";
const CROWD: &str = "SELECT count(*) FROM whereabouts WHERE world = ?1 AND place = ?2 AND run = ?3";
const CROWDS: &str = "SELECT character, place, state, since, tired, moves, here, everybody FROM ( \
     SELECT *, row_number() OVER (PARTITION BY place ORDER BY character) AS nth, \
     sum(state) OVER (PARTITION BY place) AS here, count(*) OVER (PARTITION BY place) AS everybody \
     FROM whereabouts WHERE world = ?1 AND run = ?2) WHERE nth <= ?3 ORDER BY place, character";
const WHEREABOUTS: &str = "SELECT character, place, state, since, tired, moves FROM whereabouts";

/// A move with its JSON.
pub(crate) struct Moving {
    new: NewMove,
    json: String,
}

impl Moving {
    pub(crate) fn encode(new: NewMove) -> Self {
        Self {
            json: json(&new.made),
            new,
        }
    }
}

fn json(made: &Move) -> String {
    serde_json::to_string(made).expect("strings, numbers and lists of strings always serialise")
}

/// True when the move is on its way in the world's run, and everybody who leaves is there.
pub(crate) fn holds(
    conn: &Connection,
    world: i64,
    run: RunId,
    arrives: Option<&EventId>,
    moves: &[Moving],
) -> Result<bool> {
    if current(conn, world)?.is_none_or(|(now, ..)| now != run) {
        return Ok(false);
    }
    if let Some(id) = arrives {
        let found = conn
            .prepare_cached(STATE)?
            .query_row(params![bytes(&id.0)], |row| {
                Ok((codec::read_move_state(row, 0)?, codec::uuid(row, 1)?))
            })
            .optional()?;
        if found != Some((MoveState::Sent, run.0)) {
            return Ok(false);
        }
    }
    let mut is_there = conn.prepare_cached(IS_THERE)?;
    for Moving { new, .. } in moves {
        let from = new.made.from.as_ref().map(|from| from.slug.as_str());
        for traveller in &new.travellers {
            let who = traveller.slug.as_str();
            let by = arrives.map(|id| bytes(&id.0));
            if !is_there.exists(params![world, who, bytes(&run.0), from, by])? {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// Writes an arrival and the moves that it leads to; the guard has held.
pub(crate) fn travel(
    tx: &mut Tx<'_>,
    world: i64,
    run: RunId,
    arrives: Option<&EventId>,
    at: i64,
    moves: &[Moving],
) -> Result<()> {
    if let Some(id) = arrives {
        let mut made: Move = tx
            .conn
            .prepare_cached(ARRIVE)?
            .query_row(params![bytes(&id.0), at], |row| codec::read_move(row, 0))?;
        let mut receive = tx.conn.prepare_cached(RECEIVE)?;
        for character in &made.characters {
            receive.execute(params![world, character.slug.as_str(), bytes(&id.0), at])?;
        }
        made.state = MoveState::Arrived;
        made.arrived_at = chrono::DateTime::from_timestamp_micros(at);
        log(tx, world, at, &json(&made))?;
    }
    for moving in moves {
        set_out(tx, world, run, moving)?;
    }
    Ok(())
}

fn set_out(tx: &mut Tx<'_>, world: i64, run: RunId, moving: &Moving) -> Result<()> {
    let made = &moving.new.made;
    let seq = insert(tx, world, made, &moving.json)?;
    let at = codec::micros(made.sent_at);
    for traveller in &moving.new.travellers {
        let who = traveller.slug.as_str();
        let nth: i64 = tx.conn.prepare_cached(LEAVE)?.query_row(
            params![
                world,
                who,
                made.to.slug.as_str(),
                bytes(&made.id.0),
                traveller.tired,
                at
            ],
            |row| row.get(0),
        )?;
        tx.conn
            .prepare_cached(INSERT_TRAVELLER)?
            .execute(params![bytes(&run.0), who, nth, seq])?;
    }
    log(tx, world, at, &moving.json)
}

fn insert(tx: &Tx<'_>, world: i64, made: &Move, json: &str) -> Result<i64> {
    tx.conn.prepare_cached(INSERT_MOVE)?.execute(params![
        bytes(&made.id.0),
        world,
        bytes(&made.run.0),
        codec::move_state(made.state),
        codec::moved_by(made.by),
        json,
    ])?;
    Ok(tx.conn.last_insert_rowid())
}

fn log(tx: &mut Tx<'_>, world: i64, at: i64, json: &str) -> Result<()> {
    let change = tx.next_change()?;
    tx.conn
        .prepare_cached(
            "INSERT INTO happenings (seq, kind, world, at, moved) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![change, MOVED, world, at, json])?;
    Ok(())
}

/// The world's run: id, number, when it began.
fn current(conn: &Connection, world: i64) -> Result<Option<(RunId, i64, i64)>> {
    let run = conn.prepare_cached(RUN)?.query_row(params![world], |row| {
        Ok((RunId(codec::uuid(row, 0)?), row.get(1)?, row.get(2)?))
    });
    Ok(run.optional()?)
}

#[async_trait]
impl Journeys for SqliteStore {
    async fn places(&self, requests: &[PlaceRequest]) -> PortResult<Vec<PlaceRecord>> {
        let requests = requests.to_vec();
        self.read("look at places", move |conn| {
            requests
                .iter()
                .map(|request| place(conn, request))
                .collect()
        })
        .await
    }

    async fn begin_journeys(&self, run: NewRun) -> PortResult<bool> {
        let sends: Vec<_> = run.sends.iter().cloned().map(Sending::encode).collect();
        self.write("begin a run", move |tx| begin(tx, &run, &sends))
            .await
    }

    async fn run(&self, world: &Slug) -> PortResult<Option<Run>> {
        let world = world.clone();
        self.read("read a run", move |conn| {
            let Some(world) = find_world(conn, world.as_str())? else {
                return Ok(None);
            };
            let Some((id, number, at)) = current(conn, world)? else {
                return Ok(None);
            };
            let mut count = conn.prepare_cached(
                "SELECT made_by, count(*) FROM moves WHERE run = ?1 AND made_by > 0 GROUP BY made_by",
            )?;
            let moves = count.query_map(params![bytes(&id.0)], |row| {
                Ok((codec::read_moved_by(row, 0)?, unsigned(row, 1)?))
            })?;
            Ok(Some(Run {
                id,
                number: number.unsigned_abs(),
                at: time(at)?,
                moves: moves.collect::<rusqlite::Result<_>>()?,
            }))
        })
        .await
    }

    async fn crowds(&self, world: &Slug, named: u32) -> PortResult<Vec<Crowd>> {
        let (world, named) = (world.clone(), named.max(1));
        self.read("look who is where", move |conn| {
            in_run(conn, &world, Vec::new, |conn, world, run| {
                let mut crowds = conn.prepare_cached(CROWDS)?;
                let rows = crowds.query_map(params![world, bytes(&run.0), named], |row| {
                    Ok((whereabouts(row)?, unsigned(row, 6)?, unsigned(row, 7)?))
                })?;
                Ok(gather(rows.collect::<rusqlite::Result<Vec<_>>>()?))
            })
        })
        .await
    }

    async fn where_is(&self, world: &Slug, character: &Slug) -> PortResult<Option<Whereabouts>> {
        let (world, character) = (world.clone(), character.clone());
        let find = format!("{WHEREABOUTS} WHERE world = ?1 AND run = ?2 AND character = ?3");
        self.read("look where somebody is", move |conn| {
            in_run(
                conn,
                &world,
                || None,
                |conn, world, run| {
                    let asked = params![world, bytes(&run.0), character.as_str()];
                    let mut find = conn.prepare_cached(&find)?;
                    Ok(find.query_row(asked, whereabouts).optional()?)
                },
            )
        })
        .await
    }

    async fn journey(
        &self,
        world: &Slug,
        character: &Slug,
        after: Option<Cursor>,
        limit: u32,
    ) -> PortResult<Page<Move>> {
        let (world, character) = (world.clone(), character.clone());
        let after = after.map_or(0, |cursor| cursor.minor);
        self.read("read a journey", move |conn| {
            let none = || Page {
                items: Vec::new(),
                next: None,
            };
            in_run(conn, &world, none, |conn, _, run| {
                let mut list = conn.prepare_cached(
                    "SELECT t.nth, m.data, m.state, m.arrived_at FROM travellers AS t
                     JOIN moves AS m ON m.seq = t.move
                     WHERE t.run = ?1 AND t.character = ?2 AND t.nth > ?3
                     ORDER BY t.nth LIMIT ?4 + 1",
                )?;
                let asked = params![bytes(&run.0), character.as_str(), after, limit];
                let rows = list.query_map(asked, |row| Ok((row.get(0)?, read_move(row)?)))?;
                let rows = rows.collect::<rusqlite::Result<Vec<(i64, Move)>>>()?;
                Ok(page(rows, limit))
            })
        })
        .await
    }
}

fn page(mut rows: Vec<(i64, Move)>, limit: u32) -> Page<Move> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let last = rows.last().map(|(nth, _)| Cursor {
        major: 0,
        minor: *nth,
    });
    Page {
        items: rows.into_iter().map(|(_, made)| made).collect(),
        next: last.filter(|_| more),
    }
}

/// Does something with the run of a world, if it has one.
fn in_run<T>(
    conn: &Connection,
    world: &Slug,
    none: impl FnOnce() -> T,
    work: impl FnOnce(&Connection, i64, RunId) -> Result<T>,
) -> Result<T> {
    let Some(world) = find_world(conn, world.as_str())? else {
        return Ok(none());
    };
    match current(conn, world)? {
        Some((run, ..)) => work(conn, world, run),
        None => Ok(none()),
    }
}

fn place(conn: &Connection, request: &PlaceRequest) -> Result<PlaceRecord> {
    let mut record = PlaceRecord::default();
    let standing = conn
        .prepare_cached("SELECT id, paused, pace FROM worlds WHERE name = ?1")?
        .query_row(params![request.world.as_str()], |row| {
            Ok((row.get::<_, i64>(0)?, row.get(1)?, pacing::pace(row, 2)?))
        })
        .optional()?;
    let Some((world, paused, pace)) = standing else {
        return Ok(record);
    };
    (record.paused, record.pace) = (paused, pace);
    let Some((run, ..)) = current(conn, world)? else {
        return Ok(record);
    };
    record.run = Some(run);
    if let Some(id) = &request.arrival {
        let made = conn
            .prepare_cached("SELECT id, data, state, arrived_at FROM moves WHERE id = ?1")?
            .query_row(params![bytes(&id.0)], read_move)
            .optional()?;
        record.arrival = made.as_ref().map(|made| made.state);
        let coming = made.filter(|made| made.state == MoveState::Sent);
        let mut arriving = conn.prepare_cached(ARRIVING)?;
        for character in coming.iter().flat_map(|made| &made.characters) {
            let asked = params![world, character.slug.as_str(), bytes(&id.0)];
            let found = arriving
                .query_row(asked, |row| here(row, true))
                .optional()?;
            record.here.extend(found);
        }
    }
    let mut list = conn.prepare_cached(HERE)?;
    let asked = params![world, request.place.as_str(), bytes(&run.0), HERE_MAX];
    for found in list.query_map(asked, |row| here(row, false))? {
        record.here.push(found?);
    }
    record
        .here
        .sort_by(|a, b| (a.since, &a.slug).cmp(&(b.since, &b.slug)));
    let mut crowd = conn.prepare_cached(CROWD)?;
    for place in &request.crowds {
        let asked = params![world, place.as_str(), bytes(&run.0)];
        record
            .crowds
            .push(crowd.query_row(asked, |row| row.get(0))?);
    }
    Ok(record)
}

fn here(row: &Row<'_>, arriving: bool) -> rusqlite::Result<Here> {
    Ok(Here {
        slug: codec::slug(row, 0)?,
        tired: row.get(1)?,
        since: codec::time(row, 2)?,
        arriving,
    })
}

/// A move from the columns data, state and arrived_at, which begin at the second.
fn read_move(row: &Row<'_>) -> rusqlite::Result<Move> {
    let made: Move = codec::read_move(row, 1)?;
    let arrived: Option<i64> = row.get(3)?;
    Ok(Move {
        state: codec::read_move_state(row, 2)?,
        arrived_at: arrived.and_then(chrono::DateTime::from_timestamp_micros),
        ..made
    })
}

fn whereabouts(row: &Row<'_>) -> rusqlite::Result<Whereabouts> {
    Ok(Whereabouts {
        character: codec::slug(row, 0)?,
        place: codec::slug(row, 1)?,
        state: codec::read_move_state(row, 2)?,
        since: codec::time(row, 3)?,
        tired: row.get(4)?,
        moves: unsigned(row, 5)?,
    })
}

fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(i64::unsigned_abs)
}

fn time(micros: i64) -> Result<chrono::DateTime<chrono::Utc>> {
    chrono::DateTime::from_timestamp_micros(micros)
        .ok_or_else(|| Fault::Refused(format!("{micros} is no time")))
}

fn begin(tx: &mut Tx<'_>, run: &NewRun, sends: &[Sending]) -> Result<bool> {
    let world = tx.world(run.world.as_str())?;
    let at = codec::micros(run.at);
    let number = current(tx.conn, world)?.map_or(1, |(_, number, _)| number + 1);
    let begun = tx
        .conn
        .prepare_cached(
            "INSERT INTO journey_runs (world, number, id, at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (id) DO NOTHING",
        )?
        .execute(params![world, number, bytes(&run.id.0), at])?;
    if begun == 0 {
        return Ok(false);
    }
    // Who has left the cast is nowhere.
    tx.conn
        .prepare_cached("DELETE FROM whereabouts WHERE world = ?1")?
        .execute(params![world])?;
    for (character, place) in &run.cast {
        tx.conn.prepare_cached(PLACE_ALL)?.execute(params![
            world,
            character.as_str(),
            bytes(&run.id.0),
            place.as_str(),
            at
        ])?;
    }
    for made in &run.starts {
        let json = json(made);
        insert(tx, world, made, &json)?;
        log(tx, world, at, &json)?;
    }
    for sending in sends {
        send_one(tx, sending)?;
    }
    Ok(true)
}
