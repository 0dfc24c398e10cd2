//! Rules of inspection: a message with its way, and how much there is.

use super::fixture::{apply, at, comment, conversation, line, open, say, say_last, slug, talk};
use crate::inspect::{Answer, Tally};
use crate::store::Store;
use parlor_model::{Conversation, Legs, MessageId};
use std::sync::Arc;

const LEGS: Legs = Legs {
    waited: 1_500,
    loaded: 400,
    decided: 7,
    spoke: 2_000,
};

/// Legs are kept where they were measured, and the next line tells when it was answered.
pub async fn a_message_is_found_with_its_way(store: Arc<dyn Store>) {
    let chat = conversation(1);
    let mut second = say(&chat, 2);
    second.messages[0].legs = Some(LEGS);
    apply(
        &store,
        vec![open(&chat), say(&chat, 1), comment(&chat, 1), second],
    )
    .await;
    let said = |order| line(&chat, order).message;

    for within in [None, Some(chat.id)] {
        let found = store.inspect(said(1).id, within).await;
        let first = found.expect("it can be asked for").expect("it was said");
        assert_eq!((&first.message, first.legs), (&said(1), None));
        assert_eq!(first.audience, chat.participants);
        let answer = Answer {
            created_at: said(2).created_at,
            legs: Some(LEGS),
        };
        assert_eq!(first.next, Some(answer), "a comment is no answer");
        let found = store.inspect(said(2).id, within).await;
        let second = found.expect("it can be asked for").expect("it was said");
        assert_eq!((second.legs, second.next), (Some(LEGS), None));
    }
}

/// Neither one that was never said nor one of another conversation.
pub async fn a_message_that_is_not_there_is_not_found(store: Arc<dyn Store>) {
    let (chat, other) = (conversation(1), conversation(2));
    talk(&store, &chat, 1).await;
    talk(&store, &other, 1).await;
    let nobodys = MessageId::derive(chat.id.0, "nobody's");

    assert_eq!(store.inspect(nobodys, None).await, Ok(None));
    assert_eq!(store.inspect(nobodys, Some(chat.id)).await, Ok(None));
    let first = line(&chat, 1).message.id;
    assert_eq!(store.inspect(first, Some(other.id)).await, Ok(None));
}

/// By world; what is over counts among all.
pub async fn conversations_are_counted(store: Arc<dyn Store>) {
    let other = Conversation {
        world: slug("elsewhere"),
        ..conversation(3)
    };
    let (first, second) = (conversation(1), conversation(2));
    let steps = vec![
        open(&first),
        open(&second),
        open(&other),
        say_last(&first, 1),
    ];
    apply(&store, steps).await;

    let count = async |worlds: &[&str]| {
        let worlds: Vec<_> = worlds.iter().map(|world| slug(world)).collect();
        store.tally(&worlds).await.expect("it can be counted")
    };
    let tally = |active, conversations| Tally {
        active,
        conversations,
    };
    assert_eq!(count(&["friends"]).await, tally(1, 2));
    assert_eq!(count(&["friends", "elsewhere"]).await, tally(2, 3));
    assert_eq!(count(&["nowhere"]).await, tally(0, 0));
    assert_eq!(count(&[]).await, tally(0, 0));
    store
        .close_conversation(second.id, at(9))
        .await
        .expect("it can be closed");
    assert_eq!(count(&["friends"]).await, tally(0, 2));
}
