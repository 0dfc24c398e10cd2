//! The directory: which bots are there.

use super::limit;
use crate::extract::{Fields, Query};
use crate::problem::{PROBLEM_JSON, Problem};
use crate::shape::{Bot, BotList};
use crate::stage::Stage;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use parlor_model::world::Access;
use parlor_model::{Slug, World};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn router() -> OpenApiRouter<Stage> {
    OpenApiRouter::new().routes(routes!(directory))
}

/// Which bots.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DirectoryQuery {
    /// Of this world. Left out: of the first one to which bots come.
    world: Option<String>,
    /// The `nextCursor` of the part before: a name.
    #[serde(alias = "after")]
    cursor: Option<String>,
    /// How many.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

impl Fields for DirectoryQuery {
    const NAMES: &'static [&'static str] = &["world", "cursor", "after", "limit"];
}

/// Bots that are there
///
/// By name. A bot is in the directory for as long as whoever holds it is heard of; one that is gone without
/// a word disappears when its lease ends, some seconds later.
#[utoipa::path(get, path = "/api/directory", tag = "bots",
    params(DirectoryQuery),
    responses(
        (status = 200, body = BotList, description = "A part of the directory."),
        (status = 400, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_query`, `unknown_field`, `invalid_cursor`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON, description = "`sign_in_required`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON,
            description = "`unknown_world`, `no_bots`"),
    ))]
async fn directory(
    State(stage): State<Stage>,
    Query(query): Query<DirectoryQuery>,
) -> Result<Json<BotList>, Problem> {
    let world = of_bots(&stage, query.world.as_deref())?;
    let limit = limit(query.limit)?;
    let after = query.cursor.as_deref().map(after).transpose()?;
    let now = stage.options.clock.now();
    let store = &stage.options.store;
    let mut bots = store
        .bots(&world.name, now, after.as_ref(), limit + 1)
        .await?;
    let count = store.bots_count(&world.name, now).await?;
    let busy = store.busy(&world.name).await?;
    let shown = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = bots.len() > shown;
    bots.truncate(shown);
    let next_cursor = bots.last().filter(|_| more).map(|bot| bot.name.to_string());
    let items = bots.into_iter().map(|bot| {
        let talks = busy.get(bot.name.as_str()).copied().unwrap_or(0);
        Bot::of(&world, bot, talks)
    });
    Ok(Json(BotList {
        items: items.collect(),
        next_cursor,
        count,
    }))
}

/// The world that a caller names, or the first that is open and to which bots come.
pub(crate) fn of_bots(stage: &Stage, name: Option<&str>) -> Result<Arc<World>, Problem> {
    let no_bots = |detail: String| Problem::new(StatusCode::NOT_FOUND, "no_bots", detail);
    let Some(name) = name else {
        let worlds = stage.options.worlds.all();
        let mut open = worlds.iter().filter(|w| w.access == Access::Open);
        return open
            .find(|world| world.has_bots())
            .cloned()
            .ok_or_else(|| no_bots("bots come to no world of this server".to_owned()));
    };
    let world = stage.entered(name)?;
    if world.has_bots() {
        Ok(world)
    } else {
        Err(no_bots(format!(
            "no bots come to '{}': its file has no [mechanics.bots]",
            world.name
        )))
    }
}

fn after(name: &str) -> Result<Slug, Problem> {
    Slug::new(name).map_err(|error| Problem::malformed("invalid_cursor", error.to_string()))
}
