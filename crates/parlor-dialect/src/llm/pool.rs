//! One client per model, one gate per endpoint.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use parlor_model::{Clock, Dice};

use super::client::{BuildError, Client};
use super::gate::Gate;
use super::keys::Keys;
use super::model::Model;
use super::options::ClientOptions;
use super::spec::ModelSpec;

/// Different models that one process talks to at most.
pub const MODELS_MAX: usize = 256;

/// The clients of a process, made when they are first asked for. Models behind the same endpoint
/// share its slots and its breaker.
pub struct Clients {
    keys: Keys,
    options: ClientOptions,
    clock: Arc<dyn Clock>,
    dice: Dice,
    made: Mutex<Made>,
}

#[derive(Default)]
struct Made {
    clients: HashMap<ModelSpec, Arc<dyn Model>>,
    gates: HashMap<String, Arc<Gate>>,
}

impl Clients {
    /// No client yet.
    #[must_use]
    pub fn new(keys: Keys, options: ClientOptions, clock: Arc<dyn Clock>, dice: Dice) -> Self {
        Self {
            keys,
            options,
            clock,
            dice,
            made: Mutex::default(),
        }
    }

    /// The keys that the clients ask with.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// The client for `spec`; the same one each time.
    ///
    /// # Errors
    /// As [`Client::build`], or there are [`MODELS_MAX`] already.
    pub fn get(&self, spec: &ModelSpec) -> Result<Arc<dyn Model>, BuildError> {
        let named = spec.named().ok_or(BuildError::NoModel)?;
        let mut made = self.made.lock();
        if let Some(client) = made.clients.get(spec) {
            return Ok(Arc::clone(client));
        }
        if made.clients.len() >= MODELS_MAX {
            return Err(BuildError::TooMany(MODELS_MAX));
        }
        let endpoint = format!("{} {}", named.provider(), named.base());
        let gate = match made.gates.get(&endpoint) {
            Some(gate) => Arc::clone(gate),
            None => Arc::new(Gate::new(named, &self.options, Arc::clone(&self.clock))),
        };
        let client = Client::behind(
            Arc::clone(&gate),
            named,
            &self.keys,
            &self.options,
            Arc::clone(&self.clock),
            self.dice,
        )?;
        made.gates.insert(endpoint, gate);
        made.clients.insert(spec.clone(), Arc::clone(&client));
        Ok(client)
    }
}
