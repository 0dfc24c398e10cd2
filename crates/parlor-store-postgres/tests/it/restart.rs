//! A server that is restarted under load: on an instance of its own, so that nobody else notices.

use crate::fixture::{conversation, message_id, open, say};
use parlor_model::SystemClock;
use parlor_ports::store::{After, Library, Outcome, StepStore, Upkeep};
use parlor_store_postgres::{PostgresOptions, PostgresStore};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;
use tokio::time::{Instant, timeout};

const WRITERS: u32 = 4;
const DEADLINE: Duration = Duration::from_secs(60);

/// A PostgreSQL that only this test uses; gone with it.
struct PrivateServer {
    instance: String,
}

impl PrivateServer {
    fn start() -> Self {
        let server = Self {
            instance: format!("pgstore{}", std::process::id()),
        };
        server.services(&["up", "postgres"]);
        server
    }

    fn services(&self, arguments: &[&str]) -> String {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/services");
        let output = Command::new(script)
            .args(arguments)
            .env("PARLOR_SERVICES_INSTANCE", &self.instance)
            .output()
            .expect("tests/services can be run");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "tests/services {arguments:?}: {said}"
        );
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}

impl Drop for PrivateServer {
    fn drop(&mut self) {
        self.services(&["down", "postgres"]);
    }
}

/// Writes lines until told to stop, each one until the store says that it is there; gives how many.
async fn write(store: PostgresStore, n: u32, stop: Arc<AtomicBool>, lines: Arc<AtomicU32>) -> u32 {
    let talk = conversation(n);
    let mut order = 0;
    let mut opened = false;
    let mut tick = tokio::time::interval(Duration::from_millis(5));
    while !stop.load(Ordering::Relaxed) {
        let step = if opened {
            say(&talk, order + 1)
        } else {
            open(&talk)
        };
        match store.commit(vec![step]).await {
            // Stale: the answer to the same commit was lost, not the commit.
            Ok(outcomes) => {
                assert!(matches!(outcomes[..], [Outcome::Applied | Outcome::Stale]));
                order += u32::from(opened);
                opened = true;
                lines.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) => {
                assert!(error.is_retryable(), "a restart passes: {error}");
                tick.tick().await;
            }
        }
    }
    order
}

async fn wait_for(lines: &AtomicU32, count: u32) {
    let deadline = Instant::now() + DEADLINE;
    let mut tick = tokio::time::interval(Duration::from_millis(5));
    while lines.load(Ordering::Relaxed) < count {
        assert!(
            Instant::now() < deadline,
            "{} lines of {count}",
            lines.load(Ordering::Relaxed)
        );
        tick.tick().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_doubled_when_postgres_restarts_or_crashes() {
    let server = PrivateServer::start();
    let url = server.services(&["url", "postgres"]);
    let options = PostgresOptions::default();
    let store = PostgresStore::connect(&url, options, Arc::new(SystemClock))
        .await
        .unwrap();
    store.migrate().await.unwrap();
    let (stop, lines) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicU32::new(0)),
    );
    let writers: Vec<_> = (1..=WRITERS)
        .map(|n| {
            tokio::spawn(write(
                store.clone(),
                n,
                Arc::clone(&stop),
                Arc::clone(&lines),
            ))
        })
        .collect();

    for arguments in [
        &["restart", "postgres"][..],
        &["restart", "--kill", "postgres"],
    ] {
        wait_for(&lines, lines.load(Ordering::Relaxed) + 100).await;
        tokio::task::block_in_place(|| server.services(arguments));
    }
    wait_for(&lines, lines.load(Ordering::Relaxed) + 100).await;
    stop.store(true, Ordering::Relaxed);

    for (n, writer) in (1..).zip(writers) {
        let committed = timeout(DEADLINE, writer)
            .await
            .expect("every writer ends")
            .unwrap();
        let talk = conversation(n);
        let stored = store
            .messages(talk.id, After::Start, u32::MAX)
            .await
            .unwrap()
            .items;
        let expected: Vec<_> = (1..=committed)
            .map(|order| message_id(&talk, order))
            .collect();
        assert_eq!(
            stored.iter().map(|m| m.id).collect::<Vec<_>>(),
            expected,
            "writer {n}"
        );
        println!("writer {n}: {committed} committed, {} stored", stored.len());
    }
    store.close().await;
}
