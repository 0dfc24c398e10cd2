//! The full-text index: its filling, behind the hot path, and how lines are looked up in it.

use crate::codec::{self, MESSAGE, MESSAGE_AUDIENCE, MESSAGE_COLUMNS, MESSAGE_SEQ, PLACE, Place};
use crate::fault::Result;
use crate::writer::Tx;
use parlor_model::Message;
use parlor_model::recall::{Asked, Volume};
use parlor_model::words::{self, marks_of};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) const DONE: &str = "SELECT seq FROM words_done";
/// The oldest message after a place.
pub(crate) const NEXT: &str = "SELECT created_at FROM messages WHERE seq > ?1 AND seq < 4611686018427387904 ORDER BY seq LIMIT 1";
pub(crate) const UNINDEXED: &str = "SELECT m.seq, m.world, w.name, m.speaker, m.addressees, \
     m.audience, m.text FROM messages AS m CROSS JOIN worlds AS w ON w.id = m.world \
     WHERE m.seq > ?1 AND m.seq < 4611686018427387904 ORDER BY m.seq LIMIT ?2";
const ADD: &str = "INSERT INTO line_words (rowid, terms) VALUES (?1, ?2)";
const COUNT_WORD: &str = "INSERT INTO word_counts (world, word, lines) VALUES (?1, ?2, ?3) \
     ON CONFLICT (world, word) DO UPDATE SET lines = lines + excluded.lines";
const COUNT_LINES: &str = "INSERT INTO word_volumes (world, lines, words) VALUES (?1, ?2, ?3) \
     ON CONFLICT (world) DO UPDATE SET lines = lines + excluded.lines, words = words + excluded.words";
pub(crate) const COUNTED: &str = "SELECT lines FROM word_counts WHERE world = ?1 AND word = ?2";
pub(crate) const VOLUME: &str = "SELECT lines, words FROM word_volumes WHERE world = ?1";

/// Lines that match, newest first, between two places (the first not among them). CROSS JOIN: the
/// index first, in its order, which is that of the log.
pub(crate) fn matching_query() -> String {
    format!(
        "SELECT {MESSAGE}, {PLACE} FROM line_words
         CROSS JOIN messages AS m ON m.seq = line_words.rowid
         CROSS JOIN conversations AS c ON c.seq = m.conversation
         WHERE line_words MATCH ?1 AND line_words.rowid < ?2 AND line_words.rowid >= ?3
         ORDER BY line_words.rowid DESC LIMIT ?4"
    )
}

/// The part of the log that a search for common words looks through, in places.
pub(crate) const PART: i64 = 50_000;

/// Messages that are not indexed yet, with their terms.
pub(crate) struct Batch {
    after: i64,
    lines: Vec<Line>,
}

struct Line {
    seq: i64,
    world: i64,
    /// Joined by spaces.
    terms: String,
    /// Each once.
    words: BTreeSet<String>,
    length: i64,
}

impl Batch {
    /// Reads the next ones; `None` when there are none.
    pub(crate) fn read(conn: &Connection, limit: u32) -> Result<Option<Self>> {
        let after = conn.prepare_cached(DONE)?.query_row([], |row| row.get(0))?;
        let mut unindexed = conn.prepare_cached(UNINDEXED)?;
        let lines = unindexed
            .query_map(params![after, limit], line)?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        Ok((!lines.is_empty()).then_some(Self { after, lines }))
    }

    /// Writes them, unless another process has done so meanwhile; gives how many.
    pub(crate) fn write(&self, tx: &mut Tx<'_>) -> Result<u32> {
        let done: i64 = tx
            .conn
            .prepare_cached(DONE)?
            .query_row([], |row| row.get(0))?;
        let Some(last) = self.lines.last().filter(|_| done == self.after) else {
            return Ok(0);
        };
        let mut counts: BTreeMap<(i64, &str), i64> = BTreeMap::new();
        let mut volumes: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
        let mut add = tx.conn.prepare_cached(ADD)?;
        for line in &self.lines {
            add.execute(params![line.seq, line.terms])?;
            for word in &line.words {
                *counts.entry((line.world, word)).or_default() += 1;
            }
            let volume = volumes.entry(line.world).or_default();
            *volume = (volume.0 + 1, volume.1 + line.length);
        }
        let mut count = tx.conn.prepare_cached(COUNT_WORD)?;
        for ((world, word), lines) in counts {
            count.execute(params![world, word, lines])?;
        }
        let mut count = tx.conn.prepare_cached(COUNT_LINES)?;
        for (world, (lines, words)) in volumes {
            count.execute(params![world, lines, words])?;
        }
        tx.conn
            .prepare_cached("UPDATE words_done SET seq = ?1")?
            .execute(params![last.seq])?;
        Ok(u32::try_from(self.lines.len()).unwrap_or(u32::MAX))
    }
}

fn line(row: &Row<'_>) -> rusqlite::Result<Line> {
    let world: String = row.get(2)?;
    let speaker: String = row.get(3)?;
    let said = words::words(codec::text(row, 6)?);
    let (to, audience) = (codec::names(row, 4)?, codec::names(row, 5)?);
    let mut terms = marks_of(&world, &speaker, &to, &audience);
    let length = i64::try_from(said.len()).unwrap_or(i64::MAX);
    let words: BTreeSet<String> = said.into_iter().map(|word| word.text).collect();
    terms.extend(words.iter().cloned());
    Ok(Line {
        seq: row.get(0)?,
        world: row.get(1)?,
        terms: terms.join(" "),
        words,
        length,
    })
}

/// When the oldest message that is not indexed was said, in microseconds.
pub(crate) fn unindexed_since(conn: &Connection) -> Result<Option<i64>> {
    let done: i64 = conn.prepare_cached(DONE)?.query_row([], |row| row.get(0))?;
    Ok(conn
        .prepare_cached(NEXT)?
        .query_row(params![done], |row| row.get(0))
        .optional()?)
}

/// How many lines of a world have each of these words.
pub(crate) fn counted(conn: &Connection, world: i64, words: &[String]) -> Result<Vec<Asked>> {
    let mut counted = conn.prepare_cached(COUNTED)?;
    words
        .iter()
        .map(|word| {
            let lines = counted
                .query_row(params![world, word], |row| row.get::<_, i64>(0))
                .optional()?;
            Ok(Asked {
                word: word.clone(),
                lines: lines.map_or(0, i64::unsigned_abs),
            })
        })
        .collect()
}

/// How much of a world is indexed.
pub(crate) fn volume(conn: &Connection, world: i64) -> Result<Volume> {
    let found = conn
        .prepare_cached(VOLUME)?
        .query_row(params![world], |row| {
            Ok(Volume {
                lines: row.get::<_, i64>(0)?.unsigned_abs(),
                words: row.get::<_, i64>(1)?.unsigned_abs(),
            })
        })
        .optional()?;
    Ok(found.unwrap_or_default())
}

/// A question to the index: every group must match, by one of its terms.
pub(crate) struct Matcher(String);

impl Matcher {
    /// Terms are words or marks: letters and digits, so quoting them is all that is needed.
    pub(crate) fn all_of<'a>(groups: impl IntoIterator<Item = Vec<&'a str>>) -> Self {
        let group = |terms: Vec<&str>| {
            let quoted: Vec<_> = terms
                .into_iter()
                .map(|term| format!("\"{term}\""))
                .collect();
            format!("({})", quoted.join(" OR "))
        };
        let groups: Vec<_> = groups.into_iter().map(group).collect();
        Self(groups.join(" AND "))
    }

    /// Lines that match, from `from` up to before `before`, newest first: each with its place in
    /// the log and those who know of it.
    pub(crate) fn find(
        &self,
        conn: &Connection,
        (from, before): (i64, i64),
        limit: u32,
    ) -> Result<Vec<Hit>> {
        let mut matching = conn.prepare_cached(&matching_query())?;
        let hits = matching.query_map(params![self.0, before, from, limit], |row| {
            Ok(Hit {
                seq: row.get(MESSAGE_SEQ)?,
                audience: codec::names(row, MESSAGE_AUDIENCE)?,
                message: codec::message(row, Place::read(row, MESSAGE_COLUMNS)?)?,
            })
        })?;
        Ok(hits.collect::<rusqlite::Result<_>>()?)
    }
}

/// A line that was found.
pub(crate) struct Hit {
    pub(crate) seq: i64,
    pub(crate) audience: Vec<String>,
    pub(crate) message: Message,
}
