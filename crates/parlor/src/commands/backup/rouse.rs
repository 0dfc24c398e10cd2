//! After a restore the store is of another moment than the bus: what was on its way then is gone, or is of
//! a time that never was. So every conversation that was going on gets its next event put into the outbox
//! again, as the same event; where it comes twice, the second one does nothing.

use parlor_engine::Engine;
use parlor_model::{
    Clock, Conversation, ConversationStatus, Effects, Envelope, MessageKind, OutboxRow, World,
};
use parlor_ports::store::{After, ConversationFilter, Library, Store};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// Read in one go.
const PAGE: u32 = 500;
/// How many conversations a side thread may be away from the one that began it all.
const PARENTS_MAX: usize = 64;

/// Rouses the conversations of a world; how many.
pub(super) async fn world(
    store: &dyn Store,
    world: &Arc<World>,
    clock: &dyn Clock,
) -> anyhow::Result<u64> {
    let engine = Engine::new(world.clone(), 0, Duration::ZERO)?;
    let filter = ConversationFilter {
        world: Some(world.name.clone()),
        status: Some(ConversationStatus::Active),
        ..ConversationFilter::default()
    };
    let (mut after, mut roused) = (None, 0);
    loop {
        let page = store.conversations(&filter, after, PAGE).await?;
        let mut batch = Vec::new();
        for conversation in page.items {
            if let Some(mut row) = next_event(store, &engine, world, conversation).await? {
                row.parked = true;
                row.due_at = clock.now();
                let mut effects = Effects::none(row.envelope.id);
                effects.sends.push(row);
                batch.push(effects);
            }
        }
        roused += u64::try_from(batch.len()).unwrap_or(u64::MAX);
        store.commit(batch).await?;
        after = page.next;
        if after.is_none() {
            return Ok(roused);
        }
    }
}

/// What the conversation waits for: that its first speaker begins, or that the last line is heard.
async fn next_event(
    store: &dyn Store,
    engine: &Engine,
    world: &World,
    conversation: Conversation,
) -> anyhow::Result<Option<OutboxRow>> {
    let trace = beginning(store, &conversation).await?;
    let mut last = None;
    let mut after = After::Start;
    loop {
        let page = store.messages(conversation.id, after, PAGE).await?;
        let mut lines = page.items.into_iter();
        last = lines
            .rfind(|message| message.kind == MessageKind::Line)
            .or(last);
        match page.next {
            Some(cursor) => after = After::Cursor(cursor),
            None => break,
        }
    }
    let Some(last) = last else {
        let opening = engine.reopen(conversation, None);
        return Ok(opening.and_then(|effects| effects.sends.into_iter().next()));
    };
    let Some(hearer) = last.to.first().and_then(|name| world.named(name)) else {
        return Ok(None);
    };
    let envelope = Envelope::said(&world.name, &last, &hearer.slug, trace);
    Ok(Some(OutboxRow {
        inbox: world.inbox_of(hearer),
        due_at: last.created_at,
        envelope: Arc::new(envelope),
        parked: true,
    }))
}

/// The conversation that began it all: its id is the trace's.
async fn beginning(store: &dyn Store, conversation: &Conversation) -> anyhow::Result<Uuid> {
    let (mut id, mut parent) = (conversation.id, conversation.parent_id);
    for _ in 0..PARENTS_MAX {
        let Some(above) = parent else { break };
        id = above;
        parent = Library::conversation(store, above)
            .await?
            .and_then(|above| above.parent_id);
    }
    Ok(id.0)
}
