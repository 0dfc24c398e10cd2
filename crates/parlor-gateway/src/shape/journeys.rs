//! The shapes of journeys.

use chrono::{DateTime, Utc};
use parlor_model as model;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;
use uuid::Uuid;

/// A move: some go from one place to another in one message. Also the data of `characters.moved`.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Move {
    /// Its id.
    pub id: Uuid,
    /// The world's slug.
    pub world: String,
    /// The run that it belongs to.
    pub run: Uuid,
    /// Which of the groups of the run.
    pub group: Uuid,
    /// From where (display name); null at the start of a group.
    #[schema(required = true)]
    pub from: Option<String>,
    /// To where (display name).
    pub to: String,
    /// Slug of `from`.
    #[schema(required = true)]
    pub from_slug: Option<String>,
    /// Slug of `to`.
    pub to_slug: String,
    /// The queue or topic that it is sent to.
    pub queue: String,
    /// Who goes (display names). Nobody at the start of a group.
    pub characters: Vec<String>,
    /// Their slugs, in the same order.
    pub slugs: Vec<String>,
    /// `sent` (on the way) or `arrived`.
    pub state: String,
    /// What happened where they set out: one sentence of at most 20 words.
    pub scene: String,
    /// Who took part in it (display names).
    pub took_part: Vec<String>,
    /// What came of it.
    pub consequence: String,
    /// Who decided: `start`, `script`, `model` or `hand`.
    pub by: String,
    /// When they set out.
    pub at: DateTime<Utc>,
    /// When the other place received them.
    #[schema(required = true)]
    pub arrived_at: Option<DateTime<Utc>>,
}

impl From<model::Move> for Move {
    fn from(made: model::Move) -> Self {
        let name = |named: &model::Named| named.name.clone();
        let slug = |named: &model::Named| named.slug.to_string();
        Self {
            id: made.id.0,
            world: made.world.to_string(),
            run: made.run.0,
            group: made.group.0,
            from: made.from.as_ref().map(name),
            to: name(&made.to),
            from_slug: made.from.as_ref().map(slug),
            to_slug: slug(&made.to),
            queue: made.inbox,
            characters: made.characters.iter().map(name).collect(),
            slugs: made.characters.iter().map(slug).collect(),
            state: match made.state {
                model::MoveState::Sent => "sent".to_owned(),
                model::MoveState::Arrived => "arrived".to_owned(),
            },
            scene: made.incident.text,
            took_part: made.incident.took_part,
            consequence: made.incident.consequence,
            by: made.by.as_str().to_owned(),
            at: made.sent_at,
            arrived_at: made.arrived_at,
        }
    }
}

/// The journey of a character in this run, or a part of it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Journey {
    /// Display name.
    pub character: String,
    /// Where they are at home; null in a world without places.
    #[schema(required = true)]
    pub home: Option<String>,
    /// Where they are, or where they go; null before the first run.
    #[schema(required = true)]
    pub place: Option<String>,
    /// True while they are on the way there.
    pub travelling: bool,
    /// Their moves, oldest first.
    pub items: Vec<Move>,
    /// Gives the next part as `cursor`; null at the end.
    #[schema(required = true)]
    pub next_cursor: Option<String>,
}

/// What is known of a place at a moment.
pub(crate) struct PlaceNow {
    pub(crate) up: bool,
    pub(crate) waiting: Option<u64>,
    pub(crate) queue: String,
    pub(crate) count: u64,
    pub(crate) characters: Vec<String>,
    pub(crate) travelling: Vec<String>,
}

/// A place, with who is there.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlaceState {
    /// Display name.
    pub place: String,
    /// Its slug.
    pub slug: String,
    /// One sentence about it.
    pub about: String,
    /// How many characters it is meant for; null: any number.
    #[schema(required = true)]
    pub capacity: Option<u32>,
    /// Its queue or topic.
    pub queue: String,
    /// True while a living process receives who arrives.
    pub up: bool,
    /// Messages that wait there; null while the bus can't be asked.
    #[schema(required = true)]
    pub waiting: Option<u64>,
    /// How many characters are here, or on their way here.
    pub count: u64,
    /// Who is here, or on their way here (display names), at most 1,000.
    pub characters: Vec<String>,
    /// Those of them who are still on their way.
    pub travelling: Vec<String>,
}

impl PlaceState {
    pub(crate) fn of(place: &model::Place, now: PlaceNow) -> Self {
        Self {
            place: place.name.clone(),
            slug: place.slug.to_string(),
            about: place.about.clone(),
            capacity: place.capacity,
            queue: now.queue,
            up: now.up,
            waiting: now.waiting,
            count: now.count,
            characters: now.characters,
            travelling: now.travelling,
        }
    }
}

/// Who is where in a world.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct States {
    /// The world's slug.
    pub world: String,
    /// Its places, in the order of the world file.
    pub places: Vec<PlaceState>,
}

impl States {
    pub(crate) fn of(world: &model::World, now: Vec<(Arc<model::Place>, PlaceNow)>) -> Self {
        let places = now.into_iter();
        Self {
            world: world.name.to_string(),
            places: places
                .map(|(place, now)| PlaceState::of(&place, now))
                .collect(),
        }
    }
}

/// A run has begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RunBegun {
    /// Always `started`.
    #[schema(value_type = String)]
    pub status: &'static str,
    /// The world's slug.
    pub world: String,
    /// Its id.
    pub run: Uuid,
    /// How many characters are at home now.
    pub characters: usize,
    /// How many places there are.
    pub places: usize,
}

impl RunBegun {
    pub(crate) fn of(world: &model::World, run: model::RunId) -> Self {
        Self {
            status: "started",
            world: world.name.to_string(),
            run: run.0,
            characters: world.cast.len(),
            places: world.places.len(),
        }
    }
}
