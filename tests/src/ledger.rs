//! What is stored, read past the server: who said what line of which conversation how often.

use anyhow::Context;
use rusqlite::OpenFlags;
use sqlx::postgres::PgConnection;
use sqlx::{Connection, Row};
use std::collections::BTreeMap;
use std::path::Path;

/// A conversation as it is stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Talk {
    /// The one it branched off from.
    pub parent: Option<String>,
    /// Whether it is over.
    pub closed: bool,
    /// Exchanges, those of its parent among them.
    pub exchanges: u32,
    /// The `order` of each line, in the order in which they were stored.
    pub lines: Vec<u32>,
    /// The `order` of each aside.
    pub asides: Vec<u32>,
}

/// A store's content at one moment.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    /// Conversations by id.
    pub talks: BTreeMap<String, Talk>,
    /// Rows of the outbox that some process is sending.
    pub in_hand: u64,
    /// Rows of the outbox that wait for a relay.
    pub parked: u64,
    /// Ids of messages that are stored more than once.
    pub duplicate_ids: u64,
}

/// What a ledger adds up to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Conversations.
    pub conversations: usize,
    /// Of these, gossip.
    pub side: usize,
    /// Lines.
    pub lines: usize,
    /// Asides.
    pub asides: usize,
    /// Conversations that go on.
    pub open: usize,
    /// Lines or asides that are stored more than once.
    pub duplicates: usize,
    /// Orders that are missing.
    pub gaps: usize,
    /// Conversations that ended before or after the tenth exchange.
    pub wrong_length: usize,
}

impl Ledger {
    /// Reads a PostgreSQL database.
    ///
    /// # Errors
    /// It is away.
    pub async fn of_postgres(url: &str) -> anyhow::Result<Self> {
        let mut connection = PgConnection::connect(url).await?;
        let mut snapshot = connection
            .begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ")
            .await?;
        let mut ledger = Self::default();
        let rows = sqlx::query(
            "SELECT id::text, parent_id::text, status = 'CLOSED', exchanges FROM conversations",
        );
        for row in rows.fetch_all(&mut *snapshot).await? {
            let exchanges: i64 = row.try_get(3)?;
            let talk = Talk {
                parent: row.try_get(1)?,
                closed: row.try_get(2)?,
                exchanges: u32::try_from(exchanges)?,
                ..Talk::default()
            };
            ledger.talks.insert(row.try_get(0)?, talk);
        }
        let rows = sqlx::query(
            "SELECT conversation_id::text, kind, line_order FROM messages ORDER BY conversation_id, position",
        );
        for row in rows.fetch_all(&mut *snapshot).await? {
            let order: i64 = row.try_get(2)?;
            let is_line = row.try_get::<&str, _>(1)? == "line";
            ledger.message(
                &row.try_get::<String, _>(0)?,
                is_line,
                u32::try_from(order)?,
            )?;
        }
        let count = sqlx::query(
            "SELECT count(*) FILTER (WHERE NOT parked), count(*) FILTER (WHERE parked),
                    (SELECT count(*) - count(DISTINCT id) FROM messages)
             FROM outbox",
        );
        let count = count.fetch_one(&mut *snapshot).await?;
        ledger.in_hand = u64::try_from(count.try_get::<i64, _>(0)?)?;
        ledger.parked = u64::try_from(count.try_get::<i64, _>(1)?)?;
        ledger.duplicate_ids = u64::try_from(count.try_get::<i64, _>(2)?)?;
        Ok(ledger)
    }

    /// [`Ledger::is_over`] without reading everything.
    ///
    /// # Errors
    /// It is away.
    pub async fn is_over_in_postgres(url: &str) -> anyhow::Result<bool> {
        let mut connection = PgConnection::connect(url).await?;
        let over = sqlx::query_scalar(
            "SELECT NOT EXISTS (SELECT FROM outbox)
                AND NOT EXISTS (SELECT FROM conversations WHERE status = 'ACTIVE')",
        );
        Ok(over.fetch_one(&mut connection).await?)
    }

    /// Reads an SQLite file, also while a server uses it.
    ///
    /// # Errors
    /// It can't be read.
    pub fn of_sqlite(file: &Path) -> anyhow::Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
        let mut connection = rusqlite::Connection::open_with_flags(file, flags)
            .with_context(|| format!("'{}' can't be opened", file.display()))?;
        let snapshot = connection.transaction()?;
        let mut ledger = Self::default();
        let mut conversations = snapshot.prepare(
            "SELECT lower(hex(id)), lower(hex(parent)), ended_at IS NOT NULL, exchanges FROM conversations",
        )?;
        let mut rows = conversations.query([])?;
        while let Some(row) = rows.next()? {
            let parent: String = row.get(1)?;
            let talk = Talk {
                parent: (!parent.is_empty()).then_some(parent),
                closed: row.get(2)?,
                exchanges: row.get(3)?,
                ..Talk::default()
            };
            ledger.talks.insert(row.get(0)?, talk);
        }
        let mut messages = snapshot.prepare(
            "SELECT lower(hex(c.id)), m.kind = 0, m.ord
             FROM messages m JOIN conversations c ON c.seq = m.conversation ORDER BY m.seq",
        )?;
        let mut rows = messages.query([])?;
        while let Some(row) = rows.next()? {
            ledger.message(&row.get::<_, String>(0)?, row.get(1)?, row.get(2)?)?;
        }
        let mut counts = snapshot.prepare(
            "SELECT count(taken_at), count(*) - count(taken_at),
                    (SELECT count(*) - count(DISTINCT id) FROM messages)
             FROM outbox",
        )?;
        let counts: (i64, i64, i64) =
            counts.query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        ledger.in_hand = u64::try_from(counts.0)?;
        ledger.parked = u64::try_from(counts.1)?;
        ledger.duplicate_ids = u64::try_from(counts.2)?;
        Ok(ledger)
    }

    fn message(&mut self, conversation: &str, is_line: bool, order: u32) -> anyhow::Result<()> {
        let talk = self
            .talks
            .get_mut(conversation)
            .with_context(|| format!("a message of an unknown conversation {conversation}"))?;
        if is_line {
            talk.lines.push(order)
        } else {
            talk.asides.push(order)
        }
        Ok(())
    }

    /// Whether everything has been said and nothing is on its way.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.in_hand + self.parked == 0 && self.talks.values().all(|talk| talk.closed)
    }

    /// Messages of all kinds.
    #[must_use]
    pub fn messages(&self) -> usize {
        self.talks
            .values()
            .map(|talk| talk.lines.len() + talk.asides.len())
            .sum()
    }

    /// Adds up.
    #[must_use]
    pub fn tally(&self) -> Tally {
        let mut tally = Tally {
            duplicates: usize::try_from(self.duplicate_ids).unwrap_or(usize::MAX),
            ..Tally::default()
        };
        for talk in self.talks.values() {
            tally.conversations += 1;
            tally.side += usize::from(talk.parent.is_some());
            tally.lines += talk.lines.len();
            tally.asides += talk.asides.len();
            tally.open += usize::from(!talk.closed);
            tally.wrong_length += usize::from(talk.exchanges != 10 || talk.lines.is_empty());
            tally.wrong_length += usize::from(talk.parent.is_none() && talk.lines.len() != 10);
            for orders in [&talk.lines, &talk.asides] {
                let (duplicates, gaps) = flaws(orders);
                tally.duplicates += duplicates;
                tally.gaps += gaps;
            }
        }
        tally
    }
}

impl Tally {
    /// Whether every conversation ended as it should, every message stored exactly once.
    #[must_use]
    pub fn is_flawless(&self) -> bool {
        self.open + self.duplicates + self.gaps + self.wrong_length == 0
    }
}

/// How many orders are there twice, and how many of 1..n are missing or out of place.
fn flaws(orders: &[u32]) -> (usize, usize) {
    let mut sorted = orders.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let duplicates = orders.len() - sorted.len();
    let highest = sorted.last().copied().unwrap_or(0);
    let missing = usize::try_from(highest).unwrap_or(usize::MAX) - sorted.len();
    let misplaced = orders.windows(2).filter(|two| two[1] < two[0]).count();
    (duplicates, missing + misplaced)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flaws_are_found() {
        assert_eq!(flaws(&[1, 2, 3]), (0, 0));
        assert_eq!(flaws(&[]), (0, 0));
        assert_eq!(flaws(&[1, 2, 2, 3]), (1, 0));
        assert_eq!(flaws(&[1, 3]), (0, 1));
        assert_eq!(flaws(&[2, 1]), (0, 1));
    }
}
