//! Rules of what is kept: every field as it was, hurtful values too.

use super::fixture::{all_messages, apply, conversation, line, open, say, scene, stored};
use crate::store::Store;
use chrono::DateTime;
use parlor_model::{
    Conversation, ConversationKind, Effects, EventId, MessageId, MessageKind, SpeakerRole,
};
use std::sync::Arc;

const HURTFUL: [&str; 9] = [
    "",
    "'; DROP TABLE messages; --",
    "\"double\", 'single', `back` and \\backslash\\",
    "line\nbreak\r\nand\ttab",
    "\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467} \u{1F1E9}\u{1F1EA} e\u{301}",
    "\u{202E}right to left\u{202C} \u{FEFF}bom \u{FFFD}",
    "%s {0} ${x} \\u0041 \\x00 NULL",
    "{a,\"b\",NULL} [1,2] {\"json\":true}",
    "\u{1}\u{1F}\u{7F}\u{80}",
];

/// Texts, topics and names come back byte for byte.
pub async fn texts_that_hurt_are_kept(store: Arc<dyn Store>) {
    let mut chat = conversation(1);
    chat.topic = Some(HURTFUL.concat());
    chat.participants = vec![
        "O'Neil \"Red\", Jr. {x}".to_owned(),
        "张伟 \u{1F600}\\".to_owned(),
    ];
    let mut steps = vec![open(&chat)];
    for (order, text) in (1..).zip(HURTFUL) {
        let mut step = say(&chat, order);
        step.messages[0].message.text = text.to_owned();
        step.messages[0].message.heard_from = chat.participants.clone();
        steps.push(step);
    }
    let expected: Vec<_> = steps[1..]
        .iter()
        .map(|s| s.messages[0].message.clone())
        .collect();
    apply(&store, steps).await;

    assert_eq!(all_messages(&store, chat.id).await, expected);
    assert_eq!(
        scene(&store, &chat, None, &chat.participants[1], 20)
            .await
            .memory,
        expected
    );
    let kept = stored(&store, chat.id).await;
    assert_eq!(
        (kept.topic, kept.participants),
        (chat.topic, chat.participants)
    );
}

/// A text with a NUL is either kept whole or refused for good; never cut off.
pub async fn a_nul_is_kept_or_refused(store: Arc<dyn Store>) {
    let chat = conversation(1);
    apply(&store, vec![open(&chat)]).await;
    let mut step = say(&chat, 1);
    step.messages[0].message.text = "before\0after".to_owned();

    match store.commit(vec![step.clone()]).await {
        Ok(_) => assert_eq!(all_messages(&store, chat.id).await[0].text, "before\0after"),
        Err(error) => assert!(!error.is_retryable(), "it can never succeed: {error}"),
    }
    let next = stored(&store, chat.id).await.exchanges + 1;
    apply(&store, vec![say(&chat, next)]).await;
}

/// A long text is one text.
pub async fn a_hundred_kilobytes_are_kept(store: Arc<dyn Store>) {
    let chat = conversation(1);
    let mut step = say(&chat, 1);
    step.messages[0].message.text = "\u{E9}x".repeat(34_000);
    let expected = step.messages[0].message.clone();
    apply(&store, vec![open(&chat), step]).await;
    assert_eq!(all_messages(&store, chat.id).await, [expected]);
}

/// What the clock gives, the store gives back; before 1970 and far ahead too.
pub async fn times_are_kept_to_the_microsecond(store: Arc<dyn Store>) {
    for (n, micros) in (1..).zip([1, 999_999, -1, 1_700_000_000_123_457, 4_102_444_800_000_001]) {
        let time = DateTime::from_timestamp_micros(micros).expect("a time that chrono knows");
        let chat = Conversation {
            created_at: time,
            ended_at: None,
            ..conversation(n)
        };
        let mut step = say(&chat, 1);
        step.messages[0].message.created_at = time;
        apply(&store, vec![open(&chat), step]).await;

        assert_eq!(stored(&store, chat.id).await.created_at, time);
        assert_eq!(all_messages(&store, chat.id).await[0].created_at, time);
        let closed = store
            .close_conversation(chat.id, time)
            .await
            .expect("it can be closed");
        assert_eq!(closed.and_then(|c| c.ended_at), Some(time));
    }
}

/// Every kind of conversation and of message, with every field set or empty.
pub async fn every_kind_and_field_is_kept(store: Arc<dyn Store>) {
    use ConversationKind::{Duet, Feed, Group, Scene, Session, Side};
    for (n, kind) in (1..).zip([Duet, Side, Group, Scene, Feed, Session]) {
        let chat = Conversation {
            kind,
            parent_id: (kind == Side).then(|| conversation(1).id),
            participants: if kind == Feed {
                Vec::new()
            } else {
                conversation(n).participants
            },
            topic: (kind != Duet).then(|| "stars".to_owned()),
            ..conversation(n)
        };
        let mut messages = Vec::new();
        for (order, said) in (1..).zip([MessageKind::Line, MessageKind::Aside, MessageKind::Scene])
        {
            let mut new = line(&conversation(n), 1);
            let message = &mut new.message;
            message.id = MessageId::derive(chat.id.0, &format!("{said:?}"));
            (message.conversation_kind, message.parent_id) = (kind, chat.parent_id);
            (message.kind, message.order) = (said, order);
            message.role = if said == MessageKind::Line {
                SpeakerRole::User
            } else {
                SpeakerRole::Ai
            };
            message.fallback = said == MessageKind::Scene;
            message.sentiment = [-1.0, 0.0, 0.4215][messages.len()];
            message.heard_from = vec!["Joey".to_owned(); messages.len()];
            message.to = vec!["Rachel".to_owned(); messages.len()];
            messages.push(new);
        }
        let expected: Vec<_> = messages.iter().map(|new| new.message.clone()).collect();
        let step = Effects {
            messages,
            ..Effects::none(EventId::derive(chat.id.0, "all kinds"))
        };
        apply(&store, vec![open(&chat), step]).await;

        assert_eq!(stored(&store, chat.id).await, chat);
        assert_eq!(all_messages(&store, chat.id).await, expected);
    }
}
