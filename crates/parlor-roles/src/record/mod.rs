//! Recording a run and replaying it without any model.
//!
//! A recording is what the store's log of changes says, in the order of the commits, with the digest
//! of each prompt beside the words that were found for it. That is enough: everything but the words
//! follows from the world, the seed and the order of the commits, and replaying takes the words from
//! the file. Because the log outlives a crash, so does the recording: a recorder that begins anew
//! goes on behind the last change in its file.
//!
//! - [`file`](mod@file): the form of the file;
//! - [`digest`]: what of a prompt is digested;
//! - [`listen`]: takes note of prompts while dialects speak;
//! - [`recorder`]: writes the file;
//! - [`player`]: replays it, forks it, goes on where it ends.

pub mod digest;
pub mod file;
pub mod listen;
pub mod player;
pub mod recorder;

pub use file::{Entry, Header, Recording, RecordingError};
pub use listen::Listener;
pub use player::{Playback, Player, ReplayError};
pub use recorder::Recorder;
