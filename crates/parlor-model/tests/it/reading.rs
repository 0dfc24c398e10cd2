//! Good files and what they give.

use crate::vocabulary::{SMALL, read};
use parlor_model::Slug;
use parlor_model::world::{
    Access, DialectKind, ExchangeKind, InboxKind, Llm, OnFailure, TriggerStart,
};

const FULL: &str = r#"
#:schema ./world.schema.json
[world]
name = "friends"
title = "Central Perk"
about = "Four friends."
seed = 7
access = "session"
pace = "2.5s"

[trigger]
start = "cron"
aliases = ["/start-convo-bro", "/talk/now"]

[routing]
inbox = "character"
exchange = { name = "friends-exchange", type = "topic" }
queue = "q-{Name}"
key = "{Name}"

[memory]
window = 9
recall = 2

[mechanics.gossip]
probability = 0.10
by = "ross"

[dialects.banter]
kind = "grammar"
file = "banter.json"

[dialects.model]
kind = "llm"
model = "small"
fallback = "banter"

[[characters]]
name = "Ross"
persona = "Digs up bones."
traits = { openness = 0.6, neuroticism = 1 }
likes = ["science"]
catchphrases = ["We were on a break!"]
dialect = "banter"

[[characters]]
name = "Marla Quince"
slug = "marla"
dialect = "model"

[[places]]
name = "Sofa"
about = "Orange."
queue = "sofa"
capacity = 4
port = 8001

[[topics]]
text = "rent"
category = "money"
sentiment = -0.5
until = 2026-12-31

[llm]
model = "large"
on_failure = "wait"
calls_per_day_max = 100
tokens_per_day_max = 100_000
context_tokens_max = 2_048
reply_tokens_max = 200
line_chars_max = 140

[schedule]
cron = ["0 6 * * *", "*/5 18-20 * * MON-FRI"]
zone = "Europe/Berlin"
batch = 100
"#;

#[test]
fn a_small_world_is_small() {
    let world = read(SMALL).unwrap();
    assert_eq!(world.name.as_str(), "tea-room");
    assert_eq!(world.title, "tea-room");
    assert_eq!(
        (world.seed, world.access, world.pace),
        (None, Access::Open, None)
    );
    assert_eq!((world.memory.window, world.memory.recall), (5, 0));
    assert_eq!(world.trigger.start, TriggerStart::Http);
    let topology = world.topology();
    assert_eq!(topology.exchange, "tea-room-exchange");
    assert_eq!(topology.exchange_kind, ExchangeKind::Direct);
    let inboxes: Vec<_> = topology
        .inboxes
        .iter()
        .map(|b| (&b.inbox[..], &b.key[..]))
        .collect();
    assert_eq!(
        inboxes,
        [("tea-room.ada", "ada"), ("tea-room.bea-quill", "bea-quill")]
    );
}

#[test]
fn a_world_without_dialects_speaks_gibberish() {
    let world = read(SMALL).unwrap();
    assert_eq!(world.cast[0].dialect, "small-talk");
    assert_eq!(world.dialects["small-talk"].kind, DialectKind::Gibberish);
}

#[test]
fn the_only_dialect_is_everybodys() {
    let world = read(&format!("{SMALL}[dialects.hum]\nkind = \"gibberish\"")).unwrap();
    assert!(
        world
            .cast
            .iter()
            .all(|character| character.dialect == "hum")
    );
}

#[test]
fn what_a_world_says_of_its_model_is_read() {
    let llm = read(FULL).unwrap().llm;
    assert_eq!(llm.on_failure, OnFailure::Wait);
    assert_eq!(
        (llm.calls_per_day_max, llm.tokens_per_day_max),
        (Some(100), Some(100_000))
    );
    assert_eq!(
        (
            llm.context_tokens_max,
            llm.reply_tokens_max,
            llm.line_chars_max
        ),
        (2_048, 200, 140)
    );
    let named = read(FULL).unwrap();
    assert_eq!(
        named.named_models().into_iter().collect::<Vec<_>>(),
        ["large", "small"]
    );
    assert_eq!(read(SMALL).unwrap().llm, Llm::default());
}

#[test]
fn every_key_of_a_world_file_is_read() {
    let world = read(FULL).unwrap();
    assert_eq!(world.title, "Central Perk");
    assert_eq!((world.seed, world.access), (Some(7), Access::Session));
    assert_eq!(
        world.pace.map(|pace| pace.to_string()).as_deref(),
        Some("2500ms")
    );
    assert_eq!(world.trigger.aliases, ["/start-convo-bro", "/talk/now"]);
    assert_eq!((world.memory.window, world.memory.recall), (9, 2));
    assert_eq!(world.mechanics["gossip"]["probability"], 0.10);
    assert_eq!(
        world.dialects["banter"].text(),
        Some(Ok(r#"{"origin": "hm"}"#))
    );
    assert_eq!(world.dialects["model"].fallback.as_deref(), Some("banter"));
    assert_eq!(world.topics[0].until.as_deref(), Some("2026-12-31"));
    let ross = world.named("Ross").unwrap();
    assert_eq!(
        (ross.traits["openness"], ross.traits["neuroticism"]),
        (0.6, 1.0)
    );
    assert_eq!(ross.catchphrases, ["We were on a break!"]);
    assert!(world.character(&Slug::new("marla").unwrap()).is_some());
}

#[test]
fn routes_are_named_by_the_world_file_fr6_fr7_fr8() {
    let world = read(FULL).unwrap();
    let topology = world.topology();
    assert_eq!(topology.exchange, "friends-exchange");
    assert_eq!(world.routing.inbox, InboxKind::Character);
    assert_eq!(
        (&topology.inboxes[0].inbox[..], &topology.inboxes[0].key[..]),
        ("q-Ross", "Ross")
    );
}

#[test]
fn a_whole_number_may_be_written_with_a_fraction() {
    let world = read(&format!("{SMALL}[memory]\nwindow = 9.0")).unwrap();
    assert_eq!(world.memory.window, 9);
}
