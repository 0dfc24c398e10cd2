//! Consuming: one channel per subscription, its consumers merged, begun again after every loss.

use super::fault::{self, NOT_FOUND};
use super::link::{Core, Session};
use super::publish::{OUTAGE_MAX, unknown};
use super::settle::{AmqpSettler, Lane};
use super::wire::{self, Parcel, short};
use async_trait::async_trait;
use futures::stream::{BoxStream, SelectAll};
use futures::{FutureExt, StreamExt, TryStreamExt, stream};
use lapin::options::{BasicConsumeOptions, BasicQosOptions};
use lapin::types::FieldTable;
use lapin::{Channel, Consumer};
use parking_lot::Mutex;
use parlor_ports::bus::{Delivery, DeliveryToken, Settler, SubscribeOptions, Subscription};
use parlor_ports::{PortError, PortResult};
use std::sync::Arc;
use std::time::Duration;

/// Consumers begun at once.
const STARTING_MAX: usize = 128;
/// First pause before consuming is tried again.
const PAUSE_MIN: Duration = Duration::from_millis(50);

/// [`parlor_ports::bus::Subscription`] on AMQP.
pub(super) struct AmqpSubscription {
    options: SubscribeOptions,
    settler: Arc<AmqpSettler>,
    /// `None` between the loss of a channel and the next one.
    consuming: Option<Consuming>,
}

struct Consuming {
    session: Arc<Session>,
    epoch: u64,
    /// Bounded by the prefetch of the channel: the broker sends no more.
    items: SelectAll<BoxStream<'static, Item>>,
}

enum Item {
    Came(Arc<str>, Box<lapin::message::Delivery>),
    /// A consumer ended: its queue was deleted, or the channel or connection is gone.
    Ended(String),
}

impl AmqpSubscription {
    pub(super) async fn open(core: &Arc<Core>, options: SubscribeOptions) -> PortResult<Self> {
        unknown(core, &options.inboxes)?;
        let settler = Arc::new(AmqpSettler {
            core: Arc::clone(core),
            lane: Mutex::new(None),
        });
        let session = core.session(Some(OUTAGE_MAX)).await?;
        let mut subscription = Self {
            options,
            settler,
            consuming: None,
        };
        subscription.begin(session).await?;
        Ok(subscription)
    }

    /// Consumes on this connection. A missing queue is declared again, once.
    async fn begin(&mut self, session: Arc<Session>) -> PortResult<()> {
        let core = Arc::clone(&self.settler.core);
        self.leave_removed(&core);
        let mut begun = consume(&core, &session, &self.options).await;
        if matches!(&begun, Err(error) if fault::code(error) == Some(NOT_FOUND)) {
            core.redeclare(&session).await?;
            begun = consume(&core, &session, &self.options).await;
        }
        let context = format!("can't consume as '{}'", self.options.group);
        let (consuming, channel) = begun.map_err(|error| match fault::code(&error) {
            Some(NOT_FOUND | fault::ACCESS_REFUSED) => PortError::terminal(&context, &error),
            _ => fault::passing(&context, &error),
        })?;
        *self.settler.lane.lock() = Some(Lane::new(consuming.epoch, channel));
        self.consuming = Some(consuming);
        Ok(())
    }

    /// No longer listens to inboxes that were removed since.
    fn leave_removed(&mut self, core: &Core) {
        let topologies = core.topologies.lock();
        let inboxes = &mut self.options.inboxes;
        inboxes.retain(|inbox| topologies.route(inbox).is_some());
    }

    /// Begins again, for as long as it takes.
    async fn resume(&mut self) -> PortResult<()> {
        let core = Arc::clone(&self.settler.core);
        let mut backoff = PAUSE_MIN;
        loop {
            let session = core.session(None).await?;
            match self.begin(session).await {
                Err(error) if error.is_retryable() && !core.closing.is_cancelled() => {
                    tracing::debug!(bus = "amqp", error = %error, "can't consume yet");
                    core.pause(&mut backoff).await;
                }
                Err(_) if core.closing.is_cancelled() => return Err(fault::closed()),
                done => return done,
            }
        }
    }

    fn end(&mut self, reason: &str) {
        tracing::info!(bus = "amqp", group = %self.options.group, reason, "consuming begins again");
        *self.settler.lane.lock() = None;
        self.consuming = None;
    }
}

#[async_trait]
impl Subscription for AmqpSubscription {
    async fn next(&mut self, max: usize) -> PortResult<Vec<Delivery>> {
        loop {
            if self.consuming.is_none() {
                self.resume().await?;
            }
            if self.options.inboxes.is_empty() {
                // All that it listened to was removed.
                self.settler.core.closing.cancelled().await;
                return Err(fault::closed());
            }
            let Some(consuming) = self.consuming.as_mut() else {
                continue;
            };
            let closing = &self.settler.core.closing;
            let first = tokio::select! {
                biased;
                () = closing.cancelled() => return Err(fault::closed()),
                () = consuming.session.gone() => None,
                item = consuming.items.next() => item,
            };
            // From here on nothing waits: a cancelled call has taken nothing.
            let (deliveries, ended) = consuming.gather(&self.settler, first, max.max(1));
            if let Some(reason) = ended {
                self.end(&reason);
            }
            if !deliveries.is_empty() {
                return Ok(deliveries);
            }
        }
    }

    fn settler(&self) -> Arc<dyn Settler> {
        Arc::clone(&self.settler) as Arc<dyn Settler>
    }
}

impl Drop for AmqpSubscription {
    fn drop(&mut self) {
        // The last handle of a channel closes it; the broker then hands out again what is unsettled.
        *self.settler.lane.lock() = None;
    }
}

impl Consuming {
    /// The first item and what else is there, at most `max`; and why it ended, if it did.
    fn gather(
        &mut self,
        settler: &AmqpSettler,
        first: Option<Item>,
        max: usize,
    ) -> (Vec<Delivery>, Option<String>) {
        let mut deliveries = Vec::new();
        let mut lane = settler.lane.lock();
        let Some(lane) = lane.as_mut() else {
            return (deliveries, Some("no channel".to_owned()));
        };
        let mut item = first;
        loop {
            match item {
                Some(Item::Came(inbox, message)) => {
                    deliveries.push(self.receive(lane, &inbox, *message))
                }
                Some(Item::Ended(reason)) => return (deliveries, Some(reason)),
                None => return (deliveries, Some("the connection was lost".to_owned())),
            }
            if deliveries.len() >= max {
                return (deliveries, None);
            }
            match self.items.next().now_or_never() {
                Some(next) => item = next,
                None => return (deliveries, None),
            }
        }
    }

    fn receive(&self, lane: &mut Lane, inbox: &str, message: lapin::message::Delivery) -> Delivery {
        let parcel = Parcel {
            properties: message.properties,
            body: message.data.into(),
        };
        let delivery = Delivery {
            token: DeliveryToken {
                epoch: self.epoch,
                tag: message.delivery_tag,
                lane: 0,
            },
            inbox: inbox.to_owned(),
            content: wire::decode(&parcel),
            redelivered: message.redelivered,
        };
        lane.take(message.delivery_tag, parcel);
        delivery
    }
}

/// Opens a channel and begins to consume all inboxes.
async fn consume(
    core: &Core,
    session: &Arc<Session>,
    options: &SubscribeOptions,
) -> lapin::Result<(Consuming, Channel)> {
    let channel = session.connection.create_channel().await?;
    // `global` makes the limit one of the channel instead of one of each consumer. It costs the
    // broker some work, which a single consumer need not pay.
    let global = options.inboxes.len() > 1;
    channel
        .basic_qos(options.prefetch.max(1), BasicQosOptions { global })
        .await?;
    let epoch = core.next_epoch();
    let starting = options.inboxes.iter().enumerate().map(|(n, inbox)| {
        let tag = format!("{}.{epoch}.{n}", options.group);
        consume_inbox(channel.clone(), inbox.as_str().into(), tag)
    });
    let starting: Vec<_> = starting.collect();
    let consumers: Vec<BoxStream<'static, Item>> = stream::iter(starting)
        .buffered(STARTING_MAX)
        .try_collect()
        .await?;
    let items = stream::select_all(consumers);
    Ok((
        Consuming {
            session: Arc::clone(session),
            epoch,
            items,
        },
        channel,
    ))
}

async fn consume_inbox(
    channel: Channel,
    inbox: Arc<str>,
    tag: String,
) -> lapin::Result<BoxStream<'static, Item>> {
    let (options, arguments) = (BasicConsumeOptions::default(), FieldTable::default());
    let consumer = channel
        .basic_consume(short(&inbox), short(&tag), options, arguments)
        .await?;
    Ok(items(inbox, consumer))
}

fn items(inbox: Arc<str>, consumer: Consumer) -> BoxStream<'static, Item> {
    let ended = stream::once(async { Item::Ended("the broker ended the consumer".to_owned()) });
    consumer
        .map(move |result| match result {
            Ok(message) => Item::Came(Arc::clone(&inbox), Box::new(message)),
            Err(error) => Item::Ended(error.to_string()),
        })
        .chain(ended)
        .boxed()
}
