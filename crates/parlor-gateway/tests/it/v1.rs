//! What clients of the OpenAI API meet.

use crate::house::{Answer, House, called_from, get, house, noon, post, send, slug};
use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use chrono::TimeDelta;
use parlor_gateway::Gateway;
use parlor_ports::PortError;
use parlor_ports::keys::{ApiKey, KEY_BYTES, KeyRecord};
use parlor_ports::parley::{Answer as Said, Asked, Parley, ParleyError, Speaker};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::mpsc;

const CHAT: &str = "/v1/chat/completions";

/// Repeats the last line, with who is known to have said it and what the scene is.
#[async_trait]
impl Parley for House {
    async fn answer(
        &self,
        asked: Asked,
        pieces: Option<mpsc::Sender<String>>,
    ) -> Result<Said, ParleyError> {
        self.ask()?;
        let Some(last) = asked.lines.last() else {
            return Ok(said("Hello!"));
        };
        let no_words = |cause| ParleyError::NoWords {
            character: asked.character.clone(),
            cause,
        };
        let show = async |piece: &str| {
            if let Some(pieces) = &pieces {
                pieces.send(piece.to_owned()).await.unwrap();
                // As a model does, it lets others work before it goes on.
                tokio::task::yield_now().await;
            }
        };
        match last.text.as_str() {
            "busy" => return Err(ParleyError::Busy),
            "speechless" => {
                return Err(no_words(PortError::terminal(
                    "gpt",
                    "the secret host said no",
                )));
            }
            "later" => return Err(no_words(PortError::retryable("gpt", "overloaded"))),
            "panic" => panic!("a mistake"),
            "panic half-way" => {
                show("Half ").await;
                panic!("a mistake");
            }
            "change" => {
                show("Half ").await;
                return Ok(Said {
                    fallback: true,
                    ..said("Whole.")
                });
            }
            _ => {}
        }
        let who = match &last.by {
            Speaker::Person(Some(name)) => name.clone(),
            _ => asked.person.clone().unwrap_or_default(),
        };
        let text = format!("{who}: {} ({})", last.text, asked.note.unwrap_or_default());
        for piece in text.split_inclusive(' ') {
            show(piece).await;
        }
        Ok(said(&text))
    }
}

fn said(text: &str) -> Said {
    Said {
        text: text.to_owned(),
        fallback: false,
        tokens_in: 10,
    }
}

fn app() -> (Arc<House>, Router) {
    let (house, options) = house();
    let router = Gateway::new(options).router();
    (house, called_from(router, [127, 0, 0, 1]))
}

fn chat(text: &str, more: &Value) -> String {
    let mut chat = json!({
        "model": "friends/ross",
        "messages": [
            { "role": "system", "content": "It rains." },
            { "role": "user", "content": text },
        ],
    });
    for (name, value) in more.as_object().unwrap() {
        chat[name] = value.clone();
    }
    chat.to_string()
}

/// The documented error that it is: type, code and param.
fn error(answer: &Answer) -> (u16, String, String, Value) {
    assert_eq!(answer.header("content-type"), "application/json");
    let json = answer.json();
    let error = &json["error"];
    assert!(!error["message"].as_str().unwrap().is_empty(), "{json}");
    let text = |name: &str| error[name].as_str().unwrap().to_owned();
    let status = answer.status.as_u16();
    (status, text("type"), text("code"), error["param"].clone())
}

fn events(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.header("content-type"), "text/event-stream");
    let lines = answer.text.split("\n\n").filter(|frame| !frame.is_empty());
    lines
        .map(|frame| frame.strip_prefix("data: ").unwrap().to_owned())
        .collect()
}

/// The chunks of a stream that came to its end.
fn chunks(answer: &Answer) -> Vec<Value> {
    let mut events = events(answer);
    assert_eq!(events.pop().as_deref(), Some("[DONE]"));
    let chunk = |event: &String| serde_json::from_str(event).unwrap();
    events.iter().map(chunk).collect()
}

fn words(chunks: &[Value]) -> String {
    let words = chunks
        .iter()
        .map(|chunk| &chunk["choices"][0]["delta"]["content"]);
    words.filter_map(Value::as_str).collect()
}

async fn with_key(app: &Router, path: &str, key: &str, body: Option<&str>) -> Answer {
    let request = match body {
        Some(_) => Request::post(path),
        None => Request::get(path),
    };
    let request = request
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {key}"));
    let body = Body::from(body.unwrap_or_default().to_owned());
    send(app, request.body(body).unwrap()).await
}

/// A key of the house, for these worlds.
fn add_key(house: &House, n: u8, worlds: &[&str]) -> ApiKey {
    let key = ApiKey::of_random([n; KEY_BYTES]);
    let record = KeyRecord {
        prefix: key.prefix().to_owned(),
        name: String::new(),
        worlds: worlds.iter().map(|world| slug(world)).collect(),
        created_at: noon() - TimeDelta::days(1),
        expires_at: None,
        revoked_at: None,
        last_used_at: None,
    };
    house.keys.lock().push((record, key.digest()));
    key
}

#[tokio::test]
async fn characters_of_open_worlds_are_models() {
    let (_, app) = app();
    let list = get(&app, "/v1/models").await.json();
    assert_eq!(list["object"], "list");
    let ids: Vec<_> = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["id"].clone())
        .collect();
    assert_eq!(ids, ["friends/ross", "friends/rachel", "friends/joey"]);
    let expected = json!({
        "id": "friends/ross", "object": "model", "created": noon().timestamp(), "owned_by": "friends",
    });
    for path in ["/v1/models/friends/ross", "/v1/models/friends%2Fross"] {
        assert_eq!(get(&app, path).await.json(), expected, "{path}");
    }
}

#[tokio::test]
async fn a_character_answers_whole() {
    let (_, app) = app();
    let answer = post(&app, CHAT, &chat("Hi.", &json!({ "user": "Ann" })))
        .await
        .json();
    assert!(answer["id"].as_str().unwrap().starts_with("chatcmpl-"));
    assert_eq!(answer["object"], "chat.completion");
    assert_eq!(answer["created"], noon().timestamp());
    assert_eq!(answer["model"], "friends/ross");
    let choice = &answer["choices"][0];
    assert_eq!(choice["message"]["role"], "assistant");
    assert_eq!(choice["message"]["content"], "Ann: Hi. (It rains.)");
    assert_eq!(choice["finish_reason"], "stop");
    let usage = json!({ "prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15 });
    assert_eq!(answer["usage"], usage);
    assert!(answer.get("fallback").is_none());
}

#[tokio::test]
async fn a_character_answers_in_pieces() {
    let (_, app) = app();
    let more = json!({ "stream": true, "stream_options": { "include_usage": true } });
    let chunks = chunks(&post(&app, CHAT, &chat("Hi.", &more)).await);
    assert_eq!(words(&chunks), ": Hi. (It rains.)");
    assert_eq!(chunks[0]["choices"][0]["delta"]["role"], "assistant");
    assert!(chunks.len() > 4, "pieces come one by one: {}", chunks.len());
    let (usage, said) = chunks.split_last().unwrap();
    assert_eq!(usage["choices"], json!([]));
    assert_eq!(usage["usage"]["prompt_tokens"], 10);
    assert_eq!(said.last().unwrap()["choices"][0]["finish_reason"], "stop");
    for chunk in said {
        assert_eq!(chunk["object"], "chat.completion.chunk");
        assert_eq!(
            (&chunk["id"], &chunk["usage"]),
            (&usage["id"], &Value::Null)
        );
    }
}

#[tokio::test]
async fn a_stream_without_a_wish_for_usage_has_none() {
    let (_, app) = app();
    let chunks = chunks(&post(&app, CHAT, &chat("Hi.", &json!({ "stream": true }))).await);
    assert!(chunks.iter().all(|chunk| chunk.get("usage").is_none()));
}

#[tokio::test]
async fn a_line_ends_where_the_caller_wants_it_to() {
    let (_, app) = app();
    for (wish, text, finish) in [
        (json!({ "stop": ["rains", "Hi"] }), ": ", "stop"),
        (json!({ "max_tokens": 1 }), ": Hi", "length"),
    ] {
        let whole = post(&app, CHAT, &chat("Hi.", &wish)).await.json();
        let choice = &whole["choices"][0];
        assert_eq!(choice["message"]["content"], text);
        assert_eq!(choice["finish_reason"], finish);
        let mut wish = wish;
        wish["stream"] = json!(true);
        let chunks = chunks(&post(&app, CHAT, &chat("Hi.", &wish)).await);
        assert_eq!(words(&chunks), text);
        let last = &chunks.last().unwrap()["choices"][0];
        assert_eq!(last["finish_reason"], finish);
    }
}

#[tokio::test]
async fn without_any_line_a_character_opens() {
    let (_, app) = app();
    let body = json!({
        "model": "friends/ross",
        "messages": [{ "role": "system", "content": "It rains." }],
    });
    let answer = post(&app, CHAT, &body.to_string()).await.json();
    assert_eq!(answer["choices"][0]["message"]["content"], "Hello!");
}

#[tokio::test]
async fn what_another_dialect_says_follows_what_was_shown_and_is_marked() {
    let (_, app) = app();
    let chunks = chunks(&post(&app, CHAT, &chat("change", &json!({ "stream": true }))).await);
    assert_eq!(words(&chunks), "Half \nWhole.");
    assert_eq!(chunks.last().unwrap()["fallback"], true);
    let whole = post(&app, CHAT, &chat("change", &json!({}))).await.json();
    assert_eq!(whole["fallback"], true);
}

#[tokio::test]
async fn mistakes_have_the_documented_form() {
    let (house, app) = app();
    let cases: [(String, u16, &str, &str, Value); 9] = [
        (
            "{".into(),
            400,
            "invalid_request_error",
            "invalid_json",
            json!(null),
        ),
        (
            "[]".into(),
            400,
            "invalid_request_error",
            "invalid_type",
            json!("."),
        ),
        (
            r#"{"model": "friends/ross"}"#.into(),
            400,
            "invalid_request_error",
            "missing_required_parameter",
            json!("messages"),
        ),
        (
            chat("x", &json!({ "n": 2 })),
            400,
            "invalid_request_error",
            "invalid_value",
            json!("n"),
        ),
        (
            chat("x", &json!({ "model": "friends/gunther" })),
            404,
            "invalid_request_error",
            "model_not_found",
            json!("model"),
        ),
        (
            chat("busy", &json!({})),
            429,
            "rate_limit_error",
            "rate_limit_exceeded",
            json!(null),
        ),
        (
            chat("later", &json!({})),
            503,
            "server_error",
            "no_words_yet",
            json!(null),
        ),
        (
            chat("speechless", &json!({})),
            500,
            "server_error",
            "no_words",
            json!(null),
        ),
        (
            chat("panic", &json!({})),
            500,
            "server_error",
            "internal",
            json!(null),
        ),
    ];
    for (body, status, kind, code, param) in cases {
        for body in [body.clone(), body.replacen('{', r#"{"stream":true,"#, 1)] {
            let answer = post(&app, CHAT, &body).await;
            let found = error(&answer);
            let expected = (status, kind.to_owned(), code.to_owned(), param.clone());
            if body.len() > 20 {
                assert_eq!(found, expected, "{body}");
            }
            assert!(!answer.text.contains("secret"), "{}", answer.text);
        }
    }
    let busy = post(&app, CHAT, &chat("busy", &json!({}))).await;
    assert_eq!(busy.header("retry-after"), "1");
    house.set_away(true);
    let away = post(&app, CHAT, &chat("x", &json!({}))).await;
    assert_eq!(
        (away.status.as_u16(), away.header("retry-after")),
        (503, "1")
    );
    assert_eq!(error(&away).1, "server_error");
}

#[tokio::test]
async fn what_the_layers_refuse_has_the_documented_form_too() {
    let (_, app) = app();
    assert_eq!(error(&get(&app, "/v1/embeddings").await).0, 404);
    assert_eq!(error(&get(&app, CHAT).await).0, 405);
    let large = chat(&"x".repeat(2 << 20), &json!({}));
    assert_eq!(error(&post(&app, CHAT, &large).await).0, 413);
    let request = Request::post(CHAT).header("origin", "http://evil.example");
    let answer = send(&app, request.body(Body::empty()).unwrap()).await;
    assert_eq!(error(&answer).2, "cross_site");
    assert_eq!(
        get(&app, "/api/worlds/nowhere").await.code(),
        "unknown_world"
    );
}

#[tokio::test]
async fn a_panic_in_the_middle_of_a_stream_ends_it_with_an_error() {
    let (_, app) = app();
    let body = chat("panic half-way", &json!({ "stream": true }));
    let events = events(&post(&app, CHAT, &body).await);
    let error: Value = serde_json::from_str(&events[events.len() - 2]).unwrap();
    assert_eq!(error["error"]["type"], "server_error");
    assert_eq!(events.last().unwrap(), "[DONE]");
}

#[tokio::test]
async fn a_world_with_access_control_takes_a_key() {
    let (house, app) = app();
    let key = add_key(&house, 1, &["club"]);
    let other = add_key(&house, 2, &["elsewhere"]);
    let body = chat("Hi.", &json!({ "model": "club/ross" }));

    let nobody = post(&app, CHAT, &body).await;
    let code = "invalid_api_key".to_owned();
    let kind = "invalid_request_error".to_owned();
    assert_eq!(error(&nobody), (401, kind, code, Value::Null));
    let foreign = with_key(&app, CHAT, "sk-of-somebody-else", Some(&body)).await;
    assert_eq!(foreign.status, 401);
    let answer = with_key(&app, CHAT, key.reveal(), Some(&body)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let elsewhere = with_key(&app, CHAT, other.reveal(), Some(&body)).await;
    assert_eq!(error(&elsewhere).2, "model_not_found");

    let listed = async |key: &ApiKey| {
        let list = with_key(&app, "/v1/models", key.reveal(), None)
            .await
            .json();
        list["data"].as_array().unwrap().len()
    };
    assert_eq!((listed(&key).await, listed(&other).await), (6, 3));
}

#[tokio::test]
async fn a_key_that_is_not_good_is_refused_everywhere() {
    let (house, app) = app();
    let revoked = add_key(&house, 1, &[]);
    house.keys.lock()[0].0.revoked_at = Some(noon());
    let expired = add_key(&house, 2, &[]);
    house.keys.lock()[1].0.expires_at = Some(noon());
    let good = add_key(&house, 3, &[]);
    let (head, tail) = good.reveal().split_at(good.reveal().len() - 1);
    let guessed = format!("{head}{}", if tail == "0" { "1" } else { "0" });
    let unknown = ApiKey::of_random([9; KEY_BYTES]);
    for key in [
        revoked.reveal(),
        expired.reveal(),
        &guessed,
        unknown.reveal(),
        "pk-",
    ] {
        let answer = with_key(&app, "/v1/models", key, None).await;
        assert_eq!(
            (error(&answer).0, error(&answer).2.as_str()),
            (401, "invalid_api_key")
        );
        assert!(
            key == "pk-" || !answer.text.contains(key),
            "no key is shown"
        );
    }
    let placeholder = with_key(&app, "/v1/models", "none", None).await;
    assert_eq!(
        placeholder.status, 200,
        "clients that need a key may send anything"
    );
}

#[tokio::test]
async fn the_use_of_a_key_is_kept_to_the_minute() {
    let (house, app) = app();
    let key = add_key(&house, 1, &[]);
    with_key(&app, "/v1/models", key.reveal(), None).await;
    assert_eq!(house.keys.lock()[0].0.last_used_at, Some(noon()));
    let lately = noon() - TimeDelta::seconds(59);
    house.keys.lock()[0].0.last_used_at = Some(lately);
    with_key(&app, "/v1/models", key.reveal(), None).await;
    assert_eq!(house.keys.lock()[0].0.last_used_at, Some(lately));
}
