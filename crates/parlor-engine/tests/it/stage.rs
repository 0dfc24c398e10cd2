//! A stage in memory: runs events through the engine and applies their effects under their guards,
//! as a store would. Words are made up from the prompt's dice.

use chrono::{DateTime, Utc};
use parlor_engine::opening::Wish;
use parlor_engine::{Decision, Engine, Scene, Spoken, Words};
use parlor_model::world::{
    Access, DialectKind, DialectSpec, ExchangeKind, InboxKind, Llm, Memory, Routing, Template,
    Trigger, World, WorldParts,
};
use parlor_model::{
    Character, Conversation, ConversationId, ConversationStatus, Effects, Envelope, EventBody,
    Guard, Message, MessageKind, NewMessage, Prompt, Slug,
};
use serde_json::json;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

pub(crate) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

pub(crate) fn world(names: &[&str], mechanics: serde_json::Value) -> Arc<World> {
    let character = |name: &&str| Character {
        dialect: "d".into(),
        ..Character::new(Slug::of_name(name).unwrap(), (*name).to_owned())
    };
    world_of(names.iter().map(character).collect(), mechanics)
}

pub(crate) fn world_of(cast: Vec<Character>, mechanics: serde_json::Value) -> Arc<World> {
    let dialect = DialectSpec::new(DialectKind::Gibberish);
    Arc::new(World::new(WorldParts {
        name: Slug::new("toy").unwrap(),
        title: "Toy".into(),
        about: String::new(),
        seed: Some(7),
        access: Access::Open,
        pace: None,
        trigger: Trigger::default(),
        schedule: None,
        routing: Routing {
            inbox: InboxKind::Character,
            exchange: "toy".into(),
            exchange_kind: ExchangeKind::Direct,
            queue: Template::new("q-{Name}").unwrap(),
            key: Template::new("{Name}").unwrap(),
            answers: None,
        },
        memory: Memory {
            window: 5,
            recall: 0,
        },
        mechanics: serde_json::from_value(mechanics).unwrap(),
        dialects: BTreeMap::from([("d".to_owned(), dialect)]),
        llm: Llm::default(),
        cast,
        places: Vec::new(),
        topics: Vec::new(),
    }))
}

pub(crate) const FRIENDS: [&str; 4] = ["Ross", "Rachel", "Joey", "Chandler"];

/// Limit 10, gossip and asides as given.
pub(crate) fn friends(gossip: f64, aside: f64) -> Arc<World> {
    world(
        &FRIENDS,
        json!({
            "exchange_limit": { "max": 10 },
            "gossip": { "probability": gossip, "anger_boost": 2.0 },
            "aside": { "by": "chandler", "probability": aside },
        }),
    )
}

/// A prompt that was given to a dialect, with the messages that it was made from.
pub(crate) struct Asked {
    pub(crate) speaker: String,
    pub(crate) prompt: Prompt,
    pub(crate) status: ConversationStatus,
}

pub(crate) struct Stage {
    pub(crate) engine: Engine,
    pub(crate) conversations: HashMap<ConversationId, Conversation>,
    pub(crate) messages: Vec<NewMessage>,
    pub(crate) queue: VecDeque<Arc<Envelope>>,
    pub(crate) asked: Vec<Asked>,
    pub(crate) refused: Vec<String>,
    pub(crate) sent: Vec<(String, Arc<Envelope>)>,
}

impl Stage {
    pub(crate) fn new(world: Arc<World>, seed: u64) -> Self {
        Self {
            engine: Engine::new(world, seed, Duration::ZERO).unwrap(),
            conversations: HashMap::new(),
            messages: Vec::new(),
            queue: VecDeque::new(),
            asked: Vec::new(),
            refused: Vec::new(),
            sent: Vec::new(),
        }
    }

    pub(crate) fn start(&mut self, from: &str, to: &str, key: u128) -> ConversationId {
        let world = self.engine.world().clone();
        let wish = Wish {
            from: world.find(from).cloned(),
            to: world.find(to).cloned(),
            ..Wish::default()
        };
        let opened = self.engine.open(wish, Uuid::from_u128(key), now()).unwrap();
        assert!(self.apply(opened.effects));
        opened.conversation.id
    }

    /// Runs until nothing is on its way.
    pub(crate) fn run(&mut self) {
        let mut steps = 0;
        while let Some(envelope) = self.queue.pop_front() {
            self.deliver(&envelope);
            steps += 1;
            assert!(steps < 100_000, "the stage never comes to rest");
        }
    }

    /// One event; true when it changed anything.
    pub(crate) fn deliver(&mut self, envelope: &Arc<Envelope>) -> bool {
        let Some(scene) = self.scene(envelope) else {
            return false;
        };
        match self.engine.decide(&scene) {
            Decision::Speak(plan) => {
                let spoken = plan
                    .lines
                    .iter()
                    .map(|line| self.speak(&scene, &line.words))
                    .collect();
                let effects = self.engine.settle(&scene, plan, spoken, now());
                self.apply(effects)
            }
            Decision::Nothing => false,
            Decision::Refuse(reason) => {
                self.refused.push(reason);
                false
            }
        }
    }

    fn speak(&mut self, scene: &Scene, words: &Words) -> Spoken {
        let text = match words {
            Words::Given(text) => text.clone(),
            Words::Prompt(prompt) => {
                self.asked.push(Asked {
                    speaker: prompt.speaker.name.clone(),
                    prompt: (**prompt).clone(),
                    status: scene.conversation.status,
                });
                let mut roll = prompt.dice.roll("words");
                let mood = *roll
                    .pick(&["I hate that", "I love that", "the table has legs"])
                    .unwrap();
                format!("{mood} {:x}", roll.bits())
            }
        };
        Spoken {
            text,
            fallback: false,
        }
    }

    fn scene(&self, envelope: &Arc<Envelope>) -> Option<Scene> {
        let me = self.engine.world().character(&envelope.recipient)?.clone();
        let conversation = self.conversations.get(&envelope.conversation)?.clone();
        let subject = match &envelope.body {
            EventBody::Said(message) | EventBody::Overheard(message) => Some(message.id),
            _ => None,
        };
        let heard = subject.and_then(|id| self.messages.iter().find(|m| m.message.id == id));
        let order_max = heard.map_or(u32::MAX, |m| m.message.order);
        let mut memory: Vec<Message> = self
            .messages
            .iter()
            .filter(|m| {
                m.message.conversation_id == conversation.id && m.audience.contains(&me.name)
            })
            .filter(|m| m.message.kind == MessageKind::Aside || m.message.order <= order_max)
            .map(|m| m.message.clone())
            .collect();
        memory.drain(..memory.len().saturating_sub(5));
        Some(Scene {
            envelope: envelope.clone(),
            me,
            conversation,
            heard: heard.map(|m| m.message.clone()),
            memory,
            recalled: Vec::new(),
            pace: None,
        })
    }

    fn apply(&mut self, mut effects: Effects) -> bool {
        let holds = match &effects.guard {
            Guard::None => true,
            Guard::Travel { .. } => false,
            Guard::Open => !self.conversations.contains_key(&effects.opened[0].id),
            Guard::Advance {
                conversation,
                exchanges,
                close_at,
            } => {
                let c = self.conversations.get_mut(conversation).unwrap();
                let holds = c.is_active() && c.exchanges == *exchanges;
                if holds {
                    c.exchanges += 1;
                    if close_at.is_some() {
                        c.status = ConversationStatus::Closed;
                        c.ended_at = *close_at;
                    }
                }
                holds
            }
            Guard::Aside { conversation } => {
                let id = effects.messages[0].message.id;
                effects.messages[0].message.order =
                    1 + u32::try_from(self.lines_of(*conversation, MessageKind::Aside).len())
                        .unwrap();
                self.conversations[conversation].is_active()
                    && !self.messages.iter().any(|m| m.message.id == id)
            }
        };
        if holds {
            for opened in effects.opened {
                self.conversations.insert(opened.id, opened);
            }
            self.messages.extend(effects.messages);
            for row in effects.sends {
                self.sent.push((row.inbox, row.envelope.clone()));
                self.queue.push_back(row.envelope);
            }
        }
        holds
    }

    pub(crate) fn lines_of(&self, id: ConversationId, kind: MessageKind) -> Vec<&Message> {
        self.messages
            .iter()
            .map(|m| &m.message)
            .filter(|m| m.conversation_id == id && m.kind == kind)
            .collect()
    }
}
