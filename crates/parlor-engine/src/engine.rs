//! Decide and settle: the two pure halves of a step, before and after the words are found.

use crate::cards;
use crate::mechanics::bots::Bots;
use crate::mechanics::travel::Travel;
use crate::mechanics::{self, Mechanic};
use crate::plan::{Decision, Plan, PlannedLine, Said, Words};
use crate::scene::Scene;
use crate::sentiment;
use chrono::{DateTime, Utc};
use parlor_model::{
    Conversation, ConversationKind, ConversationStatus, Dice, Effects, Envelope, EventBody,
    EventId, Guard, Message, MessageId, MessageKind, NewMessage, OutboxRow, Prompt, Purpose, Slug,
    SpeakerRole, World,
};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// The rules of one world, ready to run.
pub struct Engine {
    world: Arc<World>,
    seed: u64,
    pace: Duration,
    mechanics: Vec<Box<dyn Mechanic>>,
    travel: Option<Travel>,
    bots: Option<Bots>,
}

/// Why a world can't run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// It switches on a mechanic that doesn't exist.
    #[error("there is no mechanic '{0}'")]
    UnknownMechanic(String),
    /// A mechanic's settings can't be read.
    #[error("the settings of mechanic '{name}' can't be read: {reason}")]
    MechanicSettings {
        /// Which.
        name: &'static str,
        /// What the parser says.
        reason: String,
    },
}

/// Words that were found for a planned line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spoken {
    /// One line.
    pub text: String,
    /// Another dialect than the one asked for spoke.
    pub fallback: bool,
}

impl Engine {
    /// The rules of `world`, with the dice of `seed` and a pause of `pace` between lines.
    ///
    /// # Errors
    /// [`EngineError`] when the world switches on what doesn't exist.
    pub fn new(world: Arc<World>, seed: u64, pace: Duration) -> Result<Self, EngineError> {
        let mechanics = mechanics::of(&world)?;
        let travel = mechanics::settings(&world)?;
        let bots = mechanics::settings(&world)?;
        Ok(Self {
            travel,
            bots,
            world,
            seed,
            pace,
            mechanics,
        })
    }

    /// The world.
    #[must_use]
    pub fn world(&self) -> &Arc<World> {
        &self.world
    }

    /// The pause between lines, where nobody set another.
    #[must_use]
    pub fn pace(&self) -> Duration {
        self.pace
    }

    /// The seed of the dice.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The settings of journeys, in a world that has them.
    #[must_use]
    pub fn travel(&self) -> Option<&Travel> {
        self.travel.as_ref()
    }

    /// How bots behave, in a world that has them.
    #[must_use]
    pub fn bots(&self) -> Option<&Bots> {
        self.bots.as_ref()
    }

    /// What an event leads to.
    #[must_use]
    pub fn decide(&self, scene: &Scene) -> Decision {
        let first = match &scene.envelope.body {
            EventBody::Opening(opening) => self.open_line(scene, opening.text.as_deref()),
            EventBody::Said(_) => self.answer_line(scene),
            EventBody::Overheard(_) => overheard(scene),
            EventBody::Wrote(_) | EventBody::Answered(_) => Err(Decision::Refuse(
                "what people say to characters is answered by a mind".to_owned(),
            )),
            EventBody::Arrival(_) => Err(Decision::Refuse(
                "who arrives is received by the place".to_owned(),
            )),
            EventBody::Again(_) => Err(Decision::Refuse(
                "what comes again is decided as it was the first time".to_owned(),
            )),
        };
        let lines: Vec<_> = match first {
            Ok(line) => line.into_iter().collect(),
            Err(refusal) => return refusal,
        };
        if let Some(gone) = lines.first().and_then(|line| self.who_is_gone(line)) {
            if self.bots.is_some() {
                // Bots leave when they like: nobody waits for an answer any more.
                return Decision::Nothing;
            }
            return Decision::Refuse(format!(
                "'{gone}', to whom {} would speak, is not in the cast of '{}'",
                scene.me.slug, self.world.name
            ));
        }
        let mut plan = Plan {
            dice: self.dice(scene),
            exchanges_max: None,
            lines,
        };
        for mechanic in &self.mechanics {
            mechanic.decide(&self.world, scene, &mut plan);
        }
        bound(&mut plan);
        cards::add_lore(&mut plan);
        if plan.lines.is_empty() {
            Decision::Nothing
        } else {
            Decision::Speak(plan)
        }
    }

    /// What a plan brings about once its lines have words (`spoken`, one for each, in order).
    #[must_use]
    pub fn settle(
        &self,
        scene: &Scene,
        plan: Plan,
        spoken: Vec<Spoken>,
        now: DateTime<Utc>,
    ) -> Effects {
        let mut effects = Effects::none(scene.envelope.id);
        let Plan {
            dice,
            exchanges_max,
            lines,
        } = plan;
        for (i, (line, words)) in lines.into_iter().zip(spoken).enumerate() {
            if i == 0 {
                effects.guard = guard_of(&line, exchanges_max, now);
            }
            self.settle_line(scene, line, words, (dice, exchanges_max, now), &mut effects);
        }
        effects
    }

    fn settle_line(
        &self,
        scene: &Scene,
        line: PlannedLine,
        words: Spoken,
        (dice, exchanges_max, now): (Dice, Option<u32>, DateTime<Utc>),
        effects: &mut Effects,
    ) {
        let closes = line.is_last(exchanges_max);
        let exchanges = line.exchange();
        let message = message_of(&line, scene.envelope.id, words, now);
        let conversation = Conversation {
            exchanges,
            created_at: if line.opens {
                now
            } else {
                line.conversation.created_at
            },
            status: if closes {
                ConversationStatus::Closed
            } else {
                line.conversation.status
            },
            ended_at: if closes {
                Some(now)
            } else {
                line.conversation.ended_at
            },
            ..line.conversation
        };
        let mut audience = vec![message.from.clone()];
        audience.extend(message.to.iter().filter(|to| **to != message.from).cloned());
        let trace_id = scene.envelope.trace_id();
        let pace = scene.pace.unwrap_or(self.pace);
        let mut sends = Vec::new();
        if message.kind == MessageKind::Line {
            sends.extend(self.deliveries(&message, pace, trace_id));
        }
        let mut said = Said {
            message: &message,
            conversation: &conversation,
            part: line.part,
            closes,
            dice,
            pace,
            trace_id,
            audience: &mut audience,
            sends: &mut sends,
        };
        for mechanic in &self.mechanics {
            mechanic.said(&self.world, &mut said);
        }
        effects.sends.append(&mut sends);
        effects.messages.push(NewMessage {
            message,
            audience,
            legs: None,
        });
        if line.opens {
            effects.opened.push(conversation);
        }
    }

    /// An envelope for each character that a message is addressed to.
    fn deliveries<'a>(
        &'a self,
        message: &'a Message,
        pace: Duration,
        trace_id: Uuid,
    ) -> impl Iterator<Item = OutboxRow> + 'a {
        message
            .to
            .iter()
            .filter_map(|name| self.world.named(name))
            .map(move |recipient| OutboxRow {
                inbox: self.world.inbox_of(recipient),
                envelope: Arc::new(Envelope::said(
                    &self.world.name,
                    message,
                    &recipient.slug,
                    trace_id,
                )),
                due_at: message.created_at + pace,
                parked: false,
            })
    }

    /// Somebody to whom a line would be said and who is not there; people are in no cast.
    fn who_is_gone<'a>(&self, line: &'a PlannedLine) -> Option<&'a str> {
        if line.conversation.kind == ConversationKind::Session {
            return None;
        }
        let mut gone = line
            .to
            .iter()
            .filter(|name| self.world.named(name).is_none());
        gone.next().map(String::as_str)
    }

    fn dice(&self, scene: &Scene) -> Dice {
        Dice::new(self.seed, scene.envelope.id.0)
    }

    fn open_line(
        &self,
        scene: &Scene,
        text: Option<&str>,
    ) -> Result<Option<PlannedLine>, Decision> {
        let conversation = &scene.conversation;
        if conversation.participants.first() != Some(&scene.me.name) {
            return Err(Decision::Refuse(format!(
                "conversation {} is not {}'s to open",
                conversation.id, scene.me.slug
            )));
        }
        if !conversation.is_active() || conversation.lines() > 0 {
            return Err(Decision::Nothing);
        }
        let greeting = || cards::greeting(scene, self.dice(scene));
        let words = match text.map(str::to_owned).or_else(greeting) {
            Some(text) => Words::Given(text),
            None => Words::Prompt(Box::new(self.prompt(scene, Purpose::Open))),
        };
        Ok(Some(self.line(scene, "open", words)))
    }

    fn answer_line(&self, scene: &Scene) -> Result<Option<PlannedLine>, Decision> {
        let Some(heard) = &scene.heard else {
            return Err(Decision::Refuse(format!(
                "the store has no such message in conversation {}",
                scene.conversation.id
            )));
        };
        if heard.kind != MessageKind::Line || !heard.to.contains(&scene.me.name) {
            return Err(Decision::Refuse(format!(
                "message {} was not said to {}",
                heard.id, scene.me.slug
            )));
        }
        if !scene.conversation.is_active() || scene.conversation.lines() > heard.order {
            return Err(Decision::Nothing);
        }
        let words = Words::Prompt(Box::new(self.prompt(scene, Purpose::Reply)));
        Ok(Some(self.line(scene, "reply", words)))
    }

    fn line(&self, scene: &Scene, part: &'static str, words: Words) -> PlannedLine {
        PlannedLine {
            part,
            conversation: scene.conversation.clone(),
            opens: false,
            from: scene.me.clone(),
            to: scene.conversation.others(&scene.me.name),
            kind: MessageKind::Line,
            heard_from: Vec::new(),
            words,
        }
    }

    fn prompt(&self, scene: &Scene, purpose: Purpose) -> Prompt {
        let to = scene.conversation.others(&scene.me.name);
        Prompt {
            bond: scene.bond_with(&to),
            to,
            order: scene.conversation.lines() + 1,
            ..scene.prompt(&self.world, purpose, self.dice(scene))
        }
    }

    /// The slug of every member of the cast, for messages to people.
    #[must_use]
    pub fn cast_slugs(&self) -> Vec<&Slug> {
        self.world.cast.iter().map(|c| &c.slug).collect()
    }
}

fn overheard(scene: &Scene) -> Result<Option<PlannedLine>, Decision> {
    if scene.heard.is_none() {
        return Err(Decision::Refuse(format!(
            "the store has no such message in conversation {}",
            scene.conversation.id
        )));
    }
    if scene.conversation.is_active() {
        Ok(None)
    } else {
        Err(Decision::Nothing)
    }
}

/// Drops what would be said after the stop, and tells the last lines that they are the last. When
/// the first line falls, all fall: it is the one that guards them.
fn bound(plan: &mut Plan) {
    let Some(max) = plan.exchanges_max else {
        return;
    };
    if plan.lines.first().is_some_and(|line| line.exchange() > max) {
        plan.lines.clear();
    }
    plan.lines.retain(|line| line.exchange() <= max);
    for line in &mut plan.lines {
        let last = line.is_last(Some(max));
        if let Words::Prompt(prompt) = &mut line.words {
            prompt.last = last;
        }
    }
}

fn guard_of(line: &PlannedLine, exchanges_max: Option<u32>, now: DateTime<Utc>) -> Guard {
    let conversation = line.conversation.id;
    match line.kind {
        MessageKind::Aside => Guard::Aside { conversation },
        MessageKind::Line | MessageKind::Scene => Guard::Advance {
            conversation,
            exchanges: line.conversation.exchanges,
            close_at: line.is_last(exchanges_max).then_some(now),
        },
    }
}

fn message_of(line: &PlannedLine, event: EventId, words: Spoken, now: DateTime<Utc>) -> Message {
    let conversation = &line.conversation;
    let text = printable(words.text);
    Message {
        id: MessageId::derive(event.0, line.part),
        conversation_id: conversation.id,
        parent_id: conversation.parent_id,
        conversation_kind: conversation.kind,
        // The store numbers an aside.
        order: if line.kind == MessageKind::Aside {
            0
        } else {
            conversation.lines() + 1
        },
        from: line.from.name.clone(),
        to: line.to.clone(),
        sentiment: sentiment::score(&text),
        text,
        kind: line.kind,
        role: SpeakerRole::Ai,
        heard_from: line.heard_from.clone(),
        fallback: words.fallback,
        created_at: now,
    }
}

/// Text without control characters other than line breaks and tabs: no store, terminal or queue has
/// a good use for them, and PostgreSQL can't keep NUL.
pub(crate) fn printable(text: String) -> String {
    let is_odd = |c: char| c.is_control() && c != '\n' && c != '\t';
    if text.contains(is_odd) {
        text.replace(is_odd, " ")
    } else {
        text
    }
}
