//! Budgets and figures of language models.

use crate::row::slug;
use crate::store::PostgresStore;
use async_trait::async_trait;
use chrono::NaiveDate;
use parlor_model::Slug;
use parlor_ports::PortResult;
use parlor_ports::usage::{
    Amount, BudgetDay, Correction, Limits, UsageEntry, UsageStore, entries_of,
};
use sqlx::postgres::PgRow;
use sqlx::{Error, Row};

/// $3 calls and $4 tokens wanted, $5 and $6 the limits. No row when it is too much.
const RESERVE_SQL: &str = "
INSERT INTO llm_budgets AS b (world, day, calls, tokens)
SELECT $1, $2, $3, $4 WHERE $3 <= $5::bigint AND $4 <= $6::bigint
ON CONFLICT (world, day) DO UPDATE SET calls = b.calls + $3, tokens = b.tokens + $4
WHERE b.calls + $3 <= $5 AND b.tokens + $4 <= $6
RETURNING true";
const CORRECT_SQL: &str = "
INSERT INTO llm_budgets AS b (world, day, calls, tokens)
VALUES ($1, $2, greatest(0, $3), greatest(0, $4))
ON CONFLICT (world, day) DO UPDATE
SET calls = greatest(0, b.calls + $3), tokens = greatest(0, b.tokens + $4)";
const SPENT_SQL: &str = "SELECT calls, tokens FROM llm_budgets WHERE world = $1 AND day = $2";
/// In the order of the key, so that two processes never wait for each other in a circle.
const ADD_SQL: &str = "
INSERT INTO llm_usage AS u (world, day, model, counter, value)
SELECT * FROM unnest($1::text[], $2::date[], $3::text[], $4::text[], $5::bigint[])
    AS n (world, day, model, counter, value)
ORDER BY world, day, model, counter
ON CONFLICT (world, day, model, counter) DO UPDATE SET value = u.value + excluded.value";
const LIST_SQL: &str = "
SELECT world, day, model, counter, value FROM llm_usage
WHERE day >= $1 AND ($2::text IS NULL OR world = $2)
ORDER BY day DESC, world, model";

#[async_trait]
impl UsageStore for PostgresStore {
    async fn reserve(&self, of: &BudgetDay, want: Amount, limits: Limits) -> PortResult<bool> {
        const WHAT: &str = "can't set aside calls of a budget";
        let mut connection = self.connection(WHAT).await?;
        let taken: Option<bool> = sqlx::query_scalar(RESERVE_SQL)
            .bind(of.world.as_str())
            .bind(of.day)
            .bind(whole(want.calls))
            .bind(whole(want.tokens))
            .bind(limits.calls_max.map_or(i64::MAX, whole))
            .bind(limits.tokens_max.map_or(i64::MAX, whole))
            .fetch_optional(&mut *connection)
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        Ok(taken.unwrap_or(false))
    }

    async fn correct(&self, of: &BudgetDay, by: Correction) -> PortResult<()> {
        const WHAT: &str = "can't correct what is spent of a budget";
        let mut connection = self.connection(WHAT).await?;
        sqlx::query(CORRECT_SQL)
            .bind(of.world.as_str())
            .bind(of.day)
            .bind(by.calls)
            .bind(by.tokens)
            .execute(&mut *connection)
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        Ok(())
    }

    async fn spent(&self, of: &BudgetDay) -> PortResult<Amount> {
        const WHAT: &str = "can't read what is spent of a budget";
        let mut connection = self.connection(WHAT).await?;
        let spent: Option<(i64, i64)> = sqlx::query_as(SPENT_SQL)
            .bind(of.world.as_str())
            .bind(of.day)
            .fetch_optional(&mut *connection)
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        let (calls, tokens) = spent.unwrap_or_default();
        Ok(Amount {
            calls: calls.unsigned_abs(),
            tokens: tokens.unsigned_abs(),
        })
    }

    async fn add_usage(&self, entries: &[UsageEntry]) -> PortResult<()> {
        const WHAT: &str = "can't add to the usage of models";
        let columns = Columns::of(entries);
        if columns.worlds.is_empty() {
            return Ok(());
        }
        let mut connection = self.connection(WHAT).await?;
        sqlx::query(ADD_SQL)
            .bind(columns.worlds)
            .bind(columns.days)
            .bind(columns.models)
            .bind(columns.counters)
            .bind(columns.values)
            .execute(&mut *connection)
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        Ok(())
    }

    async fn usage(&self, world: Option<&Slug>, from: NaiveDate) -> PortResult<Vec<UsageEntry>> {
        const WHAT: &str = "can't list the usage of models";
        let mut connection = self.connection(WHAT).await?;
        let rows = sqlx::query(LIST_SQL)
            .bind(from)
            .bind(world.map(Slug::as_str))
            .fetch_all(&mut *connection)
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        let counters: Result<Vec<_>, Error> = rows.iter().map(counter).collect();
        Ok(entries_of(
            counters.map_err(|error| self.failed(WHAT, &error))?,
        ))
    }
}

/// Entries as arrays, one for each column of the table.
#[derive(Default)]
struct Columns {
    worlds: Vec<String>,
    days: Vec<NaiveDate>,
    models: Vec<String>,
    counters: Vec<String>,
    values: Vec<i64>,
}

impl Columns {
    fn of(entries: &[UsageEntry]) -> Self {
        let mut columns = Self::default();
        for entry in merged(entries) {
            for (counter, value) in entry.usage.counters() {
                columns.worlds.push(entry.of.world.to_string());
                columns.days.push(entry.of.day);
                columns.models.push(entry.model.clone());
                columns.counters.push(counter);
                columns.values.push(whole(value));
            }
        }
        columns
    }
}

/// Each model once a world and day: one statement can't change a row twice.
fn merged(entries: &[UsageEntry]) -> Vec<UsageEntry> {
    let mut merged: Vec<UsageEntry> = Vec::with_capacity(entries.len());
    for entry in entries {
        let same = merged
            .iter_mut()
            .find(|m| m.of == entry.of && m.model == entry.model);
        match same {
            Some(same) => same.usage.add(&entry.usage),
            None => merged.push(entry.clone()),
        }
    }
    merged
}

fn counter(row: &PgRow) -> Result<(BudgetDay, String, String, u64), Error> {
    let of = BudgetDay {
        world: slug(row.try_get(0)?)?,
        day: row.try_get(1)?,
    };
    let value: i64 = row.try_get(4)?;
    Ok((of, row.try_get(2)?, row.try_get(3)?, value.unsigned_abs()))
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
