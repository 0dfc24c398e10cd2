//! People talk with characters. What is written goes round:
//!
//! ```text
//! person ─▶ room ─▶ store, outbox ─▶ inbox of the characters ─▶ mind ─▶ outbox
//!             ▲                                                            │
//!             └── hub ◀── courier ◀── dispatcher, store ◀── inbox of answers
//! ```
//!
//! - The [`room`] takes lines from people (`chat-ws`): a line is stored together with the event that
//!   tells of it, then everybody in the session hears it.
//! - The [`mind`] finds the character's answer, by the character's dialect, and commits the event that
//!   tells of the answer.
//! - The [`dispatcher`] stores answers and hands them to the processes that hold the session.
//! - The [`hub`] knows who of this process is in which session, and tells each of them every line once
//!   and in order. What did not reach it, it fetches from the store.
//!
//! Every arrow may deliver twice; the id of an answer is derived from the line that it answers, so it
//! is stored once. The store is the truth: the cache, the courier and the registry of holders only
//! make it quick.

pub mod dispatcher;
pub mod hub;
pub mod mind;
pub mod room;
mod teller;

pub use dispatcher::{DispatcherOptions, DispatcherRole};
pub use hub::{Hub, LocalCourier};
pub use mind::{MindOptions, MindRole};
pub use room::{Room, RoomOptions, RoomParts};
