//! Rules of `scenes`: what a character remembers.

use super::fixture::{
    apply, aside, comment, conversation, line, open, say, scene, slug, stored, talk, texts,
};
use crate::store::{SceneRequest, Store};
use std::sync::Arc;

/// One scene per request, in order, the same conversation asked twice included.
pub async fn scenes_come_in_request_order(store: Arc<dyn Store>) {
    let (one, two, never) = (conversation(1), conversation(2), conversation(3));
    talk(&store, &one, 2).await;
    talk(&store, &two, 1).await;
    let ask = |talk: &parlor_model::Conversation, order: u32| SceneRequest {
        conversation: talk.id,
        message: Some(line(talk, order).message.id),
        viewer: "Rachel".to_owned(),
        window: 5,
        recall: 0,
    };

    let requests = [ask(&two, 1), ask(&never, 1), ask(&one, 2), ask(&one, 1)];
    let scenes = store
        .scenes(&requests)
        .await
        .expect("a read without a fault");

    let got: Vec<_> = scenes
        .iter()
        .map(|s| {
            s.as_ref()
                .map(|s| (s.conversation.id, s.message.as_ref().map(|m| m.order)))
        })
        .collect();
    assert_eq!(
        got,
        [
            Some((two.id, Some(1))),
            None,
            Some((one.id, Some(2))),
            Some((one.id, Some(1)))
        ]
    );
    assert_eq!(
        scenes[2].as_ref().map(|s| s.conversation.clone()),
        Some(stored(&store, one.id).await)
    );
}

/// A message of another conversation, or of none, is not the scene's.
pub async fn a_message_that_is_not_there_is_none(store: Arc<dyn Store>) {
    let (one, two) = (conversation(1), conversation(2));
    talk(&store, &one, 1).await;
    talk(&store, &two, 1).await;
    let foreign = line(&two, 1).message.id;
    let unknown = line(&one, 9).message.id;

    assert_eq!(
        scene(&store, &one, Some(foreign), "Ross", 5).await.message,
        None
    );
    assert_eq!(
        scene(&store, &one, Some(unknown), "Ross", 5).await.message,
        None
    );
    assert_eq!(scene(&store, &one, None, "Ross", 5).await.message, None);
}

/// The last five messages, as they were said (FR-11).
pub async fn memory_is_the_newest_of_the_window_oldest_first(store: Arc<dyn Store>) {
    let chat = conversation(1);
    talk(&store, &chat, 8).await;

    let seen = scene(&store, &chat, Some(line(&chat, 8).message.id), "Rachel", 5).await;

    let expected: Vec<_> = (4..=8).map(|order| line(&chat, order).message).collect();
    assert_eq!(seen.memory, expected);
    assert_eq!(seen.message, Some(line(&chat, 8).message));
    assert_eq!(
        scene(&store, &chat, Some(line(&chat, 8).message.id), "Rachel", 0)
            .await
            .memory,
        []
    );
}

/// A late look at an old event does not see the future.
pub async fn memory_ends_with_the_message_asked_about(store: Arc<dyn Store>) {
    let chat = conversation(1);
    talk(&store, &chat, 6).await;

    let seen = scene(&store, &chat, Some(line(&chat, 3).message.id), "Ross", 2).await;

    assert_eq!(
        seen.memory,
        [line(&chat, 2).message, line(&chat, 3).message]
    );
    assert_eq!(seen.conversation.exchanges, 6);
}

/// Who did not hear it does not remember it; a name within a name is somebody else.
pub async fn memory_holds_only_what_the_viewer_heard(store: Arc<dyn Store>) {
    let mut chat = conversation(1);
    chat.participants = vec!["Ann".to_owned(), "Anna".to_owned(), "Joe, Ann".to_owned()];
    let mut steps = vec![open(&chat)];
    for (order, ears) in [
        (1, &["Ann"][..]),
        (2, &["Anna"]),
        (3, &["Joe, Ann"]),
        (4, &["Ann", "Anna"]),
        (5, &[]),
    ] {
        let mut step = say(&chat, order);
        step.messages[0].audience = ears.iter().map(|&name| name.to_owned()).collect();
        steps.push(step);
    }
    apply(&store, steps).await;

    let mut heard = Vec::new();
    for viewer in ["Ann", "Anna", "Joe, Ann", "ann", "An", "%", ""] {
        let memory = scene(&store, &chat, None, viewer, 10).await.memory;
        heard.push(memory.iter().map(|m| m.order).collect::<Vec<_>>());
    }

    let nothing = Vec::new;
    assert_eq!(
        heard,
        [
            vec![1, 4],
            vec![2, 4],
            vec![3],
            nothing(),
            nothing(),
            nothing(),
            nothing()
        ]
    );
}

/// Comments are remembered where they fell, by whom they reached.
pub async fn memory_holds_asides_in_their_place(store: Arc<dyn Store>) {
    let chat = conversation(1);
    let about = aside(&chat, 1).message.id;
    apply(
        &store,
        vec![open(&chat), say(&chat, 1), comment(&chat, 1), say(&chat, 2)],
    )
    .await;

    let both = scene(&store, &chat, Some(line(&chat, 2).message.id), "Ross", 5).await;
    assert_eq!(
        texts(&both.memory),
        ["Ross says line 1", "comment 1", "Rachel says line 2"]
    );

    let comment_seen = scene(&store, &chat, Some(about), "Ross", 5).await;
    assert_eq!(
        texts(&comment_seen.memory),
        ["Ross says line 1", "comment 1"]
    );
    assert_eq!(comment_seen.message.map(|m| m.order), Some(1));

    let own = scene(&store, &chat, None, "Chandler", 5).await;
    assert_eq!(texts(&own.memory), ["comment 1"]);
}

/// An opening has no message, and remembers what there is: often nothing.
pub async fn memory_of_an_opening_is_whatever_there_is(store: Arc<dyn Store>) {
    let chat = conversation(1);
    apply(&store, vec![open(&chat)]).await;
    let empty = scene(&store, &chat, None, "Ross", 5).await;
    assert_eq!(
        (empty.message, empty.memory, empty.paused),
        (None, Vec::new(), false)
    );
    assert_eq!(empty.conversation, chat);

    apply(&store, vec![say(&chat, 1)]).await;
    assert_eq!(
        scene(&store, &chat, None, "Ross", 5).await.memory,
        [line(&chat, 1).message]
    );
}

/// Workers learn from the scene that the world stands still.
pub async fn scenes_tell_of_a_pause(store: Arc<dyn Store>) {
    let mut elsewhere = conversation(2);
    elsewhere.world = slug("elsewhere");
    apply(&store, vec![open(&conversation(1)), open(&elsewhere)]).await;

    store
        .set_paused(&slug("friends"), true, super::fixture::at(1))
        .await
        .expect("it can be paused");
    assert!(
        scene(&store, &conversation(1), None, "Ross", 5)
            .await
            .paused
    );
    assert!(!scene(&store, &elsewhere, None, "Ross", 5).await.paused);

    store
        .set_paused(&slug("friends"), false, super::fixture::at(2))
        .await
        .expect("it can go on");
    assert!(
        !scene(&store, &conversation(1), None, "Ross", 5)
            .await
            .paused
    );
}

/// Read your own commits, also from another task.
pub async fn scenes_see_what_was_committed_before(store: Arc<dyn Store>) {
    let tasks = (1..=4u32).map(|n| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let chat = conversation(n);
            apply(&store, vec![open(&chat)]).await;
            for order in 1..=20 {
                apply(&store, vec![say(&chat, order)]).await;
                let seen = scene(
                    &store,
                    &chat,
                    Some(line(&chat, order).message.id),
                    "Ross",
                    1,
                )
                .await;
                assert_eq!(seen.conversation.exchanges, order);
                assert_eq!(seen.memory, [line(&chat, order).message]);
            }
        })
    });
    for task in futures::future::join_all(tasks).await {
        task.expect("every task saw its own commits");
    }
}
