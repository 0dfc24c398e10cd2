//! A run that was recorded comes again without any model, to the byte.

use crate::cli::{dir, parlor, text};
use std::fs;
use std::path::Path;

const PLAY: [&str; 7] = [
    "play", "friends", "--seed", "7", "--format", "jsonl", "--record",
];

fn lines(dir: &Path, args: &[&str]) -> Vec<String> {
    let output = parlor(dir, args);
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout).lines().map(str::to_owned).collect()
}

fn recorded(dir: &Path) -> Vec<String> {
    lines(dir, &[&PLAY[..], &["run.jsonl"]].concat())
}

fn complaint(dir: &Path, args: &[&str]) -> String {
    let output = parlor(dir, args);
    assert_eq!(output.status.code(), Some(2));
    text(&output.stderr)
}

/// `CONVERSATION:ORDER` of a printed message.
fn place(line: &str) -> String {
    let message: serde_json::Value = serde_json::from_str(line).unwrap();
    let conversation = message["conversationId"].as_str().unwrap();
    format!("{conversation}:{}", message["order"])
}

fn is_line(line: &&String) -> bool {
    line.contains("\"kind\":\"line\"")
}

#[test]
fn a_recorded_run_is_replayed_to_the_byte() {
    let dir = dir();
    let run = recorded(dir.path());
    assert!(run.len() >= 10);
    let replay = ["replay", "run.jsonl", "--format", "jsonl"];
    assert_eq!(lines(dir.path(), &replay), run);
    let plain = lines(dir.path(), &PLAY[..6]);
    assert_eq!(plain, run, "recording changes nothing");
}

#[test]
fn a_run_that_broke_off_goes_on_as_if_it_had_not() {
    let dir = dir();
    let run = recorded(dir.path());
    let whole = fs::read(dir.path().join("run.jsonl")).unwrap();
    let entries: Vec<_> = whole.split_inclusive(|byte| *byte == b'\n').collect();
    for (kept, torn) in [(1, 0), (2, 10), (5, 0), (9, 40), (entries.len() - 1, 7)] {
        let mut part = entries[..kept].concat();
        part.extend(entries.get(kept).map_or(&[][..], |entry| &entry[..torn]));
        fs::write(dir.path().join("part.jsonl"), part).unwrap();
        let resume = ["replay", "part.jsonl", "--resume", "--format", "jsonl"];
        if kept > 1 {
            assert_eq!(
                lines(dir.path(), &resume),
                run,
                "{kept} entries and {torn} bytes"
            );
            let file = fs::read(dir.path().join("part.jsonl")).unwrap();
            assert!(file == whole, "the file is as if nothing had happened");
        } else {
            assert!(lines(dir.path(), &resume).is_empty(), "nobody has begun");
        }
    }
}

#[test]
fn a_fork_shares_what_came_before_and_takes_another_turn() {
    let dir = dir();
    let run = recorded(dir.path());
    let at = run
        .iter()
        .position(|line| is_line(&line) && line.contains("\"order\":4,"));
    let at = at.unwrap();
    let place = place(&run[at]);
    let until = [
        "replay",
        "run.jsonl",
        "--until",
        &place,
        "--format",
        "jsonl",
    ];
    assert_eq!(lines(dir.path(), &until), run[..=at]);
    let fork = |seed: &str| {
        let args = [
            "replay",
            "run.jsonl",
            "--fork",
            &place,
            "--seed",
            seed,
            "--format",
            "jsonl",
        ];
        lines(dir.path(), &args)
    };
    assert_eq!(fork("7"), run, "the same dice take the same turn");
    let other = fork("8");
    assert_eq!(other[..=at], run[..=at]);
    assert_ne!(other, run);
    assert_eq!(fork("8"), other);
}

#[test]
fn a_recording_brings_its_world_along() {
    let dir = dir();
    let made = parlor(dir.path(), &["new", "teahouse"]);
    assert!(made.status.success());
    let play = [
        "play",
        "teahouse.toml",
        "--seed",
        "3",
        "--format",
        "jsonl",
        "--record",
        "tea.jsonl",
    ];
    let run = lines(dir.path(), &play);
    fs::remove_file(dir.path().join("teahouse.toml")).unwrap();
    let replay = ["replay", "tea.jsonl", "--format", "jsonl"];
    assert_eq!(lines(dir.path(), &replay), run);
}

#[test]
fn what_does_not_fit_the_recording_is_named() {
    let dir = dir();
    recorded(dir.path());
    let path = dir.path().join("run.jsonl");
    let whole = text(&fs::read(&path).unwrap());
    let replay = ["replay", "run.jsonl"];

    fs::write(
        &path,
        whole.replacen("\"sentiment\":", "\"sentiment\":0.1234,\"x\":", 1),
    )
    .unwrap();
    assert!(complaint(dir.path(), &replay).contains("comes out differently: sentiment is"));
    fs::write(&path, whole.replacen("\"prompt\"", "\"prompts\"", 1)).unwrap();
    assert!(complaint(dir.path(), &replay).contains("line 3 of the recording"));
    let order = whole.replacen("\"order\":2,", "\"order\":3,", 1);
    fs::write(&path, order).unwrap();
    assert!(complaint(dir.path(), &replay).contains("comes out differently: order is 2"));
    let lenient = ["replay", "run.jsonl", "--lenient"];
    assert!(parlor(dir.path(), &lenient).status.success());
    fs::write(
        &path,
        whole.replacen("{\"recording\":1", "{\"recording\":9", 1),
    )
    .unwrap();
    assert!(complaint(dir.path(), &replay).contains("version 9"));
    fs::write(&path, "hello\n").unwrap();
    assert!(complaint(dir.path(), &replay).contains("no recording"));
    fs::write(&path, vec![b'x'; 1 << 20]).unwrap();
    assert!(complaint(dir.path(), &replay).contains("no recording"));
    fs::write(&path, &whole).unwrap();
    let unknown = ["replay", "run.jsonl", "--until", "nobody:1"];
    assert!(complaint(dir.path(), &unknown).contains("no message 'nobody:1'"));
    let again = [&PLAY[..], &["run.jsonl"]].concat();
    assert!(complaint(dir.path(), &again).contains("is there already"));
}
