//! How the words of Parlor are written in columns: kinds as small numbers, times as microseconds,
//! lists of names as lines.

use crate::fault::{Fault, Result};
use chrono::{DateTime, Utc};
use parlor_model::{
    Again, Conversation, ConversationId, ConversationKind, ConversationStatus, EventBody, Message,
    MessageId, MessageKind, Move, MoveState, MovedBy, Slug, SpeakerRole,
};
use rusqlite::types::Type;
use rusqlite::{Error, Row};
use uuid::Uuid;

/// Between names. The check of world files keeps it out of them.
const SEPARATOR: char = '\n';

/// What the closed status is in `conversations.status` (0 is active: the partial index says so).
pub(crate) const CLOSED: i64 = 1;
/// What a line is in `messages.kind`; the partial index holds the rest.
pub(crate) const LINE: i64 = 0;
/// What an aside is there.
pub(crate) const ASIDE: i64 = 1;

/// Names as one text. Nobody is the empty text.
///
/// # Errors
/// A name that is empty or holds a line feed would come back as other names.
pub(crate) fn join(names: &[String]) -> Result<String> {
    let mut text = String::with_capacity(names.iter().map(|name| name.len() + 1).sum());
    for name in names {
        if name.is_empty() || name.contains(SEPARATOR) {
            return Err(Fault::Refused(format!(
                "{name:?} can't be stored as a name: it needs one line with something in it"
            )));
        }
        if !text.is_empty() {
            text.push(SEPARATOR);
        }
        text.push_str(name);
    }
    Ok(text)
}

fn split(text: &str) -> Vec<String> {
    if text.is_empty() {
        Vec::new()
    } else {
        text.split(SEPARATOR).map(str::to_owned).collect()
    }
}

/// True when `name` is one of the joined names.
pub(crate) fn holds(names: &str, name: &str) -> bool {
    !names.is_empty() && names.split(SEPARATOR).any(|one| one == name)
}

/// Microseconds since 1970.
pub(crate) fn micros(time: DateTime<Utc>) -> i64 {
    time.timestamp_micros()
}

pub(crate) fn conversation_kind(kind: ConversationKind) -> i64 {
    match kind {
        ConversationKind::Duet => 0,
        ConversationKind::Side => 1,
        ConversationKind::Group => 2,
        ConversationKind::Scene => 3,
        ConversationKind::Feed => 4,
        ConversationKind::Session => 5,
    }
}

pub(crate) fn status(status: ConversationStatus) -> i64 {
    match status {
        ConversationStatus::Active => 0,
        ConversationStatus::Closed => CLOSED,
    }
}

pub(crate) fn message_kind(kind: MessageKind) -> i64 {
    match kind {
        MessageKind::Line => LINE,
        MessageKind::Aside => ASIDE,
        MessageKind::Scene => 2,
    }
}

pub(crate) fn role(role: SpeakerRole) -> i64 {
    match role {
        SpeakerRole::Ai => 0,
        SpeakerRole::User => 1,
    }
}

pub(crate) fn body_kind(body: &EventBody) -> i64 {
    match body {
        EventBody::Opening(_) => 0,
        EventBody::Said(_) => 1,
        EventBody::Overheard(_) => 2,
        EventBody::Again(_) => 3,
        EventBody::Wrote(_) => 4,
        EventBody::Answered(_) => 5,
        EventBody::Arrival(_) => 6,
    }
}

/// The body of an envelope from its kind and JSON.
pub(crate) fn body(row: &Row<'_>, kind: usize, data: usize) -> rusqlite::Result<EventBody> {
    let json = text(row, data)?;
    let bad = |error| Error::FromSqlConversionFailure(data, Type::Text, Box::new(error));
    match row.get(kind)? {
        0 => serde_json::from_str(json)
            .map(EventBody::Opening)
            .map_err(bad),
        1 => serde_json::from_str(json).map(EventBody::Said).map_err(bad),
        2 => serde_json::from_str(json)
            .map(EventBody::Overheard)
            .map_err(bad),
        3 => Again::from_json(json.as_bytes())
            .map(|again| EventBody::Again(Box::new(again)))
            .map_err(bad),
        4 => serde_json::from_str(json)
            .map(EventBody::Wrote)
            .map_err(bad),
        5 => serde_json::from_str(json)
            .map(EventBody::Answered)
            .map_err(bad),
        6 => serde_json::from_str(json)
            .map(|made| EventBody::Arrival(Box::new(made)))
            .map_err(bad),
        other => Err(Error::IntegralValueOutOfRange(kind, other)),
    }
}

pub(crate) fn moved_by(by: MovedBy) -> i64 {
    match by {
        MovedBy::Start => 0,
        MovedBy::Script => 1,
        MovedBy::Model => 2,
        MovedBy::Hand => 3,
    }
}

pub(crate) fn read_moved_by(row: &Row<'_>, column: usize) -> rusqlite::Result<MovedBy> {
    Ok(match row.get(column)? {
        0 => MovedBy::Start,
        1 => MovedBy::Script,
        2 => MovedBy::Model,
        3 => MovedBy::Hand,
        other => return Err(Error::IntegralValueOutOfRange(column, other)),
    })
}

pub(crate) fn move_state(state: MoveState) -> i64 {
    match state {
        MoveState::Sent => 0,
        MoveState::Arrived => 1,
    }
}

pub(crate) fn read_move_state(row: &Row<'_>, column: usize) -> rusqlite::Result<MoveState> {
    Ok(match row.get(column)? {
        0 => MoveState::Sent,
        1 => MoveState::Arrived,
        other => return Err(Error::IntegralValueOutOfRange(column, other)),
    })
}

/// A move, kept as JSON.
pub(crate) fn read_move(row: &Row<'_>, column: usize) -> rusqlite::Result<Move> {
    let bad = |error| Error::FromSqlConversionFailure(column, Type::Text, Box::new(error));
    serde_json::from_str(text(row, column)?).map_err(bad)
}

/// A text, borrowed from the row.
pub(crate) fn text<'a>(row: &'a Row<'_>, column: usize) -> rusqlite::Result<&'a str> {
    let value = row.get_ref(column)?;
    value
        .as_str()
        .map_err(|error| Error::FromSqlConversionFailure(column, Type::Text, Box::new(error)))
}

/// A list of names.
pub(crate) fn names(row: &Row<'_>, column: usize) -> rusqlite::Result<Vec<String>> {
    Ok(split(text(row, column)?))
}

/// A slug.
pub(crate) fn slug(row: &Row<'_>, column: usize) -> rusqlite::Result<Slug> {
    Slug::new(text(row, column)?)
        .map_err(|error| Error::FromSqlConversionFailure(column, Type::Text, Box::new(error)))
}

/// A UUID.
pub(crate) fn uuid(row: &Row<'_>, column: usize) -> rusqlite::Result<Uuid> {
    row.get(column).map(Uuid::from_bytes)
}

pub(crate) fn optional_uuid(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Uuid>> {
    Ok(row
        .get::<_, Option<[u8; 16]>>(column)?
        .map(Uuid::from_bytes))
}

/// A time.
pub(crate) fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<DateTime<Utc>> {
    let micros = row.get(column)?;
    DateTime::from_timestamp_micros(micros).ok_or(Error::IntegralValueOutOfRange(column, micros))
}

/// A time, or `NULL`.
pub(crate) fn optional_time(
    row: &Row<'_>,
    column: usize,
) -> rusqlite::Result<Option<DateTime<Utc>>> {
    match row.get_ref(column)? {
        rusqlite::types::ValueRef::Null => Ok(None),
        _ => time(row, column).map(Some),
    }
}

/// The status of a conversation.
pub(crate) fn status_of(closed: bool) -> ConversationStatus {
    if closed {
        ConversationStatus::Closed
    } else {
        ConversationStatus::Active
    }
}

fn kind_of_conversation(row: &Row<'_>, column: usize) -> rusqlite::Result<ConversationKind> {
    match row.get(column)? {
        0 => Ok(ConversationKind::Duet),
        1 => Ok(ConversationKind::Side),
        2 => Ok(ConversationKind::Group),
        3 => Ok(ConversationKind::Scene),
        4 => Ok(ConversationKind::Feed),
        5 => Ok(ConversationKind::Session),
        other => Err(Error::IntegralValueOutOfRange(column, other)),
    }
}

/// The columns that [`conversation`] reads, of `conversations AS c JOIN worlds AS w`.
pub(crate) const CONVERSATION: &str = "c.seq, c.id, w.name, c.kind, c.parent, c.status, \
     c.participants, c.topic, c.exchanges, c.carried, c.created_at, c.ended_at";
/// How many they are.
pub(crate) const CONVERSATION_COLUMNS: usize = 12;

/// A conversation from the columns [`CONVERSATION`], `at` being the first of them.
pub(crate) fn conversation(row: &Row<'_>, at: usize) -> rusqlite::Result<Conversation> {
    let closed = row.get::<_, i64>(at + 5)? == CLOSED;
    Ok(Conversation {
        id: ConversationId(uuid(row, at + 1)?),
        world: slug(row, at + 2)?,
        kind: kind_of_conversation(row, at + 3)?,
        parent_id: optional_uuid(row, at + 4)?.map(ConversationId),
        status: status_of(closed),
        participants: names(row, at + 6)?,
        topic: row.get(at + 7)?,
        exchanges: row.get(at + 8)?,
        carried: row.get(at + 9)?,
        created_at: time(row, at + 10)?,
        ended_at: optional_time(row, at + 11)?,
    })
}

/// What a message has from its conversation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) conversation: ConversationId,
    pub(crate) parent: Option<ConversationId>,
    pub(crate) kind: ConversationKind,
}

impl Place {
    pub(crate) fn of(conversation: &Conversation) -> Self {
        Self {
            conversation: conversation.id,
            parent: conversation.parent_id,
            kind: conversation.kind,
        }
    }

    /// From the columns [`PLACE`], `at` being the first of them.
    pub(crate) fn read(row: &Row<'_>, at: usize) -> rusqlite::Result<Self> {
        Ok(Self {
            conversation: ConversationId(uuid(row, at)?),
            parent: optional_uuid(row, at + 1)?.map(ConversationId),
            kind: kind_of_conversation(row, at + 2)?,
        })
    }
}

/// The columns that [`Place::read`] reads, of `conversations AS c`.
pub(crate) const PLACE: &str = "c.id, c.parent, c.kind";

/// The columns that [`message`] reads, of `messages AS m`, always first in a row. [`MESSAGE_SEQ`],
/// [`MESSAGE_ID`] and [`MESSAGE_AUDIENCE`] say which of them is which.
pub(crate) const MESSAGE: &str = "m.seq, m.id, m.audience, m.ord, m.kind, m.role, m.fallback, \
     m.sentiment, m.created_at, m.speaker, m.addressees, m.heard_from, m.text";
pub(crate) const MESSAGE_SEQ: usize = 0;
pub(crate) const MESSAGE_ID: usize = 1;
pub(crate) const MESSAGE_AUDIENCE: usize = 2;
/// How many they are.
pub(crate) const MESSAGE_COLUMNS: usize = 13;

/// A message from the columns [`MESSAGE`].
pub(crate) fn message(row: &Row<'_>, place: Place) -> rusqlite::Result<Message> {
    Ok(Message {
        id: MessageId(uuid(row, MESSAGE_ID)?),
        conversation_id: place.conversation,
        parent_id: place.parent,
        conversation_kind: place.kind,
        order: row.get(3)?,
        kind: match row.get(4)? {
            LINE => MessageKind::Line,
            ASIDE => MessageKind::Aside,
            2 => MessageKind::Scene,
            other => return Err(Error::IntegralValueOutOfRange(4, other)),
        },
        role: match row.get(5)? {
            0 => SpeakerRole::Ai,
            1 => SpeakerRole::User,
            other => return Err(Error::IntegralValueOutOfRange(5, other)),
        },
        fallback: row.get(6)?,
        sentiment: row.get(7)?,
        created_at: time(row, 8)?,
        from: row.get(9)?,
        to: names(row, 10)?,
        heard_from: names(row, 11)?,
        text: row.get(12)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_being_joined() {
        for list in [vec![], vec!["Ross"], vec!["Joe, \"Ann\"", "张伟", "a b"]] {
            let names: Vec<String> = list.into_iter().map(str::to_owned).collect();
            assert_eq!(split(&join(&names).unwrap()), names);
        }
    }

    #[test]
    fn a_name_that_would_come_back_as_others_is_refused() {
        for bad in ["", "Ross\nRachel"] {
            let error = join(&[bad.to_owned()]).unwrap_err().at("commit");
            assert!(
                !error.is_retryable() && error.to_string().contains("one line"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_name_within_a_name_is_somebody_else() {
        assert!(holds("Ann\nAnna", "Anna") && holds("Anna\nAnn", "Ann"));
        assert!(!holds("Anna", "Ann") && !holds("", "") && !holds("Ann", ""));
    }
}
