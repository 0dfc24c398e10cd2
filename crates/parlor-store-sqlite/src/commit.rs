//! The hot path, written: the effects of steps.

use crate::codec;
use crate::fault::{Fault, Result};
use crate::journeys::{self, Moving};
use crate::outbox::Sending;
use crate::writer::{Tx, find_world};
use chrono::{DateTime, Utc};
use parlor_model::{Conversation, ConversationId, Effects, EventId, Guard, Message, NewMessage};
use parlor_ports::store::Outcome;
use parlor_ports::tails::{Line, Tails};
use rusqlite::{CachedStatement, Connection, OptionalExtension, params};

/// In `happenings.kind`.
pub(crate) const OPENED: i64 = 0;
pub(crate) const CLOSED: i64 = 1;
pub(crate) const RESUMED: i64 = 2;
pub(crate) const PAUSED: i64 = 3;
pub(crate) const PACED: i64 = 4;
pub(crate) const MOVED: i64 = 5;

pub(crate) const FIND: &str =
    "SELECT seq, world, status, exchanges, carried, asides FROM conversations WHERE id = ?1";
pub(crate) const ADVANCE: &str = "UPDATE conversations SET exchanges = ?2 WHERE seq = ?1";
pub(crate) const CLOSE: &str = "UPDATE conversations SET status = 1, ended_at = ?2 WHERE seq = ?1";
const COUNT_ASIDE: &str =
    "UPDATE conversations SET asides = asides + 1 WHERE seq = ?1 RETURNING asides";
pub(crate) const FIND_ASIDE: &str = "SELECT 1 FROM messages WHERE id = ?1 AND kind <> 0";
const FIND_MESSAGE: &str = "SELECT 1 FROM messages WHERE conversation = ?1 AND id = ?2";
const INSERT_CONVERSATION: &str = "INSERT INTO conversations (id, world, kind, status, exchanges, \
     carried, asides, parent, participants, topic, created_at, ended_at) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7, ?8, ?9, ?10, ?11) ON CONFLICT (id) DO NOTHING";
const INSERT_MESSAGE: &str = "INSERT INTO messages (seq, conversation, world, id, kind, ord, role, \
     fallback, sentiment, created_at, speaker, addressees, audience, heard_from, text, legs) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)";
pub(crate) const INSERT_HAPPENING: &str = "INSERT INTO happenings (seq, kind, world, conversation, \
     exchanges, at, pace) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
pub(crate) const INSERT_SENDING: &str = "INSERT OR REPLACE INTO outbox (id, world, due_at, taken_at, inbox, \
     conversation, recipient, sent_at, traceparent, kind, data) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
/// A row that was put back (parked) is not what its sender is done with.
pub(crate) const CLEAR: &str = "DELETE FROM outbox WHERE id = ?1 AND taken_at IS NOT NULL";

/// The effects of one step, with all that needs no database done by the caller.
pub(crate) struct Step {
    guard: Guard,
    opened: Vec<(Conversation, String)>,
    messages: Vec<Said>,
    moves: Vec<Moving>,
    sends: Vec<Sending>,
    clears: Vec<EventId>,
}

/// A message and its lists of names, joined.
struct Said {
    message: Message,
    to: String,
    audience: String,
    audience_names: Vec<String>,
    heard_from: String,
    legs: Option<i64>,
}

impl Step {
    /// # Errors
    /// A name that can't be kept.
    pub(crate) fn encode(effects: Effects) -> Result<Self> {
        let named = |conversation: Conversation| {
            codec::join(&conversation.participants).map(|names| (conversation, names))
        };
        let said = |new: NewMessage| {
            Ok(Said {
                to: codec::join(&new.message.to)?,
                audience: codec::join(&new.audience)?,
                audience_names: new.audience,
                heard_from: codec::join(&new.message.heard_from)?,
                legs: new.legs.map(|legs| legs.pack()),
                message: new.message,
            })
        };
        Ok(Self {
            guard: effects.guard,
            opened: effects
                .opened
                .into_iter()
                .map(named)
                .collect::<Result<_>>()?,
            messages: effects
                .messages
                .into_iter()
                .map(said)
                .collect::<Result<_>>()?,
            moves: effects.moves.into_iter().map(Moving::encode).collect(),
            sends: effects.sends.into_iter().map(Sending::encode).collect(),
            clears: effects.clears,
        })
    }
}

/// A conversation as the writer needs it.
#[derive(Clone, Copy)]
struct Found {
    seq: i64,
    world: i64,
    closed: bool,
    exchanges: u32,
    carried: u32,
    asides: i64,
}

impl Found {
    /// How many messages it has.
    fn messages(&self) -> i64 {
        position(self.exchanges, self.carried, self.asides)
    }
}

/// How many messages a conversation has, of every kind.
pub(crate) fn position(exchanges: u32, carried: u32, asides: i64) -> i64 {
    i64::from(exchanges.saturating_sub(carried)) + asides
}

/// What became of a batch.
pub(crate) struct Written {
    pub(crate) outcomes: Vec<Outcome>,
    /// What was said, in order.
    lines: Vec<Placed>,
}

/// The place that a message got.
struct Placed {
    /// Of the step in the batch, and of the message in the step.
    step: usize,
    message: usize,
    order: u32,
    /// In its conversation; `None` where nobody counted.
    position: Option<i64>,
}

impl Written {
    /// Takes note of what was said.
    pub(crate) fn note(&self, steps: &[Step], tails: &Tails) {
        let said = |line: &Placed| {
            let step = steps.get(line.step)?;
            Some((step, step.messages.get(line.message)?))
        };
        for line in self.lines.iter().filter(|line| line.position.is_none()) {
            if let Some((_, said)) = said(line) {
                tails.forget(said.message.conversation_id);
            }
        }
        tails.note(self.lines.iter().filter_map(|line| {
            let ((step, said), position) = (said(line)?, line.position?);
            let id = said.message.conversation_id;
            let mut opened = step.opened.iter().map(|(conversation, _)| conversation);
            Some(Line {
                conversation: opened.find(|conversation| conversation.id == id),
                message: Message {
                    order: line.order,
                    ..said.message.clone()
                },
                audience: said.audience_names.clone(),
                position,
            })
        }));
    }
}

/// The statements of a step, prepared once for all steps of a batch.
struct Statements<'c> {
    find: CachedStatement<'c>,
    advance: CachedStatement<'c>,
    message: CachedStatement<'c>,
    sending: CachedStatement<'c>,
    clear: CachedStatement<'c>,
}

impl<'c> Statements<'c> {
    fn prepare(conn: &'c Connection) -> Result<Self> {
        Ok(Self {
            find: conn.prepare_cached(FIND)?,
            advance: conn.prepare_cached(ADVANCE)?,
            message: conn.prepare_cached(INSERT_MESSAGE)?,
            sending: conn.prepare_cached(INSERT_SENDING)?,
            clear: conn.prepare_cached(CLEAR)?,
        })
    }

    fn find(&mut self, id: ConversationId) -> Result<Option<Found>> {
        let found = self.find.query_row(params![bytes(&id.0)], |row| {
            Ok(Found {
                seq: row.get(0)?,
                world: row.get(1)?,
                closed: row.get::<_, i64>(2)? == codec::CLOSED,
                exchanges: row.get(3)?,
                carried: row.get(4)?,
                asides: row.get(5)?,
            })
        });
        Ok(found.optional()?)
    }

    fn find_active(&mut self, id: ConversationId) -> Result<Option<Found>> {
        Ok(self.find(id)?.filter(|found| !found.closed))
    }
}

/// Writes a batch: what became of each step.
pub(crate) fn commit(tx: &mut Tx<'_>, steps: &[Step]) -> Result<Written> {
    let mut statements = Statements::prepare(tx.conn)?;
    let mut lines = Vec::new();
    let mut outcomes = Vec::with_capacity(steps.len());
    for (n, step) in steps.iter().enumerate() {
        outcomes.push(write_step(tx, &mut statements, (n, step), &mut lines)?);
    }
    Ok(Written { outcomes, lines })
}

fn write_step(
    tx: &mut Tx<'_>,
    statements: &mut Statements<'_>,
    (n, step): (usize, &Step),
    lines: &mut Vec<Placed>,
) -> Result<Outcome> {
    for id in &step.clears {
        statements.clear.execute(params![bytes(&id.0)])?;
    }
    let Some(pass) = check(statements, tx, step)? else {
        return Ok(Outcome::Stale);
    };
    let mut ended = Vec::new();
    for (conversation, participants) in &step.opened {
        let opened = open(tx, conversation, participants)?;
        ended.extend(
            opened.zip(
                conversation
                    .ended_at
                    .map(|time| (conversation.exchanges, time)),
            ),
        );
    }
    for (message, said) in step.messages.iter().enumerate() {
        if let Some((order, position)) = say(tx, statements, step, said, pass)? {
            lines.push(Placed {
                step: n,
                message,
                order,
                position,
            });
        }
    }
    if let Pass::Advance {
        id,
        found,
        close_at,
    } = pass
    {
        let exchanges = found.exchanges + 1;
        statements.advance.execute(params![found.seq, exchanges])?;
        if let Some(time) = close_at {
            close(tx, found.seq, found.world, exchanges, time)?;
            tracing::trace!(conversation.id = %id, "closed by its last line");
        }
    }
    // What came into being closed, because its first line is its last.
    for ((seq, world), (exchanges, time)) in ended {
        close(tx, seq, world, exchanges, time)?;
    }
    if let Guard::Travel {
        world,
        run,
        arrives,
        at,
    } = &step.guard
    {
        let world = tx.world(world.as_str())?;
        journeys::travel(
            tx,
            world,
            *run,
            arrives.as_ref(),
            codec::micros(*at),
            &step.moves,
        )?;
    }
    for sending in &step.sends {
        send(tx, statements, sending)?;
    }
    Ok(Outcome::Applied)
}

/// The guard held.
#[derive(Clone, Copy)]
enum Pass {
    Free,
    New,
    Advance {
        id: ConversationId,
        found: Found,
        close_at: Option<DateTime<Utc>>,
    },
    Aside {
        id: ConversationId,
        found: Found,
    },
}

/// `None` when the guard does not hold.
fn check(statements: &mut Statements<'_>, tx: &Tx<'_>, step: &Step) -> Result<Option<Pass>> {
    match step.guard {
        Guard::None => Ok(Some(Pass::Free)),
        Guard::Open => {
            for (conversation, _) in &step.opened {
                if statements.find(conversation.id)?.is_some() {
                    return Ok(None);
                }
            }
            Ok(Some(Pass::New))
        }
        Guard::Advance {
            conversation: id,
            exchanges,
            close_at,
        } => Ok(statements
            .find_active(id)?
            .filter(|found| found.exchanges == exchanges)
            .map(|found| Pass::Advance {
                id,
                found,
                close_at,
            })),
        Guard::Travel {
            ref world,
            run,
            arrives,
            ..
        } => {
            let holds = match find_world(tx.conn, world.as_str())? {
                Some(world) => journeys::holds(tx.conn, world, run, arrives.as_ref(), &step.moves)?,
                None => false,
            };
            Ok(holds.then_some(Pass::Free))
        }
        Guard::Aside { conversation: id } => {
            let Some(found) = statements.find_active(id)? else {
                return Ok(None);
            };
            for said in &step.messages {
                let mut seen = tx.conn.prepare_cached(FIND_ASIDE)?;
                if seen.exists(params![bytes(&said.message.id.0)])? {
                    return Ok(None);
                }
            }
            Ok(Some(Pass::Aside { id, found }))
        }
    }
}

/// Gives the conversation's place and its world's; `None` when it is there already.
fn open(
    tx: &mut Tx<'_>,
    conversation: &Conversation,
    participants: &str,
) -> Result<Option<(i64, i64)>> {
    let world = tx.world(conversation.world.as_str())?;
    let written = tx
        .conn
        .prepare_cached(INSERT_CONVERSATION)?
        .execute(params![
            bytes(&conversation.id.0),
            world,
            codec::conversation_kind(conversation.kind),
            codec::status(conversation.status),
            conversation.exchanges,
            conversation.carried,
            conversation.parent_id.as_ref().map(|id| bytes(&id.0)),
            participants,
            conversation.topic,
            codec::micros(conversation.created_at),
            conversation.ended_at.map(codec::micros),
        ])?;
    if written == 0 {
        return Ok(None);
    }
    let seq = tx.conn.last_insert_rowid();
    let at = codec::micros(conversation.created_at);
    happen(tx, OPENED, world, Some(seq), conversation.exchanges, at)?;
    Ok(Some((seq, world)))
}

/// Closes and logs it.
pub(crate) fn close(
    tx: &mut Tx<'_>,
    seq: i64,
    world: i64,
    exchanges: u32,
    time: DateTime<Utc>,
) -> Result<()> {
    let time = codec::micros(time);
    tx.conn.prepare_cached(CLOSE)?.execute(params![seq, time])?;
    happen(tx, CLOSED, world, Some(seq), exchanges, time)
}

/// Logs something that is not a message.
pub(crate) fn happen(
    tx: &mut Tx<'_>,
    kind: i64,
    world: i64,
    conversation: Option<i64>,
    exchanges: u32,
    at: i64,
) -> Result<()> {
    let change = tx.next_change()?;
    tx.conn.prepare_cached(INSERT_HAPPENING)?.execute(params![
        change,
        kind,
        world,
        conversation,
        exchanges,
        at,
        None::<i64>,
    ])?;
    Ok(())
}

/// Gives the order and the position that the message got; `None` when it is there already.
fn say(
    tx: &mut Tx<'_>,
    statements: &mut Statements<'_>,
    step: &Step,
    said: &Said,
    pass: Pass,
) -> Result<Option<(u32, Option<i64>)>> {
    let message = &said.message;
    let (found, order, position) = match pass {
        Pass::Advance { id, found, .. } if id == message.conversation_id => {
            (found, message.order, Some(found.messages() + 1))
        }
        Pass::Aside { id, found } if id == message.conversation_id => {
            let mut count = tx.conn.prepare_cached(COUNT_ASIDE)?;
            let order = count.query_row(params![found.seq], |row| row.get(0))?;
            (found, order, Some(found.messages() + 1))
        }
        _ => {
            let found = statements.find(message.conversation_id)?.ok_or_else(|| {
                Fault::Refused(format!(
                    "message {} belongs to conversation {}, which was never opened",
                    message.id, message.conversation_id
                ))
            })?;
            let mut seen = tx.conn.prepare_cached(FIND_MESSAGE)?;
            if seen.exists(params![found.seq, bytes(&message.id.0)])? {
                return Ok(None);
            }
            // The count of a conversation that comes into being holds its first line already.
            let mut opened = step.opened.iter();
            let opens = opened.any(|(conversation, _)| conversation.id == message.conversation_id);
            let position = found.messages();
            (
                found,
                message.order,
                (opens && position == 1).then_some(position),
            )
        }
    };
    let change = tx.next_change()?;
    statements.message.execute(params![
        change,
        found.seq,
        found.world,
        bytes(&message.id.0),
        codec::message_kind(message.kind),
        order,
        codec::role(message.role),
        message.fallback,
        message.sentiment,
        codec::micros(message.created_at),
        message.from,
        said.to,
        said.audience,
        said.heard_from,
        message.text,
        said.legs,
    ])?;
    Ok(Some((order, position)))
}

/// Puts a row into the outbox, in hand or parked as it says.
pub(crate) fn send_one(tx: &mut Tx<'_>, sending: &Sending) -> Result<()> {
    let mut statements = Statements::prepare(tx.conn)?;
    send(tx, &mut statements, sending)
}

fn send(tx: &mut Tx<'_>, statements: &mut Statements<'_>, sending: &Sending) -> Result<()> {
    keep_row(tx, &mut statements.sending, sending)
}

/// Writes a row of the outbox.
pub(crate) fn keep_row(
    tx: &mut Tx<'_>,
    statement: &mut CachedStatement<'_>,
    sending: &Sending,
) -> Result<()> {
    let (row, envelope) = (&sending.row, &sending.row.envelope);
    let world = tx.world(envelope.world.as_str())?;
    statement.execute(params![
        bytes(&envelope.id.0),
        world,
        codec::micros(row.due_at),
        (!row.parked).then_some(tx.now),
        row.inbox,
        bytes(&envelope.conversation.0),
        envelope.recipient.as_str(),
        codec::micros(envelope.time),
        envelope.traceparent,
        codec::body_kind(&envelope.body),
        sending.data,
    ])?;
    Ok(())
}

/// A UUID as SQLite keeps it.
pub(crate) fn bytes(id: &uuid::Uuid) -> &[u8] {
    id.as_bytes()
}
