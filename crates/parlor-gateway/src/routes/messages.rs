//! Messages of a world and of a conversation.

use super::{cursor, limit};
use crate::extract::{Fields, Id, Path, Query};
use crate::problem::{PROBLEM_JSON, Problem};
use crate::shape::{List, Message};
use crate::stage::Stage;
use axum::Json;
use axum::extract::State;
use parlor_model::{ConversationId, MessageId};
use parlor_ports::store::After;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn router() -> OpenApiRouter<Stage> {
    OpenApiRouter::new()
        .routes(routes!(world_messages))
        .routes(routes!(conversation_messages))
}

/// Which part of a world's messages.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WorldMessagesQuery {
    /// The `nextCursor` of the part before.
    #[serde(alias = "after")]
    cursor: Option<String>,
    /// How many.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

impl Fields for WorldMessagesQuery {
    const NAMES: &'static [&'static str] = &["cursor", "after", "limit"];
}

/// Messages of a world
///
/// Newest first, of all its conversations.
#[utoipa::path(get, path = "/api/worlds/{world}/messages", tag = "messages",
    params(
        ("world" = String, Path, description = "Slug of the world.", example = "friends"),
        WorldMessagesQuery,
    ),
    responses(
        (status = 200, body = List<Message>, description = "A part of the list."),
        (status = 400, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_query`, `unknown_field`, `invalid_cursor`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON, description = "`sign_in_required`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON, description = "`unknown_world`"),
    ))]
async fn world_messages(
    State(stage): State<Stage>,
    Path(world): Path<String>,
    Query(query): Query<WorldMessagesQuery>,
) -> Result<Json<List<Message>>, Problem> {
    let world = stage.entered(&world)?;
    let after = query.cursor.as_deref().map(cursor).transpose()?;
    let limit = limit(query.limit)?;
    let page = stage
        .options
        .store
        .world_messages(&world.name, after, limit)
        .await?;
    Ok(Json(List::of(page)))
}

/// Which part of a conversation's messages.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ConversationMessagesQuery {
    /// Only what came after: a `nextCursor`, the `order` of a line, or the id of a message.
    #[serde(alias = "cursor")]
    after: Option<String>,
    /// How many.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

impl Fields for ConversationMessagesQuery {
    const NAMES: &'static [&'static str] = &["after", "cursor", "limit"];
}

/// Messages of a conversation
///
/// In the order in which they were said, asides among them.
#[utoipa::path(get, path = "/api/conversations/{id}/messages", tag = "messages",
    params(
        ("id" = Uuid, Path, description = "Id of the conversation."),
        ConversationMessagesQuery,
    ),
    responses(
        (status = 200, body = List<Message>, description = "A part of the list."),
        (status = 400, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_id`, `invalid_query`, `unknown_field`, `invalid_cursor`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON, description = "`sign_in_required`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON, description = "`unknown_conversation`"),
    ))]
async fn conversation_messages(
    State(stage): State<Stage>,
    Id(id): Id<ConversationId>,
    Query(query): Query<ConversationMessagesQuery>,
) -> Result<Json<List<Message>>, Problem> {
    let after = query.after.as_deref().map_or(Ok(After::Start), after)?;
    let limit = limit(query.limit)?;
    stage.conversation(id).await?;
    let page = stage.options.store.messages(id, after, limit).await?;
    Ok(Json(List::of(page)))
}

/// An order is digits only, an id has four hyphens, a cursor one: they can't be mixed up.
fn after(text: &str) -> Result<After, Problem> {
    if let Ok(order) = text.parse::<u32>() {
        return Ok(After::Order(order));
    }
    if let Ok(id) = text.parse::<MessageId>() {
        return Ok(After::Message(id));
    }
    cursor(text).map(After::Cursor)
}
