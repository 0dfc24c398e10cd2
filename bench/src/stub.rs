//! A language model that is not one: it waits, and says how long it took. Runs as a process of its
//! own, so that it shares nothing with what is measured.

use anyhow::Context;
use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use parlor_model::Dice;
use serde_json::{Value, json};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use uuid::Uuid;

/// What a reply begins with; microseconds follow.
const TOOK: &str = "It took ";

/// How long the stub takes.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct StubOptions {
    /// At least so many milliseconds
    #[arg(long)]
    least_ms: u64,
    /// At most so many milliseconds
    #[arg(long)]
    most_ms: u64,
}

struct Shared {
    options: StubOptions,
    asked: AtomicU64,
    running: AtomicU64,
    running_max: AtomicU64,
}

/// Runs the stub until it is killed; prints its address first.
pub(crate) async fn run(options: StubOptions) -> anyhow::Result<()> {
    let shared = Arc::new(Shared {
        options,
        asked: AtomicU64::new(0),
        running: AtomicU64::new(0),
        running_max: AtomicU64::new(0),
    });
    let app = Router::new()
        .route("/v1/chat/completions", post(complete))
        .route("/running-max", get(running_max))
        .with_state(shared);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, app).await?)
}

async fn complete(State(shared): State<Arc<Shared>>, Json(_): Json<Value>) -> Json<Value> {
    let started = Instant::now();
    let number = shared.asked.fetch_add(1, Ordering::Relaxed);
    let running = shared.running.fetch_add(1, Ordering::Relaxed) + 1;
    shared.running_max.fetch_max(running, Ordering::Relaxed);
    let StubOptions { least_ms, most_ms } = shared.options;
    let share = Dice::new(0, Uuid::from_u128(number.into()))
        .roll("took")
        .unit();
    let spread = Duration::from_millis(most_ms.saturating_sub(least_ms)).mul_f64(share);
    tokio::time::sleep(Duration::from_millis(least_ms) + spread).await;
    shared.running.fetch_sub(1, Ordering::Relaxed);
    let text = format!("{TOOK}{} microseconds.", started.elapsed().as_micros());
    Json(json!({
        "id": format!("stub-{number}"), "object": "chat.completion", "created": 0, "model": "stub",
        "choices": [{
            "index": 0, "finish_reason": "stop",
            "message": { "role": "assistant", "content": text },
        }],
        "usage": { "prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110 },
    }))
}

async fn running_max(State(shared): State<Arc<Shared>>) -> String {
    shared.running_max.load(Ordering::Relaxed).to_string()
}

/// How long the stub says that it took.
pub(crate) fn took(reply: &str) -> Option<Duration> {
    let rest = reply.strip_prefix(TOOK)?;
    let digits = rest.split(' ').next()?;
    digits.parse().ok().map(Duration::from_micros)
}

/// A stub in a process of its own; killed when dropped.
pub(crate) struct Stub {
    _child: Child,
    /// Where it is, without a slash at the end.
    pub(crate) url: String,
}

impl Stub {
    /// Starts one that takes from `least` to `most`, evenly spread.
    pub(crate) async fn start(least: Duration, most: Duration) -> anyhow::Result<Self> {
        let program = std::env::current_exe()?;
        let mut child = Command::new(program)
            .args(["stub", "--least-ms", &least.as_millis().to_string()])
            .args(["--most-ms", &most.as_millis().to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let out = child.stdout.take().context("its output is piped")?;
        let line = BufReader::new(out).lines().next_line().await?;
        Ok(Self {
            url: line.context("the stub ended at once")?,
            _child: child,
        })
    }

    /// Most requests that it answered at the same time.
    pub(crate) async fn running_max(&self) -> anyhow::Result<u64> {
        let url = format!("{}/running-max", self.url);
        let client = reqwest::Client::builder().no_proxy().build()?;
        Ok(client.get(url).send().await?.text().await?.parse()?)
    }
}
