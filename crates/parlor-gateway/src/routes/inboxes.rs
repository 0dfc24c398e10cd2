//! The inboxes of the bus. Depth and consumers are the bus's own figures; what is in hand and the
//! rates come from the roles, so that nobody needs the broker's management interface.

use super::{cursor, limit};
use crate::extract::{Fields, Query};
use crate::problem::{PROBLEM_JSON, Problem};
use crate::shape::{Inbox, List};
use crate::stage::Stage;
use axum::Json;
use axum::extract::State;
use parlor_model::world::{Access, InboxKind};
use parlor_model::{Character, Slug, World};
use parlor_ports::bus::InboxStatus;
use parlor_ports::presence::InboxTraffic;
use parlor_ports::store::{Cursor, Page};
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::Arc;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn router() -> OpenApiRouter<Stage> {
    OpenApiRouter::new().routes(routes!(inboxes))
}

/// An inbox, by its names.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    name: String,
    world: Slug,
    /// Whose it is; `None` where several share it.
    character: Option<Slug>,
    kind: InboxKind,
}

/// The inboxes of the worlds that everybody may enter, world by world.
pub(crate) fn places(worlds: &[Arc<World>]) -> Vec<Place> {
    let open = worlds.iter().filter(|world| world.access == Access::Open);
    open.flat_map(|world| places_of(world)).collect()
}

fn places_of(world: &World) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::with_capacity(world.cast.len());
    let mut known = HashMap::new();
    let own = |character: &&Arc<Character>| {
        // Where places have the inboxes, those of the cast are theirs.
        let place = world.home_of(character);
        world.routing.inbox != InboxKind::Place || place.is_none()
    };
    for character in world.cast.iter().filter(own) {
        let name = world.inbox_of(character);
        if let Some(place) = known.get(&name).and_then(|at: &usize| places.get_mut(*at)) {
            place.character = None;
            continue;
        }
        known.insert(name.clone(), places.len());
        places.push(Place {
            name,
            world: world.name.clone(),
            character: Some(character.slug.clone()),
            kind: world.routing.inbox,
        });
    }
    places.extend(world.places.iter().map(|place| Place {
        name: world.inbox_of_place(place),
        world: world.name.clone(),
        character: None,
        kind: InboxKind::Place,
    }));
    places
}

/// Which inboxes.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct InboxesQuery {
    /// Of this world.
    world: Option<String>,
    /// The `nextCursor` of the part before.
    #[serde(alias = "after")]
    cursor: Option<String>,
    /// How many.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

impl Fields for InboxesQuery {
    const NAMES: &'static [&'static str] = &["world", "cursor", "after", "limit"];
}

/// Inboxes of the bus
///
/// Those of the worlds that the caller may enter, in the order of the world files.
#[utoipa::path(get, path = "/api/bus/inboxes", tag = "operation",
    params(InboxesQuery),
    responses(
        (status = 200, body = List<Inbox>, description = "A part of the list."),
        (status = 400, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_query`, `unknown_field`, `invalid_cursor`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON, description = "`sign_in_required`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON, description = "`unknown_world`"),
    ))]
async fn inboxes(
    State(stage): State<Stage>,
    Query(query): Query<InboxesQuery>,
) -> Result<Json<List<Inbox>>, Problem> {
    let world = match &query.world {
        Some(name) => Some(stage.entered(name)?.name.clone()),
        None => None,
    };
    let from = query.cursor.as_deref().map(cursor).transpose()?;
    let limit = limit(query.limit)?;
    let page = part(&stage.inboxes(), world.as_ref(), from, limit);
    let names: Vec<_> = page.items.iter().map(|place| place.name.clone()).collect();
    let statuses = stage.options.bus.inboxes(&names).await?;
    let traffic = traffic(&stage).await?;
    let items = page.items.iter().zip(statuses);
    let items = items.map(|(place, status)| shape(place, &status, traffic.get(&place.name)));
    Ok(Json(List {
        items: items.collect(),
        next_cursor: page.next.map(|cursor| cursor.to_string()),
    }))
}

/// A part of the places; the cursor counts those of all worlds.
fn part(places: &[Place], world: Option<&Slug>, from: Option<Cursor>, limit: u32) -> Page<Place> {
    let from = from.and_then(|cursor| usize::try_from(cursor.minor).ok());
    let wanted = |(_, place): &(usize, &Place)| world.is_none_or(|world| place.world == *world);
    let mut rest = places
        .iter()
        .enumerate()
        .skip(from.unwrap_or(0))
        .filter(wanted);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let items: Vec<_> = rest
        .by_ref()
        .take(limit)
        .map(|(_, place)| place.clone())
        .collect();
    let next = rest.next().and_then(|(at, _)| i64::try_from(at).ok());
    Page {
        items,
        next: next.map(|minor| Cursor { major: 0, minor }),
    }
}

/// What the living roles tell, by inbox.
async fn traffic(stage: &Stage) -> Result<HashMap<String, InboxTraffic>, Problem> {
    let mut sums: HashMap<String, InboxTraffic> = HashMap::new();
    for report in stage.living().await? {
        for told in report.inboxes {
            let sum = sums.entry(told.inbox).or_default();
            sum.unacked += told.unacked;
            sum.published += told.published;
            sum.delivered += told.delivered;
        }
    }
    Ok(sums)
}

fn shape(place: &Place, status: &InboxStatus, traffic: Option<&InboxTraffic>) -> Inbox {
    Inbox {
        name: place.name.clone(),
        world: place.world.to_string(),
        character: place.character.as_ref().map(ToString::to_string),
        kind: place.kind,
        ready: status.ready,
        unacked: traffic.map_or(0, |told| told.unacked),
        consumers: status.consumers,
        published_per_second: traffic.map_or(0.0, |told| told.published),
        delivered_per_second: traffic.map_or(0.0, |told| told.delivered),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inboxes_of_a_world_of_a_hundred_thousand_come_in_pages() {
        let slug = |text: &str| Slug::new(text).unwrap();
        let of = |world: &str, count: usize| {
            let world = slug(world);
            (0..count).map(move |n| Place {
                name: format!("q-{n}"),
                world: world.clone(),
                character: None,
                kind: InboxKind::Character,
            })
        };
        let places: Vec<_> = of("small", 3).chain(of("large", 100_000)).collect();
        let large = slug("large");
        let (mut seen, mut from) = (0, None);
        loop {
            let page = part(&places, Some(&large), from, 200);
            assert!(page.items.iter().all(|place| place.world == large));
            seen += page.items.len();
            from = page.next;
            if from.is_none() {
                break;
            }
        }
        assert_eq!(seen, 100_000);
        assert_eq!(part(&places, Some(&slug("small")), None, 3).next, None);
    }
}
