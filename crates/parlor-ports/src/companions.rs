//! The companions port: what people own of a world, what their companions say among themselves, who
//! ran away, and the runs that make all of it.
//!
//! # How a run is resumed
//! [`Generation::begin_run`] cuts the households of a world into batches, in the order of their
//! owners' ids. A worker *claims* batches for a while ([`Generation::claim_batches`]), decides what
//! becomes of their households, and *commits* them whole ([`Generation::commit_batches`]), each under
//! the guard that nobody has committed it before. A claim that runs out is given to somebody else; so
//! a batch may be decided twice, but is written once.

use crate::error::PortResult;
use crate::store::{Cursor, Page};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use parlor_model::world::Topic;
use parlor_model::{
    AccountId, Activity, Companion, Conversation, ConversationId, Difficulty, Household, Message,
    Mood, Slug, Tie,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Conversations, messages and happenings of a commit: not more than this many lines at once.
pub const BULK_LINES_MAX: usize = 60_000;
/// Unread conversations are counted up to this.
pub const UNREAD_MAX: u32 = 100;

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunStatus {
    /// Batches are left.
    Running,
    /// All of it is done.
    Done,
}

impl RunStatus {
    /// Its name in data.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
        }
    }
}

impl std::str::FromStr for RunStatus {
    type Err = String;
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "running" => Ok(Self::Running),
            "done" => Ok(Self::Done),
            other => Err(format!("'{other}' is no status of a run")),
        }
    }
}

/// A run to begin.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRun {
    /// The world.
    pub world: Slug,
    /// The dice.
    pub seed: u64,
    /// When it begins; the time of all that is said in it.
    pub at: DateTime<Utc>,
    /// The time of the schedule that it is for; a world has one run for each. `None`: by hand.
    pub due_at: Option<DateTime<Utc>>,
    /// Share of the people that it reaches, 0 to 100.
    pub percent: f64,
    /// At most so many people, in the order of their ids; `None`: all.
    pub accounts_max: Option<u64>,
    /// People in a batch.
    pub batch: u32,
}

impl NewRun {
    /// Its id as the so-manieth run of its world: the same seed gives the same, and so the same dice.
    #[must_use]
    pub fn id(&self, ordinal: u64) -> Uuid {
        let name = format!("parlor generation {} {ordinal} {}", self.world, self.seed);
        Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes())
    }
}

/// What a run, or a part of it, has brought about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// People looked at.
    pub accounts: u64,
    /// Conversations.
    pub conversations: u64,
    /// Messages.
    pub messages: u64,
    /// Conversations by the number of participants.
    pub participants: BTreeMap<u32, u64>,
    /// People without a conversation, by the reason.
    pub skipped: BTreeMap<String, u64>,
    /// Companions that ran away.
    pub runaways: u64,
    /// Batches that had to be tried again.
    pub errors: u64,
}

impl Tally {
    /// Adds another part.
    pub fn add(&mut self, other: &Self) {
        self.accounts += other.accounts;
        self.conversations += other.conversations;
        self.messages += other.messages;
        self.runaways += other.runaways;
        self.errors += other.errors;
        for (size, count) in &other.participants {
            *self.participants.entry(*size).or_default() += count;
        }
        for (reason, count) in &other.skipped {
            *self.skipped.entry(reason.clone()).or_default() += count;
        }
    }
}

/// A run.
#[derive(Debug, Clone, PartialEq)]
pub struct GenerationRun {
    /// Its id.
    pub id: Uuid,
    /// The world.
    pub world: Slug,
    /// Counts the runs of the world, from 1.
    pub ordinal: u64,
    /// The dice.
    pub seed: u64,
    /// When it began.
    pub at: DateTime<Utc>,
    /// The time of the schedule that it is for.
    pub due_at: Option<DateTime<Utc>>,
    /// When it was done.
    pub ended_at: Option<DateTime<Utc>>,
    /// Share of the people that it reaches.
    pub percent: f64,
    /// How far it is.
    pub status: RunStatus,
    /// People in its batches.
    pub planned: u64,
    /// What it has brought about so far.
    pub tally: Tally,
}

/// A batch, claimed.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// Its place in the run.
    pub number: u32,
    /// The people in it, in the order of their ids.
    pub households: Vec<Household>,
}

/// Somebody who took part in a conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct TalkParticipant {
    /// The companion's id; it may have run away since.
    pub companion: Uuid,
    /// The character that it is a copy of.
    pub character: Slug,
    /// Its name.
    pub name: String,
    /// What it thinks of the topic, -1.0 to 1.0.
    pub opinion: f64,
    /// Its mood before.
    pub before: Mood,
    /// Its mood after.
    pub after: Mood,
}

/// What is known of a conversation among companions besides its lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TalkDetails {
    /// Where the topic comes from: `topic`, `absence` or `rare_event`.
    pub about: String,
    /// They fell out.
    pub conflict: bool,
    /// Coins that the owner found.
    pub coins: u32,
}

/// A line of a conversation that is written whole.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkLine {
    /// Who says it: place among the participants.
    pub speaker: usize,
    /// To whom: place among the participants.
    pub to: usize,
    /// The words.
    pub text: String,
    /// -1.0 to 1.0.
    pub sentiment: f64,
}

/// A conversation that is written whole: closed, with all its lines.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkTalk {
    /// Its id.
    pub id: ConversationId,
    /// What it is about.
    pub topic: String,
    /// The rest.
    pub details: TalkDetails,
    /// Who takes part, the one who opens first.
    pub participants: Vec<TalkParticipant>,
    /// What is said. A line's id is derived from the conversation's and its order; it is said so many
    /// milliseconds after the beginning.
    pub lines: Vec<BulkLine>,
}

/// A companion as it becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompanionChange {
    /// Its id.
    pub id: Uuid,
    /// Tells it from the owner's others.
    pub number: u8,
    /// The version that was seen: where it is another one by now, nothing of the batch is written.
    pub version: i64,
    /// Its mood.
    pub mood: Mood,
    /// Its strikes.
    pub unhappy_count: u32,
    /// What it does.
    pub activity: Activity,
    /// Until when.
    pub busy_until: Option<DateTime<Utc>>,
}

/// A companion that runs away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRunaway {
    /// Its id.
    pub id: Uuid,
    /// Tells it from the owner's others.
    pub number: u8,
    /// The version that was seen.
    pub version: i64,
    /// How hard it is to win it back.
    pub difficulty: Difficulty,
}

/// A sentence for somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Its id, derived from what caused it.
    pub id: Uuid,
    /// What sort: `runaway`, `recovered`, `rare_event`.
    pub kind: String,
    /// The sentence.
    pub text: String,
    /// The companion that it is about.
    pub companion: Option<Uuid>,
    /// Coins that came with it.
    pub coins: u32,
    /// When.
    pub created_at: DateTime<Utc>,
    /// When it was read.
    pub read_at: Option<DateTime<Utc>>,
}

/// What a run brings about for one person.
#[derive(Debug, Clone, PartialEq)]
pub struct HouseholdResult {
    /// Whose.
    pub owner: AccountId,
    /// The conversation, if there is one.
    pub talk: Option<BulkTalk>,
    /// Companions that change.
    pub changes: Vec<CompanionChange>,
    /// Companions that run away.
    pub runaways: Vec<NewRunaway>,
    /// How they stand to each other, where that has changed.
    pub ties: Option<Vec<Tie>>,
    /// Sentences.
    pub notices: Vec<Notice>,
}

/// A batch, decided.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchResult {
    /// Its place in the run.
    pub number: u32,
    /// The people in it.
    pub households: Vec<HouseholdResult>,
    /// What it comes to.
    pub tally: Tally,
}

/// What became of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BulkOutcome {
    /// These batches are written now; the others had been before.
    Applied(Vec<u32>),
    /// A companion had changed meanwhile: nothing is written, and the claims are given up.
    Stale,
}

/// The runs.
#[async_trait]
pub trait Generation: Send + Sync {
    /// Begins a run and cuts the households into batches. Where the world has a run for `due_at`
    /// already, gives that.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn begin_run(&self, run: &NewRun) -> PortResult<GenerationRun>;

    /// The latest runs of a world, newest first.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn runs(&self, world: &Slug, limit: u32) -> PortResult<Vec<GenerationRun>>;

    /// Claims up to `limit` batches until `until`, for whoever calls: such as are not done and whose
    /// claim, if there is one, ended before `now`. Empty when there are none for now.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn claim_batches(
        &self,
        run: &GenerationRun,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
        limit: u32,
    ) -> PortResult<Vec<Batch>>;

    /// Writes batches in one transaction: conversations with lines and participants, moods, bonds,
    /// runaways, notices and coins. Those that were written before are left out. The lines are not in
    /// the log of changes.
    ///
    /// # Errors
    /// Retryable when the store is away; then nothing or everything was written.
    async fn commit_batches(
        &self,
        run: &GenerationRun,
        batches: Vec<BatchResult>,
    ) -> PortResult<BulkOutcome>;

    /// Marks a run as done where no batch is left, and gives it as it is.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn finish_run(&self, run: Uuid, now: DateTime<Utc>) -> PortResult<Option<GenerationRun>>;

    /// The topics of a world's pool that have not expired.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn pooled_topics(&self, world: &Slug, now: DateTime<Utc>) -> PortResult<Vec<Topic>>;

    /// When the pool was last refreshed, and what was wrong with the latest attempt.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn pool_state(&self, world: &Slug) -> PortResult<PoolState>;

    /// Adds topics to the pool, until `expires_at`; one that is there already stays longer.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn refresh_pool(
        &self,
        world: &Slug,
        topics: &[Topic],
        now: DateTime<Utc>,
        expires_at: DateTime<Utc>,
    ) -> PortResult<()>;

    /// Notes that the pool could not be refreshed; it stays as it is.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn pool_failed(&self, world: &Slug, reason: &str, now: DateTime<Utc>) -> PortResult<()>;

    /// Takes or renews a lease: true when `holder` has it until `until`.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn take_lease(
        &self,
        name: &str,
        holder: Uuid,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> PortResult<bool>;
}

/// How a pool of topics is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PoolState {
    /// When it was last asked for.
    pub asked_at: Option<DateTime<Utc>>,
    /// When it was last refreshed.
    pub refreshed_at: Option<DateTime<Utc>>,
    /// Why the latest attempt failed.
    pub error: Option<String>,
}

/// A companion to be given to somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCompanion {
    /// The character that it is a copy of.
    pub character: Slug,
    /// Its name.
    pub name: String,
    /// Its place in the team.
    pub team_slot: Option<u8>,
}

/// A conversation among companions, as its owner sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct TalkRecord {
    /// The conversation.
    pub conversation: Conversation,
    /// The rest.
    pub details: TalkDetails,
    /// When the owner read it.
    pub read_at: Option<DateTime<Utc>>,
    /// Who took part.
    pub participants: Vec<TalkParticipant>,
    /// What was said.
    pub messages: Vec<Message>,
}

/// A companion that ran away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunawayRecord {
    /// Its id.
    pub id: Uuid,
    /// The character that it is a copy of.
    pub character: Slug,
    /// Its name.
    pub name: String,
    /// When it ran away.
    pub ran_at: DateTime<Utc>,
    /// How hard it is to win it back.
    pub difficulty: Difficulty,
    /// Attempts so far.
    pub attempts: u32,
}

/// An attempt to win somebody back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Whose.
    pub owner: AccountId,
    /// The world.
    pub world: Slug,
    /// Which.
    pub companion: Uuid,
    /// The attempts that were seen: where there are others by now, nothing happens.
    pub attempts: u32,
    /// What it costs.
    pub price: u32,
    /// It comes back.
    pub succeeds: bool,
    /// How hard it is from then on where it fails.
    pub difficulty: Difficulty,
    /// For repeated requests: an attempt with a key that was used answers as the first one did.
    pub key: String,
    /// The sentence that tells what happened.
    pub text: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// It was made, now or before under the same key.
    Made(AttemptMade),
    /// There is no such runaway of theirs.
    Unknown,
    /// Somebody was faster: look again.
    Stale,
    /// They have fewer coins than it costs: so many.
    TooPoor(u64),
}

/// An attempt that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptMade {
    /// Which companion.
    pub companion: Uuid,
    /// It came back.
    pub success: bool,
    /// How hard it is now, where it did not.
    pub difficulty: Difficulty,
    /// What it cost.
    pub price: u32,
    /// Coins that are left.
    pub coins: u64,
    /// What happened.
    pub text: String,
}

/// Moods of one day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MoodPoint {
    /// A conversation's time.
    pub at: DateTime<Utc>,
    /// The companion.
    pub companion: Uuid,
    /// Its mood after it.
    pub mood: Mood,
}

/// What people have and see.
#[async_trait]
pub trait Companions: Send + Sync {
    /// Gives companions to somebody; the household is made where there is none. Gives them all.
    ///
    /// # Errors
    /// Retryable when the store is away; terminal when the account is not there or they would be more
    /// than [`parlor_model::companion::COMPANIONS_MAX`].
    async fn give_companions(
        &self,
        world: &Slug,
        owner: AccountId,
        given: &[NewCompanion],
        now: DateTime<Utc>,
    ) -> PortResult<Household>;

    /// Makes many accounts that nobody can sign in to, each with companions, for trials: those with
    /// the given ids that are not there yet.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn seed_households(
        &self,
        world: &Slug,
        people: &[(AccountId, Vec<NewCompanion>)],
        now: DateTime<Utc>,
    ) -> PortResult<()>;

    /// Somebody's companions; `None` where they have none and never had.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn household(&self, world: &Slug, owner: AccountId) -> PortResult<Option<Household>>;

    /// People with companions in the order of their ids, after one of them.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn households_after(
        &self,
        world: &Slug,
        after: Option<AccountId>,
        limit: u32,
    ) -> PortResult<Vec<Household>>;

    /// Notes that somebody is here.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn owner_seen(
        &self,
        world: &Slug,
        owner: AccountId,
        now: DateTime<Utc>,
    ) -> PortResult<()>;

    /// Sends a companion to meditate until then, or lets it end (`None`); gives it as it is then.
    /// `None` when it is not theirs.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn meditate(
        &self,
        world: &Slug,
        owner: AccountId,
        companion: Uuid,
        until: Option<DateTime<Utc>>,
    ) -> PortResult<Option<Companion>>;

    /// Somebody's conversations with all that belongs to them, newest first.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn talks(
        &self,
        world: &Slug,
        owner: AccountId,
        after: Option<Cursor>,
        limit: u32,
    ) -> PortResult<Page<TalkRecord>>;

    /// One conversation; `None` when it is not theirs.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn talk(&self, owner: AccountId, id: ConversationId) -> PortResult<Option<TalkRecord>>;

    /// Marks a conversation as read, once; false when it is not theirs.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn mark_read(
        &self,
        owner: AccountId,
        id: ConversationId,
        now: DateTime<Utc>,
    ) -> PortResult<bool>;

    /// How many conversations somebody has not read, up to [`UNREAD_MAX`].
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn unread(&self, world: &Slug, owner: AccountId) -> PortResult<u32>;

    /// Somebody's runaways, the latest first.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn runaways(&self, world: &Slug, owner: AccountId) -> PortResult<Vec<RunawayRecord>>;

    /// Makes an attempt to win somebody back: takes the coins, and brings the companion back or makes
    /// it harder, in one transaction, once for each key.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn attempt(&self, attempt: &Attempt) -> PortResult<AttemptOutcome>;

    /// Moods after somebody's conversations since then, oldest first.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn mood_points(
        &self,
        world: &Slug,
        owner: AccountId,
        since: DateTime<Utc>,
    ) -> PortResult<Vec<MoodPoint>>;

    /// Sentences for somebody, newest first.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn notices(
        &self,
        owner: AccountId,
        after: Option<Cursor>,
        limit: u32,
    ) -> PortResult<Page<Notice>>;
}

/// A companion's id: derived, so that the same people have the same companions everywhere.
#[must_use]
pub fn companion_id(world: &Slug, owner: AccountId, number: u8) -> Uuid {
    Uuid::new_v5(&owner.0, format!("companion {world} {number}").as_bytes())
}

impl Attempt {
    /// The key of its payment.
    #[must_use]
    pub fn payment_key(&self) -> String {
        let id = Uuid::new_v5(&self.owner.0, self.key.as_bytes());
        format!("recover {id}")
    }

    /// The id of the notice that tells of its success.
    #[must_use]
    pub fn notice_id(&self) -> Uuid {
        Uuid::new_v5(
            &self.companion,
            format!("recovered {}", self.key).as_bytes(),
        )
    }
}

impl<T> Page<T> {
    /// A page of a list that is ordered by time, newest first, from what was read: up to one more
    /// than `limit`. Its cursor is a time (microseconds) and how many of that time have been shown;
    /// `from` is the one that it was read from.
    #[must_use]
    pub fn of_times(
        mut items: Vec<T>,
        limit: u32,
        from: Cursor,
        time: impl Fn(&T) -> DateTime<Utc>,
    ) -> Self {
        let more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let last = items.last().filter(|_| more).map(&time);
        let next = last.map(|last| {
            let same = items.iter().filter(|item| time(item) == last).count();
            let before = if last.timestamp_micros() == from.major {
                from.minor
            } else {
                0
            };
            Cursor {
                major: last.timestamp_micros(),
                minor: before + i64::try_from(same).unwrap_or(i64::MAX),
            }
        });
        Self { items, next }
    }
}
