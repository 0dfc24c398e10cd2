//! People talk with characters: the whole way, on the embedded bus, SQLite and a cache in memory.

use parlor_bus::EmbeddedBus;
use parlor_cache::MemoryCache;
use parlor_model::account::{Account, AccountRole};
use parlor_model::{
    AccountId, Clock, ConversationId, ConversationStatus, MessageId, SessionLine, Slug,
    SpeakerRole, SystemClock, World,
};
use parlor_ports::accounts::PasswordHash;
use parlor_ports::bus::Bus;
use parlor_ports::cache::{Cache, Holder};
use parlor_ports::chat::{Chat, ChatError, Join, Joined, Told, Visitor, Wish};
use parlor_ports::store::{Store, Upkeep};
use parlor_roles::character::Load;
use parlor_roles::chat::{
    DispatcherOptions, DispatcherRole, Hub, LocalCourier, MindOptions, MindRole, Room, RoomOptions,
    RoomParts,
};
use parlor_roles::{Relay, RelayOptions, Stage};
use parlor_sandbox::Scenario;
use parlor_sandbox::scenario::production;
use parlor_store_sqlite::{SqliteOptions, SqliteStore};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// No wait takes longer, on a slow machine either.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server in which people talk with characters. Dropping it is a crash.
struct Server {
    room: Arc<Room>,
    store: Arc<dyn Store>,
    tasks: JoinSet<()>,
}

struct Place {
    dir: TempDir,
    world: Arc<World>,
}

impl Place {
    fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            world: Scenario::bundled("companions").unwrap().world().unwrap(),
        }
    }

    async fn start(&self, cache: Arc<dyn Cache>, options: RoomOptions) -> Server {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let file = SqliteOptions::file(self.dir.path().join("parlor.db"));
        let store = SqliteStore::open(file, clock.clone()).await.unwrap();
        store.migrate().await.unwrap();
        let store: Arc<dyn Store> = Arc::new(store);
        let account = Account {
            id: AccountId(ann().account),
            username: ann().username.parse().unwrap(),
            name: "Ann".to_owned(),
            role: AccountRole::User,
            coins: 0,
            created_at: clock.now(),
            last_login_at: None,
        };
        // From the second start on it is there.
        let nobodys = PasswordHash("no hash".to_owned());
        store.create_account(&account, &nobodys).await.unwrap();
        let bus: Arc<dyn Bus> = Arc::new(EmbeddedBus::new(store.clone(), clock.clone()));
        bus.declare(&self.world.topology()).await.unwrap();
        let productions = vec![production(&self.world, Duration::ZERO).unwrap()];
        let stage = Arc::new(Stage::new(productions, store.clone(), clock, false));
        let sweeps = vec![self.world.name.clone()];
        let (service, relay) = Relay::new(stage.clone(), bus.clone(), RelayOptions { sweeps });
        let hub = Arc::new(Hub::default());
        let here = Holder {
            instance: Uuid::from_u128(1),
            address: "here".to_owned(),
        };
        let courier = LocalCourier {
            here: here.clone(),
            hub: hub.clone(),
            others: None,
        };
        let parts = RoomParts {
            stage,
            relay,
            cache,
            hub,
            here,
            courier: Arc::new(courier),
        };
        let (room, writing) = Room::new(parts.clone(), options);
        let (world, load) = (self.world.name.clone(), Load::default());
        let never = CancellationToken::new();
        let mut tasks = JoinSet::new();
        tasks.spawn(service.run(never.clone()));
        tasks.spawn(writing);
        tasks.spawn(room.clone().watch(never.clone()));
        let options = MindOptions {
            world: world.clone(),
            load,
        };
        let mind = MindRole::new(options, parts.clone(), bus.clone());
        let stop = never.clone();
        tasks.spawn(async move { mind.run(stop).await.unwrap() });
        let dispatcher = DispatcherRole::new(DispatcherOptions { world, load }, parts, bus);
        tasks.spawn(async move { dispatcher.run(never).await.unwrap() });
        Server { room, store, tasks }
    }
}

fn ann() -> Visitor {
    Visitor {
        account: Uuid::from_u128(0xa),
        username: "ann".to_owned(),
    }
}

fn session() -> ConversationId {
    ConversationId(Uuid::from_u128(0x5e))
}

fn line(n: u128) -> MessageId {
    MessageId(Uuid::from_u128(n))
}

fn join(visitor: Visitor, wish: Wish) -> Join {
    Join {
        visitor,
        world: Slug::new("companions").unwrap(),
        character: Slug::new("tony-stark").unwrap(),
        wish,
        pieces: false,
    }
}

async fn joined(server: &Server, wish: Wish) -> Joined {
    server.room.join(join(ann(), wish)).await.unwrap()
}

async fn say(server: &Server, tab: &Joined, n: u128, text: &str) -> Result<SessionLine, ChatError> {
    let ann = ann();
    let said = server.room.say(tab.seat, &ann, line(n), text.to_owned());
    said.await
}

/// The next line that somebody is told.
async fn heard(joined: &mut Joined) -> SessionLine {
    loop {
        let told = tokio::time::timeout(PATIENCE, joined.told.recv()).await;
        match told.expect("a line should have come").expect("a seat") {
            Told::Line(line) => return line,
            Told::Typing | Told::Piece { .. } => {}
            Told::Gone => panic!("the session is there"),
        }
    }
}

fn orders(lines: &[SessionLine]) -> Vec<u32> {
    lines.iter().map(|line| line.order).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_is_answered_in_every_tab_cc16_cc32() {
    let place = Place::new();
    let cache: Arc<dyn Cache> = Arc::new(MemoryCache::default());
    let server = place.start(cache.clone(), RoomOptions::default()).await;
    let mut tab = joined(&server, Wish::New(session())).await;
    let resume = Wish::Resume {
        session: session(),
        after: None,
    };
    let mut other_tab = joined(&server, resume).await;

    let said = say(&server, &tab, 1, "Hello, Tony!").await;
    assert_eq!(said.unwrap().order, 1);
    for tab in [&mut tab, &mut other_tab] {
        let echo = heard(tab).await;
        assert_eq!(
            (echo.role, echo.text.as_str()),
            (SpeakerRole::User, "Hello, Tony!")
        );
        let answer = heard(tab).await;
        assert_eq!((answer.role, answer.order), (SpeakerRole::Ai, 2));
        assert_eq!(answer.id, SessionLine::answer_id(line(1)));
        assert!(!answer.text.is_empty());
    }
    let stored = server.store.session_lines(session(), 0, 10).await.unwrap();
    assert_eq!(orders(&stored), [1, 2]);
    assert_eq!(cache.lines(session(), 2, 5).await.unwrap(), Some(stored));

    server.room.leave(tab.seat).await;
    let held = server.store.session(session()).await.unwrap().unwrap();
    assert_eq!(held.status, ConversationStatus::Active);
    assert_eq!(held.title.as_deref(), Some("Hello, Tony!"));
    server.room.leave(other_tab.seat).await;
    let left = server.store.session(session()).await.unwrap().unwrap();
    assert_eq!(left.status, ConversationStatus::Closed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_said_before_a_crash_is_answered_after_it() {
    let place = Place::new();
    let cache: Arc<dyn Cache> = Arc::new(MemoryCache::default());
    let mut server = place.start(cache, RoomOptions::default()).await;
    let tab = joined(&server, Wish::New(session())).await;
    for n in 1..=20 {
        say(&server, &tab, n, &format!("line {n}")).await.unwrap();
    }
    server.tasks.shutdown().await;

    // Nothing is left but the store.
    let cache: Arc<dyn Cache> = Arc::new(MemoryCache::default());
    let server = place.start(cache, RoomOptions::default()).await;
    let resume = Wish::Resume {
        session: session(),
        after: Some(line(1)),
    };
    let mut tab = joined(&server, resume).await;
    let mut seen = tab.missed.clone();
    while seen.len() < 39 {
        seen.push(heard(&mut tab).await);
    }
    assert_eq!(orders(&seen), (2..=40).collect::<Vec<_>>());
    let stored = server.store.session_lines(session(), 0, 100).await.unwrap();
    let answers = stored.iter().filter(|line| line.role == SpeakerRole::Ai);
    let mut answered: Vec<_> = answers.map(|answer| answer.id).collect();
    answered.sort();
    let mut expected: Vec<_> = (1..=20).map(|n| SessionLine::answer_id(line(n))).collect();
    expected.sort();
    assert_eq!(answered, expected, "each line has one answer");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_joins_what_is_not_theirs() {
    let place = Place::new();
    let cache: Arc<dyn Cache> = Arc::new(MemoryCache::default());
    let options = RoomOptions {
        lines_per_minute_max: 2,
        ..RoomOptions::default()
    };
    let server = place.start(cache, options).await;
    let mut tab = joined(&server, Wish::New(session())).await;

    let ben = Visitor {
        account: Uuid::from_u128(0xb),
        username: "ann".to_owned(),
    };
    let wish = Wish::Resume {
        session: session(),
        after: None,
    };
    let refused = server.room.join(join(ben, wish)).await.err();
    assert_eq!(refused, Some(ChatError::UnknownSession(session())));
    let stranger = Join {
        character: Slug::new("nobody").unwrap(),
        ..join(ann(), Wish::New(session()))
    };
    let refused = server.room.join(stranger).await.err();
    assert_eq!(
        refused,
        Some(ChatError::UnknownCharacter("nobody".to_owned()))
    );

    for n in 1..=2 {
        say(&server, &tab, n, "hi").await.unwrap();
    }
    let too_fast = say(&server, &tab, 3, "hi").await;
    assert!(matches!(too_fast, Err(ChatError::TooFast(_))));

    assert_eq!(server.room.delete(ann().account, session()).await, Ok(true));
    loop {
        let told = tokio::time::timeout(PATIENCE, tab.told.recv()).await;
        if told.expect("the seat should have ended") == Some(Told::Gone) {
            break;
        }
    }
    let gone = say(&server, &tab, 4, "hi").await;
    assert_eq!(gone, Err(ChatError::UnknownSession(session())));
    assert_eq!(server.store.session(session()).await, Ok(None));
}
