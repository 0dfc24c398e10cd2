//! `parlor load`: how much one's own installation carries. Starts conversations at a rate over HTTP, as
//! clients do, watches what becomes of them, and says what was reached.

mod crowd;
mod figures;

use super::say;
use crate::{Ended, wiring};
use anyhow::{Context, bail};
use clap::Args;
use crowd::Crowd;
use figures::Figures;
use reqwest::{Client, Url};
use serde_json::Value;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// One request.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// What is asked of an installation.
#[derive(Debug, Args)]
pub(crate) struct LoadArgs {
    #[command(flatten)]
    pub(crate) server: crate::cli::ServerArgs,
    /// Which world's conversations
    #[arg(long, default_value = "friends")]
    pub(crate) world: String,
    /// Conversations to start
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) conversations: u32,
    /// Conversations to start a second [default: as fast as they are taken]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) rate: Option<u32>,
    /// Requests on their way at the same time
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub(crate) at_once: u16,
    /// Readers of live events, who watch meanwhile
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    pub(crate) readers: u16,
    /// Wait at most so many seconds for the last of them to end
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    pub(crate) patience: u64,
    /// A key, where the world is not open to everybody
    #[arg(
        long,
        value_name = "KEY",
        env = "PARLOR_API_KEY",
        hide_env_values = true
    )]
    pub(crate) key: Option<String>,
    /// Load a server that is not on this machine: only one that is yours
    #[arg(long)]
    pub(crate) yes_i_own_this: bool,
    /// Print as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Loads it, and finds problems where a request failed or a conversation did not end.
pub(crate) async fn run(args: LoadArgs) -> anyhow::Result<Ended> {
    let base: Url = args
        .server
        .url
        .parse()
        .with_context(|| format!("'{}' is no address", args.server.url))?;
    if !args.yes_i_own_this && !is_this_machine(&base) {
        bail!(
            "{base} is not this machine. Load costs its owner money and may take it down: if that is \
             you, say --yes-i-own-this"
        );
    }
    let client = Client::builder()
        .timeout(ANSWER_WITHIN)
        .pool_max_idle_per_host(args.at_once.into())
        .build()?;
    let crowd = Crowd::gather(&base, &args).await?;
    let started = Instant::now();
    let figures = start_all(&client, &base, &args, &crowd).await?;
    let ended = crowd
        .until_over(figures.started(), Duration::from_secs(args.patience))
        .await;
    let report = figures.report(started.elapsed(), &crowd.seen(), ended);
    if args.json {
        say(&serde_json::to_string_pretty(&report)?)?;
    } else {
        report.print()?;
    }
    Ok(if report.is_well() {
        Ended::Well
    } else {
        Ended::FoundProblems
    })
}

/// Only what surely never leaves this machine.
fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || bare
            .parse::<IpAddr>()
            .is_ok_and(|address| address.to_canonical().is_loopback())
}

async fn start_all(
    client: &Client,
    base: &Url,
    args: &LoadArgs,
    crowd: &Crowd,
) -> anyhow::Result<Figures> {
    let url = base.join(&format!("/api/worlds/{}/conversations", args.world))?;
    let at_once = Arc::new(Semaphore::new(args.at_once.into()));
    let mut pace = args.rate.map(|rate| {
        let mut pace = tokio::time::interval(Duration::from_secs(1) / rate);
        // Late ones are made up for: the rate is what was asked, or as much as the server takes.
        pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Burst);
        pace
    });
    let mut figures = Figures::default();
    let mut requests = JoinSet::new();
    for _ in 0..args.conversations {
        if let Some(pace) = &mut pace {
            pace.tick().await;
        }
        let slot = at_once.clone().acquire_owned().await?;
        let mut request = client
            .post(url.clone())
            .header("idempotency-key", wiring::random_id().to_string())
            .json(&serde_json::json!({}));
        if let Some(key) = &args.key {
            request = request.bearer_auth(key);
        }
        requests.spawn(async move {
            let _slot = slot;
            let asked = Instant::now();
            (start_one(request).await, asked.elapsed())
        });
        while let Some(done) = requests.try_join_next() {
            let (id, took) = done?;
            figures.count(id, took, crowd);
        }
    }
    while let Some(done) = requests.join_next().await {
        let (id, took) = done?;
        figures.count(id, took, crowd);
    }
    Ok(figures)
}

/// The id of a conversation that was started; or why it was not.
async fn start_one(request: reqwest::RequestBuilder) -> Result<String, String> {
    let answer = request.send().await.map_err(|error| {
        let error = error.without_url();
        if error.is_timeout() {
            "no answer in time".to_owned()
        } else if error.is_connect() {
            "no connection".to_owned()
        } else {
            error.to_string()
        }
    })?;
    let status = answer.status();
    let body: Value = answer.json().await.unwrap_or_default();
    match body["conversationId"].as_str() {
        Some(id) if status.is_success() => Ok(id.to_owned()),
        _ => Err(format!(
            "{} {}",
            status.as_u16(),
            body["code"].as_str().unwrap_or("without a reason")
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_loaded_unasked() {
        let here = |url: &str| is_this_machine(&url.parse().unwrap());
        for url in [
            "http://localhost:8000",
            "http://LOCALHOST",
            "http://127.0.0.1:1",
            "http://127.8.9.10",
            "http://[::1]:8000",
            "http://[::ffff:127.0.0.1]",
        ] {
            assert!(here(url), "{url}");
        }
        for url in [
            "http://parlor.example",
            "http://10.0.0.1",
            "http://0.0.0.0:8000",
            "http://localhost.example",
            "http://127.0.0.1.example",
            "http://[::2]",
        ] {
            assert!(!here(url), "{url}");
        }
    }
}
