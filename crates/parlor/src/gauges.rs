//! What can only be known by asking: how much waits where. One process of a server asks, now and then,
//! and shows it with its metrics.

use parlor_model::World;
use parlor_ports::bus::Bus;
use parlor_ports::metric;
use parlor_ports::store::{OutboxStore, Store};
use parlor_ports::worlds::Worlds;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often it asks.
const ASK_EVERY: Duration = Duration::from_secs(5);

/// Shows what this process is.
pub(crate) fn tell(role: &str) {
    let version = env!("CARGO_PKG_VERSION");
    metrics::gauge!(metric::INFO, "role" => role.to_owned(), "version" => version).set(1.0);
}

/// Asks until cancelled.
pub(crate) async fn ask(
    worlds: Worlds,
    bus: Arc<dyn Bus>,
    store: Arc<dyn Store>,
    shutdown: CancellationToken,
) {
    let mut pause = tokio::time::interval(ASK_EVERY);
    pause.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = pause.tick() => {}
        }
        for world in worlds.all().iter() {
            ask_of(world, &*bus, &*store).await;
        }
    }
}

/// What can't be asked at the moment stays as it was: the bus and the store tell of their own trouble.
async fn ask_of(world: &World, bus: &dyn Bus, store: &dyn Store) {
    let name = world.name.to_string();
    let inboxes = world.topology().inboxes.into_iter();
    let names: Vec<_> = inboxes.map(|bound| bound.inbox).collect();
    for inbox in bus.inboxes(&names).await.unwrap_or_default() {
        let labels = [("world", name.clone()), ("inbox", inbox.name)];
        metrics::gauge!(metric::INBOX_WAITING, &labels).set(float(inbox.ready));
        metrics::gauge!(metric::INBOX_CONSUMERS, &labels).set(float(inbox.consumers));
    }
    if let Ok(rows) = OutboxStore::outbox_depth(store, std::slice::from_ref(&world.name)).await {
        metrics::gauge!(metric::OUTBOX_ROWS, "world" => name).set(float(rows));
    }
}

/// Counts of things that wait are far below 2⁵³.
#[expect(clippy::cast_precision_loss, reason = "see above")]
fn float(count: u64) -> f64 {
    count as f64
}
