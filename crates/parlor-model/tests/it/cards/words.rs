//! Greetings, instructions and examples.

use super::{card, v3};
use parlor_model::card::Filling;
use parlor_model::{Dice, Slug};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

fn filling(conversation: u128) -> Filling {
    let card = Arc::new(card(&v3()));
    let marla = card.character(Slug::new("marla-quince").unwrap());
    let dice = Dice::new(7, Uuid::from_u128(1));
    Filling::new(
        &marla,
        &["Ross".to_owned()],
        Some(Uuid::from_u128(conversation)),
        dice,
    )
}

#[test]
fn the_nickname_stands_for_the_character_and_the_other_for_the_user() {
    let text = card(&v3()).description(&filling(1)).unwrap();
    assert_eq!(text, "Marla keeps the lighthouse and distrusts Ross.");
}

#[test]
fn instructions_may_quote_the_programs_own() {
    let text = card(&v3()).system(&filling(1), "Be yourself.").unwrap();
    assert_eq!(text, "Be yourself. Never mention the sea.");
    assert_eq!(
        card(&json!({ "name": "Bo" })).system(&filling(1), "x"),
        None
    );
}

#[test]
fn every_greeting_opens_some_conversations_and_a_seed_repeats() {
    let card = card(&v3());
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for conversation in 0..300 {
        let greeting = card.greeting(&filling(conversation), false).unwrap();
        assert_eq!(
            card.greeting(&filling(conversation), false).unwrap(),
            greeting
        );
        *seen.entry(greeting).or_default() += 1;
    }
    let greetings: Vec<_> = seen.keys().map(String::as_str).collect();
    assert_eq!(
        greetings,
        ["Mind the step, Ross.", "The lamp is lit.", "You are late."]
    );
    assert!(seen.values().all(|count| *count > 60), "{seen:?}");
}

#[test]
fn a_group_has_greetings_of_its_own_as_well() {
    let card = card(&v3());
    let group = (0..300).filter_map(|c| card.greeting(&filling(c), true));
    assert!(
        group
            .into_iter()
            .any(|greeting| greeting == "All of you, mind the step.")
    );
}

#[test]
fn a_card_without_greetings_greets_nobody() {
    let card = card(&json!({ "name": "Bo", "first_mes": "  " }));
    assert_eq!(card.greeting(&filling(1), true), None);
}

#[test]
fn examples_are_parted_and_know_who_speaks() {
    let mut json = v3();
    json["data"]["mes_example"] = json!(
        "<START>\n{{user}}: Is it far?\n{{char}}: Far enough.\nTake a coat.\n<start>\nMarla: Hm: {{user}}.\n<START>\n"
    );
    let examples = card(&json).examples(&filling(1));
    let lines: Vec<Vec<(bool, &str)>> = examples
        .iter()
        .map(|e| e.lines.iter().map(|l| (l.by_me, l.text.as_str())).collect())
        .collect();
    assert_eq!(
        lines,
        [
            vec![(false, "Is it far?"), (true, "Far enough.\nTake a coat.")],
            vec![(true, "Hm: Ross.")],
        ]
    );
}
