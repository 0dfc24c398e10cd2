//! Plays one conversation and its gossip to the end, one event at a time, in an order that depends
//! on nothing but the seed.

use crate::stage::{Stage, Step};
use parlor_engine::opening::{OpeningError, Wish};
use parlor_model::{ManualClock, OutboxRow, Slug};
use parlor_ports::PortError;
use parlor_ports::store::{Change, Cursor, Outcome};
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

/// Events at most: a world without an exchange limit would play for ever.
const EVENTS_MAX: usize = 100_000;
/// Changes read in one go.
const CHANGES_MAX: u32 = 256;

/// Why a play ended early.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlayError {
    /// The world is not on the stage.
    #[error("there is no world '{0}'")]
    UnknownWorld(Slug),
    /// The wish can't come true.
    #[error(transparent)]
    Opening(#[from] OpeningError),
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
    /// An event could not be handled.
    #[error("an event could not be handled: {0}")]
    Refused(String),
    /// It does not end.
    #[error(
        "still talking after {EVENTS_MAX} events: give the world an exchange limit ([mechanics.exchange_limit])"
    )]
    Endless,
}

/// Plays one conversation on `stage`, whose clock is `clock`. Time passes only as the pace says.
/// `show` is given every change as it happens.
///
/// # Errors
/// [`PlayError`].
pub async fn play(
    stage: &Stage,
    clock: &ManualClock,
    world: &Slug,
    wish: Wish,
    key: Uuid,
    show: impl FnMut(&Change),
) -> Result<(), PlayError> {
    let production = stage
        .production(world)
        .ok_or_else(|| PlayError::UnknownWorld(world.clone()))?;
    let opened = production.engine.open(wish, key, stage.clock().now())?;
    let mut queue = Queue::default();
    let sends = opened.effects.sends.clone();
    let outcomes = stage.store().commit(vec![opened.effects]).await?;
    if outcomes.first() == Some(&Outcome::Applied) {
        queue.extend(sends);
    }
    go_on(stage, clock, &mut queue, Cursor::START, show).await
}

/// Handles what is in `queue` and what comes of it, until nothing is left. Changes after `cursor`
/// are shown.
///
/// # Errors
/// [`PlayError`].
pub(crate) async fn go_on(
    stage: &Stage,
    clock: &ManualClock,
    queue: &mut Queue,
    mut cursor: Cursor,
    mut show: impl FnMut(&Change),
) -> Result<(), PlayError> {
    for _ in 0..EVENTS_MAX {
        cursor = show_changes(stage, cursor, &mut show).await?;
        let Some(row) = queue.pop() else {
            return Ok(());
        };
        if let Ok(wait) = (row.due_at - stage.clock().now()).to_std() {
            clock.advance(wait);
        }
        let event = Arc::clone(&row.envelope);
        for step in stage.perform(&[event]).await {
            match step {
                Step::Done(rows) => queue.extend(rows),
                Step::Waits(row) => {
                    wait_for(&row, stage).await;
                    queue.extend(vec![row]);
                }
                Step::Nothing | Step::Parked => {}
                Step::Refused(reason) => return Err(PlayError::Refused(reason)),
            }
        }
    }
    Err(PlayError::Endless)
}

/// A model that asks for time needs real time, whatever the play's clock says.
async fn wait_for(row: &OutboxRow, stage: &Stage) {
    let wait = (row.due_at - stage.clock().now()).to_std();
    tokio::time::sleep(wait.unwrap_or_default()).await;
}

pub(crate) async fn show_changes(
    stage: &Stage,
    mut cursor: Cursor,
    show: &mut impl FnMut(&Change),
) -> Result<Cursor, PortError> {
    loop {
        let changes = stage.store().changes(cursor, CHANGES_MAX).await?;
        let Some(last) = changes.last() else {
            return Ok(cursor);
        };
        cursor = last.cursor;
        changes.iter().for_each(&mut *show);
    }
}

/// Rows by the time they are due, those of the same time in the order they came.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    rows: BTreeMap<(i64, usize), OutboxRow>,
    came: usize,
}

impl Queue {
    pub(crate) fn extend(&mut self, rows: Vec<OutboxRow>) {
        for row in rows {
            self.came += 1;
            self.rows
                .insert((row.due_at.timestamp_micros(), self.came), row);
        }
    }

    fn pop(&mut self) -> Option<OutboxRow> {
        self.rows.pop_first().map(|(_, row)| row)
    }

    /// Takes out the first row that fits.
    pub(crate) fn take(&mut self, fits: impl Fn(&OutboxRow) -> bool) -> Option<OutboxRow> {
        let key = *self.rows.iter().find(|(_, row)| fits(row))?.0;
        self.rows.remove(&key)
    }
}
