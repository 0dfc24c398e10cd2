use crate::support::{line, reply, with_dice};
use parlor_dialect::grammar::Grammar;
use parlor_model::dice::Dice;
use parlor_model::{Purpose, Quote};
use proptest::prelude::*;
use serde_json::json;
use std::collections::HashSet;
use uuid::Uuid;

fn grammar(rules: serde_json::Value) -> Grammar {
    Grammar::parse(&rules.to_string()).unwrap()
}

fn expand(rules: serde_json::Value) -> String {
    grammar(rules).expand("origin", &mut Dice::new(1, Uuid::nil()).roll("test"))
}

fn say(rules: serde_json::Value, heard: &str) -> String {
    grammar(rules).line(&reply(heard)).unwrap()
}

#[test]
fn every_rule_of_a_symbol_comes_up() {
    let grammar = grammar(json!({"origin": ["a", "b", "c"]}));
    let mut roll = Dice::new(1, Uuid::nil()).roll("test");
    let said: HashSet<_> = (0..100)
        .map(|_| grammar.expand("origin", &mut roll))
        .collect();
    assert_eq!(said.len(), 3);
}

#[test]
fn modifiers_chain_from_left_to_right() {
    assert_eq!(
        expand(json!({"origin": "#x.a.capitalize#", "x": "oyster"})),
        "An oyster"
    );
    assert_eq!(
        expand(json!({"origin": "#x.replace(o,0).s.inQuotes#", "x": "foot"})),
        "\"f00ts\""
    );
}

#[test]
fn an_action_in_a_rule_holds_until_it_is_popped() {
    let rules =
        json!({"origin": "#x#[x:two]#x#[x:#y#]#x#[x:POP]#x#[x:POP]#x#", "x": "one", "y": "three"});
    assert_eq!(expand(rules), "onetwothreetwoone");
}

#[test]
fn an_action_in_a_tag_holds_for_that_tag() {
    let rules = json!({"origin": "#[who:Ada]line# #who#", "line": "#who# smiles.", "who": "Bo"});
    assert_eq!(expand(rules), "Ada smiles. Bo");
}

#[test]
fn a_pushed_symbol_is_chosen_once() {
    let names: Vec<_> = (0..50).map(|n| n.to_string()).collect();
    let rules = json!({"origin": "[hero:#name#]#hero# #hero#", "name": names});
    let said = expand(rules);
    let (first, second) = said.split_once(' ').unwrap();
    assert_eq!(first, second);
}

#[test]
fn an_action_may_push_a_list_or_run_a_symbol() {
    assert!(["a", "b"].contains(&expand(json!({"origin": "[x:a,b]#x#"})).as_str()));
    assert_eq!(
        expand(json!({"origin": "[#set#]#x#", "set": "dropped[x:kept]"})),
        "kept"
    );
}

#[test]
fn an_unknown_symbol_shows_itself() {
    assert_eq!(expand(json!({"origin": "a #b# c"})), "a ((b)) c");
}

#[test]
fn the_most_specific_rule_answers() {
    let all = [
        ("reply:food@joey", "own food"),
        ("reply:food", "food"),
        ("reply:question@joey", "own question"),
        ("reply:question", "question"),
        ("reply@joey", "own"),
        ("reply", "reply"),
        ("origin", "origin"),
    ];
    for from in 0..all.len() {
        let mut rules = json!({"cue:food": ["ham"], "reply:food@ross": "not mine"});
        for (name, text) in &all[from..] {
            rules[name] = json!(text);
        }
        assert_eq!(say(rules, "Is there ham?"), all[from].1);
    }
}

#[test]
fn feelings_questions_and_shouts_are_cues() {
    let rules = json!({"origin": "-", "reply:angry": "angry", "reply:kind": "kind",
        "reply:question": "?", "reply:shout": "!", "reply:before": "#before#"});
    let grammar = grammar(rules);
    let answer = |text, sentiment| {
        let mut prompt = reply(text);
        prompt.memory = vec![line("Ross", text, sentiment)];
        grammar.line(&prompt).unwrap()
    };
    assert_eq!(answer("No", -0.5), "angry");
    assert_eq!(answer("No", 0.5), "kind");
    assert_eq!(answer("No?", 0.0), "?");
    assert_eq!(answer("No!", 0.49), "!");
    assert_eq!(answer("No.", 0.0), "-");
    let mut prompt = reply("No.");
    prompt
        .memory
        .insert(0, line("Ross", "The pigeons are back.", 0.0));
    assert_eq!(grammar.line(&prompt).unwrap(), "pigeons");
}

#[test]
fn a_conversation_opens_gossips_comments_and_closes_with_rules_of_its_own() {
    let grammar = grammar(json!({"open": "open", "reply": "reply", "last": "last",
        "gossip": "#who#: #quote#", "aside@joey": "aside to #you#"}));
    let mut prompt = reply("Well.");
    prompt.last = true;
    assert_eq!(grammar.line(&prompt).unwrap(), "last");
    prompt.purpose = Purpose::Open;
    assert_eq!(grammar.line(&prompt).unwrap(), "open");
    prompt.purpose = Purpose::Gossip(Quote {
        who: "Rachel".into(),
        text: "I quit!".into(),
    });
    assert_eq!(grammar.line(&prompt).unwrap(), "Rachel: I quit!");
    prompt.purpose = Purpose::Aside;
    prompt.to.clear();
    assert_eq!(grammar.line(&prompt).unwrap(), "aside to Ross");
}

#[test]
fn provided_symbols_say_what_the_prompt_knows() {
    let mut prompt = reply("You ate the whole cheesecake, Joey, and Rachel saw it");
    prompt.to = vec!["Ross".into(), "Chandler".into()];
    let rules =
        json!({"reply": "#me#|#you#|#topic#|#keyword#|#catchphrase#|#like#|#other#|#heard#"});
    let grammar = grammar(rules).with_cast(vec!["Rachel".into(), "Ross".into()]);
    assert_eq!(
        grammar.line(&prompt).unwrap(),
        "Joey|Ross and Chandler|the rent|cheesecake|So it goes|naps|Rachel|\
         You ate the whole cheesecake, Joey, and Rachel saw it"
    );
}

#[test]
fn the_grammars_own_words_stand_in_for_what_is_not_there() {
    let mut prompt = reply("Oh");
    prompt.topic = None;
    let rules = json!({"reply": "#topic#, #other#, #who#", "topic": "the weather"});
    assert_eq!(
        grammar(rules).line(&prompt).unwrap(),
        "the weather, somebody, somebody"
    );
}

#[test]
fn a_heard_line_is_data() {
    for hostile in [
        "#origin#",
        "[x:y]#x#",
        "((x))",
        "\\#a#",
        "#reply.capitalize#",
        "#[a:b]c#",
    ] {
        let rules = json!({"reply": "You said: #heard#", "x": "expanded", "origin": "expanded"});
        assert_eq!(say(rules, hostile), format!("You said: {hostile}"));
        let pushed = json!({"reply": "[said:#heard#]You said: #said#", "x": "expanded", "origin": "expanded"});
        assert_eq!(say(pushed, hostile), format!("You said: {hostile}"));
    }
}

#[test]
fn a_heard_line_cant_break_the_line() {
    let rules = json!({"reply": "\"#heard#\""});
    assert_eq!(
        say(rules.clone(), "a\r\nb\u{1b}[2J \"c\""),
        "\"a b [2J 'c'\""
    );
    assert!(say(rules, &"x ".repeat(100_000)).chars().count() < 120);
}

#[test]
fn the_very_same_line_is_rolled_again() {
    let grammar = grammar(json!({"reply": ["one", "two", "three", "four"]}));
    let repeats = (0..200)
        .filter(|n| {
            let mut prompt = with_dice(reply("one"), *n);
            prompt.memory = vec![line("Ross", "one", 0.0)];
            grammar.line(&prompt).unwrap() == "one"
        })
        .count();
    // A quarter each time, four times: one in 256.
    assert!(repeats < 10, "{repeats}");
}

#[test]
fn the_same_prompt_gives_the_same_words_and_other_dice_others() {
    let rules: Vec<_> = (0..1_000).map(|n| n.to_string()).collect();
    let grammar = grammar(json!({"origin": rules}));
    let prompt = reply("Oh");
    assert_eq!(grammar.line(&prompt), grammar.line(&prompt));
    let said: HashSet<_> = (0..50)
        .map(|n| grammar.line(&with_dice(reply("Oh"), n)))
        .collect();
    assert!(said.len() > 40);
}

#[test]
fn a_grammar_that_leads_back_to_itself_ends() {
    for rules in [
        json!({"origin": "#origin#"}),
        json!({"origin": "x#origin##origin#"}),
        json!({"origin": "#a##a#", "a": "#b##b#", "b": "#origin##origin#"}),
        json!({"origin": "[x:#origin##origin#]#x#"}),
        json!({"origin": "#origin.capitalize.s#"}),
    ] {
        let line = grammar(rules).line(&reply("Oh")).unwrap();
        assert!(line.chars().count() <= 2_000);
    }
}

#[test]
fn the_check_finds_what_is_wrong() {
    for (rules, part) in [
        (
            json!({"origin": "#dnier#", "dinner": "x"}),
            "symbol 'origin', rule 1: there is no symbol 'dnier' (is it 'dinner'?)",
        ),
        (
            json!({"origin": "#me.loud#"}),
            "there is no modifier 'loud'",
        ),
        (json!({"start": "x"}), "nowhere to begin"),
        (json!({"origin": "x", "empty": []}), "'empty' has no rules"),
        (
            json!({"origin": "x", "loop": "a #loop#"}),
            "'loop' can never end",
        ),
        (
            json!({"origin": "x", "cue:food": "ham", "reply:fod": "y"}),
            "is it 'food'?",
        ),
    ] {
        let problems = grammar(rules).problems();
        assert!(
            problems.iter().any(|problem| problem.contains(part)),
            "{part}: {problems:?}"
        );
    }
    let good = json!({"open": "#you#", "reply": "[x:#me#]#x.a#", "cue:food": "ham", "reply:food@joey": "yes"});
    assert_eq!(grammar(good).problems(), Vec::<String>::new());
}

#[test]
fn a_fault_names_its_place() {
    let fault = |json: &str| Grammar::parse(json).unwrap_err().to_string();
    assert!(
        fault("{\n  \"a\": 1}").contains("line 2 column 8"),
        "{}",
        fault("{\n  \"a\": 1}")
    );
    assert!(fault("{\"a\": \"x\", \"a\": \"y\"}").contains("'a' stands here a second time"));
    assert!(fault("[1]").contains("expected an object of symbols"));
    let two = fault(r#"{"a": ["ok", "no #b"], "c": "]"}"#);
    assert!(
        two.contains("symbol 'a', rule 2, column 4") && two.contains("symbol 'c', rule 1"),
        "{two}"
    );
}

/// Texts made of what means something to a grammar.
fn rule_text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("#".to_owned()),
        Just("[".to_owned()),
        Just("]".to_owned()),
        Just(":".to_owned()),
        Just(",".to_owned()),
        Just(".".to_owned()),
        Just("\\".to_owned()),
        Just("POP".to_owned()),
        Just("#a#".to_owned()),
        Just("#b.a.s#".to_owned()),
        Just("[a:#b#]".to_owned()),
        Just("#[b:x,#a#]origin.ed#".to_owned()),
        Just("#a.replace(x,y)#".to_owned()),
        "[a-cäß ]{0,4}",
    ];
    prop::collection::vec(part, 0..8).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn any_json_parses_or_errs(text in "[\\PC\\n]{0,200}") {
        let _ = Grammar::parse(&text);
    }

    #[test]
    fn any_grammar_that_parses_ends(
        rules in prop::collection::btree_map("origin|a|b|reply:a|cue:a", prop::collection::vec(rule_text(), 0..4), 1..5),
        heard in "\\PC{0,80}",
    ) {
        if let Ok(grammar) = Grammar::parse(&json!(rules).to_string()) {
            let _ = grammar.problems();
            if let Some(line) = grammar.line(&reply(&heard)) {
                prop_assert!(!line.is_empty() && line.chars().count() <= 2_000);
            }
        }
    }
}
