//! Who may ask at all. The server listens on this machine, and so does every web page that a
//! browser on this machine shows: two checks keep pages of others out.
//!
//! - **Host**: a page of `evil.example` can point its own name at 127.0.0.1 (DNS rebinding) and then
//!   read answers as its own. Its requests still carry that name, so names nobody allowed are
//!   refused. An IP address can't be rebound and is always fine.
//! - **Origin**: a page can send a simple POST, or a GET by an image, anywhere, without reading the
//!   answer. So whatever starts or changes something is refused when it comes from a strange page.

use crate::problem::Problem;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;

/// Where probes and Prometheus ask, under whatever name they know the server by.
const OPEN_PATHS: [&str; 3] = ["/health", "/ready", "/metrics"];
/// Nothing of ours is a page; nothing may be loaded, nothing may frame it.
const POLICY_API: &str =
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
/// The API page has its scripts and styles beside it and sets some styles inline.
const POLICY_DOCS: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-ancestors 'none'; \
     base-uri 'none'; form-action 'none'";

/// What the guard knows.
#[derive(Debug, Clone)]
pub(crate) struct Guard {
    allowed_hosts: Arc<HashSet<String>>,
    /// `GET` paths that start something.
    triggers: Arc<HashSet<String>>,
}

impl Guard {
    pub(crate) fn new(allowed_hosts: &[String], triggers: HashSet<String>) -> Self {
        let allowed_hosts = allowed_hosts
            .iter()
            .map(|host| host.to_ascii_lowercase())
            .collect();
        Self {
            allowed_hosts: Arc::new(allowed_hosts),
            triggers: Arc::new(triggers),
        }
    }

    fn check(&self, request: &Request) -> Result<(), Problem> {
        let path = request.uri().path();
        if !OPEN_PATHS.contains(&path) {
            self.check_host(request.uri(), request.headers())?;
        }
        let harmless = matches!(
            *request.method(),
            Method::GET | Method::HEAD | Method::OPTIONS
        ) && !self.triggers.contains(path);
        if harmless {
            Ok(())
        } else {
            self.check_origin(request.headers())
        }
    }

    fn check_host(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Problem> {
        let host = match (uri.host(), headers.get(header::HOST)) {
            (Some(host), _) => Some(host),
            (None, Some(value)) => Some(value.to_str().map_or("?", host_of)),
            // Only an old or hand-written client sends none; no browser does.
            (None, None) => None,
        };
        match host {
            Some(host) if !self.is_ours(host) => {
                let host: String = host.chars().take(80).collect();
                Err(Problem::new(
                    StatusCode::MISDIRECTED_REQUEST,
                    "unknown_host",
                    format!(
                        "this server is not known as '{host}': call it by localhost or its \
                         address, or add the name to its allowed hosts"
                    ),
                ))
            }
            _ => Ok(()),
        }
    }

    fn check_origin(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
        let strange = match text("origin") {
            Some(origin) => {
                let host = origin
                    .split_once("://")
                    .map_or("", |(_, rest)| host_of(rest));
                // Any address may be called, but a page may be served from an address, too.
                let is_foreign =
                    is_foreign_address(host) && Some(host) != text("host").map(host_of);
                host.is_empty() || is_foreign || !self.is_ours(host)
            }
            None => text("sec-fetch-site") == Some("cross-site"),
        };
        if !strange {
            return Ok(());
        }
        Err(Problem::new(
            StatusCode::FORBIDDEN,
            "cross_site",
            "a page of another site may not start or change anything here: call from this \
             server's own pages or from outside a browser",
        ))
    }

    fn is_ours(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost"
            || host.ends_with(".localhost")
            || bare.parse::<IpAddr>().is_ok()
            || self.allowed_hosts.contains("*")
            || self.allowed_hosts.contains(&host)
    }
}

/// An address of another machine, as far as one can tell.
fn is_foreign_address(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.parse::<IpAddr>()
        .is_ok_and(|address| !address.to_canonical().is_loopback())
}

/// The host of `host:port`, `[::1]:port` or `host`.
fn host_of(authority: &str) -> &str {
    match authority.rfind(':') {
        Some(colon) if !authority[colon..].contains(']') => &authority[..colon],
        _ => authority,
    }
}

/// Refuses who may not ask, and puts the security headers on every answer.
pub(crate) async fn guard(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_docs = path == "/docs" || path.starts_with("/docs/");
    let mut response = match guard.check(&request) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    let policy = if is_docs { POLICY_DOCS } else { POLICY_API };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::CONTENT_SECURITY_POLICY, policy),
    ] {
        // A page that another role mounts may bring its own, stricter or wider.
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(host: &str) -> bool {
        Guard::new(&["Parlor.Example".to_owned()], HashSet::new()).is_ours(host)
    }

    #[test]
    fn addresses_localhost_and_allowed_names_are_ours() {
        for host in [
            "localhost",
            "LOCALHOST",
            "web.localhost",
            "127.0.0.1",
            "10.2.3.4",
            "[::1]",
            "parlor.example",
            "parlor.example.",
        ] {
            assert!(ours(host), "{host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "",
            "?",
        ] {
            assert!(!ours(host), "{host}");
        }
    }

    #[test]
    fn the_host_is_read_without_its_port() {
        for (authority, host) in [
            ("localhost:8000", "localhost"),
            ("[::1]:8000", "[::1]"),
            ("[::1]", "[::1]"),
            ("127.0.0.1", "127.0.0.1"),
        ] {
            assert_eq!(host_of(authority), host);
        }
    }
}
