//! What language models were asked for.

use crate::extract::{Fields, Query};
use crate::problem::{PROBLEM_JSON, Problem};
use crate::stage::Stage;
use crate::usage::{self, UsageReport, Wanted};
use axum::Json;
use axum::extract::State;
use parlor_model::world::Access;
use parlor_ports::usage::DAYS_MAX;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Days that are shown where the caller does not say.
const DAYS_DEFAULT: u32 = 7;

pub(crate) fn router() -> OpenApiRouter<Stage> {
    OpenApiRouter::new().routes(routes!(model_usage))
}

/// Which usage.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UsageQuery {
    /// Only this world.
    world: Option<String>,
    /// So many days, today among them.
    #[param(minimum = 1, maximum = 366, default = 7)]
    days: Option<u32>,
}

impl Fields for UsageQuery {
    const NAMES: &'static [&'static str] = &["world", "days"];
}

/// What language models were asked for
///
/// Calls, tokens, latency, failures and fallbacks by day, world and model, and what is left of the
/// worlds' budgets today. Days are days of UTC.
#[utoipa::path(get, path = "/api/usage", tag = "operation",
    params(UsageQuery),
    responses(
        (status = 200, body = UsageReport, description = "The last days, newest first."),
        (status = 400, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_query`, `unknown_field`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON, description = "`sign_in_required`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON, description = "`unknown_world`"),
    ))]
async fn model_usage(
    State(stage): State<Stage>,
    Query(query): Query<UsageQuery>,
) -> Result<Json<UsageReport>, Problem> {
    let days = query.days.unwrap_or(DAYS_DEFAULT);
    if !(1..=DAYS_MAX).contains(&days) {
        return Err(Problem::malformed(
            "invalid_query",
            format!("days is {days}: ask for 1 to {DAYS_MAX}"),
        )
        .with("field", "days"));
    }
    let only = query
        .world
        .as_deref()
        .map(|name| stage.entered(name))
        .transpose()?;
    let options = &stage.options;
    let all = options.worlds.all();
    let shown = all.iter().filter(|world| world.access == Access::Open);
    let worlds: Vec<_> = shown
        .map(|world| (world.name.clone(), usage::limits_of(world)))
        .collect();
    let wanted = Wanted {
        world: only.as_ref().map(|world| &world.name),
        days,
        today: options.clock.now().date_naive(),
    };
    let mut report = usage::report(&*options.store, &worlds, wanted).await?;
    // The store may hold worlds that this server does not show.
    let is_shown = |world: &str| worlds.iter().any(|(name, _)| name.as_str() == world);
    report.items.retain(|item| is_shown(&item.world));
    Ok(Json(report))
}
