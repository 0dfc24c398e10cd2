//! `parlor migrate`: brings the store and the bus to what this program expects, and ends.

use super::say;
use crate::config::Config;
use crate::{Ended, resolve, wiring, worlds};
use parlor_model::{Clock, SystemClock};
use std::sync::Arc;

/// Applies what the store's schema lacks and declares the inboxes of `worlds`; with `check` it only
/// says what is lacking. To do it twice, or twice at the same time, is harmless.
pub(crate) async fn run(config: &Config, names: &[String], check: bool) -> anyhow::Result<Ended> {
    let worlds = worlds::load_all(names)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = resolve::store(&config.settings, clock.clone()).await?;
    let pending = store.pending_migrations().await?;
    if check {
        store.close().await;
        return if pending.is_empty() {
            say("the store is up to date")?;
            Ok(Ended::Well)
        } else {
            say(&format!("pending: {}", pending.join(", ")))?;
            Ok(Ended::FoundProblems)
        };
    }
    wiring::migrate(&*store, false).await?;
    if pending.is_empty() {
        say("the store is up to date")?;
    } else {
        say(&format!("applied: {}", pending.join(", ")))?;
    }
    let bus = resolve::bus(&config.settings, &store, clock).await?;
    if bus.capabilities().shared {
        for world in &worlds {
            bus.declare(&world.topology()).await?;
            say(&format!("declared: the inboxes of {}", world.name))?;
        }
    }
    bus.close().await;
    store.close().await;
    Ok(Ended::Well)
}
