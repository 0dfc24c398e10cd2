//! What deployments do before and beside the roles: migrate, ask for readiness, keep passwords apart.

use parlor_blackbox::{Scratch, Server, Setting, command, ended};

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
