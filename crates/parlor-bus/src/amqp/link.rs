//! The connection and its supervisor: connect, watch, connect again.

use super::fault;
use super::topology::{self, Topologies};
use super::wire::short;
use futures::StreamExt;
use lapin::options::ConfirmSelectOptions;
use lapin::uri::AMQPUri;
use lapin::{Channel, Connection, ConnectionProperties, Event};
use parking_lot::Mutex;
use parlor_model::world::Topology;
use parlor_model::{Clock, Dice, Roll};
use parlor_ports::{PortError, PortResult};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

/// Seconds between signs of life; a connection silent for twice that is lost.
const HEARTBEAT_S: u16 = 10;
/// First and longest pause between attempts to connect; the actual one is anywhere below.
const BACKOFF_MIN: Duration = Duration::from_millis(50);
const BACKOFF_MAX: Duration = Duration::from_secs(5);
/// How long one attempt to connect, and the first connection as a whole, may take.
const CONNECT_MAX: Duration = Duration::from_secs(10);
/// How often the state of a connection is looked at, should its events have told nothing.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Batches published at once; each has a channel to itself.
pub(super) const PUBLISHERS_MAX: usize = 4;

/// What everything of one bus shares.
pub(super) struct Core {
    uri: AMQPUri,
    /// The URL without user and password.
    address: String,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) topologies: Mutex<Topologies>,
    pub(super) closing: CancellationToken,
    /// One at a time looks into the dead letters: who looks holds them for a moment.
    pub(super) reading_dead_letters: tokio::sync::Mutex<()>,
    link: watch::Sender<Link>,
    jitter: Mutex<Roll>,
    epochs: AtomicU64,
}

#[derive(Clone)]
enum Link {
    Up(Arc<Session>),
    /// Lost, and why.
    Down(Arc<str>),
}

/// One connection.
pub(super) struct Session {
    pub(super) connection: Connection,
    lost: CancellationToken,
    publishing: Arc<Semaphore>,
    idle: Mutex<Vec<Channel>>,
}

/// A confirming channel for one batch. It goes back to the others by [`Publisher::done`]; dropped
/// without that (an error, a cancelled call) it is closed, for its confirms can't be told apart.
pub(super) struct Publisher {
    pub(super) channel: Channel,
    session: Arc<Session>,
    _permit: OwnedSemaphorePermit,
}

impl Publisher {
    pub(super) fn done(self) {
        self.session.idle.lock().push(self.channel);
    }
}

impl Session {
    pub(super) async fn publisher(self: &Arc<Self>) -> PortResult<Publisher> {
        let failed = |error| fault::passing("can't open a channel to publish", &error);
        let permit = Arc::clone(&self.publishing)
            .acquire_owned()
            .await
            .map_err(|_| fault::closed())?;
        let idle = self
            .idle
            .lock()
            .pop()
            .filter(|channel| channel.status().connected());
        let channel = match idle {
            Some(channel) => channel,
            None => {
                let channel = self.connection.create_channel().await.map_err(failed)?;
                channel
                    .confirm_select(ConfirmSelectOptions::default())
                    .await
                    .map_err(failed)?;
                channel
            }
        };
        Ok(Publisher {
            channel,
            session: Arc::clone(self),
            _permit: permit,
        })
    }

    /// Says that the connection is no good any more.
    pub(super) fn give_up(&self) {
        self.lost.cancel();
    }

    /// Waits until the connection is given up or lost.
    pub(super) async fn gone(&self) {
        self.lost.cancelled().await;
    }

    pub(super) fn is_blocked(&self) -> bool {
        self.connection.status().blocked()
    }

    /// Waits until the connection is lost; gives why.
    async fn lost(&self) -> String {
        let mut events = std::pin::pin!(self.connection.events_listener());
        let mut reason = "the connection was lost".to_owned();
        while self.connection.status().connected() && !self.lost.is_cancelled() {
            tokio::select! {
                () = self.lost.cancelled() => reason = "the broker did not answer".to_owned(),
                () = sleep(LOOK_EVERY) => {}
                event = events.next() => match event {
                    Some(Event::Error(error)) => reason = error.to_string(),
                    Some(Event::ConnectionBlocked(why)) => {
                        tracing::warn!(bus = "amqp", reason = %why, "the broker accepts nothing for now");
                    }
                    Some(Event::ConnectionUnblocked) => {
                        tracing::info!(bus = "amqp", "the broker accepts messages again");
                    }
                    _ => {}
                },
            }
        }
        reason
    }
}

impl Core {
    /// Parses the URL; no connection yet.
    pub(super) fn new(url: &str, clock: Arc<dyn Clock>) -> PortResult<Self> {
        let mut uri: AMQPUri = url.parse().map_err(|_| {
            let form = "expected amqp://user:password@host:5672/vhost or amqps://..";
            PortError::terminal("the RabbitMQ URL can't be read", form)
        })?;
        if uri.vhost.is_empty() {
            // `amqp://host/` means the default one to most clients.
            uri.vhost = "/".to_owned();
        }
        uri.query.heartbeat.get_or_insert(HEARTBEAT_S);
        let authority = &uri.authority;
        let address = format!(
            "{}://{}:{} (vhost {})",
            uri.scheme, authority.host, authority.port, uri.vhost
        );
        let moment = clock.now().timestamp_micros().unsigned_abs();
        let process = uuid::Uuid::from_u128(u128::from(std::process::id()));
        Ok(Self {
            address,
            clock,
            topologies: Mutex::default(),
            closing: CancellationToken::new(),
            reading_dead_letters: tokio::sync::Mutex::new(()),
            link: watch::Sender::new(Link::Down("not connected yet".into())),
            jitter: Mutex::new(Dice::new(moment, process).roll("amqp.backoff")),
            epochs: AtomicU64::new(0),
            uri,
        })
    }

    /// A number that no other consuming channel of this bus had.
    pub(super) fn next_epoch(&self) -> u64 {
        self.epochs.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The first connection: tries for [`CONNECT_MAX`], then starts the supervisor.
    pub(super) async fn start(self: &Arc<Self>) -> PortResult<()> {
        let deadline = Instant::now() + CONNECT_MAX;
        let mut backoff = BACKOFF_MIN;
        let session = loop {
            let error = match timeout_at(deadline, self.connect()).await {
                Ok(Ok(session)) => break session,
                Ok(Err(error)) => error,
                Err(_) => return Err(self.silent()),
            };
            if !error.is_retryable() || Instant::now() + backoff > deadline {
                return Err(error);
            }
            self.pause(&mut backoff).await;
        };
        self.link.send_replace(Link::Up(Arc::clone(&session)));
        tokio::spawn(supervise(Arc::clone(self), session));
        Ok(())
    }

    async fn connect(&self) -> PortResult<Arc<Session>> {
        let name = format!("parlor {}", std::process::id());
        let properties = ConnectionProperties::default().with_connection_name(name.into());
        let connecting = Connection::connect_uri(self.uri.clone(), properties);
        let connection = match timeout(CONNECT_MAX, connecting).await {
            Ok(connected) => connected.map_err(|e| fault::connecting(&self.address, &e))?,
            Err(_) => return Err(self.silent()),
        };
        Ok(Arc::new(Session {
            connection,
            lost: CancellationToken::new(),
            publishing: Arc::new(Semaphore::new(PUBLISHERS_MAX)),
            idle: Mutex::default(),
        }))
    }

    fn silent(&self) -> PortError {
        PortError::retryable(
            &format!("can't connect to RabbitMQ at {}", self.address),
            format!(
                "no answer within {} s: check that it runs and is reachable",
                CONNECT_MAX.as_secs()
            ),
        )
    }

    /// Waits for a moment of the backoff, with full jitter.
    pub(super) async fn pause(&self, backoff: &mut Duration) {
        let wait = backoff.mul_f64(self.jitter.lock().unit());
        *backoff = (*backoff * 2).min(BACKOFF_MAX);
        tokio::select! {
            () = sleep(wait) => {}
            () = self.closing.cancelled() => {}
        }
    }

    /// The connection, waiting for it `patience` at most (`None`: as long as it takes).
    pub(super) async fn session(&self, patience: Option<Duration>) -> PortResult<Arc<Session>> {
        let mut link = self.link.subscribe();
        let up = link.wait_for(|link| matches!(link, Link::Up(_)));
        let wait = async {
            match patience {
                Some(patience) => timeout(patience, up).await.ok().and_then(Result::ok),
                None => up.await.ok(),
            }
            .map(|link| link.clone())
        };
        let found = tokio::select! {
            biased;
            () = self.closing.cancelled() => return Err(fault::closed()),
            found = wait => found,
        };
        match found.unwrap_or_else(|| self.link.borrow().clone()) {
            Link::Up(session) => Ok(session),
            Link::Down(reason) => Err(self.away(&reason)),
        }
    }

    fn away(&self, reason: &str) -> PortError {
        PortError::retryable(&format!("RabbitMQ at {} is away", self.address), reason)
    }

    /// Connects again, for as long as it takes, and declares everything again. `None` when the bus
    /// is closed meanwhile.
    async fn reconnect(&self) -> Option<Arc<Session>> {
        let mut backoff = BACKOFF_MIN;
        loop {
            self.pause(&mut backoff).await;
            if self.closing.is_cancelled() {
                return None;
            }
            let attempt = async {
                let session = self.connect().await?;
                self.redeclare(&session).await?;
                Ok::<_, PortError>(session)
            };
            match attempt.await {
                Ok(session) => return Some(session),
                Err(error) => {
                    tracing::debug!(bus = "amqp", error = %error, "still no connection");
                    self.link.send_replace(Link::Down(error.to_string().into()));
                }
            }
        }
    }

    /// Declares everything that is remembered. A topology that the broker refuses is passed over:
    /// its users get the error, the others go on.
    pub(super) async fn redeclare(&self, session: &Session) -> PortResult<()> {
        let all: Vec<Topology> = self.topologies.lock().all();
        for topology in &all {
            match topology::declare(&session.connection, topology).await {
                Err(error) if error.is_retryable() => return Err(error),
                Err(error) => {
                    tracing::error!(bus = "amqp", world = %topology.world, error = %error, "can't declare again");
                }
                Ok(()) => {}
            }
        }
        Ok(())
    }

    /// Closes after what is being published is confirmed.
    pub(super) async fn close(&self) {
        self.closing.cancel();
        let link = self.link.borrow().clone();
        let Link::Up(session) = link else { return };
        let all = u32::try_from(PUBLISHERS_MAX).unwrap_or(u32::MAX);
        let idle = timeout(CONNECT_MAX, session.publishing.acquire_many(all)).await;
        if idle.is_err() {
            tracing::warn!(
                bus = "amqp",
                "closing while something is still being published"
            );
        }
        let closing = timeout(CONNECT_MAX, session.connection.close(200, short("bye"))).await;
        if let Ok(Err(error)) = closing {
            tracing::debug!(bus = "amqp", error = %error, "the connection was gone already");
        }
        self.link.send_replace(Link::Down("closed".into()));
    }
}

/// Keeps a connection until the bus is closed.
async fn supervise(core: Arc<Core>, mut session: Arc<Session>) {
    loop {
        let reason = tokio::select! {
            biased;
            () = core.closing.cancelled() => return,
            reason = session.lost() => reason,
        };
        tracing::warn!(bus = "amqp", address = %core.address, reason = %reason, "connection lost");
        core.link.send_replace(Link::Down(reason.into()));
        session.give_up();
        // A half-open connection would wait for its heartbeat: nobody waits for that.
        tokio::spawn(async move {
            let _ = timeout(CONNECT_MAX, session.connection.close(200, short("lost"))).await;
        });
        let Some(next) = core.reconnect().await else {
            return;
        };
        tracing::info!(bus = "amqp", address = %core.address, "connected again");
        core.link.send_replace(Link::Up(Arc::clone(&next)));
        session = next;
    }
}
