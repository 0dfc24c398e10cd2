//! Lines a second of the Friends grammar on one core, dice and all:
//! `cargo run --release -p parlor-dialect --example speed`

use parlor_dialect::grammar::Grammar;
use parlor_model::dice::Dice;
use parlor_model::{Character, MessageKind, Prompt, PromptLine, Purpose, Slug};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use uuid::Uuid;

const LINES: u32 = 1_000_000;
const WINDOW: usize = 5;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../worlds/friends.banter.json");
    let grammar = Grammar::parse(&std::fs::read_to_string(file)?)?;
    let cast = [character("Ross")?, character("Joey")?];
    let mut prompt = Prompt {
        topic: Some("the rent".to_owned()),
        ..Prompt::new(
            Arc::clone(&cast[0]),
            Purpose::Open,
            Dice::new(7, Uuid::nil()),
        )
    };
    let start = Instant::now();
    let mut bytes = 0;
    for n in 0..LINES {
        let me = (n % 2) as usize;
        prompt.speaker = Arc::clone(&cast[me]);
        prompt.to = vec![cast[1 - me].name.clone()];
        prompt.dice = Dice::new(7, Uuid::from_u128(n.into()));
        let text = grammar.line(&prompt).ok_or("no line")?;
        bytes += text.len();
        let from = cast[me].name.clone();
        prompt.memory.push(PromptLine {
            from,
            text,
            kind: MessageKind::Line,
            sentiment: 0.0,
        });
        if prompt.memory.len() > WINDOW {
            prompt.memory.remove(0);
        }
        prompt.purpose = Purpose::Reply;
    }
    let seconds = start.elapsed().as_secs_f64();
    let per_second = f64::from(LINES) / seconds;
    println!("{per_second:.0} lines/s ({bytes} bytes in {seconds:.2} s)");
    Ok(())
}

fn character(name: &str) -> Result<Arc<Character>, Box<dyn std::error::Error>> {
    Ok(Arc::new(Character {
        dialect: "banter".to_owned(),
        likes: vec!["naps".to_owned()],
        catchphrases: vec!["So it goes".to_owned()],
        ..Character::new(Slug::new(name.to_lowercase())?, name)
    }))
}
