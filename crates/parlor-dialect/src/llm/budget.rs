//! A world's daily budget, as one process holds it.
//!
//! Asking the store before every call would cost a round trip a line, so a process sets aside a
//! *lease*: some calls and tokens at a time, out of which its own calls are paid. What a call did
//! not need goes back into the lease, what a lease no longer needs goes back to the store. However
//! many processes share a store, all leases and all that is spent together stay within the limit.

use super::model::{ModelError, ModelFault};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use parking_lot::Mutex;
use parlor_model::{Clock, Slug};
use parlor_ports::PortError;
use parlor_ports::usage::{Amount, BudgetDay, Correction, Limits, UsageStore};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// A lease has at most so many calls..
const LEASE_CALLS_MAX: u64 = 32;
/// ..and at most this share of the day's limit: what a process that died had set aside is lost.
const LEASE_SHARE: u64 = 100;
/// A lease that nobody took from for so long goes back.
const LEASE_IDLE: TimeDelta = TimeDelta::seconds(10);
/// A budget that was found spent is not asked again for so long.
const SHUT_FOR: TimeDelta = TimeDelta::seconds(1);
/// Who waits for a budget looks again after so long, in case it was raised; at midnight at the
/// latest.
const LOOK_AGAIN: Duration = Duration::from_secs(30);
/// Leases that one call asks for at most.
const LEASES_MAX: u32 = 16;
/// How often a store that is away is asked before the call is given up.
const STORE_TRIES: u32 = 5;
const STORE_PAUSE: Duration = Duration::from_millis(200);

/// What is set aside for one call.
#[derive(Debug)]
pub(super) struct Ticket {
    /// The day that pays for it.
    pub(super) day: NaiveDate,
    /// Requests it may make, 1 or more.
    pub(super) calls: u64,
    /// What was set aside for it; nothing of what is not limited.
    pub(super) aside: Amount,
}

/// The budget of one world.
pub(super) struct Budget {
    world: Slug,
    limits: Limits,
    store: Arc<dyn UsageStore>,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    /// One at a time asks the store for more.
    asking: tokio::sync::Mutex<()>,
}

struct State {
    day: NaiveDate,
    /// What is left of the lease. Below zero where something is not limited, or when a reply was
    /// longer than it was thought to be.
    lease: Correction,
    used_at: DateTime<Utc>,
    shut_until: DateTime<Utc>,
    /// What the store is still to be told, by day.
    corrections: BTreeMap<NaiveDate, Correction>,
}

impl Budget {
    pub(super) fn new(
        world: Slug,
        limits: Limits,
        store: Arc<dyn UsageStore>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let now = clock.now();
        Self {
            world,
            limits,
            store,
            clock,
            state: Mutex::new(State {
                day: now.date_naive(),
                lease: Correction::default(),
                used_at: now,
                shut_until: DateTime::UNIX_EPOCH,
                corrections: BTreeMap::new(),
            }),
            asking: tokio::sync::Mutex::new(()),
        }
    }

    /// Sets aside up to `calls` requests, at least one, and `tokens` for all of them.
    ///
    /// # Errors
    /// [`ModelFault::BudgetSpent`]; [`ModelFault::Unreachable`] when the store can't be asked.
    pub(super) async fn admit(&self, calls: u64, tokens: u64) -> Result<Ticket, ModelError> {
        if let Some(ticket) = self.take(calls, tokens) {
            return Ok(ticket);
        }
        let _one_at_a_time = self.asking.lock().await;
        if let Some(ticket) = self.take(calls, tokens) {
            return Ok(ticket);
        }
        // Others may take what was just leased: a few rounds, then the store has refused.
        for _ in 0..LEASES_MAX {
            let now = self.clock.now();
            let is_shut = now < self.state.lock().shut_until;
            if is_shut || !self.lease(calls, tokens, now.date_naive()).await? {
                break;
            }
            if let Some(ticket) = self.take(calls, tokens) {
                return Ok(ticket);
            }
        }
        Err(self.spent(self.clock.now()))
    }

    /// Takes back what a call did not need, or charges what it needed beyond.
    pub(super) fn settle(&self, ticket: &Ticket, calls: u64, tokens: u64) {
        let calls_back = signed(ticket.aside.calls) - signed(calls);
        let tokens_back = signed(ticket.aside.tokens) - signed(tokens);
        let mut state = self.state.lock();
        if ticket.day == state.day {
            state.lease.calls += calls_back;
            state.lease.tokens += tokens_back;
        } else {
            let correction = state.corrections.entry(ticket.day).or_default();
            correction.calls -= calls_back;
            correction.tokens -= tokens_back;
        }
    }

    /// Tells the store what it does not know yet: a lease that is over (`all`, or idle, or of a day
    /// that is over), tokens beyond it, and calls that needed no lease. A correction that fails is
    /// not repeated: the store may have it.
    ///
    /// # Errors
    /// When the store is away.
    pub(super) async fn flush(&self, all: bool) -> Result<(), PortError> {
        let corrections = {
            let now = self.clock.now();
            let mut state = self.state.lock();
            let is_over = now - state.used_at >= LEASE_IDLE || now.date_naive() != state.day;
            state.tell(all || is_over);
            std::mem::take(&mut state.corrections)
        };
        for (day, by) in corrections {
            if by != Correction::default() {
                self.store.correct(&self.of(day), by).await?;
            }
        }
        Ok(())
    }

    fn of(&self, day: NaiveDate) -> BudgetDay {
        BudgetDay {
            world: self.world.clone(),
            day,
        }
    }

    /// Out of the lease, if it has enough.
    fn take(&self, calls: u64, tokens: u64) -> Option<Ticket> {
        let now = self.clock.now();
        let mut state = self.state.lock();
        if state.day != now.date_naive() {
            state.tell(true);
            state.day = now.date_naive();
            state.shut_until = DateTime::UNIX_EPOCH;
        }
        let missing = self.missing(&state, calls, tokens);
        if missing != Amount::default() {
            return None;
        }
        let mut ticket = Ticket {
            day: state.day,
            calls,
            aside: Amount::default(),
        };
        if self.limits.calls_max.is_some() {
            ticket.calls = calls.min(state.lease.calls.unsigned_abs());
            ticket.aside.calls = ticket.calls;
        }
        if self.limits.tokens_max.is_some() {
            ticket.aside.tokens = tokens;
        }
        state.lease.calls -= signed(ticket.aside.calls);
        state.lease.tokens -= signed(ticket.aside.tokens);
        state.used_at = now;
        Some(ticket)
    }

    /// What the lease lacks: the requests, where it has not a single one, and tokens.
    fn missing(&self, state: &State, calls: u64, tokens: u64) -> Amount {
        let lacks_calls = self.limits.calls_max.is_some() && state.lease.calls < 1;
        let lacks_tokens = self.limits.tokens_max.is_some() && state.lease.tokens < signed(tokens);
        Amount {
            calls: if lacks_calls { calls } else { 0 },
            tokens: if lacks_tokens {
                signed(tokens)
                    .saturating_sub(state.lease.tokens)
                    .unsigned_abs()
            } else {
                0
            },
        }
    }

    /// Sets more aside: a whole lease, or where that is too much what is just needed.
    async fn lease(&self, calls: u64, tokens: u64, day: NaiveDate) -> Result<bool, ModelError> {
        let of = self.of(day);
        let missing = self.missing(&self.state.lock(), calls, tokens);
        if self.reserve(&of, self.whole(missing, tokens)).await? {
            return Ok(true);
        }
        let spent = self
            .asked("read what is spent", || self.store.spent(&of))
            .await?;
        let (calls_left, _) = self.limits.left(spent);
        let rest = Amount {
            calls: missing.calls.min(calls_left.unwrap_or(u64::MAX)),
            tokens: missing.tokens,
        };
        let some = rest.calls > 0 || missing.calls == 0;
        if some && self.reserve(&of, rest).await? {
            return Ok(true);
        }
        self.state.lock().shut_until = self.clock.now() + SHUT_FOR;
        Ok(false)
    }

    /// What is missing, rounded up to what several calls need.
    fn whole(&self, missing: Amount, tokens: u64) -> Amount {
        let share = |max: Option<u64>| max.unwrap_or(u64::MAX) / LEASE_SHARE;
        let many = share(self.limits.calls_max).clamp(1, LEASE_CALLS_MAX);
        let many_tokens = tokens
            .saturating_mul(LEASE_CALLS_MAX)
            .min(share(self.limits.tokens_max));
        let up = |missing: u64, to: u64| if missing == 0 { 0 } else { missing.max(to) };
        Amount {
            calls: up(missing.calls, many),
            tokens: up(missing.tokens, many_tokens),
        }
    }

    async fn reserve(&self, of: &BudgetDay, want: Amount) -> Result<bool, ModelError> {
        let reserved = self
            .asked("set calls aside", || {
                self.store.reserve(of, want, self.limits)
            })
            .await?;
        if reserved {
            let mut state = self.state.lock();
            // At midnight the lease may be one of a day that is over: then it goes back.
            if state.day == of.day {
                state.lease.calls += signed(want.calls);
                state.lease.tokens += signed(want.tokens);
            } else {
                let correction = state.corrections.entry(of.day).or_default();
                correction.calls -= signed(want.calls);
                correction.tokens -= signed(want.tokens);
            }
        }
        Ok(reserved)
    }

    async fn asked<T, F: Future<Output = Result<T, PortError>>>(
        &self,
        what: &str,
        mut ask: impl FnMut() -> F,
    ) -> Result<T, ModelError> {
        let mut tries = 1;
        loop {
            match ask().await {
                Ok(answer) => return Ok(answer),
                Err(error) if tries >= STORE_TRIES || !error.is_retryable() => {
                    let message = format!("the budget of '{}' can't {what}: {error}", self.world);
                    return Err(ModelError::new(ModelFault::Unreachable, message));
                }
                Err(_) => tokio::time::sleep(STORE_PAUSE).await,
            }
            tries += 1;
        }
    }

    fn spent(&self, now: DateTime<Utc>) -> ModelError {
        let midnight = (now.date_naive() + TimeDelta::days(1))
            .and_time(chrono::NaiveTime::MIN)
            .and_utc();
        let wait = (midnight - now).to_std().unwrap_or_default();
        ModelError::new(
            ModelFault::BudgetSpent,
            format!(
                "the budget of '{}' is spent for today (UTC): raise calls_per_day_max or \
                 tokens_per_day_max under [llm]",
                self.world
            ),
        )
        .with_retry_after(Some(wait.min(LOOK_AGAIN)))
    }
}

impl State {
    /// Has the store told what was spent beyond the lease, and where it is `over` gives it back.
    fn tell(&mut self, over: bool) {
        let correction = self.corrections.entry(self.day).or_default();
        for (lease, told) in [
            (&mut self.lease.calls, &mut correction.calls),
            (&mut self.lease.tokens, &mut correction.tokens),
        ] {
            if over || *lease < 0 {
                *told -= std::mem::take(lease);
            }
        }
    }
}

/// Counts are far below 2^53, whatever a provider says.
fn signed(count: u64) -> i64 {
    i64::try_from(count.min(1 << 53)).unwrap_or(i64::MAX)
}
