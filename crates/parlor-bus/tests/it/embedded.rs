use crate::fresh_world;
use crate::outbox::MemoryOutbox;
use chrono::DateTime;
use parlor_bus::EmbeddedBus;
use parlor_model::world::{Binding, ExchangeKind, Topology};
use parlor_model::{
    Clock, ConversationId, Envelope, EventBody, EventId, Opening, Slug, SystemClock,
};
use parlor_ports::bus::{Bus, Outgoing, SubscribeOptions, Verdict};
use parlor_ports::store::OutboxStore;
use parlor_ports::testkit::bus::BusUnderTest;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

parlor_ports::bus_conformance!(make);

async fn make() -> BusUnderTest {
    let store = Arc::new(MemoryOutbox::default());
    let bus: Arc<dyn Bus> = Arc::new(EmbeddedBus::new(store.clone(), Arc::new(SystemClock)));
    let world = fresh_world();
    let relay = {
        let (bus, world) = (Arc::clone(&bus), world.clone());
        move || relay(store.clone(), Arc::clone(&bus), world.clone())
    };
    BusUnderTest {
        bus,
        world,
        inject: None,
        relay: Some(Box::new(move || Box::pin(relay()))),
        cleanup: Box::new(|_| Box::pin(async {})),
    }
}

async fn relay(store: Arc<MemoryOutbox>, bus: Arc<dyn Bus>, world: Slug) {
    let rows = store
        .take_outbox(&[world], SystemClock.now(), None, 100)
        .await
        .unwrap();
    let outgoing = |row: parlor_model::OutboxRow| Outgoing {
        inbox: row.inbox,
        envelope: row.envelope,
    };
    let batch: Vec<_> = rows.into_iter().map(outgoing).collect();
    for result in bus.publish(&batch).await {
        result.unwrap();
    }
}

fn topology(world: &Slug, inboxes: Vec<String>) -> Topology {
    let bind = |inbox: String| Binding {
        key: inbox.clone(),
        inbox,
    };
    Topology {
        world: world.clone(),
        exchange: "x".to_owned(),
        exchange_kind: ExchangeKind::Direct,
        inboxes: inboxes.into_iter().map(bind).collect(),
        dead_letters: format!("{world}-dead-letters"),
    }
}

fn envelope(world: &Slug, n: u128) -> Arc<Envelope> {
    let id = EventId(Uuid::from_u128(n));
    Arc::new(Envelope {
        id,
        world: world.clone(),
        conversation: ConversationId(Uuid::from_u128(n)),
        recipient: Slug::new("ross").unwrap(),
        time: DateTime::UNIX_EPOCH,
        traceparent: parlor_model::envelope::traceparent(Uuid::from_u128(n), id),
        body: EventBody::Opening(Opening::default()),
    })
}

fn options(inboxes: Vec<String>, prefetch: u16) -> SubscribeOptions {
    SubscribeOptions {
        group: "g".to_owned(),
        inboxes,
        prefetch,
    }
}

async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(10), work)
        .await
        .expect("within ten seconds")
}

#[tokio::test]
async fn an_inbox_belongs_to_one_world() {
    let bus = EmbeddedBus::new(Arc::new(MemoryOutbox::default()), Arc::new(SystemClock));
    let (one, two) = (Slug::new("one").unwrap(), Slug::new("two").unwrap());
    bus.declare(&topology(&one, vec!["q-Ross".into()]))
        .await
        .unwrap();
    let both = topology(&two, vec!["q-Joey".into(), "q-Ross".into()]);
    let error = bus.declare(&both).await.unwrap_err();
    assert!(!error.is_retryable());
    assert!(
        error.to_string().contains("'q-Ross' of world 'two'"),
        "{error}"
    );
    assert!(
        !bus.inboxes(&["q-Joey".into()]).await.unwrap()[0].exists,
        "all or nothing"
    );
}

#[tokio::test]
async fn a_dead_letter_that_can_not_be_kept_comes_again() {
    let store = Arc::new(MemoryOutbox::default());
    let bus = EmbeddedBus::new(store.clone(), Arc::new(SystemClock));
    let world = Slug::new("one").unwrap();
    bus.declare(&topology(&world, vec!["q".into()]))
        .await
        .unwrap();
    bus.publish(&[Outgoing {
        inbox: "q".into(),
        envelope: envelope(&world, 1),
    }])
    .await[0]
        .clone()
        .unwrap();
    let mut subscription = bus.subscribe(options(vec!["q".into()], 1)).await.unwrap();
    let delivery = within(subscription.next(1)).await.unwrap().remove(0);
    store.set_away(true);
    let verdict = Verdict::DeadLetter("broken".into());
    let error = subscription
        .settler()
        .settle(vec![(delivery, verdict.clone())])
        .await
        .unwrap_err();
    assert!(error.is_retryable());
    store.set_away(false);
    let again = within(subscription.next(1)).await.unwrap().remove(0);
    assert!(again.redelivered);
    subscription
        .settler()
        .settle(vec![(again, verdict)])
        .await
        .unwrap();
    assert_eq!(
        bus.dead_letters(&world, 10).await.unwrap()[0].reason,
        "broken"
    );
}

/// One subscription over a hundred thousand inboxes: each of ten thousand single messages finds its
/// way although nearly all inboxes are empty. Quadratic work would not end within the deadline.
#[tokio::test]
async fn a_subscription_over_a_hundred_thousand_inboxes_costs_what_is_ready() {
    let bus = EmbeddedBus::new(Arc::new(MemoryOutbox::default()), Arc::new(SystemClock));
    let world = Slug::new("wide").unwrap();
    let inboxes: Vec<String> = (0..100_000).map(|n| format!("q-{n}")).collect();
    bus.declare(&topology(&world, inboxes.clone()))
        .await
        .unwrap();
    let mut subscription = bus.subscribe(options(inboxes.clone(), 100)).await.unwrap();
    let all = async {
        for n in 0..10_000_usize {
            let inbox = inboxes[n * 7_919 % inboxes.len()].clone();
            let sent = Outgoing {
                inbox: inbox.clone(),
                envelope: envelope(&world, n as u128),
            };
            bus.publish(&[sent]).await[0].clone().unwrap();
            let delivery = subscription.next(10).await.unwrap().remove(0);
            assert_eq!(delivery.inbox, inbox);
            subscription
                .settler()
                .settle(vec![(delivery, Verdict::Ack)])
                .await
                .unwrap();
        }
    };
    within(all).await;
}

/// One full inbox does not starve the others: the ready list goes round.
#[tokio::test]
async fn a_full_inbox_does_not_starve_another() {
    let bus = EmbeddedBus::new(Arc::new(MemoryOutbox::default()), Arc::new(SystemClock));
    let world = Slug::new("fair").unwrap();
    let inboxes = vec!["full".to_owned(), "lone".to_owned()];
    bus.declare(&topology(&world, inboxes.clone()))
        .await
        .unwrap();
    let mut subscription = bus.subscribe(options(inboxes, 1_000)).await.unwrap();
    let mut batch: Vec<_> = (0..500)
        .map(|n| Outgoing {
            inbox: "full".into(),
            envelope: envelope(&world, n),
        })
        .collect();
    batch.push(Outgoing {
        inbox: "lone".into(),
        envelope: envelope(&world, 1_000),
    });
    assert!(bus.publish(&batch).await.iter().all(Result::is_ok));
    let first = within(subscription.next(4)).await.unwrap();
    assert!(first.iter().any(|delivery| delivery.inbox == "lone"));
}
