//! What goes through a process, counted by inbox and by world. One lock a batch.

use parking_lot::Mutex;
use parlor_model::Slug;
use parlor_ports::presence::{INBOXES_MAX, InboxTraffic, Stored};
use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

/// Samples kept for the rates of stored messages: a minute of them.
const SAMPLES_MAX: usize = 60;
/// How many samples each rate looks back.
const LOOK_BACK: [usize; 3] = [1, 10, SAMPLES_MAX];

/// The counters of a process.
#[derive(Debug, Default)]
pub struct Traffic(Mutex<Counters>);

#[derive(Debug, Default)]
struct Counters {
    inboxes: HashMap<String, Inbox>,
    worlds: HashMap<Slug, World>,
    sampled: Option<Instant>,
}

#[derive(Debug, Default)]
struct Inbox {
    /// Now.
    unacked: u64,
    /// Since the last sample.
    published: u64,
    delivered: u64,
}

#[derive(Debug, Default)]
struct World {
    /// Since the last sample.
    stored: u64,
    /// How long each sample took and what it held, the latest first.
    samples: VecDeque<(Duration, u64)>,
}

impl Traffic {
    /// These inboxes were sent something, each time that they are named.
    pub fn published<'a>(&self, inboxes: impl Iterator<Item = &'a str>) {
        self.each(inboxes, |inbox| inbox.published += 1);
    }

    /// Something was taken from these inboxes.
    pub fn delivered<'a>(&self, inboxes: impl Iterator<Item = &'a str>) {
        self.each(inboxes, |inbox| {
            inbox.delivered += 1;
            inbox.unacked += 1;
        });
    }

    /// What was taken from these inboxes was settled.
    pub fn settled<'a>(&self, inboxes: impl Iterator<Item = &'a str>) {
        self.each(inboxes, |inbox| {
            inbox.unacked = inbox.unacked.saturating_sub(1);
        });
    }

    /// Messages of a world were stored.
    pub fn stored(&self, world: &Slug, messages: u64) {
        if messages == 0 {
            return;
        }
        let mut counters = self.0.lock();
        match counters.worlds.get_mut(world) {
            Some(counts) => counts.stored += messages,
            None => {
                let counts = counters.worlds.entry(world.clone()).or_default();
                counts.stored = messages;
            }
        }
    }

    /// What went on since the last sample (nothing, for the first), and begins a new one.
    pub fn sample(&self) -> (Vec<InboxTraffic>, Vec<Stored>) {
        let mut counters = self.0.lock();
        let now = Instant::now();
        let took = counters.sampled.replace(now).map(|before| now - before);
        let took = took.unwrap_or(Duration::MAX);
        (counters.inboxes(took), counters.stored(took))
    }

    fn each<'a>(&self, inboxes: impl Iterator<Item = &'a str>, count: impl Fn(&mut Inbox)) {
        let mut counters = self.0.lock();
        for name in inboxes {
            match counters.inboxes.get_mut(name) {
                Some(inbox) => count(inbox),
                None => count(counters.inboxes.entry(name.to_owned()).or_default()),
            }
        }
    }
}

impl Counters {
    fn inboxes(&mut self, took: Duration) -> Vec<InboxTraffic> {
        self.inboxes
            .retain(|_, inbox| inbox.unacked + inbox.published + inbox.delivered > 0);
        let mut busiest: Vec<_> = self.inboxes.iter_mut().collect();
        busiest.sort_unstable_by_key(|(_, i)| {
            std::cmp::Reverse(i.unacked + i.published + i.delivered)
        });
        let reported = busiest
            .iter()
            .take(INBOXES_MAX)
            .map(|(name, inbox)| InboxTraffic {
                inbox: (*name).clone(),
                unacked: inbox.unacked,
                published: rate(inbox.published, took),
                delivered: rate(inbox.delivered, took),
            });
        let reported = reported.collect();
        for (_, inbox) in busiest {
            (inbox.published, inbox.delivered) = (0, 0);
        }
        reported
    }

    fn stored(&mut self, took: Duration) -> Vec<Stored> {
        for world in self.worlds.values_mut() {
            world
                .samples
                .push_front((took, std::mem::take(&mut world.stored)));
            world.samples.truncate(SAMPLES_MAX);
        }
        self.worlds
            .retain(|_, world| world.samples.iter().any(|(_, stored)| *stored > 0));
        let rates = self.worlds.iter().map(|(world, counts)| Stored {
            world: world.clone(),
            per_second: LOOK_BACK.map(|samples| counts.rate(samples)),
        });
        rates.collect()
    }
}

impl World {
    fn rate(&self, samples: usize) -> f64 {
        let samples = || self.samples.iter().take(samples);
        let took = samples().fold(Duration::ZERO, |sum, (took, _)| sum.saturating_add(*took));
        rate(samples().map(|(_, stored)| stored).sum(), took)
    }
}

/// How many per second, to two digits after the point.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts of a minute are far below 2^52"
)]
fn rate(count: u64, took: Duration) -> f64 {
    if took.is_zero() {
        return 0.0;
    }
    (count as f64 / took.as_secs_f64() * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inbox_tells_what_is_unsettled_until_it_is_settled() {
        let traffic = Traffic::default();
        traffic.delivered(["q-Ross", "q-Ross", "q-Rachel"].into_iter());
        traffic.settled(["q-Ross", "q-Rachel"].into_iter());
        let (inboxes, _) = traffic.sample();
        let unacked: Vec<_> = inboxes
            .iter()
            .map(|i| (i.inbox.as_str(), i.unacked))
            .collect();
        assert_eq!(unacked, [("q-Ross", 1), ("q-Rachel", 0)]);
        traffic.settled(["q-Ross"].into_iter());
        traffic.sample();
        assert_eq!(traffic.sample().0, [], "quiet ones are forgotten");
    }

    #[test]
    fn a_report_is_bounded_and_holds_the_busiest() {
        let traffic = Traffic::default();
        let names: Vec<_> = (0..INBOXES_MAX * 2).map(|n| format!("q-{n}")).collect();
        traffic.published(names.iter().map(String::as_str));
        traffic.published(["q-500"].into_iter());
        let (inboxes, _) = traffic.sample();
        assert_eq!(inboxes.len(), INBOXES_MAX);
        assert_eq!(inboxes[0].inbox, "q-500");
    }

    #[test]
    fn rates_are_of_the_time_between_samples() {
        let mut counters = Counters::default();
        let friends = Slug::new("friends").unwrap();
        let second = Duration::from_secs(1);
        for stored in [30, 0, 60] {
            counters.worlds.entry(friends.clone()).or_default().stored = stored;
            counters.stored(second);
        }
        counters.worlds.entry(friends.clone()).or_default().stored = 10;
        assert_eq!(counters.stored(second)[0].per_second, [10.0, 25.0, 25.0]);
        for _ in 0..SAMPLES_MAX {
            counters.stored(second);
        }
        assert_eq!(counters.stored(second), [], "a quiet world is forgotten");
    }
}
