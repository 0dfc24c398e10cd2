//! The hot path, read: what the store knows for each event of a batch.

use crate::codec::{
    self, CONVERSATION, CONVERSATION_COLUMNS, MESSAGE, MESSAGE_AUDIENCE, MESSAGE_ID, Place,
};
use crate::commit::{self, Step, bytes};
use crate::fault::Result;
use crate::pacing;
use crate::recall;
use crate::store::SqliteStore;
use async_trait::async_trait;
use parlor_model::{Effects, Message};
use parlor_ports::PortResult;
use parlor_ports::recall::reminder;
use parlor_ports::store::{Outcome, SceneRecord, SceneRequest, StepStore};
use parlor_ports::tails::{Remembered, Tails};
use rusqlite::{CachedStatement, Connection, OptionalExtension, params};
use std::sync::Arc;

/// One conversation, by id.
pub(crate) fn conversation_query() -> String {
    format!(
        "SELECT {CONVERSATION}, w.paused, w.pace FROM conversations AS c JOIN worlds AS w ON w.id = c.world
         WHERE c.id = ?1"
    )
}

/// How far one has come, by id.
pub(crate) const STANDING: &str = "SELECT c.status, c.exchanges, c.carried, c.asides, c.ended_at, \
     w.paused, w.pace FROM conversations AS c JOIN worlds AS w ON w.id = c.world WHERE c.id = ?1";

/// Its messages, newest first; read only as far as needed.
pub(crate) fn newest_query() -> String {
    format!("SELECT {MESSAGE} FROM messages AS m WHERE m.conversation = ?1 ORDER BY m.seq DESC")
}

#[async_trait]
impl StepStore for SqliteStore {
    async fn scenes(&self, requests: &[SceneRequest]) -> PortResult<Vec<Option<SceneRecord>>> {
        if requests.is_empty() {
            return Ok(Vec::new());
        }
        let (requests, tails) = (requests.to_vec(), Arc::clone(&self.tails));
        self.read("load scenes", move |conn| scenes(conn, &tails, &requests))
            .await
    }

    async fn commit(&self, steps: Vec<Effects>) -> PortResult<Vec<Outcome>> {
        const DOING: &str = "commit";
        if steps.is_empty() {
            return Ok(Vec::new());
        }
        let steps: Vec<_> = steps
            .into_iter()
            .map(Step::encode)
            .collect::<Result<_>>()
            .map_err(|fault| fault.at(DOING))?;
        let steps = Arc::new(steps);
        let writing = Arc::clone(&steps);
        let written = self
            .write(DOING, move |tx| commit::commit(tx, &writing))
            .await?;
        written.note(&steps, &self.tails);
        Ok(written.outcomes)
    }
}

fn scenes(
    conn: &Connection,
    tails: &Tails,
    requests: &[SceneRequest],
) -> Result<Vec<Option<SceneRecord>>> {
    let mut standing = conn.prepare_cached(STANDING)?;
    let mut conversation = conn.prepare_cached(&conversation_query())?;
    let mut newest = conn.prepare_cached(&newest_query())?;
    requests
        .iter()
        .map(|request| {
            let remembered = tails.recall(request);
            let mut record = match remembered {
                Some(remembered) => from_memory(&mut standing, remembered)?,
                None => None,
            };
            if record.is_none() {
                record = scene(&mut conversation, &mut newest, tails, request)?;
            }
            if let Some(record) = &mut record
                && let Some(reminder) = reminder(request, record)
            {
                record.recalled = recall::remind(conn, &reminder)?;
            }
            Ok(record)
        })
        .collect()
}

/// The scene that this process remembers, unless somebody else has said something since.
fn from_memory(
    standing: &mut CachedStatement<'_>,
    remembered: Remembered,
) -> Result<Option<SceneRecord>> {
    let mut conversation = remembered.conversation;
    let found = standing.query_row(params![bytes(&conversation.id.0)], |row| {
        let closed = row.get::<_, i64>(0)? == codec::CLOSED;
        let (exchanges, carried): (u32, u32) = (row.get(1)?, row.get(2)?);
        let messages = commit::position(exchanges, carried, row.get(3)?);
        let ended_at = codec::optional_time(row, 4)?;
        let standing = (row.get(5)?, pacing::pace(row, 6)?);
        Ok((closed, exchanges, messages, ended_at, standing))
    });
    let Some((closed, exchanges, messages, ended_at, (paused, pace))) = found.optional()? else {
        return Ok(None);
    };
    if messages != remembered.position {
        return Ok(None);
    }
    conversation.status = codec::status_of(closed);
    conversation.exchanges = exchanges;
    conversation.ended_at = ended_at;
    Ok(Some(SceneRecord {
        conversation,
        message: remembered.message,
        memory: remembered.memory,
        recalled: Vec::new(),
        paused,
        pace,
    }))
}

fn scene(
    conversation: &mut CachedStatement<'_>,
    newest: &mut CachedStatement<'_>,
    tails: &Tails,
    request: &SceneRequest,
) -> Result<Option<SceneRecord>> {
    let found = conversation.query_row(params![bytes(&request.conversation.0)], |row| {
        let paused: bool = row.get(CONVERSATION_COLUMNS)?;
        let pace = pacing::pace(row, CONVERSATION_COLUMNS + 1)?;
        let standing = (paused, pace);
        Ok((
            row.get::<_, i64>(0)?,
            codec::conversation(row, 0)?,
            standing,
        ))
    });
    let Some((seq, conversation, (paused, pace))) = found.optional()? else {
        return Ok(None);
    };
    if conversation.lines() == 0 && request.message.is_none() {
        tails.begin(&conversation);
    }
    let place = Place::of(&conversation);
    let (message, memory) = match remember(newest, seq, place, request, true)? {
        (None, _) if request.message.is_some() => remember(newest, seq, place, request, false)?,
        seen => seen,
    };
    Ok(Some(SceneRecord {
        conversation,
        message,
        memory,
        recalled: Vec::new(),
        paused,
        pace,
    }))
}

/// Goes from the newest message back to the one asked about (where `to_message`), then on until
/// the memory is full. What the event is about is nearly always the newest but a few.
fn remember(
    newest: &mut CachedStatement<'_>,
    seq: i64,
    place: Place,
    request: &SceneRequest,
    to_message: bool,
) -> Result<(Option<Message>, Vec<Message>)> {
    let window = usize::try_from(request.window).unwrap_or(usize::MAX);
    let wanted = request.message.filter(|_| to_message);
    let (mut message, mut memory) = (None, Vec::new());
    let mut rows = newest.query(params![seq])?;
    while memory.len() < window || (wanted.is_some() && message.is_none()) {
        let Some(row) = rows.next()? else { break };
        let is_wanted = match wanted {
            Some(id) if message.is_none() => {
                if codec::uuid(row, MESSAGE_ID)? != id.0 {
                    continue;
                }
                true
            }
            _ => false,
        };
        let heard = memory.len() < window
            && codec::holds(codec::text(row, MESSAGE_AUDIENCE)?, &request.viewer);
        if is_wanted {
            message = Some(codec::message(row, place)?);
        }
        if heard {
            memory.push(codec::message(row, place)?);
        }
    }
    memory.reverse();
    Ok((message, memory))
}
