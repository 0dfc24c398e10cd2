//! Hot queries are answered by an index: read from SQLite's own plan.

use crate::{changes, commit, inspect, library, migrate, outbox, recall, scenes, usage, words};
use parlor_model::{ConversationId, ConversationStatus, Slug};
use parlor_ports::store::ConversationFilter;
use rusqlite::{Connection, params_from_iter};

/// The lines of the plan. Values don't matter to it: all are NULL.
fn plan(sql: &str) -> String {
    let mut conn = Connection::open_in_memory().unwrap();
    migrate::migrate(&mut conn).unwrap();
    let mut explain = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let nulls = vec![None::<i64>; explain.parameter_count()];
    let lines = explain
        .query_map(params_from_iter(nulls), |row| row.get::<_, String>(3))
        .unwrap();
    lines
        .collect::<rusqlite::Result<Vec<_>>>()
        .unwrap()
        .join("; ")
}

/// Neither a whole table nor a sort.
fn assert_indexed(sql: &str, index: &str) {
    let plan = plan(sql);
    assert!(plan.contains(index), "'{index}' is not used: {plan}\n{sql}");
    assert!(
        !plan.contains("SCAN") && !plan.contains("TEMP B-TREE"),
        "{plan}\n{sql}"
    );
}

#[test]
fn the_guard_and_its_effects_touch_one_row() {
    assert_indexed(commit::FIND, "sqlite_autoindex_conversations_1 (id=?)");
    assert_indexed(commit::ADVANCE, "INTEGER PRIMARY KEY (rowid=?)");
    assert_indexed(commit::CLOSE, "INTEGER PRIMARY KEY (rowid=?)");
    assert_indexed(commit::FIND_ASIDE, "messages_not_lines (id=?)");
    assert_indexed(commit::CLEAR, "outbox_by_id (id=?)");
}

#[test]
fn a_budget_is_one_row() {
    assert_indexed(usage::SPENT, "PRIMARY KEY (world=? AND day=?)");
}

#[test]
fn a_scene_reads_its_conversation_from_the_newest_message_back() {
    assert_indexed(
        &scenes::conversation_query(),
        "sqlite_autoindex_conversations_1 (id=?)",
    );
    assert_indexed(scenes::STANDING, "sqlite_autoindex_conversations_1 (id=?)");
    assert_indexed(
        &scenes::newest_query(),
        "messages_by_conversation (conversation=?)",
    );
}

#[test]
fn parked_rows_are_found_by_when_they_are_due() {
    assert_indexed(
        &outbox::parked_query(),
        "outbox_parked (world=? AND due_at<?)",
    );
}

#[test]
fn the_log_is_read_from_a_place_on() {
    assert_indexed(
        &changes::messages_query(),
        "SEARCH m USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)",
    );
    assert_indexed(
        &changes::happenings_query(),
        "SEARCH h USING INTEGER PRIMARY KEY (rowid>?)",
    );
}

#[test]
fn lists_of_messages_are_read_from_a_place_on() {
    assert_indexed(
        &library::messages_query(),
        "messages_by_conversation (conversation=? AND rowid>?)",
    );
    assert_indexed(
        &library::world_messages_query(),
        "messages_by_world (world=? AND rowid<?)",
    );
    assert_indexed(
        library::PLACE_OF_ORDER,
        "messages_by_conversation (conversation=?)",
    );
    assert_indexed(
        library::PLACE_OF_MESSAGE,
        "messages_by_conversation (conversation=?)",
    );
}

#[test]
fn lists_of_conversations_are_read_from_a_place_on() {
    let none = ConversationFilter::default;
    let world = || Some(Slug::new("friends").unwrap());
    let cases = [
        (none(), "INTEGER PRIMARY KEY (rowid<?)"),
        (
            ConversationFilter {
                world: world(),
                ..none()
            },
            "conversations_by_world (world=? AND rowid<?)",
        ),
        (
            ConversationFilter {
                world: world(),
                status: Some(ConversationStatus::Active),
                ..none()
            },
            "conversations_active (world=? AND rowid<?)",
        ),
        (
            ConversationFilter {
                parent: Some(ConversationId(uuid::Uuid::nil())),
                ..none()
            },
            "conversations_by_parent (parent=? AND rowid<?)",
        ),
    ];
    for (filter, index) in cases {
        assert_indexed(&library::conversations_query(&filter, None, 10).0, index);
    }
}

#[test]
fn lines_of_long_ago_are_found_by_the_index_of_words() {
    for (sql, index) in [
        (words::COUNTED, "PRIMARY KEY (world=? AND word=?)"),
        (words::VOLUME, "INTEGER PRIMARY KEY (rowid=?)"),
        (words::NEXT, "INTEGER PRIMARY KEY (rowid>? AND rowid<?)"),
        (
            words::UNINDEXED,
            "INTEGER PRIMARY KEY (rowid>? AND rowid<?)",
        ),
    ] {
        assert_indexed(sql, index);
    }
    assert_indexed(
        &recall::lately_query(),
        "messages_by_world (world=? AND rowid<?)",
    );
    let plan = plan(&words::matching_query());
    // `M` the words, `<` and `>` the places of the log: all three are the index's own, and so is
    // the order.
    assert!(
        plan.starts_with("SCAN line_words VIRTUAL TABLE INDEX") && plan.contains("M1<>"),
        "{plan}"
    );
    assert!(
        !plan.contains("TEMP B-TREE") && !plan.contains("SCAN m"),
        "{plan}"
    );
}

#[test]
fn operators_look_without_reading_whole_tables() {
    assert_indexed(
        &inspect::one_query(),
        "SEARCH m USING INTEGER PRIMARY KEY (rowid=?)",
    );
    assert_indexed(
        inspect::NEXT,
        "messages_by_conversation (conversation=? AND rowid>?)",
    );
    assert_indexed(
        inspect::IN_CONVERSATION,
        "messages_by_conversation (conversation=?)",
    );
    // What is counted is a part of the list, which the plan shows as a list of its own.
    for (sql, index) in [
        (
            inspect::COUNT_ACTIVE,
            "COVERING INDEX conversations_active (world=?)",
        ),
        (
            inspect::COUNT_ALL,
            "COVERING INDEX conversations_by_world (world=?)",
        ),
    ] {
        let plan = plan(sql);
        assert!(plan.contains(index), "'{index}' is not used: {plan}");
        assert!(!plan.contains("SCAN conversations"), "{plan}");
    }
}

#[test]
fn conversations_with_a_participant_are_searched_from_the_newest_on() {
    let filter = ConversationFilter {
        world: Some(Slug::new("friends").unwrap()),
        participant: Some("Ross".to_owned()),
        ..ConversationFilter::default()
    };
    let plan = plan(&library::conversations_query(&filter, None, 10).0);
    assert!(
        plan.contains("conversations_by_world (world=? AND rowid<?)"),
        "{plan}"
    );
    assert!(
        !plan.contains("SCAN conversations") && !plan.contains("SCAN c "),
        "{plan}"
    );
}

#[test]
fn companions_are_found_by_their_owner_cl61_cl63() {
    use crate::companions::{people, runs, talks};
    assert_indexed(
        &talks::talks_query().replace("c.created_at DESC, c.seq DESC", "c.created_at DESC"),
        "conversations_of_owner (owner=? AND created_at<?)",
    );
    assert_indexed(talks::READ, "sqlite_autoindex_conversations_1 (id=?)");
    let unread = plan(talks::UNREAD);
    assert!(
        unread.contains("conversations_of_owner (owner=?)"),
        "{unread}"
    );
    // Only the few companions of one person are put in order.
    let homes = plan(&runs::households_query());
    let index = "sqlite_autoindex_companions_2 (world=? AND owner=?)";
    assert!(homes.contains(index) && !homes.contains("SCAN"), "{homes}");
    assert_indexed(
        people::NOTICES,
        "notifications_of_owner (owner=? AND created_at<?)",
    );
    let moods = plan("SELECT count(*) FROM companions WHERE owner = ?1 AND mood = ?2");
    assert!(
        moods.contains("companions_by_mood (owner=? AND mood=?)"),
        "{moods}"
    );
}
