//! Search, and what is told of one character.

use crate::house::{app, get};
use axum::http::StatusCode;
use serde_json::json;

#[tokio::test]
async fn a_search_gives_lines_with_their_conversation_and_marks_what_was_found() {
    let (_, app) = app();
    let answer = get(&app, "/api/search?q=PARTS%20line&limit=2").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let found = answer.json();
    let hit = &found["items"][0];
    assert_eq!(hit["message"]["order"], 3);
    assert_eq!(hit["conversation"]["id"], hit["message"]["conversationId"]);
    assert_eq!(
        hit["snippet"],
        json!({"text": "line 3 in two parts",
            "marks": [{"start": 0, "end": 4}, {"start": 14, "end": 19}]})
    );
    let next = found["nextCursor"].as_str().unwrap();
    let rest = get(&app, &format!("/api/search?q=parts%20line&cursor={next}"))
        .await
        .json();
    assert_eq!(rest["items"].as_array().unwrap().len(), 1);
    assert_eq!(rest["nextCursor"], json!(null));
    let best = get(&app, "/api/search?q=parts&sort=best&world=friends")
        .await
        .json();
    assert_eq!(best["items"][0]["message"]["order"], 1);
}

#[tokio::test]
async fn whatever_is_searched_for_has_an_answer() {
    let (_, app) = app();
    for q in [
        "%22a%22%20OR%20*",
        "'a%3B--",
        "%E5%A4%A9%E6%B0%94",
        "%F0%9F%8E%89x",
    ] {
        let answer = get(&app, &format!("/api/search?q={q}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{q}: {}", answer.text);
    }
    let long = "x".repeat(10_000);
    let many: Vec<_> = (0..17).map(|n| format!("w{n}")).collect();
    for q in ["", "%20%3F!", &long, &many.join("+")] {
        let answer = get(&app, &format!("/api/search?q={q}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert_eq!(answer.code(), "invalid_query");
        assert!(answer.text.len() < 500, "{}", answer.text);
    }
    for (query, status, code) in [
        ("", 400, "invalid_query"),
        ("?q=x&sort=worst", 400, "invalid_query"),
        ("?q=x&limit=0", 400, "invalid_query"),
        ("?q=x&cursor=y", 400, "invalid_cursor"),
        ("?q=x&wrold=friends", 400, "unknown_field"),
        ("?q=x&world=nowhere", 404, "unknown_world"),
        ("?q=x&world=club", 401, "sign_in_required"),
    ] {
        let answer = get(&app, &format!("/api/search{query}")).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (status, code),
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_character_has_a_mood_bonds_and_recent_lines() {
    let (_, app) = app();
    let rachel = get(&app, "/api/worlds/friends/characters/rachel")
        .await
        .json();
    assert_eq!(rachel["name"], "Rachel");
    assert_eq!(rachel["persona"], "Rachel, as ever.");
    assert_eq!(rachel["mood"], -0.25);
    assert_eq!(
        rachel["bonds"],
        json!([{"with": "Ross", "affinity": -0.25, "lines": 3, "lastAt": "2027-01-15T08:00:00Z"}])
    );
    assert_eq!(rachel["recent"][0]["order"], 3);
    let joey = get(&app, "/api/worlds/friends/characters/joey")
        .await
        .json();
    assert_eq!(
        (&joey["mood"], &joey["bonds"], &joey["recent"]),
        (&json!(null), &json!([]), &json!([]))
    );
}

#[tokio::test]
async fn nobody_is_told_of_a_character_who_is_not_there_or_not_theirs_to_see() {
    let (_, app) = app();
    for (path, status, code) in [
        ("friends/characters/phoebe", 404, "unknown_character"),
        (
            "friends/characters/NO%20SLUG%F0%9F%8E%89",
            404,
            "unknown_character",
        ),
        ("nowhere/characters/ross", 404, "unknown_world"),
        ("club/characters/ross", 401, "sign_in_required"),
    ] {
        let answer = get(&app, &format!("/api/worlds/{path}")).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (status, code),
            "{path}"
        );
    }
}
