//! A cast that grows: who joins a world while it runs takes part in the next step.

use super::{OnStage, Production, Stage};
use async_trait::async_trait;
use parlor_model::{ConversationKind, Envelope, Slug};
use parlor_ports::store::SceneRecord;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Knows who belongs to the casts of worlds.
#[async_trait]
pub trait Casting: Send + Sync {
    /// Looks whether the cast of `world` has changed, and if so puts the world on the stage anew
    /// ([`Stage::recast`]). A failure is the log's: whoever is not known stays unknown.
    async fn look(&self, world: &Slug);
}

impl Stage {
    /// Whom the stage asks when it meets somebody whom it doesn't know. Set once.
    pub fn ask_for_newcomers(&self, casting: Arc<dyn Casting>) {
        // A second one would know no more than the first.
        let _ = self.casting.set(casting);
    }

    /// Puts a world on the stage in place of the one with its name. Steps that were decided end as
    /// they were decided. False where there is no such world.
    pub fn recast(&self, production: Production) -> bool {
        let world = production.engine.world().clone();
        let Some(place) = self.productions.get(&world.name) else {
            return false;
        };
        *place.write() = OnStage::new(production);
        self.worlds.replace(world);
        true
    }

    /// Asks who has joined the cast of `world`.
    pub async fn look_for_newcomers(&self, world: &Slug) {
        if let Some(casting) = self.casting.get() {
            casting.look(world).await;
        }
    }

    /// Gets to know those who take part in the conversations of a batch and have joined their world
    /// since the stage last heard of its cast.
    pub(super) async fn meet(&self, events: &[Arc<Envelope>], records: &[Option<SceneRecord>]) {
        if self.casting.get().is_none() {
            return;
        }
        let mut strange = BTreeSet::new();
        for (event, record) in events.iter().zip(records) {
            let Some(world) = self.worlds.get(&event.world) else {
                continue;
            };
            let is_known = record.as_ref().is_none_or(|record| {
                let conversation = &record.conversation;
                conversation.kind == ConversationKind::Session
                    || conversation
                        .participants
                        .iter()
                        .all(|name| world.named(name).is_some())
            });
            if !is_known {
                strange.insert(event.world.clone());
            }
        }
        for world in &strange {
            self.look_for_newcomers(world).await;
        }
    }
}
