//! The scripted dialects of the bundled worlds and of their texts, and how fast they speak.

use parlor_dialect::gibberish::Gibberish;
use parlor_dialect::grammar::Grammar;
use parlor_dialect::markov::{Markov, Order, Trainer};
use parlor_dialect::replay::{Lines, Replay};
use parlor_dialect::template::Templates;
use parlor_model::dice::Dice;
use parlor_model::{Character, MessageKind, Prompt, PromptLine, Purpose, Slug};
use std::fmt::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How long each dialect talks.
const TIME: Duration = Duration::from_secs(3);
/// Lines between two looks at the clock.
const BATCH: u32 = 1_000;
/// Lines that the speakers remember, as in a world.
const WINDOW: usize = 5;
/// Lines of the Friends grammar that the markov model and the replay are made of.
const LEARNT: u32 = 20_000;

/// What the Friends say.
const GRAMMAR: &str = include_str!("../../../../worlds/friends.banter.json");

type Error = Box<dyn std::error::Error>;

/// A dialect to measure.
pub(crate) struct Dialect {
    /// Its kind.
    pub(crate) name: &'static str,
    line: Box<dyn Fn(&Prompt) -> String>,
    cast: [Arc<Character>; 2],
}

/// How fast it was.
pub(crate) struct Speed {
    /// Lines per second.
    pub(crate) lines_per_second: f64,
    /// Their mean length.
    pub(crate) bytes_per_line: f64,
}

/// The dialects, each as a world would have it.
///
/// # Errors
/// The bundled grammar can't be compiled.
pub(crate) fn dialects() -> Result<Vec<Dialect>, Error> {
    let grammar = Grammar::parse(GRAMMAR)?;
    let cast = [character("Ross")?, character("Joey")?];
    let spoken = Arc::new(grammar);
    let dialect = |name, line: Box<dyn Fn(&Prompt) -> String>| Dialect {
        name,
        line,
        cast: cast.clone(),
    };
    let grammar = dialect("grammar", {
        let grammar = Arc::clone(&spoken);
        Box::new(move |prompt| grammar.line(prompt).unwrap_or_default())
    });
    let (mut chat, mut trainer) = (String::new(), Trainer::new(Order::new(2)));
    talk(&grammar, LEARNT, &mut |prompt, line| {
        trainer.add(line);
        let _ = writeln!(chat, "{}: {line}", prompt.speaker.name);
    });
    let markov = Markov::read(&trainer.finish()?.0)?;
    let replay = Replay::new(Lines::read(chat.as_bytes())?, None)?;
    let templates = Templates::parse(TEMPLATES)?;
    Ok(vec![
        dialect("gibberish", Box::new(Gibberish::line)),
        dialect(
            "markov, order 2",
            Box::new(move |prompt| markov.line(prompt)),
        ),
        grammar,
        dialect("template", Box::new(move |prompt| templates.line(prompt))),
        dialect("replay", Box::new(move |prompt| replay.line(prompt))),
    ])
}

const TEMPLATES: &str = r#"
[agree]
happy = ["I totally agree with [topic]!", "You get it, [other]! This is so true!"]
neutral = ["This is exactly what I've been thinking!", "You have a point about [topic], [other]."]
[disagree]
any = ["I don't know about that...", "That's a terrible take, honestly", "Why would anyone think that?"]
[neutral]
any = ["I can see both sides of this", "Interesting perspective", "Not sure how I feel about [topic]"]
[question]
any = ["What do you think about [topic], [other]?", "Why [topic], of all things?"]
[opening]
any = ["So, [topic]. What do we think?", "[other], we have to talk about [topic]."]
"#;

impl Dialect {
    /// Lets two people talk for a while.
    pub(crate) fn measure(&self) -> Speed {
        talk(self, BATCH, &mut |_, _| {});
        let (mut lines, mut bytes) = (0u32, 0usize);
        let start = Instant::now();
        while start.elapsed() < TIME {
            talk(self, BATCH, &mut |_, line| bytes += line.len());
            lines += BATCH;
        }
        Speed {
            lines_per_second: f64::from(lines) / start.elapsed().as_secs_f64(),
            bytes_per_line: bytes as f64 / f64::from(lines),
        }
    }
}

/// Two people talk; `see` gets each line.
fn talk(dialect: &Dialect, lines: u32, see: &mut dyn FnMut(&Prompt, &str)) {
    let cast = &dialect.cast;
    let mut prompt = Prompt {
        topic: Some("the rent".to_owned()),
        ..Prompt::new(
            Arc::clone(&cast[0]),
            Purpose::Open,
            Dice::new(7, Uuid::nil()),
        )
    };
    for n in 0..lines {
        let me = (n % 2) as usize;
        prompt.speaker = Arc::clone(&cast[me]);
        prompt.to = vec![cast[1 - me].name.clone()];
        prompt.dice = Dice::new(7, Uuid::from_u128(n.into()));
        let text = (dialect.line)(&prompt);
        see(&prompt, &text);
        prompt.memory.push(PromptLine {
            from: cast[me].name.clone(),
            text,
            kind: MessageKind::Line,
            sentiment: 0.0,
        });
        if prompt.memory.len() > WINDOW {
            prompt.memory.remove(0);
        }
        prompt.purpose = Purpose::Reply;
    }
}

fn character(name: &str) -> Result<Arc<Character>, Error> {
    Ok(Arc::new(Character {
        dialect: "banter".to_owned(),
        likes: vec!["naps".to_owned()],
        catchphrases: vec!["So it goes".to_owned()],
        ..Character::new(Slug::new(name.to_lowercase())?, name)
    }))
}
