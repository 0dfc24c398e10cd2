//! Journeys: characters of a world are at places and go from one to the next, several in one
//! message. A [`Move`] is the data of its envelope, a row of the store and a live event, all the same.

use crate::effects::OutboxRow;
use crate::id::{ConversationId, EventId, RunId};
use crate::name::Slug;
use crate::world::Pace;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A character or a place, by both of its names.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Named {
    /// For URLs and rows.
    pub slug: Slug,
    /// For people.
    pub name: String,
}

impl Named {
    /// Both names.
    #[must_use]
    pub fn new(slug: Slug, name: impl Into<String>) -> Self {
        Self {
            slug,
            name: name.into(),
        }
    }
}

/// Who decided that a move is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MovedBy {
    /// The start of a run: a group begins at a place, nobody moves.
    Start,
    /// The rules: preferences, friends, tiredness and dice.
    Script,
    /// A language model.
    Model,
    /// A person.
    Hand,
}

impl MovedBy {
    /// As it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Script => "script",
            Self::Model => "model",
            Self::Hand => "hand",
        }
    }
}

/// How far a move has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MoveState {
    /// On the way: they have left the one place, and the other has not received them yet.
    Sent,
    /// The other place has received them.
    Arrived,
}

/// What happened at a place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Incident {
    /// One sentence of at most [`SCENE_WORDS_MAX`] words.
    #[serde(rename = "scene")]
    pub text: String,
    /// Who took part (display names).
    pub took_part: Vec<String>,
    /// What came of it, in a few words.
    pub consequence: String,
}

/// Longest scene, in words.
pub const SCENE_WORDS_MAX: usize = 20;
/// Longest scene, in characters, whatever counts as a word.
pub const SCENE_CHARS_MAX: usize = 240;

/// Some go from one place to another, in one message. Its id is that of the envelope that carries it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Move {
    /// Its id.
    pub id: EventId,
    /// The world's slug.
    pub world: Slug,
    /// The run that it belongs to.
    pub run: RunId,
    /// Which of the groups of the run: what arrives sends on. The `subject` of its envelopes.
    pub group: ConversationId,
    /// Which move of its group, from 0 (the start).
    pub hop: u32,
    /// Moves that the group has left after this one; `None`: it runs on.
    pub left: Option<u32>,
    /// From where; `None` at the start of a group.
    pub from: Option<Named>,
    /// To where.
    pub to: Named,
    /// The queue or topic that it is sent to.
    pub inbox: String,
    /// Who goes. Nobody at the start of a group: they are there already.
    pub characters: Vec<Named>,
    /// What happened where they come from.
    #[serde(flatten)]
    pub incident: Incident,
    /// Who decided.
    pub by: MovedBy,
    /// How far it has come.
    pub state: MoveState,
    /// When they left.
    pub sent_at: DateTime<Utc>,
    /// When the other place received them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrived_at: Option<DateTime<Utc>>,
}

impl Move {
    /// True when a group of the run goes on from where this one arrives.
    #[must_use]
    pub fn leads_on(&self) -> bool {
        self.by != MovedBy::Hand && self.left != Some(0)
    }
}

/// Somebody who leaves, with how tired they are once they are on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traveller {
    /// Their slug.
    pub slug: Slug,
    /// Moves since they left home; 0 when they go there.
    pub tired: u32,
}

/// A move to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMove {
    /// The move, on its way.
    pub made: Move,
    /// Those of [`Move::characters`], in the same order.
    pub travellers: Vec<Traveller>,
}

/// Somebody who is at a place, or has just come there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Here {
    /// Their slug.
    pub slug: Slug,
    /// Moves since they left home; 0 at home.
    pub tired: u32,
    /// Since when they are here; of those who are just arriving, when they left.
    pub since: DateTime<Utc>,
    /// They arrive with the move that was asked about.
    pub arriving: bool,
}

/// A place as it is, for one arrival.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlaceRecord {
    /// The world's run; `None` before the first.
    pub run: Option<RunId>,
    /// How far the move that arrives has come; `None` where there is no such move.
    pub arrival: Option<MoveState>,
    /// Who is here in this run, those who arrive among them; those who have been here longest first,
    /// at most [`HERE_MAX`] besides those who arrive.
    pub here: Vec<Here>,
    /// How many are at, or on their way to, each of the places that were asked about, in order.
    pub crowds: Vec<u32>,
    /// The world is paused.
    pub paused: bool,
    /// The pace that somebody set; `None`: the world's own.
    pub pace: Option<Pace>,
}

/// Most of those who are at a place that one arrival looks at.
pub const HERE_MAX: u32 = 64;

/// A run of a world's journeys.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRun {
    /// Its id.
    pub id: RunId,
    /// The world.
    pub world: Slug,
    /// When it begins.
    pub at: DateTime<Utc>,
    /// Everybody (slugs), each with the place where they begin.
    pub cast: Vec<(Slug, Slug)>,
    /// Where groups begin ([`MovedBy::Start`]).
    pub starts: Vec<Move>,
    /// Their envelopes.
    pub sends: Vec<OutboxRow>,
}
