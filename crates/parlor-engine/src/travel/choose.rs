//! Who goes, with whom, to where: by preference and dice.

use super::{Departure, Stop};
use crate::mechanics::travel::Travel;
use parlor_model::dice::Roll;
use parlor_model::travel::Here;
use parlor_model::world::Place;
use parlor_model::{Character, World};
use std::sync::Arc;

/// How much likelier a place is that somebody likes to go to.
const HAUNT: f64 = 3.0;
/// How much likelier it is for each thing there that they like.
const DRAWN: f64 = 2.0;
/// Things that count, at most.
const DRAWN_MAX: usize = 3;
/// How much likelier home is.
const HOME: f64 = 0.5;
/// How much likelier somebody sets out who is tired and not at home.
const WEARY: f64 = 4.0;
/// A stranger comes along this much more seldom than a friend.
const STRANGER: f64 = 8.0;

/// `None` when nobody is here, or there is nowhere to go.
pub(super) fn choose(stop: &Stop<'_>, travel: &Travel) -> Option<Departure> {
    let people = stop.people();
    let mut roll = stop.dice.roll("travel");
    let first = {
        let weight = |(here, who): &(&Here, &Arc<Character>)| {
            if wants_home(stop.world, who, here, stop.place, travel) {
                1.0 + WEARY
            } else {
                1.0
            }
        };
        let weights: Vec<f64> = people.iter().map(weight).collect();
        pick(&mut roll, &weights)?
    };
    let (here, leader) = *people.get(first)?;
    let to = destination(stop, travel, here, leader, &mut roll)?;
    let mut go = vec![leader.clone()];
    let group_max = usize::try_from(travel.group_max).unwrap_or(usize::MAX);
    for (n, (here, other)) in people.iter().enumerate() {
        if n == first {
            continue;
        }
        // Rolled for everybody, so that one who is full up changes nobody else's dice.
        let rolled = roll.unit();
        let chance = comes_along(stop, travel, leader, (*here, *other), &to);
        if go.len() < group_max && rolled < chance {
            go.push((*other).clone());
        }
    }
    let stay = stop.stays(&go);
    Some(Departure { go, to, stay })
}

/// Chance that somebody comes along.
fn comes_along(
    stop: &Stop<'_>,
    travel: &Travel,
    leader: &Character,
    (here, who): (&Here, &Arc<Character>),
    to: &Place,
) -> f64 {
    let is_home = stop
        .world
        .home_of(who)
        .is_some_and(|home| home.slug == to.slug);
    if wants_home(stop.world, who, here, stop.place, travel) && !is_home {
        return 0.0;
    }
    let are_friends = leader.friends.contains(&who.slug) || who.friends.contains(&leader.slug);
    let base = if are_friends { 1.0 } else { 1.0 / STRANGER };
    travel.company * base
}

fn wants_home(world: &World, who: &Character, here: &Here, place: &Place, travel: &Travel) -> bool {
    let is_away = world
        .home_of(who)
        .is_some_and(|home| home.slug != place.slug);
    is_away && here.tired >= travel.tired_after
}

fn destination(
    stop: &Stop<'_>,
    travel: &Travel,
    here: &Here,
    leader: &Arc<Character>,
    roll: &mut Roll,
) -> Option<Arc<Place>> {
    let world = stop.world;
    if wants_home(world, leader, here, stop.place, travel) {
        return world.home_of(leader).cloned();
    }
    let others = || {
        let places = world.places.iter().enumerate();
        places.filter(|(_, place)| place.slug != stop.place.slug)
    };
    let has_room = |n: usize, place: &Place| {
        let crowd = stop.record.crowds.get(n).copied().unwrap_or(0);
        place.capacity.is_none_or(|capacity| crowd < capacity)
    };
    let mut open: Vec<&Arc<Place>> = others()
        .filter(|(n, place)| has_room(*n, place))
        .map(|(_, place)| place)
        .collect();
    if open.is_empty() {
        // Everywhere is full: to stay would end the group.
        open = others().map(|(_, place)| place).collect();
    }
    let weights: Vec<f64> = open
        .iter()
        .map(|place| liking(world, leader, place))
        .collect();
    open.get(pick(roll, &weights)?)
        .map(|place| (*place).clone())
}

/// How much somebody likes to go to a place, at least 1.
fn liking(world: &World, who: &Character, place: &Place) -> f64 {
    let mut liking = 1.0;
    if who.haunts.contains(&place.slug) {
        liking += HAUNT;
    }
    if world
        .home_of(who)
        .is_some_and(|home| home.slug == place.slug)
    {
        liking += HOME;
    }
    let is_liked = |draw: &&String| who.likes.iter().any(|like| like.eq_ignore_ascii_case(draw));
    let drawn = place.draws.iter().filter(is_liked).take(DRAWN_MAX);
    drawn.fold(liking, |sum, _| sum + DRAWN)
}

/// One of the weights, each as likely as it is heavy.
fn pick(roll: &mut Roll, weights: &[f64]) -> Option<usize> {
    let total: f64 = weights.iter().sum();
    let mut rest = roll.unit() * total;
    for (n, weight) in weights.iter().enumerate() {
        rest -= weight;
        if rest < 0.0 {
            return Some(n);
        }
    }
    weights.len().checked_sub(1)
}
