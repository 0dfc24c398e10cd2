//! Rules of the pace that people set.

use super::fixture::{at, conversation, log, scene, slug, talk};
use crate::store::{Cursor, Happening, Store};
use parlor_model::world::Pace;
use std::sync::Arc;
use std::time::Duration;

fn pace(millis: u64) -> Pace {
    Pace::new(Duration::from_millis(millis))
}

/// Set once, logged once; a world that nobody paced has none, and its pause is another matter.
pub async fn a_pace_is_kept_and_logged_once(store: Arc<dyn Store>) {
    let world = slug("friends");
    assert_eq!(store.pace(&world).await, Ok(None));
    for (millis, micros) in [(250, 1), (250, 2), (0, 3)] {
        let set = store.set_pace(&world, pace(millis), at(micros)).await;
        assert_eq!(set, Ok(()));
        assert_eq!(store.pace(&world).await, Ok(Some(pace(millis))));
    }
    let paused = store.set_paused(&world, true, at(4)).await;
    assert_eq!(paused, Ok(()));

    let changes = log(&store, Cursor::START, 3).await;
    let what: Vec<_> = changes.into_iter().map(|change| change.what).collect();
    let expected = [
        Happening::Paced(pace(250)),
        Happening::Paced(pace(0)),
        Happening::Paused(true),
    ];
    assert_eq!(what, expected);
    assert_eq!(
        store.pace(&world).await,
        Ok(Some(pace(0))),
        "pausing keeps it"
    );
    assert_eq!(store.is_paused(&world).await, Ok(true));
    assert_eq!(store.pace(&slug("elsewhere")).await, Ok(None));
    assert_eq!(store.is_paused(&slug("elsewhere")).await, Ok(false));
}

/// From the next scene on.
pub async fn scenes_tell_of_a_pace(store: Arc<dyn Store>) {
    let chat = conversation(1);
    talk(&store, &chat, 1).await;
    let newest = super::fixture::line(&chat, 1).message.id;
    let seen = async || scene(&store, &chat, Some(newest), "Rachel", 5).await;
    assert_eq!(seen().await.pace, None);

    let set = store.set_pace(&chat.world, pace(30), at(5)).await;
    assert_eq!(set, Ok(()));

    assert_eq!(seen().await.pace, Some(pace(30)));
    assert!(!seen().await.paused);
}
