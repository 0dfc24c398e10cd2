//! Carries out what people ask for: start, close, pause, resume.

use crate::relay::RelayHandle;
use crate::stage::track::{Written, created};
use crate::stage::{Production, Stage};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use parlor_engine::Engine;
use parlor_engine::mechanics::travel::Travel;
use parlor_engine::opening::Wish;
use parlor_engine::travel::{self, Departure};
use parlor_model::world::{Pace, Place as Stop};
use parlor_model::{
    Character, Conversation, ConversationId, Effects, EventId, Guard, Move, MoveState, MovedBy,
    NewMove, NewRun, OutboxRow, RunId, Slug, World,
};
use parlor_ports::director::{Director, DirectorError, MoveWish, StartRequest, Started};
use parlor_ports::journeys::Whereabouts;
use parlor_ports::store::{Cursor, Outcome};
use parlor_ports::trace::{self, Here, Kind, Place, Span, Tracer};
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// A director of the worlds on a stage.
pub struct StageDirector {
    stage: Arc<Stage>,
    relay: RelayHandle,
}

impl StageDirector {
    /// Directs what is on `stage`.
    #[must_use]
    pub fn new(stage: Arc<Stage>, relay: RelayHandle) -> Self {
        Self { stage, relay }
    }

    async fn begin(&self, run: NewRun) -> Result<RunId, DirectorError> {
        let (id, sends) = (run.id, run.sends.clone());
        if self.stage.store().begin_journeys(run).await? {
            // It is on disk: a caller need not wait for a bus that is away.
            let relay = self.relay.clone();
            tokio::spawn(async move { relay.send(sends).await });
        }
        Ok(id)
    }

    /// The pause before a move arrives.
    async fn pace_now(&self, engine: &Engine) -> Result<Duration, DirectorError> {
        let set = self.stage.store().pace(&engine.world().name).await?;
        Ok(set.map_or(engine.pace(), Pace::duration))
    }

    async fn by_hand(&self, engine: &Engine, wish: MoveWish) -> Result<Move, DirectorError> {
        let world = engine.world();
        let store = self.stage.store();
        let Some(run) = store.run(&world.name).await? else {
            return Err(DirectorError::NotTogether(
                "nobody is anywhere yet: begin a run first".to_owned(),
            ));
        };
        let group = Group::of(engine, &wish)?;
        let id = EventId::derive(wish.key, "by hand");
        let mut whereabouts = Vec::with_capacity(group.go.len());
        for character in &group.go {
            let found = store.where_is(&world.name, &character.slug).await?;
            whereabouts.push(found.ok_or_else(|| {
                let name = &character.name;
                DirectorError::NotTogether(format!("{name} is not in this run: begin a new one"))
            })?);
        }
        let made = match group.made(world, &whereabouts, (id, run.id), self.stage.clock().now()) {
            Ok(made) => made,
            Err(refusal) => return self.made_before(world, &group, id).await?.ok_or(refusal),
        };
        let row = travel::row(&made.made, self.pace_now(engine).await?);
        let mut effects = Effects::none(id);
        effects.guard = Guard::Travel {
            world: world.name.clone(),
            run: run.id,
            arrives: None,
            at: made.made.sent_at,
        };
        effects.sends = vec![row.clone()];
        let result = made.made.clone();
        effects.moves = vec![made];
        if store.commit(vec![effects]).await?.first() != Some(&Outcome::Applied) {
            let refusal = DirectorError::NotTogether(
                "one of them has just left: look where they are and try again".to_owned(),
            );
            return self.made_before(world, &group, id).await?.ok_or(refusal);
        }
        metrics::counter!(parlor_ports::metric::MOVES, "by" => MovedBy::Hand.as_str()).increment(1);
        let relay = self.relay.clone();
        tokio::spawn(async move { relay.send(vec![row]).await });
        Ok(result)
    }

    /// The move of this id, where the same wish came before.
    async fn made_before(
        &self,
        world: &World,
        group: &Group,
        id: EventId,
    ) -> Result<Option<Move>, DirectorError> {
        let Some(first) = group.go.first() else {
            return Ok(None);
        };
        let latest = self
            .stage
            .store()
            .where_is(&world.name, &first.slug)
            .await?;
        let before = latest.map_or(0, |found| found.moves.saturating_sub(LATELY));
        let after = Cursor {
            major: 0,
            minor: i64::try_from(before).unwrap_or(i64::MAX),
        };
        let limit = u32::try_from(LATELY).unwrap_or(u32::MAX);
        let journey = self
            .stage
            .store()
            .journey(&world.name, &first.slug, Some(after), limit);
        Ok(journey.await?.items.into_iter().find(|made| made.id == id))
    }

    fn production(&self, world: &Slug) -> Result<Arc<Production>, DirectorError> {
        self.stage
            .production(world)
            .ok_or_else(|| DirectorError::UnknownWorld(world.to_string()))
    }
}

/// Latest moves of a character among which one that was asked for before is looked for.
const LATELY: u64 = 20;
/// Most who are sent by hand in one message.
const BY_HAND_MAX: usize = 20;

/// Who is to be sent where.
struct Group {
    go: Vec<Arc<Character>>,
    to: Arc<Stop>,
}

impl Group {
    fn of(engine: &Engine, wish: &MoveWish) -> Result<Self, DirectorError> {
        let world = engine.world();
        let mut go: Vec<Arc<Character>> = Vec::with_capacity(wish.who.len().min(BY_HAND_MAX));
        for name in &wish.who {
            if let Some(found) = character(engine, Some(name))?
                && !go.iter().any(|known| known.slug == found.slug)
            {
                go.push(found);
            }
            if go.len() > BY_HAND_MAX {
                let reason = format!("at most {BY_HAND_MAX} travel in one message");
                return Err(DirectorError::Refused(reason));
            }
        }
        let to = world.find_place(&wish.to).cloned().ok_or_else(|| {
            let slugs: Vec<_> = world
                .places
                .iter()
                .take(20)
                .map(|p| p.slug.as_str())
                .collect();
            DirectorError::UnknownPlace {
                name: wish.to.chars().take(80).collect(),
                world: world.name.clone(),
                places: slugs.join(", "),
            }
        })?;
        if go.is_empty() {
            return Err(DirectorError::Refused("say who is to go".to_owned()));
        }
        Ok(Self { go, to })
    }

    /// The move, if all are at one place, and not at the one where they are to go.
    fn made(
        &self,
        world: &World,
        whereabouts: &[Whereabouts],
        (id, run): (EventId, RunId),
        now: DateTime<Utc>,
    ) -> Result<NewMove, DirectorError> {
        let mut refusal = None;
        let first = whereabouts.first().map(|found| &found.place);
        for (character, found) in self.go.iter().zip(whereabouts) {
            let name = &character.name;
            let place = world
                .place(&found.place)
                .map_or(found.place.as_str(), |p| &p.name);
            if found.state == MoveState::Sent {
                refusal = Some(format!(
                    "{name} is on the way to {place}: wait until they arrive"
                ));
            } else if Some(&found.place) != first {
                refusal = Some(format!("{name} is elsewhere, at {place}: send them apart"));
            } else if found.place == self.to.slug {
                refusal = Some(format!("{name} is at {place} already"));
            }
        }
        if let Some(refusal) = refusal {
            return Err(DirectorError::NotTogether(refusal));
        }
        let from = first.and_then(|slug| world.place(slug)).ok_or_else(|| {
            DirectorError::NotTogether("their place is not in the world any more".to_owned())
        })?;
        let departure = Departure {
            go: self.go.clone(),
            to: self.to.clone(),
            stay: Vec::new(),
        };
        let travellers = self.go.iter().zip(whereabouts).map(|(character, found)| {
            travel::traveller(world, character, found.tired, &self.to.slug)
        });
        Ok(NewMove {
            travellers: travellers.collect(),
            made: Move {
                id,
                world: world.name.clone(),
                run,
                group: ConversationId::derive(id.0, "group"),
                hop: 1,
                left: Some(0),
                from: Some(from.named()),
                to: self.to.named(),
                inbox: world.inbox_of_place(&self.to),
                characters: self.go.iter().map(|c| c.named()).collect(),
                incident: travel::incident_of(from, &departure, None),
                by: MovedBy::Hand,
                state: MoveState::Sent,
                sent_at: now,
                arrived_at: None,
            },
        })
    }
}

fn travels(engine: &Engine) -> Result<&Travel, DirectorError> {
    engine.travel().ok_or_else(|| {
        let world = &engine.world().name;
        DirectorError::Refused(format!(
            "nobody travels in '{world}': its file has no [mechanics.travel]"
        ))
    })
}

fn character(
    engine: &Engine,
    name: Option<&String>,
) -> Result<Option<Arc<Character>>, DirectorError> {
    let Some(name) = name else { return Ok(None) };
    engine.world().find(name).cloned().map(Some).ok_or_else(|| {
        let slugs: Vec<_> = engine
            .cast_slugs()
            .into_iter()
            .take(20)
            .map(Slug::as_str)
            .collect();
        DirectorError::UnknownCharacter {
            name: name.chars().take(80).collect(),
            world: engine.world().name.clone(),
            cast: slugs.join(", "),
        }
    })
}

/// Tells of a conversation that was started: the beginning of its trace, or a part of the request that
/// started it. A request that belongs to a trace of somebody else stays there, and the two are linked.
fn tell(tracer: &dyn Tracer, conversation: &Conversation, sends: &[OutboxRow], start: &Written) {
    let trace = conversation.id.0;
    if !tracer.wants(trace) {
        return;
    }
    let asked = Here::now().map(|here| (here.join(trace), here.place()));
    let (parent, link) = match asked {
        Some((true, place)) => (place.span, None),
        Some((false, place)) => (0, Some((place.trace, place.span))),
        None => (0, None),
    };
    let id = trace::made_id(EventId(trace));
    let place = Place {
        trace,
        span: parent,
    };
    let mut span = Span::new(place, id, Kind::Internal, "start conversation")
        .at(start.began, start.took)
        .with("parlor.world", conversation.world.as_str())
        .with("parlor.conversation", conversation.id.to_string());
    span.link = link;
    tracer.record(span);
    let cause = Place { trace, span: id };
    for row in sends {
        created(tracer, row, cause, start);
    }
}

#[async_trait]
impl Director for StageDirector {
    async fn start(&self, world: &Slug, request: StartRequest) -> Result<Started, DirectorError> {
        let production = self.production(world)?;
        let engine = &production.engine;
        let wish = Wish {
            from: character(engine, request.from.as_ref())?,
            to: character(engine, request.to.as_ref())?,
            topic: request.topic,
            message: request.message,
        };
        let opened = engine
            .open(wish, request.key, self.stage.clock().now())
            .map_err(|error| DirectorError::Refused(error.to_string()))?;
        let sends = opened.effects.sends.clone();
        let begun = trace::tracer().map(|tracer| (tracer, self.stage.clock().now()));
        let started = Instant::now();
        let outcomes = self.stage.store().commit(vec![opened.effects]).await?;
        let conversation = if outcomes.first() == Some(&Outcome::Applied) {
            metrics::counter!(parlor_ports::metric::CONVERSATIONS_OPENED).increment(1);
            if let Some((tracer, began)) = begun {
                let took = started.elapsed();
                tell(
                    tracer,
                    &opened.conversation,
                    &sends,
                    &Written { began, took },
                );
            }
            // It is on disk: a caller need not wait for a bus that is away.
            let relay = self.relay.clone();
            tokio::spawn(async move { relay.send(sends).await });
            opened.conversation
        } else {
            let id = opened.conversation.id;
            self.stage
                .store()
                .conversation(id)
                .await?
                .unwrap_or(opened.conversation)
        };
        let name = |i: usize| {
            conversation
                .participants
                .get(i)
                .cloned()
                .unwrap_or_default()
        };
        Ok(Started {
            from: name(0),
            with: name(1),
            conversation,
        })
    }

    async fn close(&self, id: ConversationId) -> Result<Conversation, DirectorError> {
        let now = self.stage.clock().now();
        let closed = self.stage.store().close_conversation(id, now).await?;
        if closed.as_ref().is_some_and(|c| c.ended_at == Some(now)) {
            metrics::counter!(parlor_ports::metric::CONVERSATIONS_CLOSED).increment(1);
        }
        closed.ok_or(DirectorError::UnknownConversation(id))
    }

    async fn set_paused(&self, world: &Slug, paused: bool) -> Result<(), DirectorError> {
        self.production(world)?;
        Ok(self
            .stage
            .store()
            .set_paused(world, paused, self.stage.clock().now())
            .await?)
    }

    async fn set_pace(&self, world: &Slug, pace: Pace) -> Result<(), DirectorError> {
        self.production(world)?;
        Ok(self
            .stage
            .store()
            .set_pace(world, pace, self.stage.clock().now())
            .await?)
    }

    fn own_pace(&self, world: &Slug) -> Option<Pace> {
        Some(Pace::new(self.stage.production(world)?.engine.pace()))
    }

    async fn begin_run(&self, world: &Slug, key: Uuid) -> Result<RunId, DirectorError> {
        let production = self.production(world)?;
        let engine = &production.engine;
        let travel = travels(engine)?;
        let (id, now) = (RunId::derive(key, "run"), self.stage.clock().now());
        let pace = self.pace_now(engine).await?;
        let run = travel::begin(engine.world(), travel, id, engine.seed(), now, pace);
        self.begin(run).await
    }

    async fn send_home(&self, world: &Slug, key: Uuid) -> Result<RunId, DirectorError> {
        let production = self.production(world)?;
        travels(&production.engine)?;
        let (id, now) = (RunId::derive(key, "reset"), self.stage.clock().now());
        self.begin(travel::at_home(production.engine.world(), id, now))
            .await
    }

    async fn send_by_hand(&self, world: &Slug, wish: MoveWish) -> Result<Move, DirectorError> {
        let production = self.production(world)?;
        let engine = &production.engine;
        travels(engine)?;
        self.by_hand(engine, wish).await
    }

    async fn look_for_newcomers(&self, world: &Slug) {
        self.stage.look_for_newcomers(world).await;
    }
}
