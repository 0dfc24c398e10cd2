//! The people who sign in.

mod grants;
mod rows;

use crate::codec;
use crate::fault::{Fault, Result};
use crate::store::SqliteStore;
use crate::writer::Tx;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use parlor_model::AccountId;
use parlor_model::account::{Account, AccountRole, Username};
use parlor_ports::PortResult;
use parlor_ports::accounts::{
    AccountStore, Created, Grant, KeyDigest, Paid, PasswordHash, Payment, PublicKey, Rotated,
};
use rusqlite::{OptionalExtension, params};
use uuid::Uuid;

const CREATE: &str = "INSERT INTO accounts
     (id, username, folded, name, admin, coins, password, created_at, last_login_at)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (folded) DO NOTHING";
const NAMED: &str = "SELECT id, username, name, admin, coins, created_at, last_login_at, password
     FROM accounts WHERE folded = ?1";
const LIST: &str = "SELECT id, username, name, admin, coins, created_at, last_login_at
     FROM accounts WHERE folded > ?1 ORDER BY folded LIMIT ?2";
const SIGNED_IN: &str = "UPDATE accounts SET last_login_at = max(ifnull(last_login_at, ?2), ?2)
     WHERE id = ?1";
const SET_ROLE: &str = "UPDATE accounts SET admin = ?2 WHERE id = ?1";
const SET_PASSWORD: &str = "UPDATE accounts SET password = ?2 WHERE id = ?1";
const END_ALL: &str = "DELETE FROM grants WHERE account = ?1";
const DELETE: &str = "DELETE FROM accounts WHERE id = ?1";
/// What belongs to an account and does not go with its row.
const DELETE_BELONGINGS: [&str; 5] = [
    "DELETE FROM session_lines WHERE session IN (SELECT seq FROM sessions WHERE owner = ?1)",
    "DELETE FROM sessions WHERE owner = ?1",
    "DELETE FROM messages WHERE conversation IN (SELECT seq FROM conversations WHERE owner = ?1)",
    "DELETE FROM conversation_participants \
     WHERE conversation IN (SELECT seq FROM conversations WHERE owner = ?1)",
    "DELETE FROM conversations WHERE owner = ?1",
];
const COINS: &str = "SELECT coins FROM accounts WHERE id = ?1";
const IS_PAID: &str = "SELECT 1 FROM payments WHERE account = ?1 AND key = ?2";
const PAY: &str = "INSERT INTO payments (account, key, coins, made_at) VALUES (?1, ?2, ?3, ?4)";
const SET_COINS: &str = "UPDATE accounts SET coins = ?2 WHERE id = ?1";
const PAYMENTS: &str = "SELECT key, coins, made_at FROM payments WHERE account = ?1
     ORDER BY made_at DESC, key LIMIT ?2";

#[async_trait]
impl AccountStore for SqliteStore {
    async fn create_account(
        &self,
        account: &Account,
        password: &PasswordHash,
    ) -> PortResult<Created> {
        let (account, password) = (account.clone(), password.0.clone());
        self.write("make an account", move |tx| {
            let made = tx.conn.prepare_cached(CREATE)?.execute(params![
                account.id.0.as_bytes(),
                account.username.as_str(),
                account.username.folded(),
                account.name,
                account.role == AccountRole::Admin,
                rows::whole(account.coins),
                password,
                codec::micros(account.created_at),
                account.last_login_at.map(codec::micros),
            ])?;
            Ok(if made > 0 {
                Created::Created
            } else {
                Created::Taken
            })
        })
        .await
    }

    async fn account_named(
        &self,
        username: &Username,
    ) -> PortResult<Option<(Account, PasswordHash)>> {
        let folded = username.folded();
        self.read("look for an account", move |conn| {
            let mut find = conn.prepare_cached(NAMED)?;
            let found = find.query_row(params![folded], |row| {
                Ok((rows::account(row, 0)?, PasswordHash(row.get(7)?)))
            });
            Ok(found.optional()?)
        })
        .await
    }

    async fn account(&self, id: AccountId) -> PortResult<Option<Account>> {
        self.read("read an account", move |conn| rows::find(conn, id))
            .await
    }

    async fn accounts(&self, after: Option<&Username>, limit: u32) -> PortResult<Vec<Account>> {
        let after = after.map(Username::folded).unwrap_or_default();
        self.read("list accounts", move |conn| {
            let mut list = conn.prepare_cached(LIST)?;
            let found = list.query_map(params![after, limit], |row| rows::account(row, 0))?;
            found.map(|row| row.map_err(Fault::from)).collect()
        })
        .await
    }

    async fn signed_in(&self, id: AccountId, now: DateTime<Utc>) -> PortResult<()> {
        self.write("keep a signing in", move |tx| {
            let mut signed_in = tx.conn.prepare_cached(SIGNED_IN)?;
            signed_in.execute(params![id.0.as_bytes(), codec::micros(now)])?;
            Ok(())
        })
        .await
    }

    async fn set_role(&self, id: AccountId, role: AccountRole) -> PortResult<bool> {
        self.write("set the role of an account", move |tx| {
            let mut set = tx.conn.prepare_cached(SET_ROLE)?;
            Ok(set.execute(params![id.0.as_bytes(), role == AccountRole::Admin])? > 0)
        })
        .await
    }

    async fn set_password(&self, id: AccountId, password: &PasswordHash) -> PortResult<bool> {
        let password = password.0.clone();
        self.write("set a password", move |tx| {
            let mut end = tx.conn.prepare_cached(END_ALL)?;
            end.execute(params![id.0.as_bytes()])?;
            let mut set = tx.conn.prepare_cached(SET_PASSWORD)?;
            Ok(set.execute(params![id.0.as_bytes(), password])? > 0)
        })
        .await
    }

    async fn delete_account(&self, id: AccountId) -> PortResult<bool> {
        self.write("delete an account", move |tx| {
            let mut delete = tx.conn.prepare_cached(DELETE)?;
            let deleted = delete.execute(params![id.0.as_bytes()])? > 0;
            for belongings in DELETE_BELONGINGS {
                let mut delete = tx.conn.prepare_cached(belongings)?;
                delete.execute(params![id.0.as_bytes()])?;
            }
            Ok(deleted)
        })
        .await
    }

    async fn pay(
        &self,
        id: AccountId,
        coins: i64,
        key: &str,
        now: DateTime<Utc>,
    ) -> PortResult<Paid> {
        let key = key.to_owned();
        self.write("pay", move |tx| pay(tx, id, coins, &key, now))
            .await
    }

    async fn payments(&self, id: AccountId, limit: u32) -> PortResult<Vec<Payment>> {
        self.read("list payments", move |conn| {
            let mut list = conn.prepare_cached(PAYMENTS)?;
            let found = list.query_map(params![id.0.as_bytes(), limit], |row| {
                Ok(Payment {
                    key: row.get(0)?,
                    coins: row.get(1)?,
                    made_at: codec::time(row, 2)?,
                })
            })?;
            found.map(|row| row.map_err(Fault::from)).collect()
        })
        .await
    }

    async fn grant(
        &self,
        grant: &Grant,
        secret: &KeyDigest,
        now: DateTime<Utc>,
    ) -> PortResult<bool> {
        let (grant, secret) = (grant.clone(), secret.0);
        self.write("keep a grant", move |tx| {
            grants::add(tx, &grant, secret, now)
        })
        .await
    }

    async fn rotate(
        &self,
        id: Uuid,
        old: &KeyDigest,
        new: &KeyDigest,
        now: DateTime<Utc>,
    ) -> PortResult<Rotated> {
        let (old, new) = (old.0, new.0);
        self.write("change the secret of a grant", move |tx| {
            grants::rotate(tx, id, old, new, now)
        })
        .await
    }

    async fn granted(
        &self,
        id: Uuid,
        now: DateTime<Utc>,
    ) -> PortResult<Option<(Grant, KeyDigest, Account)>> {
        self.read("read a grant", move |conn| grants::find(conn, id, now))
            .await
    }

    async fn grants(&self, id: AccountId) -> PortResult<Vec<Grant>> {
        self.read("list grants", move |conn| grants::list(conn, id))
            .await
    }

    async fn revoke_grant(&self, id: Uuid) -> PortResult<()> {
        self.write("end a grant", move |tx| grants::end(tx, id))
            .await
    }

    async fn publish_key(&self, key: PublicKey, now: DateTime<Utc>) -> PortResult<()> {
        self.write("publish a key", move |tx| grants::publish(tx, key, now))
            .await
    }

    async fn public_keys(&self) -> PortResult<Vec<PublicKey>> {
        self.read("read public keys", grants::keys).await
    }
}

fn pay(tx: &mut Tx<'_>, id: AccountId, coins: i64, key: &str, now: DateTime<Utc>) -> Result<Paid> {
    let who = id.0.as_bytes();
    let there_are = tx
        .conn
        .prepare_cached(COINS)?
        .query_row(params![who], |row| row.get::<_, i64>(0))
        .optional()?;
    let Some(there_are) = there_are else {
        return Ok(Paid::Nobody);
    };
    if tx.conn.prepare_cached(IS_PAID)?.exists(params![who, key])? {
        return Ok(Paid::Before(there_are.unsigned_abs()));
    }
    let left = there_are.saturating_add(coins);
    if left < 0 {
        return Ok(Paid::TooFew(there_are.unsigned_abs()));
    }
    let mut pay = tx.conn.prepare_cached(PAY)?;
    pay.execute(params![who, key, coins, codec::micros(now)])?;
    let mut set = tx.conn.prepare_cached(SET_COINS)?;
    set.execute(params![who, left])?;
    Ok(Paid::Now(left.unsigned_abs()))
}
