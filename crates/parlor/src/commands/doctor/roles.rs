//! Do the roles run that a world needs, each where it is a process of its own? They tell of themselves in
//! the store.

use super::Finding;
use crate::chat;
use crate::config::Settings;
use chrono::{DateTime, Utc};
use parlor_model::{Origin, World};

use parlor_model::world::InboxKind;
use parlor_ports::presence::{Presence, RoleRecord, RoleStatus};
use parlor_ports::store::Store;
use std::sync::Arc;

/// Roles that are looked at, at most.
pub(super) const ROLES_MAX: u32 = 10_000;
/// The role of a server in which everything runs.
const ALL: &str = "all";
/// Names in one line, at most.
const NAMES_MAX: usize = 20;

/// The roles that told of themselves, as they are now.
pub(super) struct Known {
    records: Vec<RoleRecord>,
    now: DateTime<Utc>,
}

impl Known {
    /// Reads them.
    ///
    /// # Errors
    /// What the line is to say.
    pub(super) async fn read(store: &dyn Store, now: DateTime<Utc>) -> Result<Self, Finding> {
        match Presence::roles(store, ROLES_MAX).await {
            Ok(records) => Ok(Self { records, now }),
            Err(error) => Err(Finding::bad("roles", error.to_string(), "see the store")),
        }
    }

    /// Those that told of themselves a moment ago.
    pub(super) fn up(&self) -> impl Iterator<Item = &RoleRecord> {
        let is_up = |record: &&RoleRecord| record.status(self.now) == RoleStatus::Up;
        self.records.iter().filter(is_up)
    }

    /// How a role is that is not up: what was last heard of it.
    fn why(&self, is_it: impl Fn(&RoleRecord) -> bool) -> String {
        let seen = self.records.iter().filter(|record| is_it(record));
        let silent = seen.filter_map(|record| Some((self.now - record.seen_at?).num_seconds()));
        match silent.min() {
            Some(seconds) => format!("last heard of {seconds} s ago"),
            None => "nobody has told of it".to_owned(),
        }
    }
}

/// A line for each world: the roles without which nobody answers in it, and those to which the settings
/// have a gateway hand requests on.
pub(super) fn findings(known: &Known, worlds: &[Arc<World>], settings: &Settings) -> Vec<Finding> {
    let worlds = worlds.iter();
    worlds
        .map(|world| of_world(known, world, settings))
        .collect()
}

fn of_world(known: &Known, world: &World, settings: &Settings) -> Finding {
    let serves = |record: &RoleRecord, role: &str| {
        let report = &record.report;
        (report.role == role || report.role == ALL) && report.worlds.contains(&world.name)
    };
    let mut missing = Vec::new();
    let mut need = |name: &str, is_it: &dyn Fn(&RoleRecord) -> bool| {
        if !known.up().any(is_it) {
            missing.push(format!("{name} ({})", known.why(is_it)));
        }
    };
    let roles = ["gateway", "relay"].into_iter();
    for role in roles.chain(world.has_bots().then_some("directory")) {
        need(role, &|record| serves(record, role));
    }
    if chat::is_for_people(world) {
        let apart = settings.characters_addr.as_ref().map(|_| "characters");
        for role in ["chat-ws", "mind", "dispatcher"].into_iter().chain(apart) {
            need(role, &|record| serves(record, role));
        }
    } else if world.routing.inbox == InboxKind::Place {
        for place in &world.places {
            let name = format!("place {}", place.slug);
            need(&name, &|record| {
                record.report.serves(&world.name, &place.slug)
            });
        }
    } else {
        for own in world.cast.iter().filter(|c| c.origin == Origin::World) {
            let name = format!("character {}", own.slug);
            need(&name, &|record| {
                record.report.acts_for(&world.name, &own.slug)
            });
        }
    }
    if missing.is_empty() {
        let of_it = known
            .up()
            .filter(|record| record.report.worlds.contains(&world.name));
        return Finding::good("roles", format!("{}: {} run", world.name, of_it.count()));
    }
    let more = missing.len().saturating_sub(NAMES_MAX);
    missing.truncate(NAMES_MAX);
    let more = if more == 0 {
        String::new()
    } else {
        format!(" and {more} more")
    };
    Finding::bad(
        "roles",
        format!("{}: nobody is {}{more}", world.name, missing.join(", ")),
        format!(
            "start them (`parlor run ROLE --world {}`), or see in the log of each why it ended",
            world.name
        ),
    )
}
