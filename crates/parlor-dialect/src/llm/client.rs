//! A model client: one transport inside a concurrency limit, a circuit breaker, retries and a
//! deadline.
//!
//! ```text
//! call ──▶ deadline ──▶ retries ──▶ breaker ──▶ slot ──▶ one attempt (timeout) ──▶ provider
//! ```
//!
//! A slot is held while an attempt is on its way and not while a retry waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use metrics::{counter, histogram};
use parlor_model::{Clock, Dice, Roll};
use parlor_ports::metric;
use parlor_ports::trace::{self, Here, Kind, Place, Span, Tracer};
use tokio::sync::mpsc;

use super::gate::Gate;
use super::keys::Keys;
use super::model::{Completion, Model, ModelError, ModelFault, Request};
use super::options::ClientOptions;
use super::pieces::Pieces;
use super::spec::{ModelSpec, NamedModel, Provider};
use super::tokens::estimate;
use super::transport::{Reply, Transport};

/// Why a client can't be made. Never repeats a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// `none` is no model.
    #[error("there is no model to ask: the model is 'none'")]
    NoModel,
    /// The provider's own address is asked with a key, and there is none.
    #[error("{model} needs a key: set {variable}, or {variable}_FILE to a file that holds it")]
    NoKey {
        /// The model.
        model: String,
        /// The variable that holds the key.
        variable: &'static str,
    },
    /// More models than one process may talk to.
    #[error("there are {0} models already; name fewer different ones")]
    TooMany(usize),
    /// The HTTP client can't be made.
    #[error("the HTTP client can't be made: {0}")]
    Http(String),
}

/// A [`Model`] behind a provider's API.
pub struct Client {
    transport: Transport,
    gate: Arc<Gate>,
    options: ClientOptions,
    clock: Arc<dyn Clock>,
    dice: Dice,
    /// Calls so far; gives each call dice of its own.
    calls: AtomicU64,
}

impl Client {
    /// A client for `spec`, with a breaker and slots of its own. `dice` spread the waits between
    /// attempts.
    ///
    /// Several models behind one endpoint are better made by [`super::Clients`], which lets them
    /// share.
    ///
    /// # Errors
    /// There is no model or no key, or no HTTP client can be made.
    pub fn build(
        spec: &ModelSpec,
        keys: &Keys,
        options: &ClientOptions,
        clock: Arc<dyn Clock>,
        dice: Dice,
    ) -> Result<Arc<dyn Model>, BuildError> {
        let named = spec.named().ok_or(BuildError::NoModel)?;
        let gate = Arc::new(Gate::new(named, options, Arc::clone(&clock)));
        Self::behind(gate, named, keys, options, clock, dice)
    }

    /// A client for `named` that goes through `gate`.
    pub(super) fn behind(
        gate: Arc<Gate>,
        named: &NamedModel,
        keys: &Keys,
        options: &ClientOptions,
        clock: Arc<dyn Clock>,
        dice: Dice,
    ) -> Result<Arc<dyn Model>, BuildError> {
        let key = keys.get(named.provider());
        let at_home = named.url().is_none() && named.provider() != Provider::Ollama;
        if key.is_none() && at_home {
            return Err(BuildError::NoKey {
                model: named.name(),
                variable: named.provider().key_variable(),
            });
        }
        Ok(Arc::new(Self {
            transport: Transport::new(named.clone(), key, options)?,
            gate,
            options: options.clone(),
            clock,
            dice,
            calls: AtomicU64::new(0),
        }))
    }

    fn error(&self, kind: ModelFault, what: &str) -> ModelError {
        self.transport.error(kind, what, self.clock.now())
    }

    /// Tells the metrics how a call went.
    fn count(&self, result: &Result<Completion, ModelError>, elapsed: Duration) {
        let provider = self.transport.provider().as_str();
        let model = self.transport.model().to_owned();
        let outcome = match result {
            Ok(_) => "ok",
            Err(error) => error.kind.as_str(),
        };
        counter!(
            metric::MODEL_CALLS,
            "provider" => provider, "model" => model.clone(), "outcome" => outcome
        )
        .increment(1);
        histogram!(
            metric::MODEL_SECONDS,
            "provider" => provider, "model" => model.clone()
        )
        .record(elapsed.as_secs_f64());
        if let Ok(completion) = result {
            for (direction, tokens) in
                [("in", completion.tokens_in), ("out", completion.tokens_out)]
            {
                counter!(
                    metric::MODEL_TOKENS,
                    "provider" => provider, "model" => model.clone(), "direction" => direction
                )
                .increment(tokens);
            }
        }
    }

    fn count_retry(&self, fault: ModelFault) {
        counter!(
            metric::MODEL_RETRIES,
            "provider" => self.transport.provider().as_str(),
            "model" => self.transport.model().to_owned(),
            "fault" => fault.as_str()
        )
        .increment(1);
    }
}

#[async_trait]
impl Model for Client {
    fn name(&self) -> &str {
        self.transport.name()
    }

    fn attempts_max(&self) -> u32 {
        self.options.attempts_max
    }

    async fn complete(
        &self,
        request: &Request,
        pieces: Option<&mpsc::Sender<String>>,
    ) -> Result<Completion, ModelError> {
        let number = self.calls.fetch_add(1, Ordering::Relaxed);
        let tale = Tale::begin(number);
        let mut call = Call {
            client: self,
            request,
            started: Instant::now(),
            requests: 0,
            waits: self.dice.roll(&format!("waits of call {number}")),
        };
        let result = call.run(Pieces::new(pieces)).await;
        let result = result.map_err(|error| error.with_requests(call.requests));
        let took = call.started.elapsed();
        self.count(&result, took);
        if let Some(tale) = tale {
            tale.end(&self.transport, &result, took);
        }
        result
    }
}

/// A call as a span, where it is part of a trace that is wanted.
struct Tale {
    tracer: &'static dyn Tracer,
    place: Place,
    began: DateTime<Utc>,
    number: u64,
}

impl Tale {
    fn begin(number: u64) -> Option<Self> {
        let tracer = trace::tracer()?;
        let place = Here::now()?.place();
        tracer.wants(place.trace).then(|| Self {
            tracer,
            place,
            began: tracer.now(),
            number,
        })
    }

    fn end(self, transport: &Transport, result: &Result<Completion, ModelError>, took: Duration) {
        let model = transport.model();
        let id = trace::within_id(self.place.span, self.number);
        let mut span = Span::new(self.place, id, Kind::Client, format!("chat {model}"))
            .at(self.began, took)
            .with("gen_ai.operation.name", "chat")
            .with("gen_ai.provider.name", transport.provider().as_str())
            .with("gen_ai.request.model", model);
        match result {
            Ok(reply) => {
                span = span
                    .with("gen_ai.usage.input_tokens", reply.tokens_in)
                    .with("gen_ai.usage.output_tokens", reply.tokens_out);
            }
            Err(error) => span.error = Some(error.kind.as_str().to_owned()),
        }
        self.tracer.record(span);
    }
}

/// One call and its attempts.
struct Call<'a> {
    client: &'a Client,
    request: &'a Request,
    started: Instant,
    /// Requests made so far.
    requests: u32,
    waits: Roll,
}

impl Call<'_> {
    async fn run(&mut self, mut pieces: Pieces<'_>) -> Result<Completion, ModelError> {
        if self.request.turns.is_empty() {
            return Err(self
                .client
                .error(ModelFault::BadRequest, "is asked nothing"));
        }
        let own_max = self.client.options.attempts_max;
        let attempts_max = self.request.attempts_max.unwrap_or(own_max).min(own_max);
        let mut attempts = 0;
        loop {
            attempts += 1;
            let error = match self.attempt(&mut pieces).await {
                Ok(reply) => {
                    pieces.finish();
                    return Ok(self.completion(reply));
                }
                Err(error) => error,
            };
            // What was shown can't be taken back: a second attempt would say something else.
            if pieces.shown() || attempts >= attempts_max {
                return Err(error);
            }
            let Some(wait) = self.wait_after(&error, attempts) else {
                return Err(error);
            };
            self.client.count_retry(error.kind);
            pieces.restart();
            tokio::time::sleep(wait).await;
        }
    }

    /// One attempt: through the breaker and a slot to the provider.
    async fn attempt(&mut self, pieces: &mut Pieces<'_>) -> Result<Reply, ModelError> {
        let (client, gate) = (self.client, &self.client.gate);
        if let Some(wait) = gate.breaker.shut_for() {
            return Err(self.shut(wait));
        }
        let Ok(Ok(_slot)) = tokio::time::timeout(self.left(), gate.slots.acquire()).await else {
            let what = "has too many calls on their way; allow more, or ask less often";
            return Err(client.error(ModelFault::Timeout, what));
        };
        let admission = gate.breaker.admit().map_err(|wait| self.shut(wait))?;
        let _passing = gate.pass();
        self.requests += 1;
        let result = client
            .transport
            .send(self.request, pieces, self.left(), client.clock.now())
            .await;
        admission.settle(is_up(&result));
        gate.show();
        result
    }

    fn shut(&self, wait: Duration) -> ModelError {
        let what = "has failed too often and is left alone for a while";
        self.client
            .error(ModelFault::BreakerOpen, what)
            .with_retry_after(Some(wait))
    }

    /// How long to wait before the next attempt; `None` when there is none. Without a word from
    /// the provider it is "full jitter": anything up to a bound that doubles with each attempt.
    fn wait_after(&mut self, error: &ModelError, attempts: u32) -> Option<Duration> {
        if !error.is_retryable() || error.kind == ModelFault::BreakerOpen {
            return None;
        }
        let options = &self.client.options;
        let doubled = 2_u32.saturating_pow(attempts.saturating_sub(1));
        let bound = options.backoff_first.saturating_mul(doubled);
        let spread = |bound: Duration, roll: &mut Roll| bound.mul_f64(roll.unit());
        let wait = match error.retry_after {
            Some(asked) if asked > options.retry_after_max => return None,
            Some(asked) => asked + spread(options.backoff_first, &mut self.waits),
            None => spread(bound.min(options.backoff_max), &mut self.waits),
        };
        (wait < self.left()).then_some(wait)
    }

    fn left(&self) -> Duration {
        let options = &self.client.options;
        options.deadline.saturating_sub(self.started.elapsed())
    }

    fn completion(&self, reply: Reply) -> Completion {
        let count = |text: &str| estimate(text) as u64;
        let asked = || {
            let turns = self.request.turns.iter().map(|turn| count(&turn.text));
            count(&self.request.system) + turns.sum::<u64>()
        };
        Completion {
            tokens_in: reply.tokens_in.unwrap_or_else(asked),
            tokens_out: reply.tokens_out.unwrap_or_else(|| count(&reply.text)),
            text: reply.text,
            attempts: self.requests,
            elapsed: self.started.elapsed(),
        }
    }
}

/// True when the provider is up, whatever it answered.
fn is_up(result: &Result<Reply, ModelError>) -> bool {
    !result.as_ref().is_err_and(|error| {
        matches!(
            error.kind,
            ModelFault::ServerError | ModelFault::Timeout | ModelFault::Unreachable
        )
    })
}
