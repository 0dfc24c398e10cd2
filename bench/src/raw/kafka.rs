//! A bare client on Kafka: a topic, a consumer group and a producer for each place, as Parlor has
//! them: all copies acknowledged, idempotent, no lingering, offsets committed by hand; the same headers
//! and size of body as a move.

use anyhow::{Context, bail};
use futures::stream::{FuturesUnordered, StreamExt};
use futures::{FutureExt, future};
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{CommitMode, Consumer, StreamConsumer};
use rdkafka::message::{Header, Message, OwnedHeaders};
use rdkafka::producer::{DeliveryFuture, FutureProducer, FutureRecord};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// Topics: as many as Hogwarts has places.
const TOPICS: usize = 7;
/// Records that a consumer takes at once: as many as a place does.
const BATCH_MAX: usize = 128;
/// Records before the loop is measured.
const WARM_UP: usize = 700;
/// How long a loop may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long the brokers may take to answer.
const ANSWER_MAX: Duration = Duration::from_secs(10);

/// What the bare client needs.
pub(crate) struct RawKafka {
    admin: AdminClient<DefaultClientContext>,
    topics: Vec<String>,
    places: Vec<RawPlace>,
}

/// A topic's two ends.
struct RawPlace {
    consumer: StreamConsumer,
    producer: FutureProducer,
}

impl RawKafka {
    /// Makes its topics and joins their groups. `name` is not used by anybody else.
    pub(crate) async fn open(brokers: &str, name: &str) -> anyhow::Result<Self> {
        let admin: AdminClient<_> = client(brokers).create()?;
        let topics: Vec<_> = (0..TOPICS).map(|n| format!("{name}-raw-{n}")).collect();
        let new = topics
            .iter()
            .map(|topic| NewTopic::new(topic, 1, TopicReplication::Fixed(1)));
        let new: Vec<_> = new.collect();
        for made in admin.create_topics(&new, &AdminOptions::new()).await? {
            made.map_err(|(topic, code)| anyhow::anyhow!("topic '{topic}' can't be made: {code}"))?;
        }
        let mut places = Vec::with_capacity(TOPICS);
        for topic in &topics {
            let consumer: StreamConsumer = consumer(brokers, &format!("{topic}-group")).create()?;
            consumer.subscribe(&[topic])?;
            let producer = producer(brokers).create()?;
            places.push(RawPlace { consumer, producer });
        }
        let raw = Self {
            admin,
            topics,
            places,
        };
        tokio::time::timeout(PATIENCE, raw.joined()).await??;
        Ok(raw)
    }

    /// Sends one record to each and hears it: from then on all consumers are members of their groups.
    async fn joined(&self) -> anyhow::Result<()> {
        for (place, topic) in self.places.iter().zip(&self.topics) {
            place.send(topic, b"first")?.await?.map_err(|(e, _)| e)?;
            place.take().await?;
        }
        Ok(())
    }

    /// Sends `n` records at a fixed rate, whether they arrive or not; gives how long each took from
    /// being sent to its consumer.
    pub(crate) async fn latencies(
        &self,
        n: usize,
        per_s: u32,
        body_bytes: usize,
    ) -> anyhow::Result<Vec<Duration>> {
        let base = Instant::now();
        let hearing = async {
            let all = self.places.iter().map(|place| place.consumer.stream());
            let mut heard = futures::stream::select_all(all);
            let mut times = Vec::with_capacity(n);
            while times.len() < n {
                let message = heard.next().await.context("a consumer ended")??;
                let body = message.payload().unwrap_or_default();
                let sent = body.first_chunk().context("it is ours")?;
                let sent = Duration::from_nanos(u64::from_le_bytes(*sent));
                times.push(base.elapsed().saturating_sub(sent));
            }
            anyhow::Ok(times)
        };
        let sending = async {
            let mut tick = tokio::time::interval(Duration::from_secs(1) / per_s);
            let mut confirms = FuturesUnordered::new();
            for (place, topic) in self.places.iter().zip(&self.topics).cycle().take(n) {
                tick.tick().await;
                let mut body = vec![b'x'; body_bytes.max(8)];
                let sent = u64::try_from(base.elapsed().as_nanos())?;
                body[..8].copy_from_slice(&sent.to_le_bytes());
                confirms.push(place.send(topic, &body)?);
            }
            while let Some(confirm) = confirms.next().await {
                confirm?.map_err(|(error, _)| error)?;
            }
            anyhow::Ok(())
        };
        let both = tokio::time::timeout(PATIENCE, future::try_join(hearing, sending)).await;
        let (times, ()) = both.context("the bare round trips take too long")??;
        for place in &self.places {
            place.consumer.commit_consumer_state(CommitMode::Async).ok();
        }
        Ok(times)
    }

    /// Lets `tokens` records go round among the topics: consume, produce to the next, commit. Gives
    /// records per second over `n` of them. Ends the client.
    pub(crate) async fn loop_per_s(
        mut self,
        n: usize,
        tokens: usize,
        body_bytes: usize,
    ) -> anyhow::Result<f64> {
        let body = vec![b'x'; body_bytes];
        for (place, topic) in self.places.iter().zip(&self.topics).cycle().take(tokens) {
            place.send(topic, &body)?.await?.map_err(|(e, _)| e)?;
        }
        let (tell, mut moved) = mpsc::channel(1_024);
        let mut tasks = JoinSet::new();
        for (at, place) in std::mem::take(&mut self.places).into_iter().enumerate() {
            let (topics, tell) = (self.topics.clone(), tell.clone());
            tasks.spawn(async move { place.pass_on(at, &topics, &tell).await });
        }
        drop(tell);
        let counting = async {
            let (mut count, mut started) = (0, None);
            while count < WARM_UP + n {
                count += moved.recv().await.context("the bare loop ended")?;
                if count >= WARM_UP && started.is_none() {
                    started = Some((Instant::now(), count));
                }
            }
            let (at, before) = started.context("it was warmed up")?;
            #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
            let done = (count - before) as f64;
            anyhow::Ok(done / at.elapsed().as_secs_f64())
        };
        let per_s = tokio::select! {
            per_s = tokio::time::timeout(PATIENCE, counting) => {
                per_s.context("the bare loop takes too long")??
            }
            Some(ended) = tasks.join_next() => {
                ended??;
                bail!("the bare loop ended");
            }
        };
        tasks.shutdown().await;
        self.close().await?;
        Ok(per_s)
    }

    /// Deletes its topics.
    pub(crate) async fn close(self) -> anyhow::Result<()> {
        let topics: Vec<_> = self.topics.iter().map(String::as_str).collect();
        drop(self.places);
        self.admin
            .delete_topics(&topics, &AdminOptions::new())
            .await?;
        Ok(())
    }
}

/// Deletes every topic whose name begins with `prefix`.
pub(crate) async fn remove(brokers: &str, prefix: &str) -> anyhow::Result<()> {
    let admin: AdminClient<DefaultClientContext> = client(brokers).create()?;
    let all = tokio::task::block_in_place(|| admin.inner().fetch_metadata(None, ANSWER_MAX))?;
    let names = all.topics().iter().map(|topic| topic.name());
    let ours: Vec<_> = names.filter(|name| name.starts_with(prefix)).collect();
    if !ours.is_empty() {
        admin.delete_topics(&ours, &AdminOptions::new()).await?;
    }
    Ok(())
}

impl RawPlace {
    fn send(&self, topic: &str, body: &[u8]) -> anyhow::Result<DeliveryFuture> {
        let record: FutureRecord<'_, [u8], [u8]> = FutureRecord::to(topic)
            .headers(headers())
            .key(ID.as_bytes())
            .payload(body);
        let sent = self.producer.send_result(record);
        Ok(sent.map_err(|(error, _)| error)?)
    }

    /// Takes what has come, at least one record; gives the bodies.
    async fn take(&self) -> anyhow::Result<Vec<Vec<u8>>> {
        let mut message = self.consumer.recv().await?;
        let mut bodies = Vec::new();
        loop {
            bodies.push(message.payload().unwrap_or_default().to_vec());
            self.consumer.store_offset_from_message(&message)?;
            if bodies.len() == BATCH_MAX {
                break;
            }
            match self.consumer.recv().now_or_never() {
                Some(next) => message = next?,
                None => break,
            }
        }
        Ok(bodies)
    }

    /// Consume, produce, commit, for ever.
    async fn pass_on(
        &self,
        at: usize,
        topics: &[String],
        moved: &mpsc::Sender<usize>,
    ) -> anyhow::Result<()> {
        let mut to = at;
        loop {
            let bodies = self.take().await?;
            let mut confirms = Vec::with_capacity(bodies.len());
            for body in &bodies {
                to = (to + 1) % topics.len();
                confirms.push(self.send(&topics[to], body)?);
            }
            for confirm in confirms {
                confirm.await?.map_err(|(error, _)| error)?;
            }
            self.consumer.commit_consumer_state(CommitMode::Async)?;
            if moved.send(bodies.len()).await.is_err() {
                return Ok(());
            }
        }
    }
}

fn client(brokers: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", brokers);
    config.set("log_level", "3");
    config
}

fn producer(brokers: &str) -> ClientConfig {
    let mut config = client(brokers);
    config
        .set("enable.idempotence", "true")
        .set("acks", "all")
        .set("linger.ms", "0");
    config
}

fn consumer(brokers: &str, group: &str) -> ClientConfig {
    let mut config = client(brokers);
    config
        .set("group.id", group)
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "earliest")
        .set("partition.assignment.strategy", "cooperative-sticky");
    config
}

const ID: &str = "00000000-0000-0000-0000-000000000000";

/// Headers as long as Parlor's.
fn headers() -> OwnedHeaders {
    let pairs = [
        ("ce_specversion", "1.0"),
        ("ce_id", ID),
        ("ce_source", "/worlds/hogwarts"),
        ("ce_type", "parlor.characters.moved"),
        ("ce_subject", ID),
        ("ce_time", "2026-01-01T00:00:00.000000Z"),
        ("ce_recipient", "library"),
        (
            "traceparent",
            "00-00000000000000000000000000000000-0000000000000000-01",
        ),
        ("content-type", "application/json"),
    ];
    pairs.into_iter().fold(
        OwnedHeaders::new_with_capacity(pairs.len()),
        |all, (key, value)| {
            all.insert(Header {
                key,
                value: Some(value),
            })
        },
    )
}
