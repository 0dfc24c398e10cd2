//! Measures search and recall in a store that holds many messages:
//!
//! ```sh
//! cargo run --release -p parlor-sandbox --example search -- sqlite:DIR/search.db 1000000
//! cargo run --release -p parlor-sandbox --example search -- postgres://.. 1000000 SCHEMA
//! ```
//!
//! Lines are twelve words each of 50,000 made-up ones, spread as words are in languages (the n-th
//! commonest word is said 1/n as often as the commonest), between four characters. A store that
//! holds lines already is measured as it is.

use anyhow::{Context, bail};
use chrono::TimeDelta;
use parlor_model::dice::{Dice, Roll};
use parlor_model::{
    Clock, Conversation, ConversationId, ConversationKind, ConversationStatus, Effects, EventId,
    Guard, Message, MessageId, MessageKind, NewMessage, Slug, SpeakerRole, SystemClock,
};
use parlor_ports::recall::{Question, Sort};
use parlor_ports::store::{SceneRequest, Store};
use parlor_store_postgres::{PostgresOptions, PostgresStore};
use parlor_store_sqlite::{SqliteOptions, SqliteStore};
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

const VOCABULARY: f64 = 50_000.0;
const WORDS: usize = 12;
const LINES: u32 = 10;
const TALKS_AT_ONCE: u32 = 50;
const INDEXED_AT_ONCE: u32 = 1_000;
const TIMES: u32 = 200;
const PAIRS: [[&str; 2]; 4] = [
    ["Ross", "Rachel"],
    ["Rachel", "Joey"],
    ["Joey", "Ross"],
    ["Chandler", "Ross"],
];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments
        .next()
        .context("name a store: sqlite:FILE or postgres://..")?;
    let messages: u32 = arguments
        .next()
        .map_or(Ok(1_000_000), |text| text.parse())?;
    let store = open(&url, arguments.next()).await?;
    store.migrate().await?;
    let world = Slug::new("search")?;
    if store
        .world_messages(&world, None, 1)
        .await?
        .items
        .is_empty()
    {
        fill(&*store, &world, messages / LINES).await?;
    }
    let started = Instant::now();
    let mut indexed = 0;
    loop {
        match store.index_words(INDEXED_AT_ONCE).await? {
            0 => break,
            now => indexed += now,
        }
    }
    println!("{indexed} messages indexed in {:.1?}", started.elapsed());
    measure(&*store, &world).await?;
    store.close().await;
    Ok(())
}

async fn open(url: &str, schema: Option<String>) -> anyhow::Result<Arc<dyn Store>> {
    let clock = Arc::new(SystemClock);
    if url.starts_with("sqlite:") {
        let options: SqliteOptions = url.parse().map_err(anyhow::Error::msg)?;
        return Ok(Arc::new(SqliteStore::open(options, clock).await?));
    }
    if schema.is_none() {
        bail!("name a schema to work in; drop it afterwards");
    }
    let options = PostgresOptions {
        schema,
        ..PostgresOptions::default()
    };
    Ok(Arc::new(PostgresStore::connect(url, options, clock).await?))
}

async fn fill(store: &dyn Store, world: &Slug, talks: u32) -> anyhow::Result<()> {
    let started = Instant::now();
    let mut roll = Dice::new(7, Uuid::nil()).roll("search");
    for first in (0..talks).step_by(TALKS_AT_ONCE as usize) {
        let mut steps = Vec::new();
        for n in first..(first + TALKS_AT_ONCE).min(talks) {
            let talk = talk(world, n);
            steps.push(Effects {
                guard: Guard::Open,
                opened: vec![talk.clone()],
                ..Effects::none(EventId(talk.id.0))
            });
            steps.extend((1..=LINES).map(|order| say(&talk, order, &mut roll)));
        }
        store.commit(steps).await?;
    }
    println!("{talks} conversations stored in {:.1?}", started.elapsed());
    Ok(())
}

fn talk(world: &Slug, n: u32) -> Conversation {
    let pair = PAIRS[n as usize % PAIRS.len()];
    Conversation {
        id: ConversationId(Uuid::from_u128(u128::from(n) + 1)),
        world: world.clone(),
        kind: ConversationKind::Duet,
        parent_id: None,
        status: ConversationStatus::Active,
        participants: pair.map(str::to_owned).to_vec(),
        topic: None,
        exchanges: 0,
        carried: 0,
        created_at: SystemClock.now() - TimeDelta::days(1),
        ended_at: None,
    }
}

/// The n-th commonest word.
fn word(n: u32) -> String {
    format!("w{n}")
}

fn text(roll: &mut Roll) -> String {
    let words: Vec<_> = (0..WORDS)
        .map(|_| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "up to 50,000"
            )]
            let n = VOCABULARY.powf(roll.unit()) as u32;
            word(n)
        })
        .collect();
    words.join(" ")
}

fn say(talk: &Conversation, order: u32, roll: &mut Roll) -> Effects {
    let speaker = (order as usize + 1) % 2;
    let message = Message {
        id: MessageId::derive(talk.id.0, &order.to_string()),
        conversation_id: talk.id,
        parent_id: None,
        conversation_kind: talk.kind,
        order,
        from: talk.participants[speaker].clone(),
        to: vec![talk.participants[1 - speaker].clone()],
        text: text(roll),
        kind: MessageKind::Line,
        role: SpeakerRole::Ai,
        sentiment: roll.unit() * 2.0 - 1.0,
        heard_from: Vec::new(),
        fallback: false,
        created_at: SystemClock.now(),
    };
    Effects {
        guard: Guard::Advance {
            conversation: talk.id,
            exchanges: order - 1,
            close_at: None,
        },
        messages: vec![NewMessage {
            message,
            audience: talk.participants.clone(),
            legs: None,
        }],
        ..Effects::none(EventId::derive(talk.id.0, &format!("say {order}")))
    }
}

async fn measure(store: &dyn Store, world: &Slug) -> anyhow::Result<()> {
    let ask = |words: Vec<String>, sort| Question {
        worlds: vec![world.clone()],
        words,
        sort,
    };
    for (what, ranks) in [
        ("the commonest word", vec![1]),
        ("two of the commonest", vec![1, 2]),
        ("five common ones", vec![5, 10, 20, 40, 80]),
        ("a common and a rare one", vec![1, 30_000]),
        ("one in the middle", vec![100]),
        ("a rare one", vec![30_000]),
    ] {
        for sort in [Sort::Newest, Sort::Best] {
            let mut times = Vec::new();
            let mut found = 0;
            for n in 0..TIMES {
                // Not the same words each time.
                let words = ranks
                    .iter()
                    .map(|rank| word(rank + rank / 100 * n % 300))
                    .collect();
                let started = Instant::now();
                found += store.search(&ask(words, sort), None, 20).await?.items.len();
                times.push(started.elapsed());
            }
            print(&format!("search, {what}, {sort:?}, {found} found"), times);
        }
    }
    recall(store, world).await?;
    let mut times = Vec::new();
    for _ in 0..TIMES {
        let started = Instant::now();
        store.witnessed(world, "Ross", 200).await?;
        times.push(started.elapsed());
    }
    print("what somebody witnessed", times);
    Ok(())
}

async fn recall(store: &dyn Store, world: &Slug) -> anyhow::Result<()> {
    for recall in [0, 3] {
        let mut times = Vec::new();
        let mut recalled = 0;
        for n in 0..TIMES {
            let talk = talk(world, n * 7);
            let request = SceneRequest {
                conversation: talk.id,
                message: Some(MessageId::derive(talk.id.0, "9")),
                viewer: "Ross".to_owned(),
                window: 5,
                recall,
            };
            let started = Instant::now();
            let scenes = store.scenes(&[request]).await?;
            times.push(started.elapsed());
            recalled += scenes
                .iter()
                .flatten()
                .map(|s| s.recalled.len())
                .sum::<usize>();
        }
        print(
            &format!("scene with recall = {recall}, {recalled} recalled"),
            times,
        );
    }
    Ok(())
}

fn print(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    println!("{what:<60} p50 {:>9.2?}  p99 {:>9.2?}", at(50), at(99));
}
