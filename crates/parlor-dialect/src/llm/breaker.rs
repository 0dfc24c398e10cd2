//! A circuit breaker: after too many failures in a row, over some time, nobody is sent to the provider
//! for a while.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use parlor_model::Clock;

/// When a breaker opens, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerOptions {
    /// Failures in a row that open it..
    pub failures: u32,
    /// ..once the first of them is as old as this: calls that were on their way at the same time run
    /// out of it at the same time, which says nothing of the next call.
    pub failing_for: Duration,
    /// How long it stays open before one call may try.
    pub open_for: Duration,
}

impl Default for BreakerOptions {
    /// Ten in a row, and no success for two seconds: a provider that answers now and then stays in
    /// use, however busy it is; one that is down is left alone.
    fn default() -> Self {
        Self {
            failures: 10,
            failing_for: Duration::from_secs(2),
            open_for: Duration::from_secs(15),
        }
    }
}

/// Closed, it lets every call through and counts failures in a row. Open, it lets none through.
/// When its time is over it lets one call try: that one closes it, or opens it anew.
pub(super) struct Breaker {
    options: BreakerOptions,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed(Run),
    Open { since: DateTime<Utc> },
    Trying { since: DateTime<Utc> },
}

/// Failures in a row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Run {
    failures: u32,
    /// When the first of them happened.
    since: DateTime<Utc>,
}

impl Run {
    fn longer(self, now: DateTime<Utc>) -> Self {
        Self {
            failures: self.failures.saturating_add(1),
            since: if self.failures == 0 { now } else { self.since },
        }
    }
}

/// What a breaker's gauge shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BreakerState {
    /// Calls go through.
    Closed,
    /// One call tries.
    Trying,
    /// No call goes through.
    Open,
}

impl BreakerState {
    /// 0 closed, 1 trying, 2 open.
    pub(super) fn as_gauge(self) -> f64 {
        match self {
            Self::Closed => 0.0,
            Self::Trying => 1.0,
            Self::Open => 2.0,
        }
    }
}

impl Breaker {
    /// A closed breaker.
    pub(super) fn new(options: BreakerOptions, clock: Arc<dyn Clock>) -> Self {
        Self {
            options,
            clock,
            state: Mutex::new(State::Closed(Run::default())),
        }
    }

    /// Lets a call through, or says how long none will be.
    ///
    /// # Errors
    /// How long to wait, at least a moment.
    pub(super) fn admit(&self) -> Result<Admission<'_>, Duration> {
        let mut state = self.state.lock();
        let probe = match *state {
            State::Closed(_) => false,
            State::Open { since } => {
                let left = self.left(since);
                if !left.is_zero() {
                    return Err(left);
                }
                *state = State::Trying { since };
                true
            }
            State::Trying { .. } => return Err(Duration::from_millis(500)),
        };
        Ok(Admission {
            breaker: self,
            probe,
            settled: false,
        })
    }

    /// How long no call goes through, if so; asks without taking the one try.
    pub(super) fn shut_for(&self) -> Option<Duration> {
        match *self.state.lock() {
            State::Open { since } => Some(self.left(since)).filter(|left| !left.is_zero()),
            State::Closed(_) | State::Trying { .. } => None,
        }
    }

    /// The state, for the gauge.
    pub(super) fn state(&self) -> BreakerState {
        match *self.state.lock() {
            State::Closed(_) => BreakerState::Closed,
            State::Open { .. } => BreakerState::Open,
            State::Trying { .. } => BreakerState::Trying,
        }
    }

    /// What is left of the time it stays open. A clock that was set back ends it.
    fn left(&self, since: DateTime<Utc>) -> Duration {
        match (self.clock.now() - since).to_std() {
            Ok(passed) => self.options.open_for.saturating_sub(passed),
            Err(_) => Duration::ZERO,
        }
    }

    /// A clock that was set back does not make a run any younger.
    fn is_too_long(&self, run: Run, now: DateTime<Utc>) -> bool {
        let lasted = (now - run.since).to_std().unwrap_or(Duration::MAX);
        run.failures >= self.options.failures && lasted >= self.options.failing_for
    }

    fn settle(&self, probe: bool, ok: bool) {
        let mut state = self.state.lock();
        *state = match (*state, probe, ok) {
            (State::Trying { .. }, true, true) => State::Closed(Run::default()),
            (State::Trying { .. }, true, false) => State::Open {
                since: self.clock.now(),
            },
            (State::Closed(_), false, true) => State::Closed(Run::default()),
            (State::Closed(run), false, false) => {
                let now = self.clock.now();
                let run = run.longer(now);
                if self.is_too_long(run, now) {
                    State::Open { since: now }
                } else {
                    State::Closed(run)
                }
            }
            // A call from before it opened: what it learned is old.
            (old, _, _) => old,
        };
    }

    /// A call that tried was given up: the next one may try.
    fn abandon(&self) {
        let mut state = self.state.lock();
        if let State::Trying { since } = *state {
            *state = State::Open { since };
        }
    }
}

/// A call that was let through. Dropped without being settled it counts as never made.
pub(super) struct Admission<'a> {
    breaker: &'a Breaker,
    probe: bool,
    settled: bool,
}

impl Admission<'_> {
    /// Says how the call went: `ok` when the provider is up, whatever it answered.
    pub(super) fn settle(mut self, ok: bool) {
        self.settled = true;
        self.breaker.settle(self.probe, ok);
    }
}

impl Drop for Admission<'_> {
    fn drop(&mut self) {
        if self.probe && !self.settled {
            self.breaker.abandon();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parlor_model::ManualClock;

    fn breaker() -> (Breaker, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::new(DateTime::UNIX_EPOCH));
        let options = BreakerOptions {
            failures: 3,
            failing_for: Duration::ZERO,
            open_for: Duration::from_secs(10),
        };
        (Breaker::new(options, clock.clone()), clock)
    }

    fn fail(breaker: &Breaker, times: usize) {
        for _ in 0..times {
            breaker.admit().ok().unwrap().settle(false);
        }
    }

    #[test]
    fn failures_in_a_row_open_it_and_a_success_between_them_does_not() {
        let (breaker, _) = breaker();

        fail(&breaker, 2);
        breaker.admit().ok().unwrap().settle(true);
        fail(&breaker, 2);
        assert_eq!(breaker.state(), BreakerState::Closed);
        fail(&breaker, 1);

        assert_eq!(breaker.state(), BreakerState::Open);
        assert_eq!(breaker.admit().err(), Some(Duration::from_secs(10)));
    }

    #[test]
    fn failures_at_one_moment_do_not_open_it_until_they_have_gone_on_for_a_while() {
        let (closed, clock) = breaker();
        let failing_for = Duration::from_secs(2);
        let breaker = Breaker {
            options: BreakerOptions {
                failing_for,
                ..closed.options
            },
            ..closed
        };

        fail(&breaker, 100);
        assert_eq!(breaker.state(), BreakerState::Closed);
        breaker.admit().ok().unwrap().settle(true);
        clock.advance(failing_for);
        fail(&breaker, 100);
        assert_eq!(breaker.state(), BreakerState::Closed, "a run of its own");
        clock.advance(failing_for);
        fail(&breaker, 1);

        assert_eq!(breaker.state(), BreakerState::Open);
    }

    #[test]
    fn when_its_time_is_over_one_call_tries_and_closes_it() {
        let (breaker, clock) = breaker();
        fail(&breaker, 3);

        clock.advance(Duration::from_secs(10));
        let probe = breaker.admit().ok().unwrap();
        assert!(breaker.admit().is_err(), "only one tries");
        probe.settle(true);

        assert_eq!(breaker.state(), BreakerState::Closed);
    }

    #[test]
    fn a_try_that_fails_opens_it_anew_and_one_given_up_leaves_it_to_the_next() {
        let (breaker, clock) = breaker();
        fail(&breaker, 3);
        clock.advance(Duration::from_secs(10));

        drop(breaker.admit().ok().unwrap());
        breaker.admit().ok().unwrap().settle(false);

        assert_eq!(breaker.shut_for(), Some(Duration::from_secs(10)));
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_keep_it_open() {
        let (breaker, clock) = breaker();
        clock.advance(Duration::from_secs(1_000));
        fail(&breaker, 3);
        let earlier = Breaker {
            clock: Arc::new(ManualClock::new(DateTime::UNIX_EPOCH)),
            ..breaker
        };

        assert!(earlier.admit().is_ok());
    }
}
