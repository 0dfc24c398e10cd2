//! Rows to model types and back.

use crate::codec;
use parlor_model::{Companion, Tie};
use rusqlite::types::Type;
use rusqlite::{Error, Row};
use std::str::FromStr;
use uuid::Uuid;

/// The columns that [`companion`] reads; the table is `c`.
pub(super) const COMPANION: &str = "c.id, c.character, c.name, c.number, c.mood, c.unhappy_count, \
     c.activity, c.busy_until, c.team_slot, c.version";

pub(super) fn companion(row: &Row<'_>, at: usize) -> rusqlite::Result<Companion> {
    Ok(Companion {
        id: codec::uuid(row, at)?,
        character: codec::slug(row, at + 1)?,
        name: row.get(at + 2)?,
        number: row.get(at + 3)?,
        mood: named(row, at + 4)?,
        unhappy_count: row.get(at + 5)?,
        activity: named(row, at + 6)?,
        busy_until: codec::optional_time(row, at + 7)?,
        team_slot: row.get(at + 8)?,
        version: row.get(at + 9)?,
    })
}

/// Something that is kept by its name.
pub(super) fn named<T: FromStr>(row: &Row<'_>, column: usize) -> rusqlite::Result<T>
where
    T::Err: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    codec::text(row, column)?
        .parse()
        .map_err(|error: T::Err| Error::FromSqlConversionFailure(column, Type::Text, error.into()))
}

/// Something that is kept as JSON.
pub(super) fn json<T: serde::de::DeserializeOwned>(
    row: &Row<'_>,
    column: usize,
) -> rusqlite::Result<T> {
    serde_json::from_str(codec::text(row, column)?)
        .map_err(|error| Error::FromSqlConversionFailure(column, Type::Text, Box::new(error)))
}

pub(super) fn to_json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

pub(super) fn bytes(id: Uuid) -> [u8; 16] {
    id.into_bytes()
}

/// Three bytes a pair.
pub(super) fn ties_bytes(ties: &[Tie]) -> Vec<u8> {
    ties.iter()
        .flat_map(|tie| [tie.a, tie.b, tie.affinity.to_be_bytes()[0]])
        .collect()
}

pub(super) fn ties(bytes: &[u8]) -> Vec<Tie> {
    let tie = |bytes: &[u8; 3]| Tie {
        a: bytes[0],
        b: bytes[1],
        affinity: i8::from_be_bytes([bytes[2]]),
    };
    bytes.as_chunks().0.iter().map(tie).collect()
}
