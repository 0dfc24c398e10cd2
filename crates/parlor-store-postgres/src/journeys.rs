//! Journeys: who is where, and how they came there.

use crate::pacing::from_micros;
use crate::row::{slug, strange};
use crate::store::PostgresStore;
use async_trait::async_trait;
use parlor_model::travel::{HERE_MAX, Here, PlaceRecord};
use parlor_model::{Effects, EventId, Guard, Move, MoveState, MovedBy, NewRun, RunId, Slug};
use parlor_ports::PortResult;
use parlor_ports::journeys::{Crowd, Journeys, PlaceRequest, Run, Whereabouts, gather};
use parlor_ports::store::{Cursor, Page};
use serde_json::{Value, json};
use sqlx::postgres::{PgBindIterExt, PgConnection, PgRow};
use sqlx::{Error, Row};
use std::collections::HashMap;
use uuid::Uuid;

/// One row per request: pause, pace, run, and how far the move has come.
const PLACES_SQL: &str = "
SELECT coalesce(w.paused, false), w.pace, run.id, m.state
FROM unnest($1::text[], $2::uuid[]) WITH ORDINALITY AS r (world, move, n)
LEFT JOIN worlds w ON w.slug = r.world
LEFT JOIN LATERAL (
    SELECT id FROM journey_runs WHERE world = r.world ORDER BY number DESC LIMIT 1
) run ON true
LEFT JOIN moves m ON m.id = r.move
ORDER BY r.n";

/// Who is there, those who arrive with the move among them.
const HERE_SQL: &str = "
SELECT r.n, h.character, h.tired, h.since, h.arriving
FROM unnest($1::text[], $2::text[], $3::uuid[], $4::uuid[]) WITH ORDINALITY
    AS r (world, place, run, move, n),
LATERAL (
    (SELECT w.character, w.tired, w.since, false AS arriving FROM whereabouts w
    WHERE w.world = r.world AND w.place = r.place AND w.state = 'arrived' AND w.run = r.run
    ORDER BY w.since LIMIT $5)
    UNION ALL
    (SELECT w.character, w.tired, w.since, true FROM moves m,
        jsonb_array_elements(m.data::jsonb -> 'characters') c, whereabouts w
    WHERE m.id = r.move AND m.state = 'sent' AND w.world = r.world AND w.character = c ->> 'slug'
        AND w.move = r.move AND w.state = 'sent' AND w.run = r.run)
) h
ORDER BY r.n, h.since, h.character";

const CROWD_SQL: &str = "
SELECT (SELECT count(*) FROM whereabouts w
    WHERE w.world = r.world AND w.place = r.place AND w.run = r.run)
FROM unnest($1::text[], $2::text[], $3::uuid[]) WITH ORDINALITY AS r (world, place, run, n)
ORDER BY r.n";

/// The world's run, for the statements below: $1 is the world.
macro_rules! this_run {
    () => {
        "(SELECT id FROM journey_runs WHERE world = $1 ORDER BY number DESC LIMIT 1)"
    };
}

const RUN_SQL: &str = "
SELECT id, number, began_at FROM journey_runs WHERE world = $1 ORDER BY number DESC LIMIT 1";
const COUNTS_SQL: &str = "
SELECT made_by, count(*) FROM moves WHERE run = $1 AND made_by <> 'start' GROUP BY made_by
ORDER BY made_by";
const CROWDS_SQL: &str = concat!(
    "SELECT character, place, state, since, tired, moves, here, everybody FROM (
    SELECT *, row_number() OVER (PARTITION BY place ORDER BY character) AS nth,
    count(*) FILTER (WHERE state = 'arrived') OVER (PARTITION BY place) AS here,
    count(*) OVER (PARTITION BY place) AS everybody
    FROM whereabouts WHERE world = $1 AND run = ",
    this_run!(),
    ") AS people WHERE nth <= $2 ORDER BY place, character"
);
const WHERE_IS_SQL: &str = concat!(
    "SELECT character, place, state, since, tired, moves FROM whereabouts
    WHERE world = $1 AND character = $2 AND run = ",
    this_run!(),
);
const JOURNEY_SQL: &str = concat!(
    "SELECT t.nth, m.data, m.state, m.arrived_at FROM travellers t JOIN moves m ON m.id = t.move
    WHERE t.run = ",
    this_run!(),
    " AND t.character = $2 AND t.nth > $3 ORDER BY t.nth LIMIT $4"
);

/// Waits for whoever begins a run of this world just now.
const LOCK_RUNS_SQL: &str = "SELECT pg_advisory_xact_lock(hashtextextended($1, 9))";
const INSERT_RUN_SQL: &str = "
INSERT INTO journey_runs (world, number, id, began_at)
SELECT $1, 1 + coalesce(max(number), 0), $2, $3 FROM journey_runs WHERE world = $1
ON CONFLICT (id) DO NOTHING";
const LOCK_CAST_SQL: &str = "
SELECT xact::text::bigint FROM whereabouts WHERE world = $1 ORDER BY character FOR UPDATE";
const EMPTY_SQL: &str = "DELETE FROM whereabouts WHERE world = $1";
const PLACE_ALL_SQL: &str = "
INSERT INTO whereabouts (world, character, run, place, state, move, moves, tired, since, xact)
SELECT $1, u.character, $2, u.place, 'arrived', NULL, 0, 0, $3,
    GREATEST(pg_current_xact_id(), $6::text::xid8)
FROM unnest($4::text[], $5::text[]) AS u (character, place)";
const STARTS_SQL: &str = "
WITH batch AS MATERIALIZED (SELECT nextval('change_batches') * 65536 AS base),
logged AS (
    INSERT INTO happenings (xact, seq, world, what, carried, logged_at, moved)
    SELECT GREATEST(pg_current_xact_id(), $6::text::xid8), batch.base + u.n, $1, 'moved', 0, $3,
        u.data::json
    FROM batch, unnest($5::text[]) WITH ORDINALITY AS u (data, n)
)
INSERT INTO moves (id, world, run, from_place, to_place, state, made_by, scene, sent_at, data)
SELECT u.id, $1, $2, NULL, u.data::json -> 'to' ->> 'slug', 'sent', 'start', '', $3, u.data
FROM unnest($4::uuid[], $5::text[]) AS u (id, data)";

impl PostgresStore {
    /// Writes the steps of a batch that are moves; gives for each whether its guard held.
    pub(crate) async fn write_moves(
        &self,
        connection: &mut PgConnection,
        steps: &[&Effects],
    ) -> Result<Vec<bool>, Error> {
        let steps: Vec<Value> = steps.iter().filter_map(|step| moving(step)).collect();
        sqlx::query_scalar("SELECT write_moves($1)")
            .bind(sqlx::types::Json(steps))
            .fetch_one(connection)
            .await
    }
}

/// A step for `write_moves`; `None` when it is no move.
fn moving(step: &Effects) -> Option<Value> {
    let Guard::Travel {
        world,
        run,
        arrives,
        at,
    } = &step.guard
    else {
        return None;
    };
    let moves: Vec<_> = step
        .moves
        .iter()
        .map(|new| {
            let made = &new.made;
            let who: Vec<_> = new.travellers.iter().map(|t| t.slug.as_str()).collect();
            let tired: Vec<_> = new.travellers.iter().map(|t| t.tired).collect();
            json!({
                "id": made.id, "from": made.from.as_ref().map(|from| &from.slug),
                "to": made.to.slug, "by": made.by.as_str(), "scene": made.incident.text,
                "who": who, "tired": tired, "data": text(made),
            })
        })
        .collect();
    Some(json!({"world": world, "run": run, "arrives": arrives, "at": at, "moves": moves}))
}

fn text(made: &Move) -> String {
    serde_json::to_string(made).expect("strings, numbers and lists of strings always serialise")
}

#[async_trait]
impl Journeys for PostgresStore {
    async fn places(&self, requests: &[PlaceRequest]) -> PortResult<Vec<PlaceRecord>> {
        const WHAT: &str = "can't look at places";
        if requests.is_empty() {
            return Ok(Vec::new());
        }
        let mut connection = self.connection(WHAT).await?;
        let records = read_places(&mut connection, requests).await;
        records.map_err(|error| self.failed(WHAT, &error))
    }

    async fn begin_journeys(&self, run: NewRun) -> PortResult<bool> {
        const WHAT: &str = "can't begin a run";
        let mut transaction = self.begin(WHAT).await?;
        let failed = |error: Error| self.failed(WHAT, &error);
        if !begin(&mut transaction, &run).await.map_err(failed)? {
            self.give_up(WHAT, transaction).await?;
            return Ok(false);
        }
        let mut sends = Effects::none(EventId(run.id.0));
        sends.sends = run.sends;
        self.finish(transaction, &[sends], true).await?;
        self.tick();
        Ok(true)
    }

    async fn run(&self, world: &Slug) -> PortResult<Option<Run>> {
        const WHAT: &str = "can't read a run";
        let mut connection = self.connection(WHAT).await?;
        let failed = |error: Error| self.failed(WHAT, &error);
        let run = sqlx::query(RUN_SQL)
            .bind(world.as_str())
            .fetch_optional(&mut *connection)
            .await
            .map_err(failed)?;
        let Some(run) = run else { return Ok(None) };
        let read = |row: &PgRow| {
            Ok::<_, Error>((
                RunId(row.try_get(0)?),
                row.try_get::<i64, _>(1)?,
                row.try_get(2)?,
            ))
        };
        let (id, number, at) = read(&run).map_err(failed)?;
        let counts: Vec<(String, i64)> = sqlx::query_as(COUNTS_SQL)
            .bind(id.0)
            .fetch_all(&mut *connection)
            .await
            .map_err(failed)?;
        let moves = counts
            .iter()
            .map(|(by, count)| Ok((moved_by(by)?, count.unsigned_abs())));
        Ok(Some(Run {
            id,
            number: number.unsigned_abs(),
            at,
            moves: moves.collect::<Result<_, Error>>().map_err(failed)?,
        }))
    }

    async fn crowds(&self, world: &Slug, named: u32) -> PortResult<Vec<Crowd>> {
        const WHAT: &str = "can't look who is where";
        let mut connection = self.connection(WHAT).await?;
        let rows = sqlx::query(CROWDS_SQL)
            .bind(world.as_str())
            .bind(i64::from(named.max(1)))
            .fetch_all(&mut *connection)
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        let people = rows.iter().map(|row| {
            let number = |column: usize| row.try_get::<i64, _>(column).map(i64::unsigned_abs);
            Ok((whereabouts(row)?, number(6)?, number(7)?))
        });
        let people: Result<Vec<_>, Error> = people.collect();
        people
            .map(gather)
            .map_err(|error| self.failed(WHAT, &error))
    }

    async fn where_is(&self, world: &Slug, character: &Slug) -> PortResult<Option<Whereabouts>> {
        const WHAT: &str = "can't look where somebody is";
        let mut connection = self.connection(WHAT).await?;
        let row = sqlx::query(WHERE_IS_SQL)
            .bind(world.as_str())
            .bind(character.as_str())
            .fetch_optional(&mut *connection)
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        let found: Result<Option<_>, Error> = row.as_ref().map(whereabouts).transpose();
        found.map_err(|error| self.failed(WHAT, &error))
    }

    async fn journey(
        &self,
        world: &Slug,
        character: &Slug,
        after: Option<Cursor>,
        limit: u32,
    ) -> PortResult<Page<Move>> {
        const WHAT: &str = "can't read a journey";
        let mut connection = self.connection(WHAT).await?;
        let rows = sqlx::query(JOURNEY_SQL)
            .bind(world.as_str())
            .bind(character.as_str())
            .bind(after.map_or(0, |cursor| cursor.minor))
            .bind(i64::from(limit) + 1)
            .fetch_all(&mut *connection)
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        page(&rows, limit).map_err(|error| self.failed(WHAT, &error))
    }
}

async fn read_places(
    connection: &mut PgConnection,
    requests: &[PlaceRequest],
) -> Result<Vec<PlaceRecord>, Error> {
    let worlds = || requests.iter().map(|r| r.world.as_str());
    let arrivals = || requests.iter().map(|r| r.arrival.map(|id| id.0));
    let rows = sqlx::query(PLACES_SQL)
        .bind(worlds().bind_iter())
        .bind(arrivals().bind_iter())
        .fetch_all(&mut *connection)
        .await?;
    let mut records = Vec::with_capacity(requests.len());
    for row in &rows {
        records.push(PlaceRecord {
            paused: row.try_get(0)?,
            pace: row.try_get::<Option<i64>, _>(1)?.and_then(from_micros),
            run: row.try_get::<Option<_>, _>(2)?.map(RunId),
            arrival: row
                .try_get::<Option<&str>, _>(3)?
                .map(move_state)
                .transpose()?,
            here: Vec::new(),
            crowds: Vec::new(),
        });
    }
    let runs: Vec<Option<Uuid>> = records.iter().map(|r| r.run.map(|run| run.0)).collect();
    let rows = sqlx::query(HERE_SQL)
        .bind(worlds().bind_iter())
        .bind(requests.iter().map(|r| r.place.as_str()).bind_iter())
        .bind(runs.iter().copied().bind_iter())
        .bind(arrivals().bind_iter())
        .bind(i64::from(HERE_MAX))
        .fetch_all(&mut *connection)
        .await?;
    for row in &rows {
        let n = usize::try_from(row.try_get::<i64, _>(0)? - 1).unwrap_or(usize::MAX);
        if let Some(record) = records.get_mut(n) {
            record.here.push(Here {
                slug: slug(row.try_get(1)?)?,
                tired: count(row.try_get(2)?),
                since: row.try_get(3)?,
                arriving: row.try_get(4)?,
            });
        }
    }
    crowds(connection, requests, &mut records).await?;
    Ok(records)
}

/// The crowds that were asked about, each place of a world counted once.
async fn crowds(
    connection: &mut PgConnection,
    requests: &[PlaceRequest],
    records: &mut [PlaceRecord],
) -> Result<(), Error> {
    let mut asked: HashMap<(&Slug, &Slug, Uuid), usize> = HashMap::new();
    let mut list = Vec::new();
    for (request, record) in requests.iter().zip(records.iter()) {
        let Some(run) = record.run else { continue };
        for place in &request.crowds {
            let key = (&request.world, place, run.0);
            asked.entry(key).or_insert_with(|| {
                list.push(key);
                list.len() - 1
            });
        }
    }
    if list.is_empty() {
        return Ok(());
    }
    let counts: Vec<i64> = sqlx::query_scalar(CROWD_SQL)
        .bind(list.iter().map(|(world, ..)| world.as_str()).bind_iter())
        .bind(list.iter().map(|(_, place, _)| place.as_str()).bind_iter())
        .bind(list.iter().map(|(.., run)| *run).bind_iter())
        .fetch_all(connection)
        .await?;
    for (request, record) in requests.iter().zip(records) {
        let Some(run) = record.run else { continue };
        let counted = request.crowds.iter().map(|place| {
            let at = asked.get(&(&request.world, place, run.0));
            at.and_then(|at| counts.get(*at)).map_or(0, |n| count(*n))
        });
        record.crowds = counted.collect();
    }
    Ok(())
}

async fn begin(connection: &mut PgConnection, run: &NewRun) -> Result<bool, Error> {
    let world = run.world.as_str();
    sqlx::query(LOCK_RUNS_SQL)
        .bind(world)
        .execute(&mut *connection)
        .await?;
    let begun = sqlx::query(INSERT_RUN_SQL)
        .bind(world)
        .bind(run.id.0)
        .bind(run.at)
        .execute(&mut *connection)
        .await?;
    if begun.rows_affected() == 0 {
        return Ok(false);
    }
    let seen: Vec<i64> = sqlx::query_scalar(LOCK_CAST_SQL)
        .bind(world)
        .fetch_all(&mut *connection)
        .await?;
    let seen = seen.into_iter().max().unwrap_or(0).to_string();
    sqlx::query(EMPTY_SQL)
        .bind(world)
        .execute(&mut *connection)
        .await?;
    sqlx::query(PLACE_ALL_SQL)
        .bind(world)
        .bind(run.id.0)
        .bind(run.at)
        .bind(run.cast.iter().map(|(who, _)| who.as_str()).bind_iter())
        .bind(run.cast.iter().map(|(_, place)| place.as_str()).bind_iter())
        .bind(&seen)
        .execute(&mut *connection)
        .await?;
    if !run.starts.is_empty() {
        sqlx::query(STARTS_SQL)
            .bind(world)
            .bind(run.id.0)
            .bind(run.at)
            .bind(run.starts.iter().map(|made| made.id.0).bind_iter())
            .bind(run.starts.iter().map(text).bind_iter())
            .bind(&seen)
            .execute(&mut *connection)
            .await?;
    }
    Ok(true)
}

fn page(rows: &[PgRow], limit: u32) -> Result<Page<Move>, Error> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut items = Vec::with_capacity(rows.len().min(limit));
    let mut last = 0;
    for row in rows.iter().take(limit) {
        last = row.try_get(0)?;
        let data: &str = row.try_get(1)?;
        let made: Move =
            serde_json::from_str(data).map_err(|error| Error::Decode(Box::new(error)))?;
        items.push(Move {
            state: move_state(row.try_get(2)?)?,
            arrived_at: row.try_get(3)?,
            ..made
        });
    }
    let next = (rows.len() > limit).then_some(Cursor {
        major: 0,
        minor: last,
    });
    Ok(Page { items, next })
}

fn whereabouts(row: &PgRow) -> Result<Whereabouts, Error> {
    Ok(Whereabouts {
        character: slug(row.try_get(0)?)?,
        place: slug(row.try_get(1)?)?,
        state: move_state(row.try_get(2)?)?,
        since: row.try_get(3)?,
        tired: count(row.try_get(4)?),
        moves: row.try_get::<i64, _>(5)?.unsigned_abs(),
    })
}

/// A count, as large as it may be shown.
fn count(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn move_state(text: &str) -> Result<MoveState, Error> {
    match text {
        "sent" => Ok(MoveState::Sent),
        "arrived" => Ok(MoveState::Arrived),
        other => Err(strange("state of a move", other)),
    }
}

fn moved_by(text: &str) -> Result<MovedBy, Error> {
    let all = [
        MovedBy::Start,
        MovedBy::Script,
        MovedBy::Model,
        MovedBy::Hand,
    ];
    let mut all = all.into_iter();
    all.find(|by| by.as_str() == text)
        .ok_or_else(|| strange("maker of moves", text))
}
