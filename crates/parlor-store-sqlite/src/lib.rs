//! Store adapter: SQLite, in a file that several processes may open, or in memory.
//!
//! **Writing.** One thread owns the one connection that writes. Callers encode what they want
//! written, hand it over by a bounded channel and wait; the thread takes what is waiting and writes
//! it in one `BEGIN IMMEDIATE` transaction, so that one commit carries many callers' work at load
//! and a lone caller is not delayed. Each caller gets its own result: when one request fails, the
//! transaction is undone and every request runs again in one of its own.
//!
//! **Reading.** A few connections, lent to blocking threads; WAL mode lets them read while the
//! writer writes. In memory everything goes through the writer's connection.
//!
//! **What is on disk when.** With `synchronous=normal` (the default) a commit survives the death of
//! the process (`kill -9`), as the write-ahead log is in the hands of the operating system. A power
//! cut or a crash of the machine may lose the commits of the last moments, but never leaves the
//! file inconsistent. With `?synchronous=full` every commit waits for the disk.
//!
//! **The log of changes** is one sequence over `messages` and `happenings`, given out inside the
//! write transaction. SQLite has one writer at a time over all processes, so the order of the
//! sequence is the order of the commits.
//!
//! Where to change what: a column in `migrations/` (a new file; an applied one never changes),
//! [`codec`] and the queries beside it; a query in the module of its trait. Hot queries are in the
//! test that reads their plan (`plan.rs`).

mod accounts;
mod archive;
mod backup;
mod catalogue;
mod changes;
mod codec;
mod commit;
mod companions;
mod connect;
mod directory;
mod fault;
mod inspect;
mod journeys;
mod keys;
mod library;
mod migrate;
mod options;
mod outbox;
mod pacing;
#[cfg(test)]
mod plan;
mod presence;
mod readers;
mod recall;
mod scenes;
mod sessions;
mod store;
mod upkeep;
mod usage;
mod words;
mod writer;

pub use backup::{backup, check_file};
pub use options::{Location, SqliteOptions};
pub use store::SqliteStore;
