//! The character role: takes events from inboxes, steps, sends, acknowledges. One service may act
//! for one character or for a whole cast.

use crate::relay::RelayHandle;
use crate::stage::{Stage, Step};
use parlor_model::{Envelope, World};
use parlor_ports::bus::{Bus, Delivery, Settler, SubscribeOptions, Verdict};
use parlor_ports::{PortError, metric};
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How many deliveries a role works on at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    /// Unsettled deliveries at most: enough to keep every lane full.
    pub prefetch: u16,
    /// Deliveries in one step: what is waiting, at most this many. Larger batches cost less for each
    /// message and make the first one wait longer.
    pub batch_max: usize,
    /// Batches on their way at the same time: while one waits for its commit, another loads.
    pub lanes: usize,
}

impl Default for Load {
    fn default() -> Self {
        Self {
            prefetch: 1024,
            batch_max: 128,
            lanes: 8,
        }
    }
}

/// What a character role needs.
pub struct CharacterOptions {
    /// The world.
    pub world: Arc<World>,
    /// The inboxes to act for.
    pub inboxes: Vec<String>,
    /// Name of the consumer.
    pub group: String,
    /// How much at the same time.
    pub load: Load,
}

/// The service.
pub struct CharacterRole {
    options: CharacterOptions,
    stage: Arc<Stage>,
    bus: Arc<dyn Bus>,
    relay: RelayHandle,
}

/// What a batch needs to end.
#[derive(Clone)]
struct Lane {
    world: Arc<World>,
    stage: Arc<Stage>,
    relay: RelayHandle,
    settler: Arc<dyn Settler>,
}

impl CharacterRole {
    /// A role that acts on `stage`.
    #[must_use]
    pub fn new(
        options: CharacterOptions,
        stage: Arc<Stage>,
        bus: Arc<dyn Bus>,
        relay: RelayHandle,
    ) -> Self {
        Self {
            options,
            stage,
            bus,
            relay,
        }
    }

    /// Runs until cancelled; batches on their way are finished first.
    ///
    /// # Errors
    /// When the bus refuses the subscription for good.
    pub async fn run(self, cancel: CancellationToken) -> Result<(), PortError> {
        let mut subscription = self
            .bus
            .subscribe(SubscribeOptions {
                group: self.options.group.clone(),
                inboxes: self.options.inboxes.clone(),
                prefetch: self.options.load.prefetch,
            })
            .await?;
        let lane = Lane {
            world: self.options.world.clone(),
            stage: self.stage,
            relay: self.relay,
            settler: subscription.settler(),
        };
        let lanes = Arc::new(Semaphore::new(self.options.load.lanes.max(1)));
        let tasks = TaskTracker::new();
        let ended = loop {
            let permit = tokio::select! {
                () = cancel.cancelled() => break Ok(()),
                permit = lanes.clone().acquire_owned() => permit.expect("never closed"),
            };
            let deliveries = tokio::select! {
                () = cancel.cancelled() => break Ok(()),
                deliveries = subscription.next(self.options.load.batch_max.max(1)) => deliveries,
            };
            match deliveries {
                Ok(deliveries) => {
                    let lane = lane.clone();
                    tasks.spawn(async move {
                        lane.handle(deliveries).await;
                        drop(permit);
                    });
                }
                Err(_) if cancel.is_cancelled() => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        tasks.close();
        tasks.wait().await;
        ended
    }
}

impl Lane {
    /// One batch, from the bus and back to it.
    async fn handle(&self, deliveries: Vec<Delivery>) {
        metrics::counter!(metric::DELIVERIES).increment(deliveries.len() as u64);
        let mut ends = Vec::with_capacity(deliveries.len());
        let mut events = Vec::with_capacity(deliveries.len());
        let mut handled = Vec::with_capacity(deliveries.len());
        for delivery in deliveries {
            match self.event_of(&delivery) {
                Ok(event) => {
                    events.push(event);
                    handled.push(delivery);
                }
                Err(reason) => ends.push((delivery, Verdict::DeadLetter(reason))),
            }
        }
        let steps = if events.is_empty() {
            Vec::new()
        } else {
            self.stage.perform(&events).await
        };
        let mut rows = Vec::with_capacity(steps.len());
        for (delivery, step) in handled.into_iter().zip(steps) {
            let verdict = match step {
                Step::Done(sends) => {
                    rows.extend(sends);
                    Verdict::Ack
                }
                Step::Nothing | Step::Parked => Verdict::Ack,
                Step::Refused(reason) => Verdict::DeadLetter(reason),
            };
            ends.push((delivery, verdict));
        }
        self.relay.send(rows).await;
        self.settle(ends).await;
    }

    /// The event in a delivery; or why it can't be one for this inbox.
    fn event_of(&self, delivery: &Delivery) -> Result<Arc<Envelope>, String> {
        let envelope = delivery
            .content
            .as_ref()
            .map_err(|foreign| foreign.reason.clone())?;
        if envelope.world != self.world.name {
            return Err(format!(
                "it belongs to the world '{}', not '{}'",
                envelope.world, self.world.name
            ));
        }
        let recipient = self.world.character(&envelope.recipient).ok_or_else(|| {
            format!(
                "there is no character '{}' in '{}'",
                envelope.recipient, self.world.name
            )
        })?;
        let inbox = self.world.inbox_of(recipient);
        if inbox != delivery.inbox {
            return Err(format!(
                "it is for '{}', whose inbox is '{inbox}', not '{}'",
                envelope.recipient, delivery.inbox
            ));
        }
        Ok(envelope.clone())
    }

    async fn settle(&self, ends: Vec<(Delivery, Verdict)>) {
        for (delivery, verdict) in &ends {
            if let Verdict::DeadLetter(reason) = verdict {
                metrics::counter!(metric::DEAD_LETTERS).increment(1);
                tracing::warn!(inbox = %delivery.inbox, %reason, "put aside as a dead letter");
            }
        }
        if let Err(error) = self.settler.settle(ends).await {
            tracing::warn!(%error, "some deliveries could not be ended and come again");
        }
    }
}
