//! Slugs: the form of a name in URLs, queue templates and files.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Longest slug, in bytes. Keeps queue names (AMQP: 255 bytes) and file names (255) well inside
/// their limits.
pub const SLUG_BYTES_MAX: usize = 64;

/// A lower-case ASCII name: letters, digits and single hyphens inside (`marla-quince`).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Slug(String);

/// Why a text is not a slug.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is not a slug: use lower-case letters, digits and single hyphens inside, 1 to {SLUG_BYTES_MAX} of them"
)]
pub struct InvalidSlug(pub String);

impl Slug {
    /// Checks and wraps `text`.
    ///
    /// # Errors
    /// [`InvalidSlug`] when it has another character, is empty or too long.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidSlug> {
        let text = text.into();
        let bytes = text.as_bytes();
        let good = !bytes.is_empty()
            && bytes.len() <= SLUG_BYTES_MAX
            && bytes
                .iter()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-')
            && bytes[0] != b'-'
            && bytes[bytes.len() - 1] != b'-'
            && !text.contains("--");
        if good {
            Ok(Self(text))
        } else {
            Err(InvalidSlug(text.chars().take(80).collect()))
        }
    }

    /// The slug of a display name: lower case, everything else becomes one hyphen
    /// (`Marla Quince` → `marla-quince`). `None` when nothing is left (a name without any ASCII
    /// letter or digit needs an explicit slug).
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let mut slug = String::new();
        for c in name.chars().flat_map(char::to_lowercase) {
            if slug.len() >= SLUG_BYTES_MAX {
                break;
            }
            if c.is_ascii_alphanumeric() {
                slug.push(c);
            } else if c != '\'' && c != '’' && !slug.is_empty() && !slug.ends_with('-') {
                slug.push('-');
            }
        }
        Self::new(slug.trim_end_matches('-')).ok()
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for Slug {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl FromStr for Slug {
    type Err = InvalidSlug;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::new(text)
    }
}

impl TryFrom<String> for Slug {
    type Error = InvalidSlug;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(text)
    }
}

impl From<Slug> for String {
    fn from(slug: Slug) -> Self {
        slug.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_display_name_gives_its_slug() {
        assert_eq!(
            Slug::of_name("Marla Quince").unwrap().as_str(),
            "marla-quince"
        );
        assert_eq!(
            Slug::of_name("  Hagrid's Hut! ").unwrap().as_str(),
            "hagrids-hut"
        );
        assert_eq!(Slug::of_name("张伟"), None);
    }

    #[test]
    fn a_slug_has_no_path_nor_case() {
        for bad in [
            "",
            "a/b",
            "..",
            "Ross",
            "a--b",
            "-a",
            "a-",
            "a b",
            &"x".repeat(65),
        ] {
            assert!(Slug::new(bad).is_err(), "{bad}");
        }
    }
}
