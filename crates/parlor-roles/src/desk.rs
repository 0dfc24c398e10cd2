//! The desk for bots whose programs run elsewhere, and the role that serves it on the bus.

use crate::directory;
use crate::relay::RelayHandle;
use crate::stage::{Stage, Step};
use async_trait::async_trait;
use bytes::Bytes;
use chrono::TimeDelta;
use parlor_engine::mechanics::bots::Bots;
use parlor_model::{
    ConversationId, Dice, Envelope, EventBody, EventId, Message, MessageId, Opening, Slug, World,
    envelope,
};
use parlor_ports::bus::{Bus, Delivery, Foreign, SubscribeOptions, Verdict};
use parlor_ports::desk::{
    BotDesk, BotReply, BotRequest, DeskError, KeyHolder, LISTED_MAX, ListedBot, ListedInbox,
    Registered,
};
use parlor_ports::director::{Director, DirectorError, StartRequest};
use parlor_ports::directory::{BotRecord, Lease, NewBot};
use parlor_ports::{PortError, PortResult};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Bots of programs from outside in one world, at most.
const FOREIGN_MAX: u64 = 100_000;
/// Longest line, in bytes.
const TEXT_BYTES_MAX: usize = 10_000;
/// Names drawn for a bot that has none.
const DRAWS_MAX: usize = 20;
/// Requests taken from the bus in one go.
const REQUESTS_AT_ONCE: usize = 64;
/// Largest request on the bus, in bytes.
const REQUEST_BYTES_MAX: usize = 128 << 10;

/// The desk.
pub struct Desk {
    stage: Arc<Stage>,
    bus: Arc<dyn Bus>,
    relay: RelayHandle,
    director: Arc<dyn Director>,
    ids: Arc<dyn Fn() -> Uuid + Send + Sync>,
}

impl Desk {
    /// A desk for the worlds on `stage`. `ids` must be random: keys are made of them.
    #[must_use]
    pub fn new(
        stage: Arc<Stage>,
        bus: Arc<dyn Bus>,
        relay: RelayHandle,
        director: Arc<dyn Director>,
        ids: Arc<dyn Fn() -> Uuid + Send + Sync>,
    ) -> Self {
        Self {
            stage,
            bus,
            relay,
            director,
            ids,
        }
    }

    fn world(&self, name: &Slug) -> Result<(Arc<World>, Bots), DeskError> {
        let production = self.stage.production(name);
        let found = production.and_then(|production| {
            let bots = production.engine.bots()?.clone();
            Some((production.engine.world().clone(), bots))
        });
        found.ok_or_else(|| DeskError::refused("no_bots", format!("no bots come to '{name}'")))
    }

    fn lease(&self, host: Uuid, bots: &Bots) -> Lease {
        let now = self.stage.clock().now();
        Lease {
            host,
            now,
            until: now + TimeDelta::seconds(bots.lease_seconds.into()),
        }
    }

    async fn register(&self, world: &Slug, name: Option<String>) -> Result<BotReply, DeskError> {
        let (world, bots) = self.world(world)?;
        let now = self.stage.clock().now();
        let store = self.stage.store();
        if store.bots_count(&world.name, now).await? >= FOREIGN_MAX {
            return Err(DeskError::refused("full", "the directory is full"));
        }
        let wanted = name
            .map(|name| {
                Slug::new(name).map_err(|e| DeskError::refused("invalid_name", e.to_string()))
            })
            .transpose()?;
        let host = (self.ids)();
        let secret = format!("{}{}", (self.ids)().simple(), (self.ids)().simple());
        let mut roll = Dice::new(0, (self.ids)()).roll("name");
        for _ in 0..DRAWS_MAX {
            let name = wanted.clone().unwrap_or_else(|| bots.names.draw(&mut roll));
            let key = format!("{}.{name}.{secret}", world.name);
            let bot = NewBot {
                name: name.clone(),
                dialect: None,
                key_digest: Some(digest(&key)),
            };
            let character = world.foreign_bot(&name);
            if world
                .named(character.name.as_str())
                .is_some_and(|c| c.origin == parlor_model::Origin::World)
            {
                return Err(taken(&name));
            }
            let topology = world.topology_of(character.clone());
            self.bus.declare(&topology).await?;
            let lease = self.lease(host, &bots);
            if store.take_in(&world.name, lease, &[bot]).await? == [true] {
                self.stage.look_for_newcomers(&world.name).await;
                return Ok(BotReply::Registered(Registered {
                    inbox: world.inbox_of(&character),
                    name: name.to_string(),
                    world: world.name.to_string(),
                    key,
                    exchange: world.routing.exchange.clone(),
                    directory: world.inbox_of_directory(),
                    lease_seconds: bots.lease_seconds,
                }));
            }
            if wanted.is_some() {
                return Err(taken(&name));
            }
        }
        Err(DeskError::refused("full", "no name is free"))
    }

    /// The bot that a key speaks for, its lease renewed.
    async fn bot_of(&self, key: &str) -> Result<(Arc<World>, Bots, BotRecord), DeskError> {
        let unknown = || {
            DeskError::refused(
                "unknown_key",
                "this key speaks for nobody: the bot left or was silent for too long; register again",
            )
        };
        let mut parts = key.splitn(3, '.');
        let mut slug = || Slug::new(parts.next().unwrap_or_default()).map_err(|_| unknown());
        let (world, name) = (slug()?, slug()?);
        let (world, bots) = self.world(&world)?;
        let store = self.stage.store();
        let now = self.stage.clock().now();
        let bot = store.bot(&world.name, &name, now).await?;
        let bot = bot
            .filter(|bot| {
                bot.key_digest
                    .as_deref()
                    .is_some_and(|kept| same(kept, &digest(key)))
            })
            .ok_or_else(unknown)?;
        if store.renew_lease(self.lease(bot.host, &bots)).await? {
            Ok((world, bots, bot))
        } else {
            Err(unknown())
        }
    }

    async fn list(
        &self,
        world: &Slug,
        after: Option<String>,
        limit: Option<u32>,
    ) -> Result<(Arc<World>, Vec<BotRecord>, Option<String>), DeskError> {
        let (world, _) = self.world(world)?;
        let after = after
            .map(|name| {
                Slug::new(name).map_err(|e| DeskError::refused("invalid_name", e.to_string()))
            })
            .transpose()?;
        let limit = limit.unwrap_or(LISTED_MAX).clamp(1, LISTED_MAX);
        let now = self.stage.clock().now();
        let store = self.stage.store();
        let mut bots = store
            .bots(&world.name, now, after.as_ref(), limit + 1)
            .await?;
        let shown = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = bots.len() > shown;
        bots.truncate(shown);
        let next = bots.last().filter(|_| more).map(|bot| bot.name.to_string());
        Ok((world, bots, next))
    }

    async fn open(
        &self,
        key: &str,
        to: Option<String>,
        topic: Option<String>,
        text: Option<String>,
    ) -> Result<BotReply, DeskError> {
        let (world, bots, bot) = self.bot_of(key).await?;
        self.stage.look_for_newcomers(&world.name).await;
        let world = self.stage.worlds().get(&world.name).unwrap_or(world);
        let to = match to {
            Some(to) => to,
            None => self.somebody(&world, &bots, &bot.name).await?,
        };
        let request = StartRequest {
            from: Some(bot.name.to_string()),
            to: Some(to),
            topic,
            message: None,
            key: (self.ids)(),
        };
        let started = self
            .director
            .start(&world.name, request)
            .await
            .map_err(refusal)?;
        let id = started.conversation.id;
        if let Some(text) = text {
            let event = opening(&world.name, id, &bot.name, started.conversation.created_at);
            self.step(event, text, false).await?;
        }
        Ok(BotReply::Opened {
            conversation: id.0,
            with: started.with,
        })
    }

    /// Somebody to talk to, by the world's rule.
    async fn somebody(&self, world: &World, bots: &Bots, me: &Slug) -> Result<String, DeskError> {
        let busy = self.stage.store().busy(&world.name).await?;
        let others = world.registered().map(|c| c.slug.clone());
        let others: Vec<_> = others.filter(|other| other != me).collect();
        let mut roll = Dice::new(0, (self.ids)()).roll("pick");
        let picked = bots.pick(&others, &busy, &mut roll);
        picked.map(ToString::to_string).ok_or_else(|| DeskError {
            code: "nobody_is_free",
            detail: "nobody is there who is free to talk: ask again later".to_owned(),
            retryable: true,
        })
    }

    async fn say(&self, key: &str, said: Said) -> Result<BotReply, DeskError> {
        let (world, _, bot) = self.bot_of(key).await?;
        if said.text.trim().is_empty() || said.text.len() > TEXT_BYTES_MAX {
            let detail = format!("a line has 1 to {TEXT_BYTES_MAX} bytes");
            return Err(DeskError::refused("invalid_text", detail));
        }
        let store = self.stage.store();
        let unknown =
            || DeskError::refused("unknown_conversation", "there is no such line to answer");
        let conversation = store.conversation(said.conversation).await?;
        let conversation = conversation
            .filter(|c| {
                c.world == world.name && c.participants.iter().any(|p| *p == *bot.name.as_str())
            })
            .ok_or_else(unknown)?;
        let event = match said.message {
            None => opening(
                &world.name,
                conversation.id,
                &bot.name,
                conversation.created_at,
            ),
            Some(id) => {
                let found = store.inspect(id, Some(conversation.id)).await?;
                let message = found.map(|found| found.message).ok_or_else(unknown)?;
                answered(&world.name, &message, &bot.name, conversation.id)
            }
        };
        self.step(event, said.text, said.last).await?;
        Ok(BotReply::Said {
            conversation: conversation.id.0,
        })
    }

    async fn step(&self, event: Envelope, text: String, last: bool) -> Result<(), DeskError> {
        match self.stage.say(&Arc::new(event), text, last).await {
            Step::Done(sends) => {
                self.relay.send(sends).await;
                Ok(())
            }
            Step::Nothing => Err(DeskError::refused(
                "stale",
                "it was answered before, or the conversation is over",
            )),
            Step::Parked | Step::Waits(_) => Err(DeskError {
                code: "paused",
                detail: "the world is paused: the line comes again when it goes on".to_owned(),
                retryable: true,
            }),
            Step::Refused(reason) => Err(DeskError::refused("refused", reason)),
        }
    }

    async fn leave(&self, key: &str) -> Result<BotReply, DeskError> {
        let (world, _, bot) = self.bot_of(key).await?;
        let names = [bot.name.clone()];
        let store = self.stage.store();
        let now = self.stage.clock().now();
        directory::see_off(&world, &names, store, &self.bus, now).await?;
        store.let_go(&world.name, bot.host, &names).await?;
        Ok(BotReply::Left)
    }
}

/// What a bot says.
struct Said {
    conversation: ConversationId,
    message: Option<MessageId>,
    text: String,
    last: bool,
}

#[async_trait]
impl BotDesk for Desk {
    async fn ask(&self, world: &Slug, request: BotRequest) -> Result<BotReply, DeskError> {
        match request {
            BotRequest::Register { name } => self.register(world, name).await,
            BotRequest::List { after, limit } => {
                let (world, bots, next) = self.list(world, after, limit).await?;
                let busy = self.stage.store().busy(&world.name).await?;
                let listed = bots.into_iter().map(|bot| listed(&world, bot, &busy));
                Ok(BotReply::Bots {
                    items: listed.collect(),
                    next,
                })
            }
            BotRequest::Inboxes { after, limit } => {
                let (world, bots, next) = self.list(world, after, limit).await?;
                let inbox = |bot: &BotRecord| {
                    world.inbox_of(&world.bot_of(
                        bot.name.clone(),
                        bot.dialect.as_deref(),
                        bot.is_foreign(),
                    ))
                };
                let mut names: Vec<_> = bots.iter().map(inbox).collect();
                names.sort_unstable();
                names.dedup();
                let statuses = self.bus.inboxes(&names).await?;
                let items = statuses.into_iter().map(|status| ListedInbox {
                    name: status.name,
                    ready: status.ready,
                    consumers: status.consumers,
                });
                Ok(BotReply::Inboxes {
                    items: items.collect(),
                    next,
                })
            }
            BotRequest::Renew { key } => {
                let (_, bots, _) = self.bot_of(&key).await?;
                Ok(BotReply::Renewed {
                    lease_seconds: bots.lease_seconds,
                })
            }
            BotRequest::Leave { key } => self.leave(&key).await,
            BotRequest::Open {
                key,
                to,
                topic,
                text,
            } => self.open(&key, to, topic, text).await,
            BotRequest::Say {
                key,
                conversation,
                message,
                text,
                last,
            } => {
                let said = Said {
                    conversation: ConversationId(conversation),
                    message: message.map(MessageId),
                    text,
                    last,
                };
                self.say(&key, said).await
            }
        }
    }

    async fn holder(&self, key: &str) -> Result<KeyHolder, DeskError> {
        let (world, bots, bot) = self.bot_of(key).await?;
        // It may have registered in another process.
        let topology = world.topology_of(world.foreign_bot(&bot.name));
        self.bus.declare(&topology).await?;
        Ok(KeyHolder {
            inbox: world.inbox_of(&world.foreign_bot(&bot.name)),
            world: world.name.clone(),
            name: bot.name,
            renew_seconds: (bots.lease_seconds / 4).max(1),
        })
    }
}

fn taken(name: &Slug) -> DeskError {
    DeskError::refused("name_taken", format!("somebody else is called '{name}'"))
}

fn refusal(error: DirectorError) -> DeskError {
    match error {
        DirectorError::Port(error) => error.into(),
        DirectorError::UnknownCharacter { name, .. } => {
            DeskError::refused("unknown_bot", format!("nobody is called '{name}'"))
        }
        other => DeskError::refused("refused", other.to_string()),
    }
}

fn listed(
    world: &World,
    bot: BotRecord,
    busy: &std::collections::HashMap<String, u32>,
) -> ListedBot {
    let foreign = bot.is_foreign();
    let character = world.bot_of(bot.name.clone(), bot.dialect.as_deref(), foreign);
    ListedBot {
        inbox: world.inbox_of(&character),
        busy: busy.get(bot.name.as_str()).copied().unwrap_or(0),
        name: bot.name.to_string(),
        since: bot.since,
        last_seen: bot.last_seen,
        dialect: (!foreign).then_some(character.dialect),
    }
}

/// The event that asks a bot to open a conversation, as the director made it.
fn opening(
    world: &Slug,
    conversation: ConversationId,
    bot: &Slug,
    time: chrono::DateTime<chrono::Utc>,
) -> Envelope {
    let id = EventId::derive(conversation.0, "opening");
    Envelope {
        id,
        world: world.clone(),
        conversation,
        recipient: bot.clone(),
        time,
        traceparent: envelope::traceparent(conversation.0, id),
        body: EventBody::Opening(Opening::default()),
    }
}

/// The event that told a bot of a line, as the step made it.
fn answered(world: &Slug, message: &Message, bot: &Slug, conversation: ConversationId) -> Envelope {
    Envelope::said(world, message, bot, conversation.0)
}

fn digest(key: &str) -> Vec<u8> {
    Sha256::digest(key.as_bytes()).to_vec()
}

/// Whether two digests are the same; takes as long wherever they differ.
fn same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
}

/// Serves the desk on the bus: requests come to the world's inbox of the directory, and each is replied to
/// where it says (`reply-to`, with its `correlation-id`).
pub struct DeskRole {
    world: Slug,
    desk: Arc<Desk>,
}

impl DeskRole {
    /// Serves `desk` for a world.
    #[must_use]
    pub fn new(world: Slug, desk: Arc<Desk>) -> Self {
        Self { world, desk }
    }

    /// Runs until cancelled.
    ///
    /// # Errors
    /// When the bus refuses the subscription for good.
    pub async fn run(self, cancel: CancellationToken) -> PortResult<()> {
        let (world, _) = self
            .desk
            .world(&self.world)
            .map_err(|error| PortError::terminal("no desk", error))?;
        let mut subscription = self
            .desk
            .bus
            .subscribe(SubscribeOptions {
                group: format!("{}-directory", self.world),
                inboxes: vec![world.inbox_of_directory()],
                prefetch: u16::try_from(REQUESTS_AT_ONCE).unwrap_or(u16::MAX),
            })
            .await?;
        let settler = subscription.settler();
        loop {
            let deliveries = tokio::select! {
                () = cancel.cancelled() => return Ok(()),
                deliveries = subscription.next(REQUESTS_AT_ONCE) => deliveries,
            };
            let deliveries = match deliveries {
                Ok(deliveries) => deliveries,
                Err(_) if cancel.is_cancelled() => return Ok(()),
                Err(error) => return Err(error),
            };
            let served = deliveries.into_iter().map(|delivery| self.serve(delivery));
            let ends = futures::future::join_all(served).await;
            if let Err(error) = settler.settle(ends).await {
                tracing::warn!(%error, "some requests could not be ended and come again");
            }
        }
    }

    async fn serve(&self, delivery: Delivery) -> (Delivery, Verdict) {
        let verdict = match &delivery.content {
            Ok(_) => Verdict::DeadLetter("an event is no request to the directory".to_owned()),
            Err(foreign) => self.reply(foreign).await,
        };
        (delivery, verdict)
    }

    async fn reply(&self, request: &Foreign) -> Verdict {
        let outcome = if request.body.len() > REQUEST_BYTES_MAX {
            Err(DeskError::refused(
                "invalid_request",
                "the request is too large",
            ))
        } else {
            match serde_json::from_slice(&request.body) {
                Ok(asked) => self.desk.ask(&self.world, asked).await,
                Err(error) => Err(DeskError::refused("invalid_request", error.to_string())),
            }
        };
        let Some(to) = header(request, "reply-to") else {
            // Nobody waits for an answer.
            return Verdict::Ack;
        };
        if !is_a_place_for_replies(to, &self.world) {
            return Verdict::DeadLetter(format!("replies don't go to '{to}'"));
        }
        let body = Bytes::from(in_json(&outcome).to_string());
        let correlation = header(request, "correlation-id");
        if let Err(error) = self.desk.bus.note(to, correlation, body).await {
            tracing::debug!(%error, "a reply reaches nobody");
        }
        Verdict::Ack
    }
}

/// A reply, or why there is none, as JSON.
#[must_use]
pub fn in_json(outcome: &Result<BotReply, DeskError>) -> Value {
    match outcome {
        Ok(reply) => serde_json::to_value(reply).unwrap_or_default(),
        Err(error) => json!({
            "type": "error", "code": error.code, "detail": error.detail, "retryable": error.retryable,
        }),
    }
}

fn header<'a>(foreign: &'a Foreign, name: &str) -> Option<&'a str> {
    let found = foreign.headers.iter().find(|(known, _)| known == name);
    found.map(|(_, value)| value.as_str())
}

/// Nobody can make the server write into somebody else's inbox.
fn is_a_place_for_replies(to: &str, world: &Slug) -> bool {
    to.starts_with("amq.") || to.starts_with(&format!("{world}.reply."))
}
