//! The queries of the dashboards and alerts, run on a real Prometheus that asked real servers.

use parlor_blackbox::{Events, Prometheus, Scratch, Setting, until};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Metrics of what these servers do not have, or what nobody wants to happen: a query of them runs, and
/// finds nothing.
const NOT_HERE: [&str; 6] = [
    "parlor_dead_letters_total",
    "parlor_model_",
    "parlor_outbox_relayed_total",
    "parlor_retries_total",
    "parlor_waits_total",
    "parlor_fallback_lines_total",
];

fn seen() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .join("deploy/observability")
}

/// Every query of a dashboard, as Grafana would send it.
fn queries(dashboard: &str) -> Vec<String> {
    let text = std::fs::read_to_string(seen().join("dashboards").join(dashboard)).unwrap();
    let dashboard: Value = serde_json::from_str(&text).unwrap();
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let targets = panels.filter_map(|panel| panel["targets"].as_array());
    let queries = targets.flatten().map(|target| &target["expr"]);
    queries
        .map(|query| {
            let query = query.as_str().unwrap();
            query.replace("$__rate_interval", "30s")
        })
        .collect()
}

fn is_of_something_here(query: &str) -> bool {
    !NOT_HERE.iter().any(|metric| query.contains(metric)) || query.contains("or vector(0)")
}

#[tokio::test]
async fn the_dashboards_and_alerts_ask_for_what_is_there() {
    let scratch = Scratch::new(Setting::Shared).await;
    let gateway = scratch.role("gateway", &[]).await;
    let relay = scratch.role("relay", &[]).await;
    let cast = scratch.role("character", &["--pace=0"]).await;
    let mut targets = Vec::new();
    for server in [&gateway, &relay, &cast] {
        targets.push(server.address().await);
    }
    let prometheus = Prometheus::start(&targets, &seen().join("alerts.yaml")).await;
    until("Prometheus has asked every role", || async {
        prometheus.values("count(parlor_info)").await == [3.0]
    })
    .await;
    let api = gateway.api().await;
    let _reader = Events::open(&api.base, "", None).await;
    for _ in 0..10 {
        let id = api.start(&scratch.world.name, &json!({})).await;
        api.closed(&id).await;
    }
    until("Prometheus has seen what was said", || async {
        let said = prometheus
            .values("sum(rate(parlor_world_messages_total[30s]))")
            .await;
        said.first().is_some_and(|rate| *rate > 0.0)
    })
    .await;
    until("the relay has asked how much waits", || async {
        !prometheus.values("parlor_inbox_consumers").await.is_empty()
    })
    .await;
    for dashboard in ["operations.json", "world.json"] {
        let queries = queries(dashboard);
        assert!(queries.len() > 10, "{dashboard} shows something");
        for query in queries {
            let found = prometheus.ask(&query).await;
            let found = found.unwrap_or_else(|error| panic!("{dashboard}: {query}: {error}"));
            if is_of_something_here(&query) {
                assert!(!found.is_empty(), "{dashboard}: nothing for {query}");
            }
        }
    }
    // All is well, so no alert may be pending for what is wrong.
    let rules = prometheus.rules().await;
    let names: BTreeSet<_> = rules.iter().map(|(name, _)| name.as_str()).collect();
    assert!(names.len() >= 10 && names.contains("ParlorRoleDown"));
    for (name, health) in &rules {
        assert_eq!(health, "ok", "{name} can be asked");
    }
    let firing = prometheus.values("count(ALERTS)").await;
    assert!(firing.is_empty(), "{:?}", prometheus.ask("ALERTS").await);
}

#[tokio::test]
async fn an_alert_tells_of_a_role_that_is_gone_and_of_what_waits_for_it() {
    let scratch = Scratch::new(Setting::Shared).await;
    let gateway = scratch.role("gateway", &[]).await;
    let relay = scratch.role("relay", &[]).await;
    let mut cast = scratch.role("character", &["--pace=0"]).await;
    let mut targets = Vec::new();
    for server in [&gateway, &relay, &cast] {
        targets.push(server.address().await);
    }
    let prometheus = Prometheus::start(&targets, &seen().join("alerts.yaml")).await;
    until("Prometheus has asked every role", || async {
        prometheus.values("count(parlor_info)").await == [3.0]
    })
    .await;
    cast.kill();
    gateway
        .api()
        .await
        .start(&scratch.world.name, &json!({}))
        .await;
    for alert in ["ParlorRoleDown", "ParlorNobodyListens"] {
        let query = format!("ALERTS{{alertname=\"{alert}\"}}");
        until(alert, || async {
            !prometheus.values(&query).await.is_empty()
        })
        .await;
    }
}
