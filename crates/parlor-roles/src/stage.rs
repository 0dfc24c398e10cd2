//! The step with its input and output: load scenes, decide, speak, settle, commit. One query and one
//! transaction carry a whole batch.

mod casting;
mod journey;
mod offers;
pub(crate) mod track;
mod way;
mod write;

pub use self::casting::Casting;
use self::journey::{Arrival, Pondering, is_arrival};
use self::track::Track;
use self::way::{Hand, Way};
use self::write::Becomes;
use crate::speak;
use crate::traffic::Traffic;
use chrono::{DateTime, Utc};
use futures::future::join_all;
use parking_lot::{Mutex, RwLock};
use parlor_engine::plan::Words;
use parlor_engine::{Decision, Engine, Plan, Scene};
use parlor_model::world::Pace;
use parlor_model::{
    Clock, Effects, Envelope, EventBody, EventId, MessageId, OutboxRow, Slug, World,
};
use parlor_ports::dialect::Dialect;
use parlor_ports::mind::Mind;
use parlor_ports::store::{SceneRecord, SceneRequest, Store};
use parlor_ports::worlds::Worlds;
use parlor_ports::{PortError, PortResult, metric, trace};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
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
    /// No words can be found for now: the event is back in the outbox, as this row, and comes again
    /// when it is due.
    Waits(OutboxRow),
    /// It can never be handled.
    Refused(String),
}

/// What became of one event of a batch whose slow lines are left to the caller.
pub enum Taken {
    /// The step is over.
    Over(Step),
    /// Finding its words takes long: give it to [`Stage::speak`].
    Slow(Box<Performance>),
}

/// A step that takes long: it needs its words, or a model to decide it.
pub struct Performance(Act);

#[expect(
    clippy::large_enum_variant,
    reason = "a performance lives behind a box"
)]
enum Act {
    /// Lines without words.
    Lines(Lines),
    /// Somebody arrives, and a model decides who goes on.
    Arrival(Pondering),
}

/// A step that has been decided and needs its words.
struct Lines {
    /// As it came, perhaps not for the first time.
    delivered: Arc<Envelope>,
    /// As it was when the step was decided.
    production: Arc<Production>,
    scene: Scene,
    plan: Plan,
    way: Way,
}

/// A step that only needs to be written.
pub struct Settled {
    effects: Effects,
    becomes: Becomes,
    /// Where something is said.
    world: Option<Arc<World>>,
    /// Where its trace is wanted.
    track: Option<Box<Track>>,
}

/// A world on this stage, and whether it has a slow dialect.
#[derive(Clone)]
struct OnStage {
    production: Arc<Production>,
    is_slow: bool,
}

/// Where steps happen.
pub struct Stage {
    productions: HashMap<Slug, RwLock<OnStage>>,
    /// The same worlds, for those who only look at them.
    worlds: Worlds,
    /// Models that decide where characters of a world go; elsewhere the rules do.
    minds: OnceLock<HashMap<Slug, Arc<dyn Mind>>>,
    /// Whom they choose from at the moment.
    offers: offers::Offers,
    /// Tells who has joined a cast since.
    casting: OnceLock<Arc<dyn Casting>>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    /// True when the bus keeps nothing, so that an event's outbox row goes with its step.
    clears_own_row: bool,
    /// Rows that were sent and whose removal can ride along with the next commit.
    sent: Mutex<Vec<EventId>>,
    traffic: Traffic,
}

/// An event on its way through a batch.
#[expect(
    clippy::large_enum_variant,
    reason = "one for each event, moved at once; most are the large one"
)]
enum Progress {
    Over(Step),
    Commit(Settled),
    Slow(Box<Performance>),
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
        let worlds: Vec<_> = productions
            .iter()
            .map(|production| production.engine.world().clone())
            .collect();
        Self {
            worlds: worlds.into(),
            productions: productions
                .into_iter()
                .map(|p| (p.engine.world().name.clone(), RwLock::new(OnStage::new(p))))
                .collect(),
            minds: OnceLock::new(),
            offers: offers::Offers::default(),
            casting: OnceLock::new(),
            store,
            clock,
            clears_own_row: !bus_is_durable,
            sent: Mutex::new(Vec::new()),
            traffic: Traffic::default(),
        }
    }

    /// The worlds on this stage.
    #[must_use]
    pub fn worlds(&self) -> &Worlds {
        &self.worlds
    }

    /// A world with its rules and dialects, as it is now.
    #[must_use]
    pub fn production(&self, world: &Slug) -> Option<Arc<Production>> {
        Some(self.on_stage(world)?.production)
    }

    fn on_stage(&self, world: &Slug) -> Option<OnStage> {
        Some(self.productions.get(world)?.read().clone())
    }

    /// True when a world has a dialect, or a mind, that is slow.
    #[must_use]
    pub fn is_slow(&self, world: &Slug) -> bool {
        self.mind(world).is_some() || self.on_stage(world).is_some_and(|p| p.is_slow)
    }

    /// From now on models decide where the characters of these worlds go. Once.
    pub fn let_decide(&self, minds: HashMap<Slug, Arc<dyn Mind>>) {
        let _ = self.minds.set(minds);
    }

    fn mind(&self, world: &Slug) -> Option<&Arc<dyn Mind>> {
        self.minds.get()?.get(world)
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

    /// What goes through this process.
    #[must_use]
    pub fn traffic(&self) -> &Traffic {
        &self.traffic
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
        let mut steps = Vec::new();
        steps.resize_with(events.len(), || Step::Nothing);
        let mut taken: Vec<_> = self.take(events).await.into_iter().enumerate().collect();
        while !taken.is_empty() {
            let (mut places, mut slow) = (Vec::new(), Vec::new());
            for (place, taken) in taken {
                match (taken, steps.get_mut(place)) {
                    (Taken::Over(step), Some(slot)) => *slot = step,
                    (Taken::Over(_), None) => {}
                    (Taken::Slow(performance), _) => {
                        places.push(place);
                        slow.push(self.speak(*performance));
                    }
                }
            }
            let spoken = self.write_spoken(join_all(slow).await).await;
            taken = places.into_iter().zip(spoken).collect();
        }
        steps
    }

    /// As [`Stage::perform`], but does not wait for slow dialects: those steps are left to the
    /// caller.
    pub async fn take(&self, events: &[Arc<Envelope>]) -> Vec<Taken> {
        if !events.iter().any(is_arrival) {
            return self.take_lines(events).await;
        }
        let started = Instant::now();
        let (arrivals, lines): (Vec<_>, Vec<_>) = events.iter().cloned().partition(is_arrival);
        let arriving = arrivals.iter().filter_map(Arrival::of).collect();
        let mut received = self.receive(arriving).await.into_iter();
        let mut heard = Vec::new();
        if !lines.is_empty() {
            heard = self.take_lines(&lines).await;
        }
        let mut heard = heard.into_iter();
        metrics::histogram!(metric::BATCH_SIZE).record(count_f64(arrivals.len()));
        metrics::histogram!(metric::STEP_SECONDS).record(started.elapsed());
        let next = |event| {
            let taken = if is_arrival(event) {
                received.next()
            } else {
                heard.next()
            };
            taken.unwrap_or(Taken::Over(Step::Nothing))
        };
        events.iter().map(next).collect()
    }

    async fn take_lines(&self, events: &[Arc<Envelope>]) -> Vec<Taken> {
        let started = Instant::now();
        let received_at = self.clock.now();
        let records = self.scenes(events).await;
        self.meet(events, &records).await;
        let loaded = started.elapsed();
        metrics::histogram!(metric::LOAD_SECONDS).record(loaded);
        let hand = Hand::new(received_at, loaded);
        let decided = events
            .iter()
            .zip(records)
            .map(|(event, record)| self.progress(event, record, &hand, None));
        let taken = self.commit(join_all(decided).await).await;
        self.tell_of_refused(events, &taken, received_at);
        metrics::histogram!(metric::BATCH_SIZE).record(count_f64(events.len()));
        metrics::histogram!(metric::STEP_SECONDS).record(started.elapsed());
        taken
    }

    /// Takes one event through the step with these words, which somebody found who is not on this stage.
    /// With `last` the line is the last one of its conversation.
    pub async fn say(&self, event: &Arc<Envelope>, text: String, last: bool) -> Step {
        let started = Instant::now();
        let received_at = self.clock.now();
        let events = std::slice::from_ref(event);
        let records = self.scenes(events).await;
        self.meet(events, &records).await;
        let hand = Hand::new(received_at, started.elapsed());
        let record = records.into_iter().next().flatten();
        let given = Some(Given { text, last });
        let decided = self.progress(event, record, &hand, given).await;
        match self.commit(vec![decided]).await.pop() {
            Some(Taken::Over(step)) => step,
            Some(Taken::Slow(_)) | None => Step::Nothing,
        }
    }

    /// Finds the words of a step that [`Stage::take`] left; then it is to be written. Dropping the
    /// future gives the step up: nothing has happened.
    pub async fn speak(&self, performance: Performance) -> Settled {
        let lines = match performance.0 {
            Act::Lines(lines) => lines,
            Act::Arrival(pondering) => {
                let arrival = self.ponder(pondering).await;
                let mut settled = self.done_with(&arrival.delivered);
                settled.becomes = Becomes::Decided(arrival);
                return settled;
            }
        };
        let Lines {
            delivered,
            production,
            scene,
            plan,
            way,
        } = lines;
        self.words(&production, &delivered, &scene, plan, way).await
    }

    fn tell_of_refused(
        &self,
        events: &[Arc<Envelope>],
        taken: &[Taken],
        received_at: DateTime<Utc>,
    ) {
        if trace::tracer().is_none() {
            return;
        }
        for (event, taken) in events.iter().zip(taken) {
            if let Taken::Over(Step::Refused(reason)) = taken {
                track::refused(event, received_at, reason);
            }
        }
    }

    async fn scenes(&self, events: &[Arc<Envelope>]) -> Vec<Option<SceneRecord>> {
        let requests: Vec<_> = events.iter().map(|event| self.request(event)).collect();
        self.until_it_works("scenes", || self.store.scenes(&requests))
            .await
    }

    fn request(&self, event: &Envelope) -> SceneRequest {
        let world = self.worlds.get(&event.world);
        let world = world.as_deref();
        let viewer = world
            .and_then(|w| w.character(&event.recipient))
            .map(|c| c.name.clone());
        SceneRequest {
            conversation: event.conversation,
            message: message_of(&event.body),
            viewer: viewer.unwrap_or_default(),
            window: world.map_or(0, |w| w.memory.window),
            recall: world.map_or(0, |w| w.memory.recall),
        }
    }

    /// Decides, speaks and settles one event.
    async fn progress(
        &self,
        event: &Arc<Envelope>,
        record: Option<SceneRecord>,
        hand: &Hand,
        given: Option<Given>,
    ) -> Progress {
        let Some(on_stage) = self.on_stage(&event.world) else {
            return refuse(format!(
                "there is no world '{}' on this server",
                event.world
            ));
        };
        let production = &on_stage.production;
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
            let inbox = world.inbox_of(me);
            let track = Track::of(event, || inbox.clone(), &hand.decided(event));
            let parked = self.park(event, inbox);
            return Progress::Commit(Settled { track, ..parked });
        }
        let scene = Scene {
            envelope: event.event(),
            me: me.clone(),
            conversation: record.conversation,
            heard: record.message,
            memory: record.memory,
            recalled: record.recalled,
            pace: record.pace.map(Pace::duration),
        };
        let mut decision = production.engine.decide(&scene);
        if let Some(given) = given {
            given.put_into(&mut decision);
        }
        let way = hand.decided(event);
        match decision {
            Decision::Refuse(reason) => refuse(reason),
            Decision::Nothing if self.clears_own_row => Progress::Commit(self.done_with(event)),
            Decision::Nothing => Progress::Over(Step::Nothing),
            Decision::Speak(plan)
                if on_stage.is_slow && speak::is_slow(&production.voices, &plan) =>
            {
                Progress::Slow(Box::new(Performance(Act::Lines(Lines {
                    delivered: event.clone(),
                    production: production.clone(),
                    scene,
                    plan,
                    way,
                }))))
            }
            Decision::Speak(plan) => {
                Progress::Commit(self.words(production, event, &scene, plan, way).await)
            }
        }
    }

    /// Finds the words of a plan and settles it; where there are none for now, the event waits.
    async fn words(
        &self,
        production: &Production,
        delivered: &Arc<Envelope>,
        scene: &Scene,
        plan: Plan,
        way: Way,
    ) -> Settled {
        let inbox = || production.engine.world().inbox_of(&scene.me);
        let mut track = Track::of(delivered, inbox, &way);
        let telling = track.as_ref().map(|track| track.telling());
        let spoken = speak::speak(&production.voices, &plan, telling.as_ref()).await;
        if let (Some(track), Some(telling)) = (&mut track, telling) {
            track.spoken(telling);
        }
        let spoken = match spoken {
            Ok(spoken) => spoken,
            Err(error) => {
                let waits = self.wait(&production.engine, delivered, scene, &error);
                return Settled { track, ..waits };
            }
        };
        let now = self.clock.now();
        let mut effects = production.engine.settle(scene, plan, spoken, now);
        let legs = way.spoken();
        for said in &mut effects.messages {
            said.legs = Some(legs);
        }
        if self.clears_own_row {
            effects.clears.push(delivered.id);
        }
        Settled {
            effects,
            becomes: Becomes::Step,
            world: Some(production.engine.world().clone()),
            track,
        }
    }

    /// Nothing to do but to clear the event's row.
    pub(crate) fn done_with(&self, delivered: &Envelope) -> Settled {
        let mut effects = Effects::none(delivered.id);
        if self.clears_own_row {
            effects.clears.push(delivered.id);
        }
        Settled {
            effects,
            becomes: Becomes::Step,
            world: None,
            track: None,
        }
    }

    /// Puts the event back into the outbox; a relay finds it there once the world goes on.
    pub(crate) fn park(&self, delivered: &Arc<Envelope>, inbox: String) -> Settled {
        let row = OutboxRow {
            inbox,
            envelope: Arc::new(delivered.again(delivered.tries())),
            due_at: self.clock.now(),
            parked: true,
        };
        self.put_back(delivered, row, Becomes::Parked)
    }

    /// Puts the event back into the outbox until words may be found.
    fn wait(
        &self,
        engine: &Engine,
        delivered: &Arc<Envelope>,
        scene: &Scene,
        error: &PortError,
    ) -> Settled {
        let tries = delivered.tries();
        let event = scene.envelope.id;
        let wait = speak::wait(engine.seed(), event, tries, error.retry_after());
        metrics::counter!(metric::WAITS).increment(1);
        let (trace_id, conversation) = (delivered.trace_id().simple(), delivered.conversation);
        if tries == 0 {
            tracing::warn!(character = %scene.me.slug, %event, %conversation, %trace_id, %error,
                "no words found yet; the line waits");
        } else {
            tracing::debug!(character = %scene.me.slug, %event, %conversation, %trace_id, tries,
                %error, "still no words found");
        }
        let row = OutboxRow {
            inbox: engine.world().inbox_of(&scene.me),
            envelope: Arc::new(delivered.again(tries.saturating_add(1))),
            due_at: self.clock.now() + wait,
            parked: true,
        };
        self.put_back(delivered, row.clone(), Becomes::Waits(row))
    }

    /// Puts an event of a session back into the outbox until words may be found.
    pub(crate) fn wait_for_words(
        &self,
        delivered: &Arc<Envelope>,
        inbox: String,
        error: &PortError,
    ) -> Settled {
        let tries = delivered.tries();
        let event = delivered.event().id;
        let seed = self
            .production(&delivered.world)
            .map_or(0, |production| production.engine.seed());
        let wait = speak::wait(seed, event, tries, error.retry_after());
        metrics::counter!(metric::WAITS).increment(1);
        if tries == 0 {
            let character = &delivered.recipient;
            tracing::warn!(%character, %event, %error, "no words found yet; the line waits");
        }
        let row = OutboxRow {
            inbox,
            envelope: Arc::new(delivered.again(tries.saturating_add(1))),
            due_at: self.clock.now() + wait,
            parked: true,
        };
        self.put_back(delivered, row.clone(), Becomes::Waits(row))
    }

    /// Nothing but a row that is to be sent.
    pub(crate) fn settled_with(&self, delivered: &Envelope, row: OutboxRow) -> Settled {
        self.put_back(delivered, row, Becomes::Step)
    }

    fn put_back(&self, delivered: &Envelope, row: OutboxRow, becomes: Becomes) -> Settled {
        let mut settled = self.done_with(delivered);
        settled.effects.sends.push(row);
        settled.becomes = becomes;
        settled
    }
}

/// Words that somebody else found.
struct Given {
    text: String,
    last: bool,
}

impl Given {
    fn put_into(self, decision: &mut Decision) {
        let Decision::Speak(plan) = decision else {
            return;
        };
        if let Some(line) = plan.lines.first_mut() {
            line.words = Words::Given(self.text);
            if self.last {
                plan.exchanges_max = Some(line.exchange());
            }
        }
    }
}

impl OnStage {
    fn new(production: Production) -> Self {
        let is_slow = production.voices.values().any(|voice| voice.is_slow());
        Self {
            production: Arc::new(production),
            is_slow,
        }
    }
}

/// The message that an event is about.
fn message_of(body: &EventBody) -> Option<MessageId> {
    match body {
        EventBody::Opening(_)
        | EventBody::Arrival(_)
        | EventBody::Wrote(_)
        | EventBody::Answered(_) => None,
        EventBody::Said(message) | EventBody::Overheard(message) => Some(message.id),
        EventBody::Again(again) => message_of(&again.body),
    }
}

fn refuse(reason: String) -> Progress {
    Progress::Over(Step::Refused(reason))
}

#[expect(clippy::cast_precision_loss, reason = "batch sizes are far below 2^52")]
fn count_f64(n: usize) -> f64 {
    n as f64
}
