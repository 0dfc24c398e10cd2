//! Who asks: people who have signed in.
//!
//! A program shows an access token (`Authorization: Bearer ..`): a JWT of a few minutes, signed with
//! Ed25519 and checked with the public key alone, so that only who signs people in holds the private
//! one. A browser shows a cookie that no script can read, and, to change anything, a token beside it
//! that only a page of this server knows.
//!
//! A route that needs somebody takes a [`Person`] (or an `Option<Person>`, or an [`Admin`]):
//!
//! ```text
//! async fn mine(person: Person, State(stage): State<Stage>) -> Result<Json<..>, Problem> {
//!     stage.options.store.things_of(person.account)
//! ```
//!
//! What to notice: what belongs to somebody else is answered like what is not there (404); an error
//! never says which part of a token was wrong; a secret has no `Display`.

mod desk;
mod key;
mod password;
mod person;
mod secret;
mod submitted;
mod throttle;
mod token;

pub use desk::{ACCESS_LIFE, GRANT_LIFE, SignInDesk};
pub use key::SigningKey;
pub use password::{PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN, Passwords, objection};
pub use person::{Admin, COOKIE, CSRF_HEADER, Person};
pub use secret::GrantToken;
pub use token::{AUDIENCE, Checked, ISSUER, Signer, TokenError, Verifier, key_set};

pub(crate) use desk::{Credentials, Newcomer, Pair};
pub(crate) use person::Shown;
pub(crate) use submitted::{Origin, Submitted};

use crate::problem::Problem;
use parking_lot::Mutex;
use parlor_model::Clock;
use parlor_ports::store::Store;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The store is asked for unknown keys no more often than this.
const KEYS_ASKED_EVERY: Duration = Duration::from_secs(1);
/// Known keys are used for so long before they are read again.
const KEYS_TRUSTED: Duration = Duration::from_secs(600);

/// Tells who asks. Cheap to clone; all clones share what they know of keys.
#[derive(Clone)]
pub struct Auth {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    known: Arc<Mutex<Known>>,
}

#[derive(Default)]
struct Known {
    verifier: Verifier,
    read_at: Option<Instant>,
}

impl Auth {
    /// Reads accounts and public keys from this store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self {
            store,
            clock,
            known: Arc::default(),
        }
    }

    /// Whose access token this is.
    ///
    /// # Errors
    /// 401 `invalid_token`; 503 where its key is not known yet and the store is away.
    pub async fn person(&self, token: &str) -> Result<Person, Problem> {
        self.checked(token).await.map(|checked| checked.person)
    }

    /// What an access token says.
    ///
    /// # Errors
    /// As [`Auth::person`].
    pub async fn checked(&self, token: &str) -> Result<Checked, Problem> {
        let checked = self.verifier().read(token, self.clock.now());
        let checked = match checked {
            Err(TokenError::UnknownKey) if self.may_ask() => {
                self.read_keys().await?;
                self.verifier().read(token, self.clock.now())
            }
            other => other,
        };
        checked.map_err(|error| invalid_token(error.is_expired()))
    }

    /// What checks tokens, with the keys that are known now.
    #[must_use]
    pub fn verifier(&self) -> Verifier {
        let known = self.known.lock();
        let is_old = known.read_at.is_none_or(|at| at.elapsed() > KEYS_TRUSTED);
        if is_old {
            Verifier::default()
        } else {
            known.verifier.clone()
        }
    }

    /// True when the keys were not read just now; whoever is told so reads them.
    fn may_ask(&self) -> bool {
        let mut known = self.known.lock();
        let may = known
            .read_at
            .is_none_or(|at| at.elapsed() >= KEYS_ASKED_EVERY);
        if may && known.read_at.is_some_and(|at| at.elapsed() <= KEYS_TRUSTED) {
            // Nobody else asks meanwhile.
            known.read_at = Some(Instant::now());
        }
        may
    }

    async fn read_keys(&self) -> Result<(), Problem> {
        let verifier = Verifier::of(&self.store.public_keys().await?);
        *self.known.lock() = Known {
            verifier,
            read_at: Some(Instant::now()),
        };
        Ok(())
    }
}

/// The token is worth nothing. Expired ones are told apart, so that a client knows to renew.
pub(crate) fn invalid_token(is_expired: bool) -> Problem {
    let detail = if is_expired {
        "the access token has expired: renew it, or sign in again"
    } else {
        "the access token is not one of this server: sign in again"
    };
    person::unauthorized("invalid_token", detail, "Bearer error=\"invalid_token\"")
}
