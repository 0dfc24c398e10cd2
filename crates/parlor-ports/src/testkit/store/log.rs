//! Rules of the log of changes.

use super::fixture::{
    apply, at, comment, commit, commit_one, conversation, line, log, open, say, say_last, slug,
    talk,
};
use crate::store::{Change, Cursor, Happening, Outcome, Store};
use parlor_model::{Conversation, ConversationStatus, Effects, MessageId};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

fn what(changes: &[Change]) -> Vec<String> {
    changes
        .iter()
        .map(|change| match &change.what {
            Happening::Message(message) => message.text.clone(),
            Happening::Opened(_) => "opened".to_owned(),
            Happening::Closed(_) => "closed".to_owned(),
            Happening::Paused(paused) => format!("paused {paused}"),
            Happening::Paced(pace) => format!("paced {pace}"),
            Happening::Moved(made) => format!("moved {}", made.id),
        })
        .collect()
}

/// Opened before its messages, closed after them, comments among them; the world is named.
pub async fn the_log_holds_every_change_in_order(store: Arc<dyn Store>) {
    let chat = conversation(1);
    apply(
        &store,
        vec![
            open(&chat),
            say(&chat, 1),
            comment(&chat, 1),
            say_last(&chat, 2),
        ],
    )
    .await;

    let changes = log(&store, Cursor::START, 5).await;

    assert_eq!(
        what(&changes),
        [
            "opened",
            "Ross says line 1",
            "comment 1",
            "Rachel says line 2",
            "closed"
        ]
    );
    assert!(
        changes.windows(2).all(|two| two[0].cursor < two[1].cursor),
        "{changes:?}"
    );
    assert!(
        changes
            .iter()
            .all(|c| c.cursor > Cursor::START && c.world == chat.world)
    );
    assert!(
        changes
            .iter()
            .all(|c| c.what.conversation() == Some(chat.id))
    );
    assert_eq!(changes[1].what, Happening::Message(line(&chat, 1).message));
    let Happening::Message(comment) = &changes[2].what else {
        panic!("a comment is a message")
    };
    assert_eq!(
        comment.order, 1,
        "the log has the number that the store gave"
    );
}

/// A side thread may begin with the last exchange: it comes into being closed.
pub async fn the_log_opens_and_closes_a_talk_of_one_line(store: Arc<dyn Store>) {
    let chat = Conversation {
        status: ConversationStatus::Closed,
        ended_at: Some(at(7)),
        ..conversation(1)
    };
    let only = Effects {
        messages: vec![line(&chat, 1)],
        ..open(&chat)
    };
    apply(&store, vec![only.clone()]).await;
    assert_eq!(commit_one(&store, only).await, Outcome::Stale);

    let changes = log(&store, Cursor::START, 3).await;
    assert_eq!(what(&changes), ["opened", "Ross says line 1", "closed"]);
    let Happening::Opened(then) = &changes[0].what else {
        panic!("it was opened first")
    };
    assert!(then.is_active(), "as it was then: {then:?}");
    assert_eq!(changes[2].what, Happening::Closed(chat));
}

/// What was not written did not happen.
pub async fn the_log_holds_nothing_of_what_was_stale(store: Arc<dyn Store>) {
    let chat = conversation(1);
    talk(&store, &chat, 1).await;
    commit(&store, vec![open(&chat), say(&chat, 1), say_last(&chat, 5)]).await;
    apply(&store, vec![say(&chat, 2)]).await;
    let changes = log(&store, Cursor::START, 3).await;
    assert_eq!(
        what(&changes),
        ["opened", "Ross says line 1", "Rachel says line 2"]
    );
}

/// Following change by change gives the same as reading at once; the last one is the latest.
pub async fn the_log_page_by_page_is_all_of_it(store: Arc<dyn Store>) {
    assert_eq!(store.latest_change().await, Ok(Cursor::START));
    assert_eq!(store.changes(Cursor::START, 10).await, Ok(Vec::new()));
    talk(&store, &conversation(1), 4).await;
    store
        .set_paused(&slug("friends"), true, at(1))
        .await
        .expect("it can be paused");
    talk(&store, &conversation(2), 4).await;
    let whole = log(&store, Cursor::START, 11).await;

    for limit in [1, 2, 5] {
        let (mut walked, mut after) = (Vec::new(), Cursor::START);
        loop {
            let part = store
                .changes(after, limit)
                .await
                .expect("a read without a fault");
            assert!(part.len() <= limit as usize && walked.len() <= whole.len());
            let Some(last) = part.last() else { break };
            after = last.cursor;
            walked.extend(part);
        }
        assert_eq!(walked, whole, "in parts of {limit}");
    }
    assert_eq!(store.latest_change().await, Ok(whole[10].cursor));
}

/// An opened conversation is shown as it was when it was opened, whatever came later.
pub async fn the_log_shows_a_conversation_as_it_was_then(store: Arc<dyn Store>) {
    let mut chat = conversation(1);
    (chat.carried, chat.exchanges) = (2, 2);
    apply(&store, vec![open(&chat), say(&chat, 1), say_last(&chat, 2)]).await;

    let changes = log(&store, Cursor::START, 4).await;

    assert_eq!(changes[0].what, Happening::Opened(chat.clone()));
    let closed = Conversation {
        status: ConversationStatus::Closed,
        exchanges: 4,
        ended_at: Some(at(2_000)),
        ..chat
    };
    assert_eq!(changes[3].what, Happening::Closed(closed));
}

const WRITERS: u32 = 8;
const BATCHES: u32 = 12;
const LINES_EACH: u32 = 5;

/// A reader that follows while eight write sees every change exactly once, in order.
pub async fn the_log_is_complete_with_many_writers(store: Arc<dyn Store>) {
    let expected = (WRITERS * (1 + BATCHES * LINES_EACH)) as usize;
    let reader = tokio::spawn(follow(Arc::clone(&store), expected));
    let writers = (1..=WRITERS).map(|n| tokio::spawn(chatter(Arc::clone(&store), n)));
    for writer in futures::future::join_all(writers).await {
        writer.expect("every writer writes to its end");
    }
    let seen = reader.await.expect("the reader sees all");

    assert!(
        seen.windows(2).all(|two| two[0].cursor < two[1].cursor),
        "in the order of the cursors"
    );
    let ids: HashSet<MessageId> = seen
        .iter()
        .filter_map(|c| {
            if let Happening::Message(m) = &c.what {
                Some(m.id)
            } else {
                None
            }
        })
        .collect();
    assert_eq!(ids.len(), expected - WRITERS as usize, "each message once");
    for n in 1..=WRITERS {
        let said: Vec<_> = seen
            .iter()
            .filter_map(|c| {
                if let Happening::Message(m) = &c.what {
                    Some(m)
                } else {
                    None
                }
            })
            .filter(|m| m.conversation_id == conversation(n).id)
            .map(|m| m.order)
            .collect();
        assert_eq!(
            said,
            (1..=BATCHES * LINES_EACH).collect::<Vec<_>>(),
            "writer {n}"
        );
    }
}

async fn chatter(store: Arc<dyn Store>, n: u32) {
    let chat = conversation(n);
    apply(&store, vec![open(&chat)]).await;
    for batch in 0..BATCHES {
        let first = batch * LINES_EACH + 1;
        apply(
            &store,
            (first..first + LINES_EACH)
                .map(|order| say(&chat, order))
                .collect(),
        )
        .await;
    }
}

async fn follow(store: Arc<dyn Store>, expected: usize) -> Vec<Change> {
    let mut commits = store.commits();
    let mut seen: Vec<Change> = Vec::new();
    while seen.len() < expected {
        commits.borrow_and_update();
        let after = seen.last().map_or(Cursor::START, |change| change.cursor);
        let part = store
            .changes(after, 7)
            .await
            .expect("a read without a fault");
        if part.is_empty() {
            let _ = tokio::time::timeout(Duration::from_millis(20), commits.changed()).await;
        }
        seen.extend(part);
    }
    seen
}

/// A live view is woken by a commit of its own process.
pub async fn commits_are_noticed(store: Arc<dyn Store>) {
    let mut commits = store.commits();
    commits.borrow_and_update();
    apply(&store, vec![open(&conversation(1))]).await;
    commits.changed().await.expect("a commit is noticed");

    commits.borrow_and_update();
    store
        .set_paused(&slug("friends"), true, at(1))
        .await
        .expect("it can be paused");
    commits.changed().await.expect("a pause is noticed");

    commits.borrow_and_update();
    store
        .close_conversation(conversation(1).id, at(2))
        .await
        .expect("it can be closed");
    commits.changed().await.expect("a closing is noticed");
}
