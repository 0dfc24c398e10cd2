//! The dispatcher: stores what characters answer, and hands it to the processes that hold the session.
//! It also closes sessions whose process is gone.

use super::room::RoomParts;
use super::teller::{keep, pass_on};
use crate::character::{Lane, Load};
use parlor_model::{ConversationId, EventBody, Slug, SpeakerRole};
use parlor_ports::bus::{Bus, Delivery, SubscribeOptions, Verdict};
use parlor_ports::sessions::{Appended, NewLine};
use parlor_ports::{PortError, metric};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Time between the beginnings of two transactions: what comes meanwhile is stored together. A disk says
/// "kept" some hundred times a second, and the lines of people, who wait for their echo, need that more.
const APART: Duration = Duration::from_millis(8);
/// How often sessions are looked for whose lease ended.
const CLOSE_EVERY: Duration = Duration::from_secs(5);
/// Sessions closed in one go.
const CLOSE_MAX: u32 = 1_000;
/// Batches that are stored and of which others are still to be told.
const UNTOLD_MAX: usize = 64;

/// What a dispatcher needs.
pub struct DispatcherOptions {
    /// The world.
    pub world: Slug,
    /// How much at the same time.
    pub load: Load,
}

/// The service.
pub struct DispatcherRole {
    options: DispatcherOptions,
    parts: RoomParts,
    bus: Arc<dyn Bus>,
}

type Stored = BTreeMap<ConversationId, Vec<parlor_model::SessionLine>>;

impl DispatcherRole {
    /// A dispatcher of what the world's characters answer.
    #[must_use]
    pub fn new(options: DispatcherOptions, parts: RoomParts, bus: Arc<dyn Bus>) -> Self {
        Self {
            options,
            parts,
            bus,
        }
    }

    /// Runs until cancelled; the batch on its way is finished first.
    ///
    /// # Errors
    /// When the bus refuses the subscription for good.
    pub async fn run(self, cancel: CancellationToken) -> Result<(), PortError> {
        let world = self.parts.stage.worlds().get(&self.options.world);
        let Some((world, inbox)) =
            world.and_then(|world| Some((world.clone(), world.routing.answers.clone()?)))
        else {
            return Ok(());
        };
        let load = self.options.load;
        let mut subscription = self
            .bus
            .subscribe(SubscribeOptions {
                group: format!("{}-dispatcher", world.name),
                inboxes: vec![inbox],
                prefetch: load.prefetch,
            })
            .await?;
        let lane = Lane::new(
            world,
            self.parts.stage.clone(),
            self.parts.relay.clone(),
            subscription.settler(),
        );
        let (stored, untold) = mpsc::channel(UNTOLD_MAX);
        let telling = tokio::spawn(tell(self.parts.clone(), untold));
        let mut close = tokio::time::interval(CLOSE_EVERY);
        close.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut not_before = Instant::now();
        let ended = loop {
            tokio::select! {
                () = cancel.cancelled() => break Ok(()),
                _ = close.tick() => self.close_ended().await,
                deliveries = async {
                    tokio::time::sleep_until(not_before).await;
                    subscription.next(load.batch_max.max(1)).await
                } => match deliveries {
                    Ok(deliveries) => {
                        not_before = Instant::now() + APART;
                        self.dispatch(&lane, deliveries, &stored).await;
                    }
                    Err(_) if cancel.is_cancelled() => break Ok(()),
                    Err(error) => break Err(error),
                },
            }
        };
        drop(stored);
        if let Err(error) = telling.await {
            tracing::error!(%error, "who should have heard of answers finds them in the store");
        }
        ended
    }

    async fn close_ended(&self) {
        let now = self.parts.stage.clock().now();
        let store = self.parts.stage.store();
        match store.close_ended_sessions(now, CLOSE_MAX).await {
            Ok(0) => {}
            Ok(sessions) => tracing::info!(sessions, "closed: nobody held them any more"),
            Err(error) => tracing::warn!(%error, "sessions can't be closed yet"),
        }
    }

    /// Stores a batch; then it is settled, and others are told.
    async fn dispatch(
        &self,
        lane: &Lane,
        deliveries: Vec<Delivery>,
        stored: &mpsc::Sender<Stored>,
    ) {
        metrics::counter!(metric::DELIVERIES).increment(deliveries.len() as u64);
        let stage = &self.parts.stage;
        let traffic = stage.traffic();
        traffic.delivered(deliveries.iter().map(|delivery| delivery.inbox.as_str()));
        let mut lines = Vec::with_capacity(deliveries.len());
        let mut ends = Vec::with_capacity(deliveries.len());
        let mut rows = Vec::with_capacity(deliveries.len());
        for delivery in deliveries {
            match line_of(&delivery, &self.options.world) {
                Ok(line) => {
                    lines.push(line);
                    rows.extend(delivery.content.as_ref().ok().map(|event| event.id));
                    ends.push((delivery, Verdict::Ack));
                }
                Err(reason) => ends.push((delivery, Verdict::DeadLetter(reason))),
            }
        }
        let sessions: Vec<_> = lines.iter().map(|line| line.session).collect();
        let store = stage.store();
        let appended = stage
            .until_it_works("append", || store.append_lines(lines.clone()))
            .await;
        if stage.outbox_is_the_durability() {
            stage.sent(rows);
        }
        lane.end([], ends).await;
        let mut told = Stored::new();
        let mut said = 0;
        for (session, appended) in sessions.into_iter().zip(appended) {
            said += u64::from(matches!(appended, Appended::Added(..)));
            // Also what was known: perhaps whoever stored it could not tell.
            if let Some(line) = appended.line() {
                told.entry(session).or_default().push(line.clone());
            }
        }
        stage.traffic().stored(&self.options.world, said);
        if !told.is_empty() {
            // Storing never waits for telling: who is not told finds the lines in the store.
            let _ = stored.try_send(told);
        }
    }
}

/// Tells of what is stored, as much at a time as has come together meanwhile.
async fn tell(parts: RoomParts, mut untold: mpsc::Receiver<Stored>) {
    let mut batches = Vec::with_capacity(UNTOLD_MAX);
    while untold.recv_many(&mut batches, UNTOLD_MAX).await > 0 {
        let mut lines = Stored::new();
        for (session, more) in batches.drain(..).flatten() {
            lines.entry(session).or_default().extend(more);
        }
        keep(&parts, &lines).await;
        pass_on(&parts, lines).await;
    }
}

/// The line in a delivery; or why there is none.
fn line_of(delivery: &Delivery, world: &Slug) -> Result<NewLine, String> {
    let envelope = delivery
        .content
        .as_ref()
        .map_err(|foreign| foreign.reason.clone())?;
    if envelope.world != *world {
        return Err(format!(
            "it belongs to the world '{}', not '{world}'",
            envelope.world
        ));
    }
    let event = envelope.event();
    match &event.body {
        EventBody::Answered(answer) => Ok(NewLine {
            session: answer.session_id,
            id: answer.message_id,
            role: SpeakerRole::Ai,
            text: answer.content.clone(),
            fallback: answer.fallback,
            at: event.time,
            title: None,
            tell: None,
        }),
        _ => Err(format!(
            "it is a '{}', and answers are taken here",
            event.kind()
        )),
    }
}
