//! Messages that could not be handled: list, replay, drop.

use super::limit;
use crate::extract::{Fields, JsonBody, Query};
use crate::operator::Operator;
use crate::problem::{PROBLEM_JSON, Problem};
use crate::shape::{DeadLetter, DeadLettersTaken, List};
use crate::stage::Stage;
use axum::Json;
use axum::extract::State;
use parlor_model::Slug;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Dead letters named in one request.
const IDS_MAX: usize = 1_000;

pub(crate) fn router() -> OpenApiRouter<Stage> {
    OpenApiRouter::new()
        .routes(routes!(dead_letters))
        .routes(routes!(replay))
        .routes(routes!(drop_some))
}

/// Which dead letters.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeadLettersQuery {
    /// Of this world.
    world: Option<String>,
    /// How many.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

impl Fields for DeadLettersQuery {
    const NAMES: &'static [&'static str] = &["world", "limit"];
}

/// Dead letters
///
/// Messages that could not be handled, of the worlds that the caller may enter; the oldest of each
/// world first. They stay where they are.
#[utoipa::path(get, path = "/api/dead-letters", tag = "operation",
    params(DeadLettersQuery),
    responses(
        (status = 200, body = List<DeadLetter>, description = "The first of them."),
        (status = 400, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_query`, `unknown_field`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON, description = "`sign_in_required`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON, description = "`unknown_world`"),
    ))]
async fn dead_letters(
    State(stage): State<Stage>,
    Query(query): Query<DeadLettersQuery>,
) -> Result<Json<List<DeadLetter>>, Problem> {
    let limit = usize::try_from(limit(query.limit)?).unwrap_or(usize::MAX);
    let mut items = Vec::new();
    for world in stage.entered_or_all(query.world.as_deref())? {
        let left = limit - items.len();
        if left == 0 {
            break;
        }
        let letters = stage.options.bus.dead_letters(&world, left).await?;
        items.extend(letters.into_iter().take(left).map(DeadLetter::from));
    }
    Ok(Json(List::whole(items)))
}

/// Which dead letters of a world: some by their ids, or all.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"world": "friends", "all": true}))]
pub(crate) struct DeadLetterChoice {
    /// Slug of the world.
    world: String,
    /// Their ids, 1,000 at most.
    ids: Vec<String>,
    /// All of the world's, in place of ids.
    all: bool,
}

impl Fields for DeadLetterChoice {
    const NAMES: &'static [&'static str] = &["world", "ids", "all"];
}

impl DeadLetterChoice {
    /// The world and the ids; none for all.
    fn checked(self, stage: &Stage) -> Result<(Slug, Vec<String>), Problem> {
        let world = stage.entered(&self.world)?.name.clone();
        if self.all == self.ids.is_empty() && self.ids.len() <= IDS_MAX {
            return Ok((world, self.ids));
        }
        Err(Problem::refused(
            "no_choice",
            format!("name 1 to {IDS_MAX} 'ids', or say \"all\": true, but not both"),
        )
        .with("limit", IDS_MAX))
    }
}

/// Replay dead letters
///
/// Sends them to the inboxes that they came from and takes them out, at least once. Foreign ones that
/// can't be sent again stay.
#[utoipa::path(post, path = "/api/dead-letters/replay", tag = "operation",
    request_body = DeadLetterChoice,
    responses(
        (status = 200, body = DeadLettersTaken, description = "How many were sent again."),
        (status = 400, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_json`, `unknown_field`, `wrong_type`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON, description = "`sign_in_required`"),
        (status = 403, body = Problem, content_type = PROBLEM_JSON,
            description = "`cross_site`, `not_operator`, `ops_off`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON, description = "`unknown_world`"),
        (status = 413, body = Problem, content_type = PROBLEM_JSON, description = "`body_too_large`"),
        (status = 415, body = Problem, content_type = PROBLEM_JSON, description = "`not_json`"),
        (status = 422, body = Problem, content_type = PROBLEM_JSON, description = "`no_choice`"),
    ))]
async fn replay(
    _: Operator,
    State(stage): State<Stage>,
    JsonBody(choice): JsonBody<DeadLetterChoice>,
) -> Result<Json<DeadLettersTaken>, Problem> {
    let (world, ids) = choice.checked(&stage)?;
    let count = stage.options.bus.replay_dead_letters(&world, &ids).await?;
    Ok(Json(DeadLettersTaken { count }))
}

/// Drop dead letters
///
/// Throws them away for good.
#[utoipa::path(post, path = "/api/dead-letters/drop", tag = "operation",
    request_body = DeadLetterChoice,
    responses(
        (status = 200, body = DeadLettersTaken, description = "How many were thrown away."),
        (status = 400, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_json`, `unknown_field`, `wrong_type`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON, description = "`sign_in_required`"),
        (status = 403, body = Problem, content_type = PROBLEM_JSON,
            description = "`cross_site`, `not_operator`, `ops_off`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON, description = "`unknown_world`"),
        (status = 413, body = Problem, content_type = PROBLEM_JSON, description = "`body_too_large`"),
        (status = 415, body = Problem, content_type = PROBLEM_JSON, description = "`not_json`"),
        (status = 422, body = Problem, content_type = PROBLEM_JSON, description = "`no_choice`"),
    ))]
async fn drop_some(
    _: Operator,
    State(stage): State<Stage>,
    JsonBody(choice): JsonBody<DeadLetterChoice>,
) -> Result<Json<DeadLettersTaken>, Problem> {
    let (world, ids) = choice.checked(&stage)?;
    let count = stage.options.bus.drop_dead_letters(&world, &ids).await?;
    Ok(Json(DeadLettersTaken { count }))
}
