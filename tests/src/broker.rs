//! A plain AMQP client: it knows the names of queues and keys, and nothing of Parlor's code.

use crate::wait::within;
use crate::{SOON, TestWorld};
use lapin::options::{
    BasicGetOptions, BasicPublishOptions, BasicRejectOptions, ConfirmSelectOptions,
    ExchangeDeclareOptions, ExchangeDeleteOptions, QueueBindOptions, QueueDeclareOptions,
    QueueDeleteOptions,
};
use lapin::types::{AMQPValue, FieldTable, LongString, ShortString};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties, ExchangeKind};
use std::collections::BTreeMap;

/// A connection with one channel.
pub struct Plain {
    connection: Connection,
    channel: Channel,
}

/// A message as it came from a queue.
#[derive(Debug, Clone)]
pub struct Mail {
    /// Its headers, those that are text.
    pub headers: BTreeMap<String, String>,
    /// Its content type.
    pub content_type: String,
    /// Its id.
    pub message_id: String,
    /// 2 = kept on disk.
    pub delivery_mode: Option<u8>,
    /// By which exchange it came.
    pub exchange: String,
    /// With which key.
    pub key: String,
    /// Its body as JSON; null when it is none.
    pub json: serde_json::Value,
    /// Its body as text.
    pub text: String,
}

impl Mail {
    fn of(delivery: &lapin::message::Delivery) -> Self {
        let properties = &delivery.properties;
        let headers = properties.headers().iter().flatten();
        let text = String::from_utf8_lossy(&delivery.data).into_owned();
        Self {
            headers: headers
                .filter_map(|(k, v)| Some((k.to_string(), as_text(v)?)))
                .collect(),
            content_type: properties
                .content_type()
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
            message_id: properties
                .message_id()
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
            delivery_mode: *properties.delivery_mode(),
            exchange: delivery.exchange.to_string(),
            key: delivery.routing_key.to_string(),
            json: serde_json::from_str(&text).unwrap_or_default(),
            text,
        }
    }

    /// A CloudEvents attribute.
    ///
    /// # Panics
    /// It is not there.
    #[must_use]
    pub fn attribute(&self, name: &str) -> &str {
        let header = format!("cloudEvents:{name}");
        self.headers
            .get(&header)
            .unwrap_or_else(|| panic!("no '{header}' in {self:?}"))
    }
}

fn as_text(value: &AMQPValue) -> Option<String> {
    match value {
        AMQPValue::LongString(text) => Some(text.to_string()),
        AMQPValue::ShortString(text) => Some(text.to_string()),
        _ => None,
    }
}

impl Plain {
    /// Connects.
    ///
    /// # Panics
    /// The broker is away.
    pub async fn connect(url: &str) -> Self {
        let connected = Connection::connect(url, ConnectionProperties::default()).await;
        let connection = connected.unwrap_or_else(|e| panic!("no broker at {url}: {e}"));
        let channel = connection
            .create_channel()
            .await
            .expect("a channel can be opened");
        let confirms = channel
            .confirm_select(ConfirmSelectOptions::default())
            .await;
        confirms.expect("the broker confirms");
        Self {
            connection,
            channel,
        }
    }

    /// Waits for the next message of a queue and leaves it there, unacknowledged until the
    /// connection closes.
    pub async fn peek(&self, queue: &str) -> Mail {
        within(SOON, &format!("a message in {queue}"), || async {
            let got = self
                .channel
                .basic_get(queue.into(), BasicGetOptions::default())
                .await;
            let got = got.unwrap_or_else(|e| panic!("{queue} can't be read: {e}"));
            got.map(|message| Mail::of(&message.delivery))
        })
        .await
    }

    /// Takes everything that is in a queue now.
    pub async fn drain(&self, queue: &str) -> Vec<Mail> {
        let mut mails = Vec::new();
        let take = BasicGetOptions { no_ack: true };
        while let Some(message) = self
            .channel
            .basic_get(queue.into(), take)
            .await
            .expect("the queue can be read")
        {
            mails.push(Mail::of(&message.delivery));
        }
        mails
    }

    /// A queue of our own with a copy of everything that the exchange gets with this key.
    pub async fn copy_of(&self, exchange: &str, key: &str) -> String {
        let options = QueueDeclareOptions {
            exclusive: true,
            ..QueueDeclareOptions::default()
        };
        let declared = self
            .channel
            .queue_declare("".into(), options, FieldTable::default())
            .await;
        let queue = declared.expect("a queue of our own").name().to_string();
        let bound = self.channel.queue_bind(
            queue.as_str().into(),
            exchange.into(),
            key.into(),
            QueueBindOptions::default(),
            FieldTable::default(),
        );
        bound
            .await
            .unwrap_or_else(|e| panic!("no binding to {exchange}: {e}"));
        queue
    }

    /// Waits for the next message of a queue and rejects it, as a consumer does that can't use it.
    pub async fn reject(&self, queue: &str) {
        within(SOON, &format!("a message in {queue}"), || async {
            let got = self
                .channel
                .basic_get(queue.into(), BasicGetOptions::default())
                .await;
            let message = got.unwrap_or_else(|e| panic!("{queue} can't be read: {e}"))?;
            let rejected = message
                .delivery
                .acker
                .reject(BasicRejectOptions { requeue: false })
                .await;
            Some(rejected.expect("rejected"))
        })
        .await;
    }

    /// Puts something into a queue.
    pub async fn put(&self, queue: &str, headers: &[(&str, &str)], body: &[u8]) {
        let mut table = FieldTable::default();
        for (name, value) in headers {
            table.insert(
                ShortString::from(*name),
                AMQPValue::LongString(LongString::from(*value)),
            );
        }
        let options = BasicPublishOptions {
            mandatory: true,
            ..BasicPublishOptions::default()
        };
        let properties = BasicProperties::default().with_headers(table);
        let sent = self
            .channel
            .basic_publish("".into(), queue.into(), options, body, properties);
        let confirm = sent.await.expect("sent").await.expect("confirmed");
        assert!(
            confirm.is_ack() && confirm.take_message().is_none(),
            "{queue} took it"
        );
    }

    /// Messages that wait in a queue, and its consumers; `None` when there is no such queue.
    pub async fn depth(&self, queue: &str) -> Option<(u32, u32)> {
        // A refusal closes the channel, so this has one of its own.
        let channel = self
            .connection
            .create_channel()
            .await
            .expect("a channel can be opened");
        let passive = QueueDeclareOptions {
            passive: true,
            ..QueueDeclareOptions::default()
        };
        let found = channel
            .queue_declare(queue.into(), passive, FieldTable::default())
            .await
            .ok()?;
        let depth = (found.message_count(), found.consumer_count());
        channel.close(200, "seen".into()).await.expect("closed");
        Some(depth)
    }

    /// Whether an exchange of this name and the type direct is there, durable.
    pub async fn has_direct_exchange(&self, name: &str) -> bool {
        let channel = self
            .connection
            .create_channel()
            .await
            .expect("a channel can be opened");
        let options = ExchangeDeclareOptions {
            durable: true,
            ..ExchangeDeclareOptions::default()
        };
        // Declaring again what is there in another form is refused.
        let passive = ExchangeDeclareOptions {
            passive: true,
            ..options
        };
        let kind = ExchangeKind::Direct;
        let table = FieldTable::default;
        channel
            .exchange_declare(name.into(), kind.clone(), passive, table())
            .await
            .is_ok()
            && channel
                .exchange_declare(name.into(), kind, options, table())
                .await
                .is_ok()
    }

    /// Removes everything that a world has on the broker.
    pub(crate) async fn forget(&self, world: &TestWorld) -> anyhow::Result<()> {
        let mut queues: Vec<String> = world.cast().iter().map(|who| world.queue(who)).collect();
        queues.push(world.dead_letters());
        queues.extend(["user", "ai"].map(|name| format!("{}{name}", world.queue_prefix)));
        for queue in queues {
            self.channel
                .queue_delete(queue.as_str().into(), QueueDeleteOptions::default())
                .await?;
        }
        let exchange = world.exchange.as_str().into();
        self.channel
            .exchange_delete(exchange, ExchangeDeleteOptions::default())
            .await?;
        self.connection.close(200, "done".into()).await?;
        Ok(())
    }
}
