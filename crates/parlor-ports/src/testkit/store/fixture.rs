//! What the rules are shown with: conversations, lines, rows. Ids are counted, not rolled.

use crate::store::{
    After, Change, ConversationFilter, Cursor, Outcome, Page, SceneRecord, SceneRequest, Store,
};
use chrono::{DateTime, TimeDelta, Utc};
use parlor_model::{
    Clock, Conversation, ConversationId, ConversationKind, ConversationStatus, Effects, Envelope,
    EventBody, EventId, Guard, Message, MessageId, MessageKind, NewMessage, OutboxRow, Slug,
    SpeakerRole, SystemClock, envelope,
};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// No list of a rule is longer than this, so that a walk that never ends is noticed.
const ITEMS_MAX: usize = 10_000;

pub(super) fn slug(name: &str) -> Slug {
    Slug::new(name).expect("the fixture names worlds by slugs")
}

/// A fixed time, plus `micros`.
pub(super) fn at(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(1_700_000_000_000_000 + micros).expect("a time in 2023")
}

/// The machine's time, plus `seconds`.
pub(super) fn in_seconds(seconds: i64) -> DateTime<Utc> {
    SystemClock.now() + TimeDelta::seconds(seconds)
}

pub(super) fn conversation_id(n: u32) -> ConversationId {
    ConversationId(Uuid::from_u128(0xC0_0000_0000 + u128::from(n)))
}

pub(super) fn event_id(n: u32) -> EventId {
    EventId(Uuid::from_u128(0xE0_0000_0000 + u128::from(n)))
}

/// Ross and Rachel about the rain, in the world `friends`.
pub(super) fn conversation(n: u32) -> Conversation {
    Conversation {
        id: conversation_id(n),
        world: slug("friends"),
        kind: ConversationKind::Duet,
        parent_id: None,
        status: ConversationStatus::Active,
        participants: vec!["Ross".to_owned(), "Rachel".to_owned()],
        topic: Some("rain".to_owned()),
        exchanges: 0,
        carried: 0,
        created_at: at(i64::from(n)),
        ended_at: None,
    }
}

/// The `order`-th line, by the participants in turn, heard by both.
pub(super) fn line(conversation: &Conversation, order: u32) -> NewMessage {
    let count = conversation.participants.len().max(1);
    let speaker = usize::try_from(order.saturating_sub(1)).unwrap_or(0) % count;
    let from = conversation.participants[speaker].clone();
    NewMessage {
        message: Message {
            id: MessageId::derive(conversation.id.0, &format!("line {order}")),
            conversation_id: conversation.id,
            parent_id: conversation.parent_id,
            conversation_kind: conversation.kind,
            order,
            to: conversation.others(&from),
            text: format!("{from} says line {order}"),
            from,
            kind: MessageKind::Line,
            role: SpeakerRole::Ai,
            sentiment: -0.25,
            heard_from: Vec::new(),
            fallback: false,
            created_at: at(i64::from(order) * 1_000),
        },
        audience: conversation.participants.clone(),
        legs: None,
    }
}

/// Chandler's `n`-th comment, not numbered yet, heard by all.
pub(super) fn aside(conversation: &Conversation, n: u32) -> NewMessage {
    let mut new = line(conversation, 1);
    new.message.id = MessageId::derive(conversation.id.0, &format!("aside {n}"));
    new.message.order = 0;
    new.message.from = "Chandler".to_owned();
    new.message.to = Vec::new();
    new.message.text = format!("comment {n}");
    new.message.kind = MessageKind::Aside;
    new.audience.push("Chandler".to_owned());
    new
}

/// Opens the conversation, if it is new.
pub(super) fn open(conversation: &Conversation) -> Effects {
    Effects {
        guard: Guard::Open,
        opened: vec![conversation.clone()],
        ..Effects::none(EventId::derive(conversation.id.0, "open"))
    }
}

/// Says the `order`-th line, if it is its turn.
pub(super) fn say(conversation: &Conversation, order: u32) -> Effects {
    Effects {
        guard: Guard::Advance {
            conversation: conversation.id,
            exchanges: conversation.carried + order - 1,
            close_at: None,
        },
        messages: vec![line(conversation, order)],
        ..Effects::none(EventId::derive(conversation.id.0, &format!("say {order}")))
    }
}

/// Says the `order`-th line and closes.
pub(super) fn say_last(conversation: &Conversation, order: u32) -> Effects {
    let mut effects = say(conversation, order);
    if let Guard::Advance { close_at, .. } = &mut effects.guard {
        *close_at = Some(at(i64::from(order) * 1_000));
    }
    effects
}

/// Makes Chandler's `n`-th comment.
pub(super) fn comment(conversation: &Conversation, n: u32) -> Effects {
    Effects {
        guard: Guard::Aside {
            conversation: conversation.id,
        },
        messages: vec![aside(conversation, n)],
        ..Effects::none(EventId::derive(conversation.id.0, &format!("comment {n}")))
    }
}

/// Puts these rows into the outbox.
pub(super) fn sending(rows: Vec<OutboxRow>) -> Effects {
    Effects {
        sends: rows,
        ..Effects::none(event_id(0))
    }
}

/// Clears these rows.
pub(super) fn clearing(ids: &[u32]) -> Effects {
    Effects {
        clears: ids.iter().map(|n| event_id(*n)).collect(),
        ..Effects::none(event_id(0))
    }
}

/// A row of `friends`: a line for Rachel in the envelope `event_id(n)`.
pub(super) fn row(n: u32, due_at: DateTime<Utc>, parked: bool) -> OutboxRow {
    let conversation = conversation(n);
    let id = event_id(n);
    OutboxRow {
        inbox: "q-Rachel".to_owned(),
        envelope: Arc::new(Envelope {
            id,
            world: conversation.world.clone(),
            conversation: conversation.id,
            recipient: slug("rachel"),
            time: at(7),
            traceparent: envelope::traceparent(conversation.id.0, id),
            body: EventBody::Said(line(&conversation, 1).message),
        }),
        due_at,
        parked,
    }
}

/// The same row in another world.
pub(super) fn row_of(world: &str, row: &OutboxRow) -> OutboxRow {
    let envelope = Envelope {
        world: slug(world),
        ..(*row.envelope).clone()
    };
    OutboxRow {
        envelope: Arc::new(envelope),
        ..row.clone()
    }
}

/// Commits, and gives what became of each step.
pub(super) async fn commit(store: &Arc<dyn Store>, steps: Vec<Effects>) -> Vec<Outcome> {
    let count = steps.len();
    let outcomes = store.commit(steps).await.expect("a commit without a fault");
    assert_eq!(outcomes.len(), count, "one outcome per step");
    outcomes
}

/// Commits one step.
pub(super) async fn commit_one(store: &Arc<dyn Store>, step: Effects) -> Outcome {
    commit(store, vec![step]).await.remove(0)
}

/// Commits steps that must all apply.
pub(super) async fn apply(store: &Arc<dyn Store>, steps: Vec<Effects>) {
    for (n, outcome) in commit(store, steps).await.into_iter().enumerate() {
        assert_eq!(outcome, Outcome::Applied, "step {n} of the batch");
    }
}

/// Opens a conversation and says lines `1..=lines`.
pub(super) async fn talk(store: &Arc<dyn Store>, conversation: &Conversation, lines: u32) {
    let mut steps = vec![open(conversation)];
    steps.extend((1..=lines).map(|order| say(conversation, order)));
    apply(store, steps).await;
}

/// A conversation that must be there.
pub(super) async fn stored(store: &Arc<dyn Store>, id: ConversationId) -> Conversation {
    store
        .conversation(id)
        .await
        .expect("a read without a fault")
        .expect("it was opened")
}

/// All messages of a conversation.
pub(super) async fn all_messages(store: &Arc<dyn Store>, id: ConversationId) -> Vec<Message> {
    walk(async |after| {
        store
            .messages(id, after.map_or(After::Start, After::Cursor), 100)
            .await
    })
    .await
}

/// All conversations, newest first.
pub(super) async fn all_conversations(
    store: &Arc<dyn Store>,
    filter: &ConversationFilter,
) -> Vec<Conversation> {
    walk(async |after| store.conversations(filter, after, 100).await).await
}

/// Goes from page to page to the end, each cursor by way of its text form.
pub(super) async fn walk<T>(
    page: impl AsyncFn(Option<Cursor>) -> crate::PortResult<Page<T>>,
) -> Vec<T> {
    let mut items = Vec::new();
    let mut after = None;
    loop {
        let part = page(after).await.expect("a read without a fault");
        items.extend(part.items);
        assert!(items.len() <= ITEMS_MAX, "the pages never end");
        let Some(next) = part.next else { return items };
        let text = next.to_string();
        after = Some(
            text.parse::<Cursor>()
                .expect("a cursor survives its text form"),
        );
        assert_eq!(after, Some(next), "a cursor survives its text form");
    }
}

/// One scene.
pub(super) async fn scene(
    store: &Arc<dyn Store>,
    conversation: &Conversation,
    message: Option<MessageId>,
    viewer: &str,
    window: u32,
) -> SceneRecord {
    let request = SceneRequest {
        conversation: conversation.id,
        message,
        viewer: viewer.to_owned(),
        window,
        recall: 0,
    };
    let mut scenes = store
        .scenes(&[request])
        .await
        .expect("a read without a fault");
    assert_eq!(scenes.len(), 1, "one scene per request");
    scenes.remove(0).expect("the conversation was opened")
}

/// Texts, in order.
pub(super) fn texts(messages: &[Message]) -> Vec<&str> {
    messages
        .iter()
        .map(|message| message.text.as_str())
        .collect()
}

/// Waits until the log after `after` holds `count` changes, and gives them. A store may show a
/// change a little after its commit (when an older transaction is still running somewhere).
pub(super) async fn log(store: &Arc<dyn Store>, after: Cursor, count: usize) -> Vec<Change> {
    let mut commits = store.commits();
    loop {
        commits.borrow_and_update();
        let changes = store
            .changes(after, 1_000)
            .await
            .expect("a read without a fault");
        assert!(
            changes.len() <= count,
            "expected {count} changes, got {changes:#?}"
        );
        if changes.len() == count {
            return changes;
        }
        // Either a commit of this process, or time, can make more visible; the deadline of the
        // rule bounds the loop.
        let _ = tokio::time::timeout(Duration::from_millis(20), commits.changed()).await;
    }
}
