//! The dead letters of a world: a durable queue, read with `basic.get`.

use super::fault::{self, NOT_FOUND};
use super::link::{Core, Session};
use super::publish::{self, OUTAGE_MAX, Sending, Sent};
use super::wire::{self, Parcel, as_text, header_texts, long, short};
use chrono::{DateTime, SecondsFormat, Utc};
use lapin::Channel;
use lapin::message::BasicGetMessage;
use lapin::options::{BasicAckOptions, BasicGetOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use parlor_model::Slug;
use parlor_ports::PortResult;
use parlor_ports::bus::{DeadLetter, dead_letter_id};
use std::collections::HashSet;
use std::sync::Arc;

const REASON: &str = "x-parlor-reason";
const INBOX: &str = "x-parlor-inbox";
const AT: &str = "x-parlor-at";
/// What the broker writes on a message that somebody's consumer rejected: a list of tables.
const BROKER_DEATH: &str = "x-death";
/// Headers that tell of the death and are taken off for a replay.
const TRACES: [&str; 10] = [
    REASON,
    INBOX,
    AT,
    BROKER_DEATH,
    "x-first-death-exchange",
    "x-first-death-queue",
    "x-first-death-reason",
    "x-last-death-exchange",
    "x-last-death-queue",
    "x-last-death-reason",
];
/// Longest reason on a message, and longest body in a list, in bytes. A frame of headers is small.
const REASON_BYTES_MAX: usize = 2_000;
const BODY_BYTES_MAX: usize = 2_000;

/// Why, where and when something was put aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DeadMark {
    pub(super) inbox: String,
    pub(super) reason: String,
    pub(super) at: DateTime<Utc>,
}

impl DeadMark {
    /// The message with this mark among its own headers; its body untouched.
    pub(super) fn put_on(&self, parcel: &Parcel) -> Parcel {
        let mut headers = without_traces(parcel);
        let end = self.reason.floor_char_boundary(REASON_BYTES_MAX);
        headers.insert(short(REASON), long(&self.reason[..end]));
        headers.insert(short(INBOX), long(self.inbox.clone()));
        headers.insert(
            short(AT),
            long(self.at.to_rfc3339_opts(SecondsFormat::Micros, true)),
        );
        let properties = parcel.properties.clone().with_headers(headers);
        Parcel {
            properties: properties.with_delivery_mode(wire::PERSISTENT),
            body: parcel.body.clone(),
        }
    }

    /// Reads our mark, or what the broker wrote. `None` for something that was never in an inbox.
    fn of(parcel: &Parcel, now: DateTime<Utc>) -> Option<Self> {
        let headers = parcel.properties.headers().as_ref()?.inner();
        let text = |name: &str| headers.get(name).and_then(as_text);
        if let Some(inbox) = text(INBOX) {
            let at = text(AT).and_then(|at| DateTime::parse_from_rfc3339(at).ok());
            return Some(Self {
                inbox: inbox.to_owned(),
                reason: text(REASON).unwrap_or_default().to_owned(),
                at: at.map_or(now, |at| at.with_timezone(&Utc)),
            });
        }
        let AMQPValue::FieldArray(deaths) = headers.get(BROKER_DEATH)? else {
            return None;
        };
        let AMQPValue::FieldTable(death) = deaths.as_slice().first()? else {
            return None;
        };
        let death = death.inner();
        let at = match death.get("time") {
            Some(AMQPValue::Timestamp(seconds)) => i64::try_from(*seconds).ok(),
            _ => None,
        };
        let why = death
            .get("reason")
            .and_then(as_text)
            .unwrap_or("unknown reason");
        Some(Self {
            inbox: as_text(death.get("queue")?)?.to_owned(),
            reason: format!("put aside by the broker: {why}"),
            at: at
                .and_then(|at| DateTime::from_timestamp(at, 0))
                .unwrap_or(now),
        })
    }
}

fn without_traces(parcel: &Parcel) -> FieldTable {
    let mut headers = FieldTable::default();
    for (name, value) in parcel.properties.headers().iter().flatten() {
        if !TRACES.contains(&name.as_str()) {
            headers.insert(name.clone(), value.clone());
        }
    }
    headers
}

/// An open look into a queue of dead letters: what was got and not acknowledged goes back when it
/// is closed.
struct Look {
    channel: Channel,
    queue: ShortString,
    /// How many there were at the start: what comes in later is not looked at.
    left: u32,
}

struct Found {
    id: String,
    parcel: Parcel,
    message: BasicGetMessage,
}

impl Look {
    /// `None` when there is no such queue.
    async fn open(core: &Core, session: &Session, world: &Slug) -> PortResult<Option<Self>> {
        let failed = |error| fault::passing("can't look into the dead letters", &error);
        let queue = core.topologies.lock().dead_letters_of(world);
        let channel = session.connection.create_channel().await.map_err(failed)?;
        let passive = QueueDeclareOptions::durable().passive();
        match channel
            .queue_declare(queue.clone(), passive, FieldTable::default())
            .await
        {
            Ok(state) => Ok(Some(Self {
                channel,
                queue,
                left: state.message_count(),
            })),
            Err(error) if fault::code(&error) == Some(NOT_FOUND) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    async fn next(&mut self) -> PortResult<Option<Found>> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let got = self
            .channel
            .basic_get(self.queue.clone(), BasicGetOptions::default())
            .await;
        let got = got.map_err(|e| fault::passing("can't look into the dead letters", &e))?;
        Ok(got.map(|mut message| {
            let properties = message.delivery.properties.clone();
            let body = std::mem::take(&mut message.delivery.data).into();
            let parcel = Parcel { properties, body };
            let id = dead_letter_id(&wire::decode(&parcel)).to_string();
            Found {
                id,
                parcel,
                message,
            }
        }))
    }

    /// Puts back what is left and waits until the broker has.
    async fn close(self) {
        if let Err(error) = self.channel.close(200, short("seen")).await {
            tracing::debug!(bus = "amqp", error = %error, "the look into the dead letters ended early");
        }
    }
}

async fn remove(found: &Found) -> PortResult<()> {
    let acked = found
        .message
        .delivery
        .acker
        .ack(BasicAckOptions::default())
        .await;
    acked
        .map(|_| ())
        .map_err(|e| fault::passing("can't take out a dead letter", &e))
}

/// [`parlor_ports::bus::Bus::dead_letters`].
pub(super) async fn list(core: &Core, world: &Slug, limit: usize) -> PortResult<Vec<DeadLetter>> {
    let _one_at_a_time = core.reading_dead_letters.lock().await;
    let session = core.session(Some(OUTAGE_MAX)).await?;
    let mut letters = Vec::new();
    let Some(mut look) = Look::open(core, &session, world).await? else {
        return Ok(letters);
    };
    while letters.len() < limit {
        let Some(found) = look.next().await? else {
            break;
        };
        letters.push(letter(core, world, found));
    }
    look.close().await;
    Ok(letters)
}

fn letter(core: &Core, world: &Slug, found: Found) -> DeadLetter {
    let now = core.clock.now();
    let mark = DeadMark::of(&found.parcel, now).unwrap_or_else(|| DeadMark {
        inbox: String::new(),
        reason: "unknown: it was sent here directly".to_owned(),
        at: now,
    });
    let mut headers = header_texts(&found.parcel.properties);
    headers.retain(|(name, _)| !TRACES.contains(&name.as_str()));
    let mut body = String::from_utf8_lossy(&found.parcel.body).into_owned();
    body.truncate(body.floor_char_boundary(BODY_BYTES_MAX));
    let DeadMark { inbox, reason, at } = mark;
    DeadLetter {
        id: found.id,
        world: world.clone(),
        inbox,
        reason,
        at,
        headers,
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
/// because nothing says where it came from or that inbox is gone, stays.
pub(super) async fn take_out(
    core: &Core,
    world: &Slug,
    ids: &[String],
    fate: Fate,
) -> PortResult<u64> {
    let _one_at_a_time = core.reading_dead_letters.lock().await;
    let session = core.session(Some(OUTAGE_MAX)).await?;
    let Some(mut look) = Look::open(core, &session, world).await? else {
        return Ok(0);
    };
    let wanted: HashSet<&str> = ids.iter().map(String::as_str).collect();
    let mut count = 0;
    while let Some(found) = look.next().await? {
        if !wanted.is_empty() && !wanted.contains(found.id.as_str()) {
            continue;
        }
        if fate == Fate::Drop || replay(core, &session, &found).await? {
            remove(&found).await?;
            count += 1;
        }
    }
    look.close().await;
    Ok(count)
}

/// Sends a dead letter to its inbox again, as it was. False when there is no inbox to send it to.
async fn replay(core: &Core, session: &Arc<Session>, found: &Found) -> PortResult<bool> {
    let Some(mark) = DeadMark::of(&found.parcel, core.clock.now()) else {
        tracing::warn!(bus = "amqp", id = %found.id, "a dead letter names no inbox: it stays");
        return Ok(false);
    };
    let properties = found
        .parcel
        .properties
        .clone()
        .with_headers(without_traces(&found.parcel));
    let parcel = Parcel {
        properties,
        body: found.parcel.body.clone(),
    };
    let sending = Sending {
        exchange: short(""),
        key: short(&mark.inbox),
        parcel,
    };
    match publish::send(session, vec![sending]).await.pop() {
        Some(Sent::Confirmed) => Ok(true),
        Some(Sent::Failed(error)) => Err(error),
        Some(Sent::Unroutable) | None => {
            let (id, inbox) = (&found.id, &mark.inbox);
            tracing::warn!(bus = "amqp", %id, %inbox, "the inbox of a dead letter is gone: it stays");
            Ok(false)
        }
    }
}
