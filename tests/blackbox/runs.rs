//! Runs among accidents: workers are killed, PostgreSQL crashes, several processes share a run. Whatever
//! happens, everybody's companions talk once, and moods and strikes are those of a run in peace.
//!
//! `PARLOR_TEST_ACCIDENTS` says how many runs are disturbed (2; twenty is what is promised).

use crate::chatlings::Town;
use parlor_blackbox::{Database, Instance, Server, within};
use serde_json::Value;
use sqlx::{Connection, PgConnection};
use std::process::{Child, Stdio};
use std::time::Duration;

const PEOPLE: u64 = 4_000;
/// A batch of somebody who was killed is given to others after half a minute.
const RUN_WITHIN: Duration = Duration::from_secs(240);
/// A schedule has minutes.
const SCHEDULED_WITHIN: Duration = Duration::from_secs(90);

fn accidents() -> u64 {
    let wanted = std::env::var("PARLOR_TEST_ACCIDENTS").ok();
    wanted.map_or(2, |text| {
        text.parse().expect("PARLOR_TEST_ACCIDENTS is a number")
    })
}

/// A worker of its own process, which begins a run or goes on with the latest.
fn worker(town: &Town, more: &[&str]) -> Child {
    let args = [&["generate", "chatlings", "--json", "--workers=2"], more].concat();
    let mut command = town.parlor(&args);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

async fn number(url: &str, sql: &'static str) -> Option<i64> {
    let mut connection = PgConnection::connect(url).await.ok()?;
    sqlx::query_scalar(sql)
        .fetch_one(&mut connection)
        .await
        .ok()
}

/// Conversations of the latest run.
const SAID_SQL: &str = "SELECT count(*) FROM conversations WHERE run_id =
    (SELECT id FROM generation_runs ORDER BY ordinal DESC LIMIT 1)";
/// People who have another number of conversations in some run than one.
const WRONG_SQL: &str = "SELECT count(*) FROM (
    SELECT FROM conversations WHERE owner IS NOT NULL GROUP BY run_id, owner HAVING count(*) <> 1) w";
const RUNS_SQL: &str = "SELECT count(*) FROM generation_runs";
const DONE_SQL: &str = "SELECT count(*) FROM generation_runs WHERE status = 'done'";

async fn until_said(url: &str, least: i64) {
    within(RUN_WITHIN, "conversations", || async {
        number(url, SAID_SQL).await.filter(|count| *count >= least)
    })
    .await;
}

/// Every companion and runaway: whose, which, how it feels, its strikes.
async fn feelings_on_postgres(url: &str) -> Vec<String> {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let mut all: Vec<String> = sqlx::query_scalar(
        "SELECT concat_ws(' ', replace(owner::text, '-', ''), number, mood, unhappy_count, activity)
             FROM companions
         UNION ALL
         SELECT concat_ws(' ', replace(owner::text, '-', ''), number, 'gone', unhappy_count, difficulty)
             FROM runaways",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    all.sort();
    all
}

fn feelings_on_sqlite(town: &Town) -> Vec<String> {
    let connection = rusqlite::Connection::open(town.database()).unwrap();
    let mut query = connection
        .prepare(
            "SELECT lower(hex(owner)) || ' ' || number || ' ' || mood || ' ' || unhappy_count || ' ' ||
                    activity FROM companions
             UNION ALL
             SELECT lower(hex(owner)) || ' ' || number || ' gone ' || unhappy_count || ' ' || difficulty
             FROM runaways",
        )
        .unwrap();
    let rows = query.query_map([], |row| row.get(0)).unwrap();
    let mut all: Vec<String> = rows.map(Result::unwrap).collect();
    all.sort();
    all
}

/// Of each round a worker is killed, then PostgreSQL, while two processes share the run.
async fn disturbed_run(town: &Town, server: &Instance, round: u64) {
    let first = worker(town, &[]);
    within(RUN_WITHIN, "the run", || async {
        number(&town.store, RUNS_SQL)
            .await
            .filter(|count| *count > i64::try_from(round).unwrap())
    })
    .await;
    let mut workers = vec![first, worker(town, &["--resume"])];
    let people = i64::try_from(PEOPLE).unwrap();
    until_said(&town.store, people / 8).await;
    workers[0].kill().unwrap();
    workers[0].wait().unwrap();
    workers.push(worker(town, &["--resume"]));
    until_said(&town.store, people / 3).await;
    let before = number(&town.store, SAID_SQL).await;
    server.restart(true).await;
    println!("round {round}: PostgreSQL was killed at {before:?} of {PEOPLE} conversations");
    for mut worker in workers.split_off(1) {
        tokio::task::spawn_blocking(move || worker.wait())
            .await
            .unwrap()
            .unwrap();
    }
}

#[tokio::test]
async fn runs_among_crashes_end_as_runs_in_peace() {
    let server = Instance::up(&["postgres"]).await;
    let database = Database::fresh_on(server.url("postgres")).await;
    let disturbed = Town::of(PEOPLE, database.url.clone()).await;
    let peaceful = Town::of(PEOPLE, "sqlite".to_owned()).await;
    for round in 0..accidents() {
        let whole = peaceful.generate(&[]).await;
        disturbed_run(&disturbed, &server, round).await;
        let resumed: Value = disturbed.generate(&["--resume"]).await;
        for field in [
            "run",
            "accounts",
            "conversations",
            "messages",
            "participants",
            "runaways",
        ] {
            assert_eq!(resumed[field], whole[field], "{field} of round {round}");
        }
        let said = number(&disturbed.store, SAID_SQL).await.unwrap();
        assert_eq!(Some(said), whole["conversations"].as_i64());
        assert_eq!(number(&disturbed.store, WRONG_SQL).await, Some(0));
        let (one, other) = (
            feelings_on_postgres(&disturbed.store).await,
            feelings_on_sqlite(&peaceful),
        );
        assert!(one == other, "moods and strikes of round {round} differ");
        println!(
            "round {round}: {said} conversations of {PEOPLE} people, each once; {} companions alike",
            one.len()
        );
    }
    let (one, other) = (disturbed.said().await, peaceful.said().await);
    assert!(one == other, "{} and {} lines", one.len(), other.len());
}

#[tokio::test]
async fn several_servers_hold_a_scheduled_run_once_and_share_it_cl9() {
    let database = Database::fresh().await;
    let town = Town::of(PEOPLE, database.url.clone()).await;
    let world = town.world_of_every_minute();
    let mut servers: Vec<Server> = (0..3)
        .map(|number| {
            let mut up = town.parlor_at(
                &format!("process{number}"),
                &["up", &world, "--quiet", "--listen=127.0.0.1:0"],
            );
            up.env("PARLOR_LOG", "warn");
            Server::start("chatlings", up)
        })
        .collect();
    for server in &mut servers {
        server.ready().await;
    }
    within(SCHEDULED_WITHIN, "a run that was due", || async {
        number(&town.store, SAID_SQL)
            .await
            .filter(|count| *count > 0)
    })
    .await;
    servers.remove(0).kill();
    within(RUN_WITHIN, "its end", || async {
        number(&town.store, DONE_SQL)
            .await
            .filter(|count| *count > 0)
    })
    .await;
    assert_eq!(number(&town.store, WRONG_SQL).await, Some(0), "each once");
    let whole = "SELECT count(*) FROM conversations WHERE run_id =
        (SELECT id FROM generation_runs ORDER BY ordinal LIMIT 1)";
    let people = i64::try_from(PEOPLE).unwrap();
    assert_eq!(number(&town.store, whole).await, Some(people));
    let twice = "SELECT count(*) - count(DISTINCT due_at) FROM generation_runs";
    assert_eq!(
        number(&town.store, twice).await,
        Some(0),
        "one run for each time"
    );
}
