//! What people say to characters.

use crate::codec;
use crate::commit::{INSERT_SENDING, bytes, keep_row};
use crate::fault::{Fault, Result};
use crate::outbox::Sending;
use crate::store::SqliteStore;
use crate::writer::Tx;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use parlor_model::{
    ConversationId, ConversationStatus, MessageId, Session, SessionLine, SpeakerRole,
};
use parlor_ports::PortResult;
use parlor_ports::sessions::{Appended, LINES_SINCE_MAX, NewLine, SessionFilter, Sessions};
use parlor_ports::store::{Cursor, Page};
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

const HAS_ACCOUNT: &str = "SELECT EXISTS (SELECT 1 FROM accounts WHERE id = ?1)";
const BEGIN: &str = "INSERT INTO sessions (id, world, character, owner, username, title, status, \
     lines, created_at, updated_at, ended_at, lease_until) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT (id) DO NOTHING";
/// The columns that [`session`] reads.
macro_rules! session_columns {
    () => {
        "id, world, character, owner, username, title, status, lines, created_at, updated_at, \
         ended_at, seq"
    };
}
const RESUME: &str = concat!(
    "UPDATE sessions SET status = 0, ended_at = NULL, updated_at = ?3, lease_until = ?4 \
     WHERE id = ?1 AND owner = ?2 RETURNING ",
    session_columns!()
);
const RENEW: &str = "UPDATE sessions SET status = 0, ended_at = NULL, lease_until = ?2 \
     WHERE id = ?1 RETURNING lines";
const CLOSE: &str = "UPDATE sessions SET status = 1, ended_at = ?2, updated_at = ?2 \
     WHERE id = ?1 AND status = 0";
const CLOSE_ENDED: &str = "UPDATE sessions SET status = 1, ended_at = ?1, updated_at = ?1 \
     WHERE seq IN (SELECT seq FROM sessions WHERE status = 0 AND lease_until < ?1 \
                   ORDER BY lease_until LIMIT ?2)";
const FIND: &str = concat!(
    "SELECT ",
    session_columns!(),
    " FROM sessions WHERE id = ?1"
);
const LIST: &str = concat!(
    "SELECT ",
    session_columns!(),
    " FROM sessions WHERE owner = ?1 AND seq < ?2 AND (?3 IS NULL OR (world = ?3 AND character = ?4))
     ORDER BY seq DESC LIMIT ?5"
);
const PLACE: &str = "SELECT seq, lines FROM sessions WHERE id = ?1";
const FIND_LINE: &str = "SELECT id, ord, role, text, fallback, at FROM session_lines \
     WHERE session = ?1 AND id = ?2";
const ADD_LINE: &str = "INSERT INTO session_lines (session, ord, id, role, fallback, at, text) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
const COUNT_LINE: &str = "UPDATE sessions SET lines = ?2, updated_at = max(updated_at, ?3), \
     title = ifnull(title, ?4) WHERE seq = ?1";
const LINES: &str = "SELECT l.id, l.ord, l.role, l.text, l.fallback, l.at \
     FROM sessions AS s JOIN session_lines AS l ON l.session = s.seq \
     WHERE s.id = ?1 AND l.ord > ?2 ORDER BY l.ord LIMIT ?3";
const ONE_LINE: &str = "SELECT l.id, l.ord, l.role, l.text, l.fallback, l.at \
     FROM sessions AS s JOIN session_lines AS l ON l.session = s.seq \
     WHERE s.id = ?1 AND l.id = ?2";
const RENAME: &str = "UPDATE sessions SET title = ?3 WHERE id = ?1 AND owner = ?2";
const OWNED: &str = "SELECT seq, id FROM sessions WHERE owner = ?1 AND (?2 IS NULL OR id = ?2)";
const FORGET_LINES: &str = "DELETE FROM session_lines WHERE session = ?1";
const FORGET: &str = "DELETE FROM sessions WHERE seq = ?1";
/// Where [`session_columns`] has the place of a session.
const SEQ: usize = 11;

#[async_trait]
impl Sessions for SqliteStore {
    async fn begin_session(
        &self,
        session: &Session,
        lease_until: DateTime<Utc>,
    ) -> PortResult<bool> {
        let session = session.clone();
        self.write("begin a session", move |tx| {
            let mut account = tx.conn.prepare_cached(HAS_ACCOUNT)?;
            if !account.query_row(params![bytes(&session.owner)], |row| row.get(0))? {
                return Ok(false);
            }
            tx.conn.prepare_cached(BEGIN)?.execute(params![
                bytes(&session.id.0),
                session.world.as_str(),
                session.character.as_str(),
                bytes(&session.owner),
                session.username,
                session.title,
                codec::status(session.status),
                session.lines,
                codec::micros(session.created_at),
                codec::micros(session.updated_at),
                session.ended_at.map(codec::micros),
                codec::micros(lease_until),
            ])?;
            Ok(true)
        })
        .await
    }

    async fn resume_session(
        &self,
        id: ConversationId,
        owner: Uuid,
        now: DateTime<Utc>,
        lease_until: DateTime<Utc>,
    ) -> PortResult<Option<Session>> {
        self.write("take up a session", move |tx| {
            let mut resume = tx.conn.prepare_cached(RESUME)?;
            let values = params![
                bytes(&id.0),
                bytes(&owner),
                codec::micros(now),
                codec::micros(lease_until)
            ];
            Ok(resume.query_row(values, session).optional()?)
        })
        .await
    }

    async fn renew_sessions(
        &self,
        ids: &[ConversationId],
        lease_until: DateTime<Utc>,
    ) -> PortResult<Vec<(ConversationId, u32)>> {
        let ids = ids.to_vec();
        self.write("renew sessions", move |tx| {
            let mut renew = tx.conn.prepare_cached(RENEW)?;
            let mut renewed = Vec::with_capacity(ids.len());
            for id in &ids {
                let values = params![bytes(&id.0), codec::micros(lease_until)];
                let lines = renew.query_row(values, |row| row.get(0)).optional()?;
                renewed.extend(lines.map(|lines| (*id, lines)));
            }
            Ok(renewed)
        })
        .await
    }

    async fn close_session(&self, id: ConversationId, now: DateTime<Utc>) -> PortResult<bool> {
        self.write("close a session", move |tx| {
            let mut close = tx.conn.prepare_cached(CLOSE)?;
            Ok(close.execute(params![bytes(&id.0), codec::micros(now)])? > 0)
        })
        .await
    }

    async fn close_ended_sessions(&self, now: DateTime<Utc>, limit: u32) -> PortResult<u32> {
        self.write("close sessions", move |tx| {
            let mut close = tx.conn.prepare_cached(CLOSE_ENDED)?;
            let closed = close.execute(params![codec::micros(now), limit])?;
            Ok(u32::try_from(closed).unwrap_or(u32::MAX))
        })
        .await
    }

    async fn append_lines(&self, lines: Vec<NewLine>) -> PortResult<Vec<Appended>> {
        self.write("add lines to sessions", move |tx| {
            lines.iter().map(|line| append(tx, line)).collect()
        })
        .await
    }

    async fn session(&self, id: ConversationId) -> PortResult<Option<Session>> {
        self.read("look for a session", move |conn| {
            let mut find = conn.prepare_cached(FIND)?;
            Ok(find.query_row(params![bytes(&id.0)], session).optional()?)
        })
        .await
    }

    async fn sessions(
        &self,
        filter: &SessionFilter,
        after: Option<Cursor>,
        limit: u32,
    ) -> PortResult<Page<Session>> {
        let filter = filter.clone();
        self.read("list sessions", move |conn| {
            let (world, character) = match &filter.with {
                Some((world, character)) => (Some(world.as_str()), Some(character.as_str())),
                None => (None, None),
            };
            let before = after.map_or(i64::MAX, |cursor| cursor.minor);
            let mut list = conn.prepare_cached(LIST)?;
            let values = params![bytes(&filter.owner), before, world, character, limit];
            let rows = list.query_map(values, |row| Ok((session(row)?, row.get(SEQ)?)))?;
            let rows: Vec<(Session, i64)> = rows.collect::<rusqlite::Result<_>>()?;
            let next = rows
                .last()
                .filter(|_| rows.len() == limit as usize)
                .map(|(_, seq)| Cursor {
                    major: 0,
                    minor: *seq,
                });
            let items = rows.into_iter().map(|(session, _)| session).collect();
            Ok(Page { items, next })
        })
        .await
    }

    async fn session_lines(
        &self,
        id: ConversationId,
        after: u32,
        limit: u32,
    ) -> PortResult<Vec<SessionLine>> {
        self.read("read lines of a session", move |conn| {
            lines_after(conn, id, after, limit)
        })
        .await
    }

    async fn session_line(
        &self,
        id: ConversationId,
        line: MessageId,
    ) -> PortResult<Option<SessionLine>> {
        self.read("read a line of a session", move |conn| {
            let mut find = conn.prepare_cached(ONE_LINE)?;
            let values = params![bytes(&id.0), bytes(&line.0)];
            Ok(find.query_row(values, self::line).optional()?)
        })
        .await
    }

    async fn lines_since(
        &self,
        seen: &[(ConversationId, u32)],
    ) -> PortResult<Vec<(ConversationId, SessionLine)>> {
        let seen = seen.to_vec();
        self.read("read new lines of sessions", move |conn| {
            let mut all = Vec::new();
            for (id, after) in &seen {
                let lines = lines_after(conn, *id, *after, LINES_SINCE_MAX)?;
                all.extend(lines.into_iter().map(|line| (*id, line)));
            }
            Ok(all)
        })
        .await
    }

    async fn rename_session(
        &self,
        id: ConversationId,
        owner: Uuid,
        title: &str,
    ) -> PortResult<bool> {
        let title = title.to_owned();
        self.write("rename a session", move |tx| {
            let mut rename = tx.conn.prepare_cached(RENAME)?;
            Ok(rename.execute(params![bytes(&id.0), bytes(&owner), title])? > 0)
        })
        .await
    }

    async fn delete_session(&self, id: ConversationId, owner: Uuid) -> PortResult<bool> {
        self.write("delete a session", move |tx| {
            Ok(!delete(tx, owner, Some(id))?.is_empty())
        })
        .await
    }

    async fn delete_sessions_of(&self, owner: Uuid) -> PortResult<Vec<ConversationId>> {
        self.write("delete sessions", move |tx| delete(tx, owner, None))
            .await
    }
}

fn append(tx: &mut Tx<'_>, new: &NewLine) -> Result<Appended> {
    let place = tx
        .conn
        .prepare_cached(PLACE)?
        .query_row(params![bytes(&new.session.0)], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, u32>(1)?))
        })
        .optional()?;
    let Some((session, lines)) = place else {
        return Ok(Appended::Gone);
    };
    let known = tx
        .conn
        .prepare_cached(FIND_LINE)?
        .query_row(params![session, bytes(&new.id.0)], line)
        .optional()?;
    if let Some(known) = known {
        return Ok(Appended::Known(known));
    }
    let order = lines + 1;
    tx.conn.prepare_cached(ADD_LINE)?.execute(params![
        session,
        order,
        bytes(&new.id.0),
        codec::role(new.role),
        new.fallback,
        codec::micros(new.at),
        new.text,
    ])?;
    let at = codec::micros(new.at);
    let mut count = tx.conn.prepare_cached(COUNT_LINE)?;
    count.execute(params![session, order, at, new.title])?;
    let told = new.told(order);
    if let Some(row) = &told {
        let mut statement = tx.conn.prepare_cached(INSERT_SENDING)?;
        keep_row(tx, &mut statement, &Sending::encode(row.clone()))?;
    }
    Ok(Appended::Added(new.line(order), told))
}

fn delete(
    tx: &mut Tx<'_>,
    owner: Uuid,
    only: Option<ConversationId>,
) -> Result<Vec<ConversationId>> {
    let only = only.map(|id| id.0);
    let mut owned = tx.conn.prepare_cached(OWNED)?;
    let values = params![bytes(&owner), only.as_ref().map(bytes)];
    let found = owned.query_map(values, |row| {
        Ok((row.get::<_, i64>(0)?, ConversationId(codec::uuid(row, 1)?)))
    })?;
    let found: Vec<_> = found.collect::<rusqlite::Result<_>>()?;
    for (seq, _) in &found {
        tx.conn
            .prepare_cached(FORGET_LINES)?
            .execute(params![seq])?;
        tx.conn.prepare_cached(FORGET)?.execute(params![seq])?;
    }
    Ok(found.into_iter().map(|(_, id)| id).collect())
}

fn lines_after(
    conn: &Connection,
    id: ConversationId,
    after: u32,
    limit: u32,
) -> Result<Vec<SessionLine>> {
    let mut lines = conn.prepare_cached(LINES)?;
    let rows = lines.query_map(params![bytes(&id.0), after, limit], line)?;
    rows.map(|row| row.map_err(Fault::from)).collect()
}

fn line(row: &Row<'_>) -> rusqlite::Result<SessionLine> {
    Ok(SessionLine {
        id: MessageId(codec::uuid(row, 0)?),
        order: row.get(1)?,
        role: match row.get(2)? {
            0 => SpeakerRole::Ai,
            1 => SpeakerRole::User,
            other => return Err(rusqlite::Error::IntegralValueOutOfRange(2, other)),
        },
        text: row.get(3)?,
        fallback: row.get(4)?,
        at: codec::time(row, 5)?,
    })
}

fn session(row: &Row<'_>) -> rusqlite::Result<Session> {
    Ok(Session {
        id: ConversationId(codec::uuid(row, 0)?),
        world: codec::slug(row, 1)?,
        character: codec::slug(row, 2)?,
        owner: codec::uuid(row, 3)?,
        username: row.get(4)?,
        title: row.get(5)?,
        status: match row.get(6)? {
            0 => ConversationStatus::Active,
            1 => ConversationStatus::Closed,
            other => return Err(rusqlite::Error::IntegralValueOutOfRange(6, other)),
        },
        lines: row.get(7)?,
        created_at: codec::time(row, 8)?,
        updated_at: codec::time(row, 9)?,
        ended_at: match row.get::<_, Option<i64>>(10)? {
            Some(_) => Some(codec::time(row, 10)?),
            None => None,
        },
    })
}
