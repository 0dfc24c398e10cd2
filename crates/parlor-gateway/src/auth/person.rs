//! Extractors: who asks, by what their request shows.

use super::secret::{GrantToken, is_same};
use super::{Auth, invalid_token};
use crate::problem::Problem;
use axum::extract::{FromRef, FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use parlor_model::AccountId;
use parlor_model::account::{AccountRole, Username};
use parlor_ports::accounts::GrantKind;
use parlor_ports::keys::KEY_SIGN;

/// The cookie of somebody who signed in on the page.
pub const COOKIE: &str = "parlor_session";
/// The header that a page sends beside its cookie to change anything.
pub const CSRF_HEADER: HeaderName = HeaderName::from_static("x-parlor-csrf");

/// Somebody who has signed in. As an extractor it answers 401 `sign_in_required` where nobody has; as
/// `Option<Person>` it is `None` then. What is shown and wrong is refused either way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Their account. It may have been deleted some minutes ago.
    pub account: AccountId,
    /// By what they sign in.
    pub username: Username,
    /// What they may do, as it was when their token was made: at most some minutes ago.
    pub role: AccountRole,
}

/// Somebody who may do what concerns others, as their account says now. 403 `not_admin` for everybody
/// else who has signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admin(pub Person);

/// What a request shows.
pub(crate) enum Shown {
    /// An access token.
    Bearer(String),
    /// The value of our cookie, well formed.
    Cookie(GrantToken),
    /// Nothing of ours.
    Nothing,
}

impl Shown {
    /// A token goes before a cookie. An API key is no token.
    pub(crate) fn in_headers(headers: &HeaderMap) -> Self {
        match bearer(headers) {
            Some(token) if !token.starts_with(KEY_SIGN) => Self::Bearer(token.to_owned()),
            _ => cookie(headers).map_or(Self::Nothing, Self::Cookie),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Person
where
    Auth: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let auth = Auth::from_ref(state);
        let person = auth.person_of(&parts.method, &parts.headers).await?;
        person.ok_or_else(sign_in_required)
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for Person
where
    Auth: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Problem> {
        let auth = Auth::from_ref(state);
        auth.person_of(&parts.method, &parts.headers).await
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Admin
where
    Auth: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let person = <Person as FromRequestParts<S>>::from_request_parts(parts, state).await?;
        let auth = Auth::from_ref(state);
        let account = auth.store.account(person.account).await?;
        let account = account.ok_or_else(|| invalid_token(false))?;
        if account.role == AccountRole::Admin {
            return Ok(Self(person));
        }
        Err(Problem::new(
            StatusCode::FORBIDDEN,
            "not_admin",
            "only an administrator may do this: 'parlor account promote' makes one",
        ))
    }
}

impl Auth {
    /// Who sent a request with this method and these headers; `None` where nobody has signed in.
    ///
    /// # Errors
    /// What it shows is wrong or expired (401), or only a page of this server may ask so with a cookie
    /// (403 `csrf`).
    pub async fn person_of(
        &self,
        method: &Method,
        headers: &HeaderMap,
    ) -> Result<Option<Person>, Problem> {
        match Shown::in_headers(headers) {
            Shown::Bearer(token) => self.person(&token).await.map(Some),
            Shown::Cookie(cookie) => {
                check_page(method, headers, &cookie)?;
                self.person_with(&cookie).await
            }
            Shown::Nothing => Ok(None),
        }
    }

    /// Whose cookie this is; `None` where it is worth nothing any more.
    pub(crate) async fn person_with(&self, cookie: &GrantToken) -> Result<Option<Person>, Problem> {
        let granted = self.store.granted(cookie.id(), self.clock.now()).await?;
        let good = granted.filter(|(grant, digest, _)| {
            grant.kind == GrantKind::Cookie && digest.matches(&cookie.digest())
        });
        Ok(good.map(|(_, _, account)| Person {
            account: account.id,
            username: account.username,
            role: account.role,
        }))
    }
}

/// A browser sends its cookie with whatever a page asks for, and `SameSite` lets pages of other ports
/// of this machine pass. So what changes something needs the token that only our page knows, and a
/// WebSocket, which a script opens without a header of its own, our page as its origin.
fn check_page(method: &Method, headers: &HeaderMap, cookie: &GrantToken) -> Result<(), Problem> {
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let is_fine = if headers.contains_key(header::UPGRADE) {
        let origin = text(&header::ORIGIN).and_then(|origin| origin.split_once("://"));
        origin.is_some_and(|(_, authority)| Some(authority) == text(&header::HOST))
    } else if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        true
    } else {
        text(&CSRF_HEADER).is_some_and(|token| is_same(token, &cookie.csrf()))
    };
    if is_fine {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::FORBIDDEN,
        "csrf",
        "only a page of this server may do this with a cookie: send 'x-parlor-csrf' as GET /session \
         tells it, or an access token instead of the cookie",
    ))
}

/// The token of `Authorization: Bearer`.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.trim().split_once(' ')?;
    let is_ours = scheme.eq_ignore_ascii_case("bearer");
    is_ours
        .then(|| token.trim())
        .filter(|token| !token.is_empty())
}

fn cookie(headers: &HeaderMap) -> Option<GrantToken> {
    let values = headers.get_all(header::COOKIE).iter();
    let pairs = values.filter_map(|value| value.to_str().ok());
    pairs
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| *name == COOKIE)
        .find_map(|(_, value)| GrantToken::parse(value))
}

/// Nobody has signed in.
pub(crate) fn sign_in_required() -> Problem {
    unauthorized(
        "sign_in_required",
        "this is for signed-in people: send an access token as 'Authorization: Bearer ..' (POST /login \
         gives one)",
        "Bearer",
    )
}

pub(crate) fn unauthorized(code: &'static str, detail: &str, challenge: &'static str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, code, detail).with_header(
        header::WWW_AUTHENTICATE,
        HeaderValue::from_static(challenge),
    )
}
