//! The form of a world file: the tables and keys that people write. The doc comments here are the
//! descriptions of the JSON Schema that editors show, so they speak to authors of worlds.
//!
//! Everything has a default, also what the schema requires: a file is checked against the schema
//! first, and what is wrong in it is left out, so that the rest can be read and checked as well.

use super::{Access, DialectKind, ExchangeKind, InboxKind, Llm, Topic, TriggerStart};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Largest cast.
pub const CHARACTERS_MAX: usize = 100_000;
/// Most places.
pub const PLACES_MAX: usize = 1_000;
/// Longest name of a character, place or dialect, in characters.
pub const NAME_CHARS_MAX: usize = 60;
/// Name of the dialect that a world without any speaks.
pub const DEFAULT_DIALECT: &str = "small-talk";
/// Largest file of a dialect, in bytes.
pub const DIALECT_BYTES_MAX: usize = 64 << 20;
/// `$id` of the schema.
pub const SCHEMA_ID: &str = "urn:parlor:world.schema.json";

/// A world of characters that talk to each other. Only [world] with a name and two [[characters]]
/// with a name each are required; everything else has a default.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(title = "A Parlor world")]
#[schemars(extend("$id" = SCHEMA_ID, "required" = ["world", "characters"]))]
pub struct WorldFile {
    /// The world's name, and who may enter.
    pub world: WorldTable,
    /// What starts a conversation.
    pub trigger: TriggerTable,
    /// Names of exchange, queues and keys on the message bus.
    pub routing: RoutingTable,
    /// What a character remembers of a conversation.
    pub memory: MemoryTable,
    /// The rules that are switched on, one table each ([mechanics.gossip]).
    pub mechanics: BTreeMap<String, Value>,
    /// How characters talk, one table for each dialect ([dialects.banter]). Without any, everybody
    /// talks seeded nonsense.
    #[schemars(extend("maxProperties" = 1000))]
    pub dialects: BTreeMap<String, DialectTable>,
    /// The cast, at least two.
    #[schemars(length(min = 2, max = CHARACTERS_MAX))]
    pub characters: Vec<CharacterTable>,
    /// Where characters can be.
    #[schemars(length(max = PLACES_MAX))]
    pub places: Vec<PlaceTable>,
    /// Things to talk about.
    #[schemars(with = "Vec<Topic>")]
    pub topics: Vec<Value>,
    /// The language model behind dialects of kind "llm".
    pub llm: LlmTable,
    /// When a world with start = "cron" starts conversations.
    #[schemars(with = "ScheduleTable")]
    pub schedule: Option<ScheduleTable>,
}

/// [world]: name, title, rules of entry.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["name"]))]
pub struct WorldTable {
    /// The world's slug, used in routes and data: lower-case letters, digits and single hyphens
    /// inside, at most 64.
    #[schemars(length(min = 1))]
    pub name: String,
    /// The name for people. Default: the slug.
    #[schemars(with = "String", length(min = 1, max = 200))]
    pub title: Option<String>,
    /// One sentence about the world.
    #[schemars(length(max = 2000))]
    pub about: String,
    /// Seed of the dice: the same seed gives the same conversations. Default: a new one each run,
    /// printed at start.
    #[schemars(with = "u64")]
    pub seed: Option<u64>,
    /// Who may enter: "open" (anybody who reaches the server) or "session" (a signed-in person).
    pub access: Access,
    /// Pause between lines: "0", "30ms", "1s", "2.5s" or "1m", at most a day. Default: what the
    /// server is set to.
    #[schemars(with = "String")]
    pub pace: Option<String>,
}

/// [trigger]: what starts a conversation.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TriggerTable {
    /// "http" (on request), "always" (a new conversation whenever none is going on) or "cron" (at
    /// the times of [schedule]).
    pub start: TriggerStart,
    /// Extra paths that start a conversation (where characters travel: a run) when they are opened,
    /// each beginning with a slash ("/start-convo-bro").
    #[schemars(length(max = 20))]
    pub aliases: Vec<String>,
    /// Another TCP port at which the server listens, where it is free.
    #[schemars(with = "u16", range(min = 1, max = 65535))]
    pub port: Option<u16>,
}

/// [routing]: names on the message bus.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RoutingTable {
    /// Who has an inbox of their own: "character", "conversation", "place", or "shared" (one for
    /// the whole world).
    pub inbox: InboxKind,
    /// The exchange (RabbitMQ).
    pub exchange: ExchangeTable,
    /// Template of an inbox's name (queue or topic), with {Name}, {slug}, {world}, {place}, {a},
    /// {b}. Default: "{world}.{slug}", or "{place}-messages" where places have the inboxes.
    #[schemars(with = "String")]
    pub queue: Option<String>,
    /// Template of the routing key (RabbitMQ) or partition key (Kafka). Default: "{slug}", or
    /// "{place}" where places have the inboxes.
    #[schemars(with = "String")]
    pub key: Option<String>,
    /// Where people talk with characters (access = "session"): the inbox of what characters answer.
    /// What people write goes to the inbox of the characters, which must be "shared".
    #[schemars(with = "String", length(min = 1, max = 120))]
    pub answers: Option<String>,
}

/// The exchange of a world (RabbitMQ).
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ExchangeTable {
    /// Its name, at most 120 bytes. Default: the world's name and "-exchange".
    #[schemars(with = "String", length(min = 1))]
    pub name: Option<String>,
    /// How it picks queues: "direct" (equal key), "topic" (key pattern) or "fanout" (all of them).
    #[serde(rename = "type")]
    pub kind: ExchangeKind,
}

/// [memory]: what a character remembers of a conversation.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MemoryTable {
    /// How many of the latest lines of a conversation its characters remember.
    #[schemars(range(min = 1, max = 1000))]
    pub window: u32,
    /// How many older lines that fit are recalled, from what the character said, heard or was told.
    #[schemars(range(min = 0, max = 1000))]
    pub recall: u32,
}

impl Default for MemoryTable {
    fn default() -> Self {
        Self {
            window: 5,
            recall: 0,
        }
    }
}

/// A dialect: a way to talk.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["kind"]))]
pub struct DialectTable {
    /// What finds the words: "gibberish", "markov", "grammar", "template", "replay" or "llm".
    #[schemars(with = "DialectKind")]
    pub kind: Option<DialectKind>,
    /// The file with its rules or lines: a path relative to this file, inside its directory; at
    /// most 64 MiB. Not together with rules.
    #[schemars(with = "String", length(min = 1, max = 1000))]
    pub file: Option<String>,
    /// Its rules, written here. Not together with file.
    #[schemars(with = "BTreeMap<String, Value>")]
    pub rules: Option<Value>,
    /// The dialect that speaks when this one can't. An "llm" dialect needs one.
    #[schemars(with = "String")]
    pub fallback: Option<String>,
    /// For kind "llm": which model, as in [llm]. Default: the one of [llm].
    #[schemars(with = "String", length(min = 1, max = 200))]
    pub model: Option<String>,
    /// For kind "replay": whose lines it speaks, by the name in its file. Default: those of the
    /// person with the character's name, or everybody's where there is none.
    #[schemars(with = "String", length(min = 1, max = 200))]
    pub who: Option<String>,
}

/// A character of the cast.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["name"]))]
pub struct CharacterTable {
    /// The name in texts and queue names, at most 60 characters, without braces.
    #[schemars(length(min = 1, max = NAME_CHARS_MAX))]
    pub name: String,
    /// The name in URLs: lower-case letters, digits and single hyphens inside. Default: made from
    /// the name.
    #[schemars(with = "String")]
    pub slug: Option<String>,
    /// Who they are, for a language model and for people.
    #[schemars(length(max = 20_000))]
    pub persona: String,
    /// A character card (JSON, PNG or CHARX) that says who they are: a path relative to this file,
    /// inside its directory; at most 32 MiB. What stands here counts before what the card says.
    #[schemars(with = "String", length(min = 1, max = 1000))]
    pub card: Option<String>,
    /// The Big Five traits, each from 0 to 1.
    pub traits: TraitsTable,
    /// What they like to talk about.
    #[schemars(length(max = 1000))]
    pub likes: Vec<String>,
    /// What they would rather not talk about.
    #[schemars(length(max = 1000))]
    pub dislikes: Vec<String>,
    /// Sayings of theirs.
    #[schemars(length(max = 1000))]
    pub catchphrases: Vec<String>,
    /// How they talk: a name under [dialects]. Default: the world's only dialect.
    #[schemars(with = "String")]
    pub dialect: Option<String>,
    /// For a dialect of kind "llm": which model speaks for this character, as in [llm]. Default: the
    /// dialect's.
    #[schemars(with = "String", length(min = 1, max = 200))]
    pub model: Option<String>,
    /// Where they are at home, and at the start: the slug or name of a place. A world with
    /// [mechanics.travel] needs it.
    #[schemars(with = "String")]
    pub place: Option<String>,
    /// Places that they like to go to: slugs or names.
    #[schemars(length(max = 100))]
    pub haunts: Vec<String>,
    /// Whom they like to travel with: slugs or names of characters.
    #[schemars(length(max = 100))]
    pub friends: Vec<String>,
}

/// The Big Five traits, each from 0 to 1.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TraitsTable {
    /// Curious and inventive (1) or cautious (0).
    #[schemars(with = "f64", range(min = 0.0, max = 1.0))]
    pub openness: Option<f64>,
    /// Organised (1) or careless (0).
    #[schemars(with = "f64", range(min = 0.0, max = 1.0))]
    pub conscientiousness: Option<f64>,
    /// Outgoing (1) or reserved (0).
    #[schemars(with = "f64", range(min = 0.0, max = 1.0))]
    pub extraversion: Option<f64>,
    /// Friendly (1) or critical (0).
    #[schemars(with = "f64", range(min = 0.0, max = 1.0))]
    pub agreeableness: Option<f64>,
    /// Nervous (1) or calm (0).
    #[schemars(with = "f64", range(min = 0.0, max = 1.0))]
    pub neuroticism: Option<f64>,
}

impl TraitsTable {
    /// The traits that are given, by name.
    #[must_use]
    pub fn given(&self) -> BTreeMap<String, f64> {
        [
            ("openness", self.openness),
            ("conscientiousness", self.conscientiousness),
            ("extraversion", self.extraversion),
            ("agreeableness", self.agreeableness),
            ("neuroticism", self.neuroticism),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
    }
}

/// A place where characters can be.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["name"]))]
pub struct PlaceTable {
    /// Its name, at most 60 characters, without braces.
    #[schemars(length(min = 1, max = NAME_CHARS_MAX))]
    pub name: String,
    /// The name in URLs and queue names: lower-case letters, digits and single hyphens inside.
    /// Default: made from the name.
    #[schemars(with = "String")]
    pub slug: Option<String>,
    /// One sentence about it.
    #[schemars(length(max = 2000))]
    pub about: String,
    /// Name of its queue or topic. Default: from routing.queue.
    #[schemars(with = "String", length(min = 1, max = 120))]
    pub queue: Option<String>,
    /// How many characters it is meant for: nobody goes where it is full, if there is room
    /// elsewhere.
    #[schemars(with = "u32", range(min = 1, max = CHARACTERS_MAX))]
    pub capacity: Option<u32>,
    /// TCP port of its own listener, when it runs as a process of its own.
    #[schemars(with = "u16", range(min = 1, max = 65535))]
    pub port: Option<u16>,
    /// What there is to do: characters whose likes name one of these are drawn here.
    #[schemars(length(max = 100))]
    pub draws: Vec<String>,
    /// The dialect that tells what happens here: a name under [dialects]. Default: the one of
    /// [mechanics.travel].
    #[schemars(with = "String")]
    pub dialect: Option<String>,
}

/// What to do when the language model fails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnFailure {
    /// The dialect's fallback speaks.
    #[default]
    Fallback,
    /// The line waits until the model answers again.
    Wait,
}

/// [llm]: the language model behind dialects of kind "llm".
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LlmTable {
    /// Which model, as provider:model ("gemini:gemini-3-flash"). Default: what the server is set
    /// to. An address after it ("openai:name@http://localhost:8080/v1") needs the operator's leave.
    #[schemars(with = "String", length(min = 1, max = 200))]
    pub model: Option<String>,
    /// When the model fails: "fallback" (the dialect's fallback speaks) or "wait" (the line waits
    /// until the model answers again).
    pub on_failure: OnFailure,
    /// At most so many calls a day. Default: no limit.
    #[schemars(with = "u64")]
    pub calls_per_day_max: Option<u64>,
    /// At most so many tokens a day, read and written together. Default: no limit.
    #[schemars(with = "u64")]
    pub tokens_per_day_max: Option<u64>,
    /// At most so many tokens in a prompt. What is older goes first.
    #[schemars(range(min = 1_024, max = 1_000_000))]
    pub context_tokens_max: u32,
    /// At most so many tokens in a reply, a model's thinking included.
    #[schemars(range(min = 16, max = 65_536))]
    pub reply_tokens_max: u32,
    /// At most so many characters in a line; a longer reply is cut at the end of a sentence.
    #[schemars(range(min = 20, max = 2_000))]
    pub line_chars_max: u32,
}

impl Default for LlmTable {
    fn default() -> Self {
        let llm = Llm::default();
        Self {
            model: llm.model,
            on_failure: llm.on_failure,
            calls_per_day_max: llm.calls_per_day_max,
            tokens_per_day_max: llm.tokens_per_day_max,
            context_tokens_max: llm.context_tokens_max,
            reply_tokens_max: llm.reply_tokens_max,
            line_chars_max: llm.line_chars_max,
        }
    }
}

/// [schedule]: when a world with start = "cron" starts conversations.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["cron"]))]
pub struct ScheduleTable {
    /// Times, each as minute, hour, day of month, month, day of week ("0 6 * * *").
    #[schemars(length(min = 1, max = 100))]
    pub cron: Vec<String>,
    /// Time zone of the times (IANA name, "Europe/Berlin"). Default: "UTC".
    #[schemars(length(min = 1, max = 60))]
    pub zone: String,
    /// How many conversations are started in one go.
    #[schemars(range(min = 1, max = 100_000))]
    pub batch: u32,
}

impl Default for ScheduleTable {
    fn default() -> Self {
        Self {
            cron: Vec::new(),
            zone: "UTC".to_owned(),
            batch: 100,
        }
    }
}
