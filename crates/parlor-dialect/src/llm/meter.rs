//! The books of language models: every call is counted, and made only if its world can pay for it.
//!
//! One [`Meter`] keeps the books of a process; [`Meter::metered`] puts it before a model for one
//! world. What is counted goes to the store about once a second, in one go.

use super::budget::{Budget, Ticket};
use super::model::{Completion, Model, ModelError, ModelFault, Request};
use super::tokens::estimate;
use async_trait::async_trait;
use metrics::counter;
use parking_lot::Mutex;
use parlor_model::{Clock, Slug, World};
use parlor_ports::PortError;
use parlor_ports::metric;
use parlor_ports::usage::{BudgetDay, Limits, Usage, UsageEntry, UsageStore};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// How often the store is told.
const FLUSH_EVERY: Duration = Duration::from_secs(1);
/// No call is taken to have read or written more tokens, whatever the provider says.
const TOKENS_MAX: u64 = 10_000_000;
/// Figures that wait for the store at most; beyond it they are left out.
const FIGURES_MAX: usize = 10_000;

type Figures = HashMap<(BudgetDay, String), Usage>;

/// The books of a process.
pub struct Meter {
    store: Arc<dyn UsageStore>,
    clock: Arc<dyn Clock>,
    budgets: Mutex<BTreeMap<Slug, Arc<Budget>>>,
    figures: Mutex<Figures>,
}

impl Meter {
    /// Empty books that end up in `store`.
    #[must_use]
    pub fn new(store: Arc<dyn UsageStore>, clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self {
            store,
            clock,
            budgets: Mutex::default(),
            figures: Mutex::default(),
        })
    }

    /// `model`, counted for `world` and within its budget. All models of a world share its budget.
    #[must_use]
    pub fn metered(self: &Arc<Self>, model: Arc<dyn Model>, world: &World) -> Arc<dyn Model> {
        let limits = Limits {
            calls_max: world.llm.calls_per_day_max,
            tokens_max: world.llm.tokens_per_day_max,
        };
        let new = || {
            let (store, clock) = (self.store.clone(), self.clock.clone());
            Arc::new(Budget::new(world.name.clone(), limits, store, clock))
        };
        let mut budgets = self.budgets.lock();
        let budget = budgets.entry(world.name.clone()).or_insert_with(new);
        Arc::new(Metered {
            model,
            world: world.name.clone(),
            budget: budget.clone(),
            meter: self.clone(),
        })
    }

    /// Tells the store about once a second until cancelled, and then once more, giving back what was
    /// set aside.
    pub async fn run(self: Arc<Self>, cancel: CancellationToken) {
        while !cancel.is_cancelled() {
            tokio::select! {
                () = cancel.cancelled() => {}
                () = tokio::time::sleep(FLUSH_EVERY) => self.tell(false).await,
            }
        }
        self.close().await;
    }

    /// Tells the store everything and gives back what was set aside.
    pub async fn close(&self) {
        self.tell(true).await;
    }

    async fn tell(&self, all: bool) {
        if let Err(error) = self.flush(all).await {
            tracing::warn!(%error, "the usage of language models can't be written, trying again");
        }
    }

    async fn flush(&self, all: bool) -> Result<(), PortError> {
        let budgets: Vec<_> = self.budgets.lock().values().cloned().collect();
        for budget in budgets {
            budget.flush(all).await?;
        }
        let figures = std::mem::take(&mut *self.figures.lock());
        if figures.is_empty() {
            return Ok(());
        }
        let entries: Vec<_> = figures
            .into_iter()
            .map(|((of, model), usage)| UsageEntry { of, model, usage })
            .collect();
        let told = self.store.add_usage(&entries).await;
        if told.is_err() {
            for entry in entries {
                self.count(entry.of, &entry.model, |usage| usage.add(&entry.usage));
            }
        }
        told
    }

    fn count(&self, of: BudgetDay, model: &str, change: impl FnOnce(&mut Usage)) {
        let mut figures = self.figures.lock();
        let key = (of, model.to_owned());
        if figures.len() < FIGURES_MAX || figures.contains_key(&key) {
            change(figures.entry(key).or_default());
        }
    }
}

/// A model, counted and within a budget.
struct Metered {
    model: Arc<dyn Model>,
    world: Slug,
    budget: Arc<Budget>,
    meter: Arc<Meter>,
}

impl Metered {
    fn count(&self, day: chrono::NaiveDate, change: impl FnOnce(&mut Usage)) {
        let of = BudgetDay {
            world: self.world.clone(),
            day,
        };
        self.meter.count(of, self.model.name(), change);
    }

    fn failed(&self, day: chrono::NaiveDate, kind: ModelFault, calls: u64) {
        self.count(day, |usage| {
            usage.calls += calls;
            *usage.failures.entry(kind.as_str().to_owned()).or_default() += 1;
        });
    }
}

#[async_trait]
impl Model for Metered {
    fn name(&self) -> &str {
        self.model.name()
    }

    fn attempts_max(&self) -> u32 {
        self.model.attempts_max()
    }

    async fn complete(
        &self,
        request: &Request,
        pieces: Option<&mpsc::Sender<String>>,
    ) -> Result<Completion, ModelError> {
        let tokens_in = tokens_of(request);
        let tokens = tokens_in + u64::from(request.tokens_out_max);
        let own_max = self.model.attempts_max();
        let calls = request
            .attempts_max
            .unwrap_or(own_max)
            .clamp(1, own_max.max(1));
        let ticket = match self.budget.admit(calls.into(), tokens).await {
            Ok(ticket) => ticket,
            Err(error) => {
                self.failed(self.meter.clock.now().date_naive(), error.kind, 0);
                return Err(error);
            }
        };
        let request = Request {
            attempts_max: Some(u32::try_from(ticket.calls).unwrap_or(calls)),
            ..request.clone()
        };
        let mut paying = Paying::new(self, ticket, tokens_in);
        let result = self.model.complete(&request, pieces).await;
        paying.settle(&result);
        result
    }

    fn fell_back(&self) {
        self.count(self.meter.clock.now().date_naive(), |usage| {
            usage.fallbacks += 1;
        });
        counter!(metric::MODEL_FALLBACKS, "world" => self.world.to_string()).increment(1);
    }
}

/// A call that is being made. Given up half-way, it counts as made with all that was set aside: the
/// provider may have got every request.
struct Paying<'a> {
    metered: &'a Metered,
    ticket: Option<Ticket>,
    tokens_in: u64,
}

impl<'a> Paying<'a> {
    fn new(metered: &'a Metered, ticket: Ticket, tokens_in: u64) -> Self {
        Self {
            metered,
            ticket: Some(ticket),
            tokens_in,
        }
    }

    fn settle(&mut self, result: &Result<Completion, ModelError>) {
        let Some(ticket) = self.ticket.take() else {
            return;
        };
        let (calls, tokens) = match result {
            Ok(completion) => self.answered(&ticket, completion),
            Err(error) => {
                let calls = u64::from(error.requests).min(ticket.calls);
                self.metered.failed(ticket.day, error.kind, calls);
                (calls, self.read_in_vain(error.kind) * calls)
            }
        };
        self.metered.budget.settle(&ticket, calls, tokens);
    }

    fn answered(&self, ticket: &Ticket, completion: &Completion) -> (u64, u64) {
        let calls = u64::from(completion.attempts).max(1);
        let tokens_in = completion.tokens_in.min(TOKENS_MAX);
        let tokens_out = completion.tokens_out.min(TOKENS_MAX);
        self.metered.count(ticket.day, |usage| {
            usage.calls += calls;
            usage.tokens_in += tokens_in;
            usage.tokens_out += tokens_out;
            usage.latency.record(completion.elapsed);
        });
        (calls, tokens_in + tokens_out)
    }

    /// Tokens that a failed request is charged for: none where the provider turned it away.
    fn read_in_vain(&self, kind: ModelFault) -> u64 {
        match kind {
            ModelFault::Timeout | ModelFault::Garbage | ModelFault::Refused => self.tokens_in,
            _ => 0,
        }
    }
}

impl Drop for Paying<'_> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            let calls = ticket.aside.calls.max(1);
            let tokens = ticket.aside.tokens;
            self.metered.budget.settle(&ticket, calls, tokens);
            self.metered.count(ticket.day, |usage| {
                usage.calls += 1;
                *usage.failures.entry("given_up".to_owned()).or_default() += 1;
            });
        }
    }
}

/// Tokens that a request has at most, about.
fn tokens_of(request: &Request) -> u64 {
    let texts = request.turns.iter().map(|turn| turn.text.as_str());
    let counted: usize = texts.chain([request.system.as_str()]).map(estimate).sum();
    counted as u64
}
