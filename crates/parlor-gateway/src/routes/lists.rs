//! Lists of conversations: of a world, and of all worlds.

use super::{cursor, limit};
use crate::extract::{Fields, Path, Query};
use crate::problem::{PROBLEM_JSON, Problem};
use crate::shape::{Conversation, ConversationKind, ConversationStatus, List};
use crate::stage::Stage;
use axum::Json;
use axum::extract::State;
use parlor_model::{ConversationId, Slug};
use parlor_ports::store::ConversationFilter;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// Longest name of a participant, in bytes.
const NAME_BYTES_MAX: usize = 200;

pub(crate) fn router() -> OpenApiRouter<Stage> {
    OpenApiRouter::new()
        .routes(routes!(conversations))
        .routes(routes!(all_conversations))
}

/// Which conversations.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ConversationQuery {
    /// Active or closed ones.
    status: Option<ConversationStatus>,
    /// Of this kind.
    kind: Option<ConversationKind>,
    /// Side threads of this conversation.
    parent: Option<Uuid>,
    /// In which somebody of this slug or display name takes part. Then a part may hold fewer items
    /// than asked for, or none, and yet have a `nextCursor`: 10,000 conversations are looked at for
    /// each.
    participant: Option<String>,
    /// The `nextCursor` of the part before.
    #[serde(alias = "after")]
    cursor: Option<String>,
    /// How many.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

impl Fields for ConversationQuery {
    const NAMES: &'static [&'static str] = &[
        "status",
        "kind",
        "parent",
        "participant",
        "cursor",
        "after",
        "limit",
    ];
}

/// Which conversations of which worlds.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AllConversationsQuery {
    /// Of this world.
    world: Option<String>,
    /// Active or closed ones.
    status: Option<ConversationStatus>,
    /// Of this kind.
    kind: Option<ConversationKind>,
    /// Side threads of this conversation.
    parent: Option<Uuid>,
    /// In which somebody of this slug or display name takes part. Then a part may hold fewer items
    /// than asked for, or none, and yet have a `nextCursor`: 10,000 conversations are looked at for
    /// each.
    participant: Option<String>,
    /// The `nextCursor` of the part before.
    #[serde(alias = "after")]
    cursor: Option<String>,
    /// How many.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

impl Fields for AllConversationsQuery {
    const NAMES: &'static [&'static str] = &[
        "world",
        "status",
        "kind",
        "parent",
        "participant",
        "cursor",
        "after",
        "limit",
    ];
}

/// Conversations of all worlds
///
/// Of those that the caller may enter; newest first.
#[utoipa::path(get, path = "/api/conversations", tag = "conversations",
    params(AllConversationsQuery),
    responses(
        (status = 200, body = List<Conversation>, description = "A part of the list."),
        (status = 400, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_query`, `unknown_field`, `invalid_cursor`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON, description = "`sign_in_required`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON, description = "`unknown_world`"),
    ))]
async fn all_conversations(
    State(stage): State<Stage>,
    Query(query): Query<AllConversationsQuery>,
) -> Result<Json<List<Conversation>>, Problem> {
    let worlds = stage.entered_or_all(query.world.as_deref())?;
    let of_one = ConversationQuery {
        status: query.status,
        kind: query.kind,
        parent: query.parent,
        participant: query.participant,
        cursor: query.cursor,
        limit: query.limit,
    };
    list(&stage, worlds, of_one).await
}

/// Conversations of some worlds, newest first.
async fn list(
    stage: &Stage,
    mut worlds: Vec<Slug>,
    query: ConversationQuery,
) -> Result<Json<List<Conversation>>, Problem> {
    let participant = query.participant.as_deref();
    let participant = participant.map(|name| display_name(stage, &worlds, name));
    let world = if worlds.len() == 1 {
        worlds.pop()
    } else {
        None
    };
    let filter = ConversationFilter {
        among: world.is_none().then_some(worlds),
        world,
        status: query.status.map(Into::into),
        kind: query.kind.map(Into::into),
        parent: query.parent.map(ConversationId),
        participant: participant.transpose()?,
    };
    let after = query.cursor.as_deref().map(cursor).transpose()?;
    let limit = limit(query.limit)?;
    let store = &stage.options.store;
    let page = store.conversations(&filter, after, limit).await?;
    Ok(Json(List::of(page)))
}

/// The name under which somebody takes part: that of a character of these worlds, or what was asked
/// for.
fn display_name(stage: &Stage, worlds: &[Slug], name: &str) -> Result<String, Problem> {
    if name.is_empty() || name.len() > NAME_BYTES_MAX || name.contains(char::is_control) {
        return Err(Problem::malformed(
            "invalid_query",
            format!("participant must be a name of 1 to {NAME_BYTES_MAX} bytes in one line"),
        )
        .with("field", "participant"));
    }
    let mut worlds = worlds
        .iter()
        .filter_map(|world| stage.world(world.as_str()).ok());
    let character = worlds.find_map(|world| world.find(name).cloned());
    Ok(character.map_or_else(|| name.to_owned(), |character| character.name.clone()))
}

/// Conversations of a world
///
/// Newest first.
#[utoipa::path(get, path = "/api/worlds/{world}/conversations", tag = "conversations",
    params(
        ("world" = String, Path, description = "Slug of the world.", example = "friends"),
        ConversationQuery,
    ),
    responses(
        (status = 200, body = List<Conversation>, description = "A part of the list."),
        (status = 400, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_query`, `unknown_field`, `invalid_cursor`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON, description = "`sign_in_required`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON, description = "`unknown_world`"),
    ))]
async fn conversations(
    State(stage): State<Stage>,
    Path(world): Path<String>,
    Query(query): Query<ConversationQuery>,
) -> Result<Json<List<Conversation>>, Problem> {
    let world = stage.entered(&world)?.name.clone();
    list(&stage, vec![world], query).await
}
