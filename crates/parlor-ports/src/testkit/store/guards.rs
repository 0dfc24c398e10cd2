//! Rules of `commit`: guards, batches, clears.

use super::fixture::{
    all_messages, apply, aside, at, clearing, comment, commit, commit_one, conversation,
    conversation_id, in_seconds, line, open, row, say, say_last, sending, slug, stored, talk,
    texts,
};
use crate::store::{Outcome, Store};
use futures::future::join_all;
use parlor_model::{ConversationStatus, Effects, EventId, Guard};
use std::sync::Arc;

/// An event that is handled again writes nothing.
pub async fn advance_applies_once(store: Arc<dyn Store>) {
    let talk = conversation(1);
    apply(&store, vec![open(&talk)]).await;

    assert_eq!(commit_one(&store, say(&talk, 1)).await, Outcome::Applied);
    assert_eq!(commit_one(&store, say(&talk, 1)).await, Outcome::Stale);

    assert_eq!(
        all_messages(&store, talk.id).await,
        [line(&talk, 1).message]
    );
    assert_eq!(stored(&store, talk.id).await.exchanges, 1);
}

/// A line that comes too late or too early is not written.
pub async fn advance_on_another_count_is_stale(store: Arc<dyn Store>) {
    let mut talk = conversation(1);
    (talk.carried, talk.exchanges) = (3, 3);
    apply(&store, vec![open(&talk), say(&talk, 1)]).await;

    let mut behind = say(&talk, 1);
    behind.messages[0].message.id = line(&talk, 9).message.id;
    assert_eq!(commit_one(&store, behind).await, Outcome::Stale);
    assert_eq!(commit_one(&store, say(&talk, 3)).await, Outcome::Stale);

    let now = stored(&store, talk.id).await;
    assert_eq!((now.exchanges, now.carried, now.lines()), (4, 3, 1));
    assert_eq!(all_messages(&store, talk.id).await.len(), 1);
}

/// Nobody speaks in a conversation that was never opened.
pub async fn advance_on_an_unknown_conversation_is_stale(store: Arc<dyn Store>) {
    let talk = conversation(1);
    let outcomes = commit(&store, vec![say(&talk, 1), comment(&talk, 1)]).await;
    assert_eq!(outcomes, [Outcome::Stale, Outcome::Stale]);
    assert_eq!(store.conversation(talk.id).await, Ok(None));
}

/// Of several answers to the same count one holds.
pub async fn advance_of_many_at_once_applies_one(store: Arc<dyn Store>) {
    let talk = conversation(1);
    apply(&store, vec![open(&talk)]).await;

    let rivals = (0..8u32).map(|n| {
        let (store, mut step) = (Arc::clone(&store), say(&talk, 1));
        step.messages[0].message.id = line(&talk, 100 + n).message.id;
        tokio::spawn(async move { commit_one(&store, step).await })
    });
    let outcomes = join_all(rivals).await;

    let applied = outcomes
        .iter()
        .filter(|o| matches!(o, Ok(Outcome::Applied)))
        .count();
    assert_eq!(applied, 1, "{outcomes:?}");
    assert_eq!(all_messages(&store, talk.id).await.len(), 1);
}

/// The last line closes, and what comes after it is stale.
pub async fn advance_closes_and_then_nothing_more_is_said(store: Arc<dyn Store>) {
    let talk = conversation(1);
    let steps = vec![
        open(&talk),
        say(&talk, 1),
        say_last(&talk, 2),
        say(&talk, 3),
    ];

    let outcomes = commit(&store, steps).await;

    assert_eq!(outcomes[3], Outcome::Stale);
    assert_eq!(commit_one(&store, say(&talk, 3)).await, Outcome::Stale);
    let now = stored(&store, talk.id).await;
    assert_eq!((now.status, now.exchanges), (ConversationStatus::Closed, 2));
    assert_eq!(now.ended_at, Some(at(2_000)));
    assert_eq!(all_messages(&store, talk.id).await.len(), 2);
}

/// A conversation is opened once; the second time changes nothing.
pub async fn open_applies_once(store: Arc<dyn Store>) {
    let first = conversation(1);
    let mut second = first.clone();
    second.topic = Some("snow".to_owned());

    assert_eq!(commit_one(&store, open(&first)).await, Outcome::Applied);
    assert_eq!(commit_one(&store, open(&second)).await, Outcome::Stale);

    assert_eq!(stored(&store, first.id).await, first);
}

/// What comes with an opening is written with it, and once.
pub async fn open_lets_its_own_messages_in(store: Arc<dyn Store>) {
    let mut talk = conversation(1);
    talk.exchanges = 1;
    let mut opening = open(&talk);
    opening.messages.push(line(&talk, 1));
    opening.sends.push(row(1, in_seconds(-1), true));

    let outcomes = commit(&store, vec![opening.clone(), opening]).await;

    assert_eq!(outcomes, [Outcome::Applied, Outcome::Stale]);
    assert_eq!(all_messages(&store, talk.id).await.len(), 1);
    assert_eq!(store.outbox_depth(&[slug("friends")]).await, Ok(1));
}

/// Effects without a guard can come twice and are there once.
pub async fn no_guard_writes_nothing_twice(store: Arc<dyn Store>) {
    let talk = conversation(1);
    let step = Effects {
        opened: vec![talk.clone()],
        messages: vec![line(&talk, 1)],
        sends: vec![row(1, in_seconds(-1), true)],
        ..Effects::none(EventId::derive(talk.id.0, "x"))
    };

    commit(&store, vec![step.clone(), step.clone()]).await;
    commit(&store, vec![step]).await;

    assert_eq!(all_messages(&store, talk.id).await.len(), 1);
    assert_eq!(store.outbox_depth(&[slug("friends")]).await, Ok(1));
    assert_eq!(
        super::fixture::log(&store, crate::store::Cursor::START, 2)
            .await
            .len(),
        2
    );
}

/// Comments are counted apart and leave the count of exchanges alone.
pub async fn asides_are_numbered_apart_from_lines(store: Arc<dyn Store>) {
    let talk = conversation(1);
    apply(&store, vec![open(&talk), say(&talk, 1)]).await;
    apply(&store, vec![comment(&talk, 1)]).await;
    apply(&store, vec![say(&talk, 2), comment(&talk, 2)]).await;

    let messages = all_messages(&store, talk.id).await;

    let orders: Vec<_> = messages
        .iter()
        .map(|m| (m.kind == aside(&talk, 1).message.kind, m.order))
        .collect();
    assert_eq!(orders, [(false, 1), (true, 1), (false, 2), (true, 2)]);
    assert_eq!(stored(&store, talk.id).await.exchanges, 2);
}

/// Several comments on one conversation in one batch.
pub async fn asides_of_one_batch_are_numbered_in_order(store: Arc<dyn Store>) {
    let (talk, other) = (conversation(1), conversation(2));
    apply(&store, vec![open(&talk), open(&other)]).await;

    apply(
        &store,
        vec![
            comment(&talk, 7),
            comment(&other, 5),
            comment(&talk, 3),
            comment(&talk, 8),
        ],
    )
    .await;

    let messages = all_messages(&store, talk.id).await;
    assert_eq!(texts(&messages), ["comment 7", "comment 3", "comment 8"]);
    assert_eq!(
        messages.iter().map(|m| m.order).collect::<Vec<_>>(),
        [1, 2, 3]
    );
    assert_eq!(all_messages(&store, other.id).await[0].order, 1);
}

/// Comments of several processes don't get the same number.
pub async fn asides_of_many_at_once_get_a_number_each(store: Arc<dyn Store>) {
    let talk = conversation(1);
    apply(&store, vec![open(&talk)]).await;

    let comments = (0..16u32).map(|n| {
        let (store, step) = (Arc::clone(&store), comment(&talk, n));
        tokio::spawn(async move { commit_one(&store, step).await })
    });
    for outcome in join_all(comments).await {
        assert_eq!(outcome.expect("the commit did not panic"), Outcome::Applied);
    }

    let orders: Vec<_> = all_messages(&store, talk.id)
        .await
        .iter()
        .map(|m| m.order)
        .collect();
    assert_eq!(orders, (1..=16).collect::<Vec<_>>());
}

/// A comment that comes again, in the same batch or later, is there once.
pub async fn aside_again_is_stale(store: Arc<dyn Store>) {
    let talk = conversation(1);
    apply(&store, vec![open(&talk)]).await;

    let outcomes = commit(&store, vec![comment(&talk, 1), comment(&talk, 1)]).await;
    assert_eq!(outcomes, [Outcome::Applied, Outcome::Stale]);
    assert_eq!(commit_one(&store, comment(&talk, 1)).await, Outcome::Stale);
    apply(&store, vec![comment(&talk, 2)]).await;

    let orders: Vec<_> = all_messages(&store, talk.id)
        .await
        .iter()
        .map(|m| m.order)
        .collect();
    assert_eq!(orders, [1, 2]);
}

/// Nobody comments on what is over.
pub async fn aside_on_a_closed_conversation_is_stale(store: Arc<dyn Store>) {
    let talk = conversation(1);
    apply(&store, vec![open(&talk), say_last(&talk, 1)]).await;
    assert_eq!(commit_one(&store, comment(&talk, 1)).await, Outcome::Stale);
    assert_eq!(all_messages(&store, talk.id).await.len(), 1);
}

/// The steps of a batch happen one after the other.
pub async fn a_batch_sees_its_own_earlier_steps(store: Arc<dyn Store>) {
    let talk = conversation(1);
    let steps = vec![
        say(&talk, 1),
        open(&talk),
        say(&talk, 1),
        say(&talk, 1),
        comment(&talk, 1),
        say_last(&talk, 2),
        comment(&talk, 2),
        open(&talk),
    ];

    let outcomes = commit(&store, steps).await;

    let applied: Vec<_> = outcomes.iter().map(|o| *o == Outcome::Applied).collect();
    assert_eq!(
        applied,
        [false, true, true, false, true, true, false, false]
    );
    let messages = all_messages(&store, talk.id).await;
    assert_eq!(
        texts(&messages),
        ["Ross says line 1", "comment 1", "Rachel says line 2"]
    );
}

/// No steps, no outcomes, no change.
pub async fn a_batch_of_nothing_is_nothing(store: Arc<dyn Store>) {
    assert_eq!(commit(&store, Vec::new()).await, []);
    apply(&store, vec![Effects::none(EventId(conversation_id(1).0))]).await;
    assert_eq!(store.latest_change().await, Ok(crate::store::Cursor::START));
    assert_eq!(store.scenes(&[]).await, Ok(Vec::new()));
}

/// The envelope of an event that was handled before is done with all the same.
pub async fn clears_hold_also_when_stale(store: Arc<dyn Store>) {
    let world = [slug("friends")];
    let due = in_seconds(-1);
    talk(&store, &conversation(1), 1).await;
    apply(
        &store,
        vec![sending(vec![
            row(1, due, false),
            row(2, due, false),
            row(3, due, true),
        ])],
    )
    .await;

    let stale = Effects {
        clears: clearing(&[1, 2, 99]).clears,
        sends: vec![row(4, due, true)],
        ..say(&conversation(1), 1)
    };
    assert!(matches!(stale.guard, Guard::Advance { .. }));
    assert_eq!(commit_one(&store, stale).await, Outcome::Stale);

    assert_eq!(
        store.outbox_depth(&world).await,
        Ok(1),
        "the third row stays, the fourth never came"
    );
}

/// A store that can't keep one step's text writes none of the batch; one that can, all of it.
pub async fn a_refused_batch_leaves_nothing_behind(store: Arc<dyn Store>) {
    let (good, bad) = (conversation(1), conversation(2));
    apply(&store, vec![open(&good), open(&bad)]).await;
    let mut nul = say(&bad, 1);
    nul.messages[0].message.text = "before\0after".to_owned();

    let result = store.commit(vec![say(&good, 1), nul, say(&good, 2)]).await;

    let kept = all_messages(&store, good.id).await.len() + all_messages(&store, bad.id).await.len();
    match result {
        Ok(outcomes) => assert_eq!((outcomes.len(), kept), (3, 3)),
        Err(error) => {
            assert!(!error.is_retryable(), "it can never succeed: {error}");
            assert_eq!((kept, stored(&store, good.id).await.exchanges), (0, 0));
        }
    }
}
