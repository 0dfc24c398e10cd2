//! What readers ask.

use crate::row::{
    CONVERSATION_COLUMNS, conversation, conversation_columns, message, message_columns,
};
use crate::store::PostgresStore;
use async_trait::async_trait;
use parlor_model::{Conversation, ConversationId, Message, Slug};
use parlor_ports::PortResult;
use parlor_ports::store::{
    After, CONVERSATIONS_SEARCHED, ConversationFilter, Cursor, Library, Page,
};
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{Error, Postgres, QueryBuilder, Row};

/// The columns of an item come first, then the number by which its list goes on.
const CONVERSATION_SQL: &str = concat!(
    "SELECT ",
    conversation_columns!(),
    " FROM conversations c WHERE c.id = $1"
);

const CONVERSATIONS_SQL: &str = concat!(
    "SELECT c.seq, ",
    conversation_columns!(),
    " FROM conversations c WHERE true"
);

/// The same with the place among those looked at, to be closed by a condition on the participant.
const SEARCH_SQL: &str = concat!(
    "SELECT c.seq, ",
    conversation_columns!(),
    ", c.place FROM (SELECT c.*, row_number() OVER (ORDER BY c.seq DESC) AS place
    FROM conversations c WHERE true"
);

const MESSAGES_SQL: &str = concat!(
    "SELECT m.position, ",
    message_columns!(),
    " FROM messages m
    WHERE m.conversation_id = $1 AND m.position > $2
        AND m.created_at >= (SELECT messages_since FROM conversations WHERE id = $1)
        AND m.created_at <= (SELECT messages_until FROM conversations WHERE id = $1)
    ORDER BY m.position LIMIT $3"
);

const WORLD_MESSAGES_SQL: &str = concat!(
    "SELECT m.seq, ",
    message_columns!(),
    " FROM messages m WHERE m.world = $1 AND m.seq < $2 ORDER BY m.seq DESC LIMIT $3"
);

/// The latest line up to an order.
const POSITION_OF_ORDER_SQL: &str = "
SELECT position FROM messages
WHERE conversation_id = $1 AND kind <> 'aside' AND line_order <= $2
    AND created_at >= (SELECT messages_since FROM conversations WHERE id = $1)
    AND created_at <= (SELECT messages_until FROM conversations WHERE id = $1)
ORDER BY position DESC LIMIT 1";

const POSITION_OF_MESSAGE_SQL: &str = "
SELECT position FROM messages
WHERE conversation_id = $1 AND id = $2
    AND created_at >= (SELECT messages_since FROM conversations WHERE id = $1)
    AND created_at <= (SELECT messages_until FROM conversations WHERE id = $1)
ORDER BY position DESC LIMIT 1";

#[async_trait]
impl Library for PostgresStore {
    async fn conversation(&self, id: ConversationId) -> PortResult<Option<Conversation>> {
        const WHAT: &str = "can't read a conversation";
        let mut connection = self.connection(WHAT).await?;
        let row = sqlx::query(CONVERSATION_SQL)
            .bind(id.0)
            .fetch_optional(&mut *connection)
            .await;
        row.and_then(|row| row.map(|row| conversation(&row, 0)).transpose())
            .map_err(|error| self.failed(WHAT, &error))
    }

    async fn conversations(
        &self,
        filter: &ConversationFilter,
        after: Option<Cursor>,
        limit: u32,
    ) -> PortResult<Page<Conversation>> {
        const WHAT: &str = "can't list conversations";
        let mut connection = self.connection(WHAT).await?;
        let rows = conversations_query(filter, after, limit)
            .build()
            .fetch_all(&mut *connection)
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        match &filter.participant {
            Some(name) => search(&rows, limit, name),
            None => page(&rows, limit, conversation),
        }
        .map_err(|error| self.failed(WHAT, &error))
    }

    async fn messages(
        &self,
        conversation: ConversationId,
        after: After,
        limit: u32,
    ) -> PortResult<Page<Message>> {
        const WHAT: &str = "can't list the messages of a conversation";
        let mut connection = self.connection(WHAT).await?;
        let failed = |error: Error| self.failed(WHAT, &error);
        let position = position(&mut connection, conversation, after)
            .await
            .map_err(failed)?;
        let rows = sqlx::query(MESSAGES_SQL)
            .bind(conversation.0)
            .bind(position)
            .bind(one_more(limit))
            .fetch_all(&mut *connection)
            .await
            .map_err(failed)?;
        page(&rows, limit, message).map_err(failed)
    }

    async fn world_messages(
        &self,
        world: &Slug,
        after: Option<Cursor>,
        limit: u32,
    ) -> PortResult<Page<Message>> {
        const WHAT: &str = "can't list the messages of a world";
        let mut connection = self.connection(WHAT).await?;
        let rows = sqlx::query(WORLD_MESSAGES_SQL)
            .bind(world.as_str())
            .bind(after.map_or(i64::MAX, |cursor| cursor.minor))
            .bind(one_more(limit))
            .fetch_all(&mut *connection)
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        page(&rows, limit, message).map_err(|error| self.failed(WHAT, &error))
    }
}

/// The conditions that the filter names, and no others: a condition that may be switched off by a
/// null would keep PostgreSQL from choosing the index.
fn conversations_query(
    filter: &ConversationFilter,
    after: Option<Cursor>,
    limit: u32,
) -> QueryBuilder<Postgres> {
    let searched = filter.participant.is_some();
    let mut query = QueryBuilder::new(if searched {
        SEARCH_SQL
    } else {
        CONVERSATIONS_SQL
    });
    if let Some(world) = &filter.world {
        query.push(" AND c.world = ").push_bind(world.as_str());
    }
    match filter.status {
        // Spelled out, for the index of the active ones.
        Some(parlor_model::ConversationStatus::Active) => query.push(" AND c.status = 'ACTIVE'"),
        Some(parlor_model::ConversationStatus::Closed) => query.push(" AND c.status = 'CLOSED'"),
        None => &mut query,
    };
    if let Some(kind) = filter.kind {
        query
            .push(" AND c.kind = ")
            .push_bind(crate::row::conversation_kind_text(kind));
    }
    if let Some(parent) = filter.parent {
        query.push(" AND c.parent_id = ").push_bind(parent.0);
    }
    if let Some(worlds) = &filter.among {
        let worlds: Vec<_> = worlds.iter().map(|world| world.to_string()).collect();
        query
            .push(" AND c.world = ANY (")
            .push_bind(worlds)
            .push(")");
    }
    if let Some(cursor) = after {
        query.push(" AND c.seq < ").push_bind(cursor.minor);
    }
    let Some(name) = &filter.participant else {
        query
            .push(" ORDER BY c.seq DESC LIMIT ")
            .push_bind(one_more(limit));
        return query;
    };
    // The last one looked at is given as well, whoever takes part, so that the list can go on.
    query
        .push(" ORDER BY c.seq DESC LIMIT ")
        .push_bind(i64::from(CONVERSATIONS_SEARCHED))
        .push(") c WHERE ")
        .push_bind(name.clone())
        .push(" = ANY (c.participants) OR c.place = ")
        .push_bind(i64::from(CONVERSATIONS_SEARCHED))
        .push(" ORDER BY c.seq DESC LIMIT ")
        .push_bind(one_more(limit));
    query
}

/// A page of what a list of those with a participant gives: what comes before the place in the list
/// is as in other lists.
fn search(rows: &[PgRow], limit: u32, name: &str) -> Result<Page<Conversation>, Error> {
    const PLACE: usize = 1 + CONVERSATION_COLUMNS;
    let mut page = page(rows, limit, |row, at| {
        let is_last = row.try_get::<i64, _>(PLACE)? == i64::from(CONVERSATIONS_SEARCHED);
        Ok((conversation(row, at)?, row.try_get(0)?, is_last))
    })?;
    if let Some((_, minor, true)) = page.items.last() {
        let minor = *minor;
        page.next = Some(Cursor { major: 0, minor });
    }
    let found = page
        .items
        .into_iter()
        .map(|(conversation, ..)| conversation);
    Ok(Page {
        items: found
            .filter(|conversation| conversation.has(name))
            .collect(),
        next: page.next,
    })
}

/// The position after which to go on.
async fn position(
    connection: &mut PgConnection,
    conversation: ConversationId,
    after: After,
) -> Result<i64, Error> {
    let query = match after {
        After::Start => return Ok(0),
        After::Cursor(cursor) => return Ok(cursor.minor),
        After::Order(order) => sqlx::query_scalar(POSITION_OF_ORDER_SQL)
            .bind(conversation.0)
            .bind(i64::from(order)),
        After::Message(id) => sqlx::query_scalar(POSITION_OF_MESSAGE_SQL)
            .bind(conversation.0)
            .bind(id.0),
    };
    let found: Option<i64> = query.fetch_optional(connection).await?;
    Ok(found.unwrap_or(0))
}

/// One more than is asked for tells whether the list goes on.
fn one_more(limit: u32) -> i64 {
    i64::from(limit) + 1
}

fn page<T>(
    rows: &[PgRow],
    limit: u32,
    read: impl Fn(&PgRow, usize) -> Result<T, Error>,
) -> Result<Page<T>, Error> {
    let shown = &rows[..rows.len().min(limit as usize)];
    let items: Result<Vec<T>, Error> = shown.iter().map(|row| read(row, 1)).collect();
    let next = match shown.last() {
        Some(last) if rows.len() > shown.len() => Some(Cursor {
            major: 0,
            minor: last.try_get(0)?,
        }),
        _ => None,
    };
    Ok(Page {
        items: items?,
        next,
    })
}
