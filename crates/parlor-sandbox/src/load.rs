//! Opens many conversations at one moment, and waits for their end.

use anyhow::{Context, bail};
use parlor_engine::Engine;
use parlor_engine::opening::Wish;
use parlor_model::{Clock, ConversationStatus, Dice, Effects, MessageKind, OutboxRow, Slug};
use parlor_ports::bus::{Bus, Outgoing};
use parlor_ports::store::{ConversationFilter, Cursor, Outcome, Store};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Openings written in one transaction.
const COMMIT_MAX: usize = 1_000;
/// Items of one page.
const PAGE: u32 = 1_000;

/// Conversations that are in the store, and whose first speakers have not been asked yet.
pub struct Openings {
    rows: Vec<OutboxRow>,
}

/// What a world's store holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Conversations, side threads among them.
    pub conversations: u64,
    /// Of these, not closed.
    pub active: u64,
    /// Lines that the conversations count for themselves (exchanges less those carried over).
    pub lines_counted: u64,
    /// Lines stored.
    pub lines: u64,
    /// Asides stored.
    pub asides: u64,
}

impl Counts {
    /// Everything said.
    #[must_use]
    pub fn messages(&self) -> u64 {
        self.lines + self.asides
    }
}

impl Openings {
    /// Opens `n` conversations in the store, as a director would. `salt` makes them others than
    /// those of another load. With `parked` a server's relay finds the cues in the outbox; without,
    /// they wait for [`Openings::release`].
    ///
    /// # Errors
    /// The store is away, or holds one of them already.
    pub async fn write(
        engine: &Engine,
        store: &dyn Store,
        clock: &dyn Clock,
        n: usize,
        salt: Uuid,
        parked: bool,
    ) -> anyhow::Result<Self> {
        let mut rows = Vec::with_capacity(n);
        let mut batch = Vec::with_capacity(COMMIT_MAX);
        for i in 0..n {
            let key = Uuid::new_v5(&salt, &i.to_le_bytes());
            let mut effects = engine.open(Wish::default(), key, clock.now())?.effects;
            for row in &mut effects.sends {
                row.parked = parked;
                rows.push(row.clone());
            }
            batch.push(effects);
            if batch.len() == COMMIT_MAX {
                commit(store, std::mem::take(&mut batch)).await?;
            }
        }
        commit(store, batch).await?;
        Ok(Self { rows })
    }

    /// Asks all first speakers to begin.
    ///
    /// # Errors
    /// The bus did not take one.
    pub async fn release(&self, bus: &dyn Bus) -> anyhow::Result<()> {
        let all: Vec<_> = self
            .rows
            .iter()
            .map(|row| Outgoing {
                inbox: row.inbox.clone(),
                envelope: row.envelope.clone(),
            })
            .collect();
        for result in bus.publish(&all).await {
            result?;
        }
        Ok(())
    }

    /// Clears their rows, as the sender does; a relay would send them again some seconds later.
    /// Not for a bus that keeps nothing: there the row is cleared when its delivery is settled.
    ///
    /// # Errors
    /// The store is away.
    pub async fn clear(&self, store: &dyn Store) -> anyhow::Result<()> {
        let ids: Vec<_> = self.rows.iter().map(|row| row.envelope.id).collect();
        Ok(store.clear_outbox(&ids).await?)
    }
}

async fn commit(store: &dyn Store, batch: Vec<Effects>) -> anyhow::Result<()> {
    if store.commit(batch).await?.contains(&Outcome::Stale) {
        bail!("some of the conversations exist already: use another salt");
    }
    Ok(())
}

/// Waits until no conversation of the world is active; looks every `every`. Gives how long it took.
///
/// # Errors
/// Some are still active after `patience`.
pub async fn until_closed(
    store: &dyn Store,
    world: &Slug,
    every: Duration,
    patience: Duration,
) -> anyhow::Result<Duration> {
    let active = ConversationFilter {
        world: Some(world.clone()),
        status: Some(ConversationStatus::Active),
        ..ConversationFilter::default()
    };
    let started = Instant::now();
    while started.elapsed() < patience {
        if store
            .conversations(&active, None, 1)
            .await?
            .items
            .is_empty()
        {
            return Ok(started.elapsed());
        }
        tokio::time::sleep(every).await;
    }
    bail!("some conversations of '{world}' have not come to their end within {patience:?}")
}

/// Waits until nothing of the world waits in the outbox: asides that are on their way when the last
/// conversation closes are handled after it.
///
/// # Errors
/// Something is left after `patience`.
pub async fn until_sent(store: &dyn Store, world: &Slug, patience: Duration) -> anyhow::Result<()> {
    let started = Instant::now();
    let worlds = [world.clone()];
    let mut left = 0;
    while started.elapsed() < patience {
        left = store.outbox_depth(&worlds).await?;
        if left == 0 {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    bail!("{left} rows of '{world}' are still in the outbox after {patience:?}")
}

/// Counts what is stored, page by page, as a reader would.
///
/// # Errors
/// The store is away.
pub async fn count(store: &dyn Store, world: &Slug) -> anyhow::Result<Counts> {
    let mut counts = Counts::default();
    let filter = ConversationFilter {
        world: Some(world.clone()),
        ..ConversationFilter::default()
    };
    let mut after: Option<Cursor> = None;
    loop {
        let page = store.conversations(&filter, after, PAGE).await?;
        for conversation in &page.items {
            counts.conversations += 1;
            counts.active += u64::from(conversation.is_active());
            counts.lines_counted += u64::from(conversation.lines());
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    loop {
        let page = store.world_messages(world, after, PAGE).await?;
        for message in &page.items {
            match message.kind {
                MessageKind::Aside => counts.asides += 1,
                MessageKind::Line | MessageKind::Scene => counts.lines += 1,
            }
        }
        after = page.next;
        if after.is_none() {
            return Ok(counts);
        }
    }
}

/// Checks that every conversation has ended and that every line is stored once.
///
/// # Errors
/// What is missing or too much.
pub fn check(counts: &Counts) -> anyhow::Result<()> {
    if counts.active > 0 {
        bail!("{} conversations have not ended: {counts:?}", counts.active);
    }
    if counts.lines != counts.lines_counted {
        bail!(
            "{} lines are stored, but the conversations count {}",
            counts.lines,
            counts.lines_counted
        );
    }
    Ok(())
}

/// A salt that no other run of this machine has: from the clock and the process.
///
/// # Errors
/// Never in practice: the year is past 1970.
pub fn salt(clock: &dyn Clock) -> anyhow::Result<Uuid> {
    let moment = clock.now().timestamp_micros();
    let moment = u64::try_from(moment).context("the clock stands before 1970")?;
    let mut roll = Dice::new(moment, Uuid::from_u128(u128::from(std::process::id()))).roll("salt");
    Ok(Uuid::from_u64_pair(roll.bits(), roll.bits()))
}
