//! What readers ask: lists in pages.

use crate::codec::{
    self, CONVERSATION, CONVERSATION_COLUMNS, MESSAGE, MESSAGE_COLUMNS, MESSAGE_SEQ, PLACE, Place,
};
use crate::commit::bytes;
use crate::fault::Result;
use crate::store::SqliteStore;
use async_trait::async_trait;
use parlor_model::{Conversation, ConversationId, Message, Slug};
use parlor_ports::PortResult;
use parlor_ports::store::{
    After, CONVERSATIONS_SEARCHED, ConversationFilter, Cursor, Library, Page,
};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Params, Row, params, params_from_iter};

/// One conversation.
pub(crate) fn one_query() -> String {
    format!(
        "SELECT {CONVERSATION} FROM conversations AS c JOIN worlds AS w ON w.id = c.world
         WHERE c.id = ?1"
    )
}

/// Messages of a conversation after ?2.
pub(crate) fn messages_query() -> String {
    format!(
        "SELECT {MESSAGE}, {PLACE} FROM conversations AS c JOIN messages AS m ON m.conversation = c.seq
         WHERE c.id = ?1 AND m.seq > ?2 ORDER BY m.seq LIMIT ?3"
    )
}

/// Messages of a world before ?2, newest first. CROSS JOIN: messages first, in their order.
pub(crate) fn world_messages_query() -> String {
    format!(
        "SELECT {MESSAGE}, {PLACE} FROM messages AS m
         CROSS JOIN conversations AS c ON c.seq = m.conversation
         WHERE m.world = (SELECT id FROM worlds WHERE name = ?1) AND m.seq < ?2
         ORDER BY m.seq DESC LIMIT ?3"
    )
}

/// The place of the latest line up to an order.
pub(crate) const PLACE_OF_ORDER: &str = "SELECT m.seq FROM messages AS m
     WHERE m.conversation = (SELECT seq FROM conversations WHERE id = ?1)
       AND m.kind <> 1 AND m.ord <= ?2
     ORDER BY m.seq DESC LIMIT 1";

/// The place of a message in its conversation.
pub(crate) const PLACE_OF_MESSAGE: &str = "SELECT m.seq FROM messages AS m
     WHERE m.conversation = (SELECT seq FROM conversations WHERE id = ?1) AND m.id = ?2
     ORDER BY m.seq DESC LIMIT 1";

/// Conversations, newest first: the query and its values.
pub(crate) fn conversations_query(
    filter: &ConversationFilter,
    after: Option<Cursor>,
    limit: u32,
) -> (String, Vec<Value>) {
    let mut values = vec![
        Value::from(after.map_or(i64::MAX, |cursor| cursor.major)),
        Value::from(one_more(limit)),
    ];
    let mut conditions = String::new();
    let mut and = |condition: &str, value: Value| {
        values.push(value);
        conditions.push_str(&format!(" AND {condition} ?{}", values.len()));
    };
    if let Some(kind) = filter.kind {
        and("c.kind =", codec::conversation_kind(kind).into());
    }
    if let Some(parent) = filter.parent {
        and("c.parent =", bytes(&parent.0).to_vec().into());
    }
    let mut end = "";
    if let Some(world) = &filter.world {
        and(
            "c.world = (SELECT id FROM worlds WHERE name =",
            world.as_str().to_owned().into(),
        );
        end = ")";
    }
    conditions.push_str(end);
    // Written out, so that the index of active conversations can serve.
    if let Some(status) = filter.status {
        conditions.push_str(&format!(" AND c.status = {}", codec::status(status)));
    }
    if let Some(worlds) = &filter.among {
        // The plus keeps the order of the list: nearly every conversation is in one of them.
        values.push(worlds_json(worlds).into());
        conditions.push_str(&format!(
            " AND +c.world IN (SELECT id FROM worlds WHERE name IN (SELECT value FROM json_each(?{})))",
            values.len()
        ));
    }
    let Some(name) = &filter.participant else {
        let sql = format!(
            "SELECT {CONVERSATION} FROM conversations AS c CROSS JOIN worlds AS w ON w.id = c.world
             WHERE c.seq < ?1{conditions} ORDER BY c.seq DESC LIMIT ?2"
        );
        return (sql, values);
    };
    // Names are stored one a line, so nobody has one of two lines.
    let name = if name.contains('\n') { "\n" } else { name };
    values.push(name.to_owned().into());
    (of_participant(&conditions, values.len()), values)
}

/// Those with a participant among the newest; the last one looked at is given as well, whoever takes
/// part, so that the list can go on from there. The last two columns: its place among those looked
/// at, and whether it is wanted.
fn of_participant(conditions: &str, name: usize) -> String {
    let wanted = format!(
        "instr(char(10) || c.participants || char(10), char(10) || ?{name} || char(10)) > 0"
    );
    format!(
        "SELECT {CONVERSATION}, c.place, {wanted} FROM (
             SELECT *, row_number() OVER (ORDER BY seq DESC) AS place FROM conversations AS c
             WHERE c.seq < ?1{conditions} ORDER BY c.seq DESC LIMIT {CONVERSATIONS_SEARCHED}
         ) AS c CROSS JOIN worlds AS w ON w.id = c.world
         WHERE {wanted} OR c.place = {CONVERSATIONS_SEARCHED} ORDER BY c.seq DESC LIMIT ?2"
    )
}

fn worlds_json(worlds: &[Slug]) -> String {
    let names: Vec<_> = worlds.iter().map(Slug::as_str).collect();
    serde_json::json!(names).to_string()
}

#[async_trait]
impl Library for SqliteStore {
    async fn conversation(&self, id: ConversationId) -> PortResult<Option<Conversation>> {
        self.read("read a conversation", move |conn| find(conn, id))
            .await
    }

    async fn conversations(
        &self,
        filter: &ConversationFilter,
        after: Option<Cursor>,
        limit: u32,
    ) -> PortResult<Page<Conversation>> {
        let (sql, values) = conversations_query(filter, after, limit);
        let searched = filter.participant.is_some();
        self.read("list conversations", move |conn| {
            let values = params_from_iter(&values);
            if searched {
                return search(conn, &sql, values, limit);
            }
            page(conn, &sql, values, limit, |row| codec::conversation(row, 0))
        })
        .await
    }

    async fn messages(
        &self,
        conversation: ConversationId,
        after: After,
        limit: u32,
    ) -> PortResult<Page<Message>> {
        self.read("list messages", move |conn| {
            let start = place(conn, conversation, after)?;
            let values = params![bytes(&conversation.0), start, one_more(limit)];
            page(conn, &messages_query(), values, limit, message)
        })
        .await
    }

    async fn world_messages(
        &self,
        world: &Slug,
        after: Option<Cursor>,
        limit: u32,
    ) -> PortResult<Page<Message>> {
        let world = world.clone();
        let before = after.map_or(i64::MAX, |cursor| cursor.major);
        self.read("list a world's messages", move |conn| {
            let values = params![world.as_str(), before, one_more(limit)];
            page(conn, &world_messages_query(), values, limit, message)
        })
        .await
    }
}

/// One conversation as it stands.
pub(crate) fn find(conn: &Connection, id: ConversationId) -> Result<Option<Conversation>> {
    let mut one = conn.prepare_cached(&one_query())?;
    Ok(one
        .query_row(params![bytes(&id.0)], |row| codec::conversation(row, 0))
        .optional()?)
}

fn place(conn: &Connection, conversation: ConversationId, after: After) -> Result<i64> {
    let id = bytes(&conversation.0);
    let found = match after {
        After::Start | After::Order(0) => None,
        After::Cursor(cursor) => Some(cursor.major),
        After::Order(order) => conn
            .prepare_cached(PLACE_OF_ORDER)?
            .query_row(params![id, order], |row| row.get(0))
            .optional()?,
        After::Message(message) => conn
            .prepare_cached(PLACE_OF_MESSAGE)?
            .query_row(params![id, bytes(&message.0)], |row| row.get(0))
            .optional()?,
    };
    Ok(found.unwrap_or(0))
}

fn message(row: &Row<'_>) -> rusqlite::Result<Message> {
    codec::message(row, Place::read(row, MESSAGE_COLUMNS)?)
}

/// The row after the page tells whether there is another.
fn one_more(limit: u32) -> i64 {
    i64::from(limit) + 1
}

/// Reads a page of what [`of_participant`] gives.
fn search(
    conn: &Connection,
    sql: &str,
    values: impl Params,
    limit: u32,
) -> Result<Page<Conversation>> {
    let found = |row: &Row<'_>| {
        let is_wanted: bool = row.get(CONVERSATION_COLUMNS + 1)?;
        let is_last = row.get::<_, u32>(CONVERSATION_COLUMNS)? == CONVERSATIONS_SEARCHED;
        Ok((
            codec::conversation(row, 0)?,
            row.get(0)?,
            is_wanted,
            is_last,
        ))
    };
    let found = page(conn, sql, values, limit, found)?;
    let mut page = Page {
        items: Vec::with_capacity(found.items.len()),
        next: found.next,
    };
    for (conversation, major, is_wanted, is_last) in found.items {
        if is_last {
            page.next = Some(Cursor { major, minor: 0 });
        }
        if is_wanted {
            page.items.push(conversation);
        }
    }
    Ok(page)
}

/// Reads a page; the first column is the place in the list.
fn page<T>(
    conn: &Connection,
    sql: &str,
    values: impl Params,
    limit: u32,
    read: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Page<T>> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(values)?;
    let mut page = Page {
        items: Vec::new(),
        next: None,
    };
    let mut last = 0;
    while let Some(row) = rows.next()? {
        if page.items.len() == limit {
            page.next = (limit > 0).then_some(Cursor {
                major: last,
                minor: 0,
            });
            break;
        }
        last = row.get(MESSAGE_SEQ)?;
        page.items.push(read(row)?);
    }
    Ok(page)
}
