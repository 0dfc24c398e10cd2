//! The account port: the people who sign in, what keeps them signed in, and what they can spend.
//!
//! **Signed in.** A *grant* is one signing in: of a program, which gets short-lived access tokens and
//! renews them with a refresh token that changes each time ([`AccountStore::rotate`]), or of a browser,
//! whose cookie stays the same. A grant keeps a digest of its secret, never the secret. Who shows a
//! secret that was changed already has a stolen one, or was robbed: then the grant ends for both.
//!
//! **Signing keys.** Whoever makes tokens publishes the public half of its key; whoever checks them
//! reads it here. The private half is never in the store.
//!
//! **What else belongs to a person** is kept by other ports of the same store:
//! [`AccountStore::delete_account`] takes it all away.

use crate::error::PortResult;
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use parlor_model::AccountId;
use parlor_model::account::{Account, AccountRole, Username};
use std::fmt;
use uuid::Uuid;

pub use crate::keys::KeyDigest;

/// Accounts in one list, at most.
pub const ACCOUNTS_MAX: u32 = 1_000;
/// Grants that an account has at the same time, at most: the oldest end.
pub const GRANTS_MAX: u32 = 100;
/// A published key that nobody has published again for this long is forgotten.
pub const KEY_SILENCE_MAX: TimeDelta = TimeDelta::days(1);
/// Public keys that are read, at most: those published last.
pub const PUBLIC_KEYS_MAX: u32 = 100;
/// Longest key of a payment, in bytes.
pub const PAYMENT_KEY_BYTES_MAX: usize = 200;

/// What an account's password is checked against, in the PHC string format. Not shown by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(pub String);

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

/// What became of an account that was to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// It is there.
    Created,
    /// Somebody has the username, in whatever case. Nothing happened.
    Taken,
}

/// What a grant is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantKind {
    /// A refresh token, which changes each time it is used.
    Refresh,
    /// A browser's cookie, which stays.
    Cookie,
}

/// One signing in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Random.
    pub id: Uuid,
    /// Whose.
    pub account: AccountId,
    /// For what.
    pub kind: GrantKind,
    /// When they signed in.
    pub created_at: DateTime<Utc>,
    /// From then on it is worth nothing.
    pub expires_at: DateTime<Utc>,
}

/// What became of a secret that was to be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rotated {
    /// The new one is in force; the account as it is now.
    Rotated(Box<Account>),
    /// There is no such grant, or it has expired or ended.
    Unknown,
    /// The secret is not the one in force: the grant of this account has ended just now.
    Reused(AccountId),
}

/// What became of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paid {
    /// It was made; coins afterwards.
    Now(u64),
    /// It had been made before, under the same key; coins as they are now.
    Before(u64),
    /// There are only so many coins. Nothing happened.
    TooFew(u64),
    /// There is no such account.
    Nobody,
}

/// A payment that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// No two of an account have the same.
    pub key: String,
    /// Given, or taken (below 0).
    pub coins: i64,
    /// When.
    pub made_at: DateTime<Utc>,
}

/// The public half of a signing key (Ed25519).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(pub [u8; 32]);

/// Where accounts are kept. On disk when a change returns.
#[async_trait]
pub trait AccountStore: Send + Sync {
    /// Makes an account. Of several that come at once with one username, one is made.
    ///
    /// # Errors
    /// Retryable when the store is away; then it may have been made.
    async fn create_account(
        &self,
        account: &Account,
        password: &PasswordHash,
    ) -> PortResult<Created>;

    /// The account with this username, in whatever case, and what its password is checked against.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn account_named(
        &self,
        username: &Username,
    ) -> PortResult<Option<(Account, PasswordHash)>>;

    /// The account with this id.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn account(&self, id: AccountId) -> PortResult<Option<Account>>;

    /// Up to `limit` accounts in the order of their folded usernames, those after `after`.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn accounts(&self, after: Option<&Username>, limit: u32) -> PortResult<Vec<Account>>;

    /// Keeps when a person last signed in; never an earlier time than there is. An unknown account is
    /// no error.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn signed_in(&self, id: AccountId, now: DateTime<Utc>) -> PortResult<()>;

    /// Sets what a person may do. False when there is no such account.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn set_role(&self, id: AccountId, role: AccountRole) -> PortResult<bool>;

    /// Sets a new password and ends all grants of the account. False when there is no such account.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn set_password(&self, id: AccountId, password: &PasswordHash) -> PortResult<bool>;

    /// Takes an account away with all that belongs to it, in whatever port, in one transaction: what was
    /// said in its sessions, its companions and what these said. False when there was none.
    ///
    /// # Errors
    /// Retryable when the store is away; then it may be gone.
    async fn delete_account(&self, id: AccountId) -> PortResult<bool>;

    /// Gives (`coins` above 0) or takes coins, once for each `key` of the account. Never takes more
    /// than there are, however many ask at once.
    ///
    /// # Errors
    /// Retryable when the store is away; then it may have been made, and asking again is harmless.
    async fn pay(
        &self,
        id: AccountId,
        coins: i64,
        key: &str,
        now: DateTime<Utc>,
    ) -> PortResult<Paid>;

    /// Up to `limit` payments of an account, the newest first.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn payments(&self, id: AccountId, limit: u32) -> PortResult<Vec<Payment>>;

    /// Keeps a grant; the account's grants that have expired go, and the oldest that are too many.
    /// False, and nothing happens, when there is no such account.
    ///
    /// # Errors
    /// Retryable when the store is away; then it may have been kept.
    async fn grant(
        &self,
        grant: &Grant,
        secret: &KeyDigest,
        now: DateTime<Utc>,
    ) -> PortResult<bool>;

    /// Changes the secret of a refresh grant from `old` to `new`. Of several that come at once with
    /// the same old one, one is `Rotated`; the next is `Reused`.
    ///
    /// # Errors
    /// Retryable when the store is away; then it may have been changed.
    async fn rotate(
        &self,
        id: Uuid,
        old: &KeyDigest,
        new: &KeyDigest,
        now: DateTime<Utc>,
    ) -> PortResult<Rotated>;

    /// The grant with this id that has not expired at `now`, the digest of its secret, and its
    /// account as it is now.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn granted(
        &self,
        id: Uuid,
        now: DateTime<Utc>,
    ) -> PortResult<Option<(Grant, KeyDigest, Account)>>;

    /// Up to [`GRANTS_MAX`] grants of an account, the newest first, expired ones among them.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn grants(&self, id: AccountId) -> PortResult<Vec<Grant>>;

    /// Ends a grant. An unknown one is no error.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn revoke_grant(&self, id: Uuid) -> PortResult<()>;

    /// Makes a key known, or known again; keys that were not for [`KEY_SILENCE_MAX`] are forgotten.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn publish_key(&self, key: PublicKey, now: DateTime<Utc>) -> PortResult<()>;

    /// The keys that are known, the last published first, at most [`PUBLIC_KEYS_MAX`].
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn public_keys(&self) -> PortResult<Vec<PublicKey>>;
}
