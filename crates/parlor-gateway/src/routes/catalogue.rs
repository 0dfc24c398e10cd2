//! Characters that come to a world while it runs, as cards, and leave it again; and pictures.

use super::characters::unknown;
use crate::extract::{Fields, Path, Query, read_body};
use crate::operator::Operator;
use crate::options::Limits;
use crate::problem::{PROBLEM_JSON, Problem};
use crate::stage::Stage;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use parlor_model::card::{Card, Media, limits};
use parlor_model::{Character, Origin, Slug, World};
use parlor_ports::catalogue::{CatalogueEntry, Put};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// A picture is only ever shown.
const POLICY: &str = "default-src 'none'; sandbox";
/// Bytes of a digest that tell two pictures apart.
const TAG_BYTES: usize = 16;

pub(crate) fn router() -> OpenApiRouter<Stage> {
    OpenApiRouter::new()
        .routes(routes!(import))
        .routes(routes!(remove))
        .routes(routes!(picture))
}

/// Where a character goes to.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportQuery {
    /// Slug of the world; the first of the server where it is left out.
    world: Option<String>,
}

impl Fields for ImportQuery {
    const NAMES: &'static [&'static str] = &["world"];
}

/// A character has come in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"world": "friends", "slug": "marla-quince", "name": "Marla Quince",
    "replaced": false, "warnings": []}))]
pub(crate) struct Imported {
    /// Slug of the world.
    world: String,
    /// By which the character is found there.
    slug: String,
    /// Display name.
    name: String,
    /// It took the place of the one with its slug.
    replaced: bool,
    /// What of the card is not used, and why.
    warnings: Vec<String>,
}

/// Bring in a character
///
/// The body is a character card as it is: JSON of version 1, 2 or 3, a PNG picture that carries one, or
/// a CHARX archive, 32 MiB at most. The character joins the cast of all servers on the store within a
/// second or two; one with the same slug is replaced.
#[utoipa::path(post, path = "/api/characters/import", tag = "worlds",
    params(ImportQuery),
    request_body(content = Vec<u8>, content_type = "application/octet-stream",
        description = "The card, whatever its content type says."),
    responses(
        (status = 200, body = Imported, description = "It took the place of an earlier one."),
        (status = 201, body = Imported, description = "It is new."),
        (status = 400, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_card`, `broken_body`, `invalid_query`, `unknown_field`"),
        (status = 403, body = Problem, content_type = PROBLEM_JSON,
            description = "`cross_site`, `not_operator`, `ops_off`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON, description = "`unknown_world`"),
        (status = 409, body = Problem, content_type = PROBLEM_JSON,
            description = "`name_taken`, `catalogue_full`"),
        (status = 413, body = Problem, content_type = PROBLEM_JSON, description = "`body_too_large`"),
    ))]
async fn import(
    _: Operator,
    State(stage): State<Stage>,
    Query(query): Query<ImportQuery>,
    request: Request,
) -> Result<Response, Problem> {
    let worlds = stage.options.worlds.all();
    let world = match &query.world {
        Some(name) => stage.world(name)?,
        None => worlds.first().cloned().ok_or_else(|| {
            Problem::not_found("unknown_world", "this server has no world to come to")
        })?,
    };
    let most = Limits {
        body_bytes_max: limits::FILE_BYTES_MAX,
        ..stage.options.limits
    };
    let bytes = read_body(request, most).await?;
    // A large card takes a while to unpack.
    let read = tokio::task::spawn_blocking(move || Card::parse(&bytes)).await;
    let card = read
        .map_err(|_| Problem::internal())?
        .map_err(|error| Problem::malformed("invalid_card", error.to_string()))?;
    let card = Arc::new(card);
    let taken = |why: String| Problem::new(StatusCode::CONFLICT, "name_taken", why);
    let entry = CatalogueEntry::of(&world, &card).map_err(taken)?;
    let store = &stage.options.store;
    let put = store
        .put_character(&entry, stage.options.clock.now())
        .await?;
    let replaced = match put {
        Put::Added => false,
        Put::Replaced => true,
        Put::NameTaken(other) => {
            return Err(taken(format!(
                "'{other}' of the catalogue is called '{}', too: give the card another name",
                entry.name
            )));
        }
        Put::Full(why) => return Err(Problem::new(StatusCode::CONFLICT, "catalogue_full", why)),
    };
    stage.options.director.look_for_newcomers(&world.name).await;
    let status = if replaced {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    };
    let imported = Imported {
        world: world.name.to_string(),
        slug: entry.slug.to_string(),
        name: entry.name,
        replaced,
        warnings: card.warnings().to_vec(),
    };
    Ok((status, Json(imported)).into_response())
}

/// Let a character go
///
/// Takes somebody out of the world's catalogue, and so out of the cast; conversations in which they
/// take part are closed. Who is in the world's file stays.
#[utoipa::path(delete, path = "/api/worlds/{world}/characters/{slug}", tag = "worlds",
    params(
        ("world" = String, Path, description = "Slug of the world.", example = "friends"),
        ("slug" = String, Path, description = "Slug of the character.", example = "marla-quince"),
    ),
    responses(
        (status = 204, description = "They are out of the catalogue."),
        (status = 403, body = Problem, content_type = PROBLEM_JSON,
            description = "`cross_site`, `not_operator`, `ops_off`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON,
            description = "`unknown_world`, `unknown_character`"),
        (status = 409, body = Problem, content_type = PROBLEM_JSON,
            description = "`not_in_catalogue`"),
    ))]
async fn remove(
    _: Operator,
    State(stage): State<Stage>,
    Path((world, slug)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let world = stage.world(&world)?;
    let who = Slug::new(&slug).map_err(|_| unknown(&world, &slug))?;
    if stage
        .options
        .store
        .remove_character(&world.name, &who)
        .await?
    {
        stage.options.director.look_for_newcomers(&world.name).await;
        return Ok(StatusCode::NO_CONTENT);
    }
    let is_own = |origin: Origin| origin == Origin::World;
    match world.character(&who) {
        Some(character) if is_own(character.origin) => Err(Problem::new(
            StatusCode::CONFLICT,
            "not_in_catalogue",
            format!("'{who}' is in the world's file: take them out there"),
        )),
        _ => Err(unknown(&world, &slug)),
    }
}

/// Picture of a character
#[utoipa::path(get, path = "/api/worlds/{world}/characters/{slug}/picture", tag = "worlds",
    params(
        ("world" = String, Path, description = "Slug of the world.", example = "friends"),
        ("slug" = String, Path, description = "Slug of the character.", example = "marla-quince"),
    ),
    responses(
        (status = 200, content((Vec<u8> = "image/png"), (Vec<u8> = "image/jpeg"), (Vec<u8> = "image/webp")),
            description = "The picture of their card."),
        (status = 304, description = "It is the one whose `ETag` the caller has."),
        (status = 401, body = Problem, content_type = PROBLEM_JSON, description = "`sign_in_required`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON,
            description = "`unknown_world`, `unknown_character`, `no_picture`"),
    ))]
async fn picture(
    State(stage): State<Stage>,
    Path((world, slug)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let world = stage.entered(&world)?;
    let found = Slug::new(&slug).ok();
    let character = found
        .as_ref()
        .and_then(|slug| world.character(slug))
        .ok_or_else(|| unknown(&world, &slug))?;
    shown(&stage, &world, character, &headers).await
}

/// The picture of a character, or that the caller has it already.
pub(super) async fn shown(
    stage: &Stage,
    world: &World,
    character: &Character,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let own = character.card.as_ref().and_then(|card| card.picture());
    let bytes = match own {
        Some(picture) => Some(picture.bytes().to_vec()),
        None if character.origin == Origin::Catalogue => {
            let store = &stage.options.store;
            store.kept_picture(&world.name, &character.slug).await?
        }
        None => None,
    };
    // What is kept has been looked at; bytes that are no picture are still never sent as one.
    let shown = bytes.and_then(|bytes| Some((Media::of(&bytes)?, bytes)));
    let Some((media, bytes)) = shown else {
        return Err(Problem::not_found(
            "no_picture",
            format!("there is no picture of '{}'", character.slug),
        ));
    };
    let tag = tag_of(&bytes);
    let is_known = headers.get(header::IF_NONE_MATCH) == Some(&tag);
    let caching = [
        (header::ETAG, tag),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-cache"),
        ),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(POLICY),
        ),
    ];
    if is_known {
        return Ok((StatusCode::NOT_MODIFIED, caching).into_response());
    }
    let kind = [(header::CONTENT_TYPE, media.as_str())];
    Ok((caching, kind, bytes).into_response())
}

/// A tag that two pictures don't share.
fn tag_of(bytes: &[u8]) -> HeaderValue {
    use std::fmt::Write as _;
    let mut tag = String::with_capacity(2 * TAG_BYTES + 2);
    tag.push('"');
    for byte in Sha256::digest(bytes).iter().take(TAG_BYTES) {
        write!(tag, "{byte:02x}").expect("a string takes all that is written");
    }
    tag.push('"');
    HeaderValue::from_str(&tag).expect("hexadecimal digits and quotes")
}
