//! `parlor doctor`: is everything there that a server needs? One line each, with the remedy.

mod models;
mod people;
mod roles;

use super::say;
use crate::config::Config;
use crate::render::Terminal;
use crate::{Ended, chat, resolve, worlds};
use parlor_model::world::InboxKind;
use parlor_model::{Clock, SystemClock, World};
use parlor_ports::bus::Bus;
use parlor_ports::recall::Recall;
use parlor_ports::store::{OutboxStore, Store};
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;

/// Rows in the outbox above which something is probably not sending.
const OUTBOX_MANY: u64 = 10_000;
/// A full-text index that is so far behind has nobody who sees to it.
const WORDS_BEHIND_SECONDS: i64 = 600;
/// How long the gateway may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(3);

/// One check.
#[derive(Debug, Serialize)]
struct Finding {
    check: &'static str,
    ok: bool,
    /// What was seen.
    detail: String,
    /// What to do about it; empty when all is well.
    remedy: String,
}

impl Finding {
    fn good(check: &'static str, detail: impl Into<String>) -> Self {
        Self {
            check,
            ok: true,
            detail: detail.into(),
            remedy: String::new(),
        }
    }

    fn bad(check: &'static str, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            check,
            ok: false,
            detail: detail.into(),
            remedy: remedy.into(),
        }
    }
}

/// Where people come in, and what they show there.
pub(crate) struct Where<'a> {
    /// The gateway.
    pub(crate) url: &'a str,
    /// The role chat-ws, if it is elsewhere.
    pub(crate) chat_url: Option<&'a str>,
    /// An access token that is asked about.
    pub(crate) token: Option<&'a str>,
}

/// Checks and reports; finds problems when any check fails.
pub(crate) async fn run(
    config: &Config,
    names: &[String],
    place: &Where<'_>,
    json: bool,
) -> anyhow::Result<Ended> {
    let worlds = worlds::load_all(names)?;
    let mut findings = vec![cache(config).await];
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let mut kept = None;
    match resolve::store(&config.settings, clock.clone()).await {
        Ok(store) => {
            let of_store = store_findings(&*store, &worlds).await;
            let is_well = of_store
                .iter()
                .all(|f| f.ok || f.check == "outbox" || f.check == "words");
            findings.extend(of_store);
            findings.extend(bus_findings(config, &store, clock.clone(), &worlds).await);
            if is_well {
                match roles::Known::read(&*store, clock.now()).await {
                    Ok(known) => kept = Some((store, known)),
                    Err(finding) => findings.push(finding),
                }
            }
        }
        Err(error) => findings.push(Finding::bad(
            "store",
            format!("{error:#}"),
            "start the database, or check --store (the user, the password, the database's name)",
        )),
    }
    findings.extend(models::findings(config, &worlds).await);
    findings.push(gateway(place.url).await);
    let kept = kept.as_ref().map(|(store, known)| (&**store, known));
    if let Some((store, known)) = kept
        && store.is_shared()
    {
        findings.extend(roles::findings(known, &worlds, &config.settings));
    }
    findings.extend(people::findings(config, kept, &worlds, place, clock.now()).await);
    report(&findings, json)?;
    Ok(if findings.iter().all(|f| f.ok) {
        Ended::Well
    } else {
        Ended::FoundProblems
    })
}

async fn cache(config: &Config) -> Finding {
    let cache = match resolve::cache(&config.settings) {
        Ok(cache) => cache,
        Err(error) => return Finding::bad("cache", format!("{error:#}"), "see --cache"),
    };
    if !cache.capabilities().shared {
        return Finding::good("cache", "memory, in each process");
    }
    match cache.ping().await {
        Ok(()) => Finding::good("cache", format!("{} answers", cache.capabilities().name)),
        Err(error) => Finding::bad(
            "cache",
            error.to_string(),
            "start it, or check --cache; meanwhile servers run, but slower",
        ),
    }
}

async fn store_findings(store: &dyn Store, worlds: &[Arc<World>]) -> Vec<Finding> {
    let mut findings = Vec::new();
    match store.ping().await {
        Ok(()) => findings.push(Finding::good("store", format!("{} answers", store.name()))),
        Err(error) => {
            let remedy = "start the database, or check --store";
            return vec![Finding::bad("store", error.to_string(), remedy)];
        }
    }
    findings.push(match store.pending_migrations().await {
        Ok(pending) if pending.is_empty() => Finding::good("migrations", "all applied"),
        Ok(pending) => Finding::bad(
            "migrations",
            format!("pending: {}", pending.join(", ")),
            "start a server without --no-migrate: it applies them",
        ),
        Err(error) => Finding::bad(
            "migrations",
            error.to_string(),
            "use the program that made this schema, or a newer one",
        ),
    });
    if findings.iter().all(|f| f.ok) {
        findings.push(outbox(store, worlds).await);
        findings.push(words(store, &SystemClock).await);
    }
    findings
}

async fn outbox(store: &dyn Store, worlds: &[Arc<World>]) -> Finding {
    let names: Vec<_> = worlds.iter().map(|w| w.name.clone()).collect();
    match OutboxStore::outbox_depth(store, &names).await {
        Ok(depth) if depth < OUTBOX_MANY => {
            Finding::good("outbox", format!("{depth} on their way"))
        }
        Ok(depth) => Finding::bad(
            "outbox",
            format!("{depth} on their way"),
            "see that a relay runs (`parlor run relay`) and that no world is paused",
        ),
        Err(error) => Finding::bad("outbox", error.to_string(), "see the store"),
    }
}

/// How far the full-text index is behind what was said.
async fn words(store: &dyn Store, clock: &dyn Clock) -> Finding {
    let behind = match Recall::unindexed_since(store).await {
        Ok(since) => since.map_or(0, |since| (clock.now() - since).num_seconds()),
        Err(error) => return Finding::bad("words", error.to_string(), "see the store"),
    };
    if behind <= WORDS_BEHIND_SECONDS {
        let detail = format!("what was said up to {behind} s ago can be searched and recalled");
        return Finding::good("words", detail);
    }
    Finding::bad(
        "words",
        format!("what was said in the last {behind} s can't be searched or recalled yet"),
        "see that a server or a relay runs (`parlor run relay`); under load it catches up later",
    )
}

async fn bus_findings(
    config: &Config,
    store: &Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    worlds: &[Arc<World>],
) -> Vec<Finding> {
    let bus = match resolve::bus(&config.settings, store, clock).await {
        Ok(bus) => bus,
        Err(error) => {
            let remedy = "start the broker, or check --bus (host, user, password, virtual host)";
            return vec![Finding::bad("bus", format!("{error:#}"), remedy)];
        }
    };
    if !bus.capabilities().shared {
        let detail = "embedded: it lives in the server's process, see gateway";
        return vec![Finding::good("bus", detail)];
    }
    let mut findings = Vec::new();
    findings.push(match bus.ping().await {
        Ok(()) => Finding::good("bus", format!("{} answers", bus.capabilities().name)),
        Err(error) => Finding::bad("bus", error.to_string(), "start the broker, or check --bus"),
    });
    for world in worlds {
        findings.extend(inbox_findings(&*bus, world).await);
    }
    bus.close().await;
    findings
}

async fn inbox_findings(bus: &dyn Bus, world: &World) -> Vec<Finding> {
    let names: Vec<_> = world
        .topology()
        .inboxes
        .into_iter()
        .map(|b| b.inbox)
        .collect();
    let inboxes = match bus.inboxes(&names).await {
        Ok(inboxes) => inboxes,
        Err(error) => return vec![Finding::bad("inboxes", error.to_string(), "see the bus")],
    };
    let list = |pick: fn(&parlor_ports::bus::InboxStatus) -> bool| {
        let names: Vec<_> = inboxes
            .iter()
            .filter(|i| pick(i))
            .map(|i| i.name.as_str())
            .collect();
        names.join(", ")
    };
    let (missing, idle) = (list(|i| !i.exists), list(|i| i.exists && i.consumers == 0));
    let waiting: u64 = inboxes.iter().map(|i| i.ready).sum();
    let declared = if missing.is_empty() {
        Finding::good(
            "inboxes",
            format!("{} declared, {waiting} messages wait", inboxes.len()),
        )
    } else {
        Finding::bad(
            "inboxes",
            format!("missing: {missing}"),
            "start any role once: it declares and binds them",
        )
    };
    let consumed = if missing.is_empty() && idle.is_empty() {
        Finding::good("consumers", "every inbox has one")
    } else if idle.is_empty() {
        Finding::bad(
            "consumers",
            "no inboxes",
            format!(
                "start whoever reads them: `parlor up`, or {}",
                readers(world)
            ),
        )
    } else {
        Finding::bad(
            "consumers",
            format!("nobody reads {idle}"),
            format!("start whoever reads them: {}", readers(world)),
        )
    };
    vec![declared, consumed]
}

/// How those are started who read the inboxes of a world.
fn readers(world: &World) -> String {
    let roles = if chat::is_for_people(world) {
        "mind` and `parlor run dispatcher"
    } else if world.routing.inbox == InboxKind::Place {
        "place"
    } else {
        "character"
    };
    format!("`parlor run {roles}` (--world {})", world.name)
}

async fn gateway(url: &str) -> Finding {
    let ready = format!("{}/ready", url.trim_end_matches('/'));
    let client = reqwest::Client::builder().timeout(ANSWER_WITHIN).build();
    let answer = match client {
        Ok(client) => client.get(&ready).send().await,
        Err(error) => Err(error),
    };
    match answer {
        Ok(response) if response.status().is_success() => {
            Finding::good("gateway", format!("{url} is ready"))
        }
        Ok(response) => Finding::bad(
            "gateway",
            format!("{url} answers {}", response.status()),
            format!("see what it lacks: curl {ready}"),
        ),
        Err(_) => Finding::bad(
            "gateway",
            format!("nobody answers at {url}"),
            "start it (`parlor up` or `parlor run gateway`), or name its address with --url",
        ),
    }
}

fn report(findings: &[Finding], json: bool) -> anyhow::Result<()> {
    if json {
        return say(&serde_json::to_string_pretty(findings)?);
    }
    let terminal = Terminal::stdout();
    for finding in findings {
        let mark = if finding.ok { "ok  " } else { "FAIL" };
        let remedy = if finding.ok {
            String::new()
        } else {
            format!("\n      → {}", finding.remedy)
        };
        say(&format!(
            "{} {:<10} {}{remedy}",
            terminal.bold(mark),
            finding.check,
            finding.detail
        ))?;
    }
    Ok(())
}
