//! How a conversation comes into being: who, with whom, about what.

use crate::engine::{Engine, printable};
use chrono::{DateTime, Utc};
use parlor_model::{
    Character, Conversation, ConversationId, ConversationKind, ConversationStatus, Dice, Effects,
    Envelope, EventBody, EventId, Guard, Opening, OutboxRow, envelope,
};
use std::sync::Arc;
use uuid::Uuid;

/// Longest topic, in characters.
pub const TOPIC_CHARS_MAX: usize = 500;

/// A wish for a conversation; what is left out is drawn by the dice.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// Who begins.
    pub from: Option<Arc<Character>>,
    /// With whom.
    pub to: Option<Arc<Character>>,
    /// About what.
    pub topic: Option<String>,
    /// The first line.
    pub message: Option<String>,
}

/// A conversation about to be opened.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The conversation.
    pub conversation: Conversation,
    /// What is to be written.
    pub effects: Effects,
}

/// Why a wish can't come true.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpeningError {
    /// Nobody talks to themselves.
    #[error(
        "'{0}' can't start a conversation with themselves: name somebody else, or leave 'to' out"
    )]
    Alone(String),
    /// The cast is too small.
    #[error("a conversation needs two characters, and the cast has fewer")]
    CastTooSmall,
    /// The topic is too long.
    #[error("the topic has {0} characters, at most {TOPIC_CHARS_MAX} are allowed")]
    TopicTooLong(usize),
    /// The first line is empty.
    #[error("the message is empty: say something, or leave 'message' out")]
    EmptyMessage,
}

impl Engine {
    /// Opens a conversation. All ids are derived from `key`: the same key opens the same one.
    ///
    /// # Errors
    /// [`OpeningError`] says what is wrong with the wish.
    pub fn open(&self, wish: Wish, key: Uuid, now: DateTime<Utc>) -> Result<Opened, OpeningError> {
        let dice = Dice::new(self.seed(), key);
        let (from, to) = self.pair(&wish, dice)?;
        let topic = self.topic(wish.topic, dice)?;
        if wish
            .message
            .as_ref()
            .is_some_and(|text| text.trim().is_empty())
        {
            return Err(OpeningError::EmptyMessage);
        }
        let conversation = Conversation {
            id: ConversationId::derive(key, self.world().name.as_str()),
            world: self.world().name.clone(),
            kind: ConversationKind::Duet,
            parent_id: None,
            status: ConversationStatus::Active,
            participants: vec![from.name.clone(), to.name.clone()],
            topic,
            exchanges: 0,
            carried: 0,
            created_at: now,
            ended_at: None,
        };
        let cue = self.cue(&conversation, &from, wish.message, now);
        let mut effects = Effects::none(cue.envelope.id);
        effects.guard = Guard::Open;
        effects.opened = vec![conversation.clone()];
        effects.sends = vec![cue];
        Ok(Opened {
            conversation,
            effects,
        })
    }

    /// Opens a conversation that was opened before, elsewhere: the same conversation, and the same
    /// envelope to whoever begins. `None` when that one is not in the cast.
    #[must_use]
    pub fn reopen(&self, conversation: Conversation, text: Option<String>) -> Option<Effects> {
        let from = self.world().named(conversation.participants.first()?)?;
        let cue = self.cue(&conversation, from, text, conversation.created_at);
        let mut effects = Effects::none(cue.envelope.id);
        effects.guard = Guard::Open;
        effects.sends = vec![cue];
        effects.opened = vec![conversation];
        Some(effects)
    }

    /// The envelope that asks the first speaker to begin.
    fn cue(
        &self,
        conversation: &Conversation,
        from: &Character,
        text: Option<String>,
        now: DateTime<Utc>,
    ) -> OutboxRow {
        let id = EventId::derive(conversation.id.0, "opening");
        OutboxRow {
            inbox: self.world().inbox_of(from),
            envelope: Arc::new(Envelope {
                id,
                world: conversation.world.clone(),
                conversation: conversation.id,
                recipient: from.slug.clone(),
                time: now,
                traceparent: envelope::traceparent(conversation.id.0, id),
                body: EventBody::Opening(Opening { text }),
            }),
            due_at: now,
            parked: false,
        }
    }

    fn pair(
        &self,
        wish: &Wish,
        dice: Dice,
    ) -> Result<(Arc<Character>, Arc<Character>), OpeningError> {
        let cast = &self.world().cast;
        let mut roll = dice.roll("pair");
        let mut other_than = |taken: Option<&Arc<Character>>| {
            let free: Vec<_> = cast
                .iter()
                .filter(|c| taken.is_none_or(|t| t.slug != c.slug))
                .collect();
            roll.pick(&free)
                .map(|c| Arc::clone(c))
                .ok_or(OpeningError::CastTooSmall)
        };
        let from = match &wish.from {
            Some(from) => from.clone(),
            None => other_than(wish.to.as_ref())?,
        };
        let to = match &wish.to {
            Some(to) if to.slug == from.slug => {
                return Err(OpeningError::Alone(from.slug.to_string()));
            }
            Some(to) => to.clone(),
            None => other_than(Some(&from))?,
        };
        Ok((from, to))
    }

    fn topic(&self, wish: Option<String>, dice: Dice) -> Result<Option<String>, OpeningError> {
        match wish
            .map(|topic| printable(topic).trim().to_owned())
            .filter(|topic| !topic.is_empty())
        {
            Some(topic) if topic.chars().count() > TOPIC_CHARS_MAX => {
                Err(OpeningError::TopicTooLong(topic.chars().count()))
            }
            Some(topic) => Ok(Some(topic)),
            None => Ok(dice
                .roll("topic")
                .pick(&self.world().topics)
                .map(|t| t.text.clone())),
        }
    }
}
