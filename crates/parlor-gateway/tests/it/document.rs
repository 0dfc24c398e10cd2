//! The OpenAPI document says what the server does.

use crate::house::{Answer, House, TALK, app, get, house, post, send};
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use std::sync::Arc;
use tower::ServiceExt;

/// An operation of the document.
pub(crate) struct Operation {
    pub(crate) method: String,
    pub(crate) path: String,
    says: Value,
}

pub(crate) fn operations(document: &Value) -> Vec<Operation> {
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, says) in item.as_object().unwrap() {
            let (method, path) = (method.to_uppercase(), path.clone());
            operations.push(Operation {
                method,
                path,
                says: says.clone(),
            });
        }
    }
    operations
}

pub(crate) async fn document(app: &Router) -> Value {
    get(app, "/openapi.json").await.json()
}

/// The body that the document shows as an example; a card where it only speaks of bytes.
fn example(document: &Value, body: &Value) -> String {
    if body["content"].get("application/json").is_none() {
        return json!({ "spec": "chara_card_v2", "data": { "name": "Marla Quince" } }).to_string();
    }
    let schema = &body["content"]["application/json"]["schema"]["$ref"];
    let name = schema.as_str().unwrap().rsplit('/').next().unwrap();
    let example = &document["components"]["schemas"][name]["example"];
    assert!(example.is_object(), "{name} has no example");
    example.to_string()
}

/// The path with its holes filled, and what the query must have, by the document's examples.
fn target(operation: &Operation, world: &str, id: &str) -> String {
    let mut target = operation.path.replace("{world}", world).replace("{id}", id);
    let mut separator = '?';
    for parameter in operation.says["parameters"]
        .as_array()
        .into_iter()
        .flatten()
    {
        let name = parameter["name"].as_str().unwrap();
        let example = parameter["example"].as_str().unwrap_or_default();
        if parameter["in"] == "path" {
            target = target.replace(&format!("{{{name}}}"), example);
        } else if parameter["in"] == "query" && parameter["required"] == true {
            target.push_str(&format!("{separator}{name}={example}"));
            separator = '&';
        }
    }
    target
}

/// Calls an operation as the document describes it.
pub(crate) async fn call(
    app: &Router,
    document: &Value,
    operation: &Operation,
    [world, id, host]: [&str; 3],
    token: Option<&str>,
) -> Answer {
    let mut request = Request::builder()
        .method(operation.method.as_str())
        .uri(target(operation, world, id))
        .header("host", host)
        .header("content-type", "application/json");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let body = match operation.says.get("requestBody") {
        Some(body) => Body::from(example(document, body)),
        None => Body::empty(),
    };
    let request = request.body(body).unwrap();
    if operation.path != "/api/events" {
        return send(app, request).await;
    }
    // The stream has no end: only its head is looked at, unless it is a problem.
    let response = app.clone().oneshot(request).await.unwrap();
    if response.status().is_success() {
        let headers = response.headers().clone();
        return Answer {
            status: response.status(),
            headers,
            text: String::new(),
        };
    }
    send_on(response).await
}

async fn send_on(response: axum::response::Response) -> Answer {
    use http_body_util::BodyExt;
    let (parts, body) = response.into_parts();
    let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
    Answer {
        status: parts.status,
        headers: parts.headers,
        text,
    }
}

/// The answer's status, media type and JSON are in the document.
fn check(document: &Value, operation: &Operation, answer: &Answer) {
    let name = format!("{} {} {}", operation.method, operation.path, answer.status);
    let says = &operation.says["responses"][answer.status.as_str()];
    assert!(
        says.is_object(),
        "{name} is not documented: {}",
        answer.text
    );
    if says.get("content").is_none() {
        assert_eq!(answer.text, "", "{name} has a body");
        return;
    }
    let media = answer
        .header("content-type")
        .split(';')
        .next()
        .unwrap_or_default();
    let content = &says["content"][media];
    assert!(content.is_object(), "{name}: {media} is not documented");
    if !media.ends_with("json") {
        return;
    }
    let mut schema = content["schema"].clone();
    schema["components"] = document["components"].clone();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let json = answer.json();
    let errors: Vec<_> = validator
        .iter_errors(&json)
        .map(|e| e.to_string())
        .collect();
    assert!(errors.is_empty(), "{name}: {errors:?} in {json}");
}

#[tokio::test]
async fn the_document_is_as_agreed() {
    let (_, app) = app();
    let mut document = document(&app).await;
    document["info"]["version"] = json!("[version]");
    insta::assert_json_snapshot!("openapi", document);
}

#[tokio::test]
async fn every_route_of_the_api_is_documented() {
    let (_, app) = app();
    let operations = operations(&document(&app).await);
    let mut names: Vec<_> = operations
        .iter()
        .map(|o| format!("{} {}", o.method, o.path))
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "DELETE /api/characters/id/{id}",
            "DELETE /api/worlds/{world}/characters/{slug}",
            "DELETE /me",
            "DELETE /me/sessions/{id}",
            "DELETE /reset",
            "GET /.well-known/jwks.json",
            "GET /api/bots/connect",
            "GET /api/bus/inboxes",
            "GET /api/characters",
            "GET /api/characters/id/{id}",
            "GET /api/characters/id/{id}/picture",
            "GET /api/characters/{character}/journey",
            "GET /api/chatroom/conversation/{id}",
            "GET /api/chatroom/conversations",
            "GET /api/chatroom/moods",
            "GET /api/chatroom/runaways",
            "GET /api/chatroom/unread",
            "GET /api/conversations",
            "GET /api/conversations/{id}",
            "GET /api/conversations/{id}/messages",
            "GET /api/dead-letters",
            "GET /api/directory",
            "GET /api/events",
            "GET /api/messages/{id}",
            "GET /api/notifications",
            "GET /api/roles",
            "GET /api/search",
            "GET /api/stats",
            "GET /api/sync",
            "GET /api/usage",
            "GET /api/worlds",
            "GET /api/worlds/{world}",
            "GET /api/worlds/{world}/characters",
            "GET /api/worlds/{world}/characters/{slug}",
            "GET /api/worlds/{world}/characters/{slug}/picture",
            "GET /api/worlds/{world}/conversations",
            "GET /api/worlds/{world}/messages",
            "GET /api/worlds/{world}/places",
            "GET /characters",
            "GET /characters/id/{id}",
            "GET /health",
            "GET /knock",
            "GET /me",
            "GET /me/export",
            "GET /me/sessions",
            "GET /me/sessions/{id}/messages",
            "GET /metrics",
            "GET /ready",
            "GET /session",
            "GET /start-convo-bro",
            "GET /states",
            "PATCH /api/characters/id/{id}",
            "PATCH /api/worlds/{world}",
            "PATCH /me/sessions/{id}",
            "POST /api/bots",
            "POST /api/characters",
            "POST /api/characters/import",
            "POST /api/chatroom/generate",
            "POST /api/chatroom/mark-read/{id}",
            "POST /api/chatroom/meditate/{creatureId}",
            "POST /api/chatroom/recover/{creatureId}",
            "POST /api/conversations/{id}/close",
            "POST /api/dead-letters/drop",
            "POST /api/dead-letters/replay",
            "POST /api/roles/{id}/start",
            "POST /api/roles/{id}/stop",
            "POST /api/worlds/{world}/conversations",
            "POST /api/worlds/{world}/moves",
            "POST /api/worlds/{world}/pause",
            "POST /api/worlds/{world}/resume",
            "POST /api/worlds/{world}/runs",
            "POST /login",
            "POST /logout",
            "POST /refresh",
            "POST /register",
            "POST /session",
            "POST /token",
            "POST /validate",
            "PUT /api/characters/id/{id}/picture",
        ]
    );
}

#[tokio::test]
async fn every_operation_answers_as_documented() {
    let (house, app): (Arc<House>, Router) = app();
    let document = document(&app).await;
    let mut token = String::new();
    let (talk, nobody) = (TALK.to_string(), uuid::Uuid::from_u128(9).to_string());
    for operation in operations(&document) {
        if operation.path.starts_with("/me") || token.is_empty() {
            token = signed_in(&app).await;
        }
        let token = Some(token.as_str());
        let call = async |holes: [&str; 3]| call(&app, &document, &operation, holes, token).await;
        let good = call(["friends", &talk, "localhost"]).await;
        // Nobody in this house has a picture, a second account, the refresh token of the example, or
        // companions; and Marla is no administrator.
        let lonely = [
            "/conversation/{id}",
            "/mark-read/{id}",
            "/{creatureId}",
            "/generate",
        ];
        let expected = ["/knock", "/register", "/refresh"].contains(&operation.path.as_str())
            || operation.path.ends_with("/picture")
            || (operation.path.starts_with("/api/chatroom/")
                && lonely.iter().any(|end| operation.path.ends_with(end)))
            // No bot of anybody's is here to connect.
            || operation.path == "/api/bots/connect"
            // Nobody here talks with people.
            || operation.path.contains("/characters/id/")
            || (operation.path == "/api/characters" && operation.method == "POST")
            || good.status.is_success();
        assert!(
            expected,
            "{} {}: {}",
            operation.method, operation.path, good.text
        );
        check(&document, &operation, &good);
        for holes in [
            ["nowhere", nobody.as_str(), "localhost"],
            ["club", "42", "localhost"],
            ["friends", talk.as_str(), "evil.example"],
        ] {
            let answer = call(holes).await;
            check(&document, &operation, &answer);
        }
        house.set_away(true);
        let away = call(["friends", &talk, "localhost"]).await;
        house.set_away(false);
        check(&document, &operation, &away);
    }
}

/// The access token of somebody whose account is there.
async fn signed_in(app: &Router) -> String {
    let marla = json!({ "username": "marla", "password": "two wet umbrellas" }).to_string();
    post(app, "/register", &marla).await;
    let tokens = post(app, "/login", &marla).await.json();
    tokens["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn parameters_are_described_once() {
    let (_, app) = app();
    for operation in operations(&document(&app).await) {
        let parameters = operation.says["parameters"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let names: Vec<_> = parameters
            .iter()
            .map(|p| p["name"].as_str().unwrap())
            .collect();
        let mut unique = names.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), names.len(), "{} {names:?}", operation.path);
        for parameter in &parameters {
            assert!(
                parameter["description"].is_string(),
                "{} {parameter}",
                operation.path
            );
        }
        for hole in operation
            .path
            .split('{')
            .skip(1)
            .filter_map(|part| part.split('}').next())
        {
            assert!(names.contains(&hole), "{} lacks {hole}", operation.path);
        }
    }
}

#[tokio::test]
async fn the_page_needs_nothing_from_elsewhere() {
    let (_, options) = house();
    let app = parlor_gateway::Gateway::new(options).router();
    let moved = get(&app, "/docs").await;
    assert_eq!(moved.header("location"), "/docs/");
    let page = get(&app, "/docs/").await;
    assert!(page.text.contains("swagger-ui"), "{}", page.text);
    assert!(
        !page.text.contains("http://") && !page.text.contains("https://"),
        "{}",
        page.text
    );
    assert!(
        !page.text.contains("<script>"),
        "the policy forbids scripts inside the page"
    );
    let start = get(&app, "/docs/swagger-initializer.js").await;
    assert!(start.text.contains("/openapi.json"), "{}", start.text);
    let bundle = get(&app, "/docs/swagger-ui-bundle.js").await;
    assert!(bundle.text.len() > 100_000);
}
