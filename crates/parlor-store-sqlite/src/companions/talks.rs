//! Conversations as their owner sees them.

use super::rows::{bytes, json, named};
use crate::codec::{self, CONVERSATION, CONVERSATION_COLUMNS, MESSAGE, Place, message};
use crate::fault::Result;
use crate::writer::find_world;
use parlor_model::{AccountId, ConversationId, Slug};
use parlor_ports::companions::{MoodPoint, TalkDetails, TalkParticipant, TalkRecord, UNREAD_MAX};
use parlor_ports::store::{Cursor, Page};
use rusqlite::{Connection, OptionalExtension, Row, params};

pub(crate) const READ: &str = "UPDATE conversations SET read_at = ifnull(read_at, ?3) \
     WHERE id = ?1 AND owner = ?2";
pub(crate) const UNREAD: &str = "SELECT count(*) FROM (SELECT read_at FROM conversations \
     WHERE owner = ?1 AND world = ?2 ORDER BY created_at DESC, seq DESC LIMIT ?3) \
     WHERE read_at IS NULL";
pub(crate) const MOODS: &str = "SELECT c.created_at, p.companion, p.mood_after \
     FROM conversations AS c CROSS JOIN conversation_participants AS p ON p.conversation = c.seq \
     WHERE c.owner = ?1 AND c.world = ?2 AND c.created_at >= ?3 \
     ORDER BY c.created_at, c.seq, p.place";
const PARTICIPANTS: &str = "SELECT companion, character, name, opinion, mood_before, mood_after \
     FROM conversation_participants WHERE conversation = ?1 ORDER BY place";

/// ?1 owner, ?2 world, ?3 and ?4 the last of the page before.
pub(crate) fn talks_query() -> String {
    format!(
        "SELECT {CONVERSATION}, c.details, c.read_at FROM conversations AS c
         CROSS JOIN worlds AS w ON w.id = c.world
         WHERE c.owner = ?1 AND c.world = ?2 AND c.created_at <= ?3
            AND (c.created_at < ?3 OR c.seq < ?4)
         ORDER BY c.created_at DESC, c.seq DESC LIMIT ?5"
    )
}

pub(super) fn list(
    conn: &Connection,
    world: &Slug,
    owner: AccountId,
    after: Option<Cursor>,
    limit: u32,
) -> Result<Page<TalkRecord>> {
    let last = after.unwrap_or(Cursor {
        major: i64::MAX,
        minor: i64::MAX,
    });
    let Some(world) = find_world(conn, world.as_str())? else {
        return Ok(Page {
            items: Vec::new(),
            next: None,
        });
    };
    let mut talks = conn.prepare_cached(&talks_query())?;
    let limits = params![bytes(owner.0), world, last.major, last.minor, limit + 1];
    let mut found: Vec<(i64, TalkRecord)> = talks
        .query_map(limits, record)?
        .collect::<rusqlite::Result<_>>()?;
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let next = found.last().filter(|_| more).map(|(seq, record)| Cursor {
        major: codec::micros(record.conversation.created_at),
        minor: *seq,
    });
    let items = found
        .into_iter()
        .map(|(seq, record)| whole(conn, seq, record));
    Ok(Page {
        items: items.collect::<Result<_>>()?,
        next,
    })
}

pub(super) fn find(
    conn: &Connection,
    owner: AccountId,
    id: ConversationId,
) -> Result<Option<TalkRecord>> {
    let sql = format!(
        "SELECT {CONVERSATION}, c.details, c.read_at FROM conversations AS c
         CROSS JOIN worlds AS w ON w.id = c.world WHERE c.id = ?1 AND c.owner = ?2"
    );
    let found = conn
        .prepare_cached(&sql)?
        .query_row(params![bytes(id.0), bytes(owner.0)], record)
        .optional()?;
    found
        .map(|(seq, record)| whole(conn, seq, record))
        .transpose()
}

pub(super) fn mark_read(
    conn: &Connection,
    owner: AccountId,
    id: ConversationId,
    now: i64,
) -> Result<bool> {
    let changed = conn
        .prepare_cached(READ)?
        .execute(params![bytes(id.0), bytes(owner.0), now])?;
    Ok(changed > 0)
}

pub(super) fn unread(conn: &Connection, world: &Slug, owner: AccountId) -> Result<u32> {
    let Some(world) = find_world(conn, world.as_str())? else {
        return Ok(0);
    };
    let limits = params![bytes(owner.0), world, UNREAD_MAX];
    Ok(conn
        .prepare_cached(UNREAD)?
        .query_row(limits, |row| row.get(0))?)
}

pub(super) fn moods(
    conn: &Connection,
    world: &Slug,
    owner: AccountId,
    since: i64,
) -> Result<Vec<MoodPoint>> {
    let Some(world) = find_world(conn, world.as_str())? else {
        return Ok(Vec::new());
    };
    let mut moods = conn.prepare_cached(MOODS)?;
    let points = moods.query_map(params![bytes(owner.0), world, since], |row| {
        Ok(MoodPoint {
            at: codec::time(row, 0)?,
            companion: codec::uuid(row, 1)?,
            mood: named(row, 2)?,
        })
    })?;
    Ok(points.collect::<rusqlite::Result<_>>()?)
}

/// Without lines and participants.
fn record(row: &Row<'_>) -> rusqlite::Result<(i64, TalkRecord)> {
    let details = match row.get_ref(CONVERSATION_COLUMNS)? {
        rusqlite::types::ValueRef::Null => TalkDetails {
            about: "topic".to_owned(),
            conflict: false,
            coins: 0,
        },
        _ => json(row, CONVERSATION_COLUMNS)?,
    };
    let record = TalkRecord {
        conversation: codec::conversation(row, 0)?,
        details,
        read_at: codec::optional_time(row, CONVERSATION_COLUMNS + 1)?,
        participants: Vec::new(),
        messages: Vec::new(),
    };
    Ok((row.get(0)?, record))
}

fn whole(conn: &Connection, seq: i64, mut record: TalkRecord) -> Result<TalkRecord> {
    let mut participants = conn.prepare_cached(PARTICIPANTS)?;
    record.participants = participants
        .query_map(params![seq], |row| {
            Ok(TalkParticipant {
                companion: codec::uuid(row, 0)?,
                character: codec::slug(row, 1)?,
                name: row.get(2)?,
                opinion: row.get(3)?,
                before: named(row, 4)?,
                after: named(row, 5)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    let place = Place::of(&record.conversation);
    let sql =
        format!("SELECT {MESSAGE} FROM messages AS m WHERE m.conversation = ?1 ORDER BY m.seq");
    let mut messages = conn.prepare_cached(&sql)?;
    record.messages = messages
        .query_map(params![seq], |row| message(row, place))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(record)
}
