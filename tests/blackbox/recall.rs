//! What was said long ago: found by people, and remembered by characters.

use parlor_blackbox::{Api, SOON, Scratch, Setting, within};
use serde_json::{Value, json};

const FURIOUS: &str = "I hate you, you ate my purple sandwich!";
const ASKED: &str = "Shall we share a sandwich?";

/// A world in which everybody answers with what comes to mind.
async fn remembering(setting: Setting) -> Scratch {
    let scratch = Scratch::with_gossip(setting, 0.0).await;
    let file = &scratch.world.source;
    let text = std::fs::read_to_string(file).unwrap();
    let text = text.replace("window = 5", "window = 5\nrecall = 2");
    let (before, rest) = text.split_once("reply = [").unwrap();
    let (_, after) = rest.split_once(']').unwrap();
    let text = format!("{before}reply = [\"You once said: #recalled#\"]{after}");
    std::fs::write(file, text).unwrap();
    scratch
}

async fn first_answer(api: &Api, world: &str, to: &str, message: &str) -> Value {
    let wish = json!({ "from": "ross", "to": to, "message": message });
    let id = api.start(world, &wish).await;
    api.closed(&id).await;
    api.lines(&id).await[1].clone()
}

async fn until_found(api: &Api, q: &str) -> Value {
    within(SOON, "what was said can be found", || async {
        let page = api.get(&format!("/api/search?q={q}")).await.expect(200);
        (page["items"] != json!([])).then_some(page)
    })
    .await
}

async fn a_grudge_is_borne(setting: Setting) {
    let scratch = remembering(setting).await;
    let server = scratch.up(&["--pace", "0", "--seed", "7"]).await;
    let (api, world) = (server.api().await, scratch.world.name.clone());
    let calm = first_answer(&api, &world, "rachel", FURIOUS).await;
    assert_eq!(
        calm["text"], "You once said: what was said",
        "nothing was said before"
    );

    let found = until_found(&api, "PURPLE+Sandwich").await;
    let hit = &found["items"][0];
    assert_eq!(hit["message"]["text"], FURIOUS);
    assert_eq!(hit["conversation"]["world"], json!(world));
    let marks = json!([{ "start": 23, "end": 29 }, { "start": 30, "end": 38 }]);
    assert_eq!(hit["snippet"]["marks"], marks);

    let rachel = first_answer(&api, &world, "rachel", ASKED).await;
    assert_eq!(rachel["text"], format!("You once said: {FURIOUS}"));
    let joey = first_answer(&api, &world, "joey", ASKED).await;
    assert_eq!(
        joey["text"], "You once said: what was said",
        "Joey was not there"
    );

    let path = format!("/api/worlds/{world}/characters/rachel");
    let rachel = api.get(&path).await.expect(200);
    let bonds = rachel["bonds"].as_array().unwrap();
    assert!(
        bonds.iter().any(|bond| bond["with"] == "Ross"),
        "{rachel}: Chandler may have had a word as well"
    );
    assert!(
        rachel["mood"].is_number() && rachel["recent"][0]["text"].is_string(),
        "{rachel}"
    );
}

#[tokio::test]
async fn a_character_bears_a_grudge_embedded() {
    a_grudge_is_borne(Setting::Embedded).await;
}

#[tokio::test]
async fn a_character_bears_a_grudge_on_shared_servers() {
    a_grudge_is_borne(Setting::Shared).await;
}

#[tokio::test]
async fn a_character_bears_a_grudge_where_roles_are_processes() {
    a_grudge_is_borne(Setting::Split).await;
}

#[tokio::test]
async fn what_was_said_before_a_crash_is_found_after_it() {
    let scratch = Scratch::with_gossip(Setting::Embedded, 0.0).await;
    let mut server = scratch.up(&["--pace", "0"]).await;
    let api = server.api().await;
    let wish = json!({ "from": "ross", "to": "joey", "message": "An unforgettable aardvark!" });
    let id = api.start(&scratch.world.name, &wish).await;
    api.until_lines(&id, 1).await;
    server.kill();
    let server = scratch.up(&["--pace", "0"]).await;
    let found = until_found(&server.api().await, "aardvark").await;
    assert_eq!(found["items"][0]["message"]["conversationId"], json!(id));
}
