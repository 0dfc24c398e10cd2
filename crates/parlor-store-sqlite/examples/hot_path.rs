//! Measures the hot path in a file, and bare batched inserts in the same run:
//!
//! ```sh
//! cargo run --release -p parlor-store-sqlite --example hot_path -- [CONVERSATIONS] [WORKERS]
//! ```
//!
//! A step is what a worker does for one delivery: load its scene, commit its line under the guard,
//! put one row into the outbox and clear another. Workers take 64 at a time. The bare baseline
//! inserts the same text into one table with one index, 64 rows per transaction.

use chrono::{DateTime, Utc};
use parlor_model::{
    Clock, Conversation, ConversationId, ConversationKind, ConversationStatus, Effects, Envelope,
    EventBody, EventId, Guard, Message, MessageId, MessageKind, NewMessage, OutboxRow, Slug,
    SpeakerRole, SystemClock,
};
use parlor_ports::store::{Outcome, SceneRequest, StepStore, Upkeep};
use parlor_store_sqlite::{SqliteOptions, SqliteStore};
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// As in the server.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const BATCH: usize = 64;
const LINES: u32 = 10;
const TEXT: &str = "Well, if that isn't the third time this week that somebody took my seat.";

type AnyResult<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[tokio::main]
async fn main() -> AnyResult<()> {
    let mut arguments = std::env::args().skip(1);
    let conversations: u32 = arguments.next().map_or(Ok(20_000), |text| text.parse())?;
    let workers: u32 = arguments.next().map_or(Ok(4), |text| text.parse())?;
    let directory = tempfile::tempdir()?;

    let rows = conversations * LINES;
    let (bare, _) = bare_inserts(&directory.path().join("bare.db"), rows)?;
    report("bare inserts, one index", rows, bare, bare);

    let store = SqliteStore::open(
        SqliteOptions::file(directory.path().join("parlor.db")),
        Arc::new(SystemClock),
    )
    .await?;
    store.migrate().await?;
    let opening = Instant::now();
    let all: Vec<_> = (0..conversations).map(conversation).collect();
    for batch in all.chunks(BATCH) {
        applied(store.commit(batch.iter().map(open).collect()).await?)?;
    }
    report(
        "conversations opened",
        conversations,
        opening.elapsed(),
        bare,
    );
    let stepping = Instant::now();
    let share = all.len().div_ceil(workers.max(1) as usize).max(1);
    let tasks: Vec<_> = all
        .chunks(share)
        .map(|part| tokio::spawn(work(store.clone(), part.to_vec())))
        .collect();
    let mut latencies = Vec::new();
    for task in tasks {
        latencies.extend(task.await??);
    }
    report("steps (scene and commit)", rows, stepping.elapsed(), bare);
    latencies.sort_unstable();
    for (name, share) in [("p50", 50), ("p99", 99), ("max", 100)] {
        let at = (latencies.len() * share / 100).min(latencies.len() - 1);
        println!(
            "  a batch of {BATCH}, {name}: {:.1} ms",
            latencies[at].as_secs_f64() * 1e3
        );
    }
    store.close().await;
    for name in ["bare.db", "parlor.db"] {
        let bytes = std::fs::metadata(directory.path().join(name))?.len();
        println!(
            "  {name}: {:.0} bytes per message",
            bytes as f64 / f64::from(rows)
        );
    }
    Ok(())
}

fn report(what: &str, count: u32, took: Duration, bare: Duration) {
    let rate = f64::from(count) / took.as_secs_f64();
    let ratio = bare.as_secs_f64() / took.as_secs_f64();
    println!(
        "{what}: {count} in {:.2} s, {rate:.0}/s, {ratio:.2} of bare",
        took.as_secs_f64()
    );
}

/// Every line of these conversations, one round after the other, as the bus would hand them out.
async fn work(store: SqliteStore, conversations: Vec<Conversation>) -> AnyResult<Vec<Duration>> {
    let mut latencies = Vec::new();
    for order in 1..=LINES {
        for batch in conversations.chunks(BATCH) {
            let began = Instant::now();
            let requests: Vec<_> = batch.iter().map(|c| request(c, order)).collect();
            let scenes = store.scenes(&requests).await?;
            let known = |scene: &Option<_>| scene.is_some();
            if !scenes.iter().all(known) {
                return Err("a scene is missing".into());
            }
            let now = SystemClock.now();
            applied(
                store
                    .commit(batch.iter().map(|c| step(c, order, now)).collect())
                    .await?,
            )?;
            latencies.push(began.elapsed());
        }
    }
    Ok(latencies)
}

fn applied(outcomes: Vec<Outcome>) -> AnyResult<()> {
    match outcomes.iter().all(|outcome| *outcome == Outcome::Applied) {
        true => Ok(()),
        false => Err("a step was stale".into()),
    }
}

fn conversation(n: u32) -> Conversation {
    Conversation {
        id: ConversationId::derive(Uuid::NAMESPACE_OID, &n.to_string()),
        world: Slug::new("friends").expect("it is a slug"),
        kind: ConversationKind::Duet,
        parent_id: None,
        status: ConversationStatus::Active,
        participants: vec!["Ross".to_owned(), "Rachel".to_owned()],
        topic: Some("the seat by the window".to_owned()),
        exchanges: 0,
        carried: 0,
        created_at: DateTime::UNIX_EPOCH,
        ended_at: None,
    }
}

fn open(conversation: &Conversation) -> Effects {
    Effects {
        guard: Guard::Open,
        opened: vec![conversation.clone()],
        ..Effects::none(EventId(conversation.id.0))
    }
}

fn message_id(conversation: &Conversation, order: u32) -> MessageId {
    MessageId(Uuid::from_u128(
        conversation.id.0.as_u128() ^ u128::from(order),
    ))
}

fn event_id(conversation: &Conversation, order: u32) -> EventId {
    EventId(Uuid::from_u128(
        conversation.id.0.as_u128() ^ (u128::from(order) << 64),
    ))
}

fn request(conversation: &Conversation, order: u32) -> SceneRequest {
    SceneRequest {
        conversation: conversation.id,
        message: (order > 1).then(|| message_id(conversation, order - 1)),
        viewer: "Rachel".to_owned(),
        window: 5,
        recall: 0,
    }
}

fn step(conversation: &Conversation, order: u32, now: DateTime<Utc>) -> Effects {
    let message = Message {
        id: message_id(conversation, order),
        conversation_id: conversation.id,
        parent_id: None,
        conversation_kind: conversation.kind,
        order,
        from: "Ross".to_owned(),
        to: vec!["Rachel".to_owned()],
        text: TEXT.to_owned(),
        kind: MessageKind::Line,
        role: SpeakerRole::Ai,
        sentiment: -0.25,
        heard_from: Vec::new(),
        fallback: false,
        created_at: now,
    };
    let send = OutboxRow {
        inbox: "q-Rachel".to_owned(),
        envelope: Arc::new(Envelope {
            id: event_id(conversation, order),
            world: conversation.world.clone(),
            conversation: conversation.id,
            recipient: Slug::new("rachel").expect("it is a slug"),
            time: now,
            traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned(),
            body: EventBody::Said(message.clone()),
        }),
        due_at: now,
        parked: false,
    };
    let close_at = (order == LINES).then_some(now);
    Effects {
        guard: Guard::Advance {
            conversation: conversation.id,
            exchanges: order - 1,
            close_at,
        },
        messages: vec![NewMessage {
            message,
            audience: conversation.participants.clone(),
            legs: None,
        }],
        sends: vec![send],
        clears: vec![event_id(conversation, order - 1)],
        ..Effects::none(event_id(conversation, order - 1))
    }
}

/// What SQLite does with nothing around it.
fn bare_inserts(path: &std::path::Path, rows: u32) -> rusqlite::Result<(Duration, usize)> {
    let conn = rusqlite::Connection::open(path)?;
    conn.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    conn.execute_batch(
        "PRAGMA synchronous = NORMAL;
         CREATE TABLE messages (id BLOB, conversation INTEGER, ord INTEGER, text TEXT);
         CREATE INDEX messages_by_conversation ON messages (conversation);",
    )?;
    let began = Instant::now();
    let mut insert = conn.prepare("INSERT INTO messages VALUES (?1, ?2, ?3, ?4)")?;
    let mut written = 0;
    for first in (0..rows).step_by(BATCH) {
        conn.execute_batch("BEGIN IMMEDIATE")?;
        for n in first..rows.min(first + BATCH as u32) {
            let id = Uuid::from_u128(u128::from(n));
            let conversations = (rows / LINES).max(1);
            written +=
                insert.execute((id.as_bytes(), n % conversations, n / conversations, TEXT))?;
        }
        conn.execute_batch("COMMIT")?;
    }
    Ok((began.elapsed(), written))
}
