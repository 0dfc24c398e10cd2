//! `parlor watch`: follows a running server's live events, and comes back after a break.

use super::say;
use crate::Ended;
use crate::cli::Format;
use crate::render::Terminal;
use anyhow::{Context, bail};
use futures::StreamExt;
use parlor_model::world::Pace;
use parlor_model::{Conversation, Message};
use parlor_ports::store::Happening;
use serde::Deserialize;
use std::time::Duration;

/// Pause before the connection is made again.
const AGAIN_AFTER: Duration = Duration::from_secs(1);
/// Longest line of an event stream that is read.
const LINE_BYTES_MAX: usize = 4 << 20;

/// What is followed.
struct Watch {
    url: String,
    query: Vec<(&'static str, String)>,
    format: Format,
    last_id: Option<String>,
    left: Option<u64>,
}

/// One server-sent event.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) id: Option<String>,
    pub(crate) kind: String,
    pub(crate) data: String,
}

/// Follows until stopped, or until `count` messages have been printed.
pub(crate) async fn run(
    url: &str,
    world: Option<String>,
    conversation: Option<String>,
    format: Format,
    count: Option<u64>,
) -> anyhow::Result<Ended> {
    let query = [("world", world), ("conversation", conversation)];
    let mut watch = Watch {
        url: format!("{}/api/events", url.trim_end_matches('/')),
        query: query
            .into_iter()
            .filter_map(|(k, v)| Some((k, v?)))
            .collect(),
        format,
        last_id: None,
        left: count,
    };
    let mut connected_before = false;
    loop {
        match watch.follow(&mut connected_before).await {
            Ok(true) => return Ok(Ended::Well),
            Ok(false) => eprintln!("the server ended the stream; trying again"),
            Err(error) if connected_before && error.downcast_ref::<reqwest::Error>().is_some() => {
                eprintln!("not live: {error:#}; trying again");
            }
            Err(error) => return Err(error),
        }
        tokio::time::sleep(AGAIN_AFTER).await;
    }
}

impl Watch {
    /// One connection; true when enough has been printed.
    async fn follow(&mut self, connected: &mut bool) -> anyhow::Result<bool> {
        if self.left == Some(0) {
            return Ok(true);
        }
        let mut request = reqwest::Client::new().get(&self.url).query(&self.query);
        if let Some(id) = &self.last_id {
            request = request.header("last-event-id", id);
        }
        let response = request.send().await.map_err(|e| {
            anyhow::Error::new(e).context(format!(
                "no server answers at {}: start one with `parlor up`",
                self.url
            ))
        })?;
        if !response.status().is_success() {
            let status = response.status();
            let body: serde_json::Value = response.json().await.unwrap_or_default();
            bail!(
                "the server says {status}: {}",
                body["detail"].as_str().unwrap_or("no reason given")
            );
        }
        *connected = true;
        let mut bytes = response.bytes_stream();
        let mut parser = Parser::default();
        while let Some(chunk) = bytes.next().await {
            for event in parser.feed(&chunk?)? {
                if self.show(event)? {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Prints one event; true when it was the last one wanted.
    fn show(&mut self, event: Event) -> anyhow::Result<bool> {
        if event.id.is_some() {
            self.last_id = event.id;
        }
        if event.kind == "characters.moved" {
            return self.moved(&event.data);
        }
        let Some(what) = happening(&event.kind, &event.data)? else {
            return Ok(false);
        };
        match (self.format, &what) {
            (Format::Jsonl, Happening::Message(_)) => say(&event.data)?,
            (Format::Jsonl, _) => {}
            (Format::Text, _) => {
                if let Some(line) = Terminal::stdout().happening(&what) {
                    say(&line)?;
                }
            }
        }
        if let (Happening::Message(_), Some(left)) = (&what, &mut self.left) {
            *left -= 1;
            return Ok(*left == 0);
        }
        Ok(false)
    }

    /// Prints a move that sets out; true when it was the last one wanted.
    fn moved(&mut self, data: &str) -> anyhow::Result<bool> {
        let moved: Moved =
            serde_json::from_str(data).context("the server sent a move that can't be read")?;
        let Some(from) = moved.from.filter(|_| moved.state == "sent") else {
            return Ok(false);
        };
        let who: Vec<_> = moved.characters.iter().map(String::as_str).collect();
        match self.format {
            Format::Jsonl => say(data)?,
            Format::Text => {
                let terminal = Terminal::stdout();
                say(&terminal.owl_post(&from, &who, &moved.scene, &moved.queue))?;
            }
        }
        if let Some(left) = &mut self.left {
            *left -= 1;
            return Ok(*left == 0);
        }
        Ok(false)
    }
}

/// What is shown of a `characters.moved` event.
#[derive(Debug, Deserialize)]
struct Moved {
    from: Option<String>,
    characters: Vec<String>,
    scene: String,
    queue: String,
    state: String,
}

fn happening(kind: &str, data: &str) -> anyhow::Result<Option<Happening>> {
    let context = || format!("the server sent a '{kind}' event that can't be read");
    Ok(match kind {
        "message" => Some(Happening::Message(
            serde_json::from_str::<Message>(data).with_context(context)?,
        )),
        "conversation.opened" => Some(Happening::Opened(conversation(data).with_context(context)?)),
        "conversation.closed" => Some(Happening::Closed(conversation(data).with_context(context)?)),
        "world.paused" => Some(Happening::Paused(true)),
        "world.resumed" => Some(Happening::Paused(false)),
        "world.changed" => Some(Happening::Paced(pace(data).with_context(context)?)),
        _ => None,
    })
}

fn conversation(data: &str) -> serde_json::Result<Conversation> {
    serde_json::from_str(data)
}

fn pace(data: &str) -> anyhow::Result<Pace> {
    let data: serde_json::Value = serde_json::from_str(data)?;
    Ok(data["pace"].as_str().unwrap_or_default().parse()?)
}

/// Takes an event stream apart (WHATWG HTML, "Server-sent events").
#[derive(Default)]
pub(crate) struct Parser {
    buffer: Vec<u8>,
    event: Event,
}

impl Parser {
    pub(crate) fn feed(&mut self, chunk: &[u8]) -> anyhow::Result<Vec<Event>> {
        self.buffer.extend_from_slice(chunk);
        let mut events = Vec::new();
        while let Some(end) = self.buffer.iter().position(|b| *b == b'\n') {
            let line: Vec<u8> = self.buffer.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_end_matches(['\r', '\n']);
            if line.is_empty() {
                let event = std::mem::take(&mut self.event);
                if !event.data.is_empty() {
                    events.push(event);
                }
            } else {
                self.field(line);
            }
        }
        if self.buffer.len() > LINE_BYTES_MAX {
            bail!("the server sends a line of over {LINE_BYTES_MAX} bytes");
        }
        Ok(events)
    }

    fn field(&mut self, line: &str) {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "id" => self.event.id = Some(value.to_owned()),
            "event" => value.clone_into(&mut self.event.kind),
            "data" => {
                if !self.event.data.is_empty() {
                    self.event.data.push('\n');
                }
                self.event.data.push_str(value);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_taken_apart_wherever_the_chunks_end() {
        let stream = b": hello\n\nid: 1-2\nevent: message\ndata: {\"a\":\ndata: 1}\r\n\r\nid: 3\ndata: x\n\n";
        for size in 1..stream.len() {
            let mut parser = Parser::default();
            let events: Vec<_> = stream
                .chunks(size)
                .flat_map(|chunk| parser.feed(chunk).unwrap())
                .collect();
            assert_eq!(events.len(), 2, "chunks of {size}");
            assert_eq!(events[0].data, "{\"a\":\n1}");
            assert_eq!(events[0].id.as_deref(), Some("1-2"));
            assert_eq!(events[0].kind, "message");
        }
    }
}
