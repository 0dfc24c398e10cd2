//! Runs: begun, cut into batches, claimed, finished; and leases.

use super::rows::{companion, companion_columns, named, ties};
use crate::row::count;
use crate::store::PostgresStore;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use parlor_model::world::Topic;
use parlor_model::{AccountId, Household, Slug};
use parlor_ports::PortResult;
use parlor_ports::companions::{
    Batch, BatchResult, BulkOutcome, Generation, GenerationRun, NewRun, PoolState, Tally,
};
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::types::Json;
use sqlx::{Error, Row};
use uuid::Uuid;

/// $1 world.
const LOCK_SQL: &str =
    "SELECT pg_advisory_xact_lock(hashtextextended('parlor generation ' || $1, 0))";
const ORDINAL_SQL: &str =
    "SELECT coalesce(max(ordinal), 0) + 1 FROM generation_runs WHERE world = $1";
const DUE_SQL: &str = "SELECT id FROM generation_runs WHERE world = $1 AND due_at = $2";
const BEGIN_SQL: &str = "
INSERT INTO generation_runs (id, world, ordinal, seed, at, due_at, percent, planned, status)
VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 'running')";
/// $1 run, $2 world, $3 people in a batch, $4 at most so many people.
const CUT_SQL: &str = "
WITH people AS (
    SELECT owner, (row_number() OVER (ORDER BY owner) - 1) / $3 AS number
    FROM households WHERE world = $2 ORDER BY owner LIMIT $4
), cut AS (
    INSERT INTO generation_batches (run_id, number, first_owner, last_owner)
    SELECT $1, number, (array_agg(owner ORDER BY owner))[1],
        (array_agg(owner ORDER BY owner DESC))[1]
    FROM people GROUP BY number
)
UPDATE generation_runs SET planned = (SELECT count(*) FROM people) WHERE id = $1";
const RUN_SQL: &str = "
SELECT id, world, ordinal, seed, at, due_at, ended_at, percent, planned, status
FROM generation_runs WHERE id = $1";
const RUNS_SQL: &str = "
SELECT id, world, ordinal, seed, at, due_at, ended_at, percent, planned, status
FROM generation_runs WHERE world = $1 ORDER BY ordinal DESC LIMIT $2";
const TALLIES_SQL: &str = "
SELECT tally, tries FROM generation_batches WHERE run_id = $1";
const CLAIM_SQL: &str = "
WITH free AS MATERIALIZED (
    SELECT run_id, number FROM generation_batches
    WHERE run_id = $1 AND tally IS NULL AND (claimed_until IS NULL OR claimed_until < $2)
    ORDER BY number LIMIT $4 FOR UPDATE SKIP LOCKED
)
UPDATE generation_batches b SET claimed_until = $3, tries = b.tries + 1
FROM free WHERE b.run_id = free.run_id AND b.number = free.number
RETURNING b.number, b.first_owner, b.last_owner";
/// $1 world, $2 from, $3 to (owners): households with their companions, in order.
const HOUSEHOLDS_SQL: &str = concat!(
    "SELECT h.owner, h.seen_at, h.ties, c.id IS NOT NULL, ",
    companion_columns!(),
    " FROM households h
    LEFT JOIN companions c ON c.world = h.world AND c.owner = h.owner
    WHERE h.world = $1 AND h.owner BETWEEN $2 AND $3
    ORDER BY h.owner, c.number"
);
const HOUSEHOLD_COMPANION: usize = 4;
const FINISH_SQL: &str = "
UPDATE generation_runs r SET status = 'done', ended_at = coalesce(r.ended_at, $2)
WHERE r.id = $1 AND r.status <> 'done'
    AND NOT EXISTS (SELECT FROM generation_batches WHERE run_id = $1 AND tally IS NULL)";
const LEASE_SQL: &str = "
INSERT INTO leases AS l (name, holder, held_until) VALUES ($1, $2, $4)
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until
WHERE l.holder = excluded.holder OR l.held_until < $3
RETURNING true";

#[async_trait]
impl Generation for PostgresStore {
    async fn begin_run(&self, run: &NewRun) -> PortResult<GenerationRun> {
        const WHAT: &str = "can't begin a run";
        let mut transaction = self.begin(WHAT).await?;
        let id = begin(&mut transaction, run)
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        transaction
            .commit()
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        let mut connection = self.connection(WHAT).await?;
        let found = one(&mut connection, id)
            .await
            .and_then(|run| run.ok_or(Error::RowNotFound));
        found.map_err(|error| self.failed(WHAT, &error))
    }

    async fn runs(&self, world: &Slug, limit: u32) -> PortResult<Vec<GenerationRun>> {
        const WHAT: &str = "can't list runs";
        let mut connection = self.connection(WHAT).await?;
        let rows = sqlx::query(RUNS_SQL)
            .bind(world.as_str())
            .bind(i64::from(limit))
            .fetch_all(&mut *connection)
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        let mut runs = Vec::with_capacity(rows.len());
        for row in &rows {
            let found = read(&mut connection, row).await;
            runs.push(found.map_err(|error| self.failed(WHAT, &error))?);
        }
        Ok(runs)
    }

    async fn claim_batches(
        &self,
        run: &GenerationRun,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
        limit: u32,
    ) -> PortResult<Vec<Batch>> {
        const WHAT: &str = "can't claim a batch";
        let mut connection = self.connection(WHAT).await?;
        let mut claimed: Vec<(i64, Uuid, Uuid)> = sqlx::query_as(CLAIM_SQL)
            .bind(run.id)
            .bind(now)
            .bind(until)
            .bind(i64::from(limit))
            .fetch_all(&mut *connection)
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        claimed.sort_unstable_by_key(|(number, ..)| *number);
        let mut batches = Vec::with_capacity(claimed.len());
        for (number, first, last) in claimed {
            let households = households(&mut connection, &run.world, first, last).await;
            let number = count(number);
            let batch = households.and_then(|households| {
                Ok(Batch {
                    number: number?,
                    households,
                })
            });
            batches.push(batch.map_err(|error| self.failed(WHAT, &error))?);
        }
        Ok(batches)
    }

    async fn commit_batches(
        &self,
        run: &GenerationRun,
        batches: Vec<BatchResult>,
    ) -> PortResult<BulkOutcome> {
        self.write_batches(run, batches).await
    }

    async fn finish_run(&self, run: Uuid, now: DateTime<Utc>) -> PortResult<Option<GenerationRun>> {
        const WHAT: &str = "can't finish a run";
        let mut connection = self.connection(WHAT).await?;
        let failed = |error: Error| self.failed(WHAT, &error);
        sqlx::query(FINISH_SQL)
            .bind(run)
            .bind(now)
            .execute(&mut *connection)
            .await
            .map_err(failed)?;
        one(&mut connection, run).await.map_err(failed)
    }

    async fn pooled_topics(&self, world: &Slug, now: DateTime<Utc>) -> PortResult<Vec<Topic>> {
        self.read_pool(world, now).await
    }

    async fn pool_state(&self, world: &Slug) -> PortResult<PoolState> {
        self.read_pool_state(world).await
    }

    async fn refresh_pool(
        &self,
        world: &Slug,
        topics: &[Topic],
        now: DateTime<Utc>,
        expires_at: DateTime<Utc>,
    ) -> PortResult<()> {
        self.write_pool(world, topics, now, expires_at).await
    }

    async fn pool_failed(&self, world: &Slug, reason: &str, now: DateTime<Utc>) -> PortResult<()> {
        self.write_pool_failure(world, reason, now).await
    }

    async fn take_lease(
        &self,
        name: &str,
        holder: Uuid,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> PortResult<bool> {
        const WHAT: &str = "can't take a lease";
        let mut connection = self.connection(WHAT).await?;
        let taken: Option<bool> = sqlx::query_scalar(LEASE_SQL)
            .bind(name)
            .bind(holder)
            .bind(now)
            .bind(until)
            .fetch_optional(&mut *connection)
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        Ok(taken.is_some())
    }
}

async fn begin(connection: &mut PgConnection, run: &NewRun) -> Result<Uuid, Error> {
    let world = run.world.as_str();
    sqlx::query(LOCK_SQL)
        .bind(world)
        .execute(&mut *connection)
        .await?;
    if let Some(due_at) = run.due_at {
        let known: Option<Uuid> = sqlx::query_scalar(DUE_SQL)
            .bind(world)
            .bind(due_at)
            .fetch_optional(&mut *connection)
            .await?;
        if let Some(id) = known {
            return Ok(id);
        }
    }
    let ordinal: i64 = sqlx::query_scalar(ORDINAL_SQL)
        .bind(world)
        .fetch_one(&mut *connection)
        .await?;
    let id = run.id(ordinal.unsigned_abs());
    sqlx::query(BEGIN_SQL)
        .bind(id)
        .bind(world)
        .bind(ordinal)
        .bind(run.seed.cast_signed())
        .bind(run.at)
        .bind(run.due_at)
        .bind(run.percent)
        .execute(&mut *connection)
        .await?;
    let most = run
        .accounts_max
        .map(|most| i64::try_from(most).unwrap_or(i64::MAX));
    sqlx::query(CUT_SQL)
        .bind(id)
        .bind(world)
        .bind(i64::from(run.batch.max(1)))
        .bind(most)
        .execute(&mut *connection)
        .await?;
    Ok(id)
}

/// One household and its companions.
pub(super) async fn households(
    connection: &mut PgConnection,
    world: &Slug,
    first: Uuid,
    last: Uuid,
) -> Result<Vec<Household>, Error> {
    let rows = sqlx::query(HOUSEHOLDS_SQL)
        .bind(world.as_str())
        .bind(first)
        .bind(last)
        .fetch_all(&mut *connection)
        .await?;
    let mut households: Vec<Household> = Vec::new();
    for row in &rows {
        let owner = AccountId(row.try_get(0)?);
        if households.last().is_none_or(|last| last.owner != owner) {
            households.push(Household {
                owner,
                seen_at: row.try_get(1)?,
                ties: ties(row.try_get(2)?),
                companions: Vec::new(),
            });
        }
        if row.try_get(3)?
            && let Some(household) = households.last_mut()
        {
            household
                .companions
                .push(companion(row, HOUSEHOLD_COMPANION)?);
        }
    }
    Ok(households)
}

async fn one(connection: &mut PgConnection, id: Uuid) -> Result<Option<GenerationRun>, Error> {
    let row = sqlx::query(RUN_SQL)
        .bind(id)
        .fetch_optional(&mut *connection)
        .await?;
    match row {
        Some(row) => read(connection, &row).await.map(Some),
        None => Ok(None),
    }
}

async fn read(connection: &mut PgConnection, row: &PgRow) -> Result<GenerationRun, Error> {
    let id: Uuid = row.try_get(0)?;
    let parts: Vec<(Option<Json<Tally>>, i64)> = sqlx::query_as(TALLIES_SQL)
        .bind(id)
        .fetch_all(connection)
        .await?;
    let mut tally = Tally::default();
    for (part, tries) in parts {
        tally.errors += (tries - 1).max(0).unsigned_abs();
        if let Some(Json(part)) = part {
            tally.add(&part);
        }
    }
    Ok(GenerationRun {
        id,
        world: super::rows::slug(row.try_get(1)?)?,
        ordinal: row.try_get::<i64, _>(2)?.unsigned_abs(),
        seed: row.try_get::<i64, _>(3)?.cast_unsigned(),
        at: row.try_get(4)?,
        due_at: row.try_get(5)?,
        ended_at: row.try_get(6)?,
        percent: row.try_get(7)?,
        planned: row.try_get::<i64, _>(8)?.unsigned_abs(),
        status: named(row.try_get(9)?)?,
        tally,
    })
}
