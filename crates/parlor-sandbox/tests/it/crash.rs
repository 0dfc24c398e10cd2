//! A crash between any two instructions loses nothing and repeats nothing.

use parlor_bus::EmbeddedBus;
use parlor_model::{Clock, SystemClock};
use parlor_ports::bus::Bus;
use parlor_ports::store::{Store, Upkeep};
use parlor_sandbox::node::whole_cast;
use parlor_sandbox::{Counts, Node, NodeOptions, Openings, Scenario, load};
use parlor_store_sqlite::{SqliteOptions, SqliteStore};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

const PATIENCE: Duration = Duration::from_secs(60);

async fn open(path: &Path) -> (Arc<dyn Store>, Arc<dyn Clock>) {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = SqliteStore::open(SqliteOptions::file(path), clock.clone())
        .await
        .unwrap();
    store.migrate().await.unwrap();
    (Arc::new(store), clock)
}

/// A node with everything in it, as `parlor up` is.
async fn node(
    scenario: &Scenario,
    store: &Arc<dyn Store>,
    clock: &Arc<dyn Clock>,
) -> (Node, Arc<dyn Bus>) {
    let bus: Arc<dyn Bus> = Arc::new(EmbeddedBus::new(store.clone(), clock.clone()));
    let world = scenario.world().unwrap();
    let acts_for = whole_cast(&world);
    let node = Node::start(NodeOptions {
        world,
        pace: Duration::ZERO,
        store: store.clone(),
        bus: bus.clone(),
        clock: clock.clone(),
        acts_for,
        sweeps: true,
    });
    (node.await.unwrap(), bus)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_load_comes_to_its_end_and_every_line_is_stored_once() {
    let dir = tempfile::tempdir().unwrap();
    let (store, clock) = open(&dir.path().join("parlor.db")).await;
    let scenario = Scenario::bundled("friends")
        .unwrap()
        .without("gossip")
        .without("aside");
    let (node, bus) = node(&scenario, &store, &clock).await;
    let world = scenario.world().unwrap().name.clone();
    let production = node.stage().production(&world).unwrap();
    let engine = &production.engine;
    let openings = Openings::write(engine, &*store, &*clock, 20, Uuid::from_u128(1), false)
        .await
        .unwrap();
    openings.release(&*bus).await.unwrap();
    load::until_closed(&*store, &world, Duration::from_millis(5), PATIENCE)
        .await
        .unwrap();
    let counts = load::count(&*store, &world).await.unwrap();
    let expected = Counts {
        conversations: 20,
        lines: 200,
        lines_counted: 200,
        ..Counts::default()
    };
    assert_eq!(counts, expected);
    node.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_crash_one_after_the_other_lose_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("parlor.db");
    let scenario = Scenario::bundled("friends").unwrap();
    let world = scenario.world().unwrap().name.clone();
    for crash in 0..5u128 {
        let (store, clock) = open(&path).await;
        let (node, bus) = node(&scenario, &store, &clock).await;
        let production = node.stage().production(&world).unwrap();
        let engine = &production.engine;
        let openings = Openings::write(engine, &*store, &*clock, 40, Uuid::from_u128(crash), false)
            .await
            .unwrap();
        let mut commits = store.commits();
        openings.release(&*bus).await.unwrap();
        for _ in 0..3 {
            tokio::time::timeout(PATIENCE, commits.changed())
                .await
                .unwrap()
                .unwrap();
        }
        node.crash();
        store.close().await;
    }
    let (store, clock) = open(&path).await;
    let (node, _bus) = node(&scenario, &store, &clock).await;
    load::until_closed(&*store, &world, Duration::from_millis(20), PATIENCE)
        .await
        .unwrap();
    load::until_sent(&*store, &world, PATIENCE).await.unwrap();
    let counts = load::count(&*store, &world).await.unwrap();
    load::check(&counts).unwrap();
    assert!(counts.conversations >= 200, "{counts:?}");
    node.stop().await.unwrap();
}
