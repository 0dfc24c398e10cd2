//! The broker as a plain AMQP client sees it: names, shapes, who gets what, and what becomes of
//! what is not ours.

use crate::{orders, ross_to_rachel};
use parlor_blackbox::{Mail, Plain, SOON, Scratch, Setting, amqp_url, fresh_name, until, within};
use serde_json::{Value, json};

#[tokio::test]
async fn friends_has_the_names_that_were_promised_fr6_fr7() {
    let scratch = Scratch::friends(Setting::Shared).await;
    let server = scratch.up(&["--pace", "0"]).await;
    let plain = Plain::connect(&amqp_url()).await;
    assert!(plain.has_direct_exchange("friends-exchange").await);
    for queue in ["q-Ross", "q-Rachel", "q-Joey", "q-Chandler"] {
        until("each private queue has its one consumer", || async {
            plain.depth(queue).await == Some((0, 1))
        })
        .await;
    }
    let copy = plain.copy_of("friends-exchange", "Rachel").await;
    let api = server.api().await;
    let id = api.start("friends", &ross_to_rachel()).await;
    api.closed(&id).await;
    let mails = plain.drain(&copy).await;
    assert!(
        mails
            .iter()
            .any(|mail| mail.json["conversationId"] == json!(id)),
        "{mails:?}"
    );
}

#[tokio::test]
async fn a_line_waits_in_the_queue_of_its_recipient_and_is_stored_by_then_fr8_fr9() {
    let scratch = Scratch::with_gossip(Setting::Shared, 0.0).await;
    let gateway = scratch.role("gateway", &[]).await;
    let _relay = scratch.role("relay", &[]).await;
    let _ross = scratch
        .role("character", &["--name", "Ross", "--pace", "0"])
        .await;
    let plain = Plain::connect(scratch.amqp()).await;
    let copies = [
        plain.copy_of(&scratch.world.exchange, "Rachel").await,
        plain.copy_of(&scratch.world.exchange, "Joey").await,
    ];
    let api = gateway.api().await;
    let id = api.start(&scratch.world.name, &ross_to_rachel()).await;
    let mail = plain.peek(&scratch.world.queue("Rachel")).await;
    envelope_of_a_line(&mail, &scratch, &id);
    let stored = api.messages(&id).await;
    assert_eq!(
        stored,
        std::slice::from_ref(&mail.json),
        "the very shape of the API, and stored before it is sent"
    );
    let copied = within(SOON, "a copy by the key", || async {
        plain.drain(&copies[0]).await.pop()
    })
    .await;
    assert_eq!(
        (copied.json, copied.exchange),
        (mail.json, scratch.world.exchange.clone())
    );
    assert!(
        plain.drain(&copies[1]).await.is_empty(),
        "nobody else gets it"
    );
    // Our connection ends and gives back what it has not acknowledged: now Rachel's role has it.
    drop(plain);
    let _rachel = scratch
        .role("character", &["--name", "rachel", "--pace", "0"])
        .await;
    api.closed(&id).await;
    assert_eq!(orders(&api.lines(&id).await), (1..=10).collect::<Vec<_>>());
}

fn envelope_of_a_line(mail: &Mail, scratch: &Scratch, conversation: &str) {
    assert_eq!(
        (mail.exchange.as_str(), mail.key.as_str()),
        (scratch.world.exchange.as_str(), "Rachel")
    );
    assert_eq!(mail.content_type, "application/json");
    assert_eq!(mail.delivery_mode, Some(2), "kept on disk");
    assert_eq!(mail.attribute("specversion"), "1.0");
    assert_eq!(mail.attribute("type"), "parlor.message.said");
    assert_eq!(
        mail.attribute("source"),
        format!("/worlds/{}", scratch.world.name)
    );
    assert_eq!(mail.attribute("subject"), conversation);
    assert_eq!(mail.attribute("recipient"), "rachel");
    assert_eq!(mail.attribute("id"), mail.message_id);
    let trace = conversation.replace('-', "");
    assert!(
        mail.headers["traceparent"].starts_with(&format!("00-{trace}-")),
        "one trace a conversation"
    );
    assert_eq!(mail.json["from"], "Ross");
    assert_eq!(mail.json["to"], json!(["Rachel"]));
    assert_eq!(
        (&mail.json["order"], &mail.json["kind"]),
        (&json!(1), &json!("line"))
    );
}

#[tokio::test]
async fn the_partner_never_gets_what_is_said_behind_its_back_fr18() {
    let scratch = Scratch::with_gossip(Setting::Shared, 0.3).await;
    let server = scratch.up(&["--pace", "0"]).await;
    let plain = Plain::connect(scratch.amqp()).await;
    let mut copies = Vec::new();
    for who in scratch.world.cast() {
        copies.push((who, plain.copy_of(&scratch.world.exchange, who).await));
    }
    let (api, world) = (server.api().await, scratch.world.name.as_str());
    for _ in 0..20 {
        api.start(world, &json!({})).await;
    }
    api.quiet(world).await;
    until("nothing is on its way", || async {
        scratch.ledger().await.is_over()
    })
    .await;
    let conversations = api
        .all(
            &format!("/api/worlds/{world}/conversations?limit=200"),
            "cursor",
        )
        .await;
    let of = |id: &Value| conversations.iter().find(|c| c["id"] == *id).unwrap();
    let mut behind_a_back = 0;
    for (who, queue) in copies {
        for mail in plain.drain(&queue).await {
            if mail.json["conversationKind"] != "side" {
                continue;
            }
            behind_a_back += 1;
            let side = of(&mail.json["conversationId"]);
            let members = side["participants"].as_array().unwrap();
            let betrayed = of(&side["parentId"])["participants"]
                .as_array()
                .unwrap()
                .clone();
            let is_betrayed = betrayed.contains(&json!(who)) && !members.contains(&json!(who));
            assert!(
                !is_betrayed,
                "{who} gets what {members:?} say behind {who}'s back: {}",
                mail.text
            );
        }
    }
    println!("lines behind somebody's back: {behind_a_back}");
    assert!(behind_a_back > 20, "there was gossip");
}

#[tokio::test]
async fn rubbish_in_a_queue_is_put_aside_with_its_reason_and_the_consumer_goes_on() {
    let scratch = Scratch::with_gossip(Setting::Shared, 0.0).await;
    let server = scratch.up(&["--pace", "0"]).await;
    let plain = Plain::connect(scratch.amqp()).await;
    let queue = scratch.world.queue("Rachel");
    let unknown = uuid_like();
    let envelope = envelope_for(&scratch.world.name, "rachel", &unknown);
    let headers: Vec<_> = envelope
        .iter()
        .map(|(k, v)| (k.as_str(), v.as_str()))
        .collect();
    let foreign = envelope_for("elsewhere", "rachel", &unknown);
    let foreign: Vec<_> = foreign
        .iter()
        .map(|(k, v)| (k.as_str(), v.as_str()))
        .collect();
    plain.put(&queue, &[], b"hello?").await;
    plain.put(&queue, &[], &[0xff; 2_000_000]).await;
    plain.put(&queue, &headers, br#"{"text":"hi"}"#).await;
    plain
        .put(&queue, &headers, b"not the data of an opening")
        .await;
    plain.put(&queue, &foreign, br#"{"text":"hi"}"#).await;
    let api = server.api().await;
    let id = api.start(&scratch.world.name, &ross_to_rachel()).await;
    api.closed(&id).await;
    assert_eq!(
        orders(&api.lines(&id).await),
        (1..=10).collect::<Vec<_>>(),
        "the consumer goes on"
    );
    until("five dead letters", || async {
        plain
            .depth(&scratch.world.dead_letters())
            .await
            .is_some_and(|(ready, _)| ready == 5)
    })
    .await;
    let letters = scratch.dead_letters(&["list", "--json"]).await.json_lines();
    let reasons: Vec<_> = letters
        .iter()
        .map(|l| l["reason"].as_str().unwrap())
        .collect();
    for part in [
        "'specversion' is missing",
        "2000000 bytes",
        &format!("no conversation {unknown}"),
        "can't be read",
        "world 'elsewhere'",
    ] {
        assert!(
            reasons.iter().any(|reason| reason.contains(part)),
            "no '{part}' in {reasons:#?}"
        );
    }
    assert!(
        letters.iter().all(|letter| letter["inbox"] == queue),
        "{letters:#?}"
    );
    looked_after(&scratch, &plain, letters[0]["id"].as_str().unwrap()).await;
}

/// One is dropped, the others are sent again and come back; then all are dropped.
async fn looked_after(scratch: &Scratch, plain: &Plain, first: &str) {
    assert_eq!(
        scratch.dead_letters(&["drop", first]).await.well(),
        "thrown away: 1\n"
    );
    assert_eq!(
        scratch.dead_letters(&["replay", "--all"]).await.well(),
        "sent again: 4\n"
    );
    until("they come back, being what they are", || async {
        plain
            .depth(&scratch.world.dead_letters())
            .await
            .is_some_and(|(ready, _)| ready == 4)
            && plain.depth(&scratch.world.queue("Rachel")).await == Some((0, 1))
    })
    .await;
    let list = scratch.dead_letters(&["list"]).await.well();
    assert_eq!(list.lines().count(), 4, "{list}");
    assert_eq!(
        scratch.dead_letters(&["drop", "--all"]).await.well(),
        "thrown away: 4\n"
    );
    assert_eq!(scratch.dead_letters(&["list"]).await.well(), "none\n");
}

#[tokio::test]
async fn what_another_consumer_rejects_can_be_replayed_and_the_talk_goes_on() {
    let scratch = Scratch::with_gossip(Setting::Shared, 0.0).await;
    let gateway = scratch.role("gateway", &[]).await;
    let _ross = scratch
        .role("character", &["--name", "Ross", "--pace", "0"])
        .await;
    let plain = Plain::connect(scratch.amqp()).await;
    let api = gateway.api().await;
    let id = api.start(&scratch.world.name, &ross_to_rachel()).await;
    plain.reject(&scratch.world.queue("Rachel")).await;
    let _rachel = scratch
        .role("character", &["--name", "Rachel", "--pace", "0"])
        .await;
    let letters = within(SOON, "it is among the dead letters", || async {
        let letters = scratch.dead_letters(&["list", "--json"]).await.json_lines();
        (!letters.is_empty()).then_some(letters)
    })
    .await;
    assert_eq!(letters[0]["inbox"], scratch.world.queue("Rachel"));
    let letter = letters[0]["id"].as_str().unwrap();
    assert_eq!(
        scratch.dead_letters(&["replay", letter]).await.well(),
        "sent again: 1\n"
    );
    api.closed(&id).await;
    assert_eq!(orders(&api.lines(&id).await), (1..=10).collect::<Vec<_>>());
}

#[tokio::test]
async fn the_same_message_twice_is_answered_once() {
    let scratch = Scratch::with_gossip(Setting::Shared, 0.0).await;
    let gateway = scratch.role("gateway", &[]).await;
    let _ross = scratch
        .role("character", &["--name", "Ross", "--pace", "0"])
        .await;
    let plain = Plain::connect(scratch.amqp()).await;
    let queue = scratch.world.queue("Rachel");
    let api = gateway.api().await;
    let id = api.start(&scratch.world.name, &ross_to_rachel()).await;
    let mail = plain.peek(&queue).await;
    let headers: Vec<_> = mail
        .headers
        .iter()
        .map(|(k, v)| (k.as_str(), v.as_str()))
        .collect();
    for _ in 0..3 {
        plain.put(&queue, &headers, mail.text.as_bytes()).await;
    }
    drop(plain);
    let _rachel = scratch
        .role("character", &["--name", "Rachel", "--pace", "0"])
        .await;
    api.closed(&id).await;
    let plain = Plain::connect(scratch.amqp()).await;
    until("nothing waits any more", || async {
        plain.depth(&queue).await == Some((0, 1))
    })
    .await;
    assert_eq!(orders(&api.lines(&id).await), (1..=10).collect::<Vec<_>>());
}

/// The headers of an opening that asks `recipient` to begin a conversation.
fn envelope_for(world: &str, recipient: &str, conversation: &str) -> Vec<(String, String)> {
    let attributes = [
        ("specversion", "1.0"),
        ("id", &uuid_like()),
        ("source", &format!("/worlds/{world}")),
        ("type", "parlor.conversation.opening"),
        ("subject", conversation),
        ("time", "2026-01-31T18:00:00.000001Z"),
        ("recipient", recipient),
    ];
    attributes
        .iter()
        .map(|(name, value)| (format!("cloudEvents:{name}"), (*value).to_owned()))
        .collect()
}

fn uuid_like() -> String {
    format!("00000000-0000-4000-8000-00{}", fresh_name())
}
