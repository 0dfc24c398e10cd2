//! Live events.

use super::cursor;
use crate::extract::{Fields, Query};
use crate::live::Interest;
use crate::problem::{PROBLEM_JSON, Problem};
use crate::stage::Stage;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use parlor_model::ConversationId;
use serde::Deserialize;
use std::convert::Infallible;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// Sent by a browser that comes back.
const LAST_EVENT_ID: &str = "last-event-id";

pub(crate) fn router() -> OpenApiRouter<Stage> {
    OpenApiRouter::new().routes(routes!(events))
}

/// Which events.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventsQuery {
    /// Only of this world (its slug).
    world: Option<String>,
    /// Only of this conversation.
    conversation: Option<Uuid>,
    /// Only what came after the event with this id; `Last-Event-ID` goes before it. `0-0` is the
    /// beginning of everything.
    after: Option<String>,
}

impl Fields for EventsQuery {
    const NAMES: &'static [&'static str] = &["world", "conversation", "after"];
}

/// What happens, live
///
/// Server-sent events, without end. Each has an `id:` (give the last one as `Last-Event-ID`, as
/// browsers do by themselves, and nothing is missed), an `event:` and its `data:` in one line of
/// JSON:
///
/// | event | data |
/// | --- | --- |
/// | `message` | Message |
/// | `conversation.opened`, `conversation.closed` | Conversation |
/// | `characters.moved` (some set out, or arrive) | Move |
/// | `world.paused`, `world.resumed` | WorldPaused |
///
/// Without `Last-Event-ID` and `after` it begins now. Comments keep the connection alive. Ids grow
/// along the stream.
#[utoipa::path(get, path = "/api/events", tag = "events",
    params(
        EventsQuery,
        ("Last-Event-ID" = Option<String>, Header, description = "Go on after this event."),
    ),
    responses(
        (status = 200, body = String, content_type = "text/event-stream", description = "The stream.",
            example = "id: 0-2a\nevent: world.paused\ndata: {\"world\":\"friends\",\"paused\":true}\n\n"),
        (status = 400, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_query`, `unknown_field`, `invalid_cursor`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON, description = "`sign_in_required`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON,
            description = "`unknown_world`, `unknown_conversation`"),
    ))]
async fn events(
    State(stage): State<Stage>,
    Query(query): Query<EventsQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let last = headers
        .get(LAST_EVENT_ID)
        .map(|value| value.to_str().unwrap_or("?"));
    let after = last.or(query.after.as_deref()).map(cursor).transpose()?;
    let world = query
        .world
        .as_deref()
        .map(|name| stage.entered(name))
        .transpose()?;
    let conversation = query.conversation.map(ConversationId);
    if let Some(id) = conversation {
        stage.conversation(id).await?;
    }
    let interest = Interest {
        world: world.map(|world| world.name.clone()),
        conversation,
    };
    let reader = stage.live.join(interest, after).await?;
    let stream = reader
        .stream()
        .map(Ok::<_, Infallible>)
        .take_until(stage.options.shutdown.clone().cancelled_owned());
    let headers = [
        (header::CONTENT_TYPE.as_str(), "text/event-stream"),
        (header::CACHE_CONTROL.as_str(), "no-store"),
        // Asks proxies like nginx not to gather events.
        ("x-accel-buffering", "no"),
    ];
    Ok((headers, Body::from_stream(stream)).into_response())
}
