//! How fast the bus adapters are, and what the AMQP adapter costs over a bare client.
//!
//! `eval "$(tests/services env)"; cargo run --release -p parlor-bus --example throughput`
//!
//! All figures are messages per second through publish with confirms, consume and acknowledge, of
//! the same envelopes with the same prefetch, in the same run on the same broker.

use futures::StreamExt;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions,
    ConfirmSelectOptions, ExchangeDeleteOptions, QueueDeclareOptions, QueueDeleteOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties};
use parlor_bus::{AmqpBus, EmbeddedBus};
use parlor_model::world::{Binding, ExchangeKind, Topology};
use parlor_model::{
    Clock, ConversationId, Envelope, EventBody, EventId, Opening, Slug, SystemClock,
};
use parlor_ports::bus::{Bus, Outgoing, SubscribeOptions, Verdict};
use std::error::Error;
use std::sync::Arc;
use std::time::Instant;
use uuid::Uuid;

#[path = "../tests/it/outbox.rs"]
#[expect(dead_code, reason = "the tests break it on purpose, this does not")]
mod outbox;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const PREFETCH: u16 = 256;
/// Messages that a publisher sends before it waits for their confirms.
const BATCH: usize = 64;
const PUBLISHERS: usize = 4;
const BROKER_MESSAGES: usize = 40_000;
const EMBEDDED_MESSAGES: usize = 1_000_000;

#[tokio::main]
async fn main() -> Outcome<()> {
    let world = Slug::new(format!("bench-{}", std::process::id()))?;
    let embedded = EmbeddedBus::new(
        Arc::new(outbox::MemoryOutbox::default()),
        Arc::new(SystemClock),
    );
    let rate = through_bus(Arc::new(embedded), &topology(&world, 4), EMBEDDED_MESSAGES).await?;
    println!("embedded, 4 inboxes            {rate:>10.0}/s");

    let url = std::env::var("PARLOR_TEST_AMQP_URL")
        .map_err(|_| "PARLOR_TEST_AMQP_URL is not set: eval \"$(tests/services env)\"")?;
    let one_by_one = bare(&url, &world, false).await?;
    println!("bare lapin, each acknowledged  {one_by_one:>10.0}/s");
    let batched = bare(&url, &world, true).await?;
    println!("bare lapin, batched acks       {batched:>10.0}/s");
    for inboxes in [1, 4] {
        let topology = topology(&world, inboxes);
        let bus = Arc::new(AmqpBus::connect(&url, Arc::new(SystemClock)).await?);
        let rate = through_bus(bus, &topology, BROKER_MESSAGES).await?;
        clean_up(&url, &topology).await?;
        println!(
            "amqp, {inboxes} inbox(es)             {rate:>10.0}/s   {:.2} of bare, {:.2} of batched",
            rate / one_by_one,
            rate / batched
        );
    }
    Ok(())
}

/// Publishes from several tasks while one subscription consumes and acknowledges in batches.
async fn through_bus(bus: Arc<dyn Bus>, topology: &Topology, count: usize) -> Outcome<f64> {
    bus.declare(topology).await?;
    let inboxes: Vec<String> = topology.inboxes.iter().map(|b| b.inbox.clone()).collect();
    let options = SubscribeOptions {
        group: "bench".into(),
        inboxes: inboxes.clone(),
        prefetch: PREFETCH,
    };
    let mut subscription = bus.subscribe(options).await?;
    let settler = subscription.settler();
    let envelope = Arc::new(envelope(&topology.world));
    let started = Instant::now();
    let mut publishers = Vec::new();
    for publisher in 0..PUBLISHERS {
        let (bus, inbox) = (Arc::clone(&bus), inboxes[publisher % inboxes.len()].clone());
        let sent = Outgoing {
            inbox,
            envelope: Arc::clone(&envelope),
        };
        let batch = vec![sent; BATCH];
        publishers.push(tokio::spawn(async move {
            for _ in 0..count / PUBLISHERS / BATCH {
                for result in bus.publish(&batch).await {
                    result?;
                }
                tokio::task::yield_now().await;
            }
            Ok::<_, Box<dyn Error + Send + Sync>>(())
        }));
    }
    let count = count / PUBLISHERS / BATCH * BATCH * PUBLISHERS;
    let mut seen = 0;
    while seen < count {
        let deliveries = subscription.next(usize::from(PREFETCH)).await?;
        seen += deliveries.len();
        settler
            .settle(deliveries.into_iter().map(|d| (d, Verdict::Ack)).collect())
            .await?;
    }
    let rate = per_second(count, started);
    for publisher in publishers {
        publisher.await??;
    }
    bus.close().await;
    Ok(rate)
}

/// The same with nothing but the client: the baseline.
async fn bare(url: &str, world: &Slug, batched: bool) -> Outcome<f64> {
    let connection = Connection::connect(url, ConnectionProperties::default()).await?;
    let queue = format!("{world}-bare");
    let consuming = connection.create_channel().await?;
    let durable = QueueDeclareOptions::durable();
    consuming
        .queue_declare(queue.as_str().into(), durable, FieldTable::default())
        .await?;
    consuming
        .basic_qos(PREFETCH, BasicQosOptions::default())
        .await?;
    let (options, arguments) = (BasicConsumeOptions::default(), FieldTable::default());
    let consumer =
        consuming.basic_consume(queue.as_str().into(), "bench".into(), options, arguments);
    let mut consumer = consumer.await?;
    let started = Instant::now();
    let mut publishers = Vec::new();
    for _ in 0..PUBLISHERS {
        let channel = connection.create_channel().await?;
        channel
            .confirm_select(ConfirmSelectOptions::default())
            .await?;
        publishers.push(tokio::spawn(publish_bare(
            channel,
            queue.clone(),
            envelope(world),
        )));
    }
    let count = BROKER_MESSAGES / PUBLISHERS / BATCH * BATCH * PUBLISHERS;
    for n in 1..=count {
        let delivery = consumer.next().await.ok_or("the consumer ended")??;
        if !batched {
            delivery.acker.ack(BasicAckOptions::default()).await?;
        } else if n % BATCH == 0 {
            delivery
                .acker
                .ack(BasicAckOptions { multiple: true })
                .await?;
        }
    }
    let rate = per_second(count, started);
    for publisher in publishers {
        publisher.await??;
    }
    consuming
        .queue_delete(queue.as_str().into(), QueueDeleteOptions::default())
        .await?;
    Ok(rate)
}

async fn publish_bare(channel: Channel, queue: String, envelope: Envelope) -> Outcome<()> {
    let body = envelope.data();
    let mut headers = FieldTable::default();
    for (name, value) in envelope.attributes() {
        headers.insert(
            format!("cloudEvents:{name}").into(),
            AMQPValue::LongString(value.into()),
        );
    }
    let properties = BasicProperties::default()
        .with_delivery_mode(2)
        .with_headers(headers);
    for _ in 0..BROKER_MESSAGES / PUBLISHERS / BATCH {
        let sending = (0..BATCH).map(|_| {
            let (key, options) = (queue.as_str().into(), BasicPublishOptions::default());
            channel.basic_publish("".into(), key, options, &body, properties.clone())
        });
        for confirm in futures::future::try_join_all(sending).await? {
            confirm.await?;
        }
    }
    Ok(())
}

async fn clean_up(url: &str, topology: &Topology) -> Outcome<()> {
    let connection = Connection::connect(url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    let inboxes = topology
        .inboxes
        .iter()
        .map(|binding| binding.inbox.as_str());
    for queue in inboxes.chain([topology.dead_letters.as_str()]) {
        channel
            .queue_delete(queue.into(), QueueDeleteOptions::default())
            .await?;
    }
    let exchange = topology.exchange.as_str().into();
    channel
        .exchange_delete(exchange, ExchangeDeleteOptions::default())
        .await?;
    Ok(())
}

fn topology(world: &Slug, inboxes: usize) -> Topology {
    let bind = |n| Binding {
        inbox: format!("{world}-{n}"),
        key: format!("key-{n}"),
    };
    Topology {
        world: world.clone(),
        exchange: format!("{world}-exchange"),
        exchange_kind: ExchangeKind::Direct,
        inboxes: (0..inboxes).map(bind).collect(),
        dead_letters: format!("{world}-dead-letters"),
    }
}

fn envelope(world: &Slug) -> Envelope {
    let (id, conversation) = (
        EventId(Uuid::from_u128(1)),
        ConversationId(Uuid::from_u128(2)),
    );
    Envelope {
        id,
        world: world.clone(),
        conversation,
        recipient: world.clone(),
        time: SystemClock.now(),
        traceparent: parlor_model::envelope::traceparent(conversation.0, id),
        body: EventBody::Opening(Opening {
            text: Some("How are you, really? ".repeat(10)),
        }),
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a count of messages fits a double"
)]
fn per_second(count: usize, since: Instant) -> f64 {
    count as f64 / since.elapsed().as_secs_f64()
}
