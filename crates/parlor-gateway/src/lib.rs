//! HTTP: the API, live events, OpenAPI and the small listener of a role.
//!
//! A request passes, from the outside in: `observe` (metrics, every error a problem), `guard`
//! (who may ask at all), a deadline, a net for panics, then its handler in `routes`. A handler
//! takes what `extract` has checked, asks a port, and gives a [`shape`] or a [`Problem`].
//!
//! Live events take another way: `live` reads the store's log of changes once, writes each change
//! as a frame once, and hands the same bytes to every reader.
//!
//! # Adding a route
//! 1. A handler in the module of `routes` that has its subject, with `#[utoipa::path]`; a new
//!    shape goes to [`shape`].
//! 2. One line in that module's `router()`.
//! 3. A test. The walk over all documented operations finds the route by itself and holds its
//!    answers against the schemas.
//!
//! What to notice: a caller's mistake is always a [`Problem`] with a stable code, never a 500; a
//! request only ever waits for a port with a deadline; nothing here knows an adapter.

mod app;
pub mod auth;
mod chat;
mod courier;
mod extract;
pub mod forward;
mod guard;
pub mod listener;
mod live;
mod observe;
mod openapi;
mod operator;
pub mod options;
pub mod problem;
mod routes;
mod serve;
pub mod shape;
mod stage;
mod tunnel;
pub mod usage;
mod visit;
mod web;

pub use app::{Gateway, characters_router, document};
pub use auth::{Admin, Auth, Person, SignInDesk};
pub use axum::Router;
pub use chat::ChatLimits;
pub use chat::door::Door;
pub use courier::{GrpcCourier, serve_deliveries};
pub use forward::Forward;
pub use listener::{RoleListener, RoleTrigger, role_router};
pub use operator::Ops;
pub use options::{Elsewhere, GatewayOptions, Ids, Limits, SignIn};
pub use problem::Problem;
pub use serve::serve;
pub use tunnel::Tunnel;
