//! A lone message's hop: heard, answered, stored, published, heard by the next.
//!
//! A plain client binds a queue of its own to the world's exchange and so hears every envelope when
//! its recipient does. The time between two envelopes of one conversation is one hop: the first
//! reaches the character at its beginning, the second reaches the next one at its end. The measured
//! server is a real process.

use crate::raw::amqp::RawBroker;
use crate::raw::postgres::RawPostgres;
use crate::report::{Figure, Report, Target};
use crate::setting::{House, Servers, Setting, Stageplay, short};
use anyhow::Context;
use futures::StreamExt;
use lapin::options::{BasicConsumeOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Connection, Consumer};
use parlor_ports::director::{Director, StartRequest};
use parlor_sandbox::{Node, NodeOptions, Samples, load};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use uuid::Uuid;

/// Bare round trips and commits after each conversation at idle: taking turns, both see the same
/// moods of the machine.
const BARE: usize = 10;
/// Size of a bare body: about that of a line.
const BODY_BYTES: usize = 450;
/// Envelopes of a conversation of ten: the opening, and every line but the last.
const ENVELOPES: usize = 10;
/// Conversations before it is measured.
const WARM_UP: usize = 20;
/// Conversations of one round at idle, one after the other.
const IDLE: usize = 100;
/// One conversation of ten lines each 50 ms: 200 messages per second.
const START_EVERY: Duration = Duration::from_millis(50);
/// Conversations of one round at load: 10 s.
const LOADED: usize = 200;
/// How long a conversation may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Percentiles of each round, in milliseconds.
#[derive(Default)]
struct Rounds {
    p50: Vec<f64>,
    p99: Vec<f64>,
}

impl Rounds {
    fn add(&mut self, times: Vec<Duration>) {
        let samples: Samples = times.into_iter().collect();
        self.p50.push(samples.quantile(0.5));
        self.p99.push(samples.quantile(0.99));
    }

    fn tell(&self, report: &mut Report, name: &str, p99_max_ms: Option<f64>) {
        let spread = |values: &[f64]| values.iter().copied().collect::<Samples>().spread();
        report.add(Figure::new(format!("{name}, p50"), "ms", spread(&self.p50)));
        let p99 = Figure::new(format!("{name}, p99"), "ms", spread(&self.p99));
        report.add(match p99_max_ms {
            Some(most) => p99.target(Target::AtMost(most)),
            None => p99,
        });
    }
}

/// Measures it.
pub(crate) async fn measure(setting: &Setting, report: &mut Report) -> anyhow::Result<()> {
    let servers = setting.servers("hop").await?;
    let mut bare = Bare {
        broker: RawBroker::open(&servers, &setting.name("hop"), BODY_BYTES).await?,
        postgres: RawPostgres::open(&servers.postgres_url).await?,
    };
    let durability = bare.postgres.durability().await?;
    let (mut trips, mut commits) = (Rounds::default(), Rounds::default());
    let houses = [House::OneProcess, House::Split];
    let mut hops = [(); 2].map(|()| (Rounds::default(), Rounds::default(), Vec::new()));
    for round in 0..setting.rounds {
        for (house, (idle, loaded, ratios)) in houses.into_iter().zip(&mut hops) {
            let play = setting.friends(&format!("hop{round}{}", house as u8), true)?;
            let times = run(setting, &servers, &play, house, &mut bare).await?;
            servers.remove(&play.world.topology()).await?;
            trips.add(times.trips);
            commits.add(times.commits);
            idle.add(times.idle);
            loaded.add(times.loaded);
            let last = |values: &[f64]| values.last().copied().unwrap_or_default();
            ratios.push(last(&idle.p99) / (3.0 * last(&trips.p99) + last(&commits.p99)));
        }
    }
    bare.broker.close().await?;
    servers.end().await?;
    trips.tell(report, "bare broker round trip", None);
    commits.tell(
        report,
        &format!("bare PostgreSQL commit ({durability})"),
        None,
    );
    for (house, (idle, loaded, ratios)) in houses.into_iter().zip(&hops) {
        let name = house.name();
        idle.tell(report, &format!("hop at idle, {name}"), None);
        let ratio = ratios.iter().copied().collect::<Samples>().spread();
        let figure = Figure::new(
            format!("hop p99 at idle ÷ (3 round trips + 1 commit), {name}"),
            "",
            ratio,
        );
        report.add(figure.target(Target::AtMost(1.0)));
        loaded.tell(
            report,
            &format!("hop at 200 messages/s, {name}"),
            Some(50.0),
        );
    }
    Ok(())
}

/// The baselines.
struct Bare {
    broker: RawBroker,
    postgres: RawPostgres,
}

/// Times of one round.
#[derive(Default)]
struct Times {
    trips: Vec<Duration>,
    commits: Vec<Duration>,
    idle: Vec<Duration>,
    loaded: Vec<Duration>,
}

async fn run(
    setting: &Setting,
    servers: &Servers,
    play: &Stageplay,
    house: House,
    bare: &mut Bare,
) -> anyhow::Result<Times> {
    let server = setting.up(servers, play, house).await?;
    let bus = servers.bus(&play.world, &setting.clock).await?;
    // A node that acts for nobody: it opens conversations, as the gateway does.
    let node = Node::start(NodeOptions {
        world: play.world.clone(),
        pace: Duration::ZERO,
        store: servers.store.clone(),
        bus: bus.clone(),
        clock: setting.clock.clone(),
        acts_for: Vec::new(),
        sweeps: false,
    })
    .await?;
    let mut tap = Tap::open(servers, play).await?;
    let starter = Starter {
        director: node.director(),
        world: play.world.name.clone(),
        salt: setting.salt,
    };
    for n in 0..WARM_UP {
        starter.start(n).await?;
        tap.hear(1).await?;
    }
    let mut times = Times::default();
    for n in WARM_UP..WARM_UP + IDLE {
        starter.start(n).await?;
        times.idle.extend(tap.hear(1).await?);
        times.trips.extend(bare.broker.round_trips(BARE).await?);
        let commits = bare.postgres.commits(BARE, BODY_BYTES).await?;
        times.commits.extend(commits);
    }
    times.loaded = at_a_rate(&starter, &mut tap, WARM_UP + IDLE, LOADED).await?;
    load::until_closed(
        &*servers.store,
        &play.world.name,
        Duration::from_millis(20),
        PATIENCE,
    )
    .await?;
    tap.close().await?;
    node.stop().await?;
    bus.close().await;
    server.stop().await?;
    Ok(times)
}

#[derive(Clone)]
struct Starter {
    director: Arc<dyn Director>,
    world: parlor_model::Slug,
    salt: Uuid,
}

impl Starter {
    async fn start(&self, n: usize) -> anyhow::Result<()> {
        let key = Uuid::new_v5(&self.salt, &n.to_le_bytes());
        let request = StartRequest {
            key,
            ..StartRequest::default()
        };
        self.director.start(&self.world, request).await?;
        Ok(())
    }
}

/// Starts conversations at a fixed rate, whether the server keeps up or not.
async fn at_a_rate(
    starter: &Starter,
    tap: &mut Tap,
    first: usize,
    n: usize,
) -> anyhow::Result<Vec<Duration>> {
    let starter = starter.clone();
    let starting = tokio::spawn(async move {
        let mut tick = tokio::time::interval(START_EVERY);
        let mut starts = JoinSet::new();
        for i in first..first + n {
            tick.tick().await;
            let starter = starter.clone();
            starts.spawn(async move { starter.start(i).await });
        }
        while let Some(started) = starts.join_next().await {
            started??;
        }
        anyhow::Ok(())
    });
    let times = tap.hear(n).await;
    starting.await??;
    times
}

/// Hears every envelope of a world.
struct Tap {
    connection: Connection,
    consumer: Consumer,
}

impl Tap {
    async fn open(servers: &Servers, play: &Stageplay) -> anyhow::Result<Self> {
        let topology = play.world.topology();
        let (connection, channel) = servers.channel().await?;
        let queue = short(&format!("{}-tap", play.world.name))?;
        let options = QueueDeclareOptions::exclusive().auto_delete();
        channel
            .queue_declare(queue.clone(), options, FieldTable::default())
            .await?;
        for binding in &topology.inboxes {
            let (exchange, key) = (short(&topology.exchange)?, short(&binding.key)?);
            let options = QueueBindOptions::default();
            channel
                .queue_bind(queue.clone(), exchange, key, options, FieldTable::default())
                .await?;
        }
        let options = BasicConsumeOptions {
            no_ack: true,
            ..BasicConsumeOptions::default()
        };
        let consumer = channel
            .basic_consume(queue, short("tap")?, options, FieldTable::default())
            .await?;
        Ok(Self {
            connection,
            consumer,
        })
    }

    /// Hears `conversations` conversations to their end; gives all hops.
    async fn hear(&mut self, conversations: usize) -> anyhow::Result<Vec<Duration>> {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        let mut heard: HashMap<String, (Instant, usize)> = HashMap::with_capacity(conversations);
        let mut hops = Vec::with_capacity(conversations * ENVELOPES);
        let mut ended = 0;
        while ended < conversations {
            let next = tokio::time::timeout_at(deadline, self.consumer.next()).await;
            let delivery = next
                .with_context(|| {
                    format!("a conversation stands still: {ended} of {conversations} ended")
                })?
                .context("the broker ended the consumer")??;
            let now = Instant::now();
            let headers = delivery.properties.headers().as_ref();
            let subject = headers.and_then(|h| h.inner().get("cloudEvents:subject"));
            let Some(AMQPValue::LongString(subject)) = subject else {
                continue;
            };
            let entry = heard.entry(subject.to_string()).or_insert((now, 0));
            if entry.1 > 0 {
                hops.push(now - entry.0);
            }
            *entry = (now, entry.1 + 1);
            ended += usize::from(entry.1 == ENVELOPES);
        }
        Ok(hops)
    }

    async fn close(self) -> anyhow::Result<()> {
        Ok(self.connection.close(200, short("done")?).await?)
    }
}
