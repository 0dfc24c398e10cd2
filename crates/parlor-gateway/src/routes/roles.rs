//! Role processes: which there are, stop and start.

use super::limit;
use crate::extract::{Fields, Id, Query};
use crate::operator::Operator;
use crate::problem::{PROBLEM_JSON, Problem};
use crate::shape::{List, Role};
use crate::stage::{ROLES_MAX, Stage};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use parlor_ports::presence::{RoleRecord, Wanted};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub(crate) fn router() -> OpenApiRouter<Stage> {
    OpenApiRouter::new()
        .routes(routes!(roles))
        .routes(routes!(stop))
        .routes(routes!(start))
}

/// Which roles.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RolesQuery {
    /// How many.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

impl Fields for RolesQuery {
    const NAMES: &'static [&'static str] = &["limit"];
}

/// Role processes
///
/// Each tells of itself every second. One that is silent for 4 s is `late`, for 12 s `gone`, and
/// forgotten after five minutes. Those that began first come first.
#[utoipa::path(get, path = "/api/roles", tag = "operation",
    params(RolesQuery),
    responses(
        (status = 200, body = List<Role>, description = "As they are now."),
        (status = 400, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_query`, `unknown_field`"),
    ))]
async fn roles(
    State(stage): State<Stage>,
    Query(query): Query<RolesQuery>,
) -> Result<Json<List<Role>>, Problem> {
    let limit = query
        .limit
        .map_or(Ok(ROLES_MAX), |wanted| limit(Some(wanted)))?;
    let now = stage.options.clock.now();
    let records = stage.options.store.roles(limit).await?;
    let items = records.into_iter().map(|record| Role::of(record, now));
    Ok(Json(List::whole(items.collect())))
}

/// Stop a role
///
/// Its supervisor (`parlor up --split`) ends the process within a few seconds, after what it has in
/// hand; messages to it wait in its inbox. Stopping a stopped one changes nothing.
#[utoipa::path(post, path = "/api/roles/{id}/stop", tag = "operation",
    operation_id = "stop_role",
    params(("id" = Uuid, Path, description = "Id of the role.")),
    responses(
        (status = 202, body = Role, description = "It is going to be stopped."),
        (status = 400, body = Problem, content_type = PROBLEM_JSON, description = "`invalid_id`"),
        (status = 403, body = Problem, content_type = PROBLEM_JSON,
            description = "`cross_site`, `not_operator`, `ops_off`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON, description = "`unknown_role`"),
        (status = 409, body = Problem, content_type = PROBLEM_JSON,
            description = "`not_supervised`, `gateway_stays`"),
    ))]
async fn stop(
    _: Operator,
    State(stage): State<Stage>,
    Id(id): Id<Uuid>,
) -> Result<(StatusCode, Json<Role>), Problem> {
    let role = supervised(&stage, id).await?;
    if role.report.role == "gateway" {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "gateway_stays",
            "a gateway can't be stopped from here: nobody could ask for its start",
        ));
    }
    want(&stage, role, Wanted::Stopped).await
}

/// Start a role
///
/// Starts one that was stopped. Starting a running one changes nothing.
#[utoipa::path(post, path = "/api/roles/{id}/start", tag = "operation",
    operation_id = "start_role",
    params(("id" = Uuid, Path, description = "Id of the role.")),
    responses(
        (status = 202, body = Role, description = "It is going to be started."),
        (status = 400, body = Problem, content_type = PROBLEM_JSON, description = "`invalid_id`"),
        (status = 403, body = Problem, content_type = PROBLEM_JSON,
            description = "`cross_site`, `not_operator`, `ops_off`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON, description = "`unknown_role`"),
        (status = 409, body = Problem, content_type = PROBLEM_JSON, description = "`not_supervised`"),
    ))]
async fn start(
    _: Operator,
    State(stage): State<Stage>,
    Id(id): Id<Uuid>,
) -> Result<(StatusCode, Json<Role>), Problem> {
    let role = supervised(&stage, id).await?;
    want(&stage, role, Wanted::Running).await
}

/// The role with this id, if somebody is there who can stop and start it.
async fn supervised(stage: &Stage, id: Uuid) -> Result<RoleRecord, Problem> {
    let records = stage.options.store.roles(ROLES_MAX).await?;
    let role = records.into_iter().find(|record| record.id == id);
    let role = role.ok_or_else(|| unknown(id))?;
    if role.is_supervised(stage.options.clock.now()) {
        return Ok(role);
    }
    Err(Problem::new(
        StatusCode::CONFLICT,
        "not_supervised",
        "nobody looks after this role: only those that 'parlor up --split' started can be stopped \
         and started from here",
    ))
}

async fn want(
    stage: &Stage,
    role: RoleRecord,
    wanted: Wanted,
) -> Result<(StatusCode, Json<Role>), Problem> {
    if !stage.options.store.want(role.id, wanted).await? {
        return Err(unknown(role.id));
    }
    let role = RoleRecord { wanted, ..role };
    let shape = Role::of(role, stage.options.clock.now());
    Ok((StatusCode::ACCEPTED, Json(shape)))
}

fn unknown(id: Uuid) -> Problem {
    Problem::not_found("unknown_role", format!("there is no role {id}"))
}
