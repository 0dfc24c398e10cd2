//! The full-text index: its filling, behind the hot path, and how lines are looked up in it.

use crate::row::{array_text, message, message_columns};
use chrono::{DateTime, Utc};
use parlor_model::Message;
use parlor_model::recall::{Asked, Volume};
use parlor_model::words::{self, marks_of};
use sqlx::postgres::{PgBindIterExt, PgConnection, PgRow};
use sqlx::{Error, Row};
use std::collections::{BTreeMap, BTreeSet};

/// No row when another process is at it.
const LOCK_SQL: &str = "SELECT xact::text::bigint, seq FROM words_done FOR UPDATE SKIP LOCKED";

/// Up to where no running transaction can still add a message.
const UNINDEXED_SQL: &str = "
SELECT xact::text::bigint, seq, world, conversation_id, position, created_at, sender, recipients,
    audience, body
FROM messages
WHERE (xact, seq) > ($1::text::xid8, $2) AND xact < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY xact, seq LIMIT $3";

/// Gives the numbers of the rows that are new: after a restore it may begin anew.
const ADD_SQL: &str = "
INSERT INTO line_words (seq, world, conversation_id, position, created_at, terms)
SELECT u.seq, u.world, u.conversation_id, u.position, u.created_at,
    array_to_tsvector(u.terms::text[])
FROM unnest($1::bigint[], $2::text[], $3::uuid[], $4::bigint[], $5::timestamptz[], $6::text[])
    AS u (seq, world, conversation_id, position, created_at, terms)
ON CONFLICT (seq) DO NOTHING
RETURNING seq";

const COUNT_WORDS_SQL: &str = "
INSERT INTO word_counts AS c (world, word, lines)
SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[])
ON CONFLICT (world, word) DO UPDATE SET lines = c.lines + excluded.lines";

const COUNT_LINES_SQL: &str = "
INSERT INTO word_volumes AS v (world, lines, words)
SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[])
ON CONFLICT (world) DO UPDATE
SET lines = v.lines + excluded.lines, words = v.words + excluded.words";

const DONE_SQL: &str = "UPDATE words_done SET xact = $1::text::xid8, seq = $2";

const UNINDEXED_SINCE_SQL: &str = "
SELECT created_at FROM messages
WHERE (xact, seq) > ((SELECT xact FROM words_done), (SELECT seq FROM words_done))
    AND xact < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY xact, seq LIMIT 1";

/// For each pair of a world and a word: lines with it, lines of the world, words of the world.
const COUNTED_SQL: &str = "
SELECT coalesce(c.lines, 0), coalesce(v.lines, 0), coalesce(v.words, 0)
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS u (world, word, n)
LEFT JOIN word_counts c ON c.world = u.world AND c.word = u.word
LEFT JOIN word_volumes v ON v.world = u.world
ORDER BY u.n";

/// Rare words are looked up in the index of terms, and what is found is then put in order; `+ 0`
/// keeps the planner from walking through all lines in that order instead, and `LIMIT 1` from reading
/// all messages to join them with a few.
const RARE_SQL: &str = concat!(
    "SELECT u.n, w.seq, m.audience, ",
    message_columns!(),
    " FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS u (terms, before, n)
    CROSS JOIN LATERAL (
        SELECT seq, conversation_id, position, created_at FROM line_words
        WHERE terms @@ u.terms::tsquery AND seq < u.before
        ORDER BY seq + 0 DESC LIMIT $3
    ) w
    CROSS JOIN LATERAL (
        SELECT * FROM messages
        WHERE conversation_id = w.conversation_id AND position = w.position
            AND created_at = w.created_at
        LIMIT 1
    ) m
    ORDER BY u.n, w.seq DESC"
);

/// Common ones are soon met by walking through the lines of a world, newest first, $4 of them.
const COMMON_SQL: &str = concat!(
    "SELECT 1::bigint, w.seq, m.audience, ",
    message_columns!(),
    " FROM (
        SELECT * FROM (
            SELECT * FROM line_words WHERE world = $5 AND seq < $2 ORDER BY seq DESC LIMIT $4
        ) walked
        WHERE terms @@ $1::tsquery ORDER BY seq DESC LIMIT $3
    ) w
    CROSS JOIN LATERAL (
        SELECT * FROM messages
        WHERE conversation_id = w.conversation_id AND position = w.position
            AND created_at = w.created_at
        LIMIT 1
    ) m
    ORDER BY w.seq DESC"
);
/// The place down to which that is; none when that is all there is.
const FLOOR_SQL: &str = "
SELECT min(seq) FROM (
    SELECT seq FROM line_words WHERE world = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3
) walked HAVING count(*) = $3";

/// Messages that are not indexed yet.
struct Line {
    xact: i64,
    seq: i64,
    world: String,
    conversation: uuid::Uuid,
    position: i64,
    created_at: DateTime<Utc>,
    marks: Vec<String>,
    /// Each once.
    words: BTreeSet<String>,
    length: i64,
}

/// Indexes up to `limit` messages, in the caller's transaction; gives how many.
pub(crate) async fn index(connection: &mut PgConnection, limit: u32) -> Result<u32, Error> {
    let done: Option<(i64, i64)> = sqlx::query_as(LOCK_SQL)
        .fetch_optional(&mut *connection)
        .await?;
    let Some((xact, seq)) = done else {
        return Ok(0);
    };
    let rows = sqlx::query(UNINDEXED_SQL)
        .bind(xact.to_string())
        .bind(seq)
        .bind(i64::from(limit))
        .fetch_all(&mut *connection)
        .await?;
    let lines = rows.iter().map(line).collect::<Result<Vec<_>, _>>()?;
    let Some(last) = lines.last() else {
        return Ok(0);
    };
    let added = add(connection, &lines).await?;
    let new: Vec<&Line> = lines.iter().filter(|l| added.contains(&l.seq)).collect();
    count(connection, &new).await?;
    sqlx::query(DONE_SQL)
        .bind(last.xact.to_string())
        .bind(last.seq)
        .execute(connection)
        .await?;
    Ok(u32::try_from(lines.len()).unwrap_or(u32::MAX))
}

fn line(row: &PgRow) -> Result<Line, Error> {
    let world: String = row.try_get(2)?;
    let speaker: String = row.try_get(6)?;
    let to: Vec<String> = row.try_get(7)?;
    let audience: Vec<String> = row.try_get(8)?;
    let said = words::words(row.try_get(9)?);
    Ok(Line {
        xact: row.try_get(0)?,
        seq: row.try_get(1)?,
        conversation: row.try_get(3)?,
        position: row.try_get(4)?,
        created_at: row.try_get(5)?,
        length: i64::try_from(said.len()).unwrap_or(i64::MAX),
        words: said.into_iter().map(|word| word.text).collect(),
        marks: marks_of(&world, &speaker, &to, &audience),
        world,
    })
}

async fn add(connection: &mut PgConnection, lines: &[Line]) -> Result<BTreeSet<i64>, Error> {
    let terms = |line: &Line| {
        let all: Vec<String> = line.marks.iter().chain(&line.words).cloned().collect();
        array_text(&all)
    };
    let added: Vec<i64> = sqlx::query_scalar(ADD_SQL)
        .bind(lines.iter().map(|l| l.seq).bind_iter())
        .bind(lines.iter().map(|l| l.world.as_str()).bind_iter())
        .bind(lines.iter().map(|l| l.conversation).bind_iter())
        .bind(lines.iter().map(|l| l.position).bind_iter())
        .bind(lines.iter().map(|l| l.created_at).bind_iter())
        .bind(lines.iter().map(terms).bind_iter())
        .fetch_all(connection)
        .await?;
    Ok(added.into_iter().collect())
}

async fn count(connection: &mut PgConnection, lines: &[&Line]) -> Result<(), Error> {
    let mut counts: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    let mut volumes: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for line in lines {
        for word in &line.words {
            *counts.entry((&line.world, word)).or_default() += 1;
        }
        let volume = volumes.entry(&line.world).or_default();
        *volume = (volume.0 + 1, volume.1 + line.length);
    }
    sqlx::query(COUNT_WORDS_SQL)
        .bind(counts.keys().map(|(world, _)| *world).bind_iter())
        .bind(counts.keys().map(|(_, word)| *word).bind_iter())
        .bind(counts.values().copied().bind_iter())
        .execute(&mut *connection)
        .await?;
    sqlx::query(COUNT_LINES_SQL)
        .bind(volumes.keys().copied().bind_iter())
        .bind(volumes.values().map(|(lines, _)| *lines).bind_iter())
        .bind(volumes.values().map(|(_, words)| *words).bind_iter())
        .execute(connection)
        .await?;
    Ok(())
}

/// When the oldest message that is not indexed was said.
pub(crate) async fn unindexed_since(
    connection: &mut PgConnection,
) -> Result<Option<DateTime<Utc>>, Error> {
    sqlx::query_scalar(UNINDEXED_SINCE_SQL)
        .fetch_optional(connection)
        .await
}

/// How common each word is in its world, and how much of that world is indexed, in order.
pub(crate) async fn counted(
    connection: &mut PgConnection,
    pairs: &[(&str, &str)],
) -> Result<Vec<(Asked, Volume)>, Error> {
    let rows = sqlx::query(COUNTED_SQL)
        .bind(pairs.iter().map(|(world, _)| *world).bind_iter())
        .bind(pairs.iter().map(|(_, word)| *word).bind_iter())
        .fetch_all(connection)
        .await?;
    let number = |row: &PgRow, at| Ok::<_, Error>(row.try_get::<i64, _>(at)?.unsigned_abs());
    rows.iter()
        .zip(pairs)
        .map(|(row, (_, word))| {
            let asked = Asked {
                word: (*word).to_owned(),
                lines: number(row, 0)?,
            };
            let volume = Volume {
                lines: number(row, 1)?,
                words: number(row, 2)?,
            };
            Ok((asked, volume))
        })
        .collect()
}

/// A question to the index: every group must match, by one of its terms. Terms are words or marks:
/// letters and digits, so quoting them is all that is needed.
pub(crate) fn all_of(groups: &[Vec<&str>]) -> String {
    let group = |terms: &Vec<&str>| {
        let quoted: Vec<_> = terms.iter().map(|term| format!("'{term}'")).collect();
        format!("({})", quoted.join(" | "))
    };
    let groups: Vec<_> = groups.iter().map(group).collect();
    groups.join(" & ")
}

/// A line that was found.
pub(crate) struct Hit {
    /// Which question it answers.
    pub(crate) question: usize,
    pub(crate) seq: i64,
    pub(crate) audience: Vec<String>,
    pub(crate) message: Message,
}

/// Up to `limit` lines for each question, before its place, newest first. For rare words.
pub(crate) async fn find_rare(
    connection: &mut PgConnection,
    questions: &[String],
    before: i64,
    limit: u32,
) -> Result<Vec<Hit>, Error> {
    let rows = sqlx::query(RARE_SQL)
        .bind(questions.iter().map(String::as_str).bind_iter())
        .bind(questions.iter().map(|_| before).bind_iter())
        .bind(i64::from(limit))
        .fetch_all(connection)
        .await?;
    rows.iter().map(hit).collect()
}

/// Up to `limit` lines of a world before a place, newest first, among the next `walk` lines, and
/// the place down to which that is (0: to the beginning). For common words.
pub(crate) async fn find_common(
    connection: &mut PgConnection,
    question: &str,
    world: &str,
    before: i64,
    (limit, walk): (u32, i64),
) -> Result<(Vec<Hit>, i64), Error> {
    let rows = sqlx::query(COMMON_SQL)
        .bind(question)
        .bind(before)
        .bind(i64::from(limit))
        .bind(walk)
        .bind(world)
        .fetch_all(&mut *connection)
        .await?;
    let floor: Option<i64> = sqlx::query_scalar(FLOOR_SQL)
        .bind(world)
        .bind(before)
        .bind(walk)
        .fetch_optional(connection)
        .await?;
    let hits = rows.iter().map(hit).collect::<Result<_, _>>()?;
    Ok((hits, floor.unwrap_or(0)))
}

fn hit(row: &PgRow) -> Result<Hit, Error> {
    Ok(Hit {
        question: usize::try_from(row.try_get::<i64, _>(0)? - 1).unwrap_or(usize::MAX),
        seq: row.try_get(1)?,
        audience: row.try_get(2)?,
        message: message(row, 3)?,
    })
}
