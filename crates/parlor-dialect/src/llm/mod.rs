//! Language models: how Parlor talks to them.
//!
//! - [`model`]: what a model is to the rest: request, completion, error;
//! - [`ModelSpec`]: which model, as people name it; [`Keys`]: what it is asked with;
//! - [`Client`]: a model behind a provider's API, with deadline, retries, breaker and slots;
//!   [`Clients`]: one for each model of a process;
//! - [`Meter`]: the books: what was asked for, within the budgets of the worlds;
//! - [`decide`]: decisions with a schema, checked;
//! - [`prompt`]: what a model is asked for a line; [`clean`]: the line that its reply holds;
//! - [`dialect`]: the dialect that puts these together; [`Models`]: which model a world may ask.
//!
//! # What to notice
//! - A key never prints; errors and logs carry neither keys nor text.
//! - Only `transport`, `wire` and `fault` know the client library.
//! - What a model replies is data. It decides nothing.

mod breaker;
mod budget;
pub mod clean;
mod client;
pub mod decide;
pub mod dialect;
mod fault;
mod gate;
mod http;
mod keys;
mod meter;
pub mod model;
mod models;
mod options;
mod pieces;
mod pool;
pub mod prompt;
mod said;
mod spec;
pub mod tokens;
mod transport;
mod wire;

pub use breaker::BreakerOptions;
pub use client::{BuildError, Client};
pub use http::install_tls;
pub use keys::{Key, KeyError, Keys};
pub use meter::Meter;
pub use models::{ModelRefusal, Models, Wrap};
pub use options::ClientOptions;
pub use pool::{Clients, MODELS_MAX};
pub use spec::{ModelSpec, NamedModel, Provider, SpecError};
