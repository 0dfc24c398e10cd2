//! An event that was put back: it waits in the outbox and comes again, in an envelope of its own.

use crate::envelope::{Envelope, EventBody};
use crate::id::EventId;
use crate::travel::Move;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// `type` of an [`EventBody::Again`].
pub const TYPE_AGAIN: &str = "parlor.event.again";

/// The data of [`EventBody::Again`]: what is sent again. The envelope around it has an id of its own,
/// so that whoever sent the event before, and comes late to clear its row, clears nothing else; the
/// event in it keeps its id, so that it decides, rolls and names everything as it did the first time.
#[derive(Debug, Clone, PartialEq)]
pub struct Again {
    /// The event's own id.
    pub first: EventId,
    /// How often its words could not be found so far. Being put back for another reason (a paused
    /// world) does not count.
    pub tries: u32,
    /// What it tells. Never again an [`EventBody::Again`].
    pub body: EventBody,
}

/// [`Again`] as JSON.
#[derive(Serialize, Deserialize)]
struct Wire {
    first: EventId,
    #[serde(default)]
    tries: u32,
    #[serde(rename = "type")]
    kind: String,
    data: serde_json::Value,
}

impl Again {
    /// As JSON: `{"first": .., "tries": .., "type": .., "data": ..}`.
    ///
    /// # Errors
    /// Never for a value that came from a decoded envelope.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        let data = match &self.body {
            EventBody::Opening(opening) => serde_json::to_value(opening)?,
            EventBody::Said(message) | EventBody::Overheard(message) => {
                serde_json::to_value(message)?
            }
            EventBody::Wrote(event) | EventBody::Answered(event) => serde_json::to_value(event)?,
            EventBody::Arrival(made) => serde_json::to_value(made)?,
            EventBody::Again(_) => serde_json::Value::Null,
        };
        serde_json::to_vec(&Wire {
            first: self.first,
            tries: self.tries,
            kind: self.body.kind().to_owned(),
            data,
        })
    }

    /// From JSON.
    ///
    /// # Errors
    /// What the parser says; also for an event that would come again within one that comes again.
    pub fn from_json(data: &[u8]) -> Result<Self, serde_json::Error> {
        use serde::de::Error;
        let wire: Wire = serde_json::from_slice(data)?;
        if wire.kind == TYPE_AGAIN {
            return Err(Error::custom("an event that comes again holds another one"));
        }
        let data = serde_json::to_vec(&wire.data)?;
        let body = EventBody::decode(&wire.kind, &data)
            .ok_or_else(|| Error::custom("the type within is none of this version"))??;
        Ok(Self {
            first: wire.first,
            tries: wire.tries,
            body,
        })
    }
}

impl Envelope {
    /// The event as it was the first time; itself, where it is the first time.
    #[must_use]
    pub fn event(self: &Arc<Self>) -> Arc<Self> {
        match &self.body {
            EventBody::Again(again) => Arc::new(Self {
                id: again.first,
                body: again.body.clone(),
                ..Self::clone(self)
            }),
            _ => self.clone(),
        }
    }

    /// The move of an arrival, also of one that comes again; `None` for anything else.
    #[must_use]
    pub fn arriving(&self) -> Option<&Move> {
        match &self.body {
            EventBody::Arrival(made) => Some(made),
            EventBody::Again(again) => match &again.body {
                EventBody::Arrival(made) => Some(made),
                _ => None,
            },
            _ => None,
        }
    }

    /// How often words for this event could not be found so far.
    #[must_use]
    pub fn tries(&self) -> u32 {
        match &self.body {
            EventBody::Again(again) => again.tries,
            _ => 0,
        }
    }

    /// The envelope in which this event comes again, with `tries` so far. Its id is derived from this
    /// one's: putting the same delivery back twice gives the same envelope.
    #[must_use]
    pub fn again(&self, tries: u32) -> Self {
        let (first, body) = match &self.body {
            EventBody::Again(again) => (again.first, again.body.clone()),
            body => (self.id, body.clone()),
        };
        Self {
            id: EventId::derive(self.id.0, "again"),
            world: self.world.clone(),
            conversation: self.conversation,
            recipient: self.recipient.clone(),
            time: self.time,
            traceparent: self.traceparent.clone(),
            body: EventBody::Again(Box::new(Again { first, tries, body })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::{Opening, traceparent};
    use crate::{ConversationId, Slug};
    use chrono::DateTime;
    use uuid::Uuid;

    fn event() -> Arc<Envelope> {
        let (conversation, id) = (Uuid::from_u128(1), EventId(Uuid::from_u128(2)));
        Arc::new(Envelope {
            id,
            world: Slug::new("friends").unwrap(),
            conversation: ConversationId(conversation),
            recipient: Slug::new("ross").unwrap(),
            time: DateTime::UNIX_EPOCH,
            traceparent: traceparent(conversation, id),
            body: EventBody::Opening(Opening {
                text: Some("Hi".into()),
            }),
        })
    }

    #[test]
    fn an_event_that_comes_again_is_the_same_event() {
        let first = event();
        let third = Arc::new(Arc::new(first.again(1)).again(2));

        assert_ne!(third.id, first.id);
        assert_eq!((first.tries(), third.tries()), (0, 2));
        assert_eq!(third.event(), first);
    }

    #[test]
    fn putting_the_same_delivery_back_twice_gives_the_same_envelope() {
        assert_eq!(event().again(1), event().again(1));
    }

    #[test]
    fn an_event_that_comes_again_survives_the_wire() {
        let again = event().again(7);
        let EventBody::Again(body) = &again.body else {
            panic!("it comes again")
        };

        assert_eq!(Again::from_json(&again.data()).unwrap(), **body);
    }

    #[test]
    fn nothing_comes_again_within_what_comes_again() {
        let inner = String::from_utf8(event().again(1).data()).unwrap();
        let nested = format!(
            r#"{{"first":"{}","tries":1,"type":"{TYPE_AGAIN}","data":{inner}}}"#,
            event().id
        );

        assert!(Again::from_json(nested.as_bytes()).is_err());
        assert!(Again::from_json(br#"{"first":"x"}"#).is_err());
    }
}
