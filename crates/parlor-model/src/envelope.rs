//! What is on the bus: CloudEvents 1.0 events in binary mode (attributes as headers, JSON data as
//! body). Adapters put their transport's prefix before the attribute names.

use crate::again::{Again, TYPE_AGAIN};
use crate::conversation::Message;
use crate::id::{ConversationId, EventId};
use crate::name::Slug;
use crate::session::SessionEvent;
use crate::travel::Move;
use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// `specversion` of every envelope.
pub const SPEC_VERSION: &str = "1.0";
/// Media type of every envelope's data.
pub const CONTENT_TYPE: &str = "application/json";
/// Largest data, in bytes, that a worker looks at. More than any message (the text limit is far
/// lower); what is larger is not ours.
pub const DATA_BYTES_MAX: usize = 1 << 20;

/// `type` of an [`EventBody::Opening`].
pub const TYPE_OPENING: &str = "parlor.conversation.opening";
/// `type` of an [`EventBody::Said`].
pub const TYPE_SAID: &str = "parlor.message.said";
/// `type` of an [`EventBody::Overheard`].
pub const TYPE_OVERHEARD: &str = "parlor.message.overheard";
/// `type` of an [`EventBody::Arrival`].
pub const TYPE_ARRIVAL: &str = "parlor.characters.arrival";

/// `type` of an [`EventBody::Wrote`].
pub const TYPE_WROTE: &str = "parlor.session.wrote";
/// `type` of an [`EventBody::Answered`].
pub const TYPE_ANSWERED: &str = "parlor.session.answered";

/// What an envelope tells its recipient.
#[derive(Debug, Clone, PartialEq)]
pub enum EventBody {
    /// You open this conversation.
    Opening(Opening),
    /// This was said to you.
    Said(Message),
    /// You overheard this; comment on it if you like.
    Overheard(Message),
    /// A person wrote this to you, in a session.
    Wrote(Box<SessionEvent>),
    /// The recipient answered this, in a session.
    Answered(Box<SessionEvent>),
    /// These characters arrive at your place; `recipient` is the slug of the place.
    Arrival(Box<Move>),
    /// One of these, put back before and sent again ([`Envelope::event`] gives it).
    Again(Box<Again>),
}

impl EventBody {
    /// `type`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Opening(_) => TYPE_OPENING,
            Self::Said(_) => TYPE_SAID,
            Self::Overheard(_) => TYPE_OVERHEARD,
            Self::Wrote(_) => TYPE_WROTE,
            Self::Answered(_) => TYPE_ANSWERED,
            Self::Arrival(_) => TYPE_ARRIVAL,
            Self::Again(_) => TYPE_AGAIN,
        }
    }

    /// What is said in a session, where it is that.
    #[must_use]
    pub fn in_session(&self) -> Option<&SessionEvent> {
        match self {
            Self::Wrote(event) | Self::Answered(event) => Some(event),
            Self::Again(again) => again.body.in_session(),
            Self::Opening(_) | Self::Said(_) | Self::Overheard(_) | Self::Arrival(_) => None,
        }
    }

    /// From its `type` and data; `None` for a type that this version lacks.
    #[must_use]
    pub fn decode(kind: &str, data: &[u8]) -> Option<Result<Self, serde_json::Error>> {
        Some(match kind {
            TYPE_OPENING => serde_json::from_slice(data).map(Self::Opening),
            TYPE_SAID => serde_json::from_slice(data).map(Self::Said),
            TYPE_OVERHEARD => serde_json::from_slice(data).map(Self::Overheard),
            TYPE_WROTE => serde_json::from_slice(data).map(Self::Wrote),
            TYPE_ANSWERED => serde_json::from_slice(data).map(Self::Answered),
            TYPE_ARRIVAL => serde_json::from_slice(data).map(|m| Self::Arrival(Box::new(m))),
            TYPE_AGAIN => Again::from_json(data).map(|again| Self::Again(Box::new(again))),
            _ => return None,
        })
    }
}

/// The data of [`EventBody::Opening`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Opening {
    /// The first line, where the caller gave one; else the dialect finds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// An event on its way to one recipient.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope {
    /// `id`; also the key of its outbox row.
    pub id: EventId,
    /// `source` is `/worlds/{world}`.
    pub world: Slug,
    /// `subject`: the conversation; of an arrival, the group that travels.
    pub conversation: ConversationId,
    /// Extension attribute `recipient`: the slug of the character, or place, that it is for.
    pub recipient: Slug,
    /// `time`.
    pub time: DateTime<Utc>,
    /// W3C trace context. The trace id is the id of the conversation that began it all, so that a
    /// conversation with its gossip is one trace.
    pub traceparent: String,
    /// `type` and data.
    pub body: EventBody,
}

/// Why something on the bus is not an envelope of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// A required attribute is not there.
    #[error("not a Parlor envelope: the CloudEvents attribute '{0}' is missing")]
    Missing(&'static str),
    /// An attribute has a value that it can't have.
    #[error("not a Parlor envelope: attribute '{name}' is '{value}', expected {expected}")]
    Invalid {
        /// Which attribute.
        name: &'static str,
        /// Its value, shortened.
        value: String,
        /// What it should be.
        expected: &'static str,
    },
    /// The data is not the JSON that the type asks for.
    #[error("not a Parlor envelope: the data of type '{kind}' can't be read: {reason}")]
    Data {
        /// The type.
        kind: String,
        /// What the parser says.
        reason: String,
    },
    /// The data is too large to look at.
    #[error("not a Parlor envelope: {0} bytes of data, at most {DATA_BYTES_MAX} are read")]
    TooLarge(usize),
}

impl Envelope {
    /// `type`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.body.kind()
    }

    /// Tells `recipient` that this was said to it, in the trace `trace_id`.
    #[must_use]
    pub fn said(world: &Slug, message: &Message, recipient: &Slug, trace_id: Uuid) -> Self {
        let id = EventId::derive(message.id.0, recipient.as_str());
        let body = EventBody::Said(message.clone());
        Self::of_message(id, world, message, recipient, trace_id, body)
    }

    /// Tells `recipient` that it overheard this, in the trace `trace_id`.
    #[must_use]
    pub fn overheard(world: &Slug, message: &Message, recipient: &Slug, trace_id: Uuid) -> Self {
        let id = EventId::derive(message.id.0, "overheard");
        let body = EventBody::Overheard(message.clone());
        Self::of_message(id, world, message, recipient, trace_id, body)
    }

    /// Brings those of a move to its place, in the trace of its group.
    #[must_use]
    pub fn arrival(made: &Move) -> Self {
        Self {
            id: made.id,
            world: made.world.clone(),
            conversation: made.group,
            recipient: made.to.slug.clone(),
            time: made.sent_at,
            traceparent: traceparent(made.group.0, made.id),
            body: EventBody::Arrival(Box::new(made.clone())),
        }
    }

    fn of_message(
        id: EventId,
        world: &Slug,
        message: &Message,
        recipient: &Slug,
        trace_id: Uuid,
        body: EventBody,
    ) -> Self {
        Self {
            id,
            world: world.clone(),
            conversation: message.conversation_id,
            recipient: recipient.clone(),
            time: message.created_at,
            traceparent: traceparent(trace_id, id),
            body,
        }
    }

    /// The CloudEvents attributes, unprefixed, without `datacontenttype` and `traceparent`, for
    /// which transports have a place of their own.
    #[must_use]
    pub fn attributes(&self) -> Vec<(&'static str, String)> {
        let mut attributes = vec![
            ("specversion", SPEC_VERSION.to_owned()),
            ("id", self.id.to_string()),
            ("source", format!("/worlds/{}", self.world)),
            ("type", self.kind().to_owned()),
            ("subject", self.conversation.to_string()),
            (
                "time",
                self.time.to_rfc3339_opts(SecondsFormat::Micros, true),
            ),
            ("recipient", self.recipient.to_string()),
        ];
        if let EventBody::Wrote(event) | EventBody::Answered(event) = &self.body {
            attributes.push(("order", event.order.to_string()));
        }
        attributes
    }

    /// The data, as JSON.
    #[must_use]
    pub fn data(&self) -> Vec<u8> {
        match &self.body {
            EventBody::Wrote(event) | EventBody::Answered(event) => {
                let mut beside = event.clone();
                beside.order = 0;
                serde_json::to_vec(&beside).expect("strings and numbers always serialise")
            }
            _ => self.record(),
        }
    }

    /// The data, as JSON, with what the bus carries beside it: together with
    /// [`EventBody::kind`] it makes the body again.
    #[must_use]
    pub fn record(&self) -> Vec<u8> {
        let json = match &self.body {
            EventBody::Opening(opening) => serde_json::to_vec(opening),
            EventBody::Said(message) | EventBody::Overheard(message) => serde_json::to_vec(message),
            EventBody::Wrote(event) | EventBody::Answered(event) => serde_json::to_vec(event),
            EventBody::Arrival(made) => serde_json::to_vec(made),
            EventBody::Again(again) => again.to_json(),
        };
        json.expect("strings, numbers and lists of strings always serialise")
    }

    /// Reads an envelope. `attribute` looks one up by its unprefixed name (`traceparent` too).
    ///
    /// # Errors
    /// [`EnvelopeError`] says which part is not ours.
    pub fn decode<'a>(
        attribute: impl Fn(&'static str) -> Option<&'a str>,
        data: &[u8],
    ) -> Result<Self, EnvelopeError> {
        if data.len() > DATA_BYTES_MAX {
            return Err(EnvelopeError::TooLarge(data.len()));
        }
        let need = |name| attribute(name).ok_or(EnvelopeError::Missing(name));
        let version = need("specversion")?;
        if version != SPEC_VERSION {
            return Err(invalid("specversion", version, "1.0"));
        }
        let id = need("id")?;
        let id = id.parse().map_err(|_| invalid("id", id, "a UUID"))?;
        let kind = need("type")?;
        let source = need("source")?;
        let world = source
            .strip_prefix("/worlds/")
            .and_then(|name| Slug::new(name).ok())
            .ok_or_else(|| invalid("source", source, "/worlds/ and a world's slug"))?;
        let subject = need("subject")?;
        let conversation: ConversationId = subject
            .parse()
            .map_err(|_| invalid("subject", subject, "a conversation's UUID"))?;
        let recipient = need("recipient")?;
        let recipient = Slug::new(recipient)
            .map_err(|_| invalid("recipient", recipient, "a character's slug"))?;
        let time = need("time")?;
        let time = DateTime::parse_from_rfc3339(time)
            .map_err(|_| invalid("time", time, "an RFC 3339 time"))?
            .with_timezone(&Utc);
        let mut body = EventBody::decode(kind, data)
            .ok_or_else(|| invalid("type", kind, "one of the parlor.* types of this version"))?
            .map_err(|error| EnvelopeError::Data {
                kind: kind.to_owned(),
                reason: error.to_string(),
            })?;
        if let (EventBody::Wrote(event) | EventBody::Answered(event), Some(order)) =
            (&mut body, attribute("order"))
        {
            event.order = order
                .parse()
                .map_err(|_| invalid("order", order, "a number"))?;
        }
        let traceparent = attribute("traceparent")
            .filter(|text| trace_id_of(text).is_some())
            .map_or_else(|| traceparent(conversation.0, id), str::to_owned);
        Ok(Self {
            id,
            world,
            conversation,
            recipient,
            time,
            traceparent,
            body,
        })
    }

    /// The id of the trace that this envelope belongs to.
    #[must_use]
    pub fn trace_id(&self) -> Uuid {
        trace_id_of(&self.traceparent).unwrap_or(self.conversation.0)
    }
}

/// A W3C `traceparent` (version 00, sampled) for `event` in the trace `trace_id`: the span id is the
/// first half of the event's id.
#[must_use]
pub fn traceparent(trace_id: Uuid, event: EventId) -> String {
    let (span, _) = event.0.as_u64_pair();
    format!("00-{}-{span:016x}-01", trace_id.simple())
}

fn trace_id_of(traceparent: &str) -> Option<Uuid> {
    let mut parts = traceparent.split('-');
    let (version, trace, span, flags) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    if version.len() != 2 || trace.len() != 32 || span.len() != 16 || flags.len() != 2 {
        return None;
    }
    Uuid::try_parse(trace).ok().filter(|id| !id.is_nil())
}

fn invalid(name: &'static str, value: &str, expected: &'static str) -> EnvelopeError {
    EnvelopeError::Invalid {
        name,
        value: value.chars().take(80).collect(),
        expected,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope() -> Envelope {
        let conversation = ConversationId(Uuid::from_u128(1));
        let id = EventId(Uuid::from_u128(2));
        Envelope {
            id,
            world: Slug::new("friends").unwrap(),
            conversation,
            recipient: Slug::new("ross").unwrap(),
            time: DateTime::from_timestamp_micros(1_700_000_000_000_001).unwrap(),
            traceparent: traceparent(conversation.0, id),
            body: EventBody::Opening(Opening {
                text: Some("Hi".into()),
            }),
        }
    }

    fn decode(
        envelope: &Envelope,
        change: impl Fn(&str) -> Option<&'static str>,
    ) -> Result<Envelope, EnvelopeError> {
        let attributes = envelope.attributes();
        Envelope::decode(
            |name| {
                change(name).or_else(|| {
                    if name == "traceparent" {
                        return Some(envelope.traceparent.as_str());
                    }
                    attributes
                        .iter()
                        .find(|(n, _)| *n == name)
                        .map(|(_, v)| v.as_str())
                })
            },
            &envelope.data(),
        )
    }

    #[test]
    fn an_envelope_survives_the_wire() {
        let envelope = envelope();
        assert_eq!(decode(&envelope, |_| None), Ok(envelope));
    }

    #[test]
    fn the_order_of_a_line_goes_beside_it() {
        let event = SessionEvent {
            username: "ann".into(),
            character_id: Uuid::from_u128(3),
            session_id: ConversationId(Uuid::from_u128(1)),
            content: "Hi".into(),
            message_id: crate::id::MessageId(Uuid::from_u128(4)),
            order: 7,
            fallback: false,
        };
        let envelope = Envelope {
            body: EventBody::Wrote(Box::new(event)),
            ..envelope()
        };
        let data: serde_json::Value = serde_json::from_slice(&envelope.data()).unwrap();
        let keys: Vec<_> = data.as_object().unwrap().keys().cloned().collect();
        assert_eq!(
            keys,
            [
                "username",
                "character_id",
                "session_id",
                "content",
                "message_id"
            ]
        );
        assert_eq!(decode(&envelope, |_| None), Ok(envelope.clone()));
        let kept = EventBody::decode(envelope.kind(), &envelope.record()).unwrap();
        assert_eq!(kept.unwrap(), envelope.body);
        let bad = decode(&envelope, |name| (name == "order").then_some("many"));
        assert!(bad.unwrap_err().to_string().contains("'order' is 'many'"));
    }

    #[test]
    fn what_is_not_ours_is_named() {
        let bad = decode(&envelope(), |name| (name == "subject").then_some("42")).unwrap_err();
        assert_eq!(
            bad.to_string(),
            "not a Parlor envelope: attribute 'subject' is '42', expected a conversation's UUID"
        );
        let nothing = Envelope::decode(|_| None, b"hello").unwrap_err();
        assert_eq!(nothing, EnvelopeError::Missing("specversion"));
    }

    #[test]
    fn a_broken_traceparent_is_replaced_not_trusted() {
        let read = decode(&envelope(), |name| {
            (name == "traceparent").then_some("junk")
        })
        .unwrap();
        assert_eq!(read.trace_id(), Uuid::from_u128(1));
    }
}
