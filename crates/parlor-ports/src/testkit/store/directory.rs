//! Rules of the directory: who is in it, and when they no longer are.

use super::fixture::{apply, at, conversation, line, open, say, slug};
use crate::directory::{BotRecord, Lease, NewBot};
use crate::store::Store;
use chrono::{DateTime, Utc};
use parlor_model::Slug;
use std::sync::Arc;
use uuid::Uuid;

/// A lease that `host` renewed at this minute and that ends ten minutes later.
fn lease(host: u128, minute: i64) -> Lease {
    Lease {
        host: Uuid::from_u128(host),
        now: at(minute * 60),
        until: at((minute + 10) * 60),
    }
}

fn bot(name: &str) -> NewBot {
    NewBot {
        name: slug(name),
        dialect: None,
        key_digest: None,
    }
}

async fn join(store: &Arc<dyn Store>, lease: Lease, names: &[&str]) -> Vec<bool> {
    let bots: Vec<_> = names.iter().map(|name| bot(name)).collect();
    let joined = store.take_in(&slug("chatter"), lease, &bots).await;
    joined.expect("bots can join")
}

async fn names(store: &Arc<dyn Store>, now: DateTime<Utc>) -> Vec<String> {
    let bots = store.bots(&slug("chatter"), now, None, 100).await;
    let bots = bots.expect("bots can be listed");
    bots.iter().map(|bot| bot.name.to_string()).collect()
}

async fn version(store: &Arc<dyn Store>) -> u64 {
    let versions = store.directory_versions().await;
    let versions = versions.expect("versions can be read");
    let found = versions.iter().find(|(world, _)| *world == slug("chatter"));
    found.map_or(0, |(_, version)| *version)
}

/// A bot is found as it came, in its world alone.
pub async fn a_bot_is_in_the_directory_as_it_came(store: Arc<dyn Store>) {
    let foreign = NewBot {
        name: slug("parrot"),
        dialect: Some("markov".to_owned()),
        key_digest: Some(vec![1, 2, 255]),
    };
    let held = lease(1, 5);
    let joined = store.take_in(&slug("chatter"), held, &[foreign]).await;
    assert_eq!(joined, Ok(vec![true]));
    let expected = BotRecord {
        name: slug("parrot"),
        host: held.host,
        since: held.now,
        last_seen: held.now,
        dialect: Some("markov".to_owned()),
        key_digest: Some(vec![1, 2, 255]),
    };
    let found = |world: &str| {
        let (store, world) = (store.clone(), slug(world));
        async move { store.bot(&world, &slug("parrot"), at(301)).await }
    };
    assert_eq!(found("chatter").await, Ok(Some(expected.clone())));
    assert_eq!(found("elsewhere").await, Ok(None));
    let listed = store.bots(&slug("chatter"), at(301), None, 10).await;
    assert_eq!(listed, Ok(vec![expected]));
}

/// Of two who want a name the first one has it; its own host may ask again.
pub async fn a_name_of_the_directory_is_given_once(store: Arc<dyn Store>) {
    assert_eq!(
        join(&store, lease(1, 0), &["abc123", "def456"]).await,
        [true, true]
    );
    assert_eq!(
        join(&store, lease(2, 1), &["def456", "ghi789"]).await,
        [false, true]
    );
    assert_eq!(join(&store, lease(1, 2), &["abc123"]).await, [true]);
    assert_eq!(names(&store, at(150)).await, ["abc123", "def456", "ghi789"]);
    let abc = store.bot(&slug("chatter"), &slug("abc123"), at(150)).await;
    let abc = abc.expect("it can be looked up").expect("it is there");
    assert_eq!(abc.since, at(0), "asking again is no new arrival");
    assert_eq!(abc.last_seen, at(120));
}

/// A name that many want at once is given to one of them.
pub async fn a_name_wanted_by_many_at_once_is_given_to_one(store: Arc<dyn Store>) {
    let tries = (1..=8u128).map(|host| {
        let store = store.clone();
        tokio::spawn(async move { join(&store, lease(host, 0), &["abc123"]).await })
    });
    let tries: Vec<_> = tries.collect();
    let mut given = 0;
    for one in tries {
        given += usize::from(one.await.expect("no panic") == [true]);
    }
    assert_eq!(given, 1);
}

/// A bot is gone when its host's lease has ended, and its name is free; renewing keeps it.
pub async fn a_bot_is_gone_when_its_lease_ends(store: Arc<dyn Store>) {
    join(&store, lease(1, 0), &["abc123"]).await;
    join(&store, lease(2, 0), &["def456"]).await;
    assert_eq!(store.renew_lease(lease(2, 8)).await, Ok(true));
    assert_eq!(
        store.renew_lease(lease(3, 8)).await,
        Ok(false),
        "it holds nobody"
    );
    assert_eq!(names(&store, at(600)).await, ["abc123", "def456"]);
    assert_eq!(names(&store, at(601)).await, ["def456"]);
    let count = store.bots_count(&slug("chatter"), at(601)).await;
    assert_eq!(count, Ok(1));
    let gone = store.bot(&slug("chatter"), &slug("abc123"), at(601)).await;
    assert_eq!(gone, Ok(None));
    assert_eq!(join(&store, lease(4, 11), &["abc123"]).await, [true]);
    assert_eq!(names(&store, at(661)).await, ["abc123", "def456"]);
}

/// A sweep takes out whose lease has ended, once, and tells who that was.
pub async fn a_sweep_takes_out_who_is_gone(store: Arc<dyn Store>) {
    join(&store, lease(1, 0), &["abc123", "def456"]).await;
    join(&store, lease(2, 5), &["ghi789"]).await;
    let before = version(&store).await;
    assert_eq!(store.sweep_directory(at(600)).await, Ok(Vec::new()));
    assert_eq!(version(&store).await, before, "nobody went");
    let mut gone: Vec<(Slug, Slug)> = Vec::new();
    for (world, bot) in store
        .sweep_directory(at(700))
        .await
        .expect("it can be swept")
    {
        assert_eq!((bot.host, bot.last_seen), (Uuid::from_u128(1), at(0)));
        gone.push((world, bot.name));
    }
    gone.sort();
    let of = |name| (slug("chatter"), slug(name));
    assert_eq!(gone, [of("abc123"), of("def456")]);
    assert!(version(&store).await > before);
    assert_eq!(store.sweep_directory(at(700)).await, Ok(Vec::new()));
    assert_eq!(store.renew_lease(lease(1, 12)).await, Ok(false));
    assert_eq!(names(&store, at(700)).await, ["ghi789"]);
}

/// Who leaves is gone at once; nobody can send somebody else's bots away.
pub async fn a_bot_leaves_at_its_hosts_word(store: Arc<dyn Store>) {
    join(&store, lease(1, 0), &["abc123", "def456"]).await;
    let before = version(&store).await;
    let leave = |host, name| {
        let (store, name) = (store.clone(), [slug(name)]);
        async move {
            store
                .let_go(&slug("chatter"), Uuid::from_u128(host), &name)
                .await
        }
    };
    assert_eq!(leave(2, "abc123").await, Ok(0));
    assert_eq!(leave(1, "abc123").await, Ok(1));
    assert_eq!(leave(1, "abc123").await, Ok(0));
    assert!(version(&store).await > before);
    assert_eq!(names(&store, at(1)).await, ["def456"]);
    assert_eq!(leave(1, "def456").await, Ok(1));
    assert_eq!(
        store.renew_lease(lease(1, 1)).await,
        Ok(false),
        "nobody is left"
    );
}

/// Page by page the directory is all of it.
pub async fn bots_page_by_page_are_all_of_them(store: Arc<dyn Store>) {
    let all: Vec<_> = (0..25).map(|n| format!("bot{n:02}")).collect();
    let held: Vec<_> = all.iter().map(String::as_str).collect();
    join(&store, lease(1, 0), &held).await;
    let (mut seen, mut after): (Vec<String>, Option<Slug>) = (Vec::new(), None);
    loop {
        let page = store
            .bots(&slug("chatter"), at(1), after.as_ref(), 10)
            .await;
        let page = page.expect("bots can be listed");
        assert!(page.len() <= 10);
        let Some(last) = page.last() else { break };
        after = Some(last.name.clone());
        seen.extend(page.iter().map(|bot| bot.name.to_string()));
    }
    assert_eq!(seen, all);
}

/// Who is in active conversations is counted.
pub async fn who_talks_is_counted(store: Arc<dyn Store>) {
    let (one, two) = (conversation(1), conversation(2));
    apply(&store, vec![open(&one), open(&two)]).await;
    let busy = || {
        let (store, world) = (store.clone(), one.world.clone());
        async move { store.busy(&world).await.expect("it can be counted") }
    };
    for name in &one.participants {
        assert_eq!(busy().await.get(name), Some(&2), "{name}");
    }
    let closed = store.close_conversation(two.id, at(5)).await;
    closed.expect("it can be closed");
    for name in &one.participants {
        assert_eq!(busy().await.get(name), Some(&1), "{name}");
    }
    assert_eq!(store.busy(&slug("elsewhere")).await.map(|b| b.len()), Ok(0));
}

/// A conversation in which nothing was said for long is silent; one that goes on, or is over, is not.
pub async fn silent_conversations_are_found(store: Arc<dyn Store>) {
    let (one, two, three) = (conversation(1), conversation(2), conversation(3));
    apply(&store, vec![open(&one), open(&two), open(&three)]).await;
    apply(&store, vec![say(&one, 1), say(&one, 2)]).await;
    let closed = store.close_conversation(three.id, at(1_000)).await;
    closed.expect("it can be closed");
    let silent = |before| {
        let (store, world) = (store.clone(), one.world.clone());
        async move {
            store
                .silent(&world, before, 10)
                .await
                .expect("they can be found")
        }
    };
    let said_at = line(&one, 2).message.created_at;
    let opened_at = one.created_at.max(two.created_at);
    assert_eq!(silent(opened_at.min(two.created_at)).await, []);
    assert_eq!(
        silent(said_at).await,
        [two.id],
        "a line was said in the first one since"
    );
    let after = said_at.max(opened_at) + chrono::TimeDelta::microseconds(1);
    assert_eq!(silent(after).await, [one.id, two.id]);
}
