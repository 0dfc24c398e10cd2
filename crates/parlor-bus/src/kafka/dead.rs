//! The dead letters of a world: a compacted topic of one partition. A letter's key is its inbox and
//! id; a record without value under that key takes it out, and the broker forgets both in time.

use super::core::{ANSWER_MAX, Core};
use super::fault;
use super::publish::{self, Sending};
use super::wire::{self, Parcel, header_texts};
use chrono::{DateTime, SecondsFormat, Utc};
use parlor_model::Slug;
use parlor_ports::bus::{DeadLetter, Delivery, dead_letter_id};
use parlor_ports::{PortError, PortResult};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Message;
use rdkafka::{Offset, TopicPartitionList};
use std::collections::{BTreeMap, HashMap, HashSet};

const REASON: &str = "x-parlor-reason";
const INBOX: &str = "x-parlor-inbox";
const AT: &str = "x-parlor-at";
/// The key that the record had.
const KEY: &str = "x-parlor-key";
const MARKS: [&str; 4] = [REASON, INBOX, AT, KEY];
/// Longest reason on a record, and longest body in a list, in bytes.
const REASON_BYTES_MAX: usize = 2_000;
const BODY_BYTES_MAX: usize = 2_000;
/// Letters looked at in one go; when there are more, the oldest are seen first.
const LOOK_BYTES_MAX: usize = 64 * 1_024 * 1_024;

/// A letter that lies in the topic.
struct Found {
    id: String,
    key: Vec<u8>,
    parcel: Parcel,
}

/// Keeps letters; one result for each.
pub(super) async fn keep(
    core: &Core,
    doomed: Vec<(Delivery, Parcel, String)>,
) -> Vec<PortResult<()>> {
    let topics: Vec<Option<String>> = {
        let topics = core.topics.lock();
        let route = |d: &Delivery| topics.route(&d.inbox).map(|r| r.dead_letters.to_string());
        doomed
            .iter()
            .map(|(delivery, ..)| route(delivery))
            .collect()
    };
    let at = core.clock.now();
    let mut sendings = Vec::with_capacity(doomed.len());
    for ((delivery, parcel, reason), topic) in doomed.into_iter().zip(&topics) {
        let Some(topic) = topic else { continue };
        let parcel = marked(&delivery, parcel, &reason, at);
        sendings.push(Sending { topic, parcel });
    }
    let mut sent = publish::send(core, sendings).await.into_iter();
    let context = "can't keep a dead letter";
    let outcome = |topic: &Option<String>| {
        let sent = topic.as_ref().and_then(|_| sent.next());
        match sent {
            Some(Ok(())) => Ok(()),
            Some(Err(error)) => Err(PortError::retryable(context, error)),
            None => Err(PortError::retryable(context, "its inbox is not declared")),
        }
    };
    topics.iter().map(outcome).collect()
}

fn marked(delivery: &Delivery, parcel: Parcel, reason: &str, at: DateTime<Utc>) -> Parcel {
    let id = dead_letter_id(&delivery.content);
    let mut parcel = unmarked(parcel).0;
    let end = reason.floor_char_boundary(REASON_BYTES_MAX);
    let at = at.to_rfc3339_opts(SecondsFormat::Micros, true);
    let marks = [
        (REASON, reason.as_bytes()[..end].to_vec()),
        (INBOX, delivery.inbox.as_bytes().to_vec()),
        (AT, at.into_bytes()),
    ];
    let marks = marks.map(|(name, value)| (name.to_owned(), Some(value)));
    parcel.headers.extend(marks);
    if let Some(key) = parcel.key.take() {
        parcel.headers.push((KEY.to_owned(), Some(key)));
    }
    parcel.key = Some(format!("{}/{id}", delivery.inbox).into_bytes());
    // A record without value would take the letter out.
    parcel.body.get_or_insert_default();
    parcel
}

/// As it was before it died, and the inbox that it was in.
fn unmarked(mut parcel: Parcel) -> (Parcel, Option<String>) {
    let inbox = parcel.text(INBOX).map(str::to_owned);
    if inbox.is_some() {
        let key = parcel.headers.iter().find(|(name, _)| name == KEY);
        parcel.key = key.and_then(|(_, value)| value.clone());
    }
    let is_mark = |name: &str| MARKS.contains(&name);
    parcel.headers.retain(|(name, _)| !is_mark(name));
    (parcel, inbox)
}

/// All letters of a world, oldest first.
async fn look(core: &Core, world: &Slug) -> PortResult<(String, Vec<Found>)> {
    core.open()?;
    let topic = core.topics.lock().dead_letters_of(world);
    let context = format!("can't look into the dead letters '{topic}'");
    let (config, name) = (core.settings.reader(), topic.clone());
    let reading = tokio::task::spawn_blocking(move || {
        let reader: BaseConsumer = config.create()?;
        read(&reader, &name)
    });
    let found = reading.await.unwrap_or(Err(KafkaError::Canceled));
    found
        .map(|found| (topic, found))
        .map_err(|error| fault::of(&context, &error))
}

fn read(reader: &BaseConsumer, topic: &str) -> Result<Vec<Found>, KafkaError> {
    use RDKafkaErrorCode as Code;
    let (low, end) = match fault::until_led(|| reader.fetch_watermarks(topic, 0, ANSWER_MAX)) {
        Ok(marks) => marks,
        Err(error) => {
            return match error.rdkafka_error_code() {
                Some(
                    Code::UnknownTopic | Code::UnknownTopicOrPartition | Code::UnknownPartition,
                ) => Ok(Vec::new()),
                _ => Err(error),
            };
        }
    };
    if low >= end {
        return Ok(Vec::new());
    }
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(topic, 0, Offset::Offset(low))?;
    reader.assign(&list)?;
    // By when they were put aside last, and where each key lies.
    let mut letters: BTreeMap<i64, Found> = BTreeMap::new();
    let mut by_key: HashMap<Vec<u8>, i64> = HashMap::new();
    let mut bytes = 0;
    loop {
        let message = match reader.poll(ANSWER_MAX) {
            None => return Err(KafkaError::MessageConsumption(Code::OperationTimedOut)),
            Some(Err(KafkaError::PartitionEOF(_))) => break,
            Some(Err(error)) => match error.rdkafka_error_code() {
                Some(Code::BrokerTransportFailure | Code::AllBrokersDown) => continue,
                _ => return Err(error),
            },
            Some(Ok(message)) => message,
        };
        let offset = message.offset();
        if offset >= end {
            break;
        }
        let parcel = Parcel::of(&message);
        // What others put here without a key has its place for one.
        let key = parcel
            .key
            .clone()
            .unwrap_or_else(|| offset.to_be_bytes().into());
        if let Some(before) = by_key.remove(&key)
            && let Some(gone) = letters.remove(&before)
        {
            bytes -= gone.parcel.bytes();
        }
        if parcel.body.is_some() && bytes < LOOK_BYTES_MAX {
            bytes += parcel.bytes();
            by_key.insert(key.clone(), offset);
            let id = dead_letter_id(&wire::decode(&parcel)).to_string();
            letters.insert(offset, Found { id, key, parcel });
        }
        if offset + 1 >= end {
            break;
        }
    }
    Ok(letters.into_values().collect())
}

/// [`parlor_ports::bus::Bus::dead_letters`].
pub(super) async fn list(core: &Core, world: &Slug, limit: usize) -> PortResult<Vec<DeadLetter>> {
    let (_, found) = look(core, world).await?;
    let now = core.clock.now();
    let letters = found.into_iter().take(limit);
    Ok(letters.map(|found| letter(world, found, now)).collect())
}

fn letter(world: &Slug, found: Found, now: DateTime<Utc>) -> DeadLetter {
    let parcel = found.parcel;
    let at = parcel.text(AT);
    let at = at.and_then(|at| DateTime::parse_from_rfc3339(at).ok());
    let at = at.map_or(now, |at| at.with_timezone(&Utc));
    let reason = parcel.text(REASON);
    let reason = reason
        .unwrap_or("unknown: it was sent here directly")
        .to_owned();
    let (parcel, inbox) = unmarked(parcel);
    let body = parcel.body.as_deref().unwrap_or_default();
    let mut body = String::from_utf8_lossy(body).into_owned();
    body.truncate(body.floor_char_boundary(BODY_BYTES_MAX));
    DeadLetter {
        id: found.id,
        world: world.clone(),
        inbox: inbox.unwrap_or_default(),
        reason,
        at,
        headers: header_texts(&parcel),
        body,
    }
}

/// What becomes of a dead letter that is taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Replay,
    Drop,
}

/// Takes out those with these ids (all when empty). Gives how many. One that can't be replayed,
/// because nothing says where it came from or that inbox is not declared, stays.
pub(super) async fn take_out(
    core: &Core,
    world: &Slug,
    ids: &[String],
    fate: Fate,
) -> PortResult<u64> {
    let _one_at_a_time = core.reading_dead_letters.lock().await;
    let wanted: HashSet<&str> = ids.iter().map(String::as_str).collect();
    let (topic, found) = look(core, world).await?;
    let mut count = 0;
    for found in found {
        if !wanted.is_empty() && !wanted.contains(found.id.as_str()) {
            continue;
        }
        if fate == Fate::Replay {
            let (parcel, inbox) = unmarked(found.parcel);
            let known = |inbox: &String| core.topics.lock().route(inbox).is_some();
            let Some(inbox) = inbox.filter(known) else {
                tracing::warn!(bus = "kafka", id = %found.id, "a dead letter names no inbox that is there: it stays");
                continue;
            };
            send_one(core, &inbox, parcel).await?;
        }
        let tombstone = Parcel {
            key: Some(found.key),
            ..Parcel::default()
        };
        send_one(core, &topic, tombstone).await?;
        count += 1;
    }
    Ok(count)
}

async fn send_one(core: &Core, topic: &str, parcel: Parcel) -> PortResult<()> {
    let sending = Sending { topic, parcel };
    let sent = publish::send(core, vec![sending]).await.pop();
    sent.unwrap_or_else(|| Err(fault::closed()))
}
