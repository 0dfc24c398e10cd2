//! Runs in which everybody's companions talk: against the fastest bare bulk write of the same rows
//! into the same tables, and how reads fare meanwhile.

use crate::report::{Figure, Report, Target};
use crate::setting::{Servers, Setting};
use anyhow::{Context, ensure};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use parlor_sandbox::process::{RunningServer, address_in};
use parlor_sandbox::{Samples, ServerProcess};
use reqwest::Client;
use serde_json::{Value, json};
use sqlx::postgres::{PgConnection, PgPoolCopyExt};
use sqlx::{AssertSqlSafe, Connection, PgPool};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

/// Companions of each person.
const COMPANIONS: u32 = 8;
/// Connections that write the bare rows; a run has as many workers.
const WRITERS: u32 = 4;
/// What a run inserts, and the column that it is parted by.
const TABLES: [(&str, &str); 4] = [
    ("conversations", "id"),
    ("messages", "conversation_id"),
    ("conversation_participants", "conversation_id"),
    ("notifications", "owner"),
];
/// People who sign in and read.
const READERS: usize = 50;
/// Reads a second while a run goes on.
const READS_PER_S: u32 = 100;
/// Reads a second of what is stored.
const STORED_READS_PER_S: u32 = 500;
/// How long those go on.
const STORED_READS_FOR: Duration = Duration::from_secs(30);
const COPIED_AT_ONCE: usize = 1 << 20;
const LOOK_EVERY: Duration = Duration::from_millis(20);
const MIB: f64 = 1_048_576.0;
/// What a run of 100,000 people may take.
const SECONDS_MAX: f64 = 30.0;
/// What one of 1,000,000 people may take.
const LARGE_SECONDS_MAX: f64 = 360.0;
/// A run may take so many times what the bare write takes.
const RATIO_MAX: f64 = 2.0;

/// A run, measured from outside.
struct Run {
    took: Duration,
    peak_bytes: u64,
    summary: Value,
}

/// A run for so many people into PostgreSQL and into SQLite.
pub(crate) async fn measure(
    setting: &Setting,
    report: &mut Report,
    people: u32,
) -> anyhow::Result<()> {
    let (mut bare, mut runs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    let (mut peaks, mut sqlite, mut reads) = (Vec::new(), Vec::new(), Vec::new());
    let mut rows = 0;
    for round in 0..setting.rounds {
        let servers = setting.servers(&format!("gen{round}")).await?;
        let dir = tempfile::tempdir()?;
        seed(setting, &servers.postgres_url, dir.path(), people).await?;
        let run = generate(setting, &servers.postgres_url, dir.path()).await?;
        ensure!(run.summary["conversations"] == people, "{}", run.summary);
        let (took, written) = write_bare(setting, &servers, round, people).await?;
        rows = written;
        bare.push(took.as_secs_f64());
        ratios.push(run.took.as_secs_f64() / took.as_secs_f64());
        runs.push(run.took.as_secs_f64());
        peaks.push(mib(run.peak_bytes));
        reads.push(reads_meanwhile(setting, &servers, dir.path()).await?);
        servers.end().await?;
        let path = format!("sqlite:{}", dir.path().join("town.db").display());
        seed(setting, &path, dir.path(), people).await?;
        let run = generate(setting, &path, dir.path()).await?;
        ensure!(run.summary["conversations"] == people, "{}", run.summary);
        sqlite.push(run.took.as_secs_f64());
    }
    let spread = |values: Vec<f64>| values.into_iter().collect::<Samples>().spread();
    let name = format!("a run for {people} people");
    let baseline = format!("bare COPY of its {rows} rows, {WRITERS} connections");
    report.add(Figure::new(baseline, "s", spread(bare)));
    let most = SECONDS_MAX * share(people);
    let figure = Figure::new(format!("{name}, PostgreSQL"), "s", spread(runs));
    report.add(figure.target(Target::AtMost(most)));
    let figure = Figure::new(format!("{name} ÷ bare COPY"), "", spread(ratios));
    report.add(figure.target(Target::AtMost(RATIO_MAX)));
    let figure = Figure::new(format!("{name}: peak memory"), "MiB", spread(peaks));
    report.add(figure.target(Target::AtMost(500e6 / MIB)));
    let figure = Figure::new(format!("{name}, SQLite"), "s", spread(sqlite));
    report.add(figure.target(Target::AtMost(most)));
    let name = format!("reads meanwhile, {READS_PER_S} a second, p99");
    let figure = Figure::new(name, "ms", spread(reads));
    report.add(figure.target(Target::AtMost(50.0)));
    Ok(())
}

/// One run for very many people into PostgreSQL.
pub(crate) async fn measure_large(
    setting: &Setting,
    report: &mut Report,
    people: u32,
) -> anyhow::Result<()> {
    let servers = setting.servers("genlarge").await?;
    let dir = tempfile::tempdir()?;
    seed(setting, &servers.postgres_url, dir.path(), people).await?;
    let run = generate(setting, &servers.postgres_url, dir.path()).await?;
    ensure!(run.summary["conversations"] == people, "{}", run.summary);
    servers.end().await?;
    let name = format!("a run for {people} people");
    let figure = Figure::new(name.clone(), "s", one(run.took.as_secs_f64()));
    report.add(figure.target(Target::AtMost(
        LARGE_SECONDS_MAX * (share(people) / 10.0).max(1.0),
    )));
    let figure = Figure::new(
        format!("{name}: peak memory"),
        "MiB",
        one(mib(run.peak_bytes)),
    );
    report.add(figure.target(Target::AtMost(1e9 / MIB)));
    Ok(())
}

/// Reads of conversations where very many messages are stored.
pub(crate) async fn measure_reads(
    setting: &Setting,
    report: &mut Report,
    people: u32,
    messages: u64,
) -> anyhow::Result<()> {
    let servers = setting.servers("genreads").await?;
    let dir = tempfile::tempdir()?;
    seed(setting, &servers.postgres_url, dir.path(), people).await?;
    let house = House::open(setting, &servers, dir.path()).await?;
    let mut stored = 0;
    while stored < messages {
        let run = generate(setting, &servers.postgres_url, dir.path()).await?;
        stored += run.summary["messages"].as_u64().unwrap_or(0);
    }
    analyze(&servers).await?;
    let paths = ["/api/chatroom/conversations"];
    let end = tokio::time::sleep(STORED_READS_FOR);
    let times = house.read(STORED_READS_PER_S, &paths, end).await?;
    house.server.stop().await?;
    servers.end().await?;
    let name = format!(
        "GET {} at {stored} messages, {STORED_READS_PER_S} a second",
        paths[0]
    );
    report.add(Figure::new(
        format!("{name}, p50"),
        "ms",
        one(times.quantile(0.5)),
    ));
    let figure = Figure::new(format!("{name}, p99"), "ms", one(times.quantile(0.99)));
    report.add(figure.target(Target::AtMost(20.0)));
    Ok(())
}

fn one(value: f64) -> parlor_sandbox::Spread {
    std::iter::once(value).collect::<Samples>().spread()
}

/// How many times as many as the 100,000 people that targets are given for.
fn share(people: u32) -> f64 {
    (f64::from(people) / 100_000.0).max(1.0)
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn mib(bytes: u64) -> f64 {
    bytes as f64 / MIB
}

fn parlor(setting: &Setting, store: &str, dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(&setting.program);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("PARLOR_") {
            command.env_remove(name);
        }
    }
    command
        .args(args)
        .args(["--seed", "7", "--store", store, "--data-dir"])
        .arg(dir)
        .current_dir(dir)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

async fn seed(setting: &Setting, store: &str, dir: &Path, people: u32) -> anyhow::Result<()> {
    let (people, companions) = (people.to_string(), COMPANIONS.to_string());
    let args = [
        "seed",
        "chatlings",
        "--users",
        &people,
        "--companions",
        &companions,
    ];
    let done = parlor(setting, store, dir, &args)
        .stdout(Stdio::null())
        .status()
        .await?;
    ensure!(done.success(), "parlor seed: {done}");
    Ok(())
}

/// `parlor generate`, from its start to its end.
async fn generate(setting: &Setting, store: &str, dir: &Path) -> anyhow::Result<Run> {
    let workers = WRITERS.to_string();
    let args = ["generate", "chatlings", "--json", "--workers", &workers];
    let started = Instant::now();
    let mut child = parlor(setting, store, dir, &args)
        .stdout(Stdio::piped())
        .spawn()?;
    let mut out = child
        .stdout
        .take()
        .context("its standard output is piped")?;
    let pid = child.id().context("it runs")?;
    let mut peak_bytes = 0;
    let status = loop {
        tokio::select! {
            ended = child.wait() => break ended?,
            () = tokio::time::sleep(LOOK_EVERY) => {
                peak_bytes = peak_bytes.max(resident_peak(pid).unwrap_or(0));
            }
        }
    };
    let took = started.elapsed();
    ensure!(status.success(), "parlor generate: {status}");
    let mut text = String::new();
    out.read_to_string(&mut text).await?;
    let last = text.lines().last().context("a summary")?;
    Ok(Run {
        took,
        peak_bytes,
        summary: serde_json::from_str(last)?,
    })
}

/// Most memory that a process had resident so far.
fn resident_peak(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// What a run wrote is copied out of its database and into one with the same people and tables, by as
/// many connections as the run had workers, each in one transaction. Gives the time and the rows.
async fn write_bare(
    setting: &Setting,
    from: &Servers,
    round: u32,
    people: u32,
) -> anyhow::Result<(Duration, u64)> {
    let dir = tempfile::tempdir()?;
    let columns = copy_out(from, dir.path()).await?;
    let servers = setting.servers(&format!("bare{round}")).await?;
    seed(setting, &servers.postgres_url, dir.path(), people).await?;
    let mut connections = Vec::new();
    for _ in 0..WRITERS {
        connections.push(PgConnection::connect(&servers.postgres_url).await?);
    }
    let started = Instant::now();
    let parts = connections
        .into_iter()
        .enumerate()
        .map(|(quarter, connection)| copy_in(connection, dir.path(), quarter, &columns));
    let rows: Vec<u64> = futures::future::try_join_all(parts).await?;
    let took = started.elapsed();
    servers.end().await?;
    Ok((took, rows.iter().sum()))
}

fn part(dir: &Path, table: &str, quarter: usize) -> std::path::PathBuf {
    dir.join(format!("{table}.{quarter}"))
}

/// The columns of each table, in its order.
async fn copy_out(from: &Servers, dir: &Path) -> anyhow::Result<Vec<String>> {
    let pool = PgPool::connect(&from.postgres_url).await?;
    let mut all = Vec::new();
    for (table, key) in TABLES {
        let columns: String = sqlx::query_scalar(
            "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
             WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped
               AND attgenerated = '' AND attidentity <> 'a'",
        )
        .bind(table)
        .fetch_one(&pool)
        .await?;
        for quarter in 0..WRITERS as usize {
            // The first two bits of an id are as good as dice.
            let first_bits = format!("get_byte(uuid_send({key}), 0) >> 6 = {quarter}");
            let copy = format!(
                "COPY (SELECT {columns} FROM {table} WHERE {first_bits}) TO STDOUT (FORMAT binary)"
            );
            let mut rows = pool.copy_out_raw(&copy).await?;
            let mut file = File::create(part(dir, table, quarter)).await?;
            while let Some(bytes) = rows.next().await {
                file.write_all(&bytes?).await?;
            }
            file.flush().await?;
        }
        all.push(columns);
    }
    pool.close().await;
    Ok(all)
}

async fn copy_in(
    mut connection: PgConnection,
    dir: &Path,
    quarter: usize,
    columns: &[String],
) -> anyhow::Result<u64> {
    let mut transaction = connection.begin().await?;
    let mut rows = 0;
    for ((table, _), columns) in TABLES.iter().zip(columns) {
        let statement = format!("COPY {table} ({columns}) FROM STDIN (FORMAT binary)");
        let mut file = File::open(part(dir, table, quarter)).await?;
        let mut copy = transaction.copy_in_raw(&statement).await?;
        let mut buffer = vec![0; COPIED_AT_ONCE];
        loop {
            let read = file.read(&mut buffer).await?;
            if read == 0 {
                break;
            }
            copy.send(&buffer[..read]).await?;
        }
        rows += copy.finish().await?;
    }
    transaction.commit().await?;
    Ok(rows)
}

async fn analyze(servers: &Servers) -> anyhow::Result<()> {
    let mut connection = PgConnection::connect(&servers.postgres_url).await?;
    sqlx::raw_sql(AssertSqlSafe("VACUUM ANALYZE"))
        .execute(&mut connection)
        .await?;
    Ok(())
}

/// p99 of reads of the API while a run goes on in another process.
async fn reads_meanwhile(setting: &Setting, servers: &Servers, dir: &Path) -> anyhow::Result<f64> {
    let house = House::open(setting, servers, dir).await?;
    let run = generate(setting, &servers.postgres_url, dir);
    let paths = [
        "/api/chatroom/conversations",
        "/api/chatroom/moods",
        "/api/chatroom/unread",
    ];
    let times = house.read(READS_PER_S, &paths, run).await?;
    house.server.stop().await?;
    Ok(times.quantile(0.99))
}

/// A server, and people who have signed in there and have companions.
struct House {
    server: RunningServer,
    url: String,
    client: Client,
    tokens: Vec<String>,
    /// Its working directory.
    _dir: TempDir,
}

impl House {
    async fn open(setting: &Setting, servers: &Servers, town: &Path) -> anyhow::Result<Self> {
        let dir = tempfile::tempdir()?;
        let words = [
            "up",
            "chatlings",
            "--quiet",
            "--listen",
            "127.0.0.1:0",
            "--store",
            &servers.postgres_url,
            "--data-dir",
        ];
        let mut args = words.map(str::to_owned).to_vec();
        args.push(dir.path().display().to_string());
        let mut server = ServerProcess::start(&setting.program, &args, dir.path())?;
        let (line, _) = server.line(|line| address_in(line).is_some()).await?;
        let address = address_in(&line).context("an address")?;
        let url = format!("http://{address}");
        let client = Client::builder().build()?;
        let mut tokens = Vec::with_capacity(READERS);
        for number in 0..READERS {
            let name = format!("reader{number}");
            tokens.push(signed_in(&client, &url, &name).await?);
            let companions = COMPANIONS.to_string();
            let args = [
                "seed",
                "chatlings",
                "--account",
                &name,
                "--companions",
                &companions,
            ];
            let given = parlor(setting, &servers.postgres_url, town, &args)
                .stdout(Stdio::null())
                .status()
                .await?;
            ensure!(given.success(), "parlor seed --account: {given}");
        }
        Ok(Self {
            server: server.drain(),
            url,
            client,
            tokens,
            _dir: dir,
        })
    }

    /// Reads at a steady rate until `end` has come; milliseconds from when each was due.
    async fn read<T>(
        &self,
        per_s: u32,
        paths: &[&str],
        end: impl Future<Output = T>,
    ) -> anyhow::Result<Samples> {
        let mut end = std::pin::pin!(end);
        let mut beat = tokio::time::interval(Duration::from_secs(1) / per_s);
        let mut asked = FuturesUnordered::new();
        let (mut times, mut number) = (Vec::new(), 0);
        loop {
            tokio::select! {
                _ = &mut end => break,
                due = beat.tick() => {
                    asked.push(self.ask(paths[number % paths.len()], number, due.into_std()));
                    number += 1;
                }
                Some(took) = asked.next() => times.push(took?),
            }
        }
        while let Some(took) = asked.next().await {
            times.push(took?);
        }
        Ok(times.into_iter().collect())
    }

    async fn ask(&self, path: &str, number: usize, due: Instant) -> anyhow::Result<Duration> {
        let token = &self.tokens[number % self.tokens.len()];
        let url = format!("{}{path}", self.url);
        let answer = self.client.get(url).bearer_auth(token).send().await?;
        ensure!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.bytes().await?;
        Ok(due.elapsed())
    }
}

/// Signs somebody up and in; gives the token.
async fn signed_in(client: &Client, url: &str, name: &str) -> anyhow::Result<String> {
    let password = "two wet umbrellas";
    let wish = json!({ "username": name, "name": name, "password": password });
    // Who is there already signs in.
    client
        .post(format!("{url}/register"))
        .json(&wish)
        .send()
        .await?;
    let answer = client
        .post(format!("{url}/login"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("username={name}&password=two+wet+umbrellas"))
        .send()
        .await?;
    ensure!(answer.status().is_success(), "/login: {}", answer.status());
    let tokens: Value = answer.json().await?;
    let token = tokens["access_token"].as_str();
    Ok(token.context("an access token")?.to_owned())
}
