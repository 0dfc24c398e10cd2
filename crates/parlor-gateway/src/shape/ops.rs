//! What operators are shown: roles, inboxes, dead letters, figures, and a message with its way.

use super::Message;
use chrono::{DateTime, TimeDelta, Utc};
use parlor_model::world::InboxKind;
use parlor_model::{Envelope, Legs, envelope};
use parlor_ports::bus;
use parlor_ports::inspect::Inspected;
use parlor_ports::presence::{self, RoleRecord, Wanted};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// How a role is: it told of itself a moment ago, is silent, is silent for good, was stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "described together")]
pub enum RoleStatus {
    Up,
    Late,
    Gone,
    Stopped,
}

/// A process of a role.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "id": "3e0b6a52-5f0e-4a0f-9a55-0d9d5b6f2a11", "role": "character", "worlds": ["friends"],
    "names": ["rachel"], "pid": 4711, "host": "stage-2",
    "startedAt": "2026-01-31T18:00:00Z", "lastSeen": "2026-01-31T18:05:00Z",
    "status": "up", "wanted": "running", "supervised": true
}))]
pub struct Role {
    /// Its place: stays when its supervisor starts it again.
    pub id: Uuid,
    /// `gateway`, `character`, `relay`, `jobs`, or `all` in one process.
    pub role: String,
    /// Slugs of the worlds that it serves.
    pub worlds: Vec<String>,
    /// Slugs of the characters that it acts for; empty for one that acts for the whole cast, or for
    /// nobody.
    pub names: Vec<String>,
    /// Its process, while there was one.
    #[schema(required = true)]
    pub pid: Option<u32>,
    /// The machine's name.
    pub host: String,
    /// When its process began.
    pub started_at: DateTime<Utc>,
    /// When it last told of itself; null: never yet.
    #[schema(required = true)]
    pub last_seen: Option<DateTime<Utc>>,
    /// How it is.
    pub status: RoleStatus,
    /// What is wanted of it: `running` or `stopped`.
    #[schema(value_type = String)]
    pub wanted: &'static str,
    /// A supervisor is there that can stop and start it.
    pub supervised: bool,
}

impl Role {
    /// The shape of a role at `now`.
    #[must_use]
    pub fn of(record: RoleRecord, now: DateTime<Utc>) -> Self {
        let (status, supervised) = (record.status(now), record.is_supervised(now));
        let report = record.report;
        let slugs = |slugs: Vec<parlor_model::Slug>| slugs.into_iter().map(Into::into).collect();
        Self {
            id: record.id,
            role: report.role,
            worlds: slugs(report.worlds),
            names: slugs(report.names),
            pid: report.pid,
            host: report.host,
            started_at: report.started_at,
            last_seen: record.seen_at,
            status: match status {
                presence::RoleStatus::Up => RoleStatus::Up,
                presence::RoleStatus::Late => RoleStatus::Late,
                presence::RoleStatus::Gone => RoleStatus::Gone,
                presence::RoleStatus::Stopped => RoleStatus::Stopped,
            },
            wanted: match record.wanted {
                Wanted::Running => "running",
                Wanted::Stopped => "stopped",
            },
            supervised,
        }
    }
}

/// An inbox of the bus.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "name": "q-Rachel", "world": "friends", "character": "rachel", "kind": "character",
    "ready": 3, "unacked": 1, "consumers": 1,
    "publishedPerSecond": 12.5, "deliveredPerSecond": 12.0
}))]
pub struct Inbox {
    /// Queue or topic.
    pub name: String,
    /// Slug of its world.
    pub world: String,
    /// Slug of the character whose inbox it is; null where several share it.
    #[schema(required = true)]
    pub character: Option<String>,
    /// Whose inboxes the world has: `character`, `conversation`, `place` or `shared`.
    #[schema(value_type = String)]
    pub kind: InboxKind,
    /// Waiting to be handed out.
    pub ready: u64,
    /// Handed out and not settled yet, as the roles tell: up to a second old.
    pub unacked: u64,
    /// Consumers attached.
    pub consumers: u64,
    /// Sent to it in the last second, as the roles tell.
    pub published_per_second: f64,
    /// Taken from it in the last second, as the roles tell.
    pub delivered_per_second: f64,
}

/// A header of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Header {
    /// Its name.
    pub name: String,
    /// Its value, as text.
    pub value: String,
}

/// A message that was put aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0c4ff4d1-6f7b-5b5c-8a51-2f6a3d1c9e55", "world": "friends", "inbox": "q-Rachel",
    "reason": "not a Parlor envelope: the CloudEvents attribute 'specversion' is missing",
    "at": "2026-01-31T18:00:01Z", "headers": [], "body": "hello?"
}))]
pub struct DeadLetter {
    /// Names it for `replay` and `drop`.
    pub id: String,
    /// Slug of the world among whose dead letters it is.
    pub world: String,
    /// The inbox that it was in.
    pub inbox: String,
    /// Why it was put aside.
    pub reason: String,
    /// When.
    pub at: DateTime<Utc>,
    /// CloudEvents attributes, or the headers of something foreign.
    pub headers: Vec<Header>,
    /// The body as text, shortened.
    pub body: String,
}

impl From<bus::DeadLetter> for DeadLetter {
    fn from(letter: bus::DeadLetter) -> Self {
        let header = |(name, value)| Header { name, value };
        Self {
            id: letter.id,
            world: letter.world.into(),
            inbox: letter.inbox,
            reason: letter.reason,
            at: letter.at,
            headers: letter.headers.into_iter().map(header).collect(),
            body: letter.body,
        }
    }
}

/// How many dead letters it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"count": 2}))]
pub struct DeadLettersTaken {
    /// How many were sent again, or thrown away.
    pub count: u64,
}

/// How busy the server is.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "messagesPerSecond": 42.0, "messagesPerSecondOver10s": 40.5, "messagesPerSecondOver60s": 12.2,
    "conversationsActive": 12, "conversationsClosed": 4810, "conversationsAtLeast": false,
    "outboxDepth": 12, "liveViewers": 2
}))]
pub struct Stats {
    /// Messages stored in the last second, as the roles tell.
    pub messages_per_second: f64,
    /// The mean of the last ten seconds.
    #[serde(rename = "messagesPerSecondOver10s")]
    pub messages_per_second_over_10s: f64,
    /// The mean of the last minute.
    #[serde(rename = "messagesPerSecondOver60s")]
    pub messages_per_second_over_60s: f64,
    /// Conversations that go on.
    pub conversations_active: u32,
    /// Conversations that are over.
    pub conversations_closed: u32,
    /// There are more than these: counting stops at 100,000.
    pub conversations_at_least: bool,
    /// Envelopes that are still to be sent, or on their way where the bus keeps nothing.
    pub outbox_depth: u64,
    /// Live-event readers of this gateway.
    pub live_viewers: usize,
}

/// A message as it is on the bus: a CloudEvents 1.0 event. Its data is the message.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct BusEnvelope {
    /// Version of CloudEvents.
    #[schema(value_type = String)]
    pub specversion: &'static str,
    /// The event's id.
    pub id: Uuid,
    /// `/worlds/{world}`.
    pub source: String,
    /// What happened: `parlor.message.said` or `parlor.message.overheard`.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    pub kind: &'static str,
    /// The conversation.
    pub subject: Uuid,
    /// When it came to be.
    pub time: DateTime<Utc>,
    /// Slug of the character that it is for.
    pub recipient: String,
    /// Media type of the data.
    #[schema(value_type = String)]
    pub datacontenttype: &'static str,
    /// W3C trace context.
    pub traceparent: String,
    /// The message, as it was when it was sent.
    pub data: Message,
}

impl BusEnvelope {
    /// The shape of an envelope that tells of `message`.
    #[must_use]
    pub fn of(of: &Envelope, message: &parlor_model::Message) -> Self {
        Self {
            specversion: envelope::SPEC_VERSION,
            id: of.id.0,
            source: format!("/worlds/{}", of.world),
            kind: of.kind(),
            subject: of.conversation.0,
            time: of.time,
            recipient: of.recipient.to_string(),
            datacontenttype: envelope::CONTENT_TYPE,
            traceparent: of.traceparent.clone(),
            data: message.clone().into(),
        }
    }
}

/// A message on its way to one recipient.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BusDelivery {
    /// Slug of the character.
    pub recipient: String,
    /// Its queue or topic.
    pub inbox: String,
    /// The exchange that it goes through.
    pub exchange: String,
    /// The key under which the exchange finds the inbox.
    pub routing_key: String,
    /// What is sent.
    pub envelope: BusEnvelope,
}

/// How long each leg took, in microseconds: exact up to 2 ms, then to a thousandth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct HopMicros {
    /// From the event that it answers until a role had that in hand: commit, pace, outbox, bus.
    pub waited: u64,
    /// Until the scene was loaded.
    pub loaded: u64,
    /// Until it was decided what to say.
    pub decided: u64,
    /// Until the words were found.
    pub spoke: u64,
    /// Until a role had this message in hand in its turn: commit, pace, outbox, bus; null where
    /// nobody answered.
    #[schema(required = true)]
    pub committed: Option<u64>,
}

/// The way of a message from the event that it answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Hop {
    /// When the event came to be: the line before was said, or the conversation was opened.
    pub sent_at: DateTime<Utc>,
    /// When a role had it in hand.
    pub received_at: DateTime<Utc>,
    /// When the scene was loaded.
    pub loaded_at: DateTime<Utc>,
    /// When it was decided what to say.
    pub decided_at: DateTime<Utc>,
    /// When the words were found: the message's own time.
    pub spoken_at: DateTime<Utc>,
    /// The message was committed by then: a role had it in hand. Null where nobody answered.
    #[schema(required = true)]
    pub committed_at: Option<DateTime<Utc>>,
    /// The same as durations.
    pub micros: HopMicros,
}

impl Hop {
    /// The way of a message whose legs were measured.
    #[must_use]
    pub fn of(inspected: &Inspected) -> Option<Self> {
        let Legs {
            waited,
            loaded,
            decided,
            spoke,
        } = inspected.legs?;
        let spoken_at = inspected.message.created_at;
        let before = |at: DateTime<Utc>, micros: u64| {
            let leg = TimeDelta::microseconds(i64::try_from(micros).unwrap_or(i64::MAX));
            at.checked_sub_signed(leg).unwrap_or(at)
        };
        let decided_at = before(spoken_at, spoke);
        let loaded_at = before(decided_at, decided);
        let received_at = before(loaded_at, loaded);
        // The clocks of two machines may differ by more than the way took.
        let committed_at = inspected
            .next
            .and_then(|next| next.received_at())
            .map(|at| at.max(spoken_at));
        let committed = committed_at
            .and_then(|at| (at - spoken_at).num_microseconds())
            .map(i64::unsigned_abs);
        Some(Self {
            sent_at: before(received_at, waited),
            received_at,
            loaded_at,
            decided_at,
            spoken_at,
            committed_at,
            micros: HopMicros {
                waited,
                loaded,
                decided,
                spoke,
                committed,
            },
        })
    }
}

/// A message with all that is known of its way.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InspectedMessage {
    /// The message.
    pub message: Message,
    /// The trace that it belongs to, as in `traceparent`: that of the conversation that began it all.
    pub trace_id: String,
    /// What was sent to the one who was spoken to; null for what is sent to nobody.
    #[schema(required = true)]
    pub envelope: Option<BusEnvelope>,
    /// The inbox that it was sent to.
    #[schema(required = true)]
    pub inbox: Option<String>,
    /// All that was sent, those who overheard it last.
    pub deliveries: Vec<BusDelivery>,
    /// When what happened; null where nobody measured it.
    #[schema(required = true)]
    pub hop: Option<Hop>,
}
