//! The jobs role: starts conversations without being asked. For now it keeps a world going: it opens a
//! conversation whenever none is going on.

use crate::retry::Backoff;
use parlor_model::{ConversationStatus, Slug};
use parlor_ports::director::{Director, DirectorError, StartRequest};
use parlor_ports::store::{ConversationFilter, Store};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How often a quiet world is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// What a jobs role needs.
pub struct JobsOptions {
    /// The world.
    pub world: Slug,
    /// Its characters travel: it sees to a run of theirs instead.
    pub travels: bool,
    /// Goes on for ever; else it sees to one conversation at start.
    pub always: bool,
    /// Gives the key of each new conversation.
    pub keys: Arc<dyn Fn() -> Uuid + Send + Sync>,
}

/// The service.
pub struct JobsRole {
    options: JobsOptions,
    store: Arc<dyn Store>,
    director: Arc<dyn Director>,
}

impl JobsRole {
    /// A jobs role.
    #[must_use]
    pub fn new(options: JobsOptions, store: Arc<dyn Store>, director: Arc<dyn Director>) -> Self {
        Self {
            options,
            store,
            director,
        }
    }

    /// Runs until cancelled, or until the one conversation is under way.
    pub async fn run(self, cancel: CancellationToken) {
        let mut backoff = Backoff::new((self.options.keys)());
        loop {
            let pause = match self.look().await {
                Ok(()) if !self.options.always => return,
                Ok(()) => {
                    backoff = Backoff::new((self.options.keys)());
                    LOOK_EVERY
                }
                Err(error) => {
                    tracing::warn!(world = %self.options.world, %error, "no conversation started");
                    backoff.next_wait()
                }
            };
            tokio::select! {
                () = cancel.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Opens a conversation if none is going on; in a world whose characters travel, begins a run if
    /// there has been none.
    async fn look(&self) -> Result<(), DirectorError> {
        if self.options.travels {
            return self.look_for_run().await;
        }
        let going_on = ConversationFilter {
            world: Some(self.options.world.clone()),
            status: Some(ConversationStatus::Active),
            ..ConversationFilter::default()
        };
        if self
            .store
            .conversations(&going_on, None, 1)
            .await?
            .items
            .is_empty()
        {
            let request = StartRequest {
                key: (self.options.keys)(),
                ..StartRequest::default()
            };
            let started = self.director.start(&self.options.world, request).await?;
            tracing::info!(
                world = %self.options.world,
                conversation = %started.conversation.id,
                "started a conversation",
            );
        }
        Ok(())
    }

    async fn look_for_run(&self) -> Result<(), DirectorError> {
        let world = &self.options.world;
        if self.store.run(world).await?.is_none() {
            let run = self
                .director
                .begin_run(world, (self.options.keys)())
                .await?;
            tracing::info!(%world, %run, "began a run");
        }
        Ok(())
    }
}
