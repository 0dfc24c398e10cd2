//! A person's own sessions, and what was said in them.

use super::{cursor, limit};
use crate::auth::Person;
use crate::extract::{Fields, Id, JsonBody, Query};
use crate::problem::{PROBLEM_JSON, Problem};
use crate::stage::Stage;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use parlor_model::session::{TITLE_CHARS_MAX, character_id};
use parlor_model::{ConversationId, ConversationStatus, Session, SessionLine, SpeakerRole};
use parlor_ports::sessions::SessionFilter;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub(crate) fn router() -> OpenApiRouter<Stage> {
    OpenApiRouter::new()
        .routes(routes!(my_sessions))
        .routes(routes!(session_messages))
        .routes(routes!(rename_session, delete_session))
}

/// A talk with a character.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct SessionShape {
    /// Its id; `?session=` takes it up again.
    id: Uuid,
    /// Slug of the world.
    world: String,
    /// Id of the character.
    character_id: Uuid,
    /// Slug of the character.
    character_slug: String,
    /// Name of the character; null when they are gone.
    #[schema(required = true)]
    character: Option<String>,
    /// What it is about; null before anything was said.
    #[schema(required = true)]
    title: Option<String>,
    /// ACTIVE while somebody is connected, else CLOSED.
    #[schema(value_type = String, example = "CLOSED")]
    status: ConversationStatus,
    /// Lines said.
    lines: u32,
    created_at: DateTime<Utc>,
    /// When something was last said, or it was opened or closed.
    updated_at: DateTime<Utc>,
    /// When it was closed; null while it is active.
    #[schema(required = true)]
    ended_at: Option<DateTime<Utc>>,
}

/// A part of a person's sessions.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionList {
    /// The latest begun first.
    items: Vec<SessionShape>,
    /// Gives the next part; null at the end.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

/// One line of a session.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct LineShape {
    /// Its id; `?after=` goes on after it.
    id: Uuid,
    /// 1..n over the session.
    order: u32,
    /// `user` or `ai`.
    #[schema(value_type = String, example = "ai")]
    role: SpeakerRole,
    /// The words.
    content: String,
    /// Another dialect than the character's own has spoken.
    fallback: bool,
    /// When it was said.
    timestamp: DateTime<Utc>,
}

/// Lines of a session.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LineList {
    /// Oldest first.
    items: Vec<LineShape>,
    /// `after` of the next part; null at the end.
    #[schema(required = true)]
    next_after: Option<u32>,
}

impl From<SessionLine> for LineShape {
    fn from(line: SessionLine) -> Self {
        Self {
            id: line.id.0,
            order: line.order,
            role: line.role,
            content: line.text,
            fallback: line.fallback,
            timestamp: line.at,
        }
    }
}

impl SessionShape {
    fn of(session: Session, stage: &Stage) -> Self {
        let world = stage.options.worlds.get(&session.world);
        let character = world.and_then(|world| {
            let character = world.character(&session.character)?;
            Some(character.name.clone())
        });
        Self {
            id: session.id.0,
            character_id: character_id(&session.world, &session.character),
            world: session.world.to_string(),
            character_slug: session.character.to_string(),
            character,
            title: session.title,
            status: session.status,
            lines: session.lines,
            created_at: session.created_at,
            updated_at: session.updated_at,
            ended_at: session.ended_at,
        }
    }
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Only those with this character (id).
    character_id: Option<Uuid>,
    /// As a `nextCursor` gave it.
    cursor: Option<String>,
    /// 1 to 200; 50 where it is left out.
    limit: Option<u32>,
}

impl Fields for ListQuery {
    const NAMES: &'static [&'static str] = &["character_id", "cursor", "limit"];
}

/// Your talks with characters
#[utoipa::path(get, path = "/me/sessions", tag = "chat", security(("bearer" = []), ("cookie" = [])), params(ListQuery),
    responses(
        (status = 200, body = SessionList),
        (status = 400, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_query`, `invalid_cursor`, `unknown_field`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON,
            description = "`sign_in_required`, `invalid_token`"),
    ))]
async fn my_sessions(
    person: Person,
    State(stage): State<Stage>,
    Query(query): Query<ListQuery>,
) -> Result<Json<SessionList>, Problem> {
    let worlds = stage.options.worlds.all();
    let with = query.character_id.map(|id| {
        worlds.iter().find_map(|world| {
            let character = world.character_of_id(id)?;
            Some((world.name.clone(), character.slug.clone()))
        })
    });
    let filter = match with {
        // Nobody here has this id.
        Some(None) => {
            return Ok(Json(SessionList {
                items: Vec::new(),
                next_cursor: None,
            }));
        }
        with => SessionFilter {
            owner: person.account.0,
            with: with.flatten(),
        },
    };
    let after = query.cursor.as_deref().map(cursor).transpose()?;
    let page = stage
        .options
        .store
        .sessions(&filter, after, limit(query.limit)?)
        .await?;
    let items = page.items.into_iter();
    Ok(Json(SessionList {
        items: items
            .map(|session| SessionShape::of(session, &stage))
            .collect(),
        next_cursor: page.next.map(|cursor| cursor.to_string()),
    }))
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct LinesQuery {
    /// Only lines after this order.
    after: Option<u32>,
    /// 1 to 200; 50 where it is left out.
    limit: Option<u32>,
}

impl Fields for LinesQuery {
    const NAMES: &'static [&'static str] = &["after", "limit"];
}

/// What was said in a talk of yours
#[utoipa::path(get, path = "/me/sessions/{id}/messages", tag = "chat", security(("bearer" = []), ("cookie" = [])),
    params(("id" = Uuid, Path, description = "Id of the session."), LinesQuery),
    responses(
        (status = 200, body = LineList),
        (status = 400, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_id`, `invalid_query`, `unknown_field`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON,
            description = "`sign_in_required`, `invalid_token`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON, description = "`unknown_session`"),
    ))]
async fn session_messages(
    person: Person,
    State(stage): State<Stage>,
    Id(id): Id<ConversationId>,
    Query(query): Query<LinesQuery>,
) -> Result<Json<LineList>, Problem> {
    owned(&stage, &person, id).await?;
    let limit = limit(query.limit)?;
    let after = query.after.unwrap_or(0).min(i32::MAX.unsigned_abs());
    let lines = stage.options.store.session_lines(id, after, limit).await?;
    let more = lines.len() == limit as usize;
    Ok(Json(LineList {
        next_after: lines.last().filter(|_| more).map(|line| line.order),
        items: lines.into_iter().map(LineShape::from).collect(),
    }))
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"title": "The one about the boots"}))]
struct Renaming {
    /// What it is called from now on, at most 80 characters.
    #[schema(min_length = 1, max_length = 80)]
    title: String,
}

impl Fields for Renaming {
    const NAMES: &'static [&'static str] = &["title"];
}

/// Call a talk of yours something else
#[utoipa::path(patch, path = "/me/sessions/{id}", tag = "chat", security(("bearer" = []), ("cookie" = [])),
    params(("id" = Uuid, Path, description = "Id of the session.")),
    request_body(content = Renaming),
    responses(
        (status = 200, body = SessionShape),
        (status = 400, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_id`, `invalid_json`, `wrong_type`, `unknown_field`, `broken_body`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON,
            description = "`sign_in_required`, `invalid_token`"),
        (status = 403, body = Problem, content_type = PROBLEM_JSON, description = "`cross_site`, `csrf`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON, description = "`unknown_session`"),
        (status = 413, body = Problem, content_type = PROBLEM_JSON, description = "`body_too_large`"),
        (status = 415, body = Problem, content_type = PROBLEM_JSON, description = "`not_json`"),
        (status = 422, body = Problem, content_type = PROBLEM_JSON, description = "`invalid_title`"),
    ))]
async fn rename_session(
    person: Person,
    State(stage): State<Stage>,
    Id(id): Id<ConversationId>,
    JsonBody(body): JsonBody<Renaming>,
) -> Result<Json<SessionShape>, Problem> {
    let title = body.title.trim();
    let length = title.chars().count();
    if length == 0 || length > TITLE_CHARS_MAX || title.chars().any(char::is_control) {
        return Err(Problem::refused(
            "invalid_title",
            format!("a title has 1 to {TITLE_CHARS_MAX} characters that can be seen"),
        ));
    }
    let store = &stage.options.store;
    if !store.rename_session(id, person.account.0, title).await? {
        return Err(unknown(id));
    }
    let session = owned(&stage, &person, id).await?;
    Ok(Json(SessionShape::of(session, &stage)))
}

/// Delete a talk of yours, with everything said in it
#[utoipa::path(delete, path = "/me/sessions/{id}", tag = "chat", security(("bearer" = []), ("cookie" = [])),
    params(("id" = Uuid, Path, description = "Id of the session.")),
    responses(
        (status = 204, description = "It is gone; who was in it is shown out."),
        (status = 400, body = Problem, content_type = PROBLEM_JSON, description = "`invalid_id`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON,
            description = "`sign_in_required`, `invalid_token`"),
        (status = 403, body = Problem, content_type = PROBLEM_JSON, description = "`cross_site`, `csrf`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON, description = "`unknown_session`"),
    ))]
async fn delete_session(
    person: Person,
    State(stage): State<Stage>,
    Id(id): Id<ConversationId>,
) -> Result<StatusCode, Problem> {
    let account = person.account.0;
    let deleted = match &stage.options.chat {
        Some(chat) => chat.delete(account, id).await?,
        None => stage.options.store.delete_session(id, account).await?,
    };
    if deleted {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(unknown(id))
    }
}

/// A session of this person's. Another's is as one that is not there.
async fn owned(stage: &Stage, person: &Person, id: ConversationId) -> Result<Session, Problem> {
    let session = stage.options.store.session(id).await?;
    session
        .filter(|session| session.owner == person.account.0)
        .ok_or_else(|| unknown(id))
}

fn unknown(id: ConversationId) -> Problem {
    Problem::not_found("unknown_session", format!("you have no session {id}"))
}
