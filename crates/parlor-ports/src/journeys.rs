//! The port of journeys: which character of a world is where, and how they came there.
//!
//! A world has at most one run at a time, the latest. In it every character has one row that says
//! where they are; a commit under [`parlor_model::Guard::Travel`] ([`crate::store::StepStore::commit`])
//! changes it, so nobody is ever in two places or in none. Who is on the way counts as being at the
//! place where they go.

use crate::error::PortResult;
use crate::store::{Cursor, Page};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use parlor_model::travel::PlaceRecord;
use parlor_model::{EventId, Move, MoveState, MovedBy, NewRun, RunId, Slug};

/// What an arrival needs to know of its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceRequest {
    /// The world.
    pub world: Slug,
    /// The place.
    pub place: Slug,
    /// The move that arrives.
    pub arrival: Option<EventId>,
    /// Places whose crowds are wanted, in this order.
    pub crowds: Vec<Slug>,
}

/// A world's run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// 1 for the world's first.
    pub number: u64,
    /// When it began.
    pub at: DateTime<Utc>,
    /// Moves so far by who decided them, starts left out.
    pub moves: Vec<(MovedBy, u64)>,
}

/// Where somebody is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whereabouts {
    /// Slug of the character.
    pub character: Slug,
    /// Slug of the place where they are, or where they go.
    pub place: Slug,
    /// Whether they are there.
    pub state: MoveState,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Moves since they left home.
    pub tired: u32,
    /// Moves in this run.
    pub moves: u64,
}

/// How many are at a place or on their way to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crowd {
    /// Slug of the place.
    pub place: Slug,
    /// At it.
    pub here: u64,
    /// On their way to it.
    pub coming: u64,
    /// Some of both, by slug.
    pub people: Vec<Whereabouts>,
}

/// Gathers crowds from people in the order of their places, each with how many are at the place and how
/// many belong to it in all. For stores.
#[must_use]
pub fn gather(people: impl IntoIterator<Item = (Whereabouts, u64, u64)>) -> Vec<Crowd> {
    let mut crowds: Vec<Crowd> = Vec::new();
    for (found, here, all) in people {
        match crowds.last_mut() {
            Some(crowd) if crowd.place == found.place => crowd.people.push(found),
            _ => crowds.push(Crowd {
                place: found.place.clone(),
                here,
                coming: all.saturating_sub(here),
                people: vec![found],
            }),
        }
    }
    crowds
}

/// Journeys.
#[async_trait]
pub trait Journeys: Send + Sync {
    /// Places as they are now, one per request, in order. Sees every commit that returned before.
    /// Crowds are those of the world's run.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn places(&self, requests: &[PlaceRequest]) -> PortResult<Vec<PlaceRecord>>;

    /// Begins a run in one transaction: it is the world's from now on, everybody of its cast is at
    /// their place, the starts are on their way, their envelopes are in the outbox, in hand. What
    /// still is on its way of a run before can no longer arrive. False, and nothing happens, when the
    /// world has had a run of this id.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn begin_journeys(&self, run: NewRun) -> PortResult<bool>;

    /// The world's run; `None` before the first.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn run(&self, world: &Slug) -> PortResult<Option<Run>>;

    /// Who is where in the world's run, by slug of the place, as it is at one moment: nobody is in two
    /// places. Of each place up to `named` people (at least one); places where nobody is are left out.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn crowds(&self, world: &Slug, named: u32) -> PortResult<Vec<Crowd>>;

    /// Where somebody is in the world's run.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn where_is(&self, world: &Slug, character: &Slug) -> PortResult<Option<Whereabouts>>;

    /// The moves of a character in the world's run, oldest first, after a cursor.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn journey(
        &self,
        world: &Slug,
        character: &Slug,
        after: Option<Cursor>,
        limit: u32,
    ) -> PortResult<Page<Move>>;
}
