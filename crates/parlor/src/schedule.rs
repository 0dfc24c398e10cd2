//! Lets a world's companions talk at the times of its schedule.

use crate::commands::generate;
use crate::config::Settings;
use crate::lifecycle::Lifecycle;
use crate::topics;
use crate::wiring::{self, Authors};
use parlor_engine::generation::Rules;
use parlor_model::world::TriggerStart;
use parlor_model::{Clock, Slug, World};
use parlor_ports::store::Store;
use parlor_roles::generation::GenerationOptions;
use parlor_roles::schedule::{ScheduleOptions, ScheduleRole};
use std::collections::HashMap;
use std::sync::Arc;

/// Starts the service for a world whose people have companions, and none for others.
///
/// # Errors
/// Somebody of the cast has no words, or the world goes by the clock and has no companions.
pub(crate) fn start(
    lifecycle: &Lifecycle,
    world: &Arc<World>,
    settings: &Settings,
    (store, clock): (&Arc<dyn Store>, &Arc<dyn Clock>),
    authors: &HashMap<Slug, Authors>,
) -> anyhow::Result<()> {
    let is_timed = world.trigger.start == TriggerStart::Cron;
    let Some(rules) = Rules::of(world)? else {
        if is_timed {
            anyhow::bail!(
                "world '{}' starts by [schedule], which lets companions talk: add \
                 [mechanics.group], or set [trigger] start to \"http\" or \"always\"",
                world.name
            );
        }
        return Ok(());
    };
    let authors = authors.get(&world.name).cloned().unwrap_or_default();
    let source = topics::source(&rules.pool, &world.about, &authors);
    let options = ScheduleOptions {
        schedule: world.schedule.clone().filter(|_| is_timed),
        seed: wiring::seed_of(settings, world),
        holder: wiring::random_id(),
        source,
        work: GenerationOptions::default(),
    };
    let producer = Arc::new(generate::producer(world)?.with_authors(authors));
    let role = ScheduleRole::new(options, producer, store.clone(), clock.clone());
    lifecycle.helper(role.run(lifecycle.shutdown.clone()));
    Ok(())
}
