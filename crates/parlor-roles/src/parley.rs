//! Characters that answer whoever asks, outside of any conversation: what was said so far comes with
//! the question, and nothing is stored.
//!
//! The character knows what it would know on the stage: its persona and lorebook, the lines that were
//! brought, and what comes to its mind of what it said, heard or overheard. It keeps no queue: who
//! finds every place taken is told so.

use crate::stage::{Production, Stage};
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use parlor_engine::{Scene, mood, sentiment};
use parlor_model::card::{Filling, lore};
use parlor_model::recall::Reminder;
use parlor_model::{
    Character, Conversation, ConversationId, ConversationKind, ConversationStatus, Dice, Envelope,
    EventBody, EventId, Message, MessageId, MessageKind, Opening, Prompt, Purpose, Slug,
    SpeakerRole, envelope,
};
use parlor_ports::PortError;
use parlor_ports::dialect::Utterance;
use parlor_ports::parley::{Answer, Asked, Brought, Parley, ParleyError, Speaker};
use std::sync::Arc;
use tokio::sync::{Semaphore, mpsc};
use uuid::Uuid;

/// What somebody is called who does not say.
const NAMELESS: &str = "Guest";
/// The latest of the lines that were brought whose feeling is looked at: a mood passes.
const FELT_MAX: usize = 16;
/// The lines are brought without times: each is taken to be so much older than the next.
const BETWEEN_LINES: TimeDelta = TimeDelta::seconds(20);

/// Characters of a stage that answer whoever asks.
pub struct StageParley {
    stage: Arc<Stage>,
    slots: Semaphore,
}

impl StageParley {
    /// Answers at most `at_once_max` at the same time.
    #[must_use]
    pub fn new(stage: Arc<Stage>, at_once_max: usize) -> Self {
        Self {
            stage,
            slots: Semaphore::new(at_once_max.clamp(1, Semaphore::MAX_PERMITS)),
        }
    }

    /// What the character knows.
    async fn scene(&self, production: &Production, talk: &Talk<'_>) -> Result<Scene, PortError> {
        let now = self.stage.clock().now();
        let memory = talk.memory(now);
        let scene = Scene {
            envelope: Arc::new(talk.envelope(now)),
            me: talk.me.clone(),
            conversation: talk.conversation(now),
            heard: memory.last().cloned(),
            recalled: Vec::new(),
            memory,
            pace: None,
        };
        let recalled = match reminder(production, &scene, talk) {
            Some(reminder) => self.stage.store().remind(&reminder).await?,
            None => Vec::new(),
        };
        Ok(Scene { recalled, ..scene })
    }
}

#[async_trait]
impl Parley for StageParley {
    async fn answer(
        &self,
        asked: Asked,
        pieces: Option<mpsc::Sender<String>>,
    ) -> Result<Answer, ParleyError> {
        let unknown =
            || ParleyError::UnknownCharacter(asked.world.clone(), asked.character.clone());
        let production = self.stage.production(&asked.world).ok_or_else(unknown)?;
        let production = &*production;
        let world = production.engine.world();
        let me = world.character(&asked.character).ok_or_else(unknown)?;
        let _slot = self.slots.try_acquire().map_err(|_| ParleyError::Busy)?;
        let talk = Talk::new(&asked, me);
        let scene = self.scene(production, &talk).await?;
        let prompt = talk.prompt(production, &scene);
        let tokens_in = tokens(&prompt);
        let said = match talk.greeting(&prompt) {
            Some(text) => Ok(Utterance {
                text,
                fallback: false,
            }),
            None => speak(production, &prompt, pieces).await,
        };
        match said {
            Ok(said) => Ok(Answer {
                text: said.text,
                fallback: said.fallback,
                tokens_in,
            }),
            Err(cause) => Err(ParleyError::NoWords {
                character: asked.character.clone(),
                cause,
            }),
        }
    }
}

async fn speak(
    production: &Production,
    prompt: &Prompt,
    pieces: Option<mpsc::Sender<String>>,
) -> Result<Utterance, PortError> {
    let name = &prompt.speaker.dialect;
    let Some(dialect) = production.voices.get(name) else {
        return Err(PortError::terminal(
            "dialect",
            format!("'{name}' is not there"),
        ));
    };
    match pieces {
        Some(pieces) => dialect.speak_in_pieces(prompt, &pieces).await,
        None => dialect.speak(prompt).await,
    }
}

/// What may come to the character's mind: what passed between it and others of the cast, or the very
/// person who asks. What other people told it stays with them.
fn reminder(production: &Production, scene: &Scene, talk: &Talk<'_>) -> Option<Reminder> {
    let world = production.engine.world();
    let heard = scene.heard.as_ref()?;
    let words = Reminder::words_of(&heard.text, &[&talk.me.name, talk.person]);
    if world.memory.recall == 0 || words.is_empty() {
        return None;
    }
    let cast = world.cast.iter().map(|character| &character.name);
    let others = cast.filter(|name| **name != talk.me.name).cloned();
    Some(Reminder {
        world: world.name.clone(),
        viewer: talk.me.name.clone(),
        with: others.chain([talk.person.to_owned()]).collect(),
        words,
        known: Vec::new(),
        at: heard.created_at,
        limit: world.memory.recall,
    })
}

/// About how many tokens the prompt has, for no model in particular.
fn tokens(prompt: &Prompt) -> usize {
    let persona = prompt
        .speaker
        .card
        .as_ref()
        .map_or_else(|| prompt.speaker.persona.clone(), |card| card.persona());
    let lines = prompt.memory.iter().map(|line| line.text.as_str());
    let recalled = prompt.recalled.iter().map(|r| r.line.text.as_str());
    let lore = prompt.lore.iter().map(|lore| lore.text.as_str());
    let texts = lines.chain(recalled).chain(lore);
    let texts = texts
        .chain(prompt.note.as_deref())
        .chain([persona.as_str()]);
    texts.map(lore::tokens).sum()
}

/// A question, and who is asked.
struct Talk<'a> {
    asked: &'a Asked,
    me: &'a Arc<Character>,
    /// Who asks.
    person: &'a str,
    id: ConversationId,
}

impl<'a> Talk<'a> {
    fn new(asked: &'a Asked, me: &'a Arc<Character>) -> Self {
        let person = asked.person.as_deref().unwrap_or(NAMELESS);
        Self {
            asked,
            me,
            person,
            id: conversation_id(asked, person),
        }
    }

    fn name_of(&self, line: &Brought) -> String {
        match &line.by {
            Speaker::Character => self.me.name.clone(),
            Speaker::Person(Some(name)) => name.clone(),
            Speaker::Person(None) => self.person.to_owned(),
        }
    }

    /// Everybody who talks, the one who asks first.
    fn participants(&self) -> Vec<String> {
        let mut names = vec![self.person.to_owned(), self.me.name.clone()];
        for name in self.asked.lines.iter().map(|line| self.name_of(line)) {
            if !names.contains(&name) && names.len() < FELT_MAX {
                names.push(name);
            }
        }
        names
    }

    fn conversation(&self, now: DateTime<Utc>) -> Conversation {
        Conversation {
            id: self.id,
            world: self.asked.world.clone(),
            kind: ConversationKind::Session,
            parent_id: None,
            status: ConversationStatus::Active,
            participants: self.participants(),
            topic: None,
            exchanges: u32::try_from(self.asked.lines.len()).unwrap_or(u32::MAX),
            carried: 0,
            created_at: now,
            ended_at: None,
        }
    }

    fn envelope(&self, now: DateTime<Utc>) -> Envelope {
        let id = EventId(self.asked.id);
        Envelope {
            id,
            world: self.asked.world.clone(),
            conversation: self.id,
            recipient: self.asked.character.clone(),
            time: now,
            traceparent: envelope::traceparent(self.id.0, id),
            body: EventBody::Opening(Opening { text: None }),
        }
    }

    /// The lines that were brought, as the character remembers them.
    fn memory(&self, now: DateTime<Utc>) -> Vec<Message> {
        let count = self.asked.lines.len();
        let lines = self.asked.lines.iter().enumerate();
        lines
            .map(|(n, line)| {
                let from = self.name_of(line);
                let mine = line.by == Speaker::Character;
                let to = if mine { self.person } else { &self.me.name };
                let after = i32::try_from(count - 1 - n).unwrap_or(i32::MAX);
                let felt = count - n <= FELT_MAX;
                let order = u32::try_from(n + 1).unwrap_or(u32::MAX);
                Message {
                    id: MessageId::derive(self.id.0, &order.to_string()),
                    conversation_id: self.id,
                    parent_id: None,
                    conversation_kind: ConversationKind::Session,
                    order,
                    from,
                    to: vec![to.to_owned()],
                    sentiment: if felt {
                        sentiment::score(&line.text)
                    } else {
                        0.0
                    },
                    text: line.text.clone(),
                    kind: MessageKind::Line,
                    role: if mine {
                        SpeakerRole::Ai
                    } else {
                        SpeakerRole::User
                    },
                    heard_from: Vec::new(),
                    fallback: false,
                    created_at: now - BETWEEN_LINES * after,
                }
            })
            .collect()
    }

    fn prompt(&self, production: &Production, scene: &Scene) -> Prompt {
        let engine = &production.engine;
        let purpose = if scene.heard.is_some() {
            Purpose::Reply
        } else {
            Purpose::Open
        };
        let dice = match self.asked.seed {
            Some(seed) => Dice::new(seed, self.id.0),
            None => Dice::new(engine.seed(), self.asked.id),
        };
        let to = vec![self.person.to_owned()];
        let felt = scene.memory.len().saturating_sub(FELT_MAX);
        let mut prompt = Prompt {
            bond: scene.bond_with(&to),
            mood: mood::mood(scene.memory.iter().skip(felt)),
            order: scene.conversation.exchanges.saturating_add(1),
            note: self.asked.note.clone(),
            to,
            ..scene.prompt(engine.world(), purpose, dice)
        };
        prompt.lore = lore::of_prompt(&prompt);
        prompt
    }

    /// What the character's card opens a conversation with, where nothing was said yet.
    fn greeting(&self, prompt: &Prompt) -> Option<String> {
        let card = self.me.card.as_ref()?;
        let opens = prompt.purpose == Purpose::Open;
        opens
            .then(|| card.greeting(&Filling::of(prompt), false))
            .flatten()
    }
}

/// The same for every question of one talk, so that what a card picks for a conversation stays.
fn conversation_id(asked: &Asked, person: &str) -> ConversationId {
    let (world, character): (&Slug, &Slug) = (&asked.world, &asked.character);
    let first = asked.lines.first().map_or("", |line| line.text.as_str());
    ConversationId::derive(
        Uuid::nil(),
        &format!("{world}/{character}\n{person}\n{first}"),
    )
}
