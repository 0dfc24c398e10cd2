//! What people say to characters.

use crate::row::{
    conversation_status, conversation_status_text, count, slug, speaker_role_text, strange,
};
use crate::store::PostgresStore;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use parlor_model::session::character_id;
use parlor_model::{ConversationId, MessageId, OutboxRow, Session, SessionLine, SpeakerRole};
use parlor_ports::PortResult;
use parlor_ports::sessions::{Appended, LINES_SINCE_MAX, NewLine, SessionFilter, Sessions};
use parlor_ports::store::{Cursor, Page};
use sqlx::postgres::{PgBindIterExt, PgConnection, PgRow};
use sqlx::{Error, Row};
use uuid::Uuid;

/// The columns that [`session`] reads.
macro_rules! session_columns {
    () => {
        "id, world, character, owner, username, title, status, lines, created_at, updated_at,
         ended_at, place"
    };
}
const BEGIN_SQL: &str = "
WITH account AS (SELECT FROM accounts WHERE id = $5 FOR KEY SHARE),
begun AS (
    INSERT INTO sessions (id, world, character, character_id, owner, username, title, status, lines,
        created_at, updated_at, ended_at, lease_until)
    SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13 FROM account
    ON CONFLICT (id) DO NOTHING
)
SELECT EXISTS (SELECT FROM account)";
const RESUME_SQL: &str = concat!(
    "UPDATE sessions SET status = 'ACTIVE', ended_at = NULL, updated_at = $3, lease_until = $4
     WHERE id = $1 AND owner = $2 RETURNING ",
    session_columns!()
);
/// Locks in the order of ids, as everything does that locks several.
const RENEW_SQL: &str = "
WITH locked AS (SELECT id FROM sessions WHERE id = ANY ($1::uuid[]) ORDER BY id FOR UPDATE)
UPDATE sessions s SET status = 'ACTIVE', ended_at = NULL, lease_until = $2
FROM locked WHERE s.id = locked.id RETURNING s.id, s.lines";
const CLOSE_SQL: &str = "
UPDATE sessions SET status = 'CLOSED', ended_at = $2, updated_at = $2
WHERE id = $1 AND status = 'ACTIVE'";
const CLOSE_ENDED_SQL: &str = "
WITH ended AS (
    SELECT id FROM sessions WHERE status = 'ACTIVE' AND lease_until < $1
    ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED
)
UPDATE sessions s SET status = 'CLOSED', ended_at = $1, updated_at = $1
FROM ended WHERE s.id = ended.id";
const FIND_SQL: &str = concat!(
    "SELECT ",
    session_columns!(),
    " FROM sessions WHERE id = $1"
);
const LIST_SQL: &str = concat!(
    "SELECT ",
    session_columns!(),
    " FROM sessions
     WHERE owner = $1 AND place < $2 AND ($3::text IS NULL OR (world = $3 AND character = $4))
     ORDER BY place DESC LIMIT $5"
);
/// The columns that [`line`] reads.
macro_rules! line_columns {
    () => {
        "l.session_id, l.id, l.line_order, l.role, l.content, l.fallback, l.created_at"
    };
}
const APPEND_SQL: &str = "
SELECT n, added, line_order, role, fallback, created_at, content
FROM append_session_lines($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
    $18)";
const LINES_SQL: &str = concat!(
    "SELECT ",
    line_columns!(),
    " FROM session_lines l WHERE session_id = $1 AND line_order > $2 ORDER BY line_order LIMIT $3"
);
const ONE_LINE_SQL: &str = concat!(
    "SELECT ",
    line_columns!(),
    " FROM session_lines l WHERE session_id = $1 AND id = $2"
);
const SINCE_SQL: &str = concat!(
    "SELECT ",
    line_columns!(),
    " FROM unnest($1::uuid[], $2::bigint[]) AS u (session_id, seen), LATERAL (
         SELECT * FROM session_lines
         WHERE session_id = u.session_id AND line_order > u.seen ORDER BY line_order LIMIT $3
     ) l ORDER BY l.session_id, l.line_order"
);
const RENAME_SQL: &str = "UPDATE sessions SET title = $3 WHERE id = $1 AND owner = $2";
const DELETE_SQL: &str = "DELETE FROM sessions WHERE id = $1 AND owner = $2";
const DELETE_ALL_SQL: &str = "DELETE FROM sessions WHERE owner = $1 RETURNING id";
/// Where [`session_columns`] has the place of a session.
const PLACE: usize = 11;

#[async_trait]
impl Sessions for PostgresStore {
    async fn begin_session(
        &self,
        session: &Session,
        lease_until: DateTime<Utc>,
    ) -> PortResult<bool> {
        const WHAT: &str = "can't begin a session";
        let mut connection = self.connection(WHAT).await?;
        sqlx::query_scalar(BEGIN_SQL)
            .bind(session.id.0)
            .bind(session.world.as_str())
            .bind(session.character.as_str())
            .bind(character_id(&session.world, &session.character))
            .bind(session.owner)
            .bind(&session.username)
            .bind(&session.title)
            .bind(conversation_status_text(session.status))
            .bind(i64::from(session.lines))
            .bind(session.created_at)
            .bind(session.updated_at)
            .bind(session.ended_at)
            .bind(lease_until)
            .fetch_one(&mut *connection)
            .await
            .map_err(|error| self.failed(WHAT, &error))
    }

    async fn resume_session(
        &self,
        id: ConversationId,
        owner: Uuid,
        now: DateTime<Utc>,
        lease_until: DateTime<Utc>,
    ) -> PortResult<Option<Session>> {
        const WHAT: &str = "can't take up a session";
        let mut connection = self.connection(WHAT).await?;
        let row = sqlx::query(RESUME_SQL)
            .bind(id.0)
            .bind(owner)
            .bind(now)
            .bind(lease_until)
            .fetch_optional(&mut *connection)
            .await;
        let resumed = row.and_then(|row| row.as_ref().map(session).transpose());
        resumed.map_err(|error| self.failed(WHAT, &error))
    }

    async fn renew_sessions(
        &self,
        ids: &[ConversationId],
        lease_until: DateTime<Utc>,
    ) -> PortResult<Vec<(ConversationId, u32)>> {
        const WHAT: &str = "can't renew sessions";
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut connection = self.connection(WHAT).await?;
        let rows: Result<Vec<(Uuid, i64)>, Error> = sqlx::query_as(RENEW_SQL)
            .bind(ids.iter().map(|id| id.0).bind_iter())
            .bind(lease_until)
            .fetch_all(&mut *connection)
            .await;
        let renewed = rows.and_then(|rows| {
            let rows = rows.into_iter();
            rows.map(|(id, lines)| Ok((ConversationId(id), count(lines)?)))
                .collect()
        });
        renewed.map_err(|error| self.failed(WHAT, &error))
    }

    async fn close_session(&self, id: ConversationId, now: DateTime<Utc>) -> PortResult<bool> {
        const WHAT: &str = "can't close a session";
        let mut connection = self.connection(WHAT).await?;
        let closed = sqlx::query(CLOSE_SQL)
            .bind(id.0)
            .bind(now)
            .execute(&mut *connection)
            .await;
        closed
            .map(|done| done.rows_affected() > 0)
            .map_err(|error| self.failed(WHAT, &error))
    }

    async fn close_ended_sessions(&self, now: DateTime<Utc>, limit: u32) -> PortResult<u32> {
        const WHAT: &str = "can't close sessions";
        let mut connection = self.connection(WHAT).await?;
        let closed = sqlx::query(CLOSE_ENDED_SQL)
            .bind(now)
            .bind(i64::from(limit))
            .execute(&mut *connection)
            .await;
        closed
            .map(|done| u32::try_from(done.rows_affected()).unwrap_or(u32::MAX))
            .map_err(|error| self.failed(WHAT, &error))
    }

    async fn append_lines(&self, lines: Vec<NewLine>) -> PortResult<Vec<Appended>> {
        const WHAT: &str = "can't add lines to sessions";
        if lines.is_empty() {
            return Ok(Vec::new());
        }
        let mut connection = self.connection(WHAT).await?;
        append(&mut connection, &lines)
            .await
            .map_err(|error| self.failed(WHAT, &error))
    }

    async fn session(&self, id: ConversationId) -> PortResult<Option<Session>> {
        const WHAT: &str = "can't look for a session";
        let mut connection = self.connection(WHAT).await?;
        let row = sqlx::query(FIND_SQL)
            .bind(id.0)
            .fetch_optional(&mut *connection)
            .await;
        let found = row.and_then(|row| row.as_ref().map(session).transpose());
        found.map_err(|error| self.failed(WHAT, &error))
    }

    async fn sessions(
        &self,
        filter: &SessionFilter,
        after: Option<Cursor>,
        limit: u32,
    ) -> PortResult<Page<Session>> {
        const WHAT: &str = "can't list sessions";
        let mut connection = self.connection(WHAT).await?;
        let rows = sqlx::query(LIST_SQL)
            .bind(filter.owner)
            .bind(after.map_or(i64::MAX, |cursor| cursor.minor))
            .bind(filter.with.as_ref().map(|(world, _)| world.as_str()))
            .bind(
                filter
                    .with
                    .as_ref()
                    .map(|(_, character)| character.as_str()),
            )
            .bind(i64::from(limit))
            .fetch_all(&mut *connection)
            .await;
        rows.and_then(|rows| page(&rows, limit))
            .map_err(|error| self.failed(WHAT, &error))
    }

    async fn session_lines(
        &self,
        id: ConversationId,
        after: u32,
        limit: u32,
    ) -> PortResult<Vec<SessionLine>> {
        const WHAT: &str = "can't read lines of a session";
        let mut connection = self.connection(WHAT).await?;
        let rows = sqlx::query(LINES_SQL)
            .bind(id.0)
            .bind(i64::from(after))
            .bind(i64::from(limit))
            .fetch_all(&mut *connection)
            .await;
        rows.and_then(|rows| rows.iter().map(|row| Ok(line(row)?.1)).collect())
            .map_err(|error| self.failed(WHAT, &error))
    }

    async fn session_line(
        &self,
        id: ConversationId,
        line: MessageId,
    ) -> PortResult<Option<SessionLine>> {
        const WHAT: &str = "can't read a line of a session";
        let mut connection = self.connection(WHAT).await?;
        let row = sqlx::query(ONE_LINE_SQL)
            .bind(id.0)
            .bind(line.0)
            .fetch_optional(&mut *connection)
            .await;
        let found = row.and_then(|row| row.as_ref().map(self::line).transpose());
        found
            .map(|found| found.map(|(_, line)| line))
            .map_err(|error| self.failed(WHAT, &error))
    }

    async fn lines_since(
        &self,
        seen: &[(ConversationId, u32)],
    ) -> PortResult<Vec<(ConversationId, SessionLine)>> {
        const WHAT: &str = "can't read new lines of sessions";
        if seen.is_empty() {
            return Ok(Vec::new());
        }
        let mut connection = self.connection(WHAT).await?;
        let rows = sqlx::query(SINCE_SQL)
            .bind(seen.iter().map(|(id, _)| id.0).bind_iter())
            .bind(seen.iter().map(|(_, order)| i64::from(*order)).bind_iter())
            .bind(i64::from(LINES_SINCE_MAX))
            .fetch_all(&mut *connection)
            .await;
        rows.and_then(|rows| rows.iter().map(line).collect())
            .map_err(|error| self.failed(WHAT, &error))
    }

    async fn rename_session(
        &self,
        id: ConversationId,
        owner: Uuid,
        title: &str,
    ) -> PortResult<bool> {
        const WHAT: &str = "can't rename a session";
        let mut connection = self.connection(WHAT).await?;
        let renamed = sqlx::query(RENAME_SQL)
            .bind(id.0)
            .bind(owner)
            .bind(title)
            .execute(&mut *connection)
            .await;
        renamed
            .map(|done| done.rows_affected() > 0)
            .map_err(|error| self.failed(WHAT, &error))
    }

    async fn delete_session(&self, id: ConversationId, owner: Uuid) -> PortResult<bool> {
        const WHAT: &str = "can't delete a session";
        let mut connection = self.connection(WHAT).await?;
        let deleted = sqlx::query(DELETE_SQL)
            .bind(id.0)
            .bind(owner)
            .execute(&mut *connection)
            .await;
        deleted
            .map(|done| done.rows_affected() > 0)
            .map_err(|error| self.failed(WHAT, &error))
    }

    async fn delete_sessions_of(&self, owner: Uuid) -> PortResult<Vec<ConversationId>> {
        const WHAT: &str = "can't delete sessions";
        let mut connection = self.connection(WHAT).await?;
        let deleted: Result<Vec<Uuid>, Error> = sqlx::query_scalar(DELETE_ALL_SQL)
            .bind(owner)
            .fetch_all(&mut *connection)
            .await;
        deleted
            .map(|ids| ids.into_iter().map(ConversationId).collect())
            .map_err(|error| self.failed(WHAT, &error))
    }
}

async fn append(connection: &mut PgConnection, lines: &[NewLine]) -> Result<Vec<Appended>, Error> {
    let tells: Vec<_> = lines.iter().map(Tell::of).collect();
    let tell = |of: fn(&OutboxRow) -> &str| tells.iter().map(move |t| t.row().map(of));
    let rows = sqlx::query(APPEND_SQL)
        .bind(lines.iter().map(|line| line.session.0).bind_iter())
        .bind(lines.iter().map(|line| line.id.0).bind_iter())
        .bind(
            lines
                .iter()
                .map(|line| speaker_role_text(line.role))
                .bind_iter(),
        )
        .bind(lines.iter().map(|line| line.fallback).bind_iter())
        .bind(lines.iter().map(|line| line.at).bind_iter())
        .bind(lines.iter().map(|line| line.text.as_str()).bind_iter())
        .bind(lines.iter().map(|line| line.title.as_deref()).bind_iter())
        .bind(
            tells
                .iter()
                .map(|t| t.row().map(|row| row.envelope.id.0))
                .bind_iter(),
        )
        .bind(tell(|row| row.envelope.world.as_str()).bind_iter())
        .bind(tell(|row| &row.inbox).bind_iter())
        .bind(
            tells
                .iter()
                .map(|t| t.row().map(|row| row.due_at))
                .bind_iter(),
        )
        .bind(
            tells
                .iter()
                .map(|t| t.row().map(|row| row.parked))
                .bind_iter(),
        )
        .bind(tell(|row| row.envelope.kind()).bind_iter())
        .bind(tell(|row| row.envelope.recipient.as_str()).bind_iter())
        .bind(
            tells
                .iter()
                .map(|t| t.row().map(|row| row.envelope.time))
                .bind_iter(),
        )
        .bind(tell(|row| &row.envelope.traceparent).bind_iter())
        .bind(
            tells
                .iter()
                .map(|t| t.0.as_ref().map(|(_, head, _)| head.as_str()))
                .bind_iter(),
        )
        .bind(tells.iter().map(|t| t.0.as_ref()?.2.as_deref()).bind_iter())
        .fetch_all(connection)
        .await?;
    let mut appended = vec![Appended::Gone; lines.len()];
    for row in &rows {
        let place = usize::try_from(row.try_get::<i64, _>(0)? - 1).unwrap_or(usize::MAX);
        let (Some(new), Some(slot)) = (lines.get(place), appended.get_mut(place)) else {
            return Err(strange("place of a line", &place.to_string()));
        };
        let order = count(row.try_get(2)?)?;
        *slot = if row.try_get(1)? {
            Appended::Added(new.line(order), new.told(order))
        } else {
            Appended::Known(SessionLine {
                id: new.id,
                order,
                role: role(row.try_get(3)?)?,
                fallback: row.try_get(4)?,
                at: row.try_get(5)?,
                text: row.try_get(6)?,
            })
        };
    }
    Ok(appended)
}

/// What tells of a line: its row, and its event's data before and after the line's order, which the
/// database finds. Without an order in it the data has no second half.
struct Tell(Option<(OutboxRow, String, Option<String>)>);

impl Tell {
    fn of(line: &NewLine) -> Self {
        // In a string a quote has a backslash before it, so this is found nowhere else.
        const ORDER: &str = ",\"order\":4294967295";
        Self(line.told(u32::MAX).map(|row| {
            let data = String::from_utf8(row.envelope.record()).expect("serde_json writes UTF-8");
            match data.split_once(ORDER) {
                Some((head, tail)) => (row, format!("{head},\"order\":"), Some(tail.to_owned())),
                None => (row, data, None),
            }
        }))
    }

    fn row(&self) -> Option<&OutboxRow> {
        self.0.as_ref().map(|(row, ..)| row)
    }
}

fn role(text: &str) -> Result<SpeakerRole, Error> {
    match text {
        "ai" => Ok(SpeakerRole::Ai),
        "user" => Ok(SpeakerRole::User),
        other => Err(strange("role", other)),
    }
}

fn page(rows: &[PgRow], limit: u32) -> Result<Page<Session>, Error> {
    let items: Vec<_> = rows.iter().map(session).collect::<Result<_, _>>()?;
    let next = match rows.last() {
        Some(last) if rows.len() == limit as usize => Some(Cursor {
            major: 0,
            minor: last.try_get(PLACE)?,
        }),
        _ => None,
    };
    Ok(Page { items, next })
}

fn session(row: &PgRow) -> Result<Session, Error> {
    Ok(Session {
        id: ConversationId(row.try_get(0)?),
        world: slug(row.try_get(1)?)?,
        character: slug(row.try_get(2)?)?,
        owner: row.try_get(3)?,
        username: row.try_get(4)?,
        title: row.try_get(5)?,
        status: conversation_status(row.try_get(6)?)?,
        lines: count(row.try_get(7)?)?,
        created_at: row.try_get(8)?,
        updated_at: row.try_get(9)?,
        ended_at: row.try_get(10)?,
    })
}

fn line(row: &PgRow) -> Result<(ConversationId, SessionLine), Error> {
    Ok((
        ConversationId(row.try_get(0)?),
        SessionLine {
            id: MessageId(row.try_get(1)?),
            order: count(row.try_get(2)?)?,
            role: role(row.try_get(3)?)?,
            text: row.try_get(4)?,
            fallback: row.try_get(5)?,
            at: row.try_get(6)?,
        },
    ))
}
