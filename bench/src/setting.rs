//! What all measurements need: the program, the servers, names that no other run has.

use anyhow::Context;
use lapin::options::{ExchangeDeleteOptions, QueueDeleteOptions};
use lapin::types::ShortString;
use lapin::{Channel, Connection, ConnectionProperties};
use parlor_bus::AmqpBus;
use parlor_model::world::Topology;
use parlor_model::{Clock, SystemClock, World};
use parlor_ports::bus::Bus;
use parlor_ports::store::{Store, Upkeep};
use parlor_sandbox::process::{RunningServer, address_in};
use parlor_sandbox::{Scenario, ServerProcess, load, scenario};
use parlor_store_postgres::{PostgresOptions, PostgresStore};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;
use uuid::Uuid;

/// Processes of `parlor up --split` for the Friends: gateway, relay and four characters.
const ROLES: usize = 6;

/// What all measurements need.
pub(crate) struct Setting {
    pub(crate) program: PathBuf,
    pub(crate) rounds: u32,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) salt: Uuid,
}

/// The servers of one run: a database of its own, and a broker whose names are told apart by world.
pub(crate) struct Servers {
    pub(crate) amqp_url: String,
    pub(crate) postgres_url: String,
    pub(crate) store: Arc<dyn Store>,
    admin_url: String,
    database: String,
}

/// A world of one run.
pub(crate) struct Stageplay {
    pub(crate) world: Arc<World>,
    /// Its file, in a directory that goes with it.
    pub(crate) file: PathBuf,
    pub(crate) dir: TempDir,
}

/// How the server is put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum House {
    /// `parlor up`
    OneProcess,
    /// `parlor up --split`
    Split,
}

impl House {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::OneProcess => "one process",
            Self::Split => "--split",
        }
    }
}

impl Setting {
    pub(crate) fn new(program: PathBuf, rounds: u32) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let salt = load::salt(&*clock)?;
        Ok(Self {
            program,
            rounds,
            clock,
            salt,
        })
    }

    /// A name that no other run has.
    pub(crate) fn name(&self, part: &str) -> String {
        let (high, _) = self.salt.as_u64_pair();
        format!("bench-{part}-{:08x}", high >> 32)
    }

    /// The Friends under a name of their own. `exact`: without gossip and asides, so that a
    /// conversation is ten lines.
    pub(crate) fn friends(&self, part: &str, exact: bool) -> anyhow::Result<Stageplay> {
        let mut friends = Scenario::bundled("friends")?.named(&self.name(part));
        if exact {
            friends = friends.without("gossip").without("aside");
        }
        let dir = tempfile::tempdir()?;
        Ok(Stageplay {
            world: friends.world()?,
            file: friends.write(dir.path())?,
            dir,
        })
    }

    /// The servers that the environment names.
    pub(crate) async fn servers(&self, part: &str) -> anyhow::Result<Servers> {
        let amqp_url = variable("PARLOR_TEST_AMQP_URL")?;
        let admin_url = variable("PARLOR_TEST_POSTGRES_URL")?;
        let database = self.name(part).replace('-', "_");
        let mut admin = PgConnection::connect(&admin_url).await?;
        sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {database}")))
            .execute(&mut admin)
            .await?;
        let (server, _) = admin_url
            .rsplit_once('/')
            .context("the PostgreSQL URL has no path")?;
        let postgres_url = format!("{server}/{database}");
        let options = PostgresOptions {
            connections_max: 2,
            ..PostgresOptions::default()
        };
        let store = PostgresStore::connect(&postgres_url, options, self.clock.clone()).await?;
        store.migrate().await?;
        Ok(Servers {
            amqp_url,
            postgres_url,
            store: Arc::new(store),
            admin_url,
            database,
        })
    }

    /// Starts `parlor up` on these servers and waits until it is up.
    pub(crate) async fn up(
        &self,
        servers: &Servers,
        play: &Stageplay,
        house: House,
    ) -> anyhow::Result<RunningServer> {
        let mut args = up_args(play);
        args.extend(["--bus".into(), servers.amqp_url.clone()]);
        args.extend(["--store".into(), servers.postgres_url.clone()]);
        let mut lines = 1;
        if house == House::Split {
            args.push("--split".into());
            lines = ROLES;
        }
        let mut server = ServerProcess::start(&self.program, &args, play.dir.path())?;
        for _ in 0..lines {
            match house {
                House::OneProcess => server.line(|line| address_in(line).is_some()).await?,
                House::Split => {
                    server
                        .line(|line| line.contains(" ready on http://"))
                        .await?
                }
            };
        }
        Ok(server.drain())
    }
}

/// `parlor up WORLD` that starts nothing by itself, with the dice of the scenarios.
pub(crate) fn up_args(play: &Stageplay) -> Vec<String> {
    let seed = scenario::SEED.to_string();
    let file = play.file.display().to_string();
    let words = [
        "up",
        &file,
        "--pace",
        "0",
        "--seed",
        &seed,
        "--listen",
        "127.0.0.1:0",
        "--quiet",
        "--no-start",
    ];
    words.map(str::to_owned).to_vec()
}

impl Servers {
    /// A bus of the bench's own, with the world's inboxes declared.
    pub(crate) async fn bus(
        &self,
        world: &World,
        clock: &Arc<dyn Clock>,
    ) -> anyhow::Result<Arc<dyn Bus>> {
        let bus = AmqpBus::connect(&self.amqp_url, clock.clone()).await?;
        bus.declare(&world.topology()).await?;
        Ok(Arc::new(bus))
    }

    /// A plain connection to the broker, and a channel of it.
    pub(crate) async fn channel(&self) -> anyhow::Result<(Connection, Channel)> {
        let connection =
            Connection::connect(&self.amqp_url, ConnectionProperties::default()).await?;
        let channel = connection.create_channel().await?;
        Ok((connection, channel))
    }

    /// Deletes what a world left on the broker.
    pub(crate) async fn remove(&self, topology: &Topology) -> anyhow::Result<()> {
        let (connection, channel) = self.channel().await?;
        let queues = topology.inboxes.iter().map(|binding| &binding.inbox);
        for queue in queues.chain([&topology.dead_letters]) {
            channel
                .queue_delete(short(queue)?, QueueDeleteOptions::default())
                .await?;
        }
        let exchange = short(&topology.exchange)?;
        channel
            .exchange_delete(exchange, ExchangeDeleteOptions::default())
            .await?;
        Ok(connection.close(200, short("done")?).await?)
    }

    /// Deletes the database.
    pub(crate) async fn end(self) -> anyhow::Result<()> {
        self.store.close().await;
        let mut admin = PgConnection::connect(&self.admin_url).await?;
        let drop = format!("DROP DATABASE {} WITH (FORCE)", self.database);
        sqlx::raw_sql(AssertSqlSafe(drop))
            .execute(&mut admin)
            .await?;
        Ok(())
    }
}

/// A name as AMQP wants it.
pub(crate) fn short(text: &str) -> anyhow::Result<ShortString> {
    ShortString::try_new(text)
        .ok()
        .with_context(|| format!("'{text}' is too long for AMQP"))
}

fn variable(name: &str) -> anyhow::Result<String> {
    std::env::var(name).with_context(|| {
        format!("{name} is not set: use bench/run, or eval \"$(tests/services env)\"")
    })
}
