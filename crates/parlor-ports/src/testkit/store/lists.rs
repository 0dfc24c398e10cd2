//! Rules of the library: lists, pages, filters.

use super::fixture::{
    all_conversations, all_messages, apply, comment, conversation, line, open, say, say_last, slug,
    talk, texts, walk,
};
use crate::store::{After, ConversationFilter, Page, Store};
use parlor_model::{Conversation, ConversationKind, ConversationStatus};
use std::sync::Arc;

/// The one opened last comes first.
pub async fn conversations_are_listed_newest_first(store: Arc<dyn Store>) {
    for n in 1..=3 {
        apply(&store, vec![open(&conversation(n))]).await;
    }
    let listed = all_conversations(&store, &ConversationFilter::default()).await;
    assert_eq!(listed, [conversation(3), conversation(2), conversation(1)]);
}

/// Two worlds; duets, one of them closed; side threads of the first.
async fn mixed(store: &Arc<dyn Store>) -> [Conversation; 5] {
    let side = |n, parent: &Conversation| Conversation {
        kind: ConversationKind::Side,
        parent_id: Some(parent.id),
        ..conversation(n)
    };
    let first = conversation(1);
    let other = Conversation {
        world: slug("elsewhere"),
        ..conversation(2)
    };
    let all = [
        first.clone(),
        other,
        conversation(3),
        side(4, &first),
        side(5, &first),
    ];
    apply(store, all.iter().map(open).collect()).await;
    apply(store, vec![say_last(&all[2], 1), say_last(&all[4], 1)]).await;
    all
}

/// By world, status, kind, parent, and several of them together.
pub async fn conversations_are_filtered(store: Arc<dyn Store>) {
    let all = mixed(&store).await;
    let any = ConversationFilter::default;
    let friends = Some(slug("friends"));
    let (closed, side) = (
        Some(ConversationStatus::Closed),
        Some(ConversationKind::Side),
    );
    let cases = [
        (
            ConversationFilter {
                world: friends.clone(),
                ..any()
            },
            &[5, 4, 3, 1][..],
        ),
        (
            ConversationFilter {
                world: Some(slug("nowhere")),
                ..any()
            },
            &[],
        ),
        (
            ConversationFilter {
                status: closed,
                ..any()
            },
            &[5, 3],
        ),
        (
            ConversationFilter {
                status: Some(ConversationStatus::Active),
                ..any()
            },
            &[4, 2, 1],
        ),
        (
            ConversationFilter {
                kind: side,
                ..any()
            },
            &[5, 4],
        ),
        (
            ConversationFilter {
                parent: Some(all[0].id),
                ..any()
            },
            &[5, 4],
        ),
        (
            ConversationFilter {
                parent: Some(all[1].id),
                ..any()
            },
            &[],
        ),
        (
            ConversationFilter {
                world: friends,
                status: closed,
                kind: side,
                parent: Some(all[0].id),
                ..any()
            },
            &[5],
        ),
    ];
    for (filter, expected) in cases {
        let got: Vec<_> = all_conversations(&store, &filter)
            .await
            .into_iter()
            .map(|c| c.id)
            .collect();
        let expected: Vec<_> = expected.iter().map(|n| all[n - 1].id).collect();
        assert_eq!(got, expected, "{filter:?}");
    }
}

/// By display name, in any of several worlds; an empty list of worlds has no conversations.
pub async fn conversations_are_filtered_by_who_takes_part(store: Arc<dyn Store>) {
    let of = |n, names: [&str; 2], world: &str| Conversation {
        world: slug(world),
        participants: names.map(str::to_owned).to_vec(),
        ..conversation(n)
    };
    let all = [
        of(1, ["Ross", "Rachel"], "friends"),
        of(2, ["Joey", "Ross"], "friends"),
        of(3, ["Rossi", "Joey"], "friends"),
        of(4, ["Ross", "Joey"], "elsewhere"),
        of(5, ["Ross", "Ann"], "beyond"),
    ];
    apply(&store, all.iter().map(open).collect()).await;
    let filter = |name: Option<&str>, worlds: &[&str]| ConversationFilter {
        participant: name.map(str::to_owned),
        among: Some(worlds.iter().map(|world| slug(world)).collect()),
        ..Default::default()
    };
    let both = &["friends", "elsewhere"];
    for (filter, expected) in [
        (filter(Some("Ross"), both), &[4, 2, 1][..]),
        (filter(Some("Ross"), &["friends"]), &[2, 1]),
        (filter(Some("ross"), both), &[]),
        (filter(Some("Joey\nRoss"), both), &[]),
        (filter(Some("%"), both), &[]),
        (filter(None, both), &[4, 3, 2, 1]),
        (filter(None, &[]), &[]),
    ] {
        let expected: Vec<Conversation> = expected.iter().map(|n| all[n - 1].clone()).collect();
        let listed = all_conversations(&store, &filter).await;
        assert_eq!(listed, expected, "{filter:?}");
        let single = walk(async |after| store.conversations(&filter, after, 1).await).await;
        assert_eq!(single, expected, "page by page: {filter:?}");
    }
}

/// Pages of one give what pages of a hundred give, also for those opened at the same moment.
pub async fn conversations_page_by_page_are_all_of_them(store: Arc<dyn Store>) {
    let same = |n| Conversation {
        created_at: super::fixture::at(0),
        ..conversation(n)
    };
    apply(&store, (1..=7).map(|n| open(&same(n))).collect()).await;
    for filter in [
        ConversationFilter::default(),
        ConversationFilter {
            world: Some(slug("friends")),
            ..Default::default()
        },
    ] {
        let whole = all_conversations(&store, &filter).await;
        let single = walk(async |after| store.conversations(&filter, after, 1).await).await;
        let triple = walk(async |after| store.conversations(&filter, after, 3).await).await;
        assert_eq!(whole.len(), 7);
        assert_eq!((&single, &triple), (&whole, &whole));
    }
}

/// Pages of one give what pages of a hundred give; the last page says that it is the last.
pub async fn messages_page_by_page_are_all_of_them(store: Arc<dyn Store>) {
    let chat = conversation(1);
    talk(&store, &chat, 3).await;
    talk(&store, &conversation(2), 2).await;
    apply(
        &store,
        vec![comment(&chat, 1), say(&chat, 4), comment(&chat, 2)],
    )
    .await;

    let whole = all_messages(&store, chat.id).await;

    assert_eq!(
        texts(&whole),
        [
            "Ross says line 1",
            "Rachel says line 2",
            "Ross says line 3",
            "comment 1",
            "Rachel says line 4",
            "comment 2"
        ]
    );
    for limit in [1, 2, 6] {
        let walked = walk(async |after| {
            store
                .messages(chat.id, after.map_or(After::Start, After::Cursor), limit)
                .await
        })
        .await;
        assert_eq!(walked, whole, "in pages of {limit}");
    }
    let exact = store
        .messages(chat.id, After::Start, 6)
        .await
        .expect("a read without a fault");
    assert_eq!(exact.next, None, "there is nothing after the last message");
}

/// A client that knows lines up to some order gets the rest.
pub async fn messages_go_on_after_an_order(store: Arc<dyn Store>) {
    let chat = conversation(1);
    apply(
        &store,
        vec![
            open(&chat),
            say(&chat, 1),
            comment(&chat, 1),
            comment(&chat, 2),
            say(&chat, 2),
            say(&chat, 3),
        ],
    )
    .await;
    let after = async |order| {
        let page = store
            .messages(chat.id, After::Order(order), 100)
            .await
            .expect("a read without a fault");
        page.items
    };

    assert_eq!(after(0).await, all_messages(&store, chat.id).await);
    assert_eq!(
        texts(&after(1).await),
        [
            "comment 1",
            "comment 2",
            "Rachel says line 2",
            "Ross says line 3"
        ]
    );
    assert_eq!(
        texts(&after(2).await),
        ["Ross says line 3"],
        "an aside of that order is not the line"
    );
    assert_eq!(after(3).await, []);
    assert_eq!(after(99).await, []);
}

/// A client that knows a message gets what came after it.
pub async fn messages_go_on_after_a_message(store: Arc<dyn Store>) {
    let (chat, other) = (conversation(1), conversation(2));
    talk(&store, &other, 1).await;
    apply(
        &store,
        vec![open(&chat), say(&chat, 1), comment(&chat, 1), say(&chat, 2)],
    )
    .await;
    let after = async |id| {
        let page = store
            .messages(chat.id, After::Message(id), 100)
            .await
            .expect("a read without a fault");
        page.items.len()
    };

    assert_eq!(after(line(&chat, 1).message.id).await, 2);
    assert_eq!(after(super::fixture::aside(&chat, 1).message.id).await, 1);
    assert_eq!(after(line(&chat, 2).message.id).await, 0);
    assert_eq!(
        after(line(&other, 1).message.id).await,
        3,
        "not in this conversation: from the beginning"
    );

    let page = store
        .messages(chat.id, After::Message(line(&chat, 1).message.id), 1)
        .await
        .expect("a read without a fault");
    let next = page.next.expect("line 2 is still to come");
    let rest = store
        .messages(chat.id, After::Cursor(next), 1)
        .await
        .expect("a read without a fault");
    assert_eq!(
        rest,
        Page {
            items: vec![line(&chat, 2).message],
            next: None
        }
    );
}

/// All that was said in a world, newest first, side threads too; nothing of other worlds.
pub async fn world_messages_are_listed_newest_first(store: Arc<dyn Store>) {
    let (one, two) = (conversation(1), conversation(2));
    let far = Conversation {
        world: slug("elsewhere"),
        ..conversation(3)
    };
    apply(&store, vec![open(&one), open(&two), open(&far)]).await;
    apply(
        &store,
        vec![
            say(&one, 1),
            say(&far, 1),
            say(&two, 1),
            comment(&one, 1),
            say(&one, 2),
        ],
    )
    .await;
    let friends = slug("friends");

    let whole = walk(async |after| store.world_messages(&friends, after, 100).await).await;
    let single = walk(async |after| store.world_messages(&friends, after, 1).await).await;

    let ids: Vec<_> = whole.iter().map(|m| m.id).collect();
    let expected = [
        line(&one, 2),
        super::fixture::aside(&one, 1),
        line(&two, 1),
        line(&one, 1),
    ];
    assert_eq!(ids, expected.map(|new| new.message.id));
    assert_eq!(single, whole);
    assert_eq!(
        store.world_messages(&slug("nowhere"), None, 9).await,
        Ok(Page {
            items: vec![],
            next: None
        })
    );
}

/// Unknown is not an error.
pub async fn an_unknown_conversation_has_nothing(store: Arc<dyn Store>) {
    let id = conversation(1).id;
    assert_eq!(store.conversation(id).await, Ok(None));
    for after in [
        After::Start,
        After::Order(1),
        After::Message(line(&conversation(1), 1).message.id),
    ] {
        assert_eq!(
            store.messages(id, after, 9).await,
            Ok(Page {
                items: vec![],
                next: None
            })
        );
    }
    assert_eq!(
        store.close_conversation(id, super::fixture::at(1)).await,
        Ok(None)
    );
}
