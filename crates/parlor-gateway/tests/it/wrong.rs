//! The caller's mistakes, and ours: always a problem, never a 500 for the caller's.

use crate::house::{TALK, app, get, house, post, send};
use crate::live::listen;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use parlor_gateway::Gateway;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const START: &str = "/api/worlds/friends/conversations";

#[tokio::test]
async fn an_unknown_field_is_answered_with_the_nearest_known_one() {
    let (house, app) = app();
    let answer = post(&app, START, r#"{"form":"ross"}"#).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    insta::assert_json_snapshot!("unknown_field", answer.json());
    let query = get(&app, "/api/worlds/friends/messages?limt=3").await;
    assert_eq!(
        (query.code(), &query.json()["didYouMean"]),
        ("unknown_field".into(), &json!("limit"))
    );
    assert!(house.started.lock().is_empty());
}

#[tokio::test]
async fn a_body_that_can_not_be_read_is_malformed() {
    let (_, app) = app();
    let deep = format!(
        "{{\"from\":{}{}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    for (body, code) in [
        ("{", "invalid_json"),
        ("hello", "invalid_json"),
        (&deep, "invalid_json"),
        ("[1]", "wrong_type"),
        ("null", "wrong_type"),
        (r#"{"from":1}"#, "wrong_type"),
        (r#"{"from":{"a":[]}}"#, "wrong_type"),
    ] {
        let answer = post(&app, START, body).await;
        assert_eq!(
            (answer.status, answer.code()),
            (StatusCode::BAD_REQUEST, code.into()),
            "{body:.40}"
        );
    }
    let answer = post(&app, START, r#"{"from":1}"#).await.json();
    assert_eq!(answer["field"], "from");
}

#[tokio::test]
async fn a_body_must_say_that_it_is_json() {
    let (_, app) = app();
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonp",
        "json",
    ] {
        let request = Request::post(START)
            .header("content-type", kind)
            .body(Body::from("{}"));
        let answer = send(&app, request.unwrap()).await;
        assert_eq!(
            (answer.status, answer.code()),
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json".into())
        );
    }
    let request = Request::post(START).header("content-type", "Application/JSON; charset=utf-8");
    let answer = send(&app, request.body(Body::from("{}")).unwrap()).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn a_body_over_the_limit_is_too_large() {
    let (_, app) = app();
    let answer = post(&app, START, &" ".repeat((1 << 20) + 1)).await;
    assert_eq!(
        (answer.status, answer.code()),
        (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large".into())
    );
    assert_eq!(answer.json()["limit"], 1 << 20);
}

/// A client that writes all before it reads must get the answer, not a broken connection.
#[tokio::test]
async fn a_client_that_sends_10_mb_still_reads_the_answer() {
    const BYTES: usize = 10 << 20;
    let (_, options) = house();
    let mut socket = TcpStream::connect(listen(options).await).await.unwrap();
    let head = format!(
        "POST {START} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Connection: close\r\nContent-Length: {BYTES}\r\n\r\n"
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    socket.write_all(&vec![b' '; BYTES]).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.contains("body_too_large"), "{answer}");
}

#[tokio::test]
async fn a_text_over_its_limit_is_refused_with_the_limit() {
    let (house, app) = app();
    let body = json!({"message": "x".repeat(100_000)}).to_string();
    let answer = post(&app, START, &body).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    insta::assert_json_snapshot!("message_too_long", answer.json());
    let fits = json!({"message": "x".repeat(10_000)}).to_string();
    assert_eq!(post(&app, START, &fits).await.status, StatusCode::ACCEPTED);
    assert_eq!(house.started.lock().len(), 1);
}

#[tokio::test]
async fn what_can_not_be_carried_out_is_refused_with_the_way_out() {
    let (_, app) = app();
    for (body, code) in [
        (r#"{"from":"monica"}"#, "unknown_character"),
        (r#"{"to":"../ross"}"#, "unknown_character"),
        (r#"{"from":"ross","to":"Ross"}"#, "same_character"),
        (r#"{"message":" "}"#, "invalid_text"),
        (r#"{"message":"a\u0000b"}"#, "invalid_text"),
        (r#"{"topic":""}"#, "invalid_text"),
        (r#"{"topic":"refuse"}"#, "refused"),
    ] {
        let answer = post(&app, START, body).await;
        assert_eq!(
            (answer.status, answer.code()),
            (StatusCode::UNPROCESSABLE_ENTITY, code.into()),
            "{body}"
        );
    }
    let answer = post(&app, START, r#"{"from":"monica"}"#).await.json();
    assert_eq!(answer["cast"], json!(["ross", "rachel", "joey"]));
}

#[tokio::test]
async fn a_bad_idempotency_key_is_malformed() {
    let (_, app) = app();
    for key in ["", "with space", &"k".repeat(201)] {
        let request = Request::post(START)
            .header("idempotency-key", key)
            .body(Body::empty());
        let answer = send(&app, request.unwrap()).await;
        assert_eq!(
            (answer.status, answer.code()),
            (StatusCode::BAD_REQUEST, "invalid_idempotency_key".into())
        );
    }
}

#[tokio::test]
async fn unknown_things_are_not_found() {
    let (_, app) = app();
    let id = uuid::Uuid::from_u128(99);
    for (path, code) in [
        ("/api/worlds/nowhere".to_owned(), "unknown_world"),
        ("/api/worlds/Friends/messages".to_owned(), "unknown_world"),
        ("/api/sync?world=nowhere".to_owned(), "unknown_world"),
        ("/api/events?world=nowhere".to_owned(), "unknown_world"),
        (format!("/api/conversations/{id}"), "unknown_conversation"),
        (
            format!("/api/conversations/{id}/messages"),
            "unknown_conversation",
        ),
        (
            format!("/api/events?conversation={id}"),
            "unknown_conversation",
        ),
        ("/api/nothing".to_owned(), "unknown_route"),
        ("/docs/nothing".to_owned(), "unknown_route"),
        ("/".to_owned(), "unknown_route"),
    ] {
        let answer = get(&app, &path).await;
        assert_eq!(
            (answer.status, answer.code()),
            (StatusCode::NOT_FOUND, code.into()),
            "{path}"
        );
    }
}

#[tokio::test]
async fn ids_cursors_and_queries_that_can_not_be_read_are_malformed() {
    let (_, app) = app();
    for (path, code) in [
        ("/api/conversations/42".to_owned(), "invalid_id"),
        ("/api/conversations/%FF".to_owned(), "invalid_path"),
        (
            format!("/api/conversations/{TALK}/messages?after=x"),
            "invalid_cursor",
        ),
        (
            format!("/api/conversations/{TALK}/messages?after=-1"),
            "invalid_cursor",
        ),
        (
            format!("/api/conversations/{TALK}/messages?limit=0"),
            "invalid_query",
        ),
        (
            format!("/api/conversations/{TALK}/messages?limit=201"),
            "invalid_query",
        ),
        (
            format!("/api/conversations/{TALK}/messages?limit=many"),
            "invalid_query",
        ),
        (format!("{START}?limit=1&limit=2"), "invalid_query"),
        (format!("{START}?status=sleepy"), "invalid_query"),
        (format!("{START}?parent=42"), "invalid_query"),
        ("/api/events?after=yesterday".to_owned(), "invalid_cursor"),
        ("/api/events?conversation=42".to_owned(), "invalid_query"),
    ] {
        let answer = get(&app, &path).await;
        assert_eq!(
            (answer.status, answer.code()),
            (StatusCode::BAD_REQUEST, code.into()),
            "{path}"
        );
    }
    let text = get(&app, &format!("{START}?limit=many")).await.json()["detail"].to_string();
    assert!(text.contains("limit"), "{text}");
}

#[tokio::test]
async fn a_wrong_method_is_answered_with_the_right_ones() {
    let (_, app) = app();
    let delete = Request::delete("/api/worlds/friends")
        .body(Body::empty())
        .unwrap();
    let answer = send(&app, delete).await;
    assert_eq!(
        (answer.status, answer.code()),
        (StatusCode::METHOD_NOT_ALLOWED, "wrong_method".into())
    );
    assert_eq!(answer.header("allow"), "GET,HEAD,PATCH");
}

#[tokio::test]
async fn a_world_for_signed_in_people_stays_closed() {
    let (_, app) = app();
    for path in [
        "/api/worlds/club/messages",
        "/api/worlds/club/conversations",
        "/api/events?world=club",
        "/knock",
    ] {
        let answer = get(&app, path).await;
        assert_eq!(
            (answer.status, answer.code()),
            (StatusCode::UNAUTHORIZED, "sign_in_required".into()),
            "{path}"
        );
    }
    assert_eq!(
        post(&app, "/api/worlds/club/pause", "").await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn a_store_that_is_away_is_worth_another_try() {
    let (house, app) = app();
    house.set_away(true);
    for path in [
        START.to_owned(),
        format!("/api/conversations/{TALK}"),
        "/api/events".to_owned(),
        "/start-convo-bro".into(),
    ] {
        let answer = get(&app, &path).await;
        assert_eq!(
            (answer.status, answer.code()),
            (StatusCode::SERVICE_UNAVAILABLE, "unavailable".into()),
            "{path}"
        );
        assert_eq!(answer.header("retry-after"), "1");
    }
    assert_eq!(
        post(&app, START, "{}").await.status,
        StatusCode::SERVICE_UNAVAILABLE
    );
}

#[tokio::test]
async fn a_panic_is_a_problem_that_tells_nothing_and_the_next_request_is_answered() {
    let (_, app) = app();
    let answer = post(&app, START, r#"{"topic":"panic"}"#).await;
    assert_eq!(
        (answer.status, answer.code()),
        (StatusCode::INTERNAL_SERVER_ERROR, "internal".into())
    );
    assert!(!answer.text.contains("handler"), "{}", answer.text);
    assert_eq!(get(&app, "/health").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_request_that_takes_too_long_ends() {
    let (_, mut options) = house();
    options.limits.request_time_max = std::time::Duration::from_millis(20);
    let app = Gateway::new(options).router();
    let never = futures::stream::pending::<Result<bytes::Bytes, std::io::Error>>();
    let request = Request::post(START).body(Body::from_stream(never)).unwrap();
    let answer = send(&app, request).await;
    assert_eq!(
        (answer.status, answer.code()),
        (StatusCode::SERVICE_UNAVAILABLE, "unavailable".into())
    );
}
