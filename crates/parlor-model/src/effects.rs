//! What a step brings about, written to the store in one transaction.

use crate::conversation::{Conversation, Message};
use crate::envelope::Envelope;
use crate::id::{ConversationId, EventId, RunId};
use crate::legs::Legs;
use crate::name::Slug;
use crate::travel::NewMove;
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// The condition under which effects are written. It makes a redelivered event harmless: the
/// second time the condition no longer holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guard {
    /// Nothing to check.
    None,
    /// The conversation is active and has exactly this many exchanges; they become `exchanges + 1`,
    /// and it is closed at `close_at` if given.
    Advance {
        /// Which conversation.
        conversation: ConversationId,
        /// What its count must be.
        exchanges: u32,
        /// Closes it with this line.
        close_at: Option<DateTime<Utc>>,
    },
    /// The conversation is active and holds no message with the id of the (one) message of these
    /// effects, an aside. The store numbers it: one more than the conversation's asides so far.
    Aside {
        /// Which conversation.
        conversation: ConversationId,
    },
    /// The (one) opened conversation does not exist yet.
    Open,
    /// The move that `arrives` is on its way in this run, and becomes arrived at `at`; and everybody
    /// who leaves with one of the moves of these effects is then at the place that they leave, in this
    /// run, arrived.
    Travel {
        /// Which world.
        world: Slug,
        /// Its run.
        run: RunId,
        /// The move that arrives; `None` where somebody is sent by hand.
        arrives: Option<EventId>,
        /// When.
        at: DateTime<Utc>,
    },
}

/// A message to be stored, with who may know of it.
#[derive(Debug, Clone, PartialEq)]
pub struct NewMessage {
    /// The message.
    pub message: Message,
    /// Everybody who said, heard or overheard it (display names). Nobody else's memory holds it.
    pub audience: Vec<String>,
    /// How long its way took, where somebody measured it. For operators: kept by the store, nothing
    /// depends on it.
    pub legs: Option<Legs>,
}

/// An envelope that is to be sent: a row of the outbox. Its key is the envelope's id: writing a row
/// whose id is there already replaces it (that is how a delivery is put back).
#[derive(Debug, Clone, PartialEq)]
pub struct OutboxRow {
    /// The queue or topic that it goes to.
    pub inbox: String,
    /// What is sent.
    pub envelope: Arc<Envelope>,
    /// Not before this time (the world's pace).
    pub due_at: DateTime<Utc>,
    /// False: the committing process sends it (it is "in hand"). True: it waits in the table until
    /// a relay finds it due.
    pub parked: bool,
}

/// What one step writes, all or nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Effects {
    /// The event that caused them.
    pub event: EventId,
    /// When they hold.
    pub guard: Guard,
    /// Conversations that come into being; closed ones where the first line is the last.
    pub opened: Vec<Conversation>,
    /// Messages said.
    pub messages: Vec<NewMessage>,
    /// Moves that begin; only under [`Guard::Travel`].
    pub moves: Vec<NewMove>,
    /// Envelopes to send.
    pub sends: Vec<OutboxRow>,
    /// Outbox rows in hand that are done with; cleared even when the guard does not hold. Never an
    /// id that `sends` holds as well. One that is parked (put back meanwhile) stays.
    pub clears: Vec<EventId>,
}

impl Effects {
    /// Effects of `event` that do nothing yet.
    #[must_use]
    pub fn none(event: EventId) -> Self {
        Self {
            event,
            guard: Guard::None,
            opened: Vec::new(),
            messages: Vec::new(),
            moves: Vec::new(),
            sends: Vec::new(),
            clears: Vec::new(),
        }
    }

    /// True when there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.opened.is_empty()
            && self.messages.is_empty()
            && self.moves.is_empty()
            && self.sends.is_empty()
            && self.clears.is_empty()
            && self.guard == Guard::None
    }
}
