//! The bus inside one process: queues in memory.
//!
//! It keeps nothing over a restart. Its durability is the outbox: the row of an envelope stays in
//! the store until the delivery is settled, and dead letters are kept by the store too.

mod queues;

use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::Mutex;
use parlor_model::world::Topology;
use parlor_model::{Clock, OutboxRow, Slug};
use parlor_ports::bus::{
    Bus, BusCapabilities, DeadLetter, Delivery, InboxStatus, Outgoing, Settler, SubscribeOptions,
    Subscription, Verdict, dead_letter_id,
};
use parlor_ports::store::OutboxStore;
use parlor_ports::{PortError, PortResult};
use queues::{Queues, Refused, WAITING_MAX};
use std::sync::Arc;
use tokio::sync::Notify;

/// Longest text of a dead letter's body, in bytes, that is kept to be shown.
const BODY_BYTES_MAX: usize = 2_000;

/// In-process queues, fast and lean, for everything in one process.
///
/// An inbox that waits for nobody costs nothing per message elsewhere: a subscription looks only at
/// inboxes that have something, so it may listen to hundreds of thousands.
pub struct EmbeddedBus {
    queues: Arc<Mutex<Queues>>,
    store: Arc<dyn OutboxStore>,
    clock: Arc<dyn Clock>,
}

impl EmbeddedBus {
    /// An empty bus whose dead letters `store` keeps.
    #[must_use]
    pub fn new(store: Arc<dyn OutboxStore>, clock: Arc<dyn Clock>) -> Self {
        Self {
            queues: Arc::default(),
            store,
            clock,
        }
    }
}

#[async_trait]
impl Bus for EmbeddedBus {
    fn capabilities(&self) -> BusCapabilities {
        BusCapabilities {
            name: "embedded",
            durable: false,
            shared: false,
        }
    }

    async fn declare(&self, topology: &Topology) -> PortResult<()> {
        self.queues
            .lock()
            .declare(topology)
            .map_err(|(inbox, world)| {
                let context = format!(
                    "can't declare inbox '{inbox}' of world '{}'",
                    topology.world
                );
                let mend = "give one of them another queue template";
                PortError::terminal(
                    &context,
                    format!("world '{world}' has an inbox of that name: {mend}"),
                )
            })
    }

    async fn remove(&self, world: &Slug, inboxes: &[String]) -> PortResult<()> {
        let dropped = self.queues.lock().remove(world, inboxes);
        // Their rows would be sent again after a restart.
        self.store.clear_outbox(&dropped).await
    }

    fn forget(&self, _world: &Slug, _inboxes: &[String]) {
        // There is one process, and nothing to connect to again.
    }

    async fn publish(&self, batch: &[Outgoing]) -> Vec<PortResult<()>> {
        let mut queues = self.queues.lock();
        let push = |out: &Outgoing| {
            queues
                .push(&out.inbox, Arc::clone(&out.envelope))
                .map_err(|why| refusal(out, why))
        };
        batch.iter().map(push).collect()
    }

    async fn note(&self, to: &str, _correlation: Option<&str>, _body: Bytes) -> PortResult<()> {
        let mend = "nobody can ask from outside of the embedded bus: use HTTP or a WebSocket";
        Err(PortError::terminal(&format!("no reply to '{to}'"), mend))
    }

    async fn subscribe(&self, options: SubscribeOptions) -> PortResult<Box<dyn Subscription>> {
        let wake = Arc::new(Notify::new());
        let mut queues = self.queues.lock();
        if queues.is_closed() {
            return Err(closed());
        }
        let attached = queues.attach(&options.inboxes, options.prefetch, Arc::clone(&wake));
        let consumer = attached.map_err(|inbox| undeclared(&inbox))?;
        let settler = Arc::new(EmbeddedSettler {
            queues: Arc::clone(&self.queues),
            store: Arc::clone(&self.store),
            clock: Arc::clone(&self.clock),
        });
        Ok(Box::new(EmbeddedSubscription {
            consumer,
            wake,
            settler,
        }))
    }

    async fn inboxes(&self, names: &[String]) -> PortResult<Vec<InboxStatus>> {
        let queues = self.queues.lock();
        Ok(names.iter().map(|name| queues.status(name)).collect())
    }

    async fn ping(&self) -> PortResult<()> {
        if self.queues.lock().is_closed() {
            Err(closed())
        } else {
            Ok(())
        }
    }

    async fn dead_letters(&self, world: &Slug, limit: usize) -> PortResult<Vec<DeadLetter>> {
        self.store
            .dead_letters(world, u32::try_from(limit).unwrap_or(u32::MAX))
            .await
    }

    async fn replay_dead_letters(&self, world: &Slug, ids: &[String]) -> PortResult<u64> {
        self.store
            .take_dead_letters(world, ids, true, self.clock.now())
            .await
    }

    async fn drop_dead_letters(&self, world: &Slug, ids: &[String]) -> PortResult<u64> {
        self.store
            .take_dead_letters(world, ids, false, self.clock.now())
            .await
    }

    async fn close(&self) {
        self.queues.lock().close();
    }
}

struct EmbeddedSubscription {
    consumer: u64,
    wake: Arc<Notify>,
    settler: Arc<EmbeddedSettler>,
}

#[async_trait]
impl Subscription for EmbeddedSubscription {
    async fn next(&mut self, max: usize) -> PortResult<Vec<Delivery>> {
        loop {
            {
                let mut queues = self.settler.queues.lock();
                if queues.is_closed() {
                    return Err(closed());
                }
                let deliveries = queues.take(self.consumer, max.max(1));
                if !deliveries.is_empty() {
                    return Ok(deliveries);
                }
            }
            // A wake-up between the look and this wait is kept by `Notify`: none is lost.
            self.wake.notified().await;
        }
    }

    fn settler(&self) -> Arc<dyn Settler> {
        Arc::clone(&self.settler) as Arc<dyn Settler>
    }
}

impl Drop for EmbeddedSubscription {
    fn drop(&mut self) {
        self.settler.queues.lock().detach(self.consumer);
    }
}

struct EmbeddedSettler {
    queues: Arc<Mutex<Queues>>,
    store: Arc<dyn OutboxStore>,
    clock: Arc<dyn Clock>,
}

#[async_trait]
impl Settler for EmbeddedSettler {
    async fn settle(&self, ends: Vec<(Delivery, Verdict)>) -> PortResult<()> {
        let mut dead = Vec::new();
        {
            let mut queues = self.queues.lock();
            for (delivery, verdict) in ends {
                match verdict {
                    Verdict::Ack => queues.settle(delivery.token, false),
                    Verdict::Release => queues.settle(delivery.token, true),
                    Verdict::DeadLetter(reason) => {
                        let world = queues.world_of(delivery.token);
                        dead.extend(world.map(|world| (world, delivery, reason)));
                    }
                }
            }
        }
        let mut outcome = Ok(());
        for (world, delivery, reason) in dead {
            let token = delivery.token;
            let kept = self.keep(world, delivery, reason).await;
            self.queues.lock().settle(token, kept.is_err());
            outcome = outcome.and(kept);
        }
        outcome
    }
}

impl EmbeddedSettler {
    async fn keep(&self, world: Slug, delivery: Delivery, reason: String) -> PortResult<()> {
        let Ok(envelope) = &delivery.content else {
            // Only envelopes can be published here.
            return Ok(());
        };
        let mut headers: Vec<_> = envelope
            .attributes()
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        headers.push(("traceparent".to_owned(), envelope.traceparent.clone()));
        let now = self.clock.now();
        let letter = DeadLetter {
            id: dead_letter_id(&delivery.content).to_string(),
            world,
            inbox: delivery.inbox.clone(),
            reason,
            at: now,
            headers,
            body: shortened(&envelope.data()),
        };
        let envelope = Arc::clone(envelope);
        let row = OutboxRow {
            inbox: delivery.inbox,
            envelope,
            due_at: now,
            parked: true,
        };
        self.store.keep_dead_letter(letter, Some(row)).await
    }
}

fn shortened(body: &[u8]) -> String {
    let mut text = String::from_utf8_lossy(body).into_owned();
    text.truncate(text.floor_char_boundary(BODY_BYTES_MAX));
    text
}

fn refusal(out: &Outgoing, why: Refused) -> PortError {
    match why {
        Refused::Undeclared => undeclared(&out.inbox),
        Refused::Closed => closed(),
        Refused::Full => PortError::retryable(
            &format!("can't publish to inbox '{}'", out.inbox),
            format!("{WAITING_MAX} envelopes wait already: is anybody consuming?"),
        ),
    }
}

fn undeclared(inbox: &str) -> PortError {
    let mend = "no topology declares it: declare its world first";
    PortError::terminal(&format!("unknown inbox '{inbox}'"), mend)
}

fn closed() -> PortError {
    PortError::terminal(
        "embedded bus",
        "it is closed: this process is shutting down",
    )
}
