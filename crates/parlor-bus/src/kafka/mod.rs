//! Apache Kafka.
//!
//! - An inbox is a topic, made on demand. A record's key is its conversation (or its inbox, by
//!   `key=inbox`), so that what belongs to one conversation keeps its order.
//! - Publishing: an idempotent producer that waits until all copies are written.
//! - Consuming: a member of the group that the subscription names, cooperatively rebalanced. What is
//!   settled is committed a moment later; an unsettled record is never covered. What is settled
//!   out of order is told in the commit's metadata, so that it does not come again. A
//!   [`parlor_ports::bus::DeliveryToken`] names subscription, assignment of a partition, and
//!   offset: one of an assignment that has ended settles nothing.
//! - Depth: how far the group is behind. Consumers: its members.
//! - Dead letters: the compacted topic that the world's topology names.
//! - On the wire: CloudEvents in binary mode (`ce_id`, ..), `traceparent`, JSON as value.
//!
//! The client library, librdkafka, connects again by itself.

mod config;
mod consume;
mod core;
mod dead;
mod fault;
mod lanes;
mod offsets;
mod publish;
mod settle;
mod topics;
mod watch;
mod wire;

use self::core::Core;
use async_trait::async_trait;
use bytes::Bytes;
use consume::KafkaSubscription;
use dead::Fate;
use parlor_model::world::Topology;
use parlor_model::{Clock, Slug};
use parlor_ports::PortResult;
use parlor_ports::bus::{
    Bus, BusCapabilities, DeadLetter, InboxStatus, Outgoing, SubscribeOptions, Subscription,
};
use std::sync::Arc;

/// A bus on Kafka.
pub struct KafkaBus {
    core: Arc<Core>,
}

impl KafkaBus {
    /// Finds a broker of `kafka://host:port,host:port?partitions=3&replication=3` and keeps in
    /// touch from then on. Any other setting is one of librdkafka (`security.protocol`, ..).
    ///
    /// # Errors
    /// Terminal when the URL can't be read or the brokers refuse user or certificate; retryable
    /// when none answers within ten seconds. No password is in any error.
    pub async fn connect(url: &str, clock: Arc<dyn Clock>) -> PortResult<Self> {
        let core = Arc::new(Core::new(url, clock)?);
        core.find().await?;
        Ok(Self { core })
    }
}

impl Drop for KafkaBus {
    fn drop(&mut self) {
        // Ends the consumers; `close` is the polite way.
        self.core.closing.cancel();
    }
}

#[async_trait]
impl Bus for KafkaBus {
    fn capabilities(&self) -> BusCapabilities {
        BusCapabilities {
            name: "kafka",
            durable: true,
            shared: true,
        }
    }

    async fn declare(&self, topology: &Topology) -> PortResult<()> {
        topics::declare(&self.core, topology).await
    }

    async fn remove(&self, world: &Slug, inboxes: &[String]) -> PortResult<()> {
        topics::remove(&self.core, world, inboxes).await
    }

    fn forget(&self, world: &Slug, inboxes: &[String]) {
        self.core.topics.lock().forget(world, inboxes);
    }

    async fn publish(&self, batch: &[Outgoing]) -> Vec<PortResult<()>> {
        publish::publish(&self.core, batch).await
    }

    async fn note(&self, to: &str, correlation: Option<&str>, body: Bytes) -> PortResult<()> {
        let sending = publish::Sending {
            topic: to,
            parcel: wire::note(correlation, body),
        };
        let sent = publish::send(&self.core, vec![sending]).await;
        sent.into_iter().next().unwrap_or(Ok(()))
    }

    async fn subscribe(&self, options: SubscribeOptions) -> PortResult<Box<dyn Subscription>> {
        Ok(Box::new(KafkaSubscription::open(&self.core, options)?))
    }

    async fn inboxes(&self, names: &[String]) -> PortResult<Vec<InboxStatus>> {
        watch::inboxes(&self.core, names).await
    }

    async fn ping(&self) -> PortResult<()> {
        self.core.ping().await
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
