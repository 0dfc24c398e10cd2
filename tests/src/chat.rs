//! People who talk with characters.

use crate::api::Api;
use crate::wait::SOON;
use futures::{SinkExt, StreamExt};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// Somebody who has signed in.
#[derive(Debug, Clone)]
pub struct Signed {
    /// By what they sign in.
    pub username: String,
    /// Their access token.
    pub token: String,
}

impl Signed {
    /// Signs up, and in.
    ///
    /// # Panics
    /// The server refuses.
    pub async fn up(api: &Api, username: &str) -> Self {
        let password = "a long walk by the sea 77";
        let wish = json!({ "username": username, "name": "Ann", "password": password });
        let request = api.request(Method::POST, "/register").json(&wish);
        Api::send(request).await.expect(201);
        let form = format!(
            "username={username}&password={}",
            password.replace(' ', "+")
        );
        let request = api
            .request(Method::POST, "/login")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form);
        let pair = Api::send(request).await.expect(200);
        let token = pair["access_token"].as_str().unwrap_or_default().to_owned();
        Self {
            username: username.to_owned(),
            token,
        }
    }

    /// `GET`, as this person.
    pub async fn get(&self, api: &Api, path: &str) -> crate::Answer {
        let request = api.request(Method::GET, path).bearer_auth(&self.token);
        Api::send(request).await
    }
}

/// A connection.
pub struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

/// How a connection ended: its close code, if it was told one.
pub type Code = Option<u16>;

impl Socket {
    /// Connects to `/ws/{path}` of the server at `base`.
    ///
    /// # Errors
    /// Nobody is there, or it refuses.
    pub async fn try_connect(base: &str, path: &str) -> anyhow::Result<Self> {
        let url = format!("{}/ws/{path}", base.replacen("http", "ws", 1));
        let (socket, _) = tokio_tungstenite::connect_async(url.into_client_request()?).await?;
        Ok(Self(socket))
    }

    /// Connects.
    ///
    /// # Panics
    /// Nobody is there, or it refuses.
    pub async fn connect(base: &str, path: &str) -> Self {
        let connected = Self::try_connect(base, path).await;
        connected.unwrap_or_else(|error| panic!("can't connect to /ws/{path}: {error:#}"))
    }

    /// Sends a text as it is.
    ///
    /// # Errors
    /// The connection is gone.
    pub async fn send(&mut self, text: String) -> anyhow::Result<()> {
        Ok(self.0.send(Message::text(text)).await?)
    }

    /// Says a line.
    ///
    /// # Errors
    /// The connection is gone.
    pub async fn say(&mut self, content: &str) -> anyhow::Result<()> {
        self.send(json!({ "content": content }).to_string()).await
    }

    /// The next frame, or how the connection ended.
    ///
    /// # Panics
    /// Nothing came for a long time, or something that is no JSON.
    pub async fn next(&mut self) -> Result<Value, Code> {
        loop {
            let next = tokio::time::timeout(SOON, self.0.next()).await;
            let frame = next.unwrap_or_else(|_| panic!("no frame came"));
            match frame {
                Some(Ok(Message::Text(text))) => {
                    let frame = serde_json::from_str(&text);
                    return Ok(frame.unwrap_or_else(|e| panic!("not JSON ({e}): {text}")));
                }
                Some(Ok(Message::Close(frame))) => {
                    return Err(frame.map(|frame| frame.code.into()));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(None),
            }
        }
    }

    /// The next frame of this `type`; others before it are passed over.
    ///
    /// # Panics
    /// The connection ended before, or nothing came for a long time.
    pub async fn until(&mut self, kind: &str) -> Value {
        loop {
            match self.next().await {
                Ok(frame) if frame["type"] == kind => return frame,
                Ok(_) => {}
                Err(code) => panic!("the connection ended ({code:?}) before '{kind}'"),
            }
        }
    }

    /// How the connection ends; what comes before is passed over.
    ///
    /// # Panics
    /// It does not end for a long time.
    pub async fn end(&mut self) -> Code {
        loop {
            if let Err(code) = self.next().await {
                return code;
            }
        }
    }
}
