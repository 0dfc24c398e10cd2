//! What a process has said lately, for stores. A scene is mostly made of messages that the same
//! process has just written; they never change, so a store only has to ask how far the conversation
//! has come since.
//!
//! A tail may be used when the database's count of the conversation's messages is
//! [`Remembered::position`]: then nobody else has said anything in between, and it is complete.

use crate::store::SceneRequest;
use parking_lot::Mutex;
use parlor_model::{Conversation, ConversationId, Message};
use std::collections::{HashMap, VecDeque};

/// Conversations remembered; the one that began longest ago goes first. With eight short messages
/// each this is some 30 MB at most.
const CONVERSATIONS_MAX: usize = 8_192;
/// Messages remembered of each.
const MESSAGES_MAX: usize = 8;

/// The tails of conversations that this process takes part in.
#[derive(Debug, Default)]
pub struct Tails(Mutex<Kept>);

/// A message that was committed.
#[derive(Debug)]
pub struct Line<'a> {
    /// Its conversation, if it is known here; a conversation whose first message comes without it
    /// must have been told to [`Tails::begin`] before.
    pub conversation: Option<&'a Conversation>,
    /// The message.
    pub message: Message,
    /// Who may know of it (display names).
    pub audience: Vec<String>,
    /// Its position among the conversation's messages of every kind, from 1.
    pub position: i64,
}

/// A scene from memory, if the conversation still has `position` messages.
#[derive(Debug)]
pub struct Remembered {
    /// As it began; what changes of it has to be read.
    pub conversation: Conversation,
    /// Messages of every kind that it had.
    pub position: i64,
    /// The message asked about.
    pub message: Option<Message>,
    /// The memory window, oldest first.
    pub memory: Vec<Message>,
}

#[derive(Debug, Default)]
struct Kept {
    by_id: HashMap<ConversationId, Tail>,
    oldest_first: VecDeque<ConversationId>,
}

/// The newest messages of a conversation, without gap.
#[derive(Debug)]
struct Tail {
    conversation: Conversation,
    /// Position of the newest.
    position: i64,
    /// Newest last.
    messages: VecDeque<(Message, Vec<String>)>,
}

impl Tails {
    /// What a request asks for, where this process said the message that it is about as the newest
    /// of its conversation and remembers far enough back.
    #[must_use]
    pub fn recall(&self, request: &SceneRequest) -> Option<Remembered> {
        let kept = self.0.lock();
        let tail = kept.by_id.get(&request.conversation)?;
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

    /// Takes note of a conversation in which nothing has been said yet.
    pub fn begin(&self, conversation: &Conversation) {
        let mut kept = self.0.lock();
        if !kept.by_id.contains_key(&conversation.id) {
            kept.begin(conversation.clone());
        }
    }

    /// Takes note of what was committed, in the order of the commit.
    pub fn note<'a>(&self, lines: impl IntoIterator<Item = Line<'a>>) {
        let mut kept = self.0.lock();
        for line in lines {
            kept.add(line);
        }
    }

    /// Forgets a conversation.
    pub fn forget(&self, id: ConversationId) {
        // Its place in the order stays, and is passed over.
        self.0.lock().by_id.remove(&id);
    }
}

impl Kept {
    fn add(&mut self, line: Line<'_>) {
        let id = line.message.conversation_id;
        if line.position == 1
            && let Some(conversation) = line.conversation
        {
            self.begin(conversation.clone());
        }
        let Some(tail) = self.by_id.get_mut(&id) else {
            return;
        };
        if tail.position + 1 != line.position {
            // Somebody else has said something in between.
            self.by_id.remove(&id);
            return;
        }
        tail.position = line.position;
        tail.messages.push_back((line.message, line.audience));
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

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use parlor_model::{
        ConversationKind, ConversationStatus, MessageId, MessageKind, Slug, SpeakerRole,
    };
    use uuid::Uuid;

    fn conversation() -> Conversation {
        Conversation {
            id: ConversationId(Uuid::from_u128(1)),
            world: Slug::new("friends").unwrap(),
            kind: ConversationKind::Duet,
            parent_id: None,
            status: ConversationStatus::Active,
            participants: vec!["Ross".to_owned(), "Joey".to_owned()],
            topic: None,
            exchanges: 0,
            carried: 0,
            created_at: DateTime::UNIX_EPOCH,
            ended_at: None,
        }
    }

    fn message(n: u32) -> Message {
        let conversation = conversation();
        Message {
            id: MessageId(Uuid::from_u128(u128::from(n))),
            conversation_id: conversation.id,
            parent_id: None,
            conversation_kind: conversation.kind,
            kind: MessageKind::Line,
            order: n,
            from: "Ross".to_owned(),
            to: vec!["Joey".to_owned()],
            heard_from: Vec::new(),
            role: SpeakerRole::Ai,
            fallback: false,
            text: format!("line {n}"),
            sentiment: 0.0,
            created_at: DateTime::UNIX_EPOCH,
        }
    }

    fn line(n: u32, audience: &str) -> Line<'static> {
        Line {
            conversation: None,
            message: message(n),
            audience: audience.split(' ').map(str::to_owned).collect(),
            position: i64::from(n),
        }
    }

    fn request(about: u32, window: u32) -> SceneRequest {
        SceneRequest {
            conversation: conversation().id,
            message: Some(message(about).id),
            viewer: "Joey".to_owned(),
            window,
            recall: 0,
        }
    }

    fn texts(remembered: Option<Remembered>) -> Option<Vec<String>> {
        let memory = remembered?.memory;
        Some(memory.into_iter().map(|message| message.text).collect())
    }

    #[test]
    fn what_was_said_here_is_remembered_by_who_heard_it() {
        let tails = Tails::default();
        tails.begin(&conversation());
        tails.note([
            line(1, "Ross Joey"),
            line(2, "Ross Chandler"),
            line(3, "Joey"),
        ]);
        let remembered = tails.recall(&request(3, 5));
        assert_eq!(remembered.as_ref().map(|r| r.position), Some(3));
        assert_eq!(texts(remembered).unwrap(), ["line 1", "line 3"]);
        assert_eq!(texts(tails.recall(&request(3, 1))).unwrap(), ["line 3"]);
        // The event is about something that is not the newest.
        assert!(tails.recall(&request(1, 5)).is_none());
    }

    #[test]
    fn a_tail_with_a_gap_or_too_short_is_not_used() {
        let tails = Tails::default();
        tails.note([line(1, "Joey")]);
        assert!(
            tails.recall(&request(1, 5)).is_none(),
            "nobody knows the conversation"
        );
        tails.begin(&conversation());
        tails.note([line(1, "Joey"), line(3, "Joey")]);
        assert!(tails.recall(&request(3, 5)).is_none(), "line 2 is missing");

        tails.begin(&conversation());
        tails.note((1..=10).map(|n| line(n, "Joey")));
        let newest = ["line 8", "line 9", "line 10"];
        assert_eq!(texts(tails.recall(&request(10, 3))).unwrap(), newest);
        assert!(tails.recall(&request(10, 9)).is_none(), "eight are kept");
        tails.forget(conversation().id);
        assert!(tails.recall(&request(10, 3)).is_none());
    }
}
