//! The character role: takes events from inboxes, steps, sends, acknowledges. One service may act
//! for one character or for a whole cast.

use crate::relay::RelayHandle;
use crate::slow::SlowPath;
use crate::stage::{Stage, Step, Taken};
use parlor_model::{Envelope, World};
use parlor_ports::bus::{Bus, Delivery, Settler, SubscribeOptions, Subscription, Verdict};
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
    /// Slow lines (of a language model) spoken at the same time, at most. In a world that has a slow
    /// dialect so many deliveries more may be unsettled.
    pub slow_max: u16,
}

impl Default for Load {
    fn default() -> Self {
        Self {
            prefetch: 1024,
            batch_max: 128,
            lanes: 8,
            slow_max: 1024,
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
pub(crate) struct Lane {
    world: Arc<World>,
    pub(crate) stage: Arc<Stage>,
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

    /// Runs until cancelled; batches on their way are finished first. Slow lines get a moment; what
    /// is not spoken by then is given up and comes again.
    ///
    /// # Errors
    /// When the bus refuses the subscription for good.
    pub async fn run(self, cancel: CancellationToken) -> Result<(), PortError> {
        let load = self.options.load;
        let is_slow = self.stage.is_slow(&self.options.world.name);
        let slow_max = if is_slow { load.slow_max } else { 0 };
        let mut subscription = self
            .bus
            .subscribe(SubscribeOptions {
                group: self.options.group.clone(),
                inboxes: self.options.inboxes.clone(),
                prefetch: load.prefetch.saturating_add(slow_max),
            })
            .await?;
        let lane = Lane::new(
            self.options.world.clone(),
            self.stage,
            self.relay,
            subscription.settler(),
        );
        let (slow, writer) = SlowPath::new(lane.clone(), slow_max.into(), load.batch_max);
        let writer = tokio::spawn(writer);
        let _given_up_with_this = slow.guard();
        let ended = take_turns(&mut *subscription, load, lane, &slow, &cancel).await;
        slow.end().await;
        if let Err(error) = writer.await {
            tracing::error!(%error, "the writer of slow lines ended; they come again");
        }
        ended
    }
}

/// Hands batches to lanes until cancelled, then waits for those on their way.
async fn take_turns(
    subscription: &mut dyn Subscription,
    load: Load,
    lane: Lane,
    slow: &SlowPath,
    cancel: &CancellationToken,
) -> Result<(), PortError> {
    let lanes = Arc::new(Semaphore::new(load.lanes.max(1)));
    let tasks = TaskTracker::new();
    let ended = loop {
        let permit = tokio::select! {
            () = cancel.cancelled() => break Ok(()),
            permit = lanes.clone().acquire_owned() => permit.expect("never closed"),
        };
        let deliveries = tokio::select! {
            () = cancel.cancelled() => break Ok(()),
            deliveries = subscription.next(load.batch_max.max(1)) => deliveries,
        };
        match deliveries {
            Ok(deliveries) => {
                let (lane, slow) = (lane.clone(), slow.clone());
                tasks.spawn(async move {
                    lane.handle(deliveries, &slow).await;
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

impl Lane {
    pub(crate) fn new(
        world: Arc<World>,
        stage: Arc<Stage>,
        relay: RelayHandle,
        settler: Arc<dyn Settler>,
    ) -> Self {
        Self {
            world,
            stage,
            relay,
            settler,
        }
    }

    /// One batch, from the bus and back to it; slow lines go their own way.
    async fn handle(&self, deliveries: Vec<Delivery>, slow: &SlowPath) {
        metrics::counter!(metric::DELIVERIES).increment(deliveries.len() as u64);
        self.stage
            .traffic()
            .delivered(deliveries.iter().map(|delivery| delivery.inbox.as_str()));
        let world = self.world(&deliveries).await;
        let mut ends = Vec::with_capacity(deliveries.len());
        let mut events = Vec::with_capacity(deliveries.len());
        let mut handled = Vec::with_capacity(deliveries.len());
        for delivery in deliveries {
            match event_of(&world, &delivery) {
                Ok(event) => {
                    events.push(event);
                    handled.push(delivery);
                }
                Err(_) if is_for_nobody(&world, &delivery) => {
                    let id = delivery.content.as_ref().map(|envelope| envelope.id);
                    self.stage.sent(id);
                    ends.push((delivery, Verdict::Ack));
                }
                Err(reason) => ends.push((delivery, Verdict::DeadLetter(reason))),
            }
        }
        let taken = if events.is_empty() {
            Vec::new()
        } else {
            self.stage.take(&events).await
        };
        let mut steps = Vec::with_capacity(taken.len());
        for (delivery, taken) in handled.into_iter().zip(taken) {
            match taken {
                Taken::Over(step) => steps.push((delivery, step)),
                Taken::Slow(performance) => slow.start(delivery, performance),
            }
        }
        self.end(steps, ends).await;
    }

    /// Sends what steps brought about, and ends their deliveries together with `ends`.
    pub(crate) async fn end(
        &self,
        steps: impl IntoIterator<Item = (Delivery, Step)>,
        mut ends: Vec<(Delivery, Verdict)>,
    ) {
        let mut rows = Vec::new();
        for (delivery, step) in steps {
            let verdict = match step {
                Step::Done(sends) => {
                    rows.extend(sends);
                    Verdict::Ack
                }
                Step::Nothing | Step::Parked | Step::Waits(_) => Verdict::Ack,
                Step::Refused(reason) => Verdict::DeadLetter(reason),
            };
            ends.push((delivery, verdict));
        }
        self.relay.send(rows).await;
        self.settle(ends).await;
    }

    /// The world with everybody of its cast for whom something was delivered.
    async fn world(&self, deliveries: &[Delivery]) -> Arc<World> {
        let now = || self.stage.worlds().get(&self.world.name);
        let world = now().unwrap_or_else(|| self.world.clone());
        let mut envelopes = deliveries.iter().filter_map(|d| d.content.as_ref().ok());
        let is_strange = |envelope: &Arc<Envelope>| {
            envelope.world == world.name
                && envelope.arriving().is_none()
                && world.character(&envelope.recipient).is_none()
        };
        if !envelopes.any(is_strange) {
            return world;
        }
        self.stage.look_for_newcomers(&world.name).await;
        now().unwrap_or(world)
    }

    async fn settle(&self, ends: Vec<(Delivery, Verdict)>) {
        self.stage
            .traffic()
            .settled(ends.iter().map(|(delivery, _)| delivery.inbox.as_str()));
        for (delivery, verdict) in &ends {
            if let Verdict::DeadLetter(reason) = verdict {
                metrics::counter!(metric::DEAD_LETTERS).increment(1);
                let envelope = delivery.content.as_ref().ok();
                let trace_id = envelope.map(|envelope| envelope.trace_id().simple().to_string());
                let conversation = envelope.map(|envelope| envelope.conversation.to_string());
                tracing::warn!(inbox = %delivery.inbox, conversation, trace_id, %reason,
                    "put aside as a dead letter");
            }
        }
        if let Err(error) = self.settler.settle(ends).await {
            tracing::warn!(%error, "some deliveries could not be ended and come again");
        }
    }
}

/// True for an event to somebody who was free to leave, and did.
fn is_for_nobody(world: &World, delivery: &Delivery) -> bool {
    delivery.content.as_ref().is_ok_and(|envelope| {
        envelope.world == world.name
            && envelope.arriving().is_none()
            && world.may_have_left(&envelope.recipient)
    })
}

/// The event in a delivery; or why it can't be one for this inbox.
fn event_of(world: &World, delivery: &Delivery) -> Result<Arc<Envelope>, String> {
    let envelope = delivery
        .content
        .as_ref()
        .map_err(|foreign| foreign.reason.clone())?;
    if envelope.world != world.name {
        return Err(format!(
            "it belongs to the world '{}', not '{}'",
            envelope.world, world.name
        ));
    }
    if envelope.arriving().is_some() {
        return arrival_of(world, delivery, envelope);
    }
    let recipient = world.character(&envelope.recipient).ok_or_else(|| {
        format!(
            "there is no character '{}' in '{}'",
            envelope.recipient, world.name
        )
    })?;
    let inbox = world.inbox_of(recipient);
    if inbox != delivery.inbox {
        return Err(format!(
            "it is for '{}', whose inbox is '{inbox}', not '{}'",
            envelope.recipient, delivery.inbox
        ));
    }
    Ok(envelope.clone())
}

/// An arrival; or why it can't be one for this inbox.
fn arrival_of(
    world: &World,
    delivery: &Delivery,
    envelope: &Arc<Envelope>,
) -> Result<Arc<Envelope>, String> {
    let place = world.place(&envelope.recipient).ok_or_else(|| {
        format!(
            "there is no place '{}' in '{}'",
            envelope.recipient, world.name
        )
    })?;
    let inbox = world.inbox_of_place(place);
    if inbox != delivery.inbox {
        return Err(format!(
            "it is for '{}', whose inbox is '{inbox}', not '{}'",
            place.slug, delivery.inbox
        ));
    }
    Ok(envelope.clone())
}
