//! What the black-box tests stand on: the binary as a process, the servers it talks to, a world of
//! its own for every test, and plain clients (HTTP, AMQP, SQL) that know nothing of Parlor's code.
//!
//! ```text
//! Scratch   a directory, a world, a database and queue names that no other test uses
//!   └ Server    the binary, running; killed when dropped, its log shown when the test failed
//!       └ Api       asks it over HTTP
//! ```
//!
//! A helper that can't do what it is asked panics and says why: in a test that is the report.

mod api;
mod binary;
mod broker;
mod chat;
mod collector;
mod dice;
mod events;
mod ledger;
mod log;
mod prometheus;
mod scratch;
mod server;
mod services;
mod wait;
mod world;

pub use api::{Answer, Api};
pub use binary::{Ended, command, ended};
pub use broker::{Mail, Plain};
pub use chat::{Code, Signed, Socket};
pub use collector::{Collector, Told};
pub use dice::Dice;
pub use events::{Event, Events};
pub use ledger::{Ledger, Talk, Tally};
pub use log::Role;
pub use prometheus::Prometheus;
pub use scratch::{Scratch, Setting};
pub use server::{Server, exists};
pub use services::{Database, Instance, amqp_url};
pub use wait::{SOON, until, within};
pub use world::TestWorld;

/// Some letters and digits that nobody has used before, fit for names of worlds and databases.
#[must_use]
pub fn fresh_name() -> String {
    #[expect(
        clippy::disallowed_methods,
        reason = "names of one run must differ from those of every other"
    )]
    let id = uuid::Uuid::new_v4();
    id.simple().to_string().chars().take(10).collect()
}
