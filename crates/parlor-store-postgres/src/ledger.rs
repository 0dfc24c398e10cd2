//! What a batch of steps comes to: every guard decided, every number given. Pure; the conversations
//! it is given are locked, so that what it decides holds until it is written.

use chrono::{DateTime, Utc};
use parlor_model::{
    Conversation, ConversationId, ConversationStatus, Effects, EventId, Guard, Legs, Message,
    MessageId, MessageKind, NewMessage, OutboxRow,
};
use parlor_ports::store::Outcome;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// A conversation with the counters that only the store knows.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) conversation: Conversation,
    /// Messages stored: the position of the latest.
    pub(crate) messages: i64,
    /// Asides stored.
    pub(crate) asides: i64,
    /// No message is older.
    pub(crate) since: DateTime<Utc>,
    /// No message is younger.
    pub(crate) until: DateTime<Utc>,
    /// What the batch found.
    pub(crate) found: Found,
}

/// A conversation's state before a batch. It is written as what the batch adds to it, so that the
/// counters need not be known where nobody asks for them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    pub(crate) exchanges: u32,
    pub(crate) status: ConversationStatus,
    pub(crate) messages: i64,
    pub(crate) asides: i64,
}

impl Entry {
    /// A conversation as it is, with its counters.
    pub(crate) fn new(
        conversation: Conversation,
        (messages, asides): (i64, i64),
        (since, until): (DateTime<Utc>, DateTime<Utc>),
    ) -> Self {
        let found = Found {
            exchanges: conversation.exchanges,
            status: conversation.status,
            messages,
            asides,
        };
        Self {
            conversation,
            messages,
            asides,
            since,
            until,
            found,
        }
    }

    /// A conversation whose counters nobody asked for: they begin at nought, and what a batch adds
    /// to them is right all the same.
    pub(crate) fn uncounted(conversation: Conversation) -> Self {
        let at = conversation.created_at;
        Self::new(conversation, (0, 0), (at, at))
    }
}

/// What has to be written about a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Unchanged,
    Changed,
    /// It is new; the place of its opening among the batch's changes.
    Opened(i64),
}

/// A message to be written.
#[derive(Debug)]
pub(crate) struct Said<'a> {
    pub(crate) message: &'a Message,
    pub(crate) audience: &'a [String],
    pub(crate) legs: Option<Legs>,
    /// The message's order, or the one that it got here.
    pub(crate) order: i64,
    /// Its place among what the batch adds to the conversation, from 1.
    pub(crate) offset: i64,
    /// Its place among the batch's changes.
    pub(crate) place: i64,
}

/// An opening or closing to be logged.
#[derive(Debug)]
pub(crate) struct Happened {
    pub(crate) what: &'static str,
    pub(crate) conversation: Conversation,
    /// Its place among the batch's changes.
    pub(crate) place: i64,
}

/// A batch of steps as it is decided, one step after the other.
#[derive(Debug, Default)]
pub(crate) struct Ledger<'a> {
    entries: HashMap<ConversationId, (Entry, Mark)>,
    /// Messages that are stored or going to be, as far as they were asked about.
    present: HashSet<MessageId>,
    pub(crate) said: Vec<Said<'a>>,
    pub(crate) happened: Vec<Happened>,
    /// By id, so that all batches write rows in the same order.
    pub(crate) sends: BTreeMap<EventId, &'a OutboxRow>,
    pub(crate) clears: BTreeSet<EventId>,
    changes: i64,
}

/// A message that names a conversation which nobody opened: (message, conversation).
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Homeless(pub(crate) MessageId, pub(crate) ConversationId);

impl<'a> Ledger<'a> {
    /// A ledger that knows these conversations, and of these messages that they are stored.
    pub(crate) fn new(known: Vec<Entry>, present: HashSet<MessageId>) -> Self {
        let entries = known
            .into_iter()
            .map(|e| (e.conversation.id, (e, Mark::Unchanged)))
            .collect();
        Self {
            entries,
            present,
            ..Self::default()
        }
    }

    /// Books one step.
    pub(crate) fn book(&mut self, step: &'a Effects) -> Result<Outcome, Homeless> {
        for id in &step.clears {
            // A row that was put back is not what its sender is done with.
            if self.sends.get(id).is_none_or(|row| !row.parked) {
                self.sends.remove(id);
                self.clears.insert(*id);
            }
        }
        if !self.holds(step) {
            return Ok(Outcome::Stale);
        }
        let mut ended = Vec::new();
        for conversation in &step.opened {
            if self.open(conversation) && !conversation.is_active() {
                ended.push(conversation);
            }
        }
        for new in &step.messages {
            self.say(new, &step.guard)?;
        }
        self.advance(&step.guard);
        for conversation in ended {
            self.log("closed", conversation.clone());
        }
        for row in &step.sends {
            self.clears.remove(&row.envelope.id);
            self.sends.insert(row.envelope.id, row);
        }
        Ok(Outcome::Applied)
    }

    fn holds(&self, step: &Effects) -> bool {
        let active = |id| {
            self.conversation(id)
                .filter(|conversation| conversation.is_active())
        };
        match &step.guard {
            Guard::None => true,
            // Moves are decided by the database (`journeys`) and never come here.
            Guard::Travel { .. } => false,
            Guard::Advance {
                conversation,
                exchanges,
                ..
            } => active(conversation).is_some_and(|c| c.exchanges == *exchanges),
            Guard::Aside { conversation } => {
                active(conversation).is_some()
                    && !step
                        .messages
                        .iter()
                        .any(|new| self.present.contains(&new.message.id))
            }
            Guard::Open => step
                .opened
                .iter()
                .all(|opened| !self.entries.contains_key(&opened.id)),
        }
    }

    /// A conversation that the batch touches.
    pub(crate) fn conversation(&self, id: &ConversationId) -> Option<&Conversation> {
        self.entries.get(id).map(|(entry, _)| &entry.conversation)
    }

    /// Opens a conversation; false when it is there already. It may come into being closed, when
    /// its first line is its last: then it is logged as opened and, after that line, as closed.
    fn open(&mut self, conversation: &Conversation) -> bool {
        if self.entries.contains_key(&conversation.id) {
            return false;
        }
        let place = self.log(
            "opened",
            Conversation {
                status: ConversationStatus::Active,
                ended_at: None,
                ..conversation.clone()
            },
        );
        let entry = Entry::uncounted(conversation.clone());
        self.entries
            .insert(conversation.id, (entry, Mark::Opened(place)));
        true
    }

    fn say(&mut self, new: &'a NewMessage, guard: &Guard) -> Result<(), Homeless> {
        let message = &new.message;
        if !self.present.insert(message.id) {
            return Ok(());
        }
        let place = self.next_place();
        let home = self.entries.get_mut(&message.conversation_id);
        let (entry, mark) = home.ok_or(Homeless(message.id, message.conversation_id))?;
        touch(mark);
        entry.messages += 1;
        entry.asides += i64::from(message.kind == MessageKind::Aside);
        entry.since = entry.since.min(message.created_at);
        entry.until = entry.until.max(message.created_at);
        let numbered_here = matches!(guard, Guard::Aside { .. });
        self.said.push(Said {
            message,
            audience: &new.audience,
            legs: new.legs,
            order: if numbered_here {
                entry.asides
            } else {
                i64::from(message.order)
            },
            offset: entry.messages - entry.found.messages,
            place,
        });
        Ok(())
    }

    fn advance(&mut self, guard: &Guard) {
        let Guard::Advance {
            conversation,
            close_at,
            ..
        } = guard
        else {
            return;
        };
        let Some((entry, mark)) = self.entries.get_mut(conversation) else {
            return;
        };
        touch(mark);
        entry.conversation.exchanges += 1;
        if let Some(now) = *close_at {
            self.close(*conversation, now);
        }
    }

    /// Closes a conversation that is active.
    pub(crate) fn close(&mut self, id: ConversationId, now: DateTime<Utc>) {
        let Some((entry, mark)) = self.entries.get_mut(&id) else {
            return;
        };
        touch(mark);
        entry.conversation.status = ConversationStatus::Closed;
        entry.conversation.ended_at = Some(now);
        let conversation = entry.conversation.clone();
        self.log("closed", conversation);
    }

    /// Logs an opening or a closing; gives its place.
    fn log(&mut self, what: &'static str, conversation: Conversation) -> i64 {
        let place = self.next_place();
        self.happened.push(Happened {
            what,
            conversation,
            place,
        });
        place
    }

    fn next_place(&mut self) -> i64 {
        self.changes += 1;
        self.changes
    }

    /// How many changes the batch logs.
    pub(crate) fn changes(&self) -> i64 {
        self.changes
    }

    /// True when there is nothing to write.
    pub(crate) fn is_empty(&self) -> bool {
        self.changes == 0
            && self.sends.is_empty()
            && self.clears.is_empty()
            && self
                .entries
                .values()
                .all(|(_, mark)| *mark == Mark::Unchanged)
    }

    /// The world of a message's conversation.
    pub(crate) fn world_of(&self, said: &Said<'_>) -> &str {
        self.conversation(&said.message.conversation_id)
            .map_or("", |c| c.world.as_str())
    }

    /// The opened conversations with the places of their openings, by id, so that two batches that
    /// open the same ones wait for each other and never in a circle.
    pub(crate) fn opened(&self) -> Vec<(&Entry, i64)> {
        let mut opened: Vec<_> = self
            .entries
            .values()
            .filter_map(|(entry, mark)| match mark {
                Mark::Opened(place) => Some((entry, *place)),
                _ => None,
            })
            .collect();
        opened.sort_by_key(|(entry, _)| entry.conversation.id);
        opened
    }

    /// The conversations that were there before and are different now, by id.
    pub(crate) fn changed(&self) -> Vec<&Entry> {
        let changed = self
            .entries
            .values()
            .filter(|(_, mark)| *mark == Mark::Changed);
        let mut changed: Vec<_> = changed.map(|(entry, _)| entry).collect();
        changed.sort_by_key(|entry| entry.conversation.id);
        changed
    }

    /// True when a message of this id is going to be stored.
    pub(crate) fn says(&self, message: &MessageId) -> bool {
        self.present.contains(message)
    }
}

fn touch(mark: &mut Mark) {
    if *mark == Mark::Unchanged {
        *mark = Mark::Changed;
    }
}
