//! Rules of what keeps people signed in.

use super::accounts::{at, id, made};
use crate::accounts::{
    GRANTS_MAX, Grant, GrantKind, KEY_SILENCE_MAX, KeyDigest, PasswordHash, PublicKey, Rotated,
};
use crate::store::Store;
use chrono::TimeDelta;
use futures::future::join_all;
use std::sync::Arc;
use uuid::Uuid;

fn grant(n: u128, account: u128, kind: GrantKind) -> Grant {
    Grant {
        id: Uuid::from_u128(n),
        account: id(account),
        kind,
        created_at: at(i64::try_from(n).expect("a small number")),
        expires_at: at(10_000),
    }
}

fn secret(n: u8) -> KeyDigest {
    KeyDigest([n; 32])
}

async fn granted(store: &Arc<dyn Store>, grant: &Grant, n: u8) {
    let kept = store.grant(grant, &secret(n), at(0)).await;
    assert_eq!(kept, Ok(true));
}

async fn is_there(store: &Arc<dyn Store>, n: u128) -> bool {
    let found = store.granted(Uuid::from_u128(n), at(1)).await;
    found.expect("it can be read").is_some()
}

/// A grant is found until it expires, with its account as it is now.
pub async fn a_grant_holds_until_it_expires(store: Arc<dyn Store>) {
    let tom = made(&store, 1, "tom").await;
    for (n, kind) in [(1, GrantKind::Refresh), (2, GrantKind::Cookie)] {
        let grant = grant(n, 1, kind);
        granted(&store, &grant, 7).await;
        let found = store.granted(grant.id, at(9_999)).await;
        let (kept, digest, account) = found.expect("it is read").expect("it is there");
        assert_eq!((kept, account), (grant.clone(), tom.clone()));
        assert!(digest.matches(&secret(7)));
        let expired = store.granted(grant.id, at(10_000)).await;
        assert!(expired.expect("it is read").is_none());
    }
    let listed = store.grants(id(1)).await.expect("they are listed");
    let expected = [
        grant(2, 1, GrantKind::Cookie),
        grant(1, 1, GrantKind::Refresh),
    ];
    assert_eq!(listed, expected);
    let nobodys = grant(3, 9, GrantKind::Refresh);
    assert_eq!(store.grant(&nobodys, &secret(1), at(0)).await, Ok(false));
    assert!(!is_there(&store, 3).await);
}

/// A secret is changed by whoever has the one in force; an old one ends the grant, and only it.
pub async fn an_old_secret_ends_its_grant(store: Arc<dyn Store>) {
    let tom = made(&store, 1, "tom").await;
    granted(&store, &grant(1, 1, GrantKind::Refresh), 1).await;
    granted(&store, &grant(2, 1, GrantKind::Refresh), 1).await;
    let rotate = async |n: u128, old, new, minute| {
        let (old, new) = (secret(old), secret(new));
        let rotated = store.rotate(Uuid::from_u128(n), &old, &new, at(minute));
        rotated.await.expect("it can be changed")
    };
    assert_eq!(
        rotate(1, 1, 2, 5).await,
        Rotated::Rotated(Box::new(tom.clone()))
    );
    assert_eq!(rotate(1, 2, 3, 6).await, Rotated::Rotated(Box::new(tom)));
    assert_eq!(rotate(1, 1, 4, 7).await, Rotated::Reused(id(1)));
    assert_eq!(rotate(1, 3, 4, 8).await, Rotated::Unknown);
    assert!(!is_there(&store, 1).await && is_there(&store, 2).await);
    assert_eq!(rotate(2, 1, 2, 10_000).await, Rotated::Unknown);
    assert_eq!(rotate(9, 1, 2, 5).await, Rotated::Unknown);
}

/// A browser's cookie is not changed, and is not ended by trying.
pub async fn a_cookie_is_no_refresh_token(store: Arc<dyn Store>) {
    made(&store, 1, "tom").await;
    granted(&store, &grant(1, 1, GrantKind::Cookie), 1).await;
    for old in [1, 2] {
        let rotated = store
            .rotate(Uuid::from_u128(1), &secret(old), &secret(3), at(1))
            .await;
        assert_eq!(rotated, Ok(Rotated::Unknown));
    }
    assert!(is_there(&store, 1).await);
}

/// Of many who change the same secret at once, one does.
pub async fn a_secret_is_changed_once_by_many_at_once(store: Arc<dyn Store>) {
    made(&store, 1, "tom").await;
    granted(&store, &grant(1, 1, GrantKind::Refresh), 1).await;
    let all = (10..16).map(|new| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let id = Uuid::from_u128(1);
            store.rotate(id, &secret(1), &secret(new), at(1)).await
        })
    });
    let rotated: Vec<_> = join_all(all)
        .await
        .into_iter()
        .map(|rotated| rotated.expect("it ends").expect("it can be changed"))
        .collect();
    let changed = rotated.iter().filter(|r| matches!(r, Rotated::Rotated(_)));
    let reused = rotated.iter().filter(|r| matches!(r, Rotated::Reused(_)));
    assert_eq!((changed.count(), reused.count()), (1, 1));
    assert!(!is_there(&store, 1).await);
}

/// Grants end one by one, all of a person's with a new password, and when there are too many.
pub async fn grants_end(store: Arc<dyn Store>) {
    made(&store, 1, "tom").await;
    made(&store, 2, "ann").await;
    for n in 1..=3 {
        granted(&store, &grant(n, 1, GrantKind::Cookie), 1).await;
    }
    granted(&store, &grant(4, 2, GrantKind::Cookie), 1).await;
    assert_eq!(store.revoke_grant(Uuid::from_u128(1)).await, Ok(()));
    assert_eq!(store.revoke_grant(Uuid::from_u128(99)).await, Ok(()));
    assert!(!is_there(&store, 1).await && is_there(&store, 2).await);
    let new = PasswordHash("$argon2id$new".to_owned());
    assert_eq!(store.set_password(id(1), &new).await, Ok(true));
    assert_eq!(store.set_password(id(9), &new).await, Ok(false));
    assert!(!is_there(&store, 2).await && !is_there(&store, 3).await);
    assert!(is_there(&store, 4).await);
    let short = Grant {
        expires_at: at(200),
        ..grant(100, 2, GrantKind::Refresh)
    };
    granted(&store, &short, 1).await;
    let most = u128::from(GRANTS_MAX);
    for n in 0..most {
        let grant = grant(1_000 + n, 2, GrantKind::Refresh);
        assert_eq!(store.grant(&grant, &secret(1), at(200)).await, Ok(true));
    }
    assert!(!is_there(&store, 4).await && !is_there(&store, 100).await);
    assert!(is_there(&store, 1_000).await && is_there(&store, 999 + most).await);
}

/// Whoever is deleted is gone with all they had, and only they.
pub async fn a_deleted_account_leaves_nothing(store: Arc<dyn Store>) {
    let tom = made(&store, 1, "tom").await;
    made(&store, 2, "ann").await;
    for n in [1, 2] {
        granted(&store, &grant(n, n, GrantKind::Cookie), 1).await;
        let paid = store.pay(id(n), 1, "gift", at(1)).await;
        assert!(paid.is_ok(), "{paid:?}");
    }
    assert_eq!(store.delete_account(id(1)).await, Ok(true));
    assert_eq!(store.delete_account(id(1)).await, Ok(false));
    assert_eq!(store.account(id(1)).await, Ok(None));
    assert_eq!(store.account_named(&tom.username).await, Ok(None));
    assert_eq!(store.grants(id(1)).await, Ok(Vec::new()));
    assert_eq!(store.payments(id(1), 10).await, Ok(Vec::new()));
    assert!(!is_there(&store, 1).await && is_there(&store, 2).await);
    assert_eq!(store.payments(id(2), 10).await.map(|p| p.len()), Ok(1));
    made(&store, 3, "Tom").await;
}

/// Public keys are known while somebody says so.
pub async fn public_keys_are_known_while_published(store: Arc<dyn Store>) {
    assert_eq!(store.public_keys().await, Ok(Vec::new()));
    let (one, other) = (PublicKey([1; 32]), PublicKey([2; 32]));
    let publish = async |key, minute| store.publish_key(key, at(minute)).await;
    assert_eq!(publish(one, 0).await, Ok(()));
    assert_eq!(publish(other, 1).await, Ok(()));
    assert_eq!(store.public_keys().await, Ok(vec![other, one]));
    assert_eq!(publish(one, 2).await, Ok(()));
    assert_eq!(store.public_keys().await, Ok(vec![one, other]));
    let later = at(2) + KEY_SILENCE_MAX + TimeDelta::microseconds(-1);
    assert_eq!(store.publish_key(one, later).await, Ok(()));
    assert_eq!(store.public_keys().await, Ok(vec![one]));
}
