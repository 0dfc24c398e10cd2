//! People talk with characters: puts the parts of it together.

use crate::commands::run::load;
use crate::config::Settings;
use crate::lifecycle::Lifecycle;
use crate::wiring;
use parlor_model::World;
use parlor_ports::bus::Bus;
use parlor_ports::cache::{Cache, Holder};
use parlor_ports::chat::{Chat, Courier};
use parlor_roles::chat::{
    DispatcherOptions, DispatcherRole, Hub, LocalCourier, MindOptions, MindRole, Room, RoomOptions,
    RoomParts,
};
use parlor_roles::{RelayHandle, Stage};
use std::sync::Arc;

/// True for a world whose characters people talk with.
pub(crate) fn is_for_people(world: &World) -> bool {
    world.routing.answers.is_some()
}

/// What the parts share. `address`: where this process is told what is new; `others` tells other
/// processes.
pub(crate) fn parts(
    stage: &Arc<Stage>,
    relay: &RelayHandle,
    cache: &Arc<dyn Cache>,
    address: String,
    others: Option<Arc<dyn Courier>>,
) -> RoomParts {
    let hub = Arc::new(Hub::default());
    let here = Holder {
        instance: wiring::random_id(),
        address,
    };
    let courier = LocalCourier {
        here: here.clone(),
        hub: hub.clone(),
        others,
    };
    RoomParts {
        stage: stage.clone(),
        relay: relay.clone(),
        cache: cache.clone(),
        hub,
        here,
        courier: Arc::new(courier),
    }
}

/// Starts the room that people come into.
pub(crate) fn room(lifecycle: &Lifecycle, settings: &Settings, parts: RoomParts) -> Arc<dyn Chat> {
    let options = RoomOptions {
        lines_per_minute_max: settings.limits.lines_per_minute,
        seats_per_account_max: settings.limits.connections_per_person,
        ..RoomOptions::default()
    };
    let (room, writing) = Room::new(parts, options);
    lifecycle.helper(writing);
    lifecycle.helper(room.clone().watch(lifecycle.shutdown.clone()));
    room
}

/// Starts the mind of a world's characters.
pub(crate) fn mind(
    lifecycle: &Lifecycle,
    settings: &Settings,
    world: &World,
    parts: &RoomParts,
    bus: &Arc<dyn Bus>,
) {
    let options = MindOptions {
        world: world.name.clone(),
        load: load(settings),
    };
    let role = MindRole::new(options, parts.clone(), bus.clone());
    lifecycle.vital("mind", role.run(lifecycle.shutdown.clone()));
}

/// Starts the dispatcher of what a world's characters answer.
pub(crate) fn dispatcher(
    lifecycle: &Lifecycle,
    settings: &Settings,
    world: &World,
    parts: &RoomParts,
    bus: &Arc<dyn Bus>,
) {
    let options = DispatcherOptions {
        world: world.name.clone(),
        load: load(settings),
    };
    let role = DispatcherRole::new(options, parts.clone(), bus.clone());
    lifecycle.vital("dispatcher", role.run(lifecycle.shutdown.clone()));
}
