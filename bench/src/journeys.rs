//! Journeys on Kafka and PostgreSQL: how long a move is on its way beyond the pace, and moves per second.
//!
//! The measured world is Hogwarts with `parlor up --split`: every place is a process of its own. Both
//! figures come from what the places themselves wrote: when some left, and when the next place received
//! them, with its reading of the place and its wait for the batch before. The pace keeps the moves at
//! about 500 a second; a move is published when its pace is over, which is after its commit. Where a
//! commit takes longer than the pace, it counts.

use crate::raw::kafka::RawKafka;
use crate::report::{Figure, Report, Target};
use crate::setting::{Servers, Setting, Stageplay, up_args};
use anyhow::{Context, ensure};
use parlor_sandbox::process::address_in;
use parlor_sandbox::{Samples, Scenario, ServerProcess};
use reqwest::Client;
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use toml::{Table, Value as Toml};
use uuid::Uuid;

/// Gateway, relay and seven places.
const ROLES: usize = 9;
/// Groups on their way at once.
const GROUPS: u32 = 21;
/// On the way for so long, they make about 500 moves per second.
const PACE_MS: u32 = 39;
/// Records of the bare round trips, and how many a second.
const TRIPS: usize = 5_000;
const TRIPS_PER_S: u32 = 500;
/// Size of a move until the first run has told the real one.
const BODY_BYTES: usize = 700;
/// How long a run may take.
const PATIENCE: Duration = Duration::from_secs(180);
/// How often its end is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What a run left in the store.
struct Run {
    per_s: f64,
    /// Beyond the pace.
    took: Vec<Duration>,
    body_bytes: usize,
}

/// Figures of all rounds.
#[derive(Default)]
struct Rounds {
    trips: [Vec<f64>; 2],
    hops: [Vec<f64>; 2],
    ratios: [Vec<f64>; 2],
    rates: Vec<f64>,
    bare: Vec<f64>,
    moves: Vec<f64>,
    share: Vec<f64>,
}

/// Measures it.
pub(crate) async fn measure(
    setting: &Setting,
    report: &mut Report,
    moves: u32,
) -> anyhow::Result<()> {
    let brokers = std::env::var("PARLOR_TEST_KAFKA_BROKERS")
        .context("PARLOR_TEST_KAFKA_BROKERS is not set: use bench/run")?;
    let servers = setting.servers("journeys").await?;
    let mut rounds = Rounds::default();
    let mut body_bytes = BODY_BYTES;
    for round in 0..setting.rounds {
        let raw = RawKafka::open(&brokers, &setting.name(&format!("j{round}"))).await?;
        let trips = raw.latencies(TRIPS, TRIPS_PER_S, body_bytes).await?;
        let tokens = usize::try_from(GROUPS)?;
        let bare = raw
            .loop_per_s(usize::try_from(moves)?, tokens, body_bytes)
            .await?;

        let play = hogwarts(setting, &format!("journeys{round}"), moves)?;
        let house = House::up(setting, &servers, &play, &brokers).await?;
        house.run(Duration::ZERO, moves).await?;
        let fast = house.run(Duration::ZERO, moves).await?;
        let pace = Duration::from_millis(PACE_MS.into());
        let steady = house.run(pace, moves).await?;
        house.down().await?;
        crate::raw::kafka::remove(&brokers, play.world.name.as_str()).await?;
        body_bytes = fast.body_bytes;
        rounds.add(trips, bare, &fast, &steady);
    }
    servers.end().await?;
    rounds.tell(report, body_bytes);
    Ok(())
}

impl Rounds {
    fn add(&mut self, trips: Vec<Duration>, bare: f64, fast: &Run, steady: &Run) {
        let trips: Samples = trips.into_iter().collect();
        let hops: Samples = steady.took.iter().copied().collect();
        for (n, quantile) in [0.5, 0.99].into_iter().enumerate() {
            let (trip, hop) = (trips.quantile(quantile), hops.quantile(quantile));
            self.trips[n].push(trip);
            self.hops[n].push(hop);
            self.ratios[n].push(hop / trip);
        }
        self.rates.push(steady.per_s);
        self.bare.push(bare);
        self.moves.push(fast.per_s);
        self.share.push(fast.per_s / bare);
    }

    fn tell(self, report: &mut Report, body_bytes: usize) {
        let spread = |values: &[f64]| values.iter().copied().collect::<Samples>().spread();
        let mut add = |name: &str, unit, values: &[f64], target: Option<Target>| {
            let figure = Figure::new(name, unit, spread(values));
            report.add(match target {
                Some(target) => figure.target(target),
                None => figure,
            });
        };
        let record =
            format!("bare Kafka at {TRIPS_PER_S} records/s ({body_bytes} B): sent to heard");
        let hop = "journeys, eight processes on Kafka: due to received";
        let most = [10.0, 50.0];
        for (n, name) in ["p50", "p99"].into_iter().enumerate() {
            add(&format!("{record}, {name}"), "ms", &self.trips[n], None);
            let target = Some(Target::AtMost(most[n]));
            add(&format!("{hop}, {name}"), "ms", &self.hops[n], target);
            add(
                &format!("{hop} ÷ bare Kafka, {name}"),
                "",
                &self.ratios[n],
                None,
            );
        }
        add("journeys at that pace", "moves/s", &self.rates, None);
        let bare = format!("bare Kafka: consume, produce, commit, {GROUPS} records going round");
        add(&bare, "moves/s", &self.bare, None);
        let name = format!("journeys on Kafka + PostgreSQL, {GROUPS} groups");
        add(&name, "moves/s", &self.moves, None);
        let half = Some(Target::AtLeast(0.5));
        add(&format!("{name} ÷ bare Kafka"), "", &self.share, half);
    }
}

/// Hogwarts under a name of its own, by its rules, for runs of so many moves.
fn hogwarts(setting: &Setting, part: &str, moves: u32) -> anyhow::Result<Stageplay> {
    let name = setting.name(part);
    let scenario = Scenario::bundled("hogwarts")?.named(&name).with(|file| {
        file.remove("trigger");
        if let Some(routing) = file.get_mut("routing").and_then(Toml::as_table_mut) {
            routing.insert("queue".into(), format!("{name}-{{place}}-messages").into());
        }
        let travel = file.get_mut("mechanics").and_then(|m| m.get_mut("travel"));
        if let Some(travel) = travel.and_then(Toml::as_table_mut) {
            travel.remove("mind");
            travel.insert("groups".into(), i64::from(GROUPS).into());
            travel.insert("group_max".into(), 2.into());
            travel.insert("max_moves".into(), i64::from(moves).into());
        }
        let places = file.get_mut("places").and_then(Toml::as_array_mut);
        for place in places.into_iter().flatten().filter_map(Toml::as_table_mut) {
            let place: &mut Table = place;
            place.remove("port");
        }
    });
    let dir = tempfile::tempdir()?;
    Ok(Stageplay {
        world: scenario.world()?,
        file: scenario.write(dir.path())?,
        dir,
    })
}

/// The running processes, and how they are spoken to.
struct House {
    server: parlor_sandbox::process::RunningServer,
    gateway: SocketAddr,
    client: Client,
    world: String,
    postgres_url: String,
}

impl House {
    async fn up(
        setting: &Setting,
        servers: &Servers,
        play: &Stageplay,
        brokers: &str,
    ) -> anyhow::Result<Self> {
        let mut args = up_args(play);
        args.extend(["--bus".into(), format!("kafka://{brokers}")]);
        args.extend(["--store".into(), servers.postgres_url.clone()]);
        args.push("--split".into());
        let mut server = ServerProcess::start(&setting.program, &args, play.dir.path())?;
        let mut gateway = None;
        for _ in 0..ROLES {
            let (line, _) = server
                .line(|line| line.contains(" ready on http://"))
                .await?;
            if line.contains("gateway ready on") {
                gateway = address_in(&line);
            }
        }
        Ok(Self {
            server: server.drain(),
            gateway: gateway.context("the gateway has no address")?,
            client: Client::builder().no_proxy().build()?,
            world: play.world.name.to_string(),
            postgres_url: servers.postgres_url.clone(),
        })
    }

    async fn down(self) -> anyhow::Result<()> {
        self.server.stop().await
    }

    /// A fresh run at this pace, to its end.
    async fn run(&self, pace: Duration, moves: u32) -> anyhow::Result<Run> {
        let world = format!("http://{}/api/worlds/{}", self.gateway, self.world);
        let body = json!({"pace": format!("{}ms", pace.as_millis())});
        let paced = self.client.patch(&world).json(&body).send().await?;
        paced.error_for_status()?;
        let begun = self.client.post(format!("{world}/runs")).send().await?;
        let begun: Value = begun.error_for_status()?.json().await?;
        let id = begun["run"].as_str();
        let id: Uuid = id.context("the run has no id")?.parse()?;
        let mut database = PgConnection::connect(&self.postgres_url).await?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            let sql = "SELECT count(*) FROM moves \
                       WHERE run = $1 AND made_by <> 'start' AND state = 'arrived'";
            let arrived: i64 = sqlx::query_scalar(sql)
                .bind(id)
                .fetch_one(&mut database)
                .await?;
            if arrived >= i64::from(moves) {
                break;
            }
            ensure!(
                Instant::now() < deadline,
                "{arrived} of {moves} moves in {PATIENCE:?}"
            );
            tokio::time::sleep(LOOK_EVERY).await;
        }
        read(&mut database, id, pace).await
    }
}

/// What the places wrote.
async fn read(database: &mut PgConnection, run: Uuid, pace: Duration) -> anyhow::Result<Run> {
    let sql = "SELECT extract(epoch FROM arrived_at - sent_at)::float8, length(data)::bigint, \
               extract(epoch FROM max(arrived_at) OVER () - min(sent_at) OVER ())::float8 \
               FROM moves WHERE run = $1 AND made_by <> 'start'";
    let rows: Vec<(f64, i64, f64)> = sqlx::query_as(sql).bind(run).fetch_all(database).await?;
    let (_, _, all_s) = *rows.first().context("nobody moved")?;
    let took = |s: f64| Duration::from_secs_f64(s.max(0.0)).saturating_sub(pace);
    let bytes: i64 = rows.iter().map(|(_, bytes, _)| bytes).sum();
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let count = rows.len() as f64;
    Ok(Run {
        per_s: count / all_s,
        took: rows.iter().map(|(s, _, _)| took(*s)).collect(),
        body_bytes: usize::try_from(bytes)? / rows.len(),
    })
}
