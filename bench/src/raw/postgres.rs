//! A bare client on PostgreSQL: one row, one commit.

use sqlx::{Connection as _, PgConnection};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// A connection with a table to write to.
pub(crate) struct RawPostgres {
    connection: PgConnection,
    written: u128,
}

impl RawPostgres {
    pub(crate) async fn open(url: &str) -> anyhow::Result<Self> {
        let mut connection = PgConnection::connect(url).await?;
        sqlx::raw_sql("CREATE TABLE raw_lines (id uuid PRIMARY KEY, body text NOT NULL)")
            .execute(&mut connection)
            .await?;
        Ok(Self {
            connection,
            written: 0,
        })
    }

    /// Writes and commits one row after the other; gives how long each took.
    pub(crate) async fn commits(
        &mut self,
        n: usize,
        body_bytes: usize,
    ) -> anyhow::Result<Vec<Duration>> {
        let body = "x".repeat(body_bytes);
        let mut times = Vec::with_capacity(n);
        for _ in 0..n {
            self.written += 1;
            let started = Instant::now();
            sqlx::query("INSERT INTO raw_lines (id, body) VALUES ($1, $2)")
                .bind(Uuid::from_u128(self.written))
                .bind(&body)
                .execute(&mut self.connection)
                .await?;
            times.push(started.elapsed());
        }
        Ok(times)
    }

    /// How the server keeps its promises, for the report.
    pub(crate) async fn durability(&mut self) -> anyhow::Result<String> {
        let sql = "SELECT current_setting('fsync'), current_setting('synchronous_commit')";
        let (fsync, commit): (String, String) =
            sqlx::query_as(sql).fetch_one(&mut self.connection).await?;
        Ok(format!("fsync {fsync}, synchronous_commit {commit}"))
    }
}
