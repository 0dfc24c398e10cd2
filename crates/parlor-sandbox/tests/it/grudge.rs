//! A grudge: what somebody said in anger comes back a week later, to those who were there.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta};
use parlor_engine::opening::Wish;
use parlor_model::{Clock, ManualClock, Prompt};
use parlor_ports::PortResult;
use parlor_ports::dialect::{Dialect, Utterance};
use parlor_ports::store::{Store, Upkeep};
use parlor_roles::play::play;
use parlor_roles::{Production, Stage};
use parlor_sandbox::Scenario;
use parlor_sandbox::scenario::production;
use parlor_store_sqlite::{SqliteOptions, SqliteStore};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use toml::{Table, Value};
use uuid::Uuid;

const FURIOUS: &str = "I hate you, you ate my horrible purple sandwich!";

/// Says nothing of interest, and keeps what it was given.
#[derive(Default)]
struct Listening(Mutex<Vec<Prompt>>);

#[async_trait]
impl Dialect for Listening {
    async fn speak(&self, prompt: &Prompt) -> PortResult<Utterance> {
        self.0.lock().unwrap().push(prompt.clone());
        Ok(Utterance {
            text: format!("Well, well. ({})", prompt.order),
            fallback: false,
        })
    }
}

struct House {
    stage: Stage,
    clock: Arc<ManualClock>,
    listening: Arc<Listening>,
    talks: Mutex<u128>,
}

impl House {
    async fn new(recall: i64) -> Self {
        let remembering = move |file: &mut Table| {
            let memory = Table::from_iter([
                ("window".to_owned(), Value::from(5)),
                ("recall".to_owned(), Value::from(recall)),
            ]);
            file.insert("memory".into(), memory.into());
        };
        let scenario = Scenario::bundled("friends").unwrap();
        let scenario = scenario
            .without("gossip")
            .without("aside")
            .with(remembering);
        let world = scenario.world().unwrap();
        let start = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let clock = Arc::new(ManualClock::new(start));
        let store = SqliteStore::open(SqliteOptions::memory(), clock.clone())
            .await
            .unwrap();
        store.migrate().await.unwrap();
        let listening = Arc::new(Listening::default());
        let Production { engine, mut voices } = production(&world, Duration::ZERO).unwrap();
        for dialect in voices.values_mut() {
            *dialect = listening.clone();
        }
        let stage = Stage::new(
            vec![Production { engine, voices }],
            Arc::new(store) as Arc<dyn Store>,
            clock.clone() as Arc<dyn Clock>,
            false,
        );
        Self {
            stage,
            clock,
            listening,
            talks: Mutex::default(),
        }
    }

    /// Plays a conversation that begins with `message`, indexes it, and gives the prompts of its
    /// lines.
    async fn talk(&self, from: &str, to: &str, message: &str) -> Vec<Prompt> {
        let world = self.stage.worlds().all()[0].clone();
        let wish = Wish {
            from: world.find(from).cloned(),
            to: world.find(to).cloned(),
            topic: Some("nothing".to_owned()),
            message: Some(message.to_owned()),
        };
        let key = {
            let mut talks = self.talks.lock().unwrap();
            *talks += 1;
            Uuid::from_u128(*talks)
        };
        play(&self.stage, &self.clock, &world.name, wish, key, |_| {})
            .await
            .unwrap();
        while self.stage.store().index_words(100).await.unwrap() > 0 {}
        std::mem::take(&mut *self.listening.0.lock().unwrap())
    }
}

fn recalled(prompt: &Prompt) -> Vec<&str> {
    prompt
        .recalled
        .iter()
        .map(|r| r.line.text.as_str())
        .collect()
}

#[tokio::test]
async fn a_grudge_comes_back_after_a_week_to_those_who_were_there() {
    let house = House::new(3).await;
    let first = house.talk("ross", "rachel", FURIOUS).await;
    assert!(
        first.iter().all(|prompt| prompt.recalled.is_empty()),
        "nothing was said before"
    );
    house.clock.advance(Duration::from_secs(7 * 24 * 3600));

    let second = house
        .talk("ross", "rachel", "Shall we share a sandwich?")
        .await;
    let rachel = &second[0];
    assert_eq!(rachel.speaker.slug.as_str(), "rachel");
    assert_eq!(recalled(rachel), [FURIOUS]);
    let age = rachel.at.unwrap() - rachel.recalled[0].at;
    assert_eq!(age.num_days(), TimeDelta::days(7).num_days());
    assert!(
        rachel.bond.unwrap() < -0.1,
        "she bears a grudge: {:?}",
        rachel.bond
    );
    assert!(
        rachel.mood.unwrap() >= 0.0,
        "her mood is of today: {:?}",
        rachel.mood
    );

    let third = house
        .talk("joey", "rachel", "Shall we share a sandwich?")
        .await;
    assert_eq!(recalled(&third[0]), [""; 0], "that was Ross, not Joey");
    let fourth = house
        .talk("joey", "chandler", "Shall we share a sandwich?")
        .await;
    assert_eq!(recalled(&fourth[0]), [""; 0], "Chandler was not there");
}

#[tokio::test]
async fn without_recall_nothing_comes_to_mind() {
    let house = House::new(0).await;
    house.talk("ross", "rachel", FURIOUS).await;
    let second = house
        .talk("ross", "rachel", "Shall we share a sandwich?")
        .await;
    assert!(second.iter().all(|prompt| prompt.recalled.is_empty()));
}
