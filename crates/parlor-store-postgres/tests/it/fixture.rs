//! What the tests say and send.

use chrono::{DateTime, Utc};
use parlor_model::{
    Clock, Conversation, ConversationId, ConversationKind, ConversationStatus, Effects, Envelope,
    EventBody, EventId, Guard, Message, MessageId, MessageKind, NewMessage, Opening, OutboxRow,
    Slug, SpeakerRole, SystemClock, envelope,
};
use parlor_ports::store::{Cursor, Outcome, StepStore};
use parlor_store_postgres::PostgresStore;
use std::sync::Arc;
use uuid::Uuid;

pub(crate) fn now() -> DateTime<Utc> {
    SystemClock.now()
}

pub(crate) fn world() -> Slug {
    Slug::new("friends").unwrap()
}

pub(crate) fn conversation(n: u32) -> Conversation {
    Conversation {
        id: ConversationId(Uuid::from_u128(u128::from(n))),
        world: world(),
        kind: ConversationKind::Duet,
        parent_id: None,
        status: ConversationStatus::Active,
        participants: vec!["Ross".to_owned(), "Rachel".to_owned()],
        topic: None,
        exchanges: 0,
        carried: 0,
        created_at: now(),
        ended_at: None,
    }
}

pub(crate) fn message_id(talk: &Conversation, order: u32) -> MessageId {
    MessageId::derive(talk.id.0, &format!("line {order}"))
}

pub(crate) fn open(talk: &Conversation) -> Effects {
    Effects {
        guard: Guard::Open,
        opened: vec![talk.clone()],
        ..Effects::none(EventId::derive(talk.id.0, "open"))
    }
}

/// Says the `order`-th line at a given time.
pub(crate) fn say_at(talk: &Conversation, order: u32, created_at: DateTime<Utc>) -> Effects {
    let message = Message {
        id: message_id(talk, order),
        conversation_id: talk.id,
        parent_id: None,
        conversation_kind: talk.kind,
        order,
        from: "Ross".to_owned(),
        to: vec!["Rachel".to_owned()],
        text: format!("line {order}"),
        kind: MessageKind::Line,
        role: SpeakerRole::Ai,
        sentiment: 0.0,
        heard_from: Vec::new(),
        fallback: false,
        created_at,
    };
    Effects {
        guard: Guard::Advance {
            conversation: talk.id,
            exchanges: order - 1,
            close_at: None,
        },
        messages: vec![NewMessage {
            message,
            audience: talk.participants.clone(),
            legs: None,
        }],
        ..Effects::none(EventId::derive(talk.id.0, &format!("say {order}")))
    }
}

pub(crate) fn say(talk: &Conversation, order: u32) -> Effects {
    say_at(talk, order, now())
}

pub(crate) fn row(n: u32, due_at: DateTime<Utc>, parked: bool) -> OutboxRow {
    let talk = conversation(n);
    let id = EventId::derive(talk.id.0, "event");
    OutboxRow {
        inbox: "q-Rachel".to_owned(),
        envelope: Arc::new(Envelope {
            id,
            world: talk.world,
            conversation: talk.id,
            recipient: Slug::new("rachel").unwrap(),
            time: due_at,
            traceparent: envelope::traceparent(talk.id.0, id),
            body: EventBody::Opening(Opening::default()),
        }),
        due_at,
        parked,
    }
}

/// Commits steps that must all apply.
pub(crate) async fn apply(store: &PostgresStore, steps: Vec<Effects>) {
    let outcomes = store.commit(steps).await.unwrap();
    assert!(
        outcomes.iter().all(|outcome| *outcome == Outcome::Applied),
        "{outcomes:?}"
    );
}

pub(crate) const START: Cursor = Cursor::START;
