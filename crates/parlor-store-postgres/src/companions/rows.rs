//! Rows to model types and back.

use crate::row::strange;
use parlor_model::{Companion, Slug, Tie};
use sqlx::postgres::PgRow;
use sqlx::{Error, Row};
use std::str::FromStr;

/// The columns that [`companion`] reads; the table is `c`.
macro_rules! companion_columns {
    () => {
        "c.id, c.character, c.name, c.number, c.mood, c.unhappy_count, c.activity, c.busy_until, \
         c.team_slot, c.version"
    };
}
pub(super) use companion_columns;

pub(super) fn companion(row: &PgRow, at: usize) -> Result<Companion, Error> {
    Ok(Companion {
        id: row.try_get(at)?,
        character: slug(row.try_get(at + 1)?)?,
        name: row.try_get(at + 2)?,
        number: small(row.try_get(at + 3)?)?,
        mood: named(row.try_get(at + 4)?)?,
        unhappy_count: crate::row::count(row.try_get(at + 5)?)?,
        activity: named(row.try_get(at + 6)?)?,
        busy_until: row.try_get(at + 7)?,
        team_slot: row
            .try_get::<Option<i16>, _>(at + 8)?
            .map(small)
            .transpose()?,
        version: row.try_get(at + 9)?,
    })
}

/// Something that is kept by its name.
pub(super) fn named<T: FromStr>(name: &str) -> Result<T, Error> {
    name.parse().map_err(|_| strange("name", name))
}

pub(super) fn slug(text: &str) -> Result<Slug, Error> {
    crate::row::slug(text)
}

pub(super) fn small(number: i16) -> Result<u8, Error> {
    u8::try_from(number).map_err(|_| strange("number", &number.to_string()))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_come_back_as_they_were() {
        let given = [
            Tie {
                a: 0,
                b: 199,
                affinity: -100,
            },
            Tie {
                a: 3,
                b: 4,
                affinity: 100,
            },
        ];
        assert_eq!(ties(&ties_bytes(&given)), given);
        assert_eq!(ties(&[]), []);
    }
}
