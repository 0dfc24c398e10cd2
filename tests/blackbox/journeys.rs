//! Journeys as a visitor and an accident meet them: everybody is in exactly one place, and journeys have
//! neither gap nor repeat, whatever is killed. The counts are printed (`--nocapture`).

use parlor_blackbox::{
    Api, Database, Dice, Instance, Role, Scratch, Server, Setting, TestWorld, amqp_url, until,
    within,
};
use parlor_dialect::llm::Provider;
use parlor_dialect::testkit::{FAKE_KEY, FakeProvider};
use reqwest::Method;
use serde_json::{Value, json};
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Kills of places, one at a time.
const KILLS: usize = 50;
/// Longest time between two accidents.
const BETWEEN: Duration = Duration::from_millis(600);
/// How long everything may take to go on after an accident.
const GO_ON_WITHIN: Duration = Duration::from_secs(90);
/// Characters of the world.
const CAST: usize = 42;
const PLACES: [&str; 7] = [
    "hall", "library", "hut", "garden", "pitch", "town", "station",
];

#[tokio::test]
async fn hogwarts_travels_within_one_process_and_can_be_followed_hp12_hp20() {
    let scratch = Scratch::bundled(Setting::Embedded, TestWorld::bundled("hogwarts")).await;
    let mut server = scratch.launch(&["--pace", "20ms", "--seed", "7"]);
    server.ready().await;
    let api = server.api().await;
    moved(&api, 40).await;

    let states = api.get("/states").await.expect(200);
    let everybody = whereabouts(&states);
    assert_eq!(everybody.len(), CAST, "each in one place: {states}");
    assert!(everybody.contains_key("Harry") && everybody.contains_key("Draco"));
    let places = states["places"].as_array().unwrap();
    assert_eq!(places.len(), 7);
    assert!(
        places.iter().all(|place| place["up"] == json!(true)),
        "{states}"
    );

    let log = server.log();
    let post: Vec<_> = log.lines().filter(|line| !line.is_empty()).collect();
    let first = post
        .iter()
        .position(|line| line.starts_with("From: "))
        .unwrap();
    assert!(
        post[first + 1].starts_with("Character: "),
        "{}",
        post[first + 1]
    );
    assert!(post[first + 2].starts_with("Scene: "));
    assert!(post[first + 3].chars().all(|c| c == '='));
    assert!(post[first + 4].starts_with("Sent To: ") && post[first + 4].ends_with("-messages"));

    for path in ["/initate", "/initiate"] {
        let begun = api.get(path).await.expect(202);
        assert_eq!(
            (&begun["status"], &begun["world"]),
            (&json!("started"), &json!("hogwarts"))
        );
    }
    moved(&api, 10).await;
    hold_together(&api, "hogwarts").await;
    by_hand_and_home(&api).await;
}

/// Sends somebody by hand, with the world at rest; then everybody home.
async fn by_hand_and_home(api: &Api) {
    let home = Api::send(api.request(Method::DELETE, "/reset"))
        .await
        .expect(200);
    assert_eq!(whereabouts(&home)["Harry"], "Gryffindor tower");
    let send = async |body: Value| {
        let request = api.request(Method::POST, "/api/worlds/hogwarts/moves");
        Api::send(request.json(&body)).await
    };
    let sent = send(json!({"characters": ["Harry", "ron"], "to": "library"}))
        .await
        .expect(202);
    assert_eq!(
        (&sent["by"], &sent["from"]),
        (&json!("hand"), &json!("Gryffindor tower"))
    );
    until("Harry arrives", || async {
        let journey = api.get("/api/characters/harry/journey").await.expect(200);
        journey["items"][0]["state"] == "arrived" && journey["place"] == "Great Library"
    })
    .await;
    for (body, code) in [
        (
            json!({"characters": ["harry", "hermione"], "to": "hut"}),
            "not_together",
        ),
        (
            json!({"characters": ["harry"], "to": "library"}),
            "not_together",
        ),
        (
            json!({"characters": ["harry"], "to": "mordor"}),
            "unknown_place",
        ),
        (
            json!({"characters": ["gandalf"], "to": "hut"}),
            "unknown_character",
        ),
        (json!({"characters": [], "to": "hut"}), "refused"),
    ] {
        let answer = send(body).await;
        assert_eq!(answer.json["code"], code, "{}", answer.text);
    }
    let metrics = api.get("/metrics").await.text;
    assert!(
        metrics.contains("parlor_moves_total{by=\"hand\"} 1"),
        "counted apart"
    );
    assert_eq!(
        hold_together(api, "hogwarts").await,
        2,
        "Harry and Ron, once each"
    );
}

#[tokio::test]
async fn a_place_that_is_down_loses_nobody_and_goes_on_where_it_was_hp17() {
    let scratch = Scratch::journeys(Setting::Split, amqp_url(), Database::fresh().await).await;
    place_down_and_up(&scratch).await;
}

#[tokio::test]
async fn on_kafka_too_a_place_that_is_down_loses_nobody_hp7_hp17() {
    let broker = Instance::up(&["kafka"]).await;
    let bus = format!("kafka://{}", broker.url("kafka"));
    let scratch = Scratch::journeys(Setting::Split, bus, Database::fresh().await).await;
    place_down_and_up(&scratch).await;
}

async fn place_down_and_up(scratch: &Scratch) {
    let server = started(scratch, &[]).await;
    let api = server.api().await;
    api.post(&format!("/api/worlds/{}/runs", scratch.world.name))
        .await
        .expect(202);
    moved(&api, 30).await;
    let slug = place_slug(scratch, "library");
    let roles = api.get("/api/roles").await.expect(200);
    let roles = roles["items"].as_array().unwrap().clone();
    let role = roles
        .iter()
        .find(|role| role["names"] == json!([slug]))
        .unwrap();
    let id = role["id"].as_str().unwrap().to_owned();
    api.post(&format!("/api/roles/{id}/stop")).await.expect(202);
    within(
        GO_ON_WITHIN,
        "the library is down and somebody waits for it",
        || async {
            let place = place(&api, &slug).await;
            let waits =
                place["waiting"].as_u64() > Some(0) && !place["travelling"].as_array()?.is_empty();
            (place["up"] == json!(false) && waits).then_some(())
        },
    )
    .await;
    let states = api.get("/states").await.expect(200);
    assert_eq!(
        whereabouts(&states).len(),
        CAST,
        "who waits is somewhere: {states}"
    );

    api.post(&format!("/api/roles/{id}/start"))
        .await
        .expect(202);
    within(GO_ON_WITHIN, "the library receives who waited", || async {
        let place = place(&api, &slug).await;
        (place["up"] == json!(true) && place["waiting"] == json!(0)).then_some(())
    })
    .await;
    moved(&api, 30).await;
    let moves = hold_together(&api, &scratch.world.name).await;
    println!("a place down and up: {moves} legs of journeys, no gap, no repeat");
}

#[tokio::test]
async fn places_killed_fifty_times_and_a_kafka_that_crashes_lose_and_repeat_nobody() {
    let broker = Instance::up(&["kafka"]).await;
    let bus = format!("kafka://{}", broker.url("kafka"));
    let scratch = Scratch::journeys(Setting::Split, bus, Database::fresh().await).await;
    let server = started(&scratch, &[]).await;
    let api = server.api().await;
    let world = &scratch.world.name;
    api.post(&format!("/api/worlds/{world}/runs"))
        .await
        .expect(202);
    moved(&api, 10).await;
    let mut dice = Dice::printed("kills of places");
    for n in 0..KILLS {
        victim(&server, &scratch, &mut dice).await.kill();
        dice.moment(BETWEEN).await;
        if n == KILLS / 2 {
            broker.restart(true).await;
        }
    }
    let before = hold_together(&api, world).await;
    within(
        GO_ON_WITHIN,
        "journeys go on after the last accident",
        || async { (legs(&api).await > before + 20).then_some(()) },
    )
    .await;
    let legs = hold_together(&api, world).await;
    println!(
        "{KILLS} kills of places, 1 crash of Kafka: {legs} legs of journeys, {CAST} of {CAST} in one place each, 0 gaps, 0 repeats"
    );
}

/// A place that runs.
async fn victim(server: &Server, scratch: &Scratch, dice: &mut Dice) -> Role {
    within(GO_ON_WITHIN, "a place that runs", || {
        let roles = server.roles();
        let places = PLACES.map(|place| place_slug(scratch, place));
        let ready: Vec<_> = roles
            .into_iter()
            .filter(|(name, role)| {
                places.contains(name) && role.pid.is_some() && role.address.is_some()
            })
            .map(|(_, role)| role)
            .collect();
        let victim = (!ready.is_empty()).then(|| dice.pick(&ready).clone());
        async move { victim }
    })
    .await
}

async fn started(scratch: &Scratch, args: &[&str]) -> Server {
    let mut all = vec!["--pace", "20ms", "--quiet", "--no-start"];
    all.extend(args);
    let server = scratch.launch(&all);
    let mut roles = PLACES.map(|place| place_slug(scratch, place)).to_vec();
    roles.extend(["gateway".to_owned(), "relay".to_owned()]);
    let roles: Vec<_> = roles.iter().map(String::as_str).collect();
    server.roles_ready(&roles).await;
    server
}

fn place_slug(scratch: &Scratch, place: &str) -> String {
    format!("{}-{place}", scratch.world.name)
}

async fn place(api: &Api, slug: &str) -> Value {
    let states = api.get("/states").await.expect(200);
    let places = states["places"].as_array().unwrap().clone();
    places
        .into_iter()
        .find(|place| place["slug"] == slug)
        .unwrap()
}

/// Who is where, by name; who is in two places fails the test.
fn whereabouts(states: &Value) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for place in states["places"].as_array().unwrap() {
        for name in place["characters"].as_array().unwrap() {
            let name = name.as_str().unwrap().to_owned();
            let at = place["place"].as_str().unwrap().to_owned();
            if let Some(other) = found.insert(name.clone(), at.clone()) {
                panic!("{name} is at {other} and at {at}");
            }
        }
    }
    found
}

/// All moves of everybody, by name.
async fn journeys(api: &Api) -> BTreeMap<String, Vec<Value>> {
    let states = within(GO_ON_WITHIN, "the states", || async {
        let answer = Api::try_send(api.request(Method::GET, "/states"))
            .await
            .ok()?;
        (answer.status.as_u16() == 200).then_some(answer.json)
    })
    .await;
    let mut all = BTreeMap::new();
    for name in whereabouts(&states).into_keys() {
        let mut items = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("/api/characters/{name}/journey?limit=200{cursor}");
            let part = api.get(&path).await.expect(200);
            items.extend(part["items"].as_array().unwrap().iter().cloned());
            let Some(next) = part["nextCursor"].as_str() else {
                break;
            };
            cursor = format!("&cursor={next}");
        }
        all.insert(name, items);
    }
    all
}

/// How many moves of single characters there are.
async fn legs(api: &Api) -> usize {
    journeys(api).await.values().map(Vec::len).sum()
}

/// Waits until at least so many moves of single characters are made.
async fn moved(api: &Api, count: usize) {
    within(GO_ON_WITHIN, "characters travel", || async {
        (legs(api).await >= count).then_some(())
    })
    .await;
}

/// With the world paused: everybody is in one place, and each journey leads there without gap or repeat.
/// Gives how many moves of single characters there are.
async fn hold_together(api: &Api, world: &str) -> usize {
    api.post(&format!("/api/worlds/{world}/pause"))
        .await
        .expect(200);
    let last = Cell::new(usize::MAX);
    let all = within(GO_ON_WITHIN, "the world comes to rest", || async {
        let all = journeys(api).await;
        let count = all.values().map(Vec::len).sum();
        (last.replace(count) == count).then_some(all)
    })
    .await;
    let states = api.get("/states").await.expect(200);
    let places = whereabouts(&states);
    assert_eq!(places.len(), CAST);
    for (name, journey) in &all {
        let ids: BTreeSet<_> = journey
            .iter()
            .map(|made| made["id"].as_str().unwrap())
            .collect();
        assert_eq!(ids.len(), journey.len(), "{name} makes a move twice");
        for pair in journey.windows(2) {
            assert_eq!(pair[0]["to"], pair[1]["from"], "{name} jumps: {pair:?}");
            assert_eq!(
                pair[0]["state"], "arrived",
                "{name} leaves before the arrival: {pair:?}"
            );
        }
        if let Some(last) = journey.last() {
            assert_eq!(
                last["to"].as_str().unwrap(),
                places[name],
                "{name} is elsewhere"
            );
        }
        for made in journey {
            let words = made["scene"].as_str().unwrap().split_whitespace().count();
            assert!((1..=20).contains(&words), "{made}");
        }
    }
    api.post(&format!("/api/worlds/{world}/resume"))
        .await
        .expect(200);
    all.values().map(Vec::len).sum()
}

/// Moves of the run with a model, and how long they may take on a busy machine.
const MOVES: u64 = 10_000;
const LONG: Duration = Duration::from_secs(280);
/// Every so many answers of the model are nonsense: 5%.
const NONSENSE_EVERY: u64 = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_moves_need_no_hand_though_the_model_talks_nonsense_hp15() {
    let database = Database::fresh().await;
    let scratch = Scratch::journeys(Setting::Shared, amqp_url(), database).await;
    let file = &scratch.world.source;
    let world = std::fs::read_to_string(file).unwrap();
    let travel = format!(
        "[dialects.talk]\nkind = \"gibberish\"\n[dialects.hat]\nkind = \"llm\"\nfallback = \"talk\"\n\
         [mechanics.travel]\nmax_moves = {MOVES}\nmind = \"hat\"\n"
    );
    let world = world
        .replace("[mechanics.travel]\n", &travel)
        .replace("groups = 6", "groups = 21\ngroup_max = 2")
        .replace("friends =", "dialect = \"talk\"\nfriends =");
    std::fs::write(file, world).unwrap();
    let provider = FakeProvider::start().await;
    let asked = AtomicU64::new(0);
    provider.reply_with(move |request| choice(&asked, &request.body));
    let spec = provider.spec(Provider::OpenAi, "gpt-test");
    let settings = format!("llm = \"{spec}\"\nllm_concurrency_max = 64\n");
    std::fs::write(scratch.dir().join("parlor.toml"), settings).unwrap();
    let key = format!("OPENAI_API_KEY={FAKE_KEY}\n");
    std::fs::write(scratch.dir().join(".env"), key).unwrap();
    let server = scratch.up(&["--pace", "0", "--quiet"]).await;
    let api = server.api().await;
    api.post(&format!("/api/worlds/{}/runs", scratch.world.name))
        .await
        .expect(202);

    let (model, script) = within(LONG, "ten thousand moves", || async {
        let (model, script) = (made(&api, "model").await, made(&api, "script").await);
        (model + script >= MOVES).then_some((model, script))
    })
    .await;
    let hand = made(&api, "hand").await;
    println!(
        "moves {}, of these decided by the model {model}, by the rules {script}, by hand {hand}; \
         requests {}",
        model + script + hand,
        provider.count()
    );
    assert_eq!(
        (model + script, hand),
        (MOVES, 0),
        "all of them without a hand"
    );
    // Nonsense is asked for again, and 1 in 20 of that is nonsense, too: one in 400 by the rules, and those
    // where everybody has left meanwhile.
    assert!(
        model * 100 >= MOVES * 99,
        "the model decides most of them: {model}"
    );
    hold_together(&api, &scratch.world.name).await;
}

/// Moves so far by who decided them.
async fn made(api: &Api, by: &str) -> u64 {
    let metrics = api.get("/metrics").await.text;
    let name = format!("parlor_moves_total{{by=\"{by}\"}} ");
    let found = metrics.lines().find_map(|line| line.strip_prefix(&name));
    found
        .and_then(|count| count.trim().parse().ok())
        .unwrap_or(0)
}

/// What the model answers: the first two who are here, to the first place; now and then nonsense.
fn choice(asked: &AtomicU64, body: &Value) -> String {
    let n = asked.fetch_add(1, Ordering::Relaxed);
    let mut texts = Vec::new();
    strings(body, &mut texts);
    let question = texts.iter().find(|text| text.contains("Other places:"));
    let question = question.map_or("", |text| text.as_str());
    let (here, others) = question.split_once("Other places:").unwrap_or_default();
    let item = |line: &str, end: &str| {
        let rest = line.strip_prefix("- ")?;
        rest.split_once(end).map(|(name, _)| name.to_owned())
    };
    let go: Vec<_> = here
        .lines()
        .filter_map(|line| item(line, " ("))
        .take(2)
        .collect();
    let to: Vec<_> = others.lines().filter_map(|line| item(line, ":")).collect();
    let to = to
        .get(usize::try_from(n).unwrap_or(0) % to.len().max(1))
        .cloned();
    let good =
        json!({"go": go, "to": to, "scene": "A cat looks on.", "consequence": "off they go"});
    if !n.is_multiple_of(NONSENSE_EVERY) {
        return good.to_string();
    }
    let mut bad = good;
    match n / NONSENSE_EVERY % 4 {
        0 => return "I would rather not.".to_owned(),
        1 => bad["go"] = json!(["Gandalf"]),
        2 => bad["to"] = json!("Mordor"),
        _ => bad["scene"] = json!("on ".repeat(40)),
    }
    bad.to_string()
}

fn strings(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| strings(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| strings(field, found)),
        _ => {}
    }
}
