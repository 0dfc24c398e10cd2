//! What macros stand for.

use parlor_model::Dice;
use parlor_model::card::Filling;
use proptest::prelude::*;
use uuid::Uuid;

fn filling(event: u128) -> Filling {
    let dice = Dice::new(7, Uuid::from_u128(event));
    Filling {
        me: "Marla".into(),
        other: "{{roll:6}} & {{char}}".into(),
        dice,
        lasting: dice.about(Uuid::from_u128(99)),
    }
}

fn fill(text: &str) -> String {
    filling(1).fill("test", text)
}

#[test]
fn names_are_filled_in_whatever_their_case() {
    assert_eq!(
        fill("{{char}}, {{ CHAR }}, <BOT> and <char>"),
        "Marla, Marla, Marla and Marla"
    );
}

#[test]
fn nothing_expands_twice_so_that_a_name_stays_a_name() {
    assert_eq!(
        fill("{{user}} <user>"),
        "{{roll:6}} & {{char}} {{roll:6}} & {{char}}"
    );
    assert_eq!(fill("{{random:{{user}}}}"), "{{roll:6}} & {{char}}");
    assert_eq!(fill("{{ch{{comment: x}}ar}}"), "{{char}}");
}

#[test]
fn comments_and_hidden_keys_are_not_shown() {
    assert_eq!(
        fill("a{{// no {{user}} }}b{{comment: c}}d{{hidden_key:e}}f"),
        "abdf"
    );
}

#[test]
fn random_takes_one_of_its_options_and_the_dice_say_which() {
    let seen: std::collections::BTreeSet<_> = (0..200)
        .map(|event| filling(event).fill("x", r"{{random:one, two\, and a half,{{char}}}}"))
        .collect();
    assert_eq!(
        seen.into_iter().collect::<Vec<_>>(),
        ["Marla", "one", "two, and a half"]
    );
    let text = "{{random:a,b,c,d}}{{roll:100}}".repeat(5);
    assert_eq!(filling(3).fill("x", &text), filling(3).fill("x", &text));
    assert_ne!(filling(3).fill("x", &text), filling(4).fill("x", &text));
}

#[test]
fn pick_stays_the_same_for_a_whole_conversation() {
    let text = "{{pick:a,b,c,d,e,f,g,h}}{{pick::1::2::3::4}}";
    let first = filling(1).fill("scenario", text);
    assert!((2..50).all(|event| filling(event).fill("scenario", text) == first));
}

#[test]
fn a_die_has_as_many_sides_as_it_says() {
    let rolls = |text: &str| -> Vec<u32> {
        (0..300)
            .map(|event| filling(event).fill("x", text).parse().unwrap())
            .collect()
    };
    for text in ["{{roll:6}}", "{{roll:d6}}", "{{ROLL: D6 }}"] {
        let rolls = rolls(text);
        assert_eq!(
            (rolls.iter().min(), rolls.iter().max()),
            (Some(&1), Some(&6))
        );
    }
    assert_eq!(fill("{{roll:0}} {{roll:x}}"), "{{roll:0}} {{roll:x}}");
}

#[test]
fn reverse_turns_its_argument_around() {
    assert_eq!(fill("{{reverse:aé👩‍🚀z}}"), "z👩‍🚀éa");
}

#[test]
fn what_is_no_macro_stays() {
    for text in [
        "{{unknown}}",
        "{{",
        "}} {{x",
        "a { b }",
        "{{char",
        "{{char:x}}",
        "<users>",
    ] {
        assert_eq!(fill(text), text);
    }
    assert_eq!(fill("{{if:{{char}}}}"), "{{if:Marla}}");
}

#[test]
fn a_text_of_nothing_but_braces_takes_no_time() {
    for text in [
        "{".repeat(200_000),
        "{{random:".repeat(20_000),
        "{{reverse:a".repeat(9_000) + &"}}".repeat(9_000),
    ] {
        assert!(fill(&text).len() <= text.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn no_text_makes_filling_fail(text in r#"(\{\{|\}\}|:|,|\\|char|user|random|pick|roll|reverse|//|é|<|>| ){0,60}"#) {
        let _ = fill(&text);
    }
}
