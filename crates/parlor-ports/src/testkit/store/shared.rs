//! Rules for stores that several processes share: what one of them remembers of its own lines never
//! hides what the others have done since.

use super::fixture::{apply, at, comment, conversation, line, open, say, scene, texts};
use crate::store::{SceneRecord, Store};
use parlor_model::{Conversation, ConversationStatus};
use std::sync::Arc;

/// The scene of who answers the `order`-th line.
async fn answering(store: &Arc<dyn Store>, talk: &Conversation, order: u32) -> SceneRecord {
    let about = (order > 0).then(|| line(talk, order).message.id);
    scene(store, talk, about, "Rachel", 5).await
}

/// Whoever said the lines gets the scenes that somebody else reads, asides and all.
pub async fn a_scene_is_the_same_for_who_said_it_and_who_reads_it(
    one: Arc<dyn Store>,
    other: Arc<dyn Store>,
) {
    let talk = conversation(1);
    apply(&one, vec![open(&talk)]).await;
    for order in 1..=12 {
        let before = answering(&one, &talk, order - 1).await;
        assert_eq!(before, answering(&other, &talk, order - 1).await);
        apply(&one, vec![say(&talk, order)]).await;
        if order % 4 == 0 {
            apply(&one, vec![comment(&talk, order)]).await;
        }
    }
    let late = answering(&one, &talk, 3).await;
    assert_eq!(
        texts(&late.memory),
        ["Ross says line 1", "Rachel says line 2", "Ross says line 3"],
        "an older line is looked up"
    );
}

/// Lines and asides of another process are in the next scene.
pub async fn lines_of_another_process_are_seen_at_once(one: Arc<dyn Store>, other: Arc<dyn Store>) {
    let talk = conversation(1);
    apply(&one, vec![open(&talk)]).await;
    answering(&one, &talk, 0).await;
    apply(&one, vec![say(&talk, 1)]).await;
    apply(&other, vec![say(&talk, 2)]).await;
    assert_eq!(answering(&one, &talk, 1).await.conversation.exchanges, 2);
    let memory = answering(&one, &talk, 2).await.memory;
    assert_eq!(texts(&memory), ["Ross says line 1", "Rachel says line 2"]);
    apply(&other, vec![comment(&talk, 1)]).await;
    apply(&one, vec![say(&talk, 3)]).await;
    let both = [
        answering(&one, &talk, 3).await,
        answering(&other, &talk, 3).await,
    ];
    assert_eq!(both[0], both[1]);
    assert_eq!(both[0].memory.len(), 4, "three lines and an aside");
}

/// So are its closings and pauses.
pub async fn closing_and_pausing_elsewhere_are_seen_at_once(
    one: Arc<dyn Store>,
    other: Arc<dyn Store>,
) {
    let talk = conversation(1);
    apply(&one, vec![open(&talk)]).await;
    answering(&one, &talk, 0).await;
    apply(&one, vec![say(&talk, 1)]).await;
    other
        .set_paused(&talk.world, true, at(2_000))
        .await
        .expect("a write without a fault");
    assert!(answering(&one, &talk, 1).await.paused);
    other
        .close_conversation(talk.id, at(3_000))
        .await
        .expect("a write without a fault");
    let seen = answering(&one, &talk, 1).await.conversation;
    assert_eq!(seen.status, ConversationStatus::Closed);
    assert!(seen.ended_at.is_some());
}
