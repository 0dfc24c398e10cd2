//! Characters as models: `friends/ross`.

use super::Talks;
use super::access::{Caller, key_required};
use crate::chat::door::may_meet;
use crate::extract::Path;
use crate::problem::Problem;
use axum::Json;
use axum::extract::State;
use parlor_model::{Character, World};
use serde::Serialize;
use std::sync::Arc;
use uuid::Uuid;

/// Models in a list, at most.
const LISTED_MAX: usize = 10_000;

#[derive(Serialize)]
pub(super) struct Models {
    object: &'static str,
    data: Vec<Model>,
}

#[derive(Serialize)]
pub(super) struct Model {
    id: String,
    object: &'static str,
    created: i64,
    owned_by: String,
}

impl Model {
    fn of(world: &World, character: &Character, begun: i64) -> Self {
        Self {
            id: format!("{}/{}", world.name, character.slug),
            object: "model",
            created: begun,
            owned_by: world.name.to_string(),
        }
    }
}

/// The characters of all worlds that the caller may enter.
pub(super) async fn list(State(talks): State<Talks>, caller: Caller) -> Json<Models> {
    let worlds = talks.stage.options.worlds.all();
    let entered = worlds.iter().filter(|world| caller.may_enter(world));
    let models = entered.flat_map(|world| {
        let cast = world.cast.iter();
        // A key is nobody's: what people made for themselves is not for it.
        let cast = cast.filter(|character| may_meet(Uuid::nil(), character));
        cast.map(|character| Model::of(world, character, talks.begun))
    });
    Json(Models {
        object: "list",
        data: models.take(LISTED_MAX).collect(),
    })
}

pub(super) async fn one(
    State(talks): State<Talks>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Model>, Problem> {
    let (world, character) = find(&talks, &caller, &id)?;
    Ok(Json(Model::of(&world, &character, talks.begun)))
}

/// The character that a model's id names, if the caller may talk to it.
pub(super) fn find(
    talks: &Talks,
    caller: &Caller,
    id: &str,
) -> Result<(Arc<World>, Arc<Character>), Problem> {
    let (world, character) = id.split_once('/').ok_or_else(|| unknown(id))?;
    let worlds = talks.stage.options.worlds.all();
    let world = worlds.iter().find(|known| known.name.as_str() == world);
    let world = world.ok_or_else(|| unknown(id))?;
    if !caller.may_enter(world) && !caller.has_key() {
        return Err(key_required(world));
    }
    let mut cast = world.cast.iter();
    cast.find(|known| known.slug.as_str() == character && caller.may_enter(world))
        .filter(|known| may_meet(Uuid::nil(), known))
        .map(|character| (world.clone(), character.clone()))
        .ok_or_else(|| unknown(id))
}

fn unknown(id: &str) -> Problem {
    let id: String = id.chars().take(80).collect();
    let detail = format!(
        "there is no model '{id}', or it is not for your key: GET /v1/models lists those that are \
         (WORLD/CHARACTER)"
    );
    Problem::not_found("model_not_found", detail).with("param", "model")
}
