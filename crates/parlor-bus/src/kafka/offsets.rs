//! Which records of a partition are settled, and what to commit.
//!
//! Kafka commits one offset a partition: everything below is done. Records are settled in any
//! order, so the committed offset is that of the lowest unsettled one, and what is settled above it
//! is written into the commit's metadata. Whoever gets the partition next skips those.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Longest metadata that is written: brokers take 4,096 bytes by default.
const METADATA_BYTES_MAX: usize = 3_500;
const VERSION: &str = "parlor1:";

/// The records of a partition that were received, by offset.
#[derive(Debug)]
pub(super) struct Offsets<T> {
    unsettled: BTreeMap<i64, T>,
    /// Settled, above the lowest unsettled one.
    settled: BTreeSet<i64>,
    /// One above the highest that was received; `None` before the first.
    next: Option<i64>,
    /// There is something to commit.
    dirty: bool,
}

impl<T> Offsets<T> {
    /// With what the metadata of the last commit told.
    pub(super) fn new(metadata: &str) -> Self {
        Self {
            unsettled: BTreeMap::new(),
            settled: read(metadata),
            next: None,
            dirty: false,
        }
    }

    /// A record came. False when it is settled already, or was received before.
    pub(super) fn receive(&mut self, offset: i64, record: T) -> bool {
        if self.next.is_some_and(|next| offset < next) {
            return false;
        }
        self.next = Some(offset + 1);
        if self.settled.contains(&offset) {
            self.tidy();
            self.dirty = true;
            return false;
        }
        self.unsettled.insert(offset, record);
        true
    }

    pub(super) fn get(&self, offset: i64) -> Option<&T> {
        self.unsettled.get(&offset)
    }

    pub(super) fn get_mut(&mut self, offset: i64) -> Option<&mut T> {
        self.unsettled.get_mut(&offset)
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &T> {
        self.unsettled.values()
    }

    /// Gives the record, when it was unsettled.
    pub(super) fn settle(&mut self, offset: i64) -> Option<T> {
        let record = self.unsettled.remove(&offset)?;
        self.settled.insert(offset);
        self.tidy();
        self.dirty = true;
        Some(record)
    }

    fn tidy(&mut self) {
        if let Some(floor) = self.floor() {
            self.settled = self.settled.split_off(&floor);
        }
    }

    /// The offset to commit: no unsettled record lies below.
    fn floor(&self) -> Option<i64> {
        let lowest = self.unsettled.first_key_value().map(|(offset, _)| *offset);
        lowest.or(self.next)
    }

    /// Offset and metadata to commit, when there is something new.
    pub(super) fn take_commit(&mut self) -> Option<(i64, String)> {
        if !std::mem::take(&mut self.dirty) {
            return None;
        }
        let floor = self.floor()?;
        Some((floor, write(floor, &self.settled)))
    }

    /// A commit failed: what it said is to be said again.
    pub(super) fn commit_again(&mut self) {
        self.dirty = self.next.is_some();
    }
}

/// Runs as distances: `floor`, then for each run how far it begins after the one before ended, and
/// its length. What does not fit is left out: those records come again.
fn write(floor: i64, settled: &BTreeSet<i64>) -> String {
    let mut runs: Vec<(i64, i64)> = Vec::new();
    for &offset in settled {
        match runs.last_mut() {
            Some((_, end)) if *end == offset => *end += 1,
            _ => runs.push((offset, offset + 1)),
        }
    }
    if runs.is_empty() {
        return String::new();
    }
    let mut text = format!("{VERSION}{floor:x}");
    let mut at = floor;
    for (start, end) in runs {
        let before = text.len();
        // Writing to a string can't fail.
        let _ = write!(text, ",{:x}+{:x}", start - at, end - start);
        if text.len() > METADATA_BYTES_MAX {
            text.truncate(before);
            break;
        }
        at = end;
    }
    text
}

/// What [`write`] wrote; nothing where it is somebody else's, or spoilt.
pub(super) fn read(metadata: &str) -> BTreeSet<i64> {
    parse(metadata).unwrap_or_default()
}

fn parse(metadata: &str) -> Option<BTreeSet<i64>> {
    /// More than any commit of ours can speak of.
    const SETTLED_MAX: i64 = 1 << 20;
    let number = |text: &str| i64::from_str_radix(text, 16).ok().filter(|n| *n >= 0);
    let mut parts = metadata.strip_prefix(VERSION)?.split(',');
    let mut at = number(parts.next()?)?;
    let mut settled = BTreeSet::new();
    let mut left = SETTLED_MAX;
    for part in parts {
        let (skip, length) = part.split_once('+')?;
        let start = at.checked_add(number(skip)?)?;
        let length = number(length)?;
        left -= length.min(left + 1);
        if left < 0 {
            return None;
        }
        at = start.checked_add(length)?;
        settled.extend(start..at);
    }
    Some(settled)
}

/// How many of a group's records above the committed offset are settled, from a commit's metadata.
pub(super) fn settled_above(metadata: &str) -> u64 {
    read(metadata).len() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(offsets: &[i64]) -> Offsets<()> {
        let mut all = Offsets::new("");
        for offset in offsets {
            assert!(all.receive(*offset, ()));
        }
        all
    }

    #[test]
    fn an_unsettled_one_is_never_covered() {
        let mut offsets = received(&[10, 11, 12, 13]);
        assert_eq!(offsets.take_commit(), None, "nothing is new");
        offsets.settle(11);
        offsets.settle(13);
        let (floor, metadata) = offsets.take_commit().unwrap();
        assert_eq!(floor, 10);
        assert_eq!(read(&metadata), BTreeSet::from([11, 13]));
        offsets.settle(10);
        let (floor, metadata) = offsets.take_commit().unwrap();
        assert_eq!((floor, read(&metadata)), (12, BTreeSet::from([13])));
        offsets.settle(12);
        assert_eq!(offsets.take_commit(), Some((14, String::new())));
        assert_eq!(offsets.take_commit(), None);
        assert!(offsets.settle(12).is_none(), "twice is once");
    }

    #[test]
    fn offsets_that_are_missing_hold_nothing_up() {
        let mut offsets = received(&[3, 7, 20]);
        offsets.settle(3);
        assert_eq!(offsets.take_commit().unwrap().0, 7);
        offsets.settle(7);
        offsets.settle(20);
        assert_eq!(offsets.take_commit(), Some((21, String::new())));
    }

    #[test]
    fn whoever_comes_next_skips_what_is_settled() {
        let mut first = received(&[0, 1, 2, 3, 4]);
        first.settle(1);
        first.settle(2);
        first.settle(4);
        let (floor, metadata) = first.take_commit().unwrap();
        assert_eq!(floor, 0);
        let mut second = Offsets::new(&metadata);
        let came: Vec<_> = (0..6).filter(|n| second.receive(*n, ())).collect();
        assert_eq!(came, [0, 3, 5]);
        for n in came {
            second.settle(n);
        }
        assert_eq!(second.take_commit(), Some((6, String::new())));
    }

    #[test]
    fn a_record_that_comes_twice_is_received_once() {
        let mut offsets = received(&[0, 1]);
        assert!(!offsets.receive(1, ()));
        assert!(!offsets.receive(0, ()));
    }

    #[test]
    fn metadata_stays_short_and_what_does_not_fit_comes_again() {
        let mut offsets = Offsets::new("");
        for offset in 0..20_000 {
            offsets.receive(offset, ());
        }
        for offset in (1..20_000).step_by(2) {
            offsets.settle(offset);
        }
        let (_, metadata) = offsets.take_commit().unwrap();
        assert!(metadata.len() <= METADATA_BYTES_MAX, "{}", metadata.len());
        let told = read(&metadata);
        assert!(told.len() > 500, "{}", told.len());
        assert!(told.iter().all(|offset| offset % 2 == 1));
    }

    #[test]
    fn somebody_elses_metadata_is_nothing() {
        for text in [
            "",
            "hello",
            "parlor1:",
            "parlor1:x",
            "parlor1:0,1",
            "parlor1:0,1+7fffffffffffffff",
            "parlor1:7fffffffffffffff,1+1",
            "parlor1:-1,0+1",
        ] {
            assert_eq!(read(text), BTreeSet::new(), "{text}");
        }
    }
}
