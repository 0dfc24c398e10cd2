//! Passwords: what may be one, and what is kept of it (argon2id, RFC 9106).
//!
//! Checking one is slow on purpose, so it happens on blocking threads, as many at a time as there are
//! processors; so many may wait, and who comes then is told to come again.

use crate::problem::Problem;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use parlor_ports::accounts::PasswordHash;
use std::sync::{Arc, OnceLock};
use std::thread::available_parallelism;
use tokio::sync::Semaphore;

/// Fewest characters of a password.
pub const PASSWORD_CHARS_MIN: usize = 8;
/// Most characters of a password.
pub const PASSWORD_CHARS_MAX: usize = 256;
/// Memory, in KiB, and passes: the second of the choices that OWASP's Password Storage Cheat Sheet
/// gives for argon2id (m = 19 MiB, t = 2, p = 1).
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const SALT_BYTES: usize = 16;
/// Passwords that wait to be hashed or checked, at most.
const WAITING_MAX: usize = 64;
/// Passwords that everybody tries first, one a line. Own compilation; those that are too short anyway
/// are left out.
const COMMON: &str = include_str!("common.txt");

/// Why a password won't do, as a sentence; `None` where it will.
#[must_use]
pub fn objection(password: &str, username: &str) -> Option<String> {
    let count = password.chars().count();
    if !(PASSWORD_CHARS_MIN..=PASSWORD_CHARS_MAX).contains(&count) {
        return Some(format!(
            "a password has {PASSWORD_CHARS_MIN} to {PASSWORD_CHARS_MAX} characters"
        ));
    }
    let folded = password.to_lowercase();
    if COMMON.lines().any(|common| common == folded) {
        return Some("this password is among those that everybody tries first".to_owned());
    }
    if is_plain(&folded) {
        return Some("this password is one character, or a row of them: mix some more".to_owned());
    }
    if folded == username.to_lowercase() {
        return Some("the password is the username: choose another one".to_owned());
    }
    None
}

/// `aaaaaaaa`, `12345678`, `hgfedcba`: each character is as far from the one before as the next.
fn is_plain(text: &str) -> bool {
    let codes: Vec<i64> = text.chars().map(|c| i64::from(u32::from(c))).collect();
    let steps: Vec<i64> = codes.windows(2).map(|two| two[1] - two[0]).collect();
    let is_row = |step: i64| step.abs() <= 1 && steps.iter().all(|other| *other == step);
    steps.first().is_some_and(|first| is_row(*first))
}

/// Hashes and checks passwords. Cheap to clone.
#[derive(Clone)]
pub struct Passwords {
    argon2: Argon2<'static>,
    /// Held while one is worked on.
    working: Arc<Semaphore>,
    /// Held from the beginning.
    waiting: Arc<Semaphore>,
    /// Checked where there is no account, so that this takes as long.
    decoy: Arc<OnceLock<String>>,
}

impl Passwords {
    /// Works on as many at a time as there are processors.
    #[must_use]
    pub fn new() -> Self {
        let params = Params::new(MEMORY_KIB, PASSES, LANES, None)
            .expect("constants that are within the limits of the algorithm");
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let at_a_time = available_parallelism().map_or(1, usize::from);
        Self {
            argon2,
            working: Arc::new(Semaphore::new(at_a_time)),
            waiting: Arc::new(Semaphore::new(at_a_time + WAITING_MAX)),
            decoy: Arc::default(),
        }
    }

    /// What is kept of a password.
    ///
    /// # Errors
    /// 503 `unavailable` where too many wait; 500 where the system gives no random bytes.
    pub async fn hash(&self, password: String) -> Result<PasswordHash, Problem> {
        let argon2 = self.argon2.clone();
        let hashed = move || {
            let mut salt = [0; SALT_BYTES];
            getrandom::fill(&mut salt).ok()?;
            let hash = argon2.hash_password_with_salt(password.as_bytes(), &salt);
            hash.ok().map(|hash| PasswordHash(hash.to_string()))
        };
        self.work_then(|| Ok(()), hashed)
            .await?
            .ok_or_else(Problem::internal)
    }

    /// True when the password is the one that was hashed. Without a hash it is false, after as long.
    ///
    /// # Errors
    /// 503 `unavailable` where too many wait.
    pub async fn check(
        &self,
        password: String,
        hash: Option<PasswordHash>,
    ) -> Result<bool, Problem> {
        self.check_then(password, hash, || Ok(())).await
    }

    /// The same, if `may` still says so when it is this one's turn.
    ///
    /// # Errors
    /// What `may` says, and as [`Passwords::check`].
    pub async fn check_then(
        &self,
        password: String,
        hash: Option<PasswordHash>,
        may: impl FnOnce() -> Result<(), Problem>,
    ) -> Result<bool, Problem> {
        let (argon2, decoy) = (self.argon2.clone(), self.decoy.clone());
        let checked = move || {
            // Whoever comes first makes it, whether there is an account or not.
            let decoy = decoy.get_or_init(|| {
                let made = argon2.hash_password_with_salt(b"nobody's", &[0x5a; SALT_BYTES]);
                made.expect("the salt is long enough").to_string()
            });
            let kept = hash.as_ref().map_or(decoy, |hash| &hash.0).as_str();
            let fits = argon2.verify_password(password.as_bytes(), kept).is_ok();
            fits && hash.is_some()
        };
        self.work_then(may, checked).await
    }

    async fn work_then<T: Send + 'static>(
        &self,
        may: impl FnOnce() -> Result<(), Problem>,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let busy = |_| Problem::unavailable("many sign in just now: try again in a moment");
        let place = Arc::clone(&self.waiting).try_acquire_owned();
        let place = place.map_err(busy)?;
        let turn = Arc::clone(&self.working).acquire_owned().await;
        let turn = turn.map_err(|_| Problem::internal())?;
        may()?;
        // The places are given back by the thread, also when the caller is gone.
        let task = tokio::task::spawn_blocking(move || {
            let done = work();
            drop((turn, place));
            done
        });
        task.await.map_err(|_| Problem::internal())
    }
}

impl Default for Passwords {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_long_and_nobodys_first_guess() {
        for good in [
            "correct horse",
            "s3cr3t-enough",
            "żółw-żółw",
            &"ab1".repeat(80),
        ] {
            assert_eq!(objection(good, "tom"), None, "{good}");
        }
        let long = "ab1".repeat(86);
        for bad in [
            "",
            "short",
            "Password1",
            "QWERTYUIOP",
            "aaaaaaaaaa",
            "23456789",
            "hgfedcba",
            &long,
        ] {
            assert!(objection(bad, "tom").is_some(), "{bad}");
        }
        assert!(objection("Tom.Riddle", "tom.riddle").is_some());
    }

    #[test]
    fn the_list_of_common_passwords_is_in_lower_case_and_long_enough() {
        let all: std::collections::HashSet<_> = COMMON.lines().collect();
        assert_eq!(all.len(), COMMON.lines().count(), "one is there twice");
        for common in all {
            assert_eq!(common, common.to_lowercase().trim());
            assert!(common.chars().count() >= PASSWORD_CHARS_MIN, "{common}");
        }
    }

    #[tokio::test]
    async fn only_the_password_that_was_hashed_fits() {
        let passwords = Passwords::new();
        let hash = passwords.hash("correct horse".to_owned()).await.unwrap();
        assert!(
            hash.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash:?}"
        );
        let again = passwords.hash("correct horse".to_owned()).await.unwrap();
        assert_ne!(hash, again, "the salt is random");
        let check = async |text: &str, hash| {
            let fits = passwords.check(text.to_owned(), hash).await;
            fits.unwrap()
        };
        assert!(check("correct horse", Some(hash.clone())).await);
        assert!(!check("Correct horse", Some(hash)).await);
        assert!(!check("nobody's", None).await);
    }

    #[tokio::test]
    async fn who_comes_when_too_many_wait_is_told_to_come_again() {
        let passwords = Passwords::new();
        let places = passwords.waiting.available_permits();
        let all =
            Arc::clone(&passwords.waiting).try_acquire_many_owned(u32::try_from(places).unwrap());
        let refused = passwords.check("x".to_owned(), None).await.unwrap_err();
        assert_eq!(refused.code(), "unavailable");
        drop(all);
        assert!(!passwords.check("x".to_owned(), None).await.unwrap());
    }
}
