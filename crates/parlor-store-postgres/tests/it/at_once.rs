//! A commit that follows its scenes takes no look at the tables, and is none the less right.

use crate::fixture::{apply, conversation, message_id, now, open, say, world};
use crate::place::Place;
use chrono::TimeDelta;
use parlor_model::{
    Conversation, Effects, Envelope, EventBody, EventId, Guard, MessageKind, OutboxRow, Slug,
    envelope,
};
use parlor_ports::store::{
    Abandoned, After, Library, OutboxStore, Outcome, SceneRequest, StepStore, Upkeep,
};
use parlor_store_postgres::PostgresStore;
use std::sync::Arc;

async fn look(store: &PostgresStore, talk: &Conversation, order: u32) {
    let request = SceneRequest {
        conversation: talk.id,
        message: Some(message_id(talk, order)),
        viewer: "Rachel".to_owned(),
        window: 5,
        recall: 0,
    };
    let scenes = store.scenes(&[request]).await.unwrap();
    assert!(scenes[0].is_some());
}

/// A remark on the conversation, under the id of a line that nobody says.
fn aside(talk: &Conversation, id: u32) -> Effects {
    let mut aside = say(talk, id);
    aside.guard = Guard::Aside {
        conversation: talk.id,
    };
    for new in &mut aside.messages {
        new.message.kind = MessageKind::Aside;
        new.message.order = 0;
    }
    aside
}

/// A line, and the envelope that tells the other one.
fn tell(talk: &Conversation, order: u32) -> Effects {
    let mut step = say(talk, order);
    let message = step.messages[0].message.clone();
    let id = EventId::derive(message.id.0, "rachel");
    step.sends.push(OutboxRow {
        inbox: "q-Rachel".to_owned(),
        envelope: Arc::new(Envelope {
            id,
            world: talk.world.clone(),
            conversation: talk.id,
            recipient: Slug::new("rachel").unwrap(),
            time: message.created_at,
            traceparent: envelope::traceparent(talk.id.0, id),
            body: EventBody::Said(message),
        }),
        due_at: now(),
        parked: false,
    });
    step
}

async fn stored(store: &PostgresStore, talk: &Conversation) -> Vec<(MessageKind, u32)> {
    let page = store.messages(talk.id, After::Start, 100).await.unwrap();
    let items = page.items.iter();
    items.map(|m| (m.kind, m.order)).collect()
}

#[tokio::test]
async fn a_line_finds_its_place_behind_an_aside_that_came_in_between() {
    let place = Place::new();
    let (one, other) = (place.store().await, place.store().await);
    one.migrate().await.unwrap();
    let talk = conversation(1);
    apply(&one, vec![open(&talk), say(&talk, 1)]).await;
    look(&one, &talk, 1).await;
    apply(&other, vec![aside(&talk, 50)]).await;
    apply(&one, vec![say(&talk, 2)]).await;
    look(&one, &talk, 2).await;
    apply(&one, vec![say(&talk, 3)]).await;
    use MessageKind::{Aside, Line};
    let expected = [(Line, 1), (Aside, 1), (Line, 2), (Line, 3)];
    assert_eq!(stored(&other, &talk).await, expected);
}

#[tokio::test]
async fn of_two_processes_that_saw_the_same_scene_one_answers() {
    let place = Place::new();
    let (one, other) = (place.store().await, place.store().await);
    one.migrate().await.unwrap();
    for n in 1..=20 {
        let talk = conversation(n);
        apply(&one, vec![open(&talk), say(&talk, 1)]).await;
        look(&one, &talk, 1).await;
        look(&other, &talk, 1).await;
        let (a, b) = tokio::join!(
            one.commit(vec![say(&talk, 2)]),
            other.commit(vec![say(&talk, 2)])
        );
        let mut outcomes = [a.unwrap(), b.unwrap()].concat();
        outcomes.sort_by_key(|outcome| *outcome == Outcome::Stale);
        assert_eq!(outcomes, [Outcome::Applied, Outcome::Stale]);
        assert_eq!(stored(&one, &talk).await.len(), 2);
    }
}

#[tokio::test]
async fn a_conversation_that_was_closed_in_between_is_not_answered() {
    let place = Place::new();
    let (one, other) = (place.store().await, place.store().await);
    one.migrate().await.unwrap();
    let (open_talk, closed_talk) = (conversation(1), conversation(2));
    apply(
        &one,
        vec![
            open(&open_talk),
            say(&open_talk, 1),
            open(&closed_talk),
            say(&closed_talk, 1),
        ],
    )
    .await;
    look(&one, &open_talk, 1).await;
    look(&one, &closed_talk, 1).await;
    other
        .close_conversation(closed_talk.id, now())
        .await
        .unwrap();
    let outcomes = one
        .commit(vec![say(&open_talk, 2), say(&closed_talk, 2)])
        .await
        .unwrap();
    assert_eq!(outcomes, [Outcome::Applied, Outcome::Stale]);
    assert_eq!(stored(&other, &open_talk).await.len(), 2);
    assert_eq!(stored(&other, &closed_talk).await.len(), 1);
}

#[tokio::test]
async fn what_a_process_had_in_hand_is_found_when_it_is_gone_as_it_was_sent() {
    let place = Place::new();
    let (gone, next) = (place.store().await, place.store().await);
    gone.migrate().await.unwrap();
    let talks: Vec<_> = (1..=3).map(conversation).collect();
    apply(&gone, talks.iter().map(open).collect()).await;
    let steps: Vec<_> = talks.iter().map(|talk| tell(talk, 1)).collect();
    let sent: Vec<_> = steps.iter().flat_map(|step| step.sends.clone()).collect();
    apply(&gone, steps).await;
    assert_eq!(next.outbox_depth(&[world()]).await, Ok(3));
    gone.close().await;

    let later = now() + TimeDelta::days(400_000);
    let abandoned = Abandoned {
        taken_before: later,
        due_before: later,
    };
    let taken = next
        .take_outbox(&[world()], later, Some(abandoned), 10)
        .await
        .unwrap();
    assert_eq!(taken.len(), 3);
    for row in &sent {
        let found = taken.iter().find(|t| t.envelope.id == row.envelope.id);
        assert_eq!(found, Some(row));
    }
    let ids: Vec<EventId> = taken.iter().map(|row| row.envelope.id).collect();
    next.clear_outbox(&ids).await.unwrap();
    assert_eq!(next.outbox_depth(&[world()]).await, Ok(0));
}

#[tokio::test]
async fn nothing_is_left_of_what_was_sent() {
    let place = Place::new();
    let store = place.store().await;
    store.migrate().await.unwrap();
    let talks: Vec<_> = (1..=8).map(conversation).collect();
    apply(&store, talks.iter().map(open).collect()).await;
    let steps: Vec<_> = talks.iter().map(|talk| tell(talk, 1)).collect();
    let rows: Vec<_> = steps.iter().flat_map(|step| &step.sends).collect();
    let ids: Vec<EventId> = rows.iter().map(|row| row.envelope.id).collect();
    apply(&store, steps).await;
    let (some, others) = ids.split_at(3);
    let (a, b) = tokio::join!(store.clear_outbox(some), store.clear_outbox(others));
    a.and(b).unwrap();
    let mut connection = place.connection().await;
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM outbox_bundles")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(left, 0);
}
