//! Journeys: who is where, how they came there, and to begin, send and reset by hand.

use super::{cursor, limit};
use crate::extract::{Fields, JsonBody, Path, Query};
use crate::problem::{PROBLEM_JSON, Problem};
use crate::shape::{Journey, List, Move, PlaceNow, PlaceState, RunBegun, States};
use crate::stage::Stage;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use parlor_model::world::{Access, Place};
use parlor_model::{Character, MoveState, Slug, World};
use parlor_ports::director::MoveWish;
use parlor_ports::journeys::{Crowd, Whereabouts};
use parlor_ports::presence::Report;
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Characters of one place that are named in an answer.
const NAMED_MAX: u32 = 1_000;
/// Most who are sent by hand in one message.
const BY_HAND_MAX: usize = 20;

pub(crate) fn router() -> OpenApiRouter<Stage> {
    OpenApiRouter::new()
        .routes(routes!(states))
        .routes(routes!(places))
        .routes(routes!(journey))
        .routes(routes!(send))
        .routes(routes!(begin))
        .routes(routes!(reset))
}

/// Which world.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WorldQuery {
    /// Slug of the world; the server's first one with places where left out.
    world: Option<String>,
}

impl Fields for WorldQuery {
    const NAMES: &'static [&'static str] = &["world"];
}

/// Who is where
///
/// Every character of the cast is in exactly one place. Who is on the way counts as being at the place
/// where they go, and is named in `travelling` too. Of each place at most 1,000 are named; `count` is of
/// all.
#[utoipa::path(get, path = "/states", tag = "journeys",
    params(WorldQuery),
    responses(
        (status = 200, body = States, description = "As it is now."),
        (status = 400, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_query`, `unknown_field`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON, description = "`sign_in_required`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON, description = "`unknown_world`"),
    ))]
async fn states(
    State(stage): State<Stage>,
    Query(query): Query<WorldQuery>,
) -> Result<Json<States>, Problem> {
    let world = travelling(&stage, query.world.as_deref())?;
    Ok(Json(States::of(&world, now(&stage, &world).await?)))
}

/// The places of a world
///
/// In the order of the world file, with who is there.
#[utoipa::path(get, path = "/api/worlds/{world}/places", tag = "journeys",
    params(("world" = String, Path, description = "Slug of the world.", example = "friends")),
    responses(
        (status = 200, body = List<PlaceState>, description = "All of them."),
        (status = 401, body = Problem, content_type = PROBLEM_JSON, description = "`sign_in_required`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON, description = "`unknown_world`"),
    ))]
async fn places(
    State(stage): State<Stage>,
    Path(name): Path<String>,
) -> Result<Json<List<PlaceState>>, Problem> {
    let world = stage.entered(&name)?;
    let now = now(&stage, &world).await?;
    let items = now
        .into_iter()
        .map(|(place, now)| PlaceState::of(&place, now));
    Ok(Json(List::whole(items.collect())))
}

/// Which part of whose journey.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct JourneyQuery {
    /// Slug of the world; the server's first one with places where left out.
    world: Option<String>,
    /// The `nextCursor` of the part before.
    #[serde(alias = "after")]
    cursor: Option<String>,
    /// How many.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

impl Fields for JourneyQuery {
    const NAMES: &'static [&'static str] = &["world", "cursor", "after", "limit"];
}

/// The journey of a character
///
/// Every move in this run, oldest first, without gap: each begins where the one before ended. The scene
/// is what happened where they set out.
#[utoipa::path(get, path = "/api/characters/{character}/journey", tag = "journeys",
    params(
        ("character" = String, Path, description = "Slug or name of the character.", example = "ross"),
        JourneyQuery,
    ),
    responses(
        (status = 200, body = Journey, description = "A part of the journey."),
        (status = 400, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_query`, `unknown_field`, `invalid_cursor`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON, description = "`sign_in_required`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON,
            description = "`unknown_world`, `unknown_character`"),
    ))]
async fn journey(
    State(stage): State<Stage>,
    Path(name): Path<String>,
    Query(query): Query<JourneyQuery>,
) -> Result<Json<Journey>, Problem> {
    let world = travelling(&stage, query.world.as_deref())?;
    let character = world.find(&name).cloned();
    let character = character.ok_or_else(|| super::characters::unknown(&world, &name))?;
    let from = query.cursor.as_deref().map(cursor).transpose()?;
    let store = &stage.options.store;
    let found = store.where_is(&world.name, &character.slug).await?;
    let page = store
        .journey(&world.name, &character.slug, from, limit(query.limit)?)
        .await?;
    let home = world.home_of(&character).map(|home| home.name.clone());
    let place = found.as_ref().map(|found| name_of(&world, &found.place));
    Ok(Json(Journey {
        character: character.name.clone(),
        home,
        place,
        travelling: found.is_some_and(|found| found.state == MoveState::Sent),
        items: page.items.into_iter().map(Move::from).collect(),
        next_cursor: page.next.map(|cursor| cursor.to_string()),
    }))
}

/// Who is to go where.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"characters": ["ross"], "to": "library"}))]
pub(crate) struct MoveRequest {
    /// Slugs or names, at most 20, all at one place.
    characters: Vec<String>,
    /// Slug or name of the place.
    to: String,
}

impl Fields for MoveRequest {
    const NAMES: &'static [&'static str] = &["characters", "to"];
}

/// Send somebody by hand
///
/// They arrive, and stay: no group goes on with them. Such moves are counted apart
/// (`parlor_moves_total{by="hand"}`), so that the share of moves without a hand can be told.
#[utoipa::path(post, path = "/api/worlds/{world}/moves", tag = "journeys",
    params(("world" = String, Path, description = "Slug of the world.", example = "friends")),
    request_body = MoveRequest,
    responses(
        (status = 202, body = Move, description = "They are on their way."),
        (status = 400, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_json`, `unknown_field`, `wrong_type`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON, description = "`sign_in_required`"),
        (status = 403, body = Problem, content_type = PROBLEM_JSON, description = "`cross_site`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON, description = "`unknown_world`"),
        (status = 409, body = Problem, content_type = PROBLEM_JSON,
            description = "`not_together`: they are not at one place, or just on their way."),
        (status = 413, body = Problem, content_type = PROBLEM_JSON, description = "`body_too_large`"),
        (status = 415, body = Problem, content_type = PROBLEM_JSON, description = "`not_json`"),
        (status = 422, body = Problem, content_type = PROBLEM_JSON,
            description = "`unknown_character`, `unknown_place`, `refused`"),
    ))]
async fn send(
    State(stage): State<Stage>,
    Path(name): Path<String>,
    JsonBody(body): JsonBody<MoveRequest>,
) -> Result<(StatusCode, Json<Move>), Problem> {
    let world = stage.entered(&name)?;
    if body.characters.len() > BY_HAND_MAX {
        let detail = format!("at most {BY_HAND_MAX} travel in one message");
        return Err(Problem::refused("refused", detail).with("field", "characters"));
    }
    let wish = MoveWish {
        who: body.characters,
        to: body.to,
        key: (stage.options.ids)(),
    };
    let made = stage
        .options
        .director
        .send_by_hand(&world.name, wish)
        .await?;
    Ok((StatusCode::ACCEPTED, Json(made.into())))
}

/// Begin a run
///
/// Everybody is at home again, and groups set out. Called again it begins anew: what still is on its way
/// of the run before no longer arrives. The aliases of the world's `[trigger]` do the same with `GET`.
#[utoipa::path(post, path = "/api/worlds/{world}/runs", tag = "journeys",
    params(("world" = String, Path, description = "Slug of the world.", example = "friends")),
    responses(
        (status = 202, body = RunBegun, description = "It has begun."),
        (status = 401, body = Problem, content_type = PROBLEM_JSON, description = "`sign_in_required`"),
        (status = 403, body = Problem, content_type = PROBLEM_JSON, description = "`cross_site`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON, description = "`unknown_world`"),
        (status = 422, body = Problem, content_type = PROBLEM_JSON,
            description = "`refused`: nobody travels in this world."),
    ))]
async fn begin(
    State(stage): State<Stage>,
    Path(name): Path<String>,
) -> Result<(StatusCode, Json<RunBegun>), Problem> {
    let world = stage.entered(&name)?;
    let key = (stage.options.ids)();
    let run = stage.options.director.begin_run(&world.name, key).await?;
    Ok((StatusCode::ACCEPTED, Json(RunBegun::of(&world, run))))
}

/// Send everybody home
///
/// A new run in which nobody sets out. What was on its way no longer arrives.
#[utoipa::path(delete, path = "/reset", tag = "journeys",
    params(WorldQuery),
    responses(
        (status = 200, body = States, description = "Everybody is at home."),
        (status = 400, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_query`, `unknown_field`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON, description = "`sign_in_required`"),
        (status = 403, body = Problem, content_type = PROBLEM_JSON, description = "`cross_site`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON, description = "`unknown_world`"),
        (status = 422, body = Problem, content_type = PROBLEM_JSON,
            description = "`refused`: nobody travels in this world."),
    ))]
async fn reset(
    State(stage): State<Stage>,
    Query(query): Query<WorldQuery>,
) -> Result<Json<States>, Problem> {
    let world = travelling(&stage, query.world.as_deref())?;
    let key = (stage.options.ids)();
    stage.options.director.send_home(&world.name, key).await?;
    Ok(Json(States::of(&world, now(&stage, &world).await?)))
}

/// The world that is named, or else the first with places that the caller may enter, or the first.
fn travelling(stage: &Stage, name: Option<&str>) -> Result<Arc<World>, Problem> {
    if let Some(name) = name {
        return stage.entered(name);
    }
    let worlds = stage.options.worlds.all();
    let open = || worlds.iter().filter(|world| world.access == Access::Open);
    let with_places = open().find(|world| !world.places.is_empty());
    let found = with_places.or_else(|| open().next()).cloned();
    found.ok_or_else(|| {
        Problem::not_found(
            "unknown_world",
            "no world of this server is open".to_owned(),
        )
    })
}

/// Every place of a world, with who is there.
async fn now(stage: &Stage, world: &World) -> Result<Vec<(Arc<Place>, PlaceNow)>, Problem> {
    let store = &stage.options.store;
    let crowds = store.crowds(&world.name, NAMED_MAX).await?;
    let crowds: HashMap<&Slug, &Crowd> = crowds.iter().map(|crowd| (&crowd.place, crowd)).collect();
    let inboxes: Vec<_> = world
        .places
        .iter()
        .map(|p| world.inbox_of_place(p))
        .collect();
    // Where the bus is away, what waits there can't be told; who is where can.
    let statuses = stage
        .options
        .bus
        .inboxes(&inboxes)
        .await
        .unwrap_or_default();
    let living = stage.living().await?;
    let mut all = Vec::with_capacity(world.places.len());
    for (n, place) in world.places.iter().enumerate() {
        let crowd = crowds.get(&place.slug);
        let here = crowd.map_or(&[][..], |crowd| &crowd.people);
        let names = |state: Option<MoveState>| {
            let found = here
                .iter()
                .filter(|found| state.is_none_or(|s| s == found.state));
            found.map(|found| named(world, found)).collect()
        };
        let status = statuses.get(n);
        let now = PlaceNow {
            up: is_served(&living, world, place),
            waiting: status.map(|status| status.ready),
            queue: inboxes.get(n).cloned().unwrap_or_default(),
            count: crowd.map_or(0, |crowd| crowd.here + crowd.coming),
            characters: names(None),
            travelling: names(Some(MoveState::Sent)),
        };
        all.push((place.clone(), now));
    }
    Ok(all)
}

/// True when a living process receives at the place.
fn is_served(living: &[Report], world: &World, place: &Place) -> bool {
    living
        .iter()
        .any(|report| report.serves(&world.name, &place.slug))
}

fn named(world: &World, found: &Whereabouts) -> String {
    let name = |character: &Arc<Character>| character.name.clone();
    let character = world.character(&found.character);
    character.map_or_else(|| found.character.to_string(), name)
}

fn name_of(world: &World, place: &Slug) -> String {
    let found = world.place(place);
    found.map_or_else(|| place.to_string(), |place| place.name.clone())
}
