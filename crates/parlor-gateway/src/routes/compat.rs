//! Routes that the briefs of the worlds name: the aliases that start a conversation, and the last
//! lines as one flat list.

use crate::extract::{Fields, Query};
use crate::observe::{Route, json};
use crate::options::Ids;
use crate::problem::{PROBLEM_JSON, Problem};
use crate::shape::{RunBegun, Started, SyncLine};
use crate::stage::Stage;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use parlor_model::World;
use parlor_model::world::Access;
use parlor_ports::director::{Director, StartRequest};
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::Arc;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Lines of `/api/sync`.
const SYNC_LINES: u32 = 20;

pub(crate) fn router() -> OpenApiRouter<Stage> {
    OpenApiRouter::new().routes(routes!(sync))
}

/// Which world.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SyncQuery {
    /// Slug of the world; the server's first one where left out.
    world: Option<String>,
}

impl Fields for SyncQuery {
    const NAMES: &'static [&'static str] = &["world"];
}

/// The last 20 messages
///
/// Newest first, as one flat list.
#[utoipa::path(get, path = "/api/sync", tag = "messages",
    params(SyncQuery),
    responses(
        (status = 200, body = Vec<SyncLine>, description = "At most 20."),
        (status = 400, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_query`, `unknown_field`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON, description = "`sign_in_required`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON, description = "`unknown_world`"),
    ))]
async fn sync(
    State(stage): State<Stage>,
    Query(query): Query<SyncQuery>,
) -> Result<Json<Vec<SyncLine>>, Problem> {
    let worlds = stage.options.worlds.all();
    let first = worlds.first().map(|world| world.name.as_str());
    let Some(name) = query.world.as_deref().or(first) else {
        return Ok(Json(Vec::new()));
    };
    let world = stage.entered(name)?;
    let page = stage
        .options
        .store
        .world_messages(&world.name, None, SYNC_LINES)
        .await?;
    Ok(Json(page.items.into_iter().map(Into::into).collect()))
}

/// What a `GET` on an alias starts.
#[derive(Clone)]
struct Trigger {
    world: Arc<World>,
    /// Slug of who begins; drawn by the world's dice where none is named.
    from: Option<String>,
}

/// The aliases. They come from world files, so they are looked up where no route answers: whatever
/// an alias is called, it can't clash with a route.
#[derive(Clone)]
pub(crate) struct Triggers {
    by_path: Arc<HashMap<String, Trigger>>,
    director: Arc<dyn Director>,
    ids: Ids,
}

impl Triggers {
    /// The aliases of these worlds; each conversation begins with `from` if given. Where two worlds
    /// name the same alias, the first one has it.
    pub(crate) fn new(
        worlds: &[Arc<World>],
        from: Option<&str>,
        director: Arc<dyn Director>,
        ids: Ids,
    ) -> Self {
        let mut by_path: HashMap<String, Trigger> = HashMap::new();
        for world in worlds {
            for alias in &world.trigger.aliases {
                let trigger = Trigger {
                    world: world.clone(),
                    from: from.map(str::to_owned),
                };
                if let Some(other) = by_path.get(alias) {
                    tracing::warn!(alias, world = %world.name, has = %other.world.name,
                        "two worlds name the same alias; the first one has it");
                } else {
                    by_path.insert(alias.clone(), trigger);
                }
            }
        }
        Self {
            by_path: Arc::new(by_path),
            director,
            ids,
        }
    }

    /// Their paths.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &String> {
        self.by_path.keys()
    }

    /// Starts a conversation, or in a world whose characters travel a run.
    async fn start(&self, trigger: &Trigger) -> Result<Response, Problem> {
        let world = &trigger.world;
        if world.access != Access::Open {
            return Err(Problem::new(
                StatusCode::UNAUTHORIZED,
                "sign_in_required",
                format!("the world '{}' is for signed-in people", world.name),
            ));
        }
        if world.travels() {
            let run = self.director.begin_run(&world.name, (self.ids)()).await?;
            return Ok(json(StatusCode::ACCEPTED, RunBegun::of(world, run)));
        }
        let request = StartRequest {
            from: trigger.from.clone(),
            key: (self.ids)(),
            ..StartRequest::default()
        };
        let started = self.director.start(&world.name, request).await?;
        Ok(json(StatusCode::ACCEPTED, Started::of(started)))
    }
}

/// Answers an alias, or says that there is nothing at this path.
pub(crate) async fn alias_or_nothing(
    State(triggers): State<Triggers>,
    method: Method,
    uri: Uri,
) -> Response {
    let Some(trigger) = triggers.by_path.get(uri.path()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut response = if method == Method::GET {
        match triggers.start(trigger).await {
            Ok(response) => response,
            Err(problem) => problem.into_response(),
        }
    } else {
        let allow = [(header::ALLOW, HeaderValue::from_static("GET"))];
        (StatusCode::METHOD_NOT_ALLOWED, allow).into_response()
    };
    response.extensions_mut().insert(Route("alias"));
    response
}
