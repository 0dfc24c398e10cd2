//! Journeys: nobody is in two places or in none, only who is there goes, and the same arrival decides
//! the same way.

use crate::stage::{now, world_of};
use parlor_engine::mechanics::travel::Travel;
use parlor_engine::travel::{Choice, Departure, Onward, Stop, begin, incident_of};
use parlor_model::travel::{Here, PlaceRecord, SCENE_WORDS_MAX};
use parlor_model::world::Place;
use parlor_model::{Character, Dice, Effects, Guard, Move, MoveState, MovedBy, RunId, Slug, World};
use proptest::prelude::*;
use serde_json::json;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

const PLACES: [&str; 4] = ["Tower", "Library", "Hut", "Pitch"];

fn slug(text: &str) -> Slug {
    Slug::of_name(text).unwrap()
}

/// `size` characters, at home in the places in turn; neighbours are friends.
fn world(size: usize) -> Arc<World> {
    let character = |n: usize| Character {
        dialect: "d".into(),
        place: Some(slug(PLACES[n % PLACES.len()])),
        haunts: vec![slug(PLACES[(n + 1) % PLACES.len()])],
        friends: vec![slug(&format!("C{}", (n + 1) % size))],
        likes: vec!["books".into()],
        ..Character::new(slug(&format!("C{n}")), format!("C{n}"))
    };
    let plain = world_of((0..size).map(character).collect(), json!({"travel": {}}));
    let mut world = (*plain).clone();
    let place = |name: &&str| {
        Arc::new(Place {
            capacity: Some(3),
            draws: vec!["books".into()],
            ..Place::new(slug(name), *name)
        })
    };
    world.places = PLACES.iter().map(place).collect();
    Arc::new(world)
}

/// Where everybody is, as a store keeps it.
struct Map {
    world: Arc<World>,
    travel: Travel,
    seed: u64,
    run: RunId,
    whereabouts: BTreeMap<Slug, (Slug, MoveState, Option<Move>, u32)>,
    moves: BTreeMap<parlor_model::EventId, Move>,
    journeys: BTreeMap<Slug, Vec<Move>>,
    queue: VecDeque<Move>,
}

impl Map {
    fn new(world: Arc<World>, travel: Travel, seed: u64) -> Self {
        let run = begin(
            &world,
            &travel,
            RunId(Uuid::from_u128(5)),
            seed,
            now(),
            Duration::ZERO,
        );
        assert_eq!(run.starts.len(), run.sends.len());
        let home = |(who, place): &(Slug, Slug)| {
            (who.clone(), (place.clone(), MoveState::Arrived, None, 0))
        };
        Self {
            whereabouts: run.cast.iter().map(home).collect(),
            moves: run.starts.iter().map(|m| (m.id, m.clone())).collect(),
            queue: run.starts.iter().cloned().collect(),
            journeys: BTreeMap::new(),
            run: run.id,
            world,
            travel,
            seed,
        }
    }

    fn record(&self, arrival: &Move) -> PlaceRecord {
        let here =
            |(who, (place, state, made, tired)): (&Slug, &(Slug, MoveState, Option<Move>, u32))| {
                let arriving =
                    *state == MoveState::Sent && made.as_ref().map(|m| m.id) == Some(arrival.id);
                let is_here =
                    *place == arrival.to.slug && (arriving || *state == MoveState::Arrived);
                is_here.then(|| Here {
                    slug: who.clone(),
                    tired: *tired,
                    since: now(),
                    arriving,
                })
            };
        let crowd = |place: &Arc<Place>| {
            let there = self
                .whereabouts
                .values()
                .filter(|(at, ..)| *at == place.slug);
            u32::try_from(there.count()).unwrap()
        };
        PlaceRecord {
            run: Some(self.run),
            arrival: self.moves.get(&arrival.id).map(|m| m.state),
            here: self.whereabouts.iter().filter_map(here).collect(),
            crowds: self.world.places.iter().map(crowd).collect(),
            paused: false,
            pace: None,
        }
    }

    fn with_stop<T>(&self, arrival: &Move, work: impl FnOnce(&Stop<'_>) -> T) -> T {
        let place = self.world.place(&arrival.to.slug).unwrap();
        let record = self.record(arrival);
        work(&Stop {
            world: &self.world,
            place,
            arrival,
            record: &record,
            dice: Dice::new(self.seed, arrival.id.0),
        })
    }

    /// Handles an arrival, and holds what comes of it against who is there.
    fn receive(&mut self, arrival: &Move) {
        let (onward, again, effects) = self.with_stop(arrival, |stop| {
            let onward = stop.decide(&self.travel);
            let departure = match &onward {
                Onward::Send(departure) => {
                    let incident = incident_of(stop.place, departure, None);
                    assert!(incident.text.split_whitespace().count() <= SCENE_WORDS_MAX);
                    Some((departure, incident, MovedBy::Script))
                }
                _ => None,
            };
            let effects = stop.settle(departure, now(), Duration::ZERO);
            (onward.clone(), stop.decide(&self.travel), effects)
        });
        assert_eq!(onward, again, "the same arrival decides the same way");
        match onward {
            Onward::Nothing => {}
            Onward::Wait => self.queue.push_back(arrival.clone()),
            Onward::Refuse(why) => panic!("{why}"),
            Onward::Stay | Onward::Send(_) => self.apply(arrival, effects),
        }
    }

    fn apply(&mut self, arrival: &Move, effects: Effects) {
        assert_eq!(
            effects.guard,
            Guard::Travel {
                world: self.world.name.clone(),
                run: self.run,
                arrives: Some(arrival.id),
                at: now(),
            }
        );
        self.moves.get_mut(&arrival.id).unwrap().state = MoveState::Arrived;
        for who in &arrival.characters {
            let at = self.whereabouts.get_mut(&who.slug).unwrap();
            assert_eq!((&at.0, at.1), (&arrival.to.slug, MoveState::Sent));
            at.1 = MoveState::Arrived;
        }
        assert_eq!(effects.moves.len(), effects.sends.len());
        for new in effects.moves {
            assert!(!new.made.characters.is_empty());
            assert!(new.made.characters.len() <= self.travel.group_max as usize);
            assert_ne!(new.made.from.as_ref(), Some(&new.made.to));
            for (who, traveller) in new.made.characters.iter().zip(&new.travellers) {
                let at = self.whereabouts.get_mut(&who.slug).unwrap();
                assert_eq!(who.slug, traveller.slug);
                assert_eq!(
                    (Some(&at.0), at.1),
                    (
                        new.made.from.as_ref().map(|from| &from.slug),
                        MoveState::Arrived
                    ),
                    "only who is there goes"
                );
                *at = (
                    new.made.to.slug.clone(),
                    MoveState::Sent,
                    Some(new.made.clone()),
                    traveller.tired,
                );
                self.journeys
                    .entry(who.slug.clone())
                    .or_default()
                    .push(new.made.clone());
            }
            self.moves.insert(new.made.id, new.made.clone());
            self.queue.push_back(new.made);
        }
    }

    /// Up to `steps` arrivals, every third of them twice.
    fn go(&mut self, steps: usize) {
        for n in 0..steps {
            let Some(arrival) = self.queue.pop_front() else {
                return;
            };
            self.receive(&arrival);
            if n % 3 == 0 {
                self.receive(&arrival);
            }
        }
    }

    fn made(&self) -> usize {
        self.moves
            .values()
            .filter(|m| m.by != MovedBy::Start)
            .count()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn everybody_is_in_one_place_and_journeys_have_no_gap_hp7(seed: u64, size in 2usize..14, groups in 1u32..6) {
        let mut map = Map::new(world(size), Travel { groups, ..Travel::default() }, seed);
        map.go(200);
        prop_assert_eq!(map.whereabouts.len(), size);
        for (who, moves) in &map.journeys {
            for pair in moves.windows(2) {
                prop_assert_eq!(Some(&pair[0].to), pair[1].from.as_ref(), "{} jumps", who);
            }
            prop_assert_eq!(&moves.last().unwrap().to.slug, &map.whereabouts[who].0);
        }
    }

    #[test]
    fn a_run_ends_after_its_moves(seed: u64, max in 1u32..60, groups in 1u32..6) {
        let travel = Travel { groups, max_moves: Some(max), ..Travel::default() };
        let mut map = Map::new(world(8), travel, seed);
        map.go(1_000);
        prop_assert!(map.queue.is_empty());
        prop_assert_eq!(map.made(), max as usize);
        prop_assert!(map.whereabouts.values().all(|(_, state, ..)| *state == MoveState::Arrived));
    }

    #[test]
    fn what_a_model_names_is_held_against_who_is_there(seed: u64, names in prop::collection::vec("C[0-9]{1,2}|Gandalf", 0..8), to in "Tower|Library|Mordor|Hut") {
        let map = Map::new(world(8), Travel::default(), seed);
        let arrival = map.queue[0].clone();
        let choice = Choice { go: names, to: to.clone(), scene: "A toad escapes.".into(), consequence: "all run".into() };
        let departure: Option<Departure> = map.with_stop(&arrival, |stop| choice.at(stop, &map.travel)).map(|(d, _)| d);
        if let Some(departure) = departure {
            prop_assert_eq!(&departure.to.name, &to);
            prop_assert_ne!(&departure.to.slug, &arrival.to.slug);
            for who in &departure.go {
                prop_assert_eq!(&map.whereabouts[&who.slug].0, &arrival.to.slug);
            }
        }
    }
}

#[test]
fn who_is_tired_goes_home() {
    let mut map = Map::new(
        world(2),
        Travel {
            groups: 1,
            tired_after: 1,
            group_max: 1,
            ..Travel::default()
        },
        3,
    );
    map.go(40);
    for moves in map.journeys.values() {
        let home = moves[0].from.as_ref().unwrap();
        let away = moves.iter().filter(|made| made.to != *home).count();
        assert!(
            away * 2 <= moves.len() + 1,
            "every other move is a way home: {moves:?}"
        );
    }
}

#[test]
fn friends_travel_together() {
    let travel = Travel {
        groups: 1,
        company: 1.0,
        ..Travel::default()
    };
    let (mut with, mut alone) = (0, 0);
    for seed in 0..200 {
        let mut map = Map::new(world(8), travel.clone(), seed);
        // C0 and C1 are friends; put everybody into the tower.
        for at in map.whereabouts.values_mut() {
            at.0 = slug("Tower");
        }
        let arrival = Move {
            to: map.world.places[0].named(),
            ..map.queue[0].clone()
        };
        map.moves.insert(arrival.id, arrival.clone());
        map.receive(&arrival);
        let made = map.queue.back().unwrap();
        let first = &made.characters[0];
        let n: usize = first.name[1..].parse().unwrap();
        let next = format!("C{}", (n + 1) % 8);
        if made.characters.iter().any(|c| c.name == next) {
            with += 1
        } else {
            alone += 1
        }
    }
    assert!(with > alone * 3, "{with} with a friend, {alone} without");
}

#[test]
fn a_scene_that_is_too_long_is_told_shorter() {
    let world = world(3);
    let departure = Departure {
        go: vec![world.cast[0].clone()],
        to: world.places[1].clone(),
        stay: vec![world.cast[1].clone()],
    };
    let place = &world.places[0];
    let told = |words: &str| incident_of(place, &departure, Some(words.to_owned()));

    let duel = told("C0 and C1 duel over a cauldron; C0 goes to read up on it.");
    assert_eq!(
        duel.text,
        "C0 and C1 duel over a cauldron; C0 goes to read up on it."
    );
    assert_eq!(duel.consequence, "C0 goes to read up on it");
    assert_eq!(duel.took_part, ["C0", "C1"]);

    let long = format!("A toad escapes; {}", "and on ".repeat(30));
    assert_eq!(told(&long).text, "A toad escapes.");
    assert_eq!(told(&"on ".repeat(30)).text, "C0 leaves Tower for Library.");
    assert_eq!(told(" \n ").text, "C0 leaves Tower for Library.");
    assert_eq!(told("a\u{0}b\nc").text, "a b c");
}
