//! Answers, good and bad, as HTTP responses.

use std::io;
use std::pin::Pin;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use serde_json::{Value, json};

use super::fault::Fault;
use super::wire::{Asked, Said, Wire};

/// Bytes of an endless reply that is not streamed.
const ENDLESS_BYTES: usize = 2 * 1024 * 1024;

/// How long the first half of a reply is given to go out before the connection is cut.
const FLUSHED_WITHIN: Duration = Duration::from_millis(30);

const PAGE: &str = "<!doctype html><html><body><h1>502 Bad Gateway</h1></body></html>";

type Chunks = Pin<Box<dyn Stream<Item = Result<Bytes, io::Error>> + Send>>;

/// What is done with the pieces of a body: where it ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Proper,
    Cut,
    Stall,
}

/// The answer to `asked`: `said`, or the fault in its place.
pub(super) fn answer(
    wire: &'static dyn Wire,
    asked: &Asked,
    mut said: Said,
    fault: Option<&Fault>,
) -> Response {
    match fault {
        None => good(wire, asked, &said),
        Some(Fault::RateLimited(wait)) => {
            let mut response = failed(wire, 429);
            let wait = wait.as_deref().and_then(|w| HeaderValue::from_str(w).ok());
            if let Some(wait) = wait {
                response.headers_mut().insert(header::RETRY_AFTER, wait);
            }
            response
        }
        Some(Fault::Status(status)) => failed(wire, *status),
        Some(Fault::Html) => typed("text/html", whole(PAGE.to_owned())),
        Some(Fault::Empty) => {
            said.text.clear();
            good(wire, asked, &said)
        }
        Some(Fault::Refused) => {
            said.refused = true;
            said.text.clear();
            good(wire, asked, &said)
        }
        Some(Fault::WrongType) => {
            let mut response = good(wire, asked, &said);
            let plain = HeaderValue::from_static("text/plain");
            response.headers_mut().insert(header::CONTENT_TYPE, plain);
            response
        }
        Some(Fault::Truncated) => half(wire, asked, &said, End::Proper),
        Some(Fault::Reset) => half(wire, asked, &said, End::Cut),
        Some(Fault::Stall | Fault::Silence) => half(wire, asked, &said, End::Stall),
        Some(Fault::Endless) => endless(wire, asked, said),
    }
}

/// An error in the provider's shape.
pub(super) fn failed(wire: &'static dyn Wire, status: u16) -> Response {
    let body = wire.error(status);
    // Gemini answers a wrong key with 400 and says so in the body.
    let status = match body.pointer("/error/code").and_then(Value::as_u64) {
        Some(code) => u16::try_from(code).unwrap_or(status),
        None => status,
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = typed("application/json", whole(body.to_string()));
    *response.status_mut() = status;
    response
}

fn good(wire: &'static dyn Wire, asked: &Asked, said: &Said) -> Response {
    if !asked.streamed {
        return typed("application/json", whole(wire.whole(said).to_string()));
    }
    if is_array(asked) {
        return typed("application/json", whole(array(wire, said)));
    }
    let chunks = wire
        .frames(said)
        .into_iter()
        .map(|frame| Ok::<_, io::Error>(Bytes::from(frame)));
    typed(wire.stream_type(), Body::from_stream(stream::iter(chunks)))
}

/// Gemini streams a JSON array unless it is asked for events.
fn is_array(asked: &Asked) -> bool {
    asked.path.contains(":streamGenerateContent") && !asked.path.contains("alt=sse")
}

fn array(wire: &'static dyn Wire, said: &Said) -> String {
    let frames = wire.frames(said);
    let parts: Vec<&str> = frames
        .iter()
        .map(|frame| frame.trim_start_matches("data: ").trim_end())
        .collect();
    format!("[{}]", parts.join(",\n"))
}

/// The first half of a reply, and then what `end` says.
fn half(wire: &'static dyn Wire, asked: &Asked, said: &Said, end: End) -> Response {
    let (kind, text) = if asked.streamed {
        (wire.stream_type(), wire.frames(said).concat())
    } else {
        ("application/json", wire.whole(said).to_string())
    };
    let middle = (text.len() / 2..text.len())
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or_default();
    let first: Chunks = Box::pin(stream::iter([Ok(Bytes::from(text[..middle].to_owned()))]));
    // What is written goes out while the rest is waited for.
    let cut = stream::once(async {
        tokio::time::sleep(FLUSHED_WITHIN).await;
        Err(io::Error::new(io::ErrorKind::ConnectionReset, "cut"))
    });
    let body: Chunks = match end {
        End::Proper => first,
        End::Cut => Box::pin(first.chain(cut)),
        End::Stall => Box::pin(first.chain(stream::pending())),
    };
    typed(kind, Body::from_stream(body))
}

fn endless(wire: &'static dyn Wire, asked: &Asked, mut said: Said) -> Response {
    if !asked.streamed {
        said.text = "and ".repeat(ENDLESS_BYTES / 4);
        return good(wire, asked, &said);
    }
    said.text = "and on ".repeat(64);
    // All but the end marks, over and over.
    let frames = wire.frames(&said);
    let (first, last) = (frames.len() / 3, frames.len() * 2 / 3);
    let middle: String = frames[first..last].concat();
    let opening: String = frames[..first].concat();
    let chunks = stream::iter([Ok::<_, io::Error>(Bytes::from(opening))])
        .chain(stream::repeat_with(move || Ok(Bytes::from(middle.clone()))));
    typed(wire.stream_type(), Body::from_stream(chunks))
}

fn whole(text: String) -> Body {
    Body::from(text)
}

fn typed(kind: &'static str, body: Body) -> Response {
    ([(header::CONTENT_TYPE, kind)], body).into_response()
}

/// The models that there are, in OpenAI's shape.
pub(super) fn models() -> Value {
    json!({"object": "list", "data": [
        {"id": "fake", "object": "model", "created": 0, "owned_by": "parlor"},
    ]})
}
