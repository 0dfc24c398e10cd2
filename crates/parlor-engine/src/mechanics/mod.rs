//! Rules that a world switches on by naming them under `[mechanics]`.

pub mod absence;
pub mod aside;
pub mod bots;
pub mod exchange_limit;
pub mod friendship;
pub mod gossip;
pub mod group;
pub mod meditation;
pub mod moods;
pub mod nuance;
pub mod opinion;
pub mod pool;
pub mod rare_events;
pub mod runaway;
pub mod seasons;
pub mod synergy;
pub mod tastes;
pub mod travel;

use crate::plan::{Plan, Said};
use crate::scene::Scene;
use parlor_model::World;
use parlor_model::world::check::{MechanicEntry, Needs};

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

/// A dialect that settings name: their key, its name, and what it must be.
pub(crate) type Wanted = (&'static str, String, Needs);

/// What a mechanic's settings struct gives to be listed.
pub(crate) trait Settings:
    Mechanic + serde::de::DeserializeOwned + schemars::JsonSchema + 'static
{
    /// The table's name under `[mechanics]`.
    const NAME: &'static str;
    /// It needs places, and everybody's home.
    const NEEDS_PLACES: bool = false;
    /// It brings its own cast, so that the file need not have one.
    const BRINGS_CAST: bool = false;
    /// What it makes is some person's own, so the world must be for people who sign in.
    const NEEDS_SESSIONS: bool = false;

    /// Characters (slugs) that the settings name, each with its key.
    fn characters(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// Dialects that the settings name.
    fn dialects(&self) -> Vec<Wanted> {
        Vec::new()
    }
}

/// Every mechanic there is, in the order in which they are asked.
pub const ALL: &[Entry] = &[
    entry::<exchange_limit::ExchangeLimit>(),
    entry::<gossip::Gossip>(),
    entry::<aside::Aside>(),
    entry::<group::Group>(),
    entry::<opinion::Opinion>(),
    entry::<nuance::Nuance>(),
    entry::<tastes::Tastes>(),
    entry::<moods::Moods>(),
    entry::<runaway::Runaway>(),
    entry::<friendship::Friendship>(),
    entry::<synergy::Synergy>(),
    entry::<meditation::Meditation>(),
    entry::<pool::Pool>(),
    entry::<seasons::Seasons>(),
    entry::<absence::Absence>(),
    entry::<rare_events::RareEvents>(),
    entry::<travel::Travel>(),
    entry::<bots::Bots>(),
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
            dialects: |value| {
                serde_json::from_value::<S>(value.clone())
                    .map(|s| s.dialects())
                    .unwrap_or_default()
            },
            needs_places: S::NEEDS_PLACES,
            brings_cast: S::BRINGS_CAST,
            needs_sessions: S::NEEDS_SESSIONS,
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

/// The settings of a mechanic where the world has it switched on.
///
/// # Errors
/// They can't be read; a checked world's can.
pub(crate) fn settings<S: Settings>(world: &World) -> Result<Option<S>, crate::EngineError> {
    let given = world.mechanics.get(S::NAME);
    given
        .map(|settings| {
            serde_json::from_value(settings.clone()).map_err(|error| {
                crate::EngineError::MechanicSettings {
                    name: S::NAME,
                    reason: error.to_string(),
                }
            })
        })
        .transpose()
}
