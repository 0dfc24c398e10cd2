//! The place role: receives who arrives at a place, lets something happen there, and sends on whoever
//! goes on. It is the [`crate::character`] role at the inbox of a place; what is for the characters who
//! are at home there comes to the same inbox.

use crate::character::{CharacterOptions, CharacterRole, Load};
use crate::relay::RelayHandle;
use crate::stage::Stage;
use parlor_model::World;
use parlor_model::world::Place;
use parlor_ports::bus::Bus;
use std::sync::Arc;

/// The role of one place.
#[must_use]
pub fn place_role(
    world: &Arc<World>,
    place: &Place,
    load: Load,
    stage: Arc<Stage>,
    bus: Arc<dyn Bus>,
    relay: RelayHandle,
) -> CharacterRole {
    let inbox = world.inbox_of_place(place);
    let options = CharacterOptions {
        world: world.clone(),
        group: group_of(&inbox),
        inboxes: vec![inbox],
        // What arrives together is decided one after the other and written at once. More lanes would
        // send the same people on at the same time, and only one of them could.
        load: Load { lanes: 1, ..load },
    };
    CharacterRole::new(options, stage, bus, relay)
}

/// Who consumes the inbox of a place: `library-group` for `library-messages`.
#[must_use]
pub fn group_of(inbox: &str) -> String {
    let place = inbox.strip_suffix("-messages").unwrap_or(inbox);
    format!("{place}-group")
}
