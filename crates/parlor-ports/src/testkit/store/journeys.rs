//! Rules of journeys: nobody is in two places or in none, whatever comes twice or at once.

use super::fixture::{at, commit, log, row, slug};
use crate::journeys::PlaceRequest;
use crate::store::{Cursor, Happening, Outcome, Store};
use futures::future::join_all;
use parlor_model::travel::PlaceRecord;
use parlor_model::{
    ConversationId, Effects, Envelope, EventId, Guard, Incident, Move, MoveState, MovedBy, Named,
    NewMove, NewRun, OutboxRow, RunId, Slug, Traveller,
};
use std::sync::Arc;
use uuid::Uuid;

const WORLD: &str = "school";

fn named(slug_text: &str) -> Named {
    Named::new(slug(slug_text), slug_text.to_uppercase())
}

fn run_id(n: u32) -> RunId {
    RunId(Uuid::from_u128(0xA0_0000_0000 + u128::from(n)))
}

fn move_id(n: u32) -> EventId {
    EventId(Uuid::from_u128(0xB0_0000_0000 + u128::from(n)))
}

fn made(run: RunId, n: u32, from: Option<&str>, to: &str, who: &[&str]) -> Move {
    Move {
        id: move_id(n),
        world: slug(WORLD),
        run,
        group: ConversationId(Uuid::from_u128(7)),
        hop: n,
        left: None,
        from: from.map(named),
        to: named(to),
        inbox: format!("{to}-messages"),
        characters: who.iter().map(|who| named(who)).collect(),
        incident: Incident {
            text: format!("scene {n}"),
            took_part: who.iter().map(|who| who.to_uppercase()).collect(),
            consequence: "off".to_owned(),
        },
        by: if from.is_some() {
            MovedBy::Script
        } else {
            MovedBy::Start
        },
        state: MoveState::Sent,
        sent_at: at(i64::from(n) * 1_000),
        arrived_at: None,
    }
}

fn sending(made: &Move) -> OutboxRow {
    OutboxRow {
        inbox: made.inbox.clone(),
        envelope: Arc::new(Envelope::arrival(made)),
        due_at: made.sent_at,
        parked: false,
    }
}

/// Harry and Ron in the tower, Draco in the hall; the first group in the tower.
fn new_run(n: u32) -> NewRun {
    let start = made(run_id(n), 1_000 + n, None, "tower", &[]);
    NewRun {
        id: run_id(n),
        world: slug(WORLD),
        at: at(0),
        cast: [("draco", "hall"), ("harry", "tower"), ("ron", "tower")]
            .map(|(who, place)| (slug(who), slug(place)))
            .to_vec(),
        sends: vec![sending(&start)],
        starts: vec![start],
    }
}

/// What arrives as `arrives` leads to these moves.
fn step(run: RunId, arrives: Option<EventId>, moves: Vec<Move>) -> Effects {
    let event = arrives.unwrap_or(move_id(9_999));
    let travellers = |made: &Move| {
        let who = made.characters.iter();
        who.map(|who| Traveller {
            slug: who.slug.clone(),
            tired: 1,
        })
        .collect()
    };
    Effects {
        guard: Guard::Travel {
            world: slug(WORLD),
            run,
            arrives,
            at: at(5_000_000),
        },
        sends: moves.iter().map(sending).collect(),
        moves: moves
            .into_iter()
            .map(|made| NewMove {
                travellers: travellers(&made),
                made,
            })
            .collect(),
        ..Effects::none(event)
    }
}

async fn one(store: &Arc<dyn Store>, step: Effects) -> Outcome {
    commit(store, vec![step]).await.remove(0)
}

async fn begun(store: &Arc<dyn Store>, n: u32) -> RunId {
    let begun = store.begin_journeys(new_run(n)).await;
    assert_eq!(begun, Ok(true), "the run begins");
    run_id(n)
}

async fn place(store: &Arc<dyn Store>, at: &str, arrival: Option<EventId>) -> PlaceRecord {
    let request = PlaceRequest {
        world: slug(WORLD),
        place: slug(at),
        arrival,
        crowds: vec![slug("tower"), slug("hall")],
    };
    let mut places = store.places(&[request]).await.expect("a read");
    assert_eq!(places.len(), 1, "one record per request");
    places.remove(0)
}

fn who(record: &PlaceRecord) -> Vec<&str> {
    record.here.iter().map(|here| here.slug.as_str()).collect()
}

/// Everybody, with the place where they are or go, by name.
async fn all(store: &Arc<dyn Store>) -> Vec<(String, String, MoveState)> {
    let crowds = store.crowds(&slug(WORLD), 100).await.expect("a read");
    let people = crowds.into_iter().flat_map(|crowd| crowd.people);
    let mut all: Vec<_> = people
        .map(|found| {
            let (who, place) = (found.character.to_string(), found.place.to_string());
            (who, place, found.state)
        })
        .collect();
    all.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    all
}

async fn journey(store: &Arc<dyn Store>, who: &str) -> Vec<Move> {
    let mut items = Vec::new();
    let mut after = None;
    loop {
        let page = store.journey(&slug(WORLD), &slug(who), after, 1).await;
        let page = page.expect("a read");
        items.extend(page.items);
        assert!(items.len() < 100, "the pages never end");
        let Some(next) = page.next else { return items };
        after = Some(next);
    }
}

/// A run begins with everybody at their place, once.
pub async fn a_run_begins_once_with_everybody_in_place(store: Arc<dyn Store>) {
    let world = slug(WORLD);
    assert_eq!(store.run(&world).await, Ok(None));
    assert_eq!(place(&store, "tower", None).await, PlaceRecord::default());

    let run = begun(&store, 1).await;
    assert_eq!(store.begin_journeys(new_run(1)).await, Ok(false));

    let now = store
        .run(&world)
        .await
        .expect("it is there")
        .expect("it has begun");
    assert_eq!((now.id, now.number, now.moves.len()), (run, 1, 0));
    let tower = place(&store, "tower", Some(move_id(1_001))).await;
    assert_eq!(
        (tower.run, tower.arrival),
        (Some(run), Some(MoveState::Sent))
    );
    assert_eq!(
        (who(&tower), &tower.crowds[..]),
        (vec!["harry", "ron"], &[2, 1][..])
    );
    let crowds = store.crowds(&world, 1).await.expect("it is there");
    let crowds: Vec<_> = crowds
        .iter()
        .map(|c| (c.place.as_str(), c.here, c.coming, c.people.len()))
        .collect();
    assert_eq!(
        crowds,
        [("hall", 1, 0, 1), ("tower", 2, 0, 1)],
        "one is named"
    );
    assert_eq!(store.outbox_depth(&[world]).await, Ok(1));
}

/// Those who travel are on their way to one place until they arrive there, and their journeys tell.
pub async fn a_move_is_sent_and_arrives(store: Arc<dyn Store>) {
    let run = begun(&store, 1).await;
    let first = made(run, 1, Some("tower"), "hall", &["harry", "ron"]);
    assert_eq!(
        one(&store, step(run, Some(move_id(1_001)), vec![first.clone()])).await,
        Outcome::Applied
    );

    let there = |state| {
        vec![
            ("draco".to_owned(), "hall".to_owned(), MoveState::Arrived),
            ("harry".to_owned(), "hall".to_owned(), state),
            ("ron".to_owned(), "hall".to_owned(), state),
        ]
    };
    assert_eq!(all(&store).await, there(MoveState::Sent));
    let hall = place(&store, "hall", Some(move_id(1))).await;
    assert_eq!(who(&hall), ["draco", "harry", "ron"]);
    assert_eq!(
        hall.here.iter().map(|h| h.arriving).collect::<Vec<_>>(),
        [false, true, true]
    );
    assert_eq!(who(&place(&store, "hall", None).await), ["draco"]);

    let second = made(run, 2, Some("hall"), "hut", &["harry"]);
    assert_eq!(
        one(&store, step(run, Some(move_id(1)), vec![second])).await,
        Outcome::Applied
    );

    let harry = journey(&store, "harry").await;
    let legs: Vec<_> = harry
        .iter()
        .map(|m| {
            (
                m.from.as_ref().expect("it is there").name.as_str(),
                m.to.name.as_str(),
                m.state,
            )
        })
        .collect();
    assert_eq!(
        legs,
        [
            ("TOWER", "HALL", MoveState::Arrived),
            ("HALL", "HUT", MoveState::Sent)
        ]
    );
    assert_eq!(harry[0].arrived_at, Some(at(5_000_000)));
    assert_eq!(
        Move {
            state: MoveState::Sent,
            arrived_at: None,
            ..harry[0].clone()
        },
        first
    );
    let ron = store
        .where_is(&slug(WORLD), &slug("ron"))
        .await
        .expect("it is there")
        .expect("it is there");
    assert_eq!(
        (ron.place.as_str(), ron.state, ron.moves, ron.tired),
        ("hall", MoveState::Arrived, 1, 1)
    );
    let now = store
        .run(&slug(WORLD))
        .await
        .expect("it is there")
        .expect("it is there");
    assert_eq!(now.moves, [(MovedBy::Script, 2)]);
}

/// An arrival that comes again changes nothing, also within a batch.
pub async fn a_move_arrives_once(store: Arc<dyn Store>) {
    let run = begun(&store, 1).await;
    let go = || {
        let onward = made(run, 1, Some("tower"), "hall", &["harry"]);
        step(run, Some(move_id(1_001)), vec![onward])
    };
    let outcomes = commit(&store, vec![go(), go()]).await;
    assert_eq!(outcomes, [Outcome::Applied, Outcome::Stale]);
    assert_eq!(one(&store, go()).await, Outcome::Stale);
    assert_eq!(journey(&store, "harry").await.len(), 1);
    assert_eq!(
        store.outbox_depth(&[slug(WORLD)]).await,
        Ok(2),
        "start and one move"
    );
}

/// Only who is there leaves; where one of them is not, none of them does.
pub async fn only_who_is_there_leaves(store: Arc<dyn Store>) {
    let run = begun(&store, 1).await;
    let before = all(&store).await;
    for who in [
        &["draco"][..],
        &["harry", "draco"],
        &["nobody"],
        &["harry", "nobody"],
    ] {
        let bold = made(run, 1, Some("tower"), "hut", who);
        assert_eq!(
            one(&store, step(run, None, vec![bold.clone()])).await,
            Outcome::Stale
        );
        assert_eq!(
            one(&store, step(run, Some(move_id(1_001)), vec![bold])).await,
            Outcome::Stale
        );
    }
    let unknown = made(run, 1, Some("tower"), "hut", &["harry"]);
    assert_eq!(
        one(&store, step(run, Some(move_id(77)), vec![unknown])).await,
        Outcome::Stale
    );
    assert_eq!(all(&store).await, before);

    let by_hand = made(run, 2, Some("tower"), "hut", &["harry"]);
    assert_eq!(
        one(&store, step(run, None, vec![by_hand])).await,
        Outcome::Applied
    );
    let from_afar = made(run, 3, Some("hut"), "hall", &["harry"]);
    assert_eq!(
        one(&store, step(run, None, vec![from_afar])).await,
        Outcome::Stale,
        "not there yet"
    );
}

/// Of several who want to send the same character, at once, one does.
pub async fn many_at_once_send_somebody_once(store: Arc<dyn Store>) {
    let run = begun(&store, 1).await;
    let rivals = (1..=8u32).map(|n| {
        let store = Arc::clone(&store);
        let who: &[&str] = if n % 2 == 0 {
            &["harry", "ron"]
        } else {
            &["harry"]
        };
        let onward = made(run, n, Some("tower"), "hall", who);
        tokio::spawn(async move { one(&store, step(run, None, vec![onward])).await })
    });
    let outcomes = join_all(rivals).await;
    let applied = outcomes
        .iter()
        .filter(|o| matches!(o, Ok(Outcome::Applied)))
        .count();
    assert_eq!(applied, 1, "{outcomes:?}");
    assert_eq!(journey(&store, "harry").await.len(), 1);
    assert_eq!(all(&store).await.len(), 3);
}

/// With a new run everybody begins anew, and what was on its way does not arrive.
pub async fn a_new_run_leaves_the_old_one_behind(store: Arc<dyn Store>) {
    let old = begun(&store, 1).await;
    let onward = made(old, 1, Some("tower"), "hall", &["harry"]);
    one(&store, step(old, Some(move_id(1_001)), vec![onward])).await;

    let new = begun(&store, 2).await;

    let late = made(old, 2, Some("hall"), "hut", &["harry"]);
    assert_eq!(
        one(&store, step(old, Some(move_id(1)), vec![late])).await,
        Outcome::Stale
    );
    assert_eq!(
        one(&store, step(old, Some(move_id(1)), Vec::new())).await,
        Outcome::Stale
    );
    let here = all(&store).await;
    assert!(
        here.iter()
            .all(|(_, _, state)| *state == MoveState::Arrived),
        "{here:?}"
    );
    assert_eq!(here.len(), 3);
    assert!(journey(&store, "harry").await.is_empty());
    let now = store
        .run(&slug(WORLD))
        .await
        .expect("it is there")
        .expect("it is there");
    assert_eq!((now.id, now.number), (new, 2));
    assert_eq!(place(&store, "tower", None).await.run, Some(new));
}

/// The log tells of every move, when it sets out and when it arrives.
pub async fn the_log_tells_of_moves(store: Arc<dyn Store>) {
    let run = begun(&store, 1).await;
    let onward = made(run, 1, Some("tower"), "hall", &["harry"]);
    one(
        &store,
        step(run, Some(move_id(1_001)), vec![onward.clone()]),
    )
    .await;
    one(&store, step(run, Some(move_id(1)), Vec::new())).await;

    let changes = log(&store, Cursor::START, 4).await;
    let told: Vec<_> = changes
        .iter()
        .map(|change| match &change.what {
            Happening::Moved(made) => (made.id, made.state),
            other => panic!("{other:?}"),
        })
        .collect();
    let (start, first) = (move_id(1_001), move_id(1));
    assert_eq!(
        told,
        [
            (start, MoveState::Sent),
            (start, MoveState::Arrived),
            (first, MoveState::Sent),
            (first, MoveState::Arrived),
        ]
    );
    let Happening::Moved(arrived) = &changes[3].what else {
        panic!("it is a move")
    };
    assert_eq!(arrived.arrived_at, Some(at(5_000_000)));
    assert_eq!(arrived.incident, onward.incident);
    assert!(changes.iter().all(|change| change.world == slug(WORLD)));
}

/// A pause and a pace are told with the place.
pub async fn places_tell_of_pause_and_pace(store: Arc<dyn Store>) {
    begun(&store, 1).await;
    let world: Slug = slug(WORLD);
    store
        .set_paused(&world, true, at(1))
        .await
        .expect("it is there");
    let pace = "20ms".parse().expect("a pace");
    store
        .set_pace(&world, pace, at(2))
        .await
        .expect("it is there");
    let tower = place(&store, "tower", None).await;
    assert_eq!((tower.paused, tower.pace), (true, Some(pace)));
}

/// A move that comes back out of the outbox is what it was.
pub async fn an_arrival_survives_the_outbox(store: Arc<dyn Store>) {
    let run = begun(&store, 1).await;
    let onward = made(run, 1, Some("tower"), "hall", &["harry", "ron"]);
    let mut parked = row(1, at(0), true);
    parked.envelope = Arc::new(Envelope::arrival(&onward));
    parked.inbox = "hall-messages".to_owned();
    let again = OutboxRow {
        envelope: Arc::new(
            Envelope::arrival(&Move {
                id: move_id(2),
                ..onward.clone()
            })
            .again(0),
        ),
        ..parked.clone()
    };
    commit(
        &store,
        vec![Effects {
            sends: vec![parked.clone(), again.clone()],
            ..Effects::none(move_id(1))
        }],
    )
    .await;
    let taken = store
        .take_outbox(&[slug(WORLD)], at(1), None, 10)
        .await
        .expect("it is there");
    let mut bodies: Vec<_> = taken
        .iter()
        .map(|row| (row.envelope.id, row.envelope.body.clone()))
        .collect();
    bodies.sort_by_key(|(id, _)| *id);
    let mut expected: Vec<_> = [parked, again]
        .iter()
        .map(|row| (row.envelope.id, row.envelope.body.clone()))
        .collect();
    expected.sort_by_key(|(id, _)| *id);
    assert_eq!(bodies, expected);
}
