//! Store adapter: PostgreSQL.
//!
//! One schema holds all worlds; any number of processes share it.
//!
//! # How a commit works
//! [`PostgresStore`] decides every guard in memory (`ledger`) and writes a whole batch of steps with
//! one statement whose rows travel as arrays (`batch`). The statement locks the conversations first
//! (in the order of their ids, so that batches never lock each other out) and writes nothing unless
//! they are as the ledger found them. Where the scenes of a batch have just been loaded, the ledger
//! begins with those, and the commit is a single round trip. Otherwise, and when somebody else was
//! faster, the conversations are locked and read in a transaction of their own first.
//!
//! What a commit sends is stored as one row, a *bundle* (`bundle`), which goes when all of it has
//! been sent. Its rows are put into the outbox one by one only after their process is gone.
//!
//! # The log of changes
//! Messages and happenings carry the id of their transaction, `xact`, and a number within it,
//! `seq`. A reader stops below the oldest transaction that is still running: what it has seen is
//! complete, since nothing with a smaller `xact` can appear any more. A transaction that waited for
//! a conversation logs its changes under the later `xact` that the conversation had already seen,
//! so that the log never turns the order of a conversation round. Consequence: a transaction of
//! anybody that stays open for minutes after having written (on the same server, in any database)
//! delays live views, and nothing else.
//!
//! # What to notice
//! - Every statement is a constant; values travel as parameters.
//! - `messages` is partitioned by month; `partition` makes the months ahead.
//! - Lists and scenes go by `messages_since` and `messages_until` of the conversation, so that only
//!   the partitions that hold its messages are looked at.
//! - What this process said lately it need not read (`recent`).
//! - Plans are made once per statement and connection, when the tables may still be empty: the
//!   connections' settings (`store`) see to it that they are plans for full ones.

mod accounts;
mod archive;
mod batch;
mod bundle;
mod catalogue;
mod changes;
mod companions;
mod directory;
mod error;
mod inspect;
mod journeys;
mod keys;
mod ledger;
mod library;
mod outbox;
mod pacing;
mod partition;
mod presence;
mod recall;
mod recent;
mod row;
mod schema;
mod sessions;
mod step;
mod store;
mod upkeep;
mod usage;
mod words;

pub use store::{PostgresOptions, PostgresStore};
