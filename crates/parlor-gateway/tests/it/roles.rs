//! The small listener of a role.

use crate::house::{counting_ids, get, house, post, world};
use axum::http::StatusCode;
use metrics_exporter_prometheus::PrometheusBuilder;
use parlor_gateway::{RoleListener, RoleTrigger, role_router};
use parlor_model::Slug;

fn listener(trigger: bool) -> (std::sync::Arc<crate::house::House>, axum::Router) {
    let (house, _) = house();
    let trigger = trigger.then(|| RoleTrigger {
        world: world("friends", Default::default(), &["/start-convo-bro"]),
        from: Slug::new("joey").unwrap(),
        director: house.clone(),
        ids: counting_ids(),
    });
    let options = RoleListener {
        role: "character".to_owned(),
        store: house.clone(),
        bus: house.clone(),
        metrics: PrometheusBuilder::new().build_recorder().handle(),
        allowed_hosts: Vec::new(),
        door: None,
        trigger,
        sign_in: None,
    };
    (house, role_router(options))
}

#[tokio::test]
async fn a_character_starts_a_conversation_itself_fr5() {
    let (house, app) = listener(true);
    let answer = get(&app, "/start-convo-bro").await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    assert_eq!(answer.json()["with"], "Rachel");
    assert_eq!(house.started.lock()[0].from.as_deref(), Some("joey"));
}

#[tokio::test]
async fn a_role_tells_of_its_health_and_nothing_else_fr3() {
    let (house, app) = listener(false);
    assert_eq!(get(&app, "/health").await.json()["role"], "character");
    assert_eq!(get(&app, "/metrics").await.status, StatusCode::OK);
    house.set_away(true);
    assert_eq!(
        get(&app, "/ready").await.status,
        StatusCode::SERVICE_UNAVAILABLE
    );
    assert_eq!(get(&app, "/start-convo-bro").await.code(), "unknown_route");
    assert_eq!(post(&app, "/health", "").await.code(), "wrong_method");
}
