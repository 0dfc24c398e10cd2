//! Who is where, and how they came there. (The rules are held on the whole server in `tests/`.)

use crate::house::{House, app, get, send};
use async_trait::async_trait;
use axum::body::Body;
use axum::http::Request;
use parlor_model::travel::PlaceRecord;
use parlor_model::{Move, NewRun, Slug};
use parlor_ports::PortResult;
use parlor_ports::journeys::{Crowd, Journeys, PlaceRequest, Run, Whereabouts};
use parlor_ports::store::{Cursor, Page};
use serde_json::json;

/// Nobody of this house travels.
#[async_trait]
impl Journeys for House {
    async fn places(&self, requests: &[PlaceRequest]) -> PortResult<Vec<PlaceRecord>> {
        Ok(vec![PlaceRecord::default(); requests.len()])
    }

    async fn begin_journeys(&self, _: NewRun) -> PortResult<bool> {
        Ok(false)
    }

    async fn run(&self, _: &Slug) -> PortResult<Option<Run>> {
        Ok(None)
    }

    async fn crowds(&self, _: &Slug, _: u32) -> PortResult<Vec<Crowd>> {
        Ok(Vec::new())
    }

    async fn where_is(&self, _: &Slug, _: &Slug) -> PortResult<Option<Whereabouts>> {
        Ok(None)
    }

    async fn journey(
        &self,
        _: &Slug,
        _: &Slug,
        _: Option<Cursor>,
        _: u32,
    ) -> PortResult<Page<Move>> {
        Ok(Page {
            items: Vec::new(),
            next: None,
        })
    }
}

#[tokio::test]
async fn a_world_without_places_has_nobody_anywhere() {
    let (_, app) = app();
    assert_eq!(
        get(&app, "/states").await.json(),
        json!({"world": "friends", "places": []})
    );
    assert_eq!(
        get(&app, "/api/characters/ross/journey").await.json(),
        json!({"character": "Ross", "home": null, "place": null, "travelling": false,
            "items": [], "nextCursor": null})
    );
    let unknown = get(&app, "/api/characters/gandalf/journey").await;
    assert_eq!(unknown.json()["code"], "unknown_character");
    let request = Request::builder()
        .method("POST")
        .uri("/api/worlds/friends/runs");
    let begun = send(&app, request.body(Body::empty()).unwrap()).await;
    assert_eq!(begun.status, 202);
    assert_eq!(begun.json()["status"], "started");
}
