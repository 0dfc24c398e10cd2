//! What a step knows.

use parlor_model::{
    Character, Conversation, Dice, Envelope, Message, Prompt, PromptLine, Purpose, World,
};
use std::sync::Arc;

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
            memory: self.remembered(),
            ..Prompt::new(self.me.clone(), purpose, dice)
        }
    }

    /// The memory as a dialect sees it.
    #[must_use]
    pub fn remembered(&self) -> Vec<PromptLine> {
        self.memory
            .iter()
            .map(|m| PromptLine {
                from: m.from.clone(),
                text: m.text.clone(),
                kind: m.kind,
                sentiment: m.sentiment,
            })
            .collect()
    }
}
