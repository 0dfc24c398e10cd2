//! A run begins: everybody at home, and groups where people are.

use super::row;
use crate::mechanics::travel::Travel;
use chrono::{DateTime, Utc};
use parlor_model::dice::Roll;
use parlor_model::world::Place;
use parlor_model::{
    Character, ConversationId, Dice, EventId, Incident, Move, MoveState, MovedBy, NewRun, RunId,
    Slug, World,
};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// The run `id` of a world, by the dice of its seed. The first moves are made one pace after `now`.
#[must_use]
pub fn begin(
    world: &World,
    travel: &Travel,
    id: RunId,
    seed: u64,
    now: DateTime<Utc>,
    pace: Duration,
) -> NewRun {
    let mut run = at_home(world, id, now);
    let places = beginnings(world, travel, &run, Dice::new(seed, id.0).roll("groups"));
    let groups = u32::try_from(places.len()).unwrap_or(u32::MAX);
    for (n, place) in (0..).zip(places) {
        let left = travel.max_moves.map(|max| share(max, groups, n));
        if left == Some(0) {
            break;
        }
        let event = EventId::derive(id.0, &format!("group {n}"));
        let made = Move {
            id: event,
            world: world.name.clone(),
            run: id,
            group: ConversationId::derive(event.0, "group"),
            hop: 0,
            left,
            from: None,
            to: place.named(),
            inbox: world.inbox_of_place(place),
            characters: Vec::new(),
            incident: Incident::default(),
            by: MovedBy::Start,
            state: MoveState::Sent,
            sent_at: now,
            arrived_at: None,
        };
        run.sends.push(row(&made, pace));
        run.starts.push(made);
    }
    run
}

/// Where groups begin: drawn among the places where people are at home, one for each as many people as
/// travel together, so that every group finds somebody.
fn beginnings<'w>(
    world: &'w World,
    travel: &Travel,
    run: &NewRun,
    mut roll: Roll,
) -> Vec<&'w Arc<Place>> {
    let mut people: HashMap<&Slug, u32> = HashMap::new();
    for (_, place) in &run.cast {
        *people.entry(place).or_default() += 1;
    }
    let room = |place: &Place| {
        let people = people.get(&place.slug).copied().unwrap_or(0);
        (people / travel.group_max.max(1)).max(people.min(1))
    };
    let groups = usize::try_from(travel.groups).unwrap_or(usize::MAX);
    let mut beginnings = Vec::new();
    for round in 0.. {
        let places = world.places.iter();
        let mut open: Vec<_> = places.filter(|place| room(place) > round).collect();
        if open.is_empty() {
            break;
        }
        while !open.is_empty() && beginnings.len() < groups {
            beginnings.push(open.swap_remove(roll.below(open.len())));
        }
    }
    beginnings
}

/// A run in which everybody stays at home.
#[must_use]
pub fn at_home(world: &World, id: RunId, now: DateTime<Utc>) -> NewRun {
    let home = |c: &Arc<Character>| Some(world.home_of(c)?.slug.clone());
    let cast = world.cast.iter();
    NewRun {
        id,
        world: world.name.clone(),
        at: now,
        cast: cast
            .filter_map(|c| Some((c.slug.clone(), home(c)?)))
            .collect(),
        starts: Vec::new(),
        sends: Vec::new(),
    }
}

/// The `n`-th of `parts` nearly equal parts of `whole`.
fn share(whole: u32, parts: u32, n: u32) -> u32 {
    let parts = parts.max(1);
    whole / parts + u32::from(n < whole % parts)
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn the_parts_make_up_the_whole() {
        for (whole, parts) in [(10, 3), (2, 5), (0, 4), (7, 7), (u32::MAX, 1000)] {
            let sum: u64 = (0..parts).map(|n| u64::from(share(whole, parts, n))).sum();
            assert_eq!(sum, u64::from(whole));
        }
    }
}
