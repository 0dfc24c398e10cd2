//! How busy the server is, from figures that cost little, and at most once a second.

use crate::extract::{Fields, Query};
use crate::problem::{PROBLEM_JSON, Problem};
use crate::shape::Stats;
use crate::stage::Stage;
use axum::Json;
use axum::extract::State;
use parking_lot::Mutex;
use parlor_model::Slug;
use parlor_ports::inspect::COUNTED_MAX;
use serde::Deserialize;
use std::collections::HashMap;
use std::time::{Duration, Instant};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// How long figures are good for.
const FRESH: Duration = Duration::from_secs(1);

/// Figures that were asked for a moment ago, by world (empty: all of them).
#[derive(Debug, Default)]
pub(crate) struct Figures(Mutex<HashMap<String, (Instant, Stats)>>);

impl Figures {
    fn fresh(&self, of: &str) -> Option<Stats> {
        let figures = self.0.lock();
        let (at, stats) = figures.get(of)?;
        (at.elapsed() < FRESH).then(|| stats.clone())
    }

    fn keep(&self, of: String, stats: Stats) {
        self.0.lock().insert(of, (Instant::now(), stats));
    }
}

pub(crate) fn router() -> OpenApiRouter<Stage> {
    OpenApiRouter::new().routes(routes!(stats))
}

/// Of what.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StatsQuery {
    /// Of this world.
    world: Option<String>,
}

impl Fields for StatsQuery {
    const NAMES: &'static [&'static str] = &["world"];
}

/// How busy the server is
///
/// Of the worlds that the caller may enter. At most a second old.
#[utoipa::path(get, path = "/api/stats", tag = "operation",
    params(StatsQuery),
    responses(
        (status = 200, body = Stats, description = "As it is now."),
        (status = 400, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_query`, `unknown_field`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON, description = "`sign_in_required`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON, description = "`unknown_world`"),
    ))]
async fn stats(
    State(stage): State<Stage>,
    Query(query): Query<StatsQuery>,
) -> Result<Json<Stats>, Problem> {
    // Only names of worlds that there are get beyond this line, so the map stays small.
    let worlds = stage.entered_or_all(query.world.as_deref())?;
    let key = query.world.unwrap_or_default();
    if let Some(stats) = stage.figures.fresh(&key) {
        return Ok(Json(stats));
    }
    let stats = measured(&stage, &worlds).await?;
    stage.figures.keep(key, stats.clone());
    Ok(Json(stats))
}

async fn measured(stage: &Stage, worlds: &[Slug]) -> Result<Stats, Problem> {
    let store = &stage.options.store;
    let tally = store.tally(worlds).await?;
    let outbox_depth = store.outbox_depth(worlds).await?;
    let mut rates = [0.0; 3];
    for report in stage.living().await? {
        let stored = report.stored.iter();
        for told in stored.filter(|told| worlds.contains(&told.world)) {
            for (sum, rate) in rates.iter_mut().zip(told.per_second) {
                *sum += rate;
            }
        }
    }
    let [
        messages_per_second,
        messages_per_second_over_10s,
        messages_per_second_over_60s,
    ] = rates;
    Ok(Stats {
        messages_per_second,
        messages_per_second_over_10s,
        messages_per_second_over_60s,
        conversations_active: tally.active,
        conversations_closed: tally.conversations.saturating_sub(tally.active),
        conversations_at_least: tally.conversations >= COUNTED_MAX,
        outbox_depth,
        live_viewers: stage.live.readers(),
    })
}
