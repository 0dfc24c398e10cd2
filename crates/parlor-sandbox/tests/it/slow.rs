//! A dialect that takes its time, or fails for now, holds up nobody else, and loses and repeats
//! nothing.

use crate::house::{House, PATIENCE};
use async_trait::async_trait;
use parlor_engine::opening::Wish;
use parlor_model::{EventBody, MessageKind, Prompt};
use parlor_ports::PortError;
use parlor_ports::dialect::{Dialect, Utterance};
use parlor_ports::error::PortResult;
use parlor_ports::store::After;
use parlor_roles::{Stage, Step};
use parlor_sandbox::{Scenario, load};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use uuid::Uuid;

/// A model that speaks once its gate is open, and then only at the `fails + 1`-th time that it is
/// asked for a line.
struct Moody {
    open: watch::Receiver<bool>,
    fails: u32,
    asked: Mutex<HashMap<String, u32>>,
    waiting: AtomicU32,
}

impl Moody {
    fn new(open: &watch::Sender<bool>, fails: u32) -> Arc<Self> {
        Arc::new(Self {
            open: open.subscribe(),
            fails,
            asked: Mutex::default(),
            waiting: AtomicU32::new(0),
        })
    }
}

#[async_trait]
impl Dialect for Moody {
    async fn speak(&self, prompt: &Prompt) -> PortResult<Utterance> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let _ = self.open.clone().wait_for(|open| *open).await;
        let line = format!(
            "{:?} {} {} {:?}",
            prompt.conversation, prompt.order, prompt.speaker.slug, prompt.purpose
        );
        let mut asked = self.asked.lock().unwrap();
        let times = asked.entry(line.clone()).or_default();
        *times += 1;
        if *times <= self.fails {
            return Err(PortError::retryable("the model", "out to lunch")
                .with_retry_after(Some(Duration::from_millis(1))));
        }
        Ok(Utterance {
            text: format!("Said by a model: {line}"),
            fallback: false,
        })
    }

    fn is_slow(&self) -> bool {
        true
    }
}

/// Friends without gossip and asides, in which these speak by a model.
fn scenario(who: &[&str]) -> Scenario {
    Scenario::bundled("friends")
        .unwrap()
        .without("gossip")
        .without("aside")
        .through_a_model(who, toml::Table::new())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_line_holds_up_no_quick_one() {
    let (gate, _) = watch::channel(false);
    let model = Moody::new(&gate, 0);
    let house = House::new(scenario(&["Ross", "Rachel"]), model.clone()).await;
    let node = house.start().await;
    let slow = house.talk(&node, "ross", "rachel", 1).await;
    house
        .until(|| model.waiting.load(Ordering::SeqCst) > 0)
        .await;

    let quick = house.talk(&node, "joey", "chandler", 2).await;
    house.until_ended(quick).await;

    assert_eq!(house.lines(quick).await.len(), 10);
    assert_eq!(house.lines(slow).await.len(), 0);
    gate.send(true).unwrap();
    house.until_ended(slow).await;
    let lines = house.lines(slow).await;
    assert_eq!(lines.len(), 10);
    assert!(lines.iter().all(|m| m.text.starts_with("Said by a model")));
    node.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_whose_model_fails_for_now_waits_and_is_said_once() {
    let (gate, _) = watch::channel(true);
    let model = Moody::new(&gate, 1);
    let house = House::new(scenario(&[]), model.clone()).await;
    let node = house.start().await;
    let talks = [
        house.talk(&node, "ross", "rachel", 1).await,
        house.talk(&node, "joey", "chandler", 2).await,
    ];
    for talk in talks {
        house.until_ended(talk).await;
        let lines = house.lines(talk).await;
        let orders: Vec<_> = lines.iter().map(|m| m.order).collect();
        assert_eq!(orders, (1..=10).collect::<Vec<_>>());
        assert!(lines.iter().all(|m| !m.fallback && m.text.len() > 3));
    }
    let asked: u32 = model.asked.lock().unwrap().values().sum();
    assert_eq!(asked, 20 * 2, "each line once in vain, then once");
    load::until_sent(&*house.store, &house.world.name, PATIENCE)
        .await
        .unwrap();
    node.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_is_being_spoken_when_the_server_stops_is_said_after_a_restart() {
    let (gate, _) = watch::channel(false);
    let model = Moody::new(&gate, 0);
    let house = House::new(scenario(&[]), model.clone()).await;
    let node = house.start().await;
    let talk = house.talk(&node, "ross", "rachel", 1).await;
    house
        .until(|| model.waiting.load(Ordering::SeqCst) > 0)
        .await;

    let stopping = Instant::now();
    node.stop().await.unwrap();

    assert!(
        stopping.elapsed() < Duration::from_secs(6),
        "it does not wait for the model"
    );
    assert_eq!(house.lines(talk).await.len(), 0);
    gate.send(true).unwrap();
    let node = house.start().await;
    house.until_ended(talk).await;
    assert_eq!(house.lines(talk).await.len(), 10);
    node.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paused_world_starts_no_slow_line_and_goes_on_afterwards() {
    let (gate, _) = watch::channel(true);
    let model = Moody::new(&gate, 0);
    let house = House::new(scenario(&[]), model.clone()).await;
    let node = house.start().await;
    let director = node.director();
    director.set_paused(&house.world.name, true).await.unwrap();
    let talk = house.talk(&node, "ross", "rachel", 1).await;
    let parked = async || {
        let depth = house
            .store
            .outbox_depth(std::slice::from_ref(&house.world.name))
            .await;
        depth.unwrap() == 1 && house.lines(talk).await.is_empty()
    };
    assert!(parked().await);
    director.set_paused(&house.world.name, false).await.unwrap();
    house.until_ended(talk).await;
    assert_eq!(house.lines(talk).await.len(), 10);
    node.stop().await.unwrap();
}

/// An event that waits and is delivered a second time before it comes again: both are the same
/// event, so what one of them says the other does not say again, an aside neither.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_and_is_delivered_twice_is_said_once() {
    let (gate, _) = watch::channel(true);
    let everybody_is_overheard = |file: &mut toml::Table| {
        file["mechanics"]["aside"]["probability"] = 1.0.into();
    };
    let scenario = Scenario::bundled("friends")
        .unwrap()
        .without("gossip")
        .with(everybody_is_overheard)
        .through_a_model(&["Chandler"], toml::Table::new());
    let house = House::new(scenario, Moody::new(&gate, 1)).await;
    let (store, clock) = (house.store.clone(), house.clock().clone());
    let stage = Stage::new(vec![house.production()], store, clock, true);
    let wish = Wish {
        from: house.world.find("ross").cloned(),
        to: house.world.find("rachel").cloned(),
        ..Wish::default()
    };
    let opened = house
        .engine()
        .open(wish, Uuid::from_u128(1), house.clock().now())
        .unwrap();
    let opening = opened.effects.sends[0].envelope.clone();
    house.store.commit(vec![opened.effects]).await.unwrap();
    let Step::Done(rows) = stage.perform(&[opening]).await.remove(0) else {
        panic!("Ross opens")
    };
    let overheard = rows
        .iter()
        .find(|row| matches!(row.envelope.body, EventBody::Overheard(_)))
        .unwrap()
        .envelope
        .clone();

    let Step::Waits(later) = stage
        .perform(std::slice::from_ref(&overheard))
        .await
        .remove(0)
    else {
        panic!("the model fails the first time")
    };
    let delivered_again = stage.perform(&[overheard]).await.remove(0);
    let come_again = stage.perform(&[later.envelope]).await.remove(0);

    assert_eq!(delivered_again, Step::Done(Vec::new()));
    assert_eq!(come_again, Step::Nothing);
    let talk = opened.conversation.id;
    let messages = house.store.messages(talk, After::Start, 50).await.unwrap();
    let asides = messages
        .items
        .iter()
        .filter(|m| m.kind == MessageKind::Aside);
    assert_eq!(asides.count(), 1);
}
