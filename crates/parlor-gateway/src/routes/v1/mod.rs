//! What clients of the OpenAI API ask: the models there are (characters), and the next line of a
//! chat. The documented shapes of that API, not ours; so these routes are in no document of ours.
//!
//! Inside, a mistake is a [`Problem`] as everywhere. [`in_their_words`] stands around everything and
//! gives it the form that these clients read.

mod access;
mod chat;
mod cut;
mod models;
mod reply;
mod request;
mod told;

use crate::options::Limits;
use crate::problem::Problem;
use crate::stage::Stage;
use axum::Json;
use axum::Router;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::json;
use std::time::Duration;

/// Where these routes are.
const BENEATH: &str = "/v1/";
/// Longest time until a chat is answered, or until its stream is at its end. A language model may be
/// asked more than once.
const CHAT_TIME_MAX: Duration = Duration::from_secs(120);

/// The routes; they bring deadlines of their own.
pub(crate) fn router(stage: Stage) -> Router {
    let begun = stage.options.clock.now().timestamp();
    Router::new()
        .route("/v1/models", get(models::list))
        .route("/v1/models/{*id}", get(models::one))
        .route("/v1/chat/completions", post(chat::complete))
        .with_state(Talks { stage, begun })
}

/// The limits of these routes.
pub(crate) fn limits(limits: Limits) -> Limits {
    Limits {
        request_time_max: CHAT_TIME_MAX,
        ..limits
    }
}

/// What the handlers share.
#[derive(Clone)]
pub(crate) struct Talks {
    stage: Stage,
    /// When the gateway was made, in seconds since 1970: characters have no birthday.
    begun: i64,
}

/// Gives every problem beneath `/v1/` the form that clients of that API read, also those of the
/// layers around the routes.
pub(crate) async fn in_their_words(request: Request, next: Next) -> Response {
    let is_theirs = request.uri().path().starts_with(BENEATH);
    let mut response = next.run(request).await;
    if !is_theirs {
        return response;
    }
    let Some(problem) = response.extensions_mut().remove::<Problem>() else {
        return response;
    };
    let mut theirs = (problem.status(), Json(error(&problem))).into_response();
    for (name, value) in response.headers() {
        if *name != header::CONTENT_TYPE && *name != header::CONTENT_LENGTH {
            theirs.headers_mut().append(name, value.clone());
        }
    }
    theirs
}

/// An error as the API documents it.
fn error(problem: &Problem) -> serde_json::Value {
    let kind = match problem.status() {
        StatusCode::TOO_MANY_REQUESTS => "rate_limit_error",
        StatusCode::FORBIDDEN => "permission_error",
        status if status.is_client_error() => "invalid_request_error",
        _ => "server_error",
    };
    json!({ "error": {
        "message": problem.detail(),
        "type": kind,
        "param": problem.fact("param").or(problem.fact("field")),
        "code": problem.code(),
    }})
}

/// A request that can't be answered as it is, because of this field.
fn invalid(param: &str, detail: impl Into<String>) -> Problem {
    Problem::malformed("invalid_value", detail).with("param", param)
}
