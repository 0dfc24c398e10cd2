//! A world, ports that keep everything in vectors, and a client.

use crate::desk::Desk;
use crate::people::People;
use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::extract::connect_info::MockConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use http_body_util::BodyExt;
use metrics_exporter_prometheus::PrometheusBuilder;
use parking_lot::Mutex;
use parlor_gateway::auth::SigningKey;
use parlor_gateway::{
    Auth, Elsewhere, Gateway, GatewayOptions, Ids, Limits, Ops, SignIn, SignInDesk,
};
use parlor_model::recall::Reminder;
use parlor_model::words;
use parlor_model::world::{
    Access, ExchangeKind, InboxKind, Llm, Memory, Pace, Routing, Template, Topology, Trigger,
    WorldParts,
};
use parlor_model::{
    Character, Conversation, ConversationId, ConversationKind, ConversationStatus, Effects,
    EventId, Incident, ManualClock, Message, MessageId, MessageKind, Move, MoveState, MovedBy,
    Named, OutboxRow, RunId, Slug, SpeakerRole, World,
};
use parlor_ports::bus::{
    Bus, BusCapabilities, DeadLetter, InboxStatus, Outgoing, SubscribeOptions, Subscription,
};
use parlor_ports::catalogue::CatalogueEntry;
use parlor_ports::director::{Director, DirectorError, MoveWish, StartRequest, Started};
use parlor_ports::keys::{KeyDigest, KeyRecord};
use parlor_ports::pacing::Pacing;
use parlor_ports::recall::{Found, Question, Recall, Sort};
use parlor_ports::store::{
    Abandoned, After, Change, Changes, ConversationFilter, Cursor, Happening, Library, OutboxStore,
    Outcome, Page, SceneRecord, SceneRequest, StepStore, Upkeep,
};
use parlor_ports::{PortError, PortResult};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use uuid::Uuid;

/// The conversation that every house has.
pub(crate) const TALK: ConversationId = ConversationId(Uuid::from_u128(0x7a1c));

pub(crate) fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

pub(crate) fn slug(text: &str) -> Slug {
    Slug::new(text).unwrap()
}

pub(crate) fn world(name: &str, access: Access, aliases: &[&str]) -> Arc<World> {
    let character = |name: &str| Character {
        persona: format!("{name}, as ever."),
        traits: BTreeMap::from([("openness".to_owned(), 0.6)]),
        likes: vec!["science".to_owned()],
        catchphrases: vec!["Actually..".to_owned()],
        dialect: "banter".to_owned(),
        ..Character::new(Slug::of_name(name).unwrap(), name)
    };
    Arc::new(World::new(WorldParts {
        name: slug(name),
        title: "Central Perk".to_owned(),
        about: "Friends who can't let a remark go.".to_owned(),
        seed: Some(7),
        access,
        pace: None,
        trigger: Trigger {
            aliases: aliases.iter().map(|alias| (*alias).to_owned()).collect(),
            ..Trigger::default()
        },
        schedule: None,
        routing: Routing {
            inbox: InboxKind::Character,
            exchange: "friends-exchange".to_owned(),
            exchange_kind: ExchangeKind::Direct,
            queue: Template::new("q-{Name}").unwrap(),
            key: Template::new("{Name}").unwrap(),
            answers: None,
        },
        memory: Memory {
            window: 5,
            recall: 0,
        },
        mechanics: match name {
            "friends" | "bots" => BTreeMap::from([
                ("gossip".to_owned(), Value::Null),
                ("bots".to_owned(), serde_json::json!({})),
            ]),
            "club" => BTreeMap::from([("group".to_owned(), serde_json::json!({}))]),
            _ => BTreeMap::from([("gossip".to_owned(), Value::Null)]),
        },
        dialects: BTreeMap::new(),
        llm: Llm::default(),
        cast: ["Ross", "Rachel", "Joey"]
            .into_iter()
            .map(character)
            .collect(),
        places: Vec::new(),
        topics: Vec::new(),
    }))
}

pub(crate) fn conversation(id: ConversationId) -> Conversation {
    Conversation {
        id,
        world: slug("friends"),
        kind: ConversationKind::Duet,
        parent_id: None,
        status: ConversationStatus::Active,
        participants: vec!["Ross".to_owned(), "Rachel".to_owned()],
        topic: Some("the exhibit".to_owned()),
        exchanges: 0,
        carried: 0,
        created_at: noon(),
        ended_at: None,
    }
}

pub(crate) fn message(conversation: ConversationId, order: u32) -> Message {
    Message {
        id: MessageId::derive(conversation.0, &order.to_string()),
        conversation_id: conversation,
        parent_id: None,
        conversation_kind: ConversationKind::Duet,
        order,
        from: "Ross".to_owned(),
        to: vec!["Rachel".to_owned()],
        text: format!("line {order}\nin two parts"),
        kind: MessageKind::Line,
        role: SpeakerRole::Ai,
        sentiment: -0.25,
        heard_from: vec!["Joey".to_owned()],
        fallback: false,
        created_at: noon(),
    }
}

/// Everything in vectors.
#[derive(Default)]
struct Data {
    conversations: Vec<Conversation>,
    messages: Vec<Message>,
    changes: Vec<Change>,
    paused: HashMap<Slug, bool>,
    keys: HashMap<String, String>,
}

/// A store, bus and director whose other side can go away.
#[derive(Default)]
pub(crate) struct House {
    data: Mutex<Data>,
    away: AtomicBool,
    reads: AtomicU64,
    commits: watch::Sender<u64>,
    pub(crate) started: Mutex<Vec<StartRequest>>,
    pub(crate) desk: Desk,
    pub(crate) keys: Mutex<Vec<(KeyRecord, KeyDigest)>>,
    pub(crate) catalogue: Mutex<Vec<CatalogueEntry>>,
    pub(crate) people: Mutex<People>,
}

impl House {
    pub(crate) fn set_away(&self, away: bool) {
        self.away.store(away, Ordering::SeqCst);
    }

    /// How often the log of changes was read.
    pub(crate) fn reads(&self) -> u64 {
        self.reads.load(Ordering::SeqCst)
    }

    /// Writes to the log as another process does: without telling.
    pub(crate) fn happen_elsewhere(&self, world: &str, what: Happening) -> Cursor {
        let mut data = self.data.lock();
        let cursor = Cursor {
            major: 0,
            minor: data.changes.len() as i64 + 1,
        };
        data.changes.push(Change {
            cursor,
            world: slug(world),
            what,
        });
        cursor
    }

    pub(crate) fn happen(&self, world: &str, what: Happening) -> Cursor {
        let cursor = self.happen_elsewhere(world, what);
        self.commits.send_modify(|count| *count += 1);
        cursor
    }

    pub(crate) fn say(&self, conversation: ConversationId, order: u32) -> Cursor {
        let message = message(conversation, order);
        self.data.lock().messages.push(message.clone());
        self.happen("friends", Happening::Message(message))
    }

    pub(crate) fn open(&self, conversation: Conversation) {
        self.data.lock().conversations.push(conversation);
    }

    pub(crate) fn messages(&self) -> Vec<Message> {
        self.data.lock().messages.clone()
    }

    pub(crate) fn ask(&self) -> PortResult<()> {
        if self.away.load(Ordering::SeqCst) {
            return Err(PortError::retryable("the store", "it is away"));
        }
        Ok(())
    }
}

fn page<T: Clone>(all: Vec<T>, after: usize, limit: u32) -> Page<T> {
    let end = (after + limit as usize).min(all.len());
    let items = all.get(after..end).unwrap_or_default().to_vec();
    let next = (end < all.len()).then_some(Cursor {
        major: 0,
        minor: end as i64,
    });
    Page { items, next }
}

fn place(after: Option<Cursor>) -> usize {
    after.map_or(0, |cursor| cursor.minor as usize)
}

#[async_trait]
impl Library for House {
    async fn conversation(&self, id: ConversationId) -> PortResult<Option<Conversation>> {
        self.ask()?;
        Ok(self
            .data
            .lock()
            .conversations
            .iter()
            .find(|c| c.id == id)
            .cloned())
    }

    async fn conversations(
        &self,
        filter: &ConversationFilter,
        after: Option<Cursor>,
        limit: u32,
    ) -> PortResult<Page<Conversation>> {
        self.ask()?;
        let data = self.data.lock();
        let fits = |c: &&Conversation| {
            filter.world.as_ref().is_none_or(|world| *world == c.world)
                && filter.status.is_none_or(|status| status == c.status)
                && filter.kind.is_none_or(|kind| kind == c.kind)
                && filter
                    .parent
                    .is_none_or(|parent| Some(parent) == c.parent_id)
                && filter
                    .among
                    .as_ref()
                    .is_none_or(|all| all.contains(&c.world))
                && filter.participant.as_ref().is_none_or(|name| c.has(name))
        };
        let all = data
            .conversations
            .iter()
            .rev()
            .filter(fits)
            .cloned()
            .collect();
        Ok(page(all, place(after), limit))
    }

    async fn messages(
        &self,
        conversation: ConversationId,
        after: After,
        limit: u32,
    ) -> PortResult<Page<Message>> {
        self.ask()?;
        let data = self.data.lock();
        let all: Vec<_> = data
            .messages
            .iter()
            .filter(|m| m.conversation_id == conversation)
            .cloned()
            .collect();
        let after = match after {
            After::Start => 0,
            After::Cursor(cursor) => cursor.minor as usize,
            After::Order(order) => order as usize,
            After::Message(id) => all.iter().position(|m| m.id == id).map_or(0, |i| i + 1),
        };
        Ok(page(all, after, limit))
    }

    async fn world_messages(
        &self,
        _: &Slug,
        after: Option<Cursor>,
        limit: u32,
    ) -> PortResult<Page<Message>> {
        self.ask()?;
        let all = self.data.lock().messages.iter().rev().cloned().collect();
        Ok(page(all, place(after), limit))
    }
}

#[async_trait]
impl Changes for House {
    async fn changes(&self, after: Cursor, limit: u32) -> PortResult<Vec<Change>> {
        self.ask()?;
        self.reads.fetch_add(1, Ordering::SeqCst);
        let data = self.data.lock();
        let after = (after.minor as usize).min(data.changes.len());
        Ok(data.changes[after..]
            .iter()
            .take(limit as usize)
            .cloned()
            .collect())
    }

    async fn latest_change(&self) -> PortResult<Cursor> {
        self.ask()?;
        Ok(self
            .data
            .lock()
            .changes
            .last()
            .map_or(Cursor::START, |change| change.cursor))
    }

    fn commits(&self) -> watch::Receiver<u64> {
        self.commits.subscribe()
    }
}

#[async_trait]
impl Upkeep for House {
    fn name(&self) -> &'static str {
        "vectors"
    }

    fn is_shared(&self) -> bool {
        false
    }

    async fn pending_migrations(&self) -> PortResult<Vec<String>> {
        Ok(Vec::new())
    }

    async fn migrate(&self) -> PortResult<()> {
        Ok(())
    }

    async fn ping(&self) -> PortResult<()> {
        self.ask()
    }

    async fn close_conversation(
        &self,
        id: ConversationId,
        now: DateTime<Utc>,
    ) -> PortResult<Option<Conversation>> {
        self.ask()?;
        let mut data = self.data.lock();
        Ok(data
            .conversations
            .iter_mut()
            .find(|c| c.id == id)
            .map(|conversation| {
                conversation.status = ConversationStatus::Closed;
                conversation.ended_at.get_or_insert(now);
                conversation.clone()
            }))
    }

    async fn set_paused(&self, world: &Slug, paused: bool, _: DateTime<Utc>) -> PortResult<()> {
        self.ask()?;
        self.data.lock().paused.insert(world.clone(), paused);
        self.happen(world.as_str(), Happening::Paused(paused));
        Ok(())
    }

    async fn is_paused(&self, world: &Slug) -> PortResult<bool> {
        self.ask()?;
        Ok(self
            .data
            .lock()
            .paused
            .get(world)
            .copied()
            .unwrap_or_default())
    }

    async fn remember_key(&self, key: &str, digest: &str, _: DateTime<Utc>) -> PortResult<String> {
        self.ask()?;
        let mut data = self.data.lock();
        Ok(data
            .keys
            .entry(key.to_owned())
            .or_insert_with(|| digest.to_owned())
            .clone())
    }

    async fn close(&self) {}
}

#[async_trait]
impl Recall for House {
    async fn index_words(&self, _: u32) -> PortResult<u32> {
        not_here()
    }

    async fn unindexed_since(&self) -> PortResult<Option<DateTime<Utc>>> {
        not_here()
    }

    async fn search(
        &self,
        question: &Question,
        after: Option<Cursor>,
        limit: u32,
    ) -> PortResult<Page<Found>> {
        self.ask()?;
        let data = self.data.lock();
        let mut found: Vec<_> = data
            .messages
            .iter()
            .filter_map(|message| {
                let known = words::query(&message.text);
                let conversation = data
                    .conversations
                    .iter()
                    .find(|c| c.id == message.conversation_id)?;
                let fits = question.words.iter().all(|word| known.contains(word))
                    && question.worlds.contains(&conversation.world);
                fits.then(|| Found {
                    message: message.clone(),
                    conversation: conversation.clone(),
                })
            })
            .collect();
        if question.sort == Sort::Newest {
            found.reverse();
        }
        Ok(page(found, place(after), limit))
    }

    async fn remind(&self, _: &Reminder) -> PortResult<Vec<Message>> {
        not_here()
    }

    async fn witnessed(&self, _: &Slug, name: &str, limit: u32) -> PortResult<Vec<Message>> {
        self.ask()?;
        let data = self.data.lock();
        let knows = |m: &&Message| m.from == name || m.to.iter().any(|to| to == name);
        let newest_first = data.messages.iter().rev().filter(knows);
        Ok(newest_first.take(limit as usize).cloned().collect())
    }
}

fn not_here<T>() -> PortResult<T> {
    Err(PortError::terminal(
        "the house",
        "the gateway does not need this",
    ))
}

#[async_trait]
impl StepStore for House {
    async fn scenes(&self, _: &[SceneRequest]) -> PortResult<Vec<Option<SceneRecord>>> {
        not_here()
    }

    async fn commit(&self, _: Vec<Effects>) -> PortResult<Vec<Outcome>> {
        not_here()
    }
}

#[async_trait]
impl OutboxStore for House {
    async fn take_outbox(
        &self,
        _: &[Slug],
        _: DateTime<Utc>,
        _: Option<Abandoned>,
        _: u32,
    ) -> PortResult<Vec<OutboxRow>> {
        not_here()
    }

    async fn clear_outbox(&self, _: &[EventId]) -> PortResult<()> {
        not_here()
    }

    async fn outbox_depth(&self, _: &[Slug]) -> PortResult<u64> {
        self.ask()?;
        Ok(3)
    }

    async fn keep_dead_letter(&self, _: DeadLetter, _: Option<OutboxRow>) -> PortResult<()> {
        not_here()
    }

    async fn dead_letters(&self, _: &Slug, _: u32) -> PortResult<Vec<DeadLetter>> {
        not_here()
    }

    async fn take_dead_letters(
        &self,
        _: &Slug,
        _: &[String],
        _: bool,
        _: DateTime<Utc>,
    ) -> PortResult<u64> {
        not_here()
    }
}

#[async_trait]
impl Bus for House {
    fn capabilities(&self) -> BusCapabilities {
        BusCapabilities {
            name: "vectors",
            durable: false,
            shared: false,
        }
    }

    async fn declare(&self, _: &Topology) -> PortResult<()> {
        not_here()
    }

    async fn remove(&self, _: &Slug, _: &[String]) -> PortResult<()> {
        not_here()
    }

    fn forget(&self, _: &Slug, _: &[String]) {}

    async fn note(&self, _: &str, _: Option<&str>, _: Bytes) -> PortResult<()> {
        not_here()
    }

    async fn publish(&self, batch: &[Outgoing]) -> Vec<PortResult<()>> {
        batch.iter().map(|_| not_here()).collect()
    }

    async fn subscribe(&self, _: SubscribeOptions) -> PortResult<Box<dyn Subscription>> {
        not_here()
    }

    async fn inboxes(&self, names: &[String]) -> PortResult<Vec<InboxStatus>> {
        self.ask()?;
        Ok(names.iter().map(|name| self.desk.inbox(name)).collect())
    }

    async fn ping(&self) -> PortResult<()> {
        Ok(())
    }

    async fn dead_letters(&self, _: &Slug, limit: usize) -> PortResult<Vec<DeadLetter>> {
        self.ask()?;
        Ok(self.desk.letters().into_iter().take(limit).collect())
    }

    async fn replay_dead_letters(&self, _: &Slug, ids: &[String]) -> PortResult<u64> {
        self.ask()?;
        Ok(self.desk.take_letters(ids))
    }

    async fn drop_dead_letters(&self, _: &Slug, ids: &[String]) -> PortResult<u64> {
        self.ask()?;
        Ok(self.desk.take_letters(ids))
    }

    async fn close(&self) {}
}

#[async_trait]
impl Director for House {
    async fn start(&self, world: &Slug, request: StartRequest) -> Result<Started, DirectorError> {
        self.ask()?;
        match request.topic.as_deref() {
            Some("panic") => panic!("a handler's mistake"),
            Some("refuse") => return Err(DirectorError::Refused("not today".to_owned())),
            _ => {}
        }
        let id = ConversationId::derive(request.key, "opened");
        let opened = Conversation {
            world: world.clone(),
            ..conversation(id)
        };
        if self.data.lock().conversations.iter().all(|c| c.id != id) {
            self.open(opened.clone());
            self.started.lock().push(request);
        }
        Ok(Started {
            conversation: opened,
            from: "Ross".into(),
            with: "Rachel".into(),
        })
    }

    async fn close(&self, id: ConversationId) -> Result<Conversation, DirectorError> {
        self.close_conversation(id, noon())
            .await?
            .ok_or(DirectorError::UnknownConversation(id))
    }

    async fn set_paused(&self, world: &Slug, paused: bool) -> Result<(), DirectorError> {
        Ok(Upkeep::set_paused(self, world, paused, noon()).await?)
    }

    async fn set_pace(&self, world: &Slug, pace: Pace) -> Result<(), DirectorError> {
        Ok(Pacing::set_pace(self, world, pace, noon()).await?)
    }

    async fn begin_run(&self, _: &Slug, key: Uuid) -> Result<RunId, DirectorError> {
        Ok(RunId::derive(key, "run"))
    }

    async fn send_home(&self, _: &Slug, key: Uuid) -> Result<RunId, DirectorError> {
        Ok(RunId::derive(key, "home"))
    }

    async fn send_by_hand(&self, world: &Slug, wish: MoveWish) -> Result<Move, DirectorError> {
        let named = |name: &str| Named::new(slug(name), name);
        Ok(Move {
            id: EventId::derive(wish.key, "move"),
            world: world.clone(),
            run: RunId::derive(wish.key, "run"),
            group: ConversationId::derive(wish.key, "group"),
            hop: 1,
            left: Some(0),
            from: Some(named("hall")),
            to: named(&wish.to),
            inbox: format!("{}-messages", wish.to),
            characters: wish.who.iter().map(|name| named(name)).collect(),
            incident: Incident::default(),
            by: MovedBy::Hand,
            state: MoveState::Sent,
            sent_at: noon(),
            arrived_at: None,
        })
    }

    fn own_pace(&self, _: &Slug) -> Option<Pace> {
        Some(Pace::new(Duration::from_secs(1)))
    }
}

/// A house with a conversation of three lines, and options of a gateway in front of it.
pub(crate) fn house() -> (Arc<House>, GatewayOptions) {
    let house = Arc::new(House::default());
    house.open(conversation(TALK));
    for order in 1..=3 {
        house.say(TALK, order);
    }
    let options = GatewayOptions {
        worlds: vec![
            world("friends", Access::Open, &["/start-convo-bro"]),
            world("club", Access::Session, &["/knock"]),
        ]
        .into(),
        models: BTreeMap::from([(slug("club"), "gemini:gemini-3-flash".to_owned())]),
        store: house.clone(),
        bus: house.clone(),
        director: house.clone(),
        parley: house.clone(),
        clock: Arc::new(ManualClock::new(noon())),
        ids: counting_ids(),
        metrics: PrometheusBuilder::new().build_recorder().handle(),
        limits: Limits::default(),
        web: true,
        ops: Ops::Loopback,
        sign_in: SignIn::Here(desk(&house)),
        allowed_hosts: vec!["parlor.example".to_owned()],
        chat: None,
        elsewhere: Elsewhere::default(),
        bots: house.clone(),
        shutdown: CancellationToken::new(),
    };
    (house, options)
}

/// Signs people in, with a key of its own.
fn desk(house: &Arc<House>) -> SignInDesk {
    let directory = tempfile::tempdir().unwrap();
    let key = SigningKey::load_or_make(directory.path()).unwrap();
    let auth = Auth::new(house.clone(), Arc::new(ManualClock::new(noon())));
    SignInDesk::new(auth, key, counting_ids())
}

/// Ids 1, 2, 3, ..
pub(crate) fn counting_ids() -> Ids {
    let next = AtomicU64::new(1);
    Arc::new(move || Uuid::from_u128(next.fetch_add(1, Ordering::SeqCst).into()))
}

/// A house and the router of its gateway.
pub(crate) fn app() -> (Arc<House>, Router) {
    let (house, options) = house();
    (
        house,
        called_from(Gateway::new(options).router(), [127, 0, 0, 1]),
    )
}

/// A router that sees this address as its caller's.
pub(crate) fn called_from(router: Router, address: [u8; 4]) -> Router {
    router.layer(MockConnectInfo(SocketAddr::from((address, 40_000))))
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The code of the problem that it is.
    pub(crate) fn code(&self) -> String {
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{}",
            self.text
        );
        let json = self.json();
        assert_eq!(json["status"], self.status.as_u16());
        assert!(!json["detail"].as_str().unwrap().is_empty());
        json["code"].as_str().unwrap().to_owned()
    }
}

pub(crate) async fn send(app: &Router, request: Request<Body>) -> Answer {
    let response = app.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    Answer {
        status: parts.status,
        headers: parts.headers,
        text: String::from_utf8_lossy(&bytes).into_owned(),
    }
}

pub(crate) async fn get(app: &Router, path: &str) -> Answer {
    send(app, Request::get(path).body(Body::empty()).unwrap()).await
}

pub(crate) async fn post(app: &Router, path: &str, body: &str) -> Answer {
    let request = Request::post(path).header("content-type", "application/json");
    send(app, request.body(Body::from(body.to_owned())).unwrap()).await
}
