//! The server as an operator sees it over HTTP: roles, inboxes, pace, figures, and a message's way.

use crate::{orders, ross_to_rachel};
use parlor_blackbox::{Api, Plain, SOON, Scratch, Setting, exists, until, within};
use reqwest::Method;
use serde_json::{Value, json};

/// The roles as they are now.
async fn roles(api: &Api) -> Vec<Value> {
    let mut list = api.get("/api/roles").await.expect(200);
    list["items"].as_array_mut().map(std::mem::take).unwrap()
}

/// The role that acts for somebody, or is called so.
async fn role(api: &Api, name: &str) -> Option<Value> {
    let is_it = |role: &Value| role["names"] == json!([name]) || role["role"] == *name;
    roles(api).await.into_iter().find(is_it)
}

async fn until_status(api: &Api, name: &str, status: &str) -> Value {
    within(SOON, &format!("{name} is {status}"), || async {
        let role = role(api, name).await;
        role.filter(|role| role["status"] == status)
    })
    .await
}

async fn inbox(api: &Api, world: &str, character: &str) -> Value {
    let list = api
        .get(&format!("/api/bus/inboxes?world={world}"))
        .await
        .expect(200);
    let items = list["items"].as_array().unwrap();
    let own = items.iter().find(|inbox| inbox["character"] == character);
    own.unwrap().clone()
}

async fn patch(api: &Api, world: &str, change: &Value) -> Value {
    let path = format!("/api/worlds/{world}");
    Api::send(api.request(Method::PATCH, &path).json(change))
        .await
        .expect(200)
}

#[tokio::test]
async fn a_stopped_role_leaves_its_messages_in_its_queue_until_it_is_started_rc20a() {
    let scratch = Scratch::with_gossip(Setting::Split, 0.0).await;
    let server = scratch.up(&["--pace", "0"]).await;
    let (api, world) = (server.api().await, scratch.world.name.as_str());
    for name in ["gateway", "relay", "ross", "rachel", "joey", "chandler"] {
        let role = until_status(&api, name, "up").await;
        assert_eq!(
            (&role["supervised"], &role["worlds"]),
            (&json!(true), &json!([world]))
        );
    }
    let rachel = role(&api, "rachel").await.unwrap();
    let (id, pid) = (rachel["id"].as_str().unwrap(), rachel["pid"].clone());

    api.post(&format!("/api/roles/{id}/stop")).await.expect(202);
    until_status(&api, "rachel", "stopped").await;
    assert!(
        !exists(u32::try_from(pid.as_u64().unwrap()).unwrap()),
        "her process ended"
    );
    let present = api
        .get(&format!("/api/worlds/{world}/characters"))
        .await
        .expect(200);
    assert_eq!(present["items"][1]["present"], false, "{present}");
    let mut talks = Vec::new();
    for _ in 0..5 {
        talks.push(api.start(world, &ross_to_rachel()).await);
    }
    until("her queue holds what Ross has said to her", || async {
        let inbox = inbox(&api, world, "rachel").await;
        inbox["ready"] == 5 && inbox["consumers"] == 0
    })
    .await;

    api.post(&format!("/api/roles/{id}/start"))
        .await
        .expect(202);
    for talk in &talks {
        api.closed(talk).await;
        assert_eq!(orders(&api.lines(talk).await), (1..=10).collect::<Vec<_>>());
    }
    let back = until_status(&api, "rachel", "up").await;
    assert_eq!(back["id"], id);
    assert_ne!(back["pid"], pid);
    until("nothing is left in her queue, nor in her hands", || async {
        let inbox = inbox(&api, world, "rachel").await;
        (&inbox["ready"], &inbox["unacked"], &inbox["consumers"])
            == (&json!(0), &json!(0), &json!(1))
    })
    .await;
}

#[tokio::test]
async fn a_killed_role_is_gone_and_comes_back_in_its_place_rc20b() {
    let scratch = Scratch::with_gossip(Setting::Split, 0.0).await;
    let server = scratch.up(&["--pace", "0"]).await;
    let api = server.api().await;
    let before = until_status(&api, "joey", "up").await;
    server.roles()["joey"].kill();
    until_status(&api, "joey", "gone").await;
    let after = until_status(&api, "joey", "up").await;
    assert_eq!(before["id"], after["id"]);
    assert_ne!(before["pid"], after["pid"]);
    let gateway = role(&api, "gateway").await.unwrap();
    let refused = api
        .post(&format!(
            "/api/roles/{}/stop",
            gateway["id"].as_str().unwrap()
        ))
        .await
        .expect(409);
    assert_eq!(refused["code"], "gateway_stays");
}

#[tokio::test]
async fn a_role_that_nobody_looks_after_is_late_once_it_is_killed_and_can_not_be_stopped() {
    let scratch = Scratch::with_gossip(Setting::Shared, 0.0).await;
    let gateway = scratch.role("gateway", &[]).await;
    let mut ross = scratch.role("character", &["--name", "Ross"]).await;
    let api = gateway.api().await;
    let role = until_status(&api, "ross", "up").await;
    assert_eq!(
        (&role["pid"], &role["supervised"]),
        (&json!(ross.pid()), &json!(false))
    );
    let stop = format!("/api/roles/{}/stop", role["id"].as_str().unwrap());
    assert_eq!(api.post(&stop).await.expect(409)["code"], "not_supervised");
    ross.kill();
    until_status(&api, "ross", "late").await;
    until_status(&api, "ross", "gone").await;
}

#[tokio::test]
async fn a_role_that_ends_in_peace_is_forgotten() {
    let scratch = Scratch::with_gossip(Setting::Shared, 0.0).await;
    let gateway = scratch.role("gateway", &[]).await;
    let mut relay = scratch.role("relay", &[]).await;
    let api = gateway.api().await;
    until_status(&api, "relay", "up").await;
    relay.terminate().await;
    until("it is not listed any more", || async {
        roles(&api).await.iter().all(|role| role["role"] != "relay")
    })
    .await;
}

#[tokio::test]
async fn a_server_tells_of_itself_and_says_who_may_operate_it() {
    let scratch = Scratch::with_gossip(Setting::Embedded, 0.0).await;
    let server = scratch.up(&["--pace", "0", "--ops", "off"]).await;
    let (api, world) = (server.api().await, scratch.world.name.as_str());
    let all = until_status(&api, "all", "up").await;
    assert_eq!(all["pid"], server.pid());
    let refused = api
        .post(&format!("/api/roles/{}/stop", all["id"].as_str().unwrap()))
        .await
        .expect(403);
    assert_eq!(refused["code"], "ops_off");
    let talk = api.start(world, &ross_to_rachel()).await;
    api.closed(&talk).await;
    until("its ten lines are in the figures", || async {
        let stats = api.get("/api/stats").await.expect(200);
        let said = stats["messagesPerSecondOver60s"].as_f64().unwrap();
        said > 0.0 && stats["conversationsActive"] == 0 && stats["conversationsClosed"] == 1
    })
    .await;
}

#[tokio::test]
async fn a_pace_holds_at_once_in_all_processes_and_after_a_restart() {
    for setting in [Setting::Embedded, Setting::Split] {
        let scratch = Scratch::with_gossip(setting, 0.0).await;
        let mut server = scratch.up(&["--pace", "1m"]).await;
        let (api, world) = (server.api().await, scratch.world.name.as_str());
        let before = api.get(&format!("/api/worlds/{world}")).await.expect(200);
        assert_eq!(before["pace"], "60s");
        assert_eq!(patch(&api, world, &json!({"pace": "0"})).await["pace"], "0");
        let talk = api.start(world, &ross_to_rachel()).await;
        api.closed(&talk).await;
        server.terminate().await;
        let server = scratch.up(&["--pace", "1m"]).await;
        let after = server
            .api()
            .await
            .get(&format!("/api/worlds/{world}"))
            .await;
        assert_eq!(after.expect(200)["pace"], "0");
    }
}

#[tokio::test]
async fn the_inspector_shows_what_was_on_the_bus_and_how_long_each_leg_took() {
    let scratch = Scratch::with_gossip(Setting::Shared, 0.0).await;
    let server = scratch.up(&["--pace", "50ms"]).await;
    let plain = Plain::connect(scratch.amqp()).await;
    let copy = plain.copy_of(&scratch.world.exchange, "Rachel").await;
    let api = server.api().await;
    let talk = api.start(&scratch.world.name, &ross_to_rachel()).await;
    api.closed(&talk).await;
    let mails = within(SOON, "copies of what Rachel was told", || async {
        let mails = plain.drain(&copy).await;
        (!mails.is_empty()).then_some(mails)
    })
    .await;
    let mail = mails.iter().find(|mail| mail.json["order"] == 3).unwrap();
    let id = mail.json["id"].as_str().unwrap();
    let seen = api.get(&format!("/api/messages/{id}")).await.expect(200);
    let delivery = &seen["deliveries"][0];
    let envelope = &delivery["envelope"];
    assert_eq!(envelope["data"], mail.json);
    for name in [
        "specversion",
        "id",
        "source",
        "type",
        "subject",
        "recipient",
    ] {
        assert_eq!(envelope[name], mail.attribute(name), "{name}");
    }
    assert_eq!(envelope["traceparent"], mail.headers["traceparent"]);
    assert_eq!(delivery["routingKey"], mail.key);
    assert_eq!(delivery["exchange"], mail.exchange);
    assert_eq!(seen["traceId"], talk.replace('-', ""));
    let micros = &seen["hop"]["micros"];
    for leg in ["waited", "committed"] {
        let took = micros[leg].as_u64().unwrap();
        assert!(
            (50_000..30_000_000).contains(&took),
            "at least the pace: {micros}"
        );
    }
    let named = api
        .get(&format!("/api/messages/{id}?conversation={talk}"))
        .await;
    assert_eq!(named.expect(200), seen);
}

#[tokio::test]
async fn the_document_needs_no_server() {
    let scratch = Scratch::with_gossip(Setting::Embedded, 0.0).await;
    let server = scratch.up(&[]).await;
    let served = server.api().await.get("/openapi.json").await.expect(200);
    let printed = scratch
        .parlor(&["openapi", &scratch.world.source])
        .await
        .well();
    assert_eq!(serde_json::from_str::<Value>(&printed).unwrap(), served);
}

#[tokio::test]
async fn a_split_server_prints_the_port_that_its_gateway_has() {
    let scratch = Scratch::with_gossip(Setting::Split, 0.0).await;
    let server = scratch.up(&[]).await;
    let gateway = server.address().await;
    assert!(
        server.printed(&format!("address    {gateway}")),
        "{}",
        server.log()
    );
    let killed = server.roles()["gateway"].clone();
    killed.kill();
    let again = within(SOON, "another gateway", || {
        let role = server.roles()["gateway"].clone();
        let is_another = role.pid.is_some() && role.pid != killed.pid;
        async move { role.address.filter(|_| is_another) }
    })
    .await;
    assert_eq!(again, gateway, "it is found where it was");
}
