//! What `parlor doctor` says about broken installations of each kind, line by line, with the remedy. These are
//! the lines that docs/troubleshooting.md sends people to.

use parlor_blackbox::{
    Database, Ended, Scratch, Server, Setting, Signed, Socket, amqp_url, command, ended, until,
};
use parlor_dialect::llm::Provider;
use parlor_dialect::testkit::{FAKE_KEY, FakeProvider};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The lines of a report: whether each is well, what was seen, and the remedy.
struct Report {
    lines: BTreeMap<String, (bool, String, String)>,
    ended: Ended,
}

impl Report {
    fn of(ended: Ended) -> Self {
        let found: Vec<Value> = serde_json::from_str(&ended.out)
            .unwrap_or_else(|e| panic!("{e}: {}{}", ended.out, ended.err));
        let text = |line: &Value, key: &str| line[key].as_str().unwrap().to_owned();
        let lines = found.iter().map(|line| {
            let seen = (text(line, "detail"), text(line, "remedy"));
            let ok = line["ok"].as_bool().unwrap();
            (text(line, "check"), (ok, seen.0, seen.1))
        });
        Self {
            lines: lines.collect(),
            ended,
        }
    }

    /// What a line saw that is well.
    fn good(&self, check: &str) -> &str {
        let (ok, detail, _) = self.line(check);
        assert!(ok, "{check}: {}", self.ended.out);
        detail
    }

    /// What a line saw that is not well, and the remedy.
    fn bad(&self, check: &str) -> (&str, &str) {
        let (ok, detail, remedy) = self.line(check);
        assert!(!ok, "{check}: {}", self.ended.out);
        assert!(!remedy.is_empty(), "{check} says no remedy");
        assert_eq!(self.ended.code, Some(1));
        (detail, remedy)
    }

    fn line(&self, check: &str) -> (bool, &str, &str) {
        let line = self.lines.get(check);
        let (ok, detail, remedy) =
            line.unwrap_or_else(|| panic!("no line '{check}': {}", self.ended.out));
        (*ok, detail, remedy)
    }
}

async fn doctor(scratch: &Scratch, more: &[&str]) -> Report {
    let world = ["doctor", "--json", "--world", &scratch.world.source];
    Report::of(scratch.parlor(&[&world[..], more].concat()).await)
}

/// The doctor, with other addresses than the installation's.
async fn doctor_at(scratch: &Scratch, more: &[&str]) -> Report {
    let mut command = command(&scratch.dir());
    command.args(["doctor", "--json", "--world", &scratch.world.source]);
    command.args(more);
    Report::of(ended(command).await)
}

/// A world for people, whose roles are started one by one.
struct Chat {
    scratch: Scratch,
    cache: String,
}

impl Chat {
    async fn new() -> Self {
        let scratch = Scratch::for_people(Setting::Shared).await;
        let redis = std::env::var("PARLOR_TEST_REDIS_URL").unwrap();
        let cache = format!("--cache={redis}?prefix={}", scratch.world.name);
        Self { scratch, cache }
    }

    async fn role(&self, role: &str, more: &[&str]) -> Server {
        let args = [&[self.cache.as_str()], more].concat();
        self.scratch.role(role, &args).await
    }

    async fn doctor(&self, more: &[&str]) -> Report {
        doctor(&self.scratch, &[&[self.cache.as_str()], more].concat()).await
    }
}

#[tokio::test]
async fn messages_are_not_consumed_cc66_cc67_cc68() {
    let scratch = Scratch::with_gossip(Setting::Shared, 0.0).await;
    let database = scratch
        .flags()
        .into_iter()
        .find(|flag| flag.starts_with("--store"))
        .unwrap();
    let away = doctor_at(&scratch, &[&database, "--bus=amqp://127.0.0.1:9"]).await;
    assert!(
        away.bad("bus").0.contains("127.0.0.1:9"),
        "{}",
        away.ended.out
    );
    let (scheme, host) = amqp_url()
        .split_once("guest:guest@")
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .unwrap();
    let refused = format!("--bus={scheme}guest:not-it@{host}");
    let refused = doctor_at(&scratch, &[&database, &refused]).await;
    let (seen, remedy) = refused.bad("bus");
    assert!(seen.to_lowercase().contains("refused"), "{seen}");
    assert!(remedy.contains("password"), "{remedy}");
    assert!(
        !refused.ended.out.contains("not-it"),
        "{}",
        refused.ended.out
    );

    // The store alone: the queues are declared by nobody yet.
    let mut migrate = command(&scratch.dir());
    migrate.args(["migrate", "--world", &scratch.world.source, &database]);
    let _ = ended(migrate).await.well();
    let unbound = doctor(&scratch, &[]).await;
    assert!(unbound.good("bus").contains("answers"));
    assert!(unbound.bad("inboxes").0.starts_with("missing: "));
    let _ = scratch
        .parlor(&["migrate", "--world", &scratch.world.source])
        .await
        .well();
    let bound = doctor(&scratch, &[]).await;
    assert_eq!(bound.good("inboxes"), "4 declared, 0 messages wait");
    assert!(bound.bad("consumers").0.starts_with("nobody reads "));
    let (seen, remedy) = bound.bad("roles");
    assert!(
        seen.contains("character rachel (nobody has told of it)"),
        "{seen}"
    );
    assert!(remedy.contains("parlor run"), "{remedy}");

    let gateway = scratch.role("gateway", &[]).await;
    let _relay = scratch.role("relay", &[]).await;
    let mut cast = scratch.role("character", &[]).await;
    let url = format!("--url={}", gateway.address().await);
    until("the doctor is content", || async {
        doctor(&scratch, &[&url]).await.ended.code == Some(0)
    })
    .await;
    cast.kill();
    until("the doctor misses them", || async {
        let report = doctor(&scratch, &[&url]).await;
        let (ok, seen, _) = report.line("roles");
        !ok && seen.contains("character ross (last heard of ")
    })
    .await;
    assert!(
        doctor(&scratch, &[&url])
            .await
            .bad("consumers")
            .0
            .starts_with("nobody reads ")
    );
}

#[tokio::test]
async fn a_websocket_fails_cc69_cc70_cc71() {
    let chat = Chat::new().await;
    let mut auth = chat.role("auth", &[]).await;
    let auth_at = auth.address().await.replace("http://", "--auth-addr=");
    let gateway = chat.role("gateway", &[&auth_at]).await;
    let mut door = chat.role("chat-ws", &[]).await;
    let _others = [
        chat.role("mind", &[]).await,
        chat.role("dispatcher", &[]).await,
        chat.role("relay", &[]).await,
    ];
    let url = format!("--url={}", gateway.address().await);
    let chat_url = format!("--chat-url={}", door.address().await);
    let ann = Signed::up(&gateway.api().await, "ann").await;
    let token = format!("--token={}", ann.token);
    let asked = [&auth_at, &url, &chat_url, &token].map(String::as_str);

    let well = chat.doctor(&asked).await;
    assert_eq!(well.ended.code, Some(0), "{}", well.ended.out);
    assert!(well.good("auth").contains("1 public key"));
    assert!(well.good("token").starts_with("good: of ann, until "));
    assert!(
        well.good("chat-ws")
            .ends_with("takes WebSockets, and this token")
    );
    assert!(well.good("deliveries").contains("127.0.0.1:"));
    let sessions = ann
        .get(&gateway.api().await, "/me/sessions")
        .await
        .expect(200);
    assert_eq!(sessions["items"], json!([]), "to ask begins no session");

    // Signed with another key, and no token at all.
    let (signed, _) = ann.token.rsplit_once('.').unwrap();
    for (bad, why) in [
        (
            format!("{signed}.{}", "A".repeat(86)),
            "its signature is wrong",
        ),
        ("rubbish".to_owned(), "it is no token"),
    ] {
        let bad = format!("--token={bad}");
        let report = chat.doctor(&[&auth_at, &url, &chat_url, &bad]).await;
        assert_eq!(report.bad("token").0, why);
        assert!(report.bad("chat-ws").0.ends_with("refuses this token"));
        assert!(
            !report.ended.out.contains(&bad["--token=".len()..]),
            "it is not shown"
        );
    }

    // A gateway takes no WebSockets where chat-ws is another process.
    let elsewhere = chat.doctor(&[&auth_at, &url]).await;
    let (seen, remedy) = elsewhere.bad("chat-ws");
    assert!(seen.starts_with("nobody takes WebSockets at "), "{seen}");
    assert!(remedy.contains("--chat-url"), "{remedy}");

    let apart = chat.doctor(&["--characters-addr=127.0.0.1:9"]).await;
    let (seen, _) = apart.bad("roles");
    assert!(
        seen.ends_with("nobody is characters (nobody has told of it)"),
        "{seen}"
    );

    auth.kill();
    let report = chat.doctor(&asked).await;
    assert!(report.bad("auth").0.starts_with("nobody answers at "));
    assert!(
        report.good("token").starts_with("good"),
        "who is signed in stays so"
    );
    door.kill();
    let report = chat.doctor(&asked).await;
    assert!(report.bad("chat-ws").0.starts_with("nobody answers at "));
    let (seen, remedy) = report.bad("deliveries");
    assert!(seen.contains("127.0.0.1:"), "{seen}");
    assert!(remedy.contains("PARLOR_DELIVERIES_AT"), "{remedy}");
}

#[tokio::test]
async fn a_character_does_not_answer_cc73_cc74() {
    let chat = Chat::new().await;
    let gateway = chat.role("gateway", &[]).await;
    let door = chat.role("chat-ws", &[]).await;
    let _others = [
        chat.role("dispatcher", &[]).await,
        chat.role("relay", &[]).await,
    ];
    let url = format!("--url={}", gateway.address().await);
    let chat_url = format!("--chat-url={}", door.address().await);
    let ann = Signed::up(&gateway.api().await, "ann").await;
    let base = door.address().await;
    let path = format!("tony-stark?token={}", ann.token);
    let mut socket = Socket::connect(&base, &path).await;
    socket.until("connection").await;
    socket.say("Is anybody there?").await.unwrap();
    socket.until("echo").await;
    until("her line waits, and the doctor says for whom", || async {
        let report = chat.doctor(&[&url, &chat_url]).await;
        let (idle, seen) = (report.line("consumers"), report.line("roles"));
        report.line("inboxes").1 == "2 declared, 1 messages wait"
            && !idle.0
            && idle.2.contains("parlor run mind")
            && !seen.0
            && seen.1.ends_with("nobody is mind (nobody has told of it)")
    })
    .await;
    let _mind = chat.role("mind", &[]).await;
    socket.until("ai_response").await;
    until("the doctor is content", || async {
        chat.doctor(&[&url, &chat_url]).await.ended.code == Some(0)
    })
    .await;
}

#[tokio::test]
async fn an_address_that_nobody_reaches_is_named() {
    let chat = Chat::new().await;
    let gateway = chat.role("gateway", &[]).await;
    // As where the name is of another machine: nobody takes news there.
    let mut command = command(&chat.scratch.dir());
    command.args([
        "run",
        "chat-ws",
        "--world",
        &chat.scratch.world.source,
        "--listen=127.0.0.1:0",
    ]);
    command
        .arg(&chat.cache)
        .args(chat.scratch.flags())
        .env("PARLOR_DELIVERIES_AT", "127.0.0.9");
    command.env("PARLOR_DELIVERIES", "127.0.0.1:0");
    let mut door = Server::start("parlor run chat-ws", command);
    door.ready().await;
    let url = format!("--url={}", gateway.address().await);
    let chat_url = format!("--chat-url={}", door.address().await);
    let report = chat.doctor(&[&url, &chat_url]).await;
    assert!(report.bad("deliveries").0.contains("127.0.0.9:"));
    assert!(report.good("chat-ws").contains("takes WebSockets"));
}

#[tokio::test]
async fn the_key_of_a_model_is_wrong_cc72() {
    let provider = FakeProvider::start().await;
    let model = provider.spec(Provider::OpenAi, "gpt-test");
    let scratch = Scratch::new(Setting::Embedded).await;
    let asked = |key: &'static str| {
        let mut command = command(&scratch.dir());
        command.args(["doctor", "--json", "--world", &scratch.world.source]);
        command.args(scratch.flags()).arg(format!("--llm={model}"));
        command.env("OPENAI_API_KEY", key);
        ended(command)
    };
    let good = Report::of(asked(FAKE_KEY).await);
    assert!(
        good.good("llm").contains("answers in"),
        "{}",
        good.ended.out
    );
    let bad = Report::of(asked("not-the-key").await);
    let (seen, remedy) = bad.bad("llm");
    assert!(!seen.contains("not-the-key"), "{seen}");
    assert!(remedy.contains("OPENAI_API_KEY"), "{remedy}");
}

#[tokio::test]
async fn the_database_is_away_refuses_or_is_empty_cc76_cc77_cc78() {
    let scratch = Scratch::with_gossip(Setting::Shared, 0.0).await;
    let away = doctor_at(&scratch, &["--store=postgres://u:secret@127.0.0.1:9/x"]).await;
    assert!(
        away.bad("store").0.contains("refused"),
        "{}",
        away.ended.out
    );
    let flag = scratch
        .flags()
        .into_iter()
        .find(|flag| flag.starts_with("--store"))
        .unwrap();
    let (start, _) = flag.rsplit_once('/').unwrap();
    let missing = doctor_at(&scratch, &[&format!("{start}/no-such-database")]).await;
    let (seen, remedy) = missing.bad("store");
    assert!(seen.contains("does not exist"), "{seen}");
    assert!(remedy.contains("database"), "{remedy}");
    let empty = doctor(&scratch, &[]).await;
    assert!(empty.good("store").contains("answers"));
    let (seen, remedy) = empty.bad("migrations");
    assert!(seen.starts_with("pending: 0001"), "{seen}");
    assert!(remedy.contains("migrate"), "{remedy}");
}

#[tokio::test]
async fn a_place_of_a_travelling_world_is_down() {
    let scratch = Scratch::journeys(Setting::Shared, amqp_url(), Database::fresh().await).await;
    let gateway = scratch.role("gateway", &[]).await;
    let _relay = scratch.role("relay", &[]).await;
    let place = |name: &str| format!("{}-{name}", scratch.world.name);
    let names = ["hall", "library"].map(|name| format!("--name={}", place(name)));
    let _places = scratch
        .role("place", &names.each_ref().map(String::as_str))
        .await;
    let url = format!("--url={}", gateway.address().await);
    let report = doctor(&scratch, &[&url]).await;
    let (seen, _) = report.bad("roles");
    for up in ["hall", "library"] {
        assert!(!seen.contains(&place(up)), "{seen}");
    }
    for down in ["hut", "garden", "pitch", "town", "station"] {
        assert!(
            seen.contains(&format!("place {} (nobody has told of it)", place(down))),
            "{seen}"
        );
    }
    assert!(report.bad("consumers").1.contains("parlor run place"));
    let _rest = scratch.role("place", &[]).await;
    until("the doctor is content", || async {
        doctor(&scratch, &[&url]).await.ended.code == Some(0)
    })
    .await;
}

#[tokio::test]
async fn the_cache_is_away() {
    let scratch = Scratch::new(Setting::Embedded).await;
    let report = doctor(&scratch, &["--cache=redis://127.0.0.1:9"]).await;
    assert!(
        report.bad("cache").1.contains("--cache"),
        "{}",
        report.ended.out
    );
}

#[test]
fn the_page_about_trouble_names_lines_that_there_are() {
    let page = include_str!("../../docs/troubleshooting.md");
    let table: Vec<_> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(name, _)| name)
        .collect();
    let program = concat!(
        include_str!("../../crates/parlor/src/commands/doctor.rs"),
        include_str!("../../crates/parlor/src/commands/doctor/models.rs"),
        include_str!("../../crates/parlor/src/commands/doctor/people.rs"),
        include_str!("../../crates/parlor/src/commands/doctor/roles.rs"),
    );
    assert!(table.len() > 10, "{table:?}");
    for name in &table {
        assert!(
            program.contains(&format!("\"{name}\"")),
            "there is no line '{name}'"
        );
    }
    let calls = program.split("Finding::").skip(1);
    let called = calls.filter_map(|call| call.split_once('"')?.1.split_once('"'));
    for (name, _) in called.filter(|(name, _)| !name.contains(' ') && !name.contains('{')) {
        assert!(table.contains(&name), "the page lacks the line '{name}'");
    }
}
