//! Rules that a world switches on by naming them under `[mechanics]`.

pub mod aside;
pub mod exchange_limit;
pub mod gossip;

use crate::plan::{Plan, Said};
use crate::scene::Scene;
use parlor_model::World;
use parlor_model::world::check::MechanicEntry;

/// A rule. Both hooks do nothing unless a mechanic says otherwise.
pub trait Mechanic: Send + Sync {
    /// Adds to what the event leads to, or limits it.
    fn decide(&self, _world: &World, _scene: &Scene, _plan: &mut Plan) {}

    /// Adds to what a line brings about, once it has been put into words.
    fn said(&self, _world: &World, _said: &mut Said<'_>) {}
}

/// A mechanic as the list knows it.
#[derive(Clone, Copy)]
pub struct Entry {
    /// What the file format needs to know.
    pub file: MechanicEntry,
    build: fn(&serde_json::Value) -> Result<Box<dyn Mechanic>, serde_json::Error>,
}

/// What a mechanic's settings struct gives to be listed.
trait Settings: Mechanic + serde::de::DeserializeOwned + schemars::JsonSchema + 'static {
    /// The table's name under `[mechanics]`.
    const NAME: &'static str;

    /// Characters (slugs) that the settings name, each with its key.
    fn characters(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

/// Every mechanic there is, in the order in which they are asked.
pub const ALL: &[Entry] = &[
    entry::<exchange_limit::ExchangeLimit>(),
    entry::<gossip::Gossip>(),
    entry::<aside::Aside>(),
];

const fn entry<S: Settings>() -> Entry {
    Entry {
        file: MechanicEntry {
            name: S::NAME,
            schema: || schemars::schema_for!(S).to_value(),
            characters: |value| {
                serde_json::from_value::<S>(value.clone())
                    .map(|s| s.characters())
                    .unwrap_or_default()
            },
        },
        build: |value| Ok(Box::new(serde_json::from_value::<S>(value.clone())?)),
    }
}

/// The mechanics, as the file format needs them.
#[must_use]
pub fn vocabulary() -> Vec<MechanicEntry> {
    ALL.iter().map(|entry| entry.file).collect()
}

/// The mechanics that `world` switches on.
///
/// # Errors
/// One that doesn't exist, or whose settings can't be read; a checked world has neither.
pub(crate) fn of(world: &World) -> Result<Vec<Box<dyn Mechanic>>, crate::EngineError> {
    if let Some(unknown) = world
        .mechanics
        .keys()
        .find(|name| !ALL.iter().any(|e| e.file.name == **name))
    {
        return Err(crate::EngineError::UnknownMechanic(unknown.clone()));
    }
    ALL.iter()
        .filter_map(|entry| Some((entry, world.mechanics.get(entry.file.name)?)))
        .map(|(entry, settings)| {
            (entry.build)(settings).map_err(|e| crate::EngineError::MechanicSettings {
                name: entry.file.name,
                reason: e.to_string(),
            })
        })
        .collect()
}
