//! What a character would be asked for a line, without asking: the event that leads to the line is
//! decided once more, and its prompt is given out instead of being spoken.

use parlor_engine::{Decision, Engine, Scene, Words};
use parlor_model::world::Pace;
use parlor_model::{
    Character, Conversation, ConversationId, ConversationStatus, Envelope, EventBody, EventId,
    Message, MessageKind, Opening, Prompt, envelope,
};
use parlor_ports::PortError;
use parlor_ports::store::{After, SceneRequest, Store};
use std::sync::Arc;

/// Messages that are looked through for a line: asides stand between lines.
const LOOKED_THROUGH: u32 = 500;

/// Which line of a conversation.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The conversation.
    pub conversation: ConversationId,
    /// The order of the line; left out: the next one, or the last of a conversation that is over.
    pub line: Option<u32>,
    /// Who would speak; left out: whoever's turn it is.
    pub speaker: Option<Arc<Character>>,
}

/// What was found.
#[derive(Debug, Clone)]
pub struct Rehearsal {
    /// What the speaker would speak from.
    pub prompt: Box<Prompt>,
    /// The order of the line; 0 for an aside.
    pub order: u32,
    /// The line has been said; this is what it was made from.
    pub is_past: bool,
}

/// Why there is no prompt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RehearsalError {
    /// The store has no such conversation.
    #[error("the store has no conversation {0}")]
    UnknownConversation(ConversationId),
    /// The conversation is of another world.
    #[error("conversation {0} belongs to the world '{1}': name its file with --world")]
    OtherWorld(ConversationId, String),
    /// There is no such line, or it can't come next.
    #[error("the conversation has {said} lines: ask for one from 1 to {next}")]
    NoSuchLine {
        /// Lines that were said.
        said: u32,
        /// The last that can be asked for.
        next: u32,
    },
    /// The cast has nobody of this name any more.
    #[error("'{0}' is not in the cast of this world file")]
    NotInCast(String),
    /// Nobody would ask for words.
    #[error("no words would be asked for: {0}")]
    NoPrompt(String),
    /// The store failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Finds the prompt of a line.
///
/// # Errors
/// [`RehearsalError`].
pub async fn rehearse(
    engine: &Engine,
    store: &dyn Store,
    wanted: Wanted,
) -> Result<Rehearsal, RehearsalError> {
    let id = wanted.conversation;
    let conversation = store.conversation(id).await?;
    let conversation = conversation.ok_or(RehearsalError::UnknownConversation(id))?;
    if conversation.world != engine.world().name {
        let world = conversation.world.to_string();
        return Err(RehearsalError::OtherWorld(id, world));
    }
    let said = conversation.lines();
    let next = said + u32::from(conversation.is_active());
    let order = wanted.line.unwrap_or(next);
    if order == 0 || order > next {
        return Err(RehearsalError::NoSuchLine { said, next });
    }
    let heard = line_before(store, id, order).await?;
    let event = event_of(engine, &conversation, heard.as_ref(), wanted.speaker)?;
    let scene = scene(engine, store, event, order).await?;
    Ok(Rehearsal {
        prompt: prompt(engine, &scene)?,
        order,
        is_past: order <= said,
    })
}

/// The line that the wanted one answers; `None` for the first.
async fn line_before(
    store: &dyn Store,
    conversation: ConversationId,
    order: u32,
) -> Result<Option<Message>, RehearsalError> {
    let Some(before) = order.checked_sub(1).filter(|before| *before > 0) else {
        return Ok(None);
    };
    let after = match before {
        1 => After::Start,
        _ => After::Order(before - 1),
    };
    let page = store.messages(conversation, after, LOOKED_THROUGH).await?;
    let is_it = |m: &Message| m.kind == MessageKind::Line && m.order == before;
    Ok(page.items.into_iter().find(is_it))
}

/// The event that leads to the line, as it was or will be sent.
fn event_of(
    engine: &Engine,
    conversation: &Conversation,
    heard: Option<&Message>,
    speaker: Option<Arc<Character>>,
) -> Result<Envelope, RehearsalError> {
    let named = |name: Option<&String>| {
        let name = name.map_or("", String::as_str);
        let unknown = || RehearsalError::NotInCast(name.to_owned());
        engine.world().named(name).cloned().ok_or_else(unknown)
    };
    let (recipient, id, body, time) = match (heard, speaker) {
        (None, speaker) => {
            let first = speaker.map_or_else(|| named(conversation.participants.first()), Ok)?;
            let id = EventId::derive(conversation.id.0, "opening");
            let body = EventBody::Opening(Opening { text: None });
            (first, id, body, conversation.created_at)
        }
        (Some(heard), Some(speaker)) if !heard.to.contains(&speaker.name) => {
            let id = EventId::derive(heard.id.0, "overheard");
            let body = EventBody::Overheard(heard.clone());
            (speaker, id, body, heard.created_at)
        }
        (Some(heard), speaker) => {
            let to = speaker.map_or_else(|| named(heard.to.first()), Ok)?;
            let id = EventId::derive(heard.id.0, to.slug.as_str());
            (to, id, EventBody::Said(heard.clone()), heard.created_at)
        }
    };
    Ok(Envelope {
        id,
        world: conversation.world.clone(),
        conversation: conversation.id,
        recipient: recipient.slug.clone(),
        time,
        traceparent: envelope::traceparent(conversation.id.0, id),
        body,
    })
}

/// What the store knows for the event, as it was before the line.
async fn scene(
    engine: &Engine,
    store: &dyn Store,
    event: Envelope,
    order: u32,
) -> Result<Scene, RehearsalError> {
    let world = engine.world();
    let unknown = || RehearsalError::NotInCast(event.recipient.to_string());
    let me = world
        .character(&event.recipient)
        .cloned()
        .ok_or_else(unknown)?;
    let message = match &event.body {
        EventBody::Said(message) | EventBody::Overheard(message) => Some(message.id),
        EventBody::Opening(_)
        | EventBody::Wrote(_)
        | EventBody::Answered(_)
        | EventBody::Arrival(_)
        | EventBody::Again(_) => None,
    };
    let request = SceneRequest {
        conversation: event.conversation,
        message,
        viewer: me.name.clone(),
        window: world.memory.window,
        recall: world.memory.recall,
    };
    let record = store.scenes(&[request]).await?.into_iter().next().flatten();
    let record = record.ok_or(RehearsalError::UnknownConversation(event.conversation))?;
    let is_first = message.is_none();
    let conversation = Conversation {
        exchanges: record.conversation.carried + order - 1,
        status: ConversationStatus::Active,
        ended_at: None,
        ..record.conversation
    };
    Ok(Scene {
        envelope: Arc::new(event),
        me,
        conversation,
        heard: record.message,
        memory: if is_first { Vec::new() } else { record.memory },
        recalled: record.recalled,
        pace: record.pace.map(Pace::duration),
    })
}

fn prompt(engine: &Engine, scene: &Scene) -> Result<Box<Prompt>, RehearsalError> {
    let no = |why: &str| Err(RehearsalError::NoPrompt(why.to_owned()));
    let plan = match engine.decide(scene) {
        Decision::Speak(plan) => plan,
        Decision::Nothing => return no("nobody would speak here"),
        Decision::Refuse(why) => return no(&why),
    };
    match plan.lines.into_iter().next().map(|line| line.words) {
        Some(Words::Prompt(prompt)) => Ok(prompt),
        Some(Words::Given(_)) => no("the words are given (a greeting, or the caller's own)"),
        None => no("nobody would speak here"),
    }
}
