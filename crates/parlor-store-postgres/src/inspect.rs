//! What operators look into: one message with its way, and how much there is.

use crate::row::{message, message_columns};
use crate::store::PostgresStore;
use async_trait::async_trait;
use parlor_model::{ConversationId, Legs, MessageId, Slug};
use parlor_ports::PortResult;
use parlor_ports::inspect::{Answer, COUNTED_MAX, Inspected, Inspection, NEWEST_SEARCHED, Tally};
use sqlx::postgres::{PgBindIterExt, PgConnection, PgRow};
use sqlx::{Error, Row};
use uuid::Uuid;

/// The conversation of a message among the newest of each world.
const AMONG_NEWEST_SQL: &str = "
SELECT n.conversation_id FROM (
    SELECT id, conversation_id FROM messages WHERE xact IS NOT NULL ORDER BY xact DESC, seq DESC LIMIT $2
) n WHERE n.id = $1 LIMIT 1";

const ONE_SQL: &str = concat!(
    "SELECT m.audience, m.legs, m.position, ",
    message_columns!(),
    " FROM messages m WHERE m.conversation_id = $1 AND m.id = $2
        AND m.created_at >= (SELECT messages_since FROM conversations WHERE id = $1)
        AND m.created_at <= (SELECT messages_until FROM conversations WHERE id = $1)
    ORDER BY m.position DESC LIMIT 1"
);
const ONE_MESSAGE: usize = 3;

/// The next line after a position.
const NEXT_SQL: &str = "
SELECT created_at, legs FROM messages
WHERE conversation_id = $1 AND position > $2 AND kind = 'line'
    AND created_at >= (SELECT messages_since FROM conversations WHERE id = $1)
    AND created_at <= (SELECT messages_until FROM conversations WHERE id = $1)
ORDER BY position LIMIT 1";

/// $1 worlds, $2 the bound of each count.
const TALLY_SQL: &str = "
SELECT
    (SELECT count(*) FROM (SELECT FROM conversations
        WHERE world = ANY ($1) AND status = 'ACTIVE' LIMIT $2) a),
    (SELECT count(*) FROM (SELECT FROM conversations WHERE world = ANY ($1) LIMIT $2) c)";

#[async_trait]
impl Inspection for PostgresStore {
    async fn inspect(
        &self,
        id: MessageId,
        within: Option<ConversationId>,
    ) -> PortResult<Option<Inspected>> {
        const WHAT: &str = "can't look into a message";
        let mut connection = self.connection(WHAT).await?;
        look_into(&mut connection, id, within)
            .await
            .map_err(|error| self.failed(WHAT, &error))
    }

    async fn tally(&self, worlds: &[Slug]) -> PortResult<Tally> {
        const WHAT: &str = "can't count what there is";
        let mut connection = self.connection(WHAT).await?;
        let counts: (i64, i64) = sqlx::query_as(TALLY_SQL)
            .bind(worlds.iter().map(Slug::as_str).bind_iter())
            .bind(i64::from(COUNTED_MAX))
            .fetch_one(&mut *connection)
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        let count = |n: i64| u32::try_from(n).unwrap_or(COUNTED_MAX);
        Ok(Tally {
            active: count(counts.0),
            conversations: count(counts.1),
        })
    }
}

async fn look_into(
    connection: &mut PgConnection,
    id: MessageId,
    within: Option<ConversationId>,
) -> Result<Option<Inspected>, Error> {
    let conversation = match within {
        Some(conversation) => Some(conversation.0),
        None => {
            sqlx::query_scalar::<_, Uuid>(AMONG_NEWEST_SQL)
                .bind(id.0)
                .bind(i64::from(NEWEST_SEARCHED))
                .fetch_optional(&mut *connection)
                .await?
        }
    };
    let Some(conversation) = conversation else {
        return Ok(None);
    };
    let row = sqlx::query(ONE_SQL)
        .bind(conversation)
        .bind(id.0)
        .fetch_optional(&mut *connection)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let next = sqlx::query(NEXT_SQL)
        .bind(conversation)
        .bind(row.try_get::<i64, _>(2)?)
        .fetch_optional(connection)
        .await?;
    Ok(Some(Inspected {
        message: message(&row, ONE_MESSAGE)?,
        audience: row.try_get(0)?,
        legs: legs(&row, 1)?,
        next: next.as_ref().map(answer).transpose()?,
    }))
}

fn answer(row: &PgRow) -> Result<Answer, Error> {
    Ok(Answer {
        created_at: row.try_get(0)?,
        legs: legs(row, 1)?,
    })
}

fn legs(row: &PgRow, column: usize) -> Result<Option<Legs>, Error> {
    Ok(row.try_get::<Option<i64>, _>(column)?.map(Legs::unpack))
}
