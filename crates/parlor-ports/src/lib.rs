//! What Parlor needs from the outside, as object-safe traits: a [`bus::Bus`] that carries
//! envelopes, a [`store::Store`] that keeps conversations, a [`cache::Cache`] that may forget, and a
//! [`dialect::Dialect`] that finds words. Adapters implement them, roles and the gateway use them, only the binary names an adapter.
//!
//! Every method says what it promises about order, durability and repetition; [`testkit`] holds one
//! conformance suite per trait, and every adapter runs it whole.
//!
//! # Adding an adapter
//! 1. A module (bus) or crate (store) that implements the trait and says in `capabilities()` what
//!    it cannot do.
//! 2. A test that calls the suite of [`testkit`] with a constructor of yours.
//! 3. One line in the binary's resolver, where URL schemes become adapters.

pub mod accounts;
pub mod archive;
pub mod bus;
pub mod cache;
pub mod catalogue;
pub mod chat;
pub mod companions;
pub mod desk;
pub mod dialect;
pub mod director;
pub mod directory;
pub mod error;
pub mod inspect;
pub mod journeys;
pub mod keys;
pub mod metric;
pub mod mind;
pub mod pacing;
pub mod parley;
pub mod presence;
pub mod recall;
pub mod sessions;
pub mod store;
pub mod tails;
pub mod testkit;
pub mod trace;
pub mod usage;
pub mod worlds;

pub use error::{PortError, PortResult};
