//! Live events over a real connection.

use crate::house::{House, TALK, conversation, house, message};
use parlor_gateway::{Gateway, GatewayOptions, serve};
use parlor_model::{ConversationId, Message};
use parlor_ports::store::Happening;
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

/// Longest that a test waits for something that should happen.
const DEADLINE: Duration = Duration::from_secs(20);

/// An event as a client sees it.
#[derive(Debug, Clone, PartialEq)]
struct Event {
    id: String,
    name: String,
    data: Value,
}

/// A client with a connection of its own. It speaks HTTP/1.0, so that the answer is not chunked.
struct Client {
    lines: Lines<BufReader<TcpStream>>,
    last_id: String,
    head: Vec<String>,
}

impl Client {
    /// Returns when the head of the answer is here.
    async fn connect(address: SocketAddr, path: &str, last_id: Option<&str>) -> Self {
        let mut socket = TcpStream::connect(address).await.unwrap();
        let last = last_id.map_or(String::new(), |id| format!("Last-Event-ID: {id}\r\n"));
        let request = format!("GET {path} HTTP/1.0\r\nHost: localhost\r\n{last}\r\n");
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut client = Self {
            lines: BufReader::new(socket).lines(),
            last_id: String::new(),
            head: Vec::new(),
        };
        while let Some(line) = client.line().await.filter(|line| !line.is_empty()) {
            client.head.push(line);
        }
        client
    }

    async fn line(&mut self) -> Option<String> {
        tokio::time::timeout(DEADLINE, self.lines.next_line())
            .await
            .expect("in time")
            .unwrap()
    }

    /// The next event, or `None` at the end of the stream.
    async fn event(&mut self) -> Option<Event> {
        let (mut name, mut data) = (String::new(), String::new());
        loop {
            let line = self.line().await?;
            if let Some(id) = line.strip_prefix("id: ") {
                self.last_id = id.to_owned();
            } else if let Some(text) = line.strip_prefix("event: ") {
                name = text.to_owned();
            } else if let Some(text) = line.strip_prefix("data: ") {
                data = text.to_owned();
            } else if line.is_empty() && !data.is_empty() {
                let data = serde_json::from_str(&data).unwrap();
                return Some(Event {
                    id: self.last_id.clone(),
                    name,
                    data,
                });
            }
        }
    }

    /// The orders of the next messages, without reading the rest of them.
    async fn orders(&mut self, count: usize) -> Vec<u64> {
        let mut orders = Vec::new();
        while orders.len() < count {
            let line = self.line().await.expect("more");
            if let Some(id) = line.strip_prefix("id: ") {
                self.last_id = id.to_owned();
            } else if let Some((_, rest)) = line.split_once(r#""order":"#) {
                let number = rest.split(',').next().unwrap_or_default();
                orders.push(number.parse().unwrap());
            }
        }
        orders
    }
}

pub(crate) async fn listen(options: GatewayOptions) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let shutdown = options.shutdown.clone();
    tokio::spawn(serve(listener, Gateway::new(options).router(), shutdown));
    address
}

async fn start() -> (Arc<House>, SocketAddr) {
    let (house, options) = house();
    (house, listen(options).await)
}

#[tokio::test]
async fn a_reader_sees_what_happens_after_it_came() {
    let (house, address) = start().await;
    let mut client = Client::connect(address, "/api/events", None).await;
    assert!(client.head[0].contains("200"), "{:?}", client.head);
    assert!(
        client
            .head
            .contains(&"content-type: text/event-stream".to_owned())
    );
    house.happen("friends", Happening::Opened(conversation(TALK)));
    let cursor = house.say(TALK, 4);
    house.happen("friends", Happening::Closed(conversation(TALK)));
    house.happen("friends", Happening::Paused(true));
    house.happen("friends", Happening::Paused(false));
    let mut names = Vec::new();
    for _ in 0..5 {
        let event = client.event().await.unwrap();
        if event.name == "message" {
            assert_eq!(event.id, cursor.to_string());
            assert_eq!(event.data, serde_json::to_value(message(TALK, 4)).unwrap());
        }
        names.push(event.name);
    }
    let expected = [
        "conversation.opened",
        "message",
        "conversation.closed",
        "world.paused",
        "world.resumed",
    ];
    assert_eq!(names, expected);
}

#[tokio::test]
async fn commits_of_other_processes_are_seen() {
    let (house, address) = start().await;
    let mut client = Client::connect(address, "/api/events", None).await;
    house.happen_elsewhere("friends", Happening::Message(message(TALK, 4)));
    assert_eq!(client.orders(1).await, [4]);
}

#[tokio::test]
async fn a_reader_goes_on_after_its_last_event_id() {
    let (house, address) = start().await;
    let mut client = Client::connect(address, "/api/events?after=0-0", None).await;
    assert_eq!(client.orders(2).await, [1, 2]);
    let last = client.last_id.clone();
    drop(client);
    for order in 4..=600 {
        house.say(TALK, order);
    }
    // The header of a browser that comes back goes before the address that it began with.
    let mut client = Client::connect(address, "/api/events?after=0-0", Some(&last)).await;
    assert_eq!(client.orders(598).await, (3..=600).collect::<Vec<_>>());
    house.say(TALK, 601);
    assert_eq!(client.orders(1).await, [601]);
}

#[tokio::test]
async fn a_reader_cut_before_its_first_event_misses_nothing() {
    let (house, address) = start().await;
    let mut client = Client::connect(address, "/api/events", None).await;
    while client.last_id.is_empty() {
        let line = client.line().await.unwrap();
        client.last_id = line.strip_prefix("id: ").unwrap_or_default().to_owned();
    }
    let last = client.last_id.clone();
    drop(client);
    house.say(TALK, 4);
    let mut client = Client::connect(address, "/api/events", Some(&last)).await;
    assert_eq!(client.orders(1).await, [4]);
}

#[tokio::test]
async fn a_cursor_of_another_database_begins_now() {
    let (house, address) = start().await;
    let mut client = Client::connect(address, "/api/events", Some("0-ffff")).await;
    house.say(TALK, 4);
    assert_eq!(client.orders(1).await, [4]);
}

#[tokio::test]
async fn a_reader_hears_only_what_it_asked_for_and_may_hear() {
    let (house, address) = start().await;
    let other = ConversationId(Uuid::from_u128(5));
    house.open(conversation(other));
    let path = format!("/api/events?conversation={other}");
    let mut one = Client::connect(address, &path, None).await;
    let mut world = Client::connect(address, "/api/events?world=friends", None).await;
    let mut all = Client::connect(address, "/api/events", None).await;
    house.happen("club", Happening::Paused(true));
    house.happen("a-world-of-another-server", Happening::Paused(true));
    house.say(TALK, 7);
    house.say(other, 8);
    assert_eq!(one.orders(1).await, [8]);
    assert_eq!(world.orders(2).await, [7, 8]);
    assert_eq!(all.orders(2).await, [7, 8]);
}

#[tokio::test]
async fn a_silent_stream_says_that_it_is_there() {
    let (_, mut options) = house();
    options.limits.live_keep_alive = Duration::from_millis(20);
    let address = listen(options).await;
    let mut client = Client::connect(address, "/api/events", None).await;
    while client.line().await.expect("a stream without end") != ": still here" {}
}

#[tokio::test]
async fn shutdown_ends_the_streams_at_once() {
    let (_, options) = house();
    let shutdown = options.shutdown.clone();
    let address = listen(options).await;
    let mut client = Client::connect(address, "/api/events", None).await;
    let begun = Instant::now();
    shutdown.cancel();
    assert_eq!(client.event().await, None);
    assert!(begun.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn a_store_that_goes_away_costs_nobody_an_event() {
    let (house, address) = start().await;
    let mut client = Client::connect(address, "/api/events", None).await;
    house.say(TALK, 4);
    assert_eq!(client.orders(1).await, [4]);
    house.set_away(true);
    house.say(TALK, 5);
    let mut refused = Client::connect(address, "/api/events", None).await;
    assert!(refused.head[0].contains("503"), "{:?}", refused.head);
    assert_eq!(refused.event().await, None);
    house.set_away(false);
    assert_eq!(client.orders(1).await, [5]);
}

#[tokio::test]
async fn readers_are_bounded_and_give_their_seats_back() {
    let (_, mut options) = house();
    options.limits.live_readers_max = 1;
    let address = listen(options).await;
    let first = Client::connect(address, "/api/events", None).await;
    let second = Client::connect(address, "/api/events", None).await;
    assert!(second.head[0].contains("503"), "{:?}", second.head);
    drop(first);
    let begun = Instant::now();
    loop {
        let next = Client::connect(address, "/api/events", None).await;
        if next.head[0].contains("200") {
            break;
        }
        assert!(begun.elapsed() < DEADLINE, "the seat was not given back");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn nobody_reads_the_log_while_nobody_listens() {
    let (house, address) = start().await;
    house.say(TALK, 4);
    let mut client = Client::connect(address, "/api/events?after=0-0", None).await;
    assert_eq!(client.orders(4).await, [1, 2, 3, 4]);
    drop(client);
    // The reader is gone once its seat is; from then on no commit leads to a read.
    let mut window = tokio::time::interval(Duration::from_millis(250));
    let quiet = async {
        window.tick().await;
        loop {
            let before = house.reads();
            house.happen("friends", Happening::Paused(true));
            // To see that nothing happens takes a while: more than two polls of the log.
            window.tick().await;
            if house.reads() == before {
                return;
            }
        }
    };
    tokio::time::timeout(DEADLINE, quiet)
        .await
        .expect("the reading to end");
}

/// What is waiting for the slow reader is far more than the ring and all socket buffers hold.
#[tokio::test]
async fn a_slow_reader_holds_up_nobody_and_misses_nothing() {
    const EVENTS: u32 = 20_000;
    let (house, address) = start().await;
    let mut slow = Client::connect(address, "/api/events", None).await;
    let mut fast = Client::connect(address, "/api/events", None).await;
    for order in 4..EVENTS + 4 {
        let text = "la ".repeat(150);
        house.happen(
            "friends",
            Happening::Message(Message {
                text,
                ..message(TALK, order)
            }),
        );
    }
    let all = 4..u64::from(EVENTS) + 4;
    assert!(
        fast.orders(EVENTS as usize)
            .await
            .into_iter()
            .eq(all.clone())
    );
    assert!(slow.orders(EVENTS as usize).await.into_iter().eq(all));
}

/// 100 readers, 2,000 events a second: everybody gets every event, in order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_readers_keep_up_with_2000_events_a_second() {
    const EVENTS: u32 = 6_000;
    let (house, address) = start().await;
    let mut readers = Vec::new();
    for _ in 0..100 {
        let mut client = Client::connect(address, "/api/events", None).await;
        readers.push(tokio::spawn(async move {
            let orders = client.orders(EVENTS as usize).await;
            assert!(orders.iter().copied().eq(4..u64::from(EVENTS) + 4));
            Instant::now()
        }));
    }
    let begun = Instant::now();
    let mut tick = tokio::time::interval(Duration::from_millis(5));
    for order in 4..EVENTS + 4 {
        if order % 10 == 0 {
            tick.tick().await;
        }
        house.say(TALK, order);
    }
    let sent = Instant::now();
    let mut last = sent;
    for reader in readers {
        last = last.max(reader.await.unwrap());
    }
    let lag = last - sent;
    println!(
        "{EVENTS} events to 100 readers: sent in {:?}, all there {lag:?} later",
        sent - begun
    );
    assert!(lag < DEADLINE, "{lag:?}");
    // Everybody shares the readings of one task; alone, each would have read the log themselves.
    assert!(house.reads() < u64::from(EVENTS) * 10, "{}", house.reads());
}
