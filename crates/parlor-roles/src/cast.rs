//! The cast role: acts for a whole cast, also for those who join it while the role runs.

use crate::character::{CharacterOptions, CharacterRole, Load};
use crate::relay::RelayHandle;
use crate::stage::Stage;
use parlor_model::world::InboxKind;
use parlor_model::{Character, Origin, Slug, World};
use parlor_ports::PortError;
use parlor_ports::bus::Bus;
use std::collections::HashSet;
use std::sync::Arc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Of a cast, for whom to act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whom {
    /// Everybody but those who register themselves: whoever holds them acts for them.
    All,
    /// Those who are not in the world's file.
    Newcomers,
}

/// What a cast role needs.
pub struct CastOptions {
    /// The world, on the stage.
    pub world: Slug,
    /// Of its cast, for whom to act.
    pub whom: Whom,
    /// How much at the same time, for each part of the cast that came at one time.
    pub load: Load,
}

/// The service: a [`CharacterRole`] for those who are there at first, and one for each group that
/// joins.
pub struct CastRole {
    options: CastOptions,
    stage: Arc<Stage>,
    bus: Arc<dyn Bus>,
    relay: RelayHandle,
}

impl CastRole {
    /// A role that acts on `stage`.
    #[must_use]
    pub fn new(
        options: CastOptions,
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

    /// Runs until cancelled; batches on their way are finished first.
    ///
    /// # Errors
    /// When the bus refuses a subscription for good.
    pub async fn run(self, cancel: CancellationToken) -> Result<(), PortError> {
        let cancel = cancel.child_token();
        let mut changes = self.stage.worlds().changes();
        let mut served = HashSet::new();
        let mut roles = JoinSet::new();
        let ended = loop {
            changes.borrow_and_update();
            if let Some(role) = self.for_those_who_came(&mut served) {
                roles.spawn(role.run(cancel.clone()));
            }
            tokio::select! {
                () = cancel.cancelled() => break Ok(()),
                // The stage, which tells of changes, lives as long as we do.
                _ = changes.changed() => {}
                Some(ended) = roles.join_next() => match ended {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => break Err(error),
                    Err(error) => break Err(PortError::terminal("can't act for a cast", error)),
                },
            }
        };
        cancel.cancel();
        while roles.join_next().await.is_some() {}
        ended
    }

    /// A role for the inboxes that nobody serves yet, if there are any.
    fn for_those_who_came(&self, served: &mut HashSet<String>) -> Option<CharacterRole> {
        let world = self.stage.worlds().get(&self.options.world)?;
        let mut inboxes = inboxes(&world, self.options.whom);
        inboxes.retain(|inbox| !served.contains(inbox));
        if inboxes.is_empty() {
            return None;
        }
        let group = group_of(&world);
        served.extend(inboxes.iter().cloned());
        let options = CharacterOptions {
            world,
            inboxes,
            group,
            load: self.options.load,
        };
        let (stage, bus) = (self.stage.clone(), self.bus.clone());
        Some(CharacterRole::new(options, stage, bus, self.relay.clone()))
    }
}

/// Who consumes the inboxes of a world's characters, together or apart. On Kafka a group of another
/// name would be given all messages once more.
#[must_use]
pub fn group_of(world: &World) -> String {
    format!("{}-cast", world.name)
}

/// The inboxes of a cast, each once, in the order of the cast.
fn inboxes(world: &World, whom: Whom) -> Vec<String> {
    if world.routing.inbox == InboxKind::Place {
        // Their letters come to their places, which have roles of their own.
        return Vec::new();
    }
    let mut seen = HashSet::new();
    let cast = world.cast.iter();
    let wanted = |character: &&Arc<Character>| match character.origin {
        Origin::World => whom == Whom::All,
        Origin::Catalogue => true,
        Origin::Registered => false,
    };
    cast.filter(wanted)
        .map(|character| world.inbox_of(character))
        .filter(|inbox| seen.insert(inbox.clone()))
        .collect()
}
