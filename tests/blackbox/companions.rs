//! People talk with characters.

use crate::orders;
use chrono::TimeDelta;
use parlor_blackbox::{Api, SOON, Scratch, Server, Setting, Signed, Socket};
use parlor_dialect::llm::Provider;
use parlor_dialect::testkit::{FAKE_KEY, FakeProvider};
use parlor_gateway::auth::{Signer, SigningKey};
use parlor_model::account::{Account, AccountRole, Username};
use parlor_model::{AccountId, Clock, SystemClock};
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

/// Runs a role of a world for people, told in its environment where others are.
async fn role(scratch: &Scratch, role: &str, env: &[(&str, &str)]) -> Server {
    let mut command = parlor_blackbox::command(&scratch.dir());
    let world = scratch.world.source.as_str();
    command.args(["run", role, "--world", world, "--listen=127.0.0.1:0"]);
    command.args(scratch.flags());
    let redis = std::env::var("PARLOR_TEST_REDIS_URL").unwrap();
    command.arg(format!("--cache={redis}?prefix={}", scratch.world.name));
    command.envs(env.iter().copied());
    let mut server = Server::start(&format!("parlor run {role}"), command);
    server.ready().await;
    server
}

async fn host_of(server: &Server) -> String {
    let address = server.address().await;
    address.trim_start_matches("http://").to_owned()
}

#[tokio::test]
async fn a_gateway_hands_on_what_is_others_cc11_cc19_cc47() {
    let scratch = Scratch::for_people_in_roles().await;
    let mut characters = role(&scratch, "characters", &[]).await;
    let mut chat = role(&scratch, "chat-ws", &[]).await;
    let _mind = role(&scratch, "mind", &[]).await;
    let _dispatcher = role(&scratch, "dispatcher", &[]).await;
    let (characters_at, chat_at) = (host_of(&characters).await, host_of(&chat).await);
    let env = [
        ("AI_CHAR_SVC_ADDR", characters_at.as_str()),
        ("PARLOR_CHAT_ADDR", chat_at.as_str()),
    ];
    let mut gateway = role(&scratch, "gateway", &env).await;
    let api = gateway.api().await;
    let own = characters.api().await;
    let (ann, ben) = (Signed::up(&api, "ann").await, Signed::up(&api, "ben").await);

    // Whom one can talk with.
    assert_eq!(own.get("/health").await.expect(200)["role"], "characters");
    own.get("/api/worlds").await.expect(404);
    api.get("/characters").await.expect(401);
    let wish = json!({ "name": "Mr. Lamp", "system_prompt": "A lamp.", "visibility": "private" });
    let request = api.request(Method::POST, "/api/characters");
    let request = request.bearer_auth(&ann.token).json(&wish);
    let lamp = Api::send(request).await.expect(201);
    let id = lamp["id"].as_str().unwrap();
    let path = format!("/api/characters/id/{id}");
    assert_eq!(ann.get(&api, &path).await.expect(200), lamp);
    assert_eq!(ann.get(&own, &path).await.expect(200), lamp);
    ben.get(&api, &path).await.expect(404);
    let picture = format!("{path}/picture");
    let png = include_bytes!("../../fuzz/seeds/cards/both.png");
    let request = api.request(Method::PUT, &picture).bearer_auth(&ann.token);
    Api::send(request.body(png.to_vec())).await.expect(200);
    let shown = ann.get(&api, &picture).await;
    assert_eq!(shown.header("content-type"), "image/png");
    let etag = shown.header("etag").to_owned();
    let request = api.request(Method::GET, &picture).bearer_auth(&ann.token);
    let again = Api::send(request.header("if-none-match", etag)).await;
    assert_eq!(again.status, 304);
    let wrong = api.request(Method::PUT, "/characters");
    assert_eq!(Api::send(wrong).await.json["code"], "wrong_method");

    // Who was made a moment ago, elsewhere.
    let ws = |who: &Signed| format!("{id}?token={}", who.token);
    let mut socket = Socket::connect(&api.base, &ws(&ann)).await;
    let session = socket.until("connection").await["session_id"].clone();
    socket.say("Click?").await.unwrap();
    let echo = socket.until("echo").await;
    socket.until("ai_response").await;
    for (path, code) in [
        (ws(&ben), 4404),
        (format!("{id}?token=x"), 4401),
        (format!("nobody?token={}", ann.token), 4404),
    ] {
        let mut refused = Socket::connect(&api.base, &path).await;
        assert_eq!(refused.end().await, Some(code), "{path}");
    }
    ann.get(&api, "/ws/tony-stark").await.expect(426);

    // A gateway that leaves says so, and one takes the session up at another.
    let (_, code) = tokio::join!(gateway.terminate(), socket.end());
    assert_eq!(code, Some(1001));
    let gateway = role(&scratch, "gateway", &env).await;
    let api = gateway.api().await;
    let (session, after) = (session.as_str().unwrap(), echo["id"].as_str().unwrap());
    let resume = format!("{}&session={session}&after={after}", ws(&ann));
    let mut socket = Socket::connect(&api.base, &resume).await;
    socket.until("connection").await;
    assert_eq!(socket.until("ai_response").await["order"], 2);

    // Who is gone is said to be away; the rest goes on.
    chat.kill();
    assert_eq!(socket.end().await, Some(1013));
    let away = Socket::try_connect(&api.base, &ws(&ann)).await;
    let away = away.err().map(|error| error.to_string());
    assert!(away.as_ref().is_some_and(|e| e.contains("503")), "{away:?}");
    ann.get(&api, &path).await.expect(200);
    characters.kill();
    ann.get(&api, &path).await.expect(503);
    ann.get(&api, "/me").await.expect(200);
    assert!(
        !gateway.log().contains(&ann.token),
        "no token is in the log"
    );
}

#[tokio::test]
async fn a_person_has_so_many_connections_and_no_more() {
    let scratch = Scratch::for_people(Setting::Embedded).await;
    let settings = "[limits]\nconnections_per_person = 2\n";
    std::fs::write(scratch.dir().join("parlor.toml"), settings).unwrap();
    let server = scratch.up(&[]).await;
    let api = server.api().await;
    let (ann, ben) = (Signed::up(&api, "ann").await, Signed::up(&api, "ben").await);
    let path = |who: &Signed| format!("tony-stark?token={}", who.token);
    let mut first = Socket::connect(&api.base, &path(&ann)).await;
    let mut second = Socket::connect(&api.base, &path(&ann)).await;
    first.until("connection").await;
    second.until("connection").await;
    let mut third = Socket::connect(&api.base, &path(&ann)).await;
    assert_eq!(third.end().await, Some(4429));
    let mut other = Socket::connect(&api.base, &path(&ben)).await;
    other.until("connection").await;
    drop(second);
    parlor_blackbox::within(SOON, "a place is free again", || async {
        let mut third = Socket::connect(&api.base, &path(&ann)).await;
        third.next().await.ok()
    })
    .await;
}

/// A token with this server's own signature, whose time is over.
#[tokio::test]
async fn an_old_token_opens_nothing() {
    let scratch = Scratch::for_people(Setting::Embedded).await;
    let server = scratch.up(&[]).await;
    let api = server.api().await;
    let ann = Signed::up(&api, "ann").await;
    let account = ann.get(&api, "/me").await.expect(200);
    let key = SigningKey::load_or_make(&scratch.dir().join("data")).unwrap();
    let signer = Signer::new(key, TimeDelta::minutes(15));
    let account = Account {
        id: AccountId(account["id"].as_str().unwrap().parse().unwrap()),
        username: Username::new("ann").unwrap(),
        name: "Ann".to_owned(),
        role: AccountRole::User,
        coins: 0,
        created_at: SystemClock.now(),
        last_login_at: None,
    };
    let sign = |minutes: i64| {
        let then = SystemClock.now() - TimeDelta::minutes(minutes);
        signer.sign(&account, Uuid::from_u128(1), Uuid::from_u128(2), then)
    };
    let with = |token: String| Signed {
        token,
        ..ann.clone()
    };
    with(sign(0)).get(&api, "/me/sessions").await.expect(200);
    // Clocks of machines are apart by a minute at most.
    with(sign(14)).get(&api, "/characters").await.expect(200);
    let old = with(sign(17));
    for path in ["/me", "/characters", "/me/sessions", "/me/export"] {
        let refused = old.get(&api, path).await;
        refused.clone().expect(401);
        assert!(
            refused.header("www-authenticate").contains("invalid_token"),
            "{refused:?}"
        );
    }
    let mut socket = Socket::connect(&api.base, &format!("tony-stark?token={}", old.token)).await;
    assert_eq!(socket.end().await, Some(4401));
}

#[tokio::test]
async fn words_of_a_model_are_shown_as_they_come() {
    let scratch = Scratch::for_people(Setting::Embedded).await;
    let provider = FakeProvider::start().await;
    provider.reply_with(|_| "One word after the other, as they come to mind.".to_owned());
    let spec = provider.spec(Provider::OpenAi, "gpt-test");
    std::fs::write(
        scratch.dir().join("parlor.toml"),
        format!("llm = \"{spec}\"\n"),
    )
    .unwrap();
    let key = format!("OPENAI_API_KEY={FAKE_KEY}\n");
    std::fs::write(scratch.dir().join(".env"), key).unwrap();
    let world = std::fs::read_to_string(&scratch.world.source).unwrap();
    let model = "[dialects.model]\nkind = \"llm\"\nfallback = \"talk\"\n\n[[characters]]";
    let world = world
        .replace("dialect = \"talk\"", "dialect = \"model\"")
        .replacen("[[characters]]", model, 1);
    std::fs::write(&scratch.world.source, world).unwrap();
    let server = scratch.up(&[]).await;
    let api = server.api().await;
    let ann = Signed::up(&api, "ann").await;
    let path = |stream| format!("tony-stark?token={}{stream}", ann.token);
    for (stream, pieces) in [("&stream=1", true), ("", false)] {
        let mut socket = Socket::connect(&api.base, &path(stream)).await;
        socket.until("connection").await;
        socket.say("What comes to mind?").await.unwrap();
        let echo = socket.until("echo").await;
        let (mut shown, mut count) = (String::new(), 0);
        let answer = loop {
            let frame = socket.next().await.unwrap();
            match frame["type"].as_str().unwrap() {
                "delta" => {
                    assert_eq!(frame["answers"], echo["id"]);
                    shown.push_str(frame["content"].as_str().unwrap());
                    count += 1;
                }
                "typing" => {}
                "ai_response" => break frame,
                other => panic!("{other}: {frame}"),
            }
        };
        assert_eq!(
            answer["content"],
            "One word after the other, as they come to mind."
        );
        assert_eq!(count > 0, pieces, "{count} pieces");
        // The end of it comes with the whole line.
        let whole = answer["content"].as_str().unwrap();
        assert!(whole.starts_with(&shown), "{shown}");
    }
}
