//! RabbitMQ (AMQP 0-9-1).
//!
//! One connection per bus, supervised here: exponential backoff with full jitter, everything
//! declared again, every subscription consuming again. The client library's own recovery is off.
//!
//! - Publishing: persistent messages through the world's exchange, confirmed; `mandatory`, so that
//!   a missing queue is noticed and made again.
//! - Consuming: a channel per subscription; its prefetch bounds what is unsettled; acknowledgements
//!   of a contiguous run are one frame. A [`parlor_ports::bus::DeliveryToken`]'s epoch names the
//!   channel: a token of an older one settles nothing.
//! - Dead letters: the queue `{world}-dead-letters`, each with its own headers and body untouched
//!   and three headers of ours: `x-parlor-reason`, `x-parlor-inbox`, `x-parlor-at`. While one
//!   process looks into them another one sees fewer.
//! - On the wire: CloudEvents attributes as headers (`cloudEvents:id`, ..), `traceparent`, JSON as
//!   body. `ce-`, `ce_` and `cloudEvents_` are read too, in any case.

mod consume;
mod dead;
mod fault;
mod link;
mod publish;
mod settle;
mod topology;
mod wire;

use async_trait::async_trait;
use bytes::Bytes;
use consume::AmqpSubscription;
use dead::Fate;
use lapin::Channel;
use lapin::options::QueueDeclareOptions;
use lapin::types::FieldTable;
use link::Core;
use parlor_model::world::Topology;
use parlor_model::{Clock, Slug};
use parlor_ports::PortResult;
use parlor_ports::bus::{
    Bus, BusCapabilities, DeadLetter, InboxStatus, Outgoing, SubscribeOptions, Subscription,
};
use publish::{OUTAGE_MAX, Sending, Sent};
use std::sync::Arc;
use std::time::Duration;
use wire::short;

/// How long `ping` waits.
const PING_MAX: Duration = Duration::from_secs(2);

/// A bus on RabbitMQ.
pub struct AmqpBus {
    core: Arc<Core>,
}

impl AmqpBus {
    /// Connects (`amqp://user:password@host:5672/vhost`, `amqps://..`) and keeps the connection from
    /// then on.
    ///
    /// # Errors
    /// Terminal when the URL can't be read or the broker refuses user, password or virtual host;
    /// retryable when there is no connection within ten seconds. The password is in no error.
    pub async fn connect(url: &str, clock: Arc<dyn Clock>) -> PortResult<Self> {
        let core = Arc::new(Core::new(url, clock)?);
        core.start().await?;
        Ok(Self { core })
    }
}

impl Drop for AmqpBus {
    fn drop(&mut self) {
        // Ends the supervisor; `close` is the polite way.
        self.core.closing.cancel();
    }
}

#[async_trait]
impl Bus for AmqpBus {
    fn capabilities(&self) -> BusCapabilities {
        BusCapabilities {
            name: "amqp",
            durable: true,
            shared: true,
        }
    }

    async fn declare(&self, topology: &Topology) -> PortResult<()> {
        let session = self.core.session(Some(OUTAGE_MAX)).await?;
        topology::declare(&session.connection, topology).await?;
        self.core.topologies.lock().remember(topology);
        Ok(())
    }

    async fn remove(&self, world: &Slug, inboxes: &[String]) -> PortResult<()> {
        self.core.topologies.lock().forget(world, inboxes);
        let session = self.core.session(Some(OUTAGE_MAX)).await?;
        topology::delete(&session.connection, inboxes).await
    }

    fn forget(&self, world: &Slug, inboxes: &[String]) {
        self.core.topologies.lock().forget(world, inboxes);
    }

    async fn publish(&self, batch: &[Outgoing]) -> Vec<PortResult<()>> {
        publish::publish(&self.core, batch).await
    }

    async fn note(&self, to: &str, correlation: Option<&str>, body: Bytes) -> PortResult<()> {
        let session = self.core.session(Some(OUTAGE_MAX)).await?;
        let sending = Sending {
            exchange: short(""),
            key: short(to),
            parcel: wire::note(correlation, body),
        };
        match publish::send(&session, vec![sending]).await.pop() {
            Some(Sent::Failed(error)) => Err(error),
            // Whoever asked is gone.
            Some(Sent::Confirmed | Sent::Unroutable) | None => Ok(()),
        }
    }

    async fn subscribe(&self, options: SubscribeOptions) -> PortResult<Box<dyn Subscription>> {
        Ok(Box::new(AmqpSubscription::open(&self.core, options).await?))
    }

    async fn inboxes(&self, names: &[String]) -> PortResult<Vec<InboxStatus>> {
        let session = self.core.session(Some(OUTAGE_MAX)).await?;
        let mut all = Vec::with_capacity(names.len());
        let mut channel: Option<Channel> = None;
        for name in names {
            let failed = |error| fault::passing("can't ask about an inbox", &error);
            let asking = match channel.take() {
                Some(channel) => channel,
                None => session.connection.create_channel().await.map_err(failed)?,
            };
            let passive = QueueDeclareOptions::durable().passive();
            let state = asking
                .queue_declare(short(name), passive, FieldTable::default())
                .await;
            let (exists, ready, consumers) = match state {
                Ok(queue) => {
                    channel = Some(asking);
                    (
                        true,
                        queue.message_count().into(),
                        queue.consumer_count().into(),
                    )
                }
                // The broker closes the channel on this answer.
                Err(error) if fault::code(&error) == Some(fault::NOT_FOUND) => (false, 0, 0),
                Err(error) => return Err(failed(error)),
            };
            all.push(InboxStatus {
                name: name.clone(),
                exists,
                ready,
                consumers,
            });
        }
        Ok(all)
    }

    async fn ping(&self) -> PortResult<()> {
        let session = self.core.session(Some(PING_MAX)).await?;
        let asking = tokio::time::timeout(PING_MAX, session.connection.create_channel()).await;
        let context = "RabbitMQ does not answer";
        match asking {
            Ok(answer) => answer
                .map(|_| ())
                .map_err(|error| fault::passing(context, &error)),
            Err(late) => Err(parlor_ports::PortError::retryable(context, late)),
        }
    }

    async fn dead_letters(&self, world: &Slug, limit: usize) -> PortResult<Vec<DeadLetter>> {
        dead::list(&self.core, world, limit).await
    }

    async fn replay_dead_letters(&self, world: &Slug, ids: &[String]) -> PortResult<u64> {
        dead::take_out(&self.core, world, ids, Fate::Replay).await
    }

    async fn drop_dead_letters(&self, world: &Slug, ids: &[String]) -> PortResult<u64> {
        dead::take_out(&self.core, world, ids, Fate::Drop).await
    }

    async fn close(&self) {
        self.core.close().await;
    }
}
