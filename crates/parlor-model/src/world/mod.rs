//! A world: cast, routing, memory, mechanics, dialects. [`World`] is the checked form that the
//! rest of Parlor works with; [`file`] is the form that people write.

mod bots;
pub mod check;
pub mod file;
mod llm;
mod newcomers;
mod pace;
mod place;
mod route;
mod schedule;

pub use file::OnFailure;
pub use llm::Llm;
pub use pace::{InvalidPace, Pace};
pub use place::Place;
pub use route::{Binding, ExchangeKind, InboxKind, Routing, Template, TemplateError, Topology};
pub use schedule::{DEFAULT_BATCH, Schedule};

use crate::card::Card;
use crate::name::Slug;
use crate::prompt::Setting;
use crate::session::character_id;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use uuid::Uuid;

/// A scenario, checked: every name that it uses exists, every number is in range.
#[derive(Debug, Clone)]
pub struct World {
    /// The slug; routes and data use it.
    pub name: Slug,
    /// For people.
    pub title: String,
    /// One sentence about it.
    pub about: String,
    /// Seed of the dice; `None` = a new one each run.
    pub seed: Option<u64>,
    /// Who may enter.
    pub access: Access,
    /// Pause between lines; `None` = whatever the server is set to.
    pub pace: Option<Pace>,
    /// What starts a conversation.
    pub trigger: Trigger,
    /// The times at which it starts, where its trigger goes by them.
    pub schedule: Option<Schedule>,
    /// Names on the bus.
    pub routing: Routing,
    /// What a character remembers.
    pub memory: Memory,
    /// Settings of the mechanics that are switched on, by name; the engine reads them.
    pub mechanics: BTreeMap<String, serde_json::Value>,
    /// Text generators by name.
    pub dialects: BTreeMap<String, DialectSpec>,
    /// The language model behind dialects of kind `llm`.
    pub llm: Llm,
    /// The cast, in the file's order.
    pub cast: Vec<Arc<Character>>,
    /// Where they can be, in the file's order.
    pub places: Vec<Arc<Place>>,
    /// Things to talk about.
    pub topics: Vec<Topic>,
    /// Display name → place in `cast`; made by [`World::index`].
    by_name: HashMap<String, usize>,
    by_slug: HashMap<Slug, usize>,
    by_id: HashMap<Uuid, usize>,
    setting: Arc<Setting>,
}

/// A character of the cast.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Character {
    /// For URLs and files.
    pub slug: Slug,
    /// For texts and queue names.
    pub name: String,
    /// Who they are, for a language model and for people.
    pub persona: String,
    /// Big Five traits, each 0..=1, by their usual names.
    pub traits: BTreeMap<String, f64>,
    /// What they like to talk about.
    pub likes: Vec<String>,
    /// What they would rather not talk about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dislikes: Vec<String>,
    /// Sayings of theirs.
    pub catchphrases: Vec<String>,
    /// Key into [`World::dialects`].
    pub dialect: String,
    /// For a dialect of kind `llm`: which model, instead of the dialect's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Where the character comes from.
    pub origin: Origin,
    /// The card that the character was made from.
    #[serde(skip)]
    pub card: Option<Arc<Card>>,
    /// True when there is a picture of the character.
    pub picture: bool,
    /// Where the character is at home: a slug of [`World::places`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Slug>,
    /// Places that the character likes to go to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub haunts: Vec<Slug>,
    /// Whom the character likes to travel with.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub friends: Vec<Slug>,
    /// An inbox of their own, whatever the world's routing says: that of a program from outside.
    #[serde(skip)]
    pub inbox: Option<String>,
}

impl Character {
    /// Somebody of the cast of whom only the names are known.
    #[must_use]
    pub fn new(slug: Slug, name: impl Into<String>) -> Self {
        Self {
            slug,
            name: name.into(),
            persona: String::new(),
            traits: BTreeMap::new(),
            likes: Vec::new(),
            dislikes: Vec::new(),
            catchphrases: Vec::new(),
            dialect: String::new(),
            model: None,
            origin: Origin::World,
            card: None,
            picture: false,
            place: None,
            haunts: Vec::new(),
            friends: Vec::new(),
            inbox: None,
        }
    }
}

/// Where a character comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// The world file.
    #[default]
    World,
    /// Brought in while the server runs, as a card or by hand.
    Catalogue,
    /// Somebody's program, which registered itself.
    Registered,
}

/// Who may enter a world.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// Anybody who reaches the server.
    #[default]
    Open,
    /// A signed-in person.
    Session,
}

/// What starts conversations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trigger {
    /// When.
    pub start: TriggerStart,
    /// Extra `GET` paths that start one (`/start-convo-bro`).
    pub aliases: Vec<String>,
    /// Another TCP port at which the server listens for this world's sake.
    pub port: Option<u16>,
}

/// When a world starts conversations.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum TriggerStart {
    /// On request.
    #[default]
    Http,
    /// One at start, and a new one whenever none is going on.
    Always,
    /// At the times of `[schedule]`.
    Cron,
}

/// What a character remembers of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// Lines of this conversation.
    pub window: u32,
    /// Older lines that fit.
    pub recall: u32,
}

/// A text generator, as the world file names it.
#[derive(Debug, Clone, PartialEq)]
pub struct DialectSpec {
    /// The kind.
    pub kind: DialectKind,
    /// What its file holds, read when the world was loaded; `None` without one.
    pub source: Option<Arc<[u8]>>,
    /// Rules written in the world file itself.
    pub rules: Option<serde_json::Value>,
    /// The dialect that speaks when this one can't. Never a chain: its own is ignored.
    pub fallback: Option<String>,
    /// For `llm`: which model.
    pub model: Option<String>,
    /// For `replay`: whose lines it speaks, by the name in its file.
    pub who: Option<String>,
}

impl DialectSpec {
    /// A dialect without file, rules or settings.
    #[must_use]
    pub fn new(kind: DialectKind) -> Self {
        Self {
            kind,
            source: None,
            rules: None,
            fallback: None,
            model: None,
            who: None,
        }
    }

    /// Its file as text; `None` without a file.
    ///
    /// # Errors
    /// It is not UTF-8: a sentence that says where.
    #[must_use]
    pub fn text(&self) -> Option<Result<&str, String>> {
        let bytes = self.source.as_deref()?;
        Some(std::str::from_utf8(bytes).map_err(|error| {
            let before = &bytes[..error.valid_up_to()];
            let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
            format!("its file is not UTF-8 text (line {line}): save it as UTF-8")
        }))
    }
}

/// The kinds of text generator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DialectKind {
    /// Seeded nonsense.
    Gibberish,
    /// Trained from text.
    Markov,
    /// A Tracery grammar.
    Grammar,
    /// Templates with variables.
    Template,
    /// Lines of an export.
    Replay,
    /// A language model.
    Llm,
}

/// Something to talk about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Topic {
    /// The words.
    pub text: String,
    /// What sort of topic it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub category: Option<String>,
    /// -1..=1: how most people feel about it.
    #[serde(default)]
    #[schemars(range(min = -1.0, max = 1.0))]
    pub sentiment: f64,
    /// Only in this season.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub season: Option<String>,
    /// Not after this date (`2026-12-31`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub until: Option<String>,
}

/// The parts of a world before they are indexed; what [`World::new`] takes.
#[derive(Debug, Clone)]
pub struct WorldParts {
    /// See [`World::name`].
    pub name: Slug,
    /// See [`World::title`].
    pub title: String,
    /// See [`World::about`].
    pub about: String,
    /// See [`World::seed`].
    pub seed: Option<u64>,
    /// See [`World::access`].
    pub access: Access,
    /// See [`World::pace`].
    pub pace: Option<Pace>,
    /// See [`World::trigger`].
    pub trigger: Trigger,
    /// See [`World::schedule`].
    pub schedule: Option<Schedule>,
    /// See [`World::routing`].
    pub routing: Routing,
    /// See [`World::memory`].
    pub memory: Memory,
    /// See [`World::mechanics`].
    pub mechanics: BTreeMap<String, serde_json::Value>,
    /// See [`World::dialects`].
    pub dialects: BTreeMap<String, DialectSpec>,
    /// See [`World::llm`].
    pub llm: Llm,
    /// See [`World::cast`].
    pub cast: Vec<Character>,
    /// See [`World::places`].
    pub places: Vec<Place>,
    /// See [`World::topics`].
    pub topics: Vec<Topic>,
}

impl World {
    /// Indexes the parts. The caller has checked them ([`check::load`]).
    #[must_use]
    pub fn new(parts: WorldParts) -> Self {
        let cast: Vec<_> = parts.cast.into_iter().map(Arc::new).collect();
        Self {
            by_name: cast
                .iter()
                .enumerate()
                .map(|(i, c)| (c.name.clone(), i))
                .collect(),
            by_slug: cast
                .iter()
                .enumerate()
                .map(|(i, c)| (c.slug.clone(), i))
                .collect(),
            by_id: ids(&parts.name, &cast),
            setting: Arc::new(Setting {
                world: parts.name.to_string(),
                title: parts.title.clone(),
                about: parts.about.clone(),
            }),
            name: parts.name,
            title: parts.title,
            about: parts.about,
            seed: parts.seed,
            access: parts.access,
            pace: parts.pace,
            trigger: parts.trigger,
            schedule: parts.schedule,
            routing: parts.routing,
            memory: parts.memory,
            mechanics: parts.mechanics,
            dialects: parts.dialects,
            llm: parts.llm,
            cast,
            places: parts.places.into_iter().map(Arc::new).collect(),
            topics: parts.topics,
        }
    }

    /// Takes another cast.
    fn recast(&mut self, cast: Vec<Arc<Character>>) {
        let places = || cast.iter().enumerate();
        self.by_name = places().map(|(i, c)| (c.name.clone(), i)).collect();
        self.by_slug = places().map(|(i, c)| (c.slug.clone(), i)).collect();
        self.by_id = ids(&self.name, &cast);
        self.cast = cast;
    }

    /// The character with this id ([`character_id`]).
    #[must_use]
    pub fn character_of_id(&self, id: Uuid) -> Option<&Arc<Character>> {
        self.by_id.get(&id).and_then(|i| self.cast.get(*i))
    }

    /// What a prompt tells of the world.
    #[must_use]
    pub fn setting(&self) -> Arc<Setting> {
        self.setting.clone()
    }

    /// The character with this display name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Arc<Character>> {
        self.by_name.get(name).and_then(|i| self.cast.get(*i))
    }

    /// The character with this slug.
    #[must_use]
    pub fn character(&self, slug: &Slug) -> Option<&Arc<Character>> {
        self.by_slug.get(slug).and_then(|i| self.cast.get(*i))
    }

    /// The character that a caller means: by slug, or by display name whatever its case.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<&Arc<Character>> {
        Slug::new(text)
            .ok()
            .and_then(|slug| self.character(&slug))
            .or_else(|| self.named(text))
            .or_else(|| {
                self.cast
                    .iter()
                    .find(|c| c.name.to_lowercase() == text.to_lowercase())
            })
    }

    /// The inbox of a character; where places have the inboxes, that of their home.
    #[must_use]
    pub fn inbox_of(&self, character: &Character) -> String {
        match self.home_of(character) {
            Some(home) if self.routing.inbox == InboxKind::Place => self.inbox_of_place(home),
            _ => self.routing.inbox_of(&self.name, character),
        }
    }

    /// The routing key of a character's inbox.
    #[must_use]
    pub fn key_of(&self, character: &Character) -> String {
        match self.home_of(character) {
            Some(home) if self.routing.inbox == InboxKind::Place => {
                self.routing.of_place(&self.name, home).1
            }
            _ => self.routing.key_of(&self.name, character),
        }
    }

    /// Everything that must exist on the bus for this world.
    #[must_use]
    pub fn topology(&self) -> Topology {
        let cast: &[_] = match self.routing.inbox {
            InboxKind::Place => &[],
            _ => &self.cast,
        };
        let mut topology = self.routing.topology(&self.name, cast);
        let places = self.places.iter().map(|place| Binding {
            inbox: self.inbox_of_place(place),
            key: self.routing.of_place(&self.name, place).1,
        });
        topology.inboxes.extend(places);
        if self.has_bots() {
            let directory = self.inbox_of_directory();
            topology.inboxes.push(Binding {
                inbox: directory.clone(),
                key: directory,
            });
        }
        topology
    }
}

fn ids(world: &Slug, cast: &[Arc<Character>]) -> HashMap<Uuid, usize> {
    let places = cast.iter().enumerate();
    places
        .map(|(place, character)| (character_id(world, &character.slug), place))
        .collect()
}
