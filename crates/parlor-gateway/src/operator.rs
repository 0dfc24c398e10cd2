//! Who may operate the server: stop and start roles, replay and drop dead letters.

use crate::auth::Admin;
use crate::problem::Problem;
use crate::stage::Stage;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use std::net::SocketAddr;

/// Headers by which a proxy says that somebody else asks. Then it is not known to be this machine.
const PROXIED: [&str; 3] = ["forwarded", "x-forwarded-for", "x-real-ip"];

/// Who may operate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Ops {
    /// Whoever may call the server.
    Open,
    /// Who calls from this machine, and by no proxy; and administrators who have signed in.
    #[default]
    Loopback,
    /// Nobody.
    Off,
}

/// Proof that the caller may operate. A route that changes how the server runs takes it before
/// anything else.
pub(crate) struct Operator;

impl FromRequestParts<Stage> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, stage: &Stage) -> Result<Self, Problem> {
        let options = &stage.options;
        check_page(&parts.headers, &options.allowed_hosts)?;
        let peer = ConnectInfo::<SocketAddr>::from_request_parts(parts, stage).await;
        let is_here = peer.is_ok_and(|peer| peer.0.ip().to_canonical().is_loopback())
            && !PROXIED.iter().any(|name| parts.headers.contains_key(*name));
        match options.ops {
            Ops::Open => Ok(Self),
            Ops::Loopback if is_here || is_admin(parts, stage).await => Ok(Self),
            Ops::Loopback => Err(forbidden(
                "not_operator",
                "only who calls from the server's own machine, or signs in as an administrator, may do \
                 this: start the server with --ops open to let everybody",
            )),
            Ops::Off => Err(forbidden(
                "ops_off",
                "this server lets nobody do this: start it with --ops loopback or --ops open",
            )),
        }
    }
}

async fn is_admin(parts: &mut Parts, stage: &Stage) -> bool {
    let admin = <Admin as FromRequestParts<Stage>>::from_request_parts(parts, stage).await;
    admin.is_ok()
}

/// A page may operate the server that it came from, and no other: stricter than the guard of all
/// routes, which lets pages of other ports of this machine in.
fn check_page(headers: &HeaderMap, allowed_hosts: &[String]) -> Result<(), Problem> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let own = match (text("origin"), text(header::HOST.as_str())) {
        (Some(origin), host) => {
            let authority = origin.split_once("://").map_or("", |(_, rest)| rest);
            let is_allowed = |host: &String| authority.eq_ignore_ascii_case(host);
            Some(authority) == host || allowed_hosts.iter().any(is_allowed)
        }
        (None, _) => !matches!(text("sec-fetch-site"), Some("cross-site" | "same-site")),
    };
    if own {
        return Ok(());
    }
    Err(forbidden(
        "cross_site",
        "only a page of this very server may operate it: call from there or from outside a browser",
    ))
}

fn forbidden(code: &'static str, detail: &str) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, code, detail)
}
