//! Rules of sessions.

use super::accounts::made;
use super::fixture::{in_seconds, slug};
use crate::sessions::{Appended, LINES_SINCE_MAX, NewLine, SessionFilter};
use crate::store::{Abandoned, Store};
use chrono::{DateTime, TimeDelta, Utc};
use parlor_model::session::character_id;
use parlor_model::{
    AccountId, ConversationId, ConversationStatus, Envelope, EventBody, EventId, MessageId,
    OutboxRow, Session, SessionEvent, SessionLine, SpeakerRole, envelope,
};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH
        + TimeDelta::days(20_000)
        + TimeDelta::microseconds(seconds * 1_000_000 + 7)
}

fn ann() -> Uuid {
    Uuid::from_u128(0xa)
}

fn ben() -> Uuid {
    Uuid::from_u128(0xb)
}

fn id(n: u32) -> ConversationId {
    ConversationId(Uuid::from_u128(u128::from(n) + 1_000))
}

fn session(n: u32, owner: Uuid) -> Session {
    Session {
        id: id(n),
        world: slug("companions"),
        character: slug(if n.is_multiple_of(2) { "even" } else { "odd" }),
        owner,
        username: "o'ann \u{1F600}".to_owned(),
        title: None,
        status: ConversationStatus::Active,
        lines: 0,
        created_at: at(i64::from(n)),
        updated_at: at(i64::from(n)),
        ended_at: None,
    }
}

async fn begun(store: &Arc<dyn Store>, n: u32, owner: Uuid) {
    if store.account(AccountId(owner)).await == Ok(None) {
        made(
            store,
            owner.as_u128(),
            &format!("owner-{}", owner.as_u128()),
        )
        .await;
    }
    let begun = store.begin_session(&session(n, owner), at(100)).await;
    assert_eq!(begun, Ok(true));
}

async fn found(store: &Arc<dyn Store>, n: u32) -> Option<Session> {
    let found = store.session(id(n)).await;
    found.expect("it can be looked for")
}

fn line_id(n: u32, order: u32) -> MessageId {
    MessageId::derive(id(n).0, &order.to_string())
}

fn new_line(n: u32, order: u32) -> NewLine {
    NewLine {
        session: id(n),
        id: line_id(n, order),
        role: if order.is_multiple_of(2) {
            SpeakerRole::Ai
        } else {
            SpeakerRole::User
        },
        text: format!("line {order} of {n}: \"o'\u{1F600}\"\n,\"order\":4294967295"),
        fallback: order.is_multiple_of(4),
        at: at(i64::from(order)),
        title: Some(format!("title {order}")),
        tell: None,
    }
}

fn told(n: u32, order: u32) -> NewLine {
    let line = new_line(n, order);
    let event = EventId::derive(line.id.0, "wrote");
    let world = slug("companions");
    let envelope = Envelope {
        id: event,
        conversation: line.session,
        recipient: slug("odd"),
        time: at(5),
        traceparent: envelope::traceparent(line.session.0, event),
        body: EventBody::Wrote(Box::new(SessionEvent {
            username: "ann".to_owned(),
            character_id: character_id(&world, &slug("odd")),
            session_id: line.session,
            content: line.text.clone(),
            message_id: line.id,
            order: 0,
            fallback: false,
        })),
        world,
    };
    NewLine {
        tell: Some(OutboxRow {
            inbox: "chat.user.msg".to_owned(),
            envelope: Arc::new(envelope),
            due_at: at(5),
            parked: false,
        }),
        ..line
    }
}

async fn append(store: &Arc<dyn Store>, lines: Vec<NewLine>) -> Vec<Appended> {
    let appended = store.append_lines(lines).await;
    appended.expect("lines can be added")
}

async fn said(store: &Arc<dyn Store>, n: u32) -> Vec<SessionLine> {
    let lines = store.session_lines(id(n), 0, 1_000).await;
    lines.expect("lines can be read")
}

/// As it was, and the same id again changes nothing.
pub async fn a_session_begins_once(store: Arc<dyn Store>) {
    assert_eq!(found(&store, 1).await, None);
    begun(&store, 1, ann()).await;
    assert_eq!(found(&store, 1).await, Some(session(1, ann())));
    let other = Session {
        owner: ben(),
        title: Some("other".to_owned()),
        ..session(1, ben())
    };
    begun(&store, 2, ben()).await;
    assert_eq!(store.begin_session(&other, at(200)).await, Ok(true));
    assert_eq!(found(&store, 1).await, Some(session(1, ann())));
}

/// Nobody begins a session without an account, and with an account its sessions go, also those that begin
/// at that moment.
pub async fn a_session_ends_with_the_account(store: Arc<dyn Store>) {
    let first = store.begin_session(&session(1, ann()), at(100)).await;
    assert_eq!(first, Ok(false));
    assert_eq!(found(&store, 1).await, None);
    begun(&store, 1, ann()).await;
    begun(&store, 2, ben()).await;
    append(&store, vec![new_line(1, 1)]).await;
    let beginning = (10..30).map(|n| {
        let store = store.clone();
        tokio::spawn(async move { store.begin_session(&session(n, ann()), at(100)).await })
    });
    let beginning: Vec<_> = beginning.collect();
    assert_eq!(store.delete_account(AccountId(ann())).await, Ok(true));
    for begun in beginning {
        begun
            .await
            .expect("nothing panics")
            .expect("it can be asked");
    }
    for n in (10..30).chain([1]) {
        assert_eq!(found(&store, n).await, None, "{n}");
    }
    assert!(said(&store, 1).await.is_empty());
    assert_eq!(found(&store, 2).await, Some(session(2, ben())));
    assert_eq!(store.delete_account(AccountId(ann())).await, Ok(false));
}

/// Closed once, and active again when its owner, and nobody else, takes it up.
pub async fn a_session_is_closed_and_taken_up_again(store: Arc<dyn Store>) {
    begun(&store, 1, ann()).await;
    assert_eq!(store.close_session(id(1), at(50)).await, Ok(true));
    assert_eq!(store.close_session(id(1), at(60)).await, Ok(false));
    assert_eq!(store.close_session(id(2), at(60)).await, Ok(false));
    let closed = Session {
        status: ConversationStatus::Closed,
        updated_at: at(50),
        ended_at: Some(at(50)),
        ..session(1, ann())
    };
    assert_eq!(found(&store, 1).await, Some(closed.clone()));

    let by_another = store.resume_session(id(1), ben(), at(70), at(90)).await;
    assert_eq!(by_another, Ok(None));
    assert_eq!(found(&store, 1).await, Some(closed));
    let active = Session {
        updated_at: at(70),
        ..session(1, ann())
    };
    let resumed = store.resume_session(id(1), ann(), at(70), at(90)).await;
    assert_eq!(resumed, Ok(Some(active.clone())));
    assert_eq!(found(&store, 1).await, Some(active));
    let unknown = store.resume_session(id(2), ann(), at(70), at(90)).await;
    assert_eq!(unknown, Ok(None));
}

/// A session whose lease ended is closed, unless its lease was renewed.
pub async fn sessions_whose_lease_ended_are_closed(store: Arc<dyn Store>) {
    for n in 1..=4 {
        begun(&store, n, ann()).await;
    }
    append(&store, vec![new_line(2, 1), new_line(2, 2)]).await;
    assert_eq!(store.close_session(id(4), at(10)).await, Ok(true));
    let renewed = store
        .renew_sessions(&[id(2), id(4), id(9)], at(300))
        .await
        .map(|mut renewed| {
            renewed.sort();
            renewed
        });
    assert_eq!(renewed, Ok(vec![(id(2), 2), (id(4), 0)]));

    assert_eq!(store.close_ended_sessions(at(100), 10).await, Ok(0));
    assert_eq!(store.close_ended_sessions(at(200), 1).await, Ok(1));
    assert_eq!(store.close_ended_sessions(at(200), 10).await, Ok(1));
    assert_eq!(store.close_ended_sessions(at(200), 10).await, Ok(0));
    for n in 1..=4 {
        let session = found(&store, n).await.expect("it is there");
        let ended = (n % 2 == 1).then(|| at(200));
        assert_eq!(session.ended_at, ended, "{n}");
    }
    assert_eq!(store.renew_sessions(&[], at(300)).await, Ok(Vec::new()));
}

/// 1..n over each session, whoever adds them; the first line names it.
pub async fn lines_of_a_session_are_numbered_without_gap(store: Arc<dyn Store>) {
    begun(&store, 1, ann()).await;
    begun(&store, 2, ann()).await;
    let lines = vec![new_line(1, 1), new_line(2, 1), new_line(1, 2)];
    let appended = append(&store, lines).await;
    let expected = [(1, 1), (2, 1), (1, 2)]
        .map(|(n, order)| Appended::Added(new_line(n, order).line(order), None));
    assert_eq!(appended, expected);
    let of_first = vec![new_line(1, 1).line(1), new_line(1, 2).line(2)];
    assert_eq!(said(&store, 1).await, of_first);
    let first = found(&store, 1).await.expect("it is there");
    assert_eq!(first.lines, 2);
    assert_eq!(first.title.as_deref(), Some("title 1"));
    assert_eq!(first.updated_at, at(2));
}

/// Nobody's line gets another's number.
pub async fn lines_added_by_many_at_once_get_a_number_each(store: Arc<dyn Store>) {
    begun(&store, 1, ann()).await;
    begun(&store, 2, ann()).await;
    let all = (1..=20).map(|order| {
        let store = Arc::clone(&store);
        // In both orders, so that who locks one session first may want the other next.
        let mut lines = vec![new_line(1, order), new_line(2, order)];
        if order % 2 == 0 {
            lines.reverse();
        }
        tokio::spawn(async move { append(&store, lines).await })
    });
    for added in futures::future::join_all(all).await {
        let added = added.expect("no panic");
        assert!(added.iter().all(|a| matches!(a, Appended::Added(..))));
    }
    for n in 1..=2 {
        let orders: Vec<_> = said(&store, n)
            .await
            .iter()
            .map(|line| line.order)
            .collect();
        assert_eq!(orders, (1..=20).collect::<Vec<_>>());
    }
}

/// The same id adds nothing, also within one batch; a session that is gone takes nothing.
pub async fn a_line_again_adds_nothing(store: Arc<dyn Store>) {
    begun(&store, 1, ann()).await;
    append(&store, vec![new_line(1, 1)]).await;
    let other = NewLine {
        text: "another text".to_owned(),
        ..told(1, 1)
    };
    let lines = vec![new_line(1, 2), other, new_line(1, 2), new_line(9, 1)];
    let appended = append(&store, lines).await;
    let known = |order| Appended::Known(new_line(1, order).line(order));
    let added = Appended::Added(new_line(1, 2).line(2), None);
    assert_eq!(appended, [added, known(1), known(2), Appended::Gone]);
    assert_eq!(said(&store, 1).await.len(), 2);
    assert_eq!(store.outbox_depth(&[slug("companions")]).await, Ok(0));
    assert_eq!(append(&store, Vec::new()).await, []);
    let one = store.session_line(id(1), line_id(1, 2)).await;
    assert_eq!(one, Ok(Some(new_line(1, 2).line(2))));
    assert_eq!(store.session_line(id(1), line_id(2, 2)).await, Ok(None));
}

/// What tells of a line is in the outbox with it, with its order, in hand of who added it.
pub async fn a_line_is_told_of_in_the_same_transaction(store: Arc<dyn Store>) {
    begun(&store, 1, ann()).await;
    let appended = append(&store, vec![new_line(1, 1), told(1, 2)]).await;
    let row = told(1, 2).told(2).expect("it tells");
    let EventBody::Wrote(event) = &row.envelope.body else {
        panic!("it tells that somebody wrote");
    };
    assert_eq!(event.order, 2);
    let line = new_line(1, 2).line(2);
    assert_eq!(appended[1], Appended::Added(line, Some(row.clone())));
    let worlds = [slug("companions")];
    assert_eq!(store.outbox_depth(&worlds).await, Ok(1));
    let parked = store.take_outbox(&worlds, at(10), None, 10).await;
    assert_eq!(parked, Ok(Vec::new()), "it is in hand");
    let later = in_seconds(3_600);
    let gone = Abandoned::older_than(Duration::from_secs(60), later);
    let taken = store.take_outbox(&worlds, later, Some(gone), 10).await;
    assert_eq!(taken, Ok(vec![row.clone()]));
    assert_eq!(store.clear_outbox(&[row.envelope.id]).await, Ok(()));
    assert_eq!(store.outbox_depth(&worlds).await, Ok(0));
}

/// After a line, as many as are asked for; of many sessions at once, too.
pub async fn lines_go_on_after_an_order_of_a_session(store: Arc<dyn Store>) {
    begun(&store, 1, ann()).await;
    begun(&store, 2, ann()).await;
    let many = LINES_SINCE_MAX + 5;
    append(&store, (1..=many).map(|order| new_line(1, order)).collect()).await;
    append(&store, (1..=3).map(|order| new_line(2, order)).collect()).await;
    let after = store.session_lines(id(1), 2, 2).await;
    let expected = vec![new_line(1, 3).line(3), new_line(1, 4).line(4)];
    assert_eq!(after, Ok(expected));
    assert_eq!(store.session_lines(id(1), many, 9).await, Ok(Vec::new()));
    assert_eq!(store.session_lines(id(9), 0, 9).await, Ok(Vec::new()));

    let since = store
        .lines_since(&[(id(2), 1), (id(9), 0), (id(1), 0)])
        .await;
    let since = since.expect("lines can be read");
    let of = |n| -> Vec<u32> {
        let of = since.iter().filter(|(session, _)| *session == id(n));
        of.map(|(_, line)| line.order).collect()
    };
    assert_eq!(of(2), [2, 3]);
    assert_eq!(of(1), (1..=LINES_SINCE_MAX).collect::<Vec<_>>());
    assert_eq!(of(9), [0_u32; 0]);
    assert_eq!(store.lines_since(&[]).await, Ok(Vec::new()));
}

/// A person's own, newest first, page by page; with one character, too.
pub async fn sessions_of_a_person_are_listed(store: Arc<dyn Store>) {
    for n in 1..=5 {
        begun(&store, n, ann()).await;
    }
    begun(&store, 6, ben()).await;
    let of = |owner, with: Option<&str>| SessionFilter {
        owner,
        with: with.map(|character| (slug("companions"), slug(character))),
    };
    let mut listed = Vec::new();
    let mut after = None;
    loop {
        let page = store.sessions(&of(ann(), None), after, 2).await;
        let page = page.expect("sessions can be listed");
        listed.extend(page.items.iter().map(|session| session.id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(listed, [5, 4, 3, 2, 1].map(id));
    let even = store.sessions(&of(ann(), Some("even")), None, 10).await;
    let even = even.expect("sessions can be listed").items;
    assert_eq!(even, [session(4, ann()), session(2, ann())]);
    let nobodys = store.sessions(&of(Uuid::nil(), None), None, 10).await;
    assert!(nobodys.expect("sessions can be listed").items.is_empty());
}

/// By its owner alone; a title that a person gave stays.
pub async fn a_session_is_renamed_by_its_owner(store: Arc<dyn Store>) {
    begun(&store, 1, ann()).await;
    assert_eq!(store.rename_session(id(1), ben(), "his").await, Ok(false));
    assert_eq!(store.rename_session(id(1), ann(), "hers").await, Ok(true));
    append(&store, vec![new_line(1, 1)]).await;
    let title = found(&store, 1).await.expect("it is there").title;
    assert_eq!(title.as_deref(), Some("hers"));
}

/// With everything said in them; nothing of others.
pub async fn sessions_are_deleted_by_their_owner(store: Arc<dyn Store>) {
    for (n, owner) in [(1, ann()), (2, ann()), (3, ann()), (4, ben())] {
        begun(&store, n, owner).await;
        append(&store, vec![new_line(n, 1)]).await;
    }
    assert_eq!(store.delete_session(id(4), ann()).await, Ok(false));
    assert_eq!(store.delete_session(id(1), ann()).await, Ok(true));
    assert_eq!(store.delete_session(id(1), ann()).await, Ok(false));
    let deleted = store.delete_sessions_of(ann()).await;
    let mut deleted = deleted.expect("sessions can be deleted");
    deleted.sort();
    assert_eq!(deleted, [2, 3].map(id));
    for n in 1..=3 {
        assert_eq!(found(&store, n).await, None);
        assert_eq!(said(&store, n).await, []);
        assert_eq!(append(&store, vec![new_line(n, 2)]).await, [Appended::Gone]);
    }
    assert_eq!(said(&store, 4).await.len(), 1);
    assert_eq!(store.delete_sessions_of(ann()).await, Ok(Vec::new()));
}
