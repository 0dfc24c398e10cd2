//! Pages of others stay outside.

use crate::house::{Answer, app, send};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};

async fn ask(app: &Router, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    send(app, request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_name_that_nobody_allowed_is_not_answered() {
    let (_, app) = app();
    for host in [
        "evil.example",
        "evil.example:8000",
        "127.0.0.1.evil.example",
    ] {
        let answer = ask(&app, "GET", "/api/worlds", &[("host", host)]).await;
        assert_eq!(
            (answer.status, answer.code()),
            (StatusCode::MISDIRECTED_REQUEST, "unknown_host".into())
        );
    }
    for host in [
        "localhost:8000",
        "127.0.0.1:8000",
        "[::1]:8000",
        "192.168.1.7",
        "Parlor.example:80",
    ] {
        let answer = ask(&app, "GET", "/api/worlds", &[("host", host)]).await;
        assert_eq!(answer.status, StatusCode::OK, "{host}");
    }
}

#[tokio::test]
async fn probes_may_use_any_name() {
    let (_, app) = app();
    for path in ["/health", "/ready", "/metrics"] {
        let answer = ask(&app, "GET", path, &[("host", "gateway.parlor.svc")]).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn a_page_of_another_site_can_start_or_change_nothing() {
    let (house, app) = app();
    let strange = [
        (
            "POST",
            "/api/worlds/friends/pause",
            ("origin", "https://evil.example"),
        ),
        ("POST", "/api/worlds/friends/pause", ("origin", "null")),
        (
            "POST",
            "/api/worlds/friends/conversations",
            ("sec-fetch-site", "cross-site"),
        ),
        (
            "POST",
            "/api/worlds/friends/pause",
            ("origin", "http://192.168.1.66:8000"),
        ),
        (
            "PATCH",
            "/api/worlds/friends",
            ("origin", "https://evil.example"),
        ),
        ("GET", "/start-convo-bro", ("sec-fetch-site", "cross-site")),
    ];
    for (method, path, header) in strange {
        let answer = ask(&app, method, path, &[header]).await;
        assert_eq!(
            (answer.status, answer.code()),
            (StatusCode::FORBIDDEN, "cross_site".into()),
            "{path}"
        );
    }
    assert!(house.started.lock().is_empty());
    let own = [
        ("host", "192.168.1.7:8000"),
        ("origin", "http://192.168.1.7:8000"),
    ];
    let answer = ask(&app, "POST", "/api/worlds/friends/resume", &own).await;
    assert_eq!(answer.status, StatusCode::OK, "a page of the very address");
    for header in [
        ("origin", "http://localhost:5173"),
        ("sec-fetch-site", "none"),
        ("origin", "http://127.0.0.1:8000"),
    ] {
        let answer = ask(&app, "POST", "/api/worlds/friends/resume", &[header]).await;
        assert_eq!(answer.status, StatusCode::OK, "{header:?}");
    }
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let (_, app) = app();
    for path in ["/api/worlds", "/no/such/path", "/docs/", "/openapi.json"] {
        let answer = ask(&app, "GET", path, &[]).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_eq!(answer.header("x-frame-options"), "DENY");
        assert!(
            answer
                .header("content-security-policy")
                .contains("default-src 'none'")
        );
        assert_eq!(answer.header("access-control-allow-origin"), "");
    }
}
