//! The schema: migrations, partitions, names for people.

use crate::fixture::{START, apply, conversation, now, open, say, say_at};
use crate::place::Place;
use chrono::{DateTime, Datelike, Months, Utc};
use parlor_ports::store::{After, Changes, Library, Upkeep};
use sqlx::PgConnection;

async fn partitions(connection: &mut PgConnection) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT inhrelid::regclass::text FROM pg_inherits
         WHERE inhparent = 'messages'::regclass ORDER BY 1",
    )
    .fetch_all(connection)
    .await
    .unwrap()
}

fn partition_of(time: DateTime<Utc>) -> String {
    format!("messages_y{:04}m{:02}", time.year(), time.month())
}

async fn messages_in(connection: &mut PgConnection, partition: &str) -> i64 {
    let sql = "SELECT count(*) FROM messages WHERE tableoid = to_regclass($1)";
    sqlx::query_scalar(sql)
        .bind(partition)
        .fetch_one(connection)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_schema_from_a_newer_program_is_refused() {
    let place = Place::new();
    let store = place.store().await;
    store.migrate().await.unwrap();
    let mut connection = place.connection().await;
    sqlx::query("INSERT INTO _sqlx_migrations VALUES (9999, 'later', now(), true, '', 0)")
        .execute(&mut connection)
        .await
        .unwrap();

    for error in [
        store.pending_migrations().await.unwrap_err(),
        store.migrate().await.unwrap_err(),
    ] {
        assert!(
            !error.is_retryable() && error.to_string().contains("newer than this program"),
            "{error}"
        );
    }
    store.close().await;
}

#[tokio::test]
async fn messages_lie_in_a_partition_a_month_made_ahead_cl64() {
    let place = Place::new();
    let store = place.store().await;
    store.migrate().await.unwrap();
    let mut connection = place.connection().await;

    let ahead = |months| partition_of(now().checked_add_months(Months::new(months)).unwrap());
    let mut expected = vec!["messages_default".to_owned(), ahead(0), ahead(1), ahead(2)];
    expected.sort();
    assert_eq!(partitions(&mut connection).await, expected);

    let talk = conversation(1);
    apply(&store, vec![open(&talk), say(&talk, 1)]).await;
    assert_eq!(messages_in(&mut connection, &ahead(0)).await, 1);
    store.close().await;
}

#[tokio::test]
async fn a_message_of_an_unexpected_month_is_kept_and_moves_to_its_partition_later() {
    let place = Place::new();
    let store = place.store().await;
    store.migrate().await.unwrap();
    let mut connection = place.connection().await;
    let later = now().checked_add_months(Months::new(30)).unwrap();
    let talk = conversation(1);
    apply(
        &store,
        vec![
            open(&talk),
            say(&talk, 1),
            say_at(&talk, 2, later),
            say(&talk, 3),
        ],
    )
    .await;
    assert_eq!(messages_in(&mut connection, "messages_default").await, 1);

    store.ensure_partitions(later).await.unwrap();
    store.ensure_partitions(later).await.unwrap();

    assert_eq!(messages_in(&mut connection, "messages_default").await, 0);
    assert_eq!(messages_in(&mut connection, &partition_of(later)).await, 1);
    let page = store.messages(talk.id, After::Start, 10).await.unwrap();
    assert_eq!(
        page.items.iter().map(|m| m.order).collect::<Vec<_>>(),
        [1, 2, 3]
    );
    assert_eq!(store.changes(START, 10).await.unwrap().len(), 4);
    store.close().await;
}

#[tokio::test]
async fn an_old_month_can_be_detached_while_the_rest_goes_on() {
    let place = Place::new();
    let store = place.store().await;
    store.migrate().await.unwrap();
    let mut connection = place.connection().await;
    let old = now().checked_sub_months(Months::new(6)).unwrap();
    store.ensure_partitions(old).await.unwrap();
    let (talk, past) = (conversation(1), conversation(2));
    apply(
        &store,
        vec![
            open(&talk),
            open(&past),
            say_at(&past, 1, old),
            say(&talk, 1),
        ],
    )
    .await;

    let sql = format!(
        "ALTER TABLE messages DETACH PARTITION {}",
        partition_of(old)
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
        .execute(&mut connection)
        .await
        .unwrap();

    apply(&store, vec![say(&talk, 2)]).await;
    assert_eq!(
        store
            .messages(talk.id, After::Start, 10)
            .await
            .unwrap()
            .items
            .len(),
        2
    );
    assert_eq!(
        store
            .messages(past.id, After::Start, 10)
            .await
            .unwrap()
            .items
            .len(),
        0
    );
    store.close().await;
}

#[tokio::test]
async fn the_log_of_lines_can_be_read_under_its_own_name_fr21_fr32() {
    let place = Place::new();
    let store = place.store().await;
    store.migrate().await.unwrap();
    let talk = conversation(1);
    apply(&store, vec![open(&talk), say(&talk, 1)]).await;
    let mut connection = place.connection().await;

    let row: (String, String, String, i64) = sqlx::query_as(
        r#"SELECT "from", "to", message, step FROM "Logs" WHERE "conversationId" = $1 AND "createdAt" <= now()"#,
    )
    .bind(talk.id.0)
    .fetch_one(&mut connection)
    .await
    .unwrap();

    assert_eq!(
        row,
        (
            "Ross".to_owned(),
            "Rachel".to_owned(),
            "line 1".to_owned(),
            1
        )
    );
    let write = sqlx::query(r#"DELETE FROM "Logs""#)
        .execute(&mut connection)
        .await;
    assert!(write.is_err(), "the view is read-only");
    store.close().await;
}

#[tokio::test]
async fn conversation_messages_has_the_columns_and_the_index_of_the_brief_cl4_cl62() {
    let place = Place::new();
    let store = place.store().await;
    store.migrate().await.unwrap();
    let talk = conversation(1);
    apply(&store, vec![open(&talk), say(&talk, 1), say(&talk, 2)]).await;
    let mut connection = place.connection().await;

    let rows: Vec<(i64, String, String)> = sqlx::query_as(
        "SELECT message_order, sender, body FROM conversation_messages
         WHERE conversation_id = $1 ORDER BY message_order",
    )
    .bind(talk.id.0)
    .fetch_all(&mut connection)
    .await
    .unwrap();
    assert_eq!(rows.iter().map(|row| row.0).collect::<Vec<_>>(), [1, 2]);

    let index: String = sqlx::query_scalar("SELECT indexdef FROM pg_indexes WHERE indexname = 'messages_pkey' AND schemaname = current_schema()")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert!(index.contains("(conversation_id, \"position\","), "{index}");
    store.close().await;
}

#[tokio::test]
async fn sessions_have_the_columns_and_indexes_of_the_brief_cc49_cc53() {
    let place = Place::new();
    let store = place.store().await;
    store.migrate().await.unwrap();
    let mut connection = place.connection().await;
    let columns = async |connection: &mut PgConnection, view: &str| -> Vec<String> {
        sqlx::query_scalar(
            "SELECT column_name::text FROM information_schema.columns
             WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position",
        )
        .bind(view)
        .fetch_all(connection)
        .await
        .unwrap()
    };

    assert_eq!(
        columns(&mut connection, "chat_sessions").await,
        [
            "id",
            "username",
            "character_id",
            "status",
            "created_at",
            "updated_at"
        ]
    );
    assert_eq!(
        columns(&mut connection, "chat_messages").await,
        [
            "id",
            "username",
            "character_id",
            "session_id",
            "content",
            "role",
            "created_at",
            "updated_at"
        ]
    );
    for (index, of) in [
        ("idx_user_character", "(username, character_id)"),
        ("idx_session_messages", "(session_id, line_order)"),
        ("idx_message_role", "(role)"),
    ] {
        let definition: String = sqlx::query_scalar(
            "SELECT indexdef FROM pg_indexes
             WHERE indexname = $1 AND schemaname = current_schema()",
        )
        .bind(index)
        .fetch_one(&mut connection)
        .await
        .unwrap();
        assert!(definition.contains(of), "{definition}");
    }
    store.close().await;
}

#[tokio::test]
async fn every_table_and_column_is_explained() {
    let place = Place::new();
    let store = place.store().await;
    store.migrate().await.unwrap();
    let mut connection = place.connection().await;

    let silent: Vec<String> = sqlx::query_scalar(
        "SELECT format('%s.%s', c.relname, coalesce(a.attname, '*'))
         FROM pg_class c
         LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND c.relkind <> 'v'
         WHERE c.relnamespace = current_schema()::regnamespace AND NOT c.relispartition
             AND c.relkind IN ('r', 'p', 'v') AND c.relname <> '_sqlx_migrations'
             AND (obj_description(c.oid, 'pg_class') IS NULL
                 OR (a.attnum IS NOT NULL AND col_description(c.oid, a.attnum) IS NULL))",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();

    assert_eq!(silent, Vec::<String>::new());
    store.close().await;
}
