//! Errors over HTTP: problem details (RFC 9457) with a stable `code`.
//!
//! 400 says that a request is malformed (its form can't be read), 422 that it is well formed but
//! can't be carried out.

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use parlor_ports::PortError;
use parlor_ports::director::DirectorError;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// Media type of a problem.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// Why a request was not carried out (RFC 9457).
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// Boxed, because every handler's result holds a place for it.
    details: Box<Details>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// Why a request was not carried out (RFC 9457).
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({
    "type": "urn:parlor:problem:unknown_world",
    "title": "Not Found",
    "status": 404,
    "code": "unknown_world",
    "detail": "there is no world 'freinds' on this server; it has: friends"
}))]
struct Details {
    /// `urn:parlor:problem:` and the code.
    #[serde(rename = "type")]
    kind: String,
    /// The status, in words.
    title: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// Stable name of the problem, for programs.
    #[schema(value_type = String)]
    code: &'static str,
    /// What is wrong here and how to mend it, for people.
    detail: String,
    /// More facts by name (`limit`, `cast`, `didYouMean`).
    #[serde(flatten)]
    #[schema(ignore)]
    facts: Map<String, Value>,
}

impl PartialSchema for Problem {
    fn schema() -> RefOr<Schema> {
        Details::schema()
    }
}

impl ToSchema for Problem {}

impl Problem {
    /// A problem called `code`; `detail` says what is wrong here and how to mend it.
    #[must_use]
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        let details = Details {
            kind: format!("urn:parlor:problem:{code}"),
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            code,
            detail: detail.into(),
            facts: Map::new(),
        };
        Self {
            details: Box::new(details),
            headers: Vec::new(),
        }
    }

    /// The request's form can't be read.
    #[must_use]
    pub fn malformed(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// The request is well formed but can't be carried out.
    #[must_use]
    pub fn refused(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail)
    }

    /// There is nothing of that name.
    #[must_use]
    pub fn not_found(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, detail)
    }

    /// Something behind the gateway is away; worth trying again soon.
    #[must_use]
    pub fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail)
            .with_header(header::RETRY_AFTER, HeaderValue::from_static("1"))
    }

    /// Our mistake. The cause is for the log, not for the caller.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "the server made a mistake; its log says more",
        )
    }

    /// Adds a fact.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.facts.insert(name.to_owned(), value.into());
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// What is wrong here and how to mend it, for people.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.details.detail
    }

    /// A fact that was added.
    #[must_use]
    pub fn fact(&self, name: &str) -> Option<&Value> {
        self.details.facts.get(name)
    }

    /// The stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.details.code
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.details.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        let mut response = (status, Json(&self.details)).into_response();
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        response.headers_mut().extend(self.headers.iter().cloned());
        // For layers that give it another form.
        response.extensions_mut().insert(self);
        response
    }
}

impl From<PortError> for Problem {
    fn from(error: PortError) -> Self {
        if error.is_retryable() {
            tracing::warn!(error = %error, "a port is away");
            Self::unavailable("a service that this needs is away: try again in a moment")
        } else {
            tracing::error!(error = %error, "a port failed for good");
            Self::internal()
        }
    }
}

impl From<DirectorError> for Problem {
    fn from(error: DirectorError) -> Self {
        let detail = error.to_string();
        match error {
            DirectorError::UnknownWorld(_) => Self::not_found("unknown_world", detail),
            DirectorError::UnknownCharacter { cast, .. } => {
                Self::refused("unknown_character", detail).with("cast", cast)
            }
            DirectorError::UnknownPlace { places, .. } => {
                Self::refused("unknown_place", detail).with("places", places)
            }
            DirectorError::NotTogether(_) => {
                Self::new(StatusCode::CONFLICT, "not_together", detail)
            }
            DirectorError::Refused(_) => Self::refused("refused", detail),
            DirectorError::UnknownConversation(_) => {
                Self::not_found("unknown_conversation", detail)
            }
            DirectorError::Port(error) => error.into(),
        }
    }
}
