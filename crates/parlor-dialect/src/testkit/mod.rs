//! A provider to test against: a real HTTP server that speaks the APIs of OpenAI, Gemini, Anthropic
//! and Ollama as they are documented, and fails as it is told to.
//!
//! ```no_run
//! # async fn example() {
//! use parlor_dialect::llm::Provider;
//! use parlor_dialect::testkit::{FakeProvider, Fault, Script};
//!
//! let provider = FakeProvider::start().await;
//! provider.reply_with(|asked| format!("Could {} be any louder?", asked.model));
//! provider.fail(Script::new(7).share(Fault::Status(500), 0.3));
//! let spec = provider.spec(Provider::OpenAi, "gpt-4o");
//! # }
//! ```
//!
//! What it was asked is kept: [`FakeProvider::requests`].

mod answer;
mod anthropic;
mod fault;
mod gemini;
mod ollama;
mod openai;
mod server;
mod wire;

pub use fault::{Fault, Script};
pub use server::{FAKE_KEY, FakeProvider};
pub use wire::Asked;
