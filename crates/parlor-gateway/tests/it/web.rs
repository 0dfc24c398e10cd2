//! The web page, beneath the routes. Whether it was built or not, these rules are the same: the
//! tests pass in a fresh clone too.

use crate::house::{Answer, app, called_from, house, send};
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use parlor_gateway::Gateway;

async fn browse(app: &Router, path: &str) -> Answer {
    let request = Request::get(path)
        .header("host", "localhost")
        .header("accept", "text/html,application/xhtml+xml,*/*;q=0.8")
        .header("accept-encoding", "gzip, br");
    send(app, request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn every_address_inside_the_page_gives_the_page() {
    let (_, app) = app();
    for path in [
        "/",
        "/worlds/friends",
        "/conversations",
        "/ops",
        "/nowhere/at/all",
    ] {
        let answer = browse(&app, path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(
            answer.header("content-type"),
            "text/html; charset=utf-8",
            "{path}"
        );
        assert_eq!(answer.header("cache-control"), "no-cache", "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
    }
}

#[tokio::test]
async fn the_page_may_run_and_load_nothing_from_elsewhere_and_nothing_inline() {
    let (_, app) = app();
    let answer = browse(&app, "/").await;
    let policy = answer.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    assert!(!policy.contains("http"), "{policy}");
}

#[tokio::test]
async fn an_unknown_address_of_the_api_is_a_problem_even_for_a_browser() {
    let (_, app) = app();
    for path in ["/api", "/api/nothing", "/api/worlds/friends/nothing"] {
        let answer = browse(&app, path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.code(), "unknown_route", "{path}");
    }
}

#[tokio::test]
async fn a_program_that_asks_for_a_path_that_is_not_there_gets_a_problem() {
    let (_, app) = app();
    let request = Request::get("/ops").header("host", "localhost");
    let answer = send(&app, request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, 404);
    assert_eq!(answer.code(), "unknown_route");
}

#[tokio::test]
async fn a_file_that_is_not_there_is_no_page() {
    let (_, app) = app();
    let answer = browse(&app, "/assets/gone-00000000.js").await;
    assert_eq!(answer.status, 404);
}

#[tokio::test]
async fn without_the_page_there_is_the_api_alone_fr2() {
    let (_, mut options) = house();
    options.web = false;
    let app = called_from(Gateway::new(options).router(), [127, 0, 0, 1]);
    assert_eq!(browse(&app, "/").await.status, 404);
    assert_eq!(browse(&app, "/api/worlds").await.status, 200);
}
