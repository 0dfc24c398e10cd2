//! The next line of a chat.

use super::access::Caller;
use super::cut::{Cutter, Finish};
use super::reply::{Head, Usage};
use super::request::Chat;
use super::told::{Finding, Told};
use super::{CHAT_TIME_MAX, Talks, models};
use crate::extract::read_body;
use crate::problem::Problem;
use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::{FutureExt, StreamExt};
use parlor_ports::PortError;
use parlor_ports::parley::{Asked, ParleyError};
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Pieces of an answer that may wait for a slow reader; what finds no room goes with the next.
const PIECES_MAX: usize = 64;

pub(super) async fn complete(
    State(talks): State<Talks>,
    caller: Caller,
    request: Request,
) -> Result<Response, Problem> {
    let deadline = Instant::now() + CHAT_TIME_MAX;
    let body = read_body(request, talks.stage.options.limits).await?;
    let chat = Chat::parse(&body)?;
    let (world, character) = models::find(&talks, &caller, &chat.model)?;
    let options = &talks.stage.options;
    let id = (options.ids)();
    let created = options.clock.now().timestamp();
    let head = Head::new(id, created, chat.model, chat.usage_in_stream);
    let cutter = Cutter::new(chat.stops, chat.tokens_max);
    let asked = Asked {
        id,
        world: world.name.clone(),
        character: character.slug.clone(),
        person: chat.person,
        lines: chat.lines,
        note: chat.note,
        seed: chat.seed,
    };
    if !chat.stream {
        return whole(&talks, asked, &head, cutter).await;
    }
    let (sender, pieces) = mpsc::channel(PIECES_MAX);
    let parley = options.parley.clone();
    let finding: Finding = async move { parley.answer(asked, Some(sender)).await }.boxed();
    let told = Told::begin(head, cutter, finding, pieces, deadline).await?;
    let body = told
        .body()
        .take_until(options.shutdown.clone().cancelled_owned());
    let headers = [
        (header::CONTENT_TYPE.as_str(), "text/event-stream"),
        (header::CACHE_CONTROL.as_str(), "no-store"),
        // Asks proxies like nginx not to gather events.
        ("x-accel-buffering", "no"),
    ];
    Ok((headers, Body::from_stream(body)).into_response())
}

async fn whole(
    talks: &Talks,
    asked: Asked,
    head: &Head,
    mut cutter: Cutter,
) -> Result<Response, Problem> {
    let parley = &talks.stage.options.parley;
    let answer = parley.answer(asked, None).await.map_err(failed)?;
    cutter.take(&answer.text);
    cutter.finish();
    let usage = Usage::of(answer.tokens_in, cutter.shown());
    let finish = cutter.ended().unwrap_or(Finish::Stop);
    Ok(Json(head.whole(cutter.shown(), finish, usage, answer.fallback)).into_response())
}

/// Why there is no answer. What a provider said is for the log, not for the caller.
pub(super) fn failed(error: ParleyError) -> Problem {
    let retry_after = error.retry_after();
    let problem = match &error {
        ParleyError::UnknownCharacter(..) => {
            Problem::not_found("model_not_found", error.to_string()).with("param", "model")
        }
        ParleyError::Busy => {
            let status = StatusCode::TOO_MANY_REQUESTS;
            Problem::new(status, "rate_limit_exceeded", error.to_string())
        }
        ParleyError::NoWords { character, cause } => no_words(character.as_str(), cause),
        ParleyError::Port(cause) => return cause.clone().into(),
    };
    match retry_after {
        Some(wait) => {
            let seconds = wait.as_secs().max(1);
            problem.with_header(header::RETRY_AFTER, HeaderValue::from(seconds))
        }
        None => problem,
    }
}

fn no_words(character: &str, cause: &PortError) -> Problem {
    tracing::warn!(character, error = %cause, "no words found for somebody who asked");
    if cause.is_retryable() {
        let detail = format!("'{character}' finds no words just now: try again in a moment");
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "no_words_yet", detail)
    } else {
        let detail = format!("'{character}' finds no words; the server's log says why");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "no_words", detail)
    }
}

/// The time for an answer is over.
pub(super) fn too_late() -> Problem {
    Problem::unavailable("the answer took too long: try again in a moment")
}
