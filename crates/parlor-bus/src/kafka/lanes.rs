//! What a subscription has received and not settled, partition by partition.

use super::offsets::Offsets;
use super::wire::{self, Parcel};
use parlor_ports::bus::{Delivery, DeliveryToken};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// A partition of a topic.
pub(super) type Place = (Arc<str>, i32);

/// A record that was received and not settled.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) parcel: Parcel,
    /// It is with a consumer; otherwise it waits here.
    pub(super) out: bool,
}

/// A partition, from its assignment to its revocation: given to us again it is another lane.
#[derive(Debug)]
struct Lane {
    place: Place,
    offsets: Offsets<Held>,
}

/// What is committed: offset and metadata of a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Commit {
    pub(super) place: Place,
    pub(super) offset: i64,
    pub(super) metadata: String,
}

/// All lanes of a subscription.
#[derive(Debug)]
pub(super) struct Lanes {
    epoch: u64,
    lanes: HashMap<u32, Lane>,
    by_place: HashMap<Place, u32>,
    next_lane: u32,
    /// Lane, offset, and whether it was out before.
    waiting: VecDeque<(u32, i64, bool)>,
    waiting_bytes: usize,
    out: usize,
    prefetch: usize,
}

impl Lanes {
    pub(super) fn new(epoch: u64, prefetch: u16) -> Self {
        Self {
            epoch,
            lanes: HashMap::new(),
            by_place: HashMap::new(),
            next_lane: 0,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            out: 0,
            prefetch: usize::from(prefetch.max(1)),
        }
    }

    /// A partition is ours from now on; `metadata` is that of its last commit.
    pub(super) fn assign(&mut self, place: Place, metadata: &str) {
        self.revoke(&place);
        let lane = self.next_lane;
        self.next_lane = self.next_lane.wrapping_add(1);
        self.by_place.insert(place.clone(), lane);
        let offsets = Offsets::new(metadata);
        self.lanes.insert(lane, Lane { place, offsets });
    }

    /// A partition is ours no more; what is unsettled of it comes again, to whoever has it then.
    pub(super) fn revoke(&mut self, place: &Place) {
        let Some(number) = self.by_place.remove(place) else {
            return;
        };
        if let Some(lane) = self.lanes.remove(&number) {
            self.out -= lane.offsets.values().filter(|held| held.out).count();
            let here = lane.offsets.values().filter(|held| !held.out);
            self.waiting_bytes -= here.map(|held| held.parcel.bytes()).sum::<usize>();
        }
        self.waiting.retain(|(lane, ..)| *lane != number);
    }

    pub(super) fn revoke_all(&mut self) {
        *self = Self {
            lanes: HashMap::new(),
            by_place: HashMap::new(),
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            out: 0,
            ..*self
        };
    }

    pub(super) fn receive(&mut self, place: &Place, offset: i64, parcel: Parcel) {
        // What comes for a partition that was taken away was on its way: it comes to its new owner.
        let Some(&number) = self.by_place.get(place) else {
            return;
        };
        let Some(lane) = self.lanes.get_mut(&number) else {
            return;
        };
        let bytes = parcel.bytes();
        let held = Held { parcel, out: false };
        if lane.offsets.receive(offset, held) {
            self.waiting.push_back((number, offset, false));
            self.waiting_bytes += bytes;
        }
    }

    pub(super) fn waiting(&self) -> (usize, usize) {
        (self.waiting.len(), self.waiting_bytes)
    }

    /// How many of these partitions are with a consumer.
    pub(super) fn out_of(&self, places: &[Place]) -> usize {
        let lanes = places.iter().filter_map(|place| self.by_place.get(place));
        let lanes = lanes.filter_map(|number| self.lanes.get(number));
        lanes
            .map(|lane| lane.offsets.values().filter(|held| held.out).count())
            .sum()
    }

    /// Hands out up to `max`, as far as the prefetch goes.
    pub(super) fn hand_out(&mut self, max: usize) -> Vec<Delivery> {
        let room = self.prefetch.saturating_sub(self.out).min(max);
        let mut deliveries = Vec::with_capacity(room.min(self.waiting.len()));
        while deliveries.len() < room {
            let Some((number, offset, redelivered)) = self.waiting.pop_front() else {
                break;
            };
            let Some(lane) = self.lanes.get_mut(&number) else {
                continue;
            };
            let Some(held) = lane.offsets.get_mut(offset) else {
                continue;
            };
            held.out = true;
            self.out += 1;
            self.waiting_bytes -= held.parcel.bytes();
            deliveries.push(Delivery {
                token: DeliveryToken {
                    epoch: self.epoch,
                    tag: u64::try_from(offset).unwrap_or_default(),
                    lane: number,
                },
                inbox: lane.place.0.to_string(),
                content: wire::decode(&held.parcel),
                redelivered,
            });
        }
        deliveries
    }

    fn lane_of(&mut self, token: DeliveryToken) -> Option<(&mut Lane, i64)> {
        if token.epoch != self.epoch {
            return None;
        }
        let offset = i64::try_from(token.tag).ok()?;
        let lane = self.lanes.get_mut(&token.lane)?;
        lane.offsets.get(offset)?.out.then_some((lane, offset))
    }

    pub(super) fn acknowledge(&mut self, token: DeliveryToken) {
        if let Some((lane, offset)) = self.lane_of(token) {
            lane.offsets.settle(offset);
            self.out -= 1;
        }
    }

    pub(super) fn release(&mut self, token: DeliveryToken) {
        let Some((lane, offset)) = self.lane_of(token) else {
            return;
        };
        if let Some(held) = lane.offsets.get_mut(offset) {
            held.out = false;
            let bytes = held.parcel.bytes();
            self.out -= 1;
            self.waiting_bytes += bytes;
            self.waiting.push_front((token.lane, offset, true));
        }
    }

    pub(super) fn parcel(&mut self, token: DeliveryToken) -> Option<Parcel> {
        let (lane, offset) = self.lane_of(token)?;
        lane.offsets.get(offset).map(|held| held.parcel.clone())
    }

    /// What is new to commit: of all partitions, or of some.
    pub(super) fn take_commits(&mut self, of: Option<&[Place]>) -> Vec<Commit> {
        let lanes = self.lanes.values_mut();
        let lanes = lanes.filter(|lane| of.is_none_or(|places| places.contains(&lane.place)));
        lanes
            .filter_map(|lane| {
                let (offset, metadata) = lane.offsets.take_commit()?;
                let place = lane.place.clone();
                Some(Commit {
                    place,
                    offset,
                    metadata,
                })
            })
            .collect()
    }

    /// What stands, whether it was committed or not: for the end.
    pub(super) fn last_commits(&mut self) -> Vec<Commit> {
        for lane in self.lanes.values_mut() {
            lane.offsets.commit_again();
        }
        self.take_commits(None)
    }

    /// Hands out no more of these; what is out may still be settled.
    pub(super) fn withhold(&mut self, places: &[Place]) {
        let numbers: Vec<u32> = places
            .iter()
            .filter_map(|place| self.by_place.get(place).copied())
            .collect();
        self.waiting.retain(|(lane, ..)| !numbers.contains(lane));
    }

    /// These commits may have failed: they are due again.
    pub(super) fn commit_again<'a>(&mut self, places: impl Iterator<Item = (&'a str, i32)>) {
        for (topic, partition) in places {
            let number = self.by_place.get(&(Arc::from(topic), partition));
            if let Some(lane) = number.and_then(|number| self.lanes.get_mut(number)) {
                lane.offsets.commit_again();
            }
        }
    }
}
