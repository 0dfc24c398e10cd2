//! What somebody's companions say among themselves, how they feel, and who ran away. Everything is the
//! caller's own: what belongs to somebody else is answered like what is not there.

use super::{cursor, limit};
use crate::auth::{Admin, Person};
use crate::extract::{Fields, JsonBody, Path, Query};
use crate::problem::{PROBLEM_JSON, Problem};
use crate::routes::conversations::idempotency_key;
use crate::shape::List;
use crate::shape::chatroom::{Generated, Moods, Notification, Recovered, Runaway, Talk, Unread};
use crate::stage::Stage;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use chrono::TimeDelta;
use parlor_engine::generation::Rules;
use parlor_model::world::DEFAULT_BATCH;
use parlor_model::{ConversationId, Dice, Slug, World};
use parlor_ports::companions::{Attempt, AttemptOutcome, NewRun, RunawayRecord};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// Days of a trend.
const TREND_DAYS: i64 = 7;

pub(crate) fn router() -> OpenApiRouter<Stage> {
    OpenApiRouter::new()
        .routes(routes!(chatroom_conversations))
        .routes(routes!(chatroom_conversation))
        .routes(routes!(mark_read))
        .routes(routes!(unread))
        .routes(routes!(runaways))
        .routes(routes!(recover))
        .routes(routes!(moods))
        .routes(routes!(meditate))
        .routes(routes!(notifications))
        .routes(routes!(generate))
}

/// Which world.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WorldQuery {
    /// Slug of the world; the first with companions where it is left out.
    world: Option<String>,
}

impl Fields for WorldQuery {
    const NAMES: &'static [&'static str] = &["world"];
}

/// Which part of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PartQuery {
    /// Slug of the world; the first with companions where it is left out.
    world: Option<String>,
    /// The `nextCursor` of the part before.
    #[param(pattern = "^[0-7]?[0-9a-f]{1,15}-[0-7]?[0-9a-f]{1,15}$")]
    cursor: Option<String>,
    /// How many.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

impl Fields for PartQuery {
    const NAMES: &'static [&'static str] = &["world", "cursor", "limit"];
}

/// A world whose people have companions, and its rules.
struct Room {
    world: Arc<World>,
    rules: Rules,
}

impl Room {
    fn of(stage: &Stage, name: Option<&str>) -> Result<Self, Problem> {
        let none = || {
            Problem::not_found(
                "no_companions",
                "people have no companions there: start a server with a world that has [mechanics.group]",
            )
        };
        let named = name.map(|name| stage.world(name)).transpose()?;
        let worlds = match named {
            Some(world) => vec![world],
            None => stage.options.worlds.all().iter().cloned().collect(),
        };
        let room = worlds.into_iter().find_map(|world| {
            let rules = Rules::of(&world).ok()??;
            Some(Self { world, rules })
        });
        room.ok_or_else(none)
    }

    fn name(&self) -> &Slug {
        &self.world.name
    }
}

fn unknown_conversation(id: Uuid) -> Problem {
    let detail = format!("you have no conversation {id}");
    Problem::not_found("unknown_conversation", detail)
}

fn unknown_creature(id: Uuid) -> Problem {
    Problem::not_found(
        "unknown_creature",
        format!("you have no such companion {id}"),
    )
}

/// Conversations of your companions
///
/// With all their lines, newest first.
#[utoipa::path(get, path = "/api/chatroom/conversations", tag = "chatroom",
    params(PartQuery),
    responses(
        (status = 200, body = List<Talk>, description = "A part of the list."),
        (status = 400, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_query`, `unknown_field`, `invalid_cursor`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON,
            description = "`sign_in_required`, `invalid_token`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON,
            description = "`unknown_world`, `no_companions`"),
    ))]
async fn chatroom_conversations(
    person: Person,
    State(stage): State<Stage>,
    Query(query): Query<PartQuery>,
) -> Result<Json<List<Talk>>, Problem> {
    let room = Room::of(&stage, query.world.as_deref())?;
    let (limit, after) = (limit(query.limit)?, query.cursor.as_deref());
    let after = after.map(cursor).transpose()?;
    let store = &stage.options.store;
    if after.is_none() {
        let now = stage.options.clock.now();
        store.owner_seen(room.name(), person.account, now).await?;
    }
    let page = store
        .talks(room.name(), person.account, after, limit)
        .await?;
    Ok(Json(List {
        items: page.items.into_iter().map(Talk::of).collect(),
        next_cursor: page.next.map(|next| next.to_string()),
    }))
}

/// One conversation of your companions
#[utoipa::path(get, path = "/api/chatroom/conversation/{id}", tag = "chatroom",
    params(("id" = Uuid, Path, description = "The conversation's id.",
        example = "f0a1b2c3-0000-4000-8000-000000000009")),
    responses(
        (status = 200, body = Talk, description = "With all its lines."),
        (status = 400, body = Problem, content_type = PROBLEM_JSON, description = "`invalid_path`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON,
            description = "`sign_in_required`, `invalid_token`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON,
            description = "`unknown_conversation`: also one of somebody else's companions"),
    ))]
async fn chatroom_conversation(
    person: Person,
    State(stage): State<Stage>,
    Path(id): Path<Uuid>,
) -> Result<Json<Talk>, Problem> {
    let store = &stage.options.store;
    let talk = store.talk(person.account, ConversationId(id)).await?;
    let talk = talk.ok_or_else(|| unknown_conversation(id))?;
    Ok(Json(Talk::of(talk)))
}

/// Mark a conversation as read
#[utoipa::path(post, path = "/api/chatroom/mark-read/{id}", tag = "chatroom",
    params(
        ("id" = Uuid, Path, description = "The conversation's id.",
        example = "f0a1b2c3-0000-4000-8000-000000000009"),
        WorldQuery,
    ),
    responses(
        (status = 200, body = Unread, description = "It is read; how many of that world are not."),
        (status = 400, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_path`, `invalid_query`, `unknown_field`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON,
            description = "`sign_in_required`, `invalid_token`"),
        (status = 403, body = Problem, content_type = PROBLEM_JSON,
            description = "`cross_site`, `csrf`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON,
            description = "`unknown_conversation`, `unknown_world`, `no_companions`"),
    ))]
async fn mark_read(
    person: Person,
    State(stage): State<Stage>,
    Path(id): Path<Uuid>,
    Query(query): Query<WorldQuery>,
) -> Result<Json<Unread>, Problem> {
    let room = Room::of(&stage, query.world.as_deref())?;
    let store = &stage.options.store;
    let now = stage.options.clock.now();
    let id_of = ConversationId(id);
    if !store.mark_read(person.account, id_of, now).await? {
        return Err(unknown_conversation(id));
    }
    let unread = store.unread(room.name(), person.account).await?;
    Ok(Json(Unread { unread }))
}

/// How many conversations you have not read
///
/// Counted up to a hundred.
#[utoipa::path(get, path = "/api/chatroom/unread", tag = "chatroom",
    params(WorldQuery),
    responses(
        (status = 200, body = Unread, description = "How many."),
        (status = 400, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_query`, `unknown_field`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON,
            description = "`sign_in_required`, `invalid_token`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON,
            description = "`unknown_world`, `no_companions`"),
    ))]
async fn unread(
    person: Person,
    State(stage): State<Stage>,
    Query(query): Query<WorldQuery>,
) -> Result<Json<Unread>, Problem> {
    let room = Room::of(&stage, query.world.as_deref())?;
    let unread = stage
        .options
        .store
        .unread(room.name(), person.account)
        .await?;
    Ok(Json(Unread { unread }))
}

/// Companions that ran away
///
/// With the odds and the price of winning each of them back.
#[utoipa::path(get, path = "/api/chatroom/runaways", tag = "chatroom",
    params(WorldQuery),
    responses(
        (status = 200, body = List<Runaway>, description = "All of them, the latest first."),
        (status = 400, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_query`, `unknown_field`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON,
            description = "`sign_in_required`, `invalid_token`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON,
            description = "`unknown_world`, `no_companions`"),
    ))]
async fn runaways(
    person: Person,
    State(stage): State<Stage>,
    Query(query): Query<WorldQuery>,
) -> Result<Json<List<Runaway>>, Problem> {
    let room = Room::of(&stage, query.world.as_deref())?;
    let store = &stage.options.store;
    let gone = store.runaways(room.name(), person.account).await?;
    let rule = room.rules.runaway.unwrap_or_default();
    let shown = gone.into_iter().map(|record| Runaway::of(record, &rule));
    Ok(Json(List::whole(shown.collect())))
}

/// Try to win a runaway back
///
/// Costs coins whether it succeeds or not; a failure makes it harder. With an `Idempotency-Key` a
/// repeated request makes no second attempt and gets the same answer.
#[utoipa::path(post, path = "/api/chatroom/recover/{creatureId}", tag = "chatroom",
    params(
        ("creatureId" = Uuid, Path, description = "The companion's id.",
        example = "f0a1b2c3-0000-4000-8000-000000000009"),
        ("Idempotency-Key" = Option<String>, Header,
            pattern = "^[!-~]{1,200}$",
            description = "1 to 200 visible ASCII characters of the caller's choice."),
        WorldQuery,
    ),
    responses(
        (status = 200, body = Recovered, description = "The attempt was made: what came of it."),
        (status = 400, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_path`, `invalid_query`, `unknown_field`, `invalid_idempotency_key`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON,
            description = "`sign_in_required`, `invalid_token`"),
        (status = 403, body = Problem, content_type = PROBLEM_JSON,
            description = "`cross_site`, `csrf`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON,
            description = "`unknown_creature`: you have no such runaway; `unknown_world`, `no_companions`"),
        (status = 409, body = Problem, content_type = PROBLEM_JSON,
            description = "`changed_meanwhile`: another attempt was made at the same moment"),
        (status = 422, body = Problem, content_type = PROBLEM_JSON,
            description = "`not_enough_coins`, `idempotency_key_reused`"),
    ))]
async fn recover(
    person: Person,
    State(stage): State<Stage>,
    Path(id): Path<Uuid>,
    Query(query): Query<WorldQuery>,
    headers: HeaderMap,
) -> Result<Json<Recovered>, Problem> {
    let room = Room::of(&stage, query.world.as_deref())?;
    let given = idempotency_key(&headers)?.map(str::to_owned);
    let key = given.unwrap_or_else(|| (stage.options.ids)().to_string());
    let store = &stage.options.store;
    let gone = store.runaways(room.name(), person.account).await?;
    let record = gone.into_iter().find(|record| record.id == id);
    // A repeated request may ask for somebody who is back by now.
    let attempt = attempt(&stage, &room, &person, id, record.as_ref(), key);
    match store.attempt(&attempt).await? {
        AttemptOutcome::Made(made) if made.companion != id => Err(Problem::refused(
            "idempotency_key_reused",
            "the idempotency key was used for another attempt: use a new one",
        )),
        AttemptOutcome::Made(made) => Ok(Json(Recovered::of(made))),
        AttemptOutcome::Unknown => Err(unknown_creature(id)),
        AttemptOutcome::Stale => Err(Problem::new(
            StatusCode::CONFLICT,
            "changed_meanwhile",
            "another attempt was made at the same moment: look how it went",
        )),
        AttemptOutcome::TooPoor(coins) => {
            let detail = format!("it costs {} coins, and you have {coins}", attempt.price);
            Err(Problem::refused("not_enough_coins", detail)
                .with("price", attempt.price)
                .with("coins", coins))
        }
    }
}

fn attempt(
    stage: &Stage,
    room: &Room,
    person: &Person,
    id: Uuid,
    record: Option<&RunawayRecord>,
    key: String,
) -> Attempt {
    let rule = room.rules.runaway.clone().unwrap_or_default();
    let difficulty = record.map(|record| record.difficulty).unwrap_or_default();
    let (chance, event) = (stage.options.ids)().as_u64_pair();
    let mut roll = Dice::new(chance, Uuid::from_u64_pair(event, chance)).roll("recover");
    let succeeds = rule.comes_back(difficulty, &mut roll);
    let name = record.map_or("Nobody", |record| record.name.as_str());
    let text = if succeeds {
        format!("{name} peeked round the corner, sniffed, and came home with you.")
    } else {
        format!("{name} listened to all of it, and then went a little further away.")
    };
    Attempt {
        owner: person.account,
        world: room.name().clone(),
        companion: id,
        attempts: record.map_or(0, |record| record.attempts),
        price: rule.price(difficulty),
        succeeds,
        difficulty: if succeeds {
            difficulty
        } else {
            difficulty.harder()
        },
        key,
        text,
        at: stage.options.clock.now(),
    }
}

/// How your companions feel
///
/// Now, and after each conversation of the last seven days.
#[utoipa::path(get, path = "/api/chatroom/moods", tag = "chatroom",
    params(WorldQuery),
    responses(
        (status = 200, body = Moods, description = "All of them."),
        (status = 400, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_query`, `unknown_field`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON,
            description = "`sign_in_required`, `invalid_token`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON,
            description = "`unknown_world`, `no_companions`"),
    ))]
async fn moods(
    person: Person,
    State(stage): State<Stage>,
    Query(query): Query<WorldQuery>,
) -> Result<Json<Moods>, Problem> {
    let room = Room::of(&stage, query.world.as_deref())?;
    let store = &stage.options.store;
    let household = store.household(room.name(), person.account).await?;
    let companions = household.map_or_else(Vec::new, |household| household.companions);
    let since = stage.options.clock.now() - TimeDelta::days(TREND_DAYS);
    let points = store
        .mood_points(room.name(), person.account, since)
        .await?;
    let account = store.account(person.account).await?;
    let coins = account.map_or(0, |account| account.coins);
    Ok(Json(Moods::of(companions, &points, coins)))
}

/// Send a companion to meditate
///
/// It takes no part in conversations for some hours, and its mood mends.
#[utoipa::path(post, path = "/api/chatroom/meditate/{creatureId}", tag = "chatroom",
    params(
        ("creatureId" = Uuid, Path, description = "The companion's id.",
        example = "f0a1b2c3-0000-4000-8000-000000000009"),
        WorldQuery,
    ),
    responses(
        (status = 200, body = crate::shape::chatroom::Creature, description = "As it is now."),
        (status = 400, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_path`, `invalid_query`, `unknown_field`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON,
            description = "`sign_in_required`, `invalid_token`"),
        (status = 403, body = Problem, content_type = PROBLEM_JSON,
            description = "`cross_site`, `csrf`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON,
            description = "`unknown_creature`, `unknown_world`, `no_companions`"),
        (status = 422, body = Problem, content_type = PROBLEM_JSON,
            description = "`no_meditation`: the world does not know it"),
    ))]
async fn meditate(
    person: Person,
    State(stage): State<Stage>,
    Path(id): Path<Uuid>,
    Query(query): Query<WorldQuery>,
) -> Result<Json<crate::shape::chatroom::Creature>, Problem> {
    let room = Room::of(&stage, query.world.as_deref())?;
    let Some(rule) = &room.rules.meditation else {
        return Err(Problem::refused(
            "no_meditation",
            format!("nobody meditates in world '{}'", room.name()),
        ));
    };
    let until = stage.options.clock.now() + TimeDelta::hours(i64::from(rule.hours));
    let store = &stage.options.store;
    let changed = store
        .meditate(room.name(), person.account, id, Some(until))
        .await?;
    let changed = changed.ok_or_else(|| unknown_creature(id))?;
    Ok(Json(crate::shape::chatroom::Creature::of(
        changed,
        Vec::new(),
    )))
}

/// What there is to tell you
///
/// Runaways, who is back, and what was found; newest first.
#[utoipa::path(get, path = "/api/notifications", tag = "chatroom",
    params(PartQuery),
    responses(
        (status = 200, body = List<Notification>, description = "A part of the list."),
        (status = 400, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_query`, `unknown_field`, `invalid_cursor`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON,
            description = "`sign_in_required`, `invalid_token`"),
    ))]
async fn notifications(
    person: Person,
    State(stage): State<Stage>,
    Query(query): Query<PartQuery>,
) -> Result<Json<List<Notification>>, Problem> {
    let limit = limit(query.limit)?;
    let after = query.cursor.as_deref().map(cursor).transpose()?;
    let store = &stage.options.store;
    let page = store.notices(person.account, after, limit).await?;
    Ok(Json(List {
        items: page.items.into_iter().map(Notification::of).collect(),
        next_cursor: page.next.map(|next| next.to_string()),
    }))
}

/// A run to begin.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({ "percent": 5.0 }))]
pub(crate) struct Generate {
    /// Slug of the world; the first with companions where it is left out.
    world: Option<String>,
    /// At most so many people, in the order of their ids.
    #[schema(minimum = 1)]
    users: Option<u64>,
    /// Share of the people that it reaches: always the same ones.
    #[schema(minimum = 0, maximum = 100)]
    percent: Option<f64>,
}

impl Fields for Generate {
    const NAMES: &'static [&'static str] = &["world", "users", "percent"];
}

/// Let everybody's companions talk now
///
/// Begins a run, which the jobs role works on. For administrators.
#[utoipa::path(post, path = "/api/chatroom/generate", tag = "chatroom",
    request_body(content = Generate, description = "May be empty."),
    responses(
        (status = 202, body = Generated, description = "It has begun."),
        (status = 400, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_json`, `unknown_field`, `wrong_type`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON,
            description = "`sign_in_required`, `invalid_token`"),
        (status = 403, body = Problem, content_type = PROBLEM_JSON,
            description = "`not_admin`, `cross_site`, `csrf`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON,
            description = "`unknown_world`, `no_companions`"),
        (status = 413, body = Problem, content_type = PROBLEM_JSON, description = "`body_too_large`"),
        (status = 415, body = Problem, content_type = PROBLEM_JSON, description = "`not_json`"),
        (status = 422, body = Problem, content_type = PROBLEM_JSON, description = "`invalid_share`"),
    ))]
async fn generate(
    _: Admin,
    State(stage): State<Stage>,
    JsonBody(wish): JsonBody<Generate>,
) -> Result<(StatusCode, Json<Generated>), Problem> {
    let room = Room::of(&stage, wish.world.as_deref())?;
    let percent = wish.percent.unwrap_or(100.0);
    if !(0.0..=100.0).contains(&percent) || wish.users == Some(0) {
        let detail = "a share is 0 to 100, and there is at least one person in a run";
        return Err(Problem::refused("invalid_share", detail));
    }
    let world = &room.world;
    let any = (stage.options.ids)().as_u64_pair().0;
    let run = NewRun {
        world: world.name.clone(),
        seed: world.seed.unwrap_or(any),
        at: stage.options.clock.now(),
        due_at: None,
        percent,
        accounts_max: wish.users,
        batch: world
            .schedule
            .as_ref()
            .map_or(DEFAULT_BATCH, |schedule| schedule.batch),
    };
    let run = stage.options.store.begin_run(&run).await?;
    let begun = Generated {
        run: run.id,
        world: run.world.to_string(),
        accounts: run.planned,
        percent: run.percent,
    };
    Ok((StatusCode::ACCEPTED, Json(begun)))
}
