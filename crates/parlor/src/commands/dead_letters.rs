//! `parlor dead-letters`: messages that could not be handled.

use super::say;
use crate::cli::{DeadLetterSelection, DeadLetters};
use crate::config::Config;
use crate::{Ended, resolve, wiring, worlds};
use parlor_model::{Clock, SystemClock, World};
use parlor_ports::bus::Bus;
use std::sync::Arc;

/// Lists, replays or drops.
pub(crate) async fn run(config: &Config, which: DeadLetters) -> anyhow::Result<Ended> {
    let name = match &which {
        DeadLetters::List { which, .. } => &which.world,
        DeadLetters::Replay(selection) | DeadLetters::Drop(selection) => &selection.which.world,
    };
    let world = worlds::load(name)?;
    let bus = open(config, &world).await?;
    match which {
        DeadLetters::List { json, limit, .. } => list(&*bus, &world, json, limit).await?,
        DeadLetters::Replay(DeadLetterSelection { ids, .. }) => {
            say(&format!(
                "sent again: {}",
                bus.replay_dead_letters(&world.name, &ids).await?
            ))?;
        }
        DeadLetters::Drop(DeadLetterSelection { ids, .. }) => {
            say(&format!(
                "thrown away: {}",
                bus.drop_dead_letters(&world.name, &ids).await?
            ))?;
        }
    }
    bus.close().await;
    Ok(Ended::Well)
}

async fn open(config: &Config, world: &World) -> anyhow::Result<Arc<dyn Bus>> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = resolve::store(&config.settings, clock.clone()).await?;
    wiring::migrate(&*store, false).await?;
    let bus = resolve::bus(&config.settings, &store, clock).await?;
    bus.declare(&world.topology()).await?;
    Ok(bus)
}

async fn list(bus: &dyn Bus, world: &World, json: bool, limit: usize) -> anyhow::Result<()> {
    let letters = bus.dead_letters(&world.name, limit).await?;
    for letter in &letters {
        if json {
            say(&serde_json::to_string(letter)?)?;
        } else {
            let at = letter.at.format("%Y-%m-%d %H:%M:%S");
            say(&format!(
                "{}  {at}  {}  {}",
                letter.id,
                letter.inbox,
                one_line(&letter.reason)
            ))?;
        }
    }
    if letters.is_empty() && !json {
        say("none")?;
    }
    Ok(())
}

fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}
