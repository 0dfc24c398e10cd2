//! A place for one test.

use crate::binary::{Ended, command, ended};
use crate::broker::Plain;
use crate::ledger::Ledger;
use crate::server::Server;
use crate::services::{Database, amqp_url, apart};
use crate::world::TestWorld;
use std::path::PathBuf;
use tempfile::TempDir;

/// What a server runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// The embedded default.
    Embedded,
    /// RabbitMQ and PostgreSQL, everything in one process.
    Shared,
    /// RabbitMQ and PostgreSQL, a process per role.
    Split,
}

/// A directory, a world, and for the shared settings a database and queue names that no other test
/// uses. All of it is removed when this is dropped.
#[derive(Debug)]
pub struct Scratch {
    dir: TempDir,
    /// The world.
    pub world: TestWorld,
    /// What its servers run on.
    pub setting: Setting,
    amqp: Option<String>,
    database: Option<Database>,
}

impl Scratch {
    /// A place with a world whose characters gossip now and then (0.1 per line heard).
    pub async fn new(setting: Setting) -> Self {
        Self::with_gossip(setting, 0.1).await
    }

    /// A place with a world whose characters gossip with this probability.
    pub async fn with_gossip(setting: Setting, gossip: f64) -> Self {
        let dir = directory();
        let world = TestWorld::write(dir.path(), gossip);
        Self::with(setting, dir, world).await
    }

    /// A place on these very servers, in roles, with a world whose characters gossip with this probability.
    #[must_use]
    pub fn with_gossip_on(bus: String, database: Database, gossip: f64) -> Self {
        let dir = directory();
        let world = TestWorld::write(dir.path(), gossip);
        Self {
            dir,
            world,
            setting: Setting::Split,
            amqp: Some(bus),
            database: Some(database),
        }
    }

    /// A place with a world whose characters people talk with.
    pub async fn for_people(setting: Setting) -> Self {
        let dir = directory();
        let world = TestWorld::for_people(dir.path());
        Self::with(setting, dir, world).await
    }

    /// A place with the bundled world. Its names on the bus are fixed, so at most one test may
    /// have it on a broker.
    pub async fn friends(setting: Setting) -> Self {
        Self::with(setting, directory(), TestWorld::friends()).await
    }

    async fn with(setting: Setting, dir: TempDir, world: TestWorld) -> Self {
        let shared = setting != Setting::Embedded;
        let amqp = shared.then(amqp_url);
        let database = if shared {
            Some(Database::fresh().await)
        } else {
            None
        };
        Self {
            dir,
            world,
            setting,
            amqp,
            database,
        }
    }

    /// A place with a world to which bots come, and these lines of `[routing]`.
    pub async fn of_bots(setting: Setting, routing: &str) -> Self {
        let dir = directory();
        let world = TestWorld::of_bots(dir.path(), routing);
        Self::with(setting, dir, world).await
    }

    /// A place on these very servers.
    pub async fn on(setting: Setting, amqp: String, database: Database) -> Self {
        let dir = directory();
        let world = TestWorld::write(dir.path(), 0.1);
        Self {
            dir,
            world,
            setting,
            amqp: Some(amqp),
            database: Some(database),
        }
    }

    /// A place on the servers of the tests with a world whose characters people talk with, in roles.
    pub async fn for_people_in_roles() -> Self {
        Self::for_people_on(amqp_url(), Database::fresh().await).await
    }

    /// A place on these very servers with a world whose characters people talk with, in roles.
    pub async fn for_people_on(amqp: String, database: Database) -> Self {
        let dir = directory();
        let world = TestWorld::for_people(dir.path());
        Self {
            dir,
            world,
            setting: Setting::Split,
            amqp: Some(amqp),
            database: Some(database),
        }
    }

    /// A place with a bundled world, of fixed names on the bus.
    pub async fn bundled(setting: Setting, world: TestWorld) -> Self {
        Self::with(setting, directory(), world).await
    }

    /// A place on these very servers with a world whose characters travel.
    pub async fn journeys(setting: Setting, bus: String, database: Database) -> Self {
        let dir = directory();
        let world = TestWorld::journeys(dir.path());
        Self {
            dir,
            world,
            setting,
            amqp: Some(bus),
            database: Some(database),
        }
    }

    /// The directory in which commands run.
    #[must_use]
    pub fn dir(&self) -> PathBuf {
        self.dir.path().to_path_buf()
    }

    /// The broker.
    ///
    /// # Panics
    /// The embedded default has none.
    #[must_use]
    pub fn amqp(&self) -> &str {
        self.amqp
            .as_deref()
            .expect("the embedded default has no broker")
    }

    /// The flags by which a command finds this place's bus and store.
    #[must_use]
    pub fn flags(&self) -> Vec<String> {
        let mut flags = vec![format!(
            "--data-dir={}",
            self.dir.path().join("data").display()
        )];
        flags.extend(self.amqp.iter().map(|url| format!("--bus={url}")));
        flags.extend(
            self.database
                .iter()
                .map(|database| format!("--store={}", database.url)),
        );
        flags
    }

    /// Runs a command of the binary to its end.
    pub async fn parlor(&self, args: &[&str]) -> Ended {
        let mut command = command(self.dir.path());
        command.args(args).args(self.flags());
        ended(command).await
    }

    /// Runs `parlor dead-letters` for this world.
    pub async fn dead_letters(&self, args: &[&str]) -> Ended {
        let mut words = vec!["dead-letters"];
        words.extend(args);
        words.extend(["--world", &self.world.source]);
        self.parlor(&words).await
    }

    /// Starts a server with everything in it, without waiting for it.
    #[must_use]
    pub fn launch(&self, args: &[&str]) -> Server {
        let mut command = command(self.dir.path());
        command.args(["up", &self.world.source, "--listen=127.0.0.1:0"]);
        if self.setting == Setting::Split {
            command.arg("--split");
        }
        command.args(args).args(self.flags());
        Server::start("parlor up", command)
    }

    /// Starts a server that begins no conversation by itself, and waits until it is ready.
    pub async fn up(&self, args: &[&str]) -> Server {
        let mut args = args.to_vec();
        args.push("--no-start");
        let mut server = self.launch(&args);
        if self.setting == Setting::Split {
            server.roles_ready(&self.roles()).await;
        } else {
            server.ready().await;
        }
        server
    }

    /// The roles of `up --split --no-start`.
    #[must_use]
    pub fn roles(&self) -> [&'static str; 7] {
        [
            "gateway", "auth", "relay", "ross", "rachel", "joey", "chandler",
        ]
    }

    /// Starts one role and waits until it is ready.
    pub async fn role(&self, role: &str, args: &[&str]) -> Server {
        let mut command = command(self.dir.path());
        command.args([
            "run",
            role,
            "--world",
            &self.world.source,
            "--listen=127.0.0.1:0",
        ]);
        command.args(args).args(self.flags());
        let mut server = Server::start(&format!("parlor run {role} {}", args.join(" ")), command);
        server.ready().await;
        server
    }

    /// What is stored.
    ///
    /// # Panics
    /// The store can't be read.
    pub async fn ledger(&self) -> Ledger {
        self.try_ledger()
            .await
            .unwrap_or_else(|e| panic!("the store can't be read: {e:#}"))
    }

    /// Whether every conversation is over and nothing is on its way.
    ///
    /// # Errors
    /// The store is away.
    pub async fn is_over(&self) -> anyhow::Result<bool> {
        match &self.database {
            Some(database) => Ledger::is_over_in_postgres(&database.url).await,
            None => Ok(self.try_ledger().await?.is_over()),
        }
    }

    async fn try_ledger(&self) -> anyhow::Result<Ledger> {
        match &self.database {
            Some(database) => Ledger::of_postgres(&database.url).await,
            None => Ledger::of_sqlite(&self.dir.path().join("data").join("parlor.db")),
        }
    }
}

fn directory() -> TempDir {
    tempfile::Builder::new()
        .prefix("parlor-test-")
        .tempdir()
        .expect("a test can have a directory")
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Kafka's tests have a broker of their own, which goes with them.
        let amqp = self.amqp.clone().filter(|url| url.starts_with("amqp"));
        let Some(url) = amqp else { return };
        let world = self.world.clone();
        let name = world.name.clone();
        let removed = apart(async move { Plain::connect(&url).await.forget(&world).await });
        if let Err(error) = removed {
            eprintln!("queues of {name} stay behind: {error:#}");
        }
    }
}
