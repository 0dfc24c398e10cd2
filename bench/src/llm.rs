//! What Parlor adds to the time of a language model, and the memory of very many calls at once.
//!
//! The model is a stub in a process of its own that says in its reply how long it took. With a pause
//! of zero between lines, the time from one stored line of a conversation to the next holds
//! everything: the commit of the first, the way to the next character, scene, prompt, call and
//! cleaning. What is left when the stub's own time is taken off is Parlor's (and the network's).

use crate::embedded::Embedded;
use crate::report::{Figure, Report, Target};
use crate::setting::{Setting, Stageplay};
use crate::stub::{Stub, took};
use anyhow::{Context, ensure};
use futures::future::try_join_all;
use parlor_model::{ConversationId, Message};
use parlor_ports::store::{Cursor, Store};
use parlor_sandbox::{Samples, Scenario, load};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use toml::Table;

/// Calls under way at the same time: with the stub's mean of half a second 200 lines a second.
const AT_ONCE: usize = 100;
const LEAST: Duration = Duration::from_millis(250);
const MOST: Duration = Duration::from_millis(750);
/// Lines of a conversation, and how many of the first are left out: all begin at one moment.
const LINES: u32 = 40;
const WARM_UP: usize = 10;
/// The crowd.
const CROWD: usize = 1_000;
const CROWD_TAKES: Duration = Duration::from_secs(10);
const CROWD_LINES: u32 = 3;
const LOOK_EVERY: Duration = Duration::from_millis(100);
const PATIENCE: Duration = Duration::from_secs(300);
const MIB: f64 = 1_048_576.0;

/// Measures both.
pub(crate) async fn measure(setting: &Setting, report: &mut Report) -> anyhow::Result<()> {
    let stub = Stub::start(LEAST, MOST).await?;
    let mut bare = (Vec::new(), Vec::new());
    let mut ours = (Vec::new(), Vec::new());
    let mut rates = Vec::new();
    for round in 0..setting.rounds {
        let samples = bare_loop(&stub).await?;
        bare.0.push(samples.quantile(0.5));
        bare.1.push(samples.quantile(0.99));
        let (samples, per_s) = talk(setting, &stub, round).await?;
        ours.0.push(samples.quantile(0.5));
        ours.1.push(samples.quantile(0.99));
        rates.push(per_s);
    }
    let spread = |values: Vec<f64>| values.into_iter().collect::<Samples>().spread();
    let name = "bare HTTP client at the stub: what it adds";
    report.add(Figure::new(format!("{name}, p50"), "ms", spread(bare.0)));
    report.add(Figure::new(format!("{name}, p99"), "ms", spread(bare.1)));
    report.add(Figure::new(
        "lines of a language model",
        "lines/s",
        spread(rates),
    ));
    let name = "line of a language model: what Parlor adds";
    let p50 = Figure::new(format!("{name}, p50"), "ms", spread(ours.0));
    report.add(p50.target(Target::AtMost(2.0)));
    let p99 = Figure::new(format!("{name}, p99"), "ms", spread(ours.1));
    report.add(p99.target(Target::AtMost(10.0)));
    crowd(setting, report).await
}

/// As many calls at once as Parlor makes, by a client that does nothing else.
async fn bare_loop(stub: &Stub) -> anyhow::Result<Samples> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let callers = (0..AT_ONCE).map(|_| {
        let (client, url) = (client.clone(), format!("{}/v1/chat/completions", stub.url));
        async move {
            let mut added = Vec::new();
            for turn in 0..LINES as usize {
                let started = Instant::now();
                let answer: Value = client
                    .post(&url)
                    .json(&question())
                    .send()
                    .await?
                    .json()
                    .await?;
                let elapsed = started.elapsed();
                let text = answer["choices"][0]["message"]["content"].as_str();
                let took = text
                    .and_then(took)
                    .context("the stub said something else")?;
                if turn >= WARM_UP {
                    added.push(elapsed.saturating_sub(took));
                }
            }
            anyhow::Ok(added)
        }
    });
    Ok(try_join_all(callers).await?.into_iter().flatten().collect())
}

/// About what Parlor asks.
fn question() -> Value {
    json!({ "model": "stub", "messages": [
        { "role": "system", "content": "You are Ross. ".repeat(60) },
        { "role": "user", "content": "Rachel: It took 500000 microseconds." },
    ]})
}

/// What was added to each line, and lines a second.
async fn talk(setting: &Setting, stub: &Stub, round: u32) -> anyhow::Result<(Samples, f64)> {
    let play = through(setting, stub, &format!("l{round}"), LINES)?;
    let house = Embedded::prepare(setting, &play, AT_ONCE, Duration::ZERO).await?;
    let (server, started) = house.start(setting, &play, "0").await?;
    let store = house.store(setting).await?;
    load::until_closed(&*store, &play.world.name, LOOK_EVERY, PATIENCE).await?;
    let took = started.elapsed();
    let lines = lines(&*store, &play).await?;
    server.stop().await?;
    store.close().await;
    let count: usize = lines.values().map(Vec::len).sum();
    ensure!(
        count == AT_ONCE * LINES as usize,
        "{count} lines are stored"
    );
    let mut added = Vec::with_capacity(count);
    for talk in lines.values() {
        for pair in talk.windows(2).skip(WARM_UP) {
            added.push(added_to(&pair[0], &pair[1])?);
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let per_s = count as f64 / took.as_secs_f64();
    Ok((added.into_iter().collect(), per_s))
}

fn added_to(before: &Message, line: &Message) -> anyhow::Result<Duration> {
    let all = (line.created_at - before.created_at).to_std()?;
    let took = took(&line.text).with_context(|| format!("no line of the stub: {}", line.text))?;
    Ok(all.saturating_sub(took))
}

/// Memory of one process with very many calls on their way.
async fn crowd(setting: &Setting, report: &mut Report) -> anyhow::Result<()> {
    let stub = Stub::start(CROWD_TAKES, CROWD_TAKES).await?;
    let play = through(setting, &stub, "lc", CROWD_LINES)?;
    let house = Embedded::prepare(setting, &play, CROWD, Duration::ZERO).await?;
    let (server, _) = house.start(setting, &play, "0").await?;
    let store = house.store(setting).await?;
    load::until_closed(&*store, &play.world.name, LOOK_EVERY, PATIENCE).await?;
    let peak = server.peak_rss_bytes()?;
    let at_once = stub.running_max().await?;
    let lines = lines(&*store, &play).await?;
    server.stop().await?;
    store.close().await;
    let said: usize = lines.values().map(Vec::len).sum();
    ensure!(
        said == CROWD * CROWD_LINES as usize,
        "{said} lines are stored"
    );
    let one = |value: f64| std::iter::once(value).collect::<Samples>().spread();
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let (peak_mib, at_once) = (peak as f64 / MIB, at_once as f64);
    let figure = Figure::new("calls to a language model at once", "calls", one(at_once));
    report.add(figure.target(Target::AtLeast(1_000.0)));
    let figure = Figure::new("the same: peak memory", "MiB", one(peak_mib));
    report.add(figure.target(Target::AtMost(300.0)));
    Ok(())
}

/// The Friends through the stub, `lines` lines a conversation.
fn through(setting: &Setting, stub: &Stub, part: &str, lines: u32) -> anyhow::Result<Stageplay> {
    let limit = |file: &mut Table| {
        let mut limit = Table::new();
        limit.insert("max".into(), i64::from(lines).into());
        if let Some(mechanics) = file
            .get_mut("mechanics")
            .and_then(toml::Value::as_table_mut)
        {
            mechanics.insert("exchange_limit".into(), limit.into());
        }
    };
    let friends = Scenario::bundled("friends")?
        .named(&setting.name(part))
        .without("gossip")
        .without("aside")
        .with(limit)
        .through_a_model(&[], Table::new());
    let dir = tempfile::tempdir()?;
    let settings = format!(
        "llm = \"openai:stub@{}/v1\"\nllm_concurrency_max = {CROWD}\nllm_timeout = \"60s\"\n",
        stub.url
    );
    std::fs::write(dir.path().join("parlor.toml"), settings)?;
    Ok(Stageplay {
        world: friends.world()?,
        file: friends.write(dir.path())?,
        dir,
    })
}

/// The lines of each conversation, in their order.
async fn lines(
    store: &dyn Store,
    play: &Stageplay,
) -> anyhow::Result<BTreeMap<ConversationId, Vec<Message>>> {
    let mut talks: BTreeMap<ConversationId, Vec<Message>> = BTreeMap::new();
    let mut after: Option<Cursor> = None;
    loop {
        let page = store.world_messages(&play.world.name, after, 1_000).await?;
        for message in page.items {
            talks
                .entry(message.conversation_id)
                .or_default()
                .push(message);
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    for lines in talks.values_mut() {
        lines.sort_by_key(|line| line.order);
    }
    Ok(talks)
}
