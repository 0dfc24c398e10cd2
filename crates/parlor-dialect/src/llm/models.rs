//! Which models a world may ask.
//!
//! The operator names a model for worlds that name none. A world file may name others, but it is a
//! stranger's words: it may choose among the providers' own addresses, and an address of its own
//! only where the operator lists it. Otherwise a file could make the server call any machine that it
//! can reach, with a key.

use super::client::BuildError;
use super::model::Model;
use super::pool::Clients;
use super::spec::{ModelSpec, SpecError};
use parlor_model::World;
use std::fmt;
use std::sync::Arc;

/// Puts something around a model for one world: a budget, a recorder.
pub type Wrap = Arc<dyn Fn(&World, Arc<dyn Model>) -> Arc<dyn Model> + Send + Sync>;

/// The models of this process.
pub struct Models {
    clients: Clients,
    default: ModelSpec,
    endpoints: Vec<String>,
    wrap: Option<Wrap>,
}

/// Why a world may not ask a model that it names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelRefusal {
    /// It is not the name of a model.
    #[error("{0}")]
    Spec(#[from] SpecError),
    /// The address is the world file's own idea.
    #[error(
        "a world file may not name the address {0}: take the address out of the file, or list it \
         in the setting llm_endpoints if you trust the file"
    )]
    Endpoint(String),
}

impl Models {
    /// Models that are asked through `clients`; a world that names none has none.
    #[must_use]
    pub fn new(clients: Clients) -> Self {
        Self {
            clients,
            default: ModelSpec::None,
            endpoints: Vec::new(),
            wrap: None,
        }
    }

    /// The model of worlds that name none.
    #[must_use]
    pub fn with_default(mut self, default: ModelSpec) -> Self {
        self.default = default;
        self
    }

    /// Addresses that a world file may name, each as it would stand there after the `@`.
    ///
    /// # Errors
    /// One that is no address.
    pub fn with_endpoints(mut self, endpoints: &[String]) -> Result<Self, SpecError> {
        for endpoint in endpoints {
            let spec: ModelSpec = format!("openai:any@{endpoint}").parse()?;
            self.endpoints
                .extend(spec.named().map(|named| named.base()));
        }
        Ok(self)
    }

    /// What is put around each model of a world.
    #[must_use]
    pub fn with_wrap(mut self, wrap: Wrap) -> Self {
        self.wrap = Some(wrap);
        self
    }

    /// The model of worlds that name none.
    #[must_use]
    pub fn default_spec(&self) -> &ModelSpec {
        &self.default
    }

    /// Reads a model's name out of a world file and sees whether the world may ask it.
    ///
    /// # Errors
    /// [`ModelRefusal`].
    pub fn named(&self, text: &str) -> Result<ModelSpec, ModelRefusal> {
        let spec: ModelSpec = text.parse()?;
        let Some(named) = spec.named() else {
            return Ok(spec);
        };
        let is_own_idea = named.url().is_some()
            && spec != self.default
            && !self.endpoints.contains(&named.base());
        if is_own_idea {
            return Err(ModelRefusal::Endpoint(named.base()));
        }
        Ok(spec)
    }

    /// Asks a model on behalf of a world.
    ///
    /// # Errors
    /// It needs a key, or no client can be made.
    pub fn get(&self, world: &World, spec: &ModelSpec) -> Result<Arc<dyn Model>, BuildError> {
        let model = self.clients.get(spec)?;
        Ok(match &self.wrap {
            Some(wrap) => wrap(world, model),
            None => model,
        })
    }
}

impl fmt::Debug for Models {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Models")
            .field("default", &self.default)
            .field("endpoints", &self.endpoints)
            .finish_non_exhaustive()
    }
}
