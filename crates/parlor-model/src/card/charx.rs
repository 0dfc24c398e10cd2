//! Cards in CHARX archives: a zip with `card.json` and what belongs to the card.
//!
//! Only two files of the archive are ever unpacked, into memory and each under a limit: the card and
//! the character's picture. No path of the archive names anything outside of it, so that a hostile
//! one (`../..`, `/etc/passwd`, a link) is a name that nobody asks for.

use super::limits::{self, ARCHIVE_FILES_MAX, JSON_BYTES_MAX, PICTURE_BYTES_MAX};
use super::{Card, CardError};
use std::io::{Cursor, Read};
use zip::ZipArchive;

/// The card's name in the archive.
const CARD_FILE: &str = "card.json";
/// How many times larger than packed a file may be.
const RATIO_MAX: u64 = 1_000;
/// Begin of a file's record in the archive's directory.
const RECORD: &[u8; 4] = b"PK\x01\x02";

type Archive<'a> = ZipArchive<Cursor<&'a [u8]>>;

pub(super) fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06")
}

/// Reads the card and its picture.
pub(super) fn read(bytes: &[u8]) -> Result<Card, CardError> {
    check_count(bytes)?;
    let mut archive =
        ZipArchive::new(Cursor::new(bytes)).map_err(|e| CardError::Charx(e.to_string()))?;
    if archive.has_duplicate_names() {
        return Err(CardError::Charx(
            "it has two files of the same name".to_owned(),
        ));
    }
    let json = unpack(&mut archive, CARD_FILE, JSON_BYTES_MAX)?;
    let mut card = Card::from_json(&json)?;
    let icon = card
        .fields
        .icon()
        .and_then(|icon| icon.embedded_path().map(str::to_owned));
    if let Some(path) = &icon {
        match unpack(&mut archive, path, PICTURE_BYTES_MAX) {
            Ok(picture) => card.take_picture(&picture),
            Err(error) => card
                .warnings
                .push(format!("the picture is left out: {error}")),
        }
    }
    let used = 1 + usize::from(card.picture.is_some());
    let files = archive
        .file_names_raw()
        .filter(|name| !name.ends_with(b"/"))
        .count();
    if files > used {
        card.warnings.push(format!(
            "other files in the archive, which are not kept: {}",
            files - used
        ));
    }
    Ok(card)
}

/// Refuses a directory that would cost too much to read. Counts its records as they are in the
/// file, for what an archive says of itself may be a lie.
fn check_count(bytes: &[u8]) -> Result<(), CardError> {
    let records = memchr::memmem::find_iter(bytes, RECORD);
    if records.take(ARCHIVE_FILES_MAX + 1).count() > ARCHIVE_FILES_MAX {
        return Err(CardError::Charx(format!(
            "it has more than {ARCHIVE_FILES_MAX} files"
        )));
    }
    Ok(())
}

/// The file at `path`, unpacked; the directory's figures are checked, and then not relied upon.
fn unpack(archive: &mut Archive<'_>, path: &str, max: usize) -> Result<Vec<u8>, CardError> {
    let damaged = |reason: String| CardError::Charx(format!("'{}': {reason}", shorten(path)));
    let mut file = archive.by_name(path).map_err(|error| match error {
        zip::result::ZipError::FileNotFound => damaged("there is no such file in it".to_owned()),
        other => damaged(other.to_string()),
    })?;
    if !file.is_file() {
        return Err(damaged(
            "it is not a file, but a directory or a link".to_owned(),
        ));
    }
    if file.size() / RATIO_MAX > file.compressed_size() {
        return Err(damaged(format!(
            "it is packed more than {RATIO_MAX} times smaller than it is"
        )));
    }
    let mut bytes = Vec::new();
    Read::take(&mut file, max as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| damaged(e.to_string()))?;
    limits::check("a file of the CHARX archive", bytes.len(), max)?;
    Ok(bytes)
}

fn shorten(path: &str) -> String {
    path.chars().filter(|c| !c.is_control()).take(100).collect()
}
