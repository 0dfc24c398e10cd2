//! Health, readiness and metrics; the same for the gateway and for the listener of a role.

use crate::observe::json;
use crate::shape::{Dependency, Health, Readiness};
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use metrics_exporter_prometheus::PrometheusHandle;
use parlor_ports::PortResult;
use parlor_ports::bus::Bus;
use parlor_ports::store::Store;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Longest time that a dependency may take to say that it is there.
const PING_MAX: Duration = Duration::from_secs(2);

/// What a role needs to live.
#[derive(Clone)]
pub(crate) struct Vitals {
    pub(crate) role: String,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) bus: Arc<dyn Bus>,
    pub(crate) metrics: PrometheusHandle,
}

pub(crate) fn router(vitals: Vitals) -> OpenApiRouter {
    routes().with_state(vitals)
}

pub(crate) fn routes() -> OpenApiRouter<Vitals> {
    OpenApiRouter::new()
        .routes(routes!(health))
        .routes(routes!(ready))
        .routes(routes!(metrics))
}

/// Is the process alive?
#[utoipa::path(get, path = "/health", tag = "operation",
    responses((status = 200, body = Health, description = "It is.")))]
async fn health(State(vitals): State<Vitals>) -> Json<Health> {
    Json(Health {
        status: "ok",
        role: vitals.role,
        version: env!("CARGO_PKG_VERSION"),
    })
}

/// Is everything there that it needs?
///
/// Asks the bus and the store, and says of each why it does not answer.
#[utoipa::path(get, path = "/ready", tag = "operation", responses(
    (status = 200, body = Readiness, description = "Everything answers."),
    (status = 503, body = Readiness, description = "Something does not answer; `why` says what."),
))]
async fn ready(State(vitals): State<Vitals>) -> Response {
    let (bus, store) = tokio::join!(ping(vitals.bus.ping()), ping(vitals.store.ping()));
    let dependencies = vec![
        dependency("bus", vitals.bus.capabilities().name, bus),
        dependency("store", vitals.store.name(), store),
    ];
    let ready = dependencies.iter().all(|dependency| dependency.ready);
    let (status, word) = if ready {
        (StatusCode::OK, "ready")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "unready")
    };
    json(
        status,
        Readiness {
            status: word,
            role: vitals.role,
            dependencies,
        },
    )
}

async fn ping(answer: impl Future<Output = PortResult<()>>) -> Result<(), String> {
    match tokio::time::timeout(PING_MAX, answer).await {
        Ok(answer) => answer.map_err(|e| e.to_string()),
        Err(_) => Err(format!("no answer within {} s", PING_MAX.as_secs())),
    }
}

fn dependency(name: &'static str, kind: &'static str, answer: Result<(), String>) -> Dependency {
    Dependency {
        name,
        kind,
        ready: answer.is_ok(),
        why: answer.err(),
    }
}

/// Figures for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "operation",
    responses((status = 200, body = String, content_type = "text/plain",
        description = "Prometheus text format.")))]
async fn metrics(State(vitals): State<Vitals>) -> Response {
    let text = vitals.metrics.render();
    (
        [(
            header::CONTENT_TYPE,
            "text/plain; version=0.0.4; charset=utf-8",
        )],
        text,
    )
        .into_response()
}
