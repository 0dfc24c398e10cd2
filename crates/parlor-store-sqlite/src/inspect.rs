//! What operators look into: one message with its way, and how much there is.

use crate::codec::{self, MESSAGE, MESSAGE_AUDIENCE, MESSAGE_COLUMNS, MESSAGE_SEQ, PLACE, Place};
use crate::commit::bytes;
use crate::fault::Result;
use crate::store::SqliteStore;
use async_trait::async_trait;
use parlor_model::{ConversationId, Legs, MessageId, Slug};
use parlor_ports::PortResult;
use parlor_ports::inspect::{Answer, COUNTED_MAX, Inspected, Inspection, NEWEST_SEARCHED, Tally};
use rusqlite::{Connection, OptionalExtension, Params, Row, params};

/// A message by its place; then its legs and the number of its conversation.
pub(crate) fn one_query() -> String {
    format!(
        "SELECT {MESSAGE}, {PLACE}, m.legs, m.conversation FROM messages AS m
         JOIN conversations AS c ON c.seq = m.conversation WHERE m.seq = ?1"
    )
}
const LEGS: usize = MESSAGE_COLUMNS + 3;

/// The place of a message among the newest.
pub(crate) const AMONG_NEWEST: &str = "SELECT seq FROM
     (SELECT seq, id FROM messages WHERE seq < 4611686018427387904 ORDER BY seq DESC LIMIT ?2) WHERE id = ?1";
/// The place of a message in its conversation.
pub(crate) const IN_CONVERSATION: &str = crate::library::PLACE_OF_MESSAGE;
/// The next line after a place in a conversation.
pub(crate) const NEXT: &str = "SELECT created_at, legs FROM messages
     WHERE conversation = ?1 AND seq > ?2 AND kind = 0 ORDER BY seq LIMIT 1";
pub(crate) const COUNT_ACTIVE: &str = "SELECT count(*) FROM (SELECT 1 FROM conversations
     WHERE world = (SELECT id FROM worlds WHERE name = ?1) AND status = 0 LIMIT ?2)";
pub(crate) const COUNT_ALL: &str = "SELECT count(*) FROM (SELECT 1 FROM conversations
     WHERE world = (SELECT id FROM worlds WHERE name = ?1) LIMIT ?2)";

#[async_trait]
impl Inspection for SqliteStore {
    async fn inspect(
        &self,
        id: MessageId,
        within: Option<ConversationId>,
    ) -> PortResult<Option<Inspected>> {
        self.read("look into a message", move |conn| inspect(conn, id, within))
            .await
    }

    async fn tally(&self, worlds: &[Slug]) -> PortResult<Tally> {
        let worlds = worlds.to_vec();
        self.read("count what there is", move |conn| tally(conn, &worlds))
            .await
    }
}

fn inspect(
    conn: &Connection,
    id: MessageId,
    within: Option<ConversationId>,
) -> Result<Option<Inspected>> {
    let place = match within {
        Some(conversation) => {
            let values = params![bytes(&conversation.0), bytes(&id.0)];
            one(conn, IN_CONVERSATION, values, |row| row.get::<_, i64>(0))?
        }
        None => {
            let values = params![bytes(&id.0), NEWEST_SEARCHED];
            one(conn, AMONG_NEWEST, values, |row| row.get::<_, i64>(0))?
        }
    };
    let Some(place) = place else { return Ok(None) };
    let found = one(conn, &one_query(), params![place], |row| {
        let inspected = Inspected {
            message: codec::message(row, Place::read(row, MESSAGE_COLUMNS)?)?,
            audience: codec::names(row, MESSAGE_AUDIENCE)?,
            legs: legs(row, LEGS)?,
            next: None,
        };
        let at: (i64, i64) = (row.get(LEGS + 1)?, row.get(MESSAGE_SEQ)?);
        Ok((inspected, at))
    })?;
    let Some((mut inspected, at)) = found else {
        return Ok(None);
    };
    inspected.next = one(conn, NEXT, at, |row| {
        Ok(Answer {
            created_at: codec::time(row, 0)?,
            legs: legs(row, 1)?,
        })
    })?;
    Ok(Some(inspected))
}

fn one<T>(
    conn: &Connection,
    sql: &str,
    values: impl Params,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Option<T>> {
    let mut statement = conn.prepare_cached(sql)?;
    Ok(statement.query_row(values, read).optional()?)
}

fn legs(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Legs>> {
    Ok(row.get::<_, Option<i64>>(column)?.map(Legs::unpack))
}

fn tally(conn: &Connection, worlds: &[Slug]) -> Result<Tally> {
    let count = |sql: &str, world: &Slug, max: u32| -> Result<u32> {
        let found: Option<u32> = one(conn, sql, params![world.as_str(), max], |row| row.get(0))?;
        Ok(found.unwrap_or(0))
    };
    let mut tally = Tally::default();
    for world in worlds {
        tally.active += count(COUNT_ACTIVE, world, COUNTED_MAX - tally.active)?;
        tally.conversations += count(COUNT_ALL, world, COUNTED_MAX - tally.conversations)?;
    }
    Ok(tally)
}
