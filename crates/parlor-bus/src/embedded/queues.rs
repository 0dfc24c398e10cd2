//! The queues of the embedded bus: plain data behind one lock, no waiting in here.

use parlor_model::world::Topology;
use parlor_model::{Envelope, EventId, Slug};
use parlor_ports::bus::{Delivery, DeliveryToken, InboxStatus};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use tokio::sync::Notify;

/// Envelopes that may wait in all inboxes together. More means that nobody consumes; what does not
/// fit stays in the outbox.
pub(super) const WAITING_MAX: usize = 1_000_000;
/// An emptied inbox with more room than this gives it back.
const IDLE_CAPACITY_MAX: usize = 64;

/// An envelope in an inbox. `seq` is its place in the order of acceptance.
#[derive(Debug, Clone)]
pub(super) struct Waiting {
    seq: u64,
    redelivered: bool,
    envelope: Arc<Envelope>,
}

#[derive(Debug)]
struct Inbox {
    name: Arc<str>,
    world: Slug,
    waiting: VecDeque<Waiting>,
    consumers: Vec<Attached>,
    /// Handed out and not settled.
    in_hand: usize,
    /// It was removed; its place is free once nothing of it is in hand.
    removed: bool,
}

/// A consumer of an inbox.
#[derive(Debug)]
struct Attached {
    consumer: u64,
    /// The inbox is in the consumer's ready list.
    listed: bool,
}

/// What one subscription has and waits for.
#[derive(Debug)]
struct Consumer {
    inboxes: Vec<usize>,
    prefetch: usize,
    /// Inboxes that may have something, each at most once.
    ready: VecDeque<usize>,
    /// Handed out and not settled, by tag.
    unsettled: HashMap<u64, (usize, Waiting)>,
    wake: Arc<Notify>,
}

/// Why nothing was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    Undeclared,
    Full,
    Closed,
}

/// All inboxes and consumers.
#[derive(Debug, Default)]
pub(super) struct Queues {
    names: HashMap<Arc<str>, usize>,
    inboxes: Vec<Inbox>,
    /// Places of `inboxes` that nobody uses.
    free: Vec<usize>,
    consumers: HashMap<u64, Consumer>,
    waiting: usize,
    /// Next `seq`, tag or consumer number.
    counter: u64,
    closed: bool,
}

impl Queues {
    fn count(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Makes the inboxes that are not there. Gives the one that another world has, if any; then
    /// nothing was made.
    pub(super) fn declare(&mut self, topology: &Topology) -> Result<(), (String, Slug)> {
        let taken = topology.inboxes.iter().find_map(|binding| {
            let inbox = &self.inboxes[*self.names.get(binding.inbox.as_str())?];
            (inbox.world != topology.world).then(|| (binding.inbox.clone(), inbox.world.clone()))
        });
        if let Some(taken) = taken {
            return Err(taken);
        }
        for binding in &topology.inboxes {
            if self.names.contains_key(binding.inbox.as_str()) {
                continue;
            }
            let name: Arc<str> = binding.inbox.as_str().into();
            let inbox = Inbox {
                name: Arc::clone(&name),
                world: topology.world.clone(),
                waiting: VecDeque::new(),
                consumers: Vec::new(),
                in_hand: 0,
                removed: false,
            };
            let at = match self.free.pop() {
                Some(at) => {
                    self.inboxes[at] = inbox;
                    at
                }
                None => {
                    self.inboxes.push(inbox);
                    self.inboxes.len() - 1
                }
            };
            self.names.insert(name, at);
        }
        Ok(())
    }

    /// Takes inboxes of a world away; gives what waited in them.
    pub(super) fn remove(&mut self, world: &Slug, names: &[String]) -> Vec<EventId> {
        let mut dropped = Vec::new();
        for name in names {
            let Some(at) = self.names.get(name.as_str()).copied() else {
                continue;
            };
            if self.inboxes[at].world != *world {
                continue;
            }
            self.names.remove(name.as_str());
            let inbox = &mut self.inboxes[at];
            inbox.removed = true;
            let waiting = std::mem::take(&mut inbox.waiting);
            self.waiting -= waiting.len();
            dropped.extend(waiting.into_iter().map(|waiting| waiting.envelope.id));
            for attached in std::mem::take(&mut inbox.consumers) {
                if let Some(consumer) = self.consumers.get_mut(&attached.consumer) {
                    consumer.inboxes.retain(|other| *other != at);
                    consumer.ready.retain(|other| *other != at);
                }
            }
            self.vacate(at);
        }
        dropped
    }

    /// Frees the place of an inbox that was removed, once nothing of it is in hand.
    fn vacate(&mut self, at: usize) {
        if self.inboxes[at].removed && self.inboxes[at].in_hand == 0 {
            self.free.push(at);
        }
    }

    pub(super) fn push(&mut self, inbox: &str, envelope: Arc<Envelope>) -> Result<(), Refused> {
        if self.closed {
            return Err(Refused::Closed);
        }
        let inbox = *self.names.get(inbox).ok_or(Refused::Undeclared)?;
        if self.waiting >= WAITING_MAX {
            return Err(Refused::Full);
        }
        let seq = self.count();
        self.waiting += 1;
        self.inboxes[inbox].waiting.push_back(Waiting {
            seq,
            redelivered: false,
            envelope,
        });
        self.announce(inbox);
        Ok(())
    }

    /// Lists the inbox with every consumer of it that does not have it listed.
    fn announce(&mut self, inbox: usize) {
        for attached in self.inboxes[inbox]
            .consumers
            .iter_mut()
            .filter(|a| !a.listed)
        {
            if let Some(consumer) = self.consumers.get_mut(&attached.consumer) {
                attached.listed = true;
                consumer.ready.push_back(inbox);
                consumer.wake.notify_one();
            }
        }
    }

    /// Attaches a consumer; the name of the first inbox that is not declared otherwise.
    pub(super) fn attach(
        &mut self,
        names: &[String],
        prefetch: u16,
        wake: Arc<Notify>,
    ) -> Result<u64, String> {
        let mut inboxes = Vec::with_capacity(names.len());
        for name in names {
            inboxes.push(*self.names.get(name.as_str()).ok_or_else(|| name.clone())?);
        }
        inboxes.sort_unstable();
        inboxes.dedup();
        let id = self.count();
        let prefetch = usize::from(prefetch.max(1));
        let (ready, unsettled) = (VecDeque::new(), HashMap::new());
        let consumer = Consumer {
            inboxes: inboxes.clone(),
            prefetch,
            ready,
            unsettled,
            wake,
        };
        self.consumers.insert(id, consumer);
        for inbox in inboxes {
            self.inboxes[inbox].consumers.push(Attached {
                consumer: id,
                listed: false,
            });
            if !self.inboxes[inbox].waiting.is_empty() {
                self.announce(inbox);
            }
        }
        Ok(id)
    }

    /// Ends a consumer; what it had goes back to where it was.
    pub(super) fn detach(&mut self, id: u64) {
        let Some(consumer) = self.consumers.remove(&id) else {
            return;
        };
        for inbox in consumer.inboxes {
            self.inboxes[inbox]
                .consumers
                .retain(|attached| attached.consumer != id);
        }
        let mut back: Vec<_> = consumer.unsettled.into_values().collect();
        back.sort_unstable_by_key(|(_, waiting)| std::cmp::Reverse(waiting.seq));
        for (inbox, waiting) in back {
            self.inboxes[inbox].in_hand -= 1;
            self.put_back(inbox, waiting);
        }
    }

    fn put_back(&mut self, inbox: usize, waiting: Waiting) {
        if self.inboxes[inbox].removed {
            return self.vacate(inbox);
        }
        let queue = &mut self.inboxes[inbox].waiting;
        let at = queue.partition_point(|other| other.seq < waiting.seq);
        queue.insert(
            at,
            Waiting {
                redelivered: true,
                ..waiting
            },
        );
        self.waiting += 1;
        self.announce(inbox);
    }

    /// Up to `max` deliveries, as far as the prefetch allows. Costs O(what it gives): each inbox of
    /// the ready list gives one and goes to its end.
    pub(super) fn take(&mut self, id: u64, max: usize) -> Vec<Delivery> {
        let Self {
            consumers,
            inboxes,
            counter,
            waiting,
            ..
        } = self;
        let Some(consumer) = consumers.get_mut(&id) else {
            return Vec::new();
        };
        let room = consumer
            .prefetch
            .saturating_sub(consumer.unsettled.len())
            .min(max);
        let mut out = Vec::new();
        while out.len() < room {
            let Some(at) = consumer.ready.pop_front() else {
                break;
            };
            let inbox = &mut inboxes[at];
            let next = inbox.waiting.pop_front();
            let more = !inbox.waiting.is_empty();
            if more {
                consumer.ready.push_back(at);
            } else {
                inbox.went_empty(id);
            }
            let Some(next) = next else { continue };
            inbox.in_hand += 1;
            *waiting -= 1;
            *counter += 1;
            out.push(Delivery {
                token: DeliveryToken {
                    epoch: id,
                    tag: *counter,
                    lane: 0,
                },
                inbox: inbox.name.as_ref().to_owned(),
                content: Ok(Arc::clone(&next.envelope)),
                redelivered: next.redelivered,
            });
            consumer.unsettled.insert(*counter, (at, next));
        }
        out
    }

    /// The world of an unsettled delivery's inbox.
    pub(super) fn world_of(&self, token: DeliveryToken) -> Option<Slug> {
        let (inbox, _) = self
            .consumers
            .get(&token.epoch)?
            .unsettled
            .get(&token.tag)?;
        Some(self.inboxes[*inbox].world.clone())
    }

    /// Ends a delivery; with `again` it goes back to its inbox. An unknown one is left alone.
    pub(super) fn settle(&mut self, token: DeliveryToken, again: bool) {
        let Some(consumer) = self.consumers.get_mut(&token.epoch) else {
            return;
        };
        let full = consumer.unsettled.len() >= consumer.prefetch;
        let Some((inbox, waiting)) = consumer.unsettled.remove(&token.tag) else {
            return;
        };
        if full && !consumer.ready.is_empty() {
            consumer.wake.notify_one();
        }
        self.inboxes[inbox].in_hand -= 1;
        if again {
            self.put_back(inbox, waiting);
        } else {
            self.vacate(inbox);
        }
    }

    pub(super) fn status(&self, name: &str) -> InboxStatus {
        let inbox = self.names.get(name).map(|at| &self.inboxes[*at]);
        InboxStatus {
            name: name.to_owned(),
            exists: inbox.is_some(),
            ready: inbox.map_or(0, |inbox| inbox.waiting.len() as u64),
            consumers: inbox.map_or(0, |inbox| inbox.consumers.len() as u64),
        }
    }

    /// Accepts nothing more and wakes everybody.
    pub(super) fn close(&mut self) {
        self.closed = true;
        for consumer in self.consumers.values() {
            consumer.wake.notify_one();
        }
    }
}

impl Inbox {
    fn went_empty(&mut self, consumer: u64) {
        if let Some(attached) = self.consumers.iter_mut().find(|a| a.consumer == consumer) {
            attached.listed = false;
        }
        if self.waiting.capacity() > IDLE_CAPACITY_MAX {
            self.waiting = VecDeque::new();
        }
    }
}
