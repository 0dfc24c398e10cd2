//! Months that leave the store: a partition whose conversations have all ended goes whole.

use crate::store::PostgresStore;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use parlor_ports::archive::{Archive, ArchivedRow, Month};
use parlor_ports::{PortError, PortResult};
use sqlx::{AssertSqlSafe, Error, PgConnection};
use uuid::Uuid;

/// Of an ended conversation; `m` is the message.
const ENDED: &str = "NOT EXISTS (
    SELECT FROM conversations c WHERE c.id = m.conversation_id AND c.status = 'ACTIVE')";
const MONTHS_SQL: &str = "
SELECT date_trunc('month', m.created_at, 'UTC'), count(*) FROM messages m
WHERE m.created_at < $1 AND NOT EXISTS (
    SELECT FROM conversations c WHERE c.id = m.conversation_id AND c.status = 'ACTIVE')
GROUP BY 1 ORDER BY 1";
/// $1 and $2 the month's ends, $3 and $4 the place, $5 how many.
const ROWS_SQL: &str = "
SELECT m.conversation_id, m.position, row_to_json(m)::text FROM messages m
WHERE m.created_at >= $1 AND m.created_at < $2 AND (m.conversation_id, m.position) > ($3, $4)
  AND NOT EXISTS (
    SELECT FROM conversations c WHERE c.id = m.conversation_id AND c.status = 'ACTIVE')
ORDER BY m.conversation_id, m.position LIMIT $5";
/// They do not come into the log of changes a second time.
const PUT_SQL: &str = "
INSERT INTO messages
SELECT m.* FROM json_populate_recordset(NULL::messages, $1::json) m
ON CONFLICT DO NOTHING";

#[async_trait]
impl Archive for PostgresStore {
    async fn months_before(&self, before: DateTime<Utc>) -> PortResult<Vec<(Month, u64)>> {
        const WHAT: &str = "can't look for months that are over";
        let mut connection = self.connection(WHAT).await?;
        let end = Month::of(before).begins();
        let months: Vec<(DateTime<Utc>, i64)> = sqlx::query_as(MONTHS_SQL)
            .bind(end)
            .fetch_all(&mut *connection)
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        let month = |(time, rows): (DateTime<Utc>, i64)| (Month::of(time), rows.unsigned_abs());
        Ok(months.into_iter().map(month).collect())
    }

    async fn month_rows(
        &self,
        month: Month,
        after: Option<&str>,
        limit: u32,
    ) -> PortResult<Vec<ArchivedRow>> {
        const WHAT: &str = "can't read a month";
        let (conversation, position) = match after {
            Some(place) => place_of(place)
                .ok_or_else(|| PortError::terminal(WHAT, format_args!("'{place}' is no place")))?,
            None => (Uuid::nil(), 0),
        };
        let mut connection = self.connection(WHAT).await?;
        let rows: Vec<(Uuid, i64, String)> = sqlx::query_as(ROWS_SQL)
            .bind(month.begins())
            .bind(month.ends())
            .bind(conversation)
            .bind(position)
            .bind(i64::from(limit))
            .fetch_all(&mut *connection)
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        let row = |(conversation, position, json)| ArchivedRow {
            place: format!("{conversation} {position}"),
            json,
        };
        Ok(rows.into_iter().map(row).collect())
    }

    async fn drop_month(&self, month: Month, rows: u64) -> PortResult<bool> {
        const WHAT: &str = "can't remove a month";
        let mut transaction = self.begin(WHAT).await?;
        let removed = remove(&mut transaction, month)
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        if removed != rows {
            self.give_up(WHAT, transaction).await?;
            return Ok(false);
        }
        let committed = transaction.commit().await;
        committed.map_err(|error| self.failed(WHAT, &error))?;
        Ok(true)
    }

    async fn put_rows(&self, month: Month, rows: &[String]) -> PortResult<u64> {
        const WHAT: &str = "can't put a month back";
        self.ensure_partition(month.begins()).await?;
        let mut put = Vec::with_capacity(rows.len());
        for row in rows {
            let mut row: serde_json::Value =
                serde_json::from_str(row).map_err(|error| PortError::terminal(WHAT, error))?;
            let Some(fields) = row
                .as_object_mut()
                .filter(|row| row.contains_key("position"))
            else {
                let why = "a line is no message of a PostgreSQL store";
                return Err(PortError::terminal(WHAT, why));
            };
            fields.insert("xact".to_owned(), serde_json::Value::Null);
            put.push(row);
        }
        let mut connection = self.connection(WHAT).await?;
        let done = sqlx::query(PUT_SQL)
            .bind(serde_json::Value::Array(put).to_string())
            .execute(&mut *connection)
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        Ok(done.rows_affected())
    }
}

fn place_of(place: &str) -> Option<(Uuid, i64)> {
    let (conversation, position) = place.split_once(' ')?;
    Some((conversation.parse().ok()?, position.parse().ok()?))
}

/// Removes a month's messages; how many.
async fn remove(connection: &mut PgConnection, month: Month) -> Result<u64, Error> {
    let partition = crate::partition::name_of(month.begins());
    // The names and times are made of numbers only.
    let (from, to) = (month.begins().to_rfc3339(), month.ends().to_rfc3339());
    let delete = |table: &str| {
        format!(
            "DELETE FROM {table} m WHERE m.created_at >= '{from}' AND m.created_at < '{to}' AND {ENDED}"
        )
    };
    sqlx::raw_sql("SET LOCAL lock_timeout = '5s'")
        .execute(&mut *connection)
        .await?;
    let mut removed = run(connection, delete("messages_default")).await?;
    let there: bool = sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL")
        .bind(&partition)
        .fetch_one(&mut *connection)
        .await?;
    if !there {
        return Ok(removed);
    }
    // Nobody writes into it from here on; it is read until the end.
    let lock = format!("LOCK TABLE {partition} IN EXCLUSIVE MODE");
    run(connection, lock).await?;
    let count = format!("SELECT count(*), count(*) FILTER (WHERE {ENDED}) FROM {partition} m");
    let (all, ended): (i64, i64) = sqlx::query_as(AssertSqlSafe(count))
        .fetch_one(&mut *connection)
        .await?;
    if all == ended {
        run(connection, format!("DROP TABLE {partition}")).await?;
        removed += ended.unsigned_abs();
    } else {
        removed += run(connection, delete(&partition)).await?;
    }
    Ok(removed)
}

async fn run(connection: &mut PgConnection, sql: String) -> Result<u64, Error> {
    let done = sqlx::query(AssertSqlSafe(sql)).execute(connection).await?;
    Ok(done.rows_affected())
}
