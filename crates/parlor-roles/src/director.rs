//! Carries out what people ask for: start, close, pause, resume.

use crate::relay::RelayHandle;
use crate::stage::{Production, Stage};
use async_trait::async_trait;
use parlor_engine::Engine;
use parlor_engine::opening::Wish;
use parlor_model::world::Pace;
use parlor_model::{Character, Conversation, ConversationId, Slug};
use parlor_ports::director::{Director, DirectorError, StartRequest, Started};
use parlor_ports::store::Outcome;
use std::sync::Arc;

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
        let outcomes = self.stage.store().commit(vec![opened.effects]).await?;
        let conversation = if outcomes.first() == Some(&Outcome::Applied) {
            metrics::counter!(parlor_ports::metric::CONVERSATIONS_OPENED).increment(1);
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
