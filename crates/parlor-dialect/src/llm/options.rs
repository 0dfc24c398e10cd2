//! The limits of a model client.

use std::time::Duration;

use super::breaker::BreakerOptions;

/// How long a client waits, how often it tries and how much it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientOptions {
    /// One attempt, from the request to the whole reply.
    pub timeout: Duration,
    /// One call: all attempts, the waits between them and the wait for a free slot.
    pub deadline: Duration,
    /// From one piece of a streamed reply to the next.
    pub idle: Duration,
    /// Until a connection stands.
    pub connect_timeout: Duration,
    /// Attempts of one call, 1 or more.
    pub attempts_max: u32,
    /// Calls on their way to one endpoint at the same time; more wait their turn.
    pub concurrency_max: usize,
    /// Bytes that a reply has at most, what the model thinks aloud included.
    pub reply_bytes_max: usize,
    /// Upper bound of the first wait between attempts; it doubles with each.
    pub backoff_first: Duration,
    /// Upper bound of every wait between attempts.
    pub backoff_max: Duration,
    /// How long a `Retry-After` is waited for within a call. One that asks for more ends the call;
    /// the error then says how long.
    pub retry_after_max: Duration,
    /// When to leave a failing provider alone.
    pub breaker: BreakerOptions,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            deadline: Duration::from_secs(90),
            idle: Duration::from_secs(15),
            connect_timeout: Duration::from_secs(5),
            attempts_max: 3,
            concurrency_max: 64,
            reply_bytes_max: 256 * 1024,
            backoff_first: Duration::from_millis(500),
            backoff_max: Duration::from_secs(10),
            retry_after_max: Duration::from_secs(20),
            breaker: BreakerOptions::default(),
        }
    }
}
