//! What is done with a hostile card: the fuzz target calls it, and `cargo test` does with a few
//! thousand inputs.

use parlor_model::card::{Card, Greetings, into_png, lore, plain_picture};
use parlor_model::dice::Dice;
use parlor_model::{ConversationId, MessageKind, Prompt, PromptLine, Purpose};
use std::sync::Arc;
use uuid::Uuid;

/// A card of any form: read, spoken from, written, read again.
pub(crate) fn card(bytes: &[u8]) {
    use_card(bytes);
    // A damaged picture is refused for its sums; with the sums right, what is behind them is met.
    if bytes.starts_with(b"\x89PNG") {
        let mut mended = bytes.to_vec();
        mend(&mut mended);
        use_card(&mended);
    }
}

fn use_card(bytes: &[u8]) {
    let Ok(card) = Card::parse(bytes) else {
        return;
    };
    assert!(!card.name().is_empty() && card.name().chars().count() <= 60);
    let card = Arc::new(card);
    speak(&card);
    let json = card.to_v3_json();
    let again = Card::parse(json.as_bytes()).expect("what is written can be read");
    assert_eq!(again.name(), card.name());
    let png = into_png(&plain_picture(), &card).expect("a picture of our own is whole");
    let back = Card::parse(&png).expect("a card in a picture can be read");
    assert_eq!(back.to_v3_json(), again.to_v3_json());
}

fn speak(card: &Arc<Card>) {
    let speaker = Arc::new(card.character(card.slug()));
    let memory = [&card.fields().description, &card.fields().first_mes]
        .map(|text| PromptLine {
            from: "Ross".to_owned(),
            text: text.clone(),
            kind: MessageKind::Line,
            sentiment: 0.0,
        })
        .to_vec();
    let prompt = Prompt {
        conversation: Some(ConversationId(Uuid::nil())),
        to: vec!["{{char}}".to_owned()],
        present: vec![speaker.name.clone(), "{{char}}".to_owned()],
        memory,
        ..Prompt::new(speaker, Purpose::Reply, Dice::new(7, Uuid::nil()))
    };
    let filling = parlor_model::card::Filling::of(&prompt);
    let once = lore::of_prompt(&prompt);
    assert_eq!(once, lore::of_prompt(&prompt), "the same dice say the same");
    let _ = (card.system(&filling, "x"), card.after(&filling, "x"));
    let _ = (card.examples(&filling), card.scenario(&filling));
    for in_group in [false, true] {
        let has_greetings = Greetings::new(card, in_group).all().next().is_some();
        assert!(has_greetings || card.greeting(&filling, in_group).is_none());
    }
}

/// Sets the sums of a picture right.
fn mend(bytes: &mut [u8]) {
    let mut at = 8;
    while let Some(head) = bytes.get(at..at + 4) {
        let length = u32::from_be_bytes(head.try_into().expect("four bytes")) as usize;
        let Some(end) = at.checked_add(length).and_then(|end| end.checked_add(8)) else {
            return;
        };
        if end + 4 > bytes.len() {
            return;
        }
        let sum = crc32fast::hash(&bytes[at + 4..end]).to_be_bytes();
        bytes[end..end + 4].copy_from_slice(&sum);
        at = end + 4;
    }
}
