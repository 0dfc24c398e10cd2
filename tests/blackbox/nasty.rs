//! Bad input over HTTP: the caller's mistake is never a 500, and the server stays well.

use parlor_blackbox::{Answer, Api, Scratch, Setting};
use reqwest::{Method, RequestBuilder};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Sends one and holds it against what is expected.
async fn refused(what: &str, request: RequestBuilder, status: u16, code: &str) -> Answer {
    let answer = Api::send(request).await;
    assert_eq!(answer.status.as_u16(), status, "{what}: {}", answer.text);
    assert_eq!(
        answer.header("content-type"),
        "application/problem+json",
        "{what}"
    );
    assert_eq!(answer.json["code"], code, "{what}: {}", answer.text);
    assert_eq!(answer.json["status"], status, "{what}");
    assert!(
        answer.json["detail"].as_str().unwrap().len() > 10,
        "{what}: {}",
        answer.text
    );
    answer
}

#[tokio::test]
async fn bodies_that_cannot_be_taken() {
    let scratch = Scratch::new(Setting::Embedded).await;
    let server = scratch.up(&["--pace", "0"]).await;
    let api = server.api().await;
    let path = format!("/api/worlds/{}/conversations", scratch.world.name);
    let nested = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    let deep = format!(
        r#"{{"from":{}"ross"{}}}"#,
        r#"{"a":"#.repeat(5_000),
        "}".repeat(5_000)
    );
    let huge_number = format!(r#"{{"from":{}}}"#, "9".repeat(10_000));
    let bodies: Vec<(&str, Vec<u8>, u16, &str)> = vec![
        ("not JSON", b"hello".to_vec(), 400, "invalid_json"),
        ("half", br#"{"from":"#.to_vec(), 400, "invalid_json"),
        (
            "not UTF-8",
            b"{\"from\":\"\xff\xfe\"}".to_vec(),
            400,
            "invalid_json",
        ),
        ("NUL bytes", vec![0; 64], 400, "invalid_json"),
        ("a list", b"[1,2]".to_vec(), 400, "wrong_type"),
        ("a text", b"\"ross\"".to_vec(), 400, "wrong_type"),
        (
            "a number for a name",
            br#"{"from":1}"#.to_vec(),
            400,
            "wrong_type",
        ),
        (
            "a list for a text",
            br#"{"message":["x"]}"#.to_vec(),
            400,
            "wrong_type",
        ),
        (
            "an unknown field",
            br#"{"form":"ross"}"#.to_vec(),
            400,
            "unknown_field",
        ),
        ("deep lists", nested.into_bytes(), 400, "invalid_json"),
        ("deep objects", deep.into_bytes(), 400, "invalid_json"),
        (
            "a huge number",
            huge_number.into_bytes(),
            400,
            "invalid_json",
        ),
        ("too large", vec![b' '; 2 << 20], 413, "body_too_large"),
    ];
    for (what, body, status, code) in bodies {
        let request = api
            .request(Method::POST, &path)
            .header("content-type", "application/json")
            .body(body);
        refused(what, request, status, code).await;
    }
    let plain = api
        .request(Method::POST, &path)
        .header("content-type", "text/plain")
        .body("{}x");
    refused("not called JSON", plain, 415, "not_json").await;
    let near = api
        .request(Method::POST, &path)
        .json(&json!({ "topics": "x" }));
    assert_eq!(
        refused("near", near, 400, "unknown_field").await.json["didYouMean"],
        "topic"
    );
    is_well(&api).await;
}

#[tokio::test]
async fn wishes_that_cannot_be_granted() {
    let scratch = Scratch::new(Setting::Embedded).await;
    let server = scratch.up(&["--pace", "0"]).await;
    let api = server.api().await;
    let path = format!("/api/worlds/{}/conversations", scratch.world.name);
    for (wish, code) in [
        (json!({ "from": "gunther" }), "unknown_character"),
        (json!({ "to": "" }), "unknown_character"),
        (json!({ "from": "ross", "to": "Ross" }), "same_character"),
        (
            json!({ "message": "x".repeat(100_000) }),
            "message_too_long",
        ),
        (json!({ "topic": "x".repeat(2_000) }), "topic_too_long"),
        (json!({ "message": " \t " }), "invalid_text"),
        (json!({ "message": "a\u{0}b" }), "invalid_text"),
        (json!({ "from": "../../etc/passwd" }), "unknown_character"),
        (
            json!({ "from": "'; DROP TABLE messages; --" }),
            "unknown_character",
        ),
    ] {
        refused(
            &wish.to_string(),
            api.request(Method::POST, &path).json(&wish),
            422,
            code,
        )
        .await;
    }
    let long = "k".repeat(201);
    for key in ["", "two words", long.as_str()] {
        let request = api
            .request(Method::POST, &path)
            .header("idempotency-key", key)
            .json(&json!({}));
        refused("a bad key", request, 400, "invalid_idempotency_key").await;
    }
    // What looks dangerous and is fine.
    let wish = json!({ "from": "ross", "to": "joey", "message": "<script>'\"\\ \u{202e}\u{1f600} %s ${x}" });
    let id = api.start(&scratch.world.name, &wish).await;
    api.closed(&id).await;
    assert_eq!(
        api.lines(&id).await[0]["text"],
        wish["message"],
        "the text is kept as it was said"
    );
    is_well(&api).await;
}

#[tokio::test]
async fn addresses_that_lead_nowhere() {
    let scratch = Scratch::new(Setting::Embedded).await;
    let server = scratch.up(&["--pace", "0"]).await;
    let (api, world) = (server.api().await, scratch.world.name.as_str());
    let list = format!("/api/worlds/{world}/conversations");
    let long = "x".repeat(4_000);
    for (path, status, code) in [
        (format!("{list}?limit=0"), 400, "invalid_query"),
        (format!("{list}?limit=100000"), 400, "invalid_query"),
        (format!("{list}?limit=-1"), 400, "invalid_query"),
        (format!("{list}?limit=ten"), 400, "invalid_query"),
        (format!("{list}?status=OPEN"), 400, "invalid_query"),
        (format!("{list}?parent=1"), 400, "invalid_query"),
        (format!("{list}?cursor=junk"), 400, "invalid_cursor"),
        (
            format!("{list}?cursor=ffffffffffffffffff-1"),
            400,
            "invalid_cursor",
        ),
        (format!("{list}?stauts=ACTIVE"), 400, "unknown_field"),
        (format!("{list}?{long}=1"), 400, "unknown_field"),
        (
            format!("/api/worlds/{world}/messages?cursor={long}"),
            400,
            "invalid_cursor",
        ),
        ("/api/conversations/42".to_owned(), 400, "invalid_id"),
        (format!("/api/conversations/{long}"), 400, "invalid_id"),
        ("/api/conversations/%00".to_owned(), 400, "invalid_id"),
        ("/api/worlds/%ff%fe".to_owned(), 400, "invalid_path"),
        ("/api/worlds/%2e%2e%2f".to_owned(), 404, "unknown_world"),
        ("/api/worlds/Nowhere".to_owned(), 404, "unknown_world"),
        ("/api/sync?world=nowhere".to_owned(), 404, "unknown_world"),
        ("/api/events?world=nowhere".to_owned(), 404, "unknown_world"),
        ("/api/events?after=junk".to_owned(), 400, "invalid_cursor"),
    ] {
        let shown: String = path.chars().take(80).collect();
        refused(&shown, api.request(Method::GET, &path), status, code).await;
    }
    let resumed = api
        .request(Method::GET, "/api/events")
        .header("last-event-id", "junk");
    refused("a bad Last-Event-ID", resumed, 400, "invalid_cursor").await;
    for (method, path, status) in [
        (Method::GET, "/nothing".to_owned(), 404),
        (Method::GET, "/api/../../etc/passwd".to_owned(), 404),
        (Method::DELETE, list.clone(), 405),
        (Method::POST, "/start-convo-bro".to_owned(), 405),
        (Method::GET, format!("/api/worlds/{world}/pause"), 405),
    ] {
        let answer = Api::send(api.request(method, &path)).await;
        assert_eq!(answer.status.as_u16(), status, "{path}: {}", answer.text);
        assert_eq!(
            answer.header("content-type"),
            "application/problem+json",
            "{path}"
        );
    }
    is_well(&api).await;
}

#[tokio::test]
async fn pages_of_strangers_are_kept_out() {
    let scratch = Scratch::new(Setting::Embedded).await;
    let server = scratch.up(&["--pace", "0"]).await;
    let api = server.api().await;
    let path = format!("/api/worlds/{}/conversations", scratch.world.name);
    let rebound = api
        .request(Method::GET, "/api/worlds")
        .header("host", "evil.example");
    refused("a rebound name", rebound, 421, "unknown_host").await;
    let post = api
        .request(Method::POST, &path)
        .header("origin", "https://evil.example")
        .json(&json!({}));
    refused("another site's script", post, 403, "cross_site").await;
    let image = api
        .request(Method::GET, "/start-convo-bro")
        .header("sec-fetch-site", "cross-site");
    refused("another site's image", image, 403, "cross_site").await;
    is_well(&api).await;
}

#[tokio::test]
async fn what_is_not_http_at_all() {
    let scratch = Scratch::new(Setting::Embedded).await;
    let server = scratch.up(&["--pace", "0"]).await;
    let api = server.api().await;
    let address = api.base.trim_start_matches("http://").to_owned();
    let long_header = format!(
        "GET / HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n",
        "y".repeat(1 << 20)
    );
    let pieces: [&[u8]; 5] = [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"hello?\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /api/sync HTTP/1.1\r\nhost: localhost\r\ncontent-length: -5\r\n\r\n",
        long_header.as_bytes(),
    ];
    for piece in pieces {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        // The server may hang up before it has read everything.
        let _ = stream.write_all(piece).await;
        let _ = stream.shutdown().await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        let answer = String::from_utf8_lossy(&answer);
        assert!(!answer.starts_with("HTTP/1.1 5"), "{answer}");
    }
    is_well(&api).await;
}

async fn is_well(api: &Api) {
    api.get("/ready").await.expect(200);
    api.get("/api/worlds").await.expect(200);
}
