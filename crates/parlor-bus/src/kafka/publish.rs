//! Sending: an idempotent producer that waits for all copies.

use super::config::Key;
use super::core::Core;
use super::wire::{self, Parcel};
use super::{fault, topics};
use parlor_model::Envelope;
use parlor_ports::bus::Outgoing;
use parlor_ports::{PortError, PortResult};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{DeliveryFuture, FutureRecord};
use std::collections::HashSet;

/// Records on their way at once; a larger batch goes in several parts.
const IN_FLIGHT_MAX: usize = 1_024;

/// A record and where it goes.
pub(super) struct Sending<'a> {
    pub(super) topic: &'a str,
    pub(super) parcel: Parcel,
}

/// [`parlor_ports::bus::Bus::publish`].
pub(super) async fn publish(core: &Core, batch: &[Outgoing]) -> Vec<PortResult<()>> {
    let mut results = Vec::with_capacity(batch.len());
    for part in batch.chunks(IN_FLIGHT_MAX) {
        let known: Vec<bool> = {
            let topics = core.topics.lock();
            part.iter()
                .map(|out| topics.route(&out.inbox).is_some())
                .collect()
        };
        let sendings = part.iter().zip(&known).filter(|(_, known)| **known);
        let sendings = sendings.map(|(out, _)| Sending {
            topic: &out.inbox,
            parcel: wire::encode(&out.envelope, key(core, &out.inbox, &out.envelope)),
        });
        let mut sent = send(core, sendings.collect()).await.into_iter();
        for (out, known) in part.iter().zip(known) {
            let outcome = if known { sent.next() } else { None };
            results.push(outcome.unwrap_or_else(|| Err(fault::undeclared(&out.inbox))));
        }
    }
    results
}

/// Records of one key lie in one partition, in order.
fn key(core: &Core, inbox: &str, envelope: &Envelope) -> String {
    match core.settings.key {
        Key::Conversation => envelope.conversation.to_string(),
        Key::Inbox => inbox.to_owned(),
    }
}

/// Sends all at once and waits until each is confirmed.
pub(super) async fn send(core: &Core, sendings: Vec<Sending<'_>>) -> Vec<PortResult<()>> {
    if let Err(error) = core.open() {
        return vec![Err(error); sendings.len()];
    }
    let waiting: Vec<_> = sendings
        .iter()
        .map(|s| (s.topic, enqueue(core, s)))
        .collect();
    let mut results = Vec::with_capacity(waiting.len());
    let mut missing = HashSet::new();
    for (topic, waiting) in waiting {
        let outcome = match waiting {
            Ok(delivery) => match delivery.await {
                Ok(Ok(_)) => Ok(()),
                Ok(Err((error, _))) => Err(error),
                Err(_) => Err(KafkaError::Canceled),
            },
            Err(error) => Err(error),
        };
        results.push(outcome.map_err(|error| {
            use RDKafkaErrorCode as Code;
            let code = error.rdkafka_error_code();
            if let Some(Code::UnknownTopic | Code::UnknownTopicOrPartition) = code {
                missing.insert(topic);
                return PortError::retryable(&format!("topic '{topic}'"), "it is missing");
            }
            fault::of(&format!("can't send to topic '{topic}'"), &error)
        }));
    }
    for topic in missing {
        tracing::warn!(bus = "kafka", topic, "the topic is gone: it is made again");
        if let Err(error) = topics::declare_again(core, topic).await {
            tracing::warn!(bus = "kafka", topic, error = %error, "it could not be made");
        }
    }
    results
}

fn enqueue(core: &Core, sending: &Sending<'_>) -> Result<DeliveryFuture, KafkaError> {
    let parcel = &sending.parcel;
    let mut record: FutureRecord<'_, [u8], [u8]> =
        FutureRecord::to(sending.topic).headers(parcel.native_headers());
    if let Some(body) = &parcel.body {
        record = record.payload(body);
    }
    if let Some(key) = &parcel.key {
        record = record.key(key);
    }
    core.producer
        .send_result(record)
        .map_err(|(error, _)| error)
}
