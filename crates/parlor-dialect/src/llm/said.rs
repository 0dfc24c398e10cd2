//! What providers say about an error: their documented words, and how long to wait.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::HeaderMap;
use serde_json::Value;

use super::model::ModelFault;

/// Bytes of an error's body that are looked at.
const BODY_BYTES_READ: usize = 16 * 1024;

/// Characters of a provider's code that an error may repeat.
const WORD_CHARS_MAX: usize = 40;

/// What a provider said about an error, in its documented words.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// `code`, `type`, `status`, `reason`: short identifiers.
    pub(super) words: Vec<String>,
    /// Everything in it, lower case, to look for what no code tells.
    text: String,
    /// How long it asks to wait.
    pub(super) retry_delay: Option<Duration>,
}

impl Said {
    pub(super) fn read(body: &str) -> Self {
        if body.len() > BODY_BYTES_READ {
            return Self::default();
        }
        // Gemini's array form wraps the one error in a list.
        match serde_json::from_str::<Value>(body) {
            Ok(Value::Array(mut list)) if !list.is_empty() => Self::of(&list.swap_remove(0)),
            Ok(body) => Self::of(&body),
            Err(_) => Self::default(),
        }
    }

    pub(super) fn of(body: &Value) -> Self {
        let error = body.get("error").unwrap_or(body);
        let details = error.get("details").and_then(Value::as_array);
        let details = details.into_iter().flatten().take(8);
        let words = details
            .clone()
            .filter_map(|detail| detail.get("reason"))
            .chain(["code", "status", "type"].map(|key| error.get(key).unwrap_or(&Value::Null)))
            .filter_map(Value::as_str)
            .filter(|word| is_identifier(word))
            .map(str::to_owned)
            .collect();
        let message = error.get("message").or(Some(error)).and_then(Value::as_str);
        Self {
            words,
            text: message.unwrap_or_default().to_lowercase(),
            retry_delay: details
                .filter_map(|detail| detail.get("retryDelay"))
                .filter_map(Value::as_str)
                .find_map(|delay| seconds(delay.strip_suffix('s')?)),
        }
    }

    fn has(&self, word: &str) -> bool {
        self.words.iter().any(|known| known == word)
    }

    fn mentions(&self, parts: &[&str]) -> bool {
        parts.iter().any(|part| self.text.contains(part))
    }

    /// The kind that the words alone tell.
    pub(super) fn kind(&self) -> Option<ModelFault> {
        let told = |words: &[&str]| words.iter().any(|word| self.has(word));
        if told(&[
            "API_KEY_INVALID",
            "invalid_api_key",
            "authentication_error",
            "permission_error",
        ]) || told(&["UNAUTHENTICATED", "PERMISSION_DENIED"])
            || self.mentions(&["api key not valid"])
        {
            return Some(ModelFault::BadKey);
        }
        if told(&["model_not_found", "NOT_FOUND", "not_found_error"]) {
            return Some(ModelFault::UnknownModel);
        }
        if told(&["content_filter", "content_policy_violation"]) {
            return Some(ModelFault::Refused);
        }
        if told(&[
            "context_length_exceeded",
            "request_too_large",
            "exceed_context_size_error",
        ]) || self.mentions(&["context length", "context size", "prompt is too long"])
            || self.mentions(&["maximum number of tokens", "context window"])
        {
            return Some(ModelFault::TooLong);
        }
        if told(&[
            "rate_limit_error",
            "rate_limit_exceeded",
            "RESOURCE_EXHAUSTED",
        ]) {
            return Some(ModelFault::RateLimited);
        }
        if told(&[
            "overloaded_error",
            "api_error",
            "server_error",
            "UNAVAILABLE",
            "INTERNAL",
        ]) {
            return Some(ModelFault::ServerError);
        }
        None
    }
}

/// How long the provider asks to wait: `retry-after-ms`, or `Retry-After` in seconds or as a date
/// (RFC 9110, 10.2.3).
pub(super) fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(wait) = text("retry-after-ms").and_then(|ms| ms.trim().parse::<u32>().ok()) {
        return Some(Duration::from_millis(wait.into()));
    }
    let value = text("retry-after")?.trim();
    seconds(value).or_else(|| {
        let date = DateTime::parse_from_rfc2822(value).ok()?;
        let wait = date.with_timezone(&Utc) - now;
        Some(wait.to_std().unwrap_or(Duration::ZERO))
    })
}

/// Seconds, whole or with a fraction, up to a year.
fn seconds(text: &str) -> Option<Duration> {
    let seconds: f64 = text.trim().parse().ok()?;
    (0.0..31_536_000.0)
        .contains(&seconds)
        .then(|| Duration::from_secs_f64(seconds))
}

fn is_identifier(word: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !word.is_empty() && word.len() <= WORD_CHARS_MAX && word.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;
    use serde_json::json;

    #[test]
    fn retry_after_is_read_in_every_form() {
        let read = |name: &'static str, value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, HeaderValue::from_static(value));
            retry_after(&headers, DateTime::UNIX_EPOCH)
        };

        assert_eq!(read("retry-after", "7"), Some(Duration::from_secs(7)));
        assert_eq!(read("retry-after", "0.5"), Some(Duration::from_millis(500)));
        assert_eq!(
            read("retry-after-ms", "250"),
            Some(Duration::from_millis(250))
        );
        let date = "Thu, 01 Jan 1970 00:00:09 GMT";
        assert_eq!(read("retry-after", date), Some(Duration::from_secs(9)));
        let past = "Wed, 31 Dec 1969 00:00:00 GMT";
        assert_eq!(read("retry-after", past), Some(Duration::ZERO));
        for nonsense in ["-1", "soon", "NaN", "inf", "1e99", ""] {
            assert_eq!(read("retry-after", nonsense), None, "{nonsense}");
        }
        let delay = json!({"error": {"details": [{"retryDelay": "17s"}]}});
        assert_eq!(Said::of(&delay).retry_delay, Some(Duration::from_secs(17)));
    }
}
