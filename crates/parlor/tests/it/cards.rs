//! `parlor card`, and a card in a world, as a person meets them.

use crate::cli::{dir, parlor, text};
use serde_json::{Value, json};
use std::fs;

fn marla() -> Value {
    json!({ "spec": "chara_card_v3", "spec_version": "3.0", "data": {
        "name": "Marla Quince", "nickname": "Marla", "description": "Keeps the lighthouse.",
        "personality": "", "scenario": "", "first_mes": "Mind the step, {{user}}.",
        "mes_example": "", "alternate_greetings": ["You are late, {{user}}."],
        "group_only_greetings": [], "tags": [], "creator": "", "character_version": "",
        "creator_notes": "", "system_prompt": "", "post_history_instructions": "",
        "extensions": { "other/program": { "kept": [1, 2.5, null] } }, "unknown": true,
    }})
}

const COAST: &str = r#"
[world]
name = "coast"
[mechanics.exchange_limit]
max = 2
[[characters]]
name = "Marla Quince"
card = "marla.png"
[[characters]]
name = "Ross"
"#;

fn json_of(output: &std::process::Output) -> Value {
    assert!(output.status.success(), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_card_goes_into_a_picture_and_comes_out_the_same() {
    let dir = dir();
    fs::write(dir.path().join("marla.json"), marla().to_string()).unwrap();
    let output = parlor(
        dir.path(),
        &["card", "export", "marla.json", "--png", "marla.png"],
    );
    assert!(output.status.success(), "{}", text(&output.stderr));
    let back = parlor(dir.path(), &["card", "export", "marla.png", "--json"]);
    assert_eq!(json_of(&back), marla());
    // A picture that is there is filled, and with --out left as it is.
    let before = fs::read(dir.path().join("marla.png")).unwrap();
    let args = [
        "card",
        "export",
        "ross",
        "--png",
        "marla.png",
        "--out",
        "ross.png",
    ];
    assert!(parlor(dir.path(), &args).status.success());
    assert_eq!(fs::read(dir.path().join("marla.png")).unwrap(), before);
    let shown = parlor(dir.path(), &["card", "show", "ross.png", "--json"]);
    assert_eq!(json_of(&shown)["slug"], "ross");
}

#[test]
fn a_card_in_a_world_greets_whom_it_speaks_to() {
    let dir = dir();
    fs::write(dir.path().join("marla.json"), marla().to_string()).unwrap();
    parlor(
        dir.path(),
        &["card", "export", "marla.json", "--png", "marla.png"],
    );
    fs::write(dir.path().join("coast.toml"), COAST).unwrap();
    let mut greetings = std::collections::BTreeSet::new();
    for seed in 0..12 {
        let seed = seed.to_string();
        let args = [
            "play",
            "coast.toml",
            "--from",
            "marla-quince",
            "--to",
            "ross",
            "--seed",
            &seed,
            "--format",
            "jsonl",
        ];
        let output = text(&parlor(dir.path(), &args).stdout);
        let first: Value = serde_json::from_str(output.lines().next().unwrap()).unwrap();
        greetings.insert(first["text"].as_str().unwrap().to_owned());
    }
    assert_eq!(
        greetings.into_iter().collect::<Vec<_>>(),
        ["Mind the step, Ross.", "You are late, Ross."]
    );
    let exported = parlor(
        dir.path(),
        &[
            "card",
            "export",
            "marla-quince",
            "--world",
            "coast.toml",
            "--json",
        ],
    );
    assert_eq!(json_of(&exported), marla());
}

#[test]
fn a_file_that_is_no_card_is_named_with_the_reason_and_nothing_is_written() {
    let dir = dir();
    fs::write(dir.path().join("notes.txt"), "hello").unwrap();
    let output = parlor(dir.path(), &["card", "show", "notes.txt", "missing.png"]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(
        said.contains("'notes.txt': this is no character card"),
        "{said}"
    );
    assert!(said.contains("'missing.png' can't be read"), "{said}");

    fs::write(dir.path().join("broken.png"), b"\x89PNG\r\n\x1a\nxx").unwrap();
    let output = parlor(
        dir.path(),
        &["card", "export", "ross", "--png", "broken.png"],
    );
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("the PNG picture is damaged"));
    assert_eq!(
        fs::read(dir.path().join("broken.png")).unwrap(),
        b"\x89PNG\r\n\x1a\nxx"
    );

    let output = parlor(dir.path(), &["card", "export", "nobody", "--json"]);
    assert!(text(&output.stderr).contains("there is no 'nobody' in the world 'friends'"));
}

#[test]
fn a_card_can_not_paint_on_the_terminal() {
    let dir = dir();
    let card = json!({ "name": "Bo\u{1b}[31m", "description": "\u{1b}]0;x\u{7}\nline" });
    fs::write(dir.path().join("bo.json"), card.to_string()).unwrap();
    let shown = text(&parlor(dir.path(), &["card", "show", "bo.json"]).stdout);
    assert!(
        !shown.contains('\u{1b}') && !shown.contains('\u{7}'),
        "{shown:?}"
    );
}
