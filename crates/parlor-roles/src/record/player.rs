//! Replays a recording: the steps happen again, in the order of their commits, with the words from
//! the file.

use super::digest::digest;
use super::file::{Entry, Recording, Said, What};
use super::listen::message_of;
use crate::play::{PlayError, Queue, go_on, show_changes};
use crate::stage::{Stage, Step, Voices};
use async_trait::async_trait;
use parking_lot::Mutex;
use parlor_model::{
    Conversation, ConversationId, ManualClock, Message, MessageId, MessageKind, OutboxRow, Prompt,
};
use parlor_ports::dialect::{Dialect, Utterance};
use parlor_ports::store::{Change, Cursor, Happening};
use parlor_ports::{PortError, PortResult};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Why a recording can't be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The play itself failed.
    #[error(transparent)]
    Play(#[from] PlayError),
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
    /// Somebody is not in the cast.
    #[error("conversation {0} was opened by somebody who is not in the cast")]
    Stranger(ConversationId),
    /// Nothing leads to a message.
    #[error("message {0} of the recording follows from nothing before it")]
    Unexplained(MessageId),
    /// What came out is not what was recorded.
    #[error(
        "message {id} comes out differently: {field} is {now}, recorded was {then} (--lenient goes on \
         with the recorded words)"
    )]
    Different {
        /// Which.
        id: MessageId,
        /// What differs.
        field: &'static str,
        /// As it is now.
        now: String,
        /// As it was recorded.
        then: String,
    },
    /// There is no such message.
    #[error("the recording has no message '{0}': give an id, or CONVERSATION:ORDER")]
    UnknownMessage(String),
}

/// The recorded words, by message.
struct Script {
    lines: HashMap<MessageId, Said>,
    /// The first line of each conversation.
    firsts: HashMap<ConversationId, MessageId>,
    /// Prompts that were not as recorded.
    strays: Mutex<Vec<(MessageId, String)>>,
}

/// Speaks from the recording.
struct Reader(Arc<Script>);

#[async_trait]
impl Dialect for Reader {
    async fn speak(&self, prompt: &Prompt) -> PortResult<Utterance> {
        let id = message_of(prompt);
        let Some(said) = self.0.lines.get(&id) else {
            return Err(PortError::retryable(
                "replay",
                format!("the recording has no words for message {id}"),
            ));
        };
        if let Some(then) = &said.prompt {
            let now = digest(prompt);
            if now != *then {
                self.0.strays.lock().push((id, now));
            }
        }
        Ok(Utterance {
            text: said.message.text.clone(),
            fallback: said.message.fallback,
        })
    }
}

/// Voices that all read from `script`.
fn voices(script: &Arc<Script>, names: impl IntoIterator<Item = String>) -> Voices {
    names
        .into_iter()
        .map(|name| {
            let reader: Arc<dyn Dialect> = Arc::new(Reader(script.clone()));
            (name, reader)
        })
        .collect()
}

/// How a recording is replayed.
#[derive(Debug, Clone, Default)]
pub struct Playback {
    /// The last message; everything when `None`.
    pub until: Option<MessageId>,
    /// Goes on where the world or the program has changed.
    pub lenient: bool,
}

/// A replay.
pub struct Player<'a> {
    recording: &'a Recording,
    script: Arc<Script>,
    queue: Queue,
    cursor: Cursor,
    done: HashSet<MessageId>,
}

impl<'a> Player<'a> {
    /// A player of `recording`.
    #[must_use]
    pub fn new(recording: &'a Recording) -> Self {
        let said = recording
            .entries
            .iter()
            .filter_map(|entry| match &entry.what {
                What::Said(said) => Some(said),
                _ => None,
            });
        let lines = said.clone().map(|s| (s.message.id, Said::clone(s)));
        let firsts = said
            .map(|s| &s.message)
            .filter(|m| m.kind == MessageKind::Line && m.order == 1);
        Self {
            recording,
            script: Arc::new(Script {
                lines: lines.collect(),
                firsts: firsts.map(|m| (m.conversation_id, m.id)).collect(),
                strays: Mutex::default(),
            }),
            queue: Queue::default(),
            cursor: Cursor::START,
            done: HashSet::new(),
        }
    }

    /// Voices that read from the recording, under these names.
    #[must_use]
    pub fn voices(&self, names: impl IntoIterator<Item = String>) -> Voices {
        voices(&self.script, names)
    }

    /// The message that a caller means: its id, or `CONVERSATION:ORDER` for a line.
    ///
    /// # Errors
    /// [`ReplayError::UnknownMessage`].
    pub fn find(&self, text: &str) -> Result<MessageId, ReplayError> {
        let said = self.script.lines.values().map(|said| &said.message);
        let mut found = said.filter(|message| is_meant(message, text));
        found
            .next()
            .map(|message| message.id)
            .ok_or_else(|| ReplayError::UnknownMessage(text.chars().take(100).collect()))
    }

    /// Replays on `stage`, whose voices are this player's, whose clock is `clock` and whose store is
    /// empty. `show` is given every change. Ends before a last step that was not
    /// recorded to its end, because its process was killed.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub async fn replay(
        &mut self,
        stage: &Stage,
        clock: &ManualClock,
        playback: &Playback,
        mut show: impl FnMut(&Change),
    ) -> Result<(), ReplayError> {
        for (n, entry) in self.recording.entries.iter().enumerate() {
            match &entry.what {
                What::Opened(conversation) => self.open(stage, clock, conversation).await?,
                What::Closed(conversation) => close(stage, conversation).await?,
                What::Said(said) => {
                    if !self.done.contains(&said.message.id)
                        && !self.say(stage, clock, &said.message).await?
                    {
                        if self.nothing_comes_after(n) {
                            return Ok(());
                        }
                        return Err(ReplayError::Unexplained(said.message.id));
                    }
                }
            }
            self.show(stage, playback, &mut show).await?;
            if playback.until.is_some() && said_id(entry) == playback.until {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Goes on after [`Player::replay`], on a stage with voices that find words of their own.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub async fn go_on(
        &mut self,
        stage: &Stage,
        clock: &ManualClock,
        show: impl FnMut(&Change),
    ) -> Result<(), ReplayError> {
        Ok(go_on(stage, clock, &mut self.queue, self.cursor, show).await?)
    }

    /// Opens a conversation again that somebody asked for; one that a step opens is there already.
    async fn open(
        &mut self,
        stage: &Stage,
        clock: &ManualClock,
        conversation: &Conversation,
    ) -> Result<(), ReplayError> {
        let stranger = || ReplayError::Stranger(conversation.id);
        if conversation.parent_id.is_some() {
            return Ok(());
        }
        clock.set(conversation.created_at);
        let production = stage.production(&conversation.world).ok_or_else(stranger)?;
        let given = self.given(conversation);
        let effects = production
            .engine
            .reopen(conversation.clone(), given)
            .ok_or_else(stranger)?;
        let sends = effects.sends.clone();
        stage.store().commit(vec![effects]).await?;
        self.queue.extend(sends);
        Ok(())
    }

    /// The first line of a conversation, where somebody gave it: then no dialect was asked.
    fn given(&self, conversation: &Conversation) -> Option<String> {
        let id = self.script.firsts.get(&conversation.id)?;
        let first = self.script.lines.get(id)?;
        first.prompt.is_none().then(|| first.message.text.clone())
    }

    /// Performs the event that leads to a message; false when its words are not all recorded.
    async fn say(
        &mut self,
        stage: &Stage,
        clock: &ManualClock,
        message: &Message,
    ) -> Result<bool, ReplayError> {
        let row = self.queue.take(|row| leads_to(row, message.id));
        let row = row.ok_or(ReplayError::Unexplained(message.id))?;
        clock.set(message.created_at);
        let waiting = row.clone();
        for step in stage.perform(&[row.envelope]).await {
            match step {
                Step::Done(rows) => self.queue.extend(rows),
                Step::Waits(_) => {
                    self.queue.extend(vec![waiting.clone()]);
                    return Ok(false);
                }
                Step::Nothing | Step::Parked => {
                    return Err(ReplayError::Unexplained(message.id));
                }
                Step::Refused(reason) => return Err(PlayError::Refused(reason).into()),
            }
        }
        Ok(true)
    }

    /// True when no message after the `n`-th entry is recorded: a process was killed in between.
    fn nothing_comes_after(&self, n: usize) -> bool {
        let later = self.recording.entries.iter().skip(n + 1);
        !later.into_iter().any(|entry| said_id(entry).is_some())
    }

    async fn show(
        &mut self,
        stage: &Stage,
        playback: &Playback,
        show: &mut impl FnMut(&Change),
    ) -> Result<(), ReplayError> {
        let mut changes = Vec::new();
        self.cursor = show_changes(stage, self.cursor, &mut |change: &Change| {
            changes.push(change.clone());
        })
        .await?;
        for change in &changes {
            if let Happening::Message(message) = &change.what {
                self.done.insert(message.id);
                if !playback.lenient {
                    self.compare(message)?;
                }
            }
            show(change);
        }
        Ok(())
    }

    fn compare(&self, now: &Message) -> Result<(), ReplayError> {
        let Some(said) = self.script.lines.get(&now.id) else {
            return Err(ReplayError::Unexplained(now.id));
        };
        let differs = |field, now: String, then: String| {
            Err(ReplayError::Different {
                id: said.message.id,
                field,
                now,
                then,
            })
        };
        let mut strays = self.script.strays.lock();
        if let Some((_, digest)) = strays.drain(..).find(|(id, _)| *id == now.id) {
            let then = said.prompt.clone().unwrap_or_default();
            return differs("the digest of its prompt", digest, then);
        }
        let (json, recorded) = (as_json(now), as_json(&said.message));
        let fields = [
            "from",
            "to",
            "text",
            "order",
            "kind",
            "sentiment",
            "heardFrom",
            "fallback",
            "createdAt",
            "conversationId",
            "parentId",
            "conversationKind",
            "role",
        ];
        for field in fields {
            if json.get(field) != recorded.get(field) {
                let text = |value: &serde_json::Value| {
                    value
                        .get(field)
                        .map(ToString::to_string)
                        .unwrap_or_default()
                };
                return differs(field, text(&json), text(&recorded));
            }
        }
        Ok(())
    }
}

fn as_json(message: &Message) -> serde_json::Value {
    serde_json::to_value(message).unwrap_or_default()
}

/// Closes a conversation that somebody closed; one that a step closed is closed already.
async fn close(stage: &Stage, conversation: &Conversation) -> Result<(), ReplayError> {
    let at = conversation.ended_at.unwrap_or(conversation.created_at);
    stage
        .store()
        .close_conversation(conversation.id, at)
        .await?;
    Ok(())
}

fn said_id(entry: &Entry) -> Option<MessageId> {
    match &entry.what {
        What::Said(said) => Some(said.message.id),
        _ => None,
    }
}

/// Whether an event leads to a message, by the message's id.
fn leads_to(row: &OutboxRow, message: MessageId) -> bool {
    let event = row.envelope.event().id.0;
    ["reply", "open", "aside", "gossip"]
        .iter()
        .any(|part| MessageId::derive(event, part) == message)
}

fn is_meant(message: &Message, text: &str) -> bool {
    if message.id.to_string() == text {
        return true;
    }
    text.rsplit_once(':').is_some_and(|(conversation, order)| {
        message.conversation_id.to_string() == conversation
            && message.kind == MessageKind::Line
            && message.order.to_string() == order
    })
}
