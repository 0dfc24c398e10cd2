//! The gateway: options in, router out.

use crate::chat::door::{self, Door};
use crate::guard::{Guard, guard};
use crate::live::LiveView;
use crate::observe::{Panicked, measure};
use crate::openapi;
use crate::options::{GatewayOptions, Limits, SignIn};
use crate::routes::compat::{Triggers, alias_or_nothing};
use crate::routes::health::Vitals;
use crate::routes::{
    bots, catalogue, characters, chatroom, compat, conversations, dead_letters, directory, events,
    gallery, health, inboxes, inspect, journeys, lists, me, messages, roles, search, sessions,
    sign_in, stats, usage, v1, worlds,
};
use crate::stage::Stage;
use crate::web::page_beneath;
use axum::Router;
use axum::http::{StatusCode, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::IntoResponse;
use axum::routing::get;
use bytes::Bytes;
use parlor_model::World;
use parlor_model::card::limits::PICTURE_BYTES_MAX;
use parlor_model::world::Access;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_swagger_ui::{Config, SwaggerUi};

/// What programs agree on that bring bots of their own.
const ASYNC_API: &str = include_str!("../asyncapi.json");

/// The HTTP side of a server.
pub struct Gateway {
    router: Router,
    document: OpenApi,
    live: LiveView,
    options: Arc<GatewayOptions>,
}

impl Gateway {
    /// A gateway that asks these ports. Does no I/O.
    #[must_use]
    pub fn new(options: GatewayOptions) -> Self {
        let options = Arc::new(options);
        let live = live_view(&options);
        let worlds = options.worlds.all();
        let triggers = Triggers::new(&worlds, None, options.director.clone(), options.ids.clone());
        let stage = Stage::new(options.clone(), live.clone());
        let vitals = vitals("gateway", &options);
        let document = document(&worlds);
        let chats = v1::router(stage.clone());
        let people = match &options.sign_in {
            SignIn::Here(desk) => Router::from(sign_in::router().with_state(desk.clone())),
            SignIn::There(forward) => forward.clone().router(&sign_in::PATHS, options.limits),
        };
        let door = door(&stage);
        let characters = characters(&stage);
        let router = Router::from(api().with_state(stage).merge(health::router(vitals)));
        let guard = Guard::new(&options.allowed_hosts, triggers.paths().cloned().collect());
        let router = router
            .merge(people)
            .merge(characters)
            .merge(docs(&document))
            .merge(door)
            .fallback_service(beneath(triggers, options.web));
        let chats = layered(chats, guard.clone(), v1::limits(options.limits));
        let router = layered(router, guard, options.limits)
            .merge(chats)
            .layer(from_fn(v1::in_their_words));
        Self {
            router,
            document,
            live,
            options,
        }
    }

    /// What `/openapi.json` says.
    #[must_use]
    pub fn document(&self) -> &OpenApi {
        &self.document
    }

    /// The router. Spawns the task behind the live events, which ends with the options' shutdown;
    /// so it must be called in a Tokio runtime.
    pub fn router(self) -> Router {
        tokio::spawn(self.live.tail(self.options.shutdown.clone()));
        self.router
    }
}

/// The router of the role `characters`: looks after the characters that people talk with, and nothing
/// else of what a gateway does.
pub fn characters_router(options: GatewayOptions) -> Router {
    let options = Arc::new(options);
    let guard = Guard::new(&options.allowed_hosts, HashSet::new());
    let stage = Stage::new(options.clone(), live_view(&options));
    let characters = Router::from(gallery::router().with_state(stage));
    let router = characters.merge(Router::from(health::router(vitals("characters", &options))));
    layered(router, guard, options.limits)
}

fn vitals(role: &str, options: &GatewayOptions) -> Vitals {
    Vitals {
        role: role.to_owned(),
        store: options.store.clone(),
        bus: options.bus.clone(),
        metrics: options.metrics.clone(),
    }
}

/// The characters that people talk with: here, or in the role that looks after them.
fn characters(stage: &Stage) -> Router {
    let options = &stage.options;
    let Some(forward) = &options.elsewhere.characters else {
        return Router::from(gallery::router().with_state(stage.clone()));
    };
    let limits = Limits {
        body_bytes_max: options.limits.body_bytes_max.max(PICTURE_BYTES_MAX),
        ..options.limits
    };
    forward.clone().router(&gallery::PATHS, limits)
}

/// Where people come in who talk with characters, if they do here.
fn door(stage: &Stage) -> Router {
    let options = &stage.options;
    let Some(chat) = &options.chat else {
        let tunnel = options.elsewhere.chat.clone();
        return tunnel.map_or_else(Router::new, |tunnel| tunnel.router(options.limits));
    };
    door::router(Door {
        worlds: options.worlds.clone(),
        chat: chat.clone(),
        auth: stage.auth.clone(),
        clock: options.clock.clone(),
        ids: options.ids.clone(),
        limits: options.limits.chat,
        text_bytes_max: options.limits.text_bytes_max,
        shutdown: options.shutdown.clone(),
    })
}

fn live_view(options: &GatewayOptions) -> LiveView {
    let worlds = options.worlds.all();
    let open = worlds.iter().filter(|world| world.access == Access::Open);
    LiveView::new(
        options.store.clone(),
        open.map(|world| world.name.clone()).collect(),
        options.limits.live_readers_max,
        options.limits.live_keep_alive,
    )
}

/// The OpenAPI document of a gateway that shows these worlds.
#[must_use]
pub fn document(worlds: &[Arc<World>]) -> OpenApi {
    let mut document = api().into_openapi();
    document.merge(gallery::router().into_openapi());
    document.merge(sign_in::router().into_openapi());
    document.merge(health::routes().into_openapi());
    let aliases: BTreeSet<_> = worlds.iter().flat_map(|w| &w.trigger.aliases).collect();
    openapi::complete(&mut document, aliases.into_iter());
    document
}

fn api() -> OpenApiRouter<Stage> {
    OpenApiRouter::with_openapi(openapi::frame())
        .merge(worlds::router())
        .merge(conversations::router())
        .merge(lists::router())
        .merge(messages::router())
        .merge(search::router())
        .merge(characters::router())
        .merge(catalogue::router())
        .merge(me::router())
        .merge(sessions::router())
        .merge(inspect::router())
        .merge(events::router())
        .merge(usage::router())
        .merge(compat::router())
        .merge(inboxes::router())
        .merge(directory::router())
        .merge(bots::router())
        .merge(journeys::router())
        .merge(roles::router())
        .merge(dead_letters::router())
        .merge(stats::router())
        .merge(chatroom::router())
}

/// The document and the page that shows it, from memory: neither needs the network.
fn docs(document: &OpenApi) -> Router {
    let json = serde_json::to_vec_pretty(document).expect("a document has only string keys");
    let json = Bytes::from(json);
    let page = SwaggerUi::new("/docs").config(
        Config::new(["/openapi.json"])
            .validator_url("none")
            .try_it_out_enabled(true),
    );
    let contract = get(|| async { ([(header::CONTENT_TYPE, "application/json")], ASYNC_API) });
    Router::<()>::from(page)
        .route("/asyncapi.json", contract)
        .route(
            "/openapi.json",
            get(move || async move {
                (
                    StatusCode::OK,
                    [(header::CONTENT_TYPE, "application/json")],
                    json,
                )
                    .into_response()
            }),
        )
}

/// What answers where no route does: the aliases of the worlds, and the web page if it is shown.
fn beneath(triggers: Triggers, web: bool) -> Router {
    let router = Router::new()
        .fallback(alias_or_nothing)
        .with_state(triggers);
    if web {
        router.layer(from_fn(page_beneath))
    } else {
        router
    }
}

/// Puts around a router what every request passes; the last layer is the outermost.
pub(crate) fn layered(router: Router, guarded: Guard, limits: Limits) -> Router {
    router
        .layer(CatchPanicLayer::custom(Panicked))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            limits.request_time_max,
        ))
        .layer(from_fn_with_state(guarded, guard))
        .layer(from_fn(measure))
}
