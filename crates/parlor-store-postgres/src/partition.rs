//! The partitions of `messages`, one a month (UTC), made ahead of time.

use crate::store::PostgresStore;
use chrono::{DateTime, Datelike, Utc};
use parlor_ports::PortResult;
use sqlx::{AssertSqlSafe, Error, PgConnection};
use std::sync::atomic::Ordering;

/// The current month and this many after it have a partition.
const MONTHS_AHEAD: i32 = 2;

/// A month of the proleptic Gregorian calendar, counted from January of the year 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Month(i32);

impl Month {
    fn of(time: DateTime<Utc>) -> Self {
        Self(time.year() * 12 + time.month0().cast_signed())
    }

    fn plus(self, months: i32) -> Self {
        Self(self.0 + months)
    }

    fn first_day(self) -> String {
        format!(
            "{:04}-{:02}-01",
            self.0.div_euclid(12),
            self.0.rem_euclid(12) + 1
        )
    }

    fn partition(self) -> String {
        format!(
            "messages_y{:04}m{:02}",
            self.0.div_euclid(12),
            self.0.rem_euclid(12) + 1
        )
    }
}

/// The name of the partition of the month of `time`.
pub(crate) fn name_of(time: DateTime<Utc>) -> String {
    Month::of(time).partition()
}

impl PostgresStore {
    /// Makes the partitions of the month of `now` and of the two after it, those that are not there
    /// yet. One round trip when there is nothing to do. What had already landed in the default
    /// partition for such a month moves to its own.
    ///
    /// # Errors
    /// Retryable when the store is away or a long reader holds the table; nothing is lost
    /// meanwhile, as the default partition takes every message.
    pub async fn ensure_partitions(&self, now: DateTime<Utc>) -> PortResult<()> {
        const WHAT: &str = "can't make the partitions of the next months";
        let first = Month::of(now);
        let months: Vec<Month> = (0..=MONTHS_AHEAD).map(|n| first.plus(n)).collect();
        let names: Vec<String> = months.iter().map(|month| month.partition()).collect();
        let mut connection = self.connection(WHAT).await?;
        let there: Vec<bool> = sqlx::query_scalar(
            "SELECT to_regclass(u.name) IS NOT NULL
             FROM unnest($1::text[]) WITH ORDINALITY AS u (name, n) ORDER BY u.n",
        )
        .bind(names)
        .fetch_all(&mut *connection)
        .await
        .map_err(|error| self.failed(WHAT, &error))?;
        drop(connection);
        for (month, there) in months.into_iter().zip(there) {
            if !there {
                self.make_partition(month).await?;
            }
        }
        self.month_ready.store(first.0, Ordering::Relaxed);
        Ok(())
    }

    /// [`Self::ensure_partitions`], once a month. A failure is logged and tried again with the next
    /// month, or by the next process that starts: a commit never depends on it.
    pub(crate) async fn renew_partitions(&self) {
        let now = self.clock.now();
        let month = Month::of(now).0;
        if self.month_ready.swap(month, Ordering::Relaxed) == month {
            return;
        }
        if let Err(error) = self.ensure_partitions(now).await {
            tracing::warn!(%error, "messages go to the default partition until this is mended");
        }
    }

    /// Makes the partition of the month of `time`, if it is not there.
    pub(crate) async fn ensure_partition(&self, time: DateTime<Utc>) -> PortResult<()> {
        self.make_partition(Month::of(time)).await
    }

    async fn make_partition(&self, month: Month) -> PortResult<()> {
        let what = format!("can't make the partition {}", month.partition());
        let mut transaction = self.begin(&what).await?;
        make(&mut transaction, month)
            .await
            .map_err(|error| self.failed(&what, &error))?;
        transaction
            .commit()
            .await
            .map_err(|error| self.failed(&what, &error))
    }
}

async fn make(connection: &mut PgConnection, month: Month) -> Result<(), Error> {
    let name = month.partition();
    let (from, to) = (month.first_day(), month.plus(1).first_day());
    // The lock first: it is what several processes wait for, and only what is looked up after it is
    // sure to be seen as the others left it.
    sqlx::raw_sql(
        "SET LOCAL lock_timeout = '5s'; LOCK TABLE messages_default IN ACCESS EXCLUSIVE MODE",
    )
    .execute(&mut *connection)
    .await?;
    let made_meanwhile: bool = sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL")
        .bind(&name)
        .fetch_one(&mut *connection)
        .await?;
    if made_meanwhile {
        return Ok(());
    }
    // The names and days are made of numbers only.
    let sql = format!(
        "CREATE TABLE {name} (LIKE messages INCLUDING CONSTRAINTS);
         WITH moved AS (
             DELETE FROM messages_default
             WHERE created_at >= '{from} 00:00Z' AND created_at < '{to} 00:00Z'
             RETURNING *
         )
         INSERT INTO {name} SELECT * FROM moved;
         ALTER TABLE messages ATTACH PARTITION {name}
             FOR VALUES FROM ('{from} 00:00Z') TO ('{to} 00:00Z')"
    );
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(connection)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_run_over_the_end_of_a_year() {
        let december = DateTime::parse_from_rfc3339("2026-12-31T23:59:59Z")
            .unwrap()
            .to_utc();
        let month = Month::of(december);
        assert_eq!(
            (month.partition(), month.first_day()),
            ("messages_y2026m12".into(), "2026-12-01".into())
        );
        assert_eq!(month.plus(1).partition(), "messages_y2027m01");
    }
}
