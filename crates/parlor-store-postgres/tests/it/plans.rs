//! No statement reads a full table row by row, as the server's own counters tell.

use crate::fixture::{START, apply, conversation, message_id, now, open, row, say, world};
use crate::place::Place;
use chrono::TimeDelta;
use parlor_model::{Conversation, ConversationStatus, Effects, EventId, SystemClock, words};
use parlor_ports::inspect::Inspection;
use parlor_ports::recall::{Question, Recall, Sort};
use parlor_ports::store::{
    Abandoned, After, Changes, ConversationFilter, Cursor, Library, OutboxStore, SceneRequest,
    StepStore, Upkeep,
};
use parlor_store_postgres::PostgresStore;
use sqlx::PgConnection;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

const TALKS: u32 = 3_000;
const ROWS: u32 = 20_000;
/// Tables with one row, one for each world, or (here) one for each of a dozen words: nothing is
/// quicker than to read them.
const OF_FEW_ROWS: [&str; 3] = ["words_done", "word_volumes", "word_counts"];

/// Thousands of conversations with two lines each, and an outbox that nobody cleared for long.
async fn fill(store: &PostgresStore) {
    let talks: Vec<_> = (1..=TALKS).map(conversation).collect();
    for some in talks.chunks(500) {
        apply(store, some.iter().map(open).collect()).await;
        apply(
            store,
            some.iter()
                .flat_map(|talk| [say(talk, 1), say(talk, 2)])
                .collect(),
        )
        .await;
    }
    while store.index_words(1_000).await.unwrap() > 0 {}
    let later = now() + TimeDelta::hours(1);
    let rows = (1..=ROWS).map(|n| row(n, later, n % 2 == 0)).collect();
    let sends = Effects {
        sends: rows,
        ..Effects::none(EventId(talks[0].id.0))
    };
    apply(store, vec![sends]).await;
}

/// Rows read by sequential scans so far, of each table (partitions too).
async fn rows_scanned(connection: &mut PgConnection) -> BTreeMap<String, i64> {
    sqlx::query_as::<_, (String, i64)>(
        "SELECT relname, seq_tup_read FROM pg_stat_user_tables WHERE schemaname = current_schema()",
    )
    .fetch_all(connection)
    .await
    .unwrap()
    .into_iter()
    .collect()
}

async fn hot_path(store: &PostgresStore, talk: &Conversation, order: u32) {
    let request = SceneRequest {
        conversation: talk.id,
        message: Some(message_id(talk, order - 1)),
        viewer: "Ross".to_owned(),
        window: 5,
        recall: 2,
    };
    store.scenes(&[request]).await.unwrap();
    let mut step = say(talk, order);
    step.clears.push(row(order, now(), true).envelope.id);
    step.sends.push(row(ROWS + order, now(), false));
    apply(store, vec![step]).await;
}

async fn lists(store: &PostgresStore, talk: &Conversation) {
    let friends = Some(world());
    let active = Some(ConversationStatus::Active);
    let filters = [
        ConversationFilter::default(),
        ConversationFilter {
            world: friends.clone(),
            ..Default::default()
        },
        ConversationFilter {
            world: friends,
            status: active,
            ..Default::default()
        },
        ConversationFilter {
            parent: Some(talk.id),
            ..Default::default()
        },
    ];
    for filter in &filters {
        store.conversations(filter, None, 20).await.unwrap();
        store
            .conversations(
                filter,
                Some(Cursor {
                    major: 0,
                    minor: 1 << 40,
                }),
                20,
            )
            .await
            .unwrap();
    }
    for after in [
        After::Start,
        After::Order(1),
        After::Message(message_id(talk, 1)),
    ] {
        store.messages(talk.id, after, 20).await.unwrap();
    }
    store.world_messages(&world(), None, 20).await.unwrap();
    let changes = store.changes(START, 20).await.unwrap();
    let after = changes.last().map_or(START, |change| change.cursor);
    store.changes(after, 20).await.unwrap();
    store.latest_change().await.unwrap();
}

/// What looks at up to so many rows. Where a table has fewer, reading all of it is right.
async fn operations(store: &PostgresStore, talk: &Conversation) {
    let id = message_id(talk, 1);
    for within in [None, Some(talk.id)] {
        store.inspect(id, within).await.unwrap();
    }
    store.tally(&[world()]).await.unwrap();
    let filter = ConversationFilter {
        among: Some(vec![world()]),
        participant: Some("Ross".to_owned()),
        ..Default::default()
    };
    store.conversations(&filter, None, 20).await.unwrap();
}

async fn words(store: &PostgresStore) {
    while store.index_words(1_000).await.unwrap() > 0 {}
    store.unindexed_since().await.unwrap();
    store.witnessed(&world(), "Ross", 20).await.unwrap();
    for sort in [Sort::Newest, Sort::Best] {
        // `line` is in all of them, `9` in hardly any.
        for text in ["line", "9"] {
            let question = Question {
                worlds: vec![world()],
                words: words::query(text),
                sort,
            };
            let page = store.search(&question, None, 20).await.unwrap();
            store.search(&question, page.next, 20).await.unwrap();
        }
    }
}

async fn outbox(store: &PostgresStore) {
    let friends = [world()];
    store
        .take_outbox(
            &friends,
            now(),
            Some(Abandoned::older_than(Duration::from_secs(60), now())),
            10,
        )
        .await
        .unwrap();
    store
        .take_outbox(&friends, now() + TimeDelta::hours(3), None, 10)
        .await
        .unwrap();
    store
        .clear_outbox(&[row(7, now(), true).envelope.id])
        .await
        .unwrap();
}

/// What the store reads by scanning, after having been filled; with `more` also what is bounded by a
/// number of rows.
async fn scanned_by_use(place: &Place, url: &str, more: bool) -> Vec<(String, i64)> {
    let connect = || PostgresStore::connect(url, place.options(), Arc::new(SystemClock));
    let filler = connect().await.unwrap();
    filler.migrate().await.unwrap();
    fill(&filler).await;
    filler.close().await;
    let mut connection = place.connection().await;
    // What the filling has scanned is counted when its connections have ended.
    wait_for_the_end_of_connections(&mut connection, &place.schema).await;
    // As if there were many more lines.
    sqlx::raw_sql(
        "UPDATE word_counts SET lines = 1000000 WHERE word = 'line';
         ANALYZE worlds, conversations, messages, outbox, happenings, line_words, word_counts",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    let before = rows_scanned(&mut connection).await;

    let store = connect().await.unwrap();
    let talk = conversation(TALKS / 2);
    // More often than the five times after which PostgreSQL may change its mind about a plan.
    for order in 3..=10 {
        hot_path(&store, &talk, order).await;
        lists(&store, &talk).await;
        if more {
            operations(&store, &talk).await;
        }
        words(&store).await;
        outbox(&store).await;
    }
    // A server process hands in its counts when its connection ends.
    store.close().await;
    wait_for_the_end_of_connections(&mut connection, &place.schema).await;
    let after = rows_scanned(&mut connection).await;
    after
        .into_iter()
        .map(|(table, rows)| {
            (
                table.clone(),
                rows - before.get(&table).copied().unwrap_or(0),
            )
        })
        .filter(|(table, rows)| *rows > 0 && !OF_FEW_ROWS.contains(&table.as_str()))
        .collect()
}

/// The store's connections are known by the application name in its URL.
async fn wait_for_the_end_of_connections(connection: &mut PgConnection, schema: &str) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    loop {
        let open: i64 =
            sqlx::query_scalar("SELECT count(*) FROM pg_stat_activity WHERE application_name = $1")
                .bind(schema)
                .fetch_one(&mut *connection)
                .await
                .unwrap();
        if open == 0 {
            return;
        }
        assert!(
            tokio::time::Instant::now() < deadline,
            "{open} connections never ended"
        );
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn the_hot_path_and_the_lists_use_their_indexes() {
    let place = Place::new();
    let url = format!("{}?application_name={}", place.url, place.schema);
    assert_eq!(scanned_by_use(&place, &url, true).await, []);
}

/// The indexes are the right ones, not only the last resort of a planner that may not scan.
#[tokio::test]
async fn the_indexes_are_what_the_planner_itself_would_choose() {
    let place = Place::new();
    let url = format!(
        "{}?application_name={}&options[enable_seqscan]=on&options[plan_cache_mode]=auto",
        place.url, place.schema
    );
    assert_eq!(scanned_by_use(&place, &url, false).await, []);
}
