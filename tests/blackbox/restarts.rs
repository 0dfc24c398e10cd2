//! What survives: a crash in the middle, an orderly end.

use crate::{orders, ross_to_rachel};
use parlor_blackbox::{Api, Scratch, Server, Setting, exists, until};
use std::time::Duration;

#[tokio::test]
async fn a_conversation_goes_on_after_a_crash_on_the_embedded_default_fr14() {
    crash_in_the_middle(Setting::Embedded).await;
}

#[tokio::test]
async fn a_conversation_goes_on_after_a_crash_on_rabbitmq_and_postgresql_fr14() {
    crash_in_the_middle(Setting::Shared).await;
}

async fn crash_in_the_middle(setting: Setting) {
    let scratch = Scratch::new(setting).await;
    let mut server = scratch.up(&["--pace", "200ms", "--seed", "3"]).await;
    let id = server
        .api()
        .await
        .start(&scratch.world.name, &ross_to_rachel())
        .await;
    let before = server.api().await.until_lines(&id, 3).await;
    server.kill();
    let server = scratch.up(&["--pace", "50ms", "--seed", "3"]).await;
    let api = server.api().await;
    api.closed(&id).await;
    let after = api.lines(&id).await;
    assert_eq!(orders(&after), (1..=10).collect::<Vec<_>>());
    assert_eq!(
        after[..before.len()],
        before[..],
        "what was said stays said"
    );
    until("nothing is on its way", || async {
        scratch.ledger().await.is_over()
    })
    .await;
    let tally = scratch.ledger().await.tally();
    assert!(tally.is_flawless(), "{tally:?}");
}

#[tokio::test]
async fn an_orderly_end_is_quick_and_clean_in_the_middle_of_a_talk() {
    for setting in [Setting::Embedded, Setting::Shared] {
        let scratch = Scratch::new(setting).await;
        let mut server = scratch.up(&["--pace", "300ms"]).await;
        let api = server.api().await;
        let id = api.start(&scratch.world.name, &ross_to_rachel()).await;
        api.until_lines(&id, 2).await;
        ends_well(&mut server).await;
        let server = scratch.up(&["--pace", "0"]).await;
        server.api().await.closed(&id).await;
        assert_eq!(
            orders(&server.api().await.lines(&id).await),
            (1..=10).collect::<Vec<_>>()
        );
    }
}

#[tokio::test]
async fn a_live_reader_does_not_hold_up_the_end() {
    let scratch = Scratch::new(Setting::Embedded).await;
    let mut server = scratch.up(&["--pace", "0"]).await;
    let mut stream = parlor_blackbox::Events::open(&server.address().await, "", None).await;
    ends_well(&mut server).await;
    assert_eq!(stream.next().await, None, "the stream ends with the server");
}

#[tokio::test]
async fn the_supervisor_ends_its_roles_in_order_and_they_do_not_outlive_its_crash_fr26() {
    let scratch = Scratch::new(Setting::Split).await;
    for crash in [false, true] {
        let mut server = scratch.up(&["--pace", "0"]).await;
        let pids: Vec<u32> = server
            .roles()
            .values()
            .filter_map(|role| role.pid)
            .collect();
        assert_eq!(pids.len(), scratch.roles().len());
        if crash {
            server.kill();
        } else {
            ends_well(&mut server).await;
        }
        until("no role is left", || async {
            !pids.iter().any(|pid| exists(*pid))
        })
        .await;
    }
}

#[tokio::test]
async fn the_others_go_on_when_one_role_is_killed_fr26() {
    let scratch = Scratch::with_gossip(Setting::Split, 0.0).await;
    let server = scratch.up(&["--pace", "0", "--no-restart"]).await;
    let api = server.api().await;
    server.roles()["joey"].kill();
    until("joey's end is seen", || async {
        server.printed("[joey] ended")
    })
    .await;
    let id = api.start(&scratch.world.name, &ross_to_rachel()).await;
    api.closed(&id).await;
    assert_eq!(orders(&api.lines(&id).await), (1..=10).collect::<Vec<_>>());
    assert_eq!(
        server.roles()["joey"].pid,
        None,
        "--no-restart leaves it down"
    );
}

#[tokio::test]
async fn a_killed_gateway_is_started_again_and_the_talk_has_gone_on_fr26() {
    let scratch = Scratch::with_gossip(Setting::Split, 0.0).await;
    let server = scratch.up(&["--pace", "100ms"]).await;
    let id = server
        .api()
        .await
        .start(&scratch.world.name, &ross_to_rachel())
        .await;
    server.roles()["gateway"].kill();
    until("the gateway's end is seen", || async {
        server.printed("[gateway] ended")
    })
    .await;
    let api: Api = server.api().await;
    api.closed(&id).await;
    assert_eq!(orders(&api.lines(&id).await), (1..=10).collect::<Vec<_>>());
}

/// Ends it by SIGTERM: exit code 0, within seconds.
async fn ends_well(server: &mut Server) {
    let (status, took) = server.terminate().await;
    assert!(status.success(), "{status}\n{}", server.log());
    assert!(took < Duration::from_secs(5), "it took {took:?}");
}

#[tokio::test]
async fn the_time_to_the_first_line_is_short() {
    let scratch = Scratch::friends(Setting::Embedded).await;
    let server = scratch.launch(&[]);
    let first = server.first_line().await;
    println!("from start to the first line: {} ms", first.as_millis());
    assert!(first < Duration::from_secs(10), "{first:?}");
}
