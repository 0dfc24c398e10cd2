//! A character as a service of its own.

use crate::orders;
use parlor_blackbox::{Scratch, Server, Setting};
use serde_json::{Value, json};

#[tokio::test]
async fn each_character_is_a_service_that_starts_a_talk_itself_fr3_fr5() {
    let scratch = Scratch::with_gossip(Setting::Shared, 0.0).await;
    let gateway = scratch.role("gateway", &[]).await;
    let _relay = scratch.role("relay", &[]).await;
    let mut roles: Vec<(&str, Server)> = Vec::new();
    for who in scratch.world.cast() {
        roles.push((
            who,
            scratch
                .role("character", &["--name", who, "--pace", "0"])
                .await,
        ));
    }
    let api = gateway.api().await;
    for (who, role) in &roles {
        let own = role.api().await;
        assert_eq!(own.get("/health").await.expect(200)["role"], "character");
        assert_eq!(own.get("/ready").await.expect(200)["status"], "ready");
        let started = own.get("/start-convo-bro").await.expect(202);
        assert_eq!(started["status"], "started");
        let id = started["conversationId"].as_str().unwrap();
        let closed = api.closed(id).await;
        assert_eq!(closed["participants"], json!([who, started["with"]]));
        let lines = api.lines(id).await;
        assert_eq!(
            (orders(&lines), &lines[0]["from"]),
            ((1..=10).collect(), &json!(who))
        );
        let metrics = own.get("/metrics").await.text;
        assert!(
            metrics.lines().any(|line| line.starts_with("parlor_")),
            "{metrics}"
        );
        assert_eq!(own.get("/api/worlds").await.status, 404, "it is no gateway");
    }
}

#[tokio::test]
async fn a_role_for_nobody_in_the_cast_is_refused() {
    let scratch = Scratch::new(Setting::Shared).await;
    let args = [
        "run",
        "character",
        "--world",
        &scratch.world.source,
        "--name",
        "Gunther",
        "--listen=127.0.0.1:0",
    ];
    let refused = scratch.parlor(&args).await;
    assert_eq!(refused.code, Some(2));
    assert!(
        refused.err.contains("no character 'Gunther'"),
        "{}",
        refused.err
    );
    assert!(
        refused.err.contains("Ross, Rachel, Joey, Chandler"),
        "{}",
        refused.err
    );
}

#[tokio::test]
async fn two_processes_may_act_for_the_same_character() {
    let scratch = Scratch::with_gossip(Setting::Shared, 0.0).await;
    let gateway = scratch.role("gateway", &[]).await;
    let mut casts = Vec::new();
    for _ in 0..2 {
        casts.push(scratch.role("character", &["--pace", "0"]).await);
    }
    let (api, world) = (gateway.api().await, scratch.world.name.as_str());
    let mut ids = Vec::new();
    for _ in 0..20 {
        ids.push(api.start(world, &json!({})).await);
    }
    for id in &ids {
        let closed: Value = api.closed(id).await;
        assert_eq!(closed["exchanges"], 10);
        assert_eq!(orders(&api.lines(id).await), (1..=10).collect::<Vec<_>>());
    }
}
