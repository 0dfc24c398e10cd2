//! Rows in hand, by the bundle. What one commit sends is stored as one row of `outbox_bundles`,
//! written and deleted at once: the rows are read back one by one only when their process is gone
//! (`outbox`), and until then this process knows which of them it is done with.

use crate::ledger::Ledger;
use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use parlor_model::{ConversationId, EventBody, EventId, Message, MessageId, OutboxRow, Slug};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// A row in hand as its bundle keeps it. What says or overhears a stored message names it; anything
/// else has its data with it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Packed {
    pub(crate) id: EventId,
    pub(crate) inbox: String,
    pub(crate) due_at: DateTime<Utc>,
    pub(crate) kind: String,
    pub(crate) conversation: ConversationId,
    pub(crate) recipient: Slug,
    pub(crate) time: DateTime<Utc>,
    pub(crate) traceparent: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<MessageId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    data: Option<String>,
}

impl Packed {
    fn of(row: &OutboxRow, ledger: &Ledger<'_>) -> Self {
        let envelope = &*row.envelope;
        let message = match &envelope.body {
            EventBody::Said(message) | EventBody::Overheard(message) => Some(message.id),
            _ => None,
        };
        let message = message.filter(|id| ledger.says(id));
        let data = message
            .is_none()
            .then(|| String::from_utf8(envelope.record()).expect("serde_json writes UTF-8"));
        Self {
            id: envelope.id,
            inbox: row.inbox.clone(),
            due_at: row.due_at,
            kind: envelope.kind().to_owned(),
            conversation: envelope.conversation,
            recipient: envelope.recipient.clone(),
            time: envelope.time,
            traceparent: envelope.traceparent.clone(),
            message,
            data,
        }
    }

    /// The envelope's data; `None` when its message is no longer there (its month was detached).
    pub(crate) fn data(&self, messages: &HashMap<MessageId, Message>) -> Option<String> {
        match self.message {
            None => self.data.clone(),
            Some(id) => messages.get(&id).map(|message| {
                serde_json::to_string(message)
                    .expect("strings, numbers and lists of strings always serialise")
            }),
        }
    }
}

/// What a batch has in hand of one world.
#[derive(Debug)]
pub(crate) struct Bundle {
    pub(crate) world: Slug,
    /// When the first of them is due.
    pub(crate) due_at: DateTime<Utc>,
    pub(crate) ids: Vec<EventId>,
    /// A list of [`Packed`].
    pub(crate) rows: String,
}

/// Makes the bundles of a batch, one for each world.
pub(crate) fn pack(ledger: &Ledger<'_>) -> Vec<Bundle> {
    let mut by_world: BTreeMap<&Slug, Vec<&OutboxRow>> = BTreeMap::new();
    for row in ledger.sends.values().filter(|row| !row.parked) {
        by_world.entry(&row.envelope.world).or_default().push(row);
    }
    by_world
        .into_iter()
        .map(|(world, rows)| {
            let packed: Vec<_> = rows.iter().map(|row| Packed::of(row, ledger)).collect();
            Bundle {
                world: world.clone(),
                due_at: rows.iter().map(|row| row.due_at).min().unwrap_or_default(),
                ids: rows.iter().map(|row| row.envelope.id).collect(),
                rows: serde_json::to_string(&packed)
                    .expect("ids, texts and times always serialise"),
            }
        })
        .collect()
}

/// The bundles that this process has in hand.
#[derive(Debug, Default)]
pub(crate) struct Bundles {
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    /// Where a row is.
    of: HashMap<EventId, i64>,
    bundles: HashMap<i64, State>,
}

#[derive(Debug)]
struct State {
    world: Slug,
    size: u32,
    /// Rows that nobody is done with.
    waiting: u32,
    /// Rows whose clearing is on its way to the database.
    pending: u32,
}

/// Rows that are being cleared. Ends in [`Bundles::confirm`] or [`Bundles::restore`].
#[derive(Debug, Default)]
pub(crate) struct Taken {
    held: Vec<(EventId, i64)>,
    /// Bundles that hold nothing else: to be deleted with these rows.
    pub(crate) emptied: Vec<i64>,
    /// Rows that are in no bundle of this process.
    pub(crate) others: Vec<EventId>,
}

impl Bundles {
    /// Begins to clear rows, and those that are written anew under the same id.
    pub(crate) fn take(
        &self,
        ids: impl Iterator<Item = EventId>,
        replaced: impl Iterator<Item = EventId>,
    ) -> Taken {
        let mut held = self.held.lock();
        let mut taken = Taken::default();
        for id in ids {
            match held.of.remove(&id) {
                Some(bundle) => taken.held.push((id, bundle)),
                None => taken.others.push(id),
            }
        }
        for id in replaced {
            let bundle = held.of.remove(&id);
            taken.held.extend(bundle.map(|bundle| (id, bundle)));
        }
        let mut touched: BTreeMap<i64, u32> = BTreeMap::new();
        for (_, bundle) in &taken.held {
            *touched.entry(*bundle).or_default() += 1;
        }
        for (id, rows) in touched {
            let Some(state) = held.bundles.get_mut(&id) else {
                continue;
            };
            state.waiting = state.waiting.saturating_sub(rows);
            state.pending += rows;
            // Where another clearing is on its way too, whichever ends last deletes the bundle.
            if state.waiting == 0 && state.pending == rows {
                taken.emptied.push(id);
            }
        }
        taken
    }

    /// The clearing is committed. Gives bundles that are empty now and that nobody has deleted.
    pub(crate) fn confirm(&self, taken: Taken) -> Vec<i64> {
        let mut held = self.held.lock();
        let mut left_over = Vec::new();
        for (_, bundle) in taken.held {
            let Some(state) = held.bundles.get_mut(&bundle) else {
                continue;
            };
            state.pending = state.pending.saturating_sub(1);
            if state.waiting == 0 && state.pending == 0 {
                held.bundles.remove(&bundle);
                if !taken.emptied.contains(&bundle) {
                    left_over.push(bundle);
                }
            }
        }
        left_over
    }

    /// The clearing has failed.
    pub(crate) fn restore(&self, taken: Taken) {
        let mut held = self.held.lock();
        for (id, bundle) in taken.held {
            if let Some(state) = held.bundles.get_mut(&bundle) {
                state.pending = state.pending.saturating_sub(1);
                state.waiting += 1;
                held.of.insert(id, bundle);
            }
        }
    }

    /// Takes bundles in hand that were committed as `first`, `first` + 1, ..
    pub(crate) fn add(&self, first: i64, bundles: Vec<Bundle>) {
        let mut held = self.held.lock();
        for (id, bundle) in (first..).zip(bundles) {
            let size = u32::try_from(bundle.ids.len()).unwrap_or(u32::MAX);
            held.of.extend(bundle.ids.into_iter().map(|row| (row, id)));
            let state = State {
                world: bundle.world,
                size,
                waiting: size,
                pending: 0,
            };
            held.bundles.insert(id, state);
        }
    }

    /// True for a row that this process is done with, in a bundle of its own.
    pub(crate) fn is_done(&self, bundle: i64, row: EventId) -> bool {
        let held = self.held.lock();
        held.bundles.contains_key(&bundle) && !held.of.contains_key(&row)
    }

    /// Somebody has unpacked these.
    pub(crate) fn forget(&self, ids: &[i64]) {
        let mut held = self.held.lock();
        let before = held.bundles.len();
        held.bundles.retain(|id, _| !ids.contains(id));
        if held.bundles.len() < before {
            held.of.retain(|_, bundle| !ids.contains(bundle));
        }
    }

    /// How many rows of these worlds are still in their bundles though this process is done with
    /// them.
    pub(crate) fn done_with(&self, worlds: &[Slug]) -> u64 {
        let held = self.held.lock();
        let states = held.bundles.values();
        states
            .filter(|state| worlds.contains(&state.world))
            .map(|state| u64::from(state.size.saturating_sub(state.waiting + state.pending)))
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(n: u128) -> EventId {
        EventId(uuid::Uuid::from_u128(n))
    }

    fn bundles() -> Bundles {
        let bundles = Bundles::default();
        let bundle = Bundle {
            world: Slug::new("friends").expect("a slug"),
            due_at: DateTime::UNIX_EPOCH,
            ids: vec![event(1), event(2)],
            rows: String::new(),
        };
        bundles.add(7, vec![bundle]);
        bundles
    }

    fn take(bundles: &Bundles, ids: &[EventId]) -> Taken {
        bundles.take(ids.iter().copied(), std::iter::empty())
    }

    #[test]
    fn a_bundle_goes_with_its_last_row() {
        let bundles = bundles();
        let first = take(&bundles, &[event(1), event(9)]);
        assert_eq!(
            (first.emptied.len(), &first.others[..]),
            (0, &[event(9)][..])
        );
        assert!(bundles.confirm(first).is_empty());
        let last = take(&bundles, &[event(2)]);
        assert_eq!(last.emptied, [7]);
        assert!(bundles.confirm(last).is_empty());
    }

    #[test]
    fn of_two_clearings_at_once_the_one_that_ends_last_deletes_the_bundle() {
        let bundles = bundles();
        let one = take(&bundles, &[event(1)]);
        let other = take(&bundles, &[event(2)]);
        assert_eq!((one.emptied.len(), other.emptied.len()), (0, 0));
        assert!(bundles.confirm(other).is_empty());
        assert_eq!(bundles.confirm(one), [7]);
    }

    #[test]
    fn a_clearing_that_failed_can_be_tried_again() {
        let bundles = bundles();
        let one = take(&bundles, &[event(1)]);
        let other = take(&bundles, &[event(2)]);
        bundles.restore(one);
        assert!(
            bundles.confirm(other).is_empty(),
            "the first row is still in it"
        );
        let again = take(&bundles, &[event(1)]);
        assert_eq!(again.emptied, [7]);
    }
}
