//! What people keep to stay signed in: a refresh token, or the value of a cookie.

use parlor_ports::accounts::KeyDigest;
use sha2::{Digest, Sha256};
use std::fmt::{self, Write};
use uuid::Uuid;

/// Random bytes of a secret.
const SECRET_BYTES: usize = 32;
/// Characters: two for each byte of the id and of the secret, and a dot.
const CHARS: usize = 2 * 16 + 1 + 2 * SECRET_BYTES;

/// The id of a grant and a secret: `ID.SECRET`, in lower-case hexadecimal digits. Never shown.
#[derive(Clone)]
pub struct GrantToken {
    id: Uuid,
    secret: String,
}

impl GrantToken {
    /// A new one for this grant; `None` where the system gives no random bytes.
    #[must_use]
    pub fn random(id: Uuid) -> Option<Self> {
        let mut bytes = [0; SECRET_BYTES];
        getrandom::fill(&mut bytes).ok()?;
        let mut secret = String::with_capacity(2 * SECRET_BYTES);
        for byte in bytes {
            write!(secret, "{byte:02x}").expect("a string takes all that is written");
        }
        Some(Self { id, secret })
    }

    /// Reads one; `None` where the text has not the form of one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_digit = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
        let (id, secret) = text.split_once('.')?;
        let fits =
            text.len() == CHARS && id.len() == 32 && id.bytes().chain(secret.bytes()).all(is_digit);
        fits.then_some(())?;
        Some(Self {
            id: Uuid::try_parse(id).ok()?,
            secret: secret.to_owned(),
        })
    }

    /// The grant.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// What the store keeps of the secret.
    #[must_use]
    pub fn digest(&self) -> KeyDigest {
        KeyDigest(Sha256::digest(self.secret.as_bytes()).into())
    }

    /// What a page shows beside its cookie to change anything: only who was told it, or has the secret,
    /// knows it.
    #[must_use]
    pub fn csrf(&self) -> String {
        let digest = Sha256::new()
            .chain_update(b"csrf\0")
            .chain_update(self.secret.as_bytes())
            .finalize();
        let mut text = String::with_capacity(2 * SECRET_BYTES);
        for byte in digest {
            write!(text, "{byte:02x}").expect("a string takes all that is written");
        }
        text
    }

    /// All of it, for its owner.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("{}.{}", self.id.simple(), self.secret)
    }
}

impl fmt::Debug for GrantToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GrantToken({}..)", self.id.simple())
    }
}

/// True when the texts are equal; takes as long when they are not, wherever they differ.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    let digest = |text: &str| KeyDigest(Sha256::digest(text.as_bytes()).into());
    digest(one).matches(&digest(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_was_made_and_nothing_else_is() {
        let token = GrantToken::random(Uuid::from_u128(7)).unwrap();
        let text = token.reveal();
        let read = GrantToken::parse(&text).unwrap();
        assert_eq!(read.id(), Uuid::from_u128(7));
        assert!(read.digest().matches(&token.digest()));
        assert_eq!(read.csrf(), token.csrf());
        for wrong in [
            "",
            ".",
            &text[1..],
            &text.to_uppercase(),
            &format!("{text}0"),
        ] {
            assert!(GrantToken::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn no_two_are_the_same_and_none_is_shown() {
        let id = Uuid::from_u128(7);
        let (one, other) = (
            GrantToken::random(id).unwrap(),
            GrantToken::random(id).unwrap(),
        );
        assert!(!one.digest().matches(&other.digest()));
        assert!(!is_same(&one.csrf(), &other.csrf()) && is_same(&one.csrf(), &one.csrf()));
        assert_eq!(
            format!("{one:?}"),
            "GrantToken(00000000000000000000000000000007..)"
        );
        assert!(!one.reveal().contains(&one.csrf()));
    }
}
