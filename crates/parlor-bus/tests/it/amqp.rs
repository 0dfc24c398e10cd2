use crate::fresh_world;
use crate::proxy::Proxy;
use chrono::DateTime;
use futures::StreamExt;
use lapin::options::*;
use lapin::types::{AMQPValue, FieldTable};
use lapin::uri::AMQPUri;
use lapin::{BasicProperties, Connection, ConnectionProperties};
use parlor_bus::AmqpBus;
use parlor_model::world::{Binding, ExchangeKind, Topology};
use parlor_model::{ConversationId, Envelope, EventBody, EventId, Opening, Slug, SystemClock};
use parlor_ports::bus::{Bus, Delivery, Outgoing, SubscribeOptions, Subscription, Verdict};
use parlor_ports::testkit::bus::{BusUnderTest, Raw};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use uuid::Uuid;

parlor_ports::bus_conformance!(make);
parlor_ports::bus_foreign_conformance!(make);

fn url() -> String {
    std::env::var("PARLOR_TEST_AMQP_URL").expect(
        "PARLOR_TEST_AMQP_URL names no RabbitMQ: run `tests/services up` and then \
         `eval \"$(tests/services env)\"`",
    )
}

async fn connect(url: &str) -> AmqpBus {
    AmqpBus::connect(url, Arc::new(SystemClock))
        .await
        .expect("the broker is there")
}

async fn plain() -> Connection {
    Connection::connect(&url(), ConnectionProperties::default())
        .await
        .expect("the broker is there")
}

async fn make() -> BusUnderTest {
    BusUnderTest {
        bus: Arc::new(connect(&url()).await),
        world: fresh_world(),
        inject: Some(Box::new(|raw| Box::pin(inject(raw)))),
        relay: None,
        cleanup: Box::new(|topology| Box::pin(clean_up(topology))),
    }
}

async fn inject(raw: Raw) {
    let connection = plain().await;
    let mut headers = FieldTable::default();
    for (name, value) in raw.headers {
        headers.insert(name.into(), AMQPValue::LongString(value.into()));
    }
    send_plain(&connection, "", &raw.inbox, headers, &raw.body).await;
}

async fn send_plain(
    connection: &Connection,
    exchange: &str,
    key: &str,
    headers: FieldTable,
    body: &[u8],
) {
    let channel = connection.create_channel().await.unwrap();
    channel
        .confirm_select(ConfirmSelectOptions::default())
        .await
        .unwrap();
    let properties = BasicProperties::default().with_headers(headers);
    let options = BasicPublishOptions {
        mandatory: true,
        ..Default::default()
    };
    let confirm = channel
        .basic_publish(exchange.into(), key.into(), options, body, properties)
        .await
        .unwrap()
        .await
        .unwrap();
    assert!(
        confirm.is_ack() && confirm.take_message().is_none(),
        "the broker routed it"
    );
}

async fn clean_up(topology: Topology) {
    let connection = plain().await;
    let channel = connection.create_channel().await.unwrap();
    let inboxes = topology
        .inboxes
        .iter()
        .map(|binding| binding.inbox.as_str());
    for queue in inboxes.chain([topology.dead_letters.as_str()]) {
        channel
            .queue_delete(queue.into(), QueueDeleteOptions::default())
            .await
            .unwrap();
    }
    let exchange = topology.exchange.as_str().into();
    channel
        .exchange_delete(exchange, ExchangeDeleteOptions::default())
        .await
        .unwrap();
}

fn topology(world: &Slug) -> Topology {
    Topology {
        world: world.clone(),
        exchange: format!("{world}-exchange"),
        exchange_kind: ExchangeKind::Direct,
        inboxes: vec![Binding {
            inbox: format!("q-{world}-Ross"),
            key: "Ross".to_owned(),
        }],
        dead_letters: format!("{world}-dead-letters"),
    }
}

fn envelope(world: &Slug, n: u128) -> Arc<Envelope> {
    let id = EventId(Uuid::from_u128(n + 1));
    Arc::new(Envelope {
        id,
        world: world.clone(),
        conversation: ConversationId(Uuid::from_u128(7)),
        recipient: Slug::new("ross").unwrap(),
        time: DateTime::from_timestamp_micros(1_700_000_000_000_000).unwrap(),
        traceparent: parlor_model::envelope::traceparent(Uuid::from_u128(7), id),
        body: EventBody::Opening(Opening {
            text: Some(format!("line {n}")),
        }),
    })
}

fn outgoing(topology: &Topology, n: u128) -> Outgoing {
    let inbox = topology.inboxes[0].inbox.clone();
    Outgoing {
        inbox,
        envelope: envelope(&topology.world, n),
    }
}

async fn subscribe(bus: &AmqpBus, topology: &Topology, prefetch: u16) -> Box<dyn Subscription> {
    let inboxes = topology
        .inboxes
        .iter()
        .map(|binding| binding.inbox.clone())
        .collect();
    let options = SubscribeOptions {
        group: "test".to_owned(),
        inboxes,
        prefetch,
    };
    bus.subscribe(options).await.unwrap()
}

async fn within<T>(seconds: u64, work: impl Future<Output = T>) -> T {
    let limit = Duration::from_secs(seconds);
    tokio::time::timeout(limit, work)
        .await
        .unwrap_or_else(|_| panic!("nothing within {limit:?}"))
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let mut tick = tokio::time::interval(Duration::from_millis(20));
    let waiting = async {
        while !holds().await {
            tick.tick().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waiting)
        .await
        .unwrap_or_else(|_| panic!("{what}"));
}

async fn acknowledge(subscription: &dyn Subscription, deliveries: Vec<Delivery>) {
    let ends = deliveries
        .into_iter()
        .map(|delivery| (delivery, Verdict::Ack))
        .collect();
    subscription.settler().settle(ends).await.unwrap();
}

/// The broker's address in the URL replaced by the proxy's.
async fn through_proxy() -> (Proxy, String) {
    let mut uri: AMQPUri = url().parse().unwrap();
    let proxy = Proxy::start(format!("{}:{}", uri.authority.host, uri.authority.port)).await;
    uri.authority.host = proxy.address.ip().to_string();
    uri.authority.port = proxy.address.port();
    (proxy, uri.to_string())
}

/// Connections are cut again and again in the middle of publishing and consuming: every message
/// arrives, the consumer goes on by itself, the inbox is empty in the end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_connection_loses_nothing_fr1() {
    const COUNT: usize = 5_000;
    const CUTS: usize = 5;
    let (proxy, url) = through_proxy().await;
    let topology = topology(&fresh_world());
    let (publisher, consumer) = (connect(&url).await, connect(&url).await);
    publisher.declare(&topology).await.unwrap();
    consumer.declare(&topology).await.unwrap();
    let mut subscription = subscribe(&consumer, &topology, 100).await;
    let arrived = AtomicUsize::new(0);

    let publishing = async {
        let mut left: Vec<u128> = (0..COUNT as u128).collect();
        while !left.is_empty() {
            let batch: Vec<_> = left
                .iter()
                .take(50)
                .map(|n| outgoing(&topology, *n))
                .collect();
            let results = publisher.publish(&batch).await;
            let mut at = 0;
            left.retain(|_| {
                let result = results.get(at);
                at += 1;
                match result {
                    Some(Err(error)) => {
                        assert!(error.is_retryable(), "{error}");
                        true
                    }
                    Some(Ok(())) => false,
                    None => true,
                }
            });
        }
    };
    let consuming = async {
        let mut seen = HashSet::new();
        while seen.len() < COUNT {
            let deliveries = subscription.next(64).await.unwrap();
            seen.extend(deliveries.iter().map(|d| d.content.as_ref().unwrap().id));
            acknowledge(&*subscription, deliveries).await;
            arrived.store(seen.len(), Ordering::Relaxed);
        }
        seen
    };
    let cutting = async {
        for cut in 1..=CUTS {
            let mark = cut * COUNT / (CUTS + 1);
            until("messages go on arriving", async || {
                arrived.load(Ordering::Relaxed) >= mark
            })
            .await;
            proxy.cut();
        }
    };
    let ((), seen, ()) = within(90, async { tokio::join!(publishing, consuming, cutting) }).await;

    assert!(
        proxy.accepted() >= 2 + CUTS,
        "the cuts were felt: {}",
        proxy.accepted()
    );
    let expected: HashSet<_> = (0..COUNT as u128)
        .map(|n| envelope(&topology.world, n).id)
        .collect();
    assert_eq!(seen, expected);
    // What was delivered twice is still on its way: take it until the inbox is empty and idle.
    let names = [topology.inboxes[0].inbox.clone()];
    until("the inbox is empty", async || {
        let idle = Duration::from_millis(100);
        if let Ok(deliveries) = tokio::time::timeout(idle, subscription.next(64)).await {
            acknowledge(&*subscription, deliveries.unwrap()).await;
            return false;
        }
        consumer.inboxes(&names).await.unwrap()[0].ready == 0
    })
    .await;
    consumer.close().await;
    publisher.close().await;
    clean_up(topology).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_deleted_by_hand_is_made_again() {
    let topology = topology(&fresh_world());
    let bus = connect(&url()).await;
    bus.declare(&topology).await.unwrap();
    let mut subscription = subscribe(&bus, &topology, 10).await;
    let connection = plain().await;
    let channel = connection.create_channel().await.unwrap();
    let queue = topology.inboxes[0].inbox.as_str();
    channel
        .queue_delete(queue.into(), QueueDeleteOptions::default())
        .await
        .unwrap();
    // Whoever notices first, publisher or consumer, makes it again.
    let sent = bus.publish(&[outgoing(&topology, 1)]).await;
    assert_eq!(sent, vec![Ok(())]);
    let came = within(20, subscription.next(1)).await.unwrap();
    assert_eq!(came[0].content, Ok(envelope(&topology.world, 1)));
    bus.close().await;
    clean_up(topology).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plain_client_reads_and_writes_envelopes_fr6_fr7() {
    let topology = topology(&fresh_world());
    let bus = connect(&url()).await;
    bus.declare(&topology).await.unwrap();
    assert_eq!(bus.publish(&[outgoing(&topology, 1)]).await, vec![Ok(())]);

    let connection = plain().await;
    let channel = connection.create_channel().await.unwrap();
    let queue = topology.inboxes[0].inbox.as_str();
    let got = channel
        .basic_get(queue.into(), BasicGetOptions { no_ack: true })
        .await
        .unwrap();
    let message = got.expect("it is in the character's queue").delivery;
    let envelope = envelope(&topology.world, 1);
    assert_eq!(message.exchange.as_str(), topology.exchange);
    assert_eq!(message.routing_key.as_str(), "Ross");
    assert_eq!(message.data, br#"{"text":"line 1"}"#);
    let properties = &message.properties;
    assert_eq!(
        properties.content_type().as_ref().unwrap().as_str(),
        "application/json"
    );
    assert_eq!(
        properties.message_id().as_ref().unwrap().as_str(),
        envelope.id.to_string()
    );
    assert_eq!(*properties.delivery_mode(), Some(2));
    assert_eq!(*properties.timestamp(), Some(1_700_000_000));
    let headers = properties.headers().clone().unwrap();
    let subject = AMQPValue::LongString(envelope.conversation.to_string().into());
    assert_eq!(headers.inner().get("cloudEvents:subject"), Some(&subject));
    assert!(headers.contains_key("traceparent"));

    // The same words written by hand, with a prefix that is easier to type.
    let mut by_hand = FieldTable::default();
    for (name, value) in &headers {
        by_hand.insert(
            name.as_str().replace("cloudEvents:", "ce-").into(),
            value.clone(),
        );
    }
    send_plain(
        &connection,
        &topology.exchange,
        "Ross",
        by_hand,
        &message.data,
    )
    .await;
    let mut subscription = subscribe(&bus, &topology, 10).await;
    let came = within(20, subscription.next(1)).await.unwrap();
    assert_eq!(came[0].content, Ok(envelope));
    bus.close().await;
    clean_up(topology).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_somebody_elses_consumer_rejects_is_a_dead_letter_too() {
    let topology = topology(&fresh_world());
    let bus = connect(&url()).await;
    bus.declare(&topology).await.unwrap();
    assert_eq!(bus.publish(&[outgoing(&topology, 1)]).await, vec![Ok(())]);
    let connection = plain().await;
    let channel = connection.create_channel().await.unwrap();
    let queue = topology.inboxes[0].inbox.as_str();
    let (tag, options) = ("theirs".into(), BasicConsumeOptions::default());
    let consuming = channel.basic_consume(queue.into(), tag, options, FieldTable::default());
    let mut consumer = consuming.await.unwrap();
    let theirs = within(20, consumer.next()).await.unwrap().unwrap();
    theirs
        .acker
        .reject(BasicRejectOptions { requeue: false })
        .await
        .unwrap();
    channel.close(200, "done".into()).await.unwrap();

    until("the broker has put it aside", async || {
        !bus.dead_letters(&topology.world, 10)
            .await
            .unwrap()
            .is_empty()
    })
    .await;
    let letter = bus
        .dead_letters(&topology.world, 10)
        .await
        .unwrap()
        .remove(0);
    assert_eq!(letter.inbox, queue);
    assert_eq!(letter.reason, "put aside by the broker: rejected");
    assert_eq!(letter.id, envelope(&topology.world, 1).id.to_string());
    assert_eq!(bus.replay_dead_letters(&topology.world, &[]).await, Ok(1));
    let mut subscription = subscribe(&bus, &topology, 10).await;
    let came = within(20, subscription.next(1)).await.unwrap();
    assert_eq!(came[0].content, Ok(envelope(&topology.world, 1)));
    bus.close().await;
    clean_up(topology).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn declaring_in_another_form_is_terminal_and_says_how_to_mend_it() {
    let topology = topology(&fresh_world());
    let bus = connect(&url()).await;
    bus.declare(&topology).await.unwrap();
    let other = Topology {
        exchange_kind: ExchangeKind::Topic,
        ..topology.clone()
    };
    let error = bus.declare(&other).await.unwrap_err();
    assert!(!error.is_retryable(), "{error}");
    assert!(error.to_string().contains("another form"), "{error}");
    assert!(error.to_string().contains(&topology.exchange), "{error}");
    assert_eq!(
        bus.publish(&[outgoing(&topology, 1)]).await,
        vec![Ok(())],
        "the first one still holds"
    );
    bus.close().await;
    clean_up(topology).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_is_terminal_and_in_no_error() {
    let mut uri: AMQPUri = url().parse().unwrap();
    uri.authority.userinfo.password = "hunter2".to_owned();
    let url = uri.to_string();
    let error = within(20, AmqpBus::connect(&url, Arc::new(SystemClock)))
        .await
        .err()
        .expect("the broker refuses");
    assert!(!error.is_retryable(), "{error}");
    assert!(error.to_string().contains("password"), "{error}");
    assert!(!error.to_string().contains("hunter2"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_there_is_retryable_after_ten_seconds_and_names_the_address() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let url = format!("amqp://someone:hunter2@{free}/%2f");
    let error = within(20, AmqpBus::connect(&url, Arc::new(SystemClock)))
        .await
        .err()
        .expect("nobody");
    assert!(error.is_retryable(), "{error}");
    assert!(error.to_string().contains(&free.to_string()), "{error}");
    assert!(!error.to_string().contains("hunter2"), "{error}");
}

#[tokio::test]
async fn an_address_of_another_kind_is_terminal() {
    let error = AmqpBus::connect("kafka://user:hunter2@host", Arc::new(SystemClock))
        .await
        .err()
        .unwrap();
    assert!(!error.is_retryable(), "{error}");
    assert!(error.to_string().contains("amqp://"), "{error}");
    assert!(!error.to_string().contains("hunter2"), "{error}");
}
