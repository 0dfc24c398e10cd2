//! The connection: made when it is needed, thrown away when it fails.
//!
//! Who calls a server that is away must not wait for it: a call ends within [`CALL_TIME_MAX`], and
//! after one that failed the link is shut for [`SHUT`], in which calls fail at once.

use parking_lot::Mutex;
use parlor_ports::cache::CALL_TIME_MAX;
use parlor_ports::{PortError, PortResult};
use redis::aio::MultiplexedConnection;
use redis::{Client, FromRedisValue, RedisError, ScriptInvocation};
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// How long nobody tries after a failure.
const SHUT: Duration = Duration::from_millis(250);

pub(super) struct Link {
    client: Client,
    state: Mutex<State>,
    /// Held by the one who connects.
    connecting: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    connection: Option<MultiplexedConnection>,
    /// Counts connections, so that a failure of an old one does not end its successor.
    epoch: u64,
    shut_until: Option<Instant>,
    /// The failure that is in the log already.
    is_away: bool,
}

impl Link {
    pub(super) fn new(url: &str) -> PortResult<Self> {
        // The error of the library may hold the address, and with it a password.
        let client = Client::open(url).map_err(|_| {
            PortError::terminal(
                "cache",
                "the address can't be understood: use redis://user:password@host:6379/0",
            )
        })?;
        Ok(Self {
            client,
            state: Mutex::default(),
            connecting: tokio::sync::Mutex::default(),
        })
    }

    pub(super) async fn call<T: FromRedisValue>(
        &self,
        what: &str,
        call: &ScriptInvocation<'_>,
    ) -> PortResult<T> {
        self.within_time(what, async |mut connection| {
            call.invoke_async(&mut connection).await
        })
        .await
    }

    pub(super) async fn ping(&self) -> PortResult<()> {
        self.within_time("ping", async |mut connection| {
            redis::cmd("PING").query_async(&mut connection).await
        })
        .await
    }

    async fn within_time<T>(
        &self,
        what: &str,
        call: impl AsyncFnOnce(MultiplexedConnection) -> Result<T, RedisError>,
    ) -> PortResult<T> {
        let failed = |cause: &dyn std::fmt::Display| {
            PortError::retryable(&format!("the cache can't {what}"), cause)
        };
        if self.is_shut() {
            return Err(failed(&"it was away a moment ago"));
        }
        let mut used = None;
        let called = timeout(CALL_TIME_MAX, async {
            let (connection, epoch) = self.connection().await?;
            used = Some(epoch);
            call(connection).await
        })
        .await;
        let error = match called {
            Ok(Ok(value)) => {
                self.is_back();
                return Ok(value);
            }
            // It is there and says no: it loads, is full, or only reads.
            Ok(Err(error)) if is_an_answer(&error) => return Err(failed(&error)),
            Ok(Err(error)) => failed(&error),
            Err(_) => failed(&"it does not answer"),
        };
        self.shut(used, &error);
        Err(error)
    }

    /// The connection, and its number.
    async fn connection(&self) -> Result<(MultiplexedConnection, u64), RedisError> {
        if let Some(connected) = self.connected() {
            return Ok(connected);
        }
        let _only_one = self.connecting.lock().await;
        if let Some(connected) = self.connected() {
            return Ok(connected);
        }
        let connection = self.client.get_multiplexed_async_connection().await?;
        let mut state = self.state.lock();
        state.epoch += 1;
        state.connection = Some(connection.clone());
        Ok((connection, state.epoch))
    }

    fn connected(&self) -> Option<(MultiplexedConnection, u64)> {
        let state = self.state.lock();
        Some((state.connection.clone()?, state.epoch))
    }

    fn is_shut(&self) -> bool {
        let shut_until = self.state.lock().shut_until;
        shut_until.is_some_and(|until| Instant::now() < until)
    }

    /// After a failure of connection `used`; `None`: none could be made.
    fn shut(&self, used: Option<u64>, error: &PortError) {
        let mut state = self.state.lock();
        if used.is_some_and(|used| used != state.epoch) {
            return;
        }
        state.connection = None;
        state.shut_until = Some(Instant::now() + SHUT);
        if !std::mem::replace(&mut state.is_away, true) {
            tracing::warn!(%error, "the cache is away; the store is asked instead");
        }
    }

    fn is_back(&self) {
        let mut state = self.state.lock();
        if std::mem::replace(&mut state.is_away, false) {
            tracing::info!("the cache is back");
        }
    }
}

/// True for what the server itself answered.
fn is_an_answer(error: &RedisError) -> bool {
    error.code().is_some() && !error.is_unrecoverable_error()
}
