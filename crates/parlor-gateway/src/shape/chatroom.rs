//! Companions, and what they say among themselves, as the API shows them.

use chrono::{DateTime, Utc};
use parlor_engine::mechanics::runaway::Runaway as Rule;
use parlor_model::{Companion, Message, Mood as ModelMood};
use parlor_ports::companions::{
    AttemptMade, MoodPoint, Notice, RunawayRecord, TalkParticipant, TalkRecord,
};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// How a companion feels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mood {
    /// Happy.
    Happy,
    /// Neither.
    Neutral,
    /// Unhappy: after some conflicts more it may run away.
    Unhappy,
}

impl From<ModelMood> for Mood {
    fn from(mood: ModelMood) -> Self {
        match mood {
            ModelMood::Happy => Self::Happy,
            ModelMood::Neutral => Self::Neutral,
            ModelMood::Unhappy => Self::Unhappy,
        }
    }
}

/// A conversation among somebody's companions.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Talk {
    /// Its id.
    pub id: Uuid,
    /// Slug of the world.
    pub world: String,
    /// What it is about.
    pub topic: String,
    /// Where the topic comes from: `topic` (the pool), `absence` (you were missed), `rare_event`.
    pub about: String,
    /// They fell out.
    pub conflict: bool,
    /// Coins that were found.
    pub coins: u32,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When you read it; null: not yet.
    #[schema(required = true)]
    pub read_at: Option<DateTime<Utc>>,
    /// Who took part, the one who opened it first.
    pub participants: Vec<TalkPerson>,
    /// What was said.
    pub messages: Vec<TalkLine>,
}

impl Talk {
    pub(crate) fn of(record: TalkRecord) -> Self {
        Self {
            id: record.conversation.id.0,
            world: record.conversation.world.to_string(),
            topic: record.conversation.topic.unwrap_or_default(),
            about: record.details.about,
            conflict: record.details.conflict,
            coins: record.details.coins,
            created_at: record.conversation.created_at,
            read_at: record.read_at,
            participants: record
                .participants
                .into_iter()
                .map(TalkPerson::of)
                .collect(),
            messages: record.messages.into_iter().map(TalkLine::of).collect(),
        }
    }
}

/// Somebody in a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TalkPerson {
    /// The companion's id; it may have run away since.
    pub creature_id: Uuid,
    /// The character that it is a copy of.
    pub character: String,
    /// Its name.
    pub name: String,
    /// What it thinks of the topic, -1 (against) to 1 (for).
    #[schema(minimum = -1.0, maximum = 1.0)]
    pub opinion: f64,
    /// Its mood before.
    pub mood_before: Mood,
    /// Its mood after.
    pub mood_after: Mood,
}

impl TalkPerson {
    fn of(participant: TalkParticipant) -> Self {
        Self {
            creature_id: participant.companion,
            character: participant.character.to_string(),
            name: participant.name,
            opinion: (participant.opinion * 1_000.0).round() / 1_000.0,
            mood_before: participant.before.into(),
            mood_after: participant.after.into(),
        }
    }
}

/// A line of a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TalkLine {
    /// Its id.
    pub id: Uuid,
    /// 1..n.
    #[schema(minimum = 1)]
    pub order: u32,
    /// Who said it.
    pub from: String,
    /// To whom.
    pub to: Vec<String>,
    /// The words.
    pub text: String,
    /// VADER compound score.
    #[schema(minimum = -1.0, maximum = 1.0)]
    pub sentiment: f64,
}

impl TalkLine {
    fn of(message: Message) -> Self {
        Self {
            id: message.id.0,
            order: message.order,
            from: message.from,
            to: message.to,
            text: message.text,
            sentiment: message.sentiment,
        }
    }
}

/// How many conversations are not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Unread {
    /// Up to a hundred.
    pub unread: u32,
}

/// A companion that ran away.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Runaway {
    /// The companion's id.
    pub creature_id: Uuid,
    /// The character that it is a copy of.
    pub character: String,
    /// Its name.
    pub name: String,
    /// When it ran away.
    pub ran_at: DateTime<Utc>,
    /// `easy`, `normal` or `hard`.
    pub difficulty: String,
    /// Chance that an attempt succeeds.
    #[schema(minimum = 0.0, maximum = 1.0)]
    pub odds: f64,
    /// What an attempt costs, in coins.
    pub price: u32,
    /// Attempts so far.
    pub attempts: u32,
}

impl Runaway {
    pub(crate) fn of(record: RunawayRecord, rule: &Rule) -> Self {
        Self {
            creature_id: record.id,
            character: record.character.to_string(),
            name: record.name,
            ran_at: record.ran_at,
            odds: rule.odds(record.difficulty),
            price: rule.price(record.difficulty),
            difficulty: record.difficulty.to_string(),
            attempts: record.attempts,
        }
    }
}

/// An attempt to win somebody back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Recovered {
    /// Which companion.
    pub creature_id: Uuid,
    /// It came back.
    pub success: bool,
    /// What happened, in a sentence.
    pub message: String,
    /// How hard it is now, where it did not.
    pub difficulty: String,
    /// What it cost, in coins.
    pub price: u32,
    /// Coins that are left.
    pub coins: u64,
}

impl Recovered {
    pub(crate) fn of(made: AttemptMade) -> Self {
        Self {
            creature_id: made.companion,
            success: made.success,
            message: made.text,
            difficulty: made.difficulty.to_string(),
            price: made.price,
            coins: made.coins,
        }
    }
}

/// How companions feel.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Moods {
    /// Coins that you have.
    pub coins: u64,
    /// How many are happy.
    pub happy: u32,
    /// How many are neither.
    pub neutral: u32,
    /// How many are unhappy.
    pub unhappy: u32,
    /// Each of them.
    pub companions: Vec<Creature>,
}

impl Moods {
    pub(crate) fn of(companions: Vec<Companion>, points: &[MoodPoint], coins: u64) -> Self {
        let count = |mood: ModelMood| {
            let all = companions.iter().filter(|companion| companion.mood == mood);
            u32::try_from(all.count()).unwrap_or(u32::MAX)
        };
        let (happy, neutral) = (count(ModelMood::Happy), count(ModelMood::Neutral));
        let unhappy = count(ModelMood::Unhappy);
        let creature = |companion: Companion| {
            let own = points
                .iter()
                .filter(|point| point.companion == companion.id);
            let trend = own.map(|point| MoodAt {
                at: point.at,
                mood: point.mood.into(),
            });
            let trend = trend.collect();
            Creature::of(companion, trend)
        };
        Self {
            coins,
            happy,
            neutral,
            unhappy,
            companions: companions.into_iter().map(creature).collect(),
        }
    }
}

/// A companion.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Creature {
    /// Its id.
    pub creature_id: Uuid,
    /// The character that it is a copy of.
    pub character: String,
    /// Its name.
    pub name: String,
    /// How it feels.
    pub mood: Mood,
    /// Conflicts that it met while it was unhappy already.
    pub unhappy_count: u32,
    /// `available` or `meditating`.
    pub activity: String,
    /// Until when it meditates.
    #[schema(required = true)]
    pub busy_until: Option<DateTime<Utc>>,
    /// Its place in the team.
    #[schema(required = true)]
    pub team_slot: Option<u8>,
    /// Its mood after each conversation of the last days, oldest first.
    pub trend: Vec<MoodAt>,
}

impl Creature {
    pub(crate) fn of(companion: Companion, trend: Vec<MoodAt>) -> Self {
        Self {
            creature_id: companion.id,
            character: companion.character.to_string(),
            name: companion.name,
            mood: companion.mood.into(),
            unhappy_count: companion.unhappy_count,
            activity: companion.activity.to_string(),
            busy_until: companion.busy_until,
            team_slot: companion.team_slot,
            trend,
        }
    }
}

/// A mood at a time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct MoodAt {
    /// When.
    pub at: DateTime<Utc>,
    /// How.
    pub mood: Mood,
}

/// A sentence for somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Notification {
    /// Its id.
    pub id: Uuid,
    /// `runaway`, `recovered` or `rare_event`.
    pub kind: String,
    /// The sentence.
    pub text: String,
    /// The companion that it is about.
    #[schema(required = true)]
    pub creature_id: Option<Uuid>,
    /// Coins that came with it.
    pub coins: u32,
    /// When.
    pub created_at: DateTime<Utc>,
    /// When it was read; null: not yet.
    #[schema(required = true)]
    pub read_at: Option<DateTime<Utc>>,
}

impl Notification {
    pub(crate) fn of(notice: Notice) -> Self {
        Self {
            id: notice.id,
            kind: notice.kind,
            text: notice.text,
            creature_id: notice.companion,
            coins: notice.coins,
            created_at: notice.created_at,
            read_at: notice.read_at,
        }
    }
}

/// A run that has begun.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Generated {
    /// Its id.
    pub run: Uuid,
    /// Slug of the world.
    pub world: String,
    /// People in it.
    pub accounts: u64,
    /// Share of them that it reaches.
    pub percent: f64,
}
