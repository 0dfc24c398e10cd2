//! Batches of a run, written whole.

use super::rows::{bytes, ties_bytes, to_json};
use crate::codec;
use crate::fault::Result;
use crate::writer::{FIRST_BULK, Tx};
use chrono::{DateTime, TimeDelta, Utc};
use parlor_model::{MessageId, Slug};
use parlor_ports::companions::{BatchResult, BulkTalk, GenerationRun, HouseholdResult};
use rusqlite::{CachedStatement, Connection, params};
use uuid::Uuid;

const LEFT: &str =
    "SELECT 1 FROM generation_batches WHERE run = ?1 AND number = ?2 AND tally IS NULL";
const DONE: &str = "UPDATE generation_batches SET tally = ?3 WHERE run = ?1 AND number = ?2";
const LAST: &str = "SELECT max(ifnull((SELECT max(seq) FROM messages), 0), ?1)";
const CHANGE: &str = "UPDATE companions SET mood = ?3, unhappy_count = ?4, activity = ?5, \
     busy_until = ?6, version = version + 1 WHERE id = ?1 AND version = ?2";
const LEAVE: &str = "INSERT INTO runaways (id, world, owner, number, character, name, team_slot, \
     unhappy_count, version, difficulty, attempts, ran_at, run) \
     SELECT id, world, owner, number, character, name, team_slot, unhappy_count, version + 1, ?3, 0, \
     ?4, ?5 FROM companions WHERE id = ?1 AND version = ?2";
const GONE: &str = "DELETE FROM companions WHERE id = ?1";
const TIES: &str = "UPDATE households SET ties = ?3 WHERE world = ?1 AND owner = ?2";
const CONVERSATION: &str = "INSERT INTO conversations (id, world, kind, status, exchanges, carried, \
     asides, participants, topic, created_at, ended_at, owner, run, details) \
     VALUES (?1, ?2, 2, 1, ?3, 0, 0, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
const MESSAGE: &str = "INSERT INTO messages (seq, conversation, world, id, kind, ord, role, \
     fallback, sentiment, created_at, speaker, addressees, audience, heard_from, text) \
     VALUES (?1, ?2, ?3, ?4, 0, ?5, 0, 0, ?6, ?7, ?8, ?9, ?10, '', ?11)";
const PARTICIPANT: &str = "INSERT INTO conversation_participants (conversation, place, companion, \
     character, name, opinion, mood_before, mood_after) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
const NOTICE: &str = "INSERT INTO notifications (id, owner, world, kind, text, companion, coins, \
     created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
const PAID: &str = "INSERT INTO payments (account, key, coins, made_at) VALUES (?1, ?2, ?3, ?4)";
const COINS: &str = "UPDATE accounts SET coins = coins + ?2 WHERE id = ?1";

/// What became of batches.
pub(super) enum Written {
    /// These are written.
    Batches(Vec<u32>),
    /// A companion was not as it had been seen: the transaction must be undone.
    Stale,
}

/// Writes what is left of the batches.
pub(super) fn write(
    tx: &mut Tx<'_>,
    run: &GenerationRun,
    batches: &[BatchResult],
) -> Result<Written> {
    let mut left = Vec::new();
    for batch in batches {
        let mut asked = tx.conn.prepare_cached(LEFT)?;
        if asked.exists(params![bytes(run.id), batch.number])? {
            left.push(batch);
        }
    }
    let conn = tx.conn;
    let world = tx.world(run.world.as_str())?;
    let mut pen = Pen::new(conn, run, world)?;
    for batch in &left {
        for person in &batch.households {
            if !pen.person(person)? {
                return Ok(Written::Stale);
            }
        }
        conn.prepare_cached(DONE)?.execute(params![
            bytes(run.id),
            batch.number,
            to_json(&batch.tally)
        ])?;
    }
    Ok(Written::Batches(left.iter().map(|b| b.number).collect()))
}

/// The statements, prepared once.
struct Pen<'a> {
    conn: &'a Connection,
    run: &'a GenerationRun,
    world: i64,
    at: i64,
    next: i64,
    change: CachedStatement<'a>,
    conversation: CachedStatement<'a>,
    message: CachedStatement<'a>,
    participant: CachedStatement<'a>,
    ties: CachedStatement<'a>,
}

impl<'a> Pen<'a> {
    fn new(conn: &'a Connection, run: &'a GenerationRun, world: i64) -> Result<Self> {
        let last: i64 = conn
            .prepare_cached(LAST)?
            .query_row(params![FIRST_BULK - 1], |row| row.get(0))?;
        Ok(Self {
            conn,
            run,
            world,
            at: codec::micros(run.at),
            next: last + 1,
            change: conn.prepare_cached(CHANGE)?,
            conversation: conn.prepare_cached(CONVERSATION)?,
            message: conn.prepare_cached(MESSAGE)?,
            participant: conn.prepare_cached(PARTICIPANT)?,
            ties: conn.prepare_cached(TIES)?,
        })
    }

    /// False where a companion was not as it had been seen.
    fn person(&mut self, person: &HouseholdResult) -> Result<bool> {
        for change in &person.changes {
            let changed = self.change.execute(params![
                bytes(change.id),
                change.version,
                change.mood.as_str(),
                change.unhappy_count,
                change.activity.as_str(),
                change.busy_until.map(codec::micros),
            ])?;
            if changed == 0 {
                return Ok(false);
            }
        }
        for runaway in &person.runaways {
            let left = self.conn.prepare_cached(LEAVE)?.execute(params![
                bytes(runaway.id),
                runaway.version,
                runaway.difficulty.as_str(),
                self.at,
                bytes(self.run.id),
            ])?;
            if left == 0 {
                return Ok(false);
            }
            self.conn
                .prepare_cached(GONE)?
                .execute(params![bytes(runaway.id)])?;
        }
        if let Some(ties) = &person.ties {
            self.ties
                .execute(params![self.world, bytes(person.owner.0), ties_bytes(ties)])?;
        }
        if let Some(talk) = &person.talk {
            self.talk(person.owner.0, talk)?;
        }
        self.notices(person)?;
        Ok(true)
    }

    fn talk(&mut self, owner: Uuid, talk: &BulkTalk) -> Result<()> {
        let names: Vec<String> = talk.participants.iter().map(|p| p.name.clone()).collect();
        let names = codec::join(&names)?;
        let lines = i64::try_from(talk.lines.len()).unwrap_or(i64::MAX);
        let conversation = self.conversation.insert(params![
            bytes(talk.id.0),
            self.world,
            lines,
            names,
            talk.topic,
            self.at,
            codec::micros(line_time(self.run.at, lines)),
            bytes(owner),
            bytes(self.run.id),
            to_json(&talk.details),
        ])?;
        for (number, line) in (1_i64..).zip(&talk.lines) {
            let name = |at: usize| talk.participants.get(at).map_or("", |p| p.name.as_str());
            self.message.execute(params![
                self.next,
                conversation,
                self.world,
                bytes(MessageId::derive(talk.id.0, &number.to_string()).0),
                number,
                line.sentiment,
                codec::micros(line_time(self.run.at, number)),
                name(line.speaker),
                name(line.to),
                names,
                line.text,
            ])?;
            self.next += 1;
        }
        for (place, participant) in (0_i64..).zip(&talk.participants) {
            self.participant.execute(params![
                conversation,
                place,
                bytes(participant.companion),
                Slug::as_str(&participant.character),
                participant.name,
                participant.opinion,
                participant.before.as_str(),
                participant.after.as_str(),
            ])?;
        }
        if talk.details.coins > 0 {
            let owner = bytes(owner);
            let key = format!("found {}", talk.id);
            self.conn.prepare_cached(PAID)?.execute(params![
                owner,
                key,
                talk.details.coins,
                self.at
            ])?;
            self.conn
                .prepare_cached(COINS)?
                .execute(params![owner, talk.details.coins])?;
        }
        Ok(())
    }

    fn notices(&mut self, person: &HouseholdResult) -> Result<()> {
        for notice in &person.notices {
            self.conn.prepare_cached(NOTICE)?.execute(params![
                bytes(notice.id),
                bytes(person.owner.0),
                self.world,
                notice.kind,
                notice.text,
                notice.companion.map(bytes),
                notice.coins,
                codec::micros(notice.created_at),
            ])?;
        }
        Ok(())
    }
}

/// When a line is said: so many milliseconds after the beginning.
fn line_time(at: DateTime<Utc>, number: i64) -> DateTime<Utc> {
    at + TimeDelta::milliseconds(number)
}
