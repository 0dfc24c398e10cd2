//! What the routes answer when all is well.

use crate::house::{TALK, app, conversation, get, house, message, post, send};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use metrics_exporter_prometheus::PrometheusBuilder;
use parlor_gateway::{Gateway, shape};
use parlor_model::{Conversation, ConversationKind};
use serde_json::json;

const START: &str = "/api/worlds/friends/conversations";

#[tokio::test]
async fn a_world_shows_its_cast_mechanics_and_routing() {
    let (_, app) = app();
    insta::assert_json_snapshot!("worlds", get(&app, "/api/worlds").await.json());
    let one = get(&app, "/api/worlds/friends").await.json();
    assert_eq!(one, get(&app, "/api/worlds").await.json()["items"][0]);
}

#[tokio::test]
async fn a_persona_is_shown_in_an_open_world_only() {
    let (_, app) = app();
    let open = get(&app, "/api/worlds/friends/characters").await.json();
    insta::assert_json_snapshot!("character", open["items"][0]);
    assert_eq!(open["items"].as_array().unwrap().len(), 3);
    let closed = get(&app, "/api/worlds/club/characters").await.json();
    assert_eq!(closed["items"][0]["persona"], json!(null));
}

#[tokio::test]
async fn conversations_and_messages_have_the_shape_of_the_model() {
    let told = serde_json::to_value(message(TALK, 1)).unwrap();
    assert_eq!(
        serde_json::to_value(shape::Message::from(message(TALK, 1))).unwrap(),
        told
    );
    let talk = serde_json::to_value(conversation(TALK)).unwrap();
    let shape = serde_json::to_value(shape::Conversation::from(conversation(TALK))).unwrap();
    assert_eq!(shape, talk);

    let (_, app) = app();
    let got = get(&app, &format!("/api/conversations/{TALK}"))
        .await
        .json();
    insta::assert_json_snapshot!("conversation", got);
    let got = get(&app, &format!("/api/conversations/{TALK}/messages?limit=1"))
        .await
        .json();
    insta::assert_json_snapshot!("messages", got);
}

#[tokio::test]
async fn a_start_is_accepted_and_names_the_partner() {
    let (house, app) = app();
    let body = r#"{"from":"ross","to":"Rachel","topic":"dinosaurs","message":"Hi"}"#;
    let answer = post(&app, START, body).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    insta::assert_json_snapshot!("started", answer.json());
    let id = answer.json()["conversationId"].as_str().unwrap().to_owned();
    assert_eq!(
        answer.header("location"),
        format!("/api/conversations/{id}")
    );
    let asked = house.started.lock()[0].clone();
    assert_eq!(asked.from.as_deref(), Some("ross"));
    assert_eq!(asked.message.as_deref(), Some("Hi"));
}

#[tokio::test]
async fn an_empty_body_leaves_everything_to_the_dice() {
    let (house, app) = app();
    let bare = Request::post(START).body(Body::empty()).unwrap();
    assert_eq!(send(&app, bare).await.status, StatusCode::ACCEPTED);
    let asked = house.started.lock()[0].clone();
    assert_eq!(
        (asked.from, asked.to, asked.topic, asked.message),
        (None, None, None, None)
    );
}

fn keyed(key: &str, body: &str) -> Request<Body> {
    Request::post(START)
        .header("content-type", "application/json")
        .header("idempotency-key", key)
        .body(Body::from(body.to_owned()))
        .unwrap()
}

#[tokio::test]
async fn the_same_key_and_body_start_one_conversation_and_give_the_same_answer() {
    let (house, options) = house();
    let app = Gateway::new(options.clone()).router();
    let first = send(&app, keyed("k1", r#"{"from":"ross","to":null}"#)).await;
    // Another gateway on the same store: what a restart leaves.
    let again = Gateway::new(options).router();
    let second = send(&again, keyed("k1", r#"{ "from": "ross" }"#)).await;
    assert_eq!(first.status, StatusCode::ACCEPTED);
    assert_eq!((second.status, &second.text), (first.status, &first.text));
    assert_eq!(house.started.lock().len(), 1);
    let other = send(&app, keyed("k2", r#"{"from":"ross"}"#)).await;
    assert_ne!(other.text, first.text);
}

#[tokio::test]
async fn the_same_key_with_another_body_is_refused() {
    let (house, app) = app();
    send(&app, keyed("k1", r#"{"from":"ross"}"#)).await;
    let answer = send(&app, keyed("k1", r#"{"from":"joey"}"#)).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(answer.code(), "idempotency_key_reused");
    assert_eq!(house.started.lock().len(), 1);
}

#[tokio::test]
async fn a_mistake_does_not_use_up_its_key() {
    let (_, app) = app();
    let wrong = send(&app, keyed("k1", r#"{"from":"rosss"}"#)).await;
    assert_eq!(wrong.code(), "unknown_character");
    let right = send(&app, keyed("k1", r#"{"from":"ross"}"#)).await;
    assert_eq!(right.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn the_alias_starts_a_conversation_fr5() {
    let (house, app) = app();
    let answer = get(&app, "/start-convo-bro").await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    assert_eq!(answer.json()["status"], "started");
    assert_eq!(house.started.lock()[0].from, None);
    let posted = post(&app, "/start-convo-bro", "").await;
    assert_eq!(
        (posted.status, posted.code()),
        (StatusCode::METHOD_NOT_ALLOWED, "wrong_method".into())
    );
    assert_eq!(posted.header("allow"), "GET");
}

#[tokio::test]
async fn a_world_may_name_any_alias_without_breaking_the_server() {
    let (_, mut options) = house();
    let odd = ["/health", "/{x}", "no-slash", "/a/{*b}", "/start-convo-bro"];
    let mut worlds = options.worlds.all().to_vec();
    worlds.insert(0, crate::house::world("odd", Default::default(), &odd));
    options.worlds = worlds.into();
    let app = Gateway::new(options).router();
    assert_eq!(get(&app, "/health").await.json()["status"], "ok");
    assert_eq!(
        get(&app, "/start-convo-bro").await.status,
        StatusCode::ACCEPTED
    );
}

#[tokio::test]
async fn sync_gives_the_last_20_messages_newest_first() {
    let (house, app) = app();
    for order in 4..=30 {
        house.say(TALK, order);
    }
    let lines = get(&app, "/api/sync").await.json();
    let steps: Vec<_> = lines
        .as_array()
        .unwrap()
        .iter()
        .map(|l| l["step"].as_u64().unwrap())
        .collect();
    assert_eq!(steps, (11..=30).rev().collect::<Vec<_>>());
    insta::assert_json_snapshot!("sync", lines[0]);
    assert_eq!(get(&app, "/api/sync?world=friends").await.json(), lines);
}

#[tokio::test]
async fn messages_go_on_after_a_cursor_an_order_or_a_message() {
    let (_, app) = app();
    let path = format!("/api/conversations/{TALK}/messages");
    let first = get(&app, &format!("{path}?limit=2")).await.json();
    let cursor = first["nextCursor"].as_str().unwrap();
    let id = first["items"][1]["id"].as_str().unwrap();
    for after in [
        format!("after={cursor}"),
        format!("cursor={cursor}"),
        "after=2".into(),
        format!("after={id}"),
    ] {
        let rest = get(&app, &format!("{path}?{after}")).await.json();
        assert_eq!(rest["items"].as_array().unwrap().len(), 1, "{after}");
        assert_eq!(rest["items"][0]["order"], 3, "{after}");
        assert_eq!(rest["nextCursor"], json!(null));
    }
}

#[tokio::test]
async fn conversations_are_filtered_and_paged() {
    let (house, app) = app();
    for n in 0..5u128 {
        let id = parlor_model::ConversationId(uuid::Uuid::from_u128(n + 1));
        let side = Conversation {
            kind: ConversationKind::Side,
            parent_id: Some(TALK),
            ..conversation(id)
        };
        house.open(side);
    }
    let side = get(
        &app,
        &format!("{START}?kind=side&status=ACTIVE&parent={TALK}&limit=2"),
    )
    .await
    .json();
    assert_eq!(side["items"][0]["id"], uuid::Uuid::from_u128(5).to_string());
    let cursor = side["nextCursor"].as_str().unwrap();
    let next = get(&app, &format!("{START}?kind=side&cursor={cursor}&limit=2"))
        .await
        .json();
    assert_eq!(next["items"][0]["id"], uuid::Uuid::from_u128(3).to_string());
    let closed = get(&app, &format!("{START}?status=CLOSED")).await.json();
    assert_eq!(closed, json!({"items": [], "nextCursor": null}));
}

#[tokio::test]
async fn a_conversation_is_closed_and_a_world_paused_on_request() {
    let (_, app) = app();
    let closed = post(&app, &format!("/api/conversations/{TALK}/close"), "")
        .await
        .json();
    assert_eq!(closed["status"], "CLOSED");
    for (command, paused) in [("pause", true), ("resume", false)] {
        let state = post(&app, &format!("/api/worlds/friends/{command}"), "")
            .await
            .json();
        assert_eq!(
            (&state["name"], &state["paused"]),
            (&json!("friends"), &json!(paused))
        );
        assert_eq!(get(&app, "/api/worlds/friends").await.json(), state);
    }
}

#[tokio::test]
async fn readiness_says_of_each_dependency_why_it_is_not_there() {
    let (house, app) = app();
    let ready = get(&app, "/ready").await;
    assert_eq!(
        (ready.status, &ready.json()["status"]),
        (StatusCode::OK, &json!("ready"))
    );
    house.set_away(true);
    let unready = get(&app, "/ready").await;
    assert_eq!(unready.status, StatusCode::SERVICE_UNAVAILABLE);
    insta::assert_json_snapshot!("unready", unready.json());
    assert_eq!(get(&app, "/health").await.status, StatusCode::OK);
}

#[tokio::test]
async fn requests_are_counted_by_route_and_status() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let (_, mut options) = house();
    options.metrics = recorder.handle();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let app = Gateway::new(options).router();
    get(&app, "/api/worlds/friends").await;
    get(&app, "/api/worlds/nowhere").await;
    get(&app, "/no/such/path").await;
    get(&app, "/start-convo-bro").await;
    let figures = get(&app, "/metrics").await;
    assert!(
        figures
            .header("content-type")
            .starts_with("text/plain; version=0.0.4")
    );
    for line in [
        r#"parlor_http_requests_total{route="/api/worlds/{world}",status="200"} 1"#,
        r#"parlor_http_requests_total{route="/api/worlds/{world}",status="404"} 1"#,
        r#"parlor_http_requests_total{route="unmatched",status="404"} 1"#,
        r#"parlor_http_requests_total{route="alias",status="202"} 1"#,
    ] {
        assert!(figures.text.contains(line), "{line} in\n{}", figures.text);
    }
}
