//! Rows to model types and back.

use chrono::{DateTime, Utc};
use parlor_model::{
    Conversation, ConversationId, ConversationKind, ConversationStatus, Message, MessageId,
    MessageKind, Slug, SpeakerRole,
};
use sqlx::postgres::PgRow;
use sqlx::{Error, Row};

/// The columns of a conversation in the order that [`conversation`] reads them; the table is `c`.
macro_rules! conversation_columns {
    () => {
        "c.id, c.world, c.kind, c.parent_id, c.status, c.participants, c.topic, c.exchanges, \
         c.carried, c.created_at, c.ended_at"
    };
}
/// How many those are.
pub(crate) const CONVERSATION_COLUMNS: usize = 11;

/// The columns of a message in the order that [`message`] reads them; the table is `m`.
macro_rules! message_columns {
    () => {
        "m.id, m.conversation_id, m.parent_id, m.conversation_kind, m.line_order, m.sender, \
         m.recipients, m.body, m.kind, m.role, m.sentiment, m.heard_from, m.fallback, m.created_at"
    };
}
pub(crate) use {conversation_columns, message_columns};

/// Reads a conversation from the columns that begin at `at`.
pub(crate) fn conversation(row: &PgRow, at: usize) -> Result<Conversation, Error> {
    Ok(Conversation {
        id: ConversationId(row.try_get(at)?),
        world: slug(row.try_get(at + 1)?)?,
        kind: conversation_kind(row.try_get(at + 2)?)?,
        parent_id: row.try_get::<Option<_>, _>(at + 3)?.map(ConversationId),
        status: conversation_status(row.try_get(at + 4)?)?,
        participants: row.try_get(at + 5)?,
        topic: row.try_get(at + 6)?,
        exchanges: count(row.try_get(at + 7)?)?,
        carried: count(row.try_get(at + 8)?)?,
        created_at: row.try_get(at + 9)?,
        ended_at: row.try_get(at + 10)?,
    })
}

/// Reads a message from the columns that begin at `at`.
pub(crate) fn message(row: &PgRow, at: usize) -> Result<Message, Error> {
    Ok(Message {
        id: MessageId(row.try_get(at)?),
        conversation_id: ConversationId(row.try_get(at + 1)?),
        parent_id: row.try_get::<Option<_>, _>(at + 2)?.map(ConversationId),
        conversation_kind: conversation_kind(row.try_get(at + 3)?)?,
        order: count(row.try_get(at + 4)?)?,
        from: row.try_get(at + 5)?,
        to: row.try_get(at + 6)?,
        text: row.try_get(at + 7)?,
        kind: message_kind(row.try_get(at + 8)?)?,
        role: speaker_role(row.try_get(at + 9)?)?,
        sentiment: row.try_get(at + 10)?,
        heard_from: row.try_get(at + 11)?,
        fallback: row.try_get(at + 12)?,
        created_at: row.try_get::<DateTime<Utc>, _>(at + 13)?,
    })
}

/// A count that the schema keeps as `bigint`.
pub(crate) fn count(number: i64) -> Result<u32, Error> {
    u32::try_from(number).map_err(|_| strange("count", &number.to_string()))
}

pub(crate) fn slug(text: &str) -> Result<Slug, Error> {
    Slug::new(text).map_err(|_| strange("world", text))
}

fn conversation_kind(text: &str) -> Result<ConversationKind, Error> {
    Ok(match text {
        "duet" => ConversationKind::Duet,
        "side" => ConversationKind::Side,
        "group" => ConversationKind::Group,
        "scene" => ConversationKind::Scene,
        "feed" => ConversationKind::Feed,
        "session" => ConversationKind::Session,
        other => return Err(strange("conversation kind", other)),
    })
}

/// The text that stands for `kind` in the tables.
pub(crate) fn conversation_kind_text(kind: ConversationKind) -> &'static str {
    match kind {
        ConversationKind::Duet => "duet",
        ConversationKind::Side => "side",
        ConversationKind::Group => "group",
        ConversationKind::Scene => "scene",
        ConversationKind::Feed => "feed",
        ConversationKind::Session => "session",
    }
}

pub(crate) fn conversation_status(text: &str) -> Result<ConversationStatus, Error> {
    Ok(match text {
        "ACTIVE" => ConversationStatus::Active,
        "CLOSED" => ConversationStatus::Closed,
        other => return Err(strange("conversation status", other)),
    })
}

/// The text that stands for `status` in the tables.
pub(crate) fn conversation_status_text(status: ConversationStatus) -> &'static str {
    match status {
        ConversationStatus::Active => "ACTIVE",
        ConversationStatus::Closed => "CLOSED",
    }
}

fn message_kind(text: &str) -> Result<MessageKind, Error> {
    Ok(match text {
        "line" => MessageKind::Line,
        "aside" => MessageKind::Aside,
        "scene" => MessageKind::Scene,
        other => return Err(strange("message kind", other)),
    })
}

/// The text that stands for `kind` in the tables.
pub(crate) fn message_kind_text(kind: MessageKind) -> &'static str {
    match kind {
        MessageKind::Line => "line",
        MessageKind::Aside => "aside",
        MessageKind::Scene => "scene",
    }
}

fn speaker_role(text: &str) -> Result<SpeakerRole, Error> {
    Ok(match text {
        "ai" => SpeakerRole::Ai,
        "user" => SpeakerRole::User,
        other => return Err(strange("role", other)),
    })
}

/// The text that stands for `role` in the tables.
pub(crate) fn speaker_role_text(role: SpeakerRole) -> &'static str {
    match role {
        SpeakerRole::Ai => "ai",
        SpeakerRole::User => "user",
    }
}

/// Something is in the tables that this program never writes.
pub(crate) fn strange(what: &str, value: &str) -> Error {
    Error::Decode(format!("'{value}' is no {what} that this program knows").into())
}

/// `items` as the text of a `text[]`. Arrays of arrays can't travel as parameters, so a column of
/// arrays travels as such texts.
pub(crate) fn array_text(items: &[String]) -> String {
    let mut text =
        String::with_capacity(2 + items.iter().map(|item| item.len() + 3).sum::<usize>());
    text.push('{');
    for (index, item) in items.iter().enumerate() {
        text.push_str(if index == 0 { "\"" } else { ",\"" });
        for c in item.chars() {
            if c == '"' || c == '\\' {
                text.push('\\');
            }
            text.push(c);
        }
        text.push('"');
    }
    text.push('}');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_text_quotes_what_would_end_an_item() {
        let items = ["Ross".to_owned(), "a\"b\\c,{}".to_owned(), String::new()];
        assert_eq!(array_text(&items), "{\"Ross\",\"a\\\"b\\\\c,{}\",\"\"}");
        assert_eq!(array_text(&[]), "{}");
    }
}
