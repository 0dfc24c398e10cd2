//! Conversations: start, look at, close.

use crate::extract::{Fields, Id, JsonBody, Path};
use crate::observe::json;
use crate::problem::{PROBLEM_JSON, Problem};
use crate::shape::{Conversation, Started};
use crate::stage::Stage;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use parlor_model::{ConversationId, World};
use parlor_ports::director::StartRequest;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// Header that makes a start repeatable.
const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// Longest such key, in bytes.
const KEY_BYTES_MAX: usize = 200;

pub(crate) fn router() -> OpenApiRouter<Stage> {
    OpenApiRouter::new()
        .routes(routes!(start))
        .routes(routes!(conversation))
        .routes(routes!(close))
}

/// A wish for a conversation; what is left out is drawn by the world's dice.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"from": "ross", "to": "rachel", "topic": "the dinosaur exhibit"}))]
pub(crate) struct StartConversation {
    /// Who begins: slug or display name.
    from: Option<String>,
    /// With whom: slug or display name.
    to: Option<String>,
    /// About what.
    topic: Option<String>,
    /// The first line, said by `from`.
    message: Option<String>,
}

impl Fields for StartConversation {
    const NAMES: &'static [&'static str] = &["from", "to", "topic", "message"];
}

/// Start a conversation
///
/// Answers as soon as the start is on disk; the characters talk on their own. With an
/// `Idempotency-Key` the same request gives the same answer and starts nothing new, for a day at
/// least, also after a restart of the server. An empty body is `{}`.
#[utoipa::path(post, path = "/api/worlds/{world}/conversations", tag = "conversations",
    params(
        ("world" = String, Path, description = "Slug of the world.", example = "friends"),
        ("Idempotency-Key" = Option<String>, Header,
            pattern = "^[!-~]{1,200}$",
            description = "1 to 200 visible ASCII characters of the caller's choice."),
    ),
    request_body(content = StartConversation, description = "May be empty."),
    responses(
        (status = 202, body = Started, description = "Started.",
            headers(("location" = String, description = "Path of the conversation."))),
        (status = 400, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_json`, `unknown_field` (with the nearest known one), `wrong_type`, `invalid_idempotency_key`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON, description = "`sign_in_required`"),
        (status = 403, body = Problem, content_type = PROBLEM_JSON, description = "`cross_site`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON, description = "`unknown_world`"),
        (status = 413, body = Problem, content_type = PROBLEM_JSON, description = "`body_too_large`"),
        (status = 415, body = Problem, content_type = PROBLEM_JSON, description = "`not_json`"),
        (status = 422, body = Problem, content_type = PROBLEM_JSON,
            description = "`unknown_character` (with the cast), `same_character`, `message_too_long`, `topic_too_long` (with the limit), `invalid_text`, `idempotency_key_reused`, `refused`"),
    ))]
async fn start(
    State(stage): State<Stage>,
    Path(world): Path<String>,
    headers: HeaderMap,
    JsonBody(body): JsonBody<StartConversation>,
) -> Result<Response, Problem> {
    let world = stage.entered(&world)?;
    // Before the key is remembered, so that a caller can mend a request and keep its key.
    check(&stage, &world, &body)?;
    let key = match idempotency_key(&headers)? {
        Some(key) => derived_key(&stage, &world, key, &body).await?,
        None => (stage.options.ids)(),
    };
    let StartConversation {
        from,
        to,
        topic,
        message,
    } = body;
    let started = stage
        .start(
            &world,
            StartRequest {
                from,
                to,
                topic,
                message,
                key,
            },
        )
        .await?;
    let location = format!("/api/conversations/{}", started.conversation_id);
    let mut response = json(StatusCode::ACCEPTED, started);
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

fn check(stage: &Stage, world: &World, body: &StartConversation) -> Result<(), Problem> {
    let limits = stage.options.limits;
    let from = body
        .from
        .as_deref()
        .map(|name| member(world, "from", name))
        .transpose()?;
    let to = body
        .to
        .as_deref()
        .map(|name| member(world, "to", name))
        .transpose()?;
    if from.is_some() && from == to {
        return Err(Problem::refused(
            "same_character",
            "'from' and 'to' are the same character: name two, or leave one out",
        ));
    }
    if let Some(text) = &body.message {
        check_text("message", text, limits.text_bytes_max, "message_too_long")?;
    }
    if let Some(text) = &body.topic {
        check_text("topic", text, limits.topic_bytes_max, "topic_too_long")?;
    }
    Ok(())
}

/// The place in the cast of the character that the caller means.
fn member(world: &World, field: &str, name: &str) -> Result<usize, Problem> {
    let found = world
        .find(name)
        .and_then(|c| world.cast.iter().position(|o| o.slug == c.slug));
    found.ok_or_else(|| {
        let cast: Vec<_> = world.cast.iter().map(|c| c.slug.to_string()).collect();
        let name: String = name.chars().take(80).collect();
        Problem::refused(
            "unknown_character",
            format!(
                "'{field}': there is no character '{name}' in '{}'; its cast: {}",
                world.name,
                cast.join(", ")
            ),
        )
        .with("field", field)
        .with("cast", cast)
    })
}

fn check_text(
    field: &str,
    text: &str,
    limit: usize,
    too_long: &'static str,
) -> Result<(), Problem> {
    if text.len() > limit {
        return Err(Problem::refused(
            too_long,
            format!(
                "'{field}' has {} bytes: at most {limit} are allowed",
                text.len()
            ),
        )
        .with("field", field)
        .with("limit", limit));
    }
    if text.trim().is_empty() || text.contains('\0') {
        return Err(Problem::refused(
            "invalid_text",
            format!("'{field}' must hold words and no NUL: leave it out to let the dice choose"),
        )
        .with("field", field));
    }
    Ok(())
}

pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else {
        return Ok(None);
    };
    let good = |key: &&str| {
        (1..=KEY_BYTES_MAX).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic())
    };
    value.to_str().ok().filter(good).map(Some).ok_or_else(|| {
        Problem::malformed(
            "invalid_idempotency_key",
            format!("the idempotency key must be 1 to {KEY_BYTES_MAX} visible ASCII characters"),
        )
    })
}

/// The key of what is started, the same for the same world and caller's key; refused when the
/// caller used the key for something else before.
async fn derived_key(
    stage: &Stage,
    world: &World,
    key: &str,
    body: &StartConversation,
) -> Result<Uuid, Problem> {
    let name = format!("{}/{key}", world.name);
    let digest = digest(body);
    let options = &stage.options;
    let first = options
        .store
        .remember_key(&name, &digest, options.clock.now())
        .await?;
    if first != digest {
        return Err(Problem::refused(
            "idempotency_key_reused",
            "this idempotency key was used for another request: take a new one",
        ));
    }
    Ok(Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()))
}

/// SHA-256 of what the request says, however its JSON was written.
fn digest(body: &StartConversation) -> String {
    let said = [&body.from, &body.to, &body.topic, &body.message];
    let said = serde_json::to_vec(&said).expect("texts are always JSON");
    Sha256::digest(&said)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// A conversation
#[utoipa::path(get, path = "/api/conversations/{id}", tag = "conversations",
    params(("id" = Uuid, Path, description = "Id of the conversation.")),
    responses(
        (status = 200, body = Conversation, description = "As it is now."),
        (status = 400, body = Problem, content_type = PROBLEM_JSON, description = "`invalid_id`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON, description = "`sign_in_required`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON, description = "`unknown_conversation`"),
    ))]
async fn conversation(
    State(stage): State<Stage>,
    Id(id): Id<ConversationId>,
) -> Result<Json<Conversation>, Problem> {
    Ok(Json(stage.conversation(id).await?.into()))
}

/// Close a conversation
///
/// A line that is on its way is delivered; nothing more is said. Closing a closed one changes
/// nothing.
#[utoipa::path(post, path = "/api/conversations/{id}/close", tag = "conversations",
    params(("id" = Uuid, Path, description = "Id of the conversation.")),
    responses(
        (status = 200, body = Conversation, description = "As it is now."),
        (status = 400, body = Problem, content_type = PROBLEM_JSON, description = "`invalid_id`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON, description = "`sign_in_required`"),
        (status = 403, body = Problem, content_type = PROBLEM_JSON, description = "`cross_site`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON, description = "`unknown_conversation`"),
    ))]
async fn close(
    State(stage): State<Stage>,
    Id(id): Id<ConversationId>,
) -> Result<Json<Conversation>, Problem> {
    stage.conversation(id).await?;
    Ok(Json(stage.options.director.close(id).await?.into()))
}
