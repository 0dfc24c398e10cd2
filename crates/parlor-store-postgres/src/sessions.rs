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
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// The columns that [`session`] reads.
macro_rules! session_columns {
    () => {
        "id, world, character, owner, username, title, status, lines, created_at, updated_at,
         ended_at, place"
    };
}
const BEGIN_SQL: &str = "
INSERT INTO sessions (id, world, character, character_id, owner, username, title, status, lines,
    created_at, updated_at, ended_at, lease_until)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT (id) DO NOTHING";
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
const LOCK_SQL: &str = "
SELECT id, lines FROM sessions WHERE id = ANY ($1::uuid[]) ORDER BY id FOR UPDATE";
/// The columns that [`line`] reads.
macro_rules! line_columns {
    () => {
        "l.session_id, l.id, l.line_order, l.role, l.content, l.fallback, l.created_at"
    };
}
const KNOWN_SQL: &str = concat!(
    "SELECT ",
    line_columns!(),
    " FROM unnest($1::uuid[], $2::uuid[]) AS u (session_id, id)
     JOIN session_lines l ON l.session_id = u.session_id AND l.id = u.id"
);
const APPEND_SQL: &str = "
WITH said AS (
    INSERT INTO session_lines (session_id, line_order, id, role, fallback, created_at, content)
    SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::text[], $5::bool[],
        $6::timestamptz[], $7::text[])
), counted AS (
    UPDATE sessions s SET lines = u.lines, updated_at = greatest(s.updated_at, u.at),
        title = coalesce(s.title, u.title)
    FROM unnest($8::uuid[], $9::bigint[], $10::timestamptz[], $11::text[])
        AS u (id, lines, at, title)
    WHERE s.id = u.id
)
INSERT INTO outbox (id, world, inbox, due_at, parked, taken_at, kind, conversation_id, recipient,
    occurred_at, traceparent, data)
SELECT u.id, u.world, u.inbox, u.due_at, u.parked, now(), u.kind, u.conversation_id, u.recipient,
    u.occurred_at, u.traceparent, u.data
FROM unnest($12::uuid[], $13::text[], $14::text[], $15::timestamptz[], $16::bool[], $17::text[],
    $18::uuid[], $19::text[], $20::timestamptz[], $21::text[], $22::text[])
    AS u (id, world, inbox, due_at, parked, kind, conversation_id, recipient, occurred_at,
        traceparent, data)
ON CONFLICT (id) DO NOTHING";
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
    async fn begin_session(&self, session: &Session, lease_until: DateTime<Utc>) -> PortResult<()> {
        const WHAT: &str = "can't begin a session";
        let mut connection = self.connection(WHAT).await?;
        sqlx::query(BEGIN_SQL)
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
            .execute(&mut *connection)
            .await
            .map(drop)
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
        let mut transaction = self.begin(WHAT).await?;
        let failed = |error: Error| self.failed(WHAT, &error);
        let appended = append(&mut transaction, &lines).await.map_err(failed)?;
        let is_new = |appended: &Appended| matches!(appended, Appended::Added(..));
        if appended.iter().any(is_new) {
            transaction.commit().await.map_err(failed)?;
        } else {
            self.give_up(WHAT, transaction).await?;
        }
        Ok(appended)
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

/// What a batch adds to a session.
struct Sum<'a> {
    lines: u32,
    at: DateTime<Utc>,
    title: Option<&'a str>,
    grew: bool,
}

async fn append(connection: &mut PgConnection, lines: &[NewLine]) -> Result<Vec<Appended>, Error> {
    let locked: Vec<(Uuid, i64)> = sqlx::query_as(LOCK_SQL)
        .bind(lines.iter().map(|line| line.session.0).bind_iter())
        .fetch_all(&mut *connection)
        .await?;
    let mut sums = BTreeMap::new();
    for (id, lines) in locked {
        let sum = Sum {
            lines: count(lines)?,
            at: DateTime::UNIX_EPOCH,
            title: None,
            grew: false,
        };
        sums.insert(ConversationId(id), sum);
    }
    let mut known = known(connection, lines).await?;
    let mut appended = Vec::with_capacity(lines.len());
    for new in lines {
        let Some(sum) = sums.get_mut(&new.session) else {
            appended.push(Appended::Gone);
            continue;
        };
        let key = (new.session, new.id);
        if let Some(line) = known.get(&key) {
            appended.push(Appended::Known(line.clone()));
            continue;
        }
        sum.lines += 1;
        sum.at = sum.at.max(new.at);
        sum.title = sum.title.or(new.title.as_deref());
        sum.grew = true;
        let line = new.line(sum.lines);
        known.insert(key, line.clone());
        appended.push(Appended::Added(line, new.told(sum.lines)));
    }
    sums.retain(|_, sum| sum.grew);
    write(connection, lines, &appended, &sums).await?;
    Ok(appended)
}

async fn known(
    connection: &mut PgConnection,
    lines: &[NewLine],
) -> Result<HashMap<(ConversationId, MessageId), SessionLine>, Error> {
    let rows = sqlx::query(KNOWN_SQL)
        .bind(lines.iter().map(|line| line.session.0).bind_iter())
        .bind(lines.iter().map(|line| line.id.0).bind_iter())
        .fetch_all(connection)
        .await?;
    rows.iter()
        .map(|row| line(row).map(|(session, line)| ((session, line.id), line)))
        .collect()
}

async fn write(
    connection: &mut PgConnection,
    lines: &[NewLine],
    appended: &[Appended],
    sums: &BTreeMap<ConversationId, Sum<'_>>,
) -> Result<(), Error> {
    if sums.is_empty() {
        return Ok(());
    }
    let mut added: Vec<(&NewLine, &SessionLine)> = Vec::with_capacity(lines.len());
    let mut rows: Vec<(&OutboxRow, String)> = Vec::new();
    for (new, appended) in lines.iter().zip(appended) {
        if let Appended::Added(line, row) = appended {
            added.push((new, line));
            rows.extend(row.as_ref().map(|row| (row, record(row))));
        }
    }
    sqlx::query(APPEND_SQL)
        .bind(added.iter().map(|(new, _)| new.session.0).bind_iter())
        .bind(
            added
                .iter()
                .map(|(_, line)| i64::from(line.order))
                .bind_iter(),
        )
        .bind(added.iter().map(|(_, line)| line.id.0).bind_iter())
        .bind(
            added
                .iter()
                .map(|(_, line)| speaker_role_text(line.role))
                .bind_iter(),
        )
        .bind(added.iter().map(|(_, line)| line.fallback).bind_iter())
        .bind(added.iter().map(|(_, line)| line.at).bind_iter())
        .bind(added.iter().map(|(_, line)| line.text.as_str()).bind_iter())
        .bind(sums.keys().map(|id| id.0).bind_iter())
        .bind(sums.values().map(|sum| i64::from(sum.lines)).bind_iter())
        .bind(sums.values().map(|sum| sum.at).bind_iter())
        .bind(sums.values().map(|sum| sum.title).bind_iter())
        .bind(rows.iter().map(|(row, _)| row.envelope.id.0).bind_iter())
        .bind(
            rows.iter()
                .map(|(row, _)| row.envelope.world.as_str())
                .bind_iter(),
        )
        .bind(rows.iter().map(|(row, _)| row.inbox.as_str()).bind_iter())
        .bind(rows.iter().map(|(row, _)| row.due_at).bind_iter())
        .bind(rows.iter().map(|(row, _)| row.parked).bind_iter())
        .bind(rows.iter().map(|(row, _)| row.envelope.kind()).bind_iter())
        .bind(
            rows.iter()
                .map(|(row, _)| row.envelope.conversation.0)
                .bind_iter(),
        )
        .bind(
            rows.iter()
                .map(|(row, _)| row.envelope.recipient.as_str())
                .bind_iter(),
        )
        .bind(rows.iter().map(|(row, _)| row.envelope.time).bind_iter())
        .bind(
            rows.iter()
                .map(|(row, _)| row.envelope.traceparent.as_str())
                .bind_iter(),
        )
        .bind(rows.iter().map(|(_, data)| data.as_str()).bind_iter())
        .execute(connection)
        .await?;
    Ok(())
}

fn record(row: &OutboxRow) -> String {
    String::from_utf8(row.envelope.record()).expect("serde_json writes UTF-8")
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
            role: match row.try_get(3)? {
                "ai" => SpeakerRole::Ai,
                "user" => SpeakerRole::User,
                other => return Err(strange("role", other)),
            },
            text: row.try_get(4)?,
            fallback: row.try_get(5)?,
            at: row.try_get(6)?,
        },
    ))
}
