//! What a step knows.

use crate::mood::{bond, mood};
use parlor_model::{
    Character, Conversation, Dice, Envelope, Message, Prompt, PromptLine, Purpose, Recollection,
    World,
};
use std::sync::Arc;
use std::time::Duration;

/// What the store knows and the step needs, seen by one character.
#[derive(Debug, Clone)]
pub struct Scene {
    /// The event.
    pub envelope: Arc<Envelope>,
    /// The character that it reached.
    pub me: Arc<Character>,
    /// The conversation as it stands.
    pub conversation: Conversation,
    /// The message that the event is about, as stored; `None` for an opening, or when the store has
    /// no such message.
    pub heard: Option<Message>,
    /// What `me` remembers of the conversation, oldest first, up to and including `heard`.
    pub memory: Vec<Message>,
    /// Older lines that `me` knows and that fit what is being said, best first.
    pub recalled: Vec<Message>,
    /// The pause between lines that somebody set; `None`: the engine's.
    pub pace: Option<Duration>,
}

impl Scene {
    /// What a dialect may know of the scene; to whom the line is said is left open.
    #[must_use]
    pub fn prompt(&self, world: &World, purpose: Purpose, dice: Dice) -> Prompt {
        Prompt {
            setting: world.setting(),
            conversation: Some(self.conversation.id),
            present: self.conversation.participants.clone(),
            topic: self.conversation.topic.clone(),
            mood: mood(&self.memory),
            memory: self.remembered(),
            recalled: self.recollections(),
            at: Some(self.envelope.time),
            ..Prompt::new(self.me.clone(), purpose, dice)
        }
    }

    /// How `me` stands to any of `others` (display names), as far as memory and what is recalled
    /// tell.
    #[must_use]
    pub fn bond_with(&self, others: &[String]) -> Option<f64> {
        bond(
            &self.me.name,
            others,
            self.memory.iter().chain(&self.recalled),
        )
    }

    /// The memory as a dialect sees it.
    #[must_use]
    pub fn remembered(&self) -> Vec<PromptLine> {
        self.memory.iter().map(line).collect()
    }

    /// What is recalled, as a dialect sees it.
    fn recollections(&self) -> Vec<Recollection> {
        self.recalled
            .iter()
            .map(|message| Recollection {
                line: line(message),
                at: message.created_at,
            })
            .collect()
    }
}

fn line(message: &Message) -> PromptLine {
    PromptLine {
        from: message.from.clone(),
        text: message.text.clone(),
        kind: message.kind,
        sentiment: message.sentiment,
    }
}
