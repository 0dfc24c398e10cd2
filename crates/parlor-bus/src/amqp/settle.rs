//! Ending deliveries: few frames, in the right order, on the right channel.

use super::dead::DeadMark;
use super::link::Core;
use super::publish::{self, OUTAGE_MAX, Sending, Sent};
use super::wire::{Parcel, short};
use async_trait::async_trait;
use futures::FutureExt;
use lapin::Channel;
use lapin::options::{BasicAckOptions, BasicNackOptions};
use parking_lot::Mutex;
use parlor_ports::bus::{Delivery, Settler, Verdict};
use parlor_ports::{PortError, PortResult};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Settles the deliveries of one subscription, whatever channel it has at the moment.
pub(super) struct AmqpSettler {
    pub(super) core: Arc<Core>,
    pub(super) lane: Mutex<Option<Lane>>,
}

/// The channel on which a subscription consumes.
pub(super) struct Lane {
    pub(super) epoch: u64,
    channel: Channel,
    tags: Tags,
}

/// Which delivery tags of a channel are unsettled. A channel numbers the deliveries of all its
/// consumers 1, 2, 3, ..; we see them in another order, for we take from the consumers in turn.
#[derive(Debug, Default)]
struct Tags {
    /// Handed out, with what came, for the dead letters.
    taken: BTreeMap<u64, Parcel>,
    /// Below `seen` and not taken yet.
    gaps: BTreeSet<u64>,
    seen: u64,
}

/// A frame to send.
#[derive(Debug, PartialEq, Eq)]
enum AckFrame {
    One(u64),
    /// This and every unsettled one below.
    UpTo(u64),
}

impl Tags {
    fn take(&mut self, tag: u64, parcel: Parcel) {
        if tag > self.seen {
            self.gaps.extend(self.seen + 1..tag);
            self.seen = tag;
        } else {
            self.gaps.remove(&tag);
        }
        self.taken.insert(tag, parcel);
    }

    /// The lowest tag that may not be acknowledged.
    fn floor(&self) -> u64 {
        let taken = self
            .taken
            .first_key_value()
            .map_or(u64::MAX, |(tag, _)| *tag);
        let gap = self.gaps.first().map_or(u64::MAX, |tag| *tag);
        taken.min(gap).min(self.seen + 1)
    }

    /// Takes these tags out and gives the fewest frames that acknowledge them: everything below the
    /// lowest unsettled one needs a single frame.
    fn acknowledge(&mut self, mut tags: Vec<u64>) -> Vec<AckFrame> {
        tags.retain(|tag| self.taken.remove(tag).is_some());
        tags.sort_unstable();
        let floor = self.floor();
        let below = tags.partition_point(|tag| *tag < floor);
        let mut frames = Vec::with_capacity(tags.len() - below + 1);
        match below {
            0 => {}
            1 => frames.push(AckFrame::One(tags[0])),
            _ => frames.push(AckFrame::UpTo(tags[below - 1])),
        }
        frames.extend(tags[below..].iter().map(|tag| AckFrame::One(*tag)));
        frames
    }
}

impl Lane {
    pub(super) fn new(epoch: u64, channel: Channel) -> Self {
        Self {
            epoch,
            channel,
            tags: Tags::default(),
        }
    }

    pub(super) fn take(&mut self, tag: u64, parcel: Parcel) {
        self.tags.take(tag, parcel);
    }

    /// Queues the frames. The first poll of a frame's future does that; nobody needs to know when
    /// it is written: a frame that is lost with its connection means that the delivery comes again.
    fn acknowledge(&mut self, tags: Vec<u64>) {
        for frame in self.tags.acknowledge(tags) {
            let (tag, multiple) = match frame {
                AckFrame::One(tag) => (tag, false),
                AckFrame::UpTo(tag) => (tag, true),
            };
            let _ = self
                .channel
                .basic_ack(tag, BasicAckOptions { multiple })
                .now_or_never();
        }
    }

    fn release(&mut self, tag: u64) {
        if self.tags.taken.remove(&tag).is_some() {
            let options = BasicNackOptions {
                multiple: false,
                requeue: true,
            };
            let _ = self.channel.basic_nack(tag, options).now_or_never();
        }
    }
}

/// A delivery on its way to the dead letters.
struct Doomed {
    epoch: u64,
    tag: u64,
    sending: Sending,
}

#[async_trait]
impl Settler for AmqpSettler {
    async fn settle(&self, ends: Vec<(Delivery, Verdict)>) -> PortResult<()> {
        let doomed = self.settle_now(ends);
        if doomed.is_empty() {
            Ok(())
        } else {
            self.bury(doomed).await
        }
    }
}

impl AmqpSettler {
    /// Acknowledges and releases; gives what must be kept first. Frames are queued under the lock,
    /// so that no frame overtakes one that covers more.
    fn settle_now(&self, ends: Vec<(Delivery, Verdict)>) -> Vec<Doomed> {
        let mut lane = self.lane.lock();
        let Some(lane) = lane.as_mut() else {
            return Vec::new();
        };
        let (mut done, mut doomed) = (Vec::with_capacity(ends.len()), Vec::new());
        for (delivery, verdict) in ends {
            let token = delivery.token;
            if token.epoch != lane.epoch {
                continue;
            }
            match verdict {
                Verdict::Ack => done.push(token.tag),
                Verdict::Release => lane.release(token.tag),
                Verdict::DeadLetter(reason) => {
                    let Some(parcel) = lane.tags.taken.get(&token.tag) else {
                        continue;
                    };
                    let sending = self.dead_letter(&delivery.inbox, parcel, reason);
                    doomed.push(Doomed {
                        epoch: token.epoch,
                        tag: token.tag,
                        sending,
                    });
                }
            }
        }
        lane.acknowledge(done);
        doomed
    }

    fn dead_letter(&self, inbox: &str, parcel: &Parcel, reason: String) -> Sending {
        let route = self.core.topologies.lock().route(inbox);
        let queue = route
            .map(|route| route.dead_letters.clone())
            .unwrap_or_default();
        let mark = DeadMark {
            inbox: inbox.to_owned(),
            reason,
            at: self.core.clock.now(),
        };
        Sending {
            exchange: short(""),
            key: queue,
            parcel: mark.put_on(parcel),
        }
    }

    /// Keeps dead letters, then acknowledges them; releases those that could not be kept.
    async fn bury(&self, doomed: Vec<Doomed>) -> PortResult<()> {
        let (ends, sendings): (Vec<_>, Vec<_>) = doomed
            .into_iter()
            .map(|d| ((d.epoch, d.tag), d.sending))
            .unzip();
        let outcomes = match self.core.session(Some(OUTAGE_MAX)).await {
            Ok(session) => publish::send(&session, sendings).await,
            Err(error) => vec![Sent::Failed(error); ends.len()],
        };
        let mut outcome = Ok(());
        let mut lane = self.lane.lock();
        for ((epoch, tag), sent) in ends.into_iter().zip(outcomes) {
            let lane = lane.as_mut().filter(|lane| lane.epoch == epoch);
            match (sent, lane) {
                (Sent::Confirmed, Some(lane)) => lane.acknowledge(vec![tag]),
                (Sent::Confirmed, None) => {}
                (failed, lane) => {
                    if let Some(lane) = lane {
                        lane.release(tag);
                    }
                    outcome = Err(not_kept(failed));
                }
            }
        }
        outcome
    }
}

fn not_kept(sent: Sent) -> PortError {
    match sent {
        Sent::Failed(error) => PortError::retryable("can't keep a dead letter", error),
        _ => PortError::retryable(
            "can't keep a dead letter",
            "its queue is missing: declare the world again",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use AckFrame::{One, UpTo};

    fn tags(taken: &[u64]) -> Tags {
        let mut tags = Tags::default();
        for tag in taken {
            let parcel = Parcel {
                properties: lapin::BasicProperties::default(),
                body: bytes::Bytes::new(),
            };
            tags.take(*tag, parcel);
        }
        tags
    }

    #[test]
    fn a_run_from_the_bottom_needs_one_frame() {
        let mut tags = tags(&[1, 2, 3, 4]);
        assert_eq!(tags.acknowledge(vec![2, 1, 3]), [UpTo(3)]);
        assert_eq!(tags.acknowledge(vec![4]), [One(4)]);
    }

    #[test]
    fn an_unsettled_one_is_never_covered() {
        let mut tags = tags(&[1, 2, 3, 4, 5]);
        assert_eq!(
            tags.acknowledge(vec![1, 2, 4, 5]),
            [UpTo(2), One(4), One(5)]
        );
        assert_eq!(tags.acknowledge(vec![3]), [One(3)]);
    }

    #[test]
    fn one_that_was_not_taken_yet_is_never_covered() {
        let mut tags = tags(&[1, 2, 5, 6]);
        assert_eq!(
            tags.acknowledge(vec![1, 2, 5, 6]),
            [UpTo(2), One(5), One(6)]
        );
        tags.take(
            3,
            Parcel {
                properties: Default::default(),
                body: Default::default(),
            },
        );
        tags.take(
            4,
            Parcel {
                properties: Default::default(),
                body: Default::default(),
            },
        );
        assert_eq!(tags.acknowledge(vec![3, 4]), [UpTo(4)]);
    }

    #[test]
    fn settling_twice_sends_nothing_twice() {
        let mut tags = tags(&[1, 2]);
        assert_eq!(tags.acknowledge(vec![1, 2]), [UpTo(2)]);
        assert_eq!(tags.acknowledge(vec![1, 2]), []);
    }
}
