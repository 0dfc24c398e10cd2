//! Whole conversations in the words of a language model, and topics from it and from feeds that break,
//! against a provider of the project's own.

use crate::chatlings::{Town, without_time};
use parlor_blackbox::{Server, ended, until};
use parlor_dialect::llm::Provider;
use parlor_dialect::testkit::{Asked, FAKE_KEY, FakeProvider, Fault, Script};
use serde_json::{Value, json};

const PEOPLE: u64 = 40;
const SCRIPTED: &str = "[dialects.chatter]                # a line for every turn, filled with the topic\nkind = \"template\"";
const WRITTEN: &str = "[dialects.chatter]\nkind = \"llm\"\nfallback = \"drafts\"\n\n[dialects.drafts]\nkind = \"template\"";
const NO_SOURCE: &str = "# source = \"https://example.org/news.xml\"";

/// What the provider says: as many lines as are wanted, or three topics.
fn reply(asked: &Asked) -> String {
    let schema = asked.schema.clone().unwrap_or_default();
    let wanted = &schema["properties"]["lines"]["minItems"];
    let Some(count) = wanted.as_u64() else {
        let topic = |n: u32| json!({"text": format!("a topic of the model, {n}"), "category": "Food", "sentiment": 0.5});
        return json!({"topics": [topic(1), topic(2), topic(3)]}).to_string();
    };
    let lines: Vec<String> = (1..=count)
        .map(|n| format!("The model says {n} of {count}."))
        .collect();
    json!({ "lines": lines }).to_string()
}

fn ask(town: &Town, provider: &FakeProvider) {
    let spec = provider.spec(Provider::OpenAi, "gpt-test");
    town.write("parlor.toml", &format!("llm = \"{spec}\"\n"));
    town.write(".env", &format!("OPENAI_API_KEY={FAKE_KEY}\n"));
}

/// The bundled world, in which a model writes.
fn written_world(town: &Town, more: &[(&str, &str)]) -> String {
    let path = town.changed_world(&[&[(SCRIPTED, WRITTEN)], more].concat());
    let world = std::fs::read_to_string(&path).unwrap();
    let world = world.replace("[[characters]]", "[[characters]]\ndialect = \"chatter\"");
    std::fs::write(&path, world).unwrap();
    path
}

async fn run(town: &Town, world: &str) -> Value {
    let out = ended(town.parlor(&["generate", world, "--json"]))
        .await
        .well();
    serde_json::from_str(out.lines().last().unwrap()).unwrap()
}

#[tokio::test]
async fn a_model_writes_a_whole_conversation_in_one_call_and_changes_nothing_else() {
    let provider = FakeProvider::start().await;
    provider.reply_with(reply);
    let written = Town::of(PEOPLE, "sqlite".to_owned()).await;
    ask(&written, &provider);
    let scripted = Town::of(PEOPLE, "sqlite".to_owned()).await;
    let world = written_world(&written, &[]);
    let (by_model, by_script) = (
        run(&written, &world).await,
        run(&scripted, "chatlings").await,
    );
    assert_eq!(
        without_time(&by_model),
        without_time(&by_script),
        "what happens is decided before"
    );
    assert_eq!(provider.count(), PEOPLE, "one call for each conversation");
    let said = written.said().await;
    assert_eq!(said.len() as u64, by_model["messages"].as_u64().unwrap());
    assert!(
        said.iter().all(|line| line.contains("The model says ")),
        "{}",
        said[0]
    );
    let asked = provider.requests().pop().unwrap();
    assert!(asked.system.contains("Who they are:") && asked.system.contains(" Feels "));
    assert!(asked.user.contains("They talk about: ") && asked.user.contains("\n1. "));
}

#[tokio::test]
async fn where_the_model_fails_the_drafts_are_said() {
    let provider = FakeProvider::start().await;
    provider.fail(Script::new(7).share(Fault::Status(400), 1.0));
    let written = Town::of(PEOPLE, "sqlite".to_owned()).await;
    ask(&written, &provider);
    let scripted = Town::of(PEOPLE, "sqlite".to_owned()).await;
    let world = written_world(&written, &[]);
    let (failed, by_script) = (
        run(&written, &world).await,
        run(&scripted, "chatlings").await,
    );
    assert_eq!(without_time(&failed), without_time(&by_script));
    assert!(written.said().await == scripted.said().await);
}

async fn up(town: &Town, world: &str) -> Server {
    let mut up = town.parlor(&["up", world, "--quiet", "--listen=127.0.0.1:0"]);
    up.env("PARLOR_LOG", "warn");
    let mut server = Server::start("chatlings", up);
    server.ready().await;
    server
}

fn number(town: &Town, sql: &str) -> i64 {
    let connection = rusqlite::Connection::open(town.database()).unwrap();
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}

const POOL: &str = "SELECT count(*) FROM topic_pool";

#[tokio::test]
async fn a_model_names_topics_cl2() {
    let provider = FakeProvider::start().await;
    provider.reply_with(reply);
    let town = Town::of(1, "sqlite".to_owned()).await;
    ask(&town, &provider);
    let world = written_world(&town, &[(NO_SOURCE, "source = \"llm\"")]);
    let _server = up(&town, &world).await;
    until("three topics", || async { number(&town, POOL) == 3 }).await;
}

#[tokio::test]
async fn a_source_that_breaks_leaves_the_pool_as_it_is_and_is_told_of() {
    let town = Town::of(1, "sqlite".to_owned()).await;
    let feed = town.write(
        "news.xml",
        "<rss><item><title>Tea &amp; cake</title></item><item><title>A new moon</title></item></rss>",
    );
    let source = format!("source = {:?}", feed.to_str().unwrap());
    let world = town.changed_world(&[(NO_SOURCE, &source)]);
    let server = up(&town, &world).await;
    until("two topics", || async { number(&town, POOL) == 2 }).await;
    std::fs::remove_file(&feed).unwrap();
    let connection = rusqlite::Connection::open(town.database()).unwrap();
    connection
        .execute("UPDATE topic_sources SET asked_at = 0", [])
        .unwrap();
    until("the failure", || async {
        number(
            &town,
            "SELECT count(*) FROM topic_sources WHERE error IS NOT NULL",
        ) == 1
    })
    .await;
    assert_eq!(number(&town, POOL), 2);
    until("the log", || async {
        server.log().contains("the topics stay as they are")
    })
    .await;
}
