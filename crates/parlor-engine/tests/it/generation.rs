//! Whole turns: what a run brings about for one person.

use chrono::{DateTime, TimeDelta, Utc};
use parlor_engine::generation::{About, Agenda, Generator, Skip, Turn};
use parlor_engine::mechanics;
use parlor_model::world::Topic;
use parlor_model::world::check::{Vocabulary, load};
use parlor_model::{AccountId, Act, Activity, Companion, Dice, Household, Mood, Slug, Tie, World};
use uuid::Uuid;

const CAST: &str = r#"
[[characters]]
name = "Ada"
traits = { openness = 0.9, agreeableness = 0.9, neuroticism = 0.1 }
[[characters]]
name = "Bo"
traits = { openness = 0.1, agreeableness = 0.1, neuroticism = 0.9 }
[[characters]]
name = "Cy"
traits = { openness = 0.5, agreeableness = 0.5, neuroticism = 0.5 }
[[topics]]
text = "tea at four"
category = "art"
[[topics]]
text = "the first snow"
season = "winter"
"#;

fn world(mechanics: &str) -> World {
    let file = format!(
        "[world]\nname = \"den\"\naccess = \"session\"\n[mechanics.group]\n{mechanics}\n{CAST}"
    );
    let vocabulary = Vocabulary {
        mechanics: mechanics::vocabulary(),
        dialects: Vec::new(),
    };
    load(&file, "den.toml", &vocabulary, &|_| {
        Err("no files".to_owned())
    })
    .unwrap()
}

fn now() -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2026-07-01T06:00:00Z")
        .unwrap()
        .to_utc()
}

fn companion(character: &str, number: u8, mood: Mood, unhappy_count: u32) -> Companion {
    Companion {
        id: Uuid::from_u128(u128::from(number) + 100),
        character: Slug::new(character).unwrap(),
        name: character.to_uppercase(),
        number,
        mood,
        unhappy_count,
        activity: Activity::Available,
        busy_until: None,
        team_slot: None,
        version: 0,
    }
}

fn household(companions: Vec<Companion>) -> Household {
    Household {
        owner: AccountId(Uuid::from_u128(1)),
        seen_at: None,
        companions,
        ties: Vec::new(),
    }
}

fn adas_and_bos(mood: Mood, unhappy_count: u32) -> Household {
    let names = ["ada", "ada", "ada", "ada", "bo", "bo", "bo", "bo"];
    let companions = names
        .iter()
        .zip(0..)
        .map(|(name, number)| companion(name, number, mood, unhappy_count));
    household(companions.collect())
}

struct Setting {
    generator: Generator,
    agenda: Agenda,
}

impl Setting {
    fn new(mechanics: &str) -> Self {
        let world = world(mechanics);
        let generator = Generator::new(&world).unwrap().unwrap();
        let agenda = Agenda::new(&generator, &world.topics, now().date_naive());
        Self { generator, agenda }
    }

    fn turn(&self, household: &Household, event: u128) -> Turn {
        let dice = Dice::new(7, Uuid::from_u128(event));
        self.generator.turn(&self.agenda, household, dice, now())
    }
}

#[test]
fn a_world_without_groups_has_no_companions() {
    let mut world = world("");
    world.mechanics.clear();
    assert!(Generator::new(&world).unwrap().is_none());
}

#[test]
fn the_same_dice_give_the_same_turn() {
    let setting = Setting::new("[mechanics.friendship]\n[mechanics.runaway]\n[mechanics.nuance]");
    let household = adas_and_bos(Mood::Neutral, 0);
    for event in 0..50 {
        assert_eq!(
            setting.turn(&household, event),
            setting.turn(&household, event)
        );
    }
    assert_ne!(setting.turn(&household, 1), setting.turn(&household, 2));
}

#[test]
fn the_alike_agree_and_opposites_fall_out_cl22_cl23() {
    let setting = Setting::new("");
    let household = adas_and_bos(Mood::Neutral, 0);
    let (mut conflicts, mut good) = (0, 0);
    for event in 0..2_000 {
        let turn = setting.turn(&household, event);
        let talk = turn.talk.unwrap();
        let is_ada = |place: usize| place < 4;
        let adas = talk
            .participants
            .iter()
            .filter(|p| is_ada(p.companion))
            .count();
        let smaller = adas.min(talk.participants.len() - adas);
        // Less than three in ten is no conflict yet.
        assert_eq!(talk.conflict, smaller * 10 >= talk.participants.len() * 3);
        if talk.conflict {
            conflicts += 1;
            assert!(talk.participants.iter().any(|p| p.after == Mood::Unhappy));
        } else {
            good += 1;
            assert!(talk.participants.iter().all(|p| p.after == Mood::Happy));
        }
        let changed = turn
            .changes
            .iter()
            .filter(|c| c.mood != Mood::Neutral)
            .count();
        let moved = talk
            .participants
            .iter()
            .filter(|p| p.after != p.before)
            .count();
        assert_eq!(changed, moved);
    }
    assert!(conflicts > 200 && good > 200, "{conflicts} {good}");
}

#[test]
fn strikes_come_with_conflicts_and_lead_away_cl24_cl25() {
    let setting = Setting::new("[mechanics.runaway]\nchance = 1.0\nstrikes = 3");
    let household = adas_and_bos(Mood::Unhappy, 2);
    let mut gone = 0;
    for event in 0..500 {
        let turn = setting.turn(&household, event);
        let talk = turn.talk.unwrap();
        if talk.conflict {
            let mut took_part: Vec<_> = talk.participants.iter().map(|p| p.companion).collect();
            took_part.sort_unstable();
            assert_eq!(turn.runaways, took_part, "all of them have a third strike");
            assert!(turn.changes.is_empty(), "who is gone is not changed");
            gone += 1;
        } else {
            assert!(turn.runaways.is_empty());
            assert!(
                turn.changes
                    .iter()
                    .all(|c| (c.mood, c.unhappy_count) == (Mood::Neutral, 2))
            );
        }
    }
    assert!(gone > 50);
}

#[test]
fn lines_react_to_what_was_said_cl21() {
    let setting = Setting::new("");
    let household = adas_and_bos(Mood::Neutral, 0);
    for event in 0..500 {
        let talk = setting.turn(&household, event).talk.unwrap();
        let side = |at: usize| talk.participants[at].side;
        assert_eq!(talk.cues.first().unwrap().act, Act::Opening);
        assert_eq!(talk.cues.last().unwrap().act, Act::Closing);
        for two in talk.cues.windows(2) {
            let (before, cue) = (two[0], two[1]);
            assert_ne!(before.speaker, cue.speaker);
            if cue.act != Act::Question {
                assert_eq!(cue.to, before.speaker);
            }
            let fits = match cue.act {
                Act::Agree => side(cue.speaker) == side(cue.to),
                Act::Disagree => side(cue.speaker).opposes(side(cue.to)),
                _ => true,
            };
            assert!(fits, "{before:?} {cue:?}");
            if before.act == Act::Question {
                assert!(matches!(cue.act, Act::Answer | Act::Closing) && before.to == cue.speaker);
            }
        }
    }
}

#[test]
fn topics_have_their_season() {
    let household = adas_and_bos(Mood::Neutral, 0);
    let topics = |mechanics: &str, day: &str| {
        let world = world(mechanics);
        let generator = Generator::new(&world).unwrap().unwrap();
        let agenda = Agenda::new(&generator, &world.topics, day.parse().unwrap());
        let drawn = (0..1_000).map(|event| {
            let dice = Dice::new(7, Uuid::from_u128(event));
            generator
                .turn(&agenda, &household, dice, now())
                .talk
                .unwrap()
                .topic
        });
        drawn.filter(|topic| topic == "the first snow").count()
    };
    assert_eq!(topics("[mechanics.seasons]", "2026-07-01"), 0);
    // Three times as likely as the other: 750 of 1000, standard deviation 14.
    assert!((690..810).contains(&topics("[mechanics.seasons]", "2026-12-24")));
    assert!((430..570).contains(&topics("", "2026-07-01")));
}

#[test]
fn who_is_away_is_missed() {
    let setting = Setting::new("[mechanics.absence]\nchance = 1.0\ntopics = [\"the empty chair\"]");
    let mut household = adas_and_bos(Mood::Neutral, 0);
    household.seen_at = Some(now() - TimeDelta::days(3));
    let talk = setting.turn(&household, 1).talk.unwrap();
    assert_eq!(
        (talk.about, talk.topic.as_str()),
        (About::Absence, "the empty chair")
    );
    assert_eq!(talk.cues[0].act, Act::Missing);
    household.seen_at = Some(now() - TimeDelta::days(2));
    assert_eq!(
        setting.turn(&household, 1).talk.unwrap().about,
        About::Topic
    );
}

#[test]
fn who_meditates_mends_and_takes_no_part_cl90() {
    let setting = Setting::new("[mechanics.meditation]\n[mechanics.runaway]\nchance = 1.0");
    let mut household = adas_and_bos(Mood::Neutral, 0);
    household.companions[4] = companion("bo", 4, Mood::Unhappy, 5);
    household.companions[4].activity = Activity::Meditating;
    household.companions[4].busy_until = Some(now());
    for event in 0..200 {
        let turn = setting.turn(&household, event);
        let talk = turn.talk.unwrap();
        assert!(talk.participants.iter().all(|p| p.companion != 4));
        assert!(turn.runaways.is_empty());
        let mended = turn.changes.iter().find(|c| c.companion == 4).unwrap();
        assert_eq!((mended.mood, mended.unhappy_count), (Mood::Neutral, 4));
        assert_eq!(
            (mended.activity, mended.busy_until),
            (Activity::Available, None)
        );
    }
}

#[test]
fn who_has_too_few_is_skipped() {
    let setting = Setting::new("[mechanics.meditation]");
    let one = household(vec![companion("ada", 0, Mood::Neutral, 0)]);
    assert_eq!(setting.turn(&one, 1).talk, Err(Skip::TooFewCompanions));
    let mut two = adas_and_bos(Mood::Neutral, 0);
    two.companions.truncate(2);
    two.companions[0].activity = Activity::Meditating;
    assert_eq!(setting.turn(&two, 1).talk, Err(Skip::Meditating));
    let world = world("");
    let generator = Generator::new(&world).unwrap().unwrap();
    let agenda = Agenda::new(&generator, &[], now().date_naive());
    let dice = Dice::new(7, Uuid::nil());
    let turn = generator.turn(&agenda, &adas_and_bos(Mood::Neutral, 0), dice, now());
    assert_eq!(turn.talk, Err(Skip::NoTopics));
}

#[test]
fn bonds_follow_conversations_and_are_mentioned_cl89() {
    let setting = Setting::new("[mechanics.friendship]\nmention = 1.0\npull = 0.0");
    let mut household = adas_and_bos(Mood::Neutral, 0);
    let turn = setting.turn(&household, 3);
    let talk = turn.talk.unwrap();
    let ties = turn.ties.unwrap();
    let pairs = talk.participants.len() * (talk.participants.len() - 1) / 2;
    assert_eq!(ties.len(), pairs);
    for tie in &ties {
        let alike = (tie.a < 4) == (tie.b < 4);
        assert_eq!(tie.affinity, if alike { 6 } else { -9 });
    }
    household.ties = (0..8_u8)
        .flat_map(|a| {
            (a + 1..8).map(move |b| Tie {
                a,
                b,
                affinity: if b < 4 || a >= 4 { 60 } else { -60 },
            })
        })
        .collect();
    let acts: Vec<Act> = (0..200)
        .flat_map(|event| setting.turn(&household, event).talk.unwrap().cues)
        .map(|cue| cue.act)
        .collect();
    assert!(acts.contains(&Act::Friend) && acts.contains(&Act::Rival));
}

#[test]
fn a_team_falls_out_less_cl92() {
    let mut household = adas_and_bos(Mood::Neutral, 0);
    let conflicts = |setting: &Setting, household: &Household| {
        let talks = (0..1_000).map(|event| setting.turn(household, event).talk.unwrap());
        talks.filter(|talk| talk.conflict).count()
    };
    let setting = Setting::new("[mechanics.synergy]\npull = 1.0");
    let before = conflicts(&setting, &household);
    for (companion, slot) in household.companions.iter_mut().zip(1..) {
        companion.team_slot = Some(slot);
    }
    assert_eq!(conflicts(&setting, &household), 0);
    assert!(before > 300);
}

#[test]
fn companions_of_people_are_not_for_everybody_to_see() {
    let file = format!("[world]\nname = \"den\"\n[mechanics.group]\n{CAST}");
    let vocabulary = Vocabulary {
        mechanics: mechanics::vocabulary(),
        dialects: Vec::new(),
    };
    let none = |_: &str| Err("no files".to_owned());
    let problems = load(&file, "den.toml", &vocabulary, &none).unwrap_err();
    let said = problems.to_string();
    assert!(said.contains("den.toml:3:"), "{said}");
    assert!(
        said.contains("[mechanics.group]") && said.contains("access = \"session\""),
        "{said}"
    );
}

#[test]
fn tastes_choose_topics_cl88() {
    let cast = CAST.replace("name = \"Cy\"", "name = \"Cy\"\nlikes = [\"tea\"]");
    let file = format!(
        "[world]\nname = \"den\"\naccess = \"session\"\n[mechanics.group]\n[mechanics.tastes]\n{cast}"
    );
    let vocabulary = Vocabulary {
        mechanics: mechanics::vocabulary(),
        dialects: Vec::new(),
    };
    let world = load(&file, "den.toml", &vocabulary, &|_| {
        Err("no files".to_owned())
    })
    .unwrap();
    let generator = Generator::new(&world).unwrap().unwrap();
    let topics = [topic("mud", "mud"), topic("tea", "tea")];
    let agenda = Agenda::new(&generator, &topics, now().date_naive());
    let teas = |name: &str| {
        let two = household(vec![
            companion(name, 0, Mood::Neutral, 0),
            companion(name, 1, Mood::Neutral, 0),
        ]);
        let drawn = (0..1_000).map(|event| {
            let dice = Dice::new(7, Uuid::from_u128(event));
            generator
                .turn(&agenda, &two, dice, now())
                .talk
                .unwrap()
                .topic
        });
        drawn.filter(|topic| topic == "tea").count()
    };
    assert!((430..570).contains(&teas("ada")));
    // Two who like it: 1.5 * 1.5 times as likely, 692 of 1000, standard deviation 15.
    assert!((630..755).contains(&teas("cy")));
}

fn topic(text: &str, category: &str) -> Topic {
    Topic {
        text: text.to_owned(),
        category: Some(category.to_owned()),
        sentiment: 0.0,
        season: None,
        until: None,
    }
}
