//! `parlor dialect`: from a text or a chat to a world that speaks it.

use crate::cli::{dir, parlor, text};
use std::fs;
use std::path::Path;

const CHAT: &str = "12/31/23, 11:59\u{202f}PM - Ann Lee: Did you feed the cat?\n\
    1/1/24, 12:00\u{202f}AM - Ben Okri: The cat ate the cake, Ann\n\
    1/1/24, 12:01\u{202f}AM - Ben Okri: <Media omitted>\n\
    1/13/24, 12:02\u{202f}AM - Ann Lee: Call me at +49 170 1234567\n";

fn good(dir: &Path, args: &[&str]) -> String {
    let output = parlor(dir, args);
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

fn fault(dir: &Path, args: &[&str]) -> String {
    let output = parlor(dir, args);
    assert_eq!(output.status.code(), Some(2));
    text(&output.stderr)
}

/// A world whose two people speak `file`.
fn world(dir: &Path, kind: &str, file: &str) {
    let source = format!(
        "[world]\nname = \"w\"\n[dialects.d]\nkind = \"{kind}\"\nfile = \"{file}\"\n\
         [mechanics.exchange_limit]\nmax = 10\n\
         [[characters]]\nname = \"Ann Lee\"\n[[characters]]\nname = \"Ben Okri\"\n"
    );
    fs::write(dir.join("w.toml"), source).unwrap();
}

fn lines(dir: &Path) -> Vec<String> {
    let output = good(dir, &["play", "w.toml", "--seed", "7", "--format", "jsonl"]);
    let line = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap();
    let said = output
        .lines()
        .map(|json| line(json)["text"].as_str().unwrap().to_owned());
    said.collect()
}

#[test]
fn a_trained_text_speaks_in_a_world() {
    let dir = dir();
    let dir = dir.path();
    fs::write(
        dir.join("cats.txt"),
        "The cat sat on the mat. The dog ate the cake.",
    )
    .unwrap();
    let said = good(
        dir,
        &[
            "dialect",
            "train",
            "cats.txt",
            "--order",
            "1",
            "--out",
            "cats.markov",
        ],
    );
    assert!(
        said.contains("learnt 2 sentences") && said.contains("order 1"),
        "{said}"
    );
    assert!(
        said.contains("kind = \"markov\"\n  file = \"cats.markov\""),
        "{said}"
    );
    let tried = good(
        dir,
        &[
            "dialect",
            "try",
            "cats.markov",
            "--seed",
            "7",
            "--lines",
            "5",
        ],
    );
    assert_eq!(tried.lines().count(), 5);
    assert_eq!(
        tried,
        good(
            dir,
            &[
                "dialect",
                "try",
                "cats.markov",
                "--seed",
                "7",
                "--lines",
                "5"
            ]
        )
    );
    world(dir, "markov", "cats.markov");
    assert_eq!(good(dir, &["check", "w.toml"]), "w.toml: good\n");
    let words = [
        "The", "the", "cat", "sat", "on", "mat", "dog", "ate", "cake",
    ];
    for line in lines(dir) {
        let mut said = line.split([' ', '.', '…']).filter(|word| !word.is_empty());
        assert!(said.all(|word| words.contains(&word)), "{line}");
    }
}

#[test]
fn an_export_is_shown_and_changes_nothing() {
    let dir = dir();
    fs::write(dir.path().join("chat.txt"), CHAT).unwrap();
    let shown = good(dir.path(), &["dialect", "import", "chat.txt"]);
    for part in [
        "chat.txt: WhatsApp chat",
        "3 messages of 2 people, 2023-12-31 to 2024-01-13, 1 conversation",
        "2  Ann Lee",
        "passed over: 1 without words",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let json = good(dir.path(), &["dialect", "import", "chat.txt", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["messages"], 3);
    assert_eq!(json["people"][1]["name"], "Ben Okri");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn a_chat_becomes_a_private_replay_that_speaks_in_a_world() {
    let dir = dir();
    let dir = dir.path();
    fs::write(dir.join("chat.txt"), CHAT).unwrap();
    let make = [
        "dialect",
        "import",
        "chat.txt",
        "--pseudonyms",
        "--redact",
        "--as",
        "replay",
        "--out",
        "c.replay",
    ];
    let said = good(dir, &make);
    assert!(said.contains("wrote c.replay (3 messages"), "{said}");
    let replay = fs::read_to_string(dir.join("c.replay")).unwrap();
    for private in ["Ann", "Lee", "Ben", "Okri", "170"] {
        assert!(!replay.contains(private), "{private}: {replay}");
    }
    assert!(replay.contains("The cat ate the cake"), "{replay}");
    world(dir, "replay", "c.replay");
    for line in lines(dir) {
        assert!(replay.contains(&line), "{line}");
    }
    assert!(fault(dir, &make).contains("is there already"));
}

#[test]
fn mistakes_are_told_in_words() {
    let dir = dir();
    let dir = dir.path();
    fs::write(dir.join("chat.txt"), CHAT).unwrap();
    fs::write(
        dir.join("cut.json"),
        "{\"messages\": [\n{\"type\": \"message\"",
    )
    .unwrap();
    fs::write(dir.join("noise"), [0u8, 159, 146, 150]).unwrap();
    for (args, part) in [
        (
            &["import", "chat.txt", "--who", "Cid"][..],
            "nobody is called 'Cid' (there are Ann Lee, Ben Okri)",
        ),
        (
            &["import", "cut.json"],
            "cut.json: line 2: the file ends in the middle",
        ),
        (&["import", "noise"], "no known export"),
        (&["import", "missing.txt"], "'missing.txt' can't be read"),
        (&["train", "noise", "--out", "x.markov"], "no UTF-8 text"),
        (
            &["train", "chat.txt", "--who", "Cid", "--out", "x.markov"],
            "nobody in it is called 'Cid'",
        ),
        (
            &["train", "chat.txt", "--order", "5", "--out", "x.markov"],
            "5 is not in 1..=4",
        ),
        (&["try", "noise"], "name its kind with --kind"),
        (
            &["try", "chat.txt", "--kind", "markov"],
            "not a markov model",
        ),
    ] {
        let said = fault(dir, &[&["dialect"], args].concat());
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!dir.join("x.markov").exists());
}
