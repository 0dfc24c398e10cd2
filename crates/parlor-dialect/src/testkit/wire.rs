//! What is asked and said, whichever API it is asked through.

use crate::llm::Provider;
use serde_json::Value;

/// A request as it came, and what it says.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// Through which API.
    pub provider: Provider,
    /// Path and query.
    pub path: String,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Value,
    /// The model asked for.
    pub model: String,
    /// The system text.
    pub system: String,
    /// The last text of a user.
    pub user: String,
    /// The schema of the wanted reply; `null` where only JSON is wanted.
    pub schema: Option<Value>,
    /// True when the reply is to be streamed.
    pub streamed: bool,
}

impl Asked {
    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let named = |(key, _): &&(String, String)| key == name;
        self.headers
            .iter()
            .find(named)
            .map(|(_, value)| value.as_str())
    }
}

/// What a body asks for.
pub(super) struct Question {
    pub(super) model: String,
    pub(super) system: String,
    pub(super) user: String,
    pub(super) schema: Option<Value>,
    pub(super) streamed: bool,
}

/// What is said to it.
pub(super) struct Said {
    pub(super) model: String,
    pub(super) text: String,
    /// The content filter withheld the text.
    pub(super) refused: bool,
    pub(super) tokens_in: usize,
    pub(super) tokens_out: usize,
}

impl Said {
    /// The text in pieces: words with the blank before them.
    pub(super) fn pieces(&self) -> impl Iterator<Item = &str> {
        self.text
            .split_inclusive(' ')
            .filter(|piece| !piece.is_empty())
    }
}

/// One provider's API.
pub(super) trait Wire: Sync {
    /// What a body asks for.
    fn question(&self, body: &Value) -> Question;

    /// A reply in one.
    fn whole(&self, said: &Said) -> Value;

    /// A reply as a stream, frame by frame, end marks included.
    fn frames(&self, said: &Said) -> Vec<String>;

    /// The `Content-Type` of a stream.
    fn stream_type(&self) -> &'static str {
        "text/event-stream"
    }

    /// The documented body of an error.
    fn error(&self, status: u16) -> Value;
}

/// One server-sent event.
pub(super) fn event(data: &Value) -> String {
    format!("data: {data}\n\n")
}

/// The text at `pointer`, or nothing.
pub(super) fn text_at(body: &Value, pointer: &str) -> String {
    let text = body.pointer(pointer).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

/// The text of a message: a string, or all texts of its parts.
pub(super) fn content(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => parts.iter().map(|part| text_at(part, "/text")).collect(),
        _ => String::new(),
    }
}

/// The text of the last message of `role` in a list of messages with `role` and `content`.
pub(super) fn last_of(messages: Option<&Value>, role: &str) -> String {
    messages
        .and_then(Value::as_array)
        .and_then(|all| all.iter().rfind(|message| message["role"] == role))
        .map(|message| content(message.get("content")))
        .unwrap_or_default()
}
