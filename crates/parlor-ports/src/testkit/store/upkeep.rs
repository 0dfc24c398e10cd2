//! Rules of what operators and the gateway need.

use super::fixture::{apply, at, conversation, log, open, say, say_last, slug, stored, talk};
use crate::store::{Cursor, Happening, Outcome, Store};
use chrono::TimeDelta;
use parlor_model::ConversationStatus;
use std::sync::Arc;

/// Everything is pending first and nothing afterwards; data survives a second run.
pub async fn migrating_twice_changes_nothing(store: Arc<dyn Store>) {
    assert!(
        !store
            .pending_migrations()
            .await
            .expect("an empty store can be asked")
            .is_empty()
    );

    store
        .migrate()
        .await
        .expect("an empty store can be migrated");
    talk(&store, &conversation(1), 1).await;
    store
        .migrate()
        .await
        .expect("a migrated store can be migrated");

    assert_eq!(store.pending_migrations().await, Ok(Vec::new()));
    assert_eq!(stored(&store, conversation(1).id).await.exchanges, 1);
}

/// Roles that start together all migrate.
pub async fn migrating_from_several_places_at_once_is_safe(store: Arc<dyn Store>) {
    let all = (0..4).map(|_| {
        let store = Arc::clone(&store);
        tokio::spawn(async move { store.migrate().await })
    });
    for result in futures::future::join_all(all).await {
        assert_eq!(result.expect("no migration panics"), Ok(()));
    }
    talk(&store, &conversation(1), 1).await;
}

/// Closed by hand: at this time, logged once; what is closed stays as it is.
pub async fn closing_closes_once(store: Arc<dyn Store>) {
    let chat = conversation(1);
    talk(&store, &chat, 1).await;

    let first = store
        .close_conversation(chat.id, at(50))
        .await
        .expect("it can be closed");
    let second = store
        .close_conversation(chat.id, at(60))
        .await
        .expect("closing again is no error");

    let closed = first.expect("it was opened");
    assert_eq!(
        (closed.status, closed.ended_at, closed.exchanges),
        (ConversationStatus::Closed, Some(at(50)), 1)
    );
    assert_eq!(second.as_ref(), Some(&closed));
    assert_eq!(stored(&store, chat.id).await, closed);
    assert_eq!(
        log(&store, Cursor::START, 3).await[2].what,
        Happening::Closed(closed)
    );
    assert_eq!(
        store.commit(vec![say(&chat, 2)]).await,
        Ok(vec![Outcome::Stale])
    );

    let ended = conversation(2);
    apply(&store, vec![open(&ended), say_last(&ended, 1)]).await;
    let before = stored(&store, ended.id).await;
    assert_eq!(
        store.close_conversation(ended.id, at(99_999)).await,
        Ok(Some(before))
    );
    log(&store, Cursor::START, 6).await;
}

/// Pausing twice is one change; a world never heard of runs.
pub async fn pausing_is_logged_once(store: Arc<dyn Store>) {
    let world = slug("friends");
    assert_eq!(store.is_paused(&world).await, Ok(false));

    for (paused, micros) in [(false, 1), (true, 2), (true, 3), (false, 4), (false, 5)] {
        store
            .set_paused(&world, paused, at(micros))
            .await
            .expect("it can be paused and resumed");
        assert_eq!(store.is_paused(&world).await, Ok(paused));
        assert_eq!(store.is_paused(&slug("elsewhere")).await, Ok(false));
    }

    let changes = log(&store, Cursor::START, 2).await;
    assert_eq!(changes[0].what, Happening::Paused(true));
    assert_eq!(changes[1].what, Happening::Paused(false));
    assert!(changes.iter().all(|change| change.world == world));
}

/// A repeated request has the same digest; another request under the same key is found out.
pub async fn a_key_remembers_its_first_digest(store: Arc<dyn Store>) {
    let ask = async |key: &str, digest: &str| {
        store
            .remember_key(key, digest, at(1))
            .await
            .expect("a key can be remembered")
    };
    assert_eq!(ask("k", "one").await, "one");
    assert_eq!(ask("k", "one").await, "one");
    assert_eq!(ask("k", "two").await, "one");
    assert_eq!(ask("K", "two").await, "two");
    assert_eq!(ask("it's \u{1F511}", "three").await, "three");
}

/// After more than a day the key is new.
pub async fn a_key_is_forgotten_after_a_day(store: Arc<dyn Store>) {
    let later = |hours| at(1) + TimeDelta::hours(hours);
    let ask = async |digest: &str, now| {
        store
            .remember_key("k", digest, now)
            .await
            .expect("a key can be remembered")
    };
    assert_eq!(ask("one", later(0)).await, "one");
    assert_eq!(ask("two", later(23)).await, "one");
    assert_eq!(ask("two", later(25)).await, "two");
    assert_eq!(ask("three", later(26)).await, "two");
}

/// Requests that arrive together agree on one digest.
pub async fn a_key_used_by_many_at_once_has_one_digest(store: Arc<dyn Store>) {
    let all = (0..8).map(|n| {
        let store = Arc::clone(&store);
        tokio::spawn(async move { store.remember_key("k", &format!("digest {n}"), at(1)).await })
    });
    let answers: Vec<_> = futures::future::join_all(all)
        .await
        .into_iter()
        .map(|answer| {
            answer
                .expect("no request panics")
                .expect("a key can be remembered")
        })
        .collect();
    assert!(
        answers.iter().all(|answer| *answer == answers[0]),
        "{answers:?}"
    );
}

/// It is there, and says its name.
pub async fn it_answers_a_ping(store: Arc<dyn Store>) {
    assert_eq!(store.ping().await, Ok(()));
    assert!(!store.name().is_empty());
}
