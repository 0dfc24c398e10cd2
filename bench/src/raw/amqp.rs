//! A bare client on RabbitMQ: durable queues, persistent messages, confirms, the same headers and
//! size of body as Parlor's, the same prefetch; each message acknowledged by itself.

use crate::setting::{Servers, short};
use anyhow::{Context, bail};
use futures::stream::{StreamExt, select_all};
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions,
    ConfirmSelectOptions, QueueDeclareOptions, QueueDeleteOptions,
};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{BasicProperties, Channel, Connection, Consumer, PublisherConfirm};
use parlor_roles::character::Load;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Queues: as many as the Friends have.
const QUEUES: usize = 4;
/// Messages that wait for their confirm at once.
const IN_FLIGHT_MAX: usize = 1_024;
/// How long a loop may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// What the bare client needs.
pub(crate) struct RawBroker {
    publishing: Channel,
    consuming: Channel,
    queues: Vec<ShortString>,
    properties: BasicProperties,
    body: Vec<u8>,
    /// Two, as Parlor's publisher and consumer are mostly two processes.
    connections: [Connection; 2],
}

impl RawBroker {
    /// Declares its queues. `name` is not used by anybody else.
    pub(crate) async fn open(
        servers: &Servers,
        name: &str,
        body_bytes: usize,
    ) -> anyhow::Result<Self> {
        let (publisher, publishing) = servers.channel().await?;
        publishing
            .confirm_select(ConfirmSelectOptions::default())
            .await?;
        let (consumer, consuming) = servers.channel().await?;
        consuming
            .basic_qos(Load::default().prefetch, BasicQosOptions { global: true })
            .await?;
        let mut queues = Vec::with_capacity(QUEUES);
        for n in 0..QUEUES {
            let queue = short(&format!("{name}-raw-{n}"))?;
            let durable = QueueDeclareOptions::durable();
            publishing
                .queue_declare(queue.clone(), durable, FieldTable::default())
                .await?;
            queues.push(queue);
        }
        Ok(Self {
            publishing,
            consuming,
            queues,
            properties: properties()?,
            body: vec![b'x'; body_bytes],
            connections: [publisher, consumer],
        })
    }

    /// Publishes, consumes and acknowledges `n` messages; gives messages per second.
    pub(crate) async fn messages_per_s(&self, n: usize) -> anyhow::Result<f64> {
        let started = Instant::now();
        let (publish, consume) = (self.publish(&self.queues, n), self.consume(&self.queues, n));
        let both = futures::future::try_join(publish, consume);
        tokio::time::timeout(PATIENCE, both)
            .await
            .context("the bare loop takes too long")??;
        Ok(per_s(n, started))
    }

    /// As [`RawBroker::messages_per_s`] through one queue, from which each message is published to a
    /// second one before it is acknowledged: messages per second that made both hops.
    pub(crate) async fn two_hops_per_s(&self, n: usize) -> anyhow::Result<f64> {
        let [first, second, ..] = self.queues.as_slice() else {
            bail!("two hops need two queues");
        };
        let started = Instant::now();
        let all = futures::future::try_join3(
            self.publish(std::slice::from_ref(first), n),
            self.pass_on(first, second, n),
            self.consume(std::slice::from_ref(second), n),
        );
        tokio::time::timeout(PATIENCE, all)
            .await
            .context("the bare loop takes too long")??;
        Ok(per_s(n, started))
    }

    async fn pass_on(&self, from: &ShortString, to: &ShortString, n: usize) -> anyhow::Result<()> {
        let deliveries = self.consumer(from, "raw-pass-on").await?;
        let passing = deliveries.take(n).map(|delivery| async move {
            let delivery = delivery?;
            confirmed(self.send(to).await?).await?;
            Ok(delivery.ack(BasicAckOptions::default()).await?)
        });
        let passed: Vec<anyhow::Result<bool>> = passing.buffered(IN_FLIGHT_MAX).collect().await;
        passed.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
        self.cancel("raw-pass-on").await
    }

    /// Publishes one message after the other; gives how long each took to reach its consumer.
    pub(crate) async fn round_trips(&self, n: usize) -> anyhow::Result<Vec<Duration>> {
        let queue = self.queues.first().context("there are queues")?;
        let mut consumer = self.consumer(queue, "raw-round-trip").await?;
        let mut times = Vec::with_capacity(n);
        for _ in 0..n {
            let started = Instant::now();
            let confirm = self.send(queue).await?;
            let delivery = consumer
                .next()
                .await
                .context("the broker ended the consumer")??;
            times.push(started.elapsed());
            delivery.ack(BasicAckOptions::default()).await?;
            confirmed(confirm).await?;
        }
        self.cancel("raw-round-trip").await?;
        Ok(times)
    }

    /// Deletes its queues and closes.
    pub(crate) async fn close(self) -> anyhow::Result<()> {
        for queue in &self.queues {
            self.publishing
                .queue_delete(queue.clone(), QueueDeleteOptions::default())
                .await?;
        }
        for connection in self.connections {
            connection.close(200, short("done")?).await?;
        }
        Ok(())
    }

    async fn publish(&self, queues: &[ShortString], n: usize) -> anyhow::Result<()> {
        let mut waiting = VecDeque::with_capacity(IN_FLIGHT_MAX);
        for queue in queues.iter().cycle().take(n) {
            if waiting.len() == IN_FLIGHT_MAX {
                confirmed(waiting.pop_front().context("it is not empty")?).await?;
            }
            waiting.push_back(self.send(queue).await?);
        }
        for confirm in waiting {
            confirmed(confirm).await?;
        }
        Ok(())
    }

    async fn send(&self, queue: &ShortString) -> anyhow::Result<PublisherConfirm> {
        let options = BasicPublishOptions {
            mandatory: true,
            immediate: false,
        };
        let (exchange, properties) = (ShortString::default(), self.properties.clone());
        let sending =
            self.publishing
                .basic_publish(exchange, queue.clone(), options, &self.body, properties);
        Ok(sending.await?)
    }

    async fn consume(&self, queues: &[ShortString], n: usize) -> anyhow::Result<()> {
        let mut consumers = Vec::with_capacity(queues.len());
        for queue in queues {
            consumers.push(self.consumer(queue, queue.as_str()).await?);
        }
        let mut deliveries = select_all(consumers);
        for _ in 0..n {
            let delivery = deliveries
                .next()
                .await
                .context("the broker ended the consumer")??;
            delivery.ack(BasicAckOptions::default()).await?;
        }
        for queue in queues {
            self.cancel(queue.as_str()).await?;
        }
        Ok(())
    }

    async fn consumer(&self, queue: &ShortString, tag: &str) -> anyhow::Result<Consumer> {
        let (options, arguments) = (BasicConsumeOptions::default(), FieldTable::default());
        let consumer = self
            .consuming
            .basic_consume(queue.clone(), short(tag)?, options, arguments);
        Ok(consumer.await?)
    }

    async fn cancel(&self, tag: &str) -> anyhow::Result<()> {
        let options = lapin::options::BasicCancelOptions::default();
        Ok(self.consuming.basic_cancel(short(tag)?, options).await?)
    }
}

fn per_s(n: usize, started: Instant) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let n = n as f64;
    n / started.elapsed().as_secs_f64()
}

async fn confirmed(confirm: PublisherConfirm) -> anyhow::Result<()> {
    if !confirm.await?.is_ack() {
        bail!("the broker refused a message of the bare loop");
    }
    Ok(())
}

/// Headers as long as Parlor's.
fn properties() -> anyhow::Result<BasicProperties> {
    let mut headers = FieldTable::default();
    let id = "00000000-0000-0000-0000-000000000000";
    for (name, value) in [
        ("cloudEvents:specversion", "1.0"),
        ("cloudEvents:id", id),
        ("cloudEvents:source", "/worlds/friends"),
        ("cloudEvents:type", "parlor.message.said"),
        ("cloudEvents:subject", id),
        ("cloudEvents:time", "2026-01-01T00:00:00.000000Z"),
        ("cloudEvents:recipient", "chandler"),
        (
            "traceparent",
            "00-00000000000000000000000000000000-0000000000000000-01",
        ),
    ] {
        headers.insert(short(name)?, AMQPValue::LongString(value.into()));
    }
    Ok(BasicProperties::default()
        .with_content_type(short("application/json")?)
        .with_message_id(short(id)?)
        .with_delivery_mode(2)
        .with_headers(headers))
}
