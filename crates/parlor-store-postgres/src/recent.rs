//! What this process has said lately ([`Tails`]), and the conversations of the scenes that are being
//! answered.

use crate::ledger::Ledger;
use parlor_model::{Conversation, ConversationId, Message};
use parlor_ports::store::SceneRequest;
use parlor_ports::tails::{Line, Remembered, Tails};
use std::collections::HashMap;
use std::sync::Mutex;

/// Conversations whose scene was loaded and that were not committed since. When there are more, all
/// are forgotten: commits read what they need.
const ON_STAGE_MAX: usize = 16_384;

/// What needs no reading.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    tails: Tails,
    /// Conversations as they were in the scene that is being answered: a commit that finds them so
    /// need not read them first.
    on_stage: Mutex<HashMap<ConversationId, Conversation>>,
}

impl Recent {
    /// See [`Tails::recall`].
    pub(crate) fn recall(&self, request: &SceneRequest) -> Option<Remembered> {
        self.tails.recall(request)
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
        self.tails.note(ledger.said.iter().map(|said| {
            let id = said.message.conversation_id;
            Line {
                conversation: ledger.conversation(&id),
                message: Message {
                    order: u32::try_from(said.order).unwrap_or(u32::MAX),
                    ..said.message.clone()
                },
                audience: said.audience.to_vec(),
                position: before.get(&id).copied().unwrap_or(0) + said.offset,
            }
        }));
    }
}
