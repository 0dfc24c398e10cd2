//! Worlds and their cast.

use crate::extract::Path;
use crate::problem::{PROBLEM_JSON, Problem};
use crate::shape::{Character, List, World};
use crate::stage::Stage;
use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn router() -> OpenApiRouter<Stage> {
    OpenApiRouter::new()
        .routes(routes!(worlds))
        .routes(routes!(world))
        .routes(routes!(characters))
        .routes(routes!(pause))
        .routes(routes!(resume))
}

/// The worlds of this server
#[utoipa::path(get, path = "/api/worlds", tag = "worlds",
    responses((status = 200, body = List<World>, description = "All of them.")))]
async fn worlds(State(stage): State<Stage>) -> Result<Json<List<World>>, Problem> {
    let mut items = Vec::with_capacity(stage.options.worlds.len());
    for world in &stage.options.worlds {
        let paused = stage.options.store.is_paused(&world.name).await?;
        items.push(World::of(world, paused));
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
    let paused = stage.options.store.is_paused(&world.name).await?;
    Ok(Json(World::of(world, paused)))
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
    let items = world
        .cast
        .iter()
        .map(|c| Character::of(c, world.access))
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
    Ok(Json(World::of(world, paused)))
}
