//! The catalogue in the binary: its characters join the casts of their worlds, at the start and while
//! the server runs.

use anyhow::Context;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use parlor_model::card::Card;
use parlor_model::world::Topology;
use parlor_model::{Character, Clock, ConversationStatus, Origin, Slug, World};
use parlor_ports::bus::Bus;
use parlor_ports::catalogue::Catalogue;
use parlor_ports::directory::{BOTS_AT_ONCE_MAX, Directory};
use parlor_ports::store::{ConversationFilter, Store};
use parlor_roles::{Casting, Production, Stage};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

/// How often a process looks whether catalogues have changed.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Conversations of somebody who left, closed in one go.
const CLOSED_AT_ONCE: u32 = 200;

/// What a process knows of the catalogue of one world.
struct Known {
    /// The world as its file has it.
    world: Arc<World>,
    /// The version of the catalogue that has been read; 0: none yet.
    version: u64,
    /// Whose card has been read, by slug, with the version of the catalogue that its change made.
    cards: BTreeMap<Slug, (u64, Option<Arc<Character>>)>,
    /// The version of the directory that has been read; 0: none yet.
    directory: u64,
    /// Bots of the directory, by name, with the dialect that they named.
    bots: BTreeMap<Slug, (Option<String>, Arc<Character>)>,
}

/// The casts of worlds, with those who have joined them.
pub(crate) struct Casts(Vec<Known>);

impl Casts {
    /// The worlds as their files have them.
    pub(crate) fn of(worlds: Vec<Arc<World>>) -> Self {
        let known = worlds.into_iter().map(|world| Known {
            world,
            version: 0,
            cards: BTreeMap::new(),
            directory: 0,
            bots: BTreeMap::new(),
        });
        Self(known.collect())
    }

    /// Reads what has changed in the catalogues and directories; gives the worlds whose casts have.
    ///
    /// # Errors
    /// The store is away; what has been read until then is kept.
    pub(crate) async fn read<C: Catalogue + Directory + ?Sized>(
        &mut self,
        store: &C,
        now: DateTime<Utc>,
    ) -> anyhow::Result<Vec<Arc<World>>> {
        let versions: HashMap<_, _> = store.catalogue_versions().await?.into_iter().collect();
        let mut directories = HashMap::new();
        if self.0.iter().any(|known| known.world.has_bots()) {
            directories.extend(store.directory_versions().await?);
        }
        let mut changed = Vec::new();
        for known in &mut self.0 {
            let name = &known.world.name;
            let version = versions.get(name).copied().unwrap_or(0);
            let directory = directories.get(name).copied().unwrap_or(0);
            let is_new = version != known.version;
            // What changes meanwhile makes a later version, and is read then.
            if is_new {
                known
                    .read(store)
                    .await
                    .with_context(|| format!("the catalogue of '{}'", known.world.name))?;
                known.version = version;
            }
            let came_or_left = directory != known.directory;
            if came_or_left {
                known
                    .read_directory(store, now)
                    .await
                    .with_context(|| format!("the directory of '{}'", known.world.name))?;
                known.directory = directory;
            }
            if is_new || came_or_left {
                changed.push(known.joined());
            }
        }
        Ok(changed)
    }
}

impl Known {
    async fn read<C: Catalogue + ?Sized>(&mut self, store: &C) -> anyhow::Result<()> {
        let listed = store.catalogue(&self.world.name).await?;
        let there: HashSet<_> = listed.iter().map(|listed| &listed.slug).collect();
        self.cards.retain(|slug, _| there.contains(slug));
        for listed in &listed {
            let read = self.cards.get(&listed.slug).map(|(version, _)| *version);
            if read == Some(listed.version) {
                continue;
            }
            // Taken out meanwhile: the next look will see it.
            if let Some(card) = self.card(store, &listed.slug).await? {
                self.cards.insert(listed.slug.clone(), card);
            }
        }
        Ok(())
    }

    /// A character of the catalogue, or nobody where its card can't be read.
    async fn card<C: Catalogue + ?Sized>(
        &self,
        store: &C,
        slug: &Slug,
    ) -> anyhow::Result<Option<(u64, Option<Arc<Character>>)>> {
        let Some(kept) = store.kept_card(&self.world.name, slug).await? else {
            return Ok(None);
        };
        let character = match Card::from_json(kept.card.as_bytes()) {
            Ok(card) => Some(Arc::new(Character {
                picture: kept.picture,
                ..self.world.newcomer(slug.clone(), &Arc::new(card))
            })),
            Err(error) => {
                tracing::warn!(world.name = %self.world.name, character.slug = %slug, %error,
                    "a card of the catalogue can't be read");
                None
            }
        };
        Ok(Some((kept.version, character)))
    }

    async fn read_directory<D: Directory + ?Sized>(
        &mut self,
        store: &D,
        now: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        let mut known = std::mem::take(&mut self.bots);
        let mut after = None;
        loop {
            let page = store
                .bots(&self.world.name, now, after.as_ref(), BOTS_AT_ONCE_MAX)
                .await?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = Some(last.name.clone());
            for bot in page {
                let before = known.remove(&bot.name);
                let foreign = bot.is_foreign();
                let own = |(dialect, who): &(Option<String>, Arc<Character>)| {
                    *dialect == bot.dialect
                        && who.inbox == self.world.foreign_inbox(&bot.name, foreign)
                };
                let kept = before.filter(own).unwrap_or_else(|| {
                    let dialect = bot.dialect.clone();
                    let name = bot.name.clone();
                    let character = self.world.bot_of(name, dialect.as_deref(), foreign);
                    (dialect, Arc::new(character))
                });
                self.bots.insert(bot.name, kept);
            }
        }
    }

    /// The world with everybody who can join it.
    fn joined(&self) -> Arc<World> {
        let newcomers = self.cards.values().filter_map(|(_, who)| who.clone());
        let newcomers = newcomers.chain(self.bots.values().map(|(_, bot)| bot.clone()));
        let (grown, refused) = self.world.with_newcomers(newcomers);
        for (slug, why) in refused {
            tracing::warn!(world.name = %grown.name, character.slug = %slug, %why,
                "a character of the catalogue stays out of the cast");
        }
        Arc::new(grown)
    }
}

/// Makes what a stage needs of a world whose cast has changed.
pub(crate) type Recast = Box<dyn Fn(Arc<World>) -> anyhow::Result<Production> + Send + Sync>;

/// Follows the catalogues while a process runs.
pub(crate) struct Follower {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) bus: Arc<dyn Bus>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) stage: Arc<Stage>,
    pub(crate) recast: Recast,
    /// Closes the conversations of those who leave; one process for each store is enough.
    pub(crate) closes: bool,
    pub(crate) casts: Mutex<Casts>,
}

impl Follower {
    /// Looks now and then until the shutdown.
    pub(crate) async fn run(self: Arc<Self>, shutdown: CancellationToken) {
        let mut tick = tokio::time::interval(LOOK_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                _ = tick.tick() => self.look().await,
            }
        }
    }

    /// Puts on the stage whatever has changed; what fails is in the log and is tried again.
    async fn look(&self) {
        let mut casts = self.casts.lock().await;
        let changed = match casts.read(&*self.store, self.clock.now()).await {
            Ok(changed) => changed,
            // Those who need the store say so.
            Err(error) => return tracing::debug!(error = format!("{error:#}"), "no look at casts"),
        };
        for world in changed {
            let name = world.name.clone();
            if let Err(error) = self.put_on_stage(world).await {
                tracing::warn!(world.name = %name, error = format!("{error:#}"),
                    "the cast can't change for now");
                let known = casts.0.iter_mut().find(|known| known.world.name == name);
                if let Some(known) = known {
                    (known.version, known.directory) = (0, 0);
                }
            }
        }
    }

    async fn put_on_stage(&self, world: Arc<World>) -> anyhow::Result<()> {
        let before = self.stage.worlds().get(&world.name);
        let (new, gone) = difference(before.as_deref(), &world);
        self.bus.declare(&new).await?;
        self.stage.recast((self.recast)(world.clone())?);
        tracing::info!(world.name = %world.name, cast = world.cast.len(), "the cast has changed");
        let left = before.iter().flat_map(|before| &before.cast);
        let left = left.filter(|c| world.named(&c.name).is_none());
        let (bots, left): (Vec<_>, Vec<_>) = left.partition(|c| c.origin == Origin::Registered);
        if !bots.is_empty() {
            // Whoever held them, or swept them out, takes their inboxes away.
            self.bus.forget(&world.name, &gone);
        }
        for character in left {
            if self.closes {
                self.close_conversations_of(&world.name, &character.name)
                    .await?;
            }
        }
        Ok(())
    }

    /// Nobody waits for an answer of somebody who has left.
    async fn close_conversations_of(&self, world: &Slug, name: &str) -> anyhow::Result<()> {
        let filter = ConversationFilter {
            world: Some(world.clone()),
            status: Some(ConversationStatus::Active),
            participant: Some(name.to_owned()),
            ..ConversationFilter::default()
        };
        let mut after = None;
        loop {
            let page = self
                .store
                .conversations(&filter, after, CLOSED_AT_ONCE)
                .await?;
            for conversation in &page.items {
                let now = self.clock.now();
                self.store.close_conversation(conversation.id, now).await?;
            }
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }
}

/// What of a world's topology is new since it was another one, and which inboxes are no longer in it.
fn difference(before: Option<&World>, now: &World) -> (Topology, Vec<String>) {
    let mut new = now.topology();
    let had = before.map(World::topology);
    let had = had.into_iter().flat_map(|topology| topology.inboxes);
    let mut had: HashSet<String> = had.map(|binding| binding.inbox).collect();
    new.inboxes.retain(|binding| !had.remove(&binding.inbox));
    (new, had.into_iter().collect())
}

#[async_trait]
impl Casting for Follower {
    async fn look(&self, _world: &Slug) {
        Follower::look(self).await;
    }
}
