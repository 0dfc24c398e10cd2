//! One person's turn in a run.

use super::script::{Script, Voice};
use super::{Agenda, Generator};
use crate::mechanics::friendship::Friendship;
use crate::mechanics::group::Group;
use crate::mechanics::moods::Feeling;
use crate::mechanics::opinion::{Side, Traits};
use crate::mechanics::tastes::Taste;
use chrono::{DateTime, Utc};
use parlor_model::{Activity, Companion, Cue, Dice, Household, Mood, Tie};

/// Place of extraversion among the traits.
const EXTRAVERSION: usize = 2;
/// Place of neuroticism.
const NEUROTICISM: usize = 4;

/// What a run brings about for one person.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    /// The conversation, or why there is none.
    pub talk: Result<Talk, Skip>,
    /// Companions that are not as they were, runaways not among them.
    pub changes: Vec<Changed>,
    /// Who ran away: places in the household.
    pub runaways: Vec<usize>,
    /// How all of them stand to each other, where that has changed.
    pub ties: Option<Vec<Tie>>,
}

/// Why there is no conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Skip {
    /// There are fewer than two companions.
    TooFewCompanions,
    /// There are, but fewer than two are free.
    Meditating,
    /// There is nothing to talk about.
    NoTopics,
    /// The rollout has not reached the person.
    NotRolledOut,
}

impl Skip {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::TooFewCompanions,
        Self::Meditating,
        Self::NoTopics,
        Self::NotRolledOut,
    ];

    /// Its name in data.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TooFewCompanions => "too_few_companions",
            Self::Meditating => "meditating",
            Self::NoTopics => "no_topics",
            Self::NotRolledOut => "not_rolled_out",
        }
    }
}

/// A conversation before it is put into words.
#[derive(Debug, Clone, PartialEq)]
pub struct Talk {
    /// What it is about.
    pub topic: String,
    /// Where the topic comes from.
    pub about: About,
    /// Who takes part, the one who opens first.
    pub participants: Vec<Participant>,
    /// The lines.
    pub cues: Vec<Cue>,
    /// They fell out.
    pub conflict: bool,
    /// Coins that the owner finds.
    pub coins: u32,
}

/// Where a topic comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// The pool.
    Topic,
    /// The owner, who is away.
    Absence,
    /// A rare event.
    RareEvent,
}

/// Somebody who takes part.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Participant {
    /// Place in the household.
    pub companion: usize,
    /// What they think of the topic, -1.0 to 1.0.
    pub opinion: f64,
    /// Their side.
    pub side: Side,
    /// Their mood before it.
    pub before: Mood,
    /// Their mood after it.
    pub after: Mood,
}

/// A companion as it is after the turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Changed {
    /// Place in the household.
    pub companion: usize,
    /// Its mood.
    pub mood: Mood,
    /// Its strikes.
    pub unhappy_count: u32,
    /// What it does.
    pub activity: Activity,
    /// Until when.
    pub busy_until: Option<DateTime<Utc>>,
}

impl Changed {
    fn of(companion: usize, state: &Companion) -> Self {
        Self {
            companion,
            mood: state.mood,
            unhappy_count: state.unhappy_count,
            activity: state.activity,
            busy_until: state.busy_until,
        }
    }
}

impl Generator {
    /// One person's turn. `dice` are those of (seed, run, person).
    #[must_use]
    pub fn turn(
        &self,
        agenda: &Agenda,
        household: &Household,
        dice: Dice,
        now: DateTime<Utc>,
    ) -> Turn {
        let companions = &household.companions;
        let free: Vec<usize> = (0..companions.len())
            .filter(|place| !self.rests(&companions[*place]))
            .collect();
        let mut after: Vec<Changed> = companions
            .iter()
            .enumerate()
            .map(|(place, companion)| Changed::of(place, companion))
            .collect();
        let mut ties = None;
        let talk = self.talk(agenda, household, &free, dice, now);
        if let Ok((talk, feelings)) = &talk {
            for (participant, feeling) in talk.participants.iter().zip(feelings) {
                after[participant.companion].mood = feeling.mood;
                after[participant.companion].unhappy_count = feeling.unhappy_count;
            }
            ties = self.ties_after(household, talk);
        }
        self.mend(&mut after, now);
        let runaways = self.runaways(&after, &free, dice);
        let mut changes = after;
        changes.retain(|changed| {
            let place = changed.companion;
            *changed != Changed::of(place, &companions[place]) && !runaways.contains(&place)
        });
        Turn {
            talk: talk.map(|(talk, _)| talk),
            changes,
            runaways,
            ties,
        }
    }

    /// True for who meditates, where that is a rule of the world.
    fn rests(&self, companion: &Companion) -> bool {
        self.rules.meditation.is_some() && companion.activity == Activity::Meditating
    }

    fn mend(&self, after: &mut [Changed], now: DateTime<Utc>) {
        for changed in after {
            if changed.activity != Activity::Meditating {
                continue;
            }
            if let Some(meditation) = &self.rules.meditation {
                let mended = meditation.mended(changed.mood, changed.unhappy_count);
                (changed.mood, changed.unhappy_count) = mended;
            }
            if changed.busy_until.is_some_and(|until| until <= now) {
                changed.activity = Activity::Available;
                changed.busy_until = None;
            }
        }
    }

    fn runaways(&self, after: &[Changed], free: &[usize], dice: Dice) -> Vec<usize> {
        let Some(runaway) = &self.rules.runaway else {
            return Vec::new();
        };
        let mut roll = dice.roll("runaway");
        let runs = |place: &usize| {
            let changed = &after[*place];
            runaway.runs(changed.mood, changed.unhappy_count, &mut roll)
        };
        free.iter().copied().filter(runs).collect()
    }

    fn talk(
        &self,
        agenda: &Agenda,
        household: &Household,
        free: &[usize],
        dice: Dice,
        now: DateTime<Utc>,
    ) -> Result<(Talk, Vec<Feeling>), Skip> {
        let companions = &household.companions;
        let mut roll = dice.roll("group");
        let Some(size) = self.rules.group.size(free.len(), &mut roll) else {
            return Err(if companions.len() < 2 {
                Skip::TooFewCompanions
            } else {
                Skip::Meditating
            });
        };
        let drawn = Group::draw(free.len(), size, &mut roll);
        let places: Vec<usize> = drawn.into_iter().map(|at| free[at]).collect();
        let taking_part: Vec<&Companion> = places.iter().map(|at| &companions[*at]).collect();
        let subject = self.subject(agenda, household, &taking_part, dice, now)?;
        let traits: Vec<Traits> = taking_part.iter().map(|c| self.traits(c)).collect();
        let opinions = self.opinions(household, &taking_part, &traits, &subject, dice);
        let sides: Vec<Side> = opinions
            .iter()
            .map(|opinion| self.rules.opinion.side(*opinion))
            .collect();
        let mut feelings: Vec<Feeling> = (0..size)
            .map(|at| Feeling {
                side: sides[at],
                neuroticism: traits[at][NEUROTICISM],
                mood: taking_part[at].mood,
                unhappy_count: taking_part[at].unhappy_count,
            })
            .collect();
        let conflict = self
            .rules
            .moods
            .settle(&mut feelings, &mut dice.roll("moods"));
        let voices: Vec<Voice> = (0..size)
            .map(|at| Voice {
                side: sides[at],
                extraversion: traits[at][EXTRAVERSION],
            })
            .collect();
        let mut roll = dice.roll("script");
        let order = self.rules.group.order(size, &mut roll);
        let affinity =
            |a: usize, b: usize| household.affinity(taking_part[a].number, taking_part[b].number);
        let cues = Script {
            voices: &voices,
            order: &order,
            missing: subject.about == About::Absence,
            conflict,
            friendship: self.rules.friendship.as_ref(),
            affinity: &affinity,
        }
        .cues(&mut roll);
        let participants = (0..size).map(|at| Participant {
            companion: places[at],
            opinion: opinions[at],
            side: sides[at],
            before: taking_part[at].mood,
            after: feelings[at].mood,
        });
        let talk = Talk {
            topic: subject.text.to_owned(),
            about: subject.about,
            participants: participants.collect(),
            cues,
            conflict,
            coins: subject.coins,
        };
        Ok((talk, feelings))
    }

    fn subject<'a>(
        &'a self,
        agenda: &'a Agenda,
        household: &Household,
        taking_part: &[&Companion],
        dice: Dice,
        now: DateTime<Utc>,
    ) -> Result<Subject<'a>, Skip> {
        let mut subject = Subject {
            text: "",
            category: None,
            sentiment: 0.0,
            about: About::Topic,
            coins: 0,
        };
        let event = self.rules.rare_events.as_ref();
        if let Some(event) = event.and_then(|events| events.draw(&mut dice.roll("rare event"))) {
            subject.coins = event.coins;
            subject.about = About::RareEvent;
            if let Some(text) = event.topic {
                subject.text = text;
                subject.sentiment = 0.5;
                return Ok(subject);
            }
        } else if let Some(absence) = &self.rules.absence
            && let Some(text) = absence.draw(household.seen_at, now, &mut dice.roll("absence"))
        {
            subject.text = text;
            subject.about = About::Absence;
            return Ok(subject);
        }
        let mut roll = dice.roll("topic");
        let topic = agenda
            .draw(self, taking_part.iter().copied(), &mut roll)
            .ok_or(Skip::NoTopics)?;
        subject.text = &topic.text;
        subject.category = topic.category.as_deref();
        subject.sentiment = topic.sentiment;
        Ok(subject)
    }

    fn opinions(
        &self,
        household: &Household,
        taking_part: &[&Companion],
        traits: &[Traits],
        subject: &Subject<'_>,
        dice: Dice,
    ) -> Vec<f64> {
        let mut roll = dice.roll("opinion");
        let own: Vec<f64> = taking_part
            .iter()
            .zip(traits)
            .map(|(companion, traits)| {
                let whim = 2.0 * roll.unit() - 1.0;
                let rule = &self.rules.opinion;
                rule.of(traits, subject.category, subject.sentiment, whim)
                    + self.lean(companion, subject.category)
            })
            .collect();
        let mut opinions = self.swayed(household, taking_part, &own);
        if let Some(synergy) = &self.rules.synergy {
            synergy.settle(&mut opinions, |at| taking_part[at].team_slot.is_some());
        }
        opinions
            .iter()
            .map(|opinion| opinion.clamp(-1.0, 1.0))
            .collect()
    }

    fn lean(&self, companion: &Companion, category: Option<&str>) -> f64 {
        match (&self.rules.tastes, self.character(companion)) {
            (Some(tastes), Some(character)) => tastes.lean(Taste::of(character, category)),
            _ => 0.0,
        }
    }

    /// Opinions after friends were heard, each counted as one of the others.
    fn swayed(&self, household: &Household, taking_part: &[&Companion], own: &[f64]) -> Vec<f64> {
        let Some(friendship) = &self.rules.friendship else {
            return own.to_vec();
        };
        #[expect(clippy::cast_precision_loss, reason = "a handful of participants")]
        let others = (own.len() - 1) as f64;
        let swayed = |one: usize| {
            let moves = (0..own.len()).filter(|other| *other != one).map(|other| {
                let (me, you) = (taking_part[one].number, taking_part[other].number);
                let affinity = household.affinity(me, you);
                friendship.swayed(own[one], own[other], affinity) - own[one]
            });
            own[one] + moves.sum::<f64>() / others
        };
        (0..own.len()).map(swayed).collect()
    }

    fn ties_after(&self, household: &Household, talk: &Talk) -> Option<Vec<Tie>> {
        let friendship = self.rules.friendship.as_ref()?;
        let mut ties = household.ties.clone();
        for (at, one) in talk.participants.iter().enumerate() {
            for other in &talk.participants[at + 1..] {
                let number = |p: &Participant| household.companions[p.companion].number;
                let (me, you) = (number(one), number(other));
                let agreed = match (one.side, other.side) {
                    (Side::Neutral, _) | (_, Side::Neutral) => None,
                    (own, other) => Some(own == other),
                };
                #[expect(clippy::cast_possible_truncation, reason = "-100 to 100")]
                let before = (household.affinity(me, you) * 100.0).round() as i8;
                Friendship::put(&mut ties, me, you, friendship.after(before, agreed));
            }
        }
        (ties != household.ties).then_some(ties)
    }
}

/// What a conversation is about.
struct Subject<'a> {
    text: &'a str,
    category: Option<&'a str>,
    sentiment: f64,
    about: About,
    coins: u32,
}
