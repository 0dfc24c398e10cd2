//! How much of a card is read. A card beyond a limit that would cost memory is refused; one beyond
//! a limit that would cost time is used up to it, and says so in [`super::Card::warnings`].

use super::CardError;

/// Largest file: JSON, PNG or CHARX.
pub const FILE_BYTES_MAX: usize = 32 << 20;
/// Largest JSON of a card, unpacked.
pub const JSON_BYTES_MAX: usize = 8 << 20;
/// Deepest nesting of objects and arrays.
pub const JSON_DEPTH_MAX: usize = 64;
/// Most files in a CHARX archive.
pub const ARCHIVE_FILES_MAX: usize = 2_000;
/// Largest picture that is kept.
pub const PICTURE_BYTES_MAX: usize = 16 << 20;
/// Longest side of a picture that is kept, in pixels.
pub const PICTURE_SIDE_MAX: u32 = 8_192;
/// Most entries of a lorebook that are used.
pub const LORE_ENTRIES_MAX: usize = 2_000;
/// Most keys of a lorebook that are used, over all its entries.
pub const LORE_KEYS_MAX: usize = 20_000;
/// Longest key that is used, in bytes.
pub const LORE_KEY_BYTES_MAX: usize = 1_000;
/// Most that the keys of a lorebook have together, in bytes.
pub const LORE_KEYS_BYTES_MAX: usize = 256 << 10;
/// Most regular expressions of a lorebook that are used, over all its entries.
pub const LORE_PATTERNS_MAX: usize = 100;
/// Largest regular expression, compiled, in bytes.
pub const LORE_PATTERN_BYTES_MAX: usize = 64 << 10;
/// Most of a talk that is searched for keys, in bytes; of more, the latest part.
pub const SCAN_BYTES_MAX: usize = 32 << 10;
/// Most of lore entries that is searched for keys of others, in bytes.
pub const RECURSION_BYTES_MAX: usize = 128 << 10;
/// Most of a talk that is searched by each regular expression, in bytes; of more, the latest part.
pub const PATTERN_SCAN_BYTES_MAX: usize = 8 << 10;
/// Most tokens of lore in one prompt, whatever the card says.
pub const LORE_TOKENS_MAX: usize = 4_000;
/// Most greetings of each kind that are used.
pub const GREETINGS_MAX: usize = 500;
/// Longest text of the card that is put into words (a greeting, a description), in bytes; a longer
/// one is cut.
pub const TEXT_BYTES_MAX: usize = 256 << 10;

/// Refuses what is larger than it may be.
pub(super) fn check(what: &'static str, bytes: usize, max: usize) -> Result<(), CardError> {
    if bytes > max {
        return Err(CardError::TooLarge { what, max });
    }
    Ok(())
}
