//! Conversations among a person's companions, decided whole: who takes part, about what, what each
//! thinks, who says what sort of line, and what it does to moods and bonds.
//!
//! ```text
//! household + agenda + dice ──▶ Generator::turn ──▶ Turn { talk, changes, runaways, ties }
//! ```
//!
//! A pure function, as [`crate::Engine::decide`] is: the same household, topics, dice and time give the
//! same turn, whoever asks and however often. Words are found afterwards ([`parlor_model::Cue`]).
//!
//! The rules are mechanics of the world: a world has companions where it names
//! [`crate::mechanics::group`].

mod agenda;
mod script;
mod turn;

pub use agenda::Agenda;
pub use turn::{About, Changed, Participant, Skip, Talk, Turn};

use crate::EngineError;
use crate::mechanics::absence::Absence;
use crate::mechanics::friendship::Friendship;
use crate::mechanics::group::Group;
use crate::mechanics::meditation::Meditation;
use crate::mechanics::moods::Moods;
use crate::mechanics::nuance::Nuance;
use crate::mechanics::opinion::{Opinion, TRAITS, Traits};
use crate::mechanics::pool::Pool;
use crate::mechanics::rare_events::RareEvents;
use crate::mechanics::runaway::Runaway;
use crate::mechanics::seasons::Seasons;
use crate::mechanics::synergy::Synergy;
use crate::mechanics::tastes::Tastes;
use crate::mechanics::{Settings, settings};
use parlor_model::{Character, Companion, Slug, World};
use std::collections::HashMap;
use std::sync::Arc;

/// The mechanics of a world with companions; `None`: switched off.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// Who talks.
    pub group: Group,
    /// What they think.
    pub opinion: Opinion,
    /// What it does to them.
    pub moods: Moods,
    /// The topics.
    pub pool: Pool,
    /// Running away.
    pub runaway: Option<Runaway>,
    /// Copies that differ.
    pub nuance: Option<Nuance>,
    /// Likes and dislikes.
    pub tastes: Option<Tastes>,
    /// Bonds.
    pub friendship: Option<Friendship>,
    /// The team.
    pub synergy: Option<Synergy>,
    /// An activity that mends moods.
    pub meditation: Option<Meditation>,
    /// Topics of the season.
    pub seasons: Option<Seasons>,
    /// Topics while the owner is away.
    pub absence: Option<Absence>,
    /// Special conversations.
    pub rare_events: Option<RareEvents>,
}

impl Rules {
    /// The rules of a world; `None` where it has no companions.
    ///
    /// # Errors
    /// Settings of a mechanic can't be read; a checked world's can.
    pub fn of(world: &World) -> Result<Option<Self>, EngineError> {
        let Some(group) = settings::<Group>(world)? else {
            return Ok(None);
        };
        Ok(Some(Self {
            group,
            opinion: given(world)?,
            moods: given(world)?,
            pool: given(world)?,
            runaway: settings(world)?,
            nuance: settings(world)?,
            tastes: settings(world)?,
            friendship: settings(world)?,
            synergy: settings(world)?,
            meditation: settings(world)?,
            seasons: settings(world)?,
            absence: settings(world)?,
            rare_events: settings(world)?,
        }))
    }
}

/// Settings, or their defaults.
fn given<S: Settings + Default>(world: &World) -> Result<S, EngineError> {
    Ok(settings(world)?.unwrap_or_default())
}

/// Decides conversations of a world's companions.
#[derive(Debug, Clone)]
pub struct Generator {
    rules: Rules,
    cast: Vec<Member>,
    by_slug: HashMap<Slug, usize>,
}

#[derive(Debug, Clone)]
struct Member {
    character: Arc<Character>,
    traits: Traits,
}

impl Generator {
    /// For a world; `None` where it has no companions.
    ///
    /// # Errors
    /// Settings of a mechanic can't be read; a checked world's can.
    pub fn new(world: &World) -> Result<Option<Self>, EngineError> {
        let Some(rules) = Rules::of(world)? else {
            return Ok(None);
        };
        let member = |character: &Arc<Character>| Member {
            traits: TRAITS.map(|name| character.traits.get(name).copied().unwrap_or(0.5)),
            character: Arc::clone(character),
        };
        let places = world.cast.iter().enumerate();
        Ok(Some(Self {
            rules,
            cast: world.cast.iter().map(member).collect(),
            by_slug: places.map(|(at, c)| (c.slug.clone(), at)).collect(),
        }))
    }

    /// The rules.
    #[must_use]
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The character that a companion is a copy of; `None` when it has left the cast.
    #[must_use]
    pub fn character(&self, companion: &Companion) -> Option<&Character> {
        self.member(companion).map(|member| &*member.character)
    }

    fn member(&self, companion: &Companion) -> Option<&Member> {
        self.cast.get(*self.by_slug.get(&companion.character)?)
    }

    /// Who the companion is; somebody in the middle of everything where the character is gone.
    fn traits(&self, companion: &Companion) -> Traits {
        let traits = self
            .member(companion)
            .map_or([0.5; 5], |member| member.traits);
        match &self.rules.nuance {
            Some(nuance) => nuance.of(&traits, companion.id),
            None => traits,
        }
    }
}
