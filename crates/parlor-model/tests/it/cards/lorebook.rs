//! Which lore is active, and where it goes.

use super::{card, v3};
use parlor_model::card::Card;
use parlor_model::card::lore::{Budget, Lore, LorePlace, LoreRole, Talk, active, of_prompt};
use parlor_model::{ConversationId, Dice, MessageKind, Prompt, PromptLine, Purpose, Slug};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

const AMPLE: Budget = Budget { tokens_max: 4_000 };

/// A card with these entries; what an entry leaves out is filled in.
fn with_book(entries: Value, book: Value) -> Card {
    let mut json = v3();
    let mut entries = entries;
    for (index, entry) in entries.as_array_mut().unwrap().iter_mut().enumerate() {
        let entry = entry.as_object_mut().unwrap();
        entry.entry("keys").or_insert(json!([]));
        entry.entry("enabled").or_insert(json!(true));
        entry.entry("insertion_order").or_insert(json!(index));
    }
    let mut book = book;
    book["entries"] = entries;
    json["data"]["character_book"] = book;
    card(&json)
}

fn found(card: &Card, lines: &[&str]) -> Vec<String> {
    let talk = Talk {
        lines,
        ..Talk::default()
    };
    contents(card, &talk, AMPLE)
}

fn contents(card: &Card, talk: &Talk<'_>, budget: Budget) -> Vec<String> {
    let book = card.fields().book.as_ref().unwrap();
    active(book, talk, budget)
        .iter()
        .map(|entry| entry.content.clone())
        .collect()
}

#[test]
fn an_entry_is_active_when_one_of_its_keys_is_said() {
    let card = with_book(
        json!([{ "keys": ["lamp", "whale oil"], "content": "A" }]),
        json!({}),
    );
    assert_eq!(found(&card, &["Light the LAMP!"]), ["A"]);
    assert_eq!(found(&card, &["Whale oil, again."]), ["A"]);
    assert!(found(&card, &["Light the candle."]).is_empty());
    assert!(found(&card, &[]).is_empty());
}

#[test]
fn case_matters_where_the_entry_says_so() {
    let card = with_book(
        json!([
            { "keys": ["Straße"], "content": "any" },
            { "keys": ["Straße"], "case_sensitive": true, "content": "exact" },
        ]),
        json!({}),
    );
    assert_eq!(found(&card, &["die STRASSE"]), [""; 0]);
    assert_eq!(found(&card, &["die straße"]), ["any"]);
    assert_eq!(found(&card, &["die Straße"]), ["any", "exact"]);
}

#[test]
fn a_selective_entry_needs_a_secondary_key_as_well() {
    let entry = |selective: bool| {
        let entry = json!([{
            "keys": ["lamp"], "secondary_keys": ["storm"], "selective": selective, "content": "A",
        }]);
        with_book(entry, json!({}))
    };
    assert!(found(&entry(true), &["the lamp"]).is_empty());
    assert_eq!(found(&entry(true), &["a storm", "the lamp"]), ["A"]);
    assert_eq!(found(&entry(false), &["the lamp"]), ["A"]);
}

#[test]
fn a_constant_entry_is_always_there_and_a_disabled_one_never() {
    let card = with_book(
        json!([
            { "constant": true, "content": "always" },
            { "constant": true, "enabled": false, "content": "never" },
            { "constant": true, "enabled": false, "content": "@@activate\nnever" },
            { "constant": true, "content": "  " },
        ]),
        json!({}),
    );
    assert_eq!(found(&card, &[]), ["always"]);
}

#[test]
fn only_the_latest_lines_are_searched() {
    let card = with_book(
        json!([
            { "keys": ["lamp"], "content": "book" },
            { "keys": ["lamp"], "content": "@@scan_depth 3\nentry" },
        ]),
        json!({ "scan_depth": 2 }),
    );
    assert_eq!(found(&card, &["lamp", "b"]), ["book", "entry"]);
    assert_eq!(found(&card, &["lamp", "b", "c"]), ["entry"]);
    assert!(found(&card, &["lamp", "b", "c", "d"]).is_empty());
}

#[test]
fn insertion_order_decides_what_comes_first() {
    let card = with_book(
        json!([
            { "keys": ["x"], "content": "late", "insertion_order": 100 },
            { "keys": ["x"], "content": "early", "insertion_order": -1 },
            { "keys": ["x"], "content": "middle", "insertion_order": 2.5 },
        ]),
        json!({}),
    );
    assert_eq!(found(&card, &["x"]), ["early", "middle", "late"]);
}

#[test]
fn over_the_budget_the_lowest_priority_goes_first() {
    let text = |word: &str| format!("{word} {}", "x".repeat(35));
    let card = with_book(
        json!([
            { "constant": true, "content": text("last"), "priority": 1 },
            { "constant": true, "content": text("first"), "priority": 9 },
            { "constant": true, "content": format!("@@ignore_on_max_context\n{}", text("spare")), "priority": 99 },
            { "constant": true, "content": text("second"), "priority": 5 },
        ]),
        json!({ "token_budget": 24 }),
    );
    let words: Vec<_> = found(&card, &[])
        .iter()
        .map(|t| t[..5].trim().to_owned())
        .collect();
    assert_eq!(words, ["first", "secon"]);
    assert!(contents(&card, &Talk::default(), Budget { tokens_max: 5 }).is_empty());
}

#[test]
fn an_entry_may_bring_up_others_where_the_book_allows_it() {
    let entries = || {
        json!([
            { "keys": ["lamp"], "content": "It burns oil. {{// ghost}}{{hidden_key:cellar}}" },
            { "keys": ["oil"], "content": "Oil comes from the whale." },
            { "keys": ["whale"], "content": "The whale is white." },
            { "keys": ["cellar"], "content": "The cellar is wet." },
            { "keys": ["ghost"], "content": "Nobody saw it." },
        ])
    };
    assert_eq!(found(&with_book(entries(), json!({})), &["lamp"]).len(), 1);
    let recursive = with_book(
        entries(),
        json!({ "recursive_scanning": true, "scan_depth": 1 }),
    );
    let words = found(&recursive, &["lamp"]);
    assert_eq!(words.len(), 4, "{words:?}");
    assert!(!words.iter().any(|text| text.contains("Nobody")));
}

#[test]
fn patterns_are_regular_expressions_bare_or_between_slashes() {
    let pattern = |pattern: &str| {
        with_book(
            json!([{ "keys": [pattern], "use_regex": true, "content": "A" }]),
            json!({}),
        )
    };
    assert_eq!(
        found(&pattern(r"\bst(or|ur)m\b"), &["the STURM comes"]),
        ["A"]
    );
    assert_eq!(
        found(&pattern(r"/\bstorm\b/"), &["the STORM comes"]),
        [""; 0]
    );
    assert_eq!(
        found(&pattern(r"/\bstorm\b/i"), &["the STORM comes"]),
        ["A"]
    );
    assert_eq!(found(&pattern(r"/^a.b$/ms"), &["x\na\nb\ny"]), ["A"]);
    assert_eq!(found(&pattern("灯塔+"), &["那座灯塔塔"]), ["A"]);
}

#[test]
fn a_pattern_that_needs_backtracking_is_reported_and_ignored() {
    let card = with_book(
        json!([{
            "name": "Storm", "use_regex": true, "content": "A",
            "keys": [r"(a)\1", "(?<=x)y", "[", "(a{1000}){1000}", "fine"],
        }]),
        json!({}),
    );
    assert_eq!(card.warnings().len(), 4, "{:#?}", card.warnings());
    assert!(
        card.warnings()[0].contains("'Storm' has a pattern '(a)\\1'"),
        "{:?}",
        card.warnings()
    );
    assert_eq!(found(&card, &["aa xy fine"]), ["A"]);
    assert!(found(&card, &["aa xy ["]).is_empty());
}

#[test]
fn decorators_say_more_of_when() {
    let card =
        |content: &str| with_book(json!([{ "keys": ["lamp"], "content": content }]), json!({}));
    let said = |content: &str, said: u32| {
        let talk = Talk {
            lines: &["the lamp"],
            said,
            greeting: Some(1),
        };
        contents(&card(content), &talk, AMPLE) == ["A"]
    };
    assert!(said("@@activate_only_after 2\nA", 2) && !said("@@activate_only_after 2\nA", 1));
    assert!(said("@@activate_only_every 2\n\nA", 4) && !said("@@activate_only_every 2\nA", 3));
    assert!(said("@@is_greeting 1\nA", 0) && !said("@@is_greeting 0\nA", 0));
    assert!(!said("@@dont_activate\nA", 0) && said("@@dont_activate\n@@activate\nA", 0));
    assert!(!said("@@additional_keys oil,wick\nA", 0) && said("@@additional_keys oil, the\nA", 0));
    assert!(!said("@@exclude_keys the\nA", 0) && said("@@exclude_keys oil\nA", 0));
    // The first of a name counts; what makes no sense does not.
    assert!(said(
        "@@activate_only_after x\n@@activate_only_after 0\n@@activate_only_after 9\nA",
        0
    ));
    // A fallback counts only where its decorator is not known.
    assert!(!said("@@odd 4\n@@@other\n@@@activate_only_after 3\nA", 0));
    assert!(said("@@activate_only_after 0\n@@@dont_activate\nA", 0));
    assert_eq!(found(&card("@@activate\nA"), &[]), ["A"]);
}

fn prompt(card: Card, lines: &[&str]) -> Prompt {
    let marla = Arc::new(card).character(Slug::new("marla-quince").unwrap());
    let memory = lines.iter().map(|text| PromptLine {
        from: "Ross".into(),
        text: (*text).to_owned(),
        kind: MessageKind::Line,
        sentiment: 0.0,
    });
    Prompt {
        conversation: Some(ConversationId(Uuid::from_u128(5))),
        to: vec!["Ross".into()],
        present: vec!["Ross".into(), "Marla Quince".into()],
        memory: memory.collect(),
        order: 2,
        ..Prompt::new(
            Arc::new(marla),
            Purpose::Reply,
            Dice::new(7, Uuid::from_u128(1)),
        )
    }
}

#[test]
fn lore_goes_where_the_entry_or_its_decorators_say_with_macros_filled() {
    let card = with_book(
        json!([
            { "constant": true, "content": "{{char}} knows {{user}}." },
            { "constant": true, "position": "after_char", "content": "b" },
            { "constant": true, "position": "after_char", "content": "@@depth 4\n@@role user\nc" },
            { "constant": true, "content": "@@depth 0\n@@position scenario\nd" },
            { "constant": true, "content": "@@position nowhere\ne" },
            { "constant": true, "content": "{{// only a note}}" },
        ]),
        json!({}),
    );
    let lore = |text: &str, place, role| Lore {
        text: text.into(),
        place,
        role,
    };
    use {LorePlace as At, LoreRole as By};
    assert_eq!(
        of_prompt(&prompt(card, &["hi"])),
        [
            lore("Marla knows Ross.", At::BeforeDescription, By::System),
            lore("b", At::AfterDescription, By::System),
            lore("c", At::Depth(4), By::User),
            lore("d", At::Scenario, By::System),
            lore("e", At::BeforeDescription, By::System),
        ]
    );
}

#[test]
fn what_a_conversation_is_about_brings_lore_up_before_anything_is_said() {
    let card = with_book(json!([{ "keys": ["lamp"], "content": "A" }]), json!({}));
    let mut prompt = prompt(card, &[]);
    assert!(of_prompt(&prompt).is_empty());
    prompt.topic = Some("the old lamp".into());
    assert_eq!(of_prompt(&prompt).len(), 1);
}

/// A debug build on a busy machine has to stay below it as well.
const IN_TIME: Duration = Duration::from_secs(10);

#[test]
fn a_book_made_to_cost_time_costs_little() {
    let evil = [
        r"(a+)+$",
        r"(a|aa)+$",
        r"(.*)*x",
        r"([a-z]+\s?)+!",
        r"(\w+\d+)+;",
    ];
    let mut entries: Vec<Value> = (0..300)
        .map(|n| json!({ "keys": [format!("{}{{1,{}}}", evil[n % 5], n % 9 + 1)], "use_regex": true, "content": "a".repeat(500) }))
        .collect();
    let nested: Vec<String> = (1..700).map(|n| "a".repeat(n)).collect();
    entries.push(json!({ "keys": nested, "content": "b" }));
    entries.extend((0..3_000).map(
        |n| json!({ "keys": [format!("k{n} ")], "content": format!("k{} k{} ", n + 1, n + 2) }),
    ));
    let start = Instant::now();
    let card = with_book(json!(entries), json!({ "recursive_scanning": true }));
    assert!(
        card.warnings()
            .iter()
            .any(|w| w.contains("more than 2000 entries")),
        "{:?}",
        card.warnings()
    );
    let line = "a".repeat(20_000);
    let lines = [line.as_str(); 20];
    let _ = found(&card, &lines);
    let _ = found(&card, &["k0 k1 "]);
    assert!(start.elapsed() < IN_TIME, "{:?}", start.elapsed());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]
    #[test]
    fn no_book_makes_the_search_fail(
        keys in proptest::collection::vec(r"[a-c()|*+?\\\[\]{}1-3.^$/é ]{0,12}", 0..6),
        content in r"(@@@?(depth|role|scan_depth|is_greeting|activate_only_every|additional_keys|x)( ?-?[0-9a-c,]{0,4})?\n){0,4}[a-c é]{0,10}",
        line in "[a-cé ]{0,30}",
        flags in any::<[bool; 5]>(),
        number in proptest::num::f64::ANY,
    ) {
        let [use_regex, case_sensitive, selective, constant, recursive] = flags;
        let card = with_book(
            json!([
                { "keys": keys, "secondary_keys": "a,b", "content": content, "use_regex": use_regex,
                  "case_sensitive": case_sensitive, "selective": selective, "constant": constant,
                  "insertion_order": number, "priority": number },
                { "keys": ["b"], "content": "a b c" },
            ]),
            json!({ "recursive_scanning": recursive, "scan_depth": number, "token_budget": number }),
        );
        prop_assert!(found(&card, &[&line, "é", &line]).len() <= 2);
    }
}
