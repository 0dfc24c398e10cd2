//! The frames: JSON objects, each with a `type`.

use axum::extract::ws::Utf8Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use parlor_model::{ConversationId, MessageId, Session, SessionLine, SpeakerRole};
use parlor_ports::chat::ChatError;
use serde::Serialize;
use std::time::Duration;
use uuid::Uuid;

/// What the server sends.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Frame<'a> {
    /// The first one.
    Connection {
        message: &'static str,
        session_id: ConversationId,
        username: &'a str,
        character_id: Uuid,
        character: &'a str,
        resumed: bool,
        timestamp: String,
    },
    /// What the person said, on disk now; in every tab of theirs.
    Echo(Said<'a>),
    /// What the character said.
    AiResponse(Said<'a>),
    /// The character is looking for words.
    Typing { session_id: ConversationId },
    /// A piece of the line that answers `answers`; the whole line comes afterwards and stands.
    Delta {
        session_id: ConversationId,
        answers: MessageId,
        content: &'a str,
    },
    /// Something was not done.
    Error {
        code: &'static str,
        message: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_after: Option<u64>,
    },
}

/// A line.
#[derive(Debug, Serialize)]
pub(crate) struct Said<'a> {
    role: SpeakerRole,
    content: &'a str,
    id: MessageId,
    order: u32,
    session_id: ConversationId,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    fallback: bool,
    timestamp: String,
}

impl<'a> Frame<'a> {
    /// Greets who has joined.
    pub(crate) fn greeting(
        session: &'a Session,
        character_id: Uuid,
        character: &'a str,
        resumed: bool,
        now: DateTime<Utc>,
    ) -> Self {
        Self::Connection {
            message: "Connected to chat",
            session_id: session.id,
            username: &session.username,
            character_id,
            character,
            resumed,
            timestamp: time(now),
        }
    }

    /// Tells a line.
    pub(crate) fn line(session_id: ConversationId, line: &'a SessionLine) -> Self {
        let said = Said {
            role: line.role,
            content: &line.text,
            id: line.id,
            order: line.order,
            session_id,
            fallback: line.fallback,
            timestamp: time(line.at),
        };
        match line.role {
            SpeakerRole::User => Self::Echo(said),
            SpeakerRole::Ai => Self::AiResponse(said),
        }
    }

    /// Tells what went wrong with a line.
    pub(crate) fn failure(error: &ChatError) -> Self {
        let (code, retry_after) = match error {
            ChatError::UnknownCharacter(_) => ("unknown_character", None),
            ChatError::UnknownSession(_) => ("unknown_session", None),
            ChatError::NoAccount => ("no_account", None),
            ChatError::Full(_) => ("full", Some(Duration::from_secs(5))),
            ChatError::TooFast(wait) => ("too_fast", Some(*wait)),
            ChatError::Port(error) if error.is_retryable() => {
                ("unavailable", Some(Duration::from_secs(1)))
            }
            ChatError::Port(_) => ("internal", None),
        };
        let message = match error {
            // What a port says is for the log.
            ChatError::Port(_) => {
                "your line may not have been kept: say it again, with the same id \
                                   if it had one"
                    .to_owned()
            }
            other => other.to_string(),
        };
        Self::Error {
            code,
            message,
            retry_after: retry_after.map(|wait| wait.as_secs().max(1)),
        }
    }

    /// As it is sent.
    pub(crate) fn text(&self) -> Utf8Bytes {
        let json = serde_json::to_string(self);
        json.expect("a frame has only texts and numbers").into()
    }
}

fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// What a person sends.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// The words.
    pub(crate) content: String,
    /// Makes sending it again harmless.
    pub(crate) id: Option<MessageId>,
}

/// Reads what a person sends; or tells what is wrong with it. Fields that nobody knows are passed over.
pub(crate) fn read(text: &str, bytes_max: usize) -> Result<Line, Frame<'static>> {
    let wrong = |code, message: String| Frame::Error {
        code,
        message,
        retry_after: None,
    };
    let mut sent: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(text).map_err(|_| {
            let form = "send a JSON object: {\"content\": \"..\"}";
            wrong("invalid_json", form.to_owned())
        })?;
    let content = match sent.remove("content") {
        Some(serde_json::Value::String(content)) => content,
        _ => {
            let form = "'content' must be a text";
            return Err(wrong("invalid_content", form.to_owned()));
        }
    };
    if content.trim().is_empty() || content.contains('\0') {
        let form = "'content' must say something, in characters that can be written";
        return Err(wrong("invalid_content", form.to_owned()));
    }
    if content.len() > bytes_max {
        let form = format!("'content' is longer than {bytes_max} bytes");
        return Err(wrong("too_long", form));
    }
    let id = match sent.remove("id") {
        None | Some(serde_json::Value::Null) => None,
        Some(serde_json::Value::String(id)) => Some(
            id.parse()
                .map_err(|_| wrong("invalid_id", "'id' must be a UUID of your own".to_owned()))?,
        ),
        Some(_) => {
            let form = "'id' must be a UUID of your own".to_owned();
            return Err(wrong("invalid_id", form));
        }
    };
    Ok(Line { content, id })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn code(text: &str) -> String {
        let frame = read(text, 10).unwrap_err();
        let frame: Value = serde_json::from_str(frame.text().as_str()).unwrap();
        assert_eq!(frame["type"], "error");
        frame["code"].as_str().unwrap().to_owned()
    }

    #[test]
    fn a_line_is_read_and_what_is_wrong_with_it_is_said() {
        let line = |content: &str, id| Line {
            content: content.to_owned(),
            id,
        };
        let id = MessageId(Uuid::from_u128(7));
        assert_eq!(
            read(r#"{"content":"hi","x":[1]}"#, 10).unwrap(),
            line("hi", None)
        );
        let with_id = json!({"content": "hi", "id": id}).to_string();
        assert_eq!(read(&with_id, 10).unwrap(), line("hi", Some(id)));
        for (text, expected) in [
            ("hello", "invalid_json"),
            ("[]", "invalid_json"),
            ("\"content\"", "invalid_json"),
            ("{}", "invalid_content"),
            (r#"{"content":7}"#, "invalid_content"),
            (r#"{"content":" \n"}"#, "invalid_content"),
            (r#"{"content":"a\u0000"}"#, "invalid_content"),
            (r#"{"content":"12345678901"}"#, "too_long"),
            (r#"{"content":"hi","id":"7"}"#, "invalid_id"),
            (r#"{"content":"hi","id":7}"#, "invalid_id"),
        ] {
            assert_eq!(code(text), expected, "{text}");
        }
    }

    #[test]
    fn frames_have_the_fields_of_the_brief_cc43_cc44() {
        let line = SessionLine {
            id: MessageId(Uuid::from_u128(7)),
            order: 2,
            role: SpeakerRole::Ai,
            text: "hi".to_owned(),
            fallback: false,
            at: DateTime::UNIX_EPOCH,
        };
        let session = ConversationId(Uuid::from_u128(1));
        let frame: Value =
            serde_json::from_str(Frame::line(session, &line).text().as_str()).unwrap();
        let expected = json!({
            "type": "ai_response",
            "role": "ai",
            "content": "hi",
            "id": line.id,
            "order": 2,
            "session_id": session,
            "timestamp": "1970-01-01T00:00:00.000000Z",
        });
        assert_eq!(frame, expected);
        let said = SessionLine {
            role: SpeakerRole::User,
            ..line
        };
        let frame: Value =
            serde_json::from_str(Frame::line(session, &said).text().as_str()).unwrap();
        assert_eq!(
            (&frame["type"], &frame["role"]),
            (&json!("echo"), &json!("user"))
        );
    }
}
