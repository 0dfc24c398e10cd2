//! The catalogue port: characters that come to a world while its server runs.
//!
//! A world's catalogue has a *version*, a number that grows with every change; whoever keeps a cast in
//! memory compares it with what it saw last, and reads what has changed.

use crate::error::PortResult;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use parlor_model::card::{Card, limits};
use parlor_model::{Slug, World};
use std::sync::Arc;

/// Characters in a world's catalogue, at most.
pub const CATALOGUE_MAX: u64 = 10_000;
/// Most that the cards of a world's catalogue have together, in bytes of JSON: every process that acts
/// in the world holds them.
pub const CARDS_BYTES_MAX: u64 = 256 << 20;
/// Most that the pictures of a world's catalogue have together, in bytes.
pub const PICTURES_BYTES_MAX: u64 = 4 << 30;

/// A character as the catalogue keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueEntry {
    /// The world.
    pub world: Slug,
    /// By which the character is found in the world.
    pub slug: Slug,
    /// The display name; no two characters of a world's catalogue have the same.
    pub name: String,
    /// The card, as JSON of version 3.
    pub card: String,
    /// The picture's file.
    pub picture: Option<Vec<u8>>,
}

impl CatalogueEntry {
    /// The character of a card, for a world's catalogue.
    ///
    /// # Errors
    /// Why it can't join the world, as a sentence that says how to mend it.
    pub fn of(world: &World, card: &Arc<Card>) -> Result<Self, String> {
        let character = world.newcomer(card.slug(), card);
        if let Some(why) = world.objection(&character) {
            return Err(why);
        }
        let json = card.to_v3_json();
        // An older card grows when it is lifted.
        if json.len() > limits::JSON_BYTES_MAX {
            let mib = limits::JSON_BYTES_MAX >> 20;
            return Err(format!("its JSON has more than {mib} MiB: shorten it"));
        }
        Ok(Self {
            world: world.name.clone(),
            slug: character.slug,
            name: character.name,
            card: json,
            picture: card.picture().map(|picture| picture.bytes().to_vec()),
        })
    }
}

/// What is known of a character without reading its card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its slug.
    pub slug: Slug,
    /// Its display name.
    pub name: String,
    /// The version of the catalogue that its latest change made.
    pub version: u64,
    /// True when there is a picture.
    pub picture: bool,
    /// When it came.
    pub added_at: DateTime<Utc>,
    /// When it was last changed.
    pub changed_at: DateTime<Utc>,
}

/// A character's card, as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptCard {
    /// The version of the catalogue that its latest change made.
    pub version: u64,
    /// The card's JSON.
    pub card: String,
    /// True when there is a picture.
    pub picture: bool,
}

/// What became of a character that was to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Put {
    /// It is new.
    Added,
    /// It took the place of the one with its slug.
    Replaced,
    /// Another character of the catalogue has its name: this one. Nothing happened.
    NameTaken(Slug),
    /// The catalogue is full; why, as a sentence. Nothing happened.
    Full(String),
}

/// Where characters of the catalogue are kept. On disk when a change returns.
#[async_trait]
pub trait Catalogue: Send + Sync {
    /// Keeps a character, in place of the one with its slug. Of several that come at once with one
    /// slug, each is there for a while and the last one stays; with one name, the first one stays.
    ///
    /// # Errors
    /// Retryable when the store is away; then it may have been kept.
    async fn put_character(&self, entry: &CatalogueEntry, now: DateTime<Utc>) -> PortResult<Put>;

    /// Takes a character out. False when there was none.
    ///
    /// # Errors
    /// Retryable when the store is away; then it may have been taken out.
    async fn remove_character(&self, world: &Slug, slug: &Slug) -> PortResult<bool>;

    /// The versions of all catalogues that ever had anybody in them. One cheap query; sees every
    /// change that returned before, by whatever process.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn catalogue_versions(&self) -> PortResult<Vec<(Slug, u64)>>;

    /// Everybody in a world's catalogue, by slug; with their number bounded by [`CATALOGUE_MAX`].
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn catalogue(&self, world: &Slug) -> PortResult<Vec<Listed>>;

    /// The card of a character.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn kept_card(&self, world: &Slug, slug: &Slug) -> PortResult<Option<KeptCard>>;

    /// The picture of a character, byte for byte.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn kept_picture(&self, world: &Slug, slug: &Slug) -> PortResult<Option<Vec<u8>>>;
}

/// Why a catalogue with so much in it has no room for one more, if it has none. `others` are the
/// characters that stay: their number, bytes of cards and bytes of pictures.
#[must_use]
pub fn fullness(others: (u64, u64, u64), entry: &CatalogueEntry) -> Option<String> {
    let (count, cards, pictures) = others;
    let card = entry.card.len() as u64;
    let picture = entry.picture.as_ref().map_or(0, Vec::len) as u64;
    if count >= CATALOGUE_MAX {
        Some(format!(
            "a world has at most {CATALOGUE_MAX} characters of the catalogue"
        ))
    } else if cards + card > CARDS_BYTES_MAX {
        let mib = CARDS_BYTES_MAX >> 20;
        Some(format!(
            "the cards of a world's catalogue have at most {mib} MiB together"
        ))
    } else if pictures + picture > PICTURES_BYTES_MAX {
        let gib = PICTURES_BYTES_MAX >> 30;
        Some(format!(
            "the pictures of a world's catalogue have at most {gib} GiB together"
        ))
    } else {
        None
    }
}
