//! Operations over HTTP: roles, inboxes, dead letters, figures, paces, and the packet inspector.

use crate::house::{
    House, TALK, app, called_from, conversation, get, house, message, noon, post, send, slug,
};
use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use chrono::{DateTime, TimeDelta, Utc};
use parking_lot::Mutex;
use parlor_gateway::{Gateway, Ops};
use parlor_model::world::Pace;
use parlor_model::{ConversationId, Legs, MessageId, Slug};
use parlor_ports::PortResult;
use parlor_ports::bus::{DeadLetter, InboxStatus};
use parlor_ports::inspect::{Answer, Inspected, Inspection, Tally};
use parlor_ports::pacing::Pacing;
use parlor_ports::presence::{InboxTraffic, Presence, Report, RoleRecord, Stored, Wanted};
use parlor_ports::store::Happening;
use serde_json::{Value, json};
use std::collections::HashMap;
use uuid::Uuid;

/// The supervised role of every house, which acts for Rachel.
const RACHEL: Uuid = TALK.0;

/// What operators find in a house.
pub(crate) struct Desk {
    roles: Mutex<Vec<RoleRecord>>,
    paces: Mutex<HashMap<Slug, Pace>>,
    letters: Mutex<Vec<DeadLetter>>,
}

impl Default for Desk {
    fn default() -> Self {
        let letter = |id: &str| DeadLetter {
            id: id.to_owned(),
            world: slug("friends"),
            inbox: "q-Rachel".to_owned(),
            reason: "the attribute 'specversion' is missing".to_owned(),
            at: noon(),
            headers: vec![("kind".to_owned(), "foreign".to_owned())],
            body: "hello?".to_owned(),
        };
        Self {
            roles: Mutex::new(vec![role("character", RACHEL)]),
            paces: Mutex::default(),
            letters: Mutex::new(vec![letter("first"), letter("second")]),
        }
    }
}

fn role(role: &str, id: Uuid) -> RoleRecord {
    RoleRecord {
        id,
        report: Report {
            role: role.to_owned(),
            worlds: vec![slug("friends")],
            names: vec![slug("rachel")],
            pid: Some(4711),
            host: "stage-2".to_owned(),
            started_at: noon(),
            inboxes: vec![InboxTraffic {
                inbox: "q-Rachel".to_owned(),
                unacked: 2,
                published: 1.5,
                delivered: 1.0,
            }],
            stored: vec![Stored {
                world: slug("friends"),
                per_second: [3.0, 2.0, 1.0],
            }],
        },
        seen_at: Some(noon()),
        ended: false,
        supervised_at: Some(noon()),
        wanted: Wanted::Running,
    }
}

impl Desk {
    pub(crate) fn inbox(&self, name: &str) -> InboxStatus {
        InboxStatus {
            name: name.to_owned(),
            exists: true,
            ready: 7,
            consumers: 1,
        }
    }

    pub(crate) fn letters(&self) -> Vec<DeadLetter> {
        self.letters.lock().clone()
    }

    pub(crate) fn take_letters(&self, ids: &[String]) -> u64 {
        let mut letters = self.letters.lock();
        let before = letters.len();
        letters.retain(|letter| !ids.is_empty() && !ids.contains(&letter.id));
        (before - letters.len()) as u64
    }
}

#[async_trait]
impl Pacing for House {
    async fn set_pace(&self, world: &Slug, pace: Pace, _: DateTime<Utc>) -> PortResult<()> {
        self.ask()?;
        self.desk.paces.lock().insert(world.clone(), pace);
        self.happen(world.as_str(), Happening::Paced(pace));
        Ok(())
    }

    async fn pace(&self, world: &Slug) -> PortResult<Option<Pace>> {
        self.ask()?;
        Ok(self.desk.paces.lock().get(world).copied())
    }
}

#[async_trait]
impl Presence for House {
    async fn beat(&self, _: Uuid, _: &Report, _: DateTime<Utc>) -> PortResult<()> {
        self.ask()
    }

    async fn leave(&self, _: Uuid) -> PortResult<()> {
        self.ask()
    }

    async fn look_after(&self, _: &[(Uuid, Report)], _: DateTime<Utc>) -> PortResult<Vec<Wanted>> {
        self.ask().map(|()| Vec::new())
    }

    async fn give_up(&self, _: &[Uuid]) -> PortResult<()> {
        self.ask()
    }

    async fn roles(&self, limit: u32) -> PortResult<Vec<RoleRecord>> {
        self.ask()?;
        let roles = self.desk.roles.lock();
        Ok(roles.iter().take(limit as usize).cloned().collect())
    }

    async fn want(&self, id: Uuid, wanted: Wanted) -> PortResult<bool> {
        self.ask()?;
        let mut roles = self.desk.roles.lock();
        let role = roles.iter_mut().find(|role| role.id == id);
        Ok(role.map(|role| role.wanted = wanted).is_some())
    }
}

#[async_trait]
impl Inspection for House {
    /// The first message answers to the id of the conversation, too.
    async fn inspect(
        &self,
        id: MessageId,
        within: Option<ConversationId>,
    ) -> PortResult<Option<Inspected>> {
        self.ask()?;
        let messages = self.messages();
        let wanted = if id.0 == TALK.0 { messages[0].id } else { id };
        let found = messages.into_iter().find(|message| {
            message.id == wanted && within.is_none_or(|id| message.conversation_id == id)
        });
        Ok(found.map(|message| Inspected {
            audience: vec!["Ross".to_owned(), "Rachel".to_owned(), "Joey".to_owned()],
            legs: Some(Legs {
                waited: 1_000_000,
                loaded: 400,
                decided: 10,
                spoke: 90,
            }),
            next: Some(Answer {
                created_at: message.created_at + TimeDelta::milliseconds(1_500),
                legs: Some(Legs {
                    waited: 1_499_000,
                    loaded: 900,
                    decided: 0,
                    spoke: 100,
                }),
            }),
            message,
        }))
    }

    async fn tally(&self, _: &[Slug]) -> PortResult<Tally> {
        self.ask()?;
        Ok(Tally {
            active: 1,
            conversations: 5,
        })
    }
}

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
        assert_eq!(ids(&format!("?participant={name}")).await, [other.clone()]);
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
