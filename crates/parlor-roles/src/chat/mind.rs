//! The mind: answers what people write to characters. Who speaks, and how, is the character's dialect's.
//!
//! It stores nothing where the bus keeps what it has taken: the answer goes straight to the dispatcher,
//! and the line is settled once the bus has it. After a crash in between the line is answered again, under
//! the same id, of which the dispatcher stores the first. Where the bus is away the answer waits for it;
//! where it keeps nothing, the answer goes by the outbox.
//!
//! The lines of one session are answered one after the other, those of different sessions at the same
//! time. A slow dialect holds nobody else up.

use super::room::RoomParts;
use crate::character::{Lane, Load};
use crate::parley::StageParley;
use crate::slow::write;
use crate::stage::Settled;
use futures::future::OptionFuture;
use parking_lot::Mutex;
use parlor_model::{
    ConversationId, Envelope, EventBody, EventId, OutboxRow, SessionEvent, SessionLine, Slug,
    SpeakerRole, World, envelope,
};
use parlor_ports::bus::{Bus, Delivery, SubscribeOptions, Verdict};
use parlor_ports::cache::Holder;
use parlor_ports::chat::News;
use parlor_ports::parley::{Answer, Asked, Brought, Parley, ParleyError, Speaker};
use parlor_ports::{PortError, PortResult, metric};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

/// What a character says whose dialect and fallback both failed: the talk goes on.
const SPEECHLESS: &str = "…";
/// Pieces of a line that wait to be shown.
const PIECES_MAX: usize = 64;
/// How long what the store said of a pause holds: in a crowd it is not asked for every line.
const PAUSE_KNOWN_FOR: Duration = Duration::from_millis(50);
/// Time between the beginnings of two publications: a broker that keeps what it takes needs the disk for each.
const APART: Duration = Duration::from_millis(4);
/// How long an answer waits that the bus did not take.
const AGAIN_AFTER: Duration = Duration::from_millis(100);
/// How long a line that is being spoken may take to end once the role is asked to.
const GRACE: Duration = Duration::from_secs(3);

/// What a mind needs.
pub struct MindOptions {
    /// The world.
    pub world: Slug,
    /// How much at the same time.
    pub load: Load,
}

/// The service.
pub struct MindRole {
    options: MindOptions,
    parts: RoomParts,
    bus: Arc<dyn Bus>,
}

/// What became of a delivery.
enum Thought {
    /// This is to be told the dispatcher.
    Tell(OutboxRow),
    /// This is to be written.
    Write(Box<Settled>),
    /// There is nothing to do.
    Over(Verdict),
}

impl MindRole {
    /// A mind for the world's characters.
    #[must_use]
    pub fn new(options: MindOptions, parts: RoomParts, bus: Arc<dyn Bus>) -> Self {
        Self {
            options,
            parts,
            bus,
        }
    }

    /// Runs until cancelled. Lines that are being spoken get a moment; what is not spoken by then
    /// comes again.
    ///
    /// # Errors
    /// When the bus refuses the subscription for good.
    pub async fn run(self, cancel: CancellationToken) -> Result<(), PortError> {
        let Some(world) = self.parts.stage.worlds().get(&self.options.world) else {
            return Ok(());
        };
        let load = self.options.load;
        let at_once = usize::from(load.slow_max).max(load.batch_max);
        let mut subscription = self
            .bus
            .subscribe(SubscribeOptions {
                group: format!("{}-mind", world.name),
                inboxes: inboxes_of(&world),
                prefetch: load.prefetch.saturating_add(load.slow_max),
            })
            .await?;
        let lane = Lane::new(
            world.clone(),
            self.parts.stage.clone(),
            self.parts.relay.clone(),
            subscription.settler(),
        );
        let (spoken, written) = mpsc::channel(load.batch_max.max(1));
        let tells = self
            .bus
            .capabilities()
            .durable
            .then(|| mpsc::channel(load.batch_max.max(1)));
        let (told, publisher) = match tells {
            Some((told, untold)) => {
                let publish = publish(
                    lane.clone(),
                    self.parts.clone(),
                    untold,
                    spoken.clone(),
                    load.batch_max.max(1),
                );
                (Some(told), Some(tokio::spawn(publish)))
            }
            None => (None, None),
        };
        let writer = tokio::spawn(write(
            lane.clone(),
            written,
            load.batch_max.max(1),
            |_, _| {},
        ));
        let thinker = Arc::new(Thinker {
            world: self.options.world,
            parley: StageParley::new(self.parts.stage.clone(), usize::MAX),
            speaking: Semaphore::new(at_once),
            paused: Mutex::default(),
            parts: self.parts,
        });
        let mut turns = Turns {
            thinker,
            lane,
            spoken,
            told,
            busy: HashMap::new(),
            thinking: JoinSet::new(),
            sessions: HashMap::new(),
        };
        let ended = loop {
            tokio::select! {
                () = cancel.cancelled() => break Ok(()),
                Some(done) = turns.thinking.join_next_with_id() => turns.next(done),
                deliveries = subscription.next(load.batch_max.max(1)) => match deliveries {
                    Ok(deliveries) => turns.take(deliveries).await,
                    Err(_) if cancel.is_cancelled() => break Ok(()),
                    Err(error) => break Err(error),
                },
            }
        };
        turns.end().await;
        if let Some(Err(error)) = OptionFuture::from(publisher).await {
            tracing::error!(%error, "the publisher of answers ended; the lines come again");
        }
        if let Err(error) = writer.await {
            tracing::error!(%error, "the writer of answers ended; the lines come again");
        }
        ended
    }
}

fn inboxes_of(world: &World) -> Vec<String> {
    let mut inboxes: Vec<_> = world.cast.iter().map(|c| world.inbox_of(c)).collect();
    inboxes.sort();
    inboxes.dedup();
    inboxes
}

/// Whose turn it is: in each session one line at a time.
struct Turns {
    thinker: Arc<Thinker>,
    lane: Lane,
    spoken: mpsc::Sender<(Delivery, Settled)>,
    /// Where answers go to that need not be written.
    told: Option<mpsc::Sender<(Delivery, OutboxRow)>>,
    /// Sessions in which a line is being answered, and the lines that wait for it.
    busy: HashMap<ConversationId, VecDeque<Delivery>>,
    thinking: JoinSet<()>,
    /// Which session each task is about.
    sessions: HashMap<Id, ConversationId>,
}

impl Turns {
    async fn take(&mut self, deliveries: Vec<Delivery>) {
        metrics::counter!(metric::DELIVERIES).increment(deliveries.len() as u64);
        let traffic = self.thinker.parts.stage.traffic();
        traffic.delivered(deliveries.iter().map(|delivery| delivery.inbox.as_str()));
        let mut refused = Vec::new();
        for delivery in deliveries {
            match session_of(&delivery) {
                Ok(session) => match self.busy.get_mut(&session) {
                    Some(waiting) => waiting.push_back(delivery),
                    None => self.start(session, delivery),
                },
                Err(reason) => refused.push((delivery, Verdict::DeadLetter(reason))),
            }
        }
        if !refused.is_empty() {
            self.lane.end([], refused).await;
        }
    }

    fn start(&mut self, session: ConversationId, delivery: Delivery) {
        self.busy.entry(session).or_default();
        let (thinker, lane) = (self.thinker.clone(), self.lane.clone());
        let (spoken, told) = (self.spoken.clone(), self.told.clone());
        let task = self.thinking.spawn(async move {
            match thinker.think(&delivery).await {
                // Who writes and who publishes end after the last sender.
                Thought::Tell(row) => match (told, &delivery.content) {
                    (Some(told), _) => drop(told.send((delivery, row)).await),
                    (None, Ok(delivered)) => {
                        let settled = lane.stage.settled_with(delivered, row);
                        drop(spoken.send((delivery, settled)).await);
                    }
                    (None, Err(_)) => lane.end([], vec![(delivery, Verdict::Release)]).await,
                },
                Thought::Write(settled) => drop(spoken.send((delivery, *settled)).await),
                Thought::Over(verdict) => lane.end([], vec![(delivery, verdict)]).await,
            }
        });
        self.sessions.insert(task.id(), session);
    }

    /// A line has been answered: the next one of its session is.
    fn next(&mut self, done: Result<(Id, ()), JoinError>) {
        let task = match done {
            Ok((task, ())) => task,
            Err(error) => {
                tracing::error!(%error, "a line could not be answered; it comes again");
                error.id()
            }
        };
        let Some(session) = self.sessions.remove(&task) else {
            return;
        };
        match self.busy.get_mut(&session).and_then(VecDeque::pop_front) {
            Some(delivery) => self.start(session, delivery),
            None => {
                self.busy.remove(&session);
            }
        }
    }

    /// Lets what is being spoken end, for a moment.
    async fn end(mut self) {
        let all = async { while self.thinking.join_next().await.is_some() {} };
        if tokio::time::timeout(GRACE, all).await.is_err() {
            self.thinking.shutdown().await;
        }
    }
}

/// An answer, and the line that it answers.
type Untold = (Delivery, OutboxRow);

/// Publishes answers, as many as are waiting at a time, those of one session in their order: what the bus
/// does not take yet is tried again before anything else is said there. What it never takes goes by the
/// outbox. Whatever is left when nobody answers any more comes again.
async fn publish(
    lane: Lane,
    parts: RoomParts,
    mut answers: mpsc::Receiver<Untold>,
    spoken: mpsc::Sender<(Delivery, Settled)>,
    batch_max: usize,
) {
    let mut waiting: VecDeque<Untold> = VecDeque::new();
    let mut more = Vec::with_capacity(batch_max);
    let mut not_before = Instant::now();
    loop {
        tokio::time::sleep_until(not_before.into()).await;
        if waiting.is_empty() {
            if answers.recv_many(&mut more, batch_max).await == 0 {
                return;
            }
        } else if waiting.len() < batch_max {
            while let Ok(answer) = answers.try_recv() {
                more.push(answer);
                if more.len() >= batch_max {
                    break;
                }
            }
        }
        not_before = Instant::now() + APART;
        waiting.extend(more.drain(..));
        let batch = one_of_each_session(&mut waiting, batch_max);
        let rows = batch.iter().map(|(_, row)| row.clone()).collect();
        let taken = parts.relay.send_unwritten(rows).await;
        let mut ends = Vec::with_capacity(batch.len());
        let mut refused = Vec::new();
        for ((delivery, row), taken) in batch.into_iter().zip(taken) {
            match (&delivery.content, taken) {
                (Ok(_), Err(error)) if error.is_retryable() => refused.push((delivery, row)),
                (Ok(delivered), Err(_)) => {
                    let settled = parts.stage.settled_with(delivered, row);
                    // The writer ends after the last sender.
                    let _ = spoken.send((delivery, settled)).await;
                }
                _ => ends.push((delivery, Verdict::Ack)),
            }
        }
        lane.end([], ends).await;
        if !refused.is_empty() {
            if answers.is_closed() && answers.is_empty() {
                return;
            }
            for untold in refused.into_iter().rev() {
                waiting.push_front(untold);
            }
            tokio::time::sleep(AGAIN_AFTER).await;
        }
    }
}

/// Takes the first answers out, one of a session at most: what is published together may be refused one
/// by one.
fn one_of_each_session(waiting: &mut VecDeque<Untold>, most: usize) -> Vec<Untold> {
    let (mut batch, mut left) = (Vec::new(), VecDeque::new());
    let mut sessions = HashSet::new();
    for answer in waiting.drain(..) {
        let is_first = sessions.insert(answer.1.envelope.conversation);
        if is_first && batch.len() < most {
            batch.push(answer);
        } else {
            left.push_back(answer);
        }
    }
    *waiting = left;
    batch
}

/// The session of a delivery; or why there is none.
fn session_of(delivery: &Delivery) -> Result<ConversationId, String> {
    match &delivery.content {
        Ok(envelope) => match envelope.body.in_session() {
            Some(_) => Ok(envelope.conversation),
            None => Err(format!(
                "it is a '{}', and people's lines are answered here",
                envelope.kind()
            )),
        },
        Err(foreign) => Err(foreign.reason.clone()),
    }
}

/// Finds answers.
struct Thinker {
    world: Slug,
    parts: RoomParts,
    parley: StageParley,
    speaking: Semaphore,
    /// What the store has last said of the pause, and when it was asked.
    paused: Mutex<Option<(bool, Instant)>>,
}

impl Thinker {
    async fn think(&self, delivery: &Delivery) -> Thought {
        let Ok(delivered) = &delivery.content else {
            return Thought::Over(Verdict::Release);
        };
        let event = delivered.event();
        let EventBody::Wrote(said) = &event.body else {
            let reason = "an answer is not answered".to_owned();
            return Thought::Over(Verdict::DeadLetter(reason));
        };
        let stage = &self.parts.stage;
        let world = match self.world_with(&event).await {
            Ok(world) => world,
            Err(reason) => return Thought::Over(Verdict::DeadLetter(reason)),
        };
        if self.is_paused(&world).await {
            return write_it(stage.park(delivered, delivery.inbox.clone()));
        }
        let history = stage
            .until_it_works("history", || self.history(&world, said))
            .await;
        let Some(history) = history else {
            // Its session was deleted, or it has been answered before.
            return write_it(stage.done_with(delivered));
        };
        match self.answer(&event, said, history).await {
            Ok(answer) => Thought::Tell(self.tell(&world, &event, said, answer)),
            Err(error) => match self.despair(delivery, delivered, &error) {
                Some(wait) => write_it(wait),
                None => {
                    tracing::warn!(character = %event.recipient, %error, "no words found");
                    let speechless = Answer {
                        text: SPEECHLESS.to_owned(),
                        fallback: true,
                        tokens_in: 0,
                    };
                    Thought::Tell(self.tell(&world, &event, said, speechless))
                }
            },
        }
    }

    async fn is_paused(&self, world: &World) -> bool {
        let known = *self.paused.lock();
        if let Some((paused, at)) = known
            && at.elapsed() < PAUSE_KNOWN_FOR
        {
            return paused;
        }
        let (stage, asked) = (&self.parts.stage, Instant::now());
        let store = stage.store();
        let paused = stage
            .until_it_works("paused", || store.is_paused(&world.name))
            .await;
        *self.paused.lock() = Some((paused, asked));
        paused
    }

    /// The world, with the character that is asked.
    async fn world_with(&self, event: &Envelope) -> Result<Arc<World>, String> {
        if event.world != self.world {
            return Err(format!(
                "it belongs to the world '{}', not '{}'",
                event.world, self.world
            ));
        }
        let worlds = self.parts.stage.worlds();
        let with = |world: &Arc<World>| world.character(&event.recipient).is_some();
        if let Some(world) = worlds.get(&self.world).filter(with) {
            return Ok(world);
        }
        self.parts.stage.look_for_newcomers(&self.world).await;
        worlds.get(&self.world).filter(with).ok_or_else(|| {
            format!(
                "there is no character '{}' in '{}'",
                event.recipient, self.world
            )
        })
    }

    /// What was said up to the line; `None` where it is gone or has its answer.
    async fn history(
        &self,
        world: &World,
        said: &SessionEvent,
    ) -> PortResult<Option<Vec<SessionLine>>> {
        let window = world.memory.window.max(1);
        let (session, order) = (said.session_id, said.order);
        let ends_with_it =
            |lines: &Vec<SessionLine>| lines.last().is_some_and(|line| line.id == said.message_id);
        let cached = self.parts.cache.lines(session, order, window).await;
        if let Ok(Some(lines)) = cached
            && ends_with_it(&lines)
        {
            return Ok(Some(lines));
        }
        let store = self.parts.stage.store();
        let answer = SessionLine::answer_id(said.message_id);
        if store.session_line(session, answer).await?.is_some() {
            return Ok(None);
        }
        let after = order.saturating_sub(window);
        let lines = store
            .session_lines(session, after, window.min(order))
            .await?;
        if !ends_with_it(&lines) {
            return Ok(None);
        }
        // For the next line; a cache that is away has said so in the log.
        let _ = self.parts.cache.add_lines(session, &lines).await;
        Ok(Some(lines))
    }

    async fn answer(
        &self,
        event: &Envelope,
        said: &SessionEvent,
        history: Vec<SessionLine>,
    ) -> Result<Answer, ParleyError> {
        let asked = Asked {
            id: event.id.0,
            world: event.world.clone(),
            character: event.recipient.clone(),
            person: Some(said.username.clone()),
            lines: history.into_iter().map(brought).collect(),
            note: None,
            seed: None,
        };
        let _permit = self.speaking.acquire().await;
        if !self.is_slow(event) {
            return self.parley.answer(asked, None).await;
        }
        let (pieces, shown) = mpsc::channel(PIECES_MAX);
        let show = self.show(said, shown);
        let (answer, ()) = tokio::join!(self.parley.answer(asked, Some(pieces)), show);
        answer
    }

    /// True when the character's dialect is slow, so that somebody may watch it find words.
    fn is_slow(&self, event: &Envelope) -> bool {
        let Some(production) = self.parts.stage.production(&event.world) else {
            return false;
        };
        let me = production.engine.world().character(&event.recipient);
        let voice = me.and_then(|me| production.voices.get(&me.dialect));
        voice.is_some_and(|voice| voice.is_slow())
    }

    /// Shows pieces of a line, as they are found, to who is in the session.
    async fn show(&self, said: &SessionEvent, mut pieces: mpsc::Receiver<String>) {
        let session = said.session_id;
        let mut holders: Option<Vec<Holder>> = None;
        while let Some(mut text) = pieces.recv().await {
            while let Ok(more) = pieces.try_recv() {
                text.push_str(&more);
            }
            if holders.is_none() {
                let found = self.parts.cache.holders(&[session]).await;
                holders = Some(found.unwrap_or_default().pop().unwrap_or_default());
            }
            for holder in holders.iter().flatten() {
                let news = News::Piece(session, said.message_id, text.clone());
                // The whole line comes anyway.
                let _ = self.parts.courier.hand(holder, vec![news]).await;
            }
        }
    }

    /// What becomes of a line for which no words were found; `None`: it is answered without words.
    fn despair(
        &self,
        delivery: &Delivery,
        delivered: &Arc<Envelope>,
        error: &ParleyError,
    ) -> Option<Settled> {
        let cause = match error {
            ParleyError::UnknownCharacter(..) => return None,
            ParleyError::NoWords { cause, .. } if !cause.is_retryable() => return None,
            ParleyError::NoWords { cause, .. } | ParleyError::Port(cause) => cause.clone(),
            ParleyError::Busy => PortError::retryable("parley", error),
        };
        let stage = &self.parts.stage;
        Some(stage.wait_for_words(delivered, delivery.inbox.clone(), &cause))
    }

    /// The event that tells of an answer.
    fn tell(
        &self,
        world: &World,
        event: &Envelope,
        said: &SessionEvent,
        answer: Answer,
    ) -> OutboxRow {
        let stage = &self.parts.stage;
        let id = EventId::derive(event.id.0, "answered");
        let now = stage.clock().now();
        let envelope = Envelope {
            id,
            world: event.world.clone(),
            conversation: event.conversation,
            recipient: event.recipient.clone(),
            time: now,
            traceparent: envelope::traceparent(event.trace_id(), id),
            body: EventBody::Answered(Box::new(SessionEvent {
                content: answer.text,
                message_id: SessionLine::answer_id(said.message_id),
                fallback: answer.fallback,
                ..said.clone()
            })),
        };
        OutboxRow {
            inbox: world.routing.answers.clone().unwrap_or_default(),
            envelope: Arc::new(envelope),
            due_at: now,
            parked: false,
        }
    }
}

fn write_it(settled: Settled) -> Thought {
    Thought::Write(Box::new(settled))
}

fn brought(line: SessionLine) -> Brought {
    Brought {
        by: match line.role {
            SpeakerRole::Ai => Speaker::Character,
            SpeakerRole::User => Speaker::Person(None),
        },
        text: line.text,
    }
}
