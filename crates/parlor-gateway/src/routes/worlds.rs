//! Worlds and their cast.

use crate::extract::{Fields, JsonBody, Path};
use crate::problem::{PROBLEM_JSON, Problem};
use crate::shape::{Character, List, World};
use crate::stage::Stage;
use axum::Json;
use axum::extract::State;
use parlor_model as model;
use parlor_model::world::Pace;
use serde::Deserialize;
use std::time::Duration;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Longest pace that can be set while a world runs.
const PACE_MAX: Duration = Duration::from_secs(60);

pub(crate) fn router() -> OpenApiRouter<Stage> {
    OpenApiRouter::new()
        .routes(routes!(worlds))
        .routes(routes!(world, change))
        .routes(routes!(characters))
        .routes(routes!(pause))
        .routes(routes!(resume))
}

/// The worlds of this server
#[utoipa::path(get, path = "/api/worlds", tag = "worlds",
    responses((status = 200, body = List<World>, description = "All of them.")))]
async fn worlds(State(stage): State<Stage>) -> Result<Json<List<World>>, Problem> {
    let worlds = stage.options.worlds.all();
    let mut items = Vec::with_capacity(worlds.len());
    for world in worlds.iter() {
        items.push(stage.standing(world).await?);
    }
    Ok(Json(List::whole(items)))
}

/// A world
#[utoipa::path(get, path = "/api/worlds/{world}", tag = "worlds",
    params(("world" = String, Path, description = "Slug of the world.", example = "friends")),
    responses(
        (status = 200, body = World, description = "As it is now."),
        (status = 404, body = Problem, content_type = PROBLEM_JSON, description = "`unknown_world`"),
    ))]
async fn world(
    State(stage): State<Stage>,
    Path(name): Path<String>,
) -> Result<Json<World>, Problem> {
    let world = stage.world(&name)?;
    Ok(Json(stage.standing(&world).await?))
}

/// What to change of a world; what is left out stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"pace": "500ms", "paused": false}))]
pub(crate) struct WorldChange {
    /// The pause between lines: `0`, `30ms`, `2.5s`, at most `1m`.
    pace: Option<String>,
    /// Nothing is said while it is paused.
    paused: Option<bool>,
}

impl Fields for WorldChange {
    const NAMES: &'static [&'static str] = &["pace", "paused"];
}

/// Set the pace of a world, pause or resume it
///
/// The pace holds for the lines to come, in all processes, also after a restart.
#[utoipa::path(patch, path = "/api/worlds/{world}", tag = "worlds",
    params(("world" = String, Path, description = "Slug of the world.", example = "friends")),
    request_body = WorldChange,
    responses(
        (status = 200, body = World, description = "As it is now."),
        (status = 400, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_json`, `unknown_field`, `wrong_type`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON, description = "`sign_in_required`"),
        (status = 403, body = Problem, content_type = PROBLEM_JSON, description = "`cross_site`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON, description = "`unknown_world`"),
        (status = 413, body = Problem, content_type = PROBLEM_JSON, description = "`body_too_large`"),
        (status = 415, body = Problem, content_type = PROBLEM_JSON, description = "`not_json`"),
        (status = 422, body = Problem, content_type = PROBLEM_JSON, description = "`invalid_pace`"),
    ))]
async fn change(
    State(stage): State<Stage>,
    Path(name): Path<String>,
    JsonBody(body): JsonBody<WorldChange>,
) -> Result<Json<World>, Problem> {
    let world = stage.entered(&name)?;
    let pace = body.pace.as_deref().map(pace).transpose()?;
    let director = &stage.options.director;
    if let Some(pace) = pace {
        director.set_pace(&world.name, pace).await?;
    }
    if let Some(paused) = body.paused {
        director.set_paused(&world.name, paused).await?;
    }
    Ok(Json(stage.standing(&world).await?))
}

fn pace(text: &str) -> Result<Pace, Problem> {
    let pace: Result<Pace, _> = text.parse();
    match pace {
        Ok(pace) if pace.duration() <= PACE_MAX => Ok(pace),
        _ => {
            let text: String = text.chars().take(40).collect();
            Err(Problem::refused(
                "invalid_pace",
                format!("'{text}' is not a pace: write 0, 30ms, 1s, 2.5s or 1m (at most a minute)"),
            )
            .with("field", "pace"))
        }
    }
}

/// The cast of a world
#[utoipa::path(get, path = "/api/worlds/{world}/characters", tag = "worlds",
    params(("world" = String, Path, description = "Slug of the world.", example = "friends")),
    responses(
        (status = 200, body = List<Character>, description = "Everybody, in the order of the world file."),
        (status = 404, body = Problem, content_type = PROBLEM_JSON, description = "`unknown_world`"),
    ))]
async fn characters(
    State(stage): State<Stage>,
    Path(name): Path<String>,
) -> Result<Json<List<Character>>, Problem> {
    let world = stage.world(&name)?;
    let living = stage.living().await?;
    let present = |c: &model::Character| living.iter().any(|r| r.acts_for(&world.name, &c.slug));
    let items = world
        .cast
        .iter()
        .map(|c| Character::of(c, world.access, present(c)))
        .collect();
    Ok(Json(List::whole(items)))
}

/// Pause a world
///
/// Nothing is said until it is resumed; what is on its way waits. Pausing a paused world changes
/// nothing.
#[utoipa::path(post, path = "/api/worlds/{world}/pause", tag = "worlds",
    params(("world" = String, Path, description = "Slug of the world.", example = "friends")),
    responses(
        (status = 200, body = World, description = "As it is now."),
        (status = 401, body = Problem, content_type = PROBLEM_JSON, description = "`sign_in_required`"),
        (status = 403, body = Problem, content_type = PROBLEM_JSON, description = "`cross_site`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON, description = "`unknown_world`"),
    ))]
async fn pause(
    State(stage): State<Stage>,
    Path(name): Path<String>,
) -> Result<Json<World>, Problem> {
    set_paused(&stage, &name, true).await
}

/// Resume a world
///
/// Resuming a world that is not paused changes nothing.
#[utoipa::path(post, path = "/api/worlds/{world}/resume", tag = "worlds",
    params(("world" = String, Path, description = "Slug of the world.", example = "friends")),
    responses(
        (status = 200, body = World, description = "As it is now."),
        (status = 401, body = Problem, content_type = PROBLEM_JSON, description = "`sign_in_required`"),
        (status = 403, body = Problem, content_type = PROBLEM_JSON, description = "`cross_site`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON, description = "`unknown_world`"),
    ))]
async fn resume(
    State(stage): State<Stage>,
    Path(name): Path<String>,
) -> Result<Json<World>, Problem> {
    set_paused(&stage, &name, false).await
}

async fn set_paused(stage: &Stage, name: &str, paused: bool) -> Result<Json<World>, Problem> {
    let world = stage.entered(name)?;
    stage
        .options
        .director
        .set_paused(&world.name, paused)
        .await?;
    Ok(Json(stage.standing(&world).await?))
}
