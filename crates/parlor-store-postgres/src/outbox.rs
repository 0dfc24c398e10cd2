//! The outbox and the dead letters.

use crate::bundle::{Packed, Taken};
use crate::row::{message, message_columns, slug, strange};
use crate::store::PostgresStore;
use async_trait::async_trait;
use chrono::{DateTime, SecondsFormat, Utc};
use parlor_model::envelope::SPEC_VERSION;
use parlor_model::{Envelope, EventId, Message, MessageId, OutboxRow, Slug};
use parlor_ports::PortResult;
use parlor_ports::bus::DeadLetter;
use parlor_ports::store::{Abandoned, OutboxStore};
use serde::{Deserialize, Serialize};
use sqlx::postgres::{PgBindIterExt, PgConnection, PgRow};
use sqlx::types::Json;
use sqlx::{Error, Row};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use uuid::Uuid;

/// $1 worlds, $2 now, $3 and $5 taken and due before these when in hand (null: none of those), $4
/// limit.
/// World by world, so that the rows of a paused world are not even looked at.
const TAKE_SQL: &str = "
WITH parked AS MATERIALIZED (
    SELECT o.id, o.due_at FROM unnest($1::text[]) AS u (world), LATERAL (
        SELECT id, due_at FROM outbox
        WHERE world = u.world AND parked AND due_at <= $2
            AND NOT EXISTS (SELECT FROM worlds w WHERE w.slug = u.world AND w.paused)
        ORDER BY due_at LIMIT $4 FOR UPDATE SKIP LOCKED
    ) o
), stale AS MATERIALIZED (
    SELECT o.id, o.due_at FROM unnest($1::text[]) AS u (world), LATERAL (
        SELECT id, due_at FROM outbox
        WHERE $3::timestamptz IS NOT NULL AND world = u.world AND NOT parked AND due_at < $5
            AND taken_at < $3
        ORDER BY due_at LIMIT $4 FOR UPDATE SKIP LOCKED
    ) o
), chosen AS (
    SELECT id FROM (SELECT * FROM parked UNION ALL SELECT * FROM stale) AS both_kinds
    ORDER BY due_at LIMIT $4
)
UPDATE outbox o SET parked = false, taken_at = $2 FROM chosen WHERE o.id = chosen.id
RETURNING o.inbox, o.due_at, o.id, o.world, o.kind, o.conversation_id, o.recipient, o.occurred_at,
    o.traceparent, o.data";

/// $1 worlds, $2 and $3 taken and due before these, $4 limit.
const ABANDONED_BUNDLES_SQL: &str = "
SELECT id, world, taken_at, rows FROM outbox_bundles
WHERE world = ANY ($1::text[]) AND taken_at < $2 AND due_at < $3
ORDER BY due_at LIMIT $4 FOR UPDATE SKIP LOCKED";

const MESSAGES_SQL: &str = concat!(
    "SELECT ",
    message_columns!(),
    " FROM unnest($1::uuid[], $2::uuid[]) AS u (conversation_id, id)
    JOIN messages m ON m.conversation_id = u.conversation_id AND m.id = u.id"
);

/// $1 when the rows were taken in hand, $2 their world. One that was put back meanwhile stays as it is.
const UNPACK_SQL: &str = "
INSERT INTO outbox (id, world, inbox, due_at, parked, taken_at, kind, conversation_id, recipient,
    occurred_at, traceparent, data)
SELECT u.id, $2, u.inbox, u.due_at, false, $1, u.kind, u.conversation_id, u.recipient,
    u.occurred_at, u.traceparent, u.data
FROM unnest($3::uuid[], $4::text[], $5::timestamptz[], $6::text[], $7::uuid[],
    $8::text[], $9::timestamptz[], $10::text[], $11::text[])
    AS u (id, inbox, due_at, kind, conversation_id, recipient, occurred_at, traceparent, data)
ON CONFLICT (id) DO NOTHING";

const DEPTH_SQL: &str = "
SELECT (SELECT count(*) FROM outbox WHERE world = ANY ($1::text[]))
    + (SELECT coalesce(sum(size), 0) FROM outbox_bundles WHERE world = ANY ($1::text[]))::bigint";

const CLEAR_SQL: &str = "
WITH emptied AS (DELETE FROM outbox_bundles WHERE id = ANY ($2::bigint[]))
DELETE FROM outbox WHERE id = ANY ($1::uuid[]) AND NOT parked";

const DELETE_BUNDLES_SQL: &str = "DELETE FROM outbox_bundles WHERE id = ANY ($1::bigint[])";

/// Bundles unpacked in one go.
const BUNDLES_MAX: i64 = 64;

const KEEP_LETTER_SQL: &str = "
WITH cleared AS (DELETE FROM outbox WHERE id = $9),
    emptied AS (DELETE FROM outbox_bundles WHERE id = ANY ($10::bigint[]))
INSERT INTO dead_letters (world, id, inbox, reason, put_at, headers, body, sendable)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (world, id) DO UPDATE SET inbox = excluded.inbox, reason = excluded.reason,
    put_at = excluded.put_at, headers = excluded.headers, body = excluded.body,
    sendable = coalesce(excluded.sendable, dead_letters.sendable)";

/// $3: only those that can be sent.
const TAKE_LETTERS_SQL: &str = "
DELETE FROM dead_letters
WHERE world = $1 AND (cardinality($2::text[]) = 0 OR id = ANY ($2))
    AND (NOT $3 OR sendable IS NOT NULL)
RETURNING sendable";

const PARK_SQL: &str = "
INSERT INTO outbox (id, world, inbox, due_at, parked, taken_at, kind, conversation_id, recipient,
    occurred_at, traceparent, data)
VALUES ($1, $2, $3, $4, true, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (id) DO UPDATE SET due_at = excluded.due_at, parked = true";

/// An envelope as a dead letter keeps it: CloudEvents attributes, and the data as text.
#[derive(Debug, Serialize, Deserialize)]
struct Sendable {
    inbox: String,
    attributes: BTreeMap<String, String>,
    data: String,
}

#[async_trait]
impl OutboxStore for PostgresStore {
    async fn take_outbox(
        &self,
        worlds: &[Slug],
        now: DateTime<Utc>,
        abandoned: Option<Abandoned>,
        limit: u32,
    ) -> PortResult<Vec<OutboxRow>> {
        const WHAT: &str = "can't take rows from the outbox";
        if worlds.is_empty() || limit == 0 {
            return Ok(Vec::new());
        }
        if let Some(abandoned) = abandoned {
            self.unpack(worlds, abandoned).await?;
        }
        let mut connection = self.connection(WHAT).await?;
        let rows = sqlx::query(TAKE_SQL)
            .bind(worlds.iter().map(Slug::as_str).bind_iter())
            .bind(now)
            .bind(abandoned.map(|rows| rows.taken_before))
            .bind(i64::from(limit))
            .bind(abandoned.map(|rows| rows.due_before))
            .fetch_all(&mut *connection)
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        let taken: Result<Vec<_>, Error> = rows.iter().map(outbox_row).collect();
        let mut taken = taken.map_err(|error| self.failed(WHAT, &error))?;
        taken.sort_by_key(|row| (row.due_at, row.envelope.id));
        Ok(taken)
    }

    async fn clear_outbox(&self, ids: &[EventId]) -> PortResult<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let taken = self.bundles.take(ids.iter().copied(), std::iter::empty());
        let cleared = if taken.emptied.is_empty() && taken.others.is_empty() {
            Ok(())
        } else {
            self.clear(&taken).await
        };
        if let Err(error) = cleared {
            self.bundles.restore(taken);
            return Err(error);
        }
        let left_over = self.bundles.confirm(taken);
        if left_over.is_empty() {
            return Ok(());
        }
        self.delete_bundles(&left_over).await
    }

    async fn outbox_depth(&self, worlds: &[Slug]) -> PortResult<u64> {
        const WHAT: &str = "can't count the outbox";
        let mut connection = self.connection(WHAT).await?;
        let count: i64 = sqlx::query_scalar(DEPTH_SQL)
            .bind(worlds.iter().map(Slug::as_str).bind_iter())
            .fetch_one(&mut *connection)
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        let done_with = self.bundles.done_with(worlds);
        Ok(count.unsigned_abs().saturating_sub(done_with))
    }

    async fn keep_dead_letter(&self, letter: DeadLetter, row: Option<OutboxRow>) -> PortResult<()> {
        const WHAT: &str = "can't keep a dead letter";
        let mut connection = self.connection(WHAT).await?;
        let id = row.as_ref().map(|row| row.envelope.id);
        let taken = self.bundles.take(std::iter::empty(), id.into_iter());
        let kept = sqlx::query(KEEP_LETTER_SQL)
            .bind(letter.world.as_str())
            .bind(&letter.id)
            .bind(&letter.inbox)
            // A foreign message may hold what PostgreSQL can't: it is kept for people to read.
            .bind(letter.reason.replace('\0', "\u{fffd}"))
            .bind(letter.at)
            .bind(Json(&letter.headers))
            .bind(letter.body.replace('\0', "\u{fffd}"))
            .bind(row.as_ref().map(|row| Json(sendable(row))))
            .bind(id.map(|id| id.0))
            .bind(&taken.emptied)
            .execute(&mut *connection)
            .await;
        if let Err(error) = kept {
            self.bundles.restore(taken);
            return Err(self.failed(WHAT, &error));
        }
        let left_over = self.bundles.confirm(taken);
        if left_over.is_empty() {
            return Ok(());
        }
        self.delete_bundles(&left_over).await
    }

    async fn dead_letters(&self, world: &Slug, limit: u32) -> PortResult<Vec<DeadLetter>> {
        const WHAT: &str = "can't list dead letters";
        let mut connection = self.connection(WHAT).await?;
        let rows = sqlx::query(
            "SELECT id, world, inbox, reason, put_at, headers, body FROM dead_letters
             WHERE world = $1 ORDER BY put_at, id LIMIT $2",
        )
        .bind(world.as_str())
        .bind(i64::from(limit))
        .fetch_all(&mut *connection)
        .await
        .map_err(|error| self.failed(WHAT, &error))?;
        let letters: Result<Vec<_>, Error> = rows.iter().map(dead_letter).collect();
        letters.map_err(|error| self.failed(WHAT, &error))
    }

    async fn take_dead_letters(
        &self,
        world: &Slug,
        ids: &[String],
        replay: bool,
        now: DateTime<Utc>,
    ) -> PortResult<u64> {
        const WHAT: &str = "can't take out dead letters";
        let mut transaction = self.begin(WHAT).await?;
        let failed = |error: Error| self.failed(WHAT, &error);
        let taken: Vec<Option<Json<Sendable>>> = sqlx::query_scalar(TAKE_LETTERS_SQL)
            .bind(world.as_str())
            .bind(ids)
            .bind(replay)
            .fetch_all(&mut *transaction)
            .await
            .map_err(failed)?;
        if replay {
            for Json(sendable) in taken.iter().flatten() {
                park(&mut transaction, sendable, now)
                    .await
                    .map_err(failed)?;
            }
        }
        transaction.commit().await.map_err(failed)?;
        Ok(taken.len() as u64)
    }
}

impl PostgresStore {
    async fn clear(&self, taken: &Taken) -> PortResult<()> {
        const WHAT: &str = "can't clear the outbox";
        let mut connection = self.connection(WHAT).await?;
        sqlx::query(CLEAR_SQL)
            .bind(taken.others.iter().map(|id| id.0).bind_iter())
            .bind(&taken.emptied)
            .execute(&mut *connection)
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        Ok(())
    }

    /// Deletes bundles that are empty.
    pub(crate) async fn delete_bundles(&self, ids: &[i64]) -> PortResult<()> {
        const WHAT: &str = "can't delete what was sent";
        let mut connection = self.connection(WHAT).await?;
        sqlx::query(DELETE_BUNDLES_SQL)
            .bind(ids)
            .execute(&mut *connection)
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        Ok(())
    }

    /// Puts the rows of bundles whose process is gone into the outbox, still in hand.
    async fn unpack(&self, worlds: &[Slug], abandoned: Abandoned) -> PortResult<()> {
        const WHAT: &str = "can't unpack what another process had in hand";
        let failed = |error: Error| self.failed(WHAT, &error);
        let mut transaction = self.begin(WHAT).await?;
        let bundles: Vec<(i64, String, DateTime<Utc>, String)> =
            sqlx::query_as(ABANDONED_BUNDLES_SQL)
                .bind(worlds.iter().map(Slug::as_str).bind_iter())
                .bind(abandoned.taken_before)
                .bind(abandoned.due_before)
                .bind(BUNDLES_MAX)
                .fetch_all(&mut *transaction)
                .await
                .map_err(failed)?;
        if bundles.is_empty() {
            return self.give_up(WHAT, transaction).await;
        }
        let ids: Vec<_> = bundles.iter().map(|(id, ..)| *id).collect();
        for (id, world, taken_at, rows) in &bundles {
            let mut packed: Vec<Packed> = serde_json::from_str(rows)
                .map_err(|error| failed(strange("bundle", &error.to_string())))?;
            packed.retain(|row| !self.bundles.is_done(*id, row.id));
            put_in_outbox(&mut transaction, world, *taken_at, &packed)
                .await
                .map_err(failed)?;
        }
        sqlx::query(DELETE_BUNDLES_SQL)
            .bind(&ids)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        self.bundles.forget(&ids);
        Ok(())
    }
}

async fn put_in_outbox(
    connection: &mut PgConnection,
    world: &str,
    taken_at: DateTime<Utc>,
    packed: &[Packed],
) -> Result<(), Error> {
    let messages = messages_of(connection, packed).await?;
    let rows: Vec<(&Packed, String)> = packed
        .iter()
        .filter_map(|row| Some((row, row.data(&messages)?)))
        .collect();
    let all = || rows.iter().map(|(row, _)| row);
    sqlx::query(UNPACK_SQL)
        .bind(taken_at)
        .bind(world)
        .bind(all().map(|row| row.id.0).bind_iter())
        .bind(all().map(|row| row.inbox.as_str()).bind_iter())
        .bind(all().map(|row| row.due_at).bind_iter())
        .bind(all().map(|row| row.kind.as_str()).bind_iter())
        .bind(all().map(|row| row.conversation.0).bind_iter())
        .bind(all().map(|row| row.recipient.as_str()).bind_iter())
        .bind(all().map(|row| row.time).bind_iter())
        .bind(all().map(|row| row.traceparent.as_str()).bind_iter())
        .bind(rows.iter().map(|(_, data)| data.as_str()).bind_iter())
        .execute(connection)
        .await?;
    Ok(())
}

/// The messages that a bundle's rows tell of.
async fn messages_of(
    connection: &mut PgConnection,
    packed: &[Packed],
) -> Result<HashMap<MessageId, Message>, Error> {
    let named: Vec<_> = packed
        .iter()
        .filter_map(|row| Some((row.conversation.0, row.message?.0)))
        .collect();
    let rows = sqlx::query(MESSAGES_SQL)
        .bind(
            named
                .iter()
                .map(|(conversation, _)| *conversation)
                .bind_iter(),
        )
        .bind(named.iter().map(|(_, message)| *message).bind_iter())
        .fetch_all(connection)
        .await?;
    rows.iter()
        .map(|row| message(row, 0).map(|message| (message.id, message)))
        .collect()
}

async fn park(
    connection: &mut PgConnection,
    sendable: &Sendable,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let envelope = envelope_of(sendable)?;
    sqlx::query(PARK_SQL)
        .bind(envelope.id.0)
        .bind(envelope.world.as_str())
        .bind(&sendable.inbox)
        .bind(now)
        .bind(envelope.kind())
        .bind(envelope.conversation.0)
        .bind(envelope.recipient.as_str())
        .bind(envelope.time)
        .bind(&envelope.traceparent)
        .bind(&sendable.data)
        .execute(connection)
        .await?;
    Ok(())
}

fn sendable(row: &OutboxRow) -> Sendable {
    let envelope = &row.envelope;
    let mut attributes: BTreeMap<_, _> = envelope
        .attributes()
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    attributes.insert("traceparent".to_owned(), envelope.traceparent.clone());
    let data = String::from_utf8(envelope.record()).expect("serde_json writes UTF-8");
    Sendable {
        inbox: row.inbox.clone(),
        attributes,
        data,
    }
}

fn envelope_of(sendable: &Sendable) -> Result<Envelope, Error> {
    let attribute = |name| sendable.attributes.get(name).map(String::as_str);
    Envelope::decode(attribute, sendable.data.as_bytes()).map_err(|e| Error::Decode(Box::new(e)))
}

/// Reads what [`TAKE_SQL`] gives.
fn outbox_row(row: &PgRow) -> Result<OutboxRow, Error> {
    let id = row.try_get::<Uuid, _>(2)?.to_string();
    let source = format!("/worlds/{}", row.try_get::<&str, _>(3)?);
    let kind: &str = row.try_get(4)?;
    let subject = row.try_get::<Uuid, _>(5)?.to_string();
    let recipient: &str = row.try_get(6)?;
    let time = row
        .try_get::<DateTime<Utc>, _>(7)?
        .to_rfc3339_opts(SecondsFormat::Micros, true);
    let traceparent: &str = row.try_get(8)?;
    let attribute = |name: &'static str| {
        Some(match name {
            "specversion" => SPEC_VERSION,
            "id" => id.as_str(),
            "source" => source.as_str(),
            "type" => kind,
            "subject" => subject.as_str(),
            "recipient" => recipient,
            "time" => time.as_str(),
            "traceparent" => traceparent,
            _ => return None,
        })
    };
    let envelope = Envelope::decode(attribute, row.try_get::<&str, _>(9)?.as_bytes())
        .map_err(|error| strange("envelope", &error.to_string()))?;
    Ok(OutboxRow {
        inbox: row.try_get(0)?,
        envelope: Arc::new(envelope),
        due_at: row.try_get(1)?,
        parked: false,
    })
}

fn dead_letter(row: &PgRow) -> Result<DeadLetter, Error> {
    let Json(headers) = row.try_get::<Json<Vec<(String, String)>>, _>(5)?;
    Ok(DeadLetter {
        id: row.try_get(0)?,
        world: slug(row.try_get(1)?)?,
        inbox: row.try_get(2)?,
        reason: row.try_get(3)?,
        at: row.try_get(4)?,
        headers,
        body: row.try_get(6)?,
    })
}
