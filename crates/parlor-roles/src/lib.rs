//! The parts of a server that do the work, one module each: the [`character`] role handles events,
//! the [`relay`] sends what was left behind, the [`jobs`] role keeps a world going, the [`director`]
//! carries out what people ask for. All of them step through [`stage`].
//!
//! Each role is *options → service → handle → error*: options say what it needs, the service owns
//! its loop and ends when its token is cancelled, the handle (where there is one) is cheap to clone.

pub mod character;
pub mod director;
pub mod jobs;
pub mod play;
pub mod relay;
pub mod retry;
pub mod stage;

mod slow;
mod speak;
pub use director::StageDirector;
pub use relay::{Relay, RelayHandle, RelayOptions};
pub use stage::{Performance, Production, Settled, Stage, Step, Taken, Voices};
pub use traffic::Traffic;
