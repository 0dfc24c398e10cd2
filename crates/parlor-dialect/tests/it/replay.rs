//! Lines of an export as answers (RC-19).

use crate::support::{line, reply, with_dice};
use parlor_dialect::replay::{Lines, Replay};
use parlor_model::{Prompt, Purpose};
use std::collections::HashSet;

const CHAT: &str = "Ann: who ate my sandwich?\nBen: it was the dog, I swear\nBen: honestly\n\
    Ann: do you like dinosaurs?\nCid: I love dinosaurs\nAnn: see you tomorrow\nBen: see you\n\n\
    Ben: 你吃饭了吗\nAnn: 还没有\n";

fn replay(who: Option<&str>) -> Replay {
    Replay::new(Lines::read(CHAT.as_bytes()).unwrap(), who).unwrap()
}

fn said(replay: &Replay, prompt: &Prompt) -> HashSet<String> {
    (0..200)
        .map(|n| replay.line(&with_dice(prompt.clone(), n)))
        .collect()
}

#[test]
fn what_followed_the_line_most_like_the_heard_one_is_said_rc19() {
    let replay = replay(None);
    for (heard, answer) in [
        ("Somebody ate the SANDWICH!", "it was the dog, I swear"),
        ("so you like dinosaurs too", "I love dinosaurs"),
        ("吃饭了", "还没有"),
    ] {
        assert_eq!(
            said(&replay, &reply(heard)),
            HashSet::from([answer.to_owned()]),
            "{heard}"
        );
    }
}

#[test]
fn only_one_persons_lines_are_said_when_the_world_says_so_rc19() {
    let cid = replay(Some("cid"));
    assert_eq!(
        said(&cid, &reply("who ate my sandwich?")),
        HashSet::from(["I love dinosaurs".to_owned()])
    );
    let error = Replay::new(Lines::read(CHAT.as_bytes()).unwrap(), Some("Dan")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "nobody in it is called 'Dan' (there are Ann, Ben, Cid)"
    );
}

#[test]
fn a_speaker_who_is_in_the_export_says_their_own_lines() {
    let mut prompt = reply("hm");
    prompt.speaker = crate::support::character("Ann");
    let said = said(&replay(None), &prompt);
    let mine = [
        "who ate my sandwich?",
        "do you like dinosaurs?",
        "see you tomorrow",
        "还没有",
    ];
    assert!(
        said.iter().all(|line| mine.contains(&line.as_str())),
        "{said:?}"
    );
}

#[test]
fn nothing_is_said_twice_in_a_window_where_there_is_another() {
    let mut prompt = reply("who ate my sandwich?");
    prompt
        .memory
        .insert(0, line("Joey", "it was the dog, I swear", 0.0));
    assert!(!said(&replay(None), &prompt).contains("it was the dog, I swear"));
    let only = Replay::new(Lines::read(b"Ann: hm\nAnn: hm\n").unwrap(), None).unwrap();
    prompt.memory.insert(0, line("Joey", "hm", 0.0));
    assert_eq!(only.line(&prompt), "hm");
}

#[test]
fn an_opening_is_about_the_topic() {
    let mut prompt = reply("hm");
    prompt.purpose = Purpose::Open;
    prompt.topic = Some("dinosaurs".to_owned());
    let said = said(&replay(None), &prompt);
    assert!(
        said.iter().all(|line| line.contains("dinosaurs")),
        "{said:?}"
    );
}

#[test]
fn an_export_without_messages_is_an_error() {
    let fault = |bytes: &[u8]| Lines::read(bytes).unwrap_err().to_string();
    assert!(fault(b"<smses></smses>").contains("no messages"));
    assert!(fault(b"whatever it is.").contains("no known export"));
}
