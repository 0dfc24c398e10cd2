//! What only this adapter has to take care of in the log of changes: transaction ids.

use crate::fixture::{START, apply, conversation, open, say};
use crate::place::Place;
use parlor_ports::recall::Recall;
use parlor_ports::store::{Changes, Happening, Upkeep};
use parlor_store_postgres::PostgresStore;
use sqlx::Connection;
use std::time::Duration;

/// Waits until the log holds `count` changes; others' transactions on the same server may delay it.
async fn log(store: &PostgresStore, count: usize) -> Vec<parlor_ports::store::Change> {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
    loop {
        let changes = store.changes(START, 100).await.unwrap();
        if changes.len() >= count {
            return changes;
        }
        assert!(
            tokio::time::Instant::now() < deadline,
            "only {} changes of {count}",
            changes.len()
        );
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn the_log_waits_for_an_older_transaction_that_may_still_write() {
    let place = Place::new();
    let store = place.store().await;
    store.migrate().await.unwrap();
    let talk = conversation(1);
    apply(&store, vec![open(&talk)]).await;
    assert_eq!(log(&store, 1).await.len(), 1);
    let end = store.latest_change().await.unwrap();

    let mut connection = place.connection().await;
    let mut older = connection.begin().await.unwrap();
    sqlx::query("SELECT pg_current_xact_id()")
        .execute(&mut *older)
        .await
        .unwrap();
    apply(&store, vec![say(&talk, 1)]).await;

    assert_eq!(
        store.changes(end, 10).await,
        Ok(Vec::new()),
        "not while the older one is open"
    );
    assert_eq!(store.latest_change().await, Ok(end));
    older.rollback().await.unwrap();
    assert!(matches!(
        log(&store, 2).await[1].what,
        Happening::Message(_)
    ));
    store.close().await;
}

#[tokio::test]
async fn a_transaction_that_waited_for_a_conversation_logs_after_what_it_waited_for() {
    let place = Place::new();
    let store = place.store().await;
    store.migrate().await.unwrap();
    let talk = conversation(1);
    apply(&store, vec![open(&talk), say(&talk, 1)]).await;
    let mut connection = place.connection().await;
    // The first line was written by a transaction that began after the next one will.
    for sql in [
        "UPDATE messages SET xact = '9000000000000000'",
        "UPDATE conversations SET xact = '9000000000000000'",
    ] {
        sqlx::query(sql).execute(&mut connection).await.unwrap();
    }

    apply(&store, vec![say(&talk, 2)]).await;

    let orders: Vec<i64> = sqlx::query_scalar("SELECT line_order FROM messages ORDER BY xact, seq")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    assert_eq!(orders, [1, 2]);
    store.close().await;
}

#[tokio::test]
async fn a_restored_database_shows_its_log_although_transactions_count_anew() {
    let place = Place::new();
    let store = place.store().await;
    store.migrate().await.unwrap();
    let talk = conversation(1);
    apply(&store, vec![open(&talk), say(&talk, 1)]).await;
    let mut connection = place.connection().await;
    for sql in [
        "UPDATE messages SET xact = '9000000000000000'",
        "UPDATE happenings SET xact = '9000000000000000'",
        "UPDATE conversations SET xact = '9000000000000000'",
    ] {
        sqlx::query(sql).execute(&mut connection).await.unwrap();
    }
    sqlx::query("UPDATE words_done SET xact = '9000000000000000'")
        .execute(&mut connection)
        .await
        .unwrap();
    assert_eq!(store.changes(START, 10).await, Ok(Vec::new()));

    store.migrate().await.unwrap();
    apply(&store, vec![say(&talk, 2)]).await;

    let changes = log(&store, 3).await;
    assert_eq!(
        store.index_words(10).await,
        Ok(2),
        "its words begin anew as well"
    );
    assert!(
        matches!(changes[0].what, Happening::Opened(_)),
        "{changes:?}"
    );
    let orders: Vec<_> = changes
        .iter()
        .filter_map(|c| {
            if let Happening::Message(m) = &c.what {
                Some(m.order)
            } else {
                None
            }
        })
        .collect();
    assert_eq!(orders, [1, 2]);
    store.close().await;
}
