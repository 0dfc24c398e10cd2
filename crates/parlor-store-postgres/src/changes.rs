//! The log of changes: messages and happenings, in the order of (xact, seq), as far as no running
//! transaction can still add to it.

use crate::pacing::from_micros;
use crate::row::{count, message, message_columns, slug, strange};
use crate::store::PostgresStore;
use async_trait::async_trait;
use parlor_model::{Conversation, Move};
use parlor_ports::PortResult;
use parlor_ports::store::{Change, Changes, Cursor, Happening};
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{Error, Row};
use tokio::sync::watch;

/// Both kinds in one statement, so that both are read up to the same horizon.
const CHANGES_SQL: &str = concat!(
    "SELECT h.xact::text::bigint, h.seq, h.world, h.what, h.conversation, h.carried, h.pace, h.moved, ",
    message_columns!(),
    " FROM (
        (SELECT xact, seq, world, what, conversation, carried, pace, moved, NULL::timestamptz AS created_at,
            NULL::uuid AS conversation_id, NULL::bigint AS position
        FROM happenings
        WHERE (xact, seq) > ($1::text::xid8, $2)
            AND xact < pg_snapshot_xmin(pg_current_snapshot())
        ORDER BY xact, seq LIMIT $3)
        UNION ALL
        (SELECT xact, seq, world, 'said', NULL, 0, NULL, NULL, created_at, conversation_id, position
        FROM messages
        WHERE (xact, seq) > ($1::text::xid8, $2)
            AND xact < pg_snapshot_xmin(pg_current_snapshot())
        ORDER BY xact, seq LIMIT $3)
        ORDER BY xact, seq LIMIT $3
    ) h
    LEFT JOIN messages m ON m.conversation_id = h.conversation_id AND m.position = h.position
        AND m.created_at = h.created_at
    ORDER BY h.xact, h.seq"
);
const CHANGE_MESSAGE: usize = 8;

const LATEST_SQL: &str = "
SELECT xact::text::bigint, seq FROM (
    (SELECT xact, seq FROM messages WHERE xact < pg_snapshot_xmin(pg_current_snapshot())
    ORDER BY xact DESC, seq DESC LIMIT 1)
    UNION ALL
    (SELECT xact, seq FROM happenings WHERE xact < pg_snapshot_xmin(pg_current_snapshot())
    ORDER BY xact DESC, seq DESC LIMIT 1)
) latest ORDER BY latest.xact DESC, latest.seq DESC LIMIT 1";

#[async_trait]
impl Changes for PostgresStore {
    async fn changes(&self, after: Cursor, limit: u32) -> PortResult<Vec<Change>> {
        const WHAT: &str = "can't read the log of changes";
        let mut connection = self.connection(WHAT).await?;
        let rows = sqlx::query(CHANGES_SQL)
            .bind(after.major.to_string())
            .bind(after.minor)
            .bind(i64::from(limit))
            .fetch_all(&mut *connection)
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        let changes: Result<Vec<_>, Error> = rows.iter().map(change).collect();
        changes.map_err(|error| self.failed(WHAT, &error))
    }

    async fn latest_change(&self) -> PortResult<Cursor> {
        const WHAT: &str = "can't read the end of the log of changes";
        let mut connection = self.connection(WHAT).await?;
        let latest: Option<(i64, i64)> = sqlx::query_as(LATEST_SQL)
            .fetch_optional(&mut *connection)
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        Ok(latest.map_or(Cursor::START, |(major, minor)| Cursor { major, minor }))
    }

    fn commits(&self) -> watch::Receiver<u64> {
        self.commits.subscribe()
    }
}

/// Reads what [`CHANGES_SQL`] gives.
fn change(row: &PgRow) -> Result<Change, Error> {
    let what = match row.try_get::<&str, _>(3)? {
        "said" => Happening::Message(message(row, CHANGE_MESSAGE)?),
        "opened" => Happening::Opened(conversation_then(row)?),
        "closed" => Happening::Closed(conversation_then(row)?),
        "paused" => Happening::Paused(true),
        "resumed" => Happening::Paused(false),
        "paced" => {
            let micros: i64 = row.try_get(6)?;
            let pace = from_micros(micros).ok_or_else(|| strange("pace", &micros.to_string()))?;
            Happening::Paced(pace)
        }
        "moved" => {
            let Json(made) = row.try_get::<Json<Move>, _>(7)?;
            Happening::Moved(Box::new(made))
        }
        other => return Err(strange("happening", other)),
    };
    Ok(Change {
        cursor: Cursor {
            major: row.try_get(0)?,
            minor: row.try_get(1)?,
        },
        world: slug(row.try_get(2)?)?,
        what,
    })
}

fn conversation_then(row: &PgRow) -> Result<Conversation, Error> {
    let Json(mut conversation) = row.try_get::<Json<Conversation>, _>(4)?;
    conversation.carried = count(row.try_get(5)?)?;
    Ok(conversation)
}
