//! Accidents under load: roles that are killed, a broker and a database that go away and come
//! back, a server that crashes over and over. Afterwards every conversation has reached its end,
//! every message is stored exactly once and nothing is left on its way. The counts are printed
//! (`--nocapture`).

use parlor_blackbox::{
    Api, Database, Dice, Instance, Plain, Scratch, Server, Setting, Tally, amqp_url, fresh_name,
    within,
};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

/// Kills of roles, and of a whole server.
const ROLE_KILLS: usize = 50;
const SERVER_KILLS: usize = 20;
/// Longest time between two accidents.
const BETWEEN: Duration = Duration::from_millis(1_500);
/// Who starts conversations at the same time, and how often each.
const PEOPLE: usize = 6;
const START_EVERY: Duration = Duration::from_millis(200);
/// How long everything may take to come to its end after the last accident: a role that was killed
/// often is started again after a growing pause.
const END_WITHIN: Duration = Duration::from_secs(90);

/// One accident at a time: they are to meet the server, not each other.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

#[tokio::test]
async fn roles_killed_fifty_times_lose_and_repeat_nothing() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let scratch = Scratch::new(Setting::Split).await;
    let server = Arc::new(scratch.up(&["--pace", "0", "--quiet"]).await);
    let mut dice = Dice::printed("kills of roles");
    let load = Load::on(&server, &scratch).await;
    for _ in 0..ROLE_KILLS {
        let victim = within(END_WITHIN, "a role that runs", || {
            let roles = server.roles();
            let ready: Vec<_> = roles
                .into_values()
                .filter(|role| role.pid.is_some() && role.address.is_some())
                .collect();
            let victim = (!ready.is_empty()).then(|| dice.pick(&ready).clone());
            async move { victim }
        })
        .await;
        victim.kill();
        dice.moment(BETWEEN).await;
    }
    let started = load.ends().await;
    all_is_well("role kills", ROLE_KILLS, &scratch, &started).await;
}

#[tokio::test]
async fn a_broker_that_restarts_and_crashes_loses_and_repeats_nothing() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let broker = Instance::up(&["rabbitmq"]).await;
    let amqp = broker.url("rabbitmq").to_owned();
    let scratch = Scratch::on(Setting::Split, amqp, Database::fresh().await).await;
    let server = Arc::new(scratch.up(&["--pace", "0", "--quiet"]).await);
    let restarts = outages(&broker, &server, &scratch, &[false, true]).await;
    all_is_well("broker restarts", restarts.0, &scratch, &restarts.1).await;
}

/// And on Kafka, over a crash of the broker, with each role a process of its own.
#[tokio::test]
async fn a_kafka_that_crashes_loses_and_repeats_nothing() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let broker = Instance::up(&["kafka"]).await;
    let bus = format!("kafka://{}?partitions=3", broker.url("kafka"));
    let scratch = Scratch::on(Setting::Split, bus, Database::fresh().await).await;
    let server = Arc::new(scratch.up(&["--pace", "0", "--quiet"]).await);
    let restarts = outages(&broker, &server, &scratch, &[true]).await;
    all_is_well("Kafka crashes", restarts.0, &scratch, &restarts.1).await;
}

#[tokio::test]
async fn a_database_that_restarts_and_crashes_loses_and_repeats_nothing() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let postgres = Instance::up(&["postgres"]).await;
    let database = Database::fresh_on(postgres.url("postgres")).await;
    let scratch = Scratch::on(Setting::Split, amqp_url(), database).await;
    let server = Arc::new(scratch.up(&["--pace", "0", "--quiet"]).await);
    let restarts = outages(&postgres, &server, &scratch, &[false, true, false, true]).await;
    all_is_well("database restarts", restarts.0, &scratch, &restarts.1).await;
}

/// Restarts the servers of `instance` under load; true stands for a crash.
async fn outages(
    instance: &Instance,
    server: &Arc<Server>,
    scratch: &Scratch,
    crashes: &[bool],
) -> (usize, Vec<String>) {
    let mut dice = Dice::printed("restarts");
    let load = Load::on(server, scratch).await;
    for crash in crashes {
        dice.moment(BETWEEN * 2).await;
        instance.restart(*crash).await;
    }
    dice.moment(BETWEEN).await;
    (crashes.len(), load.ends().await)
}

#[tokio::test]
async fn a_server_that_crashes_over_and_over_loses_and_repeats_nothing() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let scratch = Scratch::new(Setting::Embedded).await;
    let mut dice = Dice::printed("kills of the server");
    let mut started = Vec::new();
    for _ in 0..SERVER_KILLS {
        let mut server = scratch.up(&["--pace", "0", "--quiet"]).await;
        let api = server.api().await;
        let path = format!("/api/worlds/{}/conversations", scratch.world.name);
        let load = tokio::spawn(async move {
            let mut started = Vec::new();
            while let Some(id) = start_once(&api, &path, &fresh_name()).await {
                started.push(id);
            }
            started
        });
        dice.moment(BETWEEN / 3).await;
        server.kill();
        started.extend(load.await.unwrap());
    }
    let _server = scratch.up(&["--pace", "0", "--quiet"]).await;
    all_is_well("server kills", SERVER_KILLS, &scratch, &started).await;
}

/// People who start conversations until they are told to stop. Half of them come by the gateway
/// that meets accidents, half by one that stands, so that there is load whatever happens.
struct Load {
    stop: Arc<AtomicBool>,
    people: Vec<JoinHandle<Vec<String>>>,
    _standing: Arc<Server>,
}

impl Load {
    async fn on(server: &Arc<Server>, scratch: &Scratch) -> Self {
        let standing = Arc::new(scratch.role("gateway", &[]).await);
        let stop = Arc::new(AtomicBool::new(false));
        let path = format!("/api/worlds/{}/conversations", scratch.world.name);
        let person = |n: usize| {
            let way = if n.is_multiple_of(2) {
                server
            } else {
                &standing
            };
            tokio::spawn(start_on(way.clone(), path.clone(), stop.clone()))
        };
        Self {
            people: (0..PEOPLE).map(person).collect(),
            stop,
            _standing: standing,
        }
    }

    /// Ends it, and gives the ids of what was started.
    async fn ends(self) -> Vec<String> {
        self.stop.store(true, Ordering::Relaxed);
        let mut started = Vec::new();
        for person in self.people {
            started.extend(person.await.unwrap());
        }
        started
    }
}

async fn start_on(server: Arc<Server>, path: String, stop: Arc<AtomicBool>) -> Vec<String> {
    let mut started = Vec::new();
    let mut tick = interval(START_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !stop.load(Ordering::Relaxed) {
        tick.tick().await;
        // With the key a start whose answer was lost is the same start.
        let key = fresh_name();
        let id = within(END_WITHIN, "a conversation can be started", || async {
            let api = Api::new(server.address_now()?);
            start_once(&api, &path, &key).await
        });
        started.push(id.await);
    }
    started
}

/// Tries to start a conversation; `None` when no answer came, or one that asks to come back.
async fn start_once(api: &Api, path: &str, key: &str) -> Option<String> {
    let request = api
        .request(Method::POST, path)
        .header("idempotency-key", key);
    let answer = Api::try_send(request.json(&json!({})).timeout(Duration::from_secs(10)))
        .await
        .ok()?;
    match answer.status.as_u16() {
        202 => answer.json["conversationId"].as_str().map(str::to_owned),
        503 => None,
        other => panic!("a start is answered by {other}: {}", answer.text),
    }
}

/// Waits for the end of everything, prints the counts, and holds them against what was promised.
async fn all_is_well(accident: &str, count: usize, scratch: &Scratch, started: &[String]) {
    let since = Instant::now();
    let what = "every conversation is over and nothing on its way";
    within(END_WITHIN, what, || async {
        scratch.is_over().await.ok().filter(|over| *over)
    })
    .await;
    let ledger = scratch.ledger().await;
    let tally = ledger.tally();
    println!(
        "{accident}: {count}; conversations {} (of these gossip {}), lines {}, asides {}; \
         open {}, duplicates {}, gaps {}, of wrong length {}; all over {:.1} s after the last",
        tally.conversations,
        tally.side,
        tally.lines,
        tally.asides,
        tally.open,
        tally.duplicates,
        tally.gaps,
        tally.wrong_length,
        since.elapsed().as_secs_f64(),
    );
    assert!(tally.is_flawless(), "{tally:?}");
    assert!(
        started.len() >= count.min(10),
        "there was load: {}",
        started.len()
    );
    each_start_is_there(
        &ledger.talks.keys().map(|id| id.replace('-', "")).collect(),
        started,
        &tally,
    );
    nothing_is_left(scratch).await;
}

fn each_start_is_there(
    stored: &std::collections::HashSet<String>,
    started: &[String],
    tally: &Tally,
) {
    let missing: Vec<_> = started
        .iter()
        .filter(|id| !stored.contains(&id.replace('-', "")))
        .collect();
    assert!(missing.is_empty(), "promised and not stored: {missing:?}");
    // A start whose answer was lost for good may be there besides.
    assert!(
        tally.conversations - tally.side >= started.len(),
        "{tally:?}"
    );
}

/// No inbox holds a message, and nothing was put aside.
async fn nothing_is_left(scratch: &Scratch) {
    let letters = scratch.dead_letters(&["list", "--json"]).await;
    assert_eq!(letters.json_lines(), Vec::<Value>::new());
    // What lies in a topic stays there; how far its group is behind the bus's own tests count.
    if scratch.setting == Setting::Embedded || scratch.amqp().starts_with("kafka") {
        return;
    }
    let plain = Plain::connect(scratch.amqp()).await;
    for who in scratch.world.cast() {
        let queue = scratch.world.queue(who);
        within(
            END_WITHIN,
            &format!("{queue} is empty and has its consumer"),
            || async { (plain.depth(&queue).await == Some((0, 1))).then_some(()) },
        )
        .await;
    }
}
