//! Reading a chat: as much of the documented request as a character can heed. Fields that nobody
//! here knows are ignored, as clients of this API expect.

use super::invalid;
use crate::problem::Problem;
use parlor_ports::parley::{Brought, Speaker};
use serde::Deserialize;
use serde_json::Value;

/// Messages in one chat, at most.
const MESSAGES_MAX: usize = 1_000;
/// Sequences that end a line, at most.
const STOPS_MAX: usize = 16;
/// Longest of them, in bytes.
const STOP_BYTES_MAX: usize = 200;
/// Longest name of a person, in characters.
const NAME_CHARS_MAX: usize = 64;

/// As it comes.
#[derive(Deserialize)]
struct Sent {
    model: Option<String>,
    messages: Option<Vec<SentMessage>>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    n: Option<i64>,
    user: Option<String>,
    max_tokens: Option<i64>,
    max_completion_tokens: Option<i64>,
    stop: Option<Value>,
    /// Has its say in what a language model's own world sets; here it is only checked.
    temperature: Option<f64>,
    seed: Option<i64>,
}

#[derive(Deserialize)]
struct StreamOptions {
    include_usage: Option<bool>,
}

#[derive(Deserialize)]
struct SentMessage {
    role: String,
    content: Option<Value>,
    name: Option<String>,
}

/// A chat that is asked to go on.
#[derive(Debug, PartialEq)]
pub(super) struct Chat {
    pub(super) model: String,
    pub(super) lines: Vec<Brought>,
    /// What system messages say.
    pub(super) note: Option<String>,
    pub(super) person: Option<String>,
    pub(super) stream: bool,
    pub(super) usage_in_stream: bool,
    /// Tokens of the answer, at most.
    pub(super) tokens_max: Option<usize>,
    pub(super) stops: Vec<String>,
    pub(super) seed: Option<u64>,
}

impl Chat {
    /// Reads a body.
    ///
    /// # Errors
    /// It is no JSON, lacks something, or wants what no character can give.
    pub(super) fn parse(body: &[u8]) -> Result<Self, Problem> {
        let sent = read(body)?;
        let model = sent.model.filter(|model| !model.is_empty());
        let model = model
            .ok_or_else(|| missing("model", "name a character, as GET /v1/models lists them"))?;
        if sent.n.is_some_and(|n| n != 1) {
            return Err(invalid(
                "n",
                "a character gives one answer: leave 'n' out, or set it to 1",
            ));
        }
        if sent.temperature.is_some_and(|t| !(0.0..=2.0).contains(&t)) {
            return Err(invalid("temperature", "'temperature' goes from 0 to 2"));
        }
        let messages = sent.messages.filter(|messages| !messages.is_empty());
        let messages =
            messages.ok_or_else(|| missing("messages", "it needs one message at least"))?;
        let (lines, note) = talk(messages)?;
        Ok(Self {
            model,
            lines,
            note,
            person: sent
                .user
                .map(|user| name(user, "user"))
                .transpose()?
                .flatten(),
            stream: sent.stream.unwrap_or(false),
            usage_in_stream: sent
                .stream_options
                .and_then(|options| options.include_usage)
                .unwrap_or(false),
            tokens_max: tokens_max(sent.max_tokens, sent.max_completion_tokens)?,
            stops: stops(sent.stop)?,
            seed: sent.seed.map(i64::cast_unsigned),
        })
    }
}

fn read(body: &[u8]) -> Result<Sent, Problem> {
    let value: Value = serde_json::from_slice(body)
        .map_err(|e| Problem::malformed("invalid_json", format!("the body is not JSON: {e}")))?;
    serde_path_to_error::deserialize(value).map_err(|e| {
        let path = e.path().to_string();
        let detail = format!("field '{path}': {}", e.inner());
        Problem::malformed("invalid_type", detail).with("param", path)
    })
}

/// What was said, and what system messages tell about the scene.
fn talk(messages: Vec<SentMessage>) -> Result<(Vec<Brought>, Option<String>), Problem> {
    if messages.len() > MESSAGES_MAX {
        let detail = format!(
            "{} messages are too many: send the latest {MESSAGES_MAX} at most",
            messages.len()
        );
        return Err(invalid("messages", detail));
    }
    let (mut lines, mut notes) = (Vec::new(), Vec::new());
    for (n, message) in messages.into_iter().enumerate() {
        let place = format!("messages[{n}]");
        let text = text(message.content, &place)?;
        let by = match message.role.as_str() {
            "system" | "developer" => {
                notes.extend(text);
                continue;
            }
            "assistant" => Speaker::Character,
            "user" => {
                let named = message
                    .name
                    .map(|text| name(text, &format!("{place}.name")));
                Speaker::Person(named.transpose()?.flatten())
            }
            other => return Err(wrong_role(other, &place)),
        };
        lines.extend(text.map(|text| Brought { by, text }));
    }
    Ok((
        lines,
        Some(notes.join("\n")).filter(|note| !note.is_empty()),
    ))
}

/// The words of a message; `None` where there are none.
fn text(content: Option<Value>, place: &str) -> Result<Option<String>, Problem> {
    let param = format!("{place}.content");
    let text = match content {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text,
        Some(Value::Array(parts)) => parts
            .iter()
            .map(|part| part_text(part, &param))
            .collect::<Result<Vec<_>, _>>()?
            .join("\n"),
        Some(_) => {
            return Err(invalid(
                &param,
                format!("'{param}' is a text or a list of parts"),
            ));
        }
    };
    Ok(Some(text).filter(|text| !text.trim().is_empty()))
}

fn part_text<'a>(part: &'a Value, param: &str) -> Result<&'a str, Problem> {
    match (part["type"].as_str(), part["text"].as_str()) {
        (Some("text"), Some(text)) => Ok(text),
        (Some("text") | None, _) => Err(invalid(
            param,
            format!("a part of '{param}' lacks its text: {{\"type\": \"text\", \"text\": \"..\"}}"),
        )),
        (Some(kind), _) => {
            let kind: String = kind.chars().take(40).collect();
            Err(invalid(
                param,
                format!("characters read text only: leave the part of type '{kind}' out"),
            ))
        }
    }
}

fn wrong_role(role: &str, place: &str) -> Problem {
    let role: String = role.chars().take(40).collect();
    let detail = match role.as_str() {
        "tool" | "function" => format!("characters use no tools: leave messages of '{role}' out"),
        _ => format!("there is no role '{role}': use system, developer, user or assistant"),
    };
    invalid(&format!("{place}.role"), detail)
}

/// What a person is called: in one line, without blanks around it; `None` where nothing is left.
fn name(text: String, param: &str) -> Result<Option<String>, Problem> {
    let words: Vec<_> = text.split_whitespace().collect();
    let name = words.join(" ");
    let fits = name.chars().count() <= NAME_CHARS_MAX && !name.chars().any(char::is_control);
    if !fits {
        let detail = format!("'{param}' is a name of at most {NAME_CHARS_MAX} characters");
        return Err(invalid(param, detail));
    }
    Ok(Some(name).filter(|name| !name.is_empty()))
}

fn tokens_max(old: Option<i64>, new: Option<i64>) -> Result<Option<usize>, Problem> {
    let (name, wanted) = match (new, old) {
        (Some(new), _) => ("max_completion_tokens", new),
        (None, Some(old)) => ("max_tokens", old),
        (None, None) => return Ok(None),
    };
    match usize::try_from(wanted) {
        Ok(max) if max > 0 => Ok(Some(max)),
        _ => Err(invalid(
            name,
            format!("'{name}' is {wanted}: ask for 1 or more"),
        )),
    }
}

fn stops(sent: Option<Value>) -> Result<Vec<String>, Problem> {
    let all = match sent {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::String(one)) => vec![Value::String(one)],
        Some(Value::Array(several)) => several,
        Some(_) => return Err(invalid("stop", "'stop' is a text or a list of texts")),
    };
    if all.len() > STOPS_MAX {
        return Err(invalid(
            "stop",
            format!("'stop' has at most {STOPS_MAX} texts"),
        ));
    }
    let mut stops = Vec::with_capacity(all.len());
    for stop in all {
        match stop {
            Value::String(text) if text.is_empty() => {}
            Value::String(text) if text.len() <= STOP_BYTES_MAX => stops.push(text),
            _ => {
                let detail = format!("each of 'stop' is a text of at most {STOP_BYTES_MAX} bytes");
                return Err(invalid("stop", detail));
            }
        }
    }
    Ok(stops)
}

fn missing(param: &str, remedy: &str) -> Problem {
    let detail = format!("the field '{param}' is missing: {remedy}");
    Problem::malformed("missing_required_parameter", detail).with("param", param)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chat(body: &str) -> Chat {
        Chat::parse(body.as_bytes()).unwrap()
    }

    #[test]
    fn system_messages_are_notes_and_parts_are_put_together() {
        let chat = chat(
            r#"{"model": "friends/ross", "messages": [
                {"role": "system", "content": "It rains."},
                {"role": "user", "name": "Ann", "content": [
                    {"type": "text", "text": "Hi"}, {"type": "text", "text": "you"}]},
                {"role": "assistant", "content": "Hello."},
                {"role": "assistant", "content": null},
                {"role": "developer", "content": "At night."},
                {"role": "user", "content": "Well?"}],
              "user": " Bea  B ", "stop": ["\n", ""], "max_tokens": 9, "unheard_of": [1]}"#,
        );
        let line = |by, text: &str| Brought {
            by,
            text: text.to_owned(),
        };
        let expected = [
            line(Speaker::Person(Some("Ann".to_owned())), "Hi\nyou"),
            line(Speaker::Character, "Hello."),
            line(Speaker::Person(None), "Well?"),
        ];
        assert_eq!(chat.lines, expected);
        assert_eq!(chat.note.as_deref(), Some("It rains.\nAt night."));
        assert_eq!(chat.person.as_deref(), Some("Bea B"));
        assert_eq!(
            (chat.stops, chat.tokens_max),
            (vec!["\n".to_owned()], Some(9))
        );
    }

    #[test]
    fn what_no_character_can_do_is_refused_by_its_name() {
        for (fields, param) in [
            (r#""n": 2"#, "n"),
            (r#""max_tokens": 0"#, "max_tokens"),
            (r#""max_completion_tokens": -1"#, "max_completion_tokens"),
            (r#""temperature": 3"#, "temperature"),
            (r#""stop": 7"#, "stop"),
            (r#""stream": "yes""#, "stream"),
            (r#""messages": []"#, "messages"),
            (
                r#""messages": [{"role": "tool", "content": "x"}]"#,
                "messages[0].role",
            ),
            (
                r#""messages": [{"role": "user", "content": [{"type": "image_url"}]}]"#,
                "messages[0].content",
            ),
        ] {
            let rest = if fields.contains("messages") {
                ""
            } else {
                r#", "messages": [{"role": "user", "content": "x"}]"#
            };
            let body = format!(r#"{{"model": "a/b", {fields}{rest}}}"#);
            let problem = Chat::parse(body.as_bytes()).unwrap_err();
            assert_eq!(problem.fact("param"), Some(&param.into()), "{fields}");
            assert_eq!(problem.status(), 400);
        }
    }
}
