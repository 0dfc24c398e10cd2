//! What deployments do before and beside the roles: migrate, ask for readiness, keep passwords apart.

use parlor_blackbox::{Scratch, Server, Setting, Signed, Socket, command, ended};
use serde_json::json;

#[tokio::test]
async fn a_migration_is_its_own_step_and_roles_refuse_to_start_before_it() {
    let scratch = Scratch::new(Setting::Shared).await;
    let world = ["--world", scratch.world.source.as_str()];
    let check = [&["migrate", "--check"][..], &world].concat();
    let pending = scratch.parlor(&check).await;
    assert_eq!(pending.code, Some(1), "{}", pending.err);
    assert!(pending.out.starts_with("pending: "), "{}", pending.out);
    let role = ["run", "relay", "--no-migrate", "--listen=127.0.0.1:0"];
    let refused = scratch.parlor(&[&role[..], &world].concat()).await;
    assert_eq!(refused.code, Some(2));
    assert!(refused.err.contains("migration"), "{}", refused.err);

    let migrate = [&["migrate"][..], &world].concat();
    let done = scratch.parlor(&migrate).await.well();
    assert!(
        done.contains("applied: ") && done.contains("declared: "),
        "{done}"
    );
    let again = scratch.parlor(&migrate).await.well();
    assert!(again.contains("up to date"), "{again}");
    let _ = scratch.parlor(&check).await.well();
    let relay = scratch.role("relay", &["--no-migrate"]).await;
    let url = relay.address().await;
    let ready = scratch.parlor(&["ready", "--url", &url]).await.well();
    assert!(ready.contains("\"status\":\"ready\""), "{ready}");
}

#[tokio::test]
async fn nobody_is_ready_where_nobody_is() {
    let scratch = Scratch::new(Setting::Embedded).await;
    let ended = scratch
        .parlor(&["ready", "--url", "http://127.0.0.1:9"])
        .await;
    assert_eq!(ended.code, Some(2));
    assert!(ended.err.contains("nobody answers"), "{}", ended.err);
}

#[tokio::test]
async fn a_password_may_lie_in_a_file_of_its_own() {
    let scratch = Scratch::new(Setting::Shared).await;
    let (scheme, rest) = scratch.amqp().split_once("://").unwrap();
    let (user, host) = rest.split_once('@').unwrap();
    let (name, password) = user.split_once(':').unwrap();
    let bus = format!("--bus={scheme}://{name}@{host}");
    let file = scratch.dir().join("password");
    let run = || {
        let mut command = command(&scratch.dir());
        command
            .args(["run", "relay", "--world", &scratch.world.source])
            .args(["--listen=127.0.0.1:0", &bus])
            .args(scratch.flags().iter().filter(|f| !f.starts_with("--bus")))
            .env("PARLOR_BUS_PASSWORD_FILE", &file);
        command
    };
    std::fs::write(&file, format!("{password}\n")).unwrap();
    let mut server = Server::start("parlor run relay", run());
    server.ready().await;
    drop(server);

    let missing = format!("{}x", file.display());
    let mut command = run();
    command.env("PARLOR_BUS_PASSWORD_FILE", &missing);
    let refused = ended(command).await;
    assert_eq!(refused.code, Some(2));
    assert!(refused.err.contains(&missing), "{}", refused.err);

    std::fs::write(&file, "not-the-pass/word\n").unwrap();
    let mut doctor = parlor_blackbox::command(&scratch.dir());
    doctor
        .args(["doctor", "--world", &scratch.world.source, &bus])
        .args(scratch.flags().iter().filter(|f| !f.starts_with("--bus")))
        .env("PARLOR_BUS_PASSWORD_FILE", &file);
    let found = ended(doctor).await;
    assert_eq!(found.code, Some(1), "{}", found.out);
    let text = format!("{}{}", found.out, found.err);
    assert!(text.contains("FAIL bus"), "{text}");
    assert!(!text.contains("not-the-pass"), "{text}");
}

/// Frames with lines until the connection ends or so many lines were told: their orders, and the last id.
async fn told(socket: &mut Socket, until: usize) -> (Vec<u64>, Option<String>, Option<u16>) {
    let (mut orders, mut last) = (Vec::new(), None);
    while orders.len() < until {
        match socket.next().await {
            Ok(frame) if frame["type"] == "echo" || frame["type"] == "ai_response" => {
                orders.push(frame["order"].as_u64().unwrap());
                last = frame["id"].as_str().map(str::to_owned);
            }
            Ok(_) => {}
            Err(code) => return (orders, last, code),
        }
    }
    (orders, last, None)
}

#[tokio::test]
async fn a_chat_ws_is_replaced_without_a_lost_session() {
    let scratch = Scratch::for_people(Setting::Shared).await;
    let redis = std::env::var("PARLOR_TEST_REDIS_URL").unwrap();
    let cache = format!("--cache={redis}?prefix={}", scratch.world.name);
    let flags = [cache.as_str()];
    let role = |name: &'static str| scratch.role(name, &flags);
    let gateway = role("gateway").await;
    let _others = [
        role("mind").await,
        role("dispatcher").await,
        role("relay").await,
    ];
    let mut old = role("chat-ws").await;
    // As Deployments do it: the new one is ready before the old one is asked to go.
    let new = role("chat-ws").await;
    let ann = Signed::up(&gateway.api().await, "ann").await;
    let path = format!("tony-stark?token={}", ann.token);
    let mut socket = Socket::connect(&old.address().await, &path).await;
    let hello = socket.next().await.unwrap();
    let session = hello["session_id"].as_str().unwrap().to_owned();
    socket.say("Before the update.").await.unwrap();
    let (mut orders, mut last, _) = told(&mut socket, 2).await;
    assert_eq!(orders, [1, 2]);

    // One more line is on its way when it is asked to end.
    socket.say("In the middle of it.").await.unwrap();
    let ends = old.terminate();
    let (heard, (status, _)) = futures::join!(told(&mut socket, usize::MAX), ends);
    let (some, id, code) = heard;
    assert_eq!(code, Some(1001), "it says that it leaves");
    assert!(status.success(), "{status}");
    orders.extend(some);
    last = id.or(last);

    let again = format!("{path}&session={session}&after={}", last.unwrap());
    let mut socket = Socket::connect(&new.address().await, &again).await;
    let hello = socket.next().await.unwrap();
    assert_eq!(
        (&hello["session_id"], &hello["resumed"]),
        (&json!(session), &json!(true))
    );
    let is_stored = async |orders: &[u64]| {
        let path = format!("/me/sessions/{session}/messages?limit=50");
        let said = ann.get(&gateway.api().await, &path).await.expect(200);
        said["items"].as_array().unwrap().len() > orders.len()
    };
    // The line itself may have come too late for the old one; then it was never echoed, and is said again.
    if orders.len() == 2 && !is_stored(&orders).await {
        socket.say("In the middle of it.").await.unwrap();
    }
    let (some, ..) = told(&mut socket, 4 - orders.len()).await;
    orders.extend(some);
    assert_eq!(orders, [1, 2, 3, 4], "each line once, in order");
    socket.say("After the update.").await.unwrap();
    let (some, ..) = told(&mut socket, 2).await;
    assert_eq!(some, [5, 6]);
}
