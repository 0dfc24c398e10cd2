//! The hot path: scenes and commits.

use crate::batch::{self, CHANGES_MAX, OutboxPart, Written};
use crate::bundle;
use crate::ledger::{Entry, Homeless, Ledger};
use crate::pacing::from_micros;
use crate::recall;
use crate::row::{
    CONVERSATION_COLUMNS, conversation, conversation_columns, conversation_status, count, message,
    message_columns,
};
use crate::store::PostgresStore;
use async_trait::async_trait;
use parlor_model::world::Pace;
use parlor_model::{Conversation, ConversationId, Effects, EventId, Guard, MessageId};
use parlor_ports::store::{Outcome, SceneRecord, SceneRequest, StepStore};
use parlor_ports::{PortError, PortResult};
use sqlx::postgres::{PgBindIterExt, PgConnection, PgRow};
use sqlx::{Error, Postgres, Row, Transaction};
use std::collections::{BTreeSet, HashSet};
use uuid::Uuid;

/// Times that a commit begins anew because another process opened the same conversation first.
const TRIES_MAX: usize = 5;
const SCENES: &str = "can't load scenes";
const COMMIT: &str = "can't commit";

/// One row per request and remembered message, newest first; the message asked about is among them
/// also when the viewer did not hear it (`heard` is false then).
const SCENES_SQL: &str = concat!(
    "SELECT r.n, coalesce(w.paused, false), m.heard, w.pace, ",
    conversation_columns!(),
    ", ",
    message_columns!(),
    " FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[]) WITH ORDINALITY
        AS r (conversation, message, viewer, memory_window, n)
    JOIN conversations c ON c.id = r.conversation
    LEFT JOIN worlds w ON w.slug = c.world
    LEFT JOIN LATERAL (
        SELECT position FROM messages
        WHERE r.message IS NOT NULL AND conversation_id = c.id AND id = r.message
            AND created_at BETWEEN c.messages_since AND c.messages_until
        ORDER BY position DESC LIMIT 1
    ) asked ON true
    LEFT JOIN LATERAL (
        SELECT *, r.viewer = ANY (audience) AS heard FROM messages
        WHERE conversation_id = c.id AND created_at BETWEEN c.messages_since AND c.messages_until
            AND position <= coalesce(asked.position, 9223372036854775807)
            AND (r.viewer = ANY (audience) OR position = asked.position)
        ORDER BY position DESC LIMIT r.memory_window + 1
    ) m ON true
    ORDER BY r.n, m.position DESC"
);
const SCENE_MESSAGE: usize = 4 + CONVERSATION_COLUMNS;

/// What may have changed of conversations whose messages are remembered.
const STANDING_SQL: &str = "
SELECT u.n, c.message_count, c.status, c.exchanges, c.ended_at, coalesce(w.paused, false),
    w.pace
FROM unnest($1::uuid[]) WITH ORDINALITY AS u (id, n)
JOIN conversations c ON c.id = u.id
LEFT JOIN worlds w ON w.slug = c.world";

/// Locks conversations in the order of their ids, whoever asks.
const LOCK_SQL: &str = concat!(
    "SELECT ",
    conversation_columns!(),
    ", c.message_count, c.aside_count, c.messages_since, c.messages_until
    FROM conversations c WHERE c.id = ANY ($1) ORDER BY c.id FOR NO KEY UPDATE"
);

/// Which of these asides are stored.
const PRESENT_ASIDES_SQL: &str = "
SELECT m.id FROM unnest($1::uuid[], $2::uuid[]) AS u (conversation_id, id)
JOIN messages m ON m.conversation_id = u.conversation_id AND m.id = u.id AND m.kind = 'aside'";

/// Which of these messages are stored.
const PRESENT_SQL: &str = "
SELECT m.id FROM unnest($1::uuid[], $2::uuid[]) AS u (conversation_id, id)
JOIN messages m ON m.conversation_id = u.conversation_id AND m.id = u.id";

#[async_trait]
impl StepStore for PostgresStore {
    async fn scenes(&self, requests: &[SceneRequest]) -> PortResult<Vec<Option<SceneRecord>>> {
        if requests.is_empty() {
            return Ok(Vec::new());
        }
        let mut connection = self.connection(SCENES).await?;
        let mut records = self
            .remembered(&mut connection, requests)
            .await
            .map_err(|error| self.failed(SCENES, &error))?;
        let missing: Vec<_> = (0..requests.len())
            .filter(|n| records[*n].is_none())
            .collect();
        if missing.is_empty() {
            self.remind(&mut connection, requests, &mut records).await?;
            self.put_on_stage(&records);
            return Ok(records);
        }
        let asked: Vec<_> = missing.iter().map(|n| requests[*n].clone()).collect();
        let read = read_scenes(&mut connection, &asked)
            .await
            .map_err(|error| self.failed(SCENES, &error))?;
        for (n, record) in missing.into_iter().zip(read) {
            records[n] = record;
        }
        self.remind(&mut connection, requests, &mut records).await?;
        self.put_on_stage(&records);
        Ok(records)
    }

    async fn commit(&self, steps: Vec<Effects>) -> PortResult<Vec<Outcome>> {
        if steps.iter().all(Effects::is_empty) {
            return Ok(vec![Outcome::Applied; steps.len()]);
        }
        self.renew_partitions().await;
        if steps.iter().any(is_journey) {
            return self.commit_journeys(&steps).await;
        }
        if let Some(outcomes) = self.commit_at_once(&steps).await? {
            self.tick();
            return Ok(outcomes);
        }
        for _ in 0..TRIES_MAX {
            if let Some(outcomes) = self.try_commit(&steps).await? {
                self.tick();
                return Ok(outcomes);
            }
        }
        Err(PortError::retryable(
            COMMIT,
            "other processes keep opening the same conversations",
        ))
    }
}

impl PostgresStore {
    /// Adds what comes to mind.
    async fn remind(
        &self,
        connection: &mut PgConnection,
        requests: &[SceneRequest],
        records: &mut [Option<SceneRecord>],
    ) -> PortResult<()> {
        recall::recall(connection, requests, records)
            .await
            .map_err(|error| self.failed(SCENES, &error))
    }

    /// Scenes that need no reading, because this process said all that they hold; `None` for those
    /// that have to be read.
    async fn remembered(
        &self,
        connection: &mut PgConnection,
        requests: &[SceneRequest],
    ) -> Result<Vec<Option<SceneRecord>>, Error> {
        let mut recalled: Vec<_> = requests.iter().map(|r| self.recent.recall(r)).collect();
        let mut records = vec![None; requests.len()];
        if recalled.iter().all(Option::is_none) {
            return Ok(records);
        }
        let ids = recalled
            .iter()
            .map(|r| r.as_ref().map(|r| r.conversation.id.0));
        let rows = sqlx::query(STANDING_SQL)
            .bind(ids.bind_iter())
            .fetch_all(connection)
            .await?;
        for row in &rows {
            let n = usize::try_from(row.try_get::<i64, _>(0)? - 1).unwrap_or(usize::MAX);
            let (Some(slot), Some(remembered)) = (
                records.get_mut(n),
                recalled.get_mut(n).and_then(Option::take),
            ) else {
                continue;
            };
            if row.try_get::<i64, _>(1)? == remembered.position {
                *slot = Some(SceneRecord {
                    conversation: Conversation {
                        status: conversation_status(row.try_get(2)?)?,
                        exchanges: count(row.try_get(3)?)?,
                        ended_at: row.try_get(4)?,
                        ..remembered.conversation
                    },
                    message: remembered.message,
                    memory: remembered.memory,
                    recalled: Vec::new(),
                    paused: row.try_get(5)?,
                    pace: pace(row, 6)?,
                });
            }
        }
        Ok(records)
    }

    fn put_on_stage(&self, records: &[Option<SceneRecord>]) {
        let scenes = records.iter().flatten();
        self.recent
            .put_on_stage(scenes.map(|scene| &scene.conversation));
    }

    /// Commits steps whose scenes were loaded just before, with one statement. `None`, and nothing is
    /// written, when it takes a look at the tables first.
    async fn commit_at_once(&self, steps: &[Effects]) -> PortResult<Option<Vec<Outcome>>> {
        let Some(advanced) = advanced(steps) else {
            return Ok(None);
        };
        let Some(scenes) = self.recent.leave_stage(&advanced) else {
            return Ok(None);
        };
        let known = scenes.into_iter().map(Entry::uncounted).collect();
        let mut ledger = Ledger::new(known, HashSet::new());
        let outcomes = book(&mut ledger, steps)?;
        if outcomes.contains(&Outcome::Stale) {
            return Ok(None);
        }
        let mut connection = self.connection(COMMIT).await?;
        let part = self.outbox_part(&ledger, replaced(steps));
        let written = batch::write(&mut connection, &ledger, &part, self.clock.now()).await;
        let Some(written) = self.end(&ledger, part, written).await? else {
            return Ok(None);
        };
        if usize::try_from(written.opened) != Ok(ledger.opened().len()) {
            // Its id derives from an event that is handled once, under the guard that has just held.
            tracing::error!("a conversation was there before the event that opens it");
        }
        Ok(Some(outcomes))
    }

    /// One try; `None` when another process opened one of the conversations in the meantime.
    async fn try_commit(&self, steps: &[Effects]) -> PortResult<Option<Vec<Outcome>>> {
        let transaction = self.begin(COMMIT).await?;
        self.finish(transaction, steps, false).await
    }

    /// Commits a batch that has moves in it: those first, each under its guard, then what goes with
    /// them and the others.
    async fn commit_journeys(&self, steps: &[Effects]) -> PortResult<Vec<Outcome>> {
        for _ in 0..TRIES_MAX {
            let mut transaction = self.begin(COMMIT).await?;
            let journeys: Vec<_> = steps.iter().filter(|step| is_journey(step)).collect();
            let held = self.write_moves(&mut transaction, &journeys).await;
            let mut held = held
                .map_err(|error| self.failed(COMMIT, &error))?
                .into_iter();
            let mut stale = HashSet::new();
            let mut rest = Vec::with_capacity(steps.len());
            for (n, step) in steps.iter().enumerate() {
                if !is_journey(step) {
                    rest.push(step.clone());
                    continue;
                }
                let mut part = Effects::none(step.event);
                part.clears.clone_from(&step.clears);
                if held.next() == Some(true) {
                    part.sends.clone_from(&step.sends);
                } else {
                    stale.insert(n);
                }
                rest.push(part);
            }
            let wrote = stale.len() < journeys.len();
            if let Some(mut outcomes) = self.finish(transaction, &rest, wrote).await? {
                for n in stale {
                    outcomes[n] = Outcome::Stale;
                }
                self.tick();
                return Ok(outcomes);
            }
        }
        Err(PortError::retryable(
            COMMIT,
            "other processes keep opening the same conversations",
        ))
    }

    /// Writes the rest of a transaction in which something was written already, if so (`wrote`), and
    /// commits it; `None` when another process opened one of the conversations in the meantime.
    pub(crate) async fn finish(
        &self,
        mut transaction: Transaction<'static, Postgres>,
        steps: &[Effects],
        wrote: bool,
    ) -> PortResult<Option<Vec<Outcome>>> {
        let touched = touched(steps);
        let failed = |error: Error| self.failed(COMMIT, &error);
        let known = if touched.is_empty() {
            Vec::new()
        } else {
            lock(&mut transaction, &touched).await.map_err(failed)?
        };
        let present = present(&mut transaction, steps).await.map_err(failed)?;
        let mut ledger = Ledger::new(known, present);
        let outcomes = book(&mut ledger, steps)?;
        if ledger.is_empty() && wrote {
            transaction.commit().await.map_err(failed)?;
            return Ok(Some(outcomes));
        }
        if ledger.is_empty() {
            self.give_up(COMMIT, transaction).await?;
            return Ok(Some(outcomes));
        }
        let in_hand = ledger.sends.values().filter(|row| !row.parked);
        let replaces = in_hand.map(|row| row.envelope.id).collect();
        let part = self.outbox_part(&ledger, replaces);
        let opened = ledger.opened().len();
        let written = batch::write(&mut transaction, &ledger, &part, self.clock.now()).await;
        let ended = match written {
            Ok(Some(written)) if usize::try_from(written.opened) == Ok(opened) => {
                transaction.commit().await.map(|()| Some(written))
            }
            Ok(_) => transaction.rollback().await.map(|()| None),
            Err(error) => Err(error),
        };
        let written = self.end(&ledger, part, ended).await?;
        Ok(written.map(|_| outcomes))
    }

    fn outbox_part(&self, ledger: &Ledger<'_>, replaces: Vec<EventId>) -> OutboxPart {
        let clears = ledger.clears.iter().copied();
        OutboxPart {
            bundles: bundle::pack(ledger),
            taken: self.bundles.take(clears, ledger.sends.keys().copied()),
            replaces,
        }
    }

    /// Takes note of how a write ended.
    async fn end(
        &self,
        ledger: &Ledger<'_>,
        part: OutboxPart,
        written: Result<Option<Written>, Error>,
    ) -> PortResult<Option<Written>> {
        let Ok(Some(written)) = written else {
            self.bundles.restore(part.taken);
            return written.map_err(|error| self.failed(COMMIT, &error));
        };
        let changed = ledger.changed();
        let ids = changed.iter().map(|entry| entry.conversation.id);
        let before = ids.zip(written.messages.iter().copied()).collect();
        self.recent.note(ledger, &before);
        self.bundles.add(written.base, part.bundles);
        let left_over = self.bundles.confirm(part.taken);
        if !left_over.is_empty()
            && let Err(error) = self.delete_bundles(&left_over).await
        {
            tracing::warn!(%error, "what was sent stays in the outbox and is sent again");
        }
        Ok(Some(written))
    }
}

fn is_journey(step: &Effects) -> bool {
    matches!(step.guard, Guard::Travel { .. })
}

/// The conversations that steps advance, when that is all they do to conversations that are there
/// already, each once; else `None`. Such steps need no look at the tables: their guards say all.
fn advanced(steps: &[Effects]) -> Option<Vec<ConversationId>> {
    let mut advanced = Vec::with_capacity(steps.len());
    for step in steps {
        match &step.guard {
            Guard::Advance { conversation, .. } => advanced.push(*conversation),
            Guard::None if step.messages.is_empty() && step.opened.is_empty() => {}
            Guard::None | Guard::Aside { .. } | Guard::Open | Guard::Travel { .. } => return None,
        }
        let opened = |id| step.opened.iter().any(|conversation| conversation.id == id);
        let known = |id| advanced.last() == Some(&id) || opened(id);
        let mut homes = step.messages.iter().map(|new| new.message.conversation_id);
        if !homes.all(known) {
            return None;
        }
    }
    let distinct: HashSet<_> = advanced.iter().collect();
    (distinct.len() == advanced.len()).then_some(advanced)
}

/// Rows in hand that may be in the outbox already: those of steps that no guard lets happen only
/// once.
fn replaced(steps: &[Effects]) -> Vec<EventId> {
    let unguarded = steps.iter().filter(|step| step.guard == Guard::None);
    let rows = unguarded.flat_map(|step| &step.sends);
    rows.filter(|row| !row.parked)
        .map(|row| row.envelope.id)
        .collect()
}

/// Every conversation that a step reads or writes, sorted.
fn touched(steps: &[Effects]) -> BTreeSet<Uuid> {
    let mut touched = BTreeSet::new();
    for step in steps {
        if let Guard::Advance { conversation, .. } | Guard::Aside { conversation } = &step.guard {
            touched.insert(conversation.0);
        }
        touched.extend(step.opened.iter().map(|conversation| conversation.id.0));
        touched.extend(
            step.messages
                .iter()
                .map(|new| new.message.conversation_id.0),
        );
    }
    touched
}

/// Locks conversations and gives those that there are.
pub(crate) async fn lock(
    connection: &mut PgConnection,
    ids: &BTreeSet<Uuid>,
) -> Result<Vec<Entry>, Error> {
    let rows = sqlx::query(LOCK_SQL)
        .bind(ids.iter().bind_iter())
        .fetch_all(connection)
        .await?;
    let at = CONVERSATION_COLUMNS;
    rows.iter()
        .map(|row| {
            let counters = (row.try_get(at)?, row.try_get(at + 1)?);
            let span = (row.try_get(at + 2)?, row.try_get(at + 3)?);
            Ok(Entry::new(conversation(row, 0)?, counters, span))
        })
        .collect()
}

/// Of the messages whose guard does not tell whether they come again, those that are stored. Asked
/// after the lock, so that it sees what the lock waited for.
async fn present(
    connection: &mut PgConnection,
    steps: &[Effects],
) -> Result<HashSet<MessageId>, Error> {
    let under = |wanted: fn(&Guard) -> bool| {
        let steps = steps.iter().filter(move |step| wanted(&step.guard));
        let messages = steps
            .flat_map(|step| &step.messages)
            .map(|new| &new.message);
        messages
            .map(|m| (m.conversation_id, m.id))
            .collect::<Vec<_>>()
    };
    let mut present = HashSet::new();
    let kinds = [
        (
            PRESENT_ASIDES_SQL,
            under(|guard| matches!(guard, Guard::Aside { .. })),
        ),
        (PRESENT_SQL, under(|guard| matches!(guard, Guard::None))),
    ];
    for (sql, asked) in kinds {
        if !asked.is_empty() {
            let found = ask_present(connection, sql, &asked).await?;
            present.extend(found.into_iter().map(MessageId));
        }
    }
    Ok(present)
}

async fn ask_present(
    connection: &mut PgConnection,
    sql: &'static str,
    asked: &[(ConversationId, MessageId)],
) -> Result<Vec<Uuid>, Error> {
    sqlx::query_scalar(sql)
        .bind(
            asked
                .iter()
                .map(|(conversation, _)| conversation.0)
                .bind_iter(),
        )
        .bind(asked.iter().map(|(_, message)| message.0).bind_iter())
        .fetch_all(connection)
        .await
}

fn book<'a>(ledger: &mut Ledger<'a>, steps: &'a [Effects]) -> PortResult<Vec<Outcome>> {
    let outcomes: Result<Vec<_>, Homeless> = steps.iter().map(|step| ledger.book(step)).collect();
    let outcomes = outcomes.map_err(|Homeless(message, conversation)| {
        let cause = format!(
            "message {message} belongs to conversation {conversation}, which was never opened"
        );
        PortError::terminal(COMMIT, cause)
    })?;
    if ledger.changes() >= CHANGES_MAX {
        let cause = format!(
            "{} changes in one batch, commit fewer than {CHANGES_MAX} at once",
            ledger.changes()
        );
        return Err(PortError::terminal(COMMIT, cause));
    }
    Ok(outcomes)
}

async fn read_scenes(
    connection: &mut PgConnection,
    requests: &[SceneRequest],
) -> Result<Vec<Option<SceneRecord>>, Error> {
    let rows = sqlx::query(SCENES_SQL)
        .bind(requests.iter().map(|r| r.conversation.0).bind_iter())
        .bind(
            requests
                .iter()
                .map(|r| r.message.map(|id| id.0))
                .bind_iter(),
        )
        .bind(requests.iter().map(|r| r.viewer.as_str()).bind_iter())
        .bind(requests.iter().map(|r| i64::from(r.window)).bind_iter())
        .fetch_all(connection)
        .await?;
    gather(requests, &rows)
}

fn pace(row: &PgRow, column: usize) -> Result<Option<Pace>, Error> {
    Ok(row.try_get::<Option<i64>, _>(column)?.and_then(from_micros))
}

/// Puts the rows of [`SCENES_SQL`] together, one record per request.
fn gather(requests: &[SceneRequest], rows: &[PgRow]) -> Result<Vec<Option<SceneRecord>>, Error> {
    let mut records: Vec<Option<SceneRecord>> = vec![None; requests.len()];
    for row in rows {
        let index = usize::try_from(row.try_get::<i64, _>(0)? - 1).unwrap_or(usize::MAX);
        let (Some(request), Some(slot)) = (requests.get(index), records.get_mut(index)) else {
            continue;
        };
        if slot.is_none() {
            *slot = Some(SceneRecord {
                conversation: conversation(row, 4)?,
                message: None,
                memory: Vec::with_capacity(request.window.min(64) as usize),
                recalled: Vec::new(),
                paused: row.try_get(1)?,
                pace: pace(row, 3)?,
            });
        }
        let (Some(record), Some(heard)) = (slot, row.try_get::<Option<bool>, _>(2)?) else {
            continue;
        };
        let message = message(row, SCENE_MESSAGE)?;
        if Some(message.id) == request.message {
            record.message = Some(message.clone());
        }
        if heard && record.memory.len() < request.window as usize {
            record.memory.push(message);
        }
    }
    for record in records.iter_mut().flatten() {
        record.memory.reverse();
    }
    Ok(records)
}
