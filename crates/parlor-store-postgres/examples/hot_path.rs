//! How fast the hot path is: `scenes` and `commit` of batches and of lone steps, next to bare
//! inserts of the same rows into a table with one index, in the same run on the same server.
//!
//! ```text
//! eval "$(tests/services env postgres)"
//! cargo run --release -p parlor-store-postgres --example hot_path [SECONDS]
//! ```

use chrono::{DateTime, Utc};
use parlor_model::{
    Clock, Conversation, ConversationId, ConversationKind, ConversationStatus, Effects, Envelope,
    EventBody, EventId, Guard, Message, MessageId, MessageKind, NewMessage, OutboxRow, Slug,
    SpeakerRole, SystemClock, envelope,
};
use parlor_ports::store::{Outcome, SceneRequest, StepStore, Upkeep};
use parlor_store_postgres::{PostgresOptions, PostgresStore};
use sqlx::postgres::PgBindIterExt;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

const BATCH: usize = 64;
/// Lines of a conversation, as in the Friends world.
const LINES: u32 = 10;
const TEXT: &str = "So there I was, at the coffee house, and guess who walks in with MY sandwich?";

type AnyResult<T> = Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> AnyResult<()> {
    let url = std::env::var("PARLOR_TEST_POSTGRES_URL").map_err(
        |_| "PARLOR_TEST_POSTGRES_URL is not set: run  eval \"$(tests/services env postgres)\"",
    )?;
    let seconds = std::env::args().nth(1).map_or(Ok(5), |text| text.parse())?;
    let time = Duration::from_secs(seconds);
    let schema = format!("hot_path_{}", std::process::id());
    let options = PostgresOptions {
        schema: Some(schema.clone()),
        ..PostgresOptions::default()
    };
    let store = PostgresStore::connect(&url, options, Arc::new(SystemClock)).await?;
    store.migrate().await?;
    let mut bare = Bare::new(&url, &schema).await?;

    let result = measure(&store, &mut bare, time).await;

    store.close().await;
    sqlx::raw_sql(AssertSqlSafe(format!("DROP SCHEMA {schema} CASCADE")))
        .execute(&mut bare.connection)
        .await?;
    result
}

async fn measure(store: &PostgresStore, bare: &mut Bare, time: Duration) -> AnyResult<()> {
    let mut talks = Talks::default();
    // The first steps prepare statements and warm the caches.
    talks.run(store, BATCH, Duration::from_secs(1)).await?;
    bare.run(BATCH, Duration::from_secs(1)).await?;

    for batch in [BATCH, 1] {
        let rows = bare.run(batch, time).await?;
        let steps = talks.run(store, batch, time).await?;
        println!("batches of {batch}");
        rows.print("bare inserts");
        steps.print("scenes + commit");
        println!(
            "  times as long as bare: {:.2}",
            steps.quantile_ms(50) / rows.quantile_ms(50)
        );
    }
    Ok(())
}

/// What a run took.
#[derive(Default)]
struct Run {
    items: usize,
    took: Vec<Duration>,
}

impl Run {
    fn per_second(&self) -> f64 {
        let total: Duration = self.took.iter().sum();
        f64::from(u32::try_from(self.items).unwrap_or(u32::MAX)) / total.as_secs_f64()
    }

    fn quantile_ms(&self, percent: usize) -> f64 {
        let mut sorted = self.took.clone();
        sorted.sort_unstable();
        sorted
            .get(sorted.len() * percent / 100)
            .map_or(0.0, |d| d.as_secs_f64() * 1e3)
    }

    /// The tenth percentile is what a machine shows that does nothing else.
    fn print(&self, what: &str) {
        let [p10, p50, p99] = [10, 50, 99].map(|percent| self.quantile_ms(percent));
        let rate = self.per_second();
        println!("  {what:<16} {rate:>7.0}/s   p10 {p10:.2} ms, p50 {p50:.2}, p99 {p99:.2}");
    }
}

/// The same rows into a table with one index.
struct Bare {
    connection: PgConnection,
    rows: u128,
}

impl Bare {
    async fn new(url: &str, schema: &str) -> AnyResult<Self> {
        let mut connection = PgConnection::connect(url).await?;
        let sql = format!(
            "SET search_path = {schema};
             CREATE TABLE bare (conversation_id uuid NOT NULL, position bigint NOT NULL, id uuid,
                sender text, recipients text, body text, kind text, sentiment float8,
                created_at timestamptz, PRIMARY KEY (conversation_id, position))"
        );
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut connection)
            .await?;
        Ok(Self {
            connection,
            rows: 0,
        })
    }

    async fn run(&mut self, batch: usize, time: Duration) -> AnyResult<Run> {
        let (mut run, began) = (Run::default(), Instant::now());
        while began.elapsed() < time {
            let ids: Vec<Uuid> = (0..batch as u128)
                .map(|n| Uuid::new_v5(&Uuid::NAMESPACE_OID, &(self.rows + n).to_be_bytes()))
                .collect();
            self.rows += batch as u128;
            let start = Instant::now();
            self.insert(&ids).await?;
            run.took.push(start.elapsed());
            run.items += batch;
        }
        Ok(run)
    }

    async fn insert(&mut self, ids: &[Uuid]) -> AnyResult<()> {
        let now = SystemClock.now();
        sqlx::query(
            "INSERT INTO bare SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::text[],
                $5::text[], $6::text[], $7::text[], $8::float8[], $9::timestamptz[])",
        )
        .bind(ids)
        .bind(ids.iter().map(|_| 1_i64).bind_iter())
        .bind(ids)
        .bind(ids.iter().map(|_| "Ross").bind_iter())
        .bind(ids.iter().map(|_| "Rachel").bind_iter())
        .bind(ids.iter().map(|_| TEXT).bind_iter())
        .bind(ids.iter().map(|_| "line").bind_iter())
        .bind(ids.iter().map(|_| 0.25_f64).bind_iter())
        .bind(ids.iter().map(|_| now).bind_iter())
        .execute(&mut self.connection)
        .await?;
        Ok(())
    }
}

/// Conversations on their way: ten batches take turns, each through its ten lines, then new ones.
#[derive(Default)]
struct Talks {
    opened: u128,
    waiting: std::collections::VecDeque<(Vec<Conversation>, u32)>,
}

impl Talks {
    /// Steps until `time` is over; opening conversations is not counted.
    async fn run(&mut self, store: &PostgresStore, batch: usize, time: Duration) -> AnyResult<Run> {
        self.waiting.retain(|(talks, _)| talks.len() == batch);
        let mut run = Run::default();
        let mut total = Duration::ZERO;
        while total < time {
            if self.waiting.len() < 10 {
                let opened = self.open(store, batch).await?;
                self.waiting.push_back((opened, 0));
                continue;
            }
            let Some((talks, line)) = self.waiting.pop_front() else {
                continue;
            };
            let took = step(store, &talks, line + 1).await?;
            total += took;
            run.took.push(took);
            run.items += batch;
            if line + 1 < LINES {
                self.waiting.push_back((talks, line + 1));
            }
        }
        Ok(run)
    }

    async fn open(&mut self, store: &PostgresStore, count: usize) -> AnyResult<Vec<Conversation>> {
        let now = SystemClock.now();
        let talks: Vec<_> = (0..count)
            .map(|_| {
                self.opened += 1;
                conversation(self.opened, now)
            })
            .collect::<AnyResult<_>>()?;
        let opening = |talk: &Conversation| Effects {
            guard: Guard::Open,
            opened: vec![talk.clone()],
            ..Effects::none(EventId::derive(talk.id.0, "open"))
        };
        store.commit(talks.iter().map(opening).collect()).await?;
        Ok(talks)
    }
}

/// Loads the scenes and commits one line of each.
async fn step(store: &PostgresStore, talks: &[Conversation], line: u32) -> AnyResult<Duration> {
    let now = SystemClock.now();
    let effects = talks
        .iter()
        .map(|talk| effects(talk, line, now))
        .collect::<AnyResult<Vec<_>>>()?;
    let requests: Vec<_> = talks
        .iter()
        .map(|talk| SceneRequest {
            conversation: talk.id,
            message: (line > 1).then(|| message_id(talk, line - 1)),
            viewer: talk.participants[usize::from(line.is_multiple_of(2))].clone(),
            window: 5,
            recall: 0,
        })
        .collect();
    let start = Instant::now();
    let scenes = store.scenes(&requests).await?;
    let outcomes = store.commit(effects).await?;
    let took = start.elapsed();
    if scenes
        .iter()
        .flatten()
        .any(|scene| scene.conversation.exchanges != line - 1)
        || outcomes.iter().any(|outcome| *outcome != Outcome::Applied)
    {
        return Err("a step was not as expected".into());
    }
    Ok(took)
}

fn conversation(n: u128, now: DateTime<Utc>) -> AnyResult<Conversation> {
    Ok(Conversation {
        id: ConversationId(Uuid::new_v5(&Uuid::NAMESPACE_URL, &n.to_be_bytes())),
        world: Slug::new("friends")?,
        kind: ConversationKind::Duet,
        parent_id: None,
        status: ConversationStatus::Active,
        participants: vec!["Ross".to_owned(), "Rachel".to_owned()],
        topic: Some("a sandwich".to_owned()),
        exchanges: 0,
        carried: 0,
        created_at: now,
        ended_at: None,
    })
}

fn message_id(talk: &Conversation, line: u32) -> MessageId {
    MessageId::derive(talk.id.0, &format!("line {line}"))
}

fn event_id(talk: &Conversation, line: u32) -> EventId {
    EventId::derive(talk.id.0, &format!("event {line}"))
}

/// One line: the message, the envelope that tells the other one, and the former envelope cleared.
fn effects(talk: &Conversation, line: u32, now: DateTime<Utc>) -> AnyResult<Effects> {
    let speaker = usize::from(line.is_multiple_of(2));
    let from = talk.participants[speaker].clone();
    let to = talk.participants[1 - speaker].clone();
    let message = Message {
        id: message_id(talk, line),
        conversation_id: talk.id,
        parent_id: None,
        conversation_kind: talk.kind,
        order: line,
        from,
        to: vec![to.clone()],
        text: TEXT.to_owned(),
        kind: MessageKind::Line,
        role: SpeakerRole::Ai,
        sentiment: 0.25,
        heard_from: Vec::new(),
        fallback: false,
        created_at: now,
    };
    let id = event_id(talk, line);
    let envelope = Envelope {
        id,
        world: talk.world.clone(),
        conversation: talk.id,
        recipient: Slug::of_name(&to).ok_or("a name without letters")?,
        time: now,
        traceparent: envelope::traceparent(talk.id.0, id),
        body: EventBody::Said(message.clone()),
    };
    Ok(Effects {
        guard: Guard::Advance {
            conversation: talk.id,
            exchanges: line - 1,
            close_at: (line == LINES).then_some(now),
        },
        messages: vec![NewMessage {
            message,
            audience: talk.participants.clone(),
            legs: None,
        }],
        sends: vec![OutboxRow {
            inbox: format!("q-{to}"),
            envelope: Arc::new(envelope),
            due_at: now,
            parked: false,
        }],
        clears: vec![event_id(talk, line - 1)],
        ..Effects::none(id)
    })
}
