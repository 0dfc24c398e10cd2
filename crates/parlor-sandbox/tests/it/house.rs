//! A store in a directory of its own, and nodes on it whose dialect `model` is the test's.

use parlor_bus::EmbeddedBus;
use parlor_engine::Engine;
use parlor_model::{
    Clock, ConversationId, ConversationStatus, Message, MessageKind, SystemClock, World,
};
use parlor_ports::bus::Bus;
use parlor_ports::dialect::Dialect;
use parlor_ports::director::StartRequest;
use parlor_ports::store::{After, Store, Upkeep};
use parlor_roles::Production;
use parlor_sandbox::node::whole_cast;
use parlor_sandbox::scenario::production;
use parlor_sandbox::{Node, NodeOptions, Scenario};
use parlor_store_sqlite::{SqliteOptions, SqliteStore};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use uuid::Uuid;

pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(5);

pub(crate) struct House {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) world: Arc<World>,
    clock: Arc<dyn Clock>,
    model: Arc<dyn Dialect>,
    _dir: TempDir,
}

impl House {
    pub(crate) async fn new(scenario: Scenario, model: Arc<dyn Dialect>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let file = SqliteOptions::file(dir.path().join("parlor.db"));
        let store = SqliteStore::open(file, clock.clone()).await.unwrap();
        store.migrate().await.unwrap();
        Self {
            store: Arc::new(store),
            world: scenario.world().unwrap(),
            clock,
            model,
            _dir: dir,
        }
    }

    /// The world with the test's model, without pauses.
    pub(crate) fn production(&self) -> Production {
        let Production { engine, mut voices } = production(&self.world, Duration::ZERO).unwrap();
        voices.insert("model".to_owned(), self.model.clone());
        Production { engine, voices }
    }

    /// A server with everything in it, on a bus of its own.
    pub(crate) async fn start(&self) -> Node {
        let bus: Arc<dyn Bus> = Arc::new(EmbeddedBus::new(self.store.clone(), self.clock.clone()));
        let options = NodeOptions {
            world: self.world.clone(),
            pace: Duration::ZERO,
            store: self.store.clone(),
            bus,
            clock: self.clock.clone(),
            acts_for: whole_cast(&self.world),
            sweeps: true,
        };
        Node::start_with(options, self.production()).await.unwrap()
    }

    /// Starts a conversation.
    pub(crate) async fn talk(
        &self,
        node: &Node,
        from: &str,
        to: &str,
        key: u128,
    ) -> ConversationId {
        let request = StartRequest {
            key: Uuid::from_u128(key),
            from: Some(from.to_owned()),
            to: Some(to.to_owned()),
            ..StartRequest::default()
        };
        let started = node.director().start(&self.world.name, request).await;
        started.unwrap().conversation.id
    }

    /// The lines of a conversation, in their order.
    pub(crate) async fn lines(&self, talk: ConversationId) -> Vec<Message> {
        let page = self.store.messages(talk, After::Start, 200).await.unwrap();
        let lines = page.items.into_iter();
        lines.filter(|m| m.kind == MessageKind::Line).collect()
    }

    pub(crate) async fn until_ended(&self, talk: ConversationId) {
        let started = Instant::now();
        loop {
            let found = self.store.conversation(talk).await.unwrap();
            if found.is_some_and(|c| c.status == ConversationStatus::Closed) {
                return;
            }
            assert!(started.elapsed() < PATIENCE, "{talk} does not end");
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    pub(crate) async fn until(&self, holds: impl Fn() -> bool) {
        let started = Instant::now();
        while !holds() {
            assert!(started.elapsed() < PATIENCE, "it does not come about");
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// The rules alone.
    pub(crate) fn engine(&self) -> Engine {
        self.production().engine
    }

    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }
}
