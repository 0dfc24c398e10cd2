//! A plain reader of server-sent events.

use crate::wait::SOON;
use futures::StreamExt;
use futures::stream::BoxStream;
use std::collections::VecDeque;

/// One event.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Event {
    /// Where to go on after it.
    pub id: String,
    /// `message`, `conversation.opened`, ..
    pub kind: String,
    /// Its data.
    pub data: serde_json::Value,
}

/// An open stream of events.
pub struct Events {
    bytes: BoxStream<'static, Vec<u8>>,
    text: Vec<u8>,
    ready: VecDeque<Event>,
    /// The latest id that was seen, also one that came without an event.
    pub last_id: String,
}

impl Events {
    /// Opens `/api/events?query` at `base`, after the event `last_id` if given, and waits for the
    /// greeting: what happens from now on is not missed.
    ///
    /// # Panics
    /// The server refuses, or is away.
    pub async fn open(base: &str, query: &str, last_id: Option<&str>) -> Self {
        // Built together with the binary, reqwest has TLS and wants a provider for it. An error says
        // that one is set already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .no_proxy()
            .build()
            .expect("a client can be made");
        let mut request = client.get(format!("{base}/api/events?{query}"));
        if let Some(id) = last_id {
            request = request.header("Last-Event-ID", id);
        }
        let response = request.send().await.expect("the gateway answers");
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let bytes = response
            .bytes_stream()
            .take_while(|chunk| futures::future::ready(chunk.is_ok()))
            .filter_map(|chunk| futures::future::ready(chunk.ok().map(|c| c.to_vec())))
            .boxed();
        let mut events = Self {
            bytes,
            text: Vec::new(),
            ready: VecDeque::new(),
            last_id: last_id.unwrap_or_default().to_owned(),
        };
        let greeting = tokio::time::timeout(SOON, events.read()).await;
        assert!(greeting == Ok(true), "the stream begins with a greeting");
        events
    }

    /// The next event; `None` when the server ended the stream.
    ///
    /// # Panics
    /// Half a minute went by without any.
    pub async fn next(&mut self) -> Option<Event> {
        let next = async {
            loop {
                if let Some(event) = self.ready.pop_front() {
                    return Some(event);
                }
                if !self.read().await {
                    return None;
                }
            }
        };
        let next = tokio::time::timeout(SOON, next).await;
        next.expect("an event comes within half a minute")
    }

    /// Reads some bytes; false at the end.
    async fn read(&mut self) -> bool {
        let Some(chunk) = self.bytes.next().await else {
            return false;
        };
        self.text.extend(chunk);
        while let Some(end) = self.text.windows(2).position(|two| two == b"\n\n") {
            let frame: Vec<u8> = self.text.drain(..end + 2).collect();
            self.take(&String::from_utf8_lossy(&frame));
        }
        true
    }

    fn take(&mut self, frame: &str) {
        let mut event = Event::default();
        let mut data = String::new();
        for line in frame.lines() {
            match line.split_once(": ") {
                Some(("id", id)) => {
                    id.clone_into(&mut event.id);
                    id.clone_into(&mut self.last_id);
                }
                Some(("event", kind)) => kind.clone_into(&mut event.kind),
                Some(("data", text)) => data.push_str(text),
                _ => {}
            }
        }
        if !data.is_empty() {
            event.data = serde_json::from_str(&data)
                .unwrap_or_else(|e| panic!("the data of an event is no JSON ({e}): {data}"));
            self.ready.push_back(event);
        }
    }
}
