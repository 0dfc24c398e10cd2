//! The people who sign in.

mod grants;
mod rows;

use crate::store::PostgresStore;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use parlor_model::AccountId;
use parlor_model::account::{Account, AccountRole, Username};
use parlor_ports::PortResult;
use parlor_ports::accounts::{
    AccountStore, Created, Grant, KeyDigest, Paid, PasswordHash, Payment, PublicKey, Rotated,
};
use rows::{ACCOUNT_COLUMNS, account_columns};
use sqlx::postgres::PgRow;
use sqlx::{Error, PgConnection, Row};
use uuid::Uuid;

const CREATE_SQL: &str = "
INSERT INTO accounts
    (id, username, folded, name, admin, coins, password, created_at, last_login_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (folded) DO NOTHING";
const NAMED_SQL: &str = concat!(
    "SELECT ",
    account_columns!(),
    ", a.password FROM accounts AS a WHERE a.folded = $1"
);
const FIND_SQL: &str = concat!(
    "SELECT ",
    account_columns!(),
    " FROM accounts AS a WHERE a.id = $1"
);
const LIST_SQL: &str = concat!(
    "SELECT ",
    account_columns!(),
    " FROM accounts AS a WHERE a.folded > $1 ORDER BY a.folded LIMIT $2"
);
const SIGNED_IN_SQL: &str =
    "UPDATE accounts SET last_login_at = GREATEST(last_login_at, $2) WHERE id = $1";
const SET_ROLE_SQL: &str = "UPDATE accounts SET admin = $2 WHERE id = $1";
/// One statement, so that whoever signs in with the old password meanwhile is out as well.
const SET_PASSWORD_SQL: &str = "
WITH ended AS (DELETE FROM grants WHERE account = $1)
UPDATE accounts SET password = $2 WHERE id = $1";
const DELETE_SQL: &str = "DELETE FROM accounts WHERE id = $1";
/// What belongs to an account and does not go with its row. After the row: who begins a session waits
/// for it, and then finds no account.
const DELETE_BELONGINGS_SQL: [&str; 4] = [
    "DELETE FROM sessions WHERE owner = $1",
    "DELETE FROM messages
     WHERE conversation_id IN (SELECT id FROM conversations WHERE owner = $1)",
    "DELETE FROM conversation_participants
     WHERE conversation_id IN (SELECT id FROM conversations WHERE owner = $1)",
    "DELETE FROM conversations WHERE owner = $1",
];
const COINS_SQL: &str = "SELECT coins FROM accounts WHERE id = $1 FOR UPDATE";
const PAY_SQL: &str = "
INSERT INTO payments (account, key, coins, made_at) VALUES ($1, $2, $3, $4)";
const IS_PAID_SQL: &str = "SELECT EXISTS (SELECT 1 FROM payments WHERE account = $1 AND key = $2)";
const SET_COINS_SQL: &str = "UPDATE accounts SET coins = $2 WHERE id = $1";
const PAYMENTS_SQL: &str = "
SELECT key, coins, made_at FROM payments WHERE account = $1 ORDER BY made_at DESC, key LIMIT $2";

#[async_trait]
impl AccountStore for PostgresStore {
    async fn create_account(
        &self,
        account: &Account,
        password: &PasswordHash,
    ) -> PortResult<Created> {
        const WHAT: &str = "can't make an account";
        let mut connection = self.connection(WHAT).await?;
        let done = sqlx::query(CREATE_SQL)
            .bind(account.id.0)
            .bind(account.username.as_str())
            .bind(account.username.folded())
            .bind(&account.name)
            .bind(account.role == AccountRole::Admin)
            .bind(i64::try_from(account.coins).unwrap_or(i64::MAX))
            .bind(&password.0)
            .bind(account.created_at)
            .bind(account.last_login_at)
            .execute(&mut *connection)
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        Ok(if done.rows_affected() > 0 {
            Created::Created
        } else {
            Created::Taken
        })
    }

    async fn account_named(
        &self,
        username: &Username,
    ) -> PortResult<Option<(Account, PasswordHash)>> {
        const WHAT: &str = "can't look for an account";
        let mut connection = self.connection(WHAT).await?;
        let failed = |error: Error| self.failed(WHAT, &error);
        let row = sqlx::query(NAMED_SQL)
            .bind(username.folded())
            .fetch_optional(&mut *connection)
            .await
            .map_err(failed)?;
        let found = row.map(|row| {
            let password = row.try_get(ACCOUNT_COLUMNS)?;
            Ok((rows::account(&row, 0)?, PasswordHash(password)))
        });
        found.transpose().map_err(failed)
    }

    async fn account(&self, id: AccountId) -> PortResult<Option<Account>> {
        const WHAT: &str = "can't read an account";
        let mut connection = self.connection(WHAT).await?;
        let found = find(&mut connection, id).await;
        found.map_err(|error| self.failed(WHAT, &error))
    }

    async fn accounts(&self, after: Option<&Username>, limit: u32) -> PortResult<Vec<Account>> {
        const WHAT: &str = "can't list accounts";
        let mut connection = self.connection(WHAT).await?;
        let failed = |error: Error| self.failed(WHAT, &error);
        let rows = sqlx::query(LIST_SQL)
            .bind(after.map(Username::folded).unwrap_or_default())
            .bind(i64::from(limit))
            .fetch_all(&mut *connection)
            .await
            .map_err(failed)?;
        let listed = rows.iter().map(|row| rows::account(row, 0));
        listed.collect::<Result<_, Error>>().map_err(failed)
    }

    async fn signed_in(&self, id: AccountId, now: DateTime<Utc>) -> PortResult<()> {
        const WHAT: &str = "can't keep a signing in";
        let query = sqlx::query(SIGNED_IN_SQL).bind(id.0).bind(now);
        let mut connection = self.connection(WHAT).await?;
        let done = query.execute(&mut *connection).await;
        done.map(|_| ()).map_err(|error| self.failed(WHAT, &error))
    }

    async fn set_role(&self, id: AccountId, role: AccountRole) -> PortResult<bool> {
        const WHAT: &str = "can't set the role of an account";
        let is_admin = role == AccountRole::Admin;
        let query = sqlx::query(SET_ROLE_SQL).bind(id.0).bind(is_admin);
        let mut connection = self.connection(WHAT).await?;
        let done = query.execute(&mut *connection).await;
        done.map(|done| done.rows_affected() > 0)
            .map_err(|error| self.failed(WHAT, &error))
    }

    async fn set_password(&self, id: AccountId, password: &PasswordHash) -> PortResult<bool> {
        const WHAT: &str = "can't set a password";
        let query = sqlx::query(SET_PASSWORD_SQL).bind(id.0).bind(&password.0);
        let mut connection = self.connection(WHAT).await?;
        let done = query.execute(&mut *connection).await;
        done.map(|done| done.rows_affected() > 0)
            .map_err(|error| self.failed(WHAT, &error))
    }

    async fn delete_account(&self, id: AccountId) -> PortResult<bool> {
        const WHAT: &str = "can't delete an account";
        let mut transaction = self.begin(WHAT).await?;
        let failed = |error: Error| self.failed(WHAT, &error);
        let done = sqlx::query(DELETE_SQL)
            .bind(id.0)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        for belongings in DELETE_BELONGINGS_SQL {
            sqlx::query(belongings)
                .bind(id.0)
                .execute(&mut *transaction)
                .await
                .map_err(failed)?;
        }
        transaction.commit().await.map_err(failed)?;
        Ok(done.rows_affected() > 0)
    }

    async fn pay(
        &self,
        id: AccountId,
        coins: i64,
        key: &str,
        now: DateTime<Utc>,
    ) -> PortResult<Paid> {
        const WHAT: &str = "can't pay";
        let mut transaction = self.begin(WHAT).await?;
        let failed = |error: Error| self.failed(WHAT, &error);
        let paid = pay(&mut transaction, id, coins, key, now).await;
        let paid = paid.map_err(failed)?;
        if matches!(paid, Paid::Now(_)) {
            transaction.commit().await.map_err(failed)?;
        } else {
            self.give_up(WHAT, transaction).await?;
        }
        Ok(paid)
    }

    async fn payments(&self, id: AccountId, limit: u32) -> PortResult<Vec<Payment>> {
        const WHAT: &str = "can't list payments";
        let mut connection = self.connection(WHAT).await?;
        let failed = |error: Error| self.failed(WHAT, &error);
        let rows = sqlx::query(PAYMENTS_SQL)
            .bind(id.0)
            .bind(i64::from(limit))
            .fetch_all(&mut *connection)
            .await
            .map_err(failed)?;
        let listed = rows.iter().map(payment);
        listed.collect::<Result<_, Error>>().map_err(failed)
    }

    async fn grant(
        &self,
        grant: &Grant,
        secret: &KeyDigest,
        now: DateTime<Utc>,
    ) -> PortResult<bool> {
        self.add_grant(grant, secret, now).await
    }

    async fn rotate(
        &self,
        id: Uuid,
        old: &KeyDigest,
        new: &KeyDigest,
        now: DateTime<Utc>,
    ) -> PortResult<Rotated> {
        self.rotate_grant(id, old, new, now).await
    }

    async fn granted(
        &self,
        id: Uuid,
        now: DateTime<Utc>,
    ) -> PortResult<Option<(Grant, KeyDigest, Account)>> {
        self.find_grant(id, now).await
    }

    async fn grants(&self, id: AccountId) -> PortResult<Vec<Grant>> {
        self.list_grants(id).await
    }

    async fn revoke_grant(&self, id: Uuid) -> PortResult<()> {
        self.end_grant(id).await
    }

    async fn publish_key(&self, key: PublicKey, now: DateTime<Utc>) -> PortResult<()> {
        self.add_public_key(key, now).await
    }

    async fn public_keys(&self) -> PortResult<Vec<PublicKey>> {
        self.list_public_keys().await
    }
}

/// The account with this id.
async fn find(connection: &mut PgConnection, id: AccountId) -> Result<Option<Account>, Error> {
    let row = sqlx::query(FIND_SQL)
        .bind(id.0)
        .fetch_optional(connection)
        .await?;
    row.map(|row| rows::account(&row, 0)).transpose()
}

/// Whoever pays holds the account's row until the transaction ends.
async fn pay(
    connection: &mut PgConnection,
    id: AccountId,
    coins: i64,
    key: &str,
    now: DateTime<Utc>,
) -> Result<Paid, Error> {
    let there_are: Option<i64> = sqlx::query_scalar(COINS_SQL)
        .bind(id.0)
        .fetch_optional(&mut *connection)
        .await?;
    let Some(there_are) = there_are else {
        return Ok(Paid::Nobody);
    };
    let is_paid: bool = sqlx::query_scalar(IS_PAID_SQL)
        .bind(id.0)
        .bind(key)
        .fetch_one(&mut *connection)
        .await?;
    if is_paid {
        return Ok(Paid::Before(there_are.unsigned_abs()));
    }
    let left = there_are.saturating_add(coins);
    if left < 0 {
        return Ok(Paid::TooFew(there_are.unsigned_abs()));
    }
    sqlx::query(PAY_SQL)
        .bind(id.0)
        .bind(key)
        .bind(coins)
        .bind(now)
        .execute(&mut *connection)
        .await?;
    sqlx::query(SET_COINS_SQL)
        .bind(id.0)
        .bind(left)
        .execute(&mut *connection)
        .await?;
    Ok(Paid::Now(left.unsigned_abs()))
}

fn payment(row: &PgRow) -> Result<Payment, Error> {
    Ok(Payment {
        key: row.try_get(0)?,
        coins: row.try_get(1)?,
        made_at: row.try_get(2)?,
    })
}
