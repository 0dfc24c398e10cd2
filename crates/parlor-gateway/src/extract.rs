//! Extractors that answer with a [`Problem`], and that refuse fields nobody knows.

use crate::options::Limits;
use crate::problem::Problem;
use axum::body::BodyDataStream;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use futures::StreamExt;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::str::FromStr;

/// How much of a body that is too large is still read (and thrown away), in bytes. A client that is
/// cut off while it sends sees a broken connection instead of the answer.
const DISCARD_BYTES_MAX: usize = 64 << 20;

/// A set of named fields: a JSON object or a query.
pub(crate) trait Fields: DeserializeOwned {
    /// Their names.
    const NAMES: &'static [&'static str];
}

/// A body that is a JSON object, or empty, which reads as `{}`.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<T: Fields> FromRequest<crate::stage::Stage> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(
        request: Request,
        stage: &crate::stage::Stage,
    ) -> Result<Self, Self::Rejection> {
        let is_json = is_json(request.headers());
        let bytes = read_body(request, stage.options.limits).await?;
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return parse_object(Value::Object(serde_json::Map::new())).map(Self);
        }
        if !is_json {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "not_json",
                "the body must be JSON: send it with 'content-type: application/json'",
            ));
        }
        let value = serde_json::from_slice(&bytes).map_err(|e| {
            Problem::malformed("invalid_json", format!("the body is not JSON: {e}"))
        })?;
        parse_object(value).map(Self)
    }
}

pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let essence = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// The body, if it is not too large.
pub(crate) async fn read_body(request: Request, limits: Limits) -> Result<Vec<u8>, Problem> {
    let mut stream = request.into_body().into_data_stream();
    let mut bytes = Vec::new();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| {
            Problem::malformed("broken_body", "the body ended before it was complete")
        })?;
        if bytes.len() + chunk.len() > limits.body_bytes_max {
            discard(stream).await;
            return Err(too_large(limits.body_bytes_max));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn too_large(limit: usize) -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "body_too_large",
        format!("the body is larger than {limit} bytes"),
    )
    .with("limit", limit)
}

async fn discard(mut stream: BodyDataStream) {
    let mut read = 0;
    while let Some(Ok(chunk)) = stream.next().await {
        read += chunk.len();
        if read > DISCARD_BYTES_MAX {
            return;
        }
    }
}

pub(crate) fn parse_object<T: Fields>(value: Value) -> Result<T, Problem> {
    let Value::Object(object) = &value else {
        return Err(Problem::malformed(
            "wrong_type",
            format!(
                "the body must be a JSON object with the fields {}",
                T::NAMES.join(", ")
            ),
        ));
    };
    for name in object.keys() {
        check_name::<T>(name)?;
    }
    serde_path_to_error::deserialize(value).map_err(|e| {
        Problem::malformed("wrong_type", format!("field '{}': {}", e.path(), e.inner()))
            .with("field", e.path().to_string())
    })
}

/// The fields of the query.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: Fields, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let unreadable = |e: QueryRejection| {
            let text = e.body_text();
            let reason = text
                .strip_prefix("Failed to deserialize query string: ")
                .unwrap_or(&text);
            Problem::malformed(
                "invalid_query",
                format!("the query can't be read: {reason}"),
            )
        };
        let pairs = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map_err(unreadable)?;
        for (name, _) in &pairs.0 {
            check_name::<T>(name)?;
        }
        let query = axum::extract::Query::<T>::try_from_uri(&parts.uri).map_err(unreadable)?;
        Ok(Self(query.0))
    }
}

/// The parameters of the path, as they are.
pub(crate) struct Path<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        axum::extract::Path::from_request_parts(parts, state)
            .await
            .map(|path| Self(path.0))
            .map_err(|e: PathRejection| Problem::malformed("invalid_path", e.body_text()))
    }
}

/// An id from a path.
pub(crate) struct Id<T>(pub(crate) T);

impl<T: FromStr + Send, S: Send + Sync> FromRequestParts<S> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let Path(text) = Path::<String>::from_request_parts(parts, state).await?;
        text.parse().map(Self).map_err(|_| {
            let text: String = text.chars().take(80).collect();
            Problem::malformed(
                "invalid_id",
                format!("'{text}' is not an id: expected a UUID"),
            )
        })
    }
}

fn check_name<T: Fields>(name: &str) -> Result<(), Problem> {
    if T::NAMES.contains(&name) {
        return Ok(());
    }
    let shown: String = name.chars().take(80).collect();
    let nearest = T::NAMES
        .iter()
        .map(|known| (strsim::damerau_levenshtein(&shown, known), *known))
        .min()
        .filter(|(distance, _)| *distance <= 3);
    let known = T::NAMES.join(", ");
    Err(match nearest {
        Some((_, nearest)) => Problem::malformed(
            "unknown_field",
            format!(
                "there is no field '{shown}': did you mean '{nearest}'? The fields are {known}"
            ),
        )
        .with("didYouMean", nearest),
        None => Problem::malformed(
            "unknown_field",
            format!("there is no field '{shown}': the fields are {known}"),
        ),
    }
    .with("field", shown))
}
