//! Rules of keys.

use super::fixture::slug;
use crate::keys::{ApiKey, KEY_BYTES, KeyRecord};
use crate::store::Store;
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::Arc;

fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::minutes(minutes)
}

fn key(n: u8) -> ApiKey {
    ApiKey::of_random([n; KEY_BYTES])
}

fn record(n: u8) -> KeyRecord {
    KeyRecord {
        prefix: key(n).prefix().to_owned(),
        name: format!("o'neil \"\u{1F600}\" {n}"),
        worlds: vec![slug("friends"), slug("tea-house")],
        created_at: at(i64::from(n)),
        expires_at: Some(at(1_000) + TimeDelta::microseconds(7)),
        revoked_at: None,
        last_used_at: None,
    }
}

async fn added(store: &Arc<dyn Store>, n: u8) -> bool {
    let added = store.add_key(&record(n), &key(n).digest()).await;
    added.expect("a key can be kept")
}

async fn found(store: &Arc<dyn Store>, n: u8) -> KeyRecord {
    let found = store.key(key(n).prefix()).await;
    let found = found.expect("it can be looked for");
    let (record, digest) = found.expect("it is there");
    assert!(digest.matches(&key(n).digest()));
    record
}

/// A key is found by its prefix, as it was, with its digest.
pub async fn a_key_is_found_by_its_prefix(store: Arc<dyn Store>) {
    assert!(added(&store, 1).await);
    assert_eq!(found(&store, 1).await, record(1));
    let nobodys = store.key(key(2).prefix()).await;
    assert!(nobodys.expect("it can be looked for").is_none());
    let plain = KeyRecord {
        worlds: Vec::new(),
        name: String::new(),
        expires_at: None,
        ..record(3)
    };
    let kept = store.add_key(&plain, &key(3).digest()).await;
    assert_eq!(kept, Ok(true));
    assert_eq!(found(&store, 3).await, plain);
}

/// A prefix that is taken is not given again, whoever asks at the same time.
pub async fn a_key_never_replaces_another(store: Arc<dyn Store>) {
    let all = (0..8).map(|_| {
        let store = Arc::clone(&store);
        tokio::spawn(async move { added(&store, 1).await })
    });
    let added_by = futures::future::join_all(all).await;
    let times = added_by.into_iter().filter(|by| matches!(by, Ok(true)));
    assert_eq!(times.count(), 1);
    let other = store.add_key(&record(1), &key(2).digest()).await;
    assert_eq!(other, Ok(false));
    assert_eq!(found(&store, 1).await, record(1));
}

/// Newest first, as many as are asked for.
pub async fn keys_are_listed_newest_first(store: Arc<dyn Store>) {
    assert_eq!(store.keys(10).await, Ok(Vec::new()));
    for n in [2, 3, 1] {
        assert!(added(&store, n).await);
    }
    let listed = store.keys(10).await;
    assert_eq!(listed, Ok(vec![record(3), record(2), record(1)]));
    assert_eq!(store.keys(1).await, Ok(vec![record(3)]));
}

/// What is revoked stays revoked, since when it was first.
pub async fn a_key_is_revoked_once(store: Arc<dyn Store>) {
    assert!(added(&store, 1).await && added(&store, 2).await);
    assert_eq!(store.revoke_key(key(9).prefix(), at(50)).await, Ok(false));
    assert_eq!(store.revoke_key(key(1).prefix(), at(50)).await, Ok(true));
    assert_eq!(store.revoke_key(key(1).prefix(), at(60)).await, Ok(true));
    assert_eq!(found(&store, 1).await.revoked_at, Some(at(50)));
    assert_eq!(found(&store, 2).await.revoked_at, None);
    assert!(!found(&store, 1).await.is_good(at(51)));
    assert!(found(&store, 2).await.is_good(at(51)));
}

/// The latest use stays, in whatever order uses are told.
pub async fn the_latest_use_of_a_key_is_kept(store: Arc<dyn Store>) {
    assert!(added(&store, 1).await);
    for minute in [60, 70, 65] {
        let kept = store.use_key(key(1).prefix(), at(minute)).await;
        assert_eq!(kept, Ok(()));
    }
    assert_eq!(store.use_key(key(9).prefix(), at(60)).await, Ok(()));
    assert_eq!(found(&store, 1).await.last_used_at, Some(at(70)));
}
