//! What keeps people signed in, and the public keys.

use super::rows;
use crate::codec;
use crate::fault::{Fault, Result};
use crate::writer::Tx;
use chrono::{DateTime, Utc};
use parlor_model::AccountId;
use parlor_model::account::Account;
use parlor_ports::accounts::{
    GRANTS_MAX, Grant, GrantKind, KEY_SILENCE_MAX, KeyDigest, PUBLIC_KEYS_MAX, PublicKey, Rotated,
};
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

const ADD: &str = "INSERT INTO grants (id, account, cookie, digest, created_at, expires_at)
     SELECT ?1, id, ?3, ?4, ?5, ?6 FROM accounts WHERE id = ?2";
const PRUNE: &str = "DELETE FROM grants WHERE account = ?1 AND (expires_at <= ?2 OR id IN
     (SELECT id FROM grants WHERE account = ?1 ORDER BY created_at DESC, id LIMIT -1 OFFSET ?3))";
const ROTATE: &str = "UPDATE grants SET digest = ?3
     WHERE id = ?1 AND digest = ?2 AND cookie = 0 AND expires_at > ?4 RETURNING account";
const END_STOLEN: &str = "DELETE FROM grants
     WHERE id = ?1 AND cookie = 0 AND expires_at > ?2 RETURNING account";
const END: &str = "DELETE FROM grants WHERE id = ?1";
const FIND: &str = "SELECT g.id, g.account, g.cookie, g.created_at, g.expires_at, g.digest,
     a.id, a.username, a.name, a.admin, a.coins, a.created_at, a.last_login_at
     FROM grants AS g JOIN accounts AS a ON a.id = g.account WHERE g.id = ?1 AND g.expires_at > ?2";
const LIST: &str = "SELECT id, account, cookie, created_at, expires_at FROM grants
     WHERE account = ?1 ORDER BY created_at DESC, id LIMIT ?2";
const PUBLISH: &str = "INSERT INTO public_keys (key, published_at) VALUES (?1, ?2)
     ON CONFLICT (key) DO UPDATE SET published_at = max(published_at, ?2)";
const FORGET: &str = "DELETE FROM public_keys WHERE published_at < ?1";
const KEYS: &str = "SELECT key FROM public_keys ORDER BY published_at DESC, key LIMIT ?1";

pub(super) fn add(
    tx: &mut Tx<'_>,
    grant: &Grant,
    secret: [u8; 32],
    now: DateTime<Utc>,
) -> Result<bool> {
    let who = grant.account.0.as_bytes();
    let added = tx.conn.prepare_cached(ADD)?.execute(params![
        grant.id.as_bytes(),
        who,
        grant.kind == GrantKind::Cookie,
        secret,
        codec::micros(grant.created_at),
        codec::micros(grant.expires_at),
    ])?;
    if added > 0 {
        let mut prune = tx.conn.prepare_cached(PRUNE)?;
        prune.execute(params![who, codec::micros(now), GRANTS_MAX])?;
    }
    Ok(added > 0)
}

pub(super) fn rotate(
    tx: &mut Tx<'_>,
    id: Uuid,
    old: [u8; 32],
    new: [u8; 32],
    now: DateTime<Utc>,
) -> Result<Rotated> {
    let (id, now) = (id.as_bytes(), codec::micros(now));
    let whose = |row: &Row<'_>| codec::uuid(row, 0).map(AccountId);
    let rotated = tx
        .conn
        .prepare_cached(ROTATE)?
        .query_row(params![id, old, new, now], whose)
        .optional()?;
    if let Some(account) = rotated {
        let account = rows::find(tx.conn, account)?;
        return Ok(account.map_or(Rotated::Unknown, |account| {
            Rotated::Rotated(Box::new(account))
        }));
    }
    let stolen = tx
        .conn
        .prepare_cached(END_STOLEN)?
        .query_row(params![id, now], whose)
        .optional()?;
    Ok(stolen.map_or(Rotated::Unknown, Rotated::Reused))
}

pub(super) fn find(
    conn: &Connection,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<Option<(Grant, KeyDigest, Account)>> {
    let mut find = conn.prepare_cached(FIND)?;
    let found = find.query_row(params![id.as_bytes(), codec::micros(now)], |row| {
        Ok((grant(row)?, KeyDigest(row.get(5)?), rows::account(row, 6)?))
    });
    Ok(found.optional()?)
}

pub(super) fn list(conn: &Connection, id: AccountId) -> Result<Vec<Grant>> {
    let mut list = conn.prepare_cached(LIST)?;
    let found = list.query_map(params![id.0.as_bytes(), GRANTS_MAX], grant)?;
    found.map(|row| row.map_err(Fault::from)).collect()
}

pub(super) fn end(tx: &mut Tx<'_>, id: Uuid) -> Result<()> {
    tx.conn
        .prepare_cached(END)?
        .execute(params![id.as_bytes()])?;
    Ok(())
}

pub(super) fn publish(tx: &mut Tx<'_>, key: PublicKey, now: DateTime<Utc>) -> Result<()> {
    let mut publish = tx.conn.prepare_cached(PUBLISH)?;
    publish.execute(params![key.0, codec::micros(now)])?;
    let mut forget = tx.conn.prepare_cached(FORGET)?;
    forget.execute(params![codec::micros(now - KEY_SILENCE_MAX)])?;
    Ok(())
}

pub(super) fn keys(conn: &Connection) -> Result<Vec<PublicKey>> {
    let mut list = conn.prepare_cached(KEYS)?;
    let found = list.query_map(params![PUBLIC_KEYS_MAX], |row| row.get(0).map(PublicKey))?;
    found.map(|row| row.map_err(Fault::from)).collect()
}

fn grant(row: &Row<'_>) -> rusqlite::Result<Grant> {
    Ok(Grant {
        id: codec::uuid(row, 0)?,
        account: AccountId(codec::uuid(row, 1)?),
        kind: if row.get(2)? {
            GrantKind::Cookie
        } else {
            GrantKind::Refresh
        },
        created_at: codec::time(row, 3)?,
        expires_at: codec::time(row, 4)?,
    })
}
