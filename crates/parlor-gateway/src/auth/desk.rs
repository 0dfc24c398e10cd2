//! Signs people up, in and out. Holds the private key: only the process that does it has one.

use super::password::{Passwords, objection};
use super::secret::GrantToken;
use super::throttle::Throttle;
use super::token::{Checked, Signer};
use super::{Auth, invalid_token};
use crate::options::Ids;
use crate::problem::Problem;
use axum::http::{HeaderValue, StatusCode, header};
use chrono::{DateTime, TimeDelta, Utc};
use parking_lot::Mutex;
use parlor_model::AccountId;
use parlor_model::account::{Account, AccountRole, Username, is_person_name};
use parlor_ports::accounts::{Created, Grant, GrantKind, Rotated};
use std::net::IpAddr;
use std::sync::Arc;
use uuid::Uuid;

/// How long an access token lives. Whoever is deleted, or is no administrator any more, is so for
/// everybody after this time.
pub const ACCESS_LIFE: TimeDelta = TimeDelta::minutes(15);
/// How long a signing in lasts.
pub const GRANT_LIFE: TimeDelta = TimeDelta::days(30);
/// The public key is made known again after so long.
const PUBLISHED_FOR: TimeDelta = TimeDelta::hours(1);
/// Longest password that is checked, in bytes: none that is longer was ever taken.
const PASSWORD_BYTES_MAX: usize = 4_096;

/// Where people sign up, in and out. Cheap to clone.
#[derive(Clone)]
pub struct SignInDesk {
    pub(crate) auth: Auth,
    signer: Arc<Signer>,
    passwords: Passwords,
    throttle: Throttle,
    ids: Ids,
    published_at: Arc<Mutex<Option<DateTime<Utc>>>>,
}

/// What somebody who wants an account gives.
pub(crate) struct Newcomer {
    pub(crate) username: String,
    pub(crate) name: String,
    pub(crate) password: String,
}

/// What somebody who wants to sign in gives.
pub(crate) struct Credentials {
    pub(crate) username: String,
    pub(crate) password: String,
    /// From where they ask, as far as it is known.
    pub(crate) address: Option<IpAddr>,
}

/// What keeps a program signed in.
pub(crate) struct Pair {
    pub(crate) access: String,
    pub(crate) refresh: GrantToken,
}

impl SignInDesk {
    /// A desk that signs with this key.
    #[must_use]
    pub fn new(auth: Auth, key: super::SigningKey, ids: Ids) -> Self {
        Self {
            auth,
            signer: Arc::new(Signer::new(key, ACCESS_LIFE)),
            passwords: Passwords::new(),
            throttle: Throttle::default(),
            ids,
            published_at: Arc::default(),
        }
    }

    /// Makes an account of an ordinary person.
    pub(crate) async fn register(&self, newcomer: Newcomer) -> Result<Account, Problem> {
        let Newcomer {
            username,
            name,
            password,
        } = newcomer;
        let username = Username::new(username)
            .map_err(|error| Problem::refused("invalid_username", error.to_string()))?;
        let name = name.trim().to_owned();
        if !is_person_name(&name) {
            return Err(Problem::refused(
                "invalid_name",
                "a name has 1 to 100 characters, in one line",
            ));
        }
        if let Some(why) = objection(&password, username.as_str()) {
            return Err(Problem::refused("weak_password", why));
        }
        let hash = self.passwords.hash(password).await?;
        let account = Account {
            id: AccountId((self.ids)()),
            username,
            name,
            role: AccountRole::User,
            coins: 0,
            created_at: self.auth.clock.now(),
            last_login_at: None,
        };
        match self.auth.store.create_account(&account, &hash).await? {
            Created::Created => Ok(account),
            Created::Taken => Err(Problem::new(
                StatusCode::CONFLICT,
                "username_taken",
                "somebody has this username: choose another one",
            )),
        }
    }

    /// The account of somebody who knows its password. The answer, and how long it takes, are the same
    /// for a wrong password and for an account that is not there.
    pub(crate) async fn signed_in(&self, credentials: Credentials) -> Result<Account, Problem> {
        let Credentials {
            username,
            password,
            address,
        } = credentials;
        let now = self.auth.clock.now();
        self.throttled(&username, address)?;
        let found = match Username::new(username.as_str()) {
            Ok(username) => self.auth.store.account_named(&username).await?,
            Err(_) => None,
        };
        let (account, hash) = found.unzip();
        let password = if password.len() > PASSWORD_BYTES_MAX {
            String::new()
        } else {
            password
        };
        // Asked again when it is this one's turn: many guesses at once are not free, either.
        let turn = || self.throttled(&username, address);
        let fits = self.passwords.check_then(password, hash, turn).await?;
        match account {
            Some(account) if fits => {
                self.throttle.succeeded(&username);
                self.auth.store.signed_in(account.id, now).await?;
                Ok(Account {
                    last_login_at: Some(now),
                    ..account
                })
            }
            _ => {
                self.throttle.failed(&username, address, now);
                Err(super::person::unauthorized(
                    "wrong_credentials",
                    "username or password is wrong",
                    "Bearer",
                )
                .with("error", "invalid_grant"))
            }
        }
    }

    fn throttled(&self, username: &str, address: Option<IpAddr>) -> Result<(), Problem> {
        let now = self.auth.clock.now();
        let Some(wait) = self.throttle.wait(username, address, now) else {
            return Ok(());
        };
        let seconds = wait.num_seconds().max(0) + 1;
        Err(Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_tries",
            format!("too many tries failed: wait {seconds} s"),
        )
        .with_header(header::RETRY_AFTER, HeaderValue::from(seconds)))
    }

    /// Keeps a signing in, and gives what its owner keeps of it.
    pub(crate) async fn grant(
        &self,
        account: AccountId,
        kind: GrantKind,
    ) -> Result<GrantToken, Problem> {
        let now = self.auth.clock.now();
        let token = GrantToken::random((self.ids)()).ok_or_else(Problem::internal)?;
        let grant = Grant {
            id: token.id(),
            account,
            kind,
            created_at: now,
            expires_at: now + GRANT_LIFE,
        };
        if self.auth.store.grant(&grant, &token.digest(), now).await? {
            Ok(token)
        } else {
            // Deleted this very moment.
            Err(invalid_token(false))
        }
    }

    /// Tokens for a program of this person.
    pub(crate) async fn tokens(&self, account: &Account) -> Result<Pair, Problem> {
        let refresh = self.grant(account.id, GrantKind::Refresh).await?;
        let access = self.access(account, refresh.id()).await?;
        Ok(Pair { access, refresh })
    }

    /// New tokens for a refresh token, which is worth nothing from then on.
    pub(crate) async fn refreshed(&self, token: &str) -> Result<Pair, Problem> {
        let old = GrantToken::parse(token).ok_or_else(wrong_refresh)?;
        let new = GrantToken::random(old.id()).ok_or_else(Problem::internal)?;
        let now = self.auth.clock.now();
        let (shown, next) = (old.digest(), new.digest());
        let store = &self.auth.store;
        match store.rotate(old.id(), &shown, &next, now).await? {
            Rotated::Rotated(account) => Ok(Pair {
                access: self.access(&account, new.id()).await?,
                refresh: new,
            }),
            Rotated::Reused(account) => {
                tracing::warn!(%account, "a refresh token was used again: its signing in is ended");
                Err(wrong_refresh())
            }
            Rotated::Unknown => Err(wrong_refresh()),
        }
    }

    /// An access token, whose key is known by then.
    async fn access(&self, account: &Account, grant: Uuid) -> Result<String, Problem> {
        self.publish().await?;
        let now = self.auth.clock.now();
        Ok(self.signer.sign(account, grant, (self.ids)(), now))
    }

    /// Makes the public key known, if that was not done lately.
    ///
    /// # Errors
    /// 503 where the store is away.
    pub async fn publish(&self) -> Result<(), Problem> {
        let now = self.auth.clock.now();
        let is_known = (*self.published_at.lock()).is_some_and(|at| now - at < PUBLISHED_FOR);
        if !is_known {
            let key = self.signer.public();
            self.auth.store.publish_key(key, now).await?;
            *self.published_at.lock() = Some(now);
        }
        Ok(())
    }

    /// What a good access token says.
    pub(crate) async fn checked(&self, token: &str) -> Result<Checked, Problem> {
        self.auth.checked(token).await
    }

    /// Ends the signing in that an access token comes from.
    pub(crate) async fn end_of(&self, token: &str) -> Result<(), Problem> {
        let checked = self.auth.checked(token).await?;
        Ok(self.auth.store.revoke_grant(checked.grant).await?)
    }

    /// Ends the signing in of a refresh token or cookie, if it is one that is in force.
    pub(crate) async fn end(&self, token: &GrantToken) -> Result<(), Problem> {
        let now = self.auth.clock.now();
        let store = &self.auth.store;
        if let Some((grant, digest, _)) = store.granted(token.id(), now).await?
            && digest.matches(&token.digest())
        {
            store.revoke_grant(grant.id).await?;
        }
        Ok(())
    }
}

fn wrong_refresh() -> Problem {
    super::person::unauthorized(
        "invalid_refresh_token",
        "the refresh token was used already, has expired or is none: sign in again",
        "Bearer",
    )
    .with("error", "invalid_grant")
}
