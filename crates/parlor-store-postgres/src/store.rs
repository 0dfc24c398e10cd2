//! The store itself: its options, its pool of connections, and how it recovers from a lost one.

use crate::bundle::Bundles;
use crate::error::{is_disconnect, port_error};
use crate::recent::Recent;
use parking_lot::Mutex;
use parlor_model::Clock;
use parlor_ports::{PortError, PortResult};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, Postgres, Transaction};
use std::sync::Arc;
use std::sync::atomic::AtomicI32;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// An idle connection is asked whether it is alive before it is used again after this long.
const IDLE_TRUSTED: Duration = Duration::from_secs(5);
/// Longest wait for the first connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest schema name that PostgreSQL does not shorten, in bytes.
const SCHEMA_BYTES_MAX: usize = 63;

/// Settings of our connections, unless the URL has them (`?options[jit]=on`). Every statement here
/// looks rows up by arrays of keys, whose values never matter to the plan; its plan is kept for the
/// life of the connection, and must suit tables that were empty when it was made. Compiling it to
/// machine code would take longer than any of them runs. A process that stands still in the middle of a
/// transaction (stopped, or on a machine that sleeps) must not hold everybody's log of changes back.
const SETTINGS: [(&str, &str); 4] = [
    ("idle_in_transaction_session_timeout", "30s"),
    ("jit", "off"),
    ("plan_cache_mode", "force_generic_plan"),
    ("enable_seqscan", "off"),
];

/// How to use a PostgreSQL server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostgresOptions {
    /// At most this many connections at once.
    pub connections_max: u32,
    /// Longest wait for a free connection; a server that is away is asked again meanwhile.
    pub acquire_timeout: Duration,
    /// The schema to work in, made by `migrate`; `None`: the first of the user's search path.
    pub schema: Option<String>,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            connections_max: 8,
            acquire_timeout: Duration::from_secs(10),
            schema: None,
        }
    }
}

/// A store in PostgreSQL (13 or later). Cheap to clone: the clones share their connections.
#[derive(Clone)]
pub struct PostgresStore {
    pub(crate) pool: PgPool,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) commits: Arc<watch::Sender<u64>>,
    /// The month (counted from year 0) for which partitions have been looked after.
    pub(crate) month_ready: Arc<AtomicI32>,
    pub(crate) schema: Option<Arc<str>>,
    pub(crate) recent: Arc<Recent>,
    pub(crate) bundles: Arc<Bundles>,
    connect: Arc<PgConnectOptions>,
    /// `host:port/database`, for messages.
    place: Arc<str>,
    /// When a connection was last found broken: older ones are suspect.
    broken_at: Arc<Mutex<Option<Instant>>>,
}

impl PostgresStore {
    /// Connects to the server that `url` names (`postgres://user:password@host:port/database`,
    /// with libpq's parameters such as `sslmode`). The schema is not looked at: see
    /// [`pending_migrations`](parlor_ports::store::Upkeep::pending_migrations).
    ///
    /// # Errors
    /// Retryable when the server is away; terminal when the URL is wrong or the server refuses us.
    /// No message holds the password.
    pub async fn connect(
        url: &str,
        options: PostgresOptions,
        clock: Arc<dyn Clock>,
    ) -> PortResult<Self> {
        let connect = connect_options(url, &options)?;
        let place: Arc<str> = place_of(&connect).into();
        greet(&connect, &place).await?;
        let broken_at = Arc::new(Mutex::new(None));
        let pool =
            pool_options(&options, Arc::clone(&broken_at)).connect_lazy_with(connect.clone());
        Ok(Self {
            pool,
            clock,
            commits: Arc::new(watch::Sender::new(0)),
            month_ready: Arc::new(AtomicI32::new(i32::MIN)),
            schema: options.schema.map(Into::into),
            recent: Arc::default(),
            bundles: Arc::default(),
            connect: Arc::new(connect),
            place,
            broken_at,
        })
    }

    /// Makes a connection of its own, outside the pool.
    pub(crate) async fn private_connection(&self, what: &str) -> PortResult<PgConnection> {
        self.connect
            .connect()
            .await
            .map_err(|error| self.failed(what, &error))
    }

    /// A connection of the pool.
    pub(crate) async fn connection(&self, what: &str) -> PortResult<PoolConnection<Postgres>> {
        self.pool
            .acquire()
            .await
            .map_err(|error| self.failed(what, &error))
    }

    /// Begins a transaction, on another connection when the first turns out to be dead: nothing has
    /// happened on it yet.
    pub(crate) async fn begin(&self, what: &str) -> PortResult<Transaction<'static, Postgres>> {
        match self.pool.begin().await {
            Err(error) if is_disconnect(&error) => {
                self.suspect_connections();
                self.pool
                    .begin()
                    .await
                    .map_err(|error| self.failed(what, &error))
            }
            other => other.map_err(|error| self.failed(what, &error)),
        }
    }

    /// Ends a transaction that has nothing to keep, before the caller goes on: one that is only dropped
    /// holds its locks, and everybody's log of changes back, until its connection is next looked after.
    pub(crate) async fn give_up(
        &self,
        what: &str,
        transaction: Transaction<'static, Postgres>,
    ) -> PortResult<()> {
        let ended = transaction.rollback().await;
        ended.map_err(|error| self.failed(what, &error))
    }

    /// The error to give for `error`, met while doing `what` ("can't ..").
    pub(crate) fn failed(&self, what: &str, error: &sqlx::Error) -> PortError {
        if is_disconnect(error) {
            self.suspect_connections();
        }
        port_error(&format!("{what} (PostgreSQL at {})", self.place), error)
    }

    /// Tells readers of this process that there is something new.
    pub(crate) fn tick(&self) {
        self.commits
            .send_modify(|count| *count = count.wrapping_add(1));
    }

    fn suspect_connections(&self) {
        *self.broken_at.lock() = Some(Instant::now());
    }
}

fn connect_options(url: &str, options: &PostgresOptions) -> PortResult<PgConnectOptions> {
    const WHAT: &str = "can't use the store's URL";
    let mut connect: PgConnectOptions = url
        .parse()
        .map_err(|error| PortError::terminal(WHAT, without_source(&error)))?;
    if connect.get_application_name().is_none() {
        connect = connect.application_name("parlor");
    }
    let given = connect.get_options().unwrap_or_default().to_owned();
    let missing = SETTINGS
        .into_iter()
        .filter(|(name, _)| !given.contains(name));
    connect = connect.options(missing).disable_statement_logging();
    let Some(schema) = &options.schema else {
        return Ok(connect);
    };
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let starts_well = schema.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
    if !starts_well || !schema.chars().all(good) || schema.len() > SCHEMA_BYTES_MAX {
        return Err(PortError::terminal(
            WHAT,
            format_args!(
                "'{schema}' is no schema name: use up to {SCHEMA_BYTES_MAX} lower-case letters, digits and underscores"
            ),
        ));
    }
    Ok(connect.options([("search_path", schema)]))
}

/// The text of a URL error says what is wrong with it, never the URL itself.
fn without_source(error: &sqlx::Error) -> String {
    format!("{error}; expected postgres://user:password@host:port/database")
}

fn place_of(connect: &PgConnectOptions) -> String {
    let database = connect
        .get_database()
        .unwrap_or_else(|| connect.get_username());
    format!("{}:{}/{database}", connect.get_host(), connect.get_port())
}

/// One connection by hand: its error says why, where the pool's would only say that it took too
/// long.
async fn greet(connect: &PgConnectOptions, place: &str) -> PortResult<()> {
    let what = format!("can't connect to PostgreSQL at {place}");
    let connection = tokio::time::timeout(CONNECT_TIMEOUT, connect.connect())
        .await
        .map_err(|_| PortError::retryable(&what, format_args!("no answer in {CONNECT_TIMEOUT:?}")))?
        .map_err(|error| port_error(&what, &error))?;
    connection
        .close()
        .await
        .map_err(|error| port_error(&what, &error))
}

fn pool_options(
    options: &PostgresOptions,
    broken_at: Arc<Mutex<Option<Instant>>>,
) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(options.connections_max.max(1))
        .acquire_timeout(options.acquire_timeout)
        // A round trip before every statement would double the latency: only what has been idle
        // for long or is older than the last breakdown is asked.
        .test_before_acquire(false)
        .before_acquire(move |connection, meta| {
            let suspect = broken_at.lock().is_some_and(|at| meta.age >= at.elapsed());
            Box::pin(async move {
                if suspect || meta.idle_for > IDLE_TRUSTED {
                    return Ok(connection.ping().await.is_ok());
                }
                Ok(true)
            })
        })
}
