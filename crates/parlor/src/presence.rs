//! How a process tells the others that it is there.

use crate::lifecycle::Lifecycle;
use crate::wiring;
use chrono::{DateTime, Utc};
use parlor_model::{Slug, World};
use parlor_ports::presence::Report;
use parlor_roles::{PresenceOptions, PresenceRole, Stage};
use std::sync::Arc;
use uuid::Uuid;

/// The role whose names are those of places.
const PLACE: &str = "place";

/// Worlds and characters of a process.
pub(crate) struct Cast<'a> {
    /// Worlds that it serves.
    pub(crate) worlds: &'a [Arc<World>],
    /// Names or slugs of the characters, or places, that it acts for; none for all, or for nobody.
    pub(crate) names: &'a [String],
}

/// Tells of this process until the shutdown. `place` is a supervisor's name for it, `deliveries` where
/// others tell it what is new.
pub(crate) fn announce(
    lifecycle: &Lifecycle,
    stage: &Arc<Stage>,
    role: &str,
    cast: &Cast<'_>,
    place: Option<Uuid>,
    deliveries: Option<String>,
) {
    let report = Report {
        pid: Some(std::process::id()),
        deliveries,
        ..report(role, cast, stage.clock().now())
    };
    let id = place.unwrap_or_else(wiring::random_id);
    let service = PresenceRole::new(PresenceOptions { id, report }, stage.clone());
    lifecycle.helper(service.run(lifecycle.shutdown.clone()));
}

/// What can be told of a role before it has a process.
pub(crate) fn report(role: &str, cast: &Cast<'_>, now: DateTime<Utc>) -> Report {
    let slug = |name: &String| -> Option<Slug> {
        let mut worlds = cast.worlds.iter();
        if role == PLACE {
            let found = worlds.find_map(|world| world.find_place(name));
            return found.map(|place| place.slug.clone());
        }
        let found = worlds.find_map(|world| world.find(name));
        found.map(|character| character.slug.clone())
    };
    Report {
        role: role.to_owned(),
        worlds: cast.worlds.iter().map(|world| world.name.clone()).collect(),
        names: cast.names.iter().filter_map(slug).collect(),
        host: rustix::system::uname()
            .nodename()
            .to_string_lossy()
            .into_owned(),
        started_at: now,
        ..Report::default()
    }
}
