//! Carries out what people ask for: start, close, pause, resume.

use crate::relay::RelayHandle;
use crate::stage::track::{Written, created};
use crate::stage::{Production, Stage};
use async_trait::async_trait;
use parlor_engine::Engine;
use parlor_engine::opening::Wish;
use parlor_model::world::Pace;
use parlor_model::{Character, Conversation, ConversationId, EventId, OutboxRow, Slug};
use parlor_ports::director::{Director, DirectorError, StartRequest, Started};
use parlor_ports::store::Outcome;
use parlor_ports::trace::{self, Here, Kind, Place, Span, Tracer};
use std::sync::Arc;
use std::time::Instant;

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

    fn production(&self, world: &Slug) -> Result<Arc<Production>, DirectorError> {
        self.stage
            .production(world)
            .ok_or_else(|| DirectorError::UnknownWorld(world.to_string()))
    }
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

    async fn look_for_newcomers(&self, world: &Slug) {
        self.stage.look_for_newcomers(world).await;
    }
}
