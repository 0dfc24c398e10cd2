//! What people have: companions, runaways, notifications.

use super::rows::{COMPANION, bytes, companion, json, named, to_json};
use super::runs::households;
use crate::codec;
use crate::fault::{Fault, Result};
use crate::writer::{Tx, find_world};
use parlor_model::companion::COMPANIONS_MAX;
use parlor_model::{AccountId, Companion, Household, Slug};
use parlor_ports::companions::{
    Attempt, AttemptMade, AttemptOutcome, NewCompanion, Notice, RunawayRecord, companion_id,
};
use parlor_ports::store::{Cursor, Page};
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

const HOUSEHOLD: &str = "INSERT INTO households (world, owner, seen_at, ties, made_at) \
     SELECT ?1, id, ?3, x'', ?3 FROM accounts WHERE id = ?2 \
     ON CONFLICT (world, owner) DO NOTHING";
const IS_THERE: &str = "SELECT 1 FROM households WHERE world = ?1 AND owner = ?2";
const NUMBERS: &str = "SELECT number FROM companions WHERE world = ?1 AND owner = ?2 \
     UNION ALL SELECT number FROM runaways WHERE world = ?1 AND owner = ?2";
const ADD: &str = "INSERT INTO companions (id, world, owner, number, character, name, mood, \
     unhappy_count, activity, team_slot, version, added_at) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'neutral', 0, 'available', ?7, 0, ?8)";
const SEED_ACCOUNT: &str = "INSERT INTO accounts (id, username, folded, name, admin, coins, \
     password, created_at) VALUES (?1, ?2, ?2, 'Somebody', 0, 100, '', ?3) ON CONFLICT DO NOTHING";
const AFTER: &str = "SELECT owner FROM households WHERE world = ?1 AND owner > ?2 \
     ORDER BY owner LIMIT ?3";
const SEEN: &str = "UPDATE households SET seen_at = ?3 WHERE world = ?1 AND owner = ?2 \
     AND (seen_at IS NULL OR seen_at < ?3 - 60000000)";
pub(crate) const RUNAWAYS: &str = "SELECT id, character, name, ran_at, difficulty, attempts \
     FROM runaways WHERE world = ?1 AND owner = ?2 ORDER BY ran_at DESC, number LIMIT 1000";
const KEY: &str = "SELECT made FROM recovery_attempts WHERE owner = ?1 AND key = ?2";
const COINS: &str = "SELECT coins FROM accounts WHERE id = ?1";
const ATTEMPTS: &str = "SELECT attempts FROM runaways WHERE world = ?1 AND owner = ?2 AND id = ?3";
const PAID: &str = "INSERT INTO payments (account, key, coins, made_at) VALUES (?1, ?2, -?3, ?4)";
const PAY: &str = "UPDATE accounts SET coins = coins - ?2 WHERE id = ?1";
const RETURN: &str = "INSERT INTO companions (id, world, owner, number, character, name, mood, \
     unhappy_count, activity, team_slot, version, added_at) \
     SELECT id, world, owner, number, character, name, 'neutral', 0, 'available', team_slot, \
     version + 1, ?2 FROM runaways WHERE id = ?1";
const BACK: &str = "DELETE FROM runaways WHERE id = ?1";
const HARDER: &str = "UPDATE runaways SET attempts = attempts + 1, difficulty = ?2 WHERE id = ?1";
const MADE: &str =
    "INSERT INTO recovery_attempts (owner, key, made, made_at) VALUES (?1, ?2, ?3, ?4)";
const NOTICE: &str = "INSERT INTO notifications (id, owner, world, kind, text, companion, coins, \
     created_at) VALUES (?1, ?2, ?3, 'recovered', ?4, ?5, 0, ?6) ON CONFLICT (id) DO NOTHING";
pub(crate) const NOTICES: &str = "SELECT id, kind, text, companion, coins, created_at, read_at \
     FROM notifications WHERE owner = ?1 AND created_at <= ?2 \
     ORDER BY created_at DESC, id DESC LIMIT ?4 OFFSET ?3";

pub(super) fn give(
    tx: &mut Tx<'_>,
    world: &Slug,
    owner: AccountId,
    given: &[NewCompanion],
    now: i64,
) -> Result<Household> {
    let number = tx.world(world.as_str())?;
    let conn = tx.conn;
    conn.prepare_cached(HOUSEHOLD)?
        .execute(params![number, bytes(owner.0), now])?;
    let mut there = conn.prepare_cached(IS_THERE)?;
    if !there.exists(params![number, bytes(owner.0)])? {
        return Err(Fault::Refused("there is no such account".to_owned()));
    }
    let taken: Vec<u8> = conn
        .prepare_cached(NUMBERS)?
        .query_map(params![number, bytes(owner.0)], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    if taken.len() + given.len() > COMPANIONS_MAX {
        let refusal = format!("nobody can have more companions than {COMPANIONS_MAX}");
        return Err(Fault::Refused(refusal));
    }
    let free = (0_u8..u8::MAX).filter(|number| !taken.contains(number));
    for (place, companion) in free.zip(given) {
        add(conn, (number, world), owner, place, companion, now)?;
    }
    let household = households(conn, world, owner.0, owner.0)?.pop();
    household.ok_or_else(|| Fault::Refused("the household is gone".to_owned()))
}

fn add(
    conn: &Connection,
    (number, world): (i64, &Slug),
    owner: AccountId,
    place: u8,
    companion: &NewCompanion,
    now: i64,
) -> Result<()> {
    conn.prepare_cached(ADD)?.execute(params![
        bytes(companion_id(world, owner, place)),
        number,
        bytes(owner.0),
        place,
        companion.character.as_str(),
        companion.name,
        companion.team_slot,
        now,
    ])?;
    Ok(())
}

pub(super) fn seed(
    tx: &mut Tx<'_>,
    world: &Slug,
    people: &[(AccountId, Vec<NewCompanion>)],
    now: i64,
) -> Result<()> {
    let number = tx.world(world.as_str())?;
    let conn = tx.conn;
    for (owner, companions) in people {
        let username = format!("seed-{owner}");
        conn.prepare_cached(SEED_ACCOUNT)?
            .execute(params![bytes(owner.0), username, now])?;
        let made = conn
            .prepare_cached(HOUSEHOLD)?
            .execute(params![number, bytes(owner.0), now])?;
        if made == 0 {
            continue;
        }
        for (place, companion) in (0_u8..).zip(companions) {
            add(conn, (number, world), *owner, place, companion, now)?;
        }
    }
    Ok(())
}

pub(super) fn households_after(
    conn: &Connection,
    world: &Slug,
    after: Option<AccountId>,
    limit: u32,
) -> Result<Vec<Household>> {
    let Some(number) = find_world(conn, world.as_str())? else {
        return Ok(Vec::new());
    };
    let after = bytes(after.map_or(Uuid::nil(), |owner| owner.0));
    let owners: Vec<Uuid> = conn
        .prepare_cached(AFTER)?
        .query_map(params![number, after, limit], |row| codec::uuid(row, 0))?
        .collect::<rusqlite::Result<_>>()?;
    match (owners.first(), owners.last()) {
        (Some(first), Some(last)) => households(conn, world, *first, *last),
        _ => Ok(Vec::new()),
    }
}

pub(super) fn seen(tx: &mut Tx<'_>, world: &Slug, owner: AccountId, now: i64) -> Result<()> {
    let world = tx.world(world.as_str())?;
    tx.conn
        .prepare_cached(SEEN)?
        .execute(params![world, bytes(owner.0), now])?;
    Ok(())
}

pub(super) fn meditate(
    tx: &mut Tx<'_>,
    world: &Slug,
    owner: AccountId,
    id: Uuid,
    until: Option<i64>,
) -> Result<Option<Companion>> {
    let world = tx.world(world.as_str())?;
    let sql = format!(
        "UPDATE companions AS c SET busy_until = ?4, version = version + 1,
            activity = CASE WHEN ?4 IS NULL THEN 'available' ELSE 'meditating' END
         WHERE c.id = ?3 AND c.world = ?1 AND c.owner = ?2 RETURNING {}",
        COMPANION.replace("c.", "")
    );
    let changed = tx
        .conn
        .prepare_cached(&sql)?
        .query_row(params![world, bytes(owner.0), bytes(id), until], |row| {
            companion(row, 0)
        });
    Ok(changed.optional()?)
}

pub(super) fn runaways(
    conn: &Connection,
    world: &Slug,
    owner: AccountId,
) -> Result<Vec<RunawayRecord>> {
    let Some(world) = find_world(conn, world.as_str())? else {
        return Ok(Vec::new());
    };
    let mut runaways = conn.prepare_cached(RUNAWAYS)?;
    let records = runaways.query_map(params![world, bytes(owner.0)], |row| {
        Ok(RunawayRecord {
            id: codec::uuid(row, 0)?,
            character: codec::slug(row, 1)?,
            name: row.get(2)?,
            ran_at: codec::time(row, 3)?,
            difficulty: named(row, 4)?,
            attempts: row.get(5)?,
        })
    })?;
    Ok(records.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn attempt(tx: &mut Tx<'_>, attempt: &Attempt) -> Result<AttemptOutcome> {
    let world = tx.world(attempt.world.as_str())?;
    let conn = tx.conn;
    let owner = bytes(attempt.owner.0);
    let known = conn
        .prepare_cached(KEY)?
        .query_row(params![owner, attempt.key], |row| json(row, 0))
        .optional()?;
    if let Some(made) = known {
        return Ok(AttemptOutcome::Made(made));
    }
    let coins: Option<u64> = conn
        .prepare_cached(COINS)?
        .query_row(params![owner], |row| {
            Ok(row.get::<_, i64>(0)?.unsigned_abs())
        })
        .optional()?;
    let attempts: Option<u32> = conn
        .prepare_cached(ATTEMPTS)?
        .query_row(params![world, owner, bytes(attempt.companion)], |row| {
            row.get(0)
        })
        .optional()?;
    let (Some(coins), Some(attempts)) = (coins, attempts) else {
        return Ok(AttemptOutcome::Unknown);
    };
    if attempts != attempt.attempts {
        return Ok(AttemptOutcome::Stale);
    }
    let Some(left) = coins.checked_sub(u64::from(attempt.price)) else {
        return Ok(AttemptOutcome::TooPoor(coins));
    };
    make(conn, world, attempt)?;
    let made = AttemptMade {
        companion: attempt.companion,
        success: attempt.succeeds,
        difficulty: attempt.difficulty,
        price: attempt.price,
        coins: left,
        text: attempt.text.clone(),
    };
    conn.prepare_cached(MADE)?.execute(params![
        owner,
        attempt.key,
        to_json(&made),
        codec::micros(attempt.at)
    ])?;
    Ok(AttemptOutcome::Made(made))
}

fn make(conn: &Connection, world: i64, attempt: &Attempt) -> Result<()> {
    let (owner, id) = (bytes(attempt.owner.0), bytes(attempt.companion));
    let at = codec::micros(attempt.at);
    conn.prepare_cached(PAID)?
        .execute(params![owner, attempt.payment_key(), attempt.price, at])?;
    conn.prepare_cached(PAY)?
        .execute(params![owner, attempt.price])?;
    if !attempt.succeeds {
        conn.prepare_cached(HARDER)?
            .execute(params![id, attempt.difficulty.as_str()])?;
        return Ok(());
    }
    conn.prepare_cached(RETURN)?.execute(params![id, at])?;
    conn.prepare_cached(BACK)?.execute(params![id])?;
    conn.prepare_cached(NOTICE)?.execute(params![
        bytes(attempt.notice_id()),
        owner,
        world,
        attempt.text,
        id,
        at
    ])?;
    Ok(())
}

pub(super) fn notices(
    conn: &Connection,
    owner: AccountId,
    after: Option<Cursor>,
    limit: u32,
) -> Result<Page<Notice>> {
    let from = after.unwrap_or(Cursor {
        major: i64::MAX,
        minor: 0,
    });
    let mut notices = conn.prepare_cached(NOTICES)?;
    let limits = params![bytes(owner.0), from.major, from.minor, limit + 1];
    let items: Vec<Notice> = notices
        .query_map(limits, |row| {
            Ok(Notice {
                id: codec::uuid(row, 0)?,
                kind: row.get(1)?,
                text: row.get(2)?,
                companion: codec::optional_uuid(row, 3)?,
                coins: row.get(4)?,
                created_at: codec::time(row, 5)?,
                read_at: codec::optional_time(row, 6)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(Page::of_times(items, limit, from, |notice| {
        notice.created_at
    }))
}
