//! Who knows what: nobody's words are drawn from anything that they did not say, hear or overhear.

use async_trait::async_trait;
use parlor_engine::opening::Wish;
use parlor_model::{Clock, ManualClock, Message, MessageKind, Prompt, Purpose};
use parlor_ports::PortResult;
use parlor_ports::dialect::{Dialect, Utterance};
use parlor_ports::store::{Happening, Store, Upkeep};
use parlor_roles::Stage;
use parlor_roles::play::play;
use parlor_sandbox::Scenario;
use parlor_sandbox::scenario::production;
use parlor_store_sqlite::{SqliteOptions, SqliteStore};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use uuid::Uuid;

/// Conversations in the long run; with their gossip several times as many.
const CONVERSATIONS: u128 = 150;

/// Passes prompts on to a dialect and keeps them with what was said.
struct Listening {
    dialect: Arc<dyn Dialect>,
    heard: Arc<Mutex<Vec<(Prompt, String)>>>,
}

#[async_trait]
impl Dialect for Listening {
    async fn speak(&self, prompt: &Prompt) -> PortResult<Utterance> {
        let said = self.dialect.speak(prompt).await?;
        // Every line gets a mark of its own, so that no two are alike.
        let text = format!("{} [{}]", said.text, self.heard.lock().unwrap().len());
        self.heard
            .lock()
            .unwrap()
            .push((prompt.clone(), text.clone()));
        Ok(Utterance { text, ..said })
    }
}

/// Plays many conversations on one store; gives every prompt with its line, and every message.
async fn long_run() -> (Vec<(Prompt, String)>, Vec<Message>) {
    let recalling = |file: &mut toml::Table| {
        let memory = [
            ("window".to_owned(), 5.into()),
            ("recall".to_owned(), 2.into()),
        ];
        file.insert("memory".into(), toml::Table::from_iter(memory).into());
    };
    let scenario = Scenario::bundled("friends").unwrap().with(recalling);
    let world = scenario.world().unwrap();
    let clock = Arc::new(ManualClock::new(chrono::DateTime::UNIX_EPOCH));
    let store = SqliteStore::open(SqliteOptions::memory(), clock.clone())
        .await
        .unwrap();
    store.migrate().await.unwrap();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let mut production = production(&world, Duration::from_secs(1)).unwrap();
    for dialect in production.voices.values_mut() {
        let inner = dialect.clone();
        *dialect = Arc::new(Listening {
            dialect: inner,
            heard: heard.clone(),
        });
    }
    let store: Arc<dyn Store> = Arc::new(store);
    let stage = Stage::new(
        vec![production],
        store,
        clock.clone() as Arc<dyn Clock>,
        false,
    );
    let mut messages = HashMap::new();
    for key in 0..CONVERSATIONS {
        let key = Uuid::from_u128(key);
        play(
            &stage,
            &clock,
            &world.name,
            Wish::default(),
            key,
            |change| {
                if let Happening::Message(message) = &change.what {
                    messages.insert(message.id, message.clone());
                }
            },
        )
        .await
        .unwrap();
        while stage.store().index_words(1_000).await.unwrap() > 0 {}
    }
    let heard = std::mem::take(&mut *heard.lock().unwrap());
    (heard, messages.into_values().collect())
}

/// Who knows of each line, from what was addressed to whom and who remarked on what. This is worked
/// out from the outside, not asked of the store.
fn knowers(prompts: &[(Prompt, String)], messages: &[Message]) -> HashMap<String, HashSet<String>> {
    let mut knowers: HashMap<String, HashSet<String>> = messages
        .iter()
        .map(|m| {
            (
                m.text.clone(),
                m.to.iter().chain([&m.from]).cloned().collect(),
            )
        })
        .collect();
    for (prompt, _) in prompts.iter().filter(|(p, _)| p.purpose == Purpose::Aside) {
        let overheard = prompt
            .heard()
            .expect("an aside is about something")
            .text
            .clone();
        knowers
            .entry(overheard)
            .or_default()
            .insert(prompt.speaker.name.clone());
    }
    knowers
}

#[tokio::test]
async fn every_line_of_a_long_run_is_spoken_from_what_its_speaker_knows_fr18() {
    let (prompts, messages) = long_run().await;
    let knowers = knowers(&prompts, &messages);
    let by_text: HashMap<_, _> = messages.iter().map(|m| (m.text.as_str(), m)).collect();
    let (mut remembered, mut gossip, mut asides, mut recalled) = (0, 0, 0, 0);
    for (prompt, said) in &prompts {
        let speaker = &prompt.speaker.name;
        // An aside that came too late for its conversation was spoken and not stored.
        let Some(message) = by_text.get(said.as_str()) else {
            continue;
        };
        assert!(
            prompt.memory.len() <= 5,
            "{speaker} remembers more than the window"
        );
        for line in &prompt.memory {
            assert!(
                knowers[&line.text].contains(speaker),
                "{speaker} can't know '{}'",
                line.text
            );
            let source = by_text[line.text.as_str()];
            let home = match prompt.purpose {
                Purpose::Gossip(_) => message.parent_id.unwrap(),
                _ => message.conversation_id,
            };
            assert_eq!(
                source.conversation_id, home,
                "{speaker} mixes conversations up"
            );
            remembered += 1;
        }
        assert!(
            prompt.recalled.len() <= 2,
            "{speaker} recalls more than the world allows"
        );
        for line in prompt.recalled.iter().map(|recalled| &recalled.line) {
            assert!(
                knowers[&line.text].contains(speaker),
                "{speaker} can't know '{}'",
                line.text
            );
            assert!(
                !prompt.memory.contains(line),
                "{speaker} recalls what is in the window anyway"
            );
            recalled += 1;
        }
        if let Purpose::Gossip(quote) = &prompt.purpose {
            assert!(
                knowers[&quote.text].contains(speaker),
                "{speaker} can't know '{}'",
                quote.text
            );
            assert_eq!(by_text[quote.text.as_str()].from, quote.who);
            gossip += 1;
        }
        asides += usize::from(message.kind == MessageKind::Aside);
    }
    println!(
        "{} prompts, {remembered} remembered lines, {recalled} recalled ones, {gossip} side threads, {asides} asides: all known",
        prompts.len()
    );
    assert!(
        remembered > 5_000 && recalled > 1_000 && gossip > 100 && asides > 100,
        "the run was too short to prove it"
    );
}

#[tokio::test]
async fn the_partner_learns_of_a_side_thread_only_by_being_told_fr18() {
    let (prompts, messages) = long_run().await;
    let sides: HashSet<_> = messages
        .iter()
        .filter(|m| m.parent_id.is_some())
        .flat_map(|m| {
            m.to.iter()
                .chain([&m.from])
                .map(|who| (m.conversation_id, who.clone()))
        })
        .collect();
    let by_text: HashMap<_, _> = messages.iter().map(|m| (m.text.as_str(), m)).collect();
    for (prompt, _) in prompts.iter().filter(|(p, _)| p.purpose != Purpose::Aside) {
        for source in prompt
            .memory
            .iter()
            .filter_map(|line| by_text.get(line.text.as_str()))
        {
            if source.parent_id.is_some() {
                let told = (source.conversation_id, prompt.speaker.name.clone());
                assert!(sides.contains(&told), "{} heard '{}'", told.1, source.text);
            }
        }
    }
}
