//! Rules of the outbox and of dead letters.

use super::fixture::{
    apply, at, clearing, commit, event_id, in_seconds, row, row_of, sending, slug,
};
use crate::bus::DeadLetter;
use crate::store::{Abandoned, Store};
use chrono::{DateTime, Utc};
use parlor_model::{EventBody, Opening, OutboxRow, Slug};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3_600);

async fn take(
    store: &Arc<dyn Store>,
    now: DateTime<Utc>,
    stale_after: Option<Duration>,
    limit: u32,
) -> Vec<OutboxRow> {
    let abandoned = stale_after.map(|age| Abandoned::older_than(age, now));
    store
        .take_outbox(&[slug("friends")], now, abandoned, limit)
        .await
        .expect("rows can be taken")
}

/// Envelope numbers, as [`row`] counts them.
fn numbers(rows: &[OutboxRow]) -> Vec<u128> {
    rows.iter()
        .map(|row| row.envelope.id.0.as_u128() - event_id(0).0.as_u128())
        .collect()
}

fn friends() -> Slug {
    slug("friends")
}

/// What waits is given out at its time, and once.
pub async fn parked_rows_are_taken_when_due(store: Arc<dyn Store>) {
    let now = in_seconds(0);
    apply(
        &store,
        vec![sending(vec![
            row(1, now, true),
            row(2, in_seconds(60), true),
        ])],
    )
    .await;

    assert_eq!(numbers(&take(&store, now, None, 9).await), [1]);
    assert_eq!(take(&store, now, None, 9).await, []);
    assert_eq!(numbers(&take(&store, in_seconds(61), None, 9).await), [2]);
    assert_eq!(
        store.outbox_depth(&[friends()]).await,
        Ok(2),
        "in hand, not gone"
    );
}

/// Nothing of an envelope is lost in the table.
pub async fn taken_rows_come_back_as_they_were_sent(store: Arc<dyn Store>) {
    let due = in_seconds(-5);
    let said = row(1, due, true);
    let EventBody::Said(message) = said.envelope.body.clone() else {
        panic!("a row says a line")
    };
    let with = |n, body| {
        let mut row = row(n, due + chrono::TimeDelta::seconds(i64::from(n)), true);
        Arc::make_mut(&mut row.envelope).body = body;
        row
    };
    let mut overheard = message;
    overheard.text = "\"quoted\" 'single' \\ \u{1F600} \n".to_owned();
    overheard.heard_from = vec!["Ross".to_owned(), "Rachel".to_owned()];
    let rows = vec![
        said,
        with(2, EventBody::Overheard(overheard)),
        with(
            3,
            EventBody::Opening(Opening {
                text: Some("Hi".to_owned()),
            }),
        ),
        with(4, EventBody::Opening(Opening { text: None })),
        again(row(5, due + chrono::TimeDelta::seconds(5), true)),
    ];
    apply(&store, vec![sending(rows.clone())]).await;

    let taken = take(&store, in_seconds(0), None, 9).await;

    assert_eq!(taken.len(), 5);
    for (taken, sent) in taken.iter().zip(&rows) {
        assert_eq!(taken.envelope, sent.envelope);
        assert_eq!((&taken.inbox, taken.due_at), (&sent.inbox, sent.due_at));
    }
}

/// The row of an event that was put back.
fn again(mut row: OutboxRow) -> OutboxRow {
    row.envelope = Arc::new(row.envelope.again(3));
    row
}

/// What somebody is sending is left to them until they are surely gone.
pub async fn rows_in_hand_are_taken_only_when_stale(store: Arc<dyn Store>) {
    let rows = vec![
        row(1, in_seconds(-60), false),
        row(2, in_seconds(10 * 3_600), false),
    ];
    apply(&store, vec![sending(rows)]).await;

    assert_eq!(take(&store, in_seconds(60), None, 9).await, []);
    assert_eq!(take(&store, in_seconds(60), Some(HOUR), 9).await, []);
    assert_eq!(
        numbers(&take(&store, in_seconds(2 * 3_600), Some(HOUR), 9).await),
        [1]
    );
    assert_eq!(
        take(&store, in_seconds(2 * 3_600 + 60), Some(HOUR), 9).await,
        [],
        "taken again just now"
    );
    assert_eq!(
        take(&store, in_seconds(2 * 3_600 + 120), Some(HOUR), 9).await,
        []
    );
    let late = numbers(&take(&store, in_seconds(10 * 3_600 + 1_800), Some(HOUR), 9).await);
    assert_eq!(late, [1], "the second was due only half an hour ago");
    assert_eq!(
        numbers(&take(&store, in_seconds(11 * 3_600 + 60), Some(HOUR), 9).await),
        [2]
    );
}

/// A process that begins anew takes over what the one before it had in hand, as soon as it is due.
pub async fn rows_of_a_process_before_are_taken_when_due(store: Arc<dyn Store>) {
    let rows = vec![
        row(1, in_seconds(-60), false),
        row(2, in_seconds(60), false),
    ];
    apply(&store, vec![sending(rows)]).await;
    let from = |taken_before, now| {
        let abandoned = Abandoned {
            taken_before,
            due_before: now,
        };
        let store = store.clone();
        async move {
            let worlds = [friends()];
            let taken = store.take_outbox(&worlds, now, Some(abandoned), 9);
            numbers(&taken.await.expect("rows can be taken"))
        }
    };

    let (before, began) = (in_seconds(-HOUR.as_secs().cast_signed()), in_seconds(3_600));
    assert_eq!(from(before, in_seconds(120)).await, [0; 0], "taken later");
    assert_eq!(from(began, in_seconds(0)).await, [1]);
    assert_eq!(from(began, in_seconds(61)).await.last(), Some(&2));
}

/// The oldest first, no more than asked for; the rest later.
pub async fn rows_are_taken_oldest_due_first_up_to_the_limit(store: Arc<dyn Store>) {
    let rows = [(1, -10), (2, -30), (3, -20), (4, -40)];
    apply(
        &store,
        vec![sending(
            rows.map(|(n, due)| row(n, in_seconds(due), true)).to_vec(),
        )],
    )
    .await;

    assert_eq!(
        numbers(&take(&store, in_seconds(0), None, 3).await),
        [4, 2, 3]
    );
    assert_eq!(numbers(&take(&store, in_seconds(0), None, 3).await), [1]);
}

/// A world that stands still sends nothing until it goes on.
pub async fn a_paused_world_keeps_its_parked_rows(store: Arc<dyn Store>) {
    let here = row(1, in_seconds(-1), true);
    apply(
        &store,
        vec![sending(vec![
            here,
            row_of("elsewhere", &row(2, in_seconds(-1), true)),
        ])],
    )
    .await;
    let worlds = [friends(), slug("elsewhere")];
    store
        .set_paused(&friends(), true, at(1))
        .await
        .expect("it can be paused");

    let others = store
        .take_outbox(&worlds, in_seconds(0), None, 9)
        .await
        .expect("rows can be taken");
    assert_eq!(numbers(&others), [2]);

    store
        .set_paused(&friends(), false, at(2))
        .await
        .expect("it can go on");
    let own = store
        .take_outbox(&worlds, in_seconds(0), None, 9)
        .await
        .expect("rows can be taken");
    assert_eq!(numbers(&own), [1]);
}

/// A relay of one world leaves another's rows alone.
pub async fn only_rows_of_these_worlds_are_taken(store: Arc<dyn Store>) {
    let (mine, other) = (
        row(1, in_seconds(-1), true),
        row_of("elsewhere", &row(2, in_seconds(-1), true)),
    );
    apply(&store, vec![sending(vec![mine, other])]).await;

    assert_eq!(
        store
            .take_outbox(
                &[],
                in_seconds(0),
                Some(Abandoned::older_than(HOUR, in_seconds(0))),
                9
            )
            .await,
        Ok(Vec::new())
    );
    assert_eq!(numbers(&take(&store, in_seconds(0), None, 9).await), [1]);
    assert_eq!(store.outbox_depth(&[]).await, Ok(0));
    assert_eq!(store.outbox_depth(&[slug("elsewhere")]).await, Ok(1));
    assert_eq!(
        store.outbox_depth(&[friends(), slug("elsewhere")]).await,
        Ok(2)
    );
}

/// Four relays share a full outbox without a row given twice or left over.
pub async fn two_takers_never_get_the_same_row(store: Arc<dyn Store>) {
    let due = in_seconds(-1);
    apply(
        &store,
        vec![sending((1..=200).map(|n| row(n, due, true)).collect())],
    )
    .await;
    let now = in_seconds(0);

    let takers = (0..4).map(|_| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let mut all = Vec::new();
            loop {
                let part = take(&store, now, Some(HOUR), 7).await;
                if part.is_empty() {
                    return all;
                }
                assert!(part.len() <= 7);
                all.extend(numbers(&part));
            }
        })
    });
    let mut taken = Vec::new();
    for taker in futures::future::join_all(takers).await {
        taken.extend(taker.expect("every taker comes to its end"));
    }

    assert_eq!(taken.len(), 200);
    assert_eq!(taken.iter().collect::<HashSet<_>>().len(), 200);
}

/// A delivery that is put back, to be sent later, replaces its row.
pub async fn a_row_again_replaces_the_first(store: Arc<dyn Store>) {
    let later = row(1, in_seconds(60), true);
    apply(&store, vec![sending(vec![row(1, in_seconds(-1), false)])]).await;
    apply(&store, vec![sending(vec![later.clone()])]).await;

    assert_eq!(store.outbox_depth(&[friends()]).await, Ok(1));
    assert_eq!(take(&store, in_seconds(0), None, 9).await, []);
    let taken = take(&store, in_seconds(61), None, 9).await;
    assert_eq!((taken.len(), taken[0].due_at), (1, later.due_at));
}

/// A row that is done with does not come back.
pub async fn cleared_rows_are_gone(store: Arc<dyn Store>) {
    let due = in_seconds(-60);
    let rows = (1..=4).map(|n| row(n, due, false)).collect();
    apply(&store, vec![sending(rows)]).await;

    store
        .clear_outbox(&[event_id(1), event_id(2), event_id(77)])
        .await
        .expect("unknown ids are no error");
    store.clear_outbox(&[]).await.expect("nothing is no error");
    commit(&store, vec![clearing(&[3])]).await;

    assert_eq!(store.outbox_depth(&[friends()]).await, Ok(1));
    assert_eq!(
        numbers(&take(&store, in_seconds(2 * 3_600), Some(HOUR), 9).await),
        [4]
    );
}

/// A delivery may be put back before its sender has cleared the row: it is not lost, whether the
/// clearing comes alone, in a later commit or in the same one.
pub async fn a_row_put_back_survives_its_senders_clearing(store: Arc<dyn Store>) {
    let due = in_seconds(-60);
    let rows = (1..=3).map(|n| row(n, due, false)).collect();
    apply(&store, vec![sending(rows)]).await;
    let parked = |n| sending(vec![row(n, due, true)]);

    apply(&store, vec![parked(1), parked(2)]).await;
    store.clear_outbox(&[event_id(1)]).await.expect("no error");
    commit(&store, vec![clearing(&[2])]).await;
    commit(&store, vec![parked(3), clearing(&[3])]).await;

    assert_eq!(
        numbers(&take(&store, in_seconds(0), None, 9).await),
        [1, 2, 3]
    );
}

fn letter(id: &str, micros: i64) -> DeadLetter {
    DeadLetter {
        id: id.to_owned(),
        world: friends(),
        inbox: "q-Rachel".to_owned(),
        reason: format!("'{id}' can't be read"),
        at: at(micros),
        headers: vec![
            ("type".to_owned(), "a \"type\"".to_owned()),
            ("type".to_owned(), "b".to_owned()),
        ],
        body: "{\"half\": \u{FFFD}".to_owned(),
    }
}

/// A letter for the envelope of `row`.
fn letter_of(row: &OutboxRow, micros: i64) -> DeadLetter {
    letter(&row.envelope.id.to_string(), micros)
}

async fn keep(store: &Arc<dyn Store>, letter: DeadLetter, row: Option<OutboxRow>) {
    store
        .keep_dead_letter(letter, row)
        .await
        .expect("a dead letter can be kept");
}

async fn letters(store: &Arc<dyn Store>) -> Vec<DeadLetter> {
    store
        .dead_letters(&friends(), 100)
        .await
        .expect("a read without a fault")
}

/// Kept whole, listed oldest first, per world; its outbox row is gone.
pub async fn dead_letters_are_kept_and_listed(store: Arc<dyn Store>) {
    let sent = row(1, in_seconds(-1), false);
    apply(
        &store,
        vec![sending(vec![sent.clone(), row(2, in_seconds(-1), false)])],
    )
    .await;
    keep(&store, letter("foreign", 30), None).await;
    keep(&store, letter_of(&sent, 10), Some(sent.clone())).await;
    keep(
        &store,
        DeadLetter {
            world: slug("elsewhere"),
            ..letter("far", 20)
        },
        None,
    )
    .await;

    assert_eq!(
        letters(&store).await,
        [letter_of(&sent, 10), letter("foreign", 30)]
    );
    assert_eq!(
        store.dead_letters(&friends(), 1).await,
        Ok(vec![letter_of(&sent, 10)])
    );
    assert_eq!(
        store.outbox_depth(&[friends()]).await,
        Ok(1),
        "the other row stays"
    );
}

/// Put aside a second time, it is there once, with the newer reason.
pub async fn a_dead_letter_again_replaces_the_first(store: Arc<dyn Store>) {
    keep(&store, letter("one", 1), None).await;
    let newer = DeadLetter {
        reason: "still can't be read".to_owned(),
        ..letter("one", 2)
    };
    keep(&store, newer.clone(), None).await;
    assert_eq!(letters(&store).await, [newer]);
}

/// Replayed letters wait in the outbox, due now; chosen ones, or all.
pub async fn dead_letters_are_replayed(store: Arc<dyn Store>) {
    let rows: Vec<_> = (1..=3).map(|n| row(n, in_seconds(-100), false)).collect();
    apply(&store, vec![sending(rows.clone())]).await;
    for (n, sent) in rows.iter().enumerate() {
        keep(&store, letter_of(sent, n as i64), Some(sent.clone())).await;
    }
    assert_eq!(store.outbox_depth(&[friends()]).await, Ok(0));
    let now = in_seconds(0);

    let chosen = [rows[1].envelope.id.to_string(), "unknown".to_owned()];
    assert_eq!(
        store
            .take_dead_letters(&friends(), &chosen, true, now)
            .await,
        Ok(1)
    );
    assert_eq!(
        store
            .take_dead_letters(&friends(), &chosen, true, now)
            .await,
        Ok(0)
    );
    let replayed = take(&store, now, None, 9).await;
    assert_eq!(replayed.len(), 1);
    assert_eq!(
        (
            &replayed[0].envelope,
            &replayed[0].inbox,
            replayed[0].due_at
        ),
        (&rows[1].envelope, &rows[1].inbox, now)
    );

    assert_eq!(
        store
            .take_dead_letters(&slug("elsewhere"), &[], true, now)
            .await,
        Ok(0)
    );
    assert_eq!(
        store.take_dead_letters(&friends(), &[], true, now).await,
        Ok(2)
    );
    assert_eq!(letters(&store).await, []);
    assert_eq!(take(&store, now, None, 9).await.len(), 2);
}

/// What never was an envelope of ours can't be sent again: it stays.
pub async fn foreign_dead_letters_are_not_replayed(store: Arc<dyn Store>) {
    let sent = row(1, in_seconds(-1), false);
    keep(&store, letter("foreign", 1), None).await;
    keep(&store, letter_of(&sent, 2), Some(sent)).await;

    assert_eq!(
        store
            .take_dead_letters(&friends(), &[], true, in_seconds(0))
            .await,
        Ok(1)
    );
    assert_eq!(letters(&store).await, [letter("foreign", 1)]);
    assert_eq!(store.outbox_depth(&[friends()]).await, Ok(1));
}

/// Dropped letters are gone and not sent; chosen ones, or all of this world's.
pub async fn dead_letters_are_dropped(store: Arc<dyn Store>) {
    let sent = row(1, in_seconds(-1), false);
    keep(&store, letter("a", 1), None).await;
    keep(&store, letter("b", 2), None).await;
    keep(&store, letter_of(&sent, 3), Some(sent)).await;
    let far = DeadLetter {
        world: slug("elsewhere"),
        ..letter("far", 4)
    };
    keep(&store, far.clone(), None).await;
    let now = in_seconds(0);

    assert_eq!(
        store
            .take_dead_letters(&friends(), &["a".to_owned(), "far".to_owned()], false, now)
            .await,
        Ok(1)
    );
    assert_eq!(
        store.take_dead_letters(&friends(), &[], false, now).await,
        Ok(2)
    );

    assert_eq!(letters(&store).await, []);
    assert_eq!(store.outbox_depth(&[friends()]).await, Ok(0));
    assert_eq!(
        store.dead_letters(&slug("elsewhere"), 9).await,
        Ok(vec![far])
    );
}
