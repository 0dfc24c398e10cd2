//! Conversations as their owner sees them.

use super::rows::{named, slug};
use crate::row::{
    CONVERSATION_COLUMNS, conversation, conversation_columns, message, message_columns,
};
use crate::store::PostgresStore;
use chrono::{DateTime, Datelike, Utc};
use parlor_model::{AccountId, ConversationId, Slug};
use parlor_ports::PortResult;
use parlor_ports::companions::{MoodPoint, TalkDetails, TalkParticipant, TalkRecord, UNREAD_MAX};
use parlor_ports::store::{Cursor, Page};
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::types::Json;
use sqlx::{Error, Row};
use std::collections::HashMap;
use uuid::Uuid;

/// $1 owner, $2 world, $3 and $4 the last of the page before, $5 limit.
pub(super) const TALKS_SQL: &str = concat!(
    "SELECT ",
    conversation_columns!(),
    ", c.details, c.read_at, c.seq FROM conversations c
    WHERE c.owner = $1 AND c.world = $2
        AND c.created_at <= $3 AND (c.created_at < $3 OR c.seq < $4)
    ORDER BY c.owner, c.created_at DESC, c.seq DESC LIMIT $5"
);
const TALK_SQL: &str = concat!(
    "SELECT ",
    conversation_columns!(),
    ", c.details, c.read_at, c.seq FROM conversations c WHERE c.id = $1 AND c.owner = $2"
);
/// $1 conversations, $2 and $3: no line is older or younger.
const LINES_SQL: &str = concat!(
    "SELECT ",
    message_columns!(),
    " FROM messages m
    WHERE m.conversation_id = ANY ($1) AND m.created_at BETWEEN $2 AND $3
    ORDER BY m.conversation_id, m.position"
);
const PARTICIPANTS_SQL: &str = "
SELECT conversation_id, companion_id, character, name, opinion, mood_before, mood_after
FROM conversation_participants WHERE conversation_id = ANY ($1)
ORDER BY conversation_id, place";
/// Later than everything: the year 9999.
const END_OF_TIMES: DateTime<Utc> = match DateTime::from_timestamp(253_402_300_799, 0) {
    Some(time) => time,
    None => DateTime::UNIX_EPOCH,
};
const READ_SQL: &str = "
UPDATE conversations SET read_at = coalesce(read_at, $3) WHERE id = $1 AND owner = $2";
const UNREAD_SQL: &str = "
SELECT count(*) FROM (
    SELECT read_at FROM conversations WHERE owner = $1 AND world = $2
    ORDER BY owner, created_at DESC LIMIT $3
) latest WHERE latest.read_at IS NULL";
const MOODS_SQL: &str = "
SELECT c.created_at, p.companion_id, p.mood_after
FROM conversations c JOIN conversation_participants p ON p.conversation_id = c.id
WHERE c.owner = $1 AND c.world = $2 AND c.created_at >= $3
ORDER BY c.created_at, c.seq, p.place";

impl PostgresStore {
    pub(super) async fn list_talks(
        &self,
        world: &Slug,
        owner: AccountId,
        after: Option<Cursor>,
        limit: u32,
    ) -> PortResult<Page<TalkRecord>> {
        const WHAT: &str = "can't list somebody's conversations";
        let mut connection = self.connection(WHAT).await?;
        let failed = |error: Error| self.failed(WHAT, &error);
        let last = after.unwrap_or(Cursor {
            major: i64::MAX,
            minor: i64::MAX,
        });
        let mut rows = sqlx::query(TALKS_SQL)
            .bind(owner.0)
            .bind(world.as_str())
            .bind(time_of(last))
            .bind(last.minor)
            .bind(i64::from(limit) + 1)
            .fetch_all(&mut *connection)
            .await
            .map_err(failed)?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let next = rows.last().filter(|_| more).map(cursor).transpose();
        Ok(Page {
            next: next.map_err(failed)?,
            items: records(&mut connection, &rows).await.map_err(failed)?,
        })
    }

    pub(super) async fn find_talk(
        &self,
        owner: AccountId,
        id: ConversationId,
    ) -> PortResult<Option<TalkRecord>> {
        const WHAT: &str = "can't read a conversation";
        let mut connection = self.connection(WHAT).await?;
        let failed = |error: Error| self.failed(WHAT, &error);
        let rows = sqlx::query(TALK_SQL)
            .bind(id.0)
            .bind(owner.0)
            .fetch_all(&mut *connection)
            .await
            .map_err(failed)?;
        Ok(records(&mut connection, &rows).await.map_err(failed)?.pop())
    }

    pub(super) async fn read_talk(
        &self,
        owner: AccountId,
        id: ConversationId,
        now: DateTime<Utc>,
    ) -> PortResult<bool> {
        const WHAT: &str = "can't mark a conversation as read";
        let mut connection = self.connection(WHAT).await?;
        let done = sqlx::query(READ_SQL)
            .bind(id.0)
            .bind(owner.0)
            .bind(now)
            .execute(&mut *connection)
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        Ok(done.rows_affected() > 0)
    }

    pub(super) async fn count_unread(&self, world: &Slug, owner: AccountId) -> PortResult<u32> {
        const WHAT: &str = "can't count unread conversations";
        let mut connection = self.connection(WHAT).await?;
        let count: i64 = sqlx::query_scalar(UNREAD_SQL)
            .bind(owner.0)
            .bind(world.as_str())
            .bind(i64::from(UNREAD_MAX))
            .fetch_one(&mut *connection)
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        Ok(u32::try_from(count).unwrap_or(UNREAD_MAX))
    }

    pub(super) async fn list_moods(
        &self,
        world: &Slug,
        owner: AccountId,
        since: DateTime<Utc>,
    ) -> PortResult<Vec<MoodPoint>> {
        const WHAT: &str = "can't list moods";
        let mut connection = self.connection(WHAT).await?;
        let failed = |error: Error| self.failed(WHAT, &error);
        let rows: Vec<(DateTime<Utc>, Uuid, String)> = sqlx::query_as(MOODS_SQL)
            .bind(owner.0)
            .bind(world.as_str())
            .bind(since)
            .fetch_all(&mut *connection)
            .await
            .map_err(failed)?;
        let point = |(at, companion, mood): (_, _, String)| {
            Ok(MoodPoint {
                at,
                companion,
                mood: named(&mood)?,
            })
        };
        let points: Result<_, Error> = rows.into_iter().map(point).collect();
        points.map_err(failed)
    }
}

/// The time in a cursor; the end of times where it has none.
pub(super) fn time_of(cursor: Cursor) -> DateTime<Utc> {
    let given = DateTime::from_timestamp_micros(cursor.major);
    given
        .filter(|time| time.year() < 10_000)
        .unwrap_or(END_OF_TIMES)
}

fn cursor(row: &PgRow) -> Result<Cursor, Error> {
    let at: DateTime<Utc> = row.try_get(CONVERSATION_COLUMNS - 2)?;
    Ok(Cursor {
        major: at.timestamp_micros(),
        minor: row.try_get(CONVERSATION_COLUMNS + 2)?,
    })
}

async fn records(connection: &mut PgConnection, rows: &[PgRow]) -> Result<Vec<TalkRecord>, Error> {
    let mut records = Vec::with_capacity(rows.len());
    for row in rows {
        let details: Option<Json<TalkDetails>> = row.try_get(CONVERSATION_COLUMNS)?;
        records.push(TalkRecord {
            conversation: conversation(row, 0)?,
            details: details.map_or_else(
                || TalkDetails {
                    about: "topic".to_owned(),
                    conflict: false,
                    coins: 0,
                },
                |Json(details)| details,
            ),
            read_at: row.try_get(CONVERSATION_COLUMNS + 1)?,
            participants: Vec::new(),
            messages: Vec::new(),
        });
    }
    let ids: Vec<Uuid> = records
        .iter()
        .map(|record| record.conversation.id.0)
        .collect();
    let starts = records.iter().map(|record| record.conversation.created_at);
    let ends = records.iter().map(|record| {
        let conversation = &record.conversation;
        conversation.ended_at.unwrap_or(conversation.created_at)
    });
    let (Some(from), Some(to)) = (starts.min(), ends.max()) else {
        return Ok(records);
    };
    let places: HashMap<Uuid, usize> = ids.iter().copied().zip(0..).collect();
    let participants = sqlx::query(PARTICIPANTS_SQL)
        .bind(&ids)
        .fetch_all(&mut *connection)
        .await?;
    for row in &participants {
        if let Some(place) = places.get(&row.try_get(0)?) {
            records[*place].participants.push(participant(row)?);
        }
    }
    let lines = sqlx::query(LINES_SQL)
        .bind(&ids)
        .bind(from)
        .bind(to)
        .fetch_all(&mut *connection)
        .await?;
    for row in &lines {
        let line = message(row, 0)?;
        if let Some(place) = places.get(&line.conversation_id.0) {
            records[*place].messages.push(line);
        }
    }
    Ok(records)
}

fn participant(row: &PgRow) -> Result<TalkParticipant, Error> {
    Ok(TalkParticipant {
        companion: row.try_get(1)?,
        character: slug(row.try_get(2)?)?,
        name: row.try_get(3)?,
        opinion: f64::from(row.try_get::<f32, _>(4)?),
        before: named(row.try_get(5)?)?,
        after: named(row.try_get(6)?)?,
    })
}
