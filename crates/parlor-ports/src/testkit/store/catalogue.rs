//! Rules of the catalogue.

use super::fixture::slug;
use crate::catalogue::{CatalogueEntry, KeptCard, Put};
use crate::store::Store;
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::Arc;

fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::minutes(minutes)
}

fn entry(world: &str, name: &str) -> CatalogueEntry {
    CatalogueEntry {
        world: slug(world),
        slug: slug(&name.to_lowercase()),
        name: name.to_owned(),
        card: format!(r#"{{"spec":"chara_card_v3","data":{{"name":"{name} \u0000 \"😀\""}}}}"#),
        picture: Some(vec![0, 255, 0, 39, 92]),
    }
}

async fn put(store: &Arc<dyn Store>, entry: &CatalogueEntry, minute: i64) -> Put {
    let done = store.put_character(entry, at(minute)).await;
    done.expect("a character can be kept")
}

async fn version(store: &Arc<dyn Store>, world: &str) -> u64 {
    let versions = store.catalogue_versions().await;
    let versions = versions.expect("versions can be read");
    let found = versions.into_iter().find(|(name, _)| *name == slug(world));
    found.map_or(0, |(_, version)| version)
}

async fn card(store: &Arc<dyn Store>, entry: &CatalogueEntry) -> Option<KeptCard> {
    let kept = store.kept_card(&entry.world, &entry.slug).await;
    kept.expect("a card can be read")
}

/// Card and picture come back byte for byte, and only in the world that they are of.
pub async fn a_character_is_kept_as_it_came(store: Arc<dyn Store>) {
    let marla = entry("friends", "Marla");
    assert_eq!(put(&store, &marla, 1).await, Put::Added);
    let kept = card(&store, &marla).await.expect("it is there");
    assert_eq!((kept.card, kept.picture), (marla.card.clone(), true));
    let picture = store.kept_picture(&marla.world, &marla.slug).await;
    assert_eq!(picture, Ok(marla.picture.clone()));
    let elsewhere = CatalogueEntry {
        world: slug("tea-house"),
        ..marla
    };
    assert_eq!(card(&store, &elsewhere).await, None);
    assert_eq!(put(&store, &elsewhere, 1).await, Put::Added);
}

/// The same slug again takes the place of the first; the picture goes with it.
pub async fn a_character_is_replaced(store: Arc<dyn Store>) {
    let first = entry("friends", "Marla");
    assert_eq!(put(&store, &first, 1).await, Put::Added);
    let second = CatalogueEntry {
        card: "{}".to_owned(),
        picture: None,
        ..first
    };
    assert_eq!(put(&store, &second, 5).await, Put::Replaced);
    let kept = card(&store, &second).await.expect("it is there");
    assert_eq!((kept.card.as_str(), kept.picture), ("{}", false));
    let picture = store.kept_picture(&second.world, &second.slug).await;
    assert_eq!(picture, Ok(None));
    let listed = store.catalogue(&second.world).await.expect("it is listed");
    assert_eq!(listed.len(), 1);
    assert_eq!((listed[0].added_at, listed[0].changed_at), (at(1), at(5)));
}

/// Two characters of a world never have one name, whoever comes at the same time.
pub async fn a_name_of_the_catalogue_is_taken_once(store: Arc<dyn Store>) {
    let tries = (0..8).map(|n| {
        let store = Arc::clone(&store);
        let entry = CatalogueEntry {
            slug: slug(&format!("marla-{n}")),
            ..entry("friends", "Marla")
        };
        tokio::spawn(async move { put(&store, &entry, 1).await })
    });
    let done = futures::future::join_all(tries).await;
    let added = done.iter().filter(|done| matches!(done, Ok(Put::Added)));
    assert_eq!(added.count(), 1);
    let listed = store.catalogue(&slug("friends")).await;
    let listed = listed.expect("it is listed");
    assert_eq!(listed.len(), 1);
    let owner = Put::NameTaken(listed[0].slug.clone());
    let refused = done
        .into_iter()
        .filter(|done| done.as_ref().ok() == Some(&owner));
    assert_eq!(refused.count(), 7);
}

/// Every change makes a new version, of its world alone, and tells who has changed.
pub async fn a_change_of_the_catalogue_is_a_new_version(store: Arc<dyn Store>) {
    assert_eq!(version(&store, "friends").await, 0);
    put(&store, &entry("friends", "Bo"), 1).await;
    let first = version(&store, "friends").await;
    put(&store, &entry("friends", "Al"), 2).await;
    let second = version(&store, "friends").await;
    assert!(0 < first && first < second);
    assert_eq!(version(&store, "tea-house").await, 0);
    let listed = store.catalogue(&slug("friends")).await;
    let listed = listed.expect("it is listed");
    let told: Vec<_> = listed
        .iter()
        .map(|l| (l.slug.as_str(), l.version))
        .collect();
    assert_eq!(told, [("al", second), ("bo", first)]);
    let removed = store.remove_character(&slug("friends"), &slug("bo")).await;
    assert_eq!(removed, Ok(true));
    assert!(version(&store, "friends").await > second);
}

/// Who is taken out is gone, once.
pub async fn a_character_is_taken_out_once(store: Arc<dyn Store>) {
    let marla = entry("friends", "Marla");
    put(&store, &marla, 1).await;
    for expected in [true, false] {
        let removed = store.remove_character(&marla.world, &marla.slug).await;
        assert_eq!(removed, Ok(expected));
    }
    assert_eq!(card(&store, &marla).await, None);
    let picture = store.kept_picture(&marla.world, &marla.slug).await;
    assert_eq!(picture, Ok(None));
    assert_eq!(store.catalogue(&marla.world).await, Ok(Vec::new()));
    assert_eq!(put(&store, &marla, 9).await, Put::Added);
}
