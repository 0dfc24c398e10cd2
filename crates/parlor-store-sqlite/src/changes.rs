//! The log of changes: messages and happenings in one sequence.

use crate::codec::{
    self, CONVERSATION, CONVERSATION_COLUMNS, MESSAGE, MESSAGE_COLUMNS, PLACE, Place,
};
use crate::commit::{CLOSED, MOVED, OPENED, PAUSED};
use crate::fault::Result;
use crate::pacing;
use crate::store::SqliteStore;
use crate::writer::{FIRST_BULK, latest_change};
use async_trait::async_trait;
use parlor_model::{ConversationStatus, Slug};
use parlor_ports::PortResult;
use parlor_ports::store::{Change, Changes, Cursor, Happening};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, params};
use tokio::sync::watch;

/// Messages after a place. CROSS JOIN: messages first, in their order.
pub(crate) fn messages_query() -> String {
    format!(
        "SELECT {MESSAGE}, {PLACE}, w.name FROM messages AS m
         CROSS JOIN conversations AS c ON c.seq = m.conversation
         CROSS JOIN worlds AS w ON w.id = m.world
         WHERE m.seq > ?1 AND m.seq < {FIRST_BULK} ORDER BY m.seq LIMIT ?2"
    )
}

/// Happenings after a place; without a conversation the world's name is in its column all the same.
pub(crate) fn happenings_query() -> String {
    format!(
        "SELECT {CONVERSATION}, h.seq, h.kind, h.exchanges, h.pace, h.moved FROM happenings AS h
         CROSS JOIN worlds AS w ON w.id = h.world
         LEFT JOIN conversations AS c ON c.seq = h.conversation
         WHERE h.seq > ?1 ORDER BY h.seq LIMIT ?2"
    )
}

#[async_trait]
impl Changes for SqliteStore {
    async fn changes(&self, after: Cursor, limit: u32) -> PortResult<Vec<Change>> {
        self.read("read changes", move |conn| {
            changes(conn, after.major, limit)
        })
        .await
    }

    async fn latest_change(&self) -> PortResult<Cursor> {
        self.read("read the latest change", |conn| {
            Ok(cursor(latest_change(conn)?))
        })
        .await
    }

    fn commits(&self) -> watch::Receiver<u64> {
        self.writer.commits()
    }
}

/// Both queries run in one view, so that neither holds something later than the other's end.
fn changes(conn: &Connection, after: i64, limit: u32) -> Result<Vec<Change>> {
    let mut changes = Vec::new();
    let mut said = conn.prepare_cached(&messages_query())?;
    for change in said.query_map(params![after, limit], message)? {
        changes.push(change?);
    }
    let mut happened = conn.prepare_cached(&happenings_query())?;
    for change in happened.query_map(params![after, limit], happening)? {
        changes.push(change?);
    }
    changes.sort_unstable_by_key(|change| change.cursor);
    changes.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(changes)
}

fn cursor(seq: i64) -> Cursor {
    Cursor {
        major: seq,
        minor: 0,
    }
}

fn message(row: &Row<'_>) -> rusqlite::Result<Change> {
    Ok(Change {
        cursor: cursor(row.get(codec::MESSAGE_SEQ)?),
        world: codec::slug(row, MESSAGE_COLUMNS + 3)?,
        what: Happening::Message(codec::message(row, Place::read(row, MESSAGE_COLUMNS)?)?),
    })
}

fn happening(row: &Row<'_>) -> rusqlite::Result<Change> {
    let kind: i64 = row.get(CONVERSATION_COLUMNS + 1)?;
    let world: Slug = codec::slug(row, 2)?;
    let what = if kind == MOVED {
        Happening::Moved(Box::new(codec::read_move(row, CONVERSATION_COLUMNS + 4)?))
    } else if matches!(row.get_ref(0)?, ValueRef::Null) {
        match pacing::pace(row, CONVERSATION_COLUMNS + 3)? {
            Some(pace) => Happening::Paced(pace),
            None => Happening::Paused(kind == PAUSED),
        }
    } else {
        let mut conversation = codec::conversation(row, 0)?;
        conversation.exchanges = row.get(CONVERSATION_COLUMNS + 2)?;
        match kind {
            OPENED => {
                conversation.status = ConversationStatus::Active;
                conversation.ended_at = None;
                Happening::Opened(conversation)
            }
            CLOSED => Happening::Closed(conversation),
            other => {
                return Err(rusqlite::Error::IntegralValueOutOfRange(
                    CONVERSATION_COLUMNS + 1,
                    other,
                ));
            }
        }
    };
    Ok(Change {
        cursor: cursor(row.get(CONVERSATION_COLUMNS)?),
        world,
        what,
    })
}
