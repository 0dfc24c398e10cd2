//! What a step is going to do, before it is put into words.

use parlor_model::{Character, Conversation, Dice, Message, MessageKind, OutboxRow, Prompt};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// What an event leads to.
#[derive(Debug)]
pub enum Decision {
    /// Somebody speaks.
    Speak(Plan),
    /// Nothing: it was handled before, or the conversation is over.
    Nothing,
    /// The event can never be handled; the reason is for the dead letter.
    Refuse(String),
}

/// The lines that one event leads to.
#[derive(Debug)]
pub struct Plan {
    /// The event's dice.
    pub dice: Dice,
    /// A conversation (with what it carried) ends with this exchange; `None` = never.
    pub exchanges_max: Option<u32>,
    /// Lines to be said. The first is the answer; its conversation's count guards them all.
    pub lines: Vec<PlannedLine>,
}

/// A line that somebody will say.
#[derive(Debug)]
pub struct PlannedLine {
    /// The line's place in its event, from which ids are derived (`reply`, `gossip`).
    pub part: &'static str,
    /// The conversation, as it stands before the line.
    pub conversation: Conversation,
    /// True when the conversation comes into being with this line.
    pub opens: bool,
    /// Who says it.
    pub from: Arc<Character>,
    /// To whom (display names).
    pub to: Vec<String>,
    /// Line, aside or scene.
    pub kind: MessageKind,
    /// See [`parlor_model::Message::heard_from`].
    pub heard_from: Vec<String>,
    /// Where the words come from.
    pub words: Words,
}

/// Where a line's words come from.
#[derive(Debug)]
pub enum Words {
    /// Somebody gave them.
    Given(String),
    /// A dialect finds them.
    Prompt(Box<Prompt>),
}

impl PlannedLine {
    /// The count of exchanges once the line is said; an aside doesn't count.
    #[must_use]
    pub fn exchange(&self) -> u32 {
        match self.kind {
            MessageKind::Aside => self.conversation.exchanges,
            MessageKind::Line | MessageKind::Scene => self.conversation.exchanges.saturating_add(1),
        }
    }

    /// True when the line is the last one under this limit.
    #[must_use]
    pub fn is_last(&self, exchanges_max: Option<u32>) -> bool {
        self.kind != MessageKind::Aside && exchanges_max.is_some_and(|max| self.exchange() >= max)
    }
}

/// A line that has just been put into words, and what a mechanic may add to it.
pub struct Said<'a> {
    /// The message.
    pub message: &'a Message,
    /// Its conversation, the line counted.
    pub conversation: &'a Conversation,
    /// The line's place in its event.
    pub part: &'static str,
    /// True when the line is the last of its conversation.
    pub closes: bool,
    /// The event's dice.
    pub dice: Dice,
    /// Pause between lines.
    pub pace: Duration,
    /// The trace that it all belongs to.
    pub trace_id: Uuid,
    /// Who knows of it so far.
    pub audience: &'a mut Vec<String>,
    /// What is sent because of it so far.
    pub sends: &'a mut Vec<OutboxRow>,
}
