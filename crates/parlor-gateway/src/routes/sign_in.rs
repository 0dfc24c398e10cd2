//! Signing up, in and out. Also served by the role `auth` alone.

use crate::auth::{
    ACCESS_LIFE, COOKIE, Credentials, GRANT_LIFE, GrantToken, Newcomer, Origin, Pair, Person,
    Shown, SignInDesk, Submitted, invalid_token, key_set,
};
use crate::extract::Fields;
use crate::problem::{PROBLEM_JSON, Problem};
use crate::shape::people::Account;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use parlor_ports::accounts::GrantKind;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// Paths that are served here. A gateway whose people sign in elsewhere forwards them.
pub(crate) const PATHS: [&str; 8] = [
    "/register",
    "/login",
    "/token",
    "/validate",
    "/refresh",
    "/logout",
    "/session",
    "/.well-known/jwks.json",
];

pub(crate) fn router() -> OpenApiRouter<SignInDesk> {
    OpenApiRouter::new()
        .routes(routes!(register))
        .routes(routes!(login))
        .routes(routes!(token))
        .routes(routes!(validate))
        .routes(routes!(refresh))
        .routes(routes!(logout))
        .routes(routes!(session, sign_in))
        .routes(routes!(keys))
}

/// A wish for an account.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(example = json!({"username": "marla", "name": "Marla Quince", "password": "two wet umbrellas"}))]
pub(crate) struct Register {
    /// 3 to 64 letters, digits and `. _ - @ +`; no two people have the same, in whatever case.
    username: String,
    /// What they are called; the username where it is left out.
    name: String,
    /// 8 to 256 characters, and none that everybody tries first.
    password: String,
}

impl Fields for Register {
    const NAMES: &'static [&'static str] = &["username", "name", "password"];
}

/// Sign up
#[utoipa::path(post, path = "/register", tag = "people",
    request_body(content = Register),
    responses(
        (status = 201, body = Account, description = "They have an account now."),
        (status = 400, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_json`, `invalid_form`, `unknown_field`, `wrong_type`, `broken_body`"),
        (status = 403, body = Problem, content_type = PROBLEM_JSON, description = "`cross_site`"),
        (status = 409, body = Problem, content_type = PROBLEM_JSON, description = "`username_taken`"),
        (status = 413, body = Problem, content_type = PROBLEM_JSON, description = "`body_too_large`"),
        (status = 415, body = Problem, content_type = PROBLEM_JSON, description = "`not_json`"),
        (status = 422, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_username`, `invalid_name`, `weak_password`"),
    ))]
async fn register(
    State(desk): State<SignInDesk>,
    Submitted(wish): Submitted<Register>,
) -> Result<Response, Problem> {
    let name = if wish.name.is_empty() {
        wish.username.clone()
    } else {
        wish.name
    };
    let newcomer = Newcomer {
        username: wish.username,
        name,
        password: wish.password,
    };
    let account = desk.register(newcomer).await?;
    Ok((StatusCode::CREATED, Json(Account::of(account))).into_response())
}

/// Username and password, as the password grant of OAuth 2 sends them. With `grant_type` set to
/// `refresh_token` it is the refresh token instead.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(example = json!({"username": "marla", "password": "two wet umbrellas"}))]
pub(crate) struct Login {
    /// By what they sign in.
    username: String,
    /// What only they know.
    password: String,
    /// `password` (also where it is left out) or `refresh_token`.
    grant_type: Option<String>,
    /// With `grant_type=refresh_token`: the refresh token.
    refresh_token: Option<String>,
}

impl Fields for Login {
    const NAMES: &'static [&'static str] = &[
        "username",
        "password",
        "grant_type",
        "refresh_token",
        // Clients of OAuth 2 send these, too.
        "scope",
        "client_id",
        "client_secret",
    ];
}

/// What keeps a program signed in (RFC 6749, section 5.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"access_token": "eyJ..", "token_type": "bearer", "expires_in": 900,
    "refresh_token": "0d3c.."}))]
pub(crate) struct Tokens {
    /// To be sent as `Authorization: Bearer ..`.
    access_token: String,
    /// `bearer`
    token_type: &'static str,
    /// Seconds until the access token is worth nothing.
    expires_in: i64,
    /// For `POST /refresh`, once: it gives the next one.
    refresh_token: String,
}

/// Sign in
///
/// Answers the same, after as long, for a wrong password and for an unknown username. Whoever fails too
/// often has to wait (`retry-after`).
#[utoipa::path(post, path = "/login", tag = "people",
    request_body(content((Login = "application/x-www-form-urlencoded"), (Login = "application/json"))),
    responses(
        (status = 200, body = Tokens, description = "They are signed in."),
        (status = 400, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_json`, `invalid_form`, `unknown_field`, `wrong_type`, `broken_body`, `unsupported_grant_type`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON,
            description = "`wrong_credentials`, `invalid_refresh_token`"),
        (status = 403, body = Problem, content_type = PROBLEM_JSON, description = "`cross_site`"),
        (status = 413, body = Problem, content_type = PROBLEM_JSON, description = "`body_too_large`"),
        (status = 415, body = Problem, content_type = PROBLEM_JSON, description = "`not_json`"),
        (status = 429, body = Problem, content_type = PROBLEM_JSON, description = "`too_many_tries`"),
    ))]
async fn login(
    State(desk): State<SignInDesk>,
    origin: Origin,
    Submitted(login): Submitted<Login>,
) -> Result<Response, Problem> {
    by_grant(&desk, origin, login).await
}

/// Sign in, under the name that OAuth 2 knows it by
///
/// As `POST /login`.
#[utoipa::path(post, path = "/token", tag = "people",
    request_body(content((Login = "application/x-www-form-urlencoded"), (Login = "application/json"))),
    responses(
        (status = 200, body = Tokens, description = "They are signed in."),
        (status = 400, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_json`, `invalid_form`, `unknown_field`, `wrong_type`, `broken_body`, `unsupported_grant_type`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON,
            description = "`wrong_credentials`, `invalid_refresh_token`"),
        (status = 403, body = Problem, content_type = PROBLEM_JSON, description = "`cross_site`"),
        (status = 413, body = Problem, content_type = PROBLEM_JSON, description = "`body_too_large`"),
        (status = 415, body = Problem, content_type = PROBLEM_JSON, description = "`not_json`"),
        (status = 429, body = Problem, content_type = PROBLEM_JSON, description = "`too_many_tries`"),
    ))]
async fn token(
    State(desk): State<SignInDesk>,
    origin: Origin,
    Submitted(login): Submitted<Login>,
) -> Result<Response, Problem> {
    by_grant(&desk, origin, login).await
}

async fn by_grant(desk: &SignInDesk, origin: Origin, login: Login) -> Result<Response, Problem> {
    match login.grant_type.as_deref() {
        None | Some("password" | "") => {
            let account = desk.signed_in(credentials(origin, login)).await?;
            Ok(tokens(&desk.tokens(&account).await?))
        }
        Some("refresh_token") => {
            let token = login.refresh_token.unwrap_or_default();
            Ok(tokens(&desk.refreshed(&token).await?))
        }
        Some(_) => Err(Problem::malformed(
            "unsupported_grant_type",
            "grant_type is 'password' or 'refresh_token'",
        )
        .with("error", "unsupported_grant_type")),
    }
}

fn credentials(origin: Origin, login: Login) -> Credentials {
    Credentials {
        username: login.username,
        password: login.password,
        address: origin.0,
    }
}

fn tokens(pair: &Pair) -> Response {
    let tokens = Tokens {
        access_token: pair.access.clone(),
        token_type: "bearer",
        expires_in: ACCESS_LIFE.num_seconds(),
        refresh_token: pair.refresh.reveal(),
    };
    secret(Json(tokens))
}

/// An answer that nobody keeps.
fn secret(answer: impl IntoResponse) -> Response {
    let kept = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (kept, answer).into_response()
}

/// A token that is to be looked at.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(example = json!({}))]
pub(crate) struct Validate {
    /// The access token; that of `Authorization` where it is left out.
    token: Option<String>,
}

impl Fields for Validate {
    const NAMES: &'static [&'static str] = &["token"];
}

/// What a good access token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Valid {
    /// Always true: a token that is not good is a 401.
    valid: bool,
    /// Id of the account.
    sub: Uuid,
    /// By what they sign in.
    username: String,
    /// `user` or `admin`
    role: &'static str,
    /// From then on it is worth nothing.
    expires_at: DateTime<Utc>,
}

/// Look at an access token
#[utoipa::path(post, path = "/validate", tag = "people",
    request_body(content = Validate, description = "May be empty."),
    responses(
        (status = 200, body = Valid, description = "It is good."),
        (status = 400, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_json`, `invalid_form`, `unknown_field`, `wrong_type`, `broken_body`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON, description = "`invalid_token`"),
        (status = 403, body = Problem, content_type = PROBLEM_JSON, description = "`cross_site`"),
        (status = 413, body = Problem, content_type = PROBLEM_JSON, description = "`body_too_large`"),
        (status = 415, body = Problem, content_type = PROBLEM_JSON, description = "`not_json`"),
    ))]
async fn validate(
    State(desk): State<SignInDesk>,
    headers: HeaderMap,
    Submitted(body): Submitted<Validate>,
) -> Result<Response, Problem> {
    let token = match (body.token, Shown::in_headers(&headers)) {
        (Some(token), _) | (None, Shown::Bearer(token)) => token,
        _ => return Err(invalid_token(false)),
    };
    let checked = desk.checked(&token).await?;
    Ok(secret(Json(Valid {
        valid: true,
        sub: checked.person.account.0,
        username: checked.person.username.into(),
        role: checked.person.role.as_str(),
        expires_at: checked.ends_at,
    })))
}

/// A refresh token.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(example = json!({"refresh_token": "0d3c.."}))]
pub(crate) struct Refresh {
    /// As `POST /login` or the last refresh gave it.
    refresh_token: String,
}

impl Fields for Refresh {
    const NAMES: &'static [&'static str] = &["refresh_token"];
}

/// Renew the tokens
///
/// The refresh token is worth nothing afterwards. Whoever shows one that was used already has a stolen
/// one, or was robbed: then the signing in ends for both.
#[utoipa::path(post, path = "/refresh", tag = "people",
    request_body(content = Refresh),
    responses(
        (status = 200, body = Tokens, description = "The next ones."),
        (status = 400, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_json`, `invalid_form`, `unknown_field`, `wrong_type`, `broken_body`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_refresh_token`"),
        (status = 403, body = Problem, content_type = PROBLEM_JSON, description = "`cross_site`"),
        (status = 413, body = Problem, content_type = PROBLEM_JSON, description = "`body_too_large`"),
        (status = 415, body = Problem, content_type = PROBLEM_JSON, description = "`not_json`"),
    ))]
async fn refresh(
    State(desk): State<SignInDesk>,
    Submitted(body): Submitted<Refresh>,
) -> Result<Response, Problem> {
    Ok(tokens(&desk.refreshed(&body.refresh_token).await?))
}

/// Sign out
///
/// Ends the signing in of the refresh token, of the access token in `Authorization` (which itself stays
/// good until it expires), or of the cookie. What is not in force any more is no error.
#[utoipa::path(post, path = "/logout", tag = "people",
    request_body(content = Refresh, description = "May be empty."),
    responses(
        (status = 204, description = "They are signed out."),
        (status = 400, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_json`, `invalid_form`, `unknown_field`, `wrong_type`, `broken_body`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON, description = "`invalid_token`"),
        (status = 403, body = Problem, content_type = PROBLEM_JSON, description = "`cross_site`, `csrf`"),
        (status = 413, body = Problem, content_type = PROBLEM_JSON, description = "`body_too_large`"),
        (status = 415, body = Problem, content_type = PROBLEM_JSON, description = "`not_json`"),
    ))]
async fn logout(
    State(desk): State<SignInDesk>,
    headers: HeaderMap,
    Submitted(body): Submitted<Refresh>,
) -> Result<Response, Problem> {
    if let Some(token) = GrantToken::parse(&body.refresh_token) {
        desk.end(&token).await?;
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    match Shown::in_headers(&headers) {
        Shown::Bearer(token) => desk.end_of(&token).await?,
        Shown::Cookie(cookie) => {
            desk.auth.person_of(&Method::POST, &headers).await?;
            desk.end(&cookie).await?;
            set_cookie(&mut response, "", 0, &headers);
        }
        Shown::Nothing => {}
    }
    Ok(response)
}

/// Username and password.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(example = json!({"username": "marla", "password": "two wet umbrellas"}))]
pub(crate) struct PageSignIn {
    /// By what they sign in.
    username: String,
    /// What only they know.
    password: String,
}

impl Fields for PageSignIn {
    const NAMES: &'static [&'static str] = &["username", "password"];
}

/// Whether somebody is signed in on this page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct SignedIn {
    /// Who; null for nobody.
    account: Option<Account>,
    /// To be sent as `x-parlor-csrf` with whatever changes something; null for nobody.
    csrf: Option<String>,
}

/// Sign in on the page
///
/// Sets a cookie that no script can read (`HttpOnly`, `SameSite=Strict`).
#[utoipa::path(post, path = "/session", tag = "people",
    request_body(content = PageSignIn),
    responses(
        (status = 200, body = SignedIn, description = "They are signed in."),
        (status = 400, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_json`, `invalid_form`, `unknown_field`, `wrong_type`, `broken_body`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON, description = "`wrong_credentials`"),
        (status = 403, body = Problem, content_type = PROBLEM_JSON, description = "`cross_site`"),
        (status = 413, body = Problem, content_type = PROBLEM_JSON, description = "`body_too_large`"),
        (status = 415, body = Problem, content_type = PROBLEM_JSON, description = "`not_json`"),
        (status = 429, body = Problem, content_type = PROBLEM_JSON, description = "`too_many_tries`"),
    ))]
async fn sign_in(
    State(desk): State<SignInDesk>,
    origin: Origin,
    headers: HeaderMap,
    Submitted(body): Submitted<PageSignIn>,
) -> Result<Response, Problem> {
    let credentials = Credentials {
        username: body.username,
        password: body.password,
        address: origin.0,
    };
    let account = desk.signed_in(credentials).await?;
    let token = desk.grant(account.id, GrantKind::Cookie).await?;
    let mut response = secret(Json(SignedIn {
        account: Some(Account::of(account)),
        csrf: Some(token.csrf()),
    }));
    set_cookie(
        &mut response,
        &token.reveal(),
        GRANT_LIFE.num_seconds(),
        &headers,
    );
    Ok(response)
}

/// Who is signed in on this page
#[utoipa::path(get, path = "/session", tag = "people",
    responses((status = 200, body = SignedIn, description = "Somebody, or nobody.")))]
async fn session(State(desk): State<SignInDesk>, headers: HeaderMap) -> Result<Response, Problem> {
    let mut session = SignedIn {
        account: None,
        csrf: None,
    };
    if let Shown::Cookie(cookie) = Shown::in_headers(&headers)
        && let Some(Person { account, .. }) = desk.auth.person_with(&cookie).await?
        && let Some(account) = desk.auth.store.account(account).await?
    {
        session.account = Some(Account::of(account));
        session.csrf = Some(cookie.csrf());
    }
    Ok(secret(Json(session)))
}

/// Sets our cookie. Over TLS it stays there: the page says so by its origin, a proxy by its header.
fn set_cookie(response: &mut Response, value: &str, seconds: i64, headers: &HeaderMap) {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let is_https = text("origin").is_some_and(|origin| origin.starts_with("https://"))
        || text("x-forwarded-proto") == Some("https");
    let secure = if is_https { "; Secure" } else { "" };
    let cookie =
        format!("{COOKIE}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

/// Keys that access tokens are checked with
///
/// A JSON Web Key Set (RFC 7517): the public halves.
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "people",
    responses((status = 200, body = serde_json::Value, description = "All that are in use.")))]
async fn keys(State(desk): State<SignInDesk>) -> Result<Response, Problem> {
    desk.publish().await?;
    let keys = desk.auth.store.public_keys().await?;
    let fresh = [(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=60"),
    )];
    Ok((fresh, Json(key_set(&keys))).into_response())
}
