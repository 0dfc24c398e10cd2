//! What keeps people signed in, and the public keys.

use super::rows::{self, ACCOUNT_COLUMNS, GRANT_COLUMNS, account_columns, grant_columns};
use crate::store::PostgresStore;
use chrono::{DateTime, Utc};
use parlor_model::AccountId;
use parlor_model::account::Account;
use parlor_ports::PortResult;
use parlor_ports::accounts::{
    GRANTS_MAX, Grant, GrantKind, KEY_SILENCE_MAX, KeyDigest, PUBLIC_KEYS_MAX, PublicKey, Rotated,
};
use sqlx::postgres::PgRow;
use sqlx::{Error, PgConnection};
use uuid::Uuid;

/// The lock keeps the account there until the grant is.
const ADD_SQL: &str = "
INSERT INTO grants (id, account, cookie, digest, created_at, expires_at)
SELECT $1, id, $3, $4, $5, $6 FROM accounts WHERE id = $2 FOR KEY SHARE";
const PRUNE_SQL: &str = "
DELETE FROM grants WHERE account = $1 AND (expires_at <= $2 OR id IN
    (SELECT id FROM grants WHERE account = $1 ORDER BY created_at DESC, id OFFSET $3))";
const ROTATE_SQL: &str = "
UPDATE grants SET digest = $3
WHERE id = $1 AND digest = $2 AND NOT cookie AND expires_at > $4 RETURNING account";
const END_STOLEN_SQL: &str = "
DELETE FROM grants WHERE id = $1 AND NOT cookie AND expires_at > $2 RETURNING account";
const END_SQL: &str = "DELETE FROM grants WHERE id = $1";
const FIND_SQL: &str = concat!(
    "SELECT ",
    grant_columns!(),
    ", ",
    account_columns!(),
    ", g.digest FROM grants AS g JOIN accounts AS a ON a.id = g.account
     WHERE g.id = $1 AND g.expires_at > $2"
);
const LIST_SQL: &str = concat!(
    "SELECT ",
    grant_columns!(),
    " FROM grants AS g WHERE g.account = $1 ORDER BY g.created_at DESC, g.id LIMIT $2"
);
const PUBLISH_SQL: &str = "
INSERT INTO public_keys AS k (key, published_at) VALUES ($1, $2)
ON CONFLICT (key) DO UPDATE SET published_at = GREATEST(k.published_at, $2)";
const FORGET_SQL: &str = "DELETE FROM public_keys WHERE published_at < $1";
const KEYS_SQL: &str = "SELECT key FROM public_keys ORDER BY published_at DESC, key LIMIT $1";

impl PostgresStore {
    pub(super) async fn add_grant(
        &self,
        grant: &Grant,
        secret: &KeyDigest,
        now: DateTime<Utc>,
    ) -> PortResult<bool> {
        const WHAT: &str = "can't keep a grant";
        let mut transaction = self.begin(WHAT).await?;
        let failed = |error: Error| self.failed(WHAT, &error);
        let added = add(&mut transaction, grant, secret, now).await;
        let added = added.map_err(failed)?;
        if added {
            transaction.commit().await.map_err(failed)?;
        } else {
            self.give_up(WHAT, transaction).await?;
        }
        Ok(added)
    }

    pub(super) async fn rotate_grant(
        &self,
        id: Uuid,
        old: &KeyDigest,
        new: &KeyDigest,
        now: DateTime<Utc>,
    ) -> PortResult<Rotated> {
        const WHAT: &str = "can't change the secret of a grant";
        let mut connection = self.connection(WHAT).await?;
        let rotated = rotate(&mut connection, id, old, new, now).await;
        rotated.map_err(|error| self.failed(WHAT, &error))
    }

    pub(super) async fn find_grant(
        &self,
        id: Uuid,
        now: DateTime<Utc>,
    ) -> PortResult<Option<(Grant, KeyDigest, Account)>> {
        const WHAT: &str = "can't read a grant";
        let mut connection = self.connection(WHAT).await?;
        let failed = |error: Error| self.failed(WHAT, &error);
        let row = sqlx::query(FIND_SQL)
            .bind(id)
            .bind(now)
            .fetch_optional(&mut *connection)
            .await
            .map_err(failed)?;
        row.map(|row| granted(&row)).transpose().map_err(failed)
    }

    pub(super) async fn list_grants(&self, id: AccountId) -> PortResult<Vec<Grant>> {
        const WHAT: &str = "can't list grants";
        let mut connection = self.connection(WHAT).await?;
        let failed = |error: Error| self.failed(WHAT, &error);
        let rows = sqlx::query(LIST_SQL)
            .bind(id.0)
            .bind(i64::from(GRANTS_MAX))
            .fetch_all(&mut *connection)
            .await
            .map_err(failed)?;
        let listed = rows.iter().map(rows::grant);
        listed.collect::<Result<_, Error>>().map_err(failed)
    }

    pub(super) async fn end_grant(&self, id: Uuid) -> PortResult<()> {
        const WHAT: &str = "can't end a grant";
        let mut connection = self.connection(WHAT).await?;
        let done = sqlx::query(END_SQL)
            .bind(id)
            .execute(&mut *connection)
            .await;
        done.map(|_| ()).map_err(|error| self.failed(WHAT, &error))
    }

    pub(super) async fn add_public_key(
        &self,
        key: PublicKey,
        now: DateTime<Utc>,
    ) -> PortResult<()> {
        const WHAT: &str = "can't publish a key";
        let mut connection = self.connection(WHAT).await?;
        let failed = |error: Error| self.failed(WHAT, &error);
        sqlx::query(PUBLISH_SQL)
            .bind(&key.0[..])
            .bind(now)
            .execute(&mut *connection)
            .await
            .map_err(failed)?;
        sqlx::query(FORGET_SQL)
            .bind(now - KEY_SILENCE_MAX)
            .execute(&mut *connection)
            .await
            .map_err(failed)?;
        Ok(())
    }

    pub(super) async fn list_public_keys(&self) -> PortResult<Vec<PublicKey>> {
        const WHAT: &str = "can't list public keys";
        let mut connection = self.connection(WHAT).await?;
        let failed = |error: Error| self.failed(WHAT, &error);
        let keys: Vec<Vec<u8>> = sqlx::query_scalar(KEYS_SQL)
            .bind(i64::from(PUBLIC_KEYS_MAX))
            .fetch_all(&mut *connection)
            .await
            .map_err(failed)?;
        let keys = keys.iter().map(|key| rows::bytes32(key).map(PublicKey));
        keys.collect::<Result<_, Error>>().map_err(failed)
    }
}

async fn add(
    connection: &mut PgConnection,
    grant: &Grant,
    secret: &KeyDigest,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    let added = sqlx::query(ADD_SQL)
        .bind(grant.id)
        .bind(grant.account.0)
        .bind(grant.kind == GrantKind::Cookie)
        .bind(&secret.0[..])
        .bind(grant.created_at)
        .bind(grant.expires_at)
        .execute(&mut *connection)
        .await?;
    if added.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query(PRUNE_SQL)
        .bind(grant.account.0)
        .bind(now)
        .bind(i64::from(GRANTS_MAX))
        .execute(connection)
        .await?;
    Ok(true)
}

/// Each statement holds alone: whoever comes second with the same old secret waits for the first at
/// the row, then finds another secret there.
async fn rotate(
    connection: &mut PgConnection,
    id: Uuid,
    old: &KeyDigest,
    new: &KeyDigest,
    now: DateTime<Utc>,
) -> Result<Rotated, Error> {
    let rotated: Option<Uuid> = sqlx::query_scalar(ROTATE_SQL)
        .bind(id)
        .bind(&old.0[..])
        .bind(&new.0[..])
        .bind(now)
        .fetch_optional(&mut *connection)
        .await?;
    if let Some(account) = rotated {
        let account = super::find(connection, AccountId(account)).await?;
        return Ok(account.map_or(Rotated::Unknown, |account| {
            Rotated::Rotated(Box::new(account))
        }));
    }
    let stolen: Option<Uuid> = sqlx::query_scalar(END_STOLEN_SQL)
        .bind(id)
        .bind(now)
        .fetch_optional(connection)
        .await?;
    Ok(stolen.map_or(Rotated::Unknown, |account| {
        Rotated::Reused(AccountId(account))
    }))
}

fn granted(row: &PgRow) -> Result<(Grant, KeyDigest, Account), Error> {
    Ok((
        rows::grant(row)?,
        rows::digest(row, GRANT_COLUMNS + ACCOUNT_COLUMNS)?,
        rows::account(row, GRANT_COLUMNS)?,
    ))
}
