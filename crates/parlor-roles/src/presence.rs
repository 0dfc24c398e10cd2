//! Telling the others that this process is there: once a second, what it is and what goes through it.

use crate::stage::Stage;
use parlor_ports::PortResult;
use parlor_ports::presence::{BEAT_EVERY, Report};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Longest that a process waits, at its end, until the others know of it.
const FAREWELL_MAX: Duration = Duration::from_secs(1);

/// What a process tells of itself.
pub struct PresenceOptions {
    /// Its place: a supervisor's choice, or a random one.
    pub id: Uuid,
    /// What it is. Its figures are filled in with each beat.
    pub report: Report,
}

/// The service.
pub struct PresenceRole {
    options: PresenceOptions,
    stage: Arc<Stage>,
}

impl PresenceRole {
    /// Tells of a process that steps on `stage`.
    #[must_use]
    pub fn new(options: PresenceOptions, stage: Arc<Stage>) -> Self {
        Self { options, stage }
    }

    /// Runs until cancelled. A store that is away is no reason to stop: then nobody hears of this
    /// process for a while.
    pub async fn run(mut self, cancel: CancellationToken) {
        let mut beat = tokio::time::interval(BEAT_EVERY);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut heard = true;
        loop {
            tokio::select! {
                () = cancel.cancelled() => break,
                _ = beat.tick() => {}
            }
            let told = tokio::select! {
                () = cancel.cancelled() => break,
                told = self.tell() => told,
            };
            if let (Err(error), true) = (&told, heard) {
                tracing::warn!(%error, "nobody hears that this process is there");
            }
            heard = told.is_ok();
        }
        let farewell = self.stage.store().leave(self.options.id);
        if let Ok(Err(error)) = tokio::time::timeout(FAREWELL_MAX, farewell).await {
            tracing::debug!(%error, "nobody hears that this process ends");
        }
    }

    async fn tell(&mut self) -> PortResult<()> {
        let report = &mut self.options.report;
        (report.inboxes, report.stored) = self.stage.traffic().sample();
        let now = self.stage.clock().now();
        self.stage.store().beat(self.options.id, report, now).await
    }
}
