//! The gateway: options in, router out.

use crate::guard::{Guard, guard};
use crate::live::LiveView;
use crate::observe::{Panicked, measure};
use crate::openapi;
use crate::options::{GatewayOptions, Limits};
use crate::routes::compat::{Triggers, alias_or_nothing};
use crate::routes::health::Vitals;
use crate::routes::{compat, conversations, events, health, messages, worlds};
use crate::stage::Stage;
use axum::Router;
use axum::http::{StatusCode, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::IntoResponse;
use axum::routing::get;
use bytes::Bytes;
use parlor_model::world::Access;
use std::sync::Arc;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_swagger_ui::{Config, SwaggerUi};

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
        let triggers = Triggers::new(
            &options.worlds,
            None,
            options.director.clone(),
            options.ids.clone(),
        );
        let stage = Stage {
            options: options.clone(),
            live: live.clone(),
        };
        let (router, mut document) = documented_routes(stage).split_for_parts();
        openapi::complete(&mut document, triggers.paths());
        let guard = Guard::new(&options.allowed_hosts, triggers.paths().cloned().collect());
        let router = router.merge(docs(&document)).fallback_service(
            Router::new()
                .fallback(alias_or_nothing)
                .with_state(triggers),
        );
        let router = layered(router, guard, options.limits);
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

fn live_view(options: &GatewayOptions) -> LiveView {
    let open = options
        .worlds
        .iter()
        .filter(|world| world.access == Access::Open);
    LiveView::new(
        options.store.clone(),
        open.map(|world| world.name.clone()).collect(),
        options.limits.live_readers_max,
        options.limits.live_keep_alive,
    )
}

fn documented_routes(stage: Stage) -> OpenApiRouter {
    let vitals = Vitals {
        role: "gateway".to_owned(),
        store: stage.options.store.clone(),
        bus: stage.options.bus.clone(),
        metrics: stage.options.metrics.clone(),
    };
    OpenApiRouter::with_openapi(openapi::frame())
        .merge(worlds::router())
        .merge(conversations::router())
        .merge(messages::router())
        .merge(events::router())
        .merge(compat::router())
        .with_state(stage)
        .merge(health::router(vitals))
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
    Router::<()>::from(page).route(
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
