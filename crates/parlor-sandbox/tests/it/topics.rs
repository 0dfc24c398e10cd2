//! The pool of topics over weeks: refreshed from its source, kept through its failures, and read from
//! memory for six hours.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use parlor_dialect::registry;
use parlor_model::world::Topic;
use parlor_model::{Clock, ManualClock};
use parlor_ports::companions::Generation;
use parlor_ports::store::{Store, Upkeep};
use parlor_roles::generation::{GenerationOptions, Producer};
use parlor_roles::schedule::{ScheduleOptions, ScheduleRole, TopicSource};
use parlor_sandbox::Scenario;
use parlor_store_sqlite::{SqliteOptions, SqliteStore};
use std::sync::{Arc, Mutex};
use uuid::Uuid;

/// Gives one topic, another each time that it is asked, or fails.
#[derive(Default)]
struct Feed {
    asked: Mutex<u32>,
    broken: Mutex<bool>,
}

impl Feed {
    fn asked(&self) -> u32 {
        *self.asked.lock().unwrap()
    }

    fn breaks(&self, broken: bool) {
        *self.broken.lock().unwrap() = broken;
    }
}

#[async_trait]
impl TopicSource for Feed {
    async fn fetch(&self) -> Result<Vec<Topic>, String> {
        *self.asked.lock().unwrap() += 1;
        if *self.broken.lock().unwrap() {
            return Err("the feed can't be had".to_owned());
        }
        Ok(vec![topic(&format!("news {}", self.asked()))])
    }
}

fn topic(text: &str) -> Topic {
    Topic {
        text: text.to_owned(),
        category: None,
        sentiment: 0.0,
        season: None,
        until: None,
    }
}

/// A world with a source, in a process of its own.
struct House {
    feed: Arc<Feed>,
    store: Arc<SqliteStore>,
    producer: Arc<Producer>,
    role: ScheduleRole,
    begun: DateTime<Utc>,
}

impl House {
    async fn open() -> Self {
        let begun = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(begun));
        let store = SqliteStore::open(SqliteOptions::memory(), clock.clone()).await;
        let store = Arc::new(store.unwrap());
        store.migrate().await.unwrap();
        let world = Scenario::bundled("chatlings").unwrap().world().unwrap();
        let books = registry::phrasing(&world).unwrap();
        let producer = Arc::new(Producer::new(world, &books).unwrap());
        let feed = Arc::new(Feed::default());
        let options = ScheduleOptions {
            schedule: None,
            seed: 7,
            holder: Uuid::from_u128(1),
            source: Some(feed.clone()),
            work: GenerationOptions::default(),
        };
        let all: Arc<dyn Store> = store.clone();
        let role = ScheduleRole::new(options, producer.clone(), all, clock);
        Self {
            feed,
            store,
            producer,
            role,
            begun,
        }
    }

    /// Looks, that long after the beginning.
    async fn look(&self, after: TimeDelta) {
        let now = self.begun + after;
        self.role.look(now, now).await.unwrap();
    }

    /// What a run that long after the beginning can talk about, besides the world's own topics.
    async fn pool(&self, after: TimeDelta) -> Vec<String> {
        let topics = self.producer.pooled(&*self.store, self.begun + after);
        let topics = topics.await.unwrap();
        topics.into_iter().map(|topic| topic.text).collect()
    }

    async fn error(&self) -> Option<String> {
        let world = &self.producer.world().name;
        self.store.pool_state(world).await.unwrap().error
    }
}

#[tokio::test]
async fn topics_are_refreshed_once_a_week_and_expire_cl2() {
    let house = House::open().await;
    for hours in [0, 1, 24, 167] {
        house.look(TimeDelta::hours(hours)).await;
        assert_eq!(house.feed.asked(), 1, "after {hours} hours");
    }
    house.look(TimeDelta::hours(168)).await;
    assert_eq!(house.feed.asked(), 2);
    assert_eq!(house.pool(TimeDelta::days(8)).await, ["news 1", "news 2"]);
    // What came first is two weeks old.
    house.look(TimeDelta::days(14)).await;
    assert_eq!(house.pool(TimeDelta::days(14)).await, ["news 2", "news 3"]);
}

#[tokio::test]
async fn a_broken_source_keeps_the_pool_is_told_of_and_asked_again_soon() {
    let house = House::open().await;
    house.look(TimeDelta::zero()).await;
    house.feed.breaks(true);
    house.look(TimeDelta::days(7)).await;
    assert_eq!(house.error().await.unwrap(), "the feed can't be had");
    assert_eq!(house.pool(TimeDelta::days(7)).await, ["news 1"]);
    house
        .look(TimeDelta::days(7) + TimeDelta::minutes(14))
        .await;
    assert_eq!(house.feed.asked(), 2);
    house.feed.breaks(false);
    house
        .look(TimeDelta::days(7) + TimeDelta::minutes(15))
        .await;
    assert_eq!((house.feed.asked(), house.error().await), (3, None));
    let pool = house.pool(TimeDelta::days(7) + TimeDelta::minutes(15));
    assert_eq!(pool.await, ["news 1", "news 3"]);
}

#[tokio::test]
async fn the_pool_is_read_from_memory_for_six_hours_cl65() {
    let house = House::open().await;
    let world = house.producer.world().name.clone();
    let expires = house.begun + TimeDelta::hours(1);
    let topics = [topic("tea")];
    let filled = house
        .store
        .refresh_pool(&world, &topics, house.begun, expires);
    filled.await.unwrap();
    assert_eq!(house.pool(TimeDelta::zero()).await, ["tea"]);
    // The table would give nothing after an hour.
    let almost = TimeDelta::hours(6) - TimeDelta::seconds(1);
    assert_eq!(house.pool(almost).await, ["tea"]);
    assert!(house.pool(TimeDelta::hours(6)).await.is_empty());
}

#[tokio::test]
async fn a_pool_that_somebody_refreshed_is_read_at_once_cl65() {
    let house = House::open().await;
    house.look(TimeDelta::zero()).await;
    assert_eq!(house.pool(TimeDelta::minutes(1)).await, ["news 1"]);
    // Another process does so.
    let (world, topics) = (&house.producer.world().name, [topic("a moon")]);
    let now = house.begun + TimeDelta::minutes(2);
    let expires = now + TimeDelta::days(1);
    let filled = house.store.refresh_pool(world, &topics, now, expires);
    filled.await.unwrap();
    let pool = house.pool(TimeDelta::minutes(3)).await;
    assert_eq!(pool, ["a moon", "news 1"]);
}
