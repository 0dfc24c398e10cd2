//! Budgets and figures of language models.

use crate::codec;
use crate::fault::Result;
use crate::store::SqliteStore;
use crate::writer::{Tx, find_world};
use async_trait::async_trait;
use chrono::NaiveDate;
use parlor_model::Slug;
use parlor_ports::PortResult;
use parlor_ports::usage::{
    Amount, BudgetDay, Correction, Limits, UsageEntry, UsageStore, entries_of,
};
use rusqlite::{Connection, Error, OptionalExtension, params};

/// ?3 calls and ?4 tokens wanted, ?5 and ?6 the limits.
pub(crate) const RESERVE: &str = "INSERT INTO llm_budgets AS b (world, day, calls, tokens)
     SELECT ?1, ?2, ?3, ?4 WHERE ?3 <= ?5 AND ?4 <= ?6
     ON CONFLICT (world, day) DO UPDATE SET calls = calls + ?3, tokens = tokens + ?4
     WHERE calls + ?3 <= ?5 AND tokens + ?4 <= ?6";
const CORRECT: &str = "INSERT INTO llm_budgets (world, day, calls, tokens)
     VALUES (?1, ?2, max(0, ?3), max(0, ?4))
     ON CONFLICT (world, day) DO UPDATE
     SET calls = max(0, calls + ?3), tokens = max(0, tokens + ?4)";
pub(crate) const SPENT: &str =
    "SELECT calls, tokens FROM llm_budgets WHERE world = ?1 AND day = ?2";
const ADD: &str = "INSERT INTO llm_usage (world, day, model, counter, value)
     VALUES (?1, ?2, ?3, ?4, ?5)
     ON CONFLICT (world, day, model, counter) DO UPDATE SET value = value + ?5";
const LIST: &str = "SELECT w.name, u.day, u.model, u.counter, u.value
     FROM llm_usage AS u JOIN worlds AS w ON w.id = u.world
     WHERE u.day >= ?1 AND (?2 IS NULL OR w.name = ?2) ORDER BY u.day DESC, w.name, u.model";

#[async_trait]
impl UsageStore for SqliteStore {
    async fn reserve(&self, of: &BudgetDay, want: Amount, limits: Limits) -> PortResult<bool> {
        let of = of.clone();
        self.write("set aside calls of a budget", move |tx| {
            let world = tx.world(of.world.as_str())?;
            let taken = tx.conn.prepare_cached(RESERVE)?.execute(params![
                world,
                number(of.day),
                whole(want.calls),
                whole(want.tokens),
                limits.calls_max.map_or(i64::MAX, whole),
                limits.tokens_max.map_or(i64::MAX, whole),
            ])?;
            Ok(taken > 0)
        })
        .await
    }

    async fn correct(&self, of: &BudgetDay, by: Correction) -> PortResult<()> {
        let of = of.clone();
        self.write("correct what is spent of a budget", move |tx| {
            let world = tx.world(of.world.as_str())?;
            let mut correct = tx.conn.prepare_cached(CORRECT)?;
            correct.execute(params![world, number(of.day), by.calls, by.tokens])?;
            Ok(())
        })
        .await
    }

    async fn spent(&self, of: &BudgetDay) -> PortResult<Amount> {
        let of = of.clone();
        self.read("read what is spent of a budget", move |conn| {
            spent(conn, &of)
        })
        .await
    }

    async fn add_usage(&self, entries: &[UsageEntry]) -> PortResult<()> {
        if entries.is_empty() {
            return Ok(());
        }
        let entries = entries.to_vec();
        let add = move |tx: &mut Tx<'_>| entries.iter().try_for_each(|entry| add(tx, entry));
        self.write("add to the usage of models", add).await
    }

    async fn usage(&self, world: Option<&Slug>, from: NaiveDate) -> PortResult<Vec<UsageEntry>> {
        let world = world.map(Slug::to_string);
        self.read("list the usage of models", move |conn| {
            let mut list = conn.prepare_cached(LIST)?;
            let rows = list.query_map(params![number(from), world], |row| {
                let of = BudgetDay {
                    world: codec::slug(row, 0)?,
                    day: day(1, row.get(1)?)?,
                };
                let value: i64 = row.get(4)?;
                Ok((of, row.get(2)?, row.get(3)?, value.unsigned_abs()))
            })?;
            Ok(entries_of(rows.collect::<rusqlite::Result<Vec<_>>>()?))
        })
        .await
    }
}

fn spent(conn: &Connection, of: &BudgetDay) -> Result<Amount> {
    let Some(world) = find_world(conn, of.world.as_str())? else {
        return Ok(Amount::default());
    };
    let spent = conn
        .prepare_cached(SPENT)?
        .query_row(params![world, number(of.day)], |row| {
            Ok(Amount {
                calls: row.get::<_, i64>(0)?.unsigned_abs(),
                tokens: row.get::<_, i64>(1)?.unsigned_abs(),
            })
        })
        .optional()?;
    Ok(spent.unwrap_or_default())
}

fn add(tx: &mut Tx<'_>, entry: &UsageEntry) -> Result<()> {
    let world = tx.world(entry.of.world.as_str())?;
    let mut add = tx.conn.prepare_cached(ADD)?;
    for (counter, value) in entry.usage.counters() {
        let day = number(entry.of.day);
        add.execute(params![world, day, entry.model, counter, whole(value)])?;
    }
    Ok(())
}

/// Days since 1970.
fn number(day: NaiveDate) -> i64 {
    i64::from(day.to_epoch_days())
}

fn day(column: usize, number: i64) -> rusqlite::Result<NaiveDate> {
    i32::try_from(number)
        .ok()
        .and_then(NaiveDate::from_epoch_days)
        .ok_or(Error::IntegralValueOutOfRange(column, number))
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
