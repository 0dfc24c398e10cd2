//! Companions, and the runs in which they talk.

use crate::companions::{
    Attempt, AttemptOutcome, Batch, BatchResult, BulkLine, BulkOutcome, BulkTalk, CompanionChange,
    GenerationRun, HouseholdResult, NewCompanion, NewRun, NewRunaway, Notice, RunStatus,
    TalkDetails, TalkParticipant, Tally,
};
use crate::store::{After, Cursor, Store};
use chrono::{DateTime, Utc};
use parlor_model::world::Topic;
use parlor_model::{AccountId, Activity, ConversationId, Difficulty, Household, Mood, Slug, Tie};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// The log is looked at again after this long.
const LOOK_EVERY: Duration = Duration::from_millis(20);

fn world() -> Slug {
    Slug::new("den").expect("a slug")
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).expect("in range")
}

fn owner(number: u128) -> AccountId {
    AccountId(Uuid::from_u128(number))
}

async fn people(store: &dyn Store, count: u128) {
    let companion = |name: &str, team_slot| NewCompanion {
        character: Slug::new("ember").expect("a slug"),
        name: name.to_owned(),
        team_slot,
    };
    let three = || {
        vec![
            companion("A", Some(1)),
            companion("B", None),
            companion("C", None),
        ]
    };
    let people: Vec<_> = (1..=count).map(|number| (owner(number), three())).collect();
    store
        .seed_households(&world(), &people, at(0))
        .await
        .expect("people are made");
}

async fn begin(store: &dyn Store, seconds: i64, due_at: Option<DateTime<Utc>>) -> GenerationRun {
    let run = NewRun {
        world: world(),
        seed: 7,
        at: at(seconds),
        due_at,
        percent: 100.0,
        accounts_max: None,
        batch: 2,
    };
    store.begin_run(&run).await.expect("a run begins")
}

async fn claim(store: &dyn Store, run: &GenerationRun, limit: u32) -> Vec<Batch> {
    store
        .claim_batches(run, at(0), at(60), limit)
        .await
        .expect("batches are claimed")
}

/// Two talk; the first becomes unhappy, the third runs away.
fn result(run: &GenerationRun, household: &Household) -> HouseholdResult {
    let companions = &household.companions;
    let participant = |place: usize, after| TalkParticipant {
        companion: companions[place].id,
        character: companions[place].character.clone(),
        name: companions[place].name.clone(),
        opinion: 0.5,
        before: companions[place].mood,
        after,
    };
    let line = |speaker, to, text: &str| BulkLine {
        speaker,
        to,
        text: text.to_owned(),
        sentiment: 0.25,
    };
    let id = Uuid::new_v5(&run.id, household.owner.0.as_bytes());
    HouseholdResult {
        owner: household.owner,
        talk: Some(BulkTalk {
            id: ConversationId(id),
            topic: "tea \"at\" four".to_owned(),
            details: TalkDetails {
                about: "topic".to_owned(),
                conflict: true,
                coins: 5,
            },
            participants: vec![participant(0, Mood::Unhappy), participant(1, Mood::Neutral)],
            lines: vec![
                line(0, 1, "Tea?"),
                line(1, 0, "Ünd wie.\n"),
                line(0, 1, "Good."),
            ],
        }),
        changes: vec![CompanionChange {
            id: companions[0].id,
            number: companions[0].number,
            version: companions[0].version,
            mood: Mood::Unhappy,
            unhappy_count: 2,
            activity: Activity::Available,
            busy_until: None,
        }],
        runaways: companions
            .get(2)
            .map(|gone| NewRunaway {
                id: gone.id,
                number: gone.number,
                version: gone.version,
                difficulty: Difficulty::Normal,
            })
            .into_iter()
            .collect(),
        ties: Some(vec![Tie {
            a: 0,
            b: 1,
            affinity: -9,
        }]),
        notices: vec![Notice {
            id: Uuid::new_v5(&id, b"gone"),
            kind: "runaway".to_owned(),
            text: "C ran away.".to_owned(),
            companion: companions.get(2).map(|gone| gone.id),
            coins: 0,
            created_at: run.at,
            read_at: None,
        }],
    }
}

fn decided(run: &GenerationRun, batches: &[Batch]) -> Vec<BatchResult> {
    let batch = |batch: &Batch| BatchResult {
        number: batch.number,
        households: batch
            .households
            .iter()
            .map(|home| result(run, home))
            .collect(),
        tally: Tally {
            accounts: batch.households.len() as u64,
            conversations: batch.households.len() as u64,
            messages: 3 * batch.households.len() as u64,
            participants: [(2, batch.households.len() as u64)].into(),
            ..Tally::default()
        },
    };
    batches.iter().map(batch).collect()
}

/// Everybody's turn in one run.
async fn run_through(store: &dyn Store, seconds: i64) -> GenerationRun {
    let run = begin(store, seconds, None).await;
    let batches = claim(store, &run, 100).await;
    let outcome = store.commit_batches(&run, decided(&run, &batches)).await;
    assert!(
        matches!(outcome, Ok(BulkOutcome::Applied(_))),
        "{outcome:?}"
    );
    let done = store.finish_run(run.id, at(99)).await;
    done.expect("it is finished").expect("it is there")
}

/// Each batch is claimed by one at a time, in the order of the owners; a claim runs out.
pub async fn batches_are_claimed_once_until_the_claim_ends(store: Arc<dyn Store>) {
    people(&*store, 5).await;
    let run = begin(&*store, 0, None).await;
    assert_eq!(
        (run.planned, run.status, run.ordinal),
        (5, RunStatus::Running, 1)
    );
    let (first, rest) = (claim(&*store, &run, 1).await, claim(&*store, &run, 9).await);
    let owners = |batches: &[Batch]| -> Vec<AccountId> {
        let households = batches.iter().flat_map(|batch| &batch.households);
        households.map(|household| household.owner).collect()
    };
    assert_eq!(owners(&first), [owner(1), owner(2)]);
    assert_eq!(owners(&rest), [owner(3), owner(4), owner(5)]);
    assert!(first[0].households.iter().all(|h| h.companions.len() == 3));
    assert_eq!(claim(&*store, &run, 9).await, []);
    let later = store
        .claim_batches(&run, at(61), at(90), 9)
        .await
        .expect("claimed");
    assert_eq!(owners(&later).len(), 5);
}

/// A batch that is committed twice is written once.
pub async fn a_batch_is_written_once(store: Arc<dyn Store>) {
    people(&*store, 4).await;
    let run = begin(&*store, 0, None).await;
    let batches = claim(&*store, &run, 9).await;
    let results = decided(&run, &batches);
    let once = store.commit_batches(&run, results.clone()).await;
    assert_eq!(once.expect("written"), BulkOutcome::Applied(vec![0, 1]));
    let again = store.commit_batches(&run, results).await;
    assert_eq!(again.expect("known"), BulkOutcome::Applied(Vec::new()));
    let run = store
        .finish_run(run.id, at(9))
        .await
        .expect("finished")
        .expect("there");
    assert_eq!((run.status, run.ended_at), (RunStatus::Done, Some(at(9))));
    assert_eq!((run.tally.conversations, run.tally.messages), (4, 12));
    for number in 1..=4 {
        let talks = store
            .talks(&world(), owner(number), None, 10)
            .await
            .expect("listed");
        assert_eq!(talks.items.len(), 1);
    }
}

/// With an account its companions go, and what these said; a run that still had them writes nothing of
/// them.
pub async fn what_companions_said_goes_with_the_account(store: Arc<dyn Store>) {
    people(&*store, 2).await;
    let first = run_through(&*store, 0).await;
    let run = begin(&*store, 20, None).await;
    let batches = claim(&*store, &run, 9).await;
    let mut said = Vec::new();
    for number in [1, 2] {
        let talks = store.talks(&world(), owner(number), None, 10).await;
        let talks = talks.expect("listed").items;
        assert_eq!(talks.len(), 1);
        said.push(talks[0].conversation.id);
    }
    assert_eq!(store.delete_account(owner(1)).await, Ok(true));
    let outcome = store.commit_batches(&run, decided(&run, &batches)).await;
    assert_eq!(outcome.expect("answered"), BulkOutcome::Stale);
    let talks = store.talks(&world(), owner(1), None, 10).await;
    assert!(talks.expect("listed").items.is_empty());
    let gone = store.conversation(said[0]).await;
    assert_eq!(gone.expect("looked for"), None);
    let lines = store.messages(said[0], After::Start, 10).await;
    assert!(lines.expect("looked for").items.is_empty());
    let other = store.conversation(said[1]).await;
    assert!(other.expect("looked for").is_some());
    let runs = store.runs(&world(), 10).await.expect("listed");
    let known = runs.iter().find(|run| run.id == first.id);
    assert_eq!(known.map(|run| run.tally.conversations), Some(2));
}

/// Where a companion has changed meanwhile, nothing of the commit is written.
pub async fn a_batch_on_an_older_state_is_stale(store: Arc<dyn Store>) {
    people(&*store, 2).await;
    let run = begin(&*store, 0, None).await;
    let batches = claim(&*store, &run, 9).await;
    let changed = batches[0].households[1].companions[0].id;
    let meditates = store
        .meditate(&world(), owner(2), changed, Some(at(50)))
        .await;
    assert_eq!(meditates.expect("known").expect("theirs").version, 1);
    let outcome = store.commit_batches(&run, decided(&run, &batches)).await;
    assert_eq!(outcome.expect("answered"), BulkOutcome::Stale);
    let talks = store
        .talks(&world(), owner(1), None, 10)
        .await
        .expect("listed");
    assert!(talks.items.is_empty());
    let again = claim(&*store, &run, 9).await;
    assert_eq!(again.len(), 1, "the claim was given up");
    let outcome = store.commit_batches(&run, decided(&run, &again)).await;
    assert_eq!(outcome.expect("written"), BulkOutcome::Applied(vec![0]));
}

/// A run is done only when nothing of it is left; a time of the schedule has one run.
pub async fn a_due_time_has_one_run(store: Arc<dyn Store>) {
    people(&*store, 3).await;
    let one = begin(&*store, 0, Some(at(5))).await;
    let same = begin(&*store, 1, Some(at(5))).await;
    let other = begin(&*store, 2, Some(at(6))).await;
    assert_eq!(one.id, same.id);
    assert_ne!(one.id, other.id);
    let unfinished = store
        .finish_run(one.id, at(9))
        .await
        .expect("asked")
        .expect("there");
    assert_eq!(
        (unfinished.status, unfinished.ended_at),
        (RunStatus::Running, None)
    );
    let runs = store.runs(&world(), 10).await.expect("listed");
    let ids: Vec<_> = runs.iter().map(|run| run.id).collect();
    assert_eq!(ids, [other.id, one.id]);
    assert_eq!(
        store.finish_run(Uuid::nil(), at(9)).await.expect("asked"),
        None
    );
}

/// What a run wrote is read as it was written, by its owner alone.
pub async fn a_talk_is_read_as_it_was_written(store: Arc<dyn Store>) {
    people(&*store, 2).await;
    let run = run_through(&*store, 0).await;
    let talks = store
        .talks(&world(), owner(1), None, 10)
        .await
        .expect("listed");
    let talk = &talks.items[0];
    assert_eq!(talk.conversation.topic.as_deref(), Some("tea \"at\" four"));
    assert_eq!(talk.conversation.participants, ["A", "B"]);
    assert_eq!(talk.conversation.created_at, run.at);
    assert!(!talk.conversation.is_active());
    assert_eq!(talk.conversation.exchanges, 3);
    assert_eq!((talk.details.conflict, talk.details.coins), (true, 5));
    let after: Vec<_> = talk.participants.iter().map(|p| p.after).collect();
    assert_eq!(after, [Mood::Unhappy, Mood::Neutral]);
    let said: Vec<_> = talk
        .messages
        .iter()
        .map(|m| (m.order, m.from.as_str(), m.to.join("+"), m.text.as_str()))
        .collect();
    assert_eq!(
        said,
        [
            (1, "A", "B".to_owned(), "Tea?"),
            (2, "B", "A".to_owned(), "Ünd wie.\n"),
            (3, "A", "B".to_owned(), "Good."),
        ]
    );
    let id = talk.conversation.id;
    assert_eq!(
        store.talk(owner(1), id).await.expect("read").as_ref(),
        Some(talk)
    );
    assert_eq!(store.talk(owner(2), id).await.expect("read"), None);
    let messages = store.messages(id, After::Start, 10).await.expect("listed");
    assert_eq!(messages.items, talk.messages);
    let points = store
        .mood_points(&world(), owner(1), at(0))
        .await
        .expect("listed");
    assert_eq!(points.len(), 2);
    assert!(
        store
            .mood_points(&world(), owner(1), at(1))
            .await
            .expect("listed")
            .is_empty()
    );
}

/// What a run writes is not in the log of changes.
pub async fn bulk_lines_are_not_in_the_log(store: Arc<dyn Store>) {
    people(&*store, 3).await;
    run_through(&*store, 0).await;
    assert_eq!(store.changes(Cursor::START, 100).await.expect("read"), []);
    let before = store.latest_change().await.expect("read");
    run_through(&*store, 10).await;
    assert_eq!(store.latest_change().await.expect("read"), before);
    store
        .set_paused(&world(), true, at(1))
        .await
        .expect("paused");
    // Shown once no older transaction of anybody runs.
    while store.changes(before, 100).await.expect("read").is_empty() {
        tokio::time::sleep(LOOK_EVERY).await;
    }
    let seen = store.changes(before, 100).await.expect("read");
    assert_eq!(seen.len(), 1);
}

/// Page by page the list is all of it, newest first.
pub async fn talks_page_by_page_are_all_of_them(store: Arc<dyn Store>) {
    people(&*store, 2).await;
    let mut runs = Vec::new();
    for seconds in [0, 10, 10, 20, 30] {
        runs.push(run_through(&*store, seconds).await.id);
    }
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let page = store
            .talks(&world(), owner(2), after, 2)
            .await
            .expect("listed");
        seen.extend(page.items.iter().map(|talk| talk.conversation.id.0));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let id = |run: &Uuid| Uuid::new_v5(run, owner(2).0.as_bytes());
    let expected: Vec<_> = runs.iter().rev().map(id).collect();
    assert_eq!(seen, expected);
    let other = Slug::new("elsewhere").expect("a slug");
    assert!(
        store
            .talks(&other, owner(2), None, 9)
            .await
            .expect("listed")
            .items
            .is_empty()
    );
}

/// Unread conversations are counted until their owner reads them.
pub async fn reading_is_kept(store: Arc<dyn Store>) {
    people(&*store, 2).await;
    run_through(&*store, 0).await;
    run_through(&*store, 10).await;
    let den = world();
    let unread = |number| store.unread(&den, owner(number));
    assert_eq!(unread(1).await.expect("counted"), 2);
    let talks = store
        .talks(&world(), owner(1), None, 1)
        .await
        .expect("listed");
    let id = talks.items[0].conversation.id;
    assert!(!store.mark_read(owner(2), id, at(11)).await.expect("asked"));
    assert!(store.mark_read(owner(1), id, at(11)).await.expect("read"));
    assert!(
        store
            .mark_read(owner(1), id, at(12))
            .await
            .expect("read again")
    );
    let talk = store
        .talk(owner(1), id)
        .await
        .expect("read")
        .expect("theirs");
    assert_eq!(talk.read_at, Some(at(11)));
    assert_eq!(unread(1).await.expect("counted"), 1);
    assert_eq!(unread(2).await.expect("counted"), 2);
}

/// A run changes companions, bonds and coins, and tells of it.
pub async fn a_run_changes_households(store: Arc<dyn Store>) {
    people(&*store, 1).await;
    run_through(&*store, 0).await;
    let home = store
        .household(&world(), owner(1))
        .await
        .expect("read")
        .expect("there");
    assert_eq!(home.companions.len(), 2);
    let first = &home.companions[0];
    assert_eq!(
        (first.mood, first.unhappy_count, first.version),
        (Mood::Unhappy, 2, 1)
    );
    assert_eq!((first.number, first.team_slot), (0, Some(1)));
    assert_eq!(
        home.ties,
        [Tie {
            a: 0,
            b: 1,
            affinity: -9
        }]
    );
    let gone = store.runaways(&world(), owner(1)).await.expect("listed");
    assert_eq!(gone.len(), 1);
    assert_eq!(
        (gone[0].name.as_str(), gone[0].difficulty),
        ("C", Difficulty::Normal)
    );
    assert_eq!((gone[0].ran_at, gone[0].attempts), (at(0), 0));
    let notices = store.notices(owner(1), None, 10).await.expect("listed");
    assert_eq!(notices.items[0].text, "C ran away.");
    assert_eq!(notices.items[0].companion, Some(gone[0].id));
    assert!(
        store
            .notices(owner(2), None, 10)
            .await
            .expect("listed")
            .items
            .is_empty()
    );
    assert_eq!(
        store.household(&world(), owner(9)).await.expect("read"),
        None
    );
}

/// Notices page by page, also of one moment.
pub async fn notices_page_by_page_are_all_of_them(store: Arc<dyn Store>) {
    people(&*store, 1).await;
    for seconds in [0, 0, 0, 5] {
        run_through(&*store, seconds).await;
    }
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let page = store.notices(owner(1), after, 1).await.expect("listed");
        seen.extend(
            page.items
                .iter()
                .map(|notice| (notice.created_at, notice.id)),
        );
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 4);
    assert_eq!(seen[0].0, at(5));
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 4, "none comes twice");
}

fn attempt(companion: Uuid, attempts: u32, succeeds: bool, key: &str) -> Attempt {
    Attempt {
        owner: owner(1),
        world: world(),
        companion,
        attempts,
        price: 25,
        succeeds,
        difficulty: Difficulty::Hard,
        key: key.to_owned(),
        text: "What a day.".to_owned(),
        at: at(20),
    }
}

async fn runaway(store: &dyn Store) -> Uuid {
    people(store, 2).await;
    run_through(store, 0).await;
    store.runaways(&world(), owner(1)).await.expect("listed")[0].id
}

/// An attempt costs coins; a failure makes it harder, a success brings the companion back.
pub async fn a_runaway_is_won_back(store: Arc<dyn Store>) {
    let id = runaway(&*store).await;
    let failed = store
        .attempt(&attempt(id, 0, false, "one"))
        .await
        .expect("made");
    let AttemptOutcome::Made(failed) = failed else {
        panic!("{failed:?}")
    };
    // 100 at first and 5 found.
    assert_eq!(
        (failed.success, failed.coins, failed.difficulty),
        (false, 80, Difficulty::Hard)
    );
    let gone = store.runaways(&world(), owner(1)).await.expect("listed");
    assert_eq!(
        (gone[0].difficulty, gone[0].attempts),
        (Difficulty::Hard, 1)
    );
    let stale = store
        .attempt(&attempt(id, 0, true, "two"))
        .await
        .expect("answered");
    assert_eq!(stale, AttemptOutcome::Stale);
    let made = store
        .attempt(&attempt(id, 1, true, "three"))
        .await
        .expect("made");
    assert!(matches!(&made, AttemptOutcome::Made(made) if made.success && made.coins == 55));
    assert!(
        store
            .runaways(&world(), owner(1))
            .await
            .expect("listed")
            .is_empty()
    );
    let home = store
        .household(&world(), owner(1))
        .await
        .expect("read")
        .expect("there");
    let back = home
        .companions
        .iter()
        .find(|c| c.id == id)
        .expect("it is back");
    assert_eq!(
        (back.mood, back.unhappy_count, back.number),
        (Mood::Neutral, 0, 2)
    );
    let notices = store.notices(owner(1), None, 10).await.expect("listed");
    assert_eq!(notices.items[0].kind, "recovered");
    let gone = store
        .attempt(&attempt(id, 1, true, "four"))
        .await
        .expect("answered");
    assert_eq!(gone, AttemptOutcome::Unknown);
}

/// The same key makes one attempt, whoever comes first; nobody's coins go below nothing.
pub async fn an_attempt_is_made_once_for_each_key(store: Arc<dyn Store>) {
    let id = runaway(&*store).await;
    let (one, other) = (attempt(id, 0, false, "same"), attempt(id, 0, true, "same"));
    let (one, other) = tokio::join!(store.attempt(&one), store.attempt(&other));
    assert_eq!(
        one.expect("made"),
        other.expect("made"),
        "one answer for both"
    );
    let payments = store.payments(owner(1), 10).await.expect("listed");
    let taken: i64 = payments.iter().map(|payment| payment.coins.min(0)).sum();
    assert_eq!(taken, -25);
    let mut dear = attempt(id, 1, true, "dear");
    dear.price = 1_000;
    let outcome = store.attempt(&dear).await.expect("answered");
    assert!(matches!(
        outcome,
        AttemptOutcome::TooPoor(80) | AttemptOutcome::Unknown
    ));
    let mut theirs = attempt(id, 1, true, "theirs");
    theirs.owner = owner(2);
    assert_eq!(
        store.attempt(&theirs).await.expect("answered"),
        AttemptOutcome::Unknown
    );
}

/// Two at once with keys of their own spend once.
pub async fn two_attempts_at_once_spend_once(store: Arc<dyn Store>) {
    let id = runaway(&*store).await;
    let (one, other) = (attempt(id, 0, true, "one"), attempt(id, 0, true, "other"));
    let (one, other) = tokio::join!(store.attempt(&one), store.attempt(&other));
    let made = [one.expect("answered"), other.expect("answered")];
    let count = made
        .iter()
        .filter(|o| matches!(o, AttemptOutcome::Made(_)))
        .count();
    assert_eq!(count, 1, "{made:?}");
}

/// Companions are given, numbered for good, and sent to meditate.
pub async fn companions_are_given_and_meditate(store: Arc<dyn Store>) {
    let id = runaway(&*store).await;
    let new = NewCompanion {
        character: Slug::new("pip").expect("a slug"),
        name: "D".to_owned(),
        team_slot: None,
    };
    let given = store
        .give_companions(&world(), owner(1), std::slice::from_ref(&new), at(1))
        .await
        .expect("given");
    let numbers: Vec<_> = given.companions.iter().map(|c| c.number).collect();
    assert_eq!(numbers, [0, 1, 3], "2 is the runaway's");
    assert!(given.companions.iter().all(|c| c.id != id));
    let nobody = store
        .give_companions(&world(), owner(77), &[new], at(1))
        .await;
    assert!(nobody.is_err_and(|error| !error.is_retryable()));
    let first = given.companions[0].id;
    let meditates = store
        .meditate(&world(), owner(1), first, Some(at(99)))
        .await;
    let meditates = meditates.expect("known").expect("theirs");
    assert_eq!(
        (meditates.activity, meditates.busy_until),
        (Activity::Meditating, Some(at(99)))
    );
    let theirs = store
        .meditate(&world(), owner(2), first, None)
        .await
        .expect("asked");
    assert_eq!(theirs, None);
    let ended = store.meditate(&world(), owner(1), first, None).await;
    assert_eq!(
        ended.expect("known").expect("theirs").activity,
        Activity::Available
    );
}

/// When somebody was last here is kept, to the minute.
pub async fn the_last_visit_is_kept(store: Arc<dyn Store>) {
    people(&*store, 1).await;
    for (seconds, kept) in [
        (3_600, 3_600),
        (3_610, 3_600),
        (3_500, 3_600),
        (4_000, 4_000),
    ] {
        store
            .owner_seen(&world(), owner(1), at(seconds))
            .await
            .expect("noted");
        let home = store
            .household(&world(), owner(1))
            .await
            .expect("read")
            .expect("there");
        assert_eq!(home.seen_at, Some(at(kept)));
    }
}

/// A pool keeps what came until it expires; a failure changes nothing but the state.
pub async fn a_pool_keeps_its_topics_until_they_expire(store: Arc<dyn Store>) {
    let topic = |text: &str| Topic {
        text: text.to_owned(),
        category: Some("food".to_owned()),
        sentiment: 0.5,
        season: None,
        until: None,
    };
    let den = world();
    let pool = |seconds| store.pooled_topics(&den, at(seconds));
    assert_eq!(pool(0).await.expect("read"), []);
    let (tea, mud) = (topic("tea"), topic("mud"));
    let both = [mud.clone(), tea.clone(), tea.clone()];
    store
        .refresh_pool(&world(), &both, at(0), at(10))
        .await
        .expect("refreshed");
    assert_eq!(pool(5).await.expect("read"), [mud, tea.clone()]);
    let longer = std::slice::from_ref(&tea);
    store
        .refresh_pool(&world(), longer, at(5), at(20))
        .await
        .expect("refreshed");
    assert_eq!(pool(15).await.expect("read"), longer);
    store
        .pool_failed(&world(), "no answer", at(7))
        .await
        .expect("noted");
    assert_eq!(pool(15).await.expect("read"), [tea]);
    let state = store.pool_state(&world()).await.expect("read");
    assert_eq!(
        (state.asked_at, state.refreshed_at),
        (Some(at(7)), Some(at(5)))
    );
    assert_eq!(state.error.as_deref(), Some("no answer"));
    store
        .refresh_pool(&world(), &[], at(8), at(30))
        .await
        .expect("refreshed");
    assert_eq!(store.pool_state(&world()).await.expect("read").error, None);
}

/// A lease has one holder, until it runs out.
pub async fn a_lease_has_one_holder(store: Arc<dyn Store>) {
    let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let take = |holder, now, until| store.take_lease("runs", holder, at(now), at(until));
    assert!(take(one, 0, 10).await.expect("asked"));
    assert!(!take(other, 5, 15).await.expect("asked"));
    assert!(take(one, 5, 20).await.expect("renewed"));
    assert!(!take(other, 20, 30).await.expect("asked"));
    assert!(take(other, 21, 30).await.expect("it ran out"));
    assert!(!take(one, 22, 40).await.expect("asked"));
}
