//! The rules of journeys ([`crate::mechanics::travel`]), pure.
//!
//! ```text
//! arrival + place ──▶ decide ──▶ Onward::Send(departure) ──▶ (a dialect or a model tells what happens)
//!                                                        ──▶ settle ──▶ Effects
//! ```
//!
//! What arrives sends on: one move leads to one move, as long as its group has moves left. So there are
//! always as many groups on their way as began, and nothing has to be counted across places.

mod begin;
mod choose;
mod incident;
mod mind;

pub use begin::{at_home, begin};
pub use incident::{incident_of, prompt_of};
pub use mind::{Asked, Choice, question_of};

use crate::mechanics::travel::Travel;
use chrono::{DateTime, Utc};
use parlor_model::travel::{Here, PlaceRecord};
use parlor_model::world::Place;
use parlor_model::{
    Character, Dice, Effects, Envelope, Guard, Incident, Move, MoveState, MovedBy, NewMove,
    OutboxRow, Slug, Traveller, World,
};
use std::sync::Arc;
use std::time::Duration;

/// An arrival at a place, as the rules see it.
#[derive(Clone, Copy)]
pub struct Stop<'a> {
    /// The world.
    pub world: &'a World,
    /// The place.
    pub place: &'a Arc<Place>,
    /// What arrives.
    pub arrival: &'a Move,
    /// The place as it is.
    pub record: &'a PlaceRecord,
    /// The dice of the arrival.
    pub dice: Dice,
}

/// What an arrival leads to.
#[derive(Debug, Clone, PartialEq)]
pub enum Onward {
    /// It can never be handled.
    Refuse(String),
    /// It was handled before, or belongs to a run that is over.
    Nothing,
    /// They arrive, and nobody goes on.
    Stay,
    /// Nobody is here who could go on: the group waits until somebody comes.
    Wait,
    /// They arrive, and these go on.
    Send(Departure),
}

/// Who goes where.
#[derive(Debug, Clone, PartialEq)]
pub struct Departure {
    /// Who goes, at least one; who wanted to go first.
    pub go: Vec<Arc<Character>>,
    /// To where.
    pub to: Arc<Place>,
    /// Who is there and stays.
    pub stay: Vec<Arc<Character>>,
}

impl Stop<'_> {
    /// What the arrival leads to, by the rules.
    #[must_use]
    pub fn decide(&self, travel: &Travel) -> Onward {
        if self.arrival.to.slug != self.place.slug {
            return Onward::Refuse(format!(
                "it is for '{}', not for '{}'",
                self.arrival.to.slug, self.place.slug
            ));
        }
        let Some(state) = self.record.arrival else {
            return Onward::Refuse(format!("the store has no move {}", self.arrival.id));
        };
        if state == MoveState::Arrived || self.record.run != Some(self.arrival.run) {
            return Onward::Nothing;
        }
        if !self.arrival.leads_on() {
            return Onward::Stay;
        }
        if self.world.places.len() < 2 {
            return Onward::Stay;
        }
        choose::choose(self, travel).map_or(Onward::Wait, Onward::Send)
    }

    /// Those who are here, by their place in the record. Who has left the cast is not among them.
    pub(crate) fn people(&self) -> Vec<(&Here, &Arc<Character>)> {
        let here = self.record.here.iter();
        here.filter_map(|here| Some((here, self.world.character(&here.slug)?)))
            .collect()
    }

    /// Who of these stays, if they go.
    pub(crate) fn stays(&self, go: &[Arc<Character>]) -> Vec<Arc<Character>> {
        let people = self.people().into_iter().map(|(_, character)| character);
        people
            .filter(|character| !go.iter().any(|leaver| leaver.slug == character.slug))
            .cloned()
            .collect()
    }

    /// What it brings about that they arrive and, where there is a departure, that those go on.
    #[must_use]
    pub fn settle(
        &self,
        departure: Option<(&Departure, Incident, MovedBy)>,
        now: DateTime<Utc>,
        pace: Duration,
    ) -> Effects {
        let arrival = self.arrival;
        let mut effects = Effects::none(arrival.id);
        effects.guard = Guard::Travel {
            world: self.world.name.clone(),
            run: arrival.run,
            arrives: Some(arrival.id),
            at: now,
        };
        let Some((departure, incident, by)) = departure else {
            return effects;
        };
        let made = Move {
            id: parlor_model::EventId::derive(arrival.id.0, "onward"),
            world: self.world.name.clone(),
            run: arrival.run,
            group: arrival.group,
            hop: arrival.hop.saturating_add(1),
            left: arrival.left.map(|left| left.saturating_sub(1)),
            from: Some(self.place.named()),
            to: departure.to.named(),
            inbox: self.world.inbox_of_place(&departure.to),
            characters: departure.go.iter().map(|c| c.named()).collect(),
            incident,
            by,
            state: MoveState::Sent,
            sent_at: now,
            arrived_at: None,
        };
        let tired = |slug: &Slug| {
            let mut here = self.record.here.iter();
            here.find(|here| here.slug == *slug)
                .map_or(0, |here| here.tired)
        };
        let travellers = departure
            .go
            .iter()
            .map(|character| {
                traveller(self.world, character, tired(&character.slug), &made.to.slug)
            })
            .collect();
        effects.sends.push(row(&made, pace));
        effects.moves.push(NewMove { made, travellers });
        effects
    }
}

/// How tired somebody is who goes to a place.
#[must_use]
pub fn traveller(world: &World, character: &Character, tired: u32, to: &Slug) -> Traveller {
    let is_home = world
        .home_of(character)
        .is_some_and(|home| home.slug == *to);
    Traveller {
        slug: character.slug.clone(),
        tired: if is_home { 0 } else { tired.saturating_add(1) },
    }
}

/// The envelope of a move, on its way to the place, due one pace later.
#[must_use]
pub fn row(made: &Move, pace: Duration) -> OutboxRow {
    OutboxRow {
        inbox: made.inbox.clone(),
        envelope: Arc::new(Envelope::arrival(made)),
        due_at: made.sent_at + pace,
        parked: false,
    }
}
