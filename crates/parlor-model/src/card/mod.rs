//! Character cards: characters that travel between programs as JSON, in a PNG picture, or in a
//! CHARX archive. Versions 1, 2 and 3 of the format are read; version 3 is written.
//!
//! A card comes from a stranger. Everything here works on bytes in memory, within the limits of
//! [`limits`], and asks nothing of the network, the disk or a clock.
//!
//! What a card says stays as it was read, to the byte ([`members`]), so that what this program does
//! not know travels on unharmed. What it does know is in [`Fields`], read once.

mod charx;
mod error;
mod export;
mod fields;
pub mod limits;
pub mod lore;
mod macros;
mod members;
mod own;
mod picture;
mod png;
mod words;

pub use error::CardError;
pub use export::{into_png, plain_picture};
pub use fields::{Asset, Fields};
pub use macros::Filling;
pub use own::{Own, Visibility};
pub use picture::{Media, Picture};
pub use words::{Example, Greetings, Said};

use crate::dice::Dice;
use crate::name::Slug;
use crate::world::file::NAME_CHARS_MAX;
use crate::world::{Character, Origin};
use members::Members;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use uuid::Uuid;

/// Version of the format that a card was written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// Six fields, without an envelope.
    V1,
    /// `chara_card_v2`.
    V2,
    /// `chara_card_v3`, or something newer.
    V3,
}

impl Version {
    /// 1, 2 or 3.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::V1 => 1,
            Self::V2 => 2,
            Self::V3 => 3,
        }
    }
}

/// A character card.
#[derive(Debug, Clone)]
pub struct Card {
    version: Version,
    /// The outer object without `data`; empty for version 1.
    outer: Members,
    /// The fields of the character, as they were read.
    data: Members,
    fields: Fields,
    picture: Option<Arc<Picture>>,
    warnings: Vec<String>,
}

/// Two cards are equal when they say the same, to the byte, and look the same.
impl PartialEq for Card {
    fn eq(&self, other: &Self) -> bool {
        self.version == other.version
            && self.outer == other.outer
            && self.data == other.data
            && self.picture == other.picture
    }
}

impl Card {
    /// Reads a card from a file's bytes: JSON, PNG or CHARX, told apart by their content.
    ///
    /// # Errors
    /// [`CardError`] when it is none of these, damaged, too large, or without a name.
    pub fn parse(bytes: &[u8]) -> Result<Self, CardError> {
        limits::check("the file", bytes.len(), limits::FILE_BYTES_MAX)?;
        if png::is_png(bytes) {
            png::read(bytes)
        } else if charx::is_zip(bytes) {
            charx::read(bytes)
        } else if looks_like_json(bytes) {
            Self::from_json(bytes)
        } else {
            Err(CardError::Unknown)
        }
    }

    /// Reads a card from JSON.
    ///
    /// # Errors
    /// [`CardError`] when it is no JSON of a card, too large, nested too deep, or without a name.
    pub fn from_json(json: &[u8]) -> Result<Self, CardError> {
        limits::check("the card's JSON", json.len(), limits::JSON_BYTES_MAX)?;
        let text = std::str::from_utf8(json).map_err(|e| {
            CardError::Json(format!("it is not UTF-8 from byte {} on", e.valid_up_to()))
        })?;
        let mut outer = Members::parse(text.trim_start_matches('\u{feff}'))?;
        let spec = outer.text("spec");
        let (version, data) = match outer.take_object("data") {
            Some(data) if spec.starts_with("chara_card_v") && spec != "chara_card_v2" => {
                (Version::V3, data)
            }
            Some(data) => (Version::V2, data),
            None => (Version::V1, std::mem::take(&mut outer)),
        };
        let mut warnings = Vec::new();
        if version == Version::V3
            && (spec != "chara_card_v3" || outer.text("spec_version") != "3.0")
        {
            warnings.push(
                "the card is of a newer version of the format; what is new in it is kept, but not used"
                    .to_owned(),
            );
        }
        let fields = Fields::read(&data, &mut warnings);
        if display_name(&fields.name).is_empty() {
            return Err(CardError::NoName);
        }
        let mut card = Self {
            version,
            outer,
            data,
            fields,
            picture: None,
            warnings,
        };
        card.take_inline_picture();
        Ok(card)
    }

    /// The version that the card was written in.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// What the card says of its character.
    #[must_use]
    pub fn fields(&self) -> &Fields {
        &self.fields
    }

    /// What could not be kept or is not used, each a sentence for whoever imports the card.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The character's picture, without any card in it.
    #[must_use]
    pub fn picture(&self) -> Option<&Arc<Picture>> {
        self.picture.as_ref()
    }

    /// The same card with another picture, or without one.
    #[must_use]
    pub fn with_picture(mut self, picture: Option<Arc<Picture>>) -> Self {
        self.picture = picture;
        self
    }

    /// The display name: the card's, without what only templates may have, cut to what a world
    /// allows.
    #[must_use]
    pub fn name(&self) -> String {
        display_name(&self.fields.name)
    }

    /// The slug of the name (`Marla Quince` → `marla-quince`). A name without any ASCII letter or
    /// digit gets one from its hash, always the same.
    #[must_use]
    pub fn slug(&self) -> Slug {
        let name = self.name();
        Slug::of_name(&name).unwrap_or_else(|| {
            let hash = Sha256::digest(name.as_bytes());
            let digits: String = hash.iter().take(4).map(|b| format!("{b:02x}")).collect();
            Slug::new(format!("character-{digits}")).expect("letters, a hyphen and digits")
        })
    }

    /// The character of this card, of the catalogue. Its dialect is left open.
    #[must_use]
    pub fn character(self: &Arc<Self>, slug: Slug) -> Character {
        Character {
            persona: self.persona(),
            origin: Origin::Catalogue,
            card: Some(self.clone()),
            picture: self.picture.is_some(),
            ..Character::new(slug, self.name())
        }
    }

    /// Who the character is, in short, for people and for dialects that know nothing of cards.
    #[must_use]
    pub fn persona(&self) -> String {
        let dice = Dice::new(0, Uuid::nil());
        let nobody_yet = Filling {
            me: self.fields.short_name().to_owned(),
            other: "the other".to_owned(),
            dice,
            lasting: dice,
        };
        let parts = [self.description(&nobody_yet), self.personality(&nobody_yet)];
        parts.into_iter().flatten().collect::<Vec<_>>().join("\n\n")
    }
}

fn looks_like_json(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    bytes.trim_ascii_start().starts_with(b"{")
}

fn display_name(name: &str) -> String {
    let clean: String = name
        .chars()
        .map(|c| match c {
            '{' => '(',
            '}' => ')',
            c if c.is_control() => ' ',
            c => c,
        })
        .collect();
    let short: String = clean.trim().chars().take(NAME_CHARS_MAX).collect();
    short.trim_end().to_owned()
}
