//! Commands beside a running server, and what a server refuses.

use crate::ross_to_rachel;
use parlor_blackbox::{Scratch, Setting, command, ended, until, within};
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn a_second_process_may_use_the_directory_of_a_running_server() {
    let scratch = Scratch::new(Setting::Embedded).await;
    let server = scratch.up(&["--pace", "0"]).await;
    let (api, world) = (server.api().await, scratch.world.name.as_str());
    let id = api.start(world, &ross_to_rachel()).await;
    api.closed(&id).await;
    api.quiet(world).await;
    let talk = scratch.parlor(&["export", &id]).await.json_lines();
    assert_eq!(
        talk,
        api.messages(&id).await,
        "the same messages in the same shape"
    );
    let whole = scratch
        .parlor(&["export", "--world", world])
        .await
        .json_lines();
    let stored = api
        .all(&format!("/api/worlds/{world}/messages?limit=200"), "cursor")
        .await;
    assert_eq!(whole.len(), stored.len());
    let markdown = scratch
        .parlor(&["export", &id, "--format", "markdown"])
        .await
        .well();
    assert!(markdown.starts_with("## Ross and Rachel"), "{markdown}");
    assert_eq!(markdown.matches("**Rachel:**").count(), 5, "{markdown}");
    let letters = scratch
        .parlor(&["dead-letters", "list", "--world", &scratch.world.source])
        .await;
    assert_eq!(letters.well(), "none\n");
    let url = format!("--url={}", api.base);
    let doctor = scratch
        .parlor(&["doctor", "--world", &scratch.world.source, &url])
        .await
        .well();
    assert!(!doctor.contains("FAIL"), "{doctor}");
}

#[tokio::test]
async fn a_second_server_on_the_same_directory_is_refused() {
    let scratch = Scratch::new(Setting::Embedded).await;
    let server = scratch.up(&["--pace", "0"]).await;
    let second = scratch
        .parlor(&["up", &scratch.world.source, "--listen=127.0.0.1:0"])
        .await;
    assert_eq!(second.code, Some(2));
    assert!(
        second
            .err
            .contains("another server uses the data directory"),
        "{}",
        second.err
    );
    let taken = server.address().await.replace("http://", "--listen=");
    let mut elsewhere = command(&scratch.dir());
    elsewhere.args(["up", &scratch.world.source, &taken, "--data-dir=elsewhere"]);
    let third = ended(elsewhere).await;
    assert_eq!(third.code, Some(2));
    assert!(third.err.contains("can't listen on"), "{}", third.err);
}

#[tokio::test]
async fn watch_prints_so_many_messages_and_ends() {
    let scratch = Scratch::new(Setting::Embedded).await;
    let server = scratch.up(&["--pace", "0"]).await;
    let api = server.api().await;
    let mut watch = command(&scratch.dir());
    watch.args([
        "watch",
        "--format",
        "jsonl",
        "--count",
        "5",
        "--world",
        &scratch.world.name,
    ]);
    watch.arg(format!("--url={}", api.base));
    let watching = tokio::spawn(ended(watch));
    // It shows what happens from now on; so something happens until it has seen enough.
    until("watch has seen enough", || async {
        api.start(&scratch.world.name, &json!({})).await;
        watching.is_finished()
    })
    .await;
    let messages = watching.await.unwrap().json_lines();
    assert_eq!(messages.len(), 5);
    let id = messages[0]["conversationId"].as_str().unwrap();
    assert!(
        api.messages(id).await.contains(&messages[0]),
        "the shape is that of the API"
    );
}

#[tokio::test]
async fn watch_says_so_when_no_server_answers() {
    let scratch = Scratch::new(Setting::Embedded).await;
    let watch = scratch
        .parlor(&["watch", "--url", "http://127.0.0.1:9"])
        .await;
    assert_eq!(watch.code, Some(2));
    assert!(
        watch.err.contains("start one with `parlor up`"),
        "{}",
        watch.err
    );
}

#[tokio::test]
async fn doctor_finds_what_is_missing_and_says_the_remedy() {
    let scratch = Scratch::new(Setting::Shared).await;
    let world = scratch.world.source.as_str();
    let before = scratch
        .parlor(&[
            "doctor",
            "--world",
            world,
            "--url",
            "http://127.0.0.1:9",
            "--json",
        ])
        .await;
    assert_eq!(before.code, Some(1), "{}", before.err);
    let findings: Vec<Value> = serde_json::from_str(&before.out).unwrap();
    let finding = |check: &str| findings.iter().find(|f| f["check"] == check).unwrap();
    for check in ["migrations", "inboxes", "consumers", "gateway"] {
        assert_eq!(finding(check)["ok"], false, "{check}: {}", before.out);
        assert_ne!(finding(check)["remedy"], "", "{check}");
    }
    for check in ["bus", "store", "cache"] {
        assert_eq!(finding(check)["ok"], true, "{check}: {}", before.out);
    }
    let server = scratch.up(&["--pace", "0"]).await;
    let url = format!("--url={}", server.address().await);
    until("doctor is content", || async {
        scratch
            .parlor(&["doctor", "--world", world, &url])
            .await
            .code
            == Some(0)
    })
    .await;
}

#[tokio::test]
async fn doctor_names_a_broker_and_a_database_that_are_away() {
    let scratch = Scratch::new(Setting::Embedded).await;
    let mut doctor = command(&scratch.dir());
    doctor.args([
        "doctor",
        "--bus=amqp://127.0.0.1:9",
        "--store=postgres://u:secret@127.0.0.1:9/x",
    ]);
    let found = ended(doctor).await;
    assert_eq!(found.code, Some(1), "{}{}", found.out, found.err);
    assert!(found.out.contains("FAIL store"), "{}", found.out);
    assert!(
        !format!("{}{}", found.out, found.err).contains("secret"),
        "{}",
        found.out
    );
    let mut doctor = command(&scratch.dir());
    doctor.args(["doctor", "--bus=amqp://127.0.0.1:9", "--data-dir=data"]);
    let found = ended(doctor).await;
    assert_eq!(found.code, Some(1), "{}{}", found.out, found.err);
    assert!(found.out.contains("FAIL bus"), "{}", found.out);
}

#[tokio::test]
async fn no_migrate_refuses_a_fresh_database_and_takes_a_migrated_one() {
    for setting in [Setting::Embedded, Setting::Shared] {
        let scratch = Scratch::new(setting).await;
        let up = [
            "up",
            &scratch.world.source,
            "--no-migrate",
            "--listen=127.0.0.1:0",
        ];
        let refused = scratch.parlor(&up).await;
        assert_eq!(refused.code, Some(2), "{}", refused.err);
        assert!(refused.err.contains("migration"), "{}", refused.err);
        drop(scratch.up(&[]).await);
        let server = scratch.up(&["--no-migrate"]).await;
        server.api().await.get("/ready").await.expect(200);
    }
}

#[tokio::test]
async fn a_process_per_role_on_the_embedded_default_is_refused_with_the_remedy() {
    let scratch = Scratch::new(Setting::Embedded).await;
    let split = scratch
        .parlor(&["up", "--split", "--listen=127.0.0.1:0"])
        .await;
    assert_eq!(split.code, Some(2));
    for part in ["--bus amqp://", "--store postgres://", "embedded", "sqlite"] {
        assert!(split.err.contains(part), "no '{part}' in: {}", split.err);
    }
}

#[tokio::test]
async fn a_server_without_its_database_or_broker_ends_with_the_reason() {
    let scratch = Scratch::new(Setting::Embedded).await;
    for (flag, part) in [
        ("--store=postgres://u:secret@127.0.0.1:9/x", "127.0.0.1:9"),
        ("--bus=amqp://u:secret@127.0.0.1:9", "127.0.0.1:9"),
        ("--store=mysql://h", "store 'mysql://h' is not known"),
        ("--bus=kafka://h", "Kafka"),
    ] {
        let mut up = command(&scratch.dir());
        up.args(["up", "--listen=127.0.0.1:0", "--data-dir=data", flag]);
        let finished = tokio::time::timeout(Duration::from_secs(60), ended(up)).await;
        let refused = finished.unwrap_or_else(|_| panic!("{flag}: it neither runs nor ends"));
        assert_eq!(refused.code, Some(2), "{flag}: {}", refused.err);
        assert!(refused.err.contains(part), "{flag}: {}", refused.err);
        assert!(!refused.err.contains("secret"), "{flag}: {}", refused.err);
    }
}

#[tokio::test]
async fn a_world_that_always_talks_starts_by_itself_and_goes_on() {
    let scratch = Scratch::with_gossip(Setting::Embedded, 0.0).await;
    let text = std::fs::read_to_string(&scratch.world.source).unwrap();
    std::fs::write(
        &scratch.world.source,
        text.replace("start = \"http\"", "start = \"always\""),
    )
    .unwrap();
    let server = scratch.launch(&["--pace", "0"]);
    let api = server.api().await;
    let path = format!(
        "/api/worlds/{}/conversations?kind=duet&status=CLOSED",
        scratch.world.name
    );
    within(
        Duration::from_secs(30),
        "a second conversation after the first",
        || async {
            let list = api.get(&path).await.expect(200);
            (list["items"].as_array().unwrap().len() >= 2).then_some(())
        },
    )
    .await;
}
