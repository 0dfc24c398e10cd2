//! What this program itself writes into a card, under `extensions.parlor`.

use super::Card;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Most entries of a list that are read.
const ENTRIES_MAX: usize = 100;
/// Traits, by their usual names.
const TRAITS: [&str; 5] = [
    "openness",
    "conscientiousness",
    "extraversion",
    "agreeableness",
    "neuroticism",
];

/// Who may see and talk with a character.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    /// Everybody; the character is in lists.
    #[default]
    Public,
    /// Whoever knows the id; the character is in no list but the owner's.
    Unlisted,
    /// The owner alone.
    Private,
}

/// What a card says of its character to this program alone.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Own {
    /// Big Five traits, each 0..=1.
    pub traits: BTreeMap<String, f64>,
    /// What the character likes to talk about.
    pub likes: Vec<String>,
    /// Sayings of theirs.
    pub catchphrases: Vec<String>,
    /// The dialect that they spoke where they come from.
    pub dialect: Option<String>,
    /// The account of whoever made the character.
    pub owner: Option<Uuid>,
    /// Who may see and talk with the character.
    pub visibility: Visibility,
}

impl Card {
    /// What the card says to this program alone; what is missing or wrong is left out.
    #[must_use]
    pub fn own(&self) -> Own {
        let extensions = self.data.object("extensions");
        let Some(own) = extensions.and_then(|extensions| extensions.object("parlor")) else {
            return Own::default();
        };
        let mut traits: BTreeMap<String, f64> = own.get("traits").unwrap_or_default();
        traits.retain(|name, value| TRAITS.contains(&name.as_str()) && (0.0..=1.0).contains(value));
        let dialect = own.text("dialect");
        Own {
            traits,
            likes: own.texts("likes", ENTRIES_MAX),
            catchphrases: own.texts("catchphrases", ENTRIES_MAX),
            dialect: (!dialect.is_empty()).then_some(dialect),
            owner: own.get("owner"),
            visibility: own.get("visibility").unwrap_or_default(),
        }
    }
}
