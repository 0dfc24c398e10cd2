//! Who asks, by the key that comes with the request.

use super::Talks;
use crate::problem::Problem;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use parlor_model::World;
use parlor_model::world::Access;
use parlor_ports::keys::{ApiKey, KEY_SIGN, KeyRecord};

/// Whoever asks.
pub(super) struct Caller {
    /// The key that was shown, a good one.
    key: Option<KeyRecord>,
}

impl FromRequestParts<Talks> for Caller {
    type Rejection = Problem;

    /// Clients of this API send something as a key in any case. What is none of ours counts as
    /// nothing; what looks like one of ours must be good, in open worlds too.
    async fn from_request_parts(parts: &mut Parts, talks: &Talks) -> Result<Self, Problem> {
        match shown(&parts.headers) {
            Some(text) if text.starts_with(KEY_SIGN) => {
                let key = verified(talks, text).await?;
                Ok(Self { key: Some(key) })
            }
            _ => Ok(Self { key: None }),
        }
    }
}

impl Caller {
    /// True when the caller may enter a world.
    pub(super) fn may_enter(&self, world: &World) -> bool {
        let opens = |key: &KeyRecord| key.is_for(&world.name);
        world.access == Access::Open || self.key.as_ref().is_some_and(opens)
    }

    /// True when the caller has shown a key.
    pub(super) fn has_key(&self) -> bool {
        self.key.is_some()
    }
}

/// The key that a request shows.
fn shown(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, text) = value.trim().split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| text.trim())
        .filter(|text| !text.is_empty())
}

/// Asks the store each time, so that a key that is revoked opens nothing from then on.
async fn verified(talks: &Talks, text: &str) -> Result<KeyRecord, Problem> {
    let options = &talks.stage.options;
    let key = ApiKey::parse(text).ok_or_else(wrong_key)?;
    let now = options.clock.now();
    let found = options.store.key(key.prefix()).await?;
    let (record, digest) = found.ok_or_else(wrong_key)?;
    if !digest.matches(&key.digest()) || !record.is_good(now) {
        return Err(wrong_key());
    }
    if record.use_is_news(now) {
        options.store.use_key(&record.prefix, now).await?;
    }
    Ok(record)
}

/// The same for every key that is not good, whatever is wrong with it.
fn wrong_key() -> Problem {
    refused("the API key is wrong, revoked or expired: 'parlor key create' makes a new one")
}

/// For a world that is not open to everybody.
pub(super) fn key_required(world: &World) -> Problem {
    refused(&format!(
        "the world '{}' is not open to everybody: send an API key ('parlor key create' makes one) as \
         'Authorization: Bearer pk-..'",
        world.name
    ))
}

fn refused(detail: &str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "invalid_api_key", detail)
}
