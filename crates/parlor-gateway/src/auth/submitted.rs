//! Small bodies of fields, as JSON or as a form, and where a request comes from.

use crate::extract::{Fields, is_json, parse_object, read_body};
use crate::options::Limits;
use crate::problem::Problem;
use axum::body::Body;
use axum::extract::{ConnectInfo, Form, FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use serde_json::{Map, Value};
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

/// Largest body, in bytes.
const BODY_BYTES_MAX: usize = 16 << 10;
const FORM: &str = "application/x-www-form-urlencoded";

/// A JSON object or a form; empty reads as no fields.
pub(crate) struct Submitted<T>(pub(crate) T);

impl<T: Fields, S: Send + Sync> FromRequest<S> for Submitted<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let limits = Limits {
            body_bytes_max: BODY_BYTES_MAX,
            ..Limits::default()
        };
        let (is_json, is_form) = (is_json(request.headers()), is_form(request.headers()));
        let bytes = read_body(request, limits).await?;
        let value = if bytes.iter().all(u8::is_ascii_whitespace) {
            Value::Object(Map::new())
        } else if is_json {
            serde_json::from_slice(&bytes).map_err(|error| {
                Problem::malformed("invalid_json", format!("the body is not JSON: {error}"))
            })?
        } else if is_form {
            form(bytes).await?
        } else {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "not_json",
                "the body must be JSON or a form: send it with 'content-type: application/json' or \
                 'application/x-www-form-urlencoded'",
            ));
        };
        parse_object(value).map(Self)
    }
}

/// The fields of a form; none may be there twice.
async fn form(bytes: Vec<u8>) -> Result<Value, Problem> {
    let malformed = |why: &str| Problem::malformed("invalid_form", format!("the form {why}"));
    let request = Request::post("/").header(header::CONTENT_TYPE, FORM);
    let request = request.body(Body::from(bytes));
    let request = request.map_err(|_| Problem::internal())?;
    let Form(pairs) = Form::<Vec<(String, String)>>::from_request(request, &())
        .await
        .map_err(|_| malformed("can't be read"))?;
    let mut fields = Map::new();
    for (name, value) in pairs {
        if fields.insert(name, Value::String(value)).is_some() {
            return Err(malformed("has a field twice"));
        }
    }
    Ok(Value::Object(fields))
}

fn is_form(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE);
    let value = value.and_then(|value| value.to_str().ok());
    let essence = value.and_then(|value| value.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case(FORM))
}

/// From where a request comes, as far as it is known: a proxy on this machine or network is believed
/// what it says of whom it asks for.
pub(crate) struct Origin(pub(crate) Option<IpAddr>);

impl<S: Send + Sync> FromRequestParts<S> for Origin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let peer = ConnectInfo::<SocketAddr>::from_request_parts(parts, state).await;
        let peer = peer.ok().map(|peer| peer.0.ip().to_canonical());
        let is_near = peer.is_some_and(is_near);
        let told = is_near.then(|| forwarded_for(&parts.headers)).flatten();
        Ok(Self(told.or(peer)))
    }
}

/// The last address of `X-Forwarded-For`: the one that the proxy itself saw.
fn forwarded_for(headers: &HeaderMap) -> Option<IpAddr> {
    let value = headers.get_all("x-forwarded-for").iter().next_back()?;
    let last = value.to_str().ok()?.rsplit(',').next()?;
    last.trim().parse().ok()
}

/// An address of this machine, or of a network that is nobody else's (RFC 1918, RFC 4193).
fn is_near(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn origin(peer: [u8; 4], told: &str) -> Option<IpAddr> {
        let mut request = Request::get("/").header("x-forwarded-for", told);
        let peer = ConnectInfo(SocketAddr::from((peer, 40_000)));
        request.extensions_mut().unwrap().insert(peer);
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        let Ok(Origin(address)) = Origin::from_request_parts(&mut parts, &()).await;
        address
    }

    #[tokio::test]
    async fn only_a_proxy_nearby_is_believed_and_only_what_it_saw_itself() {
        let told = "1.1.1.1, 203.0.113.7";
        let seen = Some(IpAddr::from([203, 0, 113, 7]));
        assert_eq!(origin([127, 0, 0, 1], told).await, seen);
        assert_eq!(origin([10, 1, 2, 3], told).await, seen);
        let far = [198, 51, 100, 1];
        assert_eq!(origin(far, told).await, Some(IpAddr::from(far)));
        let near = [10, 1, 2, 3];
        assert_eq!(origin(near, "nonsense").await, Some(IpAddr::from(near)));
    }
}
