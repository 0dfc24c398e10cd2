//! Conformance suite of [`crate::cache::Cache`]: one named rule per promise of the trait.
//!
//! An adapter runs it whole from one test file:
//!
//! ```text
//! /// An empty cache of its own per test, with what tidies up after it.
//! async fn make() -> (Arc<dyn Cache>, impl Drop) { .. }
//! parlor_ports::cache_conformance!(make);
//! ```

use crate::cache::{Cache, Holder, LINES_MAX};
use chrono::{DateTime, TimeDelta, Utc};
use parlor_model::{ConversationId, MessageId, SessionLine, SpeakerRole};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// No rule takes longer, on a slow machine either.
pub const DEADLINE: Duration = Duration::from_secs(30);
/// A lease or window that ends while a rule watches.
const SHORT: Duration = Duration::from_millis(300);
/// One that does not.
const LONG: Duration = Duration::from_secs(600);

/// Runs one rule on a cache that was just made.
///
/// # Panics
/// When the cache breaks the rule, or takes longer than [`DEADLINE`].
pub async fn check<F: Future<Output = ()>>(
    cache: Arc<dyn Cache>,
    rule: impl FnOnce(Arc<dyn Cache>) -> F,
) {
    tokio::time::timeout(DEADLINE, rule(cache))
        .await
        .expect("the rule should have been shown within the deadline");
}

/// Expands to one `#[tokio::test]` per rule of the cache. Takes the name of an
/// `async fn() -> (Arc<dyn Cache>, guard)`.
#[macro_export]
macro_rules! cache_conformance {
    ($make:path) => {
        $crate::cache_conformance! { @tests $make;
            lines_come_back_as_they_were_oldest_first
            lines_end_with_the_one_asked_for
            a_gap_sends_to_the_store
            lines_added_in_any_order_are_in_order
            a_line_again_takes_its_place
            the_newest_lines_stay
            sessions_are_apart
            what_is_forgotten_is_gone
            a_session_has_the_holders_that_hold_it
            a_lease_ends_unless_it_is_renewed
            a_holder_that_lets_go_is_told_how_many_others_hold_on
            a_counter_counts_every_time_once
            a_window_ends
            it_answers_a_ping
        }
    };
    (@tests $make:path; $($rule:ident)+) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $rule() {
                let (cache, _guard) = $make().await;
                $crate::testkit::cache::check(cache, $crate::testkit::cache::$rule).await;
            }
        )+
    };
}

fn session(n: u128) -> ConversationId {
    ConversationId(Uuid::from_u128(n))
}

fn line(order: u32) -> SessionLine {
    let at = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::microseconds(1_700_000_000_123_456);
    SessionLine {
        id: MessageId(Uuid::from_u128(u128::from(order) + 1_000)),
        order,
        role: if order % 2 == 1 {
            SpeakerRole::User
        } else {
            SpeakerRole::Ai
        },
        text: format!("line {order}: \"quoted\"\n\0\u{1F600} {{}}"),
        fallback: order.is_multiple_of(3),
        at: at + TimeDelta::seconds(i64::from(order)),
    }
}

fn lines(orders: impl IntoIterator<Item = u32>) -> Vec<SessionLine> {
    orders.into_iter().map(line).collect()
}

fn holder(n: u8) -> Holder {
    Holder {
        instance: Uuid::from_u128(u128::from(n)),
        address: format!("127.0.0.1:{}", 9_000 + u16::from(n)),
    }
}

async fn add(cache: &Arc<dyn Cache>, orders: impl IntoIterator<Item = u32>) {
    let added = cache.add_lines(session(1), &lines(orders)).await;
    added.expect("lines can be added");
}

async fn got(cache: &Arc<dyn Cache>, through: u32, count: u32) -> Option<Vec<SessionLine>> {
    let got = cache.lines(session(1), through, count).await;
    got.expect("lines can be asked for")
}

/// What is added comes back, every field of it.
pub async fn lines_come_back_as_they_were_oldest_first(cache: Arc<dyn Cache>) {
    assert_eq!(got(&cache, 1, 5).await, None);
    add(&cache, 1..=4).await;
    assert_eq!(got(&cache, 4, 4).await, Some(lines(1..=4)));
    assert_eq!(got(&cache, 4, 2).await, Some(lines(3..=4)));
    // The session begins with its first line.
    assert_eq!(got(&cache, 4, 100).await, Some(lines(1..=4)));
    assert_eq!(got(&cache, 4, 0).await, Some(Vec::new()));
}

/// Later lines are left out, and a line that is not there yet is missing.
pub async fn lines_end_with_the_one_asked_for(cache: Arc<dyn Cache>) {
    add(&cache, 1..=4).await;
    assert_eq!(got(&cache, 3, 2).await, Some(lines(2..=3)));
    assert_eq!(got(&cache, 5, 2).await, None);
}

/// One that is missing makes the whole answer worthless.
pub async fn a_gap_sends_to_the_store(cache: Arc<dyn Cache>) {
    add(&cache, [5, 6, 8]).await;
    assert_eq!(got(&cache, 6, 2).await, Some(lines(5..=6)));
    assert_eq!(got(&cache, 6, 3).await, None);
    assert_eq!(got(&cache, 8, 2).await, None);
    assert_eq!(got(&cache, 8, 1).await, Some(lines([8])));
    add(&cache, [7]).await;
    assert_eq!(got(&cache, 8, 4).await, Some(lines(5..=8)));
}

/// Two processes may add the lines of one session.
pub async fn lines_added_in_any_order_are_in_order(cache: Arc<dyn Cache>) {
    for order in [3, 1, 12, 2, 11, 10] {
        add(&cache, [order]).await;
    }
    assert_eq!(got(&cache, 3, 9).await, Some(lines(1..=3)));
    assert_eq!(got(&cache, 12, 3).await, Some(lines(10..=12)));
}

/// Adding what is there changes nothing; another text takes its place.
pub async fn a_line_again_takes_its_place(cache: Arc<dyn Cache>) {
    add(&cache, 1..=3).await;
    add(&cache, 1..=3).await;
    assert_eq!(got(&cache, 3, 3).await, Some(lines(1..=3)));
    let other = SessionLine {
        text: "other".to_owned(),
        ..line(2)
    };
    let added = cache.add_lines(session(1), std::slice::from_ref(&other));
    assert_eq!(added.await, Ok(()));
    assert_eq!(got(&cache, 2, 1).await, Some(vec![other]));
}

/// A long session does not fill the cache.
pub async fn the_newest_lines_stay(cache: Arc<dyn Cache>) {
    let last = LINES_MAX + 10;
    add(&cache, 1..=last).await;
    assert_eq!(
        got(&cache, last, LINES_MAX).await,
        Some(lines(11..=last)),
        "the newest are there"
    );
    assert_eq!(got(&cache, last, LINES_MAX + 1).await, None);
    assert_eq!(got(&cache, 10, 1).await, None);
}

/// Nobody sees another session's lines or holders.
pub async fn sessions_are_apart(cache: Arc<dyn Cache>) {
    add(&cache, 1..=2).await;
    assert_eq!(cache.lines(session(2), 2, 2).await, Ok(None));
    let held = cache.hold(&holder(1), &[session(1)], LONG).await;
    assert_eq!(held, Ok(()));
    let holders = cache.holders(&[session(2), session(1)]).await;
    assert_eq!(holders, Ok(vec![vec![], vec![holder(1)]]));
}

/// Lines and holders go, of these sessions alone.
pub async fn what_is_forgotten_is_gone(cache: Arc<dyn Cache>) {
    add(&cache, 1..=2).await;
    let other = cache.add_lines(session(2), &lines(1..=1)).await;
    assert_eq!(other, Ok(()));
    let held = cache.hold(&holder(1), &[session(1)], LONG).await;
    assert_eq!(held, Ok(()));
    assert_eq!(cache.forget(&[session(1), session(3)]).await, Ok(()));
    assert_eq!(got(&cache, 2, 2).await, None);
    assert_eq!(cache.holders(&[session(1)]).await, Ok(vec![vec![]]));
    assert_eq!(cache.lines(session(2), 1, 1).await, Ok(Some(lines(1..=1))));
    assert_eq!(cache.forget(&[]).await, Ok(()));
}

/// Each once, however often it says so.
pub async fn a_session_has_the_holders_that_hold_it(cache: Arc<dyn Cache>) {
    assert_eq!(cache.holders(&[]).await, Ok(Vec::new()));
    for n in [2, 1, 2] {
        let held = cache
            .hold(&holder(n), &[session(1), session(2)], LONG)
            .await;
        assert_eq!(held, Ok(()));
    }
    let held = cache.hold(&holder(3), &[session(2)], LONG).await;
    assert_eq!(held, Ok(()));
    let holders = cache.holders(&[session(1), session(2)]).await;
    let expected = vec![
        vec![holder(1), holder(2)],
        vec![holder(1), holder(2), holder(3)],
    ];
    assert_eq!(holders, Ok(expected));
}

/// A process that is gone is not told of for long; one that renews its lease is.
pub async fn a_lease_ends_unless_it_is_renewed(cache: Arc<dyn Cache>) {
    for (n, lease) in [(1, SHORT), (2, LONG), (3, SHORT)] {
        let held = cache.hold(&holder(n), &[session(1)], lease).await;
        assert_eq!(held, Ok(()));
    }
    let renewed = cache.hold(&holder(3), &[session(1)], LONG).await;
    assert_eq!(renewed, Ok(()));
    let expected = vec![vec![holder(2), holder(3)]];
    while cache.holders(&[session(1)]).await.as_ref() != Ok(&expected) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let others = cache.release(&holder(2), session(1)).await;
    assert_eq!(others, Ok(1), "who is gone holds nothing");
}

/// The last one that lets go knows it.
pub async fn a_holder_that_lets_go_is_told_how_many_others_hold_on(cache: Arc<dyn Cache>) {
    for n in [1, 2] {
        let held = cache.hold(&holder(n), &[session(1)], LONG).await;
        assert_eq!(held, Ok(()));
    }
    assert_eq!(cache.release(&holder(1), session(1)).await, Ok(1));
    assert_eq!(cache.release(&holder(1), session(1)).await, Ok(1));
    assert_eq!(cache.release(&holder(2), session(1)).await, Ok(0));
    assert_eq!(cache.holders(&[session(1)]).await, Ok(vec![vec![]]));
}

/// Also of many who count at the same time.
pub async fn a_counter_counts_every_time_once(cache: Arc<dyn Cache>) {
    let all = (0..20).map(|_| {
        let cache = Arc::clone(&cache);
        tokio::spawn(async move { cache.count("lines of \"ann\"", 1, LONG).await })
    });
    let counted = futures::future::join_all(all).await;
    let mut counts: Vec<_> = counted
        .into_iter()
        .map(|count| count.expect("no panic").expect("it can be counted").count)
        .collect();
    counts.sort_unstable();
    assert_eq!(counts, (1..=20).collect::<Vec<_>>());
    for (by, count) in [(1, 1), (7, 8), (1, 9)] {
        let other = cache.count("lines of ben", by, LONG).await;
        let other = other.expect("it can be counted");
        assert_eq!(other.count, count);
        assert!(other.ends_in <= LONG && other.ends_in > LONG / 2);
    }
}

/// Counting does not make the window longer; after it, it begins anew.
pub async fn a_window_ends(cache: Arc<dyn Cache>) {
    let mut last = 0;
    loop {
        let count = cache.count("key", 1, SHORT).await;
        let count = count.expect("it can be counted");
        assert!(count.ends_in <= SHORT);
        if count.count <= last {
            assert_eq!(count.count, 1);
            return;
        }
        last = count.count;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// It says that it is there.
pub async fn it_answers_a_ping(cache: Arc<dyn Cache>) {
    assert_eq!(cache.ping().await, Ok(()));
}
