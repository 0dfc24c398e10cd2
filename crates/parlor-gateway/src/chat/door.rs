//! The way in: `GET /ws/{character}`.

use super::ChatLimits;
use super::frame::Frame;
use super::line::{End, Line, close};
use crate::auth::{Auth, Person};
use crate::extract::{Fields, Path, Query};
use crate::options::Ids;
use crate::problem::Problem;
use axum::Router;
use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::extract::{FromRef, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use parlor_model::card::Visibility;
use parlor_model::session::character_id;
use parlor_model::{Character, Clock, ConversationId, Slug, World};
use parlor_ports::chat::{Chat, ChatError, Join, Joined, Visitor, Wish};
use parlor_ports::worlds::Worlds;
use serde::Deserialize;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Before the token in `Sec-WebSocket-Protocol`.
const PROTOCOL_TOKEN: &str = "bearer.";
/// What a client asks for besides its token: a browser wants one of its protocols chosen.
const PROTOCOL: &str = "parlor.chat";
/// Largest frame, in bytes, for a text that may be so long: each of its bytes may be escaped.
const ESCAPED: usize = 6;
/// What surrounds the text in a frame.
const AROUND: usize = 1_024;
/// Bytes that a connection sets aside for reading.
const READ_BUFFER: usize = 2_048;

/// What the door needs.
#[derive(Clone)]
pub struct Door {
    /// The worlds whose characters people talk with.
    pub worlds: Worlds,
    /// Where they talk.
    pub chat: Arc<dyn Chat>,
    /// Tells who asks.
    pub auth: Auth,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Ids of sessions and lines.
    pub ids: Ids,
    /// Bounds on connections.
    pub limits: ChatLimits,
    /// Longest text of a line, in bytes.
    pub text_bytes_max: usize,
    /// Ends connections.
    pub shutdown: CancellationToken,
}

impl FromRef<Door> for Auth {
    fn from_ref(door: &Door) -> Self {
        door.auth.clone()
    }
}

/// `GET /ws/{character}`, without what surrounds a gateway's routes.
pub(crate) fn router(door: Door) -> Router {
    Router::new()
        .route("/ws/{character}", get(enter))
        .with_state(door)
}

/// What may be asked for in the query.
#[derive(Debug, Default, Deserialize)]
struct Asked {
    #[serde(default)]
    token: Option<String>,
    #[serde(default)]
    session: Option<String>,
    #[serde(default)]
    after: Option<String>,
    #[serde(default)]
    stream: Option<String>,
    #[serde(default)]
    world: Option<String>,
}

impl Fields for Asked {
    const NAMES: &'static [&'static str] = &["token", "session", "after", "stream", "world"];
}

async fn enter(
    State(door): State<Door>,
    Path(character): Path<String>,
    Query(asked): Query<Asked>,
    method: Method,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, axum::extract::ws::rejection::WebSocketUpgradeRejection>,
) -> Response {
    let Ok(upgrade) = upgrade else {
        let problem = Problem::new(
            StatusCode::UPGRADE_REQUIRED,
            "websocket_required",
            "this is a WebSocket: connect with ws://, not http://",
        );
        let header = (header::UPGRADE, HeaderValue::from_static("websocket"));
        return ([header], problem.into_response()).into_response();
    };
    let token = token_in(&headers).or_else(|| asked.token.clone());
    let person = door.person(token, &method, &headers).await;
    let upgrade = upgrade
        .protocols([PROTOCOL])
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_message_size(door.text_bytes_max * ESCAPED + AROUND)
        .max_frame_size(door.text_bytes_max * ESCAPED + AROUND);
    upgrade.on_upgrade(move |socket| async move {
        match person {
            Ok(person) => door.welcome(socket, person, &character, asked).await,
            Err(end) => close(socket, end, door.limits.send_time_max).await,
        }
    })
}

/// The token that a script in a browser can send: it names no header but this one.
fn token_in(headers: &HeaderMap) -> Option<String> {
    let values = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter();
    let names = values.filter_map(|value| value.to_str().ok());
    names
        .flat_map(|names| names.split(','))
        .find_map(|name| name.trim().strip_prefix(PROTOCOL_TOKEN))
        .map(str::to_owned)
}

impl Door {
    async fn person(
        &self,
        token: Option<String>,
        method: &Method,
        headers: &HeaderMap,
    ) -> Result<Person, End> {
        let found = match token {
            Some(token) if !headers.contains_key(header::AUTHORIZATION) => {
                self.auth.person(&token).await.map(Some)
            }
            _ => self.auth.person_of(method, headers).await,
        };
        match found {
            Ok(Some(person)) => Ok(person),
            Ok(None) => Err(End::NOBODY),
            Err(problem) => Err(match problem.status() {
                StatusCode::UNAUTHORIZED => End::NOBODY,
                StatusCode::FORBIDDEN => End::FORBIDDEN,
                StatusCode::SERVICE_UNAVAILABLE => End::LATER,
                _ => End::INTERNAL,
            }),
        }
    }

    async fn welcome(self, socket: WebSocket, person: Person, character: &str, asked: Asked) {
        let send_time_max = self.limits.send_time_max;
        let visitor = Visitor {
            account: person.account.0,
            username: person.username.to_string(),
        };
        match self.join(visitor.clone(), character, &asked).await {
            Ok((joined, greeting)) => {
                let line = Line {
                    chat: self.chat,
                    visitor,
                    limits: self.limits,
                    text_bytes_max: self.text_bytes_max,
                    ids: self.ids,
                    shutdown: self.shutdown,
                };
                line.serve(socket, joined, greeting).await;
            }
            Err(end) => close(socket, end, send_time_max).await,
        }
    }

    async fn join(
        &self,
        visitor: Visitor,
        character: &str,
        asked: &Asked,
    ) -> Result<(Joined, axum::extract::ws::Utf8Bytes), End> {
        let known = || {
            let found = find(&self.worlds, asked.world.as_deref(), character);
            found.filter(|(_, me)| may_meet(visitor.account, me))
        };
        let mut found = known();
        if found.is_none() {
            self.chat.look_for_newcomers().await;
            found = known();
        }
        let (world, me) = found.ok_or(End::UNKNOWN)?;
        let wish = match &asked.session {
            None => Wish::New(ConversationId((self.ids)())),
            Some(session) => Wish::Resume {
                session: session.parse().map_err(|_| End::UNKNOWN)?,
                after: asked.after.as_deref().and_then(|id| id.parse().ok()),
            },
        };
        let resumed = matches!(wish, Wish::Resume { .. });
        let join = Join {
            visitor,
            world: world.name.clone(),
            character: me.slug.clone(),
            wish,
            pieces: matches!(asked.stream.as_deref(), Some("1" | "true")),
        };
        let joined = self.chat.join(join).await.map_err(|error| match error {
            ChatError::UnknownCharacter(_) | ChatError::UnknownSession(_) => End::UNKNOWN,
            ChatError::NoAccount => End::NOBODY,
            ChatError::Full(_) | ChatError::TooFast(_) => End::FULL,
            ChatError::Port(error) => {
                tracing::warn!(%error, "somebody could not come in");
                if error.is_retryable() {
                    End::LATER
                } else {
                    End::INTERNAL
                }
            }
        })?;
        let id = character_id(&world.name, &me.slug);
        let now = self.clock.now();
        let greeting = Frame::greeting(&joined.session, id, &me.name, resumed, now).text();
        Ok((joined, greeting))
    }
}

/// True where this account may see a character and talk with them.
pub(crate) fn may_meet(account: Uuid, character: &Character) -> bool {
    let own = character.card.as_ref().map(|card| card.own());
    own.is_none_or(|own| own.visibility != Visibility::Private || own.owner == Some(account))
}

/// The character that a path names, by id or by slug, in a world in which people talk with characters.
pub(crate) fn find(
    worlds: &Worlds,
    world: Option<&str>,
    character: &str,
) -> Option<(Arc<World>, Arc<Character>)> {
    let id: Option<Uuid> = character.parse().ok();
    let slug = Slug::new(character).ok();
    let all = worlds.all();
    let open = all.iter().filter(|one| {
        one.routing.answers.is_some() && world.is_none_or(|name| one.name.as_str() == name)
    });
    for world in open {
        let found = match (id, &slug) {
            (Some(id), _) => world.character_of_id(id),
            (None, Some(slug)) => world.character(slug),
            (None, None) => None,
        };
        if let Some(me) = found {
            return Some((world.clone(), me.clone()));
        }
    }
    None
}
