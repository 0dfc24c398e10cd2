//! Characters that come to a world while it runs, and leave it.

use crate::orders;
use parlor_blackbox::{Api, Scratch, Setting, until};
use reqwest::Method;
use serde_json::{Value, json};

/// A card that carries a picture.
const WITH_PICTURE: &[u8] = include_bytes!("../../fuzz/seeds/cards/both.png");

fn marla() -> Value {
    json!({ "spec": "chara_card_v2", "spec_version": "2.0", "data": {
        "name": "Marla Quince",
        "description": "Repairs clocks, and is late.",
        "personality": "patient, for a while",
        "first_mes": "Is it four already, {{user}}?",
    }})
}

async fn import(api: &Api, world: &str, card: impl Into<reqwest::Body>) -> parlor_blackbox::Answer {
    let path = format!("/api/characters/import?world={world}");
    Api::send(api.request(Method::POST, &path).body(card)).await
}

async fn is_there(api: &Api, path: &str) -> bool {
    api.get(path).await.status == 200
}

/// Starts a conversation and gives its lines once it is over.
async fn talk(api: &Api, world: &str, from: &str, to: &str) -> Vec<Value> {
    let id = api.start(world, &json!({ "from": from, "to": to })).await;
    api.closed(&id).await;
    api.lines(&id).await
}

async fn somebody_comes_and_goes(setting: Setting) {
    let scratch = Scratch::with_gossip(setting, 0.0).await;
    let server = scratch.up(&["--pace", "0"]).await;
    let (api, world) = (server.api().await, scratch.world.name.clone());
    let path = format!("/api/worlds/{world}/characters/marla-quince");
    assert!(!is_there(&api, &path).await);

    let imported = import(&api, &world, marla().to_string()).await.expect(201);
    assert_eq!(imported["slug"], "marla-quince");
    until("she is in the cast", || is_there(&api, &path)).await;
    for (from, to) in [("ross", "marla-quince"), ("marla-quince", "rachel")] {
        let lines = talk(&api, &world, from, to).await;
        assert_eq!(orders(&lines), (1..=10).collect::<Vec<_>>());
        assert!(lines.iter().any(|line| line["from"] == "Marla Quince"));
    }

    let left = Api::send(api.request(Method::DELETE, &path)).await;
    assert_eq!(left.status, 204, "{}", left.text);
    until("she is gone", || async { !is_there(&api, &path).await }).await;
    let wish = json!({ "from": "ross", "to": "marla-quince" });
    let start = format!("/api/worlds/{world}/conversations");
    let refused = Api::send(api.request(Method::POST, &start).json(&wish)).await;
    assert_eq!(
        refused.json["code"], "unknown_character",
        "{}",
        refused.text
    );
    let letters = api.get(&format!("/api/dead-letters?world={world}")).await;
    assert_eq!(letters.expect(200)["items"], json!([]));
    // The others go on.
    assert_eq!(talk(&api, &world, "ross", "rachel").await.len(), 10);
}

#[tokio::test]
async fn somebody_comes_and_goes_embedded() {
    somebody_comes_and_goes(Setting::Embedded).await;
}

#[tokio::test]
async fn somebody_comes_and_goes_on_shared_servers() {
    somebody_comes_and_goes(Setting::Shared).await;
}

#[tokio::test]
async fn somebody_comes_and_goes_where_roles_are_processes() {
    somebody_comes_and_goes(Setting::Split).await;
}

#[tokio::test]
async fn who_is_imported_by_the_command_joins_a_running_server_and_nobody_waits_for_who_left() {
    let scratch = Scratch::with_gossip(Setting::Embedded, 0.0).await;
    let server = scratch.up(&["--pace", "30s"]).await;
    let (api, world) = (server.api().await, scratch.world.name.clone());
    let file = scratch.dir().join("marla.json");
    std::fs::write(&file, marla().to_string()).unwrap();
    let source = scratch.world.source.as_str();
    let imported = ["card", "import", file.to_str().unwrap(), "--world", source];
    let _ = scratch.parlor(&imported).await.well();
    let path = format!("/api/worlds/{world}/characters/marla-quince");
    until("she is in the cast", || is_there(&api, &path)).await;
    let wish = json!({ "from": "marla-quince", "to": "ross" });
    let id = api.start(&world, &wish).await;
    let lines = api.until_lines(&id, 1).await;
    assert_eq!(lines[0]["text"], "Is it four already, Ross?");

    let removed = ["card", "remove", "marla-quince", "--world", source];
    let _ = scratch.parlor(&removed).await.well();

    let closed = api.closed(&id).await;
    assert!(closed["exchanges"].as_u64().unwrap() < 10, "{closed}");
}

#[tokio::test]
async fn a_picture_comes_with_a_card_and_nonsense_is_refused() {
    let scratch = Scratch::with_gossip(Setting::Embedded, 0.0).await;
    let server = scratch.up(&["--pace", "0"]).await;
    let (api, world) = (server.api().await, scratch.world.name.clone());
    let imported = import(&api, &world, WITH_PICTURE).await.expect(201);
    let slug = imported["slug"].as_str().unwrap();
    let path = format!("/api/worlds/{world}/characters/{slug}");
    let character = api.get(&path).await.expect(200);
    assert_eq!(
        (&character["picture"], &character["origin"]),
        (&json!(true), &json!("catalogue"))
    );
    let picture = api.get(&format!("{path}/picture")).await;
    assert_eq!(picture.status, 200);
    assert_eq!(picture.header("content-type"), "image/png");
    assert_eq!(picture.header("x-content-type-options"), "nosniff");
    let again = api.request(Method::GET, &format!("{path}/picture"));
    let again = Api::send(again.header("if-none-match", picture.header("etag"))).await;
    assert_eq!(again.status, 304);
    let ross = format!("/api/worlds/{world}/characters/ross");
    let none = api.get(&format!("{ross}/picture")).await;
    assert_eq!(none.expect(404)["code"], "no_picture");

    assert_eq!(
        import(&api, &world, WITH_PICTURE).await.expect(200)["replaced"],
        true
    );
    let nonsense = import(&api, &world, "no card at all").await;
    assert_eq!(nonsense.expect(400)["code"], "invalid_card");
    let large = import(&api, &world, vec![b' '; (32 << 20) + 1]).await;
    assert_eq!(large.expect(413)["code"], "body_too_large");
    let namesake = marla().to_string().replace("Marla Quince", "Ross");
    let taken = import(&api, &world, namesake).await;
    assert_eq!(taken.expect(409)["code"], "name_taken");
    let own = Api::send(api.request(Method::DELETE, &ross)).await;
    assert_eq!(own.expect(409)["code"], "not_in_catalogue");
}
