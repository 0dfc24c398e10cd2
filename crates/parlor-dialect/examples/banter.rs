//! Plays duets with the Friends grammar alone, to read what it says:
//! `cargo run -p parlor-dialect --example banter -- [conversations] [seed]`

use parlor_dialect::registry::{self, BuildOptions, Dialects};
use parlor_model::dice::Dice;
use parlor_model::world::check::{self, MechanicEntry, Vocabulary};
use parlor_model::{Character, MessageKind, Prompt, PromptLine, Purpose, Quote, World};
use std::path::Path;
use std::sync::Arc;
use uuid::Uuid;
use vader_sentimental::SentimentIntensityAnalyzer;

const LINES: u32 = 10;
const WINDOW: usize = 5;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let number = |n| std::env::args().nth(n).and_then(|text| text.parse().ok());
    let (conversations, seed) = (number(1).unwrap_or(3), number(2).unwrap_or(7));
    let world = friends()?;
    let dialects = registry::build(&world, &BuildOptions::default())?;
    let stage = Stage {
        world,
        dialects,
        seed,
        vader: SentimentIntensityAnalyzer::new(),
    };
    for n in 0..conversations {
        stage.duet(n)?;
    }
    Ok(())
}

fn friends() -> Result<World, Box<dyn std::error::Error>> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../worlds");
    let any = |name| MechanicEntry {
        name,
        schema: || serde_json::json!({}),
        characters: |_| Vec::new(),
        dialects: |_| Vec::new(),
        needs_places: false,
        brings_cast: false,
        needs_sessions: false,
    };
    let vocabulary = Vocabulary {
        mechanics: ["exchange_limit", "gossip", "aside"].map(any).into(),
        dialects: registry::vocabulary(),
    };
    let source = std::fs::read_to_string(dir.join("friends.toml"))?;
    let read = |path: &str| std::fs::read(dir.join(path)).map_err(|error| error.to_string());
    Ok(check::load(&source, "friends.toml", &vocabulary, &read)?)
}

struct Stage<'a> {
    world: World,
    dialects: Dialects,
    seed: u64,
    vader: SentimentIntensityAnalyzer<'a>,
}

impl Stage<'_> {
    fn duet(&self, n: u64) -> Result<(), Box<dyn std::error::Error>> {
        let mut roll = Dice::new(self.seed, Uuid::from_u64_pair(n, 0)).roll("cast");
        let mut cast = self.world.cast.clone();
        let a = cast.remove(roll.below(cast.len()));
        let b = cast.remove(roll.below(cast.len()));
        let topic = roll
            .pick(&self.world.topics)
            .map(|topic| topic.text.clone());
        println!(
            "\n# {} and {}: {}\n",
            a.name,
            b.name,
            topic.as_deref().unwrap_or("-")
        );
        let mut memory: Vec<PromptLine> = Vec::new();
        for order in 1..=LINES {
            let (me, you) = if order % 2 == 1 { (&a, &b) } else { (&b, &a) };
            let dice = Dice::new(self.seed, Uuid::from_u64_pair(n, order.into()));
            let purpose = if order == 1 {
                Purpose::Open
            } else {
                Purpose::Reply
            };
            let mut prompt = Prompt {
                to: vec![you.name.clone()],
                topic: topic.clone(),
                memory: memory[memory.len().saturating_sub(WINDOW)..].to_vec(),
                order,
                last: order == LINES,
                ..Prompt::new(Arc::clone(me), purpose, dice)
            };
            self.say(&prompt, &mut memory)?;
            if me.name != "Chandler" && you.name != "Chandler" && dice.chance("aside", 0.25) {
                prompt.memory = memory.clone();
                self.aside(prompt)?;
            }
            if dice.chance("gossip", 0.1) {
                self.gossip(me, &memory, &cast, dice)?;
            }
        }
        Ok(())
    }

    fn say(
        &self,
        prompt: &Prompt,
        memory: &mut Vec<PromptLine>,
    ) -> Result<(), Box<dyn std::error::Error>> {
        let text = self.speak(prompt)?;
        let sentiment = self.vader.polarity_scores(&text).compound;
        println!("{:>8} {sentiment:+.2}  {text}", prompt.speaker.name);
        let from = prompt.speaker.name.clone();
        memory.push(PromptLine {
            from,
            text,
            kind: MessageKind::Line,
            sentiment,
        });
        Ok(())
    }

    fn aside(&self, mut prompt: Prompt) -> Result<(), Box<dyn std::error::Error>> {
        if let Some(chandler) = self.world.find("chandler") {
            prompt.speaker = Arc::clone(chandler);
            prompt.to.clear();
            prompt.purpose = Purpose::Aside;
            println!("{:>16}  ({})", "Chandler", self.speak(&prompt)?);
        }
        Ok(())
    }

    fn gossip(
        &self,
        me: &Arc<Character>,
        memory: &[PromptLine],
        others: &[Arc<Character>],
        dice: Dice,
    ) -> Result<(), Box<dyn std::error::Error>> {
        let heard = memory.iter().rev().find(|line| line.from != me.name);
        let (Some(heard), Some(you)) = (heard, others.first()) else {
            return Ok(());
        };
        let quote = Quote {
            who: heard.from.clone(),
            text: heard.text.clone(),
        };
        let mut prompt = Prompt {
            to: vec![you.name.clone()],
            ..Prompt::new(Arc::clone(me), Purpose::Gossip(quote), dice)
        };
        let mut side = Vec::new();
        self.say(&prompt, &mut side)?;
        prompt.memory = side.clone();
        prompt.purpose = Purpose::Reply;
        prompt.to = vec![me.name.clone()];
        prompt.speaker = Arc::clone(you);
        self.say(&prompt, &mut side)
    }

    fn speak(&self, prompt: &Prompt) -> Result<String, Box<dyn std::error::Error>> {
        let dialect = self
            .dialects
            .get(&prompt.speaker.dialect)
            .ok_or("no such dialect")?;
        Ok(futures::executor::block_on(dialect.speak(prompt))?.text)
    }
}
