//! Pictures of characters: kept as they are, told apart by their first bytes, never decoded.

use super::limits::{PICTURE_BYTES_MAX, PICTURE_SIDE_MAX};
use super::{Card, png};
use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use std::fmt;
use std::sync::Arc;

/// Base64 as cards in the wild have it: with or without padding.
pub(super) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The kinds of picture that are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Media {
    /// `image/png`
    Png,
    /// `image/jpeg`
    Jpeg,
    /// `image/webp`
    Webp,
}

impl Media {
    /// The kind of these bytes, by how they begin; `None` for anything else.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        if png::is_png(bytes) {
            Some(Self::Png)
        } else if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
            Some(Self::Jpeg)
        } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
            Some(Self::Webp)
        } else {
            None
        }
    }

    /// The media type.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Webp => "image/webp",
        }
    }
}

/// A character's picture.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    media: Media,
    bytes: Vec<u8>,
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} bytes", self.media.as_str(), self.bytes.len())
    }
}

impl Picture {
    /// A picture from a stranger's bytes. A PNG loses everything that is no picture: the card, and
    /// whatever comes after its end.
    ///
    /// # Errors
    /// Why it is not kept, as the end of the sentence "the picture ..".
    pub fn new(bytes: &[u8]) -> Result<Self, String> {
        if bytes.len() > PICTURE_BYTES_MAX {
            return Err(format!("has more than {} MiB", PICTURE_BYTES_MAX >> 20));
        }
        let media = Media::of(bytes).ok_or("is neither PNG nor JPEG nor WebP")?;
        let bytes = match media {
            Media::Png => png::picture(bytes)?,
            Media::Jpeg | Media::Webp => bytes.to_vec(),
        };
        Ok(Self { media, bytes })
    }

    /// What kind of picture it is.
    #[must_use]
    pub fn media(&self) -> Media {
        self.media
    }

    /// The file.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Refuses a size that a viewer would have to pay for with its memory.
pub(super) fn check_sides(width: u32, height: u32) -> Result<(), String> {
    if width == 0 || height == 0 || width > PICTURE_SIDE_MAX || height > PICTURE_SIDE_MAX {
        return Err(format!(
            "is {width} x {height} pixels; 1 to {PICTURE_SIDE_MAX} each way are kept"
        ));
    }
    Ok(())
}

impl Card {
    /// Takes these bytes as the picture, or says why not.
    pub(super) fn take_picture(&mut self, bytes: &[u8]) {
        match Picture::new(bytes) {
            Ok(picture) => self.picture = Some(Arc::new(picture)),
            Err(reason) => self
                .warnings
                .push(format!("the picture {reason}; it is left out")),
        }
    }

    /// Takes the picture that is written in the card itself, as a `data:` address.
    pub(super) fn take_inline_picture(&mut self) {
        let Some(encoded) = self
            .fields
            .icon()
            .and_then(|icon| icon.uri.strip_prefix("data:"))
            .and_then(|rest| rest.split_once(";base64,"))
            .map(|(_, encoded)| encoded)
        else {
            return;
        };
        match BASE64.decode(encoded.trim()) {
            Ok(bytes) => self.take_picture(&bytes),
            Err(_) => self
                .warnings
                .push("the picture in the card's text is no base64; it is left out".to_owned()),
        }
    }
}
