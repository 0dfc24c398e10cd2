//! The binary with a language model that fails: a real provider's API, served by this test.

use crate::ross_to_rachel;
use futures::StreamExt;
use futures::stream;
use parlor_blackbox::{Api, Scratch, Server, Setting, until, within};
use parlor_dialect::llm::Provider;
use parlor_dialect::testkit::{FAKE_KEY, FakeProvider, Fault, Script};
use serde_json::{Value, json};
use std::time::Duration;

/// Lines of a conversation.
const LINES: usize = 10;
/// How long a run of thousands of lines may take on a busy machine.
const LONG: Duration = Duration::from_secs(280);

/// A server whose characters speak through `provider`.
struct Stage {
    scratch: Scratch,
    provider: FakeProvider,
    settings: String,
}

impl Stage {
    /// `settings` go into `parlor.toml`, `llm` into the world's `[llm]`.
    async fn new(settings: &str, llm: &str) -> Self {
        let scratch = Scratch::with_gossip(Setting::Embedded, 0.0).await;
        let file = &scratch.world.source;
        let world = std::fs::read_to_string(file).unwrap();
        let model = format!(
            "[dialects.model]\nkind = \"llm\"\nfallback = \"talk\"\n\n[llm]\n{llm}\n\n[[characters]]"
        );
        let world = world
            .replace("dialect = \"talk\"", "dialect = \"model\"")
            .replacen("[[characters]]", &model, 1)
            .replace("probability = 0.25", "probability = 0.0");
        std::fs::write(file, world).unwrap();
        let provider = FakeProvider::start().await;
        provider.reply_with(|_| "Could this be any more of a line?".to_owned());
        let spec = provider.spec(Provider::OpenAi, "gpt-test");
        let settings = format!("llm = \"{spec}\"\n{settings}\n");
        std::fs::write(scratch.dir().join("parlor.toml"), &settings).unwrap();
        std::fs::write(
            scratch.dir().join(".env"),
            format!("OPENAI_API_KEY={FAKE_KEY}\n"),
        )
        .unwrap();
        Self {
            scratch,
            provider,
            settings,
        }
    }

    async fn up(&self) -> Server {
        assert!(!self.settings.is_empty());
        self.scratch.up(&["--pace", "0", "--quiet"]).await
    }

    /// Starts so many conversations, a few at a time.
    async fn talk(&self, api: &Api, conversations: usize) {
        let world = &self.scratch.world.name;
        stream::iter(0..conversations)
            .for_each_concurrent(16, |_| async {
                api.start(world, &json!({})).await;
            })
            .await;
    }

    async fn until_over(&self, what: &str) {
        within(LONG, what, || async {
            self.scratch.is_over().await.unwrap().then_some(())
        })
        .await;
    }

    /// Today's figures of the world (null before the first are written), and its budget.
    async fn usage(&self, api: &Api) -> (Value, Value) {
        let path = format!("/api/usage?world={}&days=1", self.scratch.world.name);
        let report = api.get(&path).await.expect(200);
        let first = |list: &str| report[list].get(0).cloned().unwrap_or_default();
        (first("items"), first("budgets"))
    }

    async fn fallbacks(&self, api: &Api) -> usize {
        let path = format!("/api/worlds/{}/messages?limit=200", self.scratch.world.name);
        let said = api.all(&path, "cursor").await;
        said.iter().filter(|m| m["fallback"] == true).count()
    }
}

/// 30 of 100 requests fail, 10 are never answered, 5 answered with nonsense.
fn moody() -> Script {
    Script::new(7)
        .share(Fault::Status(500), 0.15)
        .share(Fault::RateLimited(None), 0.15)
        .share(Fault::Silence, 0.10)
        .share(Fault::Html, 0.02)
        .share(Fault::Truncated, 0.02)
        .share(Fault::Empty, 0.01)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_lines_of_a_failing_model_all_come_to_their_end() {
    const CONVERSATIONS: usize = 1_000;
    // Long enough for a busy machine: many that time out at one moment look like a provider that is
    // down, and are left alone.
    let settings = "llm_timeout = \"1500ms\"\nllm_attempts_max = 2\nllm_concurrency_max = 100";
    let stage = Stage::new(settings, "on_failure = \"fallback\"").await;
    stage.provider.fail(moody());
    let server = stage.up().await;
    let api = server.api().await;
    stage.talk(&api, CONVERSATIONS).await;
    stage.until_over("every conversation is over").await;

    let tally = stage.scratch.ledger().await.tally();
    let fallbacks = stage.fallbacks(&api).await;
    let lost = CONVERSATIONS * LINES - tally.lines;
    println!(
        "lines {}, lost {lost}, duplicated {}, fallbacks {fallbacks}, requests {}",
        tally.lines,
        tally.duplicates,
        stage.provider.count()
    );
    assert!(tally.is_flawless(), "{tally:?}");
    assert_eq!((lost, tally.conversations), (0, CONVERSATIONS));
    assert!(fallbacks > 0, "some lines failed twice");
    assert!(fallbacks < tally.lines / 2, "most were said by the model");
    until("the books are written", || async {
        stage.usage(&api).await.0["fallbacks"] == fallbacks
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_world_that_waits_nothing_falls_back_and_all_is_said() {
    const CONVERSATIONS: usize = 30;
    let settings = "llm_timeout = \"400ms\"\nllm_attempts_max = 2\nllm_concurrency_max = 64";
    let stage = Stage::new(settings, "on_failure = \"wait\"").await;
    let fails = Script::new(7)
        .share(Fault::Status(503), 0.30)
        .share(Fault::Silence, 0.10);
    stage.provider.fail(fails);
    let server = stage.up().await;
    let api = server.api().await;
    stage.talk(&api, CONVERSATIONS).await;
    stage.until_over("every conversation is over").await;

    let tally = stage.scratch.ledger().await.tally();
    assert!(tally.is_flawless(), "{tally:?}");
    assert_eq!(tally.lines, CONVERSATIONS * LINES);
    assert_eq!(stage.fallbacks(&api).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_loses_no_call_in_flight_and_keeps_to_the_budget() {
    const CONVERSATIONS: usize = 40;
    const LIMIT: u64 = 300;
    let settings = "llm_timeout = \"5s\"\nllm_attempts_max = 1\nllm_concurrency_max = 64";
    let stage = Stage::new(settings, &format!("calls_per_day_max = {LIMIT}")).await;
    stage.provider.set_latency(Duration::from_millis(150));
    let mut server = stage.up().await;
    stage.talk(&server.api().await, CONVERSATIONS).await;
    for _ in 0..3 {
        let before = stage.provider.count();
        until("some calls are in flight", || async {
            stage.provider.running() > 0 && stage.provider.count() > before + 10
        })
        .await;
        server.kill();
        server = stage.up().await;
    }
    stage.until_over("every conversation is over").await;

    let tally = stage.scratch.ledger().await.tally();
    assert!(tally.is_flawless(), "{tally:?}");
    assert_eq!(
        tally.lines,
        CONVERSATIONS * LINES,
        "nothing lost, nothing twice"
    );
    let count = stage.provider.count();
    assert!(count <= LIMIT, "{count} requests, {LIMIT} allowed");
    let api = server.api().await;
    assert!(
        stage.fallbacks(&api).await > 0,
        "the budget was too small for all"
    );
    let (_, budget) = stage.usage(&api).await;
    assert!(
        budget["calls"]["spent"].as_u64().unwrap() >= count,
        "{budget}"
    );
    assert_eq!(budget["calls"]["max"], LIMIT);
}

#[tokio::test]
async fn a_spent_budget_lets_the_line_wait_until_it_is_raised() {
    let settings = "llm_timeout = \"5s\"";
    let llm = "on_failure = \"wait\"\ncalls_per_day_max = 3";
    let stage = Stage::new(settings, llm).await;
    let mut server = stage.up().await;
    let api = server.api().await;
    let id = api
        .start(&stage.scratch.world.name, &ross_to_rachel())
        .await;
    api.until_lines(&id, 3).await;
    until("the next line waits", || async {
        stage.scratch.ledger().await.parked == 1
    })
    .await;
    assert_eq!(stage.provider.count(), 3);
    let words = ["usage", "--world", &stage.scratch.world.source];
    let shown = stage.scratch.parlor(&words).await.well();
    assert!(shown.contains("3 of 3 spent, 0 left"), "{shown}");

    server.terminate().await;
    let file = &stage.scratch.world.source;
    let raised = std::fs::read_to_string(file)
        .unwrap()
        .replace("_max = 3", "_max = 300");
    std::fs::write(file, raised).unwrap();
    let server = stage.up().await;
    let api = server.api().await;
    within(Duration::from_secs(60), "the talk goes on", || async {
        (api.conversation(&id).await["status"] == "CLOSED").then_some(())
    })
    .await;
    assert_eq!(api.lines(&id).await.len(), LINES);
    assert_eq!(stage.fallbacks(&api).await, 0);
}
