//! Hands requests on to another role, as they came: for a gateway whose people sign in elsewhere, or
//! whose characters are looked after elsewhere.

use crate::auth::Origin;
use crate::extract::read_body;
use crate::options::Limits;
use crate::problem::Problem;
use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;
use axum::routing::any;
use bytes::BytesMut;
use std::sync::Arc;
use std::time::Duration;

/// Longest wait for the other role.
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// Largest answer that is handed back, in bytes; where requests may be larger, answers may be so, too.
const ANSWER_BYTES_MAX: usize = 1 << 20;
/// What is handed on of a request.
const ASKED: [HeaderName; 9] = [
    header::HOST,
    header::ORIGIN,
    header::ACCEPT,
    header::CONTENT_TYPE,
    header::AUTHORIZATION,
    header::COOKIE,
    header::USER_AGENT,
    header::IF_NONE_MATCH,
    crate::auth::CSRF_HEADER,
];
/// And where the request is said to come from.
const FORWARDED_FOR: &str = "x-forwarded-for";
const FORWARDED_PROTO: &str = "x-forwarded-proto";
/// What is handed back of an answer.
const ANSWERED: [HeaderName; 9] = [
    header::ALLOW,
    header::CONTENT_TYPE,
    header::CONTENT_SECURITY_POLICY,
    header::ETAG,
    header::CACHE_CONTROL,
    header::SET_COOKIE,
    header::WWW_AUTHENTICATE,
    header::RETRY_AFTER,
    header::UPGRADE,
];

/// Another role, by its address. Cheap to clone.
#[derive(Clone)]
pub struct Forward {
    client: reqwest::Client,
    base: Arc<str>,
    /// For messages.
    role: &'static str,
}

impl Forward {
    /// To the role at this address: `host:port`, or `http://host:port`.
    ///
    /// # Errors
    /// It is no address; the message says what one is.
    pub fn new(role: &'static str, address: &str) -> Result<Self, String> {
        let base = base_of(role, address)?;
        let client = reqwest::Client::builder()
            .timeout(ANSWER_MAX)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|error| format!("no client for the role {role}: {error}"))?;
        Ok(Self {
            client,
            base: base.into(),
            role,
        })
    }

    /// A router that hands these paths on.
    pub(crate) fn router(self, paths: &[&str], limits: Limits) -> Router {
        let mut router = Router::new();
        for path in paths {
            router = router.route(path, any(forward));
        }
        router.with_state((self, limits))
    }

    /// What the role answers.
    pub(crate) async fn answer(
        &self,
        request: Request,
        limits: Limits,
    ) -> Result<Response, Problem> {
        let answer = self.ask(request, limits, HeaderMap::new()).await?;
        self.hand_back(answer, limits).await
    }

    /// Asks the role, with these headers besides those that are handed on.
    pub(crate) async fn ask(
        &self,
        request: Request,
        limits: Limits,
        more: HeaderMap,
    ) -> Result<reqwest::Response, Problem> {
        let (mut parts, body) = request.into_parts();
        let Ok(Origin(address)) = Origin::from_request_parts(&mut parts, &()).await;
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let url = format!("{}{path}", self.base);
        let mut headers = copied(&parts.headers, &ASKED);
        headers.extend(more);
        if let Some(proto) = parts.headers.get(FORWARDED_PROTO) {
            headers.insert(FORWARDED_PROTO, proto.clone());
        }
        if let Some(address) = address
            && let Ok(address) = HeaderValue::from_str(&address.to_string())
        {
            headers.insert(FORWARDED_FOR, address);
        }
        let body = read_body(Request::from_parts(parts.clone(), body), limits).await?;
        let asked = self.client.request(parts.method, url).headers(headers);
        asked.body(body).send().await.map_err(|e| self.away(e))
    }

    /// What a role has answered, as it came.
    pub(crate) async fn hand_back(
        &self,
        mut answer: reqwest::Response,
        limits: Limits,
    ) -> Result<Response, Problem> {
        let status = answer.status();
        let headers = copied(answer.headers(), &ANSWERED);
        let most = limits.body_bytes_max.max(ANSWER_BYTES_MAX);
        let mut bytes = BytesMut::new();
        while let Some(chunk) = answer.chunk().await.map_err(|e| self.away(e))? {
            if bytes.len() + chunk.len() > most {
                tracing::error!(role = self.role, most, "a role answered more than it may");
                return Err(Problem::internal());
            }
            bytes.extend_from_slice(&chunk);
        }
        let mut response = Response::new(Body::from(bytes.freeze()));
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }

    fn away(&self, error: reqwest::Error) -> Problem {
        let error = error.without_url();
        tracing::warn!(role = self.role, %error, "a role does not answer");
        Problem::unavailable("a service that this needs is away: try again in a moment")
    }
}

/// The URL of a role at this address.
fn base_of(role: &str, address: &str) -> Result<String, String> {
    let base = if address.contains("://") {
        address.trim_end_matches('/').to_owned()
    } else {
        format!("http://{address}")
    };
    let wrong = || format!("'{address}' is no address of the role {role}: use host:port");
    let url = reqwest::Url::parse(&base).map_err(|_| wrong())?;
    if url.scheme() != "http" || url.host_str().is_none() || url.path() != "/" {
        return Err(wrong());
    }
    Ok(base)
}

async fn forward(
    State((forward, limits)): State<(Forward, Limits)>,
    request: Request,
) -> Result<Response, Problem> {
    forward.answer(request, limits).await
}

/// The headers of these names.
pub(crate) fn copied(from: &HeaderMap, names: &[HeaderName]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for name in names {
        for value in from.get_all(name) {
            headers.append(name.clone(), value.clone());
        }
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_host_and_port() {
        for good in [
            "auth:3001",
            "127.0.0.1:3001",
            "http://auth:3001",
            "http://[::1]:3001/",
        ] {
            assert!(base_of("auth", good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "https://auth",
            "http://auth/path",
            "ftp://auth",
            "a b:1",
        ] {
            assert!(base_of("auth", bad).is_err(), "{bad}");
        }
    }
}
