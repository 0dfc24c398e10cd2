//! What holds for every step, whatever the mechanics.

use crate::stage::{FRIENDS, Stage, friends, now, world};
use parlor_engine::Engine;
use parlor_engine::opening::{OpeningError, Wish};
use parlor_model::{EventBody, MessageKind};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

#[test]
fn the_same_seed_and_key_play_the_same_conversation() {
    let play = |seed| {
        let mut stage = Stage::new(friends(0.5, 0.5), seed);
        stage.start("ross", "rachel", 1);
        stage.run();
        stage
            .messages
            .iter()
            .map(|m| m.message.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(play(7), play(7));
    assert_ne!(play(7), play(8));
}

#[test]
fn a_redelivered_event_changes_nothing() {
    let mut stage = Stage::new(friends(1.0, 1.0), 7);
    stage.start("ross", "rachel", 1);
    while let Some(envelope) = stage.queue.pop_front() {
        stage.deliver(&envelope);
        let (messages, conversations) = (stage.messages.len(), stage.conversations.len());
        for _ in 0..3 {
            assert!(!stage.deliver(&envelope), "a second delivery had effects");
        }
        assert_eq!(
            (stage.messages.len(), stage.conversations.len()),
            (messages, conversations)
        );
    }
    assert!(stage.refused.is_empty(), "{:?}", stage.refused);
}

#[test]
fn a_message_reaches_exactly_the_addressed_inbox_fr8() {
    let mut stage = Stage::new(friends(0.0, 0.0), 7);
    stage.start("ross", "rachel", 1);
    stage.run();
    for (inbox, envelope) in &stage.sent {
        if let EventBody::Said(message) = &envelope.body {
            assert_eq!(message.to.len(), 1);
            assert_eq!(*inbox, format!("q-{}", message.to[0]));
        }
    }
    assert_eq!(stage.sent.len(), 11, "the opening and ten lines");
}

#[test]
fn a_conversation_with_its_gossip_is_one_trace() {
    let mut stage = Stage::new(friends(1.0, 1.0), 7);
    let id = stage.start("ross", "rachel", 1);
    stage.run();
    assert!(
        stage
            .sent
            .iter()
            .all(|(_, envelope)| envelope.trace_id() == id.0)
    );
}

#[test]
fn what_was_not_said_to_somebody_is_refused_with_the_reason() {
    let mut stage = Stage::new(friends(0.0, 0.0), 7);
    stage.start("ross", "rachel", 1);
    let opening = stage.queue.pop_front().unwrap();
    stage.deliver(&opening);
    let mut astray = (*stage.queue.pop_front().unwrap()).clone();
    astray.recipient = stage.engine.world().find("joey").unwrap().slug.clone();
    assert!(!stage.deliver(&Arc::new(astray)));
    assert!(
        stage.refused[0].ends_with("was not said to joey"),
        "{}",
        stage.refused[0]
    );
}

#[test]
fn a_wish_is_checked() {
    let engine = Engine::new(friends(0.0, 0.0), 1, Duration::ZERO).unwrap();
    let ross = engine.world().find("Ross").cloned();
    let open = |wish| {
        engine
            .open(wish, Uuid::nil(), now())
            .map(|_| ())
            .unwrap_err()
    };
    let alone = Wish {
        from: ross.clone(),
        to: ross.clone(),
        ..Wish::default()
    };
    assert_eq!(open(alone), OpeningError::Alone("ross".into()));
    let empty = Wish {
        message: Some("  ".into()),
        ..Wish::default()
    };
    assert_eq!(open(empty), OpeningError::EmptyMessage);
    let long = Wish {
        topic: Some("x".repeat(501)),
        ..Wish::default()
    };
    assert_eq!(open(long), OpeningError::TopicTooLong(501));
}

#[test]
fn a_partner_left_out_is_drawn_among_all_the_others_fr5() {
    let engine = Engine::new(friends(0.0, 0.0), 1, Duration::ZERO).unwrap();
    let mut seen = std::collections::BTreeMap::<String, u32>::new();
    for key in 0..3000 {
        let wish = Wish {
            from: engine.world().find("ross").cloned(),
            ..Wish::default()
        };
        let opened = engine.open(wish, Uuid::from_u128(key), now()).unwrap();
        *seen
            .entry(opened.conversation.participants[1].clone())
            .or_default() += 1;
    }
    assert_eq!(seen.len(), FRIENDS.len() - 1);
    assert!(seen.values().all(|n| (850..=1150).contains(n)), "{seen:?}");
}

#[test]
fn a_first_line_that_is_given_is_said_as_it_is() {
    let mut stage = Stage::new(friends(0.0, 0.0), 7);
    let wish = Wish {
        message: Some("We were promised cake.".into()),
        ..Wish::default()
    };
    let opened = stage.engine.open(wish, Uuid::nil(), now()).unwrap();
    stage
        .conversations
        .insert(opened.conversation.id, opened.conversation.clone());
    stage.deliver(&opened.effects.sends[0].envelope.clone());
    let first = &stage.lines_of(opened.conversation.id, MessageKind::Line)[0];
    assert_eq!(first.text, "We were promised cake.");
    assert!(stage.asked.is_empty());
}

#[test]
fn a_closed_conversation_says_nothing_more() {
    let mut stage = Stage::new(friends(1.0, 1.0), 7);
    let id = stage.start("ross", "rachel", 1);
    let opening = stage.queue.pop_front().unwrap();
    stage.deliver(&opening);
    let conversation = stage.conversations.get_mut(&id).unwrap();
    conversation.status = parlor_model::ConversationStatus::Closed;
    let asked = stage.asked.len();
    stage.run();
    assert_eq!(stage.lines_of(id, MessageKind::Line).len(), 1);
    assert_eq!(stage.asked.len(), asked, "no dialect is asked");
}

#[test]
fn a_mechanic_that_does_not_exist_is_an_error() {
    let world = world(&FRIENDS, json!({ "telepathy": {} }));
    assert!(Engine::new(world, 1, Duration::ZERO).is_err());
}

#[test]
fn an_unanswerable_plan_is_nothing() {
    let mut stage = Stage::new(
        world(&FRIENDS, json!({ "exchange_limit": { "max": 1 } })),
        7,
    );
    stage.start("ross", "rachel", 1);
    stage.run();
    assert_eq!(stage.messages.len(), 1);
    let (_, last) = stage.sent.last().unwrap().clone();
    assert!(
        matches!(last.body, EventBody::Said(_)),
        "the last line is delivered all the same"
    );
}

#[test]
fn control_characters_of_a_caller_become_spaces() {
    let mut stage = Stage::new(friends(0.0, 0.0), 7);
    let wish = Wish {
        message: Some("a\u{0}b\u{1b}[2Jc\nd".into()),
        topic: Some("\u{0}tea\u{0}".into()),
        ..Wish::default()
    };
    let opened = stage.engine.open(wish, Uuid::nil(), now()).unwrap();
    assert_eq!(opened.conversation.topic.as_deref(), Some("tea"));
    stage
        .conversations
        .insert(opened.conversation.id, opened.conversation.clone());
    stage.deliver(&opened.effects.sends[0].envelope.clone());
    let first = &stage.lines_of(opened.conversation.id, MessageKind::Line)[0];
    assert_eq!(first.text, "a b [2Jc\nd");
}
