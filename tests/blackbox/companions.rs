//! People talk with characters.

use crate::orders;
use parlor_blackbox::{Api, SOON, Scratch, Server, Setting, Signed, Socket};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use uuid::Uuid;

fn keys(frame: &Value) -> BTreeSet<&str> {
    let keys = frame.as_object().unwrap().keys();
    keys.map(String::as_str).collect()
}

#[tokio::test]
async fn a_person_signs_up_and_talks_with_tony_stark_cc36_cc45() {
    let scratch = Scratch::for_people(Setting::Embedded).await;
    let server = scratch.up(&[]).await;
    let api = server.api().await;
    let ann = Signed::up(&api, "ann").await;
    let gallery = ann.get(&api, "/characters").await.expect(200);
    let tony = &gallery["items"][0];
    assert_eq!(tony["name"], "Tony Stark");
    assert!(tony.get("system_prompt").is_none(), "{tony}");
    let id = tony["id"].as_str().unwrap();
    let details = ann.get(&api, &format!("/characters/id/{id}")).await;
    assert_eq!(details.expect(200)["slug"], "tony-stark");

    let mut socket = Socket::connect(&api.base, &format!("{id}?token={}", ann.token)).await;
    let hello = socket.next().await.unwrap();
    assert_eq!(hello["type"], "connection");
    assert_eq!(hello["message"], "Connected to chat");
    assert_eq!(
        (&hello["username"], &hello["character_id"]),
        (&json!("ann"), &json!(id))
    );
    let session = hello["session_id"].as_str().unwrap().to_owned();
    socket.say("Hello, what are you building?").await.unwrap();
    let echo = socket.next().await.unwrap();
    assert_eq!(
        (&echo["type"], &echo["role"], &echo["content"]),
        (
            &json!("echo"),
            &json!("user"),
            &json!("Hello, what are you building?")
        )
    );
    assert!(keys(&echo).is_superset(&["id", "order", "session_id", "timestamp"].into()));
    assert_eq!(socket.next().await.unwrap()["type"], "typing");
    let answer = socket.next().await.unwrap();
    assert_eq!(
        (&answer["type"], &answer["role"]),
        (&json!("ai_response"), &json!("ai"))
    );
    assert!(!answer["content"].as_str().unwrap().is_empty());
    assert_eq!(
        (&answer["order"], &answer["session_id"]),
        (&json!(2), &json!(session))
    );

    let mine = ann.get(&api, "/me/sessions").await.expect(200);
    assert_eq!(mine["items"][0]["id"], session.as_str());
    assert_eq!(mine["items"][0]["status"], "ACTIVE");
    let path = format!("/me/sessions/{session}/messages");
    let said = ann.get(&api, &path).await.expect(200);
    let contents: Vec<_> = said["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| &line["content"])
        .collect();
    assert_eq!(contents, [&echo["content"], &answer["content"]]);

    let ben = Signed::up(&api, "ben").await;
    ben.get(&api, &path).await.expect(404);
    assert_eq!(
        ben.get(&api, "/me/sessions").await.expect(200)["items"],
        json!([])
    );
    let resume = format!("{id}?session={session}&token={}", ben.token);
    assert_eq!(
        Socket::connect(&api.base, &resume).await.end().await,
        Some(4404)
    );
}

#[tokio::test]
async fn what_was_missed_is_told_after_a_restart() {
    let scratch = Scratch::for_people(Setting::Embedded).await;
    let mut server = scratch.up(&[]).await;
    let api = server.api().await;
    let ann = Signed::up(&api, "ann").await;
    let path = format!("tony-stark?token={}", ann.token);
    let mut socket = Socket::connect(&api.base, &path).await;
    let session = socket.until("connection").await["session_id"].clone();
    socket.say("one").await.unwrap();
    let first = socket.until("echo").await;
    socket.until("ai_response").await;
    socket.say("two").await.unwrap();
    socket.until("echo").await;
    server.kill();

    let server = scratch.up(&[]).await;
    let api = server.api().await;
    let resume = format!(
        "tony-stark?session={}&after={}&token={}",
        session.as_str().unwrap(),
        first["id"].as_str().unwrap(),
        ann.token
    );
    let mut socket = Socket::connect(&api.base, &resume).await;
    assert_eq!(socket.until("connection").await["resumed"], true);
    let mut orders = Vec::new();
    while orders.len() < 3 {
        let frame = socket.next().await.unwrap();
        orders.extend(frame["order"].as_u64());
    }
    assert_eq!(orders, [2, 3, 4]);
    // It tells of its end, so that clients connect again.
    let mut server = server;
    let (_, code) = tokio::join!(server.terminate(), socket.end());
    assert_eq!(code, Some(1001));
}

#[tokio::test]
async fn nobody_comes_in_without_a_good_token_and_bad_frames_are_told_so() {
    let scratch = Scratch::for_people(Setting::Embedded).await;
    let server = scratch.up(&["--log", "debug"]).await;
    let api = server.api().await;
    let ann = Signed::up(&api, "ann").await;
    let forged = format!("{}x", ann.token);
    for path in [
        "tony-stark".to_owned(),
        "tony-stark?token=".to_owned(),
        "tony-stark?token=eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4ifQ.".to_owned(),
        format!("tony-stark?token={forged}"),
    ] {
        let mut socket = Socket::connect(&api.base, &path).await;
        assert_eq!(socket.end().await, Some(4401), "{path}");
    }
    let nobody = format!("nobody?token={}", ann.token);
    assert_eq!(
        Socket::connect(&api.base, &nobody).await.end().await,
        Some(4404)
    );
    api.get("/characters").await.expect(401);
    api.get("/me/sessions").await.expect(401);
    ann.get(&api, "/ws/tony-stark").await.expect(426);

    let path = format!("tony-stark?token={}", ann.token);
    let mut socket = Socket::connect(&api.base, &path).await;
    socket.until("connection").await;
    for (frame, code) in [
        ("hello".to_owned(), "invalid_json"),
        ("{}".to_owned(), "invalid_content"),
        (json!({ "content": "  " }).to_string(), "invalid_content"),
        (
            json!({ "content": "x".repeat(10_001) }).to_string(),
            "too_long",
        ),
    ] {
        socket.send(frame).await.unwrap();
        assert_eq!(socket.until("error").await["code"], code);
    }
    socket.say("still here").await.unwrap();
    socket.until("ai_response").await;
    socket.send("x".repeat(1 << 20)).await.ok();
    assert!(matches!(socket.end().await, Some(1009) | None));
    assert!(!server.log().contains(&ann.token), "no token is in the log");
}

#[tokio::test]
async fn a_private_character_is_its_owners_alone() {
    let scratch = Scratch::for_people(Setting::Embedded).await;
    let server = scratch.up(&[]).await;
    let api = server.api().await;
    let (ann, ben) = (Signed::up(&api, "ann").await, Signed::up(&api, "ben").await);
    let wish = json!({
        "name": "Mr. Lamp",
        "system_prompt": "A lamp that knows a secret.",
        "greeting": "Click.",
        "visibility": "private",
    });
    let request = api
        .request(Method::POST, "/api/characters")
        .bearer_auth(&ann.token)
        .json(&wish);
    let lamp = Api::send(request).await.expect(201);
    assert_eq!(lamp["system_prompt"], "A lamp that knows a secret.");
    let id = lamp["id"].as_str().unwrap();
    let path = format!("/api/characters/id/{id}");
    assert_eq!(ann.get(&api, &path).await.expect(200)["greeting"], "Click.");
    ben.get(&api, &path).await.expect(404);
    let listed = ben.get(&api, "/api/characters").await;
    assert!(!listed.text.contains("Lamp"), "{}", listed.text);
    let ws = format!("{id}?token={}", ben.token);
    assert_eq!(
        Socket::connect(&api.base, &ws).await.end().await,
        Some(4404)
    );
    let picture = format!("{path}/picture");
    let png = include_bytes!("../../fuzz/seeds/cards/both.png");
    for (who, bytes, status) in [
        (&ben, &png[..], 404),
        (&ann, b"<svg onload=alert(1)>", 422),
        (&ann, &png[..], 200),
    ] {
        let request = api
            .request(Method::PUT, &picture)
            .bearer_auth(&who.token)
            .body(bytes.to_vec());
        let answer = Api::send(request).await.expect(status);
        if status == 200 {
            assert_eq!(answer["picture"], picture.as_str());
        }
    }
    assert_eq!(ann.get(&api, &picture).await.status.as_u16(), 200);
    ben.get(&api, &picture).await.expect(404);
    let change = json!({ "visibility": "public" });
    for (who, status) in [(&ben, 404), (&ann, 200), (&ben, 403)] {
        let request = api
            .request(Method::PATCH, &path)
            .bearer_auth(&who.token)
            .json(&change);
        Api::send(request).await.expect(status);
    }
    let seen = ben.get(&api, &path).await.expect(200);
    assert!(seen.get("system_prompt").is_none(), "{seen}");
    let mut socket = Socket::connect(&api.base, &ws).await;
    socket.until("connection").await;
    socket.say("Hello?").await.unwrap();
    socket.until("ai_response").await;
    for (who, status) in [(&ben, 403), (&ann, 204), (&ann, 404)] {
        let request = api.request(Method::DELETE, &path).bearer_auth(&who.token);
        assert_eq!(Api::send(request).await.status.as_u16(), status);
    }
}

#[tokio::test]
async fn a_token_that_outlives_its_account_opens_nothing() {
    let scratch = Scratch::for_people(Setting::Embedded).await;
    let server = scratch.up(&[]).await;
    let api = server.api().await;
    let ann = Signed::up(&api, "ann").await;
    let request = api.request(Method::DELETE, "/me").bearer_auth(&ann.token);
    assert_eq!(Api::send(request).await.status.as_u16(), 204);
    let path = format!("tony-stark?token={}", ann.token);
    let mut socket = Socket::connect(&api.base, &path).await;
    assert_eq!(socket.end().await, Some(4401));
    let wish = json!({ "name": "Mr. Lamp", "system_prompt": "A lamp." });
    let request = api
        .request(Method::POST, "/api/characters")
        .bearer_auth(&ann.token)
        .json(&wish);
    Api::send(request).await.expect(401);
}

/// What a person says in the middle of faults, and when they give up on an answer.
const LINES: u64 = 8;

/// Talks until every line is answered, whatever happens to the server; gives the orders of the lines
/// in the order in which they were told.
async fn talk(server: &Server, ann: &Signed, n: u128) -> (String, Vec<u64>) {
    let (mut session, mut last): (Option<String>, Option<String>) = (None, None);
    let (mut seen, mut said) = (Vec::new(), 0);
    'connect: loop {
        let Some(base) = server
            .roles()
            .get("chat-ws")
            .and_then(|role| role.address.clone())
        else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let mut path = format!("tony-stark?token={}", ann.token);
        for (name, value) in [("session", &session), ("after", &last)] {
            path.extend(value.iter().map(|value| format!("&{name}={value}")));
        }
        let Ok(mut socket) = Socket::try_connect(&base, &path).await else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let mut waits = false;
        loop {
            if !waits && u64::try_from(seen.len()).unwrap() >= 2 * LINES {
                return (session.unwrap_or_default(), seen);
            }
            if !waits && session.is_some() && said < LINES {
                // Said again after a fault, it is the same line.
                let id = Uuid::from_u128(n << 64 | u128::from(said + 1));
                let frame = json!({ "content": format!("line {}", said + 1), "id": id });
                if socket.send(frame.to_string()).await.is_err() {
                    continue 'connect;
                }
                waits = true;
            }
            let next = tokio::time::timeout(Duration::from_secs(25), socket.next()).await;
            let next = next.unwrap_or_else(|_| {
                panic!("{n}: nothing comes; waits {waits}, said {said}, seen {seen:?}, {session:?}")
            });
            let Ok(frame) = next else {
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue 'connect;
            };
            match frame["type"].as_str().unwrap() {
                "connection" => session = frame["session_id"].as_str().map(str::to_owned),
                "echo" | "ai_response" => {
                    let order = frame["order"].as_u64().unwrap();
                    if frame["type"] == "ai_response" {
                        waits = false;
                    } else if order <= seen.len() as u64 {
                        // It was said a second time, and is echoed so.
                        continue;
                    } else {
                        said += 1;
                    }
                    last = frame["id"].as_str().map(str::to_owned);
                    seen.push(order);
                }
                "error" => {
                    assert_eq!(frame["code"], "unavailable", "{frame}");
                    waits = false;
                }
                _ => {}
            }
        }
    }
}

#[tokio::test]
async fn nothing_is_lost_or_said_twice_while_services_are_killed_cc16_cc32() {
    const PEOPLE: u128 = 20;
    let scratch = Scratch::for_people(Setting::Split).await;
    let redis = std::env::var("PARLOR_TEST_REDIS_URL").unwrap();
    let cache = format!("{redis}?prefix={}", scratch.world.name);
    let server = scratch.launch(&["--no-start", "--cache", &cache]);
    let roles = ["gateway", "relay", "mind", "chat-ws", "dispatcher"];
    server.roles_ready(&roles).await;
    let api = Api::new(server.roles()["gateway"].address.clone().unwrap());
    let mut people = Vec::new();
    for n in 0..PEOPLE {
        people.push(Signed::up(&api, &format!("person-{n}")).await);
    }
    let talks = people.iter().zip(1..).map(|(ann, n)| talk(&server, ann, n));
    let talks = futures::future::join_all(talks);
    let killing = async {
        for name in ["mind", "dispatcher", "chat-ws", "relay", "mind", "chat-ws"] {
            tokio::time::sleep(Duration::from_millis(1_500)).await;
            server.roles()[name].kill();
            println!("killed {name}");
        }
    };
    let all = futures::future::join(talks, killing);
    let all = tokio::time::timeout(SOON * 4, all).await;
    let (talked, ()) = all.expect("everybody is answered");

    let mut lines = 0;
    for (ann, (session, seen)) in people.iter().zip(talked) {
        let expected: Vec<_> = (1..=2 * LINES).collect();
        assert_eq!(seen, expected, "every line is told once and in order");
        let path = format!("/me/sessions/{session}/messages?limit=200");
        let stored = ann.get(&api, &path).await.expect(200);
        let stored = stored["items"].as_array().unwrap();
        assert_eq!(orders(stored), expected);
        let ids: BTreeSet<_> = stored.iter().map(|line| line["id"].to_string()).collect();
        let answers = stored.iter().filter(|line| line["role"] == "ai").count();
        assert_eq!((ids.len(), answers), (stored.len(), stored.len() / 2));
        lines += stored.len();
    }
    println!("{lines} lines of {PEOPLE} people: none lost, none twice, all in order");
}
