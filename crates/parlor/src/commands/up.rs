//! `parlor up`: a server with everything in it.

use super::say;
use crate::cli::UpArgs;
use crate::config::{Config, redact};
use crate::lifecycle::Lifecycle;
use crate::presence::{self, Cast};
use crate::render::Terminal;
use crate::wiring::{self, Parts, Purpose};
use crate::{Ended, chat, commands::run as roles, gauges, models, schedule, traces};
use parlor_dialect::llm::Keys;
use parlor_model::World;
use parlor_ports::store::{Cursor, Store};
use parlor_roles::cast::Whom;
use parlor_roles::record::Recorder;
use parlor_roles::{Indexer, Stage};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often the transcript looks for lines of other processes.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Changes read in one go.
const CHANGES_MAX: u32 = 256;

/// Runs until stopped.
pub(crate) async fn run(config: &Config, args: UpArgs) -> anyhow::Result<Ended> {
    traces::install("parlor")?;
    let listener = wiring::bind(config.settings.listen).await?;
    let address = listener.local_addr()?;
    let purpose = Purpose {
        worlds: &args.worlds,
        apart: false,
        sweeps: true,
        no_migrate: args.no_migrate,
        record: args.record.as_deref(),
    };
    let parts = wiring::assemble(config, purpose).await?;
    let lifecycle = Lifecycle::new()?;
    banner(&parts, address, &config.keys()?)?;
    if !args.quiet {
        let from = parts.store.latest_change().await?;
        lifecycle.helper(transcript(
            parts.store.clone(),
            from,
            lifecycle.shutdown.clone(),
        ));
    }
    let Parts {
        settings,
        worlds,
        models,
        clock,
        store,
        bus,
        cache,
        stage,
        relay,
        relay_handle,
        director,
        authors,
        meter,
        recorder,
        follower,
        metrics,
        _lock,
        ..
    } = parts;
    gauges::tell("all");
    let asked = stage.worlds().clone();
    lifecycle.helper(gauges::ask(
        asked,
        bus.clone(),
        store.clone(),
        lifecycle.shutdown.clone(),
    ));
    let keys = roles::Keys::default();
    let cast = Cast {
        worlds: &worlds,
        names: &[],
    };
    presence::announce(&lifecycle, &stage, "all", &cast, None, None);
    lifecycle.helper(relay.run(lifecycle.shutdown.clone()));
    lifecycle.helper(meter.clone().run(lifecycle.shutdown.clone()));
    if let Some(follower) = follower {
        lifecycle.helper(follower.run(lifecycle.shutdown.clone()));
    }
    if let Some(recorder) = recorder {
        record(&lifecycle, recorder, &store, &worlds).await?;
    }
    let indexer = Indexer::new(store.clone(), clock.clone());
    lifecycle.helper(indexer.run(lifecycle.shutdown.clone()));
    let for_people = worlds.iter().any(|world| chat::is_for_people(world));
    let talk =
        for_people.then(|| chat::parts(&stage, &relay_handle, &cache, address.to_string(), None));
    let room = talk
        .clone()
        .map(|parts| chat::room(&lifecycle, &settings, parts));
    roles::gateway(
        &lifecycle,
        listener,
        &roles::GatewayParts {
            settings: &settings,
            models: &models,
            store: &store,
            bus: &bus,
            director: &director,
            relay: &relay_handle,
            stage: &stage,
            clock: &clock,
            metrics: &metrics,
            chat: room,
        },
    )?;
    for world in &worlds {
        if let (true, Some(parts)) = (chat::is_for_people(world), &talk) {
            chat::mind(&lifecycle, &settings, world, parts, &bus);
            chat::dispatcher(&lifecycle, &settings, world, parts, &bus);
            continue;
        }
        let role = roles::cast_role(
            world,
            Whom::All,
            &settings,
            stage.clone(),
            bus.clone(),
            relay_handle.clone(),
        );
        let shutdown = lifecycle.shutdown.clone();
        lifecycle.vital("characters", role.run(shutdown));
        let parts = (&stage, &bus, &relay_handle);
        roles::places(&lifecycle, world, &[], &settings, parts)?;
        if world.has_bots() {
            let desk = roles::desk(&stage, &bus, &relay_handle, &director);
            roles::look_after_directory(&lifecycle, world, &stage, &bus, desk);
            let bots = roles::Bots {
                count: args.bots.unwrap_or_else(|| usual_bots(&stage, world)),
                names: Vec::new(),
                dialect: None,
            };
            let parts = (&stage, &bus, &relay_handle, &director);
            roles::start_bots(&lifecycle, world, bots, &settings, parts, &keys)?;
        }
        if !args.no_start {
            roles::jobs(&lifecycle, world, true, &store, &director, &keys);
            schedule::start(&lifecycle, world, &settings, (&store, &clock), &authors)?;
        }
    }
    lifecycle.until_stopped().await;
    // Calls that were on their way have ended by now.
    meter.close().await;
    bus.close().await;
    store.close().await;
    Ok(Ended::Well)
}

/// How many bots a world starts with.
fn usual_bots(stage: &Stage, world: &World) -> u32 {
    let production = stage.production(&world.name);
    let bots = production.as_ref().and_then(|p| p.engine.bots());
    bots.map_or(0, |bots| bots.count)
}

/// Writes the run down, from where the recording ends, or from now.
async fn record(
    lifecycle: &Lifecycle,
    recorder: Recorder,
    store: &Arc<dyn Store>,
    worlds: &[Arc<World>],
) -> anyhow::Result<()> {
    let from = match recorder.last() {
        Some(last) => last,
        None => store.latest_change().await?,
    };
    if let Some(world) = worlds.first() {
        let (store, world) = (store.clone(), world.name.clone());
        lifecycle.helper(recorder.run(store, world, from, lifecycle.shutdown.clone()));
    }
    Ok(())
}

fn banner(parts: &Parts, address: SocketAddr, keys: &Keys) -> anyhow::Result<()> {
    let terminal = Terminal::stdout();
    let titles: Vec<_> = parts.worlds.iter().map(|w| w.title.as_str()).collect();
    say(&terminal.bold(&format!("Parlor · {}", titles.join(", "))))?;
    say(&format!("  address    http://{address}   (API: /docs)"))?;
    say(&format!(
        "  runs on    bus {} · store {}",
        redact(&parts.settings.bus),
        redact(&parts.settings.store)
    ))?;
    let words = models::in_words(&parts.worlds, &parts.settings, keys);
    say(&format!("  dialects   {words}"))?;
    if let Some(world) = parts.worlds.first() {
        let seed = parts.seeds.first().copied().unwrap_or_default();
        say(&format!(
            "  seed       {seed}   (the same dice again: --seed {seed})"
        ))?;
        if chat::is_for_people(world) {
            say(&format!(
                "  sign up    curl -X POST http://{address}/register -H 'content-type: application/json' \\"
            ))?;
            say(
                "               -d '{\"username\":\"ann\",\"name\":\"Ann\",\"password\":\"(8 characters or more)\"}'",
            )?;
            return say("");
        }
        if world.has_bots() {
            say(&format!("  who is in  curl http://{address}/api/directory"))?;
            return say("");
        }
        let path = world.trigger.aliases.first().map_or_else(
            || {
                format!(
                    "-X POST http://{address}/api/worlds/{}/conversations",
                    world.name
                )
            },
            |alias| format!("http://{address}{alias}"),
        );
        say(&format!("  say hello  curl {path}"))?;
    }
    say("")
}

/// Prints what happens, as it happens.
pub(crate) async fn transcript(
    store: Arc<dyn Store>,
    mut from: Cursor,
    shutdown: CancellationToken,
) {
    let terminal = Terminal::stdout();
    let mut commits = store.commits();
    while !shutdown.is_cancelled() {
        match store.changes(from, CHANGES_MAX).await {
            Ok(changes) if !changes.is_empty() => {
                for change in changes {
                    from = change.cursor;
                    if terminal
                        .happening(&change.what)
                        .is_some_and(|line| say(&line).is_err())
                    {
                        return;
                    }
                }
                continue;
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "the transcript can't be read, trying again"),
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            changed = commits.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}
