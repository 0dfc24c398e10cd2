//! The desk for bots of programs from outside: each request by itself over HTTP, or all of them over one
//! WebSocket, by which what is said to the bot comes as well.

use super::directory::of_bots;
use crate::extract::{Fields, JsonBody, Query};
use crate::problem::{PROBLEM_JSON, Problem};
use crate::stage::Stage;
use axum::Json;
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt, StreamExt};
use parlor_model::{Envelope, EventBody};
use parlor_ports::bus::{Delivery, SubscribeOptions, Subscription, Verdict};
use parlor_ports::desk::{BotDesk, BotReply, BotRequest, DeskError, KeyHolder};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::MissedTickBehavior;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// Largest frame, in bytes.
const FRAME_BYTES_MAX: usize = 128 << 10;
/// Lines on their way to a bot at once.
const PREFETCH: u16 = 64;
/// Longest time that a frame may take to be sent.
const SEND_TIME_MAX: Duration = Duration::from_secs(10);

pub(crate) fn router() -> OpenApiRouter<Stage> {
    OpenApiRouter::new()
        .routes(routes!(ask))
        .routes(routes!(connect))
}

/// What a program asks for its bot. Which fields there are depends on `type`:
/// `register` (`name`), `list` and `inboxes` (`after`, `limit`), `renew` and `leave` (`key`), `open` (`key`,
/// `to`, `topic`, `text`), `say` (`key`, `conversation`, `message`, `text`, `last`).
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "type": "register", "name": "parrot" }))]
pub(crate) struct BotAsk {
    /// What is asked: `register`, `list`, `inboxes`, `renew`, `leave`, `open` or `say`.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    /// Slug of the world; left out: the first one to which bots come.
    #[serde(default, skip_serializing)]
    world: Option<String>,
    /// The bot's name; left out: it is given one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The bot's key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// With whom; left out: with somebody by the world's rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    /// About what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    topic: Option<String>,
    /// What the bot says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// In this conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    conversation: Option<Uuid>,
    /// The line that it answers; left out: it opens the conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message: Option<Uuid>,
    /// True for the last line of the conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last: Option<bool>,
    /// List after this name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<String>,
    /// List so many at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    limit: Option<u32>,
}

impl Fields for BotAsk {
    const NAMES: &'static [&'static str] = &[
        "type",
        "world",
        "name",
        "key",
        "to",
        "topic",
        "text",
        "conversation",
        "message",
        "last",
        "after",
        "limit",
    ];
}

/// Ask the desk for bots
///
/// The same requests as on the bus and over `/api/bots/connect` (see `/asyncapi.json`), one at a time. The
/// reply has a `type` of its own: `registered`, `bots`, `inboxes`, `renewed`, `left`, `opened`, `said`.
#[utoipa::path(post, path = "/api/bots", tag = "bots",
    request_body = BotAsk,
    responses(
        (status = 200, body = Value, description = "The reply."),
        (status = 400, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_json`, `unknown_field`, `invalid_request`, `invalid_name`, `invalid_text`, `refused`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON,
            description = "`unknown_key`, `sign_in_required`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON,
            description = "`unknown_world`, `no_bots`, `unknown_bot`, `unknown_conversation`"),
        (status = 409, body = Problem, content_type = PROBLEM_JSON, description = "`name_taken`, `stale`"),
        (status = 413, body = Problem, content_type = PROBLEM_JSON, description = "`too_large`"),
        (status = 415, body = Problem, content_type = PROBLEM_JSON, description = "`not_json`"),
        (status = 503, body = Problem, content_type = PROBLEM_JSON,
            description = "`unavailable`, `full`, `nobody_is_free`, `paused`"),
    ))]
async fn ask(
    State(stage): State<Stage>,
    JsonBody(asked): JsonBody<BotAsk>,
) -> Result<Json<Value>, Problem> {
    let world = of_bots(&stage, asked.world.as_deref())?;
    let request = serde_json::to_value(&asked)
        .and_then(serde_json::from_value::<BotRequest>)
        .map_err(|error| Problem::malformed("invalid_request", error.to_string()))?;
    let reply = stage.options.bots.ask(&world.name, request).await;
    reply
        .map(|reply| Json(in_json(&reply)))
        .map_err(|error| problem(&error))
}

/// Who connects.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ConnectQuery {
    /// The bot's key, for programs that can't send `Authorization: Bearer`.
    key: Option<String>,
}

impl Fields for ConnectQuery {
    const NAMES: &'static [&'static str] = &["key"];
}

/// Connect a bot (WebSocket)
///
/// What is said to the bot comes as frames (`opening`, `heard`); requests of `POST /api/bots` go the other way,
/// without their key, and are replied to in order. As long as the connection is there, so is the bot.
#[utoipa::path(get, path = "/api/bots/connect", tag = "bots",
    params(ConnectQuery),
    responses(
        (status = 101, description = "Switched to the WebSocket protocol."),
        (status = 400, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_query`, `unknown_field`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON, description = "`unknown_key`"),
        (status = 426, body = Problem, content_type = PROBLEM_JSON, description = "`websocket_required`"),
        (status = 503, body = Problem, content_type = PROBLEM_JSON, description = "`unavailable`"),
    ))]
async fn connect(
    State(stage): State<Stage>,
    Query(query): Query<ConnectQuery>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let bearer = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let key = bearer.map(str::to_owned).or(query.key).unwrap_or_default();
    let holder = stage.options.bots.holder(&key).await;
    let holder = holder.map_err(|error| problem(&error))?;
    let Ok(upgrade) = upgrade else {
        return Err(Problem::new(
            StatusCode::UPGRADE_REQUIRED,
            "websocket_required",
            "this is a WebSocket: connect with ws://, not http://",
        ));
    };
    let subscription = stage
        .options
        .bus
        .subscribe(SubscribeOptions {
            group: format!("{}-bot-{}", holder.world, holder.name),
            inboxes: vec![holder.inbox.clone()],
            prefetch: PREFETCH,
        })
        .await?;
    let upgrade = upgrade
        .max_message_size(FRAME_BYTES_MAX)
        .max_frame_size(FRAME_BYTES_MAX);
    Ok(upgrade
        .on_upgrade(move |socket| async move {
            let (sink, frames) = socket.split();
            let line = BotLine {
                stage,
                holder,
                key,
                sink,
            };
            line.serve(frames, subscription).await;
        })
        .into_response())
}

/// A bot's connection.
struct BotLine {
    stage: Stage,
    holder: KeyHolder,
    key: String,
    sink: SplitSink<WebSocket, Message>,
}

/// The other side is gone.
struct Gone;

impl BotLine {
    async fn serve(mut self, frames: SplitStream<WebSocket>, subscription: Box<dyn Subscription>) {
        // However it ends: the bot's lease does, too, unless it connects again.
        let _ = self.talk(frames, subscription).await;
        let _ = self.sink.close().await;
    }

    async fn talk(
        &mut self,
        mut frames: SplitStream<WebSocket>,
        mut subscription: Box<dyn Subscription>,
    ) -> Result<(), Gone> {
        let hello = json!({
            "type": "hello", "name": self.holder.name.as_str(), "world": self.holder.world.as_str(),
            "inbox": self.holder.inbox,
        });
        self.send(&hello).await?;
        let settler = subscription.settler();
        let every = Duration::from_secs(self.holder.renew_seconds.into());
        let mut renew = tokio::time::interval(every);
        renew.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let shutdown = self.stage.options.shutdown.clone();
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return Ok(()),
                _ = renew.tick() => self.renew().await?,
                deliveries = subscription.next(PREFETCH.into()) => {
                    let Ok(deliveries) = deliveries else { return Ok(()) };
                    let ends = self.hand_over(deliveries).await?;
                    if let Err(error) = settler.settle(ends).await {
                        tracing::warn!(%error, "some lines come to a bot again");
                    }
                }
                frame = frames.next() => match frame {
                    Some(Ok(Message::Text(text))) => self.answer(text.as_str()).await?,
                    Some(Ok(Message::Binary(_))) => {
                        let error = DeskError::refused("invalid_request", "frames are text");
                        self.send(&error_frame(&error)).await?;
                    }
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return Ok(()),
                },
            }
        }
    }

    async fn renew(&mut self) -> Result<(), Gone> {
        let renewed = self.desk().holder(&self.key).await;
        match renewed {
            Err(error) if !error.retryable => {
                self.send(&error_frame(&error)).await?;
                Err(Gone)
            }
            // A store that is away for a moment is no reason to hang up.
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// Tells the bot what was said to it.
    async fn hand_over(
        &mut self,
        deliveries: Vec<Delivery>,
    ) -> Result<Vec<(Delivery, Verdict)>, Gone> {
        let mut ends = Vec::with_capacity(deliveries.len());
        for delivery in deliveries {
            let verdict = match &delivery.content {
                Ok(envelope) => {
                    if let Some(frame) = event_frame(&envelope.event()) {
                        self.send(&frame).await?;
                    }
                    Verdict::Ack
                }
                Err(foreign) => Verdict::DeadLetter(foreign.reason.clone()),
            };
            ends.push((delivery, verdict));
        }
        Ok(ends)
    }

    async fn answer(&mut self, text: &str) -> Result<(), Gone> {
        let asked: Result<BotRequest, _> = serde_json::from_str(text);
        let reply = match asked {
            Ok(request) => {
                let request = request.with_key(&self.key);
                self.desk().ask(&self.holder.world, request).await
            }
            Err(error) => Err(DeskError::refused("invalid_request", error.to_string())),
        };
        let frame = match &reply {
            Ok(reply) => in_json(reply),
            Err(error) => error_frame(error),
        };
        self.send(&frame).await?;
        match reply {
            Ok(BotReply::Left) => Err(Gone),
            _ => Ok(()),
        }
    }

    fn desk(&self) -> Arc<dyn BotDesk> {
        self.stage.options.bots.clone()
    }

    async fn send(&mut self, frame: &Value) -> Result<(), Gone> {
        let sent = self.sink.send(Message::text(frame.to_string()));
        match tokio::time::timeout(SEND_TIME_MAX, sent).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Gone),
        }
    }
}

/// An event, as a bot is told of it; `None` for one that bots are not told of.
fn event_frame(event: &Envelope) -> Option<Value> {
    match &event.body {
        EventBody::Opening(opening) => Some(json!({
            "type": "opening", "conversation": event.conversation, "text": opening.text,
        })),
        EventBody::Said(message) => Some(json!({
            "type": "heard", "conversation": event.conversation, "message": message.id,
            "from": message.from, "order": message.order, "text": message.text,
        })),
        _ => None,
    }
}

fn in_json(reply: &BotReply) -> Value {
    serde_json::to_value(reply).unwrap_or_default()
}

fn error_frame(error: &DeskError) -> Value {
    json!({
        "type": "error", "code": error.code, "detail": error.detail, "retryable": error.retryable,
    })
}

fn problem(error: &DeskError) -> Problem {
    let status = match error.code {
        "unknown_key" => StatusCode::UNAUTHORIZED,
        "no_bots" | "unknown_bot" | "unknown_conversation" => StatusCode::NOT_FOUND,
        "name_taken" | "stale" => StatusCode::CONFLICT,
        "full" | "unavailable" | "nobody_is_free" | "paused" => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::BAD_REQUEST,
    };
    Problem::new(status, error.code, error.detail.clone())
}
