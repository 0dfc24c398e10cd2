//! Lines of long ago: for scenes, and for people who search.

use crate::codec::{self, MESSAGE, MESSAGE_AUDIENCE, MESSAGE_COLUMNS, PLACE, Place};
use crate::fault::Result;
use crate::library;
use crate::store::SqliteStore;
use crate::words::{self, Batch, Matcher, PART};
use crate::writer::find_world;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use parlor_model::recall::{Asked, CANDIDATES_MAX, COMMON_LINES, Reminder, Scale, Volume, telling};
use parlor_model::words::world_mark;
use parlor_model::{Message, Slug};
use parlor_ports::PortResult;
use parlor_ports::recall::{
    BEST_OF, Found, Hits, LATELY, Question, Recall, Sort, best_page, newest_page,
};
use parlor_ports::store::{Cursor, Page};
use rusqlite::{Connection, params};

/// Lines with a word that are all read, rather than those with a mark as well picked by the index:
/// where they are so few that is quicker.
const FEW_LINES: u32 = 48;

/// The latest messages of a world, newest first. CROSS JOIN: messages first, in their order.
pub(crate) fn lately_query() -> String {
    format!(
        "SELECT {MESSAGE}, {PLACE} FROM messages AS m
         CROSS JOIN conversations AS c ON c.seq = m.conversation
         WHERE m.world = (SELECT id FROM worlds WHERE name = ?1) AND m.seq < 4611686018427387904
         ORDER BY m.seq DESC LIMIT ?2"
    )
}

#[async_trait]
impl Recall for SqliteStore {
    async fn index_words(&self, limit: u32) -> PortResult<u32> {
        const DOING: &str = "index words";
        let batch = self
            .read(DOING, move |conn| Batch::read(conn, limit))
            .await?;
        match batch {
            None => Ok(0),
            Some(batch) => self.write(DOING, move |tx| batch.write(tx)).await,
        }
    }

    async fn unindexed_since(&self) -> PortResult<Option<DateTime<Utc>>> {
        let micros = self
            .read("look how far words are indexed", words::unindexed_since)
            .await?;
        Ok(micros.and_then(DateTime::from_timestamp_micros))
    }

    async fn search(
        &self,
        question: &Question,
        after: Option<Cursor>,
        limit: u32,
    ) -> PortResult<Page<Found>> {
        let question = question.clone();
        self.read("search", move |conn| search(conn, &question, after, limit))
            .await
    }

    async fn remind(&self, reminder: &Reminder) -> PortResult<Vec<Message>> {
        let reminder = reminder.clone();
        self.read("find what comes to mind", move |conn| {
            remind(conn, &reminder)
        })
        .await
    }

    async fn witnessed(&self, world: &Slug, name: &str, limit: u32) -> PortResult<Vec<Message>> {
        let (world, name) = (world.clone(), name.to_owned());
        self.read("read what somebody witnessed", move |conn| {
            witnessed(conn, &world, &name, limit)
        })
        .await
    }
}

/// What comes to mind, best first.
pub(crate) fn remind(conn: &Connection, reminder: &Reminder) -> Result<Vec<Message>> {
    let Some(world) = find_world(conn, reminder.world.as_str())? else {
        return Ok(Vec::new());
    };
    let volume = words::volume(conn, world)?;
    if volume.lines == 0 {
        return Ok(Vec::new());
    }
    let asked = telling(words::counted(conn, world, &reminder.words)?, volume);
    let marks = reminder.marks();
    let mut found = Vec::new();
    for Asked { word, lines } in &asked {
        let mut groups = vec![vec![word.as_str()]];
        let mut most = FEW_LINES;
        if *lines > u64::from(FEW_LINES) {
            groups.push(marks.iter().map(String::as_str).collect());
            most = CANDIDATES_MAX;
        }
        let hits = Matcher::all_of(groups).find(conn, (0, i64::MAX), most)?;
        found.extend(hits.into_iter().map(|hit| (hit.message, hit.audience)));
    }
    let scale = Scale::new(&asked, volume, reminder.at);
    Ok(reminder.best(&scale, found))
}

/// The part of the log in which a word is looked for that is in so many lines: from a place up to
/// before another, which is at most `before`.
fn stretch(conn: &Connection, lines: u64, before: i64) -> Result<(i64, i64)> {
    let done: i64 = conn
        .prepare_cached(words::DONE)?
        .query_row([], |row| row.get(0))?;
    let end = before.min(done.saturating_add(1));
    let from = if lines > COMMON_LINES {
        end.saturating_sub(PART).max(0)
    } else {
        0
    };
    Ok((from, end))
}

fn search(
    conn: &Connection,
    question: &Question,
    after: Option<Cursor>,
    limit: u32,
) -> Result<Page<Found>> {
    let (asked, volume) = counted_everywhere(conn, question)?;
    let rarest = asked.iter().map(|asked| asked.lines).min().unwrap_or(0);
    if rarest == 0 || limit == 0 {
        return Ok(Page {
            items: Vec::new(),
            next: None,
        });
    }
    let before = after.map_or(i64::MAX, |cursor| cursor.minor);
    let stretch = stretch(conn, rarest, before)?;
    let worlds: Vec<_> = (question.worlds.iter())
        .map(|world| world_mark(world.as_str()))
        .collect();
    let mut groups: Vec<Vec<&str>> = vec![worlds.iter().map(String::as_str).collect()];
    groups.extend(asked.iter().map(|asked| vec![asked.word.as_str()]));
    let matcher = Matcher::all_of(groups);
    let look = |most| -> Result<Hits> {
        let hits = matcher.find(conn, stretch, most)?;
        Ok(hits.into_iter().map(|hit| (hit.seq, hit.message)).collect())
    };
    let page = match question.sort {
        Sort::Newest => newest_page(look(limit.saturating_add(1))?, stretch.0, limit),
        Sort::Best => best_page(look(BEST_OF)?, (&asked, volume), after, stretch.1, limit),
    };
    found(conn, page)
}

/// How many lines of all the worlds have each word.
fn counted_everywhere(conn: &Connection, question: &Question) -> Result<(Vec<Asked>, Volume)> {
    let mut asked: Vec<Asked> = question
        .words
        .iter()
        .map(|word| Asked {
            word: word.clone(),
            lines: 0,
        })
        .collect();
    let mut volume = Volume::default();
    for world in &question.worlds {
        let Some(world) = find_world(conn, world.as_str())? else {
            continue;
        };
        for (sum, one) in asked
            .iter_mut()
            .zip(words::counted(conn, world, &question.words)?)
        {
            sum.lines += one.lines;
        }
        let one = words::volume(conn, world)?;
        volume.lines += one.lines;
        volume.words += one.words;
    }
    Ok((asked, volume))
}

/// Each with its conversation.
fn found(conn: &Connection, page: Page<Message>) -> Result<Page<Found>> {
    let mut items = Vec::with_capacity(page.items.len());
    for message in page.items {
        if let Some(conversation) = library::find(conn, message.conversation_id)? {
            items.push(Found {
                message,
                conversation,
            });
        }
    }
    Ok(Page {
        items,
        next: page.next,
    })
}

fn witnessed(conn: &Connection, world: &Slug, name: &str, limit: u32) -> Result<Vec<Message>> {
    let mut lately = conn.prepare_cached(&lately_query())?;
    let mut rows = lately.query(params![world.as_str(), LATELY])?;
    let mut witnessed = Vec::new();
    while witnessed.len() < usize::try_from(limit).unwrap_or(usize::MAX) {
        let Some(row) = rows.next()? else { break };
        if codec::holds(codec::text(row, MESSAGE_AUDIENCE)?, name) {
            witnessed.push(codec::message(row, Place::read(row, MESSAGE_COLUMNS)?)?);
        }
    }
    Ok(witnessed)
}
