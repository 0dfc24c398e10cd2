//! Roles that tell of themselves. A handful of rows, written once a second each.

use crate::store::PostgresStore;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use parlor_ports::PortResult;
use parlor_ports::presence::{FORGOTTEN_AFTER, Presence, Report, RoleRecord, Wanted};
use sqlx::postgres::{PgBindIterExt, PgRow};
use sqlx::types::Json;
use sqlx::{Error, Row};
use std::collections::HashMap;
use uuid::Uuid;

/// $1 id, $2 report, $3 when it began, $4 now, $5 roles silent since before this are forgotten.
const BEAT_SQL: &str = "
WITH forgotten AS (
    DELETE FROM presence WHERE id <> $1 AND GREATEST(seen_at, supervised_at) < $5
)
INSERT INTO presence (id, report, began_at, seen_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (id) DO UPDATE SET report = excluded.report, seen_at = excluded.seen_at, ended = false";

/// $1 ids, $2 reports, $3 when they began, $4 now.
const LOOK_AFTER_SQL: &str = "
INSERT INTO presence (id, report, began_at, supervised_at)
SELECT u.id, u.report::json, u.began_at, $4
FROM unnest($1::uuid[], $2::text[], $3::timestamptz[]) AS u (id, report, began_at) ORDER BY u.id
ON CONFLICT (id) DO UPDATE SET supervised_at = excluded.supervised_at
RETURNING id, stopped";

const LEAVE_SQL: &str = "
WITH alone AS (DELETE FROM presence WHERE id = $1 AND supervised_at IS NULL)
UPDATE presence SET ended = true WHERE id = $1 AND supervised_at IS NOT NULL";

const ROLES_SQL: &str = "
SELECT id, report, seen_at, ended, supervised_at, stopped FROM presence
ORDER BY began_at, id LIMIT $1";

#[async_trait]
impl Presence for PostgresStore {
    async fn beat(&self, id: Uuid, report: &Report, now: DateTime<Utc>) -> PortResult<()> {
        const WHAT: &str = "can't keep what a role tells";
        let mut connection = self.connection(WHAT).await?;
        sqlx::query(BEAT_SQL)
            .bind(id)
            .bind(Json(report))
            .bind(report.started_at)
            .bind(now)
            .bind(now - FORGOTTEN_AFTER)
            .execute(&mut *connection)
            .await
            .map(|_| ())
            .map_err(|error| self.failed(WHAT, &error))
    }

    async fn leave(&self, id: Uuid) -> PortResult<()> {
        const WHAT: &str = "can't let a role leave";
        let mut connection = self.connection(WHAT).await?;
        sqlx::query(LEAVE_SQL)
            .bind(id)
            .execute(&mut *connection)
            .await
            .map(|_| ())
            .map_err(|error| self.failed(WHAT, &error))
    }

    async fn look_after(
        &self,
        roles: &[(Uuid, Report)],
        now: DateTime<Utc>,
    ) -> PortResult<Vec<Wanted>> {
        const WHAT: &str = "can't look after roles";
        let mut connection = self.connection(WHAT).await?;
        let reports = roles.iter().map(|(_, report)| encode(report));
        let began = roles.iter().map(|(_, report)| report.started_at);
        let rows = sqlx::query_as::<_, (Uuid, bool)>(LOOK_AFTER_SQL)
            .bind(roles.iter().map(|(id, _)| *id).bind_iter())
            .bind(reports.bind_iter())
            .bind(began.bind_iter())
            .bind(now)
            .fetch_all(&mut *connection)
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        let stopped: HashMap<_, _> = rows.into_iter().collect();
        let of = |id| wanted(stopped.get(id).copied().unwrap_or_default());
        Ok(roles.iter().map(|(id, _)| of(id)).collect())
    }

    async fn give_up(&self, ids: &[Uuid]) -> PortResult<()> {
        const WHAT: &str = "can't forget roles";
        let mut connection = self.connection(WHAT).await?;
        sqlx::query("DELETE FROM presence WHERE id = ANY ($1)")
            .bind(ids)
            .execute(&mut *connection)
            .await
            .map(|_| ())
            .map_err(|error| self.failed(WHAT, &error))
    }

    async fn roles(&self, limit: u32) -> PortResult<Vec<RoleRecord>> {
        const WHAT: &str = "can't list roles";
        let mut connection = self.connection(WHAT).await?;
        let rows = sqlx::query(ROLES_SQL)
            .bind(i64::from(limit))
            .fetch_all(&mut *connection)
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        let records: Result<Vec<_>, Error> = rows.iter().map(record).collect();
        records.map_err(|error| self.failed(WHAT, &error))
    }

    async fn want(&self, id: Uuid, wanted: Wanted) -> PortResult<bool> {
        const WHAT: &str = "can't keep what is wanted of a role";
        let mut connection = self.connection(WHAT).await?;
        sqlx::query("UPDATE presence SET stopped = $2 WHERE id = $1")
            .bind(id)
            .bind(wanted == Wanted::Stopped)
            .execute(&mut *connection)
            .await
            .map(|done| done.rows_affected() > 0)
            .map_err(|error| self.failed(WHAT, &error))
    }
}

fn record(row: &PgRow) -> Result<RoleRecord, Error> {
    let Json(report) = row.try_get(1)?;
    Ok(RoleRecord {
        id: row.try_get(0)?,
        report,
        seen_at: row.try_get(2)?,
        ended: row.try_get(3)?,
        supervised_at: row.try_get(4)?,
        wanted: wanted(row.try_get(5)?),
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
