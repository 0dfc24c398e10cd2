//! The key port: who may enter worlds that are not open to everybody.
//!
//! A key reads `pk-1a2b3c4d-` and 64 more hexadecimal digits. What stands before the second dash is
//! its *prefix*, by which it is listed and revoked; the rest is secret, 256 bits of it. A store keeps
//! the prefix and a digest, never the key.

use crate::error::PortResult;
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use parlor_model::Slug;
use sha2::{Digest, Sha256};
use std::fmt::{self, Write};
use std::hint::black_box;

/// What every key begins with.
pub const KEY_SIGN: &str = "pk-";
/// Random bytes that a key is made of: of the prefix, then of the secret.
pub const KEY_BYTES: usize = PREFIX_BYTES + SECRET_BYTES;
/// The last use of a key is kept no finer than this.
pub const USE_KEPT_EVERY: TimeDelta = TimeDelta::minutes(1);
/// Keys in a list, at most.
pub const KEYS_MAX: u32 = 10_000;
/// Longest name of a key, in characters.
pub const KEY_NAME_CHARS_MAX: usize = 100;

const PREFIX_BYTES: usize = 4;
const SECRET_BYTES: usize = 32;
/// Characters of a prefix, sign included.
const PREFIX_CHARS: usize = KEY_SIGN.len() + 2 * PREFIX_BYTES;
const KEY_CHARS: usize = PREFIX_CHARS + 1 + 2 * SECRET_BYTES;

/// A key as its owner has it. Neither shown nor compared by accident.
#[derive(Clone)]
pub struct ApiKey(String);

impl ApiKey {
    /// The key that these bytes make; they must come from the system's source of randomness.
    #[must_use]
    pub fn of_random(bytes: [u8; KEY_BYTES]) -> Self {
        let mut text = KEY_SIGN.to_owned();
        for (at, byte) in bytes.iter().enumerate() {
            if at == PREFIX_BYTES {
                text.push('-');
            }
            let _ = write!(text, "{byte:02x}");
        }
        Self(text)
    }

    /// Reads a key; `None` where the text has not the form of one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_digit = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
        let (prefix, secret) = text.strip_prefix(KEY_SIGN)?.split_once('-')?;
        let fits = text.len() == KEY_CHARS
            && prefix.len() == 2 * PREFIX_BYTES
            && prefix.bytes().chain(secret.bytes()).all(is_digit);
        fits.then(|| Self(text.to_owned()))
    }

    /// By what it is listed and revoked.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.0[..PREFIX_CHARS]
    }

    /// What a store keeps of it.
    #[must_use]
    pub fn digest(&self) -> KeyDigest {
        KeyDigest(Sha256::digest(self.0.as_bytes()).into())
    }

    /// All of it, to be shown once.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKey({}-..)", self.prefix())
    }
}

/// SHA-256 of a key. Nothing slower is needed: there are 256 bits to guess.
#[derive(Clone, Copy)]
pub struct KeyDigest(pub [u8; 32]);

impl KeyDigest {
    /// True when they are equal; takes as long when they are not, wherever they differ.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        let differing = self.0.iter().zip(other.0);
        let differing = differing.fold(0, |sum, (a, b)| black_box(sum | (a ^ b)));
        black_box(differing) == 0
    }
}

impl fmt::Debug for KeyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyDigest(..)")
    }
}

/// What is known of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRecord {
    /// Its prefix.
    pub prefix: String,
    /// What its maker calls it; may be empty.
    pub name: String,
    /// The worlds that it opens; empty: all.
    pub worlds: Vec<Slug>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// From then on it opens nothing.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
    /// About when it was last used: to [`USE_KEPT_EVERY`].
    pub last_used_at: Option<DateTime<Utc>>,
}

impl KeyRecord {
    /// True when it opens anything at `now`.
    #[must_use]
    pub fn is_good(&self, now: DateTime<Utc>) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|at| now < at)
    }

    /// True when it is for this world.
    #[must_use]
    pub fn is_for(&self, world: &Slug) -> bool {
        self.worlds.is_empty() || self.worlds.contains(world)
    }

    /// True when its use at `now` should be kept.
    #[must_use]
    pub fn use_is_news(&self, now: DateTime<Utc>) -> bool {
        self.last_used_at
            .is_none_or(|at| now - at >= USE_KEPT_EVERY)
    }
}

/// Where keys are kept.
#[async_trait]
pub trait Keys: Send + Sync {
    /// Keeps a key. False, and nothing happens, when there is one with this prefix. On disk when it
    /// returns true.
    ///
    /// # Errors
    /// Retryable when the store is away; then it may have been kept.
    async fn add_key(&self, record: &KeyRecord, digest: &KeyDigest) -> PortResult<bool>;

    /// The key with this prefix, good or not, and its digest. Sees every change that returned
    /// before, by whatever process.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn key(&self, prefix: &str) -> PortResult<Option<(KeyRecord, KeyDigest)>>;

    /// Up to `limit` keys, newest first, then by prefix.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn keys(&self, limit: u32) -> PortResult<Vec<KeyRecord>>;

    /// Revokes a key for good. False when there is none with this prefix. Again changes nothing:
    /// the first time stays.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn revoke_key(&self, prefix: &str, now: DateTime<Utc>) -> PortResult<bool>;

    /// Keeps when a key was last used; never an earlier time than there is. An unknown prefix is no
    /// error.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn use_key(&self, prefix: &str, now: DateTime<Utc>) -> PortResult<()>;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> ApiKey {
        ApiKey::of_random([byte; KEY_BYTES])
    }

    #[test]
    fn a_key_is_read_as_it_was_made_and_nothing_else_is() {
        let text = key(0xa7).reveal().to_owned();
        assert_eq!(ApiKey::parse(&text).unwrap().prefix(), "pk-a7a7a7a7");
        for wrong in ["", "pk-", "pk-a7a7a7a7", "sk-a7a7a7a7-00", &text[1..]] {
            assert!(ApiKey::parse(wrong).is_none(), "{wrong}");
        }
        for wrong in [
            text.to_uppercase(),
            format!("{text}0"),
            text.replace('7', "é"),
        ] {
            assert!(ApiKey::parse(&wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn only_the_same_key_matches_and_neither_is_shown() {
        assert!(key(1).digest().matches(&key(1).digest()));
        assert!(!key(1).digest().matches(&key(2).digest()));
        let shown = format!("{:?} {:?}", key(0xa7), key(0xa7).digest());
        assert_eq!(shown, "ApiKey(pk-a7a7a7a7-..) KeyDigest(..)");
    }
}
