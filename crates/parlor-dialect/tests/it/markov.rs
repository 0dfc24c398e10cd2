//! Chains of words: what they learn, how they answer, and what bytes can do to them (RC-18).

use crate::support::{line, reply, with_dice};
use parlor_dialect::markov::{InvalidModel, Markov, Order, TrainError, Trainer, pack};
use std::collections::HashSet;

fn bytes_of(text: &str, order: Option<u8>) -> Vec<u8> {
    let mut trainer = Trainer::new(order.and_then(Order::new));
    trainer.add(text);
    trainer.finish().unwrap().0
}

fn model(text: &str, order: Option<u8>) -> Markov {
    Markov::read(&bytes_of(text, order)).unwrap()
}

/// Lines for many dice.
fn lines(model: &Markov, heard: &str, count: u128) -> Vec<String> {
    (0..count)
        .map(|n| model.line(&with_dice(reply(heard), n)))
        .collect()
}

const CATS: &str = "The cat sat on the mat. The dog sat on the cat. A bird ate the cake on the mat! \
    Who ate the bird? The dog likes the bird.";

#[test]
fn a_chain_says_what_was_never_written() {
    let said: HashSet<String> = lines(&model(CATS, Some(1)), "hm", 300)
        .into_iter()
        .collect();
    assert!(
        said.iter().any(|line| !CATS.contains(line.as_str())),
        "{said:?}"
    );
    assert!(said.len() > 30);
    for line in said {
        for word in line.split(' ') {
            assert!(CATS.contains(word.trim_end_matches('…')), "{word}: {line}");
        }
    }
}

#[test]
fn a_line_goes_on_from_what_was_heard() {
    let model = model(CATS, Some(2));
    let about = |heard, word| {
        let said = lines(&model, heard, 200);
        said.iter()
            .filter(|line| line.to_lowercase().contains(word))
            .count()
    };
    assert!(about("Did somebody say CAKE?", "cake") > 140);
    assert!(about("hm", "cake") < 100);
}

#[test]
fn every_order_from_1_to_4_speaks() {
    assert_eq!(Order::new(0), None);
    assert_eq!(Order::new(5), None);
    for order in 1..=4 {
        let model = model(CATS, Some(order));
        assert_eq!(model.order(), order);
        assert!(
            lines(&model, "bird", 50)
                .iter()
                .all(|line| line.chars().count() > 1)
        );
    }
}

#[test]
fn chinese_is_written_without_spaces_and_takes_a_longer_memory() {
    let model = model(
        "我今天很高兴。你今天吃饭了吗？我明天去北京。你明天很忙吗？",
        None,
    );
    assert_eq!(model.order(), 4);
    for line in lines(&model, "今天", 100) {
        assert!(!line.contains(' '), "{line}");
    }
}

#[test]
fn german_keeps_its_compounds_and_marks() {
    let model = model(
        "Das Donaudampfschiff fährt um acht. Der Kapitän sagt, das Schiff fährt um neun, nicht um acht.",
        Some(1),
    );
    assert_eq!(model.order(), 1);
    for line in lines(&model, "Donaudampfschiff", 100) {
        assert!(!line.contains(" ,") && !line.contains(" ."), "{line}");
    }
}

#[test]
fn hindi_sentences_end_with_a_danda() {
    let model = model("मैं घर जा रहा हूँ। वह बाज़ार जा रहा है। मैं चाय पी रहा हूँ।", Some(2));
    for line in lines(&model, "चाय", 100) {
        assert!(line.ends_with('।') || line.ends_with('…'), "{line}");
        assert!(!line.contains(" ।"), "{line}");
    }
}

#[test]
fn a_line_is_bounded_and_whoever_just_said_it_is_not_repeated() {
    let endless = "na ".repeat(5_000);
    for line in lines(&model(&endless, Some(1)), "na", 20) {
        assert!(line.split(' ').count() <= 41, "{line}");
    }
    let two = model("Yes. No.", Some(2));
    let repeats = (0..200)
        .filter(|n| {
            let mut prompt = with_dice(reply("hm"), *n);
            prompt.memory.insert(0, line("Joey", "Yes.", 0.0));
            two.line(&prompt) == "Yes."
        })
        .count();
    assert!(repeats < 40, "{repeats}");
}

#[test]
fn the_same_text_gives_the_same_bytes_and_the_same_prompt_the_same_line() {
    assert_eq!(bytes_of(CATS, None), bytes_of(CATS, None));
    let model = model(CATS, None);
    assert_eq!(lines(&model, "cat", 20), lines(&model, "cat", 20));
}

#[test]
fn nothing_to_learn_from_is_an_error() {
    assert_eq!(Trainer::new(None).finish().unwrap_err(), TrainError::NoText);
    let mut trainer = Trainer::new(None);
    trainer.add(" \n\t ");
    assert_eq!(trainer.finish().unwrap_err(), TrainError::NoText);
}

#[test]
fn a_file_is_compact() {
    let text: String = (0..20_000)
        .map(|n| format!("Person {} likes thing {} very much. ", n % 97, n % 89))
        .collect();
    let bytes = bytes_of(&text, Some(2));
    assert!(
        bytes.len() * 5 < text.len(),
        "{} of {}",
        bytes.len(),
        text.len()
    );
}

#[test]
fn a_packed_model_is_smaller_and_says_the_same() {
    let plain = bytes_of(&CATS.repeat(3), Some(2));
    let packed = pack(&plain);
    assert!(packed.len() < plain.len());
    let (plain, packed) = (
        Markov::read(&plain).unwrap(),
        Markov::read(&packed).unwrap(),
    );
    assert_eq!(lines(&plain, "cat", 50), lines(&packed, "cat", 50));
}

#[test]
fn a_packed_model_is_a_strangers_file_too() {
    let packed = pack(&bytes_of(CATS, Some(2)));
    for end in 18..packed.len() {
        assert!(Markov::read(&packed[..end]).is_err(), "{end}");
    }
    for at in 17..packed.len() {
        let mut damaged = packed.clone();
        damaged[at] ^= 0x55;
        assert!(Markov::read(&damaged).is_err(), "{at}");
    }
    let mut bomb = b"parlor-markov\n\x01\x02\x00".to_vec();
    bomb.resize(65 << 20, 0);
    let bomb = pack(&bomb);
    assert!(bomb.len() < 1 << 20);
    let error = Markov::read(&bomb).unwrap_err();
    assert_eq!(error, InvalidModel::Packing("too large"));
}

#[test]
fn bytes_that_are_no_model_are_refused_in_words() {
    let good = bytes_of(CATS, Some(2));
    let fault = |bytes: &[u8]| Markov::read(bytes).unwrap_err();
    assert_eq!(fault(b"hello"), InvalidModel::NotAModel);
    let mut other = good.clone();
    other[14] = 9;
    assert_eq!(fault(&other), InvalidModel::Version(9));
    other[14] = 1;
    other[15] = 5;
    assert_eq!(fault(&other), InvalidModel::Order(5));
    let mut more = good.clone();
    more.push(0);
    assert!(matches!(fault(&more), InvalidModel::Damaged { .. }));
    for end in 14..good.len() {
        assert!(
            matches!(fault(&good[..end]), InvalidModel::CutShort(_)),
            "{end}"
        );
    }
}

#[test]
fn a_count_of_what_is_not_there_buys_no_memory() {
    let mut bytes = b"parlor-markov\n\x01\x02\x00".to_vec();
    // A million tokens are claimed, none is there.
    bytes.extend([0xbf, 0x84, 0x3d]);
    assert!(matches!(
        Markov::read(&bytes),
        Err(InvalidModel::CutShort(_))
    ));
    let mut bytes = b"parlor-markov\n\x01\x02\x00\x01\x01a".to_vec();
    bytes.extend([0xff, 0xff, 0xff, 0xff, 0x0f]);
    assert!(matches!(
        Markov::read(&bytes),
        Err(InvalidModel::CutShort(_))
    ));
}
