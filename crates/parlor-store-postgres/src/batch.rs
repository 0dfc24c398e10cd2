//! Writes what a [`Ledger`] holds, with one statement.

use crate::bundle::{Bundle, Taken};
use crate::ledger::{Entry, Happened, Ledger, Said};
use crate::row::{
    array_text, conversation_kind_text, conversation_status_text, message_kind_text,
    speaker_role_text,
};
use chrono::{DateTime, Utc};
use parlor_model::{EventId, OutboxRow};
use sqlx::postgres::{PgArguments, PgBindIterExt, PgConnection};
use sqlx::{Error, Postgres};

/// Changes that one batch may log: a change's `seq` is the batch's number times this, plus its
/// place in the batch.
pub(crate) const CHANGES_MAX: i64 = 65_536;

type Row = (Option<i64>, i64, Vec<i64>);
type Query<'q> = sqlx::query::QueryAs<'q, Postgres, Row, PgArguments>;

/// The part of a write that every line needs: $1 to $35.
macro_rules! lines {
    () => {
        "
WITH found AS MATERIALIZED (
    SELECT c.id, c.message_count, c.xact
    FROM unnest($1::uuid[], $2::bigint[], $3::text[]) AS u (id, exchanges, status)
    JOIN conversations c ON c.id = u.id
    WHERE c.exchanges = u.exchanges AND c.status = u.status
    ORDER BY c.id FOR NO KEY UPDATE OF c
), batch AS MATERIALIZED (
    SELECT nextval('change_batches') * 65536 AS base, GREATEST(pg_current_xact_id(),
        (SELECT xact FROM found ORDER BY xact DESC LIMIT 1)) AS xact
    WHERE (SELECT count(*) FROM found) = cardinality($1::uuid[])
), changed AS (
    UPDATE conversations AS c
    SET exchanges = u.exchanges, status = u.status, ended_at = u.ended_at,
        message_count = c.message_count + u.messages, aside_count = c.aside_count + u.asides,
        messages_since = LEAST(c.messages_since, u.since),
        messages_until = GREATEST(c.messages_until, u.until), xact = batch.xact
    FROM batch, unnest($1::uuid[], $4::bigint[], $5::text[], $6::timestamptz[], $7::bigint[],
        $8::bigint[], $9::timestamptz[], $10::timestamptz[])
        AS u (id, exchanges, status, ended_at, messages, asides, since, until)
    WHERE c.id = u.id
), said AS (
    INSERT INTO messages (conversation_id, position, created_at, id, seq, xact, world, parent_id,
        conversation_kind, line_order, sender, recipients, body, kind, role, sentiment, heard_from,
        fallback, audience, legs)
    SELECT u.conversation_id, coalesce(found.message_count, 0) + u.place_in, u.created_at, u.id,
        batch.base + u.place, batch.xact, u.world, u.parent_id, u.conversation_kind, u.line_order,
        u.sender, u.recipients::text[], u.body, u.kind, u.role, u.sentiment, u.heard_from::text[],
        u.fallback, u.audience::text[], u.legs
    FROM batch, unnest($11::uuid[], $12::bigint[], $13::timestamptz[], $14::uuid[], $15::bigint[],
        $16::text[], $17::uuid[], $18::text[], $19::bigint[], $20::text[], $21::text[], $22::text[],
        $23::text[], $24::text[], $25::float8[], $26::text[], $27::bool[], $28::text[],
        $29::bigint[])
        AS u (conversation_id, place_in, created_at, id, place, world, parent_id,
            conversation_kind, line_order, sender, recipients, body, kind, role, sentiment,
            heard_from, fallback, audience, legs)
        LEFT JOIN found ON found.id = u.conversation_id
), bundled AS (
    INSERT INTO outbox_bundles (id, world, due_at, taken_at, size, rows)
    SELECT batch.base + u.n - 1, u.world, u.due_at, $30, u.size, u.rows
    FROM batch, unnest($31::text[], $32::timestamptz[], $33::bigint[], $34::text[])
        WITH ORDINALITY AS u (world, due_at, size, rows, n)
), emptied AS (
    DELETE FROM outbox_bundles b USING batch WHERE b.id = ANY ($35::bigint[])
)"
    };
}

/// Writes a ledger, or nothing where a conversation is not as the ledger found it: the row's first
/// column is null then. The others are how many conversations were opened (fewer than the ledger has
/// where another transaction was faster, and then the caller must roll back), and the messages that
/// each changed conversation had before, by id.
///
/// Conversations are locked in the order of their ids, whoever writes; the batch's number is drawn
/// after that, so that it is greater than that of every batch waited for.
const WRITE: &str = concat!(
    lines!(),
    ", opened AS (
    INSERT INTO conversations (id, seq, world, kind, parent_id, status, participants, topic,
        exchanges, carried, message_count, aside_count, messages_since, messages_until, xact,
        created_at, ended_at)
    SELECT u.id, batch.base + u.place, u.world, u.kind, u.parent_id, u.status,
        u.participants::text[], u.topic, u.exchanges, u.carried, u.message_count, u.aside_count,
        u.messages_since, u.messages_until, batch.xact, u.created_at, u.ended_at
    FROM batch, unnest($36::uuid[], $37::bigint[], $38::text[], $39::text[], $40::uuid[],
        $41::text[], $42::text[], $43::text[], $44::bigint[], $45::bigint[], $46::bigint[],
        $47::bigint[], $48::timestamptz[], $49::timestamptz[], $50::timestamptz[],
        $51::timestamptz[])
        AS u (id, place, world, kind, parent_id, status, participants, topic, exchanges, carried,
            message_count, aside_count, messages_since, messages_until, created_at, ended_at)
    ON CONFLICT (id) DO NOTHING
    RETURNING 1
), happened AS (
    INSERT INTO happenings (xact, seq, world, what, conversation_id, conversation, carried,
        logged_at)
    SELECT batch.xact, batch.base + u.place, u.world, u.what, u.id, u.conversation::json,
        u.carried, $30
    FROM batch, unnest($52::bigint[], $53::text[], $54::text[], $55::uuid[], $56::text[],
        $57::bigint[]) AS u (place, world, what, id, conversation, carried)
), parked AS (
    INSERT INTO outbox (id, world, inbox, due_at, parked, taken_at, kind, conversation_id,
        recipient, occurred_at, traceparent, data)
    SELECT u.id, u.world, u.inbox, u.due_at, true, $30, u.kind, u.conversation_id, u.recipient,
        u.occurred_at, u.traceparent, u.data
    FROM batch, unnest($58::uuid[], $59::text[], $60::text[], $61::timestamptz[], $62::text[],
        $63::uuid[], $64::text[], $65::timestamptz[], $66::text[], $67::text[])
        AS u (id, world, inbox, due_at, kind, conversation_id, recipient, occurred_at, traceparent,
            data)
    ON CONFLICT (id) DO UPDATE SET inbox = excluded.inbox, due_at = excluded.due_at,
        parked = excluded.parked, taken_at = excluded.taken_at
), cleared AS (
    DELETE FROM outbox USING batch WHERE id = ANY ($68::uuid[]) AND NOT parked
), replaced AS (
    DELETE FROM outbox USING batch WHERE id = ANY ($69::uuid[])
)
SELECT (SELECT base FROM batch), (SELECT count(*) FROM opened),
    (SELECT coalesce(array_agg(message_count ORDER BY id), '{}') FROM found)"
);

/// [`WRITE`] for a ledger of nothing but lines: starting the parts that have nothing to do would take
/// as long as writing a line.
const WRITE_LINES: &str = concat!(
    lines!(),
    "
SELECT (SELECT base FROM batch), 0::bigint,
    (SELECT coalesce(array_agg(message_count ORDER BY id), '{}') FROM found)"
);

/// What has been written.
pub(crate) struct Written {
    /// The batch's number times 65536.
    pub(crate) base: i64,
    /// How many conversations were opened.
    pub(crate) opened: i64,
    /// Messages that each changed conversation had before, by id.
    pub(crate) messages: Vec<i64>,
}

/// Runs [`WRITE`]; `None` when a conversation is not as the ledger found it, and nothing is written.
pub(crate) async fn write(
    connection: &mut PgConnection,
    ledger: &Ledger<'_>,
    outbox: &OutboxPart,
    now: DateTime<Utc>,
) -> Result<Option<Written>, Error> {
    let parked: Vec<&OutboxRow> = ledger
        .sends
        .values()
        .filter(|row| row.parked)
        .copied()
        .collect();
    let (opened, changed) = (ledger.opened(), ledger.changed());
    let only_lines = opened.is_empty()
        && parked.is_empty()
        && ledger.happened.is_empty()
        && outbox.taken.others.is_empty()
        && outbox.replaces.is_empty();
    let sql = if only_lines { WRITE_LINES } else { WRITE };
    let query = bind_changed(sqlx::query_as(sql), &changed);
    let query = bind_said(query, ledger).bind(now);
    let mut query = bind_bundles(query, outbox);
    if !only_lines {
        query = bind_opened(query, &opened);
        query = bind_happened(query, &ledger.happened);
        query = bind_parked(query, &parked)
            .bind(outbox.taken.others.iter().map(|id| id.0).bind_iter())
            .bind(outbox.replaces.iter().map(|id| id.0).bind_iter());
    }
    let (base, opened, messages) = query.fetch_one(connection).await?;
    Ok(base.map(|base| Written {
        base,
        opened,
        messages,
    }))
}

/// What a batch does to the outbox besides parking rows.
#[derive(Debug)]
pub(crate) struct OutboxPart {
    pub(crate) bundles: Vec<Bundle>,
    pub(crate) taken: Taken,
    /// Rows in hand that may be in the table under the same id.
    pub(crate) replaces: Vec<EventId>,
}

impl OutboxPart {
    /// Nothing.
    pub(crate) fn nothing() -> Self {
        Self {
            bundles: Vec::new(),
            taken: Taken::default(),
            replaces: Vec::new(),
        }
    }
}

/// $36 to $51.
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

/// $1 to $10.
fn bind_changed<'q>(query: Query<'q>, changed: &'q [&'q Entry]) -> Query<'q> {
    let all = || changed.iter().map(|entry| &entry.conversation);
    let found = || changed.iter().map(|entry| entry.found);
    query
        .bind(all().map(|c| c.id.0).bind_iter())
        .bind(found().map(|f| i64::from(f.exchanges)).bind_iter())
        .bind(
            found()
                .map(|f| conversation_status_text(f.status))
                .bind_iter(),
        )
        .bind(all().map(|c| i64::from(c.exchanges)).bind_iter())
        .bind(
            all()
                .map(|c| conversation_status_text(c.status))
                .bind_iter(),
        )
        .bind(all().map(|c| c.ended_at).bind_iter())
        .bind(
            changed
                .iter()
                .map(|e| e.messages - e.found.messages)
                .bind_iter(),
        )
        .bind(
            changed
                .iter()
                .map(|e| e.asides - e.found.asides)
                .bind_iter(),
        )
        .bind(changed.iter().map(|entry| entry.since).bind_iter())
        .bind(changed.iter().map(|entry| entry.until).bind_iter())
}

/// $11 to $29.
fn bind_said<'q>(query: Query<'q>, ledger: &'q Ledger<'q>) -> Query<'q> {
    let said: &'q [Said<'q>] = &ledger.said;
    let all = || said.iter().map(|s| s.message);
    query
        .bind(all().map(|m| m.conversation_id.0).bind_iter())
        .bind(said.iter().map(|s| s.offset).bind_iter())
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
        .bind(
            said.iter()
                .map(|s| s.legs.map(|legs| legs.pack()))
                .bind_iter(),
        )
}

/// $52 to $57.
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

/// $58 to $67.
fn bind_parked<'q>(query: Query<'q>, parked: &'q [&'q OutboxRow]) -> Query<'q> {
    let all = || parked.iter().map(|row| &*row.envelope);
    let data = |e: &parlor_model::Envelope| {
        String::from_utf8(e.record()).expect("serde_json writes UTF-8")
    };
    query
        .bind(all().map(|e| e.id.0).bind_iter())
        .bind(all().map(|e| e.world.as_str()).bind_iter())
        .bind(parked.iter().map(|row| row.inbox.as_str()).bind_iter())
        .bind(parked.iter().map(|row| row.due_at).bind_iter())
        .bind(all().map(parlor_model::Envelope::kind).bind_iter())
        .bind(all().map(|e| e.conversation.0).bind_iter())
        .bind(all().map(|e| e.recipient.as_str()).bind_iter())
        .bind(all().map(|e| e.time).bind_iter())
        .bind(all().map(|e| e.traceparent.as_str()).bind_iter())
        .bind(all().map(data).bind_iter())
}

/// $31 to $35.
fn bind_bundles<'q>(query: Query<'q>, outbox: &'q OutboxPart) -> Query<'q> {
    let bundles = &outbox.bundles;
    query
        .bind(bundles.iter().map(|b| b.world.as_str()).bind_iter())
        .bind(bundles.iter().map(|b| b.due_at).bind_iter())
        .bind(bundles.iter().map(|b| b.ids.len() as i64).bind_iter())
        .bind(bundles.iter().map(|b| b.rows.as_str()).bind_iter())
        .bind(&outbox.taken.emptied)
}
