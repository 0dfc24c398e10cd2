//! Rules of presence: who tells of itself, who is looked after, who is forgotten.

use super::fixture::{at, slug};
use crate::presence::{FORGOTTEN_AFTER, InboxTraffic, Report, RoleRecord, Stored, Wanted};
use crate::store::Store;
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::Arc;
use uuid::Uuid;

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn report(role: &str, began: i64) -> Report {
    Report {
        role: role.to_owned(),
        worlds: vec![slug("friends")],
        names: vec![slug("ross")],
        pid: Some(42),
        host: "a 'host'".to_owned(),
        deliveries: Some("10.0.0.7:9004".to_owned()),
        started_at: at(began),
        inboxes: vec![InboxTraffic {
            inbox: "q-Ross".to_owned(),
            unacked: 3,
            published: 0.5,
            delivered: 2.25,
        }],
        stored: vec![Stored {
            world: slug("friends"),
            per_second: [1.0, 0.5, 0.25],
        }],
    }
}

async fn beat(store: &Arc<dyn Store>, n: u128, report: &Report, now: DateTime<Utc>) {
    let told = store.beat(id(n), report, now).await;
    told.expect("a role can tell of itself");
}

async fn look_after(store: &Arc<dyn Store>, n: u128, now: DateTime<Utc>) -> Wanted {
    let roles = [(id(n), report("character", 1))];
    let wanted = store.look_after(&roles, now).await;
    wanted.expect("a supervisor can look after a role")[0]
}

async fn roles(store: &Arc<dyn Store>) -> Vec<RoleRecord> {
    store.roles(100).await.expect("roles can be listed")
}

/// What a role told last is known, word for word; those that began first come first.
pub async fn roles_tell_of_themselves(store: Arc<dyn Store>) {
    beat(&store, 1, &report("relay", 20), at(30)).await;
    beat(&store, 2, &report("gateway", 10), at(31)).await;
    let later = Report {
        inboxes: Vec::new(),
        ..report("relay", 20)
    };
    beat(&store, 1, &later, at(40)).await;

    let known = roles(&store).await;

    assert_eq!(
        known.iter().map(|role| role.id).collect::<Vec<_>>(),
        [id(2), id(1)]
    );
    let relay = RoleRecord {
        id: id(1),
        report: later,
        seen_at: Some(at(40)),
        ended: false,
        supervised_at: None,
        wanted: Wanted::Running,
    };
    assert_eq!(known[1], relay);
    assert_eq!(store.roles(1).await.map(|some| some.len()), Ok(1));
}

/// One that leaves is forgotten; a supervised one is kept as ended, until it tells of itself again.
pub async fn a_role_that_leaves_is_kept_only_by_its_supervisor(store: Arc<dyn Store>) {
    for n in [1, 2] {
        beat(&store, n, &report("character", 1), at(10)).await;
    }
    look_after(&store, 2, at(11)).await;
    for n in [1, 2, 3] {
        assert_eq!(store.leave(id(n)).await, Ok(()));
    }

    let known = roles(&store).await;
    assert_eq!(known.len(), 1);
    assert_eq!((known[0].id, known[0].ended), (id(2), true));

    beat(&store, 2, &report("character", 1), at(20)).await;
    assert!(!roles(&store).await[0].ended);
}

/// A supervisor makes its roles known, gets what is wanted of each, and takes nothing from what they
/// told.
pub async fn a_supervisor_gets_what_is_wanted_of_its_roles(store: Arc<dyn Store>) {
    assert_eq!(look_after(&store, 1, at(10)).await, Wanted::Running);
    let known = roles(&store).await;
    assert_eq!(
        (known[0].seen_at, known[0].supervised_at),
        (None, Some(at(10)))
    );

    beat(&store, 1, &report("character", 5), at(11)).await;
    assert_eq!(store.want(id(1), Wanted::Stopped).await, Ok(true));
    assert_eq!(store.want(id(2), Wanted::Stopped).await, Ok(false));
    let both = [(id(2), report("relay", 2)), (id(1), report("character", 1))];
    let wanted = store.look_after(&both, at(12)).await;
    assert_eq!(wanted, Ok(vec![Wanted::Running, Wanted::Stopped]));

    let known = roles(&store).await;
    let first = known
        .iter()
        .find(|role| role.id == id(1))
        .expect("it is known");
    assert_eq!(
        (first.wanted, first.seen_at),
        (Wanted::Stopped, Some(at(11)))
    );
    assert_eq!(first.report.started_at, at(5), "what it told stays");

    assert_eq!(store.want(id(1), Wanted::Running).await, Ok(true));
    assert_eq!(look_after(&store, 1, at(13)).await, Wanted::Running);
    assert_eq!(store.give_up(&[id(1), id(2), id(9)]).await, Ok(()));
    assert_eq!(roles(&store).await, []);
}

/// Who is silent, and looked after by nobody, for long is forgotten when another one tells of itself.
pub async fn a_silent_role_is_forgotten(store: Arc<dyn Store>) {
    beat(&store, 1, &report("relay", 1), at(0)).await;
    beat(&store, 2, &report("character", 2), at(0)).await;
    let later = at(0) + FORGOTTEN_AFTER;
    look_after(&store, 2, later).await;
    beat(&store, 3, &report("gateway", 3), later).await;
    assert_eq!(roles(&store).await.len(), 3, "not yet");

    beat(
        &store,
        3,
        &report("gateway", 3),
        later + TimeDelta::seconds(1),
    )
    .await;

    let known = roles(&store).await;
    assert_eq!(
        known.iter().map(|role| role.id).collect::<Vec<_>>(),
        [id(2), id(3)]
    );
}

/// Many that tell of themselves at the same moment are all known.
pub async fn many_roles_tell_of_themselves_at_once(store: Arc<dyn Store>) {
    let told = (1..=16).map(|n| {
        let store = Arc::clone(&store);
        tokio::spawn(async move { store.beat(id(n), &report("character", 1), at(9)).await })
    });
    for told in futures::future::join_all(told).await {
        assert_eq!(told.expect("no beat panics"), Ok(()));
    }
    assert_eq!(roles(&store).await.len(), 16);
}
