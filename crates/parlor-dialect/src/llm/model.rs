//! What a language model is to the rest: a request, a completion, and why there is none.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use parlor_ports::PortError;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

/// Characters that a [`ModelError`]'s message has at most.
pub const MESSAGE_CHARS_MAX: usize = 300;

/// What stands before a conversation that begins with the model's own words: providers want a
/// user's turn first.
pub const OPENING: &str = "[The conversation so far:]";

/// One language model behind one endpoint. Implementations bound their own time: a call returns
/// within the deadline they were built with.
#[async_trait]
pub trait Model: Send + Sync {
    /// Provider and model, as in a [`super::ModelSpec`] without its address:
    /// `gemini:gemini-3-flash`.
    fn name(&self) -> &str;

    /// One reply to `request`. With `pieces`, the reply is also sent as it grows; the pieces joined
    /// are the completion's text. Pieces of a reply that fails half-way have been shown and are
    /// not taken back: such a call is not tried again here. A closed or full receiver never fails
    /// a call: pieces that nobody takes are left out.
    ///
    /// Not idempotent: every call is paid for.
    ///
    /// # Errors
    /// A [`ModelError`] that says whether trying again can help.
    async fn complete(
        &self,
        request: &Request,
        pieces: Option<&mpsc::Sender<String>>,
    ) -> Result<Completion, ModelError>;

    /// Requests that one call makes at most, where it is not told to make fewer.
    fn attempts_max(&self) -> u32 {
        1
    }

    /// Somebody else speaks the line that this model was asked for: for those who keep the books.
    fn fell_back(&self) {}
}

/// What a model is asked.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Who the model is and what the rules are.
    pub system: String,
    /// What was said, oldest first; the last turn is the one to answer.
    pub turns: Vec<Turn>,
    /// Tokens the reply may have.
    pub tokens_out_max: u32,
    /// How freely the model chooses its words, 0 to 2; the provider's default if left out.
    pub temperature: Option<f64>,
    /// The reply ends before any of these. Providers take four at most.
    pub stop: Vec<String>,
    /// The shape the reply must have; a server may ignore it.
    pub schema: Option<Schema>,
    /// Requests that this call may make, where that is fewer than the client would.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts_max: Option<u32>,
}

impl Request {
    /// The turns as every provider takes them: the first is a user's, then they take turns. Turns
    /// of the same role in a row become one, on lines of their own; a conversation that begins
    /// with the model's own words gets [`OPENING`] before them.
    #[must_use]
    pub fn alternating(&self) -> Vec<Turn> {
        let mut turns: Vec<Turn> = Vec::with_capacity(self.turns.len() + 1);
        let first = self.turns.first().map(|turn| turn.role);
        if first == Some(TurnRole::Assistant) {
            turns.push(Turn {
                role: TurnRole::User,
                name: None,
                text: OPENING.to_owned(),
            });
        }
        for turn in &self.turns {
            match turns.last_mut() {
                Some(last) if last.role == turn.role => {
                    last.text.push('\n');
                    last.text.push_str(&turn.text);
                    last.name = None;
                }
                _ => turns.push(turn.clone()),
            }
        }
        turns
    }
}

/// One turn of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// Whose turn it is.
    pub role: TurnRole,
    /// Who spoke, for the caller's own books; providers are not told. The text carries what the
    /// model is to know.
    pub name: Option<String>,
    /// What was said.
    pub text: String,
}

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TurnRole {
    /// Anybody but the model's own character.
    User,
    /// The character that the model speaks for.
    Assistant,
}

/// The shape of a wanted reply.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    /// A name in letters, digits, `_` and `-`, as providers want one.
    pub name: String,
    /// A JSON Schema of an object.
    pub schema: serde_json::Value,
}

/// What a model replied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// The reply, as it came. Never empty.
    pub text: String,
    /// Tokens read, as the provider counts them; estimated from the text where it doesn't say.
    pub tokens_in: u64,
    /// Tokens written, as above.
    pub tokens_out: u64,
    /// Requests this took, 1 or more.
    pub attempts: u32,
    /// From the call to the reply, waits included.
    pub elapsed: Duration,
}

/// What kind of failure a [`ModelError`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelFault {
    /// The provider doesn't take the key, or wants one.
    BadKey,
    /// The provider has no such model, or not for this key.
    UnknownModel,
    /// Too many requests, or the provider's quota is used up.
    RateLimited,
    /// The provider is overloaded or failed.
    ServerError,
    /// No whole reply in time.
    Timeout,
    /// No connection, or it broke.
    Unreachable,
    /// A content filter withheld the reply.
    Refused,
    /// A reply that can't be read, or an empty one.
    Garbage,
    /// Too many calls failed; none is made for a while.
    BreakerOpen,
    /// The request is longer than the model can read.
    TooLong,
    /// The provider can't do anything with the request.
    BadRequest,
    /// The world's budget of calls or tokens is spent.
    BudgetSpent,
}

impl ModelFault {
    /// Every kind, for tables and metrics.
    pub const ALL: [Self; 12] = [
        Self::BadKey,
        Self::UnknownModel,
        Self::RateLimited,
        Self::ServerError,
        Self::Timeout,
        Self::Unreachable,
        Self::Refused,
        Self::Garbage,
        Self::BreakerOpen,
        Self::TooLong,
        Self::BadRequest,
        Self::BudgetSpent,
    ];

    /// The kind as one word, for metrics, logs and tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BadKey => "bad_key",
            Self::UnknownModel => "unknown_model",
            Self::RateLimited => "rate_limited",
            Self::ServerError => "server_error",
            Self::Timeout => "timeout",
            Self::Unreachable => "unreachable",
            Self::Refused => "refused",
            Self::Garbage => "garbage",
            Self::BreakerOpen => "breaker_open",
            Self::TooLong => "too_long",
            Self::BadRequest => "bad_request",
            Self::BudgetSpent => "budget_spent",
        }
    }

    /// True when the same call may succeed later.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        matches!(
            self,
            Self::RateLimited
                | Self::ServerError
                | Self::Timeout
                | Self::Unreachable
                | Self::Garbage
                | Self::BreakerOpen
                | Self::BudgetSpent
        )
    }
}

impl fmt::Display for ModelFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why there is no completion. Its message is one line of at most [`MESSAGE_CHARS_MAX`] characters,
/// without keys and without the text of requests and replies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelError {
    /// What kind of failure.
    pub kind: ModelFault,
    /// What happened where, and how to mend it.
    pub message: String,
    /// How long the other side asks to wait, if it does.
    pub retry_after: Option<Duration>,
    /// Requests that were made in vain.
    pub requests: u32,
}

impl ModelError {
    /// A failure told in one line: control characters become blanks, and what is too long is cut.
    #[must_use]
    pub fn new(kind: ModelFault, message: impl fmt::Display) -> Self {
        Self {
            kind,
            message: one_line(&message.to_string()),
            retry_after: None,
            requests: 0,
        }
    }

    /// The same, with how long to wait.
    #[must_use]
    pub fn with_retry_after(mut self, wait: Option<Duration>) -> Self {
        self.retry_after = wait;
        self
    }

    /// The same, with how many requests were made.
    #[must_use]
    pub fn with_requests(mut self, requests: u32) -> Self {
        self.requests = requests;
        self
    }

    /// True when the same call may succeed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.kind.is_retryable()
    }
}

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ModelError {}

impl From<ModelError> for PortError {
    fn from(error: ModelError) -> Self {
        if error.is_retryable() {
            Self::retryable("language model", error)
        } else {
            Self::terminal("language model", error)
        }
    }
}

/// `text` in one line: control characters and runs of blanks become one blank, and it is cut at
/// [`MESSAGE_CHARS_MAX`] characters.
fn one_line(text: &str) -> String {
    let mut line = String::new();
    let mut count = 0;
    let words = text
        .split(|c: char| c.is_control() || c.is_whitespace())
        .filter(|word| !word.is_empty());
    for word in words {
        let blank = usize::from(!line.is_empty());
        if blank == 1 {
            line.push(' ');
        }
        for c in word.chars() {
            if count + blank + 1 >= MESSAGE_CHARS_MAX {
                line.push('…');
                return line;
            }
            line.push(c);
            count += 1;
        }
        count += blank;
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_line_and_bounded() {
        let error = ModelError::new(
            ModelFault::Garbage,
            format!("first\n\tsecond\r\n{}", "é".repeat(1_000)),
        );

        assert!(error.message.starts_with("first second é"));
        assert!(error.message.chars().count() <= MESSAGE_CHARS_MAX);
        assert!(!error.message.contains(char::is_control));
    }

    #[test]
    fn turns_alternate_and_begin_with_a_user() {
        let turn = |role, text: &str| Turn {
            role,
            name: None,
            text: text.to_owned(),
        };
        let request = Request {
            turns: vec![
                turn(TurnRole::Assistant, "So."),
                turn(TurnRole::User, "Rachel: Yes?"),
                turn(TurnRole::User, "Joey: What?"),
            ],
            ..Request::default()
        };

        assert_eq!(
            request.alternating(),
            [
                turn(TurnRole::User, OPENING),
                turn(TurnRole::Assistant, "So."),
                turn(TurnRole::User, "Rachel: Yes?\nJoey: What?"),
            ]
        );
    }

    #[test]
    fn whether_to_try_again_reaches_the_port() {
        for kind in ModelFault::ALL {
            let port = PortError::from(ModelError::new(kind, "x"));

            assert_eq!(port.is_retryable(), kind.is_retryable(), "{kind}");
        }
    }
}
