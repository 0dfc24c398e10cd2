//! Characters that people talk with: those of everybody, and one's own.

use super::{catalogue, limit, me};
use crate::auth::Person;
use crate::chat::door::{find, may_meet};
use crate::extract::{Fields, JsonBody, Path, Query, read_body};
use crate::options::Limits;
use crate::problem::{PROBLEM_JSON, Problem};
use crate::stage::Stage;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use parlor_model::card::{Card, Own, Picture, Visibility, limits};
use parlor_model::session::character_id;
use parlor_model::{Character, Origin, World};
use parlor_ports::catalogue::{CatalogueEntry, Put};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// Longest name, in characters.
const NAME_CHARS_MAX: usize = 60;
/// Longest system prompt and greeting, in characters.
const PROMPT_CHARS_MAX: usize = 20_000;
const GREETING_CHARS_MAX: usize = 2_000;
/// Things that somebody likes, and their length.
const LIKES_MAX: usize = 20;
const LIKE_CHARS_MAX: usize = 80;
/// Characters of one person.
const OWN_MAX: usize = 100;

/// All paths of these routes.
pub(crate) const PATHS: [&str; 5] = [
    "/characters",
    "/characters/id/{id}",
    "/api/characters",
    "/api/characters/id/{id}",
    "/api/characters/id/{id}/picture",
];

pub(crate) fn router() -> OpenApiRouter<Stage> {
    OpenApiRouter::new()
        .routes(routes!(gallery))
        .routes(routes!(gallery_character))
        .routes(routes!(list_gallery, create_character))
        .routes(routes!(gallery_details, change_character, delete_character))
        .routes(routes!(gallery_picture, change_picture))
}

/// A character to talk with.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct GalleryCharacter {
    /// By which `/ws/{character_id}` finds them.
    id: Uuid,
    /// Does as well.
    slug: String,
    /// Display name.
    name: String,
    /// Slug of the world.
    world: String,
    /// What they like to talk about.
    likes: Vec<String>,
    /// Sayings of theirs.
    catchphrases: Vec<String>,
    /// What they say first; null where they wait.
    #[schema(required = true)]
    greeting: Option<String>,
    /// Who may see and talk with them: `public`, `unlisted` or `private`.
    #[schema(value_type = String, example = "public")]
    visibility: Visibility,
    /// True for a character of the caller's own.
    own: bool,
    /// Where their picture is; null where there is none.
    #[schema(required = true)]
    picture: Option<String>,
    /// Who they are, for a language model; only for the owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    system_prompt: Option<String>,
}

/// A part of the characters.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GalleryList {
    /// In the order of the cast.
    items: Vec<GalleryCharacter>,
    /// `after` of the next part; null at the end.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

fn own_of(character: &Character) -> Own {
    let card = character.card.as_ref();
    card.map(|card| card.own()).unwrap_or_default()
}

impl GalleryCharacter {
    /// The character as `person` may see them; `None` where they may not.
    fn seen_by(person: &Person, world: &World, character: &Character) -> Option<Self> {
        if !may_meet(person.account.0, character) {
            return None;
        }
        let own = own_of(character);
        let mine = own.owner == Some(person.account.0);
        let card = character.card.as_ref();
        let greeting = card.map(|card| card.fields().first_mes.trim().to_owned());
        let id = character_id(&world.name, &character.slug);
        let picture = character
            .picture
            .then(|| format!("/api/characters/id/{id}/picture"));
        Some(Self {
            id,
            slug: character.slug.to_string(),
            name: character.name.clone(),
            world: world.name.to_string(),
            likes: character.likes.clone(),
            catchphrases: character.catchphrases.clone(),
            greeting: greeting.filter(|greeting| !greeting.is_empty()),
            visibility: own.visibility,
            own: mine,
            picture,
            system_prompt: mine.then(|| character.persona.clone()),
        })
    }

    fn is_listed(&self) -> bool {
        self.own || self.visibility == Visibility::Public
    }
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct GalleryQuery {
    /// Only of this world.
    world: Option<String>,
    /// Only the caller's own.
    own: Option<bool>,
    /// As a `nextCursor` gave it.
    cursor: Option<String>,
    /// 1 to 200; 50 where it is left out.
    limit: Option<u32>,
}

impl Fields for GalleryQuery {
    const NAMES: &'static [&'static str] = &["world", "own", "cursor", "limit"];
}

/// Characters to talk with
#[utoipa::path(get, path = "/characters", tag = "chat", security(("bearer" = []), ("cookie" = [])), params(GalleryQuery),
    responses(
        (status = 200, body = GalleryList),
        (status = 400, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_query`, `invalid_cursor`, `unknown_field`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON,
            description = "`sign_in_required`, `invalid_token`"),
    ))]
async fn gallery(
    person: Person,
    State(stage): State<Stage>,
    Query(query): Query<GalleryQuery>,
) -> Result<Json<GalleryList>, Problem> {
    shown(&person, &stage, &query).map(Json)
}

/// Characters to talk with
///
/// The same as `GET /characters`.
#[utoipa::path(get, path = "/api/characters", tag = "chat", security(("bearer" = []), ("cookie" = [])), params(GalleryQuery),
    responses(
        (status = 200, body = GalleryList),
        (status = 400, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_query`, `invalid_cursor`, `unknown_field`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON,
            description = "`sign_in_required`, `invalid_token`"),
    ))]
async fn list_gallery(
    person: Person,
    State(stage): State<Stage>,
    Query(query): Query<GalleryQuery>,
) -> Result<Json<GalleryList>, Problem> {
    shown(&person, &stage, &query).map(Json)
}

fn shown(person: &Person, stage: &Stage, query: &GalleryQuery) -> Result<GalleryList, Problem> {
    let limit = limit(query.limit)? as usize;
    let skip: usize = match &query.cursor {
        None => 0,
        Some(text) => text.parse().map_err(|_| {
            Problem::malformed("invalid_cursor", "use a nextCursor as it was given")
        })?,
    };
    let worlds = stage.options.worlds.all();
    let named = |world: &&Arc<World>| {
        let wanted = query.world.as_deref();
        world.routing.answers.is_some() && wanted.is_none_or(|name| world.name.as_str() == name)
    };
    let all = worlds.iter().filter(named).flat_map(|world| {
        let cast = world.cast.iter();
        cast.map(move |character| (world, character))
    });
    let mut items = Vec::new();
    let mut next = None;
    for (place, (world, character)) in all.enumerate().skip(skip) {
        let seen = GalleryCharacter::seen_by(person, world, character);
        let wanted =
            |seen: &GalleryCharacter| seen.is_listed() && (seen.own || query.own != Some(true));
        let Some(seen) = seen.filter(wanted) else {
            continue;
        };
        if items.len() == limit {
            next = Some(place.to_string());
            break;
        }
        items.push(GalleryCharacter {
            system_prompt: None,
            ..seen
        });
    }
    Ok(GalleryList {
        items,
        next_cursor: next,
    })
}

/// One character
#[utoipa::path(get, path = "/characters/id/{id}", tag = "chat", security(("bearer" = []), ("cookie" = [])),
    params(("id" = String, Path, description = "Id or slug of the character.")),
    responses(
        (status = 200, body = GalleryCharacter),
        (status = 401, body = Problem, content_type = PROBLEM_JSON,
            description = "`sign_in_required`, `invalid_token`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON, description = "`unknown_character`"),
    ))]
async fn gallery_character(
    person: Person,
    State(stage): State<Stage>,
    Path(id): Path<String>,
) -> Result<Json<GalleryCharacter>, Problem> {
    seen(&person, &stage, &id).map(|(_, _, seen)| Json(seen))
}

/// One character
///
/// The same as `GET /characters/id/{id}`.
#[utoipa::path(get, path = "/api/characters/id/{id}", tag = "chat", security(("bearer" = []), ("cookie" = [])),
    params(("id" = String, Path, description = "Id or slug of the character.")),
    responses(
        (status = 200, body = GalleryCharacter),
        (status = 401, body = Problem, content_type = PROBLEM_JSON,
            description = "`sign_in_required`, `invalid_token`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON, description = "`unknown_character`"),
    ))]
async fn gallery_details(
    person: Person,
    State(stage): State<Stage>,
    Path(id): Path<String>,
) -> Result<Json<GalleryCharacter>, Problem> {
    seen(&person, &stage, &id).map(|(_, _, seen)| Json(seen))
}

type Seen = (Arc<World>, Arc<Character>, GalleryCharacter);

/// The character of this id or slug, if the caller may see them.
fn seen(person: &Person, stage: &Stage, id: &str) -> Result<Seen, Problem> {
    let found = find(&stage.options.worlds, None, id);
    let seen = found.and_then(|(world, character)| {
        let seen = GalleryCharacter::seen_by(person, &world, &character)?;
        Some((world, character, seen))
    });
    seen.ok_or_else(|| unknown(id))
}

fn unknown(id: &str) -> Problem {
    let id: String = id.chars().take(80).collect();
    Problem::not_found("unknown_character", format!("there is no character '{id}'"))
}

/// Who a character is to be. What is left out of a change stays.
#[derive(Debug, Default, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"name": "Marla Quince",
    "system_prompt": "A retired lighthouse keeper who answers every question with weather.",
    "greeting": "Wind from the west. Sit down.", "visibility": "private"}))]
struct Wanted {
    /// Display name, at most 60 characters. It stays.
    #[schema(max_length = 60)]
    name: Option<String>,
    /// Who they are and how they talk, for a language model; at most 20,000 characters.
    system_prompt: Option<String>,
    /// What they say first; at most 2,000 characters.
    greeting: Option<String>,
    /// What they like to talk about; at most 20 of at most 80 characters.
    likes: Option<Vec<String>>,
    /// Who may see and talk with them: `public`, `unlisted` or `private`. Private where it is left out.
    #[schema(value_type = Option<String>, example = "private")]
    visibility: Option<Visibility>,
    /// Slug of the world; the first in which people talk with characters where it is left out.
    world: Option<String>,
}

impl Fields for Wanted {
    const NAMES: &'static [&'static str] = &[
        "name",
        "system_prompt",
        "greeting",
        "likes",
        "visibility",
        "world",
    ];
}

impl Wanted {
    fn check(&self) -> Result<(), Problem> {
        let fits = |text: &Option<String>, max: usize| {
            text.as_ref().is_none_or(|text| text.chars().count() <= max)
        };
        let likes = self.likes.as_deref().unwrap_or_default();
        let wrong = if !fits(&self.name, NAME_CHARS_MAX) {
            Some("name")
        } else if !fits(&self.system_prompt, PROMPT_CHARS_MAX) {
            Some("system_prompt")
        } else if !fits(&self.greeting, GREETING_CHARS_MAX) {
            Some("greeting")
        } else if likes.len() > LIKES_MAX
            || likes
                .iter()
                .any(|like| like.chars().count() > LIKE_CHARS_MAX)
        {
            Some("likes")
        } else {
            None
        };
        match wrong {
            Some(field) => Err(Problem::refused(
                "too_long",
                format!("'{field}' is longer than it may be"),
            )
            .with("field", field)),
            None => Ok(()),
        }
    }

    /// The card of the character.
    fn card(&self, owner: Uuid) -> Result<Arc<Card>, Problem> {
        let data = json!({
            "name": self.name,
            "description": self.system_prompt,
            "first_mes": self.greeting.clone().unwrap_or_default(),
            "extensions": { "parlor": {
                "likes": self.likes.clone().unwrap_or_default(),
                "owner": owner,
                "visibility": self.visibility.unwrap_or(Visibility::Private),
            }},
        });
        let json = json!({ "spec": "chara_card_v3", "spec_version": "3.0", "data": data });
        let card = Card::from_json(json.to_string().as_bytes())
            .map_err(|error| Problem::refused("invalid_character", error.to_string()))?;
        Ok(Arc::new(card))
    }
}

/// Make a character
///
/// The character joins the cast of all servers on the store within a second or two.
#[utoipa::path(post, path = "/api/characters", tag = "chat", security(("bearer" = []), ("cookie" = [])), request_body(content = Wanted),
    responses(
        (status = 201, body = GalleryCharacter),
        (status = 400, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_json`, `wrong_type`, `unknown_field`, `broken_body`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON,
            description = "`sign_in_required`, `invalid_token`"),
        (status = 403, body = Problem, content_type = PROBLEM_JSON, description = "`cross_site`, `csrf`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON, description = "`unknown_world`"),
        (status = 409, body = Problem, content_type = PROBLEM_JSON,
            description = "`name_taken`, `catalogue_full`"),
        (status = 413, body = Problem, content_type = PROBLEM_JSON, description = "`body_too_large`"),
        (status = 415, body = Problem, content_type = PROBLEM_JSON, description = "`not_json`"),
        (status = 422, body = Problem, content_type = PROBLEM_JSON,
            description = "`too_long`, `invalid_character`, `too_many_characters`"),
    ))]
async fn create_character(
    person: Person,
    State(stage): State<Stage>,
    JsonBody(wanted): JsonBody<Wanted>,
) -> Result<Response, Problem> {
    wanted.check()?;
    let is_named =
        |name: &Option<String>| name.as_ref().is_some_and(|name| !name.trim().is_empty());
    if !is_named(&wanted.name) || !is_named(&wanted.system_prompt) {
        return Err(Problem::refused(
            "invalid_character",
            "a character needs a 'name' and a 'system_prompt'",
        ));
    }
    me::own(&stage, &person).await?;
    let world = world_of(&stage, wanted.world.as_deref())?;
    let mine = world.cast.iter().filter(|character| {
        character.origin == Origin::Catalogue && own_of(character).owner == Some(person.account.0)
    });
    if mine.count() >= OWN_MAX {
        return Err(Problem::refused(
            "too_many_characters",
            format!("nobody has more than {OWN_MAX} characters: delete one first"),
        ));
    }
    let card = wanted.card(person.account.0)?;
    if world.character(&card.slug()).is_some() {
        return Err(taken());
    }
    let shape = keep(&person, &stage, &world, &card).await?;
    Ok((StatusCode::CREATED, Json(shape)).into_response())
}

/// The world of this name, or the first, in which people talk with characters.
fn world_of(stage: &Stage, name: Option<&str>) -> Result<Arc<World>, Problem> {
    let worlds = stage.options.worlds.all();
    let mut open = worlds
        .iter()
        .filter(|world| world.routing.answers.is_some());
    open.find(|world| name.is_none_or(|name| world.name.as_str() == name))
        .cloned()
        .ok_or_else(|| {
            Problem::not_found(
                "unknown_world",
                "there is no such world to make characters in",
            )
        })
}

fn taken() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "name_taken",
        "somebody of this world has this name: give the character another one",
    )
}

async fn keep(
    person: &Person,
    stage: &Stage,
    world: &World,
    card: &Arc<Card>,
) -> Result<GalleryCharacter, Problem> {
    let entry = CatalogueEntry::of(world, card).map_err(|_| taken())?;
    put(stage, &entry).await?;
    let character = world.newcomer(entry.slug, card);
    GalleryCharacter::seen_by(person, world, &character).ok_or_else(Problem::internal)
}

/// Keeps a character, and has the casts look at it.
async fn put(stage: &Stage, entry: &CatalogueEntry) -> Result<(), Problem> {
    let store = &stage.options.store;
    match store
        .put_character(entry, stage.options.clock.now())
        .await?
    {
        Put::Added | Put::Replaced => {}
        Put::NameTaken(_) => return Err(taken()),
        Put::Full(why) => return Err(Problem::new(StatusCode::CONFLICT, "catalogue_full", why)),
    }
    stage
        .options
        .director
        .look_for_newcomers(&entry.world)
        .await;
    Ok(())
}

/// A character of the caller's own, for a change.
fn mine(person: &Person, stage: &Stage, id: &str) -> Result<Seen, Problem> {
    let seen = seen(person, stage, id)?;
    if seen.2.own {
        return Ok(seen);
    }
    Err(Problem::new(
        StatusCode::FORBIDDEN,
        "not_yours",
        "only who made a character may change it",
    ))
}

/// Change a character of yours
#[utoipa::path(patch, path = "/api/characters/id/{id}", tag = "chat", security(("bearer" = []), ("cookie" = [])),
    params(("id" = String, Path, description = "Id or slug of the character.")),
    request_body(content = Wanted),
    responses(
        (status = 200, body = GalleryCharacter),
        (status = 400, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_json`, `wrong_type`, `unknown_field`, `broken_body`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON,
            description = "`sign_in_required`, `invalid_token`"),
        (status = 403, body = Problem, content_type = PROBLEM_JSON,
            description = "`not_yours`, `cross_site`, `csrf`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON, description = "`unknown_character`"),
        (status = 409, body = Problem, content_type = PROBLEM_JSON,
            description = "`name_taken`, `catalogue_full`"),
        (status = 413, body = Problem, content_type = PROBLEM_JSON, description = "`body_too_large`"),
        (status = 415, body = Problem, content_type = PROBLEM_JSON, description = "`not_json`"),
        (status = 422, body = Problem, content_type = PROBLEM_JSON,
            description = "`too_long`, `invalid_character`"),
    ))]
async fn change_character(
    person: Person,
    State(stage): State<Stage>,
    Path(id): Path<String>,
    JsonBody(wanted): JsonBody<Wanted>,
) -> Result<Json<GalleryCharacter>, Problem> {
    wanted.check()?;
    let (world, character, seen) = mine(&person, &stage, &id)?;
    if wanted
        .name
        .as_ref()
        .is_some_and(|name| name.trim() != character.name)
    {
        return Err(Problem::refused(
            "invalid_character",
            "a name stays: make another character",
        ));
    }
    let whole = Wanted {
        name: Some(character.name.clone()),
        system_prompt: wanted.system_prompt.or(seen.system_prompt),
        greeting: wanted.greeting.or(seen.greeting),
        likes: wanted.likes.or(Some(seen.likes)),
        visibility: wanted.visibility.or(Some(seen.visibility)),
        world: None,
    };
    let store = &stage.options.store;
    // What changes is the card; the picture stays.
    let picture = store.kept_picture(&world.name, &character.slug).await?;
    let card = whole.card(person.account.0)?;
    let entry = CatalogueEntry {
        world: world.name.clone(),
        slug: character.slug.clone(),
        name: character.name.clone(),
        card: card.to_v3_json(),
        picture,
    };
    put(&stage, &entry).await?;
    let changed = Character {
        picture: character.picture,
        ..world.newcomer(character.slug.clone(), &card)
    };
    GalleryCharacter::seen_by(&person, &world, &changed)
        .map(Json)
        .ok_or_else(Problem::internal)
}

/// Picture of a character
#[utoipa::path(get, path = "/api/characters/id/{id}/picture", tag = "chat", security(("bearer" = []), ("cookie" = [])),
    params(("id" = String, Path, description = "Id or slug of the character.")),
    responses(
        (status = 200, content((Vec<u8> = "image/png"), (Vec<u8> = "image/jpeg"), (Vec<u8> = "image/webp")),
            description = "Their picture."),
        (status = 304, description = "It is the one whose `ETag` the caller has."),
        (status = 401, body = Problem, content_type = PROBLEM_JSON,
            description = "`sign_in_required`, `invalid_token`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON,
            description = "`unknown_character`, `no_picture`"),
    ))]
async fn gallery_picture(
    person: Person,
    State(stage): State<Stage>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (world, character, _) = seen(&person, &stage, &id)?;
    catalogue::shown(&stage, &world, &character, &headers).await
}

/// Give a character of yours a picture
///
/// The body is a PNG, JPEG or WebP file of 16 MiB at most, whatever its content type says. A PNG loses
/// all that is no picture.
#[utoipa::path(put, path = "/api/characters/id/{id}/picture", tag = "chat", security(("bearer" = []), ("cookie" = [])),
    params(("id" = String, Path, description = "Id or slug of the character.")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream",
        description = "The picture's file."),
    responses(
        (status = 200, body = GalleryCharacter),
        (status = 400, body = Problem, content_type = PROBLEM_JSON, description = "`broken_body`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON,
            description = "`sign_in_required`, `invalid_token`"),
        (status = 403, body = Problem, content_type = PROBLEM_JSON,
            description = "`not_yours`, `cross_site`, `csrf`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON, description = "`unknown_character`"),
        (status = 409, body = Problem, content_type = PROBLEM_JSON,
            description = "`name_taken`, `catalogue_full`"),
        (status = 413, body = Problem, content_type = PROBLEM_JSON, description = "`body_too_large`"),
        (status = 422, body = Problem, content_type = PROBLEM_JSON, description = "`invalid_picture`"),
    ))]
async fn change_picture(
    person: Person,
    State(stage): State<Stage>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Json<GalleryCharacter>, Problem> {
    let (world, character, _) = mine(&person, &stage, &id)?;
    let most = Limits {
        body_bytes_max: limits::PICTURE_BYTES_MAX,
        ..stage.options.limits
    };
    let picture = Picture::new(&read_body(request, most).await?)
        .map_err(|why| Problem::refused("invalid_picture", format!("the picture {why}")))?;
    let kept = stage
        .options
        .store
        .kept_card(&world.name, &character.slug)
        .await?
        .ok_or_else(|| unknown(&id))?;
    let entry = CatalogueEntry {
        world: world.name.clone(),
        slug: character.slug.clone(),
        name: character.name.clone(),
        card: kept.card,
        picture: Some(picture.bytes().to_vec()),
    };
    put(&stage, &entry).await?;
    let changed = Character {
        picture: true,
        ..(*character).clone()
    };
    GalleryCharacter::seen_by(&person, &world, &changed)
        .map(Json)
        .ok_or_else(Problem::internal)
}

/// Delete a character of yours
///
/// What was said with them stays with those who said it.
#[utoipa::path(delete, path = "/api/characters/id/{id}", tag = "chat", security(("bearer" = []), ("cookie" = [])),
    params(("id" = String, Path, description = "Id or slug of the character.")),
    responses(
        (status = 204, description = "They are gone."),
        (status = 401, body = Problem, content_type = PROBLEM_JSON,
            description = "`sign_in_required`, `invalid_token`"),
        (status = 403, body = Problem, content_type = PROBLEM_JSON,
            description = "`not_yours`, `cross_site`, `csrf`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON, description = "`unknown_character`"),
    ))]
async fn delete_character(
    person: Person,
    State(stage): State<Stage>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let (world, character, _) = mine(&person, &stage, &id)?;
    let store = &stage.options.store;
    store.remove_character(&world.name, &character.slug).await?;
    stage.options.director.look_for_newcomers(&world.name).await;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes every character that this account made out of the catalogues.
pub(crate) async fn forget(stage: &Stage, account: Uuid) -> Result<(), Problem> {
    // Also those that they made elsewhere a moment ago.
    let director = &stage.options.director;
    for world in stage.options.worlds.all().iter() {
        if world.routing.answers.is_some() {
            director.look_for_newcomers(&world.name).await;
        }
    }
    for world in stage.options.worlds.all().iter() {
        let theirs = world.cast.iter().filter(|character| {
            character.origin == Origin::Catalogue && own_of(character).owner == Some(account)
        });
        let mut left = false;
        for character in theirs {
            let store = &stage.options.store;
            left |= store.remove_character(&world.name, &character.slug).await?;
        }
        if left {
            stage.options.director.look_for_newcomers(&world.name).await;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_is_among_those_that_can_be_handed_on() {
        let document = router().into_openapi();
        let paths: Vec<_> = document.paths.paths.keys().map(String::as_str).collect();
        let mut listed = PATHS;
        listed.sort_unstable();
        assert_eq!(paths, listed);
    }
}
