//! Envelopes as Kafka records: the CloudEvents Kafka binding in binary mode, JSON as value.

use bytes::Bytes;
use parlor_model::Envelope;
use parlor_model::envelope::CONTENT_TYPE;
use parlor_ports::bus::Foreign;
use rdkafka::message::{Header, Headers, Message, OwnedHeaders};
use std::sync::Arc;

/// What we put before attribute names (CloudEvents Kafka binding).
const PREFIX: &str = "ce_";
/// What we accept before them.
const PREFIXES: [&str; 4] = ["ce_", "ce-", "cloudevents:", "cloudevents_"];
const TRACEPARENT: &str = "traceparent";
const CONTENT_TYPE_HEADER: &str = "content-type";

/// A record as it travels, byte for byte.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Parcel {
    pub(super) key: Option<Vec<u8>>,
    pub(super) headers: Vec<(String, Option<Vec<u8>>)>,
    /// Kafka tells an empty value from none.
    pub(super) body: Option<Bytes>,
}

impl Parcel {
    pub(super) fn of(message: &impl Message) -> Self {
        let headers = message.headers().map_or_else(Vec::new, |headers| {
            let header = |h: Header<'_, &[u8]>| (h.key.to_owned(), h.value.map(<[u8]>::to_vec));
            headers.iter().map(header).collect()
        });
        Self {
            key: message.key().map(<[u8]>::to_vec),
            headers,
            body: message.payload().map(Bytes::copy_from_slice),
        }
    }

    /// The last header of this name, where it is text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().rev().find(|(key, _)| key == name)?;
        std::str::from_utf8(found.1.as_deref()?).ok()
    }

    pub(super) fn native_headers(&self) -> OwnedHeaders {
        let headers = OwnedHeaders::new_with_capacity(self.headers.len());
        self.headers.iter().fold(headers, |all, (key, value)| {
            // Kafka writes names as C strings: one with a zero byte can't be written.
            if key.contains('\0') {
                return all;
            }
            all.insert(Header {
                key,
                value: value.as_ref(),
            })
        })
    }

    /// For memory limits.
    pub(super) fn bytes(&self) -> usize {
        let headers: usize = self
            .headers
            .iter()
            .map(|(key, value)| key.len() + value.as_ref().map_or(0, Vec::len))
            .sum();
        let body = self.body.as_ref().map_or(0, Bytes::len);
        headers + body + self.key.as_ref().map_or(0, Vec::len)
    }
}

pub(super) fn encode(envelope: &Envelope, key: String) -> Parcel {
    let text = |value: &str| Some(value.as_bytes().to_vec());
    let mut headers: Vec<_> = envelope
        .attributes()
        .into_iter()
        .map(|(name, value)| (format!("{PREFIX}{name}"), text(&value)))
        .collect();
    headers.push((TRACEPARENT.to_owned(), text(&envelope.traceparent)));
    headers.push((CONTENT_TYPE_HEADER.to_owned(), text(CONTENT_TYPE)));
    Parcel {
        key: Some(key.into_bytes()),
        headers,
        body: Some(envelope.data().into()),
    }
}

/// Something that is no envelope.
pub(super) fn note(correlation: Option<&str>, body: Bytes) -> Parcel {
    let text = |value: &str| Some(value.as_bytes().to_vec());
    let mut headers = vec![(CONTENT_TYPE_HEADER.to_owned(), text(CONTENT_TYPE))];
    headers.extend(correlation.map(|id| ("correlation-id".to_owned(), text(id))));
    Parcel {
        key: None,
        headers,
        body: Some(body),
    }
}

pub(super) fn decode(parcel: &Parcel) -> Result<Arc<Envelope>, Foreign> {
    let body = parcel.body.clone().unwrap_or_default();
    let look_up = |wanted: &str| {
        let found = parcel.headers.iter().rev().find(|(name, _)| {
            attribute(name).is_some_and(|name| name.eq_ignore_ascii_case(wanted))
        })?;
        std::str::from_utf8(found.1.as_deref()?).ok()
    };
    Envelope::decode(look_up, &body)
        .map(Arc::new)
        .map_err(|error| Foreign {
            headers: header_texts(parcel),
            body,
            reason: error.to_string(),
        })
}

/// The attribute that a header carries, without its prefix.
fn attribute(header: &str) -> Option<&str> {
    if header.eq_ignore_ascii_case(TRACEPARENT) {
        return Some(header);
    }
    PREFIXES.iter().find_map(|prefix| {
        let (head, tail) = header.split_at_checked(prefix.len())?;
        head.eq_ignore_ascii_case(prefix).then_some(tail)
    })
}

pub(super) fn header_texts(parcel: &Parcel) -> Vec<(String, String)> {
    let text = |value: &Option<Vec<u8>>| {
        String::from_utf8_lossy(value.as_deref().unwrap_or_default()).into_owned()
    };
    let headers = parcel.headers.iter();
    headers
        .map(|(name, value)| (name.clone(), text(value)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use parlor_model::{ConversationId, EventBody, EventId, Opening, Slug};
    use uuid::Uuid;

    fn envelope() -> Envelope {
        Envelope {
            id: EventId(Uuid::from_u128(1)),
            world: Slug::new("friends").unwrap(),
            conversation: ConversationId(Uuid::from_u128(2)),
            recipient: Slug::new("ross").unwrap(),
            time: chrono::DateTime::from_timestamp_micros(1_700_000_000_000_001).unwrap(),
            traceparent: parlor_model::envelope::traceparent(
                Uuid::from_u128(2),
                EventId(Uuid::from_u128(1)),
            ),
            body: EventBody::Opening(Opening {
                text: Some("Hi".into()),
            }),
        }
    }

    fn renamed(rename: impl Fn(&str) -> String) -> Parcel {
        let mut parcel = encode(&envelope(), "k".to_owned());
        for (name, _) in &mut parcel.headers {
            *name = rename(name);
        }
        parcel
    }

    #[test]
    fn an_envelope_survives_the_wire() {
        let parcel = encode(&envelope(), "k".to_owned());
        assert_eq!(decode(&parcel), Ok(Arc::new(envelope())));
        assert_eq!(parcel.text("ce_specversion"), Some("1.0"));
        assert_eq!(parcel.text("content-type"), Some("application/json"));
    }

    #[test]
    fn other_prefixes_and_cases_are_understood() {
        for prefix in ["ce-", "CE_", "cloudEvents_", "CLOUDEVENTS:"] {
            let parcel = renamed(|name| name.replace(PREFIX, prefix));
            assert_eq!(decode(&parcel), Ok(Arc::new(envelope())), "{prefix}");
        }
    }

    #[test]
    fn a_record_without_value_or_headers_is_foreign() {
        let foreign = decode(&Parcel::default()).unwrap_err();
        assert_eq!(foreign.body, Bytes::new());
        assert!(foreign.reason.contains("not a Parlor envelope"));
    }
}
