//! What people have: companions, runaways, notifications.

use super::copy::Copy;
use super::rows::{companion, companion_columns, named, slug};
use super::runs::households;
use crate::row::count;
use crate::store::PostgresStore;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use parlor_model::companion::COMPANIONS_MAX;
use parlor_model::{AccountId, Companion, ConversationId, Household, Slug};
use parlor_ports::companions::{
    Attempt, AttemptMade, AttemptOutcome, Companions, MoodPoint, NewCompanion, Notice,
    RunawayRecord, TalkRecord, companion_id,
};
use parlor_ports::store::{Cursor, Page};
use parlor_ports::{PortError, PortResult};
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::types::Json;
use sqlx::{Error, Row};
use uuid::Uuid;

const HOUSEHOLD_SQL: &str = "
INSERT INTO households (world, owner, seen_at, ties, made_at)
SELECT $1, id, $3, '', $3 FROM accounts WHERE id = $2
ON CONFLICT (world, owner) DO NOTHING";
const LOCK_SQL: &str = "SELECT true FROM households WHERE world = $1 AND owner = $2 FOR UPDATE";
const NUMBERS_SQL: &str = "
SELECT number FROM companions WHERE world = $1 AND owner = $2
UNION ALL SELECT number FROM runaways WHERE world = $1 AND owner = $2";
const SEED_ACCOUNTS_SQL: &str = "
INSERT INTO accounts (id, username, folded, name, admin, coins, password, created_at, last_login_at)
SELECT u.id, 'seed-' || u.id, 'seed-' || u.id, 'Somebody', false, 100, '', $2, NULL
FROM unnest($1::uuid[]) AS u (id) ON CONFLICT DO NOTHING";
const SEED_HOUSEHOLDS_SQL: &str = "
INSERT INTO households (world, owner, seen_at, ties, made_at)
SELECT $1, u.id, $3, '', $3 FROM unnest($2::uuid[]) AS u (id)
ON CONFLICT (world, owner) DO NOTHING RETURNING owner";
const COMPANIONS: &str = "companions (id, world, owner, number, character, name, mood, \
    unhappy_count, activity, team_slot, version, added_at)";
/// The nil id comes before every other; nobody has it.
const AFTER_SQL: &str = "
SELECT owner FROM households
WHERE world = $1 AND owner > coalesce($2, '00000000-0000-0000-0000-000000000000'::uuid)
ORDER BY owner LIMIT $3";
const SEEN_SQL: &str = "
UPDATE households SET seen_at = $3 WHERE world = $1 AND owner = $2
    AND (seen_at IS NULL OR seen_at < $3 - interval '1 minute')";
const MEDITATE_SQL: &str = concat!(
    "UPDATE companions c SET busy_until = $4, version = c.version + 1,
        activity = CASE WHEN $4::timestamptz IS NULL THEN 'available' ELSE 'meditating' END
    WHERE c.id = $3 AND c.world = $1 AND c.owner = $2 RETURNING ",
    companion_columns!()
);
const RUNAWAYS_SQL: &str = "
SELECT id, character, name, ran_at, difficulty, attempts FROM runaways
WHERE world = $1 AND owner = $2 ORDER BY ran_at DESC, number LIMIT 1000";
const KEY_SQL: &str = "SELECT made FROM recovery_attempts WHERE owner = $1 AND key = $2";
const COINS_SQL: &str = "SELECT coins FROM accounts WHERE id = $1 FOR UPDATE";
const RUNAWAY_SQL: &str = "
SELECT attempts FROM runaways WHERE world = $1 AND owner = $2 AND id = $3 FOR UPDATE";
const PAY_SQL: &str = "
WITH paid AS (INSERT INTO payments (account, key, coins, made_at) VALUES ($1, $2, -$3, $4))
UPDATE accounts SET coins = coins - $3 WHERE id = $1";
const RETURN_SQL: &str = "
WITH back AS (DELETE FROM runaways WHERE id = $1 RETURNING *)
INSERT INTO companions (id, world, owner, number, character, name, mood, unhappy_count, activity,
    team_slot, version, added_at)
SELECT id, world, owner, number, character, name, 'neutral', 0, 'available', team_slot, version + 1,
    $2 FROM back";
const HARDER_SQL: &str =
    "UPDATE runaways SET attempts = attempts + 1, difficulty = $2 WHERE id = $1";
const MADE_SQL: &str =
    "INSERT INTO recovery_attempts (owner, key, made, made_at) VALUES ($1, $2, $3, $4)";
const NOTICE_SQL: &str = "
INSERT INTO notifications (id, owner, world, kind, body, companion_id, coins, created_at)
VALUES ($1, $2, $3, 'recovered', $4, $5, 0, $6) ON CONFLICT (id) DO NOTHING";
/// $2: not after; $3: so many have been shown.
const NOTICES_SQL: &str = "
SELECT id, kind, body, companion_id, coins, created_at, read_at FROM notifications
WHERE owner = $1 AND created_at <= $2
ORDER BY owner, created_at DESC, id DESC OFFSET $3 LIMIT $4";

#[async_trait]
impl Companions for PostgresStore {
    async fn give_companions(
        &self,
        world: &Slug,
        owner: AccountId,
        given: &[NewCompanion],
        now: DateTime<Utc>,
    ) -> PortResult<Household> {
        const WHAT: &str = "can't give companions";
        let mut transaction = self.begin(WHAT).await?;
        let failed = |error: Error| self.failed(WHAT, &error);
        let numbers = give(&mut transaction, world, owner, given, now)
            .await
            .map_err(failed)?;
        if let Err(refusal) = numbers {
            self.give_up(WHAT, transaction).await?;
            return Err(PortError::terminal(WHAT, refusal));
        }
        transaction.commit().await.map_err(failed)?;
        let household = self.household(world, owner).await?;
        household.ok_or_else(|| PortError::retryable(WHAT, "the account is gone"))
    }

    async fn seed_households(
        &self,
        world: &Slug,
        people: &[(AccountId, Vec<NewCompanion>)],
        now: DateTime<Utc>,
    ) -> PortResult<()> {
        const WHAT: &str = "can't make people for trials";
        let mut transaction = self.begin(WHAT).await?;
        let failed = |error: Error| self.failed(WHAT, &error);
        seed(&mut transaction, world, people, now)
            .await
            .map_err(failed)?;
        transaction.commit().await.map_err(failed)
    }

    async fn household(&self, world: &Slug, owner: AccountId) -> PortResult<Option<Household>> {
        const WHAT: &str = "can't read somebody's companions";
        let mut connection = self.connection(WHAT).await?;
        let found = households(&mut connection, world, owner.0, owner.0).await;
        Ok(found.map_err(|error| self.failed(WHAT, &error))?.pop())
    }

    async fn households_after(
        &self,
        world: &Slug,
        after: Option<AccountId>,
        limit: u32,
    ) -> PortResult<Vec<Household>> {
        const WHAT: &str = "can't list people with companions";
        let mut connection = self.connection(WHAT).await?;
        let failed = |error: Error| self.failed(WHAT, &error);
        let owners: Vec<Uuid> = sqlx::query_scalar(AFTER_SQL)
            .bind(world.as_str())
            .bind(after.map(|owner| owner.0))
            .bind(i64::from(limit))
            .fetch_all(&mut *connection)
            .await
            .map_err(failed)?;
        let (Some(first), Some(last)) = (owners.first(), owners.last()) else {
            return Ok(Vec::new());
        };
        households(&mut connection, world, *first, *last)
            .await
            .map_err(failed)
    }

    async fn owner_seen(
        &self,
        world: &Slug,
        owner: AccountId,
        now: DateTime<Utc>,
    ) -> PortResult<()> {
        const WHAT: &str = "can't note that somebody is here";
        let mut connection = self.connection(WHAT).await?;
        sqlx::query(SEEN_SQL)
            .bind(world.as_str())
            .bind(owner.0)
            .bind(now)
            .execute(&mut *connection)
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        Ok(())
    }

    async fn meditate(
        &self,
        world: &Slug,
        owner: AccountId,
        id: Uuid,
        until: Option<DateTime<Utc>>,
    ) -> PortResult<Option<Companion>> {
        const WHAT: &str = "can't let a companion meditate";
        let mut connection = self.connection(WHAT).await?;
        let row = sqlx::query(MEDITATE_SQL)
            .bind(world.as_str())
            .bind(owner.0)
            .bind(id)
            .bind(until)
            .fetch_optional(&mut *connection)
            .await;
        row.and_then(|row| row.map(|row| companion(&row, 0)).transpose())
            .map_err(|error| self.failed(WHAT, &error))
    }

    async fn talks(
        &self,
        world: &Slug,
        owner: AccountId,
        after: Option<Cursor>,
        limit: u32,
    ) -> PortResult<Page<TalkRecord>> {
        self.list_talks(world, owner, after, limit).await
    }

    async fn talk(&self, owner: AccountId, id: ConversationId) -> PortResult<Option<TalkRecord>> {
        self.find_talk(owner, id).await
    }

    async fn mark_read(
        &self,
        owner: AccountId,
        id: ConversationId,
        now: DateTime<Utc>,
    ) -> PortResult<bool> {
        self.read_talk(owner, id, now).await
    }

    async fn unread(&self, world: &Slug, owner: AccountId) -> PortResult<u32> {
        self.count_unread(world, owner).await
    }

    async fn runaways(&self, world: &Slug, owner: AccountId) -> PortResult<Vec<RunawayRecord>> {
        const WHAT: &str = "can't list runaways";
        let mut connection = self.connection(WHAT).await?;
        let rows = sqlx::query(RUNAWAYS_SQL)
            .bind(world.as_str())
            .bind(owner.0)
            .fetch_all(&mut *connection)
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        let records: Result<_, Error> = rows.iter().map(runaway).collect();
        records.map_err(|error| self.failed(WHAT, &error))
    }

    async fn attempt(&self, attempt: &Attempt) -> PortResult<AttemptOutcome> {
        const WHAT: &str = "can't try to win somebody back";
        let mut transaction = self.begin(WHAT).await?;
        let failed = |error: Error| self.failed(WHAT, &error);
        let outcome = try_to_win_back(&mut transaction, attempt)
            .await
            .map_err(failed)?;
        match outcome {
            AttemptOutcome::Made(_) => transaction.commit().await.map_err(failed)?,
            _ => self.give_up(WHAT, transaction).await?,
        }
        Ok(outcome)
    }

    async fn mood_points(
        &self,
        world: &Slug,
        owner: AccountId,
        since: DateTime<Utc>,
    ) -> PortResult<Vec<MoodPoint>> {
        self.list_moods(world, owner, since).await
    }

    async fn notices(
        &self,
        owner: AccountId,
        after: Option<Cursor>,
        limit: u32,
    ) -> PortResult<Page<Notice>> {
        const WHAT: &str = "can't list notifications";
        let mut connection = self.connection(WHAT).await?;
        let failed = |error: Error| self.failed(WHAT, &error);
        let from = after.unwrap_or(Cursor {
            major: i64::MAX,
            minor: 0,
        });
        let rows = sqlx::query(NOTICES_SQL)
            .bind(owner.0)
            .bind(super::talks::time_of(from))
            .bind(from.minor)
            .bind(i64::from(limit) + 1)
            .fetch_all(&mut *connection)
            .await
            .map_err(failed)?;
        let items: Result<Vec<Notice>, Error> = rows.iter().map(notice).collect();
        Ok(Page::of_times(
            items.map_err(failed)?,
            limit,
            from,
            |notice| notice.created_at,
        ))
    }
}

/// The refusal is a sentence.
async fn give(
    connection: &mut PgConnection,
    world: &Slug,
    owner: AccountId,
    given: &[NewCompanion],
    now: DateTime<Utc>,
) -> Result<Result<(), &'static str>, Error> {
    sqlx::query(HOUSEHOLD_SQL)
        .bind(world.as_str())
        .bind(owner.0)
        .bind(now)
        .execute(&mut *connection)
        .await?;
    let locked: Option<bool> = sqlx::query_scalar(LOCK_SQL)
        .bind(world.as_str())
        .bind(owner.0)
        .fetch_optional(&mut *connection)
        .await?;
    if locked.is_none() {
        return Ok(Err("there is no such account"));
    }
    let taken: Vec<i16> = sqlx::query_scalar(NUMBERS_SQL)
        .bind(world.as_str())
        .bind(owner.0)
        .fetch_all(&mut *connection)
        .await?;
    if taken.len() + given.len() > COMPANIONS_MAX {
        return Ok(Err("nobody can have more companions than 200"));
    }
    let free = (0_u8..u8::MAX).filter(|number| !taken.contains(&i16::from(*number)));
    let mut rows = Copy::new();
    for (number, companion) in free.zip(given) {
        add(&mut rows, world, owner, number, companion, now);
    }
    rows.send(connection, COMPANIONS).await?;
    Ok(Ok(()))
}

fn add(
    rows: &mut Copy,
    world: &Slug,
    owner: AccountId,
    number: u8,
    companion: &NewCompanion,
    now: DateTime<Utc>,
) {
    rows.row(12);
    rows.uuid(companion_id(world, owner, number));
    rows.text(world.as_str());
    rows.uuid(owner.0);
    rows.int2(i16::from(number));
    rows.text(companion.character.as_str());
    rows.text(&companion.name);
    rows.text("neutral");
    rows.int8(0);
    rows.text("available");
    match companion.team_slot {
        Some(slot) => rows.int2(i16::from(slot)),
        None => rows.null(),
    }
    rows.int8(0);
    rows.time(now);
}

async fn seed(
    connection: &mut PgConnection,
    world: &Slug,
    people: &[(AccountId, Vec<NewCompanion>)],
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let ids: Vec<Uuid> = people.iter().map(|(owner, _)| owner.0).collect();
    sqlx::query(SEED_ACCOUNTS_SQL)
        .bind(&ids)
        .bind(now)
        .execute(&mut *connection)
        .await?;
    let new: Vec<Uuid> = sqlx::query_scalar(SEED_HOUSEHOLDS_SQL)
        .bind(world.as_str())
        .bind(&ids)
        .bind(now)
        .fetch_all(&mut *connection)
        .await?;
    let new: std::collections::HashSet<Uuid> = new.into_iter().collect();
    let mut rows = Copy::new();
    for (owner, companions) in people.iter().filter(|(owner, _)| new.contains(&owner.0)) {
        for (number, companion) in (0_u8..).zip(companions) {
            add(&mut rows, world, *owner, number, companion, now);
        }
    }
    rows.send(connection, COMPANIONS).await
}

async fn try_to_win_back(
    connection: &mut PgConnection,
    attempt: &Attempt,
) -> Result<AttemptOutcome, Error> {
    // The account's row first: attempts of one person go one after the other.
    let coins: Option<i64> = sqlx::query_scalar(COINS_SQL)
        .bind(attempt.owner.0)
        .fetch_optional(&mut *connection)
        .await?;
    let known: Option<Json<AttemptMade>> = sqlx::query_scalar(KEY_SQL)
        .bind(attempt.owner.0)
        .bind(&attempt.key)
        .fetch_optional(&mut *connection)
        .await?;
    if let Some(Json(made)) = known {
        return Ok(AttemptOutcome::Made(made));
    }
    let attempts: Option<i64> = sqlx::query_scalar(RUNAWAY_SQL)
        .bind(attempt.world.as_str())
        .bind(attempt.owner.0)
        .bind(attempt.companion)
        .fetch_optional(&mut *connection)
        .await?;
    let (Some(coins), Some(attempts)) = (coins, attempts) else {
        return Ok(AttemptOutcome::Unknown);
    };
    if attempts != i64::from(attempt.attempts) {
        return Ok(AttemptOutcome::Stale);
    }
    let price = i64::from(attempt.price);
    if coins < price {
        return Ok(AttemptOutcome::TooPoor(coins.unsigned_abs()));
    }
    make(connection, attempt, price).await?;
    let made = AttemptMade {
        companion: attempt.companion,
        success: attempt.succeeds,
        difficulty: attempt.difficulty,
        price: attempt.price,
        coins: (coins - price).unsigned_abs(),
        text: attempt.text.clone(),
    };
    sqlx::query(MADE_SQL)
        .bind(attempt.owner.0)
        .bind(&attempt.key)
        .bind(Json(&made))
        .bind(attempt.at)
        .execute(connection)
        .await?;
    Ok(AttemptOutcome::Made(made))
}

async fn make(connection: &mut PgConnection, attempt: &Attempt, price: i64) -> Result<(), Error> {
    sqlx::query(PAY_SQL)
        .bind(attempt.owner.0)
        .bind(attempt.payment_key())
        .bind(price)
        .bind(attempt.at)
        .execute(&mut *connection)
        .await?;
    if !attempt.succeeds {
        sqlx::query(HARDER_SQL)
            .bind(attempt.companion)
            .bind(attempt.difficulty.as_str())
            .execute(connection)
            .await?;
        return Ok(());
    }
    sqlx::query(RETURN_SQL)
        .bind(attempt.companion)
        .bind(attempt.at)
        .execute(&mut *connection)
        .await?;
    sqlx::query(NOTICE_SQL)
        .bind(attempt.notice_id())
        .bind(attempt.owner.0)
        .bind(attempt.world.as_str())
        .bind(&attempt.text)
        .bind(attempt.companion)
        .bind(attempt.at)
        .execute(connection)
        .await?;
    Ok(())
}

fn runaway(row: &PgRow) -> Result<RunawayRecord, Error> {
    Ok(RunawayRecord {
        id: row.try_get(0)?,
        character: slug(row.try_get(1)?)?,
        name: row.try_get(2)?,
        ran_at: row.try_get(3)?,
        difficulty: named(row.try_get(4)?)?,
        attempts: count(row.try_get(5)?)?,
    })
}

fn notice(row: &PgRow) -> Result<Notice, Error> {
    Ok(Notice {
        id: row.try_get(0)?,
        kind: row.try_get(1)?,
        text: row.try_get(2)?,
        companion: row.try_get(3)?,
        coins: count(row.try_get(4)?)?,
        created_at: row.try_get(5)?,
        read_at: row.try_get(6)?,
    })
}
