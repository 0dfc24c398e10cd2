//! A person's own account.

mod export;

use crate::auth::{Person, invalid_token};
use crate::problem::{PROBLEM_JSON, Problem};
use crate::routes::gallery;
use crate::shape::people::Account;
use crate::stage::Stage;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use export::PersonExport;
use parlor_model::account;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn router() -> OpenApiRouter<Stage> {
    OpenApiRouter::new()
        .routes(routes!(me, delete))
        .routes(routes!(whole))
}

/// Your account
#[utoipa::path(get, path = "/me", tag = "people",
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 200, body = Account, description = "As it is now."),
        (status = 401, body = Problem, content_type = PROBLEM_JSON,
            description = "`sign_in_required`, `invalid_token`"),
    ))]
async fn me(person: Person, State(stage): State<Stage>) -> Result<Json<Account>, Problem> {
    Ok(Json(Account::of(own(&stage, &person).await?)))
}

/// All that is kept of you
#[utoipa::path(get, path = "/me/export", tag = "people", operation_id = "export",
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 200, body = PersonExport, description = "Nothing secret in it: no password, no token."),
        (status = 401, body = Problem, content_type = PROBLEM_JSON,
            description = "`sign_in_required`, `invalid_token`"),
    ))]
async fn whole(person: Person, State(stage): State<Stage>) -> Result<Response, Problem> {
    let account = own(&stage, &person).await?;
    let worlds = stage.options.worlds.all();
    let body = export::body(stage.options.store.clone(), &worlds, account).await?;
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_static("attachment; filename=\"parlor-export.json\""),
        ),
    ];
    Ok((headers, body).into_response())
}

/// Delete your account
///
/// With all that belongs to it, for good. Access tokens stay good for some minutes, but there is nothing
/// left that they open.
#[utoipa::path(delete, path = "/me", tag = "people",
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 204, description = "It is gone."),
        (status = 401, body = Problem, content_type = PROBLEM_JSON,
            description = "`sign_in_required`, `invalid_token`"),
        (status = 403, body = Problem, content_type = PROBLEM_JSON,
            description = "`cross_site`, `csrf`"),
    ))]
async fn delete(person: Person, State(stage): State<Stage>) -> Result<StatusCode, Problem> {
    let account = person.account.0;
    if let Some(chat) = &stage.options.chat {
        // Who is in one of them is shown out.
        chat.delete_all(account).await?;
    }
    gallery::forget(&stage, account).await?;
    if stage.options.store.delete_account(person.account).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(invalid_token(false))
    }
}

/// The account of who asks. A token may outlive it by some minutes.
pub(crate) async fn own(stage: &Stage, person: &Person) -> Result<account::Account, Problem> {
    let account = stage.options.store.account(person.account).await?;
    account.ok_or_else(|| invalid_token(false))
}
