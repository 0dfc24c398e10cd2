//! Writes what a [`Ledger`] holds, with one statement.

use crate::ledger::{Entry, Happened, Ledger, Said};
use crate::row::{
    array_text, conversation_kind_text, conversation_status_text, message_kind_text,
    speaker_role_text,
};
use chrono::{DateTime, Utc};
use parlor_model::OutboxRow;
use sqlx::postgres::{PgArguments, PgBindIterExt, PgConnection};
use sqlx::{Error, Postgres};

/// Changes that one batch may log: a change's `seq` is the batch's number times this, plus its
/// place in the batch.
pub(crate) const CHANGES_MAX: i64 = 65_536;

type Query<'q> = sqlx::query::QueryScalar<'q, Postgres, i64, PgArguments>;

/// Writes everything, and gives how many conversations it opened: fewer than the ledger has where
/// another transaction was faster, and then the caller must roll back.
///
/// `floor` is the greatest `xact` that the locked conversations have seen. The batch's number is
/// drawn here, after the locks, so that it is greater than that of every batch waited for.
const WRITE: &str = "
WITH batch AS MATERIALIZED (
    SELECT nextval('change_batches') * 65536 AS base,
           GREATEST(pg_current_xact_id(), $1::text::xid8) AS xact
), opened AS (
    INSERT INTO conversations (id, seq, world, kind, parent_id, status, participants, topic,
        exchanges, carried, message_count, aside_count, messages_since, messages_until, xact,
        created_at, ended_at)
    SELECT u.id, batch.base + u.place, u.world, u.kind, u.parent_id, u.status,
        u.participants::text[], u.topic, u.exchanges, u.carried, u.message_count, u.aside_count,
        u.messages_since, u.messages_until, batch.xact, u.created_at, u.ended_at
    FROM batch, unnest($2::uuid[], $3::bigint[], $4::text[], $5::text[], $6::uuid[], $7::text[],
        $8::text[], $9::text[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[],
        $14::timestamptz[], $15::timestamptz[], $16::timestamptz[], $17::timestamptz[])
        AS u (id, place, world, kind, parent_id, status, participants, topic, exchanges, carried,
            message_count, aside_count, messages_since, messages_until, created_at, ended_at)
    ON CONFLICT (id) DO NOTHING
    RETURNING 1
), changed AS (
    UPDATE conversations AS c
    SET exchanges = u.exchanges, status = u.status, ended_at = u.ended_at,
        message_count = u.message_count, aside_count = u.aside_count,
        messages_since = u.messages_since, messages_until = u.messages_until, xact = batch.xact
    FROM batch, unnest($18::uuid[], $19::bigint[], $20::text[], $21::timestamptz[], $22::bigint[],
        $23::bigint[], $24::timestamptz[], $25::timestamptz[])
        AS u (id, exchanges, status, ended_at, message_count, aside_count, messages_since,
            messages_until)
    WHERE c.id = u.id
), said AS (
    INSERT INTO messages (conversation_id, position, created_at, id, seq, xact, world, parent_id,
        conversation_kind, line_order, sender, recipients, body, kind, role, sentiment, heard_from,
        fallback, audience)
    SELECT u.conversation_id, u.position, u.created_at, u.id, batch.base + u.place, batch.xact,
        u.world, u.parent_id, u.conversation_kind, u.line_order, u.sender, u.recipients::text[],
        u.body, u.kind, u.role, u.sentiment, u.heard_from::text[], u.fallback, u.audience::text[]
    FROM batch, unnest($26::uuid[], $27::bigint[], $28::timestamptz[], $29::uuid[], $30::bigint[],
        $31::text[], $32::uuid[], $33::text[], $34::bigint[], $35::text[], $36::text[], $37::text[],
        $38::text[], $39::text[], $40::float8[], $41::text[], $42::bool[], $43::text[])
        AS u (conversation_id, position, created_at, id, place, world, parent_id,
            conversation_kind, line_order, sender, recipients, body, kind, role, sentiment,
            heard_from, fallback, audience)
), happened AS (
    INSERT INTO happenings (xact, seq, world, what, conversation_id, conversation, carried,
        logged_at)
    SELECT batch.xact, batch.base + u.place, u.world, u.what, u.id, u.conversation::json,
        u.carried, $50
    FROM batch, unnest($44::bigint[], $45::text[], $46::text[], $47::uuid[], $48::text[],
        $49::bigint[]) AS u (place, world, what, id, conversation, carried)
), sent AS (
    INSERT INTO outbox (id, world, inbox, due_at, parked, taken_at, kind, conversation_id,
        recipient, occurred_at, traceparent, data)
    SELECT u.id, u.world, u.inbox, u.due_at, u.parked, $50, u.kind, u.conversation_id, u.recipient,
        u.occurred_at, u.traceparent, u.data
    FROM unnest($51::uuid[], $52::text[], $53::text[], $54::timestamptz[], $55::bool[], $56::text[],
        $57::uuid[], $58::text[], $59::timestamptz[], $60::text[], $61::text[])
        AS u (id, world, inbox, due_at, parked, kind, conversation_id, recipient, occurred_at,
            traceparent, data)
    ON CONFLICT (id) DO UPDATE SET inbox = excluded.inbox, due_at = excluded.due_at,
        parked = excluded.parked, taken_at = excluded.taken_at
), cleared AS (
    DELETE FROM outbox WHERE id = ANY ($62::uuid[]) AND NOT parked
)
SELECT count(*) FROM opened";

/// Runs [`WRITE`].
pub(crate) async fn write(
    connection: &mut PgConnection,
    ledger: &Ledger<'_>,
    floor: i64,
    now: DateTime<Utc>,
) -> Result<i64, Error> {
    let sends: Vec<&OutboxRow> = ledger.sends.values().copied().collect();
    let (opened, changed) = (ledger.opened(), ledger.changed());
    let query = sqlx::query_scalar(WRITE).bind(floor.to_string());
    let query = bind_opened(query, &opened);
    let query = bind_changed(query, &changed);
    let query = bind_said(query, ledger);
    let query = bind_happened(query, &ledger.happened).bind(now);
    bind_sends(query, &sends)
        .bind(ledger.clears.iter().map(|id| id.0).bind_iter())
        .fetch_one(connection)
        .await
}

/// $2 to $17.
fn bind_opened<'q>(query: Query<'q>, opened: &'q [(&'q Entry, i64)]) -> Query<'q> {
    let all = || opened.iter().map(|(entry, _)| &entry.conversation);
    query
        .bind(all().map(|c| c.id.0).bind_iter())
        .bind(opened.iter().map(|(_, place)| *place).bind_iter())
        .bind(all().map(|c| c.world.as_str()).bind_iter())
        .bind(all().map(|c| conversation_kind_text(c.kind)).bind_iter())
        .bind(all().map(|c| c.parent_id.map(|id| id.0)).bind_iter())
        .bind(
            all()
                .map(|c| conversation_status_text(c.status))
                .bind_iter(),
        )
        .bind(all().map(|c| array_text(&c.participants)).bind_iter())
        .bind(all().map(|c| c.topic.as_deref()).bind_iter())
        .bind(all().map(|c| i64::from(c.exchanges)).bind_iter())
        .bind(all().map(|c| i64::from(c.carried)).bind_iter())
        .bind(opened.iter().map(|(entry, _)| entry.messages).bind_iter())
        .bind(opened.iter().map(|(entry, _)| entry.asides).bind_iter())
        .bind(opened.iter().map(|(entry, _)| entry.since).bind_iter())
        .bind(opened.iter().map(|(entry, _)| entry.until).bind_iter())
        .bind(all().map(|c| c.created_at).bind_iter())
        .bind(all().map(|c| c.ended_at).bind_iter())
}

/// $18 to $25.
fn bind_changed<'q>(query: Query<'q>, changed: &'q [&'q Entry]) -> Query<'q> {
    let all = || changed.iter().map(|entry| &entry.conversation);
    query
        .bind(all().map(|c| c.id.0).bind_iter())
        .bind(all().map(|c| i64::from(c.exchanges)).bind_iter())
        .bind(
            all()
                .map(|c| conversation_status_text(c.status))
                .bind_iter(),
        )
        .bind(all().map(|c| c.ended_at).bind_iter())
        .bind(changed.iter().map(|entry| entry.messages).bind_iter())
        .bind(changed.iter().map(|entry| entry.asides).bind_iter())
        .bind(changed.iter().map(|entry| entry.since).bind_iter())
        .bind(changed.iter().map(|entry| entry.until).bind_iter())
}

/// $26 to $43.
fn bind_said<'q>(query: Query<'q>, ledger: &'q Ledger<'q>) -> Query<'q> {
    let said: &'q [Said<'q>] = &ledger.said;
    let all = || said.iter().map(|s| s.message);
    query
        .bind(all().map(|m| m.conversation_id.0).bind_iter())
        .bind(said.iter().map(|s| s.position).bind_iter())
        .bind(all().map(|m| m.created_at).bind_iter())
        .bind(all().map(|m| m.id.0).bind_iter())
        .bind(said.iter().map(|s| s.place).bind_iter())
        .bind(said.iter().map(|s| ledger.world_of(s)).bind_iter())
        .bind(all().map(|m| m.parent_id.map(|id| id.0)).bind_iter())
        .bind(
            all()
                .map(|m| conversation_kind_text(m.conversation_kind))
                .bind_iter(),
        )
        .bind(said.iter().map(|s| s.order).bind_iter())
        .bind(all().map(|m| m.from.as_str()).bind_iter())
        .bind(all().map(|m| array_text(&m.to)).bind_iter())
        .bind(all().map(|m| m.text.as_str()).bind_iter())
        .bind(all().map(|m| message_kind_text(m.kind)).bind_iter())
        .bind(all().map(|m| speaker_role_text(m.role)).bind_iter())
        .bind(all().map(|m| m.sentiment).bind_iter())
        .bind(all().map(|m| array_text(&m.heard_from)).bind_iter())
        .bind(all().map(|m| m.fallback).bind_iter())
        .bind(said.iter().map(|s| array_text(s.audience)).bind_iter())
}

/// $44 to $49.
fn bind_happened<'q>(query: Query<'q>, happened: &'q [Happened]) -> Query<'q> {
    let json = |h: &Happened| {
        serde_json::to_string(&h.conversation)
            .expect("strings, numbers and lists of strings always serialise")
    };
    query
        .bind(happened.iter().map(|h| h.place).bind_iter())
        .bind(
            happened
                .iter()
                .map(|h| h.conversation.world.as_str())
                .bind_iter(),
        )
        .bind(happened.iter().map(|h| h.what).bind_iter())
        .bind(happened.iter().map(|h| h.conversation.id.0).bind_iter())
        .bind(happened.iter().map(json).bind_iter())
        .bind(
            happened
                .iter()
                .map(|h| i64::from(h.conversation.carried))
                .bind_iter(),
        )
}

/// $51 to $61.
fn bind_sends<'q>(query: Query<'q>, sends: &'q [&'q OutboxRow]) -> Query<'q> {
    let all = || sends.iter().map(|row| &*row.envelope);
    let data =
        |e: &parlor_model::Envelope| String::from_utf8(e.data()).expect("serde_json writes UTF-8");
    query
        .bind(all().map(|e| e.id.0).bind_iter())
        .bind(all().map(|e| e.world.as_str()).bind_iter())
        .bind(sends.iter().map(|row| row.inbox.as_str()).bind_iter())
        .bind(sends.iter().map(|row| row.due_at).bind_iter())
        .bind(sends.iter().map(|row| row.parked).bind_iter())
        .bind(all().map(parlor_model::Envelope::kind).bind_iter())
        .bind(all().map(|e| e.conversation.0).bind_iter())
        .bind(all().map(|e| e.recipient.as_str()).bind_iter())
        .bind(all().map(|e| e.time).bind_iter())
        .bind(all().map(|e| e.traceparent.as_str()).bind_iter())
        .bind(all().map(data).bind_iter())
}
