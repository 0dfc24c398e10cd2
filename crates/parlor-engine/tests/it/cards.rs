//! Characters with cards: greetings open conversations, lore comes up.

use crate::stage::{Stage, world_of};
use parlor_model::card::Card;
use parlor_model::{Character, Slug};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;

fn marla() -> Character {
    let card = json!({ "spec": "chara_card_v3", "spec_version": "3.0", "data": {
        "name": "Marla Quince", "nickname": "Marla",
        "first_mes": "Mind the step, {{user}}. *{{char}} turns*",
        "alternate_greetings": ["You are late.", "The lamp is lit."],
        "character_book": { "entries": [
            { "keys": ["table"], "content": "The table belonged to {{user}}.", "enabled": true, "insertion_order": 1 },
            { "keys": ["harpoon"], "content": "Never speak of it.", "enabled": true, "insertion_order": 2 },
        ] },
    }});
    let card = Arc::new(Card::parse(card.to_string().as_bytes()).unwrap());
    Character {
        dialect: "d".into(),
        ..card.character(Slug::new("marla-quince").unwrap())
    }
}

fn stage(seed: u64) -> Stage {
    let ross = Character {
        dialect: "d".into(),
        ..Character::new(Slug::new("ross").unwrap(), "Ross")
    };
    let world = world_of(
        vec![marla(), ross],
        json!({ "exchange_limit": { "max": 6 } }),
    );
    Stage::new(world, seed)
}

fn opened(stage: &mut Stage, from: &str, to: &str, key: u128) -> String {
    let before = stage.messages.len();
    stage.start(from, to, key);
    stage.run();
    stage.messages[before].message.text.clone()
}

#[test]
fn the_greetings_of_a_card_open_conversations_and_a_seed_repeats() {
    let greetings = |seed: u64| -> Vec<String> {
        let mut stage = stage(seed);
        (0..40)
            .map(|key| opened(&mut stage, "Marla Quince", "Ross", key))
            .collect()
    };
    let distinct: BTreeSet<String> = greetings(7).into_iter().collect();
    assert_eq!(
        distinct.iter().map(String::as_str).collect::<Vec<_>>(),
        [
            "Mind the step, Ross. *Marla turns*",
            "The lamp is lit.",
            "You are late."
        ]
    );
    assert_eq!(greetings(7), greetings(7));
    assert_ne!(greetings(7), greetings(8));
}

#[test]
fn who_is_greeted_answers_and_has_no_greeting_of_their_own() {
    let mut stage = stage(7);
    let text = opened(&mut stage, "Ross", "Marla Quince", 1);
    assert!(
        text.contains("table") || text.contains("hate") || text.contains("love"),
        "{text}"
    );
    assert_eq!(stage.messages.len(), 6);
}

#[test]
fn lore_comes_up_when_its_keys_are_said_and_only_for_its_character() {
    let mut stage = stage(7);
    for key in 0..10 {
        opened(&mut stage, "Ross", "Marla Quince", key);
    }
    let mut seen = 0;
    for asked in &stage.asked {
        let is_said = asked
            .prompt
            .memory
            .iter()
            .any(|line| line.text.contains("table"));
        let lore: Vec<_> = asked
            .prompt
            .lore
            .iter()
            .map(|lore| lore.text.as_str())
            .collect();
        if asked.speaker == "Marla Quince" && is_said {
            assert_eq!(lore, ["The table belonged to Ross."]);
            seen += 1;
        } else {
            assert!(lore.is_empty(), "{lore:?}");
        }
    }
    assert!(seen > 5, "{seen}");
}
