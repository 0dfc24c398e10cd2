//! A plain HTTP client.

use crate::wait::{SOON, within};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::Value;
use std::time::Duration;

/// Messages or conversations asked for at once.
const PAGE: usize = 200;

/// Asks a server.
#[derive(Debug, Clone)]
pub struct Api {
    client: Client,
    /// Where it is, without a slash at the end.
    pub base: String,
}

/// What a server answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The body as JSON; null when it is none.
    pub json: Value,
    /// The body as text.
    pub text: String,
    /// The headers.
    pub headers: reqwest::header::HeaderMap,
}

impl Answer {
    /// A header's text, or nothing.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default()
    }

    /// The JSON, when the status is this one.
    ///
    /// # Panics
    /// It is another.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self.json
    }
}

impl Api {
    /// A client of the server at `base`.
    ///
    /// # Panics
    /// The client can't be made.
    #[must_use]
    pub fn new(base: impl Into<String>) -> Self {
        // Built together with the binary, reqwest has TLS and wants a provider for it. An error says
        // that one is set already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .timeout(Duration::from_secs(40))
            .no_proxy()
            .build()
            .expect("a plain client can be made");
        Self {
            client,
            base: base.into(),
        }
    }

    /// A request to be filled in.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base))
    }

    /// Sends it.
    ///
    /// # Errors
    /// No answer came.
    pub async fn try_send(request: RequestBuilder) -> reqwest::Result<Answer> {
        let response = request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await?;
        let json = serde_json::from_str(&text).unwrap_or_default();
        Ok(Answer {
            status,
            json,
            text,
            headers,
        })
    }

    /// Sends it.
    ///
    /// # Panics
    /// No answer came.
    pub async fn send(request: RequestBuilder) -> Answer {
        Self::try_send(request)
            .await
            .unwrap_or_else(|e| panic!("no answer: {e:?}"))
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        Self::send(self.request(Method::GET, path)).await
    }

    /// `POST` without a body.
    pub async fn post(&self, path: &str) -> Answer {
        Self::send(self.request(Method::POST, path)).await
    }

    /// Starts a conversation and gives its id.
    pub async fn start(&self, world: &str, wish: &Value) -> String {
        let path = format!("/api/worlds/{world}/conversations");
        let answer = Self::send(self.request(Method::POST, &path).json(wish)).await;
        text(&answer.expect(202)["conversationId"])
    }

    /// A conversation as it is now.
    pub async fn conversation(&self, id: &str) -> Value {
        self.get(&format!("/api/conversations/{id}"))
            .await
            .expect(200)
    }

    /// All messages of a conversation, in the order in which they were stored.
    pub async fn messages(&self, id: &str) -> Vec<Value> {
        self.all(
            &format!("/api/conversations/{id}/messages?limit={PAGE}"),
            "after",
        )
        .await
    }

    /// The lines of a conversation, without asides.
    pub async fn lines(&self, id: &str) -> Vec<Value> {
        let mut messages = self.messages(id).await;
        messages.retain(|message| message["kind"] == "line");
        messages
    }

    /// Every item of a list, page by page.
    ///
    /// # Panics
    /// The list does not end.
    pub async fn all(&self, path: &str, cursor: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut next = String::new();
        for _ in 0..10_000 {
            let mut page = self.get(&format!("{path}{next}")).await.expect(200);
            match page["items"].take() {
                Value::Array(part) => items.extend(part),
                other => panic!("'items' is no list: {other}"),
            }
            match &page["nextCursor"] {
                Value::String(at) => next = format!("&{cursor}={at}"),
                _ => return items,
            }
        }
        panic!("{path} does not end");
    }

    /// Waits until a conversation is over, and gives it.
    pub async fn closed(&self, id: &str) -> Value {
        within(SOON * 2, &format!("conversation {id} is over"), || async {
            let conversation = self.conversation(id).await;
            (conversation["status"] == "CLOSED").then_some(conversation)
        })
        .await
    }

    /// Waits until a conversation has this many lines.
    pub async fn until_lines(&self, id: &str, count: usize) -> Vec<Value> {
        within(
            SOON,
            &format!("conversation {id} has {count} lines"),
            || async {
                let lines = self.lines(id).await;
                (lines.len() >= count).then_some(lines)
            },
        )
        .await
    }

    /// Waits until no conversation of a world goes on.
    pub async fn quiet(&self, world: &str) {
        let path = format!("/api/worlds/{world}/conversations?status=ACTIVE&limit=1");
        within(SOON * 2, "every conversation is over", || async {
            let page = self.get(&path).await.expect(200);
            (page["items"] == serde_json::json!([])).then_some(())
        })
        .await;
    }
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("not a text: {value}"))
        .to_owned()
}
