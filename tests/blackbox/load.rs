//! `parlor load`, on a server of this machine.

use parlor_blackbox::{Scratch, Setting, command, ended};
use serde_json::Value;

#[tokio::test]
async fn a_load_says_what_was_reached_and_what_was_not() {
    let scratch = Scratch::with_gossip(Setting::Embedded, 0.0).await;
    let server = scratch.up(&["--pace=0", "--quiet"]).await;
    let url = server.address().await;
    let mut load = command(&scratch.dir());
    load.args(["load", "--json", "--url", &url, "--world"])
        .args([&scratch.world.name, "--conversations=40", "--rate=100"])
        .args(["--readers=3"]);
    let report: Value = serde_json::from_str(&ended(load).await.well()).unwrap();
    assert_eq!(report["started"], 40);
    assert_eq!(report["ended"], 40);
    assert_eq!(report["failures"], serde_json::json!({}));
    let messages = report["messages"].as_u64().unwrap();
    assert!(messages >= 400, "{report}");
    assert!(
        report["events"].as_u64().unwrap() >= 3 * messages,
        "{report}"
    );
    assert!(report["answerMs"]["p50"].as_f64().unwrap() > 0.0);
    let seconds = report["seconds"].as_f64().unwrap();
    assert!(seconds >= 0.39, "the rate is kept: {report}");
    assert_eq!(scratch.ledger().await.talks.len(), 40);
}

#[tokio::test]
async fn a_load_on_what_is_not_there_fails_and_says_so() {
    let scratch = Scratch::with_gossip(Setting::Embedded, 0.0).await;
    let server = scratch.up(&["--quiet"]).await;
    let url = server.address().await;
    let mut load = command(&scratch.dir());
    load.args(["load", "--json", "--url", &url, "--world=nowhere"])
        .args(["--conversations=3"]);
    let failed = ended(load).await;
    assert_ne!(failed.code, Some(0));
    assert!(
        failed.out.contains("404 unknown_world") || failed.err.contains("404"),
        "{}{}",
        failed.out,
        failed.err
    );
}

#[tokio::test]
async fn another_machine_is_not_loaded_unasked() {
    let scratch = Scratch::new(Setting::Embedded).await;
    let mut load = command(&scratch.dir());
    load.args(["load", "--url=http://parlor.invalid:8000"]);
    let refused = ended(load).await;
    assert_eq!(refused.code, Some(2));
    assert!(refused.err.contains("--yes-i-own-this"), "{}", refused.err);
}
