//! Access tokens: JSON Web Tokens (RFC 7519) signed with Ed25519 (`EdDSA`, RFC 8037), and nothing else.

use super::key::SigningKey;
use super::person::Person;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use parlor_model::AccountId;
use parlor_model::account::{Account, AccountRole, Username};
use parlor_ports::accounts::PublicKey;
use ring::signature::{ED25519, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use uuid::Uuid;

/// Who makes tokens.
pub const ISSUER: &str = "parlor";
/// For whom.
pub const AUDIENCE: &str = "parlor";
/// Longest token that is looked at, in bytes.
const TOKEN_BYTES_MAX: usize = 2_048;
const ALGORITHM: &str = "EdDSA";
/// How much further another machine's clock may be.
const CLOCKS_APART_MAX: TimeDelta = TimeDelta::seconds(60);

/// Why a token is worth nothing. For the log and for tests; a caller learns no more than whether it has
/// expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It has not the form of a token.
    #[error("it is no token")]
    Malformed,
    /// It names another algorithm than `EdDSA`, or none.
    #[error("it is not signed as tokens are here")]
    WrongAlgorithm,
    /// It names a key that is not known.
    #[error("its key is not known")]
    UnknownKey,
    /// The signature is not its key's.
    #[error("its signature is wrong")]
    WrongSignature,
    /// It is somebody else's, for somebody else, or not good yet.
    #[error("it is not for this server")]
    NotForUs,
    /// Its time is over.
    #[error("it has expired")]
    Expired,
}

impl TokenError {
    /// True when a new one would do.
    #[must_use]
    pub fn is_expired(self) -> bool {
        self == Self::Expired
    }
}

/// What a good token says.
#[derive(Debug, PartialEq, Eq)]
pub struct Checked {
    /// Whose it is.
    pub person: Person,
    /// The signing in that it comes from.
    pub grant: Uuid,
    /// From then on it is worth nothing.
    pub ends_at: DateTime<Utc>,
}

#[derive(Serialize, Deserialize)]
struct Head {
    alg: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    typ: Option<String>,
    /// Extensions that must be understood: none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    crit: Option<Value>,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: AccountId,
    username: Username,
    role: AccountRole,
    iat: i64,
    exp: i64,
    jti: Uuid,
    /// The signing in that it comes from.
    sid: Uuid,
}

/// Makes access tokens. Holds the private key.
pub struct Signer {
    key: SigningKey,
    head: String,
    life: TimeDelta,
}

impl Signer {
    /// Signs with this key tokens that live so long.
    #[must_use]
    pub fn new(key: SigningKey, life: TimeDelta) -> Self {
        let head = Head {
            alg: ALGORITHM.to_owned(),
            kid: Some(key_id(key.public())),
            typ: Some("JWT".to_owned()),
            crit: None,
        };
        Self {
            head: part(&head),
            key,
            life,
        }
    }

    /// How long its tokens live.
    #[must_use]
    pub fn life(&self) -> TimeDelta {
        self.life
    }

    /// The key by which its tokens are checked.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        self.key.public()
    }

    /// A token called `id` of this account, for somebody who signed in by this grant.
    #[must_use]
    pub fn sign(&self, account: &Account, grant: Uuid, id: Uuid, now: DateTime<Utc>) -> String {
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: account.id,
            username: account.username.clone(),
            role: account.role,
            iat: now.timestamp(),
            exp: (now + self.life).timestamp(),
            jti: id,
            sid: grant,
        };
        let signed = format!("{}.{}", self.head, part(&claims));
        let signature = URL_SAFE_NO_PAD.encode(self.key.sign(signed.as_bytes()));
        format!("{signed}.{signature}")
    }
}

/// Checks access tokens, by public keys alone. Cheap to clone.
#[derive(Clone, Default)]
pub struct Verifier {
    keys: Arc<[(String, PublicKey)]>,
}

impl Verifier {
    /// Trusts these keys.
    #[must_use]
    pub fn of(keys: &[PublicKey]) -> Self {
        let keys = keys.iter().map(|key| (key_id(*key), *key));
        Self {
            keys: keys.collect(),
        }
    }

    /// Whose token this is, and that it is good at `now`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Person, TokenError> {
        self.read(token, now).map(|read| read.person)
    }

    /// The same, with all that the token says.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(&self, token: &str, now: DateTime<Utc>) -> Result<Checked, TokenError> {
        let signed_and_signature = token.rsplit_once('.').ok_or(TokenError::Malformed)?;
        let (signed, signature) = signed_and_signature;
        let (head, claims) = signed.split_once('.').ok_or(TokenError::Malformed)?;
        if token.len() > TOKEN_BYTES_MAX || claims.contains('.') {
            return Err(TokenError::Malformed);
        }
        let head: Head = decode(head)?;
        if head.alg != ALGORITHM || head.crit.is_some() {
            return Err(TokenError::WrongAlgorithm);
        }
        let key = self.key(head.kid.as_deref())?;
        let signature = URL_SAFE_NO_PAD.decode(signature);
        let signature = signature.map_err(|_| TokenError::Malformed)?;
        UnparsedPublicKey::new(&ED25519, key.0)
            .verify(signed.as_bytes(), &signature)
            .map_err(|_| TokenError::WrongSignature)?;
        decode::<Claims>(claims)?.read(now)
    }

    fn key(&self, id: Option<&str>) -> Result<PublicKey, TokenError> {
        let id = id.ok_or(TokenError::UnknownKey)?;
        let known = self.keys.iter().find(|(known, _)| known == id);
        known.map(|(_, key)| *key).ok_or(TokenError::UnknownKey)
    }
}

impl Claims {
    fn read(self, now: DateTime<Utc>) -> Result<Checked, TokenError> {
        let made = DateTime::from_timestamp(self.iat, 0).ok_or(TokenError::NotForUs)?;
        let ends = DateTime::from_timestamp(self.exp, 0).ok_or(TokenError::NotForUs)?;
        if self.iss != ISSUER || self.aud != AUDIENCE || made > now + CLOCKS_APART_MAX {
            return Err(TokenError::NotForUs);
        }
        if ends <= now {
            return Err(TokenError::Expired);
        }
        Ok(Checked {
            person: Person {
                account: self.sub,
                username: self.username,
                role: self.role,
            },
            grant: self.sid,
            ends_at: ends,
        })
    }
}

/// The keys as a JSON Web Key Set (RFC 7517).
#[must_use]
pub fn key_set(keys: &[PublicKey]) -> Value {
    let key = |key: &PublicKey| {
        json!({
            "kty": "OKP",
            "crv": "Ed25519",
            "x": URL_SAFE_NO_PAD.encode(key.0),
            "kid": key_id(*key),
            "use": "sig",
            "alg": ALGORITHM,
        })
    };
    json!({ "keys": keys.iter().map(key).collect::<Vec<_>>() })
}

/// The name of a key: its thumbprint (RFC 7638).
fn key_id(key: PublicKey) -> String {
    let x = URL_SAFE_NO_PAD.encode(key.0);
    let text = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    URL_SAFE_NO_PAD.encode(Sha256::digest(text.as_bytes()))
}

fn part(value: &impl Serialize) -> String {
    let json = serde_json::to_vec(value).expect("its fields are texts and numbers");
    URL_SAFE_NO_PAD.encode(json)
}

fn decode<T: for<'a> Deserialize<'a>>(part: &str) -> Result<T, TokenError> {
    let json = URL_SAFE_NO_PAD.decode(part);
    let json = json.map_err(|_| TokenError::Malformed)?;
    serde_json::from_slice(&json).map_err(|_| TokenError::Malformed)
}

#[cfg(test)]
mod tests;
