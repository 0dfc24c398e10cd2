//! Lines of long ago: for scenes, and for people who search.

use crate::row::{conversation, conversation_columns, message, message_columns};
use crate::store::PostgresStore;
use crate::words::{self, Hit};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use parlor_model::recall::{Asked, CANDIDATES_MAX, COMMON_LINES, Reminder, Scale, Volume, telling};
use parlor_model::words::world_mark;
use parlor_model::{Conversation, ConversationId, Message, Slug};
use parlor_ports::PortResult;
use parlor_ports::recall::{
    BEST_OF, Found, Hits, LATELY, Question, Recall, Sort, best_page, newest_page, reminder,
};
use parlor_ports::store::{Cursor, Page, SceneRecord, SceneRequest};
use sqlx::Error;
use sqlx::postgres::{PgBindIterExt, PgConnection};
use std::collections::HashMap;

/// Lines that a search for common words looks at, over all its worlds.
const WALK_MAX: i64 = 10_000;
/// At least so many of each.
const WALK_MIN: i64 = 500;

const LATELY_SQL: &str = concat!(
    "SELECT ",
    message_columns!(),
    " FROM (
        SELECT * FROM messages WHERE world = $1 ORDER BY seq DESC LIMIT $2
    ) m
    WHERE $3 = ANY (m.audience) ORDER BY m.seq DESC LIMIT $4"
);

const CONVERSATIONS_SQL: &str = concat!(
    "SELECT ",
    conversation_columns!(),
    " FROM unnest($1::uuid[]) AS u (id)
    CROSS JOIN LATERAL (SELECT * FROM conversations WHERE id = u.id LIMIT 1) c"
);

#[async_trait]
impl Recall for PostgresStore {
    async fn index_words(&self, limit: u32) -> PortResult<u32> {
        const WHAT: &str = "can't index words";
        let mut transaction = self.begin(WHAT).await?;
        let failed = |error: Error| self.failed(WHAT, &error);
        let indexed = words::index(&mut transaction, limit)
            .await
            .map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(indexed)
    }

    async fn unindexed_since(&self) -> PortResult<Option<DateTime<Utc>>> {
        const WHAT: &str = "can't look how far words are indexed";
        let mut connection = self.connection(WHAT).await?;
        words::unindexed_since(&mut connection)
            .await
            .map_err(|error| self.failed(WHAT, &error))
    }

    async fn search(
        &self,
        question: &Question,
        after: Option<Cursor>,
        limit: u32,
    ) -> PortResult<Page<Found>> {
        const WHAT: &str = "can't search";
        let mut connection = self.connection(WHAT).await?;
        search(&mut connection, question, after, limit)
            .await
            .map_err(|error| self.failed(WHAT, &error))
    }

    async fn remind(&self, reminder: &Reminder) -> PortResult<Vec<Message>> {
        const WHAT: &str = "can't find what comes to mind";
        let mut connection = self.connection(WHAT).await?;
        let found = remind(&mut connection, std::slice::from_ref(reminder))
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        Ok(found.into_iter().next().unwrap_or_default())
    }

    async fn witnessed(&self, world: &Slug, name: &str, limit: u32) -> PortResult<Vec<Message>> {
        const WHAT: &str = "can't read what somebody witnessed";
        let mut connection = self.connection(WHAT).await?;
        let rows = sqlx::query(LATELY_SQL)
            .bind(world.as_str())
            .bind(i64::from(LATELY))
            .bind(name)
            .bind(i64::from(limit))
            .fetch_all(&mut *connection)
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        let messages: Result<_, Error> = rows.iter().map(|row| message(row, 0)).collect();
        messages.map_err(|error| self.failed(WHAT, &error))
    }
}

/// Adds to scenes what comes to mind. Asks nothing where no scene may be reminded of anything.
pub(crate) async fn recall(
    connection: &mut PgConnection,
    requests: &[SceneRequest],
    records: &mut [Option<SceneRecord>],
) -> Result<(), Error> {
    let (mut places, mut reminders) = (Vec::new(), Vec::new());
    for (place, (request, record)) in requests.iter().zip(&*records).enumerate() {
        if let Some(reminder) = record.as_ref().and_then(|record| reminder(request, record)) {
            places.push(place);
            reminders.push(reminder);
        }
    }
    if reminders.is_empty() {
        return Ok(());
    }
    let found = remind(connection, &reminders).await?;
    for (place, recalled) in places.into_iter().zip(found) {
        if let Some(Some(record)) = records.get_mut(place) {
            record.recalled = recalled;
        }
    }
    Ok(())
}

/// What comes to mind for each of `reminders`, best first. Two queries for all of them.
async fn remind(
    connection: &mut PgConnection,
    reminders: &[Reminder],
) -> Result<Vec<Vec<Message>>, Error> {
    let asked = ask(connection, reminders).await?;
    let mut questions = Vec::new();
    let mut askers = Vec::new();
    for (n, (reminder, (asked, _))) in reminders.iter().zip(&asked).enumerate() {
        questions.extend(asked.iter().map(|asked| question_of(reminder, &asked.word)));
        askers.extend(asked.iter().map(|_| n));
    }
    let mut found: Vec<Vec<(Message, Vec<String>)>> = vec![Vec::new(); reminders.len()];
    if !questions.is_empty() {
        for hit in words::find_rare(connection, &questions, i64::MAX, CANDIDATES_MAX).await? {
            if let Some(found) = askers.get(hit.question).and_then(|n| found.get_mut(*n)) {
                found.push((hit.message, hit.audience));
            }
        }
    }
    let best = reminders.iter().zip(asked).zip(found);
    Ok(best
        .map(|((reminder, (asked, volume)), found)| {
            reminder.best(&Scale::new(&asked, volume, reminder.at), found)
        })
        .collect())
}

fn question_of(reminder: &Reminder, word: &str) -> String {
    let marks = reminder.marks();
    words::all_of(&[vec![word], marks.iter().map(String::as_str).collect()])
}

/// The words worth asking for, of each reminder.
async fn ask(
    connection: &mut PgConnection,
    reminders: &[Reminder],
) -> Result<Vec<(Vec<Asked>, Volume)>, Error> {
    let pairs: Vec<(&str, &str)> = reminders
        .iter()
        .flat_map(|r| r.words.iter().map(|word| (r.world.as_str(), word.as_str())))
        .collect();
    let mut counted = words::counted(connection, &pairs).await?.into_iter();
    Ok(reminders
        .iter()
        .map(|reminder| {
            let own: Vec<_> = counted.by_ref().take(reminder.words.len()).collect();
            let volume = own.first().map(|(_, volume)| *volume).unwrap_or_default();
            let asked = own.into_iter().map(|(asked, _)| asked).collect();
            (telling(asked, volume), volume)
        })
        .collect())
}

async fn search(
    connection: &mut PgConnection,
    question: &Question,
    after: Option<Cursor>,
    limit: u32,
) -> Result<Page<Found>, Error> {
    let (asked, volume) = counted_everywhere(connection, question).await?;
    let rarest = asked.iter().map(|asked| asked.lines).min().unwrap_or(0);
    if rarest == 0 || limit == 0 {
        return Ok(Page {
            items: Vec::new(),
            next: None,
        });
    }
    let end = match after {
        Some(cursor) => cursor.minor,
        None => latest(connection).await?.saturating_add(1),
    };
    let most = match question.sort {
        Sort::Newest => limit.saturating_add(1),
        Sort::Best => BEST_OF,
    };
    let (hits, floor) = look(connection, question, (end, most), rarest).await?;
    let page = match question.sort {
        Sort::Newest => newest_page(hits, floor, limit),
        Sort::Best => best_page(hits, (&asked, volume), after, end, limit),
    };
    found(connection, page).await
}

async fn latest(connection: &mut PgConnection) -> Result<i64, Error> {
    sqlx::query_scalar("SELECT coalesce((SELECT seq FROM line_words ORDER BY seq DESC LIMIT 1), 0)")
        .fetch_one(connection)
        .await
}

/// Lines before `end`, newest first, and the place down to which was looked.
async fn look(
    connection: &mut PgConnection,
    question: &Question,
    (end, most): (i64, u32),
    rarest: u64,
) -> Result<(Hits, i64), Error> {
    let worlds: Vec<_> = (question.worlds.iter())
        .map(|world| world_mark(world.as_str()))
        .collect();
    let mut groups: Vec<Vec<&str>> = vec![worlds.iter().map(String::as_str).collect()];
    groups.extend(question.words.iter().map(|word| vec![word.as_str()]));
    let terms = words::all_of(&groups);
    let place = |hit: Hit| (hit.seq, hit.message);
    if rarest <= COMMON_LINES {
        let hits = words::find_rare(connection, &[terms], end, most).await?;
        return Ok((hits.into_iter().map(place).collect(), 0));
    }
    let count = i64::try_from(question.worlds.len()).unwrap_or(i64::MAX);
    let walk = (WALK_MAX / count.max(1)).max(WALK_MIN);
    let (mut hits, mut floor) = (Hits::new(), 0);
    for world in &question.worlds {
        let bounds = (most, walk);
        let (more, down_to) =
            words::find_common(connection, &terms, world.as_str(), end, bounds).await?;
        hits.extend(more.into_iter().map(place));
        floor = floor.max(down_to);
    }
    hits.retain(|(seq, _)| *seq >= floor);
    hits.sort_by_key(|(seq, _)| std::cmp::Reverse(*seq));
    hits.truncate(usize::try_from(most).unwrap_or(usize::MAX));
    Ok((hits, floor))
}

/// How many lines of all the worlds have each word.
async fn counted_everywhere(
    connection: &mut PgConnection,
    question: &Question,
) -> Result<(Vec<Asked>, Volume), Error> {
    let pairs: Vec<(&str, &str)> = question
        .worlds
        .iter()
        .flat_map(|world| question.words.iter().map(|w| (world.as_str(), w.as_str())))
        .collect();
    let counted = words::counted(connection, &pairs).await?;
    let mut asked: Vec<Asked> = Vec::with_capacity(question.words.len());
    let mut volume = Volume::default();
    for (n, (one, whole)) in counted.into_iter().enumerate() {
        if n % question.words.len() == 0 {
            volume.lines += whole.lines;
            volume.words += whole.words;
        }
        match asked.get_mut(n % question.words.len()) {
            Some(sum) => sum.lines += one.lines,
            None => asked.push(one),
        }
    }
    Ok((asked, volume))
}

/// Each with its conversation.
async fn found(connection: &mut PgConnection, page: Page<Message>) -> Result<Page<Found>, Error> {
    let ids = page.items.iter().map(|message| message.conversation_id.0);
    let rows = sqlx::query(CONVERSATIONS_SQL)
        .bind(ids.bind_iter())
        .fetch_all(connection)
        .await?;
    let conversations: HashMap<ConversationId, Conversation> = rows
        .iter()
        .map(|row| conversation(row, 0).map(|c| (c.id, c)))
        .collect::<Result<_, _>>()?;
    let items = page.items.into_iter().filter_map(|message| {
        let conversation = conversations.get(&message.conversation_id)?.clone();
        Some(Found {
            message,
            conversation,
        })
    });
    Ok(Page {
        items: items.collect(),
        next: page.next,
    })
}
