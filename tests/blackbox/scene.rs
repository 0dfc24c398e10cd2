//! The scene by which the first world is accepted.

use crate::ross_to_rachel;
use parlor_blackbox::{Api, Scratch, Setting};
use reqwest::Method;
use serde_json::{Value, json};

/// Talks that are looked through for gossip of the right two: one in about fifteen has it.
const TALKS_MAX: usize = 200;

#[tokio::test]
async fn ross_greets_rachel_who_answers_from_memory_and_he_tells_joey_about_her_fr27() {
    let scratch = Scratch::friends(Setting::Embedded).await;
    let server = scratch.up(&["--pace", "0", "--seed", "7"]).await;
    let api = server.api().await;
    let mut answered_from_memory = false;
    let mut told_joey = None;
    for n in 0..TALKS_MAX {
        let id = greeting(&api, n).await;
        api.closed(&id).await;
        let lines = api.lines(&id).await;
        assert_eq!(lines[0]["text"], "Hey! How you doin'?");
        assert_eq!(
            (&lines[0]["from"], &lines[1]["from"]),
            (&json!("Ross"), &json!("Rachel"))
        );
        answered_from_memory |= refers_back(&lines);
        let sides = api
            .get(&format!("/api/worlds/friends/conversations?parent={id}"))
            .await
            .expect(200);
        let sides = sides["items"].as_array().unwrap().clone();
        told_joey = sides
            .into_iter()
            .find(|c| c["participants"] == json!(["Ross", "Joey"]))
            .or(told_joey);
        if answered_from_memory && told_joey.is_some() {
            break;
        }
    }
    assert!(
        answered_from_memory,
        "no line of Rachel's takes up an earlier line"
    );
    let side = told_joey.expect("Ross told Joey in one of the talks");
    assert_eq!(side["kind"], "side");
    behind_her_back(&api, side["id"].as_str().unwrap()).await;
}

/// The same talks in every run: what the dice say depends on the seed and on the key.
async fn greeting(api: &Api, n: usize) -> String {
    let mut wish = ross_to_rachel();
    wish["message"] = json!("Hey! How you doin'?");
    let request = api.request(Method::POST, "/api/worlds/friends/conversations");
    let request = request
        .header("idempotency-key", format!("greeting-{n}"))
        .json(&wish);
    let started = Api::send(request).await.expect(202);
    started["conversationId"].as_str().unwrap().to_owned()
}

/// Some line of Rachel's repeats a long word of an earlier line of Ross's that the topic does not
/// give her anyway.
fn refers_back(lines: &[Value]) -> bool {
    let words = |line: &Value| -> Vec<String> {
        let text = line["text"].as_str().unwrap().to_lowercase();
        text.split(|c: char| !c.is_alphabetic())
            .filter(|w| w.len() > 6)
            .map(str::to_owned)
            .collect()
    };
    let by = |who: &'static str| lines.iter().filter(move |line| line["from"] == who);
    by("Rachel").any(|answer| {
        let said = words(answer);
        by("Ross")
            .filter(|line| line["order"].as_u64() < answer["order"].as_u64())
            .any(|line| words(line).iter().any(|word| said.contains(word)))
    })
}

async fn behind_her_back(api: &Api, side: &str) {
    let lines = api.lines(side).await;
    let first = &lines[0];
    assert_eq!(
        (&first["from"], &first["to"]),
        (&json!("Ross"), &json!(["Joey"]))
    );
    assert_eq!(
        first["heardFrom"],
        json!(["Ross", "Rachel"]),
        "he says from whom he has it"
    );
    assert!(
        first["text"].as_str().unwrap().contains("Rachel"),
        "{first}"
    );
    for line in &lines {
        assert!(
            !line["to"].as_array().unwrap().contains(&json!("Rachel")),
            "{line}"
        );
    }
}
