//! A cache in this process.

use async_trait::async_trait;
use parking_lot::Mutex;
use parlor_model::{ConversationId, SessionLine};
use parlor_ports::PortResult;
use parlor_ports::cache::{Cache, CacheCapabilities, Count, Holder, LINES_KEPT, LINES_MAX};
use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::time::{Duration, Instant};

/// Bytes of lines that are kept, at most.
const LINES_BYTES_MAX: usize = 256 << 20;
/// Counters that are kept, at most.
const COUNTERS_MAX: usize = 100_000;
/// What a line takes besides its text, about.
const LINE_BYTES: usize = 160;

/// A cache in this process. What does not fit is forgotten: whatever has ended first, then anything.
#[derive(Default)]
pub struct MemoryCache {
    lines: Mutex<Histories>,
    holders: Mutex<HashMap<ConversationId, BTreeMap<Holder, Instant>>>,
    counters: Mutex<HashMap<String, (u64, Instant)>>,
}

#[derive(Default)]
struct Histories {
    sessions: HashMap<ConversationId, History>,
    bytes: usize,
}

struct History {
    lines: BTreeMap<u32, SessionLine>,
    until: Instant,
}

impl Histories {
    fn add(&mut self, session: ConversationId, lines: &[SessionLine], now: Instant) {
        let until = now + LINES_KEPT;
        let history = self.sessions.entry(session).or_insert_with(|| History {
            lines: BTreeMap::new(),
            until,
        });
        if history.until <= now {
            let ended = std::mem::take(&mut history.lines);
            self.bytes -= ended.values().map(weight).sum::<usize>();
        }
        history.until = until;
        for line in lines {
            self.bytes += weight(line);
            if let Some(before) = history.lines.insert(line.order, line.clone()) {
                self.bytes -= weight(&before);
            }
        }
        while history.lines.len() > LINES_MAX as usize {
            if let Some((_, oldest)) = history.lines.pop_first() {
                self.bytes -= weight(&oldest);
            }
        }
        if self.bytes > LINES_BYTES_MAX {
            self.make_room(session, now);
        }
    }

    /// Forgets sessions until all fit, but not `latest`.
    fn make_room(&mut self, latest: ConversationId, now: Instant) {
        let ended: Vec<_> = keys_where(&self.sessions, |history| history.until <= now);
        let others: Vec<_> = keys_where(&self.sessions, |_| true);
        for id in ended.into_iter().chain(others) {
            // Room for what comes next, too.
            if self.bytes <= LINES_BYTES_MAX / 8 * 7 {
                return;
            }
            if id != latest {
                self.forget(id);
            }
        }
    }

    fn forget(&mut self, session: ConversationId) {
        if let Some(history) = self.sessions.remove(&session) {
            self.bytes -= history.lines.values().map(weight).sum::<usize>();
        }
    }
}

#[async_trait]
impl Cache for MemoryCache {
    fn capabilities(&self) -> CacheCapabilities {
        CacheCapabilities {
            name: "memory",
            shared: false,
        }
    }

    async fn add_lines(&self, session: ConversationId, lines: &[SessionLine]) -> PortResult<()> {
        self.lines.lock().add(session, lines, Instant::now());
        Ok(())
    }

    async fn lines(
        &self,
        session: ConversationId,
        through: u32,
        count: u32,
    ) -> PortResult<Option<Vec<SessionLine>>> {
        let count = count.min(through);
        let histories = self.lines.lock();
        let Some(history) = histories.sessions.get(&session) else {
            return Ok((count == 0).then(Vec::new));
        };
        let first = through - count + 1;
        if count == 0 {
            return Ok(Some(Vec::new()));
        }
        if history.until <= Instant::now() {
            return Ok(None);
        }
        let lines: Vec<_> = history.lines.range(first..=through).collect();
        Ok((lines.len() == count as usize)
            .then(|| lines.into_iter().map(|(_, line)| line.clone()).collect()))
    }

    async fn forget(&self, sessions: &[ConversationId]) -> PortResult<()> {
        let mut histories = self.lines.lock();
        let mut holders = self.holders.lock();
        for session in sessions {
            histories.forget(*session);
            holders.remove(session);
        }
        Ok(())
    }

    async fn hold(
        &self,
        holder: &Holder,
        sessions: &[ConversationId],
        lease: Duration,
    ) -> PortResult<()> {
        let until = Instant::now() + lease;
        let mut holders = self.holders.lock();
        for session in sessions {
            let of_session = holders.entry(*session).or_default();
            of_session.insert(holder.clone(), until);
        }
        Ok(())
    }

    async fn release(&self, holder: &Holder, session: ConversationId) -> PortResult<u32> {
        let now = Instant::now();
        let mut holders = self.holders.lock();
        let Some(of_session) = holders.get_mut(&session) else {
            return Ok(0);
        };
        of_session.retain(|known, until| known != holder && *until > now);
        let others = of_session.len();
        if others == 0 {
            holders.remove(&session);
        }
        Ok(u32::try_from(others).unwrap_or(u32::MAX))
    }

    async fn holders(&self, sessions: &[ConversationId]) -> PortResult<Vec<Vec<Holder>>> {
        let now = Instant::now();
        let holders = self.holders.lock();
        let of = |session: &ConversationId| {
            let known = holders.get(session).into_iter().flatten();
            let living = known.filter(|(_, until)| **until > now);
            living.map(|(holder, _)| holder.clone()).collect()
        };
        Ok(sessions.iter().map(of).collect())
    }

    async fn count(&self, key: &str, by: u64, window: Duration) -> PortResult<Count> {
        let now = Instant::now();
        let mut counters = self.counters.lock();
        if counters.len() >= COUNTERS_MAX && !counters.contains_key(key) {
            counters.retain(|_, (_, ends)| *ends > now);
            while counters.len() >= COUNTERS_MAX
                && let Some(any) = counters.keys().next().cloned()
            {
                counters.remove(&any);
            }
        }
        let begun = counters.entry(key.to_owned()).or_insert((0, now + window));
        if begun.1 <= now {
            *begun = (0, now + window);
        }
        begun.0 = begun.0.saturating_add(by);
        Ok(Count {
            count: begun.0,
            ends_in: begun.1 - now,
        })
    }

    async fn ping(&self) -> PortResult<()> {
        Ok(())
    }
}

fn weight(line: &SessionLine) -> usize {
    LINE_BYTES + line.text.len()
}

fn keys_where<K: Copy + Eq + Hash, V>(map: &HashMap<K, V>, is: impl Fn(&V) -> bool) -> Vec<K> {
    let chosen = map.iter().filter(|(_, value)| is(value));
    chosen.map(|(key, _)| *key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use parlor_model::{MessageId, SpeakerRole};
    use uuid::Uuid;

    #[test]
    fn lines_that_do_not_fit_are_forgotten_and_the_latest_stay() {
        let mut histories = Histories::default();
        let line = SessionLine {
            id: MessageId(Uuid::nil()),
            order: 1,
            role: SpeakerRole::User,
            text: "x".repeat(LINES_BYTES_MAX / 20),
            fallback: false,
            at: DateTime::UNIX_EPOCH,
        };
        let session = |n| ConversationId(Uuid::from_u128(n));
        for n in 0..100 {
            histories.add(session(n), std::slice::from_ref(&line), Instant::now());
            assert!(histories.bytes <= LINES_BYTES_MAX);
            assert!(histories.sessions.contains_key(&session(n)));
        }
        let kept: Vec<_> = histories.sessions.keys().copied().collect();
        for id in kept {
            histories.forget(id);
        }
        assert_eq!(histories.bytes, 0, "the books are right");
    }
}
