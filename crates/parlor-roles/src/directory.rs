//! The directory role: sees off bots of which nothing is heard any more, and ends conversations in which
//! nothing is said any more. One for a world is enough; several do no harm.

use crate::stage::Stage;
use chrono::{DateTime, TimeDelta, Utc};
use parlor_model::{ConversationStatus, Slug, World};
use parlor_ports::bus::Bus;
use parlor_ports::store::{ConversationFilter, Store};
use parlor_ports::{PortResult, metric};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

/// How often it is looked who is gone.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Looks from one search for silent conversations to the next.
const LOOKS_TO_SILENCE: u32 = 5;
/// Conversations read, or closed, in one go.
const CONVERSATIONS_AT_ONCE: u32 = 200;

/// The service.
pub struct DirectoryRole {
    world: Slug,
    stage: Arc<Stage>,
    bus: Arc<dyn Bus>,
}

impl DirectoryRole {
    /// Looks after the directory of a world on `stage`.
    #[must_use]
    pub fn new(world: Slug, stage: Arc<Stage>, bus: Arc<dyn Bus>) -> Self {
        Self { world, stage, bus }
    }

    /// Runs until cancelled. What fails is in the log and is done by a later look.
    pub async fn run(self, cancel: CancellationToken) {
        let mut tick = tokio::time::interval(LOOK_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut looks = 0u32;
        loop {
            tokio::select! {
                () = cancel.cancelled() => return,
                _ = tick.tick() => {}
            }
            looks = looks.wrapping_add(1);
            let looked = tokio::select! {
                () = cancel.cancelled() => return,
                looked = self.look(looks.is_multiple_of(LOOKS_TO_SILENCE)) => looked,
            };
            if let Err(error) = looked {
                tracing::warn!(world.name = %self.world, %error, "the directory is not swept for now");
            }
        }
    }

    async fn look(&self, for_silence: bool) -> PortResult<()> {
        let store = self.stage.store();
        let now = self.stage.clock().now();
        let mut gone: BTreeMap<Slug, Vec<Slug>> = BTreeMap::new();
        for (world, bot) in store.sweep_directory(now).await? {
            gone.entry(world).or_default().push(bot.name);
        }
        for (name, bots) in gone {
            metrics::counter!(metric::BOTS_LOST).increment(bots.len() as u64);
            tracing::info!(world.name = %name, bots = bots.len(), "bots are gone without a word");
            if let Some(world) = self.stage.worlds().get(&name) {
                see_off(&world, &bots, store, &self.bus, now).await?;
            }
        }
        if for_silence {
            self.end_silent(now).await?;
        }
        Ok(())
    }

    /// Closes conversations in which nobody has said anything for longer than a bot waits. What was on its
    /// way in them is lost.
    async fn end_silent(&self, now: DateTime<Utc>) -> PortResult<()> {
        let Some(production) = self.stage.production(&self.world) else {
            return Ok(());
        };
        let Some(bots) = production.engine.bots() else {
            return Ok(());
        };
        let store = self.stage.store();
        let before = now - TimeDelta::seconds(bots.patience_seconds.into());
        let silent = store
            .silent(&self.world, before, CONVERSATIONS_AT_ONCE)
            .await?;
        for id in &silent {
            store.close_conversation(*id, now).await?;
        }
        metrics::counter!(metric::CONVERSATIONS_GONE_SILENT).increment(silent.len() as u64);
        Ok(())
    }
}

/// Ends what these bots are in, and takes their inboxes away.
pub(crate) async fn see_off(
    world: &World,
    bots: &[Slug],
    store: &Arc<dyn Store>,
    bus: &Arc<dyn Bus>,
    now: DateTime<Utc>,
) -> PortResult<()> {
    let names: HashSet<&str> = bots.iter().map(Slug::as_str).collect();
    let filter = ConversationFilter {
        world: Some(world.name.clone()),
        status: Some(ConversationStatus::Active),
        ..ConversationFilter::default()
    };
    let mut after = None;
    loop {
        let page = store
            .conversations(&filter, after, CONVERSATIONS_AT_ONCE)
            .await?;
        for conversation in &page.items {
            let mut who = conversation.participants.iter();
            if who.any(|name| names.contains(name.as_str())) {
                store.close_conversation(conversation.id, now).await?;
            }
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let inboxes = world.inboxes_of_bots(bots);
    if inboxes.is_empty() {
        return Ok(());
    }
    bus.remove(&world.name, &inboxes).await
}
