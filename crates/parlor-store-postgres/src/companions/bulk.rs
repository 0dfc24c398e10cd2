//! Batches of a run, written whole.

use super::copy::Copy;
use super::rows::ties_bytes;
use crate::store::PostgresStore;
use chrono::{DateTime, TimeDelta, Utc};
use parlor_model::MessageId;
use parlor_ports::PortResult;
use parlor_ports::companions::{
    BatchResult, BulkOutcome, BulkTalk, CompanionChange, GenerationRun, HouseholdResult, NewRunaway,
};
use sqlx::Error;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

/// Locks the batches that are not done; $1 run, $2 numbers.
const LEFT_SQL: &str = "
SELECT number FROM generation_batches
WHERE run_id = $1 AND number = ANY ($2) AND tally IS NULL ORDER BY number FOR UPDATE";
const DONE_SQL: &str = "
UPDATE generation_batches b SET tally = u.tally::json
FROM unnest($2::bigint[], $3::text[]) AS u (number, tally)
WHERE b.run_id = $1 AND b.number = u.number";
const RELEASE_SQL: &str = "
UPDATE generation_batches SET claimed_until = NULL
WHERE run_id = $1 AND number = ANY ($2) AND tally IS NULL";
const CHANGE_SQL: &str = "
UPDATE companions c SET mood = u.mood, unhappy_count = u.unhappy_count, activity = u.activity,
    busy_until = u.busy_until, version = c.version + 1
FROM unnest($2::uuid[], $3::smallint[], $4::bigint[], $5::text[], $6::bigint[], $7::text[],
    $8::timestamptz[]) AS u (owner, number, version, mood, unhappy_count, activity, busy_until)
WHERE c.world = $1 AND c.owner = u.owner AND c.number = u.number AND c.version = u.version";
const LEAVE_SQL: &str = "
WITH gone AS (
    DELETE FROM companions c
    USING unnest($2::uuid[], $3::smallint[], $4::bigint[], $5::text[])
        AS u (owner, number, version, difficulty)
    WHERE c.world = $1 AND c.owner = u.owner AND c.number = u.number AND c.version = u.version
    RETURNING c.*, u.difficulty
)
INSERT INTO runaways (id, world, owner, number, character, name, team_slot, unhappy_count, version,
    difficulty, attempts, ran_at, run_id)
SELECT id, world, owner, number, character, name, team_slot, unhappy_count, version + 1, difficulty,
    0, $6, $7
FROM gone";
const TIES_SQL: &str = "
UPDATE households h SET ties = u.ties
FROM unnest($2::uuid[], $3::bytea[]) AS u (owner, ties)
WHERE h.world = $1 AND h.owner = u.owner";
const COINS_SQL: &str = "
WITH found AS (SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[]) AS u (owner, coins, key)),
paid AS (
    INSERT INTO payments (account, key, coins, made_at)
    SELECT owner, key, coins, $4 FROM found
)
UPDATE accounts a SET coins = a.coins + found.coins FROM found WHERE a.id = found.owner";
/// A block of places in the log; nothing of it is there, but lists go by it.
const PLACES_SQL: &str = "SELECT nextval('change_batches') * 65536";

const CONVERSATIONS: &str = "conversations (id, seq, world, kind, status, participants, topic, \
    exchanges, carried, message_count, aside_count, messages_since, messages_until, xact, \
    created_at, ended_at, owner, run_id, details)";
const MESSAGES: &str = "messages (conversation_id, position, created_at, id, seq, world, \
    conversation_kind, line_order, sender, recipients, body, kind, role, sentiment, heard_from, \
    fallback, audience)";
const PARTICIPANTS: &str = "conversation_participants (conversation_id, place, companion_id, \
    character, name, opinion, mood_before, mood_after)";
/// They are few: one statement is quicker than the three exchanges of a COPY.
const NOTIFY_SQL: &str = "
INSERT INTO notifications (id, owner, world, kind, body, companion_id, coins, created_at)
SELECT u.id, u.owner, $1, u.kind, u.body, u.companion_id, u.coins, u.created_at
FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::uuid[], $7::bigint[], $8::timestamptz[])
    AS u (id, owner, kind, body, companion_id, coins, created_at)";

impl PostgresStore {
    pub(super) async fn write_batches(
        &self,
        run: &GenerationRun,
        mut batches: Vec<BatchResult>,
    ) -> PortResult<BulkOutcome> {
        const WHAT: &str = "can't write a part of a run";
        let mut transaction = self.begin(WHAT).await?;
        let failed = |error: Error| self.failed(WHAT, &error);
        let numbers: Vec<i64> = batches
            .iter()
            .map(|batch| i64::from(batch.number))
            .collect();
        let left: Vec<i64> = sqlx::query_scalar(LEFT_SQL)
            .bind(run.id)
            .bind(&numbers)
            .fetch_all(&mut *transaction)
            .await
            .map_err(failed)?;
        batches.retain(|batch| left.contains(&i64::from(batch.number)));
        if !write(&mut transaction, run, &batches)
            .await
            .map_err(failed)?
        {
            self.give_up(WHAT, transaction).await?;
            let mut connection = self.connection(WHAT).await?;
            sqlx::query(RELEASE_SQL)
                .bind(run.id)
                .bind(&numbers)
                .execute(&mut *connection)
                .await
                .map_err(failed)?;
            return Ok(BulkOutcome::Stale);
        }
        transaction.commit().await.map_err(failed)?;
        Ok(BulkOutcome::Applied(
            batches.iter().map(|batch| batch.number).collect(),
        ))
    }
}

/// False where a companion was not as it had been seen.
async fn write(
    connection: &mut PgConnection,
    run: &GenerationRun,
    batches: &[BatchResult],
) -> Result<bool, Error> {
    let people: Vec<&HouseholdResult> = batches.iter().flat_map(|b| &b.households).collect();
    let seen = change(connection, run, &people).await? && leave(connection, run, &people).await?;
    if !seen {
        return Ok(false);
    }
    ties(connection, run, &people).await?;
    said(connection, run, &people).await?;
    notices(connection, run, &people).await?;
    coins(connection, run, &people).await?;
    let tallies: Vec<String> = batches
        .iter()
        .map(|batch| serde_json::to_string(&batch.tally).unwrap_or_default())
        .collect();
    let numbers: Vec<i64> = batches
        .iter()
        .map(|batch| i64::from(batch.number))
        .collect();
    sqlx::query(DONE_SQL)
        .bind(run.id)
        .bind(numbers)
        .bind(tallies)
        .execute(connection)
        .await?;
    Ok(true)
}

async fn change(
    connection: &mut PgConnection,
    run: &GenerationRun,
    people: &[&HouseholdResult],
) -> Result<bool, Error> {
    let changes = people
        .iter()
        .flat_map(|person| person.changes.iter().map(|change| (person.owner.0, change)));
    let (owners, changes): (Vec<Uuid>, Vec<&CompanionChange>) = changes.unzip();
    if changes.is_empty() {
        return Ok(true);
    }
    let all = || changes.iter();
    let strikes: Vec<i64> = all().map(|c| i64::from(c.unhappy_count)).collect();
    let done = sqlx::query(CHANGE_SQL)
        .bind(run.world.as_str())
        .bind(owners)
        .bind(all().map(|c| i16::from(c.number)).collect::<Vec<_>>())
        .bind(all().map(|c| c.version).collect::<Vec<_>>())
        .bind(all().map(|c| c.mood.as_str()).collect::<Vec<_>>())
        .bind(strikes)
        .bind(all().map(|c| c.activity.as_str()).collect::<Vec<_>>())
        .bind(all().map(|c| c.busy_until).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(done.rows_affected() == changes.len() as u64)
}

async fn leave(
    connection: &mut PgConnection,
    run: &GenerationRun,
    people: &[&HouseholdResult],
) -> Result<bool, Error> {
    let runaways = people
        .iter()
        .flat_map(|person| person.runaways.iter().map(|gone| (person.owner.0, gone)));
    let (owners, runaways): (Vec<Uuid>, Vec<&NewRunaway>) = runaways.unzip();
    if runaways.is_empty() {
        return Ok(true);
    }
    let all = || runaways.iter();
    let done = sqlx::query(LEAVE_SQL)
        .bind(run.world.as_str())
        .bind(owners)
        .bind(all().map(|r| i16::from(r.number)).collect::<Vec<_>>())
        .bind(all().map(|r| r.version).collect::<Vec<_>>())
        .bind(all().map(|r| r.difficulty.as_str()).collect::<Vec<_>>())
        .bind(run.at)
        .bind(run.id)
        .execute(connection)
        .await?;
    Ok(done.rows_affected() == runaways.len() as u64)
}

async fn ties(
    connection: &mut PgConnection,
    run: &GenerationRun,
    people: &[&HouseholdResult],
) -> Result<(), Error> {
    let (owners, ties): (Vec<_>, Vec<_>) = people
        .iter()
        .filter_map(|person| Some((person.owner.0, ties_bytes(person.ties.as_ref()?))))
        .unzip();
    if owners.is_empty() {
        return Ok(());
    }
    sqlx::query(TIES_SQL)
        .bind(run.world.as_str())
        .bind(owners)
        .bind(ties)
        .execute(connection)
        .await?;
    Ok(())
}

async fn said(
    connection: &mut PgConnection,
    run: &GenerationRun,
    people: &[&HouseholdResult],
) -> Result<(), Error> {
    let (mut conversations, mut messages) = (Copy::new(), Copy::new());
    let mut participants = Copy::new();
    let base: i64 = sqlx::query_scalar(PLACES_SQL)
        .fetch_one(&mut *connection)
        .await?;
    let mut place = base;
    for person in people {
        let Some(talk) = &person.talk else { continue };
        add_conversation(&mut conversations, run, person, talk, place);
        place += 1;
        for (number, line) in (1_i32..).zip(&talk.lines) {
            let names = || talk.participants.iter().map(|p| p.name.as_str());
            let name = |at: usize| talk.participants.get(at).map_or("", |p| p.name.as_str());
            messages.row(17);
            messages.uuid(talk.id.0);
            messages.int8(i64::from(number));
            messages.time(line_time(run.at, number));
            messages.uuid(MessageId::derive(talk.id.0, &number.to_string()).0);
            messages.int8(place);
            messages.text(run.world.as_str());
            messages.text("group");
            messages.int8(i64::from(number));
            messages.text(name(line.speaker));
            messages.texts(std::iter::once(name(line.to)));
            messages.text(&line.text);
            messages.text("line");
            messages.text("ai");
            messages.float8(line.sentiment);
            messages.texts(std::iter::empty());
            messages.boolean(false);
            messages.texts(names());
            place += 1;
        }
        for (number, participant) in (0_i16..).zip(&talk.participants) {
            participants.row(8);
            participants.uuid(talk.id.0);
            participants.int2(number);
            participants.uuid(participant.companion);
            participants.text(participant.character.as_str());
            participants.text(&participant.name);
            #[expect(clippy::cast_possible_truncation, reason = "-1 to 1")]
            participants.float4(participant.opinion as f32);
            participants.text(participant.before.as_str());
            participants.text(participant.after.as_str());
        }
    }
    conversations.send(connection, CONVERSATIONS).await?;
    messages.send(connection, MESSAGES).await?;
    participants.send(connection, PARTICIPANTS).await
}

/// When a line is said: so many milliseconds after the beginning.
fn line_time(at: DateTime<Utc>, number: i32) -> DateTime<Utc> {
    at + TimeDelta::milliseconds(i64::from(number))
}

fn add_conversation(
    rows: &mut Copy,
    run: &GenerationRun,
    person: &HouseholdResult,
    talk: &BulkTalk,
    place: i64,
) {
    let lines = i32::try_from(talk.lines.len()).unwrap_or(i32::MAX);
    rows.row(19);
    rows.uuid(talk.id.0);
    rows.int8(place);
    rows.text(run.world.as_str());
    rows.text("group");
    rows.text("CLOSED");
    rows.texts(talk.participants.iter().map(|p| p.name.as_str()));
    rows.text(&talk.topic);
    rows.int8(i64::from(lines));
    rows.int8(0);
    rows.int8(i64::from(lines));
    rows.int8(0);
    rows.time(line_time(run.at, 1.min(lines)));
    rows.time(line_time(run.at, lines));
    // No change of it is in the log.
    rows.int8(0);
    rows.time(run.at);
    rows.time(line_time(run.at, lines));
    rows.uuid(person.owner.0);
    rows.uuid(run.id);
    rows.text(&serde_json::to_string(&talk.details).unwrap_or_default());
}

async fn notices(
    connection: &mut PgConnection,
    run: &GenerationRun,
    people: &[&HouseholdResult],
) -> Result<(), Error> {
    let all = || {
        people.iter().flat_map(|person| {
            let owner = person.owner.0;
            person.notices.iter().map(move |notice| (owner, notice))
        })
    };
    if all().next().is_none() {
        return Ok(());
    }
    sqlx::query(NOTIFY_SQL)
        .bind(run.world.as_str())
        .bind(all().map(|(_, notice)| notice.id).collect::<Vec<_>>())
        .bind(all().map(|(owner, _)| owner).collect::<Vec<_>>())
        .bind(
            all()
                .map(|(_, notice)| notice.kind.as_str())
                .collect::<Vec<_>>(),
        )
        .bind(
            all()
                .map(|(_, notice)| notice.text.as_str())
                .collect::<Vec<_>>(),
        )
        .bind(
            all()
                .map(|(_, notice)| notice.companion)
                .collect::<Vec<_>>(),
        )
        .bind(
            all()
                .map(|(_, notice)| i64::from(notice.coins))
                .collect::<Vec<_>>(),
        )
        .bind(
            all()
                .map(|(_, notice)| notice.created_at)
                .collect::<Vec<_>>(),
        )
        .execute(connection)
        .await?;
    Ok(())
}

async fn coins(
    connection: &mut PgConnection,
    run: &GenerationRun,
    people: &[&HouseholdResult],
) -> Result<(), Error> {
    let found = || {
        people.iter().filter_map(|person| {
            let talk = person.talk.as_ref()?;
            (talk.details.coins > 0).then_some((person.owner.0, talk))
        })
    };
    if found().next().is_none() {
        return Ok(());
    }
    sqlx::query(COINS_SQL)
        .bind(found().map(|(owner, _)| owner).collect::<Vec<_>>())
        .bind(
            found()
                .map(|(_, talk)| i64::from(talk.details.coins))
                .collect::<Vec<_>>(),
        )
        .bind(
            found()
                .map(|(_, talk)| format!("found {}", talk.id))
                .collect::<Vec<_>>(),
        )
        .bind(run.at)
        .execute(connection)
        .await?;
    Ok(())
}
