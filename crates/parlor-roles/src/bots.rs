//! The bots role: holds a number of bots. It names them, takes them into the directory and keeps them
//! there, acts for them at their inboxes, and lets each, now and then, pick somebody and open a
//! conversation, or leave for good. Any number of these roles may run, in any number of processes.

use crate::character::{CharacterOptions, CharacterRole, Load};
use crate::directory;
use crate::relay::RelayHandle;
use crate::retry::Backoff;
use crate::stage::Stage;
use chrono::{DateTime, TimeDelta, Utc};
use parlor_engine::mechanics::bots::Bots;
use parlor_model::dice::Roll;
use parlor_model::{Dice, Slug, World};
use parlor_ports::bus::Bus;
use parlor_ports::director::{Director, DirectorError, StartRequest};
use parlor_ports::directory::{Lease, NewBot};
use parlor_ports::{PortError, PortResult, metric};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How often bots think of something to do.
const TICK: Duration = Duration::from_millis(250);
/// How often it is asked who talks with whom.
const ASK_EVERY: Duration = Duration::from_secs(1);
/// Bots taken in by one call.
const AT_ONCE: usize = 1_000;
/// Conversations being opened at the same time.
const OPENING_MAX: usize = 64;
/// Times that other names are drawn where some are taken.
const DRAWS_MAX: u32 = 100;

/// What a bots role needs.
pub struct BotsOptions {
    /// The world, on the stage.
    pub world: Slug,
    /// How many to hold.
    pub count: u32,
    /// The names of the first of them; the others name themselves.
    pub names: Vec<Slug>,
    /// What they speak; `None`: what the world's bots do.
    pub dialect: Option<String>,
    /// The host's id, its own.
    pub host: Uuid,
    /// Gives keys of conversations, and seeds the dice.
    pub keys: Arc<dyn Fn() -> Uuid + Send + Sync>,
    /// How much at the same time.
    pub load: Load,
}

/// The service.
pub struct BotsRole {
    options: BotsOptions,
    rules: Bots,
    stage: Arc<Stage>,
    bus: Arc<dyn Bus>,
    relay: RelayHandle,
    director: Arc<dyn Director>,
    /// Who is held.
    held: Vec<Slug>,
    /// Those of them for whom nobody acts yet.
    arriving: Vec<Slug>,
    /// Who is still in the directory and is to leave.
    leaving: Vec<Slug>,
    /// What acts at their inboxes.
    acting: JoinSet<PortResult<()>>,
    /// Inboxes that are listened to.
    served: HashSet<String>,
    /// Who is in how many conversations, as it was last asked, and what was begun since.
    busy: HashMap<String, u32>,
    asked: Option<Instant>,
    opening: Arc<Semaphore>,
    roll: Roll,
}

impl BotsRole {
    /// A role that acts on `stage`.
    ///
    /// # Errors
    /// The world has no bots.
    pub fn new(
        options: BotsOptions,
        stage: Arc<Stage>,
        bus: Arc<dyn Bus>,
        relay: RelayHandle,
        director: Arc<dyn Director>,
    ) -> PortResult<Self> {
        let production = stage.production(&options.world);
        let rules = production
            .as_ref()
            .and_then(|production| production.engine.bots())
            .cloned()
            .ok_or_else(|| {
                let context = format!("no bot can come to '{}'", options.world);
                PortError::terminal(&context, "its file has no [mechanics.bots]")
            })?;
        let seed = production.map_or(0, |production| production.engine.seed());
        Ok(Self {
            roll: Dice::new(seed, options.host).roll("bots"),
            options,
            rules,
            stage,
            bus,
            relay,
            director,
            held: Vec::new(),
            arriving: Vec::new(),
            leaving: Vec::new(),
            acting: JoinSet::new(),
            served: HashSet::new(),
            busy: HashMap::new(),
            asked: None,
            opening: Arc::new(Semaphore::new(OPENING_MAX)),
        })
    }

    /// Runs until cancelled; then the bots say no more and leave.
    ///
    /// # Errors
    /// When the bus refuses a subscription for good, or no name is free.
    pub async fn run(mut self, cancel: CancellationToken) -> PortResult<()> {
        let ending = cancel.child_token();
        let ended = self.live(&ending).await;
        ending.cancel();
        while self.acting.join_next().await.is_some() {}
        self.leaving.append(&mut self.held);
        if let Err(error) = self.let_go().await {
            tracing::debug!(%error, "nobody hears that these bots leave; their lease will end");
        }
        ended
    }

    async fn live(&mut self, cancel: &CancellationToken) -> PortResult<()> {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut backoff = Backoff::new(self.options.host);
        let (mut renewed, mut thought) = (Instant::now(), Instant::now());
        loop {
            tokio::select! {
                () = cancel.cancelled() => return Ok(()),
                _ = tick.tick() => {}
                Some(ended) = self.acting.join_next() => match ended {
                    Ok(Ok(())) => continue,
                    Ok(Err(error)) => return Err(error),
                    Err(error) => return Err(PortError::terminal("can't act for bots", error)),
                },
            }
            let done = tokio::select! {
                () = cancel.cancelled() => return Ok(()),
                done = self.turn(&mut renewed, &mut thought, cancel) => done,
            };
            match done {
                Ok(()) => backoff = Backoff::new(self.options.host),
                Err(error) if error.is_retryable() => {
                    tracing::warn!(world.name = %self.options.world, %error, "the bots wait");
                    tokio::select! {
                        () = cancel.cancelled() => return Ok(()),
                        () = backoff.wait("bots") => {}
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// What is due: the lease, those who are missing, what each does next.
    async fn turn(
        &mut self,
        renewed: &mut Instant,
        thought: &mut Instant,
        cancel: &CancellationToken,
    ) -> PortResult<()> {
        let wanted = usize::try_from(self.options.count).unwrap_or(usize::MAX);
        let lease = Duration::from_secs(self.rules.lease_seconds.into());
        if renewed.elapsed() >= lease / 4 && !self.held.is_empty() {
            let kept = self.stage.store().renew_lease(self.lease()).await?;
            *renewed = Instant::now();
            if !kept {
                tracing::warn!(world.name = %self.options.world, "the bots were silent for too long and come again");
                let names = std::mem::take(&mut self.held);
                self.arriving.clear();
                // Their inboxes may have been taken away meanwhile, and whoever listened there with them.
                self.served.clear();
                self.come(&names, cancel).await?;
            }
        }
        self.settle_in(cancel).await?;
        self.let_go().await?;
        if self.held.len() < wanted {
            self.complete(wanted, cancel).await?;
            *renewed = Instant::now();
        }
        let span = thought.elapsed();
        *thought = Instant::now();
        self.act(span).await
    }

    fn lease(&self) -> Lease {
        let now = self.now();
        Lease {
            host: self.options.host,
            now,
            until: now + TimeDelta::seconds(self.rules.lease_seconds.into()),
        }
    }

    fn now(&self) -> DateTime<Utc> {
        self.stage.clock().now()
    }

    /// Takes in whoever is missing.
    async fn complete(&mut self, wanted: usize, cancel: &CancellationToken) -> PortResult<()> {
        let fixed: Vec<_> = self
            .options
            .names
            .iter()
            .filter(|name| !self.held.contains(name))
            .cloned()
            .collect();
        if !fixed.is_empty() {
            let refused = self.come(&fixed, cancel).await?;
            if let Some(name) = refused.first() {
                return Err(PortError::retryable(
                    &format!("bot '{name}'"),
                    "another living bot has this name",
                ));
            }
        }
        for _ in 0..DRAWS_MAX {
            let missing = wanted.saturating_sub(self.held.len());
            if missing == 0 {
                return Ok(());
            }
            let mut names = HashSet::new();
            while names.len() < missing.min(AT_ONCE) {
                names.insert(self.rules.names.draw(&mut self.roll));
            }
            let names: Vec<_> = names.into_iter().collect();
            self.come(&names, cancel).await?;
        }
        if self.held.len() >= wanted || wanted > AT_ONCE {
            return Ok(());
        }
        Err(PortError::retryable(
            &format!("bots of '{}'", self.options.world),
            "no name is free",
        ))
    }

    /// Lets these come: their inboxes are made, they are in the directory and on the stage, and somebody
    /// listens. Gives those whose names are taken.
    async fn come(&mut self, names: &[Slug], cancel: &CancellationToken) -> PortResult<Vec<Slug>> {
        let mut refused = Vec::new();
        for some in names.chunks(AT_ONCE) {
            let bots: Vec<_> = some
                .iter()
                .map(|name| NewBot {
                    name: name.clone(),
                    dialect: self.options.dialect.clone(),
                    key_digest: None,
                })
                .collect();
            let world = &self.options.world;
            let taken = self
                .stage
                .store()
                .take_in(world, self.lease(), &bots)
                .await?;
            for (name, taken) in some.iter().zip(taken) {
                if taken {
                    self.held.push(name.clone());
                    self.arriving.push(name.clone());
                } else {
                    refused.push(name.clone());
                }
            }
            self.settle_in(cancel).await?;
        }
        Ok(refused)
    }

    /// Makes the inboxes of those who arrive, and acts for them; what fails is tried again at the next turn.
    async fn settle_in(&mut self, cancel: &CancellationToken) -> PortResult<()> {
        if self.arriving.is_empty() {
            return Ok(());
        }
        let name = &self.options.world;
        let Some(world) = self.stage.worlds().get(name) else {
            return Err(PortError::terminal("no such world", name));
        };
        let topology = world.topology_of_bots(&self.arriving);
        self.bus.declare(&topology).await?;
        self.stage.look_for_newcomers(name).await;
        metrics::counter!(metric::BOTS_CAME).increment(self.arriving.len() as u64);
        self.arriving.clear();
        let new = topology.inboxes.into_iter().map(|binding| binding.inbox);
        let inboxes: Vec<_> = new.filter(|i| self.served.insert(i.clone())).collect();
        if inboxes.is_empty() {
            return Ok(());
        }
        let options = CharacterOptions {
            group: crate::cast::group_of(&world),
            world,
            inboxes,
            load: self.options.load,
        };
        let (stage, bus) = (self.stage.clone(), self.bus.clone());
        let role = CharacterRole::new(options, stage, bus, self.relay.clone());
        self.acting.spawn(role.run(cancel.clone()));
        Ok(())
    }

    /// Each bot that is free may open a conversation, and any may leave.
    async fn act(&mut self, span: Duration) -> PortResult<()> {
        let name = self.options.world.clone();
        let Some(world) = self.stage.worlds().get(&name) else {
            return Ok(());
        };
        if self.asked.is_none_or(|asked| asked.elapsed() >= ASK_EVERY) {
            self.busy = self.stage.store().busy(&name).await?;
            self.asked = Some(Instant::now());
        }
        let leaving = Bots::chance_within(self.rules.leaves_per_hour / 60.0, span);
        let opening = Bots::chance_within(self.rules.opens_per_minute, span);
        let (mut left, mut openers) = (Vec::new(), Vec::new());
        for bot in &self.held {
            if self.roll.chance(leaving) {
                left.push(bot.clone());
                continue;
            }
            let talks = self.busy.get(bot.as_str()).copied().unwrap_or(0);
            if talks < self.rules.talks_max && self.roll.chance(opening) {
                openers.push(bot.clone());
            }
        }
        if !openers.is_empty() {
            self.open(&world, openers);
        }
        self.held.retain(|bot| !left.contains(bot));
        self.leaving.append(&mut left);
        self.let_go().await
    }

    fn open(&mut self, world: &World, openers: Vec<Slug>) {
        let all: Vec<Slug> = world.registered().map(|c| c.slug.clone()).collect();
        for bot in openers {
            // Whoever was asked a moment ago may have become busy.
            if self.busy.get(bot.as_str()).copied().unwrap_or(0) >= self.rules.talks_max {
                continue;
            }
            let Ok(permit) = self.opening.clone().try_acquire_owned() else {
                return;
            };
            let Some(other) = self.rules.pick(&all, &self.busy, &mut self.roll) else {
                return;
            };
            if *other == bot {
                continue;
            }
            for name in [&bot, other] {
                *self.busy.entry(name.to_string()).or_default() += 1;
            }
            let request = StartRequest {
                from: Some(bot.to_string()),
                to: Some(other.to_string()),
                key: (self.options.keys)(),
                ..StartRequest::default()
            };
            let (director, world) = (self.director.clone(), world.name.clone());
            tokio::spawn(async move {
                match director.start(&world, request).await {
                    // One of the two has left meanwhile.
                    Ok(_) | Err(DirectorError::UnknownCharacter { .. }) => {}
                    Err(error) => {
                        tracing::warn!(world.name = %world, %error, "a bot could not open a conversation")
                    }
                }
                drop(permit);
            });
        }
    }

    /// Lets leave who is to: what they are in ends, their inboxes go, and their names are free. What fails is
    /// tried again at the next turn.
    async fn let_go(&mut self) -> PortResult<()> {
        if self.leaving.is_empty() {
            return Ok(());
        }
        let name = self.options.world.clone();
        let Some(world) = self.stage.worlds().get(&name) else {
            return Ok(());
        };
        let (store, host) = (self.stage.store().clone(), self.options.host);
        let now = self.now();
        directory::see_off(&world, &self.leaving, &store, &self.bus, now).await?;
        store.let_go(&name, host, &self.leaving).await?;
        for inbox in world.inboxes_of_bots(&self.leaving) {
            self.served.remove(&inbox);
        }
        metrics::counter!(metric::BOTS_LEFT).increment(self.leaving.len() as u64);
        self.leaving.clear();
        self.stage.look_for_newcomers(&name).await;
        Ok(())
    }
}
