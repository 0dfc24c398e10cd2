//! Bots, as the directory shows them.

use chrono::{DateTime, Utc};
use parlor_model::World;
use parlor_ports::directory::BotRecord;
use serde::Serialize;
use utoipa::ToSchema;

/// A bot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "name": "abc123", "world": "chatter", "since": "2026-11-27T10:00:00Z",
    "lastSeen": "2026-11-27T10:05:03Z", "inbox": "chatter.abc123", "dialect": "gibberish",
    "busy": 1, "foreign": false
}))]
pub struct Bot {
    /// Its name.
    pub name: String,
    /// Slug of its world.
    pub world: String,
    /// When it came.
    pub since: DateTime<Utc>,
    /// When whoever holds it was last heard of.
    pub last_seen: DateTime<Utc>,
    /// The queue or topic where it is reached.
    pub inbox: String,
    /// What it speaks; null for a program from outside, which finds its own words.
    #[schema(required = true)]
    pub dialect: Option<String>,
    /// In how many conversations it is.
    pub busy: u32,
    /// True when a program from outside speaks for it.
    pub foreign: bool,
}

impl Bot {
    pub(crate) fn of(world: &World, bot: BotRecord, busy: u32) -> Self {
        let foreign = bot.is_foreign();
        let character = world.bot(&bot.name, bot.dialect.as_deref());
        Self {
            inbox: world.inbox_of(&character),
            name: bot.name.to_string(),
            world: world.name.to_string(),
            since: bot.since,
            last_seen: bot.last_seen,
            dialect: (!foreign).then_some(character.dialect),
            busy,
            foreign,
        }
    }
}

/// A part of the directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BotList {
    /// Bots, by name.
    pub items: Vec<Bot>,
    /// Give it as `cursor` for the next part; null at the end.
    #[schema(required = true)]
    pub next_cursor: Option<String>,
    /// How many there are in all.
    pub count: u64,
}
