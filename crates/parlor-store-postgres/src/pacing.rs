//! The pace of a world, as people set it.

use crate::store::PostgresStore;
use crate::upkeep::lock_world;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use parlor_model::Slug;
use parlor_model::world::Pace;
use parlor_ports::PortResult;
use parlor_ports::pacing::Pacing;
use sqlx::{Error, PgConnection};
use std::time::Duration;

/// No row when that is no change.
const SET_SQL: &str = "
INSERT INTO worlds AS w (slug, paused, changed_at, pace) VALUES ($1, false, $2, $3)
ON CONFLICT (slug) DO UPDATE SET pace = $3, changed_at = $2 WHERE w.pace IS DISTINCT FROM $3
RETURNING true";
const LOG_SQL: &str = "
INSERT INTO happenings (xact, seq, world, what, carried, logged_at, pace)
VALUES (pg_current_xact_id(), nextval('change_batches') * 65536, $1, 'paced', 0, $2, $3)";

#[async_trait]
impl Pacing for PostgresStore {
    async fn set_pace(&self, world: &Slug, pace: Pace, now: DateTime<Utc>) -> PortResult<()> {
        const WHAT: &str = "can't set a pace";
        let mut transaction = self.begin(WHAT).await?;
        let failed = |error: Error| self.failed(WHAT, &error);
        if write(&mut transaction, world, pace, now)
            .await
            .map_err(failed)?
        {
            transaction.commit().await.map_err(failed)?;
            self.tick();
            return Ok(());
        }
        self.give_up(WHAT, transaction).await
    }

    async fn pace(&self, world: &Slug) -> PortResult<Option<Pace>> {
        const WHAT: &str = "can't read a pace";
        let mut connection = self.connection(WHAT).await?;
        let found: Option<Option<i64>> =
            sqlx::query_scalar("SELECT pace FROM worlds WHERE slug = $1")
                .bind(world.as_str())
                .fetch_optional(&mut *connection)
                .await
                .map_err(|error| self.failed(WHAT, &error))?;
        Ok(found.flatten().and_then(from_micros))
    }
}

/// Writes and logs a change; false when it is none.
async fn write(
    connection: &mut PgConnection,
    world: &Slug,
    pace: Pace,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    lock_world(connection, world).await?;
    let micros = i64::try_from(pace.duration().as_micros()).unwrap_or(i64::MAX);
    let changed: Option<bool> = sqlx::query_scalar(SET_SQL)
        .bind(world.as_str())
        .bind(now)
        .bind(micros)
        .fetch_optional(&mut *connection)
        .await?;
    if changed.is_none() {
        return Ok(false);
    }
    sqlx::query(LOG_SQL)
        .bind(world.as_str())
        .bind(now)
        .bind(micros)
        .execute(connection)
        .await?;
    Ok(true)
}

/// A pace as the tables keep it.
pub(crate) fn from_micros(micros: i64) -> Option<Pace> {
    let micros = u64::try_from(micros).ok()?;
    Some(Pace::new(Duration::from_micros(micros)))
}
