//! Connections of people who talk with characters: when and how they end. Behind the door is a table of
//! these tests' own, at which one seat is taken.

use crate::house::{House, counting_ids, house, noon, world};
use async_trait::async_trait;
use futures::{SinkExt, StreamExt};
use metrics_exporter_prometheus::PrometheusBuilder;
use parking_lot::Mutex;
use parlor_gateway::auth::{Signer, SigningKey};
use parlor_gateway::{Auth, ChatLimits, Door, RoleListener, role_router, serve};
use parlor_model::account::{Account, AccountRole, Username};
use parlor_model::world::Access;
use parlor_model::{
    AccountId, ConversationId, ConversationStatus, ManualClock, MessageId, Session, SessionLine,
    SpeakerRole,
};
use parlor_ports::PortResult;
use parlor_ports::accounts::AccountStore;
use parlor_ports::chat::{Chat, ChatError, Join, Joined, Seat, Told, Visitor, Wish};
use parlor_ports::worlds::Worlds;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const TOM: Uuid = Uuid::from_u128(0x70);
const SOON: Duration = Duration::from_secs(20);

/// Where one person sits; what they are told is up to the test.
#[derive(Default)]
struct Table {
    is_full: bool,
    tell: Mutex<Option<mpsc::Sender<Told>>>,
    left: AtomicUsize,
}

#[async_trait]
impl Chat for Table {
    async fn join(&self, join: Join) -> Result<Joined, ChatError> {
        if self.is_full {
            return Err(ChatError::Full("there is one seat, and it is taken"));
        }
        let (tell, told) = mpsc::channel(8);
        *self.tell.lock() = Some(tell);
        let id = match join.wish {
            Wish::New(id) => id,
            Wish::Resume { session, .. } => session,
        };
        Ok(Joined {
            seat: Seat {
                session: id,
                number: 1,
            },
            session: Session {
                id,
                world: join.world,
                character: join.character,
                owner: join.visitor.account,
                username: join.visitor.username,
                title: None,
                status: ConversationStatus::Active,
                lines: 0,
                created_at: noon(),
                updated_at: noon(),
                ended_at: None,
            },
            missed: Vec::new(),
            told,
        })
    }

    async fn say(
        &self,
        _: Seat,
        _: &Visitor,
        id: MessageId,
        text: String,
    ) -> Result<SessionLine, ChatError> {
        Ok(said(id, text))
    }

    async fn leave(&self, _: Seat) {
        self.left.fetch_add(1, Ordering::SeqCst);
    }

    async fn look_for_newcomers(&self) {}

    async fn delete(&self, _: Uuid, _: ConversationId) -> PortResult<bool> {
        Ok(false)
    }

    async fn delete_all(&self, _: Uuid) -> PortResult<u32> {
        Ok(0)
    }
}

fn said(id: MessageId, text: String) -> SessionLine {
    SessionLine {
        id,
        order: 1,
        role: SpeakerRole::Ai,
        text,
        fallback: false,
        at: noon(),
    }
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Somebody who has come in, or was shown the door.
async fn come_in(table: &Arc<Table>, limits: ChatLimits) -> Socket {
    let (house, _) = house();
    let directory = tempfile::tempdir().unwrap();
    let key = SigningKey::load_or_make(directory.path()).unwrap();
    let signer = Signer::new(key, chrono::TimeDelta::minutes(15));
    house.publish_key(signer.public(), noon()).await.unwrap();
    let tom = Account {
        id: AccountId(TOM),
        username: Username::new("tom").unwrap(),
        name: "Tom".to_owned(),
        role: AccountRole::User,
        coins: 0,
        created_at: noon(),
        last_login_at: None,
    };
    let token = signer.sign(&tom, Uuid::nil(), Uuid::nil(), noon());
    let router = role_router(listener(&house, table.clone(), limits));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(listener, router, CancellationToken::new()));
    let url = format!("ws://{address}/ws/ross?token={token}");
    tokio_tungstenite::connect_async(url).await.unwrap().0
}

fn listener(house: &Arc<House>, chat: Arc<Table>, limits: ChatLimits) -> RoleListener {
    let mut friends = (*world("friends", Access::Session, &[])).clone();
    friends.routing.answers = Some("chat.ai.msg".to_owned());
    let clock = Arc::new(ManualClock::new(noon()));
    RoleListener {
        role: "chat-ws".to_owned(),
        store: house.clone(),
        bus: house.clone(),
        metrics: PrometheusBuilder::new().build_recorder().handle(),
        allowed_hosts: Vec::new(),
        trigger: None,
        sign_in: None,
        door: Some(Door {
            worlds: Worlds::new(vec![Arc::new(friends)]),
            chat,
            auth: Auth::new(house.clone(), clock.clone()),
            clock,
            ids: counting_ids(),
            limits,
            text_bytes_max: 100,
            shutdown: CancellationToken::new(),
        }),
    }
}

/// The code with which the connection ends; what comes before is passed over. While it reads, the
/// client answers pings.
async fn end(socket: &mut Socket) -> Option<u16> {
    let ended = async {
        loop {
            match socket.next().await {
                Some(Ok(Message::Close(frame))) => return frame.map(|frame| frame.code.into()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    };
    tokio::time::timeout(SOON, ended).await.expect("it ends")
}

/// A client's own end of the connection has been heard of.
async fn has_left(table: &Table) {
    let left = async {
        while table.left.load(Ordering::SeqCst) == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(SOON, left).await.expect("they leave");
}

#[tokio::test]
async fn who_says_nothing_for_long_is_shown_out() {
    let table = Arc::new(Table::default());
    let limits = ChatLimits {
        ping_every: Duration::from_millis(20),
        idle_max: Duration::from_millis(200),
        ..ChatLimits::default()
    };
    let mut socket = come_in(&table, limits).await;
    assert_eq!(end(&mut socket).await, Some(4408));
    has_left(&table).await;
}

#[tokio::test]
async fn who_answers_no_ping_is_gone() {
    let table = Arc::new(Table::default());
    let limits = ChatLimits {
        ping_every: Duration::from_millis(20),
        silence_max: Duration::from_millis(100),
        ..ChatLimits::default()
    };
    // Pings are answered while frames are read; nobody reads here.
    let _socket = come_in(&table, limits).await;
    has_left(&table).await;
}

#[tokio::test]
async fn who_leaves_frames_unread_is_shown_out_with_a_word() {
    let table = Arc::new(Table::default());
    let mut socket = come_in(&table, ChatLimits::default()).await;
    let text = match socket.next().await.unwrap().unwrap() {
        Message::Text(text) => text,
        other => panic!("{other:?}"),
    };
    assert!(text.contains("\"connection\""), "{text}");
    // What the room does with the seat of somebody whose queue is full.
    drop(table.tell.lock().take());
    assert_eq!(end(&mut socket).await, Some(4409));
    has_left(&table).await;
}

/// The socket itself is full: nobody waits for them longer than the bound.
#[tokio::test]
async fn who_reads_nothing_keeps_a_connection_for_a_while_only() {
    let table = Arc::new(Table::default());
    let limits = ChatLimits {
        send_time_max: Duration::from_millis(300),
        ..ChatLimits::default()
    };
    let _socket = come_in(&table, limits).await;
    let tell = table.tell.lock().take().unwrap();
    let long = "x".repeat(1 << 20);
    let filling = async {
        while tell
            .send(Told::Line(said(MessageId(TOM), long.clone())))
            .await
            .is_ok()
        {}
    };
    tokio::time::timeout(SOON, filling)
        .await
        .expect("nobody hears any more");
    has_left(&table).await;
}

#[tokio::test]
async fn a_session_that_is_deleted_ends_with_a_word() {
    let table = Arc::new(Table::default());
    let mut socket = come_in(&table, ChatLimits::default()).await;
    socket.next().await.unwrap().unwrap();
    let tell = table.tell.lock().take().unwrap();
    tell.send(Told::Gone).await.unwrap();
    assert_eq!(end(&mut socket).await, Some(4410));
}

#[tokio::test]
async fn one_too_many_is_told_so() {
    let table = Arc::new(Table {
        is_full: true,
        ..Table::default()
    });
    let mut socket = come_in(&table, ChatLimits::default()).await;
    assert_eq!(end(&mut socket).await, Some(4429));
}

#[tokio::test]
async fn frames_that_can_not_be_meant_end_a_connection_in_the_end() {
    let table = Arc::new(Table::default());
    let mut socket = come_in(&table, ChatLimits::default()).await;
    socket.send(Message::binary(b"x".to_vec())).await.unwrap();
    assert_eq!(end(&mut socket).await, Some(1003));

    let mut socket = come_in(&table, ChatLimits::default()).await;
    for _ in 0..20 {
        // It may be closed already.
        let _ = socket.send(Message::text("{")).await;
    }
    assert_eq!(end(&mut socket).await, Some(1008));

    let mut socket = come_in(&table, ChatLimits::default()).await;
    let _ = socket.send(Message::text("x".repeat(10_000))).await;
    assert!(matches!(end(&mut socket).await, Some(1009) | None));
}
