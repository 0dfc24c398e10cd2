//! One error for all ports: try again later, or never.

use std::fmt;
use std::time::Duration;

/// What a port call gives.
pub type PortResult<T> = Result<T, PortError>;

/// Why a port call failed. The only question that callers ask is whether trying again can help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortError {
    retryable: bool,
    retry_after: Option<Duration>,
    message: String,
}

impl PortError {
    /// The other side is away, busy or restarting: the same call may succeed later. Nothing of it
    /// has happened, or repeating it is harmless.
    #[must_use]
    pub fn retryable(context: &str, cause: impl fmt::Display) -> Self {
        Self {
            retryable: true,
            retry_after: None,
            message: format!("{context}: {cause}"),
        }
    }

    /// The same call can never succeed.
    #[must_use]
    pub fn terminal(context: &str, cause: impl fmt::Display) -> Self {
        Self {
            retryable: false,
            retry_after: None,
            message: format!("{context}: {cause}"),
        }
    }

    /// The same, with how long the other side asks to wait before the next try.
    #[must_use]
    pub fn with_retry_after(self, retry_after: Option<Duration>) -> Self {
        Self {
            retry_after,
            ..self
        }
    }

    /// How long the other side asks to wait before the next try; `None` where it doesn't say.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// True when trying again can help.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.retryable
    }
}

impl fmt::Display for PortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for PortError {}
