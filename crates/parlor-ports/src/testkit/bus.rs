//! Conformance suite of [`crate::bus::Bus`]: every promise of the trait as a rule.
//!
//! An adapter's test module says [`bus_conformance!`](crate::bus_conformance) with an async
//! function that makes a [`BusUnderTest`]; each rule becomes a test of its own. Where somebody else
//! can put things into an inbox, [`bus_foreign_conformance!`](crate::bus_foreign_conformance) adds
//! the rules about what is not an envelope of ours.

use crate::bus::{
    Bus, Delivery, Foreign, InboxStatus, Outgoing, SubscribeOptions, Subscription, Verdict,
};
use bytes::Bytes;
use chrono::DateTime;
use futures::FutureExt;
use futures::future::BoxFuture;
use parlor_model::envelope::traceparent;
use parlor_model::world::{Binding, ExchangeKind, Topology};
use parlor_model::{
    ConversationId, Envelope, EventBody, EventId, MessageId, Opening, SessionEvent, Slug,
};
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// How long a rule waits for something that must happen.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long a rule looks for something that must not happen.
const SILENCE: Duration = Duration::from_millis(250);

/// Something that is not an envelope, to be put into an inbox past our code.
#[derive(Debug, Clone)]
pub struct Raw {
    /// Which inbox.
    pub inbox: String,
    /// Its headers.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Bytes,
}

/// Puts something foreign into an inbox and returns when the broker has it.
pub type Inject = Box<dyn Fn(Raw) -> BoxFuture<'static, ()> + Send + Sync>;
/// Does what the relay does: sends the outbox rows that are due.
pub type Relay = Box<dyn Fn() -> BoxFuture<'static, ()> + Send + Sync>;
/// Removes everything that a topology made.
pub type Cleanup = Box<dyn Fn(Topology) -> BoxFuture<'static, ()> + Send + Sync>;

/// A bus, and what a rule needs around it.
pub struct BusUnderTest {
    /// The adapter. Nothing else uses this instance.
    pub bus: Arc<dyn Bus>,
    /// A world that no other test uses; all names are made from it.
    pub world: Slug,
    /// For adapters that others can reach too.
    pub inject: Option<Inject>,
    /// For adapters that leave replaying to the relay.
    pub relay: Option<Relay>,
    /// Runs after the rule, whether it held or not.
    pub cleanup: Cleanup,
}

/// Runs one rule on a fresh bus, cleans up, then tells how it went.
pub async fn check(
    make: impl AsyncFnOnce() -> BusUnderTest,
    rule: impl AsyncFnOnce(&BusUnderTest),
) {
    let stage = make().await;
    let outcome = AssertUnwindSafe(rule(&stage)).catch_unwind().await;
    stage.bus.close().await;
    (stage.cleanup)(stage.topology()).await;
    if let Err(panic) = outcome {
        resume_unwind(panic);
    }
}

/// One test per rule of the bus port. `$make` is a path to an `async fn() -> BusUnderTest`.
#[macro_export]
macro_rules! bus_conformance {
    ($make:path) => {
        $crate::bus_rules! { $make;
            a_declared_inbox_receives_what_is_published
            exactly_the_addressed_inbox_receives_fr8
            order_holds_within_an_inbox
            what_is_said_in_a_session_keeps_its_order
            a_batch_tells_of_each_envelope_and_an_undeclared_inbox_is_terminal
            next_waits_for_the_first_and_takes_at_most_max
            prefetch_bounds_what_is_unsettled_over_all_inboxes
            an_acknowledged_delivery_never_comes_again
            a_released_delivery_comes_again
            dropping_a_subscription_gives_back_what_is_unsettled
            settling_after_the_subscription_ended_is_harmless
            consumers_of_a_group_share_an_inbox
            a_member_that_goes_leaves_its_work_to_the_others
            deliveries_are_settled_from_another_task_in_any_order
            a_dead_letter_is_kept_with_its_reason
            dead_letters_are_replayed_to_their_inbox
            dead_letters_are_replayed_and_dropped_by_id
            an_inbox_tells_its_depth_and_consumers
            declaring_again_changes_nothing
            a_removed_inbox_is_gone_with_what_waits_in_it
            consuming_goes_on_when_an_inbox_is_removed
            a_forgotten_inbox_stays_where_it_is
            subscribing_to_an_undeclared_inbox_is_terminal
            it_answers_a_ping
            closing_ends_next_with_a_terminal_error
            a_cancelled_next_loses_nothing
            ten_thousand_messages_arrive_without_loss
        }
    };
}

/// The rules for adapters whose [`BusUnderTest::inject`] is given.
#[macro_export]
macro_rules! bus_foreign_conformance {
    ($make:path) => {
        $crate::bus_rules! { $make;
            something_foreign_is_handed_out_as_it_is
            a_foreign_dead_letter_is_kept_byte_for_byte_and_replayed
            a_note_reaches_whoever_listens_there
        }
    };
}

/// Expands rules to tests; not for use by itself.
#[doc(hidden)]
#[macro_export]
macro_rules! bus_rules {
    ($make:path; $($rule:ident)+) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $rule() {
                $crate::testkit::bus::check($make, $crate::testkit::bus::$rule).await;
            }
        )+
    };
}

impl BusUnderTest {
    /// What the rules declare: three inboxes of one world.
    #[must_use]
    pub fn topology(&self) -> Topology {
        let bind = |name: &str| Binding {
            inbox: self.inbox(name),
            key: name.to_owned(),
        };
        Topology {
            world: self.world.clone(),
            exchange: format!("{}-exchange", self.world),
            exchange_kind: ExchangeKind::Direct,
            inboxes: vec![bind("ross"), bind("rachel"), bind("joey")],
            dead_letters: format!("{}-dead-letters", self.world),
        }
    }

    fn inbox(&self, name: &str) -> String {
        format!("{}-{name}", self.world)
    }

    /// The `n`th envelope of this test; all are of one conversation.
    fn envelope(&self, n: u64) -> Arc<Envelope> {
        let unique = format!("{}/{n}", self.world);
        let id = EventId(Uuid::new_v5(&Uuid::NAMESPACE_OID, unique.as_bytes()));
        let world = Uuid::new_v5(&Uuid::NAMESPACE_OID, self.world.as_str().as_bytes());
        let conversation = ConversationId::derive(world, "conversation");
        Arc::new(Envelope {
            id,
            world: self.world.clone(),
            conversation,
            recipient: Slug::new("ross").expect("a slug"),
            time: DateTime::from_timestamp_micros(1_700_000_000_000_000).expect("in range"),
            traceparent: traceparent(conversation.0, id),
            body: EventBody::Opening(Opening {
                text: Some(format!("line {n}, “ünïcode”")),
            }),
        })
    }

    fn outgoing(&self, name: &str, n: u64) -> Outgoing {
        Outgoing {
            inbox: self.inbox(name),
            envelope: self.envelope(n),
        }
    }

    fn ids(&self, numbers: Range<u64>) -> Vec<EventId> {
        numbers.map(|n| self.envelope(n).id).collect()
    }

    async fn declare(&self) {
        self.bus
            .declare(&self.topology())
            .await
            .expect("the topology can be declared");
    }

    async fn send(&self, name: &str, numbers: Range<u64>) {
        let batch: Vec<_> = numbers.map(|n| self.outgoing(name, n)).collect();
        for result in within("publishing", self.bus.publish(&batch)).await {
            result.expect("the bus accepts what goes to a declared inbox");
        }
    }

    async fn consume(&self, names: &[&str], prefetch: u16) -> Box<dyn Subscription> {
        let inboxes = names.iter().map(|name| self.inbox(name)).collect();
        let options = SubscribeOptions {
            group: format!("{}-group", self.world),
            inboxes,
            prefetch,
        };
        within("subscribing", self.bus.subscribe(options))
            .await
            .expect("the inboxes are declared")
    }

    async fn status(&self, name: &str) -> InboxStatus {
        let mut all = self
            .bus
            .inboxes(&[self.inbox(name)])
            .await
            .expect("the bus is there");
        assert_eq!(all.len(), 1, "one status per name");
        all.remove(0)
    }

    async fn until_ready(&self, name: &str, ready: u64) {
        eventually(&format!("{name} has {ready} waiting"), async || {
            self.status(name).await.ready == ready
        })
        .await;
    }

    /// Sends `count` envelopes to ross and puts them all into the dead letters.
    async fn bury(&self, count: u64) -> Box<dyn Subscription> {
        self.declare().await;
        self.send("ross", 0..count).await;
        let mut subscription = self.consume(&["ross"], 100).await;
        for (n, delivery) in take(&mut *subscription, count)
            .await
            .into_iter()
            .enumerate()
        {
            let verdict = Verdict::DeadLetter(format!("reason {n}"));
            settle(&*subscription, vec![(delivery, verdict)]).await;
        }
        eventually("all dead letters are listed", async || {
            self.dead_ids().await.len() as u64 == count
        })
        .await;
        subscription
    }

    async fn dead_ids(&self) -> Vec<String> {
        let letters = self
            .bus
            .dead_letters(&self.world, 100)
            .await
            .expect("the bus is there");
        letters.into_iter().map(|letter| letter.id).collect()
    }

    async fn replay(&self, ids: &[String]) -> u64 {
        let count = self
            .bus
            .replay_dead_letters(&self.world, ids)
            .await
            .expect("replay works");
        if let Some(relay) = &self.relay {
            relay().await;
        }
        count
    }
}

async fn within<T>(what: &str, work: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(done) => done,
        Err(_) => panic!("{what}: nothing within {PATIENCE:?}"),
    }
}

async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    within(what, async {
        let mut pause = tokio::time::interval(Duration::from_millis(20));
        while !holds().await {
            pause.tick().await;
        }
    })
    .await;
}

/// The next `count` deliveries.
async fn take(subscription: &mut dyn Subscription, count: u64) -> Vec<Delivery> {
    let mut all = Vec::new();
    while (all.len() as u64) < count {
        let left = usize::try_from(count).expect("small") - all.len();
        let some = within("the next delivery", subscription.next(left))
            .await
            .expect("the bus is there");
        assert!(
            !some.is_empty() && some.len() <= left,
            "between one and max deliveries"
        );
        all.extend(some);
    }
    all
}

async fn nothing_comes(subscription: &mut dyn Subscription) {
    let more = tokio::time::timeout(SILENCE, subscription.next(10)).await;
    assert!(more.is_err(), "nothing more may come: {more:?}");
}

async fn settle(subscription: &dyn Subscription, ends: Vec<(Delivery, Verdict)>) {
    within("settling", subscription.settler().settle(ends))
        .await
        .expect("settling works");
}

async fn acknowledge(subscription: &dyn Subscription, deliveries: Vec<Delivery>) {
    settle(
        subscription,
        deliveries.into_iter().map(|d| (d, Verdict::Ack)).collect(),
    )
    .await;
}

fn id_of(delivery: &Delivery) -> EventId {
    delivery.content.as_ref().expect("an envelope of ours").id
}

fn ids_of(deliveries: &[Delivery]) -> Vec<EventId> {
    deliveries.iter().map(id_of).collect()
}

/// What is published to a declared inbox is handed to its consumer unchanged.
pub async fn a_declared_inbox_receives_what_is_published(stage: &BusUnderTest) {
    stage.declare().await;
    let mut subscription = stage.consume(&["ross"], 10).await;
    stage.send("ross", 0..1).await;
    let delivery = take(&mut *subscription, 1).await.remove(0);
    assert_eq!(delivery.content, Ok(stage.envelope(0)));
    assert_eq!(delivery.inbox, stage.inbox("ross"));
    assert!(!delivery.redelivered, "it was not handed out before");
}

/// A published message reaches the inbox that it names and no other one.
pub async fn exactly_the_addressed_inbox_receives_fr8(stage: &BusUnderTest) {
    stage.declare().await;
    let mut ross = stage.consume(&["ross"], 10).await;
    let mut others = stage.consume(&["rachel", "joey"], 10).await;
    stage.send("ross", 0..1).await;
    stage.send("joey", 1..2).await;
    assert_eq!(ids_of(&take(&mut *ross, 1).await), stage.ids(0..1));
    let elsewhere = take(&mut *others, 1).await;
    assert_eq!(ids_of(&elsewhere), stage.ids(1..2));
    assert_eq!(elsewhere[0].inbox, stage.inbox("joey"));
    nothing_comes(&mut *ross).await;
    nothing_comes(&mut *others).await;
}

/// One consumer sees an inbox in the order in which the bus accepted it, batch after batch.
pub async fn order_holds_within_an_inbox(stage: &BusUnderTest) {
    stage.declare().await;
    let mut subscription = stage.consume(&["ross"], 100).await;
    let sending = async {
        for start in (0..500).step_by(25) {
            stage.send("ross", start..start + 25).await;
        }
    };
    let receiving = async {
        let mut seen = Vec::new();
        while seen.len() < 500 {
            let some = take(&mut *subscription, 1).await;
            seen.extend(ids_of(&some));
            acknowledge(&*subscription, some).await;
        }
        seen
    };
    let ((), seen) = tokio::join!(sending, receiving);
    assert_eq!(seen, stage.ids(0..500));
}

/// What is said in a session arrives as it was, with its order, which is beside the data on the wire.
pub async fn what_is_said_in_a_session_keeps_its_order(stage: &BusUnderTest) {
    stage.declare().await;
    let mut subscription = stage.consume(&["ross"], 10).await;
    let said = |n: u64, answered: bool, order: u32| {
        let mut envelope = (*stage.envelope(n)).clone();
        let event = Box::new(SessionEvent {
            username: "o'ann \u{1F600}".to_owned(),
            character_id: Uuid::from_u128(7),
            session_id: envelope.conversation,
            content: "\"order\":4294967295, she said".to_owned(),
            message_id: MessageId::derive(envelope.conversation.0, &n.to_string()),
            order,
            fallback: answered,
        });
        envelope.body = if answered {
            EventBody::Answered(event)
        } else {
            EventBody::Wrote(event)
        };
        Outgoing {
            inbox: stage.inbox("ross"),
            envelope: Arc::new(envelope),
        }
    };
    let batch = [
        said(0, false, 1),
        said(1, true, 1),
        said(2, false, u32::MAX),
    ];
    for result in within("publishing", stage.bus.publish(&batch)).await {
        result.expect("the bus accepts what goes to a declared inbox");
    }
    for (outgoing, delivery) in batch.iter().zip(take(&mut *subscription, 3).await) {
        assert_eq!(delivery.content, Ok(outgoing.envelope.clone()));
    }
}

/// One result per envelope; one bad address spoils nothing else.
pub async fn a_batch_tells_of_each_envelope_and_an_undeclared_inbox_is_terminal(
    stage: &BusUnderTest,
) {
    stage.declare().await;
    let batch = [
        stage.outgoing("ross", 0),
        stage.outgoing("nobody", 1),
        stage.outgoing("rachel", 2),
    ];
    let results = within("publishing", stage.bus.publish(&batch)).await;
    assert_eq!(results.len(), 3);
    assert_eq!(results[0], Ok(()));
    let error = results[1].clone().expect_err("nobody has no inbox");
    assert!(!error.is_retryable(), "no second try can help: {error}");
    assert!(
        error.to_string().contains(&stage.inbox("nobody")),
        "names the inbox: {error}"
    );
    assert_eq!(results[2], Ok(()));
    let mut subscription = stage.consume(&["ross", "rachel"], 10).await;
    let came: HashSet<_> = ids_of(&take(&mut *subscription, 2).await)
        .into_iter()
        .collect();
    assert_eq!(
        came,
        HashSet::from([stage.envelope(0).id, stage.envelope(2).id])
    );
    assert!(
        stage.bus.publish(&[]).await.is_empty(),
        "no envelopes, no results"
    );
}

/// `next` comes back with what is there, never empty, never more than asked for.
pub async fn next_waits_for_the_first_and_takes_at_most_max(stage: &BusUnderTest) {
    stage.declare().await;
    let mut subscription = stage.consume(&["ross"], 100).await;
    nothing_comes(&mut *subscription).await;
    stage.send("ross", 0..10).await;
    let mut seen = Vec::new();
    while seen.len() < 10 {
        let some = within("next", subscription.next(3))
            .await
            .expect("the bus is there");
        assert!(
            (1..=3).contains(&some.len()),
            "{} deliveries for max 3",
            some.len()
        );
        seen.extend(ids_of(&some));
    }
    assert_eq!(seen, stage.ids(0..10));
}

/// No more than `prefetch` are out at once, however many inboxes; settling lets more come.
pub async fn prefetch_bounds_what_is_unsettled_over_all_inboxes(stage: &BusUnderTest) {
    stage.declare().await;
    stage.send("ross", 0..10).await;
    stage.send("rachel", 10..20).await;
    stage.send("joey", 20..30).await;
    let mut subscription = stage.consume(&["ross", "rachel", "joey"], 4).await;
    let mut out = take(&mut *subscription, 4).await;
    nothing_comes(&mut *subscription).await;
    let mut seen = ids_of(&out);
    while seen.len() < 30 {
        acknowledge(&*subscription, out).await;
        out = within("the next delivery", subscription.next(100))
            .await
            .expect("the bus is there");
        assert!(out.len() <= 4, "{} unsettled, at most 4", out.len());
        seen.extend(ids_of(&out));
    }
    seen.sort_unstable();
    let mut expected = stage.ids(0..30);
    expected.sort_unstable();
    assert_eq!(seen, expected);
}

/// Acknowledged is gone; what was not acknowledged is not.
pub async fn an_acknowledged_delivery_never_comes_again(stage: &BusUnderTest) {
    stage.declare().await;
    stage.send("ross", 0..6).await;
    let mut first = stage.consume(&["ross"], 10).await;
    let (done, kept): (Vec<_>, Vec<_>) = take(&mut *first, 6)
        .await
        .into_iter()
        .enumerate()
        .partition(|(n, _)| n % 2 == 0);
    acknowledge(&*first, done.into_iter().map(|(_, d)| d).collect()).await;
    drop(first);
    let mut second = stage.consume(&["ross"], 10).await;
    let again = ids_of(&take(&mut *second, 3).await);
    let kept: Vec<_> = kept.iter().map(|(_, d)| id_of(d)).collect();
    assert_eq!(again.iter().collect::<HashSet<_>>(), kept.iter().collect());
    nothing_comes(&mut *second).await;
}

/// Released is handed out again, and says so.
pub async fn a_released_delivery_comes_again(stage: &BusUnderTest) {
    stage.declare().await;
    stage.send("ross", 0..3).await;
    let mut subscription = stage.consume(&["ross"], 10).await;
    let mut deliveries = take(&mut *subscription, 3).await;
    let released = deliveries.remove(1);
    let id = id_of(&released);
    settle(&*subscription, vec![(released, Verdict::Release)]).await;
    let again = take(&mut *subscription, 1).await;
    assert_eq!(ids_of(&again), vec![id]);
    assert!(again[0].redelivered, "it was handed out before");
    deliveries.extend(again);
    acknowledge(&*subscription, deliveries).await;
    stage.until_ready("ross", 0).await;
    nothing_comes(&mut *subscription).await;
}

/// A consumer that goes away takes nothing with it.
pub async fn dropping_a_subscription_gives_back_what_is_unsettled(stage: &BusUnderTest) {
    stage.declare().await;
    stage.send("ross", 0..5).await;
    let mut first = stage.consume(&["ross"], 10).await;
    take(&mut *first, 5).await;
    drop(first);
    stage.until_ready("ross", 5).await;
    let mut second = stage.consume(&["ross"], 10).await;
    let again = take(&mut *second, 5).await;
    assert_eq!(ids_of(&again), stage.ids(0..5));
}

/// A settler may outlive its subscription; what it settles then comes again all the same.
pub async fn settling_after_the_subscription_ended_is_harmless(stage: &BusUnderTest) {
    stage.declare().await;
    stage.send("ross", 0..2).await;
    let mut first = stage.consume(&["ross"], 10).await;
    let late = take(&mut *first, 2).await;
    let settler = first.settler();
    drop(first);
    let ends = late.into_iter().map(|d| (d, Verdict::Ack)).collect();
    within("settling", settler.settle(ends))
        .await
        .expect("a lost connection is no error");
    let mut second = stage.consume(&["ross"], 10).await;
    assert_eq!(ids_of(&take(&mut *second, 2).await), stage.ids(0..2));
}

/// Two members of a group divide an inbox between them: each gets something, and together they get
/// everything, though the second one comes while the first one works.
pub async fn consumers_of_a_group_share_an_inbox(stage: &BusUnderTest) {
    const COUNT: u64 = 100;
    stage.declare().await;
    let batch: Vec<_> = (0..COUNT)
        .map(|n| {
            let mut envelope = (*stage.envelope(n)).clone();
            // What belongs to one conversation may be bound to one member.
            envelope.conversation = ConversationId::derive(envelope.id.0, "of its own");
            Outgoing {
                inbox: stage.inbox("ross"),
                envelope: Arc::new(envelope),
            }
        })
        .collect();
    for result in within("publishing", stage.bus.publish(&batch)).await {
        result.expect("the bus accepts what goes to a declared inbox");
    }
    let mut one = stage.consume(&["ross"], 5).await;
    let first = take(&mut *one, 1).await;
    let mut two = stage.consume(&["ross"], 5).await;
    let second = take(&mut *two, 1).await;
    let mut seen: HashSet<EventId> = HashSet::new();
    let mut ends = [first, second];
    within("all of them", async {
        loop {
            for (subscription, some) in [&mut one, &mut two].into_iter().zip(&mut ends) {
                let some = std::mem::take(some);
                seen.extend(ids_of(&some));
                acknowledge(&**subscription, some).await;
            }
            if seen.len() as u64 == COUNT {
                break;
            }
            ends = [some_soon(&mut *one).await, some_soon(&mut *two).await];
        }
    })
    .await;
    assert_eq!(seen, stage.ids(0..COUNT).into_iter().collect());
}

/// A member goes while it works: what it had settled does not come again, what it had not does.
pub async fn a_member_that_goes_leaves_its_work_to_the_others(stage: &BusUnderTest) {
    stage.declare().await;
    let mut one = stage.consume(&["ross"], 100).await;
    stage.send("ross", 0..20).await;
    let mut held = take(&mut *one, 20).await;
    let kept = held.split_off(10);
    acknowledge(&*one, held).await;
    let mut two = stage.consume(&["ross"], 100).await;
    drop(one);
    let again: HashSet<_> = ids_of(&take(&mut *two, 10).await).into_iter().collect();
    assert_eq!(again, ids_of(&kept).into_iter().collect());
    nothing_comes(&mut *two).await;
}

/// What comes within a moment, if anything does.
async fn some_soon(subscription: &mut dyn Subscription) -> Vec<Delivery> {
    let hurry = Duration::from_millis(50);
    match tokio::time::timeout(hurry, subscription.next(100)).await {
        Ok(some) => some.expect("the bus is there"),
        Err(_) => Vec::new(),
    }
}

/// Settlers work from any task, in any order, and lose no count on the way.
pub async fn deliveries_are_settled_from_another_task_in_any_order(stage: &BusUnderTest) {
    stage.declare().await;
    stage.send("ross", 0..40).await;
    let mut subscription = stage.consume(&["ross"], 20).await;
    for _ in 0..2 {
        let mut deliveries = take(&mut *subscription, 20).await;
        deliveries.reverse();
        deliveries.swap(3, 11);
        let mut tasks = Vec::new();
        while !deliveries.is_empty() {
            let some = deliveries.split_off(deliveries.len().saturating_sub(3));
            let settler = subscription.settler();
            let ends = some.into_iter().map(|d| (d, Verdict::Ack)).collect();
            tasks.push(tokio::spawn(async move { settler.settle(ends).await }));
        }
        for task in tasks {
            task.await.expect("no panic").expect("settling works");
        }
    }
    drop(subscription);
    eventually("the consumer is gone", async || {
        stage.status("ross").await.consumers == 0
    })
    .await;
    assert_eq!(
        stage.status("ross").await.ready,
        0,
        "everything was acknowledged"
    );
}

/// A dead letter is kept with reason, inbox, time and content, and is not handed out again.
pub async fn a_dead_letter_is_kept_with_its_reason(stage: &BusUnderTest) {
    let mut subscription = stage.bury(3).await;
    nothing_comes(&mut *subscription).await;
    let letters = stage
        .bus
        .dead_letters(&stage.world, 2)
        .await
        .expect("the bus is there");
    assert_eq!(letters.len(), 2, "no more than the limit");
    for (n, letter) in letters.iter().enumerate() {
        let envelope = stage.envelope(n as u64);
        assert_eq!(letter.id, envelope.id.to_string(), "oldest first");
        assert_eq!(letter.world, stage.world);
        assert_eq!(letter.inbox, stage.inbox("ross"));
        assert_eq!(letter.reason, format!("reason {n}"));
        assert_eq!(letter.body.as_bytes(), envelope.data(), "the body as text");
        let subject = envelope.conversation.to_string();
        assert!(
            letter.headers.iter().any(|(_, v)| *v == subject),
            "{:?}",
            letter.headers
        );
    }
    let again = stage
        .bus
        .dead_letters(&stage.world, 100)
        .await
        .expect("the bus is there");
    assert_eq!(again.len(), 3, "listing takes nothing out");
}

/// Without ids everything of the world is replayed, to where it came from.
pub async fn dead_letters_are_replayed_to_their_inbox(stage: &BusUnderTest) {
    let mut subscription = stage.bury(3).await;
    assert_eq!(stage.replay(&[]).await, 3);
    let back = take(&mut *subscription, 3).await;
    let by_id: HashMap<_, _> = back.iter().map(|d| (id_of(d), d)).collect();
    for n in 0..3 {
        let delivery = by_id[&stage.envelope(n).id];
        assert_eq!(delivery.content, Ok(stage.envelope(n)), "unchanged");
        assert_eq!(delivery.inbox, stage.inbox("ross"));
    }
    acknowledge(&*subscription, back).await;
    assert_eq!(stage.dead_ids().await, Vec::<String>::new(), "none is left");
    assert_eq!(stage.replay(&[]).await, 0);
}

/// Ids pick; an id that is not there is no error.
pub async fn dead_letters_are_replayed_and_dropped_by_id(stage: &BusUnderTest) {
    let mut subscription = stage.bury(4).await;
    let id = |n| stage.envelope(n).id.to_string();
    assert_eq!(stage.replay(&[id(1), "unknown".to_owned()]).await, 1);
    assert_eq!(ids_of(&take(&mut *subscription, 1).await), stage.ids(1..2));
    let dropped = stage.bus.drop_dead_letters(&stage.world, &[id(2)]).await;
    assert_eq!(dropped.expect("dropping works"), 1);
    eventually("two are left", async || {
        stage.dead_ids().await.into_iter().collect::<HashSet<_>>() == HashSet::from([id(0), id(3)])
    })
    .await;
    let dropped = stage.bus.drop_dead_letters(&stage.world, &[]).await;
    assert_eq!(dropped.expect("dropping works"), 2);
    assert_eq!(stage.dead_ids().await, Vec::<String>::new());
    nothing_comes(&mut *subscription).await;
}

/// Depth and consumers are told; an unknown inbox is not an error.
pub async fn an_inbox_tells_its_depth_and_consumers(stage: &BusUnderTest) {
    stage.declare().await;
    let names = [
        stage.inbox("ross"),
        stage.inbox("nobody"),
        stage.inbox("joey"),
    ];
    stage.send("ross", 0..3).await;
    stage.until_ready("ross", 3).await;
    let mut subscription = stage.consume(&["joey"], 10).await;
    eventually("joey has a consumer", async || {
        stage.status("joey").await.consumers == 1
    })
    .await;
    let all = stage.bus.inboxes(&names).await.expect("the bus is there");
    let figures: Vec<_> = all
        .iter()
        .map(|s| (s.name.clone(), s.exists, s.ready, s.consumers))
        .collect();
    let [ross, nobody, joey] = names;
    assert_eq!(
        figures,
        [
            (ross, true, 3, 0),
            (nobody, false, 0, 0),
            (joey, true, 0, 1)
        ]
    );
    nothing_comes(&mut *subscription).await;
}

/// Declaring is idempotent: what waits goes on waiting.
pub async fn declaring_again_changes_nothing(stage: &BusUnderTest) {
    stage.declare().await;
    stage.send("ross", 0..3).await;
    stage.declare().await;
    let mut subscription = stage.consume(&["ross"], 10).await;
    stage.declare().await;
    assert_eq!(ids_of(&take(&mut *subscription, 3).await), stage.ids(0..3));
}

/// A removed inbox takes what waits in it along, and nothing can be sent to it.
pub async fn a_removed_inbox_is_gone_with_what_waits_in_it(stage: &BusUnderTest) {
    stage.declare().await;
    stage.send("ross", 0..3).await;
    stage.send("joey", 3..4).await;
    stage.until_ready("ross", 3).await;
    let names = [stage.inbox("ross"), stage.inbox("nobody")];
    let removed = within("removing", stage.bus.remove(&stage.world, &names)).await;
    removed.expect("it can be removed, and one that is not there is no error");
    eventually("the inbox is gone", async || {
        !stage.status("ross").await.exists
    })
    .await;
    let sent = stage.bus.publish(&[stage.outgoing("ross", 4)]).await;
    let error = sent
        .into_iter()
        .next()
        .expect("a result")
        .expect_err("it is gone");
    assert!(!error.is_retryable(), "{error}");
    let mut subscription = stage.consume(&["joey"], 10).await;
    assert_eq!(ids_of(&take(&mut *subscription, 1).await), stage.ids(3..4));
}

/// Who listens to several inboxes goes on with the others; what was in hand of the removed one can be
/// ended, and comes to nothing.
pub async fn consuming_goes_on_when_an_inbox_is_removed(stage: &BusUnderTest) {
    stage.declare().await;
    let mut subscription = stage.consume(&["ross", "joey"], 10).await;
    stage.send("ross", 0..1).await;
    let in_hand = take(&mut *subscription, 1).await;
    let removed = stage.bus.remove(&stage.world, &[stage.inbox("ross")]).await;
    removed.expect("it can be removed");
    let ends = in_hand
        .into_iter()
        .map(|delivery| (delivery, Verdict::Release));
    settle(&*subscription, ends.collect()).await;
    stage.send("joey", 1..3).await;
    let mut missing: HashSet<EventId> = stage.ids(1..3).into_iter().collect();
    while !missing.is_empty() {
        for delivery in take(&mut *subscription, 1).await {
            // What was in hand when consuming began again comes again.
            if delivery.inbox == stage.inbox("joey") {
                missing.remove(&id_of(&delivery));
            }
            acknowledge(&*subscription, vec![delivery]).await;
        }
    }
}

/// What is forgotten here is there for others.
pub async fn a_forgotten_inbox_stays_where_it_is(stage: &BusUnderTest) {
    stage.declare().await;
    stage.send("ross", 0..2).await;
    stage.until_ready("ross", 2).await;
    stage.bus.forget(&stage.world, &[stage.inbox("ross")]);
    assert!(stage.status("ross").await.exists);
    stage.declare().await;
    let mut subscription = stage.consume(&["ross"], 10).await;
    assert_eq!(ids_of(&take(&mut *subscription, 2).await), stage.ids(0..2));
}

/// A consumer of nothing is a mistake that waiting does not mend.
pub async fn subscribing_to_an_undeclared_inbox_is_terminal(stage: &BusUnderTest) {
    stage.declare().await;
    let inboxes = vec![stage.inbox("ross"), stage.inbox("nobody")];
    let options = SubscribeOptions {
        group: "g".to_owned(),
        inboxes,
        prefetch: 10,
    };
    let error = stage
        .bus
        .subscribe(options)
        .await
        .err()
        .expect("nobody has no inbox");
    assert!(!error.is_retryable(), "{error}");
    assert!(
        error.to_string().contains(&stage.inbox("nobody")),
        "names the inbox: {error}"
    );
}

/// A bus that is there says so.
pub async fn it_answers_a_ping(stage: &BusUnderTest) {
    within("a ping", stage.bus.ping())
        .await
        .expect("the bus is there");
}

/// After `close` a waiting `next` ends, and nothing is accepted any more.
pub async fn closing_ends_next_with_a_terminal_error(stage: &BusUnderTest) {
    stage.declare().await;
    let mut subscription = stage.consume(&["ross"], 10).await;
    let waiting = tokio::spawn(async move { subscription.next(10).await });
    tokio::task::yield_now().await;
    within("closing", stage.bus.close()).await;
    let error = within("the end of next", waiting)
        .await
        .expect("no panic")
        .expect_err("closed");
    assert!(!error.is_retryable(), "{error}");
    let refused = within(
        "publishing",
        stage.bus.publish(&[stage.outgoing("ross", 0)]),
    )
    .await;
    assert!(refused[0].is_err(), "a closed bus accepts nothing");
    assert!(stage.bus.ping().await.is_err(), "a closed bus is not there");
}

/// A `next` that is dropped while it waits, as in a `select!`, has taken nothing.
pub async fn a_cancelled_next_loses_nothing(stage: &BusUnderTest) {
    stage.declare().await;
    let mut subscription = stage.consume(&["ross", "rachel"], 500).await;
    let sending = async {
        for n in 0..100 {
            stage
                .send(if n % 2 == 0 { "ross" } else { "rachel" }, n..n + 1)
                .await;
        }
    };
    let receiving = async {
        let mut seen = HashSet::new();
        while seen.len() < 100 {
            let hurry = Duration::from_micros(200);
            let Ok(some) = tokio::time::timeout(hurry, subscription.next(7)).await else {
                continue;
            };
            seen.extend(ids_of(&some.expect("the bus is there")));
        }
        seen
    };
    let ((), seen) = within("a hundred messages", async {
        tokio::join!(sending, receiving)
    })
    .await;
    assert_eq!(seen, stage.ids(0..100).into_iter().collect());
}

/// Four publishers, two consumers, ten thousand messages: all there, inbox empty.
pub async fn ten_thousand_messages_arrive_without_loss(stage: &BusUnderTest) {
    const EACH: u64 = 2_500;
    stage.declare().await;
    let mut one = stage.consume(&["ross", "rachel"], 200).await;
    let mut two = stage.consume(&["ross", "rachel"], 200).await;
    let sending = futures::future::join_all((0..4u64).map(async |k| {
        let name = if k % 2 == 0 { "ross" } else { "rachel" };
        for start in (k * EACH..(k + 1) * EACH).step_by(50) {
            stage.send(name, start..start + 50).await;
        }
    }));
    let seen = std::sync::Mutex::new(HashSet::new());
    let receive = async |subscription: &mut dyn Subscription| {
        while seen.lock().expect("no panic").len() < 10_000 {
            let Ok(some) = tokio::time::timeout(SILENCE, subscription.next(100)).await else {
                continue;
            };
            let some = some.expect("the bus is there");
            seen.lock().expect("no panic").extend(ids_of(&some));
            acknowledge(subscription, some).await;
        }
    };
    let work = async { tokio::join!(sending, receive(&mut *one), receive(&mut *two)) };
    tokio::time::timeout(PATIENCE * 3, work)
        .await
        .expect("ten thousand messages within a minute");
    let seen = seen.into_inner().expect("no panic");
    assert_eq!(seen, stage.ids(0..10_000).into_iter().collect());
    drop((one, two));
    for name in ["ross", "rachel"] {
        eventually("the consumers are gone", async || {
            stage.status(name).await.consumers == 0
        })
        .await;
        assert_eq!(stage.status(name).await.ready, 0, "{name} is empty");
    }
}

fn foreign(stage: &BusUnderTest) -> Raw {
    Raw {
        inbox: stage.inbox("ross"),
        headers: vec![("x-from".to_owned(), "elsewhere".to_owned())],
        body: Bytes::from_static(b"\x00\xff not json \xc3\x28"),
    }
}

async fn inject(stage: &BusUnderTest) {
    let inject = stage
        .inject
        .as_ref()
        .expect("these rules are for adapters that others can reach");
    within("injecting", inject(foreign(stage))).await;
}

fn assert_is_ours(delivery: &Delivery, raw: &Raw) -> Foreign {
    let foreign = delivery.content.clone().expect_err("not an envelope");
    assert_eq!(foreign.body, raw.body, "byte for byte");
    assert!(
        foreign.headers.contains(&raw.headers[0]),
        "{:?}",
        foreign.headers
    );
    assert!(
        foreign.reason.contains("not a Parlor envelope"),
        "{}",
        foreign.reason
    );
    foreign
}

/// What is not an envelope is handed out as it is, with what is wrong; the consumer goes on.
pub async fn something_foreign_is_handed_out_as_it_is(stage: &BusUnderTest) {
    stage.declare().await;
    let mut subscription = stage.consume(&["ross"], 10).await;
    inject(stage).await;
    stage.send("ross", 0..1).await;
    let both = take(&mut *subscription, 2).await;
    let (ours, theirs): (Vec<_>, Vec<_>) = both.into_iter().partition(|d| d.content.is_ok());
    assert_is_ours(&theirs[0], &foreign(stage));
    assert_eq!(ids_of(&ours), stage.ids(0..1));
}

/// Foreign content survives the dead letters and a replay byte for byte.
pub async fn a_foreign_dead_letter_is_kept_byte_for_byte_and_replayed(stage: &BusUnderTest) {
    stage.declare().await;
    let mut subscription = stage.consume(&["ross"], 10).await;
    inject(stage).await;
    let delivery = take(&mut *subscription, 1).await.remove(0);
    let id = crate::bus::dead_letter_id(&delivery.content).to_string();
    settle(
        &*subscription,
        vec![(delivery, Verdict::DeadLetter("not ours".to_owned()))],
    )
    .await;
    eventually("it is listed", async || {
        stage.dead_ids().await == [id.clone()]
    })
    .await;
    let letters = stage
        .bus
        .dead_letters(&stage.world, 10)
        .await
        .expect("the bus is there");
    let raw = foreign(stage);
    assert_eq!(letters[0].reason, "not ours");
    assert_eq!(letters[0].inbox, raw.inbox);
    assert_eq!(letters[0].body, String::from_utf8_lossy(&raw.body));
    assert!(
        letters[0].headers.contains(&raw.headers[0]),
        "{:?}",
        letters[0].headers
    );
    assert_eq!(stage.replay(&[id]).await, 1);
    let back = take(&mut *subscription, 1).await.remove(0);
    let content = assert_is_ours(&back, &raw);
    assert_eq!(content.headers, raw.headers, "no trace of the detour");
}

/// A note reaches the queue or topic that it names, as it is.
pub async fn a_note_reaches_whoever_listens_there(stage: &BusUnderTest) {
    stage.declare().await;
    let mut subscription = stage.consume(&["ross"], 10).await;
    let body = Bytes::from_static(b"{\"type\":\"left\"}");
    let inbox = stage.inbox("ross");
    let noted = stage.bus.note(&inbox, Some("abc"), body.clone());
    within("a note", noted).await.expect("the bus is there");
    let came = take(&mut *subscription, 1).await.remove(0);
    let foreign = came.content.clone().expect_err("it is no envelope");
    assert_eq!(foreign.body, body);
    let correlation = ("correlation-id".to_owned(), "abc".to_owned());
    assert!(
        foreign.headers.contains(&correlation),
        "{:?}",
        foreign.headers
    );
    acknowledge(&*subscription, vec![came]).await;
}
