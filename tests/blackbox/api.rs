//! The HTTP API, route by route, in every form of server.

use crate::{orders, ross_to_rachel};
use chrono::{DateTime, TimeDelta, Utc};
use parlor_blackbox::{Api, Scratch, Setting, until};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[tokio::test]
async fn the_whole_api_on_the_embedded_default() {
    tour(Setting::Embedded).await;
}

#[tokio::test]
async fn the_whole_api_on_rabbitmq_and_postgresql() {
    tour(Setting::Shared).await;
}

#[tokio::test]
async fn the_whole_api_with_a_process_per_role_fr3() {
    tour(Setting::Split).await;
}

async fn tour(setting: Setting) {
    let scratch = Scratch::new(setting).await;
    let server = scratch.up(&["--pace", "0"]).await;
    let api = server.api().await;
    let world = scratch.world.name.as_str();
    operation(&api, setting).await;
    worlds(&api, world).await;
    let id = a_started_conversation(&api, world).await;
    lists(&api, world, &id).await;
    the_alias_and_sync(&api).await;
    unknown_things(&api, world).await;
}

async fn operation(api: &Api, setting: Setting) {
    let health = api.get("/health").await.expect(200);
    assert_eq!(keys(&health), ["role", "status", "version"]);
    assert_eq!(health["status"], "ok");
    let ready = api.get("/ready").await.expect(200);
    assert_eq!(ready["status"], "ready");
    let kinds: Vec<_> = ready["dependencies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| {
            (
                d["name"].as_str().unwrap(),
                d["kind"].as_str().unwrap(),
                &d["ready"],
            )
        })
        .collect();
    let (bus, store) = match setting {
        Setting::Embedded => ("embedded", "sqlite"),
        Setting::Shared | Setting::Split => ("amqp", "postgres"),
    };
    let yes = Value::Bool(true);
    assert_eq!(kinds, [("bus", bus, &yes), ("store", store, &yes)]);
    let metrics = api.get("/metrics").await;
    assert!(metrics.header("content-type").starts_with("text/plain"));
    assert!(metrics.text.contains("# TYPE"), "{}", metrics.text);
    let document = api.get("/openapi.json").await.expect(200);
    assert!(document["openapi"].as_str().unwrap().starts_with("3."));
    for path in [
        "/health",
        "/ready",
        "/metrics",
        "/api/worlds",
        "/api/worlds/{world}",
        "/api/worlds/{world}/characters",
        "/api/worlds/{world}/conversations",
        "/api/worlds/{world}/messages",
        "/api/conversations/{id}",
        "/api/conversations/{id}/messages",
        "/api/conversations/{id}/close",
        "/api/worlds/{world}/pause",
        "/api/worlds/{world}/resume",
        "/api/events",
        "/api/sync",
        "/start-convo-bro",
    ] {
        assert!(
            document["paths"][path].is_object(),
            "{path} is not described"
        );
    }
    let page = api.get("/docs/").await;
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").starts_with("text/html"));
}

async fn worlds(api: &Api, name: &str) {
    let all = api.get("/api/worlds").await.expect(200);
    assert_eq!(keys(&all), ["items", "nextCursor"]);
    let world = api.get(&format!("/api/worlds/{name}")).await.expect(200);
    assert_eq!(all["items"], json!([world]));
    assert_eq!(world["name"], name);
    assert_eq!(world["paused"], false);
    assert_eq!(
        world["characters"],
        json!(["ross", "rachel", "joey", "chandler"])
    );
    assert_eq!(world["aliases"], json!(["/start-convo-bro"]));
    let cast = api
        .get(&format!("/api/worlds/{name}/characters"))
        .await
        .expect(200);
    let ross = &cast["items"][0];
    assert_eq!(
        (&ross["slug"], &ross["name"]),
        (&json!("ross"), &json!("Ross"))
    );
    assert_eq!(cast["items"].as_array().unwrap().len(), 4);
}

/// Starts one, follows it to its end, and gives its id.
async fn a_started_conversation(api: &Api, world: &str) -> String {
    let path = format!("/api/worlds/{world}/conversations");
    let wish = json!({ "from": "ross", "to": "Rachel", "topic": "lamps", "message": "Nice lamp!" });
    let answer = Api::send(api.request(Method::POST, &path).json(&wish)).await;
    let location = answer.header("location").to_owned();
    let started = answer.expect(202);
    assert_eq!(keys(&started), ["conversationId", "status", "with"]);
    assert_eq!(
        (&started["status"], &started["with"]),
        (&json!("started"), &json!("Rachel"))
    );
    let id = started["conversationId"].as_str().unwrap().to_owned();
    assert_eq!(location, format!("/api/conversations/{id}"));
    let closed = api.closed(&id).await;
    let expected = [
        "createdAt",
        "endedAt",
        "exchanges",
        "id",
        "kind",
        "parentId",
        "participants",
        "status",
        "topic",
        "world",
    ];
    assert_eq!(keys(&closed), expected);
    assert_eq!(closed["participants"], json!(["Ross", "Rachel"]));
    assert_eq!(
        (&closed["kind"], &closed["exchanges"]),
        (&json!("duet"), &json!(10))
    );
    assert_eq!(
        (&closed["topic"], &closed["parentId"]),
        (&json!("lamps"), &Value::Null)
    );
    assert!(time(&closed["createdAt"]) <= time(&closed["endedAt"]));
    ten_lines_in_turn(&api.lines(&id).await, &id);
    id
}

fn ten_lines_in_turn(lines: &[Value], id: &str) {
    assert_eq!(orders(lines), (1..=10).collect::<Vec<_>>());
    assert_eq!(lines[0]["text"], "Nice lamp!");
    for (line, (from, to)) in lines
        .iter()
        .zip([("Ross", "Rachel"), ("Rachel", "Ross")].iter().cycle())
    {
        let expected = [
            "conversationId",
            "conversationKind",
            "createdAt",
            "fallback",
            "from",
            "heardFrom",
            "id",
            "kind",
            "order",
            "parentId",
            "role",
            "sentiment",
            "text",
            "to",
        ];
        assert_eq!(keys(line), expected);
        assert_eq!((&line["from"], &line["to"]), (&json!(from), &json!([to])));
        assert_eq!(
            (&line["conversationId"], &line["role"]),
            (&json!(id), &json!("ai"))
        );
        assert!((-1.0..=1.0).contains(&line["sentiment"].as_f64().unwrap()));
        time(&line["createdAt"]);
    }
}

async fn lists(api: &Api, world: &str, id: &str) {
    let path = format!("/api/conversations/{id}/messages");
    let after = api
        .get(&format!("{path}?after=7&limit=200"))
        .await
        .expect(200);
    let mut rest = after["items"].as_array().unwrap().clone();
    rest.retain(|message| message["kind"] == "line");
    assert_eq!(orders(&rest), [8, 9, 10]);
    let all = api.messages(id).await;
    let by_pages = api.all(&format!("{path}?limit=3"), "cursor").await;
    assert_eq!(by_pages, all, "pages are the whole, without gap or repeat");
    api.quiet(world).await;
    let newest = api
        .all(&format!("/api/worlds/{world}/messages?limit=7"), "cursor")
        .await;
    newest_first(&newest);
    assert!(all.iter().all(|message| newest.contains(message)));
}

async fn the_alias_and_sync(api: &Api) {
    let started = api.get("/start-convo-bro").await.expect(202);
    assert_eq!(started["status"], "started");
    let id = started["conversationId"].as_str().unwrap();
    let closed = api.closed(id).await;
    assert_eq!(closed["participants"][1], started["with"]);
    assert_eq!(orders(&api.lines(id).await), (1..=10).collect::<Vec<_>>());
    let sync = api.get("/api/sync").await.expect(200);
    let sync = sync.as_array().unwrap();
    assert_eq!(sync.len(), 20);
    for line in sync {
        assert_eq!(
            keys(line),
            [
                "conversationId",
                "createdAt",
                "from",
                "message",
                "step",
                "to"
            ]
        );
    }
    newest_first(sync);
}

/// By when they were stored; several processes may store what they said a moment apart.
fn newest_first(messages: &[Value]) {
    let times: Vec<_> = messages.iter().map(|m| time(&m["createdAt"])).collect();
    let moment = TimeDelta::milliseconds(500);
    assert!(times.is_sorted_by(|a, b| *a + moment >= *b), "newest first");
    assert!(times.first() >= times.last());
}

async fn unknown_things(api: &Api, world: &str) {
    let nobody = "00000000-0000-4000-8000-000000000000";
    for (path, code) in [
        ("/api/worlds/nowhere".to_owned(), "unknown_world"),
        ("/api/worlds/nowhere/messages".to_owned(), "unknown_world"),
        (
            format!("/api/conversations/{nobody}"),
            "unknown_conversation",
        ),
        (
            format!("/api/conversations/{nobody}/messages"),
            "unknown_conversation",
        ),
        (
            format!("/api/events?conversation={nobody}"),
            "unknown_conversation",
        ),
    ] {
        let answer = api.get(&path).await;
        assert_eq!(
            answer.header("content-type"),
            "application/problem+json",
            "{path}"
        );
        assert_eq!(answer.expect(404)["code"], code, "{path}");
    }
    let wish = json!({ "from": "gunther" });
    let path = format!("/api/worlds/{world}/conversations");
    let answer = Api::send(api.request(Method::POST, &path).json(&wish))
        .await
        .expect(422);
    assert_eq!(answer["code"], "unknown_character");
}

#[tokio::test]
async fn lists_are_filtered_and_their_pages_are_whole() {
    let scratch = Scratch::with_gossip(Setting::Embedded, 0.3).await;
    let server = scratch.up(&["--pace", "0"]).await;
    let (api, world) = (server.api().await, scratch.world.name.as_str());
    for _ in 0..8 {
        api.start(world, &json!({})).await;
    }
    api.quiet(world).await;
    let path = format!("/api/worlds/{world}/conversations");
    let all = api.all(&format!("{path}?limit=200"), "cursor").await;
    assert_eq!(api.all(&format!("{path}?limit=3"), "cursor").await, all);
    let of = |filter: &str| {
        let (api, path) = (api.clone(), format!("{path}?{filter}&limit=2"));
        async move { api.all(&path, "cursor").await }
    };
    let pick =
        |keep: &dyn Fn(&Value) -> bool| all.iter().filter(|c| keep(c)).cloned().collect::<Vec<_>>();
    let sides = of("kind=side").await;
    assert!(!sides.is_empty(), "somebody has gossiped");
    assert_eq!(sides, pick(&|c| c["kind"] == "side"));
    assert_eq!(of("kind=duet").await.len(), 8);
    assert_eq!(of("status=CLOSED").await, all);
    assert!(of("status=ACTIVE").await.is_empty());
    let parent = &sides[0]["parentId"];
    let children = of(&format!("parent={}", parent.as_str().unwrap())).await;
    assert_eq!(children, pick(&|c| c["parentId"] == *parent));
}

#[tokio::test]
async fn an_idempotency_key_starts_one_conversation_also_over_a_restart() {
    let scratch = Scratch::new(Setting::Embedded).await;
    let mut server = scratch.up(&["--pace", "0"]).await;
    let path = format!("/api/worlds/{}/conversations", scratch.world.name);
    let start = |api: Api, wish: Value| {
        let request = api
            .request(Method::POST, &path)
            .header("idempotency-key", "once")
            .json(&wish);
        Api::send(request)
    };
    let first = start(server.api().await, ross_to_rachel())
        .await
        .expect(202);
    assert_eq!(
        start(server.api().await, ross_to_rachel())
            .await
            .expect(202),
        first
    );
    server.kill();
    let server = scratch.up(&["--pace", "0"]).await;
    let api = server.api().await;
    assert_eq!(
        start(api.clone(), ross_to_rachel()).await.expect(202),
        first
    );
    let other = start(api.clone(), json!({ "from": "joey" }))
        .await
        .expect(422);
    assert_eq!(other["code"], "idempotency_key_reused");
    let duets = api
        .all(&format!("{path}?kind=duet&limit=200"), "cursor")
        .await;
    assert_eq!(duets.len(), 1);
}

#[tokio::test]
async fn closing_ends_the_talk() {
    let scratch = Scratch::with_gossip(Setting::Embedded, 0.0).await;
    let server = scratch.up(&["--pace", "150ms"]).await;
    let api = server.api().await;
    let id = api.start(&scratch.world.name, &ross_to_rachel()).await;
    api.until_lines(&id, 2).await;
    let closed = api
        .post(&format!("/api/conversations/{id}/close"))
        .await
        .expect(200);
    assert_eq!(closed["status"], "CLOSED");
    until("nothing is on its way", || async {
        scratch.ledger().await.is_over()
    })
    .await;
    let lines = api.lines(&id).await;
    assert!(lines.len() < 10, "it was closed early: {}", lines.len());
    let after = api.conversation(&id).await;
    assert_eq!(after, closed, "nothing was said after the close");
    assert_eq!(after["exchanges"], json!(lines.len()));
    let again = api
        .post(&format!("/api/conversations/{id}/close"))
        .await
        .expect(200);
    assert_eq!(again, closed);
}

#[tokio::test]
async fn a_paused_world_holds_its_tongue_and_goes_on_without_loss_on_the_embedded_default() {
    pause_and_resume(Setting::Embedded).await;
}

#[tokio::test]
async fn a_paused_world_holds_its_tongue_and_goes_on_without_loss_with_a_process_per_role() {
    pause_and_resume(Setting::Split).await;
}

async fn pause_and_resume(setting: Setting) {
    let scratch = Scratch::with_gossip(setting, 0.1).await;
    let server = scratch.up(&["--pace", "100ms"]).await;
    let (api, world) = (server.api().await, scratch.world.name.as_str());
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(api.start(world, &json!({})).await);
    }
    api.until_lines(&ids[4], 2).await;
    assert_eq!(
        api.post(&format!("/api/worlds/{world}/pause"))
            .await
            .expect(200)["paused"],
        true
    );
    ids.push(api.start(world, &ross_to_rachel()).await);
    until("each conversation's next event is parked", || async {
        let ledger = scratch.ledger().await;
        ledger.in_hand == 0 && ledger.parked >= ledger.tally().open as u64
    })
    .await;
    let held = scratch.ledger().await;
    assert!(
        api.messages(&ids[5]).await.is_empty(),
        "started while paused, it has not begun"
    );
    assert_eq!(
        api.get(&format!("/api/worlds/{world}")).await.expect(200)["paused"],
        true
    );
    // What was overheard may still be on its way to be parked; nothing is said.
    let still = scratch.ledger().await;
    assert_eq!(still.messages(), held.messages());
    assert!(still.parked >= held.parked);
    assert_eq!(
        api.post(&format!("/api/worlds/{world}/resume"))
            .await
            .expect(200)["paused"],
        false
    );
    for id in &ids {
        api.closed(id).await;
        assert_eq!(orders(&api.lines(id).await), (1..=10).collect::<Vec<_>>());
    }
    until("nothing is on its way", || async {
        scratch.ledger().await.is_over()
    })
    .await;
    let tally = scratch.ledger().await.tally();
    assert!(tally.is_flawless(), "{tally:?}");
}

fn keys(value: &Value) -> Vec<&str> {
    let keys: BTreeSet<&str> = value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    keys.into_iter().collect()
}

/// RFC 3339 in UTC, written with a Z.
fn time(value: &Value) -> DateTime<Utc> {
    let text = value.as_str().unwrap();
    assert!(text.ends_with('Z'), "{text}");
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}
