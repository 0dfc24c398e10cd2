//! The messages of `proto/delivery.proto`, and what they mean.

use chrono::DateTime;
use parlor_model::{ConversationId, MessageId, SessionLine, SpeakerRole};
use parlor_ports::chat::News;

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct DeliverRequest {
    #[prost(string, tag = "1")]
    pub(super) instance: String,
    #[prost(message, repeated, tag = "2")]
    pub(super) news: Vec<WireNews>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(super) struct DeliverReply {}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct WireNews {
    #[prost(string, tag = "1")]
    session_id: String,
    #[prost(oneof = "What", tags = "2, 3, 4")]
    what: Option<What>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum What {
    #[prost(message, tag = "2")]
    Line(WireLine),
    #[prost(message, tag = "3")]
    Piece(WirePiece),
    #[prost(message, tag = "4")]
    Gone(WireGone),
}

#[derive(Clone, PartialEq, prost::Message)]
struct WireLine {
    #[prost(string, tag = "1")]
    message_id: String,
    #[prost(uint32, tag = "2")]
    order: u32,
    #[prost(bool, tag = "3")]
    ai: bool,
    #[prost(string, tag = "4")]
    content: String,
    #[prost(bool, tag = "5")]
    fallback: bool,
    #[prost(int64, tag = "6")]
    at: i64,
}

#[derive(Clone, PartialEq, prost::Message)]
struct WirePiece {
    #[prost(string, tag = "1")]
    answers: String,
    #[prost(string, tag = "2")]
    content: String,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
struct WireGone {}

impl From<News> for WireNews {
    fn from(news: News) -> Self {
        let (session, what) = match news {
            News::Line(session, line) => {
                let line = WireLine {
                    message_id: line.id.to_string(),
                    order: line.order,
                    ai: line.role == SpeakerRole::Ai,
                    content: line.text,
                    fallback: line.fallback,
                    at: line.at.timestamp_micros(),
                };
                (session, What::Line(line))
            }
            News::Piece(session, answers, content) => {
                let piece = WirePiece {
                    answers: answers.to_string(),
                    content,
                };
                (session, What::Piece(piece))
            }
            News::Gone(session) => (session, What::Gone(WireGone {})),
        };
        Self {
            session_id: session.to_string(),
            what: Some(what),
        }
    }
}

impl WireNews {
    /// What it says; `None` where it can't be understood.
    pub(super) fn news(self) -> Option<News> {
        let session: ConversationId = self.session_id.parse().ok()?;
        Some(match self.what? {
            What::Line(line) => {
                let id: MessageId = line.message_id.parse().ok()?;
                let line = SessionLine {
                    id,
                    order: line.order,
                    role: if line.ai {
                        SpeakerRole::Ai
                    } else {
                        SpeakerRole::User
                    },
                    text: line.content,
                    fallback: line.fallback,
                    at: DateTime::from_timestamp_micros(line.at)?,
                };
                News::Line(session, line)
            }
            What::Piece(piece) => News::Piece(session, piece.answers.parse().ok()?, piece.content),
            What::Gone(_) => News::Gone(session),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prost::Message;
    use uuid::Uuid;

    #[test]
    fn news_survive_the_wire() {
        let session = ConversationId(Uuid::from_u128(1));
        let line = SessionLine {
            id: MessageId(Uuid::from_u128(2)),
            order: 3,
            role: SpeakerRole::Ai,
            text: "\u{1F600}".to_owned(),
            fallback: true,
            at: DateTime::from_timestamp_micros(1_700_000_000_000_001).unwrap(),
        };
        for news in [
            News::Line(session, line),
            News::Piece(session, MessageId(Uuid::from_u128(4)), "a piece".to_owned()),
            News::Gone(session),
        ] {
            let bytes = WireNews::from(news.clone()).encode_to_vec();
            let read = WireNews::decode(bytes.as_slice()).unwrap();
            assert_eq!(read.news(), Some(news));
        }
        assert_eq!(WireNews::default().news(), None);
    }
}
