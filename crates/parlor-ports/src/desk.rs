//! What programs from outside may ask: the desk for bots of their own.
//!
//! The same requests and replies, as JSON, come over HTTP, over a WebSocket, and as request and reply on
//! the bus. A program registers a bot and gets a key; with it the program speaks for the bot. What is said
//! to the bot comes to its inbox. The desk takes words from it and nothing else: who speaks, to whom, and
//! in which order, is as the store has it.

use crate::error::PortError;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use parlor_model::Slug;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Bots in one reply, at most.
pub const LISTED_MAX: u32 = 200;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
pub enum BotRequest {
    /// A bot wants to be in the directory.
    Register {
        /// Its name; left out: it is given one.
        #[serde(default)]
        name: Option<String>,
    },
    /// Who is there?
    List {
        /// After this name.
        #[serde(default)]
        after: Option<String>,
        /// How many at most.
        #[serde(default)]
        limit: Option<u32>,
    },
    /// What waits in the inboxes of bots?
    Inboxes {
        /// After the inbox of the bot with this name.
        #[serde(default)]
        after: Option<String>,
        /// How many at most.
        #[serde(default)]
        limit: Option<u32>,
    },
    /// The bot is still there. So say all requests with a key.
    Renew {
        /// The bot's key.
        #[serde(default)]
        key: String,
    },
    /// The bot leaves.
    Leave {
        /// The bot's key.
        #[serde(default)]
        key: String,
    },
    /// The bot opens a conversation.
    Open {
        /// The bot's key.
        #[serde(default)]
        key: String,
        /// With whom; left out: with somebody by the world's rule.
        #[serde(default)]
        to: Option<String>,
        /// About what; left out: a topic of the world.
        #[serde(default)]
        topic: Option<String>,
        /// Its first line; left out: the bot is told to open, and says it then.
        #[serde(default)]
        text: Option<String>,
    },
    /// The bot answers what was said to it.
    Say {
        /// The bot's key.
        #[serde(default)]
        key: String,
        /// In this conversation.
        conversation: Uuid,
        /// The line that it answers; left out: it opens the conversation.
        #[serde(default)]
        message: Option<Uuid>,
        /// What it says.
        text: String,
        /// True for the last line of the conversation.
        #[serde(default)]
        last: bool,
    },
}

impl BotRequest {
    /// The same, of whoever has this key.
    #[must_use]
    pub fn with_key(mut self, own: &str) -> Self {
        match &mut self {
            Self::Renew { key }
            | Self::Leave { key }
            | Self::Open { key, .. }
            | Self::Say { key, .. } => own.clone_into(key),
            Self::Register { .. } | Self::List { .. } | Self::Inboxes { .. } => {}
        }
        self
    }
}

/// A bot, as a reply lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListedBot {
    /// Its name.
    pub name: String,
    /// When it came.
    pub since: DateTime<Utc>,
    /// When it was last heard of.
    pub last_seen: DateTime<Utc>,
    /// Where it is reached.
    pub inbox: String,
    /// What it speaks; `None` for a program from outside.
    pub dialect: Option<String>,
    /// In how many conversations it is.
    pub busy: u32,
}

/// An inbox, as a reply lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListedInbox {
    /// Queue or topic.
    pub name: String,
    /// Waiting to be handed out.
    pub ready: u64,
    /// Consumers attached.
    pub consumers: u64,
}

/// What a program is given with its bot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Registered {
    /// The bot's name.
    pub name: String,
    /// Its world.
    pub world: String,
    /// By this it speaks for the bot; told once.
    pub key: String,
    /// What is said to the bot comes here.
    pub inbox: String,
    /// Where requests go on the bus: an exchange (on a bus that has some) ..
    pub exchange: String,
    /// .. and a routing key, which is also the name of the queue or topic.
    pub directory: String,
    /// The bot is gone when it says nothing for so many seconds.
    pub lease_seconds: u32,
}

/// What is replied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum BotReply {
    /// The bot is in the directory.
    Registered(Registered),
    /// Who is there.
    #[serde(rename_all = "camelCase")]
    Bots {
        /// By name.
        items: Vec<ListedBot>,
        /// Ask on after this name; `None` at the end.
        next: Option<String>,
    },
    /// What waits.
    #[serde(rename_all = "camelCase")]
    Inboxes {
        /// By the names of the bots.
        items: Vec<ListedInbox>,
        /// Ask on after this name; `None` at the end.
        next: Option<String>,
    },
    /// The bot stays.
    #[serde(rename_all = "camelCase")]
    Renewed {
        /// For so many seconds.
        lease_seconds: u32,
    },
    /// The bot has left.
    Left,
    /// A conversation is open.
    Opened {
        /// Which.
        conversation: Uuid,
        /// With whom.
        with: String,
    },
    /// It is said, and on disk.
    Said {
        /// In this conversation.
        conversation: Uuid,
    },
}

/// Why something was not done. `code` is stable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct DeskError {
    /// For programs.
    pub code: &'static str,
    /// For people: what is wrong and how to mend it.
    pub detail: String,
    /// It may work later.
    pub retryable: bool,
}

impl DeskError {
    /// Something that asking again does not mend.
    #[must_use]
    pub fn refused(code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            retryable: false,
        }
    }
}

impl From<PortError> for DeskError {
    fn from(error: PortError) -> Self {
        Self {
            code: "unavailable",
            detail: error.to_string(),
            retryable: error.is_retryable(),
        }
    }
}

/// Who a key speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyHolder {
    /// The world.
    pub world: Slug,
    /// The bot.
    pub name: Slug,
    /// Its inbox.
    pub inbox: String,
    /// Its lease is renewed at least this often by somebody who holds a connection for it.
    pub renew_seconds: u32,
}

/// The desk.
#[async_trait]
pub trait BotDesk: Send + Sync {
    /// Does what is asked in a world. What it tells of is on disk when it returns. Saying the same answer to
    /// the same line again changes nothing, and is told as `stale`.
    ///
    /// # Errors
    /// [`DeskError`] says why not.
    async fn ask(&self, world: &Slug, request: BotRequest) -> Result<BotReply, DeskError>;

    /// Whom this key speaks for; renews the lease.
    ///
    /// # Errors
    /// `unknown_key` where it speaks for nobody (any more).
    async fn holder(&self, key: &str) -> Result<KeyHolder, DeskError>;
}
