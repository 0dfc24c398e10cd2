//! The handlers, one module per subject.

pub(crate) mod bots;
pub(crate) mod catalogue;
pub(crate) mod characters;
pub(crate) mod chatroom;
pub(crate) mod compat;
pub(crate) mod conversations;
pub(crate) mod dead_letters;
pub(crate) mod directory;
pub(crate) mod events;
pub(crate) mod gallery;
pub(crate) mod health;
pub(crate) mod inboxes;
pub(crate) mod inspect;
pub(crate) mod journeys;
pub(crate) mod lists;
pub(crate) mod me;
pub(crate) mod messages;
pub(crate) mod roles;
pub(crate) mod search;
pub(crate) mod sessions;
pub(crate) mod sign_in;
pub(crate) mod stats;
pub(crate) mod usage;
pub(crate) mod v1;
pub(crate) mod worlds;

use crate::problem::Problem;
use parlor_ports::store::Cursor;

/// Items of a list where the caller does not say how many.
const LIMIT_DEFAULT: u32 = 50;
/// Most items of a list.
const LIMIT_MAX: u32 = 200;

/// Checks how many items the caller wants.
fn limit(wanted: Option<u32>) -> Result<u32, Problem> {
    let limit = wanted.unwrap_or(LIMIT_DEFAULT);
    if (1..=LIMIT_MAX).contains(&limit) {
        return Ok(limit);
    }
    Err(Problem::malformed(
        "invalid_query",
        format!("limit is {limit}: ask for 1 to {LIMIT_MAX}"),
    )
    .with("field", "limit"))
}

/// Reads a cursor.
fn cursor(text: &str) -> Result<Cursor, Problem> {
    text.parse::<Cursor>().map_err(|reason| {
        let text: String = text.chars().take(80).collect();
        Problem::malformed("invalid_cursor", format!("'{text}' is {reason}"))
    })
}
