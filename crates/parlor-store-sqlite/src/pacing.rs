//! The pace of a world, as people set it.

use crate::codec;
use crate::commit::{INSERT_HAPPENING, PACED};
use crate::fault::Result;
use crate::store::SqliteStore;
use crate::writer::Tx;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use parlor_model::Slug;
use parlor_model::world::Pace;
use parlor_ports::PortResult;
use parlor_ports::pacing::Pacing;
use rusqlite::{OptionalExtension, Row, params};
use std::time::Duration;

#[async_trait]
impl Pacing for SqliteStore {
    async fn set_pace(&self, world: &Slug, pace: Pace, now: DateTime<Utc>) -> PortResult<()> {
        let (world, pace, now) = (world.clone(), micros(pace), codec::micros(now));
        self.write("set a pace", move |tx| set_pace(tx, &world, pace, now))
            .await
    }

    async fn pace(&self, world: &Slug) -> PortResult<Option<Pace>> {
        let world = world.clone();
        self.read("read a pace", move |conn| {
            let found = conn
                .prepare_cached("SELECT pace FROM worlds WHERE name = ?1")?
                .query_row(params![world.as_str()], |row| pace(row, 0))
                .optional()?;
            Ok(found.flatten())
        })
        .await
    }
}

fn set_pace(tx: &mut Tx<'_>, world: &Slug, pace: i64, now: i64) -> Result<()> {
    let world = tx.world(world.as_str())?;
    let changed = tx
        .conn
        .prepare_cached("UPDATE worlds SET pace = ?2 WHERE id = ?1 AND pace IS NOT ?2")?
        .execute(params![world, pace])?;
    if changed == 0 {
        return Ok(());
    }
    let change = tx.next_change()?;
    let nobody = None::<i64>;
    tx.conn
        .prepare_cached(INSERT_HAPPENING)?
        .execute(params![change, PACED, world, nobody, 0, now, pace])?;
    Ok(())
}

fn micros(pace: Pace) -> i64 {
    i64::try_from(pace.duration().as_micros()).unwrap_or(i64::MAX)
}

/// A pace from a column of microseconds.
pub(crate) fn pace(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Pace>> {
    let micros: Option<i64> = row.get(column)?;
    Ok(micros
        .and_then(|micros| u64::try_from(micros).ok())
        .map(|micros| Pace::new(Duration::from_micros(micros))))
}
