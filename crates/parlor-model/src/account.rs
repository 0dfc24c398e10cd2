//! Accounts: the people who sign in.

use crate::id::AccountId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Fewest characters of a username.
pub const USERNAME_CHARS_MIN: usize = 3;
/// Most characters of a username.
pub const USERNAME_CHARS_MAX: usize = 64;
/// Most characters of a person's name.
pub const PERSON_NAME_CHARS_MAX: usize = 100;

/// By what a person signs in: 3 to 64 ASCII letters, digits and `. _ - @ +`, a letter or digit first.
/// It is shown as its person wrote it; two that differ only in case are the same
/// ([`Username::folded`]).
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Username(String);

/// Why a text is not a username. What was given is not repeated: people type passwords there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a username has {USERNAME_CHARS_MIN} to {USERNAME_CHARS_MAX} letters (a to z), digits and . _ - @ +, and \
     begins with a letter or digit"
)]
pub struct InvalidUsername;

impl Username {
    /// Checks and wraps `text`.
    ///
    /// # Errors
    /// [`InvalidUsername`] when it has another character, or is too short or too long.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidUsername> {
        let text = text.into();
        let fits = |c: char| c.is_ascii_alphanumeric() || "._-@+".contains(c);
        let is_good = (USERNAME_CHARS_MIN..=USERNAME_CHARS_MAX).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.chars().all(fits);
        if is_good {
            Ok(Self(text))
        } else {
            Err(InvalidUsername)
        }
    }

    /// As its person wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What makes it the same as another one: in lower case.
    #[must_use]
    pub fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl PartialEq for Username {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Username {}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Username {
    type Err = InvalidUsername;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::new(text)
    }
}

impl TryFrom<String> for Username {
    type Error = InvalidUsername;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(text)
    }
}

impl From<Username> for String {
    fn from(username: Username) -> Self {
        username.0
    }
}

/// What a person may do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccountRole {
    /// What is their own.
    #[default]
    User,
    /// Also what belongs to others.
    Admin,
}

impl AccountRole {
    /// `user` or `admin`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Admin => "admin",
        }
    }
}

impl FromStr for AccountRole {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "user" => Ok(Self::User),
            "admin" => Ok(Self::Admin),
            _ => Err("a role is 'user' or 'admin'".to_owned()),
        }
    }
}

/// A person. Holds nothing secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Stays the same for good.
    pub id: AccountId,
    /// By what they sign in.
    pub username: Username,
    /// What they are called; at most [`PERSON_NAME_CHARS_MAX`] characters in one line.
    pub name: String,
    /// What they may do.
    pub role: AccountRole,
    /// What they can spend.
    pub coins: u64,
    /// When they signed up.
    pub created_at: DateTime<Utc>,
    /// When they last signed in.
    pub last_login_at: Option<DateTime<Utc>>,
}

/// True for a text that can be a person's name: something in one line, not too long.
#[must_use]
pub fn is_person_name(name: &str) -> bool {
    !name.trim().is_empty()
        && name.chars().count() <= PERSON_NAME_CHARS_MAX
        && !name.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usernames_are_plain_and_the_same_in_any_case() {
        for good in ["tom", "Tom.Riddle", "9lives", "a@b.example", "x_y-z+1"] {
            assert_eq!(Username::new(good).unwrap().as_str(), good);
        }
        let (one, other) = (Username::new("Tom").unwrap(), Username::new("tOM").unwrap());
        assert_eq!(one, other);
        assert_eq!(one.folded(), "tom");
    }

    #[test]
    fn what_is_no_username_is_refused_and_not_repeated() {
        let long = "x".repeat(USERNAME_CHARS_MAX + 1);
        for bad in [
            "", "ab", "-abc", "a b c", "tomé", "tom\n", "tom\0", "../x", &long,
        ] {
            let error = Username::new(bad).unwrap_err().to_string();
            assert!(bad.len() < 4 || !error.contains(bad), "{error}");
        }
    }

    #[test]
    fn a_persons_name_is_one_line() {
        assert!(is_person_name("Tom O'Neil \u{1F600}"));
        for bad in ["", "  ", "a\nb", &"x".repeat(PERSON_NAME_CHARS_MAX + 1)] {
            assert!(!is_person_name(bad), "{bad:?}");
        }
    }
}
