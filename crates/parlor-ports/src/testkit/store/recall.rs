//! Lines of long ago: searched by people, recalled in scenes.

use super::fixture::{apply, at, conversation, open, say, slug, texts, walk};
use crate::recall::{Found, Question, Sort};
use crate::store::{SceneRecord, SceneRequest, Store};
use chrono::{DateTime, TimeDelta, Utc};
use parlor_model::recall::Reminder;
use parlor_model::{Conversation, Effects, words};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

const WEEK: i64 = 7 * 24 * 3600 * 1_000_000;

/// The `order`-th line with these words.
fn telling(talk: &Conversation, order: u32, text: &str, micros: i64) -> Effects {
    let mut step = say(talk, order);
    for new in &mut step.messages {
        new.message.text = text.to_owned();
        new.message.created_at = at(micros);
    }
    step
}

/// As angry as `sentiment` says.
fn feeling(mut step: Effects, sentiment: f64) -> Effects {
    for new in &mut step.messages {
        new.message.sentiment = sentiment;
    }
    step
}

fn between(n: u32, names: [&str; 2]) -> Conversation {
    Conversation {
        participants: names.map(str::to_owned).to_vec(),
        ..conversation(n)
    }
}

/// Indexes `count` messages in batches of `limit`. What was committed a moment ago can be invisible
/// for another moment; the deadline of the rule bounds the loop.
async fn index(store: &Arc<dyn Store>, count: u32, limit: u32) {
    let mut indexed = 0;
    while indexed < count {
        let now = store.index_words(limit).await.expect("a batch");
        assert!(now <= limit, "{now} of at most {limit}");
        indexed += now;
        tokio::task::yield_now().await;
    }
    assert_eq!(indexed, count);
}

fn question(text: &str, sort: Sort) -> Question {
    Question {
        worlds: vec![slug("friends")],
        words: words::query(text),
        sort,
    }
}

async fn search(store: &Arc<dyn Store>, question: &Question, limit: u32) -> Vec<Found> {
    walk(async |after| store.search(question, after, limit).await).await
}

async fn texts_of(store: &Arc<dyn Store>, text: &str) -> Vec<String> {
    let found = search(store, &question(text, Sort::Newest), 2).await;
    found.into_iter().map(|found| found.message.text).collect()
}

/// The scene of the `order`-th line of a talk, with `recall` older lines.
async fn scene(
    store: &Arc<dyn Store>,
    talk: &Conversation,
    order: u32,
    viewer: &str,
    recall: u32,
) -> SceneRecord {
    let message = (order > 0).then(|| say(talk, order).messages.remove(0).message.id);
    let request = SceneRequest {
        conversation: talk.id,
        message,
        viewer: viewer.to_owned(),
        window: 2,
        recall,
    };
    let mut scenes = store.scenes(&[request]).await.expect("a read");
    scenes.remove(0).expect("the conversation was opened")
}

/// A line is found by its words once it is indexed, and with it its conversation.
pub async fn a_line_is_found_by_its_words(store: Arc<dyn Store>) {
    let talk = conversation(1);
    let lines = [
        "You ate my SANDWICH, Ross!",
        "Which sandwich?",
        "The turkey one.",
    ];
    let mut steps = vec![open(&talk)];
    steps.extend(
        (1..)
            .zip(lines)
            .map(|(n, text)| telling(&talk, n, text, n.into())),
    );
    apply(&store, steps).await;
    assert_eq!(
        texts_of(&store, "sandwich").await,
        [""; 0],
        "not indexed yet"
    );

    index(&store, 3, 2).await;
    assert_eq!(texts_of(&store, "Sandwich").await, [lines[1], lines[0]]);
    assert_eq!(texts_of(&store, "my sandwich").await, [lines[0]]);
    assert_eq!(texts_of(&store, "sandwich turkey").await, [""; 0]);
    assert_eq!(texts_of(&store, "sandwiches").await, [""; 0]);
    let found = search(&store, &question("turkey", Sort::Newest), 10).await;
    assert_eq!(found[0].conversation.id, talk.id);
    assert_eq!(found[0].message.order, 3);
}

/// Whatever the language.
pub async fn words_of_many_languages_are_found(store: Arc<dyn Store>) {
    let talk = conversation(1);
    let lines = [
        ("Schöne Grüße aus der Straßenbahn", "grüße"),
        ("मुझे हिन्दी बहुत पसंद है", "हिन्दी"),
        ("今天天气很好，我们去公园吧", "天气"),
        ("今日はいい天気ですね", "天気"),
        ("오늘 날씨가 좋네요", "날씨"),
        ("Погода ещё хорошая", "еще"),
    ];
    let mut steps = vec![open(&talk)];
    for (order, (text, _)) in (1..).zip(lines) {
        steps.push(telling(&talk, order, text, order.into()));
    }
    apply(&store, steps).await;
    index(&store, 6, 100).await;
    for (text, word) in lines {
        assert_eq!(texts_of(&store, word).await, [text], "by '{word}'");
    }
}

/// Nothing that people type is more than words.
pub async fn any_text_can_be_searched_for(store: Arc<dyn Store>) {
    let talk = conversation(1);
    apply(
        &store,
        vec![open(&talk), telling(&talk, 1, "plain words", 1)],
    )
    .await;
    index(&store, 1, 100).await;
    for text in [
        "\"plain\" AND NOT (words OR",
        "'plain' & !words | ",
        "plain* NEAR(words, 3) {terms}: ^x -y",
        "plain:* <-> words \\ ' \" ;--",
        "_w _a0000000000000000",
        "%_*?",
        "\u{202e}plain\u{0}",
    ] {
        search(&store, &question(text, Sort::Newest), 10).await;
        search(&store, &question(text, Sort::Best), 10).await;
    }
    let nowhere = Question {
        worlds: Vec::new(),
        ..question("plain", Sort::Newest)
    };
    for asked in [question("?!", Sort::Newest), nowhere] {
        assert_eq!(search(&store, &asked, 10).await, []);
    }
    assert_eq!(texts_of(&store, "'PLAIN' & words").await, ["plain words"]);
}

/// Only in the worlds that are asked for.
pub async fn a_search_stays_in_its_worlds(store: Arc<dyn Store>) {
    let here = conversation(1);
    let there = Conversation {
        world: slug("club"),
        ..conversation(2)
    };
    for talk in [&here, &there] {
        let text = format!("a word in {}", talk.world);
        apply(&store, vec![open(talk), telling(talk, 1, &text, 1)]).await;
    }
    index(&store, 2, 100).await;
    assert_eq!(texts_of(&store, "word").await, ["a word in friends"]);
    let everywhere = Question {
        worlds: vec![slug("club"), slug("friends"), slug("unheard-of")],
        ..question("word", Sort::Newest)
    };
    assert_eq!(search(&store, &everywhere, 1).await.len(), 2);
}

/// Newest first or best first, page by page, is all of them, each once.
pub async fn a_search_page_by_page_is_all_of_it(store: Arc<dyn Store>) {
    let talk = conversation(1);
    let mut steps = vec![open(&talk)];
    for order in 1..=25 {
        let text = format!("fossil {}", "and more ".repeat(order as usize % 5));
        steps.push(telling(&talk, order, &text, i64::from(order)));
    }
    apply(&store, steps).await;
    index(&store, 25, 100).await;
    let orders = async |sort| -> Vec<u32> {
        let found = search(&store, &question("fossil", sort), 4).await;
        found.iter().map(|found| found.message.order).collect()
    };
    assert_eq!(
        orders(Sort::Newest).await,
        (1..=25).rev().collect::<Vec<_>>()
    );
    let mut best = orders(Sort::Best).await;
    assert!(
        best[..5].iter().all(|order| order % 5 == 0),
        "short ones first: {best:?}"
    );
    best.sort_unstable();
    assert_eq!(best, (1..=25).collect::<Vec<_>>());
}

/// Several indexers at once, in batches of any size, index each message once and leave none out.
pub async fn many_indexers_index_each_line_once(store: Arc<dyn Store>) {
    let talks: Vec<_> = (1..=5).map(conversation).collect();
    for talk in &talks {
        let mut steps = vec![open(talk)];
        steps.extend((1..=20).map(|n| telling(talk, n, "a fossil", i64::from(n))));
        apply(&store, steps).await;
    }
    let indexed = Arc::new(AtomicU32::new(0));
    let workers: Vec<_> = (1..=4)
        .map(|limit| {
            let (store, indexed) = (Arc::clone(&store), Arc::clone(&indexed));
            tokio::spawn(async move {
                while indexed.load(Ordering::SeqCst) < 100 {
                    let now = store.index_words(limit * 3).await.expect("a batch");
                    indexed.fetch_add(now, Ordering::SeqCst);
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await.expect("no indexer panics");
    }
    assert_eq!(indexed.load(Ordering::SeqCst), 100);
    assert_eq!(store.index_words(10).await, Ok(0));
    assert_eq!(texts_of(&store, "fossil").await.len(), 100);
}

/// How far the index is behind is told by the oldest line that is not in it.
pub async fn the_index_tells_how_far_it_is_behind(store: Arc<dyn Store>) {
    assert_eq!(store.unindexed_since().await, Ok(None));
    let talk = conversation(1);
    apply(
        &store,
        vec![
            open(&talk),
            telling(&talk, 1, "one", 10),
            telling(&talk, 2, "two", 20),
        ],
    )
    .await;
    let since =
        async || -> Option<DateTime<Utc>> { store.unindexed_since().await.expect("a read") };
    while since().await.is_none() {
        tokio::task::yield_now().await;
    }
    assert_eq!(since().await, Some(at(10)));
    while store.index_words(1).await.expect("a batch") == 0 {}
    assert_eq!(since().await, Some(at(20)));
    index(&store, 1, 10).await;
    assert_eq!(since().await, None);
}

/// A furious line of last week comes to mind when its subject is spoken of again, to both who were
/// there and to nobody else.
pub async fn an_angry_line_of_last_week_comes_to_mind(store: Arc<dyn Store>) {
    let then = conversation(1);
    let furious = "I hate you, you ate my sandwich!";
    let last_week = vec![
        open(&then),
        telling(&then, 1, "Hello there, nice weather.", 1),
        feeling(telling(&then, 2, furious, 2), -0.9),
        telling(&then, 3, "It was an ordinary sandwich.", 3),
    ];
    apply(&store, last_week).await;
    let now = conversation(2);
    let other = between(3, ["Joey", "Ross"]);
    let asked = "Shall we get a sandwich?";
    for talk in [&now, &other] {
        apply(&store, vec![open(talk), telling(talk, 1, asked, WEEK)]).await;
    }
    index(&store, 5, 100).await;

    for viewer in ["Ross", "Rachel"] {
        let one = scene(&store, &now, 1, viewer, 1).await;
        assert_eq!(texts(&one.recalled), [furious], "{viewer} bears a grudge");
        let two = scene(&store, &now, 1, viewer, 5).await;
        assert_eq!(
            texts(&two.recalled),
            [furious, "It was an ordinary sandwich."]
        );
        assert_eq!(
            two,
            scene(&store, &now, 1, viewer, 5).await,
            "each time the same"
        );
    }
    for viewer in ["Joey", "Chandler"] {
        for talk in [&now, &other] {
            let scene = scene(&store, talk, 1, viewer, 5).await;
            let of_then = |m: &parlor_model::Message| m.conversation_id == then.id;
            assert!(
                !scene.recalled.iter().any(of_then),
                "{viewer} was not there"
            );
        }
    }
    let with_joey = scene(&store, &other, 1, "Ross", 5).await;
    assert_eq!(
        texts(&with_joey.recalled),
        [""; 0],
        "that was not with Joey"
    );
    assert_eq!(scene(&store, &now, 1, "Ross", 0).await.recalled, []);
}

/// What is in the memory window is not recalled besides; older lines of the same talk are.
pub async fn what_is_in_the_window_is_not_recalled(store: Arc<dyn Store>) {
    let talk = conversation(1);
    let mut steps = vec![open(&talk)];
    steps.extend((1..=4).map(|n| telling(&talk, n, &format!("fossil number {n}"), n.into())));
    apply(&store, steps).await;
    index(&store, 4, 100).await;
    let seen = scene(&store, &talk, 4, "Ross", 9).await;
    assert_eq!(texts(&seen.memory), ["fossil number 3", "fossil number 4"]);
    assert_eq!(
        texts(&seen.recalled),
        ["fossil number 2", "fossil number 1"]
    );
}

/// An opening reminds of what was said about its topic.
pub async fn a_topic_reminds_of_what_was_said_of_it(store: Arc<dyn Store>) {
    let then = conversation(1);
    let now = Conversation {
        topic: Some("the fossil".to_owned()),
        created_at: at(WEEK),
        ..conversation(2)
    };
    apply(
        &store,
        vec![open(&then), telling(&then, 1, "A fossil!", 1), open(&now)],
    )
    .await;
    index(&store, 1, 100).await;
    let opening = scene(&store, &now, 0, "Rachel", 3).await;
    assert_eq!(texts(&opening.recalled), ["A fossil!"]);
}

/// Only what somebody said, heard or overheard comes to their mind.
pub async fn only_what_was_witnessed_is_recalled(store: Arc<dyn Store>) {
    let behind_backs = between(1, ["Rachel", "Joey"]);
    let mut overheard = telling(&behind_backs, 2, "No fossil is safe from Ross.", 2);
    overheard.messages[0].audience.push("Ross".to_owned());
    apply(
        &store,
        vec![
            open(&behind_backs),
            telling(&behind_backs, 1, "Don't tell Ross about the fossil.", 1),
            overheard,
        ],
    )
    .await;
    let now = conversation(2);
    apply(
        &store,
        vec![open(&now), telling(&now, 1, "Where is my fossil?", WEEK)],
    )
    .await;
    index(&store, 3, 100).await;
    let with_joey = between(3, ["Joey", "Ross"]);
    apply(
        &store,
        vec![open(&with_joey), telling(&with_joey, 1, "A fossil?", WEEK)],
    )
    .await;
    let known = async |talk| scene(&store, talk, 1, "Ross", 9).await.recalled;
    assert_eq!(
        texts(&known(&with_joey).await),
        ["No fossil is safe from Ross."]
    );
    assert_eq!(
        texts(&known(&now).await),
        [""; 0],
        "Rachel did not say that"
    );
    let with_chandler = between(4, ["Ross", "Chandler"]);
    apply(
        &store,
        vec![
            open(&with_chandler),
            telling(&with_chandler, 1, "A fossil?", WEEK),
        ],
    )
    .await;
    assert_eq!(
        texts(&known(&with_chandler).await),
        [""; 0],
        "nor did Chandler"
    );
}

/// Without a conversation the same lines come to mind, and only those by or to whom they are with:
/// what a person said stays between the two.
pub async fn a_reminder_needs_no_conversation(store: Arc<dyn Store>) {
    let cast = between(1, ["Rachel", "Ross"]);
    let person = between(2, ["Ann", "Ross"]);
    apply(
        &store,
        vec![
            open(&cast),
            telling(&cast, 1, "I sold your fossil.", 1),
            open(&person),
            telling(&person, 1, "Keep my fossil a secret.", 2),
        ],
    )
    .await;
    index(&store, 2, 100).await;
    let reminder = |with: &[&str]| Reminder {
        world: slug("friends"),
        viewer: "Ross".to_owned(),
        with: with.iter().map(|name| (*name).to_owned()).collect(),
        words: vec!["fossil".to_owned()],
        known: Vec::new(),
        at: at(WEEK),
        limit: 9,
    };
    let comes = async |with: &[&str]| {
        let lines = store.remind(&reminder(with)).await;
        let lines = lines.expect("it can be asked").into_iter();
        let mut texts: Vec<_> = lines.map(|line| line.text).collect();
        texts.sort();
        texts
    };
    let (sold, secret) = ("I sold your fossil.", "Keep my fossil a secret.");
    assert_eq!(comes(&["Rachel", "Bea"]).await, [sold]);
    assert_eq!(comes(&["Rachel", "Ann"]).await, [sold, secret]);
    assert_eq!(comes(&["Bea"]).await, [""; 0]);
}

/// What somebody witnessed of late, newest first, and nothing else.
pub async fn what_somebody_witnessed_is_listed_newest_first(store: Arc<dyn Store>) {
    let talk = conversation(1);
    let other = between(2, ["Rachel", "Joey"]);
    for talk in [&talk, &other] {
        let mut steps = vec![open(talk)];
        steps.extend((1..=3).map(|n| {
            let micros = TimeDelta::seconds(n.into()).num_microseconds().unwrap_or(0);
            telling(talk, n, &format!("{} {n}", talk.participants[0]), micros)
        }));
        apply(&store, steps).await;
    }
    let witnessed = async |name: &str, limit| -> Vec<String> {
        let world = slug("friends");
        let found = store.witnessed(&world, name, limit).await.expect("a read");
        found.into_iter().map(|m| m.text).collect()
    };
    assert_eq!(witnessed("Ross", 10).await, ["Ross 3", "Ross 2", "Ross 1"]);
    assert_eq!(witnessed("Joey", 2).await, ["Rachel 3", "Rachel 2"]);
    assert_eq!(witnessed("Rachel", 10).await.len(), 6);
    assert_eq!(witnessed("Phoebe", 10).await, [""; 0]);
}
