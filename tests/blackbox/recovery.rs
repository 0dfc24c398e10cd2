//! Winning runaways back over HTTP: safe to repeat, paid once, nobody else's.

use crate::chatlings::{Asks, Town, signed_in};
use parlor_blackbox::{Answer, Api, Database, Server, ended};
use reqwest::Method;
use serde_json::{Value, json};

/// Runs until somebody has had enough.
const RUNS_MAX: usize = 60;
const COINS: u64 = 300;
const AT_ONCE: usize = 8;

async fn attempt(asks: &Asks<'_>, creature: &str, key: Option<&str>) -> Answer {
    let path = format!("/api/chatroom/recover/{creature}");
    let mut request = asks
        .api
        .request(Method::POST, &path)
        .bearer_auth(&asks.token);
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    Api::send(request).await
}

async fn coins(asks: &Asks<'_>) -> u64 {
    asks.get("/api/chatroom/moods").await["coins"]
        .as_u64()
        .unwrap()
}

/// Lets them talk until at least two have run away.
async fn runaways(town: &Town, world: &str, asks: &Asks<'_>) -> Vec<Value> {
    for _ in 0..RUNS_MAX {
        let _ = ended(town.parlor(&["generate", world, "--json"]))
            .await
            .well();
        let gone = asks.get("/api/chatroom/runaways").await["items"].clone();
        let gone = gone.as_array().unwrap().clone();
        if gone.len() >= 2 {
            return gone;
        }
    }
    panic!("nobody ran away in {RUNS_MAX} runs");
}

async fn paid_once(town: Town) {
    let world = town.touchy_world();
    let mut up = town.parlor_at("server", &["up", &world, "--quiet", "--listen=127.0.0.1:0"]);
    if town.store == "sqlite" {
        up = town.parlor(&["up", &world, "--quiet", "--listen=127.0.0.1:0"]);
    }
    up.env("PARLOR_LOG", "warn");
    let mut server = Server::start("chatlings", up);
    let api = server.ready().await.api().await;
    let marla = Asks {
        token: signed_in(&api, "marla").await,
        api: &api,
    };
    let joe = Asks {
        token: signed_in(&api, "joe").await,
        api: &api,
    };
    let wealth = COINS.to_string();
    let seed = [
        "seed",
        &world,
        "--account",
        "marla",
        "--companions",
        "20",
        "--coins",
        &wealth,
    ];
    let _ = ended(town.parlor(&seed)).await.well();
    let gone = runaways(&town, &world, &marla).await;
    let (first, second) = (
        gone[0]["creatureId"].as_str().unwrap(),
        gone[1]["creatureId"].as_str().unwrap(),
    );
    assert_eq!(
        (&gone[0]["odds"], &gone[0]["price"]),
        (&json!(0.0), &json!(25))
    );
    assert_eq!(
        attempt(&joe, first, Some("k")).await.status,
        404,
        "nobody else's"
    );
    assert_eq!(coins(&marla).await, COINS);
    // Many at once, with one key: one attempt, one answer.
    let attempts = (0..AT_ONCE).map(|_| attempt(&marla, first, Some("one")));
    let answers = futures::future::join_all(attempts).await;
    for answer in &answers {
        assert_eq!(
            (answer.status.as_u16(), &answer.json),
            (200, &answers[0].json)
        );
    }
    assert_eq!(answers[0].json["success"], false);
    assert_eq!(answers[0].json["difficulty"], "hard");
    assert!(
        answers[0].json["message"]
            .as_str()
            .unwrap()
            .ends_with("a little further away.")
    );
    assert_eq!(coins(&marla).await, COINS - 25, "paid once");
    let reused = attempt(&marla, second, Some("one")).await;
    assert_eq!(
        (reused.status.as_u16(), &reused.json["code"]),
        (422, &json!("idempotency_key_reused"))
    );
    // Many at once, with keys of their own: whoever comes second is told, and pays nothing.
    let keys: Vec<String> = (0..AT_ONCE).map(|n| format!("key-{n}")).collect();
    let attempts = keys
        .iter()
        .map(|key| attempt(&marla, first, Some(key.as_str())));
    let answers = futures::future::join_all(attempts).await;
    let made = answers.iter().filter(|answer| answer.status == 200).count();
    for answer in &answers {
        assert!(
            [200, 404, 409].contains(&answer.status.as_u16()),
            "{}",
            answer.json
        );
    }
    assert_eq!(made, 1, "one of them won it back");
    assert_eq!(coins(&marla).await, COINS - 25 - 40);
    let repeated = attempt(&marla, first, Some("one")).await;
    assert_eq!(
        (repeated.status.as_u16(), &repeated.json["success"]),
        (200, &json!(false))
    );
    let back = marla.get("/api/chatroom/moods").await["companions"].clone();
    let is_first = |creature: &&Value| creature["creatureId"] == first;
    assert!(
        back.as_array()
            .unwrap()
            .iter()
            .any(|creature| is_first(&creature)),
        "it is home"
    );
    let notes = marla.get("/api/notifications").await["items"].clone();
    assert_eq!(notes[0]["kind"], "recovered");
    // A world that is named, and one that is not there.
    let path = format!("/api/chatroom/recover/{second}?world=chatlings");
    assert_eq!(marla.send(Method::POST, &path).await.status, 200);
    let path = format!("/api/chatroom/recover/{second}?world=elsewhere");
    let answer = marla.send(Method::POST, &path).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json["code"]),
        (404, &json!("unknown_world"))
    );
}

#[tokio::test]
async fn an_attempt_is_paid_once_on_sqlite_cl74_to_cl76() {
    paid_once(Town::without_people("sqlite".to_owned())).await;
}

#[tokio::test]
async fn an_attempt_is_paid_once_on_postgres_cl74_to_cl76() {
    let database = Database::fresh().await;
    paid_once(Town::without_people(database.url.clone())).await;
}
