//! Sending with confirms.

use super::fault;
use super::link::{Core, Publisher, Session};
use super::topology::Route;
use super::wire::{self, Parcel};
use futures::FutureExt;
use lapin::PublisherConfirm;
use lapin::options::BasicPublishOptions;
use lapin::types::ShortString;
use parlor_ports::bus::Outgoing;
use parlor_ports::{PortError, PortResult};
use std::collections::HashSet;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// How long `publish` waits for a lost connection before it says so.
pub(super) const OUTAGE_MAX: Duration = Duration::from_secs(5);
/// How long the broker may take to confirm. While it says that it is blocked the time stands still.
const CONFIRM_MAX: Duration = Duration::from_secs(10);
/// Messages on their way at once; a larger batch goes in several parts.
const IN_FLIGHT_MAX: usize = 1_024;

/// A message and where it goes.
pub(super) struct Sending {
    pub(super) exchange: ShortString,
    pub(super) key: ShortString,
    pub(super) parcel: Parcel,
}

/// What became of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sent {
    Confirmed,
    /// No queue took it.
    Unroutable,
    Failed(PortError),
}

/// [`parlor_ports::bus::Bus::publish`].
pub(super) async fn publish(core: &Core, batch: &[Outgoing]) -> Vec<PortResult<()>> {
    let routes: Vec<Option<Arc<Route>>> = {
        let topologies = core.topologies.lock();
        batch
            .iter()
            .map(|out| topologies.route(&out.inbox))
            .collect()
    };
    let mut results: Vec<PortResult<()>> = batch
        .iter()
        .map(|out| Err(undeclared(&out.inbox)))
        .collect();
    let known: Vec<usize> = (0..batch.len())
        .filter(|at| routes[*at].is_some())
        .collect();
    if known.is_empty() {
        return results;
    }
    let outcomes = match core.session(Some(OUTAGE_MAX)).await {
        Ok(session) => send_known(core, &session, batch, &routes, &known).await,
        Err(error) => vec![Sent::Failed(error); known.len()],
    };
    for (at, sent) in known.into_iter().zip(outcomes) {
        results[at] = match sent {
            Sent::Confirmed => Ok(()),
            Sent::Unroutable => Err(unroutable(&batch[at].inbox)),
            Sent::Failed(error) => Err(error),
        };
    }
    results
}

/// Sends; what no queue took is sent once more after the topology was made again.
async fn send_known(
    core: &Core,
    session: &Arc<Session>,
    batch: &[Outgoing],
    routes: &[Option<Arc<Route>>],
    known: &[usize],
) -> Vec<Sent> {
    let prepare = |at: &usize| {
        let route = routes[*at].as_ref()?;
        let (exchange, key) = (route.exchange.clone(), route.key.clone());
        Some(Sending {
            exchange,
            key,
            parcel: wire::encode(&batch[*at].envelope),
        })
    };
    let mut outcomes = send(session, known.iter().filter_map(prepare).collect()).await;
    let lost: Vec<usize> = (0..outcomes.len())
        .filter(|at| outcomes[*at] == Sent::Unroutable)
        .collect();
    if lost.is_empty() {
        return outcomes;
    }
    tracing::warn!(
        bus = "amqp",
        messages = lost.len(),
        "queues are missing: declaring again"
    );
    let again = match core.redeclare(session).await {
        Ok(()) => {
            send(
                session,
                lost.iter().filter_map(|at| prepare(&known[*at])).collect(),
            )
            .await
        }
        Err(error) => vec![Sent::Failed(error); lost.len()],
    };
    for (at, sent) in lost.into_iter().zip(again) {
        outcomes[at] = sent;
    }
    outcomes
}

/// Sends in order and waits for all confirms. After a failure the rest is not tried, so that order
/// holds when all of it is sent again.
pub(super) async fn send(session: &Arc<Session>, all: Vec<Sending>) -> Vec<Sent> {
    let mut outcomes = Vec::with_capacity(all.len());
    let publisher = match session.publisher().await {
        Ok(publisher) => publisher,
        Err(error) => return vec![Sent::Failed(error); all.len()],
    };
    for part in all.chunks(IN_FLIGHT_MAX) {
        match send_part(session, &publisher, part).await {
            Ok(sent) => outcomes.extend(sent),
            Err(error) => {
                outcomes.resize(all.len(), Sent::Failed(error));
                return outcomes;
            }
        }
    }
    publisher.done();
    outcomes
}

async fn send_part(
    session: &Session,
    publisher: &Publisher,
    part: &[Sending],
) -> PortResult<Vec<Sent>> {
    let mut confirms = Vec::with_capacity(part.len());
    for confirm in hand_over(publisher, part) {
        confirms.push(patiently(session, confirm).await?);
    }
    let mut outcomes = Vec::with_capacity(part.len());
    // The client pairs returned messages with confirms by guess when the broker confirms several at
    // once: only the message itself says which one it is.
    let mut returned: HashSet<(ShortString, Option<ShortString>)> = HashSet::new();
    for confirm in confirms {
        let confirmation = patiently(session, confirm).await?;
        outcomes.push(if confirmation.is_ack() {
            Sent::Confirmed
        } else {
            refused()
        });
        if let Some(message) = confirmation.take_message() {
            let id = message.delivery.properties.message_id().clone();
            returned.insert((message.delivery.routing_key.clone(), id));
        }
    }
    if !returned.is_empty() {
        for (outcome, sending) in outcomes.iter_mut().zip(part) {
            let id = sending.parcel.properties.message_id().clone();
            if returned.contains(&(sending.key.clone(), id)) {
                *outcome = Sent::Unroutable;
            }
        }
    }
    Ok(outcomes)
}

type Handing<'a> = Pin<Box<dyn Future<Output = lapin::Result<PublisherConfirm>> + Send + 'a>>;

/// Puts all messages into the client's queue, in order; the futures end when they are written.
///
/// A publish is queued when its future is polled first. Polling each once here, instead of awaiting
/// one after the other, saves a wake-up of the client's thread per message.
fn hand_over<'a>(publisher: &'a Publisher, part: &'a [Sending]) -> Vec<Handing<'a>> {
    let options = BasicPublishOptions {
        mandatory: true,
        immediate: false,
    };
    part.iter()
        .map(|sending| {
            let (exchange, key) = (sending.exchange.clone(), sending.key.clone());
            let Parcel { properties, body } = &sending.parcel;
            let mut handing: Handing<'a> = Box::pin(publisher.channel.basic_publish(
                exchange,
                key,
                options,
                body,
                properties.clone(),
            ));
            match (&mut handing).now_or_never() {
                Some(done) => Box::pin(std::future::ready(done)),
                None => handing,
            }
        })
        .collect()
}

/// Waits for the broker. When it takes too long the connection is given up, unless the broker has
/// said that it is blocked (no memory, no disk): then this waits until it is not.
async fn patiently<T>(
    session: &Session,
    answer: impl Future<Output = lapin::Result<T>>,
) -> PortResult<T> {
    let mut answer = std::pin::pin!(answer);
    loop {
        match timeout(CONFIRM_MAX, &mut answer).await {
            Ok(answer) => {
                return answer.map_err(|e| fault::passing("can't publish to RabbitMQ", &e));
            }
            Err(_) if session.is_blocked() && session.connection.status().connected() => {}
            Err(_) => {
                session.give_up();
                let waited = format!("not confirmed within {} s", CONFIRM_MAX.as_secs());
                return Err(PortError::retryable("can't publish to RabbitMQ", waited));
            }
        }
    }
}

fn refused() -> Sent {
    let why = "the broker refused the message: the queue is full or broken, see its log";
    Sent::Failed(PortError::retryable("can't publish to RabbitMQ", why))
}

fn undeclared(inbox: &str) -> PortError {
    let mend = "no topology declares it: declare its world first";
    PortError::terminal(&format!("unknown inbox '{inbox}'"), mend)
}

fn unroutable(inbox: &str) -> PortError {
    let mend = "its queue was declared again and still takes nothing: check its binding";
    PortError::terminal(&format!("can't publish to inbox '{inbox}'"), mend)
}

/// The error for an inbox that nothing declares.
pub(super) fn unknown(core: &Core, inboxes: &[String]) -> PortResult<()> {
    let topologies = core.topologies.lock();
    let missing = inboxes
        .iter()
        .find(|inbox| topologies.route(inbox).is_none());
    missing.map_or(Ok(()), |inbox| Err(undeclared(inbox)))
}
