//! Live events: complete, in order, and resumable.

use crate::ross_to_rachel;
use parlor_blackbox::{Event, Events, Scratch, Setting, until};
use serde_json::{Value, json};

#[tokio::test]
async fn live_events_go_on_where_they_broke_off_on_the_embedded_default() {
    broken_off_and_resumed(Setting::Embedded).await;
}

#[tokio::test]
async fn live_events_go_on_where_they_broke_off_when_the_gateway_is_a_process_of_its_own() {
    broken_off_and_resumed(Setting::Split).await;
}

async fn broken_off_and_resumed(setting: Setting) {
    let scratch = Scratch::with_gossip(setting, 0.2).await;
    let server = scratch.up(&["--pace", "20ms"]).await;
    let (api, world) = (server.api().await, scratch.world.name.as_str());
    let query = format!("world={world}");
    let mut stream = Events::open(&api.base, &query, None).await;
    for _ in 0..4 {
        api.start(world, &json!({})).await;
    }
    let mut events = Vec::new();
    // Cut three times in the middle; the last connection stays until all is over.
    for some in [3, 7, 12] {
        for _ in 0..some {
            events.push(stream.next().await.unwrap());
        }
        let last = events.last().unwrap().id.clone();
        drop(stream);
        stream = Events::open(&api.base, &query, Some(&last)).await;
    }
    until("nothing is on its way", || async {
        scratch.ledger().await.is_over()
    })
    .await;
    let stored = api
        .all(&format!("/api/worlds/{world}/messages?limit=200"), "cursor")
        .await;
    while said(&events).len() < stored.len() || count(&events, "opened") > count(&events, "closed")
    {
        events.push(stream.next().await.unwrap());
    }
    let mut ids: Vec<_> = events.iter().map(|event| cursor(&event.id)).collect();
    assert!(ids.is_sorted(), "ids grow along the stream");
    ids.dedup();
    assert_eq!(ids.len(), events.len(), "no event came twice");
    assert_eq!(
        sorted(said(&events)),
        sorted(stored),
        "no message is missing, none came twice"
    );
}

#[tokio::test]
async fn one_conversation_can_be_followed_from_its_beginning() {
    let scratch = Scratch::with_gossip(Setting::Embedded, 0.3).await;
    let server = scratch.up(&["--pace", "0"]).await;
    let (api, world) = (server.api().await, scratch.world.name.as_str());
    let id = api.start(world, &ross_to_rachel()).await;
    api.start(world, &json!({ "from": "joey", "to": "chandler" }))
        .await;
    api.quiet(world).await;
    let mut stream = Events::open(&api.base, &format!("conversation={id}&after=0-0"), None).await;
    let mut events = Vec::new();
    while events
        .last()
        .is_none_or(|event: &Event| event.kind != "conversation.closed")
    {
        events.push(stream.next().await.unwrap());
    }
    assert_eq!(events[0].kind, "conversation.opened");
    assert_eq!(events[0].data["participants"], json!(["Ross", "Rachel"]));
    let lines: Vec<_> = said(&events)
        .into_iter()
        .filter(|m| m["kind"] == "line")
        .collect();
    assert_eq!(lines, api.lines(&id).await);
}

#[tokio::test]
async fn a_pause_is_seen_live() {
    let scratch = Scratch::new(Setting::Embedded).await;
    let server = scratch.up(&["--pace", "0"]).await;
    let (api, world) = (server.api().await, scratch.world.name.as_str());
    let mut stream = Events::open(&api.base, "", None).await;
    api.post(&format!("/api/worlds/{world}/pause"))
        .await
        .expect(200);
    api.post(&format!("/api/worlds/{world}/resume"))
        .await
        .expect(200);
    for (kind, paused) in [("world.paused", true), ("world.resumed", false)] {
        let event = stream.next().await.unwrap();
        assert_eq!(event.kind, kind);
        assert_eq!(event.data, json!({ "world": world, "paused": paused }));
    }
}

fn count(events: &[Event], what: &str) -> usize {
    events
        .iter()
        .filter(|event| event.kind == format!("conversation.{what}"))
        .count()
}

fn said(events: &[Event]) -> Vec<Value> {
    events
        .iter()
        .filter(|event| event.kind == "message")
        .map(|event| event.data.clone())
        .collect()
}

fn sorted(mut messages: Vec<Value>) -> Vec<Value> {
    messages.sort_by_key(|message| message["id"].as_str().unwrap().to_owned());
    messages
}

/// An event's id as numbers, which order as the ids do.
fn cursor(id: &str) -> (i64, i64) {
    let (major, minor) = id.split_once('-').unwrap();
    let number = |part| i64::from_str_radix(part, 16).unwrap();
    (number(major), number(minor))
}
