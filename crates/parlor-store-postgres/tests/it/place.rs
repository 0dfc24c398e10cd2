//! Where a test works: a schema of its own on the test server, dropped afterwards.

use parlor_model::SystemClock;
use parlor_store_postgres::{PostgresOptions, PostgresStore};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::sync::Arc;

/// The server that `tests/services` started.
pub(crate) fn server_url() -> String {
    std::env::var("PARLOR_TEST_POSTGRES_URL").unwrap_or_else(|_| {
        panic!(
            "PARLOR_TEST_POSTGRES_URL is not set: these tests need a PostgreSQL server. \
             Run: tests/services up postgres && eval \"$(tests/services env postgres)\""
        )
    })
}

/// A schema with a random name.
pub(crate) struct Place {
    pub(crate) url: String,
    pub(crate) schema: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self::on(server_url())
    }

    pub(crate) fn on(url: String) -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "a test's schema must differ from every other's"
        )]
        let id = uuid::Uuid::new_v4();
        Self {
            url,
            schema: format!("test_{}", id.simple()),
        }
    }

    pub(crate) fn options(&self) -> PostgresOptions {
        PostgresOptions {
            schema: Some(self.schema.clone()),
            ..PostgresOptions::default()
        }
    }

    /// A store here, not migrated.
    pub(crate) async fn store(&self) -> PostgresStore {
        PostgresStore::connect(&self.url, self.options(), Arc::new(SystemClock))
            .await
            .expect("the test server answers")
    }

    /// A plain connection that sees this schema.
    pub(crate) async fn connection(&self) -> PgConnection {
        let mut connection = PgConnection::connect(&self.url)
            .await
            .expect("the test server answers");
        let sql = format!("SET search_path = {}", self.schema);
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut connection)
            .await
            .expect("the search path can be set");
        connection
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let (url, sql) = (
            self.url.clone(),
            format!(
                "SET lock_timeout = '5s'; DROP SCHEMA IF EXISTS {} CASCADE",
                self.schema
            ),
        );
        // On a thread with a runtime of its own: the test's can't be waited for in a drop.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            runtime.block_on(async {
                let mut connection = PgConnection::connect(&url).await?;
                // Where many tests end at once they wait for each other's locks, in a circle at
                // worst: one of them is told to try again. A test that left a transaction open
                // would be waited for in vain: what it made stays behind then.
                let mut last = Ok(());
                for _ in 0..6 {
                    match sqlx::raw_sql(AssertSqlSafe(sql.clone()))
                        .execute(&mut connection)
                        .await
                    {
                        Err(error) if error.as_database_error().is_some() => last = Err(error),
                        other => return other.map(drop),
                    }
                }
                last
            })
        });
        if let Ok(Err(error)) = dropped.join() {
            eprintln!("a test's schema was left behind: {error}");
        }
    }
}
