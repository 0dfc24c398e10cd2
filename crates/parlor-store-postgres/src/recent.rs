//! What this process has said lately. A scene is mostly made of messages that the same process has
//! just written; they never change, so it only has to ask how far the conversation has come since.
//!
//! A tail is used when the database's count of the conversation's messages is the position of the
//! tail's newest one: then nobody else has said anything in between, and it is complete.

use crate::ledger::Ledger;
use parlor_model::{Conversation, ConversationId, Message};
use parlor_ports::store::SceneRequest;
use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;

/// Conversations remembered; the one opened longest ago goes first. With eight short messages each
/// this is some 30 MB at most.
const CONVERSATIONS_MAX: usize = 8_192;
/// Conversations whose scene was loaded and that were not committed since. When there are more, all
/// are forgotten: commits read what they need.
const ON_STAGE_MAX: usize = 16_384;
/// Messages remembered of each.
const MESSAGES_MAX: usize = 8;

/// The tails of conversations that this process takes part in.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    tails: Mutex<Tails>,
    /// Conversations as they were in the scene that is being answered: a commit that finds them so
    /// need not read them first.
    on_stage: Mutex<HashMap<ConversationId, Conversation>>,
}

#[derive(Debug, Default)]
struct Tails {
    by_id: HashMap<ConversationId, Tail>,
    oldest_first: VecDeque<ConversationId>,
}

/// The newest messages of a conversation, without gap.
#[derive(Debug)]
struct Tail {
    /// As it was opened; what changes is read anew.
    conversation: Conversation,
    /// Position of the newest.
    position: i64,
    /// Newest last.
    messages: VecDeque<(Message, Vec<String>)>,
}

/// A scene from memory, if the conversation still has `position` messages.
#[derive(Debug)]
pub(crate) struct Remembered {
    pub(crate) conversation: Conversation,
    pub(crate) position: i64,
    pub(crate) message: Option<Message>,
    pub(crate) memory: Vec<Message>,
}

impl Recent {
    /// What a request asks for, where this process said the message that it is about as the newest
    /// of its conversation and remembers far enough back.
    pub(crate) fn recall(&self, request: &SceneRequest) -> Option<Remembered> {
        let tails = self.tails.lock().ok()?;
        let tail = tails.by_id.get(&request.conversation)?;
        let (newest, _) = tail.messages.back()?;
        if request.message != Some(newest.id) {
            return None;
        }
        let window = usize::try_from(request.window).unwrap_or(usize::MAX);
        let heard = tail
            .messages
            .iter()
            .rev()
            .filter(|(_, audience)| audience.contains(&request.viewer));
        let mut memory: Vec<_> = heard
            .take(window)
            .map(|(message, _)| message.clone())
            .collect();
        let is_whole = usize::try_from(tail.position) == Ok(tail.messages.len());
        if memory.len() < window && !is_whole {
            return None;
        }
        memory.reverse();
        Some(Remembered {
            conversation: tail.conversation.clone(),
            position: tail.position,
            message: Some(newest.clone()),
            memory,
        })
    }

    /// Takes note of the conversations of scenes.
    pub(crate) fn put_on_stage<'a>(&self, scenes: impl Iterator<Item = &'a Conversation>) {
        let Ok(mut on_stage) = self.on_stage.lock() else {
            return;
        };
        if on_stage.len() > ON_STAGE_MAX {
            on_stage.clear();
        }
        on_stage.extend(scenes.map(|conversation| (conversation.id, conversation.clone())));
    }

    /// The conversations of scenes that are now committed; `None` unless all are known.
    pub(crate) fn leave_stage(&self, ids: &[ConversationId]) -> Option<Vec<Conversation>> {
        let mut on_stage = self.on_stage.lock().ok()?;
        let left: Vec<_> = ids.iter().filter_map(|id| on_stage.remove(id)).collect();
        (left.len() == ids.len()).then_some(left)
    }

    /// Takes note of what was committed; `before` is how many messages each changed conversation
    /// had.
    pub(crate) fn note(&self, ledger: &Ledger<'_>, before: &HashMap<ConversationId, i64>) {
        let Ok(mut tails) = self.tails.lock() else {
            return;
        };
        for said in &ledger.said {
            let conversation = &said.message.conversation_id;
            let position = before.get(conversation).copied().unwrap_or(0) + said.offset;
            let message = Message {
                order: u32::try_from(said.order).unwrap_or(u32::MAX),
                ..said.message.clone()
            };
            let conversation = ledger.conversation(&message.conversation_id);
            tails.add(conversation, message, said.audience.to_vec(), position);
        }
    }
}

impl Tails {
    fn add(
        &mut self,
        conversation: Option<&Conversation>,
        message: Message,
        audience: Vec<String>,
        position: i64,
    ) {
        let id = message.conversation_id;
        if position == 1 {
            let Some(conversation) = conversation else {
                return;
            };
            self.begin(conversation.clone());
        }
        let Some(tail) = self.by_id.get_mut(&id) else {
            return;
        };
        if tail.position + 1 != position {
            // Somebody else has said something in between.
            self.by_id.remove(&id);
            return;
        }
        tail.position = position;
        tail.messages.push_back((message, audience));
        if tail.messages.len() > MESSAGES_MAX {
            tail.messages.pop_front();
        }
    }

    fn begin(&mut self, conversation: Conversation) {
        let id = conversation.id;
        let tail = Tail {
            conversation,
            position: 0,
            messages: VecDeque::new(),
        };
        if self.by_id.insert(id, tail).is_none() {
            self.oldest_first.push_back(id);
        }
        while self.oldest_first.len() > CONVERSATIONS_MAX {
            if let Some(oldest) = self.oldest_first.pop_front() {
                self.by_id.remove(&oldest);
            }
        }
    }
}
