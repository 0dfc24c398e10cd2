//! Backups: made while a server runs, put back elsewhere, and compared.

use crate::orders;
use parlor_blackbox::{Ended, Ledger, Scratch, Server, Setting, command, ended, until};
use serde_json::json;
use std::path::Path;

/// Runs the binary with the settings of `scratch`, and whatever PostgreSQL's programs need.
async fn parlor(scratch: &Scratch, args: &[&str]) -> Ended {
    let mut command = command(&scratch.dir());
    let path = std::env::var_os("PATH").unwrap_or_default();
    command.args(args).args(scratch.flags()).env("PATH", path);
    ended(command).await
}

/// All that was said, a line each, in an order that does not depend on the store.
async fn said(scratch: &Scratch) -> Vec<String> {
    let export = parlor(scratch, &["export", "--world", &scratch.world.name]).await;
    let mut lines: Vec<_> = export.well().lines().map(str::to_owned).collect();
    lines.sort_unstable();
    lines
}

/// A place of its own with the same world, for what is restored.
async fn elsewhere(from: &Scratch) -> Scratch {
    let mut other = Scratch::new(from.setting).await;
    other.world = from.world.clone();
    other
}

async fn until_over(scratch: &Scratch) {
    until("everything is over", || async {
        scratch.is_over().await.unwrap_or_default()
    })
    .await;
}

async fn a_backup_is_what_was_there(setting: Setting) {
    let scratch = Scratch::new(setting).await;
    let server = scratch.up(&["--pace=0", "--quiet"]).await;
    let api = server.api().await;
    for _ in 0..5 {
        let id = api.start(&scratch.world.name, &json!({})).await;
        api.closed(&id).await;
    }
    until_over(&scratch).await;
    let file = scratch.dir().join("one.backup");
    let file = file.to_str().unwrap();
    let _ = parlor(&scratch, &["backup", file]).await.well();
    let again = parlor(&scratch, &["backup", file]).await;
    assert_eq!(again.code, Some(2), "a backup is not written over");
    let before = said(&scratch).await;
    assert!(before.len() >= 50);
    // What is said later is not in it.
    let id = api.start(&scratch.world.name, &json!({})).await;
    api.closed(&id).await;

    let other = elsewhere(&scratch).await;
    let restore = ["restore", file, "--world", &scratch.world.source];
    let _ = parlor(&other, &restore).await.well();
    assert_eq!(said(&other).await, before);
    let twice = parlor(&other, &restore).await;
    assert_eq!(twice.code, Some(2), "nothing is forgotten unasked");
    assert!(twice.err.contains("--replace"), "{}", twice.err);
    let mut replace = restore.to_vec();
    replace.push("--replace");
    let _ = parlor(&other, &replace).await.well();
    assert_eq!(said(&other).await, before);
}

#[tokio::test]
async fn a_backup_of_sqlite_is_what_was_there() {
    a_backup_is_what_was_there(Setting::Embedded).await;
}

#[tokio::test]
async fn a_backup_of_postgresql_is_what_was_there() {
    a_backup_is_what_was_there(Setting::Shared).await;
}

/// Starts conversations slowly, backs up in the middle of them, and lets a new server take the backup up.
async fn what_was_going_on_goes_on(setting: Setting) {
    let scratch = Scratch::new(setting).await;
    let mut server = scratch.up(&["--pace=200ms", "--quiet"]).await;
    let api = server.api().await;
    let mut ids = Vec::new();
    for _ in 0..8 {
        ids.push(api.start(&scratch.world.name, &json!({})).await);
    }
    until("they are in the middle of it", || async {
        let first = api.lines(&ids[0]).await;
        first.len() >= 3
    })
    .await;
    let file = scratch.dir().join("middle.backup");
    let file = file.to_str().unwrap();
    let _ = parlor(&scratch, &["backup", file]).await.well();
    server.kill();

    let other = elsewhere(&scratch).await;
    let restore = ["restore", file, "--world", &scratch.world.source];
    let _ = parlor(&other, &restore).await.well();
    let open = other
        .ledger()
        .await
        .talks
        .values()
        .filter(|t| !t.closed)
        .count();
    assert!(open > 0, "it was made in the middle of something");
    let server: Server = other.up(&["--pace=0", "--quiet"]).await;
    until_over(&other).await;
    let api = server.api().await;
    for id in &ids {
        assert_eq!(orders(&api.lines(id).await), (1..=10).collect::<Vec<_>>());
    }
    let tally = other.ledger().await.tally();
    assert_eq!((tally.duplicates, tally.gaps, tally.open), (0, 0, 0));
}

#[tokio::test]
async fn conversations_of_a_restored_sqlite_go_on() {
    what_was_going_on_goes_on(Setting::Embedded).await;
}

#[tokio::test]
async fn conversations_of_a_restored_postgresql_go_on_on_a_bus_of_another_moment() {
    what_was_going_on_goes_on(Setting::Shared).await;
}

#[tokio::test]
async fn what_is_no_backup_is_not_put_anywhere() {
    let scratch = Scratch::new(Setting::Embedded).await;
    let file = scratch.dir().join("strange.backup");
    std::fs::write(&file, b"SQLite format 3\0 and then nothing of the kind").unwrap();
    let refused = parlor(
        &scratch,
        &[
            "restore",
            file.to_str().unwrap(),
            "--world",
            &scratch.world.source,
        ],
    )
    .await;
    assert_eq!(refused.code, Some(2), "{}", refused.out);
    assert!(refused.err.contains("no backup"), "{}", refused.err);
    assert!(!database(&scratch).exists());
}

#[tokio::test]
async fn nothing_is_restored_under_a_running_server() {
    let scratch = Scratch::new(Setting::Embedded).await;
    let server = scratch.up(&["--pace=0", "--quiet"]).await;
    let file = scratch.dir().join("one.backup");
    let file = file.to_str().unwrap();
    let _ = parlor(&scratch, &["backup", file]).await.well();
    let refused = parlor(
        &scratch,
        &[
            "restore",
            file,
            "--replace",
            "--world",
            &scratch.world.source,
        ],
    )
    .await;
    assert_eq!(refused.code, Some(2));
    assert!(refused.err.contains("stop it"), "{}", refused.err);
    drop(server);
    let ledger = Ledger::of_sqlite(&database(&scratch)).unwrap();
    assert!(ledger.talks.is_empty());
}

fn database(scratch: &Scratch) -> std::path::PathBuf {
    Path::new(&scratch.dir()).join("data").join("parlor.db")
}
