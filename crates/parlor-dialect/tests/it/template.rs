//! Opinion templates: stance from who speaks and what about, mood, variables (CL-34 to CL-37).

use crate::support::{character, line, reply, with_dice};
use parlor_dialect::template::{InvalidTemplates, Templates};
use parlor_model::{Character, Prompt, Purpose};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The lines that the requirements name.
const OPINIONS: &str = r#"
[agree]
happy = ["I totally agree with [topic]!"]
neutral = ["This is exactly what I've been thinking!", "You get it! This is so true!"]
[disagree]
any = ["I don't know about that...", "That's a terrible take, honestly", "Why would anyone think that?"]
[neutral]
neutral = ["I can see both sides of this", "Interesting perspective", "Not sure how I feel about this"]
"#;

fn templates(text: &str) -> Templates {
    Templates::parse(text).unwrap()
}

fn with_traits(traits: &[(&str, f64)], likes: &[&str]) -> Prompt {
    let joey = Character {
        traits: traits
            .iter()
            .map(|(name, value)| ((*name).to_owned(), *value))
            .collect::<BTreeMap<_, _>>(),
        likes: likes.iter().map(|like| (*like).to_owned()).collect(),
        ..(*character("Joey")).clone()
    };
    Prompt {
        speaker: Arc::new(joey),
        ..reply("Well?")
    }
}

/// How often each line comes.
fn said(templates: &Templates, prompt: &Prompt) -> HashMap<String, usize> {
    let mut said = HashMap::new();
    for n in 0..400 {
        *said
            .entry(templates.line(&with_dice(prompt.clone(), n)))
            .or_default() += 1;
    }
    said
}

#[test]
fn agreeable_people_agree_and_critical_ones_do_not_cl34_cl35() {
    let templates = templates(OPINIONS).with_topics([("the rent.".to_owned(), 0.2)].into_iter());
    let agrees = said(
        &templates,
        &with_traits(&[("agreeableness", 1.0)], &["paying rent"]),
    );
    assert!(
        agrees
            .keys()
            .any(|line| line == "You get it! This is so true!"),
        "{agrees:?}"
    );
    assert!(
        !agrees.keys().any(|line| line.contains("terrible")),
        "{agrees:?}"
    );
    let templates = templates.with_topics([("the rent.".to_owned(), -1.0)].into_iter());
    let disagrees = said(
        &templates,
        &with_traits(&[("agreeableness", 0.0), ("openness", 0.0)], &[]),
    );
    assert!(
        disagrees.keys().any(|line| line.contains("terrible")),
        "{disagrees:?}"
    );
    assert!(
        !disagrees.keys().any(|line| line.contains("so true")),
        "{disagrees:?}"
    );
}

#[test]
fn the_mood_chooses_among_the_lines_of_a_stance_cl34() {
    let templates = templates(OPINIONS);
    let mut prompt = with_traits(&[("agreeableness", 1.0)], &["rent"]);
    prompt.mood = Some(0.9);
    let happy = said(&templates, &prompt);
    assert!(
        happy.contains_key("I totally agree with the rent!"),
        "{happy:?}"
    );
    prompt.mood = Some(-0.9);
    let unhappy = said(&templates, &prompt);
    assert!(
        !unhappy.contains_key("I totally agree with the rent!"),
        "{unhappy:?}"
    );
}

#[test]
fn variables_are_filled_and_data_stays_data_cl37() {
    let templates = templates(r#"neutral = "[me] to [other]: [topic], [like] [[sic]""#);
    let mut prompt = reply("hm");
    prompt.topic = Some("[me] #origin#".to_owned());
    assert_eq!(
        templates.line(&prompt),
        "Joey to Ross: [me] #origin#, naps [sic]"
    );
    prompt.to.clear();
    prompt.topic = None;
    assert_eq!(templates.line(&prompt), "Joey to Ross: this, naps [sic]");
}

#[test]
fn a_line_whose_words_are_there_comes_first() {
    let templates = templates(r#"neutral = ["About [topic]: no.", "Hm."]"#);
    let mut prompt = reply("hm");
    prompt.topic = None;
    assert_eq!(
        said(&templates, &prompt).keys().collect::<Vec<_>>(),
        ["Hm."]
    );
}

#[test]
fn nobody_says_the_same_line_twice_in_a_row_where_there_is_another() {
    let templates = templates(r#"neutral = ["One.", "Two."]"#);
    let mut prompt = reply("hm");
    prompt.memory.insert(0, line("Joey", "One.", 0.0));
    assert_eq!(
        said(&templates, &prompt).keys().collect::<Vec<_>>(),
        ["Two."]
    );
    let only = Templates::parse(r#"neutral = "One.""#).unwrap();
    assert_eq!(only.line(&prompt), "One.");
}

#[test]
fn occasions_have_lines_of_their_own() {
    let templates = templates(
        r#"opening = "Hello." 
closing = "Bye." 
neutral = "Hm.""#,
    );
    let mut prompt = reply("hm");
    assert_eq!(templates.line(&prompt), "Hm.");
    prompt.last = true;
    assert_eq!(templates.line(&prompt), "Bye.");
    prompt.purpose = Purpose::Open;
    assert_eq!(templates.line(&prompt), "Hello.");
}

#[test]
fn json_and_a_world_file_have_the_same_form() {
    let json = r#"{"neutral": {"any": ["Hm."]}}"#;
    assert_eq!(templates(json).line(&reply("a")), "Hm.");
    let rules = serde_json::from_str(json).unwrap();
    assert_eq!(
        Templates::from_rules(&rules).unwrap().line(&reply("a")),
        "Hm."
    );
}

#[test]
fn every_mistake_has_its_place() {
    let faults = |text: &str| {
        let InvalidTemplates(faults) = Templates::parse(text).unwrap_err();
        faults.join("\n")
    };
    let text = "neutral = [\"ok\", \"[topik]\", \"[x]\", \"[me\", \"\", 5]\n[agre]\nhappy = \"x\"\n[agree]\nhapy = \"x\"";
    let found = faults(text);
    for part in [
        "neutral, line 2: there is no variable [topik] (is it [topic]?)",
        "neutral, line 3: there is no variable [x] (there are",
        "neutral, line 4: a '[' is not closed",
        "neutral, line 5: a line is empty",
        "neutral, line 6: a line is a text",
        "there is no stance 'agre' (is it 'agree'?)",
        "agree: there is no mood 'hapy' (is it 'happy'?)",
    ] {
        assert!(found.contains(part), "{part}: {found}");
    }
    assert!(
        faults("a = 1\nneutral = [").contains("line 2"),
        "{}",
        faults("a = 1\nneutral = [")
    );
    assert!(faults("").contains("there are no lines"));
    assert!(faults("{\"agree\": 5").contains("no templates"));
}
