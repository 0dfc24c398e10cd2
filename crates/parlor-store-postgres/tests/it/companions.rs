//! What people own is found by its owner, as the server's own plans tell; and the names that the game's
//! tools use are there.

use crate::place::Place;
use chrono::{DateTime, Utc};
use parlor_model::{AccountId, Slug};
use parlor_ports::companions::{Companions, NewCompanion};
use parlor_ports::store::Upkeep;
use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

const PEOPLE: u128 = 3_000;

async fn people(place: &Place) -> PgConnection {
    let store = place.store().await;
    store.migrate().await.unwrap();
    let companion = NewCompanion {
        character: Slug::new("ember").unwrap(),
        name: "Ember".to_owned(),
        team_slot: None,
    };
    let people: Vec<_> = (1..=PEOPLE)
        .map(|number| {
            (
                AccountId(Uuid::from_u128(number)),
                vec![companion.clone(); 4],
            )
        })
        .collect();
    let now = DateTime::<Utc>::from_timestamp(1_800_000_000, 0).unwrap();
    let den = Slug::new("den").unwrap();
    store.seed_households(&den, &people, now).await.unwrap();
    store.close().await;
    let mut connection = place.connection().await;
    let filled = "
        INSERT INTO conversations (id, seq, world, kind, status, participants, exchanges, carried,
            message_count, aside_count, messages_since, messages_until, xact, created_at, owner)
        SELECT gen_random_uuid(), n, 'den', 'group', 'CLOSED', '{}', 1, 0, 1, 0, t, t, '0', t,
            ('00000000-0000-0000-0000-' || lpad(to_hex(n % 20 + 1), 12, '0'))::uuid
        FROM generate_series(1, 30000) n, LATERAL (SELECT now() - n * interval '1 minute' AS t) at;
        INSERT INTO messages (conversation_id, position, created_at, id, seq, world,
            conversation_kind, line_order, sender, recipients, body, kind, role, sentiment,
            heard_from, fallback, audience)
        SELECT id, 1, created_at, id, seq, world, 'group', 1, 'A', '{}', 'x', 'line', 'ai', 0, '{}',
            false, '{}' FROM conversations;
        ANALYZE conversations, messages, companions";
    sqlx::raw_sql(filled)
        .execute(&mut connection)
        .await
        .unwrap();
    connection
}

async fn plan(connection: &mut PgConnection, sql: &str) -> String {
    let explain = AssertSqlSafe(format!("EXPLAIN {sql}"));
    let lines: Vec<String> = sqlx::query_scalar(explain)
        .fetch_all(connection)
        .await
        .unwrap();
    lines.join("\n")
}

#[tokio::test]
async fn the_owners_rows_are_found_by_their_indexes_cl61_cl62_cl63() {
    let place = Place::new();
    let mut connection = people(&place).await;
    let owner = Uuid::from_u128(7);
    let talks = format!(
        "SELECT * FROM chatling_conversations WHERE user_id = '{owner}'
         ORDER BY created_at DESC LIMIT 10"
    );
    let talks_direct = format!(
        "SELECT * FROM conversations WHERE owner = '{owner}' ORDER BY created_at DESC LIMIT 10"
    );
    for sql in [&talks, &talks_direct] {
        let plan = plan(&mut connection, sql).await;
        assert!(plan.contains("conversations_of_owner"), "{plan}");
        assert!(!plan.contains("Seq Scan"), "{plan}");
    }
    let direct = plan(&mut connection, &talks_direct).await;
    assert!(
        !direct.contains("Sort"),
        "the index gives the order: {direct}"
    );
    let messages =
        format!("SELECT * FROM messages WHERE conversation_id = '{owner}' ORDER BY position");
    let plan_of_messages = plan(&mut connection, &messages).await;
    assert!(
        plan_of_messages.contains("conversation_id_position_created_at_idx")
            || plan_of_messages.contains("_pkey"),
        "{plan_of_messages}"
    );
    // A partition in which nothing lies yet costs nothing to look through.
    let mut read_whole = plan_of_messages
        .lines()
        .filter(|line| line.contains("Seq Scan"));
    assert!(
        read_whole.all(|line| line.contains("(cost=0.00..0.00 ")),
        "{plan_of_messages}"
    );
    let moods =
        format!("SELECT count(*) FROM companions WHERE owner = '{owner}' AND mood = 'unhappy'");
    let plan_of_moods = plan(&mut connection, &moods).await;
    assert!(
        plan_of_moods.contains("companions_by_mood"),
        "{plan_of_moods}"
    );
}

#[tokio::test]
async fn the_games_own_names_are_read_only_views() {
    let place = Place::new();
    let mut connection = people(&place).await;
    for view in [
        "trending_topics",
        "chatling_conversations",
        "conversation_messages",
        "user_rewards",
        "runaway_chatlings",
        "conversation_generation_log",
    ] {
        let count = AssertSqlSafe(format!("SELECT count(*) FROM {view}"));
        sqlx::query_scalar::<_, i64>(count)
            .fetch_one(&mut connection)
            .await
            .unwrap_or_else(|error| panic!("{view}: {error}"));
        let delete = AssertSqlSafe(format!("DELETE FROM {view}"));
        assert!(
            sqlx::query(delete).execute(&mut connection).await.is_err(),
            "{view}"
        );
    }
    let owned: i64 =
        sqlx::query_scalar("SELECT count(*) FROM user_rewards WHERE mood_status = 'neutral'")
            .fetch_one(&mut connection)
            .await
            .unwrap();
    assert_eq!(u128::try_from(owned).unwrap(), PEOPLE * 4);
}

#[tokio::test]
async fn the_log_of_runs_says_who_was_skipped_and_why_cl7() {
    let place = Place::new();
    let mut connection = people(&place).await;
    let run = "
        INSERT INTO generation_runs (id, world, ordinal, seed, at, percent, planned, status)
        VALUES ('00000000-0000-0000-0000-000000000001', 'den', 1, 0, now(), 100, 300, 'running');
        INSERT INTO generation_batches (run_id, number, first_owner, last_owner, tries, tally)
        SELECT '00000000-0000-0000-0000-000000000001', n, id, id, 2, tally::json
        FROM (VALUES (0, '{\"accounts\":100,\"skipped\":{\"meditating\":2}}'),
                (1, '{\"accounts\":100,\"skipped\":{\"meditating\":1,\"too_few_companions\":4}}'),
                (2, NULL)) AS b (n, tally),
            (SELECT '00000000-0000-0000-0000-000000000007'::uuid AS id) AS person";
    sqlx::raw_sql(run).execute(&mut connection).await.unwrap();
    let (people, errors, skipped): (i64, i64, serde_json::Value) = sqlx::query_as(
        "SELECT users_processed::bigint, errors::bigint, users_skipped FROM conversation_generation_log",
    )
    .fetch_one(&mut connection)
    .await
    .unwrap();
    assert_eq!((people, errors), (200, 3));
    let reasons = serde_json::json!({ "meditating": 3, "too_few_companions": 4 });
    assert_eq!(skipped, reasons);
}
