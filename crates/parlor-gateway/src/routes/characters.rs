//! One character: who they are, how they feel, how they stand to others, what they witnessed.

use crate::extract::Path;
use crate::problem::{PROBLEM_JSON, Problem};
use crate::shape::{Character, Message};
use crate::stage::Stage;
use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use parlor_engine::mood;
use parlor_model::{Slug, World};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Lines from which mood and bonds are told.
const WITNESSED_MAX: u32 = 200;
/// Lines of these that are shown.
const RECENT_MAX: usize = 20;

pub(crate) fn router() -> OpenApiRouter<Stage> {
    OpenApiRouter::new().routes(routes!(character))
}

/// A character, with what can be told from the latest lines that they said, heard or overheard.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct CharacterDetail {
    #[serde(flatten)]
    character: Character,
    /// How they feel: -1 (furious) to 1 (delighted); null when nothing is known.
    #[schema(required = true, minimum = -1.0, maximum = 1.0)]
    mood: Option<f64>,
    /// How they stand to others; who was spoken with last comes first.
    bonds: Vec<Bond>,
    /// What they said, heard or overheard of late, newest first, at most 20.
    recent: Vec<Message>,
}

/// How two characters stand.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Bond {
    /// With whom (display name).
    with: String,
    /// -1 (a grudge) to 1 (a friend).
    #[schema(minimum = -1.0, maximum = 1.0)]
    affinity: f64,
    /// Lines between them that were looked at.
    lines: u32,
    /// When the latest of them was said.
    last_at: DateTime<Utc>,
}

/// A character
///
/// Mood and bonds are weighted means of the sentiment of the latest 200 lines that the character
/// said, heard or overheard (of the latest 2,000 of the world): a line counts half for the mood
/// after ten minutes, and half for a bond after 14 days.
#[utoipa::path(get, path = "/api/worlds/{world}/characters/{slug}", tag = "worlds",
    params(
        ("world" = String, Path, description = "Slug of the world.", example = "friends"),
        ("slug" = String, Path, description = "Slug of the character.", example = "ross"),
    ),
    responses(
        (status = 200, body = CharacterDetail, description = "As they are now."),
        (status = 401, body = Problem, content_type = PROBLEM_JSON, description = "`sign_in_required`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON,
            description = "`unknown_world`, `unknown_character`"),
    ))]
async fn character(
    State(stage): State<Stage>,
    Path((world, slug)): Path<(String, String)>,
) -> Result<Json<CharacterDetail>, Problem> {
    let world = stage.entered(&world)?;
    let found = Slug::new(&slug).ok();
    let character = found
        .as_ref()
        .and_then(|slug| world.character(slug))
        .ok_or_else(|| unknown(&world, &slug))?;
    let store = &stage.options.store;
    let lines = store
        .witnessed(&world.name, &character.name, WITNESSED_MAX)
        .await?;
    let bonds = mood::bonds(&character.name, &lines);
    let mut living = stage.living().await?.into_iter();
    let present = living.any(|role| role.acts_for(&world.name, &character.slug));
    Ok(Json(CharacterDetail {
        character: Character::of(character, world.access, present),
        mood: mood::mood(&lines),
        bonds: bonds.into_iter().map(Bond::from).collect(),
        recent: lines.into_iter().take(RECENT_MAX).map(Into::into).collect(),
    }))
}

pub(super) fn unknown(world: &World, slug: &str) -> Problem {
    let slug: String = slug.chars().take(80).collect();
    Problem::not_found(
        "unknown_character",
        format!("there is no character '{slug}' in '{}'", world.name),
    )
}

impl From<mood::Bond> for Bond {
    fn from(bond: mood::Bond) -> Self {
        Self {
            with: bond.with,
            affinity: bond.affinity,
            lines: bond.lines,
            last_at: bond.last_at,
        }
    }
}
