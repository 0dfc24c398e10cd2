//! Changes as frames of an event stream (HTML standard, server-sent events).

use crate::shape;
use bytes::{Bytes, BytesMut};
use parlor_model::{ConversationId, Slug};
use parlor_ports::store::{Change, Cursor, Happening};
use std::collections::HashSet;

/// What a reader wants to hear of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Interest {
    /// Only this world.
    pub(crate) world: Option<Slug>,
    /// Only this conversation.
    pub(crate) conversation: Option<ConversationId>,
}

impl Interest {
    fn is_everything(&self) -> bool {
        self.world.is_none() && self.conversation.is_none()
    }

    fn holds(&self, frame: &Frame) -> bool {
        self.world
            .as_ref()
            .is_none_or(|world| *world == frame.world)
            && (self.conversation.is_none() || self.conversation == frame.conversation)
    }
}

/// A change, written down.
#[derive(Debug)]
struct Frame {
    cursor: Cursor,
    world: Slug,
    conversation: Option<ConversationId>,
    /// A part of [`Batch::bytes`].
    bytes: Bytes,
}

/// Changes that follow each other, written down.
#[derive(Debug)]
pub(crate) struct Batch {
    /// Where the log was read from: everything after it, up to `to`, is here.
    pub(crate) from: Cursor,
    /// The cursor of the last change.
    pub(crate) to: Cursor,
    frames: Vec<Frame>,
    bytes: Bytes,
}

impl Batch {
    /// A batch that only says where the log stands.
    pub(crate) fn empty(at: Cursor) -> Self {
        Self {
            from: at,
            to: at,
            frames: Vec::new(),
            bytes: Bytes::new(),
        }
    }

    /// Writes down the changes after `from` that belong to one of `worlds`.
    pub(crate) fn render(from: Cursor, changes: Vec<Change>, worlds: &HashSet<Slug>) -> Self {
        let to = changes.last().map_or(from, |change| change.cursor);
        let mut buffer = BytesMut::new();
        let mut ends = Vec::with_capacity(changes.len());
        for change in changes
            .into_iter()
            .filter(|change| worlds.contains(&change.world))
        {
            let (cursor, world) = (change.cursor, change.world.clone());
            let conversation = change.what.conversation();
            write(&mut buffer, change);
            ends.push((cursor, world, conversation, buffer.len()));
        }
        let bytes = buffer.freeze();
        let mut begin = 0;
        let frames = ends
            .into_iter()
            .map(|(cursor, world, conversation, end)| {
                let bytes = bytes.slice(begin..end);
                begin = end;
                Frame {
                    cursor,
                    world,
                    conversation,
                    bytes,
                }
            })
            .collect();
        Self {
            from,
            to,
            frames,
            bytes,
        }
    }

    /// The frames after `after` that are of `interest`, as they are sent.
    pub(crate) fn select(&self, interest: &Interest, after: Cursor) -> Bytes {
        if interest.is_everything() && after <= self.from {
            return self.bytes.clone();
        }
        let mut wanted = self
            .frames
            .iter()
            .filter(|frame| frame.cursor > after && interest.holds(frame));
        let Some(first) = wanted.next() else {
            return Bytes::new();
        };
        let mut buffer = BytesMut::from(&first.bytes[..]);
        for frame in wanted {
            buffer.extend_from_slice(&frame.bytes);
        }
        buffer.freeze()
    }
}

fn write(buffer: &mut BytesMut, change: Change) {
    let (event, data) = match change.what {
        Happening::Message(message) => ("message", to_json(&shape::Message::from(message))),
        Happening::Opened(conversation) => (
            "conversation.opened",
            to_json(&shape::Conversation::from(conversation)),
        ),
        Happening::Closed(conversation) => (
            "conversation.closed",
            to_json(&shape::Conversation::from(conversation)),
        ),
        Happening::Paced(pace) => (
            "world.changed",
            to_json(&shape::WorldChanged {
                world: change.world.to_string(),
                pace: pace.to_string(),
            }),
        ),
        Happening::Moved(made) => ("characters.moved", to_json(&shape::Move::from(*made))),
        Happening::Paused(paused) => {
            let event = if paused {
                "world.paused"
            } else {
                "world.resumed"
            };
            (
                event,
                to_json(&shape::WorldPaused {
                    world: change.world.to_string(),
                    paused,
                }),
            )
        }
    };
    // JSON holds no line break outside its strings, and none unescaped inside them.
    for part in [
        "id: ",
        &change.cursor.to_string(),
        "\nevent: ",
        event,
        "\ndata: ",
        &data,
        "\n\n",
    ] {
        buffer.extend_from_slice(part.as_bytes());
    }
}

fn to_json(shape: &impl serde::Serialize) -> String {
    serde_json::to_string(shape).expect("a shape has only string keys and nothing that fails")
}
