//! The pool of topics.

use crate::store::PostgresStore;
use chrono::{DateTime, Utc};
use parlor_model::Slug;
use parlor_model::world::Topic;
use parlor_ports::PortResult;
use parlor_ports::companions::PoolState;
use sqlx::Error;
use sqlx::types::Json;

/// When the source was asked, when it last gave topics, and why it gave none.
type State = (DateTime<Utc>, Option<DateTime<Utc>>, Option<String>);

/// Topics of one pool, at most.
const TOPICS_MAX: i64 = 10_000;

const READ_SQL: &str = "
SELECT topic FROM topic_pool WHERE world = $1 AND expires_at > $2 ORDER BY body LIMIT $3";
const STATE_SQL: &str = "SELECT asked_at, refreshed_at, error FROM topic_sources WHERE world = $1";
const ADD_SQL: &str = "
INSERT INTO topic_pool AS t (world, body, topic, added_at, expires_at)
SELECT DISTINCT ON (u.body) $1, u.body, u.topic::json, $4, $5
FROM unnest($2::text[], $3::text[]) AS u (body, topic)
ON CONFLICT (world, body) DO UPDATE
    SET topic = excluded.topic, expires_at = GREATEST(t.expires_at, excluded.expires_at)";
const EXPIRE_SQL: &str = "DELETE FROM topic_pool WHERE world = $1 AND expires_at <= $2";
const DONE_SQL: &str = "
INSERT INTO topic_sources (world, asked_at, refreshed_at, error) VALUES ($1, $2, $2, NULL)
ON CONFLICT (world) DO UPDATE SET asked_at = $2, refreshed_at = $2, error = NULL";
const FAILED_SQL: &str = "
INSERT INTO topic_sources (world, asked_at, refreshed_at, error) VALUES ($1, $2, NULL, $3)
ON CONFLICT (world) DO UPDATE SET asked_at = $2, error = $3";

impl PostgresStore {
    pub(super) async fn read_pool(
        &self,
        world: &Slug,
        now: DateTime<Utc>,
    ) -> PortResult<Vec<Topic>> {
        const WHAT: &str = "can't read the pool of topics";
        let mut connection = self.connection(WHAT).await?;
        let topics: Vec<Json<Topic>> = sqlx::query_scalar(READ_SQL)
            .bind(world.as_str())
            .bind(now)
            .bind(TOPICS_MAX)
            .fetch_all(&mut *connection)
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        Ok(topics.into_iter().map(|Json(topic)| topic).collect())
    }

    pub(super) async fn read_pool_state(&self, world: &Slug) -> PortResult<PoolState> {
        const WHAT: &str = "can't look at the source of topics";
        let mut connection = self.connection(WHAT).await?;
        let row: Option<State> = sqlx::query_as(STATE_SQL)
            .bind(world.as_str())
            .fetch_optional(&mut *connection)
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        Ok(
            row.map_or_else(PoolState::default, |(asked_at, refreshed_at, error)| {
                PoolState {
                    asked_at: Some(asked_at),
                    refreshed_at,
                    error,
                }
            }),
        )
    }

    pub(super) async fn write_pool(
        &self,
        world: &Slug,
        topics: &[Topic],
        now: DateTime<Utc>,
        expires_at: DateTime<Utc>,
    ) -> PortResult<()> {
        const WHAT: &str = "can't refresh the pool of topics";
        let mut transaction = self.begin(WHAT).await?;
        let failed = |error: Error| self.failed(WHAT, &error);
        let texts: Vec<&str> = topics.iter().map(|topic| topic.text.as_str()).collect();
        let whole: Vec<String> = topics
            .iter()
            .map(|topic| serde_json::to_string(topic).unwrap_or_default())
            .collect();
        sqlx::query(EXPIRE_SQL)
            .bind(world.as_str())
            .bind(now)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        sqlx::query(ADD_SQL)
            .bind(world.as_str())
            .bind(texts)
            .bind(whole)
            .bind(now)
            .bind(expires_at)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        sqlx::query(DONE_SQL)
            .bind(world.as_str())
            .bind(now)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        transaction.commit().await.map_err(failed)
    }

    pub(super) async fn write_pool_failure(
        &self,
        world: &Slug,
        reason: &str,
        now: DateTime<Utc>,
    ) -> PortResult<()> {
        const WHAT: &str = "can't note that the pool was not refreshed";
        let mut connection = self.connection(WHAT).await?;
        sqlx::query(FAILED_SQL)
            .bind(world.as_str())
            .bind(now)
            .bind(reason)
            .execute(&mut *connection)
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        Ok(())
    }
}
