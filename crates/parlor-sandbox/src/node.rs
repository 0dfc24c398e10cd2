//! A server, or a part of one, inside this process.

use crate::scenario::production;
use anyhow::Context;
use parlor_model::{Clock, World};
use parlor_ports::bus::Bus;
use parlor_ports::director::Director;
use parlor_ports::store::Store;
use parlor_roles::character::{CharacterOptions, CharacterRole, Load};
use parlor_roles::{Production, Relay, RelayHandle, RelayOptions, Stage, StageDirector};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// What a node is made of.
pub struct NodeOptions {
    /// The world.
    pub world: Arc<World>,
    /// Pause between lines.
    pub pace: Duration,
    /// Any store, migrated.
    pub store: Arc<dyn Store>,
    /// Any bus.
    pub bus: Arc<dyn Bus>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Display names of those that it acts for. Empty: nobody, it only directs and relays.
    pub acts_for: Vec<String>,
    /// Looks after rows of the outbox that nobody sends.
    pub sweeps: bool,
}

/// A running node. Dropping it is a crash: its tasks end where they are.
pub struct Node {
    stage: Arc<Stage>,
    relay: RelayHandle,
    cancel: CancellationToken,
    tasks: JoinSet<anyhow::Result<()>>,
}

impl Node {
    /// Declares the world's inboxes and starts the roles.
    ///
    /// # Errors
    /// The world can't be built, or the bus refuses it.
    pub async fn start(options: NodeOptions) -> anyhow::Result<Self> {
        let production = production(&options.world, options.pace)?;
        Self::start_with(options, production).await
    }

    /// As [`Node::start`], with dialects or rules of the caller's for the options' world.
    ///
    /// # Errors
    /// The bus refuses the world.
    pub async fn start_with(options: NodeOptions, production: Production) -> anyhow::Result<Self> {
        let NodeOptions {
            world,
            store,
            bus,
            clock,
            ..
        } = &options;
        bus.declare(&world.topology()).await?;
        let stage = Arc::new(Stage::new(
            vec![production],
            store.clone(),
            clock.clone(),
            bus.capabilities().durable,
        ));
        let sweeps = if options.sweeps {
            vec![world.name.clone()]
        } else {
            Vec::new()
        };
        let (service, relay) = Relay::new(stage.clone(), bus.clone(), RelayOptions { sweeps });
        let cancel = CancellationToken::new();
        let mut tasks = JoinSet::new();
        let stop = cancel.clone();
        tasks.spawn(async move {
            service.run(stop).await;
            Ok(())
        });
        if !options.acts_for.is_empty() {
            let role = characters(&options, &stage, &relay)?;
            let stop = cancel.clone();
            tasks.spawn(async move { Ok(role.run(stop).await?) });
        }
        Ok(Self {
            stage,
            relay,
            cancel,
            tasks,
        })
    }

    /// Where its steps happen.
    #[must_use]
    pub fn stage(&self) -> &Arc<Stage> {
        &self.stage
    }

    /// Somebody to give commands to.
    #[must_use]
    pub fn director(&self) -> Arc<dyn Director> {
        Arc::new(StageDirector::new(self.stage.clone(), self.relay.clone()))
    }

    /// Ends softly: what is on its way is finished.
    ///
    /// # Errors
    /// What made a role end before.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        self.cancel.cancel();
        while let Some(ended) = self.tasks.join_next().await {
            ended.context("a role of the node panicked")??;
        }
        Ok(())
    }

    /// Ends its tasks where they are, as a killed process would end. Batches that are on their way
    /// to the store or the bus may still arrive there, as they may after a kill.
    pub fn crash(self) {
        drop(self);
    }
}

fn characters(
    options: &NodeOptions,
    stage: &Arc<Stage>,
    relay: &RelayHandle,
) -> anyhow::Result<CharacterRole> {
    let world = &options.world;
    let mut inboxes = Vec::with_capacity(options.acts_for.len());
    for name in &options.acts_for {
        let character = world
            .named(name)
            .with_context(|| format!("there is no '{name}' in the world '{}'", world.name))?;
        let inbox = world.inbox_of(character);
        if !inboxes.contains(&inbox) {
            inboxes.push(inbox);
        }
    }
    let role = CharacterOptions {
        world: world.clone(),
        inboxes,
        group: format!("{}-sandbox", world.name),
        load: Load::default(),
    };
    Ok(CharacterRole::new(
        role,
        stage.clone(),
        options.bus.clone(),
        relay.clone(),
    ))
}

/// Display names of a whole cast.
#[must_use]
pub fn whole_cast(world: &World) -> Vec<String> {
    world
        .cast
        .iter()
        .map(|character| character.name.clone())
        .collect()
}
