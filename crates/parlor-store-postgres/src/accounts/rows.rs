//! Accounts and grants as rows.

use parlor_model::AccountId;
use parlor_model::account::{Account, AccountRole, Username};
use parlor_ports::accounts::{Grant, GrantKind, KeyDigest};
use sqlx::postgres::PgRow;
use sqlx::{Error, Row};

/// The columns of an account in the order that [`account`] reads them; the table is `a`.
macro_rules! account_columns {
    () => {
        "a.id, a.username, a.name, a.admin, a.coins, a.created_at, a.last_login_at"
    };
}
/// How many those are.
pub(super) const ACCOUNT_COLUMNS: usize = 7;

/// The columns of a grant in the order that [`grant`] reads them; the table is `g`.
macro_rules! grant_columns {
    () => {
        "g.id, g.account, g.cookie, g.created_at, g.expires_at"
    };
}
/// How many those are.
pub(super) const GRANT_COLUMNS: usize = 5;
pub(super) use {account_columns, grant_columns};

/// Reads an account from the columns that begin at `at`.
pub(super) fn account(row: &PgRow, at: usize) -> Result<Account, Error> {
    let username: String = row.try_get(at + 1)?;
    let admin: bool = row.try_get(at + 3)?;
    let coins: i64 = row.try_get(at + 4)?;
    Ok(Account {
        id: AccountId(row.try_get(at)?),
        username: Username::new(username).map_err(|error| Error::Decode(Box::new(error)))?,
        name: row.try_get(at + 2)?,
        role: if admin {
            AccountRole::Admin
        } else {
            AccountRole::User
        },
        coins: coins.unsigned_abs(),
        created_at: row.try_get(at + 5)?,
        last_login_at: row.try_get(at + 6)?,
    })
}

/// Reads a grant from the first columns.
pub(super) fn grant(row: &PgRow) -> Result<Grant, Error> {
    let cookie: bool = row.try_get(2)?;
    Ok(Grant {
        id: row.try_get(0)?,
        account: AccountId(row.try_get(1)?),
        kind: if cookie {
            GrantKind::Cookie
        } else {
            GrantKind::Refresh
        },
        created_at: row.try_get(3)?,
        expires_at: row.try_get(4)?,
    })
}

/// Reads a digest.
pub(super) fn digest(row: &PgRow, at: usize) -> Result<KeyDigest, Error> {
    let bytes: Vec<u8> = row.try_get(at)?;
    bytes32(&bytes).map(KeyDigest)
}

/// 32 bytes, as every digest and key here has.
pub(super) fn bytes32(bytes: &[u8]) -> Result<[u8; 32], Error> {
    bytes
        .try_into()
        .map_err(|error| Error::Decode(Box::new(error)))
}
