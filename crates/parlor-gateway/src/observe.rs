//! What is measured of every request, and the form of every error.

use crate::problem::Problem;
use crate::visit::Visit;
use axum::Json;
use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::http::{Response as HttpResponse, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use metrics::{counter, histogram};
use parlor_ports::metric::{HTTP_REQUESTS, HTTP_SECONDS};
use std::any::Any;
use std::time::Instant;
use tower_http::catch_panic::ResponseForPanic;

/// Label of requests that no route answers; their paths are anybody's, so they are no labels.
const UNMATCHED: &str = "unmatched";

/// Says which route answered, where the router does not know (aliases of worlds).
#[derive(Debug, Clone)]
pub(crate) struct Route(pub(crate) &'static str);

/// Counts and times requests by route template (a live-event stream: until it begins).
pub(crate) async fn measure(request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let method = request.method().clone();
    let matched = request
        .extensions()
        .get::<MatchedPath>()
        .map(|path| path.as_str().to_owned());
    let visit = Visit::of(&request);
    let answer = next.run(request);
    let answer = match &visit {
        Some(visit) => visit.here.clone().during(answer).await,
        None => answer.await,
    };
    let response = as_problem(answer);
    let route = matched
        .or_else(|| {
            response
                .extensions()
                .get::<Route>()
                .map(|route| route.0.to_owned())
        })
        .unwrap_or_else(|| UNMATCHED.to_owned());
    let status = response.status();
    let took = begun.elapsed();
    let seconds = took.as_secs_f64();
    if let Some(visit) = visit {
        visit.end(&route, status, took);
    }
    tracing::debug!(http.method = %method, http.route = route, http.status = status.as_u16(), seconds, "request");
    counter!(HTTP_REQUESTS, "route" => route.clone(), "status" => status.as_str().to_owned())
        .increment(1);
    histogram!(HTTP_SECONDS, "route" => route).record(seconds);
    response
}

/// Gives an error that the framework made (a wrong method, a deadline) the form of a problem.
fn as_problem(response: Response) -> Response {
    let status = response.status();
    let formed = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.to_str().is_ok_and(|value| value.contains("json")));
    if formed || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let problem = match status {
        StatusCode::NOT_FOUND => Problem::not_found(
            "unknown_route",
            "there is nothing at this path: /docs lists what there is",
        ),
        StatusCode::METHOD_NOT_ALLOWED => Problem::new(
            status,
            "wrong_method",
            "this path does not answer to that method: the 'allow' header lists those that it does",
        ),
        StatusCode::SERVICE_UNAVAILABLE => {
            Problem::unavailable("the answer took too long: try again in a moment")
        }
        status if status.is_client_error() => {
            Problem::new(status, "refused", "the request can't be answered as it is")
        }
        _ => Problem::internal(),
    };
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.remove(header::CONTENT_TYPE);
    let mut formed = problem.into_response();
    for (name, value) in &parts.headers {
        formed.headers_mut().append(name, value.clone());
    }
    formed.extensions_mut().extend(parts.extensions);
    formed
}

/// Turns a panic of a handler into a problem and a log line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Panicked;

impl ResponseForPanic for Panicked {
    type ResponseBody = Body;

    fn response_for_panic(
        &mut self,
        panic: Box<dyn Any + Send + 'static>,
    ) -> HttpResponse<Self::ResponseBody> {
        let reason = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("no message");
        tracing::error!(reason, "a handler panicked");
        Problem::internal().into_response()
    }
}

/// An answer in JSON with a status.
pub(crate) fn json(status: StatusCode, body: impl serde::Serialize) -> Response {
    (status, Json(body)).into_response()
}
