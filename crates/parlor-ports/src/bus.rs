//! The bus port: how envelopes reach inboxes.
//!
//! A bus delivers **at least once**: what it has accepted it hands to a consumer of the inbox until
//! one of them settles it. Order holds within an inbox, for the envelopes of one conversation, as
//! long as nothing is released or consumed by several consumers. A bus whose [`BusCapabilities::durable`] is false keeps nothing over a
//! restart of its process; then the outbox row of an envelope stays until the delivery is settled.

use crate::error::PortResult;
use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use parlor_model::world::Topology;
use parlor_model::{Envelope, EventId, Slug};
use serde::Serialize;
use std::sync::Arc;

/// What a bus can do, asked once at start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BusCapabilities {
    /// For people: `embedded`, `amqp`, `kafka`.
    pub name: &'static str,
    /// Keeps what it accepted over a restart of any process.
    pub durable: bool,
    /// Several processes can share it, so that roles may run apart.
    pub shared: bool,
}

/// An envelope and where it goes.
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// A declared inbox.
    pub inbox: String,
    /// What.
    pub envelope: Arc<Envelope>,
}

/// What to consume.
#[derive(Debug, Clone)]
pub struct SubscribeOptions {
    /// The consumer's name, for people and as Kafka's group: members of a group share an inbox.
    pub group: String,
    /// The inboxes, all declared before.
    pub inboxes: Vec<String>,
    /// At most this many deliveries are unsettled at once, over all inboxes.
    pub prefetch: u16,
}

/// A message handed to a consumer, to be settled exactly once.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Names the delivery to the subscription it came from.
    pub token: DeliveryToken,
    /// Where it was waiting.
    pub inbox: String,
    /// What it is; or what it was when it is not ours.
    pub content: Result<Arc<Envelope>, Foreign>,
    /// It was handed out before. A hint: false does not promise that it was not.
    pub redelivered: bool,
}

/// Adapter-defined: which connection, which message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DeliveryToken {
    /// Counts connections; a token of an older one settles nothing (its message comes again).
    pub epoch: u64,
    /// Within the connection (delivery tag, or offset; with the partition in `lane`).
    pub tag: u64,
    /// Channel or partition.
    pub lane: u32,
}

/// Something in an inbox that is not an envelope of ours, kept byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreign {
    /// Its headers, as text; where it asks for a reply, `reply-to` and `correlation-id` among them.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Bytes,
    /// What is wrong with it.
    pub reason: String,
}

/// How a delivery ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Done; never hand it out again.
    Ack,
    /// Not done; hand it out again soon, to whoever is there.
    Release,
    /// It can never succeed: keep it aside, with the reason.
    DeadLetter(String),
}

/// Where a consumer gets its deliveries.
///
/// Dropping it gives back what is unsettled.
#[async_trait]
pub trait Subscription: Send {
    /// Waits for at least one delivery, then takes what else is waiting, at most `max`. Order
    /// within an inbox is the order of acceptance, for the envelopes of one conversation. Reconnects by itself, with backoff, for as long
    /// as it takes. Cancel-safe: a cancelled call loses no delivery.
    ///
    /// # Errors
    /// Terminal only: the inbox does not exist and can't be made, or the bus is closed.
    async fn next(&mut self, max: usize) -> PortResult<Vec<Delivery>>;

    /// A handle that settles deliveries of this subscription from any task.
    fn settler(&self) -> Arc<dyn Settler>;
}

/// Ends deliveries.
#[async_trait]
pub trait Settler: Send + Sync {
    /// Ends each delivery as its verdict says, in any order. A dead letter is safely kept before
    /// its delivery is acknowledged. Where the connection has been lost in between, nothing happens
    /// and the delivery comes again: that is not an error.
    ///
    /// # Errors
    /// Retryable when a dead letter could not be kept; those deliveries come again.
    async fn settle(&self, ends: Vec<(Delivery, Verdict)>) -> PortResult<()>;
}

/// An inbox as the bus sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InboxStatus {
    /// Queue or topic.
    pub name: String,
    /// False when it is not declared (the other figures are 0 then).
    pub exists: bool,
    /// Waiting to be handed out.
    pub ready: u64,
    /// Consumers attached.
    pub consumers: u64,
}

/// A message that was put aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetter {
    /// Names it for `replay` and `drop`: the envelope's id, or a digest of a foreign body.
    pub id: String,
    /// The world in whose dead letters it lies.
    pub world: Slug,
    /// The inbox that it was in.
    pub inbox: String,
    /// Why it was put aside.
    pub reason: String,
    /// When it was put aside.
    pub at: DateTime<Utc>,
    /// CloudEvents attributes or foreign headers.
    pub headers: Vec<(String, String)>,
    /// The body as text (lossy), shortened for lists.
    pub body: String,
}

/// How envelopes reach inboxes.
#[async_trait]
pub trait Bus: Send + Sync {
    /// What it can do.
    fn capabilities(&self) -> BusCapabilities;

    /// Makes everything of the topology that is not there. Idempotent; remembered, and made again
    /// after a reconnect. Must come before `publish` and `subscribe` to its inboxes.
    ///
    /// # Errors
    /// Terminal when something of that name exists in another form; the message says how to mend it.
    async fn declare(&self, topology: &Topology) -> PortResult<()>;

    /// Takes inboxes away, with whatever waits in them, and forgets them: sending there is an error from
    /// then on, as to any inbox that is not declared. Those that are not there are no error; one that is
    /// declared again is a new one, and empty. A subscription that listens to them goes on with its others,
    /// or waits for nothing.
    ///
    /// # Errors
    /// Retryable when the bus is away; then some may be gone.
    async fn remove(&self, world: &Slug, inboxes: &[String]) -> PortResult<()>;

    /// Forgets inboxes that somebody else looks after, and leaves them where they are: they are not made
    /// again after a reconnect, and nothing more is sent there from here.
    fn forget(&self, world: &Slug, inboxes: &[String]);

    /// Sends. One result per envelope, in order; `Ok` means that the bus has taken responsibility
    /// (confirmed and, where it is durable, on disk). Envelopes to one inbox keep their order.
    /// After an error the envelope may or may not have been delivered: sending it again is right.
    async fn publish(&self, batch: &[Outgoing]) -> Vec<PortResult<()>>;

    /// Sends something that is no envelope to a queue or topic of this name, whoever made it: a reply to
    /// somebody who asked from outside. Whether anybody has it is not told.
    ///
    /// # Errors
    /// Retryable when the bus is away; terminal where nobody can listen from outside.
    async fn note(&self, to: &str, correlation: Option<&str>, body: Bytes) -> PortResult<()>;

    /// Starts consuming.
    ///
    /// # Errors
    /// Terminal when an inbox is not declared; retryable when the bus is away.
    async fn subscribe(&self, options: SubscribeOptions) -> PortResult<Box<dyn Subscription>>;

    /// Depth and consumers of these inboxes, in order.
    ///
    /// # Errors
    /// Retryable when the bus is away.
    async fn inboxes(&self, names: &[String]) -> PortResult<Vec<InboxStatus>>;

    /// Is it there? A cheap round trip.
    ///
    /// # Errors
    /// Says why not.
    async fn ping(&self) -> PortResult<()>;

    /// Up to `limit` dead letters of a world, oldest first. They stay where they are.
    ///
    /// # Errors
    /// Retryable when the bus is away.
    async fn dead_letters(&self, world: &Slug, limit: usize) -> PortResult<Vec<DeadLetter>>;

    /// Sends the dead letters with these ids (all of the world's when empty) to the inboxes they
    /// came from and takes them out. At least once: a crash in between may leave one in both.
    /// Gives how many.
    ///
    /// # Errors
    /// Retryable when the bus is away.
    async fn replay_dead_letters(&self, world: &Slug, ids: &[String]) -> PortResult<u64>;

    /// Takes out the dead letters with these ids (all of the world's when empty). Gives how many.
    ///
    /// # Errors
    /// Retryable when the bus is away.
    async fn drop_dead_letters(&self, world: &Slug, ids: &[String]) -> PortResult<u64>;

    /// Ends all subscriptions and the connection, after what is being published is confirmed.
    async fn close(&self);
}

/// The id by which a dead letter is known: its envelope's, or for something foreign the UUIDv5 of
/// its body.
#[must_use]
pub fn dead_letter_id(content: &Result<Arc<Envelope>, Foreign>) -> EventId {
    match content {
        Ok(envelope) => envelope.id,
        Err(foreign) => EventId(uuid::Uuid::new_v5(
            &uuid::Uuid::NAMESPACE_OID,
            &foreign.body,
        )),
    }
}
