//! Talking with characters over a WebSocket: who comes in ([`door`]), what is sent and taken
//! ([`frame`]), and how long a connection lives ([`line`]).

pub(crate) mod door;
pub(crate) mod frame;
mod line;

pub(crate) use line::End;

use std::time::Duration;

/// Bounds on connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChatLimits {
    /// How often a connection is asked whether it is still there.
    pub ping_every: Duration,
    /// A connection that has been silent for longer is gone.
    pub silence_max: Duration,
    /// A person who has said nothing for longer is shown out.
    pub idle_max: Duration,
    /// Longest time that a frame takes to be sent.
    pub send_time_max: Duration,
}

impl Default for ChatLimits {
    fn default() -> Self {
        Self {
            ping_every: Duration::from_secs(30),
            silence_max: Duration::from_secs(75),
            idle_max: Duration::from_secs(60 * 60),
            send_time_max: Duration::from_secs(10),
        }
    }
}
