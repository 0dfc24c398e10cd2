//! Operations over HTTP: roles, inboxes, dead letters, figures, paces, and the packet inspector.

use crate::desk::{RACHEL, role};
use crate::house::{
    TALK, app, called_from, conversation, get, house, message, noon, post, send, slug,
};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use chrono::TimeDelta;
use parlor_gateway::{Gateway, Ops};
use parlor_model::ConversationId;
use parlor_ports::presence::{RoleRecord, Wanted};
use serde_json::{Value, json};
use uuid::Uuid;

async fn patch(app: &Router, path: &str, body: &Value) -> crate::house::Answer {
    let request = Request::patch(path).header("content-type", "application/json");
    send(app, request.body(Body::from(body.to_string())).unwrap()).await
}

#[tokio::test]
async fn the_pace_is_set_shown_and_told_live() {
    let (house, app) = app();
    let answer = patch(&app, "/api/worlds/friends", &json!({"pace": "250ms"})).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(answer.json()["pace"], "250ms");
    assert_eq!(
        get(&app, "/api/worlds/friends").await.json()["pace"],
        "250ms"
    );
    let changed = house.desk.paces.lock().get(&slug("friends")).copied();
    assert_eq!(changed, Some("250ms".parse().unwrap()));

    let both = json!({"pace": "0", "paused": true});
    let answer = patch(&app, "/api/worlds/friends", &both).await.json();
    assert_eq!(
        (&answer["pace"], &answer["paused"]),
        (&json!("0"), &json!(true))
    );
}

#[tokio::test]
async fn a_pace_that_is_none_is_refused() {
    let (house, app) = app();
    for pace in ["fast", "-1s", "61s", "1h", ""] {
        let answer = patch(&app, "/api/worlds/friends", &json!({ "pace": pace })).await;
        assert_eq!(
            (answer.status, answer.code()),
            (StatusCode::UNPROCESSABLE_ENTITY, "invalid_pace".into()),
            "{pace}"
        );
    }
    assert!(house.desk.paces.lock().is_empty());
}

#[tokio::test]
async fn conversations_of_all_worlds_are_filtered_by_who_takes_part_rc20c() {
    let (house, app) = app();
    let other = ConversationId(Uuid::from_u128(8));
    house.open(parlor_model::Conversation {
        participants: vec!["Joey".to_owned(), "Ross".to_owned()],
        ..conversation(other)
    });
    house.open(parlor_model::Conversation {
        world: slug("club"),
        ..conversation(ConversationId(Uuid::from_u128(9)))
    });
    let ids = async |query: &str| {
        let list = get(&app, &format!("/api/conversations{query}"))
            .await
            .json();
        let items = list["items"].as_array().unwrap().clone();
        items
            .into_iter()
            .map(|item| item["id"].clone())
            .collect::<Vec<_>>()
    };
    let (talk, other) = (json!(TALK), json!(other));
    assert_eq!(
        ids("").await,
        [other.clone(), talk.clone()],
        "none of the club"
    );
    for name in ["joey", "Joey"] {
        let found = ids(&format!("?participant={name}")).await;
        assert_eq!(found, std::slice::from_ref(&other));
    }
    assert_eq!(ids("?world=friends&participant=rachel").await, [talk]);
    let bad = get(&app, "/api/conversations?participant=a%0Ab").await;
    assert_eq!(bad.code(), "invalid_query");
    assert_eq!(
        get(&app, "/api/conversations?world=club").await.code(),
        "sign_in_required"
    );
}

#[tokio::test]
async fn roles_are_shown_with_how_they_are_rc20b() {
    let (house, app) = app();
    let old = |seconds, supervised: bool| RoleRecord {
        seen_at: Some(noon() - TimeDelta::seconds(seconds)),
        supervised_at: supervised.then(noon),
        ..role("jobs", Uuid::from_u128(seconds.unsigned_abs().into()))
    };
    house
        .desk
        .roles
        .lock()
        .extend([old(6, true), old(60, false)]);
    let list = get(&app, "/api/roles").await.json();
    let items = list["items"].as_array().unwrap();
    let statuses: Vec<_> = items.iter().map(|item| &item["status"]).collect();
    assert_eq!(statuses, ["up", "late", "gone"]);
    let rachel = &items[0];
    assert_eq!(rachel["names"], json!(["rachel"]));
    assert_eq!(
        (&rachel["supervised"], &rachel["pid"]),
        (&json!(true), &json!(4711))
    );
    assert_eq!(items[2]["supervised"], false);
}

#[tokio::test]
async fn a_supervised_role_is_stopped_and_started() {
    let (house, app) = app();
    let wanted = || house.desk.roles.lock()[0].wanted;
    let stopped = post(&app, &format!("/api/roles/{RACHEL}/stop"), "").await;
    assert_eq!(stopped.status, StatusCode::ACCEPTED, "{}", stopped.text);
    assert_eq!(
        (stopped.json()["wanted"].clone(), wanted()),
        (json!("stopped"), Wanted::Stopped)
    );
    let started = post(&app, &format!("/api/roles/{RACHEL}/start"), "").await;
    assert_eq!(
        (started.json()["wanted"].clone(), wanted()),
        (json!("running"), Wanted::Running)
    );
}

#[tokio::test]
async fn a_role_that_can_not_be_stopped_says_why() {
    let (house, app) = app();
    let (alone, gateway) = (Uuid::from_u128(2), Uuid::from_u128(3));
    house.desk.roles.lock().extend([
        RoleRecord {
            supervised_at: None,
            ..role("all", alone)
        },
        role("gateway", gateway),
    ]);
    for (id, status, code) in [
        (Uuid::from_u128(1), StatusCode::NOT_FOUND, "unknown_role"),
        (alone, StatusCode::CONFLICT, "not_supervised"),
        (gateway, StatusCode::CONFLICT, "gateway_stays"),
    ] {
        let answer = post(&app, &format!("/api/roles/{id}/stop"), "").await;
        assert_eq!((answer.status, answer.code()), (status, code.into()));
    }
    assert_eq!(
        post(&app, "/api/roles/42/stop", "").await.code(),
        "invalid_id"
    );
}

/// An app with these ops, called from this address.
fn app_of(ops: Ops, address: [u8; 4]) -> Router {
    let (_, mut options) = house();
    options.ops = ops;
    called_from(Gateway::new(options).router(), address)
}

#[tokio::test]
async fn only_this_machine_operates_unless_the_operator_says_otherwise() {
    const HERE: [u8; 4] = [127, 0, 0, 1];
    const THERE: [u8; 4] = [192, 168, 1, 7];
    let drop = r#"{"world": "friends", "all": true}"#;
    for (ops, from, code) in [
        (Ops::Loopback, HERE, None),
        (Ops::Loopback, THERE, Some("not_operator")),
        (Ops::Open, THERE, None),
        (Ops::Off, HERE, Some("ops_off")),
    ] {
        let app = app_of(ops, from);
        for (path, body) in [
            (format!("/api/roles/{RACHEL}/stop"), ""),
            (format!("/api/roles/{RACHEL}/start"), ""),
            ("/api/dead-letters/replay".to_owned(), drop),
            ("/api/dead-letters/drop".to_owned(), drop),
        ] {
            let answer = post(&app, &path, body).await;
            match code {
                None => assert!(answer.status.is_success(), "{path}: {}", answer.text),
                Some(code) => assert_eq!(
                    (answer.status, answer.code()),
                    (StatusCode::FORBIDDEN, code.into()),
                    "{ops:?} {path}"
                ),
            }
        }
        assert_eq!(
            get(&app, "/api/roles").await.status,
            StatusCode::OK,
            "all may look"
        );
    }
}

#[tokio::test]
async fn no_page_of_another_origin_and_no_caller_behind_a_proxy_operates() {
    let (house, app) = app();
    for (name, value, code) in [
        ("origin", "http://localhost:5173", "cross_site"),
        ("origin", "http://evil.example", "cross_site"),
        ("origin", "null", "cross_site"),
        ("sec-fetch-site", "same-site", "cross_site"),
        ("x-forwarded-for", "203.0.113.9", "not_operator"),
        ("forwarded", "for=203.0.113.9", "not_operator"),
    ] {
        let request = Request::post(format!("/api/roles/{RACHEL}/stop"))
            .header("host", "localhost:8000")
            .header(name, value);
        let answer = send(&app, request.body(Body::empty()).unwrap()).await;
        assert_eq!(
            (answer.status, answer.code()),
            (StatusCode::FORBIDDEN, code.into()),
            "{name}: {value}"
        );
    }
    assert_eq!(house.desk.roles.lock()[0].wanted, Wanted::Running);
    let own = Request::post(format!("/api/roles/{RACHEL}/stop"))
        .header("host", "localhost:8000")
        .header("origin", "http://localhost:8000");
    let answer = send(&app, own.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "a page of its own may");
}

#[tokio::test]
async fn inboxes_tell_what_the_bus_and_the_roles_know_rc20a() {
    let (_, app) = app();
    let list = get(&app, "/api/bus/inboxes").await.json();
    let items = list["items"].as_array().unwrap();
    assert_eq!(items.len(), 3, "none of the club: {list}");
    assert_eq!(
        items[1],
        json!({
            "name": "q-Rachel", "world": "friends", "character": "rachel", "kind": "character",
            "ready": 7, "unacked": 2, "consumers": 1,
            "publishedPerSecond": 1.5, "deliveredPerSecond": 1.0
        })
    );
    assert_eq!(items[0]["unacked"], 0);
    let first = get(&app, "/api/bus/inboxes?world=friends&limit=2")
        .await
        .json();
    let next = first["nextCursor"].as_str().unwrap();
    let rest = get(&app, &format!("/api/bus/inboxes?limit=2&cursor={next}"))
        .await
        .json();
    assert_eq!(rest["items"][0]["name"], "q-Joey");
    assert_eq!(rest["nextCursor"], Value::Null);
    assert_eq!(
        get(&app, "/api/bus/inboxes?world=club").await.code(),
        "sign_in_required"
    );
}

#[tokio::test]
async fn dead_letters_are_listed_replayed_and_dropped() {
    let (house, app) = app();
    let list = get(&app, "/api/dead-letters?world=friends").await.json();
    assert_eq!(list["items"][0]["id"], "first");
    assert_eq!(
        list["items"][0]["headers"],
        json!([{"name": "kind", "value": "foreign"}])
    );
    let one = json!({"world": "friends", "ids": ["first"]}).to_string();
    let replayed = post(&app, "/api/dead-letters/replay", &one).await;
    assert_eq!(replayed.json(), json!({"count": 1}), "{}", replayed.text);
    let all = json!({"world": "friends", "all": true}).to_string();
    let dropped = post(&app, "/api/dead-letters/drop", &all).await;
    assert_eq!(dropped.json(), json!({"count": 1}));
    assert!(house.desk.letters().is_empty());
}

#[tokio::test]
async fn nobody_drops_all_dead_letters_by_leaving_something_out() {
    let (house, app) = app();
    for body in [
        json!({"world": "friends"}),
        json!({"world": "friends", "ids": []}),
        json!({"world": "friends", "ids": ["first"], "all": true}),
        json!({"world": "friends", "ids": vec!["x"; 1_001]}),
    ] {
        let answer = post(&app, "/api/dead-letters/drop", &body.to_string()).await;
        assert_eq!(
            (answer.status, answer.code()),
            (StatusCode::UNPROCESSABLE_ENTITY, "no_choice".into())
        );
    }
    let nowhere = post(&app, "/api/dead-letters/drop", r#"{"all": true}"#).await;
    assert_eq!(nowhere.code(), "unknown_world");
    assert_eq!(house.desk.letters().len(), 2);
}

#[tokio::test]
async fn the_inspector_shows_the_envelopes_and_the_legs_of_the_way() {
    let (house, app) = app();
    let line = house.messages().remove(0);
    let seen = get(&app, &format!("/api/messages/{}", line.id))
        .await
        .json();
    assert_eq!(seen["message"]["id"], json!(line.id));
    assert_eq!(seen["traceId"], TALK.0.simple().to_string());
    let deliveries = seen["deliveries"].as_array().unwrap();
    let to: Vec<_> = deliveries
        .iter()
        .map(|d| (&d["recipient"], &d["envelope"]["type"]))
        .collect();
    let (said, overheard) = ("parlor.message.said", "parlor.message.overheard");
    assert_eq!(
        to,
        [
            (&json!("rachel"), &json!(said)),
            (&json!("joey"), &json!(overheard))
        ]
    );
    let first = &deliveries[0];
    assert_eq!(
        (&first["inbox"], &first["routingKey"]),
        (&json!("q-Rachel"), &json!("Rachel"))
    );
    assert_eq!(
        (&seen["inbox"], &seen["envelope"]),
        (&first["inbox"], &first["envelope"])
    );
    assert_eq!(
        first["envelope"]["data"],
        serde_json::to_value(&line).unwrap()
    );
    let hop = &seen["hop"];
    assert_eq!(
        hop["micros"],
        json!({
            "waited": 1_000_000, "loaded": 400, "decided": 10, "spoke": 90, "committed": 1_499_000
        })
    );
    assert_eq!(hop["spokenAt"], seen["message"]["createdAt"]);
}

#[tokio::test]
async fn a_message_that_is_not_found_says_where_was_looked() {
    let (house, app) = app();
    let line = message(TALK, 1);
    let elsewhere = Uuid::from_u128(5);
    let answer = get(
        &app,
        &format!("/api/messages/{}?conversation={elsewhere}", line.id),
    )
    .await;
    assert_eq!(
        (answer.status, answer.code()),
        (StatusCode::NOT_FOUND, "unknown_message".into())
    );
    let answer = get(&app, &format!("/api/messages/{elsewhere}")).await;
    assert!(
        answer.json()["detail"].as_str().unwrap().contains("newest"),
        "{}",
        answer.text
    );
    drop(house);
}

#[tokio::test]
async fn figures_come_from_the_roles_and_are_kept_for_a_second() {
    let (house, app) = app();
    let stats = get(&app, "/api/stats").await.json();
    assert_eq!(
        stats,
        json!({
            "messagesPerSecond": 3.0, "messagesPerSecondOver10s": 2.0,
            "messagesPerSecondOver60s": 1.0,
            "conversationsActive": 1, "conversationsClosed": 4, "conversationsAtLeast": false,
            "outboxDepth": 3, "liveViewers": 0
        })
    );
    house.set_away(true);
    assert_eq!(
        get(&app, "/api/stats").await.json(),
        stats,
        "nobody is asked again so soon"
    );
    assert_eq!(get(&app, "/api/stats?world=friends").await.status, 503);
    assert_eq!(
        get(&app, "/api/stats?world=nowhere").await.code(),
        "unknown_world"
    );
}

#[tokio::test]
async fn a_character_is_present_while_a_role_acts_for_it() {
    let (house, app) = app();
    let present = async || {
        let cast = get(&app, "/api/worlds/friends/characters").await.json();
        let cast = cast["items"].as_array().unwrap().clone();
        cast.into_iter()
            .map(|c| c["present"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(present().await, [false, true, false]);
    house.desk.roles.lock()[0].ended = true;
    assert_eq!(present().await, [false, false, false]);
}
