//! The parts of a server that do the work, one module each: the [`character`] role handles events (the
//! [`cast`] role those of a cast that grows),
//! the [`relay`] sends what was left behind, the [`jobs`] role keeps a world going, the [`director`]
//! carries out what people ask for, [`presence`] tells the others that a process is there, and in [`chat`] people talk with characters. All
//! that act step through [`stage`].
//!
//! Each role is *options → service → handle → error*: options say what it needs, the service owns
//! its loop and ends when its token is cancelled, the handle (where there is one) is cheap to clone.

pub mod bots;
pub mod cast;
pub mod character;
pub mod chat;
pub mod desk;
pub mod director;
pub mod directory;
pub mod generation;
pub mod indexer;
pub mod jobs;
pub mod parley;
pub mod place;
pub mod play;
pub mod presence;
pub mod record;
pub mod rehearsal;
pub mod relay;
pub mod retry;
pub mod schedule;
mod slow;
mod speak;
pub mod stage;
pub mod traffic;

pub use desk::{Desk, DeskRole};
pub use director::StageDirector;
pub use indexer::Indexer;
pub use parley::StageParley;
pub use presence::{PresenceOptions, PresenceRole};
pub use relay::{Relay, RelayHandle, RelayOptions};
pub use stage::{Casting, Performance, Production, Settled, Stage, Step, Taken, Voices};
pub use traffic::Traffic;
