use crate::fresh_world;
use chrono::DateTime;
use parlor_bus::KafkaBus;
use parlor_model::world::{Binding, ExchangeKind, Topology};
use parlor_model::{ConversationId, Envelope, EventBody, EventId, Opening, Slug, SystemClock};
use parlor_ports::bus::{Bus, Outgoing, SubscribeOptions, Subscription, Verdict};
use parlor_ports::testkit::bus::{BusUnderTest, Raw};
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Header, Headers, Message, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

parlor_ports::bus_conformance!(make);
parlor_ports::bus_foreign_conformance!(make);

fn brokers() -> String {
    std::env::var("PARLOR_TEST_KAFKA_BROKERS").expect(
        "PARLOR_TEST_KAFKA_BROKERS names no Kafka: run `tests/services up` and then \
         `eval \"$(tests/services env)\"`",
    )
}

fn plain() -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", brokers());
    config
}

async fn connect() -> KafkaBus {
    let url = format!("kafka://{}?partitions=3", brokers());
    KafkaBus::connect(&url, Arc::new(SystemClock))
        .await
        .expect("the broker is there")
}

async fn make() -> BusUnderTest {
    BusUnderTest {
        bus: Arc::new(connect().await),
        world: fresh_world(),
        inject: Some(Box::new(|raw| Box::pin(inject(raw)))),
        relay: None,
        cleanup: Box::new(|topology| Box::pin(clean_up(topology))),
    }
}

async fn inject(raw: Raw) {
    let producer: FutureProducer = plain().create().unwrap();
    let mut headers = OwnedHeaders::new();
    for (key, value) in &raw.headers {
        let value = Some(value);
        headers = headers.insert(Header { key, value });
    }
    let record: FutureRecord<'_, str, [u8]> = FutureRecord::to(&raw.inbox)
        .headers(headers)
        .payload(&raw.body);
    producer
        .send(record, Duration::from_secs(10))
        .await
        .unwrap();
}

async fn clean_up(topology: Topology) {
    let admin: AdminClient<DefaultClientContext> = plain().create().unwrap();
    let options = AdminOptions::new();
    let mut topics: Vec<&str> = topology.inboxes.iter().map(|b| b.inbox.as_str()).collect();
    topics.push(&topology.dead_letters);
    admin.delete_topics(&topics, &options).await.unwrap();
    let group = format!("{}-group", topology.world);
    // A rule without a consumer leaves no group.
    let _ = admin.delete_groups(&[&group], &options).await;
}

fn topology(world: &Slug) -> Topology {
    Topology {
        world: world.clone(),
        exchange: format!("{world}-exchange"),
        exchange_kind: ExchangeKind::Direct,
        inboxes: vec![Binding {
            inbox: format!("{world}-messages"),
            key: "Ross".to_owned(),
        }],
        dead_letters: format!("{world}.dead-letters"),
    }
}

fn envelope(world: &Slug, n: u128) -> Arc<Envelope> {
    let id = EventId(Uuid::from_u128(n + 1));
    Arc::new(Envelope {
        id,
        world: world.clone(),
        conversation: ConversationId(Uuid::from_u128(n % 16)),
        recipient: Slug::new("ross").unwrap(),
        time: DateTime::from_timestamp_micros(1_700_000_000_000_000).unwrap(),
        traceparent: parlor_model::envelope::traceparent(Uuid::from_u128(7), id),
        body: EventBody::Opening(Opening {
            text: Some(format!("line {n}")),
        }),
    })
}

fn outgoing(topology: &Topology, n: u128) -> Outgoing {
    Outgoing {
        inbox: topology.inboxes[0].inbox.clone(),
        envelope: envelope(&topology.world, n),
    }
}

async fn subscribe(bus: &KafkaBus, topology: &Topology, prefetch: u16) -> Box<dyn Subscription> {
    let options = SubscribeOptions {
        group: format!("{}-group", topology.world),
        inboxes: vec![topology.inboxes[0].inbox.clone()],
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

/// A plain consumer reads what we write, and what a plain producer writes by the same words is an
/// envelope.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plain_client_reads_and_writes_envelopes_hp6() {
    let topology = topology(&fresh_world());
    let topic = topology.inboxes[0].inbox.as_str();
    let bus = connect().await;
    bus.declare(&topology).await.unwrap();
    assert_eq!(bus.publish(&[outgoing(&topology, 1)]).await, vec![Ok(())]);
    let expected = envelope(&topology.world, 1);

    let reader: BaseConsumer = plain().set("group.id", "plain").create().unwrap();
    let mut all = TopicPartitionList::new();
    for partition in 0..3 {
        all.add_partition_offset(topic, partition, Offset::Beginning)
            .unwrap();
    }
    reader.assign(&all).unwrap();
    let message = reader
        .poll(Duration::from_secs(20))
        .expect("it is there")
        .unwrap()
        .detach();
    assert_eq!(message.payload().unwrap(), br#"{"text":"line 1"}"#);
    let key = expected.conversation.to_string();
    assert_eq!(message.key().unwrap(), key.as_bytes());
    let headers = message.headers().unwrap().clone();
    let header = |name: &str| {
        let found = headers.iter().find(|h| h.key == name);
        String::from_utf8(found.unwrap().value.unwrap().to_vec()).unwrap()
    };
    assert_eq!(header("ce_id"), expected.id.to_string());
    assert_eq!(header("ce_subject"), key);
    assert_eq!(header("content-type"), "application/json");
    assert_eq!(header("traceparent"), expected.traceparent);

    let producer: FutureProducer = plain().create().unwrap();
    let record: FutureRecord<'_, str, [u8]> = FutureRecord::to(topic)
        .headers(headers.clone())
        .payload(message.payload().unwrap());
    producer
        .send(record, Duration::from_secs(10))
        .await
        .unwrap();
    let mut subscription = subscribe(&bus, &topology, 10).await;
    let mut came = Vec::new();
    while came.len() < 2 {
        came.extend(within(20, subscription.next(2)).await.unwrap());
    }
    for delivery in &came {
        assert_eq!(delivery.content, Ok(expected.clone()));
    }
    bus.close().await;
    clean_up(topology).await;
}

/// Members come and go while they work through a large backlog: everything arrives, and the group
/// is behind by nothing in the end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_come_and_go_over_a_large_backlog() {
    const COUNT: u128 = 10_000;
    let topology = topology(&fresh_world());
    let bus = connect().await;
    bus.declare(&topology).await.unwrap();
    for start in (0..COUNT).step_by(1_000) {
        let batch: Vec<_> = (start..start + 1_000)
            .map(|n| outgoing(&topology, n))
            .collect();
        let results = bus.publish(&batch).await;
        assert!(results.iter().all(Result::is_ok), "{results:?}");
    }
    let names = [topology.inboxes[0].inbox.clone()];
    assert_eq!(bus.inboxes(&names).await.unwrap()[0].ready, COUNT as u64);
    let mut seen = HashSet::new();
    let mut members = Vec::new();
    let mut handed_out = 0_usize;
    within(60, async {
        while (seen.len() as u128) < COUNT {
            // A new member at the beginning and after each fifth; the oldest goes when there are three.
            if seen.len() >= handed_out {
                handed_out += COUNT as usize / 5;
                members.push(subscribe(&bus, &topology, 500).await);
                if members.len() > 2 {
                    drop(members.remove(0));
                }
            }
            for member in &mut members {
                let hurry = Duration::from_millis(20);
                let Ok(some) = tokio::time::timeout(hurry, member.next(500)).await else {
                    continue;
                };
                let some = some.unwrap();
                seen.extend(some.iter().map(|d| d.content.as_ref().unwrap().id));
                let ends = some.into_iter().map(|d| (d, Verdict::Ack)).collect();
                member.settler().settle(ends).await.unwrap();
            }
        }
    })
    .await;
    // What came twice is on its way.
    within(20, async {
        while bus.inboxes(&names).await.unwrap()[0].ready > 0 {
            for member in &mut members {
                let hurry = Duration::from_millis(20);
                if let Ok(some) = tokio::time::timeout(hurry, member.next(500)).await {
                    let ends = some.unwrap().into_iter().map(|d| (d, Verdict::Ack));
                    member.settler().settle(ends.collect()).await.unwrap();
                }
            }
        }
    })
    .await;
    bus.close().await;
    clean_up(topology).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_there_is_retryable_and_names_the_address() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let url = format!("kafka://someone:hunter2@{free}");
    let error = within(20, KafkaBus::connect(&url, Arc::new(SystemClock)))
        .await
        .err()
        .expect("nobody");
    assert!(error.is_retryable(), "{error}");
    assert!(error.to_string().contains(&free.to_string()), "{error}");
    assert!(!error.to_string().contains("hunter2"), "{error}");
}

/// Settings of TLS reach the library, where a file that is not there is found missing; a program that
/// was built without TLS says so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_of_tls_reach_the_library() {
    let failing = [
        "security.protocol=SSL&ssl.ca.location=/nowhere/ca.pem",
        "security.protocol=SASL_SSL&sasl.mechanism=NONSENSE&sasl.username=u&sasl.password=hunter2",
        "no.such.setting=hunter2",
    ];
    for settings in failing {
        let url = format!("kafka://{}?{settings}", brokers());
        let error = within(20, KafkaBus::connect(&url, Arc::new(SystemClock)))
            .await
            .err()
            .expect("it can't be used");
        assert!(!error.is_retryable(), "{settings}: {error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}
