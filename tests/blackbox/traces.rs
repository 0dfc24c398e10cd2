//! What a collector of traces is told: one conversation is one trace, over all processes.

use parlor_blackbox::{Api, Collector, Database, Scratch, Server, Setting, Told, command, until};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Kinds, as OpenTelemetry numbers them.
const SERVER: i32 = 2;
const PRODUCER: i32 = 4;
const CONSUMER: i32 = 5;
/// Lines of a conversation.
const LINES: usize = 10;

async fn up(scratch: &Scratch, collector: &Collector, more: &[(&str, &str)]) -> Server {
    let mut command = command(&scratch.dir());
    command
        .args(["up", &scratch.world.source, "--listen=127.0.0.1:0"])
        .args(["--no-start", "--quiet", "--pace=0", "--log-format=json"])
        .args(scratch.flags())
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint)
        .env("OTEL_BSP_SCHEDULE_DELAY", "100")
        .envs(more.iter().copied());
    if scratch.setting == Setting::Split {
        command.arg("--split");
    }
    let mut server = Server::start("parlor up", command);
    if scratch.setting == Setting::Split {
        server.roles_ready(&scratch.roles()).await;
    } else {
        server.ready().await;
    }
    server
}

/// Starts a conversation, waits for its end, and gives its id and its spans.
async fn talk(api: &Api, world: &str, collector: &Collector) -> (String, Vec<Told>) {
    let id = api.start(world, &json!({})).await;
    api.closed(&id).await;
    until("every line of the conversation is told", || {
        let told = collector.trace(&id);
        let handled = told.iter().filter(|span| is_step(span)).count();
        let asked = told.iter().any(|span| span.kind == SERVER);
        async move { handled >= LINES && asked }
    })
    .await;
    let spans = collector.trace(&id);
    (id, spans)
}

/// Whether a message was handled. (One that the bus brings again is told too, without a step: where
/// a machine is slow, what was sent may be sent once more before the broker has confirmed it.)
fn is_step(span: &Told) -> bool {
    span.kind == CONSUMER && span.attributes.get("parlor.step").map(String::as_str) == Some("done")
}

/// Checks what holds for every trace, and gives its spans by id.
fn tree(spans: &[Told]) -> BTreeMap<&str, &Told> {
    let by_id: BTreeMap<_, _> = spans.iter().map(|span| (span.id.as_str(), span)).collect();
    assert_eq!(by_id.len(), spans.len(), "every span has an id of its own");
    let roots: Vec<_> = spans.iter().filter(|span| span.parent.is_empty()).collect();
    assert_eq!(roots.len(), 1, "one span begins it all: {roots:#?}");
    for span in spans {
        let known = span.parent.is_empty() || by_id.contains_key(span.parent.as_str());
        assert!(known, "its parent was never told: {span:#?}");
        assert!(span.times.0 <= span.times.1, "{span:#?}");
        assert!(!span.failed, "{span:#?}");
    }
    by_id
}

/// What became of the words "process q-Ross" without the inbox.
fn what(span: &Told) -> &str {
    span.name.split(' ').next().unwrap_or_default()
}

fn assert_one_conversation(spans: &[Told]) {
    let by_id = tree(spans);
    let parent = |span: &Told| by_id.get(span.parent.as_str()).map(|p| what(p).to_owned());
    for span in spans {
        let expected: &[&str] = match what(span) {
            "POST" => &[],
            "start" => &["POST"],
            "create" => &["start", "process"],
            "send" | "process" => &["create"],
            "load" | "speak" | "commit" => &["process"],
            other => panic!("nobody knows a span '{other}': {span:#?}"),
        };
        let of = parent(span).unwrap_or_default();
        let fits = expected.contains(&of.as_str()) || (expected.is_empty() && of.is_empty());
        assert!(fits, "a part of '{of}': {span:#?}");
    }
    let handled: Vec<_> = spans.iter().filter(|span| is_step(span)).collect();
    let told: Vec<_> = handled
        .iter()
        .map(|span| (&span.name, &span.attributes, span.times))
        .collect();
    assert_eq!(handled.len(), LINES, "{told:#?}");
    for again in spans.iter().filter(|s| s.kind == CONSUMER && !is_step(s)) {
        assert_eq!(again.attributes["parlor.step"], "handled before");
    }
    for process in &handled {
        let parts: BTreeSet<_> = spans
            .iter()
            .filter(|span| span.parent == process.id)
            .map(what)
            .collect();
        assert!(parts.is_superset(&["load", "speak", "commit"].into()));
        let made = by_id[process.parent.as_str()];
        assert_eq!(made.kind, PRODUCER);
        assert_eq!(
            made.attributes["messaging.message.id"],
            process.attributes["messaging.message.id"]
        );
    }
}

#[tokio::test]
async fn a_conversation_is_one_trace_over_all_processes() {
    let scratch = Scratch::with_gossip(Setting::Split, 0.0).await;
    is_one_trace(scratch, "amqp").await;
}

#[tokio::test]
async fn a_conversation_is_one_trace_over_kafka_too() {
    let brokers = std::env::var("PARLOR_TEST_KAFKA_BROKERS").expect("tests/services names them");
    let bus = format!("kafka://{brokers}?partitions=1");
    let scratch = Scratch::with_gossip_on(bus, Database::fresh().await, 0.0);
    is_one_trace(scratch, "kafka").await;
}

async fn is_one_trace(scratch: Scratch, system: &str) {
    // Asides are handled as well, as many as the dice want.
    let world = std::fs::read_to_string(&scratch.world.source).unwrap();
    let quiet = world.replace("probability = 0.25", "probability = 0.0");
    assert_ne!(world, quiet);
    std::fs::write(&scratch.world.source, quiet).unwrap();
    let collector = Collector::start().await;
    let server = up(&scratch, &collector, &[]).await;
    let (_, spans) = talk(&server.api().await, &scratch.world.name, &collector).await;

    assert_one_conversation(&spans);
    let services: BTreeSet<_> = spans.iter().map(|span| span.service.as_str()).collect();
    assert_eq!(services, ["parlor-character", "parlor-gateway"].into());
    let processes: BTreeSet<_> = spans.iter().map(|span| &span.pid).collect();
    assert_eq!(processes.len(), 3, "a gateway and two characters");
    for sent in spans.iter().filter(|span| what(span) == "send") {
        assert_eq!(sent.attributes["messaging.system"], system);
    }
}

#[tokio::test]
async fn gossip_is_a_part_of_the_trace_that_it_came_from() {
    let scratch = Scratch::with_gossip(Setting::Embedded, 1.0).await;
    let collector = Collector::start().await;
    let server = up(&scratch, &collector, &[]).await;
    let (id, _) = talk(&server.api().await, &scratch.world.name, &collector).await;
    until("everything is over", || async {
        scratch.is_over().await.unwrap()
    })
    .await;
    drop_softly(server).await;

    let spans = collector.trace(&id);
    tree(&spans);
    let of: BTreeSet<_> = spans
        .iter()
        .filter_map(|span| span.attributes.get("messaging.message.conversation_id"))
        .collect();
    assert!(of.contains(&id) && of.len() > 1, "{of:?}");
}

/// Ends it as an operator does; what it has still to tell is told by then.
async fn drop_softly(mut server: Server) {
    let (status, _) = server.terminate().await;
    assert!(status.success(), "{status}");
}

#[tokio::test]
async fn a_request_of_another_trace_stays_there_and_is_linked() {
    let scratch = Scratch::with_gossip(Setting::Embedded, 0.0).await;
    let collector = Collector::start().await;
    let server = up(&scratch, &collector, &[]).await;
    let api = server.api().await;
    let path = format!("/api/worlds/{}/conversations", scratch.world.name);
    let request = api
        .request("POST".parse().unwrap(), &path)
        .header(
            "traceparent",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        )
        .json(&json!({}));
    let started: Value = Api::send(request).await.expect(202);
    api.closed(started["conversationId"].as_str().unwrap())
        .await;
    drop_softly(server).await;

    let spans = collector.trace(started["conversationId"].as_str().unwrap());
    tree(&spans);
    let start = spans.iter().find(|span| what(span) == "start").unwrap();
    assert_eq!(start.links, ["0af7651916cd43dd8448eb211c80319c"]);
    let told = collector.told();
    let asked = told
        .iter()
        .find(|span| span.kind == SERVER && span.trace == "0af7651916cd43dd8448eb211c80319c");
    let asked = asked.expect("the request is a part of its caller's trace");
    assert_eq!(asked.parent, "b7ad6b7169203331");
    assert_eq!(asked.attributes["http.response.status_code"], "202");
}

#[tokio::test]
async fn probes_are_not_told_and_a_share_of_zero_tells_nothing() {
    let scratch = Scratch::with_gossip(Setting::Embedded, 0.0).await;
    let collector = Collector::start().await;
    let none = [
        ("OTEL_TRACES_SAMPLER", "traceidratio"),
        ("OTEL_TRACES_SAMPLER_ARG", "0"),
    ];
    let server = up(&scratch, &collector, &none).await;
    let api = server.api().await;
    let id = api.start(&scratch.world.name, &json!({})).await;
    api.closed(&id).await;
    drop_softly(server).await;
    assert!(collector.told().is_empty(), "{:#?}", collector.told());

    let server = up(&scratch, &collector, &[]).await;
    let api = server.api().await;
    for path in ["/health", "/ready", "/metrics", "/api/worlds"] {
        assert_eq!(api.get(path).await.status, 200);
    }
    drop_softly(server).await;
    let asked: Vec<_> = collector.told().into_iter().map(|s| s.name).collect();
    assert_eq!(asked, ["GET /api/worlds"]);
}

#[tokio::test]
async fn what_can_not_be_meant_is_refused_at_the_start() {
    let scratch = Scratch::new(Setting::Embedded).await;
    for (name, value) in [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_TRACES_SAMPLER", "sometimes"),
    ] {
        let mut command = command(&scratch.dir());
        command
            .args(["up", "--listen=127.0.0.1:0"])
            .args(scratch.flags())
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
            .env(name, value);
        let refused = parlor_blackbox::ended(command).await;
        assert_eq!(refused.code, Some(2), "{}", refused.err);
        assert!(refused.err.contains(name), "{}", refused.err);
    }
}
