//! The step, without its input and output: what an event means for the character that it reaches.
//!
//! ```text
//! event + scene ──▶ Engine::decide ──▶ Decision::Speak(plan) ──▶ (a dialect finds the words)
//!                                                              ──▶ Engine::settle ──▶ Effects
//! ```
//!
//! Everything here is a pure function of its arguments: no clock, no global randomness, no I/O. The
//! dice come from (world seed, event id) and every id from the event's, so the same event always
//! decides the same way.
//!
//! # Adding a mechanic
//! One file under [`mechanics`] with a settings struct (its doc comments become the JSON Schema), an
//! implementation of [`mechanics::Mechanic`] and its tests; one line in [`mechanics::ALL`].
//!
//! What to notice: a mechanic sees the scene and a plan, and adds to the plan; it never writes to a
//! store, never speaks, and never knows which world it is in.

mod cards;
pub mod engine;
pub mod generation;
pub mod mechanics;
pub mod mood;
pub mod opening;
pub mod plan;
pub mod scene;
pub mod sentiment;
pub mod travel;

pub use engine::{Engine, EngineError, Spoken};
pub use plan::{Decision, Plan, PlannedLine, Words};
pub use scene::Scene;
