//! Envelopes as AMQP messages: CloudEvents attributes as headers, JSON as body.

use bytes::Bytes;
use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable, LongString, ShortString};
use parlor_model::Envelope;
use parlor_model::envelope::CONTENT_TYPE;
use parlor_ports::bus::Foreign;
use std::sync::Arc;

/// What we put before attribute names (CloudEvents AMQP binding).
const PREFIX: &str = "cloudEvents:";
/// What we accept before them: some clients can't write a colon.
const PREFIXES: [&str; 4] = ["cloudevents:", "cloudevents_", "ce-", "ce_"];
const ATTRIBUTES: [&str; 9] = [
    "specversion",
    "id",
    "source",
    "type",
    "subject",
    "time",
    "recipient",
    TRACEPARENT,
    "order",
];
const TRACEPARENT: &str = "traceparent";
/// Delivery mode of a message that a broker keeps on disk.
pub(super) const PERSISTENT: u8 = 2;

/// A message as it travels.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Parcel {
    pub(super) properties: BasicProperties,
    pub(super) body: Bytes,
}

pub(super) fn encode(envelope: &Envelope) -> Parcel {
    let mut headers = FieldTable::default();
    for (name, value) in envelope.attributes() {
        headers.insert(short(&format!("{PREFIX}{name}")), long(value));
    }
    headers.insert(short(TRACEPARENT), long(envelope.traceparent.clone()));
    let properties = BasicProperties::default()
        .with_content_type(short(CONTENT_TYPE))
        .with_message_id(short(&envelope.id.to_string()))
        .with_delivery_mode(PERSISTENT)
        .with_timestamp(u64::try_from(envelope.time.timestamp()).unwrap_or(0))
        .with_headers(headers);
    Parcel {
        properties,
        body: envelope.data().into(),
    }
}

pub(super) fn decode(parcel: &Parcel) -> Result<Arc<Envelope>, Foreign> {
    let mut found: [Option<&str>; ATTRIBUTES.len()] = Default::default();
    for (name, value) in parcel.properties.headers().iter().flatten() {
        let known = attribute(name.as_str())
            .and_then(|name| ATTRIBUTES.iter().position(|a| a.eq_ignore_ascii_case(name)));
        if let Some(at) = known {
            found[at] = as_text(value);
        }
    }
    let look_up = |name| {
        ATTRIBUTES
            .iter()
            .position(|a| *a == name)
            .and_then(|at| found[at])
    };
    Envelope::decode(look_up, &parcel.body)
        .map(Arc::new)
        .map_err(|error| Foreign {
            headers: with_reply(&parcel.properties),
            body: parcel.body.clone(),
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

pub(super) fn header_texts(properties: &BasicProperties) -> Vec<(String, String)> {
    let headers = properties.headers().iter().flatten();
    headers
        .map(|(name, value)| (name.to_string(), describe(value)))
        .collect()
}

/// Headers, and where a reply is to go.
fn with_reply(properties: &BasicProperties) -> Vec<(String, String)> {
    let mut headers = header_texts(properties);
    let asked = [
        ("reply-to", properties.reply_to()),
        ("correlation-id", properties.correlation_id()),
    ];
    for (name, value) in asked {
        headers.extend(
            value
                .as_ref()
                .map(|value| (name.to_owned(), value.to_string())),
        );
    }
    headers
}

/// Something that is no envelope.
pub(super) fn note(correlation: Option<&str>, body: Bytes) -> Parcel {
    let mut properties = BasicProperties::default().with_content_type(short(CONTENT_TYPE));
    if let Some(correlation) = correlation {
        properties = properties.with_correlation_id(short(correlation));
    }
    Parcel { properties, body }
}

/// A header's text, where it is one.
pub(super) fn as_text(value: &AMQPValue) -> Option<&str> {
    match value {
        AMQPValue::LongString(text) => std::str::from_utf8(text.as_bytes()).ok(),
        AMQPValue::ShortString(text) => Some(text.as_str()),
        _ => None,
    }
}

fn describe(value: &AMQPValue) -> String {
    match value {
        AMQPValue::LongString(text) => text.to_string(),
        AMQPValue::ShortString(text) => text.to_string(),
        AMQPValue::Boolean(flag) => flag.to_string(),
        AMQPValue::ShortShortInt(n) => n.to_string(),
        AMQPValue::ShortShortUInt(n) => n.to_string(),
        AMQPValue::ShortInt(n) => n.to_string(),
        AMQPValue::ShortUInt(n) => n.to_string(),
        AMQPValue::LongInt(n) => n.to_string(),
        AMQPValue::LongUInt(n) => n.to_string(),
        AMQPValue::LongLongInt(n) => n.to_string(),
        AMQPValue::Timestamp(seconds) => seconds.to_string(),
        other => format!("{other:?}"),
    }
}

/// A name that is known to fit AMQP's 255 bytes; what does not is cut.
pub(super) fn short(text: &str) -> ShortString {
    let end = text.floor_char_boundary(lapin::types::MAX_SHORT_STRING_LENGTH);
    ShortString::try_new(&text[..end]).unwrap_or_default()
}

pub(super) fn long(text: impl Into<String>) -> AMQPValue {
    AMQPValue::LongString(LongString::from(text.into()))
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
        let mut parcel = encode(&envelope());
        let mut headers = FieldTable::default();
        for (name, value) in parcel.properties.headers().iter().flatten() {
            headers.insert(short(&rename(name.as_str())), value.clone());
        }
        parcel.properties = parcel.properties.with_headers(headers);
        parcel
    }

    #[test]
    fn an_envelope_survives_the_wire() {
        assert_eq!(decode(&encode(&envelope())), Ok(Arc::new(envelope())));
    }

    #[test]
    fn other_prefixes_and_cases_are_understood() {
        for prefix in ["ce-", "ce_", "cloudEvents_", "CLOUDEVENTS:", "Ce-"] {
            let parcel = renamed(|name| name.replace(PREFIX, prefix));
            assert_eq!(decode(&parcel), Ok(Arc::new(envelope())), "{prefix}");
        }
        assert_eq!(
            decode(&renamed(str::to_uppercase)),
            Ok(Arc::new(envelope()))
        );
    }

    #[test]
    fn an_attribute_without_a_prefix_is_somebody_elses_header() {
        let foreign = decode(&renamed(|name| name.replace(PREFIX, ""))).unwrap_err();
        assert!(
            foreign.reason.contains("'specversion' is missing"),
            "{}",
            foreign.reason
        );
        assert_eq!(foreign.headers.len(), 8);
    }
}
