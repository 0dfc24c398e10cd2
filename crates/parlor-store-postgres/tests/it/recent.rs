//! What a process remembers of its own lines never hides what others have done since.

use crate::fixture::{apply, conversation, message_id, now, open, say, world};
use crate::place::Place;
use parlor_model::{Conversation, ConversationStatus};
use parlor_ports::store::{SceneRecord, SceneRequest, StepStore, Upkeep};
use parlor_store_postgres::PostgresStore;

async fn scene(store: &PostgresStore, talk: &Conversation, order: u32) -> SceneRecord {
    let request = SceneRequest {
        conversation: talk.id,
        message: Some(message_id(talk, order)),
        viewer: "Rachel".to_owned(),
        window: 5,
        recall: 0,
    };
    store.scenes(&[request]).await.unwrap().remove(0).unwrap()
}

fn texts(scene: &SceneRecord) -> Vec<&str> {
    scene.memory.iter().map(|m| m.text.as_str()).collect()
}

#[tokio::test]
async fn a_scene_is_the_same_from_memory_and_from_the_tables() {
    let place = Place::new();
    let (speaker, reader) = (place.store().await, place.store().await);
    speaker.migrate().await.unwrap();
    let talk = conversation(1);
    apply(&speaker, vec![open(&talk)]).await;
    for order in 1..=12 {
        apply(&speaker, vec![say(&talk, order)]).await;
        assert_eq!(
            scene(&speaker, &talk, order).await,
            scene(&reader, &talk, order).await
        );
    }
    let late = scene(&speaker, &talk, 3).await;
    assert_eq!(
        texts(&late),
        ["line 1", "line 2", "line 3"],
        "an older line is looked up"
    );
}

#[tokio::test]
async fn lines_of_another_process_are_seen_at_once() {
    let place = Place::new();
    let (one, other) = (place.store().await, place.store().await);
    one.migrate().await.unwrap();
    let talk = conversation(1);
    apply(&one, vec![open(&talk), say(&talk, 1)]).await;
    apply(&other, vec![say(&talk, 2)]).await;
    assert_eq!(scene(&one, &talk, 1).await.conversation.exchanges, 2);
    assert_eq!(texts(&scene(&one, &talk, 2).await), ["line 1", "line 2"]);
    apply(&one, vec![say(&talk, 3)]).await;
    assert_eq!(
        texts(&scene(&one, &talk, 3).await),
        ["line 1", "line 2", "line 3"]
    );
}

#[tokio::test]
async fn closing_and_pausing_elsewhere_are_seen_at_once() {
    let place = Place::new();
    let (one, other) = (place.store().await, place.store().await);
    one.migrate().await.unwrap();
    let talk = conversation(1);
    apply(&one, vec![open(&talk), say(&talk, 1)]).await;
    other.set_paused(&world(), true, now()).await.unwrap();
    assert!(scene(&one, &talk, 1).await.paused);
    other.close_conversation(talk.id, now()).await.unwrap();
    let seen = scene(&one, &talk, 1).await.conversation;
    assert_eq!(seen.status, ConversationStatus::Closed);
    assert!(seen.ended_at.is_some());
}
