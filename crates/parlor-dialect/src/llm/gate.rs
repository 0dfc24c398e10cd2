//! The way in to one endpoint: how many go through at once, and whether anybody does.

use std::sync::Arc;

use metrics::gauge;
use parlor_model::Clock;
use parlor_ports::metric;
use tokio::sync::Semaphore;

use super::breaker::Breaker;
use super::options::ClientOptions;
use super::spec::{NamedModel, Provider};

/// Slots and breaker of one endpoint. Models behind the same endpoint share one.
pub(super) struct Gate {
    /// Fair: who came first goes first.
    pub(super) slots: Semaphore,
    pub(super) breaker: Breaker,
    provider: Provider,
    host: String,
}

impl Gate {
    pub(super) fn new(model: &NamedModel, options: &ClientOptions, clock: Arc<dyn Clock>) -> Self {
        let slots = options.concurrency_max.clamp(1, Semaphore::MAX_PERMITS);
        let gate = Self {
            slots: Semaphore::new(slots),
            breaker: Breaker::new(options.breaker, clock),
            provider: model.provider(),
            host: model.host(),
        };
        gate.show();
        gate
    }

    /// Writes the breaker's state to its gauge.
    pub(super) fn show(&self) {
        gauge!(
            metric::MODEL_BREAKER,
            "provider" => self.provider.as_str(),
            "endpoint" => self.host.clone()
        )
        .set(self.breaker.state().as_gauge());
    }

    /// Counts one call as on its way until what it gives is dropped.
    pub(super) fn pass(&self) -> Passing {
        let on_its_way = gauge!(
            metric::MODEL_IN_FLIGHT,
            "provider" => self.provider.as_str(),
            "endpoint" => self.host.clone()
        );
        on_its_way.increment(1.0);
        Passing(on_its_way)
    }
}

/// A call that is on its way.
pub(super) struct Passing(metrics::Gauge);

impl Drop for Passing {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}
