//! What a provider's failure means: from the client library's errors to a [`ModelError`].
//!
//! Bodies of replies are read for the words that providers document (`code`, `type`, `status`,
//! `reason`) and for nothing else; what people wrote is never part of an error.

use std::error::Error as _;
use std::io;

use chrono::{DateTime, Utc};
use genai::webc;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde_json::Value;

use super::keys::Key;
use super::model::{ModelError, ModelFault};
use super::said::{Said, retry_after};

/// Whom an error is about, and when.
pub(super) struct Asked<'a> {
    /// Provider and model.
    pub(super) name: &'a str,
    /// Host and port.
    pub(super) host: &'a str,
    /// The key that was sent; no error repeats it.
    pub(super) key: Option<&'a Key>,
    /// When, for a `Retry-After` that names a date.
    pub(super) now: DateTime<Utc>,
}

impl Asked<'_> {
    /// An error of `kind`: `NAME at HOST WHAT`.
    pub(super) fn error(&self, kind: ModelFault, what: &str) -> ModelError {
        ModelError::new(kind, format!("{} at {} {what}", self.name, self.host))
    }

    /// What went wrong, from the library's error.
    pub(super) fn fault(&self, error: &genai::Error) -> ModelError {
        match error {
            genai::Error::HttpError {
                status,
                body,
                headers,
                ..
            } => self.status(*status, body, headers),
            genai::Error::WebModelCall { webc_error, .. }
            | genai::Error::WebAdapterCall { webc_error, .. } => self.web(webc_error),
            genai::Error::WebStream { error, .. } => self.stream(error.as_ref()),
            genai::Error::ChatResponse { body, .. } => self.refusal_or(body),
            genai::Error::ChatResponseGeneration { response_body, .. } => {
                self.refusal_or(response_body)
            }
            genai::Error::StreamParse { .. }
            | genai::Error::InvalidJsonResponseElement { .. }
            | genai::Error::NoChatResponse { .. }
            | genai::Error::JsonValueExt(_)
            | genai::Error::SerdeJson(_) => {
                self.error(ModelFault::Garbage, "sent a reply that can't be read")
            }
            _ => self.error(ModelFault::BadRequest, "can't be asked this way"),
        }
    }

    fn web(&self, error: &webc::Error) -> ModelError {
        match error {
            webc::Error::ResponseFailedStatus {
                status,
                body,
                headers,
            } => self.status(*status, body, headers),
            webc::Error::Reqwest(error) => self.connection(error),
            webc::Error::ResponseFailedNotJson { .. } => self.error(
                ModelFault::Garbage,
                "sent something else than JSON; is it the right address?",
            ),
            webc::Error::ResponseFailedInvalidJson { .. } | webc::Error::JsonValueExt(_) => {
                self.error(ModelFault::Garbage, "sent broken JSON")
            }
        }
    }

    fn stream(&self, error: &(dyn std::error::Error + Send + Sync + 'static)) -> ModelError {
        if let Some(error) = error.downcast_ref::<genai::Error>() {
            return self.fault(error);
        }
        if let Some(error) = error.downcast_ref::<reqwest::Error>() {
            return self.connection(error);
        }
        if error.downcast_ref::<webc::StreamTimeout>().is_some() {
            return self.error(
                ModelFault::Timeout,
                "fell silent half-way through its reply",
            );
        }
        self.error(ModelFault::Garbage, "sent a reply that can't be read")
    }

    fn connection(&self, error: &reqwest::Error) -> ModelError {
        if error.is_timeout() {
            return self.error(ModelFault::Timeout, "did not answer in time");
        }
        let cause = system_error(error).map_or("the connection broke", |kind| match kind {
            io::ErrorKind::ConnectionRefused => "nothing listens there",
            io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => {
                "the connection was cut"
            }
            io::ErrorKind::UnexpectedEof => "the reply broke off",
            io::ErrorKind::InvalidData => "TLS failed; is it the right address and scheme?",
            _ => "there is no connection",
        });
        self.error(
            ModelFault::Unreachable,
            &format!("can't be reached: {cause}"),
        )
    }

    fn status(&self, status: StatusCode, body: &str, headers: &HeaderMap) -> ModelError {
        let said = Said::read(body);
        let kind = kind_of(status, &said);
        let word = said
            .words
            .iter()
            .find(|word| !self.key.is_some_and(|key| key.is_in(word)))
            .map(|word| format!(" ({word})"))
            .unwrap_or_default();
        let what = format!("answered {}{word}; {}", status.as_u16(), advice(kind));
        let wait = retry_after(headers, self.now).or(said.retry_delay);
        self.error(kind, &what).with_retry_after(wait)
    }

    /// A reply in good order with an error in it: a filter's, or the provider's own.
    fn refusal_or(&self, body: &Value) -> ModelError {
        if is_refusal(body) {
            return self.error(ModelFault::Refused, "withheld its reply (content filter)");
        }
        let said = Said::of(body);
        let kind = said.kind().unwrap_or(ModelFault::Garbage);
        self.error(kind, "sent an error in place of a reply")
            .with_retry_after(said.retry_delay)
    }
}

/// True when a reply says that a filter withheld it.
pub(super) fn is_refusal(body: &Value) -> bool {
    let blocked = body.pointer("/promptFeedback/blockReason");
    let refused = body.pointer("/choices/0/message/refusal");
    blocked.or(refused).is_some_and(Value::is_string)
}

/// The kind of a failed status; what the provider said sharpens a 4xx.
fn kind_of(status: StatusCode, said: &Said) -> ModelFault {
    match status.as_u16() {
        300..=399 => ModelFault::BadRequest,
        401 | 403 => ModelFault::BadKey,
        404 => ModelFault::UnknownModel,
        408 => ModelFault::Timeout,
        413 => ModelFault::TooLong,
        429 => ModelFault::RateLimited,
        500..=599 => match said.kind() {
            Some(ModelFault::TooLong) => ModelFault::TooLong,
            _ => ModelFault::ServerError,
        },
        _ => said.kind().unwrap_or(ModelFault::BadRequest),
    }
}

/// How to mend a failed status.
fn advice(kind: ModelFault) -> &'static str {
    match kind {
        ModelFault::BadKey => "set a key that it takes",
        ModelFault::UnknownModel => "name a model that it has",
        ModelFault::RateLimited => "ask less often, or raise the quota",
        ModelFault::TooLong => "give it less context",
        ModelFault::Refused => "its content filter withheld the reply",
        ModelFault::BadRequest => "it does not take such a request; is it the right address?",
        _ => "it may be better later",
    }
}

/// The system's error at the bottom of a connection's error.
fn system_error(error: &reqwest::Error) -> Option<io::ErrorKind> {
    let mut source = error.source();
    let mut found = None;
    while let Some(cause) = source {
        if let Some(system) = cause.downcast_ref::<io::Error>() {
            found = Some(system.kind());
        }
        source = cause.source();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn asked() -> Asked<'static> {
        Asked {
            name: "openai:m",
            host: "h:1",
            key: None,
            now: DateTime::UNIX_EPOCH,
        }
    }

    fn status(code: u16, body: &Value) -> ModelError {
        let status = StatusCode::from_u16(code).unwrap();
        asked().status(status, &body.to_string(), &HeaderMap::new())
    }

    #[test]
    fn documented_errors_are_told_apart() {
        for (code, body, kind) in [
            (
                400,
                json!({"error": {"code": 400, "status": "INVALID_ARGUMENT", "details":
                [{"reason": "API_KEY_INVALID"}]}}),
                ModelFault::BadKey,
            ),
            (
                401,
                json!({"error": {"code": "invalid_api_key"}}),
                ModelFault::BadKey,
            ),
            (
                400,
                json!({"error": {"code": "context_length_exceeded"}}),
                ModelFault::TooLong,
            ),
            (
                400,
                json!({"type": "error", "error": {"type": "invalid_request_error",
                "message": "prompt is too long: 9 tokens"}}),
                ModelFault::TooLong,
            ),
            (
                404,
                json!({"error": "model 'x' not found"}),
                ModelFault::UnknownModel,
            ),
            (
                429,
                json!({"error": {"type": "rate_limit_error"}}),
                ModelFault::RateLimited,
            ),
            (
                529,
                json!({"error": {"type": "overloaded_error"}}),
                ModelFault::ServerError,
            ),
            (
                400,
                json!({"error": {"code": "content_filter"}}),
                ModelFault::Refused,
            ),
            (302, json!(null), ModelFault::BadRequest),
            (400, json!("nonsense"), ModelFault::BadRequest),
        ] {
            assert_eq!(status(code, &body).kind, kind, "{code} {body}");
        }
    }

    #[test]
    fn an_error_repeats_a_code_and_never_a_message_or_the_key() {
        let key = Key::new("sk_secret").unwrap();
        let asked = Asked {
            key: Some(&key),
            ..asked()
        };
        let body = json!({"error": {"message": "no key sk_secret", "type": "sk_secret",
            "code": "invalid_api_key"}});

        let error = asked.status(
            StatusCode::UNAUTHORIZED,
            &body.to_string(),
            &HeaderMap::new(),
        );

        assert_eq!(
            error.message,
            "openai:m at h:1 answered 401 (invalid_api_key); set a key that it takes"
        );
    }
}
