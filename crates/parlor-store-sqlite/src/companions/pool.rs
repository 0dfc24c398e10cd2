//! The pool of topics.

use super::rows::{json, to_json};
use crate::codec;
use crate::fault::Result;
use crate::writer::{Tx, find_world};
use parlor_model::Slug;
use parlor_model::world::Topic;
use parlor_ports::companions::PoolState;
use rusqlite::{Connection, OptionalExtension, params};

/// Topics of one pool, at most.
const TOPICS_MAX: u32 = 10_000;

const READ: &str = "SELECT topic FROM topic_pool WHERE world = ?1 AND expires_at > ?2 \
     ORDER BY text LIMIT ?3";
const STATE: &str = "SELECT asked_at, refreshed_at, error FROM topic_sources WHERE world = ?1";
const ADD: &str = "INSERT INTO topic_pool (world, text, topic, added_at, expires_at) \
     VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (world, text) DO UPDATE SET \
     topic = excluded.topic, expires_at = max(expires_at, excluded.expires_at)";
const EXPIRE: &str = "DELETE FROM topic_pool WHERE world = ?1 AND expires_at <= ?2";
const DONE: &str = "INSERT INTO topic_sources (world, asked_at, refreshed_at) VALUES (?1, ?2, ?2) \
     ON CONFLICT (world) DO UPDATE SET asked_at = ?2, refreshed_at = ?2, error = NULL";
const FAILED: &str = "INSERT INTO topic_sources (world, asked_at, error) VALUES (?1, ?2, ?3) \
     ON CONFLICT (world) DO UPDATE SET asked_at = ?2, error = ?3";

pub(super) fn read(conn: &Connection, world: &Slug, now: i64) -> Result<Vec<Topic>> {
    let Some(world) = find_world(conn, world.as_str())? else {
        return Ok(Vec::new());
    };
    let mut topics = conn.prepare_cached(READ)?;
    let rows = topics.query_map(params![world, now, TOPICS_MAX], |row| json(row, 0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn state(conn: &Connection, world: &Slug) -> Result<PoolState> {
    let Some(world) = find_world(conn, world.as_str())? else {
        return Ok(PoolState::default());
    };
    let state = conn
        .prepare_cached(STATE)?
        .query_row(params![world], |row| {
            Ok(PoolState {
                asked_at: codec::optional_time(row, 0)?,
                refreshed_at: codec::optional_time(row, 1)?,
                error: row.get(2)?,
            })
        });
    Ok(state.optional()?.unwrap_or_default())
}

pub(super) fn refresh(
    tx: &mut Tx<'_>,
    world: &Slug,
    topics: &[Topic],
    now: i64,
    expires_at: i64,
) -> Result<()> {
    let world = tx.world(world.as_str())?;
    tx.conn
        .prepare_cached(EXPIRE)?
        .execute(params![world, now])?;
    let mut add = tx.conn.prepare_cached(ADD)?;
    for topic in topics {
        add.execute(params![world, topic.text, to_json(topic), now, expires_at])?;
    }
    tx.conn.prepare_cached(DONE)?.execute(params![world, now])?;
    Ok(())
}

pub(super) fn failed(tx: &mut Tx<'_>, world: &Slug, reason: &str, now: i64) -> Result<()> {
    let world = tx.world(world.as_str())?;
    tx.conn
        .prepare_cached(FAILED)?
        .execute(params![world, now, reason])?;
    Ok(())
}
