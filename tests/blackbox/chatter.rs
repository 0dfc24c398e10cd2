//! Bots as somebody meets them who starts and kills them.

use futures::StreamExt;
use lapin::options::{BasicAckOptions, BasicConsumeOptions, BasicPublishOptions};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Connection, ConnectionProperties, Consumer};
use parlor_blackbox::{Api, Plain, SOON, Scratch, Setting, TestWorld, until, within};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

/// Everybody who is in the directory, by name.
async fn directory(api: &Api) -> Vec<Value> {
    api.all("/api/directory?limit=200", "cursor").await
}

async fn names(api: &Api) -> BTreeSet<String> {
    let bots = directory(api).await;
    let name = |bot: &Value| bot["name"].as_str().unwrap().to_owned();
    bots.iter().map(name).collect()
}

async fn until_count(api: &Api, count: usize) -> BTreeSet<String> {
    within(SOON, &format!("{count} bots are there"), || async {
        let names = names(api).await;
        eprintln!("{} bots are there", names.len());
        (names.len() == count).then_some(names)
    })
    .await
}

/// Who said the latest lines.
async fn speakers(api: &Api, world: &str) -> BTreeSet<String> {
    let path = format!("/api/worlds/{world}/messages?limit=200");
    let said = api.get(&path).await.expect(200);
    let lines = said["items"].as_array().unwrap().iter();
    lines
        .map(|line| line["from"].as_str().unwrap().to_owned())
        .collect()
}

/// Waits until each of these has said something.
async fn until_all_spoke(api: &Api, world: &str, who: &BTreeSet<String>) {
    let spoke = Mutex::new(BTreeSet::new());
    until("everybody says something", || async {
        let now = speakers(api, world).await;
        spoke.lock().unwrap().extend(now);
        who.is_subset(&spoke.lock().unwrap())
    })
    .await;
}

#[tokio::test]
async fn bots_name_themselves_find_each_other_and_talk_rc2_rc3_rc23_rc24() {
    let scratch = Scratch::bundled(Setting::Embedded, TestWorld::bundled("chatter")).await;
    let mut server = scratch.launch(&["--pace", "100ms"]);
    server.ready().await;
    let api = server.api().await;
    let there = until_count(&api, 20).await;
    for name in &there {
        let (letters, digits) = name.split_at(3);
        assert!(letters.bytes().all(|b| b.is_ascii_lowercase()), "{name}");
        assert!(digits.parse::<u16>().is_ok() && digits.len() == 3, "{name}");
    }
    for bot in directory(&api).await {
        assert_eq!(
            bot["inbox"],
            format!("chatter.{}", bot["name"].as_str().unwrap())
        );
        assert_eq!(
            (&bot["dialect"], &bot["foreign"]),
            (&"gibberish".into(), &false.into())
        );
        assert!(bot["since"].as_str() <= bot["lastSeen"].as_str(), "{bot}");
    }
    let spoke = Mutex::new(BTreeSet::new());
    until("half of them have said something", || async {
        let now = speakers(&api, "chatter").await;
        spoke.lock().unwrap().extend(now);
        spoke.lock().unwrap().len() >= 10
    })
    .await;
    assert!(spoke.lock().unwrap().is_subset(&there));
    let busy = directory(&api).await;
    let busy = busy.iter().filter(|bot| bot["busy"].as_u64() > Some(0));
    assert!(busy.count() > 0);
    until("somebody has had enough", || async {
        let page = api
            .get("/api/conversations?status=CLOSED")
            .await
            .expect(200);
        !page["items"].as_array().unwrap().is_empty()
    })
    .await;
    let inboxes = api.all("/api/bus/inboxes?limit=200", "cursor").await;
    assert_eq!(inboxes.len(), 20);
    assert!(
        inboxes.iter().all(|inbox| inbox["consumers"] == 1),
        "{inboxes:?}"
    );
    let (status, _) = server.terminate().await;
    assert!(status.success());
}

#[tokio::test]
async fn bots_come_and_are_killed_in_any_number_of_processes_rc21() {
    let scratch = Scratch::of_bots(Setting::Shared, "queue = \"{world}.{slug}\"").await;
    let world = scratch.world.name.clone();
    let server = scratch.up(&["--bots", "3"]).await;
    let api = server.api().await;
    let first = until_count(&api, 3).await;
    let mut one = scratch.role("bot", &["--count", "4"]).await;
    let mut two = scratch
        .role("bot", &["--count", "2", "--dialect", "plain"])
        .await;
    let all = until_count(&api, 9).await;
    let plain = directory(&api).await;
    let plain = plain.iter().filter(|bot| bot["dialect"] == "plain");
    assert_eq!(plain.count(), 2);
    until_all_spoke(&api, &world, &all).await;

    // One is killed: its bots are gone when their lease ends, with their queues and conversations.
    one.kill();
    let left = until_count(&api, 5).await;
    assert!(first.is_subset(&left));
    let broker = Plain::connect(scratch.amqp()).await;
    for name in all.difference(&left) {
        until(&format!("the queue of {name} goes"), || async {
            broker.depth(&scratch.world.queue(name)).await.is_none()
        })
        .await;
        until(&format!("nobody waits for {name}"), || async {
            let path = format!("/api/conversations?status=ACTIVE&participant={name}");
            let page = api.get(&path).await.expect(200);
            page["items"].as_array().unwrap().is_empty()
        })
        .await;
    }

    // One ends as asked: its bots take their leave at once.
    let (status, _) = two.terminate().await;
    assert!(status.success());
    assert_eq!(until_count(&api, 3).await, first);

    // Those who stay go on, and whoever comes later is found.
    let _three = scratch
        .role("bot", &["--name", "abc123", "--name", "def456"])
        .await;
    let now = until_count(&api, 5).await;
    assert!(now.contains("abc123") && now.contains("def456"));
    until_all_spoke(&api, &world, &now).await;
    let dead = api
        .get(&format!("/api/dead-letters?world={world}"))
        .await
        .expect(200);
    assert_eq!(dead["items"], serde_json::json!([]));
}

#[tokio::test]
async fn a_bot_role_says_what_it_can_not_be() {
    let scratch = Scratch::of_bots(Setting::Shared, "").await;
    let run = async |args: &[&str]| {
        let mut all = vec![
            "run",
            "bot",
            "--world",
            &scratch.world.source,
            "--listen=127.0.0.1:0",
        ];
        all.extend(args);
        scratch.parlor(&all).await
    };
    for (args, says) in [
        (vec!["--dialect", "klingon"], "it has: gibberish, plain"),
        (vec!["--name", "Not One"], "is not a slug"),
        (
            vec!["--name", "a1", "--name", "b2", "--count", "1"],
            "2 names for 1 bots",
        ),
    ] {
        let refused = run(&args).await;
        assert_eq!(refused.code, Some(2), "{}", refused.err);
        assert!(refused.err.contains(says), "{}", refused.err);
    }
    let friends = scratch
        .parlor(&["run", "bot", "--world", "friends", "--listen=127.0.0.1:0"])
        .await;
    assert!(friends.err.contains("[mechanics.bots]"), "{}", friends.err);
}

/// An example of `examples/bots`, running; killed when dropped.
struct Example(Child);

impl Example {
    fn start(program: &str, args: &[&str], file: &str, more: &[&str]) -> Self {
        let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../examples/bots");
        let child = Command::new(program)
            .args(args)
            .arg(file)
            .args(more)
            .current_dir(dir)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{program} is needed for the examples: {error}"));
        Self(child)
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Lines of foreign bots that begin so.
async fn said_so(api: &Api, world: &str, start: &str) -> Vec<(String, String)> {
    let lines = api
        .all(&format!("/api/worlds/{world}/messages?limit=200"), "cursor")
        .await;
    let text = |line: &Value, key: &str| line[key].as_str().unwrap().to_owned();
    let lines = lines
        .iter()
        .map(|line| (text(line, "from"), text(line, "text")));
    lines.filter(|(_, said)| said.starts_with(start)).collect()
}

#[tokio::test]
async fn the_examples_of_bots_talk_over_http_and_websocket() {
    let scratch = Scratch::of_bots(Setting::Embedded, "").await;
    let world = scratch.world.name.clone();
    let server = scratch.up(&["--bots", "6"]).await;
    let api = server.api().await;
    until_count(&api, 6).await;
    let base = server.address().await;
    let flags = ["--no-warnings", "--experimental-websocket"];
    let js = Example::start("node", &flags, "echo.mjs", &[&base]);
    let py = Example::start("python3", &[], "echo_ws.py", &[&base]);
    until_count(&api, 8).await;
    let foreign = directory(&api)
        .await
        .into_iter()
        .filter(|bot| bot["foreign"] == true);
    let foreign: BTreeSet<_> = foreign
        .map(|bot| bot["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(foreign.len(), 2);
    until("both have answered twice", || async {
        let said = said_so(&api, &world, "You say: ").await;
        foreign
            .iter()
            .all(|name| said.iter().filter(|(from, _)| from == name).count() >= 2)
    })
    .await;
    drop((js, py));
    until_count(&api, 6).await;

    let mut shell = Example::start("sh", &[], "once.sh", &[&base]);
    let done = within(SOON, "the shell's bot is done", || {
        let done = shell.0.try_wait().unwrap();
        async move { done }
    })
    .await;
    assert!(done.success());
    let mut printed = String::new();
    std::io::Read::read_to_string(shell.0.stdout.as_mut().unwrap(), &mut printed).unwrap();
    assert!(
        printed.contains(" answered: ") && printed.contains("\"left\""),
        "{printed}"
    );
    assert_eq!(said_so(&api, &world, "Is anybody there?").await.len(), 1);
    until_count(&api, 6).await;
}

/// A program on RabbitMQ that knows nothing but `/asyncapi.json`.
struct Foreign {
    channel: lapin::Channel,
    replies: Consumer,
    exchange: String,
    directory: String,
}

impl Foreign {
    async fn connect(scratch: &Scratch) -> Self {
        let properties = ConnectionProperties::default();
        let connection = Connection::connect(scratch.amqp(), properties)
            .await
            .unwrap();
        let channel = connection.create_channel().await.unwrap();
        let options = BasicConsumeOptions {
            no_ack: true,
            ..BasicConsumeOptions::default()
        };
        let replies = channel
            .basic_consume(
                "amq.rabbitmq.reply-to".into(),
                "replies".into(),
                options,
                FieldTable::default(),
            )
            .await
            .unwrap();
        Self {
            channel,
            replies,
            exchange: scratch.world.exchange.clone(),
            directory: format!("{}.directory", scratch.world.name),
        }
    }

    async fn ask(&mut self, request: Value) -> Value {
        let properties = BasicProperties::default()
            .with_reply_to("amq.rabbitmq.reply-to".into())
            .with_correlation_id("17".into());
        self.channel
            .basic_publish(
                self.exchange.as_str().into(),
                self.directory.as_str().into(),
                BasicPublishOptions::default(),
                request.to_string().as_bytes(),
                properties,
            )
            .await
            .unwrap();
        let reply = tokio::time::timeout(SOON, self.replies.next()).await;
        let reply = reply.expect("a reply comes").unwrap().unwrap();
        let id = reply.properties.correlation_id().as_ref().unwrap();
        assert_eq!(id.as_str(), "17");
        serde_json::from_slice(&reply.data).unwrap()
    }
}

#[tokio::test]
async fn a_foreign_bot_takes_part_over_rabbitmq_rc4_rc28_rc29() {
    let scratch = Scratch::of_bots(Setting::Shared, "queue = \"{world}.{slug}\"").await;
    let world = scratch.world.name.clone();
    let server = scratch.up(&["--bots", "3"]).await;
    let api = server.api().await;
    let others = until_count(&api, 3).await;
    let mut me = Foreign::connect(&scratch).await;

    let bot = me.ask(json!({"type": "register", "name": "parrot"})).await;
    assert_eq!(
        (&bot["type"], &bot["name"]),
        (&json!("registered"), &json!("parrot"))
    );
    assert_eq!(bot["inbox"], format!("{world}.parrot"));
    let key = bot["key"].as_str().unwrap();
    let again = me.ask(json!({"type": "register", "name": "parrot"})).await;
    assert_eq!(again["code"], "name_taken");
    let listed = me.ask(json!({"type": "list"})).await;
    let listed = listed["items"].as_array().unwrap().iter();
    let listed: BTreeSet<_> = listed
        .map(|bot| bot["name"].as_str().unwrap().to_owned())
        .collect();
    assert!(others.is_subset(&listed) && listed.contains("parrot"));
    let inboxes = me.ask(json!({"type": "inboxes"})).await;
    assert_eq!(inboxes["items"].as_array().unwrap().len(), 4, "{inboxes}");

    let mut inbox = me
        .channel
        .basic_consume(
            bot["inbox"].as_str().unwrap().into(),
            "heard".into(),
            BasicConsumeOptions::default(),
            FieldTable::default(),
        )
        .await
        .unwrap();
    let to = others.first().unwrap();
    let opened = me
        .ask(json!({"type": "open", "key": key, "to": to, "text": "Hello from outside"}))
        .await;
    assert_eq!(
        (&opened["type"], &opened["with"]),
        (&json!("opened"), &json!(to))
    );
    let talk = opened["conversation"].as_str().unwrap();
    let mut answers = 0;
    while answers < 2 {
        // Who says nothing for long is gone, so it says that it is there.
        let Ok(heard) = tokio::time::timeout(Duration::from_millis(300), inbox.next()).await else {
            let renewed = me.ask(json!({"type": "renew", "key": key})).await;
            assert_eq!(renewed["type"], "renewed", "{renewed}");
            continue;
        };
        let heard = heard.unwrap().unwrap();
        let line: Value = serde_json::from_slice(&heard.data).unwrap();
        if line["conversationId"] == talk && line["from"] == json!(to) {
            let say = json!({
                "type": "say", "key": key, "conversation": talk, "message": line["id"],
                "text": format!("Answer {answers}"), "last": answers == 1,
            });
            let said = me.ask(say.clone()).await;
            if said["code"] == "stale" {
                break; // the other one had enough
            }
            assert_eq!(said, json!({"type": "said", "conversation": talk}));
            assert_eq!(me.ask(say).await["code"], "stale", "it is said once");
            answers += 1;
        }
        heard.ack(BasicAckOptions::default()).await.unwrap();
    }
    let lines = api.lines(talk).await;
    assert_eq!(
        (&lines[0]["from"], &lines[0]["text"]),
        (&json!("parrot"), &json!("Hello from outside"))
    );
    let closed = api.closed(talk).await;
    assert_eq!(closed["status"], "CLOSED");

    // Nobody speaks for somebody else, and nothing that is wrong does harm.
    for (request, code) in [
        (
            json!({"type": "renew", "key": format!("{world}.{to}.guess")}),
            "unknown_key",
        ),
        (
            json!({"type": "say", "key": key, "conversation": uuid::Uuid::nil(), "text": "x"}),
            "unknown_conversation",
        ),
        (
            json!({"type": "open", "key": key, "to": "nobody-at-all"}),
            "unknown_bot",
        ),
        (json!({"type": "sing"}), "invalid_request"),
    ] {
        assert_eq!(me.ask(request.clone()).await["code"], code, "{request}");
    }
    assert_eq!(
        me.ask(json!({"type": "leave", "key": key})).await["type"],
        "left"
    );
    assert_eq!(until_count(&api, 3).await, others);
    let broker = Plain::connect(scratch.amqp()).await;
    assert_eq!(broker.depth(&format!("{world}.parrot")).await, None);
}

#[tokio::test]
async fn the_contract_for_bots_is_served() {
    let scratch = Scratch::of_bots(Setting::Embedded, "").await;
    let server = scratch.up(&["--bots", "0"]).await;
    let api = server.api().await;
    let contract = api.get("/asyncapi.json").await.expect(200);
    assert_eq!(contract["asyncapi"], "3.0.0");
    // Every reference leads somewhere.
    let mut left = vec![&contract];
    while let Some(value) = left.pop() {
        match value {
            Value::Object(object) => {
                if let Some(Value::String(to)) = object.get("$ref") {
                    let pointer = to.strip_prefix('#').unwrap();
                    assert!(contract.pointer(pointer).is_some(), "{to}");
                }
                left.extend(object.values());
            }
            Value::Array(list) => left.extend(list),
            _ => {}
        }
    }
}
