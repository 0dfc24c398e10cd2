//! Bots as somebody meets them who starts and kills them.

use parlor_blackbox::{Api, Plain, SOON, Scratch, Setting, TestWorld, until, within};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Mutex;

/// Everybody who is in the directory, by name.
async fn directory(api: &Api) -> Vec<Value> {
    api.all("/api/directory?limit=200", "cursor").await
}

async fn names(api: &Api) -> BTreeSet<String> {
    let bots = directory(api).await;
    let name = |bot: &Value| bot["name"].as_str().unwrap().to_owned();
    bots.iter().map(name).collect()
}

async fn until_count(api: &Api, count: usize) -> BTreeSet<String> {
    within(SOON, &format!("{count} bots are there"), || async {
        let names = names(api).await;
        (names.len() == count).then_some(names)
    })
    .await
}

/// Waits until each of these has said something.
async fn until_all_spoke(api: &Api, world: &str, who: &BTreeSet<String>) {
    let spoke = Mutex::new(BTreeSet::new());
    until("everybody says something", || async {
        let path = format!("/api/worlds/{world}/messages?limit=200");
        let said = api.get(&path).await.expect(200);
        let lines = said["items"].as_array().unwrap().iter();
        let speakers = lines.map(|line| line["from"].as_str().unwrap().to_owned());
        let mut spoke = spoke.lock().unwrap();
        spoke.extend(speakers);
        who.is_subset(&spoke)
    })
    .await;
}

#[tokio::test]
async fn bots_name_themselves_find_each_other_and_talk_rc2_rc3_rc23_rc24() {
    let scratch = Scratch::bundled(Setting::Embedded, TestWorld::bundled("chatter")).await;
    let mut server = scratch.launch(&["--pace", "10ms"]);
    server.ready().await;
    let api = server.api().await;
    let there = until_count(&api, 20).await;
    for name in &there {
        let (letters, digits) = name.split_at(3);
        assert!(letters.bytes().all(|b| b.is_ascii_lowercase()), "{name}");
        assert!(digits.parse::<u16>().is_ok() && digits.len() == 3, "{name}");
    }
    for bot in directory(&api).await {
        assert_eq!(
            bot["inbox"],
            format!("chatter.{}", bot["name"].as_str().unwrap())
        );
        assert_eq!(
            (&bot["dialect"], &bot["foreign"]),
            (&"gibberish".into(), &false.into())
        );
        assert!(bot["since"].as_str() <= bot["lastSeen"].as_str(), "{bot}");
    }
    until_all_spoke(&api, "chatter", &there).await;
    let busy = directory(&api).await;
    let busy = busy.iter().filter(|bot| bot["busy"].as_u64() > Some(0));
    assert!(busy.count() > 0);
    until("somebody has had enough", || async {
        let page = api
            .get("/api/conversations?status=CLOSED")
            .await
            .expect(200);
        !page["items"].as_array().unwrap().is_empty()
    })
    .await;
    let inboxes = api.all("/api/bus/inboxes?limit=200", "cursor").await;
    assert_eq!(inboxes.len(), 20);
    assert!(
        inboxes.iter().all(|inbox| inbox["consumers"] == 1),
        "{inboxes:?}"
    );
    let (status, _) = server.terminate().await;
    assert!(status.success());
}

#[tokio::test]
async fn bots_come_and_are_killed_in_any_number_of_processes_rc21() {
    let scratch = Scratch::of_bots(Setting::Shared, "queue = \"{world}.{slug}\"").await;
    let world = scratch.world.name.clone();
    let server = scratch.up(&["--bots", "3"]).await;
    let api = server.api().await;
    let first = until_count(&api, 3).await;
    let mut one = scratch.role("bot", &["--count", "4"]).await;
    let mut two = scratch
        .role("bot", &["--count", "2", "--dialect", "plain"])
        .await;
    let all = until_count(&api, 9).await;
    let plain = directory(&api).await;
    let plain = plain.iter().filter(|bot| bot["dialect"] == "plain");
    assert_eq!(plain.count(), 2);
    until_all_spoke(&api, &world, &all).await;

    // One is killed: its bots are gone when their lease ends, with their queues and conversations.
    one.kill();
    let left = until_count(&api, 5).await;
    assert!(first.is_subset(&left));
    let broker = Plain::connect(scratch.amqp()).await;
    for name in all.difference(&left) {
        until(&format!("the queue of {name} goes"), || async {
            broker.depth(&scratch.world.queue(name)).await.is_none()
        })
        .await;
        until(&format!("nobody waits for {name}"), || async {
            let path = format!("/api/conversations?status=ACTIVE&participant={name}");
            let page = api.get(&path).await.expect(200);
            page["items"].as_array().unwrap().is_empty()
        })
        .await;
    }

    // One ends as asked: its bots take their leave at once.
    let (status, _) = two.terminate().await;
    assert!(status.success());
    assert_eq!(until_count(&api, 3).await, first);

    // Those who stay go on, and whoever comes later is found.
    let _three = scratch
        .role("bot", &["--name", "abc123", "--name", "def456"])
        .await;
    let now = until_count(&api, 5).await;
    assert!(now.contains("abc123") && now.contains("def456"));
    until_all_spoke(&api, &world, &now).await;
    let dead = api
        .get(&format!("/api/dead-letters?world={world}"))
        .await
        .expect(200);
    assert_eq!(dead["items"], serde_json::json!([]));
}

#[tokio::test]
async fn a_bot_role_says_what_it_can_not_be() {
    let scratch = Scratch::of_bots(Setting::Shared, "").await;
    let run = async |args: &[&str]| {
        let mut all = vec![
            "run",
            "bot",
            "--world",
            &scratch.world.source,
            "--listen=127.0.0.1:0",
        ];
        all.extend(args);
        scratch.parlor(&all).await
    };
    for (args, says) in [
        (vec!["--dialect", "klingon"], "it has: gibberish, plain"),
        (vec!["--name", "Not One"], "is not a slug"),
        (
            vec!["--name", "a1", "--name", "b2", "--count", "1"],
            "2 names for 1 bots",
        ),
    ] {
        let refused = run(&args).await;
        assert_eq!(refused.code, Some(2), "{}", refused.err);
        assert!(refused.err.contains(says), "{}", refused.err);
    }
    let friends = scratch
        .parlor(&["run", "bot", "--world", "friends", "--listen=127.0.0.1:0"])
        .await;
    assert!(friends.err.contains("[mechanics.bots]"), "{}", friends.err);
}
