//! Bad files and the words for what is wrong with them.

use crate::vocabulary::{before, problems, with};
use insta::assert_snapshot;
use parlor_model::world::check::{Vocabulary, load};

/// A dozen different mistakes, and more.
const BAD: &str = r#"#:schema ./world.schema.json
[world]
name = "Tea Room"
pace = "quick"
acess = "open"

[trigger]
start = "htp"
aliases = ["start", "/health", "/a b"]

[routing]
queue = "q-{nme}"
exchange = { name = "tea", type = "drect" }

[memory]
window = "5"

[mechanics.gossip]
probabilty = 0.1
probability = 1.5
by = "adda"

[mechanics.gosip]

[dialects.banter]
kind = "grammar"
file = "../secret.json"

[dialects.model]
kind = "llm"

[[characters]]
name = "Ada"
dialect = "bantr"
traits = { openess = 0.5, neuroticism = 2 }

[[characters]]
name = "Ada"
dialect = "banter"
likes = "tea"

[[characters]]
persona = "nobody"
dialect = "banter"

[[characters]]
name = "Bea {Name}"
"#;

fn text(source: &str) -> String {
    problems(source)
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn all_mistakes_of_a_file_are_told_at_once_in_its_order() {
    assert_snapshot!(text(BAD));
}

#[test]
fn a_problem_stands_in_one_line_with_its_place_and_its_remedy() {
    assert_eq!(
        with("[mechanics.gossip]\nprobabilty = 0.1"),
        "tea.toml:11:1: unknown key 'probabilty' in [mechanics.gossip] (did you mean 'probability'?)"
    );
}

#[test]
fn a_probability_is_from_0_to_1() {
    assert_eq!(
        with("[mechanics.gossip]\nprobability = 1.5"),
        "tea.toml:11:15: 'probability' is 1.5, but must be from 0 to 1"
    );
}

#[test]
fn a_character_that_a_rule_names_must_be_in_the_cast() {
    assert_eq!(
        with("[mechanics.gossip]\nby = \"chandler\""),
        "tea.toml:11:6: [mechanics.gossip] by names 'chandler', who is not in the cast (the cast: ada, bea-quill)"
    );
}

#[test]
fn syntax_errors_are_told_together() {
    assert_snapshot!(text(
        "[world]\nname = tea\ntitle = \"open\nabuot = \"x\"\n[memory\nwindow = 5\n[memory]\nwindow = 3\nwindow = 4\n[[characters]]\nname = \"Ada\"\n"
    ));
}

#[test]
fn an_empty_file_says_what_to_begin_with() {
    assert_snapshot!(text(""));
}

#[test]
fn a_world_of_one_is_refused() {
    assert_snapshot!(text(
        "[world]\nname = \"solo\"\n[[characters]]\nname = \"Ada\"\n"
    ));
}

#[test]
fn wrong_types_are_told_with_what_to_write() {
    assert_snapshot!(with(
        "likes = \"tea\"\ncatchphrases = [1, \"x\"]\npersona = 5\ntraits = 3\n[memory]\nwindow = \"5\"\nrecall = 2.5\n[mechanics.gossip]\nprobability = \"0.5\"\nby = 3\ntimes = \"x\"\n[places]\nname = \"Sofa\"\n[[trigger]]\nstart = 5\n[topics]\n"
    ));
}

#[test]
fn names_and_slugs_are_told_apart() {
    assert_snapshot!(with(
        "[[characters]]\nname = \"ada\"\n[[characters]]\nname = \"张伟\"\n[[characters]]\nname = \"Ada\"\n[[characters]]\nname = \" Cid\"\n[[characters]]\nname = \"Dora\"\nslug = \"Do Ra\"\n[[characters]]\nname = \"a\\nb\"\n"
    ));
}

#[test]
fn dialects_are_checked_with_their_files() {
    assert_snapshot!(with(
        r#"
[dialects.a]
kind = "markov"
[dialects.b]
kind = "grammar"
file = "empty.json"
[dialects.c]
kind = "grammar"
file = "banter.json"
rules = { origin = "x" }
[dialects.d]
kind = "grammar"
file = "/etc/passwd"
[dialects.e]
kind = "grammar"
file = "missing.json"
[dialects.f]
kind = "llm"
fallback = "g"
[dialects.g]
kind = "llm"
fallback = "nobody"
[dialects.h]
kind = "gibberish"
fallback = "h"
[dialects.i]
kind = "grammar"
file = "huge.json"
[dialects.j]
kind = "gramar"
"#
    ));
}

#[test]
fn routes_must_lead_to_one_character_each_fr7_fr8() {
    assert_snapshot!(with(
        "[routing]\nqueue = \"chat\"\nkey = \"{place}\"\nexchange = { name = \"amq.direct\" }\n"
    ));
    assert_snapshot!(
        "dead_letters",
        before("[[characters]]\nname = \"Dead Letters\"\n[routing]\nqueue = \"{world}-{slug}\"\n")
    );
}

#[test]
fn times_are_checked() {
    assert_snapshot!(with(
        "[trigger]\nstart = \"cron\"\n[[topics]]\ntext = \" \"\nuntil = \"tomorrow\"\n[[topics]]\nsentiment = 2\n"
    ));
    assert_snapshot!(
        "cron",
        with("[schedule]\ncron = [\"6 o'clock\", \"0 6 * * *\"]\n")
    );
}

#[test]
fn places_are_counted_in_characters() {
    assert!(
        with("title = \"x\"")
            .starts_with("tea.toml:10:1: unknown key 'title' in [[characters]] (its keys: name, ")
    );
    assert!(with("likes = [\"日本\", 5]").starts_with("tea.toml:10:16: an entry of 'likes'"));
}

#[test]
fn a_program_without_mechanics_and_dialects_says_so() {
    let none = Vocabulary::default();
    let bad = "[world]\nname = \"x\"\n[mechanics.gossip]\n[dialects.hum]\nkind = \"markov\"\n[[characters]]\nname = \"A\"\n[[characters]]\nname = \"B\"";
    let problems = load(bad, "x.toml", &none, &|_| Err(String::new())).unwrap_err();
    assert_snapshot!(problems.to_string());
}

#[test]
fn inboxes_that_this_program_lacks_and_a_fanout_to_everyone_are_refused_fr8() {
    for (routing, part) in [
        (
            "inbox = \"place\"",
            "places have the inboxes, but there are none",
        ),
        ("inbox = \"conversation\"", "no inboxes of that kind"),
        (
            "exchange = { type = \"fanout\" }",
            "every message to everybody",
        ),
    ] {
        let source = format!(
            "[world]\nname = \"tea\"\n[routing]\n{routing}\n[[characters]]\nname = \"Ann\"\n[[characters]]\nname = \"Bo\"\n"
        );
        let found = text(&source);
        assert!(
            found.contains("tea.toml:4:") && found.contains(part),
            "{found}"
        );
    }
}

/// A world whose mechanic `roam` needs places, with `more` in it.
fn roaming(more: &str, ada: &str, bea: &str) -> String {
    let source = format!(
        "[world]\nname = \"tea\"\n[routing]\ninbox = \"place\"\n[mechanics.roam]\n{more}[[characters]]\nname = \"Ada\"\n{ada}[[characters]]\nname = \"Bea\"\n{bea}"
    );
    let problems = problems(&source);
    problems
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}

const ROOMS: &str =
    "[[places]]\nname = \"Garden\"\n[[places]]\nname = \"Great Hall\"\nslug = \"hall\"\n";

#[test]
fn who_is_nowhere_and_places_that_are_not_there_are_told_with_a_remedy() {
    assert_eq!(
        roaming(ROOMS, "place = \"hall\"\n", "place = \"Garden\"\n"),
        ""
    );

    let nowhere = roaming(ROOMS, "place = \"Great Hall\"\n", "");
    assert_eq!(
        nowhere,
        "tea.toml:14:1: 'Bea' is in no place, and [mechanics.roam] needs to know where everybody is \
         at home (add place = \"..\", one of: garden, hall)"
    );
    let astray = roaming(
        ROOMS,
        "place = \"gardn\"\nhaunts = [\"hall\", \"cellar\"]\n",
        "place = \"hall\"\nfriends = [\"Ada\", \"Eda\"]\n",
    );
    assert_eq!(
        astray.lines().collect::<Vec<_>>(),
        [
            "tea.toml:13:9: there is no place 'gardn' (did you mean 'garden'?)",
            "tea.toml:14:19: there is no place 'cellar' (the places: garden, hall)",
            "tea.toml:18:19: 'Eda', a friend, is not in the cast (did you mean 'ada'?)",
        ]
    );
    let none = roaming("", "", "");
    assert!(
        none.contains("[mechanics.roam] needs places, but there are none (add [[places]]"),
        "{none}"
    );
}

#[test]
fn places_that_clash_are_told() {
    let homes = ("place = \"garden\"\n", "place = \"garden\"\n");
    for (more, part) in [
        (
            "[[places]]\nname = \"Garden\"\n",
            "there are two places 'Garden'",
        ),
        (
            "[[places]]\nname = \"Yard\"\nslug = \"garden\"\n",
            "two places with the slug 'garden'",
        ),
        (
            "[[places]]\nname = \"Yard\"\nqueue = \"garden-messages\"\n",
            "'Yard' has the same queue as Garden",
        ),
        (
            "[[places]]\nname = \"Yard\"\nqueue = \"amq.yard\"\n",
            "which RabbitMQ keeps for itself",
        ),
        (
            "[[places]]\nname = \"A\"\nport = 9\n[[places]]\nname = \"B\"\nport = 9\n",
            "'A' listens there already",
        ),
        (
            "[[places]]\nname = \"Yard\"\ndialect = \"owls\"\n",
            "there is no dialect 'owls'",
        ),
        ("[[places]]\nname = \"Y{d\"\n", "has a brace"),
        (
            "[[places]]\nname = \"!!\"\n",
            "no slug can be made from '!!'",
        ),
    ] {
        let found = roaming(&format!("{ROOMS}{more}"), homes.0, homes.1);
        assert!(found.contains(part), "{part}: {found}");
    }
}

#[test]
fn names_on_the_bus_must_tell_places_apart() {
    for (routing, part) in [
        ("queue = \"owls\"", "'queue' is the same for every place"),
        (
            "queue = \"{place}-{Name}\"",
            "'queue' uses {Name}, which an inbox of a place has not",
        ),
    ] {
        let source = format!(
            "[world]\nname = \"tea\"\n[routing]\ninbox = \"place\"\n{routing}\n{ROOMS}[[characters]]\nname = \"Ann\"\n[[characters]]\nname = \"Bo\"\n"
        );
        let found = text(&source);
        assert!(
            found.contains("tea.toml:5:") && found.contains(part),
            "{found}"
        );
    }
}
