//! What the API shows: the JSON of answers and of live events, with its schema. Conversations and
//! messages have the same JSON as in the model (a test holds the two together).

mod bots;
pub mod chatroom;
mod journeys;
mod ops;
pub mod people;

pub use bots::*;
pub use journeys::*;
pub use ops::*;

use chrono::{DateTime, Utc};
use parlor_model as model;
use parlor_model::world::{Access, ExchangeKind, InboxKind, Pace};
use parlor_ports::store::Page;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct List<T> {
    /// The items.
    pub items: Vec<T>,
    /// Gives the next part as `cursor`; null at the end.
    #[schema(required = true)]
    pub next_cursor: Option<String>,
}

impl<T> List<T> {
    /// All there is.
    #[must_use]
    pub fn whole(items: Vec<T>) -> Self {
        Self {
            items,
            next_cursor: None,
        }
    }

    /// The shape of a page.
    #[must_use]
    pub fn of<U: Into<T>>(page: Page<U>) -> Self {
        Self {
            items: page.items.into_iter().map(Into::into).collect(),
            next_cursor: page.next.map(|cursor| cursor.to_string()),
        }
    }
}

/// What sort of conversation it is: two talk, gossip behind somebody's back, several talk, what
/// happens at a place, public posts, a person talks with a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "described together")]
pub enum ConversationKind {
    Duet,
    Side,
    Group,
    Scene,
    Feed,
    Session,
}

/// Whether more may be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "described together")]
pub enum ConversationStatus {
    Active,
    Closed,
}

/// Said to the others, a comment from outside, or what happened at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "described together")]
pub enum MessageKind {
    Line,
    Aside,
    Scene,
}

/// A character or a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "described together")]
pub enum SpeakerRole {
    Ai,
    User,
}

/// A conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "id": "5b0e2f3c-6b1e-5c53-9d0b-0d7c1a2f9f10", "world": "friends", "kind": "duet",
    "parentId": null, "status": "ACTIVE", "participants": ["Ross", "Rachel"],
    "topic": "the dinosaur exhibit", "exchanges": 3,
    "createdAt": "2026-01-31T18:00:00Z", "endedAt": null
}))]
pub struct Conversation {
    /// Its id.
    pub id: Uuid,
    /// The world's slug.
    pub world: String,
    /// What sort it is.
    pub kind: ConversationKind,
    /// The conversation that a side thread branched off from.
    #[schema(required = true)]
    pub parent_id: Option<Uuid>,
    /// Active or closed.
    pub status: ConversationStatus,
    /// Display names, the one who opened it first.
    pub participants: Vec<String>,
    /// What it is about.
    #[schema(required = true)]
    pub topic: Option<String>,
    /// Exchanges so far; a side thread goes on from its parent's count.
    pub exchanges: u32,
    /// When it was opened.
    pub created_at: DateTime<Utc>,
    /// When it was closed.
    #[schema(required = true)]
    pub ended_at: Option<DateTime<Utc>>,
}

/// One line said in a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "id": "0c4ff4d1-6f7b-5b5c-8a51-2f6a3d1c9e55",
    "conversationId": "5b0e2f3c-6b1e-5c53-9d0b-0d7c1a2f9f10", "parentId": null,
    "conversationKind": "duet", "order": 1, "from": "Ross", "to": ["Rachel"],
    "text": "Did you know that it had feathers?", "kind": "line", "role": "ai",
    "sentiment": 0.2, "heardFrom": [], "fallback": false, "createdAt": "2026-01-31T18:00:01Z"
}))]
pub struct Message {
    /// Its id.
    pub id: Uuid,
    /// The conversation.
    pub conversation_id: Uuid,
    /// The conversation's parent, for a side thread.
    #[schema(required = true)]
    pub parent_id: Option<Uuid>,
    /// The conversation's kind.
    pub conversation_kind: ConversationKind,
    /// 1..n over the lines of the conversation; asides have a count of their own.
    #[schema(minimum = 1)]
    pub order: u32,
    /// Who said it (display name).
    pub from: String,
    /// To whom (display names).
    pub to: Vec<String>,
    /// The words.
    pub text: String,
    /// Line, aside or scene.
    pub kind: MessageKind,
    /// A character or a person.
    pub role: SpeakerRole,
    /// VADER compound score.
    #[schema(minimum = -1.0, maximum = 1.0)]
    pub sentiment: f64,
    /// For hearsay: who told it, then who told them, back to who said it first.
    pub heard_from: Vec<String>,
    /// Another dialect than the one asked for has spoken.
    pub fallback: bool,
    /// When it was said.
    pub created_at: DateTime<Utc>,
}

/// A world.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "name": "friends", "title": "Central Perk", "about": "Friends who can't let a remark go.",
    "access": "open", "paused": false, "pace": "1s", "characters": ["ross", "rachel"],
    "mechanics": ["exchange_limit", "gossip"],
    "routing": {
        "inbox": "character", "exchange": {"name": "friends-exchange", "type": "direct"},
        "queue": "q-{Name}", "key": "{Name}"
    },
    "aliases": ["/start-convo-bro"], "model": null
}))]
pub struct World {
    /// Its slug.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// One sentence about it.
    pub about: String,
    /// Who may enter: anybody (`open`) or signed-in people (`session`).
    #[schema(value_type = String)]
    pub access: Access,
    /// Nothing is said while it is paused.
    pub paused: bool,
    /// The pause between lines: `0`, `500ms`, `1s`, ..
    pub pace: String,
    /// Slugs of the cast.
    pub characters: Vec<String>,
    /// Names of the mechanics that are switched on.
    pub mechanics: Vec<String>,
    /// Its names on the bus.
    pub routing: Routing,
    /// `GET` paths that start a conversation.
    pub aliases: Vec<String>,
    /// The language models that characters speak through (`gemini:gemini-3-flash`); null where
    /// everybody speaks scripted lines.
    #[schema(required = true)]
    pub model: Option<String>,
}

/// A world's names on the bus.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Routing {
    /// Whose inboxes: `character`, `conversation`, `place` or `shared`.
    #[schema(value_type = String)]
    pub inbox: InboxKind,
    /// The exchange.
    pub exchange: Exchange,
    /// Template of the queue or topic.
    pub queue: String,
    /// Template of the routing key.
    pub key: String,
}

/// An exchange of the bus.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Exchange {
    /// Its name.
    pub name: String,
    /// `direct`, `topic` or `fanout`.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    pub kind: ExchangeKind,
}

/// A character of the cast.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "slug": "ross", "name": "Ross", "persona": "A palaeontologist who corrects people.",
    "traits": {"openness": 0.6}, "likes": ["science"], "catchphrases": ["We were on a break!"],
    "dialect": "banter", "present": true
}))]
pub struct Character {
    /// For URLs.
    pub slug: String,
    /// Display name.
    pub name: String,
    /// Who they are; null in a world for signed-in people.
    #[schema(required = true)]
    pub persona: Option<String>,
    /// Big Five traits, each 0 to 1.
    pub traits: BTreeMap<String, f64>,
    /// What they like to talk about.
    pub likes: Vec<String>,
    /// Sayings of theirs.
    pub catchphrases: Vec<String>,
    /// The text generator that speaks for them.
    pub dialect: String,
    /// Where they come from.
    pub origin: Origin,
    /// There is a picture of them, at `/api/worlds/{world}/characters/{slug}/picture`.
    pub picture: bool,
    /// A living role acts for them.
    pub present: bool,
}

/// Where a character comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// The world's file.
    World,
    /// Brought in as a card.
    Catalogue,
    /// Somebody's program, which registered itself.
    Registered,
}

impl From<parlor_model::Origin> for Origin {
    fn from(origin: parlor_model::Origin) -> Self {
        match origin {
            parlor_model::Origin::World => Self::World,
            parlor_model::Origin::Catalogue => Self::Catalogue,
            parlor_model::Origin::Registered => Self::Registered,
        }
    }
}

/// A conversation was started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "status": "started", "conversationId": "5b0e2f3c-6b1e-5c53-9d0b-0d7c1a2f9f10",
    "with": "Rachel"
}))]
pub struct Started {
    /// Always `started`.
    #[schema(value_type = String)]
    pub status: &'static str,
    /// The conversation.
    pub conversation_id: Uuid,
    /// Display name of the one who is spoken to.
    pub with: String,
}

impl Started {
    /// The shape of a start.
    #[must_use]
    pub fn of(started: parlor_ports::director::Started) -> Self {
        Self {
            status: "started",
            conversation_id: started.conversation.id.0,
            with: started.with,
        }
    }
}

/// A message as `/api/sync` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "conversationId": "5b0e2f3c-6b1e-5c53-9d0b-0d7c1a2f9f10", "from": "Ross", "to": "Rachel",
    "message": "Did you know that it had feathers?", "step": 1,
    "createdAt": "2026-01-31T18:00:01Z"
}))]
pub struct SyncLine {
    /// The conversation.
    pub conversation_id: Uuid,
    /// Who said it.
    pub from: String,
    /// To whom; several are separated by a comma.
    pub to: String,
    /// The words.
    pub message: String,
    /// Its order in the conversation.
    pub step: u32,
    /// When it was said.
    pub created_at: DateTime<Utc>,
}

/// A world was paused or resumed: the data of `world.paused` and `world.resumed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct WorldPaused {
    /// The world's slug.
    pub world: String,
    /// Whether it is paused now.
    pub paused: bool,
}

/// A world's pace was set: the data of `world.changed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"world": "friends", "pace": "500ms"}))]
pub struct WorldChanged {
    /// The world's slug.
    pub world: String,
    /// The pause between lines from now on: `0`, `500ms`, `1s`, ..
    pub pace: String,
}

/// The process is alive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"status": "ok", "role": "gateway", "version": "0.1.0"}))]
pub struct Health {
    /// Always `ok`.
    #[schema(value_type = String)]
    pub status: &'static str,
    /// Which role answers.
    pub role: String,
    /// The program's version.
    #[schema(value_type = String)]
    pub version: &'static str,
}

/// Whether everything that is needed is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "status": "ready", "role": "gateway",
    "dependencies": [{"name": "store", "kind": "sqlite", "ready": true, "why": null}]
}))]
pub struct Readiness {
    /// `ready` or `unready`.
    #[schema(value_type = String)]
    pub status: &'static str,
    /// Which role answers.
    pub role: String,
    /// Each of them.
    pub dependencies: Vec<Dependency>,
}

/// Something that a role needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Dependency {
    /// `bus` or `store`.
    #[schema(value_type = String)]
    pub name: &'static str,
    /// Which adapter.
    #[schema(value_type = String)]
    pub kind: &'static str,
    /// Whether it answers.
    pub ready: bool,
    /// Why it does not.
    #[schema(required = true)]
    pub why: Option<String>,
}

impl From<model::ConversationKind> for ConversationKind {
    fn from(kind: model::ConversationKind) -> Self {
        match kind {
            model::ConversationKind::Duet => Self::Duet,
            model::ConversationKind::Side => Self::Side,
            model::ConversationKind::Group => Self::Group,
            model::ConversationKind::Scene => Self::Scene,
            model::ConversationKind::Feed => Self::Feed,
            model::ConversationKind::Session => Self::Session,
        }
    }
}

impl From<ConversationKind> for model::ConversationKind {
    fn from(kind: ConversationKind) -> Self {
        match kind {
            ConversationKind::Duet => Self::Duet,
            ConversationKind::Side => Self::Side,
            ConversationKind::Group => Self::Group,
            ConversationKind::Scene => Self::Scene,
            ConversationKind::Feed => Self::Feed,
            ConversationKind::Session => Self::Session,
        }
    }
}

impl From<model::ConversationStatus> for ConversationStatus {
    fn from(status: model::ConversationStatus) -> Self {
        match status {
            model::ConversationStatus::Active => Self::Active,
            model::ConversationStatus::Closed => Self::Closed,
        }
    }
}

impl From<ConversationStatus> for model::ConversationStatus {
    fn from(status: ConversationStatus) -> Self {
        match status {
            ConversationStatus::Active => Self::Active,
            ConversationStatus::Closed => Self::Closed,
        }
    }
}

impl From<model::Conversation> for Conversation {
    fn from(conversation: model::Conversation) -> Self {
        Self {
            id: conversation.id.0,
            world: conversation.world.into(),
            kind: conversation.kind.into(),
            parent_id: conversation.parent_id.map(|id| id.0),
            status: conversation.status.into(),
            participants: conversation.participants,
            topic: conversation.topic,
            exchanges: conversation.exchanges,
            created_at: conversation.created_at,
            ended_at: conversation.ended_at,
        }
    }
}

impl From<model::Message> for Message {
    fn from(message: model::Message) -> Self {
        Self {
            id: message.id.0,
            conversation_id: message.conversation_id.0,
            parent_id: message.parent_id.map(|id| id.0),
            conversation_kind: message.conversation_kind.into(),
            order: message.order,
            from: message.from,
            to: message.to,
            text: message.text,
            kind: match message.kind {
                model::MessageKind::Line => MessageKind::Line,
                model::MessageKind::Aside => MessageKind::Aside,
                model::MessageKind::Scene => MessageKind::Scene,
            },
            role: match message.role {
                model::SpeakerRole::Ai => SpeakerRole::Ai,
                model::SpeakerRole::User => SpeakerRole::User,
            },
            sentiment: message.sentiment,
            heard_from: message.heard_from,
            fallback: message.fallback,
            created_at: message.created_at,
        }
    }
}

impl From<model::Message> for SyncLine {
    fn from(message: model::Message) -> Self {
        Self {
            conversation_id: message.conversation_id.0,
            from: message.from,
            to: message.to.join(", "),
            message: message.text,
            step: message.order,
            created_at: message.created_at,
        }
    }
}

impl World {
    /// The shape of a world that is `paused` or not, goes at this `pace`, and speaks through this
    /// language model.
    #[must_use]
    pub fn of(world: &model::World, paused: bool, pace: Pace, model: Option<String>) -> Self {
        let routing = &world.routing;
        Self {
            name: world.name.to_string(),
            title: world.title.clone(),
            about: world.about.clone(),
            access: world.access,
            paused,
            pace: pace.to_string(),
            characters: world.cast.iter().map(|c| c.slug.to_string()).collect(),
            mechanics: world.mechanics.keys().cloned().collect(),
            routing: Routing {
                inbox: routing.inbox,
                exchange: Exchange {
                    name: routing.exchange.clone(),
                    kind: routing.exchange_kind,
                },
                queue: routing.queue.to_string(),
                key: routing.key.to_string(),
            },
            aliases: world.trigger.aliases.clone(),
            model,
        }
    }
}

impl Character {
    /// The shape of a character as `access` lets everybody see it; `present` where a living role
    /// acts for it.
    #[must_use]
    pub fn of(character: &model::Character, access: Access, present: bool) -> Self {
        Self {
            slug: character.slug.to_string(),
            name: character.name.clone(),
            persona: (access == Access::Open).then(|| character.persona.clone()),
            traits: character.traits.clone(),
            likes: character.likes.clone(),
            catchphrases: character.catchphrases.clone(),
            dialect: character.dialect.clone(),
            origin: character.origin.into(),
            picture: character.picture,
            present,
        }
    }
}
