//! A person's own account.

use crate::auth::{Person, invalid_token};
use crate::problem::{PROBLEM_JSON, Problem};
use crate::shape::people::{Account, Coins, Grant, PersonExport};
use crate::stage::Stage;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use parlor_model::account;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Payments in an export, at most.
const PAYMENTS_MAX: u32 = 10_000;

pub(crate) fn router() -> OpenApiRouter<Stage> {
    OpenApiRouter::new()
        .routes(routes!(me, delete))
        .routes(routes!(export))
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
#[utoipa::path(get, path = "/me/export", tag = "people",
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 200, body = PersonExport, description = "Nothing secret in it: no password, no token."),
        (status = 401, body = Problem, content_type = PROBLEM_JSON,
            description = "`sign_in_required`, `invalid_token`"),
    ))]
async fn export(person: Person, State(stage): State<Stage>) -> Result<Response, Problem> {
    let account = own(&stage, &person).await?;
    let store = &stage.options.store;
    let grants = store.grants(account.id).await?;
    let payments = store.payments(account.id, PAYMENTS_MAX).await?;
    let export = PersonExport {
        account: Account::of(account),
        sign_ins: grants.into_iter().map(Grant::of).collect(),
        payments: payments.into_iter().map(Coins::of).collect(),
    };
    let headers = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_static("attachment; filename=\"parlor-export.json\""),
        ),
    ];
    Ok((headers, Json(export)).into_response())
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
    if stage.options.store.delete_account(person.account).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(invalid_token(false))
    }
}

/// The account of who asks. A token may outlive it by some minutes.
async fn own(stage: &Stage, person: &Person) -> Result<account::Account, Problem> {
    let account = stage.options.store.account(person.account).await?;
    account.ok_or_else(|| invalid_token(false))
}
