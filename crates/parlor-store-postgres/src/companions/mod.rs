//! Companions, and the runs in which they talk.
//!
//! A run's batches are written with COPY in PostgreSQL's binary form ([`copy`]): it has no limit of
//! parameters and is what the server takes fastest. The lines have no `xact`, so nothing of it is in
//! the log of changes.

mod bulk;
mod copy;
mod people;
mod pool;
mod rows;
mod runs;
mod talks;
