//! The step with its input and output: load scenes, decide, speak, settle, commit. One query and one
//! transaction carry a whole batch.

use crate::retry::Backoff;
use futures::future::join_all;
use parking_lot::Mutex;
use parlor_engine::{Decision, Engine, Plan, Scene, Spoken, Words};
use parlor_model::{Clock, Effects, Envelope, EventBody, EventId, OutboxRow, Slug, World};
use parlor_ports::dialect::Dialect;
use parlor_ports::store::{Outcome, SceneRecord, SceneRequest, Store};
use parlor_ports::{PortResult, metric};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

/// The dialects of a world, by their names in the world file.
pub type Voices = HashMap<String, Arc<dyn Dialect>>;

/// A world on this stage.
pub struct Production {
    /// Its rules.
    pub engine: Engine,
    /// Its dialects.
    pub voices: Voices,
}

/// What became of one event.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Written; these rows are to be sent.
    Done(Vec<OutboxRow>),
    /// It was handled before, or there is nothing to do.
    Nothing,
    /// The world is paused: the event is back in the outbox and comes again.
    Parked,
    /// It can never be handled.
    Refused(String),
}

/// Where steps happen.
pub struct Stage {
    productions: HashMap<Slug, Production>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    /// True when the bus keeps nothing, so that an event's outbox row goes with its step.
    clears_own_row: bool,
    /// Rows that were sent and whose removal can ride along with the next commit.
    sent: Mutex<Vec<EventId>>,
}

/// An event on its way through a batch.
enum Progress {
    Over(Step),
    Commit { effects: Effects, parks: bool },
}

impl Stage {
    /// A stage for `productions`. `bus_is_durable` says whether the bus keeps what it accepted: if
    /// not, the outbox row of an event stays until the event's step is committed.
    #[must_use]
    pub fn new(
        productions: Vec<Production>,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        bus_is_durable: bool,
    ) -> Self {
        Self {
            productions: productions
                .into_iter()
                .map(|p| (p.engine.world().name.clone(), p))
                .collect(),
            store,
            clock,
            clears_own_row: !bus_is_durable,
            sent: Mutex::new(Vec::new()),
        }
    }

    /// The worlds on this stage.
    #[must_use]
    pub fn worlds(&self) -> Vec<Arc<World>> {
        let mut worlds: Vec<_> = self
            .productions
            .values()
            .map(|p| p.engine.world().clone())
            .collect();
        worlds.sort_by(|a, b| a.name.cmp(&b.name));
        worlds
    }

    /// The rules of a world.
    #[must_use]
    pub fn engine(&self, world: &Slug) -> Option<&Engine> {
        self.productions.get(world).map(|p| &p.engine)
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// True when the bus keeps nothing over a restart.
    #[must_use]
    pub fn outbox_is_the_durability(&self) -> bool {
        self.clears_own_row
    }

    /// Remembers rows that were sent; the next commit clears them.
    pub fn sent(&self, ids: impl IntoIterator<Item = EventId>) {
        self.sent.lock().extend(ids);
    }

    /// Clears rows that were sent and that no commit has taken along.
    ///
    /// # Errors
    /// When the store is away; the rows are remembered.
    pub async fn clear_sent(&self) -> PortResult<()> {
        let ids = std::mem::take(&mut *self.sent.lock());
        if ids.is_empty() {
            return Ok(());
        }
        let cleared = self.store.clear_outbox(&ids).await;
        if cleared.is_err() {
            self.sent(ids);
        }
        cleared
    }

    /// Takes a batch of events through the step, and tells what became of each, in order. Waits
    /// for the store as long as it takes: an event is never lost to an outage.
    pub async fn perform(&self, events: &[Arc<Envelope>]) -> Vec<Step> {
        let started = Instant::now();
        let records = self.scenes(events).await;
        let decided = events
            .iter()
            .zip(records)
            .map(|(event, record)| self.progress(event, record));
        let progress = join_all(decided).await;
        let steps = self.commit(progress).await;
        metrics::histogram!(metric::BATCH_SIZE).record(count_f64(events.len()));
        metrics::histogram!(metric::STEP_SECONDS).record(started.elapsed());
        steps
    }

    async fn scenes(&self, events: &[Arc<Envelope>]) -> Vec<Option<SceneRecord>> {
        let requests: Vec<_> = events.iter().map(|event| self.request(event)).collect();
        self.until_it_works("scenes", || self.store.scenes(&requests))
            .await
    }

    fn request(&self, event: &Envelope) -> SceneRequest {
        let world = self.engine(&event.world).map(Engine::world);
        let viewer = world
            .and_then(|w| w.character(&event.recipient))
            .map(|c| c.name.clone());
        SceneRequest {
            conversation: event.conversation,
            message: match &event.body {
                EventBody::Opening(_) | EventBody::Again(_) => None,
                EventBody::Said(message) | EventBody::Overheard(message) => Some(message.id),
            },
            viewer: viewer.unwrap_or_default(),
            window: world.map_or(0, |w| w.memory.window),
        }
    }

    /// Decides, speaks and settles one event.
    async fn progress(&self, event: &Arc<Envelope>, record: Option<SceneRecord>) -> Progress {
        let Some(production) = self.productions.get(&event.world) else {
            return refuse(format!(
                "there is no world '{}' on this server",
                event.world
            ));
        };
        let world = production.engine.world();
        let Some(me) = world.character(&event.recipient) else {
            return refuse(format!(
                "there is no character '{}' in '{}'",
                event.recipient, world.name
            ));
        };
        let Some(record) = record else {
            return refuse(format!(
                "the store has no conversation {}",
                event.conversation
            ));
        };
        if record.conversation.world != world.name {
            return refuse(format!(
                "conversation {} belongs to another world, '{}'",
                event.conversation, record.conversation.world
            ));
        }
        if record.paused {
            return self.park(event, world.inbox_of(me));
        }
        let scene = Scene {
            envelope: event.clone(),
            me: me.clone(),
            conversation: record.conversation,
            heard: record.message,
            memory: record.memory,
        };
        match production.engine.decide(&scene) {
            Decision::Refuse(reason) => refuse(reason),
            Decision::Nothing => self.nothing(event),
            Decision::Speak(plan) => {
                let spoken = speak(&production.voices, &plan).await;
                let now = self.clock.now();
                let mut effects = production.engine.settle(&scene, plan, spoken, now);
                if self.clears_own_row {
                    effects.clears.push(event.id);
                }
                Progress::Commit {
                    effects,
                    parks: false,
                }
            }
        }
    }

    fn nothing(&self, event: &Envelope) -> Progress {
        if !self.clears_own_row {
            return Progress::Over(Step::Nothing);
        }
        let mut effects = Effects::none(event.id);
        effects.clears.push(event.id);
        Progress::Commit {
            effects,
            parks: false,
        }
    }

    /// Puts the event back into the outbox; a relay finds it there once the world goes on. It gets an
    /// id of its own, so that whoever sent it before and comes late to clear its row clears nothing
    /// else.
    fn park(&self, event: &Arc<Envelope>, inbox: String) -> Progress {
        let mut effects = Effects::none(event.id);
        let mut again = Envelope::clone(event);
        again.id = EventId::derive(event.id.0, "again");
        effects.sends.push(OutboxRow {
            inbox,
            envelope: Arc::new(again),
            due_at: self.clock.now(),
            parked: true,
        });
        if self.clears_own_row {
            effects.clears.push(event.id);
        }
        Progress::Commit {
            effects,
            parks: true,
        }
    }

    async fn commit(&self, progress: Vec<Progress>) -> Vec<Step> {
        let mut steps = Vec::with_capacity(progress.len());
        let mut batch = Vec::with_capacity(progress.len() + 1);
        let mut places = Vec::with_capacity(progress.len());
        for (place, progress) in progress.into_iter().enumerate() {
            match progress {
                Progress::Over(step) => steps.push(step),
                Progress::Commit { effects, parks } => {
                    steps.push(Step::Nothing);
                    places.push((place, parks));
                    batch.push(effects);
                }
            }
        }
        if batch.is_empty() {
            return steps;
        }
        let outcomes = self.write(&mut batch).await;
        for ((effects, (place, parks)), outcome) in batch.into_iter().zip(places).zip(outcomes) {
            count(&effects, &outcome);
            if let Some(step) = steps.get_mut(place) {
                *step = step_of(effects, parks, &outcome);
            }
        }
        steps
    }

    /// Writes a batch; what was sent before rides along as one more step, and is put back if the
    /// write fails for good.
    async fn write(&self, batch: &mut Vec<Effects>) -> Vec<Outcome> {
        let sent = std::mem::take(&mut *self.sent.lock());
        if let Some(first) = sent.first() {
            let mut housekeeping = Effects::none(*first);
            housekeeping.clears = sent;
            batch.push(housekeeping);
        }
        let started = Instant::now();
        let outcomes = self
            .until_it_works("commit", || self.store.commit(batch.clone()))
            .await;
        metrics::histogram!(metric::COMMIT_SECONDS).record(started.elapsed());
        outcomes
    }

    /// Repeats a port call while it fails. Also what calls itself terminal is tried again, with a
    /// word in the log each time: an operator can mend a store, nobody can mend a lost event.
    async fn until_it_works<T, F: Future<Output = PortResult<T>>>(
        &self,
        what: &'static str,
        mut call: impl FnMut() -> F,
    ) -> T {
        let mut backoff = Backoff::new(uuid::Uuid::nil());
        loop {
            match call().await {
                Ok(value) => return value,
                Err(error) => {
                    tracing::warn!(call = what, %error, "the store does not answer, trying again");
                    backoff.wait(what).await;
                }
            }
        }
    }
}

fn refuse(reason: String) -> Progress {
    Progress::Over(Step::Refused(reason))
}

fn step_of(effects: Effects, parks: bool, outcome: &Outcome) -> Step {
    match outcome {
        Outcome::Stale => Step::Nothing,
        Outcome::Applied if parks => Step::Parked,
        Outcome::Applied if effects.messages.is_empty() && effects.sends.is_empty() => {
            Step::Nothing
        }
        Outcome::Applied => Step::Done(effects.sends),
    }
}

/// Finds the words of every line of a plan, at the same time.
async fn speak(voices: &Voices, plan: &Plan) -> Vec<Spoken> {
    join_all(plan.lines.iter().map(|line| async {
        match &line.words {
            Words::Given(text) => Spoken {
                text: text.clone(),
                fallback: false,
            },
            Words::Prompt(prompt) => {
                let spoken = match voices.get(&prompt.speaker.dialect) {
                    Some(dialect) => dialect.speak(prompt).await,
                    None => Err(parlor_ports::PortError::terminal(
                        "dialect",
                        format!("'{}' is not there", prompt.speaker.dialect),
                    )),
                };
                spoken.map_or_else(
                    |error| {
                        tracing::warn!(character = %prompt.speaker.slug, %error, "no words found");
                        Spoken {
                            text: SPEECHLESS.to_owned(),
                            fallback: true,
                        }
                    },
                    |said| Spoken {
                        text: said.text,
                        fallback: said.fallback,
                    },
                )
            }
        }
    }))
    .await
}

/// What a character says whose dialect and fallback both failed: the conversation goes on.
const SPEECHLESS: &str = "…";

fn count(effects: &Effects, outcome: &Outcome) {
    if *outcome == Outcome::Stale {
        metrics::counter!(metric::DELIVERIES_STALE).increment(1);
        return;
    }
    for new in &effects.messages {
        let kind = match new.message.kind {
            parlor_model::MessageKind::Line => "line",
            parlor_model::MessageKind::Aside => "aside",
            parlor_model::MessageKind::Scene => "scene",
        };
        metrics::counter!(metric::MESSAGES_STORED, "kind" => kind).increment(1);
        if new.message.fallback {
            metrics::counter!(metric::FALLBACKS).increment(1);
        }
    }
    let opened = effects.opened.len();
    if opened > 0 {
        metrics::counter!(metric::CONVERSATIONS_OPENED).increment(opened as u64);
    }
    if let parlor_model::Guard::Advance {
        close_at: Some(_), ..
    } = effects.guard
    {
        metrics::counter!(metric::CONVERSATIONS_CLOSED).increment(1);
    }
}

#[expect(clippy::cast_precision_loss, reason = "batch sizes are far below 2^52")]
fn count_f64(n: usize) -> f64 {
    n as f64
}
