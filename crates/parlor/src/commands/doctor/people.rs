//! Can people sign in, is a token of theirs good, and do they reach whom they talk with?

use super::roles::Known;
use super::{ANSWER_WITHIN, Finding, Where};
use crate::chat;
use crate::config::Config;
use chrono::{DateTime, Utc};
use parlor_gateway::GrpcCourier;
use parlor_gateway::auth::{TokenError, Verifier};
use parlor_model::World;
use parlor_model::world::Access;
use parlor_ports::accounts::AccountStore;
use parlor_ports::store::Store;
use reqwest::{Client, StatusCode, Upgraded, header};
use serde_json::Value;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use uuid::Uuid;

/// Any sixteen bytes do: the answer to them is not looked at (RFC 6455, 1.3).
const UPGRADE_KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
/// Close codes of chat-ws, as docs/companions.md has them.
const UNAUTHORIZED: u16 = 4401;
const NOT_FOUND: u16 = 4404;
/// A close frame, whole and not masked, and where its code is.
const CLOSE: u8 = 0x88;

/// Lines about worlds whose people sign in, and about a token that was asked about.
pub(super) async fn findings(
    config: &Config,
    store: Option<(&dyn Store, &Known)>,
    worlds: &[Arc<World>],
    place: &Where<'_>,
    now: DateTime<Utc>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let client = match Client::builder().timeout(ANSWER_WITHIN).build() {
        Ok(client) => client,
        Err(error) => return vec![Finding::bad("auth", error.to_string(), "see the message")],
    };
    if worlds.iter().any(|world| world.access == Access::Session) {
        findings.push(auth(config, &client, place.url).await);
    }
    if let (Some(token), Some((store, _))) = (place.token, store) {
        findings.push(self::token(store, token, now).await);
    }
    if worlds.iter().any(|world| chat::is_for_people(world)) {
        findings.push(chat_ws(&client, place.chat_url.unwrap_or(place.url), place.token).await);
        if let Some((_, known)) = store {
            findings.extend(deliveries(known).await);
        }
    }
    findings
}

/// Does whoever signs people in answer, with keys by which tokens can be checked?
async fn auth(config: &Config, client: &Client, gateway: &str) -> Finding {
    let base = match &config.settings.auth_addr {
        Some(address) if address.contains("://") => address.clone(),
        Some(address) => format!("http://{address}"),
        None => gateway.to_owned(),
    };
    let base = base.trim_end_matches('/');
    let url = format!("{base}/.well-known/jwks.json");
    let remedy =
        "start it (`parlor run auth`, or `parlor up`), or check --auth-addr; its log says more";
    let answer = match client.get(&url).send().await {
        Ok(answer) if answer.status().is_success() => answer.json::<Value>().await,
        Ok(answer) => {
            return Finding::bad("auth", format!("{url} answers {}", answer.status()), remedy);
        }
        Err(_) => return Finding::bad("auth", format!("nobody answers at {base}"), remedy),
    };
    let keys = answer
        .ok()
        .and_then(|set| set["keys"].as_array().map(Vec::len));
    match keys {
        Some(keys @ 1..) => {
            Finding::good("auth", format!("{base} answers, with {keys} public key(s)"))
        }
        _ => Finding::bad("auth", format!("{url} has no public key"), remedy),
    }
}

/// Is this access token good, by the keys that the roles go by?
async fn token(store: &dyn Store, token: &str, now: DateTime<Utc>) -> Finding {
    let keys = match AccountStore::public_keys(store).await {
        Ok(keys) => keys,
        Err(error) => return Finding::bad("token", error.to_string(), "see the store"),
    };
    match Verifier::of(&keys).read(token, now) {
        Ok(checked) => Finding::good(
            "token",
            format!(
                "good: of {}, until {}",
                checked.person.username,
                checked.ends_at.format("%Y-%m-%d %H:%M:%S UTC")
            ),
        ),
        Err(error) => {
            let remedy = match error {
                TokenError::Expired => {
                    "renew it (POST /refresh), or sign in again; tokens live 15 minutes"
                }
                TokenError::UnknownKey => {
                    "it was made by another installation, or its key is long gone: sign in again"
                }
                _ => "it is no access token of this server: sign in (POST /login)",
            };
            Finding::bad("token", error.to_string(), remedy)
        }
    }
}

/// Does a WebSocket come about, and is the token taken there? Asks for a character that nobody is, so
/// that no session begins.
async fn chat_ws(client: &Client, base: &str, token: Option<&str>) -> Finding {
    let base = base.trim_end_matches('/');
    let url = format!("{base}/ws/{}", Uuid::nil());
    let mut request = client
        .get(&url)
        .header(header::CONNECTION, "Upgrade")
        .header(header::UPGRADE, "websocket")
        .header(header::SEC_WEBSOCKET_VERSION, "13")
        .header(header::SEC_WEBSOCKET_KEY, UPGRADE_KEY);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let start = "start it (`parlor run chat-ws`), or name its address with --chat-url";
    let answer = match request.send().await {
        Ok(answer) if answer.status() == StatusCode::SWITCHING_PROTOCOLS => answer,
        Ok(answer) if answer.status() == StatusCode::NOT_FOUND => {
            let detail = format!("nobody takes WebSockets at {base}");
            return Finding::bad("chat-ws", detail, start);
        }
        Ok(answer) => {
            let detail = format!(
                "{base}/ws answers {} instead of a WebSocket",
                answer.status()
            );
            let remedy = "see that what is between passes upgrades on, and PARLOR_ALLOWED_HOSTS";
            return Finding::bad("chat-ws", detail, remedy);
        }
        Err(_) => return Finding::bad("chat-ws", format!("nobody answers at {base}"), start),
    };
    let closed = match answer.upgrade().await {
        Ok(stream) => tokio::time::timeout(ANSWER_WITHIN, close_code(stream)).await,
        Err(error) => return Finding::bad("chat-ws", error.to_string(), start),
    };
    match (closed.ok().flatten(), token) {
        (Some(UNAUTHORIZED), None) => Finding::good(
            "chat-ws",
            format!("{base} takes WebSockets (with --token: whether it takes that)"),
        ),
        (Some(NOT_FOUND), Some(_)) => Finding::good(
            "chat-ws",
            format!("{base} takes WebSockets, and this token"),
        ),
        (Some(UNAUTHORIZED), Some(_)) => Finding::bad(
            "chat-ws",
            format!("{base} refuses this token"),
            "see the line token; chat-ws must have the same store as the role that signs people in",
        ),
        (code, _) => Finding::bad(
            "chat-ws",
            match code {
                Some(code) => format!("{base} closes the WebSocket with {code}"),
                None => format!("{base} opens a WebSocket and says nothing"),
            },
            "see its log; docs/companions.md says what the code means",
        ),
    }
}

/// With what code the other side closes, which it does at once.
async fn close_code(mut stream: Upgraded) -> Option<u16> {
    let mut frame = [0; 4];
    stream.read_exact(&mut frame).await.ok()?;
    // The connection ends whatever becomes of this.
    let _ = stream.shutdown().await;
    let [kind, _length, high, low] = frame;
    (kind == CLOSE).then_some(u16::from_be_bytes([high, low]))
}

/// Can those who answer tell each chat-ws what is new?
async fn deliveries(known: &Known) -> Option<Finding> {
    let courier = GrpcCourier::default();
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for record in known.up() {
        let Some(address) = &record.report.deliveries else {
            continue;
        };
        match courier.reach(address).await {
            Ok(()) => good.push(address.clone()),
            Err(error) => bad.push(format!("{address} ({error})")),
        }
    }
    if !bad.is_empty() {
        return Some(Finding::bad(
            "deliveries",
            format!("can't tell chat-ws what is new at {}", bad.join(", ")),
            "set PARLOR_DELIVERIES and PARLOR_DELIVERIES_AT of chat-ws to an address that the others reach; \
             meanwhile answers come a second or two late",
        ));
    }
    let detail = format!("chat-ws is told what is new at {}", good.join(", "));
    (!good.is_empty()).then(|| Finding::good("deliveries", detail))
}
