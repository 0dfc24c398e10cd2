//! Slows guessing down: whoever fails too often has to wait, for each account and for each address,
//! twice as long with each further failure. It makes no difference whether the account exists.
//!
//! Kept in memory: each process that signs people in counts alone, and forgets when it ends.

use chrono::{DateTime, TimeDelta, Utc};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

/// Failures of an account that cost no wait.
const ACCOUNT_FREE: u32 = 5;
/// Failures of an address that cost no wait: many people may share one.
const ADDRESS_FREE: u32 = 30;
/// Longest wait of an account.
const ACCOUNT_WAIT_MAX: TimeDelta = TimeDelta::minutes(5);
/// Longest wait of an address.
const ADDRESS_WAIT_MAX: TimeDelta = TimeDelta::seconds(30);
/// After so long without a failure all is forgotten.
const FORGOTTEN_AFTER: TimeDelta = TimeDelta::hours(1);
/// Accounts and addresses that are remembered, at most.
const SUBJECTS_MAX: usize = 100_000;

/// Whose failures are counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Subject {
    /// By folded username.
    Account(String),
    /// By address; of IPv6 the first half, of which one caller has as many as they like.
    Address(IpAddr),
}

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    last_at: DateTime<Utc>,
}

/// Remembers failures. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Throttle {
    failures: Arc<Mutex<HashMap<Subject, Failures>>>,
}

impl Throttle {
    /// How long somebody who wants to sign in has to wait; `None`: not at all.
    pub(crate) fn wait(
        &self,
        username: &str,
        address: Option<IpAddr>,
        now: DateTime<Utc>,
    ) -> Option<TimeDelta> {
        let failures = self.failures.lock();
        let waits = subjects(username, address).filter_map(|subject| {
            let failed = failures.get(&subject)?;
            let left = failed.last_at + wait_after(&subject, failed.count) - now;
            (left > TimeDelta::zero()).then_some(left)
        });
        waits.max()
    }

    /// Somebody failed.
    pub(crate) fn failed(&self, username: &str, address: Option<IpAddr>, now: DateTime<Utc>) {
        let mut failures = self.failures.lock();
        if failures.len() + 2 > SUBJECTS_MAX {
            forget_some(&mut failures, now);
        }
        for subject in subjects(username, address) {
            let failed = failures.entry(subject).or_insert(Failures {
                count: 0,
                last_at: now,
            });
            if failed.last_at + FORGOTTEN_AFTER <= now {
                failed.count = 0;
            }
            failed.count = failed.count.saturating_add(1);
            failed.last_at = now;
        }
    }

    /// Somebody signed in. Their address keeps its count: else whoever has an account could guess at
    /// others' without end.
    pub(crate) fn succeeded(&self, username: &str) {
        let subject = Subject::Account(username.to_ascii_lowercase());
        self.failures.lock().remove(&subject);
    }
}

fn subjects(username: &str, address: Option<IpAddr>) -> impl Iterator<Item = Subject> {
    let account = Subject::Account(username.to_ascii_lowercase());
    std::iter::once(account).chain(address.map(network).map(Subject::Address))
}

fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() >> 64 << 64).into()),
        v4 @ IpAddr::V4(_) => v4,
    }
}

fn wait_after(subject: &Subject, count: u32) -> TimeDelta {
    let (free, most) = match subject {
        Subject::Account(_) => (ACCOUNT_FREE, ACCOUNT_WAIT_MAX),
        Subject::Address(_) => (ADDRESS_FREE, ADDRESS_WAIT_MAX),
    };
    match count.checked_sub(free) {
        None => TimeDelta::zero(),
        Some(more) => TimeDelta::seconds(1_i64 << more.min(20)).min(most),
    }
}

/// Forgets what is old, and where that is too little, the older half.
fn forget_some(failures: &mut HashMap<Subject, Failures>, now: DateTime<Utc>) {
    failures.retain(|_, failed| failed.last_at + FORGOTTEN_AFTER > now);
    if failures.len() * 2 > SUBJECTS_MAX {
        let mut times: Vec<_> = failures.values().map(|failed| failed.last_at).collect();
        let middle = times.len() / 2;
        let (_, median, _) = times.select_nth_unstable(middle);
        let median = *median;
        failures.retain(|_, failed| failed.last_at > median);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    fn address(n: u8) -> Option<IpAddr> {
        Some(IpAddr::from([10, 0, 0, n]))
    }

    #[test]
    fn an_account_waits_twice_as_long_with_each_failure_from_wherever() {
        let throttle = Throttle::default();
        for n in 0..5 {
            assert_eq!(throttle.wait("tom", address(n), at(0)), None);
            throttle.failed("tom", address(n), at(0));
        }
        let seconds = |username: &str, now| {
            let wait = throttle.wait(username, address(99), at(now));
            wait.map(|wait| wait.num_seconds())
        };
        assert_eq!(seconds("Tom", 0), Some(1));
        assert_eq!(seconds("ann", 0), None);
        assert_eq!(seconds("tom", 1), None);
        throttle.failed("TOM", address(1), at(1));
        assert_eq!(seconds("tom", 1), Some(2));
        for _ in 0..40 {
            throttle.failed("tom", address(1), at(1));
        }
        assert_eq!(seconds("tom", 1), Some(300));
        throttle.succeeded("Tom");
        assert_eq!(seconds("tom", 1), None);
    }

    #[test]
    fn an_address_waits_whatever_names_it_tries() {
        let throttle = Throttle::default();
        for n in 0..30 {
            let name = format!("name{n}");
            assert_eq!(throttle.wait(&name, address(1), at(0)), None);
            throttle.failed(&name, address(1), at(0));
        }
        assert!(throttle.wait("other", address(1), at(0)).is_some());
        assert_eq!(throttle.wait("other", address(2), at(0)), None);
        for _ in 0..40 {
            throttle.failed("other", address(1), at(0));
        }
        let wait = throttle.wait("another", address(1), at(0));
        assert_eq!(wait, Some(TimeDelta::seconds(30)));
        throttle.succeeded("name1");
        assert!(throttle.wait("other", address(1), at(0)).is_some());
    }

    #[test]
    fn addresses_of_one_network_are_one() {
        let one: IpAddr = "2001:db8::1".parse().unwrap();
        let same: IpAddr = "2001:db8::ffff:1".parse().unwrap();
        let other: IpAddr = "2001:db8:0:1::1".parse().unwrap();
        assert_eq!(network(one), network(same));
        assert_ne!(network(one), network(other));
        let mapped: IpAddr = "::ffff:10.0.0.1".parse().unwrap();
        assert_eq!(network(mapped), IpAddr::from([10, 0, 0, 1]));
    }

    #[test]
    fn failures_are_forgotten_and_their_number_is_bounded() {
        let throttle = Throttle::default();
        for _ in 0..9 {
            throttle.failed("tom", None, at(0));
        }
        throttle.failed("tom", None, at(3_600));
        assert_eq!(throttle.wait("tom", None, at(3_600)), None);
        for n in 0..SUBJECTS_MAX + 10 {
            throttle.failed(&format!("name{n}"), None, at(4_000));
        }
        assert!(throttle.failures.lock().len() <= SUBJECTS_MAX);
    }
}
