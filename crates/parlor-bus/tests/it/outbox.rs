//! An outbox in memory: just what the embedded bus asks of a store.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use parlor_model::{EventId, OutboxRow, Slug};
use parlor_ports::bus::DeadLetter;
use parlor_ports::store::{Abandoned, OutboxStore};
use parlor_ports::{PortError, PortResult};
use std::sync::atomic::{AtomicBool, Ordering};

#[derive(Default)]
pub(crate) struct MemoryOutbox {
    parked: Mutex<Vec<OutboxRow>>,
    dead: Mutex<Vec<(DeadLetter, Option<OutboxRow>)>>,
    away: AtomicBool,
}

impl MemoryOutbox {
    /// From now on every call fails, or works again.
    pub(crate) fn set_away(&self, away: bool) {
        self.away.store(away, Ordering::SeqCst);
    }

    fn there(&self) -> PortResult<()> {
        if self.away.load(Ordering::SeqCst) {
            return Err(PortError::retryable("memory outbox", "away for a test"));
        }
        Ok(())
    }
}

#[async_trait]
impl OutboxStore for MemoryOutbox {
    async fn take_outbox(
        &self,
        worlds: &[Slug],
        now: DateTime<Utc>,
        _abandoned: Option<Abandoned>,
        limit: u32,
    ) -> PortResult<Vec<OutboxRow>> {
        self.there()?;
        let mut parked = self.parked.lock();
        let due = |row: &mut OutboxRow| worlds.contains(&row.envelope.world) && row.due_at <= now;
        Ok(parked.extract_if(.., due).take(limit as usize).collect())
    }

    async fn clear_outbox(&self, ids: &[EventId]) -> PortResult<()> {
        self.there()?;
        self.parked
            .lock()
            .retain(|row| !ids.contains(&row.envelope.id));
        Ok(())
    }

    async fn outbox_depth(&self, worlds: &[Slug]) -> PortResult<u64> {
        self.there()?;
        let parked = self.parked.lock();
        Ok(parked
            .iter()
            .filter(|row| worlds.contains(&row.envelope.world))
            .count() as u64)
    }

    async fn keep_dead_letter(&self, letter: DeadLetter, row: Option<OutboxRow>) -> PortResult<()> {
        self.there()?;
        let mut dead = self.dead.lock();
        dead.retain(|(other, _)| other.id != letter.id);
        dead.push((letter, row));
        Ok(())
    }

    async fn dead_letters(&self, world: &Slug, limit: u32) -> PortResult<Vec<DeadLetter>> {
        self.there()?;
        let dead = self.dead.lock();
        let letters = dead
            .iter()
            .map(|(letter, _)| letter)
            .filter(|letter| letter.world == *world);
        Ok(letters.take(limit as usize).cloned().collect())
    }

    async fn take_dead_letters(
        &self,
        world: &Slug,
        ids: &[String],
        replay: bool,
        now: DateTime<Utc>,
    ) -> PortResult<u64> {
        self.there()?;
        let wanted = |(letter, row): &mut (DeadLetter, Option<OutboxRow>)| {
            letter.world == *world
                && (ids.is_empty() || ids.contains(&letter.id))
                && (!replay || row.is_some())
        };
        let taken: Vec<_> = self.dead.lock().extract_if(.., wanted).collect();
        let count = taken.len() as u64;
        if replay {
            let rows = taken.into_iter().filter_map(|(_, row)| row);
            self.parked.lock().extend(rows.map(|row| OutboxRow {
                due_at: now,
                parked: true,
                ..row
            }));
        }
        Ok(count)
    }
}
