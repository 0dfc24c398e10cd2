//! Runs in which the companions of a world talk: claimed batch by batch, decided, put into words,
//! written whole. Any number of workers, in any number of processes, share a run.
//!
//! What becomes of somebody depends on (seed, run, person) and on how their companions are, never on
//! who works when: a run that was killed and resumed ends as one that was not disturbed.

mod author;
mod pooled;
mod words;
mod work;

pub use words::Wording;
pub use work::work;

use chrono::{DateTime, Utc};
use parlor_engine::EngineError;
use parlor_engine::generation::{About, Agenda, Generator, Skip, Turn};
use parlor_model::world::Topic;
use parlor_model::{AccountId, ConversationId, Dice, Difficulty, Household, World};
use parlor_ports::companions::{
    Batch, BatchResult, BulkTalk, CompanionChange, GenerationRun, HouseholdResult, NewRunaway,
    Notice, TalkDetails, TalkParticipant, Tally,
};
use parlor_ports::dialect::Phrasing;
use parlor_ports::mind::Mind;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// How a run is worked on.
#[derive(Debug, Clone, Copy)]
pub struct GenerationOptions {
    /// Workers of this process.
    pub workers: usize,
    /// Batches that a worker takes at a time.
    pub batches: u32,
    /// For so long a batch is nobody else's.
    pub lease: Duration,
    /// For so long a store that is away is asked again.
    pub patience: Duration,
}

impl Default for GenerationOptions {
    fn default() -> Self {
        Self {
            workers: 4,
            batches: 8,
            lease: Duration::from_secs(30),
            patience: Duration::from_secs(120),
        }
    }
}

/// Decides and words the turns of a world.
pub struct Producer {
    world: Arc<World>,
    generator: Generator,
    wording: Wording,
    /// Language models that write whole conversations, by dialect.
    authors: BTreeMap<String, Arc<dyn Mind>>,
    pooled: pooled::Pooled,
}

/// A world's companions can't talk.
#[derive(Debug, thiserror::Error)]
pub enum ProducerError {
    /// It has none.
    #[error("world '{0}' has no companions: it needs [mechanics.group]")]
    NoCompanions(String),
    /// Somebody of the cast has no words.
    #[error(
        "'{0}' of world '{1}' needs a dialect of kind \"template\", or one with such a fallback"
    )]
    NoWords(String, String),
    /// A mechanic.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl Producer {
    /// For a world, with its dialects that can put decided lines into words.
    ///
    /// # Errors
    /// The world has no companions, or somebody has no words.
    pub fn new(
        world: Arc<World>,
        books: &BTreeMap<String, Arc<dyn Phrasing>>,
    ) -> Result<Self, ProducerError> {
        let generator = Generator::new(&world)?
            .ok_or_else(|| ProducerError::NoCompanions(world.name.to_string()))?;
        let wording = Wording::new(&world, books)
            .map_err(|name| ProducerError::NoWords(name, world.name.to_string()))?;
        Ok(Self {
            world,
            generator,
            wording,
            authors: BTreeMap::new(),
            pooled: pooled::Pooled::default(),
        })
    }

    /// Lets language models, by the dialect they speak in, write the conversations.
    #[must_use]
    pub fn with_authors(mut self, authors: BTreeMap<String, Arc<dyn Mind>>) -> Self {
        self.authors = authors;
        self
    }

    /// The world.
    #[must_use]
    pub fn world(&self) -> &Arc<World> {
        &self.world
    }

    /// The rules.
    #[must_use]
    pub fn generator(&self) -> &Generator {
        &self.generator
    }

    /// What can be talked about: the world's own topics and those of the pool.
    #[must_use]
    pub fn agenda(&self, pooled: &[Topic], now: DateTime<Utc>) -> Agenda {
        let topics = [self.world.topics.as_slice(), pooled].concat();
        Agenda::new(&self.generator, &topics, now.date_naive())
    }

    /// What becomes of a batch.
    #[must_use]
    pub fn decide(&self, run: &GenerationRun, agenda: &Agenda, batch: &Batch) -> BatchResult {
        let mut tally = Tally::default();
        let households = batch.households.iter().map(|household| {
            tally.accounts += 1;
            if !is_rolled_out(household.owner, run.percent) {
                skip(&mut tally, Skip::NotRolledOut);
                return nothing(household.owner);
            }
            let event = Uuid::new_v5(&run.id, household.owner.0.as_bytes());
            let dice = Dice::new(run.seed, event);
            let turn = self.generator.turn(agenda, household, dice, run.at);
            self.result(run, household, dice, &turn, &mut tally)
        });
        BatchResult {
            number: batch.number,
            households: households.collect(),
            tally,
        }
    }

    fn result(
        &self,
        run: &GenerationRun,
        household: &Household,
        dice: Dice,
        turn: &Turn,
        tally: &mut Tally,
    ) -> HouseholdResult {
        let companions = &household.companions;
        let change = |changed: &parlor_engine::generation::Changed| CompanionChange {
            id: companions[changed.companion].id,
            number: companions[changed.companion].number,
            version: companions[changed.companion].version,
            mood: changed.mood,
            unhappy_count: changed.unhappy_count,
            activity: changed.activity,
            busy_until: changed.busy_until,
        };
        let rule = self.generator.rules().runaway.as_ref();
        let difficulty = rule.map_or(Difficulty::Normal, |rule| rule.difficulty);
        let runaway = |place: &usize| NewRunaway {
            id: companions[*place].id,
            number: companions[*place].number,
            version: companions[*place].version,
            difficulty,
        };
        let talk = match &turn.talk {
            Ok(_) => Some(self.talk(household, dice, turn)),
            Err(reason) => {
                skip(tally, *reason);
                None
            }
        };
        let talk = talk.flatten();
        if let Some(talk) = &talk {
            tally.conversations += 1;
            tally.messages += talk.lines.len() as u64;
            let size = u32::try_from(talk.participants.len()).unwrap_or(u32::MAX);
            *tally.participants.entry(size).or_default() += 1;
        }
        tally.runaways += turn.runaways.len() as u64;
        HouseholdResult {
            owner: household.owner,
            changes: turn.changes.iter().map(change).collect(),
            runaways: turn.runaways.iter().map(runaway).collect(),
            ties: turn.ties.clone(),
            notices: notices(run, household, dice, turn),
            talk,
        }
    }

    fn talk(&self, household: &Household, dice: Dice, turn: &Turn) -> Option<BulkTalk> {
        let talk = turn.talk.as_ref().ok()?;
        let companion = |place: usize| &household.companions[place];
        let participants = talk.participants.iter().map(|participant| {
            let companion = companion(participant.companion);
            TalkParticipant {
                companion: companion.id,
                character: companion.character.clone(),
                name: companion.name.clone(),
                opinion: participant.opinion,
                before: participant.before,
                after: participant.after,
            }
        });
        let about = match talk.about {
            About::Topic => "topic",
            About::Absence => "absence",
            About::RareEvent => "rare_event",
        };
        let participants: Vec<TalkParticipant> = participants.collect();
        Some(BulkTalk {
            id: ConversationId(dice.event()),
            topic: talk.topic.clone(),
            details: TalkDetails {
                about: about.to_owned(),
                conflict: talk.conflict,
                coins: talk.coins,
            },
            lines: self.wording.lines(&self.generator, household, talk, dice),
            participants,
        })
    }
}

/// True when a rollout to so many percent has reached the account. Who is reached by a small one is
/// reached by every larger one.
#[must_use]
pub fn is_rolled_out(account: AccountId, percent: f64) -> bool {
    // FNV-1a; a hundredth of a percent is the finest step.
    let hash = account
        .0
        .as_bytes()
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
    let place = (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    #[expect(clippy::cast_precision_loss, reason = "below 10,000")]
    let place = (place % 10_000) as f64;
    place < percent * 100.0
}

fn skip(tally: &mut Tally, reason: Skip) {
    *tally.skipped.entry(reason.as_str().to_owned()).or_default() += 1;
}

fn nothing(owner: AccountId) -> HouseholdResult {
    HouseholdResult {
        owner,
        talk: None,
        changes: Vec::new(),
        runaways: Vec::new(),
        ties: None,
        notices: Vec::new(),
    }
}

fn notices(run: &GenerationRun, household: &Household, dice: Dice, turn: &Turn) -> Vec<Notice> {
    let gone = turn.runaways.iter().map(|place| {
        let companion = &household.companions[*place];
        Notice {
            id: Uuid::new_v5(&dice.event(), companion.id.as_bytes()),
            kind: "runaway".to_owned(),
            text: format!(
                "{} was unhappy for too long and has run away. You can try to win them back.",
                companion.name
            ),
            companion: Some(companion.id),
            coins: 0,
            created_at: run.at,
            read_at: None,
        }
    });
    let found = turn.talk.as_ref().ok().filter(|talk| talk.coins > 0);
    let found = found.map(|talk| Notice {
        id: Uuid::new_v5(&dice.event(), b"rare event"),
        kind: "rare_event".to_owned(),
        text: format!(
            "Something rare happened: {}. Your companions found {} coins.",
            talk.topic, talk.coins
        ),
        companion: None,
        coins: talk.coins,
        created_at: run.at,
        read_at: None,
    });
    gone.chain(found).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rollout_is_stable_and_grows_cl86() {
        let account = |number: u128| AccountId(Uuid::from_u128(number << 64 | 7));
        let reached = |percent: f64| -> Vec<u128> {
            let all = (0..10_000).filter(|number| is_rolled_out(account(*number), percent));
            all.collect()
        };
        let (five, twenty) = (reached(5.0), reached(20.0));
        assert!((430..570).contains(&five.len()), "{}", five.len());
        assert!((1_850..2_150).contains(&twenty.len()), "{}", twenty.len());
        assert!(five.iter().all(|number| twenty.contains(number)));
        assert_eq!((reached(0.0).len(), reached(100.0).len()), (0, 10_000));
    }
}
