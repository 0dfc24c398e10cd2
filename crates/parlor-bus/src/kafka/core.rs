//! What all parts of the bus share: clients, what was declared, and the end.

use super::config::Settings;
use super::fault;
use super::topics::Topics;
use super::watch::Observers;
use parking_lot::Mutex;
use parlor_model::Clock;
use parlor_ports::{PortError, PortResult};
use rdkafka::ClientContext;
use rdkafka::admin::AdminClient;
use rdkafka::client::DefaultClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::FutureProducer;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long `connect` looks for a broker.
const CONNECT_MAX: Duration = Duration::from_secs(10);
/// How long a question to the brokers waits.
pub(super) const ANSWER_MAX: Duration = Duration::from_secs(5);
/// How long sending waits through an outage before it says so.
pub(super) const SEND_MAX: Duration = Duration::from_secs(10);

pub(super) struct Core {
    pub(super) settings: Settings,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) producer: FutureProducer<Watcher>,
    pub(super) admin: AdminClient<DefaultClientContext>,
    /// Asks for metadata, offsets and groups; consumes nothing.
    pub(super) asker: Arc<BaseConsumer>,
    pub(super) topics: Mutex<Topics>,
    pub(super) closing: CancellationToken,
    /// The threads of subscriptions, by tasks that wait for them.
    pub(super) consuming: TaskTracker,
    pub(super) refusal: Arc<Mutex<Option<String>>>,
    pub(super) reading_dead_letters: tokio::sync::Mutex<()>,
    pub(super) observers: Observers,
    epochs: AtomicU64,
}

/// Hears what a client says by itself.
#[derive(Clone)]
pub(super) struct Watcher {
    /// The last refusal of user or certificate.
    refusal: Arc<Mutex<Option<String>>>,
}

impl ClientContext for Watcher {
    fn error(&self, error: KafkaError, reason: &str) {
        use RDKafkaErrorCode as Code;
        if matches!(
            error.rdkafka_error_code(),
            Some(Code::Authentication | Code::SaslAuthenticationFailed | Code::SSL)
        ) {
            *self.refusal.lock() = Some(reason.to_owned());
        }
        tracing::debug!(bus = "kafka", error = %error, reason, "the client library reports");
    }

    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(bus = "kafka", ?level, facility, message);
    }
}

impl Core {
    pub(super) fn new(url: &str, clock: Arc<dyn Clock>) -> PortResult<Self> {
        let settings = Settings::parse(url)?;
        let refusal = Arc::new(Mutex::new(None));
        let watcher = Watcher {
            refusal: Arc::clone(&refusal),
        };
        let creating = |error: KafkaError| fault::creating(&error);
        let producer = settings
            .producer(SEND_MAX)
            .create_with_context(watcher)
            .map_err(creating)?;
        let admin = settings.admin().create().map_err(creating)?;
        let asker = settings.reader().create().map_err(creating)?;
        Ok(Self {
            settings,
            clock,
            producer,
            admin,
            asker: Arc::new(asker),
            topics: Mutex::new(Topics::default()),
            closing: CancellationToken::new(),
            consuming: TaskTracker::new(),
            refusal,
            reading_dead_letters: tokio::sync::Mutex::new(()),
            observers: Observers::default(),
            epochs: AtomicU64::new(0),
        })
    }

    pub(super) fn next_epoch(&self) -> u64 {
        self.epochs.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(super) fn open(&self) -> PortResult<()> {
        if self.closing.is_cancelled() {
            Err(fault::closed())
        } else {
            Ok(())
        }
    }

    /// Finds a broker.
    pub(super) async fn find(&self) -> PortResult<()> {
        let answer = self.ask(|asker| asker.client().fetch_metadata(Some(PROBE), CONNECT_MAX));
        let Err(error) = answer.await else {
            return Ok(());
        };
        let context = format!("can't connect to Kafka at {}", self.settings.brokers);
        if let Some(reason) = self.refusal.lock().clone() {
            let hint = "check user, password and security.protocol in the URL";
            return Err(PortError::terminal(&context, format!("{reason}: {hint}")));
        }
        let hint = "check that it runs and that hosts and ports are right";
        Err(PortError::retryable(&context, format!("{error}: {hint}")))
    }

    pub(super) async fn ping(&self) -> PortResult<()> {
        const PING_MAX: Duration = Duration::from_secs(2);
        self.open()?;
        let answer = self.ask(|asker| asker.client().fetch_metadata(Some(PROBE), PING_MAX));
        answer
            .await
            .map(|_| ())
            .map_err(|error| fault::of("Kafka does not answer", &error))
    }

    /// Runs a call that waits for an answer where waiting does no harm.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&BaseConsumer) -> Result<T, KafkaError> + Send + 'static,
    ) -> Result<T, KafkaError> {
        let asker = Arc::clone(&self.asker);
        tokio::task::spawn_blocking(move || question(&asker))
            .await
            .unwrap_or(Err(KafkaError::Canceled))
    }

    pub(super) async fn close(&self) {
        use rdkafka::producer::Producer;
        self.closing.cancel();
        self.consuming.close();
        if tokio::time::timeout(ANSWER_MAX, self.consuming.wait())
            .await
            .is_err()
        {
            tracing::warn!(
                bus = "kafka",
                "a consumer does not end: its group notices later"
            );
        }
        let producer = self.producer.clone();
        let flushed = tokio::task::spawn_blocking(move || producer.flush(ANSWER_MAX)).await;
        if let Ok(Err(error)) = flushed {
            tracing::warn!(bus = "kafka", error = %error, "something was not confirmed at the end");
        }
    }
}

/// A topic that every Kafka with a consumer has; asked about because asking about all is dear.
const PROBE: &str = "__consumer_offsets";
