//! Accounts as rows.

use crate::codec;
use crate::fault::Result;
use parlor_model::AccountId;
use parlor_model::account::{Account, AccountRole, Username};
use rusqlite::types::Type;
use rusqlite::{Connection, Error, OptionalExtension, Row, params};

const FIND: &str = "SELECT id, username, name, admin, coins, created_at, last_login_at
     FROM accounts WHERE id = ?1";

/// The account with this id.
pub(super) fn find(conn: &Connection, id: AccountId) -> Result<Option<Account>> {
    let mut find = conn.prepare_cached(FIND)?;
    let found = find.query_row(params![id.0.as_bytes()], |row| account(row, 0));
    Ok(found.optional()?)
}

/// Reads an account from the columns that begin at `at`.
pub(super) fn account(row: &Row<'_>, at: usize) -> rusqlite::Result<Account> {
    let username: String = row.get(at + 1)?;
    let last_login_at = match row.get::<_, Option<i64>>(at + 6)? {
        Some(_) => Some(codec::time(row, at + 6)?),
        None => None,
    };
    Ok(Account {
        id: AccountId(codec::uuid(row, at)?),
        username: Username::new(username).map_err(|error| {
            Error::FromSqlConversionFailure(at + 1, Type::Text, Box::new(error))
        })?,
        name: row.get(at + 2)?,
        role: if row.get(at + 3)? {
            AccountRole::Admin
        } else {
            AccountRole::User
        },
        coins: row.get::<_, i64>(at + 4)?.unsigned_abs(),
        created_at: codec::time(row, at + 5)?,
        last_login_at,
    })
}

/// Coins as a column.
pub(super) fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
