//! The mechanics, as properties over whole runs.

use crate::stage::{Stage, friends, world};
use parlor_engine::mechanics::ALL;
use parlor_model::{ConversationKind, ConversationStatus, MessageKind};
use proptest::prelude::*;
use serde_json::json;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_limit_is_the_last_line_and_nobody_is_asked_after_it_fr19_fr20(
        seed: u64, max in 1u32..8, gossip in 0.0..=1.0f64, aside in 0.0..=1.0f64,
    ) {
        let world = world(&crate::stage::FRIENDS, json!({
            "exchange_limit": { "max": max },
            "gossip": { "probability": gossip },
            "aside": { "by": "chandler", "probability": aside },
        }));
        let mut stage = Stage::new(world, seed);
        stage.start("ross", "rachel", u128::from(seed));
        stage.run();
        for conversation in stage.conversations.values() {
            prop_assert_eq!(conversation.status, ConversationStatus::Closed);
            prop_assert_eq!(conversation.exchanges, max);
            prop_assert_eq!(conversation.ended_at.is_some(), true);
            let orders: Vec<_> = stage.lines_of(conversation.id, MessageKind::Line).iter().map(|m| m.order).collect();
            prop_assert_eq!(orders, (1..=max - conversation.carried).collect::<Vec<_>>());
        }
        let lines = stage.messages.iter().filter(|m| m.message.kind == MessageKind::Line).count();
        prop_assert!(lines < 1 << max, "{} lines of at most 2^{} - 1", lines, max);
        prop_assert!(stage.asked.iter().all(|a| a.status == ConversationStatus::Active));
        prop_assert!(stage.asked.iter().all(|a| a.prompt.order <= max));
    }

    #[test]
    fn gossip_opens_a_side_thread_with_somebody_outside_fr16_fr17_fr18(seed: u64) {
        let mut stage = Stage::new(friends(0.4, 0.0), seed);
        stage.start("ross", "rachel", u128::from(seed));
        stage.run();
        for side in stage.conversations.values().filter(|c| c.kind == ConversationKind::Side) {
            let parent = &stage.conversations[&side.parent_id.unwrap()];
            let (teller, confidant) = (&side.participants[0], &side.participants[1]);
            prop_assert!(parent.has(teller));
            prop_assert!(!parent.has(confidant));
            for line in stage.lines_of(side.id, MessageKind::Line) {
                prop_assert_eq!(line.parent_id, Some(parent.id));
                prop_assert!(line.to.iter().all(|to| side.has(to)), "a side thread stays behind backs");
            }
        }
    }

    #[test]
    fn hearsay_carries_where_it_comes_from(seed: u64) {
        let mut stage = Stage::new(friends(0.6, 0.0), seed);
        stage.start("ross", "rachel", u128::from(seed));
        stage.run();
        for line in stage.messages.iter().map(|m| &m.message) {
            let opens_side = line.conversation_kind == ConversationKind::Side && line.order == 1;
            prop_assert_eq!(!line.heard_from.is_empty(), opens_side);
            if opens_side {
                prop_assert_eq!(&line.heard_from[0], &line.from);
                prop_assert!(line.heard_from.len() >= 2);
                let neighbours_differ = line.heard_from.windows(2).all(|pair| pair[0] != pair[1]);
                prop_assert!(neighbours_differ, "{:?}", line.heard_from);
            }
        }
    }

    #[test]
    fn asides_are_in_the_conversation_unanswered_and_uncounted_fr30(seed: u64) {
        let mut stage = Stage::new(friends(0.3, 1.0), seed);
        let id = stage.start("ross", "rachel", u128::from(seed));
        stage.run();
        let asides = stage.lines_of(id, MessageKind::Aside);
        prop_assert!(!asides.is_empty());
        prop_assert_eq!(stage.lines_of(id, MessageKind::Line).len(), 10);
        let orders: Vec<_> = asides.iter().map(|m| m.order as usize).collect();
        prop_assert_eq!(orders, (1..=asides.len()).collect::<Vec<_>>());
        prop_assert!(asides.iter().all(|m| m.from == "Chandler"));
        let ids: Vec<_> = asides.iter().map(|m| m.id).collect();
        prop_assert!(stage.sent.iter().all(|(_, e)| match &e.body {
            parlor_model::EventBody::Said(m) | parlor_model::EventBody::Overheard(m) => !ids.contains(&m.id),
            _ => true,
        }), "an aside is sent to nobody");
    }

    #[test]
    fn nobody_remembers_what_they_did_not_say_hear_or_overhear_fr18(seed: u64) {
        let mut stage = Stage::new(friends(0.5, 0.5), seed);
        for key in 0..3 {
            stage.start("ross", "rachel", key);
        }
        stage.run();
        for asked in &stage.asked {
            prop_assert!(asked.prompt.memory.len() <= 5, "the window is five lines");
            for line in &asked.prompt.memory {
                let known = stage.messages.iter().any(|m| {
                    m.message.text == line.text && m.audience.contains(&asked.speaker)
                });
                prop_assert!(known, "{} remembers '{}'", asked.speaker, line.text);
            }
        }
    }
}

#[test]
fn a_tenth_of_the_messages_is_passed_on_fr16() {
    let (mut handled, mut passed_on) = (0u32, 0u32);
    for key in 0..400 {
        let mut stage = Stage::new(
            world(
                &crate::stage::FRIENDS,
                json!({
                    "exchange_limit": { "max": 10 },
                    "gossip": { "probability": 0.10 },
                }),
            ),
            7,
        );
        let id = stage.start("ross", "rachel", key);
        stage.run();
        // The tenth line is handled too, but nothing is said after the stop.
        handled += 9;
        passed_on += u32::try_from(
            stage
                .conversations
                .values()
                .filter(|c| c.parent_id == Some(id))
                .count(),
        )
        .unwrap();
    }
    // 3,600 draws: 360 expected, standard deviation 18; five of them either way.
    assert!((270..=450).contains(&passed_on), "{passed_on} of {handled}");
}

#[test]
fn a_commentator_who_takes_part_makes_no_asides() {
    let mut stage = Stage::new(friends(0.0, 1.0), 7);
    let id = stage.start("chandler", "joey", 1);
    stage.run();
    assert!(stage.lines_of(id, MessageKind::Aside).is_empty());
}

#[test]
fn nobody_overhears_what_is_said_behind_a_back_fr18() {
    let mut stage = Stage::new(friends(0.5, 1.0), 7);
    stage.start("ross", "chandler", 1);
    stage.run();
    let said: Vec<_> = stage.messages.iter().map(|m| &m.message).collect();
    assert!(
        said.iter().any(|m| m.parent_id.is_some()),
        "there is gossip"
    );
    assert!(
        said.iter()
            .all(|m| m.parent_id.is_none() || m.kind == MessageKind::Line)
    );
}

#[test]
fn every_mechanic_describes_its_settings() {
    for entry in ALL {
        let schema = (entry.file.schema)();
        assert_eq!(schema["type"], "object", "{}", entry.file.name);
        assert_eq!(schema["additionalProperties"], false, "{}", entry.file.name);
        for (key, field) in schema["properties"].as_object().unwrap() {
            assert!(
                field["description"].is_string(),
                "{}.{key}",
                entry.file.name
            );
        }
    }
}
